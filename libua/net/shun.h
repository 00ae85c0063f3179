/* SPDX-License-Identifier: BSD-3-Clause */
/** @file shun.h  Servers that failed and are not tried first for a while */
#ifndef UA_SHUN_H
#define UA_SHUN_H

#include "net/locate.h"

enum {
	UA_SHUN_MAX = 32, /**< Servers kept; the oldest word goes first */

	/**
	 * A proxy that restarts is back within a minute; until then each
	 * request that tries it first costs its user seconds [ms].
	 */
	UA_SHUN_MS = 60000,

	/** A mistaken Retry-After must not hide a server for long [ms] */
	UA_SHUN_MAX_MS = 600000
};

/** One that failed */
struct ua_shun_entry {
	struct ua_addr addr;
	enum ua_tp tp;
	uint64_t end_ms; /**< Shunned until then, 0: nobody */
	uint64_t turn;   /**< When it was told of last      */
};

/**
 * Where requests failed (RFC 3263, 4.3: no answer, 503, transport error).  It
 * takes part by value and owns nothing; all zero is an empty one.
 *
 * A server is an address with its port and a transport: one that does not
 * answer by TCP may do so by UDP.
 */
struct ua_shun {
	struct ua_shun_entry v[UA_SHUN_MAX];
	uint64_t turn;
};


/** Forget all: at the start, and when the network has changed */
void ua_shun_flush(struct ua_shun *shun);


/**
 * A server failed.  What was said of it before stands if it lasts longer.
 *
 * @param addr  Its address
 * @param tp    ... and transport
 * @param ms    How long, at most UA_SHUN_MAX_MS: its Retry-After (RFC 3261,
 *              21.5.4); 0: UA_SHUN_MS
 */
void ua_shun_add(struct ua_shun *shun, uint64_t now_ms,
		 const struct ua_addr *addr, enum ua_tp tp, uint64_t ms);


/** A server answered, and not by 503: forget what it did */
void ua_shun_ok(struct ua_shun *shun, const struct ua_addr *addr,
		enum ua_tp tp);


/** Is it to be tried last? */
bool ua_shun_is(const struct ua_shun *shun, uint64_t now_ms,
		const struct ua_addr *addr, enum ua_tp tp);


/**
 * Put those that failed behind the others.  Nobody is dropped: when all have
 * failed the order of RFC 3263 is the best there is.
 *
 * @param targetv  In the order of ua_locate(), which stays otherwise
 * @param n        Number of them, at most UA_TARGET_MAX
 */
void ua_shun_sort(const struct ua_shun *shun, uint64_t now_ms,
		  struct ua_target *targetv, size_t n);

#endif
