/* SPDX-License-Identifier: BSD-3-Clause */
/** @file asked.c  Which server is asked, and when */

#include <errno.h>
#include <string.h>
#include <openssl/crypto.h>

#include "base/clock.h"
#include "call/flowcore.h"
#include "call/turncred.h"
#include "call/turnenv.h"

enum {
	YIELDS_MAX = 2,

	/* coturn has room again a second after it freed an allocation */
	YIELD_MS = 1000
};

/* The faster ones first: the others are asked if they give nothing. */
static const uint16_t delay_ms[UA_GATHER_WAYS] = {
	[UA_TP_UDP] = 0,
	[UA_TP_TCP] = 300,
	[UA_TP_TLS] = 600,
};


static bool has_relay(const struct ua_flow *flow)
{
	size_t i;

	for (i = 0; i < flow->nrelay; i++) {
		if (ua_relays_ready(&flow->relays[i]))
			return true;
	}

	return false;
}


/* Has the same server answered by another transport? */
static bool is_heard(const struct ua_asked *asked)
{
	const struct ua_flow *flow = asked->flow;
	size_t i;

	for (i = 0; i < flow->nasked; i++) {
		if (flow->asked[i].server.conf == asked->server.conf &&
		    flow->asked[i].heard)
			return true;
	}

	for (i = 0; i < flow->nrelay; i++) {
		const struct ua_flow_relay *relay = &flow->relays[i];

		if (relay->asked->server.conf == asked->server.conf &&
		    relay->turn && ua_turn_heard(relay->turn))
			return true;
	}

	return false;
}


/* Is an answer still awaited that makes slower transports needless? */
static bool is_open(const struct ua_flow *flow)
{
	size_t i;

	for (i = 0; i < flow->nasked; i++) {
		if (flow->asked[i].query || flow->asked[i].cred)
			return true;
	}

	for (i = 0; i < flow->nrelay; i++) {
		if (flow->relays[i].turn && !flow->relays[i].settled)
			return true;
	}

	return false;
}


/* The socket that the kernel would take to a server, else any of its kind */
static struct ua_leg *host_for(struct ua_flow *flow, unsigned comp,
			       const struct ua_addr *addr)
{
	struct ua_leg *any = NULL;
	struct ua_addr source;
	const bool known = !ua_iflist_source(addr, &source);
	size_t i;

	for (i = 0; i < flow->nhost; i++) {
		struct ua_leg *host = &flow->hosts[i];

		if (host->comp != comp || host->addr.af != addr->af ||
		    !host->sock)
			continue;

		if (known && ua_addr_ip_eq(&host->addr, &source))
			return host;
		if (!any)
			any = host;
	}

	return any;
}


bool ua_asked_try(struct ua_asked *asked, uint64_t now_ms, unsigned comp)
{
	struct ua_flow *flow = asked->flow;
	size_t *next = &asked->next[comp - 1];
	char str[UA_ADDR_LEN];

	while (!flow->closing && *next < asked->ntarget) {
		const struct ua_addr *addr = &asked->targetv[(*next)++];
		struct ua_leg *host = host_for(flow, comp, addr);

		if (!host)
			continue;

		if (!ua_turnenv_usable(flow->env, now_ms, addr)) {
			ua_log(flow->env->log, UA_LOG_INFO, "turn",
			       "%s (%s): had no capacity a moment ago",
			       asked->server.conf->uri,
			       ua_addr_str(addr, str));
			continue;
		}

		if (!ua_relays_open(asked, host, addr,
				    ua_turnenv_family(flow->env, addr), false))
			return true;
	}

	return false;
}


/* A mapped address of every socket of a server's family */
static void bind_all(struct ua_flow *flow, const struct ua_addr *addr)
{
	size_t i;

	for (i = 0; i < flow->nhost; i++) {
		struct ua_leg *host = &flow->hosts[i];

		if (host->comp && host->addr.af == addr->af && host->sock)
			ua_bound_open(host, addr);
	}
}


/* Has a server given this component something, or may it still do so? */
static bool serves(const struct ua_asked *asked, unsigned comp)
{
	const struct ua_flow *flow = asked->flow;
	size_t i;

	for (i = 0; i < flow->nrelay; i++) {
		const struct ua_flow_relay *relay = &flow->relays[i];

		if (relay->turn && relay->asked == asked &&
		    relay->comp == comp)
			return true;
	}

	return false;
}


static void use_server(struct ua_asked *asked, uint64_t now_ms)
{
	struct ua_flow *flow = asked->flow;
	unsigned comp;

	if (!asked->server.turn) {
		bind_all(flow, &asked->targetv[0]);
		return;
	}

	/* How we look it tells in one round trip; a relay takes it two. */
	if (asked->tp == UA_TP_UDP)
		bind_all(flow, &asked->targetv[0]);

	for (comp = 1; comp <= (flow->mux ? 1U : UA_FLOW_COMPS); comp++) {
		if (serves(asked, comp))
			continue;

		asked->next[comp - 1] = 0;
		(void)ua_asked_try(asked, now_ms, comp);
	}
}


void ua_asked_forget(struct ua_asked *asked)
{
	if (asked->password)
		OPENSSL_cleanse(asked->password, strlen(asked->password));

	asked->user = mem_deref(asked->user);
	asked->password = mem_deref(asked->password);
}


static void cred_handler(int err, const char *why, const char *user,
			 const char *password, void *arg)
{
	struct ua_asked *asked = arg;
	struct ua_flow *flow = asked->flow;

	asked->cred = mem_deref(asked->cred);
	ua_asked_forget(asked);

	if (!err)
		err = str_dup(&asked->user, user);
	if (!err)
		err = str_dup(&asked->password, password);

	if (err)
		ua_log(flow->env->log, UA_LOG_WARN, "turn",
		       "%s: no user and password: %s", asked->server.conf->uri,
		       *why ? why : strerror(err));
	else
		use_server(asked, ua_clock_ms());

	ua_flowpump_run(flow);
}


/* Its addresses are known: now who we are */
void ua_asked_begin(struct ua_asked *asked)
{
	const char *source = asked->server.conf->credentials;
	int err;

	if (!asked->server.turn || !source) {
		use_server(asked, ua_clock_ms());
		return;
	}

	if (asked->cred)
		return;

	err = ua_turncred_get(&asked->cred, source, cred_handler, asked);
	if (err)
		ua_log(asked->flow->env->log, UA_LOG_WARN, "turn", "%s: %m",
		       asked->server.conf->uri, err);
}


bool ua_asked_renew(struct ua_asked *asked, unsigned comp)
{
	bool *renewed = &asked->renewed[comp - 1];

	if (!asked->server.conf->credentials || asked->flow->closing ||
	    *renewed)
		return false;

	*renewed = true;
	ua_asked_begin(asked);
	return asked->cred != NULL;
}


static void asked_handler(int err, const char *text,
			  const struct ua_target *targetv, size_t n, void *arg)
{
	struct ua_asked *asked = arg;
	struct ua_flow *flow = asked->flow;
	size_t i;

	if (err)
		ua_log(flow->env->log, UA_LOG_WARN, "flow", "%s: %s (%m)",
		       asked->server.conf->uri, text ? text : "not found",
		       err);

	for (i = 0; !err && i < n && asked->ntarget < UA_GATHER_TARGETS; i++) {
		if (targetv[i].tp == asked->tp)
			asked->targetv[asked->ntarget++] = targetv[i].addr;
	}

	if (asked->ntarget)
		ua_asked_begin(asked);

	ua_flowpump_run(flow);
}


static void look_up(struct ua_asked *asked)
{
	const struct ua_env *env = asked->flow->env;
	const struct ua_locate_conf locate = {
		.host = asked->server.host,
		.port = asked->server.port,
		.service =
			asked->server.turn ? UA_SERVICE_TURN : UA_SERVICE_STUN,
		.tps = UA_TP_BIT(asked->tp),
		.ip4 = env->conf->ip4,
		.ip6 = env->conf->ip6,
	};
	int err;

	asked->state = UA_ASKED_OPEN;
	err = ua_resolver_query(&asked->query, env->resolver, &locate,
				asked_handler, asked);
	if (err)
		ua_log(env->log, UA_LOG_WARN, "flow", "%s: %m",
		       asked->server.conf->uri, err);
}


/* Ask it, or spare it; returns when to look again. */
uint64_t ua_asked_pump(struct ua_asked *asked, uint64_t now_ms)
{
	struct ua_flow *flow = asked->flow;

	if (asked->state != UA_ASKED_WAITS || flow->closing)
		return UA_NEVER;

	if (asked->tp != UA_TP_UDP && (has_relay(flow) || is_heard(asked))) {
		asked->state = UA_ASKED_SPARED;
		return UA_NEVER;
	}

	if (asked->due_ms > now_ms && is_open(flow))
		return asked->due_ms;

	look_up(asked);
	return UA_NEVER;
}


/* Has a component a relay now? */
static struct ua_flow_relay *relay_for(struct ua_flow *flow, unsigned comp,
				       const struct ua_asked *asked)
{
	size_t i;

	for (i = 0; i < flow->nrelay; i++) {
		struct ua_flow_relay *relay = &flow->relays[i];

		if (relay->comp == comp && relay->turn &&
		    (!asked || relay->asked == asked) &&
		    (asked || ua_relays_ready(relay)))
			return relay;
	}

	return NULL;
}


/*
 * Both are asked for at once, and where there is room for one alone it may be
 * given to the wrong one.
 */
void ua_asked_yield(struct ua_asked *asked, uint64_t now_ms)
{
	struct ua_flow *flow = asked->flow;
	struct ua_flow_relay *rtcp;

	if (!asked->quota || flow->closing || relay_for(flow, 1, NULL))
		return;

	rtcp = relay_for(flow, 2, asked);
	if (rtcp) {
		if (ua_relays_ready(rtcp))
			ua_relays_leave(rtcp, now_ms);
		return;
	}

	/* Somebody else may have taken the room that was made. */
	asked->quota = false;
	if (asked->nyield < YIELDS_MAX) {
		++asked->nyield;
		asked->yield_ms = now_ms + YIELD_MS;
	}
}


/* RTP asks again where RTCP has yielded; returns when to look again. */
uint64_t ua_asked_yield_pump(struct ua_asked *asked, uint64_t now_ms)
{
	struct ua_flow *flow = asked->flow;

	if (asked->yield_ms > now_ms || flow->closing)
		return flow->closing ? UA_NEVER : asked->yield_ms;

	asked->yield_ms = UA_NEVER;
	if (!relay_for(flow, 1, NULL) && asked->next[0]) {
		--asked->next[0];
		(void)ua_asked_try(asked, now_ms, 1);
	}

	return UA_NEVER;
}


void ua_asked_wanted(struct ua_flow *flow, uint64_t now_ms)
{
	size_t i;

	for (i = 0; i < flow->nasked; i++) {
		struct ua_asked *asked = &flow->asked[i];

		if (asked->state == UA_ASKED_SPARED) {
			asked->state = UA_ASKED_WAITS;
			asked->due_ms = now_ms + delay_ms[asked->tp];
		}
	}
}


static void add(struct ua_flow *flow, const struct ua_server_conf *conf,
		bool turn)
{
	struct ua_server server;
	int tp;

	if (ua_server_decode(&server, conf, turn, NULL))
		return;

	for (tp = UA_TP_UDP; tp < UA_GATHER_WAYS; tp++) {
		struct ua_asked *asked = &flow->asked[flow->nasked];

		if (!(server.tps & UA_TP_BIT(tp)))
			continue;

		asked->flow = flow;
		asked->server = server;
		asked->tp = (enum ua_tp)tp;
		asked->yield_ms = UA_NEVER;
		asked->due_ms = ua_clock_ms() + delay_ms[tp];
		flow->nasked++;
	}
}


void ua_asked_start(struct ua_flow *flow)
{
	const struct ua_agent_conf *conf = flow->env->conf;
	size_t i;

	for (i = 0; i < UA_SERVER_MAX && conf->turn[i].uri; i++)
		add(flow, &conf->turn[i], true);

	for (i = 0; i < UA_SERVER_MAX && conf->stun[i].uri; i++)
		add(flow, &conf->stun[i], false);

	for (i = 0; i < flow->nasked; i++) {
		if (flow->asked[i].due_ms <= ua_clock_ms())
			look_up(&flow->asked[i]);
	}
}
