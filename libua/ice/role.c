/* SPDX-License-Identifier: BSD-3-Clause */
/** @file role.c  Who is controlling */

#include <string.h>

#include "base/random.h"
#include "ice/match.h"
#include "ice/role.h"

enum {
	SWITCHES = 3,        /* Two settle any honest conflict          */
	SWITCH_GAP_MS = 1000 /* After those                             */
};


/* The next send of a request in flight is a new one with the new role */
static void renew(const struct ua_ice *ice, struct ua_pair *pair)
{
	struct ua_txn *txn = &pair->txn;

	if (!txn->active)
		return;

	ua_pair_keep_past(pair);
	ice->conf.rand->fill(txn->tid, sizeof(txn->tid), ice->conf.rand->arg);
	pair->unsent = true;
	pair->controlling = ice->controlling;
}


static void comp_renew(const struct ua_ice *ice, struct ua_comp *comp)
{
	if (comp->asking != UA_PAIR_NIL) {
		ua_txn_stop(&comp->txn);
		comp->due = false;
		comp->asking = UA_PAIR_NIL;
	}

	if (comp->txn.active)
		ice->conf.rand->fill(comp->txn.tid, sizeof(comp->txn.tid),
				     ice->conf.rand->arg);

	comp->controlling = ice->controlling;
}


bool ua_role_may_switch(const struct ua_ice *ice, uint64_t now_ms)
{
	return ice->switches < SWITCHES ||
	       now_ms >= ice->switched_ms + SWITCH_GAP_MS;
}


void ua_role_switch(struct ua_ice *ice, uint64_t now_ms, bool fresh)
{
	unsigned i;

	ice->controlling = !ice->controlling;
	ice->switched_ms = now_ms;
	ice->tell_role = true;
	if (ice->switches < SWITCHES)
		++ice->switches;
	if (fresh)
		ice->tie_breaker = ua_random_u64(ice->conf.rand);

	ua_log(ice->conf.log, UA_LOG_INFO, "ice", "role conflict: now %s",
	       ice->controlling ? "controlling" : "controlled");

	for (i = 0; i < ice->list.n; i++) {
		renew(ice, &ice->list.v[i]);
		ice->list.v[i].wanted = false;
	}

	for (i = 0; i < (unsigned)ice->conf.nstream * ice->conf.ncomp; i++)
		comp_renew(ice, &ice->compv[i]);

	ua_match_refresh(ice);
}


bool ua_role_settle(struct ua_ice *ice, uint64_t now_ms,
		    const struct ua_stun *msg)
{
	uint64_t theirs;

	if (ua_stun_u64(msg,
			ice->controlling ? UA_STUN_ICE_CONTROLLING
					 : UA_STUN_ICE_CONTROLLED,
			&theirs))
		return true;

	/* The larger tie-breaker is to be controlling: one of the two errs. */
	if ((ice->tie_breaker >= theirs) == ice->controlling)
		return false;

	if (ua_role_may_switch(ice, now_ms))
		ua_role_switch(ice, now_ms, false);

	return true;
}
