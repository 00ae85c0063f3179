/* SPDX-License-Identifier: BSD-3-Clause */
/** @file server.h  STUN and TURN servers as their URIs name them */
#ifndef UA_SERVER_H
#define UA_SERVER_H

#include <ua/agent.h>
#include "net/locate.h"

/** A server's URI taken apart */
struct ua_server {
	char host[UA_DNS_NAME_LEN];
	uint16_t port; /**< 0: not told */
	bool turn;
	uint8_t tps; /**< Transports, UA_TP_BIT() of each */
	const struct ua_server_conf *conf; /**< Borrowed */
};


/**
 * Read a URI (RFC 7064, 3.1; RFC 7065, 3.1).
 *
 * A turn: URI that names no transport may be used by all: UDP first, the
 * others only where that is silent.  With a port, which one server process
 * listens on, TLS is left out.
 *
 * @param srv     Set on success
 * @param conf    URI and credentials; borrowed as long as srv
 * @param turn    A turn: or turns: URI is wanted, else a stun: one
 * @param errstr  UA_ERRSTR_MAX bytes, or NULL: what was wrong
 *
 * @retval 0       Done
 * @retval EINVAL  Another scheme, no host, a bad port, a transport that this
 *                 version does not have, a TURN server without credentials
 */
UA_CHECK int ua_server_decode(struct ua_server *srv,
			      const struct ua_server_conf *conf, bool turn,
			      char *errstr);

#endif
