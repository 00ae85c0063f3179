/* SPDX-License-Identifier: BSD-3-Clause */
/** @file simnet.c  The simulated net: its clock and its memory */

#include <errno.h>
#include <string.h>

#include "simcore.h"


static void net_destructor(void *arg)
{
	struct ua_simnet *net = arg;
	struct ua_simchunk *chunk;

	/* Boxes have sockets, sockets are on hosts, hosts are in LANs. */
	list_flush(&net->boxl);
	list_flush(&net->hostl);
	list_flush(&net->natl);
	list_flush(&net->lanl);
	mem_deref(net->core.routev);
	ua_simheap_close(&net->heap);

	while ((chunk = net->chunks)) {
		net->chunks = chunk->next;
		mem_deref(chunk);
	}
}


static void fill(uint8_t *buf, size_t len, void *arg)
{
	struct ua_simnet *net = arg;
	uint64_t x;
	size_t n;

	while (len) {
		x = ua_simrand_next(&net->machines);
		n = len < sizeof(x) ? len : sizeof(x);
		memcpy(buf, &x, n);
		buf += n;
		len -= n;
	}
}


int ua_simnet_alloc(struct ua_simnet **netp, uint64_t seed)
{
	struct ua_simnet *net = mem_zalloc(sizeof(*net), net_destructor);

	if (!net)
		return ENOMEM;

	ua_simrand_seed(&net->links, seed);
	ua_simrand_seed(&net->machines, ~seed);
	net->rand.fill = fill;
	net->rand.arg = net;
	net->core.net = net;

	*netp = net;
	return 0;
}


void ua_simnet_free(struct ua_simnet *net)
{
	mem_deref(net);
}


uint64_t ua_simnet_now(const struct ua_simnet *net)
{
	return net->now_us;
}


uint64_t ua_simnet_now_ms(const struct ua_simnet *net)
{
	return net->now_us / UA_SIM_MS;
}


const struct ua_rand *ua_simnet_rand(struct ua_simnet *net)
{
	return &net->rand;
}


uint64_t ua_simnet_draw(struct ua_simnet *net, uint64_t n)
{
	return ua_simrand_below(&net->links, n);
}


struct ua_simlan *ua_simnet_core(struct ua_simnet *net)
{
	return &net->core;
}


void ua_simnet_wall(struct ua_simnet *net, ua_simwall_h *h, void *arg)
{
	net->wall = h;
	net->wall_arg = arg;
}


void ua_simnet_stat(const struct ua_simnet *net, struct ua_simnet_stat *stat)
{
	*stat = net->stat;
}


static int more_packets(struct ua_simnet *net)
{
	struct ua_simchunk *chunk = mem_alloc(sizeof(*chunk), NULL);
	size_t i;

	if (!chunk)
		return ENOMEM;

	chunk->next = net->chunks;
	net->chunks = chunk;
	for (i = UA_SIM_CHUNK; i-- > 0;)
		ua_simnet_release(net, &chunk->v[i]);

	return 0;
}


struct ua_simpacket *ua_simnet_packet(struct ua_simnet *net)
{
	struct ua_simpacket *packet;

	if (!net->free && more_packets(net))
		return NULL;

	packet = net->free;
	net->free = packet->next;
	memset(packet, 0, offsetof(struct ua_simpacket, buf));

	return packet;
}


void ua_simnet_release(struct ua_simnet *net, struct ua_simpacket *packet)
{
	packet->next = net->free;
	net->free = packet;
}


static void arrive(struct ua_simnet *net, struct ua_simpacket *packet)
{
	struct ua_simif *to = packet->to;

	if (packet->queued) {
		ua_simlan_enter(packet);
	}
	else if (to->down) {
		ua_simtrace_packet(net, "drop", to->name, packet,
				   "link is down");
		ua_simnet_release(net, packet);
	}
	else if (to->nat) {
		ua_simnat_arrive(to->nat, to->inner, packet);
	}
	else {
		ua_simhost_arrive(to->host, to, packet);
	}
}


void ua_simnet_run(struct ua_simnet *net, uint64_t until_us)
{
	struct ua_simitem item;

	while (ua_simheap_pop(&net->heap, until_us, &item)) {
		net->now_us = item.at_us;
		++net->stat.events;

		if (item.packet)
			arrive(net, item.packet);
		else
			item.tmr->h(item.tmr->arg);
	}

	if (until_us > net->now_us)
		net->now_us = until_us;
}
