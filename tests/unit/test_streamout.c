/* SPDX-License-Identifier: BSD-3-Clause */
/** @file test_streamout.c  What leaves a stream, in virtual time */

#include <check.h>
#include <string.h>

#include "base/random.h"
#include "base/re_compat.h"
#include "call/streamout.h"
#include "rtp/rtppkt.h"

Suite *ua_suite_streamout(void);

enum {
	PT = 8,
	KEEP = 127,
	STEP_MS = 20,
	HOUR_MS = 3600000,
	RELAY_MS = 90000, /* From an offer: media, or the stream is closed  */
	RULE_MS = 30000,  /* A relay's rule lives so long                   */
	LATE_MS = 10000   /* What RTCP, which has a clock of its own, takes */
};

static struct ua_streamout out;
static struct ua_offer_result result;
static uint64_t now;
static struct {
	unsigned n;
	uint64_t last_ms;
	uint64_t gap_ms;  /* The longest pause, that before it too */
	uint64_t near_ms; /* The shortest                        */
} port[2];
static unsigned sound, kept, told;


static void on_send(unsigned comp, const uint8_t *buf, size_t len, void *arg)
{
	const unsigned i = result.mux ? 0 : comp - 1;
	const uint64_t gap = now - port[i].last_ms;

	(void)arg;
	if (comp == 1) {
		sound += len > UA_RTPPKT_HDR;
		kept += len == UA_RTPPKT_HDR;
		ck_assert_uint_eq(len > UA_RTPPKT_HDR ? PT : KEEP,
				  buf[1] & 0x7f);
	}
	else {
		ck_assert_uint_ge(buf[1], 200);
	}

	if (gap > port[i].gap_ms)
		port[i].gap_ms = gap;
	if (port[i].n && gap < port[i].near_ms)
		port[i].near_ms = gap;
	port[i].last_ms = now;
	++port[i].n;
}


static void on_sent(void *arg)
{
	(void)arg;
	++told;
}


static void streamout_open(bool mux, int16_t keep_pt)
{
	const struct ua_stream_handlers handlers = { .send = on_send,
						     .sent = on_sent };
	const struct ua_send_conf sc = { .codec = ua_codec_find("pcma"),
					 .pt = PT,
					 .telev_pt = -1,
					 .ptime_ms = STEP_MS,
					 .srate_hz = 8000,
					 .rand = &ua_random_system };
	const struct ua_rtcpses_conf rc = { .rand = &ua_random_system };
	struct ua_recv_conf conf;

	now = 1000;
	memset(port, 0, sizeof(port));
	port[0].near_ms = port[1].near_ms = UA_NEVER;
	port[0].last_ms = port[1].last_ms = now;
	sound = kept = told = 0;
	memset(&result, 0, sizeof(result));
	result.mux = mux;
	result.keep_pt = keep_pt;
	result.remote.dest = UA_SDPFACTS_OTHER;

	ua_streamout_init(&out, &handlers);
	ck_assert_int_eq(0, ua_send_alloc(&out.send, &sc));
	ua_recv_conf_default(&conf);
	ck_assert_int_eq(0, ua_recv_alloc(&out.recv, &conf));
	ck_assert_int_eq(0, ua_rtcpses_alloc(&out.rtcp, now, &rc));
	ua_streamout_set(&out, now, &result);
}


static void streamout_close(void)
{
	mem_deref(out.send);
	mem_deref(out.recv);
	mem_deref(out.rtcp);
}


static void run(uint64_t ms, bool talks)
{
	const uint64_t end = now + ms;
	int16_t pcm[8 * STEP_MS] = { 0 };

	for (; now < end; now += STEP_MS) {
		if (talks) {
			ck_assert_int_eq(
				0, ua_send_input(out.send, pcm, 8 * STEP_MS));
			ua_streamout_sound(&out, now);
		}
		ua_streamout_rtcp(&out, now);
		ua_streamout_keep(&out, now);
	}
}


/* Rule 6 of relays; _i: RTCP has a port of its own, or not. */
START_TEST(hour_on_hold_keeps_every_port)
{
	unsigned i;

	streamout_open(_i, KEEP);
	run(HOUR_MS, false);
	for (i = 0; i < (_i ? 1 : 2); i++) {
		ck_assert_uint_gt(port[i].n, HOUR_MS / RULE_MS);
		ck_assert_uint_lt(port[i].gap_ms, RULE_MS);
	}
	ck_assert_uint_eq(0, sound + told);
	if (_i) {
		ck_assert_uint_eq(0, kept);
	}
	else {
		ck_assert_uint_le(kept, HOUR_MS / UA_RTPALIVE_MS + 1);
		ck_assert_uint_ge(kept, HOUR_MS / UA_RTPALIVE_MS - 1);
	}
	streamout_close();
}
END_TEST


START_TEST(talk_needs_nothing_else)
{
	streamout_open(false, KEEP);
	run(HOUR_MS / 10, true);
	ck_assert_uint_eq(0, kept);
	ck_assert_uint_eq(1, told);
	ck_assert_uint_eq(STEP_MS, port[0].gap_ms);
	streamout_close();
}
END_TEST


/* Each offer may bring another relay, and each path is another one. */
START_TEST(change_on_hold_is_followed_soon)
{
	uint64_t at;

	streamout_open(false, KEEP);
	run(UA_RTPALIVE_SOON_MS + 1000, false);
	ck_assert_uint_eq(1, kept);
	at = now;
	if (_i)
		ua_streamout_set(&out, now, &result);
	else
		ua_rtpalive_path(&out.alive, now, 1);
	run(UA_RTPALIVE_SOON_MS + STEP_MS, false);
	ck_assert_uint_eq(2, kept);
	ck_assert_uint_le(port[0].last_ms - at, UA_RTPALIVE_SOON_MS);
	ck_assert_uint_lt(port[0].last_ms, RELAY_MS);
	streamout_close();
}
END_TEST


/* RFC 6337, 5.4: no reports, but the NAT and the relay are still there. */
START_TEST(nobody_at_0000_is_kept_with_the_least)
{
	unsigned i;

	streamout_open(_i, KEEP);
	result.remote.dest = UA_SDPFACTS_ANY;
	ua_streamout_set(&out, now, &result);
	run(HOUR_MS, false);
	for (i = 0; i < (_i ? 1 : 2); i++) {
		ck_assert_uint_ge(port[i].near_ms, UA_RTPALIVE_MS);
		ck_assert_uint_lt(port[i].gap_ms, UA_RTPALIVE_MS + LATE_MS);
	}

	/* With ICE it means nothing (RFC 8839, 4.2.5). */
	port[1].near_ms = port[0].near_ms = UA_NEVER;
	result.remote.ice = true;
	ua_streamout_set(&out, now, &result);
	run(HOUR_MS / 10, false);
	ck_assert_uint_lt(port[_i ? 0 : 1].near_ms, LATE_MS);
	streamout_close();
}
END_TEST


START_TEST(without_a_spare_type_rtcp_alone_goes_on)
{
	streamout_open(false, UA_SDP_PT_NONE);
	run(HOUR_MS / 10, false);
	ck_assert_uint_eq(0, kept);
	ck_assert_uint_eq(0, port[0].n);
	ck_assert_uint_lt(port[1].gap_ms, LATE_MS);
	streamout_close();
}
END_TEST


Suite *ua_suite_streamout(void)
{
	Suite *s = suite_create("streamout");
	TCase *tc = tcase_create("hour");

	tcase_add_loop_test(tc, hour_on_hold_keeps_every_port, 0, 2);
	tcase_add_test(tc, talk_needs_nothing_else);
	tcase_add_loop_test(tc, change_on_hold_is_followed_soon, 0, 2);
	tcase_add_loop_test(tc, nobody_at_0000_is_kept_with_the_least, 0, 2);
	tcase_add_test(tc, without_a_spare_type_rtcp_alone_goes_on);
	suite_add_tcase(s, tc);

	return s;
}
