/* SPDX-License-Identifier: BSD-3-Clause */
/** @file nice_sound.c  Sound of the phone on libnice: G.711, tones, WAV */

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "nice_sound.h"

enum {
	RATE = NICE_SOUND_RATE,
	FRAME = NICE_SOUND_FRAME,
	HEADER = 44,
	LOUD = 8000, /* Amplitude of our tone           */
	FAINT = 200  /* Below it a frame is silence     */
};


/* ITU-T G.711: a sign, three bits of exponent, four of mantissa, inverted */
static uint8_t ulaw(int pcm)
{
	const int sign = pcm < 0 ? 0x80 : 0;
	int exponent = 7;
	int mask = 0x4000;

	pcm = (pcm < 0 ? -pcm : pcm) + 132;
	if (pcm > 32767)
		pcm = 32767;
	for (; exponent && !(pcm & mask); mask >>= 1)
		--exponent;

	return (uint8_t) ~(sign | exponent << 4 |
			   (pcm >> (exponent + 3) & 0x0f));
}


void nice_sound_tone(uint8_t buf[static NICE_SOUND_FRAME], double hertz,
		     uint32_t at)
{
	uint32_t i;

	for (i = 0; i < FRAME; i++) {
		const double t = (double)(at + i) / RATE;

		buf[i] = ulaw((int)(LOUD * sin(2 * M_PI * hertz * t)));
	}
}


static int16_t linear(uint8_t u)
{
	int pcm;

	u = (uint8_t)~u;
	pcm = (((u & 0x0f) << 3) + 132) << (u >> 4 & 7);
	pcm -= 132;

	return (int16_t)(u & 0x80 ? -pcm : pcm);
}


void nice_sound_decode(int16_t *pcm, const uint8_t *buf, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		pcm[i] = linear(buf[i]);
}


/* Is a block mainly the tone?  Goertzel's algorithm */
static bool has_tone(const int16_t *pcm, double hertz)
{
	const double k = 2 * cos(2 * M_PI * hertz / RATE);
	double s, s1 = 0, s2 = 0, energy = 0;
	size_t i;

	for (i = 0; i < FRAME; i++) {
		s = pcm[i] + k * s1 - s2;
		s2 = s1;
		s1 = s;
		energy += (double)pcm[i] * pcm[i];
	}

	return energy > (double)FAINT * FAINT * FRAME &&
	       2 * (s1 * s1 + s2 * s2 - k * s1 * s2) / FRAME > energy / 2;
}


double nice_sound_seconds(const int16_t *pcm, size_t len, double hertz)
{
	size_t n = 0;
	size_t i;

	for (i = 0; i + FRAME <= len; i += FRAME)
		n += has_tone(pcm + i, hertz);

	return (double)n * FRAME / RATE;
}


static void put(uint8_t *at, uint32_t v, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		at[i] = (uint8_t)(v >> (8 * i));
}


void nice_sound_save(const char *path, const int16_t *pcm, size_t len)
{
	uint8_t hdr[HEADER] = "RIFF____WAVEfmt ";
	const uint32_t size = (uint32_t)(len * sizeof(*pcm));
	FILE *f = fopen(path, "wb");

	if (!f)
		return;

	put(hdr + 4, HEADER - 8 + size, 4);
	put(hdr + 16, 16, 4);
	put(hdr + 20, 1, 2);
	put(hdr + 22, 1, 2);
	put(hdr + 24, RATE, 4);
	put(hdr + 28, RATE * 2, 4);
	put(hdr + 32, 2, 2);
	put(hdr + 34, 16, 2);
	memcpy(hdr + 36, "data", 4);
	put(hdr + 40, size, 4);
	(void)fwrite(hdr, sizeof(hdr), 1, f);
	(void)fwrite(pcm, sizeof(*pcm), len, f);
	(void)fclose(f);
}
