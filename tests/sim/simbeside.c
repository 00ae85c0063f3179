/* SPDX-License-Identifier: BSD-3-Clause */
/** @file simbeside.c  Media to c= while no pair is valid, as the phone has it
 *
 * A relay that a proxy wrote into c= may pass on RTP and no STUN.  Media goes
 * there, as without ICE, for a while, and on as long as something comes back.
 */

#include <string.h>

#include "simphonecore.h"

enum {
	WAIT_MS = 1500,   /* For a valid pair                             */
	OPEN_MS = 10000,  /* If nothing comes back                        */
	QUIET_MS = 30000, /* If something did, so long ago                */
	SPENT_MS = 30000, /* In all without a word: restarts begin anew   */
	LIFE_MS = 85000,  /* A relay waits for media for little longer    */
	ENDED_MS = 2000   /* No pair so long: it is not just slow         */
};


static bool has_pair(const struct ua_simphone *phone)
{
	struct ua_path path;

	return !ua_ice_media(phone->ice, 0, 1, &path);
}


static void become(struct ua_simphone *phone, enum ua_simbeside_state state)
{
	char addr[UA_ADDR_LEN];

	phone->beside.state = state;
	phone->beside.since_us = phone->net->now_us;
	ua_simnet_note(phone->net, "phone   %s: %s media to %s without ICE",
		       phone->name,
		       state == UA_SIM_BESIDE_OPEN ? "from now on" : "no more",
		       ua_addr_str(&phone->beside.to, addr));
}


/* Who has never answered gets no more with each restart. */
static void spend(struct ua_simphone *phone)
{
	struct ua_simbeside *b = &phone->beside;

	if (b->state != UA_SIM_BESIDE_OPEN)
		return;

	if (b->heard_us)
		b->spent_us = phone->net->now_us - b->heard_us;
	else
		b->spent_us += phone->net->now_us - b->since_us;
}


void ua_simbeside_reset(struct ua_simphone *phone)
{
	spend(phone);
	phone->beside.state = UA_SIM_BESIDE_OFF;
}


void ua_simbeside_remote(struct ua_simphone *phone,
			 const struct ua_simdesc *desc)
{
	const struct ua_simleg *leg = ua_simorigin_leg(phone, 1, &desc->dflt);
	struct ua_simbeside *b = &phone->beside;

	if (!leg || !ua_simorigin_is_default(phone, desc) ||
	    (b->state != UA_SIM_BESIDE_OFF && ua_addr_eq(&b->to, &desc->dflt)))
		return;

	spend(phone);
	b->to = desc->dflt;
	b->base = leg->base;
	b->state = UA_SIM_BESIDE_WAITS;
	b->since_us = phone->net->now_us;
	b->heard_us = 0;
}


static uint64_t end_of(const struct ua_simbeside *b)
{
	return b->heard_us ? b->heard_us + QUIET_MS * UA_SIM_MS
			   : b->since_us + OPEN_MS * UA_SIM_MS;
}


/* It was all that there was: the relay may have ended. */
static void lost(struct ua_simphone *phone)
{
	const bool heard = phone->beside.heard_us;

	spend(phone);
	become(phone, UA_SIM_BESIDE_OVER);
	if (heard && !has_pair(phone))
		ua_simroam_want(phone, "path answers no more");
}


static uint64_t window_pump(struct ua_simphone *phone)
{
	struct ua_simbeside *b = &phone->beside;
	const uint64_t now_us = phone->net->now_us;
	uint64_t at_us;

	/* Ringing does not count. */
	if (!phone->talks)
		return UA_NEVER;
	if (b->since_us < phone->talk_us)
		b->since_us = phone->talk_us;

	if (b->state == UA_SIM_BESIDE_WAITS) {
		at_us = b->since_us + WAIT_MS * UA_SIM_MS;
		if (has_pair(phone) || b->spent_us >= SPENT_MS * UA_SIM_MS)
			b->state = UA_SIM_BESIDE_OVER;
		else if (now_us >= at_us)
			become(phone, UA_SIM_BESIDE_OPEN);
		else
			return at_us;
	}

	if (b->state != UA_SIM_BESIDE_OPEN)
		return UA_NEVER;

	/* A peer whose own pair comes later is still heard there. */
	at_us = has_pair(phone) ? b->since_us + OPEN_MS * UA_SIM_MS
				: end_of(b);
	if (now_us < at_us)
		return at_us;

	if (has_pair(phone))
		become(phone, UA_SIM_BESIDE_OVER);
	else
		lost(phone);

	return UA_NEVER;
}


/* Who rang for too long has relays that are over. */
static uint64_t expired_pump(struct ua_simphone *phone)
{
	const uint64_t at_us = phone->remote_us + ENDED_MS * UA_SIM_MS;

	if (!phone->nproxied || phone->expired || !phone->talks ||
	    phone->remote_us < phone->born_us + LIFE_MS * UA_SIM_MS ||
	    has_pair(phone))
		return UA_NEVER;

	if (phone->net->now_us < at_us)
		return at_us;

	phone->expired = true;
	ua_simroam_want(phone, "relay has ended");

	return UA_NEVER;
}


uint64_t ua_simbeside_pump(struct ua_simphone *phone)
{
	const uint64_t a = window_pump(phone);
	const uint64_t b = expired_pump(phone);
	const uint64_t at_us = a < b ? a : b;

	return at_us == UA_NEVER ? UA_NEVER
				 : (at_us + UA_SIM_MS - 1) / UA_SIM_MS;
}


bool ua_simbeside_path(struct ua_simphone *phone, struct ua_path *path)
{
	const struct ua_simbeside *b = &phone->beside;
	const struct ua_simleg *leg;

	if (b->state != UA_SIM_BESIDE_OPEN || has_pair(phone))
		return false;

	/* Once that has gone it would be another side to a relay. */
	leg = b->base == UA_SIM_NOBASE ? NULL : ua_simroam_leg(phone, b->base);
	if (!leg)
		return false;

	memset(path, 0, sizeof(*path));
	path->base = leg->base;
	path->local = leg->addr;
	path->remote = b->to;

	return true;
}


bool ua_simbeside_carries(const struct ua_simphone *phone)
{
	return phone->beside.state == UA_SIM_BESIDE_OPEN &&
	       phone->beside.heard_us;
}


bool ua_simbeside_accepts(struct ua_simphone *phone, struct ua_simleg *leg,
			  const struct ua_addr *src)
{
	struct ua_simbeside *b = &phone->beside;

	if (leg->comp != 1 || !ua_addr_eq(src, &b->to) || leg->base != b->base)
		return false;

	/* The peer is earlier, or has no valid pair. */
	if (b->state == UA_SIM_BESIDE_WAITS && !has_pair(phone))
		become(phone, UA_SIM_BESIDE_OPEN);

	if (b->state != UA_SIM_BESIDE_OPEN)
		return false;

	b->heard_us = phone->net->now_us;
	return true;
}
