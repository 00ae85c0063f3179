/* SPDX-License-Identifier: BSD-3-Clause */
/** @file regcontact.h  Contacts that a REGISTER binds and unbinds */
#ifndef UA_REGCONTACT_H
#define UA_REGCONTACT_H

#include <ua/types.h>
#include "dialog/reg.h"

struct mbuf;

/** Value inside its owner */
struct ua_regcontact {
	char *uri;                  /**< Where we are                     */
	char *stalev[UA_REG_STALE]; /**< Old ones that may still be bound */
	size_t nstale;
	char *params;   /**< NULL: none */
	char *instance; /**< URN, NULL: none */
	uint32_t reg_id;
};


/** EINVAL, ENOMEM: as ua_reg_alloc(); then flush it all the same */
UA_CHECK int ua_regcontact_init(struct ua_regcontact *rc,
				const struct ua_reg_conf *conf);

/** Free all that it has */
void ua_regcontact_reset(struct ua_regcontact *rc);

/** As ua_reg_move() */
UA_CHECK int ua_regcontact_move(struct ua_regcontact *rc, const char *uri);

/** The old ones are not bound any more, or are not spoken of */
void ua_regcontact_forget(struct ua_regcontact *rc);

/**
 * Append the Contact headers and what they need in Supported.
 *
 * @param expires_s  Of the binding, 0: to unbind
 * @param stale      With the old ones
 */
UA_CHECK int ua_regcontact_encode(const struct ua_regcontact *rc,
				  struct mbuf *mb, uint32_t expires_s,
				  bool stale);

#endif
