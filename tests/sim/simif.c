/* SPDX-License-Identifier: BSD-3-Clause */
/** @file simif.c  Interfaces of the simulated net and their addresses */

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "simcore.h"


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


struct ua_simif *ua_simif_find(const struct ua_simhost *host,
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
