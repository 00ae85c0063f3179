/* SPDX-License-Identifier: BSD-3-Clause */
/** @file invite.h  Session between two user agents (RFC 3261, 13 to 15) */
#ifndef UA_INVITE_H
#define UA_INVITE_H

#include <ua/event.h>
#include <ua/types.h>
#include "dialog/digest.h"

struct mbuf;
struct sip_msg;
struct ua_invite;

enum {
	UA_INVITE_FORKS = 8,        /**< Early dialogs of one INVITE         */
	UA_INVITE_REASON_MAX = 64,  /**< Reason phrase kept, with its zero   */
	UA_INVITE_BYE_MS = 4000,    /**< Patience with the answer to a BYE or
					 CANCEL before the owner is told     */
	UA_INVITE_LINGER_MS = 32000 /**< 64 * T1: late answers still come   */
};

/** What the session does, as its owner sees it */
enum ua_invite_state {
	UA_INVITE_NONE = 0,
	UA_INVITE_IDLE,     /**< Made, nothing sent                        */
	UA_INVITE_CALLING,  /**< INVITE sent                               */
	UA_INVITE_EARLY,    /**< ... and a 1xx came                        */
	UA_INVITE_ANSWER,   /**< 2xx with an offer came: ACK is owed       */
	UA_INVITE_INCOMING, /**< INVITE came, no final answer yet          */
	UA_INVITE_ACCEPTED, /**< 2xx sent, no ACK yet                      */
	UA_INVITE_UP,       /**< Established                               */
	UA_INVITE_ENDING,   /**< CANCEL or BYE on its way                  */
	UA_INVITE_CLOSED,   /**< Over for the owner, late messages handled */
	UA_INVITE_NSTATE
};

/** What the owner is told */
enum ua_invite_ev {
	UA_INVITE_PROGRESS = 1, /**< 1xx above 100: code, reason, fork, sdp */
	UA_INVITE_ANSWERED,     /**< 2xx: code, reason, fork, sdp; with
				     ack_owed call ua_..._ack(), even if it
				     refuses the offer                       */
	UA_INVITE_ACKED,        /**< ACK of our 2xx: sdp is the answer if the
				     2xx carried the offer                   */
	UA_INVITE_REOFFER,      /**< re-INVITE: sdp, none asks for an offer;
				     accept or reject it                     */
	UA_INVITE_REOFFER_GONE, /**< ... and was cancelled meanwhile         */
	UA_INVITE_INFO,         /**< Candidates of the peer: fork, sdp is the
				     body (RFC 8840, 9)                      */
	UA_INVITE_INFORMED,     /**< Our INFO ended: fork, code, reason, err;
				     whatever it was, the session goes on    */
	UA_INVITE_MODIFIED,     /**< Our re-INVITE ended: code, reason, sdp,
				     ack_owed; refused leaves the session up */
	UA_INVITE_ENDED         /**< by, code, reason: the last event        */
};

struct ua_invite_event {
	enum ua_invite_ev type;
	enum ua_by by; /**< Who ended it                              */
	uint16_t code; /**< SIP status; 0: none came (see err)        */
	char reason[UA_INVITE_REASON_MAX];
	int err;             /**< ETIMEDOUT, ECONNREFUSED, ...; 0: by code  */
	uint32_t retry_s;    /**< Of ENDED: its Retry-After, 0: none        */
	uint8_t fork;        /**< Early dialog by To-tag, 0 is the first    */
	bool ack_owed;       /**< sdp is an offer, the answer goes into ACK */
	const char *sdp;     /**< Body, not zero-ended; NULL: none          */
	size_t len;          /**< Of sdp [bytes]                            */
	struct sip_msg *msg; /**< The message behind it, may be NULL; given:
				  mem_deref() it after use, sdp dies with it */
};

/** What the driver has to do */
enum ua_invite_do {
	UA_INVITE_REQUEST = 1, /**< New client transaction of met           */
	UA_INVITE_ACK,         /**< ACK of a 2xx: send without transaction  */
	UA_INVITE_CANCEL,      /**< Cancel the INVITE transaction           */
	UA_INVITE_RESPOND,     /**< Answer msg with code, reason and mb     */
	UA_INVITE_RESEND       /**< Send the last 2xx to an INVITE again    */
};

struct ua_invite_out {
	enum ua_invite_do type;
	uint32_t id;         /**< Of a REQUEST, for ua_invite_failed() */
	const char *met;     /**< Static string                             */
	char *uri;           /**< Request-URI, given                        */
	char *hop;           /**< URI that is the next hop, given           */
	struct mbuf *mb;     /**< Headers after Via and body, given         */
	struct sip_msg *msg; /**< Request to answer, given                  */
	uint16_t code;
	char reason[UA_INVITE_REASON_MAX];
};

/** All strings are copied */
struct ua_invite_conf {
	const char *aor;     /**< Our side: "Alice" <sip:alice@example.com> */
	const char *contact; /**< Where we are: sip:alice@192.0.2.1:5060    */
	const char *service_route; /**< Routes behind that one (RFC 3608, 6.1),
					value of a Route header, NULL: none */
	const char *route;    /**< Route set of the first request: one URI of
				   an outbound proxy, NULL: none             */
	const char *headers;  /**< More lines for the INVITE, CRLF-ended     */
	const char *software; /**< User-Agent, NULL: none                    */
	struct ua_cred cred;
	const struct ua_digest *known; /**< As ua_digest_learn() wants it;
					    looked at once               */
	uint32_t ring_ms; /**< Unanswered for so long ends it, 0: never  */
	bool trickle;     /**< Announce and take INFO of trickle ICE
			       (RFC 8840)                                */
	const struct ua_rand *rand; /**< Borrowed                           */
	const struct ua_log *log;   /**< Borrowed                           */
};


/**
 * Make a session; mem_deref() it.
 *
 * @retval 0       Done, in state IDLE
 * @retval EINVAL  aor or contact is no SIP URI
 * @retval ENOMEM  Try later
 */
UA_CHECK int ua_invite_alloc(struct ua_invite **invp,
			     const struct ua_invite_conf *conf);


/**
 * Before ua_invite_connect(): the INVITE is the one of another session, which
 * failed, at the next server (see ua_dialog_repeat()).
 *
 * @param first  Session whose INVITE it is
 *
 * @retval 0       Done
 * @retval EPROTO  Not IDLE, or first has called nobody
 */
UA_CHECK int ua_invite_repeat(struct ua_invite *inv,
			      const struct ua_invite *first);


/**
 * Does an answer belong to a dialog that is there already?  An answer of no
 * transaction is fed to that session first: of two that repeat one INVITE
 * the other would take it for a new fork.
 */
bool ua_invite_knows(const struct ua_invite *inv, const struct sip_msg *msg);


/**
 * Call: INVITE to a URI.
 *
 * @param sdp  Offer, NULL: none (the 2xx will carry one)
 *
 * @retval 0       INVITE is in the output
 * @retval EINVAL  uri is no SIP URI
 * @retval EPROTO  Not IDLE
 * @retval ENOMEM  Nothing changed
 */
UA_CHECK int ua_invite_connect(struct ua_invite *inv, uint64_t now_ms,
			       const char *uri, const char *sdp, size_t len);


/**
 * Be called: take an INVITE that ua_sipmsg_check() let pass.
 *
 * @retval 0        INCOMING, a 100 is in the output
 * @retval EBADMSG  No usable Contact or From: answer 400
 * @retval EPROTO   Not IDLE
 * @retval ENOMEM   Answer 500
 */
UA_CHECK int ua_invite_accept_call(struct ua_invite *inv, uint64_t now_ms,
				   struct sip_msg *msg);


/** Send a provisional answer, 101 to 199.  EPROTO: not INCOMING */
UA_CHECK int ua_invite_progress(struct ua_invite *inv, uint64_t now_ms,
				uint16_t code, const char *reason,
				const char *sdp, size_t len);


/** 200 to the INVITE or to the re-INVITE.  EPROTO: none waits */
UA_CHECK int ua_invite_accept(struct ua_invite *inv, uint64_t now_ms,
			      const char *sdp, size_t len);


/**
 * Refuse the INVITE (that ends it) or the re-INVITE (session goes on).
 *
 * @param code     300 to 699
 * @param reason   NULL: the usual one
 * @param headers  More lines for the answer, NULL: none
 *
 * @retval EPROTO  None waits
 */
UA_CHECK int ua_invite_reject(struct ua_invite *inv, uint64_t now_ms,
			      uint16_t code, const char *reason,
			      const char *headers);


/** The ACK that is owed, with the answer.  EPROTO: none is owed */
UA_CHECK int ua_invite_ack(struct ua_invite *inv, uint64_t now_ms,
			   const char *sdp, size_t len);


/**
 * Send a re-INVITE; UA_INVITE_MODIFIED tells how it ended.
 *
 * @param sdp  Offer, NULL: none
 *
 * @retval 0       On its way; a 491 is retried by itself (RFC 3261, 14.1),
 *                 and so is one that could not be sent, for 25 s
 * @retval EPROTO  Not UP, or another one is under way: try later
 */
UA_CHECK int ua_invite_modify(struct ua_invite *inv, uint64_t now_ms,
			      const char *sdp, size_t len);


/** Would ua_invite_modify() send one now? */
bool ua_invite_can_modify(const struct ua_invite *inv);


/**
 * Take back a re-INVITE that met one of the peer (491) and waits for its next
 * try, or that was cancelled when the peer's came: the peer's came first, and
 * its answer can say the same.  No UA_INVITE_MODIFIED follows.
 *
 * @retval 0       Taken back
 * @retval EPROTO  None waits
 */
int ua_invite_withdraw(struct ua_invite *inv);


/**
 * Has the peer of an early dialog, or of the session, said that it takes INFO
 * of trickle ICE (RFC 6086, 5.2)?  What it says counts until it says something
 * else in an INVITE or in an answer to one.
 *
 * @param fork  As in the events; called ourselves: 0
 */
bool ua_invite_takes_info(const struct ua_invite *inv, uint8_t fork);


/**
 * May an INFO be sent now in that dialog?  It has to be there at both ends
 * (RFC 8840, 4.3): for who called since the first 18x, for who was called
 * since its 2xx, or since a request of the peer in it.  And only one is under
 * way at a time (RFC 8840, 10.9).
 *
 * One that overtakes the 2xx is refused (481): before the ACK try it again.
 */
bool ua_invite_can_info(const struct ua_invite *inv, uint8_t fork);


/**
 * Send an INFO of trickle ICE; UA_INVITE_INFORMED tells how it ended.
 *
 * @param body  application/trickle-ice-sdpfrag (copied)
 *
 * @retval 0       On its way
 * @retval EPROTO  ua_invite_can_info() says no: try after the next event
 * @retval ENOMEM  Try later
 */
UA_CHECK int ua_invite_info(struct ua_invite *inv, uint64_t now_ms,
			    uint8_t fork, const char *body, size_t len);


/**
 * End it in whatever state: CANCEL, BYE, or a refusal (480) of what rings.
 *
 * @param reason  Value of a Reason header (RFC 3326), NULL: none
 */
void ua_invite_hangup(struct ua_invite *inv, uint64_t now_ms,
		      const char *reason);


/**
 * Feed an answer: of a transaction, or a 2xx to an INVITE that belongs to no
 * transaction any more (sent again, or of another fork).
 *
 * @retval 0       Taken
 * @retval ENOENT  Not of this session; nothing changed
 */
int ua_invite_response(struct ua_invite *inv, uint64_t now_ms,
		       struct sip_msg *msg);


/**
 * A transaction ended without a final answer.
 *
 * @param id   Of the UA_INVITE_REQUEST
 * @param err  ETIMEDOUT, or what the transport said
 */
void ua_invite_failed(struct ua_invite *inv, uint64_t now_ms, uint32_t id,
		      int err);


/**
 * Feed a request with a To-tag (or the ACK) that ua_sipmsg_check() let pass.
 *
 * @retval 0       Taken; the answer, if any, is in the output
 * @retval ENOENT  Not of this dialog; nothing changed
 */
int ua_invite_request(struct ua_invite *inv, uint64_t now_ms,
		      struct sip_msg *msg);


/** The peer cancelled the INVITE or re-INVITE that waits */
void ua_invite_cancelled(struct ua_invite *inv, uint64_t now_ms);


/** Next thing to do; false: none.  What is "given" is the caller's */
bool ua_invite_output(struct ua_invite *inv, struct ua_invite_out *out);
void ua_invite_out_free(struct ua_invite_out *out);

/** Next event; false: none */
bool ua_invite_event(struct ua_invite *inv, struct ua_invite_event *ev);

/** There is an event */
bool ua_invite_pending(const struct ua_invite *inv);

/** When tick has something to do; UA_NEVER: no timer runs */
uint64_t ua_invite_deadline(const struct ua_invite *inv);
void ua_invite_tick(struct ua_invite *inv, uint64_t now_ms);

/** Nothing will come any more: the owner may forget it */
bool ua_invite_done(const struct ua_invite *inv);

/** Would ua_invite_request() take it? */
bool ua_invite_match(const struct ua_invite *inv, const struct sip_msg *msg);

enum ua_invite_state ua_invite_state(const struct ua_invite *inv);
const char *ua_invite_state_name(enum ua_invite_state state);
const char *ua_invite_callid(const struct ua_invite *inv);

/** An INVITE outside of dialogs is a copy of ours: ua_dialog_is_copy() */
bool ua_invite_is_copy(const struct ua_invite *inv, const struct sip_msg *msg);

/** URI of the other side: of From or To, whoever called */
const char *ua_invite_peer(const struct ua_invite *inv);

#endif
