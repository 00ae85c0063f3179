/* SPDX-License-Identifier: BSD-3-Clause */
/** @file sipaddr.c  The syntax of addresses, where libre reads past faults */

#include <string.h>

#include "base/re_compat.h"
#include "dialog/sipaddr.h"
#include "dialog/sipmsg.h"

/** Where a reader of an address is */
enum place {
	OUTSIDE,
	QUOTED,
	ESCAPED,
	BRACKETS,
	BEHIND,
	BEHIND_QUOTED,
	BEHIND_ESCAPED,
	WRONG
};


static enum place in_quotes(char c, enum place here, enum place escaped,
			    enum place out)
{
	return c == '\\' ? escaped : c == '"' ? out : here;
}


static enum place step(enum place place, char c)
{
	switch (place) {

	case OUTSIDE:
		return c == '"'   ? QUOTED
		       : c == '<' ? BRACKETS
		       : c == '>' ? WRONG
				  : OUTSIDE;

	case QUOTED:
		return in_quotes(c, QUOTED, ESCAPED, OUTSIDE);

	case ESCAPED:
		return QUOTED;

	case BRACKETS:
		return c == '>'               ? BEHIND
		       : c == '<' || c == '"' ? WRONG
					      : BRACKETS;

	case BEHIND:
		return c == '"'               ? BEHIND_QUOTED
		       : c == '<' || c == '>' ? WRONG
					      : BEHIND;

	case BEHIND_QUOTED:
		return in_quotes(c, BEHIND_QUOTED, BEHIND_ESCAPED, BEHIND);

	case BEHIND_ESCAPED:
		return BEHIND_QUOTED;

	default:
		return WRONG;
	}
}


bool ua_sipaddr_closed(const struct pl *val)
{
	enum place place = OUTSIDE;
	size_t i;

	for (i = 0; i < val->l; i++)
		place = step(place, val->p[i]);

	return place == OUTSIDE || place == BEHIND;
}


/* Behind "scheme:" and "user:password@" */
static struct pl host_on(const struct pl *uri)
{
	struct pl pl = *uri;
	const char *p = pl_strchr(&pl, '@');

	if (!p)
		p = pl_strchr(&pl, ':');
	if (p)
		pl_advance(&pl, p + 1 - pl.p);

	return pl;
}


static bool is_alnum(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9');
}


/* Length of the host; 0: there is none */
static size_t host_len(const struct pl *pl)
{
	const char *end;
	size_t n = 0;

	if (pl->l && *pl->p == '[') {
		end = pl_strchr(pl, ']');
		return end && end > pl->p + 1 ? (size_t)(end + 1 - pl->p) : 0;
	}

	/* "_" is in no host name, and yet in many. */
	while (n < pl->l && pl->p[n] &&
	       (is_alnum(pl->p[n]) || strchr("-._", pl->p[n])))
		++n;

	return n;
}


bool ua_sipaddr_hostport_ok(const struct pl *uri)
{
	struct pl pl = host_on(uri);
	struct pl digits;
	const size_t len = host_len(&pl);
	uint32_t port;

	if (!len)
		return false;

	pl_advance(&pl, (ssize_t)len);
	if (pl.l && *pl.p == ':') {
		pl_advance(&pl, 1);
		digits = pl;
		digits.l = 0;
		while (digits.l < pl.l && pl.p[digits.l] >= '0' &&
		       pl.p[digits.l] <= '9')
			++digits.l;

		if (!ua_sipmsg_u32(&digits, &port) || port > UINT16_MAX)
			return false;

		pl_advance(&pl, (ssize_t)digits.l);
	}

	return !pl.l || *pl.p == ';' || *pl.p == '?';
}
