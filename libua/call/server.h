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
	const char *user;     /**< Borrowed of the conf */
	const char *password; /**< Borrowed of the conf */
};


/**
 * Read a URI (RFC 7064, 3.1; RFC 7065, 3.1).
 *
 * @param srv     Set on success
 * @param conf    URI and credentials; borrowed as long as srv
 * @param turn    A turn: URI is wanted, else a stun: one
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
