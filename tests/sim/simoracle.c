/* SPDX-License-Identifier: BSD-3-Clause */
/** @file simoracle.c  What two phones can have, by theory
 *
 * Nothing of the simulated boxes is used here: only what RFC 4787's words
 * for them allow.
 */

#include "simscene.h"

enum { D = UA_SIM_DIRECT, R = UA_SIM_RELAYED };

/*
 * SY and PR: SY's check leaves from a port that PR was never told of.  SY and
 * AR: AR looks at the address alone, so it must be the one that it knows.
 */
/* clang-format off */
static const uint8_t table[UA_SIM_NPLACE][UA_SIM_NPLACE] = {
	/*               O  FC AR PR SY BL */
	[UA_SIM_O]  = { D, D, D, D, D, R },
	[UA_SIM_FC] = { D, D, D, D, D, R },
	[UA_SIM_AR] = { D, D, D, D, D, R },
	[UA_SIM_PR] = { D, D, D, D, R, R },
	[UA_SIM_SY] = { D, D, D, R, R, R },
	[UA_SIM_BL] = { R, R, R, R, R, R },
};
/* clang-format on */


/* Does it know how it looks from outside, or need not? */
static bool is_known(const struct ua_simseat *seat)
{
	return seat->place == UA_SIM_O || seat->nat.firewall || seat->stun ||
	       seat->turn;
}


/* Can anybody send to its own address, or the one that it was told? */
static bool is_reached(const struct ua_simseat *a, const struct ua_simseat *b)
{
	(void)b;
	return is_known(a) && a->place != UA_SIM_BL;
}


/*
 * A relay of `owner`, and whether the other one can reach it.  It opens only
 * to an address that its owner was told.
 */
static bool relay_serves(const struct ua_simseat *owner,
			 const struct ua_simseat *peer)
{
	if (!owner->turn)
		return false;
	if (owner->place == UA_SIM_BL && !owner->stun_open)
		return false;

	return peer->place != UA_SIM_BL && is_known(peer);
}


enum ua_simway_kind ua_simoracle_pair(const struct ua_simseat *a,
				      const struct ua_simseat *b)
{
	enum ua_simway_kind way = table[a->place][b->place];

	/* One end must find the other; then the other learns where from. */
	if (way == UA_SIM_DIRECT && !is_reached(a, b) && !is_reached(b, a))
		way = UA_SIM_RELAYED;

	/* A filter opens only to whom it knows to send. */
	if (way == UA_SIM_DIRECT &&
	    ((!is_reached(a, b) && b->place >= UA_SIM_AR) ||
	     (!is_reached(b, a) && a->place >= UA_SIM_AR)))
		way = UA_SIM_RELAYED;

	if (way == UA_SIM_DIRECT)
		return way;

	if (relay_serves(a, b) || relay_serves(b, a))
		return UA_SIM_RELAYED;

	/* Both speak to servers alone: from relay to relay */
	if (a->turn && b->turn && (a->place != UA_SIM_BL || a->stun_open) &&
	    (b->place != UA_SIM_BL || b->stun_open))
		return UA_SIM_RELAYED;

	return UA_SIM_NOWAY;
}


enum ua_simway_kind ua_simoracle_way(const struct ua_simplan *plan)
{
	return ua_simoracle_pair(&plan->seatv[0], &plan->seatv[1]);
}
