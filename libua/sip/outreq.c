/* SPDX-License-Identifier: BSD-3-Clause */
/** @file outreq.c  A request of ours: next hop, transport, transaction */

#include <errno.h>
#include <string.h>

#include "base/re_compat.h"
#include "base/addr.h"
#include "base/clock.h"
#include <ua/log.h>
#include "dialog/sipmsg.h"
#include "sip/epcore.h"
#include "sip/outreq.h"
#include "sip/sipseen.h"

enum {
	USED_LOOK_MS = 100, /* Was the connection reset?              */
	VIA_LEN = 120,      /* request line and Via, the URI apart [bytes] */
	ROUTE_MAX = UA_SIPMSG_STR_MAX + 32
};

struct ua_outreq {
	struct le le;
	struct ua_endpoint *ep;
	struct sip_request *req;
	char *met;
	char *uri;
	char *route; /* URI of the next hop with UDP, to fall back */
	struct mbuf *mb;
	struct tmr tmr; /* TCP that says nothing                      */
	char *tcp;      /* URI of the next hop by TCP, if it is that  */
	uint64_t sent_ms;
	bool used;     /* A connection was there already             */
	bool fallback; /* UDP is still to be tried                   */
	bool cancel;   /* once libre can                             */
	bool answered; /* By anything at all                         */
	bool final;
	ua_outreq_h *h;
	void *arg;
};


static const char *tp_param(enum ua_tp tp)
{
	return tp == UA_TP_UDP ? "udp" : tp == UA_TP_TCP ? "tcp" : "tls";
}


static bool is_tp(const struct uri *uri, const char *name)
{
	struct pl tp;

	return !msg_param_decode(&uri->params, "transport", &tp) &&
	       !pl_strcasecmp(&tp, name);
}


static uint16_t port_of(const struct uri *uri)
{
	if (uri->port)
		return uri->port;

	return is_tp(uri, "tls") ? SIP_PORT_TLS : SIP_PORT;
}


static bool leads_to(const struct uri *uri, const struct ua_addr *addr)
{
	struct ua_addr a;
	struct sa sa;

	if (sa_set(&sa, &uri->host, port_of(uri)))
		return false;

	ua_addr_from_sa(&a, &sa);

	return ua_addr_eq(&a, addr);
}


/* It wants TLS on each hop (RFC 3261, 19.1). */
static bool is_sips(const char *str)
{
	struct uri uri;
	struct pl pl;

	pl_set_str(&pl, str);

	return !uri_decode(&uri, &pl) && !pl_strcasecmp(&uri.scheme, "sips");
}


static int flow_print(char *route, const struct ua_hop *flow)
{
	char addr[UA_ADDR_LEN];

	return re_snprintf(route, ROUTE_MAX, "sip:%s;transport=%s",
			   ua_addr_str(&flow->addr, addr),
			   tp_param(flow->tp)) < 0
		       ? EINVAL
		       : 0;
}


/*
 * By TLS to the host whose certificate this endpoint wants: what began by TLS
 * stays there, for its one connection is the way to us as well.  libre does
 * not know sips:.
 */
static int route_tls(char *route, const struct ua_outreq_conf *conf)
{
	struct uri uri, place;
	struct pl pl;

	if (conf->flow.addr.af)
		return conf->flow.tp == UA_TP_TLS
			       ? flow_print(route, &conf->flow)
			       : EPROTONOSUPPORT;

	pl_set_str(&pl, conf->hop);
	if (uri_decode(&uri, &pl))
		return EINVAL;

	/* There is no TLS over UDP (RFC 3261, 19.1). */
	if (is_tp(&uri, "udp"))
		return EPROTONOSUPPORT;

	memset(&place, 0, sizeof(place));
	pl_set_str(&place.scheme, "sip");
	place.host = uri.host;
	place.af = uri.af;
	place.port = uri.port;
	pl_set_str(&place.params, ";transport=tls");

	return re_snprintf(route, ROUTE_MAX, "%H", uri_encode, &place) < 0
		       ? EINVAL
		       : 0;
}


/* The URI that libre resolves, and whether it leaves the transport open. */
static int route_print(char *route, const struct ua_endpoint *ep,
		       const struct ua_outreq_conf *conf, bool *udp)
{
	struct uri uri;
	struct pl pl, tp;
	bool named;

	*udp = false;
	if (ep->tls)
		return route_tls(route, conf);

	if (is_sips(conf->uri) || is_sips(conf->hop))
		return EPROTONOSUPPORT;

	pl_set_str(&pl, conf->hop);
	if (uri_decode(&uri, &pl))
		return EINVAL;

	named = !msg_param_decode(&uri.params, "transport", &tp);

	if (conf->flow.addr.af &&
	    (conf->force || (!named && leads_to(&uri, &conf->flow.addr)))) {
		*udp = conf->flow.tp == UA_TP_UDP;
		return flow_print(route, &conf->flow);
	}

	*udp = !named || !pl_strcasecmp(&tp, "udp");

	return re_snprintf(route, ROUTE_MAX, "%s", conf->hop) < 0 ? EINVAL : 0;
}


/* The same place by another transport; maddr and the like go away. */
static int route_switch(char *to, const char *from, enum ua_tp tp)
{
	struct uri uri, place;
	struct pl pl;

	pl_set_str(&pl, from);
	if (uri_decode(&uri, &pl))
		return EINVAL;

	memset(&place, 0, sizeof(place));
	place.scheme = uri.scheme;
	place.host = uri.host;
	place.af = uri.af;
	place.port = uri.port;
	pl_set_str(&place.params,
		   tp == UA_TP_TCP ? ";transport=tcp" : ";transport=udp");

	return re_snprintf(to, ROUTE_MAX, "%H", uri_encode, &place) < 0
		       ? EINVAL
		       : 0;
}


static bool is_stream(const char *route)
{
	struct uri uri;
	struct pl pl;

	pl_set_str(&pl, route);

	return !uri_decode(&uri, &pl) &&
	       (is_tp(&uri, "tcp") || is_tp(&uri, "tls"));
}


static bool route_addr(struct ua_addr *addr, const char *route)
{
	struct uri uri;
	struct sa sa;
	struct pl pl;

	pl_set_str(&pl, route);
	if (uri_decode(&uri, &pl) || sa_set(&sa, &uri.host, port_of(&uri)))
		return false;

	ua_addr_from_sa(addr, &sa);
	return true;
}


static bool tcp_refused(const struct ua_endpoint *ep, const char *route)
{
	const uint64_t now_ms = ua_clock_ms();
	struct ua_addr addr;
	size_t i;

	if (!route_addr(&addr, route))
		return false;

	for (i = 0; i < UA_EPCORE_REFUSALS; i++) {
		if (ep->refusalv[i].until_ms > now_ms &&
		    ua_addr_eq(&ep->refusalv[i].addr, &addr))
			return true;
	}

	return false;
}


static void tcp_refusal(struct ua_endpoint *ep, const char *route)
{
	struct ua_epcore_refusal *ref = &ep->refusalv[ep->refusal_next];

	if (!route_addr(&ref->addr, route))
		return;

	ref->until_ms = ua_clock_ms() + UA_EPCORE_REFUSAL_MS;
	ep->refusal_next = (ep->refusal_next + 1) % UA_EPCORE_REFUSALS;
}


static int route_send(struct sip_request **reqp, struct ua_endpoint *ep,
		      bool stateful, const char *met, const char *uri,
		      const char *route, struct mbuf *mb, sip_resp_h *h,
		      void *arg)
{
	struct uri ruri;
	struct pl pl;

	pl_set_str(&pl, route);
	if (uri_decode(&ruri, &pl))
		return EINVAL;

	return sip_request(reqp, ep->sip, stateful, met, -1, uri, -1, &ruri,
			   mb, 0, NULL, h, arg);
}


static void destructor(void *arg)
{
	struct ua_outreq *req = arg;

	list_unlink(&req->le);
	tmr_cancel(&req->tmr);
	if (req->ep && !req->final)
		--req->ep->nreq;

	mem_deref(req->req);
	mem_deref(req->met);
	mem_deref(req->uri);
	mem_deref(req->route);
	mem_deref(req->tcp);
	mem_deref(req->mb);
}


static void finish(struct ua_outreq *req, int err, struct sip_msg *msg)
{
	tmr_cancel(&req->tmr);

	if (!req->final) {
		req->final = true;
		--req->ep->nreq;
	}

	req->h(err, msg, req->arg);
}


static void response_handler(int err, const struct sip_msg *msg, void *arg);
static void silence_handler(void *arg);


/* TCP was not taken: the datagram is large, but better than nothing. */
static void fall_back(struct ua_outreq *req)
{
	int err;

	tmr_cancel(&req->tmr);
	req->fallback = false;
	req->req = mem_deref(req->req);
	tcp_refusal(req->ep, req->route);

	ua_log(req->ep->log, UA_LOG_INFO, "sip",
	       "%s: no TCP to %s, %zu bytes by UDP", req->met, req->route,
	       req->mb->end);

	err = route_send(&req->req, req->ep, true, req->met, req->uri,
			 req->route, req->mb, response_handler, req);
	if (err)
		finish(req, err, NULL);
}


static void again(void *arg)
{
	struct ua_outreq *req = arg;
	int err;

	if (!req->req && req->cancel) {
		finish(req, ECANCELED, NULL);
		return;
	}

	req->req = mem_deref(req->req);
	err = route_send(&req->req, req->ep, true, req->met, req->uri,
			 req->tcp, req->mb, response_handler, req);
	if (err)
		finish(req, err, NULL);
	else if (req->fallback)
		tmr_start(&req->tmr, UA_OUTREQ_TCP_MS, silence_handler, req);
}


/*
 * It went into a connection that had been there before.  A NAT that was
 * restarted meanwhile has lost that, and libre tells nobody that it was reset:
 * once, the request goes on a fresh one.
 */
static void used_handler(void *arg)
{
	struct ua_outreq *req = arg;
	struct ua_addr addr;

	if (!route_addr(&addr, req->tcp))
		return;

	/* Only an INVITE has a 100; the others may take their time. */
	if (ua_conns_has(&req->ep->conns, &addr) &&
	    (ua_clock_ms() < req->sent_ms + UA_OUTREQ_USED_MS ||
	     strcmp(req->met, "INVITE"))) {
		tmr_start(&req->tmr, USED_LOOK_MS, used_handler, req);
		return;
	}

	ua_log(req->ep->log, UA_LOG_INFO, "sip",
	       "%s: the connection to %s is dead, again by another", req->met,
	       req->tcp);

	ua_conns_shut(&req->ep->conns, &addr);
	tmr_start(&req->tmr, UA_CONNS_SHUT_MS, again, req);
}


static void silence_handler(void *arg)
{
	fall_back(arg);
}


static void response_handler(int err, const struct sip_msg *msg, void *arg)
{
	struct ua_outreq *req = arg;
	struct ua_sipmsg_fault fault;

	if (!err) {
		req->answered = true;
		ua_conns_note(&req->ep->conns, msg);
		ua_sipseen_conn(req->ep, msg);
	}

	/* A connection that was dead already */
	if (err && req->used) {
		req->used = false;
		used_handler(req);
		return;
	}

	if (err && req->fallback) {
		fall_back(req);
		return;
	}

	if (err) {
		finish(req, err, NULL);
		return;
	}

	req->fallback = false;
	tmr_cancel(&req->tmr);
	if (req->cancel && msg->scode < 200)
		req->cancel = !ua_sip_cancel(req->req);

	err = ua_sipmsg_check(msg, &fault);
	if (msg->scode >= 200)
		finish(req, err, err ? NULL : (struct sip_msg *)msg);
	else if (!err)
		req->h(0, (struct sip_msg *)msg, req->arg);
}


/* How it goes on if nobody answers. */
static int tcp_watch(struct ua_outreq *req, const char *tcp)
{
	struct ua_addr addr;

	req->used =
		route_addr(&addr, tcp) && ua_conns_has(&req->ep->conns, &addr);
	req->sent_ms = ua_clock_ms();

	if (req->used)
		tmr_start(&req->tmr, USED_LOOK_MS, used_handler, req);
	else if (req->fallback)
		tmr_start(&req->tmr, UA_OUTREQ_TCP_MS, silence_handler, req);

	return req->used ? str_dup(&req->tcp, tcp) : 0;
}


static int stream_send(struct ua_outreq *req, const char *tcp)
{
	int err;

	err = route_send(&req->req, req->ep, true, req->met, req->uri, tcp,
			 req->mb, response_handler, req);
	if (!err)
		return tcp_watch(req, tcp);

	/* We have shut it, and libre does not know that yet. */
	if (err == EPIPE) {
		err = str_dup(&req->tcp, tcp);
		if (!err)
			tmr_start(&req->tmr, UA_CONNS_SHUT_MS, again, req);
	}

	return err;
}


static int first_send(struct ua_outreq *req, bool large)
{
	char tcp[ROUTE_MAX];

	if (large && !tcp_refused(req->ep, req->route) &&
	    !route_switch(tcp, req->route, UA_TP_TCP)) {

		req->fallback = true;
		if (!stream_send(req, tcp))
			return 0;

		req->fallback = false;
		tcp_refusal(req->ep, req->route);
	}

	if (is_stream(req->route))
		return stream_send(req, req->route);

	return route_send(&req->req, req->ep, true, req->met, req->uri,
			  req->route, req->mb, response_handler, req);
}


static size_t wire_len(const struct ua_outreq_conf *conf)
{
	return conf->mb->end + strlen(conf->uri) + VIA_LEN;
}


int ua_outreq_send(struct ua_outreq **reqp, struct ua_endpoint *ep,
		   const struct ua_outreq_conf *conf, ua_outreq_h *h,
		   void *arg)
{
	char route[ROUTE_MAX];
	struct ua_outreq *req;
	bool udp;
	int err;

	err = route_print(route, ep, conf, &udp);
	if (err)
		return err;

	req = mem_zalloc(sizeof(*req), destructor);
	if (!req)
		return ENOMEM;

	tmr_init(&req->tmr);
	req->h = h;
	req->arg = arg;
	req->mb = mem_ref(conf->mb);
	req->ep = ep;
	list_append(&ep->outreql, &req->le, req);
	++ep->nreq;

	err = str_dup(&req->met, conf->met);
	if (!err)
		err = str_dup(&req->uri, conf->uri);
	if (!err)
		err = str_dup(&req->route, route);
	if (!err)
		err = first_send(req,
				 udp && wire_len(conf) > UA_ENDPOINT_UDP_MAX);

	if (err)
		mem_deref(req);
	else
		*reqp = req;

	return err;
}


void ua_outreq_cancel(struct ua_outreq *req)
{
	/* Cancelled before TCP was taken: nothing is worth sending twice. */
	req->fallback = false;

	/* Not sent so far: its timer says that it will not be. */
	if (!req->req) {
		req->cancel = true;
		return;
	}

	tmr_cancel(&req->tmr);
	req->cancel = !ua_sip_cancel(req->req);
}


static struct ua_outreq *unanswered(const struct ua_endpoint *ep)
{
	struct le *le;

	for (le = list_head(&ep->outreql); le; le = le->next) {
		struct ua_outreq *req = le->data;

		if (!req->answered && !req->final && !req->used)
			return req;
	}

	return NULL;
}


void ua_outreq_ended(struct ua_endpoint *ep)
{
	struct ua_outreq *req;

	/* Each handler may free whatever it likes but the endpoint. */
	while ((req = unanswered(ep)) != NULL) {
		req->req = mem_deref(req->req);
		finish(req, EPROTO, NULL);
	}
}


int ua_outreq_ack(struct ua_endpoint *ep, const struct ua_outreq_conf *conf)
{
	char route[ROUTE_MAX], tcp[ROUTE_MAX];
	bool udp;
	int err;

	err = route_print(route, ep, conf, &udp);
	if (err)
		return err;

	if (udp && wire_len(conf) > UA_ENDPOINT_UDP_MAX &&
	    !tcp_refused(ep, route) && !route_switch(tcp, route, UA_TP_TCP) &&
	    !route_send(NULL, ep, false, conf->met, conf->uri, tcp, conf->mb,
			NULL, NULL))
		return 0;

	return route_send(NULL, ep, false, conf->met, conf->uri, route,
			  conf->mb, NULL, NULL);
}
