/* SPDX-License-Identifier: BSD-3-Clause */
/** @file settings.c  What an agent was told: copied and checked */

#include <errno.h>
#include <string.h>

#include "agent/impl.h"
#include "call/server.h"

/** A copied string, owned by the list it stands in */
struct copy {
	struct le le;
	char *str;
};


void ua_settings_errf(char *errstr, const char *fmt, ...)
{
	va_list ap;

	if (!errstr)
		return;

	va_start(ap, fmt);
	(void)re_vsnprintf(errstr, UA_ERRSTR_MAX, fmt, ap);
	va_end(ap);
}


void ua_agent_conf_default(struct ua_agent_conf *conf)
{
	memset(conf, 0, sizeof(*conf));
	conf->ip4 = true;
	conf->ip6 = true;
	conf->ptime_ms = 20;
	conf->ice = UA_ICE_FULL;
	conf->ice_mismatch = UA_ICE_MISMATCH_IMPLICIT;
	conf->max_calls = 64;
}


static void copy_destructor(void *arg)
{
	struct copy *copy = arg;

	list_unlink(&copy->le);
	mem_deref(copy->str);
}


/* Replace a borrowed string by a copy that the agent owns. */
static int keep(struct ua_agent *agent, const char **strp)
{
	struct copy *copy;

	if (!*strp)
		return 0;

	copy = mem_zalloc(sizeof(*copy), copy_destructor);
	if (!copy)
		return ENOMEM;

	if (str_dup(&copy->str, *strp)) {
		mem_deref(copy);
		return ENOMEM;
	}

	list_append(&agent->strings, &copy->le, copy);
	*strp = copy->str;

	return 0;
}


static int keep_servers(struct ua_agent *agent, struct ua_server_conf *srv)
{
	size_t i;

	for (i = 0; i < UA_SERVER_MAX; i++) {
		if (keep(agent, &srv[i].uri) || keep(agent, &srv[i].user) ||
		    keep(agent, &srv[i].password) ||
		    keep(agent, &srv[i].credentials))
			return ENOMEM;
	}

	return 0;
}


int ua_settings_keep(struct ua_agent *agent)
{
	struct ua_agent_conf *conf = &agent->conf;
	size_t i;

	if (!conf->user_agent)
		conf->user_agent = "libua/" PACKAGE_VERSION;

	if (keep(agent, &conf->user_agent) || keep(agent, &conf->tls_ca) ||
	    keep(agent, &conf->tls_cert) || keep(agent, &conf->tls_key) ||
	    keep(agent, &conf->state_dir) || keep(agent, &conf->instance))
		return ENOMEM;

	for (i = 0; i < UA_IFACE_MAX; i++) {
		if (keep(agent, &conf->ifaces[i]))
			return ENOMEM;
	}

	if (keep_servers(agent, conf->stun))
		return ENOMEM;

	return keep_servers(agent, conf->turn);
}


static int check_servers(const struct ua_server_conf *srv, bool turn,
			 char *errstr)
{
	struct ua_server srv_parsed;
	size_t i;

	for (i = 0; i < UA_SERVER_MAX && srv[i].uri; i++) {
		if (ua_server_decode(&srv_parsed, &srv[i], turn, errstr))
			return EINVAL;
	}

	return 0;
}


int ua_settings_check(const struct ua_agent_conf *conf, char *errstr)
{
	if (!conf->ip4 && !conf->ip6) {
		ua_settings_errf(errstr, "neither IPv4 nor IPv6 is allowed:"
					 " one of them is needed");
		return EINVAL;
	}

	if (!conf->codecs || !conf->ncodec || conf->ncodec > UA_CODEC_MAX) {
		ua_settings_errf(errstr, "%zu codecs: 1 to %d are needed",
				 conf->codecs ? conf->ncodec : 0,
				 UA_CODEC_MAX);
		return EINVAL;
	}

	if (conf->ptime_ms < 10 || conf->ptime_ms > 60 ||
	    conf->ptime_ms % 10) {
		ua_settings_errf(errstr,
				 "ptime %u: 10, 20, 30, 40, 50 or 60 expected",
				 conf->ptime_ms);
		return EINVAL;
	}

	if (conf->instance && strncmp(conf->instance, "urn:", 4)) {
		ua_settings_errf(errstr,
				 "instance %s: a URN expected, such as"
				 " urn:uuid:...",
				 conf->instance);
		return EINVAL;
	}

	if (check_servers(conf->stun, false, errstr))
		return EINVAL;

	return check_servers(conf->turn, true, errstr);
}
