/* SPDX-License-Identifier: BSD-3-Clause */
/** @file regbed.h  A registration in virtual time, and its registrar */
#ifndef UA_TEST_REGBED_H
#define UA_TEST_REGBED_H

#include <errno.h>

#include "base/re_compat.h"
#include "dialog/reg.h"
#include "oom.h"
#include "siptext.h"

#define REGBED_URN "urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6"
#define REGBED_CONTACT "sip:alice@192.0.2.1:5060"
#define REGBED_OURS "Contact: <" REGBED_CONTACT ">;expires=120\n"

struct regbed {
	uint8_t seed;
	struct ua_rand rnd;
	struct ua_reg *reg;
	uint64_t now;
	struct ua_reg_conf conf;
	char hop[256]; /**< Of the last REGISTER */
};

/** The one of a suite */
static struct regbed bed;


/** A conf to change, with an instance and a flow; then regbed_begin() */
static inline void regbed_open(struct regbed *b)
{
	memset(b, 0, sizeof(*b));
	b->seed = 5;
	b->now = 50000;
	b->rnd.fill = siptext_fill;
	b->rnd.arg = &b->seed;
	b->conf.registrar = "sip:example.com";
	b->conf.aor = "sip:alice@example.com";
	b->conf.contact = REGBED_CONTACT;
	b->conf.cred.user = "alice";
	b->conf.cred.password = "wonder";
	b->conf.expires_s = 300;
	b->conf.instance = REGBED_URN;
	b->conf.reg_id = 1;
	b->conf.rand = &b->rnd;
}


static inline void regbed_begin(struct regbed *b)
{
	mem_deref(b->reg);
	ck_assert_int_eq(0, ua_reg_alloc(&b->reg, &b->conf));
	ua_reg_start(b->reg, b->now);
}


static inline void regbed_close(struct regbed *b)
{
	b->reg = mem_deref(b->reg);
}


static inline void regbed_setup(void)
{
	regbed_open(&bed);
	regbed_begin(&bed);
}


static inline void regbed_teardown(void)
{
	regbed_close(&bed);
}


/** One that asks for nothing special and has not begun */
static inline void regbed_plain_setup(void)
{
	regbed_open(&bed);
	bed.conf.params = ";x=1";
	bed.conf.software = "test";
	bed.conf.instance = NULL;
	bed.conf.reg_id = 0;
	ck_assert_int_eq(0, ua_reg_alloc(&bed.reg, &bed.conf));
}


/** It never reached the wire */
static inline void regbed_drop(struct ua_reg_out *out)
{
	mem_deref(out->uri);
	mem_deref(out->hop);
	mem_deref(out->mb);
}


/** What is in the output, as the registrar sees it, and gone from there */
static inline struct sip_msg *regbed_message(struct ua_reg_out *out)
{
	struct sip_msg *msg =
		siptext("REGISTER %s SIP/2.0\r\n"
			"Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bKr;rport"
			"\r\n%b",
			out->uri, out->mb->buf, out->mb->end);

	regbed_drop(out);

	return msg;
}


/** The REGISTER that goes out, NULL: none does */
static inline struct sip_msg *regbed_output(struct regbed *b)
{
	struct ua_reg_out out;

	if (!ua_reg_output(b->reg, b->now, &out))
		return NULL;

	str_ncpy(b->hop, out.hop, sizeof(b->hop));

	return regbed_message(&out);
}


static inline struct sip_msg *regbed_sent(struct regbed *b)
{
	struct sip_msg *msg = regbed_output(b);

	ck_assert_msg(msg != NULL, "no REGISTER");

	return msg;
}


/** An answer as from behind a NAT: "200 OK", header lines */
static inline struct sip_msg *
regbed_text(const struct sip_msg *req, const char *line, const char *headers)
{
	return siptext("SIP/2.0 %s\n"
		       "Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bKr"
		       ";rport=41000;received=198.51.100.2\n"
		       "From: %r\n"
		       "To: %r;tag=s\n"
		       "Call-ID: %r\n"
		       "CSeq: %u REGISTER\n"
		       "%s"
		       "Content-Length: 0\n\n",
		       line, &req->from.val, &req->to.val, &req->callid,
		       req->cseq.num, headers);
}


/** Answer so; req is borrowed */
static inline void regbed_tell(struct regbed *b, const struct sip_msg *req,
			       const char *line, const char *headers)
{
	struct sip_msg *msg = regbed_text(req, line, headers);

	ua_reg_response(b->reg, b->now, msg);
	mem_deref(msg);
}


/** Answer so; req is given */
static inline void regbed_answer(struct regbed *b, struct sip_msg *req,
				 const char *line, const char *headers)
{
	regbed_tell(b, req, line, headers);
	mem_deref(req);
}


/** Answer the REGISTER that goes out now */
static inline void regbed_reply(struct regbed *b, const char *line,
				const char *headers)
{
	regbed_answer(b, regbed_sent(b), line, headers);
}


static inline struct ua_reg_event regbed_event(struct regbed *b,
					       enum ua_reg_ev type)
{
	struct ua_reg_event ev;

	ck_assert_msg(ua_reg_event(b->reg, &ev), "no event %d", type);
	ck_assert_msg(ev.type == type, "event %d, not %d: %s", ev.type, type,
		      ev.reason);

	return ev;
}


static inline void regbed_quiet(struct regbed *b)
{
	struct ua_reg_event ev;
	struct ua_reg_out out;

	ck_assert(!ua_reg_output(b->reg, b->now, &out));
	ck_assert(!ua_reg_event(b->reg, &ev));
}


static inline void regbed_state(const struct regbed *b,
				enum ua_reg_state state)
{
	ck_assert_str_eq(ua_reg_state_name(state),
			 ua_reg_state_name(ua_reg_state(b->reg)));
}


/** Register; the event of it */
static inline struct ua_reg_event regbed_bind(struct regbed *b,
					      const char *headers)
{
	regbed_reply(b, "200 OK", headers);

	return regbed_event(b, UA_REG_REGISTERED);
}


/** Start, and register 21 ms later; the event of it */
static inline struct ua_reg_event regbed_registered(struct regbed *b,
						    const char *headers)
{
	struct sip_msg *req;

	ua_reg_start(b->reg, b->now);
	req = regbed_sent(b);
	b->now += 21;
	regbed_answer(b, req, "200 OK", headers);

	return regbed_event(b, UA_REG_REGISTERED);
}


/** On to the deadline, and no further */
static inline void regbed_wait(struct regbed *b)
{
	const uint64_t at = ua_reg_deadline(b->reg);

	ck_assert_uint_ne(UA_NEVER, at);
	if (at > b->now)
		b->now = at;
	ua_reg_tick(b->reg, b->now);
}


/** An answer, and what is looked at then: 0, or the error it gave */
struct regbed_story {
	const struct sip_msg *msg;
	int (*end)(struct regbed *b);
};


static inline int regbed_story(void *arg)
{
	const struct regbed_story *story = arg;
	struct regbed b;
	struct ua_reg_out out;
	int err;

	regbed_open(&b);
	err = ua_reg_alloc(&b.reg, &b.conf);
	if (err)
		return err;

	ua_reg_start(b.reg, b.now);
	if (ua_reg_output(b.reg, b.now, &out)) {
		regbed_drop(&out);
		ua_reg_response(b.reg, b.now, story->msg);
	}

	err = story->end(&b);
	regbed_close(&b);

	return err;
}


/** Such an answer, read with every single allocation failing in turn */
static inline void regbed_oom(const char *line, const char *headers,
			      int (*end)(struct regbed *b))
{
	struct sip_msg *req = regbed_sent(&bed);
	struct sip_msg *msg = regbed_text(req, line, headers);
	struct regbed_story story = { .msg = msg, .end = end };

	ua_oom_walk(regbed_story, &story);
	mem_deref(msg);
	mem_deref(req);
}


/** The end of a story: whatever failed is told, and is tried again */
static inline int regbed_tried_again(struct regbed *b)
{
	struct ua_reg_event ev;

	if (!ua_reg_event(b->reg, &ev) || ua_reg_deadline(b->reg) == UA_NEVER)
		return EPROTO;

	return ev.err;
}

#endif
