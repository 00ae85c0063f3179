/* SPDX-License-Identifier: BSD-3-Clause */
/** @file tlscreds.c  Whom TLS trusts, and who we are */

#include <errno.h>
#include <string.h>
#include <openssl/err.h>

#include "base/re_compat.h"
#include "base/tlscreds.h"

struct ua_tlscreds {
	SSL_CTX *ctx; /* Holds them; nothing is ever connected by it */
};


static void destructor(void *arg)
{
	struct ua_tlscreds *creds = arg;

	SSL_CTX_free(creds->ctx);
}


/* A prompt on the terminal is no answer of a library. */
static int no_passphrase(char *buf, int size, int rwflag, void *arg)
{
	(void)buf;
	(void)size;
	(void)rwflag;
	(void)arg;

	return -1;
}


static int refused(char *why, const char *name, const char *file,
		   const char *what)
{
	const unsigned long code = ERR_peek_error();
	const char *words = ERR_SYSTEM_ERROR(code)
				    ? strerror(ERR_GET_REASON(code))
				    : ERR_reason_error_string(code);

	if (why)
		(void)re_snprintf(why, UA_TLSCREDS_WHY_MAX, "%s %s: %s (%s)",
				  name, file, what,
				  words ? words : "unknown reason");
	ERR_clear_error();
	return EINVAL;
}


static int load_trust(SSL_CTX *ctx, const char *ca_file, char *why)
{
	if (!ca_file)
		return SSL_CTX_set_default_verify_paths(ctx) ? 0 : ENOMEM;

	ERR_clear_error();
	if (!SSL_CTX_load_verify_locations(ctx, ca_file, NULL))
		return refused(why, "tls-ca", ca_file,
			       "no certificate can be read");

	/* Whatever is in the file is trusted, also if it is no CA. */
	X509_STORE_set_flags(SSL_CTX_get_cert_store(ctx),
			     X509_V_FLAG_PARTIAL_CHAIN);
	return 0;
}


static int load_own(SSL_CTX *ctx, const struct ua_tlscreds_conf *conf,
		    char *why)
{
	const char *key = conf->key_file ? conf->key_file : conf->cert_file;

	if (!conf->cert_file) {
		if (!conf->key_file)
			return 0;
		if (why)
			(void)re_snprintf(why, UA_TLSCREDS_WHY_MAX,
					  "tls-key %s: tls-cert expected too",
					  key);
		return EINVAL;
	}

	SSL_CTX_set_default_passwd_cb(ctx, no_passphrase);

	ERR_clear_error();
	if (SSL_CTX_use_certificate_chain_file(ctx, conf->cert_file) != 1)
		return refused(why, "tls-cert", conf->cert_file,
			       "no certificate can be read");

	if (SSL_CTX_use_PrivateKey_file(ctx, key, SSL_FILETYPE_PEM) != 1)
		return refused(why, "tls-key", key,
			       "a key without a passphrase, that of the"
			       " certificate, expected");

	return 0;
}


int ua_tlscreds_alloc(struct ua_tlscreds **credsp,
		      const struct ua_tlscreds_conf *conf, char *why)
{
	struct ua_tlscreds *creds;
	int err;

	creds = mem_zalloc(sizeof(*creds), destructor);
	if (!creds)
		return ENOMEM;

	creds->ctx = SSL_CTX_new(TLS_client_method());
	err = creds->ctx ? load_trust(creds->ctx, conf->ca_file, why) : ENOMEM;
	if (!err)
		err = load_own(creds->ctx, conf, why);

	if (err) {
		ERR_clear_error();
		mem_deref(creds);
	}
	else {
		*credsp = creds;
	}

	return err;
}


int ua_tlscreds_apply(const struct ua_tlscreds *creds, SSL_CTX *ctx)
{
	X509 *cert = SSL_CTX_get0_certificate(creds->ctx);
	STACK_OF(X509) *chain = NULL;

	SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, NULL);
	if (!SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION))
		return ENOMEM;

	/* Frees the one that was there. */
	SSL_CTX_set1_cert_store(ctx, SSL_CTX_get_cert_store(creds->ctx));

	if (!cert)
		return 0;

	if (SSL_CTX_use_certificate(ctx, cert) != 1 ||
	    SSL_CTX_use_PrivateKey(ctx, SSL_CTX_get0_privatekey(creds->ctx)) !=
		    1)
		return ENOMEM;

	SSL_CTX_get0_chain_certs(creds->ctx, &chain);

	return !chain || SSL_CTX_set1_chain(ctx, chain) ? 0 : ENOMEM;
}
