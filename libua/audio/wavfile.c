/* SPDX-License-Identifier: BSD-3-Clause */
/** @file wavfile.c  A WAV file as source or sink */

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "audio/drivers.h"
#include "audio/wavin.h"
#include "audio/wavout.h"
#include "base/re_compat.h"

enum { PATH_LEN = 1024 };

struct ua_audio_dev {
	struct ua_wavin in;
	struct ua_wavout *out;
	size_t at;  /* Next sample that is read          */
	bool once;  /* Not again from the beginning      */
	bool ended; /* That was told                     */
};


static void destructor(void *arg)
{
	struct ua_audio_dev *dev = arg;

	ua_wavin_close(&dev->in);
	mem_deref(dev->out);
}


/* Every %d becomes the call's number. */
static int path_make(char path[PATH_LEN], const char *arg, unsigned number,
		     char *errstr)
{
	size_t at = 0;
	size_t n;

	for (; *arg; arg += n) {
		n = strncmp(arg, "%d", 2) ? 1 : 2;

		at += (size_t)(n == 2 ? snprintf(path + at, PATH_LEN - at,
						 "%u", number)
				      : snprintf(path + at, PATH_LEN - at,
						 "%c", *arg));
		if (at >= PATH_LEN) {
			(void)snprintf(errstr, UA_AUDIO_ERRSTR,
				       "file:%.60s...: expected a shorter "
				       "name of a file",
				       path);
			return EINVAL;
		}
	}

	if (!at) {
		(void)snprintf(errstr, UA_AUDIO_ERRSTR,
			       "file: without a name: expected file:F.wav");
		return EINVAL;
	}

	return 0;
}


/* A name with %d is another file in each call: nothing to look at yet. */
static int file_check(enum ua_audio_dir dir, const char *arg, char *errstr)
{
	char path[PATH_LEN];
	struct ua_wavin in;
	int err;

	err = path_make(path, arg, 0, errstr);
	if (err || strstr(arg, "%d"))
		return err;

	if (dir == UA_AUDIO_SINK)
		return ua_wavout_check(path, errstr);

	err = ua_wavin_open(&in, path, 0, errstr);
	if (!err)
		ua_wavin_close(&in);

	return err;
}


static int file_open(struct ua_audio_dev **devp, enum ua_audio_dir dir,
		     const char *arg, const struct ua_audio_conf *conf,
		     char *errstr)
{
	struct ua_audio_dev *dev;
	char path[PATH_LEN];
	int err;

	err = path_make(path, arg, conf->number, errstr);
	if (err)
		return err;

	dev = mem_zalloc(sizeof(*dev), destructor);
	if (!dev)
		return ENOMEM;

	dev->once = conf->source_once;
	if (dir == UA_AUDIO_SOURCE)
		err = ua_wavin_open(&dev->in, path, conf->srate_hz, errstr);
	else
		err = ua_wavout_alloc(&dev->out, path, conf->srate_hz, errstr);
	if (err) {
		mem_deref(dev);
		return err;
	}

	*devp = dev;
	return 0;
}


static void file_close(struct ua_audio_dev *dev)
{
	mem_deref(dev);
}


static int file_read(struct ua_audio_dev *dev, int16_t *pcm, size_t nsamp)
{
	size_t n;

	while (nsamp) {
		if (dev->at == dev->in.nsamp && dev->once) {
			memset(pcm, 0, nsamp * sizeof(*pcm));
			if (dev->ended)
				return 0;

			dev->ended = true;
			return ENODATA;
		}

		if (dev->at == dev->in.nsamp)
			dev->at = 0;

		n = dev->in.nsamp - dev->at;
		if (n > nsamp)
			n = nsamp;

		memcpy(pcm, dev->in.pcm + dev->at, n * sizeof(*pcm));
		dev->at += n;
		pcm += n;
		nsamp -= n;
	}

	return 0;
}


static int file_write(struct ua_audio_dev *dev, const int16_t *pcm,
		      size_t nsamp)
{
	return ua_wavout_write(dev->out, pcm, nsamp);
}


const struct ua_driver ua_wavfile = {
	.pub = {
		.name = "file",
		.usage = "file:F.wav",
		.source = true,
		.sink = true,
		.open = file_open,
		.close = file_close,
		.read = file_read,
		.write = file_write,
	},
	.check = file_check,
};
