/* SPDX-License-Identifier: BSD-3-Clause */
/** @file tlsclient.h  TLS of a client, without the network (RFC 8446) */
#ifndef UA_TLSCLIENT_H
#define UA_TLSCLIENT_H

#include <ua/types.h>

struct ua_tlsclient;
struct ua_tlscreds;
struct ua_tlstrust;

enum { UA_TLSCLIENT_WHY_MAX = 400 /**< Room for a reason [bytes] */ };


/**
 * Say whose certificates are trusted.
 *
 * OpenSSL is used directly: libre 1.1.0's own TLS lets an unknown issuer pass
 * unless it is asked not to, and cannot tell why it refused one.
 *
 * @param trustp  Set on success; shared by connections, mem_deref() frees it
 * @param creds   What is trusted, and who we are; not needed afterwards
 *
 * @retval 0       Done
 * @retval ENOMEM  Try later
 */
UA_CHECK int ua_tlsclient_trust(struct ua_tlstrust **trustp,
				const struct ua_tlscreds *creds);


/**
 * Begin a handshake, TLS 1.2 or later.  The server's certificate must be valid
 * for the host (see certcheck.h), which is told by SNI if it is a name.
 *
 * @param tlsp   Set on success; mem_deref() frees it
 * @param trust  Borrowed for the life of the connection
 * @param host   Name or numeric address
 *
 * @retval 0       Done: collect output
 * @retval EINVAL  Not a host
 * @retval ENOMEM  Try later
 */
UA_CHECK int ua_tlsclient_alloc(struct ua_tlsclient **tlsp,
				struct ua_tlstrust *trust, const char *host);


/**
 * Feed what came from the server.
 *
 * @retval 0       Consumed: read, collect output
 * @retval EACCES  The certificate is refused, see ua_tlsclient_why()
 * @retval EPROTO  The handshake failed otherwise, see there
 * @retval ENOMEM  Close it
 *
 * Close the connection after any error, when the output has been sent.
 */
UA_CHECK int ua_tlsclient_input(struct ua_tlsclient *tls, const uint8_t *buf,
				size_t len);

/** Has the handshake succeeded? */
bool ua_tlsclient_ready(const struct ua_tlsclient *tls);


/**
 * Take deciphered bytes.
 *
 * @param n  Set to their number; 0: there are none now
 *
 * @retval 0            Done: go on until n is 0
 * @retval ECONNRESET   The server said goodbye
 * @retval EPROTO       What came was not from it: close
 */
UA_CHECK int ua_tlsclient_read(struct ua_tlsclient *tls, uint8_t *buf,
			       size_t size, size_t *n);


/**
 * Encipher; all of it is output then.
 *
 * @retval 0         Done
 * @retval ENOTCONN  Not ready
 * @retval EPROTO    Failed: close
 */
UA_CHECK int ua_tlsclient_write(struct ua_tlsclient *tls, const uint8_t *buf,
				size_t len);


/** Take bytes for the server; returns their number, 0: none now */
size_t ua_tlsclient_output(struct ua_tlsclient *tls, uint8_t *buf,
			   size_t size);


/** The words for an error: "its certificate has expired"; "" if there was
    none */
const char *ua_tlsclient_why(const struct ua_tlsclient *tls);

/** "TLSv1.3 TLS_AES_256_GCM_SHA384" (static) */
const char *ua_tlsclient_version(const struct ua_tlsclient *tls);
const char *ua_tlsclient_cipher(const struct ua_tlsclient *tls);

#endif
