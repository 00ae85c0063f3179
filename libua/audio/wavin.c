/* SPDX-License-Identifier: BSD-3-Clause */
/** @file wavin.c  A WAV file, read into memory */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <ua/audio.h>
#include "audio/wav.h"
#include "audio/wavin.h"
#include "base/re_compat.h"
#include "media/resample.h"

enum { NSAMP_MAX = UA_WAVIN_MAX /* What a file can have unconverted */ };


static int fail(char *errstr, const char *path, const char *what)
{
	if (errstr)
		(void)snprintf(errstr, UA_AUDIO_ERRSTR,
			       "%.150s: cannot be played: %s", path, what);

	return EINVAL;
}


static int read_all(int fd, uint8_t *buf, size_t len)
{
	size_t at = 0;
	ssize_t n;

	while (at < len) {
		n = read(fd, buf + at, len - at);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return errno;
		if (!n)
			return EIO;

		at += (size_t)n;
	}

	return 0;
}


static int load(uint8_t **bufp, size_t *len, const char *path, char *errstr)
{
	struct stat st;
	uint8_t *buf = NULL;
	int err = 0;
	int fd;

	/* A FIFO without a writer would hang here. */
	fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return fail(errstr, path, strerror(errno));

	if (fstat(fd, &st))
		err = fail(errstr, path, strerror(errno));
	else if (!S_ISREG(st.st_mode))
		err = fail(errstr, path, "it is not a file");
	else if (st.st_size > UA_WAVIN_MAX)
		err = fail(errstr, path, "it is larger than 64 MiB");
	if (err)
		goto out;

	*len = (size_t)st.st_size;
	buf = mem_alloc(*len + 1, NULL);
	if (!buf) {
		err = ENOMEM;
		goto out;
	}

	err = read_all(fd, buf, *len);
	if (err)
		err = fail(errstr, path, strerror(err));

out:
	(void)close(fd);
	if (err)
		mem_deref(buf);
	else
		*bufp = buf;

	return err;
}


static int convert(struct ua_wavin *wav, uint32_t srate_hz)
{
	struct ua_resample *rs = NULL;
	int16_t *pcm;
	int err;

	if ((uint64_t)wav->nsamp * srate_hz / wav->srate_hz > NSAMP_MAX)
		return EFBIG;

	err = ua_resample_alloc(&rs, wav->srate_hz, srate_hz);
	if (err)
		return err;

	pcm = mem_alloc(ua_resample_room(rs, wav->nsamp) * sizeof(*pcm), NULL);
	if (pcm) {
		wav->nsamp = ua_resample_input(rs, pcm, wav->pcm, wav->nsamp);
		mem_deref(wav->pcm);
		wav->pcm = pcm;
		wav->srate_hz = srate_hz;
	}

	mem_deref(rs);
	return pcm ? 0 : ENOMEM;
}


int ua_wavin_open(struct ua_wavin *wav, const char *path, uint32_t srate_hz,
		  char *errstr)
{
	struct ua_wavin got = { .pcm = NULL };
	struct ua_wav hdr;
	const char *why;
	uint8_t *buf = NULL;
	size_t len = 0;
	int err;

	err = load(&buf, &len, path, errstr);
	if (err)
		return err;

	if (ua_wav_decode(&hdr, &why, buf, len)) {
		err = fail(errstr, path, why);
		goto out;
	}

	got.srate_hz = hdr.srate_hz;
	got.nsamp = hdr.nsamp;
	got.pcm = mem_alloc(hdr.nsamp * sizeof(*got.pcm), NULL);
	if (!got.pcm) {
		err = ENOMEM;
		goto out;
	}

	ua_wav_mono(&hdr, buf, got.pcm);
	if (srate_hz && srate_hz != got.srate_hz)
		err = convert(&got, srate_hz);
	if (err == EINVAL)
		err = fail(errstr, path, "its sample rate is too odd");
	else if (err == EFBIG)
		err = fail(errstr, path, "it is too long at the call's rate");

out:
	mem_deref(buf);
	if (err)
		ua_wavin_close(&got);
	else
		*wav = got;

	return err;
}


void ua_wavin_close(struct ua_wavin *wav)
{
	wav->pcm = mem_deref(wav->pcm);
	wav->nsamp = 0;
}
