/* SPDX-License-Identifier: BSD-3-Clause */
/** @file turnsrv.h  A small TURN server on loopback, by UDP, TCP and TLS */
#ifndef UA_TEST_TURNSRV_H
#define UA_TEST_TURNSRV_H

#include "base/re_compat.h"
#include "stun/stun.h"
#include "tlsbed.h"

#define TURNSRV_USER "user"
#define TURNSRV_PASSWORD "pass"
#define TURNSRV_REALM "example.org"

enum { TURNSRV_ALLOCS = 8, TURNSRV_CHANS = 4 };

struct turnsrv;

/** A connection of a client */
struct turnsrv_conn {
	struct le le;
	struct turnsrv *srv;
	struct tcp_conn *tc;
	struct tlsbed tls; /**< ctx NULL: plain */
	uint8_t buf[8192];
	size_t len;
};

/** What it gave a client */
struct turnsrv_alloc {
	struct turnsrv *srv;
	struct sa client;          /**< By UDP                */
	struct turnsrv_conn *conn; /**< By TCP; NULL: by UDP  */
	struct udp_sock *us;       /**< Relayed; NULL: free   */
	struct sa relayed;
	struct sa peerv[TURNSRV_CHANS];
	uint16_t numberv[TURNSRV_CHANS];
};

/** A server; set what it is like after turnsrv_open() */
struct turnsrv {
	struct udp_sock *us;
	struct tcp_sock *ts;
	struct sa local; /**< Same port by UDP and TCP       */
	struct list conns;
	struct turnsrv_alloc allocv[TURNSRV_ALLOCS];
	struct tlsbed *tls; /**< TLS by TCP; NULL: none         */

	bool deaf;            /**< UDP is not answered            */
	uint16_t code;        /**< Allocate gets this; 0: granted */
	uint16_t code_max;    /**< ... so often; 0: always        */
	unsigned room;        /**< Allocations at most, then 486; 0: many */
	bool nonce_is_old;    /**< Each signed Allocate gets 438 once */
	const char *password; /**< That it wants               */
	bool ip6;             /**< Gives [2001:db8::1], too       */
	uint32_t lifetime_s;

	unsigned nalloc;  /**< Allocate requests, by UDP or TCP    */
	unsigned nudp;    /**< Requests by UDP                     */
	unsigned ntcp;    /**< ... by TCP                          */
	unsigned nplain;  /**< Allocate requests that are not signed */
	unsigned nfreed;  /**< Refresh 0 that was granted          */
	unsigned nconn;   /**< Connections accepted                */
	unsigned ndata;   /**< Packets relayed to peers            */
	unsigned ip6only; /**< Allocate for IPv6 alone             */
};


void turnsrv_open(struct turnsrv *srv);
void turnsrv_close(struct turnsrv *srv);

/** Allocations that are there */
unsigned turnsrv_live(const struct turnsrv *srv);

/** It dies: connections break, allocations are gone */
void turnsrv_kill(struct turnsrv *srv);

/** "turn:127.0.0.1:PORT" and what follows; static, for four uses */
const char *turnsrv_uri(const struct turnsrv *srv, const char *scheme,
			const char *query);

#endif
