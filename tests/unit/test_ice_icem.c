/* SPDX-License-Identifier: BSD-3-Clause */
/** @file test_ice_icem.c  What libre's icem gets wrong, and this must not
 *
 * Each of these is a fault of libre 1.1.0 (and later) that ends, delays or
 * splits calls; the names are those of the functions there.
 */

#include <check.h>
#include <stdio.h>
#include <string.h>

#include "stun/stun.h"
#include "icenet.h"

Suite *ua_suite_ice_icem(void);

static struct icenet *net;


static void setup(void)
{
	net = icenet_alloc(1);
}


static void teardown(void)
{
	icenet_free(net);
}


static void media_flows(void)
{
	unsigned a;

	icenet_talk(net, 1000);
	icenet_count_media(net);
	icenet_run(net, 2000);

	for (a = 0; a < 2; a++) {
		ck_assert_uint_ge(net->mediav[a].ncome, 95);
		ck_assert_int_ge(icenet_nominated(net, a), 0);
	}

	ck_assert_uint_eq(0, icenet_lost(net));
	ck_assert(icenet_same_pair(net, 0, 1));
}


/*
 * triggered_check() answers a request of an unknown source, stores it as a
 * candidate, and makes no pair of it.  So a peer whose mapped port is not the
 * one that it was told of (any NAT that maps by destination) fails at one end
 * and works at the other.
 */
START_TEST(peer_reflexive_candidate_makes_a_pair)
{
	struct ua_ice_pair pair;
	const unsigned home = (unsigned)_i;
	int nat = icenet_nat(net, NET_APDM, NET_APDF, "203.0.113.2:0");

	(void)icenet_host(net, !home, 0, 1, "198.18.0.1:4000", NET_NO_NAT, 5);

	/* What STUN told it is true of the STUN server only. */
	icenet_srflx(net,
		     icenet_host(net, home, 0, 1, "192.168.2.2:4000", nat, 5));
	icenet_meet(net);
	icenet_run(net, 1000);
	media_flows();
	ck_assert_int_eq(0, ua_ice_pair(net->agentv[!home].ice, 2, &pair));
	ck_assert_int_eq(UA_ICE_PRFLX, pair.remote.type);
	ck_assert(pair.nominated);
}
END_TEST


/*
 * icem_conncheck_start() checks one pair, and the next when that has ended:
 * four dead pairs before a live one take 31.7 s; and icem_checklist_update()
 * nominates when every pair has ended, however good the first one was.
 */
START_TEST(checks_run_side_by_side)
{
	const struct ua_ice_event *ev;
	unsigned a, i;

	for (i = 0; i < 5; i++) {
		char addr[32];

		(void)snprintf(addr, sizeof(addr), "198.18.1.%u:4000", i + 1);
		(void)icenet_host(net, 0, 0, 1, addr, NET_NO_NAT, 5);
	}

	/* The last of the five is the one that works. */
	(void)icenet_host(net, 1, 0, 1, "198.18.0.2:4000", NET_NO_NAT, 5);
	for (i = 0; i < 4; i++)
		icenet_cut(net, i, 5, true);
	icenet_meet(net);
	icenet_run(net, 500);

	for (a = 0; a < 2; a++) {
		ev = icenet_event(net, a, UA_ICE_EVENT_MEDIA_PATH);
		ck_assert_ptr_nonnull(ev);
		ck_assert_uint_le(ev->since_ms, 1000 + 4 * 20 + 3 * 10);
		ev = icenet_event(net, a, UA_ICE_EVENT_NOMINATED);
		ck_assert_ptr_nonnull(ev);
		ck_assert_uint_le(ev->since_ms, 1000 + 4 * 20 + 30 + 50 + 40);
	}

	media_flows();
}
END_TEST


/*
 * stunsrv.c lets a controlling agent with the larger tie-breaker switch, where
 * RFC 8445, 7.3.1.1 says that it answers 487; and each late 487 of the same
 * conflict switches again: five times, until the wrong end is controlling.
 * The priorities of pairs stay those of the old role.
 */
START_TEST(role_conflict_is_settled_once)
{
	const bool both_controlling = _i & 1;
	const unsigned large = _i >> 1 & 1;
	struct ua_ice_pair p, q;
	unsigned a, i, n = 0;
	size_t k, m;

	for (a = 0; a < 2; a++) {
		net->agentv[a].conf.controlling = both_controlling;
		net->agentv[a].conf.tie_breaker = a == large ? 1000 : 10;
	}

	for (a = 0; a < 2; a++) {
		for (i = 0; i < 3; i++) {
			char addr[32];

			(void)snprintf(addr, sizeof(addr), "198.18.%u.%u:4000",
				       a, i + 1);

			/* Long enough for nine checks in the wrong role */
			(void)icenet_host(net, a, 0, 1, addr, NET_NO_NAT, 150);
		}
	}

	icenet_meet(net);
	icenet_run(net, 4000);

	/* The larger one is to be controlling (RFC 8445, 7.3.1.1) */
	ck_assert(ua_ice_controlling(net->agentv[large].ice));
	ck_assert(!ua_ice_controlling(net->agentv[!large].ice));
	a = both_controlling ? !large : large;
	ck_assert_uint_eq(1, icenet_count(net, a, UA_ICE_EVENT_ROLE));
	ck_assert_uint_eq(0, icenet_count(net, !a, UA_ICE_EVENT_ROLE));
	media_flows();

	/* Both ends reckon a pair's priority alike. */
	for (k = 0; !ua_ice_pair(net->agentv[0].ice, k, &p); k++) {
		for (m = 0; !ua_ice_pair(net->agentv[1].ice, m, &q); m++) {
			if (!ua_addr_eq(&p.local.addr, &q.remote.addr) ||
			    !ua_addr_eq(&p.remote.addr, &q.local.addr))
				continue;

			ck_assert(p.prio == q.prio);
			++n;
		}
	}

	ck_assert_uint_eq(9, n);
}
END_TEST


/*
 * handle_success() of a controlled agent takes its own success for the peer's
 * nomination: ends settle on different pairs.  See also
 * own_success_is_no_nomination.
 */
START_TEST(ends_settle_on_one_pair)
{
	unsigned i;

	/* The pair that answers first is not the one that is nominated. */
	(void)icenet_host_cost(net, 0, 0, 1, "198.18.0.1:4000", NET_NO_NAT, 30,
			       0);
	(void)icenet_host_cost(net, 0, 0, 1, "198.18.0.3:4000", NET_NO_NAT, 1,
			       1);
	(void)icenet_host(net, 1, 0, 1, "198.18.0.2:4000", NET_NO_NAT, 5);
	icenet_meet(net);
	icenet_run(net, 1000);
	media_flows();

	for (i = 0; i < 2; i++)
		ck_assert_uint_eq(
			1, icenet_count(net, i, UA_ICE_EVENT_NOMINATED));
}
END_TEST


Suite *ua_suite_ice_icem(void)
{
	Suite *s = suite_create("ice_icem");
	TCase *tc = tcase_create("icem");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, peer_reflexive_candidate_makes_a_pair, 0, 2);
	tcase_add_test(tc, checks_run_side_by_side);
	tcase_add_loop_test(tc, role_conflict_is_settled_once, 0, 4);
	tcase_add_test(tc, ends_settle_on_one_pair);
	suite_add_tcase(s, tc);

	return s;
}
