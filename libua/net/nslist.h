/* SPDX-License-Identifier: BSD-3-Clause */
/** @file nslist.h  Name servers, and which of them answers */
#ifndef UA_NSLIST_H
#define UA_NSLIST_H

#include <ua/types.h>

enum {
	UA_NSLIST_MAX = 4, /**< C libraries look at three */

	/**
	 * After that long the first of the list has another chance: the
	 * administrator had a reason to name it first.  If it is still silent
	 * that costs one question UA_QUESTION_NEXT_MS [ms].
	 */
	UA_NSLIST_BACK_MS = 60000
};

/** A value; all zero is an empty one.  The servers are taken as equals */
struct ua_nslist {
	struct ua_addr addrv[UA_NSLIST_MAX];
	size_t n;
	size_t best;      /**< Answered last            */
	uint64_t back_ms; /**< When the first is again  */
};


/**
 * Take other servers; the first one is the best again.
 *
 * @param n  More than UA_NSLIST_MAX are left out
 *
 * @return True: they are other ones than before
 */
bool ua_nslist_set(struct ua_nslist *list, const struct ua_addr *addrv,
		   size_t n);


/**
 * The servers in the order in which to ask them.
 *
 * @return Their number
 */
size_t ua_nslist_order(const struct ua_nslist *list, uint64_t now_ms,
		       struct ua_addr addrv[UA_NSLIST_MAX]);


/** One answered: it is asked first from now on.  Unknown ones are ignored */
void ua_nslist_answered(struct ua_nslist *list, uint64_t now_ms,
			const struct ua_addr *addr);

#endif
