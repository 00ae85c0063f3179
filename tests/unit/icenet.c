/* SPDX-License-Identifier: BSD-3-Clause */
/** @file icenet.c  A small virtual network with two ICE agents in it */

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/wr.h"
#include "stun/stun.h"
#include "icenet.h"

enum {
	START_MS = 1000,
	STEPS_MAX = 2000000,
	ICMP_MS = 1000,
	CALL = 9 /* Neither a packet nor an agent */
};


/* xorshift64*: small and the same everywhere */
static uint64_t next(struct icenet *net)
{
	net->seed ^= net->seed >> 12;
	net->seed ^= net->seed << 25;
	net->seed ^= net->seed >> 27;

	return net->seed * 0x2545f4914f6cdd1d;
}


static void fill(uint8_t *buf, size_t len, void *arg)
{
	while (len--)
		*buf++ = (uint8_t)(next(arg) >> 32);
}


static void print_line(enum ua_level level, const char *obj, const char *line,
		       void *arg)
{
	const struct icenet *net = arg;

	(void)level;
	(void)fprintf(stderr, "%6u %s: %s\n", (unsigned)net->now, obj, line);
}


struct ua_addr icenet_addr(const char *str)
{
	struct ua_addr addr;

	ck_assert_int_eq(0, ua_addr_decode(&addr, str));
	return addr;
}


struct icenet *icenet_alloc(uint64_t seed)
{
	struct icenet *net = calloc(1, sizeof(*net));
	unsigned a;

	ck_assert_ptr_nonnull(net);
	net->now = START_MS;
	net->seed = seed * 0x9e3779b97f4a7c15 + 1;
	net->rand.fill = fill;
	net->rand.arg = net;
	net->log.h = print_line;
	net->log.arg = net;
	net->log.level = UA_LOG_TRACE;

	for (a = 0; a < 2; a++) {
		struct ua_ice_conf *conf = &net->agentv[a].conf;

		ua_ice_conf_default(conf);
		conf->rand = &net->rand;
		ua_pacer_init(&net->pacerv[a]);
		conf->pacer = &net->pacerv[a];
		conf->log = getenv("ICENET_LOG") ? &net->log : NULL;
		conf->controlling = !a;
	}

	return net;
}


void icenet_free(struct icenet *net)
{
	ua_ice_free(net->agentv[0].ice);
	ua_ice_free(net->agentv[1].ice);
	free(net);
}


int icenet_start(struct icenet *net)
{
	unsigned a;
	int err;

	for (a = 0; a < 2; a++) {
		if (net->agentv[a].ice)
			continue;

		err = ua_ice_alloc(&net->agentv[a].ice, &net->agentv[a].conf);
		if (err)
			return err;
	}

	return 0;
}


static unsigned add_if(struct icenet *net, unsigned agent, uint16_t stream,
		       uint16_t comp, const char *addr, int nat,
		       uint32_t delay_ms, bool relay, uint8_t cost)
{
	struct net_if *ifc = &net->ifv[net->nif];
	int err;

	ck_assert_uint_lt(net->nif, NET_IFS);
	memset(ifc, 0, sizeof(*ifc));
	ifc->addr = icenet_addr(addr);
	ifc->agent = agent;
	ifc->stream = stream;
	ifc->comp = comp;
	ifc->nat = nat;
	ifc->relay = relay;
	ifc->delay_ms = delay_ms;

	err = icenet_start(net);
	if (!err)
		err = ua_ice_base_add(net->agentv[agent].ice, net->now, stream,
				      comp, relay ? UA_ICE_RELAY : UA_ICE_HOST,
				      &ifc->addr, cost, &ifc->base);
	ck_assert_int_eq(0, err);

	return net->nif++;
}


unsigned icenet_host(struct icenet *net, unsigned agent, uint16_t stream,
		     uint16_t comp, const char *addr, int nat,
		     uint32_t delay_ms)
{
	return add_if(net, agent, stream, comp, addr, nat, delay_ms, false, 0);
}


unsigned icenet_host_cost(struct icenet *net, unsigned agent, uint16_t stream,
			  uint16_t comp, const char *addr, int nat,
			  uint32_t delay_ms, uint8_t cost)
{
	return add_if(net, agent, stream, comp, addr, nat, delay_ms, false,
		      cost);
}


unsigned icenet_relay(struct icenet *net, unsigned agent, uint16_t stream,
		      uint16_t comp, const char *addr, uint32_t delay_ms)
{
	return add_if(net, agent, stream, comp, addr, NET_NO_NAT, delay_ms,
		      true, 0);
}


unsigned icenet_relay_cost(struct icenet *net, unsigned agent, uint16_t stream,
			   uint16_t comp, const char *addr, uint32_t delay_ms,
			   uint8_t cost)
{
	return add_if(net, agent, stream, comp, addr, NET_NO_NAT, delay_ms,
		      true, cost);
}


static bool is_permitted(const struct net_if *relay,
			 const struct ua_addr *from)
{
	unsigned i;

	for (i = 0; i < relay->nperm; i++) {
		if (ua_addr_ip_eq(&relay->permv[i], from))
			return true;
	}

	return false;
}


static int find_if(const struct icenet *net, const struct ua_addr *addr,
		   int nat)
{
	unsigned i;

	for (i = 0; i < net->nif; i++) {
		struct ua_addr a = net->ifv[i].addr;

		a.scope = addr->scope;
		if (!net->ifv[i].down && net->ifv[i].nat == nat &&
		    ua_addr_eq(&a, addr))
			return (int)i;
	}

	return -1;
}


struct net_packet *icenet_put(struct icenet *net, uint64_t at, int to,
			      const struct ua_addr *remote)
{
	struct net_packet *p;

	ck_assert_uint_lt(net->nflight, NET_FLIGHT);
	p = &net->flightv[net->nflight++];
	memset(p, 0, sizeof(*p));
	p->at = at;
	p->seq = net->seq++;
	p->to = to;
	p->remote = *remote;

	return p;
}


int icenet_route_in(struct icenet *net, struct ua_addr *src,
		    struct ua_addr *dst)
{
	const struct ua_addr *inside;
	unsigned i;
	int to;

	to = icenet_latch_find(net, dst);
	if (to != NET_NOWHERE)
		return to;

	for (i = 0; i < net->nnat; i++) {
		if (!ua_addr_ip_eq(&net->natv[i].ip, dst))
			continue;

		if (net->natv[i].blocked)
			return -1;

		inside =
			icenet_nat_in(&net->natv[i], net->now, dst->port, src);
		return inside ? find_if(net, inside, (int)i) : -1;
	}

	to = find_if(net, dst, NET_NO_NAT);
	if (to >= 0 && net->ifv[to].relay && !is_permitted(&net->ifv[to], src))
		return -1;

	return to;
}


/* Where a datagram with that source and target comes out; -1: nowhere */
static int route(struct icenet *net, const struct net_if *from,
		 struct ua_addr *src, struct ua_addr dst)
{
	struct net_nat *nat;
	int to;

	/* Behind the same NAT, or both outside */
	to = find_if(net, &dst, from->nat);
	if (to >= 0 && !net->ifv[to].relay)
		return to;

	if (from->nat >= 0) {
		nat = &net->natv[from->nat];
		if (nat->blocked || ua_addr_is_private(&dst))
			return -1;

		src->port = icenet_nat_out(nat, net->now, &from->addr, &dst);
		memcpy(src->ip, nat->ip.ip, sizeof(src->ip));
		if (!src->port)
			return -1;

		if (ua_addr_ip_eq(&nat->ip, &dst) && !nat->hairpin)
			return -1;
	}

	return icenet_route_in(net, src, &dst);
}


int icenet_if_of(const struct icenet *net, unsigned agent, uint16_t base)
{
	unsigned i;

	/* Numbers of bases that went are given to others. */
	for (i = net->nif; i--;) {
		if (net->ifv[i].agent == agent && net->ifv[i].base == base)
			return (int)i;
	}

	return -1;
}


static void note(struct icenet *net, unsigned agent, const struct ua_dgram *dg)
{
	struct net_sent *s;
	struct ua_stun msg;

	ck_assert_int_eq(0, ua_stun_decode(&msg, dg->buf, dg->len));
	if (net->nsent >= NET_LOG)
		return;

	s = &net->sentv[net->nsent++];
	s->at = net->now;
	s->agent = agent;
	s->base = dg->path.base;
	s->to = dg->path.remote;
	s->cls = msg.cls;
	s->nominate = ua_stun_attr(&msg, UA_STUN_USE_CANDIDATE, NULL) != NULL;
	s->controlling =
		ua_stun_attr(&msg, UA_STUN_ICE_CONTROLLING, NULL) != NULL;
	if (ua_stun_u32(&msg, UA_STUN_NOMINATION, &s->nomination))
		s->nomination = 0;
	memcpy(s->tid, msg.tid, sizeof(s->tid));
}


struct net_packet *icenet_carry(struct icenet *net, unsigned i,
				const struct ua_addr *to_addr)
{
	const struct net_if *ifc = &net->ifv[i];
	struct ua_addr src = ifc->addr;
	struct ua_addr dst = *to_addr;
	int to;

	if (ifc->down || (net->loss_pct && next(net) % 100 < net->loss_pct))
		return NULL;

	/* Through a relay nothing goes without a permission. */
	if (ifc->relay && !is_permitted(ifc, &dst))
		return NULL;

	dst.scope = 0;
	to = route(net, ifc, &src, dst);
	if (to <= NET_LATCH)
		return icenet_put(net, net->now + ifc->delay_ms, to, &src);

	if (to == NET_NOWHERE || net->cut[i][to])
		return NULL;

	src.scope = net->ifv[to].addr.scope;

	return icenet_put(
		net,
		net->now + ifc->delay_ms + net->ifv[to].delay_ms +
			(ifc->relay || net->ifv[to].relay ? 0 : net->far_ms),
		to, &src);
}


static void transmit(struct icenet *net, unsigned agent, struct ua_dgram *dg)
{
	const int i = icenet_if_of(net, agent, dg->path.base);
	struct net_packet *p;

	ck_assert_int_ge(i, 0);
	note(net, agent, dg);

	if (net->agentv[agent].send_err) {
		ua_ice_send_error(net->agentv[agent].ice, net->now, dg,
				  net->agentv[agent].send_err);
		return;
	}

	if (net->pass && !net->pass(net, agent, dg, net->pass_arg))
		return;

	p = icenet_carry(net, (unsigned)i, &dg->path.remote);
	if (!p)
		return;

	ck_assert_uint_le(dg->len, sizeof(p->buf));
	p->len = dg->len;
	memcpy(p->buf, dg->buf, dg->len);
}


static void permit(struct icenet *net, unsigned agent,
		   const struct ua_ice_event *ev)
{
	const int i = icenet_if_of(net, agent, ev->base);
	struct net_packet *p;

	ck_assert_int_ge(i, 0);
	p = icenet_put(net, net->now + 2 * (uint64_t)net->ifv[i].delay_ms, i,
		       &ev->addr);
	p->kind = NET_VERDICT;
	p->err = net->ifv[i].deny ? EACCES : 0;
}


void icenet_pump(struct icenet *net, unsigned agent)
{
	struct net_agent *a = &net->agentv[agent];
	struct ua_ice_event ev;
	struct ua_dgram dg;

	while (ua_ice_output(a->ice, net->now, &dg))
		transmit(net, agent, &dg);

	while (ua_ice_event(a->ice, &ev)) {
		if (ev.type == UA_ICE_EVENT_PERMIT)
			permit(net, agent, &ev);

		/* since_ms carries the time: tests want it absolute. */
		ev.since_ms = net->now;
		if (a->nev < NET_EVENTS)
			a->evv[a->nev++] = ev;
	}
}


/* As the flow does: what speaks of media's path is a doubt, once a second */
static void icmp_arrive(struct icenet *net, const struct net_packet *p)
{
	const struct net_if *ifc = &net->ifv[p->to];
	struct net_agent *a = &net->agentv[ifc->agent];
	struct ua_path path;

	if (ua_ice_media(a->ice, ifc->stream, ifc->comp, &path) ||
	    path.base != ifc->base || !ua_addr_eq(&path.remote, &p->remote) ||
	    net->now < a->icmp_ms + ICMP_MS)
		return;

	a->icmp_ms = net->now;
	ua_ice_silent(a->ice, net->now, ifc->stream);
	icenet_pump(net, ifc->agent);
}


static void arrive(struct icenet *net, const struct net_packet *p)
{
	struct net_if *ifc;
	struct ua_ice *ice;

	if (p->to <= NET_LATCH) {
		icenet_latch_arrive(net, p);
		return;
	}

	ifc = &net->ifv[p->to];
	ice = net->agentv[ifc->agent].ice;
	if (ifc->down)
		return;

	if (p->kind == NET_ICMP) {
		icmp_arrive(net, p);
		return;
	}

	if (p->kind == NET_MEDIA) {
		icenet_media_arrive(net, p);
		return;
	}

	if (p->kind == NET_VERDICT) {
		if (!p->err && ifc->nperm < NET_SEEN)
			ifc->permv[ifc->nperm++] = p->remote;

		ua_ice_verdict(ice, net->now, ifc->base, &p->remote, p->err);
		icenet_pump(net, ifc->agent);
		return;
	}

	(void)icenet_inject(net, (unsigned)p->to, &p->remote, p->buf, p->len);
}


int icenet_inject(struct icenet *net, unsigned i, const struct ua_addr *from,
		  const uint8_t *buf, size_t len)
{
	const struct net_if *ifc = &net->ifv[i];
	const struct ua_path path = { .base = ifc->base,
				      .local = ifc->addr,
				      .remote = *from };
	int err;

	err = ua_ice_input(net->agentv[ifc->agent].ice, net->now, &path, buf,
			   len);
	icenet_pump(net, ifc->agent);

	return err;
}


static int first_flight(const struct icenet *net)
{
	int best = -1;
	unsigned i;

	for (i = 0; i < net->nflight; i++) {
		const struct net_packet *p = &net->flightv[i];

		if (best < 0 || p->at < net->flightv[best].at ||
		    (p->at == net->flightv[best].at &&
		     p->seq < net->flightv[best].seq))
			best = (int)i;
	}

	return best;
}


/* One thing at the earliest time up to end; false: nothing up to then */
static bool step(struct icenet *net, uint64_t end)
{
	const int f = first_flight(net);
	const uint64_t flight_at = f < 0 ? UA_NEVER : net->flightv[f].at;
	struct net_packet p;
	uint64_t at = flight_at;
	int who = -1;
	unsigned a;

	for (a = 0; a < 2; a++) {
		uint64_t t = net->agentv[a].ice
				     ? ua_ice_deadline(net->agentv[a].ice)
				     : UA_NEVER;

		if (t < net->now)
			t = net->now;
		if (t < at) {
			at = t;
			who = (int)a;
		}
	}

	if (icenet_call_deadline(net) < at) {
		at = icenet_call_deadline(net);
		who = CALL;
	}

	if (at == UA_NEVER || at > end)
		return false;

	net->now = at;
	if (who == CALL) {
		icenet_call_tick(net);
		return true;
	}

	if (who >= 0) {
		ua_ice_tick(net->agentv[who].ice, net->now);
		icenet_pump(net, (unsigned)who);
		return true;
	}

	p = net->flightv[f];
	net->flightv[f] = net->flightv[--net->nflight];
	arrive(net, &p);
	return true;
}


void icenet_run(struct icenet *net, uint64_t ms)
{
	const uint64_t end = net->now + ms;
	unsigned n = 0;

	while (step(net, end))
		ck_assert_msg(++n < STEPS_MAX, "time stands still");

	net->now = end;
}


void icenet_cut(struct icenet *net, unsigned i, unsigned k, bool cut)
{
	net->cut[i][k] = cut;
	net->cut[k][i] = cut;
}


void icenet_down(struct icenet *net, unsigned i)
{
	struct net_if *ifc = &net->ifv[i];

	ifc->down = true;
	ck_assert_int_eq(0, ua_ice_base_down(net->agentv[ifc->agent].ice,
					     net->now, ifc->base, ENETDOWN));
	icenet_pump(net, ifc->agent);
}


void icenet_srflx(struct icenet *net, unsigned i)
{
	const struct ua_addr server = icenet_addr("198.51.100.1:3478");
	const struct net_if *ifc = &net->ifv[i];
	struct ua_addr mapped = ifc->addr;
	int err;

	if (ifc->nat >= 0) {
		struct net_nat *nat = &net->natv[ifc->nat];

		if (nat->blocked)
			return;

		mapped = nat->ip;
		mapped.port =
			icenet_nat_out(nat, net->now, &ifc->addr, &server);
	}

	err = ua_ice_local_srflx(net->agentv[ifc->agent].ice, net->now,
				 ifc->base, &mapped, &server);
	ck_assert(!err || err == EALREADY);
}


void icenet_meet(struct icenet *net)
{
	unsigned a;

	for (a = 0; a < 2; a++)
		(void)ua_ice_gathered(net->agentv[a].ice, net->now);

	for (a = 0; a < 2; a++)
		ck_assert_int_eq(0, icenet_tell(net, a));

	for (a = 0; a < 2; a++)
		icenet_pump(net, a);
}


const struct ua_ice_event *icenet_event(const struct icenet *net,
					unsigned agent,
					enum ua_ice_event_type type)
{
	const struct net_agent *a = &net->agentv[agent];
	unsigned i;

	for (i = 0; i < a->nev; i++) {
		if (a->evv[i].type == type)
			return &a->evv[i];
	}

	return NULL;
}


unsigned icenet_count(const struct icenet *net, unsigned agent,
		      enum ua_ice_event_type type)
{
	const struct net_agent *a = &net->agentv[agent];
	unsigned n = 0;
	unsigned i;

	for (i = 0; i < a->nev; i++)
		n += a->evv[i].type == type;

	return n;
}


int icenet_nominated(const struct icenet *net, unsigned agent)
{
	const struct ua_ice_event *ev =
		icenet_event(net, agent, UA_ICE_EVENT_NOMINATED);

	return ev ? ev->relays : -1;
}


bool icenet_same_pair(const struct icenet *net, uint16_t stream, uint16_t comp)
{
	struct ua_ice_cand l[2], r[2];
	uint32_t rtt_ms;
	unsigned a;

	for (a = 0; a < 2; a++) {
		if (ua_ice_selected(net->agentv[a].ice, stream, comp, &l[a],
				    &r[a], &rtt_ms))
			return false;
	}

	return ua_addr_eq(&l[0].addr, &r[1].addr) &&
	       ua_addr_eq(&r[0].addr, &l[1].addr);
}


int icenet_pair(const struct icenet *net, unsigned agent, uint16_t base_port,
		const char *remote, struct ua_ice_pair *pair)
{
	const struct ua_addr addr = icenet_addr(remote);
	size_t i;

	for (i = 0; !ua_ice_pair(net->agentv[agent].ice, i, pair); i++) {
		if (ua_addr_eq(&pair->remote.addr, &addr) &&
		    (!base_port || pair->local.addr.port == base_port ||
		     pair->local.raddr.port == base_port))
			return (int)i;
	}

	return -1;
}


unsigned icenet_story(const struct icenet *net, unsigned agent,
		      const char *remote, const char *what)
{
	const struct ua_addr addr = icenet_addr(remote ? remote : "0.0.0.0:0");
	struct ua_ice_story e;
	unsigned n = 0;
	size_t i;

	for (i = 0; !ua_ice_story(net->agentv[agent].ice, i, &e); i++)
		n += !strcmp(e.what, what) &&
		     (!remote || ua_addr_eq(&e.remote, &addr));

	return n;
}


const struct net_sent *icenet_last_of(const struct icenet *net, const char *to,
				      uint8_t cls)
{
	const struct ua_addr addr = icenet_addr(to);
	unsigned i;

	for (i = net->nsent; i--;) {
		const struct net_sent *s = &net->sentv[i];

		if (!s->agent && s->cls == cls && ua_addr_eq(&s->to, &addr))
			return s;
	}

	return NULL;
}


const struct net_sent *icenet_last(const struct icenet *net, const char *to)
{
	return icenet_last_of(net, to, UA_STUN_REQUEST);
}


unsigned icenet_requests(const struct icenet *net, unsigned agent,
			 const char *to)
{
	const struct ua_addr addr = icenet_addr(to ? to : "0.0.0.0:0");
	unsigned n = 0;
	unsigned i;

	for (i = 0; i < net->nsent; i++) {
		const struct net_sent *s = &net->sentv[i];

		n += s->agent == agent && s->cls == UA_STUN_REQUEST &&
		     (!to || ua_addr_eq(&s->to, &addr));
	}

	return n;
}
