/* SPDX-License-Identifier: BSD-3-Clause */
/** @file sipmsg.c  What stands in a message, read with care */

#include <errno.h>
#include <string.h>

#include "base/re_compat.h"
#include "base/addr.h"
#include "dialog/sipmsg.h"

/* clang-format off */
static const struct {
	uint16_t code;
	const char *reason;
} reasons[] = {
	{ 100, "Trying" },
	{ 180, "Ringing" },
	{ 181, "Call Is Being Forwarded" },
	{ 182, "Queued" },
	{ 183, "Session Progress" },
	{ 200, "OK" },
	{ 400, "Bad Request" },
	{ 403, "Forbidden" },
	{ 404, "Not Found" },
	{ 405, "Method Not Allowed" },
	{ 406, "Not Acceptable" },
	{ 408, "Request Timeout" },
	{ 415, "Unsupported Media Type" },
	{ 416, "Unsupported URI Scheme" },
	{ 420, "Bad Extension" },
	{ 469, "Bad Info Package" },
	{ 480, "Temporarily Unavailable" },
	{ 481, "Call/Transaction Does Not Exist" },
	{ 482, "Loop Detected" },
	{ 486, "Busy Here" },
	{ 487, "Request Terminated" },
	{ 488, "Not Acceptable Here" },
	{ 491, "Request Pending" },
	{ 500, "Server Internal Error" },
	{ 501, "Not Implemented" },
	{ 503, "Service Unavailable" },
	{ 505, "Version Not Supported" },
	{ 600, "Busy Everywhere" },
	{ 603, "Decline" },
	{ 606, "Not Acceptable" },
};
/* clang-format on */


const char *ua_sipmsg_reason(uint16_t code)
{
	size_t i;

	for (i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++) {
		if (reasons[i].code == code)
			return reasons[i].reason;
	}

	return code < 200 ? "Progress" : code < 300 ? "OK" : "Refused";
}


bool ua_sipmsg_u32(const struct pl *pl, uint32_t *v)
{
	uint64_t n = 0;
	size_t i;

	if (!pl->l)
		return false;

	for (i = 0; i < pl->l; i++) {
		if (pl->p[i] < '0' || pl->p[i] > '9')
			return false;

		n = n * 10 + (uint64_t)(pl->p[i] - '0');
		if (n > UINT32_MAX)
			return false;
	}

	*v = (uint32_t)n;
	return true;
}


bool ua_sipmsg_number(const struct sip_msg *msg, int id, uint32_t *v)
{
	const struct sip_hdr *hdr = sip_msg_hdr(msg, (enum sip_hdrid)id);
	struct pl pl;

	if (!hdr)
		return false;

	/* Retry-After may go on with a comment or parameters. */
	pl = hdr->val;
	for (pl.l = 0; pl.l < hdr->val.l; ++pl.l) {
		if (pl.p[pl.l] < '0' || pl.p[pl.l] > '9')
			break;
	}

	if (pl.l < hdr->val.l && !strchr(" \t;(", pl.p[pl.l]))
		return false;

	return ua_sipmsg_u32(&pl, v);
}


void ua_sipmsg_text(char *str, size_t size, const struct pl *pl)
{
	const size_t n = pl->l < size ? pl->l : size - 1;
	size_t i;

	for (i = 0; i < n; i++) {
		const uint8_t c = (uint8_t)pl->p[i];

		str[i] = c < 0x20 || c == 0x7f ? '?' : (char)c;
	}

	str[n] = '\0';
}


bool ua_sipmsg_uri_ok(const struct pl *pl)
{
	struct uri uri;
	size_t i;

	if (pl->l > UA_SIPMSG_STR_MAX)
		return false;

	for (i = 0; i < pl->l; i++) {
		const uint8_t c = (uint8_t)pl->p[i];

		if (c <= 0x20 || c == 0x7f || strchr("<>\"", (char)c))
			return false;
	}

	return !uri_decode(&uri, pl) && uri.host.l &&
	       (!pl_strcasecmp(&uri.scheme, "sip") ||
		!pl_strcasecmp(&uri.scheme, "sips"));
}


/** A token that is looked for */
struct wanted {
	const char *token;
	bool there;
	bool found;
};


static bool list_handler(const struct sip_hdr *hdr, const struct sip_msg *msg,
			 void *arg)
{
	struct wanted *w = arg;
	struct pl rest = hdr->val;
	struct pl word;
	(void)msg;

	w->there = true;

	while (rest.l && !w->found) {
		if (re_regex(rest.p, rest.l, "[^,; \t]+", &word))
			break;

		w->found = !pl_strcmp(&word, w->token);
		pl_advance(&rest, word.p + word.l - rest.p);

		/* What stands before the comma belongs to that word. */
		while (rest.l && *rest.p != ',')
			pl_advance(&rest, 1);
	}

	return w->found;
}


bool ua_sipmsg_lists(const struct sip_msg *msg, const char *header,
		     const char *token, bool *there)
{
	struct wanted w = { .token = token };

	(void)sip_msg_xhdr_apply(msg, true, header, list_handler, &w);
	if (there)
		*there = w.there;

	return w.found;
}


struct pl ua_sipmsg_body(const struct sip_msg *msg)
{
	struct pl body;
	uint32_t clen;

	pl_set_mbuf(&body, msg->mb);

	if (msg->clen.p && ua_sipmsg_u32(&msg->clen, &clen) && clen < body.l)
		body.l = clen;

	return body;
}


struct pl ua_sipmsg_sdp(const struct sip_msg *msg)
{
	const struct pl body = ua_sipmsg_body(msg);

	if (!body.l || !msg_ctype_cmp(&msg->ctyp, "application", "sdp"))
		return pl_null;

	return body;
}


void ua_sipmsg_mapped(const struct sip_msg *msg, struct ua_addr *addr)
{
	const struct sip_via *via = &msg->via;
	struct pl received, rport;
	struct sa sa = via->addr;
	bool told = false;
	uint32_t port;

	memset(addr, 0, sizeof(*addr));

	if (!msg_param_decode(&via->params, "received", &received)) {
		if (received.l > 2 && received.p[0] == '[') {
			++received.p;
			received.l -= 2;
		}

		if (sa_set(&sa, &received, sa_port(&via->addr)))
			return;
		told = true;
	}

	if (!msg_param_decode(&via->params, "rport", &rport)) {
		if (!ua_sipmsg_u32(&rport, &port) || port > UINT16_MAX)
			return;

		sa_set_port(&sa, (uint16_t)port);
		told = true;
	}

	if (told)
		ua_addr_from_sa(addr, &sa);
}
