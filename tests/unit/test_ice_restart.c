/* SPDX-License-Identifier: BSD-3-Clause */
/** @file test_ice_restart.c  Two generations of a call (RFC 8445, 9) */

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/re_compat.h"
#include "stun/stun.h"
#include "icenet.h"

Suite *ua_suite_ice_restart(void);

#define HOST "192.168.1.1:4000"
#define PEER "192.168.1.9:9000"
#define HOST0 "198.18.0.1:4000"
#define HOST0B "198.18.0.3:4000"
#define HOST1 "198.18.0.2:4000"
#define RELAY0 "198.51.100.7:60000"

enum { MIN_MS = 60000 };

static struct icenet *net;


static void setup(void)
{
	net = icenet_alloc(1);
	net->signal_ms = 500;
}


static void teardown(void)
{
	icenet_free(net);
}


static struct ua_ice *ice_of(unsigned agent)
{
	return net->agentv[agent].ice;
}


static void forget_events(void)
{
	net->agentv[0].nev = 0;
	net->agentv[1].nev = 0;
}


/* Two hosts in a call; interfaces 0 and 1 */
static void call_hosts(void)
{
	(void)icenet_host(net, 0, 0, 1, HOST0, NET_NO_NAT, 20);
	(void)icenet_host(net, 1, 0, 1, HOST1, NET_NO_NAT, 5);
	icenet_meet(net);
	icenet_talk(net, 12000);
	ck_assert_int_eq(0, icenet_nominated(net, 0));
	forget_events();
	icenet_count_media(net);
}


/* Both ends are in one generation, one path, and nothing is pending. */
static void all_is_well(uint16_t gen)
{
	unsigned a;

	icenet_count_media(net);
	icenet_run(net, 1000);
	ck_assert_uint_eq(0, icenet_lost(net));
	ck_assert(icenet_same_pair(net, 0, 1));

	for (a = 0; a < 2; a++) {
		ck_assert(!ua_ice_restarting(ice_of(a)));
		ck_assert(ua_ice_knows(ice_of(a), ua_ice_ufrag(ice_of(!a)),
				       ua_ice_pwd(ice_of(!a))));
		ck_assert_uint_eq(gen, ua_ice_gen(ice_of(a)));
	}
}


START_TEST(restart_keeps_old_media)
{
	const unsigned who = (unsigned)_i;
	char ufrag[32];
	unsigned a;

	call_hosts();
	(void)snprintf(ufrag, sizeof(ufrag), "%s", ua_ice_ufrag(ice_of(who)));
	icenet_restart_call(net, who);
	ck_assert_str_ne(ufrag, ua_ice_ufrag(ice_of(who)));

	/* Media goes on while the offer is on its way, and its consent */
	icenet_run(net, 999);
	ck_assert(ua_ice_restarting(ice_of(who)));
	ck_assert_ptr_null(icenet_event(net, who, UA_ICE_EVENT_NOMINATED));
	icenet_run(net, 1000);
	ck_assert_uint_eq(0, icenet_lost(net));

	for (a = 0; a < 2; a++) {
		ck_assert_int_eq(0, net->agentv[a].told);
		ck_assert_int_eq(0, icenet_nominated(net, a));
		ck_assert_ptr_null(icenet_event(net, a, UA_ICE_EVENT_SUSPECT));
		ck_assert_uint_le(icenet_gap(net, a), 45);
	}

	icenet_run(net, 5000);
	all_is_well(1);
}
END_TEST


/* Signalling may take long: the old path keeps its consent. */
START_TEST(slow_restart_keeps_consent)
{
	call_hosts();
	net->signal_ms = 40000;
	icenet_restart_call(net, 0);
	icenet_run(net, 75000);
	ck_assert_uint_eq(0, icenet_lost(net));
	ck_assert_ptr_null(icenet_event(net, 0, UA_ICE_EVENT_CONSENT_LOST));
	ck_assert_ptr_null(icenet_event(net, 1, UA_ICE_EVENT_CONSENT_LOST));
	icenet_run(net, 10000);
	all_is_well(1);
}
END_TEST


static void take_peer(const char *ufrag, const char *pwd, uint16_t gen)
{
	const struct ua_ice_peer peer = { .ice2 = true, .gen = gen };
	struct ua_ice_cand cand = { .comp = 1,
				    .gen = gen,
				    .prio = 2130706431,
				    .foundation = "1",
				    .addr = icenet_addr(PEER) };

	ck_assert_int_eq(
		0, ua_ice_remote_set(ice_of(0), net->now, ufrag, pwd, &peer));
	ck_assert_int_eq(0, ua_ice_remote_cand(ice_of(0), net->now, &cand));
	ck_assert_int_eq(0, ua_ice_remote_end(ice_of(0), net->now));
	icenet_pump(net, 0);
}


static void answer_peer(void)
{
	const struct net_sent *sent = icenet_last(net, PEER);

	ck_assert_int_eq(0, icenet_peer_answer(net, sent, 0, NULL, NULL));
	icenet_run(net, 20);
}


/* One host, and a peer played by the test: nominated */
static void call_with_peer(void)
{
	static const char *const addrv[] = { PEER, NULL };

	(void)icenet_host(net, 0, 0, 1, HOST, NET_NO_NAT, 5);
	ck_assert_int_eq(0, icenet_peer(net, NULL, addrv));
	answer_peer();
	answer_peer();
	ck_assert_int_eq(0, icenet_nominated(net, 0));
	forget_events();
}


/* Whose request is it?  By its name; until 3 s after the new nomination */
START_TEST(both_generations_are_answered_for_3_s)
{
	char ufrag[32], pwd[64];
	const struct net_req old = { .from = PEER, .whom = ufrag, .key = pwd };
	const struct net_req now = { .from = PEER };
	struct ua_path path = { .base = 0, .remote = icenet_addr(PEER) };

	call_with_peer();
	(void)snprintf(ufrag, sizeof(ufrag), "%s", ua_ice_ufrag(ice_of(0)));
	(void)snprintf(pwd, sizeof(pwd), "%s", ua_ice_pwd(ice_of(0)));
	ck_assert_uint_eq(1, icenet_restart(net, 0));

	/* Nothing of the peer's is known, but what it had before. */
	ck_assert(!ua_ice_knows(ice_of(0), "peer", NET_PEER_PWD));
	ck_assert_int_eq(0, icenet_peer_request(net, 0, &old));
	ck_assert_int_eq(0, icenet_peer_request(net, 0, &now));
	ck_assert(ua_ice_accepts(ice_of(0), 0, 1, &path));
	ck_assert_int_eq(0, ua_ice_media(ice_of(0), 0, 1, &path));

	take_peer("peer", NET_PEER_PWD, 1);
	answer_peer();
	ck_assert_int_eq(0, icenet_peer_request(net, 0, &old));
	answer_peer();
	ck_assert_int_eq(0, icenet_nominated(net, 0));
	ck_assert(!ua_ice_restarting(ice_of(0)));

	icenet_run(net, 2900);
	ck_assert_int_eq(0, icenet_peer_request(net, 0, &old));
	icenet_run(net, 200);
	ck_assert_int_eq(ENOENT, icenet_peer_request(net, 0, &old));
	ck_assert_int_eq(0, icenet_peer_request(net, 0, &now));
}
END_TEST


/* _i: 0 the peer refuses (488), 1 both offered at once (491) */
START_TEST(restart_glare_or_refusal_rolls_back)
{
	struct net_desc before[2], after[2];
	unsigned a;

	call_hosts();
	for (a = 0; a < 2; a++)
		icenet_describe(net, a, &before[a]);

	net->agentv[1].refuses = !_i;
	icenet_restart_call(net, 0);
	if (_i)
		icenet_restart_call(net, 1);

	/* Over longer than consent lasts */
	icenet_run(net, 40000);
	ck_assert_uint_eq(0, icenet_lost(net));

	for (a = 0; a < 2; a++) {
		icenet_describe(net, a, &after[a]);
		ck_assert_str_eq(before[a].ufrag, after[a].ufrag);
		ck_assert_str_eq(before[a].pwd, after[a].pwd);
		ck_assert_uint_eq(before[a].ncand, after[a].ncand);
		ck_assert_uint_eq(0, net->agentv[a].nev);
	}

	all_is_well(0);

	/* Once more, and now it is wanted: numbers are not used again */
	net->agentv[1].refuses = false;
	icenet_restart_call(net, 0);
	ck_assert_uint_eq(2, ua_ice_gen(ice_of(0)));
	icenet_run(net, 5000);
	ck_assert(!ua_ice_restarting(ice_of(0)));
	ck_assert_int_eq(0, icenet_nominated(net, 0));
	ck_assert(icenet_same_pair(net, 0, 1));
	ck_assert_uint_eq(0, icenet_lost(net));
}
END_TEST


START_TEST(restart_answered_without_ice_keeps_the_pair)
{
	struct ua_path before, after;

	call_hosts();
	ck_assert_int_eq(0, ua_ice_media(ice_of(0), 0, 1, &before));
	net->agentv[1].no_ice = true;
	icenet_restart_call(net, 0);
	icenet_run(net, 40000);
	ck_assert_int_eq(0, ua_ice_media(ice_of(0), 0, 1, &after));
	ck_assert(ua_addr_eq(&before.remote, &after.remote));
	ck_assert_uint_eq(before.base, after.base);
	ck_assert_uint_eq(0, icenet_lost(net));
	all_is_well(0);
}
END_TEST


START_TEST(answer_of_an_old_generation_is_dropped)
{
	struct net_desc first;

	call_hosts();
	icenet_restart_call(net, 0);
	icenet_run(net, 100);
	icenet_restart_call(net, 0);
	ck_assert_uint_eq(2, ua_ice_gen(ice_of(0)));

	/* The first answer comes, 100 ms before the one that counts. */
	icenet_run(net, 910);
	ck_assert_int_eq(ESTALE, net->agentv[0].told);
	ck_assert(ua_ice_restarting(ice_of(0)));
	icenet_describe(net, 1, &first);
	ck_assert(!ua_ice_knows(ice_of(0), first.ufrag, first.pwd));

	icenet_run(net, 4000);
	ck_assert_int_eq(0, net->agentv[0].told);
	ck_assert_uint_eq(0, icenet_lost(net));
	all_is_well(2);

	/* A candidate of that time, too */
	first.candv[0].gen = 1;
	ck_assert_int_eq(ESTALE, ua_ice_remote_cand(ice_of(0), net->now,
						    &first.candv[0]));
}
END_TEST


START_TEST(one_changed_credential_is_a_restart)
{
	static const char *const ufragv[] = { "peer", "reep" };
	static const char *const pwdv[] = { "other+pwd/other+pwd/other",
					    NET_PEER_PWD };
	const struct ua_ice_peer same = { .ice2 = true };
	const struct net_req req = { .from = PEER, .who = ufragv[_i] };

	call_with_peer();
	ck_assert(ua_ice_knows(ice_of(0), "peer", NET_PEER_PWD));
	ck_assert(!ua_ice_knows(ice_of(0), ufragv[_i], pwdv[_i]));

	/* It is no description of this generation. */
	ck_assert_int_eq(EALREADY,
			 ua_ice_remote_set(ice_of(0), net->now, ufragv[_i],
					   pwdv[_i], &same));
	ck_assert(ua_ice_knows(ice_of(0), "peer", NET_PEER_PWD));

	ck_assert_uint_eq(1, icenet_restart(net, 0));
	take_peer(ufragv[_i], pwdv[_i], 1);
	ck_assert(ua_ice_knows(ice_of(0), ufragv[_i], pwdv[_i]));
	ck_assert_int_eq(0, icenet_peer_request(net, 0, &req));
	ck_assert_ptr_nonnull(icenet_last_of(net, PEER, UA_STUN_SUCCESS));
}
END_TEST


/* _i: 0 the controlling end restarts, 1 the other; after a conflict, too */
START_TEST(roles_survive_restart)
{
	unsigned a, i;
	bool role;

	net->agentv[1].conf.controlling = _i >= 2;
	call_hosts();
	role = ua_ice_controlling(ice_of(0));
	ck_assert(ua_ice_controlling(ice_of(1)) != role);

	for (i = 0; i < 3; i++) {
		icenet_restart_call(net, _i & 1);
		icenet_run(net, 5000);
		all_is_well((uint16_t)(i + 1));
		ck_assert(ua_ice_controlling(ice_of(0)) == role);
	}

	for (a = 0; a < 2; a++)
		ck_assert_ptr_null(icenet_event(net, a, UA_ICE_EVENT_ROLE));
	for (i = 0; i < net->nsent; i++)
		ck_assert(net->sentv[i].at < 5000 ||
			  net->sentv[i].cls != UA_STUN_ERROR);
}
END_TEST


/* With rtcp-mux there is one component, in later generations as well. */
START_TEST(dropped_component_stays_dropped)
{
	const struct ua_ice_event *ev;
	unsigned a, i;

	for (a = 0; a < 2; a++)
		net->agentv[a].conf.ncomp = 2;

	for (a = 0; a < 2; a++) {
		(void)icenet_host(net, a, 0, 1, a ? HOST1 : HOST0, NET_NO_NAT,
				  10);
		(void)icenet_host(net, a, 0, 2,
				  a ? "198.18.0.2:4001" : "198.18.0.1:4001",
				  NET_NO_NAT, 10);
		ck_assert_int_eq(0,
				 ua_ice_comp_drop(ice_of(a), net->now, 0, 2));
	}

	icenet_meet(net);
	icenet_talk(net, 3000);
	forget_events();
	i = net->nsent;
	icenet_restart_call(net, 0);
	icenet_run(net, 5000);
	all_is_well(1);

	for (a = 0; a < 2; a++) {
		ev = icenet_event(net, a, UA_ICE_EVENT_NOMINATED);
		ck_assert_ptr_nonnull(ev);
		ck_assert(ev->all);
	}

	for (; i < net->nsent; i++)
		ck_assert_uint_eq(4000, net->sentv[i].to.port);
}
END_TEST


START_TEST(restart_during_restart)
{
	unsigned i;

	call_hosts();

	/* Each gives up the one before; media keeps the first path. */
	for (i = 1; i <= 5; i++) {
		ck_assert_uint_eq(i, icenet_restart(net, 0));
		icenet_run(net, 7000);
		ck_assert_uint_eq(0, icenet_lost(net));
	}

	/* One step back is all the way back. */
	ua_ice_rollback(ice_of(0), net->now);
	icenet_pump(net, 0);
	icenet_run(net, 100);
	all_is_well(0);

	icenet_restart_call(net, 0);
	ck_assert_uint_eq(6, ua_ice_gen(ice_of(0)));
	icenet_run(net, 1200);

	/* Again at once, while the one before it still answers */
	ck_assert(!ua_ice_restarting(ice_of(0)));
	icenet_restart_call(net, 1);
	icenet_run(net, 5000);
	ck_assert_uint_eq(7, ua_ice_gen(ice_of(0)));
	ck_assert(!ua_ice_restarting(ice_of(0)));
	ck_assert(!ua_ice_restarting(ice_of(1)));
	ck_assert(icenet_same_pair(net, 0, 1));
	ck_assert_uint_eq(0, icenet_lost(net));
}
END_TEST


/* _i: 0 nothing was ever told to it, 1 all, and nothing answers yet */
START_TEST(restart_before_any_path)
{
	(void)icenet_host(net, 0, 0, 1, HOST0, NET_NO_NAT, 20);
	(void)icenet_host(net, 1, 0, 1, HOST1, NET_NO_NAT, 5);
	icenet_cut(net, 0, 1, true);
	if (_i)
		icenet_meet(net);
	icenet_run(net, 3000);

	icenet_restart_call(net, 0);
	icenet_run(net, 2000);
	icenet_cut(net, 0, 1, false);
	icenet_talk(net, 3000);
	ck_assert_int_eq(0, icenet_nominated(net, 0));
	all_is_well(1);
}
END_TEST


START_TEST(rollback_with_nothing_pending)
{
	call_hosts();
	ua_ice_rollback(ice_of(0), net->now);
	icenet_pump(net, 0);
	all_is_well(0);

	/* A restart that is done is not pending, though the old one lingers.
	 */
	icenet_restart_call(net, 0);
	icenet_run(net, 1500);
	ck_assert(!ua_ice_restarting(ice_of(0)));
	ua_ice_rollback(ice_of(0), net->now);
	icenet_pump(net, 0);
	all_is_well(1);
}
END_TEST


/* It is a base of both generations, whichever goes on */
START_TEST(base_added_while_a_restart_is_pending)
{
	struct net_desc desc;
	struct ua_path path;
	unsigned i;

	call_hosts();
	net->agentv[1].refuses = !_i;
	icenet_restart_call(net, 0);
	icenet_run(net, 100);
	i = icenet_host_cost(net, 0, 0, 1, HOST0B, NET_NO_NAT, 10, 1);
	icenet_srflx(net, i);
	icenet_pump(net, 0);
	icenet_run(net, 5000);
	ck_assert_uint_eq(0, icenet_lost(net));
	all_is_well(_i ? 1 : 0);

	/* Described, and of use when the first one goes away */
	icenet_describe(net, 0, &desc);
	ck_assert_uint_eq(2, desc.ncand);
	net->agentv[1].refuses = false;
	icenet_restart_call(net, 0);
	icenet_run(net, 5000);
	icenet_down(net, 0);
	ck_assert_int_eq(0, ua_ice_media(ice_of(0), 0, 1, &path));
	ck_assert_uint_eq(net->ifv[i].base, path.base);
}
END_TEST


START_TEST(base_removed_while_a_restart_is_pending)
{
	const struct ua_ice_event *ev;
	struct net_desc desc;
	struct ua_path path;
	unsigned i;

	(void)icenet_host(net, 0, 0, 1, HOST0, NET_NO_NAT, 20);
	(void)icenet_host(net, 1, 0, 1, HOST1, NET_NO_NAT, 5);
	i = icenet_host_cost(net, 0, 0, 1, HOST0B, NET_NO_NAT, 10, 1);
	icenet_meet(net);
	icenet_talk(net, 3000);
	ck_assert_int_eq(0, ua_ice_media(ice_of(0), 0, 1, &path));
	ck_assert_uint_eq(0, path.base);

	/* The selected one: the spare of the old generation in the same tick
	 */
	net->agentv[1].refuses = !_i;
	icenet_restart_call(net, 0);
	icenet_run(net, 100);
	forget_events();
	icenet_down(net, 0);
	ck_assert_int_eq(0, ua_ice_media(ice_of(0), 0, 1, &path));
	ck_assert_uint_eq(net->ifv[i].base, path.base);
	ev = icenet_event(net, 0, UA_ICE_EVENT_MEDIA_PATH);
	ck_assert_ptr_nonnull(ev);
	ck_assert_uint_eq(net->now, ev->since_ms);

	icenet_run(net, 12000);
	all_is_well(_i ? 1 : 0);
	icenet_describe(net, 0, &desc);
	ck_assert_uint_eq(1, desc.ncand);
}
END_TEST


/* Forty networks in one call, of which an agent has sixteen at a time */
START_TEST(bases_come_and_go_over_generations)
{
	unsigned round;

	call_hosts();

	for (round = 0; round < 40; round++) {
		const unsigned old = round ? net->nif - 1 : 0;
		struct ua_path path;
		char addr[32];
		unsigned i;

		(void)snprintf(addr, sizeof(addr), "198.18.1.%u:4000",
			       round + 1);
		icenet_restart_call(net, 0);
		i = icenet_host(net, 0, 0, 1, addr, NET_NO_NAT, 20);
		icenet_pump(net, 0);
		icenet_run(net, 3000);
		icenet_down(net, old);
		icenet_run(net, 4000);
		icenet_count_media(net);
		icenet_run(net, 500);
		ck_assert_uint_eq(0, icenet_lost(net));
		ck_assert(icenet_same_pair(net, 0, 1));
		ck_assert_int_eq(0, ua_ice_media(ice_of(0), 0, 1, &path));
		ck_assert_uint_eq(net->ifv[i].base, path.base);
		ck_assert(ua_addr_eq(&net->ifv[i].addr, &path.local));
	}
}
END_TEST


/* Both generations need the permission; one answer serves both. */
START_TEST(permissions_reach_both_generations)
{
	const struct ua_addr peer = icenet_addr(HOST1);

	(void)icenet_relay(net, 0, 0, 1, RELAY0, 20);
	(void)icenet_host(net, 1, 0, 1, HOST1, NET_NO_NAT, 5);
	icenet_meet(net);
	icenet_talk(net, 3000);
	ck_assert_int_eq(1, icenet_nominated(net, 0));
	forget_events();
	icenet_restart_call(net, 0);
	icenet_run(net, 1020);
	ck_assert_uint_eq(1, icenet_count(net, 0, UA_ICE_EVENT_PERMIT));
	ck_assert(ua_ice_restarting(ice_of(0)));

	if (_i) {
		/* Denied: neither has a way any more. */
		ua_ice_verdict(ice_of(0), net->now, 0, &peer, EACCES);
		icenet_pump(net, 0);
		icenet_run(net, 10);
		ck_assert_int_eq(ENOTCONN, ua_ice_media(ice_of(0), 0, 1,
							&net->mediav[0].path));
		return;
	}

	icenet_run(net, 3000);
	ck_assert_uint_eq(1, icenet_count(net, 0, UA_ICE_EVENT_CHANNEL));
	all_is_well(1);
}
END_TEST


/* The new generation finds nothing; the old one knows its way all the while */
START_TEST(failed_generation_leaves_the_old_one)
{
	struct net_desc desc;
	unsigned i;

	call_hosts();
	(void)icenet_restart(net, 0);
	(void)icenet_restart(net, 1);
	icenet_describe(net, 1, &desc);
	for (i = 0; i < desc.ncand; i++)
		desc.candv[i].addr.port++;
	ck_assert_int_eq(0, icenet_take(net, 0, &desc, 1));
	icenet_pump(net, 0);
	icenet_run(net, MIN_MS);

	ck_assert_ptr_nonnull(icenet_event(net, 0, UA_ICE_EVENT_NO_PATH_YET));
	ck_assert_uint_eq(1, icenet_count(net, 0, UA_ICE_EVENT_FAILED));
	ck_assert_uint_eq(0, icenet_lost(net));
	ck_assert(ua_ice_restarting(ice_of(0)));
	ck_assert_ptr_null(icenet_event(net, 0, UA_ICE_EVENT_CONSENT_LOST));

	for (i = 0; i < 2; i++) {
		ua_ice_rollback(ice_of(i), net->now);
		icenet_pump(net, i);
	}

	icenet_run(net, 10000);
	all_is_well(0);
}
END_TEST


/* The path dies under a restart that is slow: its end is told, too */
START_TEST(old_generation_loses_its_consent)
{
	struct ua_path path;
	unsigned i;

	call_hosts();
	net->signal_ms = 20000;
	icenet_restart_call(net, 0);
	icenet_cut(net, 0, 1, true);
	i = icenet_host_cost(net, 0, 0, 1, HOST0B, NET_NO_NAT, 10, 1);
	icenet_pump(net, 0);
	icenet_run(net, 39000);
	ck_assert_uint_eq(1, icenet_count(net, 0, UA_ICE_EVENT_CONSENT_LOST));
	ck_assert_ptr_nonnull(icenet_event(net, 0, UA_ICE_EVENT_SUSPECT));
	ck_assert_int_eq(ENOTCONN, ua_ice_media(ice_of(0), 0, 1, &path));

	/* The answer: media takes the new one */
	icenet_run(net, 5000);
	ck_assert_int_eq(0, ua_ice_media(ice_of(0), 0, 1, &path));
	ck_assert_uint_eq(net->ifv[i].base, path.base);
	all_is_well(1);
}
END_TEST


/*
 * The new path works, but its nomination got lost on the way (a NAT rebooted
 * meanwhile): when the old path has gone there is no way back to it.
 */
START_TEST(restart_ends_with_the_old_path)
{
	const struct net_req req = { .from = PEER,
				     .controlling = true,
				     .tie_breaker = UINT64_MAX };
	const struct net_sent *done = NULL;
	struct ua_path path;
	unsigned i;

	net->agentv[0].conf.controlling = false;
	(void)icenet_host(net, 0, 0, 1, HOST, NET_NO_NAT, 5);
	take_peer("peer", NET_PEER_PWD, 0);
	(void)ua_ice_gathered(ice_of(0), net->now);
	{
		const struct net_req nominate = { .from = PEER,
						  .controlling = true,
						  .tie_breaker = UINT64_MAX,
						  .nominate = true };

		answer_peer();
		ck_assert_int_eq(0, icenet_peer_request(net, 0, &nominate));
		ck_assert_int_eq(0, icenet_nominated(net, 0));
	}

	(void)icenet_restart(net, 0);
	(void)icenet_host(net, 0, 0, 1, "192.168.1.2:4000", NET_NO_NAT, 5);
	take_peer("peer", NET_PEER_PWD, 1);
	ck_assert_int_eq(0, icenet_peer_request(net, 1, &req));

	/* The peer consents to base 1 in the new generation, to nothing else
	 */
	for (i = 0; i < 400; i++) {
		const struct net_sent *sent = icenet_last(net, PEER);

		if (sent != done && sent->base == 1)
			(void)icenet_peer_answer(net, sent, 0, NULL, NULL);

		done = sent;
		icenet_run(net, 100);
	}

	ck_assert_int_eq(0, ua_ice_media(ice_of(0), 0, 1, &path));
	ck_assert_uint_eq(1, path.base);
	ck_assert(!ua_ice_restarting(ice_of(0)));
	ua_ice_rollback(ice_of(0), net->now);
	ck_assert_uint_eq(1, ua_ice_gen(ice_of(0)));
	ck_assert_int_eq(0, ua_ice_media(ice_of(0), 0, 1, &path));
}
END_TEST


/* A suspect path of before is no better than one that is valid. */
START_TEST(valid_path_replaces_a_suspect_of_before)
{
	struct ua_path path;

	(void)icenet_host(net, 0, 0, 1, HOST0, NET_NO_NAT, 20);
	(void)icenet_host(net, 1, 0, 1, HOST1, NET_NO_NAT, 5);
	icenet_meet(net);
	icenet_talk(net, 12000);
	(void)icenet_host_cost(net, 0, 0, 1, HOST0B, NET_NO_NAT, 10, 1);
	icenet_pump(net, 0);
	icenet_cut(net, 0, 1, true);
	icenet_run(net, 1100);
	icenet_restart_call(net, 0);
	icenet_run(net, 1000 + 200);
	ck_assert_int_eq(0, ua_ice_media(ice_of(0), 0, 1, &path));
	ck_assert_uint_eq(1, path.base);
	icenet_run(net, 5000);
	all_is_well(1);
}
END_TEST


Suite *ua_suite_ice_restart(void)
{
	Suite *s = suite_create("ice_restart");
	TCase *tc = tcase_create("restart");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 60);
	tcase_add_loop_test(tc, restart_keeps_old_media, 0, 2);
	tcase_add_test(tc, slow_restart_keeps_consent);
	tcase_add_test(tc, both_generations_are_answered_for_3_s);
	tcase_add_loop_test(tc, restart_glare_or_refusal_rolls_back, 0, 2);
	tcase_add_test(tc, restart_answered_without_ice_keeps_the_pair);
	tcase_add_test(tc, answer_of_an_old_generation_is_dropped);
	tcase_add_loop_test(tc, one_changed_credential_is_a_restart, 0, 2);
	tcase_add_loop_test(tc, roles_survive_restart, 0, 4);
	tcase_add_test(tc, dropped_component_stays_dropped);
	tcase_add_test(tc, restart_during_restart);
	tcase_add_loop_test(tc, restart_before_any_path, 0, 2);
	tcase_add_test(tc, rollback_with_nothing_pending);
	tcase_add_loop_test(tc, base_added_while_a_restart_is_pending, 0, 2);
	tcase_add_loop_test(tc, base_removed_while_a_restart_is_pending, 0, 2);
	tcase_add_test(tc, bases_come_and_go_over_generations);
	tcase_add_loop_test(tc, permissions_reach_both_generations, 0, 2);
	tcase_add_test(tc, failed_generation_leaves_the_old_one);
	tcase_add_test(tc, old_generation_loses_its_consent);
	tcase_add_test(tc, restart_ends_with_the_old_path);
	tcase_add_test(tc, valid_path_replaces_a_suspect_of_before);
	suite_add_tcase(s, tc);

	return s;
}
