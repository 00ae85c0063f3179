/* SPDX-License-Identifier: BSD-3-Clause */
/** @file test_regresp.c  Answers to a REGISTER: challenges, refusals, goodbyes
 */

#include <check.h>
#include <errno.h>

#include "regbed.h"

Suite *ua_suite_regresp(void);

#define WWW "WWW-Authenticate: Digest realm=\"r\", qop=\"auth\", "
#define PROXY "Proxy-Authenticate: Digest realm=\"p\", qop=\"auth\", "
#define UNAUTHORIZED "401 Unauthorized"
#define PROXY_REQUIRED "407 Proxy Authentication Required"


/* What goes out answers these: parts of its headers, NULL: there is none. */
static struct sip_msg *authorized(const char *www, const char *proxy)
{
	struct sip_msg *req = regbed_sent(&bed);

	if (www)
		ck_assert_msg(strstr(siptext_hdr(req, "Authorization"), www),
			      "%s", siptext_hdr(req, "Authorization"));
	else
		ck_assert_str_eq("", siptext_hdr(req, "Authorization"));
	if (proxy)
		ck_assert_msg(
			strstr(siptext_hdr(req, "Proxy-Authorization"), proxy),
			"%s", siptext_hdr(req, "Proxy-Authorization"));
	else
		ck_assert_str_eq("", siptext_hdr(req, "Proxy-Authorization"));

	return req;
}


START_TEST(proxy_and_registrar_may_ask_one_after_the_other)
{
	regbed_reply(&bed, PROXY_REQUIRED, PROXY "nonce=\"p1\"\n");
	regbed_answer(&bed, authorized(NULL, "nonce=\"p1\""), UNAUTHORIZED,
		      WWW "nonce=\"r1\"\n");
	regbed_answer(&bed, authorized("nonce=\"r1\"", "nonce=\"p1\""),
		      "200 OK", REGBED_OURS);
	(void)regbed_event(&bed, UA_REG_REGISTERED);

	/* Both are known by then. */
	regbed_wait(&bed);
	mem_deref(authorized("nc=00000002", "nc=00000003"));
}
END_TEST


START_TEST(both_challenges_may_come_in_one_answer)
{
	regbed_reply(&bed, UNAUTHORIZED,
		     WWW "nonce=\"r1\"\n" PROXY "nonce=\"p1\"\n");
	regbed_answer(&bed, authorized("nonce=\"r1\"", "nonce=\"p1\""),
		      "200 OK", REGBED_OURS);
	(void)regbed_event(&bed, UA_REG_REGISTERED);
}
END_TEST


START_TEST(each_of_several_realms_gets_its_answer)
{
	struct sip_msg *req;

	regbed_reply(&bed, UNAUTHORIZED,
		     "WWW-Authenticate: Digest realm=\"one\", nonce=\"1\"\n"
		     "WWW-Authenticate: Digest realm=\"two\", nonce=\"2\"\n");
	req = regbed_sent(&bed);
	ck_assert_uint_eq(2, sip_msg_hdr_count(req, SIP_HDR_AUTHORIZATION));
	regbed_answer(&bed, req, "200 OK", REGBED_OURS);
	(void)regbed_event(&bed, UA_REG_REGISTERED);
}
END_TEST


START_TEST(best_of_what_is_known_is_answered)
{
	regbed_reply(&bed, UNAUTHORIZED,
		     WWW "nonce=\"x\", algorithm=SHA3-256\n" WWW
			 "nonce=\"a\", algorithm=AKAv1-MD5\n" WWW
			 "nonce=\"b\", algorithm=AKAv2-SHA-256\n" WWW
			 "nonce=\"m\", algorithm=MD5\n" WWW
			 "nonce=\"s\", algorithm=SHA-256\n");
	mem_deref(authorized("nonce=\"s\"", NULL));
}
END_TEST


START_TEST(sim_cards_alone_are_not_supported)
{
	struct ua_reg_event ev;

	regbed_reply(&bed, UNAUTHORIZED,
		     WWW "nonce=\"a\", algorithm=AKAv1-MD5\n");
	ev = regbed_event(&bed, UA_REG_FAILED);
	ck_assert_int_eq(ENOTSUP, ev.err);
	ck_assert_uint_eq(UA_NEVER, ev.retry_ms);
}
END_TEST


START_TEST(stale_nonce_is_no_wrong_password)
{
	regbed_reply(&bed, UNAUTHORIZED, WWW "nonce=\"1\"\n");
	regbed_answer(&bed, authorized("nonce=\"1\"", NULL), UNAUTHORIZED,
		      WWW "nonce=\"2\", stale=TRUE\n");
	regbed_answer(&bed, authorized("nonce=\"2\"", NULL), "200 OK",
		      REGBED_OURS);
	(void)regbed_event(&bed, UA_REG_REGISTERED);

	/* What was good for a while is refused without a word of it. */
	regbed_wait(&bed);
	regbed_answer(&bed, authorized("nonce=\"2\"", NULL), UNAUTHORIZED,
		      WWW "nonce=\"3\"\n");
	regbed_answer(&bed, authorized("nonce=\"3\"", NULL), "200 OK",
		      REGBED_OURS);
	(void)regbed_event(&bed, UA_REG_REGISTERED);
}
END_TEST


START_TEST(stale_for_ever_is_asked_again_late)
{
	struct ua_reg_event ev;
	int i;

	for (i = 0; i <= UA_DIGEST_TRIES; i++)
		regbed_reply(&bed, UNAUTHORIZED,
			     WWW "nonce=\"n\", stale=true\n");
	ev = regbed_event(&bed, UA_REG_FAILED);
	ck_assert_int_eq(ELOOP, ev.err);
	ck_assert_uint_ge(ev.retry_ms, 45000);
	ck_assert_uint_le(ev.retry_ms, 75000);
}
END_TEST


START_TEST(wrong_password_gives_up_though_the_nonce_is_new)
{
	struct ua_reg_event ev;

	regbed_reply(&bed, UNAUTHORIZED, WWW "nonce=\"1\"\n");
	regbed_reply(&bed, UNAUTHORIZED, WWW "nonce=\"2\", stale=false\n");
	ev = regbed_event(&bed, UA_REG_FAILED);
	ck_assert_int_eq(EACCES, ev.err);
	ck_assert_uint_eq(UA_NEVER, ev.retry_ms);
	ck_assert_uint_eq(UA_NEVER, ua_reg_deadline(bed.reg));
}
END_TEST


START_TEST(wrong_password_of_the_proxy_gives_up_too)
{
	regbed_reply(&bed, UNAUTHORIZED, WWW "nonce=\"1\"\n");
	regbed_reply(&bed, PROXY_REQUIRED, PROXY "nonce=\"1\"\n");
	regbed_reply(&bed, PROXY_REQUIRED, PROXY "nonce=\"2\"\n");
	ck_assert_int_eq(EACCES, regbed_event(&bed, UA_REG_FAILED).err);
}
END_TEST


START_TEST(next_nonce_is_used)
{
	regbed_reply(&bed, UNAUTHORIZED, WWW "nonce=\"1\"\n");
	(void)regbed_bind(&bed, REGBED_OURS
			  "Authentication-Info: qop=auth, nextnonce=\"2\"\n");
	regbed_wait(&bed);
	mem_deref(authorized("nonce=\"2\"", NULL));
}
END_TEST


/* _i: errors of the network that look like those of credentials */
START_TEST(error_of_the_network_is_no_wrong_password)
{
	static const int errs[] = { EACCES, ENOENT, ENOTSUP, ECONNREFUSED };

	mem_deref(regbed_sent(&bed));
	ua_reg_failed(bed.reg, bed.now, errs[_i]);
	ck_assert_uint_le(regbed_event(&bed, UA_REG_FAILED).retry_ms, 1250);
}
END_TEST


/* _i: answers that grant nothing, and why */
START_TEST(success_that_grants_nothing_says_so)
{
	static const char *const headers[] = {
		"Contact: <" REGBED_CONTACT ">;expires=0\n",
		"Expires: 0\n",
	};
	struct ua_reg_event ev;

	regbed_reply(&bed, "200 OK", headers[_i]);
	ev = regbed_event(&bed, UA_REG_FAILED);
	ck_assert_str_eq("the registrar grants no time: expires 0", ev.reason);
	ck_assert_int_eq(EPROTO, ev.err);
	ck_assert_uint_ge(ev.retry_ms, 45000);
}
END_TEST


START_TEST(binding_whose_refresh_failed_is_removed_all_the_same)
{
	struct sip_msg *req;

	(void)regbed_bind(&bed, REGBED_OURS);
	regbed_wait(&bed);
	regbed_reply(&bed, "503 Busy", "Retry-After: 3600\n");
	(void)regbed_event(&bed, UA_REG_FAILED);
	ua_reg_stop(bed.reg, bed.now);
	req = regbed_sent(&bed);
	ck_assert_str_eq("0", siptext_hdr(req, "Expires"));
	regbed_answer(&bed, req, "200 OK", "");
	(void)regbed_event(&bed, UA_REG_UNREGISTERED);
}
END_TEST


START_TEST(binding_that_has_expired_needs_no_goodbye)
{
	(void)regbed_bind(&bed, REGBED_OURS);
	regbed_wait(&bed);
	regbed_reply(&bed, "503 Busy", "Retry-After: 3600\n");
	(void)regbed_event(&bed, UA_REG_FAILED);
	bed.now += 120000;
	ua_reg_stop(bed.reg, bed.now);
	(void)regbed_event(&bed, UA_REG_UNREGISTERED);
	regbed_quiet(&bed);
}
END_TEST


START_TEST(goodbye_may_be_challenged)
{
	struct sip_msg *req;

	(void)regbed_bind(&bed, REGBED_OURS);
	ua_reg_stop(bed.reg, bed.now);
	regbed_reply(&bed, UNAUTHORIZED, WWW "nonce=\"1\"\n");
	req = authorized("nonce=\"1\"", NULL);
	ck_assert_str_eq("0", siptext_hdr(req, "Expires"));
	regbed_answer(&bed, req, "200 OK", "");
	(void)regbed_event(&bed, UA_REG_UNREGISTERED);
}
END_TEST


/* _i: refusals of a goodbye, which is over then */
START_TEST(goodbye_that_is_refused_is_over)
{
	static const char *const lines[] = {
		"423 Interval Too Brief",
		"403 Forbidden",
		"500 Oops",
		"430 Flow Failed",
	};

	(void)regbed_bind(&bed, REGBED_OURS);
	ua_reg_stop(bed.reg, bed.now);
	regbed_reply(&bed, lines[_i], "Min-Expires: 900\nRetry-After: 5\n");
	(void)regbed_event(&bed, UA_REG_UNREGISTERED);
	ck_assert_uint_eq(UA_NEVER, ua_reg_deadline(bed.reg));
	regbed_quiet(&bed);
}
END_TEST


START_TEST(come_back_does_not_wait_long_for_the_goodbye)
{
	struct sip_msg *req;

	(void)regbed_bind(&bed, REGBED_OURS);
	ua_reg_stop(bed.reg, bed.now);
	mem_deref(regbed_sent(&bed));
	ua_reg_start(bed.reg, bed.now);
	regbed_quiet(&bed);
	ck_assert_uint_eq(bed.now + UA_REG_BYE_MS, ua_reg_deadline(bed.reg));
	regbed_wait(&bed);
	req = regbed_sent(&bed);
	ck_assert_str_eq("300", siptext_hdr(req, "Expires"));
	regbed_answer(&bed, req, "200 OK", REGBED_OURS);
	(void)regbed_event(&bed, UA_REG_REGISTERED);
}
END_TEST


START_TEST(answer_to_what_was_not_sent_yet_is_ignored)
{
	struct sip_msg *req = regbed_sent(&bed);

	ua_reg_restart(bed.reg, bed.now);
	regbed_answer(&bed, req, "200 OK", REGBED_OURS);
	regbed_state(&bed, UA_REG_TRYING);
	(void)regbed_bind(&bed, REGBED_OURS);
}
END_TEST


/* Without memory it waits; then there is a next time. */
static int asks_again(struct regbed *b)
{
	struct ua_reg_event ev = { .err = 0 };
	struct ua_reg_out out;

	if (ua_reg_event(b->reg, &ev)) {
		b->now = ua_reg_deadline(b->reg);
		ua_reg_tick(b->reg, b->now);
		return ua_reg_state(b->reg) == UA_REG_TRYING ? ev.err : EPROTO;
	}

	if (ua_reg_output(b->reg, b->now, &out)) {
		regbed_drop(&out);
		return 0;
	}

	return ua_reg_event(b->reg, &ev) ? ev.err : EPROTO;
}


START_TEST(challenge_without_memory_is_tried_again)
{
	regbed_oom("401 Unauthorized",
		   WWW "nonce=\"1\"\n" PROXY "nonce=\"1\", opaque=\"o\"\n",
		   asks_again);
}
END_TEST


Suite *ua_suite_regresp(void)
{
	Suite *s = suite_create("regresp");
	TCase *tc = tcase_create("regresp");

	tcase_add_checked_fixture(tc, regbed_setup, regbed_teardown);
	tcase_add_test(tc, proxy_and_registrar_may_ask_one_after_the_other);
	tcase_add_test(tc, both_challenges_may_come_in_one_answer);
	tcase_add_test(tc, each_of_several_realms_gets_its_answer);
	tcase_add_test(tc, best_of_what_is_known_is_answered);
	tcase_add_test(tc, sim_cards_alone_are_not_supported);
	tcase_add_test(tc, stale_nonce_is_no_wrong_password);
	tcase_add_test(tc, stale_for_ever_is_asked_again_late);
	tcase_add_test(tc, wrong_password_gives_up_though_the_nonce_is_new);
	tcase_add_test(tc, wrong_password_of_the_proxy_gives_up_too);
	tcase_add_test(tc, next_nonce_is_used);
	tcase_add_loop_test(tc, error_of_the_network_is_no_wrong_password, 0,
			    4);
	tcase_add_loop_test(tc, success_that_grants_nothing_says_so, 0, 2);
	tcase_add_test(tc,
		       binding_whose_refresh_failed_is_removed_all_the_same);
	tcase_add_test(tc, binding_that_has_expired_needs_no_goodbye);
	tcase_add_test(tc, goodbye_may_be_challenged);
	tcase_add_loop_test(tc, goodbye_that_is_refused_is_over, 0, 4);
	tcase_add_test(tc, come_back_does_not_wait_long_for_the_goodbye);
	tcase_add_test(tc, answer_to_what_was_not_sent_yet_is_ignored);
	tcase_add_test(tc, challenge_without_memory_is_tried_again);
	suite_add_tcase(s, tc);

	return s;
}
