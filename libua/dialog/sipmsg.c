/* SPDX-License-Identifier: BSD-3-Clause */
/** @file sipmsg.c  What libre's parser lets pass and RFC 3261 does not */

#include <errno.h>
#include <string.h>

#include "base/re_compat.h"
#include "base/addr.h"
#include "dialog/sipmsg.h"

enum {
	CSEQ_MAX = 0x7fffffff, /* RFC 3261, 8.1.1.5 */
	MAXFWD_MAX = 255
};

/* clang-format off */
/* Each must be there, and only once. */
static const struct {
	enum sip_hdrid id;
	const char *missing;
	const char *twice;
} needed[] = {
	{ SIP_HDR_FROM,    "Missing From",    "Two From Headers"    },
	{ SIP_HDR_TO,      "Missing To",      "Two To Headers"      },
	{ SIP_HDR_CALL_ID, "Missing Call-ID", "Two Call-ID Headers" },
	{ SIP_HDR_CSEQ,    "Missing CSeq",    "Two CSeq Headers"    },
};

/* Methods of other RFCs: known, not allowed. */
static const char *const known[] = {
	"REGISTER", "PRACK", "UPDATE", "SUBSCRIBE", "NOTIFY",
	"REFER", "MESSAGE", "PUBLISH",
};

static const char *const allowed[] = {
	"INVITE", "ACK", "CANCEL", "BYE", "OPTIONS", "INFO",
};

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


static bool method_in(const struct sip_msg *msg, const char *const *v,
		      size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		if (!pl_strcmp(&msg->met, v[i]))
			return true;
	}

	return false;
}


bool ua_sipmsg_allowed(const struct sip_msg *msg)
{
	return method_in(msg, allowed, sizeof(allowed) / sizeof(allowed[0]));
}


static int fault_set(struct ua_sipmsg_fault *fault, uint16_t code,
		     const char *reason)
{
	fault->code = code;
	fault->reason = reason ? reason : ua_sipmsg_reason(code);
	fault->headers[0] = '\0';

	return EPROTO;
}


void ua_sipmsg_refuse_method(const struct sip_msg *msg,
			     struct ua_sipmsg_fault *fault)
{
	const bool is_known =
		method_in(msg, known, sizeof(known) / sizeof(known[0]));

	(void)fault_set(fault, is_known ? 405 : 501, NULL);
	(void)re_snprintf(fault->headers, sizeof(fault->headers),
			  "Allow: " UA_SIPMSG_ALLOW "\r\n");
}


/* libre reads a number until it overflows: read the header again. */
static bool cseq_ok(const struct sip_msg *msg)
{
	const struct sip_hdr *hdr = sip_msg_hdr(msg, SIP_HDR_CSEQ);
	struct pl num = { NULL, 0 };
	uint32_t v;

	if (!hdr)
		return false;

	num.p = hdr->val.p;
	while (num.l < hdr->val.l && num.p[num.l] >= '0' &&
	       num.p[num.l] <= '9')
		++num.l;

	return ua_sipmsg_u32(&num, &v) && v <= CSEQ_MAX && v == msg->cseq.num;
}


static const char *headers_fault(const struct sip_msg *msg)
{
	uint32_t n;
	size_t i;

	if (list_count(&msg->hdrl) > UA_SIPMSG_HDRS_MAX)
		return "Too Many Headers";

	for (i = 0; i < sizeof(needed) / sizeof(needed[0]); i++) {
		n = sip_msg_hdr_count(msg, needed[i].id);
		if (n != 1)
			return n ? needed[i].twice : needed[i].missing;
	}

	if (!msg->callid.l || msg->callid.l > UA_SIPMSG_STR_MAX ||
	    msg->from.val.l > UA_SIPMSG_STR_MAX ||
	    msg->to.val.l > UA_SIPMSG_STR_MAX)
		return "Header Too Long";

	if (!cseq_ok(msg))
		return "Bad CSeq";

	if (msg->req && pl_cmp(&msg->cseq.met, &msg->met))
		return "CSeq Names Another Method";

	return NULL;
}


static const char *length_fault(const struct sip_msg *msg)
{
	uint32_t clen, maxfwd;

	if (sip_msg_hdr_count(msg, SIP_HDR_CONTENT_LENGTH) > 1)
		return "Two Content-Length Headers";

	if (msg->clen.p && (!ua_sipmsg_u32(&msg->clen, &clen) ||
			    clen > mbuf_get_left(msg->mb)))
		return "Bad Content-Length";

	if (sip_msg_hdr_count(msg, SIP_HDR_MAX_FORWARDS) > 1)
		return "Two Max-Forwards Headers";

	if (msg->maxfwd.p &&
	    (!ua_sipmsg_u32(&msg->maxfwd, &maxfwd) || maxfwd > MAXFWD_MAX))
		return "Bad Max-Forwards";

	return NULL;
}


static int scheme_check(const struct sip_msg *msg,
			struct ua_sipmsg_fault *fault)
{
	const struct pl *scheme = &msg->uri.scheme;
	size_t i;

	if (!pl_strcasecmp(scheme, "sip") || !pl_strcasecmp(scheme, "sips"))
		return 0;

	for (i = 0; i < scheme->l; i++) {
		const char c = scheme->p[i];

		if (!(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z') &&
		    !(c >= '0' && c <= '9') && !strchr("+-.", c))
			return fault_set(fault, 400, "Bad Request-URI");
	}

	return fault_set(fault, 416, NULL);
}


static bool unsupported_handler(const struct sip_hdr *hdr,
				const struct sip_msg *msg, void *arg)
{
	struct ua_sipmsg_fault *fault = arg;
	const size_t used = strlen(fault->headers);
	char tag[64];
	(void)msg;

	/* Whether this agent does it, and the peer, the session knows. */
	if (!pl_strcasecmp(&hdr->val, UA_SIPMSG_TRICKLE))
		return false;

	ua_sipmsg_text(tag, sizeof(tag), &hdr->val);

	/* What does not fit is not told: the first ones are refusal enough */
	if (used + strlen(tag) + 4 < sizeof(fault->headers))
		(void)re_snprintf(fault->headers + used,
				  sizeof(fault->headers) - used, "%s%s",
				  used ? ", " : "Unsupported: ", tag);

	return false;
}


/* RFC 3261, 8.2.2.3: hardly anything that may be required is supported. */
static int require_check(const struct sip_msg *msg,
			 struct ua_sipmsg_fault *fault)
{
	if (!sip_msg_hdr(msg, SIP_HDR_REQUIRE) ||
	    !pl_strcmp(&msg->met, "CANCEL"))
		return 0;

	(void)fault_set(fault, 420, NULL);
	(void)sip_msg_hdr_apply(msg, true, SIP_HDR_REQUIRE,
				unsupported_handler, fault);
	if (!*fault->headers)
		return 0;

	strcat(fault->headers, "\r\n");

	return EPROTO;
}


static bool optional_body(const struct sip_msg *msg)
{
	const struct sip_hdr *hdr =
		sip_msg_hdr(msg, SIP_HDR_CONTENT_DISPOSITION);
	struct pl val;

	return hdr && !msg_param_decode(&hdr->val, "handling", &val) &&
	       !pl_strcasecmp(&val, "optional");
}


/* RFC 3261, 8.2.3, for INVITE: its body is SDP, or may be ignored. */
static int content_check(const struct sip_msg *msg,
			 struct ua_sipmsg_fault *fault)
{
	const struct sip_hdr *enc = sip_msg_hdr(msg, SIP_HDR_CONTENT_ENCODING);
	const char *accept = NULL;

	if (pl_strcmp(&msg->met, "INVITE") || !ua_sipmsg_body(msg).l ||
	    optional_body(msg))
		return 0;

	if (enc && pl_strcasecmp(&enc->val, "identity"))
		accept = "Accept-Encoding: identity\r\n";
	else if (!msg_ctype_cmp(&msg->ctyp, "application", "sdp"))
		accept = "Accept: application/sdp\r\n";
	else
		return 0;

	(void)fault_set(fault, 415, NULL);
	strcpy(fault->headers, accept);

	return EPROTO;
}


int ua_sipmsg_check(const struct sip_msg *msg, struct ua_sipmsg_fault *fault)
{
	const char *reason;
	int err;

	/* Without a Via there is no way back. */
	if (!msg->via.sentby.l || !msg->via.branch.l)
		return EBADMSG;

	reason = headers_fault(msg);
	if (!reason)
		reason = length_fault(msg);

	if (!msg->req) {
		/* Two Vias: the answer belongs to somebody else (8.1.3.3). */
		if (reason || msg->scode < 100 || msg->scode > 699 ||
		    sip_msg_hdr_count(msg, SIP_HDR_VIA) != 1)
			return EBADMSG;

		return 0;
	}

	if (!pl_strcmp(&msg->met, "ACK"))
		return reason ? EBADMSG : 0;

	if (reason)
		return fault_set(fault, 400, reason);

	err = scheme_check(msg, fault);
	if (!err)
		err = require_check(msg, fault);
	if (!err)
		err = content_check(msg, fault);

	return err;
}
