/* SPDX-License-Identifier: BSD-3-Clause */
/** @file compare.c  Is what was recorded what was sent? */

#include <errno.h>
#include <math.h>
#include <string.h>

#include "base/re_compat.h"
#include "media/compare.h"
#include "media/resample.h"

enum {
	SRATE = 8000, /* Enough of speech to tell it apart         */
	MS = SRATE / 1000,
	STEP = 10 * MS,   /* Of the envelopes that find the lag        */
	BLOCK = 200 * MS, /* A syllable                                */
	SLIP = 100 * MS,  /* From one block to the next, either way    */
	COARSE = 4,       /* Samples between two lags tried first: half
			     a period of 1 kHz                         */
	QUIET = 100,      /* Effective value, 50 dB below the largest  */
	LAG_BLOCKS = 5    /* That the lag is told of                   */
};

#define SAME 0.5 /* A block that is this alike is the one */

/* One of the two, at SRATE */
struct sound {
	int16_t *pcm;
	size_t n;
	double *env; /* Effective value of each STEP, without its mean */
	size_t nenv;
};

/* What is found out on the way */
struct work {
	struct sound sent;
	struct sound heard;
	bool loop;
};


static void sound_close(struct sound *s)
{
	s->pcm = mem_deref(s->pcm);
	s->env = mem_deref(s->env);
}


static double energy(const int16_t *pcm, size_t n)
{
	double sum = 0;
	size_t i;

	for (i = 0; i < n; i++)
		sum += (double)pcm[i] * pcm[i];

	return sum;
}


static int convert(struct sound *s, const int16_t *pcm, size_t nsamp,
		   uint32_t srate_hz)
{
	struct ua_resample *rs = NULL;
	int err;

	err = ua_resample_alloc(&rs, srate_hz, SRATE);
	if (err)
		return err;

	s->pcm =
		mem_alloc(ua_resample_room(rs, nsamp) * sizeof(*s->pcm), NULL);
	if (s->pcm)
		s->n = ua_resample_input(rs, s->pcm, pcm, nsamp);
	else
		err = ENOMEM;

	mem_deref(rs);
	return err;
}


static int sound_open(struct sound *s, const int16_t *pcm, size_t nsamp,
		      uint32_t srate_hz)
{
	double mean = 0;
	size_t i;
	int err;

	err = convert(s, pcm, nsamp, srate_hz);
	if (err)
		return err;

	s->nenv = s->n / STEP;
	s->env = mem_alloc((s->nenv + 1) * sizeof(*s->env), NULL);
	if (!s->env)
		return ENOMEM;

	for (i = 0; i < s->nenv; i++) {
		s->env[i] = sqrt(energy(s->pcm + i * STEP, STEP) / STEP);
		mean += s->env[i];
	}

	for (i = 0; i < s->nenv; i++)
		s->env[i] -= mean / (double)s->nenv;

	return 0;
}


/* How well the envelopes fit when the sent one begins lag steps later */
static double fit(const struct work *w, ptrdiff_t lag)
{
	const ptrdiff_t ns = (ptrdiff_t)w->sent.nenv;
	const ptrdiff_t nh = (ptrdiff_t)w->heard.nenv;
	double sum = 0;
	ptrdiff_t i;
	ptrdiff_t k;

	for (i = 0; i < nh; i++) {
		k = i - lag;
		if (w->loop)
			k = (k % ns + ns) % ns;
		if (k >= 0 && k < ns)
			sum += w->sent.env[k] * w->heard.env[i];
	}

	return sum;
}


/* Lag of the whole [samples], to a STEP */
static ptrdiff_t find_lag(const struct work *w)
{
	const ptrdiff_t ns = (ptrdiff_t)w->sent.nenv;
	const ptrdiff_t nh = (ptrdiff_t)w->heard.nenv;
	const ptrdiff_t to = w->loop ? ns : nh;
	ptrdiff_t best = 0;
	double most = -1;
	ptrdiff_t lag;
	double v;

	for (lag = w->loop ? 0 : -ns; lag < to; lag++) {
		v = fit(w, lag);
		if (v > most) {
			most = v;
			best = lag;
		}
	}

	return best * STEP;
}


/* The sent block at a place that may lie over either end */
static void sent_at(const struct work *w, ptrdiff_t at, int16_t *pcm, size_t n)
{
	const ptrdiff_t ns = (ptrdiff_t)w->sent.n;
	size_t i;

	if (w->loop)
		at = (at % ns + ns) % ns;

	for (i = 0; i < n; i++, at++) {
		if (w->loop && at >= ns)
			at = 0;
		pcm[i] = at >= 0 && at < ns ? w->sent.pcm[at] : 0;
	}
}


/* Of two blocks, whatever their levels; upside down is no difference */
static double alike(const int16_t *a, double ea, const int16_t *b, size_t step)
{
	double eb = 1;
	double ab = 0;
	size_t i;

	for (i = 0; i < BLOCK; i += step) {
		ab += (double)a[i] * b[i];
		eb += (double)b[i] * b[i];
	}

	return fabs(ab) * (double)step / sqrt(ea * eb * (double)step + 1);
}


/* Best likeness of a heard block around a lag; the lag is moved there. */
static double match(const struct work *w, size_t at, ptrdiff_t *lag)
{
	const int16_t *heard = w->heard.pcm + at;
	const double e = energy(heard, BLOCK);
	int16_t near[BLOCK + 2 * SLIP + 1];
	double best = 0;
	double v;
	size_t found = SLIP;
	size_t from;
	size_t to;
	size_t k;

	sent_at(w, (ptrdiff_t)at - *lag - SLIP, near, BLOCK + 2 * SLIP + 1);

	for (k = 0; k <= 2 * SLIP; k += COARSE) {
		v = alike(heard, e, near + k, 2);
		if (v > best) {
			best = v;
			found = k;
		}
	}

	from = found > COARSE ? found - COARSE : 0;
	to = found + COARSE < 2 * SLIP ? found + COARSE : 2 * SLIP;
	best = 0;

	for (k = from; k <= to; k++) {
		v = alike(heard, e, near + k, 1);
		if (v > best) {
			best = v;
			found = k;
		}
	}

	if (best >= SAME)
		*lag += SLIP - (ptrdiff_t)found;

	return best < 1 ? best : 1;
}


/*
 * Walk through what was heard.  Blocks count from the first to the last one
 * that is the same; before and behind them the call was not up.
 */
static void walk(const struct work *w, struct ua_compare *cmp)
{
	const double loud = (double)BLOCK * QUIET * QUIET;
	ptrdiff_t lag = find_lag(w);
	int16_t sent[BLOCK];
	bool begun = false;
	double sum = 0;
	double pending = 0;
	double best = 0;
	size_t n = 0;
	size_t npending = 0;
	size_t at;
	bool says;
	bool hears;
	double v;

	for (at = 0; at + BLOCK <= w->heard.n; at += BLOCK) {
		sent_at(w, (ptrdiff_t)at - lag, sent, BLOCK);
		says = energy(sent, BLOCK) >= loud;
		hears = energy(w->heard.pcm + at, BLOCK) >= loud;
		if (!says && !hears)
			continue;

		v = hears ? match(w, at, &lag) : 0;

		if (v >= SAME) {
			/* Of the clearest near the beginning: the first
			   block may hold little of it. */
			if (n < LAG_BLOCKS && v > best) {
				cmp->lag_ms = (double)lag / MS;
				best = v;
			}
			begun = true;
			cmp->heard_s += (double)BLOCK / SRATE;
			sum += pending + v;
			n += npending + 1;
			pending = 0;
			npending = 0;
		}
		else if (begun) {
			pending += v;
			npending++;
		}
	}

	cmp->similarity = n ? sum / (double)n : 0;
}


int ua_compare(struct ua_compare *cmp, const struct ua_compare_conf *conf)
{
	const uint64_t most = (uint64_t)UA_COMPARE_S_MAX * conf->srate_hz;
	struct work w;
	int err;

	if (conf->nsent > most || conf->nheard > most)
		return EINVAL;

	memset(&w, 0, sizeof(w));
	w.loop = conf->loop;

	err = sound_open(&w.sent, conf->sent, conf->nsent, conf->srate_hz);
	if (!err)
		err = sound_open(&w.heard, conf->heard, conf->nheard,
				 conf->srate_hz);
	if (err)
		goto out;

	memset(cmp, 0, sizeof(*cmp));
	if (w.sent.nenv && w.heard.nenv)
		walk(&w, cmp);

out:
	sound_close(&w.sent);
	sound_close(&w.heard);
	return err;
}
