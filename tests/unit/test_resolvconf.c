/* SPDX-License-Identifier: BSD-3-Clause */
/** @file test_resolvconf.c  Name servers in the text of resolv.conf */

#include <check.h>
#include <net/if.h>

#include "net/resolvconf.h"

enum { ROOM = 4 };

Suite *ua_suite_resolvconf(void);


static void is_addr(const struct ua_addr *addr, const char *want)
{
	char buf[UA_ADDR_LEN];

	ck_assert_str_eq(want, ua_addr_str(addr, buf));
}


START_TEST(servers_are_found_in_order)
{
	struct ua_addr addrv[ROOM];
	const char *text = "# nameserver 192.0.2.9\n"
			   "domain example.com\n"
			   "nameserver 192.0.2.1\n"
			   "search example.com example.org\n"
			   "nameserver\t2001:db8::53 # second\n"
			   "options timeout:1\n"
			   "nameserver 192.0.2.3;comment";

	ck_assert_uint_eq(3, ua_resolvconf_servers(text, addrv, ROOM));
	is_addr(&addrv[0], "192.0.2.1:53");
	is_addr(&addrv[1], "[2001:db8::53]:53");
	is_addr(&addrv[2], "192.0.2.3:53");
}
END_TEST


START_TEST(zone_may_be_a_name)
{
	struct ua_addr addrv[ROOM];

	ck_assert_uint_eq(1, ua_resolvconf_servers("nameserver fe80::1%lo\n",
						   addrv, ROOM));
	ck_assert_uint_eq(if_nametoindex("lo"), addrv[0].scope);

	ck_assert_uint_eq(1, ua_resolvconf_servers("nameserver fe80::1%7\n",
						   addrv, ROOM));
	ck_assert_uint_eq(7, addrv[0].scope);
}
END_TEST


START_TEST(wrong_lines_are_skipped)
{
	struct ua_addr addrv[ROOM];
	const char *text = "nameserver\n"
			   "nameserver 192.0.2.256\n"
			   "nameserver fe80::1%no-such-zone\n"
			   "nameservers 192.0.2.1\n"
			   "nameserver 192.0.2.2\r\n";

	ck_assert_uint_eq(1, ua_resolvconf_servers(text, addrv, ROOM));
	is_addr(&addrv[0], "192.0.2.2:53");
}
END_TEST


START_TEST(empty_text_has_none_and_room_is_kept)
{
	struct ua_addr addrv[1];
	const char *text = "nameserver 192.0.2.1\nnameserver 192.0.2.2\n";

	ck_assert_uint_eq(0, ua_resolvconf_servers("", addrv, 1));
	ck_assert_uint_eq(0, ua_resolvconf_servers("\n\n", addrv, 1));
	ck_assert_uint_eq(1, ua_resolvconf_servers(text, addrv, 1));
}
END_TEST


Suite *ua_suite_resolvconf(void)
{
	Suite *s = suite_create("resolvconf");
	TCase *tc = tcase_create("resolvconf");

	tcase_add_test(tc, servers_are_found_in_order);
	tcase_add_test(tc, zone_may_be_a_name);
	tcase_add_test(tc, wrong_lines_are_skipped);
	tcase_add_test(tc, empty_text_has_none_and_room_is_kept);
	suite_add_tcase(s, tc);

	return s;
}
