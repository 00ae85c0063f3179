/* SPDX-License-Identifier: BSD-3-Clause */
/** @file sipping.c  What keeps a flow open is sent, and answered */

#include <errno.h>
#include <string.h>

#include "base/re_compat.h"
#include "base/addr.h"
#include "base/clock.h"
#include "dialog/dialog.h"
#include "dialog/sipmsg.h"
#include "sip/epcore.h"
#include "sip/optreq.h"
#include "sip/sipflowcore.h"

static void options_handler(int err, struct sip_msg *msg, void *arg)
{
	struct ua_sipflow *flow = arg;
	const uint64_t now_ms = ua_clock_ms();
	struct ua_addr mapped;

	if (!err && msg->scode < 200)
		return;

	flow->req = mem_deref(flow->req);
	ua_sipflowcore_wake(flow);

	/* Silence has its own clock, which looks at other traffic, too. */
	if (err) {
		if (err != ETIMEDOUT)
			ua_pinger_broken(&flow->pinger, now_ms, err);
		return;
	}

	memset(&mapped, 0, sizeof(mapped));
	ua_sipmsg_mapped(msg, &mapped);
	ua_pinger_answer(&flow->pinger, now_ms, UA_PING_OPTIONS, msg->scode,
			 &mapped);
}


static int half_make(struct ua_sipflow *flow)
{
	const struct ua_sipflow_user *user = ua_sipflowcore_first(flow);

	if (flow->half)
		return 0;

	return ua_dialog_alloc(&flow->half, flow->ep->rand, user->aor,
			       user->uri, NULL);
}


static int options_send(struct ua_sipflow *flow)
{
	const struct ua_sipflow_user *user = ua_sipflowcore_first(flow);
	struct ua_outreq_conf conf = {
		.met = "OPTIONS",
		.uri = user->uri,
		.hop = user->uri,
		.flow = flow->hop,
		.force = true,
	};
	int err;

	flow->req = mem_deref(flow->req);

	err = half_make(flow);
	if (!err)
		err = ua_optreq_encode(&conf.mb, flow->ep, flow->half,
				       user->contact, NULL, user->uri);
	if (err)
		return err;

	err = ua_outreq_send(&flow->req, flow->ep, &conf, options_handler,
			     flow);
	mem_deref(conf.mb);

	return err;
}


static int raw_send(struct ua_sipflow *flow, const uint8_t *buf, size_t len)
{
	const enum sip_transp tp = flow->hop.tp == UA_TP_UDP ? SIP_TRANSP_UDP
				   : flow->hop.tp == UA_TP_TCP
					   ? SIP_TRANSP_TCP
					   : SIP_TRANSP_TLS;
	struct mbuf *mb = mbuf_alloc(len);
	struct sa dst;
	int err;

	if (!mb)
		return ENOMEM;

	ua_addr_to_sa(&dst, &flow->hop.addr);
	err = mbuf_write_mem(mb, buf, len);
	mb->pos = 0;
	if (!err)
		err = sip_send(flow->ep->sip, NULL, tp, &dst, mb);
	mem_deref(mb);

	return err;
}


static int crlf_send(struct ua_sipflow *flow)
{
	/* On a new connection it would say nothing. */
	if (flow->hop.tp != UA_TP_UDP &&
	    !ua_conns_has(&flow->ep->conns, &flow->hop.addr))
		return ENOTCONN;

	return raw_send(flow, (const uint8_t *)"\r\n\r\n", 4);
}


/* Send what the STUN client has; the pinger has its own patience. */
static int binding_flush(struct ua_sipflow *flow, uint64_t now_ms)
{
	struct ua_dgram dg;
	int err = 0;

	while (!err && ua_bind_output(flow->bind, now_ms, &dg))
		err = raw_send(flow, dg.buf, dg.len);

	return err;
}


static int binding_send(struct ua_sipflow *flow, uint64_t now_ms)
{
	const struct ua_bind_conf conf = {
		.server = flow->hop.addr,
		.rand = flow->ep->rand,
		.log = flow->ep->log,
	};
	int err;

	flow->bind = mem_deref(flow->bind);
	err = ua_bind_alloc(&flow->bind, &conf);
	if (err)
		return err;

	ua_bind_start(flow->bind, now_ms);

	return binding_flush(flow, now_ms);
}


static void register_want(struct ua_sipflow *flow, uint64_t now_ms)
{
	const struct ua_sipflow_event ev = {
		.type = UA_SIPFLOW_REGISTER,
		.ping = UA_PING_REGISTER,
		.interval_ms = ua_pinger_interval_ms(&flow->pinger),
		.next_ms = ua_pinger_interval_ms(&flow->pinger),
		.saved = ua_lifetime_saved(&flow->life, now_ms),
		.learning = ua_lifetime_words(&flow->life),
	};

	ua_sipflowcore_tell(flow, &ev, false);
}


void ua_sipping_send(struct ua_sipflow *flow, uint64_t now_ms,
		     enum ua_ping ping)
{
	int err = 0;

	flow->idle_ms = now_ms - ua_pinger_proof(&flow->pinger);
	ua_lifetime_count(&flow->life);

	switch (ping) {

	case UA_PING_OPTIONS:
		err = options_send(flow);
		break;

	case UA_PING_REGISTER:
		register_want(flow, now_ms);
		break;

	case UA_PING_CRLF:
		err = crlf_send(flow);
		break;

	case UA_PING_STUN:
		err = binding_send(flow, now_ms);
		break;

	default:
		break;
	}

	/* Without memory it is a lost one. */
	if (err && err != ENOMEM)
		ua_pinger_broken(&flow->pinger, now_ms, err);
}


static void binding_event(struct ua_sipflow *flow, uint64_t now_ms)
{
	struct ua_bind_event ev;

	while (flow->bind && ua_bind_event(flow->bind, &ev)) {
		if (ev.type == UA_BIND_MAPPED)
			ua_pinger_answer(&flow->pinger, now_ms, UA_PING_STUN,
					 0, &ev.mapped);
	}
}


void ua_sipping_pump(struct ua_sipflow *flow, uint64_t now_ms)
{
	if (!flow->bind)
		return;

	ua_bind_tick(flow->bind, now_ms);
	(void)binding_flush(flow, now_ms);
	binding_event(flow, now_ms);
}
