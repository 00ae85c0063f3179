/* SPDX-License-Identifier: BSD-3-Clause */
/** @file sesmove.h  A session goes on from another address of ours */
#ifndef UA_SESMOVE_H
#define UA_SESMOVE_H

#include "sip/session.h"


/**
 * Take a session to another endpoint: the address of its present one is gone,
 * or does not lead to the other side any more.
 *
 * From now on it sends, and is found, there; its Contact is the endpoint's.
 * The other side learns that by the next request or answer that refreshes the
 * target (RFC 3261, 12.2): send a re-INVITE soon.  An INVITE that rings here
 * is answered from the new address, which its Via allows.
 *
 * What was in flight is over, for its answer goes to the old address:
 * an INVITE that is not answered yet ends the session (ENETDOWN), a re-INVITE
 * fails (UA_INVITE_MODIFIED with 408), a BYE is sent once more.
 *
 * @param ep  Endpoint, must live longer; the former one is not needed any
 *            more.  The present one: nothing happens
 *
 * @retval 0       Done; events may follow
 * @retval ENOSPC  The user's part of the Contact is too long: not moved
 * @retval ENOMEM  Not moved: try again
 */
UA_CHECK int ua_sesmove_to(struct ua_session *sess, struct ua_endpoint *ep);


/**
 * Where its requests go.
 *
 * @return false: by name, or nowhere yet
 */
bool ua_sesmove_dst(const struct ua_session *sess, struct ua_addr *dst);

#endif
