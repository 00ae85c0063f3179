/* SPDX-License-Identifier: BSD-3-Clause */
/** @file accountconf.c  What an application says of an account */

#include <errno.h>
#include <string.h>
#include <strings.h>

#include "agent/accountcore.h"
#include "call/target.h"
#include "call/uricheck.h"


/* A SIP URI, with "sip:" put before what has no scheme. */
static int dup_uri(char **strp, struct uri *uri, const char *str,
		   const char *what, char *errstr)
{
	const bool scheme =
		ua_target_is_sips(str) || !strncasecmp(str, "sip:", 4);
	char why[UA_URICHECK_MAX];
	struct pl pl;
	int err;

	err = re_sdprintf(strp, "%s%s", scheme ? "" : "sip:", str);
	if (err)
		return err;

	pl_set_str(&pl, *strp);
	if (uri_decode(uri, &pl) || !pl_isset(&uri->host)) {
		ua_settings_errf(errstr, "%s %s: sip:user@host expected", what,
				 str);
		return EINVAL;
	}

	err = ua_uricheck_where(*strp, true, why);
	if (err)
		ua_settings_errf(errstr, "%s %s: %s", what, str, why);

	return err;
}


/*
 * sips: is for all of them or for none: a Contact that is sips: wants an
 * address that is (RFC 5630, 5.1.1.1), and a server that is wants such a
 * Contact (RFC 3261, 8.1.1.8).  With an address that is sips: the server's URI
 * becomes that too (RFC 5630, 5.1.1).
 */
static int dup_server(char **strp, const struct ua_account *acc,
		      const char *str, const char *what, char *errstr)
{
	const bool sips = ua_target_is_sips(acc->aor);
	struct uri uri;
	char *sip;
	int err;

	if (!sips && ua_target_is_sips(str)) {
		ua_settings_errf(errstr,
				 "%s %s: sip:...;transport=tls expected, or a"
				 " sips: aor too",
				 what, str);
		return EINVAL;
	}

	err = dup_uri(strp, &uri, str, what, errstr);
	if (err || !sips || ua_target_is_sips(*strp))
		return err;

	sip = *strp;
	*strp = NULL;
	err = re_sdprintf(strp, "sips:%s", sip + strlen("sip:"));
	mem_deref(sip);

	return err;
}


/* An IPv6 address stands in brackets, without which it was decoded. */
static int host_print(struct re_printf *pf, void *arg)
{
	const struct pl *host = arg;

	return re_hprintf(pf, pl_strchr(host, ':') ? "[%r]" : "%r", host);
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
	    re_sdprintf(&acc->domain, "%H", host_print, &uri.host) ||
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
		return dup_server(&acc->registrar, acc, conf->registrar,
				  "registrar", errstr);

	if (uri.port)
		return re_sdprintf(&acc->registrar, "%r:%H:%u", &uri.scheme,
				   host_print, &uri.host, uri.port);

	return re_sdprintf(&acc->registrar, "%r:%H", &uri.scheme, host_print,
			   &uri.host);
}


int ua_accountconf_server(struct ua_account *acc,
			  const struct ua_account_conf *conf, char *errstr)
{
	int err;

	if (!conf->proxy)
		return str_dup(&acc->server, acc->registrar);

	err = dup_server(&acc->server, acc, conf->proxy, "proxy", errstr);
	if (err)
		return err;

	/* It becomes the Route, a loose one (RFC 3261, 8.1.2). */
	return str_dup(&acc->route, acc->server);
}


int ua_accountconf_check(const struct ua_account_conf *conf, char *errstr)
{
	if (conf->tp_set && conf->tp > UA_TP_TLS) {
		ua_settings_errf(errstr,
				 "transport %d: udp, tcp or tls expected",
				 (int)conf->tp);
		return EINVAL;
	}

	if (conf->tp_set && conf->tp != UA_TP_TLS && conf->aor &&
	    ua_target_is_sips(conf->aor)) {
		ua_settings_errf(errstr, "transport %s: tls expected with %s",
				 ua_tp_name(conf->tp), conf->aor);
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
