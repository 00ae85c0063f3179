/* SPDX-License-Identifier: BSD-3-Clause */
/** @file site.c  Endpoints of an agent: one a local address, and one more for
 * each host that is spoken to by TLS */

#include <errno.h>
#include <string.h>

#include "agent/impl.h"
#include "base/addr.h"
#include "base/clock.h"
#include "call/callcore.h"
#include "call/caps.h"
#include "call/incoming.h"


static void site_destructor(void *arg)
{
	struct ua_site *site = arg;

	list_unlink(&site->le);
	mem_deref(site->ep);
}


static bool is_user(const struct pl *user, void *arg)
{
	const struct ua_site *site = arg;
	const struct ua_agent *agent = site->agent;

	return list_isempty(&agent->accounts) ||
	       ua_account_of_user(agent, user);
}


static int on_options(struct mbuf *mb, void *arg)
{
	const struct ua_site *site = arg;

	return ua_caps_print(&site->agent->env, mb);
}


static void trace(bool tx, enum ua_tp tp, const struct ua_addr *src,
		  const struct ua_addr *dst, const uint8_t *buf, size_t len,
		  void *arg)
{
	const struct ua_site *site = arg;
	char s[UA_ADDR_LEN];
	char d[UA_ADDR_LEN];

	ua_log(&site->agent->log, UA_LOG_TRACE, "sip", "%s %s %s -> %s\n%b",
	       tx ? "sent" : "got", ua_tp_name(tp), ua_addr_str(src, s),
	       ua_addr_str(dst, d), buf, len);
}


/* An INVITE: whose is it, and is there room? */
static uint16_t on_invite(struct sip_msg *msg, void *arg)
{
	struct ua_site *site = arg;
	struct ua_agent *agent = site->agent;
	struct ua_account *account;

	if (agent->env.stopping)
		return 480;

	if (list_count(&agent->env.calls) >= agent->conf.max_calls)
		return 486;

	account = ua_account_of_user(agent, &msg->uri.user);

	return ua_incoming(&agent->env, account, site->ep, msg);
}


static int site_add(struct ua_agent *agent, const struct ua_addr *local,
		    const char *host, struct ua_site **sitep)
{
	struct ua_tlscreds *creds = NULL;
	struct ua_endpoint_conf conf;
	struct ua_site *site;
	int err = 0;

	if (host)
		err = ua_env_creds(&agent->env, &creds, NULL);
	if (err)
		return err;

	site = mem_zalloc(sizeof(*site), site_destructor);
	if (!site)
		return ENOMEM;

	site->agent = agent;
	ua_endpoint_conf_default(&conf);
	conf.local = *local;
	conf.tls_host = host;
	conf.creds = creds;
	conf.software = agent->conf.user_agent;
	conf.dnsc = ua_resolver_dnsc(agent->resolver);
	conf.max_calls = agent->conf.max_calls;
	conf.trickle = agent->conf.ice != UA_ICE_OFF;
	conf.rand = agent->env.rand;
	conf.log = &agent->log;
	conf.invite_h = on_invite;
	conf.user_h = is_user;
	conf.options_h = on_options;
	conf.trace_h = agent->log.level >= UA_LOG_TRACE ? trace : NULL;
	conf.arg = site;

	err = ua_endpoint_alloc(&site->ep, &conf);
	if (err) {
		mem_deref(site);
		return err;
	}

	list_append(&agent->endpoints, &site->le, site);
	if (sitep)
		*sitep = site;

	return 0;
}


/*
 * The local address for a destination: what was named, else what the kernel
 * would take, else the best of the interfaces that were named.
 */
static int local_find(const struct ua_agent *agent, const struct ua_addr *dst,
		      struct ua_addr *local)
{
	const struct ua_agent_conf *conf = &agent->conf;
	struct ua_iflist list;
	size_t i;
	int err;

	if (conf->local.af) {
		*local = conf->local;
		if (local->af != dst->af)
			return EAFNOSUPPORT;
		return ua_env_index(&agent->env, local) ? 0 : ENETDOWN;
	}

	err = ua_iflist_source(dst, local);
	if (!conf->ifaces[0]) {
		/* The kernel goes on to use a wire that was pulled. */
		if (!err && !ua_env_index(&agent->env, local))
			err = ENETDOWN;
		return err;
	}

	err = ua_env_addresses(&agent->env, &list);
	if (err || ua_iflist_find(&list, local))
		return err;

	for (i = 0; i < list.n; i++) {
		if (list.v[i].addr.af == dst->af) {
			*local = list.v[i].addr;
			return 0;
		}
	}

	return EAFNOSUPPORT;
}


/*
 * The same, from memory as long as the kernel says that nothing has changed:
 * a thousand accounts have one server.
 */
static int local_for(struct ua_agent *agent, const struct ua_addr *dst,
		     struct ua_addr *local)
{
	const uint64_t now_ms = ua_clock_ms();
	uint64_t epoch;
	int err;

	if (agent->env.addresses || !agent->netmon ||
	    !ua_netmon_calm(agent->netmon, &epoch))
		return local_find(agent, dst, local);

	if (ua_ways_get(&agent->ways, epoch, now_ms, dst, local))
		return 0;

	err = local_find(agent, dst, local);
	if (!err)
		ua_ways_put(&agent->ways, epoch, now_ms, dst, local);

	return err;
}


/* host NULL: is it one for UDP and TCP? */
static bool is_for(const struct ua_endpoint *ep, const char *host)
{
	const char *own = ua_endpoint_tls_host(ep);

	return own && host ? !str_casecmp(own, host) : own == host;
}


static int endpoint_at(struct ua_agent *agent, struct ua_addr *local,
		       const char *host, struct ua_endpoint **epp)
{
	struct ua_site *site;
	struct le *le;
	int err;

	for (le = agent->endpoints.head; le; le = le->next) {
		site = le->data;
		if (is_for(site->ep, host) &&
		    ua_addr_ip_eq(ua_endpoint_local(site->ep), local)) {
			*epp = site->ep;
			return 0;
		}
	}

	/* The port that was asked for, if it can be had there too; nobody is
	   served at one of TLS. */
	local->port = host ? 0 : agent->conf.local.port;
	err = site_add(agent, local, host, &site);
	if (err == EADDRINUSE && local->port) {
		local->port = 0;
		err = site_add(agent, local, host, &site);
	}
	if (err)
		return err;

	/* Some host that was called once is not kept for ever. */
	if (host)
		ua_network_sweep(agent);

	*epp = site->ep;
	return 0;
}


int ua_site_endpoint(struct ua_env *env, const struct ua_addr *dst,
		     const char *host, struct ua_endpoint **epp)
{
	struct ua_agent *agent = (struct ua_agent *)env;
	struct ua_addr local;
	int err;

	err = local_for(agent, dst, &local);

	return err ? err : endpoint_at(agent, &local, host, epp);
}


/*
 * A temporary address that gives way to the next one (RFC 8981) is no reason
 * to move: it works until it is removed.
 */
static bool stays(const struct ua_agent *agent, const struct ua_endpoint *ep,
		  const struct ua_addr *local)
{
	const struct ua_addr *present = ua_endpoint_local(ep);
	uint32_t ifindex;

	if (ua_addr_ip_eq(present, local))
		return true;

	ifindex = ua_env_index(&agent->env, present);

	return ifindex && present->af == local->af &&
	       ifindex == ua_env_index(&agent->env, local);
}


int ua_site_again(struct ua_env *env, const struct ua_addr *dst,
		  const char *host, struct ua_endpoint *ep,
		  struct ua_endpoint **epp)
{
	struct ua_agent *agent = (struct ua_agent *)env;
	struct ua_addr local;
	int err;

	err = local_for(agent, dst, &local);
	if (err)
		return err;

	if (!ep || !is_for(ep, host) || !stays(agent, ep, &local))
		return endpoint_at(agent, &local, host, epp);

	*epp = ep;
	return 0;
}


static bool is_used(const struct ua_agent *agent, const struct ua_endpoint *ep)
{
	const struct le *le;

	for (le = agent->accounts.head; le; le = le->next) {
		if (ua_account_is_at(le->data, ep))
			return true;
	}

	for (le = agent->leaving.head; le; le = le->next) {
		if (ua_account_is_at(le->data, ep))
			return true;
	}

	for (le = agent->env.calls.head; le; le = le->next) {
		if (((struct ua_call *)le->data)->ep == ep)
			return true;
	}

	return ua_endpoint_busy(ep) != 0;
}


/* There is always one for UDP and TCP: ua_agent_local() tells its address. */
static bool is_last(const struct ua_agent *agent, const struct ua_site *site)
{
	const struct le *le;
	unsigned n = 0;

	if (ua_endpoint_tls_host(site->ep))
		return false;

	for (le = agent->endpoints.head; le; le = le->next)
		n += is_for(((struct ua_site *)le->data)->ep, NULL);

	return n < 2;
}


static bool is_account_at(const struct ua_agent *agent,
			  const struct ua_endpoint *ep)
{
	const struct le *le;

	for (le = agent->accounts.head; le; le = le->next) {
		if (ua_account_is_at(le->data, ep))
			return true;
	}

	return false;
}


bool ua_site_sweep(struct ua_agent *agent)
{
	struct le *le = agent->endpoints.head;
	bool left = false;

	while (le) {
		struct ua_site *site = le->data;
		const bool there =
			ua_env_index(&agent->env, ua_endpoint_local(site->ep));

		le = le->next;

		/* An account leaves one by a change that sweeps anyway. */
		if (there &&
		    (is_for(site->ep, NULL) || is_account_at(agent, site->ep)))
			continue;

		if (is_last(agent, site) || is_used(agent, site->ep))
			left = true;
		else
			mem_deref(site);
	}

	return left;
}


const struct ua_endpoint *ua_site_first(const struct ua_agent *agent)
{
	const struct le *le = agent->endpoints.head;

	while (ua_endpoint_tls_host(((struct ua_site *)le->data)->ep))
		le = le->next;

	return ((struct ua_site *)le->data)->ep;
}


int ua_site_open(struct ua_agent *agent, char *errstr)
{
	struct ua_agent_conf *conf = &agent->conf;
	struct ua_addr local = conf->local;
	struct ua_iflist list;
	char buf[UA_ADDR_LEN];
	int err;

	err = ua_env_addresses(&agent->env, &list);
	if (err == ENOENT || err == ENODEV) {
		ua_settings_errf(errstr, "interface %s: %s",
				 conf->ifaces[0] ? conf->ifaces[0] : "any",
				 err == ENOENT
					 ? "there is none of that name"
					 : "no address that is fit for calls");
		return ENODEV;
	}
	if (err) {
		ua_settings_errf(errstr, "list of interfaces: %m", err);
		return err;
	}

	if (!local.af) {
		local = list.v[0].addr;
		local.port = conf->local.port;
	}

	err = site_add(agent, &local, NULL, NULL);
	if (err)
		ua_settings_errf(
			errstr, "local address %s: %s",
			ua_addr_str(&local, buf),
			err == EADDRINUSE
				? "the port is taken, choose another or 0"
			: err == EADDRNOTAVAIL
				? "not an address of this machine"
				: strerror(err));

	return err;
}
