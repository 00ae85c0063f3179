/* SPDX-License-Identifier: BSD-3-Clause */
/** @file test_bind.c  STUN Binding client, in virtual time */

#include <check.h>
#include <errno.h>
#include <string.h>

#include "base/re_compat.h"
#include "base/wr.h"
#include "stun/bind.h"
#include "oom.h"

enum { T0 = 5000 };

Suite *ua_suite_bind(void);

struct fix {
	struct ua_bind *bind;
	uint64_t now_ms;
	uint8_t seed;
	struct ua_addr server;
	struct ua_dgram dg;
	struct ua_stun msg;
	uint8_t buf[256];
	struct ua_wr wr;
	struct ua_bind_event ev;
	struct ua_rand rnd;
};


static void fill(uint8_t *buf, size_t len, void *arg)
{
	struct fix *f = arg;

	memset(buf, ++f->seed, len);
}


static struct ua_addr addr(const char *str)
{
	struct ua_addr a;

	ck_assert_int_eq(0, ua_addr_decode(&a, str));
	return a;
}


static void setup(struct fix *f)
{
	struct ua_bind_conf conf = { .rand = &f->rnd };

	memset(f, 0, sizeof(*f));
	f->now_ms = T0;
	f->rnd = (struct ua_rand){ .fill = fill, .arg = f };
	f->server = addr("192.0.2.1:3478");
	conf.server = f->server;
	ck_assert_int_eq(0, ua_bind_alloc(&f->bind, &conf));
}


static void take(struct fix *f)
{
	ck_assert(ua_bind_output(f->bind, f->now_ms, &f->dg));
	ck_assert(ua_addr_eq(&f->server, &f->dg.path.remote));
	ck_assert_int_eq(0, ua_stun_decode(&f->msg, f->dg.buf, f->dg.len));
	ck_assert_uint_eq(UA_STUN_REQUEST, f->msg.cls);
	ck_assert_uint_eq(UA_STUN_BINDING, f->msg.method);
	ck_assert(f->msg.fingerprint);
	ck_assert(!ua_bind_output(f->bind, f->now_ms, &f->dg));
}


static void put(struct fix *f, uint16_t type, const char *mapped)
{
	const struct ua_addr a = addr(mapped);

	ua_wr_init(&f->wr, f->buf, sizeof(f->buf));
	ua_stun_begin(&f->wr, UA_STUN_SUCCESS, UA_STUN_BINDING, f->msg.tid);
	ua_stun_put_addr(&f->wr, type, &a);
	ck_assert_int_eq(0, ua_stun_end(&f->wr, NULL, 0, true));
}


static int input(struct fix *f, const struct ua_addr *src)
{
	return ua_bind_input(f->bind, f->now_ms, src, f->buf, f->wr.pos);
}


static void answer(struct fix *f, const char *mapped)
{
	put(f, UA_STUN_XOR_MAPPED_ADDRESS, mapped);
	ck_assert_int_eq(0, input(f, &f->server));
}


static void no_event(struct fix *f)
{
	ck_assert(!ua_bind_event(f->bind, &f->ev));
}


static void mapped(struct fix *f, const char *str)
{
	const struct ua_addr a = addr(str);

	ck_assert(ua_bind_event(f->bind, &f->ev));
	ck_assert_int_eq(UA_BIND_MAPPED, f->ev.type);
	ck_assert(ua_addr_eq(&a, &f->ev.mapped));
	no_event(f);
}


static void failed(struct fix *f, uint16_t code, int err)
{
	ck_assert(ua_bind_event(f->bind, &f->ev));
	ck_assert_int_eq(UA_BIND_FAILED, f->ev.type);
	ck_assert_uint_eq(code, f->ev.code);
	ck_assert_int_eq(err, f->ev.err);
	no_event(f);
}


static void step(struct fix *f)
{
	f->now_ms = ua_bind_deadline(f->bind);
	ck_assert_uint_ne(UA_NEVER, f->now_ms);
	ua_bind_tick(f->bind, f->now_ms);
}


START_TEST(mapping_is_told)
{
	struct fix f;

	setup(&f);
	ck_assert_uint_eq(UA_NEVER, ua_bind_deadline(f.bind));
	ck_assert(!ua_bind_output(f.bind, f.now_ms, &f.dg));
	ua_bind_start(f.bind, f.now_ms);
	take(&f);
	answer(&f, "203.0.113.9:1234");
	mapped(&f, "203.0.113.9:1234");
	ck_assert_uint_eq(UA_NEVER, ua_bind_deadline(f.bind));

	/* a duplicate is nobody's */
	ck_assert_int_eq(ENOENT, input(&f, &f.server));
	mem_deref(f.bind);
}
END_TEST


START_TEST(old_servers_are_understood)
{
	struct fix f;

	setup(&f);
	ua_bind_start(f.bind, f.now_ms);
	take(&f);
	put(&f, UA_STUN_MAPPED_ADDRESS, "203.0.113.9:1234");
	ck_assert_int_eq(0, input(&f, &f.server));
	mapped(&f, "203.0.113.9:1234");
	mem_deref(f.bind);
}
END_TEST


START_TEST(answer_from_elsewhere_is_ignored)
{
	const struct ua_addr other = addr("192.0.2.2:3478");
	const struct ua_addr port = addr("192.0.2.1:3479");
	struct fix f;

	setup(&f);
	ua_bind_start(f.bind, f.now_ms);
	take(&f);
	put(&f, UA_STUN_XOR_MAPPED_ADDRESS, "203.0.113.66:6666");
	ck_assert_int_eq(ENOENT, input(&f, &other));
	ck_assert_int_eq(ENOENT, input(&f, &port));
	f.buf[8] ^= 1;
	ck_assert_int_eq(EBADMSG, input(&f, &f.server));
	no_event(&f);
	answer(&f, "203.0.113.9:1234");
	mapped(&f, "203.0.113.9:1234");
	mem_deref(f.bind);
}
END_TEST


START_TEST(useless_mapping_is_refused)
{
	static const char *const bad[] = { "0.0.0.0:1", "203.0.113.9:0",
					   "224.0.0.1:1" };
	struct fix f;
	size_t i;

	setup(&f);
	ua_bind_start(f.bind, f.now_ms);
	take(&f);

	for (i = 0; i < 3; i++) {
		put(&f, UA_STUN_XOR_MAPPED_ADDRESS, bad[i]);
		ck_assert_int_eq(EBADMSG, input(&f, &f.server));
	}

	put(&f, UA_STUN_ALTERNATE_SERVER, "203.0.113.9:1234");
	ck_assert_int_eq(EBADMSG, input(&f, &f.server));
	no_event(&f);
	ck_assert_uint_eq(T0 + 500, ua_bind_deadline(f.bind));
	mem_deref(f.bind);
}
END_TEST


START_TEST(gives_up_after_four_sends)
{
	struct fix f;
	int i;

	setup(&f);
	ua_bind_start(f.bind, f.now_ms);

	for (i = 0; i < UA_BIND_SENDS; i++) {
		take(&f);
		no_event(&f);
		step(&f);
	}

	ck_assert_uint_eq(T0 + 7500, f.now_ms);
	failed(&f, 0, ETIMEDOUT);
	ck_assert_uint_eq(UA_NEVER, ua_bind_deadline(f.bind));

	/* and may be asked again */
	ua_bind_start(f.bind, f.now_ms);
	take(&f);
	answer(&f, "203.0.113.9:1234");
	mapped(&f, "203.0.113.9:1234");
	mem_deref(f.bind);
}
END_TEST


START_TEST(error_answer_fails_with_its_code)
{
	struct fix f;

	setup(&f);
	ua_bind_start(f.bind, f.now_ms);
	take(&f);
	ua_wr_init(&f.wr, f.buf, sizeof(f.buf));
	ua_stun_begin(&f.wr, UA_STUN_ERROR, UA_STUN_BINDING, f.msg.tid);
	ck_assert_int_eq(0, ua_stun_end(&f.wr, NULL, 0, true));
	ck_assert_int_eq(EBADMSG, input(&f, &f.server));
	no_event(&f);

	ua_wr_init(&f.wr, f.buf, sizeof(f.buf));
	ua_stun_begin(&f.wr, UA_STUN_ERROR, UA_STUN_BINDING, f.msg.tid);
	ua_stun_put_error(&f.wr, 401, "Unauthenticated");
	ck_assert_int_eq(0, ua_stun_end(&f.wr, NULL, 0, true));
	ck_assert_int_eq(0, input(&f, &f.server));
	failed(&f, 401, EPROTO);
	mem_deref(f.bind);
}
END_TEST


START_TEST(mapping_is_kept_each_15_s)
{
	struct fix f;
	int i;

	setup(&f);
	ua_bind_start(f.bind, f.now_ms);
	ua_bind_keep(f.bind, f.now_ms, true);
	take(&f);
	answer(&f, "203.0.113.9:1234");
	mapped(&f, "203.0.113.9:1234");

	for (i = 1; i <= 4; i++) {
		step(&f);
		ck_assert_uint_eq(T0 + (unsigned)i * UA_BIND_KEEP_MS,
				  f.now_ms);
		take(&f);
		answer(&f, "203.0.113.9:1234");
		no_event(&f);
	}

	/* the NAT was restarted */
	step(&f);
	take(&f);
	answer(&f, "203.0.113.9:4321");
	mapped(&f, "203.0.113.9:4321");

	ua_bind_keep(f.bind, f.now_ms, false);
	ck_assert_uint_eq(UA_NEVER, ua_bind_deadline(f.bind));
	mem_deref(f.bind);
}
END_TEST


START_TEST(silent_keepalive_is_told_once_and_goes_on)
{
	struct fix f;
	int i;

	setup(&f);
	ua_bind_start(f.bind, f.now_ms);
	ua_bind_keep(f.bind, f.now_ms, true);
	take(&f);
	answer(&f, "203.0.113.9:1234");
	mapped(&f, "203.0.113.9:1234");

	while (!ua_bind_event(f.bind, &f.ev)) {
		step(&f);
		(void)ua_bind_output(f.bind, f.now_ms, &f.dg);
	}
	ck_assert_int_eq(UA_BIND_FAILED, f.ev.type);
	ck_assert_int_eq(ETIMEDOUT, f.ev.err);
	ck_assert_uint_eq(T0 + UA_BIND_KEEP_MS + 7500, f.now_ms);

	for (i = 0; i < 20; i++) {
		step(&f);
		(void)ua_bind_output(f.bind, f.now_ms, &f.dg);
		no_event(&f);
	}

	while (!ua_bind_output(f.bind, f.now_ms, &f.dg))
		step(&f);
	ck_assert_int_eq(0, ua_stun_decode(&f.msg, f.dg.buf, f.dg.len));
	answer(&f, "203.0.113.9:1234");
	mapped(&f, "203.0.113.9:1234");
	mem_deref(f.bind);
}
END_TEST


START_TEST(unreachable_server_fails_early)
{
	struct fix f;

	setup(&f);
	ua_bind_error(f.bind, f.now_ms, ECONNREFUSED);
	ua_bind_start(f.bind, f.now_ms);
	take(&f);
	ua_bind_error(f.bind, f.now_ms, EAGAIN);
	ua_bind_error(f.bind, f.now_ms, EPERM);
	ua_bind_error(f.bind, f.now_ms, ECONNREFUSED);
	no_event(&f);
	step(&f);
	take(&f);
	ua_bind_error(f.bind, f.now_ms, ECONNREFUSED);
	failed(&f, 0, ECONNREFUSED);
	ck_assert_uint_eq(UA_NEVER, ua_bind_deadline(f.bind));
	mem_deref(f.bind);
}
END_TEST


static int alloc_and_free(void *arg)
{
	struct ua_bind *bind;
	const int err = ua_bind_alloc(&bind, arg);

	if (!err)
		mem_deref(bind);

	return err;
}


START_TEST(no_memory_for_a_client)
{
	struct ua_rand rnd = { .fill = fill };
	struct ua_bind_conf conf = { .server = addr("192.0.2.1:3478") };

	ck_assert_int_eq(EINVAL, alloc_and_free(&conf));
	conf.rand = &rnd;
	ua_oom_walk(alloc_and_free, &conf);
}
END_TEST


Suite *ua_suite_bind(void)
{
	Suite *s = suite_create("bind");
	TCase *tc = tcase_create("bind");

	tcase_add_test(tc, mapping_is_told);
	tcase_add_test(tc, old_servers_are_understood);
	tcase_add_test(tc, answer_from_elsewhere_is_ignored);
	tcase_add_test(tc, useless_mapping_is_refused);
	tcase_add_test(tc, gives_up_after_four_sends);
	tcase_add_test(tc, error_answer_fails_with_its_code);
	tcase_add_test(tc, mapping_is_kept_each_15_s);
	tcase_add_test(tc, silent_keepalive_is_told_once_and_goes_on);
	tcase_add_test(tc, unreachable_server_fails_early);
	tcase_add_test(tc, no_memory_for_a_client);
	suite_add_tcase(s, tc);

	return s;
}
