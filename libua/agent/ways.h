/* SPDX-License-Identifier: BSD-3-Clause */
/** @file ways.h  From which address others are reached, for a while */
#ifndef UA_WAYS_H
#define UA_WAYS_H

#include <ua/types.h>

enum {
	UA_WAYS_MAX = 8, /**< Destinations that are remembered          */
	/** What the kernel tells nobody of is noticed within that [ms] */
	UA_WAYS_MS = 1000
};

/** A destination, and our address for it */
struct ua_way {
	struct ua_addr dst; /**< Port of no meaning; af NONE: free */
	struct ua_addr local;
	uint64_t until_ms;
};

/** Starts as all zero, a value inside its owner */
struct ua_ways {
	struct ua_way v[UA_WAYS_MAX];
	size_t next;    /**< To be written over                 */
	uint64_t epoch; /**< Of the network: all are of this one */
};


/**
 * What was seen of this network, at most UA_WAYS_MS ago.
 *
 * @param epoch  From ua_netmon_calm()
 * @param local  Set if it is known, as it was put
 */
bool ua_ways_get(const struct ua_ways *ways, uint64_t epoch, uint64_t now_ms,
		 const struct ua_addr *dst, struct ua_addr *local);


/**
 * Remember a way; the oldest one is forgotten for it, and all those of
 * another epoch.
 *
 * @param epoch   The one before the way was looked for
 * @param now_ms  The time before
 */
void ua_ways_put(struct ua_ways *ways, uint64_t epoch, uint64_t now_ms,
		 const struct ua_addr *dst, const struct ua_addr *local);

#endif
