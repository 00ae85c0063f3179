/* SPDX-License-Identifier: BSD-3-Clause */
/** @file conffill.c  From options to the library's own confs */

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include <ua/codec.h>

#include "conf.h"


int conf_blame(const struct optset *set, const char *text, char *err)
{
	const enum opt_id id = optset_blame(set, text);
	char origin[300];

	if (id == OPT_N) {
		snprintf(err, OPT_ERR_MAX, "%.400s", text);
		return EXIT_USAGE;
	}

	if (set->val[id].origin != OPT_FROM_FILE) {
		snprintf(err, OPT_ERR_MAX, "--%s: %.400s", opt_row(id)->name,
			 text);
		return EXIT_USAGE;
	}

	snprintf(err, OPT_ERR_MAX, "%.200s: %s: %.250s",
		 optset_origin(set, id, origin, sizeof(origin)),
		 opt_row(id)->name, text);
	return EXIT_CONFIG;
}


/* First line of a stream; EMSGSIZE: too long, ENODATA: empty */
static int first_line(FILE *in, char *secret)
{
	size_t len;

	if (!fgets(secret, CONF_SECRET_MAX, in))
		return ENODATA;

	len = strlen(secret);
	if (len + 1 == CONF_SECRET_MAX && secret[len - 1] != '\n')
		return EMSGSIZE;

	secret[strcspn(secret, "\r\n")] = '\0';
	return *secret ? 0 : ENODATA;
}


static int secret_error(const struct optset *set, const char *name,
			const char *what, char *err)
{
	char text[OPT_ERR_MAX];

	snprintf(text, sizeof(text),
		 "'%.200s': %s, expected a password in the first line", name,
		 what);

	return conf_blame(set, text, err);
}


static int secret_file(const struct optset *set, enum opt_id id, char *secret,
		       char *err)
{
	const char *name = optset_str(set, id);
	FILE *in = fopen(name, "re");
	int e;

	if (!in)
		return secret_error(set, name, strerror(errno), err);

	/* No copy of the password stays in a buffer of stdio. */
	setvbuf(in, NULL, _IONBF, 0);
	e = first_line(in, secret);
	(void)fclose(in);
	if (!e)
		return 0;

	return secret_error(set, name,
			    e == ENODATA ? "nothing in it" : "too long", err);
}


static int secret_command(const struct optset *set, char *secret, char *err)
{
	const char *cmd = optset_str(set, OPT_PASSWORD_COMMAND);
	FILE *in = popen(cmd, "re");
	int e, status;

	if (!in)
		return secret_error(set, cmd, strerror(errno), err);

	setvbuf(in, NULL, _IONBF, 0);
	e = first_line(in, secret);
	status = pclose(in);
	if (status == -1 || (WIFEXITED(status) && WEXITSTATUS(status)))
		return secret_error(set, cmd, "the command failed", err);

	if (!e)
		return 0;

	return secret_error(set, cmd,
			    e == ENODATA ? "it printed nothing" : "too long",
			    err);
}


/* Command line over environment over file; secret is "" if there is none */
static int password(const struct conf *conf, const struct optset *set,
		    char *secret, char *err)
{
	const struct optval *file = &set->val[OPT_PASSWORD_FILE];
	const struct optval *cmd = &set->val[OPT_PASSWORD_COMMAND];

	secret[0] = '\0';
	if (conf->env_password && *conf->env_password &&
	    file->origin < OPT_FROM_ENV && cmd->origin < OPT_FROM_ENV) {
		if (strlen(conf->env_password) >= CONF_SECRET_MAX) {
			snprintf(err, OPT_ERR_MAX,
				 "UAPHONE_PASSWORD: too long, expected less "
				 "than %d bytes",
				 CONF_SECRET_MAX);
			return EXIT_USAGE;
		}

		strcpy(secret, conf->env_password);
		return 0;
	}

	if (file->n && file->origin >= cmd->origin)
		return secret_file(set, OPT_PASSWORD_FILE, secret, err);

	return cmd->n ? secret_command(set, secret, err) : 0;
}


int conf_account_fill(const struct conf *conf, const struct optset *set,
		      struct ua_account_conf *account, char *secret, char *err)
{
	static const enum ua_tp tps[] = { UA_TP_UDP, UA_TP_TCP, UA_TP_TLS };
	static const enum ua_keepalive keepalives[] = {
		UA_KEEPALIVE_AUTO, UA_KEEPALIVE_OPTIONS, UA_KEEPALIVE_REGISTER,
		UA_KEEPALIVE_CRLF, UA_KEEPALIVE_OFF
	};
	const int tp = optset_choice(set, OPT_TRANSPORT);
	int status;

	secret[0] = '\0';
	ua_account_conf_default(account);
	account->aor = optset_str(set, OPT_AOR);
	if (!account->aor) {
		snprintf(err, OPT_ERR_MAX,
			 "%s: an account without a name, expected aor = URI",
			 conf->file);
		return EXIT_CONFIG;
	}

	status = password(conf, set, secret, err);
	if (status)
		return status;

	account->user = optset_str(set, OPT_USER);
	account->password = *secret ? secret : NULL;
	account->registrar = optset_str(set, OPT_REGISTRAR);
	account->proxy = optset_str(set, OPT_PROXY);
	account->tp_set = tp >= 0;
	account->tp = tp >= 0 ? tps[tp] : UA_TP_UDP;
	account->reg = !optset_flag(set, OPT_NO_REGISTER);
	account->expires_s = (uint32_t)optset_num(set, OPT_REGISTER_EXPIRES);
	account->keepalive = keepalives[optset_choice(set, OPT_KEEPALIVE)];
	account->keepalive_s =
		(uint32_t)optset_num(set, OPT_KEEPALIVE_INTERVAL);
	account->keepalive_fixed = optset_flag(set, OPT_NO_KEEPALIVE_LEARN);
	return 0;
}


/* Names of this build, for an error */
static void codec_names(char *buf, size_t size)
{
	size_t n, i, len = 0;
	const struct ua_codec *const *codecs = ua_codec_table(&n);

	*buf = '\0';
	for (i = 0; i < n && len < size; ++i) {
		if (i && !strcmp(codecs[i]->name, codecs[i - 1]->name))
			continue;

		len += (size_t)snprintf(buf + len, size - len, "%s%s",
					len ? ", " : "", codecs[i]->name);
	}
}


static int fill_codecs(const struct optset *set, struct conf_agent *agent,
		       char *err)
{
	const char *p = optset_str(set, OPT_CODEC);
	size_t n = 0;

	while (p && *p) {
		const size_t len = strcspn(p, ",");
		char name[64], text[OPT_ERR_MAX], known[200];

		snprintf(name, sizeof(name), "%.*s",
			 (int)(len < 63 ? len : 63), p);

		if (n < UA_CODEC_MAX)
			agent->codecs[n] = ua_codec_find(name);

		if (n == UA_CODEC_MAX || !agent->codecs[n]) {
			codec_names(known, sizeof(known));
			snprintf(text, sizeof(text),
				 "'%.64s' in '%.100s': expected some of %s",
				 name, optset_str(set, OPT_CODEC), known);
			return conf_blame(set, text, err);
		}

		++n;
		p += len + (p[len] == ',');
	}

	if (n) {
		agent->agent.codecs = agent->codecs;
		agent->agent.ncodec = n;
	}
	else {
		agent->agent.codecs = ua_codec_table(&agent->agent.ncodec);
	}

	if (agent->agent.ncodec > UA_CODEC_MAX)
		agent->agent.ncodec = UA_CODEC_MAX;

	return 0;
}


/* opt_check() has read it before */
static int fill_addr(struct ua_addr *addr, const char *value)
{
	if (!value)
		return 0;

	return ua_addr_set(addr, value, 0) ? ua_addr_decode(addr, value) : 0;
}


static int fill_servers(const struct optset *set, struct conf_agent *agent,
			char *err)
{
	const struct optval *turn = &set->val[OPT_TURN];
	unsigned i;

	if (turn->n > UA_SERVER_MAX) {
		snprintf(err, OPT_ERR_MAX,
			 "--turn: '%.100s': expected at most %d servers",
			 turn->value[UA_SERVER_MAX], UA_SERVER_MAX);
		return turn->origin == OPT_FROM_FILE ? EXIT_CONFIG
						     : EXIT_USAGE;
	}

	if (turn->n && optset_given(set, OPT_TURN_PASSWORD_FILE)) {
		const int status = secret_file(set, OPT_TURN_PASSWORD_FILE,
					       agent->secret, err);

		if (status)
			return status;
	}

	for (i = 0; i < turn->n; ++i) {
		struct ua_server_conf *server = &agent->agent.turn[i];

		server->uri = turn->value[i];
		server->user = optset_str(set, OPT_TURN_USER);
		server->password = *agent->secret ? agent->secret : NULL;
		server->credentials = optset_str(set, OPT_TURN_CREDENTIALS);
	}

	agent->agent.stun[0].uri = optset_str(set, OPT_STUN);
	agent->agent.tls_ca = optset_str(set, OPT_TLS_CA);
	agent->agent.tls_cert = optset_str(set, OPT_TLS_CERT);
	agent->agent.tls_key = optset_str(set, OPT_TLS_KEY);
	return 0;
}


/* $XDG_STATE_HOME/uaphone, or below $HOME/.local/state; none is none */
static void fill_state(struct conf_agent *agent)
{
	const char *xdg = getenv("XDG_STATE_HOME");
	const char *home = getenv("HOME");
	int n = 0;

	/* A relative path there is invalid and to be ignored. */
	if (xdg && *xdg == '/')
		n = snprintf(agent->state, sizeof(agent->state), "%s/uaphone",
			     xdg);
	else if (home && *home == '/')
		n = snprintf(agent->state, sizeof(agent->state),
			     "%s/.local/state/uaphone", home);

	if (n > 0 && (size_t)n < sizeof(agent->state))
		agent->agent.state_dir = agent->state;
}


int conf_agent_fill(const struct conf *conf, struct conf_agent *agent,
		    char *err)
{
	static const enum ua_ice_policy policies[] = { UA_ICE_FULL,
						       UA_ICE_RELAY_ONLY,
						       UA_ICE_OFF };
	static const enum ua_ice_mismatch mismatches[] = {
		UA_ICE_MISMATCH_IMPLICIT, UA_ICE_MISMATCH_RFC,
		UA_ICE_MISMATCH_OFF
	};
	const struct optset *set = &conf->base;
	const struct optval *ifaces = &set->val[OPT_INTERFACE];
	struct ua_agent_conf *ac = &agent->agent;
	unsigned i;
	int status;

	memset(agent, 0, sizeof(*agent));
	ua_agent_conf_default(ac);

	if (optset_flag(set, OPT_IP4) && optset_flag(set, OPT_IP6)) {
		snprintf(err, OPT_ERR_MAX,
			 "-4 and -6: expected one of them, or none for both");
		return EXIT_USAGE;
	}

	if (optset_flag(set, OPT_IP4))
		ac->ip6 = false;
	if (optset_flag(set, OPT_IP6))
		ac->ip4 = false;

	for (i = 0; i < ifaces->n && i < UA_IFACE_MAX; ++i)
		ac->ifaces[i] = ifaces->value[i];

	if (fill_addr(&ac->local, optset_str(set, OPT_LOCAL)) ||
	    fill_addr(&ac->dns, optset_str(set, OPT_DNS))) {
		snprintf(err, OPT_ERR_MAX, "not an address");
		return EXIT_USAGE;
	}

	if (ac->dns.af != UA_AF_NONE && !ac->dns.port)
		ac->dns.port = 53;

	status = fill_codecs(set, agent, err);
	if (!status)
		status = fill_servers(set, agent, err);
	if (status)
		return status;

	fill_state(agent);
	ac->ptime_ms = (uint16_t)optset_num(set, OPT_PTIME);
	ac->ice = policies[optset_choice(set, OPT_ICE)];
	ac->ice_mismatch = mismatches[optset_choice(set, OPT_ICE_MISMATCH)];
	return 0;
}


void conf_agent_reset(struct conf_agent *agent)
{
	explicit_bzero(agent->secret, sizeof(agent->secret));
}
