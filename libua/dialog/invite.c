/* SPDX-License-Identifier: BSD-3-Clause */
/** @file invite.c  Session between two user agents: commands and timers */

#include <errno.h>
#include <string.h>

#include "base/re_compat.h"
#include "dialog/invcore.h"
#include "dialog/invfork.h"
#include "dialog/invuac.h"
#include "dialog/invuas.h"
#include "dialog/sipmsg.h"

enum { GLARE_AGAIN_MS = 200 /* the peer's re-INVITE is being answered */ };


static int sdp_dup(struct mbuf **mbp, const char *sdp, size_t len)
{
	struct mbuf *mb;
	int err;

	if (!sdp || !len)
		return 0;

	mb = mbuf_alloc(len);
	if (!mb)
		return ENOMEM;

	err = mbuf_write_mem(mb, (const uint8_t *)sdp, len);
	if (err)
		mem_deref(mb);
	else
		*mbp = mb;

	return err;
}


int ua_invite_repeat(struct ua_invite *inv, const struct ua_invite *first)
{
	if (inv->state != UA_INVITE_IDLE || !first->half)
		return EPROTO;

	mem_deref(inv->first);
	inv->first = mem_ref(first->half);

	return 0;
}


bool ua_invite_knows(const struct ua_invite *inv, const struct sip_msg *msg)
{
	return inv->half && ua_dialog_is_response(inv->half, msg) &&
	       ua_invfork_find((struct ua_invite *)inv, msg);
}


int ua_invite_connect(struct ua_invite *inv, uint64_t now_ms, const char *uri,
		      const char *sdp, size_t len)
{
	int err;

	if (!ua_invcore_can(inv, UA_INVCORE_CALL))
		return EPROTO;

	err = ua_dialog_alloc(&inv->half, inv->rand, inv->aor, uri,
			      inv->route);
	if (!err && inv->service_route)
		err = ua_dialog_preload(inv->half, inv->service_route);
	if (!err && inv->first)
		err = ua_dialog_repeat(inv->half, inv->first);
	if (!err)
		err = sdp_dup(&inv->req.sdp, sdp, len);
	if (!err)
		err = ua_invuac_invite(inv);
	if (!err)
		err = ua_invcore_move(inv, UA_INVCORE_CALL);
	if (err) {
		ua_invcore_req_reset(&inv->req);
		inv->half = mem_deref(inv->half);
		return err;
	}

	inv->uac = true;
	if (inv->ring_ms)
		inv->ring_at = now_ms + inv->ring_ms;

	return 0;
}


int ua_invite_accept_call(struct ua_invite *inv, uint64_t now_ms,
			  struct sip_msg *msg)
{
	return ua_invuas_invite(inv, now_ms, msg);
}


int ua_invite_progress(struct ua_invite *inv, uint64_t now_ms, uint16_t code,
		       const char *reason, const char *sdp, size_t len)
{
	if (code <= 100 || code > 199)
		return EINVAL;

	return ua_invuas_answer(inv, now_ms, code, reason, NULL, sdp, len);
}


int ua_invite_accept(struct ua_invite *inv, uint64_t now_ms, const char *sdp,
		     size_t len)
{
	return ua_invuas_answer(inv, now_ms, 200, NULL, NULL, sdp, len);
}


int ua_invite_reject(struct ua_invite *inv, uint64_t now_ms, uint16_t code,
		     const char *reason, const char *headers)
{
	const bool first = inv->state == UA_INVITE_INCOMING;
	int err;

	if (code < 300 || code > 699)
		return EINVAL;

	err = ua_invuas_answer(inv, now_ms, code, reason, headers, NULL, 0);
	if (!err && first)
		ua_invcore_finish(inv, now_ms, UA_BY_LOCAL, code, reason, 0);

	return err;
}


int ua_invite_ack(struct ua_invite *inv, uint64_t now_ms, const char *sdp,
		  size_t len)
{
	int err;
	(void)now_ms;

	if (!inv->ack_owed)
		return EPROTO;

	err = ua_invuac_ack(inv, &inv->forkv[inv->main], inv->req.cseq, sdp,
			    len);
	if (err)
		return err;

	inv->ack_owed = false;
	if (inv->state == UA_INVITE_ANSWER)
		err = ua_invcore_move(inv, UA_INVCORE_RISE);

	return err;
}


bool ua_invite_can_modify(const struct ua_invite *inv)
{
	return inv->state == UA_INVITE_UP && !inv->req.active &&
	       !inv->ack_owed && inv->glare_at == UA_NEVER && !inv->in_msg &&
	       !inv->ok.waiting;
}


int ua_invite_modify(struct ua_invite *inv, uint64_t now_ms, const char *sdp,
		     size_t len)
{
	struct mbuf *mb = NULL;
	int err;

	if (!ua_invite_can_modify(inv))
		return EPROTO;

	err = sdp_dup(&mb, sdp, len);
	if (err)
		return err;

	ua_invcore_req_reset(&inv->req);
	inv->req.inside = true;
	inv->req.since_ms = now_ms;
	inv->req.sdp = mb;
	inv->taken_back = false;

	return ua_invuac_invite(inv);
}


int ua_invite_withdraw(struct ua_invite *inv)
{
	if (inv->taken_back) {
		inv->taken_back = false;
		return 0;
	}

	if (inv->glare_at == UA_NEVER)
		return EPROTO;

	inv->glare_at = UA_NEVER;
	ua_invcore_req_reset(&inv->req);

	return 0;
}


/* 200 went out, its ACK did not come yet: BYE has to wait (15). */
static int end_accepted(struct ua_invite *inv, uint64_t now_ms)
{
	inv->bye_wait = true;
	inv->grace_at = now_ms + UA_INVITE_BYE_MS;

	return ua_invcore_move(inv, UA_INVCORE_END);
}


static int end_calling(struct ua_invite *inv, uint64_t now_ms)
{
	const struct ua_invite_out out = { .type = UA_INVITE_CANCEL };
	int err;

	err = ua_invcore_move(inv, UA_INVCORE_END);
	if (!err)
		err = ua_invcore_out(inv, &out);

	inv->ring_at = UA_NEVER;
	inv->grace_at = now_ms + UA_INVITE_BYE_MS;

	return err;
}


static int end_up(struct ua_invite *inv, uint64_t now_ms)
{
	int err = 0;

	if (inv->in_msg)
		err = ua_invuas_answer(inv, now_ms, 487, NULL, NULL, NULL, 0);
	if (!err && inv->ack_owed)
		err = ua_invite_ack(inv, now_ms, NULL, 0);
	if (!err)
		err = ua_invcore_move(inv, UA_INVCORE_END);
	if (!err)
		err = ua_invuac_bye(inv, ua_invcore_dialog(inv));

	inv->ok.waiting = false;
	inv->glare_at = UA_NEVER;
	inv->grace_at = now_ms + UA_INVITE_BYE_MS;

	return err;
}


void ua_invite_hangup(struct ua_invite *inv, uint64_t now_ms,
		      const char *reason)
{
	int err = 0;

	if (reason && !inv->reason)
		err = str_dup(&inv->reason, reason);

	switch (inv->state) {

	case UA_INVITE_IDLE:
		ua_invcore_finish(inv, now_ms, UA_BY_LOCAL, 487, NULL, 0);
		break;

	case UA_INVITE_CALLING:
	case UA_INVITE_EARLY:
		err = end_calling(inv, now_ms);
		break;

	case UA_INVITE_ANSWER:
	case UA_INVITE_UP:
		err = end_up(inv, now_ms);
		break;

	case UA_INVITE_INCOMING:
		err = ua_invite_reject(inv, now_ms, 480, NULL, NULL);
		break;

	case UA_INVITE_ACCEPTED:
		err = end_accepted(inv, now_ms);
		break;

	default:
		break;
	}

	if (err)
		ua_invcore_broken(inv, now_ms, err);
}


int ua_invite_response(struct ua_invite *inv, uint64_t now_ms,
		       struct sip_msg *msg)
{
	const int err = ua_invuac_response(inv, now_ms, msg);

	if (!err || err == ENOENT)
		return err;

	ua_invcore_broken(inv, now_ms, err);

	return 0;
}


void ua_invite_failed(struct ua_invite *inv, uint64_t now_ms, uint32_t id,
		      int err)
{
	ua_invuac_failed(inv, now_ms, id, err);
}


int ua_invite_request(struct ua_invite *inv, uint64_t now_ms,
		      struct sip_msg *msg)
{
	const int err = ua_invuas_request(inv, now_ms, msg);

	if (!err || err == ENOENT)
		return err;

	ua_invcore_broken(inv, now_ms, err);

	return 0;
}


void ua_invite_cancelled(struct ua_invite *inv, uint64_t now_ms)
{
	const bool first = inv->state == UA_INVITE_INCOMING;
	const struct ua_invite_event ev = { .type = UA_INVITE_REOFFER_GONE };
	int err;

	if (!inv->in_msg)
		return;

	err = ua_invuas_answer(inv, now_ms, 487, NULL, NULL, NULL, 0);

	if (first)
		ua_invcore_finish(inv, now_ms, UA_BY_REMOTE, 487, NULL, 0);
	else if (!err)
		err = ua_invcore_event(inv, &ev, NULL);

	if (err)
		ua_invcore_broken(inv, now_ms, err);
}


static bool byes_left(const struct ua_invite *inv)
{
	size_t i;

	for (i = 0; i < UA_INVCORE_BYES; i++) {
		if (inv->byev[i].dlg)
			return true;
	}

	return false;
}


bool ua_invite_done(const struct ua_invite *inv)
{
	return inv->state == UA_INVITE_CLOSED && inv->linger_at == UA_NEVER &&
	       !inv->ended_ready && !inv->ok.waiting && !byes_left(inv) &&
	       !list_head(&inv->outl) && !list_head(&inv->eventl);
}


uint64_t ua_invite_deadline(const struct ua_invite *inv)
{
	const uint64_t atv[] = {
		inv->ring_at,
		inv->expire_at,
		inv->again_at,
		inv->glare_at,
		inv->grace_at,
		inv->linger_at,
		inv->ok.waiting ? inv->ok.next_ms : UA_NEVER,
	};
	uint64_t at = UA_NEVER;
	size_t i;

	for (i = 0; i < sizeof(atv) / sizeof(atv[0]); i++) {
		if (atv[i] < at)
			at = atv[i];
	}

	return at;
}


static bool due(uint64_t *at, uint64_t now_ms)
{
	if (*at > now_ms)
		return false;

	*at = UA_NEVER;
	return true;
}


static int glare_tick(struct ua_invite *inv, uint64_t now_ms)
{
	if (inv->in_msg || inv->ok.waiting) {
		inv->glare_at = now_ms + GLARE_AGAIN_MS;
		return 0;
	}

	memset(&inv->req.round, 0, sizeof(inv->req.round));
	inv->req.since_ms = now_ms;
	inv->req.heard = false;

	return ua_invuac_invite(inv);
}


/* Nobody answered in time. */
static int ring_tick(struct ua_invite *inv, uint64_t now_ms)
{
	int err;

	if (inv->state == UA_INVITE_INCOMING)
		err = ua_invuas_answer(inv, now_ms, 480, NULL, NULL, NULL, 0);
	else
		err = end_calling(inv, now_ms);

	ua_invcore_finish(inv, now_ms, UA_BY_ERROR, 408, "No Answer",
			  ETIMEDOUT);

	return err;
}


static int expire_tick(struct ua_invite *inv, uint64_t now_ms)
{
	int err;

	/* RFC 3261, 13.3.1: the caller lost patience. */
	err = ua_invuas_answer(inv, now_ms, 487, NULL, NULL, NULL, 0);
	ua_invcore_finish(inv, now_ms, UA_BY_REMOTE, 487, NULL, 0);

	return err;
}


void ua_invite_tick(struct ua_invite *inv, uint64_t now_ms)
{
	int err = 0;

	if (due(&inv->ring_at, now_ms))
		err = ring_tick(inv, now_ms);
	if (!err && due(&inv->expire_at, now_ms))
		err = expire_tick(inv, now_ms);
	if (!err && due(&inv->again_at, now_ms))
		err = ua_invuas_ring_again(inv, now_ms);
	if (!err && due(&inv->glare_at, now_ms))
		err = glare_tick(inv, now_ms);
	if (!err && inv->ok.waiting && inv->ok.next_ms <= now_ms)
		err = ua_invuas_ok_tick(inv, now_ms);

	if (due(&inv->grace_at, now_ms))
		ua_invcore_finish(inv, now_ms, UA_BY_LOCAL, 200, "Normal", 0);

	if (err)
		ua_invcore_broken(inv, now_ms, err);

	if (inv->state == UA_INVITE_CLOSED)
		(void)due(&inv->linger_at, now_ms);
}


enum ua_invite_state ua_invite_state(const struct ua_invite *inv)
{
	return inv->state;
}


bool ua_invite_is_copy(const struct ua_invite *inv, const struct sip_msg *msg)
{
	const struct ua_dialog *dlg = ua_invcore_dialog(inv);

	return dlg && ua_dialog_is_copy(dlg, msg);
}


const char *ua_invite_callid(const struct ua_invite *inv)
{
	const struct ua_dialog *dlg = ua_invcore_dialog(inv);

	if (!dlg)
		dlg = inv->half;

	return dlg ? ua_dialog_callid(dlg) : "";
}


const char *ua_invite_peer(const struct ua_invite *inv)
{
	const struct ua_dialog *dlg = ua_invcore_dialog(inv);

	if (!dlg)
		dlg = inv->half;

	return dlg ? ua_dialog_peer(dlg) : "";
}
