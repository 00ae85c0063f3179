/* SPDX-License-Identifier: BSD-3-Clause */
/** @file simmap.c  Mappings of a NAT, and who may use them (RFC 4787) */

#include <string.h>

#include "simnatcore.h"

enum { FIRST = 16, PORT_LOW = 1024, PORTS = 65536 - PORT_LOW };


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


void ua_simmap_purge(struct ua_simnat *nat)
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


static bool serves(const struct ua_simnat *nat, const struct ua_simmap *map,
		   const struct ua_addr *inside, const struct ua_addr *remote)
{
	return map->end_us > nat->net->now_us &&
	       ua_addr_eq(&map->inside, inside) &&
	       same(mapping_of(nat, inside), &map->remote, remote);
}


struct ua_simmap *ua_simmap_out(struct ua_simnat *nat,
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


struct ua_simmap *ua_simmap_in(struct ua_simnat *nat,
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
		if (!ua_simmap_in(nat, &map->outside)) {
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


struct ua_simmap *ua_simmap_make(struct ua_simnat *nat,
				 const struct ua_addr *inside,
				 const struct ua_addr *remote)
{
	struct ua_simmap map = { .inside = *inside, .remote = *remote };
	struct ua_simmap *v;

	ua_simmap_purge(nat);
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


void ua_simmap_sent(struct ua_simnat *nat, struct ua_simmap *map,
		    const struct ua_addr *remote)
{
	struct ua_simcontact *v;
	struct ua_simcontact *c;

	map->end_us = life(nat, map->answered);

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


bool ua_simmap_enter(struct ua_simnat *nat, struct ua_simmap *map,
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
