/* SPDX-License-Identifier: BSD-3-Clause */
/** @file test_compare.c  What was sent is told from what was not */

#include <check.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <ua/codec.h>
#include "base/re_compat.h"
#include "media/compare.h"
#include "media/plc.h"
#include "oom.h"

Suite *ua_suite_compare(void);

enum { SRATE = 8000, SENT = 4 * SRATE, HEARD = 12 * SRATE };

static int16_t sent[SENT];
static int16_t heard[HEARD];


/*
 * Something like speech: syllables of changing pitch and length, with rests.
 */
static void speak(int16_t *pcm, size_t n, uint32_t seed)
{
	double phase = 0;
	size_t at = 0;

	while (at < n) {
		const size_t len = 800 + (seed >> 16) % 1600;
		const double hz = 110 + (seed >> 8) % 160;
		const double form = 2 + (seed >> 12) % 5;
		size_t i;

		seed = seed * 1664525 + 1013904223;
		for (i = 0; i < len && at < n; i++, at++) {
			const double w = sin(M_PI * (double)i / (double)len);

			phase += 2 * M_PI * hz / SRATE *
				 (1 + 0.1 * (double)i / (double)len);
			pcm[at] = (int16_t)((seed >> 24) % 5
						    ? 6000 * w *
							      (sin(phase) +
							       sin(form *
								   phase) /
								       2)
						    : 0);
		}
	}
}


static struct ua_compare run(size_t nheard, bool loop)
{
	const struct ua_compare_conf conf = { .sent = sent,
					      .nsent = SENT,
					      .heard = heard,
					      .nheard = nheard,
					      .srate_hz = SRATE,
					      .loop = loop };
	struct ua_compare cmp;

	ck_assert_int_eq(0, ua_compare(&cmp, &conf));
	return cmp;
}


static void setup(void)
{
	speak(sent, SENT, 12345);
	memset(heard, 0, sizeof(heard));
}


/* As if it was said again and again from a lag on */
static void repeat(size_t lag, size_t n)
{
	size_t i;

	for (i = lag; i < n; i++)
		heard[i] = sent[(i - lag) % SENT];
}


/* _i * 37 ms later */
START_TEST(same_sound_is_the_same_at_any_lag)
{
	const size_t lag = (size_t)_i * 37 * 8;
	struct ua_compare cmp;

	memcpy(heard + lag, sent, sizeof(sent));
	cmp = run(HEARD, false);
	ck_assert_double_gt(cmp.similarity, 0.99);
	ck_assert_double_eq_tol((double)lag / 8, cmp.lag_ms, 1);
	ck_assert_double_ge(cmp.heard_s, 2.5);
	ck_assert_double_le(cmp.heard_s, 4.2);
}
END_TEST


START_TEST(repeated_sound_is_followed)
{
	struct ua_compare cmp;

	repeat(5000, HEARD);
	cmp = run(HEARD, true);
	ck_assert_double_gt(cmp.similarity, 0.9);
	ck_assert_double_ge(cmp.heard_s, 7.5);
	ck_assert_double_eq_tol(625, cmp.lag_ms, 1);
}
END_TEST


START_TEST(other_sound_and_silence_are_not_the_same)
{
	struct ua_compare cmp;

	cmp = run(HEARD, false);
	ck_assert_double_eq(0, cmp.similarity);
	ck_assert_double_eq(0, cmp.heard_s);

	speak(heard, HEARD, 999);
	cmp = run(HEARD, true);
	ck_assert_double_lt(cmp.similarity, 0.6);
}
END_TEST


/* _i: each codec that takes 8000 Hz */
START_TEST(codec_and_level_do_not_matter)
{
	const struct ua_codec *c = ua_codec_find(_i ? "pcmu" : "pcma");
	static uint8_t buf[SENT];
	struct ua_compare cmp;
	size_t n = SENT;
	size_t i;

	for (i = 0; i < SENT; i++)
		heard[3000 + i] = (int16_t)(sent[i] / 4);
	ck_assert_int_eq(0, c->encode(NULL, buf, &n, heard + 3000, SENT));
	ck_assert_int_eq(0, c->decode(NULL, heard + 3000, &n, buf, SENT));

	cmp = run(HEARD, false);
	ck_assert_double_gt(cmp.similarity, 0.95);
}
END_TEST


/* The jitter buffer inserts 20 ms here and leaves out 40 ms there. */
START_TEST(slips_of_the_jitter_buffer_do_not_matter)
{
	struct ua_compare cmp;

	memcpy(heard + 1000, sent, 10000 * 2);
	memcpy(heard + 11160, sent + 10000, 10000 * 2);
	memcpy(heard + 21160, sent + 20320, (SENT - 20320) * 2);
	cmp = run(HEARD, false);
	ck_assert_double_gt(cmp.similarity, 0.85);
}
END_TEST


START_TEST(missing_half_is_noticed)
{
	struct ua_compare whole;
	struct ua_compare half;
	size_t i;

	repeat(0, HEARD);
	whole = run(HEARD, true);

	/* Every other 400 ms is gone. */
	for (i = 0; i < HEARD; i++) {
		if (i / 3200 % 2)
			heard[i] = 0;
	}
	half = run(HEARD, true);
	ck_assert_double_lt(half.similarity, 0.7);
	ck_assert_double_lt(half.heard_s, whole.heard_s * 0.7);
}
END_TEST


START_TEST(short_and_senseless_sounds_are_no_trouble)
{
	struct ua_compare_conf conf = { .sent = sent,
					.heard = heard,
					.srate_hz = SRATE };
	struct ua_compare cmp;
	size_t n;

	for (n = 0; n < 200; n += 7) {
		conf.nsent = n;
		conf.nheard = n / 2;
		ck_assert_int_eq(0, ua_compare(&cmp, &conf));
		ck_assert_double_eq(0, cmp.similarity);
	}

	conf.srate_hz = 1;
	ck_assert_int_eq(EINVAL, ua_compare(&cmp, &conf));
}
END_TEST


/* ---- Concealment, judged by the same means ---- */


/* 20 ms of each 200 are lost: said again is nearer than silence. */
START_TEST(concealed_is_better_than_silence)
{
	struct ua_plc plc;
	int16_t pcm[160];
	double err_plc = 0;
	double err_mute = 0;
	size_t at;
	size_t i;

	/* A vowel */
	for (i = 0; i < SENT; i++)
		sent[i] = (int16_t)(5000 * (sin((double)i * 0.1) +
					    sin((double)i * 0.3) / 2));

	ua_plc_init(&plc, SRATE);
	for (at = 0; at < SENT; at += 160) {
		memcpy(pcm, sent + at, sizeof(pcm));
		if (at / 160 % 10 != 9) {
			ua_plc_good(&plc, pcm, 160);
			continue;
		}

		ua_plc_lost(&plc, pcm, 160);
		for (i = 0; i < 160; i++) {
			const double d = pcm[i] - sent[at + i];

			err_plc += d * d;
			err_mute += (double)sent[at + i] * sent[at + i];
		}
	}

	ck_assert_double_lt(err_plc, err_mute / 4);
}
END_TEST


START_TEST(long_gap_fades_to_silence_without_a_click)
{
	static const uint32_t rates[] = { 8000, 16000, 48000 };
	const uint32_t srate = rates[_i];
	const size_t n = srate / 50;
	struct ua_plc plc;
	int16_t pcm[960];
	int16_t last = 0;
	int jump = 0;
	size_t k;
	size_t i;

	ua_plc_init(&plc, srate);
	for (k = 0; k < 20; k++) {
		for (i = 0; i < n; i++)
			pcm[i] = (int16_t)(8000 *
					   sin(2 * M_PI * 150 *
					       (double)(k * n + i) / srate));
		if (k < 8 || k > 14)
			ua_plc_good(&plc, pcm, n);
		else
			ua_plc_lost(&plc, pcm, n);

		for (i = 0; i < n; i++) {
			if (abs(pcm[i] - last) > jump)
				jump = abs(pcm[i] - last);
			last = pcm[i];
		}
		if (k == 14)
			ck_assert_int_eq(0, pcm[n - 1]);
	}

	/* A sine of that pitch moves so much by itself, and some more. */
	ck_assert_int_le(jump, 3 * 8000 * 942 / (int)srate);
}
END_TEST


static int scenario(void *arg)
{
	struct ua_compare cmp;

	return ua_compare(&cmp, arg);
}


START_TEST(memory_that_runs_out_is_told)
{
	struct ua_compare_conf conf = { .sent = sent,
					.nsent = 3000,
					.heard = heard,
					.nheard = 3000,
					.srate_hz = SRATE };

	ua_oom_walk(scenario, &conf);
}
END_TEST


Suite *ua_suite_compare(void)
{
	Suite *s = suite_create("compare");
	TCase *tc = tcase_create("compare");

	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, setup, NULL);
	tcase_add_loop_test(tc, same_sound_is_the_same_at_any_lag, 0, 6);
	tcase_add_test(tc, repeated_sound_is_followed);
	tcase_add_test(tc, other_sound_and_silence_are_not_the_same);
	tcase_add_loop_test(tc, codec_and_level_do_not_matter, 0, 2);
	tcase_add_test(tc, slips_of_the_jitter_buffer_do_not_matter);
	tcase_add_test(tc, missing_half_is_noticed);
	tcase_add_test(tc, short_and_senseless_sounds_are_no_trouble);
	tcase_add_test(tc, concealed_is_better_than_silence);
	tcase_add_loop_test(tc, long_gap_fades_to_silence_without_a_click, 0,
			    3);
	tcase_add_test(tc, memory_that_runs_out_is_told);
	suite_add_tcase(s, tc);

	return s;
}
