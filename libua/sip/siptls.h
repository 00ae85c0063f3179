/* SPDX-License-Identifier: BSD-3-Clause */
/** @file siptls.h  TLS of SIP, to one host (RFC 3261, 26.2.1; RFC 5922) */
#ifndef UA_SIPTLS_H
#define UA_SIPTLS_H

#include <ua/types.h>

struct tls;
struct ua_log;
struct ua_siptls;
struct ua_tlscreds;

/**
 * The server has ended a connection after its handshake: with TLS 1.3 that is
 * also how a certificate of ours is refused.  What was asked over it has no
 * answer; libre does not tell.  Called from inside of libre: free nothing.
 */
typedef void(ua_siptls_ended_h)(void *arg);


/**
 * Make libre's TLS fit for one host: TLS 1.2 or later, the chain and the host
 * checked (see certcheck.h), SNI, the last session resumed.
 *
 * Nobody is served: a handshake that comes in is refused at its first message.
 *
 * @param tlsp   Set on success; mem_deref() frees it, connections may outlive
 *               it
 * @param creds  Whom we trust and who we are; not needed afterwards
 * @param host   Name or numeric address (copied): the one that was asked for,
 *               not what DNS made of it (RFC 5922, 7.3)
 * @param log    Borrowed, may be NULL
 *
 * @retval 0       Done
 * @retval EINVAL  No host
 * @retval ENOMEM  Try later
 */
UA_CHECK int ua_siptls_alloc(struct ua_siptls **tlsp,
			     const struct ua_tlscreds *creds, const char *host,
			     const struct ua_log *log);

/** Be told of connections that end */
void ua_siptls_handler(struct ua_siptls *tls, ua_siptls_ended_h *h, void *arg);

/** For sip_transp_add() (borrowed) */
struct tls *ua_siptls_transport(const struct ua_siptls *tls);

const char *ua_siptls_host(const struct ua_siptls *tls);


/**
 * Words for a request that got no answer.
 *
 * @param err  What the transport said: ECONNRESET, EPROTO, ...
 * @param buf  Room for them
 *
 * @return "TLS to sip.example.com: its certificate has expired"; NULL: it was
 *         not for TLS
 */
const char *ua_siptls_why(const struct ua_siptls *tls, int err, char *buf,
			  size_t size);

#endif
