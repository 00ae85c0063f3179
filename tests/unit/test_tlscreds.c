/* SPDX-License-Identifier: BSD-3-Clause */
/** @file test_tlscreds.c  Certificates in files */

#include <check.h>
#include <errno.h>
#include <string.h>

#include "base/tlscreds.h"
#include "rig.h"
#include "tlsbed.h"

Suite *ua_suite_tlscreds(void);

/* clang-format off */
static const struct {
	struct ua_tlscreds_conf conf;
	const char *named;
} files[] = {
	{ { .ca_file = "/nowhere/ca.pem" },    "(No such file or directory)" },
	{ { .ca_file = "/nowhere/ca.pem" },    "tls-ca /nowhere/ca.pem" },
	{ { .ca_file = "/dev/null" },          "tls-ca /dev/null" },
	{ { .cert_file = "/nowhere/c.pem" },   "tls-cert /nowhere/c.pem" },
	{ { .key_file = "/nowhere/k.pem" },    "tls-cert expected" },
};
/* clang-format on */


START_TEST(bad_file_is_named)
{
	char words[UA_TLSCREDS_WHY_MAX] = "";
	struct ua_tlscreds *creds;

	ck_assert_int_eq(EINVAL,
			 ua_tlscreds_alloc(&creds, &files[_i].conf, words));
	ck_assert_msg(strstr(words, files[_i].named), "%s", words);
	ck_assert_int_eq(EINVAL,
			 ua_tlscreds_alloc(&creds, &files[_i].conf, NULL));
}
END_TEST


START_TEST(key_must_be_that_of_the_certificate)
{
	const struct tlsbed_how how = { 0 };
	char cert[128], key[128], cert2[128], key2[128];
	char words[UA_TLSCREDS_WHY_MAX] = "";
	struct ua_tlscreds_conf conf;
	struct ua_tlscreds *creds;
	struct tlsbed tls;

	tlsbed_open(&tls, &how);
	tlsbed_issue(&tls, cert, key);
	tlsbed_issue(&tls, cert2, key2);
	memset(&conf, 0, sizeof(conf));
	conf.cert_file = cert;
	conf.key_file = key2;
	ck_assert_int_eq(EINVAL, ua_tlscreds_alloc(&creds, &conf, words));
	ck_assert_msg(strstr(words, "tls-key") && strstr(words, key2), "%s",
		      words);

	/* Not in the certificate's file either */
	conf.key_file = NULL;
	ck_assert_int_eq(EINVAL, ua_tlscreds_alloc(&creds, &conf, words));
	(void)remove(cert);
	(void)remove(key);
	(void)remove(cert2);
	(void)remove(key2);
	tlsbed_close(&tls);
}
END_TEST


Suite *ua_suite_tlscreds(void)
{
	Suite *s = suite_create("tlscreds");
	TCase *tc = tcase_create("siptls");

	tcase_set_timeout(tc, RIG_TEST_S);
	tcase_add_loop_test(tc, bad_file_is_named, 0,
			    (int)(sizeof(files) / sizeof(files[0])));
	tcase_add_test(tc, key_must_be_that_of_the_certificate);
	suite_add_tcase(s, tc);

	return s;
}
