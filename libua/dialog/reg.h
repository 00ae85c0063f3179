/* SPDX-License-Identifier: BSD-3-Clause */
/** @file reg.h  A registration (RFC 3261, 10) */
#ifndef UA_REG_H
#define UA_REG_H

#include <ua/types.h>
#include "dialog/digest.h"

struct mbuf;
struct sip_msg;
struct ua_reg;

enum {
	UA_REG_REASON_MAX = 64, /**< Reason phrase, with its zero       */
	UA_REG_EXPIRES_S = 300, /**< Asked for unless told otherwise    */
	UA_REG_EXPIRES_MAX_S = 86400, /**< A 423 cannot push us beyond      */
	UA_REG_BACKOFF_MS = 1000, /**< First wait after a failure         */
	UA_REG_BACKOFF_MAX_MS = 60000, /**< Longest wait: a phone that comes
					    back within a minute is bearable */
	UA_REG_BYE_MS = 4000, /**< Patience with an unregistration    */
	UA_REG_STALE = 4      /**< Old Contacts that are remembered   */
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
	UA_REG_UNREGISTERED    /**< Done, or nobody answered in time        */
};

struct ua_reg_event {
	enum ua_reg_ev type;
	uint16_t code; /**< SIP status, 0: none came                */
	char reason[UA_REG_REASON_MAX];
	int err;               /**< ETIMEDOUT, ...; EACCES: wrong password  */
	uint32_t expires_s;    /**< Granted to our binding                  */
	uint32_t rtt_ms;       /**< Of the last REGISTER                    */
	struct ua_addr mapped; /**< As the registrar sees us (received and
				    rport of our Via), af NONE: untold      */
	uint64_t retry_ms;     /**< Next try in so many ms, UA_NEVER: none  */
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
	uint32_t expires_s; /**< To ask for, 0: UA_REG_EXPIRES_S         */
	uint32_t refresh_s; /**< Refresh at least so often (a keepalive by
				 REGISTER), 0: as the expiry wants       */
	const struct ua_rand *rand; /**< Borrowed                           */
	const struct ua_log *log;   /**< Borrowed                           */
};


/** EINVAL: an URI is none.  mem_deref() it */
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

/** The REGISTER in flight ended without an answer */
void ua_reg_failed(struct ua_reg *reg, uint64_t now_ms, int err);

/** A REGISTER to send; false: none */
bool ua_reg_output(struct ua_reg *reg, uint64_t now_ms,
		   struct ua_reg_out *out);

bool ua_reg_event(struct ua_reg *reg, struct ua_reg_event *ev);

/** There is an event */
bool ua_reg_pending(const struct ua_reg *reg);

uint64_t ua_reg_deadline(const struct ua_reg *reg);
void ua_reg_tick(struct ua_reg *reg, uint64_t now_ms);

/** What the registrar asked so far (borrowed) */
const struct ua_digest *ua_reg_digest(const struct ua_reg *reg);

enum ua_reg_state ua_reg_state(const struct ua_reg *reg);
const char *ua_reg_state_name(enum ua_reg_state state);

#endif
