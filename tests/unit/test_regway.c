/* SPDX-License-Identifier: BSD-3-Clause */
/** @file test_regway.c  A registrar that sends us elsewhere */

#include <check.h>
#include <errno.h>

#include "regbed.h"

Suite *ua_suite_regway(void);

#define MOVED "302 Moved Temporarily"


/* The answer to what goes out now redirects; the owner is told. */
static struct ua_reg_event redirected(const char *line, const char *contact)
{
	struct ua_reg_event ev;
	char headers[512];

	(void)re_snprintf(headers, sizeof(headers), "Contact: %s\n", contact);
	regbed_reply(&bed, line, headers);
	ev = regbed_event(&bed, UA_REG_REDIRECTED);
	ck_assert_str_eq(ev.target, ua_reg_hop(bed.reg));
	regbed_quiet(&bed);
	regbed_state(&bed, UA_REG_WAITING);

	return ev;
}


static struct ua_reg_event refused(const char *line, const char *contact)
{
	struct ua_reg_event ev;
	char headers[512];

	(void)re_snprintf(headers, sizeof(headers), "Contact: %s\n", contact);
	regbed_reply(&bed, line, headers);
	ev = regbed_event(&bed, UA_REG_FAILED);
	ck_assert_uint_eq(302, ev.code);
	ck_assert_uint_ge(ev.retry_ms, 45000);
	ck_assert_str_eq("sip:example.com", ua_reg_hop(bed.reg));

	return ev;
}


static void check_request(const char *uri, const char *hop)
{
	struct sip_msg *req = regbed_sent(&bed);

	ck_assert_msg(!pl_strcmp(&req->ruri, uri), "not %s", uri);
	ck_assert_str_eq(hop, bed.hop);
	ck_assert_int_eq(0, pl_strcmp(&req->to.auri, "sip:alice@example.com"));
	regbed_answer(&bed, req, "200 OK", REGBED_OURS);
	(void)regbed_event(&bed, UA_REG_REGISTERED);
}


/* _i: the kinds that name another registrar */
START_TEST(redirect_is_followed_when_the_owner_has_a_way)
{
	static const char *const lines[] = {
		"301 Moved Permanently",
		MOVED,
		"307 Temporary Redirect",
	};
	struct ua_reg_event ev;

	ev = redirected(lines[_i], "<sip:reg2.example.net:5070>");
	ck_assert_str_eq("sip:reg2.example.net:5070", ev.target);
	ck_assert_uint_eq(301U + (unsigned)(_i == 2 ? 6 : _i), ev.code);
	ua_reg_restart(bed.reg, bed.now);
	check_request("sip:reg2.example.net:5070",
		      "sip:reg2.example.net:5070");

	/* It is refreshed there. */
	regbed_wait(&bed);
	check_request("sip:reg2.example.net:5070",
		      "sip:reg2.example.net:5070");
}
END_TEST


START_TEST(proxy_to_use_is_the_way_and_not_the_target)
{
	struct sip_msg *req;

	ck_assert_str_eq(
		"sip:p.example.net;lr",
		redirected("305 Use Proxy", "<sip:p.example.net>").target);
	ua_reg_restart(bed.reg, bed.now);
	req = regbed_sent(&bed);
	ck_assert_int_eq(0, pl_strcmp(&req->ruri, "sip:example.com"));
	ck_assert_str_eq("<sip:p.example.net;lr>", siptext_hdr(req, "Route"));
	ck_assert_str_eq("sip:p.example.net;lr", bed.hop);
	regbed_answer(&bed, req, "200 OK", REGBED_OURS);
	(void)regbed_event(&bed, UA_REG_REGISTERED);
}
END_TEST


START_TEST(route_of_ours_stays_the_way_to_another_registrar)
{
	bed.conf.route = "sip:edge.example.com";
	regbed_begin(&bed);
	ck_assert_str_eq("sip:edge.example.com;lr",
			 redirected(MOVED, "<sip:reg2.example.net>").target);
	ua_reg_restart(bed.reg, bed.now);
	check_request("sip:reg2.example.net", "sip:edge.example.com;lr");
}
END_TEST


struct form {
	const char *contact;
	const char *uri;
};


/* clang-format off */
static const struct form forms[] = {
	/* no user, method or headers (10.2, 19.1.1) */
	{ "<sip:alice:pw@reg.test;method=REGISTER;transport=tcp?Subject=x>",
	  "sip:reg.test;transport=tcp" },
	{ "sip:reg.test", "sip:reg.test" },
	{ "<sips:reg.test:5062>", "sips:reg.test:5062" },
	{ "<sip:alice@[2001:db8::7]:5070>", "sip:[2001:db8::7]:5070" },
	/* the best that is a SIP URI */
	{ "<sip:a.test>;q=0.2, <sip:b.test>;q=0.75, <sip:c.test>;q=0.7",
	  "sip:b.test" },
	{ "<sip:a.test>;q=0.9, <sip:b.test>;q=1.0", "sip:b.test" },
	{ "<mailto:a@a.test>, <tel:1>, <sip:c.test>;q=0.1", "sip:c.test" },
	/* ourselves are not asked again, another of them is */
	{ "<sip:example.com>;q=1, <sip:b.test>;q=0.1", "sip:b.test" },
	/* another port or transport is another server */
	{ "<sip:example.com:5070>", "sip:example.com:5070" },
	{ "<sip:example.com;transport=tcp>", "sip:example.com;transport=tcp" },
};
/* clang-format on */


START_TEST(target_is_fit_for_a_register)
{
	ck_assert_str_eq(forms[_i].uri,
			 redirected(MOVED, forms[_i].contact).target);
}
END_TEST


/* _i: URIs that are that of the registrar */
START_TEST(redirect_to_itself_is_a_failure)
{
	static const char *const contacts[] = {
		"<sip:example.com>",
		"<sip:alice@EXAMPLE.com>",
		"<sip:example.com;transport=UDP;lr>",
	};
	struct ua_reg_event ev = refused(MOVED, contacts[_i]);

	ck_assert_msg(!strncasecmp(ev.reason,
				   "registrar redirects to itself: "
				   "sip:example.com",
				   46),
		      "%s", ev.reason);
}
END_TEST


START_TEST(redirect_in_a_circle_is_a_failure)
{
	(void)redirected(MOVED, "<sip:a.test>");
	ua_reg_restart(bed.reg, bed.now);
	(void)redirected(MOVED, "<sip:b.test>");
	ua_reg_restart(bed.reg, bed.now);
	ck_assert_str_eq("registrar redirects in a circle: sip:a.test",
			 refused(MOVED, "<sip:a.test>").reason);
}
END_TEST


START_TEST(redirect_back_to_the_first_is_a_circle)
{
	(void)redirected("305 Use Proxy", "<sip:p.test>");
	ua_reg_restart(bed.reg, bed.now);
	ck_assert_str_eq("registrar redirects in a circle: sip:example.com",
			 refused(MOVED, "<sip:example.com>").reason);
}
END_TEST


START_TEST(five_redirects_in_a_row_are_enough)
{
	char contact[32];
	int i;

	for (i = 0; i < UA_REG_REDIRECTS; i++) {
		(void)re_snprintf(contact, sizeof(contact), "<sip:r%d.test>",
				  i);
		(void)redirected(MOVED, contact);
		ua_reg_restart(bed.reg, bed.now);
	}

	ck_assert_str_eq("registrar redirects too often, now: sip:last.test",
			 refused(MOVED, "<sip:last.test>").reason);
}
END_TEST


START_TEST(redirects_are_counted_anew_after_a_success)
{
	int i;

	for (i = 0; i < 4; i++) {
		(void)redirected(MOVED,
				 i & 1 ? "<sip:b.test>" : "<sip:a.test>");
		ua_reg_restart(bed.reg, bed.now);
		(void)regbed_bind(&bed, REGBED_OURS);
		regbed_wait(&bed);
	}
}
END_TEST


/* _i: redirects that lead nowhere */
START_TEST(redirect_to_no_sip_uri_is_a_failure)
{
	static const char *const contacts[] = {
		"<tel:+15551234>", "<mailto:alice@example.com>",
		"nonsense",        "<sip:>",
		"<sip:a b.test>",
	};

	ck_assert_str_eq("registrar redirects, but to no SIP URI",
			 refused(MOVED, contacts[_i]).reason);
}
END_TEST


START_TEST(target_that_is_too_long_is_none)
{
	char contact[400];

	memset(contact, 'a', sizeof(contact));
	memcpy(contact, "<sip:", 5);
	memcpy(contact + 300, ".test>", 7);
	ck_assert_str_eq("registrar redirects, but to no SIP URI",
			 refused(MOVED, contact).reason);
}
END_TEST


START_TEST(secure_registrar_cannot_send_us_to_an_insecure_one)
{
	struct ua_reg_event ev;

	bed.conf.registrar = "sips:example.com";
	regbed_begin(&bed);
	regbed_reply(&bed, MOVED, "Contact: <sip:reg2.example.net>\n");
	ev = regbed_event(&bed, UA_REG_FAILED);
	ck_assert_str_eq("registrar redirects to an insecure URI", ev.reason);
}
END_TEST


START_TEST(owner_that_finds_no_way_says_so)
{
	struct ua_reg_event ev;

	(void)redirected(MOVED, "<sip:lost.test>");
	ua_reg_failed(bed.reg, bed.now, ENOENT);
	ev = regbed_event(&bed, UA_REG_FAILED);
	ck_assert_int_eq(ENOENT, ev.err);
	ck_assert_msg(!strncmp(ev.reason, "no way to sip:lost.test", 23), "%s",
		      ev.reason);
	ck_assert_uint_ne(UA_NEVER, ev.retry_ms);
}
END_TEST


START_TEST(owner_that_does_nothing_is_not_waited_for)
{
	(void)redirected(MOVED, "<sip:lost.test>");
	ua_reg_start(bed.reg, bed.now);
	regbed_quiet(&bed);
	ck_assert_uint_eq(bed.now + UA_REG_LOOKUP_MS,
			  ua_reg_deadline(bed.reg));
	regbed_wait(&bed);
	ck_assert_int_eq(ETIMEDOUT, regbed_event(&bed, UA_REG_FAILED).err);

	/* Back, the way is asked for; and gone in the end. */
	regbed_wait(&bed);
	ck_assert_str_eq("sip:example.com",
			 regbed_event(&bed, UA_REG_REDIRECTED).target);
	regbed_wait(&bed);
	check_request("sip:example.com", "sip:example.com");
}
END_TEST


START_TEST(failure_there_leads_back_home)
{
	struct ua_reg_event ev;

	(void)redirected(MOVED, "<sip:a.test>");
	ua_reg_restart(bed.reg, bed.now);
	/* Its patience is not home's. */
	regbed_reply(&bed, "503 Busy", "Retry-After: 3000\n");
	ev = regbed_event(&bed, UA_REG_FAILED);
	ck_assert_uint_le(ev.retry_ms, 1250);
	ck_assert_uint_eq(3000, ev.retry_after_s);
	ck_assert_str_eq("sip:example.com", ua_reg_hop(bed.reg));
	regbed_quiet(&bed);

	regbed_wait(&bed);
	ev = regbed_event(&bed, UA_REG_REDIRECTED);
	ck_assert_uint_eq(0, ev.code);
	ck_assert_str_eq("sip:example.com", ev.target);
	regbed_quiet(&bed);
	ua_reg_restart(bed.reg, bed.now);
	check_request("sip:example.com", "sip:example.com");
}
END_TEST


START_TEST(hold_leads_back_home)
{
	(void)redirected(MOVED, "<sip:a.test>");
	ua_reg_hold(bed.reg);
	ck_assert_uint_eq(UA_NEVER, ua_reg_deadline(bed.reg));
	ua_reg_failed(bed.reg, bed.now, ENETDOWN);
	regbed_quiet(&bed);
	ua_reg_restart(bed.reg, bed.now);
	check_request("sip:example.com", "sip:example.com");
}
END_TEST


START_TEST(stop_during_a_look_up_ends_it)
{
	(void)redirected(MOVED, "<sip:a.test>");
	ua_reg_stop(bed.reg, bed.now);
	(void)regbed_event(&bed, UA_REG_UNREGISTERED);
	ck_assert_uint_eq(UA_NEVER, ua_reg_deadline(bed.reg));
	regbed_quiet(&bed);
}
END_TEST


START_TEST(goodbye_is_not_taken_elsewhere)
{
	(void)regbed_bind(&bed, REGBED_OURS);
	ua_reg_stop(bed.reg, bed.now);
	regbed_reply(&bed, MOVED, "Contact: <sip:a.test>\n");
	(void)regbed_event(&bed, UA_REG_UNREGISTERED);
	regbed_quiet(&bed);
}
END_TEST


START_TEST(without_memory_a_redirect_is_tried_again)
{
	regbed_oom(_i ? "305 Use Proxy" : MOVED, "Contact: <sip:a.test>\n",
		   regbed_tried_again);
}
END_TEST


Suite *ua_suite_regway(void)
{
	Suite *s = suite_create("regway");
	TCase *tc = tcase_create("regway");

	tcase_add_checked_fixture(tc, regbed_setup, regbed_teardown);
	tcase_add_loop_test(tc, redirect_is_followed_when_the_owner_has_a_way,
			    0, 3);
	tcase_add_test(tc, proxy_to_use_is_the_way_and_not_the_target);
	tcase_add_test(tc, route_of_ours_stays_the_way_to_another_registrar);
	tcase_add_loop_test(tc, target_is_fit_for_a_register, 0,
			    (int)(sizeof(forms) / sizeof(*forms)));
	tcase_add_loop_test(tc, redirect_to_itself_is_a_failure, 0, 3);
	tcase_add_test(tc, redirect_in_a_circle_is_a_failure);
	tcase_add_test(tc, redirect_back_to_the_first_is_a_circle);
	tcase_add_test(tc, five_redirects_in_a_row_are_enough);
	tcase_add_test(tc, redirects_are_counted_anew_after_a_success);
	tcase_add_loop_test(tc, redirect_to_no_sip_uri_is_a_failure, 0, 5);
	tcase_add_test(tc, target_that_is_too_long_is_none);
	tcase_add_test(tc, secure_registrar_cannot_send_us_to_an_insecure_one);
	tcase_add_test(tc, owner_that_finds_no_way_says_so);
	tcase_add_test(tc, owner_that_does_nothing_is_not_waited_for);
	tcase_add_test(tc, failure_there_leads_back_home);
	tcase_add_test(tc, hold_leads_back_home);
	tcase_add_test(tc, stop_during_a_look_up_ends_it);
	tcase_add_test(tc, goodbye_is_not_taken_elsewhere);
	tcase_add_loop_test(tc, without_memory_a_redirect_is_tried_again, 0,
			    2);
	suite_add_tcase(s, tc);

	return s;
}
