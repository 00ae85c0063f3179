/* SPDX-License-Identifier: BSD-3-Clause */
/** @file test_sipflow.c  A flow that answers, dies and comes back */

#include <check.h>
#include <errno.h>
#include <string.h>

#include "oom.h"
#include "sipflowbed.h"

Suite *ua_suite_sipflow(void);


START_TEST(any_final_answer_counts)
{
	const struct sip_msg *req;

	start_peer();
	ck_assert_ptr_null(sipbed_next(&peer, 50));
	ua_sipflow_now(ka);
	req = sipbed_request(&peer, "OPTIONS");
	ck_assert_int_eq(0, pl_strcmp(&req->ruri, "sip:example.com"));
	sipbed_reply(&peer, req, "100 Trying", "", "", NULL);
	sipbed_reply(&peer, req, "404 Not Found", "s", "", NULL);
	expect(1, UA_SIPFLOW_ANSWERED);
	ck_assert_uint_eq(404, last.code);
	ck_assert_uint_ge(last.next_ms, 48000);
	ck_assert_uint_le(last.next_ms, 60000);
	ck_assert_uint_ne(UA_AF_NONE, last.mapped.af);
}
END_TEST


START_TEST(silence_is_a_dead_flow_and_an_answer_restores_it)
{
	const struct sip_msg *req;

	start_peer();
	ua_sipflow_now(ka);
	(void)sipbed_request(&peer, "OPTIONS");
	(void)sipbed_request(&peer, "OPTIONS"); /* libre tried again */
	expect(1, UA_SIPFLOW_LOST);
	ck_assert_int_eq(ETIMEDOUT, last.err);

	ua_sipflow_now(ka);
	do {
		req = sipbed_request(&peer, "OPTIONS");
	} while (!pl_cmp(&req->via.branch, &peer.msgv[0]->via.branch));
	sipbed_reply(&peer, req, "200 OK", "s", "", NULL);
	expect(2, UA_SIPFLOW_RESTORED);
	ck_assert_uint_gt(after_ms, 0);
}
END_TEST


START_TEST(dead_flow_is_pinged_on_without_being_told)
{
	start_peer();
	ua_sipflow_now(ka);
	(void)sipbed_request(&peer, "OPTIONS");
	expect(1, UA_SIPFLOW_LOST);
	ck_assert_ptr_nonnull(sipbed_next(&peer, 3000));
	ck_assert_uint_eq(1, n);
}
END_TEST


/* ------------------------------- STUN ------------------------------ */


/** A registrar's address that answers STUN, and sees us elsewhere each time */
static struct {
	struct udp_sock *us;
	unsigned n;
	uint16_t port;
} sees;


static void binding_recv(const struct sa *src, struct mbuf *mb, void *arg)
{
	struct stun_unknown_attr ua;
	struct stun_msg *msg;
	struct sa mapped = *src;

	(void)arg;
	ck_assert_int_eq(0, stun_msg_decode(&msg, mb, &ua));
	++sees.n;
	sa_set_port(&mapped, sees.port);
	ck_assert_int_eq(0, stun_reply(IPPROTO_UDP, sees.us, src, 0, msg, NULL,
				       0, false, 1, STUN_ATTR_XOR_MAPPED_ADDR,
				       &mapped));
	mem_deref(msg);
}


/* Only where the registrar agreed to outbound (RFC 5626, 4.4.2) */
START_TEST(outbound_flow_is_pinged_by_stun)
{
	const struct ua_addr none = { .af = UA_AF_NONE };
	struct ua_addr to;
	struct sa sa;

	memset(&sees, 0, sizeof(sees));
	sees.port = 4001;
	ck_assert_int_eq(0, sa_set_str(&sa, "127.0.0.1", 0));
	ck_assert_int_eq(0, udp_listen(&sees.us, &sa, binding_recv, NULL));
	ck_assert_int_eq(0, udp_local_get(sees.us, &sa));
	ua_addr_from_sa(&to, &sa);

	mode = UA_KEEPALIVE_AUTO;
	start(&to, UA_TP_UDP);
	ua_sipflow_registered(ka, &none, true, 0, NULL);
	ua_sipflow_now(ka);
	expect(1, UA_SIPFLOW_ANSWERED);
	ck_assert_int_eq(UA_PING_STUN, last.ping);
	ck_assert_uint_eq(4001, last.mapped.port);
	ck_assert_uint_eq(0, registers);

	/* Another mapping: the binding died. */
	sees.port = 4002;
	ua_sipflow_now(ka);
	expect(2, UA_SIPFLOW_ANSWERED);
	ck_assert_uint_eq(1, registers);
	ck_assert_uint_eq(2, sees.n);

	/* Nobody answers. */
	sees.us = mem_deref(sees.us);
	ua_sipflow_now(ka);
	expect(3, UA_SIPFLOW_LOST);
}
END_TEST


/* ------------------------ users, connections ----------------------- */


static int join_without_memory(void *arg)
{
	struct ua_sipflow_user *users[2] = { NULL, NULL };
	const struct ua_sipflow_conf *conf = arg;
	int err;

	err = ua_sipflow_join(&users[0], ep, conf);
	if (!err)
		err = ua_sipflow_join(&users[1], ep, conf);
	if (!err && ua_sipflow_users(users[0]) != 2)
		err = EPROTO;

	mem_deref(users[0]);
	mem_deref(users[1]);

	return err;
}


START_TEST(accounts_share_a_flow_and_nothing_leaks)
{
	struct ua_sipflow_conf conf = {
		.uri = "sip:example.com",
		.aor = "sip:alice@example.com",
		.contact = "sip:alice@127.0.0.1",
		.cred = { .user = "alice", .password = "wonderland" },
		.hop = { .addr = *ua_endpoint_local(server), .tp = UA_TP_UDP },
		.mode = UA_KEEPALIVE_AUTO,
		.learn = true,
		.h = event_handler,
	};

	ua_oom_walk(join_without_memory, &conf);
}
END_TEST


START_TEST(tcp_flow_is_answered)
{
	start(ua_endpoint_local(server), UA_TP_TCP);
	ua_sipflow_now(ka);
	expect(1, UA_SIPFLOW_ANSWERED);
	ck_assert_uint_eq(200, last.code);
}
END_TEST


START_TEST(tcp_flow_that_breaks_is_lost)
{
	struct ua_addr to = *ua_endpoint_local(server);

	start(&to, UA_TP_TCP);
	ua_sipflow_now(ka);
	expect(1, UA_SIPFLOW_ANSWERED);
	server = mem_deref(server);
	ua_sipflow_now(ka);
	expect(2, UA_SIPFLOW_LOST);
	ck_assert_int_ne(0, last.err);
}
END_TEST


START_TEST(dead_tcp_connection_is_replaced)
{
	struct ua_endpoint_conf conf = sipbed_conf();

	conf.local = *ua_endpoint_local(server);
	start(&conf.local, UA_TP_TCP);
	ua_sipflow_now(ka);
	expect(1, UA_SIPFLOW_ANSWERED);

	server = mem_deref(server);
	ua_sipflow_now(ka);
	expect(2, UA_SIPFLOW_LOST);

	ck_assert_int_eq(0, ua_endpoint_alloc(&server, &conf));
	ua_sipflow_now(ka);
	expect(3, UA_SIPFLOW_RESTORED);
}
END_TEST


/* The connection is up, the server behind it is not: a NAT forgot it. */
START_TEST(silent_tcp_connection_is_shut_and_replaced)
{
	struct mutebed mute;
	struct ua_addr to;

	mutebed_open(&mute, "");
	ua_addr_from_sa(&to, &mute.local);
	start(&to, UA_TP_TCP);

	ua_sipflow_now(ka);
	expect(1, UA_SIPFLOW_ANSWERED);
	mute.mute = true;
	ua_sipflow_now(ka);
	expect(2, UA_SIPFLOW_LOST);
	ck_assert_int_eq(ETIMEDOUT, last.err);

	mute.mute = false;
	ua_sipflow_now(ka);
	expect(3, UA_SIPFLOW_RESTORED);
	ck_assert_uint_eq(1, mute.closed);
	ck_assert_uint_eq(2, mute.accepted);
	mutebed_close(&mute);
}
END_TEST


START_TEST(owner_may_drop_the_flow_in_its_event)
{
	size_t one = 1;

	drop = true;
	start(ua_endpoint_local(server), UA_TP_UDP);
	ua_sipflow_now(ka);
	ck_assert(sipbed_run(told, &one, 2000));
	ck_assert_ptr_null(ka);

	/* Nothing of it goes on: it would be told of in event_handler(). */
	(void)sipbed_run(NULL, NULL, 20);
	ck_assert_uint_eq(1, n);
}
END_TEST


START_TEST(flow_needs_an_address)
{
	struct ua_sipflow_conf conf = {
		.uri = "sip:example.com",
		.aor = "sip:alice@example.com",
		.contact = "sip:alice@127.0.0.1",
		.h = event_handler,
	};

	ck_assert_int_eq(EINVAL, ua_sipflow_join(&ka, ep, &conf));
	conf.hop.addr = *ua_endpoint_local(server);
	conf.contact = "alice";
	ck_assert_int_eq(EINVAL, ua_sipflow_join(&ka, ep, &conf));
	conf.contact = "sip:alice@127.0.0.1";
	conf.uri = "example.com";
	ck_assert_int_eq(EINVAL, ua_sipflow_join(&ka, ep, &conf));
}
END_TEST


Suite *ua_suite_sipflow(void)
{
	Suite *s = suite_create("sipflow");
	TCase *tc = tcase_create("sipflow");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 20);
	tcase_add_test(tc, any_final_answer_counts);
	tcase_add_test(tc, silence_is_a_dead_flow_and_an_answer_restores_it);
	tcase_add_test(tc, dead_flow_is_pinged_on_without_being_told);
	tcase_add_test(tc, outbound_flow_is_pinged_by_stun);
	tcase_add_test(tc, accounts_share_a_flow_and_nothing_leaks);
	tcase_add_test(tc, tcp_flow_is_answered);
	tcase_add_test(tc, tcp_flow_that_breaks_is_lost);
	tcase_add_test(tc, dead_tcp_connection_is_replaced);
	tcase_add_test(tc, silent_tcp_connection_is_shut_and_replaced);
	tcase_add_test(tc, owner_may_drop_the_flow_in_its_event);
	tcase_add_test(tc, flow_needs_an_address);
	suite_add_tcase(s, tc);

	return s;
}
