/* SPDX-License-Identifier: BSD-3-Clause */
/** @file test_recv.c  From packets to samples: two ends and a bad line */

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "base/re_compat.h"
#include "media/recv.h"
#include "media/send.h"
#include "media/tonedet.h"
#include "media/tonegen.h"
#include "rtp/rtppkt.h"
#include "oom.h"

Suite *ua_suite_recv(void);

enum {
	SRATE = 16000, /* Of both sound devices */
	NSAMP = 320,
	START = 1000,
	PT = 100,
	PT_OTHER = 8,
	PT_TELEV = 101
};

/* A sender, a receiver, and what came out */
struct line {
	struct ua_send *send;
	struct ua_recv *recv;
	struct ua_send_conf conf;
	struct ua_tonegen tone;
	int16_t out[SRATE * 10];
	size_t nout;
	uint64_t now;
	uint32_t seed;
	unsigned loss;     /* Percent                        */
	unsigned kinds[3]; /* Frames of each kind */
};


static uint32_t rnd(struct line *line)
{
	line->seed = line->seed * 1664525 + 1013904223;
	return line->seed >> 8;
}


static void line_open(struct line *line, const char *codec)
{
	struct ua_recv_conf rc;

	memset(line, 0, sizeof(*line));
	line->now = START;
	line->conf.codec = ua_codec_find(codec);
	line->conf.pt = PT;
	line->conf.fmtp = line->conf.codec->fmtp;
	line->conf.telev_pt = PT_TELEV;
	line->conf.ptime_ms = 20;
	line->conf.srate_hz = SRATE;
	line->conf.rand = &ua_random_system;
	ck_assert_int_eq(0, ua_send_alloc(&line->send, &line->conf));

	ua_recv_conf_default(&rc);
	rc.srate_hz = SRATE;
	rc.fmts[0].pt = PT;
	rc.fmts[0].codec = line->conf.codec;
	rc.fmts[0].clock_hz = line->conf.codec->clock_hz;
	rc.fmts[1].pt = PT_OTHER;
	rc.fmts[1].codec = ua_codec_find("pcma");
	rc.fmts[1].clock_hz = 8000;
	rc.fmts[2].pt = PT_TELEV;
	rc.fmts[2].clock_hz = line->conf.codec->clock_hz;
	rc.nfmt = 3;
	ck_assert_int_eq(0, ua_recv_alloc(&line->recv, &rc));

	ua_tonegen_init(&line->tone, 500, SRATE, -10);
}


static void line_close(struct line *line)
{
	mem_deref(line->send);
	mem_deref(line->recv);
}


/* 20 ms of both ends; the line takes 5 ms. */
static void line_step(struct line *line)
{
	uint8_t buf[UA_DGRAM_MAX];
	int16_t pcm[NSAMP];
	size_t len;

	ua_tonegen_output(&line->tone, pcm, NSAMP);
	ck_assert_int_eq(0, ua_send_input(line->send, pcm, NSAMP));
	while (ua_send_output(line->send, line->now, buf, sizeof(buf), &len)) {
		if (rnd(line) % 100 < line->loss)
			continue;
		ck_assert_int_eq(0, ua_recv_packet(line->recv, line->now + 5,
						   buf, len));
	}

	line->kinds[ua_recv_frame(line->recv, line->now + 12, pcm, NSAMP)]++;
	if (line->nout + NSAMP <= SRATE * 10) {
		memcpy(line->out + line->nout, pcm, sizeof(pcm));
		line->nout += NSAMP;
	}

	line->now += 20;
}


static const char *codec_name(int i)
{
	const struct ua_codec *const *table;
	static char name[32];
	size_t n;

	table = ua_codec_table(&n);
	if ((size_t)i >= n)
		return NULL;

	(void)snprintf(name, sizeof(name), "%s/%u", table[i]->name,
		       table[i]->clock_hz);
	return name;
}


/* _i: each codec, at a rate of the sound device that may not be its own */
START_TEST(tone_goes_through_every_codec)
{
	const char *name = codec_name(_i);
	static struct line line;
	struct ua_recv_stats st;
	struct ua_recv_event ev;
	unsigned i;

	if (!name)
		return;

	line_open(&line, name);
	for (i = 0; i < 250; i++)
		line_step(&line);

	ck_assert_uint_ge(line.kinds[UA_RECV_HEARD], 249);
	ck_assert_double_ge(
		ua_tonedet_heard_s(line.out, line.nout, SRATE, 500), 4.7);

	ua_recv_stats(line.recv, &st);
	ck_assert_uint_eq(250, st.packets);
	ck_assert_uint_eq(0, st.lost);
	ck_assert_uint_eq(0, st.late);
	ck_assert_double_le(st.delay_ms, 20);
	ck_assert_double_ge(st.heard_s, 4.9);
	ck_assert_double_ge(st.loud_s, 4.8);
	ck_assert_double_eq(0, st.concealed_s);
	ck_assert_double_gt(ua_recv_mos(line.recv, 40), 4.2);

	ck_assert(ua_recv_event(line.recv, &ev));
	ck_assert_int_eq(UA_RECV_EVENT_HEARD, ev.type);
	ck_assert_ptr_eq(line.conf.codec, ev.codec);
	ck_assert(!ua_recv_event(line.recv, &ev));
	line_close(&line);
}
END_TEST


/* A fifth is lost: the tone is there all the same, and the gap is told. */
START_TEST(loss_is_concealed)
{
	const char *name = codec_name(_i);
	static struct line line;
	struct ua_recv_stats st;
	unsigned i;

	if (!name)
		return;

	line_open(&line, name);
	line.loss = 10;
	for (i = 0; i < 400; i++)
		line_step(&line);

	ua_recv_stats(line.recv, &st);
	ck_assert_uint_ge(st.lost, 20);
	ck_assert_double_ge(st.concealed_s, 0.4);
	ck_assert_double_ge(
		ua_tonedet_heard_s(line.out, line.nout, SRATE, 500), 6.5);
	ck_assert_double_lt(ua_recv_mos(line.recv, 40), 4.1);
	line_close(&line);
}
END_TEST


START_TEST(nothing_is_silence)
{
	static struct line line;
	int16_t pcm[NSAMP];
	size_t i;

	line_open(&line, "pcma");
	memset(pcm, 1, sizeof(pcm));
	ck_assert_int_eq(UA_RECV_SILENCE,
			 ua_recv_frame(line.recv, START, pcm, NSAMP));
	for (i = 0; i < NSAMP; i++)
		ck_assert_int_eq(0, pcm[i]);

	ck_assert_double_eq(0, ua_recv_mos(line.recv, 0));
	line_close(&line);
}
END_TEST


START_TEST(sender_that_stops_becomes_silence)
{
	static struct line line;
	int16_t pcm[NSAMP];
	enum ua_recv_kind kind = UA_RECV_HEARD;
	size_t i;

	line_open(&line, "pcma");
	for (i = 0; i < 50; i++)
		line_step(&line);
	for (i = 0; i < 100; i++, line.now += 20)
		kind = ua_recv_frame(line.recv, line.now + 12, pcm, NSAMP);

	ck_assert_int_eq(UA_RECV_SILENCE, kind);
	for (i = 0; i < NSAMP; i++)
		ck_assert_int_le(abs(pcm[i]), 1);

	/* And it may go on. */
	for (i = 0; i < 50; i++)
		line_step(&line);
	ck_assert_uint_ge(line.kinds[UA_RECV_HEARD], 96);
	line_close(&line);
}
END_TEST


/* On hold, say: what was never sent is not missed.  What was sent and did not
   come is, though nobody knows it at the time. */
START_TEST(pause_of_the_sender_is_no_loss)
{
	static struct line line;
	struct ua_recv_stats st;
	int16_t pcm[NSAMP];
	double mos;
	size_t i;

	line_open(&line, _i & 1 ? "opus" : "pcma");
	for (i = 0; i < 100; i++)
		line_step(&line);
	mos = ua_recv_mos(line.recv, 0);

	for (i = 0; i < 100; i++) {
		if (_i & 2) {
			line.loss = 100;
			line_step(&line);
			continue;
		}
		(void)ua_recv_frame(line.recv, line.now + 12, pcm, NSAMP);
		line.now += 20;
	}
	ck_assert(ua_recv_mos(line.recv, 0) >= mos - 0.01);
	line.loss = 0;
	for (i = 0; i < 50; i++)
		line_step(&line);

	ua_recv_stats(line.recv, &st);
	ck_assert_int_eq(_i & 2 ? 1 : 0, st.concealed_s > 0.05);
	ck_assert_int_eq(_i & 2 ? 1 : 0,
			 ua_recv_mos(line.recv, 0) < mos - 0.1);
	line_close(&line);
}
END_TEST


START_TEST(digits_arrive)
{
	static struct line line;
	struct ua_recv_event ev;
	char got[8] = "";
	unsigned i;

	line_open(&line, "pcmu");
	line.loss = 20;
	ck_assert_int_eq(0, ua_send_dtmf(line.send, '4', 100));
	ck_assert_int_eq(0, ua_send_dtmf(line.send, '4', 100));
	ck_assert_int_eq(0, ua_send_dtmf(line.send, '#', 100));
	for (i = 0; i < 100; i++)
		line_step(&line);

	i = 0;
	while (ua_recv_event(line.recv, &ev)) {
		if (ev.type == UA_RECV_EVENT_DTMF)
			got[i++] = ev.digit;
	}

	ck_assert_str_eq("44#", got);
	line_close(&line);
}
END_TEST


START_TEST(change_of_codec_is_followed_and_told)
{
	static struct line line;
	struct ua_recv_event ev;
	unsigned i;

	line_open(&line, "l16/16000");
	for (i = 0; i < 100; i++)
		line_step(&line);

	line.conf.codec = ua_codec_find("pcma");
	line.conf.pt = PT_OTHER;
	ck_assert_int_eq(0, ua_send_set(line.send, &line.conf));
	for (i = 0; i < 100; i++)
		line_step(&line);

	ck_assert_uint_ge(line.kinds[UA_RECV_HEARD], 196);
	ck_assert(ua_recv_event(line.recv, &ev));
	ck_assert_int_eq(UA_RECV_EVENT_HEARD, ev.type);
	ck_assert(ua_recv_event(line.recv, &ev));
	ck_assert_int_eq(UA_RECV_EVENT_CODEC, ev.type);
	ck_assert_str_eq("pcma", ev.codec->name);
	line_close(&line);
}
END_TEST


/* A transfer: the new source is heard from its second packet on. */
START_TEST(another_source_takes_over)
{
	static struct line line;
	struct ua_send *old;
	struct ua_recv_event ev;
	bool told = false;
	unsigned i;

	line_open(&line, "pcma");
	for (i = 0; i < 100; i++)
		line_step(&line);

	old = line.send;
	ck_assert_int_eq(0, ua_send_alloc(&line.send, &line.conf));
	for (i = 0; i < 100; i++)
		line_step(&line);

	ck_assert_uint_ge(line.kinds[UA_RECV_HEARD], 195);
	while (ua_recv_event(line.recv, &ev)) {
		if (ev.type == UA_RECV_EVENT_SSRC) {
			ck_assert(!told);
			told = true;
			ck_assert_uint_eq(ua_send_tx(line.send)->ssrc,
					  ev.ssrc);
		}
	}
	ck_assert(told);
	mem_deref(old);
	line_close(&line);
}
END_TEST


/* Its packets are of the stream's numbers, but no sound (RFC 6263, 4.6). */
START_TEST(keepalives_of_a_hold_are_neither_heard_nor_missed)
{
	static struct line line;
	uint8_t buf[UA_RTPPKT_HDR];
	struct ua_recv_stats before;
	struct ua_recv_stats st;
	int16_t pcm[NSAMP];
	unsigned i;

	line_open(&line, "pcma");

	/* Of a source that nobody knows it is nothing. */
	ua_send_keep(line.send, line.now, 127, buf);
	ck_assert_int_eq(
		ENOENT, ua_recv_packet(line.recv, line.now, buf, sizeof(buf)));
	for (i = 0; i < 100; i++)
		line_step(&line);

	ua_recv_stats(line.recv, &before);
	for (i = 0; i < 2000; i++, line.now += 20) {
		if (i % 750 == 700) {
			ua_send_keep(line.send, line.now, 127, buf);
			ck_assert_int_eq(0, ua_recv_packet(line.recv,
							   line.now + 5, buf,
							   sizeof(buf)));
		}
		(void)ua_recv_frame(line.recv, line.now + 12, pcm, NSAMP);
	}

	ua_recv_stats(line.recv, &st);
	ck_assert_double_le(st.heard_s, before.heard_s + 0.1);
	for (i = 0; i < 100; i++)
		line_step(&line);

	ua_recv_stats(line.recv, &st);
	ck_assert_double_ge(st.heard_s, before.heard_s + 1.9);
	ck_assert_uint_eq(0, st.lost);
	ck_assert_uint_eq(1, st.unknown);
	ck_assert_uint_eq(202, st.packets);
	ck_assert_double_le(st.jitter_ms, 1);
	ck_assert_double_le(st.concealed_s, 1.1);
	line_close(&line);
}
END_TEST


START_TEST(stray_packets_of_others_do_not_disturb)
{
	static struct line line;
	uint8_t buf[UA_RTPPKT_HDR + 160] = { 0 };
	struct ua_rtppkt pkt = { .pt = PT, .ssrc = 0x666 };
	unsigned i;

	line_open(&line, "pcma");
	for (i = 0; i < 100; i++) {
		line_step(&line);
		pkt.seq = (uint16_t)rnd(&line);
		pkt.ts = rnd(&line);
		ua_rtppkt_encode(&pkt, buf);
		ck_assert_int_eq(0, ua_recv_packet(line.recv, line.now - 10,
						   buf, sizeof(buf)));
	}

	ck_assert_uint_ge(line.kinds[UA_RECV_HEARD], 99);
	line_close(&line);
}
END_TEST


START_TEST(bad_packets_are_refused)
{
	static struct line line;
	uint8_t buf[UA_RTPPKT_HDR + 3] = { 0 };
	struct ua_rtppkt pkt = { .pt = 55, .ssrc = 1 };
	struct ua_recv_stats st;

	line_open(&line, "l16/16000");
	ck_assert_int_eq(EBADMSG, ua_recv_packet(line.recv, 0, buf, 12));
	ua_rtppkt_encode(&pkt, buf);
	ck_assert_int_eq(ENOENT,
			 ua_recv_packet(line.recv, 0, buf, sizeof(buf)));
	pkt.pt = PT; /* Half a sample */
	ua_rtppkt_encode(&pkt, buf);
	ck_assert_int_eq(EBADMSG,
			 ua_recv_packet(line.recv, 0, buf, sizeof(buf)));
	pkt.pt = 13; /* Comfort noise is understood, and silence. */
	ua_rtppkt_encode(&pkt, buf);
	ck_assert_int_eq(0, ua_recv_packet(line.recv, 0, buf, 13));

	ua_recv_stats(line.recv, &st);
	ck_assert_uint_eq(1, st.unknown);
	line_close(&line);
}
END_TEST


/*
 * The path gets shorter by 100 ms, which then wait in vain.  Leaving them out
 * is heard neither as click nor as gap.
 */
START_TEST(dropped_frame_is_blended)
{
	enum { LAG = 5 };
	static struct line line;
	uint8_t buf[LAG + 1][UA_DGRAM_MAX];
	size_t len[LAG + 1];
	int16_t pcm[NSAMP];
	struct ua_recv_stats st;
	size_t lag = LAG;
	size_t n = 0;
	size_t i;
	size_t k;
	int jump = 0;

	/* 100 Hz: a frame is two periods, so nothing at all may be heard. */
	line_open(&line, "l16/16000");
	ua_tonegen_init(&line.tone, 100, SRATE, -10);

	for (i = 0; i < 1500; i++, line.now += 20) {
		if (i == 100)
			lag = 0;

		ua_tonegen_output(&line.tone, pcm, NSAMP);
		ck_assert_int_eq(0, ua_send_input(line.send, pcm, NSAMP));
		ck_assert(ua_send_output(line.send, line.now, buf[n],
					 UA_DGRAM_MAX, &len[n]));
		n++;

		for (k = 0; k + lag < n; k++)
			(void)ua_recv_packet(line.recv, line.now + 5, buf[k],
					     len[k]);
		memmove(buf, buf[k], (n - k) * sizeof(buf[0]));
		memmove(len, len + k, (n - k) * sizeof(len[0]));
		n -= k;

		(void)ua_recv_frame(line.recv, line.now + 12, pcm, NSAMP);
		for (k = 1; i > 10 && k < NSAMP; k++) {
			if (abs(pcm[k] - pcm[k - 1]) > jump)
				jump = abs(pcm[k] - pcm[k - 1]);
		}
	}

	ua_recv_stats(line.recv, &st);
	ck_assert_double_le(st.delay_ms, 25);
	ck_assert_double_eq(0, st.concealed_s);
	ck_assert_int_le(jump, 500);
	line_close(&line);
}
END_TEST


static int scenario(void *arg)
{
	struct ua_recv_conf rc;
	struct ua_recv *recv = NULL;
	uint8_t buf[UA_RTPPKT_HDR + 160] = { 0 };
	const struct ua_rtppkt pkt = { .pt = 8, .ssrc = 1 };
	int16_t pcm[160];
	int err;

	(void)arg;
	ua_recv_conf_default(&rc);
	rc.fmts[0].pt = 8;
	rc.fmts[0].codec = ua_codec_find("pcma");
	rc.fmts[0].clock_hz = 8000;
	rc.nfmt = 1;

	err = ua_recv_alloc(&recv, &rc);
	if (err)
		return err;

	ua_rtppkt_encode(&pkt, buf);
	err = ua_recv_packet(recv, 0, buf, sizeof(buf));
	(void)ua_recv_frame(recv, 10, pcm, 160);
	mem_deref(recv);
	return err;
}


START_TEST(memory_that_runs_out_loses_only_the_packet)
{
	ua_oom_walk(scenario, NULL);
}
END_TEST


Suite *ua_suite_recv(void)
{
	Suite *s = suite_create("recv");
	TCase *tc = tcase_create("recv");

	tcase_add_loop_test(tc, tone_goes_through_every_codec, 0, 6);
	tcase_add_loop_test(tc, loss_is_concealed, 0, 6);
	tcase_add_test(tc, nothing_is_silence);
	tcase_add_test(tc, sender_that_stops_becomes_silence);
	tcase_add_loop_test(tc, pause_of_the_sender_is_no_loss, 0, 4);
	tcase_add_test(tc, digits_arrive);
	tcase_add_test(tc, change_of_codec_is_followed_and_told);
	tcase_add_test(tc, another_source_takes_over);
	tcase_add_test(tc, keepalives_of_a_hold_are_neither_heard_nor_missed);
	tcase_add_test(tc, stray_packets_of_others_do_not_disturb);
	tcase_add_test(tc, bad_packets_are_refused);
	tcase_add_test(tc, dropped_frame_is_blended);
	tcase_add_test(tc, memory_that_runs_out_loses_only_the_packet);
	suite_add_tcase(s, tc);

	return s;
}
