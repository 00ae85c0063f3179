/* SPDX-License-Identifier: BSD-3-Clause */
/** @file test_server.c  URIs of STUN and TURN servers, good and bad */

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "call/server.h"

Suite *ua_suite_server(void);

#define TURN_FORM "turn:host[:port][?transport=udp|tcp] or turns:host[:port]"

#define LABEL63                                                               \
	"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

/* clang-format off */
enum { U = UA_TP_BIT(UA_TP_UDP), C = UA_TP_BIT(UA_TP_TCP), S = UA_TP_BIT(UA_TP_TLS) };

static const struct {
	const char *uri;
	bool turn;
	const char *host;
	uint16_t port;
	uint8_t tps;
} good[] = {
	{ "stun:example.com",                   false, "example.com",  0, U },
	{ "stun:example.com:3479",              false, "example.com",  3479, U },
	{ "STUN:192.0.2.1:1",                   false, "192.0.2.1",    1, U },
	{ "stun:[2001:db8::1]",                 false, "2001:db8::1",  0, U },
	{ "stun:[2001:db8::1]:65535",           false, "2001:db8::1",  65535, U },
	{ "turn:example.com",                   true,  "example.com",  0, U | C | S },
	{ "turn:example.com:3478",              true,  "example.com",  3478, U | C },
	{ "turn:example.com?transport=udp",     true,  "example.com",  0, U },
	{ "turn:example.com?transport=tcp",     true,  "example.com",  0, C },
	{ "turn:example.com:80?transport=UDP",  true,  "example.com",  80, U },
	{ "Turn:[::1]:3478?transport=udp",      true,  "::1",          3478, U },
	{ "turns:example.com",                  true,  "example.com",  0, S },
	{ "TURNS:[2001:db8::1]:443",            true,  "2001:db8::1",  443, S },
	{ "turns:example.com?transport=tcp",    true,  "example.com",  0, S },
};

static const struct {
	const char *uri;
	bool turn;
	const char *expected;
} bad[] = {
	{ "",                               false, "stun:host[:port]" },
	{ "example.com",                    false, "stun:host[:port]" },
	{ "stun:",                          false, "stun:host[:port]" },
	{ "stun::3478",                     false, "stun:host[:port]" },
	{ "stun:[::1",                      false, "stun:host[:port]" },
	{ "stun:[]",                        false, "stun:host[:port]" },
	{ "stun:[::1]x",                    false, "stun:host[:port]" },
	{ "stun:example.com?transport=udp", false, "stun:host[:port]" },
	{ "stuns:example.com",              false, "stun:host[:port]" },
	{ "turn:example.com",               false, "stun:host[:port]" },
	{ "stun:example.com:",              false, "a port of 1 to 65535" },
	{ "stun:example.com:0",             false, "a port of 1 to 65535" },
	{ "stun:example.com:65536",         false, "a port of 1 to 65535" },
	{ "stun:example.com:4294970774",    false, "a port of 1 to 65535" },
	{ "stun:example.com:-1",            false, "a port of 1 to 65535" },
	{ "stun:example.com:34 78",         false, "stun:host[:port]" },
	{ "stun:example.com:3478x",         false, "stun:host[:port]" },
	{ "stun:" LABEL63 LABEL63 LABEL63 LABEL63 "aaaa", false,
						   "stun:host[:port]" },
	{ "stun:example.com",               true,  TURN_FORM },
	{ "turn:example.com?transport=tls", true,  TURN_FORM },
	{ "turn:example.com?transport=udpx", true, TURN_FORM },
	{ "turn:example.com?",              true,  TURN_FORM },
	{ "turns:example.com?transport=udp", true, TURN_FORM },
	{ "turns:",                         true,  TURN_FORM },
	{ "turns:example.com:0",            true,  "a port of 1 to 65535" },
};
/* clang-format on */


START_TEST(good_uri_is_taken_apart)
{
	const struct ua_server_conf conf = { .uri = good[_i].uri,
					     .user = "u",
					     .password = "p" };
	char errstr[UA_ERRSTR_MAX] = "untouched";
	struct ua_server srv;

	ck_assert_int_eq(0,
			 ua_server_decode(&srv, &conf, good[_i].turn, errstr));
	ck_assert_str_eq(good[_i].host, srv.host);
	ck_assert_uint_eq(good[_i].port, srv.port);
	ck_assert(srv.turn == good[_i].turn);
	ck_assert_uint_eq(good[_i].tps, srv.tps);
	ck_assert_ptr_eq(&conf, srv.conf);
}
END_TEST


START_TEST(bad_uri_is_named_with_what_was_expected)
{
	const struct ua_server_conf conf = { .uri = bad[_i].uri,
					     .user = "u",
					     .password = "p" };
	char expected[UA_ERRSTR_MAX];
	char errstr[UA_ERRSTR_MAX] = "";
	struct ua_server srv;

	ck_assert_int_eq(EINVAL,
			 ua_server_decode(&srv, &conf, bad[_i].turn, errstr));

	(void)snprintf(expected, sizeof(expected), "%s expected",
		       bad[_i].expected);
	if (strlen(bad[_i].uri) < 100) {
		ck_assert_ptr_nonnull(strstr(errstr, bad[_i].uri));
		ck_assert_ptr_nonnull(strstr(errstr, expected));
	}

	/* Nobody has to want the words. */
	ck_assert_int_eq(EINVAL,
			 ua_server_decode(&srv, &conf, bad[_i].turn, NULL));
}
END_TEST


START_TEST(relay_without_credentials_is_refused)
{
	struct ua_server_conf conf = { .uri = "turn:example.com",
				       .user = "u" };
	char errstr[UA_ERRSTR_MAX] = "";
	struct ua_server srv;

	ck_assert_int_eq(EINVAL, ua_server_decode(&srv, &conf, true, errstr));
	ck_assert_str_eq("turn:example.com: a user and a password expected",
			 errstr);

	conf.user = NULL;
	conf.password = "p";
	ck_assert_int_eq(EINVAL, ua_server_decode(&srv, &conf, true, NULL));

	/* A STUN server wants none. */
	conf = (struct ua_server_conf){ .uri = "stun:example.com" };
	ck_assert_int_eq(0, ua_server_decode(&srv, &conf, false, NULL));
}
END_TEST


START_TEST(error_text_of_a_long_uri_stays_in_its_room)
{
	char uri[2 * UA_ERRSTR_MAX] = "stun:";
	struct ua_server_conf conf = { .uri = uri };
	char errstr[UA_ERRSTR_MAX + 1];
	struct ua_server srv;

	memset(uri + 5, 'a', sizeof(uri) - 6);
	uri[sizeof(uri) - 1] = '\0';
	errstr[UA_ERRSTR_MAX] = 'x';

	ck_assert_int_eq(EINVAL, ua_server_decode(&srv, &conf, false, errstr));
	ck_assert_int_eq('x', errstr[UA_ERRSTR_MAX]);
	ck_assert_uint_lt(strnlen(errstr, UA_ERRSTR_MAX), UA_ERRSTR_MAX);
}
END_TEST


Suite *ua_suite_server(void)
{
	Suite *s = suite_create("server");
	TCase *tc = tcase_create("uri");

	tcase_add_loop_test(tc, good_uri_is_taken_apart, 0,
			    sizeof(good) / sizeof(good[0]));
	tcase_add_loop_test(tc, bad_uri_is_named_with_what_was_expected, 0,
			    sizeof(bad) / sizeof(bad[0]));
	tcase_add_test(tc, relay_without_credentials_is_refused);
	tcase_add_test(tc, error_text_of_a_long_uri_stays_in_its_room);
	suite_add_tcase(s, tc);

	return s;
}
