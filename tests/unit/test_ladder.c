/* SPDX-License-Identifier: BSD-3-Clause */
/** @file test_ladder.c  A flow that is kept: in which way */

#include <check.h>
#include <errno.h>
#include <string.h>

#include "pingbed.h"

Suite *ua_suite_ladder(void);


/* ---- Ladders ---- */


/* Each rung in its turn, when the one before is met with silence */
START_TEST(ladder_is_climbed_down)
{
	const struct ladder *l = &ladders[_i];
	unsigned i;

	init(l->tp, l->mode, 0, false);
	ua_pinger_outbound(&p, now, l->outbound, 0);
	ck_assert_uint_eq(1000 * l->interval_s, ua_pinger_interval_ms(&p));

	for (i = 0; i < 4 && l->rungv[i].holds; i++) {
		const bool is_last = i == 3 || !l->rungv[i + 1].holds;
		const enum ua_ping proves = l->rungv[i].proves;

		ck_assert_str_eq(ua_ladder_name(l->rungv[i].holds),
				 ua_ladder_name(ua_pinger_method(&p)));
		reach_proof(l->rungv[i].holds, proves);
		if (proves == UA_PING_REGISTER) {
			ua_pinger_rx(&p, ++now);
			expect_event(UA_PINGER_ANSWERED, UA_PING_REGISTER);
			continue;
		}

		ck_assert_uint_eq(UA_PINGER_DOUBT_MS, tick());
		expect_ping(UA_PING_REGISTER);
		ua_pinger_rx(&p, ++now);
		(void)tick();
		ck_assert_int_eq(UA_PINGER_QUIET, p.state);
		if (!is_last)
			expect_event(UA_PINGER_METHOD, proves);
		expect_nothing();
	}
}
END_TEST


/* OPTIONS are known not to be answered: where another way is, it is taken. */
START_TEST(known_deaf_server_is_not_asked)
{
	const struct ladder *l = &ladders[_i];
	unsigned i = 0;

	init(l->tp, l->mode, 0, true);
	ua_pinger_outbound(&p, now, l->outbound, 0);
	while (l->rungv[i].proves == UA_PING_OPTIONS && l->rungv[i + 1].holds)
		++i;

	ck_assert_str_eq(ua_ladder_name(l->rungv[i].holds),
			 ua_ladder_name(ua_pinger_method(&p)));
	reach_proof(l->rungv[i].holds, l->rungv[i].proves);
	if (l->rungv[0].proves != UA_PING_CRLF &&
	    l->rungv[0].proves != UA_PING_STUN)
		return;

	/* Past the first one, too */
	(void)tick();
	expect_ping(UA_PING_REGISTER);
	ua_pinger_rx(&p, ++now);
	(void)tick();
	expect_event(UA_PINGER_METHOD, l->rungv[0].proves);
	(void)tick();
	ck_assert_int_ne(UA_PING_OPTIONS, output());
}
END_TEST


START_TEST(off_is_off)
{
	init((enum ua_tp)_i, UA_KEEPALIVE_OFF, 0, false);
	ua_pinger_outbound(&p, now, true, 10);
	ua_pinger_interval(&p, now, 10000);
	ua_pinger_hold(&p, now + 5000);
	ua_pinger_kick(&p, now);
	ck_assert_uint_eq(UA_NEVER, ua_pinger_deadline(&p));
	ck_assert_int_eq(UA_PING_NONE, ua_pinger_method(&p));
	tick_at(now + DAY_MS);
	expect_nothing();

	/* It is known all the same when it dies. */
	ua_pinger_broken(&p, now, ECONNRESET);
	expect_event(UA_PINGER_LOST, UA_PING_NONE);
	ck_assert_int_eq(ECONNRESET, ev.err);
	ck_assert_uint_eq(UA_NEVER, ua_pinger_deadline(&p));
	ua_pinger_rx(&p, now + 10);
	expect_event(UA_PINGER_RESTORED, UA_PING_NONE);
	ck_assert_uint_eq(10, ev.after_ms);
}
END_TEST


/* A change of what the registrar agreed to while a ping is under way */
START_TEST(answer_is_read_past_a_change_of_ladder)
{
	init_auto();
	(void)tick();
	expect_ping(UA_PING_OPTIONS);
	ua_pinger_outbound(&p, now, true, 0);
	answer(UA_PING_OPTIONS, 10);
	expect_event(UA_PINGER_ANSWERED, UA_PING_OPTIONS);
	ck_assert_int_eq(UA_PING_STUN, ua_pinger_method(&p));

	/* Silence to the old kind says nothing about the new one. */
	init_auto();
	(void)tick();
	expect_ping(UA_PING_OPTIONS);
	ua_pinger_outbound(&p, now, true, 0);
	(void)tick();
	expect_ping(UA_PING_REGISTER);
	ua_pinger_rx(&p, ++now);
	(void)tick();
	expect_nothing();
	ck_assert_int_eq(UA_PING_STUN, ua_pinger_method(&p));
}
END_TEST


/* ---- Deaf servers ---- */


/* What comes in says that the flow lives, late or soon. */
static void unanswered(bool by_register)
{
	(void)tick();
	expect_ping(UA_PING_OPTIONS);
	if (!by_register)
		ua_pinger_rx(&p, now + 100);
	(void)tick();
	if (by_register) {
		expect_ping(UA_PING_REGISTER);
		ua_pinger_rx(&p, now + 100);
		now += 100;
		ck_assert_uint_eq(500, tick());
	}
	ck_assert_int_eq(UA_PINGER_QUIET, p.state);
}


START_TEST(server_that_never_answered_is_deaf_at_once)
{
	init_auto();
	unanswered(_i);
	expect_event(UA_PINGER_METHOD, UA_PING_OPTIONS);
	expect_nothing();
	ck_assert_int_eq(UA_PING_CRLF, ua_pinger_method(&p));
}
END_TEST


START_TEST(server_that_answered_before_is_deaf_after_three)
{
	unsigned round, i;

	init_auto();
	for (round = 0; round < 3; round++) {
		ping_answered(UA_PING_OPTIONS);
		for (i = 1; i < UA_PINGER_DEAF; i++) {
			unanswered(_i);
			expect_nothing();
		}
	}
	ck_assert_int_eq(UA_PING_OPTIONS, ua_pinger_method(&p));

	unanswered(_i);
	expect_event(UA_PINGER_METHOD, UA_PING_OPTIONS);
	ck_assert_int_eq(UA_PING_CRLF, ua_pinger_method(&p));
}
END_TEST


/* Its answer is what showed that the flow lives. */
START_TEST(late_answer_is_no_deafness)
{
	init_auto();
	(void)tick();
	expect_ping(UA_PING_OPTIONS);
	(void)tick();
	expect_ping(UA_PING_REGISTER);
	now += 700;
	ua_pinger_rx(&p, now);
	ua_pinger_answer(&p, now, UA_PING_OPTIONS, 200, NULL);
	expect_event(UA_PINGER_ANSWERED, UA_PING_OPTIONS);
	ck_assert_uint_eq(4700, ev.rtt_ms);
	ck_assert_int_eq(UA_PINGER_QUIET, p.state);
	ck_assert_int_eq(UA_PING_OPTIONS, ua_pinger_method(&p));
	expect_nothing();
}
END_TEST


START_TEST(answer_after_the_verdict_takes_it_back)
{
	init_auto();
	unanswered(true);
	expect_event(UA_PINGER_METHOD, UA_PING_OPTIONS);
	answer(UA_PING_OPTIONS, 3000);
	expect_event(UA_PINGER_ANSWERED, UA_PING_OPTIONS);
	ck_assert_int_eq(UA_PING_OPTIONS, ua_pinger_method(&p));
	ping_answered(UA_PING_OPTIONS);

	/* It counts as one that has answered. */
	unanswered(true);
	expect_nothing();
}
END_TEST


Suite *ua_suite_ladder(void)
{
	Suite *s = suite_create("ladder");
	TCase *tc = tcase_create("pinger");

	tcase_set_timeout(tc, 30);
	tcase_add_loop_test(tc, ladder_is_climbed_down, 0, NLADDER);
	tcase_add_loop_test(tc, known_deaf_server_is_not_asked, 0, NLADDER);
	tcase_add_loop_test(tc, off_is_off, 0, 3);
	tcase_add_test(tc, answer_is_read_past_a_change_of_ladder);
	tcase_add_loop_test(tc, server_that_never_answered_is_deaf_at_once, 0,
			    2);
	tcase_add_loop_test(
		tc, server_that_answered_before_is_deaf_after_three, 0, 2);
	tcase_add_test(tc, late_answer_is_no_deafness);
	tcase_add_test(tc, answer_after_the_verdict_takes_it_back);
	suite_add_tcase(s, tc);

	return s;
}
