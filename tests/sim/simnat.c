/* SPDX-License-Identifier: BSD-3-Clause */
/** @file simnat.c  NATs and firewalls by mapping and filtering (RFC 4787) */

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "simnatcore.h"

enum {
	PORT_LOW = 1024,
	PORTS = 65536 - PORT_LOW,
	LAN_US = 200 /* Through the box itself */
};

static void nat_destructor(void *arg)
{
	struct ua_simnat *nat = arg;

	list_unlink(&nat->le);
	mem_deref(nat->outer);
	mem_deref(nat->inner);
	mem_deref(nat->mapv);
	mem_deref(nat->contactv);
}


static void lan_destructor(void *arg)
{
	struct ua_simlan *lan = arg;

	list_unlink(&lan->le);
	mem_deref(lan->routev);
}


void ua_simnat_conf_default(struct ua_simnat_conf *conf)
{
	memset(conf, 0, sizeof(*conf));
	conf->paired = true;
	conf->new_ms = 30000;
	conf->answered_ms = 120000;
	conf->max_maps = 4096;
}


static int make_if(struct ua_simif **ifp, struct ua_simnat *nat,
		   struct ua_simlan *lan, const struct ua_simlink *link,
		   const char *name)
{
	struct ua_simif *ifc = mem_zalloc(sizeof(*ifc), NULL);

	if (!ifc)
		return ENOMEM;

	ua_simif_init(ifc, lan, link);
	ifc->nat = nat;
	(void)snprintf(ifc->name, sizeof(ifc->name), "%s.%s", nat->name, name);

	*ifp = ifc;
	return 0;
}


int ua_simnat_alloc(struct ua_simnat **natp, struct ua_simnet *net,
		    const char *name, struct ua_simlan *outer,
		    const struct ua_simnat_conf *conf,
		    const struct ua_simlink *link)
{
	struct ua_simnat *nat = mem_zalloc(sizeof(*nat), nat_destructor);
	struct ua_simlink inside;
	int err = 0;

	if (!nat)
		return ENOMEM;

	nat->net = net;
	nat->conf = *conf;
	nat->next_port = (uint16_t)(PORT_LOW + ua_simnet_draw(net, PORTS));
	str_ncpy(nat->name, name, sizeof(nat->name));

	nat->lan = mem_zalloc(sizeof(*nat->lan), lan_destructor);
	if (!nat->lan) {
		mem_deref(nat);
		return ENOMEM;
	}

	nat->lan->net = net;
	nat->lan->gateway = nat;
	list_append(&net->lanl, &nat->lan->le, nat->lan);
	list_append(&net->natl, &nat->le, nat);

	ua_simlink_default(&inside, LAN_US);
	err = make_if(&nat->outer, nat, outer, link, "out");
	if (!err)
		err = make_if(&nat->inner, nat, nat->lan, &inside, "in");
	if (err) {
		mem_deref(nat->lan);
		mem_deref(nat);
		return err;
	}

	nat->inner->inner = true;

	*natp = nat;
	return 0;
}


int ua_simnat_addr(struct ua_simnat *nat, const struct ua_addr *addr)
{
	struct ua_addr a = *addr;
	int err;

	if (nat->npool == UA_SIM_POOL)
		return ENOSPC;

	a.port = 0;
	err = ua_simif_addr(nat->outer, &a);
	if (err)
		return err;

	nat->poolv[nat->npool++] = a;
	return 0;
}


struct ua_simlan *ua_simnat_lan(struct ua_simnat *nat)
{
	return nat->lan;
}


struct ua_simif *ua_simnat_if(struct ua_simnat *nat)
{
	return nat->outer;
}


struct ua_simlan *ua_simnat_outer(const struct ua_simnat *nat)
{
	return nat->outer->lan;
}


struct ua_simif *ua_simnat_inner(struct ua_simnat *nat)
{
	return nat->inner;
}


bool ua_simnat_hides(const struct ua_simnat *nat, const struct ua_addr *addr)
{
	return !nat->conf.firewall && addr->af == UA_AF_IP4;
}


void ua_simnat_reboot(struct ua_simnat *nat)
{
	nat->nmap = 0;
	nat->ncontact = 0;
	nat->last = 0;
	nat->next_port =
		(uint16_t)(PORT_LOW + ua_simnet_draw(nat->net, PORTS));
	ua_simnet_note(nat->net, "fault   %s forgets everything", nat->name);
}


int ua_simnat_renumber(struct ua_simnat *nat, const struct ua_addr *addr)
{
	char buf[UA_ADDR_LEN];
	struct ua_addr a = *addr;
	int err;

	a.port = 0;
	err = ua_simif_addr(nat->outer, &a);
	if (err)
		return err;

	if (nat->npool)
		ua_simif_addr_del(nat->outer, &nat->poolv[0]);
	else
		nat->npool = 1;

	nat->poolv[0] = a;
	ua_simnet_note(nat->net, "fault   %s has the address %s now",
		       nat->name, ua_addr_ip_str(&a, buf));
	ua_simnat_reboot(nat);

	return 0;
}


size_t ua_simnat_maps(struct ua_simnat *nat)
{
	ua_simmap_purge(nat);
	return nat->nmap;
}


static bool rule_allows(const struct ua_simnat *nat,
			const struct ua_addr *remote)
{
	switch (nat->conf.udp) {

	case UA_SIM_UDP_ALL:
		return true;
	case UA_SIM_UDP_NONE:
		return false;
	case UA_SIM_UDP_STUN:
		return remote->port == UA_SIM_STUN_PORT;
	}

	return false;
}


static void drop(struct ua_simnat *nat, struct ua_simpacket *packet,
		 const char *why)
{
	ua_simtrace_packet(nat->net, "drop", nat->name, packet, why);
	ua_simnet_release(nat->net, packet);
}


static bool is_own(const struct ua_simnat *nat, const struct ua_addr *addr)
{
	size_t i;

	for (i = 0; i < nat->npool; i++) {
		if (ua_addr_ip_eq(&nat->poolv[i], addr))
			return true;
	}

	return false;
}


static void come_in(struct ua_simnat *nat, struct ua_simpacket *packet,
		    const struct ua_addr *shown)
{
	struct ua_simmap *map = ua_simmap_in(nat, &packet->dst);

	if (!map) {
		drop(nat, packet, "nothing is mapped there");
	}
	else if (!ua_simmap_enter(nat, map, &packet->src)) {
		drop(nat, packet, "filtered");
	}
	else {
		packet->dst = map->inside;
		packet->src = *shown;
		ua_simtrace_packet(nat->net, "in", nat->name, packet, NULL);
		ua_simlan_send(nat->inner, packet);
	}
}


static void hairpin(struct ua_simnat *nat, struct ua_simpacket *packet,
		    const struct ua_addr *inside)
{
	const struct ua_addr outside = packet->src;

	if (nat->conf.hairpin == UA_SIM_HAIRPIN_NONE)
		drop(nat, packet, "no hairpin");
	else if (nat->conf.hairpin == UA_SIM_HAIRPIN_EXTERNAL)
		come_in(nat, packet, &outside);
	else
		come_in(nat, packet, inside);
}


static void go_out(struct ua_simnat *nat, struct ua_simpacket *packet)
{
	const struct ua_addr inside = packet->src;
	struct ua_simmap *map;

	if (!rule_allows(nat, &packet->dst)) {
		drop(nat, packet, "UDP is blocked");
		return;
	}

	map = ua_simmap_out(nat, &inside, &packet->dst);
	if (!map)
		map = ua_simmap_make(nat, &inside, &packet->dst);
	if (!map) {
		drop(nat, packet, "no mapping is left");
		return;
	}

	ua_simmap_sent(nat, map, &packet->dst);
	packet->src = map->outside;

	if (is_own(nat, &packet->dst)) {
		hairpin(nat, packet, &inside);
		return;
	}

	ua_simtrace_packet(nat->net, "out", nat->name, packet, NULL);
	ua_simlan_send(nat->outer, packet);
}


void ua_simnat_arrive(struct ua_simnat *nat, bool inner,
		      struct ua_simpacket *packet)
{
	const struct ua_addr shown = packet->src;

	if (inner)
		go_out(nat, packet);
	else if (!rule_allows(nat, &packet->src))
		drop(nat, packet, "UDP is blocked");
	else
		come_in(nat, packet, &shown);
}
