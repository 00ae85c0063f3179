/* SPDX-License-Identifier: BSD-3-Clause */
/** @file tonesrc.c  A tone as source */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "audio/drivers.h"
#include "base/re_compat.h"
#include "media/tonegen.h"

enum { HZ_MIN = 20, HZ_MAX = 3400 /* What every codec can carry */ };

#define LEVEL_DB -10.0 /* As loud as a voice */

struct ua_audio_dev {
	struct ua_tonegen tone;
};


static int tone_open(struct ua_audio_dev **devp, enum ua_audio_dir dir,
		     const char *arg, const struct ua_audio_conf *conf,
		     char *errstr)
{
	struct ua_audio_dev *dev;
	char *end;
	double hz;

	(void)dir;

	hz = strtod(arg, &end);
	if (end == arg || *end || !(hz >= HZ_MIN && hz <= HZ_MAX)) {
		(void)snprintf(errstr, UA_AUDIO_ERRSTR,
			       "tone:%.100s: expected tone:HZ with %d to %d",
			       arg, HZ_MIN, HZ_MAX);
		return EINVAL;
	}

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


const struct ua_audio_driver ua_tonesrc = {
	.name = "tone",
	.usage = "tone:HZ",
	.source = true,
	.open = tone_open,
	.close = tone_close,
	.read = tone_read,
};
