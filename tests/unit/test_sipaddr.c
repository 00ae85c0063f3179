/* SPDX-License-Identifier: BSD-3-Clause */
/** @file test_sipaddr.c  Quotes and brackets of addresses, hosts of URIs */

#include <check.h>

#include "base/re_compat.h"
#include "dialog/sipaddr.h"

Suite *ua_suite_sipaddr(void);

static const struct {
	const char *text;
	bool ok;
} addresses[] = {
	{ "sip:a@b", true },
	{ "sip:a@b;tag=1", true },
	{ "<sip:a@b>;tag=1", true },
	{ "\"A\" <sip:a@b>;x=\"<\\\">\";tag=1", true },
	{ "\"A \\\" \\\\\" <sip:a@b>", true },
	{ "\"<sip:x@y>\" <sip:a@b>", true },
	{ "Bell, Alexander <sip:a@b>", true },
	{ "a<sip:a@b>", true },
	{ "", true },
	{ "\"A <sip:a@b>", false },
	{ "\"A\\\" <sip:a@b>", false },
	{ "\"A\" B\" <sip:a@b>", false },
	{ "A <sip:a@b", false },
	{ "A sip:a@b>", false },
	{ "<sip:a@b> <sip:c@d>", false },
	{ "<sip:a@b>>", false },
	{ "<<sip:a@b>", false },
	{ "<sip:\"a@b>", false },
	{ "<sip:a@b>;x=\"y", false },
	{ "<sip:a@b>;x=\"y\\\"", false },
};

static const struct {
	const char *text;
	bool ok;
} uris[] = {
	{ "sip:b", true },
	{ "sip:a@b", true },
	{ "sips:a@b.example.com:5061", true },
	{ "sip:a:secret@192.0.2.1:0;lr", true },
	{ "sip:a;b?c@host_1?Subject=x", true },
	{ "sip:[2001:db8::1]", true },
	{ "sip:a@[2001:DB8::1]:65535;transport=tcp", true },
	{ "sip:a@[2001:db8:::192.0.2.1]", true },
	{ "sip:", false },
	{ "sip:a@", false },
	{ "sip:a@;lr", false },
	{ "sip:2001:db8::10", false },
	{ "sip:a@2001:db8::10", false },
	{ "sip:a@b:", false },
	{ "sip:a@b:x", false },
	{ "sip:a@b:65536", false },
	{ "sip:a@b:50601234567890", false },
	{ "sip:a@b:5060x", false },
	{ "sip:a@b,c", false },
	{ "sip:a@b/c", false },
	{ "sip:a@[]", false },
	{ "sip:a@[::1", false },
	{ "sip:a@[::1]5060", false },
};


START_TEST(quotes_and_brackets_have_to_be_closed)
{
	struct pl pl;

	pl_set_str(&pl, addresses[_i].text);
	ck_assert_msg(ua_sipaddr_closed(&pl) == addresses[_i].ok, "%s",
		      addresses[_i].text);
}
END_TEST


START_TEST(uri_ends_with_its_host_and_port)
{
	struct pl pl;

	pl_set_str(&pl, uris[_i].text);
	ck_assert_msg(ua_sipaddr_hostport_ok(&pl) == uris[_i].ok, "%s",
		      uris[_i].text);
}
END_TEST


START_TEST(nul_is_no_part_of_a_host)
{
	const struct pl pl = { "sip:a@b\0", 8 };

	ck_assert(!ua_sipaddr_hostport_ok(&pl));
}
END_TEST


Suite *ua_suite_sipaddr(void)
{
	Suite *s = suite_create("sipaddr");
	TCase *tc = tcase_create("sipaddr");

	tcase_add_loop_test(tc, quotes_and_brackets_have_to_be_closed, 0,
			    sizeof(addresses) / sizeof(addresses[0]));
	tcase_add_loop_test(tc, uri_ends_with_its_host_and_port, 0,
			    sizeof(uris) / sizeof(uris[0]));
	tcase_add_test(tc, nul_is_no_part_of_a_host);
	suite_add_tcase(s, tc);

	return s;
}
