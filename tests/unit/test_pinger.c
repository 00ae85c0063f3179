/* SPDX-License-Identifier: BSD-3-Clause */
/** @file test_pinger.c  A flow that is kept: its moves, life and death */

#include <check.h>
#include <errno.h>
#include <string.h>

#include "pingbed.h"

Suite *ua_suite_pinger(void);


static uint32_t draw(uint32_t n)
{
	uint32_t v;

	fill((uint8_t *)&v, sizeof(v), NULL);
	return v % n;
}


/* ---- Moves ---- */


static void bring(enum ua_pinger_state state)
{
	init(UA_TP_UDP,
	     state == UA_PINGER_OFF ? UA_KEEPALIVE_OFF : UA_KEEPALIVE_AUTO, 0,
	     false);

	if (state == UA_PINGER_ASKED || state == UA_PINGER_DOUBT) {
		(void)tick();
		expect_ping(UA_PING_OPTIONS);
	}
	if (state == UA_PINGER_DOUBT) {
		(void)tick();
		expect_ping(UA_PING_REGISTER);
	}
	if (state == UA_PINGER_DEAD) {
		ua_pinger_broken(&p, now, ECONNRESET);
		expect_event(UA_PINGER_LOST, UA_PING_NONE);
	}

	ck_assert_int_eq(state, p.state);
}


START_TEST(every_move_is_as_the_table_says)
{
	enum { RX, ANSWER, OTHER, BROKEN, KICK, TICK, N };
	enum {
		Q = UA_PINGER_QUIET,
		A = UA_PINGER_ASKED,
		D = UA_PINGER_DOUBT,
		X = UA_PINGER_DEAD,
		F = UA_PINGER_OFF
	};
	static const uint8_t want[UA_PINGER_NSTATE][N] = {
		/*                   RX ANSWER OTHER BROKEN KICK TICK */
		[UA_PINGER_QUIET] = { Q, Q, Q, X, Q, A },
		[UA_PINGER_ASKED] = { A, Q, A, X, A, D },
		[UA_PINGER_DOUBT] = { D, Q, D, X, D, X },
		[UA_PINGER_DEAD] = { Q, Q, Q, X, X, X },
		[UA_PINGER_OFF] = { F, F, F, F, F, F },
	};

	bring((enum ua_pinger_state)(_i / N + UA_PINGER_QUIET));

	switch (_i % N) {

	case RX:
		ua_pinger_rx(&p, ++now);
		break;

	case ANSWER:
		answer(UA_PING_OPTIONS, 1);
		break;

	case OTHER:
		answer(UA_PING_STUN, 1);
		break;

	case BROKEN:
		ua_pinger_broken(&p, ++now, ENETUNREACH);
		break;

	case KICK:
		ua_pinger_kick(&p, ++now);
		break;

	default:
		if (ua_pinger_deadline(&p) != UA_NEVER)
			(void)tick();
		else
			tick_at(now + DAY_MS);
		break;
	}

	ck_assert_int_eq(want[_i / N + UA_PINGER_QUIET][_i % N], p.state);
}
END_TEST


/* What the state does not take leaves no trace. */
START_TEST(refused_moves_change_nothing)
{
	struct ua_pinger was;

	/* A kick while somebody waits, or pings are not wanted */
	bring((enum ua_pinger_state)(_i + UA_PINGER_QUIET));
	was = p;
	if (_i + UA_PINGER_QUIET != UA_PINGER_QUIET &&
	    _i + UA_PINGER_QUIET != UA_PINGER_DEAD) {
		ua_pinger_kick(&p, now);
		ck_assert_mem_eq(&was, &p, sizeof(p));
	}

	/* A tick before the deadline */
	tick_at(now);
	ck_assert_mem_eq(&was, &p, sizeof(p));

	/* A second loss */
	ua_pinger_broken(&p, now, EIO);
	if (p.state == UA_PINGER_DEAD) {
		while (event())
			;
		was = p;
		ua_pinger_broken(&p, now + 1, EIO);
		ck_assert_mem_eq(&was, &p, sizeof(p));
	}

	/* What is as it was */
	was = p;
	ua_pinger_hold(&p, 0);
	ua_pinger_interval(&p, now, 1000 * UA_PINGER_UDP_S);
	ua_pinger_outbound(&p, now, false, 0);
	ck_assert_mem_eq(&was, &p, sizeof(p));
	ck_assert(!ua_pinger_event(&p, &ev) || ev.type == UA_PINGER_LOST);
}
END_TEST


/* ---- Life and death ---- */


START_TEST(silence_is_doubted_at_4_s_and_death_at_8)
{
	const struct ladder *l = &ladders[_i];
	const enum ua_ping proves = l->rungv[0].proves;
	uint64_t sent;

	init(l->tp, l->mode, 0, false);
	ua_pinger_outbound(&p, now, l->outbound, 0);
	reach_proof(l->rungv[0].holds, proves);
	sent = now;

	ck_assert_uint_eq(4000, tick());
	expect_ping(proves == UA_PING_REGISTER ? UA_PING_OPTIONS
					       : UA_PING_REGISTER);
	expect_nothing();
	ck_assert_uint_eq(4000, tick());
	expect_event(UA_PINGER_LOST, proves);
	ck_assert_int_eq(ETIMEDOUT, ev.err);
	ck_assert_uint_eq(sent + 8000, now);
	ck_assert_int_eq(UA_PINGER_DEAD, p.state);
}
END_TEST


/* At first soon, then each half minute, and not all phones at once */
START_TEST(dead_flow_is_pinged_ever_more_rarely)
{
	static const uint32_t want[] = { 2000,  4000,  8000, 16000,
					 30000, 30000, 30000 };
	unsigned i;

	bring(UA_PINGER_DEAD);
	for (i = 0; i < sizeof(want) / sizeof(want[0]); i++) {
		const uint64_t ms = tick();

		ck_assert_uint_ge(ms, want[i] * 8 / 10);
		ck_assert_uint_le(ms, want[i]);
		expect_ping(UA_PING_OPTIONS);
		expect_nothing();

		/* That it cannot even be sent changes nothing. */
		ua_pinger_broken(&p, now, ENETUNREACH);
		expect_nothing();
	}

	/* The network changed: from the beginning */
	ua_pinger_kick(&p, now);
	ck_assert_uint_eq(0, tick());
	expect_ping(UA_PING_OPTIONS);
	ck_assert_uint_le(tick(), 2000);
}
END_TEST


/* A REGISTER to a dead server costs its owner's patience, not ours. */
START_TEST(dead_flow_of_a_deaf_server_is_left_to_registration)
{
	unsigned i;

	init(UA_TP_UDP, _i ? UA_KEEPALIVE_REGISTER : UA_KEEPALIVE_AUTO, 0,
	     true);
	ua_pinger_broken(&p, now, EIO);
	expect_event(UA_PINGER_LOST, UA_PING_NONE);
	for (i = 0; i < 20; i++) {
		ck_assert_uint_le(tick(), 30000);
		expect_nothing();
	}

	ua_pinger_rx(&p, now);
	expect_event(UA_PINGER_RESTORED, UA_PING_NONE);
}
END_TEST


START_TEST(whatever_comes_restores)
{
	struct ua_addr mapped;
	uint64_t lost;

	ck_assert_int_eq(0, ua_addr_decode(&mapped, "192.0.2.7:4242"));
	bring(UA_PINGER_DEAD);
	lost = now;
	(void)tick();
	expect_ping(UA_PING_OPTIONS);
	now += 30;

	/* The packet first, then what is in it, or the other way */
	if (_i)
		ua_pinger_rx(&p, now);
	ua_pinger_answer(&p, now, UA_PING_OPTIONS, 404, &mapped);
	if (!_i)
		ua_pinger_rx(&p, now);

	expect_event(UA_PINGER_RESTORED, _i ? UA_PING_NONE : UA_PING_OPTIONS);
	ck_assert_uint_eq(now - lost, ev.after_ms);
	if (_i)
		expect_event(UA_PINGER_ANSWERED, UA_PING_OPTIONS);
	ck_assert(ua_addr_eq(&mapped, &ev.mapped));
	ck_assert_uint_eq(404, ev.code);
	expect_nothing();
	ck_assert_int_eq(UA_PINGER_QUIET, p.state);
	ck_assert_uint_ge(ua_pinger_deadline(&p), now + 11000);
	ping_answered(UA_PING_OPTIONS);
}
END_TEST


START_TEST(closed_connection_is_dead_at_once)
{
	bring((enum ua_pinger_state)(UA_PINGER_QUIET + _i));
	ua_pinger_broken(&p, now, ECONNRESET);
	expect_event(UA_PINGER_LOST, _i ? UA_PING_OPTIONS : UA_PING_NONE);
	ck_assert_int_eq(ECONNRESET, ev.err);
	ck_assert_int_eq(UA_PINGER_DEAD, p.state);
	expect_nothing();
	ck_assert_uint_le(tick(), 2000);
}
END_TEST


/* It has not listened; what it asks before it gives up is listened to. */
START_TEST(machine_that_slept_asks_once_more)
{
	bring(UA_PINGER_ASKED);
	tick_at(now + 3600000);
	ck_assert_int_eq(UA_PINGER_DOUBT, p.state);
	expect_ping(UA_PING_REGISTER);
	expect_nothing();
	ck_assert_uint_eq(4000, tick());
	expect_event(UA_PINGER_LOST, UA_PING_OPTIONS);
}
END_TEST


START_TEST(kick_pings_at_once)
{
	/* What proves, where that is not what holds */
	init(UA_TP_UDP, UA_KEEPALIVE_AUTO, 0, _i);
	ua_pinger_hold(&p, now + 60000);
	now += 100;
	ua_pinger_kick(&p, now);
	ck_assert_uint_eq(now, ua_pinger_deadline(&p));
	tick_at(now);
	expect_ping(_i ? UA_PING_REGISTER : UA_PING_OPTIONS);
}
END_TEST


/* ---- Rubbish ---- */


static void rubbish(void)
{
	static const uint32_t codes[] = { 0, 200, 404, 503 };
	struct ua_addr mapped;

	ck_assert_int_eq(0, ua_addr_decode(&mapped, "192.0.2.7:4242"));
	switch (draw(12)) {

	case 0:
	case 1:
		ua_pinger_rx(&p, now);
		break;

	case 2:
		ua_pinger_tx(&p, now);
		break;

	case 3:
	case 4:
	case 5:
		ua_pinger_answer(&p, now, (enum ua_ping)draw(5),
				 (uint16_t)codes[draw(4)],
				 draw(2) ? &mapped : NULL);
		break;

	case 6:
		if (!draw(8))
			ua_pinger_broken(&p, now, EIO);
		break;

	case 7:
		ua_pinger_interval(&p, now, 10000 + draw(110000));
		break;

	case 8:
		ua_pinger_hold(&p, draw(2) ? 0 : now + draw(130000));
		break;

	case 9:
		ua_pinger_outbound(&p, now, draw(2), draw(4) ? 0 : draw(200));
		break;

	default:
		break;
	}
}


/*
 * The bound: a flow is held or proved each 4 s at most often (a Flow-Timer of
 * 5 s, less its jitter); one-way pings go twice, a doubt sends one more.  A
 * dead one gets one each 1.6 s at first.  So that 60 s see 40 at most, if
 * nobody kicks.
 */
START_TEST(rubbish_for_a_day_never_stalls_or_floods)
{
	enum { SLOTS = 40 };
	static const enum ua_tp tps[] = { UA_TP_UDP, UA_TP_TCP, UA_TP_TLS };
	uint64_t sentv[SLOTS] = { 0 };
	unsigned n = 0;
	uint64_t at, was;

	init(tps[_i % 3], (enum ua_keepalive)(_i / 3 % 5), 0, _i / 15 % 2);
	seed += (uint64_t)_i;

	while (now < START_MS + DAY_MS) {
		at = ua_pinger_deadline(&p);
		was = now;
		now += 1 + draw(4000);

		/* On time, mostly */
		if (at <= now && at > was && draw(10))
			now = at;
		if (at <= now) {
			ua_pinger_tick(&p, now);
			at = ua_pinger_deadline(&p);
			ck_assert_uint_gt(at, now);
		}

		while (output() != UA_PING_NONE) {
			ck_assert_uint_ge(now - sentv[n % SLOTS], 60000);
			sentv[n++ % SLOTS] = now;
		}
		rubbish();
		while (event())
			ck_assert(ev.type >= UA_PINGER_ANSWERED &&
				  ev.type <= UA_PINGER_METHOD);

		ck_assert(p.state > UA_PINGER_NONE &&
			  p.state < UA_PINGER_NSTATE);
		ck_assert_int_eq(p.state == UA_PINGER_OFF,
				 p.mode == UA_KEEPALIVE_OFF);
		ck_assert_uint_le(ua_pinger_proof(&p), now);
		ck_assert(p.state == UA_PINGER_OFF ||
			  ua_pinger_deadline(&p) != UA_NEVER);
	}

	ck_assert_int_eq(p.mode == UA_KEEPALIVE_OFF, n == 0);
}
END_TEST


Suite *ua_suite_pinger(void)
{
	Suite *s = suite_create("pinger");
	TCase *tc = tcase_create("pinger");

	tcase_set_timeout(tc, 30);
	tcase_add_loop_test(tc, every_move_is_as_the_table_says, 0,
			    6 * (UA_PINGER_NSTATE - 1));
	tcase_add_loop_test(tc, refused_moves_change_nothing, 0,
			    UA_PINGER_NSTATE - 1);
	tcase_add_loop_test(tc, silence_is_doubted_at_4_s_and_death_at_8, 0,
			    NLADDER);
	tcase_add_test(tc, dead_flow_is_pinged_ever_more_rarely);
	tcase_add_loop_test(
		tc, dead_flow_of_a_deaf_server_is_left_to_registration, 0, 2);
	tcase_add_loop_test(tc, whatever_comes_restores, 0, 2);
	tcase_add_loop_test(tc, closed_connection_is_dead_at_once, 0, 3);
	tcase_add_test(tc, machine_that_slept_asks_once_more);
	tcase_add_loop_test(tc, kick_pings_at_once, 0, 2);
	tcase_add_loop_test(tc, rubbish_for_a_day_never_stalls_or_floods, 0,
			    30);
	suite_add_tcase(s, tc);

	return s;
}
