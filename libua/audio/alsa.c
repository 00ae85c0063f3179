/* SPDX-License-Identifier: BSD-3-Clause */
/** @file alsa.c  Sound cards by alsa-lib: a thread and a ring each way */

#include <errno.h>
#include <pthread.h>
#include <signal.h>
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
	SINK_US = 50000,    /* In the device: what waits there is heard late */
	SOURCE_US = 80000,  /* In the device: waits there only in need       */
	DEPTH = 8,          /* Frames in the ring: a loop that late loses
			       nothing                                       */
	LATE = 3,           /* Frames that may wait to be played: whoever
			       gives more has a faster clock                 */
	WAIT_MS = 20,       /* Longest sleep, so that closing is quick       */
	STALL_US = 2000000, /* A device that moved nothing for so long is
			       gone, whatever it says                        */
	AHEAD_US = 40000,   /* A device that gets so far ahead of time has no
			       clock, as "null"                              */
	SLACK = 100,        /* One in so many is what a clock may err        */
	RETRY_US = 1000
};

struct ua_audio_dev {
	snd_pcm_t *pcm;
	enum ua_audio_dir dir;
	uint32_t srate_hz;
	size_t nframe; /* Samples of a frame */
	struct ua_ring ring;
	int fd; /* Source: counts the frames that were put in the ring */

	/* The loop's */
	size_t taken; /* Samples read since fd was counted down */
	bool told;    /* That the device is gone                */
	bool running; /* There is a thread                      */

	pthread_t thread;
	atomic_bool stop; /* Tells the thread to end */
	atomic_bool gone; /* The device is           */

	/* The thread's */
	int16_t *frame;
	size_t npart;      /* Source: read since fd was counted up,
			      sink: samples of frame not yet given */
	uint64_t due_us;   /* When what was moved has been heard   */
	uint64_t moved_us; /* When anything was moved              */
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


static uint64_t duration_us(const struct ua_audio_dev *dev, size_t nsamp)
{
	return (uint64_t)nsamp * 1000000 / dev->srate_hz;
}


/* A device with a clock sets the pace; one without is held back. */
static void pace(struct ua_audio_dev *dev, size_t nsamp)
{
	const uint64_t us = duration_us(dev, nsamp);
	const uint64_t now_us = ua_clock_us();

	dev->moved_us = now_us;
	dev->due_us += us - us / SLACK;
	if (dev->due_us < now_us)
		dev->due_us = now_us;

	if (dev->due_us > now_us + AHEAD_US)
		(void)usleep((useconds_t)(dev->due_us - now_us - AHEAD_US));
}


static void deliver(struct ua_audio_dev *dev, size_t nsamp)
{
	const uint64_t one = 1;

	/* A loop that does not take them loses the newest. */
	dev->npart += ua_ring_write(&dev->ring, dev->frame, nsamp);
	if (dev->npart < dev->nframe)
		return;

	dev->npart -= dev->nframe;

	/* Cannot fail: the ring is full long before the counter is. */
	if (write(dev->fd, &one, sizeof(one)) < 0)
		return;
}


static snd_pcm_sframes_t capture(struct ua_audio_dev *dev)
{
	snd_pcm_sframes_t n;

	n = snd_pcm_readi(dev->pcm, dev->frame, dev->nframe);
	if (n > 0)
		deliver(dev, (size_t)n);

	return n;
}


/* The next frame to be played: silence keeps the device going. */
static void fetch(struct ua_audio_dev *dev)
{
	const size_t fill = ua_ring_fill(&dev->ring);

	if (fill > LATE * dev->nframe)
		(void)ua_ring_skip(&dev->ring, fill - dev->nframe);

	if (fill >= dev->nframe)
		(void)ua_ring_read(&dev->ring, dev->frame, dev->nframe);
	else
		memset(dev->frame, 0, dev->nframe * sizeof(*dev->frame));

	dev->npart = dev->nframe;
}


static snd_pcm_sframes_t playback(struct ua_audio_dev *dev)
{
	snd_pcm_sframes_t n;

	if (!dev->npart)
		fetch(dev);

	n = snd_pcm_writei(dev->pcm, dev->frame + dev->nframe - dev->npart,
			   dev->npart);
	if (n > 0)
		dev->npart -= (size_t)n;

	return n;
}


static bool start(struct ua_audio_dev *dev)
{
	/* Playback starts when its buffer is full. */
	return dev->dir == UA_AUDIO_SINK || snd_pcm_start(dev->pcm) >= 0;
}


/* After an overrun, underrun or suspend the device goes on. */
static bool recover(struct ua_audio_dev *dev, int err)
{
	(void)usleep(RETRY_US);

	switch (err) {

	case -EINTR:
		return true;

	case -ESTRPIPE:
		/* Still suspended: asked again. */
		err = snd_pcm_resume(dev->pcm);
		if (!err || err == -EAGAIN)
			return true;
		break;

	case -EPIPE:
		break;

	default:
		return false;
	}

	return snd_pcm_prepare(dev->pcm) >= 0 && start(dev);
}


/* false: the device is gone */
static bool turn(struct ua_audio_dev *dev)
{
	snd_pcm_sframes_t n;

	n = snd_pcm_wait(dev->pcm, WAIT_MS);
	if (n > 0)
		n = dev->dir == UA_AUDIO_SOURCE ? capture(dev) : playback(dev);

	if (n > 0) {
		pace(dev, (size_t)n);
		return true;
	}

	if (n < 0 && n != -EAGAIN && !recover(dev, (int)n))
		return false;

	return ua_clock_us() - dev->moved_us < STALL_US;
}


/* The loop lives on our clock: without a device, time goes on in silence. */
static void go_on(struct ua_audio_dev *dev)
{
	const uint64_t us = duration_us(dev, dev->nframe);

	memset(dev->frame, 0, dev->nframe * sizeof(*dev->frame));
	dev->due_us = ua_clock_us();

	while (!atomic_load(&dev->stop)) {
		const uint64_t now_us = ua_clock_us();

		if (dev->due_us > now_us)
			(void)usleep((useconds_t)(dev->due_us - now_us));

		dev->due_us += us;
		deliver(dev, dev->nframe);
	}
}


static void *run(void *arg)
{
	struct ua_audio_dev *dev = arg;
	bool ok;

	(void)snd_lib_error_set_local(hush);
	dev->moved_us = ua_clock_us();

	ok = start(dev);
	while (ok && !atomic_load(&dev->stop))
		ok = turn(dev);

	atomic_store(&dev->gone, !ok);
	if (!ok && dev->dir == UA_AUDIO_SOURCE)
		go_on(dev);

	return NULL;
}


/* Signals are for the loop. */
static int run_start(struct ua_audio_dev *dev)
{
	sigset_t all;
	sigset_t old;
	int err;

	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &old);
	err = pthread_create(&dev->thread, NULL, run, dev);
	(void)pthread_sigmask(SIG_SETMASK, &old, NULL);

	dev->running = !err;
	return err ? ENOMEM : 0;
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


static int device_open(struct ua_audio_dev *dev, const char *name,
		       char *errstr)
{
	const bool in = dev->dir == UA_AUDIO_SOURCE;
	const char *what = "cannot be opened";
	int err;

	err = snd_pcm_open(&dev->pcm, name,
			   in ? SND_PCM_STREAM_CAPTURE
			      : SND_PCM_STREAM_PLAYBACK,
			   SND_PCM_NONBLOCK);
	if (!err) {
		what = "cannot do 16 bit mono at this rate, try plughw:";
		err = snd_pcm_set_params(dev->pcm, SND_PCM_FORMAT_S16,
					 SND_PCM_ACCESS_RW_INTERLEAVED, 1,
					 dev->srate_hz, 1,
					 in ? SOURCE_US : SINK_US);
	}

	if (!err)
		return 0;

	(void)snprintf(errstr, UA_AUDIO_ERRSTR,
		       "alsa:%.80s: %s (%s): expected a device of %s -L", name,
		       what, snd_strerror(err), in ? "arecord" : "aplay");
	return err == -ENOMEM ? ENOMEM : ENODEV;
}


/* Devices come and go: whether this one is there is seen when it is opened. */
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
	dev->dir = dir;
	dev->srate_hz = conf->srate_hz;
	dev->nframe = conf->nsamp;

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

	old = snd_lib_error_set_local(hush);
	err = device_open(dev, *arg ? arg : "default", errstr);
	(void)snd_lib_error_set_local(old);
	if (!err)
		err = run_start(dev);

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


/* Told once */
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
	int err;

	memset(pcm + n, 0, (nsamp - n) * sizeof(*pcm));

	/* Whoever does not wait for fd may be here before it was counted up;
	 * then the next call counts it down. */
	dev->taken += n;
	while (dev->taken >= dev->nframe &&
	       read(dev->fd, &one, sizeof(one)) == sizeof(one))
		dev->taken -= dev->nframe;

	err = gone(dev);
	if (err)
		return err;

	return n < nsamp ? EAGAIN : 0;
}


static int alsa_write(struct ua_audio_dev *dev, const int16_t *pcm,
		      size_t nsamp)
{
	if (atomic_load(&dev->gone))
		return gone(dev);

	return ua_ring_write(&dev->ring, pcm, nsamp) < nsamp ? EAGAIN : 0;
}


static int alsa_fd(const struct ua_audio_dev *dev)
{
	return dev->fd;
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
