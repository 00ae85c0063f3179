/* SPDX-License-Identifier: BSD-3-Clause */
/** @file sipflow.c  A flow to a server, kept alive for all who use it */

#include <errno.h>
#include <string.h>
#include <openssl/crypto.h>

#include "base/re_compat.h"
#include "base/clock.h"
#include <ua/log.h>
#include "dialog/sipmsg.h"
#include "sip/epcore.h"
#include "sip/sipflowcore.h"
#include "sip/sipseen.h"
#include "sip/wake.h"

static void on_wake(void *arg);


void ua_sipflowcore_wake(struct ua_sipflow *flow)
{
	ua_wake_at(&flow->tmr, 0, on_wake, flow);
}


static void flow_destructor(void *arg)
{
	struct ua_sipflow *flow = arg;

	list_unlink(&flow->le);
	tmr_cancel(&flow->tmr);
	mem_deref(flow->req);
	mem_deref(flow->ping);
	ua_sipself_reset(&flow->self);
	mem_deref(flow->half);
	mem_deref(flow->bind);
	mem_deref(flow->watch);
	mem_deref(flow->probe);
	mem_deref(flow->spare);
}


static void user_destructor(void *arg)
{
	struct ua_sipflow_user *user = arg;
	struct ua_sipflow *flow = user->flow;

	/* What is in flight speaks for the first user. */
	if (flow && flow->userl.head == &user->le) {
		flow->half = mem_deref(flow->half);
		ua_sipself_reset(&flow->self);
	}

	list_unlink(&user->le);
	mem_deref(flow);
	mem_deref(user->uri);
	mem_deref(user->aor);
	mem_deref(user->contact);
	mem_deref(user->gruu);
	mem_deref(user->cred_user);
	if (user->password)
		OPENSSL_cleanse(user->password, strlen(user->password));
	mem_deref(user->password);
}


struct ua_sipflow_user *ua_sipflowcore_first(const struct ua_sipflow *flow)
{
	return list_ledata(flow->userl.head);
}


void ua_sipflowcore_tell(struct ua_sipflow *flow,
			 const struct ua_sipflow_event *ev, bool all)
{
	struct le *le = flow->userl.head;

	while (le) {
		struct ua_sipflow_user *user = le->data;

		le = le->next;
		user->h(user, ev, user->arg);
		if (!all)
			break;
	}
}


/* A NAT that gives another address, or port, has forgotten the old one. */
static bool see_mapped(struct ua_sipflow *flow, uint64_t now_ms,
		       const struct ua_addr *mapped, uint64_t idle_ms)
{
	char was[UA_ADDR_LEN], is[UA_ADDR_LEN];
	bool moved;

	if (!mapped->af || ua_addr_eq(mapped, &flow->mapped))
		return false;

	moved = flow->mapped.af != UA_AF_NONE;
	if (moved) {
		ua_log(flow->ep->log, UA_LOG_INFO, "flow",
		       "seen as %s, before as %s", ua_addr_str(mapped, is),
		       ua_addr_str(&flow->mapped, was));
		ua_lifetime_died(&flow->life, now_ms, idle_ms);
	}

	flow->mapped = *mapped;

	return moved;
}


static bool port_kept(const struct ua_sipflow *flow)
{
	return flow->mapped.port == flow->ep->local.port;
}


static bool anybody_registered(const struct ua_sipflow *flow)
{
	const struct le *le;

	for (le = flow->userl.head; le; le = le->next) {
		if (((const struct ua_sipflow_user *)le->data)->registered)
			return true;
	}

	return false;
}


/* The server saw us: what is known of the binding begins there. */
static void see_answer(struct ua_sipflow *flow, uint64_t now_ms)
{
	if (anybody_registered(flow) && flow->mapped.af)
		ua_lifetime_answered(&flow->life, now_ms, port_kept(flow));
}


/* What one machine knows the other has to know. */
static void join_machines(struct ua_sipflow *flow, uint64_t now_ms)
{
	if (flow->broken) {
		ua_pinger_broken(&flow->pinger, now_ms, flow->broken);
		flow->broken = 0;
	}

	if (flow->hop.tp != UA_TP_UDP)
		return;

	ua_pinger_interval(&flow->pinger, now_ms,
			   ua_lifetime_interval_ms(&flow->life));
	ua_pinger_hold(&flow->pinger, ua_lifetime_hold(&flow->life));
}


void ua_sipflowcore_pace(const struct ua_sipflow *flow, uint64_t now_ms,
			 struct ua_sipflow_event *ev)
{
	const uint64_t hold_ms = ua_lifetime_hold(&flow->life);
	const uint64_t at_ms = ua_pinger_deadline(&flow->pinger);

	ev->interval_ms = ua_pinger_interval_ms(&flow->pinger);
	if (hold_ms > now_ms && hold_ms - now_ms > ev->interval_ms)
		ev->interval_ms = (uint32_t)(hold_ms - now_ms);
	ev->next_ms = at_ms > now_ms && at_ms != UA_NEVER
			      ? (uint32_t)(at_ms - now_ms)
			      : 0;
	ev->saved = ua_lifetime_saved(&flow->life, now_ms);
	ev->learning = ua_lifetime_words(&flow->life);
}


static void on_lost(struct ua_sipflow *flow, const struct ua_pinger_event *pev)
{
	const struct ua_sipflow_event ev = {
		.type = UA_SIPFLOW_LOST,
		.err = pev->err,
	};

	ua_sipping_drop(flow);
	flow->self.flight = false;
	flow->watch = mem_deref(flow->watch);
	ua_lifetime_lost(&flow->life);

	/* libre finds a connection by its peer and would go on using it. */
	if (flow->hop.tp != UA_TP_UDP)
		ua_conns_shut(&flow->ep->conns, &flow->hop.addr);

	ua_sipflowcore_tell(flow, &ev, true);
}


static void on_answered(struct ua_sipflow *flow, uint64_t now_ms,
			const struct ua_pinger_event *pev)
{
	struct ua_sipflow_event ev = {
		.type = pev->type == UA_PINGER_RESTORED ? UA_SIPFLOW_RESTORED
							: UA_SIPFLOW_ANSWERED,
		.ping = pev->ping,
		.code = pev->code,
		.rtt_ms = pev->rtt_ms,
		.mapped = pev->mapped,
		.after_ms = pev->after_ms,
	};
	const struct ua_sipflow_event moved = {
		.type = UA_SIPFLOW_REGISTER,
		.mapped = pev->mapped,
	};
	const bool died =
		see_mapped(flow, now_ms, &pev->mapped, flow->idle_ms);

	if (pev->mapped.af)
		flow->by_ping = true;

	/* It was slow, once. */
	if (pev->ping == UA_PING_OPTIONS && flow->memory.deaf) {
		flow->memory.deaf = false;
		ua_siplearn_tell(flow);
	}

	see_answer(flow, now_ms);
	join_machines(flow, now_ms);
	ua_sipflowcore_pace(flow, now_ms, &ev);
	if (died)
		ua_sipflowcore_tell(flow, &moved, true);
	if (ua_sipflowcore_first(flow))
		ua_sipflowcore_tell(flow, &ev, true);
}


static void on_event(struct ua_sipflow *flow, uint64_t now_ms,
		     const struct ua_pinger_event *pev)
{
	switch (pev->type) {

	case UA_PINGER_ANSWERED:
	case UA_PINGER_RESTORED:
		on_answered(flow, now_ms, pev);
		break;

	case UA_PINGER_LOST:
		on_lost(flow, pev);
		break;

	case UA_PINGER_METHOD:
		ua_sipping_drop(flow);
		if (pev->ping != UA_PING_OPTIONS)
			break;
		flow->memory.deaf = true;
		ua_siplearn_tell(flow);
		break;

	default:
		break;
	}
}


static uint64_t deadline(const struct ua_sipflow *flow)
{
	uint64_t at = ua_pinger_deadline(&flow->pinger);
	uint64_t other = ua_lifetime_deadline(&flow->life);

	if (other < at)
		at = other;

	other = ua_sipping_deadline(flow);

	return other < at ? other : at;
}


/* A silence that begins or ends moves the next ping: before one is asked for
 * at once, or that would be forgotten. */
static void learn(struct ua_sipflow *flow, uint64_t now_ms)
{
	enum ua_lifetime_act what;

	join_machines(flow, now_ms);
	while (ua_sipflowcore_first(flow) &&
	       (what = ua_lifetime_output(&flow->life)) != 0)
		ua_siplearn_act(flow, now_ms, what);

	join_machines(flow, now_ms);
}


static void pump(struct ua_sipflow *flow)
{
	const uint64_t now_ms = ua_clock_ms();
	struct ua_pinger_event ev;
	enum ua_ping ping;

	ua_sipping_pump(flow, now_ms);
	join_machines(flow, now_ms);
	ua_lifetime_tick(&flow->life, now_ms);
	learn(flow, now_ms);
	ua_pinger_tick(&flow->pinger, now_ms);
	while (ua_sipflowcore_first(flow) &&
	       (ping = ua_pinger_output(&flow->pinger, now_ms)) != 0)
		ua_sipping_send(flow, now_ms, ping);

	while (ua_sipflowcore_first(flow) &&
	       ua_pinger_event(&flow->pinger, &ev))
		on_event(flow, now_ms, &ev);

	/* An answer may be what it waited for. */
	learn(flow, now_ms);
	ua_wake_at(&flow->tmr, deadline(flow), on_wake, flow);
}


/* The users hold the flow, and the last one may leave in its handler. */
static void on_wake(void *arg)
{
	struct ua_sipflow *flow = mem_ref(arg);

	pump(flow);
	mem_deref(flow);
}


static struct ua_sipflow *find(const struct ua_endpoint *ep,
			       const struct ua_sipflow_conf *conf)
{
	const struct le *le;

	for (le = ep->flowl.head; le; le = le->next) {
		struct ua_sipflow *flow = le->data;

		if (flow->hop.tp == conf->hop.tp &&
		    ua_addr_eq(&flow->hop.addr, &conf->hop.addr) &&
		    flow->mode == conf->mode &&
		    flow->interval_s == conf->interval_s)
			return flow;
	}

	return NULL;
}


static struct ua_sipflow *flow_make(struct ua_endpoint *ep,
				    const struct ua_sipflow_conf *conf)
{
	const struct ua_pinger_conf pconf = {
		.tp = conf->hop.tp,
		.mode = conf->mode,
		.interval_s = conf->interval_s,
		.dead_ms = conf->dead_ms,
		.deaf = conf->memory.deaf,
		.rand = ep->rand,
		.log = ep->log,
	};
	const struct ua_lifetime_conf lconf = {
		.off = !conf->learn || conf->interval_s ||
		       conf->hop.tp != UA_TP_UDP ||
		       (conf->mode != UA_KEEPALIVE_AUTO &&
			conf->mode != UA_KEEPALIVE_OPTIONS),
		.learnt_s = conf->memory.learnt_s,
		.log = ep->log,
	};
	struct ua_sipflow *flow;

	flow = mem_zalloc(sizeof(*flow), flow_destructor);
	if (!flow)
		return NULL;

	tmr_init(&flow->tmr);
	flow->resend_at = UA_NEVER;
	flow->self.each_ms =
		conf->self_ms ? conf->self_ms : UA_SIPFLOW_SELF_MS;
	flow->self.last_ms = ua_clock_ms();
	flow->ep = ep;
	flow->hop = conf->hop;
	flow->mode = conf->mode;
	flow->interval_s = conf->interval_s;
	flow->memory = conf->memory;
	ua_pinger_init(&flow->pinger, &pconf, ua_clock_ms());
	ua_lifetime_init(&flow->life, &lconf);
	list_append(&ep->flowl, &flow->le, flow);
	ua_sipseen_begin(ep);
	ua_wake_at(&flow->tmr, deadline(flow), on_wake, flow);

	return flow;
}


static int dup(char **dst, const char *src)
{
	return src ? str_dup(dst, src) : 0;
}


static int user_strings(struct ua_sipflow_user *user,
			const struct ua_sipflow_conf *conf)
{
	int err;

	err = str_dup(&user->uri, conf->uri);
	if (!err)
		err = str_dup(&user->aor, conf->aor);
	if (!err)
		err = str_dup(&user->contact, conf->contact);
	if (!err)
		err = dup(&user->cred_user, conf->cred.user);
	if (!err)
		err = dup(&user->password, conf->cred.password);

	return err;
}


int ua_sipflow_join(struct ua_sipflow_user **userp, struct ua_endpoint *ep,
		    const struct ua_sipflow_conf *conf)
{
	struct ua_sipflow_user *user;
	struct pl contact, uri;
	int err;

	pl_set_str(&contact, conf->contact);
	pl_set_str(&uri, conf->uri);
	if (!conf->hop.addr.af || !ua_sipmsg_uri_ok(&contact) ||
	    !ua_sipmsg_uri_ok(&uri))
		return EINVAL;

	user = mem_zalloc(sizeof(*user), user_destructor);
	if (!user)
		return ENOMEM;

	user->h = conf->h;
	user->arg = conf->arg;
	err = user_strings(user, conf);
	if (!err) {
		user->flow = mem_ref(find(ep, conf));
		if (!user->flow)
			user->flow = flow_make(ep, conf);
		if (!user->flow)
			err = ENOMEM;
	}
	if (err) {
		mem_deref(user);
		return err;
	}

	list_append(&user->flow->userl, &user->le, user);
	*userp = user;

	return 0;
}


void ua_sipflow_registered(struct ua_sipflow_user *user,
			   const struct ua_addr *mapped, bool outbound,
			   uint32_t flow_timer_s, const char *gruu)
{
	struct ua_sipflow *flow = user->flow;
	const uint64_t now_ms = ua_clock_ms();

	user->registered = true;
	user->gruu = mem_deref(user->gruu);
	/* Without memory for it the address of record does as well. */
	(void)dup(&user->gruu, gruu);

	/* What pings tell can be compared with what the next one tells. */
	if (!flow->by_ping)
		(void)see_mapped(flow, now_ms, mapped,
				 now_ms - ua_pinger_proof(&flow->pinger));
	see_answer(flow, now_ms);
	ua_pinger_outbound(&flow->pinger, now_ms, outbound, flow_timer_s);
	ua_sipflowcore_wake(flow);
}


void ua_sipflow_now(struct ua_sipflow_user *user)
{
	ua_pinger_kick(&user->flow->pinger, ua_clock_ms());
	ua_sipflowcore_wake(user->flow);
}


void ua_sipflow_broken(struct ua_sipflow_user *user, int err)
{
	user->flow->broken = err;
	ua_sipflowcore_wake(user->flow);
}


unsigned ua_sipflow_users(const struct ua_sipflow_user *user)
{
	return list_count(&user->flow->userl);
}
