/* SPDX-License-Identifier: BSD-3-Clause */
/** @file beside.c  Media to c= beside ICE, while no pair is valid
 *
 * A relay that a proxy wrote into c= may pass on RTP and no STUN, and a peer
 * may have given up ICE because of it.  Then no pair ever becomes valid; but
 * what a peer without ICE would be sent arrives.  Nobody has shown that he
 * wants it there, so it is sent for a while only, and on as long as something
 * comes back.
 */

#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "call/flowcore.h"


/* What died counts as media's path until a restart has led to another. */
static bool has_pair(const struct ua_flow *flow)
{
	struct ua_path path;

	return flow->ice && !ua_ice_media(flow->ice, 0, 1, &path) &&
	       !(flow->shaky && ua_ice_restarting(flow->ice));
}


bool ua_beside_sends(const struct ua_flow *flow)
{
	return flow->beside.state == UA_BESIDE_OPEN && !has_pair(flow);
}


bool ua_beside_hears(const struct ua_flow *flow)
{
	return ua_beside_sends(flow) && flow->beside.heard_ms;
}


/* For whom it was open is not known if nothing ever came. */
static void count_unheard(struct ua_beside *b, uint64_t now_ms)
{
	if (b->state == UA_BESIDE_OPEN && !b->heard_ms)
		b->unheard_ms += now_ms - b->since_ms;
}


static void aim(struct ua_flow *flow, const struct ua_sdp_facts *facts,
		uint64_t now_ms, bool works)
{
	struct ua_beside *b = &flow->beside;

	count_unheard(b, now_ms);
	b->state = UA_BESIDE_OVER;
	if (b->unheard_ms >= UA_BESIDE_UNHEARD_MS ||
	    ua_plain_aim(flow, facts, true))
		return;

	/* Where sound came from so far it need not wait again. */
	b->state = works ? UA_BESIDE_OPEN : UA_BESIDE_WAITS;
	b->since_ms = now_ms;
	b->heard_ms = works ? now_ms : 0;
}


void ua_beside_remote(struct ua_flow *flow, const struct ua_sdp_facts *facts,
		      bool anew)
{
	struct ua_beside *b = &flow->beside;
	const bool works = ua_beside_hears(flow);
	const bool same = b->state != UA_BESIDE_OFF &&
			  ua_addr_eq(&flow->plains[0].remote, &facts->rtp);
	const uint64_t now_ms = ua_clock_ms();

	if (!ua_proxied_is_default(flow, facts)) {
		if (anew) {
			count_unheard(b, now_ms);
			b->state = UA_BESIDE_OFF;
		}
	}
	else if (!same || (anew && !works)) {
		aim(flow, facts, now_ms, works);
	}
}


static void open_up(struct ua_flow *flow, uint64_t now_ms, const char *why)
{
	char addr[UA_ADDR_LEN];

	flow->beside.state = UA_BESIDE_OPEN;
	flow->beside.since_ms = now_ms;
	flow->plain_ms = now_ms;
	ua_log(flow->env->log, UA_LOG_INFO, "flow",
	       "%s: media goes to %s as without ICE, checks go on", why,
	       ua_addr_str(&flow->plains[0].remote, addr));
	if (flow->handlers.beside)
		flow->handlers.beside(flow->handlers.arg);
}


static void close_up(struct ua_flow *flow, uint64_t now_ms, const char *why)
{
	struct ua_beside *b = &flow->beside;

	count_unheard(b, now_ms);
	b->state = UA_BESIDE_OVER;
	ua_log(flow->env->log, UA_LOG_INFO, "flow",
	       "no more media to c= beside ICE: %s", why);
}


/* When it ends, if nothing else happens */
static uint64_t end_of(const struct ua_beside *b)
{
	return b->heard_ms ? b->heard_ms + UA_BESIDE_QUIET_MS
			   : b->since_ms + UA_BESIDE_OPEN_MS;
}


static uint64_t wait(struct ua_flow *flow, uint64_t now_ms)
{
	struct ua_beside *b = &flow->beside;
	const uint64_t at_ms = b->since_ms + UA_BESIDE_WAIT_MS;

	if (has_pair(flow)) {
		b->state = UA_BESIDE_OVER;
		return UA_NEVER;
	}

	if (now_ms < at_ms)
		return at_ms;

	open_up(flow, now_ms, "no pair is valid");
	return end_of(b);
}


/* With a pair nothing is sent there; but a peer whose own comes later may. */
static uint64_t stay(struct ua_flow *flow, uint64_t now_ms)
{
	const struct ua_beside *b = &flow->beside;
	const bool pair = has_pair(flow);
	const uint64_t at_ms =
		pair ? b->since_ms + UA_BESIDE_OPEN_MS : end_of(b);

	if (now_ms < at_ms)
		return at_ms;

	close_up(flow, now_ms,
		 pair ? "a pair is valid" : "nothing comes from there");

	/* It was all that there was: the relay may have ended. */
	if (!pair && b->heard_ms)
		ua_roam_want(flow, now_ms, "path answers no more");

	return UA_NEVER;
}


uint64_t ua_beside_pump(struct ua_flow *flow, uint64_t now_ms)
{
	switch (flow->beside.state) {

	case UA_BESIDE_WAITS:
		return wait(flow, now_ms);

	case UA_BESIDE_OPEN:
		return stay(flow, now_ms);

	default:
		return UA_NEVER;
	}
}


bool ua_beside_accepts(struct ua_leg *leg, const struct ua_addr *src)
{
	struct ua_flow *flow = leg->flow;
	const struct ua_plain *plain = &flow->plains[leg->comp - 1];
	struct ua_beside *b = &flow->beside;
	const uint64_t now_ms = ua_clock_ms();

	if (leg != plain->leg)
		return false;

	/* The peer has given up ICE, or was earlier. */
	if (b->state == UA_BESIDE_WAITS && !has_pair(flow) &&
	    ua_addr_eq(src, &plain->remote))
		open_up(flow, now_ms, "media comes from c=");

	if (b->state != UA_BESIDE_OPEN ||
	    !ua_plain_accepts(flow, leg->comp, src))
		return false;

	b->heard_ms = now_ms;
	b->unheard_ms = 0;
	return true;
}
