/* SPDX-License-Identifier: BSD-3-Clause */
/** @file test_turn.c  TURN client against a scripted server, virtual time */

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/re_compat.h"
#include "base/wr.h"
#include "stun/chan.h"
#include "stun/cred.h"
#include "stun/perm.h"
#include "stun/turn.h"
#include "oom.h"

#define USER "user"
#define REALM "example.org"
#define PASSWORD "pass"

enum { T0 = 1000000 };

Suite *ua_suite_turn(void);


/* Client and server of one test */
struct fix {
	struct ua_turn *turn;
	uint64_t now_ms;
	uint8_t seed;
	struct ua_addr server; /* Who answers                     */
	char nonce[64];        /* The server's present one        */
	uint8_t key[16];
	struct ua_dgram out;       /* Last payload wrapped */
	struct ua_dgram dg;        /* Last request                    */
	struct ua_stun msg;        /* View of it                      */
	uint8_t buf[UA_DGRAM_MAX]; /* Answer being written        */
	struct ua_wr wr;
	struct ua_turn_data data;
	struct ua_turn_event ev;
	uint32_t lifetime_s; /* Granted                         */
	size_t nsend;        /* Requests seen by run()          */
	size_t nmethod[16];  /* By method                       */
	uint16_t error;      /* run() answers so to all         */
	bool deaf;           /* run() answers nothing           */
};


static void fill(uint8_t *buf, size_t len, void *arg)
{
	struct fix *f = arg;

	while (len--)
		*buf++ = (uint8_t)(++f->seed * 37 + len);
}


static struct ua_rand rnd;


static struct ua_addr addr(const char *str)
{
	struct ua_addr a;

	ck_assert_int_eq(0, ua_addr_decode(&a, str));
	return a;
}


static void setup_conf(struct fix *f, const struct ua_turn_conf *conf)
{
	memset(f, 0, sizeof(*f));
	f->now_ms = T0;
	f->server = conf->server;
	f->lifetime_s = 600;
	(void)snprintf(f->nonce, sizeof(f->nonce), "nonce-1");
	ck_assert_int_eq(0, ua_stun_key(f->key, USER, REALM, PASSWORD));
	rnd = (struct ua_rand){ .fill = fill, .arg = f };
	ck_assert_int_eq(0, ua_turn_alloc(&f->turn, conf));
}


static struct ua_turn_conf conf_default(void)
{
	const struct ua_turn_conf conf = { .server = addr("192.0.2.1:3478"),
					   .user = USER,
					   .password = PASSWORD,
					   .rand = &rnd };

	return conf;
}


static void setup(struct fix *f)
{
	const struct ua_turn_conf conf = conf_default();

	setup_conf(f, &conf);
}


static void teardown(struct fix *f)
{
	mem_deref(f->turn);
}


/* The next datagram is a request of this method, to the right server */
static void take(struct fix *f, uint16_t method)
{
	ck_assert(ua_turn_output(f->turn, f->now_ms, &f->dg));
	ck_assert(ua_addr_eq(&f->server, &f->dg.path.remote));
	ck_assert_int_eq(0, ua_stun_decode(&f->msg, f->dg.buf, f->dg.len));
	ck_assert_uint_eq(UA_STUN_REQUEST, f->msg.cls);
	ck_assert_uint_eq(method, f->msg.method);
}


static void attr_is(const struct fix *f, uint16_t type, const char *want)
{
	const uint8_t *p;
	size_t len;

	p = ua_stun_attr(&f->msg, type, &len);
	ck_assert_ptr_nonnull(p);
	ck_assert_uint_eq(strlen(want), len);
	ck_assert_mem_eq(want, p, len);
}


/* The same, signed with what the server wants */
static void take_signed(struct fix *f, uint16_t method)
{
	take(f, method);
	attr_is(f, UA_STUN_USERNAME, USER);
	attr_is(f, UA_STUN_REALM, REALM);
	attr_is(f, UA_STUN_NONCE, f->nonce);
	ck_assert_int_eq(0, ua_stun_check(&f->msg, f->key, sizeof(f->key)));
}


static void quiet(struct fix *f)
{
	ck_assert(!ua_turn_output(f->turn, f->now_ms, &f->dg));
}


static void no_event(struct fix *f)
{
	ck_assert(!ua_turn_event(f->turn, &f->ev));
}


static void event(struct fix *f, enum ua_turn_event_type type)
{
	ck_assert(ua_turn_event(f->turn, &f->ev));
	ck_assert_int_eq(type, f->ev.type);
}


static void event_peer(struct fix *f, enum ua_turn_event_type type,
		       const char *ip)
{
	const struct ua_addr want = addr(ip);

	event(f, type);
	ck_assert(ua_addr_eq(&want, &f->ev.peer));
}


static void dead(struct fix *f, uint16_t code, int err)
{
	event(f, UA_TURN_DEAD);
	ck_assert_uint_eq(code, f->ev.code);
	ck_assert_int_eq(err, f->ev.err);
	ck_assert_uint_gt(strlen(f->ev.reason), 0);
	if (code && code != 300 && code != 401 && code != 438)
		ck_assert_str_eq("because", f->ev.reason);
	no_event(f);
	quiet(f);
	ck_assert_uint_eq(UA_NEVER, ua_turn_deadline(f->turn));
}


static void begin(struct fix *f, enum ua_stun_class cls)
{
	ua_wr_init(&f->wr, f->buf, sizeof(f->buf));
	ua_stun_begin(&f->wr, cls, f->msg.method, f->msg.tid);
}


static int input_from(struct fix *f, const struct ua_addr *src,
		      const uint8_t *buf, size_t len)
{
	return ua_turn_input(f->turn, f->now_ms, src, buf, len, &f->data);
}


/* Signs as the client did */
static int finish(struct fix *f)
{
	const bool sign = f->msg.integrity != 0;

	ck_assert_int_eq(0, ua_stun_end(&f->wr, sign ? f->key : NULL,
					sizeof(f->key), true));
	return input_from(f, &f->server, f->buf, f->wr.pos);
}


static void error_begin(struct fix *f, uint16_t code)
{
	begin(f, UA_STUN_ERROR);
	ua_stun_put_error(&f->wr, code, "because");
}


static void error(struct fix *f, uint16_t code)
{
	error_begin(f, code);
	ck_assert_int_eq(0, finish(f));
}


/* 401 or 438 with a nonce; never signed */
static int challenge(struct fix *f, uint16_t code, const char *nonce)
{
	(void)snprintf(f->nonce, sizeof(f->nonce), "%s", nonce);
	error_begin(f, code);
	ua_stun_put(&f->wr, UA_STUN_REALM, REALM, strlen(REALM));
	ua_stun_put(&f->wr, UA_STUN_NONCE, nonce, strlen(nonce));
	ck_assert_int_eq(0, ua_stun_end(&f->wr, NULL, 0, false));
	return input_from(f, &f->server, f->buf, f->wr.pos);
}


static void granted_put(struct fix *f)
{
	const struct ua_addr relayed = addr("192.0.2.1:50000");
	const struct ua_addr mapped = addr("203.0.113.5:40000");

	begin(f, UA_STUN_SUCCESS);
	if (f->msg.method == UA_STUN_ALLOCATE) {
		ua_stun_put_addr(&f->wr, UA_STUN_XOR_RELAYED_ADDRESS,
				 &relayed);
		ua_stun_put_addr(&f->wr, UA_STUN_XOR_MAPPED_ADDRESS, &mapped);
	}
}


/* Success to the request taken last */
static void grant(struct fix *f)
{
	uint32_t asked = 1;

	granted_put(f);
	if (f->msg.method == UA_STUN_ALLOCATE ||
	    f->msg.method == UA_STUN_REFRESH) {
		ck_assert_int_eq(
			0, ua_stun_u32(&f->msg, UA_STUN_LIFETIME, &asked));
		ua_stun_put_u32(&f->wr, UA_STUN_LIFETIME,
				asked ? f->lifetime_s : 0);
	}

	ck_assert_int_eq(0, finish(f));
}


static void ready(struct fix *f)
{
	ck_assert_int_eq(0, ua_turn_start(f->turn, f->now_ms));
	take(f, UA_STUN_ALLOCATE);
	ck_assert_uint_eq(0, f->msg.integrity);
	ck_assert_int_eq(0, challenge(f, 401, f->nonce));
	take_signed(f, UA_STUN_ALLOCATE);
	grant(f);
	event(f, UA_TURN_READY);
	no_event(f);
	quiet(f);
}


static void setup_ready(struct fix *f)
{
	setup(f);
	ready(f);
}


/* What run() does with each request */
static void serve(struct fix *f)
{
	++f->nsend;
	++f->nmethod[f->msg.method];

	if (f->deaf)
		return;

	if (f->error == 438)
		ck_assert_int_eq(0, challenge(f, 438, f->nonce));
	else if (f->error)
		error(f, f->error);
	else
		grant(f);
}


/* Time goes on from deadline to deadline; the server serves */
static void run(struct fix *f, uint64_t ms)
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


static void permitted(struct fix *f, const char *ip)
{
	const struct ua_addr peer = addr(ip);

	ck_assert_int_eq(0, ua_turn_permit(f->turn, f->now_ms, &peer));
	run(f, UA_PERM_GATHER_MS);
	event(f, UA_TURN_PERMITTED);
}


static void send_to(struct fix *f, const char *peer, size_t len, int want)
{
	const struct ua_addr a = addr(peer);
	static const uint8_t payload[UA_DGRAM_MAX + 1] = "payload";

	ck_assert_int_eq(want, ua_turn_send(f->turn, f->now_ms, &a, payload,
					    len, &f->out));
}


/* -- Allocation ---------------------------------------------------------- */

START_TEST(allocation_takes_two_round_trips)
{
	const struct ua_addr relayed = addr("192.0.2.1:50000");
	const struct ua_addr mapped = addr("203.0.113.5:40000");
	struct fix f;
	uint32_t v;

	setup(&f);
	quiet(&f);
	ck_assert_uint_eq(UA_NEVER, ua_turn_deadline(f.turn));
	ck_assert_int_eq(0, ua_turn_start(f.turn, f.now_ms));
	ck_assert_int_eq(EALREADY, ua_turn_start(f.turn, f.now_ms));

	take(&f, UA_STUN_ALLOCATE);
	ck_assert_int_eq(0,
			 ua_stun_u32(&f.msg, UA_STUN_REQUESTED_TRANSPORT, &v));
	ck_assert_uint_eq(17U << 24, v);
	ck_assert_ptr_null(ua_stun_attr(&f.msg, UA_STUN_USERNAME, NULL));
	ck_assert_int_eq(0, challenge(&f, 401, "n"));

	take_signed(&f, UA_STUN_ALLOCATE);
	ck_assert_int_eq(0, ua_stun_u32(&f.msg, UA_STUN_LIFETIME, &v));
	ck_assert_uint_eq(UA_TURN_LIFETIME_S, v);
	quiet(&f);
	grant(&f);

	event(&f, UA_TURN_READY);
	ck_assert(ua_addr_eq(&relayed, &f.ev.relayed));
	ck_assert(ua_addr_eq(&mapped, &f.ev.mapped));
	ck_assert_uint_eq(UA_AF_NONE, f.ev.relayed6.af);
	ck_assert_uint_eq(600, f.ev.lifetime_s);
	ck_assert(ua_addr_eq(&relayed, ua_turn_relayed(f.turn)));
	ck_assert(ua_addr_eq(&mapped, ua_turn_mapped(f.turn)));
	teardown(&f);
}
END_TEST


START_TEST(server_without_authentication_is_used)
{
	struct fix f;

	setup(&f);
	ck_assert_int_eq(0, ua_turn_start(f.turn, f.now_ms));
	take(&f, UA_STUN_ALLOCATE);
	grant(&f);
	event(&f, UA_TURN_READY);
	teardown(&f);
}
END_TEST


START_TEST(allocate_gives_up_after_four_sends)
{
	static const uint64_t at[] = { 0, 500, 1500, 3500 };
	uint8_t tid[UA_STUN_TID_LEN];
	struct fix f;
	size_t i;

	setup(&f);
	ck_assert_int_eq(0, ua_turn_start(f.turn, f.now_ms));

	for (i = 0; i < 4; i++) {
		ck_assert_uint_eq(T0 + at[i], f.now_ms);
		take(&f, UA_STUN_ALLOCATE);
		if (i)
			ck_assert_mem_eq(tid, f.msg.tid, sizeof(tid));
		memcpy(tid, f.msg.tid, sizeof(tid));
		quiet(&f);

		f.now_ms = ua_turn_deadline(f.turn) - 1;
		ua_turn_tick(f.turn, f.now_ms);
		quiet(&f);
		no_event(&f);
		++f.now_ms;
		ua_turn_tick(f.turn, f.now_ms);
	}

	ck_assert_uint_eq(T0 + 7500, f.now_ms);
	dead(&f, 0, ETIMEDOUT);
	teardown(&f);
}
END_TEST


START_TEST(allocate_retransmission_keeps_its_id)
{
	uint8_t first[UA_DGRAM_MAX];
	struct fix f;
	size_t len;

	setup(&f);
	ck_assert_int_eq(0, ua_turn_start(f.turn, f.now_ms));
	take(&f, UA_STUN_ALLOCATE);
	ck_assert_int_eq(0, challenge(&f, 401, "n"));
	take_signed(&f, UA_STUN_ALLOCATE);
	len = f.dg.len;
	memcpy(first, f.dg.buf, len);

	f.now_ms += 500;
	ua_turn_tick(f.turn, f.now_ms);
	take_signed(&f, UA_STUN_ALLOCATE);
	ck_assert_uint_eq(len, f.dg.len);
	ck_assert_mem_eq(first, f.dg.buf, len);
	grant(&f);
	event(&f, UA_TURN_READY);
	teardown(&f);
}
END_TEST


START_TEST(wrong_password_asks_once)
{
	struct fix f;

	setup(&f);
	ck_assert_int_eq(0, ua_turn_start(f.turn, f.now_ms));
	take(&f, UA_STUN_ALLOCATE);
	ck_assert_int_eq(0, challenge(&f, 401, "n"));
	take(&f, UA_STUN_ALLOCATE);
	ck_assert_int_eq(0, challenge(&f, 401, "m"));
	dead(&f, 401, EACCES);
	teardown(&f);
}
END_TEST


START_TEST(no_credentials_no_second_request)
{
	struct ua_turn_conf conf = conf_default();
	struct fix f;

	conf.user = NULL;
	setup_conf(&f, &conf);
	ck_assert_int_eq(0, ua_turn_start(f.turn, f.now_ms));
	take(&f, UA_STUN_ALLOCATE);
	ck_assert_int_eq(0, challenge(&f, 401, "n"));
	dead(&f, 401, EACCES);
	teardown(&f);
}
END_TEST


START_TEST(stale_nonce_forever_ends)
{
	struct fix f;
	int i;

	setup(&f);
	ck_assert_int_eq(0, ua_turn_start(f.turn, f.now_ms));
	take(&f, UA_STUN_ALLOCATE);
	ck_assert_int_eq(0, challenge(&f, 401, "n"));

	for (i = 0; i < 4; i++) {
		take(&f, UA_STUN_ALLOCATE);
		ck_assert_int_eq(0, challenge(&f, 438, "n"));
	}

	dead(&f, 438, EPROTO);
	teardown(&f);
}
END_TEST


START_TEST(stale_nonce_once_an_hour_is_survived)
{
	char nonce[32];
	struct fix f;
	int hour;

	setup_ready(&f);

	for (hour = 0; hour < 24; hour++) {
		f.now_ms = ua_turn_deadline(f.turn);
		ua_turn_tick(f.turn, f.now_ms);
		take_signed(&f, UA_STUN_REFRESH);
		(void)snprintf(nonce, sizeof(nonce), "hour-%d", hour);
		ck_assert_int_eq(0, challenge(&f, 438, nonce));
		take_signed(&f, UA_STUN_REFRESH);
		grant(&f);
		run(&f, 3600000 - 600000);
		no_event(&f);
	}

	teardown(&f);
}
END_TEST


START_TEST(mismatch_on_allocate_is_reclaimed)
{
	struct fix f;
	uint32_t v = 1;

	setup(&f);
	ck_assert_int_eq(0, ua_turn_start(f.turn, f.now_ms));
	take(&f, UA_STUN_ALLOCATE);
	ck_assert_int_eq(0, challenge(&f, 401, "n"));
	take_signed(&f, UA_STUN_ALLOCATE);
	error(&f, 437);

	take_signed(&f, UA_STUN_REFRESH);
	ck_assert_int_eq(0, ua_stun_u32(&f.msg, UA_STUN_LIFETIME, &v));
	ck_assert_uint_eq(0, v);
	ck_assert_int_eq(0, challenge(&f, 438, "m"));
	take_signed(&f, UA_STUN_REFRESH);
	grant(&f);

	/* It may take the server a moment. */
	no_event(&f);
	quiet(&f);
	ck_assert_uint_eq(f.now_ms + 1000, ua_turn_deadline(f.turn));
	f.now_ms += 1000;
	ua_turn_tick(f.turn, f.now_ms);
	take_signed(&f, UA_STUN_ALLOCATE);
	grant(&f);
	event(&f, UA_TURN_READY);
	teardown(&f);
}
END_TEST


/* _i: what the server says to Refresh 0; 0: success, but 437 again */
START_TEST(five_tuple_that_cannot_be_reclaimed_wants_a_new_socket)
{
	static const uint16_t codes[] = { 0, 437, 441, 403 };
	struct fix f;
	int n;

	setup(&f);
	ck_assert_int_eq(0, ua_turn_start(f.turn, f.now_ms));

	for (n = 1;; n++) {
		take(&f, UA_STUN_ALLOCATE);
		error(&f, 437);
		if (ua_turn_event(f.turn, &f.ev))
			break;

		take(&f, UA_STUN_REFRESH);
		if (codes[_i])
			error(&f, codes[_i]);
		else
			grant(&f);
		if (ua_turn_event(f.turn, &f.ev))
			break;

		f.now_ms = ua_turn_deadline(f.turn);
		ua_turn_tick(f.turn, f.now_ms);
	}

	ck_assert_int_eq(_i < 2 ? 4 : 1, n);
	ck_assert_int_eq(UA_TURN_DEAD, f.ev.type);
	ck_assert_uint_eq(437, f.ev.code);
	quiet(&f);
	teardown(&f);
}
END_TEST


/* _i: codes after which this server is of no use */
static const uint16_t fatal[] = { 400, 403, 405, 420, 440, 441,
				  442, 486, 508, 600, 699 };

START_TEST(refused_allocate_uses_the_other_server)
{
	struct fix f;

	setup(&f);
	ck_assert_int_eq(0, ua_turn_start(f.turn, f.now_ms));
	take(&f, UA_STUN_ALLOCATE);
	ck_assert_int_eq(0, challenge(&f, 401, "n"));
	take_signed(&f, UA_STUN_ALLOCATE);
	error(&f, fatal[_i]);
	dead(&f, fatal[_i],
	     fatal[_i] == 403 || fatal[_i] == 441 ? EACCES : EPROTO);

	run(&f, 3600000);
	ck_assert_uint_eq(0, f.nsend);
	teardown(&f);
}
END_TEST


START_TEST(server_error_is_tried_again_twice)
{
	struct fix f;
	int i;

	setup(&f);
	ck_assert_int_eq(0, ua_turn_start(f.turn, f.now_ms));

	for (i = 0; i < 3; i++) {
		take(&f, UA_STUN_ALLOCATE);
		error(&f, 500);
		quiet(&f);
		if (i == 2)
			break;

		ck_assert_uint_eq(f.now_ms + 1000, ua_turn_deadline(f.turn));
		f.now_ms += 1000;
		ua_turn_tick(f.turn, f.now_ms);
	}

	dead(&f, 500, EPROTO);
	teardown(&f);
}
END_TEST


static void redirect(struct fix *f, const char *to)
{
	const struct ua_addr a = addr(to);

	error_begin(f, 300);
	ua_stun_put_addr(&f->wr, UA_STUN_ALTERNATE_SERVER, &a);
	ck_assert_int_eq(0, finish(f));
}


START_TEST(alternate_server_is_followed)
{
	const struct ua_addr old = addr("192.0.2.1:3478");
	struct fix f;

	setup(&f);
	ck_assert_int_eq(0, ua_turn_start(f.turn, f.now_ms));
	take(&f, UA_STUN_ALLOCATE);
	ck_assert_int_eq(0, challenge(&f, 401, "n"));
	take_signed(&f, UA_STUN_ALLOCATE);
	redirect(&f, "192.0.2.2:3479");

	f.server = addr("192.0.2.2:3479");
	ck_assert(ua_addr_eq(&f.server, ua_turn_server(f.turn)));
	take(&f, UA_STUN_ALLOCATE);
	ck_assert_uint_eq(0, f.msg.integrity);

	/* The old one is nobody now. */
	granted_put(&f);
	ck_assert_int_eq(0, ua_stun_end(&f.wr, NULL, 0, false));
	ck_assert_int_eq(ENOENT, input_from(&f, &old, f.buf, f.wr.pos));

	ck_assert_int_eq(0, challenge(&f, 401, "o"));
	take_signed(&f, UA_STUN_ALLOCATE);
	grant(&f);
	event(&f, UA_TURN_READY);
	teardown(&f);
}
END_TEST


START_TEST(alternate_server_loop_ends)
{
	struct fix f;

	setup(&f);
	ck_assert_int_eq(0, ua_turn_start(f.turn, f.now_ms));
	take(&f, UA_STUN_ALLOCATE);
	redirect(&f, "192.0.2.2:3478");
	f.server = addr("192.0.2.2:3478");
	take(&f, UA_STUN_ALLOCATE);
	redirect(&f, "192.0.2.1:3478");
	dead(&f, 300, EPROTO);
	teardown(&f);
}
END_TEST


START_TEST(alternate_servers_are_three_at_most)
{
	char to[32];
	struct fix f;
	int i;

	setup(&f);
	ck_assert_int_eq(0, ua_turn_start(f.turn, f.now_ms));

	for (i = 0; i < 4; i++) {
		take(&f, UA_STUN_ALLOCATE);
		(void)snprintf(to, sizeof(to), "192.0.2.%d:3478", i + 10);
		redirect(&f, to);
		f.server = addr(to);
	}

	dead(&f, 300, EPROTO);
	teardown(&f);
}
END_TEST


START_TEST(alternate_server_of_the_other_family_is_refused)
{
	struct fix f;

	setup(&f);
	ck_assert_int_eq(0, ua_turn_start(f.turn, f.now_ms));
	take(&f, UA_STUN_ALLOCATE);
	redirect(&f, "[2001:db8::2]:3478");
	dead(&f, 300, EPROTO);
	teardown(&f);
}
END_TEST


START_TEST(two_families_in_one_request)
{
	const struct ua_addr ip4 = addr("192.0.2.1:50000");
	const struct ua_addr ip6 = addr("[2001:db8::1]:50001");
	struct ua_turn_conf conf = conf_default();
	struct fix f;
	uint32_t v = 0;

	conf.family = UA_TURN_BOTH;
	setup_conf(&f, &conf);
	ck_assert_int_eq(0, ua_turn_start(f.turn, f.now_ms));
	take(&f, UA_STUN_ALLOCATE);
	ck_assert_int_eq(
		0, ua_stun_u32(&f.msg, UA_STUN_ADDITIONAL_ADDRESS_FAMILY, &v));
	ck_assert_uint_eq(2U << 24, v);

	if (_i == 0) { /* both */
		granted_put(&f);
		ua_stun_put_addr(&f.wr, UA_STUN_XOR_RELAYED_ADDRESS, &ip6);
		ck_assert_int_eq(0, finish(&f));
	}
	else if (_i == 1) { /* attribute ignored */
		grant(&f);
	}
	else { /* attribute, or family, not known */
		error(&f, _i == 2 ? 440 : 420);
		take(&f, UA_STUN_ALLOCATE);
		ck_assert_ptr_null(ua_stun_attr(
			&f.msg, UA_STUN_ADDITIONAL_ADDRESS_FAMILY, NULL));
		grant(&f);
	}

	event(&f, UA_TURN_READY);
	ck_assert(ua_addr_eq(&ip4, &f.ev.relayed));
	ck_assert_uint_eq(_i ? UA_AF_NONE : UA_AF_IP6, f.ev.relayed6.af);
	if (!_i)
		ck_assert(ua_addr_eq(&ip6, ua_turn_relayed6(f.turn)));

	ck_assert_int_eq(_i ? EAFNOSUPPORT : 0,
			 ua_turn_permit(f.turn, f.now_ms, &ip6));
	teardown(&f);
}
END_TEST


START_TEST(ipv6_relay_is_asked_for)
{
	struct ua_turn_conf conf = conf_default();
	struct fix f;
	uint32_t v = 0;

	conf.family = UA_TURN_IP6;
	setup_conf(&f, &conf);
	ck_assert_int_eq(0, ua_turn_start(f.turn, f.now_ms));
	take(&f, UA_STUN_ALLOCATE);
	ck_assert_int_eq(
		0, ua_stun_u32(&f.msg, UA_STUN_REQUESTED_ADDRESS_FAMILY, &v));
	ck_assert_uint_eq(2U << 24, v);
	error(&f, 440);
	dead(&f, 440, EPROTO);
	teardown(&f);
}
END_TEST


/* -- What comes in ------------------------------------------------------- */

START_TEST(answers_from_elsewhere_are_ignored)
{
	const struct ua_addr other = addr("192.0.2.1:3479");
	const struct ua_addr host = addr("192.0.2.9:3478");
	struct fix f;

	setup(&f);
	ck_assert_int_eq(0, ua_turn_start(f.turn, f.now_ms));
	take(&f, UA_STUN_ALLOCATE);
	granted_put(&f);
	ck_assert_int_eq(0, ua_stun_end(&f.wr, NULL, 0, false));
	ck_assert_int_eq(ENOENT, input_from(&f, &other, f.buf, f.wr.pos));
	ck_assert_int_eq(ENOENT, input_from(&f, &host, f.buf, f.wr.pos));
	no_event(&f);
	ck_assert_int_eq(0, input_from(&f, &f.server, f.buf, f.wr.pos));
	event(&f, UA_TURN_READY);
	teardown(&f);
}
END_TEST


START_TEST(answers_to_others_are_left_alone)
{
	static const uint8_t rtp[] = { 0x80, 0, 0, 1 };
	struct fix f;

	setup(&f);
	ck_assert_int_eq(0, ua_turn_start(f.turn, f.now_ms));
	take(&f, UA_STUN_ALLOCATE);

	/* the id of nobody's request; the right id, but another method */
	f.dg.buf[8] ^= 1;
	granted_put(&f);
	ck_assert_int_eq(ENOENT, finish(&f));
	f.dg.buf[8] ^= 1;
	f.msg.method = UA_STUN_BINDING;
	granted_put(&f);
	ck_assert_int_eq(ENOENT, finish(&f));
	ck_assert_int_eq(ENOENT, input_from(&f, &f.server, rtp, sizeof(rtp)));
	ck_assert_int_eq(ENOENT, input_from(&f, &f.server, rtp, 0));
	no_event(&f);
	teardown(&f);
}
END_TEST


START_TEST(forged_answers_are_refused)
{
	struct fix f;

	setup(&f);
	ck_assert_int_eq(0, ua_turn_start(f.turn, f.now_ms));
	take(&f, UA_STUN_ALLOCATE);
	ck_assert_int_eq(0, challenge(&f, 401, "n"));
	take_signed(&f, UA_STUN_ALLOCATE);

	granted_put(&f);
	ck_assert_int_eq(0, ua_stun_end(&f.wr, NULL, 0, true));
	ck_assert_int_eq(EACCES, input_from(&f, &f.server, f.buf, f.wr.pos));

	f.key[0] ^= 1;
	granted_put(&f);
	ck_assert_int_eq(EACCES, finish(&f));
	error_begin(&f, 486);
	ck_assert_int_eq(EACCES, finish(&f));
	f.key[0] ^= 1;

	no_event(&f);
	grant(&f);
	event(&f, UA_TURN_READY);
	teardown(&f);
}
END_TEST


START_TEST(bid_down_is_ignored)
{
	struct fix f;

	setup(&f);
	ck_assert_int_eq(0, ua_turn_start(f.turn, f.now_ms));
	take(&f, UA_STUN_ALLOCATE);
	ck_assert_int_eq(EBADMSG, challenge(&f, 401, "obMatJos2gAAAxyz"));
	ck_assert_int_eq(EBADMSG, challenge(&f, 401, "obMatJos2wAAAxyz"));
	quiet(&f);

	/* user name anonymity alone, and no feature at all */
	ck_assert_int_eq(0, challenge(&f, 401, "obMatJos2QAAAxyz"));
	take_signed(&f, UA_STUN_ALLOCATE);
	ck_assert_int_eq(0, challenge(&f, 438, "obMatJos2AAAAxyz"));
	take_signed(&f, UA_STUN_ALLOCATE);
	teardown(&f);
}
END_TEST


START_TEST(useless_grants_are_refused)
{
	static const char *const relayed[] = { "0.0.0.0:5000", "192.0.2.1:0",
					       "224.0.0.1:5000", NULL, NULL };
	struct ua_addr a;
	struct fix f;

	setup(&f);
	ck_assert_int_eq(0, ua_turn_start(f.turn, f.now_ms));
	take(&f, UA_STUN_ALLOCATE);
	begin(&f, UA_STUN_SUCCESS);
	if (relayed[_i]) {
		a = addr(relayed[_i]);
		ua_stun_put_addr(&f.wr, UA_STUN_XOR_RELAYED_ADDRESS, &a);
	}
	else if (_i == 4) {
		a = addr("192.0.2.1:5000");
		ua_stun_put_addr(&f.wr, UA_STUN_XOR_RELAYED_ADDRESS, &a);
		ua_stun_put_u32(&f.wr, UA_STUN_LIFETIME, 0);
	}
	ck_assert_int_eq(EBADMSG, finish(&f));
	no_event(&f);

	grant(&f);
	event(&f, UA_TURN_READY);
	teardown(&f);
}
END_TEST


static void every_cut(struct fix *f)
{
	uint8_t *copy;
	size_t len;

	for (len = 1; len < f->wr.pos; len++) {
		copy = malloc(len);
		ck_assert_ptr_nonnull(copy);
		memcpy(copy, f->buf, len);
		ck_assert_int_ne(0, input_from(f, &f->server, copy, len));
		ck_assert_uint_eq(0, f->data.len);
		free(copy);
	}

	no_event(f);
	quiet(f);
}


START_TEST(every_truncation_of_every_message)
{
	const struct ua_addr peer = addr("198.51.100.7:7000");
	struct fix f;

	setup(&f);
	ck_assert_int_eq(0, ua_turn_start(f.turn, f.now_ms));
	take(&f, UA_STUN_ALLOCATE);
	granted_put(&f);
	ck_assert_int_eq(0, ua_stun_end(&f.wr, NULL, 0, true));
	every_cut(&f);
	error_begin(&f, 401);
	ua_stun_put(&f.wr, UA_STUN_REALM, REALM, strlen(REALM));
	ua_stun_put(&f.wr, UA_STUN_NONCE, "n", 1);
	ck_assert_int_eq(0, ua_stun_end(&f.wr, NULL, 0, true));
	every_cut(&f);
	grant(&f);
	event(&f, UA_TURN_READY);

	permitted(&f, "198.51.100.7:7000");
	f.msg.method = UA_STUN_DATA;
	begin(&f, UA_STUN_INDICATION);
	ua_stun_put_addr(&f.wr, UA_STUN_XOR_PEER_ADDRESS, &peer);
	ua_stun_put(&f.wr, UA_STUN_DATA_ATTR, "abc", 3);
	ck_assert_int_eq(0, ua_stun_end(&f.wr, NULL, 0, false));
	every_cut(&f);
	teardown(&f);
}
END_TEST


/* -- Permissions --------------------------------------------------------- */

static size_t peers_of(const struct fix *f)
{
	const uint8_t *p;
	size_t n = 0;

	for (p = ua_stun_attr(&f->msg, UA_STUN_XOR_PEER_ADDRESS, NULL); p;
	     p = ua_stun_attr_next(&f->msg, p, NULL))
		n++;

	return n;
}


START_TEST(permissions_are_batched_before_checks)
{
	struct ua_addr peer;
	char str[32];
	struct fix f;
	int i;

	setup(&f);

	/* 20 remotes of 9 IP addresses, known before there is a relay */
	for (i = 0; i < 20; i++) {
		(void)snprintf(str, sizeof(str), "198.51.100.%d:%d", i % 9 + 1,
			       5000 + i);
		peer = addr(str);
		ck_assert_int_eq(0, ua_turn_permit(f.turn, f.now_ms, &peer));
	}

	ck_assert_int_eq(0, ua_turn_start(f.turn, f.now_ms));
	take(&f, UA_STUN_ALLOCATE);
	ck_assert_int_eq(0, challenge(&f, 401, "n"));
	take_signed(&f, UA_STUN_ALLOCATE);
	grant(&f);
	event(&f, UA_TURN_READY);

	/* A check may follow at once. */
	send_to(&f, "198.51.100.3:5002", 20, 0);

	take_signed(&f, UA_STUN_CREATE_PERMISSION);
	ck_assert_uint_eq(8, peers_of(&f));
	grant(&f);
	take_signed(&f, UA_STUN_CREATE_PERMISSION);
	ck_assert_uint_eq(1, peers_of(&f));
	quiet(&f);
	grant(&f);

	for (i = 0; i < 9; i++)
		event(&f, UA_TURN_PERMITTED);
	no_event(&f);
	teardown(&f);
}
END_TEST


START_TEST(late_permissions_go_together_after_20_ms)
{
	const struct ua_addr a = addr("198.51.100.1:1");
	const struct ua_addr b = addr("198.51.100.2:1");
	struct fix f;

	setup_ready(&f);
	ck_assert_int_eq(0, ua_turn_permit(f.turn, f.now_ms, &a));
	quiet(&f);
	f.now_ms += 15;
	ck_assert_int_eq(0, ua_turn_permit(f.turn, f.now_ms, &b));
	ck_assert_uint_eq(f.now_ms + 5, ua_turn_deadline(f.turn));
	f.now_ms += 5;
	ua_turn_tick(f.turn, f.now_ms);
	take_signed(&f, UA_STUN_CREATE_PERMISSION);
	ck_assert_uint_eq(2, peers_of(&f));
	grant(&f);
	event_peer(&f, UA_TURN_PERMITTED, "198.51.100.1:0");
	event_peer(&f, UA_TURN_PERMITTED, "198.51.100.2:0");
	quiet(&f);

	/* Asked again, it is there already. */
	ck_assert_int_eq(0, ua_turn_permit(f.turn, f.now_ms, &a));
	run(&f, 1000);
	ck_assert_uint_eq(0, f.nsend);
	no_event(&f);
	teardown(&f);
}
END_TEST


START_TEST(batch_with_a_403_is_split)
{
	const struct ua_addr bad = addr("198.51.100.5:0");
	struct ua_addr peer;
	char str[32];
	struct fix f;
	size_t n = 0;
	int i;

	setup_ready(&f);

	for (i = 1; i <= 8; i++) {
		(void)snprintf(str, sizeof(str), "198.51.100.%d:9", i);
		peer = addr(str);
		ck_assert_int_eq(0, ua_turn_permit(f.turn, f.now_ms, &peer));
	}

	take_signed(&f, UA_STUN_CREATE_PERMISSION);
	ck_assert_uint_eq(8, peers_of(&f));
	error(&f, 403);
	no_event(&f);

	for (i = 0; i < 8; i++) {
		take_signed(&f, UA_STUN_CREATE_PERMISSION);
		ck_assert_uint_eq(1, peers_of(&f));
		ck_assert_int_eq(
			0,
			ua_stun_addr(&f.msg, UA_STUN_XOR_PEER_ADDRESS, &peer));
		if (ua_addr_eq(&peer, &bad))
			error(&f, 403);
		else
			grant(&f);
	}

	quiet(&f);
	while (ua_turn_event(f.turn, &f.ev)) {
		n++;
		if (!ua_addr_eq(&f.ev.peer, &bad)) {
			ck_assert_int_eq(UA_TURN_PERMITTED, f.ev.type);
			continue;
		}

		ck_assert_int_eq(UA_TURN_DENIED, f.ev.type);
		ck_assert_uint_eq(403, f.ev.code);
		ck_assert_int_eq(EACCES, f.ev.err);
	}
	ck_assert_uint_eq(8, n);

	send_to(&f, "198.51.100.5:9", 4, EACCES);
	send_to(&f, "198.51.100.6:9", 4, 0);
	ck_assert_int_eq(EACCES, ua_turn_permit(f.turn, f.now_ms, &bad));

	/* Seven are renewed, in one request; the eighth is not. */
	run(&f, 250000);
	ck_assert_uint_eq(1, f.nmethod[UA_STUN_CREATE_PERMISSION]);
	ck_assert_uint_eq(7, peers_of(&f));
	teardown(&f);
}
END_TEST


START_TEST(late_permission_comes_by_retransmission)
{
	const struct ua_addr peer = addr("198.51.100.5:9");
	struct fix f;

	setup_ready(&f);
	ck_assert_int_eq(0, ua_turn_permit(f.turn, f.now_ms, &peer));
	f.now_ms += 20;
	ua_turn_tick(f.turn, f.now_ms);
	take_signed(&f, UA_STUN_CREATE_PERMISSION);
	f.now_ms += 500;
	ua_turn_tick(f.turn, f.now_ms);
	take_signed(&f, UA_STUN_CREATE_PERMISSION);
	grant(&f);
	event_peer(&f, UA_TURN_PERMITTED, "198.51.100.5:0");
	teardown(&f);
}
END_TEST


START_TEST(permissions_are_renewed_each_240_s_until_forgotten)
{
	const struct ua_addr peer = addr("198.51.100.5:9");
	struct fix f;

	setup_ready(&f);
	permitted(&f, "198.51.100.5:9");
	f.nmethod[UA_STUN_CREATE_PERMISSION] = 0;
	run(&f, 660000);
	ck_assert_uint_eq(2, f.nmethod[UA_STUN_CREATE_PERMISSION]);

	ua_turn_forget(f.turn, f.now_ms, &peer);
	run(&f, 660000);
	ck_assert_uint_eq(2, f.nmethod[UA_STUN_CREATE_PERMISSION]);
	send_to(&f, "198.51.100.5:9", 4, ENOENT);
	no_event(&f);
	teardown(&f);
}
END_TEST


START_TEST(permissions_are_bounded)
{
	struct ua_addr peer = addr("198.51.100.0:9");
	struct fix f;
	int i;

	setup_ready(&f);

	for (i = 0; i < UA_PERM_MAX; i++) {
		peer.ip[3] = (uint8_t)i;
		ck_assert_int_eq(0, ua_turn_permit(f.turn, f.now_ms, &peer));
	}

	peer.ip[3] = 200;
	ck_assert_int_eq(ENOSPC, ua_turn_permit(f.turn, f.now_ms, &peer));
	run(&f, 1000);
	ck_assert_uint_eq(4, f.nmethod[UA_STUN_CREATE_PERMISSION]);

	peer.ip[3] = 3;
	ua_turn_forget(f.turn, f.now_ms, &peer);
	peer.ip[3] = 200;
	ck_assert_int_eq(0, ua_turn_permit(f.turn, f.now_ms, &peer));
	teardown(&f);
}
END_TEST


START_TEST(silent_permission_is_denied_and_refresh_tells)
{
	const struct ua_addr peer = addr("198.51.100.5:9");
	struct fix f;

	setup_ready(&f);
	ck_assert_int_eq(0, ua_turn_permit(f.turn, f.now_ms, &peer));
	f.deaf = true;
	run(&f, 20 + 39500);
	ck_assert_uint_eq(7, f.nmethod[UA_STUN_CREATE_PERMISSION]);
	event_peer(&f, UA_TURN_DENIED, "198.51.100.5:0");
	ck_assert_uint_eq(0, f.ev.code);
	ck_assert_int_eq(ETIMEDOUT, f.ev.err);
	ck_assert_uint_eq(1, f.nmethod[UA_STUN_REFRESH]);

	/* It was the path: ask again. */
	f.deaf = false;
	ck_assert_int_eq(0, ua_turn_permit(f.turn, f.now_ms, &peer));
	run(&f, 1000);
	event_peer(&f, UA_TURN_PERMITTED, "198.51.100.5:0");
	no_event(&f);
	teardown(&f);
}
END_TEST


/* -- Channels ------------------------------------------------------------ */

static const char *const PEER = "198.51.100.7:7000";


static uint16_t channel_ask(struct fix *f, const char *str)
{
	const struct ua_addr peer = addr(str);
	struct ua_addr got;
	uint32_t v = 0;

	ck_assert_int_eq(0, ua_turn_channel(f->turn, f->now_ms, &peer));
	take_signed(f, UA_STUN_CHANNEL_BIND);
	ck_assert_int_eq(0, ua_stun_u32(&f->msg, UA_STUN_CHANNEL_NUMBER, &v));
	ck_assert_int_eq(
		0, ua_stun_addr(&f->msg, UA_STUN_XOR_PEER_ADDRESS, &got));
	ck_assert(ua_addr_eq(&peer, &got));
	ck_assert_uint_ge(v >> 16, 0x4000);
	ck_assert_uint_le(v >> 16, 0x4fff);
	return (uint16_t)(v >> 16);
}


START_TEST(data_goes_by_indication_until_a_channel_is_bound)
{
	struct ua_addr peer = addr(PEER);
	struct ua_addr got;
	struct ua_stun msg;
	const uint8_t *p;
	uint16_t number;
	struct fix f;
	size_t len;

	setup_ready(&f);
	send_to(&f, PEER, 7, ENOENT);
	permitted(&f, PEER);
	number = channel_ask(&f, PEER);

	send_to(&f, PEER, 7, 0);
	ck_assert_int_eq(0, ua_stun_decode(&msg, f.out.buf, f.out.len));
	ck_assert_uint_eq(UA_STUN_INDICATION, msg.cls);
	ck_assert_uint_eq(UA_STUN_SEND, msg.method);
	ck_assert_int_eq(0,
			 ua_stun_addr(&msg, UA_STUN_XOR_PEER_ADDRESS, &got));
	ck_assert(ua_addr_eq(&peer, &got));
	p = ua_stun_attr(&msg, UA_STUN_DATA_ATTR, &len);
	ck_assert_uint_eq(7, len);
	ck_assert_mem_eq("payload", p, len);
	ck_assert(ua_addr_eq(&f.server, &f.out.path.remote));

	grant(&f);
	event_peer(&f, UA_TURN_CHANNEL, PEER);
	send_to(&f, PEER, 7, 0);
	ck_assert_uint_eq(4 + 7, f.out.len);
	ck_assert_uint_eq(number,
			  (unsigned)(f.out.buf[0] << 8 | f.out.buf[1]));
	ck_assert_uint_eq(7, (unsigned)(f.out.buf[2] << 8 | f.out.buf[3]));
	ck_assert_mem_eq("payload", f.out.buf + 4, 7);

	/* Another port of that IP has the permission, not the channel. */
	send_to(&f, "198.51.100.7:7001", 7, 0);
	ck_assert_uint_eq(0, f.out.buf[0]);

	send_to(&f, PEER, UA_DGRAM_MAX - 4, 0);
	send_to(&f, PEER, UA_DGRAM_MAX - 3, EMSGSIZE);
	send_to(&f, "198.51.100.7:7001", UA_DGRAM_MAX - UA_TURN_OVERHEAD, 0);
	send_to(&f, "198.51.100.7:7001", UA_DGRAM_MAX - 20, EMSGSIZE);
	teardown(&f);
}
END_TEST


START_TEST(payload_comes_out_in_place)
{
	const struct ua_addr peer = addr(PEER);
	const struct ua_addr stranger = addr("198.51.100.8:7000");
	uint8_t ch[] = { 0, 0, 0, 5, 'h', 'e', 'l', 'l', 'o', 0, 0, 0 };
	uint16_t number;
	struct fix f;

	setup_ready(&f);
	number = channel_ask(&f, PEER);
	grant(&f);
	event_peer(&f, UA_TURN_PERMITTED, "198.51.100.7:0");
	event_peer(&f, UA_TURN_CHANNEL, PEER);

	f.msg.method = UA_STUN_DATA;
	begin(&f, UA_STUN_INDICATION);
	ua_stun_put_addr(&f.wr, UA_STUN_XOR_PEER_ADDRESS, &peer);
	ua_stun_put(&f.wr, UA_STUN_DATA_ATTR, "abc", 3);
	f.msg.integrity = 0;
	ck_assert_int_eq(0, finish(&f));
	ck_assert_uint_eq(3, f.data.len);
	ck_assert_mem_eq("abc", f.data.buf, 3);
	ck_assert(f.data.buf > f.buf && f.data.buf < f.buf + f.wr.pos);
	ck_assert(ua_addr_eq(&peer, &f.data.peer));

	ch[0] = (uint8_t)(number >> 8);
	ch[1] = (uint8_t)number;
	ck_assert_int_eq(0, input_from(&f, &f.server, ch, sizeof(ch)));
	ck_assert_uint_eq(5, f.data.len);
	ck_assert_ptr_eq(ch + 4, f.data.buf);
	ck_assert(ua_addr_eq(&peer, &f.data.peer));

	/* too short, of nobody, from elsewhere, from a stranger */
	ck_assert_int_eq(EBADMSG, input_from(&f, &f.server, ch, 8));
	ck_assert_int_eq(EBADMSG, input_from(&f, &f.server, ch, 3));
	ch[1] ^= 1;
	ck_assert_int_eq(EACCES, input_from(&f, &f.server, ch, sizeof(ch)));
	ch[1] ^= 1;
	ck_assert_int_eq(ENOENT, input_from(&f, &peer, ch, sizeof(ch)));
	ck_assert_uint_eq(0, f.data.len);
	begin(&f, UA_STUN_INDICATION);
	ua_stun_put_addr(&f.wr, UA_STUN_XOR_PEER_ADDRESS, &stranger);
	ua_stun_put(&f.wr, UA_STUN_DATA_ATTR, "abc", 3);
	ck_assert_int_eq(EACCES, finish(&f));
	ck_assert_uint_eq(0, f.data.len);

	/* no peer, no data; but news of ICMP are no error */
	begin(&f, UA_STUN_INDICATION);
	ua_stun_put(&f.wr, UA_STUN_DATA_ATTR, "abc", 3);
	ck_assert_int_eq(EBADMSG, finish(&f));
	begin(&f, UA_STUN_INDICATION);
	ua_stun_put_addr(&f.wr, UA_STUN_XOR_PEER_ADDRESS, &peer);
	ck_assert_int_eq(EBADMSG, finish(&f));
	begin(&f, UA_STUN_INDICATION);
	ua_stun_put_addr(&f.wr, UA_STUN_XOR_PEER_ADDRESS, &peer);
	ua_stun_put_u32(&f.wr, 0x8004, 0x0303);
	ck_assert_int_eq(0, finish(&f));
	ck_assert_uint_eq(0, f.data.len);
	teardown(&f);
}
END_TEST


START_TEST(channel_refresh_renews_permission)
{
	struct fix f;

	setup_ready(&f);
	(void)channel_ask(&f, PEER);
	grant(&f);
	event(&f, UA_TURN_PERMITTED);
	event(&f, UA_TURN_CHANNEL);

	run(&f, 660000);
	ck_assert_uint_eq(2, f.nmethod[UA_STUN_CHANNEL_BIND]);
	ck_assert_uint_eq(0, f.nmethod[UA_STUN_CREATE_PERMISSION]);
	no_event(&f);
	send_to(&f, PEER, 7, 0);
	ck_assert_uint_eq(11, f.out.len);
	teardown(&f);
}
END_TEST


START_TEST(channel_number_survives_a_lost_answer)
{
	const struct ua_addr peer = addr(PEER);
	uint16_t number;
	uint32_t v = 0;
	struct fix f;

	setup_ready(&f);
	number = channel_ask(&f, PEER);

	/* The server has bound it, the answers are lost: 39.5 s. */
	f.deaf = true;
	run(&f, 39500);
	f.deaf = false;
	run(&f, 1000);
	send_to(&f, PEER, 7, 0);
	ck_assert_uint_eq(0, f.out.buf[0]);
	ck_assert_int_eq(EAGAIN, ua_turn_channel(f.turn, f.now_ms, &peer));

	run(&f, UA_CHAN_COOL_MS);
	while (ua_turn_event(f.turn, &f.ev))
		ck_assert_int_eq(UA_TURN_PERMITTED, f.ev.type);

	ck_assert_uint_eq(number, channel_ask(&f, PEER));
	ck_assert_int_eq(0, ua_stun_u32(&f.msg, UA_STUN_CHANNEL_NUMBER, &v));
	grant(&f);
	event_peer(&f, UA_TURN_CHANNEL, PEER);
	teardown(&f);
}
END_TEST


START_TEST(forgotten_channel_keeps_its_number)
{
	const struct ua_addr peer = addr(PEER);
	uint16_t number;
	struct fix f;

	setup_ready(&f);
	number = channel_ask(&f, PEER);
	grant(&f);
	ua_turn_forget(f.turn, f.now_ms, &peer);
	run(&f, 400000);
	ck_assert_uint_eq(0, f.nmethod[UA_STUN_CHANNEL_BIND]);
	ck_assert_uint_eq(number, channel_ask(&f, PEER));
	teardown(&f);
}
END_TEST


START_TEST(channel_slots_go_to_others_after_15_min)
{
	struct ua_addr peer = addr("198.51.100.0:9");
	uint16_t first;
	struct fix f;
	char str[32];
	int i;

	setup_ready(&f);
	first = channel_ask(&f, "198.51.100.0:9");
	grant(&f);

	for (i = 1; i < UA_CHAN_MAX; i++) {
		(void)snprintf(str, sizeof(str), "198.51.100.%d:9", i);
		ck_assert_uint_eq(first + (unsigned)i, channel_ask(&f, str));
		grant(&f);
	}

	ua_turn_forget(f.turn, f.now_ms, &peer);
	peer = addr("198.51.100.99:9");
	ck_assert_int_eq(ENOSPC, ua_turn_channel(f.turn, f.now_ms, &peer));
	run(&f, UA_CHAN_REUSE_MS);
	while (ua_turn_event(f.turn, &f.ev))
		;

	/* A new peer never gets an old number. */
	ck_assert_uint_eq(first + UA_CHAN_MAX,
			  channel_ask(&f, "198.51.100.99:9"));
	teardown(&f);
}
END_TEST


START_TEST(channel_refused_for_the_peer_denies_it)
{
	struct fix f;

	setup_ready(&f);
	(void)channel_ask(&f, PEER);
	error(&f, 403);
	event_peer(&f, UA_TURN_DENIED, "198.51.100.7:0");
	ck_assert_uint_eq(403, f.ev.code);
	no_event(&f);
	send_to(&f, PEER, 7, EACCES);

	/* nobody else is touched */
	permitted(&f, "198.51.100.8:1");
	teardown(&f);
}
END_TEST


/* -- Refresh, loss ------------------------------------------------------- */

START_TEST(refresh_comes_a_minute_early)
{
	uint64_t wait;
	struct fix f;
	int i;

	setup_ready(&f);

	for (i = 0; i < 50; i++) {
		wait = ua_turn_deadline(f.turn) - f.now_ms;
		ck_assert_uint_ge(wait, 525000);
		ck_assert_uint_le(wait, 540000);
		f.now_ms += wait;
		ua_turn_tick(f.turn, f.now_ms);
		take_signed(&f, UA_STUN_REFRESH);
		grant(&f);
	}

	/* The server shortens it. */
	f.now_ms = ua_turn_deadline(f.turn);
	ua_turn_tick(f.turn, f.now_ms);
	take_signed(&f, UA_STUN_REFRESH);
	f.lifetime_s = 60;
	grant(&f);
	ck_assert_uint_eq(f.now_ms + 30000, ua_turn_deadline(f.turn));
	teardown(&f);
}
END_TEST


/* _i: 0: 437 to Refresh; 1: 400 to ChannelBind and 437 to Refresh */
START_TEST(mismatch_on_refresh_means_lost)
{
	const struct ua_addr peer = addr(PEER);
	struct fix f;

	setup_ready(&f);
	permitted(&f, PEER);

	if (_i) {
		(void)channel_ask(&f, PEER);
		error(&f, 400);
		no_event(&f);
	}
	else {
		f.now_ms = ua_turn_deadline(f.turn);
		f.now_ms += 600000;
		ua_turn_tick(f.turn, f.now_ms);
	}

	take_signed(&f, UA_STUN_REFRESH);
	error(&f, 437);
	event(&f, UA_TURN_LOST);
	no_event(&f);
	ck_assert_uint_eq(UA_AF_NONE, ua_turn_relayed(f.turn)->af);
	send_to(&f, PEER, 7, ENOTCONN);
	ck_assert_int_eq(ENOTCONN, ua_turn_channel(f.turn, f.now_ms, &peer));

	/* At once, with what is known of realm and nonce. */
	take_signed(&f, UA_STUN_ALLOCATE);
	grant(&f);
	event(&f, UA_TURN_READY);
	take_signed(&f, UA_STUN_CREATE_PERMISSION);
	grant(&f);
	event_peer(&f, UA_TURN_PERMITTED, "198.51.100.7:0");
	quiet(&f);
	teardown(&f);
}
END_TEST


START_TEST(mismatch_on_permission_means_lost)
{
	const struct ua_addr peer = addr(PEER);
	struct fix f;

	setup_ready(&f);
	ck_assert_int_eq(0, ua_turn_permit(f.turn, f.now_ms, &peer));
	f.now_ms += 20;
	ua_turn_tick(f.turn, f.now_ms);
	take_signed(&f, UA_STUN_CREATE_PERMISSION);
	error(&f, 437);
	event(&f, UA_TURN_LOST);
	take_signed(&f, UA_STUN_ALLOCATE);
	teardown(&f);
}
END_TEST


START_TEST(lost_relay_is_asked_for_after_0_1_4_16_s)
{
	static const uint64_t pause[] = { 0, 1000, 4000, 16000 };
	struct fix f;
	size_t i;

	setup_ready(&f);
	f.now_ms = ua_turn_deadline(f.turn);
	ua_turn_tick(f.turn, f.now_ms);
	take_signed(&f, UA_STUN_REFRESH);
	error(&f, 437);
	event(&f, UA_TURN_LOST);

	f.deaf = true;
	for (i = 0; i < 4; i++) {
		if (pause[i]) {
			quiet(&f);
			ck_assert_uint_eq(f.now_ms + pause[i],
					  ua_turn_deadline(f.turn));
			f.now_ms += pause[i] - 1;
			ua_turn_tick(f.turn, f.now_ms);
			quiet(&f);
			++f.now_ms;
			ua_turn_tick(f.turn, f.now_ms);
		}
		else {
			take_signed(&f, UA_STUN_ALLOCATE);
		}

		no_event(&f);
		run(&f, 7500);
	}

	dead(&f, 0, ETIMEDOUT);
	teardown(&f);
}
END_TEST


START_TEST(refresh_without_answer_means_lost)
{
	struct fix f;

	setup_ready(&f);
	f.deaf = true;
	run(&f, 600000);
	ck_assert_uint_eq(7, f.nmethod[UA_STUN_REFRESH]);
	event(&f, UA_TURN_LOST);
	f.deaf = false;
	run(&f, 30000);
	event(&f, UA_TURN_READY);
	teardown(&f);
}
END_TEST


START_TEST(quota_ends_a_ready_relay_too)
{
	struct fix f;

	setup_ready(&f);
	f.now_ms = ua_turn_deadline(f.turn);
	ua_turn_tick(f.turn, f.now_ms);
	take_signed(&f, UA_STUN_REFRESH);
	error(&f, 486);
	dead(&f, 486, EPROTO);
	teardown(&f);
}
END_TEST


START_TEST(stale_nonce_hits_all_requests_under_way)
{
	const struct ua_addr a = addr("198.51.100.1:1");
	uint8_t tids[2][UA_STUN_TID_LEN];
	struct fix f;

	setup_ready(&f);
	ck_assert_int_eq(0, ua_turn_permit(f.turn, f.now_ms, &a));
	f.now_ms += 20;
	ua_turn_tick(f.turn, f.now_ms);
	take_signed(&f, UA_STUN_CREATE_PERMISSION);
	memcpy(tids[0], f.msg.tid, sizeof(tids[0]));
	(void)channel_ask(&f, PEER);
	memcpy(tids[1], f.msg.tid, sizeof(tids[1]));

	ck_assert_int_eq(0, challenge(&f, 438, "new"));
	take_signed(&f, UA_STUN_CHANNEL_BIND);
	ck_assert_mem_ne(tids[1], f.msg.tid, sizeof(tids[1]));
	grant(&f);
	event(&f, UA_TURN_PERMITTED);
	event(&f, UA_TURN_CHANNEL);

	f.msg.method = UA_STUN_CREATE_PERMISSION;
	f.msg.tid = tids[0];
	ck_assert_int_eq(0, challenge(&f, 438, "new"));
	take_signed(&f, UA_STUN_CREATE_PERMISSION);
	grant(&f);
	event(&f, UA_TURN_PERMITTED);
	quiet(&f);
	teardown(&f);
}
END_TEST


/* -- World --------------------------------------------------------------- */

START_TEST(unreachable_server_ends_gathering_early)
{
	struct fix f;

	setup(&f);
	ck_assert_int_eq(0, ua_turn_start(f.turn, f.now_ms));
	take(&f, UA_STUN_ALLOCATE);
	ua_turn_error(f.turn, f.now_ms, EPERM);
	ua_turn_error(f.turn, f.now_ms, EAGAIN);
	ua_turn_error(f.turn, f.now_ms, ECONNREFUSED);
	no_event(&f);
	f.now_ms += 500;
	ua_turn_tick(f.turn, f.now_ms);
	take(&f, UA_STUN_ALLOCATE);
	ua_turn_error(f.turn, f.now_ms, ECONNREFUSED);
	dead(&f, 0, ECONNREFUSED);
	ua_turn_error(f.turn, f.now_ms, ECONNREFUSED);
	no_event(&f);
	teardown(&f);
}
END_TEST


START_TEST(server_restart_in_call)
{
	struct fix f;
	int i;

	setup_ready(&f);

	/* Killed: every packet of media brings an ICMP. */
	for (i = 0; i < 24; i++) {
		ua_turn_error(f.turn, f.now_ms, ECONNREFUSED);
		no_event(&f);
		if (!i)
			take_signed(&f, UA_STUN_REFRESH);
		f.now_ms += 20;
	}

	f.now_ms += 20;
	ua_turn_tick(f.turn, f.now_ms);
	take_signed(&f, UA_STUN_REFRESH);
	ua_turn_error(f.turn, f.now_ms, ECONNREFUSED);
	ua_turn_error(f.turn, f.now_ms, ECONNREFUSED);
	event(&f, UA_TURN_LOST);
	ck_assert_uint_le(f.now_ms, T0 + 1000);

	/* Back within the pauses, without memory of us */
	f.deaf = true;
	run(&f, 4000);
	f.deaf = false;
	while (!ua_turn_output(f.turn, f.now_ms, &f.dg)) {
		f.now_ms = ua_turn_deadline(f.turn);
		ua_turn_tick(f.turn, f.now_ms);
	}
	ck_assert_int_eq(0, ua_stun_decode(&f.msg, f.dg.buf, f.dg.len));
	ck_assert_int_eq(0, challenge(&f, 401, "fresh"));
	take_signed(&f, UA_STUN_ALLOCATE);
	grant(&f);
	event(&f, UA_TURN_READY);
	teardown(&f);
}
END_TEST


START_TEST(one_icmp_is_only_a_question)
{
	struct fix f;

	setup_ready(&f);
	ua_turn_error(f.turn, f.now_ms, EHOSTUNREACH);
	take_signed(&f, UA_STUN_REFRESH);
	grant(&f);
	no_event(&f);
	quiet(&f);
	teardown(&f);
}
END_TEST


/* -- Close --------------------------------------------------------------- */

static void refresh_is_zero(const struct fix *f)
{
	uint32_t v = 1;

	ck_assert_int_eq(0, ua_stun_u32(&f->msg, UA_STUN_LIFETIME, &v));
	ck_assert_uint_eq(0, v);
}


static void closed(struct fix *f)
{
	event(f, UA_TURN_CLOSED);
	no_event(f);
	quiet(f);
	ck_assert_uint_eq(UA_NEVER, ua_turn_deadline(f->turn));
}


/* _i: 0 success, 437 or 403 are as good, 438 first */
START_TEST(dealloc_outlives_the_call)
{
	static const uint16_t codes[] = { 0, 437, 403, 438 };
	const struct ua_addr peer = addr(PEER);
	struct fix f;

	setup_ready(&f);
	permitted(&f, PEER);
	ua_turn_close(f.turn, f.now_ms);
	ua_turn_close(f.turn, f.now_ms);
	take_signed(&f, UA_STUN_REFRESH);
	refresh_is_zero(&f);
	quiet(&f);
	no_event(&f);
	ck_assert_int_eq(ENOTCONN, ua_turn_permit(f.turn, f.now_ms, &peer));

	if (codes[_i] == 438) {
		ck_assert_int_eq(0, challenge(&f, 438, "new"));
		take_signed(&f, UA_STUN_REFRESH);
		refresh_is_zero(&f);
		grant(&f);
	}
	else if (codes[_i]) {
		error(&f, codes[_i]);
	}
	else {
		grant(&f);
	}

	closed(&f);
	teardown(&f);
}
END_TEST


START_TEST(close_takes_three_sends_and_5_s_at_most)
{
	struct fix f;

	setup_ready(&f);
	ua_turn_close(f.turn, f.now_ms);
	f.deaf = true;
	run(&f, 5000);
	ck_assert_uint_eq(3, f.nmethod[UA_STUN_REFRESH]);
	closed(&f);
	teardown(&f);

	/* a nonce that is always stale */
	setup_ready(&f);
	ua_turn_close(f.turn, f.now_ms);
	f.error = 438;
	run(&f, 5000);
	ck_assert_uint_eq(2, f.nmethod[UA_STUN_REFRESH]);
	closed(&f);
	teardown(&f);

	/* challenged late, then silence */
	setup_ready(&f);
	ua_turn_close(f.turn, f.now_ms);
	f.now_ms += 3000;
	ua_turn_tick(f.turn, f.now_ms);
	take_signed(&f, UA_STUN_REFRESH);
	ck_assert_int_eq(0, challenge(&f, 438, "new"));
	f.deaf = true;
	run(&f, 2000);
	closed(&f);
	teardown(&f);
}
END_TEST


START_TEST(close_while_allocating_frees_what_may_be_there)
{
	struct fix f;

	setup(&f);
	ck_assert_int_eq(0, ua_turn_start(f.turn, f.now_ms));
	take(&f, UA_STUN_ALLOCATE);
	ck_assert_int_eq(0, challenge(&f, 401, "n"));
	take_signed(&f, UA_STUN_ALLOCATE);
	ua_turn_close(f.turn, f.now_ms);

	/* the late answer is nobody's now */
	granted_put(&f);
	ck_assert_int_eq(ENOENT, finish(&f));

	take_signed(&f, UA_STUN_REFRESH);
	refresh_is_zero(&f);
	grant(&f);
	closed(&f);
	teardown(&f);
}
END_TEST


START_TEST(close_of_an_idle_or_dead_client_is_immediate)
{
	struct fix f;

	setup(&f);
	ua_turn_close(f.turn, f.now_ms);
	closed(&f);
	teardown(&f);

	setup(&f);
	ck_assert_int_eq(0, ua_turn_start(f.turn, f.now_ms));
	take(&f, UA_STUN_ALLOCATE);
	error(&f, 486);
	ua_turn_close(f.turn, f.now_ms);
	closed(&f);
	teardown(&f);
}
END_TEST


/* -- Bounds -------------------------------------------------------------- */

START_TEST(longest_credentials_work)
{
	struct ua_turn_conf conf = conf_default();
	char user[UA_CRED_USER_MAX + 2];
	char realm[UA_CRED_REALM_MAX + 1];
	uint8_t key[16];
	struct fix f;
	int i;

	memset(user, 'u', sizeof(user));
	memset(realm, 'r', sizeof(realm));
	user[UA_CRED_USER_MAX] = '\0';
	realm[UA_CRED_REALM_MAX] = '\0';
	conf.user = user;
	setup_conf(&f, &conf);
	ck_assert_int_eq(0, ua_turn_start(f.turn, f.now_ms));
	take(&f, UA_STUN_ALLOCATE);

	error_begin(&f, 401);
	ua_stun_put(&f.wr, UA_STUN_REALM, realm, UA_CRED_REALM_MAX);
	ua_stun_put(&f.wr, UA_STUN_NONCE, "n", 1);
	ck_assert_int_eq(0, finish(&f));
	ck_assert_int_eq(0, ua_stun_key(key, user, realm, PASSWORD));
	take(&f, UA_STUN_ALLOCATE);
	ck_assert_int_eq(0, ua_stun_check(&f.msg, key, sizeof(key)));

	/* One byte more is no challenge; all at their longest do not fit. */
	memcpy(f.key, key, sizeof(key));
	begin(&f, UA_STUN_ERROR);
	ua_stun_put_error(&f.wr, 438, "x");
	ua_stun_put(&f.wr, UA_STUN_NONCE, realm, UA_CRED_NONCE_MAX + 1);
	ck_assert_int_eq(EBADMSG, finish(&f));
	begin(&f, UA_STUN_ERROR);
	ua_stun_put_error(&f.wr, 438, "x");
	ua_stun_put(&f.wr, UA_STUN_NONCE, realm, UA_CRED_NONCE_MAX);
	ck_assert_int_eq(0, finish(&f));
	dead(&f, 438, EMSGSIZE);
	teardown(&f);

	user[UA_CRED_USER_MAX] = 'u';
	user[UA_CRED_USER_MAX + 1] = '\0';
	for (i = 0; i < 2; i++) {
		ck_assert_int_eq(EINVAL, ua_turn_alloc(&f.turn, &conf));
		conf.user = USER;
		conf.password = NULL;
	}
}
END_TEST


START_TEST(credentials_are_not_printed)
{
	char str[512];
	struct fix f;

	setup_ready(&f);
	ck_assert_int_gt(
		re_snprintf(str, sizeof(str), "%H", ua_turn_print, f.turn), 0);
	ck_assert_ptr_nonnull(strstr(str, "READY"));
	ck_assert_ptr_nonnull(strstr(str, "192.0.2.1:50000"));
	ck_assert_ptr_nonnull(strstr(str, "password=(hidden)"));
	ck_assert_ptr_null(strstr(str, PASSWORD "\""));
	ck_assert_ptr_null(strstr(str, "=" PASSWORD));
	ck_assert_ptr_null(strstr(str, "=" USER " "));
	teardown(&f);
}
END_TEST


/* _i walks every (state, event): a refused move must leave no trace. */
START_TEST(refused_permission_move_changes_nothing)
{
	const uint8_t from = (uint8_t)(1 + _i / UA_PERM_NEVENT);
	struct ua_perm perm = { .state = from, .code = 7, .granted = true };
	const struct ua_perm before = perm;

	if (ua_perm_step(&perm, (enum ua_perm_ev)(_i % UA_PERM_NEVENT)) ==
	    EPROTO)
		ck_assert_mem_eq(&before, &perm, sizeof(perm));
	else
		ck_assert_uint_ne(UA_PERM_NONE, perm.state);
}
END_TEST


START_TEST(refused_channel_move_changes_nothing)
{
	const uint8_t from = (uint8_t)(1 + _i / UA_CHAN_NEVENT);
	struct ua_chan chan = { .state = from, .number = 7, .tell = true };
	const struct ua_chan before = chan;

	if (ua_chan_step(&chan, (enum ua_chan_ev)(_i % UA_CHAN_NEVENT)) ==
	    EPROTO)
		ck_assert_mem_eq(&before, &chan, sizeof(chan));
	else
		ck_assert_uint_ne(UA_CHAN_NONE, chan.state);
}
END_TEST


static int alloc_and_free(void *arg)
{
	const struct ua_turn_conf *conf = arg;
	struct ua_turn *turn;
	const int err = ua_turn_alloc(&turn, conf);

	if (!err)
		mem_deref(turn);

	return err;
}


START_TEST(no_memory_for_a_client)
{
	struct ua_turn_conf conf = conf_default();

	rnd.fill = fill;
	ua_oom_walk(alloc_and_free, &conf);
}
END_TEST


/* Memory runs out in the middle, and comes back: nothing hangs. */
START_TEST(no_memory_for_a_while_is_a_lost_packet)
{
	struct fix f;
	bool sent;
	int err;

	if (!ua_oom_works())
		return;

	setup_ready(&f);
	f.now_ms = ua_turn_deadline(f.turn);
	ua_turn_tick(f.turn, f.now_ms);
	ua_oom_limit(0);
	sent = ua_turn_output(f.turn, f.now_ms, &f.dg);
	ua_oom_limit(-1);
	ck_assert(!sent);

	f.now_ms += 500;
	ua_turn_tick(f.turn, f.now_ms);
	take_signed(&f, UA_STUN_REFRESH);
	granted_put(&f);
	ck_assert_int_eq(0, ua_stun_end(&f.wr, f.key, sizeof(f.key), true));
	ua_oom_limit(0);
	err = input_from(&f, &f.server, f.buf, f.wr.pos);
	ua_oom_limit(-1);
	ck_assert_int_eq(ENOMEM, err);
	ck_assert_int_eq(0, input_from(&f, &f.server, f.buf, f.wr.pos));
	no_event(&f);
	teardown(&f);
}
END_TEST


Suite *ua_suite_turn(void)
{
	Suite *s = suite_create("turn");
	TCase *tc = tcase_create("turn");

	tcase_add_test(tc, allocation_takes_two_round_trips);
	tcase_add_test(tc, server_without_authentication_is_used);
	tcase_add_test(tc, allocate_gives_up_after_four_sends);
	tcase_add_test(tc, allocate_retransmission_keeps_its_id);
	tcase_add_test(tc, wrong_password_asks_once);
	tcase_add_test(tc, no_credentials_no_second_request);
	tcase_add_test(tc, stale_nonce_forever_ends);
	tcase_add_test(tc, stale_nonce_once_an_hour_is_survived);
	tcase_add_test(tc, mismatch_on_allocate_is_reclaimed);
	tcase_add_loop_test(
		tc, five_tuple_that_cannot_be_reclaimed_wants_a_new_socket, 0,
		4);
	tcase_add_loop_test(tc, refused_allocate_uses_the_other_server, 0,
			    (int)(sizeof(fatal) / sizeof(fatal[0])));
	tcase_add_test(tc, server_error_is_tried_again_twice);
	tcase_add_test(tc, alternate_server_is_followed);
	tcase_add_test(tc, alternate_server_loop_ends);
	tcase_add_test(tc, alternate_servers_are_three_at_most);
	tcase_add_test(tc, alternate_server_of_the_other_family_is_refused);
	tcase_add_loop_test(tc, two_families_in_one_request, 0, 4);
	tcase_add_test(tc, ipv6_relay_is_asked_for);
	tcase_add_test(tc, answers_from_elsewhere_are_ignored);
	tcase_add_test(tc, answers_to_others_are_left_alone);
	tcase_add_test(tc, forged_answers_are_refused);
	tcase_add_test(tc, bid_down_is_ignored);
	tcase_add_loop_test(tc, useless_grants_are_refused, 0, 5);
	tcase_add_test(tc, every_truncation_of_every_message);
	tcase_add_test(tc, permissions_are_batched_before_checks);
	tcase_add_test(tc, late_permissions_go_together_after_20_ms);
	tcase_add_test(tc, batch_with_a_403_is_split);
	tcase_add_test(tc, late_permission_comes_by_retransmission);
	tcase_add_test(tc, permissions_are_renewed_each_240_s_until_forgotten);
	tcase_add_test(tc, permissions_are_bounded);
	tcase_add_test(tc, silent_permission_is_denied_and_refresh_tells);
	tcase_add_test(tc, data_goes_by_indication_until_a_channel_is_bound);
	tcase_add_test(tc, payload_comes_out_in_place);
	tcase_add_test(tc, channel_refresh_renews_permission);
	tcase_add_test(tc, channel_number_survives_a_lost_answer);
	tcase_add_test(tc, forgotten_channel_keeps_its_number);
	tcase_add_test(tc, channel_slots_go_to_others_after_15_min);
	tcase_add_test(tc, channel_refused_for_the_peer_denies_it);
	tcase_add_test(tc, refresh_comes_a_minute_early);
	tcase_add_loop_test(tc, mismatch_on_refresh_means_lost, 0, 2);
	tcase_add_test(tc, mismatch_on_permission_means_lost);
	tcase_add_test(tc, lost_relay_is_asked_for_after_0_1_4_16_s);
	tcase_add_test(tc, refresh_without_answer_means_lost);
	tcase_add_test(tc, quota_ends_a_ready_relay_too);
	tcase_add_test(tc, stale_nonce_hits_all_requests_under_way);
	tcase_add_test(tc, unreachable_server_ends_gathering_early);
	tcase_add_test(tc, server_restart_in_call);
	tcase_add_test(tc, one_icmp_is_only_a_question);
	tcase_add_loop_test(tc, dealloc_outlives_the_call, 0, 4);
	tcase_add_test(tc, close_takes_three_sends_and_5_s_at_most);
	tcase_add_test(tc, close_while_allocating_frees_what_may_be_there);
	tcase_add_test(tc, close_of_an_idle_or_dead_client_is_immediate);
	tcase_add_test(tc, longest_credentials_work);
	tcase_add_test(tc, credentials_are_not_printed);
	tcase_add_loop_test(tc, refused_permission_move_changes_nothing, 0,
			    (UA_PERM_NSTATE - 1) * UA_PERM_NEVENT);
	tcase_add_loop_test(tc, refused_channel_move_changes_nothing, 0,
			    (UA_CHAN_NSTATE - 1) * UA_CHAN_NEVENT);
	tcase_add_test(tc, no_memory_for_a_client);
	tcase_add_test(tc, no_memory_for_a_while_is_a_lost_packet);
	suite_add_tcase(s, tc);

	return s;
}
