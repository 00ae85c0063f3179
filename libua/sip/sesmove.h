/* SPDX-License-Identifier: BSD-3-Clause */
/** @file sesmove.h  A session goes on from another address of ours */
#ifndef UA_SESMOVE_H
#define UA_SESMOVE_H

#include "sip/session.h"


/**
 * Take a session from one endpoint to another: the address of the first is
 * gone, or does not lead to the other side any more.
 *
 * It sends, and is found, there from now on, and its Contact is the new
 * endpoint's.  The peer learns that by the next request or answer that
 * refreshes the target (RFC 3261, 12.2): send a re-INVITE soon.  An INVITE
 * that rings here is answered from the new address.  Of what is in flight see
 * ua_invmove_to().
 *
 * @param from  Where it is
 * @param to    Must live longer than the session; the first one need not
 *
 * @retval 0       Done; events may follow
 * @retval ENOENT  It is not at that endpoint: it moved already, or is over
 * @retval ENOSPC  The user's part of the Contact is too long: not moved
 * @retval ENOMEM  Not moved: try again
 */
UA_CHECK int ua_sesmove_to(const struct ua_session *sess,
			   struct ua_endpoint *from, struct ua_endpoint *to);


/**
 * Where its requests go.
 *
 * @return false: by a name, or nowhere yet
 */
bool ua_sesmove_dst(const struct ua_session *sess,
		    const struct ua_endpoint *ep, struct ua_addr *dst);

#endif
