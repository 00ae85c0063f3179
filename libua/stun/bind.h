/* SPDX-License-Identifier: BSD-3-Clause */
/** @file bind.h  STUN Binding client: how a server sees a socket (RFC 8489) */
#ifndef UA_BIND_H
#define UA_BIND_H

#include "stun/stun.h"

struct ua_log;

enum {
	UA_BIND_SENDS = 4, /**< Gathering gives up 7.5 s after the first   */
	UA_BIND_KEEP_MS = 15000 /**< Tr (RFC 8445, 11)                     */
};

struct ua_bind;

struct ua_bind_conf {
	struct ua_addr server;      /**< Copied                          */
	const struct ua_rand *rand; /**< Borrowed for the client's life  */
	const struct ua_log *log;   /**< Borrowed likewise; may be NULL  */
};

enum ua_bind_event_type {
	UA_BIND_MAPPED, /**< mapped is the first one, or has changed      */
	UA_BIND_FAILED  /**< No mapping: see code and err                 */
};

struct ua_bind_event {
	enum ua_bind_event_type type;
	struct ua_addr mapped;
	uint16_t code; /**< STUN error code, 0 if none                    */
	int err;       /**< EPROTO (see code), ETIMEDOUT, world's         */
};


/**
 * Make a client; nothing is sent before ua_bind_start().
 *
 * @retval 0       Done: mem_deref() frees it
 * @retval EINVAL  No server or randomness
 * @retval ENOMEM  No memory
 */
UA_CHECK int ua_bind_alloc(struct ua_bind **bindp,
			   const struct ua_bind_conf *conf);


/** Ask; MAPPED or FAILED follows.  May be called again after FAILED */
void ua_bind_start(struct ua_bind *bind, uint64_t now_ms);


/**
 * Keep the mapping alive by a Binding each 15 s (RFC 8445, 5.1.1.4).
 *
 * MAPPED is told when it changes, FAILED when the server does not answer any
 * more; it goes on asking all the same.
 */
void ua_bind_keep(struct ua_bind *bind, uint64_t now_ms, bool on);


/**
 * Ask now instead of at the next keepalive: a mapping may have been lost.
 * While a Binding is under way, or before ua_bind_start(), it does nothing.
 */
void ua_bind_ask(struct ua_bind *bind, uint64_t now_ms);


/**
 * Feed one datagram of the socket.
 *
 * @param src  Where it came from: the server, or it is not ours
 *
 * @retval 0        Consumed
 * @retval ENOENT   Not for this client: offer it to others on the socket
 * @retval EBADMSG  Malformed: drop it; client unchanged
 */
UA_CHECK int ua_bind_input(struct ua_bind *bind, uint64_t now_ms,
			   const struct ua_addr *src, const uint8_t *buf,
			   size_t len);


/** Next datagram to send to dg->path.remote; false: no more for now */
bool ua_bind_output(struct ua_bind *bind, uint64_t now_ms,
		    struct ua_dgram *dg);

/** Next event; false: no more for now */
bool ua_bind_event(struct ua_bind *bind, struct ua_bind_event *ev);

/** When ua_bind_tick() has something to do [ms]; UA_NEVER: at rest */
uint64_t ua_bind_deadline(const struct ua_bind *bind);
void ua_bind_tick(struct ua_bind *bind, uint64_t now_ms);


/**
 * The world says that the server is not reached.  Two in a row end the first
 * Binding at once; later they count as lost packets.
 */
void ua_bind_error(struct ua_bind *bind, uint64_t now_ms, int err);

#endif
