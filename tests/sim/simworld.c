/* SPDX-License-Identifier: BSD-3-Clause */
/** @file simworld.c  The boxes of a plan
 *
 *	core: stun, turn, relays of proxies, open phones
 *	  +-- carrier NAT (100.64.0.0/10) -- home NAT (192.168.n.0/24) -- phone
 *	  +-- home NAT -- phone
 */

#include <stdio.h>
#include <string.h>

#include "simscene.h"

enum {
	SERVER_US = 5000,
	LAN_US = 500,

	/* Last byte of a server's address */
	STUN = 10,
	TURN = 20
};

static const char *const names[] = { "alice", "bob" };

/* Networks by number: first ones, those moved to, second ones */
static const char *const nats[] = { "nat-a",  "nat-b",  "nat-a2",
				    "nat-b2", "nat-a3", "nat-b3" };
static const char *const cgns[] = { "cgn-a",  "cgn-b",  "cgn-a2",
				    "cgn-b2", "cgn-a3", "cgn-b3" };
static const char *const cards[] = { "eth0", "eth1", "eth2" };


static struct ua_addr addr_fmt(const char *fmt, unsigned a, unsigned b)
{
	struct ua_addr addr;
	char str[UA_ADDR_LEN];

	(void)snprintf(str, sizeof(str), fmt, a, b);
	if (ua_addr_set(&addr, str, 0))
		memset(&addr, 0, sizeof(addr));

	return addr;
}


bool ua_simworld_is_relay(const struct ua_addr *addr)
{
	const struct ua_addr turn = addr_fmt("192.0.2.%u", TURN, 0);
	const struct ua_addr turn6 = addr_fmt("2001:db8:ffff::%x", TURN, 0);

	return ua_addr_ip_eq(addr, &turn) || ua_addr_ip_eq(addr, &turn6) ||
	       ua_simboxes_has(addr);
}


int ua_simworld_server(struct ua_simscene *scene, const char *name, unsigned n,
		       uint32_t delay_us, struct ua_simhost **hostp)
{
	struct ua_addr addr = addr_fmt("192.0.2.%u", n, 0);
	struct ua_addr addr6 = addr_fmt("2001:db8:ffff::%x", n, 0);
	struct ua_simlink link;
	struct ua_simif *ifc;
	int err;

	ua_simlink_default(&link, delay_us);
	err = ua_simhost_alloc(hostp, scene->net, name);
	if (!err)
		err = ua_simif_alloc(&ifc, *hostp, "eth0",
				     ua_simnet_core(scene->net), &link);
	if (!err)
		err = ua_simif_addr(ifc, &addr);
	if (!err)
		err = ua_simif_addr(ifc, &addr6);

	return err;
}


bool ua_simworld_is_server(const struct ua_addr *addr)
{
	const struct ua_addr net = addr_fmt("192.0.2.%u", 0, 0);
	const struct ua_addr net6 = addr_fmt("2001:db8:ffff::%x", 0, 0);
	const size_t len = addr->af == UA_AF_IP4 ? 3 : 6;

	return !memcmp(addr->ip, addr->af == UA_AF_IP4 ? net.ip : net6.ip,
		       len);
}


static int servers_make(struct ua_simscene *scene)
{
	const struct ua_addr stun = addr_fmt("192.0.2.%u", STUN, 0);
	const struct ua_addr turn = addr_fmt("192.0.2.%u", TURN, 0);
	const struct ua_addr turn6 = addr_fmt("2001:db8:ffff::%x", TURN, 0);
	struct ua_simhost *host;
	int err;

	err = ua_simworld_server(scene, "stun", STUN, SERVER_US, &host);
	if (!err)
		err = ua_simstun_alloc(&scene->stun, host, &stun);
	if (!err)
		err = ua_simworld_server(scene, "turn", TURN, SERVER_US,
					 &host);
	if (!err)
		err = ua_simturn_alloc(&scene->turn, host, &turn, &turn,
				       scene->plan->ip6_relay ? &turn6 : NULL,
				       &scene->plan->turn);
	if (!err)
		err = ua_simturn_listen(scene->turn, &turn6);
	if (!err)
		err = ua_simboxes_make(scene);

	return err;
}


static int box_make(struct ua_simnat **natp, struct ua_simscene *scene,
		    const char *name, struct ua_simlan *outer,
		    const struct ua_simnat_conf *conf,
		    const struct ua_simlink *up, const struct ua_simlink *down)
{
	const int err =
		ua_simnat_alloc(natp, scene->net, name, outer, conf, up);

	if (!err)
		ua_simif_link(ua_simnat_if(*natp), up, down);

	return err;
}


/* A carrier's NAT, if there is one; the homes behind it are near it */
static int carrier_make(struct ua_simactor *actor,
			const struct ua_simseat *seat, unsigned n,
			struct ua_simlan **lanp)
{
	const struct ua_addr addr = addr_fmt("198.51.100.%u", 200 + n, 0);
	struct ua_simnat *cgn;
	int err;

	err = box_make(&cgn, actor->scene, cgns[n], *lanp, &seat->cgn,
		       &seat->up, &seat->down);
	if (!err)
		err = ua_simnat_addr(cgn, &addr);
	if (!err)
		*lanp = ua_simnat_lan(cgn);

	return err;
}


static int home_make(struct ua_simactor *actor, const struct ua_simseat *seat,
		     unsigned n, struct ua_simlan **lanp)
{
	struct ua_simlink near;
	struct ua_addr addr;
	unsigned k;
	int err;

	ua_simlink_default(&near, LAN_US);
	err = box_make(&actor->nat, actor->scene, nats[n], *lanp, &seat->nat,
		       seat->has_cgn ? &near : &seat->up,
		       seat->has_cgn ? &near : &seat->down);

	for (k = 0; k < seat->npool && !err; k++) {
		addr = seat->has_cgn ? addr_fmt("100.64.%u.%u", n, 10 + k)
				     : addr_fmt("198.51.100.%u",
						10 * (n + 1) + k, 0);
		err = ua_simnat_addr(actor->nat, &addr);
	}

	*lanp = ua_simnat_lan(actor->nat);
	return err;
}


/* The LAN of a seat; what it shares with the first one is there already */
static int lan_make(struct ua_simactor *actor, const struct ua_simseat *seat,
		    unsigned n)
{
	struct ua_simscene *scene = actor->scene;
	const enum ua_simtogether together = scene->plan->together;
	struct ua_simactor *first = &scene->actorv[0];
	int err = 0;

	actor->lan = ua_simnet_core(scene->net);
	if (seat->place == UA_SIM_O)
		return 0;

	if (n == 1 && together == UA_SIM_ONE_LAN) {
		actor->lan = first->lan;
		actor->nat = first->nat;
		return 0;
	}

	if (n == 1 && together == UA_SIM_ONE_CGN)
		actor->lan = ua_simnat_outer(first->nat);
	else if (seat->has_cgn)
		err = carrier_make(actor, seat, n, &actor->lan);
	if (!err)
		err = home_make(actor, seat, n, &actor->lan);

	return err;
}


/* An interface with the addresses of a seat; n numbers the networks */
static int plug(struct ua_simactor *actor, const struct ua_simseat *seat,
		unsigned n)
{
	const bool is_public = seat->place == UA_SIM_O || seat->nat.firewall;
	const struct ua_addr addr6 = addr_fmt("2001:db8:%x::2", n + 1, 0);
	struct ua_simlink link;
	int err;

	ua_simlink_default(&link, LAN_US);
	err = ua_simif_alloc(&actor->ifc, actor->host, cards[n / UA_SIM_WHO],
			     actor->lan, &link);
	if (err)
		return err;

	if (seat->place == UA_SIM_O)
		ua_simif_link(actor->ifc, &seat->up, &seat->down);

	actor->addr = is_public ? addr_fmt("203.0.113.%u", 10 + n, 0)
				: addr_fmt("192.168.%u.%u", n, 2);
	if (seat->ip4)
		err = ua_simif_addr(actor->ifc, &actor->addr);
	if (!err && seat->ip6)
		err = ua_simif_addr(actor->ifc, &addr6);

	return err;
}


static int actor_make(struct ua_simscene *scene, unsigned n)
{
	struct ua_simactor *actor = &scene->actorv[n];
	const struct ua_simseat *seat = &scene->seatv[n];
	int err;

	actor->scene = scene;
	actor->name = names[n];
	actor->nominated_us = UA_NEVER;
	actor->path_us = UA_NEVER;
	actor->relayed_us = UA_NEVER;

	err = lan_make(actor, seat, n);
	if (!err)
		err = ua_simhost_alloc(&actor->host, scene->net, actor->name);
	if (!err)
		err = plug(actor, seat, n);

	return err;
}


int ua_simworld_make(struct ua_simscene *scene)
{
	unsigned n;
	int err = servers_make(scene);

	for (n = 0; n < UA_SIM_WHO && !err; n++) {
		err = actor_make(scene, n);
		if (!err && scene->plan->secondv[n])
			err = ua_simworld_second(&scene->actorv[n]);
	}

	return err;
}


int ua_simworld_second(struct ua_simactor *actor)
{
	const struct ua_simscene *scene = actor->scene;
	const unsigned who = (unsigned)(actor - scene->actorv);
	const struct ua_simseat *seat = &scene->plan->extrav[who];
	struct ua_simif *const ifc = actor->ifc;
	struct ua_simnat *const nat = actor->nat;
	struct ua_simlan *const lan = actor->lan;
	const struct ua_addr addr = actor->addr;
	int err;

	err = lan_make(actor, seat, 2 * UA_SIM_WHO + who);
	if (!err)
		err = plug(actor, seat, 2 * UA_SIM_WHO + who);

	/* What happens to an actor happens to its first one. */
	actor->ifc = ifc;
	actor->nat = nat;
	actor->lan = lan;
	actor->addr = addr;

	return err;
}


int ua_simworld_move(struct ua_simactor *actor)
{
	struct ua_simscene *scene = actor->scene;
	const size_t n = (size_t)(actor - scene->actorv);
	struct ua_simseat *seat = &scene->seatv[n];
	const struct ua_simseat was = *seat;
	struct ua_simif *old = actor->ifc;
	int err;

	if (actor->moves++)
		return 0;

	/* Its account has the same servers there, of the same families. */
	*seat = scene->plan->move;
	seat->turn = was.turn;
	seat->stun = was.stun;
	seat->ip4 = was.ip4;
	seat->ip6 = was.ip6;

	err = lan_make(actor, seat, UA_SIM_WHO + (unsigned)n);
	if (!err)
		err = plug(actor, seat, UA_SIM_WHO + (unsigned)n);
	if (err)
		return err;

	while (old->naddr)
		ua_simif_addr_del(old, &old->addrv[0]);

	return 0;
}


int ua_simworld_readdress(struct ua_simactor *actor)
{
	struct ua_addr addr = actor->addr;
	int err;

	if (!actor->ifc->naddr || actor->ifc->addrv[0].af != UA_AF_IP4)
		return 0;

	addr.ip[3] = (uint8_t)(addr.ip[3] + 40);
	err = ua_simif_addr(actor->ifc, &addr);
	if (err)
		return err;

	ua_simif_addr_del(actor->ifc, &actor->addr);
	actor->addr = addr;

	return 0;
}
