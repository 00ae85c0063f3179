/* SPDX-License-Identifier: BSD-3-Clause */
/** @file test_ice_roam.c  Networks, NATs and servers that change in a call */

#include <check.h>
#include <string.h>

#include "base/re_compat.h"
#include "stun/stun.h"
#include "icenet.h"

Suite *ua_suite_ice_roam(void);

#define HOST0 "198.18.0.1:4000"
#define HOST0B "198.18.0.3:4000"
#define HOST1 "198.18.0.2:4000"
#define HOME0 "192.168.1.2:4000"
#define HOME1 "192.168.2.2:4000"
#define NAT0 "203.0.113.1:0"
#define NAT1 "203.0.113.2:0"
#define RELAY0 "198.51.100.7:60000"
#define RELAY0B "198.51.100.7:60002"
#define RELAY1 "198.51.100.8:60000"

enum { MIN_MS = 60000 };

static struct icenet *net;


static void setup(void)
{
	net = icenet_alloc(1);
	net->signal_ms = 200;
}


static void teardown(void)
{
	icenet_free(net);
}


static void forget_events(void)
{
	net->agentv[0].nev = 0;
	net->agentv[1].nev = 0;
}


static void talk(void)
{
	icenet_meet(net);
	icenet_talk(net, 12000);
	ck_assert_int_ge(icenet_nominated(net, 0), 0);
	ck_assert_int_ge(icenet_nominated(net, 1), 0);
	ck_assert(icenet_same_pair(net, 0, 1));
	forget_events();
	icenet_count_media(net);
}


static void all_is_well(void)
{
	icenet_count_media(net);
	icenet_run(net, 3000);
	ck_assert_uint_eq(0, icenet_lost(net));
	ck_assert(icenet_same_pair(net, 0, 1));
}


static uint64_t when(unsigned agent, enum ua_ice_event_type type)
{
	const struct ua_ice_event *ev = icenet_event(net, agent, type);

	ck_assert_ptr_nonnull(ev);
	return ev->since_ms;
}


static uint16_t media_base(void)
{
	struct ua_path path;

	ck_assert_int_eq(0, ua_ice_media(net->agentv[0].ice, 0, 1, &path));
	return path.base;
}


/*
 * _i & 1: who is behind the NAT; _i & 2: its address is another one, too.
 * The peer learns the new mapping from the first check: no restart is needed.
 */
START_TEST(nat_reboot_in_call)
{
	const unsigned home = _i & 1;
	const char *ip = _i & 2 ? "203.0.113.99:0" : NULL;
	const struct ua_addr outside = icenet_addr(ip ? ip : NAT0);
	struct ua_ice_cand local, remote;
	uint64_t t;
	uint32_t rtt_ms;
	unsigned a;

	(void)icenet_nat(net, NET_EIM, NET_APDF, NAT0);
	icenet_srflx(net, icenet_host(net, home, 0, 1, HOME0, 0, 10));
	(void)icenet_host(net, !home, 0, 1, HOST1, NET_NO_NAT, 5);
	talk();

	icenet_nat_reboot(net, 0, ip);
	t = net->now;
	icenet_run(net, 4000);

	for (a = 0; a < 2; a++) {
		ck_assert_uint_le(when(a, UA_ICE_EVENT_SUSPECT), t + 1200);
		ck_assert_uint_le(icenet_gap(net, a), 2200);
		ck_assert_uint_eq(0, ua_ice_gen(net->agentv[a].ice));
	}

	all_is_well();
	ck_assert_int_eq(0, ua_ice_selected(net->agentv[!home].ice, 0, 1,
					    &local, &remote, &rtt_ms));
	ck_assert_int_eq(UA_ICE_PRFLX, remote.type);
	ck_assert(ua_addr_ip_eq(&outside, &remote.addr));
	ck_assert_int_eq(0, ua_ice_selected(net->agentv[home].ice, 0, 1,
					    &local, &remote, &rtt_ms));
	ck_assert(ua_addr_ip_eq(&outside, &local.addr));
}
END_TEST


/* Filters of both do not let the new mapping in: the relay does, at once */
START_TEST(nat_reboot_behind_strict_nats)
{
	unsigned a;

	(void)icenet_nat(net, NET_EIM, NET_APDF, NAT0);
	(void)icenet_nat(net, NET_EIM, NET_APDF, NAT1);
	icenet_srflx(net, icenet_host(net, 0, 0, 1, HOME0, 0, 10));
	icenet_srflx(net, icenet_host(net, 1, 0, 1, HOME1, 1, 10));
	(void)icenet_relay(net, 0, 0, 1, RELAY0, 20);
	talk();
	ck_assert_uint_eq(0, media_base());

	icenet_nat_reboot(net, 0, NULL);
	icenet_run(net, 5000);
	for (a = 0; a < 2; a++)
		ck_assert_uint_le(icenet_gap(net, a), 2200);
	ck_assert_uint_eq(1, media_base());
	ck_assert(icenet_event(net, 0, UA_ICE_EVENT_NEED_RESTART) ||
		  icenet_event(net, 1, UA_ICE_EVENT_NEED_RESTART));

	/* A restart tells the new mapping: direct again, nothing lost */
	icenet_srflx(net, 0);
	icenet_count_media(net);
	icenet_restart_call(net, 0);
	icenet_run(net, 3000);
	ck_assert_uint_eq(0, media_base());
	ck_assert_uint_eq(0, icenet_lost(net));
	all_is_well();
}
END_TEST


/* Consent is the keepalive: a mapping that lives for 30 s outlives a hold. */
START_TEST(forgetful_nat_is_kept_awake)
{
	(void)icenet_nat(net, NET_EIM, NET_APDF, NAT0);
	(void)icenet_nat(net, NET_EIM, NET_APDF, NAT1);
	icenet_srflx(net, icenet_host(net, 0, 0, 1, HOME0, 0, 10));
	icenet_srflx(net, icenet_host(net, 1, 0, 1, HOME1, 1, 10));
	(void)icenet_relay(net, 0, 0, 1, RELAY0, 20);
	net->natv[0].life_ms = 30000;
	net->natv[1].life_ms = 30000;
	talk();
	net->mediav[0].on = false;
	net->mediav[1].on = false;
	net->mediav[0].expects = false;
	net->mediav[1].expects = false;
	icenet_run(net, 10 * MIN_MS);
	ck_assert_uint_eq(0, net->agentv[0].nev);
	ck_assert_uint_eq(0, net->agentv[1].nev);
	net->mediav[0].on = true;
	net->mediav[1].on = true;
	all_is_well();
}
END_TEST


/* Wi-Fi, then a cable: old media until the new path is nominated */
START_TEST(better_interface_appears)
{
	const struct ua_ice_event *ev;
	unsigned i;

	(void)icenet_host_cost(net, 0, 0, 1, HOST0, NET_NO_NAT, 15, 1);
	(void)icenet_host(net, 1, 0, 1, HOST1, NET_NO_NAT, 5);
	talk();

	i = icenet_host_cost(net, 0, 0, 1, HOST0B, NET_NO_NAT, 5, (uint8_t)_i);
	icenet_pump(net, 0);
	ev = icenet_event(net, 0, UA_ICE_EVENT_NEED_RESTART);

	/* Another one of the same kind is no reason. */
	if (_i) {
		ck_assert_ptr_null(ev);
		return;
	}

	ck_assert_ptr_nonnull(ev);
	ck_assert_str_eq("better network", ev->why);
	icenet_restart_call(net, 0);
	icenet_run(net, 400);
	ck_assert_uint_eq(0, media_base());
	icenet_run(net, 3000);
	ck_assert_uint_eq(net->ifv[i].base, media_base());
	ck_assert_uint_eq(0, icenet_lost(net));
	ck_assert_uint_eq(1, icenet_count(net, 0, UA_ICE_EVENT_NEED_RESTART));
	all_is_well();
}
END_TEST


/* It goes away as another one comes: hand-over from Wi-Fi to cellular */
START_TEST(handover_to_a_dearer_interface)
{
	uint64_t t;
	unsigned i;

	(void)icenet_host_cost(net, 0, 0, 1, HOST0, NET_NO_NAT, 15, 1);
	(void)icenet_host(net, 1, 0, 1, HOST1, NET_NO_NAT, 5);
	talk();

	i = icenet_host_cost(net, 0, 0, 1, HOST0B, NET_NO_NAT, 30, 2);
	icenet_pump(net, 0);
	icenet_down(net, 0);
	t = net->now;
	ck_assert_uint_eq(t, when(0, UA_ICE_EVENT_NEED_RESTART));
	ck_assert_str_eq("selected address went away",
			 icenet_event(net, 0, UA_ICE_EVENT_NEED_RESTART)->why);
	icenet_restart_call(net, 0);
	icenet_run(net, 3000);
	ck_assert_uint_eq(net->ifv[i].base, media_base());

	/* Two ways of signalling, two round trips */
	ck_assert_uint_le(icenet_gap(net, 0), 2 * 200 + 2 * 70 + 100);
	ck_assert_uint_le(icenet_gap(net, 1), 2 * 200 + 2 * 70 + 100);
	all_is_well();
}
END_TEST


/*
 * The TURN server of the path dies in silence, and comes back: media is with
 * the other relay soon, and the new allocation enters by a restart.
 */
START_TEST(server_restart_in_call)
{
	const struct ua_addr peer = icenet_addr(HOST1);
	struct net_desc desc;
	uint64_t t;
	unsigned relay[2];
	unsigned a, i;
	bool found = false;

	(void)icenet_host(net, 0, 0, 1, HOST0, NET_NO_NAT, 10);
	(void)icenet_host(net, 1, 0, 1, HOST1, NET_NO_NAT, 5);
	relay[0] = icenet_relay(net, 0, 0, 1, RELAY0, 20);
	relay[1] = icenet_relay(net, 1, 0, 1, RELAY1, 60);
	icenet_cut(net, 0, 1, true);
	talk();
	ck_assert_uint_eq(net->ifv[relay[0]].base, media_base());

	net->ifv[relay[0]].down = true;
	t = net->now;
	icenet_run(net, 3000);

	for (a = 0; a < 2; a++) {
		ck_assert_uint_le(when(a, UA_ICE_EVENT_SUSPECT), t + 1200);
		ck_assert_uint_le(icenet_gap(net, a),
				  when(a, UA_ICE_EVENT_SUSPECT) - t + 1000);
	}

	all_is_well();
	ck_assert_uint_ne(net->ifv[relay[0]].base, media_base());

	/* TURN has found out, and has another one */
	icenet_down(net, relay[0]);
	i = icenet_relay(net, 0, 0, 1, RELAY0B, 20);
	icenet_pump(net, 0);
	icenet_count_media(net);
	icenet_restart_call(net, 0);
	icenet_run(net, 5000);
	ck_assert_uint_eq(0, icenet_lost(net));
	ck_assert_uint_eq(net->ifv[i].base, media_base());
	ck_assert(ua_addr_ip_eq(&peer, &net->ifv[i].permv[0]));
	icenet_describe(net, 0, &desc);
	for (i = 0; i < desc.ncand; i++) {
		const struct ua_addr addr = icenet_addr(RELAY0B);

		found |= ua_addr_eq(&addr, &desc.candv[i].addr);
		ck_assert_uint_ne(60000, desc.candv[i].addr.port);
	}

	ck_assert(found);
	all_is_well();
}
END_TEST


/* A black hole in front: the other family waits for one slot more. */
START_TEST(broken_ipv6_costs_one_slot)
{
	const struct ua_ice_event *ev;
	const struct net_agent *n = &net->agentv[0];
	uint64_t without;
	unsigned i;

	(void)icenet_host(net, 0, 0, 1, HOST0, NET_NO_NAT, 10);
	(void)icenet_host(net, 1, 0, 1, HOST1, NET_NO_NAT, 5);
	icenet_meet(net);
	icenet_run(net, 3000);
	without = when(0, UA_ICE_EVENT_PAIR_VALID) - 1000;
	ck_assert_uint_eq(30, without);

	teardown();
	setup();
	(void)icenet_host(net, 0, 0, 1, "[2001:db8::1]:4000", NET_NO_NAT, 10);
	(void)icenet_host(net, 1, 0, 1, "[2001:db8::2]:4000", NET_NO_NAT, 5);
	(void)icenet_host(net, 0, 0, 1, HOST0, NET_NO_NAT, 10);
	(void)icenet_host(net, 1, 0, 1, HOST1, NET_NO_NAT, 5);
	icenet_cut(net, 0, 1, true);
	icenet_meet(net);
	icenet_run(net, 3000);
	ck_assert_uint_eq(1000 + without + 20,
			  when(0, UA_ICE_EVENT_PAIR_VALID));

	/* Nor does the nomination wait for what is of no lower class. */
	ev = icenet_event(net, 0, UA_ICE_EVENT_NOMINATED);
	ck_assert_ptr_nonnull(ev);
	ck_assert_uint_eq(UA_AF_IP4, ev->remote.addr.af);
	ck_assert_uint_le(ev->since_ms, 1000 + without + 20 + 50 + 30 + 10);
	for (i = 0, n = &net->agentv[0]; i < n->nev; i++)
		ck_assert_uint_ne(UA_AF_IP6, n->evv[i].remote.addr.af);
}
END_TEST


/* One end has both families at its relay: that is enough */
START_TEST(ipv6_only_meets_ipv4_only)
{
	const struct ua_ice_event *ev;

	(void)icenet_host(net, 0, 0, 1, "[2001:db8::1]:4000", NET_NO_NAT, 10);
	(void)icenet_relay(net, 0, 0, 1, RELAY0, 15);
	(void)icenet_relay(net, 0, 0, 1, "[2001:db8:7::7]:60000", 15);
	(void)icenet_host(net, 1, 0, 1, HOST1, NET_NO_NAT, 5);
	talk();
	icenet_restart_call(net, 0);
	icenet_run(net, 2000);

	ev = icenet_event(net, 0, UA_ICE_EVENT_NOMINATED);
	ck_assert_ptr_nonnull(ev);
	ck_assert_uint_eq(1, ev->relays);
	ck_assert_uint_eq(UA_AF_IP4, ev->local.addr.af);
	ck_assert_uint_eq(1, media_base());
	all_is_well();
}
END_TEST


Suite *ua_suite_ice_roam(void)
{
	Suite *s = suite_create("ice_roam");
	TCase *tc = tcase_create("roam");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 60);
	tcase_add_loop_test(tc, nat_reboot_in_call, 0, 4);
	tcase_add_test(tc, nat_reboot_behind_strict_nats);
	tcase_add_test(tc, forgetful_nat_is_kept_awake);
	tcase_add_loop_test(tc, better_interface_appears, 0, 2);
	tcase_add_test(tc, handover_to_a_dearer_interface);
	tcase_add_test(tc, server_restart_in_call);
	tcase_add_test(tc, broken_ipv6_costs_one_slot);
	tcase_add_test(tc, ipv6_only_meets_ipv4_only);
	suite_add_tcase(s, tc);

	return s;
}
