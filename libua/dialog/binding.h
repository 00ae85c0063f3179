/* SPDX-License-Identifier: BSD-3-Clause */
/** @file binding.h  Our own binding among those of an address of record */
#ifndef UA_BINDING_H
#define UA_BINDING_H

#include "base/re_compat.h"

struct sip_msg;

/** What makes a binding ours */
struct ua_binding_key {
	const char *contact;  /**< A SIP URI                       */
	const char *instance; /**< URN, NULL: none                 */
	uint32_t reg_id;      /**< 0: none                         */
	uint32_t asked_s;     /**< Expiry that we asked for [s]    */
	uint32_t max_s;       /**< No more than that is granted    */
};

/** What a 2xx says of it; the views are of the message */
struct ua_binding {
	bool listed;        /**< There are Contacts at all               */
	bool ours;          /**< ... and ours is among them              */
	uint32_t expires_s; /**< Granted, 0: there is no binding         */
	struct pl uri;      /**< Ours as the registrar writes it; else the
				 first of the others                     */
	struct pl pub_gruu; /**< Unset: none                             */
	struct pl temp_gruu;
};


/**
 * Find our binding in a 2xx to a REGISTER (RFC 3261, 10.2.4).
 *
 * It has our instance and flow; or, as far as instances are not told, our
 * address, or the one that our request came from: NATs and registrars that
 * mend them write that instead.  See reg.h for what counts as expiry.
 */
void ua_binding_find(struct ua_binding *bind, const struct ua_binding_key *key,
		     const struct sip_msg *msg);

#endif
