/* SPDX-License-Identifier: BSD-3-Clause */
/** @file test_checklist.c  Whose turn it is, and who makes room */

#include <check.h>
#include <errno.h>
#include <string.h>

#include "base/re_compat.h"
#include "ice/checklist.h"

Suite *ua_suite_checklist(void);


static uint16_t add(struct ua_checklist *list, uint8_t stream, uint8_t relays,
		    uint64_t prio, uint16_t group)
{
	struct ua_pair pair;
	uint16_t i = UA_PAIR_NIL;

	memset(&pair, 0, sizeof(pair));
	pair.base = (uint16_t)(stream * 8);
	pair.remote = list->n;
	pair.stream = stream;
	pair.comp = 1;
	pair.relays = relays;
	pair.prio = prio;
	pair.order = prio;
	pair.af = UA_AF_IP4;
	pair.lgroup = 1;
	pair.rgroup = group;

	return ua_checklist_add(list, &pair, false, &i) ? UA_PAIR_NIL : i;
}


START_TEST(list_goes_by_order_triggered_first)
{
	struct ua_checklist list = { .max = 10 };
	const uint16_t low = add(&list, 0, 0, 10, 1);
	const uint16_t mid = add(&list, 0, 0, 20, 2);
	const uint16_t top = add(&list, 0, 0, 30, 3);

	ck_assert_uint_eq(top, ua_checklist_next(&list));
	ck_assert(ua_checklist_step(&list, top, UA_PAIR_SEND, UA_PAIR_OK, 0));

	ua_checklist_trigger(&list, low);
	ck_assert(ua_checklist_is_urgent(&list));
	ck_assert_uint_eq(low, ua_checklist_next(&list));
	ck_assert(ua_checklist_step(&list, low, UA_PAIR_SEND, UA_PAIR_OK, 0));

	ck_assert_uint_eq(mid, ua_checklist_next(&list));
	ck_assert(ua_checklist_step(&list, mid, UA_PAIR_SEND, UA_PAIR_OK, 0));
	ck_assert_uint_eq(UA_PAIR_NIL, ua_checklist_next(&list));

	mem_deref(list.v);
	mem_deref(list.story.v);
}
END_TEST


START_TEST(streams_take_turns)
{
	struct ua_checklist list = { .max = 10 };
	uint16_t i, k;
	uint8_t seen[4];

	(void)add(&list, 0, 0, 90, 1);
	(void)add(&list, 0, 0, 80, 2);
	(void)add(&list, 1, 0, 20, 3);
	(void)add(&list, 1, 0, 10, 4);

	for (k = 0; k < 4; k++) {
		i = ua_checklist_next(&list);
		ck_assert_uint_ne(UA_PAIR_NIL, i);
		ck_assert(ua_checklist_step(&list, i, UA_PAIR_SEND, UA_PAIR_OK,
					    0));
		seen[k] = list.v[i].stream;
		list.last_stream = seen[k];
	}

	ck_assert_uint_eq(0, seen[0]);
	ck_assert_uint_eq(1, seen[1]);
	ck_assert_uint_eq(0, seen[2]);
	ck_assert_uint_eq(1, seen[3]);
	mem_deref(list.v);
	mem_deref(list.story.v);
}
END_TEST


START_TEST(unfreezing_crosses_streams)
{
	struct ua_checklist list = { .max = 10 };
	const uint16_t a = add(&list, 0, 0, 30, 7);
	const uint16_t twin = add(&list, 1, 0, 20, 7);

	ck_assert_uint_eq(a, ua_checklist_next(&list));
	ck_assert_int_eq(UA_PAIR_FROZEN, list.v[twin].state);
	ck_assert(ua_checklist_step(&list, a, UA_PAIR_SEND, UA_PAIR_OK, 0));
	ck_assert_uint_eq(UA_PAIR_NIL, ua_checklist_next(&list));

	ck_assert(ua_checklist_step(&list, a, UA_PAIR_SUCCESS, UA_PAIR_OK, 0));
	ua_checklist_thaw(&list, a);
	ck_assert_int_eq(UA_PAIR_WAITING, list.v[twin].state);
	ck_assert_uint_eq(twin, ua_checklist_next(&list));
	mem_deref(list.v);
	mem_deref(list.story.v);
}
END_TEST


START_TEST(limit_counts_all_streams)
{
	struct ua_checklist list = { .max = 100 };
	unsigned per[2][3] = { { 0 } };
	unsigned s, k;
	uint16_t i;

	/* Relayed ones come last and are few: none of their class is lost. */
	for (s = 0; s < 2; s++) {
		for (k = 0; k < 400; k++)
			(void)add(&list, (uint8_t)s, k == 399 ? 1 : 0,
				  1000 - k, (uint16_t)(s * 400 + k));
	}

	ck_assert_uint_eq(100, list.n);
	for (i = 0; i < list.n; i++)
		++per[list.v[i].stream][list.v[i].relays];

	ck_assert_uint_eq(50, per[0][0] + per[0][1]);
	ck_assert_uint_eq(50, per[1][0] + per[1][1]);
	ck_assert_uint_eq(1, per[0][1]);
	ck_assert_uint_eq(1, per[1][1]);
	mem_deref(list.v);
	mem_deref(list.story.v);
}
END_TEST


START_TEST(limit_keeps_the_best)
{
	struct ua_checklist list = { .max = 10 };
	uint64_t low = UINT64_MAX;
	unsigned k;
	uint16_t i;

	for (k = 0; k < 50; k++)
		(void)add(&list, 0, 0, 100 + (k * 7) % 50, (uint16_t)k);

	for (i = 0; i < list.n; i++) {
		if (list.v[i].order < low)
			low = list.v[i].order;
	}

	ck_assert_uint_eq(140, low);
	mem_deref(list.v);
	mem_deref(list.story.v);
}
END_TEST


START_TEST(limit_never_drops_a_running_pair)
{
	struct ua_checklist list = { .max = 4 };
	uint16_t i;

	for (i = 0; i < 4; i++)
		(void)add(&list, 0, 0, 10 + i, i);

	ck_assert_uint_ne(UA_PAIR_NIL, ua_checklist_next(&list));
	for (i = 0; i < 4; i++)
		ck_assert(ua_checklist_step(&list, i, UA_PAIR_SEND, UA_PAIR_OK,
					    0));
	ck_assert(ua_checklist_step(&list, 3, UA_PAIR_SUCCESS, UA_PAIR_OK, 0));

	ck_assert_uint_eq(UA_PAIR_NIL, add(&list, 0, 0, 99, 9));

	ck_assert(ua_checklist_step(&list, 1, UA_PAIR_TIMEOUT,
				    UA_PAIR_NO_ANSWER, 0));
	ck_assert_uint_eq(1, add(&list, 0, 0, 5, 9));
	ck_assert_int_eq(UA_PAIR_SUCCEEDED, list.v[3].state);
	mem_deref(list.v);
	mem_deref(list.story.v);
}
END_TEST


START_TEST(superseded_request_is_remembered)
{
	struct ua_checklist list = { .max = 4 };
	const uint16_t i = add(&list, 0, 0, 1, 1);
	struct ua_pair *p = &list.v[i];

	ck_assert_uint_eq(i, ua_checklist_next(&list));
	ck_assert(ua_checklist_step(&list, i, UA_PAIR_SEND, UA_PAIR_OK, 0));
	p->txn.active = true;
	p->txn.sends = 1;
	p->txn.first_ms = 77;
	memset(p->txn.tid, 5, sizeof(p->txn.tid));

	ua_checklist_trigger(&list, i);
	ck_assert_int_eq(UA_PAIR_WAITING, p->state);
	ck_assert(!p->txn.active);
	ck_assert(p->past.active);
	ck_assert(p->past.once);
	ck_assert_uint_eq(77, p->past.sent_ms);
	ck_assert_uint_eq(5, p->past.tid[11]);

	ck_assert(ua_checklist_step(&list, i, UA_PAIR_SUCCESS, UA_PAIR_OK, 0));
	ck_assert(!p->past.active);
	ck_assert_uint_eq(0, p->trigger);
	mem_deref(list.v);
	mem_deref(list.story.v);
}
END_TEST


Suite *ua_suite_checklist(void)
{
	Suite *s = suite_create("checklist");
	TCase *tc = tcase_create("checklist");

	tcase_add_test(tc, list_goes_by_order_triggered_first);
	tcase_add_test(tc, streams_take_turns);
	tcase_add_test(tc, unfreezing_crosses_streams);
	tcase_add_test(tc, limit_counts_all_streams);
	tcase_add_test(tc, limit_keeps_the_best);
	tcase_add_test(tc, limit_never_drops_a_running_pair);
	tcase_add_test(tc, superseded_request_is_remembered);
	suite_add_tcase(s, tc);

	return s;
}
