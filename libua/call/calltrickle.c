/* SPDX-License-Identifier: BSD-3-Clause */
/** @file calltrickle.c  A call's candidates in INFO, both ways (RFC 8840) */

#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "base/wr.h"
#include "call/callcore.h"
#include "sdp/sdpfrag.h"


/* The peer's description that is in force in a dialog; NULL: none yet. */
static const struct ua_sdp_facts *description(const struct ua_call *call,
					      uint8_t fork)
{
	const struct ua_offer_result *res;

	if (!call->offer || fork != call->fork)
		return NULL;

	res = call->has_media ? ua_offer_result(call->offer) : NULL;
	if (!res)
		res = ua_offer_pending(call->offer);

	return res && res->active ? &res->remote : NULL;
}


/*
 * Before the answer its Recv-Info tells enough, for nobody else lists this
 * package; with it the option in SDP counts too (RFC 8840, 5).
 */
static bool is_full(const struct ua_call *call, uint8_t fork)
{
	const struct ua_sdp_facts *facts = description(call, fork);

	if (!call->flow || ua_flow_is_plain(call->flow) ||
	    call->trickles[fork].failed ||
	    !ua_session_takes_info(call->sess, fork))
		return false;

	return !facts || (facts->ice && facts->trickle);
}


/* INFO is of no use with this peer: late candidates are told by offers. */
static void give_up(struct ua_call *call, uint8_t fork)
{
	call->trickles[fork].failed = true;
	if (fork != call->fork)
		return;

	call->late = true;
	ua_reoffer_update(call);
}


/* No answer yet, and no path without what the INFO tells */
static void on_patience(void *arg)
{
	struct ua_call *call = arg;

	if (!call->trickles[call->fork].out || call->state != UA_CALL_UP ||
	    ua_reoffer_is_direct(call))
		return;

	ua_log(call->env->log, UA_LOG_INFO, "call",
	       "%u: no answer to the INFO and no direct path: offers tell "
	       "candidates",
	       call->number);
	give_up(call, call->fork);
}


static void inform(struct ua_call *call, uint8_t fork,
		   const struct ua_offer_local *local)
{
	const struct ua_offer_result *res = ua_offer_result(call->offer);
	const struct ua_sdp_frag frag = {
		.ufrag = local->ufrag,
		.pwd = local->pwd,
		.mid = ua_offer_mid(call->offer),
		.candv = local->candv,
		.candc = local->candc,
		.end = local->end,
		.mux = res && res->mux,
	};
	char body[UA_CALL_SDP_MAX];
	struct ua_wr wr;
	int err;

	ua_wr_init(&wr, body, sizeof(body));
	err = ua_sdpfrag_encode(&frag, &wr);
	if (!err)
		err = ua_session_info(call->sess, fork, body, wr.pos);
	if (err) {
		ua_log(call->env->log, UA_LOG_WARN, "call",
		       "%u: late candidates were not told: %m", call->number,
		       err);
		return;
	}

	ua_log(call->env->log, UA_LOG_DEBUG, "call",
	       "%u: %zu candidates told%s", call->number, local->candc,
	       local->end ? ", all of them" : "");
	ua_trickle_told(&call->trickles[fork], local);
	call->trickles[fork].owed = false;
	call->trickles[fork].out = true;
	if (fork == call->fork)
		tmr_start(&call->info_tmr, UA_TRICKLE_WAIT_MS, on_patience,
			  call);
	call->trickles[fork].hasty =
		ua_session_state(call->sess) == UA_INVITE_ACCEPTED;
}


/*
 * Who is called shows nothing more of itself before it has answered; and what
 * our offer of a restart says counts when that is answered.
 */
static bool may_tell(const struct ua_call *call)
{
	return call->sess && call->flow && !call->updating &&
	       (call->state == UA_CALL_UP ||
		(!call->incoming && (call->state == UA_CALL_CALLING ||
				     call->state == UA_CALL_RINGING)));
}


bool ua_calltrickle_push(struct ua_call *call)
{
	struct ua_flow_local local;
	bool full = false;
	uint8_t i;

	if (!may_tell(call))
		return false;

	ua_flow_local(call->flow, ua_endpoint_local(call->ep)->af, &local);
	if (!local.sdp.ufrag)
		return false;

	for (i = 0; i < UA_INVITE_FORKS; i++) {
		if (!is_full(call, i))
			continue;

		full = full || i == call->fork;
		if (ua_session_can_info(call->sess, i) &&
		    ua_trickle_has_news(&call->trickles[i], &local.sdp))
			inform(call, i, &local.sdp);
	}

	return full;
}


bool ua_calltrickle_is_full(const struct ua_call *call)
{
	struct ua_sdp_cand cand;

	return call->sess && is_full(call, call->fork) &&
	       ua_flow_cands(call->flow, &cand, 1);
}


void ua_calltrickle_described(struct ua_call *call,
			      const struct ua_offer_local *local)
{
	size_t i;

	for (i = 0; i < UA_INVITE_FORKS; i++)
		ua_trickle_told(&call->trickles[i], local);
}


void ua_calltrickle_early(struct ua_call *call,
			  const struct ua_invite_event *ev)
{
	/*
	 * An unreliable 18x with an answer: whoever sent it cannot know that
	 * it came before it hears from us (RFC 8840, 4.3.2).
	 */
	if (ev->sdp && is_full(call, ev->fork))
		call->trickles[ev->fork].owed = true;

	(void)ua_calltrickle_push(call);
}


void ua_calltrickle_informed(struct ua_call *call,
			     const struct ua_invite_event *ev)
{
	struct ua_trickle *t = &call->trickles[ev->fork];

	t->out = false;

	/* It came before the 2xx that makes the dialog: once more then.  Or a
	 * later request of ours overtook it (RFC 3261, 12.2.2). */
	if ((ev->code == 481 && t->hasty) ||
	    (ev->code == 500 && !t->overtaken)) {
		t->owed = true;
		t->overtaken = ev->code == 500;
	}

	if (ev->code / 100 == 2 || t->owed) {
		t->hasty = false;
		t->overtaken &= ev->code / 100 != 2;
		if (!t->owed ||
		    ua_session_state(call->sess) != UA_INVITE_ACCEPTED)
			(void)ua_calltrickle_push(call);
		return;
	}

	if (t->failed)
		return;

	ua_log(call->env->log, UA_LOG_INFO, "call",
	       "%u: the peer takes no candidates by INFO (%u %s): offers tell "
	       "them",
	       call->number, ev->code, ev->reason);
	give_up(call, ev->fork);
}


static bool is_listed(const struct ua_sdp_facts *facts,
		      const struct ua_sdp_cand *cand)
{
	size_t i;

	for (i = 0; i < facts->candc; i++) {
		if (facts->candv[i].comp == cand->comp &&
		    ua_addr_eq(&facts->candv[i].addr, &cand->addr))
			return true;
	}

	return false;
}


/*
 * Each INFO repeats all that came before it, but some peers send what is new
 * alone: tell the application of that.
 */
static void tell(struct ua_call *call, struct ua_trickle *t,
		 const struct ua_sdp_facts *known,
		 const struct ua_sdp_facts *frag)
{
	struct ua_sdp_cand candv[UA_SDP_CAND_MAX];
	struct ua_sdp_facts news = { .candv = candv };
	const bool again =
		frag->candc && ua_addr_eq(&t->first, &frag->candv[0].addr);
	size_t i;

	for (i = again ? t->seen : 0; i < frag->candc; i++) {
		if (!is_listed(known, &frag->candv[i]))
			candv[news.candc++] = frag->candv[i];
	}

	if (frag->candc) {
		t->seen = frag->candc;
		t->first = frag->candv[0].addr;
	}
	if (news.candc)
		ua_callmedia_tell_remote(call, &news);
}


/* Credentials that were left out are those of the description in force. */
static void complete(struct ua_sdp_facts *frag,
		     const struct ua_sdp_facts *known)
{
	if (!frag->ufrag[0])
		str_ncpy(frag->ufrag, known->ufrag, sizeof(frag->ufrag));
	if (!frag->pwd[0] && !strcmp(frag->ufrag, known->ufrag))
		str_ncpy(frag->pwd, known->pwd, sizeof(frag->pwd));

	frag->ice = frag->pwd[0] != '\0';
}


/*
 * Give it to ICE.
 *
 * ESTALE: its description is not in force; EAGAIN: there is none yet
 */
static int apply(struct ua_call *call, uint8_t fork, const char *body,
		 size_t len)
{
	const struct ua_sdp_facts *known = description(call, fork);
	struct ua_sdp_facts frag;
	int err;

	memset(&frag, 0, sizeof(frag));
	err = ua_sdpfrag_decode(&frag, (const uint8_t *)body, len,
				call->offer ? ua_offer_mid(call->offer)
					    : NULL);
	if (err)
		return err;

	if (!known) {
		err = EAGAIN;
		goto out;
	}

	complete(&frag, known);
	if (strcmp(frag.ufrag, known->ufrag))
		err = ESTALE;
	else if (!call->has_media)
		err = EAGAIN;
	else
		err = ua_flow_trickle(call->flow, &frag);

	if (!err)
		tell(call, &call->trickles[fork], known, &frag);

out:
	ua_sdpfacts_reset(&frag);

	return err;
}


static void keep(struct ua_call *call, uint8_t fork, const char *body,
		 size_t len, bool ages)
{
	const int err = ua_trickle_keep(&call->trickles[fork], ua_clock_ms(),
					body, len, ages);

	if (err)
		ua_log(call->env->log, UA_LOG_WARN, "call",
		       "%u: candidates of the peer are lost: %m", call->number,
		       err);
}


static void take(struct ua_call *call, uint8_t fork, const char *body,
		 size_t len)
{
	const int err = apply(call, fork, body, len);

	if (!err)
		return;

	/* What came while it rings waits for us, however long that is. */
	if (err == EAGAIN || err == ESTALE)
		keep(call, fork, body, len,
		     err == ESTALE || !description(call, fork));
	else
		ua_log(call->env->log, UA_LOG_INFO, "call",
		       "%u: candidates of the peer are skipped: %m",
		       call->number, err);
}


void ua_calltrickle_came(struct ua_call *call,
			 const struct ua_invite_event *ev)
{
	if (call->flow && ev->sdp && ev->fork < UA_INVITE_FORKS &&
	    call->state != UA_CALL_ENDING)
		take(call, ev->fork, ev->sdp, ev->len);

	/* It tells that the dialog stands. */
	(void)ua_calltrickle_push(call);
}


void ua_calltrickle_release(struct ua_call *call)
{
	struct ua_trickle *t = &call->trickles[call->fork];
	const uint64_t kept_ms = t->kept_ms;
	struct mbuf *mb = ua_trickle_kept(t, ua_clock_ms());
	int err;

	if (!mb)
		return;

	err = apply(call, call->fork, (const char *)mb->buf, mb->end);
	if (err == EAGAIN || err == ESTALE) {
		t->kept = mb;
		t->kept_ms = kept_ms;
		return;
	}

	mem_deref(mb);
}


void ua_calltrickle_reset(struct ua_call *call)
{
	size_t i;

	tmr_cancel(&call->info_tmr);
	for (i = 0; i < UA_INVITE_FORKS; i++)
		ua_trickle_reset(&call->trickles[i]);
}
