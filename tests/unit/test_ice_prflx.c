/* SPDX-License-Identifier: BSD-3-Clause */
/** @file test_ice_prflx.c  Peers that come from elsewhere, and early ones */

#include <check.h>
#include <errno.h>
#include <string.h>

#include "base/re_compat.h"
#include "stun/stun.h"
#include "icenet.h"

Suite *ua_suite_ice_prflx(void);

#define HOST "192.168.1.1:4000"
#define PEER "192.168.1.9:9000"

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


static unsigned count_remotes(unsigned agent, enum ua_ice_type type)
{
	struct ua_ice_pair pair;
	unsigned n = 0;
	size_t i;

	for (i = 0; !ua_ice_pair(net->agentv[agent].ice, i, &pair); i++)
		n += pair.remote.type == type;

	return n;
}


/*
 * libre's icem answers such a peer and never forms the pair: one end fails,
 * the other one believes in the call.
 */
START_TEST(peer_reachable_only_as_prflx)
{
	const struct ua_ice_event *ev;
	int nat;

	/* What agent 1 knows of itself is private: its host address. */
	nat = icenet_nat(net, NET_EIM, NET_APDF, "203.0.113.2:0");
	(void)icenet_host(net, 0, 0, 1, "198.18.0.1:4000", NET_NO_NAT, 5);
	(void)icenet_host(net, 1, 0, 1, "192.168.2.2:4000", nat, 5);
	icenet_meet(net);
	icenet_run(net, 1000);

	ck_assert_int_eq(0, icenet_nominated(net, 0));
	ck_assert_int_eq(0, icenet_nominated(net, 1));
	ck_assert(icenet_same_pair(net, 0, 1));

	ev = icenet_event(net, 0, UA_ICE_EVENT_NOMINATED);
	ck_assert_int_eq(UA_ICE_PRFLX, ev->remote.type);

	/* PRIORITY of its check: type 110, the host's own preference */
	ck_assert_uint_eq(1862270975, ev->remote.prio);
}
END_TEST


START_TEST(mapped_address_makes_local_prflx)
{
	const struct ua_ice_event *ev;
	const struct ua_addr outside = icenet_addr("203.0.113.2:0");
	struct ua_path path;
	int nat;

	nat = icenet_nat(net, NET_EIM, NET_APDF, "203.0.113.2:0");
	(void)icenet_host(net, 0, 0, 1, "198.18.0.1:4000", NET_NO_NAT, 5);
	(void)icenet_host(net, 1, 0, 1, "192.168.2.2:4000", nat, 5);
	icenet_meet(net);
	icenet_run(net, 1000);

	ev = icenet_event(net, 1, UA_ICE_EVENT_NOMINATED);
	ck_assert_ptr_nonnull(ev);
	ck_assert_int_eq(UA_ICE_PRFLX, ev->local.type);
	ck_assert(ua_addr_ip_eq(&outside, &ev->local.addr));

	/* Its base sends. */
	ck_assert_int_eq(0, ua_ice_media(net->agentv[1].ice, 0, 1, &path));
	ck_assert(ua_addr_eq(&net->ifv[1].addr, &path.local));
}
END_TEST


START_TEST(signalled_candidate_replaces_prflx)
{
	static const char *const addrv[] = { PEER, NULL };
	const struct net_req req = { .from = "192.168.1.9:9999" };
	struct ua_ice_pair before, after;
	unsigned sent;

	(void)icenet_host(net, 0, 0, 1, HOST, NET_NO_NAT, 5);
	ck_assert_int_eq(0, icenet_peer(net, NULL, addrv));
	ck_assert_int_eq(0, icenet_peer_request(net, 0, &req));
	icenet_run(net, 50);
	ck_assert_int_ge(icenet_pair(net, 0, 0, req.from, &before), 0);
	ck_assert_int_eq(UA_ICE_PRFLX, before.remote.type);
	sent = icenet_requests(net, 0, req.from);

	ck_assert_int_eq(
		0, icenet_peer_cand(net, req.from, UA_ICE_SRFLX, 1694498815));
	icenet_run(net, 50);
	ck_assert_int_ge(icenet_pair(net, 0, 0, req.from, &after), 0);
	ck_assert_int_eq(UA_ICE_SRFLX, after.remote.type);
	ck_assert_str_eq(before.state, after.state);
	ck_assert(before.prio == after.prio);
	ck_assert_uint_eq(sent, icenet_requests(net, 0, req.from));
	ck_assert_uint_eq(0, count_remotes(0, UA_ICE_PRFLX));
}
END_TEST


START_TEST(prflx_that_is_a_relay_is_not_direct)
{
	const struct ua_ice_event *ev;
	const struct net_req relay = { .from = "198.51.100.7:60000" };
	const struct ua_ice_peer peer = { .ice2 = true };

	/* Its relay's check is here before its trickled candidates. */
	(void)icenet_host(net, 0, 0, 1, HOST, NET_NO_NAT, 5);
	(void)ua_ice_gathered(ice0(), net->now);
	ck_assert_int_eq(0, ua_ice_remote_set(ice0(), net->now, "peer",
					      NET_PEER_PWD, &peer));
	ck_assert_int_eq(0, icenet_peer_request(net, 0, &relay));
	icenet_run(net, 20);
	ck_assert_int_eq(0,
			 icenet_peer_answer(net, icenet_last(net, relay.from),
					    0, NULL, NULL));
	ev = icenet_event(net, 0, UA_ICE_EVENT_PAIR_VALID);
	ck_assert_ptr_nonnull(ev);
	ck_assert_uint_eq(1, ev->relays);

	ck_assert_int_eq(0,
			 icenet_peer_cand(net, PEER, UA_ICE_HOST, 2130706431));
	ck_assert_int_eq(
		0, icenet_peer_cand(net, relay.from, UA_ICE_RELAY, 16777215));
	ck_assert_int_eq(0, ua_ice_remote_end(ice0(), net->now));
	icenet_pump(net, 0);

	/* The direct path takes 250 ms: relay is not nominated meanwhile. */
	icenet_run(net, 270);
	ck_assert(!icenet_last(net, relay.from)->nominate);
	ck_assert_int_eq(0, icenet_peer_answer(net, icenet_last(net, PEER), 0,
					       NULL, NULL));
	icenet_run(net, 60);
	ck_assert(icenet_last(net, PEER)->nominate);
	ck_assert(!icenet_last(net, relay.from)->nominate);
}
END_TEST


START_TEST(request_before_the_answer_is_answered)
{
	static const char *const addrv[] = { PEER, NULL };
	const struct net_req req = { .from = "192.168.1.9:9777" };
	struct ua_path path = { .base = 0 };

	(void)icenet_host(net, 0, 0, 1, HOST, NET_NO_NAT, 5);
	ck_assert_int_eq(0, icenet_peer_request(net, 0, &req));
	ck_assert_ptr_nonnull(icenet_last_of(net, req.from, UA_STUN_SUCCESS));

	/* Media of an authentic peer may follow. */
	path.remote = icenet_addr(req.from);
	ck_assert(ua_ice_accepts(ice0(), 0, 1, &path));
	path.remote.port++;
	ck_assert(!ua_ice_accepts(ice0(), 0, 1, &path));

	/* The answer comes: the first check goes to who was heard. */
	ck_assert_int_eq(0, icenet_peer(net, NULL, addrv));
	ck_assert_uint_eq(1, icenet_requests(net, 0, NULL));
	ck_assert_uint_eq(1, icenet_requests(net, 0, req.from));
}
END_TEST


/* Its pair must not rank below the others for having been quick. */
START_TEST(early_request_of_a_listed_candidate_is_no_prflx)
{
	static const char *const addrv[] = { PEER, NULL };
	const struct net_req req = { .from = PEER };
	struct ua_ice_pair pair;

	(void)icenet_host(net, 0, 0, 1, HOST, NET_NO_NAT, 5);
	ck_assert_int_eq(0, icenet_peer_request(net, 0, &req));
	ck_assert_int_eq(0, icenet_peer(net, NULL, addrv));

	ck_assert_int_ge(icenet_pair(net, 0, 0, PEER, &pair), 0);
	ck_assert_int_eq(UA_ICE_HOST, pair.remote.type);
	ck_assert_uint_eq(0, count_remotes(0, UA_ICE_PRFLX));

	/* It was asked for all the same: checked at once. */
	ck_assert_uint_eq(1, icenet_requests(net, 0, PEER));
}
END_TEST


START_TEST(early_requests_are_bounded)
{
	static const char *const addrv[] = { PEER, NULL };
	unsigned i;

	(void)icenet_host(net, 0, 0, 1, HOST, NET_NO_NAT, 5);

	for (i = 0; i < 1000; i++) {
		char from[32];
		const struct net_req req = { .from = from };

		(void)re_snprintf(from, sizeof(from), "192.168.1.9:%u",
				  2000 + i);
		ck_assert_int_eq(0, icenet_peer_request(net, 0, &req));
		ck_assert_ptr_nonnull(
			icenet_last_of(net, from, UA_STUN_SUCCESS));
	}

	ck_assert_int_eq(0, icenet_peer(net, NULL, addrv));
	ck_assert_uint_le(count_remotes(0, UA_ICE_PRFLX), 8);
	ck_assert_uint_ge(count_remotes(0, UA_ICE_PRFLX), 4);
}
END_TEST


START_TEST(fork_is_found_by_second_ufrag)
{
	static const char *const addrv[] = { PEER, NULL };
	const struct net_req other = { .from = "192.168.1.9:9777",
				       .who = "fork" };
	const struct net_req ours = { .from = "192.168.1.9:9778" };
	struct ua_ice_pair pair;

	/* Both forks are answered as long as nobody knows who is who. */
	(void)icenet_host(net, 0, 0, 1, HOST, NET_NO_NAT, 5);
	ck_assert_int_eq(0, icenet_peer_request(net, 0, &other));
	ck_assert_int_eq(0, icenet_peer_request(net, 0, &ours));

	ck_assert_int_eq(0, icenet_peer(net, NULL, addrv));
	ck_assert_int_lt(icenet_pair(net, 0, 0, other.from, &pair), 0);
	ck_assert_int_ge(icenet_pair(net, 0, 0, ours.from, &pair), 0);

	ck_assert_int_eq(ENOENT, icenet_peer_request(net, 0, &other));
	ck_assert_int_eq(0, icenet_peer_request(net, 0, &ours));
}
END_TEST


START_TEST(forks_answer_to_one_name)
{
	struct ua_ice_conf conf;
	struct ua_ice *fork;

	(void)icenet_host(net, 0, 0, 1, HOST, NET_NO_NAT, 5);
	conf = net->agentv[0].conf;
	conf.fork_of = ice0();
	ck_assert_int_eq(0, ua_ice_alloc(&fork, &conf));
	ck_assert_str_eq(ua_ice_ufrag(ice0()), ua_ice_ufrag(fork));
	ck_assert_str_eq(ua_ice_pwd(ice0()), ua_ice_pwd(fork));
	ua_ice_free(fork);
}
END_TEST


START_TEST(destination_mapping_does_not_breed_prflx)
{
	unsigned a;

	for (a = 0; a < 2; a++) {
		unsigned i;

		(void)icenet_nat(net, NET_APDM, _i ? NET_EIF : NET_ADF,
				 a ? "203.0.113.2:0" : "203.0.113.1:0");
		i = icenet_host(net, a, 0, 1,
				a ? "192.168.2.2:4000" : "192.168.1.2:4000",
				(int)a, 10);
		icenet_srflx(net, i);
		(void)icenet_relay(
			net, a, 0, 1,
			a ? "198.51.100.7:60001" : "198.51.100.7:60000", 15);
	}

	icenet_meet(net);
	icenet_run(net, 20000);

	for (a = 0; a < 2; a++) {
		ck_assert_int_gt(icenet_nominated(net, a), 0);
		ck_assert_uint_le(count_remotes(a, UA_ICE_PRFLX), 8);
	}

	ck_assert(icenet_same_pair(net, 0, 1));
}
END_TEST


START_TEST(four_new_prflx_a_second)
{
	static const char *const addrv[] = { PEER, NULL };
	struct net_req req;
	char from[32];
	unsigned i;

	(void)icenet_host(net, 0, 0, 1, HOST, NET_NO_NAT, 5);
	ck_assert_int_eq(0, icenet_peer(net, NULL, addrv));
	memset(&req, 0, sizeof(req));
	req.from = from;

	/* One that is not learnt gets no answer: both ends know the same. */
	for (i = 0; i < 6; i++) {
		(void)re_snprintf(from, sizeof(from), "192.168.1.9:%u",
				  2000 + i);
		ck_assert_int_eq(i < 4 ? 0 : ENOMEM,
				 icenet_peer_request(net, 0, &req));
		ck_assert_int_eq(i < 4,
				 icenet_last_of(net, from, UA_STUN_SUCCESS) !=
					 NULL);
	}

	icenet_run(net, 1000);
	ck_assert_int_eq(0, icenet_peer_request(net, 0, &req));
	ck_assert_ptr_nonnull(icenet_last_of(net, from, UA_STUN_SUCCESS));
}
END_TEST


START_TEST(new_prflx_displaces_the_oldest_failure)
{
	static const char *const addrv[] = { PEER, NULL };
	unsigned i;

	(void)icenet_host(net, 0, 0, 1, HOST, NET_NO_NAT, 5);
	ck_assert_int_eq(0, icenet_peer(net, NULL, addrv));

	for (i = 0; i < 20; i++) {
		char from[32];
		const struct net_req req = { .from = from };
		struct ua_ice_pair pair;

		(void)re_snprintf(from, sizeof(from), "192.168.1.9:%u",
				  2000 + i);
		ck_assert_int_eq(0, icenet_peer_request(net, 0, &req));
		icenet_run(net, 100);
		if (icenet_last(net, from))
			(void)icenet_peer_answer(net, icenet_last(net, from),
						 0, "192.168.1.9:1999", NULL);
		icenet_run(net, 900);

		/* The newest is there, others made room for it. */
		ck_assert_int_ge(icenet_pair(net, 0, 0, from, &pair), 0);
		ck_assert_uint_le(count_remotes(0, UA_ICE_PRFLX), 8);
	}
}
END_TEST


Suite *ua_suite_ice_prflx(void)
{
	Suite *s = suite_create("ice_prflx");
	TCase *tc = tcase_create("prflx");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, peer_reachable_only_as_prflx);
	tcase_add_test(tc, mapped_address_makes_local_prflx);
	tcase_add_test(tc, signalled_candidate_replaces_prflx);
	tcase_add_test(tc, prflx_that_is_a_relay_is_not_direct);
	tcase_add_test(tc, request_before_the_answer_is_answered);
	tcase_add_test(tc, early_request_of_a_listed_candidate_is_no_prflx);
	tcase_add_test(tc, early_requests_are_bounded);
	tcase_add_test(tc, fork_is_found_by_second_ufrag);
	tcase_add_test(tc, forks_answer_to_one_name);
	tcase_add_loop_test(tc, destination_mapping_does_not_breed_prflx, 0,
			    2);
	tcase_add_test(tc, four_new_prflx_a_second);
	tcase_add_test(tc, new_prflx_displaces_the_oldest_failure);
	suite_add_tcase(s, tc);

	return s;
}
