/* SPDX-License-Identifier: BSD-3-Clause */
/** @file rtcpses.h  RTCP of one call: when to report, and what comes back */
#ifndef UA_RTCPSES_H
#define UA_RTCPSES_H

#include "rtp/rtcp.h"
#include "rtp/rtpstat.h"

struct ua_rtcpses;

/** What our sender did so far */
struct ua_rtcpses_tx {
	uint32_t ssrc;
	uint32_t clock_hz; /**< RTP clock                              */
	uint32_t packets;
	uint32_t bytes; /**< Payload                                */
	uint32_t ts;    /**< Time stamp of the last packet          */
	uint64_t ts_ms; /**< When it went                           */
};

struct ua_rtcpses_conf {
	char cname[UA_RTCP_CNAME_MAX + 1]; /**< "": made of randomness
					       (RFC 7022, 4.2)          */
	uint64_t ntp0; /**< NTP time at now_ms 0: ua_clock_ntp() less now;
			    0 is allowed (RFC 3550, 6.4.1)              */
	const struct ua_rand *rand; /**< Borrowed                       */
};

struct ua_rtcpses_stats {
	double rtt_ms;    /**< 0: not known                          */
	double loss;      /**< Of ours, at the peer, lately, 0 to 1  */
	int32_t lost;     /**< Of ours, at the peer, in all          */
	uint32_t jitter;  /**< Of ours, at the peer [RTP clock]      */
	uint32_t reports; /**< About us that have come               */
	bool bye;         /**< The peer said goodbye                 */
};


/**
 * @param sesp    Set on success; ended by mem_deref()
 * @param now_ms  The first report comes 1.0 to 3.1 s later
 *
 * @retval 0       Done
 * @retval ENOMEM  Try later
 */
UA_CHECK int ua_rtcpses_alloc(struct ua_rtcpses **sesp, uint64_t now_ms,
			      const struct ua_rtcpses_conf *conf);


/** When ua_rtcpses_output() has something; UA_NEVER after a BYE */
uint64_t ua_rtcpses_deadline(const struct ua_rtcpses *ses);


/**
 * The report, if it is due.
 *
 * @param tx   Our sender
 * @param rx   What we receive; its counters of the last report move on
 * @param buf  UA_RTCP_LEN_MAX bytes
 * @param len  Set to the length when true
 *
 * @retval true   Send it
 * @retval false  Nothing is due
 */
bool ua_rtcpses_output(struct ua_rtcpses *ses, uint64_t now_ms,
		       const struct ua_rtcpses_tx *tx, struct ua_rtpstat *rx,
		       uint8_t buf[UA_RTCP_LEN_MAX], size_t *len);


/**
 * Take an RTCP packet.
 *
 * @param tx  Our sender
 *
 * @retval 0        Done
 * @retval EBADMSG  Malformed: drop it; unchanged
 */
UA_CHECK int ua_rtcpses_input(struct ua_rtcpses *ses, uint64_t now_ms,
			      const struct ua_rtcpses_tx *tx,
			      const uint8_t *buf, size_t len);


/** The call ends: the next output is a BYE, due at once, and the last; none
    if nothing was ever sent (RFC 3550, 6.3.7) */
void ua_rtcpses_bye(struct ua_rtcpses *ses, uint64_t now_ms,
		    const struct ua_rtcpses_tx *tx);

void ua_rtcpses_stats(const struct ua_rtcpses *ses,
		      struct ua_rtcpses_stats *stats);

#endif
