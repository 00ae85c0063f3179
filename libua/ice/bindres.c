/* SPDX-License-Identifier: BSD-3-Clause */
/** @file bindres.c  Answers to our Binding requests */

#include <errno.h>
#include <string.h>

#include "ice/bindres.h"
#include "ice/conclude.h"
#include "ice/consent.h"
#include "ice/describe.h"
#include "ice/latched.h"
#include "ice/role.h"
#include "ice/schedule.h"

/** What an answer answers */
struct asked {
	uint16_t pair;
	struct ua_comp *comp; /* Nomination or keepalive, NULL: a check   */
	uint64_t sent_ms;
	bool past;        /* Superseded by a later request            */
	bool once;        /* Its answer measures the round trip       */
	bool controlling; /* Role that the request carried            */
};


static bool past_match(const struct ua_pair_past *past,
		       const struct ua_stun *msg)
{
	return past->active && !memcmp(past->tid, msg->tid, sizeof(past->tid));
}


static bool find_check(struct asked *a, const struct ua_ice *ice,
		       const struct ua_stun *msg)
{
	uint16_t i;

	for (i = 0; i < ice->list.n; i++) {
		const struct ua_pair *p = &ice->list.v[i];

		a->pair = i;
		a->past = past_match(&p->past, msg);
		if (a->past) {
			a->once = p->past.once;
			a->sent_ms = p->past.sent_ms;
			a->controlling = p->past.controlling;
			return true;
		}

		if (ua_txn_match(&p->txn, msg)) {
			a->once = ua_pair_is_measured(p);
			a->sent_ms = p->txn.first_ms;
			a->controlling = p->controlling;
			return true;
		}
	}

	return false;
}


static bool find_comp(struct asked *a, const struct ua_ice *ice,
		      const struct ua_stun *msg)
{
	const unsigned n = (unsigned)ice->conf.nstream * ice->conf.ncomp;
	unsigned i;

	for (i = 0; i < n; i++) {
		struct ua_comp *comp = &ice->compv[i];

		if (!ua_txn_match(&comp->txn, msg))
			continue;

		a->comp = comp;
		a->pair = comp->asking != UA_PAIR_NIL ? comp->asking
						      : comp->media;
		a->once = comp->txn.sends == 1;
		a->sent_ms = comp->txn.first_ms;
		a->controlling = comp->controlling;
		return a->pair != UA_PAIR_NIL;
	}

	return false;
}


/* Back from where it was sent, to where it was sent from (7.2.5.2.1) */
static bool is_symmetric(const struct ua_ice *ice, const struct ua_pair *pair,
			 const struct ua_path *path)
{
	struct ua_path sent;

	ua_describe_path(ice, pair, &sent);
	sent.remote.scope = path->remote.scope;

	return path->base == sent.base &&
	       ua_addr_eq(&path->remote, &sent.remote);
}


static void failed(struct ua_ice *ice, uint64_t now_ms, const struct asked *a,
		   enum ua_pair_reason reason, uint16_t code)
{
	if (a->comp && a->comp->asking == UA_PAIR_NIL) {
		ua_txn_stop(&a->comp->txn);
		ua_consent_failed(ice, now_ms, a->pair, code);
	}
	else if (a->comp) {
		ua_conclude_refused(ice, a->comp, reason, code);
	}
	else if (ice->list.v[a->pair].state == UA_PAIR_SUCCEEDED) {
		ua_txn_stop(&ice->list.v[a->pair].txn);
		ua_consent_failed(ice, now_ms, a->pair, code);
	}
	else if (!a->past)
		(void)ua_checklist_step(&ice->list, a->pair, UA_PAIR_TIMEOUT,
					reason, code);
}


/* RFC 8445, 7.2.5.1; a late 487 speaks of a role that we left already */
static void role_conflict(struct ua_ice *ice, uint64_t now_ms,
			  const struct asked *a)
{
	if (a->controlling != ice->controlling)
		return;

	if (!ua_role_may_switch(ice, now_ms)) {
		failed(ice, now_ms, a, UA_PAIR_ROLE, 487);
		return;
	}

	ua_role_switch(ice, now_ms, true);

	/* A valid pair is not checked again: its next keepalive tells all. */
	if (a->comp)
		a->comp->keep_ms = now_ms;

	ua_checklist_trigger(&ice->list, a->pair);
	ice->list.v[a->pair].past.active = false;
}


static void succeeded(struct ua_ice *ice, uint64_t now_ms,
		      const struct asked *a, const struct ua_addr *mapped)
{
	struct ua_pair *pair = &ice->list.v[a->pair];
	const uint64_t rtt_ms = now_ms - a->sent_ms;

	pair->answer_ms = (uint32_t)rtt_ms;
	if (a->once && rtt_ms < pair->rtt_ms)
		pair->rtt_ms = (uint32_t)rtt_ms;
	if (a->once && pair->rtts < UINT8_MAX)
		++pair->rtts;

	if (a->comp) {
		/* A NAT that was restarted shows another address now. */
		pair->local = ua_describe_mapped(ice, a->pair, mapped);
		ua_txn_stop(&a->comp->txn);
		ua_consent_answered(ice, now_ms, a->pair);
		if (a->comp->asking == UA_PAIR_NIL)
			return;

		a->comp->asking = UA_PAIR_NIL;
		ua_conclude_nominated(ice, now_ms, a->pair);
		return;
	}

	if (!ua_checklist_step(&ice->list, a->pair, UA_PAIR_SUCCESS,
			       UA_PAIR_OK, 0))
		return;

	pair->local = ua_describe_mapped(ice, a->pair, mapped);
	ua_consent_answered(ice, now_ms, a->pair);
	ua_checklist_thaw(&ice->list, a->pair);
	ua_conclude_valid(ice, now_ms, a->pair);
	ua_latched_measure(ice, now_ms, a->pair);
}


int ua_bindres_input(struct ua_ice *ice, uint64_t now_ms,
		     const struct ua_path *path, const struct ua_stun *msg)
{
	struct asked a = { .pair = UA_PAIR_NIL };
	struct ua_addr mapped;
	uint16_t code = 0;
	int err;

	if (!ice->rpwd ||
	    (!find_check(&a, ice, msg) && !find_comp(&a, ice, msg)))
		return ENOENT;

	/*
	 * 400 and 401 come without integrity: the peer may not know our
	 * description yet, or somebody forged them.  Neither ends a check.
	 */
	if (!msg->fingerprint || !msg->integrity)
		return EACCES;

	err = ua_stun_check(msg, (const uint8_t *)ice->rpwd,
			    strlen(ice->rpwd));
	if (err)
		return err;

	if (msg->cls == UA_STUN_ERROR)
		err = ua_stun_error(msg, &code, NULL);
	else
		err = ua_stun_addr(msg, UA_STUN_XOR_MAPPED_ADDRESS, &mapped);
	if (err)
		return EBADMSG;

	ice->list.now_ms = now_ms;
	ua_schedule_heard(ice, now_ms);
	if (!a.comp)
		ice->list.v[a.pair].measuring = false;

	if (code == 487)
		role_conflict(ice, now_ms, &a);
	else if (code)
		failed(ice, now_ms, &a, UA_PAIR_REFUSED, code);
	else if (!is_symmetric(ice, &ice->list.v[a.pair], path))
		failed(ice, now_ms, &a, UA_PAIR_ASYMMETRIC, 0);
	else
		succeeded(ice, now_ms, &a, &mapped);

	return 0;
}
