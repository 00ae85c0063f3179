/* SPDX-License-Identifier: BSD-3-Clause */
/** @file test_ice.c  The agent: descriptions, order and pace of checks */

#include <check.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/re_compat.h"
#include "base/wr.h"
#include "stun/stun.h"
#include "icenet.h"
#include "oom.h"

Suite *ua_suite_ice(void);

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


/* One host, and a peer played by the test at one address */
static void lone(void)
{
	static const char *const addrv[] = { PEER, NULL };

	(void)icenet_host(net, 0, 0, 1, HOST, NET_NO_NAT, 5);
	ck_assert_int_eq(0, icenet_peer(net, NULL, addrv));
}


static const char *state_of(const char *remote)
{
	struct ua_ice_pair pair;

	ck_assert_int_ge(icenet_pair(net, 0, 0, remote, &pair), 0);
	return pair.state;
}


static void two_hosts(void)
{
	(void)icenet_host(net, 0, 0, 1, "192.168.1.1:4000", NET_NO_NAT, 5);
	(void)icenet_host(net, 1, 0, 1, "192.168.1.2:4000", NET_NO_NAT, 5);
}


START_TEST(two_hosts_connect_in_one_round_trip)
{
	const uint64_t t0 = net->now;
	unsigned a;

	two_hosts();
	icenet_meet(net);
	icenet_run(net, 3000);

	for (a = 0; a < 2; a++) {
		const struct ua_ice_event *ev =
			icenet_event(net, a, UA_ICE_EVENT_MEDIA_PATH);

		ck_assert_ptr_nonnull(ev);
		ck_assert_uint_eq(t0 + 20, ev->since_ms);
		ck_assert_int_eq(0, icenet_nominated(net, a));
		ck_assert_uint_eq(
			1, icenet_count(net, a, UA_ICE_EVENT_MEDIA_PATH));
		ck_assert_uint_eq(20, ua_ice_connect_ms(net->agentv[a].ice));
	}

	ck_assert(icenet_same_pair(net, 0, 1));
}
END_TEST


/* _i: one way, up to a satellite's; many Ta long */
START_TEST(checks_do_not_chase_each_other)
{
	static const uint32_t delayv[] = { 10, 25, 60, 150, 300, 600 };
	const uint32_t rtt_ms = 4 * delayv[_i];
	const uint64_t t0 = net->now;
	unsigned a;

	(void)icenet_host(net, 0, 0, 1, "192.168.1.1:4000", NET_NO_NAT,
			  delayv[_i]);
	(void)icenet_host(net, 1, 0, 1, "192.168.1.2:4000", NET_NO_NAT,
			  delayv[_i]);
	icenet_meet(net);
	icenet_run(net, 10000);

	for (a = 0; a < 2; a++) {
		const struct ua_ice_event *ev =
			icenet_event(net, a, UA_ICE_EVENT_PAIR_VALID);

		ck_assert_ptr_nonnull(ev);
		ck_assert_uint_eq(t0 + rtt_ms, ev->since_ms);

		/* First, triggered, nomination, two keepalives, repeats */
		ck_assert_uint_le(icenet_requests(net, a, NULL), 10);
	}
}
END_TEST


START_TEST(asymmetric_answer_fails_the_pair)
{
	struct ua_ice_pair pair;

	lone();
	ck_assert_str_eq("PROGRESS", state_of(PEER));
	ck_assert_int_eq(0, icenet_peer_answer(net, icenet_last(net, PEER), 0,
					       "192.168.1.9:9001", NULL));
	ck_assert_int_ge(icenet_pair(net, 0, 0, PEER, &pair), 0);
	ck_assert_str_eq("FAILED", pair.state);
	ck_assert_str_eq("answer came another way", pair.reason);
	ck_assert(!pair.valid);
	ck_assert_ptr_null(icenet_event(net, 0, UA_ICE_EVENT_PAIR_VALID));
}
END_TEST


START_TEST(answer_on_another_base_fails_the_pair)
{
	static const char *const addrv[] = { PEER, NULL };
	const struct net_sent *sent;
	struct net_sent wrong;
	struct ua_ice_pair pair;

	(void)icenet_host(net, 0, 0, 1, HOST, NET_NO_NAT, 5);
	(void)icenet_host(net, 0, 0, 1, "10.0.0.1:4001", NET_NO_NAT, 5);
	ck_assert_int_eq(0, icenet_peer(net, NULL, addrv));

	sent = icenet_last(net, PEER);
	wrong = *sent;
	wrong.base = !sent->base;
	ck_assert_int_eq(0, icenet_peer_answer(net, &wrong, 0, NULL, NULL));
	ck_assert_int_ge(icenet_pair(net, 0, 4000, PEER, &pair), 0);
	ck_assert_str_eq("FAILED", pair.state);
}
END_TEST


START_TEST(unauthenticated_answer_is_ignored)
{
	const struct net_sent *sent;
	const struct ua_addr peer = icenet_addr(PEER);
	const struct ua_addr mapped = icenet_addr(HOST);
	uint8_t buf[200];
	struct ua_wr wr;
	int i;

	lone();
	sent = icenet_last(net, PEER);

	/* Wrong key; right key without FINGERPRINT; no integrity at all;
	 * an error that anybody may forge */
	for (i = 0; i < 4; i++) {
		const char *key = i == 1 ? NET_PEER_PWD : "wrong";

		ua_wr_init(&wr, buf, sizeof(buf));
		ua_stun_begin(&wr, i == 3 ? UA_STUN_ERROR : UA_STUN_SUCCESS,
			      UA_STUN_BINDING, sent->tid);
		if (i == 3)
			ua_stun_put_error(&wr, 400, "Bad Request");
		else
			ua_stun_put_addr(&wr, UA_STUN_XOR_MAPPED_ADDRESS,
					 &mapped);
		ck_assert_int_eq(
			0,
			ua_stun_end(&wr, i >= 2 ? NULL : (const uint8_t *)key,
				    strlen(key), i != 1));
		ck_assert_int_eq(EACCES,
				 icenet_inject(net, 0, &peer, buf, wr.pos));
		ck_assert_str_eq("PROGRESS", state_of(PEER));
	}

	ck_assert_int_eq(0, icenet_peer_answer(net, sent, 0, NULL, NULL));
	ck_assert_str_eq("SUCCEEDED", state_of(PEER));
}
END_TEST


START_TEST(unknown_answer_is_for_somebody_else)
{
	struct net_sent sent;

	lone();
	sent = *icenet_last(net, PEER);
	sent.tid[0] ^= 1;
	ck_assert_int_eq(ENOENT,
			 icenet_peer_answer(net, &sent, 0, NULL, NULL));
}
END_TEST


START_TEST(required_unknown_attribute_gets_420)
{
	const struct net_req req = { .from = "192.0.2.77:7777",
				     .attr = 0x7ff0 };
	struct ua_ice_pair pair;
	struct ua_dgram dg;
	struct ua_path path = { .base = 0 };

	lone();
	ck_assert_int_eq(0, icenet_peer_request(net, 0, &req));
	ck_assert_ptr_nonnull(icenet_last_of(net, req.from, UA_STUN_ERROR));
	ck_assert_ptr_null(icenet_last_of(net, req.from, UA_STUN_SUCCESS));
	ck_assert_int_lt(icenet_pair(net, 0, 0, req.from, &pair), 0);

	/* Optional ones are passed over. */
	{
		const struct net_req ok = { .from = "192.0.2.77:7777",
					    .attr = 0xfff0 };

		ck_assert_int_eq(0, icenet_peer_request(net, 0, &ok));
		ck_assert_ptr_nonnull(
			icenet_last_of(net, ok.from, UA_STUN_SUCCESS));
	}

	path.remote = icenet_addr("192.0.2.77:7777");
	ck_assert(ua_ice_accepts(ice0(), 0, 1, &path));
	ck_assert(!ua_ice_output(ice0(), net->now, &dg));
}
END_TEST


static void ten_pairs(unsigned pacing_ms)
{
	static const char *const addrv[] = { "192.168.1.10:9000",
					     "192.168.1.11:9000",
					     "192.168.1.12:9000",
					     "192.168.1.13:9000",
					     "192.168.1.14:9000",
					     "192.168.1.15:9000",
					     "192.168.1.16:9000",
					     "192.168.1.17:9000",
					     "192.168.1.18:9000",
					     "192.168.1.19:9000",
					     NULL };
	const struct ua_ice_peer peer = { .pacing_ms = (uint16_t)pacing_ms };

	(void)icenet_host(net, 0, 0, 1, HOST, NET_NO_NAT, 5);
	ck_assert_int_eq(0, icenet_peer(net, &peer, addrv));
}


START_TEST(checks_start_at_zero_one_ta_apart)
{
	const unsigned pacing_ms = _i == 1 ? 50 : 0;
	const unsigned ta = _i ? 50 : 20;
	const uint64_t t0 = net->now;
	unsigned i;

	net->agentv[0].conf.rfc_strict = _i == 2;
	ten_pairs(pacing_ms);
	icenet_run(net, 499);

	for (i = 0; i < net->nsent; i++) {
		char addr[UA_ADDR_LEN];

		ck_assert_uint_eq(t0 + (uint64_t)i * ta, net->sentv[i].at);
		ck_assert_uint_eq(
			10 + i, strtoul(ua_addr_str(&net->sentv[i].to, addr) +
						strlen("192.168.1."),
					NULL, 10));
	}

	ck_assert_uint_eq(10, net->nsent);
}
END_TEST


START_TEST(triggered_goes_before_ordinary)
{
	const struct net_req req = { .from = "192.168.1.19:9000" };

	ten_pairs(0);
	icenet_run(net, 10);
	ck_assert_uint_eq(1, icenet_requests(net, 0, NULL));

	ck_assert_int_eq(0, icenet_peer_request(net, 0, &req));
	icenet_run(net, 10);
	ck_assert_uint_eq(2, icenet_requests(net, 0, NULL));
	ck_assert_uint_eq(1, icenet_requests(net, 0, req.from));
}
END_TEST


/* libre's icem checks one pair at a time: 31.7 s in this place */
START_TEST(dead_pairs_do_not_delay_a_live_one)
{
	const uint64_t t0 = net->now;
	const struct ua_ice_event *ev;

	two_hosts();
	ck_assert_int_eq(0, ua_ice_gathered(ice0(), net->now));
	ck_assert_int_eq(0, ua_ice_gathered(net->agentv[1].ice, net->now));

	/* The live one is the fifth of agent 0, and agent 1 only answers. */
	{
		const struct ua_ice *ice1 = net->agentv[1].ice;
		const struct ua_ice_peer peer = { .ice2 = true };
		struct ua_ice_cand cand;
		unsigned i;

		ck_assert_int_eq(0,
				 ua_ice_remote_set(ice0(), net->now,
						   ua_ice_ufrag(ice1),
						   ua_ice_pwd(ice1), &peer));
		ck_assert_int_eq(0, ua_ice_local(ice1, 0, &cand));
		ck_assert_int_eq(0,
				 ua_ice_remote_cand(ice0(), net->now, &cand));
		for (i = 0; i < 4; i++) {
			cand.addr.ip[3] = (uint8_t)(100 + i);
			cand.prio += 256;
			ck_assert_int_eq(0, ua_ice_remote_cand(
						    ice0(), net->now, &cand));
		}
		ck_assert_int_eq(0, ua_ice_remote_end(ice0(), net->now));
	}

	icenet_pump(net, 0);
	icenet_run(net, 1000);
	ev = icenet_event(net, 0, UA_ICE_EVENT_PAIR_VALID);
	ck_assert_ptr_nonnull(ev);
	ck_assert_uint_eq(t0 + 4 * 20 + 20, ev->since_ms);
}
END_TEST


START_TEST(both_ends_sort_alike)
{
	struct ua_ice_pair p, q;
	size_t i, k;
	unsigned n = 0;

	for (i = 0; i < 5; i++) {
		char addr[32];

		(void)re_snprintf(addr, sizeof(addr), "198.18.0.%zu:4000",
				  i + 1);
		(void)icenet_host(net, i >= 2, 0, 1, addr, NET_NO_NAT, 5);
		net->ifv[i].down = true;
	}

	icenet_meet(net);

	for (i = 0; !ua_ice_pair(ice0(), i, &p); i++) {
		for (k = 0; !ua_ice_pair(net->agentv[1].ice, k, &q); k++) {
			if (!ua_addr_eq(&p.local.addr, &q.remote.addr) ||
			    !ua_addr_eq(&p.remote.addr, &q.local.addr))
				continue;

			ck_assert(p.prio == q.prio);
			++n;
		}
	}

	ck_assert_uint_eq(6, n);
}
END_TEST


START_TEST(families_and_scopes_do_not_mix)
{
	static const char *const localv[] = { "192.168.1.1:4000",
					      "[2001:db8::1]:4000",
					      "[fe80::1%2]:4000",
					      "[fe80::1%3]:4000" };
	static const char *const addrv[] = { "192.168.1.9:9000",
					     "[2001:db8::9]:9000",
					     "[fe80::9]:9000", NULL };
	struct ua_ice_pair p;
	size_t i;
	unsigned ll = 0;

	for (i = 0; i < 4; i++)
		(void)icenet_host(net, 0, 0, 1, localv[i], NET_NO_NAT, 5);
	ck_assert_int_eq(0, icenet_peer(net, NULL, addrv));
	icenet_run(net, 200);

	for (i = 0; !ua_ice_pair(ice0(), i, &p); i++) {
		ck_assert_uint_eq(p.local.addr.af, p.remote.addr.af);
		ck_assert_int_eq(ua_addr_is_linklocal(&p.local.addr),
				 ua_addr_is_linklocal(&p.remote.addr));
		ll += ua_addr_is_linklocal(&p.local.addr);
	}

	ck_assert_uint_eq(4, i);
	ck_assert_uint_eq(2, ll);

	/* Each leaves by its own link. */
	ck_assert_ptr_nonnull(icenet_last(net, "[fe80::9%2]:9000"));
	ck_assert_ptr_nonnull(icenet_last(net, "[fe80::9%3]:9000"));
}
END_TEST


static void at_home(unsigned agent, int nat)
{
	const unsigned i = icenet_host(
		net, agent, 0, 1,
		agent ? "192.168.2.2:4000" : "192.168.1.2:4000", nat, 5);

	icenet_srflx(net, i);
}


START_TEST(likely_pair_goes_first)
{
	const bool apart = _i == 0;
	const struct ua_addr priv = icenet_addr("192.168.2.2:4000");
	unsigned a, i;

	(void)icenet_nat(net, NET_EIM, NET_APDF, "203.0.113.1:0");
	(void)icenet_nat(net, NET_EIM, NET_APDF, "203.0.113.2:0");
	at_home(0, 0);
	at_home(1, apart ? 1 : 0);
	net->ifv[0].down = true;
	net->ifv[1].down = true;
	icenet_meet(net);
	icenet_run(net, 100);

	/* Apart: host to srflx first at both ends; else host to host. */
	for (a = 0; a < 2; a++) {
		for (i = 0; net->sentv[i].agent != a; i++)
			;
		ck_assert_int_eq(!apart,
				 ua_addr_is_private(&net->sentv[i].to));
	}

	ck_assert(ua_addr_is_private(&priv));
	ck_assert_uint_eq(2, icenet_requests(net, 0, NULL));
}
END_TEST


START_TEST(second_component_missing_at_peer)
{
	const struct ua_ice_event *ev;

	net->agentv[0].conf.ncomp = 2;
	(void)icenet_host(net, 0, 0, 1, "198.18.0.1:4000", NET_NO_NAT, 5);
	(void)icenet_host(net, 0, 0, 2, "198.18.0.1:4001", NET_NO_NAT, 5);
	(void)icenet_host(net, 1, 0, 1, "198.18.0.2:4000", NET_NO_NAT, 5);

	/* Agent 1 refuses what it does not have. */
	ck_assert_int_eq(0, ua_ice_gathered(ice0(), net->now));
	ck_assert_int_eq(0, ua_ice_gathered(net->agentv[1].ice, net->now));
	ck_assert_int_eq(0, icenet_tell(net, 1));
	ck_assert_int_eq(EINVAL, icenet_tell(net, 0));
	ck_assert_int_eq(0, ua_ice_remote_end(net->agentv[1].ice, net->now));
	icenet_run(net, 2000);

	ev = icenet_event(net, 0, UA_ICE_EVENT_NOMINATED);
	ck_assert_ptr_nonnull(ev);
	ck_assert(ev->all);
}
END_TEST


START_TEST(rtcp_mux_drops_the_second_component)
{
	const struct ua_ice_event *ev;
	struct ua_path path;
	unsigned a, c;

	net->agentv[0].conf.ncomp = 2;
	net->agentv[1].conf.ncomp = 2;

	for (a = 0; a < 2; a++) {
		for (c = 1; c <= 2; c++) {
			char addr[32];

			(void)re_snprintf(addr, sizeof(addr), "198.18.0.%u:%u",
					  a + 1, 4000 + c);
			(void)icenet_host(net, a, 0, (uint16_t)c, addr,
					  NET_NO_NAT, 5);
		}
	}

	icenet_meet(net);
	icenet_run(net, 5);
	for (a = 0; a < 2; a++)
		ck_assert_int_eq(0, ua_ice_comp_drop(net->agentv[a].ice,
						     net->now, 0, 2));
	icenet_run(net, 2000);

	for (a = 0; a < 2; a++) {
		ev = icenet_event(net, a, UA_ICE_EVENT_NOMINATED);
		ck_assert_ptr_nonnull(ev);
		ck_assert(ev->all);
		ck_assert_int_eq(ENOTCONN, ua_ice_media(net->agentv[a].ice, 0,
							2, &path));
	}
}
END_TEST


START_TEST(two_components_and_two_streams_complete)
{
	unsigned a, s, c;

	for (a = 0; a < 2; a++) {
		net->agentv[a].conf.ncomp = 2;
		net->agentv[a].conf.nstream = 2;
	}

	for (a = 0; a < 2; a++) {
		for (s = 0; s < 2; s++) {
			for (c = 1; c <= 2; c++) {
				char addr[32];

				(void)re_snprintf(addr, sizeof(addr),
						  "198.18.0.%u:%u", a + 1,
						  4000 + 2 * s + c);
				(void)icenet_host(net, a, (uint16_t)s,
						  (uint16_t)c, addr,
						  NET_NO_NAT, 20);
			}
		}
	}

	icenet_meet(net);
	icenet_run(net, 1000);

	for (s = 0; s < 2; s++) {
		for (c = 1; c <= 2; c++)
			ck_assert(icenet_same_pair(net, (uint16_t)s,
						   (uint16_t)c));
	}

	for (a = 0; a < 2; a++)
		ck_assert_uint_eq(
			4, icenet_count(net, a, UA_ICE_EVENT_NOMINATED));
}
END_TEST


START_TEST(rto_follows_open_checks)
{
	static const unsigned openv[] = { 2, 40, 90 };
	static const unsigned wantv[] = { 500, 800, 1000 };
	const unsigned n = openv[_i];
	uint64_t at[2] = { 0, 0 };
	const struct net_sent *first;
	unsigned i, k, seen = 0;

	/* Few addresses of many ports, as 8 candidates share an IP */
	net->agentv[0].conf.ta_ms = 20;
	for (i = 0; i < (n > 60 ? 2U : 1U); i++) {
		char addr[32];

		(void)re_snprintf(addr, sizeof(addr), "192.168.1.%u:4000",
				  i + 1);
		(void)icenet_host(net, 0, 0, 1, addr, NET_NO_NAT, 5);
	}

	(void)ua_ice_gathered(ice0(), net->now);
	{
		const struct ua_ice_peer peer = { .ice2 = true };

		ck_assert_int_eq(0, ua_ice_remote_set(ice0(), net->now, "peer",
						      NET_PEER_PWD, &peer));
	}
	k = n > 60 ? n / 2 : n;
	for (i = 0; i < k; i++) {
		char addr[32];

		(void)re_snprintf(addr, sizeof(addr), "192.168.2.%u:9000",
				  i + 1);
		ck_assert_int_eq(0, icenet_peer_cand(net, addr, UA_ICE_HOST,
						     2000000000 - i));
	}
	ck_assert_int_eq(0, ua_ice_remote_end(ice0(), net->now));
	icenet_pump(net, 0);
	icenet_run(net, 2500);

	first = &net->sentv[0];
	for (i = 0; i < net->nsent && seen < 2; i++) {
		if (!memcmp(net->sentv[i].tid, first->tid, 12))
			at[seen++] = net->sentv[i].at;
	}

	ck_assert_uint_eq(2, seen);
	ck_assert_uint_eq(wantv[_i], at[1] - at[0]);
}
END_TEST


START_TEST(send_error_is_not_the_end)
{
	struct ua_ice_pair pair;

	two_hosts();
	net->agentv[0].send_err = EPERM;
	icenet_meet(net);
	icenet_run(net, 700);
	ck_assert_int_ge(icenet_pair(net, 0, 0, "192.168.1.2:4000", &pair), 0);
	ck_assert_int_eq(EPERM, pair.code);
	ck_assert_str_ne("FAILED", pair.state);

	net->agentv[0].send_err = 0;
	icenet_run(net, 1500);
	ck_assert_int_eq(0, icenet_nominated(net, 0));
	ck_assert(icenet_same_pair(net, 0, 1));
}
END_TEST


START_TEST(all_failed_waits_for_pac)
{
	static const char *const addrv[] = { PEER, "192.168.1.8:9000", NULL };
	const uint64_t t0 = net->now;
	const struct ua_ice_event *ev;
	struct ua_ice_pair pair;
	size_t i;

	(void)icenet_host(net, 0, 0, 1, HOST, NET_NO_NAT, 5);
	ck_assert_int_eq(0, icenet_peer(net, NULL, addrv));
	icenet_run(net, 60000);

	ev = icenet_event(net, 0, UA_ICE_EVENT_NO_PATH_YET);
	ck_assert_ptr_nonnull(ev);
	ck_assert_uint_eq(t0 + 10000, ev->since_ms);
	ev = icenet_event(net, 0, UA_ICE_EVENT_FAILED);
	ck_assert_ptr_nonnull(ev);
	ck_assert_uint_eq(t0 + 39500, ev->since_ms);
	ck_assert_str_eq("no answer", ev->why);

	for (i = 0; !ua_ice_pair(ice0(), i, &pair); i++) {
		ck_assert_str_eq("FAILED", pair.state);
		ck_assert_str_eq("no answer", pair.reason);
	}

	/* At rest; till then both took turns, twice a second */
	ck_assert(ua_ice_deadline(ice0()) == UA_NEVER);
	ck_assert_uint_ge(icenet_requests(net, 0, PEER), 39);
	ck_assert_uint_le(icenet_requests(net, 0, PEER), 80);
	ck_assert_uint_ge(icenet_requests(net, 0, "192.168.1.8:9000"), 39);
	ck_assert_uint_le(icenet_requests(net, 0, NULL), 160);
}
END_TEST


/* The lid was closed before there was a path: nobody is judged asleep */
START_TEST(suspend_before_any_path_is_no_end)
{
	static const char *const addrv[] = { PEER, NULL };
	unsigned sent;

	(void)icenet_host(net, 0, 0, 1, HOST, NET_NO_NAT, 5);
	ck_assert_int_eq(0, icenet_peer(net, NULL, addrv));
	icenet_run(net, 3000);
	net->now += 600000;
	sent = icenet_requests(net, 0, PEER);
	icenet_run(net, 4900);
	ck_assert_ptr_null(icenet_event(net, 0, UA_ICE_EVENT_FAILED));
	ck_assert_uint_ge(icenet_requests(net, 0, PEER), sent + 2);
	icenet_run(net, 200);
	ck_assert_ptr_nonnull(icenet_event(net, 0, UA_ICE_EVENT_FAILED));
	ck_assert(ua_ice_deadline(ice0()) == UA_NEVER);
}
END_TEST


START_TEST(late_peer_revives_what_failed)
{
	two_hosts();
	(void)ua_ice_gathered(ice0(), net->now);
	ck_assert_int_eq(0, icenet_tell(net, 1));
	net->ifv[1].down = true;
	icenet_run(net, 45000);
	ck_assert_ptr_nonnull(icenet_event(net, 0, UA_ICE_EVENT_FAILED));

	net->ifv[1].down = false;
	(void)ua_ice_gathered(net->agentv[1].ice, net->now);
	ck_assert_int_eq(0, icenet_tell(net, 0));
	icenet_run(net, 1000);
	ck_assert_int_eq(0, icenet_nominated(net, 0));
	ck_assert(icenet_same_pair(net, 0, 1));
}
END_TEST


START_TEST(slow_answer_still_connects)
{
	const struct ua_ice_event *ev;
	uint64_t t0;

	/* Agent 1 has the offer and checks; agent 0 has nothing for 9 s. */
	(void)icenet_nat(net, NET_EIM, NET_APDF, "203.0.113.1:0");
	(void)icenet_nat(net, NET_EIM, NET_APDF, "203.0.113.2:0");
	at_home(0, 0);
	at_home(1, 1);
	(void)ua_ice_gathered(ice0(), net->now);
	(void)ua_ice_gathered(net->agentv[1].ice, net->now);
	ck_assert_int_eq(0, icenet_tell(net, 0));
	icenet_run(net, 9000);

	t0 = net->now;
	ck_assert_int_eq(0, icenet_tell(net, 1));
	icenet_run(net, 2000);
	ev = icenet_event(net, 0, UA_ICE_EVENT_MEDIA_PATH);
	ck_assert_ptr_nonnull(ev);
	ck_assert_uint_le(ev->since_ms, t0 + 20 + 2 * 20);
}
END_TEST


START_TEST(late_relay_is_learnt_as_prflx)
{
	unsigned relay;

	/* Direct is blocked, TURN is 2 s late, and the peer cannot trickle. */
	(void)icenet_nat(net, NET_EIM, NET_APDF, "203.0.113.1:0");
	(void)icenet_nat(net, NET_EIM, NET_EIF, "203.0.113.2:0");
	net->natv[0].blocked = true;
	at_home(0, 0);
	at_home(1, 1);
	icenet_meet(net);
	icenet_run(net, 2000);

	/* The peer does not hear of it: it learns it as peer-reflexive. */
	relay = icenet_relay(net, 0, 0, 1, "198.51.100.7:60000", 10);
	icenet_pump(net, 0);
	ck_assert_uint_eq(2, relay);
	icenet_run(net, 5000);
	ck_assert_int_eq(1, icenet_nominated(net, 0));
	ck_assert(icenet_same_pair(net, 0, 1));
}
END_TEST


START_TEST(pruning_keeps_the_pair_with_history)
{
	struct ua_ice_pair pair;
	size_t i;

	lone();
	ck_assert_int_eq(0, icenet_peer_answer(net, icenet_last(net, PEER), 0,
					       NULL, NULL));
	ck_assert_int_eq(
		0, icenet_peer_cand(net, PEER, UA_ICE_SRFLX, 2147483647));
	icenet_run(net, 100);

	for (i = 0; !ua_ice_pair(ice0(), i, &pair); i++)
		ck_assert_str_eq("SUCCEEDED", pair.state);
	ck_assert_uint_eq(1, i);
}
END_TEST


START_TEST(address_removed_in_call)
{
	const struct ua_ice_event *ev;
	struct ua_path path;

	(void)icenet_host(net, 0, 0, 1, "198.18.0.1:4000", NET_NO_NAT, 5);
	(void)icenet_host(net, 0, 0, 1, "198.18.0.2:4000", NET_NO_NAT, 5);
	(void)icenet_host(net, 1, 0, 1, "198.18.0.9:4000", NET_NO_NAT, 30);
	icenet_meet(net);
	icenet_run(net, 3000);
	ck_assert_int_eq(0, ua_ice_media(ice0(), 0, 1, &path));
	ck_assert_uint_eq(0, path.base);

	net->ifv[0].down = true;
	net->agentv[0].nev = 0;
	ck_assert_int_eq(0, ua_ice_base_down(ice0(), net->now, 0, ENETDOWN));
	icenet_pump(net, 0);
	ev = icenet_event(net, 0, UA_ICE_EVENT_MEDIA_PATH);
	ck_assert_ptr_nonnull(ev);
	ck_assert_uint_eq(1, ev->base);
	ck_assert_uint_eq(net->now, ev->since_ms);
	ev = icenet_event(net, 0, UA_ICE_EVENT_NEED_RESTART);
	ck_assert_ptr_nonnull(ev);
	ck_assert_str_eq("selected address went away", ev->why);
	ck_assert_uint_eq(net->now, ev->since_ms);
	ck_assert_int_eq(EINVAL, ua_ice_base_down(ice0(), net->now, 9, 0));

	/* The peer follows when it is told, its old path being silent. */
	icenet_run(net, 12000);
	ck_assert(icenet_same_pair(net, 0, 1));
}
END_TEST


START_TEST(denied_permission_fails_the_pair)
{
	static const char *const addrv[] = { PEER, NULL };
	struct ua_ice_pair pair;

	(void)icenet_relay(net, 0, 0, 1, "198.51.100.7:60000", 10);
	net->ifv[0].deny = true;
	ck_assert_int_eq(0, icenet_peer(net, NULL, addrv));
	icenet_run(net, 100);
	ck_assert_int_ge(icenet_pair(net, 0, 0, PEER, &pair), 0);
	ck_assert_str_eq("FAILED", pair.state);
	ck_assert_str_eq("relay denies the peer", pair.reason);
	ck_assert_int_eq(EACCES, pair.code);
}
END_TEST


START_TEST(late_permission_repeats_the_check)
{
	static const char *const addrv[] = { PEER, "192.168.1.9:9002", NULL };

	(void)icenet_relay(net, 0, 0, 1, "198.51.100.7:60000", 100);
	ck_assert_int_eq(0, icenet_peer(net, NULL, addrv));
	ck_assert_uint_eq(1, icenet_count(net, 0, UA_ICE_EVENT_PERMIT));
	ck_assert_uint_eq(1, icenet_requests(net, 0, PEER));

	/* Granted after 200 ms: not after the RTO of 500 */
	icenet_run(net, 250);
	ck_assert_uint_eq(2, icenet_requests(net, 0, PEER));
}
END_TEST


START_TEST(description_is_told)
{
	struct ua_ice_cand cand;
	struct ua_ice *ice;
	unsigned i;

	(void)icenet_nat(net, NET_EIM, NET_APDF, "203.0.113.1:0");
	at_home(0, 0);
	(void)icenet_relay(net, 0, 0, 1, "198.51.100.7:60000", 10);
	ice = ice0();

	for (i = 0; !ua_ice_local(ice, i, &cand); i++) {
		ck_assert_uint_eq(1, cand.comp);
		ck_assert_int_eq((int)(i == 0   ? UA_ICE_HOST
				       : i == 1 ? UA_ICE_SRFLX
						: UA_ICE_RELAY),
				 (int)cand.type);
		ck_assert_int_eq(i ? UA_AF_IP4 : UA_AF_NONE, cand.raddr.af);
		ck_assert_uint_ge(strlen(cand.foundation), 1);
	}

	ck_assert_uint_eq(3, i);
	ck_assert_uint_eq(8, strlen(ua_ice_ufrag(ice)));
	ck_assert_uint_eq(24, strlen(ua_ice_pwd(ice)));
	ck_assert(ua_ice_controlling(ice));
}
END_TEST


START_TEST(agent_prints_itself_without_secrets)
{
	static char buf[8192];

	lone();
	(void)icenet_peer_cand(net, "224.0.0.1:5000", UA_ICE_HOST, 1);
	ck_assert_int_gt(
		re_snprintf(buf, sizeof(buf), "%H", ua_ice_print, ice0()), 0);
	ck_assert_ptr_nonnull(strstr(buf, "PROGRESS"));
	ck_assert_ptr_nonnull(strstr(buf, "multicast"));
	ck_assert_ptr_null(strstr(buf, ua_ice_pwd(ice0())));
	ck_assert_ptr_null(strstr(buf, NET_PEER_PWD));
}
END_TEST


START_TEST(wrong_conf_is_refused)
{
	struct ua_ice_conf conf;
	struct ua_ice *ice = NULL;

	ua_ice_conf_default(&conf);
	ck_assert_int_eq(EINVAL, ua_ice_alloc(&ice, &conf));
	conf = net->agentv[0].conf;
	conf.nstream = UA_ICE_STREAMS + 1;
	ck_assert_int_eq(EINVAL, ua_ice_alloc(&ice, &conf));
	conf = net->agentv[0].conf;
	conf.ta_ms = 1;
	ck_assert_int_eq(EINVAL, ua_ice_alloc(&ice, &conf));
	ck_assert_ptr_null(ice);
	ua_ice_free(NULL);
}
END_TEST


/* A whole call; what memory refuses costs time or a candidate, no crash */
static int scenario(void *arg)
{
	const struct icenet *n = arg;
	struct ua_ice *icev[2] = { NULL, NULL };
	const struct ua_addr addrv[2] = {
		{ .af = UA_AF_IP4, .ip = { 198, 18, 0, 1 }, .port = 4000 },
		{ .af = UA_AF_IP4, .ip = { 198, 18, 0, 2 }, .port = 4000 }
	};
	const struct ua_ice_peer peer = { .ice2 = true };
	static struct ua_dgram dg;
	struct ua_ice_event ev;
	struct ua_ice_cand cand;
	uint64_t now = 1000;
	struct ua_path path;
	uint16_t base;
	unsigned a;
	int err = 0;

	for (a = 0; a < 2 && !err; a++) {
		err = ua_ice_alloc(&icev[a], &n->agentv[a].conf);
		if (!err)
			err = ua_ice_base_add(icev[a], now, 0, 1, UA_ICE_HOST,
					      &addrv[a], 0, &base);
		if (!err)
			err = ua_ice_gathered(icev[a], now);
	}

	for (a = 0; a < 2 && !err; a++) {
		err = ua_ice_local(icev[!a], 0, &cand);
		if (!err)
			err = ua_ice_remote_set(icev[a], now,
						ua_ice_ufrag(icev[!a]),
						ua_ice_pwd(icev[!a]), &peer);
		if (!err)
			err = ua_ice_remote_cand(icev[a], now, &cand);
		if (!err)
			err = ua_ice_remote_end(icev[a], now);
	}

	for (; now < 1500 && !err; now += 5) {
		for (a = 0; a < 2; a++) {
			ua_ice_tick(icev[a], now);
			while (!err && ua_ice_output(icev[a], now, &dg)) {
				path.base = 0;
				path.remote = addrv[a];
				err = ua_ice_input(icev[!a], now, &path,
						   dg.buf, dg.len);
			}
			while (ua_ice_event(icev[a], &ev))
				;
		}
	}

	for (a = 0; a < 2 && !err; a++)
		err = ua_ice_media(icev[a], 0, 1, &path) ? ENOMEM : 0;

	ua_ice_free(icev[0]);
	ua_ice_free(icev[1]);
	return err;
}


START_TEST(failing_memory_leaks_nothing)
{
	ua_oom_walk(scenario, net);
}
END_TEST


Suite *ua_suite_ice(void)
{
	Suite *s = suite_create("ice");
	TCase *tc = tcase_create("agent");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, two_hosts_connect_in_one_round_trip);
	tcase_add_loop_test(tc, checks_do_not_chase_each_other, 0, 6);
	tcase_add_test(tc, asymmetric_answer_fails_the_pair);
	tcase_add_test(tc, answer_on_another_base_fails_the_pair);
	tcase_add_test(tc, unauthenticated_answer_is_ignored);
	tcase_add_test(tc, unknown_answer_is_for_somebody_else);
	tcase_add_test(tc, required_unknown_attribute_gets_420);
	tcase_add_loop_test(tc, checks_start_at_zero_one_ta_apart, 0, 3);
	tcase_add_test(tc, triggered_goes_before_ordinary);
	tcase_add_test(tc, dead_pairs_do_not_delay_a_live_one);
	tcase_add_test(tc, both_ends_sort_alike);
	tcase_add_test(tc, families_and_scopes_do_not_mix);
	tcase_add_loop_test(tc, likely_pair_goes_first, 0, 2);
	tcase_add_test(tc, second_component_missing_at_peer);
	tcase_add_test(tc, rtcp_mux_drops_the_second_component);
	tcase_add_test(tc, two_components_and_two_streams_complete);
	tcase_add_loop_test(tc, rto_follows_open_checks, 0, 3);
	tcase_add_test(tc, send_error_is_not_the_end);
	tcase_add_test(tc, all_failed_waits_for_pac);
	tcase_add_test(tc, suspend_before_any_path_is_no_end);
	tcase_add_test(tc, late_peer_revives_what_failed);
	tcase_add_test(tc, slow_answer_still_connects);
	tcase_add_test(tc, late_relay_is_learnt_as_prflx);
	tcase_add_test(tc, pruning_keeps_the_pair_with_history);
	tcase_add_test(tc, address_removed_in_call);
	tcase_add_test(tc, denied_permission_fails_the_pair);
	tcase_add_test(tc, late_permission_repeats_the_check);
	tcase_add_test(tc, description_is_told);
	tcase_add_test(tc, agent_prints_itself_without_secrets);
	tcase_add_test(tc, wrong_conf_is_refused);
	tcase_add_test(tc, failing_memory_leaks_nothing);
	suite_add_tcase(s, tc);

	return s;
}
