/* SPDX-License-Identifier: BSD-3-Clause */
/** @file checklist.c  All pairs of an agent, and whose turn it is */

#include <errno.h>
#include <string.h>

#include "base/re_compat.h"
#include "ice/checklist.h"

enum {
	GROW = 4,
	STREAK = 3 /* Triggered checks before one of the others */
};


static bool same_foundation(const struct ua_pair *a, const struct ua_pair *b)
{
	return a->lgroup == b->lgroup && a->rgroup == b->rgroup;
}


static bool is_active(const struct ua_pair *pair)
{
	return pair->state == UA_PAIR_WAITING ||
	       pair->state == UA_PAIR_PROGRESS;
}


static bool same_list(const struct ua_pair *a, const struct ua_pair *b)
{
	return a->stream == b->stream && a->comp == b->comp;
}


/*
 * Is a check of that foundation under way, or about to be, for another
 * component or stream?  Deviation from RFC 8445, 6.1.2.6: inside a component
 * nobody waits for a namesake, as one that is dead would take 39.5 s.
 */
static bool has_active(const struct ua_checklist *list,
		       const struct ua_pair *pair)
{
	uint16_t i;

	/* Each port of such a relay opens by itself: it waits for nobody. */
	if (pair->latched)
		return false;

	for (i = 0; i < list->n; i++) {
		if (is_active(&list->v[i]) && !same_list(&list->v[i], pair) &&
		    same_foundation(&list->v[i], pair))
			return true;
	}

	return false;
}


uint16_t ua_checklist_find(const struct ua_checklist *list, uint16_t base,
			   uint16_t remote)
{
	uint16_t i;

	for (i = 0; i < list->n; i++) {
		if (list->v[i].base == base && list->v[i].remote == remote)
			return i;
	}

	return UA_PAIR_NIL;
}


bool ua_checklist_step(struct ua_checklist *list, uint16_t index,
		       enum ua_pair_event ev, enum ua_pair_reason reason,
		       uint16_t code)
{
	struct ua_pair *pair = &list->v[index];
	const uint8_t from = pair->state;

	if (ua_pair_step(pair, ev)) {
		ua_log(list->log, UA_LOG_DEBUG, "ice",
		       "pair %u: %s refuses %s", index,
		       ua_pair_state_name(from), ua_pair_event_name(ev));
		return false;
	}

	if (pair->state == UA_PAIR_FAILED) {
		pair->reason = (uint8_t)reason;
		if (code)
			pair->code = code;
	}
	else {
		pair->reason = UA_PAIR_OK;
	}

	if (pair->state != UA_PAIR_PROGRESS) {
		ua_txn_stop(&pair->txn);
		pair->due = false;
	}

	if (pair->state != UA_PAIR_WAITING)
		pair->trigger = 0;

	if (pair->state == UA_PAIR_FAILED || pair->state == UA_PAIR_SUCCEEDED)
		pair->past.active = false;

	if (from != pair->state) {
		ua_story_add(&list->story, list->now_ms, index, pair, ev);
		ua_log(list->log, UA_LOG_DEBUG, "ice",
		       "pair %u: %s -> %s (%s)%s%s", index,
		       ua_pair_state_name(from),
		       ua_pair_state_name(pair->state), ua_pair_event_name(ev),
		       pair->reason ? ": " : "",
		       ua_pair_reason_name(pair->reason));
	}

	return true;
}


bool ua_checklist_repeat(struct ua_checklist *list, uint16_t index)
{
	struct ua_pair *pair = &list->v[index];
	struct ua_pair_past past;

	if (pair->state == UA_PAIR_SUCCEEDED)
		return false;

	if (pair->txn.active)
		ua_pair_keep_past(pair);

	past = pair->past;
	if (!ua_checklist_step(list, index, UA_PAIR_TRIGGER, UA_PAIR_OK, 0))
		return false;

	pair->past = past;
	return true;
}


void ua_checklist_trigger(struct ua_checklist *list, uint16_t index)
{
	struct ua_pair *pair = &list->v[index];

	if (ua_checklist_repeat(list, index) && !pair->trigger)
		pair->trigger = ++list->last_trigger;
}


void ua_checklist_revive(struct ua_checklist *list, uint16_t index)
{
	(void)ua_checklist_step(list, index, UA_PAIR_TRIGGER, UA_PAIR_OK, 0);
}


void ua_checklist_thaw(struct ua_checklist *list, uint16_t index)
{
	uint16_t i;

	for (i = 0; i < list->n; i++) {
		if (list->v[i].state == UA_PAIR_FROZEN &&
		    same_foundation(&list->v[i], &list->v[index]))
			(void)ua_checklist_step(list, i, UA_PAIR_UNFREEZE,
						UA_PAIR_OK, 0);
	}
}


/* Which of one foundation goes first: lowest component, then place */
static bool goes_before(const struct ua_pair *a, const struct ua_pair *b)
{
	if (a->comp != b->comp)
		return a->comp < b->comp;

	return a->order > b->order;
}


/*
 * Thaw one Frozen pair of each foundation that has no check under way: at the
 * start (RFC 8445, 6.1.2.6) and whenever nothing waits (6.1.4.2).
 */
static void thaw_idle(struct ua_checklist *list)
{
	uint16_t i, k;

	for (i = 0; i < list->n; i++) {
		uint16_t first = i;

		if (list->v[i].state != UA_PAIR_FROZEN ||
		    has_active(list, &list->v[i]))
			continue;

		for (k = 0; !list->v[i].latched && k < list->n; k++) {
			if (list->v[k].state == UA_PAIR_FROZEN &&
			    same_foundation(&list->v[k], &list->v[i]) &&
			    goes_before(&list->v[k], &list->v[first]))
				first = k;
		}

		(void)ua_checklist_step(list, first, UA_PAIR_UNFREEZE,
					UA_PAIR_OK, 0);
	}
}


static uint16_t first_triggered(const struct ua_checklist *list)
{
	uint16_t best = UA_PAIR_NIL;
	uint16_t i;

	for (i = 0; i < list->n; i++) {
		if (list->v[i].trigger &&
		    (best == UA_PAIR_NIL ||
		     list->v[i].trigger < list->v[best].trigger))
			best = i;
	}

	return best;
}


/* How many streams later than the last one: 1 is the next */
static unsigned turn_of(const struct ua_checklist *list, uint8_t stream)
{
	return (stream + 2U * UA_ICE_STREAMS - list->last_stream - 1U) %
	       UA_ICE_STREAMS;
}


static uint16_t first_waiting(const struct ua_checklist *list)
{
	uint16_t best = UA_PAIR_NIL;
	uint16_t i;

	for (i = 0; i < list->n; i++) {
		const struct ua_pair *p = &list->v[i];
		unsigned pt, bt;

		if (p->state != UA_PAIR_WAITING || p->trigger)
			continue;

		if (best == UA_PAIR_NIL) {
			best = i;
			continue;
		}

		pt = turn_of(list, p->stream);
		bt = turn_of(list, list->v[best].stream);
		if (pt < bt || (pt == bt && p->order > list->v[best].order))
			best = i;
	}

	return best;
}


uint16_t ua_checklist_next(struct ua_checklist *list)
{
	const uint16_t triggered = first_triggered(list);
	uint16_t next;

	/* A peer that asks without end shall not stop the rest. */
	if (triggered != UA_PAIR_NIL &&
	    (list->streak < STREAK || first_waiting(list) == UA_PAIR_NIL))
		return triggered;

	if (!list->started) {
		list->started = true;
		list->last_stream = UA_ICE_STREAMS - 1;
		thaw_idle(list);
	}

	next = first_waiting(list);
	if (next == UA_PAIR_NIL) {
		thaw_idle(list);
		next = first_waiting(list);
	}

	return next;
}


bool ua_checklist_is_urgent(const struct ua_checklist *list)
{
	return first_triggered(list) != UA_PAIR_NIL;
}


unsigned ua_checklist_active(const struct ua_checklist *list)
{
	unsigned n = 0;
	uint16_t i;

	for (i = 0; i < list->n; i++)
		n += is_active(&list->v[i]);

	return n;
}


/* Counting the newcomer too */
static unsigned crowd(const struct ua_checklist *list,
		      const struct ua_pair *of, const struct ua_pair *newcomer)
{
	unsigned n = same_list(of, newcomer);
	uint16_t i;

	for (i = 0; i < list->n; i++)
		n += same_list(&list->v[i], of);

	return n;
}


/* No other pair of its component is of its class and family */
static bool is_alone(const struct ua_checklist *list,
		     const struct ua_pair *pair,
		     const struct ua_pair *newcomer)
{
	uint16_t i;

	for (i = 0; i < list->n; i++) {
		const struct ua_pair *p = &list->v[i];

		if (p != pair && p->state != UA_PAIR_FAILED &&
		    same_list(p, pair) && p->relays == pair->relays &&
		    p->af == pair->af)
			return false;
	}

	return pair == newcomer || !same_list(pair, newcomer) ||
	       pair->relays != newcomer->relays || pair->af != newcomer->af;
}


/* Would a be missed less than b? */
static bool is_worse(const struct ua_pair *a, const struct ua_pair *b)
{
	if ((a->relays == 2) != (b->relays == 2))
		return a->relays == 2;

	if (a->cost != b->cost)
		return a->cost > b->cost;

	return a->order < b->order;
}


static bool may_go(const struct ua_pair *pair)
{
	return pair->state == UA_PAIR_FROZEN ||
	       (pair->state == UA_PAIR_WAITING && !pair->trigger);
}


static uint16_t find_failed(const struct ua_checklist *list)
{
	uint16_t i;

	for (i = 0; i < list->n; i++) {
		if (list->v[i].state == UA_PAIR_FAILED)
			return i;
	}

	return UA_PAIR_NIL;
}


/* Who makes room in a full list; UA_PAIR_NIL: nobody, or the newcomer */
static uint16_t find_victim(const struct ua_checklist *list,
			    const struct ua_pair *newcomer, bool proven)
{
	uint16_t victim = find_failed(list);
	unsigned most = 0;
	uint16_t i;

	if (victim != UA_PAIR_NIL)
		return victim;

	for (i = 0; i < list->n; i++) {
		const struct ua_pair *p = &list->v[i];
		const unsigned n = crowd(list, p, newcomer);

		if (!may_go(p) || is_alone(list, p, newcomer) || n < most)
			continue;

		if (n > most || is_worse(p, &list->v[victim]))
			victim = i;

		most = n;
	}

	if (victim == UA_PAIR_NIL || proven ||
	    is_alone(list, newcomer, newcomer))
		return victim;

	if (crowd(list, newcomer, newcomer) < most)
		return victim;

	return is_worse(newcomer, &list->v[victim]) ||
			       !same_list(newcomer, &list->v[victim])
		       ? UA_PAIR_NIL
		       : victim;
}


static int make_room(struct ua_checklist *list)
{
	const uint16_t size = (uint16_t)(list->size + GROW);
	struct ua_pair *v;

	if (list->n < list->size)
		return 0;

	v = list->v ? mem_realloc(list->v, size * sizeof(*v))
		    : mem_alloc(size * sizeof(*v), NULL);
	if (!v)
		return ENOMEM;

	list->v = v;
	list->size = size;
	return 0;
}


void ua_checklist_renew(struct ua_checklist *list, uint16_t index,
			const struct ua_pair *pair)
{
	list->v[index] = *pair;
	list->v[index].state = UA_PAIR_FROZEN;
	ua_story_add(&list->story, list->now_ms, index, pair, UA_STORY_NEW);

	if (list->started && !has_active(list, &list->v[index]))
		(void)ua_checklist_step(list, index, UA_PAIR_UNFREEZE,
					UA_PAIR_OK, 0);
}


int ua_checklist_add(struct ua_checklist *list, const struct ua_pair *pair,
		     bool proven, uint16_t *index)
{
	uint16_t i;

	if (list->n < list->max) {
		if (make_room(list))
			return ENOMEM;

		i = list->n++;
	}
	else {
		i = find_victim(list, pair, proven);
		if (i == UA_PAIR_NIL)
			return ENOSPC;

		ua_log(list->log, UA_LOG_DEBUG, "ice",
		       "pair %u: %s makes room for another", i,
		       ua_pair_state_name(list->v[i].state));
		ua_story_add(&list->story, list->now_ms, i, &list->v[i],
			     UA_STORY_EVICTED);
	}

	ua_checklist_renew(list, i, pair);
	*index = i;

	return 0;
}
