/* SPDX-License-Identifier: BSD-3-Clause */
/** @file icenet_latch.c  Relays that learn each side from its first packet
 *
 *	agent 0 --> leg 0 == relay == leg 1 <-- agent 1
 *
 * As MediaProxy does on the wire: the first packet of any kind latches a leg,
 * other sources are dropped in silence, STUN for a leg that is not latched
 * waits and goes out with the next packet of the other side, all else for it
 * is lost.
 */

#include <check.h>
#include <stdio.h>
#include <string.h>

#include "icenet.h"


unsigned icenet_latch(struct icenet *net, const char *addr0, const char *addr1)
{
	struct net_latch *latch = &net->latchv[net->nlatch];

	ck_assert_uint_lt(net->nlatch, NET_LATCHES);
	memset(latch, 0, sizeof(*latch));
	latch->legv[0].addr = icenet_addr(addr0);
	latch->legv[1].addr = icenet_addr(addr1);

	return net->nlatch++;
}


int icenet_latch_find(const struct icenet *net, const struct ua_addr *addr)
{
	unsigned i;

	for (i = 0; i < 2 * net->nlatch; i++) {
		if (ua_addr_eq(&net->latchv[i / 2].legv[i % 2].addr, addr))
			return NET_LATCH - (int)i;
	}

	return NET_NOWHERE;
}


/* A packet leaves by a leg */
static void leave(struct icenet *net, const struct net_latch *latch,
		  const struct net_leg *leg, const struct ua_addr *to_addr,
		  const struct net_packet *p)
{
	struct ua_addr src = leg->addr;
	struct ua_addr dst = *to_addr;
	const int to = icenet_route_in(net, &src, &dst);
	struct net_packet *q;
	uint64_t at = net->now + latch->delay_ms;

	if (to == NET_NOWHERE)
		return;

	if (to > NET_LATCH)
		at += net->ifv[to].delay_ms;

	q = icenet_put(net, at, to, &src);
	q->kind = p->kind;
	q->len = p->len;
	memcpy(q->buf, p->buf, p->len);
}


/* What waited goes first; media that finds it is lost, the last goes twice */
static void flush(struct icenet *net, const struct net_latch *latch,
		  struct net_leg *leg, const struct net_packet *p)
{
	unsigned i;

	for (i = 0; i < leg->nqueue; i++)
		leave(net, latch, leg, &leg->src, &leg->queuev[i]);

	leave(net, latch, leg, &leg->src,
	      leg->nqueue && p->kind == NET_MEDIA
		      ? &leg->queuev[leg->nqueue - 1]
		      : p);
	leg->nqueue = 0;
}


static void pass(struct icenet *net, const struct net_latch *latch,
		 struct net_leg *leg, const struct net_packet *p)
{
	if (leg->src.af) {
		flush(net, latch, leg, p);
	}
	else if (leg->told.af) {
		leave(net, latch, leg, &leg->told, p);
	}
	else if (p->kind == NET_STUN) {
		ck_assert_uint_lt(leg->nqueue, NET_QUEUE);
		leg->queuev[leg->nqueue++] = *p;
	}
}


/* Port unreachable */
static void refuse(struct icenet *net, struct net_latch *latch,
		   const struct net_leg *leg, const struct net_packet *p)
{
	const struct net_packet icmp = { .kind = NET_ICMP };

	++latch->nicmp;
	leave(net, latch, leg, &p->remote, &icmp);
}


static bool is_closed(const struct icenet *net, const struct net_latch *latch)
{
	return latch->closed ||
	       (latch->closes_ms && net->now >= latch->closes_ms &&
		!(latch->legv[0].media && latch->legv[1].media));
}


void icenet_latch_arrive(struct icenet *net, const struct net_packet *p)
{
	const unsigned i = (unsigned)(NET_LATCH - p->to);
	struct net_latch *latch = &net->latchv[i / 2];
	struct net_leg *leg = &latch->legv[i % 2];

	++latch->npacket;
	if (is_closed(net, latch)) {
		latch->closed = true;
		refuse(net, latch, leg, p);
		return;
	}

	if (!leg->src.af)
		leg->src = p->remote;

	if (!ua_addr_eq(&leg->src, &p->remote)) {
		++latch->nstranger;
		return;
	}

	leg->media |= p->kind == NET_MEDIA;
	if (p->kind == NET_STUN && latch->deaf)
		return;

	pass(net, latch, &latch->legv[!(i % 2)], p);
}


static void cand_of(const struct icenet *net, unsigned to, unsigned latch,
		    uint32_t prio, struct ua_ice_cand *cand)
{
	memset(cand, 0, sizeof(*cand));
	cand->comp = 1;
	cand->type = UA_ICE_RELAY;
	cand->prio = prio;
	cand->addr = net->latchv[latch].legv[to].addr;
	cand->latched = true;
	cand->via = net->agentv[to].via;
	(void)snprintf(cand->foundation, sizeof(cand->foundation),
		       "R%02x%02x%02x%02x", cand->addr.ip[3], cand->addr.ip[2],
		       cand->addr.ip[1], cand->addr.ip[0]);
}


int icenet_latched(struct icenet *net, unsigned to, unsigned latch,
		   uint32_t prio)
{
	struct ua_ice *ice = net->agentv[to].ice;
	struct ua_ice_cand cand;
	int err;

	cand_of(net, to, latch, prio, &cand);
	cand.gen = ua_ice_gen(ice);
	err = ua_ice_remote_cand(ice, net->now, &cand);
	(void)ua_ice_remote_end(ice, net->now);
	icenet_pump(net, to);

	return err;
}


void icenet_proxied(struct icenet *net, unsigned to, uint16_t gen,
		    uint32_t prio)
{
	struct net_desc desc, own;
	unsigned i;

	icenet_describe(net, !to, &own);
	desc = own;
	desc.ncand = 0;

	for (i = 0; i < net->nlatch; i++) {
		if (!net->latchv[i].closed)
			cand_of(net, to, i, prio, &desc.candv[desc.ncand++]);
	}

	ck_assert_uint_le(desc.ncand + own.ncand, UA_ICE_LOCALS);
	memcpy(&desc.candv[desc.ncand], own.candv,
	       own.ncand * sizeof(*own.candv));
	desc.ncand += own.ncand;
	ck_assert_int_eq(0, icenet_take(net, to, &desc, gen));
	icenet_pump(net, to);
}


void icenet_meet_proxied(struct icenet *net, uint32_t prio)
{
	unsigned a;

	for (a = 0; a < 2; a++)
		(void)ua_ice_gathered(net->agentv[a].ice, net->now);

	for (a = 0; a < 2; a++)
		icenet_proxied(net, a, ua_ice_gen(net->agentv[a].ice), prio);
}


unsigned icenet_latch_sends(const struct icenet *net, unsigned agent,
			    unsigned latch, uint64_t since)
{
	const struct ua_addr *addr = &net->latchv[latch].legv[agent].addr;
	unsigned n = 0;
	unsigned i;

	for (i = 0; i < net->nsent; i++)
		n += net->sentv[i].agent == agent &&
		     net->sentv[i].at >= since &&
		     ua_addr_eq(addr, &net->sentv[i].to);

	return n;
}
