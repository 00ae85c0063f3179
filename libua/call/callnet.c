/* SPDX-License-Identifier: BSD-3-Clause */
/** @file callnet.c  A call whose host changes its place in the network */

#include <errno.h>

#include "base/clock.h"
#include "call/callcore.h"
#include "call/callnet.h"
#include "sip/sesmove.h"

/* By then media has gathered at the new address and has made its offer. */
enum { TELL_MS = 2 * UA_FLOW_GATHER_MS };


/* Where its signalling goes: the account's server, or the other side. */
static bool destination(struct ua_call *call, struct ua_addr *dst)
{
	struct ua_identity id;

	if (call->has_hop) {
		*dst = call->hop.addr;
		return true;
	}

	if (call->account &&
	    !call->env->identity(call->env, call->account, &id)) {
		*dst = id.hop.addr;
		return true;
	}

	return call->sess && ua_sesmove_dst(call->sess, call->ep, dst);
}


/* Where signalling should be; without a way it stays where it is, for the
   network may come back. */
static struct ua_endpoint *right_place(struct ua_call *call)
{
	struct ua_endpoint *ep;
	struct ua_addr dst;

	if (!call->ep || !destination(call, &dst) ||
	    call->env->again(call->env, &dst, ua_endpoint_tls_host(call->ep),
			     call->ep, &ep))
		return call->ep;

	return ep;
}


/* True: signalling is elsewhere now. */
static bool move(struct ua_call *call)
{
	struct ua_endpoint *ep = right_place(call);
	int err;

	if (ep == call->ep)
		return false;

	err = call->sess ? ua_sesmove_to(call->sess, call->ep, ep) : 0;
	if (err && err != ENOENT) {
		ua_log(call->env->log, UA_LOG_WARN, "call",
		       "%u: signalling stays where it was: %m", call->number,
		       err);
		return false;
	}

	call->ep = ep;
	return true;
}


/*
 * Media may have kept its path, but the peer's requests go to our old Contact
 * until an offer tells it the new one (RFC 3261, 12.2.1.1).
 */
static void on_tell(void *arg)
{
	struct ua_call *call = arg;
	const struct ua_call_restart *r = &call->restart;

	if (!r->out && ua_clock_ms() - r->last_ms > TELL_MS)
		ua_reoffer_restart(call, "address changed");

	ua_reoffer_update(call);
}


/* Nothing but the loopback: the network may come back as it was. */
static bool is_cut_off(const struct ua_env *env)
{
	struct ua_iflist list;

	if (ua_env_addresses(env, &list))
		return true;

	return !list.n || (ua_addr_is_loopback(&list.v[0].addr) &&
			   !env->addresses && !env->conf->ifaces[0] &&
			   !ua_addr_is_loopback(&env->conf->local));
}


void ua_callnet_changed(struct ua_call *call)
{
	if (is_cut_off(call->env))
		return;

	if (move(call) && call->state == UA_CALL_UP)
		tmr_start(&call->update_tmr, TELL_MS, on_tell, call);

	if (call->flow)
		ua_flow_network(call->flow);
}


bool ua_callnet_is_astray(struct ua_call *call)
{
	return right_place(call) != call->ep;
}
