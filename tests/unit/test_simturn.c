/* SPDX-License-Identifier: BSD-3-Clause */
/** @file test_simturn.c  The simulated STUN and TURN servers answer */

#include <check.h>
#include <errno.h>
#include <string.h>

#include <ua/sim.h>

#include "base/re_compat.h"
#include "base/wr.h"
#include "stun/turn.h"

Suite *ua_suite_simturn(void);

enum { EVENTS = 32, CLIENTS = 2 };

struct bed;

/** A TURN client on a host of the net */
struct client {
	struct bed *bed;
	struct ua_simsock *sock;
	struct ua_turn *turn;
	struct ua_turn_event evv[EVENTS];
	unsigned nev;
	unsigned data; /* Payloads of peers                               */
	struct ua_addr peer;
	struct ua_stun_answer {
		uint16_t code;
		uint8_t cls;
	} raw; /* To a request made by hand                               */
};

struct bed {
	struct ua_simnet *net;
	struct ua_simturn *turn;
	struct ua_simsock *peer;
	unsigned npeer;
	struct ua_addr peer_from;
	struct client clientv[CLIENTS];
};


static struct ua_addr addr_of(const char *str)
{
	struct ua_addr addr;

	ck_assert_int_eq(0, ua_addr_decode(&addr, str));
	return addr;
}


static struct ua_simsock *host_make(struct bed *bed, const char *name,
				    const char *addr, const char *addr6,
				    ua_simsock_h *h, void *arg,
				    struct ua_simhost **hostp)
{
	struct ua_addr a = addr_of(addr);
	struct ua_simsock *sock = NULL;
	struct ua_simlink link;
	struct ua_simhost *host;
	struct ua_simif *ifc;

	ua_simlink_default(&link, 1000);
	ck_assert_int_eq(0, ua_simhost_alloc(&host, bed->net, name));
	ck_assert_int_eq(0, ua_simif_alloc(&ifc, host, "eth0",
					   ua_simnet_core(bed->net), &link));
	ck_assert_int_eq(0, ua_simif_addr(ifc, &a));
	if (h)
		ck_assert_int_eq(0, ua_simsock_alloc(&sock, host, &a, h, arg));
	if (addr6) {
		a = addr_of(addr6);
		ck_assert_int_eq(0, ua_simif_addr(ifc, &a));
	}

	if (hostp)
		*hostp = host;

	return sock;
}


static void on_peer(const struct ua_addr *src, const uint8_t *buf, size_t len,
		    void *arg)
{
	struct bed *bed = arg;

	(void)buf;
	ck_assert_uint_eq(3, len);
	bed->npeer++;
	bed->peer_from = *src;
}


static void pump(struct client *c)
{
	const uint64_t now_ms = ua_simnet_now_ms(c->bed->net);
	struct ua_dgram dg;

	while (c->turn && ua_turn_output(c->turn, now_ms, &dg))
		(void)ua_simsock_send(c->sock, &dg.path.remote, dg.buf,
				      dg.len);

	while (c->turn && c->nev < EVENTS &&
	       ua_turn_event(c->turn, &c->evv[c->nev]))
		c->nev++;
}


static void on_client(const struct ua_addr *src, const uint8_t *buf,
		      size_t len, void *arg)
{
	struct client *c = arg;
	struct ua_turn_data data = { 0 };
	struct ua_stun msg;
	int err = ENOENT;

	if (c->turn)
		err = ua_turn_input(c->turn, ua_simnet_now_ms(c->bed->net),
				    src, buf, len, &data);
	if (!err && data.len) {
		c->data++;
		c->peer = data.peer;
	}

	if (err == ENOENT && !ua_stun_decode(&msg, buf, len)) {
		c->raw.cls = msg.cls;
		if (msg.cls == UA_STUN_ERROR)
			ck_assert_int_eq(
				0, ua_stun_error(&msg, &c->raw.code, NULL));
	}

	pump(c);
}


static void bed_make(struct bed *bed, const struct ua_simturn_conf *conf,
		     bool ip6)
{
	static const char *const addrs[] = { "203.0.113.1:4000",
					     "203.0.113.2:4000" };
	const struct ua_addr addr = addr_of("192.0.2.20");
	const struct ua_addr addr6 = addr_of("[2001:db8::20]");
	struct ua_simhost *host;
	unsigned i;

	memset(bed, 0, sizeof(*bed));
	ck_assert_int_eq(0, ua_simnet_alloc(&bed->net, 1));
	(void)host_make(bed, "turn", "192.0.2.20", "[2001:db8::20]", NULL,
			NULL, &host);
	ck_assert_int_eq(0, ua_simturn_alloc(&bed->turn, host, &addr, &addr,
					     ip6 ? &addr6 : NULL, conf));
	bed->peer = host_make(bed, "peer", "203.0.113.9:9000", NULL, on_peer,
			      bed, NULL);

	for (i = 0; i < CLIENTS; i++) {
		bed->clientv[i].bed = bed;
		bed->clientv[i].sock =
			host_make(bed, "client", addrs[i], NULL, on_client,
				  &bed->clientv[i], NULL);
	}
}


static void bed_free(struct bed *bed)
{
	unsigned i;

	for (i = 0; i < CLIENTS; i++)
		mem_deref(bed->clientv[i].turn);
	ua_simnet_free(bed->net);
}


static void start(struct client *c, const char *password,
		  enum ua_turn_family family)
{
	const struct ua_turn_conf conf = {
		.server = addr_of("192.0.2.20:3478"),
		.family = family,
		.user = "u",
		.password = password,
		.rand = ua_simnet_rand(c->bed->net),
	};

	ck_assert_int_eq(0, ua_turn_alloc(&c->turn, &conf));
	ck_assert_int_eq(
		0, ua_turn_start(c->turn, ua_simnet_now_ms(c->bed->net)));
	pump(c);
}


static void run(struct bed *bed, uint64_t ms)
{
	const uint64_t end_us = ua_simnet_now(bed->net) + ms * UA_SIM_MS;
	unsigned i;

	while (ua_simnet_now(bed->net) < end_us) {
		ua_simnet_run(bed->net,
			      ua_simnet_now(bed->net) + 10 * UA_SIM_MS);
		for (i = 0; i < CLIENTS; i++) {
			struct client *c = &bed->clientv[i];

			if (!c->turn)
				continue;
			ua_turn_tick(c->turn, ua_simnet_now_ms(bed->net));
			pump(c);
		}
	}
}


static const struct ua_turn_event *event(const struct client *c,
					 enum ua_turn_event_type type)
{
	unsigned i;

	for (i = 0; i < c->nev; i++) {
		if (c->evv[i].type == type)
			return &c->evv[i];
	}

	return NULL;
}


static void send_peer(struct bed *bed, struct client *c)
{
	const struct ua_addr *peer = ua_simsock_addr(bed->peer);
	struct ua_dgram dg;

	ck_assert_int_eq(0,
			 ua_turn_send(c->turn, ua_simnet_now_ms(bed->net),
				      peer, (const uint8_t *)"abc", 3, &dg));
	ck_assert_int_eq(
		0, ua_simsock_send(c->sock, &dg.path.remote, dg.buf, dg.len));
	run(bed, 50);
}


static void ready(struct bed *bed, struct client *c)
{
	start(c, "p", UA_TURN_BOTH);
	run(bed, 500);
	ck_assert_ptr_nonnull(event(c, UA_TURN_READY));
}


START_TEST(binding_is_answered)
{
	struct ua_simturn_conf conf;
	struct client *c;
	uint8_t buf[64];
	struct ua_wr wr;
	struct bed bed;
	const struct ua_addr server = addr_of("192.0.2.20:3478");

	ua_simturn_conf_default(&conf);
	bed_make(&bed, &conf, false);
	c = &bed.clientv[0];
	ua_wr_init(&wr, buf, sizeof(buf));
	ua_stun_begin(&wr, UA_STUN_REQUEST, UA_STUN_BINDING,
		      (const uint8_t *)"123456789012");
	ck_assert_int_eq(0, ua_stun_end(&wr, NULL, 0, true));
	c->raw.cls = UA_STUN_ERROR;
	ck_assert_int_eq(0, ua_simsock_send(c->sock, &server, buf, wr.pos));
	run(&bed, 50);
	ck_assert_uint_eq(UA_STUN_SUCCESS, c->raw.cls);
	bed_free(&bed);
}
END_TEST


START_TEST(refresh_of_nothing_is_challenged)
{
	struct ua_simturn_conf conf;
	struct client *c;
	uint8_t buf[64];
	struct ua_wr wr;
	struct bed bed;
	const struct ua_addr server = addr_of("192.0.2.20:3478");

	ua_simturn_conf_default(&conf);
	bed_make(&bed, &conf, false);
	c = &bed.clientv[0];
	ua_wr_init(&wr, buf, sizeof(buf));
	ua_stun_begin(&wr, UA_STUN_REQUEST, UA_STUN_REFRESH,
		      (const uint8_t *)"123456789012");
	ck_assert_int_eq(0, ua_stun_end(&wr, NULL, 0, true));
	ck_assert_int_eq(0, ua_simsock_send(c->sock, &server, buf, wr.pos));
	run(&bed, 50);
	ck_assert_uint_eq(401, c->raw.code);
	bed_free(&bed);
}
END_TEST


START_TEST(peer_needs_a_permission)
{
	struct ua_simturn_conf conf;
	const struct ua_addr *relayed;
	struct client *c;
	struct bed bed;

	ua_simturn_conf_default(&conf);
	bed_make(&bed, &conf, false);
	c = &bed.clientv[0];
	ready(&bed, c);
	relayed = ua_turn_relayed(c->turn);
	ck_assert_uint_eq(1, ua_simturn_allocations(bed.turn));

	ck_assert_int_eq(0, ua_simsock_send(bed.peer, relayed,
					    (const uint8_t *)"xyz", 3));
	run(&bed, 50);
	ck_assert_uint_eq(0, c->data);

	ck_assert_int_eq(0, ua_turn_permit(c->turn, ua_simnet_now_ms(bed.net),
					   ua_simsock_addr(bed.peer)));
	run(&bed, 200);
	ck_assert_ptr_nonnull(event(c, UA_TURN_PERMITTED));
	send_peer(&bed, c);
	ck_assert_uint_eq(1, bed.npeer);
	ck_assert(ua_addr_eq(&bed.peer_from, relayed));

	ck_assert_int_eq(0, ua_simsock_send(bed.peer, relayed,
					    (const uint8_t *)"xyz", 3));
	run(&bed, 50);
	ck_assert_uint_eq(1, c->data);
	ck_assert(ua_addr_eq(&c->peer, ua_simsock_addr(bed.peer)));
	bed_free(&bed);
}
END_TEST


START_TEST(channel_carries_both_ways)
{
	struct ua_simturn_conf conf;
	struct client *c;
	struct bed bed;

	ua_simturn_conf_default(&conf);
	bed_make(&bed, &conf, false);
	c = &bed.clientv[0];
	ready(&bed, c);
	ck_assert_int_eq(0, ua_turn_channel(c->turn, ua_simnet_now_ms(bed.net),
					    ua_simsock_addr(bed.peer)));
	run(&bed, 200);
	ck_assert_ptr_nonnull(event(c, UA_TURN_CHANNEL));
	send_peer(&bed, c);
	ck_assert_uint_eq(1, bed.npeer);
	ck_assert_int_eq(0, ua_simsock_send(bed.peer, ua_turn_relayed(c->turn),
					    (const uint8_t *)"xyz", 3));
	run(&bed, 50);
	ck_assert_uint_eq(1, c->data);
	bed_free(&bed);
}
END_TEST


START_TEST(wrong_password_gets_401)
{
	struct ua_simturn_conf conf;
	struct client *c;
	struct bed bed;

	ua_simturn_conf_default(&conf);
	bed_make(&bed, &conf, false);
	c = &bed.clientv[0];
	start(c, "wrong", UA_TURN_IP4);
	run(&bed, 2000);
	ck_assert_ptr_nonnull(event(c, UA_TURN_DEAD));
	ck_assert_uint_eq(401, event(c, UA_TURN_DEAD)->code);
	ck_assert_uint_eq(0, ua_simturn_allocations(bed.turn));
	bed_free(&bed);
}
END_TEST


START_TEST(quota_and_capacity_are_486_and_508)
{
	struct ua_simturn_conf conf;
	struct bed bed;

	ua_simturn_conf_default(&conf);
	if (_i)
		conf.capacity = 1;
	else
		conf.quota = 1;
	bed_make(&bed, &conf, false);
	ready(&bed, &bed.clientv[0]);
	start(&bed.clientv[1], "p", UA_TURN_IP4);
	run(&bed, 2000);
	ck_assert_ptr_nonnull(event(&bed.clientv[1], UA_TURN_DEAD));
	ck_assert_uint_eq(_i ? 508 : 486,
			  event(&bed.clientv[1], UA_TURN_DEAD)->code);
	bed_free(&bed);
}
END_TEST


START_TEST(private_peer_is_denied)
{
	const struct ua_addr near = addr_of("192.168.0.1:1");
	struct ua_simturn_conf conf;
	struct client *c;
	struct bed bed;

	ua_simturn_conf_default(&conf);
	conf.deny_private = true;
	bed_make(&bed, &conf, false);
	c = &bed.clientv[0];
	ready(&bed, c);
	ck_assert_int_eq(
		0, ua_turn_permit(c->turn, ua_simnet_now_ms(bed.net), &near));
	run(&bed, 500);
	ck_assert_ptr_nonnull(event(c, UA_TURN_DENIED));
	ck_assert_uint_eq(403, event(c, UA_TURN_DENIED)->code);
	bed_free(&bed);
}
END_TEST


START_TEST(second_family_is_given_where_there_is_one)
{
	struct ua_simturn_conf conf;
	struct client *c;
	struct bed bed;

	ua_simturn_conf_default(&conf);
	conf.ignore_additional = _i == 2;
	bed_make(&bed, &conf, _i != 1);
	c = &bed.clientv[0];
	ready(&bed, c);
	ck_assert_uint_eq(UA_AF_IP4, ua_turn_relayed(c->turn)->af);
	ck_assert_uint_eq(_i == 0 ? UA_AF_IP6 : UA_AF_NONE,
			  ua_turn_relayed6(c->turn)->af);
	bed_free(&bed);
}
END_TEST


START_TEST(stale_nonce_does_not_cost_the_allocation)
{
	struct ua_simturn_conf conf;
	struct client *c;
	struct bed bed;

	ua_simturn_conf_default(&conf);
	conf.nonce_ms = 1000;
	bed_make(&bed, &conf, false);
	c = &bed.clientv[0];
	ready(&bed, c);
	run(&bed, 3000);
	ck_assert_int_eq(0, ua_turn_permit(c->turn, ua_simnet_now_ms(bed.net),
					   ua_simsock_addr(bed.peer)));
	run(&bed, 500);
	ck_assert_ptr_nonnull(event(c, UA_TURN_PERMITTED));
	ck_assert_ptr_null(event(c, UA_TURN_LOST));
	bed_free(&bed);
}
END_TEST


START_TEST(restarted_server_knows_nobody)
{
	struct ua_simturn_conf conf;
	struct client *c;
	struct bed bed;

	ua_simturn_conf_default(&conf);
	bed_make(&bed, &conf, false);
	c = &bed.clientv[0];
	ready(&bed, c);
	ua_simturn_restart(bed.turn);
	ck_assert_uint_eq(0, ua_simturn_allocations(bed.turn));
	ck_assert_int_eq(0, ua_turn_permit(c->turn, ua_simnet_now_ms(bed.net),
					   ua_simsock_addr(bed.peer)));
	run(&bed, 2000);
	ck_assert_ptr_nonnull(event(c, UA_TURN_LOST));
	ck_assert_uint_eq(1, ua_simturn_allocations(bed.turn));
	bed_free(&bed);
}
END_TEST


START_TEST(dead_server_says_nothing)
{
	struct ua_simturn_conf conf;
	struct client *c;
	struct bed bed;

	ua_simturn_conf_default(&conf);
	bed_make(&bed, &conf, false);
	ua_simturn_dead(bed.turn, true);
	c = &bed.clientv[0];
	start(c, "p", UA_TURN_IP4);
	run(&bed, 20000);
	ck_assert_ptr_nonnull(event(c, UA_TURN_DEAD));
	ck_assert_int_eq(ETIMEDOUT, event(c, UA_TURN_DEAD)->err);
	bed_free(&bed);
}
END_TEST


START_TEST(closed_allocation_is_gone)
{
	struct ua_simturn_conf conf;
	struct client *c;
	struct bed bed;

	ua_simturn_conf_default(&conf);
	bed_make(&bed, &conf, false);
	c = &bed.clientv[0];
	ready(&bed, c);
	ua_turn_close(c->turn, ua_simnet_now_ms(bed.net));
	pump(c);
	run(&bed, 500);
	ck_assert_ptr_nonnull(event(c, UA_TURN_CLOSED));
	ck_assert_uint_eq(0, ua_simturn_allocations(bed.turn));
	bed_free(&bed);
}
END_TEST


START_TEST(allocation_ends_with_its_lifetime)
{
	struct ua_simturn_conf conf;
	struct client *c;
	struct bed bed;

	ua_simturn_conf_default(&conf);
	bed_make(&bed, &conf, false);
	c = &bed.clientv[0];
	ready(&bed, c);
	c->turn = mem_deref(c->turn);
	ua_simnet_run(bed.net, ua_simnet_now(bed.net) + 590 * UA_SIM_S);
	ck_assert_uint_eq(1, ua_simturn_allocations(bed.turn));
	ua_simnet_run(bed.net, ua_simnet_now(bed.net) + 20 * UA_SIM_S);
	ck_assert_uint_eq(0, ua_simturn_allocations(bed.turn));
	bed_free(&bed);
}
END_TEST


Suite *ua_suite_simturn(void)
{
	Suite *suite = suite_create("simturn");
	TCase *tc = tcase_create("simturn");

	tcase_add_test(tc, binding_is_answered);
	tcase_add_test(tc, refresh_of_nothing_is_challenged);
	tcase_add_test(tc, peer_needs_a_permission);
	tcase_add_test(tc, channel_carries_both_ways);
	tcase_add_test(tc, wrong_password_gets_401);
	tcase_add_loop_test(tc, quota_and_capacity_are_486_and_508, 0, 2);
	tcase_add_test(tc, private_peer_is_denied);
	tcase_add_loop_test(tc, second_family_is_given_where_there_is_one, 0,
			    3);
	tcase_add_test(tc, stale_nonce_does_not_cost_the_allocation);
	tcase_add_test(tc, restarted_server_knows_nobody);
	tcase_add_test(tc, dead_server_says_nothing);
	tcase_add_test(tc, closed_allocation_is_gone);
	tcase_add_test(tc, allocation_ends_with_its_lifetime);
	suite_add_tcase(suite, tc);

	return suite;
}
