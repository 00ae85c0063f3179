/* SPDX-License-Identifier: BSD-3-Clause */
/** @file rtcp.c  RTCP compound packet (RFC 3550, 6) */

#include <errno.h>
#include <string.h>

#include "base/wr.h"
#include "rtp/rtcp.h"

enum {
	VERSION = 2,
	PADDING = 0x20,
	COUNT = 0x1f,
	SR = 200,
	RR = 201,
	SDES = 202,
	BYE = 203,
	CNAME = 1,
	HDR = 4, /* Common header [bytes]                        */
	SSRC = 4,
	SENDER_INFO = 20,
	REPORT = 24,
	MUX_FIRST = 192, /* Payload types that RTP leaves to RTCP when   */
	MUX_LAST = 223   /* they share a port (RFC 5761, 4)              */
};


static unsigned get16(const uint8_t *p)
{
	return (unsigned)p[0] << 8 | p[1];
}


static uint32_t get32(const uint8_t *p)
{
	return (uint32_t)get16(p) << 16 | get16(p + 2);
}


bool ua_rtcp_is(const uint8_t *buf, size_t len)
{
	return len >= HDR && buf[0] >> 6 == VERSION && buf[1] >= MUX_FIRST &&
	       buf[1] <= MUX_LAST;
}


/* All the lengths, before anything is believed (RFC 3550, A.2). */
static bool sound(const uint8_t *buf, size_t len)
{
	size_t at = 0;
	size_t n;

	if (len < HDR + SSRC || (buf[1] != SR && buf[1] != RR))
		return false;

	while (at < len) {
		if (len - at < HDR || buf[at] >> 6 != VERSION)
			return false;

		n = HDR + (size_t)get16(buf + at + 2) * 4;
		if (n > len - at)
			return false;

		/* Only the last one may be padded. */
		if ((buf[at] & PADDING) && at + n != len)
			return false;

		at += n;
	}

	return true;
}


/* 24 bit, signed */
static int32_t get_lost(const uint8_t *p)
{
	const uint32_t v = (uint32_t)p[0] << 16 | get16(p + 1);

	return v & 0x800000 ? (int32_t)v - 0x1000000 : (int32_t)v;
}


static void report_read(struct ua_rtcp_report *r, const uint8_t *p)
{
	r->ssrc = get32(p);
	r->fraction = p[4];
	r->lost = get_lost(p + 5);
	r->max_seq = get32(p + 8);
	r->jitter = get32(p + 12);
	r->lsr = get32(p + 16);
	r->dlsr = get32(p + 20);
}


/* SR or RR; p is behind the header, n bytes long. */
static int reports_read(struct ua_rtcp *rtcp, uint32_t ssrc, unsigned type,
			unsigned count, const uint8_t *p, size_t n)
{
	const size_t fix = SSRC + (type == SR ? SENDER_INFO : 0);
	unsigned i;

	if (n < fix + (size_t)count * REPORT)
		return EBADMSG;

	rtcp->ssrc = get32(p);
	if (type == SR) {
		rtcp->sr = true;
		rtcp->ntp = (uint64_t)get32(p + 4) << 32 | get32(p + 8);
		rtcp->ts = get32(p + 12);
		rtcp->packets = get32(p + 16);
		rtcp->bytes = get32(p + 20);
	}

	for (i = 0; i < count; i++) {
		if (get32(p + fix + (size_t)i * REPORT) != ssrc)
			continue;

		rtcp->has_report = true;
		report_read(&rtcp->report, p + fix + (size_t)i * REPORT);
	}

	return 0;
}


static int bye_read(struct ua_rtcp *rtcp, unsigned count, const uint8_t *p,
		    size_t n)
{
	unsigned i;

	if (n < (size_t)count * SSRC)
		return EBADMSG;

	for (i = 0; i < count; i++) {
		if (get32(p + (size_t)i * SSRC) == rtcp->ssrc)
			rtcp->bye = true;
	}

	return 0;
}


int ua_rtcp_decode(struct ua_rtcp *rtcp, uint32_t ssrc, const uint8_t *buf,
		   size_t len)
{
	struct ua_rtcp got;
	const uint8_t *p;
	size_t at;
	size_t n;
	int err = 0;

	if (!sound(buf, len))
		return EBADMSG;

	memset(&got, 0, sizeof(got));

	for (at = 0; at < len && !err; at += HDR + n) {
		p = buf + at;
		n = (size_t)get16(p + 2) * 4;

		if (p[1] == SR || p[1] == RR)
			err = reports_read(&got, ssrc, p[1], p[0] & COUNT,
					   p + HDR, n);
		else if (p[1] == BYE)
			err = bye_read(&got, p[0] & COUNT, p + HDR, n);
	}

	if (!err)
		*rtcp = got;

	return err;
}


static void header(struct ua_wr *wr, unsigned count, unsigned type, size_t len)
{
	ua_wr_u8(wr, (uint8_t)(VERSION << 6 | count));
	ua_wr_u8(wr, (uint8_t)type);
	ua_wr_u16(wr, (uint16_t)(len / 4));
}


static void report_write(struct ua_wr *wr, const struct ua_rtcp_report *r)
{
	int32_t lost = r->lost;

	/* Its 24 bits saturate (RFC 3550, A.3). */
	if (lost > 0x7fffff)
		lost = 0x7fffff;
	if (lost < -0x800000)
		lost = -0x800000;

	ua_wr_u32(wr, r->ssrc);
	ua_wr_u32(wr,
		  (uint32_t)r->fraction << 24 | ((uint32_t)lost & 0xffffff));
	ua_wr_u32(wr, r->max_seq);
	ua_wr_u32(wr, r->jitter);
	ua_wr_u32(wr, r->lsr);
	ua_wr_u32(wr, r->dlsr);
}


static void reports_write(struct ua_wr *wr, const struct ua_rtcp *rtcp)
{
	const size_t n = (size_t)SSRC + (rtcp->sr ? SENDER_INFO : 0) +
			 (rtcp->has_report ? REPORT : 0);

	header(wr, rtcp->has_report, rtcp->sr ? SR : RR, n);
	ua_wr_u32(wr, rtcp->ssrc);

	if (rtcp->sr) {
		ua_wr_u32(wr, (uint32_t)(rtcp->ntp >> 32));
		ua_wr_u32(wr, (uint32_t)rtcp->ntp);
		ua_wr_u32(wr, rtcp->ts);
		ua_wr_u32(wr, rtcp->packets);
		ua_wr_u32(wr, rtcp->bytes);
	}

	if (rtcp->has_report)
		report_write(wr, &rtcp->report);
}


/* One chunk with one item; zeros end it on a full word. */
static void sdes_write(struct ua_wr *wr, uint32_t ssrc, const char *cname)
{
	static const uint8_t zeros[4];
	const size_t n = strnlen(cname, UA_RTCP_CNAME_MAX);
	const size_t used = SSRC + 2 + n;
	const size_t pad = 4 - used % 4;

	header(wr, 1, SDES, used + pad);
	ua_wr_u32(wr, ssrc);
	ua_wr_u8(wr, CNAME);
	ua_wr_u8(wr, (uint8_t)n);
	ua_wr_mem(wr, cname, n);
	ua_wr_mem(wr, zeros, pad);
}


int ua_rtcp_encode(const struct ua_rtcp *rtcp, const char *cname, uint8_t *buf,
		   size_t *len)
{
	struct ua_wr wr;

	ua_wr_init(&wr, buf, *len);
	reports_write(&wr, rtcp);
	sdes_write(&wr, rtcp->ssrc, cname);

	if (rtcp->bye) {
		header(&wr, 1, BYE, SSRC);
		ua_wr_u32(&wr, rtcp->ssrc);
	}

	if (!wr.err)
		*len = wr.pos;

	return wr.err;
}
