/* SPDX-License-Identifier: BSD-3-Clause */
/** @file icenet_nat.c  NATs (RFC 4787) */

#include <check.h>
#include <string.h>

#include "icenet.h"

enum {
	PORT_FIRST = 50000,
	PORT_JUMP = 5000 /* Nobody had these before a reboot               */
};


int icenet_nat(struct icenet *net, enum net_mapping mapping,
	       enum net_filter filter, const char *ip)
{
	struct net_nat *nat = &net->natv[net->nnat];

	ck_assert_uint_lt(net->nnat, NET_NATS);
	nat->ip = icenet_addr(ip);
	nat->mapping = mapping;
	nat->filter = filter;
	nat->next_port = PORT_FIRST;

	return (int)net->nnat++;
}


static void forget_map(struct net_nat *nat, unsigned index)
{
	const uint16_t port = nat->mapv[index].port;
	unsigned i;

	for (i = nat->nseen; i--;) {
		if (nat->seenv[i].port == port)
			nat->seenv[i] = nat->seenv[--nat->nseen];
	}

	nat->mapv[index] = nat->mapv[--nat->nmap];
}


/* Mappings that nothing inside has used for their life */
static void nat_expire(struct net_nat *nat, uint64_t now)
{
	unsigned i;

	for (i = nat->nmap; nat->life_ms && i--;) {
		if (now >= nat->mapv[i].used_ms + nat->life_ms)
			forget_map(nat, i);
	}
}


uint16_t icenet_nat_out(struct net_nat *nat, uint64_t now,
			const struct ua_addr *inside, const struct ua_addr *to)
{
	struct net_map *m;
	uint16_t port = 0;
	unsigned i;

	nat_expire(nat, now);

	for (i = 0; i < nat->nmap && !port; i++) {
		m = &nat->mapv[i];
		if (ua_addr_eq(&m->inside, inside) &&
		    (nat->mapping == NET_EIM || ua_addr_eq(&m->to, to))) {
			port = m->port;
			m->used_ms = now;
		}
	}

	if (!port) {
		if (nat->nmap >= NET_MAPS)
			return 0;

		m = &nat->mapv[nat->nmap++];
		m->inside = *inside;
		m->to = *to;
		m->used_ms = now;
		m->port = nat->next_port++;
		port = m->port;
	}

	for (i = 0; i < nat->nseen; i++) {
		if (nat->seenv[i].port == port &&
		    ua_addr_eq(&nat->seenv[i].to, to))
			return port;
	}

	if (nat->nseen >= NET_MAPS)
		return 0;

	nat->seenv[nat->nseen].inside = *inside;
	nat->seenv[nat->nseen].port = port;
	nat->seenv[nat->nseen++].to = *to;

	return port;
}


static bool nat_filter(const struct net_nat *nat, const struct net_map *m,
		       const struct ua_addr *from)
{
	unsigned i;

	if (nat->filter == NET_EIF)
		return true;

	for (i = 0; i < nat->nseen; i++) {
		const struct net_seen *s = &nat->seenv[i];

		if (nat->by_map ? s->port != m->port
				: !ua_addr_eq(&s->inside, &m->inside))
			continue;

		if (nat->filter == NET_ADF ? ua_addr_ip_eq(&s->to, from)
					   : ua_addr_eq(&s->to, from))
			return true;
	}

	return false;
}


const struct ua_addr *icenet_nat_in(struct net_nat *nat, uint64_t now,
				    uint16_t port, const struct ua_addr *from)
{
	unsigned i;

	nat_expire(nat, now);

	for (i = 0; i < nat->nmap; i++) {
		const struct net_map *m = &nat->mapv[i];

		if (m->port == port)
			return nat_filter(nat, m, from) ? &m->inside : NULL;
	}

	return NULL;
}


void icenet_nat_reboot(struct icenet *net, int index, const char *ip)
{
	struct net_nat *nat = &net->natv[index];

	nat->nmap = 0;
	nat->nseen = 0;
	nat->next_port = (uint16_t)(nat->next_port + PORT_JUMP);
	if (ip)
		nat->ip = icenet_addr(ip);
}
