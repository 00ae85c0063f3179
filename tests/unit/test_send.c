/* SPDX-License-Identifier: BSD-3-Clause */
/** @file test_send.c  From samples to packets */

#include <check.h>
#include <errno.h>
#include <string.h>

#include "base/random.h"
#include "base/re_compat.h"
#include "media/send.h"
#include "rtp/rtppkt.h"
#include "oom.h"

Suite *ua_suite_send(void);


static void conf_make(struct ua_send_conf *conf, const char *codec)
{
	memset(conf, 0, sizeof(*conf));
	conf->codec = ua_codec_find(codec);
	conf->pt = 96;
	conf->telev_pt = 101;
	conf->ptime_ms = 20;
	conf->srate_hz = 8000;
	conf->rand = &ua_random_system;
}


static struct ua_send *send_alloc(const struct ua_send_conf *conf)
{
	struct ua_send *send;

	ck_assert_int_eq(0, ua_send_alloc(&send, conf));
	return send;
}


/* Gives nsamp samples of 1000; takes the first packet, false: none */
static bool frame(struct ua_send *send, uint64_t now_ms, size_t nsamp,
		  struct ua_rtppkt *pkt)
{
	static uint8_t buf[UA_DGRAM_MAX];
	int16_t pcm[UA_CODEC_NSAMP_MAX];
	size_t len;
	size_t i;

	for (i = 0; i < nsamp; i++)
		pcm[i] = 1000;

	if (nsamp)
		ck_assert_int_eq(0, ua_send_input(send, pcm, nsamp));
	if (!ua_send_output(send, now_ms, buf, sizeof(buf), &len))
		return false;

	ck_assert_int_eq(0, ua_rtppkt_decode(pkt, buf, len));
	return true;
}


START_TEST(packets_count_on_and_only_the_first_is_marked)
{
	struct ua_send_conf conf;
	struct ua_rtppkt first;
	struct ua_rtppkt pkt;
	struct ua_send *send;
	unsigned i;

	conf_make(&conf, "pcma");
	send = send_alloc(&conf);
	ck_assert(frame(send, 0, 160, &first));
	ck_assert(first.marker);
	ck_assert_uint_eq(96, first.pt);
	ck_assert_uint_eq(160, first.len);

	for (i = 1; i < 200; i++) {
		ck_assert(frame(send, i * 20, 160, &pkt));
		ck_assert(!pkt.marker);
		ck_assert_uint_eq((uint16_t)(first.seq + i), pkt.seq);
		ck_assert_uint_eq(first.ts + i * 160, pkt.ts);
		ck_assert_uint_eq(first.ssrc, pkt.ssrc);
	}

	ck_assert_uint_eq(200, ua_send_tx(send)->packets);
	ck_assert_uint_eq(200 * 160, ua_send_tx(send)->bytes);
	ck_assert_uint_eq(pkt.ts, ua_send_tx(send)->ts);
	mem_deref(send);
}
END_TEST


/* _i: frames of the source in ms; packets stay at 20 ms. */
START_TEST(frames_of_any_length_make_packets_of_ptime)
{
	struct ua_send_conf conf;
	struct ua_rtppkt pkt;
	struct ua_send *send;
	uint64_t now;
	size_t n = 0;

	conf_make(&conf, "pcmu");
	send = send_alloc(&conf);

	for (now = 0; now < 3000; now += (unsigned)_i) {
		if (!frame(send, now, (size_t)_i * 8, &pkt))
			continue;
		do {
			ck_assert_uint_eq(160, pkt.len);
			n++;
		} while (frame(send, now, 0, &pkt));
	}

	ck_assert_uint_ge(n, 149);
	ck_assert_uint_le(n, 152);
	mem_deref(send);
}
END_TEST


START_TEST(ptime_fits_the_codec)
{
	static const struct {
		const char *codec;
		uint16_t want;
		uint32_t get;
	} t[] = {
		{ "pcma", 30, 30 }, { "pcma", 35, 30 },   { "pcma", 5, 10 },
		{ "pcma", 0, 10 },  { "pcma", 200, 120 }, { "l16", 60, 40 },
#ifdef HAVE_OPUS
		{ "opus", 10, 20 }, { "opus", 30, 20 },   { "opus", 60, 60 },
#endif
	};
	struct ua_send_conf conf;
	struct ua_rtppkt pkt;
	struct ua_send *send;
	size_t i;
	unsigned k;

	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		conf_make(&conf, t[i].codec);
		conf.ptime_ms = t[i].want;
		send = send_alloc(&conf);
		ck_assert_uint_eq(t[i].get, ua_send_ptime(send));

		for (k = 0; k < t[i].get / 10 - 1; k++)
			ck_assert(!frame(send, k * 10, 80, &pkt));
		ck_assert(frame(send, k * 10, 80, &pkt));
		mem_deref(send);
	}
}
END_TEST


START_TEST(time_goes_on_while_nothing_is_sent)
{
	struct ua_send_conf conf;
	struct ua_rtppkt first;
	struct ua_rtppkt pkt;
	struct ua_send *send;

	conf_make(&conf, "pcma");
	send = send_alloc(&conf);
	ck_assert(frame(send, 5000, 160, &first));
	/* A beat that is 50 ms late is no pause, */
	ck_assert(frame(send, 5070, 160, &pkt));
	ck_assert_uint_eq(first.ts + 160, pkt.ts);
	ck_assert(!pkt.marker);
	/* ten seconds on hold are. */
	ck_assert(frame(send, 15040, 160, &pkt));
	ck_assert_uint_eq(first.ts + 10040 * 8, pkt.ts);
	ck_assert_uint_eq((uint16_t)(first.seq + 2), pkt.seq);
	ck_assert(pkt.marker);
	mem_deref(send);
}
END_TEST


/* RFC 6263, 4.6; _i: before the first sound, or while it is away. */
START_TEST(keepalive_is_of_the_stream_and_empty)
{
	struct ua_send_conf conf;
	struct ua_rtcpses_tx tx;
	struct ua_rtppkt first;
	struct ua_rtppkt keep[2];
	struct ua_rtppkt pkt;
	struct ua_send *send;
	uint8_t buf[UA_RTPPKT_HDR];
	unsigned i;

	conf_make(&conf, "pcma");
	send = send_alloc(&conf);
	if (_i) {
		ck_assert(frame(send, 5000, 160, &first));
		ck_assert(frame(send, 5020, 160, &first));
	}

	tx = *ua_send_tx(send);
	for (i = 0; i < 2; i++) {
		ua_send_keep(send, 20020 + i * 15000, 127, buf);
		ck_assert_int_eq(0,
				 ua_rtppkt_decode(&keep[i], buf, sizeof(buf)));
		ck_assert_uint_eq(127, keep[i].pt);
		ck_assert_uint_eq(0, keep[i].len);
		ck_assert(!keep[i].marker);
		ck_assert_uint_eq(tx.ssrc, keep[i].ssrc);
	}

	ck_assert_uint_eq((uint16_t)(keep[0].seq + 1), keep[1].seq);
	ck_assert_uint_eq(keep[0].ts + 15000 * 8, keep[1].ts);
	if (_i) {
		ck_assert_uint_eq((uint16_t)(first.seq + 1), keep[0].seq);
		ck_assert_uint_eq(first.ts + 15000 * 8, keep[0].ts);
	}

	/* No report is about them. */
	ck_assert_uint_eq(tx.packets, ua_send_tx(send)->packets);
	ck_assert_uint_eq(tx.bytes, ua_send_tx(send)->bytes);

	/* Sound is back: at its time, and a talk begins. */
	ck_assert(frame(send, 45020, 160, &pkt));
	ck_assert(pkt.marker);
	ck_assert_uint_eq((uint16_t)(keep[1].seq + 1), pkt.seq);
	ck_assert_uint_eq(keep[1].ts + 10000 * 8, pkt.ts);
	mem_deref(send);
}
END_TEST


START_TEST(digit_replaces_sound_and_time_goes_on)
{
	struct ua_send_conf conf;
	struct ua_rtppkt first;
	struct ua_rtppkt pkt;
	struct ua_send *send;
	unsigned i;
	unsigned events = 0;

	conf_make(&conf, "pcma");
	send = send_alloc(&conf);
	ck_assert(frame(send, 0, 160, &first));
	ck_assert_int_eq(0, ua_send_dtmf(send, '7', 100));
	ck_assert_int_eq(EINVAL, ua_send_dtmf(send, 'x', 100));

	for (i = 1; i < 30; i++) {
		ck_assert(frame(send, i * 20, 160, &pkt));
		ck_assert_uint_eq((uint16_t)(first.seq + i), pkt.seq);
		if (pkt.pt == 101) {
			ck_assert_uint_eq(4, pkt.len);
			ck_assert_uint_eq(7, pkt.payload[0]);
			ck_assert_uint_eq(first.ts + 160, pkt.ts);
			ck_assert_int_eq(!events, pkt.marker);
			events++;
		}
		else
			ck_assert_uint_eq(first.ts + i * 160, pkt.ts);
	}

	ck_assert_uint_eq(7, events);
	mem_deref(send);

	conf.telev_pt = -1;
	send = send_alloc(&conf);
	ck_assert_int_eq(ENOTSUP, ua_send_dtmf(send, '7', 100));
	mem_deref(send);
}
END_TEST


START_TEST(muted_is_silent)
{
	struct ua_send_conf conf;
	struct ua_rtppkt pkt;
	struct ua_send *send;

	conf_make(&conf, "l16/8000");
	send = send_alloc(&conf);
	ck_assert(frame(send, 0, 160, &pkt));
	ck_assert_uint_eq(1000 >> 8, pkt.payload[0]);
	ua_send_mute(send, true);
	ck_assert(frame(send, 20, 160, &pkt));
	ck_assert_uint_eq(0, pkt.payload[0] | pkt.payload[1]);
	ua_send_mute(send, false);
	ck_assert(frame(send, 40, 160, &pkt));
	ck_assert_uint_eq(1000 >> 8, pkt.payload[0]);
	mem_deref(send);
}
END_TEST


START_TEST(another_codec_goes_on_with_the_same_stream)
{
	struct ua_send_conf conf;
	struct ua_rtppkt first;
	struct ua_rtppkt pkt;
	struct ua_send *send;

	conf_make(&conf, "pcma");
	send = send_alloc(&conf);
	ck_assert(frame(send, 0, 160, &first));

	conf_make(&conf, "l16/16000");
	conf.pt = 97;
	ck_assert_int_eq(0, ua_send_set(send, &conf));
	ck_assert(frame(send, 20, 160, &pkt));
	ck_assert_uint_eq(97, pkt.pt);
	ck_assert_uint_eq(640, pkt.len);
	ck_assert_uint_eq(first.ssrc, pkt.ssrc);
	ck_assert_uint_eq((uint16_t)(first.seq + 1), pkt.seq);
	ck_assert(pkt.marker);

	conf.srate_hz = 1;
	ck_assert_int_eq(EINVAL, ua_send_set(send, &conf));
	ck_assert(frame(send, 40, 160, &pkt));
	ck_assert_uint_eq(97, pkt.pt);
	mem_deref(send);
}
END_TEST


START_TEST(source_that_is_too_fast_is_told)
{
	struct ua_send_conf conf;
	struct ua_send *send;
	int16_t pcm[160] = { 0 };
	unsigned i;

	conf_make(&conf, "pcma");
	send = send_alloc(&conf);
	for (i = 0; i < 12; i++)
		ck_assert_int_eq(0, ua_send_input(send, pcm, 160));
	ck_assert_int_eq(ENOSPC, ua_send_input(send, pcm, 160));
	mem_deref(send);
}
END_TEST


static int scenario(void *arg)
{
	struct ua_send_conf conf;
	struct ua_send *send = NULL;
	int err;

	conf_make(&conf, arg);
	conf.srate_hz = 24000;
	err = ua_send_alloc(&send, &conf);
	mem_deref(send);
	return err;
}


START_TEST(memory_that_runs_out_is_told)
{
	ua_oom_walk(scenario, "pcma");
	ua_oom_walk(scenario, (char *)ua_codec_find("l16")->name);
}
END_TEST


Suite *ua_suite_send(void)
{
	Suite *s = suite_create("send");
	TCase *tc = tcase_create("send");

	tcase_add_test(tc, packets_count_on_and_only_the_first_is_marked);
	tcase_add_loop_test(tc, frames_of_any_length_make_packets_of_ptime, 5,
			    61);
	tcase_add_test(tc, ptime_fits_the_codec);
	tcase_add_test(tc, time_goes_on_while_nothing_is_sent);
	tcase_add_loop_test(tc, keepalive_is_of_the_stream_and_empty, 0, 2);
	tcase_add_test(tc, digit_replaces_sound_and_time_goes_on);
	tcase_add_test(tc, muted_is_silent);
	tcase_add_test(tc, another_codec_goes_on_with_the_same_stream);
	tcase_add_test(tc, source_that_is_too_fast_is_told);
	tcase_add_test(tc, memory_that_runs_out_is_told);
	suite_add_tcase(s, tc);

	return s;
}
