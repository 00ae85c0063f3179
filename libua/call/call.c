/* SPDX-License-Identifier: BSD-3-Clause */
/** @file call.c  A call: signalling, path and sound wired together */

#include <errno.h>
#include <string.h>
#include <strings.h>

#include <ua/audio.h>
#include <ua/codec.h>
#include "base/clock.h"
#include "base/wr.h"
#include "call/callcore.h"
#include "call/caps.h"
#include "call/incoming.h"

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


/* The only writer of call->state. */
static int call_step(struct ua_call *call, enum ua_call_ev ev)
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
	mem_deref(call->query);
	mem_deref(call->stream);
	ua_flow_close(call->flow);
	mem_deref(call->sess);
	mem_deref(call->offer);
	mem_deref(call->source);
	mem_deref(call->sink);
	mem_deref(call->record);
	mem_deref(call->peer);
	mem_deref(call->local_uri);
	mem_deref(call->user);
	mem_deref(call->account);
}


static uint64_t since_start_ms(const struct ua_call *call)
{
	return (ua_clock_us() - call->start_us) / 1000;
}


static void emit(struct ua_call *call, struct ua_event *ev)
{
	ev->call = call;
	ev->account = call->account;
	call->env->emit(call->env, ev);
}


static void emit_simple(struct ua_call *call, enum ua_event_type type,
			uint16_t code, const char *reason)
{
	struct ua_event ev = { .type = type, .code = code, .reason = reason };

	emit(call, &ev);
}


static void stop_media(struct ua_call *call)
{
	if (!call->stream)
		return;

	ua_stream_stop(call->stream);
	ua_stream_stats(call->stream, &call->last);
	call->last.codec = call->codec ? call->codec_name : NULL;
	call->stream = mem_deref(call->stream);
}


/* It is over: the last event, and the agent's reference goes. */
static void call_close(struct ua_call *call, enum ua_by by, uint16_t code,
		       const char *reason)
{
	struct ua_event ev = { .type = UA_EVENT_CLOSED,
			       .by = by,
			       .code = code,
			       .reason = reason };

	if (call_step(call, UA_CALL_EV_CLOSE))
		return;

	call->end_us = ua_clock_us();
	if (call->up_us)
		ev.duration_s = (double)(call->end_us - call->up_us) / 1e6;
	if (call->why[0]) {
		ev.why = call->why;
		ev.by = UA_BY_ERROR;
	}

	call->query = mem_deref(call->query);
	stop_media(call);
	ua_flow_close(call->flow);
	call->flow = NULL;

	emit(call, &ev);

	call->sess = mem_deref(call->sess);
	list_unlink(&call->le);
	mem_deref(call);
}


/* End it because something on our side does not work. */
static void call_fail(struct ua_call *call, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	(void)re_vsnprintf(call->why, sizeof(call->why), fmt, ap);
	va_end(ap);

	ua_log(call->env->log, UA_LOG_WARN, "call", "%u: %s", call->number,
	       call->why);

	if (!call->sess) {
		call_close(call, UA_BY_ERROR, 0, call->why);
		return;
	}

	(void)call_step(call, UA_CALL_EV_END);
	stop_media(call);
	ua_session_hangup(call->sess, NULL);
}


/* ------------------------------ sound ------------------------------ */


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
	struct ua_event ev = { .type = type, .ms = since_start_ms(call) };
	char name[48];

	(void)re_snprintf(name, sizeof(name), "%s/%u", codec->name,
			  codec->clock_hz);
	ev.codec = name;
	emit(call, &ev);
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

	emit(call, &ev);
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


static void start_talk(struct ua_call *call)
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
	emit(call, &ev);
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


static void tell_remote(struct ua_call *call, const struct ua_sdp_facts *facts)
{
	struct ua_cand_info infos[UA_ICE_REMOTES];
	struct ua_event ev = { .type = UA_EVENT_ICE_REMOTE, .cands = infos };
	size_t i;

	if (!facts->ice)
		return;

	for (i = 0; i < facts->candc && ev.ncand < UA_ICE_REMOTES; i++) {
		if (facts->candv[i].addr.af)
			cand_info(&infos[ev.ncand++], &facts->candv[i]);
	}

	emit(call, &ev);
}


/* The peer's description counts from now on: path and sound follow it. */
static int use_remote(struct ua_call *call, const struct ua_offer_result *res)
{
	const bool first = !call->has_media;
	char errstr[UA_ERRSTR_MAX] = "";
	int err;

	if (!res->active)
		return ENOTSUP;

	if (first)
		tell_remote(call, &res->remote);

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
	}

	err = ua_stream_set(call->stream, res);
	if (err)
		return err;

	call->has_media = true;
	tell_hold(call, res);
	start_talk(call);

	return 0;
}


/* ------------------------------ path ------------------------------- */


static void tell_path(struct ua_call *call, const struct ua_ice_event *iev,
		      bool nominated)
{
	struct ua_event ev = { .type = UA_EVENT_ICE_CONNECTED };

	if (ua_flow_path(call->flow, &ev.ice))
		return;

	ev.ice.nominated = nominated;
	ev.ice.ms = iev->since_ms;
	ev.why = iev->why;
	emit(call, &ev);
}


static void flow_ice(const struct ua_ice_event *iev, void *arg)
{
	struct ua_call *call = arg;

	switch (iev->type) {

	case UA_ICE_EVENT_MEDIA_PATH:
		if (iev->comp != 1)
			break;
		tell_path(call, iev, false);
		start_talk(call);
		break;

	case UA_ICE_EVENT_NOMINATED:
		if (iev->comp == 1)
			tell_path(call, iev, true);
		break;

	case UA_ICE_EVENT_NO_PATH_YET:
		ua_log(call->env->log, UA_LOG_WARN, "call",
		       "%u: no path for media after 10 s, still trying",
		       call->number);
		break;

	case UA_ICE_EVENT_FAILED:
		emit_simple(call, UA_EVENT_ICE_FAILED, 0, iev->why);
		call_fail(call, "no path for media: %s", iev->why);
		break;

	default:
		break;
	}
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
			       .ms = since_start_ms(call),
			       .cands = infos };
	size_t i;

	if (call->env->conf->ice == UA_ICE_OFF)
		return;

	ev.ncand = ua_flow_cands(call->flow, candv, UA_FLOW_CANDS);
	for (i = 0; i < ev.ncand; i++)
		cand_info(&infos[i], &candv[i]);

	emit(call, &ev);
}


static void send_invite(struct ua_call *call);
static void send_answer(struct ua_call *call);


static void flow_gathered(void *arg)
{
	struct ua_call *call = arg;

	call->gathered = true;
	tell_gathered(call);

	if (call->incoming)
		send_answer(call);
	else
		send_invite(call);
}


static int open_flow(struct ua_call *call, bool controlling)
{
	const struct ua_flow_handlers handlers = {
		.gathered = flow_gathered,
		.ice = flow_ice,
		.packet = flow_packet,
		.arg = call,
	};

	return ua_flow_alloc(&call->flow, call->env, controlling, &handlers);
}


/* ---------------------------- signalling --------------------------- */


static int write_sdp(struct ua_call *call,
		     int (*write)(struct ua_offer *offer,
				  const struct ua_offer_local *local,
				  struct ua_wr *wr),
		     char *sdp, size_t *len)
{
	struct ua_flow_local local;
	struct ua_wr wr;
	int err;

	ua_flow_local(call->flow, ua_endpoint_local(call->ep)->af, &local);
	ua_wr_init(&wr, sdp, UA_CALL_SDP_MAX);
	err = write(call->offer, &local.sdp, &wr);
	*len = wr.pos;

	return err;
}


static int write_offer(struct ua_call *call, char *sdp, size_t *len)
{
	return write_sdp(call, ua_offer_local_offer, sdp, len);
}


static int write_answer(struct ua_call *call, char *sdp, size_t *len)
{
	return write_sdp(call, ua_offer_local_answer, sdp, len);
}


static void take_answer(struct ua_call *call, const char *sdp, size_t len)
{
	struct ua_sdp_error serr;
	int err;

	err = ua_offer_remote_answer(call->offer, (const uint8_t *)sdp, len,
				     &serr);

	/* A later 18x or the 200 may repeat an answer. */
	if (err == EPROTO)
		return;

	if (err) {
		call_fail(call, "bad answer: %s (%m)", serr.text, err);
		return;
	}

	err = use_remote(call, ua_offer_result(call->offer));
	if (err)
		call_fail(call, "the answer leaves no sound (%m)", err);
}


/* The answer to an offer in a 2xx goes into its ACK. */
static void answer_in_ack(struct ua_call *call, const char *sdp, size_t len)
{
	char text[UA_CALL_SDP_MAX];
	struct ua_sdp_error serr;
	size_t n = 0;
	int err;

	err = ua_offer_remote_offer(call->offer, (const uint8_t *)sdp, len,
				    &serr);
	if (!err)
		err = use_remote(call, ua_offer_pending(call->offer));
	if (!err)
		err = write_answer(call, text, &n);

	if (ua_session_ack(call->sess, n ? text : NULL, n) || err)
		call_fail(call, "bad offer in the answer (%m)", err);
}


static void on_answered(struct ua_call *call, const struct ua_invite_event *ev)
{
	struct ua_event out = { .type = UA_EVENT_ANSWERED, .code = ev->code };

	if (call_step(call, UA_CALL_EV_UP)) {
		if (ev->ack_owed && ua_session_ack(call->sess, NULL, 0))
			ua_log(call->env->log, UA_LOG_WARN, "call",
			       "%u: no ACK sent", call->number);
		return;
	}

	call->up_us = ua_clock_us();
	out.reason = ev->reason;
	out.ms = since_start_ms(call);
	emit(call, &out);

	if (ev->ack_owed)
		answer_in_ack(call, ev->sdp, ev->len);
	else if (ev->sdp)
		take_answer(call, ev->sdp, ev->len);

	if (call->state == UA_CALL_UP && !call->has_media)
		call_fail(call, "answered without a session description");
	else
		start_talk(call);
}


static void on_progress(struct ua_call *call, const struct ua_invite_event *ev)
{
	struct ua_event out = { .type = UA_EVENT_PROGRESS,
				.code = ev->code,
				.reason = ev->reason,
				.early_media = ev->sdp != NULL };

	if (call_step(call, UA_CALL_EV_RING))
		return;

	emit(call, &out);
	if (ev->sdp)
		take_answer(call, ev->sdp, ev->len);
}


static void refuse_reoffer(struct ua_call *call, int err,
			   const struct ua_sdp_error *serr)
{
	const uint16_t code = err == EPROTO ? 491 : err == ENOMEM ? 500 : 488;
	char warning[320] = "";

	if (code == 488)
		(void)re_snprintf(warning, sizeof(warning),
				  "Warning: 399 libua \"%s\"\r\n", serr->text);

	if (ua_session_reject(call->sess, code, NULL,
			      warning[0] ? warning : NULL))
		ua_log(call->env->log, UA_LOG_WARN, "call",
		       "%u: could not refuse the re-INVITE", call->number);
}


/* A re-INVITE: what is bad in it leaves the call as it was. */
static void on_reoffer(struct ua_call *call, const struct ua_invite_event *ev)
{
	char text[UA_CALL_SDP_MAX];
	struct ua_sdp_error serr = { .line = 0 };
	size_t n = 0;
	int err;

	if (ev->sdp) {
		err = ua_offer_remote_offer(
			call->offer, (const uint8_t *)ev->sdp, ev->len, &serr);
		if (!err)
			err = use_remote(call, ua_offer_pending(call->offer));
		if (!err)
			err = write_answer(call, text, &n);
		if (err && err != EPROTO)
			(void)ua_offer_rollback(call->offer);
	}
	else {
		err = write_offer(call, text, &n);
		call->offered = !err;
	}

	if (err) {
		refuse_reoffer(call, err, &serr);
		return;
	}

	if (ua_session_accept(call->sess, text, n))
		ua_log(call->env->log, UA_LOG_WARN, "call",
		       "%u: could not answer the re-INVITE", call->number);
}


static void on_ended(struct ua_call *call, const struct ua_invite_event *ev)
{
	char words[128];

	if (ev->code || !ev->err) {
		call_close(call, ev->by, ev->code, ev->reason);
		return;
	}

	(void)re_snprintf(words, sizeof(words), "%s (%m)",
			  ev->err == ETIMEDOUT ? "no answer from the server"
					       : "server unreachable",
			  ev->err);
	call_close(call, ev->by, 0, words);
}


static void session_handler(struct ua_session *sess,
			    const struct ua_invite_event *ev, void *arg)
{
	struct ua_call *call = arg;

	(void)sess;
	mem_ref(call);

	switch (ev->type) {

	case UA_INVITE_PROGRESS:
		on_progress(call, ev);
		break;

	case UA_INVITE_ANSWERED:
		on_answered(call, ev);
		break;

	case UA_INVITE_ACKED:
		/* We may have hung up meanwhile: no sound is opened again. */
		if (call->state != UA_CALL_UP)
			break;
		if (call->offered && ev->sdp)
			take_answer(call, ev->sdp, ev->len);
		else if (call->offered)
			call_fail(call, "the ACK has no answer to our offer");
		call->offered = false;
		break;

	case UA_INVITE_REOFFER:
		on_reoffer(call, ev);
		break;

	case UA_INVITE_REOFFER_GONE:
		(void)ua_offer_rollback(call->offer);
		break;

	case UA_INVITE_ENDED:
		on_ended(call, ev);
		break;

	default:
		break;
	}

	mem_deref(call);
}


/* Both are needed: where to, and what we can offer. */
static void send_invite(struct ua_call *call)
{
	struct ua_session_conf conf = { .h = session_handler, .arg = call };
	struct ua_identity id = { .aor = call->local_uri };
	char contact[UA_ENDPOINT_URI_MAX];
	char sdp[UA_CALL_SDP_MAX];
	size_t len;
	int err;

	if (!call->has_hop || !call->gathered || call->sess ||
	    call->state != UA_CALL_RESOLVING)
		return;

	err = ua_caps_offer(&call->offer, call->env);
	if (!err)
		err = write_offer(call, sdp, &len);
	if (!err && call->account)
		err = call->env->identity(call->env, call->account, &id);
	if (!err)
		err = ua_endpoint_contact(call->ep, contact, call->user,
					  call->hop.tp);
	if (err) {
		call_fail(call, "no INVITE could be made (%m)", err);
		return;
	}

	conf.aor = id.aor;
	conf.contact = contact;
	conf.route = id.route;
	conf.cred = id.cred;
	conf.hop = call->hop;

	err = ua_session_connect(&call->sess, call->ep, &conf, call->peer, sdp,
				 len);
	if (err) {
		call_fail(call, "%s: no INVITE could be sent (%m)", call->peer,
			  err);
		return;
	}

	str_ncpy(call->callid, ua_session_callid(call->sess),
		 sizeof(call->callid));
	(void)call_step(call, UA_CALL_EV_SENT);
	emit_simple(call, UA_EVENT_CALLING, 0, NULL);
}


/* Without an account: from the address that leads there. */
static int anonymous(struct ua_call *call)
{
	char addr[UA_ADDR_LEN];

	call->local_uri = mem_deref(call->local_uri);

	return re_sdprintf(&call->local_uri, "<sip:%s>",
			   ua_addr_str(ua_endpoint_local(call->ep), addr));
}


static void target_handler(int err, const char *text,
			   const struct ua_target *targetv, size_t n,
			   void *arg)
{
	struct ua_call *call = arg;

	(void)n;

	if (!err) {
		call->hop.addr = targetv[0].addr;
		call->hop.tp = targetv[0].tp;
		err = call->env->endpoint(call->env, &call->hop.addr,
					  &call->ep);
		text = "no way to it from here";
	}
	if (!err)
		err = anonymous(call);

	if (err) {
		call_fail(call, "%s: %s (%m)", call->peer,
			  text ? text : "not found", err);
		return;
	}

	call->has_hop = true;
	send_invite(call);
}


static int find_target(struct ua_call *call)
{
	struct ua_locate_conf conf;
	char host[UA_DNS_NAME_LEN];
	int err;

	err = ua_target_conf(&conf, host, sizeof(host), call->peer, false,
			     UA_TP_UDP, call->env->conf);
	if (err)
		return err;

	return ua_resolver_query(&call->query, call->env->resolver, &conf,
				 target_handler, call);
}


/* An account's calls leave on its flow. */
static int find_hop(struct ua_call *call)
{
	struct ua_identity id;
	int err;

	if (!call->account)
		return find_target(call);

	err = call->env->identity(call->env, call->account, &id);
	if (err)
		return err == EINPROGRESS ? 0 : err;

	call->ep = id.ep;
	call->hop = id.hop;
	call->has_hop = true;

	return 0;
}


void ua_call_account_ready(struct ua_env *env, struct ua_account *account)
{
	struct le *le = env->calls.head;
	int err;

	while (le) {
		struct ua_call *call = le->data;

		le = le->next;
		if (call->account != account || call->has_hop ||
		    call->state != UA_CALL_RESOLVING)
			continue;

		err = find_hop(call);
		if (err)
			call_fail(call,
				  "the account's server was not found"
				  " (%m)",
				  err);
		else
			send_invite(call);
	}
}


void ua_call_conf_default(struct ua_call_conf *conf)
{
	memset(conf, 0, sizeof(*conf));
}


static int dup_or_null(char **dst, const char *src)
{
	*dst = mem_deref(*dst);

	return src ? str_dup(dst, src) : 0;
}


static int take_conf(struct ua_call *call, const struct ua_call_conf *conf)
{
	if (dup_or_null(&call->source, conf->source) ||
	    dup_or_null(&call->sink, conf->sink) ||
	    dup_or_null(&call->record, conf->record))
		return ENOMEM;

	call->conf = *conf;
	call->conf.source = call->source;
	call->conf.sink = call->sink;
	call->conf.record = call->record;

	return 0;
}


static int check_sound(const struct ua_call_conf *conf, char *errstr)
{
	if (conf->source &&
	    ua_audio_spec(conf->source, UA_AUDIO_SOURCE, errstr))
		return EINVAL;

	if (conf->sink && ua_audio_spec(conf->sink, UA_AUDIO_SINK, errstr))
		return EINVAL;

	return 0;
}


static struct ua_call *call_new(struct ua_env *env, bool incoming)
{
	struct ua_call *call = mem_zalloc(sizeof(*call), call_destructor);

	if (!call)
		return NULL;

	call->env = env;
	call->incoming = incoming;
	call->start_us = ua_clock_us();

	return call;
}


static void call_list(struct ua_call *call)
{
	call->number = ++call->env->last_number;
	list_append(&call->env->calls, &call->le, call);
}


/* "bob", "bob@example.com" or a URI; the domain completes the first. */
static int complete_uri(char **urip, const char *str, const char *domain)
{
	const bool scheme = !strncasecmp(str, "sip:", 4);
	struct uri uri;
	struct pl pl;
	int err;

	if (!scheme && !strchr(str, '@') && domain)
		err = re_sdprintf(urip, "sip:%s@%s", str, domain);
	else
		err = re_sdprintf(urip, "%s%s", scheme ? "" : "sip:", str);
	if (err)
		return err;

	pl_set_str(&pl, *urip);
	if (!*str || uri_decode(&uri, &pl) || !pl_isset(&uri.host) ||
	    pl_strcasecmp(&uri.scheme, "sip"))
		return EINVAL;

	return 0;
}


static void say(char *errstr, const char *fmt, ...)
{
	va_list ap;

	if (!errstr)
		return;

	va_start(ap, fmt);
	(void)re_vsnprintf(errstr, UA_ERRSTR_MAX, fmt, ap);
	va_end(ap);
}


static int call_prepare(struct ua_call *call, struct ua_account *account,
			const char *uri, const struct ua_call_conf *conf,
			char *errstr)
{
	struct ua_identity id;
	int err;

	memset(&id, 0, sizeof(id));
	if (account) {
		call->account = mem_ref(account);
		err = call->env->identity(call->env, account, &id);
		if (err && err != EINPROGRESS) {
			say(errstr, "the account's server was not found (%m)",
			    err);
			return err;
		}
	}

	err = complete_uri(&call->peer, uri, id.domain);
	if (err) {
		say(errstr, "%s: sip:user@host expected", uri);
		return err;
	}

	if (dup_or_null(&call->local_uri, id.aor) ||
	    dup_or_null(&call->user, id.user) || take_conf(call, conf))
		return ENOMEM;

	err = open_flow(call, true);
	if (err) {
		say(errstr, "no socket for media: %m", err);
		return err;
	}

	err = find_hop(call);
	if (err)
		say(errstr,
		    "%s: a host name or address that can be reached"
		    " by udp or tcp expected (%m)",
		    uri, err);

	return err;
}


int ua_call_connect(struct ua_call **callp, struct ua_agent *agent,
		    struct ua_account *account, const char *uri,
		    const struct ua_call_conf *conf, char *errstr)
{
	struct ua_env *env = (struct ua_env *)agent;
	struct ua_call *call;
	int err;

	say(errstr, "");
	if (env->stopping)
		return EPROTO;

	if (list_count(&env->calls) >= env->conf->max_calls) {
		say(errstr, "%u calls are up: no more is allowed",
		    env->conf->max_calls);
		return EMFILE;
	}

	err = check_sound(conf, errstr);
	if (err)
		return err;

	call = call_new(env, false);
	if (!call)
		return ENOMEM;

	call->state = UA_CALL_RESOLVING;
	err = call_prepare(call, account, uri, conf, errstr);
	if (err) {
		mem_deref(call);
		return err;
	}

	call_list(call);
	if (callp)
		*callp = call;

	return 0;
}


/* Answer, once it is wanted and candidates are there. */
static void send_answer(struct ua_call *call)
{
	const struct ua_offer_result *pending;
	char sdp[UA_CALL_SDP_MAX];
	size_t len;
	int err;

	if (!call->answering || !call->gathered ||
	    call->state != UA_CALL_RINGING)
		return;

	pending = ua_offer_pending(call->offer);
	call->offered = !pending;

	/* From now on sound is wanted: it may come before our 200 is there. */
	if (pending) {
		err = use_remote(call, pending);
		if (!err)
			err = write_answer(call, sdp, &len);
	}
	else {
		err = write_offer(call, sdp, &len);
	}

	if (!err)
		err = ua_session_accept(call->sess, sdp, len);
	if (err) {
		call_fail(call, "could not answer (%m)", err);
		return;
	}

	call->up_us = ua_clock_us();
	(void)call_step(call, UA_CALL_EV_UP);
	emit_simple(call, UA_EVENT_ANSWERED, 200, "OK");
	start_talk(call);
}


int ua_call_answer(struct ua_call *call, const struct ua_call_conf *conf,
		   char *errstr)
{
	int err;

	say(errstr, "");
	if (!call->incoming || call->state != UA_CALL_RINGING ||
	    call->answering)
		return EPROTO;

	err = check_sound(conf, errstr);
	if (!err)
		err = take_conf(call, conf);
	if (err)
		return err;

	call->answering = true;
	send_answer(call);

	return 0;
}


/* Refuse it before anybody was told of it. */
static void refuse(struct ua_call *call, uint16_t code, const char *text)
{
	char warning[320];

	(void)re_snprintf(warning, sizeof(warning),
			  "Warning: 399 libua \"%s\"\r\n", text);
	if (ua_session_reject(call->sess, code, NULL, warning))
		ua_log(call->env->log, UA_LOG_WARN, "call",
		       "an INVITE could not be refused");
}


static int take_identity(struct ua_call *call, struct ua_account *account,
			 struct ua_identity *id)
{
	int err;

	if (account && !call->env->identity(call->env, account, id)) {
		call->account = mem_ref(account);
		return dup_or_null(&call->local_uri, id->aor);
	}

	memset(id, 0, sizeof(*id));
	err = anonymous(call);
	id->aor = call->local_uri;

	return err;
}


static int take_session(struct ua_call *call, struct ua_account *account,
			struct sip_msg *msg)
{
	struct ua_session_conf conf = { .h = session_handler, .arg = call };
	struct ua_identity id;
	char contact[UA_ENDPOINT_URI_MAX];
	int err;

	err = take_identity(call, account, &id);
	if (err)
		return err;

	err = ua_endpoint_contact(call->ep, contact, id.user,
				  msg->tp == SIP_TRANSP_TCP ? UA_TP_TCP
							    : UA_TP_UDP);
	if (err)
		return err;

	conf.aor = id.aor;
	conf.contact = contact;
	conf.cred = id.cred;

	err = ua_session_incoming(&call->sess, call->ep, &conf, msg);
	if (err)
		return err;

	str_ncpy(call->callid, ua_session_callid(call->sess),
		 sizeof(call->callid));

	return dup_or_null(&call->peer, ua_session_peer(call->sess));
}


/* The offer is looked at before it rings: 488 beats a silent call. */
static int take_offer(struct ua_call *call)
{
	struct ua_sdp_error serr = { .line = 0 };
	const char *sdp;
	size_t len;
	int err;

	err = ua_caps_offer(&call->offer, call->env);
	if (err)
		return err;

	sdp = ua_session_offer(call->sess, &len);
	if (!sdp)
		return 0;

	err = ua_offer_remote_offer(call->offer, (const uint8_t *)sdp, len,
				    &serr);
	if (err)
		refuse(call, 488, serr.text);

	return err;
}


uint16_t ua_incoming(struct ua_env *env, struct ua_account *account,
		     struct ua_endpoint *ep, struct sip_msg *msg)
{
	struct ua_call *call = call_new(env, true);
	int err;

	if (!call)
		return 500;

	call->ep = ep;
	err = take_session(call, account, msg);
	if (err) {
		mem_deref(call);
		return err == EBADMSG ? 400 : 500;
	}

	err = take_offer(call);
	if (!err) {
		err = open_flow(call, !ua_offer_pending(call->offer));
		if (err)
			refuse(call, 480, "no network for media");
	}
	if (err) {
		mem_deref(call);
		return 0;
	}

	call_list(call);
	(void)call_step(call, UA_CALL_EV_RING);
	if (ua_session_progress(call->sess, 180, "Ringing", NULL, 0))
		ua_log(env->log, UA_LOG_WARN, "call", "%u: no 180 sent",
		       call->number);
	emit_simple(call, UA_EVENT_INCOMING, 0, NULL);

	return 0;
}


/* ------------------------------- others ---------------------------- */


void ua_call_hangup(struct ua_call *call, uint16_t code, const char *reason)
{
	if (!call->sess) {
		call_close(call, UA_BY_LOCAL, code, reason);
		return;
	}

	if (call->incoming && call->state == UA_CALL_RINGING) {
		if (!call_step(call, UA_CALL_EV_END) &&
		    ua_session_reject(call->sess, code ? code : 603, reason,
				      NULL))
			ua_session_hangup(call->sess, NULL);
		return;
	}

	if (call_step(call, UA_CALL_EV_END))
		return;

	stop_media(call);
	ua_session_hangup(call->sess, NULL);
}


int ua_call_dtmf(struct ua_call *call, const char *digits)
{
	if (call->state != UA_CALL_UP || !call->stream)
		return EPROTO;

	return ua_stream_dtmf(call->stream, digits);
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
