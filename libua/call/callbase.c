/* SPDX-License-Identifier: BSD-3-Clause */
/** @file callbase.c  States of a call, its events, its beginning and its end
 */

#include <errno.h>
#include <string.h>

#include <ua/audio.h>
#include "base/clock.h"
#include "call/callcore.h"
#include "call/failover.h"

#define N UA_CALL_NONE
#define R UA_CALL_RESOLVING
#define C UA_CALL_CALLING
#define I UA_CALL_RINGING
#define U UA_CALL_UP
#define E UA_CALL_ENDING
#define X UA_CALL_CLOSED

/* Every move a call can make; 0 is a refused move. */
/* clang-format off */
static const uint8_t moves[X + 1][UA_CALL_NEVENT] = {
	/*        SENT RING UP END CLOSE */
	[N] =   { 0,   I,   0, 0,  X },
	[R] =   { C,   I,   0, 0,  X },
	[C] =   { 0,   I,   U, E,  X },
	[I] =   { 0,   I,   U, E,  X },
	[U] =   { 0,   0,   0, E,  X },
	/* A 200 that crosses our CANCEL: it is still being ended. */
	[E] =   { 0,   0,   0, 0,  X },
	[X] =   { 0,   0,   0, 0,  0 },
};
/* clang-format on */

#undef N
#undef R
#undef C
#undef I
#undef U
#undef E
#undef X


/* The only writer of call->state. */
int ua_callbase_step(struct ua_call *call, enum ua_call_ev ev)
{
	const enum ua_call_state to = moves[call->state][ev];

	if (!to)
		return EPROTO;

	if (to != call->state)
		ua_log(call->env->log, UA_LOG_DEBUG, "call", "%u: %s -> %s",
		       call->number, ua_call_state_name(call->state),
		       ua_call_state_name(to));
	call->state = to;

	return 0;
}


static void call_destructor(void *arg)
{
	struct ua_call *call = arg;

	list_unlink(&call->le);
	ua_failover_stop(call);
	ua_reoffer_stop(call);
	ua_hold_stop(call);
	ua_calltrickle_reset(call);
	mem_deref(call->query);
	mem_deref(call->stream);
	ua_flow_close(call->flow);
	mem_deref(call->sess);
	mem_deref(call->offer);
	mem_deref(call->asked);
	mem_deref(call->source);
	mem_deref(call->sink);
	mem_deref(call->record);
	mem_deref(call->peer);
	mem_deref(call->local_uri);
	mem_deref(call->user);
	mem_deref(call->account);
}


struct ua_call *ua_callbase_new(struct ua_env *env, bool incoming)
{
	struct ua_call *call = mem_zalloc(sizeof(*call), call_destructor);

	if (!call)
		return NULL;

	call->env = env;
	call->incoming = incoming;
	call->start_us = ua_clock_us();

	return call;
}


void ua_callbase_list(struct ua_call *call)
{
	call->number = ++call->env->last_number;
	list_append(&call->env->calls, &call->le, call);
}


uint64_t ua_callbase_ms(const struct ua_call *call)
{
	return (ua_clock_us() - call->start_us) / 1000;
}


void ua_callbase_emit(struct ua_call *call, struct ua_event *ev)
{
	ev->call = call;
	ev->account = call->account;
	call->env->emit(call->env, ev);
}


void ua_callbase_tell(struct ua_call *call, enum ua_event_type type,
		      uint16_t code, const char *reason)
{
	struct ua_event ev = { .type = type, .code = code, .reason = reason };

	ua_callbase_emit(call, &ev);
}


void ua_callbase_stop(struct ua_call *call)
{
	if (!call->stream)
		return;

	ua_stream_stop(call->stream);
	ua_stream_stats(call->stream, &call->last);
	call->last.codec = call->codec ? call->codec_name : NULL;
	call->stream = mem_deref(call->stream);
}


/* It is over: the last event, and the agent's reference goes. */
void ua_callbase_close(struct ua_call *call, enum ua_by by, uint16_t code,
		       const char *reason)
{
	struct ua_event ev = { .type = UA_EVENT_CLOSED,
			       .by = by,
			       .code = code,
			       .reason = reason };

	if (ua_callbase_step(call, UA_CALL_EV_CLOSE))
		return;

	call->end_us = ua_clock_us();
	if (call->up_us)
		ev.duration_s = (double)(call->end_us - call->up_us) / 1e6;
	if (call->why[0]) {
		ev.why = call->why;
		ev.by = UA_BY_ERROR;
	}

	ua_failover_stop(call);
	ua_reoffer_stop(call);
	ua_hold_stop(call);
	ua_calltrickle_reset(call);
	call->query = mem_deref(call->query);
	ua_callbase_stop(call);
	ua_flow_close(call->flow);
	call->flow = NULL;

	ua_callbase_emit(call, &ev);

	call->sess = mem_deref(call->sess);
	list_unlink(&call->le);
	mem_deref(call);
}


/* End it because something on our side does not work. */
void ua_callbase_fail(struct ua_call *call, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	(void)re_vsnprintf(call->why, sizeof(call->why), fmt, ap);
	va_end(ap);

	ua_log(call->env->log, UA_LOG_INFO, "call", "%u: %s", call->number,
	       call->why);

	if (!call->sess) {
		ua_callbase_close(call, UA_BY_ERROR, 0, call->why);
		return;
	}

	(void)ua_callbase_step(call, UA_CALL_EV_END);
	ua_callbase_stop(call);
	ua_session_hangup(call->sess, NULL);
}


int ua_callbase_dup(char **dst, const char *src)
{
	*dst = mem_deref(*dst);

	return src ? str_dup(dst, src) : 0;
}


void ua_callbase_say(char *errstr, const char *fmt, ...)
{
	va_list ap;

	if (!errstr)
		return;

	va_start(ap, fmt);
	(void)re_vsnprintf(errstr, UA_ERRSTR_MAX, fmt, ap);
	va_end(ap);
}


int ua_callbase_conf(struct ua_call *call, const struct ua_call_conf *conf)
{
	if (ua_callbase_dup(&call->source, conf->source) ||
	    ua_callbase_dup(&call->sink, conf->sink) ||
	    ua_callbase_dup(&call->record, conf->record))
		return ENOMEM;

	call->conf = *conf;
	call->conf.source = call->source;
	call->conf.sink = call->sink;
	call->conf.record = call->record;

	return 0;
}


int ua_callbase_sound(const struct ua_call_conf *conf, char *errstr)
{
	char spec[1024];

	if (conf->source &&
	    ua_audio_spec(conf->source, UA_AUDIO_SOURCE, errstr))
		return EINVAL;

	if (conf->sink && ua_audio_spec(conf->sink, UA_AUDIO_SINK, errstr))
		return EINVAL;

	if (!conf->record)
		return 0;

	if (re_snprintf(spec, sizeof(spec), "file:%s", conf->record) < 0) {
		ua_callbase_say(errstr, "record: a shorter name expected");
		return EINVAL;
	}

	return ua_audio_spec(spec, UA_AUDIO_SINK, errstr) ? EINVAL : 0;
}
