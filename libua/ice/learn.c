/* SPDX-License-Identifier: BSD-3-Clause */
/** @file learn.c  The peer's candidates, from descriptions and its checks */

#include <errno.h>
#include <string.h>

#include "base/re_compat.h"
#include "ice/latched.h"
#include "ice/learn.h"
#include "ice/match.h"

enum { BRED_PER_S = 4 /* New peer-reflexive ones of a component */ };


static void refuse(struct ua_ice *ice, const struct ua_addr *addr,
		   const char *why)
{
	char str[UA_ADDR_LEN];
	struct ua_ice_refused *r =
		&ice->refusedv[ice->nrefused % UA_ICE_REFUSED_MAX];

	r->addr = *addr;
	r->why = why;
	++ice->nrefused;

	ua_log(ice->conf.log, UA_LOG_INFO, "ice",
	       "candidate %s of the peer is not taken: %s",
	       ua_addr_str(addr, str), why);
}


static bool has_loopback(const struct ua_ice *ice, uint8_t af)
{
	uint16_t i;

	for (i = 0; i < ice->nbase; i++) {
		if (ice->basev[i].addr.af == af &&
		    ua_addr_is_loopback(&ice->basev[i].addr))
			return true;
	}

	return false;
}


static const char *remote_refused(const struct ua_ice *ice,
				  const struct ua_addr *addr)
{
	const char *why = ua_cand_refused(addr);
	uint16_t i;

	if (why)
		return why;

	if (ua_addr_is_loopback(addr) && !has_loopback(ice, addr->af))
		return "loopback address";

	for (i = 0; i < ice->nbase; i++) {
		const struct ua_addr own =
			ua_iceagent_unscoped(&ice->basev[i].addr);

		if (ice->basev[i].up && ua_addr_eq(&own, addr))
			return "address of our own";
	}

	return NULL;
}


static unsigned count_ip(const struct ua_ice *ice, const struct ua_cand *cand)
{
	unsigned n = 0;
	uint16_t i;

	for (i = 0; i < ice->remotes.n; i++) {
		const struct ua_cand *c = &ice->remotes.v[i];

		n += c->stream == cand->stream && c->comp == cand->comp &&
		     c->type != UA_ICE_PRFLX &&
		     ua_addr_ip_eq(&c->addr, &cand->addr);
	}

	return n;
}


/* A candidate makes pairs with all bases that do not have one. */
static int match_all(struct ua_ice *ice, uint16_t index)
{
	uint16_t i;
	int err = 0;

	for (i = 0; i < ice->nbase && !err; i++)
		err = ua_match_up(ice, i, index);

	ua_match_refresh(ice);
	return err;
}


/*
 * It is known already.  One learnt from a check gets its true type in place;
 * priority and state of its pairs stay (RFC 8838, 11).  As it is listed now,
 * it is for the other bases, too: a relay may need its permission.
 */
static int remote_again(struct ua_ice *ice, uint16_t index,
			const struct ua_cand *cand)
{
	struct ua_cand *c = &ice->remotes.v[index];
	uint16_t i;
	int err;

	if (cand->latched &&
	    (c->type == UA_ICE_PRFLX || c->type == UA_ICE_RELAY) &&
	    (!c->latched || c->base == UA_CAND_NONE))
		ua_latched_adopt(ice, index, cand->base);
	else if (c->type != UA_ICE_PRFLX)
		return 0;

	c->type = cand->type;
	c->rel = cand->rel;
	memcpy(c->foundation, cand->foundation, sizeof(c->foundation));
	ua_cand_group(&ice->remotes, c);
	err = match_all(ice, index);

	/* The path that was chosen may have a relay more than we thought. */
	for (i = 0; i < ice->remotes.n && !err; i++)
		err = match_all(ice, i);

	return err;
}


static int remote_add(struct ua_ice *ice, struct ua_cand *cand,
		      uint16_t *index)
{
	char str[UA_ADDR_LEN];
	int err;

	ua_cand_group(&ice->remotes, cand);
	err = ua_cand_add(&ice->remotes, cand, index);
	if (err)
		return err;

	ua_log(ice->conf.log, UA_LOG_DEBUG, "ice",
	       "remote candidate %u: %s %s, stream %u component %u", *index,
	       ua_ice_type_name((enum ua_ice_type)cand->type),
	       ua_addr_str(&cand->addr, str), cand->stream, cand->comp);

	return 0;
}


/* No pair of it is valid, under way or forbidden: it may make room */
static bool may_forget(const struct ua_ice *ice, uint16_t remote)
{
	uint16_t i;

	for (i = 0; i < ice->list.n; i++) {
		const struct ua_pair *p = &ice->list.v[i];

		if (p->remote == remote && (p->state != UA_PAIR_FAILED ||
					    p->reason == UA_PAIR_CONSENT))
			return false;
	}

	return true;
}


/*
 * Each offer of a long call may bring another port of the proxy's relay.  One
 * of before that came to nothing makes room; UA_CAND_NONE: there is none.
 */
static uint16_t find_spent(const struct ua_ice *ice,
			   const struct ua_cand *cand)
{
	uint16_t i;

	for (i = 0; cand->latched && i < ice->remotes.n; i++) {
		const struct ua_cand *c = &ice->remotes.v[i];

		if (c->latched && c->stream == cand->stream &&
		    c->comp == cand->comp &&
		    ua_addr_ip_eq(&c->addr, &cand->addr) && may_forget(ice, i))
			return i;
	}

	return UA_CAND_NONE;
}


static int remote_renew(struct ua_ice *ice, uint16_t index,
			const struct ua_cand *cand)
{
	ice->remotes.v[index] = *cand;
	ua_cand_group(&ice->remotes, &ice->remotes.v[index]);
	ua_match_renew(ice, index);

	return match_all(ice, index);
}


int ua_learn_cand(struct ua_ice *ice, const struct ua_ice_cand *in)
{
	struct ua_cand cand;
	const char *why;
	uint16_t index;
	int err;

	memset(&cand, 0, sizeof(cand));
	cand.addr = ua_iceagent_unscoped(&in->addr);
	cand.rel = in->raddr;
	cand.birth = ice->births++;
	cand.prio = in->prio;
	cand.base = in->latched ? in->via : UA_CAND_NONE;
	cand.latched = in->latched;
	cand.type = (uint8_t)in->type;
	cand.stream = (uint8_t)in->stream;
	cand.comp = (uint8_t)in->comp;
	(void)str_ncpy(cand.foundation, in->foundation,
		       sizeof(cand.foundation));

	why = remote_refused(ice, &cand.addr);
	if (why) {
		refuse(ice, &cand.addr, why);
		return EADDRNOTAVAIL;
	}

	ice->latched |= cand.latched;

	index = ua_cand_find(&ice->remotes, cand.stream, cand.comp,
			     &cand.addr);
	if (index != UA_CAND_NONE)
		return remote_again(ice, index, &cand);

	if (count_ip(ice, &cand) >= UA_CAND_PER_IP) {
		index = find_spent(ice, &cand);
		if (index != UA_CAND_NONE)
			return remote_renew(ice, index, &cand);

		refuse(ice, &cand.addr, "too many on one address");
		return ENOSPC;
	}

	err = remote_add(ice, &cand, &index);
	if (err) {
		if (err == ENOSPC)
			refuse(ice, &cand.addr, "too many candidates");
		return err;
	}

	return match_all(ice, index);
}


/* The oldest one whose checks came to nothing; UA_CAND_NONE: there is none */
static uint16_t oldest_prflx(const struct ua_ice *ice, uint8_t stream,
			     uint8_t comp)
{
	uint16_t best = UA_CAND_NONE;
	uint16_t i;

	for (i = 0; i < ice->remotes.n; i++) {
		const struct ua_cand *c = &ice->remotes.v[i];

		if (c->type != UA_ICE_PRFLX || c->stream != stream ||
		    c->comp != comp || !may_forget(ice, i))
			continue;

		if (best == UA_CAND_NONE ||
		    c->birth < ice->remotes.v[best].birth)
			best = i;
	}

	return best;
}


/*
 * Two NATs that map by destination and filter weakly breed a candidate per
 * round: a few a second are enough to find a path if there is one.  What
 * comes through a relay of ours has its permission and is no such thing.
 */
static bool may_breed(const struct ua_ice *ice, uint64_t now_ms,
		      const struct ua_ice_base *base)
{
	struct ua_comp *comp = ua_iceagent_comp(ice, base->stream, base->comp);

	if (base->kind == UA_ICE_RELAY)
		return true;

	if (now_ms >= comp->bred_ms + 1000) {
		comp->bred_ms = now_ms;
		comp->bred = 0;
	}

	if (comp->bred >= BRED_PER_S)
		return false;

	++comp->bred;
	return true;
}


static int prflx_add(struct ua_ice *ice, uint64_t now_ms, uint16_t base,
		     const struct ua_addr *addr, uint32_t prio,
		     uint16_t *index)
{
	const struct ua_ice_base *b = &ice->basev[base];
	struct ua_cand cand;

	if (!may_breed(ice, now_ms, b))
		return ENOSPC;

	memset(&cand, 0, sizeof(cand));
	cand.addr = *addr;
	cand.birth = ice->births++;
	cand.prio = prio;
	cand.base = UA_CAND_NONE;
	cand.type = UA_ICE_PRFLX;
	cand.stream = b->stream;
	cand.comp = b->comp;

	if (ua_latched_has_port(ice, &cand, base)) {
		cand.latched = true;
		cand.base = base;
	}

	/* Unlike any that a peer could have written (RFC 8445, 7.3.1.3). */
	(void)re_snprintf(cand.foundation, sizeof(cand.foundation),
			  ":prflx:%u", ice->remotes.n);

	if (ua_cand_count(&ice->remotes, b->stream, b->comp, UA_ICE_PRFLX) <
	    UA_CAND_PRFLX_MAX)
		return remote_add(ice, &cand, index);

	*index = oldest_prflx(ice, b->stream, b->comp);
	if (*index == UA_CAND_NONE)
		return ENOSPC;

	/* Its failed pairs become pairs of the new one. */
	cand.group = ice->remotes.v[*index].group;
	ice->remotes.v[*index] = cand;

	return 0;
}


int ua_learn_source(struct ua_ice *ice, uint64_t now_ms, uint16_t base,
		    const struct ua_addr *from, uint32_t prio, uint16_t *index)
{
	const struct ua_ice_base *b = &ice->basev[base];
	const struct ua_addr addr = ua_iceagent_unscoped(from);
	uint16_t remote;
	int err;

	remote = ua_cand_find(&ice->remotes, b->stream, b->comp, &addr);
	if (remote != UA_CAND_NONE) {
		*index = ua_checklist_find(&ice->list, base, remote);

		/* An answer would show the relay another source of ours,
		 * unless media took that path before we knew. */
		if (!ua_latched_may_send(ice, &ice->remotes.v[remote], base) &&
		    (*index == UA_PAIR_NIL || !ice->list.v[*index].valid))
			return EACCES;

		if (*index != UA_PAIR_NIL)
			return 0;
	}
	else {
		err = prflx_add(ice, now_ms, base, &addr, prio, &remote);
		if (err)
			return err;
	}

	/* It had lost when it came. */
	if (ice->remotes.v[remote].latched &&
	    !ua_match_wants(ice, base, remote))
		return EACCES;

	*index = ua_checklist_find(&ice->list, base, remote);
	err = *index == UA_PAIR_NIL
		      ? ua_match_add(ice, base, remote, true, index)
		      : 0;
	ua_match_refresh(ice);

	return err;
}
