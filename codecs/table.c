/* SPDX-License-Identifier: BSD-3-Clause */
/** @file table.c  The codecs of this build, best first */

#ifdef HAVE_CONFIG_H
#include <config.h>
#endif

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "codecs.h"

/* clang-format off */
static const struct ua_codec *const codecs[] = {
#ifdef HAVE_OPUS
	&ua_opus,
#endif
#ifdef HAVE_G722
	&ua_g722,
#endif
	&ua_g711_pcma,
	&ua_g711_pcmu,
	&ua_l16_16000,
	&ua_l16_8000,
};
/* clang-format on */

enum { NCODEC = sizeof(codecs) / sizeof(codecs[0]), NAME_LEN = 32 };


/* Does a user's word mean this codec: name, name/rate, name/rate/channels? */
static bool means(const struct ua_codec *codec, const char *word)
{
	char full[NAME_LEN];

	if (!strcasecmp(word, codec->name))
		return true;

	(void)snprintf(full, sizeof(full), "%s/%u", codec->name,
		       (unsigned)codec->clock_hz);
	if (!strcasecmp(word, full))
		return true;

	(void)snprintf(full, sizeof(full), "%s/%u/%u", codec->name,
		       (unsigned)codec->clock_hz, (unsigned)codec->channels);
	return !strcasecmp(word, full);
}


const struct ua_codec *const *ua_codec_table(size_t *n)
{
	*n = NCODEC;
	return codecs;
}


const struct ua_codec *ua_codec_find(const char *name)
{
	size_t i;

	for (i = 0; i < NCODEC; i++) {
		if (means(codecs[i], name))
			return codecs[i];
	}

	return NULL;
}
