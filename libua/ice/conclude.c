/* SPDX-License-Identifier: BSD-3-Clause */
/** @file conclude.c  From valid pairs to a path */

#include "base/random.h"
#include "ice/conclude.h"
#include "ice/consent.h"
#include "ice/describe.h"
#include "ice/pacer.h"
#include "ice/takeover.h"

enum {
	/* An aggressive peer nominates whatever works, for about this long */
	SETTLE_MS = 3000,

	/* The peer's media stops for less than this when nothing is wrong */
	SILENT_MS = 1000,

	/* Without media only the peer's keepalives tell, each 6 s at most */
	SILENT_UNHEARD_MS = 7000,

	/* A nomination may be lost twice; after 9 s the next pair is taken */
	NOMINATE_SENDS = 5,
	NOMINATE_LAST_MS = 1500,

	/* How long one component waits for another one's first success */
	MATE_MS = 1500
};


static void move_media(struct ua_ice *ice, uint64_t now_ms,
		       struct ua_comp *comp, uint16_t to, const char *why)
{
	if (comp->media == to)
		return;

	comp->media = to;
	comp->moved_ms = now_ms;
	comp->tell_media = to != UA_PAIR_NIL;
	comp->why = why;

	if (to == UA_PAIR_NIL) {
		ua_consent_stop(comp);
		ua_log(ice->conf.log, UA_LOG_DEBUG, "ice",
		       "media has no path: %s", why);
		return;
	}

	ua_consent_start(ice, now_ms, comp);
	ua_story_add(&ice->list.story, now_ms, to, &ice->list.v[to],
		     UA_STORY_MEDIA);
	ua_log(ice->conf.log, UA_LOG_DEBUG, "ice", "media to pair %u: %s", to,
	       why);
}


static bool is_relayed(const struct ua_ice *ice, const struct ua_pair *pair)
{
	return ice->basev[pair->base].kind == UA_ICE_RELAY;
}


/* Would it survive what kills the winner: its address, or its relay? */
static bool is_independent(const struct ua_ice *ice,
			   const struct ua_pair *pair,
			   const struct ua_pair *winner)
{
	if (pair->relays > winner->relays && !winner->relays)
		return true;

	if (pair->base == winner->base)
		return winner->relays && !is_relayed(ice, winner) &&
		       !ua_addr_ip_eq(&ice->remotes.v[pair->remote].addr,
				      &ice->remotes.v[winner->remote].addr);

	return !winner->relays || is_relayed(ice, winner);
}


/* Will it be the spare of its class and base?  One is enough */
static bool is_first_spare(const struct ua_ice *ice,
			   const struct ua_pair *pair,
			   const struct ua_pair *winner)
{
	uint16_t i;

	for (i = 0; i < ice->list.n; i++) {
		const struct ua_pair *p = &ice->list.v[i];

		if (p == pair || p->stream != pair->stream ||
		    p->comp != pair->comp || p->relays != pair->relays ||
		    p->base != pair->base || !is_independent(ice, p, winner))
			continue;

		if (p->valid || (ua_pair_is_open(p) && p->order > pair->order))
			return false;
	}

	return true;
}


/*
 * Nothing else is needed any more (RFC 8445, 8.1.2), but what would be better
 * if it worked, and what could carry media should this path die.
 */
static bool is_surplus(const struct ua_ice *ice, const struct ua_pair *pair,
		       const struct ua_pair *winner)
{
	/* A relay that learns from packets is told by silence. */
	if (pair->latched)
		return true;

	if (pair->relays < winner->relays)
		return false;

	return !is_independent(ice, pair, winner) ||
	       !is_first_spare(ice, pair, winner);
}


static void close_comp(struct ua_ice *ice, const struct ua_pair *winner)
{
	uint16_t i;

	for (i = 0; i < ice->list.n; i++) {
		struct ua_pair *p = &ice->list.v[i];

		if (p == winner || p->stream != winner->stream ||
		    p->comp != winner->comp)
			continue;

		if (p->latched && p->valid)
			(void)ua_checklist_step(&ice->list, i, UA_PAIR_EXPIRE,
						UA_PAIR_SUPERSEDED, 0);
		/* Whatever it was that failed it: it is not to be revived. */
		if (p->latched && p->state == UA_PAIR_FAILED)
			p->reason = UA_PAIR_SUPERSEDED;

		if (ua_pair_is_open(p) && is_surplus(ice, p, winner))
			(void)ua_checklist_step(&ice->list, i, UA_PAIR_DROP,
						UA_PAIR_SUPERSEDED, 0);
	}
}


/* Should it seem dead to us and work all the while, we come back to it */
static void agree(struct ua_ice *ice, uint16_t pair)
{
	const struct ua_pair *winner = &ice->list.v[pair];
	uint16_t i;

	for (i = 0; i < ice->list.n; i++) {
		struct ua_pair *p = &ice->list.v[i];

		if (p->stream == winner->stream && p->comp == winner->comp)
			p->agreed = p == winner;
	}
}


static void select_pair(struct ua_ice *ice, uint64_t now_ms, uint16_t pair)
{
	const struct ua_pair *p = &ice->list.v[pair];
	struct ua_comp *comp = ua_iceagent_comp_of(ice, p);

	if (comp->selected == UA_PAIR_NIL)
		comp->selected_ms = now_ms;

	agree(ice, pair);
	comp->selected = pair;
	comp->tell_nominated = true;
	comp->tell_channel = ice->basev[p->base].kind == UA_ICE_RELAY;
	comp->closing = true;

	ua_story_add(&ice->list.story, now_ms, pair, p, UA_STORY_NOMINATED);
	ua_log(ice->conf.log, UA_LOG_DEBUG, "ice", "pair %u is nominated",
	       pair);
	move_media(ice, now_ms, comp, pair, "nominated");
}


/* When the selected path counts as silent if nothing authentic comes there */
static uint64_t silent_at(const struct ua_ice *ice, const struct ua_comp *comp)
{
	return ice->list.v[comp->selected].heard_ms +
	       (comp->media_heard ? SILENT_MS : SILENT_UNHEARD_MS);
}


void ua_conclude_nominated(struct ua_ice *ice, uint64_t now_ms, uint16_t pair)
{
	struct ua_pair *p = &ice->list.v[pair];
	struct ua_comp *comp = ua_iceagent_comp_of(ice, p);
	const struct ua_pair *old;
	bool settling;

	p->nominated = true;
	p->wanted = false;

	if (!comp->needed || comp->selected == pair)
		return;

	if (comp->selected == UA_PAIR_NIL || ice->controlling) {
		select_pair(ice, now_ms, pair);
		return;
	}

	/*
	 * A peer that nominates aggressively (RFC 5245, 8.1.1.2) means the
	 * highest priority of all that it nominated.  One that nominates
	 * another pair later moves because the old one is dead.
	 */
	old = &ice->list.v[comp->selected];
	settling = now_ms < comp->selected_ms + SETTLE_MS;
	p->late = ice->ice2 || !settling;
	if ((settling && p->prio > old->prio) ||
	    now_ms >= silent_at(ice, comp))
		select_pair(ice, now_ms, pair);
}


void ua_conclude_renominated(struct ua_ice *ice, uint64_t now_ms,
			     uint16_t pair, uint32_t value)
{
	struct ua_pair *p = &ice->list.v[pair];
	struct ua_comp *comp = ua_iceagent_comp_of(ice, p);

	if (!p->valid) {
		p->wanted = true;
		p->nomination = value;
		return;
	}

	p->nominated = true;
	p->wanted = false;

	if (!comp->needed || value <= comp->nomination)
		return;

	comp->nomination = value;
	if (comp->selected != pair)
		select_pair(ice, now_ms, pair);
}


void ua_conclude_valid(struct ua_ice *ice, uint64_t now_ms, uint16_t pair)
{
	struct ua_pair *p = &ice->list.v[pair];

	if (p->valid_ms == UA_NEVER) {
		p->valid_ms = now_ms;
		p->told = false;
	}

	if (ice->valid_ms == UA_NEVER)
		ice->valid_ms = now_ms;

	/* RFC 8445, 7.3.1.5: the flag waited for this. */
	if (p->agreed && !ice->controlling &&
	    ua_iceagent_comp_of(ice, p)->selected == UA_PAIR_NIL) {
		p->nominated = true;
		select_pair(ice, now_ms, pair);
		return;
	}

	if (!p->wanted || ice->controlling)
		return;

	if (ice->renom && p->nomination)
		ua_conclude_renominated(ice, now_ms, pair, p->nomination);
	else
		ua_conclude_nominated(ice, now_ms, pair);
}


void ua_conclude_refused(struct ua_ice *ice, struct ua_comp *comp,
			 enum ua_pair_reason reason, uint16_t code)
{
	const uint16_t pair = comp->asking;

	ua_txn_stop(&comp->txn);
	comp->due = false;
	comp->asking = UA_PAIR_NIL;
	(void)ua_checklist_step(&ice->list, pair, UA_PAIR_EXPIRE, reason,
				code);
	ice->list.v[pair].valid_ms = UA_NEVER;
}


static void nominate(struct ua_ice *ice, uint64_t now_ms, uint16_t pair)
{
	struct ua_comp *comp = ua_iceagent_comp_of(ice, &ice->list.v[pair]);
	const uint64_t at = ua_pacer_reserve(ice->conf.pacer, now_ms, now_ms,
					     UA_PACER_URGENT);

	comp->asking = pair;
	comp->controlling = ice->controlling;
	if (ice->renom)
		++comp->nomination;
	ua_txn_start(&comp->txn, ice->conf.rand, at, UA_TXN_RTO_MS,
		     NOMINATE_SENDS, NOMINATE_LAST_MS);

	ua_log(ice->conf.log, UA_LOG_DEBUG, "ice", "pair %u: nominating",
	       pair);
	move_media(ice, now_ms, comp, pair, "about to be nominated");
}


static bool has_open(const struct ua_ice *ice, unsigned stream, unsigned comp)
{
	uint16_t i;

	for (i = 0; i < ice->list.n; i++) {
		const struct ua_pair *p = &ice->list.v[i];

		if (p->stream == stream && p->comp == comp &&
		    ua_pair_is_open(p))
			return true;
	}

	return false;
}


/* Is there a decision to make for that component? */
static bool is_undecided(const struct ua_comp *comp)
{
	return comp->needed && comp->selected == UA_PAIR_NIL &&
	       comp->asking == UA_PAIR_NIL;
}


/*
 * When a stream's pairs are to be nominated: its components go together, so
 * the last of them decides; UA_NEVER: nothing to nominate.
 */
static uint64_t stream_when(const struct ua_ice *ice, unsigned stream)
{
	uint64_t first_ms = UA_NEVER;
	uint64_t at = 0;
	bool lacking = false;
	unsigned c;

	for (c = 1; c <= ice->conf.ncomp; c++) {
		const uint16_t best = ua_nominate_best(
			&ice->list, (uint8_t)stream, (uint8_t)c);
		uint64_t t;

		if (!is_undecided(ua_iceagent_comp(ice, stream, c)))
			continue;

		if (best == UA_PAIR_NIL) {
			lacking |= has_open(ice, stream, c);
			continue;
		}

		t = ua_nominate_when(&ice->list, best, ice->trickle_ms);
		if (t > at)
			at = t;
		if (ice->list.v[best].valid_ms < first_ms)
			first_ms = ice->list.v[best].valid_ms;
	}

	if (first_ms == UA_NEVER)
		return UA_NEVER;

	return lacking && at < first_ms + MATE_MS ? first_ms + MATE_MS : at;
}


/* Same addresses at both ends, ports apart */
static bool same_way(const struct ua_pair *a, const struct ua_pair *b,
		     void *arg)
{
	const struct ua_ice *ice = arg;

	return ua_addr_ip_eq(&ice->basev[a->base].addr,
			     &ice->basev[b->base].addr) &&
	       ua_addr_ip_eq(&ice->remotes.v[a->remote].addr,
			     &ice->remotes.v[b->remote].addr);
}


static void stream_nominate(struct ua_ice *ice, uint64_t now_ms,
			    unsigned stream)
{
	uint16_t lead = UA_PAIR_NIL;
	unsigned c;

	for (c = 1; c <= ice->conf.ncomp; c++) {
		const struct ua_comp *comp = ua_iceagent_comp(ice, stream, c);
		uint16_t pair;

		/* Whatever another component has already, goes before. */
		if (!is_undecided(comp)) {
			if (lead == UA_PAIR_NIL && comp->needed)
				lead = comp->asking != UA_PAIR_NIL
					       ? comp->asking
					       : comp->selected;
			continue;
		}

		pair = lead == UA_PAIR_NIL
			       ? ua_nominate_best(&ice->list, (uint8_t)stream,
						  (uint8_t)c)
			       : ua_nominate_mate(&ice->list, lead, (uint8_t)c,
						  same_way, ice);
		if (pair == UA_PAIR_NIL)
			continue;

		nominate(ice, now_ms, pair);
		lead = pair;
	}
}


static void choose_media(struct ua_ice *ice, uint64_t now_ms, unsigned stream,
			 unsigned c)
{
	struct ua_comp *comp = ua_iceagent_comp(ice, stream, c);
	const uint16_t old = comp->media;
	const char *why = "better path";
	uint64_t next_ms;
	uint16_t to;

	if (comp->asking != UA_PAIR_NIL)
		return;

	if (comp->selected != UA_PAIR_NIL) {
		move_media(ice, now_ms, comp, comp->selected,
			   "back to the nominated path");
		return;
	}

	to = ua_nominate_media(&ice->list, comp, now_ms, (uint8_t)stream,
			       (uint8_t)c, &next_ms);

	if (to == UA_PAIR_NIL ||
	    (old != UA_PAIR_NIL && !ice->list.v[old].valid))
		why = "old path is gone";
	else if (old == UA_PAIR_NIL)
		why = "first valid pair";
	else if (ice->list.v[to].relays < ice->list.v[old].relays)
		why = "fewer relays";

	move_media(ice, now_ms, comp, to, why);
}


/* A selected pair whose base went: whatever else is valid, goes on */
static void let_go(struct ua_ice *ice, struct ua_comp *comp)
{
	if (comp->selected != UA_PAIR_NIL &&
	    !ice->list.v[comp->selected].valid)
		comp->selected = UA_PAIR_NIL;

	if (comp->asking != UA_PAIR_NIL && !ice->list.v[comp->asking].valid) {
		ua_txn_stop(&comp->txn);
		comp->due = false;
		comp->asking = UA_PAIR_NIL;
	}
}


/* Another pair that the peer nominated later, and asked on more lately */
static uint16_t moved_to(const struct ua_ice *ice, const struct ua_comp *comp)
{
	const struct ua_pair *old;
	uint16_t i;

	if (comp->selected == UA_PAIR_NIL)
		return UA_PAIR_NIL;

	old = &ice->list.v[comp->selected];

	for (i = 0; i < ice->list.n; i++) {
		const struct ua_pair *p = &ice->list.v[i];

		if (p != old && p->late && p->valid &&
		    p->stream == old->stream && p->comp == old->comp &&
		    p->heard_ms > old->heard_ms)
			return i;
	}

	return UA_PAIR_NIL;
}


/* The peer moved when its old path died, before we could know that it had */
static void follow(struct ua_ice *ice, uint64_t now_ms, struct ua_comp *comp)
{
	const uint16_t to = moved_to(ice, comp);

	if (to != UA_PAIR_NIL && now_ms >= silent_at(ice, comp))
		select_pair(ice, now_ms, to);
}


static void settle(struct ua_ice *ice, uint64_t now_ms, struct ua_comp *comp)
{
	if (!comp->closing || comp->selected == UA_PAIR_NIL)
		return;

	/* RFC 8445 peers nominate once, others until the best one works. */
	if (!ice->controlling && !ice->ice2 &&
	    now_ms < comp->selected_ms + SETTLE_MS)
		return;

	comp->closing = false;
	close_comp(ice, &ice->list.v[comp->selected]);
}


static void take_over(struct ua_ice *ice, uint64_t now_ms,
		      struct ua_comp *comp)
{
	uint64_t at;
	const uint16_t to = ua_takeover_find(ice, comp, &at);

	if (to == UA_PAIR_NIL || now_ms < at)
		return;

	if (ice->renom) {
		nominate(ice, now_ms, to);
		return;
	}

	comp->upgrade_ms = now_ms + UA_TAKEOVER_AGAIN_MS;
	comp->tell_restart = true;
	comp->need = "direct path works";
}


void ua_conclude_run(struct ua_ice *ice, uint64_t now_ms)
{
	unsigned s, c;

	for (s = 0; s < ice->conf.nstream; s++) {
		for (c = 1; c <= ice->conf.ncomp; c++) {
			let_go(ice, ua_iceagent_comp(ice, s, c));
			follow(ice, now_ms, ua_iceagent_comp(ice, s, c));
			choose_media(ice, now_ms, s, c);
		}

		if (ice->controlling && ice->rufrag &&
		    now_ms >= stream_when(ice, s))
			stream_nominate(ice, now_ms, s);

		for (c = 1; c <= ice->conf.ncomp; c++)
			take_over(ice, now_ms, ua_iceagent_comp(ice, s, c));

		for (c = 1; c <= ice->conf.ncomp; c++)
			settle(ice, now_ms, ua_iceagent_comp(ice, s, c));
	}
}


uint64_t ua_conclude_deadline(const struct ua_ice *ice)
{
	uint64_t at = UA_NEVER;
	unsigned s, c;
	uint64_t t;

	for (s = 0; s < ice->conf.nstream; s++) {
		if (ice->controlling && ice->rufrag) {
			t = stream_when(ice, s);
			if (t < at)
				at = t;
		}

		for (c = 1; c <= ice->conf.ncomp; c++) {
			const struct ua_comp *comp =
				ua_iceagent_comp(ice, s, c);

			(void)ua_takeover_find(ice, comp, &t);
			if (t < at)
				at = t;

			if (comp->selected != UA_PAIR_NIL) {
				t = comp->selected_ms + SETTLE_MS;
				if (comp->closing && t < at)
					at = t;

				t = silent_at(ice, comp);
				if (moved_to(ice, comp) != UA_PAIR_NIL &&
				    t < at)
					at = t;
			}
			else if (comp->asking == UA_PAIR_NIL) {
				(void)ua_nominate_media(
					&ice->list, comp, comp->moved_ms,
					(uint8_t)s, (uint8_t)c, &t);
				if (t < at)
					at = t;
			}
		}
	}

	return at;
}
