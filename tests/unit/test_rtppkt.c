/* SPDX-License-Identifier: BSD-3-Clause */
/** @file test_rtppkt.c  RTP packets, whole and broken */

#include <check.h>
#include <errno.h>
#include <string.h>

#include "rtp/rtppkt.h"

Suite *ua_suite_rtppkt(void);


START_TEST(header_goes_there_and_back)
{
	const struct ua_rtppkt pkt = { .marker = _i,
				       .pt = 101,
				       .seq = 0xfffe,
				       .ts = 0x80000001,
				       .ssrc = 0xdeadbeef };
	uint8_t buf[UA_RTPPKT_HDR + 3] = { 0 };
	struct ua_rtppkt got;

	ua_rtppkt_encode(&pkt, buf);
	memcpy(buf + UA_RTPPKT_HDR, "abc", 3);

	ck_assert_int_eq(0, ua_rtppkt_decode(&got, buf, sizeof(buf)));
	ck_assert_int_eq(pkt.marker, got.marker);
	ck_assert_uint_eq(101, got.pt);
	ck_assert_uint_eq(0xfffe, got.seq);
	ck_assert_uint_eq(0x80000001, got.ts);
	ck_assert_uint_eq(0xdeadbeef, got.ssrc);
	ck_assert_uint_eq(3, got.len);
	ck_assert_mem_eq("abc", got.payload, 3);
}
END_TEST


START_TEST(csrc_extension_and_padding_are_stripped)
{
	static const uint8_t buf[] = {
		0xb2, 0,    0, 1, 0, 0, 0, 2, 0, 0, 0, 3, /* P X CC=2 */
		1,    1,    1, 1, 2, 2, 2, 2,             /* CSRC     */
		0xbe, 0xde, 0, 1, 9, 9, 9, 9,             /* X        */
		'h',  'i',  0, 0, 3                       /* padding  */
	};
	struct ua_rtppkt got;
	size_t n;

	ck_assert_int_eq(0, ua_rtppkt_decode(&got, buf, sizeof(buf)));
	ck_assert_uint_eq(2, got.len);
	ck_assert_mem_eq("hi", got.payload, 2);

	/* Cut anywhere up to the payload it is no packet any more. */
	for (n = 0; n < 28; n++)
		ck_assert_int_eq(EBADMSG, ua_rtppkt_decode(&got, buf, n));
}
END_TEST


START_TEST(lengths_that_do_not_fit_are_refused)
{
	uint8_t buf[20] = { 0x80 };
	struct ua_rtppkt got;

	ck_assert_int_eq(0, ua_rtppkt_decode(&got, buf, 12));
	ck_assert_uint_eq(0, got.len);

	buf[0] = 0x40; /* Version 1 */
	ck_assert_int_eq(EBADMSG, ua_rtppkt_decode(&got, buf, 20));
	buf[0] = 0xa0; /* Padding of none */
	ck_assert_int_eq(EBADMSG, ua_rtppkt_decode(&got, buf, 20));
	buf[19] = 9; /* Longer than what is there */
	ck_assert_int_eq(EBADMSG, ua_rtppkt_decode(&got, buf, 20));
	buf[19] = 8;
	ck_assert_int_eq(0, ua_rtppkt_decode(&got, buf, 20));
	ck_assert_uint_eq(0, got.len);
	buf[0] = 0x90; /* Extension of 65535 words */
	buf[14] = buf[15] = 0xff;
	ck_assert_int_eq(EBADMSG, ua_rtppkt_decode(&got, buf, 20));
	buf[0] = 0x8f; /* 15 sources */
	ck_assert_int_eq(EBADMSG, ua_rtppkt_decode(&got, buf, 20));
}
END_TEST


Suite *ua_suite_rtppkt(void)
{
	Suite *s = suite_create("rtppkt");
	TCase *tc = tcase_create("rtppkt");

	tcase_add_loop_test(tc, header_goes_there_and_back, 0, 2);
	tcase_add_test(tc, csrc_extension_and_padding_are_stripped);
	tcase_add_test(tc, lengths_that_do_not_fit_are_refused);
	suite_add_tcase(s, tc);

	return s;
}
