/* SPDX-License-Identifier: BSD-3-Clause */
/** @file test_relays.c  Flows that use TURN servers, by every transport */

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/impl.h"
#include "call/flowcore.h"
#include "rig.h"
#include "turnsrv.h"

Suite *ua_suite_relays(void);

enum { RTP_LEN = 172, RTP_BYTE = 0x80 };

/** An end, and what its flow said */
struct end {
	struct ua_flow *flow;
	bool gathered;
	bool nominated;
	unsigned packets;
};

static struct rig a;
static struct end x, y;
static struct turnsrv srv, other, third;
static struct tlsbed bed;


static void on_gathered(void *arg)
{
	((struct end *)arg)->gathered = true;
}


static void on_ice(const struct ua_ice_event *ev, void *arg)
{
	struct end *end = arg;

	if (ev->type == UA_ICE_EVENT_NOMINATED && ev->comp == 1)
		end->nominated = true;
}


static void on_packet(enum ua_demux kind, const uint8_t *buf, size_t len,
		      void *arg)
{
	struct end *end = arg;

	ck_assert_int_eq(UA_DEMUX_RTP, kind);
	ck_assert_uint_eq(RTP_LEN, len);
	ck_assert_uint_eq(RTP_BYTE, buf[0]);
	++end->packets;
}


static void end_open(struct end *end, bool controlling)
{
	const struct ua_flow_handlers handlers = {
		.gathered = on_gathered,
		.ice = on_ice,
		.packet = on_packet,
		.arg = end,
	};

	memset(end, 0, sizeof(*end));
	ck_assert_int_eq(0, ua_flow_alloc(&end->flow, &a.agent->env,
					  controlling, &handlers));
}


/* An agent that uses these servers; NULL: no more of them */
static void agent_open(enum ua_ice_policy ice, const char *uri,
		       const char *uri2, const char *uri3)
{
	const char *const uriv[] = { uri, uri2, uri3 };
	struct ua_agent_conf conf;
	size_t i;

	rig_conf(&conf);
	conf.ice = ice;
	conf.tls_ca = bed.ctx ? bed.ca : NULL;
	for (i = 0; i < 3 && uriv[i]; i++) {
		conf.turn[i].uri = uriv[i];
		conf.turn[i].user = TURNSRV_USER;
		conf.turn[i].password = TURNSRV_PASSWORD;
	}

	rig_open(&a, &conf);
}


static bool is_complete(void *arg)
{
	return ((struct end *)arg)->flow->complete;
}


static unsigned relays_of(const struct end *end)
{
	unsigned n = 0;
	size_t i;

	for (i = 0; i < end->flow->nrelay; i++)
		n += ua_relays_ready(&end->flow->relays[i]);

	return n;
}


static bool has_two(void *arg)
{
	return relays_of(arg) == 2;
}


static bool both_nominated(void *arg)
{
	(void)arg;
	return x.nominated && y.nominated;
}


static bool both_heard(void *arg)
{
	(void)arg;
	return x.packets && y.packets;
}


static void facts_of(struct ua_sdp_facts *facts, struct end *end)
{
	static struct ua_flow_local local;
	static struct ua_sdp_cand candv[UA_FLOW_CANDS];

	ua_flow_local(end->flow, UA_AF_IP4, &local);
	memset(facts, 0, sizeof(*facts));
	facts->rtp = local.sdp.rtp;
	facts->rtcp = local.sdp.rtcp;
	facts->ice = true;
	facts->ice2 = true;
	str_ncpy(facts->ufrag, local.sdp.ufrag, sizeof(facts->ufrag));
	str_ncpy(facts->pwd, local.sdp.pwd, sizeof(facts->pwd));
	memcpy(candv, local.candv, sizeof(candv));
	facts->candv = candv;
	facts->candc = local.sdp.candc;
}


static void connect_both(bool mux)
{
	struct ua_sdp_facts facts;

	facts_of(&facts, &x);
	ck_assert_int_eq(0, ua_flow_remote(y.flow, &facts, mux));
	facts_of(&facts, &y);
	ck_assert_int_eq(0, ua_flow_remote(x.flow, &facts, mux));
	rig_wait(both_nominated, NULL);
}


static void talk(void)
{
	uint8_t buf[RTP_LEN] = { RTP_BYTE };

	x.packets = y.packets = 0;
	ck_assert_int_eq(0, ua_flow_send(x.flow, 1, buf, sizeof(buf)));
	ck_assert_int_eq(0, ua_flow_send(y.flow, 1, buf, sizeof(buf)));
	rig_wait(both_heard, NULL);
}


static bool none_parting(void *arg)
{
	(void)arg;
	return !a.agent->env.parting.head;
}


/* Everything is given back, by the server's own account. */
static void agent_close(void)
{
	rig_wait(none_parting, NULL);
	ck_assert_uint_eq(0, srv.us ? turnsrv_live(&srv) : 0);
	ck_assert_uint_eq(0, other.us ? turnsrv_live(&other) : 0);
	rig_close(&a);
	if (srv.us)
		turnsrv_close(&srv);
	if (other.us)
		turnsrv_close(&other);
	if (third.us)
		turnsrv_close(&third);
	if (bed.ctx)
		tlsbed_close(&bed);
}


static void tls_open(const struct tlsbed_how *how)
{
	tlsbed_open(&bed, how);
	srv.tls = &bed;
}


/* _i: UDP, TCP, TLS; with and without rtcp-mux */
START_TEST(relay_carries_media_by_every_transport)
{
	static const char *const schemes[] = { "turn", "turn", "turns" };
	static const char *const queries[] = { "?transport=udp",
					       "?transport=tcp", "" };
	const struct tlsbed_how how = { 0 };
	const int tp = _i % 3;
	const bool mux = _i / 3;
	struct ua_flow_local local;
	struct ua_ice_info info;

	turnsrv_open(&srv);
	if (tp == UA_TP_TLS)
		tls_open(&how);
	agent_open(UA_ICE_RELAY_ONLY,
		   turnsrv_uri(&srv, schemes[tp], queries[tp]), NULL, NULL);
	end_open(&x, true);
	end_open(&y, false);
	rig_wait(has_two, &x);
	rig_wait(has_two, &y);
	ck_assert_uint_eq(4, turnsrv_live(&srv));
	ck_assert_uint_eq(tp == UA_TP_UDP ? 0 : 4, srv.nconn);
	ck_assert_uint_eq(tp == UA_TP_UDP, srv.ntcp == 0);
	ck_assert_uint_eq(tp != UA_TP_UDP, srv.nudp == 0);

	connect_both(mux);
	talk();
	ck_assert_int_eq(0, ua_flow_path(x.flow, &info));
	ck_assert(info.relay);
	ck_assert_int_eq(UA_CAND_RELAY, info.local.type);
	ck_assert_int_eq(UA_ORIGIN_PEER, info.remote.origin);
	ck_assert_uint_ge(srv.ndata, 4);

	/* That it is related to an address is told, which one is not. */
	ua_flow_local(x.flow, UA_AF_IP4, &local);
	ck_assert_int_eq(UA_AF_IP4, local.candv[0].raddr.af);
	ck_assert_uint_eq(0, local.candv[0].raddr.ip[0]);
	ck_assert_uint_eq(9, local.candv[0].raddr.port);

	/* RTCP's allocations go as soon as they are not needed. */
	rig_linger(20);
	ck_assert_uint_eq(mux ? 2 : 4, turnsrv_live(&srv));

	ua_flow_close(x.flow);
	ua_flow_close(y.flow);
	rig_wait(none_parting, NULL);
	ck_assert_uint_eq(4, srv.nfreed);
	agent_close();
}
END_TEST


START_TEST(slower_transports_are_spared_where_udp_works)
{
	turnsrv_open(&srv);
	agent_open(UA_ICE_FULL, turnsrv_uri(&srv, "turn", ""), NULL, NULL);
	end_open(&x, true);
	rig_wait(has_two, &x);
	rig_wait(is_complete, &x);
	rig_linger(400);
	ck_assert_uint_eq(0, srv.nconn);
	ua_flow_close(x.flow);
	agent_close();
}
END_TEST


START_TEST(silent_udp_falls_back_to_tcp_after_300_ms)
{
	double t;

	turnsrv_open(&srv);
	srv.deaf = true;
	agent_open(UA_ICE_FULL, turnsrv_uri(&srv, "turn", ""), NULL, NULL);
	t = ua_agent_time(a.agent);
	end_open(&x, true);
	rig_wait(has_two, &x);
	t = ua_agent_time(a.agent) - t;
	ck_assert_double_ge(t, 0.29);
	ck_assert_double_le(t, 0.6);
	ck_assert_uint_eq(2, srv.nconn);
	ck_assert_int_eq(1, x.flow->relays[2].legs[0].cost);
	ua_flow_close(x.flow);
	agent_close();
}
END_TEST


/* Nobody listens there: ICMP tells, and there is nothing to wait for. */
START_TEST(dead_udp_falls_back_at_once)
{
	double t;

	turnsrv_open(&srv);
	srv.us = mem_deref(srv.us);
	agent_open(UA_ICE_FULL, turnsrv_uri(&srv, "turn", ""), NULL, NULL);
	t = ua_agent_time(a.agent);
	end_open(&x, true);
	rig_wait(has_two, &x);
	t = ua_agent_time(a.agent) - t;
	ck_assert_double_le(t, 0.6);
	ua_flow_close(x.flow);
	rig_wait(none_parting, NULL);
	turnsrv_kill(&srv);
	srv.ts = mem_deref(srv.ts);
	agent_close();
}
END_TEST


/* _i: the code, and whether the next call asks that server again */
START_TEST(quota_uses_the_other_server)
{
	static const struct {
		uint16_t code;
		bool again;
	} cases[] = { { 486, true }, { 508, false } };
	unsigned n;

	turnsrv_open(&srv);
	turnsrv_open(&other);
	srv.code = cases[_i].code;
	agent_open(UA_ICE_RELAY_ONLY, turnsrv_uri(&srv, "turn", ""),
		   turnsrv_uri(&other, "turn", ""), NULL);
	end_open(&x, true);
	end_open(&y, false);
	rig_wait(has_two, &x);
	rig_wait(has_two, &y);
	connect_both(false);
	talk();

	/* No storm: each component asked once, by UDP, and was challenged. */
	rig_linger(400);
	n = srv.nalloc;
	ck_assert_uint_le(n, 8);
	ck_assert_uint_eq(0, srv.nconn);
	ck_assert_uint_eq(4, turnsrv_live(&other));
	ua_flow_close(x.flow);
	ua_flow_close(y.flow);
	rig_wait(none_parting, NULL);

	srv.code = 0;
	end_open(&x, true);
	rig_wait(is_complete, &x);
	ck_assert_uint_eq(cases[_i].again, srv.nalloc > n);
	ck_assert_uint_eq(cases[_i].again ? 4 : 2, relays_of(&x));
	ua_flow_close(x.flow);
	agent_close();
}
END_TEST


static bool has_rtp_alone(void *arg)
{
	const struct ua_flow *flow = ((struct end *)arg)->flow;
	size_t n[2] = { 0, 0 };
	size_t i;

	for (i = 0; i < flow->nrelay; i++) {
		if (ua_relays_ready(&flow->relays[i]))
			++n[flow->relays[i].comp - 1];
	}

	return n[0] == 1 && n[1] == 0;
}


/* Whatever the order in which the server took the two: RTP gets the room. */
START_TEST(room_for_one_is_rtps)
{
	turnsrv_open(&srv);
	srv.room = 1;
	agent_open(UA_ICE_FULL, turnsrv_uri(&srv, "turn", "?transport=udp"),
		   NULL, NULL);
	end_open(&x, true);
	if (_i) {
		/* RTCP's comes first if RTP's is lost once. */
		srv.deaf = true;
		rig_linger(100);
		srv.deaf = false;
	}
	rig_wait(has_rtp_alone, &x);
	rig_wait(is_complete, &x);
	rig_linger(50);
	ck_assert(has_rtp_alone(&x));
	ck_assert_uint_eq(1, turnsrv_live(&srv));
	ck_assert_uint_le(srv.nalloc, 12);
	ua_flow_close(x.flow);
	agent_close();
}
END_TEST


START_TEST(no_room_at_all_is_no_storm)
{
	turnsrv_open(&srv);
	srv.code = 486;
	agent_open(UA_ICE_FULL, turnsrv_uri(&srv, "turn", ""), NULL, NULL);
	end_open(&x, true);
	rig_wait(is_complete, &x);
	rig_linger(2500);

	/* Challenged and refused: RTP three times, RTCP once */
	ck_assert_uint_le(srv.nalloc, 8);
	ck_assert_uint_eq(0, srv.nconn);
	ua_flow_close(x.flow);
	agent_close();
}
END_TEST


START_TEST(two_nearest_are_kept_after_nomination)
{
	turnsrv_open(&srv);
	turnsrv_open(&other);
	turnsrv_open(&third);
	agent_open(UA_ICE_FULL, turnsrv_uri(&srv, "turn", ""),
		   turnsrv_uri(&other, "turn", ""),
		   turnsrv_uri(&third, "turn", ""));
	end_open(&x, true);
	end_open(&y, false);
	rig_wait(is_complete, &x);
	rig_wait(is_complete, &y);
	ck_assert_uint_eq(6, relays_of(&x));
	connect_both(false);
	rig_linger(30);
	ck_assert_uint_eq(4, relays_of(&x));
	ck_assert_uint_eq(4, relays_of(&y));
	ck_assert_uint_eq(8, turnsrv_live(&srv) + turnsrv_live(&other) +
				     turnsrv_live(&third));
	ck_assert_uint_eq(4, srv.nfreed + other.nfreed + third.nfreed);
	talk();
	ua_flow_close(x.flow);
	ua_flow_close(y.flow);
	agent_close();
}
END_TEST


static bool is_back(void *arg)
{
	(void)arg;
	return relays_of(&x) == 2 && turnsrv_live(&srv) == 2;
}


START_TEST(relay_over_a_broken_connection_is_regained)
{
	uint16_t base;

	turnsrv_open(&srv);
	agent_open(UA_ICE_FULL, turnsrv_uri(&srv, "turn", "?transport=tcp"),
		   NULL, NULL);
	end_open(&x, true);
	rig_wait(has_two, &x);
	base = x.flow->relays[0].legs[0].base;
	ck_assert_uint_ne(UA_LEG_NOBASE, base);

	turnsrv_kill(&srv);
	rig_wait(is_back, NULL);
	ck_assert_uint_eq(4, srv.nconn);

	/* ICE has it as another base: the old one is down. */
	ck_assert_uint_ne(base, x.flow->relays[0].legs[0].base);
	ua_flow_close(x.flow);
	agent_close();
}
END_TEST


/* What a call learnt serves the next one; a nonce that got old costs nothing
 * more than none.  _i: it is old */
START_TEST(challenge_is_known_to_the_next_call)
{
	turnsrv_open(&srv);
	agent_open(UA_ICE_FULL, turnsrv_uri(&srv, "turn", ""), NULL, NULL);
	end_open(&x, true);
	rig_wait(has_two, &x);
	ck_assert_uint_eq(2, srv.nplain);
	ck_assert_uint_eq(4, srv.nalloc);

	srv.nonce_is_old = _i;
	end_open(&y, false);
	rig_wait(has_two, &y);
	ck_assert_uint_eq(2, srv.nplain);
	ck_assert_uint_eq(_i ? 7 : 6, srv.nalloc);
	ua_flow_close(x.flow);
	ua_flow_close(y.flow);
	agent_close();
}
END_TEST


static size_t cands_of_ip6(struct end *end)
{
	struct ua_sdp_cand candv[UA_FLOW_CANDS];
	const size_t n = ua_flow_cands(end->flow, candv, UA_FLOW_CANDS);
	size_t found = 0;
	size_t i;

	for (i = 0; i < n; i++)
		found += candv[i].addr.af == UA_AF_IP6;

	return found;
}


START_TEST(both_families_of_one_allocation_are_candidates)
{
	turnsrv_open(&srv);
	srv.ip6 = true;
	agent_open(UA_ICE_RELAY_ONLY, turnsrv_uri(&srv, "turn", ""), NULL,
		   NULL);
	end_open(&x, true);
	rig_wait(has_two, &x);
	ck_assert_uint_eq(2, cands_of_ip6(&x));
	ck_assert_uint_eq(2, turnsrv_live(&srv));
	ua_flow_close(x.flow);
	agent_close();
}
END_TEST


static bool has_ip6(void *arg)
{
	return cands_of_ip6(arg) == 2;
}


/* The server does not know of two at once, and the peer has no other. */
START_TEST(peer_of_ipv6_alone_gets_a_relay_of_its_own)
{
	struct ua_sdp_cand cand = { .comp = 1,
				    .type = UA_SDPCAND_HOST,
				    .prio = 1000 };
	struct ua_sdp_facts facts;

	turnsrv_open(&srv);
	agent_open(UA_ICE_RELAY_ONLY, turnsrv_uri(&srv, "turn", ""), NULL,
		   NULL);
	end_open(&x, true);
	rig_wait(has_two, &x);
	ck_assert_uint_eq(0, cands_of_ip6(&x));

	memset(&facts, 0, sizeof(facts));
	ck_assert_int_eq(0, ua_addr_set(&cand.addr, "2001:db8::7", 7000));
	str_ncpy(cand.foundation, "1", sizeof(cand.foundation));
	str_ncpy(cand.transport, "udp", sizeof(cand.transport));
	facts.rtp = cand.addr;
	facts.ice = facts.ice2 = true;
	facts.candv = &cand;
	facts.candc = 1;
	str_ncpy(facts.ufrag, "ufrag", sizeof(facts.ufrag));
	str_ncpy(facts.pwd, "passwordpasswordpassword", sizeof(facts.pwd));
	ck_assert_int_eq(0, ua_flow_remote(x.flow, &facts, false));
	rig_wait(has_ip6, &x);
	rig_linger(50);
	ck_assert_uint_eq(4, turnsrv_live(&srv));
	ua_flow_close(x.flow);
	agent_close();
}
END_TEST


/* _i: with TLS, whose certificate is refused */
START_TEST(server_that_is_refused_ends_gathering)
{
	const struct tlsbed_how how = { .stranger = true };

	turnsrv_open(&srv);
	tls_open(&how);
	agent_open(UA_ICE_FULL, turnsrv_uri(&srv, "turns", ""), NULL, NULL);
	end_open(&x, true);
	rig_wait(is_complete, &x);
	ck_assert_uint_eq(0, relays_of(&x));
	ck_assert_uint_eq(0, srv.nalloc);
	ck_assert_uint_eq(2, srv.nconn);
	ua_flow_close(x.flow);
	agent_close();
}
END_TEST


/* Nobody is told where we are, with or without ICE. */
START_TEST(relay_only_shows_no_socket)
{
	struct ua_flow_local local;
	struct ua_sdp_facts facts;

	agent_open(UA_ICE_RELAY_ONLY, NULL, NULL, NULL);
	end_open(&x, true);
	rig_wait(is_complete, &x);
	ua_flow_local(x.flow, UA_AF_IP4, &local);
	ck_assert_uint_eq(UA_AF_NONE, local.sdp.rtp.af);
	ck_assert_uint_eq(0, local.sdp.candc);

	memset(&facts, 0, sizeof(facts));
	ck_assert_int_eq(0, ua_addr_set(&facts.rtp, "127.0.0.1", 9000));
	ck_assert_int_eq(EINVAL, ua_flow_remote(x.flow, &facts, false));
	ua_flow_close(x.flow);
	agent_close();
}
END_TEST


static bool x_has_gathered(void *arg)
{
	(void)arg;
	return x.gathered;
}


/* Whatever the moment, nothing stays.  _i: turns of the loop, in ms */
START_TEST(flow_may_be_closed_at_any_time)
{
	turnsrv_open(&srv);
	agent_open(UA_ICE_FULL, turnsrv_uri(&srv, "turn", "?transport=tcp"),
		   turnsrv_uri(&srv, "turn", "?transport=udp"), NULL);
	end_open(&x, true);
	if (_i)
		rig_linger((uint32_t)_i - 1);
	ua_flow_close(x.flow);
	rig_wait(none_parting, NULL);
	rig_linger(20);
	agent_close();
}
END_TEST


static const char *script(const char *text)
{
	static char path[128];
	FILE *f;

	(void)snprintf(path, sizeof(path), "%s/credentials", rig_dir());
	f = fopen(path, "w");
	ck_assert_ptr_nonnull(f);
	ck_assert_int_ge(fputs(text, f), 0);
	ck_assert_int_eq(0, fclose(f));
	ck_assert_int_eq(0, chmod(path, 0700));
	return path;
}


static void credentials_open(const char *source)
{
	struct ua_agent_conf conf;

	rig_conf(&conf);
	conf.turn[0].uri = turnsrv_uri(&srv, "turn", "");
	conf.turn[0].credentials = source;
	rig_open(&a, &conf);
	end_open(&x, true);
}


START_TEST(credentials_come_from_a_file)
{
	char source[160];

	(void)snprintf(source, sizeof(source), "file:%s",
		       script("user\npass\n"));
	turnsrv_open(&srv);
	credentials_open(source);
	rig_wait(has_two, &x);
	ua_flow_close(x.flow);
	agent_close();
}
END_TEST


/* Wrong the first time it is run, right the next: it is asked again. */
START_TEST(refused_credentials_are_read_once_more)
{
	char source[160];
	char text[512];

	(void)snprintf(text, sizeof(text),
		       "#!/bin/sh\n"
		       "echo user\n"
		       "if [ -e %s/flag ]; then echo pass\n"
		       "else echo wrong; : >%s/flag; fi\n",
		       rig_dir(), rig_dir());
	(void)snprintf(source, sizeof(source), "command:%s", script(text));
	turnsrv_open(&srv);
	credentials_open(source);
	rig_wait(has_two, &x);
	(void)snprintf(text, sizeof(text), "%s/flag", rig_dir());
	(void)unlink(text);
	ua_flow_close(x.flow);
	agent_close();
}
END_TEST


START_TEST(credentials_that_stay_wrong_end_it)
{
	char source[160];

	(void)snprintf(source, sizeof(source), "file:%s",
		       script("user\nwrong\n"));
	turnsrv_open(&srv);
	credentials_open(source);
	rig_wait(is_complete, &x);
	ck_assert_uint_eq(0, relays_of(&x));

	/* Of two components: unsigned, signed, signed; and all once more */
	ck_assert_uint_le(srv.nalloc, 12);
	ck_assert_uint_eq(0, srv.nconn);
	ua_flow_close(x.flow);
	agent_close();
}
END_TEST


START_TEST(credentials_that_are_not_there_end_gathering)
{
	char source[160];

	(void)snprintf(source, sizeof(source), "file:%s", script("user\n"));
	turnsrv_open(&srv);
	credentials_open(source);
	rig_wait(x_has_gathered, NULL);
	rig_wait(is_complete, &x);
	ck_assert_uint_eq(0, srv.nalloc);
	ua_flow_close(x.flow);
	agent_close();
}
END_TEST


Suite *ua_suite_relays(void)
{
	Suite *s = suite_create("relays");
	TCase *tc = tcase_create("relays");

	tcase_set_timeout(tc, RIG_TEST_S);
	tcase_add_loop_test(tc, relay_carries_media_by_every_transport, 0, 6);
	tcase_add_test(tc, slower_transports_are_spared_where_udp_works);
	tcase_add_test(tc, silent_udp_falls_back_to_tcp_after_300_ms);
	tcase_add_test(tc, dead_udp_falls_back_at_once);
	tcase_add_loop_test(tc, quota_uses_the_other_server, 0, 2);
	tcase_add_loop_test(tc, room_for_one_is_rtps, 0, 2);
	tcase_add_test(tc, no_room_at_all_is_no_storm);
	tcase_add_test(tc, two_nearest_are_kept_after_nomination);
	tcase_add_test(tc, relay_over_a_broken_connection_is_regained);
	tcase_add_loop_test(tc, challenge_is_known_to_the_next_call, 0, 2);
	tcase_add_test(tc, both_families_of_one_allocation_are_candidates);
	tcase_add_test(tc, peer_of_ipv6_alone_gets_a_relay_of_its_own);
	tcase_add_test(tc, server_that_is_refused_ends_gathering);
	tcase_add_test(tc, relay_only_shows_no_socket);
	tcase_add_loop_test(tc, flow_may_be_closed_at_any_time, 0, 8);
	tcase_add_test(tc, credentials_come_from_a_file);
	tcase_add_test(tc, refused_credentials_are_read_once_more);
	tcase_add_test(tc, credentials_that_stay_wrong_end_it);
	tcase_add_test(tc, credentials_that_are_not_there_end_gathering);
	suite_add_tcase(s, tc);

	return s;
}
