/* SPDX-License-Identifier: BSD-3-Clause */
/** @file test_sipflow.c  A flow that answers, dies and comes back */

#include <check.h>
#include <errno.h>
#include <string.h>

#include "base/re_compat.h"
#include "base/clock.h"
#include "sip/sipflowcore.h"
#include "mutebed.h"
#include "oom.h"

Suite *ua_suite_sipflow(void);

enum { EVENTS = 16, DEAD_MS = 700 };

static struct ua_endpoint *ep, *server;
static struct ua_sipflow_user *ka;
static struct sipbed_peer peer;
static struct ua_sipflow_event last;
static size_t n, registers, probes, learnts;
static enum ua_sipflow_ev typev[EVENTS];
static uint64_t after_ms;
static uint32_t self_ms;
static enum ua_keepalive mode;
static struct pl branch;
static bool drop, learn;


static void event_handler(struct ua_sipflow_user *k,
			  const struct ua_sipflow_event *ev, void *arg)
{
	ck_assert_ptr_eq(k, ka);
	(void)arg;
	/* In doubt it asks for this. */
	if (ev->type == UA_SIPFLOW_REGISTER) {
		++registers;
		return;
	}
	if (ev->type == UA_SIPFLOW_LEARNT) {
		++learnts;
		ck_assert_uint_eq(UA_LIFETIME_SAFE_S, ev->memory.learnt_s);
		return;
	}
	probes += ev->probe;
	last = *ev;
	ck_assert_uint_lt(n, EVENTS);
	typev[n++] = ev->type;
	if (ev->type == UA_SIPFLOW_RESTORED)
		after_ms = ev->after_ms;
	if (drop)
		ka = mem_deref(ka);
}


static void setup(void)
{
	const struct ua_endpoint_conf conf = sipbed_conf();

	n = registers = probes = learnts = 0;
	after_ms = 0;
	self_ms = 0;
	mode = UA_KEEPALIVE_OPTIONS;
	branch = (struct pl){ NULL, 0 };
	drop = learn = false;
	ck_assert_int_eq(0, ua_endpoint_alloc(&ep, &conf));
	ck_assert_int_eq(0, ua_endpoint_alloc(&server, &conf));
	sipbed_open(&peer);
}


static void teardown(void)
{
	ka = mem_deref(ka);
	ep = mem_deref(ep);
	server = mem_deref(server);
	sipbed_close(&peer);
}


static void start(const struct ua_addr *to, enum ua_tp tp)
{
	const struct ua_sipflow_conf conf = {
		.uri = "sip:example.com",
		.aor = "sip:alice@example.com",
		.contact = "sip:alice@127.0.0.1",
		.cred = { .user = "alice", .password = "wonderland" },
		.hop = { .addr = *to, .tp = tp },
		.mode = mode,
		.interval_s = learn ? 0 : 60,
		.dead_ms = DEAD_MS,
		.self_ms = self_ms,
		.learn = learn,
		.h = event_handler,
	};

	ck_assert_int_eq(0, ua_sipflow_join(&ka, ep, &conf));
}


static void start_peer(void)
{
	struct ua_addr to;

	ua_addr_from_sa(&to, &peer.local);
	start(&to, UA_TP_UDP);
}


static bool told(void *arg)
{
	return n >= *(size_t *)arg;
}


static void expect(size_t count, enum ua_sipflow_ev type)
{
	ck_assert_msg(sipbed_run(told, &count, 4000), "no event %zu", count);
	ck_assert_int_eq(type, typev[count - 1]);
}


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


static bool self_is_due(void *arg)
{
	return ua_clock_ms() >= *(const uint64_t *)arg + self_ms;
}


/* From then on a ping goes to ourselves. */
static void wait_for_self(void)
{
	uint64_t now_ms = ua_clock_ms();

	ck_assert(sipbed_run(self_is_due, &now_ms, 2000));
}


/* It still answers pings; but a call would not come in. */
START_TEST(registrar_that_forgot_us_is_noticed)
{
	const struct ua_addr none = { .af = UA_AF_NONE };
	const struct sip_msg *req;
	unsigned i;

	self_ms = 1;
	start_peer();
	ua_sipflow_registered(ka, &none, false, 0, NULL);
	wait_for_self();
	for (i = 0; i < 4; i++) {
		ua_sipflow_now(ka);
		do {
			req = sipbed_request(&peer, "OPTIONS");
		} while (i && !pl_cmp(&req->via.branch, &branch));
		branch = req->via.branch;

		/* Three times; then it is known to answer by itself. */
		ck_assert_int_eq(0, pl_strcmp(&req->ruri,
					      i < 3 ? "sip:alice@example.com"
						    : "sip:example.com"));
		sipbed_reply(&peer, req, "404 Not Found", "s", "", NULL);
		/* What is asked for is asked for before. */
		expect(i + 1, UA_SIPFLOW_ANSWERED);
		ck_assert_uint_eq(i < 3 ? i + 1 : 3, registers);
		wait_for_self();
	}
}
END_TEST


/* As a proxy passes it on, by the flow; it is answered there. */
static void pass_on(const struct sip_msg *req)
{
	sipbed_send(&peer, ua_endpoint_local(ep),
		    "OPTIONS sip:alice@127.0.0.1 SIP/2.0\r\n"
		    "Via: SIP/2.0/UDP %J;branch=z9hG4bKproxy;rport\r\n"
		    "Via: %r\r\n"
		    "From: %r\r\nTo: %r\r\nCall-ID: %r\r\nCSeq: %u OPTIONS\r\n"
		    "Max-Forwards: 69\r\nContent-Length: 0\r\n\r\n",
		    &peer.local, &req->via.val, &req->from.val, &req->to.val,
		    &req->callid, req->cseq.num);
	(void)sipbed_answer(&peer, 200);
}


START_TEST(request_to_ourselves_that_comes_in_is_well)
{
	const struct ua_addr none = { .af = UA_AF_NONE };
	const struct sip_msg *req;

	self_ms = 1;
	start_peer();
	ua_sipflow_registered(ka, &none, false, 0, NULL);
	wait_for_self();
	ua_sipflow_now(ka);
	req = sipbed_request(&peer, "OPTIONS");
	pass_on(req);
	sipbed_reply(&peer, req, "200 OK", "s", "", NULL);
	expect(1, UA_SIPFLOW_ANSWERED);
	/* Nor does it come a little later. */
	(void)sipbed_run(NULL, NULL, 20);
	ck_assert_uint_eq(0, registers);
}
END_TEST


/* ---------------------- a request to ourselves, challenged --------- */


#define CHALLENGE                                                             \
	"Proxy-Authenticate: Digest realm=\"r\", nonce=\"n\", "               \
	"qop=\"auth\"\r\n"


/* The registrar sees it as sipbed_reply() does. */
static void start_registered(void)
{
	struct ua_addr mapped;

	ck_assert_int_eq(0, ua_addr_set(&mapped, "127.0.0.9",
					ua_endpoint_local(ep)->port));
	start_peer();
	ua_sipflow_registered(ka, &mapped, false, 0, NULL);
}


static void self_is_due_at_once(void)
{
	self_ms = 1;
	start_registered();
	wait_for_self();
	ua_sipflow_now(ka);
}


/* The next OPTIONS that is no copy of the last one */
static const struct sip_msg *next_options(void)
{
	const struct sip_msg *req;

	do {
		req = sipbed_request(&peer, "OPTIONS");
	} while (branch.p && !pl_cmp(&req->via.branch, &branch));
	branch = req->via.branch;

	return req;
}


static const struct sip_msg *proof_of_us(void)
{
	const struct sip_msg *req = next_options();

	ck_assert_int_eq(0, pl_strcmp(&req->ruri, "sip:alice@example.com"));
	ck_assert_ptr_nonnull(
		strstr(siptext_hdr(req, "Proxy-Authorization"), "alice"));

	return req;
}


START_TEST(challenged_request_to_ourselves_comes_in)
{
	const struct sip_msg *req;

	self_is_due_at_once();
	sipbed_reply(&peer, next_options(), "407 Who", "s", CHALLENGE, NULL);

	/* The server has answered the ping by that. */
	expect(1, UA_SIPFLOW_ANSWERED);
	ck_assert_uint_eq(407, last.code);
	req = proof_of_us();
	pass_on(req);
	sipbed_reply(&peer, req, "200 OK", "s", "", NULL);
	(void)sipbed_run(NULL, NULL, DEAD_MS);
	ck_assert_uint_eq(0, registers);
	ck_assert_uint_eq(1, n);
}
END_TEST


/* It is passed to where we were before, and nobody says so. */
START_TEST(challenged_request_that_vanishes_registers_anew)
{
	unsigned i;

	self_is_due_at_once();
	for (i = 0; i < 4; i++) {
		const struct sip_msg *req = next_options();

		/* Three times; then it is known to pass nothing. */
		ck_assert_int_eq(0, pl_strcmp(&req->ruri,
					      i < 3 ? "sip:alice@example.com"
						    : "sip:example.com"));
		sipbed_reply(&peer, req, "407 Who", "s", CHALLENGE, NULL);
		expect(i + 1, UA_SIPFLOW_ANSWERED);
		ck_assert_uint_eq(i < 3 ? i : 3, registers);
		if (i < 3)
			(void)proof_of_us();
		(void)sipbed_run(NULL, NULL, DEAD_MS);
		ck_assert_uint_eq(i < 3 ? i + 1 : 3, registers);
		ua_sipflow_now(ka);
	}

	/* Nor is it taken for one that does not answer OPTIONS. */
	ck_assert_uint_eq(0, learnts);
}
END_TEST


/* A NAT that has forgotten us: the first answer tells. */
START_TEST(challenge_that_sees_us_elsewhere_registers_anew)
{
	const struct sip_msg *req;

	self_is_due_at_once();
	req = next_options();
	sipbed_send(&peer, ua_endpoint_local(ep),
		    "SIP/2.0 407 Who\r\n"
		    "Via: SIP/2.0/UDP %r;branch=%r;received=127.0.0.9"
		    ";rport=4711\r\n"
		    "From: %r\r\nTo: %r;tag=s\r\nCall-ID: %r\r\n"
		    "CSeq: %u OPTIONS\r\n" CHALLENGE
		    "Content-Length: 0\r\n\r\n",
		    &req->via.sentby, &req->via.branch, &req->from.val,
		    &req->to.val, &req->callid, req->cseq.num);
	expect(1, UA_SIPFLOW_ANSWERED);
	ck_assert_uint_eq(4711, last.mapped.port);
	ck_assert_uint_eq(1, registers);
	ck_assert_ptr_null(sipbed_next(&peer, DEAD_MS));
	ck_assert_uint_eq(1, registers);
}
END_TEST


/* ------------------------------ probes ----------------------------- */


enum { SLOW_MS = 30 };


/* What the flow's machine waits for has come, as far as it knows. */
static void skip(void)
{
	struct ua_lifetime *life = &ka->flow->life;
	const uint64_t now_ms = ua_clock_ms();
	const uint64_t ms = life->at_ms - now_ms;

	ck_assert_uint_ne(UA_NEVER, life->at_ms);
	life->tx_ms -= ms;
	life->base_ms -= ms;
	life->at_ms = now_ms;
	ua_sipflowcore_wake(ka->flow);
}


/* A request to ourselves from the second socket, whose address it leaves in
 * peer.from */
static const struct sip_msg *probe_comes(void)
{
	const struct sip_msg *req = sipbed_request(&peer, "OPTIONS");

	ck_assert_int_eq(0, pl_strcmp(&req->ruri, "sip:alice@example.com"));
	ck_assert_uint_ne(ua_endpoint_local(ep)->port, sa_port(&peer.from));

	return req;
}


/* The server passes it on, and the answer, after a while. */
static void probe_passes(void)
{
	const struct sip_msg *req = probe_comes();
	const struct sa second = peer.from;

	(void)sipbed_run(NULL, NULL, SLOW_MS);
	pass_on(req);
	peer.from = second;
	sipbed_reply(&peer, req, "200 OK", "s", "", NULL);
}


static bool in_gap(void *arg)
{
	(void)arg;
	return ua_lifetime_state(&ka->flow->life) == UA_LIFETIME_GAP &&
	       !ka->flow->probe;
}


/* It knows that such requests come in, and measures a silence. */
static void begin_to_learn(void)
{
	learn = true;
	start_registered();
	skip();
	probe_passes();
	ck_assert(sipbed_run(in_gap, NULL, 2000));
	ck_assert_uint_eq(0, n);
}


/* Each tells how long it took, and the silence that comes next. */
START_TEST(probe_that_comes_in_is_told_with_the_next_silence)
{
	static const uint32_t nextv[] = { 31, 41, 51 };
	size_t i;

	begin_to_learn();
	for (i = 0; i < ARRAY_SIZE(nextv); i++) {
		skip();
		probe_passes();
		expect(i + 1, UA_SIPFLOW_ANSWERED);
		ck_assert(last.probe);
		ck_assert_uint_eq(200, last.code);
		ck_assert_uint_ge(last.rtt_ms, SLOW_MS);
		ck_assert_uint_lt(last.rtt_ms, 2000);
		ck_assert_str_eq("learning", last.learning);
		ck_assert_uint_eq(ua_endpoint_local(ep)->port,
				  last.mapped.port);

		/* Then it is probed, or pinged 3 s later. */
		ck_assert_uint_le(last.interval_ms,
				  nextv[i] * 1000 + UA_LIFETIME_PROBE_MS);
		ck_assert_uint_gt(last.interval_ms, nextv[i] * 1000);
	}
	ck_assert_uint_eq(i, probes);
	ck_assert_uint_eq(0, registers);
}
END_TEST


static bool has_learnt(void *arg)
{
	(void)arg;
	return learnts == 1;
}


/* 0: the server answers in our place; 1: it knows no binding of ours */
START_TEST(probe_that_does_not_come_in_is_not_told)
{
	const struct sip_msg *req;
	unsigned i;

	begin_to_learn();
	for (i = 0; i < 2; i++) {
		ck_assert_uint_eq(0, learnts);
		skip();
		req = probe_comes();
		sipbed_reply(&peer, req, _i ? "404 Not Found" : "200 OK", "s",
			     "", NULL);

		/* The flow is asked at once what became of it. */
		req = sipbed_request(&peer, "OPTIONS");
		ck_assert_int_eq(0, pl_strcmp(&req->ruri, "sip:example.com"));
		sipbed_reply(&peer, req, "200 OK", "s", "", NULL);
		expect(i + 1, UA_SIPFLOW_ANSWERED);
		ck_assert(!last.probe);
		ck_assert_uint_eq(_i ? i + 1 : 0, registers);
	}

	/* 21 s and 17 s were too long: what is known then is told at once. */
	ck_assert(sipbed_run(has_learnt, NULL, 2000));
	ck_assert_uint_eq(0, probes);
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
	tcase_add_test(tc, registrar_that_forgot_us_is_noticed);
	tcase_add_test(tc, request_to_ourselves_that_comes_in_is_well);
	tcase_add_test(tc, challenged_request_to_ourselves_comes_in);
	tcase_add_test(tc, challenged_request_that_vanishes_registers_anew);
	tcase_add_test(tc, challenge_that_sees_us_elsewhere_registers_anew);
	tcase_add_test(tc, probe_that_comes_in_is_told_with_the_next_silence);
	tcase_add_loop_test(tc, probe_that_does_not_come_in_is_not_told, 0, 2);
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
