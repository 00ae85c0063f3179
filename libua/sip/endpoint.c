/* SPDX-License-Identifier: BSD-3-Clause */
/** @file endpoint.c  One SIP address of this machine: a UDP and a TCP port, or
 * TLS to one host */

#include <errno.h>
#include <string.h>

#include "base/re_compat.h"
#include "base/addr.h"
#include "base/clock.h"
#include "base/random.h"
#include <ua/log.h>
#include "dialog/sipmsg.h"
#include "dialog/sipraw.h"
#include "sip/epcore.h"
#include "sip/pinged.h"
#include "sip/outreq.h"
#include "sip/sesscore.h"
#include "sip/sipseen.h"
#include "sip/siptls.h"

enum {
	CALLS = 32,      /* max_calls unless told otherwise           */
	HASH_SIZE = 32,  /* of libre's tables                         */
	PORT_TRIES = 32, /* to find a port that UDP and TCP both have */
	SPARE_CALLS = 32 /* that ended and wait for late messages     */
};


void ua_endpoint_conf_default(struct ua_endpoint_conf *conf)
{
	memset(conf, 0, sizeof(*conf));
	conf->max_calls = CALLS;
	conf->trickle = true;
	conf->rand = &ua_random_system;
}


static void refuse(struct ua_endpoint *ep, const struct sip_msg *msg,
		   uint16_t code, const char *reason, const char *headers)
{
	const int err = sip_treplyf(NULL, NULL, ep->sip, msg, false, code,
				    reason ? reason : ua_sipmsg_reason(code),
				    "%sContent-Length: 0\r\n\r\n", headers);

	if (err)
		ua_log(ep->log, UA_LOG_WARN, "sip", "%u to %J not sent: %m",
		       code, &msg->src, err);
}


/* What is wrong with the request itself */
static void refuse_fault(struct ua_endpoint *ep, struct sip_msg *msg,
			 const struct ua_sipmsg_fault *fault)
{
	if (fault->stateless)
		(void)sip_replyf(ep->sip, msg, fault->code, fault->reason,
				 "%sContent-Length: 0\r\n\r\n",
				 fault->headers);
	else
		refuse(ep, msg, fault->code, fault->reason, fault->headers);

	if (fault->framing)
		ua_conns_break(&ep->conns, msg);
}


/* A flood must not fill the memory with answers: libre keeps each 32 s. */
static bool overloaded(struct ua_endpoint *ep)
{
	const uint64_t second = ua_clock_ms() / 1000;

	if (second != ep->second) {
		ep->second = second;
		ep->answerc = 0;
	}

	return ++ep->answerc > UA_EPCORE_ANSWERS;
}


static void dropped(struct ua_endpoint *ep, const struct sa *src,
		    const char *what)
{
	/* Log the 1st, 2nd, 4th, 8th ...: whoever sends may send a lot */
	++ep->dropc;
	if (!(ep->dropc & (ep->dropc - 1)))
		ua_log(ep->log, UA_LOG_WARN, "sip", "%s from %J dropped (%u)",
		       what, src, ep->dropc);
}


static void drop_fault(struct ua_endpoint *ep, struct sip_msg *msg,
		       const struct ua_sipmsg_fault *fault, const char *what)
{
	dropped(ep, &msg->src, what);
	if (fault->framing)
		ua_conns_break(&ep->conns, msg);
}


static void guard_handler(const struct sa *src, const char *what,
			  const struct mbuf *mb, void *arg)
{
	struct ua_endpoint *ep = arg;
	struct mbuf *out;
	struct sa dst;

	dropped(ep, src, what);
	out = mb && !overloaded(ep) ? mbuf_alloc(1024) : NULL;
	if (out && !ua_sipraw_refuse(out, mb, src, &dst)) {
		out->pos = 0;
		(void)sip_send(ep->sip, NULL, SIP_TRANSP_UDP, &dst, out);
	}

	mem_deref(out);
}


static bool seen_handler(enum ua_udpguard_kind kind, const struct sa *peer,
			 const struct mbuf *mb, void *arg)
{
	struct ua_endpoint *ep = arg;
	struct ua_addr addr;
	bool flow;

	ua_addr_from_sa(&addr, peer);
	if (kind == UA_UDPGUARD_STUN)
		return ua_sipseen_stun(ep, &addr, mbuf_buf(mb),
				       mbuf_get_left(mb));

	flow = ua_sipseen_traffic(ep, UA_TP_UDP, &addr, kind == UA_UDPGUARD_TX,
				  false);
	if (flow && kind == UA_UDPGUARD_CRLF)
		ua_pinged_crlf(ep, peer);

	return false;
}


static bool user_here(const struct ua_endpoint *ep, const struct sip_msg *msg)
{
	return !ep->user_h || ep->user_h(&msg->uri.user, ep->arg);
}


static void on_invite(struct ua_endpoint *ep, struct sip_msg *msg)
{
	uint32_t calls, all;
	uint16_t code = 480;

	if (!user_here(ep, msg)) {
		refuse(ep, msg, 404, NULL, "");
		return;
	}

	if (!ep->trickle &&
	    sip_msg_hdr_has_value(msg, SIP_HDR_REQUIRE, UA_SIPMSG_TRICKLE)) {
		refuse(ep, msg, 420, NULL,
		       "Unsupported: " UA_SIPMSG_TRICKLE "\r\n");
		return;
	}

	ua_sesscore_count(ep, &calls, &all);
	if (all >= ep->max_calls + SPARE_CALLS) {
		refuse(ep, msg, 503, NULL, "Retry-After: 10\r\n");
		return;
	}

	if (calls >= ep->max_calls) {
		refuse(ep, msg, 486, NULL, "");
		return;
	}

	if (ep->invite_h)
		code = ep->invite_h(msg, ep->arg);

	if (code)
		refuse(ep, msg, code, NULL, "");
}


static void on_options(struct ua_endpoint *ep, const struct sip_msg *msg)
{
	if (!ua_sipseen_probe(ep, msg) && !user_here(ep, msg))
		refuse(ep, msg, 404, NULL, "");
	else if (ua_pinged_options(ep, msg))
		refuse(ep, msg, 500, NULL, "");
}


static void on_request(struct ua_endpoint *ep, struct sip_msg *msg)
{
	struct ua_sipmsg_fault fault;
	const bool ack = !pl_strcmp(&msg->met, "ACK");
	const int err = ua_sipmsg_check(msg, &fault);

	if (err == EBADMSG) {
		drop_fault(ep, msg, &fault, "broken request");
		return;
	}

	if (!err && ua_sesscore_request(ep, msg))
		return;

	if (ack)
		return;

	if (overloaded(ep)) {
		dropped(ep, &msg->src, "request of a flood");
		return;
	}

	if (err) {
		refuse_fault(ep, msg, &fault);
		return;
	}

	if (ua_pinged_notify(ep, msg))
		return;

	/* In a dialog that is none of ours, or without one that it needs */
	if (msg->to.tag.l || !pl_strcmp(&msg->met, "CANCEL") ||
	    !pl_strcmp(&msg->met, "BYE") || !pl_strcmp(&msg->met, "INFO")) {
		refuse(ep, msg, 481, NULL, "");
		return;
	}

	if (!ua_sipmsg_allowed(msg)) {
		ua_sipmsg_refuse_method(msg, &fault);
		refuse(ep, msg, fault.code, fault.reason, fault.headers);
		return;
	}

	if (!pl_strcmp(&msg->met, "INVITE"))
		on_invite(ep, msg);
	else
		on_options(ep, msg);
}


/* The last listener: whatever no transaction of libre's took. */
static bool request_handler(const struct sip_msg *msg, void *arg)
{
	struct ua_endpoint *ep = arg;

	ua_conns_note(&ep->conns, msg);
	ua_sipseen_conn(ep, msg);
	if (!ep->guard || !ua_udpguard_knock(ep->guard, msg))
		on_request(ep, (struct sip_msg *)msg);

	return true;
}


static bool response_handler(const struct sip_msg *msg, void *arg)
{
	struct ua_endpoint *ep = arg;
	struct ua_sipmsg_fault fault;

	if (ua_sipmsg_check(msg, &fault))
		drop_fault(ep, (struct sip_msg *)msg, &fault,
			   "broken response");
	else if (!ua_sipseen_response(ep, (struct sip_msg *)msg))
		ua_sesscore_response(ep, (struct sip_msg *)msg);

	return true;
}


static void trace_handler(bool tx, enum sip_transp tp, const struct sa *src,
			  const struct sa *dst, const uint8_t *pkt, size_t len,
			  void *arg)
{
	const struct ua_endpoint *ep = arg;
	const enum ua_tp utp = tp == SIP_TRANSP_UDP   ? UA_TP_UDP
			       : tp == SIP_TRANSP_TCP ? UA_TP_TCP
						      : UA_TP_TLS;
	struct ua_addr from, to;

	ua_addr_from_sa(&from, src);
	ua_addr_from_sa(&to, dst);

	/* The knock of udpguard.c is nobody's business. */
	if (!tx && ua_addr_eq(&from, &ep->local))
		return;

	/* libre does not know the local address of each of its messages. */
	if (tx && !from.port)
		from = ep->local;

	ep->trace_h(tx, utp, &from, &to, pkt, len, ep->arg);
}


static void destructor(void *arg)
{
	struct ua_endpoint *ep = arg;

	ua_sesscore_close(ep);
	list_flush(&ep->closing);
	tmr_cancel(&ep->ended);
	ua_conns_flush(&ep->conns);
	mem_deref(ep->guard);
	mem_deref(ep->sip);
	mem_deref(ep->tls);
	mem_deref(ep->software);
}


static int listen_once(struct ua_endpoint *ep, const struct ua_addr *local)
{
	struct sa sa;
	int err;

	ua_addr_to_sa(&sa, local);

	err = sip_transp_add(ep->sip, SIP_TRANSP_UDP, &sa);
	if (!err)
		err = sip_transp_laddr(ep->sip, &sa, SIP_TRANSP_UDP, &sa);
	if (!err)
		err = sip_transp_add(ep->sip, SIP_TRANSP_TCP, &sa);

	if (err)
		sip_transp_flush(ep->sip);
	else
		ua_addr_from_sa(&ep->local, &sa);

	return err;
}


static int listen_both(struct ua_endpoint *ep, const struct ua_addr *local)
{
	int i, err;

	/* A port that UDP gave us may be somebody else's with TCP. */
	for (i = 0; i < PORT_TRIES; i++) {
		err = listen_once(ep, local);
		if (err != EADDRINUSE || local->port)
			break;
	}

	return err;
}


static void ended_handler(void *arg)
{
	ua_outreq_ended(arg);
}


/* libre is at work on that connection. */
static void tls_ended(void *arg)
{
	struct ua_endpoint *ep = arg;

	tmr_start(&ep->ended, 0, ended_handler, ep);
}


static int listen_tls(struct ua_endpoint *ep,
		      const struct ua_endpoint_conf *conf)
{
	struct sa sa;
	int err;

	err = ua_siptls_alloc(&ep->tls, conf->creds, conf->tls_host, ep->log);
	if (err)
		return err;

	ua_siptls_handler(ep->tls, tls_ended, ep);
	ua_addr_to_sa(&sa, &conf->local);
	err = sip_transp_add(ep->sip, SIP_TRANSP_TLS, &sa,
			     ua_siptls_transport(ep->tls));
	if (!err)
		err = sip_transp_laddr(ep->sip, &sa, SIP_TRANSP_TLS, &sa);
	if (!err)
		ua_addr_from_sa(&ep->local, &sa);

	return err;
}


static int guard_set(struct ua_endpoint *ep)
{
	struct sa sa;

	ua_addr_to_sa(&sa, &ep->local);

	return ua_udpguard_alloc(&ep->guard, ep->sip, ep->rand, &sa,
				 guard_handler, seen_handler, ep);
}


int ua_endpoint_alloc(struct ua_endpoint **epp,
		      const struct ua_endpoint_conf *conf)
{
	struct ua_endpoint *ep;
	int err;

	if (!conf->local.af || ua_addr_is_any(&conf->local))
		return EINVAL;

	ep = mem_zalloc(sizeof(*ep), destructor);
	if (!ep)
		return ENOMEM;

	ep->rand = conf->rand;
	ep->log = conf->log;
	ep->max_calls = conf->max_calls;
	ep->trickle = conf->trickle;
	ep->invite_h = conf->invite_h;
	ep->user_h = conf->user_h;
	ep->options_h = conf->options_h;
	ep->trace_h = conf->trace_h;
	ep->arg = conf->arg;

	if (conf->software)
		err = str_dup(&ep->software, conf->software);
	else
		err = 0;
	if (!err)
		err = sip_alloc(&ep->sip, conf->dnsc, HASH_SIZE, HASH_SIZE,
				HASH_SIZE, conf->software, NULL, ep);
	if (!err)
		err = conf->tls_host ? listen_tls(ep, conf)
				     : listen_both(ep, &conf->local);
	if (!err && !ep->tls)
		err = guard_set(ep);
	if (!err)
		err = sip_listen(NULL, ep->sip, true, request_handler, ep);
	if (!err)
		err = sip_listen(NULL, ep->sip, false, response_handler, ep);

	if (err) {
		mem_deref(ep);
		return err;
	}

	if (ep->trace_h)
		sip_set_trace_handler(ep->sip, trace_handler);

	*epp = ep;
	return 0;
}


const struct ua_addr *ua_endpoint_local(const struct ua_endpoint *ep)
{
	return &ep->local;
}


const char *ua_endpoint_tls_host(const struct ua_endpoint *ep)
{
	return ep->tls ? ua_siptls_host(ep->tls) : NULL;
}


const char *ua_endpoint_why(const struct ua_endpoint *ep, int err, char *buf,
			    size_t size)
{
	return ep->tls ? ua_siptls_why(ep->tls, err, buf, size) : NULL;
}


void ua_endpoint_warm(struct ua_endpoint *ep, const struct ua_addr *dst)
{
	struct mbuf *mb = mbuf_alloc(1);
	struct sa sa;
	int err;

	if (!mb)
		return;

	/*
	 * Nothing is sent.  A short segment on its way would hold back the
	 * tail of the request, a round trip long (RFC 9293, 3.7.4).  Where
	 * there is a connection already libre says EINVAL.
	 */
	ua_addr_to_sa(&sa, dst);
	err = sip_send(ep->sip, NULL, SIP_TRANSP_TCP, &sa, mb);
	if (err && err != EINVAL)
		ua_log(ep->log, UA_LOG_DEBUG, "sip", "no TCP: %m", err);

	mem_deref(mb);
}


static int contact_print(const struct ua_endpoint *ep, char *buf,
			 const char *scheme, const char *user,
			 const char *params)
{
	struct ua_addr local = ep->local;
	char addr[UA_ADDR_LEN];
	int n;

	local.scope = 0; /* a zone means nothing to others */
	n = re_snprintf(buf, UA_ENDPOINT_URI_MAX, "%s:%s%s%s%s", scheme,
			user ? user : "", user ? "@" : "",
			ua_addr_str(&local, addr), params);

	return n < 0 ? ENOSPC : 0;
}


int ua_endpoint_contact(const struct ua_endpoint *ep, char *buf,
			const char *user, enum ua_tp tp)
{
	static const char *const params[] = {
		[UA_TP_UDP] = "",
		[UA_TP_TCP] = ";transport=tcp",
		[UA_TP_TLS] = ";transport=tls",
	};

	return contact_print(ep, buf, "sip", user, params[tp]);
}


int ua_endpoint_sips(const struct ua_endpoint *ep, char *buf, const char *user)
{
	return contact_print(ep, buf, "sips", user, "");
}


void ua_endpoint_moved(struct ua_endpoint *ep)
{
	ua_conns_shut(&ep->conns, NULL);
}


void ua_endpoint_rearm(struct ua_endpoint *ep)
{
	ua_sesscore_rearm(ep);
}


unsigned ua_endpoint_busy(const struct ua_endpoint *ep)
{
	uint32_t calls, all;

	ua_sesscore_count(ep, &calls, &all);

	return calls + ep->nreq;
}
