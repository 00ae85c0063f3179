/* SPDX-License-Identifier: BSD-3-Clause */
/** @file test_addr.c  Addresses: read, printed, compared, classed */

#include <check.h>
#include <errno.h>
#include <string.h>

#include "base/re_compat.h"
#include "base/addr.h"

Suite *ua_suite_addr(void);


static struct ua_addr ip(const char *str)
{
	struct ua_addr addr;

	ck_assert_int_eq(0, ua_addr_set(&addr, str, 0));
	return addr;
}


/* What is read, and how it is printed */
static const char *const forms[][2] = {
	{ "192.0.2.1", "192.0.2.1:0" },
	{ "192.0.2.1:5060", "192.0.2.1:5060" },
	{ "192.0.2.1:65535", "192.0.2.1:65535" },
	{ "2001:db8::1", "[2001:db8::1]:0" },
	{ "[2001:DB8:0:0::1]", "[2001:db8::1]:0" },
	{ "[2001:db8::1]:5060", "[2001:db8::1]:5060" },
	{ "[fe80::1%4294967295]:1", "[fe80::1%4294967295]:1" },
	{ "[1111:2222:3333:4444:5555:6666:7777:8888%4294967295]:65535",
	  "[1111:2222:3333:4444:5555:6666:7777:8888%4294967295]:65535" },
	{ "[::ffff:192.0.2.1]:7", "[::ffff:192.0.2.1]:7" },
};


START_TEST(address_survives_reading_and_printing)
{
	struct ua_addr addr, again;
	char buf[UA_ADDR_LEN];

	ck_assert_int_eq(0, ua_addr_decode(&addr, forms[_i][0]));
	ck_assert_str_eq(forms[_i][1], ua_addr_str(&addr, buf));
	ck_assert_int_eq(0, ua_addr_decode(&again, buf));
	ck_assert(ua_addr_eq(&addr, &again));
}
END_TEST


static const char *const wrong[] = {
	"",
	"192.0.2",
	"192.0.2.256",
	"192.0.2.1:",
	"192.0.2.1:65536",
	"192.0.2.1:-1",
	"192.0.2.1:+1",
	"192.0.2.1: 1",
	"192.0.2.1:1x",
	"192.0.2.1%1",
	"[192.0.2.1",
	"[2001:db8::1",
	"[2001:db8::1]x",
	"[2001:db8::1]:",
	"[2001:db8::1]:99999999999",
	"2001:db8::1::2",
	"fe80::1%",
	"fe80::1%eth0",
	"fe80::1%4294967296",
	"example.com",
	"[]",
	"1111:2222:3333:4444:5555:6666:7777:8888:9999:aaaa:bbbb:cccc:dddd:ee",
};


START_TEST(wrong_form_is_refused_and_changes_nothing)
{
	struct ua_addr addr, before;

	memset(&addr, 0x5a, sizeof(addr));
	before = addr;
	ck_assert_int_eq(EINVAL, ua_addr_decode(&addr, wrong[_i]));
	ck_assert_mem_eq(&before, &addr, sizeof(addr));
}
END_TEST


START_TEST(no_address_is_printed_as_such)
{
	const struct ua_addr none = { .af = UA_AF_NONE };
	char buf[UA_ADDR_LEN];

	ck_assert_str_eq("none", ua_addr_ip_str(&none, buf));
	ck_assert_str_eq("none:0", ua_addr_str(&none, buf));
}
END_TEST


START_TEST(equality_looks_at_every_part)
{
	struct ua_addr a = ip("fe80::1%2"), b = a;

	ck_assert(ua_addr_eq(&a, &b));
	b.port = 1;
	ck_assert(!ua_addr_eq(&a, &b));
	ck_assert(ua_addr_ip_eq(&a, &b));
	b = ip("fe80::1%3");
	ck_assert(!ua_addr_ip_eq(&a, &b));
	b = ip("fe80::2%2");
	ck_assert(!ua_addr_ip_eq(&a, &b));

	a = ip("192.0.2.1");
	b = a;
	b.ip[15] = 1; /* behind an IPv4 address: does not count */
	ck_assert(ua_addr_eq(&a, &b));
	b.af = UA_AF_IP6;
	ck_assert(!ua_addr_eq(&a, &b));
}
END_TEST


enum { IS_ANY = 1, LOOPBACK = 2, LINKLOCAL = 4, MULTICAST = 8, PRIVATE = 16 };

static const struct {
	const char *ip;
	int class;
} classes[] = {
	{ "0.0.0.0", IS_ANY },
	{ "::", IS_ANY },
	{ "127.0.0.1", LOOPBACK },
	{ "127.255.255.255", LOOPBACK },
	{ "::1", LOOPBACK },
	{ "169.254.0.1", LINKLOCAL | PRIVATE },
	{ "fe80::1", LINKLOCAL | PRIVATE },
	{ "febf::1", LINKLOCAL | PRIVATE },
	{ "fec0::1", 0 },
	{ "224.0.0.1", MULTICAST },
	{ "239.255.255.255", MULTICAST },
	{ "ff02::1", MULTICAST },
	{ "10.1.2.3", PRIVATE },
	{ "172.15.0.1", 0 },
	{ "172.16.0.1", PRIVATE },
	{ "172.31.255.255", PRIVATE },
	{ "172.32.0.1", 0 },
	{ "192.168.0.1", PRIVATE },
	{ "192.169.0.1", 0 },
	{ "100.64.0.1", PRIVATE },
	{ "100.127.255.255", PRIVATE },
	{ "100.128.0.1", 0 },
	{ "fc00::1", PRIVATE },
	{ "fdff::1", PRIVATE },
	{ "2001:db8::1", 0 },
	{ "192.0.2.1", 0 },
};


START_TEST(address_has_its_classes)
{
	const struct ua_addr addr = ip(classes[_i].ip);
	int class = 0;

	class |= ua_addr_is_any(&addr) ? IS_ANY : 0;
	class |= ua_addr_is_loopback(&addr) ? LOOPBACK : 0;
	class |= ua_addr_is_linklocal(&addr) ? LINKLOCAL : 0;
	class |= ua_addr_is_multicast(&addr) ? MULTICAST : 0;
	class |= ua_addr_is_private(&addr) ? PRIVATE : 0;

	ck_assert_msg(class == classes[_i].class, "%s: %d, not %d",
		      classes[_i].ip, class, classes[_i].class);
}
END_TEST


static const char *const both_ways[] = { "192.0.2.1:5060",
					 "[2001:db8::1]:5060",
					 "[fe80::1%7]:9" };


START_TEST(way_to_libre_and_back_loses_nothing)
{
	struct ua_addr addr, back;
	struct sa sa;

	ck_assert_int_eq(0, ua_addr_decode(&addr, both_ways[_i]));
	ua_addr_to_sa(&sa, &addr);
	ck_assert_uint_eq(addr.port, sa_port(&sa));
	ua_addr_from_sa(&back, &sa);
	ck_assert(ua_addr_eq(&addr, &back));
}
END_TEST


START_TEST(unset_addresses_stay_unset)
{
	struct ua_addr addr = { .af = UA_AF_NONE };
	struct sa sa;

	ua_addr_to_sa(&sa, &addr);
	ck_assert(!sa_isset(&sa, SA_ADDR));

	addr.af = UA_AF_IP4;
	ua_addr_from_sa(&addr, &sa);
	ck_assert_uint_eq(UA_AF_NONE, addr.af);
}
END_TEST


#define COUNT(a) (int)(sizeof(a) / sizeof((a)[0]))


Suite *ua_suite_addr(void)
{
	Suite *s = suite_create("addr");
	TCase *tc = tcase_create("addr");

	tcase_add_loop_test(tc, address_survives_reading_and_printing, 0,
			    COUNT(forms));
	tcase_add_loop_test(tc, wrong_form_is_refused_and_changes_nothing, 0,
			    COUNT(wrong));
	tcase_add_test(tc, no_address_is_printed_as_such);
	tcase_add_test(tc, equality_looks_at_every_part);
	tcase_add_loop_test(tc, address_has_its_classes, 0, COUNT(classes));
	tcase_add_loop_test(tc, way_to_libre_and_back_loses_nothing, 0,
			    COUNT(both_ways));
	tcase_add_test(tc, unset_addresses_stay_unset);
	suite_add_tcase(s, tc);

	return s;
}
