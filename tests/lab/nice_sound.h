/* SPDX-License-Identifier: BSD-3-Clause */
/** @file nice_sound.h  Sound of the phone on libnice: G.711, tones, WAV */
#ifndef NICE_SOUND_H
#define NICE_SOUND_H

#include <stddef.h>
#include <stdint.h>

enum {
	NICE_SOUND_RATE = 8000,
	NICE_SOUND_FRAME = 160 /**< Samples of 20 ms */
};


/** One frame of a tone, as mu-law; `at` is its first sample's number */
void nice_sound_tone(uint8_t ulaw[static NICE_SOUND_FRAME], double hertz,
		     uint32_t at);


/** mu-law to linear */
void nice_sound_decode(int16_t *pcm, const uint8_t *ulaw, size_t len);


/** Seconds in which a tone is most of what there is */
double nice_sound_seconds(const int16_t *pcm, size_t len, double hertz);


/** A file of one channel; one that cannot be written is left out */
void nice_sound_save(const char *path, const int16_t *pcm, size_t len);

#endif
