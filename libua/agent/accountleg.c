/* SPDX-License-Identifier: BSD-3-Clause */
/** @file accountleg.c  A flow of an account, and its registration by that */

#include <errno.h>
#include <string.h>

#include "agent/accountcore.h"
#include "agent/netstore.h"
#include "base/clock.h"
#include "call/target.h"

/*
 *  account -+- leg 1: registration (reg-id 1) -- flow -- server A
 *           '- leg 2: registration (reg-id 2) -- flow -- server B
 *
 * The second one is there where the registrar agreed to outbound and has a
 * second address (RFC 5626, 3.3): whichever server dies, calls come in.
 */

/* Words for a failure that has no SIP status. */
static const char *err_words(const struct ua_leg *leg, int err, char *buf,
			     size_t size)
{
	char addr[UA_ADDR_LEN];

	if (leg->ep && ua_endpoint_why(leg->ep, err, buf, size))
		return buf;

	(void)re_snprintf(buf, size, "%s from %s:%s (%m)",
			  err == ETIMEDOUT ? "no answer" : "no service",
			  ua_tp_name(leg->hop.tp),
			  ua_addr_str(&leg->hop.addr, addr), err);
	return buf;
}


int ua_accountleg_start(struct ua_leg *leg, size_t target)
{
	struct ua_endpoint *ep;
	int err;

	err = ua_accounttarget_endpoint(leg, target, &ep);

	return err ? err : ua_accountleg_use(leg, target, ep);
}


bool ua_accountleg_registered(const struct ua_account *acc)
{
	size_t i;

	for (i = 0; i < UA_ACCOUNT_LEGS; i++) {
		if (acc->legv[i].registered)
			return true;
	}

	return false;
}


struct ua_leg *ua_accountleg_best(struct ua_account *acc)
{
	size_t i;

	for (i = 0; i < UA_ACCOUNT_LEGS; i++) {
		if (acc->legv[i].registered)
			return &acc->legv[i];
	}

	return &acc->legv[0];
}


void ua_accountleg_drop(struct ua_leg *leg)
{
	leg->flow = mem_deref(leg->flow);
	leg->line = mem_deref(leg->line);
	leg->gruu = mem_deref(leg->gruu);
	leg->route = mem_deref(leg->route);
	tmr_cancel(&leg->silent);
	leg->ep = NULL;
	leg->registered = false;
	leg->outbound = false;
	leg->pinging = false;
}


/* -- the flow ------------------------------------------------------------- */

static void shun(struct ua_leg *leg, uint64_t ms)
{
	ua_shun_add(&leg->acc->agent->env.shun, ua_clock_ms(), &leg->hop.addr,
		    leg->hop.tp, ms);
}


static void on_silent(void *arg);


/* The next server has its turn soon, where there is one. */
static void watch_silence(struct ua_leg *leg)
{
	if (leg->line && leg->acc->ntarget > 1)
		tmr_start(&leg->silent, UA_ACCOUNT_SILENT_MS, on_silent, leg);
	else
		tmr_cancel(&leg->silent);
}


/*
 * The server is not to be reached by this flow: another one, or this one
 * anew, and its name may mean others by now.
 */
static void move_on(struct ua_leg *leg)
{
	struct ua_account *acc = leg->acc;
	const size_t target = ua_accounttarget_best(leg);

	/* Without a way to that one the line tries on with the old one. */
	if (ua_accounttarget_is(leg, target) ||
	    ua_accountleg_start(leg, target)) {
		ua_regline_restart(leg->line);
		watch_silence(leg);
	}

	if (!acc->query)
		ua_accountcore_look(acc);
}


static bool is_shunned(const struct ua_leg *leg)
{
	return ua_shun_is(&leg->acc->agent->env.shun, ua_clock_ms(),
			  &leg->hop.addr, leg->hop.tp);
}


static void on_flow_lost(struct ua_leg *leg,
			 const struct ua_sipflow_event *fev)
{
	struct ua_event ev = { .type = UA_EVENT_FLOW_LOST };
	char words[512];

	ev.reason = err_words(leg, fev->err, words, sizeof(words));
	leg->registered = false;
	leg->pinging = false;
	ua_accountcore_emit(leg->acc, &ev);

	/* A connection that was closed says nothing about the server. */
	if (leg->hop.tp == UA_TP_UDP || fev->err == ETIMEDOUT)
		shun(leg, 0);
	if (leg->line)
		move_on(leg);
}


static void ping_info(struct ua_keepalive_info *info,
		      const struct ua_sipflow_event *fev)
{
	info->method = fev->probe ? "probe" : ua_ladder_name(fev->ping);
	info->rtt_ms = fev->rtt_ms;
	info->mapped = fev->mapped;
	info->interval_s = (fev->interval_ms + 500) / 1000;
	info->next_s = (fev->next_ms + 500) / 1000;
	info->saved = fev->saved;
	info->learning = fev->learning;
}


static void flow_handler(struct ua_sipflow_user *user,
			 const struct ua_sipflow_event *fev, void *arg)
{
	struct ua_leg *leg = arg;
	struct ua_account *acc = leg->acc;
	struct ua_event ev = { .type = UA_EVENT_NONE };

	(void)user;

	switch (fev->type) {

	case UA_SIPFLOW_ANSWERED:
		/* What the registrar says is told with its answer. */
		if (fev->ping == UA_PING_REGISTER)
			break;
		ev.type = UA_EVENT_KEEPALIVE;
		ping_info(&ev.keepalive, fev);
		ua_accountcore_emit(acc, &ev);
		break;

	case UA_SIPFLOW_LOST:
		on_flow_lost(leg, fev);
		break;

	case UA_SIPFLOW_RESTORED:
		ev.type = UA_EVENT_FLOW_RESTORED;
		ev.ms = fev->after_ms;
		ua_shun_ok(&acc->agent->env.shun, &leg->hop.addr, leg->hop.tp);
		ua_accountcore_emit(acc, &ev);
		if (leg->line && !leg->registered)
			ua_regline_refresh(leg->line);
		break;

	case UA_SIPFLOW_REGISTER:
		leg->pinging = !fev->mapped.af && !fev->code;
		ping_info(&leg->ping, fev);
		if (leg->pinging && leg->line)
			ua_regline_refresh(leg->line);
		else
			ua_account_again(acc);
		break;

	case UA_SIPFLOW_LEARNT:
		ua_netstore_put(acc->agent->store, &leg->hop,
				ua_endpoint_local(leg->ep), &fev->mapped,
				&fev->memory);
		break;

	default:
		break;
	}
}


static void join_flow(struct ua_leg *leg, const struct ua_addr *mapped)
{
	struct ua_account *acc = leg->acc;
	struct ua_sipflow_conf conf = {
		.uri = acc->registrar,
		.aor = acc->aor,
		.contact = leg->contact,
		.cred = { .user = acc->auth_user, .password = acc->password },
		.hop = leg->hop,
		.mode = acc->conf.keepalive,
		.interval_s = acc->conf.keepalive_s,
		.learn = !acc->conf.keepalive_fixed,
		.h = flow_handler,
		.arg = leg,
	};
	int err;

	if (leg->flow)
		return;

	ua_netstore_get(acc->agent->store, &leg->hop,
			ua_endpoint_local(leg->ep), mapped, &conf.memory);
	err = ua_sipflow_join(&leg->flow, leg->ep, &conf);
	if (err)
		ua_log(&acc->agent->log, UA_LOG_WARN, "account",
		       "%s: no keepalive: %m", acc->aor, err);
}


/* -- the registration ----------------------------------------------------- */

/* Another server, where there is one that the first leg does not have */
static void second_leg(struct ua_account *acc)
{
	struct ua_leg *leg = &acc->legv[1];
	size_t target;
	int err;

	if (leg->line || !acc->legv[0].outbound || acc->stopping)
		return;

	target = ua_accounttarget_best(leg);
	if (ua_accounttarget_used(acc, leg, &acc->targets[target]))
		return;

	err = ua_accountleg_start(leg, target);
	if (err)
		ua_log(&acc->agent->log, UA_LOG_INFO, "account",
		       "%s: no second flow: %m", acc->aor, err);
}


static void take(char **dst, const char *src)
{
	*dst = mem_deref(*dst);

	/* Without memory for it calls go as they went before. */
	if (src && str_dup(dst, src))
		*dst = NULL;
}


static void on_silent(void *arg)
{
	struct ua_leg *leg = arg;
	struct ua_account *acc = leg->acc;
	char words[512];
	uint64_t ms;

	if (!leg->line || leg->registered || acc->stopping)
		return;

	/* In a crowd it may not have been asked by us yet, but by others. */
	ms = ua_regline_silent_ms(leg->line);
	if (ms < UA_ACCOUNT_SILENT_MS && !is_shunned(leg)) {
		tmr_start(&leg->silent, UA_ACCOUNT_SILENT_MS - ms, on_silent,
			  leg);
		return;
	}

	shun(leg, 0);
	if (ua_accounttarget_is(leg, ua_accounttarget_best(leg)))
		return;

	ua_accountcore_failed(acc, 0,
			      err_words(leg, ETIMEDOUT, words, sizeof(words)));
	move_on(leg);
}


/*
 * The registrar, or the proxy before it (439), takes it for the binding of
 * our one Contact: two of them would ring twice, and each goodbye take the
 * other away.  It expires.
 */
static void leave_second(struct ua_leg *leg)
{
	ua_log(&leg->acc->agent->log, UA_LOG_INFO, "account",
	       "%s: no second flow: not outbound there", leg->acc->aor);
	ua_accountleg_drop(leg);
}


static void on_registered(struct ua_leg *leg, const struct ua_reg_event *rev,
			  const struct ua_addr *local)
{
	struct ua_account *acc = leg->acc;
	struct ua_event ev = { .type = UA_EVENT_REGISTERED };

	if (leg != &acc->legv[0] && !rev->outbound) {
		leave_second(leg);
		return;
	}

	take(&leg->gruu, ua_regline_gruu(leg->line, false));
	take(&leg->route, ua_regline_service_route(leg->line));
	leg->outbound = rev->outbound;

	ev.reg.tp = leg->hop.tp;
	ev.reg.server = leg->hop.addr;
	ev.reg.local = *local;
	ev.reg.mapped = rev->mapped;
	ev.reg.expires_s = rev->expires_s;
	ev.reg.rtt_ms = rev->rtt_ms;
	ev.reg.outbound = rev->outbound;
	ev.reg.reg_id = leg->reg_id;
	ev.reg.gruu = leg->gruu;

	if (leg->registered && leg->pinging) {
		ev.type = UA_EVENT_KEEPALIVE;
		ev.keepalive = leg->ping;
		ev.keepalive.method = "register";
		ev.keepalive.rtt_ms = rev->rtt_ms;
		ev.keepalive.mapped = rev->mapped;
	}

	leg->pinging = false;
	leg->registered = true;
	tmr_cancel(&leg->silent);
	ua_shun_ok(&acc->agent->env.shun, &leg->hop.addr, leg->hop.tp);
	join_flow(leg, &rev->mapped);
	if (leg->flow)
		ua_sipflow_registered(leg->flow, &rev->mapped, rev->outbound,
				      rev->flow_timer_s, leg->gruu);
	ua_accountcore_emit(acc, &ev);
	second_leg(acc);
}


static void on_failed(struct ua_leg *leg, const struct ua_reg_event *rev)
{
	struct ua_account *acc = leg->acc;
	const bool nowhere = leg->led && !rev->code;
	const bool silent =
		rev->code ? rev->code == 503 : rev->err != ENOMEM && !nowhere;
	char words[512];

	leg->registered = false;
	leg->pinging = false;
	leg->led = false;
	tmr_cancel(&leg->silent);
	ua_accountcore_failed(
		acc, rev->code,
		rev->code || nowhere
			? rev->reason
			: err_words(leg, rev->err, words, sizeof(words)));

	/* For want of ours nobody has to be spared (RFC 5626, 4.5). */
	if (!rev->code && rev->err == ENOMEM)
		ua_account_again(acc);
	if (!silent)
		return;

	/* A server that does not answer, or is out of service (RFC 3263,
	   4.3): the next one; after the last the machine's own patience. */
	shun(leg, rev->code == 503 ? 1000ULL * rev->retry_after_s : 0);
	if (acc->redirect) {
		/* The line leads back to where it was sent from, and not to
		   others there. */
		return;
	}
	if (!ua_accounttarget_is(leg, ua_accounttarget_best(leg))) {
		move_on(leg);
	}
	else if (!acc->query) {
		/* Its name may mean another server by now; in another network
		   it is tried at once. */
		acc->led = acc->moved;
		acc->moved = false;
		ua_accountcore_look(acc);
	}
}


static void on_redirected(struct ua_leg *leg, const struct ua_reg_event *rev)
{
	struct ua_account *acc = leg->acc;

	ua_log(&acc->agent->log, UA_LOG_INFO, "account",
	       "%s: the registrar sends us to %s (%u)", acc->aor, rev->target,
	       rev->code);

	/* The account has one way: that of its first flow. */
	if (leg != &acc->legv[0]) {
		leg->led = rev->code != 0;
		if (rev->code)
			ua_regline_failed(leg->line, ENOTSUP);
		else
			ua_regline_restart(leg->line);
		return;
	}

	take(&acc->redirect, rev->code ? rev->target : NULL);
	acc->led = true;
	leg->led = rev->code != 0;
	leg->flow = mem_deref(leg->flow);
	ua_accountcore_look(acc);
}


static void on_unregistered(struct ua_leg *leg)
{
	struct ua_account *acc = leg->acc;
	struct ua_event ev = { .type = UA_EVENT_UNREGISTERED };
	const bool was = leg->registered;

	ua_accountleg_drop(leg);
	if (was && !ua_accountleg_registered(acc))
		ua_accountcore_emit(acc, &ev);
	ua_accountcore_gone(acc);
}


static void line_handler(struct ua_regline *line,
			 const struct ua_reg_event *rev,
			 const struct ua_addr *local, void *arg)
{
	struct ua_leg *leg = arg;

	(void)line;

	switch (rev->type) {

	case UA_REG_REGISTERED:
		on_registered(leg, rev, local);
		break;

	case UA_REG_FAILED:
		on_failed(leg, rev);
		break;

	case UA_REG_REDIRECTED:
		on_redirected(leg, rev);
		break;

	case UA_REG_UNREGISTERED:
		on_unregistered(leg);
		break;

	default:
		break;
	}
}


int ua_accountleg_use(struct ua_leg *leg, size_t target,
		      struct ua_endpoint *ep)
{
	struct ua_account *acc = leg->acc;
	const struct ua_target *to = &acc->targets[target];
	struct ua_regline_conf conf = {
		.registrar = acc->registrar,
		.aor = acc->aor,
		.contact = leg->contact,
		.route = acc->route,
		.cred = { .user = acc->auth_user, .password = acc->password },
		.expires_s = acc->conf.expires_s,
		.hop = { .addr = to->addr, .tp = to->tp },
		.instance = acc->agent->conf.instance,
		.reg_id = acc->agent->conf.instance ? leg->reg_id : 0,
		.h = line_handler,
		.arg = leg,
	};
	char contact[UA_ENDPOINT_URI_MAX];
	int err;

	err = ua_target_is_sips(acc->aor)
		      ? ua_endpoint_sips(ep, contact, acc->user)
		      : ua_endpoint_contact(ep, contact, acc->user, to->tp);
	if (!err && leg->line)
		err = ua_regline_move(leg->line, ep, &conf.hop, contact);
	if (err)
		return err;

	leg->flow = mem_deref(leg->flow);
	acc->offline = false;
	leg->ep = ep;
	leg->target = target;
	leg->hop = conf.hop;
	leg->registered = false;
	leg->led = false;
	str_ncpy(leg->contact, contact, sizeof(leg->contact));
	if (!leg->line && acc->conf.reg)
		err = ua_regline_alloc(&leg->line, leg->ep, &conf);
	if (!err)
		watch_silence(leg);
	else
		leg->ep = NULL;

	return err;
}
