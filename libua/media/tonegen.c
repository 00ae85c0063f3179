/* SPDX-License-Identifier: BSD-3-Clause */
/** @file tonegen.c  A sine tone */

#include <math.h>

#include "media/tonegen.h"

void ua_tonegen_init(struct ua_tonegen *tone, double hz, uint32_t srate_hz,
		     double level_db)
{
	tone->step = 2 * M_PI * hz / srate_hz;
	tone->phase = 0;
	tone->peak = INT16_MAX * pow(10, level_db / 20);
}


void ua_tonegen_output(struct ua_tonegen *tone, int16_t *pcm, size_t nsamp)
{
	size_t i;

	for (i = 0; i < nsamp; i++) {
		pcm[i] = (int16_t)lrint(tone->peak * sin(tone->phase));

		tone->phase += tone->step;
		if (tone->phase > 2 * M_PI)
			tone->phase -= 2 * M_PI;
	}
}
