/* SPDX-License-Identifier: BSD-3-Clause */
/** @file lifebed.h  The learning machine and a NAT, in virtual time */
#ifndef UA_TEST_LIFEBED_H
#define UA_TEST_LIFEBED_H

#include <check.h>
#include <string.h>

#include "reach/lifetime.h"

enum {
	START_MS = 1000000,
	DAY_MS = 86400000,
	REST_MS = 4000 /* A spare mapping rests longer than the flow      */
};

static uint64_t now;
static struct ua_lifetime lt;
static bool kept;
static struct ua_addr one, two;


static inline void init(bool keeps_port, uint32_t hint_s)
{
	const struct ua_lifetime_conf conf = { .learnt_s = hint_s };

	kept = keeps_port;
	now = START_MS;
	ck_assert_int_eq(0, ua_addr_decode(&one, "192.0.2.7:1111"));
	ck_assert_int_eq(0, ua_addr_decode(&two, "192.0.2.7:2222"));
	ua_lifetime_init(&lt, &conf);
}


static inline void expect(enum ua_lifetime_act act)
{
	ck_assert_int_eq(act, ua_lifetime_output(&lt));
}


static inline void expect_state(enum ua_lifetime_state state)
{
	ck_assert_int_eq(state, ua_lifetime_state(&lt));
}


/* The next thing that happens by itself; how long it took */
static inline uint64_t tick(void)
{
	const uint64_t at = ua_lifetime_deadline(&lt);
	const uint64_t since = now;

	ck_assert_uint_ne(UA_NEVER, at);
	now = at > now ? at : now;
	ua_lifetime_tick(&lt, now);
	return now - since;
}


/* A ping and its answer */
static inline void use(void)
{
	ua_lifetime_tx(&lt, now);
	now += 20;
	ua_lifetime_rx(&lt, now);
	ua_lifetime_answered(&lt, now, kept);
}


/* The probe comes in on the flow, and its answer at the second socket. */
static inline void arrive(void)
{
	now += 20;
	ua_lifetime_rx(&lt, now);
	ua_lifetime_arrived(&lt, now);
	ua_lifetime_tx(&lt, now);
	now += 20;
	ua_lifetime_probed(&lt, now, 0);
}


/* It can tell: the first probe came in. */
static inline void begin(void)
{
	use();
	expect_state(UA_LIFETIME_WAIT);
	ck_assert_uint_eq(UA_LIFETIME_BEGIN_MS, tick());
	expect_state(UA_LIFETIME_ASK);
	expect(UA_LIFETIME_ACT_PROBE);
	arrive();
}


/* The silence of that many seconds, from the last use on */
static inline void gap(uint32_t s)
{
	const uint64_t base = lt.base_ms;

	expect_state(UA_LIFETIME_GAP);
	expect(UA_LIFETIME_ACT_NONE);
	ck_assert_uint_eq(base + 1000ULL * s, ua_lifetime_deadline(&lt));
	ck_assert_uint_eq(ua_lifetime_deadline(&lt) + UA_LIFETIME_PROBE_MS,
			  ua_lifetime_hold(&lt));
	(void)tick();
	expect_state(UA_LIFETIME_PROBE);
	expect(UA_LIFETIME_ACT_PROBE);
	ck_assert_uint_eq(now + UA_LIFETIME_PROBE_MS, ua_lifetime_hold(&lt));
}


/* It was too long; the flow is pinged at once. */
static inline void gap_failed(uint32_t s)
{
	gap(s);
	ck_assert_uint_eq(UA_LIFETIME_PROBE_MS, tick());
	expect_state(UA_LIFETIME_REFRESH);
	expect(UA_LIFETIME_ACT_PING);
	ck_assert_uint_eq(0, ua_lifetime_hold(&lt));
	use();
}


static inline void gap_passed(uint32_t s)
{
	gap(s);
	arrive();
}


static inline void spare_opened(void)
{
	expect_state(UA_LIFETIME_SPARE);
	ck_assert_uint_eq(0, ua_lifetime_hold(&lt));
	expect(UA_LIFETIME_ACT_OPEN);
	now += 30;
	ua_lifetime_spare(&lt, now, &one);
}


static inline void spare_rested(uint32_t s, const struct ua_addr *mapped)
{
	expect_state(UA_LIFETIME_SPARE);
	ck_assert_uint_eq(lt.spare_ms + 1000ULL * s + REST_MS,
			  ua_lifetime_deadline(&lt));
	expect(UA_LIFETIME_ACT_NONE);
	(void)tick();
	expect(UA_LIFETIME_ACT_AGAIN);
	use();
	ua_lifetime_spare(&lt, now, mapped);
}


static inline void learnt(uint32_t s)
{
	expect_state(UA_LIFETIME_DONE);
	expect(UA_LIFETIME_ACT_LEARNT);
	expect(UA_LIFETIME_ACT_NONE);
	ck_assert_uint_eq(s, ua_lifetime_good_s(&lt));
	ck_assert_str_eq("learnt", ua_lifetime_words(&lt));
	ck_assert_uint_eq(0, ua_lifetime_hold(&lt));
	ck_assert(!lt.open);
}


/* All of it, behind a NAT with that timeout that keeps the port */
static inline void learn(uint32_t timeout_s)
{
	begin();
	while (ua_lifetime_state(&lt) == UA_LIFETIME_GAP) {
		if (lt.try_s < timeout_s)
			gap_passed(lt.try_s);
		else
			gap_failed(lt.try_s);
	}
}

#endif
