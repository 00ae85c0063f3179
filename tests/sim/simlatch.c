/* SPDX-License-Identifier: BSD-3-Clause */
/** @file simlatch.c  A relay that learns each side by its first packet
 *
 *	caller ---> port of the answer == relay == port of the offer <---
 *callee
 *
 * It behaves as MediaProxy does on the wire: the first packet of any kind
 * latches a side, STUN for a side that is not known waits and is sent with
 * the next packet of the other side, all else for it is dropped, and a public
 * address of a description is sent to before its side is heard.
 */

#include <errno.h>
#include <string.h>

#include "stun/stun.h"
#include "simcore.h"

enum {
	SESSIONS = 16,
	QUEUE = 64,
	SOURCES = 16,
	TIMEOUT_S = 90 /* For the first media of each side                */
};

struct queued {
	struct queued *next;
	size_t len;
	uint8_t buf[UA_SIM_PAYLOAD];
};

struct side {
	struct session *session;
	struct ua_simsock *sock;
	struct ua_addr told;    /* c= and m= of its description           */
	struct ua_addr latched; /* af NONE: not yet                       */
	struct ua_addr old;     /* Its source before an answer changed it */
	struct queued *queue;   /* STUN that waits for it                 */
	struct queued **tail;
	size_t nqueue;
	bool media; /* It sent some                                       */
	struct ua_addr sourcev[SOURCES];
	unsigned nsource;
};

struct session {
	struct ua_simlatch *latch;
	bool used;
	uint32_t call;
	uint64_t offer_us;
	struct side sidev[2]; /* Caller, callee                           */
};

struct ua_simlatch {
	struct le le;
	struct ua_simhost *host;
	struct ua_addr addr;
	unsigned sources;
	struct session sessionv[SESSIONS];
};


static void queue_flush(struct side *side)
{
	struct queued *q;

	while ((q = side->queue)) {
		side->queue = q->next;
		mem_deref(q);
	}

	side->tail = &side->queue;
	side->nqueue = 0;
}


static void session_close(struct session *s)
{
	size_t i;

	for (i = 0; i < 2; i++) {
		queue_flush(&s->sidev[i]);
		s->sidev[i].sock = mem_deref(s->sidev[i].sock);
	}

	s->used = false;
}


static void latch_destructor(void *arg)
{
	struct ua_simlatch *latch = arg;
	size_t i;

	list_unlink(&latch->le);
	for (i = 0; i < SESSIONS; i++) {
		if (latch->sessionv[i].used)
			session_close(&latch->sessionv[i]);
	}
}


static struct side *other(struct side *side)
{
	struct session *s = side->session;

	return &s->sidev[side == &s->sidev[0]];
}


static void note_source(struct side *side, const struct ua_addr *src)
{
	struct ua_simlatch *latch = side->session->latch;
	unsigned i;

	for (i = 0; i < side->nsource; i++) {
		if (ua_addr_eq(&side->sourcev[i], src))
			return;
	}

	if (side->nsource < SOURCES)
		side->sourcev[side->nsource++] = *src;
	if (side->nsource > latch->sources)
		latch->sources = side->nsource;
}


static void wait(struct side *to, const uint8_t *buf, size_t len)
{
	struct queued *q;

	if (to->nqueue == QUEUE)
		return;

	q = mem_alloc(sizeof(*q), NULL);
	if (!q)
		return;

	q->next = NULL;
	q->len = len;
	memcpy(q->buf, buf, len);
	*to->tail = q;
	to->tail = &q->next;
	to->nqueue++;
}


static void pass(struct side *to, const uint8_t *buf, size_t len)
{
	const bool stun = ua_stun_is(buf, len);
	const struct queued *q;

	if (to->latched.af) {
		/* What waited goes first; media that finds it is lost. */
		for (q = to->queue; q; q = q->next)
			(void)ua_simsock_send(to->sock, &to->latched, q->buf,
					      q->len);
		if (!to->queue || stun)
			(void)ua_simsock_send(to->sock, &to->latched, buf,
					      len);
		queue_flush(to);
	}
	else if (to->told.af && to->told.port &&
		 !ua_addr_is_private(&to->told)) {
		(void)ua_simsock_send(to->sock, &to->told, buf, len);
	}
	else if (stun) {
		wait(to, buf, len);
	}
}


static bool timed_out(struct session *s)
{
	const uint64_t now_us = s->latch->host->net->now_us;

	return now_us > s->offer_us + TIMEOUT_S * UA_SIM_S &&
	       !(s->sidev[0].media && s->sidev[1].media);
}


static void recv_handler(const struct ua_addr *src, const uint8_t *buf,
			 size_t len, void *arg)
{
	struct side *side = arg;

	note_source(side, src);
	if (timed_out(side->session))
		return;

	if (!side->latched.af &&
	    !(side->old.af && ua_addr_eq(&side->old, src)))
		side->latched = *src;

	if (!ua_addr_eq(&side->latched, src))
		return;

	if (!ua_stun_is(buf, len))
		side->media = true;

	pass(other(side), buf, len);
}


int ua_simlatch_alloc(struct ua_simlatch **latchp, struct ua_simhost *host,
		      const struct ua_addr *addr)
{
	struct ua_simlatch *latch;

	latch = mem_zalloc(sizeof(*latch), latch_destructor);
	if (!latch)
		return ENOMEM;

	latch->host = host;
	latch->addr = *addr;
	list_append(&host->net->boxl, &latch->le, latch);

	*latchp = latch;
	return 0;
}


static struct session *find(struct ua_simlatch *latch, uint32_t call)
{
	size_t i;

	for (i = 0; i < SESSIONS; i++) {
		if (latch->sessionv[i].used && latch->sessionv[i].call == call)
			return &latch->sessionv[i];
	}

	return NULL;
}


static int ports_open(struct session *s)
{
	struct ua_simlatch *latch = s->latch;
	size_t i;
	int err = 0;

	for (i = 0; i < 2 && !err; i++) {
		struct side *side = &s->sidev[i];

		queue_flush(side);
		mem_deref(side->sock);
		side->sock = NULL;
		memset(&side->latched, 0, sizeof(side->latched));
		memset(&side->old, 0, sizeof(side->old));
		side->media = false;
		side->nsource = 0;
		err = ua_simsock_alloc(&side->sock, latch->host, &latch->addr,
				       recv_handler, side);
		latch->addr.port = (uint16_t)(latch->addr.port + 2);
	}

	return err;
}


static int session_open(struct ua_simlatch *latch, uint32_t call,
			struct session **sp)
{
	struct session *s;
	size_t i;
	int err;

	for (i = 0; i < SESSIONS && latch->sessionv[i].used; i++)
		;
	if (i == SESSIONS)
		return ENOSPC;

	s = &latch->sessionv[i];
	memset(s, 0, sizeof(*s));
	s->latch = latch;
	s->call = call;
	s->used = true;
	for (i = 0; i < 2; i++) {
		s->sidev[i].session = s;
		s->sidev[i].tail = &s->sidev[i].queue;
	}

	err = ports_open(s);
	if (err) {
		session_close(s);
		return err;
	}

	*sp = s;
	return 0;
}


/*
 * An offer with another address gets new ports; an answer with another one
 * keeps them, and its old source is locked out.
 */
int ua_simlatch_update(struct ua_simlatch *latch, uint32_t call, bool callee,
		       bool answer, const struct ua_addr *told,
		       struct ua_addr *relay)
{
	struct session *s = find(latch, call);
	struct side *side;
	int err = 0;

	if (!s && answer)
		return ENOENT;
	if (!s)
		err = session_open(latch, call, &s);
	if (err)
		return err;

	side = &s->sidev[callee];
	if (!answer)
		s->offer_us = latch->host->net->now_us;

	if (side->told.af && !ua_addr_eq(&side->told, told)) {
		if (!answer) {
			err = ports_open(s);
			if (err)
				return err;
		}
		else {
			side->old = side->latched;
			memset(&side->latched, 0, sizeof(side->latched));
		}
	}

	side->told = *told;

	/* Who reads this description sends to the port of its own side. */
	*relay = *ua_simsock_addr(s->sidev[!callee].sock);
	return 0;
}


void ua_simlatch_remove(struct ua_simlatch *latch, uint32_t call)
{
	struct session *s = find(latch, call);

	if (s)
		session_close(s);
}


unsigned ua_simlatch_sources(const struct ua_simlatch *latch)
{
	return latch->sources;
}
