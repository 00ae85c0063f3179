/* SPDX-License-Identifier: BSD-3-Clause */
/** @file resolver.c  From a host name to addresses to try */

#include <errno.h>
#include <string.h>

#include "base/re_compat.h"
#include "base/addr.h"
#include "base/clock.h"
#include "base/random.h"
#include "net/dnsreply.h"
#include "net/finder.h"
#include "net/iflist.h"
#include "net/nslist.h"
#include "net/resolvconf.h"
#include "net/resolver.h"
#include "net/textfile.h"
#include <ua/log.h>

enum {
	DEADLINE_MS = 3000, /* a user waits for a call no longer         */
	LOOK_MS = 250       /* while somebody waits: on a new network the
			       list of servers is written a moment after
			       the address came                          */
};

struct ua_resolver {
	const struct ua_log *log;
	struct ua_addr dnsv[UA_NSLIST_MAX];
	size_t ndns; /* 0: the system's count      */
	struct ua_textfile *hosts;
	struct ua_textfile *resolv;
	struct ua_finder *finder;
	struct dnsc *dnsc; /* made when it is needed first */
	struct sa serverv[UA_NSLIST_MAX];
	uint32_t nserver;
	struct list sent;    /* owned                                  */
	struct list queries; /* owned by who asked                  */
	struct tmr tmr;
	uint64_t look_ms; /* The files are looked at again then     */
};

/* A question that is on its way by libre's client */
struct sent {
	struct le le;
	struct ua_resolver *res;
	struct dns_query *dq;
	uint32_t id;
	bool tcp;
	struct sa server; /* libre borrows these two */
	uint32_t nserver;
	enum ua_rrtype type;
	char name[UA_DNS_NAME_LEN];
};

struct ua_query {
	struct le le;
	struct ua_query **qp;
	struct ua_finding *finding; /* NULL: it has ended */
	ua_query_h *h;
	void *arg;
};


static void sent_destructor(void *data)
{
	struct sent *sent = data;

	list_unlink(&sent->le);
	mem_deref(sent->dq);
}


static void query_destructor(void *data)
{
	struct ua_query *q = data;

	list_unlink(&q->le);
	mem_deref(q->finding);
}


static void resolver_destructor(void *data)
{
	struct ua_resolver *res = data;

	list_clear(&res->queries);
	tmr_cancel(&res->tmr);

	/* Before dnsc, which tells those that it still has */
	list_flush(&res->sent);
	mem_deref(res->dnsc);
	mem_deref(res->finder);
	mem_deref(res->hosts);
	mem_deref(res->resolv);
}


static void servers_read(struct ua_resolver *res)
{
	struct ua_addr addrv[UA_NSLIST_MAX];
	size_t i, n = res->ndns;

	if (n)
		memcpy(addrv, res->dnsv, n * sizeof(addrv[0]));
	else
		n = ua_resolvconf_servers(ua_textfile_text(res->resolv), addrv,
					  UA_NSLIST_MAX);

	for (i = 0; i < n; i++)
		ua_addr_to_sa(&res->serverv[i], &addrv[i]);
	res->nserver = (uint32_t)n;

	if (res->dnsc)
		(void)dnsc_srv_set(res->dnsc, res->serverv, res->nserver);

	ua_finder_network(res->finder, ua_clock_ms(), addrv, n);
}


/* Look at the system's files again: cheap when nothing has changed. */
static void files_refresh(struct ua_resolver *res)
{
	res->look_ms = ua_clock_ms() + LOOK_MS;

	if (ua_textfile_refresh(res->hosts))
		ua_finder_hosts(res->finder, ua_textfile_text(res->hosts));

	if (ua_textfile_refresh(res->resolv))
		servers_read(res);
}


static int dnsc_get(struct ua_resolver *res)
{
	int err;

	if (!res->nserver)
		return ENONET;

	if (res->dnsc)
		return 0;

	err = ua_dnsc_alloc(&res->dnsc, res->serverv, res->nserver);
	if (!err)
		return 0;

	/* libre 1.1.0 wants an IPv6 socket too, and adds up two errors. */
	ua_log(res->log, UA_LOG_WARN, "dns", "no sockets for DNS: %m", err);
	return err == ENOMEM ? ENOMEM : ENONET;
}


static void on_wake(void *arg);


static void wake_at(struct ua_resolver *res, uint64_t at)
{
	const uint64_t now_ms = ua_clock_ms();

	if (at == UA_NEVER)
		tmr_cancel(&res->tmr);
	else
		tmr_start(&res->tmr, at > now_ms ? at - now_ms : 0, on_wake,
			  res);
}


static void on_reply(int err, const struct dnshdr *hdr, struct list *ansl,
		     struct list *authl, struct list *addl, void *arg)
{
	struct sent *sent = arg;
	struct ua_resolver *res = sent->res;
	const uint64_t now_ms = ua_clock_ms();
	struct ua_dnsans ans;

	(void)addl;

	if (err && err != EBADMSG) {
		ua_finder_failed(res->finder, now_ms, sent->id, err);
	}
	else if (!err && hdr->tc && !sent->tcp) {
		ua_finder_cut(res->finder, sent->id);
	}
	else {
		memset(&ans, 0, sizeof(ans));
		ans.err = EPROTO;
		if (!err)
			ua_dnsreply_decode(&ans, hdr, ansl, authl, sent->name,
					   sent->type);
		ua_finder_answer(res->finder, now_ms, sent->id, &ans);
	}

	mem_deref(sent);
	wake_at(res, 0);
}


/*
 * One server at a time, by a query of its own: which one answered is seen
 * then, and libre, which would go on to the next server after half a second
 * and forget all about it, sends to this one again.
 */
static int question_send(struct ua_resolver *res,
			 const struct ua_finder_out *out)
{
	struct sent *sent;
	int err;

	err = dnsc_get(res);
	if (err)
		return err;

	sent = mem_zalloc(sizeof(*sent), sent_destructor);
	if (!sent)
		return ENOMEM;

	sent->res = res;
	sent->id = out->id;
	sent->tcp = out->tcp;
	sent->type = out->type;
	sent->nserver = 1;
	ua_addr_to_sa(&sent->server, &out->server);
	str_ncpy(sent->name, out->name, sizeof(sent->name));
	list_append(&res->sent, &sent->le, sent);

	err = dnsc_query_srv(
		&sent->dq, res->dnsc, sent->name, (uint16_t)sent->type,
		DNS_CLASS_IN, sent->tcp ? IPPROTO_TCP : IPPROTO_UDP,
		&sent->server, &sent->nserver, true, on_reply, sent);
	if (err)
		mem_deref(sent);

	return err;
}


/* What nobody waits for any more: libre would go on for a minute. */
static void sent_sweep(struct ua_resolver *res)
{
	struct le *le = list_head(&res->sent);

	while (le) {
		struct sent *sent = le->data;

		le = le->next;
		if (!ua_finder_wants(res->finder, sent->id))
			mem_deref(sent);
	}
}


static void questions_send(struct ua_resolver *res)
{
	struct ua_finder_out out;
	int err;

	while (ua_finder_output(res->finder, &out)) {
		err = question_send(res, &out);
		if (err)
			ua_finder_failed(res->finder, ua_clock_ms(), out.id,
					 err);
	}

	sent_sweep(res);
}


static void timer_set(struct ua_resolver *res)
{
	uint64_t at = ua_finder_deadline(res->finder);

	if (ua_finder_busy(res->finder) && res->look_ms < at)
		at = res->look_ms;

	wake_at(res, at);
}


/* How well the kernel reaches a target: lower is better */
static int reach(const struct ua_target *target)
{
	struct ua_addr local;

	if (ua_iflist_source(&target->addr, &local))
		return 2;

	/* From a local to a global IPv6 address nothing comes back; IPv4 is
	 * the better try (RFC 6724, 5, rule 5). */
	if (local.af == UA_AF_IP6 && ua_addr_is_private(&local) &&
	    !ua_addr_is_private(&target->addr))
		return 1;

	return 0;
}


/* Stable: the order of RFC 3263 stays among those that are reached alike. */
static void reach_sort(struct ua_target *targetv, size_t n)
{
	struct ua_target sortedv[UA_TARGET_MAX];
	int reachv[UA_TARGET_MAX];
	size_t i, k = 0;
	int r;

	/* The only one is the best. */
	if (n < 2)
		return;

	for (i = 0; i < n; i++)
		reachv[i] = reach(&targetv[i]);

	for (r = 0; r <= 2; r++) {
		for (i = 0; i < n; i++) {
			if (reachv[i] == r)
				sortedv[k++] = targetv[i];
		}
	}

	memcpy(targetv, sortedv, n * sizeof(targetv[0]));
}


static void query_end(struct ua_query *q, struct ua_finder_event *ev)
{
	reach_sort(ev->targetv, ev->n);

	q->finding = NULL;
	list_unlink(&q->le);
	*q->qp = NULL;

	/* The resolver may be gone when this returns. */
	q->h(ev->err, ev->err ? ev->text : NULL, ev->targetv, ev->n, q->arg);
	mem_deref(q);
}


static void on_wake(void *arg)
{
	struct ua_resolver *res = arg;
	struct ua_finder_event ev;

	if (ua_clock_ms() >= res->look_ms && ua_finder_busy(res->finder))
		files_refresh(res);

	ua_finder_tick(res->finder, ua_clock_ms());
	questions_send(res);

	/* One at a time: its handler may free us. */
	if (ua_finder_event(res->finder, &ev)) {
		wake_at(res, 0);
		query_end(ev.arg, &ev);
		return;
	}

	timer_set(res);
}


void ua_resolver_conf_default(struct ua_resolver_conf *conf)
{
	memset(conf, 0, sizeof(*conf));

	conf->rand = &ua_random_system;
	conf->hosts_path = "/etc/hosts";
	conf->resolv_path = "/etc/resolv.conf";
	conf->deadline_ms = DEADLINE_MS;
}


static int resolver_make(struct ua_resolver *res,
			 const struct ua_resolver_conf *conf)
{
	const struct ua_finder_conf fconf = {
		.log = conf->log,
		.rand = conf->rand,
		.deadline_ms = conf->deadline_ms,
	};
	int err;

	err = ua_textfile_alloc(&res->hosts, conf->hosts_path);
	if (!err)
		err = ua_textfile_alloc(&res->resolv, conf->resolv_path);
	if (!err)
		err = ua_finder_alloc(&res->finder, &fconf);
	if (err)
		return err;

	files_refresh(res);
	servers_read(res);

	return 0;
}


static void servers_copy(struct ua_resolver *res,
			 const struct ua_resolver_conf *conf)
{
	size_t n = 0;

	while (n < UA_NSLIST_MAX && conf->dnsv[n].af != UA_AF_NONE) {
		res->dnsv[n] = conf->dnsv[n];
		if (!res->dnsv[n].port)
			res->dnsv[n].port = DNS_PORT;
		++n;
	}

	res->ndns = n;
}


int ua_resolver_alloc(struct ua_resolver **resp,
		      const struct ua_resolver_conf *conf)
{
	struct ua_resolver *res;
	int err;

	if (!conf->rand || !conf->hosts_path || !conf->resolv_path)
		return EINVAL;

	res = mem_zalloc(sizeof(*res), resolver_destructor);
	if (!res)
		return ENOMEM;

	list_init(&res->sent);
	list_init(&res->queries);
	tmr_init(&res->tmr);
	res->log = conf->log;
	servers_copy(res, conf);

	err = resolver_make(res, conf);
	if (err)
		mem_deref(res);
	else
		*resp = res;

	return err;
}


void ua_resolver_reload(struct ua_resolver *res)
{
	files_refresh(res);
	servers_read(res);
	wake_at(res, 0);
}


void ua_resolver_rearm(struct ua_resolver *res)
{
	wake_at(res, 0);
}


int ua_resolver_query(struct ua_query **qp, struct ua_resolver *res,
		      const struct ua_locate_conf *conf, ua_query_h *h,
		      void *arg)
{
	struct ua_query *q;
	int err;

	q = mem_zalloc(sizeof(*q), query_destructor);
	if (!q)
		return ENOMEM;

	files_refresh(res);
	err = ua_finder_ask(&q->finding, res->finder, ua_clock_ms(), conf, q);
	if (err) {
		mem_deref(q);
		return err;
	}

	q->qp = qp;
	q->h = h;
	q->arg = arg;
	list_append(&res->queries, &q->le, q);
	wake_at(res, 0);

	*qp = q;
	return 0;
}


struct dnsc *ua_resolver_dnsc(struct ua_resolver *res)
{
	return dnsc_get(res) ? NULL : res->dnsc;
}
