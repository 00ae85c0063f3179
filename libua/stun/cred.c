/* SPDX-License-Identifier: BSD-3-Clause */
/** @file cred.c  Long-term credentials of a STUN client */

#include <errno.h>
#include <string.h>
#include <openssl/crypto.h>

#include "base/re_compat.h"
#include "base/wr.h"
#include "stun/cred.h"

enum {
	PASSWORD_ALGORITHMS = 0x8002,

	/* Header, eight IPv6 peers, MESSAGE-INTEGRITY, attribute headers */
	ROOM_FOR_THE_REST = 300
};


int ua_cred_set(struct ua_stun_cred *cred, const char *user,
		const char *password)
{
	int err;

	memset(cred, 0, sizeof(*cred));

	if (!user)
		return 0;

	if (!password || strlen(user) > UA_CRED_USER_MAX)
		return EINVAL;

	err = str_dup(&cred->user, user);
	if (!err)
		err = str_dup(&cred->password, password);
	if (err)
		ua_cred_reset(cred);

	return err;
}


void ua_cred_reset(struct ua_stun_cred *cred)
{
	if (cred->password)
		OPENSSL_cleanse(cred->password, strlen(cred->password));

	mem_deref(cred->user);
	mem_deref(cred->password);
	OPENSSL_cleanse(cred, sizeof(*cred));
}


void ua_cred_forget(struct ua_stun_cred *cred)
{
	OPENSSL_cleanse(cred->key, sizeof(cred->key));
	memset(&cred->asked, 0, sizeof(cred->asked));
	cred->ready = false;
}


/*
 * Does the nonce say that password algorithms were offered?  They are bit 0
 * of the security features, base64 behind the cookie: the top bit of the
 * first character (RFC 8489, 9.2 and 18.1).
 */
static bool promises_algorithms(const uint8_t *nonce, size_t len)
{
	static const char cookie[] = "obMatJos2";
	const size_t n = sizeof(cookie) - 1;

	if (len < n + 4 || memcmp(nonce, cookie, n))
		return false;

	return (nonce[n] >= 'g' && nonce[n] <= 'z') ||
	       (nonce[n] >= '0' && nonce[n] <= '9') || nonce[n] == '+' ||
	       nonce[n] == '/';
}


/* A 438 may leave out the realm that we know */
static int realm_get(const struct ua_stun_cred *cred,
		     const struct ua_stun *msg,
		     char realm[static UA_CRED_REALM_MAX + 1])
{
	const uint8_t *p;
	size_t len;

	p = ua_stun_attr(msg, UA_STUN_REALM, &len);
	if (!p) {
		memcpy(realm, cred->asked.realm, UA_CRED_REALM_MAX + 1);
		return cred->ready ? 0 : EBADMSG;
	}

	if (len > UA_CRED_REALM_MAX || memchr(p, '\0', len))
		return EBADMSG;

	memcpy(realm, p, len);
	realm[len] = '\0';
	return 0;
}


/* Make the key; nothing changes if that fails. */
static int sign_with(struct ua_stun_cred *cred,
		     const struct ua_challenge *asked)
{
	uint8_t key[UA_CRED_KEY_LEN];
	int err;

	if (strlen(cred->user) + strlen(asked->realm) + asked->nonce_len +
		    ROOM_FOR_THE_REST >
	    UA_DGRAM_MAX)
		return EMSGSIZE;

	err = ua_stun_key(key, cred->user, asked->realm, cred->password);
	if (err)
		return err;

	memcpy(cred->key, key, sizeof(key));
	OPENSSL_cleanse(key, sizeof(key));
	cred->asked = *asked;
	cred->ready = true;
	return 0;
}


int ua_cred_challenge(struct ua_stun_cred *cred, const struct ua_stun *msg)
{
	struct ua_challenge asked;
	const uint8_t *nonce;
	size_t len;
	int err;

	nonce = ua_stun_attr(msg, UA_STUN_NONCE, &len);
	if (!nonce || len > UA_CRED_NONCE_MAX)
		return EBADMSG;

	if (promises_algorithms(nonce, len) &&
	    !ua_stun_attr(msg, PASSWORD_ALGORITHMS, NULL))
		return EBADMSG;

	memset(&asked, 0, sizeof(asked));
	err = realm_get(cred, msg, asked.realm);
	if (err)
		return err;

	if (!cred->user)
		return EACCES;

	memcpy(asked.nonce, nonce, len);
	asked.nonce_len = len;
	return sign_with(cred, &asked);
}


int ua_cred_prime(struct ua_stun_cred *cred, const struct ua_challenge *known)
{
	const int err = cred->user ? sign_with(cred, known) : 0;

	/* Then the server is asked, as if nothing was known. */
	return err == ENOMEM ? err : 0;
}


void ua_cred_put(const struct ua_stun_cred *cred, struct ua_wr *wr)
{
	const struct ua_challenge *asked = &cred->asked;

	ua_stun_put(wr, UA_STUN_USERNAME, cred->user, strlen(cred->user));
	ua_stun_put(wr, UA_STUN_REALM, asked->realm, strlen(asked->realm));
	ua_stun_put(wr, UA_STUN_NONCE, asked->nonce, asked->nonce_len);
}
