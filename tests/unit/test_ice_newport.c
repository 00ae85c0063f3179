/* SPDX-License-Identifier: BSD-3-Clause */
/** @file test_ice_newport.c  A proxy's relay in mid-call: ports come and go
 *
 * A relay that was not needed is gone 90 s after the offer, one that is needed
 * gets new ports when an address changes, and what it has latched stays.
 */

#include <check.h>
#include <errno.h>

#include "base/re_compat.h"
#include "stun/stun.h"
#include "icenet.h"

Suite *ua_suite_ice_newport(void);

#define HOST0 "198.18.0.1:4000"
#define HOST1 "198.18.0.2:4000"
#define TURN0 "198.51.100.7:60000"
#define TURN1 "198.51.100.7:60002"
#define INSIDE "192.168.1.2:4000"
#define A0 "198.51.100.9:50000" /* What agent 0 sends to   */
#define A1 "198.51.100.9:50002"
#define B0 "198.51.100.9:50004"
#define B1 "198.51.100.9:50006"

enum {
	PRIO_LOW = 16777215,
	TIMEOUT_MS = 90000 /* For the first media of each side */
};

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


static bool media_is(const char *str)
{
	const struct ua_addr want = icenet_addr(str);
	struct ua_path path;

	return !ua_ice_media(net->agentv[0].ice, 0, 1, &path) &&
	       ua_addr_eq(&path.remote, &want);
}


static bool has(unsigned agent, enum ua_ice_event_type type)
{
	return icenet_event(net, agent, type) != NULL;
}


static void forget_events(void)
{
	net->agentv[0].nev = 0;
	net->agentv[1].nev = 0;
}


static void hosts(bool direct)
{
	(void)icenet_host(net, 0, 0, 1, HOST0, NET_NO_NAT, 10);
	(void)icenet_host(net, 1, 0, 1, HOST1, NET_NO_NAT, 10);
	icenet_cut(net, 0, 1, !direct);
}


/* A call over relay A, as nothing else passes, and A may be far away */
static void call_over_relay(uint32_t delay_ms)
{
	hosts(false);
	net->latchv[icenet_latch(net, A0, A1)].delay_ms = delay_ms;
	icenet_meet_proxied(net, PRIO_LOW);
	icenet_talk(net, 5000);
	ck_assert(media_is(A0));
	ck_assert_int_eq(1, icenet_nominated(net, 0));
	ck_assert_int_eq(1, icenet_nominated(net, 1));
	forget_events();
	icenet_count_media(net);
}


/* A call over a direct path, beside which relay A has lost */
static void call_beside_relay(void)
{
	hosts(true);
	(void)icenet_latch(net, A0, A1);
	net->latchv[0].closes_ms = net->now + TIMEOUT_MS;
	icenet_meet_proxied(net, PRIO_LOW);
	icenet_talk(net, 5000);
	ck_assert(media_is(HOST1));
	forget_events();
	icenet_count_media(net);
}


/* Both hear of another relay, in a description of the same generation */
static unsigned both_hear_of(const char *leg0, const char *leg1)
{
	const unsigned i = icenet_latch(net, leg0, leg1);

	ck_assert_int_eq(0, icenet_latched(net, 0, i, PRIO_LOW));
	ck_assert_int_eq(0, icenet_latched(net, 1, i, PRIO_LOW));
	return i;
}


/* Offer and answer of a restart went through the proxy */
static void restart_through_proxy(void)
{
	uint16_t gen[2];
	unsigned a;

	forget_events();
	for (a = 0; a < 2; a++)
		gen[a] = icenet_restart(net, a);
	for (a = 0; a < 2; a++)
		icenet_proxied(net, a, gen[a], PRIO_LOW);
}


/*
 * Rule 5: a port is a candidate to check, at once, and no order to move.
 * Rule 10: such as a rewritten answer brings it when all was settled.
 */
START_TEST(new_port_is_checked_and_media_stays)
{
	struct ua_ice_pair pair;
	const uint64_t t = 1000 + 5000;

	/* Not even if it is nearer */
	call_over_relay(30);
	(void)both_hear_of(B0, B1);
	icenet_run(net, 1000);
	ck_assert_uint_ge(icenet_latch_sends(net, 0, 1, t), 1);
	ck_assert_int_ge(icenet_pair(net, 0, 0, B0, &pair), 0);
	ck_assert(pair.valid);

	icenet_run(net, 300000);
	ck_assert(media_is(A0));
	ck_assert(icenet_same_pair(net, 0, 1));
	ck_assert_uint_eq(0, icenet_lost(net));
	ck_assert(!has(0, UA_ICE_EVENT_SUSPECT));
	ck_assert(!has(1, UA_ICE_EVENT_SUSPECT));
	ck_assert(!has(0, UA_ICE_EVENT_MEDIA_PATH));
	ck_assert_uint_eq(0, net->latchv[1].nstranger);
}
END_TEST


/* Rule 5: when the answer has passed the old ports close, with ICMP. */
START_TEST(new_port_takes_over_from_one_that_closes)
{
	unsigned a;

	call_over_relay(0);
	(void)both_hear_of(B0, B1);
	icenet_run(net, 500);
	net->latchv[0].closed = true;
	icenet_run(net, 5000);
	ck_assert(media_is(B0));
	ck_assert(icenet_same_pair(net, 0, 1));

	for (a = 0; a < 2; a++) {
		ck_assert_uint_le(icenet_gap(net, a), 1500);
		ck_assert(!has(a, UA_ICE_EVENT_CONSENT_LOST));
		ck_assert_int_eq(1, icenet_nominated(net, a));
	}

	/* The old port hears nothing any more. */
	icenet_count_media(net);
	net->latchv[0].npacket = 0;
	icenet_run(net, 60000);
	ck_assert_uint_eq(0, icenet_lost(net));
	ck_assert_uint_eq(0, net->latchv[0].npacket);
}
END_TEST


/*
 * Rules 5 and 10: in the answer to ICE's own re-INVITE the port leads nowhere:
 * it answers nobody, or by ICMP (_i).  That ends that pair, if any.  It has
 * the time that a call has to find a path, early and late in the call.
 */
START_TEST(new_port_that_leads_nowhere_changes_nothing)
{
	const unsigned dead = 1;
	uint64_t t;

	call_over_relay(0);
	if (_i / 2)
		icenet_run(net, 45000);
	ck_assert_uint_eq(dead, icenet_latch(net, B0, B1));
	net->latchv[dead].closed = _i % 2;
	ck_assert_int_eq(0, icenet_latched(net, 0, dead, PRIO_LOW));
	icenet_run(net, 42000);
	ck_assert_uint_ge(icenet_latch_sends(net, 0, dead, 0), 20);
	ck_assert_uint_eq(_i % 2 ? icenet_latch_sends(net, 0, dead, 0) : 0,
			  net->latchv[dead].nicmp);

	/* No longer than ICE has for a path */
	t = net->now;
	icenet_run(net, 60000);
	ck_assert_uint_eq(0, icenet_latch_sends(net, 0, dead, t));
	ck_assert(media_is(A0));
	ck_assert_uint_eq(0, icenet_lost(net));
	ck_assert_uint_eq(0, net->agentv[0].nev);
	ck_assert_uint_eq(0, net->agentv[1].nev);
}
END_TEST


/* Rule 5: beside our own relay it is a spare, should that one die. */
START_TEST(new_port_beside_own_relay_is_a_spare)
{
	hosts(false);
	(void)icenet_relay(net, 0, 0, 1, TURN0, 10);
	icenet_meet(net);
	icenet_talk(net, 5000);
	ck_assert_int_eq(1, icenet_nominated(net, 0));
	forget_events();
	icenet_count_media(net);

	(void)both_hear_of(B0, B1);
	icenet_run(net, 60000);
	ck_assert(media_is(HOST1));
	ck_assert_uint_eq(0, icenet_lost(net));
	ck_assert(!has(0, UA_ICE_EVENT_MEDIA_PATH));

	icenet_cut(net, 2, 1, true);
	icenet_run(net, 5000);
	ck_assert(media_is(B0));
	ck_assert_uint_le(icenet_gap(net, 0), 3000);
	ck_assert_uint_le(icenet_gap(net, 1), 3000);
	ck_assert(icenet_same_pair(net, 0, 1));
}
END_TEST


/* Rule 5: each offer of a long call may bring one more, on one address. */
START_TEST(ports_of_a_long_call_find_room)
{
	char leg[2][32];
	unsigned i;

	call_over_relay(0);
	for (i = 1; i < NET_LATCHES; i++) {
		(void)re_snprintf(leg[0], sizeof(leg[0]), "198.51.100.9:%u",
				  50000 + 4 * i);
		(void)re_snprintf(leg[1], sizeof(leg[1]), "198.51.100.9:%u",
				  50002 + 4 * i);
		(void)both_hear_of(leg[0], leg[1]);
		icenet_run(net, 500);
		net->latchv[i - 1].closed = true;
		icenet_run(net, 5000);
		ck_assert(media_is(leg[0]));
		ck_assert(icenet_same_pair(net, 0, 1));
	}
}
END_TEST


/*
 * Rule 4: a NAT forgot its mapping under a selected relay, whose latch is
 * dead for ever.  Credentials alone heal nothing, new ports on new sockets do.
 */
START_TEST(dead_latch_needs_new_ports)
{
	unsigned i;

	(void)icenet_nat(net, NET_APDM, NET_APDF, "203.0.113.1:0");
	(void)icenet_host(net, 0, 0, 1, INSIDE, 0, 10);
	(void)icenet_host(net, 1, 0, 1, HOST1, NET_NO_NAT, 10);
	icenet_cut(net, 0, 1, true);
	(void)icenet_latch(net, A0, A1);
	icenet_meet_proxied(net, PRIO_LOW);
	icenet_talk(net, 5000);
	ck_assert_int_eq(1, icenet_nominated(net, 0));

	/* Seen by itself */
	forget_events();
	icenet_nat_reboot(net, 0, NULL);
	icenet_run(net, 5000);
	ck_assert(has(0, UA_ICE_EVENT_NEED_RESTART));
	ck_assert_uint_ge(net->latchv[0].nstranger, 1);

	restart_through_proxy();
	icenet_run(net, 10000);
	ck_assert(!has(0, UA_ICE_EVENT_PAIR_VALID));
	ck_assert(!has(1, UA_ICE_EVENT_NOMINATED));

	/* The proxy reserves anew, as the offer has another m= port. */
	net->latchv[0].closed = true;
	(void)icenet_latch(net, B0, B1);
	icenet_down(net, 0);
	i = icenet_host(net, 0, 0, 1, "192.168.1.2:4002", 0, 10);
	icenet_cut(net, i, 1, true);
	net->agentv[0].via = net->ifv[i].base;
	restart_through_proxy();
	icenet_run(net, 2000);
	ck_assert(media_is(B0));
	icenet_count_media(net);
	icenet_run(net, 10000);
	ck_assert_uint_eq(0, icenet_lost(net));
	ck_assert(icenet_same_pair(net, 0, 1));
	ck_assert_uint_eq(0, net->latchv[1].nstranger);
}
END_TEST


/* A restart with c= and m= as before: same ports, same latch, and it works. */
START_TEST(relay_of_before_serves_the_next_generation)
{
	call_over_relay(0);
	restart_through_proxy();
	icenet_run(net, 3000);
	ck_assert(media_is(A0));
	ck_assert_int_eq(1, icenet_nominated(net, 0));
	ck_assert_int_eq(1, icenet_nominated(net, 1));
	icenet_run(net, 10000);
	ck_assert_uint_eq(0, icenet_lost(net));
	ck_assert_uint_eq(0, net->latchv[0].nstranger);
	ck_assert(icenet_same_pair(net, 0, 1));
}
END_TEST


/*
 * Rule 4: it is latched to a socket that is gone.  Nothing comes of it, and
 * it stops nothing: there is a relay of our own.
 */
START_TEST(stale_latch_of_a_restart_is_no_path)
{
	struct ua_ice_pair pair;
	unsigned i;

	call_over_relay(0);
	(void)icenet_relay(net, 1, 0, 1, TURN1, 30);
	i = icenet_host(net, 0, 0, 1, "198.18.0.1:4002", NET_NO_NAT, 10);
	icenet_cut(net, i, 1, true);
	net->agentv[0].via = net->ifv[i].base;
	icenet_down(net, 0);
	restart_through_proxy();
	icenet_run(net, 2000);
	ck_assert(media_is(TURN1));
	ck_assert_int_ge(icenet_pair(net, 0, 0, A0, &pair), 0);
	ck_assert(!pair.valid);
	ck_assert_uint_ge(net->latchv[0].nstranger, 1);
	icenet_count_media(net);
	icenet_run(net, 60000);
	ck_assert_uint_eq(0, icenet_lost(net));
	ck_assert(icenet_same_pair(net, 0, 1));
}
END_TEST


/*
 * Rules 4 and 7: the relay that was not needed has timed out in silence, and
 * later the direct path dies.  It is no fallback; a restart brings another.
 */
START_TEST(direct_path_dies_after_the_relay)
{
	unsigned a;

	call_beside_relay();
	net->latchv[0].npacket = 0;
	icenet_run(net, 100000);
	ck_assert_uint_eq(0, net->latchv[0].npacket);
	ck_assert_uint_eq(0, icenet_lost(net));
	ck_assert_uint_eq(0, net->agentv[0].nev);

	icenet_cut(net, 0, 1, true);
	icenet_run(net, 5000);
	for (a = 0; a < 2; a++)
		ck_assert(has(a, UA_ICE_EVENT_NEED_RESTART));
	ck_assert_uint_eq(0, net->latchv[0].npacket);

	net->latchv[0].closed = true;
	(void)icenet_latch(net, B0, B1);
	restart_through_proxy();
	icenet_run(net, 1500);
	ck_assert(media_is(B0));
	icenet_count_media(net);
	icenet_run(net, 100000);
	ck_assert_uint_eq(0, icenet_lost(net));
	ck_assert(icenet_same_pair(net, 0, 1));
}
END_TEST


/*
 * The call rang for longer than 90 s: the relay of the answer is dead, ICMP
 * says so, and the next offer brings another.
 */
START_TEST(relay_that_died_while_it_rang_is_replaced)
{
	hosts(false);
	(void)icenet_latch(net, A0, A1);
	net->latchv[0].closes_ms = net->now + TIMEOUT_MS;
	icenet_run(net, 95000);
	icenet_meet_proxied(net, PRIO_LOW);
	icenet_talk(net, 11000);
	ck_assert_uint_ge(net->latchv[0].nicmp, 2);
	ck_assert(has(0, UA_ICE_EVENT_NO_PATH_YET));

	(void)icenet_latch(net, B0, B1);
	restart_through_proxy();
	icenet_run(net, 2000);
	ck_assert(media_is(B0));
	icenet_count_media(net);
	icenet_run(net, 100000);
	ck_assert_uint_eq(0, icenet_lost(net));
}
END_TEST


/* Rule 5: ICMP of a relay beside a path that works disturbs nobody. */
START_TEST(icmp_of_an_unselected_relay_disturbs_nothing)
{
	hosts(true);
	net->far_ms = 100;
	net->latchv[icenet_latch(net, A0, A1)].closed = true;
	icenet_meet_proxied(net, PRIO_LOW);
	net->latchv[0].closed = true;
	ck_assert_int_eq(0, icenet_latched(net, 0, 0, PRIO_LOW));
	ck_assert_int_eq(0, icenet_latched(net, 1, 0, PRIO_LOW));
	icenet_talk(net, 20000);
	ck_assert_uint_ge(net->latchv[0].nicmp, 2);
	ck_assert_int_eq(0, icenet_nominated(net, 0));
	ck_assert(!has(0, UA_ICE_EVENT_SUSPECT));
	icenet_count_media(net);
	icenet_run(net, 20000);
	ck_assert_uint_eq(0, icenet_lost(net));
}
END_TEST


/* A check of the peer that comes through a relay */
static int comes_by_relay(const char *leg, bool nominate)
{
	const bool controlling = !ua_ice_controlling(net->agentv[0].ice);
	const struct net_req req = { .from = leg,
				     .who = ua_ice_ufrag(net->agentv[1].ice),
				     .controlling = controlling,
				     .tie_breaker = UINT64_MAX,
				     .nominate = nominate };
	const int err = icenet_peer_request(net, 0, &req);

	icenet_run(net, 10);
	return err;
}


/* Rules 5 and 7: a direct path makes the relay's ports of no interest. */
START_TEST(new_port_beside_a_direct_path_is_left_alone)
{
	call_beside_relay();
	(void)both_hear_of(B0, B1);
	icenet_run(net, 60000);

	/* Not even to answer, nor on a port that nobody told us of */
	ck_assert_int_eq(EACCES, comes_by_relay(B0, false));
	ck_assert_int_eq(EACCES, comes_by_relay("198.51.100.9:50008", false));
	icenet_run(net, 60000);
	ck_assert_uint_eq(0, net->latchv[1].npacket);
	ck_assert_uint_eq(0, icenet_lost(net));
	ck_assert_uint_eq(0, net->agentv[0].nev);
}
END_TEST


/*
 * Rule 7, and RFC 8445, 8.3.1: a check that was under way when the relay lost
 * is answered for 3 s, lest it be sent again; it breeds none.  A nomination
 * is not: the peer would move there.
 */
START_TEST(lost_relay_answers_for_three_seconds)
{
	uint64_t t;

	net->agentv[0].conf.controlling = false;
	net->agentv[1].conf.controlling = true;
	hosts(true);
	(void)icenet_latch(net, A0, A1);
	icenet_meet_proxied(net, PRIO_LOW);
	while (!has(0, UA_ICE_EVENT_NOMINATED))
		icenet_run(net, 10);

	t = net->now + 1;
	icenet_run(net, 200);
	ck_assert_uint_eq(0, icenet_latch_sends(net, 0, 0, t + 100));
	ck_assert_int_eq(0, comes_by_relay(A0, false));
	ck_assert_uint_eq(1, icenet_latch_sends(net, 0, 0, t + 100));
	ck_assert_int_eq(EACCES, comes_by_relay(A0, true));
	icenet_run(net, 2500);
	ck_assert_int_eq(0, comes_by_relay(A0, false));
	icenet_run(net, 500);
	ck_assert_int_eq(EACCES, comes_by_relay(A0, false));
	ck_assert_uint_eq(2, icenet_latch_sends(net, 0, 0, t + 100));
	ck_assert(media_is(HOST1));
}
END_TEST


/* Rule 7: it is no fallback either where it would have one relay less. */
START_TEST(lost_relay_is_not_tried_again)
{
	unsigned i, k;

	hosts(false);
	(void)icenet_relay(net, 0, 0, 1, TURN0, 10);
	(void)icenet_relay(net, 1, 0, 1, TURN1, 10);
	for (i = 0; i < 4; i++) {
		for (k = 0; k < 4; k++) {
			if (i < 2 || k < 2)
				icenet_cut(net, i, k, true);
		}
	}
	net->latchv[icenet_latch(net, A0, A1)].deaf = true;
	icenet_meet_proxied(net, PRIO_LOW);
	icenet_talk(net, 6000);
	ck_assert_int_eq(2, icenet_nominated(net, 0));
	net->latchv[0].deaf = false;
	net->latchv[0].npacket = 0;
	icenet_run(net, 5 * 60000);
	ck_assert_uint_eq(0, net->latchv[0].npacket);
	icenet_cut(net, 2, 3, true);
	icenet_run(net, 60000);
	ck_assert_uint_eq(0, net->latchv[0].npacket);
}
END_TEST


/* Rule 7: direct opens later and takes over; then the relay has lost, too. */
START_TEST(relay_is_silenced_when_direct_takes_over)
{
	call_over_relay(0);
	icenet_run(net, 20000);
	icenet_cut(net, 0, 1, false);
	while (!has(0, UA_ICE_EVENT_NOMINATED))
		icenet_run(net, 100);
	ck_assert_int_eq(0, icenet_nominated(net, 0));
	ck_assert_int_eq(0, comes_by_relay(A0, false));
	icenet_run(net, 3000);
	ck_assert_int_eq(EACCES, comes_by_relay(A0, false));

	ck_assert(media_is(HOST1));
	ck_assert(icenet_same_pair(net, 0, 1));
	ck_assert_uint_eq(0, icenet_lost(net));
	net->latchv[0].npacket = 0;
	icenet_run(net, 200000);
	ck_assert_uint_eq(0, net->latchv[0].npacket);
	ck_assert_uint_eq(0, icenet_lost(net));
}
END_TEST


/* Rule 6: of a call on hold consent keeps it open, both ways. */
START_TEST(selected_relay_hears_us_on_hold)
{
	uint64_t last;
	unsigned a, i;

	hosts(false);
	(void)icenet_latch(net, A0, A1);
	icenet_meet_proxied(net, PRIO_LOW);
	icenet_run(net, 600000);

	for (a = 0; a < 2; a++) {
		last = net->now - 590000;
		for (i = 0; i < net->nsent; i++) {
			const struct net_sent *s = &net->sentv[i];

			if (s->agent != a || s->at < last)
				continue;

			ck_assert_uint_le(s->at - last, 6000);
			last = s->at;
		}
		ck_assert_uint_le(net->now - last, 6000);
	}
	ck_assert(media_is(A0));
	ck_assert(!has(0, UA_ICE_EVENT_SUSPECT));
}
END_TEST


Suite *ua_suite_ice_newport(void)
{
	Suite *s = suite_create("ice_newport");
	TCase *tc = tcase_create("newport");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, new_port_is_checked_and_media_stays);
	tcase_add_test(tc, new_port_takes_over_from_one_that_closes);
	tcase_add_loop_test(tc, new_port_that_leads_nowhere_changes_nothing, 0,
			    4);
	tcase_add_test(tc, new_port_beside_a_direct_path_is_left_alone);
	tcase_add_test(tc, new_port_beside_own_relay_is_a_spare);
	tcase_add_test(tc, ports_of_a_long_call_find_room);
	tcase_add_test(tc, dead_latch_needs_new_ports);
	tcase_add_test(tc, relay_of_before_serves_the_next_generation);
	tcase_add_test(tc, stale_latch_of_a_restart_is_no_path);
	tcase_add_test(tc, direct_path_dies_after_the_relay);
	tcase_add_test(tc, relay_that_died_while_it_rang_is_replaced);
	tcase_add_test(tc, icmp_of_an_unselected_relay_disturbs_nothing);
	tcase_add_test(tc, lost_relay_answers_for_three_seconds);
	tcase_add_test(tc, lost_relay_is_not_tried_again);
	tcase_add_test(tc, relay_is_silenced_when_direct_takes_over);
	tcase_add_test(tc, selected_relay_hears_us_on_hold);
	suite_add_tcase(s, tc);

	return s;
}
