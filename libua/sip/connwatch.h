/* SPDX-License-Identifier: BSD-3-Clause */
/** @file connwatch.h  What happens on a connection of libre's */
#ifndef UA_CONNWATCH_H
#define UA_CONNWATCH_H

#include "base/re_compat.h"
#include <ua/types.h>

struct ua_connwatch;

enum ua_connwatch_ev {
	UA_CONNWATCH_TX = 1, /**< Bytes left                                */
	UA_CONNWATCH_RX,     /**< Bytes came                                */
	UA_CONNWATCH_PONG,   /**< ... which answer a CRLF (RFC 5626, 4.4.1) */
	UA_CONNWATCH_CLOSED  /**< It is gone                                */
};

/** Called by libre at work on the connection: only take a note */
typedef void(ua_connwatch_h)(enum ua_connwatch_ev ev, void *arg);


/**
 * Watch the connection that a message came on.
 *
 * libre keeps its connections to itself, answers CRLFs and forgets pongs
 * without a word, and tells nobody that an idle connection was closed.
 *
 * @param watchp  Set on success; mem_deref() it at any time
 *
 * @retval 0         Watched
 * @retval ENOTCONN  It has none, or it is closed
 * @retval ENOMEM    Not watched
 */
UA_CHECK int ua_connwatch_alloc(struct ua_connwatch **watchp, struct sip *sip,
				const struct sip_msg *msg, ua_connwatch_h *h,
				void *arg);

/** Is that the connection that a message came on? */
bool ua_connwatch_is(const struct ua_connwatch *watch,
		     const struct sip_msg *msg);

#endif
