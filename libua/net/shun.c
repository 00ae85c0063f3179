/* SPDX-License-Identifier: BSD-3-Clause */
/** @file shun.c  Servers that failed and are not tried first for a while */

#include <string.h>

#include "net/shun.h"


static struct ua_shun_entry *find(struct ua_shun *shun,
				  const struct ua_addr *addr, enum ua_tp tp)
{
	size_t i;

	for (i = 0; i < UA_SHUN_MAX; i++) {
		if (shun->v[i].end_ms && shun->v[i].tp == tp &&
		    ua_addr_eq(&shun->v[i].addr, addr))
			return &shun->v[i];
	}

	return NULL;
}


/* A place that is free, else the one nobody spoke of for longest */
static struct ua_shun_entry *place(struct ua_shun *shun)
{
	struct ua_shun_entry *oldest = &shun->v[0];
	size_t i;

	for (i = 0; i < UA_SHUN_MAX; i++) {
		if (shun->v[i].turn < oldest->turn)
			oldest = &shun->v[i];
	}

	oldest->end_ms = 0;
	return oldest;
}


void ua_shun_flush(struct ua_shun *shun)
{
	memset(shun, 0, sizeof(*shun));
}


void ua_shun_add(struct ua_shun *shun, uint64_t now_ms,
		 const struct ua_addr *addr, enum ua_tp tp, uint64_t ms)
{
	struct ua_shun_entry *entry = find(shun, addr, tp);
	uint64_t end_ms;

	if (!ms)
		ms = UA_SHUN_MS;
	if (ms > UA_SHUN_MAX_MS)
		ms = UA_SHUN_MAX_MS;
	end_ms = now_ms + ms;

	if (!entry)
		entry = place(shun);

	entry->addr = *addr;
	entry->tp = tp;
	entry->turn = ++shun->turn;
	if (end_ms > entry->end_ms)
		entry->end_ms = end_ms;
}


void ua_shun_ok(struct ua_shun *shun, const struct ua_addr *addr,
		enum ua_tp tp)
{
	struct ua_shun_entry *entry = find(shun, addr, tp);

	if (entry)
		memset(entry, 0, sizeof(*entry));
}


bool ua_shun_is(const struct ua_shun *shun, uint64_t now_ms,
		const struct ua_addr *addr, enum ua_tp tp)
{
	size_t i;

	for (i = 0; i < UA_SHUN_MAX; i++) {
		if (shun->v[i].end_ms > now_ms && shun->v[i].tp == tp &&
		    ua_addr_eq(&shun->v[i].addr, addr))
			return true;
	}

	return false;
}


void ua_shun_sort(const struct ua_shun *shun, uint64_t now_ms,
		  struct ua_target *targetv, size_t n)
{
	struct ua_target badv[UA_TARGET_MAX];
	size_t i, bad = 0, good = 0;

	if (n > UA_TARGET_MAX)
		n = UA_TARGET_MAX;

	for (i = 0; i < n; i++) {
		if (ua_shun_is(shun, now_ms, &targetv[i].addr, targetv[i].tp))
			badv[bad++] = targetv[i];
		else
			targetv[good++] = targetv[i];
	}

	memcpy(&targetv[good], badv, bad * sizeof(badv[0]));
}
