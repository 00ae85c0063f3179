/* SPDX-License-Identifier: BSD-3-Clause */
/** @file tonedet.h  Is there a tone in it? (Goertzel) */
#ifndef UA_TONEDET_H
#define UA_TONEDET_H

#include <ua/types.h>


/**
 * How much of a sound is one tone.
 *
 * @param nsamp  100 ms or so: the band is about srate_hz / nsamp wide
 * @param hz     Up to half of srate_hz
 *
 * @return Share of its energy, 0 to 1; 0 for silence (below -60 dB)
 */
double ua_tonedet_share(const int16_t *pcm, size_t nsamp, uint32_t srate_hz,
			double hz);


/**
 * Seconds of a recording in which a tone was heard: those blocks of 100 ms of
 * which it is the better half.
 */
double ua_tonedet_heard_s(const int16_t *pcm, size_t nsamp, uint32_t srate_hz,
			  double hz);

#endif
