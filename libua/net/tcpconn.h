/* SPDX-License-Identifier: BSD-3-Clause */
/** @file tcpconn.h  One TCP connection to a server, with TLS if wanted */
#ifndef UA_TCPCONN_H
#define UA_TCPCONN_H

#include <ua/types.h>
#include "net/tlsclient.h"

struct ua_tcpconn;

enum {
	UA_TCPCONN_OPEN_MS = 5000, /**< Connected, TLS too, or given up      */
	UA_TCPCONN_QUEUE = 65536,  /**< Bytes that wait for a slow network   */
	UA_TCPCONN_RESERVE = 4096  /**< Of it, not for media                 */
};

/** All from the loop, never from inside a call of this file; each may free
    the connection */
struct ua_tcpconn_handlers {
	/** Connected: send */
	void (*ready)(void *arg);

	/** Bytes came (borrowed) */
	void (*recv)(const uint8_t *buf, size_t len, void *arg);

	/**
	 * It is over, or never came about; nothing follows.
	 *
	 * @param err  ECONNREFUSED, ECONNRESET, ETIMEDOUT ...; EACCES: the
	 *             server's certificate is refused
	 * @param why  In words (borrowed)
	 */
	void (*closed)(int err, const char *why, void *arg);
	void *arg;
};

struct ua_tcpconn_conf {
	struct ua_addr local;      /**< Concrete address, port 0: any       */
	struct ua_addr remote;     /**< Of the server                       */
	struct ua_tlstrust *trust; /**< TLS; NULL: none                     */
	const char *host;          /**< TLS: whose certificate it must be   */
	struct ua_tcpconn_handlers handlers;
};


/**
 * Begin to connect; Nagle's algorithm is off.
 *
 * libre's tcp_conn is not used: it would allocate for each read, and raise
 * SIGPIPE below OpenSSL.
 *
 * @param connp  Set on success; mem_deref() closes it at once
 * @param conf   Copied; trust is referenced
 *
 * @retval 0       ready() or closed() follows within UA_TCPCONN_OPEN_MS
 * @retval EINVAL  No address, two families, or not a host
 * @retval ENOMEM  Try later
 * @retval errno   The network's: another server
 */
UA_CHECK int ua_tcpconn_open(struct ua_tcpconn **connp,
			     const struct ua_tcpconn_conf *conf);

/** Is it connected? */
bool ua_tcpconn_ready(const struct ua_tcpconn *conn);


/**
 * Send all of it, now or when the network takes it, or nothing.
 *
 * @param media  It would be old when it came: do not use the reserve
 *
 * @retval 0         Sent, or queued
 * @retval ENOTCONN  Not ready, or over
 * @retval EAGAIN    The queue is full: drop it
 * @retval ENOMEM    No memory for the queue: drop it
 */
UA_CHECK int ua_tcpconn_send(struct ua_tcpconn *conn, const uint8_t *buf,
			     size_t len, bool media);

/** Our address, set from the beginning (borrowed) */
const struct ua_addr *ua_tcpconn_local(const struct ua_tcpconn *conn);

/** Whom it leads to (borrowed) */
const struct ua_addr *ua_tcpconn_remote(const struct ua_tcpconn *conn);

/** "TCP", "TLSv1.3 TLS_AES_256_GCM_SHA384"; returns buf */
const char *ua_tcpconn_kind(const struct ua_tcpconn *conn, char *buf,
			    size_t size);

#endif
