/* SPDX-License-Identifier: BSD-3-Clause */
/** @file sipraw.h  An answer to a request that libre cannot read */
#ifndef UA_SIPRAW_H
#define UA_SIPRAW_H

#include <ua/types.h>

struct mbuf;
struct sa;

/**
 * Refuse a datagram that libre's parser gave up: whoever sent it then knows
 * at once, and why, instead of sending it again for half a minute.
 *
 * The answer is 505 where the version is another, else 400 (RFC 4475, 3.1.2);
 * it keeps no state (RFC 3261, 8.2.7), and the same datagram gets the same
 * one.  It holds nothing but Via, From, To, Call-ID and CSeq of the request,
 * as they came, so it is hardly larger, and goes to the address where that
 * came from (a maddr is not heeded): it can be used against nobody.
 *
 * @param out  Gets the answer, at its position
 * @param mb   Datagram, from its position on, which stays
 * @param src  Where it came from
 * @param dst  Where the answer goes: src, unless Via names another port and
 *             has no rport (18.2.2, RFC 3581)
 *
 * @retval 0        Written: send it
 * @retval EBADMSG  No request, or an ACK, or without what an answer needs:
 *                  drop it
 * @retval ENOMEM   Drop it
 */
UA_CHECK int ua_sipraw_refuse(struct mbuf *out, const struct mbuf *mb,
			      const struct sa *src, struct sa *dst);

#endif
