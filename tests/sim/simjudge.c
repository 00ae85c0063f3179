/* SPDX-License-Identifier: BSD-3-Clause */
/** @file simjudge.c  What must hold at the end of a call, and after it */

#include <string.h>

#include "simalloc.h"
#include "simscene.h"

enum {
	CONNECT_S = 5,   /* A way that is there so long is found             */
	NOMINATE_S = 5,  /* From the first way, and the last word           */
	AGREE_S = 3,     /* After a nomination both ends have the same pair  */
	ALIVE_MS = 2000, /* Media was heard so shortly before the end      */
	CANDS_MS = 1000, /* Slower signalling hides a direct way           */
	RANG_S = 80,     /* The proxy's relay may be over when it answers  */
	AGAIN_S = 15,    /* ... and is asked for again                     */
	PEAK = 1000000   /* Both phones, servers, packets under way       */
};


/* What is to be expected now, after all that happened */
static struct ua_simseat seat_now(const struct ua_simscene *scene, size_t i)
{
	struct ua_simseat seat = scene->seatv[i];

	seat.turn = seat.turn && !scene->no_turn;
	seat.walled = scene->walled;

	/* What a phone knew before the server died it still knows. */
	return seat;
}


/* A proxy whose relay is dead lets descriptions pass as they are. */
static struct ua_simplan plan_now(const struct ua_simscene *scene)
{
	struct ua_simplan plan = *scene->plan;
	size_t i;

	/* Media that went by c= is missed after 30 s, and not before. */
	for (i = 0; plan.nfault && i < plan.nbox; i++) {
		if (plan.boxv[i].rtp_only)
			plan.nbox = 0;
	}

	if (scene->no_box && plan.nbox) {
		plan.boxv[0] = plan.boxv[1];
		--plan.nbox;
	}

	return plan;
}


/*
 * Who has lost its address learns no new one from the dead; nor the first one
 * if its question was lost.
 */
static bool is_ignorant(const struct ua_simscene *scene)
{
	return (scene->no_stun || scene->no_turn) &&
	       (scene->disturbed || scene->plan->lossy);
}


static enum ua_simhope any_now(const struct ua_simscene *scene)
{
	const struct ua_simseat a = seat_now(scene, 0);
	const struct ua_simseat b = seat_now(scene, 1);
	const struct ua_simplan plan = plan_now(scene);
	const enum ua_simhope hope = ua_simoracle_any(&plan, &a, &b);
	size_t i;

	if (hope == UA_SIM_SURE && is_ignorant(scene))
		return UA_SIM_MAYBE;

	/* After a move the second network is the first. */
	for (i = 0; i < UA_SIM_WHO; i++) {
		if (scene->actorv[i].moves && scene->plan->secondv[i] &&
		    hope == UA_SIM_SURE &&
		    ua_simoracle_direct(scene->plan, &a, &b) != UA_SIM_SURE)
			return UA_SIM_MAYBE;
	}

	return hope;
}


static enum ua_simhope direct_now(const struct ua_simscene *scene)
{
	const struct ua_simseat a = seat_now(scene, 0);
	const struct ua_simseat b = seat_now(scene, 1);
	const enum ua_simhope hope = ua_simoracle_direct(scene->plan, &a, &b);

	if (hope == UA_SIM_SURE && is_ignorant(scene))
		return UA_SIM_MAYBE;

	return hope;
}


/* 1: a way that was there for 5 s was found. */
static void judge_first(struct ua_simscene *scene, struct ua_simactor *a)
{
	const struct ua_simplan *plan = scene->plan;
	const uint64_t known_us =
		ua_simcall_answered(scene->call) + 2 * plan->call.delay_max_us;
	const uint64_t patience_s =
		plan->nbox && plan->call.ring_us > RANG_S * UA_SIM_S
			? AGAIN_S
			: CONNECT_S;

	if (plan->lossy || plan->nfault)
		return;

	if (ua_simoracle_any(plan, &plan->seatv[0], &plan->seatv[1]) !=
	    UA_SIM_SURE)
		return;

	if (a->path_us == UA_NEVER)
		ua_simscene_breach(scene, UA_SIM_RULE_CONNECT, a->name,
				   "no way, although one is there");
	else if (a->path_us > known_us + patience_s * UA_SIM_S)
		ua_simscene_breach(
			scene, UA_SIM_RULE_CONNECT, a->name,
			"found a way %llu ms after the answer",
			(unsigned long long)((a->path_us - known_us) /
					     UA_SIM_MS));
}


/* 1: at the end media flows, whatever happened before. */
static void judge_alive(struct ua_simscene *scene, struct ua_simactor *a)
{
	const struct ua_simphone_stat *stat = ua_simphone_stat(a->phone);
	const uint64_t now_us = ua_simnet_now(scene->net);

	if (any_now(scene) != UA_SIM_SURE)
		return;

	if (stat->last_us == UA_NEVER)
		ua_simscene_breach(scene, UA_SIM_RULE_CONNECT, a->name,
				   "heard nothing, although a way is there");
	else if (now_us - stat->last_us > ALIVE_MS * UA_SIM_MS)
		ua_simscene_breach(
			scene, UA_SIM_RULE_CONNECT, a->name,
			"heard nothing for %llu ms",
			(unsigned long long)((now_us - stat->last_us) /
					     UA_SIM_MS));
}


static void judge_connect(struct ua_simscene *scene)
{
	size_t i;

	if (ua_simcall_answered(scene->call) == UA_NEVER) {
		ua_simscene_breach(scene, UA_SIM_RULE_CONNECT, "call",
				   "no answer");
		return;
	}

	for (i = 0; i < UA_SIM_WHO; i++) {
		judge_first(scene, &scene->actorv[i]);
		judge_alive(scene, &scene->actorv[i]);
	}
}


/* Nothing is under way, and nothing has changed for a while */
bool ua_simjudge_is_quiet(const struct ua_simscene *scene, uint64_t s)
{
	const uint64_t now_us = ua_simnet_now(scene->net);
	const uint64_t settled_us = ua_simcall_settled(scene->call);
	size_t i;

	if (settled_us == UA_NEVER || settled_us + s * UA_SIM_S > now_us ||
	    scene->fault_us + s * UA_SIM_S > now_us)
		return false;

	for (i = 0; i < UA_SIM_WHO; i++) {
		const struct ua_simactor *a = &scene->actorv[i];

		if (a->nominated_us == UA_NEVER ||
		    a->changed_us + s * UA_SIM_S > now_us ||
		    ua_ice_restarting(ua_simphone_ice(a->phone)))
			return false;
	}

	return true;
}


/* 2: where media flows for long something is nominated, at both ends. */
static void judge_nominated(struct ua_simscene *scene)
{
	const uint64_t now_us = ua_simnet_now(scene->net);
	const uint64_t settled_us = ua_simcall_settled(scene->call);
	size_t i;

	if (scene->plan->lossy || scene->plan->nfault ||
	    settled_us == UA_NEVER || ua_simboxes_are_hostile(scene->plan))
		return;

	for (i = 0; i < UA_SIM_WHO; i++) {
		const struct ua_simactor *a = &scene->actorv[i];

		if (a->nominated_us == UA_NEVER && a->path_us != UA_NEVER &&
		    a->path_us + NOMINATE_S * UA_SIM_S < now_us &&
		    settled_us + NOMINATE_S * UA_SIM_S < now_us)
			ua_simscene_breach(scene, UA_SIM_RULE_AGREE, a->name,
					   "has media, and nothing is "
					   "nominated");
	}
}


/* 2: what one calls local is what the other one calls remote. */
static void judge_agree(struct ua_simscene *scene)
{
	struct ua_simactor *a = &scene->actorv[0];
	struct ua_simactor *b = &scene->actorv[1];
	char s1[UA_ADDR_LEN], s2[UA_ADDR_LEN];
	char s3[UA_ADDR_LEN], s4[UA_ADDR_LEN];
	struct ua_ice_cand la, ra, lb, rb;
	uint32_t rtt_ms;

	if (!ua_simjudge_is_quiet(scene, AGREE_S))
		return;

	/* Whose consent ended has none. */
	if (ua_ice_selected(ua_simphone_ice(a->phone), 0, 1, &la, &ra,
			    &rtt_ms) ||
	    ua_ice_selected(ua_simphone_ice(b->phone), 0, 1, &lb, &rb,
			    &rtt_ms))
		return;

	if (!ua_addr_eq(&la.addr, &rb.addr) || !ua_addr_eq(&ra.addr, &lb.addr))
		ua_simscene_breach(scene, UA_SIM_RULE_AGREE, a->name,
				   "has %s -> %s, %s has %s -> %s",
				   ua_addr_str(&la.addr, s1),
				   ua_addr_str(&ra.addr, s2), b->name,
				   ua_addr_str(&lb.addr, s3),
				   ua_addr_str(&rb.addr, s4));
}


static uint32_t rtt_us(const struct ua_simplan *plan)
{
	uint32_t us = plan->seatv[0].access_us + plan->seatv[1].access_us;
	size_t i;

	for (i = 0; i < UA_SIM_WHO; i++) {
		if (plan->secondv[i])
			us += plan->extrav[i].access_us;
	}

	return 2 * us;
}


/* 3: no relay is nominated where a direct way works. */
static void judge_never_relayed(struct ua_simscene *scene)
{
	const struct ua_simplan *plan = scene->plan;
	size_t i;

	if (plan->lossy || plan->nfault ||
	    plan->call.delay_max_us > CANDS_MS * UA_SIM_MS ||
	    rtt_us(plan) > UA_SIM_RTT_US || direct_now(scene) != UA_SIM_SURE)
		return;

	for (i = 0; i < UA_SIM_WHO; i++) {
		if (scene->actorv[i].relayed_us != UA_NEVER)
			ua_simscene_breach(
				scene, UA_SIM_RULE_DIRECT,
				scene->actorv[i].name,
				"nominated a relay, and a direct way works");
	}
}


/* 3: in the end the way is direct; where it cannot be it is not. */
static void judge_direct(struct ua_simscene *scene)
{
	const enum ua_simhope hope = direct_now(scene);
	const enum ua_simhope at_best = ua_simoracle_direct(
		scene->plan, &scene->seatv[0], &scene->seatv[1]);
	size_t i;

	judge_never_relayed(scene);
	if (!ua_simjudge_is_quiet(scene, AGREE_S))
		return;

	for (i = 0; i < UA_SIM_WHO; i++) {
		struct ua_simactor *a = &scene->actorv[i];
		struct ua_ice_cand local, remote;
		uint32_t rtt_ms;
		bool relayed;

		if (ua_ice_selected(ua_simphone_ice(a->phone), 0, 1, &local,
				    &remote, &rtt_ms))
			continue;

		relayed = ua_simworld_is_relay(&local.addr) ||
			  ua_simworld_is_relay(&remote.addr);

		if (relayed && hope == UA_SIM_SURE)
			ua_simscene_breach(scene, UA_SIM_RULE_DIRECT, a->name,
					   "has a relay in the end");

		/* After a reboot a port may be the old one by chance. */
		if (!relayed && at_best == UA_SIM_NEVER && !scene->disturbed)
			ua_simscene_breach(scene, UA_SIM_RULE_DIRECT, a->name,
					   "theory knows no direct way");
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
			if (strcmp(pair.state, "FAILED") || pair.reason[0])
				continue;

			ua_simscene_breach(scene, UA_SIM_RULE_REASON,
					   scene->actorv[i].name,
					   "pair %u failed, and does not say "
					   "why",
					   (unsigned)k);
		}
	}
}


void ua_simjudge_call(struct ua_simscene *scene)
{
	judge_connect(scene);
	judge_nominated(scene);
	judge_agree(scene);
	judge_direct(scene);
	ua_simboxjudge_call(scene);
	judge_reasons(scene);
}


/* 7: what was allocated is freed, unless nobody could say so. */
void ua_simjudge_release(struct ua_simscene *scene)
{
	const size_t n = ua_simturn_allocations(scene->turn);

	if (n && !scene->plan->lossy && !scene->disturbed)
		ua_simscene_breach(scene, UA_SIM_RULE_RELEASE, "turn",
				   "%u allocations are left", (unsigned)n);
}


/* 9: after its call a phone does nothing any more. */
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


/* 11: nothing is left, and it never was much. */
void ua_simjudge_memory(struct ua_simscene *scene)
{
	const size_t blocks = ua_simalloc_blocks();

	if (!ua_simalloc_works())
		return;

	if (blocks > scene->blocks)
		ua_simscene_breach(scene, UA_SIM_RULE_MEMORY, "net",
				   "%u blocks are not freed",
				   (unsigned)(blocks - scene->blocks));
	if (scene->peak > PEAK)
		ua_simscene_breach(scene, UA_SIM_RULE_MEMORY, "net",
				   "%u bytes in use at a time",
				   (unsigned)scene->peak);
}
