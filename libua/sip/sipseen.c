/* SPDX-License-Identifier: BSD-3-Clause */
/** @file sipseen.c  What an endpoint sees of its flows */

#include <errno.h>

#include "base/re_compat.h"
#include "base/addr.h"
#include "base/clock.h"
#include "sip/epcore.h"
#include "sip/sipflowcore.h"
#include "sip/sipseen.h"

bool ua_sipseen_traffic(struct ua_endpoint *ep, enum ua_tp tp,
			const struct ua_addr *peer, bool tx, bool pong)
{
	const uint64_t now_ms = ua_clock_ms();
	bool any = false;
	struct le *le;

	for (le = ep->flowl.head; le; le = le->next) {
		struct ua_sipflow *flow = le->data;

		if (flow->hop.tp != tp || !ua_addr_eq(&flow->hop.addr, peer))
			continue;

		if (tx) {
			ua_pinger_tx(&flow->pinger, now_ms);
			ua_lifetime_tx(&flow->life, now_ms);
		}
		else {
			ua_pinger_rx(&flow->pinger, now_ms);
			ua_lifetime_rx(&flow->life, now_ms);
		}
		if (pong)
			ua_pinger_answer(&flow->pinger, now_ms, UA_PING_CRLF,
					 0, NULL);
		ua_sipflowcore_wake(flow);
		any = true;
	}

	return any;
}


bool ua_sipseen_stun(struct ua_endpoint *ep, const struct ua_addr *src,
		     const uint8_t *buf, size_t len)
{
	const uint64_t now_ms = ua_clock_ms();
	struct le *le;

	for (le = ep->flowl.head; le; le = le->next) {
		struct ua_sipflow *flow = le->data;

		if (!flow->bind ||
		    ua_bind_input(flow->bind, now_ms, src, buf, len))
			continue;

		ua_sipflowcore_wake(flow);
		return true;
	}

	return false;
}


static void watch_handler(enum ua_connwatch_ev ev, void *arg)
{
	struct ua_sipflow *flow = arg;

	if (ev == UA_CONNWATCH_CLOSED) {
		flow->broken = ECONNRESET;
		ua_sipflowcore_wake(flow);
		return;
	}

	(void)ua_sipseen_traffic(flow->ep, flow->hop.tp, &flow->hop.addr,
				 ev == UA_CONNWATCH_TX,
				 ev == UA_CONNWATCH_PONG);
}


void ua_sipseen_conn(struct ua_endpoint *ep, const struct sip_msg *msg)
{
	const enum ua_tp tp =
		msg->tp == SIP_TRANSP_TCP ? UA_TP_TCP : UA_TP_TLS;
	struct ua_addr peer;
	struct le *le;

	if (msg->tp != SIP_TRANSP_TCP && msg->tp != SIP_TRANSP_TLS)
		return;

	ua_addr_from_sa(&peer, &msg->src);
	for (le = ep->flowl.head; le; le = le->next) {
		struct ua_sipflow *flow = le->data;

		if (flow->hop.tp != tp || !ua_addr_eq(&flow->hop.addr, &peer))
			continue;

		if (flow->watch && ua_connwatch_is(flow->watch, msg))
			continue;

		flow->watch = mem_deref(flow->watch);
		/* Without it the pings find out, later. */
		if (ua_connwatch_alloc(&flow->watch, ep->sip, msg,
				       watch_handler, flow))
			flow->watch = NULL;
	}
}


void ua_sipseen_begin(struct ua_endpoint *ep)
{
	size_t i;

	for (i = 0; i < UA_CONNS_MAX; i++) {
		const struct sip_msg *msg = ep->conns.msgv[i];

		if (msg && sip_msg_tcpconn(msg))
			ua_sipseen_conn(ep, msg);
	}
}


bool ua_sipseen_response(struct ua_endpoint *ep, struct sip_msg *msg)
{
	struct le *le;

	for (le = ep->flowl.head; le; le = le->next) {
		if (ua_sipping_response(le->data, msg))
			return true;
	}

	return false;
}


bool ua_sipseen_probe(struct ua_endpoint *ep, const struct sip_msg *msg)
{
	struct le *le;

	for (le = ep->flowl.head; le; le = le->next) {
		struct ua_sipflow *flow = le->data;

		if (ua_sipself_arrived(flow, msg))
			return true;

		if (!flow->probe ||
		    pl_strcmp(&msg->callid, ua_sipprobe_callid(flow->probe)) !=
			    0)
			continue;

		ua_lifetime_arrived(&flow->life, ua_clock_ms());
		ua_sipflowcore_wake(flow);
		return true;
	}

	return false;
}
