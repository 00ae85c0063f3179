/* SPDX-License-Identifier: BSD-3-Clause */
/** @file challenge.c  A challenge as it stands in a message */

#include <errno.h>
#include <string.h>

#include "base/re_compat.h"
#include "dialog/challenge.h"

static const char *const alg_names[UA_DIGEST_NALG] = {
	[UA_DIGEST_SHA512_256] = "SHA-512-256",
	[UA_DIGEST_SHA256] = "SHA-256",
	[UA_DIGEST_MD5] = "MD5",
};


const char *ua_challenge_alg_name(enum ua_digest_alg alg)
{
	return alg_names[alg];
}


static bool is_lws(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}


static void skip_lws(struct pl *pl)
{
	while (pl->l && is_lws(*pl->p))
		pl_advance(pl, 1);
}


/* The characters before c, or before any end of a token. */
static struct pl take_token(struct pl *pl)
{
	struct pl token = { pl->p, 0 };

	while (pl->l && !is_lws(*pl->p) && *pl->p != ',' && *pl->p != '=' &&
	       *pl->p != '"') {
		pl_advance(pl, 1);
		++token.l;
	}

	return token;
}


/*
 * A quoted string without its quotes.  Backslashes stay: what goes into the
 * hash and back to the server is what it wrote (RFC 7616, 3.4.1, unq).
 */
static int take_quoted(struct pl *pl, struct pl *val)
{
	pl_advance(pl, 1);
	val->p = pl->p;
	val->l = 0;

	while (pl->l) {
		if (*pl->p == '"') {
			pl_advance(pl, 1);
			return 0;
		}

		if ((uint8_t)*pl->p < 0x20 && *pl->p != '\t')
			return EBADMSG;

		if (*pl->p == '\\') {
			if (pl->l < 2)
				return EBADMSG;
			pl_advance(pl, 1);
			++val->l;
		}

		pl_advance(pl, 1);
		++val->l;
	}

	return EBADMSG;
}


int ua_challenge_param(struct pl *pl, struct pl *name, struct pl *val)
{
	while (pl->l && (is_lws(*pl->p) || *pl->p == ','))
		pl_advance(pl, 1);

	if (!pl->l)
		return ENOENT;

	*name = take_token(pl);
	skip_lws(pl);

	if (!name->l || !pl->l || *pl->p != '=')
		return EBADMSG;

	pl_advance(pl, 1);
	skip_lws(pl);

	if (pl->l && *pl->p == '"') {
		if (take_quoted(pl, val))
			return EBADMSG;
	}
	else {
		*val = take_token(pl);
	}

	skip_lws(pl);

	return pl->l && *pl->p != ',' ? EBADMSG : 0;
}


static bool list_has(struct pl list, const char *word)
{
	struct pl token;

	while (list.l) {
		skip_lws(&list);
		token = take_token(&list);
		if (!pl_strcasecmp(&token, word))
			return true;

		if (list.l)
			pl_advance(&list, 1);
	}

	return false;
}


static int alg_decode(struct ua_challenge *ch, const struct pl *val)
{
	static const struct pl sess = PL("-sess");
	struct pl name = *val, end;
	size_t i;

	if (name.l > sess.l) {
		end.p = name.p + name.l - sess.l;
		end.l = sess.l;
		if (!pl_casecmp(&end, &sess)) {
			ch->sess = true;
			name.l -= sess.l;
		}
	}

	for (i = 0; i < UA_DIGEST_NALG; i++) {
		if (!pl_strcasecmp(&name, alg_names[i])) {
			ch->alg = (enum ua_digest_alg)i;
			return 0;
		}
	}

	return ENOTSUP;
}


int ua_challenge_decode(struct ua_challenge *ch, const struct pl *hval)
{
	struct pl pl = *hval, scheme, name, val;
	int err, alg_err = 0;

	memset(ch, 0, sizeof(*ch));
	ch->alg = UA_DIGEST_MD5;

	skip_lws(&pl);
	scheme = take_token(&pl);
	if (pl_strcasecmp(&scheme, "Digest"))
		return scheme.l ? ENOTSUP : EBADMSG;

	while (!(err = ua_challenge_param(&pl, &name, &val))) {

		if (val.l > UA_CHALLENGE_VALUE_MAX)
			return EBADMSG;

		if (!pl_strcasecmp(&name, "realm"))
			ch->realm = val;
		else if (!pl_strcasecmp(&name, "nonce"))
			ch->nonce = val;
		else if (!pl_strcasecmp(&name, "opaque"))
			ch->opaque = val;
		else if (!pl_strcasecmp(&name, "stale"))
			ch->stale = !pl_strcasecmp(&val, "true");
		else if (!pl_strcasecmp(&name, "algorithm"))
			alg_err = alg_decode(ch, &val);
		else if (!pl_strcasecmp(&name, "qop")) {
			ch->qop = list_has(val, "auth");
			if (!ch->qop)
				alg_err = ENOTSUP;
		}
	}

	if (err != ENOENT || !ch->realm.p || !ch->nonce.p)
		return EBADMSG;

	return alg_err;
}
