/* SPDX-License-Identifier: BSD-3-Clause */
/** @file test_pinger.c  Pings of a flow: which, when, and whether it lives */

#include <check.h>
#include <errno.h>
#include <string.h>

#include "reach/pinger.h"

enum { START_MS = 1000000, DAY_MS = 86400000 };

Suite *ua_suite_pinger(void);

static uint64_t seed;
static uint64_t now;
static struct ua_pinger p;
static struct ua_pinger_event ev;


static void fill(uint8_t *buf, size_t len, void *arg)
{
	(void)arg;

	while (len--) {
		seed = seed * UINT64_C(6364136223846793005) +
		       UINT64_C(1442695040888963407);
		*buf++ = (uint8_t)(seed >> 56);
	}
}


static const struct ua_rand rnd = { .fill = fill };


static uint32_t draw(uint32_t n)
{
	uint32_t v;

	fill((uint8_t *)&v, sizeof(v), NULL);
	return v % n;
}


static void init(enum ua_tp tp, enum ua_keepalive mode, uint32_t interval_s,
		 bool deaf)
{
	const struct ua_pinger_conf conf = {
		.tp = tp,
		.mode = mode,
		.interval_s = interval_s,
		.deaf = deaf,
		.rand = &rnd,
	};

	seed = 4711;
	now = START_MS;
	ua_pinger_init(&p, &conf, now);
}


static void init_auto(void)
{
	init(UA_TP_UDP, UA_KEEPALIVE_AUTO, 0, false);
}


static enum ua_ping output(void)
{
	const enum ua_ping ping = ua_pinger_output(&p, now);

	if (ping != UA_PING_NONE)
		ua_pinger_tx(&p, now);

	return ping;
}


static bool event(void)
{
	return ua_pinger_event(&p, &ev);
}


static void tick_at(uint64_t ms)
{
	now = ms;
	ua_pinger_tick(&p, now);
}


/* The next thing that happens by itself; how long it took */
static uint64_t tick(void)
{
	const uint64_t at = ua_pinger_deadline(&p);
	const uint64_t since = now;

	ck_assert_uint_ne(UA_NEVER, at);
	ck_assert_uint_ge(at, now);
	tick_at(at);
	return now - since;
}


static void expect_ping(enum ua_ping ping)
{
	ck_assert_str_eq(ua_ladder_name(ping), ua_ladder_name(output()));
}


static void expect_event(enum ua_pinger_ev type, enum ua_ping ping)
{
	ck_assert(event());
	ck_assert_int_eq(type, ev.type);
	ck_assert_str_eq(ua_ladder_name(ping), ua_ladder_name(ev.ping));
}


static void expect_nothing(void)
{
	expect_ping(UA_PING_NONE);
	ck_assert(!event());
}


static void answer(enum ua_ping ping, uint64_t after_ms)
{
	now += after_ms;
	ua_pinger_rx(&p, now);
	ua_pinger_answer(&p, now, ping, 200, NULL);
}


/* One more, of any kind, and its answer */
static void ping_answered(enum ua_ping ping)
{
	(void)tick();
	expect_ping(ping);
	answer(ping, 20);
	expect_event(UA_PINGER_ANSWERED, ping);
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


/* ---- Ladders ---- */

struct ladder {
	enum ua_tp tp;
	enum ua_keepalive mode;
	bool outbound;
	uint32_t interval_s;
	struct {
		enum ua_ping holds;
		enum ua_ping proves;
	} rungv[4];
};

#define OPT UA_PING_OPTIONS
#define REG UA_PING_REGISTER
#define CR UA_PING_CRLF
#define ST UA_PING_STUN

static const struct ladder ladders[] = {
	{ UA_TP_UDP,
	  UA_KEEPALIVE_AUTO,
	  false,
	  14,
	  { { OPT, OPT }, { CR, REG } } },
	{ UA_TP_UDP,
	  UA_KEEPALIVE_AUTO,
	  true,
	  14,
	  { { ST, ST }, { OPT, OPT }, { CR, REG } } },
	{ UA_TP_TCP,
	  UA_KEEPALIVE_AUTO,
	  false,
	  30,
	  { { CR, CR }, { OPT, OPT }, { REG, REG } } },
	{ UA_TP_TLS,
	  UA_KEEPALIVE_AUTO,
	  true,
	  30,
	  { { CR, CR }, { OPT, OPT }, { REG, REG } } },
	{ UA_TP_UDP,
	  UA_KEEPALIVE_OPTIONS,
	  false,
	  14,
	  { { OPT, OPT }, { OPT, REG } } },
	{ UA_TP_TCP,
	  UA_KEEPALIVE_OPTIONS,
	  false,
	  30,
	  { { OPT, OPT }, { OPT, REG } } },
	{ UA_TP_TLS,
	  UA_KEEPALIVE_OPTIONS,
	  true,
	  30,
	  { { OPT, OPT }, { OPT, REG } } },
	{ UA_TP_UDP, UA_KEEPALIVE_REGISTER, true, 85, { { REG, REG } } },
	{ UA_TP_TCP, UA_KEEPALIVE_REGISTER, false, 85, { { REG, REG } } },
	{ UA_TP_TLS, UA_KEEPALIVE_REGISTER, false, 85, { { REG, REG } } },
	{ UA_TP_UDP,
	  UA_KEEPALIVE_CRLF,
	  true,
	  14,
	  { { CR, OPT }, { CR, REG } } },
	{ UA_TP_TCP,
	  UA_KEEPALIVE_CRLF,
	  false,
	  30,
	  { { CR, CR }, { CR, OPT }, { CR, REG } } },
	{ UA_TP_TLS,
	  UA_KEEPALIVE_CRLF,
	  false,
	  30,
	  { { CR, CR }, { CR, OPT }, { CR, REG } } },
};

enum { NLADDER = sizeof(ladders) / sizeof(ladders[0]) };


/* The ping that proves; those that only hold go before it. */
static void reach_proof(enum ua_ping holds, enum ua_ping proves)
{
	enum ua_ping ping;
	unsigned n = 0;

	if (holds != proves && proves != UA_PING_REGISTER)
		ck_assert_int_eq(UA_PING_OPTIONS, proves);

	do {
		(void)tick();
		ping = output();
		ck_assert(ping == proves || ping == holds);
		ck_assert_uint_lt(n++, 30);
	} while (p.state != UA_PINGER_ASKED);

	ck_assert_str_eq(ua_ladder_name(proves), ua_ladder_name(ping));
}


/* Each rung in its turn, when the one before is met with silence */
START_TEST(ladder_is_climbed_down)
{
	const struct ladder *l = &ladders[_i];
	unsigned i;

	init(l->tp, l->mode, 0, false);
	ua_pinger_outbound(&p, now, l->outbound, 0);
	ck_assert_uint_eq(1000 * l->interval_s, ua_pinger_interval_ms(&p));

	for (i = 0; i < 4 && l->rungv[i].holds; i++) {
		const bool is_last = i == 3 || !l->rungv[i + 1].holds;
		const enum ua_ping proves = l->rungv[i].proves;

		ck_assert_str_eq(ua_ladder_name(l->rungv[i].holds),
				 ua_ladder_name(ua_pinger_method(&p)));
		reach_proof(l->rungv[i].holds, proves);
		if (proves == UA_PING_REGISTER) {
			ua_pinger_rx(&p, ++now);
			expect_event(UA_PINGER_ANSWERED, UA_PING_REGISTER);
			continue;
		}

		ck_assert_uint_eq(UA_PINGER_DOUBT_MS, tick());
		expect_ping(UA_PING_REGISTER);
		ua_pinger_rx(&p, ++now);
		(void)tick();
		ck_assert_int_eq(UA_PINGER_QUIET, p.state);
		if (!is_last)
			expect_event(UA_PINGER_METHOD, proves);
		expect_nothing();
	}
}
END_TEST


/* OPTIONS are known not to be answered: where another way is, it is taken. */
START_TEST(known_deaf_server_is_not_asked)
{
	const struct ladder *l = &ladders[_i];
	unsigned i = 0;

	init(l->tp, l->mode, 0, true);
	ua_pinger_outbound(&p, now, l->outbound, 0);
	while (l->rungv[i].proves == UA_PING_OPTIONS && l->rungv[i + 1].holds)
		++i;

	ck_assert_str_eq(ua_ladder_name(l->rungv[i].holds),
			 ua_ladder_name(ua_pinger_method(&p)));
	reach_proof(l->rungv[i].holds, l->rungv[i].proves);
	if (l->rungv[0].proves != UA_PING_CRLF &&
	    l->rungv[0].proves != UA_PING_STUN)
		return;

	/* Past the first one, too */
	(void)tick();
	expect_ping(UA_PING_REGISTER);
	ua_pinger_rx(&p, ++now);
	(void)tick();
	expect_event(UA_PINGER_METHOD, l->rungv[0].proves);
	(void)tick();
	ck_assert_int_ne(UA_PING_OPTIONS, output());
}
END_TEST


START_TEST(off_is_off)
{
	init((enum ua_tp)_i, UA_KEEPALIVE_OFF, 0, false);
	ua_pinger_outbound(&p, now, true, 10);
	ua_pinger_interval(&p, now, 10000);
	ua_pinger_hold(&p, now + 5000);
	ua_pinger_kick(&p, now);
	ck_assert_uint_eq(UA_NEVER, ua_pinger_deadline(&p));
	ck_assert_int_eq(UA_PING_NONE, ua_pinger_method(&p));
	tick_at(now + DAY_MS);
	expect_nothing();

	/* It is known all the same when it dies. */
	ua_pinger_broken(&p, now, ECONNRESET);
	expect_event(UA_PINGER_LOST, UA_PING_NONE);
	ck_assert_int_eq(ECONNRESET, ev.err);
	ck_assert_uint_eq(UA_NEVER, ua_pinger_deadline(&p));
	ua_pinger_rx(&p, now + 10);
	expect_event(UA_PINGER_RESTORED, UA_PING_NONE);
	ck_assert_uint_eq(10, ev.after_ms);
}
END_TEST


/* A change of what the registrar agreed to while a ping is under way */
START_TEST(answer_is_read_past_a_change_of_ladder)
{
	init_auto();
	(void)tick();
	expect_ping(UA_PING_OPTIONS);
	ua_pinger_outbound(&p, now, true, 0);
	answer(UA_PING_OPTIONS, 10);
	expect_event(UA_PINGER_ANSWERED, UA_PING_OPTIONS);
	ck_assert_int_eq(UA_PING_STUN, ua_pinger_method(&p));

	/* Silence to the old kind says nothing about the new one. */
	init_auto();
	(void)tick();
	expect_ping(UA_PING_OPTIONS);
	ua_pinger_outbound(&p, now, true, 0);
	(void)tick();
	expect_ping(UA_PING_REGISTER);
	ua_pinger_rx(&p, ++now);
	(void)tick();
	expect_nothing();
	ck_assert_int_eq(UA_PING_STUN, ua_pinger_method(&p));
}
END_TEST


/* ---- When ---- */

START_TEST(jitter_is_80_to_100_percent)
{
	enum { ROUNDS = 4000, BINS = 20 };
	const uint64_t lo = 11200, hi = 14000;
	unsigned bins[BINS] = { 0 };
	uint64_t sum = 0;
	unsigned i;

	init_auto();
	for (i = 0; i < ROUNDS; i++) {
		const uint64_t from = now;

		(void)tick();
		ck_assert_uint_ge(now - from, lo);
		ck_assert_uint_le(now - from, hi);
		sum += now - from;
		bins[(now - from - lo) * (BINS - 1) / (hi - lo)]++;
		expect_ping(UA_PING_OPTIONS);

		/* Counts from when it was sent, not from its answer */
		ua_pinger_rx(&p, now);
		ua_pinger_answer(&p, now, UA_PING_OPTIONS, 200, NULL);
		ck_assert(event());
		ck_assert_uint_eq(ua_pinger_deadline(&p) - now, ev.next_ms);
	}

	ck_assert_uint_ge(sum / ROUNDS, 12500);
	ck_assert_uint_le(sum / ROUNDS, 12700);

	/* Even: 210 are expected in each but the last */
	for (i = 0; i < BINS - 1; i++) {
		ck_assert_uint_ge(bins[i], 140);
		ck_assert_uint_le(bins[i], 290);
	}
}
END_TEST


START_TEST(silence_counts_from_the_ping_not_its_answer)
{
	init_auto();
	(void)tick();
	expect_ping(UA_PING_OPTIONS);
	answer(UA_PING_OPTIONS, 3900);
	expect_event(UA_PINGER_ANSWERED, UA_PING_OPTIONS);
	ck_assert_uint_eq(3900, ev.rtt_ms);
	ck_assert_uint_eq(200, ev.code);
	ck_assert_uint_le(ua_pinger_deadline(&p), now - 3900 + 14000);
	ck_assert_uint_eq(now - 3900, ua_pinger_proof(&p));
}
END_TEST


/* A request of ours that is answered, or one that we answer */
START_TEST(other_traffic_spares_the_ping)
{
	init_auto();
	now += 5000;
	ua_pinger_tx(&p, now);
	ck_assert_uint_le(ua_pinger_deadline(&p), START_MS + 14000);
	ua_pinger_rx(&p, now + 50);
	ck_assert_uint_eq(now, ua_pinger_proof(&p));
	ck_assert_uint_ge(ua_pinger_deadline(&p), now + 11200);

	now += 9000;
	ua_pinger_rx(&p, now);
	ua_pinger_tx(&p, now + 100);
	ck_assert_uint_eq(now + 100, ua_pinger_proof(&p));
	ck_assert_uint_ge(ua_pinger_deadline(&p), now + 100 + 11200);
	expect_nothing();
}
END_TEST


/* Nothing is sent by whom only hears, and nothing is proved by sending. */
START_TEST(traffic_of_one_way_spares_nothing)
{
	uint64_t at;

	init_auto();
	at = ua_pinger_deadline(&p);
	ua_pinger_rx(&p, now + 5000);
	ck_assert_uint_eq(at, ua_pinger_deadline(&p));
	ua_pinger_tx(&p, now + 9000);
	ck_assert_uint_eq(at, ua_pinger_deadline(&p));
	(void)tick();
	expect_ping(UA_PING_OPTIONS);
}
END_TEST


START_TEST(busy_flow_is_never_pinged)
{
	init_auto();
	while (now < START_MS + 3600000) {
		ua_pinger_tx(&p, now);
		ua_pinger_rx(&p, now + 100);
		now += 11000;
		ua_pinger_tick(&p, now);
		expect_nothing();
	}
}
END_TEST


START_TEST(flow_timer_is_honoured)
{
	static const struct {
		uint32_t given_s, want_s;
	} rows[] = { { 0, 30 },  { 200, 30 }, { 120, 30 }, { 60, 30 },
		     { 25, 25 }, { 5, 5 },    { 1, 5 } };

	init(UA_TP_TCP, UA_KEEPALIVE_AUTO, 0, false);
	ua_pinger_outbound(&p, now, true, rows[_i].given_s);
	ck_assert_uint_eq(1000 * rows[_i].want_s, ua_pinger_interval_ms(&p));
	ck_assert_uint_le(ua_pinger_deadline(&p),
			  now + 1000 * rows[_i].want_s);
	ck_assert_uint_ge(ua_pinger_deadline(&p), now + 800 * rows[_i].want_s);

	/* Nor is it broken by a measurement */
	ua_pinger_hold(&p, now + 500000);
	if (rows[_i].given_s)
		ck_assert_uint_le(ua_pinger_deadline(&p),
				  now + 1000 * rows[_i].want_s);
	else
		ck_assert_uint_eq(now + 500000, ua_pinger_deadline(&p));
}
END_TEST


START_TEST(fixed_interval_stays)
{
	init(UA_TP_UDP, _i ? UA_KEEPALIVE_REGISTER : UA_KEEPALIVE_AUTO, 33,
	     false);
	ua_pinger_interval(&p, now, 120000);
	ck_assert_uint_eq(33000, ua_pinger_interval_ms(&p));
	ck_assert_uint_le(ua_pinger_deadline(&p), now + 33000);
}
END_TEST


/* A shorter one counts for the silence that has begun. */
START_TEST(other_interval_counts_at_once)
{
	init_auto();
	ua_pinger_interval(&p, now, 100000);
	ck_assert_uint_ge(ua_pinger_deadline(&p), now + 80000);
	tick_at(now + 50000);
	expect_nothing();
	ua_pinger_interval(&p, now, 20000);
	ck_assert_uint_le(ua_pinger_deadline(&p), now);
	tick_at(now);
	expect_ping(UA_PING_OPTIONS);
}
END_TEST


START_TEST(held_flow_is_silent_and_pinged_at_the_end)
{
	unsigned i;

	init_auto();
	ua_pinger_hold(&p, now + 60000);
	ck_assert_uint_eq(now + 60000, ua_pinger_deadline(&p));

	/* As often as it is told so */
	tick_at(now + 60000);
	for (i = 0; i < 3; i++) {
		ua_pinger_hold(&p, START_MS + 60000);
		if (!i)
			expect_ping(UA_PING_OPTIONS);
		expect_ping(UA_PING_NONE);
		if (!i)
			answer(UA_PING_OPTIONS, 10);
		tick_at(now);
	}
	ck_assert_uint_ge(ua_pinger_deadline(&p), now + 11000);

	/* Its end means: now. */
	ua_pinger_hold(&p, now + 60000);
	tick_at(now + 30000);
	expect_ping(UA_PING_NONE);
	ua_pinger_hold(&p, 0);
	ck_assert_uint_le(ua_pinger_deadline(&p), now);
	tick_at(now);
	expect_ping(UA_PING_OPTIONS);
}
END_TEST


/* It goes twice, half a second apart, and now and then something proves. */
START_TEST(one_way_pings_go_twice_beside_a_verified_one)
{
	unsigned crlf = 0, twins = 0, proofs = 0;
	uint64_t last;

	init(UA_TP_UDP, UA_KEEPALIVE_CRLF, 0, true);
	last = now;
	while (now < START_MS + 3600000) {
		const uint64_t ms = tick();
		const enum ua_ping ping = output();

		ck_assert_uint_le(now - last, 14000);
		if (ping == UA_PING_CRLF && ms == 500) {
			++twins;
			continue;
		}

		last = now;
		if (ping == UA_PING_CRLF) {
			++crlf;
			continue;
		}

		ck_assert_int_eq(UA_PING_REGISTER, ping);
		++proofs;
		ua_pinger_rx(&p, now);
		expect_event(UA_PINGER_ANSWERED, UA_PING_REGISTER);
	}

	/* Each 85 to 99 s, maybe in place of a second one */
	ck_assert_uint_ge(proofs, 36);
	ck_assert_uint_le(proofs, 43);
	ck_assert_uint_ge(crlf, 240 - proofs);
	ck_assert_uint_le(crlf, twins + proofs);
	ck_assert_uint_ge(crlf, twins);
}
END_TEST


/* What came of the binding after it, is to be known. */
START_TEST(measured_silence_ends_with_a_verified_ping)
{
	init(UA_TP_UDP, UA_KEEPALIVE_AUTO, 0, true);
	(void)tick();
	expect_ping(UA_PING_CRLF);
	(void)tick();
	expect_ping(UA_PING_CRLF);
	ua_pinger_hold(&p, now + 30000);
	ck_assert_uint_eq(30000, tick());
	expect_ping(UA_PING_REGISTER);
}
END_TEST


/* Whatever is rescheduled then: what was sent one way is what holds. */
START_TEST(hold_that_is_over_is_forgotten)
{
	init(UA_TP_UDP, UA_KEEPALIVE_AUTO, 0, true);
	ua_pinger_hold(&p, now + 5000);
	ck_assert_uint_eq(5000, tick());
	expect_ping(UA_PING_CRLF);
	(void)tick();
	expect_ping(UA_PING_CRLF);
	ua_pinger_interval(&p, now, 20000);
	ck_assert_uint_ge(ua_pinger_deadline(&p), START_MS + 5000 + 16000);
	ck_assert_uint_le(ua_pinger_deadline(&p), START_MS + 5000 + 20000);
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


/* ---- Deaf servers ---- */

/* What comes in says that the flow lives, late or soon. */
static void unanswered(bool by_register)
{
	(void)tick();
	expect_ping(UA_PING_OPTIONS);
	if (!by_register)
		ua_pinger_rx(&p, now + 100);
	(void)tick();
	if (by_register) {
		expect_ping(UA_PING_REGISTER);
		ua_pinger_rx(&p, now + 100);
		now += 100;
		ck_assert_uint_eq(500, tick());
	}
	ck_assert_int_eq(UA_PINGER_QUIET, p.state);
}


START_TEST(server_that_never_answered_is_deaf_at_once)
{
	init_auto();
	unanswered(_i);
	expect_event(UA_PINGER_METHOD, UA_PING_OPTIONS);
	expect_nothing();
	ck_assert_int_eq(UA_PING_CRLF, ua_pinger_method(&p));
}
END_TEST


START_TEST(server_that_answered_before_is_deaf_after_three)
{
	unsigned round, i;

	init_auto();
	for (round = 0; round < 3; round++) {
		ping_answered(UA_PING_OPTIONS);
		for (i = 1; i < UA_PINGER_DEAF; i++) {
			unanswered(_i);
			expect_nothing();
		}
	}
	ck_assert_int_eq(UA_PING_OPTIONS, ua_pinger_method(&p));

	unanswered(_i);
	expect_event(UA_PINGER_METHOD, UA_PING_OPTIONS);
	ck_assert_int_eq(UA_PING_CRLF, ua_pinger_method(&p));
}
END_TEST


/* Its answer is what showed that the flow lives. */
START_TEST(late_answer_is_no_deafness)
{
	init_auto();
	(void)tick();
	expect_ping(UA_PING_OPTIONS);
	(void)tick();
	expect_ping(UA_PING_REGISTER);
	now += 700;
	ua_pinger_rx(&p, now);
	ua_pinger_answer(&p, now, UA_PING_OPTIONS, 200, NULL);
	expect_event(UA_PINGER_ANSWERED, UA_PING_OPTIONS);
	ck_assert_uint_eq(4700, ev.rtt_ms);
	ck_assert_int_eq(UA_PINGER_QUIET, p.state);
	ck_assert_int_eq(UA_PING_OPTIONS, ua_pinger_method(&p));
	expect_nothing();
}
END_TEST


START_TEST(answer_after_the_verdict_takes_it_back)
{
	init_auto();
	unanswered(true);
	expect_event(UA_PINGER_METHOD, UA_PING_OPTIONS);
	answer(UA_PING_OPTIONS, 3000);
	expect_event(UA_PINGER_ANSWERED, UA_PING_OPTIONS);
	ck_assert_int_eq(UA_PING_OPTIONS, ua_pinger_method(&p));
	ping_answered(UA_PING_OPTIONS);

	/* It counts as one that has answered. */
	unanswered(true);
	expect_nothing();
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
	tcase_add_loop_test(tc, ladder_is_climbed_down, 0, NLADDER);
	tcase_add_loop_test(tc, known_deaf_server_is_not_asked, 0, NLADDER);
	tcase_add_loop_test(tc, off_is_off, 0, 3);
	tcase_add_test(tc, answer_is_read_past_a_change_of_ladder);
	tcase_add_test(tc, jitter_is_80_to_100_percent);
	tcase_add_test(tc, silence_counts_from_the_ping_not_its_answer);
	tcase_add_test(tc, other_traffic_spares_the_ping);
	tcase_add_test(tc, traffic_of_one_way_spares_nothing);
	tcase_add_test(tc, busy_flow_is_never_pinged);
	tcase_add_loop_test(tc, flow_timer_is_honoured, 0, 7);
	tcase_add_loop_test(tc, fixed_interval_stays, 0, 2);
	tcase_add_test(tc, other_interval_counts_at_once);
	tcase_add_test(tc, held_flow_is_silent_and_pinged_at_the_end);
	tcase_add_test(tc, one_way_pings_go_twice_beside_a_verified_one);
	tcase_add_test(tc, measured_silence_ends_with_a_verified_ping);
	tcase_add_test(tc, hold_that_is_over_is_forgotten);
	tcase_add_loop_test(tc, silence_is_doubted_at_4_s_and_death_at_8, 0,
			    NLADDER);
	tcase_add_test(tc, dead_flow_is_pinged_ever_more_rarely);
	tcase_add_loop_test(
		tc, dead_flow_of_a_deaf_server_is_left_to_registration, 0, 2);
	tcase_add_loop_test(tc, whatever_comes_restores, 0, 2);
	tcase_add_loop_test(tc, closed_connection_is_dead_at_once, 0, 3);
	tcase_add_test(tc, machine_that_slept_asks_once_more);
	tcase_add_loop_test(tc, kick_pings_at_once, 0, 2);
	tcase_add_loop_test(tc, server_that_never_answered_is_deaf_at_once, 0,
			    2);
	tcase_add_loop_test(
		tc, server_that_answered_before_is_deaf_after_three, 0, 2);
	tcase_add_test(tc, late_answer_is_no_deafness);
	tcase_add_test(tc, answer_after_the_verdict_takes_it_back);
	tcase_add_loop_test(tc, rubbish_for_a_day_never_stalls_or_floods, 0,
			    30);
	suite_add_tcase(s, tc);

	return s;
}
