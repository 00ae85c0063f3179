/* SPDX-License-Identifier: BSD-3-Clause */
/** @file gather.c  Relays and mapped addresses of a flow's sockets */

#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "call/flowcore.h"


static uint64_t earlier(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}


/* What a host's socket and relays are to ICE. */
static void tell_mapped(struct ua_leg *host, uint64_t now_ms)
{
	struct ua_flow *flow = host->flow;
	int err;

	if (!flow->ice || !host->mapped.af || host->base == UA_LEG_NOBASE)
		return;

	err = ua_ice_local_srflx(flow->ice, now_ms, host->base, &host->mapped,
				 &host->mapper);
	if (err && err != EALREADY)
		ua_log(flow->env->log, UA_LOG_WARN, "flow",
		       "mapped address is left out: %m", err);
}


static void tell_relay(struct ua_leg *leg, uint64_t now_ms)
{
	struct ua_flow *flow = leg->flow;
	int err;

	leg->base = UA_LEG_NOBASE;
	if (!flow->ice)
		return;

	err = ua_ice_base_add(flow->ice, now_ms, 0, (uint16_t)leg->comp,
			      UA_ICE_RELAY, &leg->addr, 0, &leg->base);
	if (err)
		ua_log(flow->env->log, UA_LOG_WARN, "flow",
		       "relay is left out: %m", err);
}


static void relay_ready(struct ua_flow_relay *relay, uint64_t now_ms,
			const struct ua_turn_event *ev)
{
	struct ua_leg *host = relay->host;

	relay->leg.flow = relay->flow;
	relay->leg.relay = relay;
	relay->leg.comp = host->comp;
	relay->leg.addr = ev->relayed;

	/* The same answer tells how the socket looks from outside. */
	if (!host->mapped.af) {
		host->mapped = ev->mapped;
		host->mapper = relay->server;
	}

	tell_mapped(host, now_ms);
	tell_relay(&relay->leg, now_ms);
}


void ua_gather_again(struct ua_flow *flow, uint64_t now_ms)
{
	size_t i;

	for (i = 0; i < flow->nhost; i++)
		tell_mapped(&flow->hosts[i], now_ms);

	for (i = 0; i < flow->nrelay; i++) {
		if (flow->relays[i].leg.comp)
			tell_relay(&flow->relays[i].leg, now_ms);
	}

	if (flow->complete)
		(void)ua_ice_gathered(flow->ice, now_ms);
}


static void relay_lost(struct ua_flow_relay *relay, uint64_t now_ms, int err)
{
	struct ua_flow *flow = relay->flow;

	if (flow->ice && relay->leg.comp && relay->leg.base != UA_LEG_NOBASE &&
	    ua_ice_base_down(flow->ice, now_ms, relay->leg.base, err))
		ua_log(flow->env->log, UA_LOG_DEBUG, "flow",
		       "ICE does not know the relay that was lost");

	relay->leg.comp = 0;
}


static void relay_event(struct ua_flow_relay *relay, uint64_t now_ms,
			const struct ua_turn_event *ev)
{
	struct ua_flow *flow = relay->flow;
	char addr[UA_ADDR_LEN];
	const bool in_ice = flow->ice && relay->leg.comp &&
			    relay->leg.base != UA_LEG_NOBASE;

	switch (ev->type) {

	case UA_TURN_READY:
		relay->settled = true;
		if (!flow->closing)
			relay_ready(relay, now_ms, ev);
		break;

	case UA_TURN_PERMITTED:
		if (in_ice)
			ua_ice_verdict(flow->ice, now_ms, relay->leg.base,
				       &ev->peer, 0);
		break;

	case UA_TURN_DENIED:
		if (in_ice)
			ua_ice_verdict(flow->ice, now_ms, relay->leg.base,
				       &ev->peer, ev->err ? ev->err : EACCES);
		break;

	case UA_TURN_LOST:
		relay_lost(relay, now_ms, ECONNRESET);
		break;

	case UA_TURN_DEAD:
		ua_log(flow->env->log, UA_LOG_WARN, "turn",
		       "%s: no relay: %u %s (%m)",
		       ua_addr_str(&relay->server, addr), ev->code, ev->reason,
		       ev->err);
		relay->settled = true;
		relay_lost(relay, now_ms, ev->err);
		relay->turn = mem_deref(relay->turn);
		break;

	case UA_TURN_CLOSED:
		relay->leg.comp = 0;
		relay->turn = mem_deref(relay->turn);
		break;

	default:
		break;
	}
}


static uint64_t relay_pump(struct ua_flow_relay *relay, uint64_t now_ms)
{
	struct ua_turn_event ev;
	struct ua_dgram dg;
	int err;

	if (!relay->turn)
		return UA_NEVER;

	if (ua_turn_deadline(relay->turn) <= now_ms)
		ua_turn_tick(relay->turn, now_ms);

	while (ua_turn_output(relay->turn, now_ms, &dg)) {
		err = ua_sock_send(relay->host->sock, &dg.path.remote, dg.buf,
				   dg.len);
		if (err)
			ua_turn_error(relay->turn, now_ms, err);
	}

	/* An event may end the client. */
	while (relay->turn && ua_turn_event(relay->turn, &ev))
		relay_event(relay, now_ms, &ev);

	return relay->turn ? ua_turn_deadline(relay->turn) : UA_NEVER;
}


static void bound_event(struct ua_bound *bound, uint64_t now_ms,
			const struct ua_bind_event *ev)
{
	struct ua_flow *flow = bound->flow;
	struct ua_leg *host = bound->host;
	char addr[UA_ADDR_LEN];
	bool moved;

	bound->settled = true;

	if (ev->type == UA_BIND_FAILED) {
		ua_log(flow->env->log, UA_LOG_WARN, "stun", "%s: %m",
		       ua_addr_str(&bound->server, addr), ev->err);
		return;
	}

	moved = host->mapped.af && ua_addr_eq(&host->mapper, &bound->server) &&
		!ua_addr_eq(&host->mapped, &ev->mapped);
	host->mapped = ev->mapped;
	host->mapper = bound->server;
	tell_mapped(host, now_ms);

	if (moved)
		ua_roam_moved(host, now_ms);
}


static uint64_t bound_pump(struct ua_bound *bound, uint64_t now_ms)
{
	struct ua_bind_event ev;
	struct ua_dgram dg;
	int err;

	if (!bound->bind)
		return UA_NEVER;

	if (ua_bind_deadline(bound->bind) <= now_ms)
		ua_bind_tick(bound->bind, now_ms);

	while (ua_bind_output(bound->bind, now_ms, &dg)) {
		err = ua_sock_send(bound->host->sock, &dg.path.remote, dg.buf,
				   dg.len);
		if (err)
			ua_bind_error(bound->bind, now_ms, err);
	}

	while (ua_bind_event(bound->bind, &ev))
		bound_event(bound, now_ms, &ev);

	return ua_bind_deadline(bound->bind);
}


uint64_t ua_gather_pump(struct ua_flow *flow, uint64_t now_ms)
{
	uint64_t at = UA_NEVER;
	size_t i;

	for (i = 0; i < flow->nbind; i++)
		at = earlier(at, bound_pump(&flow->binds[i], now_ms));

	for (i = 0; i < flow->nrelay; i++)
		at = earlier(at, relay_pump(&flow->relays[i], now_ms));

	return at;
}


static struct ua_flow_relay *relay_place(struct ua_flow *flow)
{
	size_t i;

	for (i = 0; i < flow->nrelay; i++) {
		if (!flow->relays[i].turn)
			return &flow->relays[i];
	}

	return flow->nrelay < UA_GATHER_RELAYS ? &flow->relays[flow->nrelay++]
					       : NULL;
}


static void relay_open(struct ua_flow *flow, const struct ua_server *server,
		       const struct ua_addr *addr, struct ua_leg *host)
{
	struct ua_flow_relay *relay = relay_place(flow);
	const struct ua_turn_conf conf = {
		.server = *addr,
		.user = server->user,
		.password = server->password,
		.rand = flow->env->rand,
		.log = flow->env->log,
	};
	int err;

	if (!relay)
		return;

	memset(relay, 0, sizeof(*relay));
	err = ua_turn_alloc(&relay->turn, &conf);
	if (!err)
		err = ua_turn_start(relay->turn, ua_clock_ms());
	if (err) {
		relay->turn = mem_deref(relay->turn);
		ua_log(flow->env->log, UA_LOG_WARN, "turn", "%s: %m",
		       server->host, err);
		return;
	}

	relay->flow = flow;
	relay->host = host;
	relay->server = *addr;
	relay->asked = server;
}


static struct ua_bound *bound_place(struct ua_flow *flow)
{
	size_t i;

	for (i = 0; i < flow->nbind; i++) {
		if (!flow->binds[i].bind)
			return &flow->binds[i];
	}

	return flow->nbind < UA_GATHER_BINDS ? &flow->binds[flow->nbind++]
					     : NULL;
}


static void bound_open(struct ua_flow *flow, const struct ua_addr *addr,
		       struct ua_leg *host)
{
	struct ua_bound *bound = bound_place(flow);
	const struct ua_bind_conf conf = {
		.server = *addr,
		.rand = flow->env->rand,
		.log = flow->env->log,
	};
	int err;

	if (!bound)
		return;

	memset(bound, 0, sizeof(*bound));
	err = ua_bind_alloc(&bound->bind, &conf);
	if (err) {
		ua_log(flow->env->log, UA_LOG_WARN, "stun", "%m", err);
		return;
	}

	/* Ringing may last longer than a NAT remembers. */
	ua_bind_start(bound->bind, ua_clock_ms());
	ua_bind_keep(bound->bind, ua_clock_ms(), true);

	bound->flow = flow;
	bound->host = host;
	bound->server = *addr;
}


static bool is_asked(const struct ua_flow *flow, const struct ua_addr *server,
		     const struct ua_leg *host)
{
	size_t i;

	for (i = 0; i < flow->nbind; i++) {
		const struct ua_bound *bound = &flow->binds[i];

		if (bound->bind && bound->host == host &&
		    ua_addr_eq(&bound->server, server))
			return true;
	}

	return false;
}


/*
 * A relay of each component over the socket that the kernel would take to
 * the server; a mapped address of every socket of its family.
 */
static void use_server(struct ua_asked *asked, const struct ua_addr *addr)
{
	struct ua_flow *flow = asked->flow;
	struct ua_addr source;
	bool done[UA_FLOW_COMPS] = { false, false };
	const bool known = !ua_iflist_source(addr, &source);
	size_t pass, i;

	for (i = 0; i < flow->nrelay; i++) {
		if (flow->relays[i].turn &&
		    flow->relays[i].asked == &asked->server)
			done[flow->relays[i].host->comp - 1] = true;
	}

	for (pass = 0; pass < 2; pass++) {
		for (i = 0; i < flow->nhost; i++) {
			struct ua_leg *host = &flow->hosts[i];

			if (!host->comp || host->addr.af != addr->af ||
			    !host->sock)
				continue;

			if (!asked->server.turn) {
				if (!pass && !is_asked(flow, addr, host))
					bound_open(flow, addr, host);
				continue;
			}

			/* First the right source, then any. */
			if (done[host->comp - 1] ||
			    (!pass && known &&
			     !ua_addr_ip_eq(&host->addr, &source)))
				continue;

			done[host->comp - 1] = true;
			relay_open(flow, &asked->server, addr, host);
		}
	}
}


static void asked_handler(int err, const char *text,
			  const struct ua_target *targetv, size_t n, void *arg)
{
	struct ua_asked *asked = arg;
	struct ua_flow *flow = asked->flow;
	size_t i;

	if (err) {
		ua_log(flow->env->log, UA_LOG_WARN, "flow", "%s: %s (%m)",
		       asked->server.host, text ? text : "not found", err);
	}

	for (i = 0; !err && i < n; i++) {
		if (targetv[i].tp == UA_TP_UDP) {
			asked->addr = targetv[i].addr;
			use_server(asked, &asked->addr);
			break;
		}
	}

	ua_flow_pump(flow);
}


static void ask(struct ua_flow *flow, const struct ua_server_conf *conf,
		bool turn)
{
	struct ua_asked *asked = &flow->asked[flow->nasked];
	struct ua_locate_conf locate = {
		.host = asked->server.host,
		.service = turn ? UA_SERVICE_TURN : UA_SERVICE_STUN,
		.tps = UA_TP_BIT(UA_TP_UDP),
		.ip4 = flow->env->conf->ip4,
		.ip6 = flow->env->conf->ip6,
	};
	int err;

	err = ua_server_decode(&asked->server, conf, turn, NULL);
	if (err)
		return;

	asked->flow = flow;
	locate.port = asked->server.port;
	flow->nasked++;

	err = ua_resolver_query(&asked->query, flow->env->resolver, &locate,
				asked_handler, asked);
	if (err)
		ua_log(flow->env->log, UA_LOG_WARN, "flow", "%s: %m",
		       conf->uri, err);
}


void ua_gather_start(struct ua_flow *flow)
{
	const struct ua_agent_conf *conf = flow->env->conf;
	size_t i;

	for (i = 0; i < UA_FLOW_RELAYS && conf->turn[i].uri; i++)
		ask(flow, &conf->turn[i], true);

	for (i = 0; i < UA_SERVER_MAX && conf->stun[i].uri; i++)
		ask(flow, &conf->stun[i], false);
}


void ua_gather_more(struct ua_flow *flow)
{
	size_t i;

	flow->complete = false;

	for (i = 0; i < flow->nasked; i++) {
		if (flow->asked[i].addr.af)
			use_server(&flow->asked[i], &flow->asked[i].addr);
	}
}


void ua_gather_ask(struct ua_flow *flow, uint64_t now_ms)
{
	size_t i, k;

	for (i = 0; i < flow->nhost; i++) {
		struct ua_leg *host = &flow->hosts[i];

		if (!host->comp || !host->mapped.af)
			continue;

		if (!is_asked(flow, &host->mapper, host))
			bound_open(flow, &host->mapper, host);

		for (k = 0; k < flow->nbind; k++) {
			if (flow->binds[k].bind && flow->binds[k].host == host)
				ua_bind_ask(flow->binds[k].bind, now_ms);
		}
	}
}


static void relay_drop(struct ua_flow_relay *relay, uint64_t now_ms, int err)
{
	relay_lost(relay, now_ms, err);
	relay->turn = mem_deref(relay->turn);
}


void ua_gather_lost(struct ua_leg *host, uint64_t now_ms, int err)
{
	struct ua_flow *flow = host->flow;
	size_t i;

	for (i = 0; i < flow->nrelay; i++) {
		if (flow->relays[i].host == host && flow->relays[i].turn)
			relay_drop(&flow->relays[i], now_ms, err);
	}
}


void ua_gather_drop(struct ua_leg *host, uint64_t now_ms, int err)
{
	struct ua_flow *flow = host->flow;
	size_t i;

	ua_gather_lost(host, now_ms, err);

	for (i = 0; i < flow->nbind; i++) {
		if (flow->binds[i].host == host)
			flow->binds[i].bind = mem_deref(flow->binds[i].bind);
	}

	host->mapped.af = UA_AF_NONE;
}


bool ua_gather_done(const struct ua_flow *flow)
{
	size_t i;

	for (i = 0; i < flow->nasked; i++) {
		if (flow->asked[i].query)
			return false;
	}

	for (i = 0; i < flow->nbind; i++) {
		if (flow->binds[i].bind && !flow->binds[i].settled)
			return false;
	}

	for (i = 0; i < flow->nrelay; i++) {
		if (flow->relays[i].turn && !flow->relays[i].settled)
			return false;
	}

	return true;
}


static bool relay_input(struct ua_flow_relay *relay, uint64_t now_ms,
			const struct ua_addr *src, const uint8_t *buf,
			size_t len)
{
	struct ua_turn_data data;
	const int err =
		ua_turn_input(relay->turn, now_ms, src, buf, len, &data);

	if (err == ENOENT)
		return false;

	if (!err && data.len)
		ua_flow_relayed(relay, &data.peer, data.buf, data.len);

	return true;
}


bool ua_gather_input(struct ua_leg *host, uint64_t now_ms,
		     const struct ua_addr *src, const uint8_t *buf, size_t len)
{
	struct ua_flow *flow = host->flow;
	size_t i;

	for (i = 0; i < flow->nrelay; i++) {
		struct ua_flow_relay *relay = &flow->relays[i];

		if (relay->host == host && relay->turn &&
		    relay_input(relay, now_ms, src, buf, len))
			return true;
	}

	for (i = 0; i < flow->nbind; i++) {
		struct ua_bound *bound = &flow->binds[i];

		if (bound->host == host && bound->bind &&
		    ua_bind_input(bound->bind, now_ms, src, buf, len) !=
			    ENOENT)
			return true;
	}

	return false;
}


void ua_gather_close(struct ua_flow *flow, uint64_t now_ms, unsigned comp)
{
	size_t i;

	for (i = 0; !comp && i < flow->nasked; i++)
		flow->asked[i].query = mem_deref(flow->asked[i].query);

	for (i = 0; i < flow->nbind; i++) {
		struct ua_bound *bound = &flow->binds[i];

		if (!comp || bound->host->comp == comp)
			bound->bind = mem_deref(bound->bind);
	}

	for (i = 0; i < flow->nrelay; i++) {
		struct ua_flow_relay *relay = &flow->relays[i];

		if (relay->turn && (!comp || relay->host->comp == comp))
			ua_turn_close(relay->turn, now_ms);
	}
}


bool ua_gather_gone(const struct ua_flow *flow)
{
	size_t i;

	for (i = 0; i < flow->nrelay; i++) {
		if (flow->relays[i].turn)
			return false;
	}

	return true;
}
