/* SPDX-License-Identifier: BSD-3-Clause */
/** @file simhost.c  Hosts of the simulated net */

#include <errno.h>
#include <string.h>

#include "simcore.h"

enum { PORT_FIRST = 40000 };


static void host_destructor(void *arg)
{
	struct ua_simhost *host = arg;

	list_unlink(&host->le);
	list_flush(&host->sockl);
	list_flush(&host->ifl);
}


int ua_simhost_alloc(struct ua_simhost **hostp, struct ua_simnet *net,
		     const char *name)
{
	struct ua_simhost *host = mem_zalloc(sizeof(*host), host_destructor);

	if (!host)
		return ENOMEM;

	host->net = net;
	host->next_port = PORT_FIRST;
	str_ncpy(host->name, name, sizeof(host->name));
	list_append(&net->hostl, &host->le, host);

	*hostp = host;
	return 0;
}


void ua_simhost_refuse(struct ua_simhost *host)
{
	host->refuses = true;
}


/* ICMP: port unreachable (RFC 1122, 4.1.3.1), never about another one */
static void refuse(struct ua_simhost *host, struct ua_simif *ifc,
		   const struct ua_simpacket *packet)
{
	struct ua_simpacket *icmp;

	if (!host->refuses || packet->refusal)
		return;

	icmp = ua_simnet_packet(host->net);
	if (!icmp)
		return;

	icmp->src = packet->dst;
	icmp->dst = packet->src;
	icmp->id = ++host->net->packet_id;
	icmp->refusal = true;
	ua_simtrace_packet(host->net, "send", ifc->name, icmp, NULL);
	ua_simlan_send(ifc, icmp);
}


void ua_simhost_arrive(struct ua_simhost *host, struct ua_simif *ifc,
		       struct ua_simpacket *packet)
{
	struct ua_simnet *net = host->net;
	struct ua_simsock *sock = ua_simsock_find(host, &packet->dst);

	if (sock && sock->ifc == ifc) {
		ua_simtrace_packet(net, "recv", ifc->name, packet, NULL);
		++net->stat.delivered;
		net->twin = packet->twin;
		if (!packet->refusal)
			sock->h(&packet->src, packet->buf, packet->len,
				sock->arg);
		else if (sock->refused)
			sock->refused(&packet->src, sock->arg);
	}
	else {
		ua_simtrace_packet(net, "drop", ifc->name, packet,
				   "nobody listens");
		refuse(host, ifc, packet);
	}

	ua_simnet_release(net, packet);
}
