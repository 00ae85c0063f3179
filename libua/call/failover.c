/* SPDX-License-Identifier: BSD-3-Clause */
/** @file failover.c  A call whose first server does not take it */

#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "call/failover.h"
#include "call/target.h"
#include "sip/outreq.h"

/* What an INVITE has beside its description, more or less [bytes] */
enum { HEADERS_LEN = 600 };


/* The server, not the network of this host, nor what was sent to it */
static bool is_transport(int err)
{
	switch (err) {

	case ETIMEDOUT:
	case ECONNREFUSED:
	case ECONNRESET:
	case ECONNABORTED:
	case EHOSTUNREACH:
	case ENETUNREACH:
	case ENOTCONN:
	case EPIPE:
		return true;

	default:
		return false;
	}
}


static void failed(struct ua_call *call, uint64_t ms, const char *how)
{
	char addr[UA_ADDR_LEN];

	ua_log(call->env->log, UA_LOG_INFO, "call", "%u: %s by %s %s",
	       call->number, ua_addr_str(&call->hop.addr, addr),
	       ua_tp_name(call->hop.tp), how);
	ua_shun_add(&call->env->shun, ua_clock_ms(), &call->hop.addr,
		    call->hop.tp, ms);
}


/* The next one that this host has an address for; ENOENT: there is none */
static int hop_take(struct ua_call *call)
{
	struct ua_call_failover *fo = &call->failover;
	const struct ua_target *target;
	char host[UA_DNS_NAME_LEN];
	int err = ENOENT;

	while (fo->next < fo->n) {
		target = &fo->targetv[fo->next++];
		err = call->env->endpoint(
			call->env, &target->addr,
			ua_target_tls_host(host, fo->uri, target->tp),
			&call->ep);
		if (err)
			continue;

		call->hop.addr = target->addr;
		call->hop.tp = target->tp;
		return 0;
	}

	return err;
}


void ua_failover_begin(struct ua_call *call, const struct ua_target *targetv,
		       size_t n)
{
	struct ua_call_failover *fo = &call->failover;
	int err;

	fo->n = n < UA_TARGET_MAX ? n : UA_TARGET_MAX;
	fo->next = 0;
	fo->uri = call->peer;
	memcpy(fo->targetv, targetv, fo->n * sizeof(targetv[0]));
	ua_shun_sort(&call->env->shun, ua_clock_ms(), fo->targetv, fo->n);

	err = hop_take(call);
	if (!err)
		err = ua_dial_anonymous(call);
	if (err) {
		ua_callbase_fail(call, "%s: no way to it from here (%m)",
				 call->peer, err);
		return;
	}

	call->has_hop = true;
	ua_callsig_invite(call);
}


void ua_failover_others(struct ua_call *call, const char *uri,
			const struct ua_target *targetv, size_t n)
{
	struct ua_call_failover *fo = &call->failover;
	size_t i;

	fo->n = 0;
	fo->next = 0;
	fo->uri = uri;
	for (i = 0; i < n && fo->n < UA_TARGET_MAX; i++) {
		if (targetv[i].tp != call->hop.tp ||
		    !ua_addr_eq(&targetv[i].addr, &call->hop.addr))
			fo->targetv[fo->n++] = targetv[i];
	}

	ua_shun_sort(&call->env->shun, ua_clock_ms(), fo->targetv, fo->n);
}


static bool has_next(const struct ua_call *call)
{
	return call->failover.next < call->failover.n &&
	       call->state == UA_CALL_CALLING && !call->env->stopping;
}


/*
 * What the server that was left says later is handled without us: a 1xx gets
 * a CANCEL, a 2xx an ACK and a BYE.
 */
static bool next_try(struct ua_call *call)
{
	struct ua_session *old;

	if (!has_next(call) || hop_take(call))
		return false;

	old = call->sess;
	call->sess = NULL;
	ua_callsig_again(call, old);
	mem_deref(old);

	return true;
}


static void on_silence(void *arg)
{
	struct ua_call *call = arg;

	/* A 100 is enough: somebody works at it. */
	if (!call->sess || !has_next(call) ||
	    ua_session_state(call->sess) != UA_INVITE_CALLING)
		return;

	failed(call, 0, "is silent");

	/* No way to any other: this one has the rest of its time. */
	(void)next_try(call);
}


void ua_failover_sent(struct ua_call *call, size_t len)
{
	struct ua_call_failover *fo = &call->failover;
	uint32_t ms = UA_FAILOVER_SILENT_MS;

	fo->silent_ms = UA_NEVER;
	tmr_cancel(&fo->tmr);
	if (fo->next >= fo->n)
		return;

	/* One that is too long for UDP is tried by TCP before that. */
	if (call->hop.tp == UA_TP_UDP &&
	    len + HEADERS_LEN > UA_ENDPOINT_UDP_MAX)
		ms += UA_OUTREQ_TCP_MS;

	fo->silent_ms = ua_clock_ms() + ms;
	tmr_start(&fo->tmr, ms, on_silence, call);
}


void ua_failover_heard(struct ua_call *call)
{
	if (call->incoming || !call->has_hop)
		return;

	ua_failover_stop(call);
	ua_shun_ok(&call->env->shun, &call->hop.addr, call->hop.tp);
}


bool ua_failover_ended(struct ua_call *call, const struct ua_invite_event *ev)
{
	const bool calling = call->state == UA_CALL_CALLING;

	if (call->incoming || !call->has_hop || ev->by == UA_BY_LOCAL)
		return false;

	if (calling && is_transport(ev->err)) {
		failed(call, 0, "was not reached");
	}
	else if (!ev->err && ev->code == 503) {
		failed(call, (uint64_t)ev->retry_s * 1000, "said 503");
	}
	else {
		if (!ev->err)
			ua_failover_heard(call);
		return false;
	}

	return calling && next_try(call);
}


void ua_failover_rearm(struct ua_call *call)
{
	const struct ua_call_failover *fo = &call->failover;
	const uint64_t now_ms = ua_clock_ms();

	if (tmr_isrunning(&fo->tmr))
		tmr_start(&call->failover.tmr,
			  fo->silent_ms > now_ms ? fo->silent_ms - now_ms : 0,
			  on_silence, call);
}


void ua_failover_stop(struct ua_call *call)
{
	tmr_cancel(&call->failover.tmr);
	call->failover.n = 0;
}
