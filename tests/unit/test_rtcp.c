/* SPDX-License-Identifier: BSD-3-Clause */
/** @file test_rtcp.c  RTCP packets, and two phones that report */

#include <check.h>
#include <errno.h>
#include <string.h>

#include "base/random.h"
#include "base/re_compat.h"
#include "rtp/rtcpses.h"

Suite *ua_suite_rtcp(void);

enum { US = 0x1111, PEER = 0x2222 };


static size_t write_all(uint8_t *buf, size_t size)
{
	const struct ua_rtcp rtcp = {
		.ssrc = PEER,
		.sr = true,
		.ntp = 0x0123456789abcdefULL,
		.ts = 1000,
		.packets = 50,
		.bytes = 8000,
		.has_report = true,
		.report = { .ssrc = US,
			    .fraction = 128,
			    .lost = -3,
			    .max_seq = 0x10005,
			    .jitter = 40,
			    .lsr = 5,
			    .dlsr = 6 },
		.bye = true,
	};
	size_t len = size;

	ck_assert_int_eq(0, ua_rtcp_encode(&rtcp, "phone@host", buf, &len));
	return len;
}


START_TEST(compound_goes_there_and_back)
{
	uint8_t buf[UA_RTCP_LEN_MAX];
	struct ua_rtcp got;
	size_t len;

	len = write_all(buf, sizeof(buf));
	ck_assert_uint_eq(0, len % 4);
	ck_assert(ua_rtcp_is(buf, len));

	ck_assert_int_eq(0, ua_rtcp_decode(&got, US, buf, len));
	ck_assert_uint_eq(PEER, got.ssrc);
	ck_assert(got.sr && got.has_report && got.bye);
	ck_assert_uint_eq(0x0123456789abcdefULL, got.ntp);
	ck_assert_uint_eq(50, got.packets);
	ck_assert_uint_eq(8000, got.bytes);
	ck_assert_uint_eq(128, got.report.fraction);
	ck_assert_int_eq(-3, got.report.lost);
	ck_assert_uint_eq(0x10005, got.report.max_seq);
	ck_assert_uint_eq(6, got.report.dlsr);

	/* A report about somebody else is none. */
	ck_assert_int_eq(0, ua_rtcp_decode(&got, 99, buf, len));
	ck_assert(!got.has_report);
}
END_TEST


/* libre reads what we write. */
START_TEST(another_reader_agrees)
{
	uint8_t buf[UA_RTCP_LEN_MAX];
	struct rtcp_msg *msg = NULL;
	struct mbuf *mb;
	size_t len;

	len = write_all(buf, sizeof(buf));
	mb = mbuf_alloc(len);
	ck_assert_ptr_nonnull(mb);
	ck_assert_int_eq(0, mbuf_write_mem(mb, buf, len));
	mb->pos = 0;

	ck_assert_int_eq(0, rtcp_decode(&msg, mb));
	ck_assert_int_eq(RTCP_SR, msg->hdr.pt);
	ck_assert_uint_eq(PEER, msg->r.sr.ssrc);
	ck_assert_uint_eq(US, msg->r.sr.rrv[0].ssrc);
	msg = mem_deref(msg);

	ck_assert_int_eq(0, rtcp_decode(&msg, mb));
	ck_assert_int_eq(RTCP_SDES, msg->hdr.pt);
	ck_assert_uint_eq(10, msg->r.sdesv[0].itemv[0].length);
	ck_assert_mem_eq("phone@host", msg->r.sdesv[0].itemv[0].data, 10);
	msg = mem_deref(msg);

	ck_assert_int_eq(0, rtcp_decode(&msg, mb));
	ck_assert_int_eq(RTCP_BYE, msg->hdr.pt);
	mem_deref(msg);
	ck_assert_uint_eq(0, mbuf_get_left(mb));
	mem_deref(mb);
}
END_TEST


START_TEST(lengths_that_do_not_fit_are_refused)
{
	uint8_t buf[UA_RTCP_LEN_MAX];
	struct ua_rtcp got = { .ssrc = 77 };
	size_t len;
	size_t n;

	len = write_all(buf, sizeof(buf));

	/* Cut anywhere but between its three packets */
	for (n = 0; n < len; n++) {
		if (n == 52 || n == len - 8)
			continue;
		ck_assert_int_eq(EBADMSG, ua_rtcp_decode(&got, US, buf, n));
	}

	buf[0] = (uint8_t)(buf[0] | 0x1f); /* 31 reports are not there */
	ck_assert_int_eq(EBADMSG, ua_rtcp_decode(&got, US, buf, len));

	(void)write_all(buf, sizeof(buf));
	buf[1] = 202; /* Must begin with a report */
	ck_assert_int_eq(EBADMSG, ua_rtcp_decode(&got, US, buf, len));

	(void)write_all(buf, sizeof(buf));
	buf[0] |= 0x20; /* Padding only at the end */
	ck_assert_int_eq(EBADMSG, ua_rtcp_decode(&got, US, buf, len));
	ck_assert_uint_eq(77, got.ssrc);
}
END_TEST


START_TEST(no_room_is_told)
{
	const struct ua_rtcp rtcp = { .ssrc = 1 };
	uint8_t buf[16];
	size_t len = sizeof(buf);

	ck_assert_int_eq(ENOSPC, ua_rtcp_encode(&rtcp, "x", buf, &len));
}
END_TEST


/* One phone of two that talk over a line of 30 ms. */
struct phone {
	struct ua_rtcpses *ses;
	struct ua_rtcpses_tx tx;
	struct ua_rtpstat rx;
	uint64_t first_ms;
	unsigned sent;
};

/* A report on its way */
struct wire {
	uint8_t buf[UA_RTCP_LEN_MAX];
	size_t len;
	uint64_t at;
};


static void phone_step(struct phone *ph, uint64_t now, struct wire *wire)
{
	/* 20 ms of sound both ways; every fifth of ours is lost there. */
	ph->tx.packets++;
	ph->tx.bytes += 160;
	ph->tx.ts += 160;
	ph->tx.ts_ms = now;
	if (ph->tx.packets % 5)
		(void)ua_rtpstat_input(
			&ph->rx, now, 8000, ph->tx.ssrc == US ? PEER : US,
			(uint16_t)ph->tx.packets, ph->tx.ts, 160);

	if (ua_rtcpses_output(ph->ses, now, &ph->tx, &ph->rx, wire->buf,
			      &wire->len)) {
		wire->at = now + 30;
		if (!ph->sent++)
			ph->first_ms = now;
	}
}


START_TEST(two_phones_measure_round_trip_and_loss)
{
	struct ua_rtcpses_conf conf = { .ntp0 = 0x83aa7e80ULL << 32,
					.rand = &ua_random_system };
	struct phone a = { .tx = { .ssrc = US, .clock_hz = 8000 } };
	struct phone b = { .tx = { .ssrc = PEER, .clock_hz = 8000 } };
	struct wire ab = { .len = 0 };
	struct wire ba = { .len = 0 };
	struct ua_rtcpses_stats st;
	uint64_t now;

	ck_assert_int_eq(0, ua_rtcpses_alloc(&a.ses, 10000, &conf));
	conf.ntp0 = 0; /* Their clocks need not agree. */
	ck_assert_int_eq(0, ua_rtcpses_alloc(&b.ses, 10000, &conf));

	for (now = 10000; now < 70000; now += 10) {
		if (now % 20 == 0) {
			phone_step(&a, now, &ab);
			phone_step(&b, now, &ba);
		}
		if (ab.len && ab.at == now) {
			ck_assert_int_eq(0, ua_rtcpses_input(b.ses, now, &b.tx,
							     ab.buf, ab.len));
			ab.len = 0;
		}
		if (ba.len && ba.at == now) {
			ck_assert_int_eq(0, ua_rtcpses_input(a.ses, now, &a.tx,
							     ba.buf, ba.len));
			ba.len = 0;
		}
	}

	/* The first within 3.1 s, then one each 2 to 6.2 s. */
	ck_assert_uint_ge(a.first_ms, 11000);
	ck_assert_uint_le(a.first_ms, 13120);
	ck_assert_uint_ge(a.sent, 9);
	ck_assert_uint_le(a.sent, 30);

	ua_rtcpses_stats(a.ses, &st);
	ck_assert_double_eq_tol(60, st.rtt_ms, 2);
	ck_assert_double_eq_tol(0.2, st.loss, 0.02);
	ck_assert_uint_ge(st.reports, 8);
	ck_assert(!st.bye);

	/* Goodbye comes at once, and is the last. */
	ua_rtcpses_bye(a.ses, now, &a.tx);
	ck_assert_uint_eq(now, ua_rtcpses_deadline(a.ses));
	ck_assert(
		ua_rtcpses_output(a.ses, now, &a.tx, &a.rx, ab.buf, &ab.len));
	ck_assert_int_eq(0,
			 ua_rtcpses_input(b.ses, now, &b.tx, ab.buf, ab.len));
	ua_rtcpses_stats(b.ses, &st);
	ck_assert(st.bye);
	ck_assert(ua_rtcpses_deadline(a.ses) == UA_NEVER);

	mem_deref(a.ses);
	mem_deref(b.ses);
}
END_TEST


START_TEST(who_sent_nothing_says_no_goodbye)
{
	const struct ua_rtcpses_conf conf = { .rand = &ua_random_system };
	const struct ua_rtcpses_tx tx = { .ssrc = US };
	struct ua_rtcpses *ses;

	ck_assert_int_eq(0, ua_rtcpses_alloc(&ses, 0, &conf));
	ua_rtcpses_bye(ses, 5, &tx);
	ck_assert(ua_rtcpses_deadline(ses) == UA_NEVER);
	mem_deref(ses);
}
END_TEST


START_TEST(malformed_report_changes_nothing)
{
	const struct ua_rtcpses_conf conf = { .rand = &ua_random_system };
	const struct ua_rtcpses_tx tx = { .ssrc = US };
	struct ua_rtcpses_stats st;
	struct ua_rtcpses *ses;

	ck_assert_int_eq(0, ua_rtcpses_alloc(&ses, 0, &conf));
	ck_assert_int_eq(
		EBADMSG,
		ua_rtcpses_input(ses, 1, &tx, (const uint8_t *)"\x81\xc8", 2));
	ua_rtcpses_stats(ses, &st);
	ck_assert_uint_eq(0, st.reports);
	mem_deref(ses);
}
END_TEST


Suite *ua_suite_rtcp(void)
{
	Suite *s = suite_create("rtcp");
	TCase *tc = tcase_create("rtcp");

	tcase_add_test(tc, compound_goes_there_and_back);
	tcase_add_test(tc, another_reader_agrees);
	tcase_add_test(tc, lengths_that_do_not_fit_are_refused);
	tcase_add_test(tc, no_room_is_told);
	tcase_add_test(tc, two_phones_measure_round_trip_and_loss);
	tcase_add_test(tc, who_sent_nothing_says_no_goodbye);
	tcase_add_test(tc, malformed_report_changes_nothing);
	suite_add_tcase(s, tc);

	return s;
}
