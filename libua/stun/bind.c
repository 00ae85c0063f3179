/* SPDX-License-Identifier: BSD-3-Clause */
/** @file bind.c  STUN Binding client */

#include <errno.h>
#include <string.h>

#include "base/re_compat.h"
#include "base/wr.h"
#include <ua/log.h>
#include "stun/bind.h"
#include "stun/txn.h"

enum {
	LAST_WAIT_MS = 4000, /* The next doubling of the RTO */
	ERROR_MAX = 2
};

enum state {
	NONE = 0, /* A refused move, never a state       */
	IDLE,
	ASKING, /* First Binding under way             */
	MAPPED, /* Mapping known                       */
	FAILED, /* No answer, to the first or a later  */
	NSTATE
};

enum event { START = 0, ANSWER, FAIL, NEVENT };

static const char *const state_names[NSTATE] = { "NONE", "IDLE", "ASKING",
						 "MAPPED", "FAILED" };

/* clang-format off */
enum { A = ASKING, M = MAPPED, F = FAILED };

/* Every move of a client; 0 is a refused move. */
static const uint8_t moves[NSTATE][NEVENT] = {
	/*           START ANSWER FAIL */
	[IDLE]   = { A,    0,     0 },
	[ASKING] = { 0,    M,     F },
	[MAPPED] = { 0,    M,     F },
	[FAILED] = { A,    M,     F },
};
/* clang-format on */

struct ua_bind {
	struct ua_addr server;
	const struct ua_rand *rand;
	const struct ua_log *log;
	struct ua_txn txn;
	struct ua_addr mapped;
	uint8_t state; /* enum state; written by step() alone */
	uint8_t nerr;  /* World's errors in this transaction  */
	bool due;      /* To be sent at the next output       */
	bool tell;     /* The owner does not know yet         */
	bool keep;
	uint64_t keep_ms; /* Next Binding, if kept               */
	uint16_t code;    /* Why FAILED */
	int err;
};


/* The only writer of bind->state. */
static int step(struct ua_bind *bind, enum event ev)
{
	const uint8_t from = bind->state;
	const uint8_t to = moves[from][ev];

	if (to == NONE)
		return EPROTO;

	bind->state = to;
	if (to != from)
		ua_log(bind->log, UA_LOG_DEBUG, "bind", "%s -> %s",
		       state_names[from], state_names[to]);

	return 0;
}


/* A failure is told once, until there was an answer again */
static void fail(struct ua_bind *bind, uint16_t code, int err)
{
	const bool known = bind->state == FAILED;

	ua_txn_stop(&bind->txn);
	bind->due = false;
	bind->code = code;
	bind->err = err;
	if (!step(bind, FAIL) && !known)
		bind->tell = true;
}


static void txn_tick(struct ua_bind *bind, uint64_t now_ms)
{
	switch (ua_txn_tick(&bind->txn, now_ms)) {

	case UA_TXN_SEND:
		bind->due = true;
		break;

	case UA_TXN_TIMEOUT:
		fail(bind, 0, ETIMEDOUT);
		break;

	default:
		break;
	}
}


static void ask(struct ua_bind *bind, uint64_t now_ms)
{
	bind->nerr = 0;
	bind->keep_ms = now_ms + UA_BIND_KEEP_MS;
	ua_txn_start(&bind->txn, bind->rand, now_ms, UA_TXN_RTO_MS,
		     UA_BIND_SENDS, LAST_WAIT_MS);
	txn_tick(bind, now_ms);
}


/* Servers of RFC 3489 know MAPPED-ADDRESS only */
static int mapped_decode(const struct ua_stun *msg, struct ua_addr *addr)
{
	int err = ua_stun_addr(msg, UA_STUN_XOR_MAPPED_ADDRESS, addr);

	if (err == ENOENT)
		err = ua_stun_addr(msg, UA_STUN_MAPPED_ADDRESS, addr);
	if (err)
		return EBADMSG;

	return addr->port && !ua_addr_is_any(addr) &&
			       !ua_addr_is_multicast(addr)
		       ? 0
		       : EBADMSG;
}


static int success_input(struct ua_bind *bind, const struct ua_stun *msg)
{
	struct ua_addr mapped;
	int err;

	err = mapped_decode(msg, &mapped);
	if (err)
		return err;

	ua_txn_stop(&bind->txn);
	bind->due = false;
	if (bind->state != MAPPED || !ua_addr_eq(&mapped, &bind->mapped))
		bind->tell = true;

	bind->mapped = mapped;
	return step(bind, ANSWER);
}


static int error_input(struct ua_bind *bind, const struct ua_stun *msg)
{
	uint16_t code;

	if (ua_stun_error(msg, &code, NULL))
		return EBADMSG;

	fail(bind, code, EPROTO);
	return 0;
}


int ua_bind_alloc(struct ua_bind **bindp, const struct ua_bind_conf *conf)
{
	struct ua_bind *bind;

	if (!bindp || !conf || !conf->rand || !conf->server.af ||
	    !conf->server.port)
		return EINVAL;

	bind = mem_zalloc(sizeof(*bind), NULL);
	if (!bind)
		return ENOMEM;

	bind->server = conf->server;
	bind->rand = conf->rand;
	bind->log = conf->log;
	bind->state = IDLE;
	*bindp = bind;
	return 0;
}


void ua_bind_start(struct ua_bind *bind, uint64_t now_ms)
{
	if (step(bind, START))
		return;

	bind->tell = false;
	ask(bind, now_ms);
}


void ua_bind_keep(struct ua_bind *bind, uint64_t now_ms, bool on)
{
	if (on && !bind->keep)
		bind->keep_ms = now_ms + UA_BIND_KEEP_MS;

	bind->keep = on;
}


void ua_bind_ask(struct ua_bind *bind, uint64_t now_ms)
{
	if (!bind->txn.active &&
	    (bind->state == MAPPED || bind->state == FAILED))
		ask(bind, now_ms);
}


int ua_bind_input(struct ua_bind *bind, uint64_t now_ms,
		  const struct ua_addr *src, const uint8_t *buf, size_t len)
{
	struct ua_stun msg;
	int err;

	(void)now_ms;

	if (!ua_addr_eq(src, &bind->server) || !ua_stun_is(buf, len))
		return ENOENT;

	err = ua_stun_decode(&msg, buf, len);
	if (err)
		return err;

	if (msg.method != UA_STUN_BINDING || !ua_txn_match(&bind->txn, &msg))
		return ENOENT;

	return msg.cls == UA_STUN_SUCCESS ? success_input(bind, &msg)
					  : error_input(bind, &msg);
}


bool ua_bind_output(struct ua_bind *bind, uint64_t now_ms, struct ua_dgram *dg)
{
	struct ua_wr wr;

	(void)now_ms;

	if (!bind->due)
		return false;

	bind->due = false;
	ua_wr_init(&wr, dg->buf, sizeof(dg->buf));
	ua_stun_begin(&wr, UA_STUN_REQUEST, UA_STUN_BINDING, bind->txn.tid);
	if (ua_stun_end(&wr, NULL, 0, true))
		return false;

	dg->path = (struct ua_path){ .remote = bind->server };
	dg->len = wr.pos;
	return true;
}


bool ua_bind_event(struct ua_bind *bind, struct ua_bind_event *ev)
{
	if (!bind->tell)
		return false;

	bind->tell = false;
	memset(ev, 0, sizeof(*ev));
	if (bind->state == MAPPED) {
		ev->type = UA_BIND_MAPPED;
		ev->mapped = bind->mapped;
	}
	else {
		ev->type = UA_BIND_FAILED;
		ev->code = bind->code;
		ev->err = bind->err;
	}

	return true;
}


static bool is_kept(const struct ua_bind *bind)
{
	return bind->keep && !bind->txn.active &&
	       (bind->state == MAPPED || bind->state == FAILED);
}


uint64_t ua_bind_deadline(const struct ua_bind *bind)
{
	return is_kept(bind) ? bind->keep_ms : ua_txn_deadline(&bind->txn);
}


void ua_bind_tick(struct ua_bind *bind, uint64_t now_ms)
{
	txn_tick(bind, now_ms);

	if (is_kept(bind) && bind->keep_ms <= now_ms)
		ask(bind, now_ms);
}


static bool err_passes(int err)
{
	return err == EAGAIN || err == EINTR || err == ENOBUFS ||
	       err == ENOMEM || err == EPERM || err == EMSGSIZE;
}


void ua_bind_error(struct ua_bind *bind, uint64_t now_ms, int err)
{
	(void)now_ms;

	if (bind->state != ASKING || err_passes(err))
		return;

	if (++bind->nerr >= ERROR_MAX)
		fail(bind, 0, err);
}
