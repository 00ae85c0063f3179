/* SPDX-License-Identifier: BSD-3-Clause */
/** @file simnat.c  NATs and firewalls by mapping and filtering (RFC 4787) */

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "simcore.h"

enum {
	FIRST = 16,
	PORT_LOW = 1024,
	PORTS = 65536 - PORT_LOW,
	LAN_US = 200 /* Through the box itself */
};

/** An outside endpoint that stands for an inside one */
struct ua_simmap {
	struct ua_addr inside;
	struct ua_addr outside;
	struct ua_addr remote; /* What it is for, as far as mapping asks */
	uint64_t end_us;
	bool answered;
};

/** Somebody who was sent to, and may send */
struct ua_simcontact {
	struct ua_addr inside;
	struct ua_addr outside;
	struct ua_addr remote;
	uint64_t end_us;
	bool answered;
};

struct ua_simnat {
	struct le le;
	struct ua_simnet *net;
	struct ua_simnat_conf conf;
	struct ua_simif *outer;
	struct ua_simif *inner;
	struct ua_simlan *lan;
	struct ua_addr poolv[UA_SIM_POOL];
	size_t npool;
	uint16_t next_port;
	struct ua_simmap *mapv;
	size_t nmap, map_size;
	size_t last; /* The map that was wanted last is wanted next       */
	struct ua_simcontact *contactv;
	size_t ncontact, contact_size;
	char name[UA_SIM_NAME];
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


/* Does `have` stand for `want`, as far as they matter? */
static bool same(enum ua_simdep dep, const struct ua_addr *have,
		 const struct ua_addr *want)
{
	switch (dep) {

	case UA_SIM_EI:
		return true;
	case UA_SIM_AD:
		return ua_addr_ip_eq(have, want);
	case UA_SIM_APD:
		return ua_addr_eq(have, want);
	}

	return false;
}


static enum ua_simdep mapping_of(const struct ua_simnat *nat,
				 const struct ua_addr *inside)
{
	return ua_simnat_hides(nat, inside) ? nat->conf.mapping : UA_SIM_EI;
}


static enum ua_simdep filter_of(const struct ua_simnat *nat,
				const struct ua_addr *inside)
{
	const bool is_own = nat->conf.firewall || inside->af == UA_AF_IP4;

	return is_own ? nat->conf.filter : UA_SIM_APD;
}


static void purge(struct ua_simnat *nat)
{
	const uint64_t now_us = nat->net->now_us;
	size_t i;

	for (i = 0; i < nat->nmap;) {
		if (nat->mapv[i].end_us <= now_us)
			nat->mapv[i] = nat->mapv[--nat->nmap];
		else
			++i;
	}

	for (i = 0; i < nat->ncontact;) {
		if (nat->contactv[i].end_us <= now_us)
			nat->contactv[i] = nat->contactv[--nat->ncontact];
		else
			++i;
	}
}


size_t ua_simnat_maps(struct ua_simnat *nat)
{
	purge(nat);
	return nat->nmap;
}


static bool serves(const struct ua_simnat *nat, const struct ua_simmap *map,
		   const struct ua_addr *inside, const struct ua_addr *remote)
{
	return map->end_us > nat->net->now_us &&
	       ua_addr_eq(&map->inside, inside) &&
	       same(mapping_of(nat, inside), &map->remote, remote);
}


static struct ua_simmap *map_out(struct ua_simnat *nat,
				 const struct ua_addr *inside,
				 const struct ua_addr *remote)
{
	size_t i;

	if (nat->last < nat->nmap &&
	    serves(nat, &nat->mapv[nat->last], inside, remote))
		return &nat->mapv[nat->last];

	for (i = 0; i < nat->nmap; i++) {
		if (serves(nat, &nat->mapv[i], inside, remote)) {
			nat->last = i;
			return &nat->mapv[i];
		}
	}

	return NULL;
}


static struct ua_simmap *map_in(struct ua_simnat *nat,
				const struct ua_addr *outside)
{
	const uint64_t now_us = nat->net->now_us;
	size_t i;

	if (nat->last < nat->nmap && nat->mapv[nat->last].end_us > now_us &&
	    ua_addr_eq(&nat->mapv[nat->last].outside, outside))
		return &nat->mapv[nat->last];

	for (i = 0; i < nat->nmap; i++) {
		if (nat->mapv[i].end_us > now_us &&
		    ua_addr_eq(&nat->mapv[i].outside, outside)) {
			nat->last = i;
			return &nat->mapv[i];
		}
	}

	return NULL;
}


/* Which of its outside addresses an inside one gets */
static const struct ua_addr *pool_of(struct ua_simnat *nat,
				     const struct ua_addr *inside)
{
	size_t i, k;

	if (nat->conf.paired) {
		for (i = 0; i < nat->nmap; i++) {
			if (!ua_addr_ip_eq(&nat->mapv[i].inside, inside))
				continue;

			for (k = 0; k < nat->npool; k++) {
				if (ua_addr_ip_eq(&nat->poolv[k],
						  &nat->mapv[i].outside))
					return &nat->poolv[k];
			}
		}
	}

	return &nat->poolv[ua_simnet_draw(nat->net, nat->npool)];
}


static uint16_t wanted_port(struct ua_simnat *nat,
			    const struct ua_addr *inside)
{
	switch (nat->conf.ports) {

	case UA_SIM_PRESERVING:
		return inside->port;

	case UA_SIM_RANDOM:
		return (uint16_t)(PORT_LOW + ua_simnet_draw(nat->net, PORTS));

	default:
		return nat->next_port;
	}
}


static bool choose(struct ua_simnat *nat, struct ua_simmap *map)
{
	unsigned tries;

	if (!ua_simnat_hides(nat, &map->inside)) {
		map->outside = map->inside;
		return true;
	}

	if (!nat->npool)
		return false;

	map->outside = *pool_of(nat, &map->inside);
	map->outside.port = wanted_port(nat, &map->inside);

	for (tries = 0; tries < PORTS; tries++) {
		if (!map_in(nat, &map->outside)) {
			nat->next_port = (uint16_t)(map->outside.port + 1);
			if (nat->next_port < PORT_LOW)
				nat->next_port = PORT_LOW;
			return true;
		}

		if (++map->outside.port < PORT_LOW)
			map->outside.port = PORT_LOW;
	}

	return false;
}


/* Room for one more in a table of values */
static void *room(void *v, size_t n, size_t *size, size_t item)
{
	const size_t more = *size ? *size * 2 : FIRST;
	void *p;

	if (n < *size)
		return v;

	p = v ? mem_realloc(v, more * item) : mem_alloc(more * item, NULL);
	if (p)
		*size = more;

	return p;
}


static struct ua_simmap *map_make(struct ua_simnat *nat,
				  const struct ua_addr *inside,
				  const struct ua_addr *remote)
{
	struct ua_simmap map = { .inside = *inside, .remote = *remote };
	struct ua_simmap *v;

	purge(nat);
	if (nat->nmap >= nat->conf.max_maps || !choose(nat, &map))
		return NULL;

	v = room(nat->mapv, nat->nmap, &nat->map_size, sizeof(*v));
	if (!v)
		return NULL;

	nat->mapv = v;
	nat->last = nat->nmap;
	nat->mapv[nat->nmap++] = map;

	return &nat->mapv[nat->last];
}


static struct ua_simcontact *contact_of(struct ua_simnat *nat,
					const struct ua_simmap *map,
					const struct ua_addr *remote,
					enum ua_simdep dep)
{
	const uint64_t now_us = nat->net->now_us;
	size_t i;

	for (i = 0; i < nat->ncontact; i++) {
		struct ua_simcontact *c = &nat->contactv[i];

		if (c->end_us > now_us && same(dep, &c->remote, remote) &&
		    (nat->conf.filter_by_map
			     ? ua_addr_eq(&c->outside, &map->outside)
			     : ua_addr_eq(&c->inside, &map->inside)))
			return c;
	}

	return NULL;
}


static uint64_t life(const struct ua_simnat *nat, bool answered)
{
	return nat->net->now_us +
	       (answered ? nat->conf.answered_ms : nat->conf.new_ms) *
		       UA_SIM_MS;
}


/* Who was sent to may answer. */
static void contact(struct ua_simnat *nat, const struct ua_simmap *map,
		    const struct ua_addr *remote)
{
	struct ua_simcontact *v;
	struct ua_simcontact *c;

	if (filter_of(nat, &map->inside) == UA_SIM_EI)
		return;

	c = contact_of(nat, map, remote, UA_SIM_APD);
	if (!c) {
		v = room(nat->contactv, nat->ncontact, &nat->contact_size,
			 sizeof(*v));
		if (!v)
			return;

		nat->contactv = v;
		c = &nat->contactv[nat->ncontact++];
		memset(c, 0, sizeof(*c));
		c->inside = map->inside;
		c->outside = map->outside;
		c->remote = *remote;
	}

	c->end_us = life(nat, c->answered);
}


static bool may_enter(struct ua_simnat *nat, struct ua_simmap *map,
		      const struct ua_addr *remote)
{
	const enum ua_simdep dep = filter_of(nat, &map->inside);
	struct ua_simcontact *c = NULL;

	if (dep != UA_SIM_EI) {
		c = contact_of(nat, map, remote, dep);
		if (!c)
			return false;
	}

	/* The first answer makes it live longer, the next ones may not. */
	if (!map->answered || nat->conf.inbound_refresh)
		map->end_us = life(nat, true);
	map->answered = true;

	if (c) {
		if (!c->answered || nat->conf.inbound_refresh)
			c->end_us = life(nat, true);
		c->answered = true;
	}

	return true;
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
	struct ua_simmap *map = map_in(nat, &packet->dst);

	if (!map) {
		drop(nat, packet, "nothing is mapped there");
	}
	else if (!may_enter(nat, map, &packet->src)) {
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

	map = map_out(nat, &inside, &packet->dst);
	if (!map)
		map = map_make(nat, &inside, &packet->dst);
	if (!map) {
		drop(nat, packet, "no mapping is left");
		return;
	}

	map->end_us = life(nat, map->answered);
	contact(nat, map, &packet->dst);
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
