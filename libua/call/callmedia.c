/* SPDX-License-Identifier: BSD-3-Clause */
/** @file callmedia.c  Sound and path of a call */

#include <errno.h>
#include <string.h>

#include <ua/codec.h>
#include "base/clock.h"
#include "call/callcore.h"
#include "call/flowcore.h"
#include "sdp/sdporigin.h"


static void stream_send(unsigned comp, const uint8_t *buf, size_t len,
			void *arg)
{
	struct ua_call *call = arg;

	/* What cannot be sent now is lost, as on any network. */
	(void)ua_flow_send(call->flow, comp, buf, len);
}


static void emit_codec(struct ua_call *call, enum ua_event_type type,
		       const struct ua_codec *codec)
{
	struct ua_event ev = { .type = type, .ms = ua_callbase_ms(call) };
	char name[48];

	(void)re_snprintf(name, sizeof(name), "%s/%u", codec->name,
			  codec->clock_hz);
	ev.codec = name;
	ua_callbase_emit(call, &ev);
}


static void stream_sent(void *arg)
{
	struct ua_call *call = arg;

	emit_codec(call, UA_EVENT_MEDIA_SENT, call->codec);
}


static void stream_heard(const struct ua_codec *codec, void *arg)
{
	emit_codec(arg, UA_EVENT_MEDIA_HEARD, codec);
}


static void stream_digit(char digit, void *arg)
{
	struct ua_call *call = arg;
	struct ua_event ev = { .type = UA_EVENT_DTMF, .digit = digit };

	ua_callbase_emit(call, &ev);
}


static int open_stream(struct ua_call *call, char *errstr)
{
	const struct ua_stream_handlers handlers = {
		.send = stream_send,
		.sent = stream_sent,
		.heard = stream_heard,
		.digit = stream_digit,
		.arg = call,
	};

	return ua_stream_alloc(&call->stream, call->env, &call->conf,
			       call->number, call->codec, &handlers, errstr);
}


void ua_callmedia_talk(struct ua_call *call)
{
	if (!call->stream)
		return;

	if (call->state == UA_CALL_UP)
		ua_stream_talk(call->stream);

	if (ua_flow_ready(call->flow))
		ua_stream_run(call->stream);
}


static void tell_hold(struct ua_call *call, const struct ua_offer_result *res)
{
	struct ua_event ev = { .remote = true };

	if (res->hold == call->held)
		return;

	call->held = res->hold;
	ev.type = res->hold ? UA_EVENT_HOLD : UA_EVENT_RESUMED;
	ua_callbase_emit(call, &ev);
}


/* Silence of who holds, or is held, says nothing of the path. */
static void expect(struct ua_call *call, const struct ua_offer_result *res)
{
	const unsigned dir = res->dir & ua_hold_dir(call);

	ua_flow_expect(call->flow, !res->hold && dir & UA_SDP_RECVONLY);
}


void ua_callmedia_hold(struct ua_call *call)
{
	const struct ua_offer_result *res = ua_offer_result(call->offer);

	if (call->stream)
		ua_stream_hold(call->stream, call->hold.wish);

	if (call->has_media && res && res->active)
		expect(call, res);
}


static void cand_info(struct ua_cand_info *info,
		      const struct ua_sdp_cand *cand)
{
	memset(info, 0, sizeof(*info));
	info->type = (enum ua_cand_type)cand->type;
	info->addr = cand->addr;
	info->component = (uint8_t)cand->comp;
	info->priority = cand->prio;
}


void ua_callmedia_tell_remote(struct ua_call *call,
			      const struct ua_sdp_facts *facts)
{
	struct ua_cand_info infos[UA_ICE_REMOTES + UA_FLOW_COMPS];
	struct ua_event ev = { .type = UA_EVENT_ICE_REMOTE, .cands = infos };
	const bool mux = ua_addr_eq(&facts->rtp, &facts->rtcp);
	struct ua_sdp_cand cand;
	unsigned comp;
	size_t i;

	for (i = 0; i < facts->candc && ev.ncand < UA_ICE_REMOTES; i++) {
		if (!facts->candv[i].addr.af)
			continue;

		cand_info(&infos[ev.ncand], &facts->candv[i]);
		infos[ev.ncand++].origin = ua_sdporigin_cand(facts, i);
	}

	for (comp = 1; comp <= UA_FLOW_COMPS; comp++) {
		if (ua_proxied_implicit(call->flow, facts, comp, mux, &cand))
			continue;

		cand_info(&infos[ev.ncand], &cand);
		infos[ev.ncand++].origin = UA_ORIGIN_IMPLICIT;
	}

	ua_callbase_emit(call, &ev);
}


/* The peer's description counts from now on: path and sound follow it. */
int ua_callmedia_use(struct ua_call *call, const struct ua_offer_result *res)
{
	const bool first = !call->has_media;
	char errstr[UA_ERRSTR_MAX] = "";
	int err;

	if (!res->active)
		return ENOTSUP;

	if (res->remote.ice && (first || res->ice_restart))
		ua_callmedia_tell_remote(call, &res->remote);

	err = ua_flow_remote(call->flow, &res->remote, res->mux);
	if (err)
		return err;

	call->codec = call->env->conf->codecs[res->codec];
	(void)re_snprintf(call->codec_name, sizeof(call->codec_name), "%s/%u",
			  call->codec->name, call->codec->clock_hz);

	if (!call->stream) {
		err = open_stream(call, errstr);
		if (err) {
			ua_log(call->env->log, UA_LOG_ERROR, "call", "%s",
			       errstr);
			return err;
		}
		ua_stream_mute(call->stream, call->muted);
		ua_stream_hold(call->stream, call->hold.wish);
	}

	err = ua_stream_set(call->stream, res);
	if (err)
		return err;

	call->has_media = true;
	expect(call, res);
	tell_hold(call, res);
	ua_callmedia_talk(call);

	return 0;
}


static void tell_path(struct ua_call *call, const struct ua_ice_event *iev,
		      bool nominated)
{
	struct ua_event ev = { .type = UA_EVENT_ICE_CONNECTED };

	if (ua_flow_path(call->flow, &ev.ice))
		return;

	ev.ice.nominated = nominated;
	ev.ice.ms = iev->since_ms;
	ev.why = iev->why;
	ua_callbase_emit(call, &ev);
}


static void flow_ice(const struct ua_ice_event *iev, void *arg)
{
	struct ua_call *call = arg;

	switch (iev->type) {

	case UA_ICE_EVENT_MEDIA_PATH:
		if (call->stream)
			ua_stream_path(call->stream, iev->comp);
		if (iev->comp != 1)
			break;
		tell_path(call, iev, false);
		ua_callmedia_talk(call);
		break;

	case UA_ICE_EVENT_NOMINATED:
		if (iev->comp == 1)
			tell_path(call, iev, true);
		ua_reoffer_nominated(call, iev->all);
		break;

	case UA_ICE_EVENT_NO_PATH_YET:
		ua_log(call->env->log, UA_LOG_WARN, "call",
		       "%u: no path for media after 10 s, still trying",
		       call->number);
		break;

	case UA_ICE_EVENT_SUSPECT:
	case UA_ICE_EVENT_RECOVERED:
	case UA_ICE_EVENT_CONSENT_LOST:
		ua_log(call->env->log, UA_LOG_INFO, "call",
		       "%u: path of media %s: %s", call->number,
		       iev->type == UA_ICE_EVENT_SUSPECT     ? "is in doubt"
		       : iev->type == UA_ICE_EVENT_RECOVERED ? "works again"
							     : "is lost",
		       iev->why);
		break;

	case UA_ICE_EVENT_FAILED:
		/* Of a restart: the call has the path of before. */
		if (ua_flow_ready(call->flow))
			break;
		ua_callbase_tell(call, UA_EVENT_ICE_FAILED, 0, iev->why);
		ua_callbase_fail(call, "no path for media: %s", iev->why);
		break;

	default:
		break;
	}
}


/* No pair yet, but a way: sound need not wait. */
static void flow_beside(void *arg)
{
	struct ua_call *call = arg;
	unsigned comp;

	for (comp = 1; call->stream && comp <= UA_FLOW_COMPS; comp++)
		ua_stream_path(call->stream, comp);
	ua_callmedia_talk(call);
}


static void flow_packet(enum ua_demux kind, const uint8_t *buf, size_t len,
			void *arg)
{
	struct ua_call *call = arg;

	if (call->stream)
		ua_stream_packet(call->stream, kind, buf, len);
}


static void tell_gathered(struct ua_call *call)
{
	struct ua_sdp_cand candv[UA_FLOW_CANDS];
	struct ua_cand_info infos[UA_FLOW_CANDS];
	struct ua_event ev = { .type = UA_EVENT_ICE_GATHERED,
			       .ms = ua_callbase_ms(call),
			       .cands = infos };
	size_t i;

	if (call->env->conf->ice == UA_ICE_OFF)
		return;

	ev.ncand = ua_flow_cands(call->flow, candv, UA_FLOW_CANDS);
	for (i = 0; i < ev.ncand; i++)
		cand_info(&infos[i], &candv[i]);

	ua_callbase_emit(call, &ev);
}


static void flow_gathered(void *arg)
{
	struct ua_call *call = arg;

	call->gathered = true;
	tell_gathered(call);

	if (call->incoming)
		ua_callsig_answer(call);
	else
		ua_callsig_invite(call);
}


static void flow_late(void *arg)
{
	struct ua_call *call = arg;

	tell_gathered(call);
	call->late = true;
	ua_reoffer_update(call);
}


static void flow_complete(void *arg)
{
	(void)ua_calltrickle_push(arg);
}


static void flow_restart(const char *why, void *arg)
{
	ua_reoffer_restart(arg, why);
}


int ua_callmedia_open(struct ua_call *call, bool controlling)
{
	const struct ua_flow_handlers handlers = {
		.gathered = flow_gathered,
		.late = flow_late,
		.complete = flow_complete,
		.restart = flow_restart,
		.beside = flow_beside,
		.ice = flow_ice,
		.packet = flow_packet,
		.arg = call,
	};

	return ua_flow_alloc(&call->flow, call->env, controlling, &handlers);
}


void ua_callmedia_rearm(struct ua_call *call)
{
	ua_reoffer_rearm(call);
	ua_hold_rearm(call);
	if (call->flow)
		ua_flow_rearm(call->flow);

	if (call->stream)
		ua_stream_rearm(call->stream);
}
