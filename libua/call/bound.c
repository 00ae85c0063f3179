/* SPDX-License-Identifier: BSD-3-Clause */
/** @file bound.c  How a flow's sockets look from outside */

#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "call/flowcore.h"


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
	ua_gather_mapped(host, now_ms);

	if (moved)
		ua_roam_moved(host, now_ms);
}


uint64_t ua_bound_pump(struct ua_bound *bound, uint64_t now_ms)
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

	/* An event may end it. */
	while (bound->bind && ua_bind_event(bound->bind, &ev))
		bound_event(bound, now_ms, &ev);

	return bound->bind ? ua_bind_deadline(bound->bind) : UA_NEVER;
}


static bool is_asked(const struct ua_leg *host, const struct ua_addr *server)
{
	const struct ua_flow *flow = host->flow;
	size_t i;

	for (i = 0; i < flow->nbind; i++) {
		const struct ua_bound *bound = &flow->binds[i];

		if (bound->bind && bound->host == host &&
		    ua_addr_eq(&bound->server, server))
			return true;
	}

	return false;
}


static struct ua_bound *place(struct ua_flow *flow)
{
	size_t i;

	for (i = 0; i < flow->nbind; i++) {
		if (!flow->binds[i].bind)
			return &flow->binds[i];
	}

	return flow->nbind < UA_GATHER_BINDS ? &flow->binds[flow->nbind++]
					     : NULL;
}


void ua_bound_open(struct ua_leg *host, const struct ua_addr *server)
{
	struct ua_flow *flow = host->flow;
	const struct ua_bind_conf conf = {
		.server = *server,
		.rand = flow->env->rand,
		.log = flow->env->log,
	};
	struct ua_bound *bound;
	int err;

	if (is_asked(host, server))
		return;

	bound = place(flow);
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
	bound->server = *server;
}


void ua_bound_again(struct ua_leg *host, uint64_t now_ms)
{
	struct ua_flow *flow = host->flow;
	size_t i;

	for (i = 0; i < flow->nbind; i++) {
		if (flow->binds[i].bind && flow->binds[i].host == host)
			ua_bind_ask(flow->binds[i].bind, now_ms);
	}
}


int ua_bound_input(struct ua_leg *host, uint64_t now_ms,
		   const struct ua_addr *src, const uint8_t *buf, size_t len)
{
	struct ua_flow *flow = host->flow;
	size_t i;
	int err;

	for (i = 0; i < flow->nbind; i++) {
		struct ua_bound *bound = &flow->binds[i];

		if (bound->host != host || !bound->bind)
			continue;

		err = ua_bind_input(bound->bind, now_ms, src, buf, len);
		if (err != ENOENT)
			return err;
	}

	return ENOENT;
}


void ua_bound_close(struct ua_leg *host)
{
	struct ua_flow *flow = host->flow;
	size_t i;

	for (i = 0; flow && i < flow->nbind; i++) {
		if (flow->binds[i].host == host)
			flow->binds[i].bind = mem_deref(flow->binds[i].bind);
	}
}
