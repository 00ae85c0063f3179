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
 * Consent is not paced, but known as such only where media goes: not of a
 * path that takes over and waits for its first answer.
 */
static bool takes_over(const struct ua_simscene *scene)
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


static const struct mask masks[] = {
	{ UA_SIM_RULE_DIRECT, "relay", "asked too late after ringing", rang },
	{ UA_SIM_RULE_DIRECT, "relay", "a relay's line is late", is_slow },
	{ UA_SIM_RULE_STORM, "apart", "consent of a path to come",
	  takes_over },
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
