/* SPDX-License-Identifier: BSD-3-Clause */
/** @file regmsg.h  A REGISTER as it is sent (RFC 3261, 10.2) */
#ifndef UA_REGMSG_H
#define UA_REGMSG_H

#include <ua/types.h>

struct mbuf;
struct ua_dialog;
struct ua_digest;
struct ua_regcontact;

/** All is borrowed */
struct ua_regmsg {
	const char *registrar;  /**< Request-URI                         */
	struct ua_dialog *half; /**< To is the address of record; counts */
	struct ua_digest *digest;
	const struct ua_regcontact *contact;
	bool stale;           /**< Unbind the old Contacts, too          */
	uint32_t expires_s;   /**< To ask for; 0: unbind                 */
	const char *software; /**< User-Agent, NULL: none                */
};


/**
 * Encode all headers after Via.
 *
 * @param mbp  Set on success, given, at its start
 *
 * @retval ENOMEM  And as ua_digest_response() has it: try later
 */
UA_CHECK int ua_regmsg_encode(const struct ua_regmsg *rm, struct mbuf **mbp);

#endif
