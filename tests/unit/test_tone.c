/* SPDX-License-Identifier: BSD-3-Clause */
/** @file test_tone.c  Tones: made, found, resampled */

#include <check.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/re_compat.h"
#include "media/resample.h"
#include "media/tonedet.h"
#include "media/tonegen.h"
#include "oom.h"

Suite *ua_suite_tone(void);

static const uint32_t rates[] = { 8000, 16000, 24000, 32000, 44100, 48000 };


START_TEST(tone_is_found_where_it_is_and_nowhere_else)
{
	struct ua_tonegen tone;
	int16_t pcm[8000];

	ua_tonegen_init(&tone, 440, 8000, -10);
	ua_tonegen_output(&tone, pcm, 8000);

	ck_assert_double_gt(ua_tonedet_share(pcm, 800, 8000, 440), 0.98);
	ck_assert_double_lt(ua_tonedet_share(pcm, 800, 8000, 480), 0.05);
	ck_assert_double_eq_tol(1, ua_tonedet_heard_s(pcm, 8000, 8000, 440),
				0.01);
	ck_assert_double_eq(0, ua_tonedet_heard_s(pcm, 8000, 8000, 1000));

	memset(pcm, 0, sizeof(pcm));
	ck_assert_double_eq(0, ua_tonedet_share(pcm, 8000, 8000, 440));
}
END_TEST


/* _i: every rate to every other one */
START_TEST(tone_survives_another_rate)
{
	const uint32_t from = rates[_i / 6];
	const uint32_t to = rates[_i % 6];
	static int16_t in[48000];
	static int16_t out[48001];
	struct ua_resample *rs;
	struct ua_tonegen tone;
	size_t n = 0;
	size_t i;

	ua_tonegen_init(&tone, 1000, from, -3);
	ua_tonegen_output(&tone, in, from);

	/* 20 ms at a time, each of which is a whole number of samples. */
	ck_assert_int_eq(0, ua_resample_alloc(&rs, from, to));
	for (i = 0; i < 50; i++) {
		n += ua_resample_input(rs, out + n, in + i * (from / 50),
				       from / 50);
		ck_assert_uint_eq((i + 1) * (to / 50), n);
	}

	ck_assert_double_gt(ua_tonedet_share(out + to / 10, to / 2, to, 1000),
			    0.999);
	mem_deref(rs);
}
END_TEST


/* A tone above the new limit must vanish, not fold back. */
START_TEST(nothing_folds_back)
{
	static int16_t in[48000];
	static int16_t out[8001];
	struct ua_resample *rs;
	struct ua_tonegen tone;
	int64_t sum = 0;
	size_t n;
	size_t i;

	ua_tonegen_init(&tone, 5000, 48000, -3);
	ua_tonegen_output(&tone, in, 48000);
	ck_assert_int_eq(0, ua_resample_alloc(&rs, 48000, 8000));
	n = ua_resample_input(rs, out, in, 48000);
	ck_assert_uint_eq(8000, n);

	for (i = 100; i < n; i++)
		sum += (int32_t)out[i] * out[i];

	/* 60 dB below what went in */
	ck_assert_int_lt(sum / (int64_t)(n - 100), 24 * 24);
	mem_deref(rs);
}
END_TEST


START_TEST(blocks_of_any_size_make_the_same_stream)
{
	static int16_t in[4410];
	static int16_t whole[5000];
	static int16_t parts[5000];
	struct ua_resample *a;
	struct ua_resample *b;
	struct ua_tonegen tone;
	size_t na;
	size_t nb = 0;
	size_t at = 0;
	size_t step = 1;

	ua_tonegen_init(&tone, 700, 44100, -3);
	ua_tonegen_output(&tone, in, 4410);
	ck_assert_int_eq(0, ua_resample_alloc(&a, 44100, 48000));
	ck_assert_int_eq(0, ua_resample_alloc(&b, 44100, 48000));

	na = ua_resample_input(a, whole, in, 4410);
	while (at < 4410) {
		if (step > 4410 - at)
			step = 4410 - at;
		nb += ua_resample_input(b, parts + nb, in + at, step);
		at += step;
		step = step * 2 % 1013 + 1;
	}

	ck_assert_uint_eq(na, nb);
	ck_assert_mem_eq(whole, parts, na * sizeof(whole[0]));
	mem_deref(a);
	mem_deref(b);
}
END_TEST


START_TEST(senseless_rates_are_refused)
{
	struct ua_resample *rs;

	ck_assert_int_eq(EINVAL, ua_resample_alloc(&rs, 0, 8000));
	ck_assert_int_eq(EINVAL, ua_resample_alloc(&rs, 8000, 3999));
	ck_assert_int_eq(EINVAL, ua_resample_alloc(&rs, 191999, 192000));
}
END_TEST


static int scenario(void *arg)
{
	struct ua_resample *rs = NULL;
	int err;

	(void)arg;
	err = ua_resample_alloc(&rs, 8000, 16000);
	mem_deref(rs);
	return err;
}


START_TEST(memory_that_runs_out_is_told)
{
	ua_oom_walk(scenario, NULL);
}
END_TEST


Suite *ua_suite_tone(void)
{
	Suite *s = suite_create("tone");
	TCase *tc = tcase_create("tone");

	tcase_add_test(tc, tone_is_found_where_it_is_and_nowhere_else);
	tcase_add_loop_test(tc, tone_survives_another_rate, 0, 36);
	tcase_add_test(tc, nothing_folds_back);
	tcase_add_test(tc, blocks_of_any_size_make_the_same_stream);
	tcase_add_test(tc, senseless_rates_are_refused);
	tcase_add_test(tc, memory_that_runs_out_is_told);
	suite_add_tcase(s, tc);

	return s;
}
