/* SPDX-License-Identifier: BSD-3-Clause */
/** @file rtppkt.h  RTP packet (RFC 3550, 5.1) */
#ifndef UA_RTPPKT_H
#define UA_RTPPKT_H

#include <ua/types.h>

enum {
	UA_RTPPKT_HDR = 12,    /**< Header that we write [bytes]     */
	UA_RTPPKT_PT_MAX = 127 /**< Seven bits                       */
};

/** A packet; the payload is borrowed from the datagram */
struct ua_rtppkt {
	bool marker;
	uint8_t pt;
	uint16_t seq;
	uint32_t ts;
	uint32_t ssrc;
	const uint8_t *payload; /**< Behind CSRC and extension     */
	size_t len;             /**< Without padding [bytes]       */
};


/**
 * Read a packet.
 *
 * @param pkt  Set on success only; payload points into buf
 *
 * @retval 0        Done; the payload may be empty
 * @retval EBADMSG  Not RTP, or its lengths do not fit: drop it
 */
UA_CHECK int ua_rtppkt_decode(struct ua_rtppkt *pkt, const uint8_t *buf,
			      size_t len);


/**
 * Write the header; the payload belongs UA_RTPPKT_HDR bytes into buf.
 *
 * @param pkt  payload and len are not looked at
 * @param buf  At least UA_RTPPKT_HDR bytes
 */
void ua_rtppkt_encode(const struct ua_rtppkt *pkt, uint8_t buf[UA_RTPPKT_HDR]);

#endif
