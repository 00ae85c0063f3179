/* SPDX-License-Identifier: BSD-3-Clause */
/** @file test_ice_roles.c  Who is controlling when both think alike */

#include <check.h>
#include <errno.h>
#include <string.h>

#include "base/re_compat.h"
#include "stun/stun.h"
#include "icenet.h"

Suite *ua_suite_ice_roles(void);

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


static void lone(uint64_t tie_breaker, bool controlling)
{
	static const char *const addrv[] = { PEER, NULL };

	net->agentv[0].conf.controlling = controlling;
	net->agentv[0].conf.tie_breaker = tie_breaker;
	(void)icenet_host(net, 0, 0, 1, HOST, NET_NO_NAT, 5);
	ck_assert_int_eq(0, icenet_peer(net, NULL, addrv));
}


/* _i: both controlling or not, whose tie-breaker is larger */
START_TEST(two_controlling_or_two_controlled_settle)
{
	const bool controlling = _i & 1;
	const bool first = _i & 2;
	unsigned a;

	for (a = 0; a < 2; a++) {
		net->agentv[a].conf.controlling = controlling;
		net->agentv[a].conf.tie_breaker = (a == 0) == first ? 9 : 5;
	}

	for (a = 0; a < 2; a++) {
		(void)icenet_host(net, a, 0, 1, a ? "192.168.1.2:4000" : HOST,
				  NET_NO_NAT, 10);
	}

	icenet_meet(net);
	icenet_run(net, 2000);

	ck_assert_int_ne(ua_ice_controlling(ice0()),
			 ua_ice_controlling(net->agentv[1].ice));
	ck_assert_int_eq(first, ua_ice_controlling(ice0()));
	ck_assert_uint_eq(1, icenet_count(net, 0, UA_ICE_EVENT_ROLE) +
				     icenet_count(net, 1, UA_ICE_EVENT_ROLE));
	ck_assert_int_eq(0, icenet_nominated(net, 0));
	ck_assert(icenet_same_pair(net, 0, 1));
}
END_TEST


START_TEST(equal_tie_breakers_settle)
{
	unsigned a;

	for (a = 0; a < 2; a++) {
		net->agentv[a].conf.controlling = _i;
		net->agentv[a].conf.tie_breaker = 7;
	}

	for (a = 0; a < 2; a++) {
		(void)icenet_host(net, a, 0, 1, a ? "192.168.1.2:4000" : HOST,
				  NET_NO_NAT, 10);
	}

	icenet_meet(net);
	icenet_run(net, 5000);

	ck_assert_int_ne(ua_ice_controlling(ice0()),
			 ua_ice_controlling(net->agentv[1].ice));
	ck_assert_int_eq(0, icenet_nominated(net, 0));
	ck_assert(icenet_same_pair(net, 0, 1));
}
END_TEST


/* libre's icem does the opposite of RFC 8445, 7.3.1.1 here */
START_TEST(larger_tie_breaker_stays_controlling)
{
	const struct net_req req = { .from = PEER,
				     .controlling = true,
				     .tie_breaker = 99 };

	lone(100, true);
	ck_assert_int_eq(0, icenet_peer_request(net, 0, &req));
	ck_assert(ua_ice_controlling(ice0()));
	ck_assert_ptr_nonnull(icenet_last_of(net, PEER, UA_STUN_ERROR));
	ck_assert_ptr_null(icenet_last_of(net, PEER, UA_STUN_SUCCESS));
}
END_TEST


START_TEST(smaller_tie_breaker_gives_in)
{
	const struct net_req req = { .from = PEER,
				     .controlling = true,
				     .tie_breaker = 101 };

	lone(100, true);
	ck_assert_int_eq(0, icenet_peer_request(net, 0, &req));
	ck_assert(!ua_ice_controlling(ice0()));
	ck_assert_ptr_null(icenet_last_of(net, PEER, UA_STUN_ERROR));
	ck_assert_ptr_nonnull(icenet_last_of(net, PEER, UA_STUN_SUCCESS));
}
END_TEST


START_TEST(late_487_is_ignored)
{
	const struct net_req req = { .from = PEER,
				     .controlling = true,
				     .tie_breaker = 101 };
	struct net_sent old;

	lone(100, true);
	old = *icenet_last(net, PEER);
	ck_assert(old.controlling);

	/* The peer's request made us switch; then its 487 comes. */
	ck_assert_int_eq(0, icenet_peer_request(net, 0, &req));
	ck_assert(!ua_ice_controlling(ice0()));
	ck_assert_int_eq(0, icenet_peer_answer(net, &old, 487, NULL, NULL));
	ck_assert(!ua_ice_controlling(ice0()));
	ck_assert_uint_eq(1, icenet_count(net, 0, UA_ICE_EVENT_ROLE));
}
END_TEST


START_TEST(nothing_is_resent_in_the_old_role)
{
	static const char *const addrv[] = {
		"192.168.1.10:9000", "192.168.1.11:9000", "192.168.1.12:9000",
		"192.168.1.13:9000", "192.168.1.14:9000", NULL
	};
	unsigned i, from;
	struct net_sent old;

	net->agentv[0].conf.controlling = true;
	(void)icenet_host(net, 0, 0, 1, HOST, NET_NO_NAT, 5);
	ck_assert_int_eq(0, icenet_peer(net, NULL, addrv));
	icenet_run(net, 100);
	ck_assert_uint_eq(5, icenet_requests(net, 0, NULL));

	old = *icenet_last(net, addrv[1]);
	ck_assert_int_eq(0, icenet_peer_answer(net, icenet_last(net, addrv[0]),
					       487, NULL, NULL));
	ck_assert(!ua_ice_controlling(ice0()));
	from = net->nsent;
	icenet_run(net, 600);

	ck_assert_uint_ge(net->nsent - from, 5);
	for (i = from; i < net->nsent; i++) {
		ck_assert(!net->sentv[i].controlling);
		ck_assert(memcmp(net->sentv[i].tid, old.tid, 12) != 0);
	}

	/* An answer to what went out before still counts. */
	ck_assert_int_eq(0, icenet_peer_answer(net, &old, 0, NULL, NULL));
	ck_assert_ptr_nonnull(icenet_event(net, 0, UA_ICE_EVENT_PAIR_VALID));
}
END_TEST


START_TEST(endless_487_is_survived)
{
	const struct ua_ice_event *ev;
	struct net_sent last;
	unsigned i;

	lone(100, true);

	for (i = 0; i < 50; i++) {
		last = *icenet_last(net, PEER);
		(void)icenet_peer_answer(net, &last, 487, NULL, NULL);
		icenet_run(net, 20);
	}

	ck_assert_uint_eq(3, icenet_count(net, 0, UA_ICE_EVENT_ROLE));
	ck_assert_uint_le(icenet_requests(net, 0, NULL), 4);

	icenet_run(net, 40000);
	ev = icenet_event(net, 0, UA_ICE_EVENT_FAILED);
	ck_assert_ptr_nonnull(ev);
	ck_assert_str_eq("role conflict without end", ev->why);
}
END_TEST


START_TEST(lite_peer_completes)
{
	static const char *const addrv[] = { PEER, NULL };
	const struct ua_ice_peer peer = { .ice2 = true, .lite = true };
	unsigned i, n = 0;

	net->agentv[0].conf.controlling = _i;
	(void)icenet_host(net, 0, 0, 1, HOST, NET_NO_NAT, 5);
	ck_assert_int_eq(0, icenet_peer(net, &peer, addrv));
	ck_assert(ua_ice_controlling(ice0()));

	ck_assert_int_eq(0, icenet_peer_answer(net, icenet_last(net, PEER), 0,
					       NULL, NULL));
	icenet_run(net, 10);
	ck_assert(icenet_last(net, PEER)->nominate);
	ck_assert_int_eq(0, icenet_peer_answer(net, icenet_last(net, PEER), 0,
					       NULL, NULL));
	ck_assert_int_eq(0, icenet_nominated(net, 0));
	icenet_run(net, 10000);

	/* Keepalives say it again (RFC 8445 asks nothing, lite peers do). */
	for (i = 0; i < net->nsent; i++)
		n += net->sentv[i].nominate;
	ck_assert_uint_ge(n, 2);
	ck_assert_uint_eq(1, icenet_count(net, 0, UA_ICE_EVENT_NOMINATED));
}
END_TEST


Suite *ua_suite_ice_roles(void)
{
	Suite *s = suite_create("ice_roles");
	TCase *tc = tcase_create("roles");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, two_controlling_or_two_controlled_settle, 0,
			    4);
	tcase_add_loop_test(tc, equal_tie_breakers_settle, 0, 2);
	tcase_add_test(tc, larger_tie_breaker_stays_controlling);
	tcase_add_test(tc, smaller_tie_breaker_gives_in);
	tcase_add_test(tc, late_487_is_ignored);
	tcase_add_test(tc, nothing_is_resent_in_the_old_role);
	tcase_add_test(tc, endless_487_is_survived);
	tcase_add_loop_test(tc, lite_peer_completes, 0, 2);
	suite_add_tcase(s, tc);

	return s;
}
