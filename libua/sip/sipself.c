/* SPDX-License-Identifier: BSD-3-Clause */
/** @file sipself.c  Would a call come in?  A flow asks for itself
 *
 * A registrar that was restarted, or lost our binding otherwise, answers pings
 * as before, and no call comes in.  So now and then a ping is addressed to
 * ourselves: the server passes it to our binding, by the flow that it came
 * from, and we answer it.
 *
 *     phone -- OPTIONS alice --> server -- OPTIONS alice --> phone
 *
 * While the learning machine measures it asks by itself, and where it found
 * that such requests do not come in nobody asks.
 */

#include <string.h>

#include "base/clock.h"
#include <ua/log.h>
#include "dialog/dialog.h"
#include "dialog/sipmsg.h"
#include "sip/epcore.h"
#include "sip/sipflowcore.h"

/* The server answers by itself by now. */
enum { USELESS = 3 };


bool ua_sipself_begin(struct ua_sipflow *flow, uint64_t now_ms)
{
	struct ua_sipself *self = &flow->self;
	const struct ua_sipflow_user *user = ua_sipflowcore_first(flow);
	const char *uri = user->gruu ? user->gruu : user->aor;
	const enum ua_lifetime_state state = ua_lifetime_state(&flow->life);
	int err;

	self->flight = false;
	self->until_ms = UA_NEVER;
	if ((state != UA_LIFETIME_DONE && state != UA_LIFETIME_OFF) ||
	    self->useless >= USELESS || !user->registered ||
	    now_ms < self->last_ms + self->each_ms)
		return false;

	self->half = mem_deref(self->half);
	err = ua_dialog_alloc(&self->half, flow->ep->rand, user->aor, uri,
			      NULL);
	if (!err && !self->digest) {
		const struct ua_cred cred = { .user = user->cred_user,
					      .password = user->password };

		err = ua_digest_alloc(&self->digest, &cred, flow->ep->rand);
	}
	/* An ordinary ping does, too. */
	if (err)
		return false;

	self->last_ms = now_ms;
	self->flight = true;
	self->arrived = false;
	memset(&self->round, 0, sizeof(self->round));

	return true;
}


bool ua_sipself_arrived(struct ua_sipflow *flow, const struct sip_msg *msg)
{
	struct ua_sipself *self = &flow->self;

	if (!self->flight ||
	    pl_strcmp(&msg->callid, ua_dialog_callid(self->half)) != 0)
		return false;

	self->arrived = true;
	self->useless = 0;

	return true;
}


void ua_sipself_forgotten(struct ua_sipflow *flow, uint16_t code)
{
	const struct ua_sipflow_event ev = {
		.type = UA_SIPFLOW_REGISTER,
		.code = code,
	};

	ua_log(flow->ep->log, UA_LOG_INFO, "flow",
	       "a request to ourselves did not come in (%u)", code);
	ua_sipflowcore_tell(flow, &ev, true);
}


static void over(struct ua_sipself *self, uint16_t code, bool missing)
{
	self->flight = false;
	self->code = code;
	self->missing = missing;
	if (missing)
		++self->useless;
}


bool ua_sipself_answer(struct ua_sipflow *flow, const struct sip_msg *msg)
{
	struct ua_sipself *self = &flow->self;

	if (!self->flight)
		return false;

	if ((msg->scode == 401 || msg->scode == 407) &&
	    !ua_digest_challenge(self->digest, &self->round, msg))
		return true;

	over(self, msg->scode,
	     !self->arrived && msg->scode != 408 && msg->scode / 100 != 5);

	return false;
}


uint64_t ua_sipself_deadline(const struct ua_sipflow *flow, uint64_t at_ms)
{
	const struct ua_sipself *self = &flow->self;

	return self->flight && self->until_ms < at_ms ? self->until_ms : at_ms;
}


void ua_sipself_pump(struct ua_sipflow *flow, uint64_t now_ms)
{
	struct ua_sipself *self = &flow->self;

	/* The server let it pass, and to where nobody answers. */
	if (self->flight && self->until_ms <= now_ms)
		over(self, 0, !self->arrived);

	if (!self->missing)
		return;

	self->missing = false;
	ua_sipself_forgotten(flow, self->code);
}


void ua_sipself_reset(struct ua_sipself *self)
{
	self->half = mem_deref(self->half);
	self->digest = mem_deref(self->digest);
	self->flight = false;
	self->missing = false;
}
