/* SPDX-License-Identifier: BSD-3-Clause */
/** @file regbed.h  A registration in virtual time, and its registrar */
#ifndef UA_TEST_REGBED_H
#define UA_TEST_REGBED_H

#include "base/re_compat.h"
#include "dialog/reg.h"
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


/** A conf to change, with an instance and a flow; then regbed_begin() */
static inline void regbed_open(struct regbed *bed)
{
	memset(bed, 0, sizeof(*bed));
	bed->seed = 5;
	bed->now = 50000;
	bed->rnd.fill = siptext_fill;
	bed->rnd.arg = &bed->seed;
	bed->conf.registrar = "sip:example.com";
	bed->conf.aor = "sip:alice@example.com";
	bed->conf.contact = REGBED_CONTACT;
	bed->conf.cred.user = "alice";
	bed->conf.cred.password = "wonder";
	bed->conf.expires_s = 300;
	bed->conf.instance = REGBED_URN;
	bed->conf.reg_id = 1;
	bed->conf.rand = &bed->rnd;
}


static inline void regbed_begin(struct regbed *bed)
{
	mem_deref(bed->reg);
	ck_assert_int_eq(0, ua_reg_alloc(&bed->reg, &bed->conf));
	ua_reg_start(bed->reg, bed->now);
}


static inline void regbed_close(struct regbed *bed)
{
	bed->reg = mem_deref(bed->reg);
}


/** The REGISTER that goes out, NULL: none does */
static inline struct sip_msg *regbed_output(struct regbed *bed)
{
	struct ua_reg_out out;
	struct sip_msg *msg;

	if (!ua_reg_output(bed->reg, bed->now, &out))
		return NULL;

	msg = siptext("REGISTER %s SIP/2.0\r\n"
		      "Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bKr;rport"
		      "\r\n%b",
		      out.uri, out.mb->buf, out.mb->end);
	str_ncpy(bed->hop, out.hop, sizeof(bed->hop));
	mem_deref(out.uri);
	mem_deref(out.hop);
	mem_deref(out.mb);

	return msg;
}


static inline struct sip_msg *regbed_sent(struct regbed *bed)
{
	struct sip_msg *msg = regbed_output(bed);

	ck_assert_msg(msg != NULL, "no REGISTER");

	return msg;
}


/** Answer as from behind a NAT: "200 OK", header lines; req is given */
static inline void regbed_answer(struct regbed *bed, struct sip_msg *req,
				 const char *line, const char *headers)
{
	struct sip_msg *msg =
		siptext("SIP/2.0 %s\n"
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

	ua_reg_response(bed->reg, bed->now, msg);
	mem_deref(msg);
	mem_deref(req);
}


/** Answer the REGISTER that goes out now */
static inline void regbed_reply(struct regbed *bed, const char *line,
				const char *headers)
{
	regbed_answer(bed, regbed_sent(bed), line, headers);
}


static inline struct ua_reg_event regbed_event(struct regbed *bed,
					       enum ua_reg_ev type)
{
	struct ua_reg_event ev;

	ck_assert_msg(ua_reg_event(bed->reg, &ev), "no event %d", type);
	ck_assert_msg(ev.type == type, "event %d, not %d: %s", ev.type, type,
		      ev.reason);

	return ev;
}


static inline void regbed_quiet(struct regbed *bed)
{
	struct ua_reg_event ev;
	struct ua_reg_out out;

	ck_assert(!ua_reg_output(bed->reg, bed->now, &out));
	ck_assert(!ua_reg_event(bed->reg, &ev));
}


static inline void regbed_state(const struct regbed *bed,
				enum ua_reg_state state)
{
	ck_assert_str_eq(ua_reg_state_name(state),
			 ua_reg_state_name(ua_reg_state(bed->reg)));
}


/** Register; the event of it */
static inline struct ua_reg_event regbed_bind(struct regbed *bed,
					      const char *headers)
{
	regbed_reply(bed, "200 OK", headers);

	return regbed_event(bed, UA_REG_REGISTERED);
}


/** On to the deadline, and no further */
static inline void regbed_wait(struct regbed *bed)
{
	const uint64_t at = ua_reg_deadline(bed->reg);

	ck_assert_uint_ne(UA_NEVER, at);
	if (at > bed->now)
		bed->now = at;
	ua_reg_tick(bed->reg, bed->now);
}

#endif
