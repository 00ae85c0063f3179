/* SPDX-License-Identifier: BSD-3-Clause */
/** @file opus.c  Opus by libopus (RFC 6716, RFC 7587) */

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <opus/opus.h>

#include "codecs.h"

enum {
	SRATE = 48000, /* The RTP clock too, always (RFC 7587, 4.1)         */
	BITRATE = 32000,    /* Full-band mono speech (RFC 7587, 3.1.1)      */
	BITRATE_MIN = 6000, /* What is outside is ignored (RFC 7587, 6.1)   */
	BITRATE_MAX = 510000,
	COMPLEXITY = 5, /* Above it the ear hears little, a core feels it   */
	LOSS_MAX = 30   /* More redundancy than this starves the voice [%]  */
};


/*
 * Value of one parameter of "a=1;b=2", or a default.  Only numbers are of
 * interest here.
 */
static long param(const char *fmtp, const char *name, long dflt)
{
	const size_t n = strlen(name);
	const char *p = fmtp;
	char *end;
	long v;

	while (p && *p) {
		p += strspn(p, "; \t");

		if (!strncasecmp(p, name, n) && p[n] == '=') {
			v = strtol(p + n + 1, &end, 10);
			return end == p + n + 1 ? dflt : v;
		}

		p = strchr(p, ';');
	}

	return dflt;
}


static opus_int32 bandwidth(long rate_hz)
{
	if (rate_hz <= 8000)
		return OPUS_BANDWIDTH_NARROWBAND;
	if (rate_hz <= 12000)
		return OPUS_BANDWIDTH_MEDIUMBAND;
	if (rate_hz <= 16000)
		return OPUS_BANDWIDTH_WIDEBAND;
	if (rate_hz <= 24000)
		return OPUS_BANDWIDTH_SUPERWIDEBAND;

	return OPUS_BANDWIDTH_FULLBAND;
}


static int encoder_set(OpusEncoder *enc, const char *fmtp)
{
	const long rate = param(fmtp, "maxplaybackrate", SRATE);
	const long most = param(fmtp, "maxaveragebitrate", BITRATE);
	opus_int32 bitrate = BITRATE;

	if (most >= BITRATE_MIN && most < BITRATE)
		bitrate = (opus_int32)most;

	if (opus_encoder_ctl(enc, OPUS_SET_BITRATE(bitrate)) ||
	    opus_encoder_ctl(enc, OPUS_SET_COMPLEXITY(COMPLEXITY)) ||
	    opus_encoder_ctl(enc, OPUS_SET_MAX_BANDWIDTH(bandwidth(rate))) ||
	    opus_encoder_ctl(enc, OPUS_SET_VBR(!param(fmtp, "cbr", 0))) ||
	    opus_encoder_ctl(
		    enc,
		    OPUS_SET_INBAND_FEC(param(fmtp, "useinbandfec", 0) == 1)))
		return EINVAL;

	return 0;
}


static int opus_enc_alloc(struct ua_enc **encp, const struct ua_codec *codec,
			  const char *fmtp)
{
	OpusEncoder *enc;
	int err;

	(void)codec;

	enc = opus_encoder_create(SRATE, 1, OPUS_APPLICATION_VOIP, NULL);
	if (!enc)
		return ENOMEM;

	err = encoder_set(enc, fmtp);
	if (err) {
		opus_encoder_destroy(enc);
		return err;
	}

	*encp = (struct ua_enc *)enc;
	return 0;
}


static void opus_enc_free(struct ua_enc *enc)
{
	if (enc)
		opus_encoder_destroy((OpusEncoder *)enc);
}


static int opus_dec_alloc(struct ua_dec **decp, const struct ua_codec *codec)
{
	OpusDecoder *dec;

	(void)codec;

	/* One channel: a stereo stream is mixed down by the decoder. */
	dec = opus_decoder_create(SRATE, 1, NULL);
	if (!dec)
		return ENOMEM;

	*decp = (struct ua_dec *)dec;
	return 0;
}


static void opus_dec_free(struct ua_dec *dec)
{
	if (dec)
		opus_decoder_destroy((OpusDecoder *)dec);
}


static int opus_enc(struct ua_enc *enc, uint8_t *buf, size_t *len,
		    const int16_t *pcm, size_t nsamp)
{
	const size_t room = *len < INT_MAX ? *len : INT_MAX;
	opus_int32 n;

	if (nsamp > UA_CODEC_NSAMP_MAX)
		return EINVAL;

	n = opus_encode((OpusEncoder *)enc, pcm, (int)nsamp, buf,
			(opus_int32)room);
	if (n == OPUS_BUFFER_TOO_SMALL)
		return ENOSPC;
	if (n < 0)
		return EINVAL;

	*len = (size_t)n;
	return 0;
}


static size_t opus_nsamp(const uint8_t *buf, size_t len)
{
	int n;

	if (!len || len > INT_MAX)
		return 0;

	n = opus_packet_get_nb_samples(buf, (opus_int32)len, SRATE);
	return n > 0 ? (size_t)n : 0;
}


static int opus_dec(struct ua_dec *dec, int16_t *pcm, size_t *nsamp,
		    const uint8_t *buf, size_t len)
{
	const size_t need = opus_nsamp(buf, len);
	int n;

	if (!need)
		return EBADMSG;
	if (need > *nsamp)
		return ENOSPC;

	n = opus_decode((OpusDecoder *)dec, buf, (opus_int32)len, pcm,
			(int)need, 0);
	if (n < 0)
		return EBADMSG;

	*nsamp = (size_t)n;
	return 0;
}


/* Of the packet behind (fec), or out of nothing (buf NULL). */
static int conceal(struct ua_dec *dec, int16_t *pcm, size_t nsamp,
		   const uint8_t *buf, size_t len)
{
	int n;

	if (nsamp > UA_CODEC_NSAMP_MAX || len > INT_MAX)
		return EINVAL;

	n = opus_decode((OpusDecoder *)dec, buf, (opus_int32)len, pcm,
			(int)nsamp, buf ? 1 : 0);

	return n == (int)nsamp ? 0 : EBADMSG;
}


static int opus_plc(struct ua_dec *dec, int16_t *pcm, size_t nsamp)
{
	return conceal(dec, pcm, nsamp, NULL, 0);
}


static int opus_fec(struct ua_dec *dec, int16_t *pcm, size_t nsamp,
		    const uint8_t *buf, size_t len)
{
	return len ? conceal(dec, pcm, nsamp, buf, len) : EINVAL;
}


static void opus_loss(struct ua_enc *enc, unsigned percent)
{
	const opus_int32 v =
		percent < LOSS_MAX ? (opus_int32)percent : LOSS_MAX;

	(void)opus_encoder_ctl((OpusEncoder *)enc,
			       OPUS_SET_PACKET_LOSS_PERC(v));
}


/* 20 ms and its multiples are all that libopus packs in every mode. */
const struct ua_codec ua_opus = {
	.name = "opus",
	.sdp_name = "opus",
	.clock_hz = SRATE,
	.srate_hz = SRATE,
	.channels = 2,
	.pt = -1,
	.ptime_min = 20,
	.ptime_max = 120,
	.ie = 0,
	.bpl = 20,
	.fmtp = "useinbandfec=1",
	.enc_alloc = opus_enc_alloc,
	.enc_free = opus_enc_free,
	.dec_alloc = opus_dec_alloc,
	.dec_free = opus_dec_free,
	.encode = opus_enc,
	.decode = opus_dec,
	.plc = opus_plc,
	.fec = opus_fec,
	.loss = opus_loss,
	.nsamp = opus_nsamp,
};
