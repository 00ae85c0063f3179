/* SPDX-License-Identifier: BSD-3-Clause */
/** @file regresp.c  Answers to a REGISTER */

#include <errno.h>

#include "base/re_compat.h"
#include "dialog/binding.h"
#include "dialog/dialog.h"
#include "dialog/regcore.h"
#include "dialog/regresp.h"
#include "dialog/sipmsg.h"

enum {
	LONGER_MAX = 3 /* 423s of one request: each may ask for more */
};


static uint64_t refresh_ms(const struct ua_reg *reg, uint32_t expires_s)
{
	const uint64_t ms = ua_regpace_refresh(reg->rand, expires_s,
					       reg->ans.temp_gruu != NULL);

	return reg->refresh_s && ms > 1000ULL * reg->refresh_s
		       ? 1000ULL * reg->refresh_s
		       : ms;
}


/* Accepted, and still there is no binding of ours. */
static void unbound(struct ua_reg *reg, uint64_t now_ms,
		    const struct sip_msg *msg, const struct ua_binding *bind)
{
	struct ua_reg_event ev = { .err = EPROTO };

	if (bind->listed && !bind->ours)
		(void)re_snprintf(ev.reason, sizeof(ev.reason),
				  "the registrar's answer does not have our "
				  "Contact: %s",
				  reg->contact.uri);
	else
		str_ncpy(ev.reason, "the registrar grants no time: expires 0",
			 sizeof(ev.reason));

	reg->until_ms = 0;
	ua_regcore_fail(reg, now_ms, msg, &ev);
}


static void bound(struct ua_reg *reg, uint64_t now_ms,
		  const struct sip_msg *msg)
{
	const struct ua_binding_key key = {
		.contact = reg->contact.uri,
		.instance = reg->contact.instance,
		.reg_id = reg->contact.reg_id,
		.asked_s = reg->ask_s,
		.max_s = UA_REG_EXPIRES_MAX_S,
	};
	struct ua_reg_event ev = {
		.type = UA_REG_REGISTERED,
		.code = msg->scode,
		.rtt_ms = (uint32_t)(now_ms - reg->sent_ms),
	};
	struct ua_binding bind;

	ua_digest_info(reg->digest, msg);

	if (reg->state == UA_REG_LEAVING) {
		ua_regcore_gone(reg);
		return;
	}

	ua_binding_find(&bind, &key, msg);
	if (!bind.expires_s) {
		unbound(reg, now_ms, msg, &bind);
		return;
	}

	reg->until_ms = reg->sent_ms + 1000ULL * bind.expires_s;
	ev.err = ua_regans_decode(&reg->ans, &bind, msg);
	if (ev.err) {
		ua_regcore_fail(reg, now_ms, NULL, &ev);
		return;
	}

	if (ua_regcore_step(reg, UA_REGCORE_BIND))
		return;

	reg->pace.failc = 0;
	reg->reflow = false;
	reg->outbound = reg->ans.outbound && reg->contact.reg_id;
	ua_regway_arrive(&reg->way);
	ua_regcontact_forget(&reg->contact);

	if (reg->leave) {
		reg->leave = false;
		ua_regcore_leave(reg, now_ms);
		return;
	}

	ev.expires_s = bind.expires_s;
	ev.outbound = reg->outbound;
	ev.flow_timer_s = reg->ans.flow_timer_s;
	ev.retry_ms = refresh_ms(reg, ev.expires_s);
	ua_sipmsg_mapped(msg, &ev.mapped);
	ua_regcore_reason(&ev, msg);

	reg->next_at = reg->again ? now_ms : now_ms + ev.retry_ms;
	reg->again = false;
	ua_regcore_tell(reg, &ev);
}


/* 423 (RFC 3261, 10.2.8); true: ask again with what it wants. */
static bool longer(struct ua_reg *reg, const struct sip_msg *msg)
{
	uint32_t min;

	if (msg->scode != 423 || reg->state == UA_REG_LEAVING ||
	    reg->longerc == LONGER_MAX ||
	    !ua_sipmsg_number(msg, SIP_HDR_MIN_EXPIRES, &min) ||
	    min <= reg->ask_s || min > UA_REG_EXPIRES_MAX_S)
		return false;

	++reg->longerc;
	reg->ask_s = min;

	return true;
}


/*
 * The registrar does outbound, and the proxy before it does not: without it,
 * and for good, as nothing says when that proxy has learnt it (RFC 5626,
 * 4.2.1).
 */
static bool inbound(struct ua_reg *reg, const struct sip_msg *msg)
{
	if (msg->scode != 439 || !reg->contact.reg_id)
		return false;

	reg->contact.reg_id = 0;
	reg->outbound = false;

	return true;
}


/*
 * A registrar may not like two Contacts, or not know the old one: the new one
 * alone is what counts.  True: ask again.
 */
static bool alone(struct ua_reg *reg, const struct sip_msg *msg)
{
	if (!reg->contact.nstale || !ua_regcore_is_final(msg) ||
	    msg->scode / 100 != 4)
		return false;

	ua_regcontact_forget(&reg->contact);

	return true;
}


static void redirect(struct ua_reg *reg, uint64_t now_ms,
		     const struct sip_msg *msg)
{
	struct ua_reg_event ev = { .type = UA_REG_FAILED };

	/* Its goodbye is not taken elsewhere. */
	if (!reg->leave && reg->state != UA_REG_LEAVING)
		ev.err = ua_regway_turn(&reg->way, msg, ev.reason,
					sizeof(ev.reason));
	else
		ev.err = ECANCELED;

	if (ev.err) {
		ua_regcore_fail(reg, now_ms, ev.err == ENOMEM ? NULL : msg,
				&ev);
		return;
	}

	if (ua_regcore_step(reg, UA_REGCORE_FAIL))
		return;

	reg->again = false;
	ua_regcore_ask_way(reg, now_ms, msg->scode);
}


static void refuse(struct ua_reg *reg, uint64_t now_ms,
		   const struct sip_msg *msg)
{
	struct ua_reg_event ev = { .type = UA_REG_FAILED };
	bool again;

	if (msg->scode == 401 || msg->scode == 407) {
		ev.err = ua_digest_challenge(reg->digest, &reg->round, msg);
		again = !ev.err;
	}
	else {
		again = longer(reg, msg) || inbound(reg, msg) ||
			alone(reg, msg);
	}

	if (again) {
		reg->send = true;
		reg->flight = true;
	}
	else {
		ua_regcore_fail(reg, now_ms, msg, &ev);
	}
}


void ua_regresp_take(struct ua_reg *reg, uint64_t now_ms,
		     const struct sip_msg *msg)
{
	reg->flight = false;

	if (msg->scode < 300)
		bound(reg, now_ms, msg);
	else if (ua_regredir_is(msg))
		redirect(reg, now_ms, msg);
	else
		refuse(reg, now_ms, msg);
}
