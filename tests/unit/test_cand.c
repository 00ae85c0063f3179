/* SPDX-License-Identifier: BSD-3-Clause */
/** @file test_cand.c  Priorities, foundations and refusals of candidates */

#include <check.h>
#include <errno.h>
#include <string.h>

#include "base/re_compat.h"
#include "ice/cand.h"

Suite *ua_suite_cand(void);


static struct ua_addr addr_of(const char *str)
{
	struct ua_addr addr;

	ck_assert_int_eq(0, ua_addr_decode(&addr, str));
	return addr;
}


START_TEST(priorities_are_those_of_the_rfc)
{
	/* RFC 8445, 5.1.2.1: host, 65535, component 1 */
	ck_assert_uint_eq(2130706431, ua_cand_prio(UA_ICE_HOST, 65535, 1));
	ck_assert_uint_eq(2130706430, ua_cand_prio(UA_ICE_HOST, 65535, 2));
	ck_assert_uint_eq(1694498815, ua_cand_prio(UA_ICE_SRFLX, 65535, 1));
	ck_assert_uint_eq(1862270975, ua_cand_prio(UA_ICE_PRFLX, 65535, 1));
	ck_assert_uint_eq(16777215, ua_cand_prio(UA_ICE_RELAY, 65535, 1));
}
END_TEST


START_TEST(local_preference_is_unique_and_by_group)
{
	ck_assert_uint_eq(65535, ua_cand_pref(0, 0));
	ck_assert_uint_gt(ua_cand_pref(0, 0), ua_cand_pref(0, 1));
	ck_assert_uint_gt(ua_cand_pref(0, 255), ua_cand_pref(1, 0));
	ck_assert_uint_ne(ua_cand_pref(3, 7), ua_cand_pref(3, 8));
}
END_TEST


START_TEST(bogus_addresses_have_a_reason)
{
	static const char *const bad[] = {
		"224.0.0.1:5000", "0.0.0.0:5000", "255.255.255.255:5000",
		"192.0.2.1:0",    "192.0.2.1:53", "[ff02::1]:5000",
		"[::]:5000"
	};
	static const char *const good[] = { "192.0.2.1:80", "192.0.2.1:443",
					    "192.0.2.1:1024",
					    "[2001:db8::1]:5000" };
	const struct ua_addr none = { .port = 5000 };
	struct ua_addr addr;
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		addr = addr_of(bad[i]);
		ck_assert_msg(ua_cand_refused(&addr) != NULL, "%s", bad[i]);
	}

	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		addr = addr_of(good[i]);
		ck_assert_msg(ua_cand_refused(&addr) == NULL, "%s", good[i]);
	}

	ck_assert_ptr_nonnull(ua_cand_refused(&none));
}
END_TEST


START_TEST(table_refuses_when_full)
{
	struct ua_cands cands = { .max = 10 };
	struct ua_cand cand;
	uint16_t index;
	int i;

	memset(&cand, 0, sizeof(cand));
	for (i = 0; i < 10; i++)
		ck_assert_int_eq(0, ua_cand_add(&cands, &cand, &index));

	ck_assert_uint_eq(9, index);
	ck_assert_int_eq(ENOSPC, ua_cand_add(&cands, &cand, &index));
	ck_assert_uint_eq(9, index);
	mem_deref(cands.v);
}
END_TEST


static const struct ua_addr *base_of(uint16_t base, void *arg)
{
	const struct ua_addr *addrv = arg;

	return &addrv[base];
}


START_TEST(foundation_is_type_base_and_server)
{
	struct ua_addr addrv[3] = { addr_of("10.0.0.1:1"),
				    addr_of("10.0.0.1:2"),
				    addr_of("10.0.0.2:1") };
	struct ua_cands cands = { .max = 10 };
	struct ua_cand c;
	uint16_t index;

	memset(&c, 0, sizeof(c));
	ua_cand_found(&cands, &c, base_of, addrv);
	ck_assert_str_eq("1", c.foundation);
	ck_assert_int_eq(0, ua_cand_add(&cands, &c, &index));

	/* Another port of the same host: the same */
	c.base = 1;
	ua_cand_found(&cands, &c, base_of, addrv);
	ck_assert_str_eq("1", c.foundation);

	/* Another host, another type, another server: others */
	c.base = 2;
	ua_cand_found(&cands, &c, base_of, addrv);
	ck_assert_str_eq("2", c.foundation);
	ck_assert_int_eq(0, ua_cand_add(&cands, &c, &index));

	c.base = 0;
	c.type = UA_ICE_SRFLX;
	c.rel = addr_of("198.51.100.1:3478");
	ua_cand_found(&cands, &c, base_of, addrv);
	ck_assert_str_eq("3", c.foundation);
	ck_assert_int_eq(0, ua_cand_add(&cands, &c, &index));

	c.rel = addr_of("198.51.100.2:3478");
	ua_cand_found(&cands, &c, base_of, addrv);
	ck_assert_str_eq("4", c.foundation);

	mem_deref(cands.v);
}
END_TEST


/* Some peers write one foundation everywhere */
START_TEST(junk_foundations_do_not_serialise)
{
	struct ua_cands cands = { .max = 10 };
	struct ua_cand c;
	uint16_t first;
	uint16_t index;

	memset(&c, 0, sizeof(c));
	strcpy(c.foundation, "1");
	c.addr = addr_of("10.0.0.1:1");
	ua_cand_group(&cands, &c);
	first = c.group;
	ck_assert_int_eq(0, ua_cand_add(&cands, &c, &index));

	c.addr = addr_of("10.0.0.1:2");
	ua_cand_group(&cands, &c);
	ck_assert_uint_eq(first, c.group);

	c.addr = addr_of("10.0.0.2:1");
	ua_cand_group(&cands, &c);
	ck_assert_uint_ne(first, c.group);

	c.addr = addr_of("10.0.0.1:3");
	c.type = UA_ICE_SRFLX;
	ua_cand_group(&cands, &c);
	ck_assert_uint_ne(first, c.group);

	mem_deref(cands.v);
}
END_TEST


Suite *ua_suite_cand(void)
{
	Suite *s = suite_create("cand");
	TCase *tc = tcase_create("cand");

	tcase_add_test(tc, priorities_are_those_of_the_rfc);
	tcase_add_test(tc, local_preference_is_unique_and_by_group);
	tcase_add_test(tc, bogus_addresses_have_a_reason);
	tcase_add_test(tc, table_refuses_when_full);
	tcase_add_test(tc, foundation_is_type_base_and_server);
	tcase_add_test(tc, junk_foundations_do_not_serialise);
	suite_add_tcase(s, tc);

	return s;
}
