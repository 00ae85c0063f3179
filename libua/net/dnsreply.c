/* SPDX-License-Identifier: BSD-3-Clause */
/** @file dnsreply.c  What a name server's reply says about one question */

#include <errno.h>
#include <string.h>

#include "base/re_compat.h"
#include "base/addr.h"
#include "net/dnsreply.h"


/* What the records of a name and type are, in the words of ua_locate() */
static bool rr_decode(struct ua_rr *dst, const struct dnsrr *rr)
{
	struct sa sa;

	memset(dst, 0, sizeof(*dst));

	switch (rr->type) {

	case DNS_TYPE_A:
		sa_set_in(&sa, rr->rdata.a.addr, 0);
		ua_addr_from_sa(&dst->addr, &sa);
		break;

	case DNS_TYPE_AAAA:
		sa_set_in6(&sa, rr->rdata.aaaa.addr, 0);
		ua_addr_from_sa(&dst->addr, &sa);
		break;

	case DNS_TYPE_SRV:
		dst->order = rr->rdata.srv.pri;
		dst->pref = rr->rdata.srv.weight;
		dst->port = rr->rdata.srv.port;
		str_ncpy(dst->name, rr->rdata.srv.target, sizeof(dst->name));
		return !dst->name[0] || ua_locate_is_name(dst->name);

	default:
		return false;
	}

	return !ua_addr_is_any(&dst->addr) &&
	       !ua_addr_is_multicast(&dst->addr);
}


/* Only records that lead to SRV count: flag "s", no expression, a service
 * that we speak (RFC 3263, 4.1). */
static bool naptr_decode(struct ua_rr *dst, const struct dnsrr *rr)
{
	static const struct {
		const char *service;
		enum ua_tp tp;
	} services[] = {
		{ "SIP+D2U", UA_TP_UDP },
		{ "SIP+D2T", UA_TP_TCP },
		{ "SIPS+D2T", UA_TP_TLS },
	};
	size_t i;

	memset(dst, 0, sizeof(*dst));

	if (str_casecmp(rr->rdata.naptr.flags, "s") ||
	    str_isset(rr->rdata.naptr.regexp) ||
	    !str_isset(rr->rdata.naptr.replace))
		return false;

	for (i = 0; i < ARRAY_SIZE(services); i++) {

		if (str_casecmp(rr->rdata.naptr.services, services[i].service))
			continue;

		dst->order = rr->rdata.naptr.order;
		dst->pref = rr->rdata.naptr.pref;
		dst->tp = services[i].tp;
		str_ncpy(dst->name, rr->rdata.naptr.replace,
			 sizeof(dst->name));
		return ua_locate_is_name(dst->name);
	}

	return false;
}


static void ttl_min(uint32_t *ttl_s, int64_t ttl)
{
	if (ttl >= 0 && ttl < *ttl_s)
		*ttl_s = (uint32_t)ttl;
}


/* The records that belong to a name itself; returns how many were there */
static size_t records_decode(struct ua_dnsans *ans, const struct list *ansl,
			     const char *name, enum ua_rrtype type)
{
	size_t seen = 0;
	struct le *le;

	for (le = list_head(ansl); le; le = le->next) {
		const struct dnsrr *rr = le->data;
		bool good;

		if (rr->type != type || rr->dnsclass != DNS_CLASS_IN ||
		    str_casecmp(rr->name, name) || ans->n == UA_DNS_RR_MAX)
			continue;

		good = type == UA_RR_NAPTR
			       ? naptr_decode(&ans->rrv[ans->n], rr)
			       : rr_decode(&ans->rrv[ans->n], rr);
		ttl_min(&ans->ttl_s, rr->ttl);
		ans->n += good;
		++seen;
	}

	return seen;
}


static const struct dnsrr *alias_find(const struct list *ansl,
				      const char *name)
{
	struct le *le;

	for (le = list_head(ansl); le; le = le->next) {
		const struct dnsrr *rr = le->data;

		if (rr->type == DNS_TYPE_CNAME &&
		    rr->dnsclass == DNS_CLASS_IN &&
		    !str_casecmp(rr->name, name) &&
		    ua_locate_is_name(rr->rdata.cname.cname))
			return rr;
	}

	return NULL;
}


/* How long a "no" lasts (RFC 2308, 5) */
static void negative_ttl(struct ua_dnsans *ans, const struct list *authl)
{
	struct le *le;

	ans->ttl_s = 0;

	for (le = list_head(authl); le; le = le->next) {
		const struct dnsrr *rr = le->data;

		if (rr->type != DNS_TYPE_SOA || rr->ttl < 0)
			continue;

		ans->ttl_s = UA_DNSCACHE_NEG_MAX;
		ttl_min(&ans->ttl_s, rr->ttl);
		ttl_min(&ans->ttl_s, rr->rdata.soa.ttlmin);
		return;
	}
}


void ua_dnsreply_decode(struct ua_dnsans *ans, const struct dnshdr *hdr,
			const struct list *ansl, const struct list *authl,
			const char *name, enum ua_rrtype type)
{
	const struct dnsrr *cname;
	int i;

	memset(ans, 0, sizeof(*ans));
	ans->ttl_s = UA_DNSCACHE_TTL_MAX;

	if (hdr->rcode != DNS_RCODE_OK && hdr->rcode != DNS_RCODE_NAME_ERR) {
		ans->err = EPROTO;
		ans->ttl_s = 0;
		return;
	}

	for (i = 0; i < UA_DNSREPLY_ALIAS_MAX; i++) {

		if (records_decode(ans, ansl, name, type))
			break;

		cname = alias_find(ansl, name);
		if (!cname)
			break;

		ttl_min(&ans->ttl_s, cname->ttl);
		name = cname->rdata.cname.cname;
		str_ncpy(ans->alias, name, sizeof(ans->alias));
	}

	if (ans->n || (ans->alias[0] && hdr->rcode == DNS_RCODE_OK))
		return;

	ans->err = ENOENT;
	negative_ttl(ans, authl);
}
