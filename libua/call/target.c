/* SPDX-License-Identifier: BSD-3-Clause */
/** @file target.c  From a SIP URI to what is asked of the resolver */

#include <errno.h>
#include <string.h>
#include <strings.h>

#include "base/re_compat.h"
#include "call/target.h"


static int transport(uint8_t *tps, const struct uri *uri)
{
	struct pl val;

	if (msg_param_decode(&uri->params, "transport", &val)) {
		*tps = UA_TP_BIT(UA_TP_UDP) | UA_TP_BIT(UA_TP_TCP);
		return 0;
	}

	if (!pl_strcasecmp(&val, "udp"))
		*tps = UA_TP_BIT(UA_TP_UDP);
	else if (!pl_strcasecmp(&val, "tcp"))
		*tps = UA_TP_BIT(UA_TP_TCP);
	else if (!pl_strcasecmp(&val, "tls"))
		*tps = UA_TP_BIT(UA_TP_TLS);
	else
		return EINVAL;

	return 0;
}


/* "transport=tcp" is TLS over TCP there (RFC 3261, 26.2.2). */
static int secure(uint8_t *tps)
{
	if (*tps == UA_TP_BIT(UA_TP_UDP))
		return EINVAL;

	*tps = UA_TP_BIT(UA_TP_TLS);
	return 0;
}


int ua_target_conf(struct ua_locate_conf *conf, char *host, size_t size,
		   const char *str, bool tp_set, enum ua_tp tp,
		   const struct ua_agent_conf *agent)
{
	const bool sips = ua_target_is_sips(str);
	struct uri uri;
	struct pl pl, maddr;
	int err;

	pl_set_str(&pl, str);
	if (uri_decode(&uri, &pl) ||
	    (!sips && pl_strcasecmp(&uri.scheme, "sip")))
		return EINVAL;

	/* What is looked up instead (RFC 3263, 4) */
	if (!msg_param_decode(&uri.params, "maddr", &maddr))
		uri.host = maddr;

	/* A name that is cut off would be another one. */
	if (uri.host.l >= size || pl_strcpy(&uri.host, host, size))
		return EINVAL;

	memset(conf, 0, sizeof(*conf));
	conf->host = host;
	conf->port = uri.port;
	conf->service = UA_SERVICE_SIP;
	conf->ip4 = agent->ip4;
	conf->ip6 = agent->ip6;

	err = transport(&conf->tps, &uri);
	if (tp_set) {
		conf->tps = UA_TP_BIT(tp);
		err = 0;
	}

	return !err && sips ? secure(&conf->tps) : err;
}


bool ua_target_is_sips(const char *uri)
{
	return !strncasecmp(uri, "sips:", 5);
}


const char *ua_target_tls_host(char *host, const char *str, enum ua_tp tp)
{
	struct uri uri;
	struct pl pl;

	pl_set_str(&pl, str);
	if (tp != UA_TP_TLS || uri_decode(&uri, &pl) ||
	    pl_strcpy(&uri.host, host, UA_DNS_NAME_LEN))
		return NULL;

	return host;
}
