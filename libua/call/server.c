/* SPDX-License-Identifier: BSD-3-Clause */
/** @file server.c  STUN and TURN servers as their URIs name them */

#include <errno.h>
#include <string.h>
#include <strings.h>

#include "base/re_compat.h"
#include "call/server.h"
#include "call/turncred.h"


static int refuse(char *errstr, const char *uri, const char *expected)
{
	if (errstr)
		(void)re_snprintf(errstr, UA_ERRSTR_MAX, "%s: %s expected",
				  uri, expected);

	return EINVAL;
}


/* Host and what follows it; an IPv6 address loses its brackets. */
static const char *take_host(struct ua_server *srv, const char *str)
{
	const bool brackets = *str == '[';
	const char *const host = brackets ? str + 1 : str;
	const size_t len = strcspn(host, brackets ? "]" : ":?");

	if (!len || len >= sizeof(srv->host) || (brackets && !host[len]))
		return NULL;

	memcpy(srv->host, host, len);
	srv->host[len] = '\0';

	return host + len + (brackets ? 1 : 0);
}


static const char *take_port(struct ua_server *srv, const char *str)
{
	unsigned n = 0;

	if (*str != ':')
		return str;

	for (++str; *str >= '0' && *str <= '9' && n <= UINT16_MAX; ++str)
		n = n * 10 + (unsigned)(*str - '0');

	srv->port = (uint16_t)n;

	return n && n <= UINT16_MAX ? str : NULL;
}


/* What a URI's transport means; 0: there is none like that. */
static uint8_t take_transport(const char *pos, bool secure, bool port)
{
	const uint8_t plain = UA_TP_BIT(UA_TP_UDP) | UA_TP_BIT(UA_TP_TCP);

	if (!*pos && !secure)
		return port ? plain : plain | UA_TP_BIT(UA_TP_TLS);

	/* Over UDP that would be DTLS, which hardly a server speaks. */
	if (secure)
		return !*pos || !strcasecmp(pos, "?transport=tcp")
			       ? UA_TP_BIT(UA_TP_TLS)
			       : 0;

	if (!strcasecmp(pos, "?transport=udp"))
		return UA_TP_BIT(UA_TP_UDP);

	return !strcasecmp(pos, "?transport=tcp") ? UA_TP_BIT(UA_TP_TCP) : 0;
}


static const char *take_scheme(const char *uri, bool turn, bool *secure)
{
	*secure = turn && !strncasecmp(uri, "turns:", 6);
	if (*secure)
		return uri + 6;

	return strncasecmp(uri, turn ? "turn:" : "stun:", 5) ? NULL : uri + 5;
}


int ua_server_decode(struct ua_server *srv, const struct ua_server_conf *conf,
		     bool turn, char *errstr)
{
	const char *const form =
		turn ? "turn:host[:port][?transport=udp|tcp] or "
		       "turns:host[:port]"
		     : "stun:host[:port]";
	const char *pos;
	bool secure;

	memset(srv, 0, sizeof(*srv));

	pos = take_scheme(conf->uri, turn, &secure);
	if (pos)
		pos = take_host(srv, pos);
	if (!pos)
		return refuse(errstr, conf->uri, form);

	pos = take_port(srv, pos);
	if (!pos)
		return refuse(errstr, conf->uri, "a port of 1 to 65535");

	srv->tps = turn ? take_transport(pos, secure, srv->port != 0)
			: UA_TP_BIT(UA_TP_UDP);
	if (!srv->tps || (!turn && *pos))
		return refuse(errstr, conf->uri, form);

	if (turn && conf->credentials && !ua_turncred_check(conf->credentials))
		return refuse(errstr, conf->credentials,
			      "file:PATH or command:CMD");

	if (turn && !conf->credentials && (!conf->user || !conf->password))
		return refuse(errstr, conf->uri, "a user and a password");

	srv->turn = turn;
	srv->conf = conf;

	return 0;
}
