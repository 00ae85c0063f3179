/* SPDX-License-Identifier: BSD-3-Clause */
/** @file regparam.c  Parameters of a header field (RFC 3261, 25.1) */

#include <string.h>

#include "base/re_compat.h"
#include "dialog/regparam.h"


static void skip_lws(struct pl *pl)
{
	while (pl->l && strchr(" \t\r\n", *pl->p))
		pl_advance(pl, 1);
}


static struct pl take_token(struct pl *pl)
{
	struct pl token = { pl->p, 0 };

	while (pl->l && !strchr(" \t\r\n;=\"", *pl->p)) {
		pl_advance(pl, 1);
		++token.l;
	}

	return token;
}


static bool take_quoted(struct pl *pl, struct pl *val)
{
	pl_advance(pl, 1);
	val->p = pl->p;
	val->l = 0;

	while (pl->l && *pl->p != '"') {
		const size_t n = *pl->p == '\\' ? 2 : 1;

		if (pl->l < n)
			return false;

		pl_advance(pl, (ssize_t)n);
		val->l += n;
	}

	if (!pl->l)
		return false;

	pl_advance(pl, 1);

	return true;
}


/* One ";name" or ";name=value" off the front. */
static bool take_param(struct pl *pl, struct pl *name, struct pl *val)
{
	skip_lws(pl);
	if (!pl->l || *pl->p != ';')
		return false;

	pl_advance(pl, 1);
	skip_lws(pl);
	*name = take_token(pl);
	skip_lws(pl);

	val->p = pl->p;
	val->l = 0;
	if (!pl->l || *pl->p != '=')
		return true;

	pl_advance(pl, 1);
	skip_lws(pl);
	if (pl->l && *pl->p == '"')
		return take_quoted(pl, val);

	*val = take_token(pl);

	return true;
}


bool ua_regparam_get(const struct pl *params, const char *name, struct pl *val)
{
	struct pl pl = *params, found;

	while (take_param(&pl, &found, val)) {
		if (!pl_strcasecmp(&found, name))
			return true;
	}

	return false;
}


bool ua_regparam_delta(const struct pl *val, uint32_t *s)
{
	uint64_t n = 0;
	size_t i;

	for (i = 0; i < val->l; i++) {
		if (val->p[i] < '0' || val->p[i] > '9')
			return false;

		n = n * 10 + (uint64_t)(val->p[i] - '0');
		if (n > UINT32_MAX)
			n = UINT32_MAX;
	}

	*s = (uint32_t)n;

	return val->l > 0;
}
