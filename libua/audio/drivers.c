/* SPDX-License-Identifier: BSD-3-Clause */
/** @file drivers.c  The table of sound drivers */

#ifdef HAVE_CONFIG_H
#include <config.h>
#endif

#include "audio/drivers.h"

/* clang-format off */
static const struct ua_audio_driver *const drivers[] = {
#ifdef HAVE_ALSA
	&ua_alsa,
#endif
	&ua_wavfile,
	&ua_tonesrc,
	&ua_nullsound_silence,
	&ua_nullsound_null,
	&ua_echo,
};
/* clang-format on */


const struct ua_audio_driver *const *ua_audio_drivers(size_t *n)
{
	*n = sizeof(drivers) / sizeof(drivers[0]);
	return drivers;
}
