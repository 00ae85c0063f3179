/* SPDX-License-Identifier: BSD-3-Clause */
/** @file alsa.c  Sound cards by alsa-lib: a thread and a ring each way */

#ifdef HAVE_CONFIG_H
#include <config.h>
#endif

#ifdef HAVE_ALSA

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>
#include <alsa/asoundlib.h>

#include "audio/drivers.h"
#include "base/clock.h"
#include "base/re_compat.h"
#include "base/ring.h"

enum {
	LATENCY_US = 40000, /* Of the device's own buffer: two frames       */
	DEPTH = 4,          /* Frames in the ring                           */
	WAIT_MS = 20,       /* Longest sleep, so that closing is quick      */
	AHEAD_US = 100000,  /* A device that is so much faster than time has
			       no clock: "null" is one                      */
	SLACK = 50          /* One in so many is what a real clock may err  */
};

struct ua_audio_dev {
	snd_pcm_t *pcm;
	struct ua_ring ring;
	size_t nframe; /* Samples moved at a time               */
	uint32_t srate_hz;
	int16_t *frame; /* The thread's own                      */
	size_t npart;   /* Thread: read since the last wake */
	pthread_t thread;
	bool running;     /* The thread was made                   */
	atomic_bool stop; /* Tells the thread to end               */
	atomic_bool gone; /* The device is, so the thread has ended */
	bool told;        /* That was told                         */
	int fd;           /* Source: counts frames in the ring, or -1 */
	uint64_t due_us;  /* When a device with a clock moves on   */
};


/* alsa-lib writes to stderr unless each thread tells it not to. */
static void hush(const char *file, int line, const char *func, int err,
		 const char *fmt, va_list ap)
{
	(void)file;
	(void)line;
	(void)func;
	(void)err;
	(void)fmt;
	(void)ap;
}


/* Nothing but the clock of the device may set the pace, if it has one. */
static void pace(struct ua_audio_dev *dev, size_t nsamp)
{
	const uint64_t us = (uint64_t)nsamp * 1000000 / dev->srate_hz;
	const uint64_t now = ua_clock_us();

	dev->due_us += us - us / SLACK;
	if (dev->due_us < now)
		dev->due_us = now;

	if (dev->due_us > now + AHEAD_US)
		(void)usleep((useconds_t)(dev->due_us - now - AHEAD_US));
}


/* After an xrun or suspend the device goes on; without a device it ends. */
static bool recover(struct ua_audio_dev *dev, long err)
{
	if (err == -EAGAIN)
		return true;

	if (err == -ENODEV || snd_pcm_recover(dev->pcm, (int)err, 1) < 0)
		return false;

	if (snd_pcm_stream(dev->pcm) == SND_PCM_STREAM_CAPTURE)
		return snd_pcm_start(dev->pcm) >= 0;

	return true;
}


static void wake(int fd, uint64_t n)
{
	/* Fails only when 2^64 - 1 frames wait. */
	if (write(fd, &n, sizeof(n)) < 0)
		return;
}


/* false: the device is gone */
static bool capture(struct ua_audio_dev *dev)
{
	snd_pcm_sframes_t n;

	n = snd_pcm_readi(dev->pcm, dev->frame, dev->nframe);
	if (n < 0)
		return recover(dev, n);

	/* A loop that does not take them loses the newest. */
	dev->npart += ua_ring_write(&dev->ring, dev->frame, (size_t)n);
	if (dev->npart >= dev->nframe) {
		dev->npart -= dev->nframe;
		wake(dev->fd, 1);
	}

	pace(dev, (size_t)n);
	return true;
}


static bool playback(struct ua_audio_dev *dev)
{
	snd_pcm_sframes_t n;
	size_t have;

	/* Silence keeps the device running when nothing comes. */
	have = ua_ring_read(&dev->ring, dev->frame, dev->nframe);
	memset(dev->frame + have, 0,
	       (dev->nframe - have) * sizeof(*dev->frame));

	n = snd_pcm_writei(dev->pcm, dev->frame, dev->nframe);
	if (n < 0)
		return recover(dev, n);

	pace(dev, (size_t)n);
	return true;
}


static void *run(void *arg)
{
	struct ua_audio_dev *dev = arg;
	const bool in = snd_pcm_stream(dev->pcm) == SND_PCM_STREAM_CAPTURE;
	bool ok = true;
	int n;

	(void)snd_lib_error_set_local(hush);
	if (in)
		ok = snd_pcm_start(dev->pcm) >= 0;

	while (ok && !atomic_load(&dev->stop)) {
		n = snd_pcm_wait(dev->pcm, WAIT_MS);
		if (n < 0)
			ok = recover(dev, n);
		else if (n > 0)
			ok = in ? capture(dev) : playback(dev);
	}

	atomic_store(&dev->gone, true);
	if (in)
		wake(dev->fd, 1);

	return NULL;
}


static void destructor(void *arg)
{
	struct ua_audio_dev *dev = arg;

	atomic_store(&dev->stop, true);
	if (dev->running)
		(void)pthread_join(dev->thread, NULL);
	if (dev->pcm)
		(void)snd_pcm_close(dev->pcm);
	if (dev->fd >= 0)
		(void)close(dev->fd);

	ua_ring_close(&dev->ring);
	mem_deref(dev->frame);
}


static int device_open(struct ua_audio_dev *dev, enum ua_audio_dir dir,
		       const char *name, char *errstr)
{
	const char *what = "cannot be opened";
	int err;

	err = snd_pcm_open(&dev->pcm, name,
			   dir == UA_AUDIO_SOURCE ? SND_PCM_STREAM_CAPTURE
						  : SND_PCM_STREAM_PLAYBACK,
			   SND_PCM_NONBLOCK);
	if (!err) {
		what = "cannot do 16 bit mono at this rate, try plughw:";
		err = snd_pcm_set_params(dev->pcm, SND_PCM_FORMAT_S16,
					 SND_PCM_ACCESS_RW_INTERLEAVED, 1,
					 dev->srate_hz, 1, LATENCY_US);
	}

	if (!err)
		return 0;

	(void)snprintf(errstr, UA_AUDIO_ERRSTR,
		       "alsa:%.100s: %s (%s); expected a device of aplay -L",
		       name, what, snd_strerror(err));
	return err == -ENOMEM ? ENOMEM : ENODEV;
}


/* Devices come and go: whether this one is there is known when opened. */
static int alsa_check(enum ua_audio_dir dir, const char *arg, char *errstr)
{
	(void)dir;
	(void)arg;
	(void)errstr;

	return 0;
}


static int alsa_open(struct ua_audio_dev **devp, enum ua_audio_dir dir,
		     const char *arg, const struct ua_audio_conf *conf,
		     char *errstr)
{
	snd_local_error_handler_t old;
	struct ua_audio_dev *dev;
	int err;

	dev = mem_zalloc(sizeof(*dev), destructor);
	if (!dev)
		return ENOMEM;

	dev->fd = -1;
	dev->srate_hz = conf->srate_hz;
	dev->nframe = conf->nsamp;

	old = snd_lib_error_set_local(hush);
	err = device_open(dev, dir, *arg ? arg : "default", errstr);
	(void)snd_lib_error_set_local(old);
	if (err)
		goto out;

	dev->frame = mem_zalloc(dev->nframe * sizeof(*dev->frame), NULL);
	err = dev->frame ? ua_ring_init(&dev->ring, dev->nframe * DEPTH)
			 : ENOMEM;
	if (err)
		goto out;

	if (dir == UA_AUDIO_SOURCE) {
		dev->fd =
			eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC | EFD_SEMAPHORE);
		if (dev->fd < 0) {
			err = ENOMEM;
			goto out;
		}
	}

	err = pthread_create(&dev->thread, NULL, run, dev) ? ENOMEM : 0;
	dev->running = !err;

out:
	if (err)
		mem_deref(dev);
	else
		*devp = dev;

	return err;
}


static void alsa_close(struct ua_audio_dev *dev)
{
	mem_deref(dev);
}


static int gone(struct ua_audio_dev *dev)
{
	if (dev->told || !atomic_load(&dev->gone))
		return 0;

	dev->told = true;
	return ENODEV;
}


static int alsa_read(struct ua_audio_dev *dev, int16_t *pcm, size_t nsamp)
{
	const size_t n = ua_ring_read(&dev->ring, pcm, nsamp);
	uint64_t one;

	memset(pcm + n, 0, (nsamp - n) * sizeof(*pcm));

	/* One frame less to be told of; nothing to read is no error. */
	if (read(dev->fd, &one, sizeof(one)) < 0 && errno != EAGAIN)
		return ENODEV;

	if (atomic_load(&dev->gone))
		return gone(dev);

	return n < nsamp ? EAGAIN : 0;
}


static int alsa_write(struct ua_audio_dev *dev, const int16_t *pcm,
		      size_t nsamp)
{
	if (atomic_load(&dev->gone))
		return gone(dev);

	return ua_ring_write(&dev->ring, pcm, nsamp) < nsamp ? EAGAIN : 0;
}


/* A device that is gone has no clock: the loop's timer is one again. */
static int alsa_fd(const struct ua_audio_dev *dev)
{
	return atomic_load(&dev->gone) ? -1 : dev->fd;
}


const struct ua_driver ua_alsa = {
	.pub = {
		.name = "alsa",
		.usage = "alsa[:DEV]",
		.source = true,
		.sink = true,
		.open = alsa_open,
		.close = alsa_close,
		.read = alsa_read,
		.write = alsa_write,
		.fd = alsa_fd,
	},
	.check = alsa_check,
};

#endif
