/* SPDX-License-Identifier: BSD-3-Clause */
/** @file sipping.c  What keeps a flow open is sent, and answered */

#include <errno.h>
#include <string.h>

#include "base/re_compat.h"
#include "base/addr.h"
#include "base/clock.h"
#include "base/random.h"
#include "dialog/dialog.h"
#include "dialog/sipmsg.h"
#include "sip/epcore.h"
#include "sip/optreq.h"
#include "sip/sipflowcore.h"

enum {
	COPIES = 4,     /* As a transaction has sent within the patience of a
			   ping (RFC 3261, 17.1.2.2)                     */
	RESEND_MS = 500 /* T1; twice as long each time                     */
};


static void options_answer(struct ua_sipflow *flow, const struct sip_msg *msg);


static void options_handler(int err, struct sip_msg *msg, void *arg)
{
	struct ua_sipflow *flow = arg;

	if (!err && msg->scode < 200)
		return;

	flow->req = mem_deref(flow->req);
	ua_sipflowcore_wake(flow);

	/* Silence has its own clock, which looks at other traffic, too. */
	if (!err)
		options_answer(flow, msg);
	else if (err != ETIMEDOUT)
		ua_pinger_broken(&flow->pinger, ua_clock_ms(), err);
}


static int half_make(struct ua_sipflow *flow)
{
	const struct ua_sipflow_user *user = ua_sipflowcore_first(flow);

	if (flow->half)
		return 0;

	return ua_dialog_alloc(&flow->half, flow->ep->rand, user->aor,
			       user->uri, NULL);
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


/*
 * A transaction of libre's goes on for 32 s, whether its owner still wants to
 * know or not: eleven datagrams to a server that is silent, each time.  So a
 * ping by UDP is sent by ourselves, as often as anybody waits for it.
 */
static int datagram_send(struct ua_sipflow *flow, const char *uri,
			 struct mbuf *headers)
{
	struct mbuf *mb = mbuf_alloc(headers->end + 256);
	struct sa local;
	int err;

	if (!mb)
		return ENOMEM;

	ua_random_str(flow->ep->rand, flow->branch, UA_SIPPING_BRANCH);
	ua_addr_to_sa(&local, &flow->ep->local);
	err = mbuf_printf(mb,
			  "OPTIONS %s SIP/2.0\r\n"
			  "Via: SIP/2.0/UDP %J;branch=z9hG4bK%s;rport\r\n",
			  uri, &local, flow->branch);
	if (!err)
		err = mbuf_write_mem(mb, headers->buf, headers->end);
	if (!err)
		err = raw_send(flow, mb->buf, mb->end);
	if (err) {
		mem_deref(mb);
		return err;
	}

	mem_deref(flow->ping);
	flow->ping = mb;
	flow->sends = 1;
	flow->resend_at = ua_clock_ms() + RESEND_MS;

	return 0;
}


static void datagram_again(struct ua_sipflow *flow, uint64_t now_ms)
{
	if (flow->resend_at > now_ms)
		return;

	/* What cannot be sent is lost, as any of them may be. */
	(void)raw_send(flow, flow->ping->buf, flow->ping->end);
	flow->resend_at =
		++flow->sends < COPIES
			? now_ms + ((uint64_t)RESEND_MS << (flow->sends - 1))
			: UA_NEVER;
}


void ua_sipping_drop(struct ua_sipflow *flow)
{
	flow->req = mem_deref(flow->req);
	flow->ping = mem_deref(flow->ping);
	flow->bind = mem_deref(flow->bind);
	flow->resend_at = UA_NEVER;
}


uint64_t ua_sipping_deadline(const struct ua_sipflow *flow)
{
	uint64_t at = flow->bind ? ua_bind_deadline(flow->bind) : UA_NEVER;

	if (flow->resend_at < at)
		at = flow->resend_at;

	return ua_sipself_deadline(flow, at);
}


static int options_send(struct ua_sipflow *flow, bool self)
{
	const struct ua_sipflow_user *user = ua_sipflowcore_first(flow);
	struct ua_outreq_conf conf = {
		.met = "OPTIONS",
		.uri = self ? ua_dialog_uri(flow->self.half) : user->uri,
		.hop = user->uri,
		.flow = flow->hop,
		.force = true,
	};
	int err;

	flow->req = mem_deref(flow->req);

	err = half_make(flow);
	if (!err)
		err = ua_optreq_encode(
			&conf.mb, flow->ep,
			self ? flow->self.half : flow->half, user->contact,
			self ? flow->self.digest : NULL, conf.uri);
	if (err)
		return err;

	err = flow->hop.tp == UA_TP_UDP
		      ? datagram_send(flow, conf.uri, conf.mb)
		      : ua_outreq_send(&flow->req, flow->ep, &conf,
				       options_handler, flow);
	mem_deref(conf.mb);

	return err;
}


/*
 * A challenge is an answer: the flow lives, and how we are seen is told.  What
 * was addressed to ourselves goes on by itself then, unless it would be passed
 * to where we were before.
 */
static void options_answer(struct ua_sipflow *flow, const struct sip_msg *msg)
{
	const uint64_t now_ms = ua_clock_ms();
	const bool challenged = ua_sipself_answer(flow, msg);
	struct ua_addr mapped;

	memset(&mapped, 0, sizeof(mapped));
	ua_sipmsg_mapped(msg, &mapped);
	ua_pinger_answer(&flow->pinger, now_ms, UA_PING_OPTIONS, msg->scode,
			 &mapped);
	if (!challenged)
		return;

	if ((mapped.af && flow->mapped.af &&
	     !ua_addr_eq(&mapped, &flow->mapped)) ||
	    options_send(flow, true))
		flow->self.flight = false;
	else
		flow->self.until_ms = now_ms + flow->pinger.dead_ms / 2;
}


bool ua_sipping_response(struct ua_sipflow *flow, struct sip_msg *msg)
{
	static const char cookie[] = "z9hG4bK";
	const size_t len = sizeof(cookie) - 1;
	struct pl branch = msg->via.branch;

	if (!flow->ping || msg->tp != SIP_TRANSP_UDP || branch.l <= len)
		return false;

	pl_advance(&branch, (ssize_t)len);
	if (pl_strcmp(&branch, flow->branch) ||
	    pl_strcmp(&msg->cseq.met, "OPTIONS"))
		return false;

	if (msg->scode < 200)
		return true;

	ua_sipping_drop(flow);
	ua_sipflowcore_wake(flow);
	options_answer(flow, msg);

	return true;
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
	struct ua_sipflow_event ev = {
		.type = UA_SIPFLOW_REGISTER,
		.ping = UA_PING_REGISTER,
	};

	ua_sipflowcore_pace(flow, now_ms, &ev);
	ev.next_ms = ev.interval_ms;
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
		err = options_send(flow, ua_sipself_begin(flow, now_ms));
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
	datagram_again(flow, now_ms);
	ua_sipself_pump(flow, now_ms);
	if (!flow->bind)
		return;

	ua_bind_tick(flow->bind, now_ms);
	(void)binding_flush(flow, now_ms);
	binding_event(flow, now_ms);
}
