/* SPDX-License-Identifier: BSD-3-Clause */
/** @file relay.c  What lives on a TURN allocation */

#include <errno.h>
#include <string.h>

#include "base/wr.h"
#include <ua/log.h>
#include "stun/relay.h"

enum {
	ICMP = 0x8004, /* RFC 8656, 18.13 */
	CHANNEL_HDR_LEN = 4
};


static void perm_move(struct ua_relay *relay, struct ua_perm *perm,
		      enum ua_perm_ev ev)
{
	const uint8_t from = perm->state;
	char ip[UA_ADDR_LEN];

	if (ua_perm_step(perm, ev) || from == perm->state)
		return;

	ua_log(relay->log, UA_LOG_DEBUG, "turn", "permission %s: %s -> %s",
	       ua_addr_ip_str(&perm->peer, ip), ua_perm_state_name(from),
	       ua_perm_state_name(perm->state));
}


static void chan_move(struct ua_relay *relay, struct ua_chan *chan,
		      enum ua_chan_ev ev)
{
	const uint8_t from = chan->state;
	char peer[UA_ADDR_LEN];

	if (ua_chan_step(chan, ev) || from == chan->state)
		return;

	ua_log(relay->log, UA_LOG_DEBUG, "turn", "channel %04x %s: %s -> %s",
	       chan->number, ua_addr_str(&chan->peer, peer),
	       ua_chan_state_name(from), ua_chan_state_name(chan->state));
}


static struct ua_treq *req_take(struct ua_relay *relay)
{
	size_t i;

	for (i = 0; i < UA_RELAY_REQ_MAX; i++) {
		if (relay->reqv[i].kind == UA_TREQ_NONE)
			return &relay->reqv[i];
	}

	return NULL;
}


static bool req_is_free(const struct ua_relay *relay)
{
	size_t i;

	for (i = 0; i < UA_RELAY_REQ_MAX; i++) {
		if (relay->reqv[i].kind == UA_TREQ_NONE)
			return true;
	}

	return false;
}


static void req_start(struct ua_relay *relay, struct ua_treq *req,
		      uint64_t now_ms, enum ua_treq_kind kind, bool authed,
		      uint32_t slots)
{
	ua_treq_start(req, relay->way, now_ms, kind, authed);
	req->slots = slots;
	(void)ua_treq_tick(req, now_ms);
}


/* A ChannelBind renews the permission as well: one request does for both */
static bool perm_due(const struct ua_relay *relay, const struct ua_perm *perm,
		     uint64_t now_ms)
{
	return ua_perm_due(perm, now_ms) &&
	       !ua_chan_covers(relay->chanv, &perm->peer);
}


static uint32_t perm_put(struct ua_relay *relay, size_t i)
{
	perm_move(relay, &relay->permv[i], UA_PERM_ASK);
	return (uint32_t)1 << i;
}


/* Those due, filled up with others that will be soon */
static uint32_t perm_batch(struct ua_relay *relay, uint64_t now_ms,
			   size_t first)
{
	uint32_t slots = perm_put(relay, first);
	const bool alone = relay->permv[first].alone;
	size_t n = 1;
	size_t i;

	for (i = 0; i < UA_PERM_MAX && n < UA_PERM_BATCH && !alone; i++) {
		const struct ua_perm *perm = &relay->permv[i];

		if (!ua_perm_near(perm, now_ms) ||
		    ua_chan_covers(relay->chanv, &perm->peer))
			continue;

		slots |= perm_put(relay, i);
		n++;
	}

	return slots;
}


static void perms_run(struct ua_relay *relay, uint64_t now_ms, bool authed)
{
	struct ua_treq *req;
	size_t i;

	for (i = 0; i < UA_PERM_MAX; i++) {
		if (!perm_due(relay, &relay->permv[i], now_ms))
			continue;

		req = req_take(relay);
		if (!req)
			return;

		req_start(relay, req, now_ms, UA_TREQ_PERMIT, authed,
			  perm_batch(relay, now_ms, i));
	}
}


static void chans_run(struct ua_relay *relay, uint64_t now_ms, bool authed)
{
	struct ua_treq *req;
	size_t i;

	for (i = 0; i < UA_CHAN_MAX; i++) {
		if (!ua_chan_due(&relay->chanv[i], now_ms))
			continue;

		req = req_take(relay);
		if (!req)
			return;

		chan_move(relay, &relay->chanv[i], UA_CHAN_ASK);
		req_start(relay, req, now_ms, UA_TREQ_CHANNEL, authed,
			  (uint32_t)1 << i);
	}
}


static void perms_grant(struct ua_relay *relay, uint64_t now_ms,
			uint32_t slots)
{
	size_t i;

	for (i = 0; i < UA_PERM_MAX; i++) {
		if (!(slots >> i & 1))
			continue;

		perm_move(relay, &relay->permv[i], UA_PERM_GRANT);
		relay->permv[i].at_ms = now_ms + UA_PERM_RENEW_MS;
	}
}


/* One bad peer spoils its batch (RFC 8656, 9.2): ask for each alone */
static void perms_refuse(struct ua_relay *relay, uint64_t now_ms,
			 uint32_t slots, uint16_t code)
{
	const bool split = code && (slots & (slots - 1));
	size_t i;

	for (i = 0; i < UA_PERM_MAX; i++) {
		struct ua_perm *perm = &relay->permv[i];

		if (!(slots >> i & 1))
			continue;

		perm->code = code;
		perm->at_ms = now_ms;
		perm_move(relay, perm, split ? UA_PERM_SPLIT : UA_PERM_DENY);
	}
}


static struct ua_chan *req_chan(struct ua_relay *relay,
				const struct ua_treq *req)
{
	size_t i = 0;

	while (!(req->slots >> i & 1))
		i++;

	return &relay->chanv[i];
}


static void chan_grant(struct ua_relay *relay, uint64_t now_ms,
		       struct ua_chan *chan)
{
	struct ua_perm *perm = ua_perm_find(relay->permv, &chan->peer);

	chan_move(relay, chan, UA_CHAN_GRANT);
	chan->at_ms = now_ms + UA_CHAN_RENEW_MS;

	if (perm)
		perms_grant(relay, now_ms,
			    (uint32_t)1 << (perm - relay->permv));
}


static void chan_refuse(struct ua_relay *relay, uint64_t now_ms,
			struct ua_chan *chan, uint16_t code)
{
	struct ua_perm *perm = ua_perm_find(relay->permv, &chan->peer);

	chan_move(relay, chan, UA_CHAN_FAIL);
	chan->at_ms = now_ms + UA_CHAN_COOL_MS;
	chan->reuse_ms = now_ms + UA_CHAN_REUSE_MS;

	if (perm && (code == 403 || code == 443)) {
		perm->code = code;
		perm_move(relay, perm, UA_PERM_DENY);
	}
}


void ua_relay_init(struct ua_relay *relay, const struct ua_treq_way *way,
		   const struct ua_log *log)
{
	memset(relay, 0, sizeof(*relay));
	relay->way = way;
	relay->log = log;
	relay->next_number = UA_CHAN_FIRST;
	ua_perm_init(relay->permv);
	ua_chan_init(relay->chanv);
}


void ua_relay_stop(struct ua_relay *relay)
{
	size_t i;

	for (i = 0; i < UA_RELAY_REQ_MAX; i++)
		ua_treq_stop(&relay->reqv[i]);
}


void ua_relay_lose(struct ua_relay *relay)
{
	size_t i;

	ua_relay_stop(relay);
	ua_chan_init(relay->chanv);

	for (i = 0; i < UA_PERM_MAX; i++) {
		perm_move(relay, &relay->permv[i], UA_PERM_LOSE);
		relay->permv[i].at_ms = 0;
	}
}


void ua_relay_work(struct ua_relay *relay, uint64_t now_ms, bool authed)
{
	chans_run(relay, now_ms, authed);
	perms_run(relay, now_ms, authed);
}


struct ua_treq *ua_relay_match(struct ua_relay *relay,
			       const struct ua_stun *msg)
{
	size_t i;

	for (i = 0; i < UA_RELAY_REQ_MAX; i++) {
		if (ua_treq_match(&relay->reqv[i], msg))
			return &relay->reqv[i];
	}

	return NULL;
}


void ua_relay_granted(struct ua_relay *relay, uint64_t now_ms,
		      struct ua_treq *req)
{
	const enum ua_treq_kind kind = req->kind;

	ua_treq_stop(req);

	if (kind == UA_TREQ_PERMIT)
		perms_grant(relay, now_ms, req->slots);
	else
		chan_grant(relay, now_ms, req_chan(relay, req));
}


bool ua_relay_refused(struct ua_relay *relay, uint64_t now_ms,
		      struct ua_treq *req, uint16_t code)
{
	const enum ua_treq_kind kind = req->kind;

	ua_log(relay->log, UA_LOG_INFO, "turn", "%s: %u", ua_treq_name(kind),
	       code);
	ua_treq_stop(req);

	if (kind == UA_TREQ_PERMIT)
		perms_refuse(relay, now_ms, req->slots, code);
	else
		chan_refuse(relay, now_ms, req_chan(relay, req), code);

	return !code || code == 400;
}


bool ua_relay_tick(struct ua_relay *relay, uint64_t now_ms)
{
	bool doubt = false;
	size_t i;

	for (i = 0; i < UA_RELAY_REQ_MAX; i++) {
		if (ua_treq_tick(&relay->reqv[i], now_ms))
			doubt |= ua_relay_refused(relay, now_ms,
						  &relay->reqv[i], 0);
	}

	return doubt;
}


static uint64_t earlier(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}


/* When work() has something to start, and a request to do it with */
static uint64_t work_deadline(const struct ua_relay *relay)
{
	uint64_t at = UA_NEVER;
	size_t i;

	if (!req_is_free(relay))
		return UA_NEVER;

	for (i = 0; i < UA_PERM_MAX; i++) {
		if (perm_due(relay, &relay->permv[i], UA_NEVER))
			at = earlier(at, relay->permv[i].at_ms);
	}

	for (i = 0; i < UA_CHAN_MAX; i++) {
		if (ua_chan_due(&relay->chanv[i], UA_NEVER))
			at = earlier(at, relay->chanv[i].at_ms);
	}

	return at;
}


uint64_t ua_relay_deadline(const struct ua_relay *relay)
{
	uint64_t at = work_deadline(relay);
	size_t i;

	for (i = 0; i < UA_RELAY_REQ_MAX; i++)
		at = earlier(at, ua_txn_deadline(&relay->reqv[i].txn));

	return at;
}


void ua_relay_encode(const struct ua_relay *relay, const struct ua_treq *req,
		     struct ua_wr *wr)
{
	const struct ua_chan *chan;
	size_t i;

	for (i = 0; req->kind == UA_TREQ_PERMIT && i < UA_PERM_MAX; i++) {
		if (req->slots >> i & 1)
			ua_stun_put_addr(wr, UA_STUN_XOR_PEER_ADDRESS,
					 &relay->permv[i].peer);
	}

	for (i = 0; req->kind == UA_TREQ_CHANNEL && i < UA_CHAN_MAX; i++) {
		chan = &relay->chanv[i];
		if (!(req->slots >> i & 1))
			continue;

		ua_stun_put_u32(wr, UA_STUN_CHANNEL_NUMBER,
				(uint32_t)chan->number << 16);
		ua_stun_put_addr(wr, UA_STUN_XOR_PEER_ADDRESS, &chan->peer);
	}
}


static int data_put(struct ua_relay *relay, struct ua_turn_data *data,
		    const struct ua_addr *peer, const uint8_t *buf, size_t len)
{
	const struct ua_perm *perm = ua_perm_find(relay->permv, peer);

	if (!perm || perm->state == UA_PERM_DENIED)
		return EACCES;

	data->peer = *peer;
	data->buf = buf;
	data->len = len;
	return 0;
}


int ua_relay_input(struct ua_relay *relay, const struct ua_stun *msg,
		   struct ua_turn_data *data)
{
	struct ua_addr peer;
	const uint8_t *p;
	size_t len;

	if (ua_stun_addr(msg, UA_STUN_XOR_PEER_ADDRESS, &peer))
		return EBADMSG;

	p = ua_stun_attr(msg, UA_STUN_DATA_ATTR, &len);
	if (p)
		return data_put(relay, data, &peer, p, len);

	/* News of ICMP errors behind the relay change nothing here. */
	return ua_stun_attr(msg, ICMP, NULL) ? 0 : EBADMSG;
}


int ua_relay_channel_input(struct ua_relay *relay, const uint8_t *buf,
			   size_t len, struct ua_turn_data *data)
{
	const struct ua_chan *chan;
	size_t n;

	if (len < CHANNEL_HDR_LEN)
		return EBADMSG;

	n = (size_t)buf[2] << 8 | buf[3];
	if (n > len - CHANNEL_HDR_LEN)
		return EBADMSG;

	chan = ua_chan_number(relay->chanv, (uint16_t)(buf[0] << 8 | buf[1]));
	if (!chan)
		return EACCES;

	return data_put(relay, data, &chan->peer, buf + CHANNEL_HDR_LEN, n);
}


static bool perm_event(struct ua_relay *relay, struct ua_turn_event *ev)
{
	size_t i;

	for (i = 0; i < UA_PERM_MAX; i++) {
		struct ua_perm *perm = &relay->permv[i];

		if (!perm->tell)
			continue;

		perm->tell = false;
		ev->peer = perm->peer;
		ev->type = UA_TURN_PERMITTED;
		if (perm->state == UA_PERM_DENIED) {
			ev->type = UA_TURN_DENIED;
			ev->code = perm->code;
			ev->err = perm->code ? EACCES : ETIMEDOUT;
		}

		return true;
	}

	return false;
}


static bool chan_event(struct ua_relay *relay, struct ua_turn_event *ev)
{
	size_t i;

	for (i = 0; i < UA_CHAN_MAX; i++) {
		if (!relay->chanv[i].tell)
			continue;

		relay->chanv[i].tell = false;
		ev->type = UA_TURN_CHANNEL;
		ev->peer = relay->chanv[i].peer;
		return true;
	}

	return false;
}


bool ua_relay_event(struct ua_relay *relay, struct ua_turn_event *ev)
{
	return perm_event(relay, ev) || chan_event(relay, ev);
}


/* Up to eight go into one request, so at eight nobody waits for more */
static void perm_gather(struct ua_relay *relay, uint64_t now_ms,
			struct ua_perm *perm, bool ready)
{
	size_t n = 0;
	size_t i;

	perm->at_ms = ready ? now_ms + UA_PERM_GATHER_MS : 0;

	for (i = 0; i < UA_PERM_MAX; i++)
		n += relay->permv[i].state == UA_PERM_WANTED;

	if (n >= UA_PERM_BATCH)
		perm->at_ms = now_ms;
}


int ua_relay_permit(struct ua_relay *relay, uint64_t now_ms, bool ready,
		    const struct ua_addr *peer)
{
	struct ua_perm *perm = ua_perm_take(relay->permv, peer);

	if (!perm)
		return ENOSPC;

	if (perm->state == UA_PERM_DENIED && perm->code)
		return EACCES;

	if (perm->state == UA_PERM_FREE || perm->state == UA_PERM_DENIED) {
		perm_move(relay, perm, UA_PERM_WANT);
		perm_gather(relay, now_ms, perm, ready);
	}

	return 0;
}


void ua_relay_flush(struct ua_relay *relay, uint64_t now_ms)
{
	size_t i;

	for (i = 0; i < UA_PERM_MAX; i++) {
		struct ua_perm *perm = &relay->permv[i];

		if (perm->state == UA_PERM_WANTED && perm->at_ms > now_ms)
			perm->at_ms = now_ms;
	}
}


int ua_relay_channel(struct ua_relay *relay, uint64_t now_ms,
		     const struct ua_addr *peer)
{
	struct ua_chan *chan;
	int err;

	err = ua_relay_permit(relay, now_ms, true, peer);
	if (err)
		return err;

	chan = ua_chan_take(relay->chanv, now_ms, peer, &relay->next_number);
	if (!chan)
		return ENOSPC;

	if (chan->state == UA_CHAN_COOL && chan->at_ms > now_ms)
		return EAGAIN;

	if (chan->state == UA_CHAN_FREE || chan->state == UA_CHAN_COOL) {
		chan_move(relay, chan, UA_CHAN_WANT);
		chan->at_ms = now_ms;
	}

	return 0;
}


/* Takes a slot out of the requests of a kind, so that no answer finds it */
static void slot_drop(struct ua_relay *relay, enum ua_treq_kind kind, size_t i)
{
	size_t n;

	for (n = 0; n < UA_RELAY_REQ_MAX; n++) {
		struct ua_treq *req = &relay->reqv[n];

		if (req->kind != kind)
			continue;

		req->slots &= ~((uint32_t)1 << i);
		if (!req->slots)
			ua_treq_stop(req);
	}
}


void ua_relay_forget(struct ua_relay *relay, uint64_t now_ms,
		     const struct ua_addr *peer)
{
	struct ua_chan *chan = ua_chan_find(relay->chanv, peer);
	struct ua_perm *perm = ua_perm_find(relay->permv, peer);

	/* The server knows the channel still: it may be wanted at once. */
	if (chan && chan->state != UA_CHAN_COOL) {
		slot_drop(relay, UA_TREQ_CHANNEL,
			  (size_t)(chan - relay->chanv));
		chan_move(relay, chan, UA_CHAN_FAIL);
		chan->at_ms = now_ms;
		chan->reuse_ms = now_ms + UA_CHAN_REUSE_MS;
	}

	/* Another port of this IP may need the permission. */
	if (perm && !ua_chan_covers(relay->chanv, peer)) {
		slot_drop(relay, UA_TREQ_PERMIT,
			  (size_t)(perm - relay->permv));
		perm_move(relay, perm, UA_PERM_FORGET);
	}
}


/* In a stream the next message begins at a multiple of four (RFC 8656, 12.5)
 */
static void channel_encode(const struct ua_relay *relay, struct ua_wr *wr,
			   const struct ua_chan *chan, const uint8_t *buf,
			   size_t len)
{
	static const uint8_t zeros[3];

	if (len > UINT16_MAX)
		wr->err = ENOSPC;

	ua_wr_u16(wr, chan->number);
	ua_wr_u16(wr, (uint16_t)len);
	ua_wr_mem(wr, buf, len);
	if (relay->way->stream)
		ua_wr_mem(wr, zeros, (4 - len % 4) % 4);
}


static void send_encode(const struct ua_relay *relay, struct ua_wr *wr,
			const struct ua_addr *peer, const uint8_t *buf,
			size_t len)
{
	uint8_t tid[UA_STUN_TID_LEN];

	relay->way->rand->fill(tid, sizeof(tid), relay->way->rand->arg);
	ua_stun_begin(wr, UA_STUN_INDICATION, UA_STUN_SEND, tid);
	ua_stun_put_addr(wr, UA_STUN_XOR_PEER_ADDRESS, peer);
	ua_stun_put(wr, UA_STUN_DATA_ATTR, buf, len);

	/* Indications are never signed (RFC 8656, 11.1). */
	if (ua_stun_end(wr, NULL, 0, false))
		wr->err = ENOSPC;
}


int ua_relay_send(struct ua_relay *relay, const struct ua_addr *peer,
		  const uint8_t *buf, size_t len, struct ua_wr *wr)
{
	const struct ua_perm *perm = ua_perm_find(relay->permv, peer);
	const struct ua_chan *chan = ua_chan_find(relay->chanv, peer);

	if (!perm)
		return ENOENT;
	if (perm->state == UA_PERM_DENIED)
		return EACCES;

	if (chan && ua_chan_usable(chan))
		channel_encode(relay, wr, chan, buf, len);
	else
		send_encode(relay, wr, peer, buf, len);

	return wr->err ? EMSGSIZE : 0;
}
