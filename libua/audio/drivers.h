/* SPDX-License-Identifier: BSD-3-Clause */
/** @file drivers.h  The drivers, for their table */
#ifndef UA_DRIVERS_H
#define UA_DRIVERS_H

#include <ua/audio.h>

extern const struct ua_audio_driver ua_alsa;
extern const struct ua_audio_driver ua_wavfile;
extern const struct ua_audio_driver ua_tonesrc;
extern const struct ua_audio_driver ua_nullsound_silence;
extern const struct ua_audio_driver ua_nullsound_null;
extern const struct ua_audio_driver ua_echo;

#endif
