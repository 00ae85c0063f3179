/* SPDX-License-Identifier: BSD-3-Clause */
/** @file ladder.h  The ways to keep a flow open, the best one first */
#ifndef UA_LADDER_H
#define UA_LADDER_H

#include <ua/account.h>
#include <ua/types.h>

/** What to send */
enum ua_ping {
	UA_PING_NONE = 0,
	UA_PING_OPTIONS,  /**< To the registrar: any final answer counts    */
	UA_PING_REGISTER, /**< A refresh of the registration                */
	UA_PING_CRLF,     /**< Double CRLF (RFC 5626, 4.4.1); on UDP nobody
			       answers it, so that it is sent twice     */
	UA_PING_STUN      /**< Binding request; only with outbound          */
};

/** A way to keep a flow open */
struct ua_ladder_rung {
	enum ua_ping ping;   /**< Holds it                                */
	enum ua_ping verify; /**< Proves it, now and then; NONE: the ping
				  itself is answered                      */
};


/**
 * A rung of the ladder that a mode climbs down while the server does not
 * answer.
 *
 * @param outbound  The registrar agreed to RFC 5626: STUN may be used on UDP
 * @param n         From 0, the best one
 *
 * @return NULL: there are not so many; there is always a first one
 */
const struct ua_ladder_rung *ua_ladder_get(enum ua_tp tp,
					   enum ua_keepalive mode,
					   bool outbound, unsigned n);

/** What is answered there, if the flow lives */
enum ua_ping ua_ladder_awaited(const struct ua_ladder_rung *rung);

/** "options", "register", "crlf", "stun" */
const char *ua_ladder_name(enum ua_ping ping);

#endif
