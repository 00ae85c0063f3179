/* SPDX-License-Identifier: BSD-3-Clause */
/** @file simhost.c  Hosts of the simulated net, their interfaces and sockets
 */

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "simcore.h"

enum { PORT_FIRST = 40000, PORT_LAST = 60000 };


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


static void if_destructor(void *arg)
{
	struct ua_simif *ifc = arg;

	list_unlink(&ifc->le);
}


void ua_simif_init(struct ua_simif *ifc, struct ua_simlan *lan,
		   const struct ua_simlink *link)
{
	ifc->net = lan->net;
	ifc->lan = lan;
	ua_simif_link(ifc, link, link);
}


int ua_simif_alloc(struct ua_simif **ifp, struct ua_simhost *host,
		   const char *name, struct ua_simlan *lan,
		   const struct ua_simlink *link)
{
	struct ua_simif *ifc = mem_zalloc(sizeof(*ifc), if_destructor);

	if (!ifc)
		return ENOMEM;

	ua_simif_init(ifc, lan, link);
	ifc->host = host;
	(void)snprintf(ifc->name, sizeof(ifc->name), "%s.%s", host->name,
		       name);
	list_append(&host->ifl, &ifc->le, ifc);

	*ifp = ifc;
	return 0;
}


void ua_simif_link(struct ua_simif *ifc, const struct ua_simlink *up,
		   const struct ua_simlink *down)
{
	if (up)
		ifc->up.conf = *up;
	if (down)
		ifc->in.conf = *down;
}


void ua_simif_up(struct ua_simif *ifc, bool up)
{
	ifc->down = !up;
}


/* From outside a gateway that does not hide it, it is reached, too. */
static void unroute(struct ua_simlan *lan, const struct ua_addr *addr)
{
	for (;;) {
		ua_simlan_unroute(lan, addr);
		if (!lan->gateway || ua_simnat_hides(lan->gateway, addr))
			return;
		lan = ua_simnat_outer(lan->gateway);
	}
}


static int route(struct ua_simif *ifc, const struct ua_addr *addr)
{
	struct ua_simlan *lan = ifc->lan;
	struct ua_simif *via = ifc;
	int err;

	for (;;) {
		err = ua_simlan_route(lan, addr, via);
		if (err || !lan->gateway ||
		    ua_simnat_hides(lan->gateway, addr))
			return err;

		via = ua_simnat_if(lan->gateway);
		lan = ua_simnat_outer(lan->gateway);
	}
}


int ua_simif_addr(struct ua_simif *ifc, const struct ua_addr *addr)
{
	struct ua_addr a = *addr;
	int err;

	if (ifc->naddr == UA_SIM_IFADDRS)
		return ENOSPC;

	a.port = 0;
	err = route(ifc, &a);
	if (err)
		return err;

	ifc->addrv[ifc->naddr++] = a;
	return 0;
}


void ua_simif_addr_del(struct ua_simif *ifc, const struct ua_addr *addr)
{
	struct le *le;
	size_t i;

	for (i = 0; i < ifc->naddr; i++) {
		if (!ua_addr_ip_eq(&ifc->addrv[i], addr))
			continue;

		unroute(ifc->lan, &ifc->addrv[i]);
		ifc->addrv[i] = ifc->addrv[--ifc->naddr];
		break;
	}

	LIST_FOREACH(ifc->host ? &ifc->host->sockl : NULL, le)
	{
		struct ua_simsock *sock = le->data;

		if (sock->ifc == ifc && ua_addr_ip_eq(&sock->addr, addr))
			sock->ifc = NULL;
	}
}


static struct ua_simif *if_of(const struct ua_simhost *host,
			      const struct ua_addr *addr)
{
	struct le *le;
	size_t i;

	LIST_FOREACH(&host->ifl, le)
	{
		struct ua_simif *ifc = le->data;

		for (i = 0; i < ifc->naddr; i++) {
			if (ua_addr_ip_eq(&ifc->addrv[i], addr))
				return ifc;
		}
	}

	return NULL;
}


static struct ua_simsock *sock_of(const struct ua_simhost *host,
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
		if (!sock_of(host, addr))
			return 0;
	}

	return EADDRINUSE;
}


int ua_simsock_alloc(struct ua_simsock **sockp, struct ua_simhost *host,
		     const struct ua_addr *addr, ua_simsock_h *h, void *arg)
{
	struct ua_simif *ifc = if_of(host, addr);
	struct ua_addr a = *addr;
	struct ua_simsock *sock;

	if (!ifc)
		return EADDRNOTAVAIL;

	if (a.port ? sock_of(host, &a) != NULL : free_port(host, &a) != 0)
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


void ua_simhost_arrive(struct ua_simhost *host, struct ua_simif *ifc,
		       struct ua_simpacket *packet)
{
	struct ua_simnet *net = host->net;
	struct ua_simsock *sock = sock_of(host, &packet->dst);

	if (sock && sock->ifc == ifc) {
		ua_simtrace_packet(net, "recv", ifc->name, packet, NULL);
		++net->stat.delivered;
		net->twin = packet->twin;
		sock->h(&packet->src, packet->buf, packet->len, sock->arg);
	}
	else {
		ua_simtrace_packet(net, "drop", ifc->name, packet,
				   "nobody listens");
	}

	ua_simnet_release(net, packet);
}
