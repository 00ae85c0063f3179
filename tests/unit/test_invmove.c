/* SPDX-License-Identifier: BSD-3-Clause */
/** @file test_invmove.c  A session whose Contact becomes another */

#include "dialog/invmove.h"
#include "invbed.h"
#include "oom.h"

Suite *ua_suite_invmove(void);

#define NEW "sip:alice@203.0.113.9:4060"


static void move(void)
{
	ck_assert_int_eq(0, ua_invmove_to(inv, now, NEW));
	ck_assert_str_eq(NEW, ua_invmove_contact(inv));
}


static void modify(void)
{
	ck_assert_int_eq(0, ua_invite_modify(inv, now, OFFER, strlen(OFFER)));
}


static void has_new_contact(const struct sip_msg *msg)
{
	ck_assert_str_eq("<" NEW ">", siptext_hdr(msg, "Contact"));
}


START_TEST(later_requests_have_the_new_contact)
{
	struct sip_msg *first = up();
	struct sip_msg *req;

	move();
	expect_nothing();
	expect_state(UA_INVITE_UP);
	modify();
	req = sent("INVITE");
	has_new_contact(req);
	ck_assert_int_eq(0, answered_with(req, "200 OK", "bob", BOB, ANSWER));
	expect_ack();
	ck_assert_uint_eq(200, expect_event(UA_INVITE_MODIFIED).code);
	mem_deref(req);
	mem_deref(first);
}
END_TEST


/* 0: to a re-INVITE; 1: to the INVITE that rings */
START_TEST(later_answers_have_the_new_contact)
{
	struct sip_msg *msg = _i ? incoming(OFFER, "") : taken();

	move();
	if (!_i) {
		ck_assert_int_eq(0, caller_sends(msg, "INVITE", 4712, OFFER));
		(void)expect_answer(100);
		(void)expect_event(UA_INVITE_REOFFER);
	}
	ck_assert_int_eq(0,
			 ua_invite_accept(inv, now, ANSWER, strlen(ANSWER)));
	ck_assert_ptr_nonnull(
		strstr(expect_answer(200), "Contact: <" NEW ">\r\n"));
	mem_deref(msg);
}
END_TEST


/* Its answer would go where nobody is: 0: sent, 1: ringing, 2: cancelled */
START_TEST(invite_that_is_not_answered_ends_the_session)
{
	struct sip_msg *req = calling(OFFER);
	struct ua_invite_event ev;

	if (_i) {
		ck_assert_int_eq(0, answered_with(req, "180 Ringing", "bob",
						  BOB, NULL));
		(void)expect_event(UA_INVITE_PROGRESS);
	}
	if (_i == 2) {
		ua_invite_hangup(inv, now, NULL);
		expect_do(UA_INVITE_CANCEL);
	}

	move();
	ev = expect_event(UA_INVITE_ENDED);
	ck_assert_int_eq(_i == 2 ? UA_BY_LOCAL : UA_BY_ERROR, ev.by);
	if (_i < 2)
		ck_assert_int_eq(ENETDOWN, ev.err);
	mem_deref(req);
	end_of_life();
}
END_TEST


/* 0: in flight; 1: waits after a 491 */
START_TEST(reinvite_fails_and_the_session_goes_on)
{
	struct sip_msg *first = up();
	struct sip_msg *req;

	modify();
	req = sent("INVITE");
	if (_i)
		ck_assert_int_eq(0, answered_with(req, "491 Request Pending",
						  "bob", "", NULL));

	move();
	ck_assert_uint_eq(408, expect_event(UA_INVITE_MODIFIED).code);
	expect_state(UA_INVITE_UP);
	pass(10000);
	expect_nothing();

	/* What comes of it all the same is nobody's. */
	ck_assert_int_eq(ENOENT,
			 answered_with(req, "200 OK", "bob", BOB, ANSWER));
	mem_deref(req);

	modify();
	req = sent("INVITE");
	has_new_contact(req);
	mem_deref(req);
	mem_deref(first);
}
END_TEST


START_TEST(bye_goes_once_more)
{
	struct sip_msg *first = up();
	struct sip_msg *bye, *again;

	ua_invite_hangup(inv, now, NULL);
	bye = sent("BYE");
	move();
	again = sent("BYE");
	ck_assert_uint_gt(again->cseq.num, bye->cseq.num);
	expect_nothing();

	/* The peer may have heard the first one. */
	ck_assert_int_eq(0, answered_with(again, "481 Gone", "bob", "", NULL));
	ck_assert_int_eq(UA_BY_LOCAL, expect_event(UA_INVITE_ENDED).by);
	mem_deref(bye);
	mem_deref(again);
	mem_deref(first);
	end_of_life();
}
END_TEST


START_TEST(info_fails_and_may_be_sent_anew)
{
	static const char lines[] = BOB "Recv-Info: trickle-ice\r\n";
	struct sip_msg *req;

	teardown();
	setup_as(true);
	req = calling(OFFER);
	ck_assert_int_eq(0,
			 answered_with(req, "200 OK", "bob", lines, ANSWER));
	expect_ack();
	(void)expect_event(UA_INVITE_ANSWERED);
	ck_assert_int_eq(0, ua_invite_info(inv, now, 0, "a=x\r\n", 5));
	mem_deref(sent("INFO"));

	move();
	ck_assert_int_eq(ENETDOWN, expect_event(UA_INVITE_INFORMED).err);
	expect_state(UA_INVITE_UP);
	ck_assert(ua_invite_can_info(inv, 0));
	mem_deref(req);
}
END_TEST


START_TEST(contact_must_be_a_uri)
{
	ck_assert_int_eq(EINVAL, ua_invmove_to(inv, now, "alice"));
	ck_assert_str_eq(conf.contact, ua_invmove_contact(inv));
	ck_assert_ptr_null(ua_invmove_hop(inv));
}
END_TEST


START_TEST(next_hop_is_the_dialogs)
{
	struct sip_msg *first = up();

	ck_assert_str_eq("sip:bob@198.51.100.7:5062", ua_invmove_hop(inv));
	mem_deref(first);
}
END_TEST


/* Calls, is answered, hangs up, moves; whatever fails, it ends or moves. */
static int story(void *arg)
{
	struct ua_invite_out out;
	struct ua_invite_event ev;
	struct ua_invite *v;
	int err;

	seed = 3;
	err = ua_invite_alloc(&v, &conf);
	if (err)
		return err;

	err = ua_invite_connect(v, now, "sip:bob@example.com", OFFER,
				strlen(OFFER));
	if (!err && ua_invite_response(v, now, arg))
		err = ENOMEM;
	if (!err)
		ua_invite_hangup(v, now, NULL);
	if (!err)
		err = ua_invmove_to(v, now, NEW);

	while (ua_invite_output(v, &out))
		ua_invite_out_free(&out);
	while (ua_invite_event(v, &ev)) {
		if (ev.err == ENOMEM)
			err = ENOMEM;
		mem_deref(ev.msg);
	}
	mem_deref(v);

	return err;
}


START_TEST(without_memory_nothing_leaks)
{
	struct sip_msg *req = calling(OFFER);
	struct sip_msg *msg = make_answer(req, "200 OK", "bob", BOB, ANSWER);

	ua_oom_walk(story, msg);
	mem_deref(msg);
	mem_deref(req);
}
END_TEST


Suite *ua_suite_invmove(void)
{
	Suite *s = suite_create("invmove");
	TCase *tc = tcase_create("invmove");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, later_requests_have_the_new_contact);
	tcase_add_loop_test(tc, later_answers_have_the_new_contact, 0, 2);
	tcase_add_loop_test(tc, invite_that_is_not_answered_ends_the_session,
			    0, 3);
	tcase_add_loop_test(tc, reinvite_fails_and_the_session_goes_on, 0, 2);
	tcase_add_test(tc, bye_goes_once_more);
	tcase_add_test(tc, info_fails_and_may_be_sent_anew);
	tcase_add_test(tc, contact_must_be_a_uri);
	tcase_add_test(tc, next_hop_is_the_dialogs);
	tcase_add_test(tc, without_memory_nothing_leaks);
	suite_add_tcase(s, tc);

	return s;
}
