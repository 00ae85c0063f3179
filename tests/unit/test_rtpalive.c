/* SPDX-License-Identifier: BSD-3-Clause */
/** @file test_rtpalive.c  A path without sound is kept alive, in virtual time
 */

#include <check.h>

#include "rtp/rtpalive.h"

Suite *ua_suite_rtpalive(void);

enum {
	RELAY_MS = 90000, /* From the offer: media, or the stream is closed */
	RULE_MS = 60000,  /* The first life of a relay's rule               */
	RTCP_MS = 6157,   /* The longest between two reports                */
	STEP_MS = 20
};


START_TEST(nothing_is_due_before_there_is_a_path)
{
	struct ua_rtpalive alive;

	ua_rtpalive_init(&alive);
	ck_assert(!ua_rtpalive_due(&alive, 1000000, 1));
	ck_assert(!ua_rtpalive_due(&alive, 1000000, 2));
	ck_assert_uint_eq(UA_NEVER, ua_rtpalive_deadline(&alive));
}
END_TEST


/* _i: both told at once, or each component when its pair is there. */
START_TEST(new_path_is_used_soon_on_both_components)
{
	struct ua_rtpalive alive;
	unsigned comp;

	ua_rtpalive_init(&alive);
	if (_i) {
		ua_rtpalive_path(&alive, 500, 1);
		ck_assert(!ua_rtpalive_due(&alive, 90000, 2));
		ua_rtpalive_path(&alive, 500, 2);
	}
	else {
		ua_rtpalive_path(&alive, 500, 0);
	}

	ck_assert_uint_eq(500 + UA_RTPALIVE_SOON_MS,
			  ua_rtpalive_deadline(&alive));
	for (comp = 1; comp <= 2; comp++) {
		ck_assert(!ua_rtpalive_due(
			&alive, 500 + UA_RTPALIVE_SOON_MS - 1, comp));
		ck_assert(ua_rtpalive_due(&alive, 500 + UA_RTPALIVE_SOON_MS,
					  comp));
	}
}
END_TEST


START_TEST(sound_makes_it_unnecessary)
{
	struct ua_rtpalive alive;
	uint64_t now;

	ua_rtpalive_init(&alive);
	ua_rtpalive_path(&alive, 0, 0);
	for (now = 0; now < 3600000; now += STEP_MS) {
		ua_rtpalive_sent(&alive, now, 1);
		ck_assert(!ua_rtpalive_due(&alive, now, 1));
	}

	/* It ends, as on hold; RTCP kept but its own port. */
	ck_assert(!ua_rtpalive_due(&alive, now + UA_RTPALIVE_MS - STEP_MS - 1,
				   1));
	ck_assert(ua_rtpalive_due(&alive, now + UA_RTPALIVE_MS - STEP_MS, 1));
	ck_assert(ua_rtpalive_due(&alive, now, 2));
}
END_TEST


/*
 * An hour on hold: both ports of a relay see a packet in time after the offer,
 * and then often enough for the rule.
 */
START_TEST(hour_of_silence_keeps_both_ports_of_a_relay)
{
	struct ua_rtpalive alive;
	uint64_t last[2] = { 0, 0 };
	unsigned n[2] = { 0, 0 };
	uint64_t now;
	unsigned comp;

	ua_rtpalive_init(&alive);
	ua_rtpalive_path(&alive, 0, 0);
	for (now = 0; now < 3600000; now += STEP_MS) {
		for (comp = 1; comp <= 2; comp++) {
			ck_assert_uint_lt(now - last[comp - 1],
					  n[comp - 1] ? RULE_MS / 2
						      : RELAY_MS / 4);
			if (!ua_rtpalive_due(&alive, now, comp))
				continue;

			/* Not more than what is needed, either. */
			if (n[comp - 1])
				ck_assert_uint_eq(UA_RTPALIVE_MS,
						  now - last[comp - 1]);
			ua_rtpalive_sent(&alive, now, comp);
			last[comp - 1] = now;
			++n[comp - 1];
		}
	}

	ck_assert_uint_ge(n[0], 3600000 / UA_RTPALIVE_MS);
	ck_assert_uint_ge(n[1], 3600000 / UA_RTPALIVE_MS);
}
END_TEST


/* Rule of RFC 6263, 5: RTCP on the port of RTP is what keeps it. */
START_TEST(with_mux_rtcp_is_the_keepalive)
{
	struct ua_rtpalive alive;
	uint64_t now;
	uint64_t next = 3000;

	ua_rtpalive_init(&alive);
	ua_rtpalive_mux(&alive, true);
	ua_rtpalive_path(&alive, 0, 0);
	for (now = 0; now < 3600000; now += STEP_MS) {
		ck_assert(!ua_rtpalive_due(&alive, now, 1));
		if (now >= next) {
			ua_rtpalive_sent(&alive, now, 2);
			next = now + RTCP_MS;
		}
		if (now > 3000)
			ck_assert(!ua_rtpalive_due(&alive, now, 2));
	}

	/* A peer that wants no RTCP at all: so much of it is due. */
	ck_assert(ua_rtpalive_due(&alive, now + UA_RTPALIVE_MS, 2));
	ck_assert_uint_le(ua_rtpalive_deadline(&alive), now + UA_RTPALIVE_MS);
}
END_TEST


START_TEST(mux_that_comes_later_joins_the_clocks)
{
	struct ua_rtpalive alive;

	ua_rtpalive_init(&alive);
	ua_rtpalive_path(&alive, 0, 0);
	ua_rtpalive_sent(&alive, 100, 1);
	ck_assert(ua_rtpalive_due(&alive, 5000, 2));
	ua_rtpalive_mux(&alive, true);
	ck_assert(!ua_rtpalive_due(&alive, 5000, 2));
	ck_assert_uint_eq(100 + UA_RTPALIVE_MS, ua_rtpalive_deadline(&alive));
}
END_TEST


/* Another path, or a new offer: the relay counts from there. */
START_TEST(change_asks_for_a_packet_soon_again)
{
	struct ua_rtpalive alive;
	uint64_t now;

	ua_rtpalive_init(&alive);
	ua_rtpalive_path(&alive, 0, 0);
	ua_rtpalive_sent(&alive, 2000, 1);
	ua_rtpalive_path(&alive, 3000, 1);
	ck_assert(!ua_rtpalive_due(&alive, 4999, 1));
	ck_assert(ua_rtpalive_due(&alive, 5000, 1));
	ua_rtpalive_sent(&alive, 5000, 1);

	/* One that changes each second puts nothing off. */
	for (now = 6000; !ua_rtpalive_due(&alive, now, 1); now += 1000)
		ua_rtpalive_path(&alive, now, 1);
	ck_assert_uint_le(now, 8000);
}
END_TEST


Suite *ua_suite_rtpalive(void)
{
	Suite *s = suite_create("rtpalive");
	TCase *tc = tcase_create("clock");

	tcase_add_test(tc, nothing_is_due_before_there_is_a_path);
	tcase_add_loop_test(tc, new_path_is_used_soon_on_both_components, 0,
			    2);
	tcase_add_test(tc, sound_makes_it_unnecessary);
	tcase_add_test(tc, hour_of_silence_keeps_both_ports_of_a_relay);
	tcase_add_test(tc, with_mux_rtcp_is_the_keepalive);
	tcase_add_test(tc, mux_that_comes_later_joins_the_clocks);
	tcase_add_test(tc, change_asks_for_a_packet_soon_again);
	suite_add_tcase(s, tc);

	return s;
}
