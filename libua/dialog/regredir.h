/* SPDX-License-Identifier: BSD-3-Clause */
/** @file regredir.h  Redirects of a REGISTER, and where they led before */
#ifndef UA_REGREDIR_H
#define UA_REGREDIR_H

#include <ua/types.h>
#include "dialog/reg.h"

struct sip_msg;

/** Servers that were asked already; starts as all zero */
struct ua_regredir {
	char *triedv[UA_REG_REDIRECTS];
	size_t n;
};


/** 301, 302, 305, 307 */
bool ua_regredir_is(const struct sip_msg *msg);

/**
 * Choose the best Contact of a redirect that was not asked yet (RFC 3261,
 * 8.1.3.4), as it may be a Request-URI of a REGISTER (10.2): without user,
 * method and headers.
 *
 * @param asked   URI of the server that redirects
 * @param target  Room for UA_REG_TARGET_MAX
 * @param why     Set with ELOOP and EPROTO: the reason, static
 *
 * @retval 0        Ask that one; who redirects is not asked again
 * @retval ELOOP    To where we came from, or too many in a row: fail; target
 *                  is where it wants us
 * @retval EPROTO   No SIP URI, or an insecure one for a secure one: fail;
 *                  target is empty
 * @retval ENOMEM   Try again later
 */
UA_CHECK int ua_regredir_next(struct ua_regredir *redir,
			      const struct sip_msg *msg, const char *asked,
			      char *target, const char **why);

/** Forget what was asked */
void ua_regredir_reset(struct ua_regredir *redir);

#endif
