/* SPDX-License-Identifier: BSD-3-Clause */
/** @file invuac.c  A session's own requests and the answers to them */

#include <errno.h>
#include <string.h>

#include "base/re_compat.h"
#include "base/random.h"
#include <ua/log.h>
#include "dialog/invfork.h"
#include "dialog/invinfo.h"
#include "dialog/invuac.h"
#include "dialog/sipmsg.h"

/* A request that did not leave goes again then, and each time twice as late */
enum { UNSENT_MS = 100 };


int ua_invuac_request(struct ua_invite *inv, const struct ua_dialog *dlg,
		      enum ua_invite_do type, const char *met, uint32_t cseq,
		      const struct mbuf *text, struct mbuf **sent)
{
	struct ua_invite_out out = { .type = type, .met = met };
	int err;

	if (type == UA_INVITE_REQUEST)
		out.id = ++inv->last_id;

	err = str_dup(&out.uri, ua_dialog_uri(dlg));
	if (!err)
		err = str_dup(&out.hop, ua_dialog_hop(dlg));
	if (err)
		goto out;

	out.mb = mbuf_alloc(1024);
	if (!out.mb) {
		err = ENOMEM;
		goto out;
	}

	err = mbuf_write_str(out.mb, "Max-Forwards: 70\r\n");
	if (!err)
		err = ua_dialog_encode(dlg, out.mb, met, cseq);
	if (!err && inv->software)
		err = mbuf_printf(out.mb, "User-Agent: %s\r\n", inv->software);
	if (!err)
		err = mbuf_write_mem(out.mb, text->buf, text->end);
	if (err)
		goto out;

	out.mb->pos = 0;
	if (sent)
		*sent = mem_ref(out.mb);

	err = ua_invcore_out(inv, &out);
	if (err && sent)
		*sent = mem_deref(*sent);

	return err;

out:
	ua_invite_out_free(&out);

	return err;
}


static int invite_text(struct ua_invite *inv, struct mbuf *mb)
{
	const struct mbuf *sdp = inv->req.sdp;
	const struct mbuf *auth = inv->req.auth;
	int err;

	err = mbuf_printf(mb,
			  "Contact: <%s>\r\n"
			  "Allow: " UA_SIPMSG_ALLOW "\r\n",
			  inv->contact);
	if (!err)
		err = ua_invcore_announce(inv, mb, true);
	if (!err && inv->headers && !inv->req.inside)
		err = mbuf_write_str(mb, inv->headers);
	if (!err)
		err = mbuf_write_mem(mb, auth->buf, auth->end);
	if (!err)
		err = ua_invcore_body(mb, sdp ? (const char *)sdp->buf : NULL,
				      sdp ? sdp->end : 0);

	return err;
}


static struct ua_dialog *req_dialog(const struct ua_invite *inv)
{
	return inv->req.inside ? ua_invcore_dialog(inv) : inv->half;
}


int ua_invuac_invite(struct ua_invite *inv)
{
	struct ua_dialog *dlg = req_dialog(inv);
	struct mbuf *mb = mbuf_alloc(1024);
	struct mbuf *auth = mbuf_alloc(256);
	uint32_t cseq;
	int err;

	if (!mb || !auth) {
		err = ENOMEM;
		goto out;
	}

	err = ua_digest_encode(inv->digest, auth, "INVITE",
			       ua_dialog_uri(dlg));
	if (err)
		goto out;

	mem_deref(inv->req.auth);
	inv->req.auth = mem_ref(auth);

	err = invite_text(inv, mb);
	if (err)
		goto out;

	cseq = ua_dialog_cseq_next(dlg);
	err = ua_invuac_request(inv, dlg, UA_INVITE_REQUEST, "INVITE", cseq,
				mb, NULL);
	if (err)
		goto out;

	inv->req.active = true;
	inv->req.cseq = cseq;
	inv->req.id = inv->last_id;
	if (!inv->req.inside)
		inv->first_cseq = cseq;

out:
	mem_deref(mb);
	mem_deref(auth);

	return err;
}


int ua_invuac_ack(struct ua_invite *inv, struct ua_invcore_fork *fork,
		  uint32_t cseq, const char *sdp, size_t len)
{
	struct mbuf *mb = mbuf_alloc(512);
	struct mbuf *ack = NULL;
	int err;

	if (!mb)
		return ENOMEM;

	/* The credentials of the INVITE, not new ones (RFC 3261, 22.1). */
	if (inv->req.auth)
		err = mbuf_write_mem(mb, inv->req.auth->buf,
				     inv->req.auth->end);
	else
		err = 0;
	if (!err)
		err = ua_invcore_body(mb, sdp, len);
	if (!err)
		err = ua_invuac_request(inv, fork->dlg, UA_INVITE_ACK, "ACK",
					cseq, mb, &ack);
	if (!err) {
		mem_deref(fork->ack);
		fork->ack = ack;
		fork->ack_cseq = cseq;
	}

	mem_deref(mb);

	return err;
}


static int ack_again(struct ua_invite *inv, const struct ua_invcore_fork *fork)
{
	struct ua_invite_out out = { .type = UA_INVITE_ACK, .met = "ACK" };
	int err;

	err = str_dup(&out.uri, ua_dialog_uri(fork->dlg));
	if (!err)
		err = str_dup(&out.hop, ua_dialog_hop(fork->dlg));
	if (err) {
		ua_invite_out_free(&out);
		return err;
	}

	out.mb = mem_ref(fork->ack);

	return ua_invcore_out(inv, &out);
}


static int bye_send(struct ua_invite *inv, struct ua_invcore_bye *bye)
{
	struct mbuf *mb = mbuf_alloc(512);
	const uint32_t cseq = ua_dialog_cseq_next(bye->dlg);
	int err = 0;

	if (!mb)
		return ENOMEM;

	if (inv->reason)
		err = mbuf_printf(mb, "Reason: %s\r\n", inv->reason);
	if (!err)
		err = ua_digest_encode(inv->digest, mb, "BYE",
				       ua_dialog_uri(bye->dlg));
	if (!err)
		err = ua_invcore_body(mb, NULL, 0);
	if (!err)
		err = ua_invuac_request(inv, bye->dlg, UA_INVITE_REQUEST,
					"BYE", cseq, mb, NULL);
	if (!err) {
		bye->cseq = cseq;
		bye->id = inv->last_id;
	}

	mem_deref(mb);

	return err;
}


int ua_invuac_bye(struct ua_invite *inv, struct ua_dialog *dlg)
{
	size_t i;
	int err;

	for (i = 0; i < UA_INVCORE_BYES; i++) {
		struct ua_invcore_bye *bye = &inv->byev[i];

		if (bye->dlg)
			continue;

		memset(bye, 0, sizeof(*bye));
		bye->dlg = mem_ref(dlg);

		err = bye_send(inv, bye);
		if (err)
			bye->dlg = mem_deref(bye->dlg);

		return err;
	}

	return ENOSPC;
}


/* A 2xx that nobody wants: it has to be ended (13.2.2.4). */
static int fork_kill(struct ua_invite *inv, struct ua_invcore_fork *fork,
		     uint32_t cseq)
{
	int err;

	err = ua_invuac_ack(inv, fork, cseq, NULL, 0);
	if (!err)
		err = ua_invuac_bye(inv, fork->dlg);

	return err;
}


static int on_progress(struct ua_invite *inv, struct sip_msg *msg)
{
	struct ua_invite_event ev = { .type = UA_INVITE_PROGRESS };
	struct ua_invcore_fork *fork;
	int err = 0;

	/* Cancelled already: what it rings at is no news any more. */
	if (!ua_invcore_can(inv, UA_INVCORE_RING))
		return 0;

	err = ua_invcore_move(inv, UA_INVCORE_RING);
	if (err || msg->scode == 100)
		return err;

	if (msg->to.tag.l) {
		fork = ua_invfork_take(inv, msg, &err);
		if (err == EBADMSG)
			err = 0;
		if (err || !fork)
			return err;

		ua_invinfo_learn(fork, msg);
		ev.fork = (uint8_t)(fork - inv->forkv);
	}

	return ua_invcore_event(inv, &ev, msg);
}


static int on_answer(struct ua_invite *inv, uint64_t now_ms,
		     struct sip_msg *msg)
{
	struct ua_invite_event ev = { .type = UA_INVITE_ANSWERED };
	struct ua_invcore_fork *fork;
	const bool cancelled = !ua_invcore_can(inv, UA_INVCORE_RISE);
	int err = 0;

	inv->req.active = false;

	fork = ua_invfork_take(inv, msg, &err);
	if (err == ENOMEM)
		return err;
	if (!fork) {
		ua_invcore_finish(inv, now_ms, UA_BY_ERROR, msg->scode,
				  "Answer without To-tag", EPROTO);
		return 0;
	}

	ua_invinfo_learn(fork, msg);
	inv->main = (size_t)(fork - inv->forkv);
	inv->answered_ms = now_ms;
	inv->ring_at = UA_NEVER;

	/* CANCEL crossed the 2xx (RFC 3261, 15). */
	if (cancelled)
		return fork_kill(inv, fork, msg->cseq.num);

	ev.fork = (uint8_t)inv->main;
	ev.ack_owed = !inv->req.sdp && ua_sipmsg_sdp(msg).l;
	inv->ack_owed = ev.ack_owed;

	err = ua_invcore_move(inv,
			      ev.ack_owed ? UA_INVCORE_OWE : UA_INVCORE_RISE);
	if (!err && !ev.ack_owed)
		err = ua_invuac_ack(inv, fork, msg->cseq.num, NULL, 0);
	if (!err)
		err = ua_invcore_event(inv, &ev, msg);

	return err;
}


bool ua_invuac_authorize(struct ua_invite *inv, struct ua_digest_round *round,
			 const struct sip_msg *msg, int *err)
{
	if (msg->scode != 401 && msg->scode != 407)
		return false;

	*err = ua_digest_challenge(inv->digest, round, msg);
	if (*err)
		ua_log(inv->log, UA_LOG_INFO, "invite",
		       "challenge not answered: %m", *err);

	return !*err;
}


static int on_refusal(struct ua_invite *inv, uint64_t now_ms,
		      struct sip_msg *msg)
{
	char reason[UA_INVITE_REASON_MAX];
	int err = 0;

	inv->req.active = false;

	if (inv->state == UA_INVITE_ENDING) {
		ua_invcore_finish(inv, now_ms, UA_BY_LOCAL, msg->scode, NULL,
				  0);
		return 0;
	}

	if (!inv->told &&
	    ua_invuac_authorize(inv, &inv->req.round, msg, &err)) {
		ua_invfork_forget(inv);
		return ua_invuac_invite(inv);
	}
	if (err == ENOMEM)
		return err;

	if (!ua_sipmsg_number(msg, SIP_HDR_RETRY_AFTER, &inv->ended.retry_s))
		inv->ended.retry_s = 0;
	ua_sipmsg_text(reason, sizeof(reason), &msg->reason);
	ua_invcore_finish(inv, now_ms, UA_BY_REMOTE, msg->scode, reason, err);

	return 0;
}


static int first_response(struct ua_invite *inv, uint64_t now_ms,
			  struct sip_msg *msg)
{
	if (msg->scode < 200)
		return on_progress(inv, msg);

	if (msg->scode < 300)
		return on_answer(inv, now_ms, msg);

	return on_refusal(inv, now_ms, msg);
}


/* RFC 3261, 14.1: whoever made the Call-ID waits longer. */
static void glare_wait(struct ua_invite *inv, uint64_t now_ms)
{
	const bool owner = ua_dialog_owner(ua_invcore_dialog(inv));
	uint32_t ticks;

	ticks = owner ? ua_random_range(inv->rand, 210, 400)
		      : ua_random_range(inv->rand, 0, 200);

	++inv->req.glares;
	inv->glare_at = now_ms + 10 * ticks;
}


static int modified(struct ua_invite *inv, struct sip_msg *msg, bool ack_owed)
{
	const struct ua_invite_event ev = {
		.type = UA_INVITE_MODIFIED,
		.ack_owed = ack_owed,
	};

	return ua_invcore_event(inv, &ev, msg);
}


static int again_answer(struct ua_invite *inv, struct sip_msg *msg)
{
	struct ua_invcore_fork *fork = &inv->forkv[inv->main];
	int err;

	err = ua_dialog_refresh(fork->dlg, msg);
	if (err)
		return err;

	ua_invinfo_learn(fork, msg);

	/* Our BYE crossed it: the ACK is owed all the same. */
	inv->ack_owed = inv->state == UA_INVITE_UP && !inv->req.sdp &&
			ua_sipmsg_sdp(msg).l;
	if (!inv->ack_owed)
		err = ua_invuac_ack(inv, fork, msg->cseq.num, NULL, 0);
	if (!err)
		err = modified(inv, msg, inv->ack_owed);

	return err;
}


static int again_response(struct ua_invite *inv, uint64_t now_ms,
			  struct sip_msg *msg)
{
	int err = 0;

	if (msg->scode < 200) {
		inv->req.heard |= msg->scode > 100;
		return 0;
	}

	inv->req.active = false;

	if (msg->scode < 300)
		return again_answer(inv, msg);

	if (inv->state != UA_INVITE_UP)
		return 0;

	if (ua_invuac_authorize(inv, &inv->req.round, msg, &err))
		return ua_invuac_invite(inv);
	if (err == ENOMEM)
		return err;

	if (msg->scode == 491 && inv->req.glares < UA_INVCORE_GLARES) {
		glare_wait(inv, now_ms);
		return 0;
	}

	/* The peer knows the dialog no more (RFC 3261, 12.2.1.2). */
	if (msg->scode == 481 || msg->scode == 408) {
		err = ua_invuac_bye(inv, ua_invcore_dialog(inv));
		ua_invcore_finish(inv, now_ms, UA_BY_REMOTE, msg->scode, NULL,
				  0);
		return err;
	}

	return modified(inv, msg, false);
}


/* A 2xx of no transaction: sent again, or of another fork. */
static int late_answer(struct ua_invite *inv, struct sip_msg *msg)
{
	struct ua_invcore_fork *fork = ua_invfork_find(inv, msg);
	const uint32_t cseq = msg->cseq.num;
	int err = 0;

	if (fork && fork->ack && fork->ack_cseq == cseq)
		return ack_again(inv, fork);

	if (inv->ack_owed && fork == &inv->forkv[inv->main])
		return 0;

	/* What we took back was answered all the same: it is over. */
	if (fork && inv->back_cseq && cseq == inv->back_cseq)
		return ua_invuac_ack(inv, fork, cseq, NULL, 0);

	if (!inv->uac || cseq != inv->first_cseq)
		return ENOENT;

	fork = ua_invfork_take(inv, msg, &err);
	if (!fork)
		return err == ENOMEM ? ENOMEM : ENOENT;

	ua_log(inv->log, UA_LOG_INFO, "invite",
	       "another fork answered too: ended");

	return fork_kill(inv, fork, cseq);
}


static int invite_response(struct ua_invite *inv, uint64_t now_ms,
			   struct sip_msg *msg)
{
	if (!inv->req.active || msg->cseq.num != inv->req.cseq)
		return msg->scode / 100 == 2 ? late_answer(inv, msg) : ENOENT;

	if (!inv->req.inside)
		return first_response(inv, now_ms, msg);

	if (!ua_dialog_is_peer(ua_invcore_dialog(inv), msg))
		return ENOENT;

	return again_response(inv, now_ms, msg);
}


static struct ua_invcore_bye *bye_find(struct ua_invite *inv,
				       const struct sip_msg *msg)
{
	size_t i;

	for (i = 0; i < UA_INVCORE_BYES; i++) {
		struct ua_invcore_bye *bye = &inv->byev[i];

		if (bye->dlg && bye->cseq == msg->cseq.num &&
		    ua_dialog_is_peer(bye->dlg, msg))
			return bye;
	}

	return NULL;
}


static void bye_over(struct ua_invite *inv, uint64_t now_ms,
		     struct ua_invcore_bye *bye)
{
	const bool main = bye->dlg == ua_invcore_dialog(inv);

	bye->dlg = mem_deref(bye->dlg);

	/* Whatever the answer was, the session is over (15.1.1). */
	if (main && inv->state == UA_INVITE_ENDING)
		ua_invcore_finish(inv, now_ms, UA_BY_LOCAL, 200, "Normal", 0);
}


static int bye_response(struct ua_invite *inv, uint64_t now_ms,
			struct sip_msg *msg)
{
	struct ua_invcore_bye *bye = bye_find(inv, msg);
	int err = 0;

	if (!bye)
		return ENOENT;

	if (msg->scode < 200)
		return 0;

	if (ua_invuac_authorize(inv, &bye->round, msg, &err)) {
		err = bye_send(inv, bye);
		if (!err)
			return 0;
	}

	bye_over(inv, now_ms, bye);

	return 0;
}


int ua_invuac_response(struct ua_invite *inv, uint64_t now_ms,
		       struct sip_msg *msg)
{
	const struct ua_dialog *dlg = ua_invcore_dialog(inv);

	if (!dlg)
		dlg = inv->half;

	if (!dlg || !ua_dialog_is_response(dlg, msg))
		return ENOENT;

	if (msg->scode / 100 == 2)
		ua_digest_info(inv->digest, msg);

	if (!pl_strcmp(&msg->cseq.met, "INVITE"))
		return invite_response(inv, now_ms, msg);

	if (!pl_strcmp(&msg->cseq.met, "BYE"))
		return bye_response(inv, now_ms, msg);

	if (!pl_strcmp(&msg->cseq.met, "INFO"))
		return ua_invinfo_response(inv, msg);

	return ENOENT;
}


static void invite_failed(struct ua_invite *inv, uint64_t now_ms, int err)
{
	const uint16_t code = err == ETIMEDOUT ? 408 : 0;
	const char *why = code ? NULL : "Transport Error";

	inv->req.active = false;

	if (inv->state == UA_INVITE_ENDING && !inv->req.inside) {
		ua_invcore_finish(inv, now_ms, UA_BY_LOCAL, 487, NULL, 0);
		return;
	}

	/* It did not leave: its connection broke, or there was no memory.
	   That says nothing of the session (RFC 3261, 8.1.3.1: as a 503). */
	if (err != ETIMEDOUT && err != EPROTO && inv->state == UA_INVITE_UP &&
	    inv->req.glares < UA_INVCORE_GLARES) {
		inv->glare_at =
			now_ms + ((uint64_t)UNSENT_MS << inv->req.glares++);
		return;
	}

	/* No answer at all ends a session too (RFC 3261, 12.2.1.2). */
	if (inv->state == UA_INVITE_UP &&
	    ua_invuac_bye(inv, ua_invcore_dialog(inv)))
		why = "Transport Error";

	if (inv->state != UA_INVITE_ENDING)
		ua_invcore_finish(inv, now_ms, UA_BY_ERROR, code, why, err);
}


void ua_invuac_failed(struct ua_invite *inv, uint64_t now_ms, uint32_t id,
		      int err)
{
	size_t i;

	if (inv->req.active && inv->req.id == id) {
		invite_failed(inv, now_ms, err);
		return;
	}

	for (i = 0; i < UA_INVCORE_BYES; i++) {
		if (inv->byev[i].dlg && inv->byev[i].id == id)
			bye_over(inv, now_ms, &inv->byev[i]);
	}

	ua_invinfo_failed(inv, id, err);
}
