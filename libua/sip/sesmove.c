/* SPDX-License-Identifier: BSD-3-Clause */
/** @file sesmove.c  A session goes on from another address of ours */

#include <errno.h>

#include "base/re_compat.h"
#include "base/addr.h"
#include "base/clock.h"
#include "dialog/invmove.h"
#include "sip/epcore.h"
#include "sip/sesmove.h"
#include "sip/sesscore.h"


static struct ua_sesscore *core_find(const struct ua_session *sess,
				     const struct ua_endpoint *ep)
{
	struct le *le;

	for (le = list_head(&ep->sessionl); le; le = le->next) {
		struct ua_sesscore *core = le->data;

		if (core->sess == sess)
			return core;
	}

	return NULL;
}


/* The same user by the same transport, elsewhere */
static int contact_print(char *buf, const struct ua_sesscore *core,
			 const struct ua_endpoint *ep)
{
	char user[UA_ENDPOINT_URI_MAX];
	const char *to;
	struct pl pl, tp;
	struct uri uri;
	bool tcp;
	int err;

	pl_set_str(&pl, ua_invmove_contact(core->inv));
	err = uri_decode(&uri, &pl);
	if (err)
		return err;

	/* Calls without an account have no user. */
	user[0] = '\0';
	if (pl_isset(&uri.user) && pl_strcpy(&uri.user, user, sizeof(user)))
		return ENOSPC;

	to = user[0] ? user : NULL;
	if (!pl_strcasecmp(&uri.scheme, "sips"))
		return ua_endpoint_sips(ep, buf, to);

	tcp = !msg_param_decode(&uri.params, "transport", &tp) &&
	      !pl_strcasecmp(&tp, "tcp");

	return ua_endpoint_contact(ep, buf, to,
				   ep->tls ? UA_TP_TLS
				   : tcp   ? UA_TP_TCP
					   : UA_TP_UDP);
}


static void cancel_handler(void *arg)
{
	struct ua_sesscore *core = arg;

	ua_invite_cancelled(core->inv, ua_clock_ms());
	ua_sesscore_flush(core);
}


/*
 * libre answers from the socket that a request came by, if the message says
 * so; else from the endpoint's.  The other side finds the transaction by its
 * branch, wherever the answer comes from (RFC 3261, 17.1.3).
 */
static void sock_forget(struct sip_msg *msg)
{
	if (msg)
		msg->sock = mem_deref(msg->sock);
}


int ua_sesmove_to(const struct ua_session *sess, struct ua_endpoint *from,
		  struct ua_endpoint *to)
{
	struct ua_sesscore *core = core_find(sess, from);
	char contact[UA_ENDPOINT_URI_MAX];
	struct sip_strans *st = NULL;
	int err;

	if (!core)
		return ENOENT;

	if (from == to)
		return 0;

	err = contact_print(contact, core, to);
	if (!err && core->st)
		err = sip_strans_alloc(&st, to->sip, core->st_msg,
				       cancel_handler, core);
	if (err)
		return err;

	/* Not before everything is in hand; nothing below can fail but this.
	 */
	err = ua_invmove_to(core->inv, ua_clock_ms(), contact);
	if (err) {
		mem_deref(st);
		return err;
	}

	list_flush(&core->reql);
	mem_deref(core->st);
	core->st = st;
	sock_forget(core->st_msg);
	sock_forget(core->ok_msg);
	sock_forget(core->offer);

	list_unlink(&core->le);
	list_append(&to->sessionl, &core->le, core);
	core->ep = to;
	ua_sesscore_flush(core);

	return 0;
}


bool ua_sesmove_dst(const struct ua_session *sess,
		    const struct ua_endpoint *ep, struct ua_addr *dst)
{
	const struct ua_sesscore *core = core_find(sess, ep);
	const char *hop = core ? ua_invmove_hop(core->inv) : NULL;
	struct uri uri;
	struct sa sa;
	struct pl pl;

	if (!hop)
		return false;

	if (ep->tls && core->hop.addr.af) {
		*dst = core->hop.addr;
		return true;
	}

	pl_set_str(&pl, hop);
	if (uri_decode(&uri, &pl) ||
	    sa_set(&sa, &uri.host, uri.port ? uri.port : SIP_PORT))
		return false;

	ua_addr_from_sa(dst, &sa);
	return true;
}
