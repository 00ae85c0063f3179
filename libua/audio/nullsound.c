/* SPDX-License-Identifier: BSD-3-Clause */
/** @file nullsound.c  Says nothing, hears nothing */

#include <errno.h>
#include <string.h>

#include "audio/drivers.h"
#include "base/re_compat.h"

struct ua_audio_dev {
	char none; /* There is no state */
};


static int null_check(enum ua_audio_dir dir, const char *arg, char *errstr)
{
	(void)dir;
	(void)arg;
	(void)errstr;

	return 0;
}


static int null_open(struct ua_audio_dev **devp, enum ua_audio_dir dir,
		     const char *arg, const struct ua_audio_conf *conf,
		     char *errstr)
{
	struct ua_audio_dev *dev;

	(void)dir;
	(void)arg;
	(void)conf;
	(void)errstr;

	dev = mem_zalloc(sizeof(*dev), NULL);
	if (!dev)
		return ENOMEM;

	*devp = dev;
	return 0;
}


static void null_close(struct ua_audio_dev *dev)
{
	mem_deref(dev);
}


static int null_read(struct ua_audio_dev *dev, int16_t *pcm, size_t nsamp)
{
	(void)dev;

	memset(pcm, 0, nsamp * sizeof(*pcm));
	return 0;
}


static int null_write(struct ua_audio_dev *dev, const int16_t *pcm,
		      size_t nsamp)
{
	(void)dev;
	(void)pcm;
	(void)nsamp;

	return 0;
}


const struct ua_driver ua_nullsound_silence = {
	.pub = {
		.name = "silence",
		.usage = "silence",
		.source = true,
		.open = null_open,
		.close = null_close,
		.read = null_read,
	},
	.check = null_check,
};


const struct ua_driver ua_nullsound_null = {
	.pub = {
		.name = "null",
		.usage = "null",
		.source = true,
		.sink = true,
		.open = null_open,
		.close = null_close,
		.read = null_read,
		.write = null_write,
	},
	.check = null_check,
};
