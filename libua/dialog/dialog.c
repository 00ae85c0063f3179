/* SPDX-License-Identifier: BSD-3-Clause */
/** @file dialog.c  State of a dialog (RFC 3261, 12) */

#include <errno.h>
#include <string.h>

#include "base/re_compat.h"
#include "base/random.h"
#include "dialog/dialog.h"
#include "dialog/sipmsg.h"

enum {
	TAG_LEN = 16,     /* 64 bits, in hex                          */
	CALLID_LEN = 32,  /* 128 bits, in hex                         */
	CSEQ_FIRST = 9999 /* highest first CSeq: leaves plenty to go */
};

struct ua_dialog {
	char *callid;
	char *ltag;
	char *rtag;   /* NULL: half a dialog                         */
	char *local;  /* value of From in requests of ours, with tag */
	char *remote; /* value of To in requests of ours, with tag   */
	char *peer;   /* URI of remote                               */
	char *target; /* where requests go                           */
	char *routev[UA_DIALOG_ROUTES]; /* values of Route           */
	char *first; /* URI of the first route                      */
	size_t routec;
	bool strict; /* the first route does not know ";lr"         */
	bool owner;
	uint32_t lseq;
	uint32_t rseq;
	bool rseq_set;
};


static void destructor(void *arg)
{
	struct ua_dialog *dlg = arg;
	size_t i;

	for (i = 0; i < dlg->routec; i++)
		mem_deref(dlg->routev[i]);

	mem_deref(dlg->callid);
	mem_deref(dlg->ltag);
	mem_deref(dlg->rtag);
	mem_deref(dlg->local);
	mem_deref(dlg->remote);
	mem_deref(dlg->peer);
	mem_deref(dlg->target);
	mem_deref(dlg->first);
}


static int random_hex(char **strp, const struct ua_rand *rand, size_t len)
{
	char *str = mem_alloc(len + 1, NULL);
	size_t i;

	if (!str)
		return ENOMEM;

	rand->fill((uint8_t *)str, len, rand->arg);
	for (i = 0; i < len; i++)
		str[i] = "0123456789abcdef"[(uint8_t)str[i] & 15];
	str[len] = '\0';

	*strp = str;
	return 0;
}


/* A header may carry nothing that would end its line. */
static bool line_ok(const char *str)
{
	for (; *str; ++str) {
		if ((uint8_t)*str < 0x20 || *str == 0x7f)
			return false;
	}

	return true;
}


static bool uri_ok(const char *str)
{
	struct pl pl;

	pl_set_str(&pl, str);

	return ua_sipmsg_uri_ok(&pl);
}


static bool address_ok(const char *str)
{
	struct sip_addr addr;
	struct pl pl;

	pl_set_str(&pl, str);

	return pl.l <= UA_SIPMSG_STR_MAX && line_ok(str) &&
	       !sip_addr_decode(&addr, &pl) && ua_sipmsg_uri_ok(&addr.auri);
}


static int route_set(struct ua_dialog *dlg)
{
	struct sip_addr addr;
	struct pl pl, lr;

	if (!dlg->routec)
		return 0;

	pl_set_str(&pl, dlg->routev[0]);
	/* It may become a Request-URI, see ua_dialog_uri(). */
	if (sip_addr_decode(&addr, &pl) || !ua_sipmsg_uri_ok(&addr.auri))
		return EBADMSG;

	dlg->strict = 0 != msg_param_exists(&addr.uri.params, "lr", &lr);

	return pl_strdup(&dlg->first, &addr.auri);
}


struct route_arg {
	struct ua_dialog *dlg;
	int err;
};


static bool route_handler(const struct sip_hdr *hdr, const struct sip_msg *msg,
			  void *arg)
{
	struct route_arg *ra = arg;
	struct ua_dialog *dlg = ra->dlg;
	(void)msg;

	if (dlg->routec == UA_DIALOG_ROUTES ||
	    hdr->val.l > UA_SIPMSG_STR_MAX) {
		ra->err = EBADMSG;
		return true;
	}

	ra->err = pl_strdup(&dlg->routev[dlg->routec], &hdr->val);
	if (!ra->err)
		++dlg->routec;

	return 0 != ra->err;
}


/* Who called keeps the order, who was called reverses (12.1.1, 12.1.2). */
static int routes_decode(struct ua_dialog *dlg, const struct sip_msg *msg)
{
	struct route_arg ra = { .dlg = dlg };

	(void)sip_msg_hdr_apply(msg, msg->req, SIP_HDR_RECORD_ROUTE,
				route_handler, &ra);

	return ra.err ? ra.err : route_set(dlg);
}


static int contact_decode(char **uri, const struct sip_msg *msg)
{
	const struct sip_hdr *hdr = sip_msg_hdr(msg, SIP_HDR_CONTACT);
	struct sip_addr addr;

	if (!hdr || sip_addr_decode(&addr, &hdr->val) ||
	    !ua_sipmsg_uri_ok(&addr.auri))
		return EBADMSG;

	return pl_strdup(uri, &addr.auri);
}


/* A URI as Request-URI: without the headers that it may carry (19.1.1). */
static int request_uri(char **strp, const char *str)
{
	struct uri uri;
	struct pl pl;

	pl_set_str(&pl, str);
	if (uri_decode(&uri, &pl))
		return EINVAL;

	uri.headers = pl_null;

	return re_sdprintf(strp, "%H", uri_encode, &uri);
}


/* An outbound proxy routes loosely, whether its URI says so or not. */
static int route_preload(struct ua_dialog *dlg, const char *route)
{
	struct uri uri;
	struct pl pl, lr;
	int err;

	pl_set_str(&pl, route);
	if (uri_decode(&uri, &pl))
		return EINVAL;

	uri.headers = pl_null;
	err = re_sdprintf(&dlg->routev[0], "<%H%s>", uri_encode, &uri,
			  msg_param_exists(&uri.params, "lr", &lr) ? ";lr"
								   : "");
	if (err)
		return err;

	dlg->routec = 1;
	err = route_set(dlg);

	return err == EBADMSG ? EINVAL : err;
}


/* Take one value off the front of a list; commas in quotes and brackets are
 * its own. */
static bool value_next(struct pl *list, struct pl *val)
{
	bool quoted = false, angled = false;
	size_t i;

	while (list->l && strchr(" \t,", *list->p))
		pl_advance(list, 1);

	for (i = 0; i < list->l; i++) {
		const char c = list->p[i];

		if (c == '"' && !angled)
			quoted = !quoted;
		else if (c == '<' && !quoted)
			angled = true;
		else if (c == '>' && !quoted)
			angled = false;
		else if (c == ',' && !quoted && !angled)
			break;
	}

	val->p = list->p;
	val->l = i;
	pl_advance(list, (ssize_t)i);

	return val->l != 0;
}


int ua_dialog_preload(struct ua_dialog *half, const char *routes)
{
	struct sip_addr addr;
	struct pl list, val;
	int err;

	pl_set_str(&list, routes);
	while (value_next(&list, &val)) {

		if (half->routec == UA_DIALOG_ROUTES ||
		    sip_addr_decode(&addr, &val) ||
		    !ua_sipmsg_uri_ok(&addr.auri))
			return EBADMSG;

		err = pl_strdup(&half->routev[half->routec], &val);
		if (err)
			return err;

		++half->routec;
	}

	half->first = mem_deref(half->first);

	return half->routec ? route_set(half) : EBADMSG;
}


int ua_dialog_alloc(struct ua_dialog **dlgp, const struct ua_rand *rand,
		    const char *local, const char *uri, const char *route)
{
	struct ua_dialog *dlg;
	int err;

	if (!address_ok(local) || !uri_ok(uri) || (route && !uri_ok(route)))
		return EINVAL;

	dlg = mem_zalloc(sizeof(*dlg), destructor);
	if (!dlg)
		return ENOMEM;

	dlg->owner = true;
	dlg->lseq = ua_random_range(rand, 1, CSEQ_FIRST);

	err = random_hex(&dlg->callid, rand, CALLID_LEN);
	if (!err)
		err = random_hex(&dlg->ltag, rand, TAG_LEN);
	if (!err)
		err = request_uri(&dlg->target, uri);
	if (!err)
		err = str_dup(&dlg->peer, dlg->target);
	if (!err)
		err = re_sdprintf(&dlg->remote, "<%s>", dlg->target);
	if (!err)
		err = re_sdprintf(&dlg->local,
				  strchr(local, '<') ? "%s;tag=%s"
						     : "<%s>;tag=%s",
				  local, dlg->ltag);
	if (!err && route)
		err = route_preload(dlg, route);

	if (err)
		mem_deref(dlg);
	else
		*dlgp = dlg;

	return err;
}


static int str_replace(char **strp, const char *str)
{
	*strp = mem_deref(*strp);

	return str_dup(strp, str);
}


int ua_dialog_repeat(struct ua_dialog *dlg, const struct ua_dialog *first)
{
	int err;

	dlg->lseq = first->lseq - 1;

	err = str_replace(&dlg->callid, first->callid);
	if (!err)
		err = str_replace(&dlg->ltag, first->ltag);
	if (!err)
		err = str_replace(&dlg->local, first->local);

	return err;
}


/* RFC 2543 knew no From-tag: an empty one stands for it. */
static int tag_dup(char **strp, const struct pl *tag)
{
	return tag->l ? pl_strdup(strp, tag) : str_dup(strp, "");
}


int ua_dialog_accept(struct ua_dialog **dlgp, const struct sip_msg *msg)
{
	struct ua_dialog *dlg;
	int err;

	dlg = mem_zalloc(sizeof(*dlg), destructor);
	if (!dlg)
		return ENOMEM;

	dlg->rseq = msg->cseq.num;
	dlg->rseq_set = true;

	err = contact_decode(&dlg->target, msg);
	if (!err)
		err = pl_strdup(&dlg->callid, &msg->callid);
	if (!err)
		err = re_sdprintf(&dlg->ltag, "%016llx", msg->tag);
	if (!err)
		err = tag_dup(&dlg->rtag, &msg->from.tag);
	if (!err)
		err = re_sdprintf(&dlg->local, "%r;tag=%s", &msg->to.val,
				  dlg->ltag);
	if (!err)
		err = pl_strdup(&dlg->remote, &msg->from.val);
	if (!err)
		err = pl_strdup(&dlg->peer, &msg->from.auri);
	if (!err)
		err = routes_decode(dlg, msg);

	if (err)
		mem_deref(dlg);
	else
		*dlgp = dlg;

	return err;
}


int ua_dialog_fork(struct ua_dialog **dlgp, const struct ua_dialog *half,
		   const struct sip_msg *msg)
{
	struct ua_dialog *dlg;
	int err;

	if (!msg->to.tag.l)
		return EBADMSG;

	dlg = mem_zalloc(sizeof(*dlg), destructor);
	if (!dlg)
		return ENOMEM;

	dlg->owner = half->owner;
	dlg->lseq = half->lseq;

	err = contact_decode(&dlg->target, msg);
	if (err == EBADMSG)
		err = str_dup(&dlg->target, half->target);
	if (!err)
		err = str_dup(&dlg->callid, half->callid);
	if (!err)
		err = str_dup(&dlg->ltag, half->ltag);
	if (!err)
		err = pl_strdup(&dlg->rtag, &msg->to.tag);
	if (!err)
		err = str_dup(&dlg->local, half->local);
	if (!err)
		err = pl_strdup(&dlg->remote, &msg->to.val);
	if (!err)
		err = str_dup(&dlg->peer, half->peer);
	if (!err)
		err = routes_decode(dlg, msg);

	if (err)
		mem_deref(dlg);
	else
		*dlgp = dlg;

	return err;
}


void ua_dialog_succeed(struct ua_dialog *dlg, const struct ua_dialog *early)
{
	if (early->lseq > dlg->lseq)
		dlg->lseq = early->lseq;

	dlg->rseq = early->rseq;
	dlg->rseq_set = early->rseq_set;
}


int ua_dialog_refresh(struct ua_dialog *dlg, const struct sip_msg *msg)
{
	char *target;
	int err;

	err = contact_decode(&target, msg);
	if (err == EBADMSG)
		return 0;
	if (err)
		return err;

	mem_deref(dlg->target);
	dlg->target = target;

	return 0;
}


/* No tag at all is a tag too (RFC 3261, 12.1.1). */
static bool tag_eq(const struct pl *tag, const char *str)
{
	return tag->l ? !pl_strcmp(tag, str) : !*str;
}


bool ua_dialog_is_request(const struct ua_dialog *dlg,
			  const struct sip_msg *msg)
{
	return dlg->rtag && !pl_strcmp(&msg->callid, dlg->callid) &&
	       tag_eq(&msg->to.tag, dlg->ltag) &&
	       tag_eq(&msg->from.tag, dlg->rtag);
}


bool ua_dialog_is_copy(const struct ua_dialog *dlg, const struct sip_msg *msg)
{
	return dlg->rtag && dlg->rseq_set && !msg->to.tag.l &&
	       !pl_strcmp(&msg->callid, dlg->callid) &&
	       tag_eq(&msg->from.tag, dlg->rtag) && msg->cseq.num <= dlg->rseq;
}


bool ua_dialog_is_response(const struct ua_dialog *dlg,
			   const struct sip_msg *msg)
{
	return !pl_strcmp(&msg->callid, dlg->callid) &&
	       tag_eq(&msg->from.tag, dlg->ltag);
}


bool ua_dialog_is_peer(const struct ua_dialog *dlg, const struct sip_msg *msg)
{
	return ua_dialog_is_response(dlg, msg) && dlg->rtag &&
	       tag_eq(&msg->to.tag, dlg->rtag);
}


int ua_dialog_order(struct ua_dialog *dlg, const struct sip_msg *msg)
{
	if (dlg->rseq_set && msg->cseq.num <= dlg->rseq)
		return EPROTO;

	dlg->rseq = msg->cseq.num;
	dlg->rseq_set = true;

	return 0;
}


uint32_t ua_dialog_cseq_next(struct ua_dialog *dlg)
{
	return ++dlg->lseq;
}


uint32_t ua_dialog_cseq(const struct ua_dialog *dlg)
{
	return dlg->lseq;
}


int ua_dialog_encode(const struct ua_dialog *dlg, struct mbuf *mb,
		     const char *met, uint32_t cseq)
{
	size_t i;
	int err = 0;

	/* A strict router is the Request-URI, the target the last route. */
	for (i = dlg->strict ? 1 : 0; !err && i < dlg->routec; i++)
		err = mbuf_printf(mb, "Route: %s\r\n", dlg->routev[i]);

	if (!err && dlg->strict)
		err = mbuf_printf(mb, "Route: <%s>\r\n", dlg->target);

	if (!err)
		err = mbuf_printf(mb,
				  "From: %s\r\n"
				  "To: %s\r\n"
				  "Call-ID: %s\r\n"
				  "CSeq: %u %s\r\n",
				  dlg->local, dlg->remote, dlg->callid, cseq,
				  met);

	return err;
}


const char *ua_dialog_uri(const struct ua_dialog *dlg)
{
	return dlg->strict ? dlg->first : dlg->target;
}


const char *ua_dialog_hop(const struct ua_dialog *dlg)
{
	return dlg->routec ? dlg->first : dlg->target;
}


const char *ua_dialog_callid(const struct ua_dialog *dlg)
{
	return dlg->callid;
}


const char *ua_dialog_peer(const struct ua_dialog *dlg)
{
	return dlg->peer;
}


bool ua_dialog_owner(const struct ua_dialog *dlg)
{
	return dlg->owner;
}
