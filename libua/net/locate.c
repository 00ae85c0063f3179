/* SPDX-License-Identifier: BSD-3-Clause */
/** @file locate.c  Locating servers: the rules of RFC 3263, without a net */

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/random.h"
#include "net/locate.h"

enum { NTP = UA_TP_TLS + 1 };

/* SRV owner prefixes (RFC 3263, 4.1; RFC 8489, 8.1; RFC 5928, 3) */
/* clang-format off */
static const char *const srv_prefixes[][NTP] = {
	[UA_SERVICE_SIP]  = { "_sip._udp",  "_sip._tcp",  "_sips._tcp" },
	[UA_SERVICE_STUN] = { "_stun._udp", "_stun._tcp", "_stuns._tcp" },
	[UA_SERVICE_TURN] = { "_turn._udp", "_turn._tcp", "_turns._tcp" },
};

static const uint16_t default_ports[][NTP] = {
	[UA_SERVICE_SIP]  = { 5060, 5060, 5061 },
	[UA_SERVICE_STUN] = { 3478, 3478, 5349 },
	[UA_SERVICE_TURN] = { 3478, 3478, 5349 },
};
/* clang-format on */

/* One run over what is known */
struct run {
	const struct ua_locate_conf *conf;
	const struct ua_rand *rand;
	ua_locate_h *h;
	void *arg;
	struct ua_located *res;
	size_t nlookup;
	bool pending; /* something that decides is not known yet */
	int err;      /* why something could not be found out; a timeout
			 beats others, because an answer may still come */
};


bool ua_locate_is_name(const char *name)
{
	size_t label = 0;
	bool digits = true; /* the label has nothing else */
	const char *p;

	if (!*name || strlen(name) > UA_DNS_NAME_LEN - 3)
		return false;

	for (p = name; *p; p++) {

		if (*p == '.') {
			if (!label)
				return false;
			if (!p[1])
				break;
			label = 0;
			digits = true;
			continue;
		}

		if (!isalnum((unsigned char)*p) && *p != '-' && *p != '_')
			return false;

		if (!isdigit((unsigned char)*p))
			digits = false;
		if (++label > 63)
			return false;
	}

	/* No top level domain is a number: it is a mistyped address. */
	return !digits;
}


static bool is_numeric(struct ua_addr *addr, const char *host, uint16_t port)
{
	char ip[UA_ADDR_LEN];
	size_t len = strlen(host);

	if (host[0] == '[' && len > 2 && host[len - 1] == ']') {
		++host;
		len -= 2;
	}

	if (len >= sizeof(ip))
		return false;

	memcpy(ip, host, len);
	ip[len] = '\0';

	return ua_addr_set(addr, ip, port) == 0;
}


int ua_locate_check(const struct ua_locate_conf *conf)
{
	struct ua_addr addr;

	if (!conf->host || !(conf->tps & ((1U << NTP) - 1)))
		return EINVAL;

	if (!conf->ip4 && !conf->ip6)
		return EINVAL;

	if (is_numeric(&addr, conf->host, 0))
		return ua_addr_is_any(&addr) ? EINVAL : 0;

	return ua_locate_is_name(conf->host) ? 0 : EINVAL;
}


static bool is_wanted(const struct ua_locate_conf *conf, enum ua_tp tp)
{
	return (conf->tps & UA_TP_BIT(tp)) != 0;
}


/* UDP before TCP before TLS: the default of a SIP URI (RFC 3263, 4.1) */
static enum ua_tp first_tp(const struct ua_locate_conf *conf)
{
	int tp = UA_TP_UDP;

	while (!is_wanted(conf, (enum ua_tp)tp))
		++tp;

	return (enum ua_tp)tp;
}


/* The first fault is the one of the best record, but that something could not
 * be found out tells more than what could. */
static void fault_set(struct run *run, enum ua_locate_what what,
		      enum ua_rrtype type, const char *owner,
		      const char *target)
{
	struct ua_locate_fault *fault = &run->res->fault;

	if (fault->what && what != UA_LOCATE_LOOKUP)
		return;

	fault->what = what;
	fault->type = type;
	(void)snprintf(fault->owner, sizeof(fault->owner), "%s", owner);
	(void)snprintf(fault->target, sizeof(fault->target), "%s", target);
}


static int find(struct run *run, const char *name, enum ua_rrtype type,
		const struct ua_rr **rrv, size_t *n)
{
	int err;

	/* A zone that fans out must not make us ask without end. */
	if (run->nlookup++ >= UA_LOCATE_MAX)
		return ENOENT;

	*n = 0;
	err = run->h(name, type, rrv, n, run->arg);

	if (err == EINPROGRESS) {
		run->pending = true;
	}
	else if ((err == ETIMEDOUT && run->err != ETIMEDOUT) ||
		 (err && err != ENOENT && !run->err)) {
		run->err = err;
		fault_set(run, UA_LOCATE_LOOKUP, type, name, "");
	}

	return err;
}


static void target_add(struct run *run, const struct ua_addr *addr,
		       uint16_t port, enum ua_tp tp)
{
	struct ua_target *targetv = run->res->targetv;
	struct ua_target *target;
	size_t i;

	for (i = 0; i < run->res->n; i++) {
		if (targetv[i].tp == tp && targetv[i].addr.port == port &&
		    ua_addr_ip_eq(&targetv[i].addr, addr))
			return;
	}

	if (run->res->n == UA_TARGET_MAX)
		return;

	target = &targetv[run->res->n++];
	target->addr = *addr;
	target->addr.port = port;
	target->tp = tp;
}


static int addrs_add(struct run *run, const char *name, enum ua_rrtype type,
		     uint16_t port, enum ua_tp tp)
{
	const struct ua_rr *rrv;
	size_t i, n;
	int err;

	err = find(run, name, type, &rrv, &n);
	if (err)
		return err;

	for (i = 0; i < n; i++)
		target_add(run, &rrv[i].addr, port, tp);

	return 0;
}


/* False: it is known that there is no address of a family that is wanted. */
static bool host_add(struct run *run, const char *name, uint16_t port,
		     enum ua_tp tp)
{
	int six = ENOENT, four = ENOENT;

	if (run->res->n == UA_TARGET_MAX)
		return true;

	if (run->conf->ip6)
		six = addrs_add(run, name, UA_RR_AAAA, port, tp);
	if (run->conf->ip4)
		four = addrs_add(run, name, UA_RR_A, port, tp);

	return six != ENOENT || four != ENOENT;
}


/*
 * Of the n records of one priority, the place of the one whose turn it is:
 * by weight, with a small chance for those without (RFC 2782).
 */
static size_t srv_draw(const struct ua_rr *rrv, size_t n,
		       const struct ua_rand *rand)
{
	uint32_t sum = 0;
	uint32_t at;
	size_t i;

	for (i = 0; i < n; i++)
		sum += rrv[i].pref;

	at = ua_random_range(rand, 0, sum);

	/* Those of weight 0 count as first: they win when 0 is drawn. */
	for (i = 0; !at && i < n; i++) {
		if (!rrv[i].pref)
			return i;
	}

	for (i = 0; i < n - 1; i++) {
		if (at <= rrv[i].pref)
			break;
		at -= rrv[i].pref;
	}

	return i;
}


static void rr_swap(struct ua_rr *a, struct ua_rr *b)
{
	struct ua_rr tmp;

	if (a == b)
		return;

	tmp = *a;
	*a = *b;
	*b = tmp;
}


static bool rr_before(const struct ua_rr *a, const struct ua_rr *b, bool naptr)
{
	if (a->order != b->order)
		return a->order < b->order;

	return naptr && a->pref < b->pref;
}


/* Lowest order first; NAPTR also by preference; equals stay as they came */
static void rr_sort(struct ua_rr *rrv, size_t n, bool naptr)
{
	size_t i, j;

	for (i = 1; i < n; i++) {
		for (j = i; j && rr_before(&rrv[j], &rrv[j - 1], naptr); j--)
			rr_swap(&rrv[j], &rrv[j - 1]);
	}
}


static void srv_order(struct ua_rr *rrv, size_t n, const struct ua_rand *rand)
{
	size_t i, same;

	rr_sort(rrv, n, false);

	for (i = 0; i < n; i++) {

		for (same = 1; i + same < n; same++) {
			if (rrv[i + same].order != rrv[i].order)
				break;
		}

		rr_swap(&rrv[i], &rrv[i + srv_draw(&rrv[i], same, rand)]);
	}
}


/* Copy: what a lookup lends ends with the next lookup. */
static size_t rr_copy(struct ua_rr *dstv, const struct ua_rr *srcv, size_t n)
{
	if (n > UA_DNS_RR_MAX)
		n = UA_DNS_RR_MAX;

	memcpy(dstv, srcv, n * sizeof(*dstv));
	return n;
}


/* The root as target says that there is no such service (RFC 2782). */
static void srv_target_add(struct run *run, const char *name,
			   const struct ua_rr *rr, enum ua_tp tp)
{
	if (!rr->name[0])
		fault_set(run, UA_LOCATE_NO_SERVICE, UA_RR_SRV, name, "");
	else if (!rr->port)
		fault_set(run, UA_LOCATE_NO_PORT, UA_RR_SRV, name, rr->name);
	else if (!host_add(run, rr->name, rr->port, tp))
		fault_set(run, UA_LOCATE_NO_ADDRESS, UA_RR_SRV, name,
			  rr->name);
}


/* True: there are such records, even if they lead nowhere */
static bool srv_add(struct run *run, const char *name, enum ua_tp tp)
{
	struct ua_rr srvv[UA_DNS_RR_MAX];
	const struct ua_rr *rrv;
	size_t i, n;

	if (find(run, name, UA_RR_SRV, &rrv, &n))
		return false;

	n = rr_copy(srvv, rrv, n);
	srv_order(srvv, n, run->rand);

	for (i = 0; i < n; i++)
		srv_target_add(run, name, &srvv[i], tp);

	return true;
}


static int srv_name(char name[UA_DNS_NAME_LEN],
		    const struct ua_locate_conf *conf, enum ua_tp tp)
{
	const int n = snprintf(name, UA_DNS_NAME_LEN, "%s.%s",
			       srv_prefixes[conf->service][tp], conf->host);

	return n < UA_DNS_NAME_LEN ? 0 : ENOENT;
}


static bool srvs_add(struct run *run)
{
	char name[UA_DNS_NAME_LEN];
	bool any = false;
	int tp;

	for (tp = UA_TP_UDP; tp < NTP; tp++) {
		if (is_wanted(run->conf, (enum ua_tp)tp) &&
		    !srv_name(name, run->conf, (enum ua_tp)tp))
			any |= srv_add(run, name, (enum ua_tp)tp);
	}

	return any;
}


/* With one transport only there is nothing to select (RFC 3263, 4.1). */
static bool has_naptr(const struct ua_locate_conf *conf)
{
	return conf->service == UA_SERVICE_SIP &&
	       (conf->tps & (conf->tps - 1)) != 0;
}


static bool naptrs_add(struct run *run)
{
	struct ua_rr naptrv[UA_DNS_RR_MAX];
	const struct ua_rr *rrv;
	bool any = false;
	size_t i, n;

	if (find(run, run->conf->host, UA_RR_NAPTR, &rrv, &n))
		return false;

	n = rr_copy(naptrv, rrv, n);
	rr_sort(naptrv, n, true);

	for (i = 0; i < n; i++) {
		if (!is_wanted(run->conf, naptrv[i].tp))
			continue;
		if (srv_add(run, naptrv[i].name, naptrv[i].tp))
			any = true;
		else if (!run->pending)
			fault_set(run, UA_LOCATE_NO_SRV, UA_RR_NAPTR,
				  run->conf->host, naptrv[i].name);
	}

	return any;
}


/* Ask for everything that may be needed, whatever comes of it: the questions
 * then travel together, and a plain host costs one round trip, not three. */
static void ask_ahead(struct run *run)
{
	const struct ua_locate_conf *conf = run->conf;
	char name[UA_DNS_NAME_LEN];
	const struct ua_rr *rrv;
	size_t n;
	int tp;

	if (has_naptr(conf))
		(void)run->h(conf->host, UA_RR_NAPTR, &rrv, &n, run->arg);

	for (tp = UA_TP_UDP; tp < NTP; tp++) {
		if (is_wanted(conf, (enum ua_tp)tp) &&
		    !srv_name(name, conf, (enum ua_tp)tp))
			(void)run->h(name, UA_RR_SRV, &rrv, &n, run->arg);
	}

	if (conf->ip6)
		(void)run->h(conf->host, UA_RR_AAAA, &rrv, &n, run->arg);
	if (conf->ip4)
		(void)run->h(conf->host, UA_RR_A, &rrv, &n, run->arg);
}


/* RFC 3263, 4.1 and 4.2, for a name without a port */
static void service_add(struct run *run)
{
	const enum ua_tp tp = first_tp(run->conf);

	ask_ahead(run);

	if (has_naptr(run->conf) && naptrs_add(run))
		return;

	/* While NAPTR or SRV is pending, this result does not count yet. */
	if (srvs_add(run) || run->pending)
		return;

	(void)host_add(run, run->conf->host,
		       default_ports[run->conf->service][tp], tp);
}


static int numeric_add(struct run *run, const struct ua_addr *addr)
{
	const enum ua_tp tp = first_tp(run->conf);

	if (addr->af == UA_AF_IP4 ? !run->conf->ip4 : !run->conf->ip6)
		return ENOENT;

	target_add(run, addr,
		   run->conf->port ? run->conf->port
				   : default_ports[run->conf->service][tp],
		   tp);
	return 0;
}


int ua_locate(struct ua_located *res, const struct ua_locate_conf *conf,
	      const struct ua_rand *rand, ua_locate_h *h, void *arg)
{
	struct run run = {
		.conf = conf, .rand = rand, .h = h, .arg = arg, .res = res
	};
	struct ua_addr addr;

	res->n = 0;
	memset(&res->fault, 0, sizeof(res->fault));

	if (is_numeric(&addr, conf->host, 0))
		run.err = numeric_add(&run, &addr);
	else if (conf->port)
		(void)host_add(&run, conf->host, conf->port, first_tp(conf));
	else
		service_add(&run);

	if (run.pending)
		return EINPROGRESS;

	if (!res->n)
		return run.err ? run.err : ENOENT;

	return 0;
}
