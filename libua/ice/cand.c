/* SPDX-License-Identifier: BSD-3-Clause */
/** @file cand.c  Candidates: priorities, foundations, which are refused */

#include <errno.h>
#include <string.h>

#include "base/re_compat.h"
#include "ice/cand.h"

enum { GROW = 4 };

/* RFC 8445, 5.1.2.2 */
static const uint8_t type_pref[] = {
	[UA_ICE_HOST] = 126,
	[UA_ICE_SRFLX] = 100,
	[UA_ICE_PRFLX] = 110,
	[UA_ICE_RELAY] = 0,
};

static const char *const type_name[] = {
	[UA_ICE_HOST] = "host",
	[UA_ICE_SRFLX] = "srflx",
	[UA_ICE_PRFLX] = "prflx",
	[UA_ICE_RELAY] = "relay",
};


const char *ua_ice_type_name(enum ua_ice_type type)
{
	return type <= UA_ICE_RELAY ? type_name[type] : "?";
}


uint32_t ua_cand_prio(enum ua_ice_type type, uint16_t pref, uint8_t comp)
{
	return (uint32_t)type_pref[type] << 24 | (uint32_t)pref << 8 |
	       (uint32_t)(256 - comp);
}


uint16_t ua_cand_pref(uint8_t cost, unsigned index)
{
	return (uint16_t)(UINT16_MAX - 256U * cost - (index & 255));
}


const char *ua_cand_refused(const struct ua_addr *addr)
{
	static const uint8_t all_ones[4] = { 255, 255, 255, 255 };

	if (addr->af != UA_AF_IP4 && addr->af != UA_AF_IP6)
		return "no address";
	if (ua_addr_is_any(addr))
		return "unspecified address";
	if (ua_addr_is_multicast(addr))
		return "multicast address";
	if (addr->af == UA_AF_IP4 && !memcmp(addr->ip, all_ones, 4))
		return "broadcast address";
	if (!addr->port)
		return "port 0";

	/* Web ports are where relays hide from firewalls; no other service
	 * below 1024 shall hear from us because an SDP says so. */
	if (addr->port < 1024 && addr->port != 80 && addr->port != 443)
		return "port of a service";

	return NULL;
}


int ua_cand_add(struct ua_cands *cands, const struct ua_cand *cand,
		uint16_t *index)
{
	struct ua_cand *v;
	uint16_t size;

	if (cands->n >= cands->max)
		return ENOSPC;

	if (cands->n == cands->size) {
		size = (uint16_t)(cands->size + GROW);
		v = cands->v ? mem_realloc(cands->v, size * sizeof(*v))
			     : mem_alloc(size * sizeof(*v), NULL);
		if (!v)
			return ENOMEM;

		cands->v = v;
		cands->size = size;
	}

	cands->v[cands->n] = *cand;
	*index = cands->n++;

	return 0;
}


uint16_t ua_cand_find(const struct ua_cands *cands, uint8_t stream,
		      uint8_t comp, const struct ua_addr *addr)
{
	uint16_t i;

	for (i = 0; i < cands->n; i++) {
		const struct ua_cand *c = &cands->v[i];

		if (c->stream == stream && c->comp == comp &&
		    ua_addr_eq(&c->addr, addr))
			return i;
	}

	return UA_CAND_NONE;
}


unsigned ua_cand_count(const struct ua_cands *cands, uint8_t stream,
		       uint8_t comp, enum ua_ice_type type)
{
	unsigned n = 0;
	uint16_t i;

	for (i = 0; i < cands->n; i++) {
		const struct ua_cand *c = &cands->v[i];

		n += c->stream == stream && c->comp == comp && c->type == type;
	}

	return n;
}


void ua_cand_found(const struct ua_cands *cands, struct ua_cand *cand,
		   const struct ua_addr *base_of(uint16_t base, void *arg),
		   void *arg)
{
	const struct ua_addr *base = base_of(cand->base, arg);
	uint16_t top = 0;
	uint16_t i;

	cand->group = 0;

	for (i = 0; i < cands->n && !cand->group; i++) {
		const struct ua_cand *c = &cands->v[i];

		if (c->type == cand->type &&
		    ua_addr_ip_eq(base_of(c->base, arg), base) &&
		    ua_addr_ip_eq(&c->rel, &cand->rel))
			cand->group = c->group;

		if (c->group > top)
			top = c->group;
	}

	if (!cand->group)
		cand->group = (uint16_t)(top + 1);

	(void)re_snprintf(cand->foundation, sizeof(cand->foundation), "%u",
			  cand->group);
}


static bool same_group(const struct ua_cand *a, const struct ua_cand *b)
{
	if (a->type != b->type || a->addr.af != b->addr.af)
		return false;

	if (a->type == UA_ICE_HOST && !ua_addr_ip_eq(&a->addr, &b->addr))
		return false;

	return !strcmp(a->foundation, b->foundation);
}


void ua_cand_group(const struct ua_cands *cands, struct ua_cand *cand)
{
	uint16_t top = 0;
	uint16_t i;

	for (i = 0; i < cands->n; i++) {
		const struct ua_cand *c = &cands->v[i];

		if (c != cand && same_group(c, cand)) {
			cand->group = c->group;
			return;
		}

		if (c->group > top)
			top = c->group;
	}

	cand->group = (uint16_t)(top + 1);
}


void ua_cand_get(const struct ua_cand *cand, struct ua_ice_cand *out)
{
	memset(out, 0, sizeof(*out));

	(void)str_ncpy(out->foundation, cand->foundation,
		       sizeof(out->foundation));
	out->stream = cand->stream;
	out->comp = cand->comp;
	out->type = (enum ua_ice_type)cand->type;
	out->prio = cand->prio;
	out->addr = cand->addr;
	out->raddr = cand->rel;
	out->latched = cand->latched;
	out->via = cand->latched ? cand->base : 0;
}
