/* SPDX-License-Identifier: BSD-3-Clause */
/** @file sock.h  One UDP socket on one concrete local address */
#ifndef UA_SOCK_H
#define UA_SOCK_H

#include <ua/types.h>

struct ua_sock;

/** Differentiated services code points (RFC 8837, RFC 4594) */
enum {
	UA_DSCP_DEFAULT = 0,
	UA_DSCP_SIGNALLING = 24, /**< CS3              */
	UA_DSCP_MEDIA = 46       /**< EF, interactive audio */
};

/**
 * A datagram came.
 *
 * Called by the loop, never from inside a call of this file; may free the
 * socket.
 *
 * @param src  Where from (borrowed)
 * @param buf  Datagram (borrowed, may be written to)
 * @param len  Its length [bytes], up to UA_DGRAM_MAX; longer ones are dropped
 * @param arg  As set
 */
typedef void(ua_sock_recv_h)(const struct ua_addr *src, uint8_t *buf,
			     size_t len, void *arg);

/**
 * The network refused a datagram that was sent earlier (ICMP), or the socket
 * itself failed.
 *
 * Called by the loop, never from inside a call of this file; may free the
 * socket.
 *
 * @param err  ECONNREFUSED, EHOSTUNREACH, ENETUNREACH, EMSGSIZE ...: take it
 *             as a hint that the path is in doubt, ICMP can be forged
 * @param dst  Where the refused datagram went; af NONE: not known (borrowed)
 * @param arg  As set
 */
typedef void(ua_sock_error_h)(int err, const struct ua_addr *dst, void *arg);


/**
 * Open a socket; it belongs to the loop of the calling thread.
 *
 * @param sockp  Set on success; one owner, close it by mem_deref()
 * @param local  Concrete address, port 0 takes a free one
 * @param rh     Receives, may be NULL
 * @param eh     Is told errors, may be NULL
 * @param arg    Of both handlers
 *
 * @retval 0              Done, ua_sock_local() tells the port
 * @retval EINVAL         0.0.0.0, ::, multicast or no address: name one
 * @retval EADDRINUSE     The port is taken: choose another, or 0
 * @retval EADDRNOTAVAIL  Not an address of this host: list them anew
 * @retval EMFILE         And others of socket(2): give up
 * @retval ENOMEM         Try later
 */
UA_CHECK int ua_sock_open(struct ua_sock **sockp, const struct ua_addr *local,
			  ua_sock_recv_h *rh, ua_sock_error_h *eh, void *arg);


/**
 * Open two sockets on neighbouring ports, an even one for RTP and the odd one
 * above for RTCP (RFC 3550, 11).  Set their handlers before the loop runs.
 *
 * @param rtpp   Set on success, as ua_sock_open()
 * @param rtcpp  Set on success, as ua_sock_open()
 * @param local  Concrete address; port 0 searches a free pair, an even port
 *               asks for that pair, an odd one is EINVAL
 *
 * @retval 0           Done
 * @retval EADDRINUSE  Pair is taken, or no free one was found in 32 tries:
 *                     open two single ones and tell the peer by a=rtcp
 *                     (RFC 3605)
 * @retval errno       As ua_sock_open()
 */
UA_CHECK int ua_sock_open_pair(struct ua_sock **rtpp, struct ua_sock **rtcpp,
			       const struct ua_addr *local);


/** Set the handlers; NULL ones drop what comes */
void ua_sock_handlers(struct ua_sock *sock, ua_sock_recv_h *rh,
		      ua_sock_error_h *eh, void *arg);


/**
 * Send one datagram, now or never: nothing is queued here.
 *
 * @retval 0             Given to the kernel
 * @retval EINVAL        No address, or of another family
 * @retval EAGAIN        The kernel's buffer is full: drop it as a lost one
 * @retval EMSGSIZE      Larger than the path: send less
 * @retval ENETUNREACH   And EHOSTUNREACH, EADDRNOTAVAIL, EPERM: this path
 *                       does not work now
 */
UA_CHECK int ua_sock_send(struct ua_sock *sock, const struct ua_addr *dst,
			  const uint8_t *buf, size_t len);


/** The address it is bound to, with the real port (borrowed) */
const struct ua_addr *ua_sock_local(const struct ua_sock *sock);


/**
 * Leave by one interface whatever the routes say: the kernel chooses by the
 * destination alone, and a NAT behind another interface does not know our
 * source.
 *
 * @retval 0      Done
 * @retval EPERM  Kernels before 5.7 want a capability: go on without
 * @retval errno  There is no such interface
 */
UA_CHECK int ua_sock_device_set(struct ua_sock *sock, const char *ifname);


/**
 * Mark what is sent from now on (RFC 2474).
 *
 * @param dscp  0 to 63
 *
 * @retval 0       Done
 * @retval EINVAL  Not a code point
 * @retval errno   The kernel does not want it: go on without
 */
UA_CHECK int ua_sock_dscp_set(struct ua_sock *sock, uint8_t dscp);

#endif
