/* SPDX-License-Identifier: BSD-3-Clause */
/** @file drivers.h  The drivers, for their table */
#ifndef UA_DRIVERS_H
#define UA_DRIVERS_H

#include <ua/audio.h>

/** A driver, with what only the library asks of it */
struct ua_driver {
	struct ua_audio_driver pub; /**< First: a row of the public table */

	/**
	 * Is this argument good?  Opens no device, writes no file.
	 *
	 * @param errstr  UA_AUDIO_ERRSTR bytes
	 *
	 * @retval 0       It is
	 * @retval EINVAL  It is not, see errstr
	 * @retval ENOMEM  Try later
	 */
	int (*check)(enum ua_audio_dir dir, const char *arg, char *errstr);
};

extern const struct ua_driver ua_alsa;
extern const struct ua_driver ua_wavfile;
extern const struct ua_driver ua_tonesrc;
extern const struct ua_driver ua_nullsound_silence;
extern const struct ua_driver ua_nullsound_null;
extern const struct ua_driver ua_echo;

/** All of this build; each points to the pub of a struct ua_driver */
extern const struct ua_audio_driver *const ua_drivers[];
extern const size_t ua_drivers_n;

#endif
