/* SPDX-License-Identifier: BSD-3-Clause */
/** @file test_flow.c  The way of one call's media, end by end */

#include <check.h>
#include <errno.h>
#include <string.h>

#include "agent/impl.h"
#include "base/clock.h"
#include "base/wr.h"
#include "flowbed.h"

Suite *ua_suite_flow(void);

START_TEST(two_ends_find_a_path_and_use_it)
{
	struct ua_ice_info info;
	struct ua_flow_local local;

	rig_open(&a, NULL);
	end_open(&x, true);
	end_open(&y, false);
	ck_assert_int_eq(ENOTCONN, send_rtp(&x));
	ck_assert(!ua_flow_ready(x.flow));
	ck_assert_int_eq(ENOTCONN, ua_flow_path(x.flow, &info));

	connect_both(_i);
	rig_wait(both_nominated, NULL);
	ck_assert(ua_flow_ready(x.flow));
	ck_assert(!ua_flow_is_plain(x.flow));
	ck_assert_int_eq(0, send_rtp(&x));
	ck_assert_int_eq(0, send_rtp(&y));
	rig_wait(both_heard, NULL);

	/* With mux the second component is told no more. */
	ua_flow_local(x.flow, UA_AF_IP4, &local);
	ck_assert_uint_eq(_i ? 1 : 2, local.sdp.candc);

	ua_flow_close(x.flow);
	ua_flow_close(y.flow);
	rig_close(&a);
}
END_TEST


START_TEST(handler_may_close_it)
{
	struct ua_flow *held;

	rig_open(&a, NULL);
	end_open(&x, true);
	held = mem_ref(x.flow);
	x.close = true;
	rig_wait(is_gathered, &x);
	rig_linger(10);
	ck_assert_uint_eq(1, x.gathered);

	/* Its own reference was dropped, and dropped once. */
	ck_assert_uint_eq(1, mem_nrefs(held));
	mem_deref(held);
	rig_close(&a);
}
END_TEST


START_TEST(closed_flow_says_nothing)
{
	rig_open(&a, NULL);
	end_open(&x, true);
	ua_flow_close(x.flow);
	ua_flow_close(NULL);
	rig_linger(UA_FLOW_GATHER_MS + 50);
	ck_assert_uint_eq(0, x.gathered);
	rig_close(&a);
}
END_TEST


START_TEST(silent_server_delays_it_no_longer_than_allowed)
{
	struct sipbed_peer silent;
	struct ua_agent_conf conf;
	char uri[64];
	double t;

	ck_assert_int_eq(0, libre_init());
	sipbed_open(&silent);
	(void)re_snprintf(uri, sizeof(uri), "stun:%J", &silent.local);
	rig_conf(&conf);
	conf.stun[0].uri = uri;
	rig_open(&a, &conf);

	t = ua_agent_time(a.agent);
	end_open(&x, true);
	rig_wait(is_gathered, &x);
	t = ua_agent_time(a.agent) - t;
	ck_assert_double_ge(t, (UA_FLOW_GATHER_MS - 5) / 1e3);
	ck_assert_double_lt(t, UA_FLOW_GATHER_MS * 3 / 1e3);

	ua_flow_close(x.flow);
	rig_close(&a);
	sipbed_close(&silent);
}
END_TEST


static bool is_late(void *arg)
{
	const struct end *end = arg;

	return end->lates > 0;
}


/* Answers what the client asked last, as a server that sees us elsewhere. */
static void server_recv(const struct sa *src, struct mbuf *mb, void *arg)
{
	struct sipbed_peer *server = arg;
	const struct ua_addr mapped = { .af = UA_AF_IP4,
					.port = 4711,
					.ip = { 198, 51, 100, 9 } };
	uint8_t buf[128];
	struct mbuf reply = { .buf = buf };
	struct ua_stun msg;
	struct ua_wr wr;

	if (!x.told || ua_stun_decode(&msg, mbuf_buf(mb), mbuf_get_left(mb)))
		return;

	ua_wr_init(&wr, buf, sizeof(buf));
	ua_stun_begin(&wr, UA_STUN_SUCCESS, UA_STUN_BINDING, msg.tid);
	ua_stun_put_addr(&wr, UA_STUN_XOR_MAPPED_ADDRESS, &mapped);
	ck_assert_int_eq(0, ua_stun_end(&wr, NULL, 0, true));
	reply.size = reply.end = wr.pos;
	ck_assert_int_eq(0, udp_send(server->us, src, &reply));
}


START_TEST(late_candidate_is_told_after_the_description)
{
	struct sipbed_peer server;
	struct ua_flow_local local;
	struct ua_agent_conf conf;
	struct ua_sdp_cand candv[UA_FLOW_CANDS];
	char uri[64];
	size_t n;

	ck_assert_int_eq(0, libre_init());
	sipbed_open(&server);
	udp_handler_set(server.us, server_recv, &server);
	(void)re_snprintf(uri, sizeof(uri), "stun:%J", &server.local);
	rig_conf(&conf);
	conf.stun[0].uri = uri;
	rig_open(&a, &conf);

	end_open(&x, true);
	rig_wait(is_gathered, &x);
	ua_flow_local(x.flow, UA_AF_IP4, &local);
	n = local.sdp.candc;
	ck_assert_uint_eq(0, x.lates);

	/* Its first requests are lost, the next ones are not. */
	x.told = true;
	rig_wait(is_late, &x);
	ck_assert_uint_gt(ua_flow_cands(x.flow, candv, UA_FLOW_CANDS), n);
	ck_assert_int_eq(UA_SDPCAND_SRFLX, candv[n].type);

	/* What a new description has is late no more. */
	ua_flow_local(x.flow, UA_AF_IP4, &local);
	ck_assert_uint_gt(local.sdp.candc, n);

	ua_flow_close(x.flow);
	rig_close(&a);
	sipbed_close(&server);
}
END_TEST


static bool asks_rtcp(const struct end *end)
{
	size_t i;

	for (i = 0; i < end->flow->nbind; i++) {
		const struct ua_bound *bound = &end->flow->binds[i];

		if (bound->bind && bound->host->comp == 2)
			return true;
	}

	return false;
}


/* What rtcp-mux closed has no address outside; nobody would answer. */
START_TEST(closed_socket_is_not_asked_for)
{
	const struct ua_addr mapped = { .af = UA_AF_IP4,
					.port = 9,
					.ip = { 127, 0, 0, 1 } };
	size_t i;

	rig_open(&a, NULL);
	end_open(&x, true);
	end_open(&y, false);
	for (i = 0; i < x.flow->nhost; i++) {
		x.flow->hosts[i].mapped = mapped;
		x.flow->hosts[i].mapper = mapped;
	}

	connect_both(_i);
	rig_wait(both_nominated, NULL);
	ua_gather_ask(x.flow, ua_clock_ms());
	ck_assert_int_eq(!_i, asks_rtcp(&x));

	ua_flow_close(x.flow);
	ua_flow_close(y.flow);
	rig_close(&a);
}
END_TEST


/* ------------------------ a peer without ICE ----------------------- */


static void raw_send(struct sipbed_peer *from)
{
	struct mbuf *mb = mbuf_alloc(RTP_LEN);
	struct ua_flow_local local;
	struct sa dst;

	ck_assert_int_eq(0, mbuf_fill(mb, RTP_BYTE, RTP_LEN));
	mb->pos = 0;
	ua_flow_local(x.flow, UA_AF_IP4, &local);
	ua_addr_to_sa(&dst, &local.sdp.rtp);
	ck_assert_int_eq(0, udp_send(from->us, &dst, mb));
	mem_deref(mb);
}


static bool heard_more(void *arg)
{
	return x.packets > *(unsigned *)arg;
}


static void is_heard(struct sipbed_peer *from)
{
	unsigned n = x.packets;

	raw_send(from);
	rig_wait(heard_more, &n);
}


static void is_ignored(struct sipbed_peer *from)
{
	const unsigned n = x.packets;

	raw_send(from);
	rig_linger(10);
	ck_assert_uint_eq(n, x.packets);
}


static void plain_open(struct sipbed_peer *told)
{
	struct ua_sdp_facts facts;

	end_open(&x, true);
	rig_wait(is_gathered, &x);
	memset(&facts, 0, sizeof(facts));
	ua_addr_from_sa(&facts.rtp, &told->local);
	ck_assert_int_eq(0, ua_flow_remote(x.flow, &facts, true));
	ck_assert(ua_flow_is_plain(x.flow));
	ck_assert(ua_flow_ready(x.flow));
}


START_TEST(peer_that_is_where_it_said_is_alone_heard)
{
	struct sipbed_peer told, other;

	rig_open(&a, NULL);
	sipbed_open(&told);
	sipbed_open(&other);
	plain_open(&told);

	is_heard(&told);
	is_ignored(&other);
	is_heard(&told);

	ua_flow_close(x.flow);
	sipbed_close(&told);
	sipbed_close(&other);
	rig_close(&a);
}
END_TEST


START_TEST(peer_that_is_elsewhere_is_answered_there)
{
	struct sipbed_peer told, other, third;
	struct ua_ice_info info;
	struct ua_addr addr;

	rig_open(&a, NULL);
	sipbed_open(&told);
	sipbed_open(&other);
	sipbed_open(&third);
	plain_open(&told);

	is_heard(&other);
	is_ignored(&third);
	is_heard(&other);

	ck_assert_int_eq(0, ua_flow_path(x.flow, &info));
	ua_addr_from_sa(&addr, &other.local);
	ck_assert(ua_addr_eq(&addr, &info.remote.addr));
	ck_assert_int_eq(0, send_rtp(&x));

	ua_flow_close(x.flow);
	sipbed_close(&told);
	sipbed_close(&other);
	sipbed_close(&third);
	rig_close(&a);
}
END_TEST


START_TEST(description_without_an_address_is_refused)
{
	struct ua_sdp_facts facts;

	rig_open(&a, NULL);
	end_open(&x, true);
	memset(&facts, 0, sizeof(facts));
	ck_assert_int_eq(EINVAL, ua_flow_remote(x.flow, &facts, false));
	ck_assert(!ua_flow_ready(x.flow));
	ua_flow_close(x.flow);
	rig_close(&a);
}
END_TEST


Suite *ua_suite_flow(void)
{
	Suite *s = suite_create("flow");
	TCase *tc = tcase_create("ice");
	TCase *tp = tcase_create("plain");

	tcase_set_timeout(tc, RIG_TEST_S);
	tcase_add_loop_test(tc, two_ends_find_a_path_and_use_it, 0, 2);
	tcase_add_loop_test(tc, closed_socket_is_not_asked_for, 0, 2);
	tcase_add_test(tc, handler_may_close_it);
	tcase_add_test(tc, closed_flow_says_nothing);
	tcase_add_test(tc, silent_server_delays_it_no_longer_than_allowed);
	tcase_add_test(tc, late_candidate_is_told_after_the_description);
	suite_add_tcase(s, tc);

	tcase_set_timeout(tp, RIG_TEST_S);
	tcase_add_test(tp, peer_that_is_where_it_said_is_alone_heard);
	tcase_add_test(tp, peer_that_is_elsewhere_is_answered_there);
	tcase_add_test(tp, description_without_an_address_is_refused);
	suite_add_tcase(s, tp);

	return s;
}
