/* SPDX-License-Identifier: BSD-3-Clause */
/** @file resolver.c  From a host name to addresses to try */

#include <ctype.h>
#include <errno.h>
#include <string.h>
#include <strings.h>

#include "base/re_compat.h"
#include "base/addr.h"
#include "base/clock.h"
#include "base/random.h"
#include "net/dnscache.h"
#include "net/dnsreply.h"
#include "net/hosts.h"
#include "net/iflist.h"
#include "net/resolvconf.h"
#include "net/resolver.h"
#include "net/textfile.h"
#include <ua/log.h>

enum {
	SERVER_MAX = 4,     /* C libraries look at three                   */
	LOOKUP_MAX = 64,    /* in flight                                   */
	TEXT_LEN = 512,     /* room for what went wrong                    */
	DEADLINE_MS = 3000, /* a user waits for a call no longer           */
	PATIENCE_TENTHS = 6 /* of the deadline: libre has sent three times
			       by then, at 0, 500 and 1500 ms              */
};

/* How far a query's time has run */
enum stage {
	STAGE_ASKING,
	STAGE_IMPATIENT, /* silence about SRV and NAPTR counts as "no" */
	STAGE_LATE       /* all silence does                           */
};

struct ua_resolver {
	const struct ua_log *log;
	const struct ua_rand *rand;
	struct ua_addr dns;
	uint32_t deadline_ms;
	struct ua_textfile *hosts;
	struct ua_textfile *resolv;
	struct ua_dnscache *cache;
	struct dnsc *dnsc; /* made when it is needed first */
	struct sa serverv[SERVER_MAX];
	uint32_t nserver;
	struct list lookups;                 /* owned                     */
	struct list queries;                 /* owned by who asked        */
	struct ua_rr hostrrv[UA_DNS_RR_MAX]; /* lent out by on_locate()   */
};

/* A question to the name servers, for whoever waits for its answer */
struct lookup {
	struct le le;
	struct ua_resolver *res;
	struct dns_query *dq;
	struct tmr tmr;
	char name[UA_DNS_NAME_LEN];
	enum ua_rrtype type;
};

struct ua_query {
	struct le le;
	struct ua_resolver *res; /* NULL: it is gone */
	struct ua_query **qp;
	struct ua_locate_conf conf;
	char host[UA_DNS_NAME_LEN];
	struct tmr tmr;       /* runs the rules            */
	struct tmr tmr_stage; /* patience, then deadline   */
	enum stage stage;
	ua_query_h *h;
	void *arg;
};


/* A reply wakes the queries, and queries ask: a circle, opened here */
static void wake_all(struct ua_resolver *res);


static void lookup_destructor(void *data)
{
	struct lookup *lookup = data;

	list_unlink(&lookup->le);
	tmr_cancel(&lookup->tmr);
	mem_deref(lookup->dq);
}


static void query_destructor(void *data)
{
	struct ua_query *q = data;

	list_unlink(&q->le);
	tmr_cancel(&q->tmr);
	tmr_cancel(&q->tmr_stage);
}


static void resolver_destructor(void *data)
{
	struct ua_resolver *res = data;
	struct ua_query *q;

	while ((q = list_ledata(list_head(&res->queries)))) {
		list_unlink(&q->le);
		tmr_cancel(&q->tmr);
		tmr_cancel(&q->tmr_stage);
		q->res = NULL;
	}

	/* Before dnsc, which tells those that it still has */
	list_flush(&res->lookups);
	mem_deref(res->dnsc);
	mem_deref(res->cache);
	mem_deref(res->hosts);
	mem_deref(res->resolv);
}


static const char *type_name(enum ua_rrtype type)
{
	return dns_rr_typename((uint16_t)type);
}


static void servers_read(struct ua_resolver *res)
{
	struct ua_addr addrv[SERVER_MAX];
	size_t i, n;

	if (res->dns.af != UA_AF_NONE) {
		addrv[0] = res->dns;
		n = 1;
	}
	else {
		n = ua_resolvconf_servers(ua_textfile_text(res->resolv), addrv,
					  SERVER_MAX);
	}

	for (i = 0; i < n; i++)
		ua_addr_to_sa(&res->serverv[i], &addrv[i]);
	res->nserver = (uint32_t)n;

	if (res->dnsc)
		(void)dnsc_srv_set(res->dnsc, res->serverv, res->nserver);
}


/* Look at the system's files again: cheap when nothing has changed. */
static void files_refresh(struct ua_resolver *res)
{
	(void)ua_textfile_refresh(res->hosts);

	if (ua_textfile_refresh(res->resolv)) {
		servers_read(res);
		ua_dnscache_flush(res->cache);
	}
}


static void on_reply(int err, const struct dnshdr *hdr, struct list *ansl,
		     struct list *authl, struct list *addl, void *arg)
{
	struct ua_dnsans ans = { .err = EPROTO };
	struct lookup *lookup = arg;
	struct ua_resolver *res = lookup->res;

	(void)addl;

	if (!err)
		ua_dnsreply_decode(&ans, hdr, ansl, authl, lookup->name,
				   lookup->type);

	ua_log(res->log, UA_LOG_DEBUG, "dns", "%s %s: %zu records, %u s (%m)",
	       lookup->name, type_name(lookup->type), ans.n, ans.ttl_s,
	       ans.err);

	/* Without memory it is asked again, until the deadline. */
	err = ua_dnscache_put(res->cache, ua_clock_ms(), lookup->name,
			      lookup->type, &ans);
	if (err)
		ua_log(res->log, UA_LOG_WARN, "dns", "%s: %m", lookup->name,
		       err);

	mem_deref(lookup);
	wake_all(res);
}


/* libre's client would go on for a minute; nobody waits that long. */
static void on_lookup_late(void *arg)
{
	struct lookup *lookup = arg;
	struct ua_resolver *res = lookup->res;

	mem_deref(lookup);

	/* Who came later than the question has time left to ask again. */
	wake_all(res);
}


static struct lookup *lookup_find(const struct ua_resolver *res,
				  const char *name, enum ua_rrtype type)
{
	struct le *le;

	for (le = list_head(&res->lookups); le; le = le->next) {
		struct lookup *lookup = le->data;

		if (lookup->type == type && !strcasecmp(lookup->name, name))
			return lookup;
	}

	return NULL;
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


static int lookup_start(struct ua_resolver *res, const char *name,
			enum ua_rrtype type)
{
	struct lookup *lookup;
	int err;

	err = dnsc_get(res);
	if (err)
		return err;

	if (list_count(&res->lookups) >= LOOKUP_MAX)
		return ENOMEM;

	lookup = mem_zalloc(sizeof(*lookup), lookup_destructor);
	if (!lookup)
		return ENOMEM;

	lookup->res = res;
	lookup->type = type;
	str_ncpy(lookup->name, name, sizeof(lookup->name));
	tmr_init(&lookup->tmr);
	list_append(&res->lookups, &lookup->le, lookup);

	err = dnsc_query(&lookup->dq, res->dnsc, name, (uint16_t)type,
			 DNS_CLASS_IN, true, on_reply, lookup);
	if (err) {
		mem_deref(lookup);
		return err == ENOMEM ? ENOMEM : ENONET;
	}

	tmr_start(&lookup->tmr, res->deadline_ms, on_lookup_late, lookup);
	return 0;
}


/* RFC 6761, 6.3: never asked, always the loopback */
static bool is_localhost(const char *name)
{
	const size_t len = strlen(name);

	return !strcasecmp(name, "localhost") ||
	       (len > 10 && !strcasecmp(name + len - 10, ".localhost"));
}


static size_t hosts_find(const struct ua_resolver *res, const char *name,
			 enum ua_rrtype type, struct ua_addr *addrv)
{
	const enum ua_af af = type == UA_RR_A ? UA_AF_IP4 : UA_AF_IP6;
	size_t n;

	n = ua_hosts_find(ua_textfile_text(res->hosts), name, af, addrv,
			  UA_DNS_RR_MAX);
	if (n || !is_localhost(name))
		return n;

	if (ua_addr_set(&addrv[0], af == UA_AF_IP4 ? "127.0.0.1" : "::1", 0))
		return 0;

	return 1;
}


/*
 * Names that this host knows itself need no name server, for any record: the
 * user has overruled what the domain says.  False: it does not know it.
 */
static bool host_locate(struct ua_resolver *res, const char *name,
			enum ua_rrtype type, size_t *n)
{
	struct ua_addr addrv[UA_DNS_RR_MAX];
	size_t i;

	if (!hosts_find(res, name, UA_RR_A, addrv) &&
	    !hosts_find(res, name, UA_RR_AAAA, addrv))
		return false;

	*n = 0;
	if (type != UA_RR_A && type != UA_RR_AAAA)
		return true;

	*n = hosts_find(res, name, type, addrv);
	for (i = 0; i < *n; i++) {
		memset(&res->hostrrv[i], 0, sizeof(res->hostrrv[i]));
		res->hostrrv[i].addr = addrv[i];
	}

	return true;
}


/* "_sip._udp.example.com": the name that it is about is the third label's. */
static const char *service_host(const char *name, enum ua_rrtype type)
{
	const char *p = name;
	int i;

	if (type != UA_RR_SRV)
		return name;

	for (i = 0; i < 2 && *p == '_'; i++) {
		p = strchr(p, '.');
		if (!p)
			return name;
		++p;
	}

	return p;
}


static bool is_optional(enum ua_rrtype type)
{
	return type == UA_RR_SRV || type == UA_RR_NAPTR;
}


static int on_locate(const char *name, enum ua_rrtype type,
		     const struct ua_rr **rrv, size_t *n, void *arg)
{
	const struct ua_query *q = arg;
	struct ua_resolver *res = q->res;
	const struct ua_dnsans *ans;
	int err;
	int i;

	if (host_locate(res, service_host(name, type), type, n)) {
		*rrv = res->hostrrv;
		return *n ? 0 : ENOENT;
	}

	for (i = 0; i < UA_DNSREPLY_ALIAS_MAX; i++) {

		ans = ua_dnscache_get(res->cache, ua_clock_ms(), name, type);
		if (!ans)
			break;

		if (ans->err)
			return ans->err;

		if (ans->n) {
			*rrv = ans->rrv;
			*n = ans->n;
			return 0;
		}

		name = ans->alias;
	}

	if (i == UA_DNSREPLY_ALIAS_MAX)
		return ENOENT;

	if (q->stage == STAGE_LATE)
		return ETIMEDOUT;

	if (!lookup_find(res, name, type)) {
		err = lookup_start(res, name, type);
		if (err)
			return err;
	}

	return q->stage == STAGE_IMPATIENT && is_optional(type) ? ETIMEDOUT
								: EINPROGRESS;
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


static const char *error_text(char text[TEXT_LEN], const struct ua_query *q,
			      int err)
{
	const struct ua_resolver *res = q->res;
	const char *family = !q->conf.ip6 ? "IPv4 " : "IPv6 ";

	if (q->conf.ip4 && q->conf.ip6)
		family = "";

	switch (err) {

	case 0:
		return NULL;

	case ENOENT:
		(void)re_snprintf(text, TEXT_LEN,
				  "%s: no such host, or it "
				  "has no %saddress",
				  q->host, family);
		break;

	case ENONET:
		if (res->nserver)
			(void)re_snprintf(text, TEXT_LEN,
					  "%s: name server %J cannot be "
					  "reached",
					  q->host, &res->serverv[0]);
		else
			(void)re_snprintf(text, TEXT_LEN,
					  "%s: no name server is configured",
					  q->host);
		break;

	case ETIMEDOUT:
		(void)re_snprintf(text, TEXT_LEN,
				  "%s: no answer from name server %J in %u "
				  "ms",
				  q->host, &res->serverv[0], res->deadline_ms);
		break;

	case EPROTO:
		(void)re_snprintf(text, TEXT_LEN,
				  "%s: name server %J failed to look it up",
				  q->host, &res->serverv[0]);
		break;

	default:
		(void)re_snprintf(text, TEXT_LEN, "%s: %m", q->host, err);
		break;
	}

	return text;
}


static void query_end(struct ua_query *q, int err, struct ua_target *targetv,
		      size_t n)
{
	char buf[TEXT_LEN];
	const char *text = error_text(buf, q, err);

	reach_sort(targetv, n);
	ua_log(q->res->log, UA_LOG_DEBUG, "dns", "%s: %s", q->host,
	       text ? text : "found");

	list_unlink(&q->le);
	tmr_cancel(&q->tmr);
	tmr_cancel(&q->tmr_stage);
	*q->qp = NULL;

	/* The resolver may be gone when this returns. */
	q->h(err, text, targetv, n, q->arg);
	mem_deref(q);
}


static void on_run(void *arg)
{
	struct ua_query *q = arg;
	struct ua_located res;
	int err;

	err = ua_locate(&res, &q->conf, q->res->rand, on_locate, q);

	/* Impatient, but with nothing in hand: the rest of the time is left.
	 */
	if (err == ETIMEDOUT && q->stage == STAGE_IMPATIENT) {
		q->stage = STAGE_ASKING;
		return;
	}

	if (err != EINPROGRESS)
		query_end(q, err, res.targetv, res.n);
}


static void wake_all(struct ua_resolver *res)
{
	struct le *le;

	for (le = list_head(&res->queries); le; le = le->next) {
		struct ua_query *q = le->data;

		tmr_start(&q->tmr, 0, on_run, q);
	}
}


static void on_late(void *arg)
{
	struct ua_query *q = arg;

	q->stage = STAGE_LATE;
	on_run(q);
}


/*
 * Some home routers swallow questions for SRV and NAPTR.  When an address is
 * known but they stay silent, they are taken as "no" before the time is up.
 */
static void on_impatient(void *arg)
{
	struct ua_query *q = arg;
	const uint32_t deadline_ms = q->res->deadline_ms;

	tmr_start(&q->tmr_stage,
		  deadline_ms - deadline_ms * PATIENCE_TENTHS / 10, on_late,
		  q);
	q->stage = STAGE_IMPATIENT;
	on_run(q);
}


void ua_resolver_conf_default(struct ua_resolver_conf *conf)
{
	memset(conf, 0, sizeof(*conf));

	conf->rand = &ua_random_system;
	conf->hosts_path = "/etc/hosts";
	conf->resolv_path = "/etc/resolv.conf";
	conf->deadline_ms = DEADLINE_MS;
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

	list_init(&res->lookups);
	list_init(&res->queries);
	res->log = conf->log;
	res->rand = conf->rand;
	res->deadline_ms = conf->deadline_ms;
	res->dns = conf->dns;
	if (!res->dns.port)
		res->dns.port = DNS_PORT;

	err = ua_textfile_alloc(&res->hosts, conf->hosts_path);
	if (err)
		goto out;

	err = ua_textfile_alloc(&res->resolv, conf->resolv_path);
	if (err)
		goto out;

	err = ua_dnscache_alloc(&res->cache);
	if (err)
		goto out;

	files_refresh(res);
	servers_read(res);

out:
	if (err)
		mem_deref(res);
	else
		*resp = res;

	return err;
}


void ua_resolver_reload(struct ua_resolver *res)
{
	ua_dnscache_flush(res->cache);
	files_refresh(res);
	servers_read(res);
}


/* Lower case, no dot at the end: one spelling for caches and files */
static void host_copy(char dst[UA_DNS_NAME_LEN], const char *host)
{
	size_t i;

	for (i = 0; host[i] && i < UA_DNS_NAME_LEN - 1; i++)
		dst[i] = (char)tolower((unsigned char)host[i]);

	if (i && dst[i - 1] == '.')
		--i;
	dst[i] = '\0';
}


int ua_resolver_query(struct ua_query **qp, struct ua_resolver *res,
		      const struct ua_locate_conf *conf, ua_query_h *h,
		      void *arg)
{
	struct ua_query *q;
	int err;

	err = ua_locate_check(conf);
	if (err)
		return err;

	q = mem_zalloc(sizeof(*q), query_destructor);
	if (!q)
		return ENOMEM;

	q->res = res;
	q->qp = qp;
	q->conf = *conf;
	host_copy(q->host, conf->host);
	q->conf.host = q->host;
	q->h = h;
	q->arg = arg;
	tmr_init(&q->tmr);
	tmr_init(&q->tmr_stage);
	list_append(&res->queries, &q->le, q);

	files_refresh(res);
	tmr_start(&q->tmr, 0, on_run, q);
	tmr_start(&q->tmr_stage, res->deadline_ms * PATIENCE_TENTHS / 10,
		  on_impatient, q);

	*qp = q;
	return 0;
}


struct dnsc *ua_resolver_dnsc(struct ua_resolver *res)
{
	return dnsc_get(res) ? NULL : res->dnsc;
}
