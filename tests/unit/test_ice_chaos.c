/* SPDX-License-Identifier: BSD-3-Clause */
/** @file test_ice_chaos.c  Calls in which everything happens, from a seed
 *
 * Networks go and come, NATs reboot, relays die in silence, and both ends
 * restart when they are told to, or at any time.  Once the world is quiet
 * again both ends must be on one path, and nothing may be pending.
 */

#include <check.h>
#include <stdio.h>
#include <string.h>

#include "base/re_compat.h"
#include "icenet.h"

Suite *ua_suite_ice_chaos(void);

enum { CALLS = 120, DEEDS = 12 };

static struct icenet *net;

/** What an agent's interfaces are now; NONE: it has none of that kind */
static struct {
	unsigned host[2];
	unsigned relay[2];
	int nat[2];
	bool need[2]; /* A restart                                      */
	bool late[2]; /* There is something to tell                     */
	unsigned nhost;
} now;


static unsigned draw(unsigned n)
{
	uint32_t v;

	net->rand.fill((uint8_t *)&v, sizeof(v), net->rand.arg);
	return v % n;
}


/* Late candidates are told, as soon as nothing else is on its way. */
static void tell_late(unsigned agent)
{
	icenet_pump(net, agent);
	if (net->mediav[agent].on)
		now.late[agent] = true;
}


static void add_host(unsigned agent)
{
	char addr[32];

	(void)snprintf(addr, sizeof(addr), "%s.%u:4000",
		       now.nat[agent] < 0
			       ? (agent ? "198.18.1" : "198.18.0")
			       : (agent ? "192.168.2" : "192.168.1"),
		       1 + now.nhost++);
	now.host[agent] =
		icenet_host_cost(net, agent, 0, 1, addr, now.nat[agent],
				 2 + draw(30), (uint8_t)draw(3));
	icenet_srflx(net, now.host[agent]);
	tell_late(agent);
}


static void add_relay(unsigned agent)
{
	char addr[32];

	(void)snprintf(addr, sizeof(addr), "198.51.100.%u:%u", 7 + agent,
		       60000 + now.nhost++);
	now.relay[agent] = icenet_relay(net, agent, 0, 1, addr, 5 + draw(50));
	tell_late(agent);
}


static void side(unsigned agent)
{
	now.nat[agent] = NET_NO_NAT;
	if (draw(3))
		now.nat[agent] =
			icenet_nat(net, draw(4) ? NET_EIM : NET_APDM,
				   (enum net_filter)draw(3),
				   agent ? "203.0.113.2:0" : "203.0.113.1:0");

	add_host(agent);
	add_relay(agent);
}


static bool is_idle(void)
{
	return !net->agentv[0].offering && !net->agentv[1].offering;
}


/* What the call does when ICE asks for it, or has something new to tell */
static void signal_if_needed(void)
{
	unsigned a, i;

	for (a = 0; a < 2; a++) {
		struct net_agent *agent = &net->agentv[a];

		for (i = 0; i < agent->nev; i++)
			now.need[a] |=
				agent->evv[i].type ==
					UA_ICE_EVENT_NEED_RESTART ||
				agent->evv[i].type == UA_ICE_EVENT_FAILED;

		agent->nev = 0;
		if (!is_idle())
			continue;

		if (now.need[a]) {
			icenet_restart_call(net, a);
			now.need[a] = false;
			now.late[a] = false;
		}
		else if (now.late[a]) {
			icenet_offer(net, a);
			now.late[a] = false;
		}
	}
}


static void deed(void)
{
	const unsigned a = draw(2);

	switch (draw(8)) {

	case 0:
		icenet_cut(net, now.host[0], now.host[1], true);
		break;
	case 1:
		icenet_cut(net, now.host[0], now.host[1], false);
		break;
	case 2:
		net->cut[now.host[a]][now.host[!a]] = true;
		break;
	case 3:
		if (now.nat[a] >= 0)
			icenet_nat_reboot(net, now.nat[a], NULL);
		break;
	case 4:
		if (is_idle())
			icenet_restart_call(net, a);
		break;
	case 5:
		icenet_down(net, now.host[a]);
		add_host(a);
		break;
	case 6:
		net->ifv[now.relay[a]].down = true;
		if (draw(2)) {
			icenet_down(net, now.relay[a]);
			add_relay(a);
		}
		break;
	default:
		net->loss_pct = draw(3) ? 0 : draw(15);
		break;
	}
}


static void quiet_down(void)
{
	unsigned a;

	net->loss_pct = 0;
	memset(net->cut, 0, sizeof(net->cut));

	/* TURN has another allocation by now. */
	for (a = 0; a < 2; a++) {
		if (!net->ifv[now.relay[a]].down)
			continue;

		icenet_down(net, now.relay[a]);
		add_relay(a);
	}
}


START_TEST(calls_survive_whatever_happens)
{
	unsigned i, a;

	net = icenet_alloc(7000 + (uint64_t)_i);
	memset(&now, 0, sizeof(now));
	net->signal_ms = 50 + draw(1000);
	for (a = 0; a < 2; a++) {
		net->agentv[a].conf.renom = draw(3);
		side(a);
	}

	icenet_meet(net);
	icenet_talk(net, 3000 + draw(9000));
	for (i = 0; i < DEEDS; i++) {
		deed();
		icenet_run(net, 100 + draw(6000));
		signal_if_needed();
	}

	quiet_down();
	for (i = 0; i < 60; i++) {
		icenet_run(net, 1000);
		signal_if_needed();
	}

	icenet_count_media(net);
	icenet_run(net, 3000);
	ck_assert_msg(icenet_same_pair(net, 0, 1), "call %d: ends differ", _i);
	ck_assert_msg(!icenet_lost(net), "call %d: %u packets are lost", _i,
		      icenet_lost(net));

	for (a = 0; a < 2; a++) {
		ck_assert_uint_ge(net->mediav[a].ncome, 145);
		ck_assert(!ua_ice_restarting(net->agentv[a].ice));
	}

	ck_assert(ua_ice_controlling(net->agentv[0].ice) !=
		  ua_ice_controlling(net->agentv[1].ice));
	icenet_free(net);
}
END_TEST


Suite *ua_suite_ice_chaos(void)
{
	Suite *s = suite_create("ice_chaos");
	TCase *tc = tcase_create("chaos");

	tcase_set_timeout(tc, 60);
	tcase_add_loop_test(tc, calls_survive_whatever_happens, 0, CALLS);
	suite_add_tcase(s, tc);

	return s;
}
