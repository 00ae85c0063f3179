/* SPDX-License-Identifier: BSD-3-Clause */
/** @file test_invite.c  Session between two user agents, in virtual time */

#include <check.h>
#include <errno.h>
#include <string.h>

#include "base/re_compat.h"
#include "dialog/invite.h"
#include "invbed.h"
#include "oom.h"

Suite *ua_suite_invite(void);

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


/* Inside a call what could not be sent for want of memory goes later. */
START_TEST(reinvite_without_memory_is_sent_later)
{
	struct sip_msg *req = up();
	struct ua_invite_out out;
	struct sip_msg *again;

	ck_assert_int_eq(0, ua_invite_modify(inv, now, OFFER, strlen(OFFER)));
	ck_assert(ua_invite_output(inv, &out));
	ua_invite_failed(inv, now, out.id, ENOMEM);
	ua_invite_out_free(&out);
	expect_nothing();
	expect_state(UA_INVITE_UP);

	pass((uint32_t)(ua_invite_deadline(inv) - now));
	again = sent("INVITE");
	(void)answered_with(again, "200 OK", "", BOB, ANSWER);
	expect_ack();
	ck_assert_uint_eq(200, expect_event(UA_INVITE_MODIFIED).code);
	mem_deref(again);
	mem_deref(req);
}
END_TEST


START_TEST(bye_is_sent_on_hangup)
{
	struct sip_msg *req = up();
	struct sip_msg *bye;
	struct ua_invite_event ev;

	ua_invite_hangup(inv, now, NULL);
	bye = sent("BYE");
	ck_assert_int_eq(0,
			 pl_strcmp(&bye->ruri, "sip:bob@198.51.100.7:5062"));
	ck_assert_uint_gt(bye->cseq.num, req->cseq.num);
	expect_nothing();
	(void)answered_with(bye, "200 OK", "", "", NULL);
	ev = expect_event(UA_INVITE_ENDED);
	ck_assert_int_eq(UA_BY_LOCAL, ev.by);
	ck_assert_uint_eq(200, ev.code);
	end_of_life();
	mem_deref(bye);
	mem_deref(req);
}
END_TEST


START_TEST(bye_is_challenged_and_sent_again)
{
	struct sip_msg *req = up();
	struct sip_msg *bye, *again;

	ua_invite_hangup(inv, now, NULL);
	bye = sent("BYE");
	(void)answered_with(bye, "407 Auth", "", CHALLENGE, NULL);
	again = sent("BYE");
	ck_assert_uint_eq(bye->cseq.num + 1, again->cseq.num);
	ck_assert_ptr_nonnull(sip_msg_hdr(again, SIP_HDR_PROXY_AUTHORIZATION));
	(void)answered_with(again, "200 OK", "", "", NULL);
	(void)expect_event(UA_INVITE_ENDED);
	mem_deref(again);
	mem_deref(bye);
	mem_deref(req);
}
END_TEST


START_TEST(bye_nobody_answers_ends_for_the_owner)
{
	struct sip_msg *req = up();

	ua_invite_hangup(inv, now, NULL);
	mem_deref(sent("BYE"));
	pass(UA_INVITE_BYE_MS);
	ck_assert_int_eq(UA_BY_LOCAL, expect_event(UA_INVITE_ENDED).by);
	mem_deref(req);
}
END_TEST


START_TEST(byes_that_cross_both_end)
{
	struct sip_msg *req = up();

	ua_invite_hangup(inv, now, NULL);
	mem_deref(sent("BYE"));
	peer_sends(req, "BYE", 1, NULL);
	(void)expect_answer(200);
	ck_assert_int_eq(UA_BY_LOCAL, expect_event(UA_INVITE_ENDED).by);
	mem_deref(req);
}
END_TEST


START_TEST(bye_of_the_peer_is_answered)
{
	struct sip_msg *req = up();

	peer_sends(req, "BYE", 7, NULL);
	(void)expect_answer(200);
	ck_assert_int_eq(UA_BY_REMOTE, expect_event(UA_INVITE_ENDED).by);
	end_of_life();
	mem_deref(req);
}
END_TEST


START_TEST(request_of_another_dialog_is_not_ours)
{
	struct sip_msg *req = up();
	struct sip_msg *msg;

	msg = siptext("BYE sip:alice@192.0.2.1 SIP/2.0\r\n"
		      "Via: SIP/2.0/UDP 198.51.100.7;branch=z9hG4bKq\r\n"
		      "From: %r;tag=mallory\r\n"
		      "To: %r\r\n"
		      "Call-ID: %r\r\n"
		      "CSeq: 9 BYE\r\n\r\n",
		      &req->to.val, &req->from.val, &req->callid);
	ck_assert(!ua_invite_match(inv, msg));
	ck_assert_int_eq(ENOENT, ua_invite_request(inv, now, msg));
	expect_nothing();
	expect_state(UA_INVITE_UP);
	mem_deref(msg);
	mem_deref(req);
}
END_TEST


START_TEST(old_cseq_is_refused)
{
	struct sip_msg *req = up();

	peer_sends(req, "OPTIONS", 10, NULL);
	ck_assert_ptr_nonnull(strstr(expect_answer(200), "Allow: "));
	peer_sends(req, "BYE", 9, NULL);
	(void)expect_answer(500);
	expect_nothing();
	expect_state(UA_INVITE_UP);
	mem_deref(req);
}
END_TEST


START_TEST(unknown_method_is_501_and_known_one_405)
{
	struct sip_msg *req = up();

	peer_sends(req, "JUMP", 1, NULL);
	ck_assert_ptr_nonnull(strstr(expect_answer(501), "Allow: "));
	peer_sends(req, "UPDATE", 2, OFFER);
	ck_assert_ptr_nonnull(strstr(expect_answer(405), "Allow: "));
	expect_state(UA_INVITE_UP);
	mem_deref(req);
}
END_TEST


START_TEST(record_route_is_followed_backwards)
{
	struct sip_msg *req = calling(OFFER);
	struct ua_invite_out out;
	struct sip_msg *ack;

	(void)answered_with(req, "200 OK", "bob",
			    BOB "Record-Route: <sip:far.example.com;lr>, "
				"<sip:near.example.com:5070;lr>\r\n",
			    ANSWER);
	ck_assert(ua_invite_output(inv, &out));
	ck_assert_str_eq("sip:near.example.com:5070;lr", out.hop);
	ck_assert_str_eq("sip:bob@198.51.100.7:5062", out.uri);
	ack = as_message(&out);
	ck_assert_str_eq("<sip:near.example.com:5070;lr>",
			 siptext_hdr(ack, "Route"));
	mem_deref(ack);
	ua_invite_out_free(&out);
	(void)expect_event(UA_INVITE_ANSWERED);
	mem_deref(req);
}
END_TEST


START_TEST(reinvite_is_offered_and_accepted)
{
	struct sip_msg *req = up();
	struct ua_invite_event ev;
	const char *text;

	peer_sends(req, "INVITE", 20, OFFER);
	(void)expect_answer(100);
	ev = expect_event(UA_INVITE_REOFFER);
	ck_assert_uint_eq(strlen(OFFER), ev.len);

	ck_assert_int_eq(0,
			 ua_invite_accept(inv, now, ANSWER, strlen(ANSWER)));
	text = expect_answer(200);
	ck_assert_ptr_nonnull(strstr(text, "Contact: <sip:alice@"));
	ck_assert_ptr_nonnull(strstr(text, ANSWER));

	peer_sends(req, "ACK", 20, NULL);
	(void)expect_event(UA_INVITE_ACKED);
	expect_state(UA_INVITE_UP);

	/* the target has moved with it */
	ua_invite_hangup(inv, now, NULL);
	mem_deref(req);
	req = sent("BYE");
	ck_assert_int_eq(0,
			 pl_strcmp(&req->ruri, "sip:bob@198.51.100.8:5064"));
	mem_deref(req);
}
END_TEST


START_TEST(offerless_reinvite_takes_the_answer_from_the_ack)
{
	struct sip_msg *req = up();
	struct ua_invite_event ev;

	peer_sends(req, "INVITE", 20, NULL);
	(void)expect_answer(100);
	ck_assert_ptr_null(expect_event(UA_INVITE_REOFFER).sdp);
	ck_assert_int_eq(0, ua_invite_accept(inv, now, OFFER, strlen(OFFER)));
	(void)expect_answer(200);
	peer_sends(req, "ACK", 20, ANSWER);
	ev = expect_event(UA_INVITE_ACKED);
	ck_assert_uint_eq(strlen(ANSWER), ev.len);
	mem_deref(req);
}
END_TEST


START_TEST(refused_reinvite_leaves_the_session_up)
{
	struct sip_msg *req = up();

	peer_sends(req, "INVITE", 20, OFFER);
	(void)expect_answer(100);
	(void)expect_event(UA_INVITE_REOFFER);
	ck_assert_int_eq(0, ua_invite_reject(inv, now, 488, NULL, NULL));
	(void)expect_answer(488);
	expect_nothing();
	expect_state(UA_INVITE_UP);
	mem_deref(req);
}
END_TEST


START_TEST(second_reinvite_before_the_first_is_answered_is_500)
{
	struct sip_msg *req = up();

	peer_sends(req, "INVITE", 20, OFFER);
	(void)expect_answer(100);
	peer_sends(req, "INVITE", 21, OFFER);
	ck_assert_ptr_nonnull(strstr(expect_answer(500), "Retry-After: "));
	mem_deref(req);
}
END_TEST


START_TEST(cancelled_reinvite_leaves_the_session_up)
{
	struct sip_msg *req = up();

	peer_sends(req, "INVITE", 20, OFFER);
	(void)expect_answer(100);
	(void)expect_event(UA_INVITE_REOFFER);
	ua_invite_cancelled(inv, now);
	(void)expect_answer(487);
	(void)expect_event(UA_INVITE_REOFFER_GONE);
	expect_state(UA_INVITE_UP);
	ck_assert_int_eq(EPROTO, ua_invite_accept(inv, now, ANSWER, 3));
	mem_deref(req);
}
END_TEST


START_TEST(glare_is_491_for_the_peer)
{
	struct sip_msg *req = up();

	ck_assert_int_eq(0, ua_invite_modify(inv, now, OFFER, strlen(OFFER)));
	mem_deref(sent("INVITE"));
	peer_sends(req, "INVITE", 20, OFFER);
	(void)expect_answer(491);
	expect_nothing();
	mem_deref(req);
}
END_TEST


/* Ours goes to where the peer was; theirs comes from where it is now. */
START_TEST(reinvite_that_reaches_nobody_gives_way)
{
	struct sip_msg *req = up();
	struct sip_msg *ours;

	ck_assert_int_eq(0, ua_invite_modify(inv, now, OFFER, strlen(OFFER)));
	ours = sent("INVITE");
	(void)answered_with(ours, "100 Trying", "", "", NULL);
	if (_i)
		(void)answered_with(ours, "183 Progress", "", "", NULL);

	now += 999;
	peer_sends(req, "INVITE", 20, OFFER);
	(void)expect_answer(491);
	ck_assert_int_eq(EPROTO, ua_invite_withdraw(inv));

	/* Somebody has it, or nobody */
	now += 1;
	peer_sends(req, "INVITE", 21, OFFER);
	if (_i) {
		(void)expect_answer(491);
		goto out;
	}

	expect_do(UA_INVITE_CANCEL);
	(void)expect_answer(100);
	(void)expect_event(UA_INVITE_REOFFER);
	ck_assert_int_eq(0, ua_invite_withdraw(inv));
	ck_assert_int_eq(EPROTO, ua_invite_withdraw(inv));
	ck_assert_int_eq(0,
			 ua_invite_accept(inv, now, ANSWER, strlen(ANSWER)));
	(void)expect_answer(200);
	peer_sends(req, "ACK", 21, NULL);
	(void)expect_event(UA_INVITE_ACKED);

	/* The end of ours is no end of the call; a 200 gets its ACK */
	(void)answered_with(ours, "408 Request Timeout", "", "", NULL);
	expect_nothing();
	expect_state(UA_INVITE_UP);
	(void)answered_with(ours, "200 OK", "", BOB, ANSWER);
	expect_ack();
	expect_nothing();

	/* And the next one of ours goes */
	ck_assert_int_eq(0, ua_invite_modify(inv, now, OFFER, strlen(OFFER)));
	mem_deref(sent("INVITE"));

out:
	mem_deref(ours);
	mem_deref(req);
}
END_TEST


START_TEST(our_reinvite_waits_after_a_491_and_goes_again)
{
	struct sip_msg *req = up();
	struct sip_msg *first, *again;

	ck_assert_int_eq(0, ua_invite_modify(inv, now, OFFER, strlen(OFFER)));
	first = sent("INVITE");
	ck_assert_int_eq(0, pl_strcmp(&first->to.tag, "bob"));
	ck_assert_ptr_null(sip_msg_hdr(first, SIP_HDR_SUBJECT));
	(void)answered_with(first, "491 Request Pending", "", "", NULL);
	expect_nothing();

	/* the Call-ID is ours: 2.1 to 4 s (RFC 3261, 14.1) */
	ck_assert_uint_ge(ua_invite_deadline(inv), now + 2100);
	ck_assert_uint_le(ua_invite_deadline(inv), now + 4000);
	ck_assert_int_eq(EPROTO, ua_invite_modify(inv, now, OFFER, 3));
	pass(4000);
	again = sent("INVITE");
	ck_assert_uint_gt(again->cseq.num, first->cseq.num);
	(void)answered_with(again, "200 OK", "", BOB, ANSWER);
	expect_ack();
	ck_assert_uint_eq(200, expect_event(UA_INVITE_MODIFIED).code);
	mem_deref(again);
	mem_deref(first);
	mem_deref(req);
}
END_TEST


START_TEST(reinvite_that_waits_can_be_taken_back)
{
	struct sip_msg *req = up();
	struct sip_msg *first;

	ck_assert_int_eq(EPROTO, ua_invite_withdraw(inv));
	ck_assert_int_eq(0, ua_invite_modify(inv, now, OFFER, strlen(OFFER)));
	first = sent("INVITE");
	ck_assert_int_eq(EPROTO, ua_invite_withdraw(inv));
	(void)answered_with(first, "491 Request Pending", "", "", NULL);

	/* Theirs comes meanwhile, and is asked about. */
	ck_assert_int_eq(0, ua_invite_withdraw(inv));
	peer_sends(req, "INVITE", 20, OFFER);
	(void)expect_answer(100);
	(void)expect_event(UA_INVITE_REOFFER);
	ck_assert_int_eq(0,
			 ua_invite_accept(inv, now, ANSWER, strlen(ANSWER)));
	(void)expect_answer(200);
	peer_sends(req, "ACK", 20, NULL);
	(void)expect_event(UA_INVITE_ACKED);

	/* Ours does not go again, and another one may. */
	pass(5000);
	expect_nothing();
	ck_assert_int_eq(0, ua_invite_modify(inv, now, OFFER, strlen(OFFER)));
	mem_deref(sent("INVITE"));
	mem_deref(first);
	mem_deref(req);
}
END_TEST


START_TEST(glare_of_the_callee_waits_less)
{
	struct sip_msg *msg = taken();
	struct sip_msg *req;

	ck_assert_int_eq(0, ua_invite_modify(inv, now, OFFER, strlen(OFFER)));
	req = sent("INVITE");
	(void)answered_with(req, "491 Request Pending", "", "", NULL);
	ck_assert_uint_le(ua_invite_deadline(inv), now + 2000);
	mem_deref(req);
	mem_deref(msg);
}
END_TEST


START_TEST(our_refused_reinvite_leaves_the_session_up)
{
	struct sip_msg *req = up();
	struct sip_msg *again;

	ck_assert_int_eq(0, ua_invite_modify(inv, now, OFFER, strlen(OFFER)));
	again = sent("INVITE");
	(void)answered_with(again, "488 Not Acceptable Here", "", "", NULL);
	ck_assert_uint_eq(488, expect_event(UA_INVITE_MODIFIED).code);
	expect_nothing();
	expect_state(UA_INVITE_UP);
	mem_deref(again);
	mem_deref(req);
}
END_TEST


START_TEST(our_offerless_reinvite_owes_the_answer)
{
	struct sip_msg *req = up();
	struct sip_msg *again;

	ck_assert_int_eq(0, ua_invite_modify(inv, now, NULL, 0));
	again = sent("INVITE");
	ck_assert_uint_eq(0, pl_u32(&again->clen));
	(void)answered_with(again, "200 OK", "", BOB, OFFER);
	ck_assert(expect_event(UA_INVITE_MODIFIED).ack_owed);
	expect_nothing();
	ck_assert_int_eq(0, ua_invite_ack(inv, now, ANSWER, strlen(ANSWER)));
	expect_ack();
	expect_state(UA_INVITE_UP);
	mem_deref(again);
	mem_deref(req);
}
END_TEST


START_TEST(reinvite_the_peer_knows_nothing_of_ends_it)
{
	struct sip_msg *req = up();
	struct sip_msg *again;

	ck_assert_int_eq(0, ua_invite_modify(inv, now, OFFER, strlen(OFFER)));
	again = sent("INVITE");
	(void)answered_with(again, "481 Gone", "", "", NULL);
	mem_deref(sent("BYE"));
	ck_assert_uint_eq(481, expect_event(UA_INVITE_ENDED).code);
	mem_deref(again);
	mem_deref(req);
}
END_TEST


START_TEST(hangup_with_a_reinvite_waiting_answers_it_487)
{
	struct sip_msg *req = up();

	peer_sends(req, "INVITE", 20, OFFER);
	(void)expect_answer(100);
	(void)expect_event(UA_INVITE_REOFFER);
	ua_invite_hangup(inv, now, NULL);
	(void)expect_answer(487);
	mem_deref(sent("BYE"));
	mem_deref(req);
}
END_TEST


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


/* _i is the command: each is refused in a state that does not take it. */
START_TEST(commands_out_of_turn_are_refused)
{
	struct sip_msg *req;

	ck_assert_int_eq(EPROTO, ua_invite_accept(inv, now, ANSWER, 3));
	ck_assert_int_eq(EPROTO, ua_invite_reject(inv, now, 486, NULL, NULL));
	ck_assert_int_eq(EPROTO,
			 ua_invite_progress(inv, now, 180, NULL, NULL, 0));
	ck_assert_int_eq(EPROTO, ua_invite_modify(inv, now, NULL, 0));
	ck_assert_int_eq(EPROTO, ua_invite_ack(inv, now, NULL, 0));
	expect_state(UA_INVITE_IDLE);

	req = calling(OFFER);
	ck_assert_int_eq(EPROTO,
			 ua_invite_connect(inv, now, "sip:x@y", NULL, 0));
	ck_assert_int_eq(EPROTO, ua_invite_accept(inv, now, ANSWER, 3));
	ck_assert_int_eq(EPROTO, ua_invite_modify(inv, now, NULL, 0));
	ck_assert_int_eq(EINVAL,
			 ua_invite_progress(inv, now, 200, NULL, NULL, 0));
	ck_assert_int_eq(EINVAL, ua_invite_reject(inv, now, 200, NULL, NULL));
	expect_nothing();
	mem_deref(req);
}
END_TEST


START_TEST(bad_uri_is_einval)
{
	static const char *const uris[] = {
		"", "bob", "tel:+1234", "sip:", "sip:a b@c", "sip:a@b\r\nX: y",
	};

	ck_assert_int_eq(EINVAL,
			 ua_invite_connect(inv, now, uris[_i], NULL, 0));
	expect_state(UA_INVITE_IDLE);
	expect_nothing();
}
END_TEST


START_TEST(uri_headers_do_not_get_onto_the_wire)
{
	struct sip_msg *req;

	ck_assert_int_eq(0, ua_invite_connect(inv, now,
					      "sip:bob@example.com;x=1"
					      "?Subject=evil",
					      NULL, 0));
	req = sent("INVITE");
	ck_assert_int_eq(0, pl_strcmp(&req->ruri, "sip:bob@example.com;x=1"));
	mem_deref(req);
}
END_TEST


static struct sip_msg *fixed_ok, *fixed_bye, *fixed_invite, *fixed_ack;


static void drain(struct ua_invite *x, int *err)
{
	struct ua_invite_out out;
	struct ua_invite_event ev;

	while (ua_invite_output(x, &out))
		ua_invite_out_free(&out);

	while (ua_invite_event(x, &ev)) {
		if (ev.type == UA_INVITE_ENDED && ev.err)
			*err = ev.err;
		mem_deref(ev.msg);
	}
}


static int calling_story(void *arg)
{
	struct ua_invite *x = NULL;
	int err;
	(void)arg;

	seed = 3;
	err = ua_invite_alloc(&x, &conf);
	if (!err)
		err = ua_invite_connect(x, now, "sip:bob@example.com", OFFER,
					strlen(OFFER));
	if (!err) {
		(void)ua_invite_response(x, now, fixed_ok);
		drain(x, &err);
	}
	if (!err)
		err = ua_invite_modify(x, now, OFFER, strlen(OFFER));
	if (!err) {
		(void)ua_invite_request(x, now, fixed_bye);
		drain(x, &err);
	}
	mem_deref(x);

	return err;
}


START_TEST(calling_without_memory_leaks_nothing)
{
	struct sip_msg *req = calling(OFFER);

	fixed_ok = make_answer(req, "200 OK", "bob", BOB, ANSWER);
	fixed_bye = from_peer(req, "BYE", 1, NULL);
	ua_oom_walk(calling_story, NULL);
	mem_deref(fixed_ok);
	mem_deref(fixed_bye);
	mem_deref(req);
}
END_TEST


static int called_story(void *arg)
{
	struct ua_invite *x = NULL;
	int err;
	(void)arg;

	err = ua_invite_alloc(&x, &conf);
	if (!err)
		err = ua_invite_accept_call(x, now, fixed_invite);
	if (!err)
		err = ua_invite_progress(x, now, 183, "Early", ANSWER,
					 strlen(ANSWER));
	if (!err)
		err = ua_invite_accept(x, now, ANSWER, strlen(ANSWER));
	if (!err) {
		(void)ua_invite_request(x, now, fixed_ack);
		drain(x, &err);
	}
	if (!err) {
		ua_invite_hangup(x, now, "SIP;cause=200");
		drain(x, &err);
	}
	mem_deref(x);

	return err;
}


START_TEST(being_called_without_memory_leaks_nothing)
{
	fixed_invite = incoming(OFFER, "");
	fixed_ack = in_dialog(fixed_invite, "ACK", 4711, NULL);
	ua_oom_walk(called_story, NULL);
	mem_deref(fixed_invite);
	mem_deref(fixed_ack);
}
END_TEST


static TCase *caller_case(void)
{
	TCase *tc = tcase_create("caller");

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
	tcase_add_test(tc, record_route_is_followed_backwards);
	tcase_add_loop_test(tc, bad_uri_is_einval, 0, 6);
	tcase_add_test(tc, uri_headers_do_not_get_onto_the_wire);
	tcase_add_test(tc, commands_out_of_turn_are_refused);
	tcase_add_test(tc, calling_without_memory_leaks_nothing);

	return tc;
}


static TCase *session_case(void)
{
	TCase *tc = tcase_create("session");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, reinvite_without_memory_is_sent_later);
	tcase_add_test(tc, bye_is_sent_on_hangup);
	tcase_add_test(tc, bye_is_challenged_and_sent_again);
	tcase_add_test(tc, bye_nobody_answers_ends_for_the_owner);
	tcase_add_test(tc, byes_that_cross_both_end);
	tcase_add_test(tc, bye_of_the_peer_is_answered);
	tcase_add_test(tc, request_of_another_dialog_is_not_ours);
	tcase_add_test(tc, old_cseq_is_refused);
	tcase_add_test(tc, unknown_method_is_501_and_known_one_405);
	tcase_add_test(tc, reinvite_is_offered_and_accepted);
	tcase_add_test(tc, offerless_reinvite_takes_the_answer_from_the_ack);
	tcase_add_test(tc, refused_reinvite_leaves_the_session_up);
	tcase_add_test(tc,
		       second_reinvite_before_the_first_is_answered_is_500);
	tcase_add_test(tc, cancelled_reinvite_leaves_the_session_up);
	tcase_add_test(tc, glare_is_491_for_the_peer);
	tcase_add_loop_test(tc, reinvite_that_reaches_nobody_gives_way, 0, 2);
	tcase_add_test(tc, our_reinvite_waits_after_a_491_and_goes_again);
	tcase_add_test(tc, reinvite_that_waits_can_be_taken_back);
	tcase_add_test(tc, glare_of_the_callee_waits_less);
	tcase_add_test(tc, our_refused_reinvite_leaves_the_session_up);
	tcase_add_test(tc, our_offerless_reinvite_owes_the_answer);
	tcase_add_test(tc, reinvite_the_peer_knows_nothing_of_ends_it);
	tcase_add_test(tc, hangup_with_a_reinvite_waiting_answers_it_487);

	return tc;
}


static TCase *callee_case(void)
{
	TCase *tc = tcase_create("callee");

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
	tcase_add_test(tc, being_called_without_memory_leaks_nothing);

	return tc;
}


Suite *ua_suite_invite(void)
{
	Suite *s = suite_create("invite");

	suite_add_tcase(s, caller_case());
	suite_add_tcase(s, session_case());
	suite_add_tcase(s, callee_case());

	return s;
}
