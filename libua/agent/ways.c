/* SPDX-License-Identifier: BSD-3-Clause */
/** @file ways.c  From which address others are reached, for a while */

#include <string.h>

#include "agent/ways.h"
#include "base/addr.h"


bool ua_ways_get(const struct ua_ways *ways, uint64_t epoch, uint64_t now_ms,
		 const struct ua_addr *dst, struct ua_addr *local)
{
	size_t i;

	if (epoch != ways->epoch)
		return false;

	for (i = 0; i < UA_WAYS_MAX; i++) {
		const struct ua_way *way = &ways->v[i];

		if (way->dst.af && now_ms < way->until_ms &&
		    ua_addr_ip_eq(&way->dst, dst)) {
			*local = way->local;
			return true;
		}
	}

	return false;
}


void ua_ways_put(struct ua_ways *ways, uint64_t epoch, uint64_t now_ms,
		 const struct ua_addr *dst, const struct ua_addr *local)
{
	struct ua_way *way;

	if (epoch != ways->epoch) {
		memset(ways, 0, sizeof(*ways));
		ways->epoch = epoch;
	}

	way = &ways->v[ways->next];
	ways->next = (ways->next + 1) % UA_WAYS_MAX;
	way->dst = *dst;
	way->local = *local;
	way->until_ms = now_ms + UA_WAYS_MS;
}
