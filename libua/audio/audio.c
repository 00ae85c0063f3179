/* SPDX-License-Identifier: BSD-3-Clause */
/** @file audio.c  Where sound comes from and goes to */

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <ua/audio.h>
#include "base/re_compat.h"

enum { CHECK_HZ = 8000, CHECK_NSAMP = 160, USAGE_LEN = 128 };

/* An open end */
struct end {
	const struct ua_audio_driver *drv;
	struct ua_audio_dev *dev;
};

struct ua_audio {
	struct end source;
	struct end sink;
};


static bool can(const struct ua_audio_driver *drv, enum ua_audio_dir dir)
{
	return dir == UA_AUDIO_SOURCE ? drv->source : drv->sink;
}


/* "alsa[:DEV], file:F.wav, ...", all that can stand on that side */
static const char *usage(enum ua_audio_dir dir, char buf[USAGE_LEN])
{
	const struct ua_audio_driver *const *drv;
	size_t at = 0;
	size_t i;
	size_t n;

	buf[0] = '\0';
	drv = ua_audio_drivers(&n);
	for (i = 0; i < n && at < USAGE_LEN; i++) {
		if (can(drv[i], dir))
			at += (size_t)snprintf(buf + at, USAGE_LEN - at,
					       "%s%s", at ? ", " : "",
					       drv[i]->usage);
	}

	return buf;
}


/* The driver a SPEC names, and what stands behind the colon */
static int find(const struct ua_audio_driver **drvp, const char **arg,
		const char *spec, enum ua_audio_dir dir, char *errstr)
{
	const size_t len = strcspn(spec, ":");
	const struct ua_audio_driver *const *drv;
	char buf[USAGE_LEN];
	size_t i;
	size_t n;

	drv = ua_audio_drivers(&n);
	for (i = 0; i < n; i++) {
		if (strlen(drv[i]->name) != len ||
		    strncmp(drv[i]->name, spec, len) || !can(drv[i], dir))
			continue;

		/* A colon only where the usage has one. */
		if (spec[len] && !strchr(drv[i]->usage, ':'))
			continue;

		*drvp = drv[i];
		*arg = spec[len] ? spec + len + 1 : "";
		return 0;
	}

	(void)snprintf(errstr, UA_AUDIO_ERRSTR,
		       "%.80s: no such sound %s; expected %s", spec,
		       dir == UA_AUDIO_SOURCE ? "source" : "sink",
		       usage(dir, buf));
	return EINVAL;
}


static int end_open(struct end *end, const char *spec, enum ua_audio_dir dir,
		    const struct ua_audio_conf *conf, char *errstr)
{
	const struct ua_audio_driver *drv = NULL;
	const char *arg = NULL;
	int err;

	err = find(&drv, &arg, spec, dir, errstr);
	if (err)
		return err;

	err = drv->open(&end->dev, dir, arg, conf, errstr);
	if (!err)
		end->drv = drv;

	return err;
}


static void end_close(struct end *end)
{
	if (end->drv)
		end->drv->close(end->dev);

	end->drv = NULL;
}


static void destructor(void *arg)
{
	struct ua_audio *audio = arg;

	end_close(&audio->source);
	end_close(&audio->sink);
}


int ua_audio_spec(const char *spec, enum ua_audio_dir dir, char *errstr)
{
	const struct ua_audio_conf conf = { .srate_hz = CHECK_HZ,
					    .nsamp = CHECK_NSAMP };
	const struct ua_audio_driver *drv = NULL;
	struct end end = { .drv = NULL };
	char unused[UA_AUDIO_ERRSTR];
	const char *arg = NULL;
	int err;

	if (!errstr)
		errstr = unused;

	err = find(&drv, &arg, spec, dir, errstr);
	if (err || dir == UA_AUDIO_SINK || drv->fd)
		return err;

	err = end_open(&end, spec, dir, &conf, errstr);
	end_close(&end);

	/* Memory says nothing about the SPEC. */
	return err == ENOMEM ? 0 : err;
}


int ua_audio_open(struct ua_audio **audiop, const struct ua_audio_conf *conf,
		  char *errstr)
{
	const char *sink = conf->sink ? conf->sink : "null";
	const char *source = conf->source ? conf->source : "silence";
	char unused[UA_AUDIO_ERRSTR];
	struct ua_audio *audio;
	int err;

	if (!errstr)
		errstr = unused;

	if (!conf->srate_hz || !conf->nsamp) {
		(void)snprintf(errstr, UA_AUDIO_ERRSTR,
			       "%u Hz, %u samples: expected more than none",
			       (unsigned)conf->srate_hz,
			       (unsigned)conf->nsamp);
		return EINVAL;
	}

	/* An echo needs both; whoever names one means the other too. */
	if (!strcmp(sink, "echo"))
		source = "echo";

	audio = mem_zalloc(sizeof(*audio), destructor);
	if (!audio)
		return ENOMEM;

	err = end_open(&audio->source, source, UA_AUDIO_SOURCE, conf, errstr);
	if (!err)
		err = end_open(&audio->sink, sink, UA_AUDIO_SINK, conf,
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
	const struct end *source = &audio->source;

	if (source->drv->hear)
		source->drv->hear(source->dev, pcm, nsamp);

	return audio->sink.drv->write(audio->sink.dev, pcm, nsamp);
}


int ua_audio_fd(const struct ua_audio *audio)
{
	const struct end *source = &audio->source;

	return source->drv->fd ? source->drv->fd(source->dev) : -1;
}
