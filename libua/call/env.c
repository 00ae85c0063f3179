/* SPDX-License-Identifier: BSD-3-Clause */
/** @file env.c  What a call finds around it */

#include <errno.h>
#include <string.h>

#include "base/tlscreds.h"
#include "call/env.h"
#include "call/target.h"


int ua_env_contact(const struct ua_identity *id, const struct ua_endpoint *ep,
		   char *buf, enum ua_tp tp, bool sips)
{
	static const char ob[] = ";ob";
	int err;

	if (id->gruu && strlen(id->gruu) < UA_ENDPOINT_URI_MAX &&
	    (!sips || ua_target_is_sips(id->gruu))) {
		str_ncpy(buf, id->gruu, UA_ENDPOINT_URI_MAX);
		return 0;
	}

	err = sips ? ua_endpoint_sips(ep, buf, id->user)
		   : ua_endpoint_contact(ep, buf, id->user, tp);
	if (!err && id->outbound &&
	    strlen(buf) + sizeof(ob) <= UA_ENDPOINT_URI_MAX)
		memcpy(buf + strlen(buf), ob, sizeof(ob));

	return err;
}


int ua_env_creds(struct ua_env *env, struct ua_tlscreds **credsp, char *errstr)
{
	const struct ua_tlscreds_conf conf = {
		.ca_file = env->conf->tls_ca,
		.cert_file = env->conf->tls_cert,
		.key_file = env->conf->tls_key,
	};
	char why[UA_TLSCREDS_WHY_MAX] = "";
	int err = 0;

	if (!env->creds)
		err = ua_tlscreds_alloc(&env->creds, &conf, why);
	if (!err)
		*credsp = env->creds;
	else if (errstr)
		str_ncpy(errstr, why, UA_ERRSTR_MAX);

	return err;
}


int ua_env_addresses(const struct ua_env *env, struct ua_iflist *list)
{
	const struct ua_agent_conf *conf = env->conf;
	struct ua_iflist_conf ifc = {
		.ifacev = conf->ifaces,
		.ip4 = conf->ip4,
		.ip6 = conf->ip6,
	};

	if (env->addresses)
		return env->addresses(env, list);

	while (ifc.ifacec < UA_IFACE_MAX && conf->ifaces[ifc.ifacec])
		++ifc.ifacec;

	/*
	 * Signalling that is bound to loopback or to a link-local address
	 * names the only network that is meant.
	 */
	if (!ifc.ifacec && (ua_addr_is_loopback(&conf->local) ||
			    ua_addr_is_linklocal(&conf->local))) {
		list->n = 1;
		list->v[0] = (struct ua_ifaddr){ .addr = conf->local,
						 .ifname = "local",
						 .ifindex = 1 };
		list->v[0].addr.port = 0;
		return 0;
	}

	return ua_iflist_get(list, &ifc);
}


uint32_t ua_env_index(const struct ua_env *env, const struct ua_addr *addr)
{
	const struct ua_ifaddr *ifa;
	struct ua_iflist list;

	if (!env->addresses)
		return ua_iflist_index(addr);

	if (env->addresses(env, &list))
		return 0;

	ifa = ua_iflist_find(&list, addr);

	return ifa ? ifa->ifindex : 0;
}
