/* SPDX-License-Identifier: BSD-3-Clause */
/** @file nominate.c  Which valid pair, and when it is time to say so */

#include "ice/nominate.h"

enum {
	RTT_GUESS_MS = 100,     /* When no request was answered at once     */
	RTT_MARGIN_MS = 10,     /* A smaller gain is not worth a move       */
	RTT_MARGIN_DIV = 5,     /* 20 %                                     */
	LOSS_MS = 300,          /* After RTO: a slow direct path's answer   */
	SAME_CLASS_MS = 20,     /* One Ta behind our own round trip         */
	SAME_CLASS_CAP_MS = 50, /* The user is connected, it is polish      */
	CAP_MS = 1500,          /* Two sends of a direct check              */
	CAP_LAST_MS = 300,      /* The last check shall have one round trip */
	CAP_MAX_MS = 3000,      /* A peer waits for no longer               */
	MOVE_MS = 500           /* A move is heard as a jump in delay       */
};


static uint64_t max_of(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}


static uint64_t min_of(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}


/*
 * What a pair is compared by: its round trip, or, of a relay that may have
 * kept the check for a while, the most that it can be.
 */
static uint32_t rtt_bound(const struct ua_pair *pair)
{
	return pair->rtt_ms == UA_PAIR_RTT_NONE && pair->latched && pair->valid
		       ? pair->answer_ms
		       : pair->rtt_ms;
}


static uint64_t rtt_of(const struct ua_pair *pair)
{
	return pair->rtt_ms == UA_PAIR_RTT_NONE
		       ? min_of(rtt_bound(pair), RTT_GUESS_MS)
		       : pair->rtt_ms;
}


/* Does RTT tell a from b?  Negative: a is quicker */
static int cmp_rtt(const struct ua_pair *a, const struct ua_pair *b)
{
	const uint32_t ra = rtt_bound(a);
	const uint32_t rb = rtt_bound(b);
	uint32_t margin;

	if (ra == UA_PAIR_RTT_NONE || rb == UA_PAIR_RTT_NONE)
		return 0;

	margin = (ra > rb ? ra : rb) / RTT_MARGIN_DIV;
	if (margin < RTT_MARGIN_MS)
		margin = RTT_MARGIN_MS;

	if (ra + margin < rb)
		return -1;

	return rb + margin < ra ? 1 : 0;
}


/*
 * Networks are told apart by their cost, and so are ways to one and the same
 * relay of ours.  Ways to different relays are not: the nearest is the best.
 */
static bool has_one_scale(const struct ua_pair *a, const struct ua_pair *b)
{
	return a->relayed == b->relayed &&
	       (!a->relayed || a->lgroup == b->lgroup);
}


bool ua_nominate_cheaper(const struct ua_pair *a, const struct ua_pair *b)
{
	return has_one_scale(a, b) && a->cost < b->cost;
}


bool ua_nominate_better(const struct ua_pair *a, const struct ua_pair *b)
{
	int rtt;

	if (a->relays != b->relays)
		return a->relays < b->relays;

	if (ua_nominate_cheaper(a, b) || ua_nominate_cheaper(b, a))
		return ua_nominate_cheaper(a, b);

	rtt = cmp_rtt(a, b);
	if (rtt)
		return rtt < 0;

	if (a->relayed && b->relayed && a->cost != b->cost)
		return a->cost < b->cost;

	return a->prio > b->prio;
}


static bool is_doubted(const struct ua_pair *pair)
{
	return pair->doubted || (pair->txn.active && !pair->measuring);
}


/* A pair that worked, is asked again and has not answered goes behind */
static bool goes_before(const struct ua_pair *a, const struct ua_pair *b)
{
	if (is_doubted(a) != is_doubted(b))
		return is_doubted(b);

	return ua_nominate_better(a, b);
}


uint16_t ua_nominate_best(const struct ua_checklist *list, uint8_t stream,
			  uint8_t comp)
{
	uint16_t best = UA_PAIR_NIL;
	uint16_t i;

	for (i = 0; i < list->n; i++) {
		const struct ua_pair *p = &list->v[i];

		if (!p->valid || p->stream != stream || p->comp != comp)
			continue;

		if (best == UA_PAIR_NIL || goes_before(p, &list->v[best]))
			best = i;
	}

	return best;
}


static bool same_comp(const struct ua_pair *a, const struct ua_pair *b)
{
	return a->stream == b->stream && a->comp == b->comp;
}


/* Two relays, of which the nearest wins, whatever their priorities */
static bool is_rival(const struct ua_pair *p, const struct ua_pair *best)
{
	if (!p->relays || p->first_ms == UA_NEVER ||
	    ua_nominate_cheaper(best, p))
		return false;

	return p->latched || best->latched || !has_one_scale(p, best);
}


/* An open pair that would be better if it worked */
static bool is_hope(const struct ua_pair *p, const struct ua_pair *best)
{
	if (!ua_pair_is_open(p) || !same_comp(p, best) ||
	    p->relays > best->relays)
		return false;

	if (p->relays < best->relays || ua_nominate_cheaper(p, best))
		return true;

	if (ua_nominate_cheaper(best, p))
		return false;

	return p->prio > best->prio || is_rival(p, best);
}


static uint64_t patience(const struct ua_pair *p, const struct ua_pair *best)
{
	if (p->first_ms == UA_NEVER)
		return UA_NEVER;

	if (p->relays < best->relays)
		return p->first_ms + p->rto_ms +
		       max_of(LOSS_MS, 2 * rtt_of(best));

	/* By then the nearer of two relays has answered. */
	if (p->prio <= best->prio && !ua_nominate_cheaper(p, best))
		return p->first_ms + rtt_of(best);

	return p->first_ms + rtt_of(best) + SAME_CLASS_MS;
}


/* Is there another one to be compared with? */
static bool has_rival(const struct ua_checklist *list, const struct ua_pair *b)
{
	uint16_t i;

	for (i = 0; i < list->n; i++) {
		const struct ua_pair *p = &list->v[i];

		if (p != b && p->state != UA_PAIR_FAILED && same_comp(p, b) &&
		    p->relays == b->relays)
			return true;
	}

	return false;
}


/* A valid pair whose round trip is being asked for: no longer than it took */
static uint64_t measured_at(const struct ua_checklist *list,
			    const struct ua_pair *p,
			    const struct ua_pair *best)
{
	if (!p->measuring || !p->txn.active || !same_comp(p, best) ||
	    p->relays != best->relays || !has_rival(list, p))
		return 0;

	return p->txn.first_ms + min_of(p->answer_ms, LOSS_MS);
}


uint64_t ua_nominate_when(const struct ua_checklist *list, uint16_t best,
			  uint64_t trickle_ms)
{
	const struct ua_pair *b = &list->v[best];
	const bool trickles = trickle_ms != UA_NEVER && b->relays;
	bool lower = trickles;
	uint64_t measured_ms = 0;
	uint64_t last_ms = 0;
	uint64_t at = 0;
	uint64_t cap;
	uint16_t i;

	if (trickles) {
		at = trickle_ms + UA_TXN_RTO_MS +
		     max_of(LOSS_MS, 2 * rtt_of(b));
		last_ms = trickle_ms;
	}

	for (i = 0; i < list->n; i++) {
		const struct ua_pair *p = &list->v[i];

		measured_ms = max_of(measured_ms, measured_at(list, p, b));
		if (!is_hope(p, b))
			continue;

		at = max_of(at, patience(p, b));
		if (p->relays == b->relays)
			continue;

		lower = true;
		if (p->first_ms != UA_NEVER)
			last_ms = max_of(last_ms, p->first_ms);
	}

	if (lower)
		cap = min_of(
			max_of(b->valid_ms + CAP_MS, last_ms + CAP_LAST_MS),
			b->valid_ms + CAP_MAX_MS);
	else
		cap = b->valid_ms + SAME_CLASS_CAP_MS;

	return max_of(min_of(at, cap), measured_ms);
}


uint16_t ua_nominate_mate(const struct ua_checklist *list, uint16_t with,
			  uint8_t comp,
			  bool same_way(const struct ua_pair *a,
					const struct ua_pair *b, void *arg),
			  void *arg)
{
	const struct ua_pair *w = &list->v[with];
	uint16_t mate = UA_PAIR_NIL;
	uint16_t i;

	for (i = 0; i < list->n; i++) {
		const struct ua_pair *p = &list->v[i];

		if (!p->valid || p->stream != w->stream || p->comp != comp ||
		    p->relays != w->relays || !same_way(p, w, arg))
			continue;

		if (mate == UA_PAIR_NIL ||
		    ua_nominate_better(p, &list->v[mate]))
			mate = i;
	}

	return mate != UA_PAIR_NIL ? mate
				   : ua_nominate_best(list, w->stream, comp);
}


uint16_t ua_nominate_media(const struct ua_checklist *list,
			   const struct ua_comp *comp, uint64_t now_ms,
			   uint8_t stream, uint8_t comp_id, uint64_t *next_ms)
{
	const uint16_t best = ua_nominate_best(list, stream, comp_id);
	const uint16_t old = comp->media;

	*next_ms = UA_NEVER;

	if (old == UA_PAIR_NIL || best == UA_PAIR_NIL || !list->v[old].valid)
		return best;

	if (best == old || !ua_nominate_better(&list->v[best], &list->v[old]))
		return old;

	if (list->v[best].relays < list->v[old].relays ||
	    now_ms >= comp->moved_ms + MOVE_MS)
		return best;

	*next_ms = comp->moved_ms + MOVE_MS;
	return old;
}
