/* SPDX-License-Identifier: BSD-3-Clause */
/** @file test_audio.c  Sources and sinks, and what is said of bad ones */

#include <check.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include <ua/audio.h>
#include "audio/wavin.h"
#include "audio/wavout.h"
#include "base/re_compat.h"
#include "oom.h"

Suite *ua_suite_audio(void);

static char dir[64];


static void setup(void)
{
	(void)snprintf(dir, sizeof(dir), "/tmp/ua_audio_XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
}


static void teardown(void)
{
	char cmd[128];

	(void)snprintf(cmd, sizeof(cmd), "rm -rf '%s'", dir);
	ck_assert_int_eq(0, system(cmd));
}


static struct ua_audio *open_ok(const char *source, const char *sink)
{
	const struct ua_audio_conf conf = {
		.source = source, .sink = sink, .srate_hz = 8000, .nsamp = 160
	};
	char errstr[UA_AUDIO_ERRSTR] = "";
	struct ua_audio *audio = NULL;
	int err;

	err = ua_audio_open(&audio, &conf, errstr);
	ck_assert_msg(!err, "%s, %s: %d %s", source, sink, err, errstr);
	return audio;
}


/* Writes n samples 0, 1, 2 ... to a new file. */
static void count_file(const char *path, size_t n)
{
	struct ua_wavout *out;
	int16_t v;
	size_t i;

	ck_assert_int_eq(0, ua_wavout_alloc(&out, path, 8000, NULL));
	for (i = 0; i < n; i++) {
		v = (int16_t)i;
		ck_assert_int_eq(0, ua_wavout_write(out, &v, 1));
	}
	mem_deref(out);
}


START_TEST(each_driver_is_found_on_its_sides)
{
	static const struct {
		const char *spec;
		bool source;
		bool sink;
	} t[] = {
		{ "silence", true, false },
		{ "null", true, true },
		{ "echo", true, true },
		{ "tone:440", true, false },
		{ "tone:20", true, false },
		{ "tone:", false, false },
		{ "tone", false, false },
		{ "tone:19", false, false },
		{ "tone:9000", true, false },
		{ "tone:nan", false, false },
		{ "tone:440x", false, false },
		{ "null:x", false, false },
		{ "nul", false, false },
		{ "", false, false },
		{ "file", false, false },
		{ "file:", false, false },
		{ "file:call-%d.wav", true, true },
	};
	size_t i;

	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		ck_assert_msg(t[i].source == !ua_audio_spec(t[i].spec,
							    UA_AUDIO_SOURCE,
							    NULL),
			      "source %s", t[i].spec);
		ck_assert_msg(t[i].sink == !ua_audio_spec(t[i].spec,
							  UA_AUDIO_SINK, NULL),
			      "sink %s", t[i].spec);
	}
}
END_TEST


START_TEST(errors_name_the_value_and_what_was_expected)
{
	char errstr[UA_AUDIO_ERRSTR];

	ck_assert_int_eq(EINVAL,
			 ua_audio_spec("mic", UA_AUDIO_SOURCE, errstr));
	ck_assert_ptr_nonnull(strstr(errstr, "mic"));
	ck_assert_ptr_nonnull(strstr(errstr, "file:F.wav"));

	ck_assert_int_eq(EINVAL, ua_audio_spec("file:/nowhere.wav",
					       UA_AUDIO_SOURCE, errstr));
	ck_assert_ptr_nonnull(strstr(errstr, "/nowhere.wav"));
	ck_assert_ptr_nonnull(strstr(errstr, "No such file"));

	ck_assert_int_eq(EINVAL, ua_audio_spec("file:/dev/null",
					       UA_AUDIO_SOURCE, errstr));
	ck_assert_ptr_nonnull(strstr(errstr, "not a file"));

	ck_assert_int_eq(EINVAL,
			 ua_audio_spec("tone:ten", UA_AUDIO_SOURCE, errstr));
	ck_assert_ptr_nonnull(strstr(errstr, "tone:ten"));
	ck_assert_ptr_nonnull(strstr(errstr, "20"));
}
END_TEST


START_TEST(spec_of_a_sink_is_checked_and_nothing_is_written)
{
	char errstr[UA_AUDIO_ERRSTR] = "";
	char spec[128];

	ck_assert_int_eq(EINVAL, ua_audio_spec("file:/nowhere/x.wav",
					       UA_AUDIO_SINK, errstr));
	ck_assert_ptr_nonnull(strstr(errstr, "/nowhere/x.wav"));
	ck_assert_int_eq(EINVAL, ua_audio_spec("file:/dev/null", UA_AUDIO_SINK,
					       errstr));
	ck_assert_ptr_nonnull(strstr(errstr, "not a file"));

	(void)snprintf(spec, sizeof(spec), "file:%s", dir);
	ck_assert_int_eq(EINVAL, ua_audio_spec(spec, UA_AUDIO_SINK, errstr));

	(void)snprintf(spec, sizeof(spec), "file:%s/new.wav", dir);
	ck_assert_int_eq(0, ua_audio_spec(spec, UA_AUDIO_SINK, errstr));
	ck_assert_int_ne(0, access(spec + 5, F_OK));

	/* An old one stays as it is. */
	count_file(spec + 5, 100);
	ck_assert_int_eq(0, ua_audio_spec(spec, UA_AUDIO_SINK, errstr));
	ck_assert_int_eq(0, ua_audio_spec(spec, UA_AUDIO_SOURCE, errstr));
}
END_TEST


START_TEST(frame_without_size_or_rate_is_refused)
{
	static const struct ua_audio_conf conf[] = {
		{ .srate_hz = 8000, .nsamp = 0 },
		{ .srate_hz = 8000, .nsamp = 8001 },
		{ .srate_hz = 0, .nsamp = 160 },
		{ .srate_hz = 192001, .nsamp = 160 },
	};
	char errstr[UA_AUDIO_ERRSTR] = "";
	struct ua_audio *audio = NULL;

	ck_assert_int_eq(EINVAL, ua_audio_open(&audio, &conf[_i], errstr));
	ck_assert_ptr_null(audio);
	ck_assert_ptr_nonnull(strstr(errstr, "expected"));
}
END_TEST


START_TEST(one_file_can_be_source_and_sink)
{
	struct ua_audio *audio;
	char spec[128];
	int16_t pcm[160];

	(void)snprintf(spec, sizeof(spec), "file:%s/both.wav", dir);
	count_file(spec + 5, 160);

	audio = open_ok(spec, spec);
	ck_assert_int_eq(0, ua_audio_read(audio, pcm, 160));
	ck_assert_int_eq(159, pcm[159]);
	mem_deref(audio);
}
END_TEST


/* A disk that is full, as far as this process is concerned */
START_TEST(file_that_cannot_grow_is_told_once_and_stays_readable)
{
	struct rlimit room;
	struct rlimit old;
	struct ua_wavin in = { .pcm = NULL };
	const int16_t pcm[160] = { 1 };
	struct ua_audio *audio;
	char spec[128];
	int told = 0;
	int err;
	int i;

	(void)snprintf(spec, sizeof(spec), "file:%s/full.wav", dir);
	audio = open_ok("silence", spec);

	(void)signal(SIGXFSZ, SIG_IGN);
	ck_assert_int_eq(0, getrlimit(RLIMIT_FSIZE, &old));
	room = old;
	room.rlim_cur = 10000;
	ck_assert_int_eq(0, setrlimit(RLIMIT_FSIZE, &room));
	for (i = 0; i < 100; i++) {
		err = ua_audio_write(audio, pcm, 160);
		ck_assert(!err || err == EIO);
		told += err != 0;
	}
	mem_deref(audio);
	ck_assert_int_eq(0, setrlimit(RLIMIT_FSIZE, &old));
	(void)signal(SIGXFSZ, SIG_DFL);
	ck_assert_int_eq(1, told);

	ck_assert_int_eq(0, ua_wavin_open(&in, spec + 5, 0, NULL));
	ck_assert_uint_eq(4800, in.nsamp);
	ua_wavin_close(&in);
}
END_TEST


START_TEST(sink_that_cannot_be_written_is_refused)
{
	const struct ua_audio_conf conf = { .sink = "file:/nowhere/x.wav",
					    .srate_hz = 8000,
					    .nsamp = 160 };
	char errstr[UA_AUDIO_ERRSTR];
	struct ua_audio *audio = NULL;

	ck_assert_int_eq(EINVAL, ua_audio_open(&audio, &conf, errstr));
	ck_assert_ptr_null(audio);
	ck_assert_ptr_nonnull(strstr(errstr, "/nowhere/x.wav"));
}
END_TEST


START_TEST(file_is_played_again_and_again)
{
	struct ua_audio *audio;
	char spec[128];
	int16_t pcm[160];
	size_t i;
	size_t k;

	(void)snprintf(spec, sizeof(spec), "file:%s/a.wav", dir);
	count_file(spec + 5, 100);
	audio = open_ok(spec, "null");

	for (k = 0; k < 10; k++) {
		ck_assert_int_eq(0, ua_audio_read(audio, pcm, 160));
		for (i = 0; i < 160; i++)
			ck_assert_int_eq((int)((k * 160 + i) % 100), pcm[i]);
	}

	ck_assert_int_eq(-1, ua_audio_fd(audio));
	mem_deref(audio);
}
END_TEST


START_TEST(file_that_is_played_once_tells_its_end_once)
{
	struct ua_audio_conf conf = { .srate_hz = 8000,
				      .nsamp = 160,
				      .source_once = true,
				      .number = 7 };
	char errstr[UA_AUDIO_ERRSTR];
	struct ua_audio *audio = NULL;
	char spec[128];
	int16_t pcm[160];
	size_t i;

	(void)snprintf(spec, sizeof(spec), "%s/call-7.wav", dir);
	count_file(spec, 200);
	(void)snprintf(spec, sizeof(spec), "file:%s/call-%%d.wav", dir);
	conf.source = spec;
	ck_assert_int_eq(0, ua_audio_open(&audio, &conf, errstr));

	ck_assert_int_eq(0, ua_audio_read(audio, pcm, 160));
	ck_assert_int_eq(ENODATA, ua_audio_read(audio, pcm, 160));
	ck_assert_int_eq(199, pcm[39]);
	for (i = 40; i < 160; i++)
		ck_assert_int_eq(0, pcm[i]);

	ck_assert_int_eq(0, ua_audio_read(audio, pcm, 160));
	ck_assert_int_eq(0, pcm[0]);
	mem_deref(audio);
}
END_TEST


START_TEST(echo_says_what_it_heard)
{
	struct ua_audio *audio =
		open_ok(_i ? NULL : "echo", _i ? "echo" : "null");
	int16_t in[160];
	int16_t out[160];
	size_t i;
	int k;

	ck_assert_int_eq(0, ua_audio_read(audio, out, 160));
	ck_assert_int_eq(0, out[0]);

	for (k = 0; k < 100; k++) {
		for (i = 0; i < 160; i++)
			in[i] = (int16_t)(k * 160 + (int)i);
		ck_assert_int_eq(0, ua_audio_write(audio, in, 160));
		ck_assert_int_eq(0, ua_audio_read(audio, out, 160));
		ck_assert_mem_eq(in, out, sizeof(in));
	}

	/* A reader that was away hears the newest, and does not lag. */
	for (k = 0; k < 20; k++) {
		in[0] = (int16_t)k;
		(void)ua_audio_write(audio, in, 160);
	}
	ck_assert_int_eq(0, ua_audio_read(audio, out, 160));
	ck_assert_int_eq(19, out[0]);
	mem_deref(audio);
}
END_TEST


/* The header is true every 200 ms, even if nobody ever closes the file. */
START_TEST(file_of_a_killed_writer_can_be_read)
{
	struct ua_wavin in = { .pcm = NULL };
	struct ua_wavout *out;
	int16_t pcm[160];
	char path[128];
	size_t i;

	(void)snprintf(path, sizeof(path), "%s/k.wav", dir);
	ck_assert_int_eq(0, ua_wavout_alloc(&out, path, 8000, NULL));

	/* Not a sample yet: a WAV file all the same, but without sound. */
	ck_assert_int_eq(EINVAL, ua_wavin_open(&in, path, 0, NULL));

	for (i = 0; i < 160; i++)
		pcm[i] = (int16_t)(i * 3);
	for (i = 0; i < 55; i++)
		ck_assert_int_eq(0, ua_wavout_write(out, pcm, 160));

	ck_assert_int_eq(0, ua_wavin_open(&in, path, 0, NULL));
	ck_assert_uint_eq(8000, in.nsamp);
	ck_assert_uint_eq(8000, in.srate_hz);
	ck_assert_int_eq(pcm[159], in.pcm[159]);
	ua_wavin_close(&in);

	mem_deref(out);
	ck_assert_int_eq(0, ua_wavin_open(&in, path, 16000, NULL));
	ck_assert_uint_eq(2 * 55 * 160, in.nsamp);
	ua_wavin_close(&in);
}
END_TEST


static int scenario(void *arg)
{
	const struct ua_audio_conf conf = {
		.source = "echo", .sink = arg, .srate_hz = 8000, .nsamp = 160
	};
	struct ua_audio *audio = NULL;
	int err;

	err = ua_audio_open(&audio, &conf, NULL);
	mem_deref(audio);
	return err;
}


/* A file that is converted on the way */
static int file_scenario(void *arg)
{
	const struct ua_audio_conf conf = { .source = arg,
					    .srate_hz = 16000,
					    .nsamp = 320 };
	struct ua_audio *audio = NULL;
	int err;

	err = ua_audio_open(&audio, &conf, NULL);
	mem_deref(audio);
	return err;
}


START_TEST(memory_that_runs_out_leaves_no_file_open)
{
	char spec[128];

	(void)snprintf(spec, sizeof(spec), "file:%s/o.wav", dir);
	count_file(spec + 5, 200);
	ua_oom_walk(file_scenario, spec);
}
END_TEST


START_TEST(memory_that_runs_out_leaves_nothing_open)
{
	char spec[128];

	(void)snprintf(spec, sizeof(spec), "file:%s/o.wav", dir);
	ua_oom_walk(scenario, spec);
}
END_TEST


Suite *ua_suite_audio(void)
{
	Suite *s = suite_create("audio");
	TCase *tc = tcase_create("audio");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, each_driver_is_found_on_its_sides);
	tcase_add_test(tc, errors_name_the_value_and_what_was_expected);
	tcase_add_test(tc, spec_of_a_sink_is_checked_and_nothing_is_written);
	tcase_add_loop_test(tc, frame_without_size_or_rate_is_refused, 0, 4);
	tcase_add_test(tc, one_file_can_be_source_and_sink);
	tcase_add_test(tc,
		       file_that_cannot_grow_is_told_once_and_stays_readable);
	tcase_add_test(tc, sink_that_cannot_be_written_is_refused);
	tcase_add_test(tc, file_is_played_again_and_again);
	tcase_add_test(tc, file_that_is_played_once_tells_its_end_once);
	tcase_add_loop_test(tc, echo_says_what_it_heard, 0, 2);
	tcase_add_test(tc, file_of_a_killed_writer_can_be_read);
	tcase_add_test(tc, memory_that_runs_out_leaves_nothing_open);
	tcase_add_test(tc, memory_that_runs_out_leaves_no_file_open);
	suite_add_tcase(s, tc);

	return s;
}
