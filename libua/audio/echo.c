/* SPDX-License-Identifier: BSD-3-Clause */
/** @file echo.c  Says what its call's sink is given */

#include <errno.h>
#include <string.h>

#include "audio/drivers.h"
#include "base/re_compat.h"
#include "base/ring.h"

enum {
	DEPTH = 3 /* Frames that wait at most: reading and writing take turns,
		     so more is a loop that was late */
};

struct ua_audio_dev {
	struct ua_ring ring;
	size_t most; /* Samples that wait     */
	bool late;   /* More had been waiting */
};


static void destructor(void *arg)
{
	struct ua_audio_dev *dev = arg;

	ua_ring_close(&dev->ring);
}


static int echo_check(enum ua_audio_dir dir, const char *arg, char *errstr)
{
	(void)dir;
	(void)arg;
	(void)errstr;

	return 0;
}


static int echo_open(struct ua_audio_dev **devp, enum ua_audio_dir dir,
		     const char *arg, const struct ua_audio_conf *conf,
		     char *errstr)
{
	struct ua_audio_dev *dev;
	int err;

	(void)dir;
	(void)arg;
	(void)errstr;

	dev = mem_zalloc(sizeof(*dev), destructor);
	if (!dev)
		return ENOMEM;

	dev->most = (size_t)conf->nsamp * DEPTH;
	err = ua_ring_init(&dev->ring, 2 * dev->most);
	if (err) {
		mem_deref(dev);
		return err;
	}

	*devp = dev;
	return 0;
}


static void echo_close(struct ua_audio_dev *dev)
{
	mem_deref(dev);
}


static int echo_read(struct ua_audio_dev *dev, int16_t *pcm, size_t nsamp)
{
	const size_t fill = ua_ring_fill(&dev->ring);
	size_t n;

	/* Who has not listened for a while hears the newest. */
	if (dev->late && fill > nsamp)
		(void)ua_ring_skip(&dev->ring, fill - nsamp);
	dev->late = false;

	n = ua_ring_read(&dev->ring, pcm, nsamp);
	memset(pcm + n, 0, (nsamp - n) * sizeof(*pcm));
	return 0;
}


static int echo_write(struct ua_audio_dev *dev, const int16_t *pcm,
		      size_t nsamp)
{
	(void)dev;
	(void)pcm;
	(void)nsamp;

	return 0;
}


static void echo_hear(struct ua_audio_dev *dev, const int16_t *pcm,
		      size_t nsamp)
{
	size_t fill;

	(void)ua_ring_write(&dev->ring, pcm, nsamp);

	fill = ua_ring_fill(&dev->ring);
	if (fill > dev->most) {
		(void)ua_ring_skip(&dev->ring, fill - dev->most);
		dev->late = true;
	}
}


/* Only the source does anything: the facade lets it hear the sink. */
const struct ua_driver ua_echo = {
	.pub = {
		.name = "echo",
		.usage = "echo",
		.source = true,
		.sink = true,
		.open = echo_open,
		.close = echo_close,
		.read = echo_read,
		.write = echo_write,
		.hear = echo_hear,
	},
	.check = echo_check,
};
