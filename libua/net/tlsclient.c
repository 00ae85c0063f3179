/* SPDX-License-Identifier: BSD-3-Clause */
/** @file tlsclient.c  TLS of a client, without the network */

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include "base/re_compat.h"
#include "base/certcheck.h"
#include "base/tlscreds.h"
#include "net/tlsclient.h"

struct ua_tlstrust {
	SSL_CTX *ctx;
};

struct ua_tlsclient {
	SSL *ssl;
	BIO *in;  /* From the server, owned by ssl */
	BIO *out; /* To it, likewise               */
	struct ua_certcheck chk;
	bool ready;
};


static void trust_destructor(void *arg)
{
	struct ua_tlstrust *trust = arg;

	SSL_CTX_free(trust->ctx);
}


static int on_verify(X509_STORE_CTX *store, void *arg)
{
	const SSL *ssl = X509_STORE_CTX_get_ex_data(
		store, SSL_get_ex_data_X509_STORE_CTX_idx());
	struct ua_tlsclient *tls = SSL_get_app_data(ssl);
	(void)arg;

	return ua_certcheck_verify(&tls->chk, store);
}


int ua_tlsclient_trust(struct ua_tlstrust **trustp,
		       const struct ua_tlscreds *creds)
{
	struct ua_tlstrust *trust;
	int err;

	trust = mem_zalloc(sizeof(*trust), trust_destructor);
	if (!trust)
		return ENOMEM;

	trust->ctx = SSL_CTX_new(TLS_client_method());
	err = trust->ctx ? ua_tlscreds_apply(creds, trust->ctx) : ENOMEM;
	if (err) {
		ERR_clear_error();
		mem_deref(trust);
		return err;
	}

	SSL_CTX_set_cert_verify_callback(trust->ctx, on_verify, NULL);
	*trustp = trust;

	return 0;
}


static void tls_destructor(void *arg)
{
	struct ua_tlsclient *tls = arg;

	SSL_free(tls->ssl);
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
	return 0;
}


/* Keep the words for what just went wrong. */
static int failed(struct ua_tlsclient *tls)
{
	const unsigned long code = ERR_peek_error();
	int err = EPROTO;

	if (!tls->ready && SSL_get_verify_result(tls->ssl) != X509_V_OK)
		err = EACCES;
	else if (ERR_GET_REASON(code) == ERR_R_MALLOC_FAILURE)
		err = ENOMEM;

	ua_certcheck_failed(&tls->chk);
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

	err = ua_certcheck_init(&tls->chk, host);
	if (!err)
		err = ssl_open(tls, trust);
	if (!err)
		err = ua_certcheck_sni(&tls->chk, tls->ssl);

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
	return tls->chk.why;
}


const char *ua_tlsclient_version(const struct ua_tlsclient *tls)
{
	return SSL_get_version(tls->ssl);
}


const char *ua_tlsclient_cipher(const struct ua_tlsclient *tls)
{
	return SSL_get_cipher_name(tls->ssl);
}
