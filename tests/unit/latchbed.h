/* SPDX-License-Identifier: BSD-3-Clause */
/** @file latchbed.h  A relay on loopback that learns each side from its first
 * packet, as MediaProxy does
 *
 *	x ---> sidev[0] == relay == sidev[1] <--- y
 *
 * Other sources of a side are dropped in silence.  STUN for a side that is
 * not known waits, and goes out with the next packet of the other side; all
 * else for it is lost.
 */
#ifndef UA_TEST_LATCHBED_H
#define UA_TEST_LATCHBED_H

#include <check.h>
#include <string.h>

#include "base/addr.h"
#include "base/re_compat.h"
#include "net/demux.h"

enum { LATCHBED_QUEUE = 64 };

struct latchbed_side {
	struct latchbed *relay;
	struct udp_sock *us;
	struct ua_addr addr; /**< What the other end of a call is told */
	struct sa peer;      /**< Latched; not set: unknown            */
	unsigned packets;    /**< That came from there                 */
	unsigned strangers;  /**< Dropped, as they came from elsewhere */
	struct mbuf *queue[LATCHBED_QUEUE]; /* STUN for it */
	size_t n;
};

struct latchbed {
	struct latchbed_side sidev[2];
	bool no_stun; /**< It passes on media alone  */
	bool deaf;    /**< It passes on nothing      */
};


static inline void latchbed_flush(struct latchbed_side *side)
{
	size_t i;

	for (i = 0; i < side->n; i++) {
		if (sa_isset(&side->peer, SA_ALL))
			(void)udp_send(side->us, &side->peer, side->queue[i]);
		mem_deref(side->queue[i]);
	}

	side->n = 0;
}


static inline void latchbed_pass(struct latchbed_side *to, struct mbuf *mb,
				 bool stun)
{
	struct mbuf *copy;

	if (sa_isset(&to->peer, SA_ALL) && !to->n) {
		(void)udp_send(to->us, &to->peer, mb);
		return;
	}

	if (sa_isset(&to->peer, SA_ALL)) {
		latchbed_flush(to);
		if (stun)
			(void)udp_send(to->us, &to->peer, mb);
		return;
	}

	if (!stun)
		return;

	ck_assert_uint_lt(to->n, LATCHBED_QUEUE);
	copy = mbuf_alloc(mbuf_get_left(mb));
	ck_assert_ptr_nonnull(copy);
	ck_assert_int_eq(
		0, mbuf_write_mem(copy, mbuf_buf(mb), mbuf_get_left(mb)));
	copy->pos = 0;
	to->queue[to->n++] = copy;
}


static inline void latchbed_recv(const struct sa *src, struct mbuf *mb,
				 void *arg)
{
	struct latchbed_side *side = arg;
	struct latchbed *relay = side->relay;
	struct latchbed_side *other =
		&relay->sidev[side == &relay->sidev[0] ? 1 : 0];
	const bool stun = ua_demux_class(mbuf_buf(mb), mbuf_get_left(mb)) ==
			  UA_DEMUX_STUN;

	if (!sa_isset(&side->peer, SA_ALL))
		side->peer = *src;

	if (!sa_cmp(&side->peer, src, SA_ALL)) {
		++side->strangers;
		return;
	}

	++side->packets;
	if (!relay->deaf && !(relay->no_stun && stun))
		latchbed_pass(other, mb, stun);
}


static inline void latchbed_open(struct latchbed *relay)
{
	struct sa local;
	unsigned i;

	memset(relay, 0, sizeof(*relay));
	for (i = 0; i < 2; i++) {
		struct latchbed_side *side = &relay->sidev[i];

		side->relay = relay;
		sa_init(&side->peer, AF_UNSPEC);
		ck_assert_int_eq(0, sa_set_str(&local, "127.0.0.1", 0));
		ck_assert_int_eq(
			0, udp_listen(&side->us, &local, latchbed_recv, side));
		ck_assert_int_eq(0, udp_local_get(side->us, &local));
		ua_addr_from_sa(&side->addr, &local);
	}
}


static inline void latchbed_close(struct latchbed *relay)
{
	unsigned i;

	for (i = 0; i < 2; i++) {
		latchbed_flush(&relay->sidev[i]);
		relay->sidev[i].us = mem_deref(relay->sidev[i].us);
	}
}

#endif
