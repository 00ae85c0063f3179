/* SPDX-License-Identifier: BSD-3-Clause */
/** @file test_sipmsg.c  What is checked in a message, beyond libre's parser */

#include <check.h>
#include <errno.h>
#include <string.h>

#include "base/re_compat.h"
#include "dialog/sipmsg.h"
#include "siptext.h"

Suite *ua_suite_sipmsg(void);

#define HEAD                                                                  \
	"Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKx\n"                        \
	"From: <sip:a@b>;tag=1\nTo: <sip:c@d>\nCall-ID: x\n"


static struct sip_msg *invite(const char *rest)
{
	return siptext("INVITE sip:c@d SIP/2.0\n" HEAD "CSeq: 1 INVITE\n%s",
		       rest);
}


static struct sip_msg *answer(const char *rest)
{
	return siptext("SIP/2.0 200 OK\n" HEAD "CSeq: 1 INVITE\n%s", rest);
}


/* The rules for requests are seen at work in test_endpoint.c. */
START_TEST(well_formed_messages_pass)
{
	struct ua_sipmsg_fault fault;
	struct sip_msg *msg;

	msg = invite("Max-Forwards: 70\n\n");
	ck_assert_int_eq(0, ua_sipmsg_check(msg, &fault));
	mem_deref(msg);
	msg = answer("\n");
	ck_assert_int_eq(0, ua_sipmsg_check(msg, &fault));
	mem_deref(msg);
}
END_TEST


START_TEST(optional_body_of_a_strange_type_may_be_ignored)
{
	struct ua_sipmsg_fault fault;
	struct sip_msg *msg;

	msg = invite("Content-Type: text/x\n"
		     "Content-Disposition: render;handling=optional\n\nhello");
	ck_assert_int_eq(0, ua_sipmsg_check(msg, &fault));
	ck_assert_uint_eq(0, ua_sipmsg_sdp(msg).l);
	mem_deref(msg);
	msg = invite("Content-Type: text/x\n"
		     "Content-Disposition: render;handling=required\n\nhello");
	ck_assert_int_eq(EPROTO, ua_sipmsg_check(msg, &fault));
	ck_assert_uint_eq(415, fault.code);
	mem_deref(msg);
}
END_TEST


START_TEST(unsupported_tags_are_listed_as_far_as_they_fit)
{
	struct ua_sipmsg_fault fault;
	char rest[2048] = "Require: a";
	struct sip_msg *msg;
	int i;

	for (i = 0; i < 100; i++)
		strcat(rest, ", extension");
	strcat(rest, "\n\n");

	msg = invite(rest);
	ck_assert_int_eq(EPROTO, ua_sipmsg_check(msg, &fault));
	ck_assert_uint_eq(420, fault.code);
	ck_assert_ptr_eq(fault.headers,
			 strstr(fault.headers, "Unsupported: a, extension"));
	ck_assert_str_eq("\r\n", fault.headers + strlen(fault.headers) - 2);
	mem_deref(msg);
}
END_TEST


START_TEST(answer_with_two_vias_is_dropped)
{
	struct ua_sipmsg_fault fault;
	struct sip_msg *msg =
		answer("Via: SIP/2.0/UDP 192.0.2.9;branch=z9hG4bKy\n\n");

	ck_assert_int_eq(EBADMSG, ua_sipmsg_check(msg, &fault));
	mem_deref(msg);
}
END_TEST


START_TEST(too_many_headers_are_refused)
{
	struct ua_sipmsg_fault fault;
	char rest[4096] = "";
	struct sip_msg *msg;
	int i;

	for (i = 0; i < UA_SIPMSG_HDRS_MAX; i++)
		strcat(rest, "X-Y: z\n");
	strcat(rest, "\n");

	msg = invite(rest);
	ck_assert_int_eq(EPROTO, ua_sipmsg_check(msg, &fault));
	ck_assert_uint_eq(400, fault.code);
	mem_deref(msg);
}
END_TEST


/* RFC 3261, 18.3 */
START_TEST(what_stands_behind_the_body_is_cut)
{
	struct sip_msg *msg = invite("Content-Type: application/SDP\n"
				     "Content-Length: 3\n\nv=0garbage");
	const struct pl sdp = ua_sipmsg_sdp(msg);

	ck_assert_int_eq(0, pl_strcmp(&sdp, "v=0"));
	mem_deref(msg);
}
END_TEST


START_TEST(mapped_address_is_read_from_the_via)
{
	static const struct {
		const char *via;
		const char *addr;
	} cases[] = {
		{ "192.0.2.1:5060;rport=41000;received=198.51.100.2",
		  "198.51.100.2:41000" },
		{ "192.0.2.1:5062;received=198.51.100.2",
		  "198.51.100.2:5062" },
		{ "192.0.2.1:5062;rport=41000", "192.0.2.1:41000" },
		{ "[2001:db8::1]:5062;rport=9;received=2001:db8::2",
		  "[2001:db8::2]:9" },
		{ "192.0.2.1:5062", "none:0" },
		{ "192.0.2.1:5062;rport=99999", "none:0" },
		{ "192.0.2.1:5062;rport=x", "none:0" },
		{ "192.0.2.1;received=example.com", "none:0" },
	};
	char buf[UA_ADDR_LEN];
	struct ua_addr addr;
	struct sip_msg *msg;

	msg = siptext("SIP/2.0 200 OK\n"
		      "Via: SIP/2.0/UDP %s;branch=z9hG4bKx\n\n",
		      cases[_i].via);
	ua_sipmsg_mapped(msg, &addr);
	ck_assert_str_eq(cases[_i].addr, ua_addr_str(&addr, buf));
	mem_deref(msg);
}
END_TEST


START_TEST(numbers_are_digits_that_fit)
{
	static const struct {
		const char *str;
		bool ok;
		uint32_t v;
	} cases[] = {
		{ "0", true, 0 },           { "4294967295", true, UINT32_MAX },
		{ "4294967296", false, 0 }, { "", false, 0 },
		{ "-1", false, 0 },         { "1x", false, 0 },
	};
	uint32_t v = 0;
	struct pl pl;

	pl_set_str(&pl, cases[_i].str);
	ck_assert_int_eq(cases[_i].ok, ua_sipmsg_u32(&pl, &v));
	ck_assert_uint_eq(cases[_i].v, v);
}
END_TEST


START_TEST(number_of_a_header_may_have_a_comment)
{
	struct sip_msg *msg = answer("Retry-After: 18 (lunch);duration=9\n"
				     "Min-Expires: 60x\n\n");
	uint32_t v;

	ck_assert(ua_sipmsg_number(msg, SIP_HDR_RETRY_AFTER, &v));
	ck_assert_uint_eq(18, v);
	ck_assert(!ua_sipmsg_number(msg, SIP_HDR_MIN_EXPIRES, &v));
	ck_assert(!ua_sipmsg_number(msg, SIP_HDR_EXPIRES, &v));
	mem_deref(msg);
}
END_TEST


START_TEST(text_is_cut_and_made_harmless)
{
	const struct pl pl = PL("a\x1b[31mb\x7f\n");
	char str[16];

	ua_sipmsg_text(str, sizeof(str), &pl);
	ck_assert_str_eq("a?[31mb??", str);
	ua_sipmsg_text(str, 4, &pl);
	ck_assert_str_eq("a?[", str);
}
END_TEST


START_TEST(uris_are_told_from_other_things)
{
	static const struct {
		const char *str;
		bool ok;
	} cases[] = {
		{ "sip:bob@example.com", true },
		{ "sips:bob@[2001:db8::1]:5061;x=1?a=b", true },
		{ "SIP:example.com", true },
		{ "tel:+1", false },
		{ "bob", false },
		{ "sip:", false },
		{ "sip:a b", false },
		{ "<sip:a@b>", false },
		{ "sip:a@b\r\nVia: x", false },
		{ "", false },
	};
	struct pl pl;

	pl_set_str(&pl, cases[_i].str);
	ck_assert_int_eq(cases[_i].ok, ua_sipmsg_uri_ok(&pl));
}
END_TEST


Suite *ua_suite_sipmsg(void)
{
	Suite *s = suite_create("sipmsg");
	TCase *tc = tcase_create("sipmsg");

	tcase_add_test(tc, well_formed_messages_pass);
	tcase_add_test(tc, optional_body_of_a_strange_type_may_be_ignored);
	tcase_add_test(tc, unsupported_tags_are_listed_as_far_as_they_fit);
	tcase_add_test(tc, answer_with_two_vias_is_dropped);
	tcase_add_test(tc, too_many_headers_are_refused);
	tcase_add_test(tc, what_stands_behind_the_body_is_cut);
	tcase_add_loop_test(tc, mapped_address_is_read_from_the_via, 0, 8);
	tcase_add_loop_test(tc, numbers_are_digits_that_fit, 0, 6);
	tcase_add_test(tc, number_of_a_header_may_have_a_comment);
	tcase_add_test(tc, text_is_cut_and_made_harmless);
	tcase_add_loop_test(tc, uris_are_told_from_other_things, 0, 10);
	suite_add_tcase(s, tc);

	return s;
}
