/* SPDX-License-Identifier: BSD-3-Clause */
/** @file certcheck.h  Is a certificate that of a host, and if not, why not */
#ifndef UA_CERTCHECK_H
#define UA_CERTCHECK_H

#include <openssl/ssl.h>

#include <ua/types.h>

enum {
	UA_CERTCHECK_HOST_MAX = 256, /**< Room for a host [bytes]   */
	UA_CERTCHECK_WHY_MAX = 400   /**< Room for a reason [bytes] */
};

/** Of one server: who it must be, and what was wrong last */
struct ua_certcheck {
	char host[UA_CERTCHECK_HOST_MAX]; /**< Name or numeric address      */
	struct ua_addr addr;              /**< af NONE: host is a name      */
	char why[UA_CERTCHECK_WHY_MAX];   /**< "": nothing                  */
};


/**
 * Say who it must be.
 *
 * @param host  Name or numeric address, without brackets (copied)
 *
 * @retval 0       Done
 * @retval EINVAL  Empty or too long
 */
UA_CHECK int ua_certcheck_init(struct ua_certcheck *chk, const char *host);


/**
 * Prepare a connection before its handshake: a name is told to the server, an
 * address is not (RFC 6066, 3).
 *
 * @retval 0       Done
 * @retval ENOMEM  Close it
 */
UA_CHECK int ua_certcheck_sni(const struct ua_certcheck *chk, SSL *ssl);


/**
 * Judge a chain, for SSL_CTX_set_cert_verify_callback(): its signatures,
 * dates and purpose, then the host.
 *
 * The host must stand in subjectAltName, an address as an IP address, a name
 * as URI sip:host or, if there is no such URI, as DNS name (RFC 5922, 7.1);
 * the subject's CN is not looked at (RFC 9525, 2).
 *
 * A name that begins with "*." covers one label (RFC 9525, 6.3).  RFC 5922,
 * 7.2 forbids that; but providers have such certificates, for all of their
 * servers, and whoever holds one is trusted with each of these names anyway.
 *
 * @return 1: it is that host; 0: it is not, why says so
 */
int ua_certcheck_verify(struct ua_certcheck *chk, X509_STORE_CTX *store);


/**
 * Words for the handshake that just failed, from OpenSSL's queue of errors,
 * unless there are some already; the queue is left as it was.
 */
void ua_certcheck_failed(struct ua_certcheck *chk);


/**
 * Words for an alert of the server, unless there are some already.
 *
 * @param alert  AlertDescription (RFC 8446, 6.2)
 */
void ua_certcheck_alert(struct ua_certcheck *chk, int alert);

#endif
