/* SPDX-License-Identifier: BSD-3-Clause */
/** @file consent.c  Does the path of media still work, and may it be used? */

#include "base/random.h"
#include "ice/consent.h"
#include "ice/nominate.h"
#include "ice/pacer.h"

enum {
	RTT_MAX_MS = UA_ICE_KEEP_MIN_MS / 4 - 100,
	WAIT_MIN_MS = 500,  /* For an answer, or four round trips         */
	SPARES = 3,         /* Beaten paths that are kept alive           */
	SUSPECT_SPARES = 6, /* That are asked when the path seems dead    */
	SPARE_MS = 25000,   /* Below the 30 s of forgetful NATs           */
	PROBE_RTO_MIN_MS = 100,
	PROBE_RTO_MAX_MS = 500,
	PROBE_SENDS = 5,     /* Nothing at stake but a little time         */
	PROBE_HURRY = 3,     /* Sends when media is missing already        */
	PROBE_LAST_MS = 300, /* For the last answer, or four round trips   */
	AGAIN_MS = 1000,     /* A fault may be short: ask on               */
	LATE_MS = 2000,      /* A timer so late has slept with the machine */
	RETRY_FIRST_MS =
		4000, /* Both ends chose at the same time: so they try */
	RETRY_SECOND_MS = 6000,
	RETRY_MS = 60000, /* Hope for a better path dies last           */
	RETRIES = 2
};


/*
 * Without a measured one: what an answer took that was asked for often.  No
 * wait for an answer shall be longer than the time to the next request.
 */
static uint32_t rtt_of(const struct ua_pair *pair)
{
	const uint32_t rtt = pair->rtt_ms == UA_PAIR_RTT_NONE ? pair->answer_ms
							      : pair->rtt_ms;

	return rtt < RTT_MAX_MS ? rtt : RTT_MAX_MS;
}


static uint32_t at_least(uint32_t value, uint32_t min)
{
	return value > min ? value : min;
}


static uint64_t keep_gap(const struct ua_ice *ice)
{
	return ua_random_range(ice->conf.rand, UA_ICE_KEEP_MIN_MS,
			       UA_ICE_KEEP_MAX_MS);
}


/* The last answer is too old for media (RFC 7675, 5.1) */
static bool is_stale(const struct ua_ice *ice, uint64_t now_ms,
		     const struct ua_comp *comp)
{
	return now_ms >= ice->list.v[comp->media].fresh_ms + UA_CONSENT_MS;
}


void ua_consent_start(struct ua_ice *ice, uint64_t now_ms,
		      struct ua_comp *comp)
{
	/* An answer that is still to come would speak of the path before. */
	if (comp->asking == UA_PAIR_NIL) {
		ua_txn_stop(&comp->txn);
		comp->due = false;
	}

	/* A path is fresh by the answer that made it valid. */
	comp->suspect_ms = UA_NEVER;
	comp->probe_ms = UA_NEVER;
	comp->elsewhere_ms = 0;
	comp->dead = false;
	comp->old = false;

	/* A spare is, too, unless the machine slept since it was asked. */
	comp->wait = is_stale(ice, now_ms, comp);
	if (comp->wait)
		comp->keep_ms = now_ms;
	else if (comp->keep_ms == UA_NEVER)
		comp->keep_ms = now_ms + keep_gap(ice);
	if (comp->spare_ms == UA_NEVER)
		comp->spare_ms = now_ms + SPARE_MS;
	comp->retries = 0;
	comp->retry_ms = now_ms + RETRY_FIRST_MS;
}


void ua_consent_stop(struct ua_comp *comp)
{
	comp->suspect_ms = UA_NEVER;
	comp->keep_ms = UA_NEVER;
	comp->probe_ms = UA_NEVER;
	comp->spare_ms = UA_NEVER;
	comp->retry_ms = UA_NEVER;
	comp->dead = false;
	comp->old = false;
	comp->wait = false;
}


/*
 * Check a pair that has worked.  Its round trip is known, so that the first
 * RTO may be less than 500 ms (RFC 8489, 6.2.1).
 */
static void probe(struct ua_ice *ice, uint64_t now_ms, uint16_t index,
		  uint8_t sends)
{
	struct ua_pair *pair = &ice->list.v[index];
	const uint32_t rtt = rtt_of(pair);
	uint32_t rto = rtt + rtt / 2 + 30;
	uint64_t at;

	/* A check that is under way will do, and it counts. */
	pair->measuring = false;
	if (pair->txn.active || !pair->valid)
		return;

	if (rto < PROBE_RTO_MIN_MS)
		rto = PROBE_RTO_MIN_MS;
	if (rto > PROBE_RTO_MAX_MS)
		rto = PROBE_RTO_MAX_MS;

	at = ua_pacer_reserve(ice->conf.pacer, now_ms, now_ms,
			      UA_PACER_URGENT);
	pair->controlling = ice->controlling;
	pair->unsent = false;
	pair->blind = false;
	ua_txn_start(&pair->txn, ice->conf.rand, at, rto, sends,
		     at_least(4 * rtt, PROBE_LAST_MS));
}


/* May it carry media when the path of now does not? */
static bool is_spare(const struct ua_ice *ice, const struct ua_comp *comp,
		     const struct ua_pair *pair)
{
	return pair->valid && ua_iceagent_comp_of(ice, pair) == comp &&
	       pair != &ice->list.v[comp->media];
}


/* The best of each class and base goes before others */
static bool is_first_spare(const struct ua_ice *ice,
			   const struct ua_comp *comp,
			   const struct ua_pair *pair)
{
	uint16_t i;

	for (i = 0; i < ice->list.n; i++) {
		const struct ua_pair *p = &ice->list.v[i];

		if (p != pair && is_spare(ice, comp, p) &&
		    p->relays == pair->relays && p->base == pair->base &&
		    ua_nominate_better(p, pair))
			return false;
	}

	return true;
}


static void probe_spares(struct ua_ice *ice, uint64_t now_ms,
			 struct ua_comp *comp, uint8_t sends)
{
	const unsigned max =
		comp->suspect_ms == UA_NEVER ? SPARES : SUSPECT_SPARES;
	unsigned n = 0;
	uint16_t i;

	for (i = 0; i < ice->list.n && n < max; i++) {
		const struct ua_pair *p = &ice->list.v[i];

		if (!is_spare(ice, comp, p) || !is_first_spare(ice, comp, p))
			continue;

		probe(ice, now_ms, i, sends);
		++n;
	}
}


void ua_consent_suspect(struct ua_ice *ice, uint64_t now_ms,
			struct ua_comp *comp, bool hurry, const char *why)
{
	const uint8_t sends = hurry ? PROBE_HURRY : PROBE_SENDS;

	/* Media is missing as well: the judgement need not wait. */
	if (comp->suspect_ms != UA_NEVER)
		comp->hurry |= hurry;

	if (comp->media == UA_PAIR_NIL || comp->suspect_ms != UA_NEVER)
		return;

	comp->suspect_ms = now_ms;
	comp->probe_ms = UA_NEVER;
	comp->hurry = hurry;
	comp->tell_suspect = true;
	comp->doubt = why;
	ua_story_add(&ice->list.story, now_ms, comp->media,
		     &ice->list.v[comp->media], UA_STORY_SUSPECT);
	ua_log(ice->conf.log, UA_LOG_DEBUG, "ice", "pair %u is suspect: %s",
	       comp->media, why);

	probe(ice, now_ms, comp->media, sends);
	probe_spares(ice, now_ms, comp, sends);
}


static void recovered(struct ua_ice *ice, uint64_t now_ms,
		      struct ua_comp *comp)
{
	comp->suspect_ms = UA_NEVER;
	comp->probe_ms = UA_NEVER;
	comp->tell_suspect = false;
	comp->tell_restart = false;
	comp->tell_recovered = true;
	comp->dead = false;
	comp->old = false;
	comp->wait = false;
	ua_story_add(&ice->list.story, now_ms, comp->media,
		     &ice->list.v[comp->media], UA_STORY_RECOVERED);
	ua_log(ice->conf.log, UA_LOG_DEBUG, "ice", "pair %u answers again",
	       comp->media);
}


void ua_consent_answered(struct ua_ice *ice, uint64_t now_ms, uint16_t pair)
{
	struct ua_comp *comp = ua_iceagent_comp_of(ice, &ice->list.v[pair]);

	ice->list.v[pair].fresh_ms = now_ms;
	ice->list.v[pair].doubted = false;
	if (pair == comp->media)
		comp->wait = false;

	if (pair == comp->media && comp->suspect_ms != UA_NEVER)
		recovered(ice, now_ms, comp);
}


static void need_restart(struct ua_ice *ice, struct ua_comp *comp,
			 const char *why)
{
	comp->tell_restart = true;
	comp->need = why;
	ua_log(ice->conf.log, UA_LOG_INFO, "ice", "%s", why);
}


static void revoked(struct ua_ice *ice, struct ua_comp *comp)
{
	const uint16_t pair = comp->media;

	comp->tell_lost = true;
	comp->doubt = ua_pair_reason_name(UA_PAIR_CONSENT);
	(void)ua_checklist_step(&ice->list, pair, UA_PAIR_EXPIRE,
				UA_PAIR_CONSENT, 0);
	ice->list.v[pair].valid_ms = UA_NEVER;
	comp->suspect_ms = UA_NEVER;
	need_restart(ice, comp, "the peer's consent ended");
}


void ua_consent_failed(struct ua_ice *ice, uint64_t now_ms, uint16_t index,
		       uint16_t code)
{
	struct ua_pair *pair = &ice->list.v[index];
	struct ua_comp *comp = ua_iceagent_comp_of(ice, pair);

	/* All is down, it seems: it is asked again with the others. */
	if (index != comp->media && !code && comp->suspect_ms != UA_NEVER) {
		pair->doubted = true;
		return;
	}

	if (index != comp->media) {
		(void)ua_checklist_step(&ice->list, index, UA_PAIR_EXPIRE,
					code == 403 ? UA_PAIR_CONSENT
					: code      ? UA_PAIR_REFUSED
						    : UA_PAIR_NO_ANSWER,
					code);
		pair->valid_ms = UA_NEVER;
		return;
	}

	/* RFC 7675, 5.2: the peer wants no more. */
	if (code == 403) {
		revoked(ice, comp);
		return;
	}

	if (comp->suspect_ms == UA_NEVER) {
		ua_consent_suspect(ice, now_ms, comp, false,
				   "consent was not answered");
		return;
	}

	/* One answer is missing: that of the round of checks decides. */
	if (pair->txn.active)
		return;

	comp->probe_ms = now_ms + AGAIN_MS;
	if (comp->dead)
		return;

	comp->dead = true;
	need_restart(ice, comp, "path answers no more");
}


/* Keepalives are never sent again: each is a new request (RFC 7675, 5.1) */
static void keepalive(struct ua_ice *ice, uint64_t now_ms,
		      struct ua_comp *comp)
{
	const struct ua_pair *pair = &ice->list.v[comp->media];
	const bool late = now_ms >= comp->keep_ms + LATE_MS;

	if (now_ms < comp->keep_ms)
		return;

	/* A nomination asks as well. */
	if (comp->asking != UA_PAIR_NIL) {
		comp->keep_ms = now_ms + keep_gap(ice);
		return;
	}

	/* The machine slept: nothing is judged before it was asked. */
	if (late) {
		comp->suspect_ms = UA_NEVER;
		comp->dead = false;
		comp->old = false;
		ua_consent_suspect(ice, now_ms, comp, true,
				   "the clock jumped");
	}

	comp->keep_ms = now_ms + keep_gap(ice);
	comp->controlling = ice->controlling;
	ua_txn_start(&comp->txn, ice->conf.rand, now_ms, UA_TXN_RTO_MS, 1,
		     at_least(4 * rtt_of(pair), WAIT_MIN_MS));
}


/* The best spare that answered since the suspicion */
static uint16_t find_spare(const struct ua_ice *ice,
			   const struct ua_comp *comp)
{
	uint16_t best = UA_PAIR_NIL;
	uint16_t i;

	for (i = 0; i < ice->list.n; i++) {
		const struct ua_pair *p = &ice->list.v[i];

		if (!is_spare(ice, comp, p) || p->fresh_ms < comp->suspect_ms)
			continue;

		if (best == UA_PAIR_NIL ||
		    ua_nominate_better(p, &ice->list.v[best]))
			best = i;
	}

	return best;
}


/*
 * When a spare takes over from a path that is silent all the while.  A lost
 * answer or two shall not move anything while media comes.
 */
static uint64_t spare_at(const struct ua_ice *ice, const struct ua_comp *comp)
{
	if (!comp->hurry)
		return comp->dead ? comp->suspect_ms : UA_NEVER;

	return comp->suspect_ms +
	       at_least(3 * rtt_of(&ice->list.v[comp->media]), WAIT_MIN_MS);
}


/* What has not answered lately may have died of the same */
static void doubt_others(struct ua_ice *ice, const struct ua_comp *comp)
{
	uint16_t i;

	for (i = 0; i < ice->list.n; i++) {
		struct ua_pair *p = &ice->list.v[i];

		if (ua_iceagent_comp_of(ice, p) == comp)
			p->doubted = p->fresh_ms < comp->suspect_ms;
	}
}


static void judge(struct ua_ice *ice, uint64_t now_ms, struct ua_comp *comp)
{
	const uint16_t media = comp->media;
	const uint64_t fresh_ms = ice->list.v[media].fresh_ms;

	if (comp->suspect_ms == UA_NEVER)
		return;

	if (now_ms >= spare_at(ice, comp) &&
	    find_spare(ice, comp) != UA_PAIR_NIL) {
		doubt_others(ice, comp);
		(void)ua_checklist_step(&ice->list, media, UA_PAIR_EXPIRE,
					UA_PAIR_DIED, 0);
		ice->list.v[media].valid_ms = UA_NEVER;
		comp->suspect_ms = UA_NEVER;
		if (!comp->dead)
			need_restart(ice, comp, "path answers no more");
		return;
	}

	if (now_ms >= comp->probe_ms) {
		comp->probe_ms = UA_NEVER;
		probe(ice, now_ms, media, PROBE_HURRY);
		probe_spares(ice, now_ms, comp, PROBE_HURRY);
	}

	/* After a suspend the judgement waits for the round of checks. */
	if (!comp->dead)
		return;

	if (!comp->old && now_ms >= fresh_ms + UA_CONSENT_OLD_MS) {
		comp->old = true;
		need_restart(ice, comp, "no answer for 15 s");
	}

	if (now_ms >= fresh_ms + UA_CONSENT_MS)
		revoked(ice, comp);
}


/* It may work now, whatever it was that stopped it then */
static bool may_retry(const struct ua_pair *pair)
{
	return pair->reason == UA_PAIR_NO_ANSWER ||
	       pair->reason == UA_PAIR_SUPERSEDED ||
	       pair->reason == UA_PAIR_ASYMMETRIC ||
	       pair->reason == UA_PAIR_LOST || pair->reason == UA_PAIR_DIED;
}


/* Paths of fewer relays that had no answer may have one now */
static void retry(struct ua_ice *ice, uint64_t now_ms, struct ua_comp *comp)
{
	const struct ua_pair *media = &ice->list.v[comp->media];
	unsigned n = 0;
	uint16_t i;

	comp->retry_ms = now_ms + (comp->retries ? RETRY_MS : RETRY_SECOND_MS);
	comp->retries = 1;

	for (i = 0; i < ice->list.n && n < RETRIES; i++) {
		const struct ua_pair *p = &ice->list.v[i];

		/* A relay that latched is no fallback: it is gone. */
		if (p->state != UA_PAIR_FAILED || p->relays >= media->relays ||
		    p->latched || !may_retry(p) ||
		    !ua_iceagent_is_live(ice, p) ||
		    ua_iceagent_comp_of(ice, p) != comp)
			continue;

		ua_checklist_revive(&ice->list, i);
		++n;
	}
}


static void comp_run(struct ua_ice *ice, uint64_t now_ms, struct ua_comp *comp)
{
	if (comp->media == UA_PAIR_NIL)
		return;

	/* Whoever answered last so long ago is asked first, and not sent to */
	if (is_stale(ice, now_ms, comp))
		comp->wait = true;

	keepalive(ice, now_ms, comp);
	judge(ice, now_ms, comp);

	if (now_ms >= comp->spare_ms) {
		comp->spare_ms = now_ms + SPARE_MS;
		probe_spares(ice, now_ms, comp, PROBE_SENDS);
	}

	if (now_ms >= comp->retry_ms)
		retry(ice, now_ms, comp);
}


void ua_consent_run(struct ua_ice *ice, uint64_t now_ms)
{
	const unsigned n = (unsigned)ice->conf.nstream * ice->conf.ncomp;
	unsigned i;

	for (i = 0; i < n; i++)
		comp_run(ice, now_ms, &ice->compv[i]);
}


static void sooner(uint64_t *at, uint64_t t)
{
	if (t < *at)
		*at = t;
}


static uint64_t comp_deadline(const struct ua_ice *ice,
			      const struct ua_comp *comp)
{
	uint64_t at = UA_NEVER;
	uint64_t fresh_ms;

	if (comp->media == UA_PAIR_NIL)
		return UA_NEVER;

	sooner(&at, comp->spare_ms);
	sooner(&at, comp->retry_ms);
	sooner(&at, comp->keep_ms);
	if (!comp->wait)
		sooner(&at, ice->list.v[comp->media].fresh_ms + UA_CONSENT_MS);

	if (comp->suspect_ms == UA_NEVER)
		return at;

	sooner(&at, comp->probe_ms);
	if (find_spare(ice, comp) != UA_PAIR_NIL)
		sooner(&at, spare_at(ice, comp));

	if (comp->dead) {
		fresh_ms = ice->list.v[comp->media].fresh_ms;
		sooner(&at, fresh_ms + (comp->old ? UA_CONSENT_MS
						  : UA_CONSENT_OLD_MS));
	}

	return at;
}


uint64_t ua_consent_deadline(const struct ua_ice *ice)
{
	const unsigned n = (unsigned)ice->conf.nstream * ice->conf.ncomp;
	uint64_t at = UA_NEVER;
	unsigned i;

	for (i = 0; i < n; i++)
		sooner(&at, comp_deadline(ice, &ice->compv[i]));

	return at;
}
