/* SPDX-License-Identifier: BSD-3-Clause */
/** @file test_tlsclient.c  Whom TLS trusts, and what it says of others */

#include <check.h>
#include <errno.h>
#include <string.h>
#include <openssl/pem.h>

#include "base/re_compat.h"
#include "net/tlsclient.h"
#include "oom.h"
#include "rig.h"
#include "tlsbed.h"

Suite *ua_suite_tlsclient(void);

/* Server and client of one test */
struct fix {
	struct tlsbed bed;
	struct ua_tlstrust *trust;
	struct ua_tlsclient *tls;
};


static struct ua_tlstrust *trust_of(const char *ca)
{
	struct ua_tlscreds *creds = tlsbed_creds(ca, NULL, NULL);
	struct ua_tlstrust *trust;

	ck_assert_int_eq(0, ua_tlsclient_trust(&trust, creds));
	mem_deref(creds);

	return trust;
}


static void setup(struct fix *f, const struct tlsbed_how *how,
		  const char *host)
{
	memset(f, 0, sizeof(*f));
	tlsbed_open(&f->bed, how);
	f->trust = trust_of(f->bed.ca);
	ck_assert_int_eq(0, ua_tlsclient_alloc(&f->tls, f->trust, host));
}


static void teardown(struct fix *f)
{
	mem_deref(f->tls);
	mem_deref(f->trust);
	tlsbed_close(&f->bed);
}


/* _i: by name, and by address */
START_TEST(valid_certificate_is_taken_and_bytes_go_both_ways)
{
	const struct tlsbed_how how = { 0 };
	uint8_t buf[16];
	struct fix f;
	size_t n;

	setup(&f, &how, _i ? "127.0.0.1" : "turn.test");
	ck_assert_int_eq(ENOTCONN,
			 ua_tlsclient_write(f.tls, (const uint8_t *)"x", 1));
	ck_assert_int_eq(0, tlsbed_carry(&f.bed, f.tls));
	ck_assert(ua_tlsclient_ready(f.tls));
	ck_assert_str_eq("", ua_tlsclient_why(f.tls));

	/* A name is told, an address is not. */
	if (_i)
		ck_assert_ptr_null(SSL_get_servername(
			f.bed.ssl, TLSEXT_NAMETYPE_host_name));
	else
		ck_assert_str_eq(
			"turn.test",
			SSL_get_servername(f.bed.ssl,
					   TLSEXT_NAMETYPE_host_name));

	ck_assert_int_eq(
		0, ua_tlsclient_write(f.tls, (const uint8_t *)"hello", 5));
	ck_assert_int_eq(0, tlsbed_carry(&f.bed, f.tls));
	ck_assert_int_eq(5, SSL_read(f.bed.ssl, buf, sizeof(buf)));
	ck_assert_mem_eq("hello", buf, 5);

	ck_assert_int_eq(5, SSL_write(f.bed.ssl, "there", 5));
	ck_assert_int_eq(0, tlsbed_carry(&f.bed, f.tls));
	ck_assert_int_eq(0, ua_tlsclient_read(f.tls, buf, 3, &n));
	ck_assert_uint_eq(3, n);
	ck_assert_int_eq(0, ua_tlsclient_read(f.tls, buf + 3, 3, &n));
	ck_assert_uint_eq(2, n);
	ck_assert_mem_eq("there", buf, 5);
	ck_assert_int_eq(0, ua_tlsclient_read(f.tls, buf, 3, &n));
	ck_assert_uint_eq(0, n);

	(void)SSL_shutdown(f.bed.ssl);
	ck_assert_int_eq(0, tlsbed_carry(&f.bed, f.tls));
	ck_assert_int_eq(ECONNRESET, ua_tlsclient_read(f.tls, buf, 3, &n));
	teardown(&f);
}
END_TEST


/* clang-format off */
static const struct {
	struct tlsbed_how how;
	const char *host;
	const char *says;
} bad[] = {
	{ { .expired = true },    "turn.test",  "has expired" },
	{ { .early = true },      "turn.test",  "not valid yet" },
	{ { .other_name = true }, "turn.test",  "is for other.test, not for turn.test" },
	{ { .other_name = true }, "127.0.0.1",  "is for other.test, not for 127.0.0.1" },
	{ { 0 },                  "127.0.0.2",  "is for turn.test, not for 127.0.0.2" },
	{ { 0 },                  "turn.test.", "is for turn.test, not for turn.test." },
	{ { 0 },                  "a.turn.test", "is for turn.test, not for a.turn.test" },
	{ { .stranger = true },   "turn.test",  "issuer of its certificate is unknown" },
	{ { .own = true },        "turn.test",  "signed by itself alone" },
};
/* clang-format on */


START_TEST(other_certificates_are_refused_and_it_says_why)
{
	struct fix f;

	setup(&f, &bad[_i].how, bad[_i].host);
	ck_assert_int_eq(EACCES, tlsbed_carry(&f.bed, f.tls));
	ck_assert(!ua_tlsclient_ready(f.tls));
	ck_assert_msg(strstr(ua_tlsclient_why(f.tls), bad[_i].says), "%s",
		      ua_tlsclient_why(f.tls));
	teardown(&f);
}
END_TEST


/* The system trusts many, but not ours; nor does a file trust the system's. */
START_TEST(own_authority_is_unknown_to_the_system)
{
	const struct tlsbed_how how = { 0 };
	struct ua_tlstrust *trust;
	struct fix f;

	setup(&f, &how, "turn.test");
	trust = trust_of(NULL);
	mem_deref(f.tls);
	ck_assert_int_eq(0, ua_tlsclient_alloc(&f.tls, trust, "turn.test"));
	ck_assert_int_eq(EACCES, tlsbed_carry(&f.bed, f.tls));
	ck_assert_ptr_nonnull(strstr(ua_tlsclient_why(f.tls), "unknown"));
	teardown(&f);
	mem_deref(trust);
}
END_TEST


/* A server's own certificate may be what is trusted. */
START_TEST(certificate_in_the_file_is_trusted_as_it_is)
{
	const struct tlsbed_how how = { .own = true };
	struct ua_tlstrust *trust;
	char path[256];
	struct fix f;
	FILE *file;

	setup(&f, &how, "turn.test");
	(void)snprintf(path, sizeof(path), "%s/own.pem", rig_dir());
	file = fopen(path, "w");
	ck_assert_ptr_nonnull(file);
	ck_assert_int_eq(
		1, PEM_write_X509(file, SSL_CTX_get0_certificate(f.bed.ctx)));
	ck_assert_int_eq(0, fclose(file));
	trust = trust_of(path);
	(void)remove(path);

	mem_deref(f.tls);
	ck_assert_int_eq(0, ua_tlsclient_alloc(&f.tls, trust, "turn.test"));
	ck_assert_int_eq(0, tlsbed_carry(&f.bed, f.tls));
	ck_assert(ua_tlsclient_ready(f.tls));
	teardown(&f);
	mem_deref(trust);
}
END_TEST


START_TEST(old_tls_is_refused)
{
	const struct tlsbed_how how = { .max_version = TLS1_1_VERSION };
	struct fix f;

	setup(&f, &how, "turn.test");
	ck_assert_int_eq(EPROTO, tlsbed_carry(&f.bed, f.tls));
	ck_assert_str_ne("", ua_tlsclient_why(f.tls));
	teardown(&f);
}
END_TEST


START_TEST(server_without_tls_is_told_apart)
{
	static const uint8_t http[] = "HTTP/1.1 400 Bad Request\r\n\r\n";
	const struct tlsbed_how how = { 0 };
	struct fix f;

	setup(&f, &how, "turn.test");
	ck_assert_int_eq(EPROTO,
			 ua_tlsclient_input(f.tls, http, sizeof(http) - 1));
	ck_assert_str_eq("it does not speak TLS", ua_tlsclient_why(f.tls));
	teardown(&f);
}
END_TEST


START_TEST(what_is_changed_on_its_way_is_refused)
{
	const struct tlsbed_how how = { 0 };
	uint8_t buf[256];
	struct fix f;
	size_t n;
	int len;

	setup(&f, &how, "turn.test");
	ck_assert_int_eq(0, tlsbed_carry(&f.bed, f.tls));
	ck_assert_int_eq(5, SSL_write(f.bed.ssl, "there", 5));
	len = BIO_read(f.bed.out, buf, sizeof(buf));
	ck_assert_int_gt(len, 10);
	buf[len - 1] ^= 1;
	ck_assert_int_eq(0, ua_tlsclient_input(f.tls, buf, (size_t)len));
	ck_assert_int_eq(EPROTO, ua_tlsclient_read(f.tls, buf, 5, &n));
	ck_assert_uint_eq(0, n);
	teardown(&f);
}
END_TEST


START_TEST(host_that_is_none_is_refused)
{
	struct ua_tlsclient *tls;
	struct ua_tlstrust *trust;
	char host[300];

	memset(host, 'a', sizeof(host));
	host[sizeof(host) - 1] = '\0';
	trust = trust_of(NULL);
	ck_assert_int_eq(EINVAL, ua_tlsclient_alloc(&tls, trust, ""));
	ck_assert_int_eq(EINVAL, ua_tlsclient_alloc(&tls, trust, host));
	mem_deref(trust);
}
END_TEST


static int alloc_and_free(void *arg)
{
	struct ua_tlsclient *tls;
	const int err = ua_tlsclient_alloc(&tls, arg, "turn.test");

	if (!err)
		mem_deref(tls);

	return err;
}


START_TEST(no_memory_for_a_client)
{
	struct ua_tlstrust *trust;

	/* What OpenSSL makes once for the process is made before. */
	trust = trust_of(NULL);
	ck_assert_int_eq(0, alloc_and_free(trust));
	ua_oom_walk(alloc_and_free, trust);
	mem_deref(trust);
}
END_TEST


Suite *ua_suite_tlsclient(void)
{
	Suite *s = suite_create("tlsclient");
	TCase *tc = tcase_create("tlsclient");

	tcase_add_loop_test(
		tc, valid_certificate_is_taken_and_bytes_go_both_ways, 0, 2);
	tcase_add_loop_test(tc, other_certificates_are_refused_and_it_says_why,
			    0, (int)(sizeof(bad) / sizeof(bad[0])));
	tcase_add_test(tc, own_authority_is_unknown_to_the_system);
	tcase_add_test(tc, certificate_in_the_file_is_trusted_as_it_is);
	tcase_add_test(tc, old_tls_is_refused);
	tcase_add_test(tc, server_without_tls_is_told_apart);
	tcase_add_test(tc, what_is_changed_on_its_way_is_refused);
	tcase_add_test(tc, host_that_is_none_is_refused);
	tcase_add_test(tc, no_memory_for_a_client);
	suite_add_tcase(s, tc);

	return s;
}
