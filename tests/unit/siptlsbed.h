/* SPDX-License-Identifier: BSD-3-Clause */
/** @file siptlsbed.h  A SIP server by TLS on loopback, by the letter */
#ifndef UA_TEST_SIPTLSBED_H
#define UA_TEST_SIPTLSBED_H

#include "sipbed.h"
#include "tlsbed.h"

enum { SIPTLSBED_CONNS = 8 };

struct siptlsbed;

/** A connection that came */
struct siptlsbed_conn {
	struct siptlsbed *bed;
	struct tcp_conn *tc; /**< NULL: closed            */
	SSL *ssl;
	BIO *in;
	BIO *out;
	struct mbuf *mb; /**< Of a message, not all of it */
	bool clear;      /**< Its first byte is no TLS    */
	bool up;
	bool resumed;
	bool certified; /**< It showed a certificate     */
	char sni[64];   /**< "": it told no name         */
};

/** All that came, as the UDP socket of a plain server on the same port too */
struct siptlsbed {
	struct tlsbed tls;
	struct tcp_sock *ts;
	struct sipbed_peer udp; /**< Same port */
	struct sa local;
	const char *plain; /**< Says this, and speaks no TLS; or NULL */
	bool hang_up;      /**< Says nothing, and closes             */
	struct siptlsbed_conn connv[SIPTLSBED_CONNS];
	size_t nconn;
	struct sip_msg *msgv[SIPBED_MSGS];
	struct siptlsbed_conn *fromv[SIPBED_MSGS];
	size_t n;
	size_t read;
	struct siptlsbed_conn *from; /**< Of the message looked at last */
};


void siptlsbed_open(struct siptlsbed *bed, const struct tlsbed_how *how);
void siptlsbed_close(struct siptlsbed *bed);

/** Close a connection as a server does: a goodbye, then FIN */
void siptlsbed_drop(struct siptlsbed_conn *conn);

/** Next message, a request of this method, which must come */
const struct sip_msg *siptlsbed_request(struct siptlsbed *bed,
					const char *met);

/** Next message; NULL: none within ms */
const struct sip_msg *siptlsbed_next(struct siptlsbed *bed, uint32_t ms);

/** Write to the connection of the message looked at last */
void siptlsbed_send(struct siptlsbed *bed, const char *fmt, ...);

/** The same, but not by TLS */
void siptlsbed_clear(struct siptlsbed *bed, const char *text);

/** Answer it; headers are CRLF-ended lines */
void siptlsbed_reply(struct siptlsbed *bed, const struct sip_msg *req,
		     const char *line, const char *headers, const char *sdp);

#endif
