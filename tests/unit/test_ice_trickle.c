/* SPDX-License-Identifier: BSD-3-Clause */
/** @file test_ice_trickle.c  Candidates that come by and by (RFC 8838) */

#include <check.h>
#include <errno.h>
#include <string.h>

#include "base/re_compat.h"
#include "stun/stun.h"
#include "icenet.h"

Suite *ua_suite_ice_trickle(void);

#define HOST "192.168.1.1:4000"
#define PEER "192.168.1.9:9000"
#define LATE "192.168.1.8:9000"
#define RELAY "198.51.100.7:60000"
#define PRFLX "192.168.1.9:9777"

enum { PRIO = 2130706431 };

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


/* A peer that tells more later, n of whose candidates are known */
static void trickling(unsigned n)
{
	const struct ua_ice_peer peer = { .ice2 = true };
	unsigned i;

	(void)icenet_host(net, 0, 0, 1, HOST, NET_NO_NAT, 5);
	(void)ua_ice_gathered(ice0(), net->now);
	ck_assert_int_eq(0, ua_ice_remote_set(ice0(), net->now, "peer",
					      NET_PEER_PWD, &peer));
	for (i = 0; i < n; i++) {
		char addr[32];

		(void)re_snprintf(addr, sizeof(addr), "192.168.2.%u:9000",
				  i + 1);
		ck_assert_int_eq(0, icenet_peer_cand(net, addr, UA_ICE_HOST,
						     PRIO - 1000 - i));
	}

	ua_ice_tick(ice0(), net->now);
	icenet_pump(net, 0);
}


static unsigned count_pairs(void)
{
	struct ua_ice_pair pair;
	size_t i;

	for (i = 0; !ua_ice_pair(ice0(), i, &pair); i++)
		;

	return (unsigned)i;
}


/* It is checked in its place: before those that wait and are worth less. */
START_TEST(late_candidate_joins_the_running_list)
{
	struct ua_ice_cand old = { .comp = 1,
				   .gen = 1,
				   .prio = PRIO,
				   .foundation = "9",
				   .addr = icenet_addr("192.168.1.7:9000") };
	const struct net_sent *last;

	trickling(8);
	icenet_run(net, 30);
	ck_assert_uint_eq(2, icenet_requests(net, 0, NULL));

	ck_assert_int_eq(0, icenet_peer_cand(net, LATE, UA_ICE_HOST, PRIO));
	ck_assert_uint_eq(9, count_pairs());
	icenet_run(net, 20);
	last = &net->sentv[net->nsent - 1];
	ck_assert_uint_eq(3, icenet_requests(net, 0, NULL));
	ck_assert_uint_eq(1, icenet_requests(net, 0, LATE));
	ck_assert_uint_eq(1040, last->at);

	/* The same again, and one of a generation that there is not */
	ck_assert_int_eq(0, icenet_peer_cand(net, LATE, UA_ICE_HOST, 1));
	ck_assert_int_eq(ESTALE, ua_ice_remote_cand(ice0(), net->now, &old));
	ck_assert_uint_eq(9, count_pairs());
	icenet_run(net, 100);
	ck_assert_uint_eq(1, icenet_requests(net, 0, LATE));
}
END_TEST


/* Also when all the others had no answer, or patience is over */
START_TEST(late_candidate_wakes_a_list_at_rest)
{
	trickling(1);
	icenet_run(net, _i ? 45000 : 8000);
	ck_assert_int_eq(!!_i, !!icenet_event(net, 0, UA_ICE_EVENT_FAILED));

	ck_assert_int_eq(0, icenet_peer_cand(net, LATE, UA_ICE_HOST, PRIO));
	ua_ice_tick(ice0(), net->now);
	icenet_pump(net, 0);
	icenet_run(net, 60);
	ck_assert_uint_eq(1, icenet_requests(net, 0, LATE));
	ck_assert_int_eq(0, icenet_peer_answer(net, icenet_last(net, LATE), 0,
					       NULL, NULL));
	ck_assert_ptr_nonnull(icenet_event(net, 0, UA_ICE_EVENT_MEDIA_PATH));
}
END_TEST


/* A candidate before the description it belongs to has to wait elsewhere. */
START_TEST(candidate_before_description)
{
	(void)icenet_host(net, 0, 0, 1, HOST, NET_NO_NAT, 5);
	ck_assert_int_eq(ENOTCONN,
			 icenet_peer_cand(net, PEER, UA_ICE_HOST, PRIO));
	ck_assert_uint_eq(0, count_pairs());

	/* The end alone means nothing either. */
	(void)ua_ice_remote_end(ice0(), net->now);
	icenet_run(net, 60000);
	ck_assert_ptr_null(icenet_event(net, 0, UA_ICE_EVENT_FAILED));
	ck_assert_uint_eq(0, net->nsent);
}
END_TEST


static void relay_works(void)
{
	trickling(0);
	ck_assert_int_eq(0,
			 icenet_peer_cand(net, RELAY, UA_ICE_RELAY, 16777215));
	ua_ice_tick(ice0(), net->now);
	icenet_pump(net, 0);
	icenet_run(net, 30);
	ck_assert_int_eq(0, icenet_peer_answer(net, icenet_last(net, RELAY), 0,
					       NULL, NULL));
}


/* A direct candidate may follow: the relay is not nominated meanwhile. */
START_TEST(trickling_peer_is_waited_for)
{
	relay_works();
	ck_assert_ptr_nonnull(icenet_event(net, 0, UA_ICE_EVENT_MEDIA_PATH));
	icenet_run(net, 700);
	ck_assert(!icenet_last(net, RELAY)->nominate);

	/* Another one begins the wait anew, to a limit. */
	ck_assert_int_eq(0, icenet_peer_cand(net, LATE, UA_ICE_HOST, PRIO));
	icenet_run(net, 700);
	ck_assert(!icenet_last(net, RELAY)->nominate);
	icenet_run(net, 2000);
	ck_assert(icenet_last(net, RELAY)->nominate);
}
END_TEST


START_TEST(end_of_candidates_ends_the_wait)
{
	relay_works();
	icenet_run(net, 100);
	ck_assert(!icenet_last(net, RELAY)->nominate);
	(void)ua_ice_remote_end(ice0(), net->now);
	icenet_pump(net, 0);
	icenet_run(net, 10);
	ck_assert(icenet_last(net, RELAY)->nominate);
}
END_TEST


/*
 * All has failed, and nothing more is told: it is over no sooner than it is
 * (RFC 8863, 4), and a peer that is heard before, or later, still connects.
 */
START_TEST(end_of_candidates_ends_only_patience)
{
	const struct net_req req = { .from = PRFLX };
	const uint64_t at = _i ? 45000 : 20000;

	trickling(1);
	(void)ua_ice_remote_end(ice0(), net->now);
	icenet_pump(net, 0);
	icenet_run(net, at);

	if (_i) {
		ck_assert_ptr_nonnull(
			icenet_event(net, 0, UA_ICE_EVENT_FAILED));
		ck_assert_uint_eq(
			1000 + 39500,
			icenet_event(net, 0, UA_ICE_EVENT_FAILED)->since_ms);
	}
	else {
		ck_assert_ptr_null(icenet_event(net, 0, UA_ICE_EVENT_FAILED));
	}

	ck_assert_int_eq(0, icenet_peer_request(net, 0, &req));
	icenet_run(net, 10);
	ck_assert_int_eq(0, icenet_peer_answer(net, icenet_last(net, PRFLX), 0,
					       NULL, NULL));
	icenet_run(net, 100);
	ck_assert(icenet_last(net, PRFLX)->nominate);
	ck_assert_int_eq(0, icenet_peer_answer(net, icenet_last(net, PRFLX), 0,
					       NULL, NULL));
	ck_assert_int_eq(0, icenet_nominated(net, 0));

	/* And candidates are taken after their end as before it. */
	ck_assert_int_eq(0, icenet_peer_cand(net, LATE, UA_ICE_HOST, PRIO));
}
END_TEST


Suite *ua_suite_ice_trickle(void)
{
	Suite *s = suite_create("ice_trickle");
	TCase *tc = tcase_create("trickle");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, late_candidate_joins_the_running_list);
	tcase_add_loop_test(tc, late_candidate_wakes_a_list_at_rest, 0, 2);
	tcase_add_test(tc, candidate_before_description);
	tcase_add_test(tc, trickling_peer_is_waited_for);
	tcase_add_test(tc, end_of_candidates_ends_the_wait);
	tcase_add_loop_test(tc, end_of_candidates_ends_only_patience, 0, 2);
	suite_add_tcase(s, tc);

	return s;
}
