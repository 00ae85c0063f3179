/* SPDX-License-Identifier: BSD-3-Clause */
/** @file outreq.h  A request of ours: next hop, transport, transaction */
#ifndef UA_OUTREQ_H
#define UA_OUTREQ_H

#include "sip/endpoint.h"

struct mbuf;
struct sip_msg;
struct ua_outreq;

enum {
	/*
	 * A server that takes TCP answers an INVITE within 200 ms with a 100;
	 * a SYN that got lost is sent again after 1 s: one loss fits.
	 */
	UA_OUTREQ_TCP_MS = 2500,

	/** How long one that was there already may be silent [ms] */
	UA_OUTREQ_USED_MS = 2000
};

/**
 * An answer: provisional ones, then one final; or none and an error.  Broken
 * answers are an error (EBADMSG).  May free the request.
 *
 * @param err  0, or ETIMEDOUT, ECONNREFUSED, EHOSTUNREACH, ...
 * @param msg  Answer, NULL with an error (borrowed)
 */
typedef void(ua_outreq_h)(int err, struct sip_msg *msg, void *arg);

/** What to send; all borrowed for the call but mb, which is referenced */
struct ua_outreq_conf {
	const char *met;
	const char *uri;    /**< Request-URI                                */
	const char *hop;    /**< URI of the next hop                        */
	struct ua_hop flow; /**< addr.af NONE: the hop's URI decides        */
	bool force;         /**< Take the flow whatever the hop is; false:
				 only if it leads to the hop's address.  A
				 flow by TLS is always taken                */
	struct mbuf *mb;    /**< Headers after Via, and body                */
};


/**
 * Send a request by a transaction.  From an endpoint of TLS everything goes by
 * TLS, to sips: nothing goes by anything else (RFC 3261, 26.2.2).  One of more
 * than UA_ENDPOINT_UDP_MAX bytes goes by TCP, and once more by UDP if TCP is
 * not taken (RFC 3261, 18.1.1).
 *
 * @param reqp  Set on success; mem_deref() it at any time, an INVITE is
 *              cancelled by that
 *
 * @retval 0       On its way, the handler will be called
 * @retval EINVAL  A URI is none
 * @retval EPROTONOSUPPORT  sips: is not to be had by UDP or TCP: take an
 *                          endpoint of TLS
 * @retval other   Of the network: it did not leave
 */
UA_CHECK int ua_outreq_send(struct ua_outreq **reqp, struct ua_endpoint *ep,
			    const struct ua_outreq_conf *conf, ua_outreq_h *h,
			    void *arg);

/** Cancel an INVITE: CANCEL goes as soon as a 1xx allows it (RFC 3261, 9.1) */
void ua_outreq_cancel(struct ua_outreq *req);

/** A TLS connection was ended by the server: requests without any answer fail
    with EPROTO; but those that had found it open go on another one */
void ua_outreq_ended(struct ua_endpoint *ep);

/** Send an ACK of a 2xx, without a transaction */
UA_CHECK int ua_outreq_ack(struct ua_endpoint *ep,
			   const struct ua_outreq_conf *conf);

#endif
