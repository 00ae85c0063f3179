/* SPDX-License-Identifier: BSD-3-Clause */
/** @file relays.c  Allocations of a flow at TURN servers */

#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "base/random.h"
#include "call/flowcore.h"
#include "call/turnenv.h"

enum {
	SOCKS_MAX = 2, /* More sockets after 437 (RFC 8656, 7.4) */

	/* A server that is not heard by then may have a better address; it is
	   not given up, since the answer may be slow alone. */
	HEDGE_MS = 300
};


const char *ua_relays_name(const struct ua_flow_relay *relay,
			   char buf[UA_RELAYS_NAME_MAX])
{
	static const char *const names[] = { "UDP", "TCP", "TLS" };
	const struct ua_addr *server =
		relay->turn ? ua_turn_server(relay->turn) : &relay->server;
	char addr[UA_ADDR_LEN];

	(void)re_snprintf(buf, UA_RELAYS_NAME_MAX, "%s (%s, %s)",
			  relay->asked->server.conf->uri,
			  ua_addr_str(server, addr), names[relay->asked->tp]);
	return buf;
}


bool ua_relays_ready(const struct ua_flow_relay *relay)
{
	return relay->turn && (relay->legs[0].comp || relay->legs[1].comp);
}


static void leg_tell(struct ua_leg *leg, uint64_t now_ms)
{
	struct ua_flow *flow = leg->flow;
	int err;

	leg->base = UA_LEG_NOBASE;
	if (!leg->comp || !flow->ice)
		return;

	err = ua_ice_base_add(flow->ice, now_ms, 0, (uint16_t)leg->comp,
			      UA_ICE_RELAY, &leg->addr, leg->cost, &leg->base);
	if (err)
		ua_log(flow->env->log, UA_LOG_WARN, "flow",
		       "relay is left out: %m", err);
}


void ua_relays_tell(struct ua_flow_relay *relay, uint64_t now_ms)
{
	size_t i;

	for (i = 0; i < UA_RELAYS_LEGS; i++)
		leg_tell(&relay->legs[i], now_ms);
}


static void leg_ready(struct ua_flow_relay *relay, struct ua_leg *leg,
		      const struct ua_addr *relayed)
{
	if (!relayed->af)
		return;

	leg->flow = relay->flow;
	leg->relay = relay;
	leg->comp = relay->comp;
	leg->addr = *relayed;
	leg->cost = (uint8_t)relay->asked->tp;
}


static void relay_ready(struct ua_flow_relay *relay, uint64_t now_ms,
			const struct ua_turn_event *ev)
{
	struct ua_flow *flow = relay->flow;
	struct ua_leg *host = relay->host;
	char relayed[UA_ADDR_LEN];
	char name[UA_RELAYS_NAME_MAX];

	ua_log(flow->env->log, UA_LOG_INFO, "turn",
	       "%s: relay %s%s for component %u, round trip %u ms",
	       ua_relays_name(relay, name),
	       ua_addr_str(ev->relayed.af ? &ev->relayed : &ev->relayed6,
			   relayed),
	       ev->relayed.af && ev->relayed6.af ? " and one of IPv6" : "",
	       relay->comp, ua_turn_rtt_ms(relay->turn));

	if (ua_turn_challenge(relay->turn))
		ua_turnenv_learn(flow->env, ua_turn_server(relay->turn),
				 ua_turn_challenge(relay->turn));

	/* Asking for both costs a round trip where both are refused. */
	if (relay->family == UA_TURN_BOTH &&
	    ua_turn_family(relay->turn) != UA_TURN_BOTH)
		ua_turnenv_single(flow->env, &relay->server,
				  ua_turn_family(relay->turn));

	relay->was_ready = true;
	relay->asked->renewed[relay->comp - 1] = false;
	if (flow->closing)
		return;

	leg_ready(relay, &relay->legs[0], &ev->relayed);
	leg_ready(relay, &relay->legs[1], &ev->relayed6);

	/* The same answer tells how the socket looks from outside. */
	if (relay->asked->tp == UA_TP_UDP && !relay->sock &&
	    !host->mapped.af) {
		host->mapped = ev->mapped;
		host->mapper = relay->server;
	}

	ua_gather_mapped(host, now_ms);
	ua_relays_tell(relay, now_ms);
	ua_asked_yield(relay->asked, now_ms);
}


static void relay_lost(struct ua_flow_relay *relay, uint64_t now_ms, int err)
{
	struct ua_flow *flow = relay->flow;
	size_t i;

	for (i = 0; i < UA_RELAYS_LEGS; i++) {
		struct ua_leg *leg = &relay->legs[i];

		if (flow->ice && leg->comp && leg->base != UA_LEG_NOBASE &&
		    ua_ice_base_down(flow->ice, now_ms, leg->base, err))
			ua_log(flow->env->log, UA_LOG_DEBUG, "flow",
			       "ICE does not know the relay that was lost");

		leg->comp = 0;
	}
}


/* A client of it; over what the relay has, or opens */
static int client_start(struct ua_flow_relay *relay, uint64_t now_ms)
{
	struct ua_flow *flow = relay->flow;
	const struct ua_asked *asked = relay->asked;
	const struct ua_turn_conf conf = {
		.server = relay->server,
		.family = relay->family,
		.stream = asked->tp != UA_TP_UDP,
		.known = ua_turnenv_known(flow->env, &relay->server),
		.user = asked->user ? asked->user : asked->server.conf->user,
		.password = asked->user ? asked->password
					: asked->server.conf->password,
		.rand = flow->env->rand,
		.log = flow->env->log,
	};
	int err;

	err = ua_turn_alloc(&relay->turn, &conf);
	if (!err)
		err = ua_turn_start(relay->turn, now_ms);
	if (err)
		relay->turn = mem_deref(relay->turn);

	return err;
}


static void say(struct ua_flow_relay *relay, const char *what, int err)
{
	char name[UA_RELAYS_NAME_MAX];

	ua_log(relay->flow->env->log, UA_LOG_WARN, "turn", "%s: %s: %m",
	       ua_relays_name(relay, name), what, err);
}


/* The server holds our 5-tuple: take another (RFC 8656, 7.4). */
static bool other_socket(struct ua_flow_relay *relay, uint64_t now_ms)
{
	int err;

	if (relay->nsock >= SOCKS_MAX)
		return false;

	++relay->nsock;
	ua_relayconn_close(relay);
	err = ua_relayconn_open(relay, true);
	if (!err)
		err = client_start(relay, now_ms);
	if (err)
		say(relay, "no other socket", err);

	return !err;
}


static void relay_dead(struct ua_flow_relay *relay, uint64_t now_ms,
		       const struct ua_turn_event *ev)
{
	struct ua_flow *flow = relay->flow;
	struct ua_asked *asked = relay->asked;
	const unsigned comp = relay->comp;
	char name[UA_RELAYS_NAME_MAX];

	if (ev->code)
		ua_log(flow->env->log, UA_LOG_WARN, "turn",
		       "%s: no relay: %u %s", ua_relays_name(relay, name),
		       ev->code, ev->reason);
	else
		ua_log(flow->env->log, UA_LOG_WARN, "turn", "%s: no relay: %m",
		       ua_relays_name(relay, name), ev->err);

	asked->heard |= ua_turn_heard(relay->turn);
	relay_lost(relay, now_ms, ev->err);
	relay->turn = mem_deref(relay->turn);

	if (ev->code == 437 && other_socket(relay, now_ms))
		return;

	relay->settled = true;
	ua_relayconn_close(relay);

	if (ev->code == 401 && ua_asked_renew(asked, comp))
		return;

	if (ev->code == 486 && comp == 1) {
		asked->quota = true;
		ua_asked_yield(asked, now_ms);
	}

	if (ev->code == 508)
		ua_turnenv_full(flow->env, now_ms, &relay->server);

	if (!ua_asked_try(asked, now_ms, comp) && relay->was_ready)
		ua_asked_wanted(flow, now_ms);
}


static struct ua_leg *leg_for(struct ua_flow_relay *relay,
			      const struct ua_addr *peer)
{
	struct ua_leg *leg = &relay->legs[peer->af == UA_AF_IP6];

	return leg->comp ? leg : NULL;
}


static void verdict(struct ua_flow_relay *relay, uint64_t now_ms,
		    const struct ua_addr *peer, int err)
{
	const struct ua_leg *leg = leg_for(relay, peer);

	if (relay->flow->ice && leg && leg->base != UA_LEG_NOBASE)
		ua_ice_verdict(relay->flow->ice, now_ms, leg->base, peer, err);
}


static void relay_event(struct ua_flow_relay *relay, uint64_t now_ms,
			const struct ua_turn_event *ev)
{
	char name[UA_RELAYS_NAME_MAX];

	switch (ev->type) {

	case UA_TURN_READY:
		relay->settled = true;
		relay_ready(relay, now_ms, ev);
		break;

	case UA_TURN_PERMITTED:
		verdict(relay, now_ms, &ev->peer, 0);
		break;

	case UA_TURN_DENIED:
		verdict(relay, now_ms, &ev->peer, ev->err ? ev->err : EACCES);
		break;

	case UA_TURN_LOST:
		ua_log(relay->flow->env->log, UA_LOG_WARN, "turn",
		       "%s: relay lost, asked for again",
		       ua_relays_name(relay, name));
		relay_lost(relay, now_ms, ECONNRESET);
		ua_asked_wanted(relay->flow, now_ms);
		break;

	case UA_TURN_DEAD:
		relay_dead(relay, now_ms, ev);
		break;

	case UA_TURN_CLOSED:
		relay_lost(relay, now_ms, ECANCELED);
		relay->turn = mem_deref(relay->turn);
		ua_relayconn_close(relay);
		ua_asked_yield(relay->asked, now_ms);
		break;

	default:
		break;
	}
}


static void drain(struct ua_flow_relay *relay, uint64_t now_ms)
{
	struct ua_dgram dg;
	int err;

	while (ua_relayconn_ready(relay, now_ms) &&
	       ua_turn_output(relay->turn, now_ms, &dg)) {
		err = ua_relayconn_send(relay, &dg.path.remote, dg.buf, dg.len,
					false);
		if (err)
			ua_turn_error(relay->turn, now_ms, err);
	}
}


/* Who is not heard soon is not waited for. */
static uint64_t hedge(struct ua_flow_relay *relay, uint64_t now_ms)
{
	if (relay->hedge_ms > now_ms)
		return relay->hedge_ms;

	relay->hedge_ms = UA_NEVER;
	if (!ua_turn_heard(relay->turn) && !relay->flow->closing)
		(void)ua_asked_try(relay->asked, now_ms, relay->comp);

	return UA_NEVER;
}


uint64_t ua_relays_pump(struct ua_flow_relay *relay, uint64_t now_ms)
{
	struct ua_turn_event ev;
	uint64_t at;

	if (!relay->turn)
		return UA_NEVER;

	if (ua_turn_deadline(relay->turn) <= now_ms)
		ua_turn_tick(relay->turn, now_ms);

	drain(relay, now_ms);

	/* An event may end the client, or replace it. */
	while (relay->turn && ua_turn_event(relay->turn, &ev))
		relay_event(relay, now_ms, &ev);

	if (!relay->turn)
		return UA_NEVER;

	drain(relay, now_ms);
	at = ua_turn_deadline(relay->turn);
	return at < hedge(relay, now_ms) ? at : relay->hedge_ms;
}


int ua_relays_input(struct ua_flow_relay *relay, uint64_t now_ms,
		    const struct ua_addr *src, const uint8_t *buf, size_t len)
{
	struct ua_turn_data data;
	struct ua_leg *leg;
	enum ua_demux kind;
	int err;

	err = ua_turn_input(relay->turn, now_ms, src, buf, len, &data);
	if (err || !data.len)
		return err;

	leg = leg_for(relay, &data.peer);
	if (!leg)
		return 0;

	kind = ua_demux_class(data.buf, data.len);
	ua_flow_input(leg, &data.peer, data.buf, data.len);

	return kind == UA_DEMUX_RTP || kind == UA_DEMUX_RTCP ? EALREADY : 0;
}


int ua_relays_send(struct ua_flow_relay *relay, const struct ua_addr *dst,
		   const uint8_t *buf, size_t len)
{
	struct ua_dgram dg;
	int err;

	if (!relay->turn)
		return ENOTCONN;

	err = ua_turn_send(relay->turn, ua_clock_ms(), dst, buf, len, &dg);
	if (err)
		return err;

	return ua_relayconn_send(relay, &dg.path.remote, dg.buf, dg.len, true);
}


/* Nothing may lead there any more: another allocation takes the place. */
static void forget(struct ua_flow *flow, const struct ua_flow_relay *relay)
{
	size_t i;

	for (i = 0; i < UA_FLOW_COMPS; i++) {
		if (flow->dflt[i] && flow->dflt[i]->relay == relay)
			flow->dflt[i] = NULL;
		if (flow->plains[i].leg && flow->plains[i].leg->relay == relay)
			flow->plains[i].leg = NULL;
	}
}


static struct ua_flow_relay *place(struct ua_flow *flow)
{
	size_t i;

	if (flow->nrelay < UA_RELAYS_MAX)
		return &flow->relays[flow->nrelay++];

	for (i = 0; i < UA_RELAYS_MAX; i++) {
		struct ua_flow_relay *relay = &flow->relays[i];

		if (!relay->turn && !relay->conn && !relay->sock) {
			forget(flow, relay);
			return relay;
		}
	}

	return NULL;
}


int ua_relays_open(struct ua_asked *asked, struct ua_leg *host,
		   const struct ua_addr *server, enum ua_turn_family family,
		   bool own)
{
	struct ua_flow_relay *relay = place(asked->flow);
	const uint64_t now_ms = ua_clock_ms();
	int err;

	if (!relay)
		return ENOSPC;

	memset(relay, 0, sizeof(*relay));
	relay->flow = asked->flow;
	relay->asked = asked;
	relay->host = host;
	relay->comp = host->comp;
	relay->server = *server;
	relay->family = family;
	relay->hedge_ms = now_ms + HEDGE_MS;

	err = ua_relayconn_open(relay, own);
	if (!err)
		err = client_start(relay, now_ms);
	if (err) {
		say(relay, "no relay", err);
		ua_relayconn_close(relay);
	}

	return err;
}


/* Without a connection there is nothing: the server frees what it gave over
 * it when it ends. */
void ua_relays_close(struct ua_flow_relay *relay, uint64_t now_ms)
{
	if (!relay->turn)
		return;

	if (!ua_relayconn_up(relay)) {
		relay_lost(relay, now_ms, ECANCELED);
		ua_relays_free(relay);
		return;
	}

	ua_turn_close(relay->turn, now_ms);
}


void ua_relays_leave(struct ua_flow_relay *relay, uint64_t now_ms)
{
	relay_lost(relay, now_ms, ECANCELED);
	ua_relays_close(relay, now_ms);
}


void ua_relays_free(struct ua_flow_relay *relay)
{
	relay->turn = mem_deref(relay->turn);
	ua_relayconn_close(relay);
}


void ua_relays_drop(struct ua_flow_relay *relay, uint64_t now_ms, int err)
{
	relay_lost(relay, now_ms, err);
	ua_relays_free(relay);
}
