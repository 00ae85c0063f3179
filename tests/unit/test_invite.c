/* SPDX-License-Identifier: BSD-3-Clause */
/** @file test_invite.c  Sessions: their dialog, their end, and bad moves */

#include <check.h>
#include <errno.h>
#include <string.h>

#include "base/re_compat.h"
#include "dialog/invite.h"
#include "invbed.h"
#include "oom.h"

Suite *ua_suite_invite(void);

#define CHALLENGE                                                             \
	"Proxy-Authenticate: Digest realm=\"r\", nonce=\"n\", qop=\"auth\""   \
	"\r\n"


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


Suite *ua_suite_invite(void)
{
	Suite *s = suite_create("invite");
	TCase *tc = tcase_create("invite");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, bye_is_sent_on_hangup);
	tcase_add_test(tc, bye_is_challenged_and_sent_again);
	tcase_add_test(tc, bye_nobody_answers_ends_for_the_owner);
	tcase_add_test(tc, byes_that_cross_both_end);
	tcase_add_test(tc, bye_of_the_peer_is_answered);
	tcase_add_test(tc, request_of_another_dialog_is_not_ours);
	tcase_add_test(tc, old_cseq_is_refused);
	tcase_add_test(tc, unknown_method_is_501_and_known_one_405);
	tcase_add_test(tc, record_route_is_followed_backwards);
	tcase_add_test(tc, commands_out_of_turn_are_refused);
	tcase_add_loop_test(tc, bad_uri_is_einval, 0, 6);
	tcase_add_test(tc, uri_headers_do_not_get_onto_the_wire);
	tcase_add_test(tc, calling_without_memory_leaks_nothing);
	tcase_add_test(tc, being_called_without_memory_leaks_nothing);
	suite_add_tcase(s, tc);

	return s;
}
