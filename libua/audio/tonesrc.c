/* SPDX-License-Identifier: BSD-3-Clause */
/** @file tonesrc.c  A tone as source */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "audio/drivers.h"
#include "base/re_compat.h"
#include "media/tonegen.h"

enum { HZ_MIN = 20, HZ_MAX = 20000 /* What an ear can hear */ };

#define LEVEL_DB -12.0 /* About as loud as a voice */

struct ua_audio_dev {
	struct ua_tonegen tone;
};


static int decode(double *hz, const char *arg, double hz_max, char *errstr)
{
	char *end;
	double v;

	v = strtod(arg, &end);
	if (end == arg || *end || !(v >= HZ_MIN && v <= hz_max)) {
		(void)snprintf(errstr, UA_AUDIO_ERRSTR,
			       "tone:%.100s: expected tone:HZ with %d to %.0f",
			       arg, HZ_MIN, hz_max);
		return EINVAL;
	}

	*hz = v;
	return 0;
}


static int tone_check(enum ua_audio_dir dir, const char *arg, char *errstr)
{
	double hz;

	(void)dir;

	return decode(&hz, arg, HZ_MAX, errstr);
}


static int tone_open(struct ua_audio_dev **devp, enum ua_audio_dir dir,
		     const char *arg, const struct ua_audio_conf *conf,
		     char *errstr)
{
	/* At half the sample rate itself a sine may be sampled at its zeros */
	const uint32_t below = conf->srate_hz / 2 - 1;
	struct ua_audio_dev *dev;
	double hz;
	int err;

	(void)dir;

	err = decode(&hz, arg, below < HZ_MAX ? below : HZ_MAX, errstr);
	if (err)
		return err;

	dev = mem_zalloc(sizeof(*dev), NULL);
	if (!dev)
		return ENOMEM;

	ua_tonegen_init(&dev->tone, hz, conf->srate_hz, LEVEL_DB);
	*devp = dev;
	return 0;
}


static void tone_close(struct ua_audio_dev *dev)
{
	mem_deref(dev);
}


static int tone_read(struct ua_audio_dev *dev, int16_t *pcm, size_t nsamp)
{
	ua_tonegen_output(&dev->tone, pcm, nsamp);
	return 0;
}


const struct ua_driver ua_tonesrc = {
	.pub = {
		.name = "tone",
		.usage = "tone:HZ",
		.source = true,
		.open = tone_open,
		.close = tone_close,
		.read = tone_read,
	},
	.check = tone_check,
};
