/* SPDX-License-Identifier: BSD-3-Clause */
/** @file challenge.h  A challenge as it stands in a message (RFC 7616, 3.3) */
#ifndef UA_CHALLENGE_H
#define UA_CHALLENGE_H

#include "base/re_compat.h"
#include "dialog/digest.h"

enum {
	UA_CHALLENGE_VALUE_MAX = 1024 /**< Longest realm, nonce or opaque */
};

/** All views are of the header */
struct ua_challenge {
	struct pl realm;
	struct pl nonce;
	struct pl opaque; /**< Unset: there is none */
	enum ua_digest_alg alg;
	bool proxy; /**< Set by who knows the header */
	bool sess;
	bool qop; /**< qop=auth is offered */
	bool stale;
};


/**
 * Decode the value of a WWW-Authenticate or Proxy-Authenticate header.
 *
 * @retval 0        Done
 * @retval ENOTSUP  Another scheme, an unknown algorithm or qop: skip it
 * @retval EBADMSG  Broken: skip it
 */
UA_CHECK int ua_challenge_decode(struct ua_challenge *ch,
				 const struct pl *hval);


/**
 * Take one "name = value" off the front of a list.
 *
 * @retval 0        Done; a quoted value comes without its quotes
 * @retval ENOENT   No more
 * @retval EBADMSG  Broken
 */
UA_CHECK int ua_challenge_param(struct pl *list, struct pl *name,
				struct pl *val);

/** "SHA-512-256", "SHA-256", "MD5" */
const char *ua_challenge_alg_name(enum ua_digest_alg alg);

#endif
