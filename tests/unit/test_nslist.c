/* SPDX-License-Identifier: BSD-3-Clause */
/** @file test_nslist.c  The name server that answers is asked first */

#include <check.h>

#include "net/nslist.h"

Suite *ua_suite_nslist(void);

static struct ua_nslist list;
static struct ua_addr addrv[UA_NSLIST_MAX + 1];


static void setup(void)
{
	size_t i;

	for (i = 0; i < UA_NSLIST_MAX + 1; i++) {
		ck_assert_int_eq(0, ua_addr_set(&addrv[i], "192.0.2.0", 53));
		addrv[i].ip[3] = (uint8_t)i;
	}

	list = (struct ua_nslist){ .n = 0 };
	ck_assert(ua_nslist_set(&list, addrv, 3));
}


/* The last bytes of the servers in their order, as one number */
static unsigned order(uint64_t now_ms)
{
	struct ua_addr v[UA_NSLIST_MAX];
	const size_t n = ua_nslist_order(&list, now_ms, v);
	unsigned digits = 0;
	size_t i;

	for (i = 0; i < n; i++)
		digits = digits * 10 + v[i].ip[3] + 1;

	return digits;
}


START_TEST(servers_are_asked_as_they_are_listed)
{
	ck_assert_uint_eq(123, order(0));
	ck_assert(ua_nslist_set(&list, addrv, 0));
	ck_assert_uint_eq(0, order(0));
	ck_assert(ua_nslist_set(&list, addrv, UA_NSLIST_MAX + 1));
	ck_assert_uint_eq(1234, order(0));
}
END_TEST


START_TEST(one_that_answered_is_asked_first)
{
	ua_nslist_answered(&list, 0, &addrv[1]);
	ck_assert_uint_eq(213, order(1));
	ua_nslist_answered(&list, 2, &addrv[2]);
	ck_assert_uint_eq(312, order(3));
	ua_nslist_answered(&list, 4, &addrv[4]);
	ck_assert_uint_eq(312, order(5));
}
END_TEST


START_TEST(first_of_the_list_has_another_chance)
{
	const uint64_t back_ms = UA_NSLIST_BACK_MS;

	ua_nslist_answered(&list, 0, &addrv[1]);

	/* That it answers all the time puts nothing off. */
	ua_nslist_answered(&list, back_ms - 1, &addrv[1]);
	ck_assert_uint_eq(213, order(back_ms - 1));
	ck_assert_uint_eq(123, order(back_ms));

	/* Silent again: for as long as before */
	ua_nslist_answered(&list, back_ms + 250, &addrv[1]);
	ck_assert_uint_eq(213, order(2 * back_ms + 249));
	ck_assert_uint_eq(123, order(2 * back_ms + 250));

	ua_nslist_answered(&list, 2 * back_ms + 250, &addrv[0]);
	ck_assert_uint_eq(123, order(2 * back_ms + 251));
}
END_TEST


START_TEST(other_servers_are_told_from_the_same)
{
	ua_nslist_answered(&list, 0, &addrv[1]);
	ck_assert(!ua_nslist_set(&list, addrv, 3));
	ck_assert_uint_eq(123, order(1));
	ck_assert(ua_nslist_set(&list, addrv, 2));
	ck_assert(ua_nslist_set(&list, addrv + 1, 2));
	ck_assert_uint_eq(23, order(1));
}
END_TEST


Suite *ua_suite_nslist(void)
{
	Suite *s = suite_create("nslist");
	TCase *tc = tcase_create("nslist");

	tcase_add_checked_fixture(tc, setup, NULL);
	tcase_add_test(tc, servers_are_asked_as_they_are_listed);
	tcase_add_test(tc, one_that_answered_is_asked_first);
	tcase_add_test(tc, first_of_the_list_has_another_chance);
	tcase_add_test(tc, other_servers_are_told_from_the_same);
	suite_add_tcase(s, tc);

	return s;
}
