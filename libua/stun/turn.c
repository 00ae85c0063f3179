/* SPDX-License-Identifier: BSD-3-Clause */
/** @file turn.c  TURN client: what its owner asks, and what it sends */

#include <errno.h>
#include <string.h>

#include "base/re_compat.h"
#include "base/wr.h"
#include "stun/turncore.h"

enum {
	ERROR_MAX = 2,  /* One ICMP may be a server that restarts      */
	PROTO_UDP = 17, /* REQUESTED-TRANSPORT (RFC 8656, 18.8)        */
	FAMILY_IP6 = 2  /* RFC 8656, 18.9                              */
};


static void allocate_encode(const struct ua_turn *turn, struct ua_wr *wr)
{
	ua_stun_put_u32(wr, UA_STUN_REQUESTED_TRANSPORT,
			(uint32_t)PROTO_UDP << 24);
	ua_stun_put_u32(wr, UA_STUN_LIFETIME, turn->ask_lifetime_s);

	if (turn->family == UA_TURN_IP6)
		ua_stun_put_u32(wr, UA_STUN_REQUESTED_ADDRESS_FAMILY,
				(uint32_t)FAMILY_IP6 << 24);
	else if (turn->family == UA_TURN_BOTH)
		ua_stun_put_u32(wr, UA_STUN_ADDITIONAL_ADDRESS_FAMILY,
				(uint32_t)FAMILY_IP6 << 24);
}


static void body_encode(const struct ua_turn *turn, const struct ua_treq *req,
			struct ua_wr *wr)
{
	switch (req->kind) {

	case UA_TREQ_ALLOCATE:
		allocate_encode(turn, wr);
		break;

	case UA_TREQ_REFRESH:
		ua_stun_put_u32(wr, UA_STUN_LIFETIME, turn->ask_lifetime_s);
		break;

	case UA_TREQ_FREE:
		ua_stun_put_u32(wr, UA_STUN_LIFETIME, 0);
		break;

	default:
		ua_relay_encode(&turn->relay, req, wr);
		break;
	}
}


static int req_encode(struct ua_turn *turn, const struct ua_treq *req,
		      struct ua_dgram *dg)
{
	struct ua_wr wr;
	int err;

	ua_wr_init(&wr, dg->buf, sizeof(dg->buf));
	ua_stun_begin(&wr, UA_STUN_REQUEST, ua_treq_method(req), req->txn.tid);
	body_encode(turn, req, &wr);
	if (req->authed)
		ua_cred_put(&turn->cred, &wr);

	err = ua_stun_end(&wr, req->authed ? turn->cred.key : NULL,
			  sizeof(turn->cred.key), false);
	dg->len = wr.pos;
	return err;
}


static void path_set(const struct ua_turn *turn, struct ua_dgram *dg)
{
	dg->path = (struct ua_path){ .remote = turn->server };
}


static bool req_output(struct ua_turn *turn, struct ua_treq *req,
		       struct ua_dgram *dg)
{
	int err;

	if (!req->due)
		return false;

	req->due = false;
	err = req_encode(turn, req, dg);
	if (err) {
		/* As if it got lost: there is a next time. */
		ua_log(turn->log, UA_LOG_WARN, "turn", "%s: not sent: %m",
		       ua_treq_name(req->kind), err);
		return false;
	}

	path_set(turn, dg);
	return true;
}


static void destructor(void *arg)
{
	struct ua_turn *turn = arg;

	ua_cred_reset(&turn->cred);
}


int ua_turn_alloc(struct ua_turn **turnp, const struct ua_turn_conf *conf)
{
	struct ua_turn *turn;
	int err;

	if (!turnp || !conf || !conf->rand || !conf->server.af ||
	    !conf->server.port)
		return EINVAL;

	turn = mem_zalloc(sizeof(*turn), destructor);
	if (!turn)
		return ENOMEM;

	turn->state = UA_TURNST_IDLE;
	turn->server = conf->server;
	turn->visited[turn->nvisited++] = conf->server;
	turn->family = conf->family;
	turn->both = conf->family == UA_TURN_BOTH;
	turn->ask_lifetime_s =
		conf->lifetime_s ? conf->lifetime_s : UA_TURN_LIFETIME_S;
	turn->way.rand = conf->rand;
	turn->way.stream = conf->stream;
	turn->log = conf->log;
	turn->rtt_ms = UINT32_MAX;
	ua_relay_init(&turn->relay, &turn->way, conf->log);

	err = ua_cred_set(&turn->cred, conf->user, conf->password);
	if (!err && conf->known)
		err = ua_cred_prime(&turn->cred, conf->known);
	if (err)
		mem_deref(turn);
	else
		*turnp = turn;

	return err;
}


int ua_turn_start(struct ua_turn *turn, uint64_t now_ms)
{
	if (turn->state != UA_TURNST_IDLE)
		return EALREADY;

	ua_turnst_move(turn, now_ms, UA_TURNEV_START);
	return 0;
}


int ua_turn_input(struct ua_turn *turn, uint64_t now_ms,
		  const struct ua_addr *src, const uint8_t *buf, size_t len,
		  struct ua_turn_data *data)
{
	struct ua_stun msg;
	int err;

	memset(data, 0, sizeof(*data));

	if (!len || !ua_addr_eq(src, &turn->server))
		return ENOENT;

	/* 0x40 to 0x4f are channels (RFC 8656, 12) */
	if ((buf[0] & 0xf0) == 0x40)
		return turn->state == UA_TURNST_READY
			       ? ua_relay_channel_input(&turn->relay, buf, len,
							data)
			       : EACCES;


	if (!ua_stun_is(buf, len))
		return ENOENT;

	err = ua_stun_decode(&msg, buf, len);
	if (err)
		return err;

	if (msg.cls == UA_STUN_INDICATION && msg.method == UA_STUN_DATA)
		return turn->state == UA_TURNST_READY
			       ? ua_relay_input(&turn->relay, &msg, data)
			       : EACCES;

	return ua_turnans_input(turn, now_ms, &msg);
}


bool ua_turn_output(struct ua_turn *turn, uint64_t now_ms, struct ua_dgram *dg)
{
	size_t i;

	(void)now_ms;

	if (req_output(turn, &turn->ses, dg))
		return true;

	for (i = 0; i < UA_RELAY_REQ_MAX; i++) {
		if (req_output(turn, &turn->relay.reqv[i], dg))
			return true;
	}

	return false;
}


bool ua_turn_wants(const struct ua_turn *turn)
{
	bool due = turn->ses.due;
	size_t i;

	for (i = 0; i < UA_RELAY_REQ_MAX; i++)
		due |= turn->relay.reqv[i].due;

	return due;
}


static bool told(struct ua_turn *turn, enum ua_turn_event_type type,
		 struct ua_turn_event *ev)
{
	if (!(turn->told >> type & 1))
		return false;

	ua_turnst_untell(turn, type);
	ev->type = type;
	return true;
}


bool ua_turn_event(struct ua_turn *turn, struct ua_turn_event *ev)
{
	memset(ev, 0, sizeof(*ev));

	if (told(turn, UA_TURN_LOST, ev))
		return true;

	if (told(turn, UA_TURN_READY, ev)) {
		ev->relayed = turn->relayed;
		ev->relayed6 = turn->relayed6;
		ev->mapped = turn->mapped;
		ev->lifetime_s = turn->lifetime_s;
		return true;
	}

	if (ua_relay_event(&turn->relay, ev))
		return true;

	if (told(turn, UA_TURN_DEAD, ev)) {
		ev->code = turn->code;
		ev->err = turn->err;
		memcpy(ev->reason, turn->reason, sizeof(ev->reason));
		return true;
	}

	return told(turn, UA_TURN_CLOSED, ev);
}


static uint64_t earlier(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}


uint64_t ua_turn_deadline(const struct ua_turn *turn)
{
	uint64_t at = ua_txn_deadline(&turn->ses.txn);

	switch (turn->state) {

	case UA_TURNST_READY:
		if (turn->ses.kind == UA_TREQ_NONE)
			at = turn->refresh_ms;
		return earlier(at, ua_relay_deadline(&turn->relay));

	case UA_TURNST_CLOSE:
		return earlier(at, turn->close_ms);

	default:
		return at;
	}
}


void ua_turn_tick(struct ua_turn *turn, uint64_t now_ms)
{
	if (ua_treq_tick(&turn->ses, now_ms) ||
	    (turn->state == UA_TURNST_CLOSE && turn->close_ms <= now_ms))
		ua_turnans_timeout(turn, now_ms, ETIMEDOUT);

	if (ua_relay_tick(&turn->relay, now_ms))
		ua_turnst_probe(turn, now_ms);

	ua_turnst_work(turn, now_ms);
}


static bool err_is_hard(int err)
{
	switch (err) {

	case ECONNREFUSED:
	case EHOSTUNREACH:
	case EHOSTDOWN:
	case ENETUNREACH:
	case ENETDOWN:
	case EADDRNOTAVAIL:
	case EAFNOSUPPORT:
	case EBADF:
		return true;

	default:
		return false;
	}
}


void ua_turn_error(struct ua_turn *turn, uint64_t now_ms, int err)
{
	if (!err_is_hard(err) || turn->ses.kind == UA_TREQ_FREE)
		return;

	switch (turn->state) {

	case UA_TURNST_READY:
		/* A route may come back: believe it from the second send. */
		ua_turnst_probe(turn, now_ms);
		if (turn->ses.txn.sends < 2)
			return;
		break;

	case UA_TURNST_ALLOC:
	case UA_TURNST_AUTH:
	case UA_TURNST_LOST:
		break;

	default:
		return;
	}

	if (++turn->nerr >= ERROR_MAX)
		ua_turnans_timeout(turn, now_ms, err);
}


void ua_turn_ask(struct ua_turn *turn, uint64_t now_ms)
{
	ua_turnst_probe(turn, now_ms);
}


void ua_turn_broken(struct ua_turn *turn, uint64_t now_ms, int err)
{
	switch (turn->state) {

	case UA_TURNST_LOST:
		/* Between two tries there is none that could break. */
		if (!turn->ses.txn.sends)
			return;
		break;

	case UA_TURNST_IDLE:
	case UA_TURNST_DEAD:
		return;

	default:
		break;
	}

	ua_turnans_timeout(turn, now_ms, err);
}


static bool family_is_relayed(const struct ua_turn *turn, uint8_t af)
{
	return turn->relayed.af == af || turn->relayed6.af == af;
}


static int permit_check(const struct ua_turn *turn, const struct ua_addr *peer)
{
	if (turn->state == UA_TURNST_CLOSE || turn->state == UA_TURNST_DEAD)
		return ENOTCONN;

	if (!peer->af || (turn->state == UA_TURNST_READY &&
			  !family_is_relayed(turn, peer->af)))
		return EAFNOSUPPORT;

	return 0;
}


int ua_turn_permit(struct ua_turn *turn, uint64_t now_ms,
		   const struct ua_addr *peer)
{
	int err = permit_check(turn, peer);

	if (!err)
		err = ua_relay_permit(&turn->relay, now_ms,
				      turn->state == UA_TURNST_READY, peer);

	ua_turnst_work(turn, now_ms);
	return err;
}


void ua_turn_flush(struct ua_turn *turn, uint64_t now_ms)
{
	if (turn->state != UA_TURNST_READY)
		return;

	ua_relay_flush(&turn->relay, now_ms);
	ua_turnst_work(turn, now_ms);
}


int ua_turn_channel(struct ua_turn *turn, uint64_t now_ms,
		    const struct ua_addr *peer)
{
	int err = turn->state == UA_TURNST_READY ? permit_check(turn, peer)
						 : ENOTCONN;

	if (!err)
		err = ua_relay_channel(&turn->relay, now_ms, peer);

	ua_turnst_work(turn, now_ms);
	return err;
}


void ua_turn_forget(struct ua_turn *turn, uint64_t now_ms,
		    const struct ua_addr *peer)
{
	ua_relay_forget(&turn->relay, now_ms, peer);
	ua_turnst_work(turn, now_ms);
}


int ua_turn_send(struct ua_turn *turn, uint64_t now_ms,
		 const struct ua_addr *peer, const uint8_t *buf, size_t len,
		 struct ua_dgram *dg)
{
	struct ua_wr wr;
	int err;

	(void)now_ms;

	if (turn->state != UA_TURNST_READY)
		return ENOTCONN;

	ua_wr_init(&wr, dg->buf, sizeof(dg->buf));
	err = ua_relay_send(&turn->relay, peer, buf, len, &wr);
	if (err)
		return err;

	dg->len = wr.pos;
	path_set(turn, dg);
	return 0;
}


void ua_turn_close(struct ua_turn *turn, uint64_t now_ms)
{
	if (turn->closing)
		return;

	turn->closing = true;

	/* Nobody answered, and who wants no signature is as good as nobody:
	   there is nothing to be freed, and nobody to wait for. */
	if (turn->state == UA_TURNST_ALLOC && !turn->heard &&
	    !turn->ses.authed)
		ua_turnst_move(turn, now_ms, UA_TURNEV_TIMEOUT);
	else
		ua_turnst_move(turn, now_ms, UA_TURNEV_SHUT);
}


const struct ua_addr *ua_turn_relayed(const struct ua_turn *turn)
{
	return &turn->relayed;
}


const struct ua_addr *ua_turn_relayed6(const struct ua_turn *turn)
{
	return &turn->relayed6;
}


const struct ua_addr *ua_turn_mapped(const struct ua_turn *turn)
{
	return &turn->mapped;
}


const struct ua_addr *ua_turn_server(const struct ua_turn *turn)
{
	return &turn->server;
}


bool ua_turn_heard(const struct ua_turn *turn)
{
	return turn->heard;
}


uint32_t ua_turn_rtt_ms(const struct ua_turn *turn)
{
	return turn->rtt_ms;
}


enum ua_turn_family ua_turn_family(const struct ua_turn *turn)
{
	return turn->family;
}


const struct ua_challenge *ua_turn_challenge(const struct ua_turn *turn)
{
	return turn->cred.ready ? &turn->cred.asked : NULL;
}


int ua_turn_print(struct re_printf *pf, const struct ua_turn *turn)
{
	char server[UA_ADDR_LEN];
	char relayed[UA_ADDR_LEN];
	char relayed6[UA_ADDR_LEN];
	char mapped[UA_ADDR_LEN];

	if (!turn)
		return 0;

	return re_hprintf(pf,
			  "turn %s server=%s relayed=%s relayed6=%s "
			  "mapped=%s lifetime=%us user=%s password=%s",
			  ua_turnst_name(turn),
			  ua_addr_str(&turn->server, server),
			  ua_addr_str(&turn->relayed, relayed),
			  ua_addr_str(&turn->relayed6, relayed6),
			  ua_addr_str(&turn->mapped, mapped), turn->lifetime_s,
			  turn->cred.user ? "(hidden)" : "none",
			  turn->cred.password ? "(hidden)" : "none");
}
