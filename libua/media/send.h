/* SPDX-License-Identifier: BSD-3-Clause */
/** @file send.h  From samples to RTP packets */
#ifndef UA_SEND_H
#define UA_SEND_H

#include <ua/codec.h>
#include "rtp/rtcpses.h"
#include "rtp/rtppkt.h"

struct ua_send;

/** What the answer agreed on, and where the sound comes from */
struct ua_send_conf {
	const struct ua_codec *codec; /**< Borrowed                          */
	uint8_t pt;                   /**< Of the codec                      */
	const char *fmtp;             /**< The peer's, NULL: none (borrowed
					   for the call)                     */
	int16_t telev_pt;             /**< Of telephone-event at the codec's
					   RTP clock, -1: not agreed         */
	uint16_t ptime_ms;            /**< Wanted; brought within what the
					   codec can                         */
	uint32_t srate_hz;            /**< Of the samples given              */
	const struct ua_rand *rand;   /**< Borrowed                          */
};


/**
 * @param sendp  Set on success; ended by mem_deref()
 * @param conf   Copied
 *
 * @retval 0       Done
 * @retval EINVAL  A rate that cannot be converted
 * @retval ENOMEM  Try later
 */
UA_CHECK int ua_send_alloc(struct ua_send **sendp,
			   const struct ua_send_conf *conf);


/**
 * Another codec or rate after a new answer; SSRC, sequence numbers and time
 * go on, as does what is queued of digits.
 *
 * @retval 0      Done
 * @retval errno  As ua_send_alloc(); unchanged
 */
UA_CHECK int ua_send_set(struct ua_send *send,
			 const struct ua_send_conf *conf);


/**
 * Give samples.  Then take packets with ua_send_output() until it has none.
 *
 * @param nsamp  Any number, usually one frame of the source
 *
 * @retval 0       Done
 * @retval ENOSPC  More than 240 ms wait: these were dropped
 */
int ua_send_input(struct ua_send *send, const int16_t *pcm, size_t nsamp);


/**
 * Take the next packet.
 *
 * @param now_ms  Time that its sound was given
 * @param buf     RTP packet
 * @param size    Room, UA_CODEC_LEN_MAX + UA_RTPPKT_HDR is enough [bytes]
 * @param len     Set to the length when true
 *
 * @retval true   Protect it, send it
 * @retval false  Not enough samples yet
 */
bool ua_send_output(struct ua_send *send, uint64_t now_ms, uint8_t *buf,
		    size_t size, size_t *len);


/**
 * Make a packet that keeps the path alive while no sound is sent: one of the
 * stream, with its next sequence number and the time of now, but empty and of
 * a payload type that nobody agreed on.  A receiver ignores it (RFC 3550, 5.1;
 * RFC 6263, 4.6), so it is no media to who is on hold, and RTCP does not
 * report it.
 *
 * @param pt   Payload type that is not in use
 * @param buf  Set to the packet
 */
void ua_send_keep(struct ua_send *send, uint64_t now_ms, uint8_t pt,
		  uint8_t buf[UA_RTPPKT_HDR]);


/**
 * Send a digit (RFC 4733) instead of sound, behind those that wait.
 *
 * @param digit  0-9 * # A-D, or ',': a pause
 * @param ms     Its length
 *
 * @retval 0        Queued
 * @retval EINVAL   Another character
 * @retval ENOTSUP  The peer takes no telephone-events
 * @retval ENOSPC   64 wait already
 */
UA_CHECK int ua_send_dtmf(struct ua_send *send, char digit, unsigned ms);

/** Send silence instead of the samples */
void ua_send_mute(struct ua_send *send, bool on);

/** Loss that the peer reports, 0 to 1: the codec may protect itself */
void ua_send_loss(struct ua_send *send, double loss);

/** The numbers that RTCP and the statistics want */
const struct ua_rtcpses_tx *ua_send_tx(const struct ua_send *send);

const struct ua_codec *ua_send_codec(const struct ua_send *send);

/** Length of a packet [ms] */
uint32_t ua_send_ptime(const struct ua_send *send);

#endif
