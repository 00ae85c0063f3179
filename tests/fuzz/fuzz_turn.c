/* SPDX-License-Identifier: BSD-3-Clause */
/** @file fuzz_turn.c  A TURN client with a mad server, owner and clock */

#include <stdlib.h>
#include <string.h>

#include "base/re_compat.h"
#include "base/wr.h"
#include "stun/turn.h"

enum { NPEER = 40, STEP_MAX = 400 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Bytes that steer; zeros when they are used up */
struct input {
	const uint8_t *p;
	size_t left;
};

struct world {
	struct input in;
	struct ua_turn *turn;
	uint64_t now_ms;
	uint8_t seed;
	struct ua_addr server;
	struct ua_dgram dg;
	struct ua_stun last[4]; /* Requests seen, to be answered */
	uint8_t bufs[4][UA_DGRAM_MAX];
	unsigned nlast;
	uint8_t key[16];
};


static void must(bool ok)
{
	if (!ok)
		abort();
}


static uint8_t next(struct input *in)
{
	if (!in->left)
		return 0;

	--in->left;
	return *in->p++;
}


static void fill(uint8_t *buf, size_t len, void *arg)
{
	struct world *w = arg;

	while (len--)
		*buf++ = ++w->seed;
}


static struct ua_addr peer_of(uint8_t n)
{
	struct ua_addr a = { .af = UA_AF_IP4,
			     .port = (uint16_t)(5000 + n / NPEER),
			     .ip = { 198, 51, 100, (uint8_t)(n % NPEER) } };

	return a;
}


static void drain(struct world *w)
{
	struct ua_turn_event ev;
	unsigned n = 0;

	while (ua_turn_output(w->turn, w->now_ms, &w->dg)) {
		unsigned i = w->nlast++ % 4;

		must(++n < 100);
		memcpy(w->bufs[i], w->dg.buf, w->dg.len);
		must(!ua_stun_decode(&w->last[i], w->bufs[i], w->dg.len));
		w->server = w->dg.path.remote;
	}

	for (n = 0; ua_turn_event(w->turn, &ev); n++)
		must(n < 100);
}


static void input(struct world *w, const uint8_t *buf, size_t len)
{
	struct ua_turn_data data;
	uint8_t *copy = malloc(len + !len);

	must(copy != NULL);
	memcpy(copy, buf, len);
	if (!ua_turn_input(w->turn, w->now_ms, &w->server, copy, len, &data) &&
	    data.len)
		must(data.buf >= copy &&
		     data.len <= (size_t)(copy + len - data.buf));
	free(copy);
}


static void body_put(struct world *w, struct ua_wr *wr)
{
	const struct ua_addr relayed = { .af = UA_AF_IP4,
					 .port = 50000,
					 .ip = { 192, 0, 2, 1 } };
	const uint8_t flags = next(&w->in);
	struct ua_addr alt = relayed;

	if (flags & 1)
		ua_stun_put(wr, UA_STUN_REALM, "r", 1);
	if (flags & 2)
		ua_stun_put(wr, UA_STUN_NONCE, "n", 1);
	if (flags & 4)
		ua_stun_put_addr(wr, UA_STUN_XOR_RELAYED_ADDRESS, &relayed);
	if (flags & 8)
		ua_stun_put_u32(wr, UA_STUN_LIFETIME, next(&w->in));
	if (flags & 16) {
		alt.ip[3] = next(&w->in);
		ua_stun_put_addr(wr, UA_STUN_ALTERNATE_SERVER, &alt);
	}
	if (flags & 32)
		ua_stun_put(wr, next(&w->in), "value", next(&w->in) % 6);
}


/* An answer to a request that was seen, right or wrong */
static void answer(struct world *w)
{
	static const uint16_t codes[] = { 300, 400, 401, 403, 405, 420,
					  437, 438, 440, 441, 442, 443,
					  486, 500, 508, 600 };
	const struct ua_stun *req = &w->last[next(&w->in) % 4];
	const uint8_t what = next(&w->in);
	uint8_t buf[512];
	struct ua_wr wr;

	if (!req->buf)
		return;

	ua_wr_init(&wr, buf, sizeof(buf));
	ua_stun_begin(&wr, what & 0x80 ? UA_STUN_ERROR : UA_STUN_SUCCESS,
		      req->method, req->tid);
	if (what & 0x80)
		ua_stun_put_error(&wr, codes[what & 15], "no");
	body_put(w, &wr);
	if (!ua_stun_end(&wr, what & 0x40 ? NULL : w->key, sizeof(w->key),
			 what & 0x20))
		input(w, buf, wr.pos);
}


static void data_from_peer(struct world *w)
{
	const struct ua_addr peer = peer_of(next(&w->in));
	uint8_t tid[UA_STUN_TID_LEN] = { 0 };
	uint8_t buf[128];
	struct ua_wr wr;

	ua_wr_init(&wr, buf, sizeof(buf));
	ua_stun_begin(&wr, UA_STUN_INDICATION, UA_STUN_DATA, tid);
	ua_stun_put_addr(&wr, UA_STUN_XOR_PEER_ADDRESS, &peer);
	ua_stun_put(&wr, UA_STUN_DATA_ATTR, "payload", next(&w->in) % 8);
	if (!ua_stun_end(&wr, NULL, 0, false))
		input(w, buf, wr.pos);
}


static void raw(struct world *w)
{
	uint8_t buf[256];
	size_t len = next(&w->in);
	size_t i;

	for (i = 0; i < len; i++)
		buf[i] = next(&w->in);

	input(w, buf, len);
}


static void wait_some(struct world *w)
{
	const uint64_t at = ua_turn_deadline(w->turn);
	const uint8_t n = next(&w->in);

	/* A deadline in the past would make the owner spin. */
	must(at > w->now_ms || at == UA_NEVER);

	if (n < 128 && at != UA_NEVER)
		w->now_ms = at;
	else
		w->now_ms += (uint64_t)n * n;

	ua_turn_tick(w->turn, w->now_ms);
}


static void owner(struct world *w, uint8_t op)
{
	const struct ua_addr peer = peer_of(next(&w->in));

	switch (op) {

	case 0:
		(void)ua_turn_permit(w->turn, w->now_ms, &peer);
		break;

	case 1:
		(void)ua_turn_channel(w->turn, w->now_ms, &peer);
		break;

	case 2:
		ua_turn_forget(w->turn, w->now_ms, &peer);
		break;

	case 3:
		(void)!ua_turn_send(w->turn, w->now_ms, &peer, w->key, 16,
				    &w->dg);
		break;

	case 4:
		ua_turn_error(w->turn, w->now_ms, next(&w->in));
		break;

	default:
		switch (next(&w->in)) {

		case 0xff:
			ua_turn_close(w->turn, w->now_ms);
			break;

		case 0xfe:
			ua_turn_broken(w->turn, w->now_ms, next(&w->in));
			break;

		default:
			break;
		}
		break;
	}
}


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct world w;
	const struct ua_rand rnd = { .fill = fill, .arg = &w };
	struct ua_turn_conf conf = { .server = { .af = UA_AF_IP4,
						 .port = 3478,
						 .ip = { 192, 0, 2, 9 } },
				     .user = "u",
				     .password = "p",
				     .rand = &rnd };
	uint8_t how;
	int i;

	memset(&w, 0, sizeof(w));
	w.in = (struct input){ .p = data, .left = size };
	w.now_ms = 1000;
	w.server = conf.server;
	how = next(&w.in);
	conf.family = how % 3;
	conf.stream = how & 0x80;
	if (ua_stun_key(w.key, "u", "r", "p") || ua_turn_alloc(&w.turn, &conf))
		return 0;

	(void)ua_turn_start(w.turn, w.now_ms);

	for (i = 0; i < STEP_MAX && w.in.left; i++) {
		const uint8_t op = next(&w.in) & 15;

		drain(&w);
		if (op < 5)
			answer(&w);
		else if (op < 6)
			raw(&w);
		else if (op < 7)
			data_from_peer(&w);
		else if (op < 10)
			wait_some(&w);
		else
			owner(&w, op - 10);
	}

	/* Whatever it was, a close comes to an end, and then to rest. */
	ua_turn_close(w.turn, w.now_ms);
	for (i = 0; i < 50 && ua_turn_deadline(w.turn) != UA_NEVER; i++) {
		drain(&w);
		w.now_ms = ua_turn_deadline(w.turn);
		ua_turn_tick(w.turn, w.now_ms);
	}
	must(ua_turn_deadline(w.turn) == UA_NEVER);
	drain(&w);
	mem_deref(w.turn);
	return 0;
}
