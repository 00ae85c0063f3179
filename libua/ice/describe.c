/* SPDX-License-Identifier: BSD-3-Clause */
/** @file describe.c  Our own candidates, and how paths are named by them */

#include <errno.h>
#include <string.h>

#include "base/re_compat.h"
#include "ice/describe.h"
#include "ice/match.h"


static const struct ua_addr *base_addr(uint16_t base, void *arg)
{
	const struct ua_ice *ice = arg;

	return &ice->basev[base].addr;
}


static void local_make(struct ua_ice *ice, struct ua_cand *cand,
		       enum ua_ice_type type, uint16_t base,
		       const struct ua_addr *addr,
		       const struct ua_addr *server)
{
	const struct ua_ice_base *b = &ice->basev[base];

	memset(cand, 0, sizeof(*cand));
	cand->addr = ua_iceagent_unscoped(addr);
	cand->rel = *server;
	cand->birth = ice->births++;
	cand->base = base;
	cand->type = (uint8_t)type;
	cand->stream = b->stream;
	cand->comp = b->comp;
	cand->prio = ua_cand_prio(
		type,
		ua_cand_pref(b->cost, ua_cand_count(&ice->locals, b->stream,
						    b->comp, type)),
		b->comp);
	ua_cand_found(&ice->locals, cand, base_addr, ice);
}


/* A place of a candidate whose base went; UA_CAND_NONE: none */
static uint16_t free_local(const struct ua_ice *ice)
{
	uint16_t i;

	for (i = 0; i < ice->locals.n; i++) {
		if (!ice->locals.v[i].comp)
			return i;
	}

	return UA_CAND_NONE;
}


static int local_add(struct ua_ice *ice, enum ua_ice_type type, uint16_t base,
		     const struct ua_addr *addr, const struct ua_addr *server,
		     uint16_t *index)
{
	struct ua_cand cand;
	char str[UA_ADDR_LEN];
	int err = 0;

	local_make(ice, &cand, type, base, addr, server);
	*index = free_local(ice);
	if (*index != UA_CAND_NONE)
		ice->locals.v[*index] = cand;
	else
		err = ua_cand_add(&ice->locals, &cand, index);
	if (err)
		return err;

	ua_log(ice->conf.log, UA_LOG_DEBUG, "ice",
	       "local candidate %u: %s %s, stream %u component %u", *index,
	       ua_ice_type_name(type), ua_addr_str(&cand.addr, str),
	       cand.stream, cand.comp);

	return 0;
}


uint16_t ua_describe_place(const struct ua_ice *ice)
{
	uint16_t i;

	if (ice->nbase < UA_ICE_BASES)
		return ice->nbase;

	for (i = 0; i < UA_ICE_BASES; i++) {
		if (!ice->basev[i].up && (!ice->old || !ice->old->basev[i].up))
			return i;
	}

	return UA_CAND_NONE;
}


/* What a base was that is gone, and how it looked from outside */
static void forget_locals(struct ua_ice *ice, uint16_t base)
{
	uint16_t i;

	for (i = 0; i < ice->locals.n; i++) {
		if (ice->locals.v[i].base != base)
			continue;

		ice->locals.v[i].comp = 0;
		ice->locals.v[i].addr.af = UA_AF_NONE;
	}
}


int ua_describe_base(struct ua_ice *ice, const struct ua_ice_base *base,
		     uint16_t b)
{
	static const struct ua_addr none;
	uint16_t i;
	int err;

	forget_locals(ice, b);
	ice->basev[b] = *base;
	if (b == ice->nbase)
		++ice->nbase;

	err = local_add(ice, (enum ua_ice_type)base->kind, b, &base->addr,
			&none, &ice->basev[b].cand);
	if (err)
		return err;

	ice->basev[b].up = true;

	/* Pairs go by their old base's name: it is this one's now. */
	for (i = 0; i < ice->list.n; i++) {
		if (ice->list.v[i].base == b)
			ice->list.v[i].local = ice->basev[b].cand;
	}

	/* Pairs that memory was too short for are found by peer's checks. */
	for (i = 0; i < ice->remotes.n; i++) {
		if (ua_match_up(ice, b, i))
			break;
	}

	ua_match_refresh(ice);
	return 0;
}


int ua_describe_srflx(struct ua_ice *ice, uint16_t base,
		      const struct ua_addr *mapped,
		      const struct ua_addr *server)
{
	const struct ua_ice_base *b = &ice->basev[base];
	const struct ua_addr addr = ua_iceagent_unscoped(mapped);
	uint16_t i;
	int err;

	/* Same address and same base: redundant (RFC 8445, 5.1.3). */
	for (i = 0; i < ice->locals.n; i++) {
		const struct ua_cand *c = &ice->locals.v[i];

		if (c->base != base || !ua_addr_eq(&c->addr, &addr))
			continue;

		if (c->type != UA_ICE_PRFLX)
			return EALREADY;
	}

	if (b->addr.af != mapped->af)
		return EINVAL;

	/* The NAT was restarted: what the server saw before is void. */
	for (i = 0; i < ice->locals.n; i++) {
		struct ua_cand *c = &ice->locals.v[i];

		if (c->type != UA_ICE_SRFLX || c->base != base ||
		    !ua_addr_eq(&c->rel, server))
			continue;

		c->addr = addr;
		ua_match_refresh(ice);
		return 0;
	}

	err = local_add(ice, UA_ICE_SRFLX, base, mapped, server, &i);
	if (err)
		return err;

	/* It is sent from its base: no pair of its own (RFC 8445, 6.1.2.4). */
	ua_match_refresh(ice);
	return 0;
}


static bool stands_for(const struct ua_ice *ice, uint16_t pair, uint16_t local)
{
	return pair != UA_PAIR_NIL && ice->list.v[pair].local == local;
}


/*
 * A NAT that maps by destination shows another address on every pair.  Many
 * are of no use: one that no path in use needs is given up, and its pairs go
 * by the name of their base.
 */
static uint16_t give_up_mapped(struct ua_ice *ice, uint8_t stream,
			       uint8_t comp_id)
{
	const struct ua_comp *comp = ua_iceagent_comp(ice, stream, comp_id);
	uint16_t i, k;

	for (i = 0; i < ice->locals.n; i++) {
		const struct ua_cand *c = &ice->locals.v[i];

		if (c->type == UA_ICE_PRFLX && c->stream == stream &&
		    c->comp == comp_id && !stands_for(ice, comp->media, i) &&
		    !stands_for(ice, comp->selected, i) &&
		    !stands_for(ice, comp->asking, i))
			break;
	}

	if (i == ice->locals.n)
		return UA_CAND_NONE;

	for (k = 0; k < ice->list.n; k++) {
		struct ua_pair *p = &ice->list.v[k];

		if (p->local == i)
			p->local = ice->basev[p->base].cand;
	}

	return i;
}


/*
 * RFC 8445, 7.1.1 wants the type preference of a peer-reflexive candidate.
 * Deviation: what a peer could learn by way of a relay of the proxy is that
 * relay, and shall not go before its direct pairs.
 */
uint32_t ua_describe_prio(const struct ua_ice *ice, const struct ua_pair *pair)
{
	const struct ua_ice_base *b = &ice->basev[pair->base];
	const uint32_t own = ice->locals.v[b->cand].prio;
	const bool relayed = pair->latched && !ice->conf.rfc_strict;

	return ua_cand_prio(relayed ? UA_ICE_RELAY : UA_ICE_PRFLX,
			    (uint16_t)(own >> 8), b->comp);
}


/* A new local candidate, or its base's if there is no room; its index */
static uint16_t mapped_add(struct ua_ice *ice, const struct ua_pair *pair,
			   const struct ua_addr *mapped)
{
	static const struct ua_addr none;
	const struct ua_ice_base *b = &ice->basev[pair->base];
	struct ua_cand cand;
	uint16_t i;

	if (ua_cand_count(&ice->locals, b->stream, b->comp, UA_ICE_PRFLX) <
	    UA_CAND_PRFLX_MAX)
		return local_add(ice, UA_ICE_PRFLX, pair->base, mapped, &none,
				 &i)
			       ? b->cand
			       : i;

	i = give_up_mapped(ice, b->stream, b->comp);
	if (i == UA_CAND_NONE)
		return b->cand;

	local_make(ice, &cand, UA_ICE_PRFLX, pair->base, mapped, &none);
	ice->locals.v[i] = cand;

	return i;
}


uint16_t ua_describe_mapped(struct ua_ice *ice, uint16_t index,
			    const struct ua_addr *mapped)
{
	const struct ua_pair *pair = &ice->list.v[index];
	const struct ua_addr addr = ua_iceagent_unscoped(mapped);
	uint16_t i;

	for (i = 0; i < ice->locals.n; i++) {
		if (ice->locals.v[i].base == pair->base &&
		    ua_addr_eq(&ice->locals.v[i].addr, &addr))
			return i;
	}

	i = mapped_add(ice, pair, mapped);

	/* The relay's other leg (RFC 8445, 7.2.5.3.1: what was asked with) */
	if (pair->latched && ice->locals.v[i].type == UA_ICE_PRFLX)
		ice->locals.v[i].prio = ua_describe_prio(ice, pair);

	return i;
}


void ua_describe_path(const struct ua_ice *ice, const struct ua_pair *pair,
		      struct ua_path *path)
{
	const struct ua_ice_base *base = &ice->basev[pair->base];

	path->base = pair->base;
	path->local = base->addr;
	path->remote = ice->remotes.v[pair->remote].addr;
	if (ua_addr_is_linklocal(&path->remote))
		path->remote.scope = base->addr.scope;
}


/* What stands for a relayed candidate outside: our own mapped address */
static const struct ua_cand *related(const struct ua_ice *ice,
				     const struct ua_cand *cand)
{
	const struct ua_cand *host = NULL;
	uint16_t i;

	for (i = 0; i < ice->locals.n; i++) {
		const struct ua_cand *c = &ice->locals.v[i];

		if (c->stream != cand->stream || c->comp != cand->comp ||
		    c->addr.af != cand->addr.af)
			continue;

		if (c->type == UA_ICE_SRFLX)
			return c;

		if (c->type == UA_ICE_HOST && !host)
			host = c;
	}

	return host;
}


void ua_describe_local(const struct ua_ice *ice, uint16_t index,
		       struct ua_ice_cand *out)
{
	const struct ua_cand *cand = &ice->locals.v[index];
	const struct ua_cand *rel;

	ua_cand_get(cand, out);
	out->gen = ice->gen;
	memset(&out->raddr, 0, sizeof(out->raddr));

	if (cand->type == UA_ICE_SRFLX || cand->type == UA_ICE_PRFLX) {
		out->raddr =
			ua_iceagent_unscoped(&ice->basev[cand->base].addr);
	}
	else if (cand->type == UA_ICE_RELAY) {
		rel = related(ice, cand);
		if (rel)
			out->raddr = rel->addr;
	}
}
