/* SPDX-License-Identifier: BSD-3-Clause */
/** @file reoffer.c  Offers inside a call: late candidates, restarts, the
 * peer's */

#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "call/callcore.h"

enum {
	RESTART_FIRST_MS = 1000,  /* After one that led to no path; doubled  */
	RESTART_MOST_MS = 30000,  /* ... up to this                          */
	RESTART_TRIES = 8,        /* In a row, then it is given up           */
	RESTART_AGAIN_MS = 60000, /* What was given up so long ago may begin
				     anew                                   */
	BUSY_MS = 200 /* The session takes no offer now: look again         */
};

/** How ICE's words for a restart are told, and what they mean for us */
static const struct {
	const char *why;
	const char *told;
	bool urgent; /* Only we know of it: the peer sends no offer */
} reasons[] = {
	{ "no answer for 15 s", "consent lost", false },
	{ "path answers no more", "consent lost", false },
	{ "the peer's consent ended", "consent lost", false },
	{ "selected address went away", "address changed", true },
	{ "address outside changed", "address changed", true },
	{ "better network", "address changed", true },
	{ "network changed", "address changed", true },
	{ "relay has ended", "consent lost", false },
	{ "address changed", "address changed", true },
};


/* A relay may be all that works without what the peer does not know yet. */
bool ua_reoffer_is_direct(const struct ua_call *call)
{
	struct ua_ice_info path;

	return !ua_flow_path(call->flow, &path) && !path.relay;
}


/*
 * What was not gathered when the description went out (a lost packet, a far
 * server) the peer cannot check.  It learns most of it by our checks; but two
 * phones behind NATs that know only each other's private addresses would
 * never meet.  Without trickle an offer tells it (RFC 8839, 4.4.1.1.2).
 */
static void update(void *arg)
{
	struct ua_call *call = arg;

	if (!call->late || call->updating || call->state != UA_CALL_UP ||
	    !call->has_media || ua_reoffer_is_direct(call) ||
	    ua_flow_is_plain(call->flow) || !ua_session_can_modify(call->sess))
		return;

	if (ua_callsig_offer(call))
		return;

	ua_log(call->env->log, UA_LOG_INFO, "call",
	       "%u: no direct path yet, telling the peer of late candidates",
	       call->number);
	call->late = false;
}


/*
 * If both are late, two offers would meet and both would have to wait: the
 * caller speaks first, and the answer has what the callee found meanwhile.
 */
void ua_reoffer_update(struct ua_call *call)
{
	if (ua_calltrickle_push(call))
		call->late = false;
	else if (!call->incoming)
		update(call);
	else if (call->late && !tmr_isrunning(&call->update_tmr))
		tmr_start(&call->update_tmr, UA_CALL_UPDATE_MS, update, call);
}


static void tell_restart(struct ua_call *call, const char *why)
{
	struct ua_event ev = { .type = UA_EVENT_ICE_RESTART, .reason = why };

	ua_callbase_emit(call, &ev);
}


static void restart(void *arg);


/*
 * The caller at once; the callee a bit later, for its peer may have noticed
 * the same: then one offer is enough.  Again and again ever more rarely.
 */
static void restart_plan(struct ua_call *call)
{
	struct ua_call_restart *r = &call->restart;
	const uint64_t now_ms = ua_clock_ms();
	uint64_t wait_ms =
		call->incoming && !r->urgent ? UA_CALL_UPDATE_MS : 0;
	uint64_t gap_ms = RESTART_FIRST_MS;
	unsigned i;

	for (i = 1; i < r->tries && gap_ms < RESTART_MOST_MS; i++)
		gap_ms *= 2;
	if (gap_ms > RESTART_MOST_MS)
		gap_ms = RESTART_MOST_MS;

	if (r->tries && r->last_ms + gap_ms > now_ms + wait_ms)
		wait_ms = r->last_ms + gap_ms - now_ms;

	tmr_start(&r->tmr, wait_ms, restart, call);
}


/* Its offer led to nothing: all is as before, and it is still wanted. */
static void restart_failed(struct ua_call *call)
{
	struct ua_call_restart *r = &call->restart;

	r->out = false;
	if (r->tries >= RESTART_TRIES) {
		ua_log(call->env->log, UA_LOG_WARN, "call",
		       "%u: %u offers to restart ICE led to nothing: no more "
		       "of them",
		       call->number, r->tries);
		r->wanted = false;
		return;
	}

	r->wanted = true;
	restart_plan(call);
}


/* The offer of a restart, as soon as the session takes one. */
static void restart(void *arg)
{
	struct ua_call *call = arg;
	struct ua_call_restart *r = &call->restart;
	int err;

	if (!r->wanted || call->state != UA_CALL_UP || !call->flow)
		return;

	if (call->updating || !ua_session_can_modify(call->sess)) {
		tmr_start(&r->tmr, BUSY_MS, restart, call);
		return;
	}

	r->wanted = false;
	r->urgent = false;
	r->last_ms = ua_clock_ms();
	++r->tries;

	err = ua_flow_restart(call->flow);
	if (!err) {
		err = ua_callsig_offer(call);
		if (err)
			ua_flow_rollback(call->flow);
	}
	if (err) {
		ua_log(call->env->log, UA_LOG_WARN, "call",
		       "%u: no offer to restart ICE: %m", call->number, err);
		restart_failed(call);
		return;
	}

	r->out = true;
	call->late = false;
	ua_log(call->env->log, UA_LOG_INFO, "call", "%u: ICE restarts: %s",
	       call->number, r->why);
	tell_restart(call, r->why);
}


void ua_reoffer_restart(struct ua_call *call, const char *why)
{
	struct ua_call_restart *r = &call->restart;
	bool urgent = false;
	size_t i;

	if (call->state != UA_CALL_UP)
		return;

	for (i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++) {
		if (!strcmp(why, reasons[i].why)) {
			why = reasons[i].told;
			urgent = reasons[i].urgent;
			break;
		}
	}

	/* Another network is another chance, and so is time. */
	if (urgent || ua_clock_ms() - r->last_ms > RESTART_AGAIN_MS)
		r->tries = 0;
	if (r->tries >= RESTART_TRIES)
		return;

	str_ncpy(r->why, why, sizeof(r->why));
	r->wanted = true;
	r->urgent = r->urgent || urgent;
	restart_plan(call);
}


/*
 * A peer of RFC 5245 waits to be told which pair was chosen, if that is not
 * the default one (RFC 8839, 4.4.1.2.2); others know it by the nomination.
 */
static bool needs_selected(const struct ua_call *call)
{
	const struct ua_offer_result *res = ua_offer_result(call->offer);
	struct ua_flow_local local;
	struct ua_ice_info path;

	if (!res || !res->remote.ice || res->remote.ice2 ||
	    ua_flow_path(call->flow, &path))
		return false;

	/* A proxy that reserved it would take another c= for another phone:
	   ours stays, and says nothing new. */
	if (path.remote.origin != UA_ORIGIN_PEER)
		return false;

	ua_flow_local(call->flow, ua_endpoint_local(call->ep)->af, &local);

	return local.sdp.remc &&
	       (!ua_addr_eq(&path.local.addr, &local.sdp.rtp) ||
		!ua_addr_eq(&path.remote.addr, &res->remote.rtp));
}


void ua_reoffer_nominated(struct ua_call *call, bool all)
{
	struct ua_call_restart *r = &call->restart;

	r->tries = 0;

	/* The path that was asked for is there; but our address is news. */
	if (all && r->wanted && !r->urgent) {
		r->wanted = false;
		tmr_cancel(&r->tmr);
	}

	if (!all || call->updating || r->wanted || call->state != UA_CALL_UP ||
	    !ua_session_can_modify(call->sess) || !needs_selected(call))
		return;

	if (!ua_callsig_offer(call))
		ua_log(call->env->log, UA_LOG_INFO, "call",
		       "%u: telling the peer which path was chosen",
		       call->number);
}


static void refuse(struct ua_call *call, int err,
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


/* Theirs met ours and came first: the answer tells what ours would. */
static void give_way(struct ua_call *call)
{
	struct ua_call_restart *r = &call->restart;

	if (!call->updating || ua_session_withdraw(call->sess))
		return;

	call->updating = false;
	(void)ua_offer_rollback(call->offer);
	if (!r->out)
		return;

	ua_flow_rollback(call->flow);
	r->out = false;
	r->wanted = true;
}


/* Their offer is answered: is ours still needed? */
static void came_through(struct ua_call *call, bool restarted)
{
	struct ua_call_restart *r = &call->restart;
	size_t i;

	call->late = false;
	if (!call->offered)
		ua_hold_agreed(call);

	if (restarted) {
		r->wanted = false;
		tmr_cancel(&r->tmr);
		for (i = 0; i < UA_INVITE_FORKS; i++)
			call->trickles[i].seen = 0;

		ua_log(call->env->log, UA_LOG_INFO, "call",
		       "%u: the peer restarts ICE", call->number);
		tell_restart(call, "asked");
	}
	else if (r->wanted && !tmr_isrunning(&r->tmr)) {
		restart_plan(call);
	}

	ua_calltrickle_release(call);
}


/* A re-INVITE: what is bad in it leaves the call as it was. */
void ua_reoffer_came(struct ua_call *call, const struct ua_invite_event *ev)
{
	char text[UA_CALL_SDP_MAX];
	struct ua_sdp_error serr = { .line = 0 };
	bool restarted = false;
	size_t n = 0;
	int err;

	give_way(call);

	if (ev->sdp) {
		err = ua_offer_remote_offer(
			call->offer, (const uint8_t *)ev->sdp, ev->len, &serr);
		if (!err) {
			restarted = ua_offer_pending(call->offer)->ice_restart;
			err = ua_callmedia_use(call,
					       ua_offer_pending(call->offer));
		}
		if (!err)
			err = ua_callsig_write_answer(call, text, &n);
		if (err && err != EPROTO) {
			(void)ua_offer_rollback(call->offer);
			if (restarted)
				ua_flow_rollback(call->flow);
		}
	}
	else {
		err = ua_callsig_write_offer(call, text, &n);
		call->offered = !err;
	}

	if (err) {
		refuse(call, err, &serr);
		ua_hold_pump(call);
		return;
	}

	if (ua_session_accept(call->sess, text, n))
		ua_log(call->env->log, UA_LOG_WARN, "call",
		       "%u: could not answer the re-INVITE", call->number);

	came_through(call, restarted);
}


void ua_reoffer_gone(struct ua_call *call)
{
	const struct ua_offer_result *res = ua_offer_pending(call->offer);
	const bool restarted = res && res->ice_restart;

	(void)ua_offer_rollback(call->offer);
	if (restarted)
		ua_flow_rollback(call->flow);

	ua_hold_pump(call);
}


/* The answer to an offer inside the call; a bad one costs only that offer. */
static int take(struct ua_call *call, const struct ua_invite_event *ev)
{
	struct ua_sdp_error serr = { .line = 0 };
	const struct ua_offer_result *res;
	int err;

	err = ua_offer_remote_answer(call->offer, (const uint8_t *)ev->sdp,
				     ev->len, &serr);
	if (!err) {
		res = ua_offer_result(call->offer);
		err = ua_callmedia_use(call, res);

		/* RFC 8839, 4.4.3.1: the call goes on as it was. */
		if (!err && call->restart.out && !res->remote.ice)
			err = ECONNABORTED;
	}
	if (err && err != ECONNABORTED)
		ua_log(call->env->log, UA_LOG_WARN, "call",
		       "%u: the answer to our offer is of no use: %s (%m)",
		       call->number, serr.text, err);

	return err;
}


void ua_reoffer_ended(struct ua_call *call, const struct ua_invite_event *ev)
{
	const bool restarts = call->restart.out;
	int err = ECONNREFUSED;

	call->updating = false;
	call->restart.out = false;

	if (ev->code / 100 == 2 && ev->sdp)
		err = take(call, ev);
	if (err)
		(void)ua_offer_rollback(call->offer);

	if (restarts && err)
		ua_flow_rollback(call->flow);

	/* Without ICE in the answer the next one would end as this one. */
	if (restarts && err == ECONNABORTED)
		ua_log(call->env->log, UA_LOG_INFO, "call",
		       "%u: restart answered without ICE: the path stays",
		       call->number);
	else if (restarts && err)
		restart_failed(call);

	if (!err) {
		if (restarts)
			for (size_t i = 0; i < UA_INVITE_FORKS; i++)
				call->trickles[i].seen = 0;
		ua_calltrickle_release(call);
		ua_hold_agreed(call);
	}
	/* Of a restart: it is not known what was refused, so it is asked for
	   alone. */
	else if (!restarts) {
		ua_hold_refused(call, ev->code,
				ev->code / 100 == 2 ? "its answer is of no use"
						    : ev->reason);
	}

	/* More may have come meanwhile. */
	ua_reoffer_update(call);
	if (call->restart.wanted && !tmr_isrunning(&call->restart.tmr))
		restart_plan(call);
	ua_hold_pump(call);
}


void ua_reoffer_rearm(struct ua_call *call)
{
	if (tmr_isrunning(&call->restart.tmr))
		restart_plan(call);
}


void ua_reoffer_stop(struct ua_call *call)
{
	tmr_cancel(&call->update_tmr);
	tmr_cancel(&call->restart.tmr);
	call->restart.wanted = false;
}
