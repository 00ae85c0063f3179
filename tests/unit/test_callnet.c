/* SPDX-License-Identifier: BSD-3-Clause */
/** @file test_callnet.c  Calls whose host changes its place in the network */

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "agent/impl.h"
#include "call/callcore.h"
#include "rig.h"

Suite *ua_suite_callnet(void);

enum { EXPIRES_S = 300 };

static struct rig a, b;

/** Last bytes of the addresses 127.0.0.N that a believes to have, 0-ended */
static unsigned char host[4];


static int host_addresses(const struct ua_env *env, struct ua_iflist *list)
{
	char ip[16];
	size_t i;

	(void)env;
	memset(list, 0, sizeof(*list));

	for (i = 0; host[i]; i++) {
		struct ua_ifaddr *ifa = &list->v[list->n++];

		(void)snprintf(ip, sizeof(ip), "127.0.0.%u", host[i]);
		ck_assert_int_eq(0, ua_addr_set(&ifa->addr, ip, 0));
		(void)snprintf(ifa->ifname, sizeof(ifa->ifname), "eth%u",
			       host[i]);
		ifa->ifindex = host[i];
		ifa->index = (uint8_t)i;
		ifa->deflt = true;
	}

	return list->n ? 0 : ENODEV;
}


static void host_is(unsigned char n1, unsigned char n2)
{
	host[0] = n1;
	host[1] = n2;
	API(ua_netmon_kick(a.agent->netmon));
	(void)rig_expect(&a, UA_EVENT_NETWORK);
}


static void setup(void)
{
	rig_open(&a, NULL);
	rig_open(&b, NULL);
	a.agent->env.addresses = host_addresses;
	host_is(2, 0);
}


static void teardown(void)
{
	rig_close(&a);
	rig_close(&b);
}


static void talk(bool called)
{
	if (called) {
		rig_call(&b, &a, "tone:500", NULL);
		rig_answer(&b, &a, "tone:500", NULL);
	}
	else {
		rig_call(&a, &b, "tone:500", NULL);
		rig_answer(&a, &b, "tone:500", NULL);
	}
	rig_talk(&a, &b, 100);
}


static uint64_t got(struct rig *rig)
{
	struct ua_call_stats stats;

	ck_assert_ptr_nonnull(rig->call);
	ua_call_stats(rig->call, &stats);

	return stats.rx_packets;
}


/** Both heard that much more, and signalling is where it should be */
struct better {
	uint64_t a, b;
	unsigned char at;
};


static bool is_better(void *arg)
{
	const struct better *want = arg;

	return got(&a) > want->a && got(&b) > want->b &&
	       ua_endpoint_local(a.call->ep)->ip[3] == want->at;
}


static void goes_on_at(unsigned char at)
{
	struct better want = { got(&a) + 20, got(&b) + 20, at };

	rig_wait(is_better, &want);
}


/* The other side hangs up, and finds us: it is no guess of ours. */
static void bye_comes(void)
{
	const struct rig_event *e;

	rig_bye(&b, &a);
	e = rig_find(&a, UA_EVENT_CLOSED);
	ck_assert_uint_eq(200, e->ev.code);
	ck_assert_int_eq(UA_BY_REMOTE, e->ev.by);
}


/* 0: we called; 1: we were called */
START_TEST(call_survives_a_new_address)
{
	const struct rig_event *e;
	double t;

	talk(_i);
	t = ua_agent_time(a.agent);
	host_is(3, 0);
	goes_on_at(3);
	e = rig_expect(&b, UA_EVENT_ICE_CONNECTED);
	while (e->ev.ice.remote.addr.ip[3] != 3)
		e = rig_expect(&b, UA_EVENT_ICE_CONNECTED);
	ck_assert_double_lt(ua_agent_time(a.agent) - t, 2.5);

	rig_linger(300);
	bye_comes();
}
END_TEST


START_TEST(call_survives_one_change_after_another)
{
	unsigned char at;

	talk(false);
	for (at = 3; at < 7; at++) {
		host_is(at, 0);
		goes_on_at(at);
	}
	rig_bye(&a, &b);
}
END_TEST


START_TEST(call_waits_while_there_is_no_network)
{
	talk(false);
	host_is(0, 0);
	rig_linger(300);
	ck_assert_ptr_nonnull(a.call);
	ck_assert_uint_eq(0, rig_count(&a, UA_EVENT_CLOSED));

	host_is(4, 0);
	goes_on_at(4);
	rig_bye(&a, &b);
}
END_TEST


/* Signalling has a place of its own to go to; media is well where it is. */
START_TEST(address_that_comes_leaves_signalling_alone)
{
	talk(false);
	host_is(2, 3);
	goes_on_at(2);
	bye_comes();
}
END_TEST


/* The same addresses, but another one leads there: media may stay on its
   path, and the peer must be told of the new Contact all the same. */
START_TEST(way_that_changes_alone_is_told_to_the_peer)
{
	host_is(2, 3);
	talk(false);
	host[0] = 3;
	host[1] = 2;
	API(ua_netmon_kick(a.agent->netmon));
	goes_on_at(3);
	rig_linger(600);
	bye_comes();
}
END_TEST


START_TEST(unanswered_call_ends_when_its_address_goes)
{
	rig_call(&a, &b, NULL, NULL);
	host_is(3, 0);
	ck_assert_int_eq(UA_BY_ERROR, rig_expect(&a, UA_EVENT_CLOSED)->ev.by);
}
END_TEST


START_TEST(ringing_call_is_answered_from_the_new_address)
{
	rig_call(&b, &a, "tone:500", NULL);
	host_is(3, 0);
	rig_answer(&b, &a, "tone:500", NULL);
	goes_on_at(3);
	bye_comes();
}
END_TEST


Suite *ua_suite_callnet(void)
{
	Suite *s = suite_create("callnet");
	TCase *tc = tcase_create("callnet");

	tcase_set_timeout(tc, 2 * RIG_TEST_S);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, call_survives_a_new_address, 0, 2);
	tcase_add_test(tc, call_survives_one_change_after_another);
	tcase_add_test(tc, call_waits_while_there_is_no_network);
	tcase_add_test(tc, address_that_comes_leaves_signalling_alone);
	tcase_add_test(tc, way_that_changes_alone_is_told_to_the_peer);
	tcase_add_test(tc, unanswered_call_ends_when_its_address_goes);
	tcase_add_test(tc, ringing_call_is_answered_from_the_new_address);
	suite_add_tcase(s, tc);

	return s;
}
