/* SPDX-License-Identifier: BSD-3-Clause */
/** @file recvgap.h  Sound that was made up: was it lost, or never sent? */
#ifndef UA_RECVGAP_H
#define UA_RECVGAP_H

#include <ua/types.h>
#include "rtp/jitter.h"

/** A value; all zero at the start */
struct ua_recvgap {
	double lost_s;      /**< Made up for what was lost, or late [s]      */
	double open_s;      /**< Made up since the last frame: nobody knows  */
	uint32_t open_lost; /**< Packets lost when that began               */
	uint32_t ts;        /**< Of the last frame [RTP clock]              */
};


/**
 * Sound was made up.
 *
 * @param s     So much [s]
 * @param sure  A packet behind it is there, or it could not be decoded: it
 *              was lost.  Else the sender may have paused
 * @param lost  Packets lost so far, by their sequence numbers
 */
void ua_recvgap_missed(struct ua_recvgap *gap, double s, bool sure,
		       uint32_t lost);


/**
 * A frame is played.  A pause is what lost no packet and let the sender's
 * time go on (RFC 3550, 5.1: on hold or in silence the time stamp runs); a
 * delay that was too long loses no packet either, but its time stamps follow
 * on each other.
 */
void ua_recvgap_played(struct ua_recvgap *gap, const struct ua_jitter_pkt *pkt,
		       uint32_t lost);

#endif
