/* SPDX-License-Identifier: BSD-3-Clause */
/** @file leg.c  Sockets and relays of a flow */

#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "call/flowcore.h"

enum { ICMP_GAP_MS = 1000 };


/* All legs of all relays, counted through */
static struct ua_leg *relay_leg(struct ua_flow *flow, size_t i)
{
	return &flow->relays[i / UA_RELAYS_LEGS].legs[i % UA_RELAYS_LEGS];
}


struct ua_leg *ua_leg_of_base(struct ua_flow *flow, uint16_t base)
{
	size_t i;

	for (i = 0; i < flow->nhost; i++) {
		if (flow->hosts[i].comp && flow->hosts[i].base == base)
			return &flow->hosts[i];
	}

	for (i = 0; i < flow->nrelay * UA_RELAYS_LEGS; i++) {
		struct ua_leg *leg = relay_leg(flow, i);

		if (leg->comp && leg->base == base)
			return leg;
	}

	return NULL;
}


/* Send from a leg, through its relay if it is one. */
int ua_leg_send(struct ua_leg *leg, const struct ua_addr *dst,
		const uint8_t *buf, size_t len)
{
	if (leg->relay)
		return ua_relays_send(leg->relay, dst, buf, len);

	return leg->sock ? ua_sock_send(leg->sock, dst, buf, len) : ENOTCONN;
}


static void sock_recv(const struct ua_addr *src, uint8_t *buf, size_t len,
		      void *arg)
{
	struct ua_leg *leg = arg;
	struct ua_flow *flow = leg->flow;
	const enum ua_demux kind = ua_demux_class(buf, len);
	bool media = kind == UA_DEMUX_RTP || kind == UA_DEMUX_RTCP;
	int err = ENOENT;

	mem_ref(flow);

	if (!media)
		err = ua_gather_input(leg, ua_clock_ms(), src, buf, len);

	if (err == ENOENT)
		ua_flow_input(leg, src, buf, len);
	else
		media = err == EALREADY;

	/* Media moves no machine: nothing is to be pumped. */
	if (!media)
		ua_flowpump_run(flow);

	mem_deref(flow);
}


/* Does media go to that address, itself or through a relay there? */
static bool carries_media(const struct ua_leg *leg, const struct ua_addr *dst)
{
	struct ua_flow *flow = leg->flow;
	const struct ua_leg *way;
	struct ua_path path;

	if (!flow->ice || ua_ice_media(flow->ice, 0, 1, &path))
		return false;

	way = ua_leg_of_base(flow, path.base);
	if (!way)
		return false;

	return way->relay ? way->relay->host == leg &&
				    ua_addr_eq(&way->relay->server, dst)
			  : way == leg && ua_addr_eq(&path.remote, dst);
}


static void sock_error(int err, const struct ua_addr *dst, void *arg)
{
	struct ua_leg *leg = arg;
	const uint64_t now_ms = ua_clock_ms();
	char addr[UA_ADDR_LEN];

	ua_log(leg->flow->env->log, UA_LOG_DEBUG, "flow",
	       "component %u: %s refused: %m", leg->comp,
	       ua_addr_str(dst, addr), err);
	ua_gather_refused(leg, now_ms, dst, err);

	/* Each packet of media may bring one: a round of checks a second. */
	if (now_ms >= leg->flow->icmp_ms + ICMP_GAP_MS &&
	    carries_media(leg, dst)) {
		leg->flow->icmp_ms = now_ms;
		ua_ice_silent(leg->flow->ice, now_ms, 0);
	}

	ua_flowpump_run(leg->flow);
}


int ua_leg_base(struct ua_leg *leg, uint64_t now_ms)
{
	struct ua_flow *flow = leg->flow;

	leg->base = UA_LEG_NOBASE;

	/* Relay-only: our own addresses are neither told nor used. */
	if (!leg->comp || !flow->ice || !leg->sock ||
	    flow->env->conf->ice != UA_ICE_FULL)
		return 0;

	return ua_ice_base_add(flow->ice, now_ms, 0, (uint16_t)leg->comp,
			       UA_ICE_HOST, &leg->addr, leg->cost, &leg->base);
}


/* A place for a socket: of one that went, or a new one; NULL: none */
static struct ua_leg *free_place(struct ua_flow *flow)
{
	size_t i;

	for (i = 0; i < flow->nhost; i++) {
		if (!flow->hosts[i].comp)
			return &flow->hosts[i];
	}

	return flow->nhost < UA_LEG_HOSTS ? &flow->hosts[flow->nhost++] : NULL;
}


static int host_open(struct ua_flow *flow, const struct ua_ifaddr *ifa,
		     unsigned comp, struct ua_sock *sock)
{
	struct ua_leg *leg = free_place(flow);

	if (!leg) {
		mem_deref(sock);
		return ENOSPC;
	}

	leg->flow = flow;
	leg->comp = comp;
	leg->cost = (uint8_t)ifa->cost;
	leg->sock = sock;
	leg->addr = *ua_sock_local(sock);

	/* One without a default route of its own may need another's. */
	if (ifa->deflt && ua_sock_device_set(sock, ifa->ifname))
		ua_log(flow->env->log, UA_LOG_DEBUG, "flow",
		       "routes may lead away from %s", ifa->ifname);

	ua_sock_handlers(sock, sock_recv, sock_error, leg);
	if (ua_sock_dscp_set(sock, UA_DSCP_MEDIA))
		ua_log(flow->env->log, UA_LOG_DEBUG, "flow",
		       "packets are not marked as media");

	return ua_leg_base(leg, ua_clock_ms());
}


/* RTP and RTCP sockets of one local address */
int ua_leg_add(struct ua_flow *flow, const struct ua_ifaddr *ifa)
{
	struct ua_sock *rtp;
	struct ua_sock *rtcp;
	int err;

	err = ua_sock_open_pair(&rtp, &rtcp, &ifa->addr);
	if (err)
		return err;

	err = host_open(flow, ifa, 1, rtp);
	if (err || flow->mux) {
		mem_deref(rtcp);
		return err;
	}

	return host_open(flow, ifa, 2, rtcp);
}


int ua_leg_open(struct ua_flow *flow)
{
	struct ua_iflist list;
	char buf[UA_ADDR_LEN];
	int err;
	size_t i;

	err = ua_env_addresses(flow->env, &list);
	if (err)
		return err;

	for (i = 0; i < list.n && i < UA_FLOW_ADDRS; i++) {
		err = ua_leg_add(flow, &list.v[i]);
		if (err)
			ua_log(flow->env->log, UA_LOG_WARN, "flow",
			       "%s on %s is left out: %m",
			       ua_addr_ip_str(&list.v[i].addr, buf),
			       list.v[i].ifname, err);
	}

	return flow->nhost ? 0 : err;
}


void ua_leg_drop(struct ua_leg *leg, uint64_t now_ms, int err)
{
	struct ua_flow *flow = leg->flow;
	size_t i;

	ua_gather_drop(leg, now_ms, err);

	if (flow->ice && leg->base != UA_LEG_NOBASE &&
	    ua_ice_base_down(flow->ice, now_ms, leg->base, err))
		ua_log(flow->env->log, UA_LOG_DEBUG, "flow",
		       "ICE does not know the address that went");

	for (i = 0; i < UA_FLOW_COMPS; i++) {
		if (flow->dflt[i] == leg)
			flow->dflt[i] = NULL;
		if (flow->plains[i].leg == leg)
			flow->plains[i].leg = NULL;
	}

	mem_deref(leg->sock);
	memset(leg, 0, sizeof(*leg));
	leg->flow = flow;
	leg->base = UA_LEG_NOBASE;
}


struct ua_leg *ua_leg_host(struct ua_flow *flow, unsigned comp, int af)
{
	size_t i;

	/* Relay-only: no socket of ours is shown, or sent from. */
	for (i = 0;
	     flow->env->conf->ice != UA_ICE_RELAY_ONLY && i < flow->nhost;
	     i++) {
		struct ua_leg *leg = &flow->hosts[i];

		if (leg->comp == comp && leg->sock &&
		    (!af || leg->addr.af == af))
			return leg;
	}

	return NULL;
}


static struct ua_leg *relay_of(struct ua_flow *flow, unsigned comp, int af)
{
	size_t i;

	for (i = 0; i < flow->nrelay * UA_RELAYS_LEGS; i++) {
		struct ua_leg *leg = relay_leg(flow, i);

		if (leg->comp == comp && leg->relay->turn &&
		    (!af || leg->addr.af == af))
			return leg;
	}

	return NULL;
}


/* What most likely works for a peer without ICE (RFC 8445, 5.1.4). */
static struct ua_leg *default_leg(struct ua_flow *flow, unsigned comp, int af)
{
	const bool relay = relay_of(flow, 1, af) && relay_of(flow, 2, af);

	return relay ? relay_of(flow, comp, af) : ua_leg_host(flow, comp, af);
}


/*
 * What stands in c= and m=: a relay, else how a server saw us, else our own;
 * of the family of signalling if there is one, since the peer has that too.
 * With relays alone and none yet, it is nothing: 0.0.0.0, port 9.
 */
void ua_leg_default(struct ua_flow *flow, int af)
{
	unsigned comp;

	if (flow->dflt[0])
		return;

	if (!default_leg(flow, 1, af))
		af = 0;

	for (comp = 1; comp <= UA_FLOW_COMPS; comp++) {
		struct ua_leg *leg = default_leg(flow, comp, af);

		if (!leg)
			continue;

		flow->dflt[comp - 1] = leg;
		flow->dflt_addr[comp - 1] = leg->mapped.af && !leg->relay
						    ? leg->mapped
						    : leg->addr;
	}
}
