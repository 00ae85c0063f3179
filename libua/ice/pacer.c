/* SPDX-License-Identifier: BSD-3-Clause */
/** @file pacer.c  Slots for checks, shared by many agents */

#include <string.h>

#include "ice/pacer.h"

enum {
	/*
	 * In a queue longer than this, one slot of four is left to the urgent:
	 * a triggered check is worth more than a thousand first ones, and a
	 * queue shorter than this is over in 40 ms anyway.
	 */
	HOLES_FROM = 8,
	HOLE_MASK = 3
};


static bool is_used(const struct ua_pacer *pacer, uint64_t n)
{
	const uint64_t bit = n % UA_PACER_SLOTS;

	return pacer->used[bit / 64] >> (bit % 64) & 1;
}


static void set_used(struct ua_pacer *pacer, uint64_t n, bool used)
{
	const uint64_t bit = n % UA_PACER_SLOTS;
	const uint64_t mask = (uint64_t)1 << (bit % 64);

	if (is_used(pacer, n) == used)
		return;

	if (used) {
		pacer->used[bit / 64] |= mask;
		++pacer->pending;
	}
	else {
		pacer->used[bit / 64] &= ~mask;
		--pacer->pending;
	}
}


/* First slot that is not before t_ms */
static uint64_t slot_at(const struct ua_pacer *pacer, uint64_t t_ms)
{
	if (t_ms <= pacer->anchor_ms)
		return 0;

	return (t_ms - pacer->anchor_ms + UA_PACER_STEP_MS - 1) /
	       UA_PACER_STEP_MS;
}


static uint64_t time_of(const struct ua_pacer *pacer, uint64_t n)
{
	return pacer->anchor_ms + n * UA_PACER_STEP_MS;
}


/* Forget the slots that are over */
static void advance(struct ua_pacer *pacer, uint64_t now_ms)
{
	const uint64_t to = slot_at(pacer, now_ms);

	for (; pacer->pending && pacer->from < to; pacer->from++) {
		if (!is_used(pacer, pacer->from))
			continue;

		set_used(pacer, pacer->from, false);
		pacer->last_ms = time_of(pacer, pacer->from);
	}

	if (pacer->from < to)
		pacer->from = to;
}


/* Nobody waits: lay the grid so that from_ms is a slot */
static uint64_t anchor(struct ua_pacer *pacer, uint64_t now_ms,
		       uint64_t from_ms)
{
	if (pacer->last_ms != UA_NEVER &&
	    from_ms < pacer->last_ms + UA_PACER_STEP_MS)
		from_ms = pacer->last_ms + UA_PACER_STEP_MS;

	pacer->anchor_ms = now_ms + (from_ms - now_ms) % UA_PACER_STEP_MS;
	pacer->from = 0;

	return from_ms;
}


void ua_pacer_init(struct ua_pacer *pacer)
{
	memset(pacer, 0, sizeof(*pacer));
	pacer->last_ms = UA_NEVER;
}


uint64_t ua_pacer_reserve(struct ua_pacer *pacer, uint64_t now_ms,
			  uint64_t from_ms, enum ua_pacer_lane lane)
{
	uint64_t first;
	uint64_t end;
	uint64_t n;

	if (from_ms < now_ms)
		from_ms = now_ms;

	advance(pacer, now_ms);

	if (!pacer->pending)
		from_ms = anchor(pacer, now_ms, from_ms);

	first = slot_at(pacer, from_ms);
	end = pacer->from + UA_PACER_SLOTS - 1;

	/* Behind the end of the plan everybody shares the last slot. */
	for (n = first; n < end; n++) {
		if (is_used(pacer, n))
			continue;

		if (lane == UA_PACER_URGENT || n < first + HOLES_FROM ||
		    (n & HOLE_MASK) != HOLE_MASK)
			break;
	}

	if (n > end)
		n = end;

	set_used(pacer, n, true);

	return time_of(pacer, n);
}


void ua_pacer_release(struct ua_pacer *pacer, uint64_t slot_ms)
{
	const uint64_t n = slot_at(pacer, slot_ms);

	if (n >= pacer->from && n < pacer->from + UA_PACER_SLOTS)
		set_used(pacer, n, false);
}
