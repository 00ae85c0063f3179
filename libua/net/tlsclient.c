/* SPDX-License-Identifier: BSD-3-Clause */
/** @file tlsclient.c  TLS of a client, without the network */

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "base/re_compat.h"
#include "net/tlsclient.h"

struct ua_tlstrust {
	SSL_CTX *ctx;
};

struct ua_tlsclient {
	SSL *ssl;
	BIO *in;  /* From the server, owned by ssl */
	BIO *out; /* To it, likewise               */
	char host[256];
	char other[256]; /* Whose certificate it is instead */
	bool ready;
	char why[UA_TLSCLIENT_WHY_MAX];
};


static void trust_destructor(void *arg)
{
	struct ua_tlstrust *trust = arg;

	SSL_CTX_free(trust->ctx);
}


static int trust_load(struct ua_tlstrust *trust, const char *ca_file,
		      char *why)
{
	const char *words;

	if (!ca_file)
		return SSL_CTX_set_default_verify_paths(trust->ctx) ? 0
								    : ENOMEM;

	ERR_clear_error();
	if (SSL_CTX_load_verify_locations(trust->ctx, ca_file, NULL)) {
		/* Whatever is in the file is trusted, also if it is no CA. */
		X509_STORE_set_flags(SSL_CTX_get_cert_store(trust->ctx),
				     X509_V_FLAG_PARTIAL_CHAIN);
		return 0;
	}

	words = ERR_reason_error_string(ERR_peek_error());
	if (why)
		(void)re_snprintf(why, UA_TLSCLIENT_WHY_MAX,
				  "%s: no certificate can be read (%s)",
				  ca_file, words ? words : "unknown reason");
	ERR_clear_error();
	return EINVAL;
}


int ua_tlsclient_trust(struct ua_tlstrust **trustp, const char *ca_file,
		       char *why)
{
	struct ua_tlstrust *trust;
	int err = ENOMEM;

	trust = mem_zalloc(sizeof(*trust), trust_destructor);
	if (!trust)
		return ENOMEM;

	trust->ctx = SSL_CTX_new(TLS_client_method());
	if (!trust->ctx)
		goto out;

	/* Without these two anybody could be the server. */
	SSL_CTX_set_verify(trust->ctx, SSL_VERIFY_PEER, NULL);
	if (!SSL_CTX_set_min_proto_version(trust->ctx, TLS1_2_VERSION))
		goto out;

	err = trust_load(trust, ca_file, why);

out:
	if (err)
		mem_deref(trust);
	else
		*trustp = trust;

	return err;
}


/* The first name of a certificate; "" if there is none to print */
static void name_of(char *name, size_t size, X509 *cert)
{
	GENERAL_NAMES *names =
		X509_get_ext_d2i(cert, NID_subject_alt_name, NULL, NULL);
	const GENERAL_NAME *first = sk_GENERAL_NAME_value(names, 0);
	size_t len;

	name[0] = '\0';
	if (first && first->type == GEN_DNS) {
		len = (size_t)ASN1_STRING_length(first->d.dNSName);
		if (len < size) {
			memcpy(name, ASN1_STRING_get0_data(first->d.dNSName),
			       len);
			name[len] = '\0';
		}
	}

	if (!*name &&
	    X509_NAME_get_text_by_NID(X509_get_subject_name(cert),
				      NID_commonName, name, (int)size) < 0)
		name[0] = '\0';

	GENERAL_NAMES_free(names);
}


/* Changes no verdict: remembers what a person wants to know of it. */
static int on_verify(int ok, X509_STORE_CTX *store)
{
	const SSL *ssl = X509_STORE_CTX_get_ex_data(
		store, SSL_get_ex_data_X509_STORE_CTX_idx());
	struct ua_tlsclient *tls = SSL_get_app_data(ssl);
	X509 *cert = X509_STORE_CTX_get_current_cert(store);

	if (!ok && cert)
		name_of(tls->other, sizeof(tls->other), cert);

	return ok;
}


static void tls_destructor(void *arg)
{
	struct ua_tlsclient *tls = arg;

	SSL_free(tls->ssl);
}


/* A name is told to the server, an address is not (RFC 6066, 3). */
static int host_set(struct ua_tlsclient *tls, const char *host)
{
	struct ua_addr addr;

	if (!*host || strlen(host) >= sizeof(tls->host))
		return EINVAL;

	str_ncpy(tls->host, host, sizeof(tls->host));

	if (!ua_addr_set(&addr, host, 0))
		return X509_VERIFY_PARAM_set1_ip(SSL_get0_param(tls->ssl),
						 addr.ip,
						 addr.af == UA_AF_IP4 ? 4 : 16)
			       ? 0
			       : ENOMEM;

	SSL_set_hostflags(tls->ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
	if (!SSL_set1_host(tls->ssl, host) ||
	    !SSL_set_tlsext_host_name(tls->ssl, host))
		return ENOMEM;

	return 0;
}


static int ssl_open(struct ua_tlsclient *tls, struct ua_tlstrust *trust)
{
	tls->ssl = SSL_new(trust->ctx);
	if (!tls->ssl)
		return ENOMEM;

	tls->in = BIO_new(BIO_s_mem());
	tls->out = BIO_new(BIO_s_mem());
	if (!tls->in || !tls->out) {
		BIO_free(tls->in);
		BIO_free(tls->out);
		return ENOMEM;
	}

	SSL_set_bio(tls->ssl, tls->in, tls->out);
	SSL_set_connect_state(tls->ssl);
	(void)SSL_set_app_data(tls->ssl, tls);
	SSL_set_verify(tls->ssl, SSL_VERIFY_PEER, on_verify);
	return 0;
}


static void why_cert(struct ua_tlsclient *tls, long verdict)
{
	const char *words;

	switch (verdict) {

	case X509_V_ERR_CERT_HAS_EXPIRED:
		words = "its certificate has expired";
		break;

	case X509_V_ERR_CERT_NOT_YET_VALID:
		words = "its certificate is not valid yet";
		break;

	case X509_V_ERR_HOSTNAME_MISMATCH:
	case X509_V_ERR_IP_ADDRESS_MISMATCH:
		(void)re_snprintf(tls->why, sizeof(tls->why),
				  "its certificate is for %s, not for %s",
				  *tls->other ? tls->other : "another",
				  tls->host);
		return;

	case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
		words = "its certificate is signed by itself alone";
		break;

	case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
	case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
		words = "the issuer of its certificate is unknown";
		break;

	default:
		words = X509_verify_cert_error_string(verdict);
		break;
	}

	str_ncpy(tls->why, words, sizeof(tls->why));
}


/* Keep the words for what just went wrong. */
static int failed(struct ua_tlsclient *tls)
{
	const unsigned long code = ERR_peek_error();
	const long verdict = SSL_get_verify_result(tls->ssl);
	const char *words = ERR_reason_error_string(code);
	int err = EPROTO;

	if (!tls->ready && verdict != X509_V_OK) {
		why_cert(tls, verdict);
		err = EACCES;
	}
	else if (ERR_GET_REASON(code) == ERR_R_MALLOC_FAILURE) {
		err = ENOMEM;
	}
	else if (ERR_GET_REASON(code) == SSL_R_WRONG_VERSION_NUMBER) {
		str_ncpy(tls->why, "it does not speak TLS", sizeof(tls->why));
	}
	else {
		(void)re_snprintf(tls->why, sizeof(tls->why), "TLS failed: %s",
				  words ? words : "unknown reason");
	}

	ERR_clear_error();
	return err;
}


static int handshake(struct ua_tlsclient *tls)
{
	int n;

	ERR_clear_error();
	n = SSL_do_handshake(tls->ssl);
	if (n == 1) {
		tls->ready = true;
		return 0;
	}

	return SSL_get_error(tls->ssl, n) == SSL_ERROR_WANT_READ ? 0
								 : failed(tls);
}


int ua_tlsclient_alloc(struct ua_tlsclient **tlsp, struct ua_tlstrust *trust,
		       const char *host)
{
	struct ua_tlsclient *tls;
	int err;

	tls = mem_zalloc(sizeof(*tls), tls_destructor);
	if (!tls)
		return ENOMEM;

	err = ssl_open(tls, trust);
	if (!err)
		err = host_set(tls, host);

	/* The first words need nothing of the server, only memory. */
	if (!err && handshake(tls))
		err = ENOMEM;
	if (err)
		mem_deref(tls);
	else
		*tlsp = tls;

	return err;
}


int ua_tlsclient_input(struct ua_tlsclient *tls, const uint8_t *buf,
		       size_t len)
{
	if (len > INT_MAX || BIO_write(tls->in, buf, (int)len) != (int)len)
		return ENOMEM;

	return tls->ready ? 0 : handshake(tls);
}


bool ua_tlsclient_ready(const struct ua_tlsclient *tls)
{
	return tls->ready;
}


int ua_tlsclient_read(struct ua_tlsclient *tls, uint8_t *buf, size_t size,
		      size_t *n)
{
	*n = 0;
	if (!tls->ready)
		return 0;

	ERR_clear_error();
	if (SSL_read_ex(tls->ssl, buf, size, n))
		return 0;

	switch (SSL_get_error(tls->ssl, 0)) {

	case SSL_ERROR_WANT_READ:
	case SSL_ERROR_WANT_WRITE:
		return 0;

	case SSL_ERROR_ZERO_RETURN:
		return ECONNRESET;

	default:
		return failed(tls);
	}
}


int ua_tlsclient_write(struct ua_tlsclient *tls, const uint8_t *buf,
		       size_t len)
{
	size_t n;

	if (!tls->ready)
		return ENOTCONN;

	ERR_clear_error();
	return SSL_write_ex(tls->ssl, buf, len, &n) ? 0 : failed(tls);
}


size_t ua_tlsclient_output(struct ua_tlsclient *tls, uint8_t *buf, size_t size)
{
	const int n =
		BIO_read(tls->out, buf, size > INT_MAX ? INT_MAX : (int)size);

	return n > 0 ? (size_t)n : 0;
}


const char *ua_tlsclient_why(const struct ua_tlsclient *tls)
{
	return tls->why;
}


const char *ua_tlsclient_version(const struct ua_tlsclient *tls)
{
	return SSL_get_version(tls->ssl);
}


const char *ua_tlsclient_cipher(const struct ua_tlsclient *tls)
{
	return SSL_get_cipher_name(tls->ssl);
}
