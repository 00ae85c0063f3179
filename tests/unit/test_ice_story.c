/* SPDX-License-Identifier: BSD-3-Clause */
/** @file test_ice_story.c  What people can ask about each pair */

#include <check.h>
#include <errno.h>
#include <string.h>

#include "stun/stun.h"
#include "icenet.h"

Suite *ua_suite_ice_story(void);

#define HOST "192.168.1.1:4000"
#define HOST0 "198.18.0.1:4000"
#define HOST1 "198.18.0.2:4000"
#define DEAD "198.18.0.9:4000"

/* ua_ice_story() keeps so many */
enum { KEPT = 256 };

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


/* How many there are; they are in order, and have words */
static unsigned story_is_sane(void)
{
	struct ua_ice_story e;
	uint64_t at = 0;
	unsigned i;

	for (i = 0; !ua_ice_story(ice0(), i, &e); i++) {
		ck_assert_uint_ge(e.at_ms, at);
		ck_assert_uint_le(e.at_ms, net->now);
		ck_assert_uint_ge(strlen(e.what), 3);
		ck_assert_str_ne("?", e.what);
		ck_assert_ptr_nonnull(e.reason);
		at = e.at_ms;
	}

	ck_assert_int_eq(ENOENT, ua_ice_story(ice0(), i, &e));
	ck_assert_int_eq(ENOENT, ua_ice_story(ice0(), SIZE_MAX, &e));

	return i;
}


START_TEST(story_is_told_in_order)
{
	static const char *const wantv[] = {
		"NEW", "UNFREEZE", "SEND", "SUCCESS", "MEDIA", "NOMINATED"
	};
	const struct ua_addr peer = icenet_addr(HOST1);
	struct ua_ice_story e;
	unsigned n = 0;
	size_t i;

	(void)icenet_host(net, 0, 0, 1, HOST0, NET_NO_NAT, 10);
	(void)icenet_host(net, 1, 0, 1, HOST1, NET_NO_NAT, 5);
	ck_assert_int_eq(ENOENT, ua_ice_story(ice0(), 0, &e));
	icenet_meet(net);
	icenet_run(net, 3000);
	ck_assert_uint_ge(story_is_sane(), 6);

	for (i = 0; !ua_ice_story(ice0(), i, &e); i++) {
		ck_assert_uint_eq(0, e.pair);
		ck_assert_uint_eq(0, e.base);
		ck_assert(ua_addr_eq(&peer, &e.remote));
		ck_assert_str_eq("", e.reason);
		n += n < 6 && !strcmp(wantv[n], e.what);
	}

	ck_assert_uint_eq(6, n);
	ck_assert_uint_eq(1, icenet_story(net, 0, HOST1, "NOMINATED"));
}
END_TEST


/* Whatever becomes of a pair, the last word about it says why. */
START_TEST(each_story_ends_in_a_reason)
{
	const struct ua_addr dead = icenet_addr(DEAD);
	struct net_desc desc;
	struct ua_ice_story e, last;
	unsigned k;
	size_t i;

	(void)icenet_host(net, 0, 0, 1, HOST0, NET_NO_NAT, 10);
	(void)icenet_host(net, 1, 0, 1, HOST1, NET_NO_NAT, 5);
	(void)ua_ice_gathered(ice0(), net->now);
	icenet_describe(net, 1, &desc);
	desc.candv[desc.ncand] = desc.candv[0];
	desc.candv[desc.ncand].addr = dead;
	desc.candv[desc.ncand++].prio += 256;
	if (_i)
		icenet_cut(net, 0, 1, true);
	ck_assert_int_eq(0, icenet_tell(net, 0));
	ck_assert_int_eq(0, icenet_take(net, 0, &desc, 0));
	icenet_pump(net, 0);
	icenet_run(net, 60000);
	(void)story_is_sane();

	for (k = 0; k < 2; k++) {
		memset(&last, 0, sizeof(last));
		for (i = 0; !ua_ice_story(ice0(), i, &e); i++) {
			if (e.pair == k)
				last = e;
		}

		ck_assert_ptr_nonnull(last.what);
		if (_i)
			ck_assert_str_eq("no answer", last.reason);
		else if (ua_addr_eq(&dead, &last.remote))
			ck_assert_str_eq("another pair was nominated",
					 last.reason);
		else
			ck_assert_str_eq("NOMINATED", last.what);
	}
}
END_TEST


START_TEST(suspicion_is_in_the_story)
{
	(void)icenet_host(net, 0, 0, 1, HOST0, NET_NO_NAT, 10);
	(void)icenet_host(net, 1, 0, 1, HOST1, NET_NO_NAT, 5);
	icenet_meet(net);
	icenet_talk(net, 3000);
	icenet_cut(net, 0, 1, true);
	icenet_run(net, 2000);
	ck_assert_uint_eq(1, icenet_story(net, 0, HOST1, "SUSPECT"));
	ck_assert_uint_eq(0, icenet_story(net, 0, HOST1, "RECOVERED"));
	icenet_cut(net, 0, 1, false);
	icenet_run(net, 2000);
	ck_assert_uint_eq(1, icenet_story(net, 0, HOST1, "RECOVERED"));
	(void)story_is_sane();
}
END_TEST


/* A peer whose line goes up and down all day: the newest are kept. */
START_TEST(story_has_a_bound)
{
	struct ua_ice_story e;
	unsigned i, n = 0;

	(void)icenet_host(net, 0, 0, 1, HOST0, NET_NO_NAT, 10);
	(void)icenet_host(net, 1, 0, 1, HOST1, NET_NO_NAT, 5);
	icenet_meet(net);
	icenet_talk(net, 3000);

	for (i = 0; i < 300; i++) {
		icenet_cut(net, 0, 1, !(i & 1));
		icenet_run(net, 2500);
		net->agentv[0].nev = 0;
		net->agentv[1].nev = 0;
		n = story_is_sane();
		ck_assert_uint_le(n, KEPT);
	}

	ck_assert_uint_eq(KEPT, n);
	ck_assert_uint_eq(0, icenet_story(net, 0, HOST1, "NEW"));
	ck_assert_int_eq(0, ua_ice_story(ice0(), KEPT - 1, &e));
	ck_assert_uint_ge(e.at_ms, net->now - 2500);
}
END_TEST


/* A full list: who had to go is told, before who came in its place. */
START_TEST(evicted_pairs_are_told)
{
	static const char *const addrv[] = { "192.168.1.9:9000",
					     "192.168.1.8:9000",
					     "192.168.1.7:9000", NULL };
	const struct net_req req = { .from = "192.168.1.6:9000" };
	struct ua_ice_story e;
	uint16_t pair = UINT16_MAX;
	size_t i;
	unsigned n = 0;

	net->agentv[0].conf.max_pairs = 3;
	(void)icenet_host(net, 0, 0, 1, HOST, NET_NO_NAT, 5);
	ck_assert_int_eq(0, icenet_peer(net, NULL, addrv));
	ck_assert_int_eq(0, icenet_peer_request(net, 0, &req));
	icenet_run(net, 100);

	for (i = 0; !ua_ice_story(ice0(), i, &e); i++) {
		if (!strcmp(e.what, "EVICTED"))
			pair = e.pair;
		else if (pair != UINT16_MAX && e.pair == pair && !n++)
			ck_assert_str_eq("NEW", e.what);
	}

	ck_assert_uint_ne(UINT16_MAX, pair);
	ck_assert_uint_ge(n, 1);
	(void)story_is_sane();
}
END_TEST


Suite *ua_suite_ice_story(void)
{
	Suite *s = suite_create("ice_story");
	TCase *tc = tcase_create("story");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, story_is_told_in_order);
	tcase_add_loop_test(tc, each_story_ends_in_a_reason, 0, 2);
	tcase_add_test(tc, suspicion_is_in_the_story);
	tcase_add_test(tc, story_has_a_bound);
	tcase_add_test(tc, evicted_pairs_are_told);
	suite_add_tcase(s, tc);

	return s;
}
