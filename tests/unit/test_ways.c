/* SPDX-License-Identifier: BSD-3-Clause */
/** @file test_ways.c  How long a way to others is remembered */

#include <check.h>
#include <stdio.h>
#include <string.h>

#include "agent/ways.h"
#include "base/addr.h"

Suite *ua_suite_ways(void);

static struct ua_ways ways;


static struct ua_addr ip(const char *text, uint16_t port)
{
	struct ua_addr addr;

	ck_assert_int_eq(0, ua_addr_set(&addr, text, port));

	return addr;
}


static void put(uint64_t epoch, uint64_t now_ms, const char *dst,
		const char *local)
{
	const struct ua_addr to = ip(dst, 5060), from = ip(local, 0);

	ua_ways_put(&ways, epoch, now_ms, &to, &from);
}


static bool is(uint64_t epoch, uint64_t now_ms, const char *dst,
	       const char *local)
{
	const struct ua_addr to = ip(dst, 5080), from = ip(local, 0);
	struct ua_addr found;

	return ua_ways_get(&ways, epoch, now_ms, &to, &found) &&
	       ua_addr_eq(&from, &found);
}


static void setup(void)
{
	memset(&ways, 0, sizeof(ways));
}


START_TEST(way_is_remembered_for_a_second)
{
	ck_assert(!is(0, 1000, "192.0.2.1", "10.0.0.1"));
	put(0, 1000, "192.0.2.1", "10.0.0.1");
	put(0, 1000, "2001:db8::1", "fd00::1");

	ck_assert(is(0, 1000, "192.0.2.1", "10.0.0.1"));
	ck_assert(is(0, 1999, "2001:db8::1", "fd00::1"));
	ck_assert(!is(0, 1000, "192.0.2.2", "10.0.0.1"));
	ck_assert(!is(0, 2000, "192.0.2.1", "10.0.0.1"));

	/* Looked for again, found elsewhere */
	put(0, 2000, "192.0.2.1", "10.0.0.2");
	ck_assert(is(0, 2999, "192.0.2.1", "10.0.0.2"));
}
END_TEST


START_TEST(change_of_the_network_forgets_all)
{
	put(7, 1000, "192.0.2.1", "10.0.0.1");
	put(7, 1000, "192.0.2.2", "10.0.0.1");
	ck_assert(!is(8, 1000, "192.0.2.1", "10.0.0.1"));

	put(8, 1001, "192.0.2.1", "10.0.0.9");
	ck_assert(is(8, 1001, "192.0.2.1", "10.0.0.9"));
	ck_assert(!is(8, 1001, "192.0.2.2", "10.0.0.1"));
	ck_assert(!is(7, 1001, "192.0.2.2", "10.0.0.1"));
}
END_TEST


START_TEST(newest_ways_have_the_room)
{
	char dst[32];
	int i;

	for (i = 0; i <= UA_WAYS_MAX; i++) {
		(void)snprintf(dst, sizeof(dst), "192.0.2.%d", i + 1);
		put(1, 1000, dst, "10.0.0.1");
	}

	ck_assert(!is(1, 1000, "192.0.2.1", "10.0.0.1"));
	for (i = 1; i <= UA_WAYS_MAX; i++) {
		(void)snprintf(dst, sizeof(dst), "192.0.2.%d", i + 1);
		ck_assert(is(1, 1000, dst, "10.0.0.1"));
	}
}
END_TEST


Suite *ua_suite_ways(void)
{
	Suite *s = suite_create("ways");
	TCase *tc = tcase_create("ways");

	tcase_add_checked_fixture(tc, setup, NULL);
	tcase_add_test(tc, way_is_remembered_for_a_second);
	tcase_add_test(tc, change_of_the_network_forgets_all);
	tcase_add_test(tc, newest_ways_have_the_room);
	suite_add_tcase(s, tc);

	return s;
}
