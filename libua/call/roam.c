/* SPDX-License-Identifier: BSD-3-Clause */
/** @file roam.c  The network changes under a flow */

#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "call/flowcore.h"


void ua_roam_want(struct ua_flow *flow, uint64_t now_ms, const char *why)
{
	if (flow->why || !flow->has_remote)
		return;

	flow->why = why;
	flow->why_ms = now_ms;
}


bool ua_roam_due(struct ua_flow *flow, uint64_t now_ms, uint64_t *at_ms)
{
	*at_ms = UA_NEVER;

	if (!flow->why)
		return false;

	if (ua_gather_done(flow) || now_ms >= flow->why_ms + UA_FLOW_GATHER_MS)
		return true;

	*at_ms = flow->why_ms + UA_FLOW_GATHER_MS;
	return false;
}


/*
 * What a server allocated belongs to the address that it saw: it neither
 * hears us any more nor would it let us free it.
 */
void ua_roam_moved(struct ua_leg *host, uint64_t now_ms)
{
	struct ua_flow *flow = host->flow;
	const struct ua_addr mapped = host->mapped;
	char addr[UA_ADDR_LEN];

	ua_log(flow->env->log, UA_LOG_INFO, "flow",
	       "component %u: seen as %s now", host->comp,
	       ua_addr_str(&mapped, addr));

	flow->shaky = true;
	ua_gather_lost(host, now_ms, ENETRESET);
	ua_gather_more(flow);
	ua_roam_want(flow, now_ms, "address outside changed");

	if (flow->env->moved)
		flow->env->moved(flow->env);
}


void ua_roam_reopen(struct ua_flow *flow, uint64_t now_ms)
{
	struct ua_iflist list;
	size_t i;

	if (ua_env_addresses(flow->env, &list))
		return;

	/* One farewell that nobody waits for */
	for (i = 0; i < flow->nrelay; i++) {
		if (flow->relays[i].turn) {
			ua_relays_close(&flow->relays[i], now_ms);
			(void)ua_relays_pump(&flow->relays[i], now_ms);
		}
	}

	for (i = 0; i < flow->nhost; i++) {
		if (flow->hosts[i].comp)
			ua_leg_drop(&flow->hosts[i], now_ms, ENETRESET);
	}

	for (i = 0; i < list.n && i < UA_FLOW_ADDRS; i++) {
		if (ua_leg_add(flow, &list.v[i]))
			ua_log(flow->env->log, UA_LOG_WARN, "flow",
			       "%s is left out", list.v[i].ifname);
	}

	ua_gather_more(flow);
}


static bool has_leg(const struct ua_flow *flow, const struct ua_ifaddr *ifa)
{
	size_t i;

	for (i = 0; i < flow->nhost; i++) {
		if (flow->hosts[i].comp &&
		    ua_addr_ip_eq(&flow->hosts[i].addr, &ifa->addr))
			return true;
	}

	return false;
}


void ua_flow_network(struct ua_flow *flow)
{
	const uint64_t now_ms = ua_clock_ms();
	struct ua_iflist list;
	bool changed = false;
	char addr[UA_ADDR_LEN];
	size_t i;

	if (flow->closing)
		return;

	/* Without any address the old sockets may come to life again. */
	if (ua_env_addresses(flow->env, &list) || !list.n)
		return;

	for (i = 0; i < flow->nhost; i++) {
		struct ua_leg *leg = &flow->hosts[i];

		/* One that was deprecated, or is second to a newer temporary
		   one (RFC 8981), works until it is removed. */
		if (!leg->comp || ua_env_index(flow->env, &leg->addr))
			continue;

		ua_log(flow->env->log, UA_LOG_INFO, "flow", "%s went away",
		       ua_addr_str(&leg->addr, addr));
		ua_leg_drop(leg, now_ms, EADDRNOTAVAIL);
		changed = true;
	}

	for (i = 0; i < list.n && i < UA_FLOW_ADDRS; i++) {
		if (has_leg(flow, &list.v[i]))
			continue;

		if (ua_leg_add(flow, &list.v[i]))
			ua_log(flow->env->log, UA_LOG_WARN, "flow",
			       "%s is left out", list.v[i].ifname);
		else
			changed = true;
	}

	if (!changed)
		return;

	ua_gather_more(flow);
	ua_roam_want(flow, now_ms, "network changed");
	ua_flowpump_run(flow);
}
