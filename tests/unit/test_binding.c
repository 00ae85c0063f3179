/* SPDX-License-Identifier: BSD-3-Clause */
/** @file test_binding.c  Our own binding among those of a user */

#include <check.h>

#include "dialog/binding.h"
#include "regbed.h"

Suite *ua_suite_binding(void);

#define OTHER_URN "urn:uuid:00000000-0000-1000-8000-000a95a0e128"
#define INSTANCE(urn) ";+sip.instance=\"<" urn ">\""

static struct sip_msg *msg;
static struct ua_binding found;

static const struct ua_binding_key plain = {
	.contact = REGBED_CONTACT,
	.asked_s = 300,
	.max_s = 86400,
};


static const struct ua_binding_key with_flow = {
	.contact = REGBED_CONTACT,
	.instance = REGBED_URN,
	.reg_id = 2,
	.asked_s = 300,
	.max_s = 86400,
};


static void teardown(void)
{
	msg = mem_deref(msg);
}


static void find(const struct ua_binding_key *key, const char *headers)
{
	mem_deref(msg);
	msg = siptext("SIP/2.0 200 OK\n"
		      "Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bKr"
		      ";rport=41000;received=198.51.100.2\n"
		      "From: <sip:alice@example.com>;tag=a\n"
		      "To: <sip:alice@example.com>;tag=b\n"
		      "Call-ID: c\nCSeq: 1 REGISTER\n%s"
		      "Content-Length: 0\n\n",
		      headers);
	ua_binding_find(&found, key, msg);
}


struct expiry {
	const char *headers;
	uint32_t expires_s;
};


/* clang-format off */
static const struct expiry expiries[] = {
	{ "Contact: <" REGBED_CONTACT ">;expires=120\n",         120 },
	{ "Contact: <" REGBED_CONTACT "> ; Expires = 5\n",       5 },
	{ "Contact: <" REGBED_CONTACT ">;expires=\"77\"\n",      77 },
	{ "Contact: <" REGBED_CONTACT ">;expires=0\n",           0 },
	{ "Contact: <" REGBED_CONTACT ">;expires=86401\n",       86400 },
	{ "Contact: <" REGBED_CONTACT ">;expires=4294967295\n",  86400 },
	{ "Contact: <" REGBED_CONTACT ">;expires=4294967296\n",  86400 },
	{ "Contact: <" REGBED_CONTACT ">;expires="
	  "99999999999999999999999\n",                           86400 },
	{ "Contact: <" REGBED_CONTACT ">;expires=abc\n",         300 },
	{ "Contact: <" REGBED_CONTACT ">;expires=-1\n",          300 },
	{ "Contact: <" REGBED_CONTACT ">;expires=12x\n",         300 },
	{ "Contact: <" REGBED_CONTACT ">;expires=\n",            300 },
	{ "Contact: <" REGBED_CONTACT ">;expires\n",             300 },
	{ "Contact: <" REGBED_CONTACT ">\n",                     300 },
	{ "Expires: 60\nContact: <" REGBED_CONTACT ">\n",        60 },
	{ "Contact: <" REGBED_CONTACT ">\nExpires: 0\n",         0 },
	{ "Contact: <" REGBED_CONTACT ">\nExpires: abc\n",       300 },
	{ "Contact: <" REGBED_CONTACT ">;expires=9\nExpires: 7\n", 9 },
	{ "",                                                    300 },
	{ "Expires: 60\n",                                       60 },
	{ "Expires: 4294967296\n",                               86400 },
};
/* clang-format on */


START_TEST(every_expiry_has_a_meaning)
{
	const struct expiry *e = &expiries[_i];

	find(&plain, e->headers);
	ck_assert_uint_eq(e->expires_s, found.expires_s);
}
END_TEST


START_TEST(malformed_expiry_is_an_hour_if_more_was_asked)
{
	struct ua_binding_key day = plain;

	day.asked_s = 7200;
	find(&day, "Contact: <" REGBED_CONTACT ">;expires=soon\n");
	ck_assert_uint_eq(3600, found.expires_s);
}
END_TEST


struct whose {
	const char *contact;
	bool ours;
};


/* clang-format off */
static const struct whose plains[] = {
	/* the same place, however it is written */
	{ "<sip:alice@192.0.2.1>",                               true },
	{ "<sip:alice@192.0.2.1:5060;transport=udp>;q=0.1",      true },
	{ "sip:alice@192.0.2.1:5060",                            true },
	{ "\"A, lice\" <sip:alice@192.0.2.1:5060;ob>",           true },
	/* where our Via came from */
	{ "<sip:alice@198.51.100.2:41000>",                      true },
	{ "<sip:alice@198.51.100.2:41001>",                      false },
	{ "<sip:bob@198.51.100.2:41000>",                        false },
	/* another */
	{ "<sip:alice@192.0.2.1:5062>",                          false },
	{ "<sips:alice@192.0.2.1>",                              false },
	{ "<sip:alice@192.0.2.2:5060>",                          false },
	{ "<sip:bob@192.0.2.1:5060>",                            false },
	{ "<sip:alice@phone.example.com>",                       false },
	{ "<tel:+15551234>",                                     false },
	/* we have no instance that could differ */
	{ "<sip:alice@192.0.2.1:5060>" INSTANCE(OTHER_URN),      true },
};

static const struct whose flows[] = {
	{ "<sip:alice@192.0.2.1:5060>",                          true },
	{ "<sip:alice@192.0.2.1:5060>" INSTANCE(OTHER_URN),      false },
	{ "<sip:alice@203.0.113.9:7>" INSTANCE(REGBED_URN),      true },
	{ "<sip:alice@203.0.113.9:7>" INSTANCE(REGBED_URN)
	  ";reg-id=2",                                           true },
	{ "<sip:alice@203.0.113.9:7>;reg-id=2;+SIP.instance="
	  "\"<URN:UUID:F81D4FAE-7DEC-11D0-A765-00A0C91E6BF6>\"", true },
	{ "<sip:alice@192.0.2.1:5060>" INSTANCE(REGBED_URN)
	  ";reg-id=1",                                           false },
	{ "<sip:alice@192.0.2.1:5060>" INSTANCE(REGBED_URN)
	  ";reg-id=two",                                         false },
	{ "<sip:alice@203.0.113.9>;+sip.instance=\"" REGBED_URN
	  "\"",                                                  false },
	{ "<sip:alice@203.0.113.9>;x=\";+sip.instance="
	  "<" REGBED_URN ">\"",                                  false },
};
/* clang-format on */


static void check_whose(const struct ua_binding_key *key,
			const struct whose *w)
{
	char headers[512];

	(void)re_snprintf(headers, sizeof(headers),
			  "Contact: %s\nExpires: 50\n", w->contact);
	find(key, headers);
	ck_assert(found.listed);
	ck_assert_msg(w->ours == found.ours, "%s", w->contact);
	ck_assert_uint_eq(w->ours ? 50 : 0, found.expires_s);
}


START_TEST(binding_is_ours_by_its_place)
{
	check_whose(&plain, &plains[_i]);
}
END_TEST


START_TEST(binding_is_ours_by_its_instance_first)
{
	check_whose(&with_flow, &flows[_i]);
}
END_TEST


START_TEST(addresses_of_ipv6_are_compared_as_such)
{
	struct ua_binding_key key = plain;

	key.contact = "sip:alice@[2001:db8::1]:5070";
	find(&key, "Contact: <sip:alice@[2001:DB8:0:0::0001]:5070>"
		   ";expires=33\n");
	ck_assert_uint_eq(33, found.expires_s);
	find(&key, "Contact: <sip:alice@[2001:db8::2]:5070>;expires=33\n");
	ck_assert(!found.ours);
}
END_TEST


START_TEST(instance_counts_more_than_a_place_that_another_phone_has)
{
	/* Both have the same address in their own home. */
	find(&with_flow, "Contact: <" REGBED_CONTACT ">;expires=3600" INSTANCE(
				 OTHER_URN) ", <sip:alice@203.0.113.9:99>"
					    ";expires=45" INSTANCE(
						    REGBED_URN) ";reg-id=2\n");
	ck_assert_uint_eq(45, found.expires_s);

	/* Of two with our instance the one at our place. */
	find(&with_flow,
	     "Contact: <sip:alice@203.0.113.9:99>;expires=45" INSTANCE(
		     REGBED_URN) ", <" REGBED_CONTACT ">"
				 ";expires=46" INSTANCE(REGBED_URN) "\n");
	ck_assert_uint_eq(46, found.expires_s);
}
END_TEST


START_TEST(broken_contacts_are_none)
{
	find(&plain, "Contact: <<>>\nContact: nonsense\n"
		     "Contact: <" REGBED_CONTACT ">;expires=20\n");
	ck_assert_uint_eq(20, found.expires_s);
	find(&plain, "Contact: nonsense\n");
	ck_assert(!found.listed);
	ck_assert_uint_eq(300, found.expires_s);
}
END_TEST


Suite *ua_suite_binding(void)
{
	Suite *s = suite_create("binding");
	TCase *tc = tcase_create("binding");

	tcase_add_checked_fixture(tc, NULL, teardown);
	tcase_add_loop_test(tc, every_expiry_has_a_meaning, 0,
			    (int)(sizeof(expiries) / sizeof(*expiries)));
	tcase_add_test(tc, malformed_expiry_is_an_hour_if_more_was_asked);
	tcase_add_loop_test(tc, binding_is_ours_by_its_place, 0,
			    (int)(sizeof(plains) / sizeof(*plains)));
	tcase_add_loop_test(tc, binding_is_ours_by_its_instance_first, 0,
			    (int)(sizeof(flows) / sizeof(*flows)));
	tcase_add_test(tc, addresses_of_ipv6_are_compared_as_such);
	tcase_add_test(
		tc, instance_counts_more_than_a_place_that_another_phone_has);
	tcase_add_test(tc, broken_contacts_are_none);
	suite_add_tcase(s, tc);

	return s;
}
