/* SPDX-License-Identifier: BSD-3-Clause */
/** @file recvgap.h  Sound that was made up: was it lost, or never sent? */
#ifndef UA_RECVGAP_H
#define UA_RECVGAP_H

#include <ua/types.h>
#include "rtp/jitter.h"

/** A value; all zero at the start */
struct ua_recvgap {
	double lost_s;   /**< Made up for what was lost, or late [s]     */
	double open_s;   /**< Made up since the last frame: not judged   */
	bool begun;      /**< There was a frame                          */
	uint16_t seq;    /**< Of the last one                            */
	uint32_t ts;     /**< Of it [RTP clock]                          */
	uint16_t others; /**< Packets since that are no sound            */
};


/** So many seconds were made up */
void ua_recvgap_missed(struct ua_recvgap *gap, double s);

/** A packet that is no sound has a number of the stream's all the same */
void ua_recvgap_other(struct ua_recvgap *gap);

/**
 * A frame is played, which judges what was made up before it.  A pause, on
 * hold or in silence, leaves no packet out and lets the time stamp run (RFC
 * 3550, 5.1); a delay that was too long leaves none out either, but the time
 * stamps follow on each other.
 */
void ua_recvgap_played(struct ua_recvgap *gap,
		       const struct ua_jitter_pkt *pkt);

#endif
