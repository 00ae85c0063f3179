/* SPDX-License-Identifier: BSD-3-Clause */
/** @file test_invuac.c  Calls that we make */

#include <check.h>
#include <errno.h>
#include <string.h>

#include "base/re_compat.h"
#include "dialog/invite.h"
#include "invbed.h"

Suite *ua_suite_invuac(void);


START_TEST(invite_has_what_it_must)
{
	struct sip_msg *req = calling(OFFER);

	ck_assert_int_eq(0, pl_strcmp(&req->ruri, "sip:bob@example.com"));
	ck_assert_int_eq(0, pl_strcmp(&req->maxfwd, "70"));
	ck_assert_uint_gt(req->from.tag.l, 7);
	ck_assert_uint_eq(0, req->to.tag.l);
	ck_assert_str_eq("<sip:alice@192.0.2.1:5060>",
			 siptext_hdr(req, "Contact"));
	ck_assert_str_eq("hello", siptext_hdr(req, "Subject"));
	ck_assert_str_eq("test", siptext_hdr(req, "User-Agent"));
	ck_assert_str_eq("application/sdp", siptext_hdr(req, "Content-Type"));
	ck_assert_ptr_nonnull(sip_msg_hdr(req, SIP_HDR_ALLOW));
	ck_assert_ptr_null(sip_msg_hdr(req, SIP_HDR_SUPPORTED));
	ck_assert_uint_eq(strlen(OFFER), pl_u32(&req->clen));
	ck_assert_str_eq("sip:bob@example.com", ua_invite_peer(inv));
	mem_deref(req);
}
END_TEST


START_TEST(trying_tells_the_owner_nothing)
{
	struct sip_msg *req = calling(OFFER);

	ck_assert_int_eq(0, answered_with(req, "100 Trying", "", "", NULL));
	expect_nothing();
	expect_state(UA_INVITE_EARLY);
	mem_deref(req);
}
END_TEST


START_TEST(early_dialogs_are_told_apart_by_tag)
{
	struct sip_msg *req = calling(OFFER);

	(void)answered_with(req, "180 Ringing", "one", BOB, NULL);
	(void)answered_with(req, "183 Progress", "two", BOB, ANSWER);
	(void)answered_with(req, "180 Ringing", "one", BOB, NULL);

	ck_assert_uint_eq(0, expect_event(UA_INVITE_PROGRESS).fork);
	ck_assert_uint_eq(1, expect_event(UA_INVITE_PROGRESS).fork);
	ck_assert_uint_eq(0, expect_event(UA_INVITE_PROGRESS).fork);
	expect_nothing();
	mem_deref(req);
}
END_TEST


START_TEST(progress_hands_out_its_sdp)
{
	struct sip_msg *req = calling(OFFER);
	struct ua_invite_event ev;

	(void)answered_with(req, "183 Session Progress", "x", BOB, ANSWER);
	ck_assert(ua_invite_event(inv, &ev));
	ck_assert_uint_eq(183, ev.code);
	ck_assert_str_eq("Session Progress", ev.reason);
	ck_assert_uint_eq(strlen(ANSWER), ev.len);
	ck_assert_int_eq(0, memcmp(ANSWER, ev.sdp, ev.len));
	mem_deref(ev.msg);
	mem_deref(req);
}
END_TEST


START_TEST(answer_gets_its_ack_at_the_contact)
{
	struct sip_msg *req = calling(OFFER);
	struct sip_msg *ack;

	(void)answered_with(req, "200 OK", "bob", BOB, ANSWER);
	ack = sent_as(UA_INVITE_ACK, "ACK");
	ck_assert_int_eq(0,
			 pl_strcmp(&ack->ruri, "sip:bob@198.51.100.7:5062"));
	ck_assert_uint_eq(req->cseq.num, ack->cseq.num);
	ck_assert_int_eq(0, pl_strcmp(&ack->to.tag, "bob"));
	ck_assert(!expect_event(UA_INVITE_ANSWERED).ack_owed);
	mem_deref(ack);
	mem_deref(req);
}
END_TEST


START_TEST(answer_sent_again_gets_the_same_ack_again)
{
	struct sip_msg *req = up();

	(void)answered_with(req, "200 OK", "bob", BOB, ANSWER);
	expect_ack();
	(void)answered_with(req, "200 OK", "bob", BOB, ANSWER);
	expect_ack();
	expect_nothing();
	mem_deref(req);
}
END_TEST


START_TEST(second_fork_that_answers_gets_ack_and_bye)
{
	struct sip_msg *req = up();
	struct sip_msg *ack, *bye;

	ck_assert_int_eq(0, answered_with(req, "200 OK", "carol",
					  "Contact: <sip:carol@203.0.113.1>"
					  "\r\n",
					  ANSWER));
	ack = sent_as(UA_INVITE_ACK, "ACK");
	bye = sent("BYE");
	ck_assert_int_eq(0, pl_strcmp(&ack->to.tag, "carol"));
	ck_assert_int_eq(0, pl_strcmp(&bye->to.tag, "carol"));
	ck_assert_int_eq(0, pl_strcmp(&bye->ruri, "sip:carol@203.0.113.1"));
	ck_assert_uint_eq(req->cseq.num + 1, bye->cseq.num);
	expect_nothing();
	expect_state(UA_INVITE_UP);

	ck_assert_int_eq(0, answered_with(bye, "200 OK", "", "", NULL));
	expect_nothing();
	expect_state(UA_INVITE_UP);
	mem_deref(ack);
	mem_deref(bye);
	mem_deref(req);
}
END_TEST


START_TEST(late_fork_after_the_end_gets_ack_and_bye)
{
	struct sip_msg *req = up();
	struct sip_msg *bye;

	peer_sends(req, "BYE", 1, NULL);
	(void)expect_answer(200);
	(void)expect_event(UA_INVITE_ENDED);
	ck_assert(!ua_invite_done(inv));

	(void)answered_with(req, "200 OK", "carol", BOB, ANSWER);
	expect_ack();
	bye = sent("BYE");
	pass(UA_INVITE_LINGER_MS);
	ck_assert(!ua_invite_done(inv));
	(void)answered_with(bye, "200 OK", "", "", NULL);
	ck_assert(ua_invite_done(inv));
	mem_deref(bye);
	mem_deref(req);
}
END_TEST


START_TEST(offerless_call_owes_the_answer_in_the_ack)
{
	struct sip_msg *req = calling(NULL);
	struct sip_msg *ack;

	(void)answered_with(req, "200 OK", "bob", BOB, OFFER);
	expect_state(UA_INVITE_ANSWER);
	ck_assert(expect_event(UA_INVITE_ANSWERED).ack_owed);

	/* sent again, and still nothing to acknowledge it with */
	(void)answered_with(req, "200 OK", "bob", BOB, OFFER);
	expect_nothing();

	ck_assert_int_eq(0, ua_invite_ack(inv, now, ANSWER, strlen(ANSWER)));
	ack = sent_as(UA_INVITE_ACK, "ACK");
	ck_assert_uint_eq(strlen(ANSWER), pl_u32(&ack->clen));
	expect_state(UA_INVITE_UP);
	ck_assert_int_eq(EPROTO, ua_invite_ack(inv, now, ANSWER, 10));
	mem_deref(ack);
	mem_deref(req);
}
END_TEST


START_TEST(refusal_ends_with_its_code)
{
	struct sip_msg *req = calling(OFFER);
	struct ua_invite_event ev;

	(void)answered_with(req, "486 Busy Here", "bob", "", NULL);
	ev = expect_event(UA_INVITE_ENDED);
	ck_assert_uint_eq(486, ev.code);
	ck_assert_str_eq("Busy Here", ev.reason);
	ck_assert_int_eq(UA_BY_REMOTE, ev.by);
	expect_nothing();
	end_of_life();
	mem_deref(req);
}
END_TEST


START_TEST(redirection_is_told_not_followed)
{
	struct sip_msg *req = calling(OFFER);

	(void)answered_with(req, "302 Moved", "bob", BOB, NULL);
	ck_assert_uint_eq(302, expect_event(UA_INVITE_ENDED).code);
	expect_nothing();
	mem_deref(req);
}
END_TEST


#define CHALLENGE                                                             \
	"Proxy-Authenticate: Digest realm=\"r\", nonce=\"n\", qop=\"auth\""   \
	"\r\n"


START_TEST(challenge_is_answered_in_a_new_invite)
{
	struct sip_msg *req = calling(OFFER);
	struct sip_msg *again, *ack;

	(void)answered_with(req, "180 Ringing", "x", BOB, NULL);
	(void)expect_event(UA_INVITE_PROGRESS);
	(void)answered_with(req, "407 Auth", "x", CHALLENGE, NULL);
	again = sent("INVITE");
	ck_assert_uint_eq(req->cseq.num + 1, again->cseq.num);
	ck_assert_int_eq(0, pl_cmp(&req->callid, &again->callid));
	ck_assert_int_eq(0, pl_cmp(&req->from.tag, &again->from.tag));
	ck_assert_uint_eq(0, again->to.tag.l);
	ck_assert_ptr_nonnull(sip_msg_hdr(again, SIP_HDR_PROXY_AUTHORIZATION));
	ck_assert_uint_eq(strlen(OFFER), pl_u32(&again->clen));
	expect_nothing();

	(void)answered_with(again, "200 OK", "bob", BOB, ANSWER);
	ack = sent_as(UA_INVITE_ACK, "ACK");
	ck_assert_ptr_nonnull(strstr(siptext_hdr(ack, "Proxy-Authorization"),
				     "nc=00000001"));
	ck_assert_uint_eq(again->cseq.num, ack->cseq.num);
	mem_deref(ack);
	mem_deref(again);
	mem_deref(req);
}
END_TEST


START_TEST(wrong_password_ends_after_one_retry)
{
	struct sip_msg *req = calling(OFFER);
	struct sip_msg *again;
	struct ua_invite_event ev;

	(void)answered_with(req, "407 Auth", "x", CHALLENGE, NULL);
	again = sent("INVITE");
	(void)answered_with(again, "407 Auth", "x", CHALLENGE, NULL);
	ev = expect_event(UA_INVITE_ENDED);
	ck_assert_uint_eq(407, ev.code);
	ck_assert_int_eq(EACCES, ev.err);
	expect_nothing();
	mem_deref(again);
	mem_deref(req);
}
END_TEST


START_TEST(hangup_while_it_rings_cancels)
{
	struct sip_msg *req = calling(OFFER);
	struct ua_invite_event ev;

	(void)answered_with(req, "180 Ringing", "x", BOB, NULL);
	(void)expect_event(UA_INVITE_PROGRESS);
	ua_invite_hangup(inv, now, NULL);
	expect_do(UA_INVITE_CANCEL);
	expect_nothing();

	(void)answered_with(req, "487 Request Terminated", "x", "", NULL);
	ev = expect_event(UA_INVITE_ENDED);
	ck_assert_int_eq(UA_BY_LOCAL, ev.by);
	ck_assert_uint_eq(487, ev.code);
	end_of_life();
	mem_deref(req);
}
END_TEST


START_TEST(cancel_that_crosses_the_answer_gives_ack_and_bye)
{
	struct sip_msg *req = calling(OFFER);
	struct sip_msg *bye;

	ua_invite_hangup(inv, now, "SIP;cause=200");
	expect_do(UA_INVITE_CANCEL);
	(void)answered_with(req, "200 OK", "bob", BOB, ANSWER);
	expect_ack();
	bye = sent("BYE");
	ck_assert_str_eq("SIP;cause=200", siptext_hdr(bye, "Reason"));
	expect_nothing();
	(void)answered_with(bye, "200 OK", "", "", NULL);
	ck_assert_int_eq(UA_BY_LOCAL, expect_event(UA_INVITE_ENDED).by);
	end_of_life();
	mem_deref(bye);
	mem_deref(req);
}
END_TEST


START_TEST(cancel_nobody_answers_ends_for_the_owner)
{
	struct sip_msg *req = calling(OFFER);

	ua_invite_hangup(inv, now, NULL);
	expect_do(UA_INVITE_CANCEL);
	pass(UA_INVITE_BYE_MS - 1);
	expect_nothing();
	pass(1);
	ck_assert_int_eq(UA_BY_LOCAL, expect_event(UA_INVITE_ENDED).by);

	/* ... and the answer that comes all the same is ended */
	(void)answered_with(req, "200 OK", "bob", BOB, ANSWER);
	expect_ack();
	mem_deref(sent("BYE"));
	mem_deref(req);
}
END_TEST


START_TEST(nobody_answers_in_time)
{
	struct sip_msg *req = calling(OFFER);
	struct ua_invite_event ev;

	(void)answered_with(req, "180 Ringing", "x", BOB, NULL);
	(void)expect_event(UA_INVITE_PROGRESS);
	pass(conf.ring_ms);
	expect_do(UA_INVITE_CANCEL);
	ev = expect_event(UA_INVITE_ENDED);
	ck_assert_int_eq(UA_BY_ERROR, ev.by);
	ck_assert_int_eq(ETIMEDOUT, ev.err);
	(void)answered_with(req, "487 Request Terminated", "x", "", NULL);
	expect_nothing();
	end_of_life();
	mem_deref(req);
}
END_TEST


START_TEST(transport_error_ends_it)
{
	struct ua_invite_out out;
	struct ua_invite_event ev;

	ck_assert_int_eq(0, ua_invite_connect(inv, now, "sip:b@x", NULL, 0));
	ck_assert(ua_invite_output(inv, &out));
	ua_invite_failed(inv, now, out.id, ECONNREFUSED);
	ua_invite_out_free(&out);
	ev = expect_event(UA_INVITE_ENDED);
	ck_assert_int_eq(ECONNREFUSED, ev.err);
	ck_assert_uint_eq(0, ev.code);
	expect_state(UA_INVITE_CLOSED);
}
END_TEST


Suite *ua_suite_invuac(void)
{
	Suite *s = suite_create("invuac");
	TCase *tc = tcase_create("invuac");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, invite_has_what_it_must);
	tcase_add_test(tc, trying_tells_the_owner_nothing);
	tcase_add_test(tc, early_dialogs_are_told_apart_by_tag);
	tcase_add_test(tc, progress_hands_out_its_sdp);
	tcase_add_test(tc, answer_gets_its_ack_at_the_contact);
	tcase_add_test(tc, answer_sent_again_gets_the_same_ack_again);
	tcase_add_test(tc, second_fork_that_answers_gets_ack_and_bye);
	tcase_add_test(tc, late_fork_after_the_end_gets_ack_and_bye);
	tcase_add_test(tc, offerless_call_owes_the_answer_in_the_ack);
	tcase_add_test(tc, refusal_ends_with_its_code);
	tcase_add_test(tc, redirection_is_told_not_followed);
	tcase_add_test(tc, challenge_is_answered_in_a_new_invite);
	tcase_add_test(tc, wrong_password_ends_after_one_retry);
	tcase_add_test(tc, hangup_while_it_rings_cancels);
	tcase_add_test(tc, cancel_that_crosses_the_answer_gives_ack_and_bye);
	tcase_add_test(tc, cancel_nobody_answers_ends_for_the_owner);
	tcase_add_test(tc, nobody_answers_in_time);
	tcase_add_test(tc, transport_error_ends_it);
	suite_add_tcase(s, tc);

	return s;
}
