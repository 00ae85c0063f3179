/* SPDX-License-Identifier: BSD-3-Clause */
/** @file plc.h  Concealment of lost sound, for codecs that have none */
#ifndef UA_PLC_H
#define UA_PLC_H

#include <ua/types.h>

enum {
	UA_PLC_PAST_MS = 40, /**< Sound that is remembered               */
	UA_PLC_HZ_MAX = 48000,
	UA_PLC_NPAST = UA_PLC_PAST_MS * (UA_PLC_HZ_MAX / 1000)
};

/** A value in its owner; ua_plc_init() sets it up */
struct ua_plc {
	uint32_t srate_hz;
	size_t npast;               /**< Of past that is used            */
	size_t period;              /**< Of the voice [samples]          */
	size_t at;                  /**< In the period, next to be said  */
	size_t gone;                /**< Concealed in a row [samples]    */
	int16_t past[UA_PLC_NPAST]; /**< What was played last            */
	int16_t wave[UA_PLC_NPAST]; /**< One period, to be said again    */
};


/** @param srate_hz  8000 to UA_PLC_HZ_MAX */
void ua_plc_init(struct ua_plc *plc, uint32_t srate_hz);


/**
 * Sound that came; behind a gap its beginning is blended with what would
 * have been said on.
 *
 * @param pcm  Changed at its beginning, if at all
 */
void ua_plc_good(struct ua_plc *plc, int16_t *pcm, size_t nsamp);


/**
 * Sound that did not come: the voice goes on with its last pitch, and is
 * silent after 60 ms.
 *
 * @param pcm  Set
 */
void ua_plc_lost(struct ua_plc *plc, int16_t *pcm, size_t nsamp);

#endif
