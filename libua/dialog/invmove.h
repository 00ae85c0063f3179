/* SPDX-License-Identifier: BSD-3-Clause */
/** @file invmove.h  A session goes on with another Contact */
#ifndef UA_INVMOVE_H
#define UA_INVMOVE_H

#include "dialog/invite.h"


/**
 * We are elsewhere.  Each later request or answer that has a Contact has this
 * one: the peer's target is refreshed by it (RFC 3261, 12.2).
 *
 * Answers to what is in flight go to where we were, so that it is over:
 * our first INVITE ends the session (UA_INVITE_ENDED, ENETDOWN), a re-INVITE
 * or one that waits after a 491 fails (UA_INVITE_MODIFIED, 408; the session
 * goes on), INFO fails (UA_INVITE_INFORMED, ENETDOWN), BYE is sent again.
 *
 * @param contact  SIP URI, copied
 *
 * @retval 0       Done; outputs and events may follow
 * @retval EINVAL  No SIP URI; nothing changed
 * @retval ENOMEM  Nothing changed
 */
UA_CHECK int ua_invmove_to(struct ua_invite *inv, uint64_t now_ms,
			   const char *contact);

/** The Contact of now (borrowed) */
const char *ua_invmove_contact(const struct ua_invite *inv);

/** URI that the next request in the dialog goes to, NULL: no dialog yet */
const char *ua_invmove_hop(const struct ua_invite *inv);

#endif
