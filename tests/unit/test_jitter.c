/* SPDX-License-Identifier: BSD-3-Clause */
/** @file test_jitter.c  Jitter buffer in virtual networks, in virtual time */

#include <check.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/re_compat.h"
#include "rtp/jitter.h"
#include "oom.h"

Suite *ua_suite_jitter(void);

enum {
	PTIME = 20,
	DUR = 160,
	RUN_MAX = 6000, /* Packets of a run: two minutes */
	START = 10000   /* Virtual time of the first one */
};

/* One packet on its way */
struct flight {
	uint64_t arrive_ms;
	uint16_t seq;
	uint32_t ts;
	bool marker;
};

/* A network, what it carries, and what came out of the buffer */
struct net {
	struct ua_jitter *jb;
	struct flight fl[2 * RUN_MAX];
	size_t nfl;
	uint32_t seed;
	uint32_t phase_ms; /* Of the pulls */

	size_t nframe;
	size_t nlost;
	size_t nempty;
	size_t ndrop;
	size_t disorder;
	int64_t last;       /* Number of the last frame played        */
	double wait_sum_ms; /* From arrival to pull                   */
	uint64_t wait_max_ms;
	size_t lost_at_end; /* In the last ten seconds                */
};


static uint32_t rnd(struct net *net, uint32_t n)
{
	net->seed = net->seed * 1664525 + 1013904223;
	return (net->seed >> 8) % n;
}


static void net_init(struct net *net)
{
	struct ua_jitter_conf conf;

	memset(net, 0, sizeof(*net));
	net->seed = 1;
	net->phase_ms = 7;
	net->last = -1;
	ua_jitter_conf_default(&conf);
	ck_assert_int_eq(0, ua_jitter_alloc(&net->jb, &conf));
}


static void net_close(struct net *net)
{
	net->jb = mem_deref(net->jb);
}


/* The number-th packet, sent on the beat, arrives delay later. */
static void net_send(struct net *net, size_t number, uint32_t delay_ms)
{
	struct flight *fl = &net->fl[net->nfl++];

	ck_assert_uint_le(net->nfl, 2 * RUN_MAX);
	fl->arrive_ms = START + number * PTIME + delay_ms;
	fl->seq = (uint16_t)(65500 + number);
	fl->ts = (uint32_t)(4294960000U + number * DUR);
	fl->marker = !number;
}


static int by_arrival(const void *a, const void *b)
{
	const struct flight *x = a;
	const struct flight *y = b;

	if (x->arrive_ms != y->arrive_ms)
		return x->arrive_ms < y->arrive_ms ? -1 : 1;

	return (int32_t)(x->ts - y->ts);
}


/* The payload is the packet's number in this run. */
static void deliver(struct net *net, const struct flight *fl)
{
	const uint32_t number = (fl->ts - 4294960000U) / DUR;
	struct ua_jitter_pkt pkt = {
		.marker = fl->marker, .seq = fl->seq, .ts = fl->ts, .dur = DUR
	};
	uint64_t tag[2];

	tag[0] = number;
	tag[1] = fl->arrive_ms;
	pkt.buf = (const uint8_t *)tag;
	pkt.len = sizeof(tag);
	(void)ua_jitter_put(net->jb, fl->arrive_ms, &pkt);
}


static void pull(struct net *net, uint64_t now_ms, bool quiet)
{
	struct ua_jitter_out out;
	uint64_t tag[2];

	do {
		ua_jitter_get(net->jb, now_ms, quiet, &out);

		if (out.drop)
			net->ndrop++;

		if (out.kind == UA_JITTER_EMPTY)
			net->nempty++;
		if (out.kind == UA_JITTER_LOST)
			net->nlost++;
		if (out.kind != UA_JITTER_FRAME)
			continue;

		ck_assert_uint_eq(sizeof(tag), out.pkt.len);
		memcpy(tag, out.pkt.buf, sizeof(tag));

		if ((int64_t)tag[0] <= net->last)
			net->disorder++;

		net->last = (int64_t)tag[0];
		net->nframe++;
		net->wait_sum_ms += (double)(now_ms - tag[1]);
		if (now_ms - tag[1] > net->wait_max_ms)
			net->wait_max_ms = now_ms - tag[1];
	} while (out.drop);
}


/*
 * Run until everything has arrived; pull_us is the player's frame, 20000 for
 * a clock as good as the sender's.
 */
static void net_run(struct net *net, uint32_t pull_us, bool quiet)
{
	uint64_t us = (uint64_t)(START + net->phase_ms) * 1000;
	size_t before = 0;
	uint64_t end;
	size_t i = 0;

	qsort(net->fl, net->nfl, sizeof(net->fl[0]), by_arrival);
	end = net->fl[net->nfl - 1].arrive_ms;

	while (us / 1000 < end) {
		while (i < net->nfl && net->fl[i].arrive_ms <= us / 1000)
			deliver(net, &net->fl[i++]);

		pull(net, us / 1000, quiet);
		if (us / 1000 + 10000 < end)
			before = net->nlost;

		us += pull_us;
	}

	net->lost_at_end = net->nlost - before;
}


/* _i is the phase of the pulls against the packets [ms]. */
START_TEST(quiet_network_costs_at_most_a_frame)
{
	struct net net;
	size_t i;

	net_init(&net);
	net.phase_ms = (uint32_t)_i;
	for (i = 0; i < 500; i++)
		net_send(&net, i, 0);

	net_run(&net, 20000, false);

	ck_assert_uint_eq(0, net.nlost);
	ck_assert_uint_eq(0, net.ndrop);
	ck_assert_uint_ge(net.nframe, 497);
	ck_assert_uint_le(net.wait_max_ms, 20);
	net_close(&net);
}
END_TEST


START_TEST(jitter_is_learned_and_then_harmless)
{
	struct ua_jitter_stats st;
	struct net net;
	size_t i;

	net_init(&net);
	for (i = 0; i < 3000; i++)
		net_send(&net, i, rnd(&net, 60));

	net_run(&net, 20000, false);
	ua_jitter_stats(net.jb, &st);

	ck_assert_uint_eq(0, net.disorder);
	ck_assert_uint_gt(net.nframe, 2900);
	/* One in fifty may be disappointed, for ever. */
	ck_assert_uint_le(net.lost_at_end, 500 / 30);
	ck_assert_double_le(st.delay_ms, 70);
	net_close(&net);
}
END_TEST


START_TEST(heavy_jitter_stays_within_the_bound)
{
	struct ua_jitter_stats st;
	struct net net;
	size_t i;

	net_init(&net);
	for (i = 0; i < 3000; i++)
		net_send(&net, i, rnd(&net, 600));

	net_run(&net, 20000, false);
	ua_jitter_stats(net.jb, &st);

	ck_assert_uint_eq(0, net.disorder);
	ck_assert_uint_gt(net.nframe, 500);
	ck_assert_double_le(st.delay_ms, 400);
	net_close(&net);
}
END_TEST


START_TEST(loss_is_told_where_it_is)
{
	struct net net;
	size_t sent = 0;
	size_t i;

	net_init(&net);
	for (i = 0; i < 2000; i++) {
		if (i && i < 1990 && !rnd(&net, 10))
			continue;
		net_send(&net, i, 0);
		sent++;
	}

	net_run(&net, 20000, false);

	ck_assert_uint_eq(0, net.disorder);
	ck_assert_uint_ge(net.nframe, sent - 2);
	ck_assert_uint_ge(net.nlost, 2000 - sent - 5);
	ck_assert_uint_le(net.nlost, 2000 - sent + 5);
	net_close(&net);
}
END_TEST


START_TEST(duplicates_play_once)
{
	struct ua_jitter_stats st;
	struct net net;
	size_t i;

	net_init(&net);
	for (i = 0; i < 500; i++) {
		net_send(&net, i, 0);
		if (i < 490)
			net_send(&net, i, rnd(&net, 100));
	}

	net_run(&net, 20000, false);
	ua_jitter_stats(net.jb, &st);

	ck_assert_uint_eq(0, net.disorder);
	ck_assert_uint_eq(0, net.nlost);
	ck_assert_uint_ge(st.dup, 480);
	ck_assert_uint_eq(0, st.late);
	net_close(&net);
}
END_TEST


START_TEST(reordered_packets_play_in_order)
{
	struct net net;
	size_t i;

	net_init(&net);
	/* Every tenth packet overtakes the one before. */
	for (i = 0; i < 2000; i++)
		net_send(&net, i, i % 10 == 3 ? 25 : 0);

	net_run(&net, 20000, false);

	ck_assert_uint_eq(0, net.disorder);
	ck_assert_uint_eq(0, net.lost_at_end);
	net_close(&net);
}
END_TEST


START_TEST(one_spike_does_not_lengthen_the_call)
{
	struct ua_jitter_stats st;
	struct net net;
	size_t i;

	net_init(&net);
	/* At 10 s nothing comes for 300 ms, then all of it at once. */
	for (i = 0; i < 1500; i++)
		net_send(&net, i,
			 i >= 500 && i < 515 ? (uint32_t)(515 - i) * PTIME
					     : 0);

	net_run(&net, 20000, false);
	ua_jitter_stats(net.jb, &st);

	ck_assert_uint_eq(0, net.disorder);
	ck_assert_uint_eq(0, st.grown);
	ck_assert_double_le(st.delay_ms, 20);
	ck_assert_uint_le(net.nlost, 16);
	net_close(&net);
}
END_TEST


/* Direct path to relay: everything is 80 ms later from one packet on. */
START_TEST(longer_path_is_followed_at_once)
{
	struct net net;
	size_t i;

	net_init(&net);
	for (i = 0; i < 2000; i++)
		net_send(&net, i, i < 1000 ? 0 : 80);

	net_run(&net, 20000, false);

	ck_assert_uint_eq(0, net.disorder);
	ck_assert_uint_le(net.nlost, 12);
	ck_assert_uint_eq(0, net.lost_at_end);
	net_close(&net);
}
END_TEST


/* Relay to direct: what waits too long now is dropped, frame by frame. */
START_TEST(shorter_path_is_followed_in_quiet_moments)
{
	struct ua_jitter_stats st;
	struct net net;
	size_t i;

	net_init(&net);
	for (i = 0; i < 3000; i++)
		net_send(&net, i, i < 500 ? 100 : 0);

	net_run(&net, 20000, true);
	ua_jitter_stats(net.jb, &st);

	ck_assert_uint_eq(0, net.disorder);
	ck_assert_double_le(st.delay_ms, 25);
	ck_assert_uint_ge(net.ndrop, 4);
	ck_assert_uint_le(net.nlost, 4);
	net_close(&net);
}
END_TEST


/* 300 ppm is a bad crystal; _i: which one is fast. */
START_TEST(clock_drift_is_absorbed)
{
	struct ua_jitter_stats st;
	struct net net;
	size_t i;

	net_init(&net);
	for (i = 0; i < RUN_MAX; i++)
		net_send(&net, i, rnd(&net, 4));

	net_run(&net, _i ? 20006 : 19994, true);
	ua_jitter_stats(net.jb, &st);

	ck_assert_uint_eq(0, net.disorder);
	ck_assert_double_le(st.delay_ms, 45);
	/* 36 ms in two minutes: two frames, with some that were late */
	ck_assert_uint_le(net.nlost, 12);
	ck_assert_uint_le(net.ndrop, 4);
	ck_assert_uint_eq(0, st.restarts);
	net_close(&net);
}
END_TEST


START_TEST(jitter_that_comes_and_goes_does_not_make_it_swing)
{
	struct ua_jitter_stats st;
	struct net net;
	size_t i;

	net_init(&net);
	for (i = 0; i < RUN_MAX; i++)
		net_send(&net, i, (i / 250) % 2 ? rnd(&net, 50) : 0);

	net_run(&net, 20000, true);
	ua_jitter_stats(net.jb, &st);

	ck_assert_uint_eq(0, net.disorder);
	ck_assert_uint_le(st.shrunk, 24);
	ck_assert_uint_le(net.nlost, RUN_MAX / 25);
	net_close(&net);
}
END_TEST


START_TEST(pause_of_the_sender_is_silence_not_trouble)
{
	struct ua_jitter_stats st;
	struct net net;
	size_t i;

	net_init(&net);
	/* Sequence numbers go on, time stamps tell the pause. */
	for (i = 0; i < 1000; i++) {
		if (i >= 300 && i < 700)
			continue;
		net_send(&net, i, 0);
		if (i >= 700)
			net.fl[net.nfl - 1].seq =
				(uint16_t)(net.fl[net.nfl - 1].seq - 400);
		net.fl[net.nfl - 1].marker = i == 700;
	}

	net_run(&net, 20000, false);
	ua_jitter_stats(net.jb, &st);

	ck_assert_uint_eq(0, net.disorder);
	ck_assert_uint_eq(0, st.restarts);
	ck_assert_uint_ge(net.nempty, 340);
	ck_assert_uint_le(net.nlost, 60);
	ck_assert_uint_ge(net.nframe, 595);
	net_close(&net);
}
END_TEST


static struct ua_jitter *jb_alloc(void)
{
	struct ua_jitter_conf conf;
	struct ua_jitter *jb;

	ua_jitter_conf_default(&conf);
	ck_assert_int_eq(0, ua_jitter_alloc(&jb, &conf));
	return jb;
}


static int put(struct ua_jitter *jb, uint64_t now_ms, uint16_t seq,
	       uint32_t ts, bool marker)
{
	const struct ua_jitter_pkt pkt = { .marker = marker,
					   .seq = seq,
					   .ts = ts,
					   .dur = DUR,
					   .buf = (const uint8_t *)"x",
					   .len = 1 };

	return ua_jitter_put(jb, now_ms, &pkt);
}


/* _i: what the time stamp does when the source changes its mind */
START_TEST(time_stamp_jump_starts_anew)
{
	static const uint32_t jumps[] = { 1000000, 0x7ffffff0, 0x80000010,
					  (uint32_t)-1000000 };
	struct ua_jitter *jb = jb_alloc();
	struct ua_jitter_stats st;
	struct ua_jitter_out out;
	uint64_t now = START;
	size_t heard = 0;
	uint32_t ts = 5000;
	uint16_t seq;

	for (seq = 0; seq < 200; seq++, now += PTIME, ts += DUR) {
		if (seq == 100)
			ts += jumps[_i];
		(void)put(jb, now, seq, ts, false);
		ua_jitter_get(jb, now + 5, false, &out);
		if (seq >= 105 && out.kind == UA_JITTER_FRAME) {
			ck_assert_uint_eq(ts, out.pkt.ts);
			heard++;
		}
	}

	ua_jitter_stats(jb, &st);
	ck_assert_uint_eq(1, st.restarts);
	ck_assert_uint_ge(heard, 94);
	mem_deref(jb);
}
END_TEST


START_TEST(reset_takes_another_source_at_once)
{
	struct ua_jitter *jb = jb_alloc();
	struct ua_jitter_out out;

	ck_assert_int_eq(0, put(jb, START, 1, 160, true));
	ua_jitter_get(jb, START + 5, false, &out);
	ck_assert_int_eq(UA_JITTER_FRAME, out.kind);

	ua_jitter_reset(jb, 8000);
	ua_jitter_get(jb, START + 25, false, &out);
	ck_assert_int_eq(UA_JITTER_EMPTY, out.kind);

	ck_assert_int_eq(0, put(jb, START + 30, 40000, 99, true));
	ua_jitter_get(jb, START + 45, false, &out);
	ck_assert_int_eq(UA_JITTER_FRAME, out.kind);
	ck_assert_uint_eq(99, out.pkt.ts);
	mem_deref(jb);
}
END_TEST


START_TEST(flood_is_bounded)
{
	struct ua_jitter *jb = jb_alloc();
	struct ua_jitter_stats st;
	struct ua_jitter_out out;
	uint8_t buf[1400] = { 0 };
	struct ua_jitter_pkt pkt = { .dur = DUR,
				     .buf = buf,
				     .len = sizeof(buf) };
	unsigned i;

	for (i = 0; i < 48; i++) {
		pkt.seq = (uint16_t)i;
		pkt.ts = i * DUR;
		ck_assert_int_eq(0, ua_jitter_put(jb, START, &pkt));
	}

	ua_jitter_stats(jb, &st);
	ck_assert_uint_eq(48 - UA_JITTER_NBYTE / sizeof(buf), st.overflow);
	ua_jitter_get(jb, START + 20, false, &out);
	ck_assert_int_eq(UA_JITTER_FRAME, out.kind);
	ck_assert_uint_eq(st.overflow, out.pkt.seq);
	mem_deref(jb);
}
END_TEST


START_TEST(senseless_packets_are_refused)
{
	struct ua_jitter *jb = jb_alloc();
	struct ua_jitter_pkt pkt = { .dur = 0 };

	ck_assert_int_eq(EINVAL, ua_jitter_put(jb, START, &pkt));
	pkt.dur = DUR;
	pkt.len = UA_DGRAM_MAX + 1;
	ck_assert_int_eq(EINVAL, ua_jitter_put(jb, START, &pkt));
	mem_deref(jb);
}
END_TEST


START_TEST(peek_finds_the_packet_behind_a_hole)
{
	struct ua_jitter *jb = jb_alloc();
	struct ua_jitter_pkt pkt;
	struct ua_jitter_out out;

	ck_assert_int_eq(0, put(jb, START, 1, 0, true));
	ua_jitter_get(jb, START + 10, false, &out);
	ck_assert_int_eq(0, put(jb, START + 20, 3, 2 * DUR, false));
	ua_jitter_get(jb, START + 30, false, &out);
	ck_assert_int_eq(UA_JITTER_LOST, out.kind);
	ck_assert(ua_jitter_peek(jb, &pkt));
	ck_assert_uint_eq(3, pkt.seq);
	mem_deref(jb);
}
END_TEST


/* Anything at any time: order holds, and it always moves on. */
START_TEST(random_packets_never_play_out_of_order)
{
	struct ua_jitter *jb = jb_alloc();
	struct ua_jitter_stats st;
	struct ua_jitter_out out;
	struct net net;
	uint32_t restarts = 0;
	uint64_t now = START;
	uint32_t last = 0;
	bool any = false;
	unsigned i;

	memset(&net, 0, sizeof(net));
	net.seed = (uint32_t)_i;

	for (i = 0; i < 20000; i++) {
		const uint32_t n = i + rnd(&net, 40);

		(void)put(jb, now, (uint16_t)n, n * DUR, !rnd(&net, 50));
		if (rnd(&net, 4)) {
			now += rnd(&net, 30);
			ua_jitter_get(jb, now, rnd(&net, 2), &out);
			ua_jitter_stats(jb, &st);
			if (st.restarts != restarts)
				any = false;
			restarts = st.restarts;

			if (out.kind == UA_JITTER_FRAME) {
				ck_assert(!any ||
					  (int32_t)(out.pkt.ts - last) > 0);
				last = out.pkt.ts;
				any = true;
			}
			else if (out.kind == UA_JITTER_LOST)
				ck_assert_uint_gt(out.dur, 0);
		}
	}

	mem_deref(jb);
}
END_TEST


static int scenario(void *arg)
{
	struct ua_jitter_conf conf;
	struct ua_jitter *jb;
	int err;

	(void)arg;
	ua_jitter_conf_default(&conf);
	err = ua_jitter_alloc(&jb, &conf);
	if (err)
		return err;

	err = put(jb, START, 1, 0, true);
	if (!err)
		err = put(jb, START, 2, DUR, false);

	mem_deref(jb);
	return err;
}


START_TEST(memory_that_runs_out_loses_only_the_packet)
{
	ua_oom_walk(scenario, NULL);
}
END_TEST


Suite *ua_suite_jitter(void)
{
	Suite *s = suite_create("jitter");
	TCase *tc = tcase_create("jitter");

	tcase_add_loop_test(tc, quiet_network_costs_at_most_a_frame, 0, 20);
	tcase_add_test(tc, jitter_is_learned_and_then_harmless);
	tcase_add_test(tc, heavy_jitter_stays_within_the_bound);
	tcase_add_test(tc, loss_is_told_where_it_is);
	tcase_add_test(tc, duplicates_play_once);
	tcase_add_test(tc, reordered_packets_play_in_order);
	tcase_add_test(tc, one_spike_does_not_lengthen_the_call);
	tcase_add_test(tc, longer_path_is_followed_at_once);
	tcase_add_test(tc, shorter_path_is_followed_in_quiet_moments);
	tcase_add_loop_test(tc, clock_drift_is_absorbed, 0, 2);
	tcase_add_test(tc, jitter_that_comes_and_goes_does_not_make_it_swing);
	tcase_add_test(tc, pause_of_the_sender_is_silence_not_trouble);
	tcase_add_loop_test(tc, time_stamp_jump_starts_anew, 0, 4);
	tcase_add_test(tc, reset_takes_another_source_at_once);
	tcase_add_test(tc, flood_is_bounded);
	tcase_add_test(tc, senseless_packets_are_refused);
	tcase_add_test(tc, peek_finds_the_packet_behind_a_hole);
	tcase_add_loop_test(tc, random_packets_never_play_out_of_order, 0, 20);
	tcase_add_test(tc, memory_that_runs_out_loses_only_the_packet);
	suite_add_tcase(s, tc);

	return s;
}
