/* SPDX-License-Identifier: BSD-3-Clause */
/** @file test_rtpstat.c  Loss, jitter and quality of what was received */

#include <check.h>
#include <string.h>

#include "rtp/rtpstat.h"

Suite *ua_suite_rtpstat(void);

enum { PTIME = 20, DUR = 160 };


static bool packet(struct ua_rtpstat *st, unsigned n, uint32_t delay_ms)
{
	return ua_rtpstat_input(st, 1000 + (uint64_t)n * PTIME + delay_ms,
				8000, 7, (uint16_t)(65530 + n),
				(uint32_t)(4294967000U + n * DUR), DUR);
}


START_TEST(nothing_is_lost_over_a_wrap)
{
	struct ua_rtpstat st = { .started = false };
	unsigned i;

	for (i = 0; i < 100; i++)
		ck_assert(packet(&st, i, 0));

	ck_assert_uint_eq(100, st.packets);
	ck_assert_uint_eq(100 * DUR, st.bytes);
	ck_assert_uint_eq(0, ua_rtpstat_lost(&st));
	ck_assert_uint_eq(0, ua_rtpstat_fraction(&st));
	ck_assert_uint_eq(65530 + 99, ua_rtpstat_extmax(&st));
	ck_assert_double_eq(0, ua_rtpstat_jitter_ms(&st));
}
END_TEST


START_TEST(loss_is_counted_and_reported_since_the_last_report)
{
	struct ua_rtpstat st = { .started = false };
	unsigned i;

	for (i = 0; i < 101; i++) {
		if (i % 4 != 3)
			(void)packet(&st, i, 0);
	}

	ck_assert_uint_eq(25, ua_rtpstat_lost(&st));
	ck_assert_uint_eq(25 * 256 / 101, ua_rtpstat_fraction(&st));

	for (; i < 200; i++)
		(void)packet(&st, i, 0);
	ck_assert_uint_eq(0, ua_rtpstat_fraction(&st));
	ck_assert_uint_eq(25, ua_rtpstat_lost(&st));
}
END_TEST


START_TEST(reordered_packets_are_not_lost)
{
	struct ua_rtpstat st = { .started = false };
	unsigned i;

	for (i = 0; i < 100; i += 2) {
		if (i)
			(void)packet(&st, i + 1, 0);
		(void)packet(&st, i, 0);
		if (!i)
			(void)packet(&st, i + 1, 0);
	}

	ck_assert_uint_eq(0, ua_rtpstat_lost(&st));
}
END_TEST


START_TEST(far_sequence_number_counts_only_when_followed)
{
	struct ua_rtpstat st = { .started = false };

	ck_assert(packet(&st, 0, 0));
	ck_assert(!packet(&st, 30000, 0));
	ck_assert(packet(&st, 1, 0));
	ck_assert_uint_eq(0, ua_rtpstat_lost(&st));

	ck_assert(!packet(&st, 30000, 0));
	ck_assert(packet(&st, 30001, 0));
	ck_assert(packet(&st, 30002, 0));
	ck_assert_uint_eq(0, ua_rtpstat_lost(&st));
}
END_TEST


START_TEST(sums_outlive_the_source)
{
	struct ua_rtpstat st = { .started = false };

	(void)ua_rtpstat_input(&st, 0, 8000, 1, 10, 0, 1);
	(void)ua_rtpstat_input(&st, 0, 8000, 1, 15, 0, 1);
	ck_assert_uint_eq(4, ua_rtpstat_lost(&st));

	(void)ua_rtpstat_input(&st, 0, 8000, 2, 40000, 0, 1);
	ck_assert_uint_eq(4, ua_rtpstat_lost(&st));
	ck_assert_uint_eq(3, st.packets);
	ck_assert_uint_eq(40000, ua_rtpstat_extmax(&st));
}
END_TEST


/* Alternately 0 and 10 ms late: |D| is always 10 ms, so J goes there. */
START_TEST(jitter_is_the_mean_difference_of_transit)
{
	struct ua_rtpstat st = { .started = false };
	unsigned i;

	for (i = 0; i < 200; i++)
		(void)packet(&st, i, i % 2 * 10);

	ck_assert_double_eq_tol(10, ua_rtpstat_jitter_ms(&st), 0.1);
}
END_TEST


START_TEST(quality_falls_with_loss_and_delay)
{
	ck_assert_double_eq_tol(4.41, ua_rtpstat_mos(0, 0, 0, 25), 0.01);
	ck_assert_double_gt(ua_rtpstat_mos(50, 0, 0, 25), 4.3);
	ck_assert_double_lt(ua_rtpstat_mos(50, 0.05, 0, 25), 4.1);
	ck_assert_double_lt(ua_rtpstat_mos(400, 0, 0, 25),
			    ua_rtpstat_mos(200, 0, 0, 25));
	ck_assert_double_lt(ua_rtpstat_mos(50, 0.05, 11, 19),
			    ua_rtpstat_mos(50, 0.05, 0, 25));
	ck_assert_double_ge(ua_rtpstat_mos(10000, 1, 0, 1), 1);
}
END_TEST


Suite *ua_suite_rtpstat(void)
{
	Suite *s = suite_create("rtpstat");
	TCase *tc = tcase_create("rtpstat");

	tcase_add_test(tc, nothing_is_lost_over_a_wrap);
	tcase_add_test(tc, loss_is_counted_and_reported_since_the_last_report);
	tcase_add_test(tc, reordered_packets_are_not_lost);
	tcase_add_test(tc, far_sequence_number_counts_only_when_followed);
	tcase_add_test(tc, sums_outlive_the_source);
	tcase_add_test(tc, jitter_is_the_mean_difference_of_transit);
	tcase_add_test(tc, quality_falls_with_loss_and_delay);
	suite_add_tcase(s, tc);

	return s;
}
