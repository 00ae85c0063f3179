/* SPDX-License-Identifier: BSD-3-Clause */
/** @file test_ice_nearest.c  Direct wins, then the nearest relay of all
 *
 * Relays of our own by UDP, TCP or TLS, one or several that a proxy listed,
 * and one that it did not list.
 */

#include <check.h>
#include <string.h>

#include "base/re_compat.h"
#include "stun/stun.h"
#include "icenet.h"

Suite *ua_suite_ice_nearest(void);

#define HOST0 "198.18.0.1:4000"
#define HOST1 "198.18.0.2:4000"
#define TURN "198.51.100.7:60000"
#define A0 "198.51.100.9:50000" /* What agent 0 sends to   */
#define A1 "198.51.100.9:50002"
#define B0 "198.51.100.11:50000"
#define B1 "198.51.100.11:50002"

enum {
	ACCESS_MS = 2, /* Of each host, one way            */
	NEAR_MS = 20,  /* Round trips of relays            */
	FAR_MS = 80,
	PRIO_LOW = 16777215
};

#define PRIO_HIGH 2197815295U

static const uint32_t priov[] = { 0, PRIO_LOW, PRIO_HIGH };

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


static bool is(const struct ua_addr *addr, const char *str)
{
	const struct ua_addr want = icenet_addr(str);

	return ua_addr_eq(addr, &want);
}


static void hosts(bool direct)
{
	(void)icenet_host(net, 0, 0, 1, HOST0, NET_NO_NAT, ACCESS_MS);
	(void)icenet_host(net, 1, 0, 1, HOST1, NET_NO_NAT, ACCESS_MS);
	icenet_cut(net, 0, 1, !direct);
}


/* A relay of the proxy, with a round trip */
static unsigned proxy(const char *leg0, const char *leg1, uint32_t rtt_ms)
{
	const unsigned i = icenet_latch(net, leg0, leg1);

	net->latchv[i].delay_ms = rtt_ms / 2 - 2 * ACCESS_MS;
	return i;
}


/* A relay of an agent's own, with a round trip */
static void turn(unsigned agent, uint32_t rtt_ms, uint8_t cost)
{
	(void)icenet_relay_cost(net, agent, 0, 1, TURN, rtt_ms / 2 - ACCESS_MS,
				cost);
}


static const struct ua_ice_event *nominated(unsigned agent)
{
	const struct ua_ice_event *ev =
		icenet_event(net, agent, UA_ICE_EVENT_NOMINATED);

	ck_assert_ptr_nonnull(ev);
	ck_assert_uint_eq(1, icenet_count(net, agent, UA_ICE_EVENT_NOMINATED));
	return ev;
}


/* Both ends have the relay with that leg; NULL: the one of our own */
static void has_won(const char *leg0, uint32_t rtt_ms)
{
	const struct ua_ice_event *ev = nominated(0);

	ck_assert_uint_eq(1, ev->relays);
	ck_assert_int_eq(leg0 != NULL, ev->remote.latched);
	if (leg0)
		ck_assert(is(&ev->remote.addr, leg0));
	ck_assert_uint_eq(rtt_ms, ev->rtt_ms);
	(void)nominated(1);
	ck_assert(icenet_same_pair(net, 0, 1));
}


/*
 * _i: who is nearer, whose own relay it is, how it is reached, and what the
 * proxy gave its relay for a priority, 0 for one that it did not list.
 */
START_TEST(nearest_of_proxys_and_own_relay_wins)
{
	const bool proxy_near = _i % 2;
	const unsigned owner = (unsigned)_i / 2 % 2;
	const uint8_t cost = (uint8_t)(_i / 4 % 3); /* UDP, TCP, TLS */
	const uint32_t prio = priov[_i / 12];

	hosts(false);
	(void)proxy(A0, A1, proxy_near ? NEAR_MS : FAR_MS);
	turn(owner, proxy_near ? FAR_MS : NEAR_MS, cost);
	icenet_meet_proxied(net, prio);
	icenet_talk(net, 3000);

	has_won(proxy_near ? A0 : NULL, NEAR_MS);
	icenet_count_media(net);
	icenet_run(net, 10000);
	ck_assert_uint_eq(0, icenet_lost(net));
	ck_assert_uint_eq(0, net->latchv[0].nstranger);
}
END_TEST


/* Round trips that hardly differ leave it to the priority (10 ms, 20 %). */
START_TEST(priority_decides_among_equally_near_relays)
{
	hosts(false);
	(void)proxy(A0, A1, 60);
	turn(0, 64, 0);
	icenet_meet_proxied(net, _i ? PRIO_HIGH : 0);
	icenet_run(net, 3000);
	has_won(_i ? A0 : NULL, _i ? 60 : 64);
}
END_TEST


/* The network of a base says nothing of a relay elsewhere. */
START_TEST(cost_of_a_network_is_none_of_a_relay)
{
	(void)icenet_host_cost(net, 0, 0, 1, HOST0, NET_NO_NAT, ACCESS_MS, 2);
	(void)icenet_host(net, 1, 0, 1, HOST1, NET_NO_NAT, ACCESS_MS);
	icenet_cut(net, 0, 1, true);
	(void)proxy(A0, A1, NEAR_MS);
	turn(0, FAR_MS, 0);
	icenet_meet_proxied(net, PRIO_LOW);
	icenet_run(net, 3000);
	has_won(A0, NEAR_MS);
}
END_TEST


/* Nothing direct to hope for: the peer lists relays alone.  _i: who is near */
START_TEST(nearest_of_relays_alone_does_not_wait)
{
	struct ua_ice_cand cand;
	struct ua_ice_peer peer = { .ice2 = true };
	struct ua_ice *ice[2];
	uint64_t t;
	size_t i;

	hosts(false);
	(void)proxy(A0, A1, _i ? NEAR_MS : FAR_MS);
	turn(1, _i ? FAR_MS : NEAR_MS, 0);
	ice[0] = net->agentv[0].ice;
	ice[1] = net->agentv[1].ice;
	(void)ua_ice_gathered(ice[0], net->now);
	(void)ua_ice_gathered(ice[1], net->now);
	icenet_proxied(net, 1, 0, PRIO_LOW);
	t = net->now;
	ck_assert_int_eq(0, ua_ice_remote_set(ice[0], net->now,
					      ua_ice_ufrag(ice[1]),
					      ua_ice_pwd(ice[1]), &peer));
	for (i = 0; !ua_ice_local(ice[1], i, &cand); i++) {
		if (cand.type == UA_ICE_RELAY)
			ck_assert_int_eq(0, ua_ice_remote_cand(
						    ice[0], net->now, &cand));
	}
	ck_assert_int_eq(0, icenet_latched(net, 0, 0, PRIO_LOW));
	icenet_run(net, 3000);
	has_won(_i ? A0 : NULL, NEAR_MS);

	/* A check a Ta behind the first, a round trip each for check and
	 * nomination, 50 ms of polish */
	ck_assert_uint_le(nominated(0)->since_ms, t + 20 + 2 * NEAR_MS + 50);
}
END_TEST


/* Rule 11: of several proxies each listed its own; _i: which is near */
START_TEST(nearest_of_two_proxies_wins)
{
	const unsigned near = (unsigned)_i % 2;

	hosts(false);
	(void)proxy(A0, A1, near ? FAR_MS : NEAR_MS);
	(void)proxy(B0, B1, near ? NEAR_MS : FAR_MS);
	icenet_meet_proxied(net, priov[_i / 2]);
	icenet_talk(net, 3000);
	has_won(near ? B0 : A0, NEAR_MS);
	ck_assert_uint_eq(0, net->latchv[0].nstranger);
	ck_assert_uint_eq(0, net->latchv[1].nstranger);

	/* The other one hears nothing more. */
	ck_assert_uint_eq(0,
			  icenet_latch_sends(net, 0, !near, net->now - 2000));
	ck_assert_uint_eq(0,
			  icenet_latch_sends(net, 1, !near, net->now - 2000));
}
END_TEST


/*
 * Rule 11: every listed relay is a way by itself, and what is in c= is the
 * chain of all, where they wait for each other: it passes nothing.
 */
START_TEST(each_relay_of_a_chain_is_a_way_by_itself)
{
	hosts(false);
	(void)proxy(A0, A1, NEAR_MS);
	(void)proxy(B0, B1, FAR_MS);
	net->latchv[icenet_latch(net, "198.51.100.13:50000",
				 "198.51.100.13:50002")]
		.deaf = true;
	icenet_meet_proxied(net, PRIO_LOW);
	net->latchv[_i].deaf = true;
	icenet_run(net, 3000);
	has_won(_i ? A0 : B0, _i ? NEAR_MS : FAR_MS);
}
END_TEST


/*
 * Agent 0's first checks wait in the relay until agent 1 is there: that is
 * not its round trip.  What is said of the path is true, too.
 */
START_TEST(wait_in_the_relay_is_no_round_trip)
{
	hosts(false);
	(void)proxy(A0, A1, NEAR_MS);
	turn(0, FAR_MS, 0);
	(void)ua_ice_gathered(net->agentv[0].ice, net->now);
	(void)ua_ice_gathered(net->agentv[1].ice, net->now);
	icenet_proxied(net, 0, 0, PRIO_LOW);

	/* Within the first RTO: the request is sent once. */
	icenet_run(net, (uint64_t)(300 + 100 * _i));
	ck_assert_uint_eq(1 + (_i > 2), net->latchv[0].legv[1].nqueue);
	icenet_proxied(net, 1, 0, PRIO_LOW);
	icenet_run(net, 3000);
	has_won(A0, NEAR_MS);
}
END_TEST


/* The first request that is sent for the nth time is lost (Karn) */
static bool lose_nth(struct icenet *n, unsigned agent, struct ua_dgram *dg,
		     void *arg)
{
	unsigned *left = arg;
	struct ua_stun msg;

	(void)n;
	ck_assert_int_eq(0, ua_stun_decode(&msg, dg->buf, dg->len));

	return agent || msg.cls != UA_STUN_REQUEST ||
	       !is(&dg->path.remote, A0) || !*left || --*left;
}


/* _i: our first check is lost, one that was triggered, or a later one */
START_TEST(lost_check_is_no_round_trip)
{
	unsigned left = 1 + (unsigned)_i;

	hosts(false);
	net->pass = lose_nth;
	net->pass_arg = &left;
	(void)proxy(A0, A1, NEAR_MS);
	turn(0, FAR_MS, 0);
	icenet_meet_proxied(net, PRIO_LOW);
	icenet_run(net, 3000);
	ck_assert_uint_eq(0, left);
	has_won(A0, NEAR_MS);
}
END_TEST


/* A relay is quicker, and direct takes 300 ms: no relay is ever nominated. */
START_TEST(direct_of_300_ms_wins_over_near_relays)
{
	const uint32_t prio = priov[_i % 3];
	unsigned a;

	hosts(true);
	net->far_ms = 300 / 2 - 2 * ACCESS_MS;
	(void)proxy(A0, A1, NEAR_MS);
	(void)proxy(B0, B1, FAR_MS);
	if (_i >= 3)
		turn((unsigned)_i / 3 - 1, NEAR_MS, 0);
	icenet_meet_proxied(net, prio);
	icenet_talk(net, 30000);

	for (a = 0; a < 2; a++) {
		ck_assert_uint_eq(0, nominated(a)->relays);

		/* Media did not wait for it. */
		ck_assert_uint_eq(
			1,
			icenet_event(net, a, UA_ICE_EVENT_MEDIA_PATH)->relays);
	}
	ck_assert_uint_eq(0, icenet_latch_sends(net, 0, 0, net->now - 20000));
	ck_assert_uint_eq(0, icenet_latch_sends(net, 1, 0, net->now - 20000));
}
END_TEST


/* The first check of the direct pair is lost: there is room for that, too. */
static bool lose_direct(struct icenet *n, unsigned agent, struct ua_dgram *dg,
			void *arg)
{
	unsigned *left = arg;

	(void)n;
	if (!is(&dg->path.remote, agent ? HOST0 : HOST1) || !left[agent])
		return true;

	--left[agent];
	return false;
}


START_TEST(direct_wins_over_a_relay_in_spite_of_a_loss)
{
	unsigned left[2] = { 1, 1 };

	hosts(true);
	net->pass = lose_direct;
	net->pass_arg = left;
	(void)proxy(A0, A1, NEAR_MS);
	icenet_meet_proxied(net, priov[_i]);
	icenet_run(net, 5000);
	ck_assert_uint_eq(0, nominated(0)->relays);
	ck_assert_uint_eq(0, nominated(1)->relays);
}
END_TEST


/* A c= that was rewritten, and nothing else: soon enough, and told so */
START_TEST(implicit_relay_may_be_the_only_path)
{
	const uint64_t t = net->now;

	net->agentv[0].conf.controlling = _i / 2;
	net->agentv[1].conf.controlling = !(_i / 2);
	hosts(false);
	(void)proxy(A0, A1, NEAR_MS);
	icenet_meet_proxied(net, (uint32_t)(_i % 2));
	icenet_talk(net, 3000);
	has_won(A0, NEAR_MS);
	ck_assert_uint_le(
		icenet_event(net, 0, UA_ICE_EVENT_MEDIA_PATH)->since_ms,
		t + 100);
	ck_assert_uint_le(nominated(0)->since_ms, t + 1000);
}
END_TEST


/* When agent 0 has nominated, with and without the deaf relay of the proxy */
static uint64_t nominated_after(bool with, unsigned what)
{
	const uint64_t t = net->now;

	hosts(!what);
	if (what)
		turn(what - 1, FAR_MS, 0);
	if (with)
		net->latchv[proxy(A0, A1, NEAR_MS)].deaf = true;
	icenet_meet_proxied(net, 1);
	icenet_run(net, 5000);

	return nominated(0)->since_ms - t;
}


/*
 * It passes RTP alone, as some do: never valid, and nothing waits for it.
 * _i: what else there is: a direct path, a relay of either side.
 */
START_TEST(deaf_relay_delays_nothing)
{
	const uint64_t without = nominated_after(false, (unsigned)_i);
	struct ua_ice_pair pair;
	uint64_t with;

	icenet_free(net);
	net = icenet_alloc(1);
	with = nominated_after(true, (unsigned)_i);
	ck_assert_uint_le(with, without + UA_ICE_TA_MS);
	ck_assert_int_ge(icenet_pair(net, 0, 0, A0, &pair), 0);
	ck_assert_str_eq("FAILED", pair.state);
	ck_assert_str_eq("another pair was nominated", pair.reason);
}
END_TEST


/* It alone: ICE ends in time, with the reason, and sends no more. */
START_TEST(deaf_relay_keeps_ice_from_no_end)
{
	const uint64_t t = net->now;
	unsigned a;

	hosts(false);
	net->latchv[proxy(A0, A1, NEAR_MS)].deaf = true;
	icenet_meet_proxied(net, 1);
	icenet_run(net, 60000);

	for (a = 0; a < 2; a++) {
		const struct ua_ice_event *ev =
			icenet_event(net, a, UA_ICE_EVENT_FAILED);

		ck_assert_ptr_nonnull(ev);
		ck_assert_uint_le(ev->since_ms, t + 39500);
		ck_assert_str_eq("no answer", ev->why);
		ck_assert_uint_eq(
			t + 10000,
			icenet_event(net, a, UA_ICE_EVENT_NO_PATH_YET)
				->since_ms);
		ck_assert_uint_eq(0, icenet_latch_sends(net, a, 0, t + 39600));
	}
	ck_assert_int_ne(0, ua_ice_media(net->agentv[0].ice, 0, 1,
					 &(struct ua_path){ 0 }));
}
END_TEST


Suite *ua_suite_ice_nearest(void)
{
	Suite *s = suite_create("ice_nearest");
	TCase *tc = tcase_create("nearest");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 60);
	tcase_add_loop_test(tc, nearest_of_proxys_and_own_relay_wins, 0, 36);
	tcase_add_loop_test(tc, priority_decides_among_equally_near_relays, 0,
			    2);
	tcase_add_test(tc, cost_of_a_network_is_none_of_a_relay);
	tcase_add_loop_test(tc, nearest_of_relays_alone_does_not_wait, 0, 2);
	tcase_add_loop_test(tc, nearest_of_two_proxies_wins, 0, 6);
	tcase_add_loop_test(tc, each_relay_of_a_chain_is_a_way_by_itself, 0,
			    2);
	tcase_add_loop_test(tc, wait_in_the_relay_is_no_round_trip, 0, 5);
	tcase_add_loop_test(tc, lost_check_is_no_round_trip, 0, 4);
	tcase_add_loop_test(tc, direct_of_300_ms_wins_over_near_relays, 0, 9);
	tcase_add_loop_test(tc, direct_wins_over_a_relay_in_spite_of_a_loss, 0,
			    3);
	tcase_add_loop_test(tc, implicit_relay_may_be_the_only_path, 0, 4);
	tcase_add_loop_test(tc, deaf_relay_delays_nothing, 0, 3);
	tcase_add_test(tc, deaf_relay_keeps_ice_from_no_end);
	suite_add_tcase(s, tc);

	return s;
}
