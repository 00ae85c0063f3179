/* SPDX-License-Identifier: BSD-3-Clause */
/** @file resample.c  Another sample rate for a stream of samples */

#include <errno.h>
#include <math.h>
#include <string.h>

#include "base/re_compat.h"
#include "media/resample.h"

/*
 * A windowed sinc, cut into one short filter for each phase that an output
 * sample can have between two input samples.  HALF zero crossings on each
 * side and a Kaiser window: speech up to 3 kHz passes an 8 kHz line unharmed,
 * what would fold back is 60 dB down from 4.1 kHz on.
 */
enum {
	HALF = 16,
	BLOCK = 480,        /* Input that is worked on at a time    */
	COEF_MAX = 1 << 20, /* Odd ratios take a filter per phase   */
	ONE = 1 << 15
};

#define CUTOFF 0.9 /* Of half the lower rate */
#define BETA 6.0   /* Of the Kaiser window   */

struct ua_resample {
	uint32_t up;    /* Phases between two input samples           */
	uint32_t down;  /* Phases from one output sample to the next  */
	size_t ntap;    /* Of a phase                                 */
	uint32_t phase; /* Of the next output sample                  */
	size_t at;      /* Input sample it is made at                 */
	int16_t *coef;  /* [up][ntap]                                 */
	int16_t *work;  /* ntap - 1 of the past, then a block         */
};


static void destructor(void *arg)
{
	struct ua_resample *rs = arg;

	mem_deref(rs->coef);
	mem_deref(rs->work);
}


static uint32_t gcd(uint32_t a, uint32_t b)
{
	uint32_t t;

	while (b) {
		t = a % b;
		a = b;
		b = t;
	}

	return a;
}


/* Modified Bessel function of the first kind, order 0 */
static double bessel(double x)
{
	double term = 1;
	double sum = 1;
	int k;

	for (k = 1; term > sum * 1e-9; k++) {
		term *= (x / 2 / k) * (x / 2 / k);
		sum += term;
	}

	return sum;
}


/* At t input samples from the middle; width: half the filter's length */
static double kernel(double t, double width, double cutoff)
{
	const double x = M_PI * cutoff * t;
	const double r = t / width;

	if (r <= -1 || r >= 1)
		return 0;

	return (fabs(x) < 1e-9 ? 1 : sin(x) / x) *
	       bessel(BETA * sqrt(1 - r * r));
}


/* Each phase passes direct current unchanged. */
static void design(struct ua_resample *rs)
{
	const double ratio = rs->up < rs->down ? (double)rs->up / rs->down : 1;
	const double width = (double)rs->ntap / 2;
	double sum;
	size_t t;
	uint32_t p;
	double x;

	for (p = 0; p < rs->up; p++) {
		sum = 0;
		for (t = 0; t < rs->ntap; t++) {
			x = (double)t + (double)p / rs->up - width;
			sum += kernel(x, width, CUTOFF * ratio);
		}

		for (t = 0; t < rs->ntap; t++) {
			x = (double)t + (double)p / rs->up - width;
			rs->coef[p * rs->ntap + t] = (int16_t)lrint(
				kernel(x, width, CUTOFF * ratio) / sum *
				(ONE - 1));
		}
	}
}


int ua_resample_alloc(struct ua_resample **rsp, uint32_t from_hz,
		      uint32_t to_hz)
{
	struct ua_resample *rs;
	uint32_t div;

	if (from_hz < UA_RESAMPLE_HZ_MIN || from_hz > UA_RESAMPLE_HZ_MAX ||
	    to_hz < UA_RESAMPLE_HZ_MIN || to_hz > UA_RESAMPLE_HZ_MAX)
		return EINVAL;

	rs = mem_zalloc(sizeof(*rs), destructor);
	if (!rs)
		return ENOMEM;

	div = gcd(from_hz, to_hz);
	rs->up = to_hz / div;
	rs->down = from_hz / div;
	rs->ntap = 2 * HALF;
	if (rs->down > rs->up)
		rs->ntap = rs->ntap * rs->down / rs->up + 1;

	if (rs->up * rs->ntap > COEF_MAX) {
		mem_deref(rs);
		return EINVAL;
	}

	rs->coef = mem_alloc(rs->up * rs->ntap * sizeof(*rs->coef), NULL);
	rs->work = mem_zalloc((rs->ntap + BLOCK) * sizeof(*rs->work), NULL);
	if (!rs->coef || !rs->work) {
		mem_deref(rs);
		return ENOMEM;
	}

	design(rs);
	*rsp = rs;
	return 0;
}


size_t ua_resample_room(const struct ua_resample *rs, size_t nin)
{
	return nin * rs->up / rs->down + 1;
}


static int16_t clip(int64_t v)
{
	if (v > INT16_MAX)
		return INT16_MAX;

	return v < INT16_MIN ? INT16_MIN : (int16_t)v;
}


/* newest is the input sample that the first tap weighs. */
static int16_t convolve(const int16_t *coef, const int16_t *newest, size_t n)
{
	int64_t sum = ONE / 2;
	size_t t;

	for (t = 0; t < n; t++)
		sum += (int32_t)coef[t] * *(newest - t);

	return clip(sum >> 15);
}


static size_t block(struct ua_resample *rs, int16_t *out, const int16_t *in,
		    size_t nin)
{
	const size_t past = rs->ntap - 1;
	size_t n = 0;

	memcpy(rs->work + past, in, nin * sizeof(*in));

	while (rs->at < nin) {
		out[n++] = convolve(rs->coef + rs->phase * rs->ntap,
				    rs->work + past + rs->at, rs->ntap);

		rs->phase += rs->down;
		rs->at += rs->phase / rs->up;
		rs->phase %= rs->up;
	}

	rs->at -= nin;
	memmove(rs->work, rs->work + nin, past * sizeof(*rs->work));
	return n;
}


size_t ua_resample_input(struct ua_resample *rs, int16_t *out,
			 const int16_t *in, size_t nin)
{
	size_t made = 0;
	size_t n;

	while (nin) {
		n = nin < BLOCK ? nin : BLOCK;
		made += block(rs, out + made, in, n);
		in += n;
		nin -= n;
	}

	return made;
}
