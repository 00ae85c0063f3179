/* SPDX-License-Identifier: BSD-3-Clause */
/** @file simboxjudge.c  What must hold where proxies reserve relays */

#include <string.h>

#include "simscene.h"

enum {
	FORGET_S = 25,  /* A NAT may forget a mapping that is older       */
	STRAY_S = 10,   /* Old generations, what is under way, doubts     */
	SPARE_S = 45,   /* A new port beside another relay: RFC 8863      */
	LAPSE_S = 130,  /* After that a relay that nobody uses is over    */
	HASTE_MS = 100, /* A nomination may have begun so long ago        */
	QUICK_MS = 10,  /* Round trips that differ by less are the same   */
	QUICK_PART = 5,
	ALIVE_MS = 2000
};


static void found(struct ua_simactor *actor, const struct ua_ice_event *ev)
{
	struct ua_simfound *f;

	if (actor->nfound == UA_SIM_FOUND)
		return;

	f = &actor->foundv[actor->nfound++];
	f->remote = ev->path.remote;
	f->base = ev->path.base;
	f->at_us = ua_simnet_now(actor->scene->net);
}


/* Was a pair found so long ago?  By any base: UINT16_MAX */
static bool is_old(const struct ua_simactor *actor, uint16_t base,
		   const struct ua_addr *remote, uint64_t us)
{
	size_t i;

	for (i = 0; i < actor->nfound; i++) {
		const struct ua_simfound *f = &actor->foundv[i];

		if (ua_addr_eq(&f->remote, remote) &&
		    (base == UINT16_MAX || f->base == base))
			return f->at_us + us <
			       ua_simnet_now(actor->scene->net);
	}

	return false;
}


static unsigned relays(const struct ua_ice_pair *pair)
{
	return (unsigned)(pair->local.type == UA_ICE_RELAY) +
	       (unsigned)(pair->remote.type == UA_ICE_RELAY);
}


/* 3: among relays the nearest one is taken, of those that were known. */
static void judge_choice(struct ua_simactor *actor,
			 const struct ua_ice_event *ev)
{
	const struct ua_ice *ice = ua_simphone_ice(actor->phone);
	const struct ua_simplan *plan = actor->scene->plan;
	const uint32_t rtt_ms = ev->rtt_ms;
	const uint64_t past_us = (rtt_ms + HASTE_MS) * UA_SIM_MS;
	struct ua_ice_pair pair;
	char addr[UA_ADDR_LEN];
	size_t i;

	if (!ua_ice_controlling(ice) || plan->lossy || plan->nfault ||
	    !ev->relays || !rtt_ms ||
	    !is_old(actor, ev->path.base, &ev->path.remote, past_us))
		return;

	for (i = 0; !ua_ice_pair(ice, i, &pair); i++) {
		const uint32_t part_ms = rtt_ms / QUICK_PART;
		const uint32_t least_ms =
			pair.rtt_ms +
			(part_ms > QUICK_MS ? part_ms : QUICK_MS);

		if (!pair.valid || !pair.rtt_ms || pair.remote.comp != 1 ||
		    relays(&pair) != ev->relays || rtt_ms <= least_ms ||
		    !is_old(actor, UINT16_MAX, &pair.remote.addr, past_us))
			continue;

		ua_simscene_breach(
			actor->scene, UA_SIM_RULE_DIRECT, actor->name,
			"nominated a relay of %u ms, %s has %u", rtt_ms,
			ua_addr_str(&pair.remote.addr, addr), pair.rtt_ms);
		return;
	}
}


void ua_simboxjudge_event(struct ua_simactor *actor,
			  const struct ua_ice_event *ev)
{
	if (ev->type == UA_ICE_EVENT_PAIR_VALID)
		found(actor, ev);
	else if (ev->type == UA_ICE_EVENT_NOMINATED &&
		 actor->nominated_us == UA_NEVER)
		judge_choice(actor, ev);
}


/* 6: a relay hears each side from one place. */
static void judge_sources(struct ua_simscene *scene, size_t i)
{
	const struct ua_simlatch_stat *stat =
		ua_simlatch_stat(scene->latchv[i]);

	if (!scene->plan->nfault &&
	    scene->plan->call.ring_us < FORGET_S * UA_SIM_S &&
	    stat->sources > 1)
		ua_simscene_breach(scene, UA_SIM_RULE_LATCH, "relay",
				   "a side came from %u places",
				   stat->sources);
}


/* Does a component go past all relays of proxies?  Since when; and is there
   no relay at all? */
static bool is_past(struct ua_simscene *scene, uint16_t comp,
		    uint64_t *since_us, bool *direct)
{
	size_t i;

	*since_us = ua_simcall_settled(scene->call);
	*direct = true;
	for (i = 0; i < UA_SIM_WHO; i++) {
		const struct ua_simactor *a = &scene->actorv[i];
		struct ua_ice_cand local, remote;
		uint32_t rtt_ms;

		if (ua_ice_selected(ua_simphone_ice(a->phone), 0, comp, &local,
				    &remote, &rtt_ms) ||
		    ua_simboxes_has(&local.addr) ||
		    ua_simboxes_has(&remote.addr))
			return false;

		if (a->changed_us > *since_us)
			*since_us = a->changed_us;
		if (ua_simworld_is_relay(&local.addr) ||
		    ua_simworld_is_relay(&remote.addr))
			*direct = false;
	}

	return true;
}


/* It ends by itself if nobody sends to it any more. */
static void judge_lapsed(struct ua_simscene *scene, size_t i, uint64_t last_us)
{
	const uint64_t settled_us = ua_simcall_settled(scene->call);
	const uint64_t at_us = last_us > settled_us ? last_us : settled_us;

	if (scene->plan->boxv[i].kind == UA_SIM_MEDIAPROXY &&
	    at_us + LAPSE_S * UA_SIM_S < ua_simnet_now(scene->net) &&
	    ua_simlatch_sessions(scene->latchv[i]))
		ua_simscene_breach(scene, UA_SIM_RULE_LEAVE, "relay",
				   "is kept alive, and not used");
}


/* 14: one that lost hears nothing any more; @return False: it did not */
static bool judge_comp(struct ua_simscene *scene, size_t i, size_t comp,
		       uint64_t *last_us)
{
	const struct ua_simlatch_stat *stat =
		ua_simlatch_stat(scene->latchv[i]);
	uint64_t since_us, end_us;
	bool direct;
	size_t k;

	if (!is_past(scene, (uint16_t)(comp + 1), &since_us, &direct))
		return false;

	end_us = since_us + (direct ? STRAY_S : SPARE_S) * UA_SIM_S;
	if (since_us > *last_us)
		*last_us = since_us;

	for (k = 0; k < UA_SIM_WHO; k++) {
		const uint64_t us = stat->heard_us[k][comp];

		if (us == UA_NEVER || us <= since_us)
			continue;

		*last_us = us;
		if (us > end_us)
			ua_simscene_breach(
				scene, UA_SIM_RULE_LEAVE,
				scene->actorv[k].name,
				"sent to a relay %u ms after it lost",
				(unsigned)((us - since_us) / UA_SIM_MS));
	}

	return direct;
}


static void judge_left(struct ua_simscene *scene, size_t i)
{
	uint64_t last_us = 0;
	bool left = true;
	size_t c;

	if (scene->plan->boxv[i].malice ||
	    !ua_simjudge_is_quiet(scene, STRAY_S / 2))
		return;

	for (c = 0; c < scene->plan->ncomp; c++)
		left &= judge_comp(scene, i, c, &last_us);

	if (left)
		judge_lapsed(scene, i, last_us);
}


/* 15: one that is used gets the media that it wants. */
static void judge_kept(struct ua_simscene *scene, size_t i)
{
	const struct ua_simlatch_stat *stat =
		ua_simlatch_stat(scene->latchv[i]);

	if (!scene->plan->boxv[i].malice && stat->cut)
		ua_simscene_breach(scene, UA_SIM_RULE_KEEP, "relay",
				   "ended %u times while it was in use",
				   stat->cut);
}


/* 1: without STUN, media goes by c= in the end. */
static void judge_beside(struct ua_simscene *scene)
{
	const struct ua_simplan *plan = scene->plan;
	const uint64_t now_us = ua_simnet_now(scene->net);
	struct ua_simplan other;
	size_t i;

	if (plan->nbox != 1 || !plan->boxv[0].rtp_only || plan->nfault ||
	    plan->boxv[0].malice || plan->boxv[0].kind == UA_SIM_RTPENGINE)
		return;

	/* What such a relay could do if it were a good one */
	other = *plan;
	other.boxv[0].rtp_only = false;
	if (ua_simoracle_boxes(&other, &scene->seatv[0], &scene->seatv[1]) !=
	    UA_SIM_SURE)
		return;

	for (i = 0; i < UA_SIM_WHO; i++) {
		const struct ua_simactor *a = &scene->actorv[i];
		const uint64_t last_us = ua_simphone_stat(a->phone)->last_us;

		if (last_us == UA_NEVER ||
		    last_us + ALIVE_MS * UA_SIM_MS < now_us)
			ua_simscene_breach(scene, UA_SIM_RULE_CONNECT, a->name,
					   "hears nothing through c=");
	}
}


void ua_simboxjudge_call(struct ua_simscene *scene)
{
	size_t i;

	for (i = 0; i < scene->plan->nbox; i++) {
		judge_sources(scene, i);
		judge_left(scene, i);
		judge_kept(scene, i);
	}

	judge_beside(scene);
}
