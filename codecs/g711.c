/* SPDX-License-Identifier: BSD-3-Clause */
/** @file g711.c  A-law and mu-law (ITU-T G.711; RFC 3551, 4.5.14) */

#include <errno.h>

#include "codecs.h"

enum {
	ALAW_EVEN = 0x55, /* Every other bit of A-law travels inverted  */
	ULAW_BIAS = 33,   /* Lifts the 14 bit magnitude into segment 0  */
	ULAW_MAX = 8191   /* Largest biased magnitude                   */
};


/* Position of the highest bit that is set. */
static unsigned top_bit(unsigned v)
{
	return 31U - (unsigned)__builtin_clz(v);
}


/* One's complement gives -1 the magnitude of 0, and -32768 that of 32767. */
static unsigned magnitude(int16_t s)
{
	return (unsigned)(s < 0 ? ~s : s);
}


static uint8_t alaw_from(int16_t s)
{
	const unsigned m = magnitude(s) >> 3;
	unsigned code = m >> 1;
	unsigned seg;

	if (m >= 32) {
		seg = top_bit(m) - 4;
		code = seg << 4 | (m >> seg & 15);
	}

	return (uint8_t)((code | (s < 0 ? 0 : 0x80)) ^ ALAW_EVEN);
}


static int16_t alaw_to(uint8_t c)
{
	const int code = c ^ ALAW_EVEN;
	const int seg = code >> 4 & 7;
	int m = (code & 15) << 4 | 8;

	if (seg)
		m = (m | 0x100) << (seg - 1);

	return (int16_t)(code & 0x80 ? m : -m);
}


static uint8_t ulaw_from(int16_t s)
{
	unsigned m = (magnitude(s) >> 2) + ULAW_BIAS;
	unsigned seg;

	if (m > ULAW_MAX)
		m = ULAW_MAX;

	seg = top_bit(m) - 5;

	/* All bits travel inverted, the sign too. */
	return (uint8_t) ~(seg << 4 | (m >> (seg + 1) & 15) |
			   (s < 0 ? 0x80U : 0U));
}


static int16_t ulaw_to(uint8_t c)
{
	const int code = (uint8_t)~c;
	const int seg = code >> 4 & 7;
	const int m = ((((code & 15) << 1) + ULAW_BIAS) << seg) - ULAW_BIAS;

	return (int16_t)(code & 0x80 ? -m * 4 : m * 4);
}


static int alaw_encode(struct ua_enc *enc, uint8_t *buf, size_t *len,
		       const int16_t *pcm, size_t nsamp)
{
	size_t i;

	(void)enc;

	if (nsamp > *len)
		return ENOSPC;

	for (i = 0; i < nsamp; i++)
		buf[i] = alaw_from(pcm[i]);

	*len = nsamp;
	return 0;
}


static int ulaw_encode(struct ua_enc *enc, uint8_t *buf, size_t *len,
		       const int16_t *pcm, size_t nsamp)
{
	size_t i;

	(void)enc;

	if (nsamp > *len)
		return ENOSPC;

	for (i = 0; i < nsamp; i++)
		buf[i] = ulaw_from(pcm[i]);

	*len = nsamp;
	return 0;
}


static int alaw_decode(struct ua_dec *dec, int16_t *pcm, size_t *nsamp,
		       const uint8_t *buf, size_t len)
{
	size_t i;

	(void)dec;

	if (!len)
		return EBADMSG;
	if (len > *nsamp)
		return ENOSPC;

	for (i = 0; i < len; i++)
		pcm[i] = alaw_to(buf[i]);

	*nsamp = len;
	return 0;
}


static int ulaw_decode(struct ua_dec *dec, int16_t *pcm, size_t *nsamp,
		       const uint8_t *buf, size_t len)
{
	size_t i;

	(void)dec;

	if (!len)
		return EBADMSG;
	if (len > *nsamp)
		return ENOSPC;

	for (i = 0; i < len; i++)
		pcm[i] = ulaw_to(buf[i]);

	*nsamp = len;
	return 0;
}


static size_t g711_nsamp(const uint8_t *buf, size_t len)
{
	(void)buf;

	return len;
}


/* ie and bpl: G.711 with packet loss concealment (ITU-T G.113, I). */
const struct ua_codec ua_g711_pcma = {
	.name = "pcma",
	.sdp_name = "PCMA",
	.clock_hz = 8000,
	.srate_hz = 8000,
	.channels = 1,
	.pt = 8,
	.ptime_min = 10,
	.ptime_max = 120,
	.ie = 0,
	.bpl = 25,
	.encode = alaw_encode,
	.decode = alaw_decode,
	.nsamp = g711_nsamp,
};


const struct ua_codec ua_g711_pcmu = {
	.name = "pcmu",
	.sdp_name = "PCMU",
	.clock_hz = 8000,
	.srate_hz = 8000,
	.channels = 1,
	.pt = 0,
	.ptime_min = 10,
	.ptime_max = 120,
	.ie = 0,
	.bpl = 25,
	.encode = ulaw_encode,
	.decode = ulaw_decode,
	.nsamp = g711_nsamp,
};
