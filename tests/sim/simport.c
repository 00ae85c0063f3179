/* SPDX-License-Identifier: BSD-3-Clause */
/** @file simport.c  A port of a proxy's relay: it learns who its side is
 *
 * As MediaProxy does it on the wire: the first packet of any kind latches a
 * side, other sources are dropped, STUN for a side that is not known waits and
 * is sent with the next packet of the other side, all else for it is lost, and
 * a public address of a description is sent to before its side is heard.
 *
 * rtpengine sends to the address of a description at once, believes the
 * sources of its first 3 s instead, and passes on what others send.
 */

#include <string.h>

#include "stun/stun.h"
#include "simlatchcore.h"

enum {
	LEARN_S = 3,
	SETTLE_MS = 1000 /* What was sent before an offer comes after it  */
};


static void queue_flush(struct ua_simport *port)
{
	struct ua_simqueued *q;

	while ((q = port->queue)) {
		port->queue = q->next;
		mem_deref(q);
	}

	port->tail = &port->queue;
	port->nqueue = 0;
}


static void wait(struct ua_simport *port, const uint8_t *buf, size_t len)
{
	struct ua_simqueued *q;

	if (port->nqueue == UA_SIM_WAITING)
		return;

	q = mem_alloc(sizeof(*q) + len, NULL);
	if (!q)
		return;

	q->next = NULL;
	q->len = len;
	memcpy(q->buf, buf, len);
	*port->tail = q;
	port->tail = &q->next;
	port->nqueue++;
}


static void emit(struct ua_simport *port, const struct ua_addr *dst,
		 const uint8_t *buf, size_t len)
{
	(void)ua_simsock_send(port->sock, dst, buf, len);
}


/* What waited goes first; media that finds it is lost, the last check goes
   twice instead. */
static void emit_all(struct ua_simport *port, const uint8_t *buf, size_t len)
{
	const bool stun = ua_stun_is(buf, len);
	const struct ua_simqueued *q, *last = NULL;

	for (q = port->queue; q; q = q->next) {
		emit(port, &port->dst, q->buf, q->len);
		last = q;
	}

	if (last && !stun)
		emit(port, &port->dst, last->buf, last->len);
	else
		emit(port, &port->dst, buf, len);

	queue_flush(port);
}


static const struct ua_addr *told(const struct ua_simport *port)
{
	return port->comp ? &port->stream->rtcpv[port->side]
			  : &port->stream->toldv[port->side];
}


/* Is it sent to before it is heard?  RTCP's port never does that. */
static bool is_routable(const struct ua_simport *port)
{
	const struct ua_simlatch *latch = port->stream->latch;
	const struct ua_addr *addr = told(port);

	if (addr->af != UA_AF_IP4 || !addr->port || port->comp)
		return false;

	/* The documentation nets are the public ones of this internet. */
	return !ua_addr_is_private(addr) &&
	       !(latch->conf.unroutable && ua_simlatch_is_kin(latch, addr));
}


void ua_simport_send(struct ua_simport *port, const uint8_t *buf, size_t len)
{
	const bool rtpengine =
		port->stream->latch->conf.kind == UA_SIM_RTPENGINE;

	if (port->dst.af)
		emit_all(port, buf, len);
	else if (is_routable(port) || (rtpengine && told(port)->af))
		emit(port, told(port), buf, len);
	else if (ua_stun_is(buf, len) && !rtpengine)
		wait(port, buf, len);
}


static void note_source(struct ua_simport *port, const struct ua_addr *src)
{
	struct ua_simlatch *latch = port->stream->latch;
	unsigned i;

	if (ua_simlatch_is_kin(latch, src))
		return;

	latch->stat.heard_us[port->side][port->comp] =
		latch->host->net->now_us;
	if (latch->host->net->now_us < port->settled_us)
		return;

	for (i = 0; i < port->nsource; i++) {
		if (ua_addr_eq(&port->sourcev[i], src))
			return;
	}

	if (port->nsource < UA_SIM_SOURCES)
		port->sourcev[port->nsource++] = *src;
	if (port->nsource > latch->stat.sources)
		latch->stat.sources = port->nsource;
}


/* @return False: a stranger */
static bool is_ours(struct ua_simport *port, const struct ua_addr *src)
{
	const uint64_t now_us = port->stream->latch->host->net->now_us;

	if (port->stream->latch->conf.kind == UA_SIM_RTPENGINE) {
		if (!port->latched || now_us < port->since_us)
			port->dst = *src;
		if (!port->latched)
			port->since_us = now_us + LEARN_S * UA_SIM_S;
		port->latched = true;
		return true;
	}

	if (port->latched)
		return ua_addr_eq(&port->dst, src);

	if (port->unwanted.af && ua_addr_eq(&port->unwanted, src))
		return false;

	port->latched = true;
	port->dst = *src;

	return true;
}


static void recv_handler(const struct ua_addr *src, const uint8_t *buf,
			 size_t len, void *arg)
{
	struct ua_simport *port = arg;
	struct ua_simstream *stream = port->stream;
	struct ua_simlatch *latch = stream->latch;
	const bool stun = ua_stun_is(buf, len);

	note_source(port, src);
	if ((latch->conf.rtp_only && stun) ||
	    (latch->hostile && ua_simhostile_takes(port, src, buf, len)))
		return;

	if (!is_ours(port, src))
		return;

	ua_simstream_heard(stream, port, stun);
	ua_simport_send(&stream->portv[!port->side][port->comp], buf, len);
}


int ua_simport_open(struct ua_simport *port, struct ua_simstream *stream,
		    unsigned side, unsigned comp, const struct ua_addr *addr)
{
	port->stream = stream;
	port->side = side;
	port->comp = comp;
	port->tail = &port->queue;
	port->since_us = stream->begun_us;
	port->heard_us = UA_NEVER;
	port->stun_us = UA_NEVER;

	return ua_simsock_alloc(&port->sock, stream->latch->host, addr,
				recv_handler, port);
}


void ua_simport_close(struct ua_simport *port)
{
	queue_flush(port);
	port->sock = mem_deref(port->sock);
}


void ua_simport_moved(struct ua_simport *port)
{
	port->media = false;
	port->nsource = 0;
	port->since_us = port->stream->latch->host->net->now_us;
	port->settled_us = port->since_us + SETTLE_MS * UA_SIM_MS;
	if (!port->latched)
		return;

	/* Until another one is heard, what comes for it still goes there. */
	port->unwanted = port->dst;
	port->latched = false;
	if (port->stream->latch->conf.kind == UA_SIM_RTPENGINE)
		port->dst.af = UA_AF_NONE;
}


void ua_simport_forget(struct ua_simport *port)
{
	port->latched = false;
	port->dst.af = UA_AF_NONE;
	port->unwanted.af = UA_AF_NONE;
}
