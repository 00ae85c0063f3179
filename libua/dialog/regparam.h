/* SPDX-License-Identifier: BSD-3-Clause */
/** @file regparam.h  Parameters of a header field (RFC 3261, 25.1) */
#ifndef UA_REGPARAM_H
#define UA_REGPARAM_H

#include <ua/types.h>

struct pl;


/**
 * Look for a parameter.  Quoted values may have semicolons in them.
 *
 * @param params  From the first semicolon on
 * @param name    In any case
 * @param val     View of it, without quotes; of no length if there is no value
 *
 * @return It is there, and all before it is well-formed
 */
bool ua_regparam_get(const struct pl *params, const char *name,
		     struct pl *val);


/**
 * Number of seconds.  More than 32 bits hold is as much as they hold (RFC
 * 3261, 20.10).
 *
 * @return It is a number of decimal digits
 */
bool ua_regparam_delta(const struct pl *val, uint32_t *s);

#endif
