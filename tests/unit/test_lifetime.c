/* SPDX-License-Identifier: BSD-3-Clause */
/** @file test_lifetime.c  How long a NAT keeps a binding: learning it */

#include <check.h>
#include <errno.h>
#include <string.h>

#include "lifebed.h"

Suite *ua_suite_lifetime(void);


/* ---- Growth ---- */


START_TEST(grows_by_small_steps_where_the_port_is_kept)
{
	static const uint32_t steps[] = { 21, 31, 41,  51,  61,  71,
					  81, 91, 101, 111, 121, 126 };
	unsigned i;

	init(true, 0);
	begin();
	for (i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		ck_assert_str_eq("learning", ua_lifetime_words(&lt));
		gap_passed(steps[i]);
		ck_assert_uint_eq(steps[i], ua_lifetime_good_s(&lt));
	}
	learnt(126);
	ck_assert_uint_eq(119700, ua_lifetime_interval_ms(&lt));
}
END_TEST


START_TEST(bisects_between_good_and_bad)
{
	init(true, 0);
	begin();
	gap_failed(21);
	ck_assert_uint_eq(14, ua_lifetime_good_s(&lt));
	gap_passed(17);
	learnt(17);

	init(true, 0);
	begin();
	gap_failed(21);
	gap_failed(17);
	learnt(14);

	init(true, 0);
	begin();
	gap_passed(21);
	gap_failed(31);
	gap_passed(26);
	learnt(26);

	/* Near enough */
	init(true, 0);
	begin();
	gap_passed(21);
	gap_passed(31);
	gap_passed(41);
	gap_failed(51);
	learnt(41);
}
END_TEST


/* What is good never reaches the timeout, and the flow is never silent for
   more than 10 s past what is proved. */
/* A NAT may keep what was made anew less long, until it is used again. */
START_TEST(young_binding_is_pinged_at_the_safe_interval)
{
	init(true, 0);
	learn(48);
	learnt(41);
	ck_assert_uint_eq(1000 * UA_LIFETIME_SAFE_S,
			  ua_lifetime_interval_ms(&lt));

	/* What belongs to the same question and answer tells nothing. */
	now += 1900;
	use();
	ck_assert_uint_eq(1000 * UA_LIFETIME_SAFE_S,
			  ua_lifetime_interval_ms(&lt));
	now += 200;
	use();
	ck_assert_uint_ge(ua_lifetime_interval_ms(&lt), 38000);
}
END_TEST


START_TEST(finds_what_is_there)
{
	const uint32_t timeout_s = 15 + (uint32_t)_i;

	init(true, 0);
	learn(timeout_s);
	ck_assert_uint_lt(ua_lifetime_good_s(&lt), timeout_s);
	ck_assert_uint_ge(ua_lifetime_good_s(&lt) * 14,
			  10 * (timeout_s < 126 ? timeout_s - 1 : 126));
	ck_assert_uint_ge(ua_lifetime_interval_ms(&lt), 14000);
	ck_assert_uint_le(ua_lifetime_interval_ms(&lt), 120000);
	ck_assert_uint_le(ua_lifetime_interval_ms(&lt) + 1000,
			  1000 * timeout_s);
}
END_TEST


START_TEST(spare_mapping_goes_first_where_the_port_changes)
{
	init(false, 0);
	begin();
	spare_opened();
	spare_rested(42, &one);
	gap_passed(21);
	gap_passed(31);
	gap_passed(42);
	spare_rested(126, &one);
	gap_passed(63);
	gap_passed(87);
	gap_passed(111);
	gap_passed(126);
	expect(UA_LIFETIME_ACT_CLOSE);
	learnt(126);
}
END_TEST


/* The flow is never exposed to it.  Its new mapping is the one to watch. */
START_TEST(spare_mapping_that_changed_is_a_bad_sign)
{
	init(false, 0);
	begin();
	spare_opened();
	spare_rested(42, &two);
	ck_assert_uint_eq(42, lt.bad_s);
	spare_rested(28, &two);
	gap_passed(21);
	gap_passed(28);

	/* It rested for both gaps, which is more than 35 s. */
	spare_rested(35, &one);
	ck_assert_uint_eq(42, lt.bad_s);
	spare_rested(35, &two);
	ck_assert_uint_eq(35, lt.bad_s);
	expect(UA_LIFETIME_ACT_CLOSE);
	learnt(28);
}
END_TEST


START_TEST(spare_socket_that_is_not_answered_ends_it)
{
	init(false, 0);
	begin();
	expect(UA_LIFETIME_ACT_OPEN);
	if (_i)
		ck_assert_uint_le(tick(), UA_LIFETIME_SPARE_MS);
	else
		ua_lifetime_spare(&lt, now, NULL);
	expect(UA_LIFETIME_ACT_CLOSE);
	learnt(14);
}
END_TEST


START_TEST(spare_socket_that_falls_silent_is_tried_again)
{
	unsigned i;

	init(false, 0);
	begin();
	for (i = 1; i <= UA_LIFETIME_TROUBLES; i++) {
		spare_opened();
		(void)tick();
		expect(UA_LIFETIME_ACT_AGAIN);
		ck_assert_uint_eq(UA_LIFETIME_SPARE_MS, tick());
		expect(UA_LIFETIME_ACT_CLOSE);
		if (i == UA_LIFETIME_TROUBLES)
			break;

		expect_state(UA_LIFETIME_WAIT);
		ck_assert_uint_eq(UA_LIFETIME_PAUSE_MS, tick());
		expect(UA_LIFETIME_ACT_PROBE);
		arrive();
	}
	learnt(14);
}
END_TEST


/* The machine slept: a mapping that is gone says nothing of 42 s. */
START_TEST(spare_mapping_that_rested_too_long_rests_again)
{
	init(false, 0);
	begin();
	spare_opened();
	now += 3600000;
	ua_lifetime_tick(&lt, now);
	expect(UA_LIFETIME_ACT_AGAIN);
	ua_lifetime_spare(&lt, now, &two);
	ck_assert_uint_eq(0, lt.bad_s);
	spare_rested(42, &two);
	gap_passed(21);
}
END_TEST


/* ---- What counts ---- */


START_TEST(traffic_in_a_gap_begins_it_anew)
{
	init(true, 0);
	begin();
	now += 10000;
	use();
	gap_passed(21);
	ck_assert_uint_eq(21, ua_lifetime_good_s(&lt));
}
END_TEST


/* It was silent for longer than is to be tried. */
START_TEST(gap_that_would_be_over_begins_with_a_ping)
{
	init(false, 0);
	begin();
	spare_opened();
	(void)tick();
	expect(UA_LIFETIME_ACT_AGAIN);
	ua_lifetime_spare(&lt, now, &one);
	expect_state(UA_LIFETIME_GAP);
	expect(UA_LIFETIME_ACT_PING);
	use();
	gap_passed(21);
}
END_TEST


START_TEST(flow_that_is_never_silent_is_left_alone)
{
	unsigned i;

	init(true, 0);
	begin();
	for (i = 1; i <= UA_LIFETIME_TROUBLES; i++) {
		expect_state(UA_LIFETIME_GAP);
		now += 20000;
		use();
	}
	learnt(14);
}
END_TEST


/* As a NAT helper of a server sends, with which it might live on */
START_TEST(silence_with_noise_is_no_proof)
{
	init(true, 0);
	begin();
	now += 10000;
	ua_lifetime_rx(&lt, now);
	expect_state(UA_LIFETIME_GAP);
	(void)tick();
	expect_state(UA_LIFETIME_WAIT);
	expect(UA_LIFETIME_ACT_NONE);
	ck_assert_uint_eq(14, ua_lifetime_good_s(&lt));
	ck_assert_uint_eq(UA_LIFETIME_PAUSE_MS, tick());

	/* One that is answered is traffic as any. */
	expect(UA_LIFETIME_ACT_PROBE);
	arrive();
	now += 10000;
	ua_lifetime_rx(&lt, now);
	ua_lifetime_tx(&lt, now);
	gap_passed(21);
}
END_TEST


START_TEST(request_of_ours_while_probed_spoils_it)
{
	init(true, 0);
	begin();
	gap(21);
	ua_lifetime_tx(&lt, now + 100);
	expect_state(UA_LIFETIME_WAIT);
	ua_lifetime_arrived(&lt, now + 600);
	ck_assert_uint_eq(14, ua_lifetime_good_s(&lt));
}
END_TEST


/* Our answer did not get through, and held nothing. */
START_TEST(probe_that_came_in_but_is_not_answered_asks_for_a_ping)
{
	init(true, 0);
	begin();
	gap(21);
	now += 20;
	ua_lifetime_rx(&lt, now);
	ua_lifetime_arrived(&lt, now);
	ua_lifetime_tx(&lt, now);

	/* Once more does not put it off. */
	now += 500;
	ua_lifetime_arrived(&lt, now);
	ck_assert_uint_eq(500, tick());
	expect_state(UA_LIFETIME_REFRESH);
	expect(UA_LIFETIME_ACT_PING);
	ck_assert_uint_eq(0, ua_lifetime_hold(&lt));
	use();
	ck_assert_uint_eq(21, ua_lifetime_good_s(&lt));
	gap_passed(31);
}
END_TEST


/* Another phone was faster: ours has half a second. */
START_TEST(probe_answered_by_another_phone_may_come_in)
{
	init(true, 0);
	begin();
	gap(21);
	ua_lifetime_probed(&lt, now + 10, 0);
	ck_assert_uint_eq(now + 510, ua_lifetime_deadline(&lt));
	now += 60;
	ua_lifetime_arrived(&lt, now);
	(void)tick();
	expect(UA_LIFETIME_ACT_PING);
	use();
	ck_assert_uint_eq(21, ua_lifetime_good_s(&lt));
}
END_TEST


START_TEST(probe_that_could_not_be_sent_says_nothing)
{
	init(true, 0);
	begin();
	gap(21);
	ua_lifetime_probed(&lt, now, ENETUNREACH);
	expect_state(UA_LIFETIME_WAIT);
	ck_assert_uint_eq(0, lt.bad_s);
	ck_assert_uint_eq(now + UA_LIFETIME_PAUSE_MS,
			  ua_lifetime_deadline(&lt));
}
END_TEST


/* The network was down when it failed. */
START_TEST(failure_without_an_answer_says_nothing)
{
	init(true, 0);
	begin();
	gap(21);
	(void)tick();
	expect(UA_LIFETIME_ACT_PING);
	if (_i) {
		ua_lifetime_lost(&lt);
		ck_assert_uint_eq(UA_NEVER, ua_lifetime_deadline(&lt));
	}
	else {
		ck_assert_uint_eq(UA_LIFETIME_REFRESH_MS, tick());
	}
	expect_state(UA_LIFETIME_WAIT);
	ck_assert_uint_eq(0, lt.bad_s);
}
END_TEST


START_TEST(sleep_in_a_gap_or_probe_says_nothing)
{
	init(true, 0);
	begin();
	if (_i)
		gap(21);
	now = ua_lifetime_deadline(&lt) + 60000;
	ua_lifetime_tick(&lt, now);
	expect_state(UA_LIFETIME_WAIT);
	expect(UA_LIFETIME_ACT_NONE);
	ck_assert_uint_eq(0, lt.bad_s);
}
END_TEST


/* ---- Cannot tell ---- */


START_TEST(server_that_answers_probes_itself_leaves_us_blind)
{
	unsigned round, i;

	init(_i, 0);
	use();
	for (round = 0; round < 2; round++) {
		for (i = 1; i <= UA_LIFETIME_ASKS; i++) {
			ck_assert_uint_eq(i > 1   ? UA_LIFETIME_ASK_MS
					  : round ? UA_LIFETIME_CHECK_MS
						  : UA_LIFETIME_BEGIN_MS,
					  tick());
			expect_state(UA_LIFETIME_ASK);
			expect(UA_LIFETIME_ACT_PROBE);
			now += 20;
			ua_lifetime_probed(&lt, now, 0);
			ck_assert_uint_eq(500, tick());
		}
		expect_state(UA_LIFETIME_BLIND);
		ck_assert_str_eq("cannot tell", ua_lifetime_words(&lt));
		ck_assert_uint_eq(14000, ua_lifetime_interval_ms(&lt));
		ck_assert_uint_eq(0, ua_lifetime_hold(&lt));
		expect(UA_LIFETIME_ACT_NONE);
	}

	/* It does no more. */
	ck_assert_uint_eq(UA_LIFETIME_CHECK_MS, tick());
	expect(UA_LIFETIME_ACT_PROBE);
	arrive();
	ck_assert_str_eq("learning", ua_lifetime_words(&lt));
}
END_TEST


START_TEST(server_that_passes_nothing_leaves_us_blind)
{
	unsigned i;

	init(true, 0);
	use();
	for (i = 1; i <= UA_LIFETIME_ASKS; i++) {
		(void)tick();
		expect(UA_LIFETIME_ACT_PROBE);
		ck_assert_uint_eq(UA_LIFETIME_PROBE_MS, tick());
	}
	expect_state(UA_LIFETIME_BLIND);
}
END_TEST


START_TEST(off_is_off)
{
	const struct ua_lifetime_conf conf = { .off = true, .learnt_s = 60 };

	init(true, 0);
	ua_lifetime_init(&lt, &conf);
	use();
	ua_lifetime_died(&lt, now, 20000);
	ua_lifetime_lost(&lt);
	ua_lifetime_arrived(&lt, now);
	ua_lifetime_spare(&lt, now, &one);
	ua_lifetime_tick(&lt, now + DAY_MS);
	expect_state(UA_LIFETIME_OFF);
	expect(UA_LIFETIME_ACT_NONE);
	ck_assert_uint_eq(UA_NEVER, ua_lifetime_deadline(&lt));
	ck_assert_uint_eq(0, ua_lifetime_hold(&lt));
	ck_assert_uint_eq(14000, ua_lifetime_interval_ms(&lt));
	ck_assert_str_eq("off", ua_lifetime_words(&lt));
}
END_TEST


Suite *ua_suite_lifetime(void)
{
	Suite *s = suite_create("lifetime");
	TCase *tc = tcase_create("lifetime");

	tcase_set_timeout(tc, 30);
	tcase_add_test(tc, grows_by_small_steps_where_the_port_is_kept);
	tcase_add_test(tc, bisects_between_good_and_bad);
	tcase_add_test(tc, young_binding_is_pinged_at_the_safe_interval);
	tcase_add_loop_test(tc, finds_what_is_there, 0, 200);
	tcase_add_test(tc, spare_mapping_goes_first_where_the_port_changes);
	tcase_add_test(tc, spare_mapping_that_changed_is_a_bad_sign);
	tcase_add_loop_test(tc, spare_socket_that_is_not_answered_ends_it, 0,
			    2);
	tcase_add_test(tc, spare_socket_that_falls_silent_is_tried_again);
	tcase_add_test(tc, spare_mapping_that_rested_too_long_rests_again);
	tcase_add_test(tc, traffic_in_a_gap_begins_it_anew);
	tcase_add_test(tc, gap_that_would_be_over_begins_with_a_ping);
	tcase_add_test(tc, flow_that_is_never_silent_is_left_alone);
	tcase_add_test(tc, silence_with_noise_is_no_proof);
	tcase_add_test(tc, request_of_ours_while_probed_spoils_it);
	tcase_add_test(tc,
		       probe_that_came_in_but_is_not_answered_asks_for_a_ping);
	tcase_add_test(tc, probe_answered_by_another_phone_may_come_in);
	tcase_add_test(tc, probe_that_could_not_be_sent_says_nothing);
	tcase_add_loop_test(tc, failure_without_an_answer_says_nothing, 0, 2);
	tcase_add_loop_test(tc, sleep_in_a_gap_or_probe_says_nothing, 0, 2);
	tcase_add_loop_test(
		tc, server_that_answers_probes_itself_leaves_us_blind, 0, 2);
	tcase_add_test(tc, server_that_passes_nothing_leaves_us_blind);
	tcase_add_test(tc, off_is_off);
	suite_add_tcase(s, tc);

	return s;
}
