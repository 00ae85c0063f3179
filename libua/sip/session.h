/* SPDX-License-Identifier: BSD-3-Clause */
/** @file session.h  One call's signalling on an endpoint */
#ifndef UA_SESSION_H
#define UA_SESSION_H

#include "dialog/invite.h"
#include "sip/endpoint.h"

struct ua_session;

/**
 * What happened; see enum ua_invite_ev.
 *
 * Called from the loop, never from inside a function of this file.  May do
 * anything, also free the session.
 *
 * @param ev   Borrowed for the run, all its pointers with it
 */
typedef void(ua_session_h)(struct ua_session *sess,
			   const struct ua_invite_event *ev, void *arg);

/** All strings are copied */
struct ua_session_conf {
	const char *aor;     /**< Our side: "Alice" <sip:alice@example.com> */
	const char *contact; /**< From ua_endpoint_contact()                */
	const char *route;   /**< Route header: URI of an outbound proxy that
				  wants one, NULL: none                     */
	const char *service_route; /**< Routes behind that: value of a Route
					header, NULL: none                */
	const char *headers; /**< More lines for the INVITE, CRLF-ended     */
	struct ua_cred cred;
	const struct ua_digest *known; /**< Challenges of the flow, NULL: none;
					    looked at once               */
	struct ua_hop hop; /**< Where the first INVITE goes: the account's
				flow.  Requests in the dialog take the
				dialog's route, on the same flow when that
				leads to the same address                 */
	bool trickle;      /**< As in ua_invite_conf                      */
	const struct ua_session *again; /**< The INVITE is the one of this
					     session, which failed, at the
					     next server (borrowed for the
					     call); NULL: it is none       */
	uint32_t ring_ms; /**< Unanswered for so long ends it, 0: never  */
	ua_session_h *h;
	void *arg;
};


/**
 * Call somebody.
 *
 * @param sessp  Set on success; mem_deref() it at any time: it hangs up by
 *               itself then, and handles what comes late without telling
 * @param ep     Endpoint, must live longer
 * @param uri    Whom, a SIP URI
 * @param sdp    Offer (copied), NULL: none
 *
 * @retval 0       INVITE is on the wire, or the name is being resolved
 * @retval EINVAL  uri, aor or contact is no SIP URI
 * @retval ENOMEM  Try later
 *
 * Whatever fails later (also at once on the network) comes as
 * UA_INVITE_ENDED.
 */
UA_CHECK int ua_session_connect(struct ua_session **sessp,
				struct ua_endpoint *ep,
				const struct ua_session_conf *conf,
				const char *uri, const char *sdp, size_t len);


/**
 * Take a call, inside ua_endpoint_invite_h.  Nothing goes out by itself: ring
 * or refuse within 200 ms (RFC 3261, 17.2.1).
 *
 * @param sessp  As in ua_session_connect()
 * @param msg    The INVITE
 *
 * @retval 0        Ring: ua_session_progress(), accept() or reject()
 * @retval EBADMSG  Return 400
 * @retval ENOMEM   Return 500
 */
UA_CHECK int ua_session_incoming(struct ua_session **sessp,
				 struct ua_endpoint *ep,
				 const struct ua_session_conf *conf,
				 struct sip_msg *msg);


/** As the functions of invite.h with these names; they send at once */
UA_CHECK int ua_session_progress(struct ua_session *sess, uint16_t code,
				 const char *reason, const char *sdp,
				 size_t len);
UA_CHECK int ua_session_accept(struct ua_session *sess, const char *sdp,
			       size_t len);
UA_CHECK int ua_session_reject(struct ua_session *sess, uint16_t code,
			       const char *reason, const char *headers);
UA_CHECK int ua_session_ack(struct ua_session *sess, const char *sdp,
			    size_t len);
UA_CHECK int ua_session_modify(struct ua_session *sess, const char *sdp,
			       size_t len);


UA_CHECK int ua_session_info(struct ua_session *sess, uint8_t fork,
			     const char *body, size_t len);

/** As ua_invite_can_modify(), ua_invite_takes_info(), ua_invite_can_info() */
bool ua_session_can_modify(const struct ua_session *sess);
bool ua_session_takes_info(const struct ua_session *sess, uint8_t fork);
bool ua_session_can_info(const struct ua_session *sess, uint8_t fork);


/** As ua_invite_withdraw() */
int ua_session_withdraw(struct ua_session *sess);


/** End it; UA_INVITE_ENDED follows, at most UA_INVITE_BYE_MS later */
void ua_session_hangup(struct ua_session *sess, const char *reason);


enum ua_invite_state ua_session_state(const struct ua_session *sess);
const char *ua_session_callid(const struct ua_session *sess);

/** As ua_invite_is_copy() */
bool ua_session_is_copy(const struct ua_session *sess,
			const struct sip_msg *msg);

/** URI of the other side */
const char *ua_session_peer(const struct ua_session *sess);

/** SDP of the INVITE that came in, not zero-ended; NULL: it had none */
const char *ua_session_offer(const struct ua_session *sess, size_t *len);

#endif
