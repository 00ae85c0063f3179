/* SPDX-License-Identifier: BSD-3-Clause */
/** @file wavout.c  A WAV file that is written while a call lasts */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <ua/audio.h>
#include "audio/wav.h"
#include "audio/wavout.h"
#include "base/re_compat.h"

enum {
	FLUSHES_PER_S = 5,
	BYTES = 2, /* Of a sample */
	DIR_LEN = 1024,
	NSAMP_MAX = 0x7fffff00 / BYTES /* Length that every reader accepts */
};

struct ua_wavout {
	int fd;
	bool failed;
	uint32_t srate_hz;
	uint32_t nsamp; /* In the file          */
	size_t nbuf;    /* Samples waiting      */
	size_t room;    /* Of buf [samples]     */
	uint8_t buf[];
};


static int fail(char *errstr, const char *path, const char *what)
{
	if (errstr)
		(void)snprintf(errstr, UA_AUDIO_ERRSTR,
			       "%.150s: cannot be written: %s", path, what);

	return EINVAL;
}


static int write_at(int fd, const uint8_t *buf, size_t len, off_t at)
{
	ssize_t n;

	while (len) {
		n = pwrite(fd, buf, len, at);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return errno;

		buf += n;
		len -= (size_t)n;
		at += n;
	}

	return 0;
}


/* The samples first: a header never promises more than there is. */
static int flush(struct ua_wavout *out)
{
	uint8_t hdr[UA_WAV_HDR];
	int err;

	err = write_at(out->fd, out->buf, out->nbuf * BYTES,
		       UA_WAV_HDR + (off_t)out->nsamp * BYTES);
	if (err)
		return err;

	out->nsamp += (uint32_t)out->nbuf;
	out->nbuf = 0;
	ua_wav_encode(hdr, out->srate_hz, out->nsamp);
	return write_at(out->fd, hdr, sizeof(hdr), 0);
}


static void destructor(void *arg)
{
	struct ua_wavout *out = arg;

	if (out->fd < 0)
		return;

	if (!out->failed)
		(void)flush(out);

	(void)close(out->fd);
}


int ua_wavout_check(const char *path, char *errstr)
{
	const char *slash = strrchr(path, '/');
	char dir[DIR_LEN] = ".";
	struct stat st;

	if (!stat(path, &st)) {
		if (!S_ISREG(st.st_mode))
			return fail(errstr, path, "it is not a file");

		return access(path, W_OK) ? fail(errstr, path, strerror(errno))
					  : 0;
	}

	/* "/f.wav" is in "/", "d/f.wav" in "d". */
	if (slash && (size_t)(slash - path) + 1 >= sizeof(dir))
		return fail(errstr, path, strerror(ENAMETOOLONG));
	if (slash)
		(void)snprintf(dir, sizeof(dir), "%.*s",
			       (int)(slash - path) + (slash == path), path);

	return access(dir, W_OK | X_OK) ? fail(errstr, path, strerror(errno))
					: 0;
}


int ua_wavout_alloc(struct ua_wavout **outp, const char *path,
		    uint32_t srate_hz, char *errstr)
{
	const size_t room = srate_hz / FLUSHES_PER_S;
	struct ua_wavout *out;
	struct stat st;
	int err = 0;

	out = mem_zalloc(sizeof(*out) + room * BYTES, destructor);
	if (!out)
		return ENOMEM;

	out->srate_hz = srate_hz;
	out->room = room;
	out->failed = true;

	/* A FIFO without a reader would hang here. */
	out->fd = open(path,
		       O_WRONLY | O_CREAT | O_TRUNC | O_NONBLOCK | O_CLOEXEC,
		       0666);
	if (out->fd < 0 || fstat(out->fd, &st))
		err = fail(errstr, path, strerror(errno));
	else if (!S_ISREG(st.st_mode))
		err = fail(errstr, path, "it is not a file");
	if (err)
		goto out;

	err = flush(out);
	if (err) {
		err = fail(errstr, path, strerror(err));
		goto out;
	}

	out->failed = false;
	*outp = out;

out:
	if (err)
		mem_deref(out);

	return err;
}


int ua_wavout_write(struct ua_wavout *out, const int16_t *pcm, size_t nsamp)
{
	size_t i;
	uint8_t *p;
	int err;

	if (out->failed)
		return 0;

	for (i = 0; i < nsamp; i++) {
		p = out->buf + out->nbuf++ * BYTES;
		p[0] = (uint8_t)pcm[i];
		p[1] = (uint8_t)((uint16_t)pcm[i] >> 8);

		if (out->nbuf < out->room)
			continue;

		err = out->nsamp + out->nbuf <= NSAMP_MAX ? flush(out) : EFBIG;
		if (err) {
			out->failed = true;
			return err == ENOSPC || err == EDQUOT ? ENOSPC : EIO;
		}
	}

	return 0;
}
