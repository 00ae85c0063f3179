/* SPDX-License-Identifier: BSD-3-Clause */
/** @file invbed.h  A session in virtual time, and its peer's messages */
#ifndef UA_TEST_INVBED_H
#define UA_TEST_INVBED_H

#include <check.h>
#include <errno.h>
#include <string.h>

#include "base/re_compat.h"
#include "dialog/invite.h"
#include "siptext.h"

#define OFFER "v=0\r\nm=audio 4000 RTP/AVP 8\r\n"
#define ANSWER "v=0\r\nm=audio 5000 RTP/AVP 8\r\n"

static uint8_t seed;
static const struct ua_rand rnd = { .fill = siptext_fill, .arg = &seed };
static struct ua_invite *inv;
static uint64_t now;

static const struct ua_invite_conf conf = {
	.aor = "\"Alice\" <sip:alice@example.com>",
	.contact = "sip:alice@192.0.2.1:5060",
	.software = "test",
	.headers = "Subject: hello\r\n",
	.cred = { .user = "alice", .password = "wonder" },
	.ring_ms = 60000,
	.rand = &rnd,
};


static inline void setup_as(bool trickle)
{
	struct ua_invite_conf c = conf;

	seed = 3;
	now = 1000000;
	c.trickle = trickle;
	ck_assert_int_eq(0, ua_invite_alloc(&inv, &c));
}


static inline void setup(void)
{
	setup_as(false);
}


static inline void teardown(void)
{
	inv = mem_deref(inv);
}


/* The peer's view of a request that is in the output. */
static inline struct sip_msg *as_message(const struct ua_invite_out *out)
{
	return siptext("%s %s SIP/2.0\r\n"
		       "Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bKa;rport"
		       "\r\n%b",
		       out->met, out->uri, out->mb->buf, out->mb->end);
}


static inline struct sip_msg *sent_as(enum ua_invite_do type, const char *met)
{
	struct ua_invite_out out;
	struct sip_msg *msg;

	ck_assert_msg(ua_invite_output(inv, &out), "no %s", met);
	ck_assert_int_eq(type, out.type);
	ck_assert_str_eq(met, out.met);
	msg = as_message(&out);
	ua_invite_out_free(&out);

	return msg;
}


static inline struct sip_msg *sent(const char *met)
{
	return sent_as(UA_INVITE_REQUEST, met);
}


static inline void expect_ack(void)
{
	mem_deref(sent_as(UA_INVITE_ACK, "ACK"));
}


static inline void expect_do(enum ua_invite_do type)
{
	struct ua_invite_out out;

	ck_assert(ua_invite_output(inv, &out));
	ck_assert_int_eq(type, out.type);
	ua_invite_out_free(&out);
}


/* Next output is this answer; returns its lines and body. */
static inline const char *expect_answer(uint16_t code)
{
	static char text[2048];
	struct ua_invite_out out;

	ck_assert_msg(ua_invite_output(inv, &out), "no %u", code);
	ck_assert_int_eq(UA_INVITE_RESPOND, out.type);
	ck_assert_uint_eq(code, out.code);
	text[0] = '\0';
	if (out.mb) {
		memcpy(text, out.mb->buf, out.mb->end);
		text[out.mb->end] = '\0';
	}
	ua_invite_out_free(&out);

	return text;
}


static inline void expect_nothing(void)
{
	struct ua_invite_out out;
	struct ua_invite_event ev;

	ck_assert(!ua_invite_output(inv, &out));
	ck_assert(!ua_invite_event(inv, &ev));
}


static inline struct ua_invite_event expect_event(enum ua_invite_ev type)
{
	struct ua_invite_event ev;

	ck_assert_msg(ua_invite_event(inv, &ev), "no event %d", type);
	ck_assert_int_eq(type, ev.type);
	mem_deref(ev.msg);
	ev.msg = NULL;

	return ev;
}


static inline void expect_state(enum ua_invite_state state)
{
	ck_assert_str_eq(ua_invite_state_name(state),
			 ua_invite_state_name(ua_invite_state(inv)));
}


/* An answer to a request of ours. */
static inline struct sip_msg *make_answer(const struct sip_msg *req,
					  const char *line, const char *tag,
					  const char *headers, const char *sdp)
{
	return siptext("SIP/2.0 %s\r\n"
		       "Via: %r;received=198.51.100.1\r\n"
		       "From: %r\r\n"
		       "To: %r%s%s\r\n"
		       "Call-ID: %r\r\n"
		       "CSeq: %u %r\r\n"
		       "%s%s"
		       "Content-Length: %zu\r\n\r\n%s",
		       line, &req->via.val, &req->from.val, &req->to.val,
		       req->to.tag.l ? "" : ";tag=", req->to.tag.l ? "" : tag,
		       &req->callid, req->cseq.num, &req->cseq.met, headers,
		       sdp ? "Content-Type: application/sdp\r\n" : "",
		       sdp ? strlen(sdp) : 0, sdp ? sdp : "");
}


static inline int answered_with(const struct sip_msg *req, const char *line,
				const char *tag, const char *headers,
				const char *sdp)
{
	struct sip_msg *msg = make_answer(req, line, tag, headers, sdp);
	int err;

	err = ua_invite_response(inv, now, msg);
	mem_deref(msg);

	return err;
}


#define BOB "Contact: <sip:bob@198.51.100.7:5062>\r\n"


/* Call, and the INVITE that went out. */
static inline struct sip_msg *calling(const char *sdp)
{
	ck_assert_int_eq(0, ua_invite_connect(inv, now, "sip:bob@example.com",
					      sdp, sdp ? strlen(sdp) : 0));
	expect_state(UA_INVITE_CALLING);

	return sent("INVITE");
}


/* Call that was answered by "bob". */
static inline struct sip_msg *up(void)
{
	struct sip_msg *req = calling(OFFER);

	ck_assert_int_eq(0, answered_with(req, "200 OK", "bob", BOB, ANSWER));
	expect_ack();
	(void)expect_event(UA_INVITE_ANSWERED);
	expect_nothing();
	expect_state(UA_INVITE_UP);

	return req;
}


/* A request of the peer in the dialog of an answered call. */
static inline struct sip_msg *from_peer(const struct sip_msg *req,
					const char *met, uint32_t cseq,
					const char *sdp)
{
	return siptext("%s sip:alice@192.0.2.1 SIP/2.0\r\n"
		       "Via: SIP/2.0/UDP 198.51.100.7:5062;branch=z9hG4bKb%u"
		       "\r\n"
		       "From: %r;tag=bob\r\n"
		       "To: %r\r\n"
		       "Call-ID: %r\r\n"
		       "CSeq: %u %s\r\n"
		       "Contact: <sip:bob@198.51.100.8:5064>\r\n"
		       "%s"
		       "Content-Length: %zu\r\n\r\n%s",
		       met, cseq, &req->to.val, &req->from.val, &req->callid,
		       cseq, met,
		       sdp ? "Content-Type: application/sdp\r\n" : "",
		       sdp ? strlen(sdp) : 0, sdp ? sdp : "");
}


static inline void peer_sends(const struct sip_msg *req, const char *met,
			      uint32_t cseq, const char *sdp)
{
	struct sip_msg *msg = from_peer(req, met, cseq, sdp);

	ck_assert_int_eq(0, ua_invite_request(inv, now, msg));
	mem_deref(msg);
}


/* An INVITE from bob, as the first message. */
static inline struct sip_msg *incoming(const char *sdp, const char *headers)
{
	struct sip_msg *msg;

	msg = siptext("INVITE sip:alice@192.0.2.1 SIP/2.0\r\n"
		      "Via: SIP/2.0/UDP 198.51.100.7:5062;branch=z9hG4bKc\r\n"
		      "Record-Route: <sip:p2.example.com;lr>\r\n"
		      "Record-Route: <sip:p1.example.com;lr>\r\n"
		      "From: Bob <sip:bob@example.com>;tag=bob\r\n"
		      "To: <sip:alice@example.com>\r\n"
		      "Call-ID: 77@198.51.100.7\r\n"
		      "CSeq: 4711 INVITE\r\n"
		      "%s%s%s"
		      "Content-Length: %zu\r\n\r\n%s",
		      BOB, headers,
		      sdp ? "Content-Type: application/sdp\r\n" : "",
		      sdp ? strlen(sdp) : 0, sdp ? sdp : "");

	ck_assert_int_eq(0, ua_invite_accept_call(inv, now, msg));
	(void)expect_answer(100);
	expect_state(UA_INVITE_INCOMING);

	return msg;
}


/* The peer's request in the dialog of an incoming call. */
static inline struct sip_msg *in_dialog(const struct sip_msg *invite,
					const char *met, uint32_t cseq,
					const char *sdp)
{
	return siptext("%s sip:alice@192.0.2.1 SIP/2.0\r\n"
		       "Via: SIP/2.0/UDP 198.51.100.7:5062;branch=z9hG4bKd%u"
		       "\r\n"
		       "From: %r\r\n"
		       "To: %r;tag=%016llx\r\n"
		       "Call-ID: %r\r\n"
		       "CSeq: %u %s\r\n"
		       "%s%s"
		       "Content-Length: %zu\r\n\r\n%s",
		       met, cseq, &invite->from.val, &invite->to.val,
		       invite->tag, &invite->callid, cseq, met, BOB,
		       sdp ? "Content-Type: application/sdp\r\n" : "",
		       sdp ? strlen(sdp) : 0, sdp ? sdp : "");
}


static inline int caller_sends(const struct sip_msg *invite, const char *met,
			       uint32_t cseq, const char *sdp)
{
	struct sip_msg *msg = in_dialog(invite, met, cseq, sdp);
	int err;

	err = ua_invite_request(inv, now, msg);
	mem_deref(msg);

	return err;
}


/* Call that came and was answered and acknowledged. */
static inline struct sip_msg *taken(void)
{
	struct sip_msg *msg = incoming(OFFER, "");

	ck_assert_int_eq(0,
			 ua_invite_accept(inv, now, ANSWER, strlen(ANSWER)));
	(void)expect_answer(200);
	ck_assert_int_eq(0, caller_sends(msg, "ACK", 4711, NULL));
	(void)expect_event(UA_INVITE_ACKED);
	expect_state(UA_INVITE_UP);

	return msg;
}


static inline void pass(uint32_t ms)
{
	const uint64_t end = now + ms;
	uint64_t at;

	while ((at = ua_invite_deadline(inv)) <= end) {
		if (at > now)
			now = at;
		ua_invite_tick(inv, now);
	}

	now = end;
}


static inline void end_of_life(void)
{
	struct ua_invite_out out;

	pass(UA_INVITE_LINGER_MS + 1);
	while (ua_invite_output(inv, &out))
		ua_invite_out_free(&out);
	expect_state(UA_INVITE_CLOSED);
	ck_assert(ua_invite_done(inv));
	ck_assert_uint_eq(UA_NEVER, ua_invite_deadline(inv));
}

#endif
