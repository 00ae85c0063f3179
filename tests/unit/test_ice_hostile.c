/* SPDX-License-Identifier: BSD-3-Clause */
/** @file test_ice_hostile.c  Hostile descriptions and packets */

#include <check.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/re_compat.h"
#include "base/wr.h"
#include "stun/stun.h"
#include "icenet.h"

Suite *ua_suite_ice_hostile(void);

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


START_TEST(bogus_addresses_are_refused)
{
	static const char *const bad[] = {
		"224.0.0.251:5353", "255.255.255.255:9000",
		"0.0.0.0:9000",     "192.168.1.9:0",
		"192.168.1.9:53",   "127.0.0.1:9000",
		"[ff02::1]:9000",   "[::]:9000",
		"[::1]:9000",       HOST
	};
	static char buf[8192];
	size_t i;

	(void)icenet_host(net, 0, 0, 1, HOST, NET_NO_NAT, 5);
	ck_assert_int_eq(0, icenet_peer(net, NULL, NULL));

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		ck_assert_int_eq(
			EADDRNOTAVAIL,
			icenet_peer_cand(net, bad[i], UA_ICE_HOST, 1000));

	icenet_run(net, 60000);
	ck_assert_uint_eq(0, net->nsent);
	ck_assert_str_eq("the peer told no usable candidate",
			 icenet_event(net, 0, UA_ICE_EVENT_FAILED)->why);
	ck_assert_int_gt(
		re_snprintf(buf, sizeof(buf), "%H", ua_ice_print, ice0()), 0);
	ck_assert_ptr_nonnull(strstr(buf, "address of our own"));
}
END_TEST


START_TEST(bad_candidate_spares_the_rest)
{
	struct ua_ice_cand cand = { .foundation = "1",
				    .comp = 1,
				    .prio = UINT32_MAX,
				    .addr = icenet_addr(PEER) };

	(void)icenet_host(net, 0, 0, 1, HOST, NET_NO_NAT, 5);
	ck_assert_int_eq(ENOTCONN,
			 ua_ice_remote_cand(ice0(), net->now, &cand));
	ck_assert_int_eq(0, icenet_peer(net, NULL, NULL));

	cand.comp = 2;
	ck_assert_int_eq(EINVAL, ua_ice_remote_cand(ice0(), net->now, &cand));
	cand.comp = 1;
	cand.stream = 1;
	ck_assert_int_eq(EINVAL, ua_ice_remote_cand(ice0(), net->now, &cand));
	cand.stream = 0;
	cand.gen = 1;
	ck_assert_int_eq(ESTALE, ua_ice_remote_cand(ice0(), net->now, &cand));
	cand.gen = 0;
	cand.foundation[0] = '\0';
	ck_assert_int_eq(EINVAL, ua_ice_remote_cand(ice0(), net->now, &cand));
	memset(cand.foundation, 'x', sizeof(cand.foundation));
	ck_assert_int_eq(EINVAL, ua_ice_remote_cand(ice0(), net->now, &cand));
	cand.foundation[UA_ICE_FOUNDATION_MAX] = '\0';
	ck_assert_int_eq(0, ua_ice_remote_cand(ice0(), net->now, &cand));
	icenet_run(net, 10);
	ck_assert_ptr_nonnull(icenet_last(net, PEER));
}
END_TEST


START_TEST(wrong_credentials_change_nothing)
{
	const struct ua_ice_peer peer = { .ice2 = true };
	const struct ua_ice_peer old = { .gen = 3 };
	char longer[UA_ICE_CRED_MAX + 2];

	(void)icenet_host(net, 0, 0, 1, HOST, NET_NO_NAT, 5);
	memset(longer, 'a', sizeof(longer) - 1);
	longer[sizeof(longer) - 1] = '\0';

	ck_assert_int_eq(EINVAL, ua_ice_remote_set(ice0(), 0, "abc",
						   NET_PEER_PWD, &peer));
	ck_assert_int_eq(EINVAL,
			 ua_ice_remote_set(ice0(), 0, "peer", "short", &peer));
	ck_assert_int_eq(EINVAL, ua_ice_remote_set(ice0(), 0, "pe:r",
						   NET_PEER_PWD, &peer));
	ck_assert_int_eq(EINVAL, ua_ice_remote_set(ice0(), 0, longer,
						   NET_PEER_PWD, &peer));
	ck_assert_int_eq(ESTALE, ua_ice_remote_set(ice0(), 0, "peer",
						   NET_PEER_PWD, &old));
	ck_assert_int_eq(0, ua_ice_remote_set(ice0(), net->now, "peer",
					      NET_PEER_PWD, &peer));
	ck_assert_int_eq(EALREADY, ua_ice_remote_set(ice0(), net->now, "peer",
						     NET_PEER_PWD, &peer));
}
END_TEST


START_TEST(longest_credentials_work)
{
	static const char *const addrv[] = { PEER, NULL };
	const struct ua_ice_peer peer = { .ice2 = true };
	char cred[UA_ICE_CRED_MAX + 1];
	struct net_req req = { .from = PEER, .who = cred };

	memset(cred, 'b', sizeof(cred) - 1);
	cred[sizeof(cred) - 1] = '\0';

	(void)icenet_host(net, 0, 0, 1, HOST, NET_NO_NAT, 5);
	ck_assert_int_eq(
		0, ua_ice_remote_set(ice0(), net->now, cred, cred, &peer));
	ck_assert_int_eq(0, icenet_peer_cand(net, addrv[0], UA_ICE_HOST, 9));
	ck_assert_int_eq(0, ua_ice_remote_end(ice0(), net->now));
	icenet_pump(net, 0);
	ck_assert_ptr_nonnull(icenet_last(net, PEER));
	ck_assert_int_eq(0, icenet_peer_request(net, 0, &req));
}
END_TEST


START_TEST(thousand_candidates_one_target)
{
	unsigned taken = 0;
	unsigned sends[1000] = { 0 };
	unsigned i, max = 0;

	(void)icenet_host(net, 0, 0, 1, HOST, NET_NO_NAT, 5);
	ck_assert_int_eq(0, icenet_peer(net, NULL, NULL));

	for (i = 0; i < 1000; i++) {
		char addr[32];

		(void)re_snprintf(addr, sizeof(addr), "192.0.2.1:%u",
				  2000 + i);
		taken += !icenet_peer_cand(net, addr, UA_ICE_HOST, 1000 + i);
	}

	ck_assert_uint_eq(8, taken);
	icenet_run(net, 60000);

	for (i = 0; i < net->nsent; i++) {
		const unsigned n = ++sends[net->sentv[i].to.port - 2000];

		if (n > max)
			max = n;
		if (i && net->sentv[i].at - 1000 < 500)
			ck_assert_uint_ge(net->sentv[i].at,
					  net->sentv[i - 1].at + 20);
	}

	/* Three to each, then in turn for a late peer, and no more than that
	 */
	ck_assert_uint_ge(net->nsent, 8 * 3);
	ck_assert_uint_le(max, net->nsent / 8 + 6);
	ck_assert_uint_le(net->nsent, 300);
	ck_assert(ua_ice_deadline(ice0()) == UA_NEVER);
}
END_TEST


START_TEST(full_tables_stay_bounded)
{
	struct ua_ice_pair pair;
	unsigned i, b, taken = 0;
	size_t n;

	for (b = 0; b < UA_ICE_BASES; b++) {
		char addr[32];

		(void)re_snprintf(addr, sizeof(addr), "192.168.1.%u:4000",
				  b + 1);
		(void)icenet_host(net, 0, 0, 1, addr, NET_NO_NAT, 5);
	}

	{
		const struct ua_addr more = icenet_addr("192.168.1.99:4000");
		uint16_t base;

		ck_assert_int_eq(ENOSPC, ua_ice_base_add(ice0(), net->now, 0,
							 1, UA_ICE_HOST, &more,
							 0, &base));
	}

	ck_assert_int_eq(0, icenet_peer(net, NULL, NULL));
	for (i = 0; i < 1000; i++) {
		char addr[32];

		(void)re_snprintf(addr, sizeof(addr), "10.0.%u.%u:9000",
				  i / 200, 1 + i % 200);
		taken += !icenet_peer_cand(net, addr, UA_ICE_HOST, 1000 + i);
	}

	ck_assert_uint_eq(UA_ICE_REMOTES, taken);
	for (n = 0; !ua_ice_pair(ice0(), n, &pair); n++)
		;
	ck_assert_uint_eq(UA_ICE_PAIRS, n);
	icenet_run(net, 60000);
	ck_assert_uint_le(net->nsent, 100 * 3 + 4);
}
END_TEST


START_TEST(request_flood_keeps_the_pace)
{
	static const char *const addrv[] = { PEER, "192.168.1.8:9000", NULL };
	struct net_req forged = { .from = "192.0.2.66:6666", .key = "wrong" };
	const struct net_req replayed = { .from = PEER };
	struct ua_ice_pair pair;
	uint64_t second;
	size_t n;
	unsigned i;

	(void)icenet_host(net, 0, 0, 1, HOST, NET_NO_NAT, 5);
	ck_assert_int_eq(0, icenet_peer(net, NULL, addrv));

	for (i = 0; i < 2000; i++) {
		ck_assert_int_eq(EACCES, icenet_peer_request(net, 0, &forged));
		if (i % 100 == 0)
			ck_assert_int_eq(
				0, icenet_peer_request(net, 0, &replayed));
		if (i % 20 == 0)
			icenet_run(net, 1);
	}

	second = icenet_last(net, addrv[1])->at;
	/* Three triggered ones, then one of the others */
	ck_assert_uint_le(second, 1000 + 4 * 20);
	for (n = 0; !ua_ice_pair(ice0(), n, &pair); n++)
		;
	ck_assert_uint_eq(2, n);
	ck_assert_ptr_null(icenet_last_of(net, forged.from, UA_STUN_ERROR));
}
END_TEST


/* What a whole call sends, cut at every byte, and with every byte changed */
static uint8_t messages[64][700];
static size_t lengths[64];
static unsigned agents[64];
static unsigned nmessage;


static bool record(struct icenet *n, unsigned agent, struct ua_dgram *dg,
		   void *arg)
{
	(void)n;
	(void)arg;

	if (nmessage < 64) {
		memcpy(messages[nmessage], dg->buf, dg->len);
		agents[nmessage] = agent;
		lengths[nmessage++] = dg->len;
	}

	return true;
}


static void two_hosts(void)
{
	(void)icenet_host(net, 0, 0, 1, HOST, NET_NO_NAT, 5);
	(void)icenet_host(net, 1, 0, 1, "192.168.1.2:4000", NET_NO_NAT, 5);
}


START_TEST(every_truncation_of_every_message)
{
	struct ua_addr from = icenet_addr("192.0.2.66:6666");
	char before[4096];
	char after[4096];
	unsigned i, k;
	size_t n;
	int err;

	nmessage = 0;
	two_hosts();
	net->pass = record;
	icenet_meet(net);
	icenet_run(net, 500);
	ck_assert_uint_ge(nmessage, 6);
	(void)re_snprintf(before, sizeof(before), "%H%H", ua_ice_print, ice0(),
			  ua_ice_print, net->agentv[1].ice);

	for (i = 0; i < nmessage; i++) {
		for (n = 0; n < lengths[i]; n++) {
			ck_assert_int_eq(EBADMSG,
					 icenet_inject(net, !agents[i], &from,
						       messages[i], n));

			/* The same length, one bit wrong */
			for (k = 0; k < 8; k += 3) {
				messages[i][n] ^= (uint8_t)(1 << k);
				err = icenet_inject(net, !agents[i], &from,
						    messages[i], lengths[i]);
				ck_assert_int_ne(0, err);
				messages[i][n] ^= (uint8_t)(1 << k);
			}
		}
	}

	(void)re_snprintf(after, sizeof(after), "%H%H", ua_ice_print, ice0(),
			  ua_ice_print, net->agentv[1].ice);
	ck_assert_str_eq(before, after);
}
END_TEST


START_TEST(same_seed_same_bytes)
{
	static uint8_t first[64][700];
	static size_t first_len[64];
	unsigned n, i;

	for (n = 0; n < 2; n++) {
		nmessage = 0;
		two_hosts();
		net->pass = record;
		icenet_meet(net);
		icenet_run(net, 500);
		if (!n) {
			memcpy(first, messages, sizeof(first));
			memcpy(first_len, lengths, sizeof(first_len));
			icenet_free(net);
			net = icenet_alloc(1);
		}
	}

	for (i = 0; i < nmessage; i++) {
		ck_assert_uint_eq(first_len[i], lengths[i]);
		ck_assert_int_eq(0, memcmp(first[i], messages[i], lengths[i]));
	}
}
END_TEST


static bool twice(struct icenet *n, unsigned agent, struct ua_dgram *dg,
		  void *arg)
{
	struct net_packet *p = &n->flightv[n->nflight];
	static const char *const addrv[] = { HOST, "192.168.1.2:4000" };

	(void)arg;
	memset(p, 0, sizeof(*p));
	p->at = n->now + 37;
	p->seq = n->seq++;
	p->to = !agent;
	p->remote = icenet_addr(addrv[agent]);
	p->len = dg->len;
	memcpy(p->buf, dg->buf, dg->len);
	++n->nflight;

	return true;
}


START_TEST(duplicates_leave_no_trace)
{
	unsigned a;

	two_hosts();
	net->pass = twice;
	icenet_meet(net);
	icenet_run(net, 5000);

	for (a = 0; a < 2; a++) {
		ck_assert_int_eq(0, icenet_nominated(net, a));
		ck_assert_uint_eq(
			1, icenet_count(net, a, UA_ICE_EVENT_NOMINATED));
		ck_assert_uint_eq(
			1, icenet_count(net, a, UA_ICE_EVENT_PAIR_VALID));
	}
}
END_TEST


START_TEST(every_machine_rests)
{
	/* Any seed; then the line is cut before anything is valid. */
	net->loss_pct = 100;
	icenet_free(net);
	net = icenet_alloc((uint64_t)_i + 1);
	net->loss_pct = 100;
	two_hosts();
	(void)icenet_relay(net, 0, 0, 1, "198.51.100.7:60000", 10);
	icenet_meet(net);
	icenet_run(net, 60000);
	ck_assert(ua_ice_deadline(ice0()) == UA_NEVER);
	ck_assert(ua_ice_deadline(net->agentv[1].ice) == UA_NEVER);
}
END_TEST


Suite *ua_suite_ice_hostile(void)
{
	Suite *s = suite_create("ice_hostile");
	TCase *tc = tcase_create("hostile");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, bogus_addresses_are_refused);
	tcase_add_test(tc, bad_candidate_spares_the_rest);
	tcase_add_test(tc, wrong_credentials_change_nothing);
	tcase_add_test(tc, longest_credentials_work);
	tcase_add_test(tc, thousand_candidates_one_target);
	tcase_add_test(tc, full_tables_stay_bounded);
	tcase_add_test(tc, request_flood_keeps_the_pace);
	tcase_add_test(tc, every_truncation_of_every_message);
	tcase_add_test(tc, same_seed_same_bytes);
	tcase_add_test(tc, duplicates_leave_no_trace);
	tcase_add_loop_test(tc, every_machine_rests, 0, 5);
	suite_add_tcase(s, tc);

	return s;
}
