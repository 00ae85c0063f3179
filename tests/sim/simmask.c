/* SPDX-License-Identifier: BSD-3-Clause */
/** @file simmask.c  Broken rules that are known, with the reason
 *
 * What stands here is counted and told as masked.  `sim --no-masks` lets
 * nothing pass.  A line goes away with the fault that it stands for.
 */

#include <stddef.h>

#include "simscene.h"

struct mask {
	unsigned rule;
	const char *why;
	bool (*is_such)(const struct ua_simscene *scene);
};


/* Checks back off while it rings: the next one may be far away. */
static bool rang(const struct ua_simscene *scene)
{
	const bool never = scene->actorv[0].path_us == UA_NEVER ||
			   scene->actorv[1].path_us == UA_NEVER;

	return (never || !scene->plan->nfault) &&
	       (scene->plan->call.ring_us > UA_SIM_S ||
		scene->plan->call.delay_max_us > UA_SIM_S);
}


/* An agent has 16 bases in all its life: who moves often runs out. */
static bool starved(const struct ua_simscene *scene)
{
	return ua_simphone_stat(scene->actorv[0].phone)->starved ||
	       ua_simphone_stat(scene->actorv[1].phone)->starved;
}


static const struct mask masks[] = {
	{ UA_SIM_RULE_CONNECT, "checks back off while it rings", rang },
	{ UA_SIM_RULE_DIRECT, "checks back off while it rings", rang },
	{ UA_SIM_RULE_CONNECT, "bases run out", starved },
};


const char *ua_simmask_why(const struct ua_simscene *scene, unsigned rule)
{
	size_t i;

	for (i = 0; i < sizeof(masks) / sizeof(masks[0]); i++) {
		if (masks[i].rule == rule && masks[i].is_such(scene))
			return masks[i].why;
	}

	return NULL;
}
