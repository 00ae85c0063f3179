/* SPDX-License-Identifier: BSD-3-Clause */
/** @file audio.c  Where sound comes from and goes to */

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <ua/audio.h>
#include "audio/drivers.h"
#include "base/re_compat.h"

enum { SRATE_MIN = 4000, SRATE_MAX = 192000 };

/** One end: its driver and what that opened */
struct end {
	const struct ua_audio_driver *drv;
	struct ua_audio_dev *dev;
};

struct ua_audio {
	struct end source;
	struct end sink;
};


static void end_close(struct end *end)
{
	if (end->dev)
		end->drv->close(end->dev);
	end->dev = NULL;
}


static void destructor(void *arg)
{
	struct ua_audio *audio = arg;

	end_close(&audio->source);
	end_close(&audio->sink);
}


static bool can(const struct ua_audio_driver *drv, enum ua_audio_dir dir)
{
	return dir == UA_AUDIO_SOURCE ? drv->source : drv->sink;
}


/* "bell: expected alsa[:DEV], file:F.wav, ... or echo" */
static int expected(char *errstr, const char *spec, enum ua_audio_dir dir)
{
	const char *comma = "";
	size_t at;
	size_t i;

	(void)snprintf(errstr, UA_AUDIO_ERRSTR, "%.100s: expected ", spec);

	for (i = 0; i < ua_drivers_n; i++) {
		if (!can(ua_drivers[i], dir))
			continue;

		at = strlen(errstr);
		(void)snprintf(errstr + at, UA_AUDIO_ERRSTR - at, "%s%s",
			       comma, ua_drivers[i]->usage);
		comma = i + 2 < ua_drivers_n ? ", " : " or ";
	}

	return EINVAL;
}


/* Which driver a SPEC names, and what stands behind its colon. */
static int find(const struct ua_audio_driver **drvp, const char **arg,
		const char *spec, enum ua_audio_dir dir, char *errstr)
{
	const size_t len = strcspn(spec, ":");
	const struct ua_audio_driver *drv = NULL;
	size_t i;

	for (i = 0; i < ua_drivers_n && !drv; i++) {
		if (strlen(ua_drivers[i]->name) == len &&
		    !strncmp(ua_drivers[i]->name, spec, len))
			drv = ua_drivers[i];
	}

	if (!drv || !can(drv, dir))
		return expected(errstr, spec, dir);

	if (spec[len] && !strchr(drv->usage, ':')) {
		(void)snprintf(errstr, UA_AUDIO_ERRSTR, "%.100s: expected %s",
			       spec, drv->usage);
		return EINVAL;
	}

	*drvp = drv;
	*arg = spec[len] ? spec + len + 1 : "";
	return 0;
}


static int end_open(struct end *end, enum ua_audio_dir dir, const char *spec,
		    const struct ua_audio_conf *conf, char *errstr)
{
	const struct ua_audio_driver *drv;
	const char *arg;
	int err;

	err = find(&drv, &arg, spec, dir, errstr);
	if (err)
		return err;

	err = drv->open(&end->dev, dir, arg, conf, errstr);
	if (err)
		return err;

	end->drv = drv;
	return 0;
}


const struct ua_audio_driver *const *ua_audio_drivers(size_t *n)
{
	*n = ua_drivers_n;
	return ua_drivers;
}


int ua_audio_spec(const char *spec, enum ua_audio_dir dir, char *errstr)
{
	const struct ua_audio_driver *drv;
	char unread[UA_AUDIO_ERRSTR];
	const char *arg;
	int err;

	if (!errstr)
		errstr = unread;

	err = find(&drv, &arg, spec, dir, errstr);
	if (err)
		return err;

	/* Every row of the table is the head of one of our own.  That memory
	 * ran out says nothing about the SPEC. */
	err = ((const struct ua_driver *)drv)->check(dir, arg, errstr);
	return err == ENOMEM ? 0 : err;
}


int ua_audio_open(struct ua_audio **audiop, const struct ua_audio_conf *conf,
		  char *errstr)
{
	const char *source = conf->source ? conf->source : "silence";
	const char *sink = conf->sink ? conf->sink : "null";
	char unread[UA_AUDIO_ERRSTR];
	struct ua_audio *audio;
	int err;

	if (!errstr)
		errstr = unread;

	if (conf->srate_hz < SRATE_MIN || conf->srate_hz > SRATE_MAX ||
	    !conf->nsamp || conf->nsamp > conf->srate_hz) {
		(void)snprintf(errstr, UA_AUDIO_ERRSTR,
			       "%u samples at %u Hz: expected a frame of up "
			       "to a second at %d to %d Hz",
			       conf->nsamp, conf->srate_hz, SRATE_MIN,
			       SRATE_MAX);
		return EINVAL;
	}

	audio = mem_zalloc(sizeof(*audio), destructor);
	if (!audio)
		return ENOMEM;

	/* It is the source that says again what the sink is given. */
	if (!strcmp(sink, "echo"))
		source = "echo";

	/* The source first: one file may be both. */
	err = end_open(&audio->source, UA_AUDIO_SOURCE, source, conf, errstr);
	if (!err)
		err = end_open(&audio->sink, UA_AUDIO_SINK, sink, conf,
			       errstr);
	if (err) {
		mem_deref(audio);
		return err;
	}

	*audiop = audio;
	return 0;
}


int ua_audio_read(struct ua_audio *audio, int16_t *pcm, size_t nsamp)
{
	return audio->source.drv->read(audio->source.dev, pcm, nsamp);
}


int ua_audio_write(struct ua_audio *audio, const int16_t *pcm, size_t nsamp)
{
	if (audio->source.drv->hear)
		audio->source.drv->hear(audio->source.dev, pcm, nsamp);

	return audio->sink.drv->write(audio->sink.dev, pcm, nsamp);
}


int ua_audio_fd(const struct ua_audio *audio)
{
	const struct ua_audio_driver *drv = audio->source.drv;

	return drv->fd ? drv->fd(audio->source.dev) : -1;
}


void ua_audio_close(struct ua_audio *audio)
{
	mem_deref(audio);
}
