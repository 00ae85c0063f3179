/* SPDX-License-Identifier: BSD-3-Clause */
/** @file invinfo.c  INFO of a session: the Info Package of trickle ICE */

#include <errno.h>
#include <string.h>

#include "base/re_compat.h"
#include <ua/log.h>
#include "dialog/invinfo.h"
#include "dialog/invuac.h"
#include "dialog/invuas.h"
#include "dialog/sipmsg.h"

#define TYPE "application/" UA_SIPMSG_TRICKLE_BODY


void ua_invinfo_learn(struct ua_invcore_fork *fork, const struct sip_msg *msg)
{
	bool there;
	const bool listed =
		ua_sipmsg_lists(msg, "Recv-Info", UA_SIPMSG_TRICKLE, &there);

	if (there)
		fork->trickle = listed;
}


bool ua_invite_takes_info(const struct ua_invite *inv, uint8_t fork)
{
	return fork < inv->forkc && inv->forkv[fork].trickle;
}


static bool dialog_stands(const struct ua_invite *inv, uint8_t fork)
{
	switch (inv->state) {

	case UA_INVITE_EARLY:
		return true;

	/* Our 18x may be lost (RFC 8840, 4.3.2). */
	case UA_INVITE_INCOMING:
		return inv->proven;

	case UA_INVITE_ACCEPTED:
	case UA_INVITE_UP:
		return fork == inv->main;

	default:
		return false;
	}
}


bool ua_invite_can_info(const struct ua_invite *inv, uint8_t fork)
{
	return ua_invite_takes_info(inv, fork) &&
	       !inv->forkv[fork].info.active && dialog_stands(inv, fork);
}


static int info_send(struct ua_invite *inv, struct ua_invcore_fork *fork)
{
	struct ua_invcore_info *info = &fork->info;
	struct mbuf *mb = mbuf_alloc(1024);
	const uint32_t cseq = ua_dialog_cseq_next(fork->dlg);
	int err;

	if (!mb)
		return ENOMEM;

	err = ua_digest_encode(inv->digest, mb, "INFO",
			       ua_dialog_uri(fork->dlg));
	if (!err)
		err = mbuf_printf(mb,
				  "Info-Package: " UA_SIPMSG_TRICKLE "\r\n"
				  "Content-Disposition: Info-Package\r\n"
				  "Content-Type: " TYPE "\r\n"
				  "Content-Length: %zu\r\n\r\n%b",
				  info->body->end, info->body->buf,
				  info->body->end);
	if (!err)
		err = ua_invuac_request(inv, fork->dlg, UA_INVITE_REQUEST,
					"INFO", cseq, mb, NULL);
	if (!err) {
		info->cseq = cseq;
		info->id = inv->last_id;
	}

	mem_deref(mb);

	return err;
}


static void info_reset(struct ua_invcore_info *info)
{
	mem_deref(info->body);
	memset(info, 0, sizeof(*info));
}


int ua_invite_info(struct ua_invite *inv, uint64_t now_ms, uint8_t fork,
		   const char *body, size_t len)
{
	struct ua_invcore_info *info;
	int err;
	(void)now_ms;

	if (!ua_invite_can_info(inv, fork))
		return EPROTO;

	info = &inv->forkv[fork].info;
	info->body = mbuf_alloc(len + 1);
	if (!info->body)
		return ENOMEM;

	err = mbuf_write_mem(info->body, (const uint8_t *)body, len);
	if (!err)
		err = info_send(inv, &inv->forkv[fork]);
	if (err)
		info_reset(info);
	else
		info->active = true;

	return err;
}


/* The owner learns how it ended; the session does not end by it. */
static int informed(struct ua_invite *inv, struct ua_invcore_fork *fork,
		    struct sip_msg *msg, int err)
{
	const struct ua_invite_event ev = {
		.type = UA_INVITE_INFORMED,
		.fork = (uint8_t)(fork - inv->forkv),
		.err = err,
	};

	info_reset(&fork->info);

	return ua_invcore_event(inv, &ev, msg);
}


static struct ua_invcore_fork *info_find(struct ua_invite *inv,
					 const struct sip_msg *msg)
{
	size_t i;

	for (i = 0; i < inv->forkc; i++) {
		struct ua_invcore_fork *fork = &inv->forkv[i];

		if (fork->info.active && fork->info.cseq == msg->cseq.num &&
		    ua_dialog_is_peer(fork->dlg, msg))
			return fork;
	}

	return NULL;
}


int ua_invinfo_response(struct ua_invite *inv, struct sip_msg *msg)
{
	struct ua_invcore_fork *fork = info_find(inv, msg);
	int err = 0;

	if (!fork)
		return ENOENT;

	if (msg->scode < 200)
		return 0;

	if (!inv->told &&
	    ua_invuac_authorize(inv, &fork->info.round, msg, &err)) {
		err = info_send(inv, fork);
		if (!err)
			return 0;
	}

	return informed(inv, fork, msg, err);
}


void ua_invinfo_failed(struct ua_invite *inv, uint32_t id, int err)
{
	size_t i;

	for (i = 0; i < inv->forkc; i++) {
		struct ua_invcore_fork *fork = &inv->forkv[i];

		if (!fork->info.active || fork->info.id != id)
			continue;

		if (informed(inv, fork, NULL, err))
			ua_log(inv->log, UA_LOG_WARN, "invite",
			       "an INFO failed, and nobody was told: %m", err);
	}
}


/* Of old: INFO without a package (RFC 2976; RFC 6086, 2). */
static int legacy(struct ua_invite *inv, struct sip_msg *msg)
{
	if (!ua_sipmsg_body(msg).l)
		return ua_invcore_respond(inv, msg, 200, NULL, NULL);

	/* Whoever sent a digit has to know that nobody pressed the key. */
	return ua_invuas_reply(inv, msg, 415, NULL, "Accept: " TYPE "\r\n",
			       NULL, 0);
}


static bool is_plain(const struct sip_msg *msg)
{
	const struct sip_hdr *enc = sip_msg_hdr(msg, SIP_HDR_CONTENT_ENCODING);

	return !enc || !pl_strcasecmp(&enc->val, "identity");
}


int ua_invinfo_request(struct ua_invite *inv, uint8_t fork,
		       struct sip_msg *msg)
{
	const struct ua_invite_event ev = {
		.type = UA_INVITE_INFO,
		.fork = fork,
	};
	bool there;
	const bool ours = ua_sipmsg_lists(msg, "Info-Package",
					  UA_SIPMSG_TRICKLE, &there);
	int err;

	if (!there)
		return legacy(inv, msg);

	/* RFC 6086, 4.2.2 */
	if (!inv->trickle || !ours)
		return ua_invuas_reply(
			inv, msg, 469, NULL,
			inv->trickle ? "Recv-Info: " UA_SIPMSG_TRICKLE "\r\n"
				     : "Recv-Info:\r\n",
			NULL, 0);

	if (!is_plain(msg))
		return ua_invuas_reply(inv, msg, 415, NULL,
				       "Accept-Encoding: identity\r\n", NULL,
				       0);

	if (!msg_ctype_cmp(&msg->ctyp, "application", UA_SIPMSG_TRICKLE_BODY))
		return ua_invuas_reply(inv, msg, 415, NULL,
				       "Accept: " TYPE "\r\n", NULL, 0);

	err = ua_invcore_respond(inv, msg, 200, NULL, NULL);
	if (!err && inv->state != UA_INVITE_ENDING)
		err = ua_invcore_event(inv, &ev, msg);

	return err;
}
