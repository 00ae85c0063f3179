/* SPDX-License-Identifier: BSD-3-Clause */
/** @file udpguard.h  Looks at datagrams before libre does */
#ifndef UA_UDPGUARD_H
#define UA_UDPGUARD_H

#include "base/re_compat.h"
#include <ua/types.h>

struct ua_udpguard;

/**
 * A datagram that libre would not understand.
 *
 * @param what  Static words: "no SIP", "STUN", ...
 * @param mb    The datagram, if it may be SIP that libre cannot read; else
 *              NULL
 */
typedef void(ua_udpguard_h)(const struct sa *src, const char *what,
			    const struct mbuf *mb, void *arg);

/** What a datagram is, as far as a flow is concerned */
enum ua_udpguard_kind {
	UA_UDPGUARD_TX = 1, /**< It leaves                                */
	UA_UDPGUARD_SIP,    /**< A SIP message came                       */
	UA_UDPGUARD_STUN,   /**< A STUN message came                      */
	UA_UDPGUARD_EMPTY,  /**< Some bytes that keep a NAT awake         */
	UA_UDPGUARD_CRLF    /**< ... a double CRLF that wants an answer   */
};

/**
 * A datagram passes.
 *
 * @param peer  Its other end
 * @param mb    Borrowed, unchanged
 *
 * @return true: STUN that was expected
 */
typedef bool(ua_udpguard_seen_h)(enum ua_udpguard_kind kind,
				 const struct sa *peer, const struct mbuf *mb,
				 void *arg);


/**
 * Keep what is no SIP away from libre's UDP transport: 1.1.0 prints a line to
 * stderr for each, and answers STUN requests of anybody.
 *
 * libre keeps its socket to itself and shows it only with a message.  So the
 * first datagram is our own: it knocks at our door, and who opens is known.
 *
 * @param guardp  Set on success; mem_deref() it before sip
 * @param sip     With one UDP transport, borrowed
 * @param local   Address of that
 *
 * @retval 0      Knocked; the guard stands as soon as the loop has run
 * @retval other  Of the network, or ENOMEM
 */
UA_CHECK int ua_udpguard_alloc(struct ua_udpguard **guardp, struct sip *sip,
			       const struct ua_rand *rand,
			       const struct sa *local, ua_udpguard_h *h,
			       ua_udpguard_seen_h *seen_h, void *arg);

/** A request came; true: it was the knock, nothing else is to be done */
bool ua_udpguard_knock(struct ua_udpguard *guard, const struct sip_msg *msg);

#endif
