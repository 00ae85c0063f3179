/* SPDX-License-Identifier: BSD-3-Clause */
/** @file test_tonesrc.c  A tone as source */

#include <check.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include <ua/audio.h>
#include "base/re_compat.h"
#include "oom.h"

Suite *ua_suite_tonesrc(void);

enum { SRATE_HZ = 8000, NSAMP = 160 };


static int tone_open(struct ua_audio **audiop, const char *spec,
		     uint32_t srate_hz, char *errstr)
{
	const struct ua_audio_conf conf = { .source = spec,
					    .srate_hz = srate_hz,
					    .nsamp = NSAMP };

	return ua_audio_open(audiop, &conf, errstr);
}


START_TEST(tone_has_its_pitch_and_level)
{
	const double peak = 32767 * pow(10, -12 / 20.0);
	struct ua_audio *audio = NULL;
	int16_t pcm[SRATE_HZ];
	double re = 0;
	double im = 0;
	int i;

	ck_assert_int_eq(0, tone_open(&audio, "tone:440", SRATE_HZ, NULL));
	ck_assert_int_eq(0, ua_audio_read(audio, pcm, SRATE_HZ));
	ck_assert_int_eq(-1, ua_audio_fd(audio));

	for (i = 0; i < SRATE_HZ; i++) {
		re += pcm[i] * cos(2 * M_PI * 440 * i / SRATE_HZ);
		im += pcm[i] * sin(2 * M_PI * 440 * i / SRATE_HZ);
		ck_assert_double_le(fabs((double)pcm[i]), peak + 1);
	}

	ck_assert_double_eq_tol(peak, 2 * hypot(re, im) / SRATE_HZ, 2);
	mem_deref(audio);
}
END_TEST


START_TEST(tone_goes_on_where_the_last_frame_ended)
{
	struct ua_audio *whole = NULL;
	struct ua_audio *parts = NULL;
	int16_t a[10 * NSAMP];
	int16_t b[10 * NSAMP];
	int i;

	ck_assert_int_eq(0, tone_open(&whole, "tone:437.5", SRATE_HZ, NULL));
	ck_assert_int_eq(0, tone_open(&parts, "tone:437.5", SRATE_HZ, NULL));

	ck_assert_int_eq(0, ua_audio_read(whole, a, 10 * NSAMP));
	for (i = 0; i < 10; i++)
		ck_assert_int_eq(0,
				 ua_audio_read(parts, b + i * NSAMP, NSAMP));

	ck_assert_mem_eq(a, b, sizeof(a));
	mem_deref(whole);
	mem_deref(parts);
}
END_TEST


START_TEST(tone_must_fit_below_half_the_sample_rate)
{
	struct ua_audio *audio = NULL;
	char errstr[UA_AUDIO_ERRSTR] = "";

	/* Good as a SPEC: whether a call can carry it is seen later. */
	ck_assert_int_eq(0,
			 ua_audio_spec("tone:4000", UA_AUDIO_SOURCE, errstr));
	ck_assert_int_eq(EINVAL, tone_open(&audio, "tone:4000", 8000, errstr));
	ck_assert_str_eq("tone:4000: expected tone:HZ with 20 to 3999",
			 errstr);
	ck_assert_ptr_null(audio);

	ck_assert_int_eq(0, tone_open(&audio, "tone:3999", 8000, errstr));
	mem_deref(audio);
	ck_assert_int_eq(0, tone_open(&audio, "tone:20000", 48000, errstr));
	mem_deref(audio);
	ck_assert_int_eq(EINVAL,
			 tone_open(&audio, "tone:20001", 48000, errstr));
}
END_TEST


START_TEST(what_is_no_pitch_is_refused)
{
	static const char *const spec[] = {
		"tone",      "tone:",     "tone:ten", "tone:440x", "tone:-440",
		"tone:19.9", "tone:1e99", "tone:nan", "tone:inf",  "tone:20001"
	};
	char errstr[UA_AUDIO_ERRSTR] = "";

	ck_assert_int_eq(EINVAL,
			 ua_audio_spec(spec[_i], UA_AUDIO_SOURCE, errstr));
	ck_assert_ptr_nonnull(strstr(errstr, spec[_i]));
	ck_assert_ptr_nonnull(strstr(errstr, "tone:HZ with 20 to 20000"));
}
END_TEST


static int scenario(void *arg)
{
	struct ua_audio *audio = NULL;
	int err;

	err = tone_open(&audio, arg, SRATE_HZ, NULL);
	mem_deref(audio);
	return err;
}


START_TEST(memory_that_runs_out_leaves_nothing_open)
{
	char spec[] = "tone:440";

	ua_oom_walk(scenario, spec);
}
END_TEST


Suite *ua_suite_tonesrc(void)
{
	Suite *s = suite_create("tonesrc");
	TCase *tc = tcase_create("tonesrc");

	tcase_add_test(tc, tone_has_its_pitch_and_level);
	tcase_add_test(tc, tone_goes_on_where_the_last_frame_ended);
	tcase_add_test(tc, tone_must_fit_below_half_the_sample_rate);
	tcase_add_loop_test(tc, what_is_no_pitch_is_refused, 0, 10);
	tcase_add_test(tc, memory_that_runs_out_leaves_nothing_open);
	suite_add_tcase(s, tc);

	return s;
}
