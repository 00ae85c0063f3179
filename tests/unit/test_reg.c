/* SPDX-License-Identifier: BSD-3-Clause */
/** @file test_reg.c  Registration against a registrar by the letter */

#include <check.h>
#include <errno.h>
#include <string.h>

#include "base/re_compat.h"
#include "dialog/reg.h"
#include "regbed.h"

Suite *ua_suite_reg(void);

#define CHALLENGE                                                             \
	"WWW-Authenticate: Digest realm=\"r\", nonce=\"n\", qop=\"auth\"\n"


static void wait_for_deadline(void)
{
	const uint64_t at = ua_reg_deadline(bed.reg);

	ck_assert_uint_ne(UA_NEVER, at);
	ck_assert_uint_gt(at, bed.now);
	bed.now = at - 1;
	ua_reg_tick(bed.reg, bed.now);
	regbed_quiet(&bed);
	bed.now = at;
	ua_reg_tick(bed.reg, bed.now);
}


START_TEST(register_has_what_it_must)
{
	struct sip_msg *req;

	ua_reg_start(bed.reg, bed.now);
	req = regbed_sent(&bed);
	ck_assert_int_eq(0, pl_strcmp(&req->ruri, "sip:example.com"));
	ck_assert_int_eq(0, pl_strcmp(&req->to.auri, "sip:alice@example.com"));
	ck_assert_int_eq(0,
			 pl_strcmp(&req->from.auri, "sip:alice@example.com"));
	ck_assert_uint_eq(0, req->to.tag.l);
	ck_assert_str_eq("<sip:alice@192.0.2.1:5060>;expires=300;x=1",
			 siptext_hdr(req, "Contact"));
	ck_assert_str_eq("300", siptext_hdr(req, "Expires"));
	ck_assert_str_eq("test", siptext_hdr(req, "User-Agent"));
	regbed_state(&bed, UA_REG_TRYING);
	regbed_quiet(&bed);
	mem_deref(req);
}
END_TEST


START_TEST(success_tells_expiry_rtt_and_mapped_address)
{
	const struct ua_reg_event ev = regbed_registered(&bed, REGBED_OURS);
	char addr[UA_ADDR_LEN];

	ck_assert_uint_eq(120, ev.expires_s);
	ck_assert_uint_eq(21, ev.rtt_ms);
	ck_assert_str_eq("198.51.100.2:41000", ua_addr_str(&ev.mapped, addr));
	regbed_state(&bed, UA_REG_BOUND);
}
END_TEST


START_TEST(refresh_goes_before_the_expiry)
{
	struct sip_msg *req;

	(void)regbed_registered(&bed, REGBED_OURS);
	ck_assert_uint_ge(ua_reg_deadline(bed.reg), bed.now + 90000);
	ck_assert_uint_le(ua_reg_deadline(bed.reg), bed.now + 108000);
	wait_for_deadline();
	req = regbed_sent(&bed);
	regbed_state(&bed, UA_REG_REFRESHING);
	regbed_tell(&bed, req, "200 OK", REGBED_OURS);
	(void)regbed_event(&bed, UA_REG_REGISTERED);
	regbed_state(&bed, UA_REG_BOUND);
	mem_deref(req);
}
END_TEST


START_TEST(refreshes_share_a_callid_and_count_up)
{
	struct sip_msg *first, *second;

	ua_reg_start(bed.reg, bed.now);
	first = regbed_sent(&bed);
	regbed_tell(&bed, first, "200 OK", REGBED_OURS);
	(void)regbed_event(&bed, UA_REG_REGISTERED);
	ua_reg_start(bed.reg, bed.now);
	second = regbed_sent(&bed);
	ck_assert_int_eq(0, pl_cmp(&first->callid, &second->callid));
	ck_assert_uint_eq(first->cseq.num + 1, second->cseq.num);
	mem_deref(first);
	mem_deref(second);
}
END_TEST


START_TEST(expiry_of_another_phone_is_not_ours)
{
	ck_assert_uint_eq(
		60, regbed_registered(
			    &bed, "Contact: <sip:alice@192.0.2.9:5060>"
				  ";expires=3600, <sip:alice@192.0.2.1>"
				  ";q=0.5;expires=60, <sip:alice@192.0.2.3>"
				  ";expires=1800\n")
			    .expires_s);
}
END_TEST


START_TEST(single_binding_that_was_rewritten_is_ours)
{
	ck_assert_uint_eq(
		70, regbed_registered(&bed, "Contact: <sip:alice@198.51.100.2:"
					    "41000>;expires=70\n")
			    .expires_s);
}
END_TEST


START_TEST(expires_header_counts_without_a_parameter)
{
	ck_assert_uint_eq(80,
			  regbed_registered(&bed, "Expires: 80\nContact: "
						  "<sip:alice@192.0.2.1>\n")
				  .expires_s);
}
END_TEST


START_TEST(without_any_expiry_the_one_asked_for_counts)
{
	ck_assert_uint_eq(300, regbed_registered(&bed, "").expires_s);
}
END_TEST


START_TEST(no_binding_is_a_failure)
{
	struct sip_msg *req;

	ua_reg_start(bed.reg, bed.now);
	req = regbed_sent(&bed);
	regbed_tell(&bed, req, "200 OK",
		    "Contact: <sip:alice@192.0.2.1:5060>;expires=0\n");
	ck_assert_int_eq(EPROTO, regbed_event(&bed, UA_REG_FAILED).err);
	mem_deref(req);
}
END_TEST


START_TEST(challenge_is_answered)
{
	struct sip_msg *req, *again;

	ua_reg_start(bed.reg, bed.now);
	req = regbed_sent(&bed);
	regbed_tell(&bed, req, "401 Unauthorized", CHALLENGE);
	again = regbed_sent(&bed);
	ck_assert_uint_eq(req->cseq.num + 1, again->cseq.num);
	ck_assert_ptr_nonnull(sip_msg_hdr(again, SIP_HDR_AUTHORIZATION));
	regbed_quiet(&bed);
	regbed_tell(&bed, again, "200 OK", REGBED_OURS);
	(void)regbed_event(&bed, UA_REG_REGISTERED);
	mem_deref(again);
	mem_deref(req);
}
END_TEST


START_TEST(wrong_password_is_tried_once_and_never_again)
{
	struct sip_msg *req, *again;
	struct ua_reg_event ev;

	ua_reg_start(bed.reg, bed.now);
	req = regbed_sent(&bed);
	regbed_tell(&bed, req, "401 Unauthorized", CHALLENGE);
	again = regbed_sent(&bed);
	regbed_tell(&bed, again, "401 Unauthorized", CHALLENGE);
	ev = regbed_event(&bed, UA_REG_FAILED);
	ck_assert_uint_eq(401, ev.code);
	ck_assert_int_eq(EACCES, ev.err);
	ck_assert_uint_eq(UA_NEVER, ev.retry_ms);
	ck_assert_uint_eq(UA_NEVER, ua_reg_deadline(bed.reg));
	regbed_state(&bed, UA_REG_IDLE);
	mem_deref(again);
	mem_deref(req);
}
END_TEST


START_TEST(longer_expiry_is_asked_for_when_wanted)
{
	struct sip_msg *req, *again;

	ua_reg_start(bed.reg, bed.now);
	req = regbed_sent(&bed);
	regbed_tell(&bed, req, "423 Interval Too Brief", "Min-Expires: 600\n");
	again = regbed_sent(&bed);
	ck_assert_str_eq("600", siptext_hdr(again, "Expires"));
	regbed_tell(&bed, again, "423 Interval Too Brief",
		    "Min-Expires: 600\n");
	ck_assert_uint_eq(423, regbed_event(&bed, UA_REG_FAILED).code);
	mem_deref(again);
	mem_deref(req);
}
END_TEST


/* _i: values of Min-Expires that lead nowhere */
START_TEST(senseless_min_expires_is_a_failure)
{
	static const char *const headers[] = {
		"",
		"Min-Expires: 60\n",
		"Min-Expires: 4000000\n",
		"Min-Expires: soon\n",
	};
	struct sip_msg *req;

	ua_reg_start(bed.reg, bed.now);
	req = regbed_sent(&bed);
	regbed_tell(&bed, req, "423 Interval Too Brief", headers[_i]);
	ck_assert_uint_eq(423, regbed_event(&bed, UA_REG_FAILED).code);
	mem_deref(req);
}
END_TEST


START_TEST(silence_is_retried_soon_then_later_at_most_a_minute)
{
	uint64_t wait = 0;
	int i;

	ua_reg_start(bed.reg, bed.now);
	for (i = 0; i < 12; i++) {
		mem_deref(regbed_sent(&bed));
		ua_reg_failed(bed.reg, bed.now, ETIMEDOUT);
		wait = regbed_event(&bed, UA_REG_FAILED).retry_ms;
		if (!i)
			ck_assert_uint_le(wait, 1250);
		ck_assert_uint_le(wait, 75000);
		wait_for_deadline();
	}

	ck_assert_uint_ge(wait, 45000);
}
END_TEST


START_TEST(success_shortens_the_wait_again)
{
	int i;

	ua_reg_start(bed.reg, bed.now);
	for (i = 0; i < 6; i++) {
		mem_deref(regbed_sent(&bed));
		ua_reg_failed(bed.reg, bed.now, ETIMEDOUT);
		(void)regbed_event(&bed, UA_REG_FAILED);
		wait_for_deadline();
	}

	ua_reg_failed(bed.reg, bed.now, ETIMEDOUT);
	(void)regbed_registered(&bed, REGBED_OURS);
	ua_reg_start(bed.reg, bed.now);
	mem_deref(regbed_sent(&bed));
	ua_reg_failed(bed.reg, bed.now, ETIMEDOUT);
	ck_assert_uint_le(regbed_event(&bed, UA_REG_FAILED).retry_ms, 1250);
}
END_TEST


START_TEST(refusal_on_purpose_waits_long)
{
	struct sip_msg *req;
	struct ua_reg_event ev;

	ua_reg_start(bed.reg, bed.now);
	req = regbed_sent(&bed);
	regbed_tell(&bed, req, "403 Forbidden", "");
	ev = regbed_event(&bed, UA_REG_FAILED);
	ck_assert_uint_eq(403, ev.code);
	ck_assert_str_eq("Forbidden", ev.reason);
	ck_assert_uint_ge(ev.retry_ms, 45000);
	regbed_state(&bed, UA_REG_WAITING);
	mem_deref(req);
}
END_TEST


START_TEST(retry_after_is_believed)
{
	struct sip_msg *req;

	ua_reg_start(bed.reg, bed.now);
	req = regbed_sent(&bed);
	regbed_tell(&bed, req, "503 Busy", "Retry-After: 7 (soon)\n");
	ck_assert_uint_eq(7000, regbed_event(&bed, UA_REG_FAILED).retry_ms);
	mem_deref(req);
}
END_TEST


START_TEST(stop_unregisters)
{
	struct sip_msg *req;

	(void)regbed_registered(&bed, REGBED_OURS);
	ua_reg_stop(bed.reg, bed.now);
	req = regbed_sent(&bed);
	ck_assert_str_eq("0", siptext_hdr(req, "Expires"));
	ck_assert_str_eq("<sip:alice@192.0.2.1:5060>;expires=0;x=1",
			 siptext_hdr(req, "Contact"));
	regbed_tell(&bed, req, "200 OK", "");
	(void)regbed_event(&bed, UA_REG_UNREGISTERED);
	regbed_state(&bed, UA_REG_IDLE);
	ck_assert_uint_eq(UA_NEVER, ua_reg_deadline(bed.reg));
	mem_deref(req);
}
END_TEST


START_TEST(stop_that_nobody_answers_ends)
{
	(void)regbed_registered(&bed, REGBED_OURS);
	ua_reg_stop(bed.reg, bed.now);
	mem_deref(regbed_sent(&bed));
	ck_assert_uint_eq(bed.now + UA_REG_BYE_MS, ua_reg_deadline(bed.reg));
	wait_for_deadline();
	(void)regbed_event(&bed, UA_REG_UNREGISTERED);
	regbed_state(&bed, UA_REG_IDLE);
}
END_TEST


START_TEST(stop_while_registering_undoes_it)
{
	struct sip_msg *req, *bye;

	ua_reg_start(bed.reg, bed.now);
	req = regbed_sent(&bed);
	ua_reg_stop(bed.reg, bed.now);
	regbed_quiet(&bed);
	regbed_tell(&bed, req, "200 OK", REGBED_OURS);
	bye = regbed_sent(&bed);
	ck_assert_str_eq("0", siptext_hdr(bye, "Expires"));
	regbed_tell(&bed, bye, "200 OK", "");
	(void)regbed_event(&bed, UA_REG_UNREGISTERED);
	mem_deref(bye);
	mem_deref(req);
}
END_TEST


START_TEST(stop_before_anything_is_told_at_once)
{
	ua_reg_stop(bed.reg, bed.now);
	(void)regbed_event(&bed, UA_REG_UNREGISTERED);
}
END_TEST


START_TEST(start_while_leaving_comes_back)
{
	struct sip_msg *bye, *req;

	(void)regbed_registered(&bed, REGBED_OURS);
	ua_reg_stop(bed.reg, bed.now);
	bye = regbed_sent(&bed);
	ua_reg_start(bed.reg, bed.now);
	regbed_quiet(&bed);
	regbed_tell(&bed, bye, "200 OK", "");
	req = regbed_sent(&bed);
	ck_assert_str_eq("300", siptext_hdr(req, "Expires"));
	regbed_tell(&bed, req, "200 OK", REGBED_OURS);
	(void)regbed_event(&bed, UA_REG_REGISTERED);
	mem_deref(req);
	mem_deref(bye);
}
END_TEST


START_TEST(second_start_waits_for_the_first)
{
	struct sip_msg *req;

	ua_reg_start(bed.reg, bed.now);
	req = regbed_sent(&bed);
	ua_reg_start(bed.reg, bed.now);
	regbed_quiet(&bed);
	regbed_tell(&bed, req, "200 OK", REGBED_OURS);
	(void)regbed_event(&bed, UA_REG_REGISTERED);
	ua_reg_tick(bed.reg, bed.now);
	mem_deref(req);
	mem_deref(regbed_sent(&bed));
}
END_TEST


START_TEST(keepalive_by_register_refreshes_often)
{
	struct ua_reg_conf often = bed.conf;

	often.refresh_s = 20;
	mem_deref(bed.reg);
	ck_assert_int_eq(0, ua_reg_alloc(&bed.reg, &often));
	(void)regbed_registered(&bed, REGBED_OURS);
	ck_assert_uint_eq(bed.now + 20000, ua_reg_deadline(bed.reg));
}
END_TEST


START_TEST(stranger_s_answer_is_ignored)
{
	struct sip_msg *req, *msg;

	ua_reg_start(bed.reg, bed.now);
	req = regbed_sent(&bed);
	msg = siptext("SIP/2.0 200 OK\n"
		      "Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKr\n"
		      "From: %r\nTo: %r\nCall-ID: other\n"
		      "CSeq: %u REGISTER\n\n",
		      &req->from.val, &req->to.val, req->cseq.num);
	ua_reg_response(bed.reg, bed.now, msg);
	regbed_quiet(&bed);
	regbed_state(&bed, UA_REG_TRYING);
	mem_deref(msg);
	mem_deref(req);
}
END_TEST


START_TEST(outbound_proxy_is_the_route_and_the_hop)
{
	struct ua_reg_conf via = bed.conf;
	struct ua_reg_out out;

	via.route = "sip:proxy.example.com:5070";
	mem_deref(bed.reg);
	ck_assert_int_eq(0, ua_reg_alloc(&bed.reg, &via));
	ua_reg_start(bed.reg, bed.now);
	ck_assert(ua_reg_output(bed.reg, bed.now, &out));
	ck_assert_str_eq("sip:example.com", out.uri);
	ck_assert_str_eq("sip:proxy.example.com:5070;lr", out.hop);
	mem_deref(out.uri);
	mem_deref(out.hop);
	mem_deref(out.mb);
}
END_TEST


START_TEST(bad_uris_are_einval)
{
	struct ua_reg_conf bad = bed.conf;
	struct ua_reg *r = NULL;

	bad.registrar = "example.com";
	ck_assert_int_eq(EINVAL, ua_reg_alloc(&r, &bad));
	bad = bed.conf;
	bad.aor = "alice";
	ck_assert_int_eq(EINVAL, ua_reg_alloc(&r, &bad));
	bad = bed.conf;
	bad.contact = "<sip:alice@192.0.2.1>";
	ck_assert_int_eq(EINVAL, ua_reg_alloc(&r, &bad));
	ck_assert_ptr_null(r);
}
END_TEST


static int story(void *arg)
{
	struct ua_reg *r = NULL;
	struct ua_reg_out out;
	struct ua_reg_event ev;
	int err;

	bed.seed = 5;
	err = ua_reg_alloc(&r, &bed.conf);
	if (err)
		return err;

	ua_reg_start(r, bed.now);
	if (ua_reg_output(r, bed.now, &out)) {
		regbed_drop(&out);
		ua_reg_response(r, bed.now, arg);
	}

	while (ua_reg_event(r, &ev)) {
		if (ev.type == UA_REG_FAILED)
			err = ev.err;
	}

	mem_deref(r);

	return err;
}


START_TEST(no_memory_is_a_failure_and_no_leak)
{
	struct sip_msg *req, *msg;

	mem_deref(bed.reg);
	bed.seed = 5;
	ck_assert_int_eq(0, ua_reg_alloc(&bed.reg, &bed.conf));
	ua_reg_start(bed.reg, bed.now);
	req = regbed_sent(&bed);
	msg = regbed_text(req, "200 OK", REGBED_OURS);
	ua_oom_walk(story, msg);
	mem_deref(msg);
	mem_deref(req);
}
END_TEST


Suite *ua_suite_reg(void)
{
	Suite *s = suite_create("reg");
	TCase *tc = tcase_create("reg");

	tcase_add_checked_fixture(tc, regbed_plain_setup, regbed_teardown);
	tcase_add_test(tc, register_has_what_it_must);
	tcase_add_test(tc, success_tells_expiry_rtt_and_mapped_address);
	tcase_add_test(tc, refresh_goes_before_the_expiry);
	tcase_add_test(tc, refreshes_share_a_callid_and_count_up);
	tcase_add_test(tc, expiry_of_another_phone_is_not_ours);
	tcase_add_test(tc, single_binding_that_was_rewritten_is_ours);
	tcase_add_test(tc, expires_header_counts_without_a_parameter);
	tcase_add_test(tc, without_any_expiry_the_one_asked_for_counts);
	tcase_add_test(tc, no_binding_is_a_failure);
	tcase_add_test(tc, challenge_is_answered);
	tcase_add_test(tc, wrong_password_is_tried_once_and_never_again);
	tcase_add_test(tc, longer_expiry_is_asked_for_when_wanted);
	tcase_add_loop_test(tc, senseless_min_expires_is_a_failure, 0, 4);
	tcase_add_test(tc,
		       silence_is_retried_soon_then_later_at_most_a_minute);
	tcase_add_test(tc, success_shortens_the_wait_again);
	tcase_add_test(tc, refusal_on_purpose_waits_long);
	tcase_add_test(tc, retry_after_is_believed);
	tcase_add_test(tc, stop_unregisters);
	tcase_add_test(tc, stop_that_nobody_answers_ends);
	tcase_add_test(tc, stop_while_registering_undoes_it);
	tcase_add_test(tc, stop_before_anything_is_told_at_once);
	tcase_add_test(tc, start_while_leaving_comes_back);
	tcase_add_test(tc, second_start_waits_for_the_first);
	tcase_add_test(tc, keepalive_by_register_refreshes_often);
	tcase_add_test(tc, stranger_s_answer_is_ignored);
	tcase_add_test(tc, outbound_proxy_is_the_route_and_the_hop);
	tcase_add_test(tc, bad_uris_are_einval);
	tcase_add_test(tc, no_memory_is_a_failure_and_no_leak);
	suite_add_tcase(s, tc);

	return s;
}
