/* SPDX-License-Identifier: BSD-3-Clause */
/** @file streamout.h  What a stream sends: sound, RTCP, and what keeps its
 * path alive */
#ifndef UA_STREAMOUT_H
#define UA_STREAMOUT_H

#include "call/stream.h"
#include "media/recv.h"
#include "media/send.h"
#include "rtp/rtpalive.h"
#include "rtp/rtcpses.h"

/** The way out of a stream, which owns what is in it */
struct ua_streamout {
	struct ua_stream_handlers handlers;
	struct ua_send *send; /**< NULL: nothing agreed yet */
	struct ua_recv *recv; /**< Of whom RTCP reports     */
	struct ua_rtcpses *rtcp;
	struct ua_rtpalive alive;
	int16_t keep_pt; /**< Of packets that are no media, or none   */
	bool nowhere;    /**< The peer has no address (RFC 3264, 8.4) */
	bool sent;       /**< Sound went out                          */
};


/** Nothing is agreed yet; handlers are copied */
void ua_streamout_init(struct ua_streamout *out,
		       const struct ua_stream_handlers *handlers);

/** Take what was agreed, but for the codec, which is of `send` */
void ua_streamout_set(struct ua_streamout *out, uint64_t now_ms,
		      const struct ua_offer_result *result);

/** Send the sound that fills packets by now */
void ua_streamout_sound(struct ua_streamout *out, uint64_t now_ms);

/** Send a report, if one is due */
void ua_streamout_rtcp(struct ua_streamout *out, uint64_t now_ms);

/** Nothing was said on the port of RTP: send what is no media, if it is due */
void ua_streamout_keep(struct ua_streamout *out, uint64_t now_ms);

#endif
