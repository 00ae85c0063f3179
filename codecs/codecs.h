/* SPDX-License-Identifier: BSD-3-Clause */
/** @file codecs.h  The codecs, for their table */
#ifndef UA_CODECS_H
#define UA_CODECS_H

#include <ua/codec.h>

extern const struct ua_codec ua_g711_pcma;
extern const struct ua_codec ua_g711_pcmu;
extern const struct ua_codec ua_g722;
extern const struct ua_codec ua_l16_16000;
extern const struct ua_codec ua_l16_8000;
extern const struct ua_codec ua_opus;

#endif
