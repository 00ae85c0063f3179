/* SPDX-License-Identifier: BSD-3-Clause */
/** @file siptls.c  TLS of SIP, to one host */

#include <errno.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include "base/re_compat.h"
#include "base/certcheck.h"
#include "base/tlscreds.h"
#include <ua/log.h>
#include "sip/siptls.h"

/* Of the handshake that began last */
enum phase { IDLE = 0, SHAKING, UP };

struct ua_siptls {
	struct tls *tls; /* libre's                     */
	SSL_CTX *ctx;    /* Inside of that one          */
	SSL_SESSION *session;
	struct ua_certcheck chk;
	enum phase phase;
	const struct ua_log *log;
	ua_siptls_ended_h *h;
	void *arg;
};


/* NULL: it is gone, the connection is about to go */
static struct ua_siptls *owner(const SSL *ssl)
{
	return SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl));
}


static int on_verify(X509_STORE_CTX *store, void *arg)
{
	const SSL *ssl = X509_STORE_CTX_get_ex_data(
		store, SSL_get_ex_data_X509_STORE_CTX_idx());
	struct ua_siptls *tls = owner(ssl);
	(void)arg;

	return tls ? ua_certcheck_verify(&tls->chk, store) : 0;
}


/*
 * libre 1.1.0 cannot but listen.  There is no certificate of ours that others
 * could check: ours is a client's.
 */
static int on_client_hello(SSL *ssl, int *alert, void *arg)
{
	(void)ssl;
	(void)arg;

	*alert = SSL_AD_ACCESS_DENIED;
	return SSL_CLIENT_HELLO_ERROR;
}


static int on_session(SSL *ssl, SSL_SESSION *session)
{
	struct ua_siptls *tls = owner(ssl);

	if (!tls)
		return 0;

	SSL_SESSION_free(tls->session);
	tls->session = session;
	return 1;
}


/* Whoever resumes shows no certificate: it must not have expired meanwhile. */
static bool still_valid(const SSL_SESSION *session)
{
	X509 *cert = SSL_SESSION_get0_peer((SSL_SESSION *)session);

	return cert && X509_cmp_current_time(X509_get0_notAfter(cert)) > 0;
}


static void resume(struct ua_siptls *tls, SSL *ssl)
{
	if (!tls->session)
		return;

	if (still_valid(tls->session) && !SSL_set_session(ssl, tls->session))
		ERR_clear_error();

	/* A ticket is shown once, that nobody may follow us by it
	   (RFC 8446, C.4); the connection brings another one. */
	if (SSL_SESSION_get_protocol_version(tls->session) >= TLS1_3_VERSION) {
		SSL_SESSION_free(tls->session);
		tls->session = NULL;
	}
}


static void on_start(struct ua_siptls *tls, SSL *ssl)
{
	tls->phase = SHAKING;
	tls->chk.why[0] = '\0';

	/* Without it the server may show another certificate, no more. */
	if (ua_certcheck_sni(&tls->chk, ssl))
		ua_log(tls->log, UA_LOG_WARN, "sip", "TLS to %s: no memory",
		       tls->chk.host);

	resume(tls, ssl);
}


static void on_done(struct ua_siptls *tls, const SSL *ssl)
{
	tls->phase = UP;
	ua_log(tls->log, UA_LOG_INFO, "sip", "TLS to %s: %s %s%s",
	       tls->chk.host, SSL_get_version(ssl), SSL_get_cipher_name(ssl),
	       SSL_session_reused(ssl) ? ", resumed" : "");
}


static void on_alert(struct ua_siptls *tls, bool ours, int value)
{
	const int alert = value & 0xff;
	const bool fatal = value >> 8 == SSL3_AL_FATAL;

	/* What ends a handshake is told by on_step(). */
	if (ours ? !fatal || tls->phase != UP
		 : !fatal && alert != SSL_AD_CLOSE_NOTIFY)
		return;

	if (ours)
		ua_certcheck_failed(&tls->chk);
	else
		ua_certcheck_alert(&tls->chk, alert);
	ua_log(tls->log, fatal ? UA_LOG_WARN : UA_LOG_DEBUG, "sip",
	       "TLS to %s: %s", tls->chk.host, tls->chk.why);

	if (tls->phase == UP && tls->h)
		tls->h(tls->arg);
}


/* Told at each step of a handshake, also when it waits for more. */
static void on_step(struct ua_siptls *tls)
{
	if (tls->phase != SHAKING || !ERR_peek_error())
		return;

	tls->phase = IDLE;
	ua_certcheck_failed(&tls->chk);
	ua_log(tls->log, UA_LOG_WARN, "sip", "TLS to %s: %s", tls->chk.host,
	       tls->chk.why);
}


static void on_info(const SSL *ssl, int where, int ret)
{
	struct ua_siptls *tls = owner(ssl);

	if (!tls || SSL_is_server(ssl))
		return;

	if (where & SSL_CB_HANDSHAKE_START)
		on_start(tls, (SSL *)ssl);
	else if (where & SSL_CB_HANDSHAKE_DONE)
		on_done(tls, ssl);
	else if (where & SSL_CB_ALERT)
		on_alert(tls, (where & SSL_CB_WRITE) != 0, ret);
	else if ((where & SSL_CB_EXIT) && ret <= 0)
		on_step(tls);
}


static void destructor(void *arg)
{
	struct ua_siptls *tls = arg;

	/* Setting it where it was not takes memory. */
	if (tls->ctx && SSL_CTX_get_app_data(tls->ctx))
		(void)SSL_CTX_set_app_data(tls->ctx, NULL);

	SSL_SESSION_free(tls->session);
	mem_deref(tls->tls);
}


static int ctx_prepare(struct ua_siptls *tls, const struct ua_tlscreds *creds)
{
	int err = ua_tlscreds_apply(creds, tls->ctx);

	if (err)
		return err;

	if (!SSL_CTX_set_app_data(tls->ctx, tls))
		return ENOMEM;

	(void)SSL_CTX_set_options(tls->ctx, SSL_OP_NO_RENEGOTIATION);
	(void)SSL_CTX_set_session_cache_mode(
		tls->ctx, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
	SSL_CTX_sess_set_new_cb(tls->ctx, on_session);
	SSL_CTX_set_cert_verify_callback(tls->ctx, on_verify, NULL);
	SSL_CTX_set_client_hello_cb(tls->ctx, on_client_hello, NULL);
	SSL_CTX_set_info_callback(tls->ctx, on_info);
	return 0;
}


int ua_siptls_alloc(struct ua_siptls **tlsp, const struct ua_tlscreds *creds,
		    const char *host, const struct ua_log *log)
{
	struct ua_siptls *tls;
	int err;

	tls = mem_zalloc(sizeof(*tls), destructor);
	if (!tls)
		return ENOMEM;

	tls->log = log;
	err = ua_certcheck_init(&tls->chk, host);
	if (!err)
		err = ua_tls_alloc(&tls->tls, &tls->ctx);
	if (!err)
		err = ctx_prepare(tls, creds);

	/* What stays in its queue would be taken for a later fault. */
	if (err) {
		ERR_clear_error();
		mem_deref(tls);
	}
	else {
		*tlsp = tls;
	}

	return err;
}


void ua_siptls_handler(struct ua_siptls *tls, ua_siptls_ended_h *h, void *arg)
{
	tls->h = h;
	tls->arg = arg;
}


struct tls *ua_siptls_transport(const struct ua_siptls *tls)
{
	return tls->tls;
}


const char *ua_siptls_host(const struct ua_siptls *tls)
{
	return tls->chk.host;
}


const char *ua_siptls_why(const struct ua_siptls *tls, int err, char *buf,
			  size_t size)
{
	const char *why = NULL;

	if (tls->chk.why[0] && (err == EPROTO || err == ECONNRESET))
		why = tls->chk.why;
	else if (tls->phase == SHAKING && err == ETIMEDOUT)
		why = "no answer to its handshake";
	else if (tls->phase == SHAKING && (err == ECONNRESET || err == EPIPE))
		why = "it closed the connection in the handshake";

	if (!why)
		return NULL;

	(void)re_snprintf(buf, size, "TLS to %s: %s", tls->chk.host, why);
	return buf;
}
