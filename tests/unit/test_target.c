/* SPDX-License-Identifier: BSD-3-Clause */
/** @file test_target.c  From SIP URIs to what is looked up */

#include <check.h>
#include <errno.h>
#include <string.h>

#include "call/target.h"

Suite *ua_suite_target(void);

enum {
	U = UA_TP_BIT(UA_TP_UDP),
	T = UA_TP_BIT(UA_TP_TCP),
	S = UA_TP_BIT(UA_TP_TLS)
};

/* clang-format off */
static const struct {
	const char *uri;
	const char *host;
	uint16_t port;
	uint8_t tps;
} good[] = {
	{ "sip:bob@example.com",                     "example.com", 0, U | T },
	{ "sip:example.com",                         "example.com", 0, U | T },
	{ "SIP:bob@Example.com",                     "Example.com", 0, U | T },
	{ "sip:bob@192.0.2.1:5070",                  "192.0.2.1", 5070, U | T },
	{ "sip:bob@[2001:db8::1]:5070",              "2001:db8::1", 5070,
						     U | T },
	{ "sip:bob@example.com;transport=tcp",       "example.com", 0, T },
	{ "sip:bob@example.com;transport=UDP",       "example.com", 0, U },
	{ "sip:bob@example.com:5060;lr;transport=tcp?a=b", "example.com",
						     5060, T },
	{ "sip:bob;ext=1@example.com",               "example.com", 0, U | T },
	{ "sip:bob@example.com;transport=tls",       "example.com", 0, S },
	{ "sip:bob@example.com:5070;maddr=192.0.2.7", "192.0.2.7", 5070,
						     U | T },
	{ "sips:bob@example.com",                    "example.com", 0, S },
	{ "SIPS:bob@example.com:5071",               "example.com", 5071, S },
	{ "sips:bob@example.com;transport=tcp",      "example.com", 0, S },
	{ "sips:bob@example.com;transport=tls",      "example.com", 0, S },
};

static const char *const bad[] = {
	"",
	"bob",
	"bob@example.com",
	"sips:bob@example.com;transport=udp",
	"tel:+123",
	"https://example.com",
	"sip:bob@example.com;transport=sctp",
	"sips:bob@example.com;transport=sctp",
};
/* clang-format on */


static int conf_of(struct ua_locate_conf *conf, char *host, size_t size,
		   const char *uri)
{
	const struct ua_agent_conf agent = { .ip4 = true, .ip6 = true };

	return ua_target_conf(conf, host, size, uri, false, UA_TP_UDP, &agent);
}


START_TEST(uri_becomes_a_question)
{
	struct ua_locate_conf conf;
	char host[UA_DNS_NAME_LEN];

	ck_assert_int_eq(0, conf_of(&conf, host, sizeof(host), good[_i].uri));
	ck_assert_str_eq(good[_i].host, conf.host);
	ck_assert_uint_eq(good[_i].port, conf.port);
	ck_assert_uint_eq(good[_i].tps, conf.tps);
	ck_assert_int_eq(UA_SERVICE_SIP, conf.service);
	ck_assert(conf.ip4 && conf.ip6);
}
END_TEST


START_TEST(what_is_no_sip_uri_is_refused)
{
	struct ua_locate_conf conf;
	char host[UA_DNS_NAME_LEN];

	ck_assert_int_eq(EINVAL, conf_of(&conf, host, sizeof(host), bad[_i]));
}
END_TEST


START_TEST(families_are_those_of_the_agent)
{
	const struct ua_agent_conf agent = { .ip4 = false, .ip6 = true };
	struct ua_locate_conf conf;
	char host[UA_DNS_NAME_LEN];

	ck_assert_int_eq(0, ua_target_conf(&conf, host, sizeof(host),
					   "sip:example.com", false, UA_TP_UDP,
					   &agent));
	ck_assert(!conf.ip4);
	ck_assert(conf.ip6);
}
END_TEST


START_TEST(transport_that_is_set_rules)
{
	const struct ua_agent_conf agent = { .ip4 = true };
	struct ua_locate_conf conf;
	char host[UA_DNS_NAME_LEN];

	ck_assert_int_eq(0, ua_target_conf(&conf, host, sizeof(host),
					   "sip:example.com;transport=tcp",
					   true, UA_TP_UDP, &agent));
	ck_assert_uint_eq(U, conf.tps);
	ck_assert_int_eq(0, ua_target_conf(&conf, host, sizeof(host),
					   "sip:example.com;transport=tls",
					   true, UA_TP_TLS, &agent));
	ck_assert_uint_eq(S, conf.tps);
}
END_TEST


START_TEST(sips_is_by_tls_whatever_is_set)
{
	const struct ua_agent_conf agent = { .ip4 = true };
	struct ua_locate_conf conf;
	char host[UA_DNS_NAME_LEN];

	ck_assert_int_eq(EINVAL, ua_target_conf(&conf, host, sizeof(host),
						"sips:example.com", true,
						UA_TP_UDP, &agent));
	ck_assert_int_eq(0, ua_target_conf(&conf, host, sizeof(host),
					   "sips:example.com", true, UA_TP_TCP,
					   &agent));
	ck_assert_uint_eq(S, conf.tps);
}
END_TEST


START_TEST(certificate_is_that_of_the_uri)
{
	char host[UA_DNS_NAME_LEN];

	ck_assert_ptr_null(
		ua_target_tls_host(host, "sip:a@example.com", UA_TP_TCP));
	ck_assert_str_eq("example.com",
			 ua_target_tls_host(host, "sips:a@example.com:1;x=y",
					    UA_TP_TLS));
	ck_assert_str_eq(
		"2001:db8::1",
		ua_target_tls_host(host, "sip:[2001:db8::1]:5061", UA_TP_TLS));
}
END_TEST


START_TEST(host_without_room_is_refused)
{
	struct ua_locate_conf conf;
	char host[8];

	ck_assert_int_eq(EINVAL, conf_of(&conf, host, sizeof(host),
					 "sip:bob@12345678"));
	ck_assert_int_eq(
		0, conf_of(&conf, host, sizeof(host), "sip:bob@1234567"));
}
END_TEST


Suite *ua_suite_target(void)
{
	Suite *s = suite_create("target");
	TCase *tc = tcase_create("uri");

	tcase_add_loop_test(tc, uri_becomes_a_question, 0,
			    sizeof(good) / sizeof(good[0]));
	tcase_add_loop_test(tc, what_is_no_sip_uri_is_refused, 0,
			    sizeof(bad) / sizeof(bad[0]));
	tcase_add_test(tc, families_are_those_of_the_agent);
	tcase_add_test(tc, transport_that_is_set_rules);
	tcase_add_test(tc, sips_is_by_tls_whatever_is_set);
	tcase_add_test(tc, certificate_is_that_of_the_uri);
	tcase_add_test(tc, host_without_room_is_refused);
	suite_add_tcase(s, tc);

	return s;
}
