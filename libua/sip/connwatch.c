/* SPDX-License-Identifier: BSD-3-Clause */
/** @file connwatch.c  What happens on a connection of libre's */

#include <errno.h>
#include <string.h>

#include "sip/connwatch.h"

enum {
	LAYER = 100, /* Above TLS: what is read and written there is plain */

	/* libre pings by itself where one listens for the end of a connection,
	   and closes it without a pong: this is never */
	NEVER_S = 1000000
};

struct ua_connwatch {
	struct tcp_conn *tc;      /* To compare, may be dangling     */
	struct tcp_helper *th;    /* libre's list has another one    */
	struct sip_keepalive *ka; /* NULL: the connection is closed  */
	ua_connwatch_h *h;
	void *arg;
};


static void destructor(void *arg)
{
	struct ua_connwatch *watch = arg;

	/* A connection that is closed has let its own reference go. */
	if (watch->ka) {
		mem_deref(watch->ka);
		mem_deref(watch->th);
	}
	mem_deref(watch->th);
}


static bool estab_handler(int *err, bool active, void *arg)
{
	(void)err;
	(void)active;
	(void)arg;

	return false;
}


static bool send_handler(int *err, struct mbuf *mb, void *arg)
{
	struct ua_connwatch *watch = arg;

	(void)err;
	(void)mb;
	watch->h(UA_CONNWATCH_TX, watch->arg);

	return false;
}


static bool is_pong(const struct mbuf *mb)
{
	const uint8_t *buf = mbuf_buf(mb);
	const size_t len = mbuf_get_left(mb);

	return len >= 2 && !memcmp(buf, "\r\n", 2) &&
	       (len < 4 || memcmp(buf + 2, "\r\n", 2) != 0);
}


static bool recv_handler(int *err, struct mbuf *mb, bool *estab, void *arg)
{
	struct ua_connwatch *watch = arg;

	(void)err;
	(void)estab;
	if (mbuf_get_left(mb))
		watch->h(is_pong(mb) ? UA_CONNWATCH_PONG : UA_CONNWATCH_RX,
			 watch->arg);

	return false;
}


static void close_handler(int err, void *arg)
{
	struct ua_connwatch *watch = arg;

	(void)err;
	watch->h(UA_CONNWATCH_CLOSED, watch->arg);
}


int ua_connwatch_alloc(struct ua_connwatch **watchp, struct sip *sip,
		       const struct sip_msg *msg, ua_connwatch_h *h, void *arg)
{
	struct tcp_conn *tc = sip_msg_tcpconn(msg);
	struct ua_connwatch *watch;
	int err;

	if (!tc)
		return ENOTCONN;

	watch = mem_zalloc(sizeof(*watch), destructor);
	if (!watch)
		return ENOMEM;

	watch->tc = tc;
	watch->h = h;
	watch->arg = arg;

	err = sip_keepalive_start(&watch->ka, sip, msg, NEVER_S, close_handler,
				  watch);
	if (!err)
		err = tcp_register_helper(&watch->th, tc, LAYER, estab_handler,
					  send_handler, recv_handler, watch);
	if (err) {
		watch->ka = mem_deref(watch->ka);
		mem_deref(watch);
		return err;
	}

	mem_ref(watch->th);
	*watchp = watch;

	return 0;
}


bool ua_connwatch_is(const struct ua_connwatch *watch,
		     const struct sip_msg *msg)
{
	return watch->ka && watch->tc == sip_msg_tcpconn(msg);
}
