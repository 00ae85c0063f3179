/* SPDX-License-Identifier: BSD-3-Clause */
/** @file test_uricheck.c  Fields of SIP URIs that lead nowhere */

#include <check.h>
#include <errno.h>
#include <string.h>

#include "call/uricheck.h"

Suite *ua_suite_uricheck(void);

static const char *const good[] = {
	"sip:bob@example.com",
	"sip:example.com",
	"sip:bob@example.com:5060",
	"sip:bob@example.com:1;transport=TCP",
	"sip:bob@example.com:65535?Subject=x",
	"sip:bob:secret@example.com:00005060;lr",
	"sip:bob;ext=1@example.com;transport=tls",
	"sip:bob@192.0.2.1:5070",
	"sip:bob@[2001:db8::1]",
	"sip:bob@[2001:db8::1]:5070;transport=udp",
	"sip:bob@a-b_c.example.",
	"sip:bob@localhost?a=b:c",
};

static const struct {
	const char *uri;
	const char *why;
} bad[] = {
	{ "sip:bob@example.com:0", "port '0': 1 to 65535 expected" },
	{ "sip:bob@example.com:65536", "port '65536'" },
	{ "sip:bob@example.com:70000", "port '70000'" },
	{ "sip:bob@example.com:99999999999999999999", "port '9999999999" },
	{ "sip:bob@example.com:5060x", "port '5060x'" },
	{ "sip:bob@example.com:x", "port 'x'" },
	{ "sip:bob@example.com:-1", "port '-1'" },
	{ "sip:bob@example.com: 5060", "port ' 5060'" },
	{ "sip:bob@example.com:", "port ''" },
	{ "sip:bob@example.com:5060:1", "port '5060:1'" },
	{ "sip:bob@example.com:;transport=tcp", "port ''" },
	{ "sip:bob@[2001:db8::1]:99999", "port '99999'" },
	{ "sip:bob@[2001:db8::1", "host '[2001'" },
	{ "sip:bob@256.1.1.1", "host '256.1.1.1': a name or a numeric" },
	{ "sip:bob@exa mple.com", "host 'exa mple.com'" },
	{ "sip:bob@example..com", "host 'example..com'" },
	{ "sip:bob@ex%41mple.com", "host 'ex%41mple.com'" },
	{ "sip:bob@0.0.0.0", "host '0.0.0.0'" },
	{ "sip:bob@example.com;transport=sctp",
	  "transport 'sctp': udp, tcp or tls expected" },
	{ "sip:bob@example.com;transport=", "transport ''" },
	{ "sip:bob@example.com;transport", "transport ''" },
	{ "bob", "uri 'bob': sip:user@host expected" },
};


START_TEST(good_uri_has_nothing_wrong)
{
	char why[UA_URICHECK_MAX];

	ck_assert_int_eq(0, ua_uricheck_where(good[_i], true, why));
}
END_TEST


START_TEST(bad_field_is_named_with_what_was_expected)
{
	char why[UA_URICHECK_MAX];

	ck_assert_int_eq(EINVAL, ua_uricheck_where(bad[_i].uri, true, why));
	ck_assert_msg(!strncmp(why, bad[_i].why, strlen(bad[_i].why)), "%s",
		      why);
}
END_TEST


START_TEST(transport_is_a_proxys_business)
{
	char why[UA_URICHECK_MAX];

	ck_assert_int_eq(
		0, ua_uricheck_where("sip:bob@example.com;transport=sctp",
				     false, why));
	ck_assert_int_eq(EINVAL, ua_uricheck_where("sip:bob@example.com:0",
						   false, why));
}
END_TEST


Suite *ua_suite_uricheck(void)
{
	Suite *s = suite_create("uricheck");
	TCase *tc = tcase_create("uricheck");

	tcase_add_loop_test(tc, good_uri_has_nothing_wrong, 0,
			    sizeof(good) / sizeof(good[0]));
	tcase_add_loop_test(tc, bad_field_is_named_with_what_was_expected, 0,
			    sizeof(bad) / sizeof(bad[0]));
	tcase_add_test(tc, transport_is_a_proxys_business);
	suite_add_tcase(s, tc);

	return s;
}
