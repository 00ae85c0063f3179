/* SPDX-License-Identifier: BSD-3-Clause */
/** @file uricheck.c  What is wrong with a SIP URI, field by field */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/re_compat.h"
#include "call/uricheck.h"
#include "net/locate.h"


static int wrong(char why[UA_URICHECK_MAX], const char *field,
		 const struct pl *value, const char *expected)
{
	(void)re_snprintf(why, UA_URICHECK_MAX, "%s '%r': %s expected", field,
			  value, expected);

	return EINVAL;
}


/* Up to where the next part of the URI begins */
static struct pl field(const char *p)
{
	const struct pl pl = { .p = p, .l = strcspn(p, ";?") };

	return pl;
}


static int host_check(const struct pl *host, char why[UA_URICHECK_MAX])
{
	char name[UA_DNS_NAME_LEN];
	const struct ua_locate_conf conf = {
		.host = name, .tps = 1, .ip4 = true, .ip6 = true
	};

	if (pl_strcpy(host, name, sizeof(name)) || ua_locate_check(&conf))
		return wrong(why, "host", host, "a name or a numeric address");

	return 0;
}


static int port_check(const char *p, char why[UA_URICHECK_MAX])
{
	const struct pl port = field(p);
	const size_t digits = strspn(p, "0123456789");
	unsigned long v;

	/* Zeros in front are allowed, so the length says nothing. */
	v = digits ? strtoul(p, NULL, 10) : 0;
	if (digits != port.l || v < 1 || v > UINT16_MAX)
		return wrong(why, "port", &port, "1 to 65535");

	return 0;
}


static int tp_check(const struct pl *params, char why[UA_URICHECK_MAX])
{
	struct pl tp = PL_INIT;

	if (msg_param_exists(params, "transport", &tp))
		return 0;

	if (msg_param_decode(params, "transport", &tp))
		tp = pl_null;

	if (pl_strcasecmp(&tp, "udp") && pl_strcasecmp(&tp, "tcp") &&
	    pl_strcasecmp(&tp, "tls"))
		return wrong(why, "transport", &tp, "udp, tcp or tls");

	return 0;
}


int ua_uricheck_where(const char *str, bool tp, char why[UA_URICHECK_MAX])
{
	struct pl pl, rest;
	struct uri uri;
	const char *p;
	int err;

	pl_set_str(&pl, str);
	if (uri_decode(&uri, &pl)) {
		pl_set_str(&pl, str);
		return wrong(why, "uri", &pl, "sip:user@host");
	}

	err = host_check(&uri.host, why);
	if (err)
		return err;

	/* What stands behind the host is its port, or does not belong there.
	 */
	p = uri.host.p + uri.host.l;
	if (*p == ']')
		++p;
	if (*p == ':') {
		err = port_check(p + 1, why);
	}
	else if (*p && !strchr(";?", *p)) {
		rest.p = uri.host.p;
		rest.l = uri.host.l + field(p).l;
		err = wrong(why, "host", &rest, "a name or a numeric address");
	}

	return err || !tp ? err : tp_check(&uri.params, why);
}
