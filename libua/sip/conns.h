/* SPDX-License-Identifier: BSD-3-Clause */
/** @file conns.h  The connections that messages came on */
#ifndef UA_CONNS_H
#define UA_CONNS_H

#include "base/re_compat.h"
#include <ua/types.h>

enum {
	UA_CONNS_MAX = 4,     /**< Kept in mind; a phone has few          */
	UA_CONNS_SHUT_MS = 20 /**< libre has forgotten one by then        */
};

/**
 * libre keeps its connections to itself and shows them with a message only.
 * A NAT that was restarted has forgotten all of them, and what is written
 * into one of these is lost without a word.  All zero is an empty table.
 */
struct ua_conns {
	struct sip_msg *msgv[UA_CONNS_MAX]; /**< Referenced               */
	unsigned next;
};


/** A message came: keep its connection in mind, if it came on one */
void ua_conns_note(struct ua_conns *conns, const struct sip_msg *msg);


/** Is there a connection to that address which is not closed? */
bool ua_conns_has(const struct ua_conns *conns, const struct ua_addr *peer);


/**
 * Close all of them, or those to one address; the next request connects anew,
 * UA_CONNS_SHUT_MS later at the earliest.
 *
 * @param peer  NULL: all
 */
void ua_conns_shut(struct ua_conns *conns, const struct ua_addr *peer);


/**
 * Where the message ends, nobody knows: what came behind it on its connection
 * is not read, and the connection is closed once what was written is sent
 * (RFC 4475, 3.1.2.3).  Does nothing for a datagram.
 *
 * @param msg  The one that libre is at, noted before
 */
void ua_conns_break(struct ua_conns *conns, struct sip_msg *msg);


/** Forget them */
void ua_conns_flush(struct ua_conns *conns);

#endif
