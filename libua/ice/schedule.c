/* SPDX-License-Identifier: BSD-3-Clause */
/** @file schedule.c  All that happens because time passes */

#include <string.h>

#include "ice/askon.h"
#include "ice/bindreq.h"
#include "ice/conclude.h"
#include "ice/consent.h"
#include "ice/latched.h"
#include "ice/match.h"
#include "ice/pacer.h"
#include "ice/restart.h"
#include "ice/schedule.h"

enum {
	RTO_MIN_MS = 500, /* RFC 8445, 14.3: no less                       */

	/* The same formula gives 20 s with many pairs: nobody waits so long */
	RTO_MAX_MS = 1000,

	/* A pair that was checked late has this long even if all time is up */
	YOUNG_MS = 8000,
	YOUNG_MAX_MS = 10000,

	LATE_MS = 2000,  /* A timer so late has slept with the machine     */
	GRACE_MS = 5000, /* Two rounds of checks after that                */

	/* After the last check that a peer never heard gets */
	UNHEARD_WAIT_MS = 1000
};


static uint32_t rto_of(const struct ua_ice *ice)
{
	const uint32_t rto = ice->ta_ms * ua_checklist_active(&ice->list);

	if (rto < RTO_MIN_MS)
		return RTO_MIN_MS;

	return rto > RTO_MAX_MS ? RTO_MAX_MS : rto;
}


/*
 * A description may name a stranger's address (RFC 8445, 19.5.1): before the
 * peer was ever heard, a pair gets three sends.
 */
static uint8_t sends_of(const struct ua_ice *ice)
{
	return ice->heard ? UA_PAIR_SENDS : UA_PAIR_SENDS_UNHEARD;
}


void ua_schedule_heard(struct ua_ice *ice, uint64_t now_ms)
{
	uint16_t i;

	if (ice->heard)
		return;

	ice->heard = true;
	if (ice->latched)
		ua_latched_heard(ice);

	for (i = 0; i < ice->list.n; i++) {
		struct ua_pair *p = &ice->list.v[i];

		if (p->txn.max_sends > UA_PAIR_SENDS_UNHEARD ||
		    !ua_iceagent_is_live(ice, p))
			continue;

		if (p->state == UA_PAIR_FAILED &&
		    p->reason == UA_PAIR_NO_ANSWER)
			ua_checklist_revive(&ice->list, i);

		if (p->state != UA_PAIR_PROGRESS)
			continue;

		if (p->txn.sends >= p->txn.max_sends &&
		    p->txn.next_ms > now_ms + p->rto_ms)
			p->txn.next_ms = now_ms + p->rto_ms;

		p->txn.max_sends = UA_PAIR_SENDS;
	}
}


/*
 * Deviation from RFC 8445, 14.3: to a relay that latches the RTO stays at
 * 500 ms.  What the peer sent before it knew of us comes with its next packet
 * only, and what we sent comes to the peer with ours.
 */
static void start_check(struct ua_ice *ice, uint64_t now_ms,
			struct ua_pair *pair, bool again)
{
	uint32_t last_wait_ms =
		ice->heard ? UA_PAIR_LAST_WAIT_MS : UNHEARD_WAIT_MS;
	uint8_t sends = sends_of(ice);

	pair->rto_ms = rto_of(ice);
	if (pair->latched) {
		pair->rto_ms = UA_TXN_RTO_MS;
		last_wait_ms = UA_TXN_RTO_MS;
	}
	else if (again) {
		sends = UA_ASKON_SENDS;
		last_wait_ms = UA_ASKON_WAIT_MS;
	}

	/* What the peer sent came through: so does this, at once. */
	pair->blind = pair->latched && !pair->peer_ok;
	pair->controlling = ice->controlling;
	pair->unsent = false;
	ua_txn_start(&pair->txn, ice->conf.rand, now_ms, pair->rto_ms, sends,
		     last_wait_ms);
}


static void send_check(struct ua_ice *ice, uint64_t now_ms, uint16_t index)
{
	struct ua_pair *pair = &ice->list.v[index];
	const bool triggered = pair->trigger;
	const bool again = pair->again && !triggered;

	if (!ua_checklist_step(&ice->list, index, UA_PAIR_SEND, UA_PAIR_OK, 0))
		return;

	/* The hope for one that is asked again does not get younger. */
	if (!pair->again || triggered || pair->first_ms == UA_NEVER)
		pair->first_ms = now_ms;

	start_check(ice, now_ms, pair, again);
	pair->again = false;
	pair->due = ua_txn_tick(&pair->txn, now_ms) == UA_TXN_SEND;
	if (pair->latched)
		pair->txn.rto_ms = pair->rto_ms;
	ice->unheard += !ice->heard;
	ice->list.last_stream = pair->stream;
	if (!triggered)
		ice->list.streak = 0;
	else if (ice->list.streak < UINT8_MAX)
		++ice->list.streak;
}


/*
 * A Ta after the last check.  What the peer triggered is known to get through
 * and need not wait for it: RFC 8445, 14.2 wants no more than 5 ms between
 * any two of a process, which the pacer sees to.
 */
static uint64_t slot_from(const struct ua_ice *ice)
{
	if (ice->last_ms == UA_NEVER)
		return 0;

	if (ua_checklist_is_urgent(&ice->list) && !ice->conf.rfc_strict)
		return ice->last_ms + UA_PACER_STEP_MS;

	return ice->last_ms + ice->ta_ms;
}


static void slot_free(struct ua_ice *ice)
{
	if (ice->slot_ms != UA_NEVER)
		ua_pacer_release(ice->conf.pacer, ice->slot_ms);

	ice->slot_ms = UA_NEVER;
}


static void slot_get(struct ua_ice *ice, uint64_t now_ms)
{
	const bool urgent = ua_checklist_is_urgent(&ice->list);

	/* An ordinary slot far behind others will not do for an urgent one. */
	if (urgent && !ice->urgent && ice->slot_ms != UA_NEVER &&
	    ice->slot_ms > now_ms && ice->slot_ms > slot_from(ice))
		slot_free(ice);

	if (ice->slot_ms != UA_NEVER)
		return;

	ice->urgent = urgent;
	ice->slot_ms =
		ua_pacer_reserve(ice->conf.pacer, now_ms, slot_from(ice),
				 urgent ? UA_PACER_URGENT : UA_PACER_ORDINARY);
}


/* One check per Ta and agent, one per 5 ms and process (RFC 8445, 6.1.4.2) */
static void pace(struct ua_ice *ice, uint64_t now_ms)
{
	uint16_t next;

	if (!ice->rufrag)
		return;

	while ((next = ua_checklist_next(&ice->list)) != UA_PAIR_NIL) {
		slot_get(ice, now_ms);
		if (ice->slot_ms > now_ms)
			return;

		ice->last_ms = now_ms - ice->slot_ms < ice->ta_ms
				       ? ice->slot_ms
				       : now_ms;
		ice->slot_ms = UA_NEVER;
		send_check(ice, now_ms, next);
	}

	slot_free(ice);
}


static void pair_tick(struct ua_ice *ice, uint64_t now_ms, uint16_t index)
{
	struct ua_pair *pair = &ice->list.v[index];

	switch (ua_txn_tick(&pair->txn, now_ms)) {

	case UA_TXN_SEND:
		pair->due = true;
		pair->unsent = false;
		ice->unheard += !ice->heard;
		if (pair->latched)
			pair->txn.rto_ms = pair->rto_ms;
		break;

	case UA_TXN_TIMEOUT:
		if (pair->measuring)
			pair->measuring = false;
		else if (pair->state == UA_PAIR_SUCCEEDED)
			ua_consent_failed(ice, now_ms, index, 0);
		else if (!ua_latched_goes_on(ice, now_ms, index))
			(void)ua_checklist_step(&ice->list, index,
						UA_PAIR_TIMEOUT,
						UA_PAIR_NO_ANSWER, 0);
		break;

	case UA_TXN_WAIT:
		break;
	}
}


static void pairs_tick(struct ua_ice *ice, uint64_t now_ms)
{
	uint16_t i;

	for (i = 0; i < ice->list.n; i++)
		pair_tick(ice, now_ms, i);
}


static void comp_tick(struct ua_ice *ice, uint64_t now_ms,
		      struct ua_comp *comp)
{
	switch (ua_txn_tick(&comp->txn, now_ms)) {

	case UA_TXN_SEND:
		comp->due = true;
		break;

	case UA_TXN_TIMEOUT:
		if (comp->asking != UA_PAIR_NIL)
			ua_conclude_refused(ice, comp, UA_PAIR_LOST, 0);
		else if (comp->media != UA_PAIR_NIL)
			ua_consent_failed(ice, now_ms, comp->media, 0);
		break;

	case UA_TXN_WAIT:
		break;
	}
}


static void comps_tick(struct ua_ice *ice, uint64_t now_ms)
{
	const unsigned n = (unsigned)ice->conf.nstream * ice->conf.ncomp;
	unsigned i;

	for (i = 0; i < n; i++)
		comp_tick(ice, now_ms, &ice->compv[i]);
}


/* A stream without a valid pair for its first component */
static bool is_lacking(const struct ua_ice *ice)
{
	unsigned s;

	for (s = 0; s < ice->conf.nstream; s++) {
		const struct ua_comp *comp = ua_iceagent_comp(ice, s, 1);

		if (comp->needed && comp->media == UA_PAIR_NIL)
			return true;
	}

	return false;
}


/* RFC 8863, 4: not before this, whatever has failed */
static uint64_t patience_end(const struct ua_ice *ice)
{
	const uint64_t known_ms = ua_iceagent_known(ice);
	const uint64_t max_ms = known_ms + UA_ICE_PAC_MS + YOUNG_MAX_MS;
	uint64_t end_ms = known_ms + UA_ICE_PAC_MS;
	uint16_t i;

	if (ice->grace_ms)
		return ice->grace_ms;

	for (i = 0; i < ice->list.n; i++) {
		const struct ua_pair *p = &ice->list.v[i];

		if (ua_pair_is_open(p) && p->first_ms != UA_NEVER &&
		    p->first_ms + YOUNG_MS > end_ms)
			end_ms = p->first_ms + YOUNG_MS;
	}

	return end_ms < max_ms ? end_ms : max_ms;
}


/* All that is open ends with a reason; a check of the peer may revive it */
static void give_up(struct ua_ice *ice)
{
	unsigned s, c;
	uint16_t i;

	for (i = 0; i < ice->list.n; i++) {
		if (ua_pair_is_open(&ice->list.v[i]))
			(void)ua_checklist_step(&ice->list, i, UA_PAIR_DROP,
						UA_PAIR_NO_ANSWER, 0);
	}

	/* The call goes on without RTCP if the peer has none. */
	for (s = 0; s < ice->conf.nstream; s++) {
		for (c = 2; c <= ice->conf.ncomp; c++) {
			struct ua_comp *comp = ua_iceagent_comp(ice, s, c);

			if (comp->media == UA_PAIR_NIL)
				comp->needed = false;
		}
	}
}


static void patience(struct ua_ice *ice, uint64_t now_ms)
{
	const uint64_t known_ms = ua_iceagent_known(ice);

	if (known_ms == UA_NEVER || ice->failed)
		return;

	if (!ice->no_path && now_ms >= known_ms + UA_ICE_NO_PATH_MS) {
		ice->no_path = true;
		if (is_lacking(ice)) {
			ice->tell_no_path = true;
			ua_log(ice->conf.log, UA_LOG_INFO, "ice",
			       "no path yet after 10 s");
		}
		else {
			ua_log(ice->conf.log, UA_LOG_DEBUG, "ice",
			       "after 10 s media flows%s",
			       ice->compv->selected == UA_PAIR_NIL
				       ? ", but nothing is nominated"
				       : "");
		}
	}

	if (now_ms < patience_end(ice))
		return;

	/* The machine slept: nothing is judged before it was asked again. */
	if (!ice->grace_ms && now_ms >= patience_end(ice) + LATE_MS) {
		ice->grace_ms = now_ms + GRACE_MS;
		ice->ask_ms = now_ms;
		return;
	}

	ice->failed = is_lacking(ice);
	ice->tell_failed = ice->failed;
	if (ice->failed)
		ua_log(ice->conf.log, UA_LOG_INFO, "ice",
		       "no path: patience is over");

	give_up(ice);
	ice->patient = false;
}


/* After this a peer-reflexive candidate is what it looks like */
static void complete(struct ua_ice *ice, uint64_t now_ms)
{
	if (ice->complete || ice->remote_ms == UA_NEVER)
		return;

	if (ice->trickle_ms != UA_NEVER &&
	    now_ms < ice->remote_ms + UA_ICE_COMPLETE_MS)
		return;

	ice->complete = true;
	ua_match_refresh(ice);
}


void ua_schedule_run(struct ua_ice *ice, uint64_t now_ms)
{
	ice->list.now_ms = now_ms;
	if (ice->retired)
		return;

	complete(ice, now_ms);

	/* Not before what is listed is known: who is listed is no prflx. */
	if (ice->rufrag)
		ua_bindreq_replay(ice, now_ms);

	pairs_tick(ice, now_ms);

	/* What ended makes decisions, and decisions make requests. */
	comps_tick(ice, now_ms);
	ua_consent_run(ice, now_ms);
	ua_conclude_run(ice, now_ms);
	comps_tick(ice, now_ms);
	pairs_tick(ice, now_ms);

	if (ice->latched)
		ice->reserve = ua_latched_reserve(ice);

	ua_askon_run(ice, now_ms);
	pace(ice, now_ms);
	if (ice->patient)
		patience(ice, now_ms);

	ua_restart_run(ice, now_ms);
}


/* When the next check may go out; it has no slot before the first run */
static uint64_t pace_deadline(const struct ua_ice *ice)
{
	uint16_t i;

	if (!ice->rufrag)
		return UA_NEVER;

	if (ice->slot_ms != UA_NEVER)
		return ice->slot_ms;

	for (i = 0; i < ice->list.n; i++) {
		const struct ua_pair *p = &ice->list.v[i];

		if (p->state == UA_PAIR_WAITING ||
		    (p->state == UA_PAIR_FROZEN && !ice->list.started))
			return slot_from(ice);
	}

	return UA_NEVER;
}


static uint64_t patience_deadline(const struct ua_ice *ice)
{
	const uint64_t known_ms = ua_iceagent_known(ice);

	if (known_ms == UA_NEVER || !ice->patient)
		return UA_NEVER;

	return ice->no_path ? patience_end(ice) : known_ms + UA_ICE_NO_PATH_MS;
}


static void sooner(uint64_t *at, uint64_t t)
{
	if (t < *at)
		*at = t;
}


uint64_t ua_schedule_deadline(const struct ua_ice *ice)
{
	const unsigned ncomp = (unsigned)ice->conf.nstream * ice->conf.ncomp;
	uint64_t at = UA_NEVER;
	unsigned i;

	for (i = 0; i < ice->list.n; i++)
		sooner(&at, ua_txn_deadline(&ice->list.v[i].txn));

	for (i = 0; i < ncomp; i++)
		sooner(&at, ua_txn_deadline(&ice->compv[i].txn));

	sooner(&at, pace_deadline(ice));
	sooner(&at, ua_consent_deadline(ice));
	sooner(&at, ua_conclude_deadline(ice));
	sooner(&at, ua_askon_deadline(ice));
	sooner(&at, patience_deadline(ice));
	sooner(&at, ua_restart_deadline(ice));

	if (ice->rufrag && ice->nearly)
		sooner(&at, ice->remote_ms);

	if (!ice->complete && ice->remote_ms != UA_NEVER)
		sooner(&at, ice->remote_ms + UA_ICE_COMPLETE_MS);

	return at;
}
