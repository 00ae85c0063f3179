/* SPDX-License-Identifier: BSD-3-Clause */
/** @file test_stream.c  An m= line that hears itself */

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "agent/impl.h"
#include "call/stream.h"
#include "rtp/rtpalive.h"
#include "rtp/rtppkt.h"
#include "rig.h"

Suite *ua_suite_stream(void);

enum { PT = 8, TELEV = 101, KEEP = 127, TONE = 700, FRAME_MS = 20, BURST = 5 };

static struct rig a;
static struct ua_stream *stream;
static unsigned rtp; /* Packets that it sent */
static unsigned rtcp;
static unsigned kept; /* ... that are no sound */
static bool mux;
static unsigned sent; /* Told so */
static unsigned heard;
static char digits[16];
static bool loop; /* What is sent comes back */


static void on_send(unsigned comp, const uint8_t *buf, size_t len, void *arg)
{
	(void)arg;

	if (comp == 2) {
		++rtcp;
		return;
	}

	ck_assert_uint_eq(2, buf[0] >> 6);
	if (len == UA_RTPPKT_HDR) {
		ck_assert_uint_eq(KEEP, buf[1]);
		++kept;
		return;
	}

	++rtp;
	if (loop)
		ua_stream_packet(stream, UA_DEMUX_RTP, buf, len);
}


static void on_sent(void *arg)
{
	(void)arg;
	++sent;
}


static void on_heard(const struct ua_codec *codec, void *arg)
{
	(void)arg;
	ck_assert_str_eq("pcma", codec->name);
	++heard;
}


static void on_digit(char digit, void *arg)
{
	(void)arg;
	strncat(digits, &digit, 1);
}


static int stream_try(const char *source, const char *sink, char *errstr)
{
	const struct ua_stream_handlers handlers = {
		.send = on_send,
		.sent = on_sent,
		.heard = on_heard,
		.digit = on_digit,
	};
	const struct ua_call_conf conf = { .source = source, .sink = sink };

	return ua_stream_alloc(&stream, &a.agent->env, &conf, 1,
			       ua_codec_find("pcma"), &handlers, errstr);
}


static void stream_open(const char *source, const char *sink)
{
	rtp = rtcp = kept = sent = heard = 0;
	mux = false;
	digits[0] = '\0';
	loop = true;
	ck_assert_int_eq(0, stream_try(source, sink, NULL));
}


/* PCMA both ways, with events of telephones */
static void stream_agree(enum ua_sdp_dir dir)
{
	static struct ua_offer_result res;
	size_t n;
	const struct ua_codec *const *table = ua_codec_table(&n);
	uint8_t i = 0;

	while (strcmp(table[i]->name, "pcma"))
		++i;

	memset(&res, 0, sizeof(res));
	res.active = true;
	res.codec = i;
	res.send_pt = PT;
	res.telev_pt = TELEV;
	res.telev_hz = 8000;
	res.recvv[0].pt = PT;
	res.recvv[0].codec = (int8_t)i;
	res.recvv[0].clock_hz = 8000;
	res.recvv[1].pt = TELEV;
	res.recvv[1].codec = UA_OFFER_TELEV;
	res.recvv[1].clock_hz = 8000;
	res.recvc = 2;
	res.ptime = FRAME_MS;
	res.keep_pt = KEEP;
	res.mux = mux;
	res.dir = dir;
	ck_assert_int_eq(0, ua_stream_set(stream, &res));
}


static bool enough(void *arg)
{
	return rtp >= *(unsigned *)arg;
}


static void run_until(unsigned packets)
{
	rig_wait(enough, &packets);
}


START_TEST(what_is_sent_is_heard)
{
	struct ua_call_stats stats;
	char sink[160];

	rig_open(&a, NULL);
	(void)snprintf(sink, sizeof(sink), "file:%s/s.wav", rig_dir());
	stream_open("tone:700", sink);
	stream_agree(UA_SDP_SENDRECV);
	ua_stream_talk(stream);
	ua_stream_run(stream);
	run_until(20);

	ua_stream_stats(stream, &stats);
	ck_assert_uint_eq(rtp, stats.tx_packets);
	ck_assert_uint_eq(160 * rtp, stats.tx_bytes);
	ck_assert_uint_eq(rtp, stats.rx_packets);
	ck_assert_uint_eq(0, stats.rx_lost);
	ck_assert_uint_eq(1, sent);
	ck_assert_uint_eq(1, heard);

	/* A BYE of RTCP goes out, nothing more; the file is whole. */
	ua_stream_stop(stream);
	ck_assert_uint_ge(rtcp, 1);
	rtp = 0;
	rig_linger(3 * FRAME_MS);
	ck_assert_uint_eq(0, rtp);
	ck_assert_double_ge(rig_tone_s(sink + strlen("file:"), TONE), 0.1);
	stream = mem_deref(stream);
	rig_close(&a);
}
END_TEST


START_TEST(nothing_is_sent_before_it_talks)
{
	rig_open(&a, NULL);
	stream_open("tone:700", NULL);
	ua_stream_run(stream);
	stream_agree(UA_SDP_SENDRECV);
	ua_stream_run(stream);
	rig_linger(3 * FRAME_MS);
	ck_assert_uint_eq(0, rtp);
	ck_assert_uint_eq(0, sent);
	ua_stream_talk(stream);
	run_until(2);
	stream = mem_deref(stream);
	rig_close(&a);
}
END_TEST


START_TEST(direction_is_kept)
{
	rig_open(&a, NULL);
	stream_open("tone:700", NULL);
	stream_agree(UA_SDP_RECVONLY);
	ua_stream_talk(stream);
	ua_stream_run(stream);
	rig_linger(3 * FRAME_MS);
	ck_assert_uint_eq(0, rtp);
	stream_agree(UA_SDP_SENDONLY);
	run_until(2);
	stream = mem_deref(stream);
	rig_close(&a);
}
END_TEST


static bool is_kept(void *arg)
{
	(void)arg;

	return kept && rtcp;
}


static bool is_reported(void *arg)
{
	(void)arg;

	return rtcp;
}


/* RFC 6263, 5; _i: RTCP shares the port of RTP, and is enough. */
START_TEST(held_stream_sends_only_what_keeps_the_path)
{
	struct ua_call_stats stats;
	unsigned before;

	rig_open(&a, NULL);
	stream_open("tone:700", NULL);
	mux = _i;
	stream_agree(UA_SDP_SENDRECV);
	ua_stream_talk(stream);
	ua_stream_run(stream);
	run_until(5);
	ck_assert_uint_eq(0, kept);
	ua_stream_hold(stream, true);
	stream_agree(UA_SDP_SENDONLY);
	before = rtp;
	rtcp = 0;
	rig_wait(_i ? is_reported : is_kept, NULL);
	if (_i) {
		rig_linger(UA_RTPALIVE_SOON_MS + 100);
		ck_assert_uint_eq(0, kept);
	}
	ck_assert_uint_eq(before, rtp);
	ua_stream_stats(stream, &stats);
	ck_assert_uint_eq(rtp, stats.tx_packets);
	ck_assert_uint_eq(1, sent);

	ua_stream_hold(stream, false);
	run_until(before + 5);
	stream = mem_deref(stream);
	rig_close(&a);
}
END_TEST


/* Its clock runs, what comes is taken, and silence is played. */
START_TEST(held_stream_plays_nothing)
{
	uint8_t pkt[UA_RTPPKT_HDR + 160] = { 0x80, PT };
	struct ua_call_stats before, after;
	char sink[160];
	uint16_t i;

	rig_open(&a, NULL);
	(void)snprintf(sink, sizeof(sink), "file:%s/h.wav", rig_dir());
	stream_open("tone:700", sink);
	stream_agree(UA_SDP_SENDRECV);
	ua_stream_talk(stream);
	ua_stream_run(stream);
	run_until(20);
	loop = false;
	ua_stream_hold(stream, true);
	rig_linger(200);
	ua_stream_stats(stream, &before);

	/* A loud square, by another phone */
	memset(pkt + UA_RTPPKT_HDR, 0x2a, 80);
	memset(pkt + UA_RTPPKT_HDR + 80, 0xaa, 80);
	pkt[8] = 1;
	for (i = 0; i < 20; i++) {
		pkt[3] = (uint8_t)i;
		pkt[6] = (uint8_t)(i * 160 >> 8);
		pkt[7] = (uint8_t)(i * 160);
		ua_stream_packet(stream, UA_DEMUX_RTP, pkt, sizeof(pkt));
	}
	rig_linger(600);
	ua_stream_stats(stream, &after);
	ck_assert_uint_ge(after.rx_packets, before.rx_packets + 18);
	ck_assert_double_eq_tol(before.heard_s, after.heard_s, 0.03);
	ua_stream_stop(stream);
	ck_assert_double_ge(rig_file_s(sink + strlen("file:")), 1);
	ck_assert_double_le(rig_loud_s(sink + strlen("file:")), 0.6);
	stream = mem_deref(stream);
	rig_close(&a);
}
END_TEST


static bool two_digits(void *arg)
{
	(void)arg;

	return strlen(digits) == 2;
}


START_TEST(digits_are_sent_all_or_none)
{
	rig_open(&a, NULL);
	stream_open(NULL, NULL);
	ck_assert_int_eq(EPROTO, ua_stream_dtmf(stream, "1"));
	stream_agree(UA_SDP_SENDRECV);
	ua_stream_talk(stream);
	ua_stream_run(stream);
	ck_assert_int_eq(EINVAL, ua_stream_dtmf(stream, "1x"));
	ck_assert_int_eq(0, ua_stream_dtmf(stream, ""));
	ck_assert_int_eq(0, ua_stream_dtmf(stream, "#2"));
	rig_wait(two_digits, NULL);
	ck_assert_str_eq("#2", digits);
	stream = mem_deref(stream);
	rig_close(&a);
}
END_TEST


/* What a loop that stands still for long has missed is gone. */
START_TEST(loop_that_was_held_up_catches_up_but_a_little)
{
	const struct timespec ts = { .tv_nsec = 400000000 };
	unsigned before;

	rig_open(&a, NULL);
	stream_open("tone:700", NULL);
	loop = false;
	stream_agree(UA_SDP_SENDRECV);
	ua_stream_talk(stream);
	ua_stream_run(stream);
	run_until(3);
	before = rtp;
	(void)nanosleep(&ts, NULL);
	rig_linger(5);
	ck_assert_uint_gt(rtp, before);
	ck_assert_uint_le(rtp, before + BURST + 1);
	stream = mem_deref(stream);
	rig_close(&a);
}
END_TEST


START_TEST(sound_that_cannot_be_opened_is_named)
{
	char errstr[UA_ERRSTR_MAX] = "";

	rig_open(&a, NULL);
	ck_assert_int_eq(EINVAL,
			 stream_try("file:/nosuch/x.wav", NULL, errstr));
	ck_assert_ptr_nonnull(strstr(errstr, "/nosuch/x.wav"));
	ck_assert_int_eq(EINVAL, stream_try(NULL, "file:/nosuch/y.wav", NULL));
	rig_close(&a);
}
END_TEST


START_TEST(packets_before_anything_is_agreed_are_dropped)
{
	const uint8_t buf[172] = { 0x80, PT };
	struct ua_call_stats stats;

	rig_open(&a, NULL);
	stream_open(NULL, NULL);
	ua_stream_packet(stream, UA_DEMUX_RTP, buf, sizeof(buf));
	ua_stream_packet(stream, UA_DEMUX_RTCP, buf, sizeof(buf));
	ua_stream_stats(stream, &stats);
	ck_assert_uint_eq(0, stats.rx_packets);
	stream = mem_deref(stream);
	rig_close(&a);
}
END_TEST


Suite *ua_suite_stream(void)
{
	Suite *s = suite_create("stream");
	TCase *tc = tcase_create("loop");

	tcase_set_timeout(tc, RIG_TEST_S);
	tcase_add_test(tc, what_is_sent_is_heard);
	tcase_add_test(tc, nothing_is_sent_before_it_talks);
	tcase_add_test(tc, direction_is_kept);
	tcase_add_loop_test(tc, held_stream_sends_only_what_keeps_the_path, 0,
			    2);
	tcase_add_test(tc, held_stream_plays_nothing);
	tcase_add_test(tc, digits_are_sent_all_or_none);
	tcase_add_test(tc, loop_that_was_held_up_catches_up_but_a_little);
	tcase_add_test(tc, sound_that_cannot_be_opened_is_named);
	tcase_add_test(tc, packets_before_anything_is_agreed_are_dropped);
	suite_add_tcase(s, tc);

	return s;
}
