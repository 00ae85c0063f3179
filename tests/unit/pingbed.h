/* SPDX-License-Identifier: BSD-3-Clause */
/** @file pingbed.h  The keepalive machine in virtual time */
#ifndef UA_TEST_PINGBED_H
#define UA_TEST_PINGBED_H

#include <check.h>
#include <string.h>

#include "reach/pinger.h"

enum { START_MS = 1000000, DAY_MS = 86400000 };

static uint64_t seed;
static uint64_t now;
static struct ua_pinger p;
static struct ua_pinger_event ev;


static inline void fill(uint8_t *buf, size_t len, void *arg)
{
	(void)arg;

	while (len--) {
		seed = seed * UINT64_C(6364136223846793005) +
		       UINT64_C(1442695040888963407);
		*buf++ = (uint8_t)(seed >> 56);
	}
}


static const struct ua_rand rnd = { .fill = fill };


static inline void init(enum ua_tp tp, enum ua_keepalive mode,
			uint32_t interval_s, bool deaf)
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


static inline void init_auto(void)
{
	init(UA_TP_UDP, UA_KEEPALIVE_AUTO, 0, false);
}


static inline enum ua_ping output(void)
{
	const enum ua_ping ping = ua_pinger_output(&p, now);

	if (ping != UA_PING_NONE)
		ua_pinger_tx(&p, now);

	return ping;
}


static inline bool event(void)
{
	return ua_pinger_event(&p, &ev);
}


static inline void tick_at(uint64_t ms)
{
	now = ms;
	ua_pinger_tick(&p, now);
}


/* The next thing that happens by itself; how long it took */
static inline uint64_t tick(void)
{
	const uint64_t at = ua_pinger_deadline(&p);
	const uint64_t since = now;

	ck_assert_uint_ne(UA_NEVER, at);
	ck_assert_uint_ge(at, now);
	tick_at(at);
	return now - since;
}


static inline void expect_ping(enum ua_ping ping)
{
	ck_assert_str_eq(ua_ladder_name(ping), ua_ladder_name(output()));
}


static inline void expect_event(enum ua_pinger_ev type, enum ua_ping ping)
{
	ck_assert(event());
	ck_assert_int_eq(type, ev.type);
	ck_assert_str_eq(ua_ladder_name(ping), ua_ladder_name(ev.ping));
}


static inline void expect_nothing(void)
{
	expect_ping(UA_PING_NONE);
	ck_assert(!event());
}


static inline void answer(enum ua_ping ping, uint64_t after_ms)
{
	now += after_ms;
	ua_pinger_rx(&p, now);
	ua_pinger_answer(&p, now, ping, 200, NULL);
}


/* One more, of any kind, and its answer */
static inline void ping_answered(enum ua_ping ping)
{
	(void)tick();
	expect_ping(ping);
	answer(ping, 20);
	expect_event(UA_PINGER_ANSWERED, ping);
}


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
static inline void reach_proof(enum ua_ping holds, enum ua_ping proves)
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

#endif
