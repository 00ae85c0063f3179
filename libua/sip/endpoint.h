/* SPDX-License-Identifier: BSD-3-Clause */
/** @file endpoint.h  One SIP address of this machine: a UDP and a TCP port, or
 * TLS to one host */
#ifndef UA_ENDPOINT_H
#define UA_ENDPOINT_H

#include <ua/types.h>

struct dnsc;
struct mbuf;
struct pl;
struct sip_msg;
struct ua_endpoint;
struct ua_log;
struct ua_tlscreds;

enum {
	UA_ENDPOINT_URI_MAX = 256, /**< Room for a Contact URI [bytes]      */
	UA_ENDPOINT_UDP_MAX = 1300 /**< Larger requests take TCP if the server
					does (RFC 3261, 18.1.1) [bytes]    */
};

/** The next hop of requests: a flow together with our own address */
struct ua_hop {
	struct ua_addr addr; /**< af NONE: as the URI says, by DNS if it is a
				  name                                      */
	enum ua_tp tp;       /**< Unused when addr is not set               */
};

/**
 * An INVITE outside of any dialog, well-formed, with nothing required that we
 * do not know.
 *
 * @return 0 when ua_session_incoming() took it, else the SIP status to refuse
 *         it with (404, 480, 486, 603, ...)
 */
typedef uint16_t(ua_endpoint_invite_h)(struct sip_msg *msg, void *arg);

/**
 * Is that user here?  Asked for OPTIONS and INVITE.
 *
 * @param user  User part of the Request-URI, may be empty
 */
typedef bool(ua_endpoint_user_h)(const struct pl *user, void *arg);

/** Write the SDP of what we can do, for the answer to OPTIONS */
typedef int(ua_endpoint_options_h)(struct mbuf *mb, void *arg);

/**
 * Sees every message.
 *
 * @param tx   We sent it
 * @param buf  The message (borrowed)
 */
typedef void(ua_endpoint_trace_h)(bool tx, enum ua_tp tp,
				  const struct ua_addr *src,
				  const struct ua_addr *dst,
				  const uint8_t *buf, size_t len, void *arg);

/** Handlers may be NULL: no call is taken then, every user is here */
struct ua_endpoint_conf {
	struct ua_addr local; /**< One concrete address; port 0: a free one
				   of both UDP and TCP                     */
	const char *tls_host; /**< NULL: UDP and TCP; else TLS to this one
				   alone, so that no connection ever serves
				   another host than the one whose
				   certificate was checked.  Copied        */
	const struct ua_tlscreds *creds; /**< For TLS; not needed later    */
	const char *software; /**< User-Agent and Server, copied           */
	struct dnsc *dnsc;    /**< Referenced; NULL: numeric hosts only    */
	uint32_t max_calls;   /**< More get 486                            */
	bool trickle;         /**< Calls may need trickle ICE (RFC 8840)   */
	const struct ua_rand *rand; /**< Borrowed                          */
	const struct ua_log *log;   /**< Borrowed                          */
	ua_endpoint_invite_h *invite_h;
	ua_endpoint_user_h *user_h;
	ua_endpoint_options_h *options_h;
	ua_endpoint_trace_h *trace_h;
	void *arg;
};


/** max_calls 32, trickle ICE, the system's randomness, all else nothing */
void ua_endpoint_conf_default(struct ua_endpoint_conf *conf);


/**
 * Open UDP and TCP on the same port of one address; or TLS, where libre cannot
 * but listen on a port too: whoever connects there is refused at the first
 * message of the handshake.  Call it, and all of this
 * folder, on the thread that runs re_main().
 *
 * @param epp  Set on success; mem_deref() it: that ends everything at once,
 *             say goodbye before (ua_session_hangup(), ua_regline_stop()).
 *             Not inside a callback of this folder: libre is still at work
 *             on the message that caused it
 *
 * @retval 0              Done
 * @retval EINVAL         0.0.0.0 or :: or nothing as address; no host
 * @retval EADDRINUSE     Port is taken, by UDP or by TCP: choose another
 * @retval EADDRNOTAVAIL  Not an address of this machine
 * @retval ENOMEM         Try later
 */
UA_CHECK int ua_endpoint_alloc(struct ua_endpoint **epp,
			       const struct ua_endpoint_conf *conf);


/** Where it listens, with the port */
const struct ua_addr *ua_endpoint_local(const struct ua_endpoint *ep);


/** Whose certificate it wants; NULL: it is not for TLS */
const char *ua_endpoint_tls_host(const struct ua_endpoint *ep);


/**
 * Words for a request from here that failed with an error.
 *
 * @return "TLS to sip.example.com: its certificate has expired", in buf; NULL:
 *         there is nothing to say but the error
 */
const char *ua_endpoint_why(const struct ua_endpoint *ep, int err, char *buf,
			    size_t size);


/**
 * A request that is too large for UDP will soon go there: connect by TCP
 * now, so that it need not wait for that.
 */
void ua_endpoint_warm(struct ua_endpoint *ep, const struct ua_addr *dst);


/**
 * The Contact of a user here: "sip:alice@192.0.2.1:41000;transport=tcp".
 *
 * The private address stands in it: the registrar looks at the source.
 *
 * With TLS it says transport=tls.  RFC 3261, 26.2.2 and RFC 5630, 3.1.4
 * deprecate that; but they leave no other way to say that one hop is by TLS,
 * and registrars understand it.
 *
 * @param buf   Room for UA_ENDPOINT_URI_MAX
 * @param user  Escaped as in a URI, NULL: none
 *
 * @retval 0       Done
 * @retval ENOSPC  user is too long
 */
UA_CHECK int ua_endpoint_contact(const struct ua_endpoint *ep, char *buf,
				 const char *user, enum ua_tp tp);


/**
 * The same with "sips:", which wants TLS on every hop and therefore names no
 * transport: of an account whose address is sips:, and for calls to such
 * (RFC 3261, 8.1.1.8; RFC 5630, 5.1.1).
 */
UA_CHECK int ua_endpoint_sips(const struct ua_endpoint *ep, char *buf,
			      const char *user);


/**
 * A NAT has forgotten us: connections through it are dead without knowing,
 * and are closed.
 */
void ua_endpoint_moved(struct ua_endpoint *ep);


/**
 * The wall clock was set, or the machine slept: set the timers of all
 * sessions anew, for libre 1.1.0's follow the wall clock.  Of a registration
 * and a flow ua_regline_refresh() and ua_sipflow_now() do it.
 */
void ua_endpoint_rearm(struct ua_endpoint *ep);


/**
 * Exchanges that are not over: calls with their late answers apart, requests
 * in flight.  0: it may be closed without leaving anybody without an answer.
 */
unsigned ua_endpoint_busy(const struct ua_endpoint *ep);

#endif
