/* SPDX-License-Identifier: BSD-3-Clause */
/** @file test_ice_takeover.c  Better paths take the place of good ones */

#include <check.h>
#include <string.h>

#include "base/re_compat.h"
#include "stun/stun.h"
#include "icenet.h"

Suite *ua_suite_ice_takeover(void);

#define HOST "192.168.1.1:4000"
#define HOST0 "198.18.0.1:4000"
#define HOST0B "198.18.0.3:4000"
#define HOST1 "198.18.0.2:4000"
#define RELAY0 "198.51.100.7:60000"

static struct icenet *net;


static void setup(void)
{
	net = icenet_alloc(1);
	net->signal_ms = 100;
}


static void teardown(void)
{
	icenet_free(net);
}


static struct ua_ice *ice0(void)
{
	return net->agentv[0].ice;
}


static void forget_events(void)
{
	net->agentv[0].nev = 0;
	net->agentv[1].nev = 0;
}


static uint64_t when(unsigned agent, enum ua_ice_event_type type)
{
	const struct ua_ice_event *ev = icenet_event(net, agent, type);

	ck_assert_ptr_nonnull(ev);
	return ev->since_ms;
}


/* A call over agent 0's relay: nothing passes between the hosts, 0 and 1 */
static void relayed(void)
{
	(void)icenet_host(net, 0, 0, 1, HOST0, NET_NO_NAT, 10);
	(void)icenet_host(net, 1, 0, 1, HOST1, NET_NO_NAT, 0);
	(void)icenet_relay(net, 0, 0, 1, RELAY0, 20);
	icenet_cut(net, 0, 1, true);
	icenet_meet(net);
	icenet_talk(net, 3000);
	ck_assert_int_eq(1, icenet_nominated(net, 0));
	ck_assert_int_eq(1, icenet_nominated(net, 1));
	forget_events();
	icenet_count_media(net);
}


/* Its last check but one is on its way after 15.5 s. */
START_TEST(better_class_is_taken_over)
{
	unsigned a;

	relayed();
	icenet_run(net, 12000);
	icenet_count_media(net);
	icenet_cut(net, 0, 1, false);
	icenet_run(net, 3000);

	for (a = 0; a < 2; a++) {
		ck_assert_int_eq(0, icenet_nominated(net, a));
		ck_assert_uint_eq(
			1, icenet_count(net, a, UA_ICE_EVENT_NOMINATED));
		ck_assert_uint_le(icenet_gap(net, a), 45);
		ck_assert_ptr_null(
			icenet_event(net, a, UA_ICE_EVENT_NEED_RESTART));
		ck_assert_ptr_null(icenet_event(net, a, UA_ICE_EVENT_SUSPECT));
	}

	ck_assert_uint_eq(0, icenet_lost(net));
	ck_assert(icenet_same_pair(net, 0, 1));

	/* Renominations are numbered: the first was 1. */
	for (a = net->nsent; a-- && !net->sentv[a].nomination;)
		;
	ck_assert_uint_eq(2, net->sentv[a].nomination);
	ck_assert(net->sentv[a].nominate);
}
END_TEST


/* _i: who cannot; then it takes a restart, once, and not in a hurry */
START_TEST(better_class_asks_for_one_restart)
{
	const struct ua_ice_event *ev;
	uint64_t opened_ms;

	net->agentv[_i].conf.renom = false;
	relayed();
	icenet_run(net, 12000);
	icenet_count_media(net);
	icenet_cut(net, 0, 1, false);
	opened_ms = net->now;
	icenet_run(net, 10000);

	ev = icenet_event(net, 0, UA_ICE_EVENT_NEED_RESTART);
	ck_assert_ptr_nonnull(ev);
	ck_assert_str_eq("direct path works", ev->why);
	ck_assert_uint_ge(ev->since_ms, opened_ms + 3000);
	ck_assert_uint_eq(1, icenet_count(net, 0, UA_ICE_EVENT_NEED_RESTART));
	ck_assert_ptr_null(icenet_event(net, 1, UA_ICE_EVENT_NEED_RESTART));
	ck_assert_ptr_null(icenet_event(net, 0, UA_ICE_EVENT_NOMINATED));

	icenet_restart_call(net, 0);
	icenet_run(net, 2000);
	ck_assert_int_eq(0, icenet_nominated(net, 0));
	ck_assert_int_eq(0, icenet_nominated(net, 1));
	ck_assert_uint_eq(0, icenet_lost(net));
	forget_events();
	icenet_run(net, 200000);
	ck_assert_ptr_null(icenet_event(net, 0, UA_ICE_EVENT_NEED_RESTART));
}
END_TEST


/* A call that has just begun is left in peace: ten seconds, and three. */
START_TEST(no_restart_for_better_class_at_once)
{
	net->agentv[1].conf.renom = false;
	relayed();
	icenet_cut(net, 0, 1, false);
	icenet_run(net, 12000);
	ck_assert_uint_eq(1, icenet_count(net, 0, UA_ICE_EVENT_NEED_RESTART));
	ck_assert_uint_ge(when(0, UA_ICE_EVENT_NEED_RESTART), 1000 + 10000);
}
END_TEST


/* Who can do no restart, or does not want to, is asked once a minute. */
START_TEST(restart_for_better_class_is_asked_for_rarely)
{
	net->agentv[1].conf.renom = false;
	relayed();
	icenet_cut(net, 0, 1, false);
	icenet_run(net, 5 * 60000);
	ck_assert_uint_ge(icenet_count(net, 0, UA_ICE_EVENT_NEED_RESTART), 3);
	ck_assert_uint_le(icenet_count(net, 0, UA_ICE_EVENT_NEED_RESTART), 5);
	ck_assert_uint_eq(0, icenet_lost(net));
}
END_TEST


static struct ua_addr media_to(void)
{
	struct ua_path path;

	ck_assert_int_eq(0, ua_ice_media(ice0(), 0, 1, &path));
	return path.remote;
}


static bool media_goes_to(const char *str)
{
	const struct ua_addr want = icenet_addr(str);
	const struct ua_addr addr = media_to();

	return ua_addr_eq(&want, &addr);
}


/* A controlled agent, and a peer at three addresses whose checks succeed */
static const char *const peerv[] = { "192.168.1.9:9000", "192.168.1.9:9002",
				     "192.168.1.9:9004", NULL };


static void controlled(bool renom)
{
	const struct ua_ice_peer peer = { .ice2 = true, .renom = renom };
	unsigned i;

	net->agentv[0].conf.controlling = false;
	(void)icenet_host(net, 0, 0, 1, HOST, NET_NO_NAT, 5);
	ck_assert_int_eq(0, icenet_peer(net, &peer, peerv));
	icenet_run(net, 80);
	for (i = 0; i < 3; i++)
		(void)icenet_peer_answer(net, icenet_last(net, peerv[i]), 0,
					 NULL, NULL);
}


static void peer_asks(unsigned i, uint32_t value, bool nominate)
{
	const struct net_req req = { .from = peerv[i],
				     .controlling = true,
				     .tie_breaker = UINT64_MAX,
				     .nomination = value,
				     .nominate = nominate };

	ck_assert_int_eq(0, icenet_peer_request(net, 0, &req));
	icenet_run(net, 20);
}


START_TEST(highest_renomination_value_wins)
{
	controlled(true);
	peer_asks(0, 2, true);
	ck_assert(media_goes_to(peerv[0]));
	ck_assert_int_eq(0, icenet_nominated(net, 0));

	/* Overtaken on the way, or played again */
	peer_asks(1, 1, true);
	ck_assert(media_goes_to(peerv[0]));
	peer_asks(1, 2, true);
	ck_assert(media_goes_to(peerv[0]));

	/* Also without USE-CANDIDATE */
	peer_asks(2, 3, false);
	ck_assert(media_goes_to(peerv[2]));
	peer_asks(0, 2, true);
	ck_assert(media_goes_to(peerv[2]));

	/* 24 bits, and back */
	peer_asks(1, 0xffffff, true);
	ck_assert(media_goes_to(peerv[1]));
	peer_asks(0, 4, true);
	ck_assert(media_goes_to(peerv[1]));
}
END_TEST


/* Neither said that it knows of such: the value is not looked at. */
START_TEST(renomination_without_the_option_is_ignored)
{
	net->agentv[0].conf.renom = _i;
	controlled(!_i);
	peer_asks(1, 7, false);
	ck_assert_int_eq(-1, icenet_nominated(net, 0));
	peer_asks(1, 7, true);
	ck_assert(media_goes_to(peerv[1]));
	ck_assert_int_eq(0, icenet_nominated(net, 0));

	/* Of such a peer the first nomination stands, as ever. */
	peer_asks(2, 9, false);
	ck_assert(media_goes_to(peerv[1]));
}
END_TEST


/* It waits for our own success, as nominations do (RFC 8445, 7.3.1.5). */
START_TEST(renomination_before_own_success_waits)
{
	const struct ua_ice_peer peer = { .ice2 = true, .renom = true };

	net->agentv[0].conf.controlling = false;
	(void)icenet_host(net, 0, 0, 1, HOST, NET_NO_NAT, 5);
	ck_assert_int_eq(0, icenet_peer(net, &peer, peerv));
	icenet_run(net, 80);
	(void)icenet_peer_answer(net, icenet_last(net, peerv[0]), 0, NULL,
				 NULL);
	peer_asks(0, 1, true);
	peer_asks(1, 3, true);
	ck_assert(media_goes_to(peerv[0]));
	(void)icenet_peer_answer(net, icenet_last(net, peerv[1]), 0, NULL,
				 NULL);
	ck_assert(media_goes_to(peerv[1]));

	/* Late is late. */
	peer_asks(2, 2, true);
	(void)icenet_peer_answer(net, icenet_last(net, peerv[2]), 0, NULL,
				 NULL);
	ck_assert(media_goes_to(peerv[1]));
}
END_TEST


/* Every renomination is lost, checks are not */
static bool no_renomination(struct icenet *n, unsigned agent,
			    struct ua_dgram *dg, void *arg)
{
	struct ua_stun msg;
	uint32_t value;

	(void)n;
	(void)arg;
	ck_assert_int_eq(0, ua_stun_decode(&msg, dg->buf, dg->len));
	return agent || msg.cls != UA_STUN_REQUEST ||
	       ua_stun_u32(&msg, UA_STUN_NOMINATION, &value) || value < 2;
}


START_TEST(takeover_that_fails_returns)
{
	struct ua_ice_pair pair;
	const struct ua_ice_event *ev;
	uint64_t t;

	relayed();
	net->pass = no_renomination;
	icenet_run(net, 12000);
	icenet_count_media(net);
	icenet_cut(net, 0, 1, false);
	icenet_run(net, 1500);

	/* Media is there already: the path works. */
	ev = icenet_event(net, 0, UA_ICE_EVENT_MEDIA_PATH);
	ck_assert_ptr_nonnull(ev);
	ck_assert_uint_eq(0, ev->relays);
	t = ev->since_ms;
	forget_events();

	do {
		icenet_run(net, 10);
		ev = icenet_event(net, 0, UA_ICE_EVENT_MEDIA_PATH);
	} while (!ev && net->now < t + 20000);

	ck_assert_ptr_nonnull(ev);
	ck_assert_uint_eq(1, ev->relays);
	ck_assert_str_eq("back to the nominated path", ev->why);
	ck_assert_uint_le(ev->since_ms, t + 9100);
	ck_assert_int_ge(icenet_pair(net, 0, 4000, HOST1, &pair), 0);
	ck_assert_str_eq("FAILED", pair.state);
	ck_assert_str_eq("nomination had no answer", pair.reason);
	ck_assert_uint_eq(0, icenet_lost(net));
	ck_assert(icenet_same_pair(net, 0, 1));
	ck_assert_ptr_null(icenet_event(net, 0, UA_ICE_EVENT_NEED_RESTART));

	/* Consent of the relay's path is asked for as ever. */
	icenet_run(net, 40000);
	ck_assert_ptr_null(icenet_event(net, 0, UA_ICE_EVENT_CONSENT_LOST));
	ck_assert_uint_eq(0, icenet_lost(net));
}
END_TEST


static uint16_t media_base(void)
{
	struct ua_path path;

	ck_assert_int_eq(0, ua_ice_media(ice0(), 0, 1, &path));
	return path.base;
}


/* Three samples of each, 20 %, and then for a minute it is good. */
START_TEST(rtt_takeover_once_a_minute)
{
	uint64_t t[2];

	(void)icenet_host(net, 0, 0, 1, HOST0, NET_NO_NAT, 40);
	(void)icenet_host(net, 1, 0, 1, HOST1, NET_NO_NAT, 0);
	(void)icenet_host(net, 0, 0, 1, HOST0B, NET_NO_NAT, 60);
	icenet_meet(net);
	icenet_talk(net, 3000);
	icenet_count_media(net);
	ck_assert_uint_eq(0, media_base());
	t[0] = when(0, UA_ICE_EVENT_MEDIA_PATH);

	/* A little better is not worth it. */
	net->ifv[2].delay_ms = 35;
	forget_events();
	icenet_run(net, 150000);
	ck_assert_uint_eq(0, media_base());
	ck_assert_uint_eq(0, net->agentv[0].nev);

	/* So is a lot better, */
	net->ifv[2].delay_ms = 20;
	icenet_run(net, 26000);
	t[0] = when(0, UA_ICE_EVENT_MEDIA_PATH);
	ck_assert_uint_eq(1, media_base());
	ck_assert(icenet_same_pair(net, 0, 1));

	/* and then for a minute it is not, even if it were. */
	net->ifv[0].delay_ms = 2;
	forget_events();
	icenet_run(net, t[0] + 60000 - net->now - 1);
	ck_assert_uint_eq(1, media_base());
	icenet_run(net, 200);
	ck_assert_uint_eq(0, media_base());
	t[1] = when(0, UA_ICE_EVENT_MEDIA_PATH);
	ck_assert_uint_ge(t[1], t[0] + 60000);
	ck_assert_uint_eq(0, icenet_lost(net));
	ck_assert(icenet_same_pair(net, 0, 1));
}
END_TEST


/* Of two that are as quick the first to work stays, whatever its priority. */
START_TEST(priority_alone_moves_nothing)
{
	(void)icenet_host(net, 0, 0, 1, HOST0, NET_NO_NAT, 60);
	(void)icenet_host(net, 1, 0, 1, HOST1, NET_NO_NAT, 0);
	(void)icenet_host(net, 0, 0, 1, HOST0B, NET_NO_NAT, 20);
	icenet_meet(net);
	icenet_talk(net, 3000);
	ck_assert_uint_eq(1, media_base());
	net->ifv[0].delay_ms = 20;
	forget_events();
	icenet_run(net, 5 * 60000);
	ck_assert_uint_eq(1, media_base());
	ck_assert_uint_eq(0, net->agentv[0].nev);
}
END_TEST


/* Wired was slower to answer than Wi-Fi was to be agreed on. */
START_TEST(cost_takeover_after_a_minute)
{
	uint64_t t;

	(void)icenet_host_cost(net, 0, 0, 1, HOST0, NET_NO_NAT, 20, 1);
	(void)icenet_host(net, 1, 0, 1, HOST1, NET_NO_NAT, 0);
	(void)icenet_host_cost(net, 0, 0, 1, HOST0B, NET_NO_NAT, 60, 0);
	icenet_meet(net);
	icenet_talk(net, 3000);
	icenet_count_media(net);
	ck_assert_uint_eq(0, media_base());
	t = when(0, UA_ICE_EVENT_MEDIA_PATH);
	forget_events();
	icenet_run(net, t + 60000 - net->now - 1);
	ck_assert_uint_eq(0, media_base());
	icenet_run(net, 1000);
	ck_assert_uint_eq(1, media_base());
	ck_assert_int_eq(0, icenet_nominated(net, 1));
	ck_assert(icenet_same_pair(net, 0, 1));
	ck_assert_uint_eq(0, icenet_lost(net));
}
END_TEST


/* A firewall that opens later is found within a minute, at a small price */
START_TEST(direct_paths_are_tried_again_each_minute)
{
	unsigned i, n = 0;
	unsigned from;
	uint64_t t;

	relayed();
	icenet_run(net, 45000);
	from = net->nsent;
	icenet_run(net, 3 * 60000);

	for (i = from; i < net->nsent; i++)
		n += !net->sentv[i].agent && !net->sentv[i].base &&
		     net->sentv[i].cls == UA_STUN_REQUEST;

	/* Seven sends a round */
	ck_assert_uint_ge(n, 2 * 7);
	ck_assert_uint_le(n, 4 * 7);
	forget_events();
	t = net->now;
	icenet_cut(net, 0, 1, false);
	icenet_run(net, 61000);
	ck_assert_int_eq(0, icenet_nominated(net, 0));
	ck_assert_int_eq(0, icenet_nominated(net, 1));
	ck_assert_uint_le(when(0, UA_ICE_EVENT_NOMINATED), t + 60100);
	ck_assert_uint_eq(0, icenet_lost(net));
}
END_TEST


Suite *ua_suite_ice_takeover(void)
{
	Suite *s = suite_create("ice_takeover");
	TCase *tc = tcase_create("takeover");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, better_class_is_taken_over);
	tcase_add_loop_test(tc, better_class_asks_for_one_restart, 0, 2);
	tcase_add_test(tc, no_restart_for_better_class_at_once);
	tcase_add_test(tc, restart_for_better_class_is_asked_for_rarely);
	tcase_add_test(tc, highest_renomination_value_wins);
	tcase_add_loop_test(tc, renomination_without_the_option_is_ignored, 0,
			    2);
	tcase_add_test(tc, renomination_before_own_success_waits);
	tcase_add_test(tc, takeover_that_fails_returns);
	tcase_add_test(tc, rtt_takeover_once_a_minute);
	tcase_add_test(tc, priority_alone_moves_nothing);
	tcase_add_test(tc, cost_takeover_after_a_minute);
	tcase_add_test(tc, direct_paths_are_tried_again_each_minute);
	suite_add_tcase(s, tc);

	return s;
}
