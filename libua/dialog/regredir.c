/* SPDX-License-Identifier: BSD-3-Clause */
/** @file regredir.c  Redirects of a REGISTER, and where they led before */

#include <errno.h>
#include <string.h>
#include <strings.h>

#include "base/re_compat.h"
#include "dialog/regparam.h"
#include "dialog/regredir.h"
#include "dialog/sipaddr.h"
#include "dialog/sipmsg.h"

/** A look at the Contacts of a redirect */
struct choice {
	const struct ua_regredir *redir;
	const char *asked;
	char *target;
	uint32_t q; /* of the target, per mille and one more; 0: none */
	bool any;   /* there was a SIP URI         */
	bool weak;  /* ... but an insecure one     */
	bool self;  /* ... but that one was asked  */
	char loop[UA_REG_TARGET_MAX];
};


bool ua_regredir_is(const struct sip_msg *msg)
{
	return msg->scode == 301 || msg->scode == 302 || msg->scode == 305 ||
	       msg->scode == 307;
}


static bool is_secure(const struct uri *uri)
{
	return !pl_strcasecmp(&uri->scheme, "sips");
}


static struct pl transport_of(const struct uri *uri)
{
	struct pl val = PL("udp");

	(void)ua_regparam_get(&uri->params, "transport", &val);

	return val;
}


/* Do two URIs name the same server? */
static bool same_server(const char *a, const char *b)
{
	struct uri x, y;
	struct pl pl, xt, yt;

	pl_set_str(&pl, a);
	if (uri_decode(&x, &pl))
		return false;
	pl_set_str(&pl, b);
	if (uri_decode(&y, &pl))
		return false;

	/* A port that is not told may be any (RFC 3263): another target. */
	xt = transport_of(&x);
	yt = transport_of(&y);

	return is_secure(&x) == is_secure(&y) &&
	       !pl_casecmp(&x.host, &y.host) && x.port == y.port &&
	       !pl_casecmp(&xt, &yt);
}


static bool was_asked(const struct choice *c, const char *uri)
{
	size_t i;

	for (i = 0; i < c->redir->n; i++) {
		if (same_server(c->redir->triedv[i], uri))
			return true;
	}

	return same_server(c->asked, uri);
}


/* All parameters but "method", which no Request-URI has (19.1.1). */
static int params_print(struct re_printf *pf, void *arg)
{
	struct pl rest = *(const struct pl *)arg, param;
	int err = 0;

	while (!err && !re_regex(rest.p, rest.l, "[^;]+", &param)) {
		pl_advance(&rest, param.p + param.l - rest.p);
		if (param.l >= 6 && !strncasecmp(param.p, "method", 6) &&
		    (param.l == 6 || param.p[6] == '='))
			continue;

		err = re_hprintf(pf, ";%r", &param);
	}

	return err;
}


static bool target_print(char *buf, const struct uri *uri)
{
	const bool ip6 = pl_strchr(&uri->host, ':') != NULL;
	char port[8] = "";

	if (uri->port)
		(void)re_snprintf(port, sizeof(port), ":%u", uri->port);

	return re_snprintf(buf, UA_REG_TARGET_MAX, "%s:%s%r%s%s%H",
			   is_secure(uri) ? "sips" : "sip", ip6 ? "[" : "",
			   &uri->host, ip6 ? "]" : "", port, params_print,
			   &uri->params) > 0;
}


/* "0.7" is 700, plus one; none is the best */
static uint32_t q_of(const struct pl *params)
{
	struct pl val;
	uint32_t q = 0;
	size_t i;

	if (!ua_regparam_get(params, "q", &val))
		return 1001;

	if (val.l && val.p[0] == '1')
		return 1001;

	for (i = 0; i < 3; i++) {
		const uint8_t c =
			(uint8_t)(i + 2 < val.l ? val.p[i + 2] : '0');

		q = q * 10 + (c >= '0' && c <= '9' ? c - 48U : 0U);
	}

	return q + 1;
}


static bool contact_handler(const struct sip_hdr *hdr,
			    const struct sip_msg *msg, void *arg)
{
	struct choice *c = arg;
	char uri[UA_REG_TARGET_MAX];
	struct sip_addr addr;
	uint32_t q;
	(void)msg;

	if (sip_addr_decode(&addr, &hdr->val) ||
	    !ua_sipmsg_uri_ok(&addr.auri) ||
	    !ua_sipaddr_hostport_ok(&addr.auri) ||
	    !target_print(uri, &addr.uri))
		return false;

	c->any = true;
	if (!strncasecmp(c->asked, "sips:", 5) && !is_secure(&addr.uri)) {
		c->weak = true;
		return false;
	}

	if (was_asked(c, uri)) {
		c->self = true;
		str_ncpy(c->loop, uri, sizeof(c->loop));
		return false;
	}

	q = q_of(&addr.params);
	if (q > c->q) {
		c->q = q;
		str_ncpy(c->target, uri, UA_REG_TARGET_MAX);
	}

	return false;
}


static int refuse(const struct choice *c, const char **why)
{
	if (!c->any) {
		*why = "registrar redirects, but to no SIP URI";
		return EPROTO;
	}

	if (!c->self) {
		*why = "registrar redirects to an insecure URI";
		return EPROTO;
	}

	str_ncpy(c->target, c->loop, UA_REG_TARGET_MAX);
	*why = same_server(c->loop, c->asked)
		       ? "registrar redirects to itself"
		       : "registrar redirects in a circle";

	return ELOOP;
}


int ua_regredir_next(struct ua_regredir *redir, const struct sip_msg *msg,
		     const char *asked, char *target, const char **why)
{
	struct choice c = { .redir = redir, .asked = asked, .target = target };
	int err;

	target[0] = '\0';
	(void)sip_msg_hdr_apply(msg, true, SIP_HDR_CONTACT, contact_handler,
				&c);
	if (!c.q)
		return refuse(&c, why);

	if (redir->n == UA_REG_REDIRECTS) {
		*why = "registrar redirects too often, now";
		return ELOOP;
	}

	err = str_dup(&redir->triedv[redir->n], asked);
	if (!err)
		++redir->n;

	return err;
}


void ua_regredir_reset(struct ua_regredir *redir)
{
	while (redir->n) {
		--redir->n;
		redir->triedv[redir->n] = mem_deref(redir->triedv[redir->n]);
	}
}
