/* SPDX-License-Identifier: BSD-3-Clause */
/** @file uricheck.h  What is wrong with a SIP URI, field by field */
#ifndef UA_URICHECK_H
#define UA_URICHECK_H

#include <ua/types.h>

/** Room for what is wrong, with its zero */
enum { UA_URICHECK_MAX = 128 };


/**
 * Look at the fields of a SIP URI that say where it leads to.  libre's parser
 * lets pass what is none: of ":70000" it keeps 16 bits, of ":5060x" the
 * digits, and a host may be anything.
 *
 * @param uri  With its scheme; libre can read it
 * @param tp   Its transport counts too: we look it up, not a proxy
 * @param why  Set on error: the field, its value, and what was expected
 *
 * @retval 0       Nothing is wrong
 * @retval EINVAL  Tell the user
 */
UA_CHECK int ua_uricheck_where(const char *uri, bool tp,
			       char why[UA_URICHECK_MAX]);

#endif
