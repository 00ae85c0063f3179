/* SPDX-License-Identifier: BSD-3-Clause */
/** @file l16.c  Plain samples in network byte order (RFC 3551, 4.5.11) */

#include <errno.h>

#include "codecs.h"


static int l16_encode(struct ua_enc *enc, uint8_t *buf, size_t *len,
		      const int16_t *pcm, size_t nsamp)
{
	size_t i;

	(void)enc;

	if (nsamp > *len / 2)
		return ENOSPC;

	for (i = 0; i < nsamp; i++) {
		buf[2 * i] = (uint8_t)((uint16_t)pcm[i] >> 8);
		buf[2 * i + 1] = (uint8_t)pcm[i];
	}

	*len = 2 * nsamp;
	return 0;
}


static int l16_decode(struct ua_dec *dec, int16_t *pcm, size_t *nsamp,
		      const uint8_t *buf, size_t len)
{
	size_t i;

	(void)dec;

	if (!len || len % 2)
		return EBADMSG;
	if (len / 2 > *nsamp)
		return ENOSPC;

	for (i = 0; i < len / 2; i++)
		pcm[i] = (int16_t)(buf[2 * i] << 8 | buf[2 * i + 1]);

	*nsamp = len / 2;
	return 0;
}


static size_t l16_nsamp(const uint8_t *buf, size_t len)
{
	(void)buf;

	return len % 2 ? 0 : len / 2;
}


/* The longest packets are those that still fit UA_CODEC_LEN_MAX. */
const struct ua_codec ua_l16_16000 = {
	.name = "l16",
	.sdp_name = "L16",
	.clock_hz = 16000,
	.srate_hz = 16000,
	.channels = 1,
	.pt = -1,
	.ptime_min = 10,
	.ptime_max = 40,
	.ie = 0,
	.bpl = 25,
	.encode = l16_encode,
	.decode = l16_decode,
	.nsamp = l16_nsamp,
};


const struct ua_codec ua_l16_8000 = {
	.name = "l16",
	.sdp_name = "L16",
	.clock_hz = 8000,
	.srate_hz = 8000,
	.channels = 1,
	.pt = -1,
	.ptime_min = 10,
	.ptime_max = 80,
	.ie = 0,
	.bpl = 25,
	.encode = l16_encode,
	.decode = l16_decode,
	.nsamp = l16_nsamp,
};
