/* SPDX-License-Identifier: BSD-3-Clause */
/** @file sipraw.c  An answer to a request that libre cannot read */

#include <errno.h>
#include <string.h>

#include "base/re_compat.h"
#include "dialog/sipmsg.h"
#include "dialog/sipraw.h"

enum {
	VIA,
	FROM,
	TO,
	CALLID,
	CSEQ,
	HEADERS,

	LINES_MAX = 128, /* looked at, as of other messages */
	VIAS_MAX = 70    /* more hops than that there are not */
};

/* clang-format off */
static const struct {
	const char *name;
	const char *compact;
} names[HEADERS] = {
	[VIA]    = { "Via",     "v" },
	[FROM]   = { "From",    "f" },
	[TO]     = { "To",      "t" },
	[CALLID] = { "Call-ID", "i" },
	[CSEQ]   = { "CSeq",    ""  },
};
/* clang-format on */

/** What an answer repeats */
struct raw {
	struct pl viav[VIAS_MAX];
	size_t viac;
	struct pl v[HEADERS]; /* first of each */
};


static bool is_lws(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}


static void trim(struct pl *pl)
{
	while (pl->l && is_lws(pl->p[0]))
		pl_advance(pl, 1);
	while (pl->l && is_lws(pl->p[pl->l - 1]))
		--pl->l;
}


/* Up to the end of a line, and of those that go on with a space. */
static struct pl line_next(struct pl *rest, bool fold)
{
	struct pl line = { rest->p, 0 };

	while (line.l < rest->l) {
		if (rest->p[line.l++] != '\n')
			continue;

		if (!fold || line.l == rest->l ||
		    (rest->p[line.l] != ' ' && rest->p[line.l] != '\t'))
			break;
	}

	pl_advance(rest, (ssize_t)line.l);
	trim(&line);

	return line;
}


static void header_note(struct raw *raw, const struct pl *line)
{
	const char *colon = pl_strchr(line, ':');
	struct pl name = *line, val = *line;
	size_t i;

	if (!colon)
		return;

	name.l = (size_t)(colon - line->p);
	trim(&name);
	pl_advance(&val, colon + 1 - line->p);
	trim(&val);

	for (i = 0; i < HEADERS; i++) {
		if (pl_strcasecmp(&name, names[i].name) &&
		    pl_strcasecmp(&name, names[i].compact))
			continue;

		if (!raw->v[i].l)
			raw->v[i] = val;
		if (i == VIA && raw->viac < VIAS_MAX)
			raw->viav[raw->viac++] = val;
	}
}


static int headers_decode(struct raw *raw, struct pl *rest)
{
	struct pl line;
	size_t i;

	memset(raw, 0, sizeof(*raw));

	for (i = 0; i < LINES_MAX && rest->l; i++) {
		line = line_next(rest, true);
		if (!line.l)
			break;

		header_note(raw, &line);
	}

	for (i = 0; i < HEADERS; i++) {
		if (!raw->v[i].l || memchr(raw->v[i].p, '\0', raw->v[i].l))
			return EBADMSG;
	}

	return 0;
}


/* The status code that a start line deserves; 0: none at all */
static uint16_t status_of(const struct pl *line)
{
	struct pl met, ver;

	if (re_regex(line->p, line->l, "[^ \t]+[ \t]+[^]*", &met, NULL,
		     NULL) ||
	    met.p != line->p || !pl_strcmp(&met, "ACK") ||
	    pl_strchr(&met, '/'))
		return 0;

	ver = *line;
	while (ver.l && pl_strchr(&ver, ' '))
		pl_advance(&ver, 1);

	if (ver.l < 5 || re_regex(ver.p, 4, "SIP/"))
		return 0;

	return pl_strcmp(&ver, "SIP/2.0") ? 505 : 400;
}


/* The first Via may go on with others, behind a comma. */
static struct pl top_via(const struct raw *raw)
{
	const char *comma = pl_strchr(&raw->viav[0], ',');
	struct pl via = raw->viav[0];

	if (comma)
		via.l = (size_t)(comma - via.p);

	return via;
}


/* RFC 3261, 18.2.2 and RFC 3581, 4: the port, where there is no rport */
static int via_decode(const struct raw *raw, struct sa *dst)
{
	const struct pl via = top_via(raw);
	struct pl sentby, params, rport, port = pl_null;
	uint32_t n = SIP_PORT;

	if (re_regex(via.p, via.l,
		     "/[ \t\r\n]*[A-Za-z0-9]+[ \t\r\n]+[^;, \t\r\n]+[^]*",
		     NULL, NULL, NULL, &sentby, &params))
		return EBADMSG;

	if (!msg_param_exists(&params, "rport", &rport))
		return 0;

	if (re_regex(sentby.p, sentby.l, "\\]:[0-9]+", &port) &&
	    re_regex(sentby.p, sentby.l, "[^:\\[]+:[0-9]+", NULL, &port))
		port = pl_null;

	if (port.p && (!ua_sipmsg_u32(&port, &n) || !n || n > UINT16_MAX))
		return EBADMSG;

	sa_set_port(dst, (uint16_t)n);

	return 0;
}


static int vias_encode(struct mbuf *out, const struct raw *raw,
		       const struct sa *src)
{
	struct pl head = top_via(raw), rest = raw->viav[0], rport;
	size_t i;
	int err;

	pl_advance(&rest, (ssize_t)head.l);

	err = mbuf_printf(out, "Via: ");
	if (!err && !msg_param_exists(&head, "rport", &rport)) {
		rest.l += (size_t)(rest.p - rport.p) - rport.l;
		rest.p = rport.p + rport.l;
		head.l = (size_t)(rport.p - head.p);
		err = mbuf_printf(out, "%r;rport=%u", &head, sa_port(src));
		head = pl_null;
	}
	if (!err)
		err = mbuf_printf(out, "%r;received=%j%r\r\n", &head, src,
				  &rest);

	for (i = 1; !err && i < raw->viac; i++)
		err = mbuf_printf(out, "Via: %r\r\n", &raw->viav[i]);

	return err;
}


/* A tag of ours where there is none; the same for the same datagram */
static int to_encode(struct mbuf *out, const struct raw *raw,
		     const struct pl *all)
{
	const struct pl *to = &raw->v[TO];
	const char *end = pl_strchr(to, '>');
	struct pl params = *to, tag;

	if (end)
		pl_advance(&params, end - to->p);

	if (!msg_param_exists(&params, "tag", &tag))
		return mbuf_printf(out, "To: %r\r\n", to);

	return mbuf_printf(out, "To: %r;tag=%08x\r\n", to,
			   hash_joaat((const uint8_t *)all->p, all->l));
}


int ua_sipraw_refuse(struct mbuf *out, const struct mbuf *mb,
		     const struct sa *src, struct sa *dst)
{
	const struct pl all = { (const char *)mbuf_buf(mb),
				mbuf_get_left(mb) };
	struct pl rest = all, line;
	struct raw raw;
	uint16_t code;
	int err;

	line = line_next(&rest, false);
	code = status_of(&line);
	*dst = *src;
	if (!code || headers_decode(&raw, &rest) || via_decode(&raw, dst))
		return EBADMSG;

	err = mbuf_printf(out, "SIP/2.0 %u %s\r\n", code,
			  ua_sipmsg_reason(code));
	if (!err)
		err = vias_encode(out, &raw, src);
	if (!err)
		err = to_encode(out, &raw, &all);
	if (!err)
		err = mbuf_printf(out,
				  "From: %r\r\n"
				  "Call-ID: %r\r\n"
				  "CSeq: %r\r\n"
				  "Content-Length: 0\r\n\r\n",
				  &raw.v[FROM], &raw.v[CALLID], &raw.v[CSEQ]);

	return err;
}
