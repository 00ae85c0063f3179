/* SPDX-License-Identifier: BSD-3-Clause */
/** @file test_accountconf.c  What is wrong with an account is named */

#include <check.h>
#include <errno.h>
#include <string.h>

#include "accountbed.h"
#include "agent/accountcore.h"

Suite *ua_suite_accountconf(void);


static void no_aor(struct ua_account_conf *conf)
{
	conf->aor = NULL;
}


static void no_user(struct ua_account_conf *conf)
{
	conf->aor = "sip:example.com";
}


static void sips_by_udp(struct ua_account_conf *conf)
{
	conf->aor = "sips:alice@example.com";
	conf->tp_set = true;
	conf->tp = UA_TP_UDP;
}


static void bad_registrar(struct ua_account_conf *conf)
{
	conf->registrar = "sip:";
}


static void sips_registrar(struct ua_account_conf *conf)
{
	conf->registrar = "sips:127.0.0.1";
}


static void large_port(struct ua_account_conf *conf)
{
	conf->aor = "sip:alice@127.0.0.1:70000";
}


static void no_port(struct ua_account_conf *conf)
{
	conf->registrar = "sip:127.0.0.1:5060x";
}


static void zero_port(struct ua_account_conf *conf)
{
	conf->proxy = "sip:127.0.0.1:0";
}


static void no_host(struct ua_account_conf *conf)
{
	conf->registrar = "sip:127.0.0.256";
}


static void no_transport(struct ua_account_conf *conf)
{
	conf->proxy = "sip:127.0.0.1;transport=sctp";
}


static void bad_proxy(struct ua_account_conf *conf)
{
	conf->proxy = "sips:127.0.0.1";
}


static void short_expires(struct ua_account_conf *conf)
{
	conf->expires_s = 19;
}


static void long_expires(struct ua_account_conf *conf)
{
	conf->expires_s = 86401;
}


static void long_keepalive(struct ua_account_conf *conf)
{
	conf->keepalive_s = 3601;
}


/* clang-format off */
static const struct {
	void (*spoil)(struct ua_account_conf *conf);
	const char *named;
	const char *expected;
} bad[] = {
	{ no_aor,         "aor ",                      "sip:user@host" },
	{ no_user,        "sip:example.com",           "sip:user@host" },
	{ sips_by_udp,    "transport udp",             "tls expected with sips:" },
	{ bad_registrar,  "registrar sip:",            "sip:user@host" },
	{ sips_registrar, "registrar sips:127.0.0.1",  "a sips: aor" },
	{ bad_proxy,      "proxy sips:127.0.0.1",      "transport=tls" },
	{ large_port,     "port '70000'",              "1 to 65535" },
	{ no_port,        "registrar sip:127.0.0.1:5060x: port '5060x'",
						       "1 to 65535" },
	{ zero_port,      "proxy sip:127.0.0.1:0: port '0'", "1 to 65535" },
	{ no_host,        "host '127.0.0.256'",        "numeric address" },
	{ no_transport,   "transport 'sctp'",          "udp, tcp or tls" },
	{ short_expires,  "register-expires 19",       "20 to 86400" },
	{ long_expires,   "register-expires 86401",    "20 to 86400" },
	{ long_keepalive, "keepalive-interval 3601",   "1 to 3600" },
};
/* clang-format on */


START_TEST(bad_value_is_named_with_what_was_expected)
{
	struct ua_account_conf conf;

	open_all();
	conf = new_conf();
	bad[_i].spoil(&conf);
	API(ck_assert_int_eq(
		EINVAL, ua_account_add(&alice, a.agent, &conf, a.errstr)));
	ck_assert_ptr_null(alice);
	ck_assert_ptr_null(ua_account_next(a.agent, NULL));
	ck_assert_msg(strstr(a.errstr, bad[_i].named) != NULL, "%s", a.errstr);
	ck_assert_msg(strstr(a.errstr, bad[_i].expected) != NULL, "%s",
		      a.errstr);
	API(ck_assert_int_eq(EINVAL,
			     ua_account_add(NULL, a.agent, &conf, NULL)));
	close_all();
}
END_TEST


/* clang-format off */
static const struct {
	const char *aor;
	const char *registrar;
	const char *domain;
} places[] = {
	{ "sip:alice@[2001:db8::1]",      "sip:[2001:db8::1]",
						   "[2001:db8::1]" },
	{ "sip:alice@[::1]:5070",         "sip:[::1]:5070", "[::1]" },
	{ "sips:alice@[::1]",             "sips:[::1]",     "[::1]" },
	{ "alice@192.0.2.1:5070",         "sip:192.0.2.1:5070", "192.0.2.1" },
	{ "sip:alice@reg.test;x=[::1]",   "sip:reg.test",   "reg.test" },
};
/* clang-format on */


START_TEST(server_of_an_address_is_its_host)
{
	struct ua_account_conf conf;

	open_all();
	conf = new_conf();
	conf.aor = places[_i].aor;
	conf.reg = false;
	add(&conf);
	ck_assert_str_eq(places[_i].registrar, alice->registrar);
	ck_assert_str_eq(places[_i].registrar, alice->server);
	ck_assert_str_eq(places[_i].domain, alice->domain);
	close_all();
}
END_TEST


Suite *ua_suite_accountconf(void)
{
	Suite *s = suite_create("accountconf");
	TCase *tc = tcase_create("registration");

	tcase_set_timeout(tc, RIG_TEST_S);
	tcase_add_loop_test(tc, bad_value_is_named_with_what_was_expected, 0,
			    sizeof(bad) / sizeof(bad[0]));
	tcase_add_loop_test(tc, server_of_an_address_is_its_host, 0,
			    sizeof(places) / sizeof(places[0]));
	suite_add_tcase(s, tc);

	return s;
}
