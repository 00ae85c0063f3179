/* SPDX-License-Identifier: BSD-3-Clause */
/** @file test_shun.c  Servers that failed are tried last, for a while */

#include <check.h>

#include "net/shun.h"

Suite *ua_suite_shun(void);

static struct ua_shun shun;


static void setup(void)
{
	ua_shun_flush(&shun);
}


static struct ua_addr host(unsigned last)
{
	struct ua_addr addr;

	ck_assert_int_eq(0, ua_addr_set(&addr, "192.0.2.0", 5060));
	addr.ip[3] = (uint8_t)last;

	return addr;
}


static void add(uint64_t now_ms, unsigned last, uint64_t ms)
{
	const struct ua_addr addr = host(last);

	ua_shun_add(&shun, now_ms, &addr, UA_TP_UDP, ms);
}


static bool is(uint64_t now_ms, unsigned last)
{
	const struct ua_addr addr = host(last);

	return ua_shun_is(&shun, now_ms, &addr, UA_TP_UDP);
}


START_TEST(nobody_is_shunned_at_first)
{
	ck_assert(!is(0, 1));
	ck_assert(!is(UA_NEVER - 1, 0));
}
END_TEST


/* { asked for, kept } */
static const uint64_t times[][2] = {
	{ 0, UA_SHUN_MS },
	{ 5000, 5000 },
	{ 300000, 300000 },
	{ 4000000000ULL * 1000, UA_SHUN_MAX_MS },
};


START_TEST(server_is_shunned_for_its_time)
{
	const uint64_t now_ms = 1000, kept_ms = times[_i][1];

	add(now_ms, 1, times[_i][0]);
	ck_assert(is(now_ms, 1));
	ck_assert(is(now_ms + kept_ms - 1, 1));
	ck_assert(!is(now_ms + kept_ms, 1));
}
END_TEST


START_TEST(address_port_and_transport_make_a_server)
{
	struct ua_addr addr = host(1);

	add(0, 1, 0);
	ck_assert(!is(0, 2));
	ck_assert(!ua_shun_is(&shun, 0, &addr, UA_TP_TCP));
	addr.port = 5062;
	ck_assert(!ua_shun_is(&shun, 0, &addr, UA_TP_UDP));
}
END_TEST


START_TEST(longer_word_stands)
{
	add(0, 1, 300000);
	add(10, 1, 5000);
	ck_assert(is(299999, 1));
	add(20, 1, 400000);
	ck_assert(is(400019, 1));
	ck_assert(!is(400020, 1));
}
END_TEST


/* A time that is over counts no more. */
START_TEST(word_that_has_run_out_is_renewed)
{
	add(0, 1, 5000);
	add(6000, 1, 1000);
	ck_assert(is(6999, 1));
	ck_assert(!is(7000, 1));
}
END_TEST


START_TEST(answer_is_forgiveness)
{
	const struct ua_addr one = host(1), two = host(2);

	add(0, 1, 0);
	add(0, 2, 0);
	ua_shun_ok(&shun, &one, UA_TP_TCP);
	ck_assert(is(1, 1));
	ua_shun_ok(&shun, &one, UA_TP_UDP);
	ck_assert(!is(1, 1));
	ck_assert(is(1, 2));
	ua_shun_ok(&shun, &two, UA_TP_UDP);
	ck_assert(!is(1, 2));
}
END_TEST


START_TEST(full_table_drops_the_oldest_word)
{
	unsigned i;

	for (i = 0; i < UA_SHUN_MAX; i++)
		add(0, i, 0);
	add(1, 0, 0); /* told of again: the second is the oldest now */
	add(2, 200, 0);

	ck_assert(is(3, 0));
	ck_assert(!is(3, 1));
	ck_assert(is(3, 2));
	ck_assert(is(3, 200));
}
END_TEST


START_TEST(one_that_was_dropped_leaves_nothing_behind)
{
	unsigned i;

	add(0, 0, UA_SHUN_MAX_MS);
	for (i = 1; i <= UA_SHUN_MAX; i++)
		add(0, i, 1000);

	for (i = 0; i <= UA_SHUN_MAX; i++)
		ck_assert(!is(1000, i));
}
END_TEST


START_TEST(flush_forgets_all)
{
	add(0, 1, 0);
	ua_shun_flush(&shun);
	ck_assert(!is(0, 1));
}
END_TEST


static void targets(struct ua_target *targetv, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		targetv[i].addr = host((unsigned)i);
		targetv[i].tp = UA_TP_UDP;
	}
}


START_TEST(sort_puts_the_bad_last_and_keeps_both_orders)
{
	static const unsigned expect[] = { 1, 3, 5, 0, 2, 4 };
	struct ua_target targetv[6];
	size_t i;

	targets(targetv, 6);
	add(0, 4, 0);
	add(0, 2, 0);
	add(0, 0, 0);
	ua_shun_sort(&shun, 100, targetv, 6);

	for (i = 0; i < 6; i++)
		ck_assert_uint_eq(expect[i], targetv[i].addr.ip[3]);

	/* Their time is over: nothing is sorted any more. */
	targets(targetv, 6);
	ua_shun_sort(&shun, UA_SHUN_MS, targetv, 6);
	for (i = 0; i < 6; i++)
		ck_assert_uint_eq(i, targetv[i].addr.ip[3]);
}
END_TEST


START_TEST(nobody_is_dropped_when_all_are_bad)
{
	struct ua_target targetv[UA_TARGET_MAX];
	unsigned i;

	targets(targetv, UA_TARGET_MAX);
	for (i = 0; i < UA_TARGET_MAX; i++)
		add(0, i, 0);
	ua_shun_sort(&shun, 0, targetv, UA_TARGET_MAX);

	for (i = 0; i < UA_TARGET_MAX; i++)
		ck_assert_uint_eq(i, targetv[i].addr.ip[3]);

	ua_shun_sort(&shun, 0, targetv, 0);
}
END_TEST


Suite *ua_suite_shun(void)
{
	Suite *s = suite_create("shun");
	TCase *tc = tcase_create("shun");

	tcase_add_checked_fixture(tc, setup, NULL);
	tcase_add_test(tc, nobody_is_shunned_at_first);
	tcase_add_loop_test(tc, server_is_shunned_for_its_time, 0, 4);
	tcase_add_test(tc, address_port_and_transport_make_a_server);
	tcase_add_test(tc, longer_word_stands);
	tcase_add_test(tc, word_that_has_run_out_is_renewed);
	tcase_add_test(tc, answer_is_forgiveness);
	tcase_add_test(tc, full_table_drops_the_oldest_word);
	tcase_add_test(tc, one_that_was_dropped_leaves_nothing_behind);
	tcase_add_test(tc, flush_forgets_all);
	tcase_add_test(tc, sort_puts_the_bad_last_and_keeps_both_orders);
	tcase_add_test(tc, nobody_is_dropped_when_all_are_bad);
	suite_add_tcase(s, tc);

	return s;
}
