/* SPDX-License-Identifier: BSD-3-Clause */
/** @file gather.c  Relays and mapped addresses of a flow's sockets */

#include <errno.h>

#include "base/clock.h"
#include "call/flowcore.h"


void ua_gather_mapped(struct ua_leg *host, uint64_t now_ms)
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


void ua_gather_again(struct ua_flow *flow, uint64_t now_ms)
{
	size_t i;

	for (i = 0; i < flow->nhost; i++)
		ua_gather_mapped(&flow->hosts[i], now_ms);

	for (i = 0; i < flow->nrelay; i++)
		ua_relays_tell(&flow->relays[i], now_ms);

	if (flow->complete)
		(void)ua_ice_gathered(flow->ice, now_ms);
}


/* Is it the way of the media now? */
static bool carries(const struct ua_flow_relay *relay)
{
	const struct ua_flow *flow = relay->flow;
	struct ua_path path;
	size_t i;

	if (!flow->ice ||
	    ua_ice_media(flow->ice, 0, (uint16_t)relay->comp, &path))
		return false;

	for (i = 0; i < UA_RELAYS_LEGS; i++) {
		if (relay->legs[i].comp && relay->legs[i].base == path.base)
			return true;
	}

	return false;
}


/* How many of its component are nearer? */
static size_t nearer(const struct ua_flow_relay *relay)
{
	const struct ua_flow *flow = relay->flow;
	const uint32_t rtt_ms = ua_turn_rtt_ms(relay->turn);
	size_t n = 0;
	size_t i;

	for (i = 0; i < flow->nrelay; i++) {
		const struct ua_flow_relay *other = &flow->relays[i];
		uint32_t other_ms;

		if (other == relay || other->comp != relay->comp ||
		    (other->family == UA_TURN_IP6) !=
			    (relay->family == UA_TURN_IP6) ||
		    !ua_relays_ready(other))
			continue;

		other_ms = ua_turn_rtt_ms(other->turn);
		n += other_ms < rtt_ms ||
		     (other_ms == rtt_ms && other < relay);
	}

	return n;
}


static void keep_nearest(struct ua_flow *flow, uint64_t now_ms)
{
	char name[UA_RELAYS_NAME_MAX];
	size_t i;

	for (i = 0; i < flow->nrelay; i++) {
		struct ua_flow_relay *relay = &flow->relays[i];

		if (!ua_relays_ready(relay) || carries(relay) ||
		    nearer(relay) < UA_FLOW_RELAYS)
			continue;

		ua_log(flow->env->log, UA_LOG_INFO, "turn",
		       "%s: let go, others are nearer",
		       ua_relays_name(relay, name));
		ua_relays_leave(relay, now_ms);
	}
}


void ua_gather_nominated(struct ua_flow *flow, uint64_t now_ms)
{
	flow->nominated = true;
	keep_nearest(flow, now_ms);
}


/* A server that does not know how to give two families at once is asked for
 * the other one by itself (RFC 8656, 7.1). */
static void add_ip6(struct ua_flow *flow, unsigned comp)
{
	struct ua_flow_relay *from = NULL;
	size_t i;

	for (i = 0; i < flow->nrelay; i++) {
		struct ua_flow_relay *relay = &flow->relays[i];

		if (relay->comp != comp)
			continue;

		if (relay->family == UA_TURN_IP6 || relay->legs[1].comp)
			return;
		if (!from && ua_relays_ready(relay))
			from = relay;
	}

	if (from && from->host->sock &&
	    ua_relays_open(from->asked, from->host, &from->server, UA_TURN_IP6,
			   true))
		flow->peer_is_ip6 = false;
}


static uint64_t relays_pump(struct ua_flow *flow, uint64_t now_ms)
{
	uint64_t at = UA_NEVER;
	unsigned comp;
	size_t i;

	for (comp = 1; flow->peer_is_ip6 && !flow->closing &&
		       comp <= (flow->mux ? 1U : UA_FLOW_COMPS);
	     comp++)
		add_ip6(flow, comp);

	/* Pumping one may open others. */
	for (i = 0; i < flow->nrelay; i++)
		at = ua_flowcore_earlier(
			at, ua_relays_pump(&flow->relays[i], now_ms));

	if (flow->nominated && !flow->closing)
		keep_nearest(flow, now_ms);

	return at;
}


uint64_t ua_gather_pump(struct ua_flow *flow, uint64_t now_ms)
{
	uint64_t at = UA_NEVER;
	size_t i;

	for (i = 0; i < flow->nbind; i++)
		at = ua_flowcore_earlier(
			at, ua_bound_pump(&flow->binds[i], now_ms));

	at = ua_flowcore_earlier(at, relays_pump(flow, now_ms));

	for (i = 0; i < flow->nasked; i++)
		at = ua_flowcore_earlier(
			at, ua_asked_pump(&flow->asked[i], now_ms));
	for (i = 0; i < flow->nasked; i++)
		at = ua_flowcore_earlier(
			at, ua_asked_yield_pump(&flow->asked[i], now_ms));

	return at;
}


void ua_gather_peer(struct ua_flow *flow, const struct ua_sdp_facts *facts)
{
	bool ip6 = false;
	size_t i;

	for (i = 0; i < facts->candc; i++) {
		if (facts->candv[i].addr.af == UA_AF_IP4)
			return;

		ip6 |= facts->candv[i].addr.af == UA_AF_IP6;
	}

	flow->peer_is_ip6 = ip6;
}


void ua_gather_more(struct ua_flow *flow)
{
	size_t i;

	flow->complete = false;

	for (i = 0; i < flow->nasked; i++) {
		if (flow->asked[i].ntarget)
			ua_asked_begin(&flow->asked[i]);
	}
}


/* A server that was restarted does not know us, and says so if asked. */
void ua_gather_doubt(struct ua_flow *flow, uint64_t now_ms)
{
	size_t i;

	for (i = 0; i < flow->nrelay; i++) {
		if (flow->relays[i].turn)
			ua_turn_ask(flow->relays[i].turn, now_ms);
	}
}


void ua_gather_ask(struct ua_flow *flow, uint64_t now_ms)
{
	size_t i;

	for (i = 0; i < flow->nhost; i++) {
		struct ua_leg *host = &flow->hosts[i];

		/* With rtcp-mux the second component has lost its socket. */
		if (!host->comp || !host->sock || !host->mapped.af)
			continue;

		ua_bound_open(host, &host->mapper);
		ua_bound_again(host, now_ms);
	}
}


void ua_gather_refused(struct ua_leg *host, uint64_t now_ms,
		       const struct ua_addr *dst, int err)
{
	struct ua_flow *flow = host->flow;
	size_t i;

	for (i = 0; i < flow->nrelay; i++) {
		struct ua_flow_relay *relay = &flow->relays[i];

		if (relay->host == host && relay->turn && !relay->sock &&
		    relay->asked->tp == UA_TP_UDP &&
		    ua_addr_eq(ua_turn_server(relay->turn), dst))
			ua_turn_error(relay->turn, now_ms, err);
	}

	for (i = 0; i < flow->nbind; i++) {
		struct ua_bound *bound = &flow->binds[i];

		if (bound->host == host && bound->bind &&
		    ua_addr_eq(&bound->server, dst))
			ua_bind_error(bound->bind, now_ms, err);
	}
}


void ua_gather_lost(struct ua_leg *host, uint64_t now_ms, int err)
{
	struct ua_flow *flow = host->flow;
	size_t i;

	for (i = 0; i < flow->nrelay; i++) {
		if (flow->relays[i].host == host && flow->relays[i].turn)
			ua_relays_drop(&flow->relays[i], now_ms, err);
	}
}


void ua_gather_drop(struct ua_leg *host, uint64_t now_ms, int err)
{
	ua_gather_lost(host, now_ms, err);
	ua_bound_close(host);
	host->mapped.af = UA_AF_NONE;
}


bool ua_gather_done(const struct ua_flow *flow)
{
	size_t i;

	for (i = 0; i < flow->nasked; i++) {
		if (flow->asked[i].query || flow->asked[i].cred ||
		    flow->asked[i].state == UA_ASKED_WAITS)
			return false;
	}

	for (i = 0; i < flow->nbind; i++) {
		const struct ua_bound *bound = &flow->binds[i];

		/* An allocation may have told it meanwhile. */
		if (bound->bind && !bound->settled && !bound->host->mapped.af)
			return false;
	}

	for (i = 0; i < flow->nrelay; i++) {
		if (flow->relays[i].turn && !flow->relays[i].settled)
			return false;
	}

	return true;
}


int ua_gather_input(struct ua_leg *host, uint64_t now_ms,
		    const struct ua_addr *src, const uint8_t *buf, size_t len)
{
	struct ua_flow *flow = host->flow;
	size_t i;
	int err;

	for (i = 0; i < flow->nrelay; i++) {
		struct ua_flow_relay *relay = &flow->relays[i];

		if (relay->host != host || !relay->turn || relay->sock ||
		    relay->conn)
			continue;

		err = ua_relays_input(relay, now_ms, src, buf, len);
		if (err != ENOENT)
			return err;
	}

	return ua_bound_input(host, now_ms, src, buf, len);
}


void ua_gather_close(struct ua_flow *flow, uint64_t now_ms, unsigned comp)
{
	size_t i;

	for (i = 0; !comp && i < flow->nasked; i++) {
		flow->asked[i].query = mem_deref(flow->asked[i].query);
		flow->asked[i].cred = mem_deref(flow->asked[i].cred);
	}

	for (i = 0; i < flow->nhost; i++) {
		if (!comp || flow->hosts[i].comp == comp)
			ua_bound_close(&flow->hosts[i]);
	}

	for (i = 0; i < flow->nrelay; i++) {
		struct ua_flow_relay *relay = &flow->relays[i];

		if (!comp || relay->comp == comp)
			ua_relays_close(relay, now_ms);
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


void ua_gather_free(struct ua_flow *flow)
{
	size_t i;

	for (i = 0; i < flow->nasked; i++) {
		flow->asked[i].query = mem_deref(flow->asked[i].query);
		flow->asked[i].cred = mem_deref(flow->asked[i].cred);
		ua_asked_forget(&flow->asked[i]);
	}

	for (i = 0; i < flow->nbind; i++)
		flow->binds[i].bind = mem_deref(flow->binds[i].bind);
	for (i = 0; i < flow->nrelay; i++)
		ua_relays_free(&flow->relays[i]);
}
