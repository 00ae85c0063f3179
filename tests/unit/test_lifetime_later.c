/* SPDX-License-Identifier: BSD-3-Clause */
/** @file test_lifetime_later.c  How long a NAT keeps a binding: what was
 * learnt before */

#include <check.h>
#include <string.h>

#include "lifebed.h"

Suite *ua_suite_lifetime_later(void);


/* ---- What was known before ---- */


/* Nor is what was found too long then tried again. */
START_TEST(hint_is_proved_before_it_counts)
{
	init(false, 60);
	ck_assert_uint_eq(14, ua_lifetime_good_s(&lt));
	begin();
	spare_opened();
	spare_rested(60, &one);
	gap_passed(21);
	gap_passed(31);
	gap_passed(46);
	gap_passed(60);
	expect(UA_LIFETIME_ACT_CLOSE);
	learnt(60);

	init(true, 41);
	begin();
	gap_passed(21);
	gap_passed(31);
	gap_passed(41);
	learnt(41);
}
END_TEST


START_TEST(hint_that_is_wrong_is_dropped)
{
	init(false, 60);
	begin();
	spare_opened();
	spare_rested(60, &two);
	ck_assert_uint_eq(0, lt.hint_s);
	spare_rested(37, &one);

	/* More than there may be, or less than is safe */
	init(false, 4000);
	begin();
	spare_opened();
	spare_rested(126, &one);
	init(true, _i ? 14 : 3);
	ck_assert_uint_eq(0, lt.hint_s);
	ck_assert_uint_eq(0, lt.bad_s);
}
END_TEST


/* ---- Later ---- */


START_TEST(what_was_learnt_is_checked_each_hour)
{
	unsigned i;

	init(true, 0);
	learn(60);
	learnt(51);
	for (i = 0; i < 5; i++) {
		ck_assert_uint_eq(lt.at_ms - now, UA_LIFETIME_CHECK_MS);
		now = lt.at_ms - 1000;
		use();
		(void)tick();
		gap_passed(51);
		learnt(51);
	}

	/* Not any more: as safe as it was, and no longer than that. */
	(void)tick();
	expect(UA_LIFETIME_ACT_PING);
	use();
	gap_failed(51);
	expect_state(UA_LIFETIME_WAIT);
	ck_assert_uint_eq(14, ua_lifetime_good_s(&lt));
	ck_assert_uint_eq(51, lt.bad_s);
	ck_assert_uint_eq(UA_LIFETIME_PAUSE_MS, tick());
	expect(UA_LIFETIME_ACT_PROBE);
	arrive();
	gap_passed(21);
}
END_TEST


START_TEST(check_asks_the_spare_mapping_first)
{
	init(false, 60);
	begin();
	spare_opened();
	spare_rested(60, &one);
	gap_passed(21);
	gap_passed(31);
	gap_passed(46);
	gap_passed(60);
	expect(UA_LIFETIME_ACT_CLOSE);
	learnt(60);

	(void)tick();
	spare_opened();
	spare_rested(60, _i ? &two : &one);
	if (_i) {
		expect_state(UA_LIFETIME_WAIT);
		expect(UA_LIFETIME_ACT_CLOSE);
		ck_assert_uint_eq(14, ua_lifetime_good_s(&lt));
		return;
	}

	use();
	gap_passed(60);
	expect(UA_LIFETIME_ACT_CLOSE);
	learnt(60);
}
END_TEST


/* Once a day: what failed may have been an accident. */
START_TEST(what_failed_is_tried_again_in_a_day)
{
	unsigned i;

	init(true, 0);
	learn(60);
	learnt(51);
	for (i = 1; i < UA_LIFETIME_FORGET; i++) {
		(void)tick();
		expect(UA_LIFETIME_ACT_PING);
		use();
		gap_passed(51);
		learnt(51);
	}
	(void)tick();
	expect(UA_LIFETIME_ACT_PING);
	use();
	gap_passed(51);
	gap_passed(61);
	gap_passed(71);

	/* Where nothing could be proved, too */
	init(true, 0);
	learn(15);
	learnt(14);
	for (i = 1; i < UA_LIFETIME_FORGET; i++) {
		(void)tick();
		expect_state(UA_LIFETIME_DONE);
	}
	(void)tick();
	expect(UA_LIFETIME_ACT_PING);
	use();
	gap_passed(21);
}
END_TEST


START_TEST(binding_that_died_shortens_at_once)
{
	static const struct {
		uint32_t idle_ms, good_s, bad_s;
	} rows[] = {
		/* Longer than what is proved: known to be too long now */
		{ 60000, 51, 60 },
		{ 52000, 51, 52 },
		/* Less: nothing is proved any more */
		{ 51000, 14, 52 },
		{ 30000, 14, 31 },
		{ 15000, 14, 16 },
		/* Even what is called safe is not */
		{ 14000, 10, 0 },
		{ 11000, 10, 0 },
		/* No NAT does that: another way */
		{ 100, 14, 64 },
		{ 4999, 14, 64 },
	};

	init(true, 51);
	learn(60);
	learnt(51);
	ck_assert_uint_eq(63, lt.bad_s);
	lt.bad_s = 64;
	ua_lifetime_died(&lt, now, rows[_i].idle_ms);
	ck_assert_uint_eq(rows[_i].good_s, ua_lifetime_good_s(&lt));
	ck_assert_uint_eq(rows[_i].bad_s, lt.bad_s);
	ck_assert_uint_le(ua_lifetime_interval_ms(&lt),
			  1000 * rows[_i].good_s);
	if (rows[_i].good_s < 51)
		expect_state(UA_LIFETIME_WAIT);
}
END_TEST


/* A NAT that was restarted is not held to it for long; one that forgets is. */
START_TEST(each_death_is_remembered_longer)
{
	unsigned i;

	init(true, 0);
	use();
	ua_lifetime_died(&lt, now, 14000);
	ck_assert_uint_eq(10000, ua_lifetime_interval_ms(&lt));
	ck_assert_uint_eq(0, lt.bad_s);
	for (i = 2; i < 30; i++) {
		ua_lifetime_died(&lt, now, 9000);
		ck_assert_uint_eq(10, lt.bad_s);
		ck_assert_uint_eq(i < 24 ? i : 24, lt.forget);
		ck_assert_uint_eq(10000, ua_lifetime_interval_ms(&lt));
	}
}
END_TEST


/* It shows what the probe showed: no more than that. */
START_TEST(death_in_a_try_costs_only_the_try)
{
	init(true, 0);
	begin();
	gap_passed(21);
	gap(31);
	(void)tick();
	expect(UA_LIFETIME_ACT_PING);
	ua_lifetime_tx(&lt, now);
	now += 20;
	ua_lifetime_rx(&lt, now);
	ua_lifetime_died(&lt, now, 34000);
	ua_lifetime_answered(&lt, now, true);
	ck_assert_uint_eq(21, ua_lifetime_good_s(&lt));
	ck_assert_uint_eq(31, lt.bad_s);
	gap_passed(26);
}
END_TEST


START_TEST(lost_flow_begins_anew_when_it_is_answered)
{
	init(false, 60);
	begin();
	spare_opened();
	spare_rested(60, &one);
	gap_passed(21);
	gap_passed(31);
	ua_lifetime_lost(&lt);
	expect(UA_LIFETIME_ACT_CLOSE);
	expect_state(UA_LIFETIME_WAIT);
	ck_assert_str_eq("waiting", ua_lifetime_words(&lt));
	ck_assert_uint_eq(UA_NEVER, ua_lifetime_deadline(&lt));
	ck_assert_uint_eq(14000, ua_lifetime_interval_ms(&lt));
	ck_assert_uint_eq(31, lt.hint_s);
	use();
	ck_assert_uint_eq(UA_LIFETIME_PAUSE_MS, tick());
	expect(UA_LIFETIME_ACT_PROBE);
	arrive();
	spare_opened();
	spare_rested(31, &one);
}
END_TEST


START_TEST(messages_saved_are_counted)
{
	unsigned i;

	init(true, 0);
	ck_assert_uint_eq(0, ua_lifetime_saved(&lt, now));
	use();
	ck_assert_uint_eq(0, ua_lifetime_saved(&lt, now - 1));

	/* 14 s less jitter are 12.6 */
	ck_assert_uint_eq(10, ua_lifetime_saved(&lt, now + 126000));
	for (i = 0; i < 4; i++)
		ua_lifetime_count(&lt);
	ck_assert_uint_eq(6, ua_lifetime_saved(&lt, now + 126000));
	ck_assert_uint_eq(0, ua_lifetime_saved(&lt, now + 12600));

	/* Probes count, too. */
	(void)tick();
	ck_assert_uint_eq(5, ua_lifetime_saved(&lt, now + 126000));
}
END_TEST


Suite *ua_suite_lifetime_later(void)
{
	Suite *s = suite_create("lifetime_later");
	TCase *tc = tcase_create("lifetime");

	tcase_set_timeout(tc, 30);
	tcase_add_test(tc, hint_is_proved_before_it_counts);
	tcase_add_loop_test(tc, hint_that_is_wrong_is_dropped, 0, 2);
	tcase_add_test(tc, what_was_learnt_is_checked_each_hour);
	tcase_add_loop_test(tc, check_asks_the_spare_mapping_first, 0, 2);
	tcase_add_test(tc, what_failed_is_tried_again_in_a_day);
	tcase_add_loop_test(tc, binding_that_died_shortens_at_once, 0, 9);
	tcase_add_test(tc, each_death_is_remembered_longer);
	tcase_add_test(tc, death_in_a_try_costs_only_the_try);
	tcase_add_test(tc, lost_flow_begins_anew_when_it_is_answered);
	tcase_add_test(tc, messages_saved_are_counted);
	suite_add_tcase(s, tc);

	return s;
}
