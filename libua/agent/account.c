/* SPDX-License-Identifier: BSD-3-Clause */
/** @file account.c  An address of record and its registration */

#include <errno.h>
#include <string.h>
#include <openssl/crypto.h>

#include "agent/accountcore.h"
#include "base/clock.h"
#include "call/incoming.h"

enum {
	EXPIRES_S = 300,
	LOOKUP_RETRY_MS = 5000,
	LOOKUP_RETRY_MAX_MS = 60000,
	AGAIN_MS = 2000 /* Between registrations out of turn */
};


void ua_account_conf_default(struct ua_account_conf *conf)
{
	memset(conf, 0, sizeof(*conf));
	conf->reg = true;
	conf->expires_s = EXPIRES_S;
	conf->keepalive = UA_KEEPALIVE_AUTO;
}


static void account_destructor(void *arg)
{
	struct ua_account *acc = arg;
	size_t i;

	list_unlink(&acc->le);
	tmr_cancel(&acc->retry);
	tmr_cancel(&acc->again);
	mem_deref(acc->query);
	for (i = 0; i < UA_ACCOUNT_LEGS; i++)
		ua_accountleg_drop(&acc->legv[i]);

	if (acc->password)
		OPENSSL_cleanse(acc->password, strlen(acc->password));

	mem_deref(acc->password);
	mem_deref(acc->auth_user);
	mem_deref(acc->registrar);
	mem_deref(acc->redirect);
	mem_deref(acc->name_addr);
	mem_deref(acc->server);
	mem_deref(acc->route);
	mem_deref(acc->domain);
	mem_deref(acc->user);
	mem_deref(acc->aor);
}


void ua_accountcore_emit(struct ua_account *acc, struct ua_event *ev)
{
	if (!acc->agent)
		return;

	ev->account = acc;
	acc->agent->env.emit(&acc->agent->env, ev);
}


void ua_accountcore_failed(struct ua_account *acc, uint16_t code,
			   const char *reason)
{
	struct ua_event ev = { .type = UA_EVENT_REGISTER_FAILED,
			       .code = code,
			       .reason = reason };

	ua_accountcore_emit(acc, &ev);
}


void ua_accountcore_gone(struct ua_account *acc)
{
	if (acc->agent || ua_account_busy(acc))
		return;

	list_unlink(&acc->le);
	mem_deref(acc);
}


/* See whether the flows live, and what is known of them. */
static void legs_now(struct ua_account *acc, bool refresh)
{
	size_t i;

	for (i = 0; i < UA_ACCOUNT_LEGS; i++) {
		struct ua_leg *leg = &acc->legv[i];

		if (leg->line && (refresh || !leg->flow))
			ua_regline_refresh(leg->line);
		if (leg->flow)
			ua_sipflow_now(leg->flow);
	}
}


static void on_again(void *arg)
{
	struct ua_account *acc = arg;

	acc->again_ms = ua_clock_ms() + AGAIN_MS;
	legs_now(acc, true);
}


void ua_account_again(struct ua_account *acc)
{
	const uint64_t now_ms = ua_clock_ms();

	if (acc->stopping || acc->offline || tmr_isrunning(&acc->again))
		return;

	tmr_start(&acc->again,
		  acc->again_ms > now_ms ? acc->again_ms - now_ms : 0,
		  on_again, acc);
}


static int lookup(struct ua_account *acc);
static void on_retry(void *arg);


/* Later, and each time later */
void ua_accountcore_retry(struct ua_account *acc)
{
	tmr_start(&acc->retry, acc->retry_ms, on_retry, acc);
	acc->retry_ms = acc->retry_ms * 2 > LOOKUP_RETRY_MAX_MS
				? LOOKUP_RETRY_MAX_MS
				: acc->retry_ms * 2;
}


static void on_retry(void *arg)
{
	struct ua_account *acc = arg;
	const int err = lookup(acc);

	if (err) {
		ua_accountcore_failed(acc, 0, strerror(err));
		ua_accountcore_retry(acc);
	}
}


void ua_accountcore_look(struct ua_account *acc)
{
	acc->query = mem_deref(acc->query);
	acc->retry_ms = LOOKUP_RETRY_MS;
	tmr_start(&acc->retry, 0, on_retry, acc);
}


/* There is no way to the server before the network changes again. */
void ua_accountcore_offline(struct ua_account *acc, int err)
{
	char words[96];
	size_t i;

	if (acc->offline)
		return;

	acc->offline = true;

	/* The line goes home by that: what it was led to is not its server. */
	if (acc->redirect) {
		acc->redirect = mem_deref(acc->redirect);
		acc->ntarget = 0;
		acc->led = true;
	}

	tmr_cancel(&acc->again);
	for (i = 0; i < UA_ACCOUNT_LEGS; i++) {
		struct ua_leg *leg = &acc->legv[i];

		tmr_cancel(&leg->silent);
		leg->flow = mem_deref(leg->flow);
		leg->registered = false;
		if (leg->line)
			ua_regline_hold(leg->line);
	}

	(void)re_snprintf(words, sizeof(words), "no network (%m)", err);
	if (acc->conf.reg)
		ua_accountcore_failed(acc, 0, words);
}


/* Nobody is there where a registrar sent us. */
static void lead_failed(struct ua_account *acc, int err)
{
	struct ua_leg *leg = &acc->legv[0];

	acc->led = false;
	acc->redirect = mem_deref(acc->redirect);
	if (leg->line)
		ua_regline_failed(leg->line, err);
}


static void target_handler(int err, const char *text,
			   const struct ua_target *targetv, size_t n,
			   void *arg)
{
	struct ua_account *acc = arg;
	struct ua_leg *leg = &acc->legv[0];
	char words[256];

	/* Known from before: there the line tries on. */
	if (err && acc->ntarget) {
		ua_log(&acc->agent->log, UA_LOG_INFO, "account", "%s: %s",
		       acc->redirect ? acc->redirect : acc->server,
		       text ? text : strerror(err));
		acc->err = 0;
		acc->moved = true;
		if (acc->led)
			lead_failed(acc, err);
		ua_dial_ready(&acc->agent->env, acc);
		return;
	}

	acc->err = err;
	if (!err) {
		memcpy(acc->targets, targetv, n * sizeof(*targetv));
		acc->ntarget = n;
		if (leg->ep)
			ua_accounttarget_found(acc);
		else
			acc->err = ua_accountleg_start(leg, 0);
		text = acc->err ? "no way to it from here" : NULL;
	}

	if (acc->err) {
		(void)re_snprintf(words, sizeof(words), "%s: %s", acc->server,
				  text ? text : strerror(acc->err));
		ua_accountcore_failed(acc, 0, words);
		ua_accountcore_retry(acc);
	}

	ua_dial_ready(&acc->agent->env, acc);
}


static int lookup(struct ua_account *acc)
{
	struct ua_locate_conf conf;
	char host[UA_DNS_NAME_LEN];
	int err;

	err = ua_target_conf(&conf, host, sizeof(host),
			     acc->redirect ? acc->redirect : acc->server,
			     acc->conf.tp_set, acc->conf.tp,
			     &acc->agent->conf);
	if (err)
		return err;

	/* What is known already serves until then. */
	if (!acc->ntarget)
		acc->err = EINPROGRESS;

	return ua_resolver_query(&acc->query, acc->agent->resolver, &conf,
				 target_handler, acc);
}


int ua_account_add(struct ua_account **accountp, struct ua_agent *agent,
		   const struct ua_account_conf *conf, char *errstr)
{
	struct ua_account *acc;
	uint32_t i;
	int err;

	ua_settings_errf(errstr, "");

	err = ua_accountconf_check(conf, errstr);
	if (err)
		return err;

	acc = mem_zalloc(sizeof(*acc), account_destructor);
	if (!acc)
		return ENOMEM;

	acc->agent = agent;
	acc->conf = *conf;
	acc->retry_ms = LOOKUP_RETRY_MS;
	for (i = 0; i < UA_ACCOUNT_LEGS; i++) {
		acc->legv[i].acc = acc;
		tmr_init(&acc->legv[i].silent);
		acc->legv[i].reg_id = i + 1;
	}

	err = ua_accountconf_identity(acc, conf, errstr);
	if (!err)
		err = ua_accountconf_server(acc, conf, errstr);
	if (!err) {
		err = lookup(acc);
		if (err == EINVAL)
			ua_settings_errf(
				errstr,
				"%s: a host name or address and udp, tcp"
				" or tls expected",
				acc->server);
	}
	if (err) {
		mem_deref(acc);
		return err;
	}

	list_append(&agent->accounts, &acc->le, acc);
	if (accountp)
		*accountp = acc;

	return 0;
}


void ua_account_stop(struct ua_account *acc)
{
	size_t i;

	acc->stopping = true;
	tmr_cancel(&acc->retry);
	tmr_cancel(&acc->again);
	acc->query = mem_deref(acc->query);
	for (i = 0; i < UA_ACCOUNT_LEGS; i++) {
		tmr_cancel(&acc->legv[i].silent);
		acc->legv[i].flow = mem_deref(acc->legv[i].flow);
		if (acc->legv[i].line)
			ua_regline_stop(acc->legv[i].line);
	}
}


bool ua_account_is_at(const struct ua_account *acc,
		      const struct ua_endpoint *ep)
{
	size_t i;

	for (i = 0; i < UA_ACCOUNT_LEGS; i++) {
		if (acc->legv[i].ep == ep)
			return true;
	}

	return false;
}


void ua_account_rearm(struct ua_account *acc)
{
	if (tmr_isrunning(&acc->retry))
		tmr_start(&acc->retry, 0, on_retry, acc);

	if (tmr_isrunning(&acc->again))
		tmr_start(&acc->again, 0, on_again, acc);

	if (!acc->stopping && !acc->offline)
		legs_now(acc, true);
}


bool ua_account_busy(const struct ua_account *acc)
{
	size_t i;

	for (i = 0; i < UA_ACCOUNT_LEGS; i++) {
		if (acc->legv[i].line)
			return true;
	}

	return false;
}


void ua_account_remove(struct ua_account *acc)
{
	struct ua_agent *agent = acc->agent;

	ua_account_stop(acc);
	list_unlink(&acc->le);
	acc->agent = NULL;
	ua_network_sweep(agent);

	/* With a line it goes when the line is unregistered. */
	if (ua_account_busy(acc))
		list_append(&agent->leaving, &acc->le, acc);
	else
		mem_deref(acc);
}


const char *ua_account_aor(const struct ua_account *acc)
{
	return acc->aor;
}


bool ua_account_registered(const struct ua_account *acc)
{
	return ua_accountleg_registered(acc);
}


struct ua_account *ua_account_next(const struct ua_agent *agent,
				   const struct ua_account *acc)
{
	return list_ledata(acc ? acc->le.next : agent->accounts.head);
}


bool ua_account_is_user(const struct ua_account *acc, const struct pl *user)
{
	return !pl_strcmp(user, acc->user);
}


struct ua_account *ua_account_of_user(const struct ua_agent *agent,
				      const struct pl *user)
{
	struct le *le;

	for (le = agent->accounts.head; le; le = le->next) {
		if (ua_account_is_user(le->data, user))
			return le->data;
	}

	return NULL;
}


int ua_account_identity(struct ua_env *env, struct ua_account *acc,
			struct ua_identity *id)
{
	const struct ua_leg *leg = ua_accountleg_best(acc);

	(void)env;

	memset(id, 0, sizeof(*id));
	id->aor = acc->name_addr;
	id->uri = acc->aor;
	id->user = acc->user;
	id->domain = acc->domain;
	id->route = acc->route;
	id->service_route = leg->route;
	id->known = leg->line ? ua_regline_digest(leg->line) : NULL;
	id->cred.user = acc->auth_user;
	id->cred.password = acc->password;
	id->ep = leg->ep;
	id->hop = leg->hop;
	id->targetv = acc->targets;
	id->ntarget = acc->ntarget;
	id->server = acc->redirect ? acc->redirect : acc->server;
	id->gruu = leg->gruu;
	id->outbound = leg->outbound;

	return acc->err ? acc->err : acc->offline ? ENETDOWN : 0;
}
