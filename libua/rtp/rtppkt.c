/* SPDX-License-Identifier: BSD-3-Clause */
/** @file rtppkt.c  RTP packet (RFC 3550, 5.1) */

#include <errno.h>

#include "base/wr.h"
#include "rtp/rtppkt.h"

enum {
	VERSION = 2,
	PADDING = 0x20,
	EXTENSION = 0x10,
	MARKER = 0x80,
	EXT_HDR = 4 /* Profile's word and length [bytes] */
};


static unsigned get16(const uint8_t *p)
{
	return (unsigned)p[0] << 8 | p[1];
}


static uint32_t get32(const uint8_t *p)
{
	return (uint32_t)get16(p) << 16 | get16(p + 2);
}


int ua_rtppkt_decode(struct ua_rtppkt *pkt, const uint8_t *buf, size_t len)
{
	size_t at = UA_RTPPKT_HDR;
	size_t pad = 0;

	if (len < UA_RTPPKT_HDR || buf[0] >> 6 != VERSION)
		return EBADMSG;

	at += (size_t)(buf[0] & 15) * 4; /* CSRC list */

	if (buf[0] & EXTENSION) {
		if (len < at + EXT_HDR)
			return EBADMSG;

		at += EXT_HDR + (size_t)get16(buf + at + 2) * 4;
	}

	if (len < at)
		return EBADMSG;

	/* The last byte counts the padding, itself included. */
	if (buf[0] & PADDING) {
		pad = buf[len - 1];
		if (!pad || pad > len - at)
			return EBADMSG;
	}

	pkt->marker = buf[1] & MARKER;
	pkt->pt = buf[1] & UA_RTPPKT_PT_MAX;
	pkt->seq = (uint16_t)get16(buf + 2);
	pkt->ts = get32(buf + 4);
	pkt->ssrc = get32(buf + 8);
	pkt->payload = buf + at;
	pkt->len = len - at - pad;
	return 0;
}


void ua_rtppkt_encode(const struct ua_rtppkt *pkt, uint8_t buf[UA_RTPPKT_HDR])
{
	struct ua_wr wr;

	ua_wr_init(&wr, buf, UA_RTPPKT_HDR);
	ua_wr_u8(&wr, VERSION << 6);
	ua_wr_u8(&wr, (uint8_t)((pkt->marker ? MARKER : 0) | pkt->pt));
	ua_wr_u16(&wr, pkt->seq);
	ua_wr_u32(&wr, pkt->ts);
	ua_wr_u32(&wr, pkt->ssrc);
}
