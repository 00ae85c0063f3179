/* SPDX-License-Identifier: BSD-3-Clause */
/** @file match.c  Which bases and candidates make pairs, and in what order */

#include <errno.h>
#include <string.h>

#include "ice/latched.h"
#include "ice/match.h"

enum {
	/*
	 * Type preferences that order, and only order, pairs less likely to
	 * work than their kind: behind server-reflexive, before relayed ones.
	 */
	PREF_UNLIKELY = 99,
	PREF_LAST = 1
};


static bool is_ula(const struct ua_addr *addr)
{
	return addr->af == UA_AF_IP6 && (addr->ip[0] & 0xfe) == 0xfc;
}


/* May datagrams get from the base to the candidate at all? */
static bool may_pair(const struct ua_ice *ice, uint16_t index,
		     const struct ua_cand *remote)
{
	const struct ua_ice_base *base = &ice->basev[index];

	if (!ua_latched_may_send(ice, remote, index))
		return false;

	if (!base->up || base->stream != remote->stream ||
	    base->comp != remote->comp || base->addr.af != remote->addr.af)
		return false;

	return ua_addr_is_linklocal(&base->addr) ==
		       ua_addr_is_linklocal(&remote->addr) &&
	       ua_addr_is_loopback(&base->addr) ==
		       ua_addr_is_loopback(&remote->addr);
}


/*
 * Does the candidate end at a relay?  A peer's relay shows up as
 * peer-reflexive first if its check is quicker than its description.
 */
static bool is_relay(const struct ua_ice *ice, const struct ua_cand *cand)
{
	uint16_t i;

	if (cand->type != UA_ICE_PRFLX)
		return cand->type == UA_ICE_RELAY;

	/* No peer-reflexive one has the rank of a relay (RFC 8445, 5.1.2.2),
	 * but what comes through a relay of the proxy: ua_describe_prio(). */
	if (!ice->complete || !(cand->prio >> 24))
		return true;

	for (i = 0; i < ice->remotes.n; i++) {
		const struct ua_cand *c = &ice->remotes.v[i];

		if (c->type == UA_ICE_RELAY &&
		    ua_addr_ip_eq(&c->addr, &cand->addr))
			return true;
	}

	return false;
}


static bool is_outside(const struct ua_cand *cand, const struct ua_cand *of)
{
	return cand->type == UA_ICE_SRFLX && cand->stream == of->stream &&
	       cand->comp == of->comp && cand->addr.af == of->addr.af;
}


/* Both sides know how they look from outside, and it is not the same IP */
static bool live_apart(const struct ua_ice *ice, const struct ua_cand *local,
		       const struct ua_cand *remote)
{
	bool apart = false;
	uint16_t i, k;

	for (i = 0; i < ice->locals.n; i++) {
		const struct ua_cand *l = &ice->locals.v[i];

		if (!is_outside(l, local))
			continue;

		for (k = 0; k < ice->remotes.n; k++) {
			const struct ua_cand *r = &ice->remotes.v[k];

			if (!is_outside(r, remote))
				continue;

			if (ua_addr_ip_eq(&l->addr, &r->addr))
				return false;

			apart = true;
		}
	}

	return apart;
}


static uint64_t pair_prio(const struct ua_ice *ice, uint32_t local,
			  uint32_t remote)
{
	return ice->controlling ? ua_pair_prio(local, remote)
				: ua_pair_prio(remote, local);
}


static uint32_t with_pref(uint32_t prio, uint32_t pref)
{
	return (prio & 0x00ffffff) | pref << 24;
}


/*
 * Deviation from RFC 8445, 6.1.2.3: two private addresses behind different
 * NATs reach each other by VPN at best, so (host, srflx) goes first.  Both
 * sides see that, and their lists stay aligned, as they must for filters to
 * open in time.
 */
static uint64_t pair_order(const struct ua_ice *ice,
			   const struct ua_cand *local,
			   const struct ua_cand *remote)
{
	uint32_t pref = 0;

	if (is_ula(&local->addr) != is_ula(&remote->addr))
		pref = PREF_LAST;
	else if (local->type == UA_ICE_HOST && remote->type == UA_ICE_HOST &&
		 ua_addr_is_private(&local->addr) &&
		 ua_addr_is_private(&remote->addr) &&
		 live_apart(ice, local, remote))
		pref = PREF_UNLIKELY;

	if (!pref || ice->conf.rfc_strict)
		return pair_prio(ice, local->prio, remote->prio);

	return pair_prio(ice, with_pref(local->prio, pref),
			 with_pref(remote->prio, pref));
}


static void pair_fill(const struct ua_ice *ice, struct ua_pair *pair)
{
	const struct ua_ice_base *base = &ice->basev[pair->base];
	const struct ua_cand *local = &ice->locals.v[base->cand];
	const struct ua_cand *remote = &ice->remotes.v[pair->remote];

	pair->latched = remote->latched;
	pair->relayed = base->kind == UA_ICE_RELAY;
	pair->prio = pair_prio(ice, local->prio, remote->prio);
	pair->order = pair_order(ice, local, remote);
	pair->lgroup = local->group;
	pair->rgroup = remote->group;
	pair->relays = (uint8_t)((base->kind == UA_ICE_RELAY) +
				 is_relay(ice, remote));
}


/* Best order of a component's other pairs */
static uint64_t top_order(const struct ua_ice *ice, const struct ua_pair *of)
{
	uint64_t top = 0;
	uint16_t i;

	for (i = 0; i < ice->list.n; i++) {
		const struct ua_pair *p = &ice->list.v[i];

		if (!p->latched && p->stream == of->stream &&
		    p->comp == of->comp && p->order > top)
			top = p->order;
	}

	return top;
}


void ua_match_refresh(struct ua_ice *ice)
{
	uint16_t i;

	for (i = 0; i < ice->list.n; i++)
		pair_fill(ice, &ice->list.v[i]);

	/* Such a relay opens with the first packet of both: it goes second. */
	for (i = 0; ice->latched && i < ice->list.n; i++) {
		struct ua_pair *p = &ice->list.v[i];
		const uint64_t top = p->latched ? top_order(ice, p) : 0;

		if (top)
			p->order = top - 1;
	}
}


/* A relay grants permissions by IP: one request serves all pairs of that IP */
static void pair_permit(struct ua_ice *ice, struct ua_pair *pair)
{
	const struct ua_addr *addr = &ice->remotes.v[pair->remote].addr;
	uint16_t i;

	if (ice->basev[pair->base].kind != UA_ICE_RELAY)
		return;

	for (i = 0; i < ice->list.n; i++) {
		const struct ua_pair *p = &ice->list.v[i];

		if (p->base != pair->base || !p->permit ||
		    !ua_addr_ip_eq(&ice->remotes.v[p->remote].addr, addr))
			continue;

		if (p->permit == UA_PAIR_PERMIT_GRANTED)
			pair->permit = UA_PAIR_PERMIT_GRANTED;

		return;
	}

	pair->permit = UA_PAIR_PERMIT_ASK;
	ice->permits = true;
}


static void pair_make(struct ua_ice *ice, struct ua_pair *pair, uint16_t base,
		      uint16_t remote)
{
	const struct ua_ice_base *b = &ice->basev[base];

	memset(pair, 0, sizeof(*pair));
	pair->base = base;
	pair->remote = remote;
	pair->local = b->cand;
	pair->stream = b->stream;
	pair->comp = b->comp;
	pair->cost = b->cost;
	pair->af = b->addr.af;
	pair->first_ms = UA_NEVER;
	pair->valid_ms = UA_NEVER;
	pair->rtt_ms = UA_PAIR_RTT_NONE;
	pair_fill(ice, pair);
	pair_permit(ice, pair);
}


int ua_match_add(struct ua_ice *ice, uint16_t base, uint16_t remote,
		 bool proven, uint16_t *index)
{
	const struct ua_ice_base *b = &ice->basev[base];
	struct ua_pair pair;
	char addr[UA_ADDR_LEN];
	int err;

	pair_make(ice, &pair, base, remote);

	err = ua_checklist_add(&ice->list, &pair, proven, index);
	if (err)
		return err;

	ua_log(ice->conf.log, UA_LOG_DEBUG, "ice",
	       "pair %u: base %u (%s) to %s %s, stream %u component %u",
	       *index, base, ua_ice_type_name((enum ua_ice_type)b->kind),
	       ua_ice_type_name((enum ua_ice_type)ice->remotes.v[remote].type),
	       ua_addr_str(&ice->remotes.v[remote].addr, addr), b->stream,
	       b->comp);

	return 0;
}


bool ua_match_wants(const struct ua_ice *ice, uint16_t base, uint16_t remote)
{
	const struct ua_ice_base *b = &ice->basev[base];
	const struct ua_comp *comp = ua_iceagent_comp(ice, b->stream, b->comp);
	const int relays = (b->kind == UA_ICE_RELAY) +
			   is_relay(ice, &ice->remotes.v[remote]);

	if (!comp->needed)
		return false;

	return comp->selected == UA_PAIR_NIL ||
	       relays - ice->remotes.v[remote].latched <
		       ice->list.v[comp->selected].relays;
}


void ua_match_renew(struct ua_ice *ice, uint16_t remote)
{
	struct ua_pair pair;
	uint16_t i;

	for (i = 0; i < ice->list.n; i++) {
		if (ice->list.v[i].remote != remote ||
		    !may_pair(ice, ice->list.v[i].base,
			      &ice->remotes.v[remote]) ||
		    !ua_match_wants(ice, ice->list.v[i].base, remote))
			continue;

		ice->list.v[i].permit = UA_PAIR_PERMIT_NONE;
		pair_make(ice, &pair, ice->list.v[i].base, remote);
		ua_checklist_renew(&ice->list, i, &pair);
	}

	ua_match_refresh(ice);
}


int ua_match_up(struct ua_ice *ice, uint16_t base, uint16_t remote)
{
	struct ua_pair pair;
	uint16_t index;
	int err;

	if (!may_pair(ice, base, &ice->remotes.v[remote]) ||
	    !ua_match_wants(ice, base, remote))
		return 0;

	index = ua_checklist_find(&ice->list, base, remote);
	if (index != UA_PAIR_NIL) {
		/* Of a base that had this number before */
		if (ice->list.v[index].state == UA_PAIR_FAILED &&
		    ice->list.v[index].reason == UA_PAIR_BASE_DOWN) {
			ice->list.v[index].permit = UA_PAIR_PERMIT_NONE;
			pair_make(ice, &pair, base, remote);
			ua_checklist_renew(&ice->list, index, &pair);
		}
		return 0;
	}

	err = ua_match_add(ice, base, remote, false, &index);

	return err == ENOSPC ? 0 : err;
}
