/* SPDX-License-Identifier: BSD-3-Clause */
/** @file simmask.c  Broken rules that are known, with the reason
 *
 * What stands here is counted and told as masked.  `sim --no-masks` lets
 * nothing pass.  A line goes away with the fault that it stands for.
 */

#include <stddef.h>
#include <string.h>

#include "simscene.h"

struct mask {
	unsigned rule;
	const char *words; /* In the text of the breach                   */
	const char *why;
	bool (*is_such)(const struct ua_simscene *scene);
};


/*
 * A callee whose check alone can open the way asks once a second; the caller
 * calls the pair hopeless a little earlier.
 */
static bool rang(const struct ua_simscene *scene)
{
	return scene->plan->call.ring_us > UA_SIM_S;
}


/*
 * Each end checks the component whose twin the other one keeps frozen, and
 * both filters stay shut.
 */
static bool has_twins(const struct ua_simscene *scene)
{
	return scene->plan->ncomp == 2;
}


/* Two generations of one agent that are triggered in the same moment */
static bool restarts(const struct ua_simscene *scene)
{
	return scene->plan->nfault != 0;
}


/*
 * A peer-reflexive candidate whose line is late is taken for direct though it
 * is a relay; what was dropped for it is not tried again.
 */
static bool is_slow(const struct ua_simscene *scene)
{
	return scene->plan->trickle ||
	       scene->plan->call.delay_max_us > 300 * UA_SIM_MS;
}


/*
 * While nobody was heard one pair of a kind is asked on: by the proxy's relay,
 * by a dead one, or from a network that is shut, although another may be the
 * only one that works.
 */
static bool has_many(const struct ua_simscene *scene)
{
	const struct ua_simplan *plan = scene->plan;

	return plan->latch || plan->dead_turn || plan->strict ||
	       plan->secondv[0] || plan->secondv[1];
}


static const struct mask masks[] = {
	{ UA_SIM_RULE_DIRECT, "relay", "asked too late after ringing", rang },
	{ UA_SIM_RULE_DIRECT, "relay", "frozen by the other component",
	  has_twins },
	{ UA_SIM_RULE_DIRECT, "in the end", "dropped and not tried again",
	  is_slow },
	{ UA_SIM_RULE_CONNECT, "way", "one pair of a kind is asked on",
	  has_many },
	{ UA_SIM_RULE_STORM, "apart", "two generations in one moment",
	  restarts },
};


const char *ua_simmask_why(const struct ua_simscene *scene, unsigned rule,
			   const char *text)
{
	size_t i;

	for (i = 0; i < sizeof(masks) / sizeof(masks[0]); i++) {
		const struct mask *m = &masks[i];

		if (m->rule == rule && strstr(text, m->words) &&
		    m->is_such(scene))
			return m->why;
	}

	return NULL;
}
