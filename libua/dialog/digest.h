/* SPDX-License-Identifier: BSD-3-Clause */
/** @file digest.h  Digest authentication of a client (RFC 3261, 22; 8760) */
#ifndef UA_DIGEST_H
#define UA_DIGEST_H

#include <ua/types.h>

struct mbuf;
struct sip_msg;
struct ua_digest;

enum {
	UA_DIGEST_REALMS = 4, /**< Realms remembered: proxies and registrar */
	UA_DIGEST_TRIES = 4   /**< Challenges of one request, all in all    */
};

/** Who we are; all strings are borrowed by who takes it, and copied */
struct ua_cred {
	const char *user;     /**< NULL: no credentials at all           */
	const char *password; /**< NULL: empty                           */
	const char *realm;    /**< Only for this realm, NULL: for any    */
};

/**
 * What challenges one request met so far; starts as all zero, a value
 * inside the owner of the request.
 */
struct ua_digest_round {
	uint8_t answered; /**< Bit per realm: its challenge was answered */
	uint8_t count;    /**< Challenges of this request                */
};


/**
 * State of a client: the credentials, and the last challenge of each realm.
 *
 * @param digestp  Set on success; mem_deref() it: the password is wiped
 * @param cred     Copied
 * @param rand     For cnonce, borrowed
 *
 * @retval 0       Done
 * @retval EINVAL  A quote, backslash or control character in the user
 * @retval ENOMEM  Try later
 */
UA_CHECK int ua_digest_alloc(struct ua_digest **digestp,
			     const struct ua_cred *cred,
			     const struct ua_rand *rand);


/**
 * Take over what another client of the same credentials was asked: the first
 * request can then answer before it is asked, which saves a round trip
 * (RFC 3261, 22.2 and 22.3).
 *
 * A registrar's challenge counts for a proxy, too: where both are one server
 * its nonce is good for both, and elsewhere an answer to nothing is ignored.
 * A server that does not take it again asks anew.
 *
 * @param digest  Fresh
 * @param known   Of the flow that the requests take; NULL: nothing is known
 *
 * @retval 0       Done
 * @retval ENOMEM  Go on without: what was copied is no harm
 */
UA_CHECK int ua_digest_learn(struct ua_digest *digest,
			     const struct ua_digest *known);


/**
 * Take the challenges of a 401 or 407.
 *
 * Of several challenges of one realm the strongest algorithm that is known
 * wins: SHA-512-256, SHA-256, MD5, whatever their order (a local policy as
 * RFC 8760, 2.4 allows: a man in the middle cannot ask for MD5 by
 * reordering).  Unknown schemes, algorithms and qops are skipped.
 *
 * @param round  Of the request that was challenged
 * @param msg    The answer to it (borrowed for the call)
 *
 * @retval 0        Send the request again, CSeq one higher
 * @retval EACCES   The credentials were refused: give up
 * @retval ELOOP    Too many challenges, each of another realm or stale: fail,
 *                  and ask again much later if at all
 * @retval ENOENT   No credentials, or none for these realms: give up
 * @retval ENOTSUP  No challenge with a known algorithm: give up
 * @retval EBADMSG  No challenge at all, or none well-formed: give up
 * @retval ENOMEM   Give up
 *
 * On error the state is as before.
 */
UA_CHECK int ua_digest_challenge(struct ua_digest *digest,
				 struct ua_digest_round *round,
				 const struct sip_msg *msg);


/**
 * Append Authorization and Proxy-Authorization for each realm known so far;
 * counts its nonce up.
 *
 * @param mb      End of some header lines
 * @param met     Method
 * @param uri     Request-URI
 *
 * @retval 0       Done, also when there is nothing to append
 * @retval ENOMEM  mb is of no use any more
 */
UA_CHECK int ua_digest_encode(struct ua_digest *digest, struct mbuf *mb,
			      const char *met, const char *uri);


/**
 * Take a next nonce out of a 2xx (Authentication-Info, RFC 7616, 3.5), if
 * there is one.
 */
void ua_digest_info(struct ua_digest *digest, const struct sip_msg *msg);


/** Digest algorithms, the best first */
enum ua_digest_alg {
	UA_DIGEST_SHA512_256 = 0,
	UA_DIGEST_SHA256,
	UA_DIGEST_MD5,
	UA_DIGEST_NALG
};

/** All that goes into a response (RFC 7616, 3.4.1); borrowed strings */
struct ua_digest_input {
	enum ua_digest_alg alg;
	bool sess; /**< The "-sess" variant          */
	const char *user;
	const char *realm;
	const char *password;
	const char *nonce;
	const char *cnonce; /**< May be NULL if neither qop nor sess */
	bool qop;           /**< qop=auth; false: as RFC 2069 did    */
	uint32_t nc;
	const char *met;
	const char *uri;
};

enum { UA_DIGEST_HEX = 65 /**< Longest response and a zero [bytes] */ };


/**
 * The response parameter.
 *
 * @param hex  Room for UA_DIGEST_HEX
 *
 * @retval 0       Done
 * @retval ENOSYS  The system's OpenSSL does not do this algorithm
 * @retval ENOMEM  Try later
 */
UA_CHECK int ua_digest_response(char *hex, const struct ua_digest_input *in);

#endif
