/* SPDX-License-Identifier: BSD-3-Clause */
/** @file takeover.c  When a better path takes the place of the nominated one
 */

#include "ice/takeover.h"

enum {
	RTT_SAMPLES = 3,    /* Of each, before round trips are compared  */
	STABLE_MS = 3000,   /* A path that comes and goes is no gain     */
	SETTLED_MS = 10000, /* Peers dislike an offer before             */
	MOVE_MS = 500       /* A move is heard as a jump in delay        */
};


static uint64_t max_of(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}


/* When pair p may take the place of pair old; UA_NEVER: it is no better */
static uint64_t take_at(const struct ua_ice *ice, const struct ua_comp *comp,
			const struct ua_pair *p, const struct ua_pair *old)
{
	if (!ua_nominate_better(p, old))
		return UA_NEVER;

	if (!ice->renom) {
		if (p->relays || !old->relays)
			return UA_NEVER;

		return max_of(max_of(p->valid_ms + STABLE_MS,
				     comp->selected_ms + SETTLED_MS),
			      comp->upgrade_ms);
	}

	if (p->relays < old->relays)
		return comp->moved_ms + MOVE_MS;

	if (ua_nominate_cheaper(p, old))
		return comp->moved_ms + UA_TAKEOVER_AGAIN_MS;

	if (p->rtts < RTT_SAMPLES || old->rtts < RTT_SAMPLES)
		return UA_NEVER;

	/* Among equals that differ in priority alone nobody moves. */
	if (p->rtt_ms >= old->rtt_ms)
		return UA_NEVER;

	return comp->moved_ms + UA_TAKEOVER_AGAIN_MS;
}


uint16_t ua_takeover_find(const struct ua_ice *ice, const struct ua_comp *comp,
			  uint64_t *at_ms)
{
	uint16_t best = UA_PAIR_NIL;
	uint16_t i;

	*at_ms = UA_NEVER;

	/* Which path is dead is not known before the suspect has answered. */
	if (!ice->controlling || comp->selected == UA_PAIR_NIL ||
	    comp->asking != UA_PAIR_NIL || comp->suspect_ms != UA_NEVER)
		return UA_PAIR_NIL;

	for (i = 0; i < ice->list.n; i++) {
		const struct ua_pair *p = &ice->list.v[i];
		uint64_t at;

		if (!p->valid || p->doubted || p->latched ||
		    i == comp->selected || ua_iceagent_comp_of(ice, p) != comp)
			continue;

		at = take_at(ice, comp, p, &ice->list.v[comp->selected]);
		if (at == UA_NEVER ||
		    (best != UA_PAIR_NIL &&
		     !ua_nominate_better(p, &ice->list.v[best])))
			continue;

		best = i;
		*at_ms = at;
	}

	return best;
}
