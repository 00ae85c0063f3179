/* SPDX-License-Identifier: BSD-3-Clause */
/** @file reg.h  A registration (RFC 3261, 10; outbound: RFC 5626; GRUU: 5627)
 *
 * Whatever a registrar answers (new challenges for ever, 423 after 423,
 * Expires: 1, redirects, 430), no more than UA_REG_RATE_MAX REGISTERs leave in
 * any minute, and one in UA_REG_RATE_MS in the long run: one limiter sits in
 * ua_reg_output(), and the deadline tells when it lets the next one through.
 * Each ua_reg_move() to another Contact allows one more: no registrar can make
 * us change networks.
 *
 * What fails is tried again after 1 s, and double, up to a minute, with
 * jitter; what was refused on purpose after about a minute; when a Retry-After
 * says so, but for 0.  So it is with outbound: RFC 5626, 4.5 has 30 s to half
 * an hour as defaults, and a phone that is not reachable for so long is none.
 * A 430 is tried again at once, once.  Wrong credentials are not tried again:
 * retry_ms is UA_NEVER.
 *
 * The expiry of a binding is that of our own Contact in the 2xx, not of
 * another phone of the same user.  It is ours if its +sip.instance is (and its
 * reg-id, where there is one), else if it names our address or the one that
 * our Via came from; with the instance of another it never is.  Of the expiry:
 *
 * - missing: the Expires header, and without that what was asked for
 * - more than UA_REG_EXPIRES_MAX_S, 2^32 too: UA_REG_EXPIRES_MAX_S
 * - not a number, negative: 3600 (RFC 3261, 20.10), or what was asked for if
 *   that is less
 * - 0: there is no binding, a failure
 *
 * A 2xx without any Contact is one of a registrar that does not list them: we
 * are registered.  One that lists others and not ours: we are not.
 */
#ifndef UA_REG_H
#define UA_REG_H

#include <ua/types.h>
#include "dialog/digest.h"

struct mbuf;
struct sip_msg;
struct ua_reg;

enum {
	UA_REG_REASON_MAX = 192, /**< Reason phrase, with its zero       */
	UA_REG_TARGET_MAX = 256, /**< Longest URI of a redirect          */
	UA_REG_EXPIRES_S = 300,  /**< Asked for unless told otherwise    */
	UA_REG_EXPIRES_MAX_S = 86400, /**< A 423 cannot push us beyond      */
	UA_REG_BACKOFF_MS = 1000, /**< First wait after a failure         */
	UA_REG_BACKOFF_MAX_MS = 60000, /**< Longest wait: a phone that comes
					    back within a minute is bearable */
	UA_REG_BYE_MS = 4000, /**< Patience with an unregistration    */
	UA_REG_STALE = 4,     /**< Old Contacts that are remembered   */
	UA_REG_RETRY_AFTER_MAX_S = 3600, /**< Longest one that is obeyed */
	UA_REG_RATE_MS = 3000, /**< A REGISTER in so many ms for ever: the
				    goodbye goes within UA_REG_BYE_MS   */
	UA_REG_BURST = 10,     /**< ... and so many at once: a few network
				    changes, each with a challenge      */
	UA_REG_RATE_MAX = 60000 / UA_REG_RATE_MS + UA_REG_BURST,
	UA_REG_FLOW_MIN_S = 10, /**< Bounds of a Flow-Timer             */
	UA_REG_FLOW_MAX_S = 3600,
	UA_REG_REDIRECTS = 5,    /**< Redirects in a row                 */
	UA_REG_LOOKUP_MS = 32000 /**< Patience with the owner's look-up  */
};

enum ua_reg_state {
	UA_REG_NONE = 0,
	UA_REG_IDLE,       /**< Not asked to register, or given up          */
	UA_REG_TRYING,     /**< REGISTER sent, no binding yet               */
	UA_REG_BOUND,      /**< Registered                                  */
	UA_REG_REFRESHING, /**< Registered, REGISTER sent                   */
	UA_REG_WAITING,    /**< Failed, next try at the deadline            */
	UA_REG_LEAVING,    /**< Unregistering                               */
	UA_REG_NSTATE
};

enum ua_reg_ev {
	UA_REG_REGISTERED = 1, /**< Also after each refresh                 */
	UA_REG_FAILED,         /**< code or err; retry_ms tells what follows */
	UA_REG_UNREGISTERED,   /**< Done, or nobody answered in time        */
	UA_REG_REDIRECTED      /**< Another server: see ua_reg_hop()        */
};

struct ua_reg_event {
	enum ua_reg_ev type;
	uint16_t code; /**< SIP status, 0: none came                */
	char reason[UA_REG_REASON_MAX];
	int err;                /**< ETIMEDOUT, ...; EACCES: wrong password  */
	uint32_t expires_s;     /**< Granted to our binding                  */
	uint32_t rtt_ms;        /**< Of the last REGISTER                    */
	struct ua_addr mapped;  /**< As the registrar sees us (received and
				     rport of our Via), af NONE: untold      */
	uint64_t retry_ms;      /**< Next try in so many ms, UA_NEVER: none  */
	uint32_t retry_after_s; /**< FAILED: Retry-After of the answer, 0:
				    none (RFC 3261, 20.33)                  */
	bool outbound;          /**< REGISTERED: the registrar keeps the flow
				     (RFC 5626, 4.2.1)                       */
	uint32_t flow_timer_s;  /**< REGISTERED: a keepalive at least so often
				     (RFC 5626, 4.4), within its bounds; 0:
				     untold                                  */
	char target[UA_REG_TARGET_MAX]; /**< REDIRECTED: URI of the server  */
};

/** A REGISTER to send */
struct ua_reg_out {
	char *uri;       /**< Request-URI, given                            */
	char *hop;       /**< URI that is the next hop, given               */
	struct mbuf *mb; /**< Headers after Via, given                      */
};

/** All strings are copied */
struct ua_reg_conf {
	const char *registrar; /**< Request-URI: "sip:example.com"          */
	const char *aor;       /**< "sip:alice@example.com"                 */
	const char *contact;   /**< Where we are                            */
	const char *route;     /**< Route header, NULL: none                */
	const char *params;    /**< Parameters of the Contact header, each
				    with its semicolon, NULL: none          */
	const char *software;  /**< User-Agent, NULL: none                  */
	struct ua_cred cred;
	uint32_t expires_s;   /**< To ask for, 0: UA_REG_EXPIRES_S         */
	uint32_t refresh_s;   /**< Refresh at least so often (a keepalive by
				   REGISTER), 0: as the expiry wants       */
	const char *instance; /**< "urn:uuid:...", the same for ever: asks for
				   a GRUU (RFC 5627, 4.1), NULL: none    */
	uint32_t reg_id;      /**< Of this flow, from 1 (RFC 5626, 4.2.1);
				   needs an instance; 0: no outbound     */
	const struct ua_rand *rand; /**< Borrowed                           */
	const struct ua_log *log;   /**< Borrowed                           */
};


/**
 * A registration that does nothing yet.
 *
 * @param regp  Set on success; mem_deref() it
 *
 * @retval EINVAL  registrar, aor, contact or route is no URI, instance is no
 *                 URN, or reg_id comes without instance
 * @retval ENOMEM  Try later
 */
UA_CHECK int ua_reg_alloc(struct ua_reg **regp,
			  const struct ua_reg_conf *conf);

/** Register now: at the start, after a network change, as a refresh */
void ua_reg_start(struct ua_reg *reg, uint64_t now_ms);

/**
 * Register now, and forget the REGISTER in flight: it left by a way that is no
 * more, its answer would not come.  One that was given up stays so: a wrong
 * password is no better elsewhere.
 */
void ua_reg_restart(struct ua_reg *reg, uint64_t now_ms);

/**
 * We are elsewhere: what is sent from now on binds this Contact, and removes
 * the binding of the old one with the same request (RFC 3261, 10.2.2), until
 * the registrar has agreed.  Sends nothing by itself: ua_reg_restart().
 *
 * @param contact  Copied; may be the present one
 *
 * @retval EINVAL  No URI; nothing changed
 * @retval ENOMEM  Nothing changed
 */
UA_CHECK int ua_reg_move(struct ua_reg *reg, const char *contact);

/**
 * There is no network: what is in flight is forgotten, and nothing is tried
 * before ua_reg_start() or ua_reg_restart().  No event.
 */
void ua_reg_hold(struct ua_reg *reg);

/** Unregister; UA_REG_UNREGISTERED follows within UA_REG_BYE_MS */
void ua_reg_stop(struct ua_reg *reg, uint64_t now_ms);

/** Feed the answer to the REGISTER in flight; others are ignored */
void ua_reg_response(struct ua_reg *reg, uint64_t now_ms,
		     const struct sip_msg *msg);

/**
 * The REGISTER in flight ended without an answer, or the look-up that
 * UA_REG_REDIRECTED asked for failed.
 */
void ua_reg_failed(struct ua_reg *reg, uint64_t now_ms, int err);

/** Would ua_reg_output() have one now? */
bool ua_reg_ready(const struct ua_reg *reg, uint64_t now_ms);

/** A REGISTER to send; false: none */
bool ua_reg_output(struct ua_reg *reg, uint64_t now_ms,
		   struct ua_reg_out *out);

bool ua_reg_event(struct ua_reg *reg, struct ua_reg_event *ev);

/** There is an event */
bool ua_reg_pending(const struct ua_reg *reg);

uint64_t ua_reg_deadline(const struct ua_reg *reg);
void ua_reg_tick(struct ua_reg *reg, uint64_t now_ms);

/**
 * URI of the server that the next REGISTER goes to (borrowed until the next
 * response): the route, else the registrar; that of a redirect where one is
 * followed.
 *
 * UA_REG_REDIRECTED says that it is another now (RFC 3261, 8.1.3.4, 21.3):
 * 301, 302 and 307 change the Request-URI, 305 the way.  Look it up (RFC 3263)
 * and go on with ua_reg_restart(), or call ua_reg_failed(): either within
 * UA_REG_LOOKUP_MS, or the machine takes it for a failure.  After a failure at
 * a redirect's target the way leads back to where it began, by the same event
 * with code 0, when the time of the next try has come; there the machine sends
 * in the end whatever the owner does.  So does ua_reg_hold().
 *
 * A registrar that redirects to itself or in a circle, more than
 * UA_REG_REDIRECTS times in a row, from sips: to sip:, or to no SIP URI, has
 * failed; the reason says so.
 */
const char *ua_reg_hop(const struct ua_reg *reg);

/**
 * The GRUU that the registrar gave to our binding (RFC 5627, 4.2), a SIP URI
 * to be used as it is; borrowed until the next response or tick.  NULL: none;
 * there is none either once the binding has expired or was removed.
 *
 * @param temporary  The one that does not tell who we are
 */
const char *ua_reg_gruu(const struct ua_reg *reg, bool temporary);

/**
 * Value of a Route header to preload on requests outside of dialogs (RFC 3608,
 * 6.1), borrowed until the next response or tick; to be appended to a
 * configured route.  NULL: none, also when it is too long or broken.
 */
const char *ua_reg_service_route(const struct ua_reg *reg);

/** What the registrar asked so far (borrowed) */
const struct ua_digest *ua_reg_digest(const struct ua_reg *reg);

enum ua_reg_state ua_reg_state(const struct ua_reg *reg);
const char *ua_reg_state_name(enum ua_reg_state state);

#endif
