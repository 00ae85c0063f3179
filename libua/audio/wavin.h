/* SPDX-License-Identifier: BSD-3-Clause */
/** @file wavin.h  A WAV file, read into memory */
#ifndef UA_WAVIN_H
#define UA_WAVIN_H

#include <ua/types.h>

enum { UA_WAVIN_MAX = 64 << 20 /**< Largest file [bytes] */ };

/** A value in its owner */
struct ua_wavin {
	int16_t *pcm; /**< Mono */
	size_t nsamp;
	uint32_t srate_hz;
};


/**
 * Read a file whole, mixed into one channel.
 *
 * @param wav       Set on success; ended by ua_wavin_close()
 * @param path      A regular file of up to UA_WAVIN_MAX
 * @param srate_hz  Wanted; 0: as it is
 * @param errstr    UA_AUDIO_ERRSTR bytes: names the file and says what is
 *                  wrong with it; may be NULL
 *
 * @retval 0       Done
 * @retval EINVAL  Not there, not readable, no WAV: tell the user errstr
 * @retval ENOMEM  Try later
 */
UA_CHECK int ua_wavin_open(struct ua_wavin *wav, const char *path,
			   uint32_t srate_hz, char *errstr);

/** All zero is no error */
void ua_wavin_close(struct ua_wavin *wav);

#endif
