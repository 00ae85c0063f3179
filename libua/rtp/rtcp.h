/* SPDX-License-Identifier: BSD-3-Clause */
/** @file rtcp.h  RTCP compound packet (RFC 3550, 6) */
#ifndef UA_RTCP_H
#define UA_RTCP_H

#include <ua/types.h>

enum {
	UA_RTCP_CNAME_MAX = 63, /**< Of our own name [bytes]            */
	UA_RTCP_LEN_MAX = 160   /**< Of what we write [bytes]           */
};

/** Report block (RFC 3550, 6.4.1) */
struct ua_rtcp_report {
	uint32_t ssrc;    /**< Whom it is about                      */
	uint8_t fraction; /**< Lost since the last one [1/256]       */
	int32_t lost;     /**< In all; duplicates make it negative   */
	uint32_t max_seq; /**< Highest sequence number, extended     */
	uint32_t jitter;  /**< [RTP clock]                           */
	uint32_t lsr;     /**< Middle of the last SR's NTP time, 0: none */
	uint32_t dlsr;    /**< Since then [1/65536 s]                */
};

/** What a compound packet says, as far as it concerns a call */
struct ua_rtcp {
	uint32_t ssrc; /**< Of the one who speaks         */
	bool sr;       /**< The next four are set         */
	uint64_t ntp;
	uint32_t ts;
	uint32_t packets;
	uint32_t bytes;
	bool has_report;              /**< report is set                 */
	struct ua_rtcp_report report; /**< Read: about us; written: the one */
	bool bye;                     /**< Speaker leaves                */
};


/**
 * Is it RTCP where RTP and RTCP share a port (RFC 5761, 4)?
 */
bool ua_rtcp_is(const uint8_t *buf, size_t len);


/**
 * Read a compound packet; SDES and kinds unknown are stepped over.
 *
 * @param rtcp  Set on success only
 * @param ssrc  Ours: the report about it is the one that is read
 *
 * @retval 0        Done
 * @retval EBADMSG  Malformed (RFC 3550, A.2): drop it
 */
UA_CHECK int ua_rtcp_decode(struct ua_rtcp *rtcp, uint32_t ssrc,
			    const uint8_t *buf, size_t len);


/**
 * Write a compound packet: SR or RR, SDES with the name, BYE if asked for.
 *
 * @param cname  Cut at UA_RTCP_CNAME_MAX
 * @param buf    Room, UA_RTCP_LEN_MAX is enough
 * @param len    In: room, out: used [bytes]
 *
 * @retval 0       Done
 * @retval ENOSPC  No room: programming error
 */
UA_CHECK int ua_rtcp_encode(const struct ua_rtcp *rtcp, const char *cname,
			    uint8_t *buf, size_t *len);

#endif
