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
	/* A NAT that forgets after 90 s is common, one after 30 s is not
	   helped by anything that a registrar likes to answer. */
	REGISTER_PING_S = 85,
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

	list_unlink(&acc->le);
	tmr_cancel(&acc->retry);
	tmr_cancel(&acc->again);
	mem_deref(acc->query);
	mem_deref(acc->ka);
	mem_deref(acc->line);

	if (acc->password)
		OPENSSL_cleanse(acc->password, strlen(acc->password));

	mem_deref(acc->password);
	mem_deref(acc->auth_user);
	mem_deref(acc->registrar);
	mem_deref(acc->name_addr);
	mem_deref(acc->server);
	mem_deref(acc->route);
	mem_deref(acc->domain);
	mem_deref(acc->user);
	mem_deref(acc->aor);
}


static void emit(struct ua_account *acc, struct ua_event *ev)
{
	if (!acc->agent)
		return;

	ev->account = acc;
	acc->agent->env.emit(&acc->agent->env, ev);
}


static void emit_failed(struct ua_account *acc, uint16_t code,
			const char *reason)
{
	struct ua_event ev = { .type = UA_EVENT_REGISTER_FAILED,
			       .code = code,
			       .reason = reason };

	acc->registered = false;
	emit(acc, &ev);
}


/* Words for a failure that has no SIP status. */
static const char *err_words(const struct ua_account *acc, int err, char *buf,
			     size_t size)
{
	char addr[UA_ADDR_LEN];

	(void)re_snprintf(buf, size, "%s from %s:%s (%m)",
			  err == ETIMEDOUT ? "no answer" : "no service",
			  ua_tp_name(acc->hop.tp),
			  ua_addr_str(&acc->hop.addr, addr), err);
	return buf;
}


static void on_again(void *arg)
{
	struct ua_account *acc = arg;

	acc->again_ms = ua_clock_ms() + AGAIN_MS;
	if (acc->line)
		ua_regline_refresh(acc->line);
	if (acc->ka)
		ua_keepalive_now(acc->ka);
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


/*
 * A NAT that gave us another address has forgotten the old one: the registrar
 * sends there in vain.
 */
static void see_mapped(struct ua_account *acc, const struct ua_addr *mapped)
{
	char was[UA_ADDR_LEN], is[UA_ADDR_LEN];

	if (!mapped->af || ua_addr_eq(mapped, &acc->mapped))
		return;

	if (acc->mapped.af) {
		ua_log(&acc->agent->log, UA_LOG_INFO, "account",
		       "%s: seen as %s, before as %s", acc->aor,
		       ua_addr_str(mapped, is),
		       ua_addr_str(&acc->mapped, was));
		ua_account_again(acc);
	}

	acc->mapped = *mapped;
}


static void keepalive_handler(struct ua_keepalive_flow *ka,
			      const struct ua_keepalive_event *kev, void *arg)
{
	struct ua_account *acc = arg;
	struct ua_event ev = { .type = UA_EVENT_KEEPALIVE };
	char words[160];

	(void)ka;

	switch (kev->type) {

	case UA_KEEPALIVE_ANSWERED:
		ev.keepalive.method = "options";
		ev.keepalive.rtt_ms = kev->rtt_ms;
		ev.keepalive.mapped = kev->mapped;
		ev.keepalive.interval_s = acc->conf.keepalive_s;
		ev.keepalive.next_s = (kev->next_ms + 500) / 1000;
		see_mapped(acc, &kev->mapped);
		break;

	case UA_KEEPALIVE_LOST:
		ev.type = UA_EVENT_FLOW_LOST;
		ev.reason = err_words(acc, kev->err, words, sizeof(words));
		acc->registered = false;
		ua_regline_restart(acc->line);
		break;

	case UA_KEEPALIVE_RESTORED:
		ev.type = UA_EVENT_FLOW_RESTORED;
		ev.ms = kev->after_ms;
		see_mapped(acc, &kev->mapped);
		break;

	default:
		return;
	}

	emit(acc, &ev);
}


static void start_keepalive(struct ua_account *acc)
{
	const struct ua_keepalive_conf conf = {
		.uri = acc->registrar,
		.aor = acc->name_addr,
		.contact = acc->contact,
		.hop = acc->hop,
		.interval_s = acc->conf.keepalive_s,
		.h = keepalive_handler,
		.arg = acc,
	};
	int err;

	if (acc->ka || (acc->conf.keepalive != UA_KEEPALIVE_AUTO &&
			acc->conf.keepalive != UA_KEEPALIVE_OPTIONS))
		return;

	err = ua_keepalive_alloc(&acc->ka, acc->ep, &conf);
	if (err)
		ua_log(&acc->agent->log, UA_LOG_WARN, "account",
		       "%s: no keepalive: %m", acc->aor, err);
}


static int start_line(struct ua_account *acc);
static int lookup(struct ua_account *acc);


/* The next of the server's addresses */
static void next_target(struct ua_account *acc)
{
	acc->target = (acc->target + 1) % acc->ntarget;

	/* Without a way to that one the line tries on with the old one. */
	(void)start_line(acc);
}


static void line_failed(struct ua_account *acc, const struct ua_reg_event *rev)
{
	char words[160];
	const bool last = acc->target + 1 >= acc->ntarget;
	const bool silent = !rev->code || rev->code == 503;

	emit_failed(acc, rev->code,
		    rev->code
			    ? rev->reason
			    : err_words(acc, rev->err, words, sizeof(words)));

	/* A server that does not answer, or is out of service (RFC 3263,
	   4.3): the next one; after the last the machine's own patience. */
	if (silent && !last) {
		next_target(acc);
	}
	else if (silent && acc->moved && !acc->query) {
		/* Its name may mean another server in this network. */
		acc->moved = false;
		(void)lookup(acc);
	}
}


static void line_handler(struct ua_regline *line,
			 const struct ua_reg_event *rev,
			 const struct ua_addr *local, void *arg)
{
	struct ua_account *acc = arg;
	struct ua_event ev = { .type = UA_EVENT_NONE };

	switch (rev->type) {

	case UA_REG_REGISTERED:
		ev.type = acc->registered && acc->conf.keepalive ==
						     UA_KEEPALIVE_REGISTER
				  ? UA_EVENT_KEEPALIVE
				  : UA_EVENT_REGISTERED;
		ev.reg.tp = acc->hop.tp;
		ev.reg.server = acc->hop.addr;
		ev.reg.local = *local;
		ev.reg.mapped = rev->mapped;
		ev.reg.expires_s = rev->expires_s;
		ev.reg.rtt_ms = rev->rtt_ms;
		ev.keepalive.method = "register";
		ev.keepalive.rtt_ms = rev->rtt_ms;
		ev.keepalive.mapped = rev->mapped;
		ev.keepalive.interval_s = acc->conf.keepalive_s;
		ev.keepalive.next_s = acc->conf.keepalive_s;
		acc->registered = true;
		if (rev->mapped.af && !acc->ka)
			acc->mapped = rev->mapped;
		start_keepalive(acc);
		emit(acc, &ev);
		break;

	case UA_REG_FAILED:
		line_failed(acc, rev);
		break;

	case UA_REG_UNREGISTERED:
		ev.type = UA_EVENT_UNREGISTERED;
		acc->line = NULL;
		if (acc->registered)
			emit(acc, &ev);
		acc->registered = false;
		mem_deref(line);
		if (!acc->agent) {
			list_unlink(&acc->le);
			mem_deref(acc);
		}
		break;

	default:
		break;
	}
}


/* Bind the Contact of an endpoint at the present target, or move it there. */
int ua_accountcore_use(struct ua_account *acc, struct ua_endpoint *ep)
{
	const struct ua_target *target = &acc->targets[acc->target];
	struct ua_regline_conf conf = {
		.registrar = acc->registrar,
		.aor = acc->aor,
		.contact = acc->contact,
		.route = acc->route,
		.cred = { .user = acc->auth_user, .password = acc->password },
		.expires_s = acc->conf.expires_s,
		.hop = { .addr = target->addr, .tp = target->tp },
		.h = line_handler,
		.arg = acc,
	};
	char contact[UA_ENDPOINT_URI_MAX];
	int err;

	err = ua_endpoint_contact(ep, contact, acc->user, target->tp);
	if (!err && acc->line)
		err = ua_regline_move(acc->line, ep, &conf.hop, contact);
	if (err)
		return err;

	acc->ka = mem_deref(acc->ka);
	acc->ep = ep;
	acc->hop = conf.hop;
	str_ncpy(acc->contact, contact, sizeof(acc->contact));
	memset(&acc->mapped, 0, sizeof(acc->mapped));
	if (acc->line || !acc->conf.reg)
		return 0;

	if (acc->conf.keepalive == UA_KEEPALIVE_REGISTER)
		conf.refresh_s = acc->conf.keepalive_s;

	return ua_regline_alloc(&acc->line, acc->ep, &conf);
}


static int start_line(struct ua_account *acc)
{
	struct ua_env *env = &acc->agent->env;
	struct ua_endpoint *ep;
	int err;

	err = env->again(env, &acc->targets[acc->target].addr, acc->ep, &ep);

	return err ? err : ua_accountcore_use(acc, ep);
}


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
		emit_failed(acc, 0, strerror(err));
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

	if (acc->offline)
		return;

	acc->offline = true;
	acc->ka = mem_deref(acc->ka);
	tmr_cancel(&acc->again);
	if (acc->line)
		ua_regline_hold(acc->line);

	(void)re_snprintf(words, sizeof(words), "no network (%m)", err);
	if (acc->conf.reg)
		emit_failed(acc, 0, words);
}


static void target_handler(int err, const char *text,
			   const struct ua_target *targetv, size_t n,
			   void *arg)
{
	struct ua_account *acc = arg;
	char words[256];

	/* Known from before: there the line tries on. */
	if (err && acc->ntarget) {
		ua_log(&acc->agent->log, UA_LOG_INFO, "account", "%s: %s",
		       acc->server, text ? text : strerror(err));
		acc->err = 0;
		acc->moved = true;
		ua_dial_ready(&acc->agent->env, acc);
		return;
	}

	acc->err = err;
	if (!err) {
		memcpy(acc->targets, targetv, n * sizeof(*targetv));
		acc->ntarget = n;
		acc->target = 0;
		acc->err = start_line(acc);
		text = acc->err ? "no way to it from here" : NULL;
	}

	if (acc->err) {
		(void)re_snprintf(words, sizeof(words), "%s: %s", acc->server,
				  text ? text : strerror(acc->err));
		emit_failed(acc, 0, words);
		ua_accountcore_retry(acc);
	}

	ua_dial_ready(&acc->agent->env, acc);
}


static int lookup(struct ua_account *acc)
{
	struct ua_locate_conf conf;
	char host[UA_DNS_NAME_LEN];
	int err;

	err = ua_target_conf(&conf, host, sizeof(host), acc->server,
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
	if (!acc->conf.keepalive_s)
		acc->conf.keepalive_s =
			conf->keepalive == UA_KEEPALIVE_REGISTER
				? REGISTER_PING_S
				: UA_KEEPALIVE_INTERVAL_S;

	err = ua_accountconf_identity(acc, conf, errstr);
	if (!err)
		err = ua_accountconf_server(acc, conf, errstr);
	if (!err) {
		err = lookup(acc);
		if (err == EINVAL)
			ua_settings_errf(
				errstr,
				"%s: a host name or address and udp or"
				" tcp expected",
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
	acc->stopping = true;
	tmr_cancel(&acc->retry);
	tmr_cancel(&acc->again);
	acc->query = mem_deref(acc->query);
	acc->ka = mem_deref(acc->ka);
	if (acc->line)
		ua_regline_stop(acc->line);
}


bool ua_account_is_at(const struct ua_account *acc,
		      const struct ua_endpoint *ep)
{
	return acc->ep == ep;
}


void ua_account_rearm(struct ua_account *acc)
{
	if (tmr_isrunning(&acc->retry))
		tmr_start(&acc->retry, 0, on_retry, acc);

	if (tmr_isrunning(&acc->again))
		tmr_start(&acc->again, 0, on_again, acc);

	if (acc->line && !acc->stopping && !acc->offline)
		ua_regline_refresh(acc->line);

	if (acc->ka)
		ua_keepalive_now(acc->ka);
}


bool ua_account_busy(const struct ua_account *acc)
{
	return acc->line != NULL;
}


void ua_account_remove(struct ua_account *acc)
{
	struct ua_agent *agent = acc->agent;

	ua_account_stop(acc);
	list_unlink(&acc->le);
	acc->agent = NULL;

	/* With a line it goes when the line is unregistered. */
	if (acc->line)
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
	return acc->registered;
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
	(void)env;

	memset(id, 0, sizeof(*id));
	id->aor = acc->name_addr;
	id->uri = acc->aor;
	id->user = acc->user;
	id->domain = acc->domain;
	id->route = acc->route;
	id->known = acc->line ? ua_regline_digest(acc->line) : NULL;
	id->cred.user = acc->auth_user;
	id->cred.password = acc->password;
	id->ep = acc->ep;
	id->hop = acc->hop;

	return acc->err ? acc->err : acc->offline ? ENETDOWN : 0;
}
