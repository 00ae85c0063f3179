/* SPDX-License-Identifier: BSD-3-Clause */
/** @file wav.c  What is in a WAV file */

#include <errno.h>
#include <math.h>
#include <string.h>

#include "audio/wav.h"

enum {
	RIFF_HDR = 12,    /* "RIFF", length, "WAVE"                      */
	CHUNK_HDR = 8,    /* Name, length                                */
	FMT_LEN = 16,     /* Least length of a format chunk              */
	FMT_EXT_LEN = 26, /* Up to the real format in an extensible one  */
	EXTENSIBLE = 0xfffe,
	CHANNELS_MAX = 8,
	SRATE_MIN = 4000,
	SRATE_MAX = 192000,
	ALAW_EVEN = 0x55, /* ITU-T G.711: every other bit is inverted       */
	ULAW_BIAS = 33
};


static unsigned get16(const uint8_t *p)
{
	return p[0] | (unsigned)p[1] << 8;
}


static uint32_t get32(const uint8_t *p)
{
	return get16(p) | (uint32_t)get16(p + 2) << 16;
}


static void put16(uint8_t *p, unsigned v)
{
	p[0] = (uint8_t)v;
	p[1] = (uint8_t)(v >> 8);
}


static void put32(uint8_t *p, uint32_t v)
{
	put16(p, v);
	put16(p + 2, v >> 16);
}


static const char *not_wav(const uint8_t *buf, size_t len)
{
	if (!len)
		return "it is empty";
	if (len >= 4 && !memcmp(buf, "RIFX", 4))
		return "it is of the big-endian kind (RIFX)";
	if (len >= 4 && !memcmp(buf, "RF64", 4))
		return "it is of the 64-bit kind (RF64)";

	return "it is not a WAV file";
}


static const char *bits_read(const struct ua_wav *wav)
{
	switch (wav->format) {

	case UA_WAV_PCM:
		if (wav->bits == 8 || wav->bits == 16 || wav->bits == 24 ||
		    wav->bits == 32)
			return NULL;
		return "its PCM samples must have 8, 16, 24 or 32 bits";

	case UA_WAV_FLOAT:
		return wav->bits == 32 ? NULL : "its floats must have 32 bits";

	case UA_WAV_ALAW:
	case UA_WAV_ULAW:
		return wav->bits == 8 ? NULL : "its G.711 must have 8 bits";

	default:
		return "it must hold PCM, float, A-law or mu-law";
	}
}


static const char *format_read(struct ua_wav *wav, const uint8_t *p,
			       size_t len)
{
	const char *why;
	unsigned format;

	if (len < FMT_LEN)
		return "its format chunk is too short";

	format = get16(p);
	if (format == EXTENSIBLE && len >= FMT_EXT_LEN)
		format = get16(p + FMT_EXT_LEN - 2);

	wav->format = (enum ua_wav_format)format;
	wav->channels = (uint16_t)get16(p + 2);
	wav->srate_hz = get32(p + 4);
	wav->bits = (uint16_t)get16(p + 14);

	if (!wav->channels || wav->channels > CHANNELS_MAX)
		return "it must have 1 to 8 channels";
	if (wav->srate_hz < SRATE_MIN || wav->srate_hz > SRATE_MAX)
		return "its sample rate must be 4000 to 192000 Hz";

	why = bits_read(wav);
	if (!why && get16(p + 12) != wav->channels * wav->bits / 8u)
		why = "its block size does not fit its channels and bits";

	return why;
}


static const char *chunks_read(struct ua_wav *wav, const uint8_t *buf,
			       size_t len)
{
	const char *why;
	bool format = false;
	size_t at = RIFF_HDR;
	size_t n;

	while (len - at >= CHUNK_HDR) {
		const uint8_t *p = buf + at + CHUNK_HDR;

		n = get32(buf + at + 4);
		if (n > len - at - CHUNK_HDR)
			n = len - at - CHUNK_HDR;

		if (!memcmp(buf + at, "fmt ", 4)) {
			why = format_read(wav, p, n);
			if (why)
				return why;
			format = true;
		}
		else if (!memcmp(buf + at, "data", 4)) {
			if (!format)
				return "its samples come before their format";
			wav->data = at + CHUNK_HDR;
			wav->nsamp =
				n / ((size_t)wav->channels * (wav->bits / 8));
			return wav->nsamp ? NULL : "there is no sound in it";
		}

		/* Chunks begin at even places. */
		n += n & 1;
		if (n > len - at - CHUNK_HDR)
			break;
		at += CHUNK_HDR + n;
	}

	return "there is no sound in it";
}


int ua_wav_decode(struct ua_wav *wav, const char **why, const uint8_t *buf,
		  size_t len)
{
	struct ua_wav got;

	if (len < RIFF_HDR || memcmp(buf, "RIFF", 4) ||
	    memcmp(buf + 8, "WAVE", 4)) {
		*why = not_wav(buf, len);
		return EBADMSG;
	}

	memset(&got, 0, sizeof(got));
	*why = chunks_read(&got, buf, len);
	if (*why)
		return EBADMSG;

	*wav = got;
	return 0;
}


static int from_alaw(uint8_t c)
{
	const int code = c ^ ALAW_EVEN;
	const int seg = code >> 4 & 7;
	int m = (code & 15) << 4 | 8;

	if (seg)
		m = (m | 0x100) << (seg - 1);

	return code & 0x80 ? m : -m;
}


static int from_ulaw(uint8_t c)
{
	const int code = (uint8_t)~c;
	const int m = ((((code & 15) << 1) + ULAW_BIAS) << (code >> 4 & 7)) -
		      ULAW_BIAS;

	return (code & 0x80 ? -m : m) * 4;
}


static int from_float(const uint8_t *p)
{
	const uint32_t v = get32(p);
	float f;

	memcpy(&f, &v, sizeof(f));
	if (isnan(f))
		return 0;
	if (f > 1)
		f = 1;
	if (f < -1)
		f = -1;

	return (int)lrintf(f * INT16_MAX);
}


static int sample(const struct ua_wav *wav, const uint8_t *p)
{
	switch (wav->format) {

	case UA_WAV_ALAW:
		return from_alaw(*p);

	case UA_WAV_ULAW:
		return from_ulaw(*p);

	case UA_WAV_FLOAT:
		return from_float(p);

	default:
		/* Eight bits have no sign; of more the highest 16 count. */
		return wav->bits == 8 ? (*p - 128) * 256
				      : (int16_t)get16(p + wav->bits / 8 - 2);
	}
}


void ua_wav_mono(const struct ua_wav *wav, const uint8_t *buf, int16_t *pcm)
{
	const uint8_t *p = buf + wav->data;
	const size_t step = wav->bits / 8;
	size_t i;
	unsigned c;
	int sum;

	for (i = 0; i < wav->nsamp; i++) {
		sum = 0;
		for (c = 0; c < wav->channels; c++, p += step)
			sum += sample(wav, p);

		pcm[i] = (int16_t)(sum / wav->channels);
	}
}


void ua_wav_encode(uint8_t buf[UA_WAV_HDR], uint32_t srate_hz, uint32_t nsamp)
{
	const uint32_t len = nsamp * 2;

	memcpy(buf, "RIFF", 4);
	put32(buf + 4, UA_WAV_HDR - 8 + len);
	memcpy(buf + 8, "WAVEfmt ", 8);
	put32(buf + 16, FMT_LEN);
	put16(buf + 20, UA_WAV_PCM);
	put16(buf + 22, 1);
	put32(buf + 24, srate_hz);
	put32(buf + 28, srate_hz * 2);
	put16(buf + 32, 2);
	put16(buf + 34, 16);
	memcpy(buf + 36, "data", 4);
	put32(buf + 40, len);
}
