/* SPDX-License-Identifier: BSD-3-Clause */
/** @file mutebed.h  A TCP server on loopback that may fall silent */
#ifndef UA_TEST_MUTEBED_H
#define UA_TEST_MUTEBED_H

#include "sipbed.h"

/** It answers what comes on the last connection that came */
struct mutebed {
	struct tcp_sock *ts;
	struct tcp_conn *tc;
	struct sa local;
	const char *headers; /**< CRLF-ended lines of its answers */
	unsigned accepted;
	unsigned closed;
	bool mute;
};


static inline void mutebed_recv(struct mbuf *mb, void *arg)
{
	struct mutebed *bed = arg;
	struct sip_msg *msg;
	struct mbuf *out;

	if (bed->mute)
		return;

	ck_assert_int_eq(0, sip_msg_decode(&msg, mb));
	out = mbuf_alloc(512);
	ck_assert_int_eq(0,
			 mbuf_printf(out,
				     "SIP/2.0 200 OK\r\nVia: %r\r\n"
				     "From: %r\r\nTo: %r;tag=s\r\n"
				     "Call-ID: %r\r\nCSeq: %u %r\r\n%s"
				     "Content-Length: 0\r\n\r\n",
				     &msg->via.val, &msg->from.val,
				     &msg->to.val, &msg->callid, msg->cseq.num,
				     &msg->cseq.met, bed->headers));
	out->pos = 0;
	ck_assert_int_eq(0, tcp_send(bed->tc, out));
	mem_deref(out);
	mem_deref(msg);
}


static inline void mutebed_estab(void *arg)
{
	(void)arg;
}


static inline void mutebed_closed(int err, void *arg)
{
	struct mutebed *bed = arg;

	(void)err;
	++bed->closed;
}


static inline void mutebed_accept(const struct sa *src, void *arg)
{
	struct mutebed *bed = arg;

	(void)src;
	mem_deref(bed->tc);
	++bed->accepted;
	ck_assert_int_eq(0, tcp_accept(&bed->tc, bed->ts, mutebed_estab,
				       mutebed_recv, mutebed_closed, bed));
}


static inline void mutebed_open(struct mutebed *bed, const char *headers)
{
	memset(bed, 0, sizeof(*bed));
	bed->headers = headers;
	ck_assert_int_eq(0, sa_set_str(&bed->local, "127.0.0.1", 0));
	ck_assert_int_eq(
		0, tcp_listen(&bed->ts, &bed->local, mutebed_accept, bed));
	ck_assert_int_eq(0, tcp_local_get(bed->ts, &bed->local));
}


static inline void mutebed_close(struct mutebed *bed)
{
	bed->tc = mem_deref(bed->tc);
	bed->ts = mem_deref(bed->ts);
}

#endif
