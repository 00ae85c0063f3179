/* SPDX-License-Identifier: BSD-3-Clause */
/** @file caps.h  What this agent can do, for offers and for OPTIONS */
#ifndef UA_CAPS_H
#define UA_CAPS_H

#include "call/env.h"
#include "sdp/offer.h"


/**
 * Make the offer and answer machine of a call.
 *
 * @param offerp  Set on success; mem_deref() it
 *
 * @retval 0       Done
 * @retval ENOMEM  Try later
 */
UA_CHECK int ua_caps_offer(struct ua_offer **offerp, const struct ua_env *env);


/**
 * Write the description that answers an OPTIONS (RFC 3261, 11.2): codecs, but
 * no address, since nothing listens yet.
 *
 * @retval 0       Done
 * @retval ENOMEM  Answer without it
 */
UA_CHECK int ua_caps_print(const struct ua_env *env, struct mbuf *mb);

#endif
