/* SPDX-License-Identifier: BSD-3-Clause */
/** @file test_session.c  Calls between endpoints, and a peer by the letter */

#include <check.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/re_compat.h"
#include "sip/endpoint.h"
#include "sip/outreq.h"
#include "sip/session.h"
#include "sipbed.h"

Suite *ua_suite_session(void);

#define OFFER "v=0\r\nm=audio 4000 RTP/AVP 8\r\n"
#define ANSWER "v=0\r\nm=audio 5000 RTP/AVP 8\r\n"

enum { EVENTS = 16 };

/** One side: an endpoint, its call and what that told */
struct side {
	struct ua_endpoint *ep;
	struct ua_session *sess;
	struct ua_invite_event evv[EVENTS];
	size_t n;
	enum ua_invite_ev want;
	bool drop;    /* free the call in its first event  */
	bool decline; /* refuse what comes in              */
	unsigned tcp; /* requests that went out by TCP     */
	unsigned udp;
};

static struct side alice, bob;
static struct sipbed_peer peer;


static void event_handler(struct ua_session *sess,
			  const struct ua_invite_event *ev, void *arg)
{
	struct side *side = arg;

	ck_assert_ptr_eq(sess, side->sess);
	ck_assert_uint_lt(side->n, EVENTS);
	side->evv[side->n++] = *ev;
	if (side->drop)
		side->sess = mem_deref(side->sess);
}


static struct ua_session_conf session_conf(struct side *side)
{
	const struct ua_session_conf conf = {
		.aor = "sip:someone@example.com",
		.h = event_handler,
		.arg = side,
	};

	return conf;
}


static uint16_t invite_handler(struct sip_msg *msg, void *arg)
{
	struct side *side = arg;
	struct ua_session_conf conf = session_conf(side);
	char contact[UA_ENDPOINT_URI_MAX];

	if (side->decline || side->sess)
		return 486;

	ck_assert_int_eq(
		0, ua_endpoint_contact(side->ep, contact, "in", UA_TP_UDP));
	conf.contact = contact;
	ck_assert_int_eq(
		0, ua_session_incoming(&side->sess, side->ep, &conf, msg));
	return 0;
}


static void trace_handler(bool tx, enum ua_tp tp, const struct ua_addr *src,
			  const struct ua_addr *dst, const uint8_t *buf,
			  size_t len, void *arg)
{
	struct side *side = arg;
	(void)src;
	(void)dst;
	(void)len;

	if (getenv("SIP_TRACE"))
		(void)re_fprintf(stderr, "%s %s\n%b\n", tx ? "->" : "<-",
				 tp == UA_TP_TCP ? "TCP" : "UDP", buf, len);

	if (!tx || !memcmp(buf, "SIP", 3))
		return;

	if (tp == UA_TP_TCP)
		++side->tcp;
	else
		++side->udp;
}


static void side_open(struct side *side)
{
	struct ua_endpoint_conf conf = sipbed_conf();

	memset(side, 0, sizeof(*side));
	conf.invite_h = invite_handler;
	conf.trace_h = trace_handler;
	conf.arg = side;
	ck_assert_int_eq(0, ua_endpoint_alloc(&side->ep, &conf));
}


static void setup(void)
{
	side_open(&alice);
	side_open(&bob);
	sipbed_open(&peer);
}


static void teardown(void)
{
	mem_deref(alice.sess);
	mem_deref(bob.sess);
	mem_deref(alice.ep);
	mem_deref(bob.ep);
	sipbed_close(&peer);
}


static void call_addr(const struct ua_addr *to, const char *sdp)
{
	struct ua_session_conf conf = session_conf(&alice);
	char contact[UA_ENDPOINT_URI_MAX], uri[128], addr[UA_ADDR_LEN];

	ck_assert_int_eq(
		0, ua_endpoint_contact(alice.ep, contact, "out", UA_TP_UDP));
	(void)re_snprintf(uri, sizeof(uri), "sip:bob@%s",
			  ua_addr_str(to, addr));
	conf.contact = contact;
	ck_assert_int_eq(0,
			 ua_session_connect(&alice.sess, alice.ep, &conf, uri,
					    sdp, sdp ? strlen(sdp) : 0));
}


static void call(const char *sdp)
{
	call_addr(ua_endpoint_local(bob.ep), sdp);
}


static void call_peer(const char *sdp)
{
	struct ua_addr to;

	ua_addr_from_sa(&to, &peer.local);
	call_addr(&to, sdp);
}


static bool has_event(void *arg)
{
	const struct side *side = arg;
	size_t i;

	for (i = 0; i < side->n; i++) {
		if (side->evv[i].type == side->want)
			return true;
	}

	return false;
}


/* Wait for an event; those before it are forgotten. */
static struct ua_invite_event expect_ms(struct side *side,
					enum ua_invite_ev type, uint32_t ms)
{
	struct ua_invite_event ev;
	size_t i = 0;

	side->want = type;
	ck_assert_msg(sipbed_run(has_event, side, ms), "no event %d", type);

	while (side->evv[i].type != type)
		++i;
	ev = side->evv[i++];
	side->n -= i;
	memmove(side->evv, side->evv + i, side->n * sizeof(ev));

	return ev;
}


static struct ua_invite_event expect(struct side *side, enum ua_invite_ev type)
{
	return expect_ms(side, type, 2000);
}


static bool has_call(void *arg)
{
	return NULL != ((struct side *)arg)->sess;
}


static void up(void)
{
	call(OFFER);
	ck_assert(sipbed_run(has_call, &bob, 2000));
	ck_assert_int_eq(0, ua_session_progress(bob.sess, 180, NULL, NULL, 0));
	ck_assert_uint_eq(180, expect(&alice, UA_INVITE_PROGRESS).code);
	ck_assert_int_eq(0,
			 ua_session_accept(bob.sess, ANSWER, strlen(ANSWER)));
	(void)expect(&alice, UA_INVITE_ANSWERED);
	(void)expect(&bob, UA_INVITE_ACKED);
	ck_assert_int_eq(UA_INVITE_UP, ua_session_state(alice.sess));
	ck_assert_int_eq(UA_INVITE_UP, ua_session_state(bob.sess));
}


static bool idle(void *arg)
{
	return !ua_endpoint_busy(((struct side *)arg)->ep);
}


START_TEST(call_is_answered_and_hung_up)
{
	size_t len;

	up();
	ck_assert_str_eq(ua_session_callid(alice.sess),
			 ua_session_callid(bob.sess));
	ck_assert_str_eq("sip:someone@example.com", ua_session_peer(bob.sess));
	ck_assert_int_eq(0, memcmp(ua_session_offer(bob.sess, &len), OFFER,
				   strlen(OFFER)));
	ck_assert_uint_eq(strlen(OFFER), len);
	ck_assert_ptr_null(ua_session_offer(alice.sess, &len));

	ua_session_hangup(alice.sess, NULL);
	ck_assert_int_eq(UA_BY_LOCAL, expect(&alice, UA_INVITE_ENDED).by);
	ck_assert_int_eq(UA_BY_REMOTE, expect(&bob, UA_INVITE_ENDED).by);
	ck_assert(sipbed_run(idle, &alice, 2000));
	ck_assert(sipbed_run(idle, &bob, 2000));
}
END_TEST


START_TEST(call_works_over_ipv6)
{
	struct ua_endpoint_conf conf = sipbed_conf();

	ck_assert_int_eq(0, ua_addr_set(&conf.local, "::1", 0));
	conf.invite_h = invite_handler;
	mem_deref(alice.ep);
	mem_deref(bob.ep);
	conf.arg = &alice;
	if (ua_endpoint_alloc(&alice.ep, &conf)) {
		alice.ep = bob.ep = NULL;
		return; /* a machine without IPv6 */
	}
	conf.arg = &bob;
	ck_assert_int_eq(0, ua_endpoint_alloc(&bob.ep, &conf));

	up();
	ua_session_hangup(bob.sess, NULL);
	ck_assert_int_eq(UA_BY_REMOTE, expect(&alice, UA_INVITE_ENDED).by);
	ck_assert_int_eq(UA_BY_LOCAL, expect(&bob, UA_INVITE_ENDED).by);
}
END_TEST


START_TEST(lost_timers_are_set_anew)
{
	const struct sip_msg *msg;

	call_peer(OFFER);
	msg = sipbed_request(&peer, "INVITE");
	ua_session_hangup(alice.sess, NULL);
	ua_endpoint_rearm(alice.ep);
	sipbed_reply(&peer, msg, "487 Request Terminated", "x", "", NULL);
	(void)sipbed_request(&peer, "ACK");
	ua_endpoint_rearm(alice.ep);
	ck_assert_int_eq(UA_BY_LOCAL, expect(&alice, UA_INVITE_ENDED).by);
}
END_TEST


START_TEST(callee_hangs_up)
{
	up();
	ua_session_hangup(bob.sess, "SIP;cause=200");
	ck_assert_int_eq(UA_BY_REMOTE, expect(&alice, UA_INVITE_ENDED).by);
	ck_assert_int_eq(UA_BY_LOCAL, expect(&bob, UA_INVITE_ENDED).by);
}
END_TEST


START_TEST(no_event_comes_from_inside_a_call)
{
	call(OFFER);
	ua_session_hangup(alice.sess, NULL);
	ck_assert_uint_eq(0, alice.n);
	(void)expect_ms(&alice, UA_INVITE_ENDED, 6000);
}
END_TEST


START_TEST(refusal_arrives_with_its_words)
{
	struct ua_invite_event ev;

	call(OFFER);
	ck_assert(sipbed_run(has_call, &bob, 2000));
	ck_assert_int_eq(0,
			 ua_session_reject(bob.sess, 603, "Not today", NULL));
	ev = expect(&alice, UA_INVITE_ENDED);
	ck_assert_uint_eq(603, ev.code);
	ck_assert_str_eq("Not today", ev.reason);
}
END_TEST


START_TEST(call_that_the_endpoint_refuses)
{
	bob.decline = true;
	call(OFFER);
	ck_assert_uint_eq(486, expect(&alice, UA_INVITE_ENDED).code);
}
END_TEST


START_TEST(caller_cancels)
{
	call(OFFER);
	ck_assert(sipbed_run(has_call, &bob, 2000));
	ck_assert_int_eq(0, ua_session_progress(bob.sess, 180, NULL, NULL, 0));
	(void)expect(&alice, UA_INVITE_PROGRESS);
	ua_session_hangup(alice.sess, NULL);
	ck_assert_uint_eq(487, expect(&bob, UA_INVITE_ENDED).code);
	ck_assert_uint_eq(487, expect(&alice, UA_INVITE_ENDED).code);
}
END_TEST


START_TEST(offerless_call_gets_its_answer_in_the_ack)
{
	struct ua_invite_event ev;

	call(NULL);
	ck_assert(sipbed_run(has_call, &bob, 2000));
	ck_assert_int_eq(0, ua_session_accept(bob.sess, OFFER, strlen(OFFER)));
	ck_assert(expect(&alice, UA_INVITE_ANSWERED).ack_owed);
	ck_assert_int_eq(0,
			 ua_session_ack(alice.sess, ANSWER, strlen(ANSWER)));
	ev = expect(&bob, UA_INVITE_ACKED);
	ck_assert_uint_eq(strlen(ANSWER), ev.len);
}
END_TEST


START_TEST(session_is_changed_both_ways)
{
	up();
	ck_assert_int_eq(0, ua_session_modify(bob.sess, OFFER, strlen(OFFER)));
	(void)expect(&alice, UA_INVITE_REOFFER);
	ck_assert_int_eq(
		0, ua_session_accept(alice.sess, ANSWER, strlen(ANSWER)));
	ck_assert_uint_eq(200, expect(&bob, UA_INVITE_MODIFIED).code);
	(void)expect(&alice, UA_INVITE_ACKED);

	ck_assert_int_eq(0, ua_session_modify(alice.sess, NULL, 0));
	ck_assert_ptr_null(expect(&bob, UA_INVITE_REOFFER).sdp);
	ck_assert_int_eq(0, ua_session_reject(bob.sess, 488, NULL, NULL));
	ck_assert_uint_eq(488, expect(&alice, UA_INVITE_MODIFIED).code);
	ck_assert_int_eq(UA_INVITE_UP, ua_session_state(alice.sess));
	ck_assert_int_eq(UA_INVITE_UP, ua_session_state(bob.sess));
}
END_TEST


START_TEST(glare_is_resolved_by_waiting)
{
	up();
	ck_assert_int_eq(0,
			 ua_session_modify(alice.sess, OFFER, strlen(OFFER)));
	ck_assert_int_eq(0, ua_session_modify(bob.sess, OFFER, strlen(OFFER)));

	/* the callee waits at most 2 s, the caller at least 2.1 s */
	(void)expect_ms(&alice, UA_INVITE_REOFFER, 3000);
	ck_assert_int_eq(
		0, ua_session_accept(alice.sess, ANSWER, strlen(ANSWER)));
	ck_assert_uint_eq(200, expect(&bob, UA_INVITE_MODIFIED).code);

	(void)expect_ms(&bob, UA_INVITE_REOFFER, 5000);
	ck_assert_int_eq(0,
			 ua_session_accept(bob.sess, ANSWER, strlen(ANSWER)));
	ck_assert_uint_eq(200, expect(&alice, UA_INVITE_MODIFIED).code);
}
END_TEST


START_TEST(dropped_call_hangs_up_by_itself)
{
	up();
	alice.sess = mem_deref(alice.sess);
	ck_assert_int_eq(UA_BY_REMOTE, expect(&bob, UA_INVITE_ENDED).by);
	ck_assert(sipbed_run(idle, &alice, 2000));
}
END_TEST


START_TEST(dropped_ringing_call_is_refused)
{
	call(OFFER);
	ck_assert(sipbed_run(has_call, &bob, 2000));
	bob.sess = mem_deref(bob.sess);
	ck_assert_uint_eq(480, expect(&alice, UA_INVITE_ENDED).code);
}
END_TEST


START_TEST(owner_may_drop_the_call_in_its_event)
{
	alice.drop = true;
	call(OFFER);
	ck_assert(sipbed_run(has_call, &bob, 2000));
	ck_assert_int_eq(0, ua_session_progress(bob.sess, 180, NULL, NULL, 0));
	ck_assert_uint_eq(487, expect(&bob, UA_INVITE_ENDED).code);
	ck_assert_ptr_null(alice.sess);
	ck_assert_uint_eq(1, alice.n);
}
END_TEST


START_TEST(endpoint_may_go_before_its_calls)
{
	up();
	alice.ep = mem_deref(alice.ep);
	ua_session_hangup(alice.sess, NULL);
	ck_assert(!sipbed_run(NULL, NULL, 20));
}
END_TEST


START_TEST(closed_port_is_an_error_not_a_wait)
{
	struct ua_session_conf conf = session_conf(&alice);
	struct ua_invite_event ev;
	char uri[64];

	conf.contact = "sip:alice@127.0.0.1";
	(void)re_snprintf(uri, sizeof(uri), "sip:bob@%J;transport=tcp",
			  &peer.local);
	ck_assert_int_eq(0, ua_session_connect(&alice.sess, alice.ep, &conf,
					       uri, OFFER, strlen(OFFER)));
	ev = expect(&alice, UA_INVITE_ENDED);
	ck_assert_int_eq(UA_BY_ERROR, ev.by);
	ck_assert_int_eq(ECONNREFUSED, ev.err);
}
END_TEST


START_TEST(name_without_resolver_is_an_error)
{
	struct ua_session_conf conf = session_conf(&alice);

	conf.contact = "sip:alice@127.0.0.1";
	ck_assert_int_eq(0, ua_session_connect(&alice.sess, alice.ep, &conf,
					       "sip:bob@example.com", OFFER,
					       strlen(OFFER)));
	ck_assert_int_ne(0, expect(&alice, UA_INVITE_ENDED).err);
}
END_TEST


START_TEST(sips_does_not_leave_by_udp)
{
	struct ua_session_conf conf = session_conf(&alice);

	conf.contact = "sip:alice@127.0.0.1";
	ua_addr_from_sa(&conf.hop.addr, &peer.local);
	ck_assert_int_eq(0, ua_session_connect(&alice.sess, alice.ep, &conf,
					       "sips:bob@example.com", OFFER,
					       strlen(OFFER)));
	ck_assert_int_eq(EPROTONOSUPPORT, expect(&alice, UA_INVITE_ENDED).err);
	ck_assert_ptr_null(sipbed_next(&peer, 20));
}
END_TEST


START_TEST(flow_is_taken_whatever_the_uri_says)
{
	struct ua_session_conf conf = session_conf(&alice);
	const struct sip_msg *msg;

	conf.contact = "sip:alice@127.0.0.1";
	ua_addr_from_sa(&conf.hop.addr, &peer.local);
	ck_assert_int_eq(0, ua_session_connect(&alice.sess, alice.ep, &conf,
					       "sip:bob@example.com", OFFER,
					       strlen(OFFER)));
	msg = sipbed_request(&peer, "INVITE");
	ck_assert_int_eq(0, pl_strcmp(&msg->ruri, "sip:bob@example.com"));
	ck_assert_ptr_null(sip_msg_hdr(msg, SIP_HDR_ROUTE));
}
END_TEST


START_TEST(second_fork_is_acknowledged_and_ended)
{
	const struct sip_msg *invite, *msg;
	char contact[64];

	(void)re_snprintf(contact, sizeof(contact), "Contact: <sip:b@%J>\r\n",
			  &peer.local);
	call_peer(OFFER);
	invite = sipbed_request(&peer, "INVITE");
	sipbed_reply(&peer, invite, "200 OK", "one", contact, ANSWER);
	msg = sipbed_request(&peer, "ACK");
	ck_assert_int_eq(0, pl_strcmp(&msg->to.tag, "one"));

	sipbed_reply(&peer, invite, "200 OK", "two", contact, ANSWER);
	msg = sipbed_request(&peer, "ACK");
	ck_assert_int_eq(0, pl_strcmp(&msg->to.tag, "two"));
	msg = sipbed_request(&peer, "BYE");
	ck_assert_int_eq(0, pl_strcmp(&msg->to.tag, "two"));
	sipbed_reply(&peer, msg, "200 OK", "", "", NULL);

	/* the first one once more: its ACK must have been lost */
	sipbed_reply(&peer, invite, "200 OK", "one", contact, ANSWER);
	msg = sipbed_request(&peer, "ACK");
	ck_assert_int_eq(0, pl_strcmp(&msg->to.tag, "one"));
	ck_assert_int_eq(UA_INVITE_UP, ua_session_state(alice.sess));
}
END_TEST


START_TEST(cancel_waits_for_a_provisional_answer)
{
	const struct sip_msg *invite, *msg;

	call_peer(OFFER);
	invite = sipbed_request(&peer, "INVITE");
	ua_session_hangup(alice.sess, NULL);
	msg = sipbed_next(&peer, 300);
	ck_assert_ptr_null(msg);

	sipbed_reply(&peer, invite, "100 Trying", "", "", NULL);
	msg = sipbed_request(&peer, "CANCEL");
	ck_assert_int_eq(0, pl_cmp(&msg->via.branch, &invite->via.branch));
	sipbed_reply(&peer, msg, "200 OK", "x", "", NULL);
	sipbed_reply(&peer, invite, "487 Request Terminated", "x", "", NULL);
	(void)sipbed_request(&peer, "ACK");
	ck_assert_int_eq(UA_BY_LOCAL, expect(&alice, UA_INVITE_ENDED).by);
}
END_TEST


START_TEST(broken_final_answer_ends_the_call)
{
	const struct sip_msg *invite;

	call_peer(OFFER);
	invite = sipbed_request(&peer, "INVITE");
	sipbed_reply(&peer, invite, "200 OK", "x", "CSeq: 1 INVITE\r\n",
		     ANSWER);
	ck_assert_int_eq(EBADMSG, expect(&alice, UA_INVITE_ENDED).err);
}
END_TEST


START_TEST(ok_is_sent_again_on_the_wire)
{
	const struct sip_msg *first, *again;

	sipbed_send(&peer, ua_endpoint_local(bob.ep),
		    "INVITE sip:in@127.0.0.1 SIP/2.0\r\n"
		    "Via: SIP/2.0/UDP %J;branch=z9hG4bKi;rport\r\n"
		    "From: <sip:a@example.com>;tag=a\r\n"
		    "To: <sip:in@example.com>\r\n"
		    "Call-ID: again\r\n"
		    "CSeq: 1 INVITE\r\n"
		    "Record-Route: <sip:%J;lr>\r\n"
		    "Contact: <sip:a@%J>\r\n"
		    "Content-Length: 0\r\n\r\n",
		    &peer.local, &peer.local, &peer.local);
	(void)sipbed_answer(&peer, 100);
	ck_assert_int_eq(0, ua_session_accept(bob.sess, OFFER, strlen(OFFER)));
	first = sipbed_answer(&peer, 200);
	ck_assert_ptr_nonnull(sip_msg_hdr(first, SIP_HDR_RECORD_ROUTE));
	again = sipbed_answer(&peer, 200);
	ck_assert_int_eq(0, pl_cmp(&first->to.tag, &again->to.tag));

	sipbed_send(&peer, ua_endpoint_local(bob.ep),
		    "ACK sip:in@127.0.0.1 SIP/2.0\r\n"
		    "Via: SIP/2.0/UDP %J;branch=z9hG4bKk;rport\r\n"
		    "From: <sip:a@example.com>;tag=a\r\n"
		    "To: %r\r\n"
		    "Call-ID: again\r\n"
		    "CSeq: 1 ACK\r\n"
		    "Content-Type: application/sdp\r\n"
		    "Content-Length: %zu\r\n\r\n%s",
		    &peer.local, &first->to.val, strlen(ANSWER), ANSWER);
	ck_assert_uint_eq(strlen(ANSWER), expect(&bob, UA_INVITE_ACKED).len);
}
END_TEST


static const char *large(void)
{
	static char sdp[2048];

	memset(sdp, 'a', sizeof(sdp) - 1);
	memcpy(sdp, OFFER, strlen(OFFER));

	return sdp;
}


START_TEST(large_request_takes_tcp)
{
	size_t len;

	call(large());
	ck_assert(sipbed_run(has_call, &bob, 2000));
	ck_assert_uint_eq(1, alice.tcp);
	ck_assert_uint_eq(0, alice.udp);
	(void)ua_session_offer(bob.sess, &len);
	ck_assert_uint_eq(strlen(large()), len);
	ck_assert_int_eq(0,
			 ua_session_accept(bob.sess, ANSWER, strlen(ANSWER)));
	(void)expect(&alice, UA_INVITE_ANSWERED);

	/* what is small goes by UDP as the Contact says */
	(void)expect(&bob, UA_INVITE_ACKED);
	ck_assert_uint_eq(1, alice.udp);
}
END_TEST


START_TEST(request_leaves_while_its_connection_is_being_shut)
{
	call(large());
	ck_assert(sipbed_run(has_call, &bob, 2000));
	ck_assert_int_eq(0,
			 ua_session_accept(bob.sess, ANSWER, strlen(ANSWER)));
	(void)expect(&alice, UA_INVITE_ANSWERED);
	(void)expect(&bob, UA_INVITE_ACKED);
	ck_assert_uint_eq(1, alice.udp);

	ua_endpoint_moved(alice.ep);
	ck_assert_int_eq(
		0, ua_session_modify(alice.sess, large(), strlen(large())));
	ck_assert_uint_eq(strlen(large()),
			  expect(&bob, UA_INVITE_REOFFER).len);
	ck_assert_uint_eq(1, alice.udp);
}
END_TEST


START_TEST(large_request_falls_back_to_udp)
{
	call_peer(large());
	(void)sipbed_request(&peer, "INVITE");
	ck_assert_uint_gt(peer.msgv[0]->mb->end, UA_ENDPOINT_UDP_MAX);

	/* and the server is known to take no TCP: no second attempt */
	mem_deref(alice.sess);
	call_peer(large());
	(void)sipbed_request(&peer, "INVITE");
	ck_assert_uint_eq(0, alice.tcp);
}
END_TEST


/* A listener whose queue is full lets SYNs fall silently. */
START_TEST(large_request_falls_back_from_a_silent_tcp)
{
	struct sa sa = peer.local;
	int i, fd, fdv[8];

	fd = socket(AF_INET, SOCK_STREAM, 0);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(0, bind(fd, &sa.u.sa, sa.len));
	ck_assert_int_eq(0, listen(fd, 0));
	for (i = 0; i < 8; i++) {
		fdv[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
		(void)connect(fdv[i], &sa.u.sa, sa.len);
	}

	call_peer(large());
	ck_assert(sipbed_run(sipbed_got, &peer, UA_OUTREQ_TCP_MS + 2000));
	ck_assert_int_eq(0, pl_strcmp(&peer.msgv[0]->met, "INVITE"));

	for (i = 0; i < 8; i++)
		close(fdv[i]);
	close(fd);
}
END_TEST


Suite *ua_suite_session(void)
{
	Suite *s = suite_create("session");
	TCase *tc = tcase_create("session");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 20);
	tcase_add_test(tc, call_is_answered_and_hung_up);
	tcase_add_test(tc, call_works_over_ipv6);
	tcase_add_test(tc, lost_timers_are_set_anew);
	tcase_add_test(tc, callee_hangs_up);
	tcase_add_test(tc, no_event_comes_from_inside_a_call);
	tcase_add_test(tc, refusal_arrives_with_its_words);
	tcase_add_test(tc, call_that_the_endpoint_refuses);
	tcase_add_test(tc, caller_cancels);
	tcase_add_test(tc, offerless_call_gets_its_answer_in_the_ack);
	tcase_add_test(tc, session_is_changed_both_ways);
	tcase_add_test(tc, glare_is_resolved_by_waiting);
	tcase_add_test(tc, dropped_call_hangs_up_by_itself);
	tcase_add_test(tc, dropped_ringing_call_is_refused);
	tcase_add_test(tc, owner_may_drop_the_call_in_its_event);
	tcase_add_test(tc, endpoint_may_go_before_its_calls);
	tcase_add_test(tc, closed_port_is_an_error_not_a_wait);
	tcase_add_test(tc, name_without_resolver_is_an_error);
	tcase_add_test(tc, sips_does_not_leave_by_udp);
	tcase_add_test(tc, flow_is_taken_whatever_the_uri_says);
	tcase_add_test(tc, second_fork_is_acknowledged_and_ended);
	tcase_add_test(tc, cancel_waits_for_a_provisional_answer);
	tcase_add_test(tc, broken_final_answer_ends_the_call);
	tcase_add_test(tc, ok_is_sent_again_on_the_wire);
	tcase_add_test(tc, large_request_takes_tcp);
	tcase_add_test(tc, request_leaves_while_its_connection_is_being_shut);
	tcase_add_test(tc, large_request_falls_back_to_udp);
	tcase_add_test(tc, large_request_falls_back_from_a_silent_tcp);
	suite_add_tcase(s, tc);

	return s;
}
