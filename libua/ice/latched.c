/* SPDX-License-Identifier: BSD-3-Clause */
/** @file latched.c  Relays that learn each side from its first packet */

#include "ice/askon.h"
#include "ice/latched.h"
#include "ice/pacer.h"

enum {
	MEASURE_SENDS = 2,
	MEASURE_RTO_MIN_MS = 100,

	/* Others shall find their way to a peer that is not heard, too. */
	RESERVE_MAX = UA_ASKON_UNHEARD_MAX / 2
};


bool ua_latched_is_lost(const struct ua_pair *pair)
{
	return pair->latched && pair->reason == UA_PAIR_SUPERSEDED;
}


bool ua_latched_may_send(const struct ua_ice *ice,
			 const struct ua_cand *remote, uint16_t base)
{
	return !remote->latched ||
	       (remote->base == base && ice->basev[base].kind == UA_ICE_HOST);
}


bool ua_latched_has_port(const struct ua_ice *ice,
			 const struct ua_cand *remote, uint16_t base)
{
	uint16_t i;

	for (i = 0; i < ice->remotes.n; i++) {
		const struct ua_cand *c = &ice->remotes.v[i];

		if (c->latched && c->base == base &&
		    c->stream == remote->stream && c->comp == remote->comp &&
		    ua_addr_ip_eq(&c->addr, &remote->addr))
			return true;
	}

	return false;
}


static bool is_used(const struct ua_ice *ice, uint16_t index)
{
	const struct ua_comp *comp =
		ua_iceagent_comp_of(ice, &ice->list.v[index]);

	return comp->media == index || comp->selected == index ||
	       comp->asking == index;
}


static void check_again(struct ua_ice *ice, uint16_t index)
{
	ice->list.v[index].again = true;
	(void)ua_checklist_repeat(&ice->list, index);
}


void ua_latched_adopt(struct ua_ice *ice, uint16_t remote, uint16_t via)
{
	uint16_t i;

	ice->remotes.v[remote].latched = true;
	ice->remotes.v[remote].base = via;

	for (i = 0; i < ice->list.n; i++) {
		struct ua_pair *p = &ice->list.v[i];

		if (p->remote != remote)
			continue;

		p->latched = true;
		if (p->base == via && p->state == UA_PAIR_PROGRESS)
			check_again(ice, i);
		else if (p->base != via && p->state != UA_PAIR_FAILED &&
			 !is_used(ice, i))
			(void)ua_checklist_step(&ice->list, i, UA_PAIR_DROP,
						UA_PAIR_ONE_BASE, 0);
	}
}


void ua_latched_base_down(struct ua_ice *ice, uint16_t base)
{
	uint16_t i;

	/* Its number may be another's later, whom the relay does not know. */
	for (i = 0; i < ice->remotes.n; i++) {
		if (ice->remotes.v[i].latched &&
		    ice->remotes.v[i].base == base)
			ice->remotes.v[i].base = UA_CAND_NONE;
	}
}


static unsigned still_to_send(const struct ua_pair *pair)
{
	switch (pair->state) {

	case UA_PAIR_FROZEN:
	case UA_PAIR_WAITING:
		return UA_PAIR_SENDS_UNHEARD;

	case UA_PAIR_PROGRESS:
		return pair->txn.active ? (unsigned)(pair->txn.max_sends -
						     pair->txn.sends)
					: 0U;

	default:
		return 0;
	}
}


/* A description may name a stranger's address (RFC 8445, 19.5.1) */
static bool may_send_more(const struct ua_ice *ice)
{
	unsigned n = ice->unheard + UA_PAIR_SENDS_UNHEARD;
	uint16_t i;

	for (i = 0; i < ice->list.n && !ice->heard; i++)
		n += still_to_send(&ice->list.v[i]);

	return ice->heard || n <= UA_ASKON_UNHEARD_MAX;
}


bool ua_latched_goes_on(struct ua_ice *ice, uint64_t now_ms, uint16_t index)
{
	struct ua_pair *pair = &ice->list.v[index];

	if (!pair->latched || ice->aged || !ua_iceagent_is_live(ice, pair))
		return false;

	/* One that came in mid-call has the time that a call has. */
	if (!ice->patient && now_ms >= pair->first_ms + UA_ICE_PAC_MS)
		return false;

	ua_pair_keep_past(pair);

	/* Who has nothing to send waits for a check of the peer. */
	if (!may_send_more(ice))
		return ice->patient;

	check_again(ice, index);
	return true;
}


void ua_latched_heard(struct ua_ice *ice)
{
	uint16_t i;

	for (i = 0; i < ice->list.n; i++) {
		const struct ua_pair *p = &ice->list.v[i];

		if (p->latched && p->state == UA_PAIR_PROGRESS &&
		    !p->txn.active)
			check_again(ice, i);
	}
}


unsigned ua_latched_reserve(const struct ua_ice *ice)
{
	const uint64_t known_ms = ua_iceagent_known(ice);
	const uint64_t end_ms =
		(known_ms == UA_NEVER ? ice->list.now_ms : known_ms) +
		UA_ICE_PAC_MS;
	unsigned n = 0;
	uint16_t i;

	if (ice->heard || ice->list.now_ms >= end_ms)
		return 0;

	for (i = 0; i < ice->list.n; i++)
		n += ice->list.v[i].latched &&
		     ua_pair_is_open(&ice->list.v[i]);

	n *= (unsigned)((end_ms - ice->list.now_ms) / UA_TXN_RTO_MS);

	return n < RESERVE_MAX ? n : RESERVE_MAX;
}


void ua_latched_measure(struct ua_ice *ice, uint64_t now_ms, uint16_t index)
{
	struct ua_pair *pair = &ice->list.v[index];
	const struct ua_comp *comp = ua_iceagent_comp_of(ice, pair);
	uint32_t rto = pair->answer_ms + pair->answer_ms / 2;

	if (!pair->latched || !pair->valid || pair->txn.active ||
	    pair->rtt_ms != UA_PAIR_RTT_NONE || comp->selected != UA_PAIR_NIL)
		return;

	if (rto < MEASURE_RTO_MIN_MS)
		rto = MEASURE_RTO_MIN_MS;
	if (rto > UA_TXN_RTO_MS)
		rto = UA_TXN_RTO_MS;

	pair->measuring = true;
	pair->blind = false;
	pair->unsent = false;
	pair->controlling = ice->controlling;
	ua_txn_start(&pair->txn, ice->conf.rand,
		     ua_pacer_reserve(ice->conf.pacer, now_ms, now_ms,
				      UA_PACER_URGENT),
		     rto, MEASURE_SENDS, UA_TXN_RTO_MS);
}
