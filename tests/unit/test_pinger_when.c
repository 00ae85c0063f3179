/* SPDX-License-Identifier: BSD-3-Clause */
/** @file test_pinger_when.c  A flow that is kept: when it is pinged */

#include <check.h>
#include <string.h>

#include "pingbed.h"

Suite *ua_suite_pinger_when(void);


START_TEST(jitter_is_80_to_100_percent)
{
	enum { ROUNDS = 4000, BINS = 20 };
	const uint64_t lo = 11200, hi = 14000;
	unsigned bins[BINS] = { 0 };
	uint64_t sum = 0;
	unsigned i;

	init_auto();
	for (i = 0; i < ROUNDS; i++) {
		const uint64_t from = now;

		(void)tick();
		ck_assert_uint_ge(now - from, lo);
		ck_assert_uint_le(now - from, hi);
		sum += now - from;
		bins[(now - from - lo) * (BINS - 1) / (hi - lo)]++;
		expect_ping(UA_PING_OPTIONS);

		/* Counts from when it was sent, not from its answer */
		ua_pinger_rx(&p, now);
		ua_pinger_answer(&p, now, UA_PING_OPTIONS, 200, NULL);
		ck_assert(event());
		ck_assert_uint_eq(ua_pinger_deadline(&p) - now, ev.next_ms);
	}

	ck_assert_uint_ge(sum / ROUNDS, 12500);
	ck_assert_uint_le(sum / ROUNDS, 12700);

	/* Even: 210 are expected in each but the last */
	for (i = 0; i < BINS - 1; i++) {
		ck_assert_uint_ge(bins[i], 140);
		ck_assert_uint_le(bins[i], 290);
	}
}
END_TEST


START_TEST(silence_counts_from_the_ping_not_its_answer)
{
	init_auto();
	(void)tick();
	expect_ping(UA_PING_OPTIONS);
	answer(UA_PING_OPTIONS, 3900);
	expect_event(UA_PINGER_ANSWERED, UA_PING_OPTIONS);
	ck_assert_uint_eq(3900, ev.rtt_ms);
	ck_assert_uint_eq(200, ev.code);
	ck_assert_uint_le(ua_pinger_deadline(&p), now - 3900 + 14000);
	ck_assert_uint_eq(now - 3900, ua_pinger_proof(&p));
}
END_TEST


/* A request of ours that is answered, or one that we answer */
START_TEST(other_traffic_spares_the_ping)
{
	init_auto();
	now += 5000;
	ua_pinger_tx(&p, now);
	ck_assert_uint_le(ua_pinger_deadline(&p), START_MS + 14000);
	ua_pinger_rx(&p, now + 50);
	ck_assert_uint_eq(now, ua_pinger_proof(&p));
	ck_assert_uint_ge(ua_pinger_deadline(&p), now + 11200);

	now += 9000;
	ua_pinger_rx(&p, now);
	ua_pinger_tx(&p, now + 100);
	ck_assert_uint_eq(now + 100, ua_pinger_proof(&p));
	ck_assert_uint_ge(ua_pinger_deadline(&p), now + 100 + 11200);
	expect_nothing();
}
END_TEST


/* Nothing is sent by whom only hears, and nothing is proved by sending. */
START_TEST(traffic_of_one_way_spares_nothing)
{
	uint64_t at;

	init_auto();
	at = ua_pinger_deadline(&p);
	ua_pinger_rx(&p, now + 5000);
	ck_assert_uint_eq(at, ua_pinger_deadline(&p));
	ua_pinger_tx(&p, now + 9000);
	ck_assert_uint_eq(at, ua_pinger_deadline(&p));
	(void)tick();
	expect_ping(UA_PING_OPTIONS);
}
END_TEST


START_TEST(busy_flow_is_never_pinged)
{
	init_auto();
	while (now < START_MS + 3600000) {
		ua_pinger_tx(&p, now);
		ua_pinger_rx(&p, now + 100);
		now += 11000;
		ua_pinger_tick(&p, now);
		expect_nothing();
	}
}
END_TEST


START_TEST(flow_timer_is_honoured)
{
	static const struct {
		uint32_t given_s, want_s;
	} rows[] = { { 0, 30 },  { 200, 30 }, { 120, 30 }, { 60, 30 },
		     { 25, 25 }, { 5, 5 },    { 1, 5 } };

	init(UA_TP_TCP, UA_KEEPALIVE_AUTO, 0, false);
	ua_pinger_outbound(&p, now, true, rows[_i].given_s);
	ck_assert_uint_eq(1000 * rows[_i].want_s, ua_pinger_interval_ms(&p));
	ck_assert_uint_le(ua_pinger_deadline(&p),
			  now + 1000 * rows[_i].want_s);
	ck_assert_uint_ge(ua_pinger_deadline(&p), now + 800 * rows[_i].want_s);

	/* Nor is it broken by a measurement */
	ua_pinger_hold(&p, now + 500000);
	if (rows[_i].given_s)
		ck_assert_uint_le(ua_pinger_deadline(&p),
				  now + 1000 * rows[_i].want_s);
	else
		ck_assert_uint_eq(now + 500000, ua_pinger_deadline(&p));
}
END_TEST


START_TEST(fixed_interval_stays)
{
	init(UA_TP_UDP, _i ? UA_KEEPALIVE_REGISTER : UA_KEEPALIVE_AUTO, 33,
	     false);
	ua_pinger_interval(&p, now, 120000);
	ck_assert_uint_eq(33000, ua_pinger_interval_ms(&p));
	ck_assert_uint_le(ua_pinger_deadline(&p), now + 33000);
}
END_TEST


/* A shorter one counts for the silence that has begun. */
START_TEST(other_interval_counts_at_once)
{
	init_auto();
	ua_pinger_interval(&p, now, 100000);
	ck_assert_uint_ge(ua_pinger_deadline(&p), now + 80000);
	tick_at(now + 50000);
	expect_nothing();
	ua_pinger_interval(&p, now, 20000);
	ck_assert_uint_le(ua_pinger_deadline(&p), now);
	tick_at(now);
	expect_ping(UA_PING_OPTIONS);
}
END_TEST


START_TEST(held_flow_is_silent_and_pinged_at_the_end)
{
	unsigned i;

	init_auto();
	ua_pinger_hold(&p, now + 60000);
	ck_assert_uint_eq(now + 60000, ua_pinger_deadline(&p));

	/* As often as it is told so */
	tick_at(now + 60000);
	for (i = 0; i < 3; i++) {
		ua_pinger_hold(&p, START_MS + 60000);
		if (!i)
			expect_ping(UA_PING_OPTIONS);
		expect_ping(UA_PING_NONE);
		if (!i)
			answer(UA_PING_OPTIONS, 10);
		tick_at(now);
	}
	ck_assert_uint_ge(ua_pinger_deadline(&p), now + 11000);

	/* Its end means: now. */
	ua_pinger_hold(&p, now + 60000);
	tick_at(now + 30000);
	expect_ping(UA_PING_NONE);
	ua_pinger_hold(&p, 0);
	ck_assert_uint_le(ua_pinger_deadline(&p), now);
	tick_at(now);
	expect_ping(UA_PING_OPTIONS);
}
END_TEST


/* It goes twice, half a second apart, and now and then something proves. */
START_TEST(one_way_pings_go_twice_beside_a_verified_one)
{
	unsigned crlf = 0, twins = 0, proofs = 0;
	uint64_t last;

	init(UA_TP_UDP, UA_KEEPALIVE_CRLF, 0, true);
	last = now;
	while (now < START_MS + 3600000) {
		const uint64_t ms = tick();
		const enum ua_ping ping = output();

		ck_assert_uint_le(now - last, 14000);
		if (ping == UA_PING_CRLF && ms == 500) {
			++twins;
			continue;
		}

		last = now;
		if (ping == UA_PING_CRLF) {
			++crlf;
			continue;
		}

		ck_assert_int_eq(UA_PING_REGISTER, ping);
		++proofs;
		ua_pinger_rx(&p, now);
		expect_event(UA_PINGER_ANSWERED, UA_PING_REGISTER);
	}

	/* Each 85 to 99 s, maybe in place of a second one */
	ck_assert_uint_ge(proofs, 36);
	ck_assert_uint_le(proofs, 43);
	ck_assert_uint_ge(crlf, 240 - proofs);
	ck_assert_uint_le(crlf, twins + proofs);
	ck_assert_uint_ge(crlf, twins);
}
END_TEST


/* What came of the binding after it, is to be known. */
START_TEST(measured_silence_ends_with_a_verified_ping)
{
	init(UA_TP_UDP, UA_KEEPALIVE_AUTO, 0, true);
	(void)tick();
	expect_ping(UA_PING_CRLF);
	(void)tick();
	expect_ping(UA_PING_CRLF);
	ua_pinger_hold(&p, now + 30000);
	ck_assert_uint_eq(30000, tick());
	expect_ping(UA_PING_REGISTER);
}
END_TEST


/* Whatever is rescheduled then: what was sent one way is what holds. */
START_TEST(hold_that_is_over_is_forgotten)
{
	init(UA_TP_UDP, UA_KEEPALIVE_AUTO, 0, true);
	ua_pinger_hold(&p, now + 5000);
	ck_assert_uint_eq(5000, tick());
	expect_ping(UA_PING_CRLF);
	(void)tick();
	expect_ping(UA_PING_CRLF);
	ua_pinger_interval(&p, now, 20000);
	ck_assert_uint_ge(ua_pinger_deadline(&p), START_MS + 5000 + 16000);
	ck_assert_uint_le(ua_pinger_deadline(&p), START_MS + 5000 + 20000);
}
END_TEST


Suite *ua_suite_pinger_when(void)
{
	Suite *s = suite_create("pinger_when");
	TCase *tc = tcase_create("pinger");

	tcase_set_timeout(tc, 30);
	tcase_add_test(tc, jitter_is_80_to_100_percent);
	tcase_add_test(tc, silence_counts_from_the_ping_not_its_answer);
	tcase_add_test(tc, other_traffic_spares_the_ping);
	tcase_add_test(tc, traffic_of_one_way_spares_nothing);
	tcase_add_test(tc, busy_flow_is_never_pinged);
	tcase_add_loop_test(tc, flow_timer_is_honoured, 0, 7);
	tcase_add_loop_test(tc, fixed_interval_stays, 0, 2);
	tcase_add_test(tc, other_interval_counts_at_once);
	tcase_add_test(tc, held_flow_is_silent_and_pinged_at_the_end);
	tcase_add_test(tc, one_way_pings_go_twice_beside_a_verified_one);
	tcase_add_test(tc, measured_silence_ends_with_a_verified_ping);
	tcase_add_test(tc, hold_that_is_over_is_forgotten);
	suite_add_tcase(s, tc);

	return s;
}
