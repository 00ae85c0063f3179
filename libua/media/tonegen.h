/* SPDX-License-Identifier: BSD-3-Clause */
/** @file tonegen.h  A sine tone */
#ifndef UA_TONEGEN_H
#define UA_TONEGEN_H

#include <ua/types.h>

/** A value in its owner */
struct ua_tonegen {
	double step;  /**< Radians from one sample to the next */
	double phase; /**< Of the next sample                  */
	double peak;  /**< 0 to 32767                          */
};


/**
 * @param hz        Up to half of srate_hz
 * @param level_db  Of its peak, 0 is the largest there is, e.g. -10
 */
void ua_tonegen_init(struct ua_tonegen *tone, double hz, uint32_t srate_hz,
		     double level_db);

/** The next samples */
void ua_tonegen_output(struct ua_tonegen *tone, int16_t *pcm, size_t nsamp);

#endif
