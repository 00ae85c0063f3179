/* SPDX-License-Identifier: BSD-3-Clause */
/** @file invcore.c  The inside of a session: state, queues, timers */

#include <errno.h>
#include <string.h>

#include "base/re_compat.h"
#include <ua/log.h>
#include "dialog/invfork.h"
#include "dialog/sipmsg.h"

struct out_node {
	struct le le;
	struct ua_invite_out out;
};

struct event_node {
	struct le le;
	struct ua_invite_event ev;
};

/* clang-format off */
enum {
	N = UA_INVITE_NONE,     A = UA_INVITE_CALLING,  E = UA_INVITE_EARLY,
	W = UA_INVITE_ANSWER,   I = UA_INVITE_INCOMING, O = UA_INVITE_ACCEPTED,
	U = UA_INVITE_UP,       X = UA_INVITE_ENDING,   C = UA_INVITE_CLOSED
};

/*
 * Every move; 0 is a refused one.
 *
 * INCOMING does not take END: a refusal is final at once, no answer to it is
 * awaited.  ENDING takes only CLOSE: a 2xx that crosses our CANCEL gets its
 * ACK and BYE without the session coming up (RFC 3261, 9.1).
 */
static const uint8_t moves[UA_INVITE_NSTATE][UA_INVCORE_NMOVE] = {
	/*                       CALL RING OWE RISE INVITED OK END CLOSE */
	[UA_INVITE_IDLE]     = { A,   0,   0,  0,   I,      0, 0,  C },
	[UA_INVITE_CALLING]  = { 0,   E,   W,  U,   0,      0, X,  C },
	[UA_INVITE_EARLY]    = { 0,   E,   W,  U,   0,      0, X,  C },
	[UA_INVITE_ANSWER]   = { 0,   0,   0,  U,   0,      0, X,  C },
	[UA_INVITE_INCOMING] = { 0,   0,   0,  0,   0,      O, 0,  C },
	[UA_INVITE_ACCEPTED] = { 0,   0,   0,  U,   0,      0, X,  C },
	[UA_INVITE_UP]       = { 0,   0,   0,  0,   0,      0, X,  C },
	[UA_INVITE_ENDING]   = { 0,   0,   0,  0,   0,      0, 0,  C },
	[UA_INVITE_CLOSED]   = { 0,   0,   0,  0,   0,      0, 0,  0 },
};

static const char *const state_names[UA_INVITE_NSTATE] = {
	[UA_INVITE_NONE]     = "NONE",
	[UA_INVITE_IDLE]     = "IDLE",
	[UA_INVITE_CALLING]  = "CALLING",
	[UA_INVITE_EARLY]    = "EARLY",
	[UA_INVITE_ANSWER]   = "ANSWER",
	[UA_INVITE_INCOMING] = "INCOMING",
	[UA_INVITE_ACCEPTED] = "ACCEPTED",
	[UA_INVITE_UP]       = "UP",
	[UA_INVITE_ENDING]   = "ENDING",
	[UA_INVITE_CLOSED]   = "CLOSED",
};

static const char *const move_names[UA_INVCORE_NMOVE] = {
	[UA_INVCORE_CALL]    = "CALL",
	[UA_INVCORE_RING]    = "RING",
	[UA_INVCORE_OWE]     = "OWE",
	[UA_INVCORE_RISE]    = "RISE",
	[UA_INVCORE_INVITED] = "INVITED",
	[UA_INVCORE_OK]      = "OK",
	[UA_INVCORE_END]     = "END",
	[UA_INVCORE_CLOSE]   = "CLOSE",
};
/* clang-format on */


const char *ua_invite_state_name(enum ua_invite_state state)
{
	return state < UA_INVITE_NSTATE ? state_names[state] : "?";
}


bool ua_invcore_can(const struct ua_invite *inv, enum ua_invcore_move mv)
{
	return moves[inv->state][mv] != N;
}


int ua_invcore_move(struct ua_invite *inv, enum ua_invcore_move mv)
{
	const enum ua_invite_state to =
		(enum ua_invite_state)moves[inv->state][mv];

	if (to == UA_INVITE_NONE) {
		ua_log(inv->log, UA_LOG_DEBUG, "invite", "%s: %s refused",
		       state_names[inv->state], move_names[mv]);
		return EPROTO;
	}

	if (to != inv->state)
		ua_log(inv->log, UA_LOG_DEBUG, "invite", "%s -> %s (%s)",
		       state_names[inv->state], state_names[to],
		       move_names[mv]);

	inv->state = to;
	return 0;
}


struct ua_dialog *ua_invcore_dialog(const struct ua_invite *inv)
{
	return inv->main < inv->forkc ? inv->forkv[inv->main].dlg : NULL;
}


void ua_invcore_req_reset(struct ua_invcore_req *req)
{
	mem_deref(req->sdp);
	mem_deref(req->auth);
	memset(req, 0, sizeof(*req));
}


void ua_invite_out_free(struct ua_invite_out *out)
{
	mem_deref(out->uri);
	mem_deref(out->hop);
	mem_deref(out->mb);
	mem_deref(out->msg);
	memset(out, 0, sizeof(*out));
}


static void out_destructor(void *arg)
{
	struct out_node *node = arg;

	list_unlink(&node->le);
	ua_invite_out_free(&node->out);
}


static void event_destructor(void *arg)
{
	struct event_node *node = arg;

	list_unlink(&node->le);
	mem_deref(node->ev.msg);
}


int ua_invcore_out(struct ua_invite *inv, const struct ua_invite_out *out)
{
	struct ua_invite_out given = *out;
	struct out_node *node;

	node = mem_zalloc(sizeof(*node), out_destructor);
	if (!node) {
		ua_invite_out_free(&given);
		return ENOMEM;
	}

	node->out = given;
	list_append(&inv->outl, &node->le, node);

	return 0;
}


bool ua_invite_output(struct ua_invite *inv, struct ua_invite_out *out)
{
	struct out_node *node = list_ledata(list_head(&inv->outl));

	if (!node)
		return false;

	*out = node->out;
	memset(&node->out, 0, sizeof(node->out));
	mem_deref(node);

	return true;
}


int ua_invcore_event(struct ua_invite *inv, const struct ua_invite_event *ev,
		     struct sip_msg *msg)
{
	struct event_node *node;
	struct pl sdp;

	/* The owner knows that it is over: nothing else is news. */
	if (inv->told)
		return 0;

	node = mem_zalloc(sizeof(*node), event_destructor);
	if (!node)
		return ENOMEM;

	node->ev = *ev;

	if (msg) {
		node->ev.msg = mem_ref(msg);
		if (!msg->req) {
			node->ev.code = msg->scode;
			ua_sipmsg_text(node->ev.reason,
				       sizeof(node->ev.reason), &msg->reason);
		}

		sdp = ev->type == UA_INVITE_INFO ? ua_sipmsg_body(msg)
						 : ua_sipmsg_sdp(msg);
		if (sdp.l) {
			node->ev.sdp = sdp.p;
			node->ev.len = sdp.l;
		}
	}

	list_append(&inv->eventl, &node->le, node);

	return 0;
}


bool ua_invite_event(struct ua_invite *inv, struct ua_invite_event *ev)
{
	struct event_node *node = list_ledata(list_head(&inv->eventl));

	if (node) {
		*ev = node->ev;
		node->ev.msg = NULL;
		mem_deref(node);
		return true;
	}

	if (!inv->ended_ready)
		return false;

	*ev = inv->ended;
	inv->ended_ready = false;

	return true;
}


bool ua_invite_pending(const struct ua_invite *inv)
{
	return inv->ended_ready || list_head(&inv->eventl);
}


int ua_invcore_announce(const struct ua_invite *inv, struct mbuf *mb,
			bool recv_info)
{
	if (!inv->trickle)
		return 0;

	return mbuf_printf(mb, "Supported: " UA_SIPMSG_TRICKLE "\r\n%s",
			   recv_info ? "Recv-Info: " UA_SIPMSG_TRICKLE "\r\n"
				     : "");
}


int ua_invcore_body(struct mbuf *mb, const char *sdp, size_t len)
{
	int err;

	if (!sdp || !len)
		return mbuf_write_str(mb, "Content-Length: 0\r\n\r\n");

	err = mbuf_printf(mb,
			  "Content-Type: application/sdp\r\n"
			  "Content-Length: %zu\r\n\r\n",
			  len);
	if (!err)
		err = mbuf_write_mem(mb, (const uint8_t *)sdp, len);

	return err;
}


int ua_invcore_respond(struct ua_invite *inv, struct sip_msg *msg,
		       uint16_t code, const char *reason, struct mbuf *text)
{
	struct ua_invite_out out = {
		.type = UA_INVITE_RESPOND,
		.msg = mem_ref(msg),
		.code = code,
		.mb = mem_ref(text),
	};

	str_ncpy(out.reason, reason ? reason : ua_sipmsg_reason(code),
		 sizeof(out.reason));

	return ua_invcore_out(inv, &out);
}


/* Another fork may answer until all proxies are done (13.2.2.4). */
static uint64_t linger_until(const struct ua_invite *inv, uint64_t now_ms)
{
	const uint64_t from = inv->answered_ms ? inv->answered_ms : now_ms;
	const uint64_t end = from + UA_INVITE_LINGER_MS;

	return inv->uac && end > now_ms ? end : now_ms;
}


void ua_invcore_finish(struct ua_invite *inv, uint64_t now_ms, enum ua_by by,
		       uint16_t code, const char *reason, int err)
{
	if (inv->told || ua_invcore_move(inv, UA_INVCORE_CLOSE))
		return;

	inv->told = true;
	inv->ended_ready = true;
	inv->ended.type = UA_INVITE_ENDED;
	inv->ended.by = by;
	inv->ended.code = code;
	inv->ended.err = err;
	str_ncpy(inv->ended.reason, reason ? reason : ua_sipmsg_reason(code),
		 sizeof(inv->ended.reason));

	inv->ring_at = UA_NEVER;
	inv->expire_at = UA_NEVER;
	inv->again_at = UA_NEVER;
	inv->glare_at = UA_NEVER;
	inv->grace_at = UA_NEVER;
	inv->linger_at = linger_until(inv, now_ms);
}


void ua_invcore_broken(struct ua_invite *inv, uint64_t now_ms, int err)
{
	ua_log(inv->log, UA_LOG_ERROR, "invite", "given up: %m", err);
	ua_invcore_finish(inv, now_ms, UA_BY_ERROR, 0, "Local error", err);
}


static void destructor(void *arg)
{
	struct ua_invite *inv = arg;
	size_t i;

	list_flush(&inv->outl);
	list_flush(&inv->eventl);

	for (i = 0; i < inv->forkc; i++)
		ua_invfork_reset(&inv->forkv[i]);
	for (i = 0; i < UA_INVCORE_BYES; i++)
		mem_deref(inv->byev[i].dlg);

	ua_invcore_req_reset(&inv->req);
	mem_deref(inv->half);
	mem_deref(inv->first);
	mem_deref(inv->in_msg);
	mem_deref(inv->ring_reason);
	mem_deref(inv->ring_sdp);
	mem_deref(inv->digest);
	mem_deref(inv->aor);
	mem_deref(inv->contact);
	mem_deref(inv->route);
	mem_deref(inv->service_route);
	mem_deref(inv->headers);
	mem_deref(inv->software);
	mem_deref(inv->reason);
}


static int dup(char **dst, const char *src)
{
	return src ? str_dup(dst, src) : 0;
}


static bool aor_ok(const char *str)
{
	struct sip_addr addr;
	struct pl pl;

	pl_set_str(&pl, str);

	return !sip_addr_decode(&addr, &pl) && ua_sipmsg_uri_ok(&addr.auri);
}


int ua_invite_alloc(struct ua_invite **invp, const struct ua_invite_conf *conf)
{
	struct ua_invite *inv;
	struct pl contact;
	int err;

	pl_set_str(&contact, conf->contact);
	if (!aor_ok(conf->aor) || !ua_sipmsg_uri_ok(&contact))
		return EINVAL;

	inv = mem_zalloc(sizeof(*inv), destructor);
	if (!inv)
		return ENOMEM;

	inv->state = UA_INVITE_IDLE;
	inv->rand = conf->rand;
	inv->log = conf->log;
	inv->ring_ms = conf->ring_ms;
	inv->trickle = conf->trickle;
	inv->ring_at = UA_NEVER;
	inv->expire_at = UA_NEVER;
	inv->again_at = UA_NEVER;
	inv->glare_at = UA_NEVER;
	inv->grace_at = UA_NEVER;
	inv->linger_at = UA_NEVER;

	err = dup(&inv->aor, conf->aor);
	if (!err)
		err = dup(&inv->contact, conf->contact);
	if (!err)
		err = dup(&inv->route, conf->route);
	if (!err)
		err = dup(&inv->service_route, conf->service_route);
	if (!err)
		err = dup(&inv->headers, conf->headers);
	if (!err)
		err = dup(&inv->software, conf->software);
	if (!err)
		err = ua_digest_alloc(&inv->digest, &conf->cred, conf->rand);
	if (!err && conf->cred.user)
		err = ua_digest_learn(inv->digest, conf->known);

	if (err)
		mem_deref(inv);
	else
		*invp = inv;

	return err;
}
