/* SPDX-License-Identifier: BSD-3-Clause */
/** @file test_ice_media.c  Nomination, and where media goes before it */

#include <check.h>
#include <errno.h>
#include <string.h>

#include "base/re_compat.h"
#include "stun/stun.h"
#include "icenet.h"

Suite *ua_suite_ice_media(void);

#define HOST "192.168.1.1:4000"
#define PEER "192.168.1.9:9000"
#define PEER2 "192.168.1.9:9002"
#define RELAY0 "198.51.100.7:60000"
#define RELAY1 "198.51.100.7:60001"

static struct icenet *net;


static void setup(void)
{
	net = icenet_alloc(1);
}


static void teardown(void)
{
	icenet_free(net);
}


static struct ua_ice *ice0(void)
{
	return net->agentv[0].ice;
}


/* Two public hosts, and a relay of agent 0, one way delays from the middle */
static void hosts_and_relay(uint32_t direct_ms, uint32_t relay_ms)
{
	(void)icenet_host(net, 0, 0, 1, "198.18.0.1:4000", NET_NO_NAT,
			  direct_ms);
	(void)icenet_host(net, 1, 0, 1, "198.18.0.2:4000", NET_NO_NAT, 0);
	(void)icenet_relay(net, 0, 0, 1, RELAY0, relay_ms);
}


static uint64_t when(unsigned agent, enum ua_ice_event_type type)
{
	const struct ua_ice_event *ev = icenet_event(net, agent, type);

	ck_assert_ptr_nonnull(ev);
	return ev->since_ms;
}


static unsigned relay_nominations(void)
{
	unsigned n = 0;
	unsigned i;

	for (i = 0; i < net->nsent; i++)
		n += net->sentv[i].nominate &&
		     net->ifv[net->sentv[i].base ? 2 : 0].relay;

	return n;
}


START_TEST(direct_is_nominated_within_50)
{
	hosts_and_relay(30, 10);
	icenet_meet(net);
	icenet_run(net, 3000);

	ck_assert_int_eq(0, icenet_nominated(net, 0));
	ck_assert_int_eq(0, icenet_nominated(net, 1));
	ck_assert_uint_le(when(0, UA_ICE_EVENT_NOMINATED),
			  1000 + 60 + 50 + 60);
}
END_TEST


START_TEST(relay_waits_for_a_slower_direct)
{
	hosts_and_relay(140, 10);
	icenet_meet(net);
	icenet_run(net, 5000);

	ck_assert_int_eq(0, icenet_nominated(net, 0));
	ck_assert_uint_eq(0, relay_nominations());
}
END_TEST


static bool lose_first_direct(struct icenet *n, unsigned agent,
			      struct ua_dgram *dg, void *arg)
{
	bool *lost = arg;

	(void)n;
	if (*lost || agent || dg->path.base)
		return true;

	*lost = true;
	return false;
}


START_TEST(relay_waits_for_one_lost_check)
{
	bool lost = false;

	hosts_and_relay(140, 10);
	net->pass = lose_first_direct;
	net->pass_arg = &lost;
	icenet_meet(net);
	icenet_run(net, 5000);

	ck_assert(lost);
	ck_assert_int_eq(0, icenet_nominated(net, 0));
	ck_assert_uint_eq(0, relay_nominations());
}
END_TEST


START_TEST(relay_alone_does_not_wait)
{
	(void)icenet_relay(net, 0, 0, 1, RELAY0, 25);
	(void)icenet_host(net, 1, 0, 1, "198.18.0.2:4000", NET_NO_NAT, 0);
	icenet_meet(net);
	icenet_run(net, 3000);

	/* Check and permission cross: the check goes again 50 ms later */
	ck_assert_int_eq(1, icenet_nominated(net, 0));
	ck_assert_uint_le(when(0, UA_ICE_EVENT_NOMINATED),
			  1000 + 50 + 50 + 50 + 10);
}
END_TEST


static bool no_direct(struct icenet *n, unsigned agent, struct ua_dgram *dg,
		      void *arg)
{
	const struct ua_addr relay = icenet_addr(RELAY0);

	(void)n;
	(void)arg;
	return agent ? ua_addr_eq(&relay, &dg->path.remote) : dg->path.base;
}


START_TEST(hopeless_direct_ends_the_wait)
{
	hosts_and_relay(10, 10);
	net->pass = no_direct;
	icenet_meet(net);
	icenet_run(net, 5000);

	ck_assert_int_eq(1, icenet_nominated(net, 0));
	ck_assert_uint_le(when(0, UA_ICE_EVENT_NOMINATED), 1000 + 1000);

	/* The user was not kept waiting. */
	ck_assert_uint_le(when(0, UA_ICE_EVENT_MEDIA_PATH), 1000 + 80);
}
END_TEST


START_TEST(smaller_rtt_wins_inside_a_class)
{
	/* The second relay has the lower priority. */
	(void)icenet_relay(net, 0, 0, 1, RELAY0, _i ? 23 : 40);
	(void)icenet_relay(net, 0, 0, 1, RELAY1, _i ? 20 : 10);
	(void)icenet_host(net, 1, 0, 1, "198.18.0.2:4000", NET_NO_NAT, 0);
	icenet_meet(net);
	icenet_run(net, 3000);

	ck_assert_uint_eq(_i ? 0 : 1,
			  icenet_event(net, 0, UA_ICE_EVENT_NOMINATED)->base);
}
END_TEST


START_TEST(cost_beats_rtt)
{
	/* A VPN that is 5 ms quicker than Wi-Fi, and listed first */
	(void)icenet_host_cost(net, 0, 0, 1, "198.18.0.1:4000", NET_NO_NAT, 10,
			       3);
	(void)icenet_host_cost(net, 0, 0, 1, "198.18.0.3:4000", NET_NO_NAT, 12,
			       1);
	(void)icenet_host(net, 1, 0, 1, "198.18.0.2:4000", NET_NO_NAT, 0);
	icenet_meet(net);
	icenet_run(net, 3000);

	ck_assert_uint_eq(1,
			  icenet_event(net, 0, UA_ICE_EVENT_NOMINATED)->base);
	ck_assert(icenet_same_pair(net, 0, 1));
}
END_TEST


START_TEST(components_take_the_same_path)
{
	struct ua_ice_cand l[2], r[2];
	uint32_t rtt_ms;
	uint16_t c;

	net->agentv[0].conf.ncomp = 2;
	net->agentv[1].conf.ncomp = 2;

	/* RTP: direct is quicker; RTCP: the relay is. */
	for (c = 1; c <= 2; c++) {
		(void)icenet_host(net, 0, 0, c,
				  c == 1 ? "198.18.0.1:4000"
					 : "198.18.0.1:4001",
				  NET_NO_NAT, c == 1 ? 10 : 100);
		(void)icenet_relay(net, 0, 0, c, c == 1 ? RELAY0 : RELAY1,
				   c == 1 ? 100 : 10);
		(void)icenet_host(net, 1, 0, c,
				  c == 1 ? "198.18.0.2:4000"
					 : "198.18.0.2:4001",
				  NET_NO_NAT, 0);
	}

	icenet_meet(net);
	icenet_run(net, 5000);

	for (c = 1; c <= 2; c++) {
		ck_assert_int_eq(0, ua_ice_selected(ice0(), 0, c, &l[c - 1],
						    &r[c - 1], &rtt_ms));
		ck_assert_int_eq(UA_ICE_HOST, l[c - 1].type);
		ck_assert(icenet_same_pair(net, 0, c));
	}
}
END_TEST


START_TEST(media_on_first_valid_pair)
{
	const struct net_agent *a;
	unsigned i, n = 0;

	hosts_and_relay(100, 10);
	icenet_meet(net);
	icenet_run(net, 5000);
	a = &net->agentv[0];

	/* Relay first, then direct, and nothing in between */
	for (i = 0; i < a->nev; i++) {
		if (a->evv[i].type != UA_ICE_EVENT_MEDIA_PATH)
			continue;

		ck_assert_uint_eq(n ? 0 : 1, a->evv[i].relays);
		ck_assert_uint_le(a->evv[i].since_ms, 1000 + (n ? 210U : 80U));
		++n;
	}

	ck_assert_uint_eq(2, n);
	ck_assert_int_eq(0, icenet_nominated(net, 0));
}
END_TEST


/* One host, controlled, and a peer played by the test at two addresses */
static void controlled(bool ice2)
{
	static const char *const addrv[] = { PEER, PEER2, NULL };
	const struct ua_ice_peer peer = { .ice2 = ice2 };

	net->agentv[0].conf.controlling = false;
	(void)icenet_host(net, 0, 0, 1, HOST, NET_NO_NAT, 5);
	ck_assert_int_eq(0, icenet_peer(net, &peer, addrv));
	icenet_run(net, 50);
}


static void peer_asks(const char *from, bool nominate)
{
	const struct net_req req = { .from = from,
				     .controlling = true,
				     .tie_breaker = UINT64_MAX,
				     .nominate = nominate };

	ck_assert_int_eq(0, icenet_peer_request(net, 0, &req));
	icenet_run(net, 40);
}


static void peer_answers(const char *to)
{
	ck_assert_int_eq(0, icenet_peer_answer(net, icenet_last(net, to), 0,
					       NULL, NULL));
}


/* It consents to what comes from us, each time it is asked */
static void peer_answers_for(const char *to, unsigned s)
{
	const struct net_sent *last = NULL;
	unsigned i;

	for (i = 0; i < 10 * s; i++) {
		const struct net_sent *sent = icenet_last(net, to);

		if (sent != last)
			peer_answers(to);

		last = sent;
		icenet_run(net, 100);
	}
}


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


START_TEST(media_right_after_the_peers_check)
{
	struct ua_path path = { .base = 0, .remote = icenet_addr(PEER) };

	controlled(true);
	ck_assert(!ua_ice_accepts(ice0(), 0, 1, &path));
	peer_asks(PEER, false);
	ck_assert(ua_ice_accepts(ice0(), 0, 1, &path));
	ck_assert_int_eq(ENOTCONN, ua_ice_media(ice0(), 0, 1, &path));
	ck_assert(!ua_ice_accepts(ice0(), 0, 2, &path));
}
END_TEST


START_TEST(nomination_before_own_success_waits)
{
	controlled(true);
	peer_asks(PEER, true);
	ck_assert_int_eq(-1, icenet_nominated(net, 0));
	peer_answers(PEER);
	ck_assert_int_eq(0, icenet_nominated(net, 0));
	ck_assert(media_goes_to(PEER));
}
END_TEST


/* libre's icem takes its own success for a nomination: ends may differ */
START_TEST(own_success_is_no_nomination)
{
	controlled(true);
	peer_answers(PEER);
	ck_assert_int_eq(-1, icenet_nominated(net, 0));
	peer_answers(PEER2);
	peer_asks(PEER2, true);
	ck_assert_int_eq(0, icenet_nominated(net, 0));
	ck_assert(media_goes_to(PEER2));
}
END_TEST


START_TEST(aggressive_peer_highest_priority_wins)
{
	controlled(false);
	peer_asks(PEER2, true);
	peer_answers(PEER2);
	ck_assert(media_goes_to(PEER2));

	peer_asks(PEER, true);
	peer_answers(PEER);
	ck_assert(media_goes_to(PEER));

	/* The lower one again: no */
	peer_asks(PEER2, true);
	ck_assert(media_goes_to(PEER));
}
END_TEST


START_TEST(late_answer_moves_nothing)
{
	controlled(true);
	peer_asks(PEER2, true);
	peer_answers(PEER2);
	ck_assert(media_goes_to(PEER2));

	peer_asks(PEER, false);
	if (icenet_last(net, PEER))
		(void)icenet_peer_answer(net, icenet_last(net, PEER), 0, NULL,
					 NULL);
	icenet_run(net, 5000);
	ck_assert(media_goes_to(PEER2));
	ck_assert_uint_eq(1, icenet_count(net, 0, UA_ICE_EVENT_NOMINATED));
}
END_TEST


START_TEST(peer_that_moves_is_followed)
{
	struct ua_path path = { .base = 0, .remote = icenet_addr(PEER) };
	unsigned i;

	controlled(true);
	peer_answers(PEER2);
	peer_asks(PEER, true);
	peer_answers(PEER);

	for (i = 0; i < 200; i++) {
		ua_ice_heard(ice0(), net->now, &path);
		icenet_run(net, 20);
	}

	/* While media comes the old way, it stays. */
	peer_asks(PEER2, true);
	ck_assert(media_goes_to(PEER));
	ua_ice_heard(ice0(), net->now, &path);

	/* It does no more: so does ours, a second later. */
	icenet_run(net, 500);
	peer_asks(PEER2, true);
	ck_assert(media_goes_to(PEER));
	icenet_run(net, 500);
	ck_assert(media_goes_to(PEER2));
}
END_TEST


START_TEST(peer_that_never_nominates)
{
	controlled(true);
	peer_asks(PEER, false);
	peer_answers_for(PEER, 60);
	ck_assert(media_goes_to(PEER));
	ck_assert_int_eq(-1, icenet_nominated(net, 0));
	ck_assert_ptr_null(icenet_event(net, 0, UA_ICE_EVENT_NO_PATH_YET));
	ck_assert_ptr_null(icenet_event(net, 0, UA_ICE_EVENT_FAILED));
}
END_TEST


START_TEST(lost_nomination_is_repeated_dead_one_replaced)
{
	static const char *const addrv[] = { PEER, PEER2, NULL };
	struct ua_ice_pair pair;
	unsigned i, n = 0;

	(void)icenet_host(net, 0, 0, 1, HOST, NET_NO_NAT, 5);
	ck_assert_int_eq(0, icenet_peer(net, NULL, addrv));
	icenet_run(net, 25);
	peer_answers(PEER);
	peer_answers(PEER2);
	icenet_run(net, 2000);

	for (i = 0; i < net->nsent; i++)
		n += net->sentv[i].nominate;
	ck_assert_uint_eq(3, n);
	ck_assert(icenet_last(net, PEER)->nominate);

	/* Never answered: the next one */
	icenet_run(net, 8000);
	ck_assert_int_ge(icenet_pair(net, 0, 0, PEER, &pair), 0);
	ck_assert_str_eq("FAILED", pair.state);
	ck_assert_str_eq("nomination had no answer", pair.reason);
	ck_assert(icenet_last(net, PEER2)->nominate);
	peer_answers(PEER2);
	ck_assert_int_eq(0, icenet_nominated(net, 0));
	ck_assert(media_goes_to(PEER2));
}
END_TEST


START_TEST(relay_gets_its_channel)
{
	const struct ua_ice_event *ev;
	const struct ua_addr peer = icenet_addr("198.18.0.2:4000");

	(void)icenet_relay(net, 0, 0, 1, RELAY0, 25);
	(void)icenet_host(net, 1, 0, 1, "198.18.0.2:4000", NET_NO_NAT, 0);
	icenet_meet(net);
	icenet_run(net, 3000);

	ck_assert_uint_eq(1, icenet_count(net, 0, UA_ICE_EVENT_CHANNEL));
	ev = icenet_event(net, 0, UA_ICE_EVENT_CHANNEL);
	ck_assert_uint_eq(0, ev->base);
	ck_assert(ua_addr_eq(&peer, &ev->addr));
	ck_assert_uint_eq(0, icenet_count(net, 1, UA_ICE_EVENT_CHANNEL));
}
END_TEST


Suite *ua_suite_ice_media(void)
{
	Suite *s = suite_create("ice_media");
	TCase *tc = tcase_create("media");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, direct_is_nominated_within_50);
	tcase_add_test(tc, relay_waits_for_a_slower_direct);
	tcase_add_test(tc, relay_waits_for_one_lost_check);
	tcase_add_test(tc, relay_alone_does_not_wait);
	tcase_add_test(tc, hopeless_direct_ends_the_wait);
	tcase_add_loop_test(tc, smaller_rtt_wins_inside_a_class, 0, 2);
	tcase_add_test(tc, cost_beats_rtt);
	tcase_add_test(tc, components_take_the_same_path);
	tcase_add_test(tc, media_on_first_valid_pair);
	tcase_add_test(tc, media_right_after_the_peers_check);
	tcase_add_test(tc, nomination_before_own_success_waits);
	tcase_add_test(tc, own_success_is_no_nomination);
	tcase_add_test(tc, aggressive_peer_highest_priority_wins);
	tcase_add_test(tc, late_answer_moves_nothing);
	tcase_add_test(tc, peer_that_moves_is_followed);
	tcase_add_test(tc, peer_that_never_nominates);
	tcase_add_test(tc, lost_nomination_is_repeated_dead_one_replaced);
	tcase_add_test(tc, relay_gets_its_channel);
	suite_add_tcase(s, tc);

	return s;
}
