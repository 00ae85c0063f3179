/* SPDX-License-Identifier: BSD-3-Clause */
/** @file accountconf.c  What an application says of an account */

#include <errno.h>
#include <string.h>

#include "agent/accountcore.h"


/* A SIP URI, with "sip:" put before what has no scheme. */
static int dup_uri(char **strp, struct uri *uri, const char *str,
		   const char *what, char *errstr)
{
	struct pl pl;
	int err;

	if (!strncasecmp(str, "sips:", 5)) {
		ua_settings_errf(errstr,
				 "%s %s: sips needs TLS, which is not in this"
				 " version: sip:... expected",
				 what, str);
		return EINVAL;
	}

	err = re_sdprintf(strp, "%s%s",
			  strncasecmp(str, "sip:", 4) ? "sip:" : "", str);
	if (err)
		return err;

	pl_set_str(&pl, *strp);
	if (uri_decode(uri, &pl) || !pl_isset(&uri->host)) {
		ua_settings_errf(errstr, "%s %s: sip:user@host expected", what,
				 str);
		return EINVAL;
	}

	return 0;
}


int ua_accountconf_identity(struct ua_account *acc,
			    const struct ua_account_conf *conf, char *errstr)
{
	struct uri uri;
	int err;

	err = dup_uri(&acc->aor, &uri, conf->aor ? conf->aor : "", "aor",
		      errstr);
	if (err)
		return err;

	if (!pl_isset(&uri.user)) {
		ua_settings_errf(errstr, "aor %s: sip:user@host expected",
				 conf->aor);
		return EINVAL;
	}

	if (pl_strdup(&acc->user, &uri.user) ||
	    re_sdprintf(&acc->domain, "%r", &uri.host) ||
	    (conf->name && conf->name[0]
		     ? re_sdprintf(&acc->name_addr, "\"%s\" <%s>", conf->name,
				   acc->aor)
		     : re_sdprintf(&acc->name_addr, "<%s>", acc->aor)))
		return ENOMEM;

	if (conf->user ? str_dup(&acc->auth_user, conf->user)
		       : str_dup(&acc->auth_user, acc->user))
		return ENOMEM;

	if (conf->password && str_dup(&acc->password, conf->password))
		return ENOMEM;

	if (conf->registrar)
		return dup_uri(&acc->registrar, &uri, conf->registrar,
			       "registrar", errstr);

	if (uri.port)
		return re_sdprintf(&acc->registrar, "sip:%r:%u", &uri.host,
				   uri.port);

	return re_sdprintf(&acc->registrar, "sip:%r", &uri.host);
}


int ua_accountconf_server(struct ua_account *acc,
			  const struct ua_account_conf *conf, char *errstr)
{
	struct uri uri;
	int err;

	if (!conf->proxy)
		return str_dup(&acc->server, acc->registrar);

	err = dup_uri(&acc->server, &uri, conf->proxy, "proxy", errstr);
	if (err)
		return err;

	/* It becomes the Route, a loose one (RFC 3261, 8.1.2). */
	return str_dup(&acc->route, acc->server);
}


int ua_accountconf_check(const struct ua_account_conf *conf, char *errstr)
{
	if (conf->tp_set && conf->tp != UA_TP_UDP && conf->tp != UA_TP_TCP) {
		ua_settings_errf(errstr, "transport %s: udp or tcp expected",
				 ua_tp_name(conf->tp));
		return EINVAL;
	}

	if (conf->expires_s < 20 || conf->expires_s > 86400) {
		ua_settings_errf(errstr,
				 "register-expires %u:"
				 " 20 to 86400 seconds expected",
				 conf->expires_s);
		return EINVAL;
	}

	if (conf->keepalive_s > 3600) {
		ua_settings_errf(errstr,
				 "keepalive-interval %u:"
				 " 1 to 3600 seconds expected",
				 conf->keepalive_s);
		return EINVAL;
	}

	return 0;
}
