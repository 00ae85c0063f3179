/* SPDX-License-Identifier: BSD-3-Clause */
/** @file trickle.h  What trickle ICE knows of one dialog of a call */
#ifndef UA_TRICKLE_H
#define UA_TRICKLE_H

#include <ua/types.h>
#include "sdp/offer.h"

struct mbuf;

enum {
	/*
	 * An INFO may overtake the answer that makes sense of it, when that
	 * has to be sent again: T1 and 2 T1 (RFC 3261, 17.1.1.2) and the way.
	 */
	UA_TRICKLE_KEEP_MS = 5000,

	/*
	 * An INFO without an answer: a firewall may swallow what it does not
	 * know.  Two of its retransmissions are lost by then (T1, 2 T1).
	 */
	UA_TRICKLE_WAIT_MS = 3000,
	UA_TRICKLE_COMPS = 2
};

/** Of one dialog; all zero: nothing is known */
struct ua_trickle {
	bool failed;    /**< An INFO of ours was refused: no more of them   */
	bool owed;      /**< One has to go out, with news or without        */
	bool out;       /**< One is under way                               */
	bool hasty;     /**< The one under way may overtake our 2xx         */
	bool overtaken; /**< It was answered 500 once: sent again          */
	bool told_end;  /**< The peer knows that nothing more will come     */
	uint32_t told[UA_TRICKLE_COMPS]; /**< What it knows of each        */
	size_t seen; /**< Candidates of its last INFO, and the first */
	struct ua_addr first;
	struct mbuf *kept; /**< INFO that came too early, NULL: none       */
	uint64_t kept_ms;  /**< When it came, UA_NEVER: it does not age    */
};


/** A description of ours, or an INFO, tells the peer this */
void ua_trickle_told(struct ua_trickle *t, const struct ua_offer_local *local);

/** Would an INFO tell anything new, or is one owed? */
bool ua_trickle_has_news(const struct ua_trickle *t,
			 const struct ua_offer_local *local);

/**
 * Keep an INFO until the description comes that it belongs to.  A newer one
 * takes the place of an older one, for it repeats all (RFC 8840, 4.4).
 *
 * @param ages  It may be of no description at all: forgotten after 5 s
 *
 * @retval 0       Kept
 * @retval ENOMEM  Lost: the next one repeats it
 */
UA_CHECK int ua_trickle_keep(struct ua_trickle *t, uint64_t now_ms,
			     const char *body, size_t len, bool ages);

/**
 * The INFO that was kept, if it is not too old.
 *
 * @return The caller's reference, or NULL
 */
struct mbuf *ua_trickle_kept(struct ua_trickle *t, uint64_t now_ms);

/** Forget all */
void ua_trickle_reset(struct ua_trickle *t);

#endif
