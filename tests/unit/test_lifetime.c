/* SPDX-License-Identifier: BSD-3-Clause */
/** @file test_lifetime.c  How long a binding lives, as proved by probes */

#include <check.h>
#include <errno.h>
#include <string.h>

#include "reach/lifetime.h"

enum {
	START_MS = 1000000,
	DAY_MS = 86400000,
	REST_MS = 4000 /* A spare mapping rests longer than the flow      */
};

Suite *ua_suite_lifetime(void);

static uint64_t now;
static struct ua_lifetime lt;
static bool kept;
static struct ua_addr one, two;
static uint64_t seed;


static uint32_t draw(uint32_t n)
{
	seed = seed * UINT64_C(6364136223846793005) +
	       UINT64_C(1442695040888963407);
	return (uint32_t)(seed >> 33) % n;
}


static void init(bool keeps_port, uint32_t hint_s)
{
	const struct ua_lifetime_conf conf = { .learnt_s = hint_s };

	kept = keeps_port;
	now = START_MS;
	ck_assert_int_eq(0, ua_addr_decode(&one, "192.0.2.7:1111"));
	ck_assert_int_eq(0, ua_addr_decode(&two, "192.0.2.7:2222"));
	ua_lifetime_init(&lt, &conf);
}


static void expect(enum ua_lifetime_act act)
{
	ck_assert_int_eq(act, ua_lifetime_output(&lt));
}


static void expect_state(enum ua_lifetime_state state)
{
	ck_assert_int_eq(state, ua_lifetime_state(&lt));
}


/* The next thing that happens by itself; how long it took */
static uint64_t tick(void)
{
	const uint64_t at = ua_lifetime_deadline(&lt);
	const uint64_t since = now;

	ck_assert_uint_ne(UA_NEVER, at);
	now = at > now ? at : now;
	ua_lifetime_tick(&lt, now);
	return now - since;
}


/* A ping and its answer */
static void use(void)
{
	ua_lifetime_tx(&lt, now);
	now += 20;
	ua_lifetime_rx(&lt, now);
	ua_lifetime_answered(&lt, now, kept);
}


/* The probe comes in on the flow, and its answer at the second socket. */
static void arrive(void)
{
	now += 20;
	ua_lifetime_rx(&lt, now);
	ua_lifetime_arrived(&lt, now);
	ua_lifetime_tx(&lt, now);
	now += 20;
	ua_lifetime_probed(&lt, now, 0);
}


/* It can tell: the first probe came in. */
static void begin(void)
{
	use();
	expect_state(UA_LIFETIME_WAIT);
	ck_assert_uint_eq(UA_LIFETIME_BEGIN_MS, tick());
	expect_state(UA_LIFETIME_ASK);
	expect(UA_LIFETIME_ACT_PROBE);
	arrive();
}


/* The silence of that many seconds, from the last use on */
static void gap(uint32_t s)
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
static void gap_failed(uint32_t s)
{
	gap(s);
	ck_assert_uint_eq(UA_LIFETIME_PROBE_MS, tick());
	expect_state(UA_LIFETIME_REFRESH);
	expect(UA_LIFETIME_ACT_PING);
	ck_assert_uint_eq(0, ua_lifetime_hold(&lt));
	use();
}


static void gap_passed(uint32_t s)
{
	gap(s);
	arrive();
}


static void spare_opened(void)
{
	expect_state(UA_LIFETIME_SPARE);
	ck_assert_uint_eq(0, ua_lifetime_hold(&lt));
	expect(UA_LIFETIME_ACT_OPEN);
	now += 30;
	ua_lifetime_spare(&lt, now, &one);
}


static void spare_rested(uint32_t s, const struct ua_addr *mapped)
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


static void learnt(uint32_t s)
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
static void learn(uint32_t timeout_s)
{
	begin();
	while (ua_lifetime_state(&lt) == UA_LIFETIME_GAP) {
		if (lt.try_s < timeout_s)
			gap_passed(lt.try_s);
		else
			gap_failed(lt.try_s);
	}
}


/* ---- Growth ---- */

START_TEST(grows_by_small_steps_where_the_port_is_kept)
{
	static const uint32_t steps[] = { 21, 31, 41,  51,  61,  71,
					  81, 91, 101, 111, 121, 126 };
	unsigned i;

	init(true, 0);
	begin();
	for (i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		ck_assert_str_eq("learning", ua_lifetime_words(&lt));
		gap_passed(steps[i]);
		ck_assert_uint_eq(steps[i], ua_lifetime_good_s(&lt));
	}
	learnt(126);
	ck_assert_uint_eq(119700, ua_lifetime_interval_ms(&lt));
}
END_TEST


START_TEST(bisects_between_good_and_bad)
{
	init(true, 0);
	begin();
	gap_failed(21);
	ck_assert_uint_eq(14, ua_lifetime_good_s(&lt));
	gap_passed(17);
	learnt(17);

	init(true, 0);
	begin();
	gap_failed(21);
	gap_failed(17);
	learnt(14);

	init(true, 0);
	begin();
	gap_passed(21);
	gap_failed(31);
	gap_passed(26);
	learnt(26);

	/* Near enough */
	init(true, 0);
	begin();
	gap_passed(21);
	gap_passed(31);
	gap_passed(41);
	gap_failed(51);
	learnt(41);
}
END_TEST


/* What is good never reaches the timeout, and the flow is never silent for
   more than 10 s past what is proved. */
START_TEST(finds_what_is_there)
{
	const uint32_t timeout_s = 15 + (uint32_t)_i;

	init(true, 0);
	learn(timeout_s);
	ck_assert_uint_lt(ua_lifetime_good_s(&lt), timeout_s);
	ck_assert_uint_ge(ua_lifetime_good_s(&lt) * 14,
			  10 * (timeout_s < 126 ? timeout_s - 1 : 126));
	ck_assert_uint_ge(ua_lifetime_interval_ms(&lt), 14000);
	ck_assert_uint_le(ua_lifetime_interval_ms(&lt), 120000);
	ck_assert_uint_le(ua_lifetime_interval_ms(&lt) + 1000,
			  1000 * timeout_s);
}
END_TEST


START_TEST(spare_mapping_goes_first_where_the_port_changes)
{
	init(false, 0);
	begin();
	spare_opened();
	spare_rested(42, &one);
	gap_passed(21);
	gap_passed(31);
	gap_passed(42);
	spare_rested(126, &one);
	gap_passed(63);
	gap_passed(87);
	gap_passed(111);
	gap_passed(126);
	expect(UA_LIFETIME_ACT_CLOSE);
	learnt(126);
}
END_TEST


/* The flow is never exposed to it.  Its new mapping is the one to watch. */
START_TEST(spare_mapping_that_changed_is_a_bad_sign)
{
	init(false, 0);
	begin();
	spare_opened();
	spare_rested(42, &two);
	ck_assert_uint_eq(42, lt.bad_s);
	spare_rested(28, &two);
	gap_passed(21);
	gap_passed(28);

	/* It rested for both gaps, which is more than 35 s. */
	spare_rested(35, &one);
	ck_assert_uint_eq(42, lt.bad_s);
	spare_rested(35, &two);
	ck_assert_uint_eq(35, lt.bad_s);
	expect(UA_LIFETIME_ACT_CLOSE);
	learnt(28);
}
END_TEST


START_TEST(spare_socket_that_is_not_answered_ends_it)
{
	init(false, 0);
	begin();
	expect(UA_LIFETIME_ACT_OPEN);
	if (_i)
		ck_assert_uint_le(tick(), UA_LIFETIME_SPARE_MS);
	else
		ua_lifetime_spare(&lt, now, NULL);
	expect(UA_LIFETIME_ACT_CLOSE);
	learnt(14);
}
END_TEST


START_TEST(spare_socket_that_falls_silent_is_tried_again)
{
	unsigned i;

	init(false, 0);
	begin();
	for (i = 1; i <= UA_LIFETIME_TROUBLES; i++) {
		spare_opened();
		(void)tick();
		expect(UA_LIFETIME_ACT_AGAIN);
		ck_assert_uint_eq(UA_LIFETIME_SPARE_MS, tick());
		expect(UA_LIFETIME_ACT_CLOSE);
		if (i == UA_LIFETIME_TROUBLES)
			break;

		expect_state(UA_LIFETIME_WAIT);
		ck_assert_uint_eq(UA_LIFETIME_PAUSE_MS, tick());
		expect(UA_LIFETIME_ACT_PROBE);
		arrive();
	}
	learnt(14);
}
END_TEST


/* The machine slept: a mapping that is gone says nothing of 42 s. */
START_TEST(spare_mapping_that_rested_too_long_rests_again)
{
	init(false, 0);
	begin();
	spare_opened();
	now += 3600000;
	ua_lifetime_tick(&lt, now);
	expect(UA_LIFETIME_ACT_AGAIN);
	ua_lifetime_spare(&lt, now, &two);
	ck_assert_uint_eq(0, lt.bad_s);
	spare_rested(42, &two);
	gap_passed(21);
}
END_TEST


/* ---- What counts ---- */

START_TEST(traffic_in_a_gap_begins_it_anew)
{
	init(true, 0);
	begin();
	now += 10000;
	use();
	gap_passed(21);
	ck_assert_uint_eq(21, ua_lifetime_good_s(&lt));
}
END_TEST


/* It was silent for longer than is to be tried. */
START_TEST(gap_that_would_be_over_begins_with_a_ping)
{
	init(false, 0);
	begin();
	spare_opened();
	(void)tick();
	expect(UA_LIFETIME_ACT_AGAIN);
	ua_lifetime_spare(&lt, now, &one);
	expect_state(UA_LIFETIME_GAP);
	expect(UA_LIFETIME_ACT_PING);
	use();
	gap_passed(21);
}
END_TEST


START_TEST(flow_that_is_never_silent_is_left_alone)
{
	unsigned i;

	init(true, 0);
	begin();
	for (i = 1; i <= UA_LIFETIME_TROUBLES; i++) {
		expect_state(UA_LIFETIME_GAP);
		now += 20000;
		use();
	}
	learnt(14);
}
END_TEST


/* As a NAT helper of a server sends, with which it might live on */
START_TEST(silence_with_noise_is_no_proof)
{
	init(true, 0);
	begin();
	now += 10000;
	ua_lifetime_rx(&lt, now);
	expect_state(UA_LIFETIME_GAP);
	(void)tick();
	expect_state(UA_LIFETIME_WAIT);
	expect(UA_LIFETIME_ACT_NONE);
	ck_assert_uint_eq(14, ua_lifetime_good_s(&lt));
	ck_assert_uint_eq(UA_LIFETIME_PAUSE_MS, tick());

	/* One that is answered is traffic as any. */
	expect(UA_LIFETIME_ACT_PROBE);
	arrive();
	now += 10000;
	ua_lifetime_rx(&lt, now);
	ua_lifetime_tx(&lt, now);
	gap_passed(21);
}
END_TEST


START_TEST(request_of_ours_while_probed_spoils_it)
{
	init(true, 0);
	begin();
	gap(21);
	ua_lifetime_tx(&lt, now + 100);
	expect_state(UA_LIFETIME_WAIT);
	ua_lifetime_arrived(&lt, now + 600);
	ck_assert_uint_eq(14, ua_lifetime_good_s(&lt));
}
END_TEST


/* Our answer did not get through, and held nothing. */
START_TEST(probe_that_came_in_but_is_not_answered_asks_for_a_ping)
{
	init(true, 0);
	begin();
	gap(21);
	now += 20;
	ua_lifetime_rx(&lt, now);
	ua_lifetime_arrived(&lt, now);
	ua_lifetime_tx(&lt, now);

	/* Once more does not put it off. */
	now += 500;
	ua_lifetime_arrived(&lt, now);
	ck_assert_uint_eq(500, tick());
	expect_state(UA_LIFETIME_REFRESH);
	expect(UA_LIFETIME_ACT_PING);
	ck_assert_uint_eq(0, ua_lifetime_hold(&lt));
	use();
	ck_assert_uint_eq(21, ua_lifetime_good_s(&lt));
	gap_passed(31);
}
END_TEST


/* Another phone was faster: ours has half a second. */
START_TEST(probe_answered_by_another_phone_may_come_in)
{
	init(true, 0);
	begin();
	gap(21);
	ua_lifetime_probed(&lt, now + 10, 0);
	ck_assert_uint_eq(now + 510, ua_lifetime_deadline(&lt));
	now += 60;
	ua_lifetime_arrived(&lt, now);
	(void)tick();
	expect(UA_LIFETIME_ACT_PING);
	use();
	ck_assert_uint_eq(21, ua_lifetime_good_s(&lt));
}
END_TEST


START_TEST(probe_that_could_not_be_sent_says_nothing)
{
	init(true, 0);
	begin();
	gap(21);
	ua_lifetime_probed(&lt, now, ENETUNREACH);
	expect_state(UA_LIFETIME_WAIT);
	ck_assert_uint_eq(0, lt.bad_s);
	ck_assert_uint_eq(now + UA_LIFETIME_PAUSE_MS,
			  ua_lifetime_deadline(&lt));
}
END_TEST


/* The network was down when it failed. */
START_TEST(failure_without_an_answer_says_nothing)
{
	init(true, 0);
	begin();
	gap(21);
	(void)tick();
	expect(UA_LIFETIME_ACT_PING);
	if (_i) {
		ua_lifetime_lost(&lt);
		ck_assert_uint_eq(UA_NEVER, ua_lifetime_deadline(&lt));
	}
	else {
		ck_assert_uint_eq(UA_LIFETIME_REFRESH_MS, tick());
	}
	expect_state(UA_LIFETIME_WAIT);
	ck_assert_uint_eq(0, lt.bad_s);
}
END_TEST


START_TEST(sleep_in_a_gap_or_probe_says_nothing)
{
	init(true, 0);
	begin();
	if (_i)
		gap(21);
	now = ua_lifetime_deadline(&lt) + 60000;
	ua_lifetime_tick(&lt, now);
	expect_state(UA_LIFETIME_WAIT);
	expect(UA_LIFETIME_ACT_NONE);
	ck_assert_uint_eq(0, lt.bad_s);
}
END_TEST


/* ---- Cannot tell ---- */

START_TEST(server_that_answers_probes_itself_leaves_us_blind)
{
	unsigned round, i;

	init(_i, 0);
	use();
	for (round = 0; round < 2; round++) {
		for (i = 1; i <= UA_LIFETIME_ASKS; i++) {
			ck_assert_uint_eq(i > 1   ? UA_LIFETIME_ASK_MS
					  : round ? UA_LIFETIME_CHECK_MS
						  : UA_LIFETIME_BEGIN_MS,
					  tick());
			expect_state(UA_LIFETIME_ASK);
			expect(UA_LIFETIME_ACT_PROBE);
			now += 20;
			ua_lifetime_probed(&lt, now, 0);
			ck_assert_uint_eq(500, tick());
		}
		expect_state(UA_LIFETIME_BLIND);
		ck_assert_str_eq("cannot tell", ua_lifetime_words(&lt));
		ck_assert_uint_eq(14000, ua_lifetime_interval_ms(&lt));
		ck_assert_uint_eq(0, ua_lifetime_hold(&lt));
		expect(UA_LIFETIME_ACT_NONE);
	}

	/* It does no more. */
	ck_assert_uint_eq(UA_LIFETIME_CHECK_MS, tick());
	expect(UA_LIFETIME_ACT_PROBE);
	arrive();
	ck_assert_str_eq("learning", ua_lifetime_words(&lt));
}
END_TEST


START_TEST(server_that_passes_nothing_leaves_us_blind)
{
	unsigned i;

	init(true, 0);
	use();
	for (i = 1; i <= UA_LIFETIME_ASKS; i++) {
		(void)tick();
		expect(UA_LIFETIME_ACT_PROBE);
		ck_assert_uint_eq(UA_LIFETIME_PROBE_MS, tick());
	}
	expect_state(UA_LIFETIME_BLIND);
}
END_TEST


START_TEST(off_is_off)
{
	const struct ua_lifetime_conf conf = { .off = true, .learnt_s = 60 };

	init(true, 0);
	ua_lifetime_init(&lt, &conf);
	use();
	ua_lifetime_died(&lt, now, 20000);
	ua_lifetime_lost(&lt);
	ua_lifetime_arrived(&lt, now);
	ua_lifetime_spare(&lt, now, &one);
	ua_lifetime_tick(&lt, now + DAY_MS);
	expect_state(UA_LIFETIME_OFF);
	expect(UA_LIFETIME_ACT_NONE);
	ck_assert_uint_eq(UA_NEVER, ua_lifetime_deadline(&lt));
	ck_assert_uint_eq(0, ua_lifetime_hold(&lt));
	ck_assert_uint_eq(14000, ua_lifetime_interval_ms(&lt));
	ck_assert_str_eq("off", ua_lifetime_words(&lt));
}
END_TEST


/* ---- What was known before ---- */

/* Nor is what was found too long then tried again. */
START_TEST(hint_is_proved_before_it_counts)
{
	init(false, 60);
	ck_assert_uint_eq(14, ua_lifetime_good_s(&lt));
	begin();
	spare_opened();
	spare_rested(60, &one);
	gap_passed(21);
	gap_passed(31);
	gap_passed(46);
	gap_passed(60);
	expect(UA_LIFETIME_ACT_CLOSE);
	learnt(60);

	init(true, 41);
	begin();
	gap_passed(21);
	gap_passed(31);
	gap_passed(41);
	learnt(41);
}
END_TEST


START_TEST(hint_that_is_wrong_is_dropped)
{
	init(false, 60);
	begin();
	spare_opened();
	spare_rested(60, &two);
	ck_assert_uint_eq(0, lt.hint_s);
	spare_rested(37, &one);

	/* More than there may be, or less than is safe */
	init(false, 4000);
	begin();
	spare_opened();
	spare_rested(126, &one);
	init(true, _i ? 14 : 3);
	ck_assert_uint_eq(0, lt.hint_s);
	ck_assert_uint_eq(0, lt.bad_s);
}
END_TEST


/* ---- Later ---- */

START_TEST(what_was_learnt_is_checked_each_hour)
{
	unsigned i;

	init(true, 0);
	learn(60);
	learnt(51);
	for (i = 0; i < 5; i++) {
		ck_assert_uint_eq(lt.at_ms - now, UA_LIFETIME_CHECK_MS);
		now = lt.at_ms - 1000;
		use();
		(void)tick();
		gap_passed(51);
		learnt(51);
	}

	/* Not any more: as safe as it was, and no longer than that. */
	(void)tick();
	expect(UA_LIFETIME_ACT_PING);
	use();
	gap_failed(51);
	expect_state(UA_LIFETIME_WAIT);
	ck_assert_uint_eq(14, ua_lifetime_good_s(&lt));
	ck_assert_uint_eq(51, lt.bad_s);
	ck_assert_uint_eq(UA_LIFETIME_PAUSE_MS, tick());
	expect(UA_LIFETIME_ACT_PROBE);
	arrive();
	gap_passed(21);
}
END_TEST


START_TEST(check_asks_the_spare_mapping_first)
{
	init(false, 60);
	begin();
	spare_opened();
	spare_rested(60, &one);
	gap_passed(21);
	gap_passed(31);
	gap_passed(46);
	gap_passed(60);
	expect(UA_LIFETIME_ACT_CLOSE);
	learnt(60);

	(void)tick();
	spare_opened();
	spare_rested(60, _i ? &two : &one);
	if (_i) {
		expect_state(UA_LIFETIME_WAIT);
		expect(UA_LIFETIME_ACT_CLOSE);
		ck_assert_uint_eq(14, ua_lifetime_good_s(&lt));
		return;
	}

	use();
	gap_passed(60);
	expect(UA_LIFETIME_ACT_CLOSE);
	learnt(60);
}
END_TEST


/* Once a day: what failed may have been an accident. */
START_TEST(what_failed_is_tried_again_in_a_day)
{
	unsigned i;

	init(true, 0);
	learn(60);
	learnt(51);
	for (i = 1; i < UA_LIFETIME_FORGET; i++) {
		(void)tick();
		expect(UA_LIFETIME_ACT_PING);
		use();
		gap_passed(51);
		learnt(51);
	}
	(void)tick();
	expect(UA_LIFETIME_ACT_PING);
	use();
	gap_passed(51);
	gap_passed(61);
	gap_passed(71);

	/* Where nothing could be proved, too */
	init(true, 0);
	learn(15);
	learnt(14);
	for (i = 1; i < UA_LIFETIME_FORGET; i++) {
		(void)tick();
		expect_state(UA_LIFETIME_DONE);
	}
	(void)tick();
	expect(UA_LIFETIME_ACT_PING);
	use();
	gap_passed(21);
}
END_TEST


START_TEST(binding_that_died_shortens_at_once)
{
	static const struct {
		uint32_t idle_ms, good_s, bad_s;
	} rows[] = {
		/* Longer than what is proved: known to be too long now */
		{ 60000, 51, 60 },
		{ 52000, 51, 52 },
		/* Less: nothing is proved any more */
		{ 51000, 14, 52 },
		{ 30000, 14, 31 },
		{ 15000, 14, 16 },
		/* Even what is called safe is not */
		{ 14000, 10, 0 },
		{ 11000, 10, 0 },
		/* No NAT does that: another way */
		{ 100, 14, 64 },
		{ 4999, 14, 64 },
	};

	init(true, 51);
	learn(60);
	learnt(51);
	ck_assert_uint_eq(63, lt.bad_s);
	lt.bad_s = 64;
	ua_lifetime_died(&lt, now, rows[_i].idle_ms);
	ck_assert_uint_eq(rows[_i].good_s, ua_lifetime_good_s(&lt));
	ck_assert_uint_eq(rows[_i].bad_s, lt.bad_s);
	ck_assert_uint_le(ua_lifetime_interval_ms(&lt),
			  1000 * rows[_i].good_s);
	if (rows[_i].good_s < 51)
		expect_state(UA_LIFETIME_WAIT);
}
END_TEST


/* A NAT that was restarted is not held to it for long; one that forgets is. */
START_TEST(each_death_is_remembered_longer)
{
	unsigned i;

	init(true, 0);
	use();
	ua_lifetime_died(&lt, now, 14000);
	ck_assert_uint_eq(10000, ua_lifetime_interval_ms(&lt));
	ck_assert_uint_eq(0, lt.bad_s);
	for (i = 2; i < 30; i++) {
		ua_lifetime_died(&lt, now, 9000);
		ck_assert_uint_eq(10, lt.bad_s);
		ck_assert_uint_eq(i < 24 ? i : 24, lt.forget);
		ck_assert_uint_eq(10000, ua_lifetime_interval_ms(&lt));
	}
}
END_TEST


/* It shows what the probe showed: no more than that. */
START_TEST(death_in_a_try_costs_only_the_try)
{
	init(true, 0);
	begin();
	gap_passed(21);
	gap(31);
	(void)tick();
	expect(UA_LIFETIME_ACT_PING);
	ua_lifetime_tx(&lt, now);
	now += 20;
	ua_lifetime_rx(&lt, now);
	ua_lifetime_died(&lt, now, 34000);
	ua_lifetime_answered(&lt, now, true);
	ck_assert_uint_eq(21, ua_lifetime_good_s(&lt));
	ck_assert_uint_eq(31, lt.bad_s);
	gap_passed(26);
}
END_TEST


START_TEST(lost_flow_begins_anew_when_it_is_answered)
{
	init(false, 60);
	begin();
	spare_opened();
	spare_rested(60, &one);
	gap_passed(21);
	gap_passed(31);
	ua_lifetime_lost(&lt);
	expect(UA_LIFETIME_ACT_CLOSE);
	expect_state(UA_LIFETIME_WAIT);
	ck_assert_str_eq("waiting", ua_lifetime_words(&lt));
	ck_assert_uint_eq(UA_NEVER, ua_lifetime_deadline(&lt));
	ck_assert_uint_eq(14000, ua_lifetime_interval_ms(&lt));
	ck_assert_uint_eq(31, lt.hint_s);
	use();
	ck_assert_uint_eq(UA_LIFETIME_PAUSE_MS, tick());
	expect(UA_LIFETIME_ACT_PROBE);
	arrive();
	spare_opened();
	spare_rested(31, &one);
}
END_TEST


START_TEST(messages_saved_are_counted)
{
	unsigned i;

	init(true, 0);
	ck_assert_uint_eq(0, ua_lifetime_saved(&lt, now));
	use();
	ck_assert_uint_eq(0, ua_lifetime_saved(&lt, now - 1));

	/* 14 s less jitter are 12.6 */
	ck_assert_uint_eq(10, ua_lifetime_saved(&lt, now + 126000));
	for (i = 0; i < 4; i++)
		ua_lifetime_count(&lt);
	ck_assert_uint_eq(6, ua_lifetime_saved(&lt, now + 126000));
	ck_assert_uint_eq(0, ua_lifetime_saved(&lt, now + 12600));

	/* Probes count, too. */
	(void)tick();
	ck_assert_uint_eq(5, ua_lifetime_saved(&lt, now + 126000));
}
END_TEST


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


Suite *ua_suite_lifetime(void)
{
	Suite *s = suite_create("lifetime");
	TCase *tc = tcase_create("lifetime");

	tcase_set_timeout(tc, 30);
	tcase_add_test(tc, grows_by_small_steps_where_the_port_is_kept);
	tcase_add_test(tc, bisects_between_good_and_bad);
	tcase_add_loop_test(tc, finds_what_is_there, 0, 200);
	tcase_add_test(tc, spare_mapping_goes_first_where_the_port_changes);
	tcase_add_test(tc, spare_mapping_that_changed_is_a_bad_sign);
	tcase_add_loop_test(tc, spare_socket_that_is_not_answered_ends_it, 0,
			    2);
	tcase_add_test(tc, spare_socket_that_falls_silent_is_tried_again);
	tcase_add_test(tc, spare_mapping_that_rested_too_long_rests_again);
	tcase_add_test(tc, traffic_in_a_gap_begins_it_anew);
	tcase_add_test(tc, gap_that_would_be_over_begins_with_a_ping);
	tcase_add_test(tc, flow_that_is_never_silent_is_left_alone);
	tcase_add_test(tc, silence_with_noise_is_no_proof);
	tcase_add_test(tc, request_of_ours_while_probed_spoils_it);
	tcase_add_test(tc,
		       probe_that_came_in_but_is_not_answered_asks_for_a_ping);
	tcase_add_test(tc, probe_answered_by_another_phone_may_come_in);
	tcase_add_test(tc, probe_that_could_not_be_sent_says_nothing);
	tcase_add_loop_test(tc, failure_without_an_answer_says_nothing, 0, 2);
	tcase_add_loop_test(tc, sleep_in_a_gap_or_probe_says_nothing, 0, 2);
	tcase_add_loop_test(
		tc, server_that_answers_probes_itself_leaves_us_blind, 0, 2);
	tcase_add_test(tc, server_that_passes_nothing_leaves_us_blind);
	tcase_add_test(tc, off_is_off);
	tcase_add_test(tc, hint_is_proved_before_it_counts);
	tcase_add_loop_test(tc, hint_that_is_wrong_is_dropped, 0, 2);
	tcase_add_test(tc, what_was_learnt_is_checked_each_hour);
	tcase_add_loop_test(tc, check_asks_the_spare_mapping_first, 0, 2);
	tcase_add_test(tc, what_failed_is_tried_again_in_a_day);
	tcase_add_loop_test(tc, binding_that_died_shortens_at_once, 0, 9);
	tcase_add_test(tc, each_death_is_remembered_longer);
	tcase_add_test(tc, death_in_a_try_costs_only_the_try);
	tcase_add_test(tc, lost_flow_begins_anew_when_it_is_answered);
	tcase_add_test(tc, messages_saved_are_counted);
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
