/* SPDX-License-Identifier: BSD-3-Clause */
/** @file network.c  An agent whose host changes its place in the network */

#include <errno.h>
#include <string.h>

#include "agent/impl.h"
#include "base/clock.h"
#include "call/callcore.h"
#include "call/callnet.h"

enum { WORDS_MAX = 240 };

/** Words that tell what changed; cut off where there is no more room */
struct words {
	char buf[WORDS_MAX];
	size_t len;
};


static void words_add(struct words *w, const char *verb,
		      const struct ua_ifaddr *ifa)
{
	const size_t room = sizeof(w->buf) - w->len;
	char addr[UA_ADDR_LEN];
	int n;

	/* It is always there, though it may not always count. */
	if (!strcmp(ifa->ifname, "lo"))
		return;

	n = re_snprintf(w->buf + w->len, room, "%s%s %s (%s)",
			w->len ? ", " : "", verb,
			ua_addr_ip_str(&ifa->addr, addr), ifa->ifname);
	if (n > 0)
		w->len += (size_t)n;
	else
		w->buf[w->len] = '\0';
}


static void words_print(struct words *w, const struct ua_iflist *old,
			const struct ua_iflist *now)
{
	const struct ua_ifaddr *was;
	size_t i;

	for (i = 0; i < now->n; i++) {
		was = ua_iflist_find(old, &now->v[i].addr);
		if (!was || was->ifindex != now->v[i].ifindex)
			words_add(w, "came", &now->v[i]);
		else if (was->deflt != now->v[i].deflt ||
			 was->cost != now->v[i].cost)
			words_add(w, "changed", &now->v[i]);
	}

	for (i = 0; i < old->n; i++) {
		if (!ua_iflist_find(now, &old->v[i].addr))
			words_add(w, "gone", &old->v[i]);
	}
}


static void tell(struct ua_agent *agent, const struct ua_iflist *now,
		 const char *reason)
{
	struct ua_event ev = { .type = UA_EVENT_NETWORK, .reason = reason };
	struct ua_addr addrs[UA_IFADDR_MAX];
	size_t i;

	for (i = 0; i < now->n; i++)
		addrs[i] = now->v[i].addr;

	ev.addrs = addrs;
	ev.naddr = now->n;
	agent->env.emit(&agent->env, &ev);
}


static void on_sweep(void *arg)
{
	struct ua_agent *agent = arg;

	if (ua_site_sweep(agent))
		tmr_start(&agent->sweep, UA_SWEEP_MS, on_sweep, agent);
}


void ua_network_sweep(struct ua_agent *agent)
{
	if (!tmr_isrunning(&agent->sweep))
		tmr_start(&agent->sweep, UA_SWEEP_MS, on_sweep, agent);
}


/* Each account finds its way again, and each call follows. */
static void follow(struct ua_agent *agent)
{
	struct le *le;

	for (le = agent->accounts.head; le; le = le->next)
		ua_accountmove_network(le->data);

	/* A call without a way may end by it, and is gone then. */
	le = agent->env.calls.head;
	while (le) {
		struct ua_call *call = le->data;

		le = le->next;
		ua_callnet_changed(call);
	}

	/* Not at once: what came last may still hold a connection. */
	tmr_start(&agent->sweep, UA_SWEEP_MS, on_sweep, agent);
}


static int on_look(struct ua_iflist *list, void *arg)
{
	const struct ua_agent *agent = arg;

	return ua_env_addresses(&agent->env, list);
}


static void on_changed(const struct ua_iflist *old,
		       const struct ua_iflist *now, void *arg)
{
	struct ua_agent *agent = arg;
	struct words w = { .len = 0 };
	const char *reason;

	words_print(&w, old, now);
	reason = w.len ? w.buf : "nothing but the loopback";
	ua_log(&agent->log, UA_LOG_INFO, "network", "%s", reason);
	tell(agent, now, reason);

	if (agent->env.stopping)
		return;

	/* Names may mean other addresses there, by other servers, and what
	 * could not be reached may be. */
	ua_resolver_reload(agent->resolver);
	ua_shun_flush(&agent->env.shun);
	follow(agent);
}


static bool anybody_astray(struct ua_agent *agent)
{
	struct le *le;

	for (le = agent->accounts.head; le; le = le->next) {
		if (ua_accountmove_is_astray(le->data))
			return true;
	}

	for (le = agent->env.calls.head; le; le = le->next) {
		if (ua_callnet_is_astray(le->data))
			return true;
	}

	return false;
}


/* Somebody may be reached from another address now. */
static void on_routes(void *arg)
{
	struct ua_agent *agent = arg;

	if (!agent->env.stopping && anybody_astray(agent))
		follow(agent);
}


int ua_network_start(struct ua_agent *agent)
{
	const struct ua_netmon_conf conf = {
		.log = &agent->log,
		.look = on_look,
		.changed = on_changed,
		.routes = on_routes,
		.arg = agent,
	};

	tmr_init(&agent->sweep);

	return ua_netmon_alloc(&agent->netmon, &conf);
}


void ua_network_stop(struct ua_agent *agent)
{
	tmr_cancel(&agent->sweep);
	agent->netmon = mem_deref(agent->netmon);
}


void ua_network_rearm(struct ua_agent *agent)
{
	ua_netmon_kick(agent->netmon);
	if (tmr_isrunning(&agent->sweep))
		tmr_start(&agent->sweep, UA_SWEEP_MS, on_sweep, agent);
}


void ua_network_moved(struct ua_env *env)
{
	struct ua_agent *agent = (struct ua_agent *)env;
	struct le *le;

	for (le = agent->endpoints.head; le; le = le->next)
		ua_endpoint_moved(((struct ua_site *)le->data)->ep);

	for (le = agent->accounts.head; le; le = le->next)
		ua_account_again(le->data);
}
