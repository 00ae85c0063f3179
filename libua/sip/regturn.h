/* SPDX-License-Identifier: BSD-3-Clause */
/** @file regturn.h  Whose turn it is to send a REGISTER
 *
 * A thousand accounts that come to a network at once would be a burst at
 * their registrar, and its answers one at our own socket: what finds no room
 * costs 500 ms (RFC 3261, 17.1.2.2).  So UA_REGTURN_MAX of an endpoint have
 * their turn at a server, the others wait in the order in which they asked.
 * Who comes alone never waits.
 */
#ifndef UA_REGTURN_H
#define UA_REGTURN_H

#include "base/re_compat.h"
#include "sip/endpoint.h"

struct ua_regqueue;

enum {
	UA_REGTURN_MAX = 64, /**< At a time, of a server               */
	/** A REGISTER is sent at 0, 0.5, 1.5 and 3.5 s: whoever has no
	    answer by then keeps nobody waiting any more [ms] */
	UA_REGTURN_SILENT_MS = 4000
};

/** It has its turn: wake it by the loop, to call ua_regturn_take().  Called
    where another one leaves: nothing else is to be done here */
typedef void(ua_regturn_h)(void *arg);

/** One that registers; a value inside its owner */
struct ua_regturn {
	struct le le;
	struct ua_regqueue *queue; /**< NULL: neither has its turn nor waits */
	bool mine;
	uint64_t until_ms; /**< Of its turn, if others wait */
	ua_regturn_h *h;
	void *arg;
};


/** Set up; ua_regturn_leave() before it goes away */
void ua_regturn_init(struct ua_regturn *turn, ua_regturn_h *h, void *arg);

/**
 * Have one's turn, or wait for it at the end of the queue.
 *
 * @param ep   Its endpoint, which may go away after this turn was left
 * @param hop  The server
 *
 * @return true: send now.  False: the handler is called; call this again
 *         there.  One that had its turn already still has it
 */
bool ua_regturn_take(struct ua_regturn *turn, struct ua_endpoint *ep,
		     const struct ua_hop *hop);

/** It was answered, or nothing is to be sent: the next one's turn */
void ua_regturn_leave(struct ua_regturn *turn);

/** Does it wait? */
bool ua_regturn_waits(const struct ua_regturn *turn);

#endif
