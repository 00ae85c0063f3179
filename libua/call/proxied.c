/* SPDX-License-Identifier: BSD-3-Clause */
/** @file proxied.c  Relays that the SIP proxy reserved
 *
 * Such a relay sends to where the first packet of a side came from.  So it
 * is checked from the one socket that the kernel would use for it, the same
 * that will carry media; never from a TURN relay of ours, whose server would
 * be taken for us, and never from two interfaces.
 */

#include <errno.h>
#include <string.h>

#include "call/flowcore.h"
#include "sdp/sdporigin.h"


static struct ua_leg *host_at(struct ua_flow *flow, unsigned comp,
			      const struct ua_addr *ip)
{
	size_t i;

	for (i = 0; i < flow->nhost; i++) {
		struct ua_leg *leg = &flow->hosts[i];

		if (leg->comp == comp && leg->sock &&
		    ua_addr_ip_eq(&leg->addr, ip))
			return leg;
	}

	return NULL;
}


struct ua_leg *ua_proxied_leg(struct ua_flow *flow, unsigned comp,
			      const struct ua_addr *relay)
{
	const struct ua_leg *dflt = flow->dflt[comp - 1];
	struct ua_leg *leg = NULL;
	struct ua_addr local;

	if (flow->env->conf->ice == UA_ICE_RELAY_ONLY)
		return NULL;

	if (!ua_iflist_source(relay, &local))
		leg = host_at(flow, comp, &local);
	if (!leg && dflt && !dflt->relay && dflt->addr.af == relay->af)
		leg = host_at(flow, comp, &dflt->addr);

	return leg ? leg : ua_leg_host(flow, comp, relay->af);
}


static const struct ua_proxied *find(const struct ua_flow *flow,
				     const struct ua_addr *addr)
{
	size_t i;

	for (i = 0; i < flow->nproxied; i++) {
		if (ua_addr_eq(&flow->proxiedv[i].addr, addr))
			return &flow->proxiedv[i];
	}

	return NULL;
}


enum ua_origin ua_proxied_origin(const struct ua_flow *flow,
				 const struct ua_addr *addr)
{
	const struct ua_proxied *p = find(flow, addr);

	return p ? p->origin : UA_ORIGIN_PEER;
}


static void note(struct ua_flow *flow, const struct ua_addr *addr,
		 enum ua_origin origin)
{
	struct ua_proxied *p;

	if (find(flow, addr))
		return;

	/* The oldest one goes: its proxy has reserved others since. */
	if (flow->nproxied == UA_FLOW_PROXIED) {
		--flow->nproxied;
		memmove(flow->proxiedv, flow->proxiedv + 1,
			flow->nproxied * sizeof(flow->proxiedv[0]));
	}

	p = &flow->proxiedv[flow->nproxied++];
	p->addr = *addr;
	p->origin = origin;
}


int ua_proxied_take(struct ua_flow *flow, struct ua_ice_cand *cand,
		    enum ua_origin origin)
{
	const struct ua_leg *leg;

	if (cand->comp < 1 || cand->comp > UA_FLOW_COMPS)
		return EINVAL;

	leg = ua_proxied_leg(flow, cand->comp, &cand->addr);
	if (!leg || leg->base == UA_LEG_NOBASE)
		return EADDRNOTAVAIL;

	cand->latched = true;
	cand->via = leg->base;
	note(flow, &cand->addr, origin);

	return 0;
}


int ua_proxied_implicit(const struct ua_flow *flow,
			const struct ua_sdp_facts *facts, unsigned comp,
			bool mux, struct ua_sdp_cand *cand)
{
	if (flow->env->conf->ice_mismatch != UA_ICE_MISMATCH_IMPLICIT)
		return ENOENT;

	return ua_sdporigin_implicit(facts, comp, mux, cand);
}


bool ua_proxied_is_default(const struct ua_flow *flow,
			   const struct ua_sdp_facts *facts)
{
	struct ua_sdp_cand cand;

	if (!ua_proxied_implicit(flow, facts, 1, flow->mux, &cand))
		return true;

	return facts->dest == UA_SDPFACTS_MATCH && facts->dest_cand >= 0 &&
	       ua_sdporigin_cand(facts, (size_t)facts->dest_cand) ==
		       UA_ORIGIN_PROXY;
}


uint64_t ua_proxied_pump(struct ua_flow *flow, uint64_t now_ms)
{
	const uint64_t at_ms = flow->remote_ms + UA_PROXIED_WAIT_MS;

	/* What goes to c= from which nothing comes shows that it has ended. */
	if (!flow->nproxied || !flow->ice || flow->expired ||
	    flow->remote_ms < flow->born_ms + UA_PROXIED_LIFE_MS ||
	    ua_beside_hears(flow) ||
	    (ua_flow_ready(flow) && !ua_beside_sends(flow)))
		return UA_NEVER;

	if (now_ms < at_ms)
		return at_ms;

	flow->expired = true;
	ua_roam_want(flow, now_ms, "relay has ended");

	return UA_NEVER;
}


bool ua_proxied_is_stale(const struct ua_flow *flow)
{
	return flow->nproxied && (flow->shaky || !ua_flow_ready(flow));
}
