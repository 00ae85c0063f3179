/* SPDX-License-Identifier: BSD-3-Clause */
/** @file cred.h  Long-term credentials of a STUN client (RFC 8489, 9.2) */
#ifndef UA_CRED_H
#define UA_CRED_H

#include "stun/stun.h"

enum {
	UA_CRED_USER_MAX = 513,  /**< USERNAME [bytes] (RFC 8489, 14.3)  */
	UA_CRED_REALM_MAX = 763, /**< REALM [bytes] (RFC 8489, 14.9)     */
	UA_CRED_NONCE_MAX = 763, /**< NONCE [bytes] (RFC 8489, 14.10)    */
	UA_CRED_KEY_LEN = 16
};

/** What a server asks to be signed; a value, copied at will */
struct ua_challenge {
	char realm[UA_CRED_REALM_MAX + 1];
	uint8_t nonce[UA_CRED_NONCE_MAX];
	size_t nonce_len;
};

/** What a client knows to prove who it is; a value inside its owner */
struct ua_stun_cred {
	char *user;     /**< Own copy, NULL: there are none          */
	char *password; /**< Own copy                                */
	struct ua_challenge asked;
	uint8_t key[UA_CRED_KEY_LEN];
	bool ready; /**< Challenged: requests can be signed */
};


/**
 * Set user and password.
 *
 * @param user      Copied; NULL: no credentials, each challenge fails
 * @param password  Copied
 *
 * @retval 0       Done: reset it in the end
 * @retval EINVAL  User is longer than UA_CRED_USER_MAX, or has no password
 * @retval ENOMEM  Nothing is kept
 */
UA_CHECK int ua_cred_set(struct ua_stun_cred *cred, const char *user,
			 const char *password);

/** Wipe and free all of it */
void ua_cred_reset(struct ua_stun_cred *cred);

/** Forget the challenge: another server is asked next */
void ua_cred_forget(struct ua_stun_cred *cred);


/**
 * Take realm and nonce of a 401 or 438.
 *
 * Password algorithms are not negotiated, so the key is MD5's, as a server
 * must take it from a client that names none (RFC 8489, 9.2.4).
 *
 * @retval 0         Requests can be signed
 * @retval EBADMSG   No challenge, or one whose nonce promises password
 *                   algorithms that are missing (RFC 8489, 9.2.5): ignore it
 * @retval EACCES    There are no credentials: give up
 * @retval EMSGSIZE  Signed requests would not fit a datagram: give up
 * @retval ENOSYS    No MD5 in this system: give up
 * @retval ENOMEM    Ignore it, it will be sent again
 */
UA_CHECK int ua_cred_challenge(struct ua_stun_cred *cred,
			       const struct ua_stun *msg);


/**
 * Take what the server asked another client for: the first request can be
 * signed.  If that is out of date, the answer is a new challenge.
 *
 * @retval 0       Done; without credentials nothing is taken
 * @retval ENOMEM  Nothing is taken
 */
UA_CHECK int ua_cred_prime(struct ua_stun_cred *cred,
			   const struct ua_challenge *known);


/** Append USERNAME, REALM and NONCE; ua_stun_end() with the key signs */
void ua_cred_put(const struct ua_stun_cred *cred, struct ua_wr *wr);

#endif
