/* SPDX-License-Identifier: BSD-3-Clause */
/** @file test_nominate.c  Which valid pair, and when */

#include <check.h>
#include <string.h>

#include "ice/nominate.h"

Suite *ua_suite_nominate(void);

static struct ua_pair pairv[4];
static struct ua_checklist list;


static void setup(void)
{
	unsigned i;

	memset(pairv, 0, sizeof(pairv));
	memset(&list, 0, sizeof(list));
	list.v = pairv;

	for (i = 0; i < 4; i++) {
		pairv[i].state = UA_PAIR_PROGRESS;
		pairv[i].comp = 1;
		pairv[i].first_ms = UA_NEVER;
		pairv[i].rtt_ms = UA_PAIR_RTT_NONE;
		pairv[i].rto_ms = 500;
		pairv[i].prio = 100 - i;
	}
}


/* Valid since at, after a round trip of rtt */
static void make_valid(unsigned i, uint8_t relays, uint64_t at, uint32_t rtt)
{
	pairv[i].state = UA_PAIR_SUCCEEDED;
	pairv[i].valid = true;
	pairv[i].relays = relays;
	pairv[i].valid_ms = at;
	pairv[i].rtt_ms = rtt;
}


START_TEST(class_goes_before_cost_before_rtt_before_priority)
{
	make_valid(0, 1, 0, 5);
	make_valid(1, 0, 0, 200);
	ck_assert(ua_nominate_better(&pairv[1], &pairv[0]));

	/* cost_beats_rtt: VPN 5 ms quicker than Wi-Fi */
	pairv[0].relays = 0;
	pairv[0].cost = 3;
	pairv[0].rtt_ms = 20;
	pairv[1].cost = 1;
	pairv[1].rtt_ms = 25;
	ck_assert(ua_nominate_better(&pairv[1], &pairv[0]));

	/* 20 and 80 are told apart, 40 and 45 are not */
	pairv[0].cost = 1;
	pairv[0].rtt_ms = 80;
	pairv[1].rtt_ms = 20;
	ck_assert(ua_nominate_better(&pairv[1], &pairv[0]));
	pairv[0].rtt_ms = 45;
	pairv[1].rtt_ms = 40;
	ck_assert(ua_nominate_better(&pairv[0], &pairv[1]));
}
END_TEST


/* Of relays the nearest, of ways to one of ours the cheapest */
START_TEST(relays_are_told_apart_by_round_trip)
{
	/* By TLS, and a proxy's over a wired base */
	make_valid(0, 1, 0, 20);
	make_valid(1, 1, 0, 80);
	pairv[0].relayed = true;
	pairv[0].cost = 2;
	ck_assert(ua_nominate_better(&pairv[0], &pairv[1]));
	ck_assert(!ua_nominate_cheaper(&pairv[1], &pairv[0]));
	pairv[1].rtt_ms = 25;
	ck_assert(ua_nominate_better(&pairv[0], &pairv[1]));
	pairv[1].prio = 1000;
	ck_assert(ua_nominate_better(&pairv[1], &pairv[0]));

	/* Ours by UDP at another server, then at the same */
	pairv[1].relayed = true;
	pairv[1].lgroup = 1;
	pairv[1].rtt_ms = 80;
	ck_assert(ua_nominate_better(&pairv[0], &pairv[1]));
	pairv[1].rtt_ms = 25;
	ck_assert(ua_nominate_better(&pairv[1], &pairv[0]));
	pairv[1].rtt_ms = 80;
	pairv[1].lgroup = 0;
	ck_assert(ua_nominate_better(&pairv[1], &pairv[0]));

	/* Of a relay that may have kept our check, the most it can be */
	make_valid(2, 1, 0, UA_PAIR_RTT_NONE);
	pairv[2].latched = true;
	pairv[2].answer_ms = 30;
	ck_assert(ua_nominate_better(&pairv[2], &pairv[1]));
	pairv[2].answer_ms = 300;
	ck_assert(ua_nominate_better(&pairv[0], &pairv[2]));
}
END_TEST


/* A relay that is no better by priority may be nearer: until b's round trip */
START_TEST(nearer_relay_is_waited_for_no_longer_than_it_would_take)
{
	list.n = 2;
	make_valid(0, 1, 1040, 20);
	pairv[1].relays = 1;
	pairv[1].latched = true;
	ck_assert_uint_eq(0, ua_nominate_when(&list, 0, UA_NEVER));
	pairv[1].first_ms = 1030;
	ck_assert_uint_eq(1050, ua_nominate_when(&list, 0, UA_NEVER));
	pairv[1].latched = false;
	ck_assert_uint_eq(0, ua_nominate_when(&list, 0, UA_NEVER));
}
END_TEST


/* What took 400 ms in a relay, or 80, is asked again before it is compared */
START_TEST(measurement_is_waited_for)
{
	list.n = 2;
	make_valid(0, 1, 1040, 20);
	make_valid(1, 1, 1100, UA_PAIR_RTT_NONE);
	pairv[1].latched = true;
	pairv[1].measuring = true;
	pairv[1].answer_ms = 80;
	pairv[1].txn.active = true;
	pairv[1].txn.first_ms = 1105;
	ck_assert_uint_eq(1185, ua_nominate_when(&list, 0, UA_NEVER));
	pairv[1].answer_ms = 400;
	ck_assert_uint_eq(1405, ua_nominate_when(&list, 0, UA_NEVER));
	ck_assert_uint_eq(1405, ua_nominate_when(&list, 1, UA_NEVER));

	/* It works all the while. */
	pairv[1].answer_ms = 5;
	ck_assert_uint_eq(1, ua_nominate_best(&list, 0, 1));
	pairv[1].measuring = false;
	ck_assert_uint_eq(0, ua_nominate_best(&list, 0, 1));
	pairv[1].measuring = true;

	/* Alone there is nothing to compare, */
	pairv[0].state = UA_PAIR_FAILED;
	ck_assert_uint_eq(0, ua_nominate_when(&list, 1, UA_NEVER));

	/* and a direct one is better anyway. */
	make_valid(0, 0, 1040, 200);
	ck_assert_uint_eq(0, ua_nominate_when(&list, 0, UA_NEVER));
	ck_assert_uint_eq(0, ua_nominate_best(&list, 0, 1));
}
END_TEST


START_TEST(alone_it_does_not_wait)
{
	list.n = 1;
	make_valid(0, 1, 1000, 20);
	ck_assert_uint_eq(0, ua_nominate_when(&list, 0, UA_NEVER));
}
END_TEST


START_TEST(direct_path_gets_room_for_one_loss)
{
	list.n = 2;
	make_valid(0, 1, 1040, 20);
	pairv[1].first_ms = 1000;
	ck_assert_uint_eq(1000 + 500 + 300,
			  ua_nominate_when(&list, 0, UA_NEVER));

	/* A slow relay makes the direct one likely to be slow, too. */
	pairv[0].rtt_ms = 200;
	ck_assert_uint_eq(1000 + 500 + 400,
			  ua_nominate_when(&list, 0, UA_NEVER));

	/* Hopeless ones end the wait. */
	pairv[1].state = UA_PAIR_FAILED;
	ck_assert_uint_eq(0, ua_nominate_when(&list, 0, UA_NEVER));
}
END_TEST


START_TEST(wait_has_a_cap)
{
	list.n = 2;
	make_valid(0, 1, 1000, 20);
	pairv[1].state = UA_PAIR_WAITING;
	ck_assert_uint_eq(2500, ua_nominate_when(&list, 0, UA_NEVER));

	/* Its first check goes out late: a round trip behind it, no more. */
	pairv[1].first_ms = 2400;
	ck_assert_uint_eq(2700, ua_nominate_when(&list, 0, UA_NEVER));
	pairv[1].first_ms = 3900;
	ck_assert_uint_eq(4000, ua_nominate_when(&list, 0, UA_NEVER));
}
END_TEST


START_TEST(same_class_is_waited_for_50_ms_at_most)
{
	list.n = 2;
	make_valid(1, 0, 1100, 20);
	pairv[0].first_ms = 1080;
	ck_assert_uint_eq(1080 + 20 + 20,
			  ua_nominate_when(&list, 1, UA_NEVER));

	pairv[0].first_ms = 1140;
	ck_assert_uint_eq(1150, ua_nominate_when(&list, 1, UA_NEVER));

	/* Of lower priority: not at all */
	pairv[0].prio = 1;
	ck_assert_uint_eq(0, ua_nominate_when(&list, 1, UA_NEVER));
}
END_TEST


START_TEST(trickling_peer_counts_as_a_direct_pair)
{
	list.n = 1;
	make_valid(0, 1, 1000, 20);
	ck_assert_uint_eq(1100 + 500 + 300, ua_nominate_when(&list, 0, 1100));

	pairv[0].relays = 0;
	ck_assert_uint_eq(0, ua_nominate_when(&list, 0, 1100));
}
END_TEST


START_TEST(media_moves_to_a_lower_class_at_once_else_twice_a_second)
{
	struct ua_comp comp = { .media = UA_PAIR_NIL };
	uint64_t next_ms;

	list.n = 2;
	make_valid(1, 1, 1000, 50);
	ck_assert_uint_eq(
		1, ua_nominate_media(&list, &comp, 1000, 0, 1, &next_ms));
	comp.media = 1;
	comp.moved_ms = 1000;

	make_valid(0, 1, 1100, 50);
	ck_assert_uint_eq(
		1, ua_nominate_media(&list, &comp, 1100, 0, 1, &next_ms));
	ck_assert_uint_eq(1500, next_ms);
	ck_assert_uint_eq(
		0, ua_nominate_media(&list, &comp, 1500, 0, 1, &next_ms));

	pairv[0].relays = 0;
	ck_assert_uint_eq(
		0, ua_nominate_media(&list, &comp, 1101, 0, 1, &next_ms));
}
END_TEST


Suite *ua_suite_nominate(void)
{
	Suite *s = suite_create("nominate");
	TCase *tc = tcase_create("nominate");

	tcase_add_checked_fixture(tc, setup, NULL);
	tcase_add_test(tc, class_goes_before_cost_before_rtt_before_priority);
	tcase_add_test(tc, relays_are_told_apart_by_round_trip);
	tcase_add_test(
		tc, nearer_relay_is_waited_for_no_longer_than_it_would_take);
	tcase_add_test(tc, measurement_is_waited_for);
	tcase_add_test(tc, alone_it_does_not_wait);
	tcase_add_test(tc, direct_path_gets_room_for_one_loss);
	tcase_add_test(tc, wait_has_a_cap);
	tcase_add_test(tc, same_class_is_waited_for_50_ms_at_most);
	tcase_add_test(tc, trickling_peer_counts_as_a_direct_pair);
	tcase_add_test(
		tc, media_moves_to_a_lower_class_at_once_else_twice_a_second);
	suite_add_tcase(s, tc);

	return s;
}
