/* SPDX-License-Identifier: BSD-3-Clause */
/** @file test_lifetime_moves.c  The learning machine: all its moves, and
 * rubbish */

#include <check.h>
#include <errno.h>
#include <string.h>

#include "lifebed.h"

Suite *ua_suite_lifetime_moves(void);

static uint64_t seed;


static uint32_t draw(uint32_t n)
{
	seed = seed * UINT64_C(6364136223846793005) +
	       UINT64_C(1442695040888963407);
	return (uint32_t)(seed >> 33) % n;
}


/* ---- Moves ---- */


static void bring(enum ua_lifetime_state state)
{
	init(state != UA_LIFETIME_SPARE, 0);
	lt.begin_ms = UA_LIFETIME_BEGIN_MS;
	switch (state) {

	case UA_LIFETIME_OFF:
		lt.state = UA_LIFETIME_OFF;
		break;

	case UA_LIFETIME_WAIT:
		use();
		break;

	case UA_LIFETIME_ASK:
		use();
		(void)tick();
		break;

	case UA_LIFETIME_DONE:
		learn(60);
		break;

	case UA_LIFETIME_BLIND:
		use();
		while (lt.state != UA_LIFETIME_BLIND)
			(void)tick();
		break;

	default:
		begin();
		while (lt.state != state)
			(void)tick();
		break;
	}

	while (ua_lifetime_output(&lt))
		;
	ck_assert_int_eq(state, lt.state);
}


START_TEST(every_move_is_as_the_table_says)
{
	enum { TICK, ANSWERED, ARRIVED, PROBED, SPARE, DIED, LOST, N };
	enum {
		F = UA_LIFETIME_OFF,
		W = UA_LIFETIME_WAIT,
		A = UA_LIFETIME_ASK,
		S = UA_LIFETIME_SPARE,
		G = UA_LIFETIME_GAP,
		P = UA_LIFETIME_PROBE,
		R = UA_LIFETIME_REFRESH,
		D = UA_LIFETIME_DONE,
		B = UA_LIFETIME_BLIND
	};
	static const uint8_t want[UA_LIFETIME_NSTATE][N] = {
		/*               TICK ANSWERED ARRIVED PROBED SPARE DIED LOST
		 */
		[UA_LIFETIME_OFF] = { F, F, F, F, F, F, F },
		[UA_LIFETIME_WAIT] = { A, W, W, W, W, W, W },
		[UA_LIFETIME_ASK] = { W, A, G, W, A, W, W },
		[UA_LIFETIME_SPARE] = { D, S, S, S, D, W, W },
		[UA_LIFETIME_GAP] = { P, G, G, G, G, W, W },
		[UA_LIFETIME_PROBE] = { R, P, P, W, P, W, W },
		[UA_LIFETIME_REFRESH] = { W, G, R, R, R, R, W },
		[UA_LIFETIME_DONE] = { G, D, D, D, D, W, W },
		[UA_LIFETIME_BLIND] = { A, B, B, B, B, W, W },
	};
	const enum ua_lifetime_state state =
		(enum ua_lifetime_state)(_i / N + UA_LIFETIME_OFF);

	bring(state);

	switch (_i % N) {

	case TICK:
		if (lt.at_ms == UA_NEVER)
			ua_lifetime_tick(&lt, now + DAY_MS);
		else
			(void)tick();
		break;

	case ANSWERED:
		ua_lifetime_answered(&lt, now, true);
		break;

	case ARRIVED:
		ua_lifetime_arrived(&lt, now);
		break;

	case PROBED:
		ua_lifetime_probed(&lt, now, EIO);
		break;

	case SPARE:
		ua_lifetime_spare(&lt, now, NULL);
		break;

	case DIED:
		ua_lifetime_died(&lt, now, 12000);
		break;

	default:
		ua_lifetime_lost(&lt);
		break;
	}

	ck_assert_int_eq(want[state][_i % N], lt.state);
}
END_TEST


/* What the state does not take leaves no trace. */
START_TEST(refused_moves_change_nothing)
{
	const enum ua_lifetime_state state =
		(enum ua_lifetime_state)(_i + UA_LIFETIME_OFF);
	struct ua_lifetime was;

	bring(state);
	was = lt;
	if (state != UA_LIFETIME_ASK && state != UA_LIFETIME_PROBE) {
		ua_lifetime_probed(&lt, now, EIO);
		ck_assert_mem_eq(&was, &lt, sizeof(lt));
	}
	if (state != UA_LIFETIME_SPARE) {
		ua_lifetime_spare(&lt, now, &one);
		ua_lifetime_spare(&lt, now, NULL);
		ck_assert_mem_eq(&was, &lt, sizeof(lt));
	}
	if (state == UA_LIFETIME_OFF) {
		ua_lifetime_died(&lt, now, 60000);
		ua_lifetime_lost(&lt);
	}
	if (lt.at_ms > now)
		ua_lifetime_tick(&lt, now);
	ck_assert_mem_eq(&was, &lt, sizeof(lt));
}
END_TEST


/* Nobody asked the spare socket, which rests. */
START_TEST(answer_of_a_resting_spare_changes_nothing)
{
	struct ua_lifetime was;

	init(false, 0);
	begin();
	spare_opened();
	was = lt;
	ua_lifetime_spare(&lt, now + 5000, &two);
	ck_assert_mem_eq(&was, &lt, sizeof(lt));
}
END_TEST


/* ---- Rubbish ---- */


static void rubbish(void)
{
	static const int errs[] = { 0, ETIMEDOUT, EIO };

	switch (draw(14)) {

	case 0:
		ua_lifetime_tx(&lt, now);
		break;

	case 1:
		ua_lifetime_rx(&lt, now);
		break;

	case 2:
	case 3:
		ua_lifetime_answered(&lt, now, draw(4) ? kept : !kept);
		break;

	case 4:
	case 5:
		ua_lifetime_arrived(&lt, now);
		break;

	case 6:
		ua_lifetime_probed(&lt, now, errs[draw(3)]);
		break;

	case 7:
	case 8:
		ua_lifetime_spare(&lt, now,
				  draw(5) ? draw(5) ? &one : &two : NULL);
		break;

	case 9:
		if (!draw(50))
			ua_lifetime_died(&lt, now, draw(200000));
		break;

	case 10:
		if (!draw(50))
			ua_lifetime_lost(&lt);
		break;

	case 11:
		ua_lifetime_count(&lt);
		break;

	default:
		break;
	}
}


/*
 * The bound: a try takes 10 s at least, and sends three requests at most;
 * asking takes longer.  So that a minute sees 20 at most.
 */
START_TEST(rubbish_for_a_day_never_stalls_or_floods)
{
	enum { SLOTS = 20 };
	uint64_t sentv[SLOTS] = { 0 };
	enum ua_lifetime_act act;
	bool open = false;
	unsigned n = 0;
	uint64_t at, was;

	init(_i % 2, _i % 3 ? 0 : 20 * (uint32_t)_i);
	seed = (uint64_t)_i;
	while (now < START_MS + DAY_MS) {
		at = ua_lifetime_deadline(&lt);
		was = now;
		now += 1 + draw(_i % 5 ? 30000 : 2000);
		if (at <= now && at > was && draw(20))
			now = at;
		if (at <= now) {
			ua_lifetime_tick(&lt, now);
			ck_assert_uint_ne(at, ua_lifetime_deadline(&lt));
		}
		rubbish();

		while ((act = ua_lifetime_output(&lt)) !=
		       UA_LIFETIME_ACT_NONE) {
			if (act == UA_LIFETIME_ACT_OPEN) {
				ck_assert(!open);
				open = true;
			}
			if (act == UA_LIFETIME_ACT_AGAIN)
				ck_assert(open);
			if (act == UA_LIFETIME_ACT_CLOSE) {
				ck_assert(open);
				open = false;
			}
			if (act == UA_LIFETIME_ACT_CLOSE ||
			    act == UA_LIFETIME_ACT_LEARNT)
				continue;

			ck_assert_uint_ge(now - sentv[n % SLOTS], 60000);
			sentv[n++ % SLOTS] = now;
		}

		ck_assert(lt.state > UA_LIFETIME_OFF &&
			  lt.state < UA_LIFETIME_NSTATE);
		ck_assert_int_eq(open, lt.open);
		ck_assert_uint_ge(ua_lifetime_interval_ms(&lt), 10000);
		ck_assert_uint_le(ua_lifetime_interval_ms(&lt), 120000);
		ck_assert_uint_ge(ua_lifetime_good_s(&lt), 10);
		ck_assert_uint_le(ua_lifetime_good_s(&lt), 126);

		/* Silent only as long as is tried */
		ck_assert(ua_lifetime_hold(&lt) == 0 ||
			  ua_lifetime_hold(&lt) <= now + 130000);
		ck_assert(lt.state == UA_LIFETIME_WAIT ||
			  ua_lifetime_deadline(&lt) != UA_NEVER);
	}
	ck_assert_uint_ge(n, 20);
}
END_TEST


Suite *ua_suite_lifetime_moves(void)
{
	Suite *s = suite_create("lifetime_moves");
	TCase *tc = tcase_create("lifetime");

	tcase_set_timeout(tc, 30);
	tcase_add_loop_test(tc, every_move_is_as_the_table_says, 0,
			    7 * (UA_LIFETIME_NSTATE - 1));
	tcase_add_loop_test(tc, refused_moves_change_nothing, 0,
			    UA_LIFETIME_NSTATE - 1);
	tcase_add_test(tc, answer_of_a_resting_spare_changes_nothing);
	tcase_add_loop_test(tc, rubbish_for_a_day_never_stalls_or_floods, 0,
			    30);
	suite_add_tcase(s, tc);

	return s;
}
