/* SPDX-License-Identifier: BSD-3-Clause */
/** @file simjudge.c  What must hold at the end of a call, and after it */

#include <string.h>

#include "simscene.h"

enum {
	CONNECT_S = 5, /* A way that is there so long is found            */
	AGREE_S = 3,   /* After a nomination both ends have the same pair */
	DIRECT_US = 300000
};


static bool has_media(struct ua_simactor *actor)
{
	struct ua_path path;

	return !ua_ice_media(ua_simphone_ice(actor->phone), 0, 1, &path);
}


/* 1: a way that was there for 5 s was found, and media came over it. */
static void judge_connect(struct ua_simscene *scene, enum ua_simway_kind way)
{
	const uint64_t known_us = ua_simcall_answered(scene->call);
	size_t i;

	if (way == UA_SIM_NOWAY)
		return;

	if (known_us == UA_NEVER) {
		ua_simscene_breach(scene, UA_SIM_RULE_CONNECT, "call",
				   "no answer");
		return;
	}

	for (i = 0; i < UA_SIM_WHO; i++) {
		struct ua_simactor *a = &scene->actorv[i];
		const struct ua_simphone_stat *stat =
			ua_simphone_stat(a->phone);

		if (!has_media(a))
			ua_simscene_breach(scene, UA_SIM_RULE_CONNECT, a->name,
					   "no way, although one is there");
		else if (!scene->plan->lossy &&
			 a->path_us > known_us + CONNECT_S * UA_SIM_S)
			ua_simscene_breach(
				scene, UA_SIM_RULE_CONNECT, a->name,
				"found a way %llu ms after the answer",
				(unsigned long long)((a->path_us - known_us) /
						     UA_SIM_MS));
		else if (!stat->heard)
			ua_simscene_breach(scene, UA_SIM_RULE_CONNECT, a->name,
					   "heard nothing");
	}
}


/* 2: what one calls local is what the other one calls remote. */
static void judge_agree(struct ua_simscene *scene)
{
	struct ua_simactor *a = &scene->actorv[0];
	struct ua_simactor *b = &scene->actorv[1];
	const uint64_t now_us = ua_simnet_now(scene->net);
	char s1[UA_ADDR_LEN], s2[UA_ADDR_LEN], s3[UA_ADDR_LEN],
		s4[UA_ADDR_LEN];
	struct ua_ice_cand la, ra, lb, rb;
	uint32_t rtt_ms;

	if (a->nominated_us == UA_NEVER && b->nominated_us == UA_NEVER)
		return;

	if ((a->nominated_us != UA_NEVER &&
	     a->nominated_us + AGREE_S * UA_SIM_S > now_us) ||
	    (b->nominated_us != UA_NEVER &&
	     b->nominated_us + AGREE_S * UA_SIM_S > now_us))
		return;

	if (ua_ice_selected(ua_simphone_ice(a->phone), 0, 1, &la, &ra,
			    &rtt_ms) ||
	    ua_ice_selected(ua_simphone_ice(b->phone), 0, 1, &lb, &rb,
			    &rtt_ms)) {
		ua_simscene_breach(scene, UA_SIM_RULE_AGREE, a->name,
				   "nominated, and nothing is selected");
		return;
	}

	if (!ua_addr_eq(&la.addr, &rb.addr) || !ua_addr_eq(&ra.addr, &lb.addr))
		ua_simscene_breach(scene, UA_SIM_RULE_AGREE, a->name,
				   "has %s -> %s, %s has %s -> %s",
				   ua_addr_str(&la.addr, s1),
				   ua_addr_str(&ra.addr, s2), b->name,
				   ua_addr_str(&lb.addr, s3),
				   ua_addr_str(&rb.addr, s4));
}


/* 3: no relay where a direct way works. */
static void judge_direct(struct ua_simscene *scene, enum ua_simway_kind way)
{
	size_t i;

	if (way != UA_SIM_DIRECT || scene->plan->lossy)
		return;

	for (i = 0; i < UA_SIM_WHO; i++) {
		if (scene->actorv[i].relayed_us != UA_NEVER)
			ua_simscene_breach(
				scene, UA_SIM_RULE_DIRECT,
				scene->actorv[i].name,
				"nominated a relay, and a direct way works");
	}
}


/* 12: what failed says why. */
static void judge_reasons(struct ua_simscene *scene)
{
	struct ua_ice_pair pair;
	size_t i, k;

	for (i = 0; i < UA_SIM_WHO; i++) {
		const struct ua_ice *ice =
			ua_simphone_ice(scene->actorv[i].phone);

		for (k = 0; !ua_ice_pair(ice, k, &pair); k++) {
			if (!strcmp(pair.state, "FAILED") && !pair.reason[0])
				ua_simscene_breach(scene, UA_SIM_RULE_REASON,
						   scene->actorv[i].name,
						   "pair %u failed, and does "
						   "not say why",
						   (unsigned)k);
		}
	}
}


void ua_simjudge_call(struct ua_simscene *scene)
{
	const enum ua_simway_kind way = ua_simoracle_way(scene->plan);

	judge_connect(scene, way);
	judge_agree(scene);
	judge_direct(scene, way);
	judge_reasons(scene);
}


void ua_simjudge_release(struct ua_simscene *scene)
{
	const size_t n = ua_simturn_allocations(scene->turn);

	if (n && !scene->plan->lossy)
		ua_simscene_breach(scene, UA_SIM_RULE_RELEASE, "turn",
				   "%u allocations are left", (unsigned)n);
}


void ua_simjudge_rest(struct ua_simscene *scene)
{
	size_t i;

	for (i = 0; i < UA_SIM_WHO; i++) {
		if (!ua_simphone_rests(scene->actorv[i].phone))
			ua_simscene_breach(scene, UA_SIM_RULE_REST,
					   scene->actorv[i].name,
					   "does not rest after its call");
	}
}
