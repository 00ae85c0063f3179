/* SPDX-License-Identifier: BSD-3-Clause */
/** @file test_reinvite.c  Offers inside a session */

#include <check.h>
#include <errno.h>
#include <string.h>

#include "base/re_compat.h"
#include "dialog/invite.h"
#include "invbed.h"

Suite *ua_suite_reinvite(void);


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


static void cannot_be_sent(int err)
{
	struct ua_invite_out out;

	ck_assert(ua_invite_output(inv, &out));
	ck_assert_int_eq(UA_INVITE_REQUEST, out.type);
	ua_invite_failed(inv, now, out.id, err);
	ua_invite_out_free(&out);
}


/* Its connection broke: nothing is known of the session by that. */
START_TEST(reinvite_that_cannot_be_sent_goes_later)
{
	static const int errs[] = { ENOMEM, EPIPE };
	struct sip_msg *req = up();
	struct sip_msg *again;
	const uint64_t from = now;

	ck_assert_int_eq(0, ua_invite_modify(inv, now, OFFER, strlen(OFFER)));
	cannot_be_sent(errs[_i]);
	expect_nothing();
	expect_state(UA_INVITE_UP);
	pass((uint32_t)(ua_invite_deadline(inv) - now));
	ck_assert_uint_le(now - from, 100);
	cannot_be_sent(errs[_i]);
	expect_nothing();

	pass((uint32_t)(ua_invite_deadline(inv) - now));
	again = sent("INVITE");
	(void)answered_with(again, "200 OK", "", BOB, ANSWER);
	expect_ack();
	ck_assert_uint_eq(200, expect_event(UA_INVITE_MODIFIED).code);
	mem_deref(again);
	mem_deref(req);
}
END_TEST


START_TEST(reinvite_that_can_never_be_sent_ends_the_session)
{
	struct sip_msg *req = up();
	const uint64_t from = now;

	ck_assert_int_eq(0, ua_invite_modify(inv, now, OFFER, strlen(OFFER)));
	while (ua_invite_state(inv) == UA_INVITE_UP) {
		cannot_be_sent(EPIPE);
		if (ua_invite_state(inv) == UA_INVITE_UP)
			pass((uint32_t)(ua_invite_deadline(inv) - now));
	}

	ck_assert_uint_eq(25500, now - from);
	ck_assert_int_eq(EPIPE, expect_event(UA_INVITE_ENDED).err);
	mem_deref(sent("BYE"));
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


Suite *ua_suite_reinvite(void)
{
	Suite *s = suite_create("reinvite");
	TCase *tc = tcase_create("reinvite");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, reinvite_is_offered_and_accepted);
	tcase_add_test(tc, offerless_reinvite_takes_the_answer_from_the_ack);
	tcase_add_test(tc, refused_reinvite_leaves_the_session_up);
	tcase_add_test(tc,
		       second_reinvite_before_the_first_is_answered_is_500);
	tcase_add_test(tc, cancelled_reinvite_leaves_the_session_up);
	tcase_add_test(tc, glare_is_491_for_the_peer);
	tcase_add_loop_test(tc, reinvite_that_reaches_nobody_gives_way, 0, 2);
	tcase_add_loop_test(tc, reinvite_that_cannot_be_sent_goes_later, 0, 2);
	tcase_add_test(tc, reinvite_that_can_never_be_sent_ends_the_session);
	tcase_add_test(tc, our_reinvite_waits_after_a_491_and_goes_again);
	tcase_add_test(tc, reinvite_that_waits_can_be_taken_back);
	tcase_add_test(tc, glare_of_the_callee_waits_less);
	tcase_add_test(tc, our_refused_reinvite_leaves_the_session_up);
	tcase_add_test(tc, our_offerless_reinvite_owes_the_answer);
	tcase_add_test(tc, reinvite_the_peer_knows_nothing_of_ends_it);
	tcase_add_test(tc, hangup_with_a_reinvite_waiting_answers_it_487);
	suite_add_tcase(s, tc);

	return s;
}
