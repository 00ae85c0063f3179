/* SPDX-License-Identifier: BSD-3-Clause */
/** @file test_alsa.c  Sound cards, a made-up one that misbehaves among them */

#ifdef HAVE_CONFIG_H
#include <config.h>
#endif

#include <check.h>

Suite *ua_suite_alsa(void);

#ifdef HAVE_ALSA

#include <dlfcn.h>
#include <errno.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <alsa/asoundlib.h>

#include <ua/audio.h>
#include "base/re_compat.h"

enum { NSAMP = 160, SRATE_HZ = 8000, POLL_MS = 5000, PIECE = 70 };

/**
 * The made-up card, "alsa:test": these functions stand before alsa-lib's own
 * and pass on what is not for the card.
 *
 * Source: says 1, 2, 3 ... in pieces, up to `give` samples.  Sink: takes
 * pieces, keeps what is not silence.
 */
static struct card {
	int rate_err;       /* Of setting parameters             */
	int fail;           /* What the next move fails with     */
	int stays;          /* It fails so for ever              */
	int suspended;      /* Times that resuming says EAGAIN   */
	atomic_size_t give; /* Samples that the source may say   */
	size_t said;
	int16_t heard[8 * NSAMP];
	atomic_size_t nheard;
	atomic_int prepared;
	atomic_int started;
	atomic_int resumed;
} card;

#define THE_CARD ((snd_pcm_t *)&card)


static void *next(const char *name)
{
	void *sym = dlsym(RTLD_NEXT, name);

	ck_assert_ptr_nonnull(sym);
	return sym;
}


int snd_pcm_open(snd_pcm_t **pcmp, const char *name, snd_pcm_stream_t stream,
		 int mode)
{
	int (*real)(snd_pcm_t **, const char *, snd_pcm_stream_t, int);

	if (!strcmp(name, "test")) {
		*pcmp = THE_CARD;
		return 0;
	}

	*(void **)&real = next("snd_pcm_open");
	return real(pcmp, name, stream, mode);
}


int snd_pcm_set_params(snd_pcm_t *pcm, snd_pcm_format_t format,
		       snd_pcm_access_t access_, unsigned channels,
		       unsigned rate, int soft, unsigned latency)
{
	int (*real)(snd_pcm_t *, snd_pcm_format_t, snd_pcm_access_t, unsigned,
		    unsigned, int, unsigned);

	if (pcm == THE_CARD)
		return card.rate_err;

	*(void **)&real = next("snd_pcm_set_params");
	return real(pcm, format, access_, channels, rate, soft, latency);
}


static int fails(void)
{
	const int err = card.fail;

	if (!card.stays)
		card.fail = 0;

	return err;
}


int snd_pcm_wait(snd_pcm_t *pcm, int timeout)
{
	int (*real)(snd_pcm_t *, int);

	if (pcm == THE_CARD)
		return 1;

	*(void **)&real = next("snd_pcm_wait");
	return real(pcm, timeout);
}


snd_pcm_sframes_t snd_pcm_readi(snd_pcm_t *pcm, void *buf, snd_pcm_uframes_t n)
{
	snd_pcm_sframes_t (*real)(snd_pcm_t *, void *, snd_pcm_uframes_t);
	int16_t *out = buf;
	size_t i;
	int err;

	if (pcm != THE_CARD) {
		*(void **)&real = next("snd_pcm_readi");
		return real(pcm, buf, n);
	}

	/* Fails half way */
	err = card.said >= NSAMP / 2 ? fails() : 0;
	if (err)
		return err;

	n = n > PIECE ? PIECE : n;
	for (i = 0; i < n && card.said < card.give; i++)
		out[i] = (int16_t)++card.said;

	return i ? (snd_pcm_sframes_t)i : -EAGAIN;
}


snd_pcm_sframes_t snd_pcm_writei(snd_pcm_t *pcm, const void *buf,
				 snd_pcm_uframes_t n)
{
	snd_pcm_sframes_t (*real)(snd_pcm_t *, const void *,
				  snd_pcm_uframes_t);
	const int16_t *in = buf;
	size_t i;
	int err;

	if (pcm != THE_CARD) {
		*(void **)&real = next("snd_pcm_writei");
		return real(pcm, buf, n);
	}

	err = fails();
	if (err)
		return err;

	n = n > PIECE ? PIECE : n;
	for (i = 0; i < n; i++) {
		if (!in[i] || card.nheard == 8 * NSAMP)
			continue;

		card.heard[card.nheard] = in[i];
		card.nheard++;
	}

	return (snd_pcm_sframes_t)n;
}


int snd_pcm_prepare(snd_pcm_t *pcm)
{
	int (*real)(snd_pcm_t *);

	if (pcm == THE_CARD) {
		card.prepared++;
		return 0;
	}

	*(void **)&real = next("snd_pcm_prepare");
	return real(pcm);
}


int snd_pcm_start(snd_pcm_t *pcm)
{
	int (*real)(snd_pcm_t *);

	if (pcm == THE_CARD) {
		card.started++;
		return 0;
	}

	*(void **)&real = next("snd_pcm_start");
	return real(pcm);
}


int snd_pcm_resume(snd_pcm_t *pcm)
{
	int (*real)(snd_pcm_t *);

	if (pcm != THE_CARD) {
		*(void **)&real = next("snd_pcm_resume");
		return real(pcm);
	}

	card.resumed++;
	if (!card.suspended)
		return 0;

	card.suspended--;
	card.fail = -ESTRPIPE;
	return -EAGAIN;
}


int snd_pcm_close(snd_pcm_t *pcm)
{
	int (*real)(snd_pcm_t *);

	if (pcm == THE_CARD)
		return 0;

	*(void **)&real = next("snd_pcm_close");
	return real(pcm);
}


static void setup(void)
{
	memset(&card, 0, sizeof(card));
	card.give = SIZE_MAX;
}


static struct ua_audio *open_ok(const char *source, const char *sink)
{
	const struct ua_audio_conf conf = { .source = source,
					    .sink = sink,
					    .srate_hz = SRATE_HZ,
					    .nsamp = NSAMP };
	char errstr[UA_AUDIO_ERRSTR] = "";
	struct ua_audio *audio = NULL;
	int err;

	err = ua_audio_open(&audio, &conf, errstr);
	ck_assert_msg(!err, "%s, %s: %d %s", source, sink, err, errstr);
	return audio;
}


static int due(const struct ua_audio *audio, int ms)
{
	struct pollfd pfd = { .fd = ua_audio_fd(audio), .events = POLLIN };

	ck_assert_int_ge(pfd.fd, 0);
	return poll(&pfd, 1, ms);
}


/* Reads a frame when it is due. */
static int read_due(struct ua_audio *audio, int16_t pcm[NSAMP])
{
	ck_assert_int_eq(1, due(audio, POLL_MS));
	return ua_audio_read(audio, pcm, NSAMP);
}


/* Frames that say 1, 2, 3 ..., whole and in order */
static void read_counted(struct ua_audio *audio, int nframe)
{
	int16_t pcm[NSAMP];
	int k;
	int i;

	for (k = 0; k < nframe; k++) {
		ck_assert_int_eq(0, read_due(audio, pcm));
		for (i = 0; i < NSAMP; i++)
			ck_assert_int_eq(k * NSAMP + i + 1, pcm[i]);
	}
}


START_TEST(frames_are_whole_though_the_card_gives_pieces)
{
	struct ua_audio *audio = open_ok("alsa:test", "null");

	read_counted(audio, 5);
	ck_assert_int_eq(1, card.started);
	mem_deref(audio);
}
END_TEST


START_TEST(fd_is_readable_for_each_whole_frame_and_no_more)
{
	struct ua_audio *audio;
	int16_t pcm[NSAMP];

	card.give = 2 * NSAMP + NSAMP / 2;
	audio = open_ok("alsa:test", "null");

	read_counted(audio, 2);
	ck_assert_int_eq(0, due(audio, 0));

	/* The half that is there, and silence */
	do {
		(void)poll(NULL, 0, 1);
		ck_assert_int_eq(EAGAIN, ua_audio_read(audio, pcm, NSAMP));
	} while (!pcm[0]);
	ck_assert_int_eq(2 * NSAMP + 1, pcm[0]);
	ck_assert_int_eq(0, pcm[NSAMP - 1]);
	ck_assert_int_eq(0, due(audio, 0));
	mem_deref(audio);
}
END_TEST


START_TEST(overrun_loses_nothing_that_was_read)
{
	struct ua_audio *audio;

	card.fail = -EPIPE;
	audio = open_ok("alsa:test", "null");

	read_counted(audio, 3);
	ck_assert_int_eq(1, card.prepared);
	ck_assert_int_eq(2, card.started);
	mem_deref(audio);
}
END_TEST


START_TEST(suspended_card_is_asked_until_it_resumes)
{
	struct ua_audio *audio;

	card.fail = -ESTRPIPE;
	card.suspended = 3;
	audio = open_ok("alsa:test", "null");

	read_counted(audio, 3);
	ck_assert_int_eq(4, card.resumed);
	ck_assert_int_eq(0, card.prepared);
	mem_deref(audio);
}
END_TEST


START_TEST(unplugged_source_is_told_once_and_time_goes_on)
{
	struct ua_audio *audio;
	int16_t pcm[NSAMP];
	int told = 0;
	int quiet = 0;
	int err;

	card.fail = -ENODEV;
	card.stays = 1;
	audio = open_ok("alsa:test", "null");

	while (quiet < 5) {
		err = read_due(audio, pcm);
		ck_assert(!err || err == ENODEV);
		told += err == ENODEV;
		quiet += told && !pcm[0] && !pcm[NSAMP - 1];
	}

	ck_assert_int_eq(1, told);
	mem_deref(audio);
}
END_TEST


START_TEST(unplugged_sink_is_told_once)
{
	const int16_t pcm[NSAMP] = { 1 };
	struct ua_audio *audio;
	int i;

	card.fail = -ENODEV;
	card.stays = 1;
	audio = open_ok("silence", "alsa:test");

	while (ua_audio_write(audio, pcm, NSAMP) != ENODEV)
		(void)poll(NULL, 0, 1);
	for (i = 0; i < 20; i++)
		ck_assert_int_eq(0, ua_audio_write(audio, pcm, NSAMP));
	mem_deref(audio);
}
END_TEST


/* _i: the sink underruns first */
START_TEST(sink_plays_everything_though_the_card_takes_pieces)
{
	struct ua_audio *audio;
	int16_t pcm[NSAMP];
	int k;
	int i;

	card.fail = _i ? -EPIPE : 0;
	audio = open_ok("silence", "alsa:test");

	for (k = 0; k < 5; k++) {
		for (i = 0; i < NSAMP; i++)
			pcm[i] = (int16_t)(k * NSAMP + i + 1);
		ck_assert_int_eq(0, ua_audio_write(audio, pcm, NSAMP));

		while (card.nheard < (size_t)(k + 1) * NSAMP)
			(void)poll(NULL, 0, 1);
	}

	for (i = 0; i < 5 * NSAMP; i++)
		ck_assert_int_eq(i + 1, card.heard[i]);
	ck_assert_int_eq(_i, card.prepared);
	mem_deref(audio);
}
END_TEST


START_TEST(card_that_cannot_do_the_rate_is_refused)
{
	const struct ua_audio_conf conf = { .source = "alsa:test",
					    .srate_hz = SRATE_HZ,
					    .nsamp = NSAMP };
	char errstr[UA_AUDIO_ERRSTR] = "";
	struct ua_audio *audio = NULL;

	card.rate_err = -EINVAL;
	ck_assert_int_eq(ENODEV, ua_audio_open(&audio, &conf, errstr));
	ck_assert_ptr_null(audio);
	ck_assert_ptr_nonnull(strstr(errstr, "alsa:test"));
	ck_assert_ptr_nonnull(strstr(errstr, "plughw:"));
}
END_TEST


START_TEST(card_that_is_not_there_is_named)
{
	const struct ua_audio_conf conf = { .source = "alsa:hw:77",
					    .srate_hz = SRATE_HZ,
					    .nsamp = NSAMP };
	char errstr[UA_AUDIO_ERRSTR] = "";
	struct ua_audio *audio = NULL;

	ck_assert_int_eq(ENODEV, ua_audio_open(&audio, &conf, errstr));
	ck_assert_ptr_null(audio);
	ck_assert_ptr_nonnull(strstr(errstr, "alsa:hw:77"));
}
END_TEST


/* alsa-lib's "null" has no clock; ours keeps it near real time. */
START_TEST(card_without_a_clock_has_ours)
{
	struct ua_audio *audio = open_ok("alsa:null", "alsa:null");
	int16_t pcm[NSAMP] = { 1 };
	int i;

	for (i = 0; i < 4; i++) {
		ck_assert_int_eq(0, read_due(audio, pcm));
		ck_assert_int_eq(0, pcm[0]);
		(void)ua_audio_write(audio, pcm, NSAMP);
	}

	mem_deref(audio);
}
END_TEST

#endif


Suite *ua_suite_alsa(void)
{
	Suite *s = suite_create("alsa");
	TCase *tc = tcase_create("alsa");

#ifdef HAVE_ALSA
	tcase_add_checked_fixture(tc, setup, NULL);
	tcase_add_test(tc, frames_are_whole_though_the_card_gives_pieces);
	tcase_add_test(tc, fd_is_readable_for_each_whole_frame_and_no_more);
	tcase_add_test(tc, overrun_loses_nothing_that_was_read);
	tcase_add_test(tc, suspended_card_is_asked_until_it_resumes);
	tcase_add_test(tc, unplugged_source_is_told_once_and_time_goes_on);
	tcase_add_test(tc, unplugged_sink_is_told_once);
	tcase_add_loop_test(
		tc, sink_plays_everything_though_the_card_takes_pieces, 0, 2);
	tcase_add_test(tc, card_that_cannot_do_the_rate_is_refused);
	tcase_add_test(tc, card_that_is_not_there_is_named);
	tcase_add_test(tc, card_without_a_clock_has_ours);
#endif
	suite_add_tcase(s, tc);

	return s;
}
