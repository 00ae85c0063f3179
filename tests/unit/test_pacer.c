/* SPDX-License-Identifier: BSD-3-Clause */
/** @file test_pacer.c  Slots for checks, shared by many agents */

#include <check.h>
#include <stdlib.h>

#include "ice/pacer.h"

Suite *ua_suite_pacer(void);


START_TEST(lone_agent_keeps_its_own_time)
{
	struct ua_pacer p;
	uint64_t now = 1003;
	int i;

	ua_pacer_init(&p);
	for (i = 0; i < 50; i++, now += 21)
		ck_assert_uint_eq(now, ua_pacer_reserve(&p, now - 3, now,
							UA_PACER_ORDINARY));
}
END_TEST


START_TEST(idle_pacer_remembers_its_last_slot)
{
	struct ua_pacer p;

	ua_pacer_init(&p);
	ck_assert_uint_eq(100,
			  ua_pacer_reserve(&p, 100, 100, UA_PACER_ORDINARY));
	ck_assert_uint_eq(105,
			  ua_pacer_reserve(&p, 102, 102, UA_PACER_URGENT));
	ck_assert_uint_eq(110,
			  ua_pacer_reserve(&p, 108, 108, UA_PACER_URGENT));
}
END_TEST


static int cmp(const void *a, const void *b)
{
	const uint64_t x = *(const uint64_t *)a;
	const uint64_t y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}


START_TEST(thousand_agents_share_one_pace)
{
	enum { N = 1000 };
	struct ua_pacer p;
	uint64_t atv[N + 1];
	uint64_t urgent;
	int i;

	ua_pacer_init(&p);
	for (i = 0; i < N; i++)
		atv[i] = ua_pacer_reserve(&p, 0, 0, UA_PACER_ORDINARY);

	/* A triggered check does not stand behind a thousand first ones. */
	urgent = ua_pacer_reserve(&p, 0, 0, UA_PACER_URGENT);
	ck_assert_uint_le(urgent, 60);
	atv[N] = urgent;

	qsort(atv, N + 1, sizeof(atv[0]), cmp);
	for (i = 1; i <= N; i++)
		ck_assert_uint_ge(atv[i], atv[i - 1] + UA_PACER_STEP_MS);

	/* Three slots of four are used: 1000 take less than 7 s. */
	ck_assert_uint_le(atv[N], 7000);
}
END_TEST


START_TEST(urgent_ones_do_not_starve_the_others)
{
	struct ua_pacer p;
	uint64_t now;
	uint64_t at = 0;

	ua_pacer_init(&p);

	/* More urgent ones than slots, for a second */
	for (now = 0; now < 1000; now++) {
		(void)ua_pacer_reserve(&p, now, now, UA_PACER_URGENT);
		if (now == 500)
			at = ua_pacer_reserve(&p, now, now, UA_PACER_ORDINARY);
	}

	ck_assert_uint_le(at, 500 + 500 * UA_PACER_STEP_MS + 50);
}
END_TEST


START_TEST(released_slot_is_used_again)
{
	struct ua_pacer p;

	ua_pacer_init(&p);
	ck_assert_uint_eq(0, ua_pacer_reserve(&p, 0, 0, UA_PACER_ORDINARY));
	ck_assert_uint_eq(20, ua_pacer_reserve(&p, 0, 20, UA_PACER_ORDINARY));
	ua_pacer_release(&p, 20);
	ck_assert_uint_eq(20, ua_pacer_reserve(&p, 0, 20, UA_PACER_URGENT));
	ua_pacer_release(&p, 20);
	ua_pacer_release(&p, 20);
	ck_assert_uint_eq(5, ua_pacer_reserve(&p, 3, 3, UA_PACER_URGENT));
}
END_TEST


START_TEST(plan_has_an_end)
{
	struct ua_pacer p;
	uint64_t at = 0;
	int i;

	ua_pacer_init(&p);
	for (i = 0; i < 10000; i++)
		at = ua_pacer_reserve(&p, 0, 0, UA_PACER_URGENT);

	ck_assert_uint_le(at, UA_PACER_SLOTS * UA_PACER_STEP_MS);

	/* A long sleep empties it. */
	ck_assert_uint_eq(1000000,
			  ua_pacer_reserve(&p, 1000000, 0, UA_PACER_URGENT));
}
END_TEST


Suite *ua_suite_pacer(void)
{
	Suite *s = suite_create("pacer");
	TCase *tc = tcase_create("pacer");

	tcase_add_test(tc, lone_agent_keeps_its_own_time);
	tcase_add_test(tc, idle_pacer_remembers_its_last_slot);
	tcase_add_test(tc, thousand_agents_share_one_pace);
	tcase_add_test(tc, urgent_ones_do_not_starve_the_others);
	tcase_add_test(tc, released_slot_is_used_again);
	tcase_add_test(tc, plan_has_an_end);
	suite_add_tcase(s, tc);

	return s;
}
