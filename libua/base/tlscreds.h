/* SPDX-License-Identifier: BSD-3-Clause */
/** @file tlscreds.h  Whom TLS trusts, and who we are */
#ifndef UA_TLSCREDS_H
#define UA_TLSCREDS_H

#include <openssl/ssl.h>

#include <ua/types.h>

struct ua_tlscreds;

enum { UA_TLSCREDS_WHY_MAX = 256 /**< Room for a reason [bytes] */ };

/** PEM files; any may be NULL */
struct ua_tlscreds_conf {
	const char *ca_file;   /**< Trusted, and nothing else is; NULL: what
				    the system trusts                      */
	const char *cert_file; /**< Our certificate, its issuers behind it;
				    NULL: we have none                     */
	const char *key_file;  /**< Its key, without a passphrase; NULL: it
				    is in cert_file                        */
};


/**
 * Read them; the files are not looked at again.
 *
 * @param credsp  Set on success, mem_deref() frees it; belongs to one thread
 * @param conf    Borrowed
 * @param why     UA_TLSCREDS_WHY_MAX bytes: which file, and what is wrong;
 *                may be NULL
 *
 * @retval 0       Done
 * @retval EINVAL  A file cannot be read or is no such thing, or the key is not
 *                 that of the certificate
 * @retval ENOMEM  Try later
 */
UA_CHECK int ua_tlscreds_alloc(struct ua_tlscreds **credsp,
			       const struct ua_tlscreds_conf *conf, char *why);


/**
 * Make a context that is a client's: TLS 1.2 and later, the server's chain is
 * checked; ours is shown to whoever asks for it.
 *
 * @param ctx  Takes references; the caller's
 *
 * @retval 0       Done
 * @retval ENOMEM  Try later
 */
UA_CHECK int ua_tlscreds_apply(const struct ua_tlscreds *creds, SSL_CTX *ctx);

#endif
