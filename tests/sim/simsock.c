/* SPDX-License-Identifier: BSD-3-Clause */
/** @file simsock.c  UDP sockets of the simulated net */

#include <errno.h>
#include <string.h>

#include "simcore.h"

enum { PORT_FIRST = 40000, PORT_LAST = 60000 };


struct ua_simsock *ua_simsock_find(const struct ua_simhost *host,
				   const struct ua_addr *addr)
{
	struct le *le;

	LIST_FOREACH(&host->sockl, le)
	{
		struct ua_simsock *sock = le->data;

		if (sock->addr.port == addr->port && sock->ifc &&
		    ua_addr_ip_eq(&sock->addr, addr))
			return sock;
	}

	return NULL;
}


static void sock_destructor(void *arg)
{
	struct ua_simsock *sock = arg;

	list_unlink(&sock->le);
}


static int free_port(struct ua_simhost *host, struct ua_addr *addr)
{
	unsigned tries;

	for (tries = 0; tries < PORT_LAST - PORT_FIRST; tries++) {
		addr->port = host->next_port;
		host->next_port = host->next_port >= PORT_LAST
					  ? PORT_FIRST
					  : (uint16_t)(host->next_port + 1);
		if (!ua_simsock_find(host, addr))
			return 0;
	}

	return EADDRINUSE;
}


int ua_simsock_alloc(struct ua_simsock **sockp, struct ua_simhost *host,
		     const struct ua_addr *addr, ua_simsock_h *h, void *arg)
{
	struct ua_simif *ifc = ua_simif_find(host, addr);
	struct ua_addr a = *addr;
	struct ua_simsock *sock;

	if (!ifc)
		return EADDRNOTAVAIL;

	if (a.port ? ua_simsock_find(host, &a) != NULL
		   : free_port(host, &a) != 0)
		return EADDRINUSE;

	sock = mem_zalloc(sizeof(*sock), sock_destructor);
	if (!sock)
		return ENOMEM;

	sock->host = host;
	sock->ifc = ifc;
	sock->addr = a;
	sock->h = h;
	sock->arg = arg;
	list_append(&host->sockl, &sock->le, sock);

	*sockp = sock;
	return 0;
}


void ua_simsock_close(struct ua_simsock *sock)
{
	mem_deref(sock);
}


void ua_simsock_refused(struct ua_simsock *sock, ua_simrefused_h *h)
{
	sock->refused = h;
}


const struct ua_addr *ua_simsock_addr(const struct ua_simsock *sock)
{
	return &sock->addr;
}


int ua_simsock_send(struct ua_simsock *sock, const struct ua_addr *dst,
		    const uint8_t *buf, size_t len)
{
	struct ua_simnet *net = sock->host->net;
	struct ua_simpacket *packet;

	if (!sock->ifc)
		return EADDRNOTAVAIL;
	if (dst->af != sock->addr.af)
		return EAFNOSUPPORT;
	if (len > UA_SIM_PAYLOAD)
		return EMSGSIZE;

	packet = ua_simnet_packet(net);
	if (!packet)
		return ENOMEM;

	packet->src = sock->addr;
	packet->dst = *dst;
	packet->id = ++net->packet_id;
	packet->len = (uint16_t)len;
	memcpy(packet->buf, buf, len);
	++net->stat.packets;

	ua_simtrace_packet(net, "send", sock->ifc->name, packet, NULL);
	ua_simlan_send(sock->ifc, packet);

	return 0;
}
