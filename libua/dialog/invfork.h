/* SPDX-License-Identifier: BSD-3-Clause */
/** @file invfork.h  What one INVITE became with several peers */
#ifndef UA_INVFORK_H
#define UA_INVFORK_H

#include "dialog/invcore.h"


/** Fork of an answer's To-tag, NULL: unknown */
struct ua_invcore_fork *ua_invfork_find(struct ua_invite *inv,
					const struct sip_msg *msg);


/**
 * The fork that an answer to our first INVITE speaks for, made if need be;
 * a 2xx makes its dialog anew (RFC 3261, 13.2.2.4).
 *
 * @param err  Set to 0, EBADMSG (no To-tag) or ENOMEM
 *
 * @return NULL with an error, or when there are too many already
 */
struct ua_invcore_fork *ua_invfork_take(struct ua_invite *inv,
					const struct sip_msg *msg, int *err);

/** Free what a fork holds */
void ua_invfork_reset(struct ua_invcore_fork *fork);

/** None answered: the next INVITE starts afresh */
void ua_invfork_forget(struct ua_invite *inv);

#endif
