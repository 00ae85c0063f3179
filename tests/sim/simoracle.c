/* SPDX-License-Identifier: BSD-3-Clause */
/** @file simoracle.c  What two phones can have, by theory
 *
 * Nothing of the simulated boxes is used here: only what RFC 4787's words
 * for them allow.
 */

#include "simscene.h"

enum { D = UA_SIM_SURE, R = UA_SIM_NEVER };

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


static bool is_open(const struct ua_simseat *seat)
{
	return seat->place == UA_SIM_O;
}


/* Does its own address show outside? */
static bool is_public(const struct ua_simseat *seat)
{
	return is_open(seat) || (seat->nat.firewall && !seat->has_cgn);
}


static bool is_blocked(const struct ua_simseat *seat)
{
	return !is_open(seat) && seat->nat.udp != UA_SIM_UDP_ALL;
}


static bool no_server(const struct ua_simseat *seat)
{
	return !is_open(seat) && seat->nat.udp == UA_SIM_UDP_NONE;
}


/* A chain keeps a port only if both do, and lets in what both let in. */
enum ua_simplace ua_simoracle_place(const struct ua_simseat *seat)
{
	enum ua_simdep mapping = seat->nat.mapping;
	enum ua_simdep filter = seat->nat.filter;

	if (is_open(seat))
		return UA_SIM_O;
	if (is_blocked(seat))
		return UA_SIM_BL;

	if (seat->has_cgn) {
		if (seat->cgn.mapping > mapping)
			mapping = seat->cgn.mapping;
		if (seat->cgn.filter > filter)
			filter = seat->cgn.filter;
	}

	if (mapping != UA_SIM_EI)
		return UA_SIM_SY;

	return filter == UA_SIM_EI   ? UA_SIM_FC
	       : filter == UA_SIM_AD ? UA_SIM_AR
				     : UA_SIM_PR;
}


/*
 * By address alone it shows one port to all ports of the other end: who
 * learns that one may be answered from it.
 */
static bool is_steady(const struct ua_simseat *seat)
{
	const enum ua_simdep carrier =
		seat->has_cgn ? seat->cgn.mapping : UA_SIM_EI;

	return seat->nat.mapping != UA_SIM_APD && carrier != UA_SIM_APD;
}


/* Does it know how it looks from outside, so that others can be told? */
static bool is_known(const struct ua_simseat *seat)
{
	return is_public(seat) ||
	       ((seat->stun || seat->turn) && !no_server(seat));
}


/* ... unless the TURN server, which may be full, is all that it can ask */
static bool is_hardly_known(const struct ua_simplan *plan,
			    const struct ua_simseat *seat)
{
	return !is_public(seat) && !seat->stun && plan->turn.capacity;
}


/* Lets it in only whom it has sent to? */
static bool is_closed(const struct ua_simseat *seat)
{
	return !is_open(seat) &&
	       (seat->nat.filter != UA_SIM_EI ||
		(seat->has_cgn && seat->cgn.filter != UA_SIM_EI));
}


/* Its address outside may be another one for each that it talks to. */
static bool is_scattered(const struct ua_simseat *seat)
{
	return !is_public(seat) && seat->npool > 1 && !seat->nat.paired &&
	       seat->nat.mapping != UA_SIM_EI;
}


static enum ua_simhope direct4(const struct ua_simplan *plan,
			       const struct ua_simseat *a,
			       const struct ua_simseat *b)
{
	const enum ua_simplace pa = ua_simoracle_place(a);
	const enum ua_simplace pb = ua_simoracle_place(b);

	if (pa == UA_SIM_BL || pb == UA_SIM_BL)
		return UA_SIM_NEVER;

	/*
	 * Two homes meet in the carrier's NAT, if it turns packets round.
	 * Where it shows inside addresses they may do without its mappings.
	 */
	if (plan->together == UA_SIM_ONE_CGN) {
		if (a->cgn.hairpin == UA_SIM_HAIRPIN_NONE)
			return UA_SIM_NEVER;
		if (a->cgn.hairpin == UA_SIM_HAIRPIN_INTERNAL)
			return UA_SIM_MAYBE;
	}

	if (!table[pa][pb])
		return (pa == UA_SIM_SY && is_steady(a)) ||
				       (pb == UA_SIM_SY && is_steady(b))
			       ? UA_SIM_MAYBE
			       : UA_SIM_NEVER;

	/* One must be found by the other, who is let in or asked for. */
	if (!is_known(a) && !is_known(b))
		return UA_SIM_NEVER;
	if ((!is_known(a) && is_closed(b)) || (!is_known(b) && is_closed(a)))
		return UA_SIM_NEVER;

	if (is_hardly_known(plan, a) || is_hardly_known(plan, b))
		return UA_SIM_MAYBE;

	if ((is_scattered(a) && is_closed(b)) ||
	    (is_scattered(b) && is_closed(a)))
		return UA_SIM_MAYBE;

	return UA_SIM_SURE;
}


static enum ua_simhope direct(const struct ua_simplan *plan,
			      const struct ua_simseat *a,
			      const struct ua_simseat *b)
{
	const bool ip4 = a->ip4 && b->ip4;
	const bool ip6 = a->ip6 && b->ip6;

	if (plan->together == UA_SIM_ONE_LAN)
		return ip4 || ip6 ? UA_SIM_SURE : UA_SIM_NEVER;

	/* IPv6 has firewalls, which open from both sides. */
	if (ip6 && !is_blocked(a) && !is_blocked(b))
		return UA_SIM_SURE;

	return ip4 ? direct4(plan, a, b) : UA_SIM_NEVER;
}


static enum ua_simhope better(enum ua_simhope a, enum ua_simhope b)
{
	return a > b ? a : b;
}


/* The seats of a phone: the one of now, and the second one */
static size_t seats(const struct ua_simplan *plan, size_t who,
		    const struct ua_simseat *now,
		    const struct ua_simseat *v[static 2])
{
	v[0] = now;
	v[1] = &plan->extrav[who];

	return plan->secondv[who] ? 2 : 1;
}


enum ua_simhope ua_simoracle_direct(const struct ua_simplan *plan,
				    const struct ua_simseat *a,
				    const struct ua_simseat *b)
{
	const struct ua_simseat *va[2], *vb[2];
	const size_t na = seats(plan, 0, a, va);
	const size_t nb = seats(plan, 1, b, vb);
	enum ua_simhope hope = UA_SIM_NEVER;
	size_t i, k;

	if (a->walled)
		return UA_SIM_NEVER;

	for (i = 0; i < na; i++) {
		for (k = 0; k < nb; k++)
			hope = better(hope, direct(plan, va[i], vb[k]));
	}

	return hope;
}


/* Has it a relay of IPv4, of IPv6? */
static bool has_relay(const struct ua_simplan *plan,
		      const struct ua_simseat *seat, bool ip6)
{
	if (!seat->turn || no_server(seat))
		return false;

	return !ip6 || (plan->ip6_relay && !plan->turn.ignore_additional);
}


/* Can one reach the relay of the other, which opens to whom it knows? */
static enum ua_simhope by_relay_of(const struct ua_simplan *plan,
				   const struct ua_simseat *owner,
				   const struct ua_simseat *peer)
{
	if (is_blocked(peer))
		return UA_SIM_NEVER;

	if (peer->ip6 && has_relay(plan, owner, true))
		return UA_SIM_SURE;

	if (!peer->ip4 || !has_relay(plan, owner, false) || !is_known(peer))
		return UA_SIM_NEVER;

	return is_scattered(peer) ? UA_SIM_MAYBE : UA_SIM_SURE;
}


/*
 * Relays of proxies: both send there what they send first.  In a chain each
 * relay that is listed is a way by itself; c= leads through all of them, if
 * they reach each other before they are reached.
 */
enum ua_simhope ua_simoracle_boxes(const struct ua_simplan *plan,
				   const struct ua_simseat *a,
				   const struct ua_simseat *b)
{
	bool listed = false;
	bool mixed = false;
	size_t i;

	if (!plan->nbox || !a->ip4 || !b->ip4 || is_blocked(a) ||
	    is_blocked(b))
		return UA_SIM_NEVER;

	for (i = 0; i < plan->nbox; i++) {
		const struct ua_simbox *box = &plan->boxv[i];

		if (box->malice || box->rtp_only)
			return UA_SIM_MAYBE;

		listed |= box->listing || box->kind == UA_SIM_RTPENGINE;
		mixed |= box->kind == UA_SIM_RTPENGINE;
	}

	/* Who of the two rtpengine believes is a matter of 3 s. */
	if (plan->nbox > 1 && (mixed || (!listed && plan->unroutable)))
		return UA_SIM_MAYBE;

	return UA_SIM_SURE;
}


enum ua_simhope ua_simoracle_any(const struct ua_simplan *plan,
				 const struct ua_simseat *a,
				 const struct ua_simseat *b)
{
	const struct ua_simseat *va[2], *vb[2];
	const size_t na = seats(plan, 0, a, va);
	const size_t nb = seats(plan, 1, b, vb);
	enum ua_simhope hope = UA_SIM_NEVER;
	size_t i;

	/* Relays are asked for from the first network. */
	for (i = 0; i < na; i++)
		hope = better(hope, by_relay_of(plan, b, va[i]));
	for (i = 0; i < nb; i++)
		hope = better(hope, by_relay_of(plan, a, vb[i]));

	/* From relay to relay */
	if (has_relay(plan, a, false) && has_relay(plan, b, false))
		hope = UA_SIM_SURE;

	/* The second one finds no room on the server. */
	if (plan->turn.capacity && hope == UA_SIM_SURE)
		hope = UA_SIM_MAYBE;

	hope = better(hope, ua_simoracle_boxes(plan, a, b));

	return better(hope, ua_simoracle_direct(plan, a, b));
}
