/* SPDX-License-Identifier: BSD-3-Clause */
/** @file callsig.c  Signalling of a call: offers, answers and what becomes of
 * them */

#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "base/wr.h"
#include "call/callcore.h"
#include "call/caps.h"
#include "call/failover.h"
#include "call/target.h"


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
	local.sdp.dir = ua_hold_dir(call);
	ua_wr_init(&wr, sdp, UA_CALL_SDP_MAX);
	err = write(call->offer, &local.sdp, &wr);
	*len = wr.pos;
	if (err)
		return err;

	ua_calltrickle_described(call, &local.sdp);
	ua_hold_described(call);

	return 0;
}


int ua_callsig_write_offer(struct ua_call *call, char *sdp, size_t *len)
{
	return write_sdp(call, ua_offer_local_offer, sdp, len);
}


int ua_callsig_write_answer(struct ua_call *call, char *sdp, size_t *len)
{
	return write_sdp(call, ua_offer_local_answer, sdp, len);
}


int ua_callsig_offer(struct ua_call *call)
{
	char sdp[UA_CALL_SDP_MAX];
	size_t len;
	int err;

	err = ua_callsig_write_offer(call, sdp, &len);
	if (err)
		return err;

	err = ua_session_modify(call->sess, sdp, len);
	if (err)
		(void)ua_offer_rollback(call->offer);
	else
		call->updating = true;

	return err;
}


/*
 * Each fork answers the one offer by itself (RFC 3261, 13.2.2.4): the answer
 * of an early one is no answer of the one that picks up.
 */
static int use_fork(struct ua_call *call, uint8_t fork)
{
	struct ua_offer *offer;
	int err;

	if (!call->has_media || fork == call->fork || !call->asked)
		return 0;

	err = ua_offer_clone(&offer, call->asked);
	if (err)
		return err;

	mem_deref(call->offer);
	call->offer = offer;
	call->has_media = false;

	return ua_flow_fork(call->flow);
}


static void take_answer(struct ua_call *call, const char *sdp, size_t len,
			uint8_t fork)
{
	struct ua_sdp_error serr;
	int err;

	err = use_fork(call, fork);
	if (err) {
		ua_callbase_fail(call, "another fork answered (%m)", err);
		return;
	}

	err = ua_offer_remote_answer(call->offer, (const uint8_t *)sdp, len,
				     &serr);

	/* A later 18x or the 200 may repeat an answer. */
	if (err == EPROTO)
		return;

	if (err) {
		ua_callbase_fail(call, "bad answer: %s (%m)", serr.text, err);
		return;
	}

	call->fork = fork;
	err = ua_callmedia_use(call, ua_offer_result(call->offer));
	if (err) {
		ua_callbase_fail(call, "the answer leaves no sound (%m)", err);
		return;
	}

	ua_calltrickle_release(call);
	ua_hold_agreed(call);
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
		err = ua_callmedia_use(call, ua_offer_pending(call->offer));
	if (!err)
		err = ua_callsig_write_answer(call, text, &n);

	if (ua_session_ack(call->sess, n ? text : NULL, n) || err)
		ua_callbase_fail(call, "bad offer in the answer (%m)", err);
	else
		ua_calltrickle_release(call);
}


static void on_answered(struct ua_call *call, const struct ua_invite_event *ev)
{
	struct ua_event out = { .type = UA_EVENT_ANSWERED, .code = ev->code };

	if (ua_callbase_step(call, UA_CALL_EV_UP)) {
		if (ev->ack_owed && ua_session_ack(call->sess, NULL, 0))
			ua_log(call->env->log, UA_LOG_WARN, "call",
			       "%u: no ACK sent", call->number);
		return;
	}

	ua_failover_heard(call);
	call->up_us = ua_clock_us();
	out.reason = ev->reason;
	out.ms = ua_callbase_ms(call);
	ua_callbase_emit(call, &out);

	if (ev->ack_owed)
		answer_in_ack(call, ev->sdp, ev->len);
	else if (ev->sdp)
		take_answer(call, ev->sdp, ev->len, ev->fork);

	if (call->state == UA_CALL_UP && !call->has_media)
		ua_callbase_fail(call,
				 "answered without a session description");
	else
		ua_callmedia_talk(call);

	ua_reoffer_update(call);
}


static void on_progress(struct ua_call *call, const struct ua_invite_event *ev)
{
	struct ua_event out = { .type = UA_EVENT_PROGRESS,
				.code = ev->code,
				.reason = ev->reason,
				.early_media = ev->sdp != NULL };

	if (ua_callbase_step(call, UA_CALL_EV_RING))
		return;

	ua_failover_heard(call);
	ua_callbase_emit(call, &out);

	/* Early media of one fork: the first that has any. */
	if (ev->sdp && (!call->has_media || call->fork == ev->fork))
		take_answer(call, ev->sdp, ev->len, ev->fork);

	ua_calltrickle_early(call, ev);
}


static void on_ended(struct ua_call *call, const struct ua_invite_event *ev)
{
	char words[512];

	if (ua_failover_ended(call, ev))
		return;

	if (ev->code || !ev->err) {
		ua_callbase_close(call, ev->by, ev->code, ev->reason);
		return;
	}

	if (ua_endpoint_why(call->ep, ev->err, words, sizeof(words)))
		str_ncpy(call->why, words, sizeof(call->why));
	else
		(void)re_snprintf(words, sizeof(words), "%s (%m)",
				  ev->err == ETIMEDOUT
					  ? "no answer from the server"
					  : "server unreachable",
				  ev->err);

	ua_callbase_close(call, ev->by, 0, words);
}


void ua_callsig_handler(struct ua_session *sess,
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
			take_answer(call, ev->sdp, ev->len, call->fork);
		else if (call->offered)
			ua_callbase_fail(call,
					 "the ACK has no answer to our offer");
		call->offered = false;
		ua_reoffer_update(call);
		ua_hold_pump(call);
		break;

	case UA_INVITE_INFO:
		ua_calltrickle_came(call, ev);
		break;

	case UA_INVITE_INFORMED:
		ua_calltrickle_informed(call, ev);
		break;

	case UA_INVITE_MODIFIED:
		ua_reoffer_ended(call, ev);
		break;

	case UA_INVITE_REOFFER:
		ua_reoffer_came(call, ev);
		break;

	case UA_INVITE_REOFFER_GONE:
		ua_reoffer_gone(call);
		break;

	case UA_INVITE_ENDED:
		on_ended(call, ev);
		break;

	default:
		break;
	}

	mem_deref(call);
}


/*
 * To sips: everything else must be that too: our Contact (RFC 3261, 8.1.1.8),
 * and the route (RFC 5630, 5.1.1).  An account that is sips: has a sips: route
 * already, so its Contact is one with any peer.
 */
static int secure(const struct ua_call *call, const struct ua_identity *id,
		  char *contact, char *route, struct ua_session_conf *conf)
{
	const bool sips = ua_target_is_sips(call->peer) ||
			  ua_target_is_sips(conf->route ? conf->route : "");

	if (!sips)
		return ua_env_contact(id, call->ep, contact, call->hop.tp,
				      false);

	if (conf->route && !ua_target_is_sips(conf->route)) {
		if (re_snprintf(route, UA_ENDPOINT_URI_MAX, "sips:%s",
				conf->route + strlen("sip:")) < 0)
			return ENOSPC;
		conf->route = route;
	}

	return ua_env_contact(id, call->ep, contact, call->hop.tp, true);
}


/* False: it could not be sent, and the call was told so. */
static bool invite_send(struct ua_call *call, const struct ua_session *failed)
{
	struct ua_session_conf conf = { .h = ua_callsig_handler,
					.arg = call,
					.again = failed };
	struct ua_identity id = { .aor = call->local_uri };
	char contact[UA_ENDPOINT_URI_MAX];
	char route[UA_ENDPOINT_URI_MAX];
	char sdp[UA_CALL_SDP_MAX];
	size_t len;
	int err;

	call->offer = mem_deref(call->offer);
	call->asked = mem_deref(call->asked);

	err = ua_caps_offer(&call->offer, call->env);
	if (!err)
		err = ua_callsig_write_offer(call, sdp, &len);
	if (!err)
		err = ua_offer_clone(&call->asked, call->offer);
	if (!err && call->account)
		err = call->env->identity(call->env, call->account, &id);
	conf.route = id.route;
	if (!err)
		err = secure(call, &id, contact, route, &conf);
	if (err) {
		ua_callbase_fail(call, "no INVITE could be made (%m)", err);
		return false;
	}

	conf.aor = id.aor;
	conf.contact = contact;
	conf.service_route = id.service_route;
	conf.cred = id.cred;
	conf.known = id.known;
	conf.hop = call->hop;
	conf.trickle = call->env->conf->ice != UA_ICE_OFF;

	err = ua_session_connect(&call->sess, call->ep, &conf, call->peer, sdp,
				 len);
	if (err) {
		ua_callbase_fail(call, "%s: no INVITE could be sent (%m)",
				 call->peer, err);
		return false;
	}

	ua_failover_sent(call, len);
	return true;
}


/* Both are needed: where to, and what we can offer. */
void ua_callsig_invite(struct ua_call *call)
{
	if (!call->has_hop || !call->gathered || call->sess ||
	    call->state != UA_CALL_RESOLVING)
		return;

	if (!invite_send(call, NULL))
		return;

	str_ncpy(call->callid, ua_session_callid(call->sess),
		 sizeof(call->callid));
	(void)ua_callbase_step(call, UA_CALL_EV_SENT);
	ua_callbase_tell(call, UA_EVENT_CALLING, 0, NULL);
}


void ua_callsig_again(struct ua_call *call, const struct ua_session *failed)
{
	(void)invite_send(call, failed);
}


/*
 * Answer, once it is wanted and candidates are there.  To a peer that takes
 * INFO at once: our checks begin with the answer, and the rest follows.
 */
void ua_callsig_answer(struct ua_call *call)
{
	const struct ua_offer_result *pending;
	char sdp[UA_CALL_SDP_MAX];
	size_t len;
	int err;

	if (!call->answering || call->state != UA_CALL_RINGING ||
	    (!call->gathered && !ua_calltrickle_is_full(call)))
		return;

	pending = ua_offer_pending(call->offer);
	call->offered = !pending;

	/* From now on sound is wanted: it may come before our 200 is there. */
	if (pending) {
		err = ua_callmedia_use(call, pending);
		if (!err)
			err = ua_callsig_write_answer(call, sdp, &len);
	}
	else {
		err = ua_callsig_write_offer(call, sdp, &len);
	}

	if (!err)
		err = ua_session_accept(call->sess, sdp, len);
	if (err) {
		ua_callbase_fail(call, "could not answer (%m)", err);
		return;
	}

	call->up_us = ua_clock_us();
	(void)ua_callbase_step(call, UA_CALL_EV_UP);
	ua_callbase_tell(call, UA_EVENT_ANSWERED, 200, "OK");
	ua_callmedia_talk(call);
	ua_calltrickle_release(call);
	(void)ua_calltrickle_push(call);
}
