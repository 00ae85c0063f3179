/* SPDX-License-Identifier: BSD-3-Clause */
/** @file plc.c  Concealment of lost sound, for codecs that have none */

#include <math.h>
#include <string.h>

#include "media/plc.h"

enum {
	MS_PER_S = 1000,
	PITCH_HZ_MAX = 400, /* Voices lie in between                       */
	PITCH_HZ_MIN = 66,
	MATCH_MS = 10,    /* Compared for the pitch                      */
	SEARCH_HZ = 8000, /* Rate that is fine enough for it             */
	HOLD_MS = 10,     /* At full level                               */
	FADE_MS = 50,     /* A vowel that lasts longer sounds like a buzz */
	BLEND_MS = 4      /* Between said again and heard                */
};


static size_t to_nsamp(const struct ua_plc *plc, unsigned ms)
{
	return (size_t)plc->srate_hz * ms / MS_PER_S;
}


void ua_plc_init(struct ua_plc *plc, uint32_t srate_hz)
{
	memset(plc, 0, sizeof(*plc));
	plc->srate_hz = srate_hz;
	plc->npast = to_nsamp(plc, UA_PLC_PAST_MS);
}


static void remember(struct ua_plc *plc, const int16_t *pcm, size_t nsamp)
{
	const size_t n = nsamp < plc->npast ? nsamp : plc->npast;

	memmove(plc->past, plc->past + n,
		(plc->npast - n) * sizeof(*plc->past));
	memcpy(plc->past + plc->npast - n, pcm + nsamp - n, n * sizeof(*pcm));
}


/* How alike the last samples are to those lag earlier, -1 to 1 */
static double alike(const struct ua_plc *plc, size_t lag, size_t step)
{
	const size_t n = to_nsamp(plc, MATCH_MS);
	const int16_t *a = plc->past + plc->npast - n;
	const int16_t *b = a - lag;
	double ab = 0;
	double bb = 1;
	size_t i;

	for (i = 0; i < n; i += step) {
		ab += (double)a[i] * b[i];
		bb += (double)b[i] * b[i];
	}

	return ab / sqrt(bb);
}


static size_t best_lag(const struct ua_plc *plc, size_t from, size_t to,
		       size_t step)
{
	double best = -INFINITY;
	size_t found = from;
	size_t lag;
	double v;

	for (lag = from; lag <= to; lag += step) {
		v = alike(plc, lag, step);
		if (v > best) {
			best = v;
			found = lag;
		}
	}

	return found;
}


/* Coarse, then fine around what was found. */
static size_t pitch(const struct ua_plc *plc)
{
	const size_t min = plc->srate_hz / PITCH_HZ_MAX;
	const size_t max = plc->srate_hz / PITCH_HZ_MIN;
	const size_t step =
		plc->srate_hz > SEARCH_HZ ? plc->srate_hz / SEARCH_HZ : 1;
	const size_t lag = best_lag(plc, min, max, step);

	if (step == 1)
		return lag;

	return best_lag(plc, lag > min + step ? lag - step : min,
			lag + step < max ? lag + step : max, 1);
}


static int16_t mix(int16_t a, int16_t b, size_t at, size_t n)
{
	return (int16_t)(((int64_t)a * (int64_t)(n - at) +
			  (int64_t)b * (int64_t)at) /
			 (int64_t)n);
}


/*
 * The last period, its end bent towards what came before its beginning, so
 * that it joins itself without a click.
 */
static void learn(struct ua_plc *plc)
{
	const size_t period = pitch(plc);
	const size_t bend = period / 4;
	const int16_t *last = plc->past + plc->npast - period;
	size_t i;

	memcpy(plc->wave, last, period * sizeof(*last));
	for (i = 0; i < bend; i++)
		plc->wave[period - bend + i] =
			mix(last[(ptrdiff_t)(period - bend + i)],
			    *(last - bend + i), i + 1, bend + 1);

	plc->period = period;
	plc->at = 0;
}


static int16_t say(struct ua_plc *plc)
{
	const size_t hold = to_nsamp(plc, HOLD_MS);
	const size_t fade = to_nsamp(plc, FADE_MS);
	const size_t gone = plc->gone++;
	int16_t v;

	if (gone >= hold + fade)
		return 0;

	v = plc->wave[plc->at];
	plc->at = (plc->at + 1) % plc->period;

	return gone < hold ? v : mix(v, 0, gone - hold, fade);
}


void ua_plc_good(struct ua_plc *plc, int16_t *pcm, size_t nsamp)
{
	size_t n = to_nsamp(plc, BLEND_MS);
	size_t i;

	if (plc->gone) {
		if (n > nsamp)
			n = nsamp;
		for (i = 0; i < n; i++)
			pcm[i] = mix(say(plc), pcm[i], i + 1, n + 1);

		plc->gone = 0;
	}

	remember(plc, pcm, nsamp);
}


void ua_plc_lost(struct ua_plc *plc, int16_t *pcm, size_t nsamp)
{
	size_t i;

	if (!plc->gone)
		learn(plc);

	for (i = 0; i < nsamp; i++)
		pcm[i] = say(plc);

	remember(plc, pcm, nsamp);
}
