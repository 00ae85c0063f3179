/* SPDX-License-Identifier: BSD-3-Clause */
/** @file playdelay.c  How long a jitter buffer lets packets wait */

#include <string.h>

#include "rtp/playdelay.h"

enum {
	LATE_ONE_IN = 50, /* So few may be late: concealment hides them    */
	NTOP = UA_PLAYDELAY_NNEED / LATE_ONE_IN + 1,
	SHRINK_NEED = 100, /* Packets that must have been seen before       */
	SHRINK_MS = 500,   /* Shorter steps would be heard as hurry         */
	SHRINK_MS_MAX = 32000,
	OSCILLATION_MS = 10000, /* Growing so soon after shrinking was in
				   vain: shrink half as often              */
	PATIENCE_MS = 3000,     /* Wait so long for a quiet moment          */
	HYSTERESIS_MS = 2,      /* Twice the grain of the clock             */
	MEASURE_EACH = 16,      /* Packets between two looks at the needs   */
	SMOOTH = 16             /* Packets that the mean looks back         */
};


/*
 * The need of all but one in LATE_ONE_IN: an insertion into the few highest
 * ones, as sorting all of them would be in vain.
 */
static void measure(struct ua_playdelay *pd)
{
	const unsigned ntop = pd->nneed / LATE_ONE_IN + 1;
	float top[NTOP];
	unsigned n = 0;
	unsigned i;
	unsigned k;
	float v;

	pd->stale = 0;
	pd->best = pd->need[0];

	for (i = 0; i < pd->nneed; i++) {
		v = pd->need[i];
		if (v < pd->best)
			pd->best = v;

		if (n == ntop && v <= top[n - 1])
			continue;
		if (n < ntop)
			n++;

		for (k = n - 1; k > 0 && top[k - 1] < v; k--)
			top[k] = top[k - 1];
		top[k] = v;
	}

	pd->want = top[n - 1];
}


static void add(struct ua_playdelay *pd, double slack_ms)
{
	pd->need[pd->at] = (float)(pd->shift - slack_ms);
	pd->at = (pd->at + 1) % UA_PLAYDELAY_NNEED;
	if (pd->nneed < UA_PLAYDELAY_NNEED)
		pd->nneed++;

	if (++pd->stale >= MEASURE_EACH)
		measure(pd);
}


void ua_playdelay_init(struct ua_playdelay *pd, double min_ms, double max_ms)
{
	memset(pd, 0, sizeof(*pd));
	pd->min_ms = min_ms;
	pd->max_ms = max_ms;
	pd->start_ms = min_ms;
	pd->hold_ms = SHRINK_MS;
}


void ua_playdelay_restart(struct ua_playdelay *pd)
{
	double spread;

	pd->start_ms = pd->min_ms;

	if (pd->nneed >= SHRINK_NEED) {
		measure(pd);
		spread = pd->want - pd->best;
		if (spread > pd->start_ms)
			pd->start_ms = spread;
		if (spread > pd->max_ms)
			pd->start_ms = pd->max_ms;
	}

	pd->nneed = 0;
	pd->at = 0;
	pd->stale = 0;
	pd->shift = 0;
	pd->want = 0;
	pd->wish_ms = 0;
	pd->shrunk_ms = 0;
	pd->mean_ms = 0;
}


void ua_playdelay_begin(struct ua_playdelay *pd, uint64_t now_ms,
			double slack_ms)
{
	pd->changed_ms = now_ms;
	pd->mean_ms = slack_ms;
}


void ua_playdelay_played(struct ua_playdelay *pd, double slack_ms)
{
	add(pd, slack_ms);
	pd->mean_ms += (slack_ms - pd->mean_ms) / SMOOTH;
}


void ua_playdelay_late(struct ua_playdelay *pd, double by_ms)
{
	add(pd, -by_ms);
	measure(pd);
}


double ua_playdelay_lack(const struct ua_playdelay *pd)
{
	const double lack = pd->want - pd->shift;

	return pd->nneed && lack > 0 ? lack : 0;
}


bool ua_playdelay_may_grow(const struct ua_playdelay *pd, double ms)
{
	return pd->mean_ms + ms <= pd->max_ms;
}


void ua_playdelay_grown(struct ua_playdelay *pd, uint64_t now_ms, double ms)
{
	pd->shift += ms;
	pd->mean_ms += ms;
	pd->changed_ms = now_ms;
	pd->wish_ms = 0;

	if (pd->shrunk_ms && now_ms - pd->shrunk_ms < OSCILLATION_MS) {
		if (pd->hold_ms < SHRINK_MS_MAX)
			pd->hold_ms *= 2;
		pd->shrunk_ms = 0;
	}
}


bool ua_playdelay_excess(struct ua_playdelay *pd, uint64_t now_ms, double ms,
			 bool quiet)
{
	const double least = pd->min_ms > ms ? pd->min_ms - ms : 0;
	const uint64_t since = now_ms - pd->changed_ms;

	/* Longer than allowed: no waiting for a quiet moment. */
	if (pd->mean_ms > pd->max_ms)
		return (double)since >= 3 * ms;

	if (pd->nneed < SHRINK_NEED)
		return false;

	if (pd->shift - pd->want - least < ms + HYSTERESIS_MS) {
		pd->wish_ms = 0;
		return false;
	}

	if (!pd->wish_ms)
		pd->wish_ms = now_ms;

	if (since < pd->hold_ms)
		return false;

	return quiet || now_ms - pd->wish_ms >= PATIENCE_MS;
}


void ua_playdelay_shrunk(struct ua_playdelay *pd, uint64_t now_ms, double ms)
{
	pd->shift -= ms;
	pd->mean_ms -= ms < pd->mean_ms ? ms : pd->mean_ms;
	pd->changed_ms = now_ms;
	pd->shrunk_ms = now_ms;
	pd->wish_ms = 0;
}
