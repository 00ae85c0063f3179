/* SPDX-License-Identifier: BSD-3-Clause */
/** @file call.c  A call as the application sees it */

#include <errno.h>
#include <string.h>

#include "call/callcore.h"


const char *ua_call_state_name(enum ua_call_state state)
{
	static const char *const names[] = {
		[UA_CALL_NONE] = "NONE",
		[UA_CALL_RESOLVING] = "RESOLVING",
		[UA_CALL_CALLING] = "CALLING",
		[UA_CALL_RINGING] = "RINGING",
		[UA_CALL_UP] = "UP",
		[UA_CALL_ENDING] = "ENDING",
		[UA_CALL_CLOSED] = "CLOSED",
	};

	return state <= UA_CALL_CLOSED ? names[state] : "?";
}


void ua_call_conf_default(struct ua_call_conf *conf)
{
	memset(conf, 0, sizeof(*conf));
}


int ua_call_answer(struct ua_call *call, const struct ua_call_conf *conf,
		   char *errstr)
{
	int err;

	ua_callbase_say(errstr, "");
	if (!call->incoming || call->state != UA_CALL_RINGING ||
	    call->answering)
		return EPROTO;

	err = ua_callbase_sound(conf, errstr);
	if (!err)
		err = ua_callbase_conf(call, conf);
	if (err)
		return err;

	call->answering = true;
	ua_callsig_answer(call);

	return 0;
}


void ua_call_hangup(struct ua_call *call, uint16_t code, const char *reason)
{
	if (!call->sess) {
		ua_callbase_close(call, UA_BY_LOCAL, code, reason);
		return;
	}

	if (call->incoming && call->state == UA_CALL_RINGING) {
		if (!ua_callbase_step(call, UA_CALL_EV_END) &&
		    ua_session_reject(call->sess, code ? code : 603, reason,
				      NULL))
			ua_session_hangup(call->sess, NULL);
		return;
	}

	if (ua_callbase_step(call, UA_CALL_EV_END))
		return;

	ua_callbase_stop(call);
	ua_session_hangup(call->sess, NULL);
}


int ua_call_dtmf(struct ua_call *call, const char *digits)
{
	if (call->state != UA_CALL_UP || !call->stream)
		return EPROTO;

	return ua_stream_dtmf(call->stream, digits);
}


int ua_call_hold(struct ua_call *call)
{
	return ua_hold_set(call, true);
}


int ua_call_resume(struct ua_call *call)
{
	return ua_hold_set(call, false);
}


bool ua_call_held(const struct ua_call *call, bool remote)
{
	return remote ? call->held : call->hold.agreed;
}


void ua_call_mute(struct ua_call *call, bool on)
{
	call->muted = on;
	if (call->stream)
		ua_stream_mute(call->stream, on);
}


void ua_call_stats(const struct ua_call *call, struct ua_call_stats *stats)
{
	if (!call->stream) {
		*stats = call->last;
		return;
	}

	ua_stream_stats(call->stream, stats);
	stats->codec = call->codec_name;
}


int ua_call_path(const struct ua_call *call, struct ua_ice_info *ice)
{
	return call->flow ? ua_flow_path(call->flow, ice) : ENOTCONN;
}


enum ua_call_state ua_call_state(const struct ua_call *call)
{
	return call->state;
}


unsigned ua_call_number(const struct ua_call *call)
{
	return call->number;
}


const char *ua_call_peer(const struct ua_call *call)
{
	return call->peer;
}


const char *ua_call_local_uri(const struct ua_call *call)
{
	return call->local_uri;
}


bool ua_call_incoming(const struct ua_call *call)
{
	return call->incoming;
}


struct ua_account *ua_call_account(const struct ua_call *call)
{
	return call->account;
}


const char *ua_call_id(const struct ua_call *call)
{
	return call->callid;
}


struct ua_call *ua_call_next(const struct ua_agent *agent,
			     const struct ua_call *call)
{
	const struct ua_env *env = (const struct ua_env *)agent;

	return list_ledata(call ? call->le.next : env->calls.head);
}


struct ua_call *ua_call_find(const struct ua_agent *agent, unsigned number)
{
	struct ua_call *call = NULL;

	while ((call = ua_call_next(agent, call)) != NULL) {
		if (call->number == number)
			return call;
	}

	return NULL;
}
