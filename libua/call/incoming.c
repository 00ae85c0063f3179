/* SPDX-License-Identifier: BSD-3-Clause */
/** @file incoming.c  Being called */

#include <errno.h>
#include <string.h>
#include <strings.h>

#include "base/addr.h"
#include "call/callcore.h"
#include "call/caps.h"
#include "call/incoming.h"


/* Refuse it before anybody was told of it. */
static void refuse(struct ua_call *call, uint16_t code, const char *text)
{
	char warning[320];

	(void)re_snprintf(warning, sizeof(warning),
			  "Warning: 399 libua \"%s\"\r\n", text);
	if (ua_session_reject(call->sess, code, NULL, warning))
		ua_log(call->env->log, UA_LOG_WARN, "call",
		       "an INVITE could not be refused");
}


static int take_identity(struct ua_call *call, struct ua_account *account,
			 struct ua_identity *id)
{
	int err;

	if (account && !call->env->identity(call->env, account, id)) {
		call->account = mem_ref(account);
		return ua_callbase_dup(&call->local_uri, id->uri);
	}

	memset(id, 0, sizeof(*id));
	err = ua_dial_anonymous(call);
	id->aor = call->local_uri;

	return err;
}


static bool is_sips(const struct pl *uri)
{
	return uri->l >= 5 && !strncasecmp(uri->p, "sips:", 5);
}


/*
 * Whoever wants TLS on every hop gets such a Contact (RFC 3261, 12.1.1).  By
 * TLS our requests in the dialog go back by the connection of this one.
 */
static int contact_print(const struct ua_call *call,
			 const struct ua_identity *id, char *contact,
			 const struct sip_msg *msg)
{
	const struct sip_hdr *rr = sip_msg_hdr(msg, SIP_HDR_RECORD_ROUTE);
	struct sip_addr first;
	const bool sips = is_sips(&msg->ruri) ||
			  (rr && !sip_addr_decode(&first, &rr->val) &&
			   is_sips(&first.auri));

	return ua_env_contact(id, call->ep, contact,
			      msg->tp == SIP_TRANSP_TLS   ? UA_TP_TLS
			      : msg->tp == SIP_TRANSP_TCP ? UA_TP_TCP
							  : UA_TP_UDP,
			      sips);
}


static int take_session(struct ua_call *call, struct ua_account *account,
			struct sip_msg *msg)
{
	struct ua_session_conf conf = { .h = ua_callsig_handler, .arg = call };
	struct ua_identity id;
	char contact[UA_ENDPOINT_URI_MAX];
	int err;

	err = take_identity(call, account, &id);
	if (err)
		return err;

	err = contact_print(call, &id, contact, msg);
	if (err)
		return err;

	if (msg->tp == SIP_TRANSP_TLS) {
		ua_addr_from_sa(&conf.hop.addr, &msg->src);
		conf.hop.tp = UA_TP_TLS;
	}

	conf.aor = id.aor;
	conf.contact = contact;
	conf.cred = id.cred;
	conf.trickle = call->env->conf->ice != UA_ICE_OFF;

	err = ua_session_incoming(&call->sess, call->ep, &conf, msg);
	if (err)
		return err;

	str_ncpy(call->callid, ua_session_callid(call->sess),
		 sizeof(call->callid));

	return ua_callbase_dup(&call->peer, ua_session_peer(call->sess));
}


/* The offer is looked at before it rings: 488 beats a silent call. */
static int take_offer(struct ua_call *call)
{
	struct ua_sdp_error serr = { .line = 0 };
	const char *sdp;
	size_t len;
	int err;

	err = ua_caps_offer(&call->offer, call->env);
	if (err)
		return err;

	sdp = ua_session_offer(call->sess, &len);
	if (!sdp)
		return 0;

	err = ua_offer_remote_offer(call->offer, (const uint8_t *)sdp, len,
				    &serr);
	if (err)
		refuse(call, 488, serr.text);

	return err;
}


/* A proxy that reaches us by two flows may take both. */
static bool is_copy(const struct ua_env *env, const struct sip_msg *msg)
{
	const struct le *le;

	for (le = env->calls.head; le; le = le->next) {
		const struct ua_call *call = le->data;

		if (call->sess && ua_session_is_copy(call->sess, msg))
			return true;
	}

	return false;
}


uint16_t ua_incoming(struct ua_env *env, struct ua_account *account,
		     struct ua_endpoint *ep, struct sip_msg *msg)
{
	struct ua_call *call;
	int err;

	if (is_copy(env, msg))
		return 482;

	call = ua_callbase_new(env, true);
	if (!call)
		return 500;

	call->ep = ep;
	err = take_session(call, account, msg);
	if (err) {
		mem_deref(call);
		return err == EBADMSG ? 400 : 500;
	}

	err = take_offer(call);
	if (!err) {
		err = ua_callmedia_open(call, !ua_offer_pending(call->offer));
		if (err)
			refuse(call, 480, "no network for media");
	}
	if (err) {
		mem_deref(call);
		return 0;
	}

	ua_callbase_list(call);
	(void)ua_callbase_step(call, UA_CALL_EV_RING);
	if (ua_session_progress(call->sess, 180, "Ringing", NULL, 0))
		ua_log(env->log, UA_LOG_WARN, "call", "%u: no 180 sent",
		       call->number);
	ua_callbase_tell(call, UA_EVENT_INCOMING, 0, NULL);

	return 0;
}
