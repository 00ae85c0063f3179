/* SPDX-License-Identifier: BSD-3-Clause */
/** @file tonedet.c  Is there a tone in it? (Goertzel) */

#include <math.h>

#include "media/tonedet.h"

enum {
	BLOCKS_PER_S = 10,
	SILENCE = 33 /* Effective value, 60 dB below the largest */
};


double ua_tonedet_share(const int16_t *pcm, size_t nsamp, uint32_t srate_hz,
			double hz)
{
	const double w = 2 * M_PI * hz / srate_hz;
	const double c = 2 * cos(w);
	double energy = 0;
	double s0;
	double s1 = 0;
	double s2 = 0;
	double share;
	size_t i;

	for (i = 0; i < nsamp; i++) {
		s0 = pcm[i] + c * s1 - s2;
		s2 = s1;
		s1 = s0;
		energy += (double)pcm[i] * pcm[i];
	}

	if (energy < (double)nsamp * SILENCE * SILENCE)
		return 0;

	/* A pure tone has |X|^2 = energy * n / 2. */
	share = (s1 * s1 + s2 * s2 - c * s1 * s2) * 2 /
		(energy * (double)nsamp);

	return share < 1 ? share : 1;
}


double ua_tonedet_heard_s(const int16_t *pcm, size_t nsamp, uint32_t srate_hz,
			  double hz)
{
	const size_t block = srate_hz / BLOCKS_PER_S;
	size_t n = 0;
	size_t at;

	for (at = 0; at + block <= nsamp; at += block) {
		if (ua_tonedet_share(pcm + at, block, srate_hz, hz) > 0.5)
			n++;
	}

	return (double)n / BLOCKS_PER_S;
}
