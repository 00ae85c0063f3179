/* SPDX-License-Identifier: BSD-3-Clause */
/** @file dial.c  Calling somebody: whom, from where, over which flow */

#include <errno.h>
#include <string.h>
#include <strings.h>

#include "call/callcore.h"
#include "call/failover.h"
#include "call/incoming.h"
#include "call/target.h"
#include "call/uricheck.h"


#define SIPS_WORDS                                                            \
	"sips: needs TLS, and the account's server is reached without it"

/* Without an account: from the address that leads there. */
int ua_dial_anonymous(struct ua_call *call)
{
	char addr[UA_ADDR_LEN];

	call->local_uri = mem_deref(call->local_uri);

	return re_sdprintf(&call->local_uri, "sip:%s",
			   ua_addr_str(ua_endpoint_local(call->ep), addr));
}


static void target_handler(int err, const char *text,
			   const struct ua_target *targetv, size_t n,
			   void *arg)
{
	struct ua_call *call = arg;

	if (err) {
		ua_callbase_fail(call, "%s: %s", call->peer,
				 text ? text : strerror(err));
		return;
	}

	ua_failover_begin(call, targetv, n);
}


static int find_target(struct ua_call *call)
{
	struct ua_locate_conf conf;
	char host[UA_DNS_NAME_LEN];
	int err;

	err = ua_target_conf(&conf, host, sizeof(host), call->peer, false,
			     UA_TP_UDP, call->env->conf);
	if (err)
		return err;

	return ua_resolver_query(&call->query, call->env->resolver, &conf,
				 target_handler, call);
}


/* An account's calls leave on its flow. */
static int find_hop(struct ua_call *call)
{
	struct ua_identity id;
	int err;

	if (!call->account)
		return find_target(call);

	err = call->env->identity(call->env, call->account, &id);
	if (err)
		return err == EINPROGRESS ? 0 : err;

	/* sips: is never told to a server in clear (RFC 3261, 26.2.2). */
	if (ua_target_is_sips(call->peer) && id.hop.tp != UA_TP_TLS)
		return EPROTONOSUPPORT;

	call->ep = id.ep;
	call->hop = id.hop;
	call->has_hop = true;
	ua_failover_others(call, id.server, id.targetv, id.ntarget);

	/* With candidates an INVITE is too large for UDP: while they are
	 * gathered the server may get to know us by TCP. */
	if (call->hop.tp == UA_TP_UDP && call->env->conf->ice != UA_ICE_OFF)
		ua_endpoint_warm(call->ep, &call->hop.addr);

	return 0;
}


void ua_dial_ready(struct ua_env *env, struct ua_account *account)
{
	struct le *le = env->calls.head;
	int err;

	while (le) {
		struct ua_call *call = le->data;

		le = le->next;
		if (call->account != account || call->has_hop ||
		    call->state != UA_CALL_RESOLVING)
			continue;

		err = find_hop(call);
		if (err == EPROTONOSUPPORT)
			ua_callbase_fail(call, "%s: " SIPS_WORDS, call->peer);
		else if (err)
			ua_callbase_fail(call,
					 "the account's server was not found"
					 " (%m)",
					 err);
		else
			ua_callsig_invite(call);
	}
}


/*
 * "bob", "bob@example.com" or a URI; the domain completes the first.  What has
 * no scheme is sip:, also for an account that is sips:.  Nobody promised that
 * they can be reached by TLS all the way.
 */
static int complete_uri(char **urip, const char *str, const char *domain)
{
	const bool sips = ua_target_is_sips(str);
	const bool scheme = sips || !strncasecmp(str, "sip:", 4);
	struct uri uri;
	struct pl pl;
	int err;

	/* It would pass for a user called "tel". */
	if (!strncasecmp(str, "tel:", 4))
		return EINVAL;

	if (!scheme && !strchr(str, '@') && domain)
		err = re_sdprintf(urip, "sip:%s@%s", str, domain);
	else
		err = re_sdprintf(urip, "%s%s", scheme ? "" : "sip:", str);
	if (err)
		return err;

	pl_set_str(&pl, *urip);
	if (!*str || uri_decode(&uri, &pl) || !pl_isset(&uri.host) ||
	    pl_strcasecmp(&uri.scheme, sips ? "sips" : "sip"))
		return EINVAL;

	return 0;
}


/* With an account its server finds the way: the transport is its business. */
static int peer_check(const struct ua_call *call, const char *uri,
		      char *errstr)
{
	char why[UA_URICHECK_MAX];
	int err;

	err = ua_uricheck_where(call->peer, !call->account, why);
	if (err)
		ua_callbase_say(errstr, "%s: %s", uri, why);

	return err;
}


static int call_prepare(struct ua_call *call, struct ua_account *account,
			const char *uri, const struct ua_call_conf *conf,
			char *errstr)
{
	struct ua_identity id;
	int err;

	memset(&id, 0, sizeof(id));
	if (account) {
		call->account = mem_ref(account);
		err = call->env->identity(call->env, account, &id);
		if (err && err != EINPROGRESS) {
			ua_callbase_say(
				errstr,
				"the account's server was not found (%m)",
				err);
			return err;
		}
	}

	err = complete_uri(&call->peer, uri, id.domain);
	if (err) {
		ua_callbase_say(errstr, "%s: sip:user@host expected", uri);
		return err;
	}

	err = peer_check(call, uri, errstr);
	if (err)
		return err;

	if (ua_callbase_dup(&call->local_uri, id.uri) ||
	    ua_callbase_dup(&call->user, id.user) ||
	    ua_callbase_conf(call, conf))
		return ENOMEM;

	err = ua_callmedia_open(call, true);
	if (err) {
		ua_callbase_say(errstr, "no socket for media: %m", err);
		return err;
	}

	err = find_hop(call);
	if (err == EPROTONOSUPPORT)
		ua_callbase_say(errstr, "%s: " SIPS_WORDS, uri);
	else if (err)
		ua_callbase_say(
			errstr,
			"%s: a host name or address that can be reached"
			" by udp, tcp or tls expected (%m)",
			uri, err);

	return err;
}


int ua_call_connect(struct ua_call **callp, struct ua_agent *agent,
		    struct ua_account *account, const char *uri,
		    const struct ua_call_conf *conf, char *errstr)
{
	struct ua_env *env = (struct ua_env *)agent;
	struct ua_call *call;
	int err;

	ua_callbase_say(errstr, "");
	if (env->stopping)
		return EPROTO;

	if (list_count(&env->calls) >= env->conf->max_calls) {
		ua_callbase_say(errstr, "%u calls are up: no more is allowed",
				env->conf->max_calls);
		return EMFILE;
	}

	err = ua_callbase_sound(conf, errstr);
	if (err)
		return err;

	call = ua_callbase_new(env, false);
	if (!call)
		return ENOMEM;

	call->state = UA_CALL_RESOLVING;
	err = call_prepare(call, account, uri, conf, errstr);
	if (err) {
		mem_deref(call);
		return err;
	}

	ua_callbase_list(call);
	if (callp)
		*callp = call;

	return 0;
}
