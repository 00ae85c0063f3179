/* SPDX-License-Identifier: BSD-3-Clause */
/** @file tlsbed.c  A TLS server without a network, with any certificate */

#include <check.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "base/tlscreds.h"
#include "net/tlsclient.h"
#include "rig.h"
#include "tlsbed.h"

enum { DAY_S = 86400 };


static EVP_PKEY *key_make(void)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");

	ck_assert_ptr_nonnull(key);
	return key;
}


static void ext_add(X509 *cert, int nid, const char *value)
{
	X509_EXTENSION *ext = X509V3_EXT_conf_nid(NULL, NULL, nid, value);

	ck_assert_ptr_nonnull(ext);
	ck_assert_int_eq(1, X509_add_ext(cert, ext, -1));
	X509_EXTENSION_free(ext);
}


/* san NULL: it is an authority. */
static X509 *cert_make(const char *name, EVP_PKEY *key, const char *issuer,
		       EVP_PKEY *issuer_key, long from_s, long to_s,
		       const char *san, const char *eku)
{
	static long serial;
	X509 *cert = X509_new();
	X509_NAME *dn;

	ck_assert_ptr_nonnull(cert);
	ck_assert_int_eq(1, X509_set_version(cert, 2));
	ck_assert_int_eq(
		1, ASN1_INTEGER_set(X509_get_serialNumber(cert), ++serial));
	ck_assert_ptr_nonnull(
		X509_gmtime_adj(X509_getm_notBefore(cert), from_s));
	ck_assert_ptr_nonnull(X509_gmtime_adj(X509_getm_notAfter(cert), to_s));
	dn = X509_get_subject_name(cert);
	ck_assert_int_eq(1, X509_NAME_add_entry_by_txt(
				    dn, "CN", MBSTRING_ASC,
				    (const unsigned char *)name, -1, -1, 0));
	dn = X509_get_issuer_name(cert);
	ck_assert_int_eq(1, X509_NAME_add_entry_by_txt(
				    dn, "CN", MBSTRING_ASC,
				    (const unsigned char *)issuer, -1, -1, 0));
	ck_assert_int_eq(1, X509_set_pubkey(cert, key));
	if (!san)
		ext_add(cert, NID_basic_constraints, "critical,CA:TRUE");
	else if (*san)
		ext_add(cert, NID_subject_alt_name, san);
	if (eku)
		ext_add(cert, NID_ext_key_usage, eku);

	ck_assert_int_gt(X509_sign(cert, issuer_key, EVP_sha256()), 0);
	return cert;
}


static void ca_write(struct tlsbed *bed, X509 *ca)
{
	static unsigned n;
	FILE *f;

	(void)snprintf(bed->ca, sizeof(bed->ca), "%s/ca%u.pem", rig_dir(),
		       ++n);
	f = fopen(bed->ca, "w");
	ck_assert_ptr_nonnull(f);
	ck_assert_int_eq(1, PEM_write_X509(f, ca));
	ck_assert_int_eq(0, fclose(f));
}


static int any_client(int ok, X509_STORE_CTX *store)
{
	(void)ok;
	(void)store;

	return 1;
}


static void version_set(SSL_CTX *ctx, int max_version)
{
	SSL_CTX_set_security_level(ctx, 0);
	ck_assert_int_eq(1, SSL_CTX_set_max_proto_version(ctx, max_version));
	ck_assert_int_eq(1, SSL_CTX_set_min_proto_version(ctx, 0));
}


void tlsbed_open(struct tlsbed *bed, const struct tlsbed_how *how)
{
	const char *name = how->other_name ? "other.test" : "turn.test";
	const char *san = how->san          ? how->san
			  : how->other_name ? "DNS:other.test"
					    : "DNS:turn.test,IP:127.0.0.1";
	EVP_PKEY *ca_key = key_make();
	EVP_PKEY *strange_key = key_make();
	EVP_PKEY *key = key_make();
	X509 *cert;

	memset(bed, 0, sizeof(*bed));
	bed->authority_key = ca_key;
	bed->authority = cert_make("authority", ca_key, "authority", ca_key,
				   -DAY_S, DAY_S, NULL, NULL);
	ca_write(bed, bed->authority);
	cert = cert_make(name, key,
			 how->own        ? name
			 : how->stranger ? "stranger"
					 : "authority",
			 how->own        ? key
			 : how->stranger ? strange_key
					 : ca_key,
			 how->early ? DAY_S / 2 : -DAY_S,
			 how->expired ? -DAY_S / 2 : DAY_S, san, how->eku);

	bed->ctx = SSL_CTX_new(TLS_server_method());
	ck_assert_ptr_nonnull(bed->ctx);
	ck_assert_int_eq(1, SSL_CTX_use_certificate(bed->ctx, cert));
	ck_assert_int_eq(1, SSL_CTX_use_PrivateKey(bed->ctx, key));
	if (how->max_version)
		version_set(bed->ctx, how->max_version);
	if (how->ask)
		SSL_CTX_set_verify(bed->ctx,
				   SSL_VERIFY_PEER |
					   SSL_VERIFY_FAIL_IF_NO_PEER_CERT,
				   any_client);
	ck_assert_int_eq(1, SSL_CTX_set_session_id_context(
				    bed->ctx, (const uint8_t *)"bed", 3));

	X509_free(cert);
	EVP_PKEY_free(key);
	EVP_PKEY_free(strange_key);
	tlsbed_accept(bed);
}


void tlsbed_close(struct tlsbed *bed)
{
	SSL_free(bed->ssl);
	SSL_CTX_free(bed->ctx);
	X509_free(bed->authority);
	EVP_PKEY_free(bed->authority_key);
	(void)unlink(bed->ca);
	memset(bed, 0, sizeof(*bed));
}


struct ua_tlscreds *tlsbed_creds(const char *ca, const char *cert,
				 const char *key)
{
	const struct ua_tlscreds_conf conf = { .ca_file = ca,
					       .cert_file = cert,
					       .key_file = key };
	struct ua_tlscreds *creds;
	char why[UA_TLSCREDS_WHY_MAX] = "";
	const int err = ua_tlscreds_alloc(&creds, &conf, why);

	ck_assert_msg(!err, "%s", why);
	return creds;
}


void tlsbed_issue(struct tlsbed *bed, char cert_path[128], char key_path[128])
{
	EVP_PKEY *key = key_make();
	X509 *cert = cert_make("client", key, "authority", bed->authority_key,
			       -DAY_S, DAY_S, "URI:sip:alice@client.test",
			       "clientAuth");
	static unsigned n;
	FILE *f;

	(void)snprintf(cert_path, 128, "%s/client%u.pem", rig_dir(), ++n);
	f = fopen(cert_path, "w");
	ck_assert_ptr_nonnull(f);
	ck_assert_int_eq(1, PEM_write_X509(f, cert));
	ck_assert_int_eq(0, fclose(f));

	(void)snprintf(key_path, 128, "%s/client%u.key", rig_dir(), n);
	f = fopen(key_path, "w");
	ck_assert_ptr_nonnull(f);
	ck_assert_int_eq(
		1, PEM_write_PrivateKey(f, key, NULL, NULL, 0, NULL, NULL));
	ck_assert_int_eq(0, fclose(f));

	X509_free(cert);
	EVP_PKEY_free(key);
}


void tlsbed_accept(struct tlsbed *bed)
{
	SSL_free(bed->ssl);
	bed->ssl = SSL_new(bed->ctx);
	ck_assert_ptr_nonnull(bed->ssl);
	bed->in = BIO_new(BIO_s_mem());
	bed->out = BIO_new(BIO_s_mem());
	SSL_set_bio(bed->ssl, bed->in, bed->out);
	SSL_set_accept_state(bed->ssl);
}


int tlsbed_carry(struct tlsbed *bed, struct ua_tlsclient *tls)
{
	uint8_t buf[4096];
	bool any = true;
	size_t n;
	int m;
	int err;

	while (any) {
		any = false;
		while ((n = ua_tlsclient_output(tls, buf, sizeof(buf))) != 0) {
			ck_assert_int_eq((int)n,
					 BIO_write(bed->in, buf, (int)n));
			any = true;
		}

		(void)SSL_do_handshake(bed->ssl);

		/* In small pieces, as the network may */
		while ((m = BIO_read(bed->out, buf, 100)) > 0) {
			err = ua_tlsclient_input(tls, buf, (size_t)m);
			if (err)
				return err;
			any = true;
		}
	}

	return 0;
}
