/* SPDX-License-Identifier: BSD-3-Clause */
/** @file test_proxied.c  Calls through a relay that the proxy reserved */

#include "base/clock.h"
#include "proxybed.h"

Suite *ua_suite_proxied(void);

static void path_of(const struct end *end, struct ua_ice_info *info)
{
	ck_assert_int_eq(0, ua_flow_path(end->flow, info));
}


static void expect_relayed(enum ua_origin origin)
{
	struct ua_ice_info info;

	path_of(&x, &info);
	ck_assert(info.relay);
	ck_assert_int_eq(origin, info.remote.origin);
	ck_assert(ua_addr_eq(&relay.sidev[0].addr, &info.remote.addr));
	path_of(&y, &info);
	ck_assert(info.relay);
	ck_assert_int_eq(origin, info.remote.origin);
	ck_assert(ua_addr_eq(&relay.sidev[1].addr, &info.remote.addr));
}


static void expect_one_source(void)
{
	ck_assert_uint_eq(0, relay.sidev[0].strangers);
	ck_assert_uint_eq(0, relay.sidev[1].strangers);
}


/* Rule 1 and 8: from one base; its own other leg is no error */
START_TEST(relay_carries_a_call_that_has_no_direct_path)
{
	struct ua_ice_info info;

	connect_through((enum show)_i, false);
	rig_wait(both_nominated, NULL);
	expect_relayed(_i == UNLISTED ? UA_ORIGIN_IMPLICIT : UA_ORIGIN_PROXY);
	path_of(&x, &info);
	ck_assert_int_eq(UA_CAND_PRFLX, info.local.type);
	ck_assert(ua_addr_eq(&relay.sidev[1].addr, &info.local.addr));
	talk();
	expect_one_source();
	ck_assert_uint_eq(0, x.besides);
}
END_TEST


static bool is_left_alone(void *arg)
{
	unsigned *n = arg;
	const unsigned now = relay.sidev[0].packets + relay.sidev[1].packets;
	const bool same = *n == now;

	*n = now;
	return same;
}


/* Rule 7: the direct path wins, and the relay is told by silence. */
START_TEST(direct_path_wins_and_the_relay_is_left_alone)
{
	struct ua_ice_info info;
	unsigned n = UINT32_MAX;

	connect_through((enum show)_i, true);
	rig_wait(both_nominated, NULL);
	path_of(&x, &info);
	ck_assert(!info.relay);
	ck_assert_int_eq(UA_ORIGIN_PEER, info.remote.origin);
	path_of(&y, &info);
	ck_assert(!info.relay);
	talk();

	/* What was on its way has arrived; then nothing comes for a while
	   in which consent is asked for once. */
	rig_wait(is_left_alone, &n);
	rig_linger(UA_FLOW_GATHER_MS);
	n = relay.sidev[0].packets + relay.sidev[1].packets;
	rig_linger(1000);
	ck_assert_uint_eq(n, relay.sidev[0].packets + relay.sidev[1].packets);
	expect_one_source();
}
END_TEST


/* Rule 10: it sees a relay's port that leads nowhere, after all is settled */
START_TEST(rewritten_description_moves_nobody)
{
	struct ua_sdp_facts facts;
	struct ua_addr elsewhere;

	connect_through((enum show)_i, false);
	rig_wait(both_nominated, NULL);
	elsewhere = relay.sidev[0].addr;
	elsewhere.port = 9;
	elsewhere.ip[3] = 98;
	facts_of(&facts, &y);
	rewrite(&facts, (enum show)_i, &elsewhere, false);
	ck_assert_int_eq(0, ua_flow_remote(x.flow, &facts, true));
	expect_relayed(_i == UNLISTED ? UA_ORIGIN_IMPLICIT : UA_ORIGIN_PROXY);
	talk();
	rig_linger(UA_FLOW_GATHER_MS);
	expect_relayed(_i == UNLISTED ? UA_ORIGIN_IMPLICIT : UA_ORIGIN_PROXY);
	talk();
}
END_TEST


/* Rule 3 */
START_TEST(description_keeps_its_default_destination)
{
	struct ua_flow_local local;
	const struct ua_addr first = x.flow->hosts[0].addr;

	connect_through((enum show)_i, false);
	rig_wait(both_nominated, NULL);
	ua_flow_local(x.flow, UA_AF_IP4, &local);
	ck_assert(ua_addr_eq(&first, &local.sdp.rtp));
	ck_assert_uint_eq(1, local.sdp.remc);
	ck_assert(ua_addr_eq(&relay.sidev[0].addr, &local.sdp.remv[0].addr));
}
END_TEST


/* Rule 4: what it has latched it keeps, but for another m= port. */
START_TEST(dead_path_is_restarted_from_another_port)
{
	struct ua_flow_local local;
	uint16_t port;

	connect_through(LOW, false);
	rig_wait(both_nominated, NULL);
	ua_flow_local(x.flow, UA_AF_IP4, &local);
	port = local.sdp.rtp.port;

	/* As long as its path answers there is no reason for another one. */
	if (_i) {
		ck_assert(!ua_proxied_is_stale(x.flow));
		ck_assert_int_eq(0, ua_flow_restart(x.flow));
		ua_flow_local(x.flow, UA_AF_IP4, &local);
		ck_assert_uint_eq(port, local.sdp.rtp.port);
		return;
	}

	x.flow->shaky = true;
	ck_assert_int_eq(0, ua_flow_restart(x.flow));
	ua_flow_local(x.flow, UA_AF_IP4, &local);
	ck_assert_uint_ne(0, local.sdp.rtp.port);
	ck_assert_uint_ne(port, local.sdp.rtp.port);
	ck_assert_uint_eq(0, local.sdp.remc);
}
END_TEST


/* A relay waits 90 s for media: who rang for longer finds it gone. */
START_TEST(relay_that_ended_while_it_rang_is_asked_for_again)
{
	const uint64_t now_ms = ua_clock_ms();

	x.flow->born_ms = now_ms - UA_PROXIED_LIFE_MS - (uint64_t)_i * 100000;
	relay.deaf = true;
	connect_through(UNLISTED, false);
	ck_assert_ptr_null(x.restart);
	ck_assert_uint_ge(ua_proxied_pump(x.flow, now_ms),
			  now_ms + UA_PROXIED_WAIT_MS);
	ck_assert_ptr_null(x.flow->why);

	/* Media to c= has begun meanwhile: it counts if something is heard. */
	(void)ua_beside_pump(x.flow, now_ms + UA_BESIDE_WAIT_MS + 1000);
	ck_assert(ua_beside_sends(x.flow));
	x.flow->beside.heard_ms = now_ms;
	ck_assert_uint_eq(UA_NEVER, ua_proxied_pump(x.flow, now_ms + 60000));
	ck_assert_ptr_null(x.flow->why);
	x.flow->beside.heard_ms = 0;
	ck_assert_uint_eq(UA_NEVER, ua_proxied_pump(x.flow, now_ms + 60000));
	ck_assert_str_eq("relay has ended", x.flow->why);

	/* Once */
	x.flow->why = NULL;
	ck_assert_uint_eq(UA_NEVER, ua_proxied_pump(x.flow, now_ms + 60000));
	ck_assert_ptr_null(x.flow->why);
	ck_assert_uint_eq(UA_NEVER, ua_proxied_pump(y.flow, now_ms + 60000));
	ck_assert_ptr_null(y.flow->why);
}
END_TEST


/* ------------------------- --ice-mismatch -------------------------- */


START_TEST(mismatch_ends_ice_where_the_rfc_is_wanted)
{
	struct ua_sdp_facts facts;
	struct ua_flow_local local;

	/* RFC 8839, 4.2.5: the answer says so. */
	a.agent->conf.ice_mismatch = UA_ICE_MISMATCH_RFC;
	facts_of(&facts, &x);
	rewrite(&facts, UNLISTED, &relay.sidev[1].addr, true);
	ck_assert_int_eq(0, ua_flow_remote(y.flow, &facts, true));
	ck_assert(ua_flow_is_plain(y.flow));
	ua_flow_local(y.flow, UA_AF_IP4, &local);
	ck_assert(local.sdp.mismatch);
	ck_assert_ptr_null(local.sdp.ufrag);

	/* What a proxy listed is no mismatch. */
	facts_of(&facts, &x);
	rewrite(&facts, LOW, &relay.sidev[0].addr, true);
	ck_assert_int_eq(0, ua_flow_remote(x.flow, &facts, true));
	ck_assert(!ua_flow_is_plain(x.flow));
}
END_TEST


START_TEST(mismatch_that_is_off_adds_nothing)
{
	a.agent->conf.ice_mismatch = UA_ICE_MISMATCH_OFF;
	connect_through(UNLISTED, true);
	rig_wait(both_nominated, NULL);
	talk();
	ck_assert_uint_eq(0, relay.sidev[0].packets);
	ck_assert_uint_eq(0, relay.sidev[1].packets);
}
END_TEST


Suite *ua_suite_proxied(void)
{
	Suite *s = suite_create("proxied");
	TCase *tc = tcase_create("relay");
	TCase *tm = tcase_create("mismatch");

	tcase_add_checked_fixture(tc, proxybed_open, proxybed_close);
	tcase_set_timeout(tc, RIG_TEST_S);
	tcase_add_loop_test(tc, relay_carries_a_call_that_has_no_direct_path,
			    0, 3);
	tcase_add_loop_test(tc, direct_path_wins_and_the_relay_is_left_alone,
			    0, 3);
	tcase_add_loop_test(tc, rewritten_description_moves_nobody, 0, 3);
	tcase_add_loop_test(tc, description_keeps_its_default_destination, 0,
			    3);
	tcase_add_loop_test(tc, dead_path_is_restarted_from_another_port, 0,
			    2);
	tcase_add_loop_test(
		tc, relay_that_ended_while_it_rang_is_asked_for_again, 0, 2);
	suite_add_tcase(s, tc);

	tcase_add_checked_fixture(tm, proxybed_open, proxybed_close);
	tcase_set_timeout(tm, RIG_TEST_S);
	tcase_add_test(tm, mismatch_ends_ice_where_the_rfc_is_wanted);
	tcase_add_test(tm, mismatch_that_is_off_adds_nothing);
	suite_add_tcase(s, tm);

	return s;
}
