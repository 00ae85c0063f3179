/* SPDX-License-Identifier: BSD-3-Clause */
/** @file g722.c  G.722 at 64 kbit/s by spandsp (RFC 3551, 4.5.2) */

#include <errno.h>
#include <limits.h>

#include "codecs.h"

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wstrict-prototypes"
#include <spandsp.h>
#pragma GCC diagnostic pop

enum { BITRATE = 64000 };

/* One byte holds two samples; the RTP clock runs at half the sample rate, a
   mistake of old that has become the rule (RFC 3551, 4.5.2). */
enum { SAMPLES_PER_BYTE = 2 };


static int g722_enc_alloc(struct ua_enc **encp, const struct ua_codec *codec,
			  const char *fmtp)
{
	g722_encode_state_t *st;

	(void)codec;
	(void)fmtp;

	st = g722_encode_init(NULL, BITRATE, 0);
	if (!st)
		return ENOMEM;

	*encp = (struct ua_enc *)st;
	return 0;
}


static void g722_enc_free(struct ua_enc *enc)
{
	if (enc)
		(void)g722_encode_free((g722_encode_state_t *)enc);
}


static int g722_dec_alloc(struct ua_dec **decp, const struct ua_codec *codec)
{
	g722_decode_state_t *st;

	(void)codec;

	st = g722_decode_init(NULL, BITRATE, 0);
	if (!st)
		return ENOMEM;

	*decp = (struct ua_dec *)st;
	return 0;
}


static void g722_dec_free(struct ua_dec *dec)
{
	if (dec)
		(void)g722_decode_free((g722_decode_state_t *)dec);
}


static int g722_enc(struct ua_enc *enc, uint8_t *buf, size_t *len,
		    const int16_t *pcm, size_t nsamp)
{
	if (nsamp % SAMPLES_PER_BYTE || nsamp > INT_MAX)
		return EINVAL;
	if (nsamp / SAMPLES_PER_BYTE > *len)
		return ENOSPC;

	*len = (size_t)g722_encode((g722_encode_state_t *)enc, buf, pcm,
				   (int)nsamp);
	return 0;
}


static int g722_dec(struct ua_dec *dec, int16_t *pcm, size_t *nsamp,
		    const uint8_t *buf, size_t len)
{
	if (!len)
		return EBADMSG;
	if (len > *nsamp / SAMPLES_PER_BYTE || len > INT_MAX)
		return ENOSPC;

	*nsamp = (size_t)g722_decode((g722_decode_state_t *)dec, pcm, buf,
				     (int)len);
	return 0;
}


static size_t g722_nsamp(const uint8_t *buf, size_t len)
{
	(void)buf;

	return len * SAMPLES_PER_BYTE;
}


const struct ua_codec ua_g722 = {
	.name = "g722",
	.sdp_name = "G722",
	.clock_hz = 8000,
	.srate_hz = 16000,
	.channels = 1,
	.pt = 9,
	.ptime_min = 10,
	.ptime_max = 120,
	.ie = 0,
	.bpl = 25,
	.enc_alloc = g722_enc_alloc,
	.enc_free = g722_enc_free,
	.dec_alloc = g722_dec_alloc,
	.dec_free = g722_dec_free,
	.encode = g722_enc,
	.decode = g722_dec,
	.nsamp = g722_nsamp,
};
