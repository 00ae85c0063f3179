/* SPDX-License-Identifier: BSD-3-Clause */
/** @file invuas.c  A peer's requests in a session, and our answers */

#include <errno.h>
#include <string.h>

#include "base/re_compat.h"
#include "base/random.h"
#include <ua/log.h>
#include "dialog/invinfo.h"
#include "dialog/invuac.h"
#include "dialog/invuas.h"
#include "dialog/sipmsg.h"

enum {
	RETRY_AFTER_MAX_S = 10, /* RFC 3261, 14.2                        */
	STUCK_MS = 1000         /* A phone answers an offer at once      */
};


/* What stands in every answer that makes or refreshes a dialog. */
static int answer_text(const struct ua_invite *inv, const struct sip_msg *msg,
		       struct mbuf *mb)
{
	bool recv_info;
	int err;

	err = mbuf_printf(mb,
			  "Contact: <%s>\r\n"
			  "Allow: " UA_SIPMSG_ALLOW "\r\n",
			  inv->contact);
	if (err || pl_strcmp(&msg->met, "INVITE"))
		return err;

	/* RFC 6086, 5.2.3: only if the request had it. */
	(void)ua_sipmsg_lists(msg, "Recv-Info", "", &recv_info);

	return ua_invcore_announce(inv, mb, recv_info);
}


int ua_invuas_reply(struct ua_invite *inv, struct sip_msg *msg, uint16_t code,
		    const char *reason, const char *headers, const char *sdp,
		    size_t len)
{
	struct mbuf *mb = mbuf_alloc(512);
	int err = 0;

	if (!mb)
		return ENOMEM;

	if (code > 100 && code < 300)
		err = answer_text(inv, msg, mb);
	if (!err && headers)
		err = mbuf_write_str(mb, headers);
	if (!err)
		err = ua_invcore_body(mb, sdp, len);

	mb->pos = 0;
	if (!err)
		err = ua_invcore_respond(inv, msg, code, reason, mb);

	mem_deref(mb);

	return err;
}


int ua_invuas_invite(struct ua_invite *inv, uint64_t now_ms,
		     struct sip_msg *msg)
{
	struct ua_dialog *dlg;
	uint32_t expires;
	int err;

	if (!ua_invcore_can(inv, UA_INVCORE_INVITED))
		return EPROTO;

	err = ua_dialog_accept(&dlg, msg);
	if (err)
		return err;

	err = ua_invcore_respond(inv, msg, 100, NULL, NULL);
	if (!err)
		err = ua_invcore_move(inv, UA_INVCORE_INVITED);
	if (err) {
		mem_deref(dlg);
		return err;
	}

	inv->forkv[0].dlg = dlg;
	inv->forkc = 1;
	ua_invinfo_learn(&inv->forkv[0], msg);
	inv->in_msg = mem_ref(msg);

	if (inv->ring_ms)
		inv->ring_at = now_ms + inv->ring_ms;
	if (msg->expires.p && ua_sipmsg_u32(&msg->expires, &expires))
		inv->expire_at = now_ms + 1000ULL * expires;

	return 0;
}


static int ring_keep(struct ua_invite *inv, uint16_t code, const char *reason,
		     const char *sdp, size_t len)
{
	struct mbuf *mb = NULL;
	char *str = NULL;
	int err = 0;

	if (reason)
		err = str_dup(&str, reason);
	if (!err && sdp && len) {
		mb = mbuf_alloc(len);
		err = mb ? mbuf_write_mem(mb, (const uint8_t *)sdp, len)
			 : ENOMEM;
	}
	if (err) {
		mem_deref(str);
		mem_deref(mb);
		return err;
	}

	mem_deref(inv->ring_reason);
	mem_deref(inv->ring_sdp);
	inv->ring_code = code;
	inv->ring_reason = str;
	inv->ring_sdp = mb;

	return 0;
}


int ua_invuas_ring_again(struct ua_invite *inv, uint64_t now_ms)
{
	const struct mbuf *sdp = inv->ring_sdp;

	inv->again_at = now_ms + UA_INVCORE_RING_AGAIN_MS;

	return ua_invuas_reply(
		inv, inv->in_msg, inv->ring_code, inv->ring_reason, NULL,
		sdp ? (const char *)sdp->buf : NULL, sdp ? sdp->end : 0);
}


static int accept_again(struct ua_invite *inv)
{
	ua_invinfo_learn(&inv->forkv[inv->main], inv->in_msg);

	/* RFC 3261, 12.2.2: an accepted re-INVITE moves the target. */
	return ua_dialog_refresh(ua_invcore_dialog(inv), inv->in_msg);
}


static void ok_start(struct ua_invite *inv, uint64_t now_ms)
{
	inv->ok.waiting = true;
	inv->ok.cseq = inv->in_msg->cseq.num;
	inv->ok.wait_ms = UA_INVCORE_T1_MS;
	inv->ok.next_ms = now_ms + UA_INVCORE_T1_MS;
	inv->ok.end_ms = now_ms + 64 * UA_INVCORE_T1_MS;
}


int ua_invuas_answer(struct ua_invite *inv, uint64_t now_ms, uint16_t code,
		     const char *reason, const char *headers, const char *sdp,
		     size_t len)
{
	const bool first = inv->state == UA_INVITE_INCOMING;
	int err = 0;

	if (!inv->in_msg)
		return EPROTO;

	if (code < 200) {
		if (!first)
			return EPROTO;

		err = ring_keep(inv, code, reason, sdp, len);

		return err ? err : ua_invuas_ring_again(inv, now_ms);
	}

	if (code < 300 && !first)
		err = accept_again(inv);
	if (!err)
		err = ua_invuas_reply(inv, inv->in_msg, code, reason, headers,
				      sdp, len);
	if (err)
		return err;

	if (code < 300) {
		ok_start(inv, now_ms);
		if (first)
			err = ua_invcore_move(inv, UA_INVCORE_OK);
	}

	inv->in_msg = mem_deref(inv->in_msg);
	inv->ring_at = UA_NEVER;
	inv->expire_at = UA_NEVER;
	inv->again_at = UA_NEVER;

	return err;
}


int ua_invuas_ok_tick(struct ua_invite *inv, uint64_t now_ms)
{
	const struct ua_invite_out out = { .type = UA_INVITE_RESEND };
	int err;

	if (now_ms < inv->ok.end_ms) {
		inv->ok.wait_ms *= 2;
		if (inv->ok.wait_ms > UA_INVCORE_T2_MS)
			inv->ok.wait_ms = UA_INVCORE_T2_MS;
		inv->ok.next_ms = now_ms + inv->ok.wait_ms;

		return ua_invcore_out(inv, &out);
	}

	/* RFC 3261, 13.3.1.4: the dialog is there, the session is not. */
	inv->ok.waiting = false;
	err = ua_invuac_bye(inv, ua_invcore_dialog(inv));
	if (inv->bye_wait)
		ua_invcore_finish(inv, now_ms, UA_BY_LOCAL, 200, "Normal", 0);
	else
		ua_invcore_finish(inv, now_ms, UA_BY_ERROR, 408, "No ACK",
				  ETIMEDOUT);

	return err;
}


static int on_ack(struct ua_invite *inv, struct sip_msg *msg)
{
	const struct ua_invite_event ev = { .type = UA_INVITE_ACKED };
	int err = 0;

	if (!inv->ok.waiting || msg->cseq.num != inv->ok.cseq)
		return 0;

	inv->ok.waiting = false;

	if (inv->bye_wait) {
		inv->bye_wait = false;
		return ua_invuac_bye(inv, ua_invcore_dialog(inv));
	}

	if (inv->state == UA_INVITE_ACCEPTED)
		err = ua_invcore_move(inv, UA_INVCORE_RISE);
	if (!err)
		err = ua_invcore_event(inv, &ev, msg);

	return err;
}


static int on_bye(struct ua_invite *inv, uint64_t now_ms, struct sip_msg *msg)
{
	const bool ours = inv->state == UA_INVITE_ENDING;
	const bool early = inv->state == UA_INVITE_CALLING ||
			   inv->state == UA_INVITE_EARLY;
	int err;

	err = ua_invcore_respond(inv, msg, 200, NULL, NULL);

	/*
	 * On an early dialog a callee must not (15): its final answer to the
	 * INVITE is still to come, and ends it.
	 */
	if (err || early)
		return err;

	/* What waits for us is answered too (RFC 3261, 15.1.2). */
	if (inv->in_msg)
		err = ua_invuas_answer(inv, now_ms, 487, NULL, NULL, NULL, 0);

	inv->ok.waiting = false;
	inv->bye_wait = false;
	ua_invcore_finish(inv, now_ms, ours ? UA_BY_LOCAL : UA_BY_REMOTE, 200,
			  "Normal", 0);

	return err;
}


static int refuse_later(struct ua_invite *inv, struct sip_msg *msg)
{
	char retry[32];

	(void)re_snprintf(retry, sizeof(retry), "Retry-After: %u\r\n",
			  ua_random_range(inv->rand, 0, RETRY_AFTER_MAX_S));

	return ua_invuas_reply(inv, msg, 500, NULL, retry, NULL, 0);
}


/*
 * Our re-INVITE goes to where the peer was before it moved: nobody has it, and
 * it will time out half a minute from now.  491 all the while would keep the
 * peer from telling us where it is.
 */
static bool is_stuck(const struct ua_invite *inv, uint64_t now_ms)
{
	return inv->state == UA_INVITE_UP && inv->req.active &&
	       inv->req.inside && !inv->req.heard &&
	       now_ms >= inv->req.since_ms + STUCK_MS;
}


static int take_back(struct ua_invite *inv)
{
	const struct ua_invite_out out = { .type = UA_INVITE_CANCEL };
	const int err = ua_invcore_out(inv, &out);

	if (err)
		return err;

	ua_log(inv->log, UA_LOG_INFO, "invite",
	       "our re-INVITE reaches nobody: the peer's goes first");
	inv->back_cseq = inv->req.cseq;
	inv->taken_back = true;
	ua_invcore_req_reset(&inv->req);

	return 0;
}


/* re-INVITE (RFC 3261, 14.2) */
static int on_reinvite(struct ua_invite *inv, uint64_t now_ms,
		       struct sip_msg *msg)
{
	const struct ua_invite_event ev = { .type = UA_INVITE_REOFFER };
	int err;

	if (inv->in_msg)
		return refuse_later(inv, msg);

	if (is_stuck(inv, now_ms)) {
		err = take_back(inv);
		if (err)
			return err;
	}

	/*
	 * Ours is under way, or an ACK is: until that has come, offer and
	 * answer of the last exchange may still cross with this one.
	 */
	if (inv->state != UA_INVITE_UP || inv->req.active || inv->ok.waiting ||
	    inv->ack_owed)
		return ua_invuas_reply(inv, msg, 491, NULL, NULL, NULL, 0);

	err = ua_invcore_respond(inv, msg, 100, NULL, NULL);
	if (!err)
		err = ua_invcore_event(inv, &ev, msg);
	if (!err)
		inv->in_msg = mem_ref(msg);

	return err;
}


static int on_options(struct ua_invite *inv, struct sip_msg *msg)
{
	return ua_invuas_reply(inv, msg, 200, NULL,
			       "Accept: application/sdp\r\n", NULL, 0);
}


/* Early dialog or session; -1: none of this one. */
static int request_fork(const struct ua_invite *inv, const struct sip_msg *msg)
{
	/* Over, but the ACK is awaited that lets our BYE go. */
	const bool open = inv->state != UA_INVITE_CLOSED ||
			  (inv->ok.waiting && !pl_strcmp(&msg->met, "ACK"));
	size_t i;

	for (i = 0; open && i < inv->forkc; i++) {
		if (ua_dialog_is_request(inv->forkv[i].dlg, msg))
			return (int)i;
	}

	return -1;
}


bool ua_invite_match(const struct ua_invite *inv, const struct sip_msg *msg)
{
	return request_fork(inv, msg) >= 0;
}


int ua_invuas_request(struct ua_invite *inv, uint64_t now_ms,
		      struct sip_msg *msg)
{
	const int fork = request_fork(inv, msg);
	struct ua_sipmsg_fault fault;

	if (fork < 0)
		return ENOENT;

	if (!pl_strcmp(&msg->met, "ACK"))
		return on_ack(inv, msg);

	if (!pl_strcmp(&msg->met, "CANCEL"))
		return ENOENT;

	if (ua_dialog_order(inv->forkv[fork].dlg, msg))
		return ua_invuas_reply(inv, msg, 500, "CSeq Out of Order",
				       NULL, NULL, 0);

	inv->proven = true;

	if (!pl_strcmp(&msg->met, "BYE"))
		return on_bye(inv, now_ms, msg);

	if (!pl_strcmp(&msg->met, "INVITE"))
		return on_reinvite(inv, now_ms, msg);

	if (!pl_strcmp(&msg->met, "OPTIONS"))
		return on_options(inv, msg);

	if (!pl_strcmp(&msg->met, "INFO"))
		return ua_invinfo_request(inv, (uint8_t)fork, msg);

	ua_sipmsg_refuse_method(msg, &fault);

	return ua_invuas_reply(inv, msg, fault.code, fault.reason,
			       fault.headers, NULL, 0);
}
