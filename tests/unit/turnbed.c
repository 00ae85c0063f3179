/* SPDX-License-Identifier: BSD-3-Clause */
/** @file turnbed.c  A TURN client and its scripted server, in virtual time */

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/re_compat.h"
#include "turnbed.h"


struct ua_rand turnbed_rand;


void turnbed_fill(uint8_t *buf, size_t len, void *arg)
{
	struct turnbed *f = arg;

	while (len--)
		*buf++ = (uint8_t)(++f->seed * 37 + len);
}


struct ua_addr turnbed_addr(const char *str)
{
	struct ua_addr a;

	ck_assert_int_eq(0, ua_addr_decode(&a, str));
	return a;
}


void turnbed_setup_conf(struct turnbed *f, const struct ua_turn_conf *conf)
{
	memset(f, 0, sizeof(*f));
	f->now_ms = TURNBED_T0;
	f->server = conf->server;
	f->lifetime_s = 600;
	(void)snprintf(f->nonce, sizeof(f->nonce), "nonce-1");
	ck_assert_int_eq(0, ua_stun_key(f->key, TURNBED_USER, TURNBED_REALM,
					TURNBED_PASSWORD));
	turnbed_rand = (struct ua_rand){ .fill = turnbed_fill, .arg = f };
	ck_assert_int_eq(0, ua_turn_alloc(&f->turn, conf));
}


struct ua_turn_conf turnbed_conf_default(void)
{
	const struct ua_turn_conf conf = { .server = turnbed_addr(
						   "192.0.2.1:3478"),
					   .user = TURNBED_USER,
					   .password = TURNBED_PASSWORD,
					   .rand = &turnbed_rand };

	return conf;
}


void turnbed_setup(struct turnbed *f)
{
	const struct ua_turn_conf conf = turnbed_conf_default();

	turnbed_setup_conf(f, &conf);
}


void turnbed_teardown(struct turnbed *f)
{
	mem_deref(f->turn);
}


/* The next datagram is a request of this method, to the right server */
void turnbed_take(struct turnbed *f, uint16_t method)
{
	ck_assert(ua_turn_output(f->turn, f->now_ms, &f->dg));
	ck_assert(ua_addr_eq(&f->server, &f->dg.path.remote));
	ck_assert_int_eq(0, ua_stun_decode(&f->msg, f->dg.buf, f->dg.len));
	ck_assert_uint_eq(UA_STUN_REQUEST, f->msg.cls);
	ck_assert_uint_eq(method, f->msg.method);
}


void turnbed_attr_is(const struct turnbed *f, uint16_t type, const char *want)
{
	const uint8_t *p;
	size_t len;

	p = ua_stun_attr(&f->msg, type, &len);
	ck_assert_ptr_nonnull(p);
	ck_assert_uint_eq(strlen(want), len);
	ck_assert_mem_eq(want, p, len);
}


/* The same, signed with what the server wants */
void turnbed_take_signed(struct turnbed *f, uint16_t method)
{
	turnbed_take(f, method);
	turnbed_attr_is(f, UA_STUN_USERNAME, TURNBED_USER);
	turnbed_attr_is(f, UA_STUN_REALM, TURNBED_REALM);
	turnbed_attr_is(f, UA_STUN_NONCE, f->nonce);
	ck_assert_int_eq(0, ua_stun_check(&f->msg, f->key, sizeof(f->key)));
}


void turnbed_quiet(struct turnbed *f)
{
	ck_assert(!ua_turn_output(f->turn, f->now_ms, &f->dg));
}


void turnbed_no_event(struct turnbed *f)
{
	ck_assert(!ua_turn_event(f->turn, &f->ev));
}


void turnbed_event(struct turnbed *f, enum ua_turn_event_type type)
{
	ck_assert(ua_turn_event(f->turn, &f->ev));
	ck_assert_int_eq(type, f->ev.type);
}


void turnbed_event_peer(struct turnbed *f, enum ua_turn_event_type type,
			const char *ip)
{
	const struct ua_addr want = turnbed_addr(ip);

	turnbed_event(f, type);
	ck_assert(ua_addr_eq(&want, &f->ev.peer));
}


void turnbed_dead(struct turnbed *f, uint16_t code, int err)
{
	turnbed_event(f, UA_TURN_DEAD);
	ck_assert_uint_eq(code, f->ev.code);
	ck_assert_int_eq(err, f->ev.err);
	ck_assert_uint_gt(strlen(f->ev.reason), 0);
	if (code && code != 300 && code != 401 && code != 438)
		ck_assert_str_eq("because", f->ev.reason);
	turnbed_no_event(f);
	turnbed_quiet(f);
	ck_assert_uint_eq(UA_NEVER, ua_turn_deadline(f->turn));
}


void turnbed_begin(struct turnbed *f, enum ua_stun_class cls)
{
	ua_wr_init(&f->wr, f->buf, sizeof(f->buf));
	ua_stun_begin(&f->wr, cls, f->msg.method, f->msg.tid);
}


int turnbed_input_from(struct turnbed *f, const struct ua_addr *src,
		       const uint8_t *buf, size_t len)
{
	return ua_turn_input(f->turn, f->now_ms, src, buf, len, &f->data);
}


/* Signs as the client did */
int turnbed_finish(struct turnbed *f)
{
	const bool sign = f->msg.integrity != 0;

	ck_assert_int_eq(0, ua_stun_end(&f->wr, sign ? f->key : NULL,
					sizeof(f->key), true));
	return turnbed_input_from(f, &f->server, f->buf, f->wr.pos);
}


void turnbed_error_begin(struct turnbed *f, uint16_t code)
{
	turnbed_begin(f, UA_STUN_ERROR);
	ua_stun_put_error(&f->wr, code, "because");
}


void turnbed_error(struct turnbed *f, uint16_t code)
{
	turnbed_error_begin(f, code);
	ck_assert_int_eq(0, turnbed_finish(f));
}


/* 401 or 438 with a nonce; never signed */
int turnbed_challenge(struct turnbed *f, uint16_t code, const char *nonce)
{
	(void)snprintf(f->nonce, sizeof(f->nonce), "%s", nonce);
	turnbed_error_begin(f, code);
	ua_stun_put(&f->wr, UA_STUN_REALM, TURNBED_REALM,
		    strlen(TURNBED_REALM));
	ua_stun_put(&f->wr, UA_STUN_NONCE, nonce, strlen(nonce));
	ck_assert_int_eq(0, ua_stun_end(&f->wr, NULL, 0, false));
	return turnbed_input_from(f, &f->server, f->buf, f->wr.pos);
}


void turnbed_granted_put(struct turnbed *f)
{
	const struct ua_addr relayed = turnbed_addr("192.0.2.1:50000");
	const struct ua_addr mapped = turnbed_addr("203.0.113.5:40000");

	turnbed_begin(f, UA_STUN_SUCCESS);
	if (f->msg.method == UA_STUN_ALLOCATE) {
		ua_stun_put_addr(&f->wr, UA_STUN_XOR_RELAYED_ADDRESS,
				 &relayed);
		ua_stun_put_addr(&f->wr, UA_STUN_XOR_MAPPED_ADDRESS, &mapped);
	}
}


/* Success to the request taken last */
void turnbed_grant(struct turnbed *f)
{
	uint32_t asked = 1;

	turnbed_granted_put(f);
	if (f->msg.method == UA_STUN_ALLOCATE ||
	    f->msg.method == UA_STUN_REFRESH) {
		ck_assert_int_eq(
			0, ua_stun_u32(&f->msg, UA_STUN_LIFETIME, &asked));
		ua_stun_put_u32(&f->wr, UA_STUN_LIFETIME,
				asked ? f->lifetime_s : 0);
	}

	ck_assert_int_eq(0, turnbed_finish(f));
}


void turnbed_ready(struct turnbed *f)
{
	ck_assert_int_eq(0, ua_turn_start(f->turn, f->now_ms));
	turnbed_take(f, UA_STUN_ALLOCATE);
	ck_assert_uint_eq(0, f->msg.integrity);
	ck_assert_int_eq(0, turnbed_challenge(f, 401, f->nonce));
	turnbed_take_signed(f, UA_STUN_ALLOCATE);
	turnbed_grant(f);
	turnbed_event(f, UA_TURN_READY);
	turnbed_no_event(f);
	turnbed_quiet(f);
}


void turnbed_setup_ready(struct turnbed *f)
{
	turnbed_setup(f);
	turnbed_ready(f);
}


/* What turnbed_run() does with each request */
static void serve(struct turnbed *f)
{
	++f->nsend;
	++f->nmethod[f->msg.method];

	if (f->deaf)
		return;

	if (f->error == 438)
		ck_assert_int_eq(0, turnbed_challenge(f, 438, f->nonce));
	else if (f->error)
		turnbed_error(f, f->error);
	else
		turnbed_grant(f);
}


/* Time goes on from deadline to deadline; the server serves */
void turnbed_run(struct turnbed *f, uint64_t ms)
{
	const uint64_t end = f->now_ms + ms;
	uint64_t at;

	for (;;) {
		while (ua_turn_output(f->turn, f->now_ms, &f->dg)) {
			ck_assert_int_eq(0, ua_stun_decode(&f->msg, f->dg.buf,
							   f->dg.len));
			serve(f);
		}

		at = ua_turn_deadline(f->turn);
		ck_assert_uint_gt(at, f->now_ms);
		if (at > end)
			break;

		f->now_ms = at;
		ua_turn_tick(f->turn, f->now_ms);
	}

	f->now_ms = end;
}


void turnbed_permitted(struct turnbed *f, const char *ip)
{
	const struct ua_addr peer = turnbed_addr(ip);

	ck_assert_int_eq(0, ua_turn_permit(f->turn, f->now_ms, &peer));
	turnbed_run(f, UA_PERM_GATHER_MS);
	turnbed_event(f, UA_TURN_PERMITTED);
}


void turnbed_send_to(struct turnbed *f, const char *peer, size_t len, int want)
{
	const struct ua_addr a = turnbed_addr(peer);
	static const uint8_t payload[UA_DGRAM_MAX + 1] = "payload";

	ck_assert_int_eq(want, ua_turn_send(f->turn, f->now_ms, &a, payload,
					    len, &f->out));
}


uint16_t turnbed_channel_ask(struct turnbed *f, const char *str)
{
	const struct ua_addr peer = turnbed_addr(str);
	struct ua_addr got;
	uint32_t v = 0;

	ck_assert_int_eq(0, ua_turn_channel(f->turn, f->now_ms, &peer));
	turnbed_take_signed(f, UA_STUN_CHANNEL_BIND);
	ck_assert_int_eq(0, ua_stun_u32(&f->msg, UA_STUN_CHANNEL_NUMBER, &v));
	ck_assert_int_eq(
		0, ua_stun_addr(&f->msg, UA_STUN_XOR_PEER_ADDRESS, &got));
	ck_assert(ua_addr_eq(&peer, &got));
	ck_assert_uint_ge(v >> 16, 0x4000);
	ck_assert_uint_le(v >> 16, 0x4fff);
	return (uint16_t)(v >> 16);
}
