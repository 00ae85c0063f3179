/* SPDX-License-Identifier: BSD-3-Clause */
/** @file test_sdpcand.c  ICE candidates in SDP */

#include <check.h>
#include <errno.h>
#include <string.h>

#include "base/wr.h"
#include "sdp/sdpcand.h"

Suite *ua_suite_sdpcand(void);

static struct ua_sdp_cand cand;
static const char *why;


static int decode(const char *text)
{
	char buf[512];

	ck_assert_uint_lt(strlen(text), sizeof(buf));
	strcpy(buf, text);
	return ua_sdpcand_decode(&cand, buf, &why);
}


static const char *encoded(void)
{
	static char buf[512];
	struct ua_wr wr;

	ua_wr_init(&wr, buf, sizeof(buf) - 1);
	ua_sdpcand_encode(&wr, &cand);
	ck_assert_int_eq(0, wr.err);
	buf[wr.pos] = '\0';
	return buf;
}


static void assert_addr(const char *expect, const struct ua_addr *addr)
{
	char buf[UA_ADDR_LEN];

	ck_assert_str_eq(expect, ua_addr_str(addr, buf));
}


START_TEST(every_field_is_read)
{
	ck_assert_int_eq(0, decode("2 1 UDP 1694498815 192.0.2.3 45664 typ "
				   "srflx raddr 203.0.113.141 rport 8998"));
	ck_assert_ptr_null(why);
	ck_assert_str_eq("2", cand.foundation);
	ck_assert_uint_eq(1, cand.comp);
	ck_assert_str_eq("UDP", cand.transport);
	ck_assert_uint_eq(1694498815, cand.prio);
	ck_assert_int_eq(UA_SDPCAND_SRFLX, cand.type);
	assert_addr("192.0.2.3:45664", &cand.addr);
	assert_addr("203.0.113.141:8998", &cand.raddr);
	ck_assert_str_eq("", cand.name);
}
END_TEST


START_TEST(priority_above_31_bits_is_kept_whole)
{
	ck_assert_int_eq(0, decode("R200007f 1 UDP 2197815295 127.0.0.2 50002 "
				   "typ relay"));
	ck_assert_uint_eq(2197815295U, cand.prio);
	ck_assert_int_eq(0, decode("a 1 UDP 4294967295 127.0.0.2 1 typ host"));
	ck_assert_uint_eq(UINT32_MAX, cand.prio);
}
END_TEST


START_TEST(relay_without_raddr_is_a_relay)
{
	ck_assert_int_eq(0, decode("R200007f 2 UDP 16777214 127.0.0.2 50003 "
				   "typ relay"));
	ck_assert_int_eq(UA_SDPCAND_RELAY, cand.type);
	ck_assert_int_eq(UA_AF_NONE, cand.raddr.af);
}
END_TEST


START_TEST(names_are_kept_as_names)
{
	ck_assert_int_eq(0, decode("1 1 udp 2122260223 "
				   "8b1f0a2e-6c1d-4b0e-9a53-52f6a7c0de11.local"
				   " 51472 typ host generation 0"));
	ck_assert_int_eq(UA_AF_NONE, cand.addr.af);
	ck_assert_uint_eq(51472, cand.addr.port);
	ck_assert_str_eq("8b1f0a2e-6c1d-4b0e-9a53-52f6a7c0de11.local",
			 cand.name);

	ck_assert_int_eq(0, decode("1 1 UDP 1 turn.example.net 3 typ relay"));
	ck_assert_str_eq("turn.example.net", cand.name);
}
END_TEST


START_TEST(ipv6_loses_its_zone)
{
	ck_assert_int_eq(0, decode("1 1 UDP 1 fe80::1%eth0 9000 typ host"));
	assert_addr("[fe80::1]:9000", &cand.addr);
	ck_assert_uint_eq(0, cand.addr.scope);
}
END_TEST


START_TEST(extensions_are_skipped_in_any_order)
{
	ck_assert_int_eq(0, decode("1 1 udp 5 10.0.0.1 9000 typ prflx "
				   "generation 0 rport 77 ufrag Qf7h raddr "
				   "10.0.0.2 network-cost"));
	ck_assert_int_eq(UA_SDPCAND_PRFLX, cand.type);
	assert_addr("10.0.0.2:77", &cand.raddr);
	ck_assert_str_eq("1 1 udp 5 10.0.0.1 9000 typ prflx raddr 10.0.0.2 "
			 "rport 77",
			 encoded());
}
END_TEST


START_TEST(hidden_raddr_is_no_error)
{
	ck_assert_int_eq(0, decode("1 1 UDP 5 192.0.2.1 9000 typ srflx raddr "
				   "0.0.0.0 rport 9"));
	assert_addr("0.0.0.0:9", &cand.raddr);
	ck_assert_int_eq(0, decode("1 1 UDP 5 192.0.2.1 9000 typ srflx raddr "
				   "x.local rport 9"));
	ck_assert_int_eq(UA_AF_NONE, cand.raddr.af);
	ck_assert_uint_eq(0, cand.raddr.port);
}
END_TEST


START_TEST(tcp_is_told_apart)
{
	ck_assert_int_eq(0, decode("1 1 TCP 5 10.0.0.1 9 typ host tcptype "
				   "active"));
	ck_assert(!ua_sdpcand_is_udp(&cand));
	ck_assert_int_eq(UA_SDPCAND_TCP_ACTIVE, cand.tcptype);
	ck_assert_str_eq("1 1 TCP 5 10.0.0.1 9 typ host tcptype active",
			 encoded());

	ck_assert_int_eq(0, decode("1 1 uDp 5 10.0.0.1 9 typ host"));
	ck_assert(ua_sdpcand_is_udp(&cand));
}
END_TEST

static const char *const same[] = {
	"1 1 UDP 2130706431 10.0.0.1 8998 typ host",
	"abc/+ 256 UDP 1 2001:db8::1 65535 typ host",
	"2 1 UDP 1694498815 192.0.2.3 45664 typ srflx raddr 10.0.0.1 rport 8",
	"R200007f 1 UDP 2197815295 127.0.0.2 50002 typ relay",
	"1 1 udp 1 a.local 5 typ host",
};


START_TEST(what_is_written_is_what_was_read)
{
	ck_assert_int_eq(0, decode(same[_i]));
	ck_assert_str_eq(same[_i], encoded());
}
END_TEST

/* A text, and a word of the reason it must be refused for. */
static const struct {
	const char *text;
	const char *why;
} bad[] = {
	{ "", "foundation" },
	{ "123456789012345678901234567890123 1 UDP 1 10.0.0.1 1 typ host",
	  "foundation" },
	{ "1", "component" },
	{ "1 0 UDP 1 10.0.0.1 1 typ host", "component" },
	{ "1 257 UDP 1 10.0.0.1 1 typ host", "component" },
	{ "1 -1 UDP 1 10.0.0.1 1 typ host", "component" },
	{ "1 1", "transport" },
	{ "1 1 UDPUDPUDPUDPUDPUDP 1 10.0.0.1 1 typ host", "transport" },
	{ "1 1 UDP", "priority" },
	{ "1 1 UDP 4294967296 10.0.0.1 1 typ host", "priority" },
	{ "1 1 UDP x 10.0.0.1 1 typ host", "priority" },
	{ "1 1 UDP 1", "IP address" },
	{ "1 1 UDP 1 10.0.0.256 1 typ host", "IP address" },
	{ "1 1 UDP 1 None 1 typ host", "IP address" },
	{ "1 1 UDP 1 a..b:c 1 typ host", "IP address" },
	{ "1 1 UDP 1 10.0.0.1", "port" },
	{ "1 1 UDP 1 10.0.0.1 0 typ host", "port" },
	{ "1 1 UDP 1 10.0.0.1 65536 typ host", "port" },
	{ "1 1 UDP 1 10.0.0.1 1", "typ" },
	{ "1 1 UDP 1 10.0.0.1 1 typ", "typ" },
	{ "1 1 UDP 1 10.0.0.1 1 host", "typ" },
	{ "1 1 UDP 1 10.0.0.1 1 typ warp", "typ" },
};


START_TEST(refused_with_a_reason_and_without_a_trace)
{
	struct ua_sdp_cand before;

	memset(&cand, 0x5a, sizeof(cand));
	before = cand;
	ck_assert_int_eq(EBADMSG, decode(bad[_i].text));
	ck_assert_ptr_nonnull(strstr(why, bad[_i].why));
	ck_assert_mem_eq(&before, &cand, sizeof(cand));
}
END_TEST


START_TEST(remote_candidates_come_as_triples)
{
	char text[] = "1 192.0.2.3 45664 2 2001:db8::1 45665 3 x";
	char *pos = text;
	struct ua_sdp_remcand rem;

	ck_assert_int_eq(0, ua_sdpcand_remote(&rem, &pos));
	ck_assert_uint_eq(1, rem.comp);
	assert_addr("192.0.2.3:45664", &rem.addr);
	ck_assert_int_eq(0, ua_sdpcand_remote(&rem, &pos));
	ck_assert_uint_eq(2, rem.comp);
	assert_addr("[2001:db8::1]:45665", &rem.addr);
	ck_assert_int_eq(EBADMSG, ua_sdpcand_remote(&rem, &pos));
	ck_assert_uint_eq(2, rem.comp);
	ck_assert_int_eq(ENODATA, ua_sdpcand_remote(&rem, &pos));
}
END_TEST


Suite *ua_suite_sdpcand(void)
{
	Suite *s = suite_create("sdpcand");
	TCase *tc = tcase_create("all");

	tcase_add_test(tc, every_field_is_read);
	tcase_add_test(tc, priority_above_31_bits_is_kept_whole);
	tcase_add_test(tc, relay_without_raddr_is_a_relay);
	tcase_add_test(tc, names_are_kept_as_names);
	tcase_add_test(tc, ipv6_loses_its_zone);
	tcase_add_test(tc, extensions_are_skipped_in_any_order);
	tcase_add_test(tc, hidden_raddr_is_no_error);
	tcase_add_test(tc, tcp_is_told_apart);
	tcase_add_loop_test(tc, what_is_written_is_what_was_read, 0,
			    sizeof(same) / sizeof(same[0]));
	tcase_add_loop_test(tc, refused_with_a_reason_and_without_a_trace, 0,
			    sizeof(bad) / sizeof(bad[0]));
	tcase_add_test(tc, remote_candidates_come_as_triples);
	suite_add_tcase(s, tc);
	return s;
}
