/* SPDX-License-Identifier: BSD-3-Clause */
/** @file binding.h  Our own binding among those of an address of record */
#ifndef UA_BINDING_H
#define UA_BINDING_H

#include <stdint.h>

struct sip_msg;


/**
 * Expiry that a 2xx to a REGISTER grants to us, not to another phone of the
 * same user (RFC 3261, 10.2.4).
 *
 * @param contact  Our Contact, a SIP URI
 * @param asked_s  What we asked for: counts if the answer tells nothing [s]
 * @param msg      The answer
 *
 * @return Expiry [s], 0: there is no binding
 */
uint32_t ua_binding_expires(const char *contact, uint32_t asked_s,
			    const struct sip_msg *msg);

#endif
