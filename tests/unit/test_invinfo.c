/* SPDX-License-Identifier: BSD-3-Clause */
/** @file test_invinfo.c  INFO of trickle ICE in dialogs (RFC 6086, RFC 8840)
 */

#include "dialog/sipmsg.h"
#include "invbed.h"
#include "oom.h"

Suite *ua_suite_invinfo(void);

#define TYPE "Content-Type: application/trickle-ice-sdpfrag\r\n"
#define PACKAGE "Info-Package: trickle-ice\r\n"
#define RECV "Recv-Info: trickle-ice\r\n"
#define FRAG "a=ice-ufrag:8hhY\r\na=end-of-candidates\r\n"


static void setup_trickle(void)
{
	setup_as(true);
}


/* A request with the lines and body of an INFO; a tag of ours or NULL */
static int info_comes(const struct sip_msg *invite, bool called, uint32_t cseq,
		      const char *headers, const char *body)
{
	const struct sip_msg *i = invite;
	char tag[32];
	struct sip_msg *msg;
	int err;

	(void)re_snprintf(tag, sizeof(tag), ";tag=%016llx", i->tag);
	msg = siptext("INFO sip:alice@192.0.2.1 SIP/2.0\r\n"
		      "Via: SIP/2.0/UDP 198.51.100.7:5062;branch=z9hG4bKi%u"
		      "\r\n"
		      "From: %r%s\r\n"
		      "To: %r%s\r\n"
		      "Call-ID: %r\r\n"
		      "CSeq: %u INFO\r\n"
		      "%s"
		      "Content-Length: %zu\r\n\r\n%s",
		      cseq, called ? &i->from.val : &i->to.val,
		      called ? "" : ";tag=bob",
		      called ? &i->to.val : &i->from.val, called ? tag : "",
		      &i->callid, cseq, headers, strlen(body), body);
	err = ua_invite_request(inv, now, msg);
	mem_deref(msg);

	return err;
}


static void expect_info(uint8_t fork)
{
	const struct ua_invite_event ev = expect_event(UA_INVITE_INFO);

	ck_assert_uint_eq(fork, ev.fork);
	ck_assert_uint_eq(strlen(FRAG), ev.len);
}


static void send_info(uint8_t fork)
{
	ck_assert(ua_invite_can_info(inv, fork));
	ck_assert_int_eq(0,
			 ua_invite_info(inv, now, fork, FRAG, strlen(FRAG)));
	ck_assert(!ua_invite_can_info(inv, fork));
	ck_assert_int_eq(EPROTO,
			 ua_invite_info(inv, now, fork, FRAG, strlen(FRAG)));
}


/* Answered by bob, who takes INFO. */
static struct sip_msg *up_with(const char *headers)
{
	struct sip_msg *req = calling(OFFER);
	char lines[256];

	(void)re_snprintf(lines, sizeof(lines), "%s%s", BOB, headers);
	ck_assert_int_eq(0,
			 answered_with(req, "200 OK", "bob", lines, ANSWER));
	expect_ack();
	(void)expect_event(UA_INVITE_ANSWERED);

	return req;
}


START_TEST(invite_announces_what_is_taken)
{
	struct sip_msg *req = calling(OFFER);

	ck_assert_str_eq("trickle-ice", siptext_hdr(req, "Supported"));
	ck_assert_str_eq("trickle-ice", siptext_hdr(req, "Recv-Info"));
	ck_assert(sip_msg_hdr_has_value(req, SIP_HDR_ALLOW, "INFO"));
	mem_deref(req);
}
END_TEST


START_TEST(answers_announce_it_to_who_asks)
{
	struct sip_msg *msg = incoming(OFFER, _i ? RECV : "");
	const char *text;

	ck_assert_int_eq(0, ua_invite_progress(inv, now, 180, NULL, NULL, 0));
	text = expect_answer(180);
	ck_assert_ptr_nonnull(strstr(text, "Supported: trickle-ice\r\n"));
	ck_assert_int_eq(_i, strstr(text, RECV) != NULL);
	ck_assert_int_eq(0,
			 ua_invite_accept(inv, now, ANSWER, strlen(ANSWER)));
	text = expect_answer(200);
	ck_assert_ptr_nonnull(strstr(text, "Supported: trickle-ice\r\n"));
	ck_assert_int_eq(_i, strstr(text, RECV) != NULL);
	ck_assert_int_eq(_i, ua_invite_takes_info(inv, 0));
	mem_deref(msg);
}
END_TEST


/* What a peer lists, and whether that is ours */
static const struct {
	const char *headers;
	bool takes;
} lists[] = {
	{ RECV, true },
	{ "Recv-Info: foo, trickle-ice;a=b, bar\r\n", true },
	{ "Recv-Info: foo\r\nrecv-info:trickle-ice ;x\r\n", true },
	{ "", false },
	{ "Recv-Info:\r\n", false },
	{ "Recv-Info: trickle-ice2, xtrickle-ice\r\n", false },
	{ "Recv-Info: Trickle-ICE\r\n", false },
	{ "Recv-Info: foo;trickle-ice\r\n", false },
	{ "Supported: trickle-ice\r\n", false },
};


START_TEST(peer_takes_what_it_lists)
{
	mem_deref(up_with(lists[_i].headers));
	ck_assert_int_eq(lists[_i].takes, ua_invite_takes_info(inv, 0));
	ck_assert_int_eq(lists[_i].takes, ua_invite_can_info(inv, 0));
	ck_assert(!ua_invite_takes_info(inv, 1));
}
END_TEST


START_TEST(list_counts_until_the_next_one)
{
	struct sip_msg *req = up_with(RECV);
	struct sip_msg *again;

	/* An answer without a list changes nothing, an empty list does. */
	ck_assert_int_eq(0, ua_invite_modify(inv, now, OFFER, strlen(OFFER)));
	again = sent("INVITE");
	ck_assert_str_eq("trickle-ice", siptext_hdr(again, "Recv-Info"));
	ck_assert_int_eq(0, answered_with(again, "200 OK", "", BOB, ANSWER));
	expect_ack();
	(void)expect_event(UA_INVITE_MODIFIED);
	ck_assert(ua_invite_takes_info(inv, 0));
	mem_deref(again);

	ck_assert_int_eq(0, ua_invite_modify(inv, now, OFFER, strlen(OFFER)));
	again = sent("INVITE");
	ck_assert_int_eq(0, answered_with(again, "200 OK", "",
					  BOB "Recv-Info:\r\n", ANSWER));
	ck_assert(!ua_invite_takes_info(inv, 0));
	mem_deref(again);
	mem_deref(req);
}
END_TEST


START_TEST(info_has_what_it_must)
{
	struct sip_msg *req = up_with(RECV);
	struct sip_msg *info;
	struct ua_invite_event ev;
	struct pl body;

	send_info(0);
	info = sent("INFO");
	ck_assert_str_eq("trickle-ice", siptext_hdr(info, "Info-Package"));
	ck_assert_str_eq("Info-Package",
			 siptext_hdr(info, "Content-Disposition"));
	ck_assert_str_eq("application/trickle-ice-sdpfrag",
			 siptext_hdr(info, "Content-Type"));
	ck_assert_ptr_null(sip_msg_xhdr(info, "Recv-Info"));
	ck_assert_ptr_null(sip_msg_hdr(info, SIP_HDR_CONTACT));
	ck_assert_uint_eq(req->cseq.num + 1, info->cseq.num);
	ck_assert_int_eq(0, pl_strcmp(&info->to.tag, "bob"));
	ck_assert_int_eq(0,
			 pl_strcmp(&info->ruri, "sip:bob@198.51.100.7:5062"));
	body = ua_sipmsg_body(info);
	ck_assert_int_eq(0, pl_strcmp(&body, FRAG));

	ck_assert_int_eq(0, answered_with(info, "100 Trying", "", "", NULL));
	ck_assert(!ua_invite_can_info(inv, 0));
	ck_assert_int_eq(0, answered_with(info, "200 OK", "", "", NULL));
	ev = expect_event(UA_INVITE_INFORMED);
	ck_assert_uint_eq(200, ev.code);
	ck_assert_uint_eq(0, ev.fork);
	ck_assert(ua_invite_can_info(inv, 0));
	expect_nothing();
	mem_deref(info);
	mem_deref(req);
}
END_TEST


START_TEST(info_is_challenged_and_sent_again)
{
	struct sip_msg *req = up_with(RECV);
	struct sip_msg *info;
	struct pl body;

	send_info(0);
	info = sent("INFO");
	ck_assert_int_eq(0,
			 answered_with(info, "401 Unauthorized", "",
				       "WWW-Authenticate: Digest realm=\"r\", "
				       "nonce=\"n\"\r\n",
				       NULL));
	mem_deref(info);
	info = sent("INFO");
	ck_assert_uint_eq(req->cseq.num + 2, info->cseq.num);
	ck_assert_ptr_nonnull(siptext_hdr(info, "Authorization"));
	body = ua_sipmsg_body(info);
	ck_assert_int_eq(0, pl_strcmp(&body, FRAG));
	ck_assert_int_eq(0, answered_with(info, "200 OK", "", "", NULL));
	ck_assert_uint_eq(200, expect_event(UA_INVITE_INFORMED).code);
	mem_deref(info);
	mem_deref(req);
}
END_TEST


/* RFC 5057, 5.2 would end the call; candidates are not worth that. */
START_TEST(failed_info_leaves_the_session_up)
{
	static const char *const lines[] = {
		"405 Method Not Allowed",
		"408 Request Timeout",
		"469 Bad Info Package",
		"481 No Such Call",
		"489 Bad Event",
		"500 Server Error",
		"603 Decline",
	};
	struct sip_msg *req = up_with(RECV);
	struct sip_msg *info;
	size_t i;

	for (i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		send_info(0);
		info = sent("INFO");
		ck_assert_int_eq(0,
				 answered_with(info, lines[i], "", "", NULL));
		ck_assert_uint_eq(pl_u32(&(struct pl){ lines[i], 3 }),
				  expect_event(UA_INVITE_INFORMED).code);
		mem_deref(info);
	}

	/* ... nor is silence */
	send_info(0);
	mem_deref(sent("INFO"));
	ua_invite_failed(inv, now, 100, ETIMEDOUT);
	expect_nothing();
	for (i = 0; i < 100; i++)
		ua_invite_failed(inv, now, (uint32_t)i, ETIMEDOUT);
	ck_assert_int_eq(ETIMEDOUT, expect_event(UA_INVITE_INFORMED).err);
	expect_nothing();
	expect_state(UA_INVITE_UP);
	mem_deref(req);
}
END_TEST


START_TEST(info_goes_beside_a_reinvite)
{
	struct sip_msg *req = up_with(RECV);
	struct sip_msg *again;
	struct sip_msg *info;

	ck_assert_int_eq(0, ua_invite_modify(inv, now, OFFER, strlen(OFFER)));
	again = sent("INVITE");
	send_info(0);
	info = sent("INFO");
	ck_assert_uint_gt(info->cseq.num, again->cseq.num);
	ck_assert_int_eq(0, answered_with(info, "200 OK", "", "", NULL));
	(void)expect_event(UA_INVITE_INFORMED);
	ck_assert_int_eq(0, answered_with(again, "200 OK", "", BOB, ANSWER));
	expect_ack();
	(void)expect_event(UA_INVITE_MODIFIED);
	mem_deref(info);
	mem_deref(again);
	mem_deref(req);
}
END_TEST


START_TEST(early_dialogs_have_their_own)
{
	struct sip_msg *req = calling(OFFER);
	struct sip_msg *info[2];
	struct ua_invite_event ev;

	ck_assert(!ua_invite_can_info(inv, 0));
	ck_assert_int_eq(
		0, answered_with(req, "180 Ringing", "bob", BOB RECV, NULL));
	ck_assert_int_eq(0,
			 answered_with(req, "180 Ringing", "eve", BOB, NULL));
	ck_assert_int_eq(0, answered_with(req, "183 Progress", "joe", BOB RECV,
					  ANSWER));
	for (int i = 0; i < 3; i++)
		(void)expect_event(UA_INVITE_PROGRESS);

	ck_assert(!ua_invite_can_info(inv, 1));
	send_info(0);
	info[0] = sent("INFO");
	send_info(2);
	info[1] = sent("INFO");
	ck_assert_int_eq(0, pl_strcmp(&info[0]->to.tag, "bob"));
	ck_assert_int_eq(0, pl_strcmp(&info[1]->to.tag, "joe"));

	ck_assert_int_eq(0, answered_with(info[1], "200 OK", "", "", NULL));
	ev = expect_event(UA_INVITE_INFORMED);
	ck_assert_uint_eq(2, ev.fork);
	ck_assert_int_eq(0, answered_with(info[0], "481 Gone", "", "", NULL));
	ev = expect_event(UA_INVITE_INFORMED);
	ck_assert_uint_eq(0, ev.fork);

	/* joe picks up: that is the session, and bob's dialog is no more. */
	ck_assert_int_eq(0, answered_with(req, "200 OK", "joe", BOB, ANSWER));
	expect_ack();
	(void)expect_event(UA_INVITE_ANSWERED);
	ck_assert(ua_invite_can_info(inv, 2));
	ck_assert(!ua_invite_can_info(inv, 0));
	mem_deref(info[0]);
	mem_deref(info[1]);
	mem_deref(req);
}
END_TEST


/* The 2xx makes the dialog anew, but its peer has counted the INFO. */
START_TEST(cseq_goes_on_after_an_early_info)
{
	struct sip_msg *req = calling(OFFER);
	struct sip_msg *msg;

	ck_assert_int_eq(
		0, answered_with(req, "180 Ringing", "bob", BOB RECV, NULL));
	(void)expect_event(UA_INVITE_PROGRESS);
	send_info(0);
	msg = sent("INFO");
	ck_assert_int_eq(0, answered_with(msg, "200 OK", "", "", NULL));
	(void)expect_event(UA_INVITE_INFORMED);
	mem_deref(msg);

	ck_assert_int_eq(
		0, answered_with(req, "200 OK", "bob", BOB RECV, ANSWER));
	expect_ack();
	(void)expect_event(UA_INVITE_ANSWERED);
	send_info(0);
	msg = sent("INFO");
	ck_assert_uint_eq(req->cseq.num + 2, msg->cseq.num);
	mem_deref(msg);
	mem_deref(req);
}
END_TEST


/* RFC 8840, 4.3.2: who was called waits for its 2xx, or for a request. */
START_TEST(callee_waits_for_the_dialog_to_stand)
{
	struct sip_msg *msg = incoming(OFFER, RECV);

	ck_assert_int_eq(0, ua_invite_progress(inv, now, 180, NULL, NULL, 0));
	(void)expect_answer(180);
	ck_assert(!ua_invite_can_info(inv, 0));

	if (_i) {
		/* A request in it is proof, whatever it wants. */
		ck_assert_int_eq(
			0, info_comes(msg, true, 4712, PACKAGE TYPE, FRAG));
		(void)expect_answer(200);
		expect_info(0);
		ck_assert(ua_invite_can_info(inv, 0));
	}

	ck_assert_int_eq(0,
			 ua_invite_accept(inv, now, ANSWER, strlen(ANSWER)));
	(void)expect_answer(200);
	send_info(0);
	mem_deref(sent("INFO"));
	ck_assert_int_eq(0, caller_sends(msg, "ACK", 4711, NULL));
	(void)expect_event(UA_INVITE_ACKED);
	mem_deref(msg);
}
END_TEST


/* An INFO that comes in a call, and what it gets */
static const struct {
	const char *headers;
	const char *body;
	uint16_t code;
	const char *text; /* In the answer, NULL: whatever */
	bool told;
} coming[] = {
	{ PACKAGE TYPE, FRAG, 200, NULL, true },
	{ "info-package: trickle-ice;x=y\r\n" TYPE, FRAG, 200, NULL, true },
	{ "Info-Package: foo\r\n" TYPE, FRAG, 469, RECV, false },
	{ "Info-Package: Trickle-Ice\r\n" TYPE, FRAG, 469, RECV, false },
	{ PACKAGE "Content-Type: application/sdp\r\n", FRAG, 415,
	  "Accept: application/trickle-ice-sdpfrag\r\n", false },
	{ PACKAGE, FRAG, 415, NULL, false },
	{ PACKAGE TYPE "Content-Encoding: gzip\r\n", FRAG, 415,
	  "Accept-Encoding: identity\r\n", false },
	/* Of old */
	{ "Content-Type: application/dtmf-relay\r\n", "Signal=5\r\n", 415,
	  "Accept: ", false },
	{ "", "", 200, NULL, false },
};


START_TEST(info_is_answered_by_the_rules)
{
	struct sip_msg *req = _i % 2 ? up_with(RECV) : taken();
	const char *text;
	const size_t i = (size_t)_i / 2;

	ck_assert_int_eq(0, info_comes(req, !(_i % 2), 5000, coming[i].headers,
				       coming[i].body));
	text = expect_answer(coming[i].code);
	if (coming[i].text)
		ck_assert_msg(strstr(text, coming[i].text) != NULL, "%s",
			      text);
	if (coming[i].told)
		expect_info(0);
	expect_nothing();
	expect_state(UA_INVITE_UP);
	mem_deref(req);
}
END_TEST


START_TEST(without_trickle_nothing_is_announced_or_taken)
{
	struct sip_msg *req;

	mem_deref(inv);
	setup_as(false);
	req = up_with(RECV);
	ck_assert_ptr_null(sip_msg_xhdr(req, "Recv-Info"));
	ck_assert_ptr_null(sip_msg_hdr(req, SIP_HDR_SUPPORTED));
	ck_assert_int_eq(0, info_comes(req, false, 7, PACKAGE TYPE, FRAG));
	ck_assert_ptr_nonnull(strstr(expect_answer(469), "Recv-Info:\r\n"));
	expect_nothing();
	mem_deref(req);
}
END_TEST


START_TEST(info_of_an_early_dialog_is_told_with_its_fork)
{
	struct sip_msg *req = calling(OFFER);

	/* Before any 18x there is no dialog yet. */
	ck_assert_int_eq(ENOENT,
			 info_comes(req, false, 1, PACKAGE TYPE, FRAG));
	ck_assert_int_eq(0,
			 answered_with(req, "180 Ringing", "eve", BOB, NULL));
	ck_assert_int_eq(0,
			 answered_with(req, "180 Ringing", "bob", BOB, NULL));
	(void)expect_event(UA_INVITE_PROGRESS);
	(void)expect_event(UA_INVITE_PROGRESS);
	ck_assert_int_eq(0, info_comes(req, false, 1, PACKAGE TYPE, FRAG));
	(void)expect_answer(200);
	expect_info(1);

	/* An old one is refused: the newer said all that it says. */
	ck_assert_int_eq(0, info_comes(req, false, 1, PACKAGE TYPE, FRAG));
	(void)expect_answer(500);
	expect_nothing();
	mem_deref(req);
}
END_TEST


START_TEST(hangup_does_not_wait_for_an_info)
{
	struct sip_msg *req = up_with(RECV);
	struct sip_msg *info;
	struct sip_msg *bye;

	send_info(0);
	info = sent("INFO");
	ua_invite_hangup(inv, now, NULL);
	bye = sent("BYE");
	ck_assert(!ua_invite_can_info(inv, 0));
	ck_assert_int_eq(0, answered_with(bye, "200 OK", "", "", NULL));
	(void)expect_event(UA_INVITE_ENDED);
	ck_assert_int_eq(0, answered_with(info, "200 OK", "", "", NULL));
	expect_nothing();
	end_of_life();
	mem_deref(bye);
	mem_deref(info);
	mem_deref(req);
}
END_TEST


START_TEST(without_memory_an_info_is_not_sent)
{
	struct sip_msg *req = up_with(RECV);
	long live;
	long n;
	int err = ENOMEM;

	if (!ua_oom_works()) {
		mem_deref(req);
		return;
	}

	live = ua_oom_live();
	for (n = 0; err == ENOMEM; n++) {
		ua_oom_limit(n);
		err = ua_invite_info(inv, now, 0, FRAG, strlen(FRAG));
		ua_oom_limit(-1);
		if (err) {
			ck_assert_int_eq(live, ua_oom_live());
			ck_assert(ua_invite_can_info(inv, 0));
		}
	}

	ck_assert_int_eq(0, err);
	ck_assert_int_gt(n, 3);
	mem_deref(sent("INFO"));
	expect_state(UA_INVITE_UP);
	mem_deref(req);
}
END_TEST


Suite *ua_suite_invinfo(void)
{
	Suite *s = suite_create("invinfo");
	TCase *tc = tcase_create("announce");

	tcase_add_checked_fixture(tc, setup_trickle, teardown);
	tcase_add_test(tc, invite_announces_what_is_taken);
	tcase_add_loop_test(tc, answers_announce_it_to_who_asks, 0, 2);
	tcase_add_loop_test(tc, peer_takes_what_it_lists, 0,
			    sizeof(lists) / sizeof(lists[0]));
	tcase_add_test(tc, list_counts_until_the_next_one);
	tcase_add_test(tc, without_trickle_nothing_is_announced_or_taken);
	suite_add_tcase(s, tc);

	tc = tcase_create("ours");
	tcase_add_checked_fixture(tc, setup_trickle, teardown);
	tcase_add_test(tc, info_has_what_it_must);
	tcase_add_test(tc, info_is_challenged_and_sent_again);
	tcase_add_test(tc, failed_info_leaves_the_session_up);
	tcase_add_test(tc, info_goes_beside_a_reinvite);
	tcase_add_test(tc, early_dialogs_have_their_own);
	tcase_add_test(tc, cseq_goes_on_after_an_early_info);
	tcase_add_loop_test(tc, callee_waits_for_the_dialog_to_stand, 0, 2);
	tcase_add_test(tc, hangup_does_not_wait_for_an_info);
	tcase_add_test(tc, without_memory_an_info_is_not_sent);
	suite_add_tcase(s, tc);

	tc = tcase_create("theirs");
	tcase_add_checked_fixture(tc, setup_trickle, teardown);
	tcase_add_loop_test(tc, info_is_answered_by_the_rules, 0,
			    2 * sizeof(coming) / sizeof(coming[0]));
	tcase_add_test(tc, info_of_an_early_dialog_is_told_with_its_fork);
	suite_add_tcase(s, tc);

	return s;
}
