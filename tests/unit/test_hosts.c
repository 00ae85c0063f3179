/* SPDX-License-Identifier: BSD-3-Clause */
/** @file test_hosts.c  Names in the text of a hosts file */

#include <check.h>
#include <string.h>

#include "net/hosts.h"

enum { ROOM = 4 };

static const char text[] = "# 192.0.2.99 commented\n"
			   "127.0.0.1\tlocalhost\n"
			   "\n"
			   "  192.0.2.1   proxy  Proxy.Example.COM # 1st\n"
			   "2001:db8::1 proxy.example.com\n"
			   "192.0.2.2 proxy.example.com\n"
			   "not-an-address broken\n"
			   "192.0.2.3 hidden#behind\n"
			   "192.0.2.4 windows\r\n"
			   "192.0.2.5 last";

Suite *ua_suite_hosts(void);


static size_t find4(const char *name, struct ua_addr *addrv)
{
	return ua_hosts_find(text, name, UA_AF_IP4, addrv, ROOM);
}


static void is_ip(const struct ua_addr *addr, const char *want)
{
	char buf[UA_ADDR_LEN];

	ck_assert_str_eq(want, ua_addr_ip_str(addr, buf));
	ck_assert_uint_eq(0, addr->port);
}


START_TEST(name_and_alias_are_found_in_file_order)
{
	struct ua_addr addrv[ROOM];

	ck_assert_uint_eq(2, find4("proxy.example.com", addrv));
	is_ip(&addrv[0], "192.0.2.1");
	is_ip(&addrv[1], "192.0.2.2");

	ck_assert_uint_eq(1, find4("proxy", addrv));
	is_ip(&addrv[0], "192.0.2.1");
}
END_TEST


START_TEST(families_are_apart)
{
	struct ua_addr addrv[ROOM];

	ck_assert_uint_eq(1, ua_hosts_find(text, "proxy.example.com",
					   UA_AF_IP6, addrv, ROOM));
	is_ip(&addrv[0], "2001:db8::1");
}
END_TEST


START_TEST(case_does_not_matter)
{
	struct ua_addr addrv[ROOM];

	ck_assert_uint_eq(1, find4("LocalHost", addrv));
}
END_TEST


START_TEST(comments_and_broken_lines_are_skipped)
{
	struct ua_addr addrv[ROOM];

	ck_assert_uint_eq(0, find4("commented", addrv));
	ck_assert_uint_eq(0, find4("1st", addrv));
	ck_assert_uint_eq(0, find4("broken", addrv));
	ck_assert_uint_eq(0, find4("behind", addrv));
	ck_assert_uint_eq(1, find4("hidden", addrv));
	ck_assert_uint_eq(1, find4("windows", addrv));
}
END_TEST


START_TEST(parts_of_a_name_do_not_match)
{
	struct ua_addr addrv[ROOM];

	ck_assert_uint_eq(0, find4("prox", addrv));
	ck_assert_uint_eq(0, find4("proxy.example", addrv));
	ck_assert_uint_eq(0, find4("192.0.2.1", addrv));
}
END_TEST


START_TEST(last_line_needs_no_end)
{
	struct ua_addr addrv[ROOM];

	ck_assert_uint_eq(1, find4("last", addrv));
	is_ip(&addrv[0], "192.0.2.5");
}
END_TEST


START_TEST(no_more_than_the_room_is_filled)
{
	struct ua_addr addrv[1];

	ck_assert_uint_eq(1, ua_hosts_find(text, "proxy.example.com",
					   UA_AF_IP4, addrv, 1));
	ck_assert_uint_eq(0, ua_hosts_find("", "proxy", UA_AF_IP4, addrv, 1));
}
END_TEST


Suite *ua_suite_hosts(void)
{
	Suite *s = suite_create("hosts");
	TCase *tc = tcase_create("hosts");

	tcase_add_test(tc, name_and_alias_are_found_in_file_order);
	tcase_add_test(tc, families_are_apart);
	tcase_add_test(tc, case_does_not_matter);
	tcase_add_test(tc, comments_and_broken_lines_are_skipped);
	tcase_add_test(tc, parts_of_a_name_do_not_match);
	tcase_add_test(tc, last_line_needs_no_end);
	tcase_add_test(tc, no_more_than_the_room_is_filled);
	suite_add_tcase(s, tc);

	return s;
}
