/* SPDX-License-Identifier: BSD-3-Clause */
/** @file drivers.c  The table of sound drivers */

#ifdef HAVE_CONFIG_H
#include <config.h>
#endif

#include "audio/drivers.h"

/* clang-format off */
const struct ua_audio_driver *const ua_drivers[] = {
#ifdef HAVE_ALSA
	&ua_alsa.pub,
#endif
	&ua_wavfile.pub,
	&ua_tonesrc.pub,
	&ua_nullsound_silence.pub,
	&ua_nullsound_null.pub,
	&ua_echo.pub,
};
/* clang-format on */

const size_t ua_drivers_n = sizeof(ua_drivers) / sizeof(ua_drivers[0]);
