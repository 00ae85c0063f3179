/* SPDX-License-Identifier: BSD-3-Clause */
/** @file sipfault.c  What libre's parser lets pass and RFC 3261 does not */

#include <errno.h>
#include <string.h>

#include "base/re_compat.h"
#include "dialog/sipaddr.h"
#include "dialog/sipmsg.h"

/* What RFC 3261's branches begin with, and an identifier follows (8.1.1.7) */
#define COOKIE "z9hG4bK"

enum {
	STATUS_LEN = 5,        /* of " 200 ", a status code in its line */
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
/* clang-format on */


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


static bool method_known(const struct sip_msg *msg)
{
	return ua_sipmsg_allowed(msg) ||
	       method_in(msg, known, sizeof(known) / sizeof(known[0]));
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
	(void)fault_set(fault, method_known(msg) ? 405 : 501, NULL);
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


/* What is compared as a string has no spaces and no control characters. */
static bool word_ok(const struct pl *pl)
{
	size_t i;

	for (i = 0; i < pl->l; i++) {
		const uint8_t c = (uint8_t)pl->p[i];

		if (c <= 0x20 || c == 0x7f)
			return false;
	}

	return true;
}


/*
 * Dialogs keep From and To as strings.  A quoted NUL is a character of a name
 * like others (RFC 4475, 3.1.1.2), but calls no phone.
 */
static bool name_ok(const struct sip_msg *msg, const struct sip_taddr *addr)
{
	return word_ok(&addr->tag) && ua_sipaddr_closed(&addr->val) &&
	       (pl_strcmp(&msg->met, "INVITE") ||
		!memchr(addr->val.p, '\0', addr->val.l));
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

	if (!word_ok(&msg->callid))
		return "Bad Call-ID";

	/* In an answer they are what we wrote, or what became of it. */
	if (msg->req && !name_ok(msg, &msg->from))
		return "Bad From";

	if (msg->req && !name_ok(msg, &msg->to))
		return "Bad To";

	return NULL;
}


/* Where the body ends; on a connection the next message begins there. */
static const char *frame_fault(const struct sip_msg *msg)
{
	uint32_t clen;

	if (sip_msg_hdr_count(msg, SIP_HDR_CONTENT_LENGTH) > 1)
		return "Two Content-Length Headers";

	if (msg->clen.p && (!ua_sipmsg_u32(&msg->clen, &clen) ||
			    clen > mbuf_get_left(msg->mb)))
		return "Bad Content-Length";

	return NULL;
}


static const char *hops_fault(const struct sip_msg *msg)
{
	uint32_t maxfwd;

	if (sip_msg_hdr_count(msg, SIP_HDR_MAX_FORWARDS) > 1)
		return "Two Max-Forwards Headers";

	if (msg->maxfwd.p &&
	    (!ua_sipmsg_u32(&msg->maxfwd, &maxfwd) || maxfwd > MAXFWD_MAX))
		return "Bad Max-Forwards";

	return NULL;
}


/*
 * Later methods may do with CSeq what they like: 501 rather than 400 is the
 * answer that will still be right then (RFC 4475, 3.1.2.18).
 */
static int cseq_check(const struct sip_msg *msg, struct ua_sipmsg_fault *fault)
{
	if (!pl_cmp(&msg->cseq.met, &msg->met))
		return 0;

	(void)fault_set(fault, 400, "CSeq Names Another Method");
	if (!method_known(msg))
		ua_sipmsg_refuse_method(msg, fault);

	return EPROTO;
}


/*
 * All requests of such a client are one to libre's transactions: what was
 * said to the first is said to all, if it is kept.
 */
static int branch_check(const struct sip_msg *msg,
			struct ua_sipmsg_fault *fault)
{
	if (pl_strcasecmp(&msg->via.branch, COOKIE))
		return 0;

	(void)fault_set(fault, 400, "Via Branch Without Identifier");
	fault->stateless = true;

	return EPROTO;
}


static int scheme_check(const struct sip_msg *msg,
			struct ua_sipmsg_fault *fault)
{
	const struct pl *uri = &msg->ruri;
	const char *colon = pl_strchr(uri, ':');
	struct pl scheme = { uri->p, colon ? (size_t)(colon - uri->p) : 0 };
	size_t i;

	/* libre looks for a scheme until one is followed by what it knows. */
	if (!pl_strcasecmp(&scheme, "sip") || !pl_strcasecmp(&scheme, "sips"))
		return ua_sipaddr_hostport_ok(uri)
			       ? 0
			       : fault_set(fault, 400, "Bad Request-URI");

	for (i = 0; i < scheme.l; i++) {
		const char c = scheme.p[i];

		if (!(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z') &&
		    !(c >= '0' && c <= '9') && (!c || !strchr("+-.", c)))
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


static bool accept_handler(const struct sip_hdr *hdr,
			   const struct sip_msg *msg, void *arg)
{
	struct msg_ctype ctype;
	(void)msg;

	*(bool *)arg = true;

	return !msg_ctype_decode(&ctype, &hdr->val) &&
	       (msg_ctype_cmp(&ctype, "application", "sdp") ||
		msg_ctype_cmp(&ctype, "application", "*") ||
		msg_ctype_cmp(&ctype, "*", "*"));
}


/* RFC 4475, 3.3.15: the answer could not hold what a call needs. */
static int accept_check(const struct sip_msg *msg,
			struct ua_sipmsg_fault *fault)
{
	bool there = false;

	if (pl_strcmp(&msg->met, "INVITE") ||
	    sip_msg_hdr_apply(msg, true, SIP_HDR_ACCEPT, accept_handler,
			      &there) ||
	    !there)
		return 0;

	(void)fault_set(fault, 406, NULL);
	strcpy(fault->headers,
	       "Warning: 399 ua \"Accept lacks application/sdp\"\r\n");

	return EPROTO;
}


static int request_check(const struct sip_msg *msg,
			 struct ua_sipmsg_fault *fault)
{
	int err;

	err = cseq_check(msg, fault);
	if (!err)
		err = branch_check(msg, fault);
	if (!err)
		err = scheme_check(msg, fault);
	if (!err)
		err = require_check(msg, fault);
	if (!err)
		err = content_check(msg, fault);
	if (!err)
		err = accept_check(msg, fault);

	return err;
}


/* libre counts modulo 2^16: 65736 is another 200 to it. */
static bool status_ok(const struct sip_msg *msg)
{
	return !pl_strcasecmp(&msg->ver, "SIP/2.0") &&
	       msg->reason.p - (msg->ver.p + msg->ver.l) == STATUS_LEN &&
	       msg->scode >= 100 && msg->scode <= 699;
}


int ua_sipmsg_check(const struct sip_msg *msg, struct ua_sipmsg_fault *fault)
{
	const char *reason;

	memset(fault, 0, sizeof(*fault));

	/* Without a Via there is no way back. */
	if (!msg->via.sentby.l || !msg->via.branch.l)
		return EBADMSG;

	reason = frame_fault(msg);
	fault->framing = reason != NULL;
	if (!reason)
		reason = headers_fault(msg);
	if (!reason)
		reason = hops_fault(msg);

	/* Two Vias: the answer belongs to somebody else (8.1.3.3). */
	if (!msg->req)
		return reason || !status_ok(msg) ||
				       sip_msg_hdr_count(msg, SIP_HDR_VIA) != 1
			       ? EBADMSG
			       : 0;

	if (!pl_strcmp(&msg->met, "ACK"))
		return reason || cseq_check(msg, fault) ||
				       branch_check(msg, fault)
			       ? EBADMSG
			       : 0;

	return reason ? fault_set(fault, 400, reason)
		      : request_check(msg, fault);
}
