/* SPDX-License-Identifier: BSD-3-Clause */
/** @file test_sesmove.c  Sessions that go on from another address of ours */

#include <check.h>
#include <errno.h>
#include <string.h>

#include "base/re_compat.h"
#include "sip/sesmove.h"
#include "sipbed.h"

Suite *ua_suite_sesmove(void);

#define OFFER "v=0\r\nm=audio 4000 RTP/AVP 8\r\n"
#define ANSWER "v=0\r\nm=audio 5000 RTP/AVP 8\r\n"

static struct ua_endpoint *home, *away;
static struct ua_session *sess;
static struct sipbed_peer peer;
static enum ua_invite_ev told[16];
static size_t n;


static void event_handler(struct ua_session *s,
			  const struct ua_invite_event *ev, void *arg)
{
	ck_assert_ptr_eq(sess, s);
	ck_assert_ptr_eq(&peer, arg);
	ck_assert_uint_lt(n, 16);
	told[n++] = ev->type;
}


static struct ua_session_conf session_conf(char *contact, enum ua_tp tp)
{
	struct ua_session_conf conf = { .aor = "sip:alice@example.com",
					.contact = contact,
					.h = event_handler,
					.arg = &peer };

	ck_assert_int_eq(0, ua_endpoint_contact(home, contact, "al%20", tp));

	return conf;
}


static uint16_t invite_handler(struct sip_msg *msg, void *arg)
{
	char contact[UA_ENDPOINT_URI_MAX];
	const struct ua_session_conf conf = session_conf(contact, UA_TP_UDP);

	(void)arg;
	ck_assert_int_eq(0, ua_session_incoming(&sess, home, &conf, msg));

	return 0;
}


static void open_at(struct ua_endpoint **epp, const char *ip)
{
	struct ua_endpoint_conf conf = sipbed_conf();

	ck_assert_int_eq(0, ua_addr_set(&conf.local, ip, 0));
	conf.invite_h = invite_handler;
	ck_assert_int_eq(0, ua_endpoint_alloc(epp, &conf));
}


static void setup(void)
{
	n = 0;
	sess = NULL;
	open_at(&home, "127.0.0.1");
	open_at(&away, "127.0.0.2");
	sipbed_open(&peer);
}


static void teardown(void)
{
	sess = mem_deref(sess);
	home = mem_deref(home);
	away = mem_deref(away);
	sipbed_close(&peer);
}


static bool has_told(void *arg)
{
	const enum ua_invite_ev type = *(enum ua_invite_ev *)arg;

	return n && told[n - 1] == type;
}


static void expect(enum ua_invite_ev type)
{
	ck_assert_msg(sipbed_run(has_told, &type, 2000), "no event %d", type);
}


/* The last message of the peer's came from there. */
static void is_from(const struct ua_endpoint *ep)
{
	struct ua_addr from;

	ua_addr_from_sa(&from, &peer.from);
	ck_assert(ua_addr_eq(ua_endpoint_local(ep), &from));
}


static void has_contact_at(const struct sip_msg *msg,
			   const struct ua_endpoint *ep)
{
	char contact[UA_ENDPOINT_URI_MAX], want[UA_ENDPOINT_URI_MAX + 2];

	ck_assert_int_eq(0,
			 ua_endpoint_contact(ep, contact, "al%20", UA_TP_UDP));
	(void)re_snprintf(want, sizeof(want), "<%s>", contact);
	ck_assert_str_eq(want, siptext_hdr(msg, "Contact"));
}


/* Call the peer; its answer makes the dialog. */
static const struct sip_msg *call(bool answer)
{
	char contact[UA_ENDPOINT_URI_MAX], uri[64], bob[96];
	const struct ua_session_conf conf = session_conf(contact, UA_TP_UDP);
	const struct sip_msg *req;

	(void)re_snprintf(uri, sizeof(uri), "sip:bob@%J", &peer.local);
	ck_assert_int_eq(0, ua_session_connect(&sess, home, &conf, uri, OFFER,
					       strlen(OFFER)));
	req = sipbed_request(&peer, "INVITE");
	has_contact_at(req, home);
	if (!answer)
		return req;

	(void)re_snprintf(bob, sizeof(bob), "Contact: <%s>\r\n", uri);
	sipbed_reply(&peer, req, "200 OK", "b", bob, ANSWER);
	(void)sipbed_request(&peer, "ACK");
	expect(UA_INVITE_ANSWERED);

	return req;
}


static void move(void)
{
	ck_assert_int_eq(0, ua_sesmove_to(sess, home, away));
	ck_assert_uint_eq(0, ua_endpoint_busy(home));
	ck_assert_uint_eq(1, ua_endpoint_busy(away));

	/* Once is enough; and the first one may go. */
	ck_assert_int_eq(ENOENT, ua_sesmove_to(sess, home, away));
	ck_assert_int_eq(0, ua_sesmove_to(sess, away, away));
}


/* The peer's BYE in the dialog of a call of ours */
static void bye(const struct sip_msg *invite, const struct ua_endpoint *to)
{
	sipbed_send(&peer, ua_endpoint_local(to),
		    "BYE sip:al%%20@127.0.0.1 SIP/2.0\r\n"
		    "Via: SIP/2.0/UDP %J;branch=z9hG4bKbye\r\n"
		    "From: %r;tag=b\r\n"
		    "To: %r\r\n"
		    "Call-ID: %r\r\n"
		    "CSeq: 9 BYE\r\n"
		    "Content-Length: 0\r\n\r\n",
		    &peer.local, &invite->to.val, &invite->from.val,
		    &invite->callid);
}


START_TEST(call_goes_on_from_the_other_address)
{
	const struct sip_msg *invite = call(true);
	const struct sip_msg *req;
	struct ua_addr dst, want;

	ck_assert(ua_sesmove_dst(sess, home, &dst));
	ua_addr_from_sa(&want, &peer.local);
	ck_assert(ua_addr_eq(&want, &dst));

	move();
	home = mem_deref(home);
	ck_assert_int_eq(0, ua_session_modify(sess, OFFER, strlen(OFFER)));
	req = sipbed_request(&peer, "INVITE");
	is_from(away);
	has_contact_at(req, away);
	ck_assert_int_eq(0, pl_cmp(&invite->callid, &req->callid));
	sipbed_reply(&peer, req, "200 OK", "b", "", ANSWER);
	(void)sipbed_request(&peer, "ACK");
	is_from(away);
	expect(UA_INVITE_MODIFIED);

	bye(invite, away);
	(void)sipbed_answer(&peer, 200);
	expect(UA_INVITE_ENDED);
}
END_TEST


START_TEST(call_is_not_found_where_it_was)
{
	const struct sip_msg *invite = call(true);

	move();
	bye(invite, home);
	(void)sipbed_answer(&peer, 481);
	ck_assert_int_eq(UA_INVITE_UP, ua_session_state(sess));
}
END_TEST


START_TEST(request_in_flight_is_over)
{
	(void)call(true);
	ck_assert_int_eq(0, ua_session_modify(sess, OFFER, strlen(OFFER)));
	(void)sipbed_request(&peer, "INVITE");
	move();
	expect(UA_INVITE_MODIFIED);
	ck_assert_int_eq(UA_INVITE_UP, ua_session_state(sess));

	/* It is not sent again from where we are not. */
	home = mem_deref(home);
	ck_assert_ptr_null(sipbed_next(&peer, 700));
}
END_TEST


START_TEST(unanswered_call_ends_at_once)
{
	(void)call(false);
	ck_assert_int_eq(0, ua_sesmove_to(sess, home, away));
	expect(UA_INVITE_ENDED);
}
END_TEST


static void ring(void)
{
	sipbed_send(&peer, ua_endpoint_local(home),
		    "INVITE sip:alice@127.0.0.1 SIP/2.0\r\n"
		    "Via: SIP/2.0/UDP %J;branch=z9hG4bKin;rport\r\n"
		    "Max-Forwards: 70\r\n"
		    "From: <sip:bob@example.com>;tag=b\r\n"
		    "To: <sip:alice@example.com>\r\n"
		    "Call-ID: in@127.0.0.1\r\n"
		    "CSeq: 4 INVITE\r\n"
		    "Contact: <sip:bob@%J>\r\n"
		    "Content-Type: application/sdp\r\n"
		    "Content-Length: %zu\r\n\r\n" OFFER,
		    &peer.local, &peer.local, strlen(OFFER));
	(void)sipbed_answer(&peer, 100);
	is_from(home);
}


START_TEST(ringing_call_is_answered_from_the_other_address)
{
	const struct sip_msg *msg;

	ring();
	move();
	home = mem_deref(home);
	ck_assert_int_eq(0, ua_session_progress(sess, 180, NULL, NULL, 0));
	(void)sipbed_answer(&peer, 180);
	is_from(away);

	ck_assert_int_eq(0, ua_session_accept(sess, ANSWER, strlen(ANSWER)));
	msg = sipbed_answer(&peer, 200);
	is_from(away);
	has_contact_at(msg, away);

	/* Until the ACK comes it is sent again, from there. */
	(void)sipbed_answer(&peer, 200);
	is_from(away);
}
END_TEST


START_TEST(ringing_call_is_cancelled_at_the_other_address)
{
	ring();
	move();
	sipbed_send(&peer, ua_endpoint_local(away),
		    "CANCEL sip:alice@127.0.0.1 SIP/2.0\r\n"
		    "Via: SIP/2.0/UDP %J;branch=z9hG4bKin;rport\r\n"
		    "Max-Forwards: 70\r\n"
		    "From: <sip:bob@example.com>;tag=b\r\n"
		    "To: <sip:alice@example.com>\r\n"
		    "Call-ID: in@127.0.0.1\r\n"
		    "CSeq: 4 CANCEL\r\n"
		    "Content-Length: 0\r\n\r\n",
		    &peer.local);
	(void)sipbed_answer(&peer, 200);
	(void)sipbed_answer(&peer, 487);
	is_from(away);
	expect(UA_INVITE_ENDED);
}
END_TEST


START_TEST(destination_by_name_is_not_known)
{
	struct ua_addr dst;

	(void)call(false);
	ck_assert(!ua_sesmove_dst(sess, home, &dst));
	ck_assert(!ua_sesmove_dst(sess, away, &dst));
}
END_TEST


Suite *ua_suite_sesmove(void)
{
	Suite *s = suite_create("sesmove");
	TCase *tc = tcase_create("sesmove");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, call_goes_on_from_the_other_address);
	tcase_add_test(tc, call_is_not_found_where_it_was);
	tcase_add_test(tc, request_in_flight_is_over);
	tcase_add_test(tc, unanswered_call_ends_at_once);
	tcase_add_test(tc, ringing_call_is_answered_from_the_other_address);
	tcase_add_test(tc, ringing_call_is_cancelled_at_the_other_address);
	tcase_add_test(tc, destination_by_name_is_not_known);
	suite_add_tcase(s, tc);

	return s;
}
