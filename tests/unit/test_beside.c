/* SPDX-License-Identifier: BSD-3-Clause */
/** @file test_beside.c  Media to c= while no pair is valid */

#include "base/clock.h"
#include "proxybed.h"

Suite *ua_suite_beside(void);


static bool both_beside(void *arg)
{
	(void)arg;

	return x.besides && y.besides;
}


static bool both_on_a_pair(void *arg)
{
	(void)arg;

	return !ua_beside_sends(x.flow) && !ua_beside_sends(y.flow) &&
	       ua_flow_ready(x.flow) && ua_flow_ready(y.flow);
}


START_TEST(relay_without_stun_carries_media_and_a_pair_takes_over)
{
	const uint64_t from_ms = ua_clock_ms();
	struct ua_ice_info info;

	relay.no_stun = true;
	connect_through(UNLISTED, false);
	ck_assert_int_eq(ENOTCONN, send_rtp(&x));
	ck_assert(!ua_flow_ready(x.flow));
	rig_wait(both_beside, NULL);
	ck_assert_uint_ge(ua_clock_ms() - from_ms, UA_BESIDE_WAIT_MS);
	ck_assert(ua_flow_ready(x.flow));
	ck_assert(!ua_flow_is_plain(x.flow));
	ck_assert_int_eq(0, ua_flow_path(x.flow, &info));
	ck_assert(info.relay);
	ck_assert(!info.nominated);
	ck_assert_int_eq(UA_ORIGIN_IMPLICIT, info.remote.origin);
	talk();

	/* Checks went on. */
	relay.no_stun = false;
	rig_wait(both_on_a_pair, NULL);
	rig_wait(both_nominated, NULL);
	talk();
	ck_assert_uint_eq(1, x.besides);
	ck_assert_uint_eq(0, relay.sidev[0].strangers);
	ck_assert_uint_eq(0, relay.sidev[1].strangers);
}
END_TEST


static bool x_heard(void *arg)
{
	(void)arg;

	return x.packets > 0;
}


/* A peer that has given up ICE sends at once: there is nothing to wait for. */
START_TEST(media_from_c_opens_it_before_its_time)
{
	const uint64_t from_ms = ua_clock_ms();
	uint8_t buf[RTP_LEN] = { RTP_BYTE };

	relay.no_stun = true;
	connect_through(UNLISTED, false);

	/* The relay knows x by its first check. */
	do {
		rig_linger(5);
		ck_assert_int_eq(0, ua_plain_send(y.flow, 1, buf, RTP_LEN));
	} while (!x.besides);

	rig_wait(x_heard, NULL);
	ck_assert_uint_lt(ua_clock_ms() - from_ms, UA_BESIDE_WAIT_MS);
	ck_assert(ua_beside_sends(x.flow));
}
END_TEST


/* Nobody there has asked for media: it ends after a while. */
START_TEST(silence_ends_it)
{
	const struct ua_beside *b = &x.flow->beside;
	uint64_t at_ms;

	relay.deaf = true;
	connect_through(UNLISTED, false);
	rig_wait(both_beside, NULL);
	ck_assert_int_eq(0, send_rtp(&x));
	at_ms = ua_beside_pump(x.flow, b->since_ms);
	ck_assert_uint_eq(b->since_ms + UA_BESIDE_OPEN_MS, at_ms);
	ck_assert_uint_eq(at_ms, ua_beside_pump(x.flow, at_ms - 1));
	ck_assert(ua_beside_sends(x.flow));
	ck_assert_uint_eq(UA_NEVER, ua_beside_pump(x.flow, at_ms));
	ck_assert(!ua_beside_sends(x.flow));
	ck_assert_int_eq(ENOTCONN, send_rtp(&x));
	ck_assert_ptr_null(x.flow->why);
}
END_TEST


/* It was the path of a call: a proxy may reserve another relay. */
START_TEST(path_that_falls_silent_wants_a_restart)
{
	const struct ua_beside *b = &x.flow->beside;
	uint64_t at_ms;

	relay.no_stun = true;
	connect_through(UNLISTED, false);
	rig_wait(both_beside, NULL);
	talk();
	at_ms = b->heard_ms + UA_BESIDE_QUIET_MS;
	ck_assert_uint_eq(at_ms, ua_beside_pump(x.flow, at_ms - 1));
	ck_assert_uint_eq(UA_NEVER, ua_beside_pump(x.flow, at_ms));
	ck_assert_str_eq("path answers no more", x.flow->why);
}
END_TEST


/* The peer restarts: what x hears from it then is of another generation. */
static void restart_of_y(enum show show, const struct ua_addr *to)
{
	struct ua_sdp_facts facts;

	ck_assert_int_eq(0, ua_flow_restart(y.flow));
	facts_of(&facts, &y);
	rewrite(&facts, show, to, false);
	ck_assert_int_eq(0, ua_flow_remote(x.flow, &facts, true));
}


/* A silent box gets so much in all, however often a call restarts. */
START_TEST(restarts_open_it_for_nobody_only_so_long)
{
	struct ua_beside *b = &x.flow->beside;
	unsigned n;

	relay.deaf = true;
	connect_through(UNLISTED, false);
	for (n = 0; b->state == UA_BESIDE_WAITS; n++) {
		ck_assert_uint_lt(n, 10);
		(void)ua_beside_pump(x.flow, b->since_ms + UA_BESIDE_WAIT_MS);
		ck_assert(ua_beside_sends(x.flow));
		(void)ua_beside_pump(x.flow, b->since_ms + UA_BESIDE_OPEN_MS);
		ck_assert(!ua_beside_sends(x.flow));
		restart_of_y(UNLISTED, &relay.sidev[0].addr);
	}

	ck_assert_uint_eq(UA_BESIDE_UNHEARD_MS / UA_BESIDE_OPEN_MS, n);
	ck_assert_int_eq(UA_BESIDE_OVER, b->state);
}
END_TEST


/* It is the path of the call: that of a restart's c= is taken at once. */
START_TEST(restart_does_not_cut_what_is_heard)
{
	struct ua_addr other = relay.sidev[0].addr;

	relay.no_stun = true;
	connect_through(UNLISTED, false);
	rig_wait(both_beside, NULL);
	talk();
	if (_i)
		other.port ^= 1;
	restart_of_y(UNLISTED, &other);
	ck_assert(ua_beside_sends(x.flow));
	ck_assert(ua_addr_eq(&other, &x.flow->plains[0].remote));
	ck_assert(ua_flow_ready(x.flow));
}
END_TEST


/* The path of before is in doubt, and counts as media's until it is lost. */
START_TEST(dead_path_does_not_keep_it_shut)
{
	connect_through(UNLISTED, false);
	rig_wait(both_nominated, NULL);
	relay.no_stun = true;
	x.flow->shaky = true;
	restart_of_y(UNLISTED, &relay.sidev[0].addr);
	(void)ua_beside_pump(x.flow,
			     x.flow->beside.since_ms + UA_BESIDE_WAIT_MS);
	ck_assert(ua_beside_sends(x.flow));

	/* It works again. */
	x.flow->shaky = false;
	ck_assert(!ua_beside_sends(x.flow));
	ck_assert_int_eq(0, send_rtp(&x));
}
END_TEST


START_TEST(valid_pair_leaves_nothing_to_open)
{
	connect_through((enum show)_i, true);
	rig_wait(both_nominated, NULL);
	rig_linger(1);
	ck_assert_uint_eq(UA_NEVER, ua_beside_pump(x.flow, ua_clock_ms()));
	ck_assert_int_eq(UA_BESIDE_OVER, x.flow->beside.state);
	ck_assert_uint_eq(0, x.besides);
}
END_TEST


/* What only the peer can have written is no reason to send there. */
START_TEST(default_destination_of_a_peer_is_never_sent_to)
{
	struct ua_sdp_facts facts;

	facts_of(&facts, &y);
	facts.dest = UA_SDPFACTS_MATCH;
	facts.dest_cand = 0;
	ck_assert_int_eq(0, ua_flow_remote(x.flow, &facts, true));
	ck_assert_int_eq(UA_BESIDE_OFF, x.flow->beside.state);
	ck_assert_uint_eq(UA_NEVER,
			  ua_beside_pump(x.flow, ua_clock_ms() + 60000));
	ck_assert_int_eq(ENOTCONN, send_rtp(&x));
}
END_TEST


Suite *ua_suite_beside(void)
{
	Suite *s = suite_create("beside");
	TCase *tc = tcase_create("beside");

	tcase_add_checked_fixture(tc, proxybed_open, proxybed_close);
	tcase_set_timeout(tc, RIG_TEST_S);
	tcase_add_test(tc,
		       relay_without_stun_carries_media_and_a_pair_takes_over);
	tcase_add_test(tc, media_from_c_opens_it_before_its_time);
	tcase_add_test(tc, silence_ends_it);
	tcase_add_test(tc, path_that_falls_silent_wants_a_restart);
	tcase_add_test(tc, restarts_open_it_for_nobody_only_so_long);
	tcase_add_loop_test(tc, restart_does_not_cut_what_is_heard, 0, 2);
	tcase_add_test(tc, dead_path_does_not_keep_it_shut);
	tcase_add_loop_test(tc, valid_pair_leaves_nothing_to_open, 0, 3);
	tcase_add_test(tc, default_destination_of_a_peer_is_never_sent_to);
	suite_add_tcase(s, tc);

	return s;
}
