/* SPDX-License-Identifier: BSD-3-Clause */
/** @file regcore.c  State of a registration: moves, tries, events */

#include <errno.h>
#include <string.h>

#include "base/re_compat.h"
#include <ua/log.h>
#include "dialog/regcore.h"
#include "dialog/sipmsg.h"

/* clang-format off */
enum {
	N = UA_REG_NONE,  I = UA_REG_IDLE,       T = UA_REG_TRYING,
	B = UA_REG_BOUND, R = UA_REG_REFRESHING, W = UA_REG_WAITING,
	L = UA_REG_LEAVING
};

/* Every move; 0 is a refused one. */
static const uint8_t moves[UA_REG_NSTATE][UA_REGCORE_NMOVE] = {
	/*                      SEND BIND FAIL QUIT LEAVE GONE HOLD */
	[UA_REG_IDLE]       = { T,   0,   W,   0,   0,    I,   I },
	[UA_REG_TRYING]     = { T,   B,   W,   I,   L,    I,   I },
	[UA_REG_BOUND]      = { R,   0,   0,   0,   L,    I,   I },
	[UA_REG_REFRESHING] = { R,   B,   W,   I,   L,    I,   I },
	[UA_REG_WAITING]    = { T,   0,   W,   0,   L,    I,   I },
	[UA_REG_LEAVING]    = { T,   0,   0,   0,   L,    I,   0 },
};

static const char *const move_names[UA_REGCORE_NMOVE] = {
	[UA_REGCORE_SEND]  = "SEND",
	[UA_REGCORE_BIND]  = "BIND",
	[UA_REGCORE_FAIL]  = "FAIL",
	[UA_REGCORE_QUIT]  = "QUIT",
	[UA_REGCORE_LEAVE] = "LEAVE",
	[UA_REGCORE_GONE]  = "GONE",
	[UA_REGCORE_HOLD]  = "HOLD",
};
/* clang-format on */


/* The only writer of reg->state. */
int ua_regcore_step(struct ua_reg *reg, enum ua_regcore_move mv)
{
	const enum ua_reg_state to = (enum ua_reg_state)moves[reg->state][mv];

	if (to == UA_REG_NONE)
		return EPROTO;

	if (to != reg->state)
		ua_log(reg->log, UA_LOG_DEBUG, "reg", "%s -> %s (%s)",
		       ua_reg_state_name(reg->state), ua_reg_state_name(to),
		       move_names[mv]);

	reg->state = to;
	return 0;
}


void ua_regcore_send(struct ua_reg *reg, enum ua_regcore_move mv)
{
	if (ua_regcore_step(reg, mv))
		return;

	reg->send = true;
	reg->flight = true;
	reg->again = false;
	reg->quit = false;
	reg->way.lookup = false;
	reg->way.astray = false;
	reg->longerc = 0;
	reg->next_at = UA_NEVER;
	reg->leave_at = UA_NEVER;
	memset(&reg->round, 0, sizeof(reg->round));
}


void ua_regcore_tell(struct ua_reg *reg, const struct ua_reg_event *ev)
{
	reg->ev = *ev;
	reg->ev_ready = true;
}


/* Ask the owner to find the way to the next hop. */
void ua_regcore_ask_way(struct ua_reg *reg, uint64_t now_ms, uint16_t code)
{
	struct ua_reg_event ev = { .type = UA_REG_REDIRECTED, .code = code };

	reg->way.lookup = true;
	reg->way.astray = false;
	reg->next_at = now_ms + UA_REG_LOOKUP_MS;
	ev.retry_ms = UA_REG_LOOKUP_MS;
	str_ncpy(ev.target, ua_regway_hop(&reg->way), sizeof(ev.target));
	str_ncpy(ev.reason, code ? "redirected" : "back to the registrar",
		 sizeof(ev.reason));
	ua_regcore_tell(reg, &ev);
}


void ua_regcore_gone(struct ua_reg *reg)
{
	const struct ua_reg_event ev = { .type = UA_REG_UNREGISTERED,
					 .retry_ms = UA_NEVER };

	if (ua_regcore_step(reg, UA_REGCORE_GONE))
		return;

	ua_regans_reset(&reg->ans);
	reg->until_ms = 0;
	reg->send = false;
	reg->flight = false;
	reg->way.lookup = false;
	reg->leave_at = UA_NEVER;
	reg->next_at = UA_NEVER;

	/* Asked to come back meanwhile. */
	if (reg->again)
		ua_regcore_send(reg, UA_REGCORE_SEND);
	else
		ua_regcore_tell(reg, &ev);
}


void ua_regcore_leave(struct ua_reg *reg, uint64_t now_ms)
{
	ua_regcore_send(reg, UA_REGCORE_LEAVE);
	reg->leave_at = now_ms + UA_REG_BYE_MS;
}


/* It says no on purpose: it is not asked again soon. */
bool ua_regcore_is_final(const struct sip_msg *msg)
{
	return msg && msg->scode != 408 && msg->scode != 480 &&
	       msg->scode != 430 && msg->scode / 100 != 5;
}


/* Try again, later; an answer that says when is believed. */
static uint64_t retry_ms(struct ua_reg *reg, const struct sip_msg *msg)
{
	/* Where we were sent to speaks for itself alone. */
	const uint32_t s = msg && !ua_regway_is_redirected(&reg->way)
				   ? ua_regans_retry_after(msg)
				   : 0;
	const uint64_t ms = ua_regpace_retry(&reg->pace, reg->rand,
					     ua_regcore_is_final(msg));

	/* No endpoint should see it (RFC 5626, 11.5); where one does, its
	   flow is broken, and the REGISTER that mends it need not wait. */
	if (msg && msg->scode == 430 && !reg->reflow) {
		reg->reflow = true;
		return 0;
	}

	return s ? 1000ULL * s : ms;
}


void ua_regcore_reason(struct ua_reg_event *ev, const struct sip_msg *msg)
{
	if (msg)
		ua_sipmsg_text(ev->reason, sizeof(ev->reason), &msg->reason);
	else
		str_ncpy(ev->reason,
			 ev->err == ETIMEDOUT ? "No Answer"
			 : ev->err == ENOMEM  ? "No Memory"
					      : "Transport Error",
			 sizeof(ev->reason));
}


/* The reason of the event, where there is one, is better than the answer's. */
void ua_regcore_fail(struct ua_reg *reg, uint64_t now_ms,
		     const struct sip_msg *msg, struct ua_reg_event *ev)
{
	/* The network has such errors, too, and they pass. */
	const bool quit = msg && (ev->err == EACCES || ev->err == ENOENT ||
				  ev->err == ENOTSUP);

	if (reg->leave || reg->state == UA_REG_LEAVING) {
		reg->leave = false;
		ua_regcore_gone(reg);
		return;
	}

	/* The same password again would only lock the account. */
	ev->type = UA_REG_FAILED;
	ev->retry_ms = quit ? UA_NEVER : retry_ms(reg, msg);
	if (ua_regcore_step(reg, quit ? UA_REGCORE_QUIT : UA_REGCORE_FAIL))
		return;

	reg->quit = quit;
	ua_regway_home(&reg->way);

	/* Refused: the way that was promised is not ours (RFC 3608, 6.1). */
	if (msg || now_ms >= reg->until_ms)
		reg->ans.route = mem_deref(reg->ans.route);
	if (now_ms >= reg->until_ms)
		ua_regans_reset(&reg->ans);

	if (msg) {
		ev->code = msg->scode;
		ev->retry_after_s = ua_regans_retry_after(msg);
	}
	if (!ev->reason[0])
		ua_regcore_reason(ev, msg);

	if (reg->again && !quit)
		ev->retry_ms = 0;
	reg->next_at = quit ? UA_NEVER : now_ms + ev->retry_ms;
	reg->again = false;

	ua_regcore_tell(reg, ev);
}
