/* SPDX-License-Identifier: BSD-3-Clause */
/** @file test_demux.c  First bytes of every protocol on a media socket */

#include <check.h>

#include "net/demux.h"

Suite *ua_suite_demux(void);


/* RFC 7983, 7, as the RFC draws it */
static enum ua_demux expected(int first)
{
	if (first <= 3)
		return UA_DEMUX_STUN;
	if (first >= 20 && first <= 63)
		return UA_DEMUX_DTLS;
	if (first >= 64 && first <= 79)
		return UA_DEMUX_CHANNEL;
	if (first >= 128 && first <= 191)
		return UA_DEMUX_RTP;

	return UA_DEMUX_UNKNOWN;
}


START_TEST(every_first_byte_has_its_protocol)
{
	const uint8_t buf[2] = { (uint8_t)_i, 0 };

	ck_assert_int_eq(expected(_i), ua_demux_class(buf, sizeof(buf)));
}
END_TEST


START_TEST(rtcp_is_told_by_its_packet_type)
{
	const uint8_t buf[2] = { 0x80, (uint8_t)_i };
	const bool rtcp = _i >= 192 && _i <= 223;

	ck_assert_int_eq(rtcp ? UA_DEMUX_RTCP : UA_DEMUX_RTP,
			 ua_demux_class(buf, sizeof(buf)));
}
END_TEST


/* Payload type 72 with the marker is a sender report's number. */
START_TEST(marker_does_not_hide_dynamic_payload_types)
{
	const uint8_t opus[2] = { 0x80, 0x80 | 111 };
	const uint8_t report[2] = { 0x81, 200 };

	ck_assert_int_eq(UA_DEMUX_RTP, ua_demux_class(opus, 2));
	ck_assert_int_eq(UA_DEMUX_RTCP, ua_demux_class(report, 2));
}
END_TEST


START_TEST(short_datagrams_are_not_read_beyond)
{
	const uint8_t rtp[1] = { 0x80 }, stun[1] = { 0 };

	ck_assert_int_eq(UA_DEMUX_UNKNOWN, ua_demux_class(rtp, 0));
	ck_assert_int_eq(UA_DEMUX_UNKNOWN, ua_demux_class(rtp, 1));
	ck_assert_int_eq(UA_DEMUX_STUN, ua_demux_class(stun, 1));
}
END_TEST


Suite *ua_suite_demux(void)
{
	Suite *s = suite_create("demux");
	TCase *tc = tcase_create("demux");

	tcase_add_loop_test(tc, every_first_byte_has_its_protocol, 0, 256);
	tcase_add_loop_test(tc, rtcp_is_told_by_its_packet_type, 0, 256);
	tcase_add_test(tc, marker_does_not_hide_dynamic_payload_types);
	tcase_add_test(tc, short_datagrams_are_not_read_beyond);
	suite_add_tcase(s, tc);

	return s;
}
