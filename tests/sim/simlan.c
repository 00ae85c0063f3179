/* SPDX-License-Identifier: BSD-3-Clause */
/** @file simlan.c  Who is where in a LAN, and the way of a packet in it */

#include <errno.h>
#include <string.h>

#include "simcore.h"

enum { FIRST = 8 };


/* Whole addresses are compared only where this is the same. */
static uint64_t key_of(const struct ua_addr *addr)
{
	uint64_t lo = 0, hi = 0;

	memcpy(&hi, addr->ip, addr->af == UA_AF_IP6 ? 8 : 4);
	if (addr->af == UA_AF_IP6)
		memcpy(&lo, addr->ip + 8, 8);

	return hi ^ (lo * UINT64_C(0x9e3779b97f4a7c15)) ^ addr->af;
}


static struct ua_simroute *find(const struct ua_simlan *lan,
				const struct ua_addr *addr)
{
	const uint64_t key = key_of(addr);
	size_t i;

	for (i = 0; i < lan->nroute; i++) {
		struct ua_simroute *r = &lan->routev[i];

		if (r->key == key && r->addr.af == addr->af &&
		    !memcmp(r->addr.ip, addr->ip,
			    addr->af == UA_AF_IP6 ? 16 : 4))
			return r;
	}

	return NULL;
}


struct ua_simif *ua_simlan_find(const struct ua_simlan *lan,
				const struct ua_addr *addr)
{
	const struct ua_simroute *r = find(lan, addr);

	return r ? r->ifc : NULL;
}


int ua_simlan_route(struct ua_simlan *lan, const struct ua_addr *addr,
		    struct ua_simif *ifc)
{
	struct ua_simroute *r;

	if (find(lan, addr))
		return EADDRINUSE;

	if (lan->nroute == lan->size) {
		const size_t size = lan->size ? lan->size * 2 : FIRST;
		struct ua_simroute *v = mem_alloc(size * sizeof(*v), NULL);

		if (!v)
			return ENOMEM;

		if (lan->nroute)
			memcpy(v, lan->routev, lan->nroute * sizeof(*v));
		mem_deref(lan->routev);
		lan->routev = v;
		lan->size = size;
	}

	r = &lan->routev[lan->nroute++];
	r->key = key_of(addr);
	r->addr = *addr;
	r->ifc = ifc;

	return 0;
}


void ua_simlan_unroute(struct ua_simlan *lan, const struct ua_addr *addr)
{
	struct ua_simroute *r = find(lan, addr);

	if (r)
		*r = lan->routev[--lan->nroute];
}


static void drop(struct ua_simif *ifc, struct ua_simpacket *packet,
		 const char *why)
{
	ua_simtrace_packet(ifc->net, "drop", ifc->name, packet, why);
	ua_simnet_release(ifc->net, packet);
}


static void copy_of(struct ua_simnet *net, const struct ua_simpacket *packet,
		    uint64_t at_us)
{
	struct ua_simpacket *twin = ua_simnet_packet(net);

	if (!twin)
		return;

	twin->to = packet->to;
	twin->src = packet->src;
	twin->dst = packet->dst;
	twin->id = packet->id;
	twin->len = packet->len;
	twin->hops = packet->hops;
	twin->twin = true;
	twin->queued = packet->queued;
	twin->refusal = packet->refusal;
	memcpy(twin->buf, packet->buf, packet->len);

	if (ua_simheap_packet(net, at_us, twin))
		ua_simnet_release(net, twin);
}


/* Over the link of the interface where it arrives */
static void come_in(struct ua_simif *to, struct ua_simpacket *packet,
		    uint64_t at_us, bool twin)
{
	struct ua_simnet *net = to->net;
	const char *why = ua_simlink_pass(net, &to->in, packet, &at_us, &twin);

	if (why) {
		drop(to, packet, why);
		return;
	}

	packet->queued = false;
	if (twin)
		copy_of(net, packet, at_us + UA_SIM_MS);

	if (ua_simheap_packet(net, at_us, packet))
		drop(to, packet, "no memory");
}


void ua_simlan_enter(struct ua_simpacket *packet)
{
	come_in(packet->to, packet, packet->to->net->now_us, false);
}


/* What nobody here has goes to the gateway, but never back to it. */
static struct ua_simif *next_hop(const struct ua_simif *from,
				 const struct ua_addr *dst)
{
	struct ua_simlan *lan = from->lan;
	struct ua_simif *to = ua_simlan_find(lan, dst);

	if (!to && lan->gateway && !(from->nat == lan->gateway && from->inner))
		to = ua_simnat_inner(lan->gateway);

	return to;
}


void ua_simlan_send(struct ua_simif *from, struct ua_simpacket *packet)
{
	struct ua_simnet *net = from->net;
	struct ua_simif *to = next_hop(from, &packet->dst);
	uint64_t at_us = net->now_us;
	const char *why = NULL;
	bool twin = false;

	if (!to)
		why = "no way there";
	else if (net->wall && from->lan == &net->core &&
		 net->wall(&packet->src, &packet->dst, net->wall_arg))
		why = "a wall";
	else if (from->down)
		why = "link is down";
	else if (++packet->hops > UA_SIM_HOPS)
		why = "goes round in circles";
	else
		why = ua_simlink_pass(net, &from->up, packet, &at_us, &twin);

	if (why) {
		drop(from, packet, why);
		return;
	}

	packet->to = to;

	/* A queue takes them as they come to it, not as they were sent. */
	if (to->in.conf.jitter_us || to->in.conf.rate_kbps) {
		packet->queued = true;
		if (twin)
			copy_of(net, packet, at_us + UA_SIM_MS);
		if (ua_simheap_packet(net, at_us, packet))
			drop(from, packet, "no memory");
		return;
	}

	come_in(to, packet, at_us, twin);
}
