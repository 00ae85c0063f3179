/* SPDX-License-Identifier: BSD-3-Clause */
/** @file test_invuas.c  Calls that come */

#include <check.h>
#include <errno.h>
#include <string.h>

#include "base/re_compat.h"
#include "dialog/invite.h"
#include "invbed.h"

Suite *ua_suite_invuas(void);


START_TEST(call_comes_rings_and_is_answered)
{
	struct sip_msg *msg = incoming(OFFER, "");
	const char *text;

	ck_assert_int_eq(0, ua_invite_progress(inv, now, 180, NULL, NULL, 0));
	ck_assert_ptr_nonnull(strstr(expect_answer(180), "Contact: <"));
	ck_assert_int_eq(0,
			 ua_invite_accept(inv, now, ANSWER, strlen(ANSWER)));
	text = expect_answer(200);
	ck_assert_ptr_nonnull(strstr(text, ANSWER));
	ck_assert_ptr_nonnull(strstr(text, "Allow: "));
	expect_state(UA_INVITE_ACCEPTED);
	ck_assert_int_eq(0, caller_sends(msg, "ACK", 4711, NULL));
	(void)expect_event(UA_INVITE_ACKED);
	expect_state(UA_INVITE_UP);
	ck_assert_uint_eq(UA_NEVER, ua_invite_deadline(inv));
	ck_assert_str_eq("sip:bob@example.com", ua_invite_peer(inv));
	mem_deref(msg);
}
END_TEST


START_TEST(callee_follows_record_route_forwards)
{
	struct sip_msg *msg = taken();
	struct ua_invite_out out;

	ua_invite_hangup(inv, now, NULL);
	ck_assert(ua_invite_output(inv, &out));
	ck_assert_str_eq("sip:p2.example.com;lr", out.hop);
	ck_assert_str_eq("sip:bob@198.51.100.7:5062", out.uri);
	ua_invite_out_free(&out);
	mem_deref(msg);
}
END_TEST


START_TEST(ok_is_sent_again_until_the_ack)
{
	/* T1 doubling up to T2 (RFC 3261, 13.3.1.4) */
	static const uint32_t gaps[] = { 500, 1000, 2000, 4000, 4000, 4000 };
	struct sip_msg *msg = incoming(OFFER, "");
	size_t i;

	ck_assert_int_eq(0,
			 ua_invite_accept(inv, now, ANSWER, strlen(ANSWER)));
	(void)expect_answer(200);
	for (i = 0; i < sizeof(gaps) / sizeof(gaps[0]); i++) {
		pass(gaps[i] - 1);
		expect_nothing();
		pass(1);
		expect_do(UA_INVITE_RESEND);
	}

	ck_assert_int_eq(0, caller_sends(msg, "ACK", 4711, NULL));
	(void)expect_event(UA_INVITE_ACKED);
	pass(40000);
	expect_nothing();
	mem_deref(msg);
}
END_TEST


START_TEST(ok_without_ack_ends_in_bye)
{
	struct sip_msg *msg = incoming(OFFER, "");
	struct ua_invite_out out;
	struct ua_invite_event ev;
	int resent = 0;

	ck_assert_int_eq(0,
			 ua_invite_accept(inv, now, ANSWER, strlen(ANSWER)));
	(void)expect_answer(200);
	pass(64 * 500 + 4000);

	while (ua_invite_output(inv, &out) && out.type == UA_INVITE_RESEND) {
		++resent;
		ua_invite_out_free(&out);
	}
	ck_assert_int_eq(10, resent);
	ck_assert_str_eq("BYE", out.met);
	ua_invite_out_free(&out);
	ev = expect_event(UA_INVITE_ENDED);
	ck_assert_int_eq(UA_BY_ERROR, ev.by);
	ck_assert_int_eq(ETIMEDOUT, ev.err);
	mem_deref(msg);
}
END_TEST


START_TEST(ack_of_another_invite_does_not_count)
{
	struct sip_msg *msg = incoming(OFFER, "");

	ck_assert_int_eq(0,
			 ua_invite_accept(inv, now, ANSWER, strlen(ANSWER)));
	(void)expect_answer(200);
	ck_assert_int_eq(0, caller_sends(msg, "ACK", 4710, NULL));
	expect_nothing();
	expect_state(UA_INVITE_ACCEPTED);
	mem_deref(msg);
}
END_TEST


START_TEST(hangup_before_the_ack_waits_for_it)
{
	struct sip_msg *msg = incoming(OFFER, "");

	ck_assert_int_eq(0,
			 ua_invite_accept(inv, now, ANSWER, strlen(ANSWER)));
	(void)expect_answer(200);
	ua_invite_hangup(inv, now, NULL);
	expect_nothing();
	ck_assert_int_eq(0, caller_sends(msg, "ACK", 4711, NULL));
	mem_deref(sent("BYE"));
	expect_nothing();
	mem_deref(msg);
}
END_TEST


START_TEST(hangup_before_the_ack_tells_the_owner_in_time)
{
	struct sip_msg *msg = incoming(OFFER, "");
	struct sip_msg *bye;
	struct ua_invite_out out;

	ck_assert_int_eq(0,
			 ua_invite_accept(inv, now, ANSWER, strlen(ANSWER)));
	(void)expect_answer(200);
	ua_invite_hangup(inv, now, NULL);
	pass(UA_INVITE_BYE_MS);
	(void)expect_event(UA_INVITE_ENDED);
	ck_assert(!ua_invite_done(inv));
	while (ua_invite_output(inv, &out)) {
		ck_assert_int_eq(UA_INVITE_RESEND, out.type);
		ua_invite_out_free(&out);
	}

	ck_assert_int_eq(0, caller_sends(msg, "ACK", 4711, NULL));
	bye = sent("BYE");
	(void)answered_with(bye, "200 OK", "", "", NULL);
	pass(1);
	ck_assert(ua_invite_done(inv));
	mem_deref(bye);
	mem_deref(msg);
}
END_TEST


START_TEST(rejected_call_ends_at_once)
{
	struct sip_msg *msg = incoming(OFFER, "");
	struct ua_invite_event ev;

	ck_assert_int_eq(0, ua_invite_reject(inv, now, 486, NULL, NULL));
	(void)expect_answer(486);
	ev = expect_event(UA_INVITE_ENDED);
	ck_assert_int_eq(UA_BY_LOCAL, ev.by);
	ck_assert_uint_eq(486, ev.code);
	pass(1);
	ck_assert(ua_invite_done(inv));
	mem_deref(msg);
}
END_TEST


START_TEST(hangup_of_a_ringing_call_is_480)
{
	struct sip_msg *msg = incoming(OFFER, "");

	ua_invite_hangup(inv, now, NULL);
	(void)expect_answer(480);
	(void)expect_event(UA_INVITE_ENDED);
	mem_deref(msg);
}
END_TEST


START_TEST(cancelled_call_is_487)
{
	struct sip_msg *msg = incoming(OFFER, "");
	struct ua_invite_event ev;

	ua_invite_cancelled(inv, now);
	(void)expect_answer(487);
	ev = expect_event(UA_INVITE_ENDED);
	ck_assert_int_eq(UA_BY_REMOTE, ev.by);
	ck_assert_uint_eq(487, ev.code);
	mem_deref(msg);
}
END_TEST


START_TEST(bye_before_our_answer_ends_both)
{
	struct sip_msg *msg = incoming(OFFER, "");

	ck_assert_int_eq(0, caller_sends(msg, "BYE", 4712, NULL));
	(void)expect_answer(200);
	(void)expect_answer(487);
	ck_assert_int_eq(UA_BY_REMOTE, expect_event(UA_INVITE_ENDED).by);
	mem_deref(msg);
}
END_TEST


START_TEST(invitation_expires)
{
	struct sip_msg *msg = incoming(OFFER, "Expires: 20\r\n");

	pass(19999);
	expect_nothing();
	pass(1);
	(void)expect_answer(487);
	ck_assert_int_eq(UA_BY_REMOTE, expect_event(UA_INVITE_ENDED).by);
	mem_deref(msg);
}
END_TEST


START_TEST(call_nobody_takes_is_480)
{
	struct sip_msg *msg = incoming(OFFER, "");

	pass(conf.ring_ms);
	(void)expect_answer(480);
	ck_assert_int_eq(UA_BY_ERROR, expect_event(UA_INVITE_ENDED).by);
	mem_deref(msg);
}
END_TEST


START_TEST(ringing_is_told_again_each_minute)
{
	struct ua_invite_conf patient = conf;
	struct sip_msg *msg;

	patient.ring_ms = 0;
	mem_deref(inv);
	ck_assert_int_eq(0, ua_invite_alloc(&inv, &patient));

	msg = incoming(OFFER, "");
	ck_assert_int_eq(0, ua_invite_progress(inv, now, 183, "Early", ANSWER,
					       strlen(ANSWER)));
	(void)expect_answer(183);
	pass(60000);
	ck_assert_ptr_nonnull(strstr(expect_answer(183), ANSWER));
	pass(60000);
	(void)expect_answer(183);
	mem_deref(msg);
}
END_TEST


START_TEST(reinvite_before_our_answer_is_500_and_before_ack_491)
{
	struct sip_msg *msg = incoming(OFFER, "");

	ck_assert_int_eq(0, caller_sends(msg, "INVITE", 4712, OFFER));
	(void)expect_answer(500);
	ck_assert_int_eq(0,
			 ua_invite_accept(inv, now, ANSWER, strlen(ANSWER)));
	(void)expect_answer(200);
	ck_assert_int_eq(0, caller_sends(msg, "INVITE", 4713, OFFER));
	(void)expect_answer(491);
	mem_deref(msg);
}
END_TEST


START_TEST(call_without_contact_is_refused)
{
	struct sip_msg *msg;

	msg = siptext("INVITE sip:alice@192.0.2.1 SIP/2.0\r\n"
		      "Via: SIP/2.0/UDP 198.51.100.7;branch=z9hG4bKc\r\n"
		      "From: <sip:bob@example.com>;tag=bob\r\n"
		      "To: <sip:alice@example.com>\r\n"
		      "Call-ID: 77\r\n"
		      "CSeq: 1 INVITE\r\n\r\n");
	ck_assert_int_eq(EBADMSG, ua_invite_accept_call(inv, now, msg));
	expect_state(UA_INVITE_IDLE);
	expect_nothing();
	mem_deref(msg);
}
END_TEST


Suite *ua_suite_invuas(void)
{
	Suite *s = suite_create("invuas");
	TCase *tc = tcase_create("invuas");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, call_comes_rings_and_is_answered);
	tcase_add_test(tc, callee_follows_record_route_forwards);
	tcase_add_test(tc, ok_is_sent_again_until_the_ack);
	tcase_add_test(tc, ok_without_ack_ends_in_bye);
	tcase_add_test(tc, ack_of_another_invite_does_not_count);
	tcase_add_test(tc, hangup_before_the_ack_waits_for_it);
	tcase_add_test(tc, hangup_before_the_ack_tells_the_owner_in_time);
	tcase_add_test(tc, rejected_call_ends_at_once);
	tcase_add_test(tc, hangup_of_a_ringing_call_is_480);
	tcase_add_test(tc, cancelled_call_is_487);
	tcase_add_test(tc, bye_before_our_answer_ends_both);
	tcase_add_test(tc, invitation_expires);
	tcase_add_test(tc, call_nobody_takes_is_480);
	tcase_add_test(tc, ringing_is_told_again_each_minute);
	tcase_add_test(tc,
		       reinvite_before_our_answer_is_500_and_before_ack_491);
	tcase_add_test(tc, call_without_contact_is_refused);
	suite_add_tcase(s, tc);

	return s;
}
