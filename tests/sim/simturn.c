/* SPDX-License-Identifier: BSD-3-Clause */
/** @file simturn.c  A TURN server: what it answers (RFC 8656) */

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/wr.h"
#include "simbox.h"

enum {
	ANSWER = 512,
	UDP = 17,
	FAMILY_IP4 = 1,
	FAMILY_IP6 = 2,
	CHANNEL_LOW = 0x4000,
	CHANNEL_HIGH = 0x4fff,
	LIFETIME_S = 600,

	/* Codes of RFC 8656, 18.1 */
	BAD_REQUEST = 400,
	UNAUTHORIZED = 401,
	FORBIDDEN = 403,
	UNKNOWN_ATTRIBUTE = 420,
	MISMATCH = 437,
	STALE_NONCE = 438,
	NO_FAMILY = 440,
	WRONG_FAMILY = 443,
	NO_TRANSPORT = 442,
	QUOTA = 486,
	SERVER_ERROR = 500,
	CAPACITY = 508
};

/** A request under way */
struct question {
	struct ua_simturn *turn;
	struct ua_simsock *sock;
	const struct ua_stun *msg;
	struct ua_addr src;
	struct ua_simallocation *alloc; /* Of who asks, NULL: none        */
};


static void turn_destructor(void *arg)
{
	struct ua_simturn *turn = arg;

	list_unlink(&turn->le);
	list_flush(&turn->allocl);
	while (turn->nlisten)
		mem_deref(turn->listenv[--turn->nlisten].sock);
}


void ua_simturn_conf_default(struct ua_simturn_conf *conf)
{
	memset(conf, 0, sizeof(*conf));
	conf->user = "u";
	conf->password = "p";
	conf->realm = "sim";
	conf->nonce_ms = 600000;
	conf->max_lifetime_s = 3600;
}


/* A nonce is good in its period, in the next one, and until a restart. */
static void nonce_make(const struct ua_simturn *turn, bool last,
		       char nonce[static UA_SIM_NONCE])
{
	const uint64_t now_us = turn->host->net->now_us;
	uint64_t period = now_us / (turn->conf.nonce_ms * UA_SIM_MS);

	if (last && period)
		--period;

	(void)snprintf(nonce, UA_SIM_NONCE, "n%x-%llx", turn->restarts,
		       (unsigned long long)period);
}


static void answer_begin(const struct question *q, struct ua_wr *wr,
			 enum ua_stun_class cls)
{
	ua_stun_begin(wr, cls, q->msg->method, q->msg->tid);
}


static void answer_end(const struct question *q, struct ua_wr *wr, bool sign)
{
	if (!ua_stun_end(wr, sign ? q->turn->key : NULL,
			 sign ? sizeof(q->turn->key) : 0, true))
		(void)ua_simsock_send(q->sock, &q->src, wr->buf, wr->pos);
}


static void refuse(const struct question *q, uint16_t code)
{
	const bool challenge = code == UNAUTHORIZED || code == STALE_NONCE;
	uint16_t typev[UA_STUN_UNKNOWN_MAX];
	char nonce[UA_SIM_NONCE];
	uint8_t buf[ANSWER];
	struct ua_wr wr, list;
	uint8_t types[2 * UA_STUN_UNKNOWN_MAX];
	size_t i, n;

	ua_wr_init(&wr, buf, sizeof(buf));
	answer_begin(q, &wr, UA_STUN_ERROR);
	ua_stun_put_error(&wr, code, "no");

	if (challenge) {
		ua_stun_put(&wr, UA_STUN_REALM, q->turn->conf.realm,
			    strlen(q->turn->conf.realm));
		nonce_make(q->turn, false, nonce);
		ua_stun_put(&wr, UA_STUN_NONCE, nonce, strlen(nonce));
	}

	if (code == UNKNOWN_ATTRIBUTE) {
		n = ua_stun_unknown(q->msg, typev);
		ua_wr_init(&list, types, sizeof(types));
		for (i = 0; i < n; i++)
			ua_wr_u16(&list, typev[i]);
		ua_stun_put(&wr, UA_STUN_UNKNOWN_ATTRIBUTES, types, list.pos);
	}

	answer_end(q, &wr, !challenge && code != BAD_REQUEST);
}


static bool attr_is(const struct ua_stun *msg, uint16_t type, const char *str)
{
	size_t len;
	const uint8_t *p = ua_stun_attr(msg, type, &len);

	return p && len == strlen(str) && !memcmp(p, str, len);
}


static bool is_fresh(const struct question *q)
{
	char now[UA_SIM_NONCE], last[UA_SIM_NONCE];

	nonce_make(q->turn, false, now);
	nonce_make(q->turn, true, last);

	return attr_is(q->msg, UA_STUN_NONCE, now) ||
	       attr_is(q->msg, UA_STUN_NONCE, last);
}


/* Long-term credentials (RFC 8489, 9.2.4); 0: he is who he says */
static uint16_t authenticate(const struct question *q)
{
	const struct ua_stun *msg = q->msg;
	uint16_t typev[UA_STUN_UNKNOWN_MAX];

	if (!msg->integrity)
		return UNAUTHORIZED;

	if (!ua_stun_attr(msg, UA_STUN_USERNAME, NULL) ||
	    !ua_stun_attr(msg, UA_STUN_REALM, NULL) ||
	    !ua_stun_attr(msg, UA_STUN_NONCE, NULL))
		return BAD_REQUEST;

	if (!is_fresh(q))
		return STALE_NONCE;

	if (!attr_is(msg, UA_STUN_USERNAME, q->turn->conf.user) ||
	    ua_stun_check(msg, q->turn->key, sizeof(q->turn->key)))
		return UNAUTHORIZED;

	return ua_stun_unknown(msg, typev) ? UNKNOWN_ATTRIBUTE : 0;
}


static uint32_t lifetime_of(const struct question *q)
{
	uint32_t s;

	if (ua_stun_u32(q->msg, UA_STUN_LIFETIME, &s))
		s = LIFETIME_S;
	if (s && s < LIFETIME_S)
		s = LIFETIME_S;

	return s < q->turn->conf.max_lifetime_s ? s
						: q->turn->conf.max_lifetime_s;
}


static void allocated(const struct question *q, struct ua_simallocation *alloc,
		      bool no_second)
{
	const uint8_t no_ip6[] = { FAMILY_IP6, 0, NO_FAMILY / 100,
				   NO_FAMILY % 100 };
	uint8_t buf[ANSWER];
	struct ua_wr wr;

	ua_wr_init(&wr, buf, sizeof(buf));
	answer_begin(q, &wr, UA_STUN_SUCCESS);
	if (alloc->sock)
		ua_stun_put_addr(&wr, UA_STUN_XOR_RELAYED_ADDRESS,
				 ua_simsock_addr(alloc->sock));
	if (alloc->sock6)
		ua_stun_put_addr(&wr, UA_STUN_XOR_RELAYED_ADDRESS,
				 ua_simsock_addr(alloc->sock6));

	/* ADDRESS-ERROR-CODE (RFC 8656, 18.12) */
	if (no_second)
		ua_stun_put(&wr, 0x8001, no_ip6, sizeof(no_ip6));

	ua_stun_put_u32(
		&wr, UA_STUN_LIFETIME,
		(uint32_t)((alloc->end_us - q->turn->host->net->now_us) /
			   UA_SIM_S));
	ua_stun_put_addr(&wr, UA_STUN_XOR_MAPPED_ADDRESS, &q->src);
	answer_end(q, &wr, true);
}


/* Which families are asked for; 0, or the error */
static uint16_t families(const struct question *q, bool *ip4, bool *ip6,
			 bool *no_second)
{
	const struct ua_simturn *turn = q->turn;
	size_t len;
	const uint8_t *first =
		ua_stun_attr(q->msg, UA_STUN_REQUESTED_ADDRESS_FAMILY, &len);
	const uint8_t *second =
		turn->conf.ignore_additional
			? NULL
			: ua_stun_attr(q->msg,
				       UA_STUN_ADDITIONAL_ADDRESS_FAMILY,
				       NULL);

	if (first && (second || len != 4))
		return BAD_REQUEST;

	*ip6 = second || (first && first[0] == FAMILY_IP6);
	*ip4 = !first || first[0] == FAMILY_IP4;
	*no_second = second && !turn->relay6.af;

	if (*no_second)
		*ip6 = false;
	if ((*ip4 && !turn->relay.af) || (*ip6 && !turn->relay6.af))
		return NO_FAMILY;

	return 0;
}


static uint16_t room(const struct ua_simturn *turn)
{
	const unsigned n = list_count(&turn->allocl);

	if (turn->conf.quota && n >= turn->conf.quota)
		return QUOTA;
	if (turn->conf.capacity && n >= turn->conf.capacity)
		return CAPACITY;

	return 0;
}


static void on_allocate(struct question *q)
{
	struct ua_simallocation *alloc = q->alloc;
	size_t len;
	const uint8_t *transport =
		ua_stun_attr(q->msg, UA_STUN_REQUESTED_TRANSPORT, &len);
	bool ip4, ip6, no_second;
	uint16_t code;

	/* It was lost, what we answered (RFC 8656, 7.2) */
	if (alloc && !memcmp(alloc->tid, q->msg->tid, sizeof(alloc->tid))) {
		allocated(q, alloc, false);
		return;
	}

	if (alloc)
		code = MISMATCH;
	else if (!transport || len != 4)
		code = BAD_REQUEST;
	else if (transport[0] != UDP)
		code = NO_TRANSPORT;
	else
		code = families(q, &ip4, &ip6, &no_second);
	if (!code)
		code = room(q->turn);
	if (!code && ua_simrelay_alloc(&alloc, q->turn, &q->src, ip4, ip6))
		code = SERVER_ERROR;

	if (code) {
		refuse(q, code);
		return;
	}

	alloc->via = q->sock;
	memcpy(alloc->tid, q->msg->tid, sizeof(alloc->tid));
	alloc->end_us = q->turn->host->net->now_us + lifetime_of(q) * UA_SIM_S;
	allocated(q, alloc, no_second);
}


static void agree(const struct question *q, uint32_t lifetime_s, bool refresh)
{
	uint8_t buf[ANSWER];
	struct ua_wr wr;

	ua_wr_init(&wr, buf, sizeof(buf));
	answer_begin(q, &wr, UA_STUN_SUCCESS);
	if (refresh)
		ua_stun_put_u32(&wr, UA_STUN_LIFETIME, lifetime_s);
	answer_end(q, &wr, true);
}


static void on_refresh(struct question *q)
{
	const uint32_t s = lifetime_of(q);

	if (s)
		q->alloc->end_us = q->turn->host->net->now_us + s * UA_SIM_S;
	else
		q->alloc = mem_deref(q->alloc);

	agree(q, s, true);
}


static uint16_t peer_code(const struct question *q, const struct ua_addr *peer)
{
	if (!ua_simrelay_has(q->alloc, peer))
		return WRONG_FAMILY;
	if (q->turn->conf.deny_private && ua_addr_is_private(peer))
		return FORBIDDEN;

	return 0;
}


static void on_permission(struct question *q)
{
	const uint8_t *first =
		ua_stun_attr(q->msg, UA_STUN_XOR_PEER_ADDRESS, NULL);
	const uint8_t *p;
	struct ua_addr peer;
	uint16_t code = first ? 0 : BAD_REQUEST;

	/* All or none (RFC 8656, 10.2) */
	for (p = first; p && !code; p = ua_stun_attr_next(q->msg, p, NULL)) {
		if (ua_stun_addr_at(q->msg, p, &peer))
			code = BAD_REQUEST;
		else
			code = peer_code(q, &peer);
	}

	for (p = first; p && !code; p = ua_stun_attr_next(q->msg, p, NULL)) {
		if (ua_stun_addr_at(q->msg, p, &peer) ||
		    ua_simrelay_permit(q->alloc, &peer))
			code = CAPACITY;
	}

	if (code)
		refuse(q, code);
	else
		agree(q, 0, false);
}


static void on_channel(struct question *q)
{
	size_t len;
	const uint8_t *p = ua_stun_attr(q->msg, UA_STUN_CHANNEL_NUMBER, &len);
	struct ua_addr peer;
	uint16_t number = 0;
	uint16_t code;

	if (p && len == 4)
		number = (uint16_t)(p[0] << 8 | p[1]);

	if (number < CHANNEL_LOW || number > CHANNEL_HIGH ||
	    ua_stun_addr(q->msg, UA_STUN_XOR_PEER_ADDRESS, &peer))
		code = BAD_REQUEST;
	else
		code = peer_code(q, &peer);

	if (!code && ua_simrelay_bind(q->alloc, number, &peer))
		code = BAD_REQUEST;

	if (code)
		refuse(q, code);
	else
		agree(q, 0, false);
}


static void on_request(struct question *q)
{
	uint16_t code;

	code = authenticate(q);
	if (!code && !q->alloc && q->msg->method != UA_STUN_ALLOCATE)
		code = MISMATCH;
	if (code) {
		refuse(q, code);
		return;
	}

	switch (q->msg->method) {

	case UA_STUN_ALLOCATE:
		on_allocate(q);
		break;

	case UA_STUN_REFRESH:
		on_refresh(q);
		break;

	case UA_STUN_CREATE_PERMISSION:
		on_permission(q);
		break;

	case UA_STUN_CHANNEL_BIND:
		on_channel(q);
		break;

	default:
		refuse(q, BAD_REQUEST);
		break;
	}
}


static void recv_handler(const struct ua_addr *src, const uint8_t *buf,
			 size_t len, void *arg)
{
	struct ua_simlisten *listen = arg;
	struct ua_simturn *turn = listen->turn;
	struct ua_stun msg;
	struct question q = {
		.turn = turn, .sock = listen->sock, .msg = &msg, .src = *src
	};

	if (turn->dead)
		return;

	q.alloc = ua_simrelay_find(turn, src);

	if (len >= 4 && (buf[0] & 0xc0) == 0x40) {
		if (q.alloc)
			ua_simrelay_channel(q.alloc, buf, len);
		return;
	}

	if (ua_stun_decode(&msg, buf, len))
		return;

	if (msg.cls == UA_STUN_INDICATION) {
		if (msg.method == UA_STUN_SEND && q.alloc)
			ua_simrelay_send(q.alloc, &msg);
	}
	else if (msg.cls == UA_STUN_REQUEST) {
		if (msg.method == UA_STUN_BINDING)
			ua_simstun_answer(listen->sock, &msg, src);
		else
			on_request(&q);
	}
}


int ua_simturn_listen(struct ua_simturn *turn, const struct ua_addr *addr)
{
	struct ua_simlisten *listen = &turn->listenv[turn->nlisten];
	struct ua_addr a = *addr;
	int err;

	if (turn->nlisten == UA_SIM_LISTEN)
		return ENOSPC;

	if (!a.port)
		a.port = UA_SIM_STUN_PORT;

	err = ua_simsock_alloc(&listen->sock, turn->host, &a, recv_handler,
			       listen);
	if (err)
		return err;

	listen->turn = turn;
	turn->nlisten++;

	return 0;
}


int ua_simturn_alloc(struct ua_simturn **turnp, struct ua_simhost *host,
		     const struct ua_addr *addr, const struct ua_addr *relay,
		     const struct ua_addr *relay6,
		     const struct ua_simturn_conf *conf)
{
	struct ua_simturn *turn = mem_zalloc(sizeof(*turn), turn_destructor);
	int err;

	if (!turn)
		return ENOMEM;

	turn->host = host;
	turn->conf = *conf;
	if (relay)
		turn->relay = *relay;
	if (relay6)
		turn->relay6 = *relay6;
	turn->relay.port = 0;
	turn->relay6.port = 0;

	err = ua_stun_key(turn->key, conf->user, conf->realm, conf->password);
	if (!err)
		err = ua_simturn_listen(turn, addr);
	if (err) {
		mem_deref(turn);
		return err;
	}

	list_append(&host->net->boxl, &turn->le, turn);

	*turnp = turn;
	return 0;
}


void ua_simturn_dead(struct ua_simturn *turn, bool dead)
{
	turn->dead = dead;
	ua_simnet_note(turn->host->net, "fault   %s %s", turn->host->name,
		       dead ? "dies" : "is back");
}


void ua_simturn_restart(struct ua_simturn *turn)
{
	list_flush(&turn->allocl);
	++turn->restarts;
	ua_simnet_note(turn->host->net, "fault   %s restarts",
		       turn->host->name);
}


size_t ua_simturn_allocations(struct ua_simturn *turn)
{
	(void)ua_simrelay_find(turn, NULL);
	return list_count(&turn->allocl);
}
