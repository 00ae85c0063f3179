/* SPDX-License-Identifier: BSD-3-Clause */
/** @file trickle.c  What trickle ICE knows of one dialog of a call */

#include <errno.h>
#include <string.h>

#include "base/re_compat.h"
#include "call/trickle.h"


/*
 * What a component has, in any order; 0: nothing.  With rtcp-mux all of one
 * component go away, which is no news.
 */
static uint32_t sum(const struct ua_offer_local *local, unsigned comp)
{
	uint32_t h = 0;
	size_t i;

	for (i = 0; i < local->candc; i++) {
		if (local->candv[i].comp == comp)
			h += ua_sdpcand_hash(&local->candv[i]);
	}

	return h;
}


void ua_trickle_told(struct ua_trickle *t, const struct ua_offer_local *local)
{
	unsigned i;

	for (i = 0; i < UA_TRICKLE_COMPS; i++)
		t->told[i] = sum(local, i + 1);

	t->told_end = local->end;
}


bool ua_trickle_has_news(const struct ua_trickle *t,
			 const struct ua_offer_local *local)
{
	unsigned i;

	for (i = 0; i < UA_TRICKLE_COMPS; i++) {
		const uint32_t h = sum(local, i + 1);

		if (h && h != t->told[i])
			return true;
	}

	return t->owed || (local->end && !t->told_end);
}


int ua_trickle_keep(struct ua_trickle *t, uint64_t now_ms, const char *body,
		    size_t len, bool ages)
{
	struct mbuf *mb = mbuf_alloc(len + 1);
	int err;

	if (!mb)
		return ENOMEM;

	err = mbuf_write_mem(mb, (const uint8_t *)body, len);
	if (err) {
		mem_deref(mb);
		return err;
	}

	mem_deref(t->kept);
	t->kept = mb;
	t->kept_ms = ages ? now_ms : UA_NEVER;

	return 0;
}


struct mbuf *ua_trickle_kept(struct ua_trickle *t, uint64_t now_ms)
{
	struct mbuf *mb = t->kept;

	t->kept = NULL;
	if (mb && t->kept_ms != UA_NEVER &&
	    now_ms - t->kept_ms > UA_TRICKLE_KEEP_MS)
		mb = mem_deref(mb);

	return mb;
}


void ua_trickle_reset(struct ua_trickle *t)
{
	mem_deref(t->kept);
	memset(t, 0, sizeof(*t));
}
