/* SPDX-License-Identifier: BSD-3-Clause */
/** @file nslist.c  Name servers, and which of them answers */

#include <string.h>

#include "net/nslist.h"


static bool is_same(const struct ua_nslist *list, const struct ua_addr *addrv,
		    size_t n)
{
	size_t i;

	for (i = 0; i < n && n == list->n; i++) {
		if (!ua_addr_eq(&list->addrv[i], &addrv[i]))
			return false;
	}

	return n == list->n;
}


bool ua_nslist_set(struct ua_nslist *list, const struct ua_addr *addrv,
		   size_t n)
{
	bool same;

	if (n > UA_NSLIST_MAX)
		n = UA_NSLIST_MAX;

	same = is_same(list, addrv, n);
	memset(list, 0, sizeof(*list));
	memcpy(list->addrv, addrv, n * sizeof(addrv[0]));
	list->n = n;

	return !same;
}


size_t ua_nslist_order(const struct ua_nslist *list, uint64_t now_ms,
		       struct ua_addr addrv[UA_NSLIST_MAX])
{
	const size_t best = now_ms < list->back_ms ? list->best : 0;
	size_t i, n = 0;

	if (list->n)
		addrv[n++] = list->addrv[best];

	for (i = 0; i < list->n; i++) {
		if (i != best)
			addrv[n++] = list->addrv[i];
	}

	return n;
}


void ua_nslist_answered(struct ua_nslist *list, uint64_t now_ms,
			const struct ua_addr *addr)
{
	const bool back = now_ms >= list->back_ms;
	size_t i;

	for (i = 0; i < list->n; i++) {

		if (!ua_addr_eq(&list->addrv[i], addr))
			continue;

		/* While one stands in for the first its time runs on. */
		if (i != list->best || back)
			list->back_ms = now_ms + UA_NSLIST_BACK_MS;
		list->best = i;
		return;
	}
}
