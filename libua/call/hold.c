/* SPDX-License-Identifier: BSD-3-Clause */
/** @file hold.c  Our hold of a call, and its end (RFC 3264, 8.4)
 *
 * What the application wants stands in every description that we write from
 * then on, offer or answer, whatever made it (RFC 6337, 5.3); an offer of its
 * own goes out when nothing else tells the peer.  The direction alone says it:
 * c=, m= and ICE are as before, for they are what the path hangs on.
 */

#include <errno.h>

#include "call/callcore.h"

enum { BUSY_MS = 200 /* The session takes no offer now: look again */ };


/*
 * Never inactive, even while the peer holds us: its answer says what it wants
 * (RFC 6337, 5.3, against RFC 3264, 8.4).
 */
enum ua_sdp_dir ua_hold_dir(const struct ua_call *call)
{
	return call->hold.wish ? UA_SDP_SENDONLY : UA_SDP_SENDRECV;
}


static void tell(struct ua_call *call, uint16_t code, const char *reason)
{
	struct ua_event ev = {
		.type = call->hold.agreed ? UA_EVENT_HOLD : UA_EVENT_RESUMED,
		.code = code,
		.reason = reason,
	};

	ua_callbase_emit(call, &ev);
}


void ua_hold_described(struct ua_call *call)
{
	call->hold.said = call->hold.wish;
}


void ua_hold_agreed(struct ua_call *call)
{
	struct ua_call_hold *hold = &call->hold;

	if (hold->agreed == hold->said)
		return;

	hold->agreed = hold->said;
	ua_log(call->env->log, UA_LOG_INFO, "call", "%u: %s", call->number,
	       hold->agreed ? "we hold" : "we hold no more");
	tell(call, 0, NULL);
}


void ua_hold_refused(struct ua_call *call, uint16_t code, const char *reason)
{
	struct ua_call_hold *hold = &call->hold;

	if (hold->agreed == hold->said)
		return;

	ua_log(call->env->log, UA_LOG_INFO, "call", "%u: %s refused: %u %s",
	       call->number, hold->said ? "hold" : "resume", code, reason);

	/* It may be just what is wanted by now. */
	if (hold->wish == hold->agreed)
		code = 0;

	hold->said = hold->wish = hold->agreed;
	ua_callmedia_hold(call);
	tell(call, code, code ? reason : NULL);
}


static void on_busy(void *arg)
{
	ua_hold_pump(arg);
}


void ua_hold_pump(struct ua_call *call)
{
	struct ua_call_hold *hold = &call->hold;
	int err = EPROTO;

	tmr_cancel(&hold->tmr);
	if (call->state != UA_CALL_UP || hold->wish == hold->agreed)
		return;

	/* What is under way may say it; if not, it is said after that. */
	if (call->has_media && !call->updating &&
	    ua_session_can_modify(call->sess))
		err = ua_callsig_offer(call);
	if (!err)
		return;

	if (err != EPROTO && err != ENOMEM) {
		ua_hold_described(call);
		ua_hold_refused(call, 500, "no offer could be made");
		return;
	}

	tmr_start(&hold->tmr, BUSY_MS, on_busy, call);
}


/* Does a description that waits for its answer say something new? */
static bool is_said(const struct ua_call *call)
{
	return (call->updating || call->offered) &&
	       call->hold.said != call->hold.agreed;
}


int ua_hold_set(struct ua_call *call, bool on)
{
	struct ua_call_hold *hold = &call->hold;

	if (call->state != UA_CALL_UP)
		return EPROTO;

	if (hold->wish == on)
		return EALREADY;

	/* Sound obeys at once, the peer as soon as it can be told. */
	hold->wish = on;
	ua_callmedia_hold(call);

	/* Nobody was told of the wish before: there is nothing to undo. */
	if (on == hold->agreed && !is_said(call))
		tell(call, 0, NULL);

	ua_hold_pump(call);

	return 0;
}


void ua_hold_rearm(struct ua_call *call)
{
	if (tmr_isrunning(&call->hold.tmr))
		tmr_start(&call->hold.tmr, 0, on_busy, call);
}


void ua_hold_stop(struct ua_call *call)
{
	tmr_cancel(&call->hold.tmr);
}
