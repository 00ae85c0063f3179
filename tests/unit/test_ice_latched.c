/* SPDX-License-Identifier: BSD-3-Clause */
/** @file test_ice_latched.c  Relays that a proxy put into the description
 *
 * Such a relay learns where each side is from the first packet that comes to
 * its port.  It must see one source of ours, soon, and nothing any more once
 * another path has won.
 */

#include <check.h>
#include <string.h>

#include "base/re_compat.h"
#include "stun/stun.h"
#include "icenet.h"

Suite *ua_suite_ice_latched(void);

#define HOST0 "198.18.0.1:4000"
#define HOST0B "198.18.0.3:4000"
#define HOST0C "198.18.0.4:4000"
#define HOST1 "198.18.0.2:4000"
#define RELAY0 "198.51.100.7:60000"
#define LATCH0 "198.51.100.9:50000" /* What agent 0 sends to   */
#define LATCH1 "198.51.100.9:50002"
#define ENDED1 "198.51.100.9:49998" /* It was agent 1's in the offer */

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


static void tell_port(unsigned to, uint16_t gen, bool latched,
		      const char *port)
{
	struct net_desc desc;
	struct ua_ice_cand *cand;

	icenet_describe(net, !to, &desc);
	cand = &desc.candv[desc.ncand];
	memset(cand, 0, sizeof(*cand));
	cand->comp = 1;
	cand->type = UA_ICE_RELAY;
	cand->prio = 16777215;
	cand->foundation[0] = 'M';
	cand->addr = icenet_addr(port);
	cand->latched = true;
	cand->via = 0;
	desc.ncand += latched;
	ck_assert_int_eq(0, icenet_take(net, to, &desc, gen));
	icenet_pump(net, to);
}


static void tell(unsigned to, uint16_t gen, bool latched)
{
	tell_port(to, gen, latched, to ? LATCH1 : LATCH0);
}


/* The proxy has put its relay into both descriptions, behind the others. */
static void meet_through_proxy(void)
{
	unsigned a;

	(void)icenet_latch(net, LATCH0, LATCH1);
	for (a = 0; a < 2; a++)
		(void)ua_ice_gathered(net->agentv[a].ice, net->now);
	for (a = 0; a < 2; a++)
		tell(a, 0, true);
}


/* Requests and answers of an agent to an address since a time */
static unsigned packets_to(const char *to, uint64_t since)
{
	const struct ua_addr addr = icenet_addr(to);
	unsigned i, n = 0;

	for (i = 0; i < net->nsent; i++)
		n += net->sentv[i].at >= since &&
		     ua_addr_eq(&addr, &net->sentv[i].to);

	return n;
}


static struct ua_addr media_to(void)
{
	struct ua_path path;

	ck_assert_int_eq(0, ua_ice_media(net->agentv[0].ice, 0, 1, &path));
	return path.remote;
}


static bool media_goes_to(const char *str)
{
	const struct ua_addr want = icenet_addr(str);
	const struct ua_addr addr = media_to();

	return ua_addr_eq(&want, &addr);
}


/* Rules 1 and 2 */
START_TEST(latched_relay_from_one_base_early)
{
	const struct ua_addr latch = icenet_addr(LATCH0);
	unsigned i, n = 0;

	(void)icenet_host(net, 0, 0, 1, HOST0, NET_NO_NAT, 10);
	(void)icenet_host(net, 1, 0, 1, HOST1, NET_NO_NAT, 5);
	(void)icenet_host(net, 0, 0, 1, HOST0B, NET_NO_NAT, 10);
	(void)icenet_host(net, 0, 0, 1, HOST0C, NET_NO_NAT, 10);
	(void)icenet_relay(net, 0, 0, 1, RELAY0, 10);
	for (i = 0; i < 5; i++)
		icenet_cut(net, i, 1, true);
	meet_through_proxy();
	icenet_run(net, 60000);

	/* The second check of agent 0 */
	for (i = 0; i < net->nsent && n < 2; i++)
		n += !net->sentv[i].agent;
	ck_assert(ua_addr_eq(&latch, &net->sentv[i - 1].to));

	/* By one base, always */
	for (n = 0, i = 0; i < net->nsent; i++) {
		if (net->sentv[i].agent ||
		    !ua_addr_ip_eq(&latch, &net->sentv[i].to))
			continue;

		ck_assert_uint_eq(0, net->sentv[i].base);
		++n;
	}

	ck_assert_uint_ge(n, 3);
	ck_assert_uint_eq(0, net->latchv[0].nstranger);
}
END_TEST


/*
 * Rule 8: no direct way, no TURN: it carries the call.  The answer names its
 * far leg.
 */
START_TEST(latched_relay_gives_local_prflx)
{
	const struct ua_addr leg = icenet_addr(LATCH1);
	const struct ua_ice_event *ev;

	(void)icenet_nat(net, NET_APDM, NET_APDF, "203.0.113.1:0");
	(void)icenet_nat(net, NET_APDM, NET_APDF, "203.0.113.2:0");
	icenet_srflx(net,
		     icenet_host(net, 0, 0, 1, "192.168.1.2:4000", 0, 10));
	icenet_srflx(net,
		     icenet_host(net, 1, 0, 1, "192.168.2.2:4000", 1, 10));
	meet_through_proxy();
	icenet_talk(net, 5000);

	ev = icenet_event(net, 0, UA_ICE_EVENT_NOMINATED);
	ck_assert_ptr_nonnull(ev);
	ck_assert_uint_eq(1, ev->relays);
	ck_assert_int_eq(UA_ICE_PRFLX, ev->local.type);
	ck_assert(ua_addr_eq(&leg, &ev->local.addr));
	ck_assert(media_goes_to(LATCH0));
	ck_assert_int_ge(icenet_nominated(net, 1), 0);
	ck_assert_uint_eq(0, net->latchv[0].nstranger);

	/* It is the path of media: consent is asked for, media comes. */
	icenet_count_media(net);
	icenet_run(net, 60000);
	ck_assert_uint_eq(0, icenet_lost(net));
	ck_assert_uint_ge(net->mediav[0].ncome, 2900);
	ck_assert_ptr_null(icenet_event(net, 0, UA_ICE_EVENT_SUSPECT));
	ck_assert(icenet_same_pair(net, 0, 1));
}
END_TEST


/* Its c= matches no candidate: the call layer made one of it. */
START_TEST(implicit_relay_is_tried_and_loses)
{
	(void)icenet_host(net, 0, 0, 1, HOST0, NET_NO_NAT, 20);
	(void)icenet_host(net, 1, 0, 1, HOST1, NET_NO_NAT, 20);
	meet_through_proxy();
	icenet_talk(net, 5000);

	ck_assert_uint_ge(packets_to(LATCH0, 0), 1);
	ck_assert_uint_eq(0, net->latchv[0].nstranger);
	ck_assert_int_eq(0, icenet_nominated(net, 0));
	ck_assert_int_eq(0, icenet_nominated(net, 1));
	ck_assert(media_goes_to(HOST1));
	icenet_count_media(net);
	icenet_run(net, 5000);
	ck_assert_uint_eq(0, icenet_lost(net));
}
END_TEST


/*
 * It rang for so long that the relay ended.  The answer brings ports of a new
 * session, of which agent 1 hears by a check alone: a port of that relay.
 * The check may come when all is decided (_i).
 */
START_TEST(latched_relay_that_lost_is_known_by_any_port)
{
	uint64_t at;

	(void)icenet_host(net, 0, 0, 1, HOST0, NET_NO_NAT, 20);
	(void)icenet_host(net, 1, 0, 1, HOST1, NET_NO_NAT, 20);
	(void)icenet_latch(net, LATCH0, LATCH1);
	net->latchv[0].legv[1].told = icenet_addr(HOST1);
	net->latchv[0].delay_ms = _i ? 200 : 0;
	tell(0, 0, true);
	tell_port(1, 0, true, ENDED1);
	icenet_talk(net, 5000);

	ck_assert_int_eq(0, icenet_nominated(net, 1));
	ck_assert_int_eq(!_i, packets_to(LATCH1, 0) > 0);
	at = net->now;
	icenet_run(net, 60000);
	ck_assert_uint_eq(0, packets_to(LATCH1, at));
	ck_assert_uint_eq(0, packets_to(ENDED1, at));
}
END_TEST


/* Nothing direct passes, whatever the relay does in between */
static bool only_through_the_relay(struct icenet *n, unsigned agent,
				   struct ua_dgram *dg, void *arg)
{
	const struct ua_addr latch = icenet_addr(LATCH0);

	(void)n;
	(void)agent;
	(void)arg;
	return ua_addr_ip_eq(&latch, &dg->path.remote);
}


START_TEST(implicit_relay_alone_carries)
{
	(void)icenet_host(net, 0, 0, 1, HOST0, NET_NO_NAT, 20);
	(void)icenet_host(net, 1, 0, 1, HOST1, NET_NO_NAT, 20);
	net->pass = only_through_the_relay;
	meet_through_proxy();
	icenet_talk(net, 5000);
	ck_assert_int_eq(1, icenet_nominated(net, 0));
	ck_assert_int_eq(1, icenet_nominated(net, 1));
	ck_assert(media_goes_to(LATCH0));
	icenet_count_media(net);
	icenet_run(net, 60000);
	ck_assert_uint_eq(0, icenet_lost(net));
	ck_assert_uint_eq(0, net->latchv[0].nstranger);
}
END_TEST


/*
 * Rule 7: no packet to it any more, not for keepalive, not as a spare, not to
 * answer: it forgets us, and the proxy gets its port back.
 */
START_TEST(losing_relay_is_left_alone)
{
	uint64_t t;
	unsigned a;

	(void)icenet_host(net, 0, 0, 1, HOST0, NET_NO_NAT, 20);
	(void)icenet_host(net, 1, 0, 1, HOST1, NET_NO_NAT, 20);
	meet_through_proxy();
	icenet_talk(net, 1000);
	for (a = 0; a < 2; a++)
		ck_assert_int_eq(0, icenet_nominated(net, a));

	t = net->now;
	icenet_run(net, 10 * 60000);
	ck_assert_uint_eq(0, packets_to(LATCH0, t));
	ck_assert_uint_eq(0, packets_to(LATCH1, t));

	/* A check that comes through it has no answer */
	{
		const struct net_req req = {
			.from = LATCH0, .who = ua_ice_ufrag(net->agentv[1].ice)
		};

		ck_assert_int_ne(0, icenet_peer_request(net, 0, &req));
		icenet_run(net, 100);
	}

	ck_assert_uint_eq(0, packets_to(LATCH0, t));

	/* Nor does a path that dies bring it back: only a restart does. */
	icenet_cut(net, 0, 1, true);
	icenet_run(net, 5000);
	ck_assert_uint_eq(0, packets_to(LATCH0, t));
	ck_assert_ptr_nonnull(icenet_event(net, 0, UA_ICE_EVENT_NEED_RESTART));
}
END_TEST


/* A restart brings new ports of the relay: each generation has its own. */
START_TEST(latched_relay_of_a_restart_is_tried)
{
	unsigned a;

	(void)icenet_host(net, 0, 0, 1, HOST0, NET_NO_NAT, 20);
	(void)icenet_host(net, 1, 0, 1, HOST1, NET_NO_NAT, 20);
	for (a = 0; a < 2; a++)
		(void)ua_ice_gathered(net->agentv[a].ice, net->now);
	for (a = 0; a < 2; a++)
		tell(a, 0, false);
	icenet_talk(net, 3000);
	ck_assert_int_eq(0, icenet_nominated(net, 0));

	(void)icenet_latch(net, LATCH0, LATCH1);
	net->pass = only_through_the_relay;
	icenet_run(net, 3000);
	for (a = 0; a < 2; a++)
		(void)icenet_restart(net, a);
	for (a = 0; a < 2; a++)
		tell(a, 1, true);
	icenet_run(net, 3000);
	ck_assert(media_goes_to(LATCH0));
	icenet_count_media(net);
	icenet_run(net, 3000);
	ck_assert_uint_eq(0, icenet_lost(net));
}
END_TEST


Suite *ua_suite_ice_latched(void)
{
	Suite *s = suite_create("ice_latched");
	TCase *tc = tcase_create("latched");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, latched_relay_from_one_base_early);
	tcase_add_test(tc, latched_relay_gives_local_prflx);
	tcase_add_loop_test(tc, latched_relay_that_lost_is_known_by_any_port,
			    0, 2);
	tcase_add_test(tc, implicit_relay_is_tried_and_loses);
	tcase_add_test(tc, implicit_relay_alone_carries);
	tcase_add_test(tc, losing_relay_is_left_alone);
	tcase_add_test(tc, latched_relay_of_a_restart_is_tried);
	suite_add_tcase(s, tc);

	return s;
}
