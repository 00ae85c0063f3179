/* SPDX-License-Identifier: BSD-3-Clause */
/** @file reg.c  A registration (RFC 3261, 10) */

#include <errno.h>
#include <string.h>

#include "base/re_compat.h"
#include "dialog/dialog.h"
#include "dialog/regcore.h"
#include "dialog/regmsg.h"
#include "dialog/regresp.h"

/* clang-format off */
static const char *const state_names[UA_REG_NSTATE] = {
	[UA_REG_NONE]       = "NONE",
	[UA_REG_IDLE]       = "IDLE",
	[UA_REG_TRYING]     = "TRYING",
	[UA_REG_BOUND]      = "BOUND",
	[UA_REG_REFRESHING] = "REFRESHING",
	[UA_REG_WAITING]    = "WAITING",
	[UA_REG_LEAVING]    = "LEAVING",
};
/* clang-format on */


const char *ua_reg_state_name(enum ua_reg_state state)
{
	return state < UA_REG_NSTATE ? state_names[state] : "?";
}


static void destructor(void *arg)
{
	struct ua_reg *reg = arg;

	ua_regway_reset(&reg->way);
	ua_regcontact_reset(&reg->contact);
	ua_regans_reset(&reg->ans);
	mem_deref(reg->software);
	mem_deref(reg->digest);
}


int ua_reg_alloc(struct ua_reg **regp, const struct ua_reg_conf *conf)
{
	struct ua_reg *reg;
	int err;

	reg = mem_zalloc(sizeof(*reg), destructor);
	if (!reg)
		return ENOMEM;

	reg->state = UA_REG_IDLE;
	reg->rand = conf->rand;
	reg->log = conf->log;
	reg->ask_s = conf->expires_s ? conf->expires_s : UA_REG_EXPIRES_S;
	reg->refresh_s = conf->refresh_s;
	reg->next_at = UA_NEVER;
	reg->leave_at = UA_NEVER;

	err = ua_regway_init(&reg->way, conf);
	if (!err)
		err = ua_regcontact_init(&reg->contact, conf);
	if (!err && conf->software)
		err = str_dup(&reg->software, conf->software);
	if (!err)
		err = ua_digest_alloc(&reg->digest, &conf->cred, conf->rand);

	if (err)
		mem_deref(reg);
	else
		*regp = reg;

	return err;
}


void ua_reg_start(struct ua_reg *reg, uint64_t now_ms)
{
	reg->leave = false;
	if (reg->state != UA_REG_LEAVING)
		reg->leave_at = UA_NEVER;

	/* One at a time: the next one goes when this one is answered. */
	if (reg->flight)
		reg->again = true;
	else if (reg->way.astray)
		ua_regcore_ask_way(reg, now_ms, 0);
	else if (!reg->way.lookup)
		ua_regcore_send(reg, UA_REGCORE_SEND);
}


void ua_reg_restart(struct ua_reg *reg, uint64_t now_ms)
{
	if (reg->quit)
		return;

	reg->flight = false;
	reg->way.lookup = false;
	reg->way.astray = false;
	ua_reg_start(reg, now_ms);
}


int ua_reg_move(struct ua_reg *reg, const char *contact)
{
	const bool other = strcmp(contact, reg->contact.uri) != 0;
	const int err = ua_regcontact_move(&reg->contact, contact);

	if (!err && other)
		ua_regpace_give(&reg->pace);

	return err;
}


void ua_reg_hold(struct ua_reg *reg)
{
	if (ua_regcore_step(reg, UA_REGCORE_HOLD))
		return;

	/* The next network has done nothing to us. */
	ua_regway_home(&reg->way);
	ua_regans_reset(&reg->ans);
	reg->pace.failc = 0;
	reg->reflow = false;
	reg->send = false;
	reg->flight = false;
	reg->again = false;
	reg->leave = false;
	reg->way.lookup = false;
	reg->way.astray = false;
	reg->ev_ready = false;
	reg->until_ms = 0;
	reg->next_at = UA_NEVER;
	reg->leave_at = UA_NEVER;
}


/* ... at the server that we have a way to */
static bool may_be_bound(const struct ua_reg *reg, uint64_t now_ms)
{
	if (reg->state == UA_REG_IDLE || reg->way.lookup || reg->way.astray)
		return false;

	return reg->state != UA_REG_WAITING || now_ms < reg->until_ms;
}


void ua_reg_stop(struct ua_reg *reg, uint64_t now_ms)
{
	if (reg->leave || reg->state == UA_REG_LEAVING)
		return;

	reg->next_at = UA_NEVER;

	/* Whether or not the last one was heard, a goodbye cannot harm. */
	if (reg->flight && !reg->send) {
		reg->leave = true;
		reg->leave_at = now_ms + UA_REG_BYE_MS;
	}
	else if (may_be_bound(reg, now_ms)) {
		ua_regcore_leave(reg, now_ms);
	}
	else {
		ua_regcore_gone(reg);
	}
}


void ua_reg_failed(struct ua_reg *reg, uint64_t now_ms, int err)
{
	struct ua_reg_event ev = { .err = err };

	if (reg->way.lookup) {
		(void)re_snprintf(ev.reason, sizeof(ev.reason),
				  "no way to %s (%m)",
				  ua_regway_hop(&reg->way), err);
	}
	else if (!reg->flight) {
		return;
	}

	reg->flight = false;
	reg->send = false;
	ua_regcore_fail(reg, now_ms, NULL, &ev);
}


void ua_reg_response(struct ua_reg *reg, uint64_t now_ms,
		     const struct sip_msg *msg)
{
	const struct ua_dialog *half = ua_regway_half(&reg->way);

	if (reg->flight && !reg->send && msg->scode >= 200 &&
	    ua_dialog_is_response(half, msg) &&
	    msg->cseq.num == ua_dialog_cseq(half))
		ua_regresp_take(reg, now_ms, msg);
}


static int encode(struct ua_reg *reg, struct ua_reg_out *out)
{
	const struct ua_regmsg rm = {
		.registrar = ua_regway_uri(&reg->way),
		.half = ua_regway_half(&reg->way),
		.digest = reg->digest,
		.contact = &reg->contact,
		/* One flow has one binding: the new one replaces the old. */
		.stale = !reg->outbound,
		.expires_s = reg->state == UA_REG_LEAVING ? 0 : reg->ask_s,
		.software = reg->software,
	};
	int err;

	err = str_dup(&out->uri, rm.registrar);
	if (!err)
		err = str_dup(&out->hop, ua_regway_hop(&reg->way));
	if (!err)
		err = ua_regmsg_encode(&rm, &out->mb);

	return err;
}


bool ua_reg_ready(const struct ua_reg *reg, uint64_t now_ms)
{
	return reg->send && now_ms >= ua_regpace_at(&reg->pace);
}


bool ua_reg_output(struct ua_reg *reg, uint64_t now_ms, struct ua_reg_out *out)
{
	int err;

	if (!reg->send || !ua_regpace_take(&reg->pace, now_ms))
		return false;

	reg->send = false;
	reg->sent_ms = now_ms;
	memset(out, 0, sizeof(*out));

	err = encode(reg, out);
	if (!err)
		return true;

	mem_deref(out->uri);
	mem_deref(out->hop);
	mem_deref(out->mb);
	ua_reg_failed(reg, now_ms, err);

	return false;
}


bool ua_reg_event(struct ua_reg *reg, struct ua_reg_event *ev)
{
	if (!reg->ev_ready)
		return false;

	*ev = reg->ev;
	reg->ev_ready = false;

	return true;
}


bool ua_reg_pending(const struct ua_reg *reg)
{
	return reg->ev_ready;
}


uint64_t ua_reg_deadline(const struct ua_reg *reg)
{
	uint64_t at = reg->send ? ua_regpace_at(&reg->pace) : UA_NEVER;

	if (reg->next_at < at)
		at = reg->next_at;
	if (reg->until_ms && reg->until_ms < at)
		at = reg->until_ms;

	return reg->leave_at < at ? reg->leave_at : at;
}


/* The owner has not gone on: where we were sent is no way for us. */
static void next(struct ua_reg *reg, uint64_t now_ms)
{
	reg->next_at = UA_NEVER;

	if (reg->way.lookup && ua_regway_is_redirected(&reg->way))
		ua_reg_failed(reg, now_ms, ETIMEDOUT);
	else if (reg->way.astray)
		ua_regcore_ask_way(reg, now_ms, 0);
	else
		ua_regcore_send(reg, UA_REGCORE_SEND);
}


void ua_reg_tick(struct ua_reg *reg, uint64_t now_ms)
{
	if (reg->until_ms && reg->until_ms <= now_ms) {
		reg->until_ms = 0;
		ua_regans_reset(&reg->ans);
	}

	if (reg->next_at <= now_ms)
		next(reg, now_ms);

	if (reg->leave_at <= now_ms) {
		reg->leave = false;
		reg->flight = false;
		ua_regcore_gone(reg);
	}
}


const char *ua_reg_gruu(const struct ua_reg *reg, bool temporary)
{
	return temporary ? reg->ans.temp_gruu : reg->ans.pub_gruu;
}


const char *ua_reg_service_route(const struct ua_reg *reg)
{
	return reg->ans.route;
}


const char *ua_reg_hop(const struct ua_reg *reg)
{
	return ua_regway_hop(&reg->way);
}


const struct ua_digest *ua_reg_digest(const struct ua_reg *reg)
{
	return reg->digest;
}


enum ua_reg_state ua_reg_state(const struct ua_reg *reg)
{
	return reg->state;
}
