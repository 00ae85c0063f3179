/* SPDX-License-Identifier: BSD-3-Clause */
/** @file lookups.c  Records of names: from a cache, or asked for */

#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <strings.h>

#include "base/re_compat.h"
#include "net/dnsreply.h"
#include "net/finder.h"
#include "net/lookups.h"
#include "net/question.h"
#include <ua/log.h>

/* What could not be asked is not tried sooner: it would fail as fast as it is
 * tried. */
enum { AGAIN_MS = 1000 };

struct ua_lookups {
	const struct ua_log *log;
	uint32_t ms;
	uint32_t next_id;
	struct ua_nslist servers;
	struct ua_dnscache *cache;
	struct list list;
};

struct lookup {
	struct le le;
	struct ua_question q;
	int err; /* It could not be asked; it stands there for a while */
};


static void lookup_destructor(void *data)
{
	struct lookup *lookup = data;

	list_unlink(&lookup->le);
}


static void destructor(void *data)
{
	struct ua_lookups *lookups = data;

	list_flush(&lookups->list);
	mem_deref(lookups->cache);
}


int ua_lookups_alloc(struct ua_lookups **lookupsp, const struct ua_log *log,
		     uint32_t ms)
{
	struct ua_lookups *lookups;
	int err;

	lookups = mem_zalloc(sizeof(*lookups), destructor);
	if (!lookups)
		return ENOMEM;

	list_init(&lookups->list);
	lookups->log = log;
	lookups->ms = ms;
	lookups->next_id = 1;

	err = ua_dnscache_alloc(&lookups->cache);
	if (err)
		mem_deref(lookups);
	else
		*lookupsp = lookups;

	return err;
}


void ua_lookups_network(struct ua_lookups *lookups,
			const struct ua_addr *addrv, size_t n)
{
	(void)ua_nslist_set(&lookups->servers, addrv, n);
	ua_dnscache_flush(lookups->cache);
	list_flush(&lookups->list);
}


const struct ua_nslist *ua_lookups_servers(const struct ua_lookups *lookups)
{
	return &lookups->servers;
}


int ua_lookups_get(struct ua_lookups *lookups, uint64_t now_ms,
		   const char **namep, enum ua_rrtype type,
		   const struct ua_rr **rrv, size_t *n)
{
	const struct ua_dnsans *ans;
	int i;

	for (i = 0; i < UA_DNSREPLY_ALIAS_MAX; i++) {

		ans = ua_dnscache_get(lookups->cache, now_ms, *namep, type);
		if (!ans)
			return EINPROGRESS;

		if (ans->err)
			return ans->err;

		if (ans->n) {
			*rrv = ans->rrv;
			*n = ans->n;
			return 0;
		}

		*namep = ans->alias;
	}

	return ELOOP;
}


static struct lookup *find(const struct ua_lookups *lookups, const char *name,
			   enum ua_rrtype type)
{
	struct le *le;

	for (le = list_head(&lookups->list); le; le = le->next) {
		struct lookup *lookup = le->data;

		if (lookup->q.type == type &&
		    !strcasecmp(lookup->q.name, name))
			return lookup;
	}

	return NULL;
}


static struct lookup *find_id(const struct ua_lookups *lookups, uint32_t id)
{
	struct le *le;

	for (le = list_head(&lookups->list); le; le = le->next) {
		struct lookup *lookup = le->data;

		if (ua_question_find(&lookup->q, id))
			return lookup;
	}

	return NULL;
}


int ua_lookups_ask(struct ua_lookups *lookups, uint64_t now_ms,
		   const char *name, enum ua_rrtype type)
{
	struct lookup *lookup = find(lookups, name, type);
	struct ua_addr addrv[UA_NSLIST_MAX];
	size_t n;

	if (lookup)
		return lookup->err;

	n = ua_nslist_order(&lookups->servers, now_ms, addrv);
	if (!n)
		return ENONET;

	if (list_count(&lookups->list) >= UA_LOOKUPS_MAX)
		return ENOMEM;

	lookup = mem_zalloc(sizeof(*lookup), lookup_destructor);
	if (!lookup)
		return ENOMEM;

	ua_question_init(&lookup->q, now_ms, name, type, addrv, n,
			 lookups->ms);
	list_append(&lookups->list, &lookup->le, lookup);

	return 0;
}


bool ua_lookups_output(struct ua_lookups *lookups, struct ua_finder_out *out)
{
	struct le *le;

	for (le = list_head(&lookups->list); le; le = le->next) {
		struct lookup *lookup = le->data;
		const struct ua_question_try *try;

		try = ua_question_output(&lookup->q, &lookups->next_id);
		if (!try)
			continue;

		out->id = try->id;
		out->server = try->server;
		out->tcp = try->tcp;
		out->type = lookup->q.type;
		str_ncpy(out->name, lookup->q.name, sizeof(out->name));
		return true;
	}

	return false;
}


bool ua_lookups_wants(const struct ua_lookups *lookups, uint32_t id)
{
	return find_id(lookups, id) != NULL;
}


void ua_lookups_cut(struct ua_lookups *lookups, uint32_t id)
{
	struct lookup *lookup = find_id(lookups, id);

	if (lookup)
		ua_question_cut(&lookup->q, id);
}


static void lookup_fail(struct ua_lookups *lookups, struct lookup *lookup,
			uint64_t now_ms, int err)
{
	ua_log(lookups->log, UA_LOG_WARN, "dns", "%s: %m", lookup->q.name,
	       err);

	lookup->err = err;
	lookup->q.next_ms = UA_NEVER;
	lookup->q.end_ms = now_ms + AGAIN_MS;
}


/* The question is over: keep what is known of it. */
static void lookup_end(struct ua_lookups *lookups, struct lookup *lookup,
		       uint64_t now_ms, const struct ua_dnsans *ans)
{
	int err;

	ua_log(lookups->log, UA_LOG_DEBUG, "dns",
	       "%s %s: %zu records, %u s (%m)", lookup->q.name,
	       dns_rr_typename((uint16_t)lookup->q.type), ans->n, ans->ttl_s,
	       ans->err);

	if (ans->err == ENONET || ans->err == ENOMEM)
		err = ans->err;
	else
		err = ua_dnscache_put(lookups->cache, now_ms, lookup->q.name,
				      lookup->q.type, ans);

	if (err)
		lookup_fail(lookups, lookup, now_ms, err);
	else
		mem_deref(lookup);
}


bool ua_lookups_answer(struct ua_lookups *lookups, uint64_t now_ms,
		       uint32_t id, const struct ua_dnsans *ans)
{
	struct lookup *lookup = find_id(lookups, id);
	struct ua_dnsans none;
	struct ua_addr server;
	int err;

	if (!lookup)
		return false;

	server = ua_question_find(&lookup->q, id)->server;

	err = ua_question_answer(&lookup->q, now_ms, id, ans->err);
	if (err == EINPROGRESS)
		return false;

	if (!err) {
		ua_nslist_answered(&lookups->servers, now_ms, &server);
		lookup_end(lookups, lookup, now_ms, ans);
		return true;
	}

	memset(&none, 0, offsetof(struct ua_dnsans, rrv));
	none.err = err;
	lookup_end(lookups, lookup, now_ms, &none);

	return true;
}


uint64_t ua_lookups_deadline(const struct ua_lookups *lookups)
{
	uint64_t at = UA_NEVER;
	struct le *le;

	for (le = list_head(&lookups->list); le; le = le->next) {
		const struct lookup *lookup = le->data;
		const uint64_t at_ms = ua_question_deadline(&lookup->q);

		if (at_ms < at)
			at = at_ms;
	}

	return at;
}


bool ua_lookups_tick(struct ua_lookups *lookups, uint64_t now_ms)
{
	struct le *le = list_head(&lookups->list);
	bool late = false;

	while (le) {
		struct lookup *lookup = le->data;

		le = le->next;
		if (ua_question_tick(&lookup->q, now_ms))
			continue;

		mem_deref(lookup);
		late = true;
	}

	return late;
}
