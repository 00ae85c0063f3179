/* SPDX-License-Identifier: BSD-3-Clause */
/** @file evqueue.c  Events wait here until the loop, or a thread, is free */

#include <errno.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "agent/evqueue.h"

/** An event with all that it points to behind it */
struct node {
	struct le le;
	struct ua_event ev;
	void *call;
	void *account;
	size_t used; /**< Of text [bytes] */
	size_t size;
	char *text;
};


static void node_destructor(void *arg)
{
	struct node *node = arg;

	list_unlink(&node->le);
	mem_deref(node->text);
	mem_deref(node->call);
	mem_deref(node->account);
}


static size_t room_of(const char *str)
{
	return str ? strlen(str) + 1 : 0;
}


static void copy_str(struct node *node, const char **strp)
{
	const size_t len = room_of(*strp);

	if (!len)
		return;

	memcpy(node->text + node->used, *strp, len);
	*strp = node->text + node->used;
	node->used += len;
}


static struct node *node_alloc(const struct ua_event *ev)
{
	const size_t cands = ev->ncand * sizeof(*ev->cands);
	const size_t addrs = ev->naddr * sizeof(*ev->addrs);
	struct node *node = mem_zalloc(sizeof(*node), node_destructor);

	if (!node)
		return NULL;

	node->size = cands + addrs + room_of(ev->reason) + room_of(ev->why) +
		     room_of(ev->codec) + room_of(ev->keepalive.method) + 1;
	node->text = mem_zalloc(node->size, NULL);
	if (!node->text)
		return mem_deref(node);

	/* Candidates and addresses first: they need alignment. */
	node->ev = *ev;
	if (cands) {
		memcpy(node->text, ev->cands, cands);
		node->ev.cands = (const void *)node->text;
		node->used = cands;
	}
	if (addrs) {
		memcpy(node->text + node->used, ev->addrs, addrs);
		node->ev.addrs = (const void *)(node->text + node->used);
		node->used += addrs;
	}

	copy_str(node, &node->ev.reason);
	copy_str(node, &node->ev.why);
	copy_str(node, &node->ev.codec);
	copy_str(node, &node->ev.keepalive.method);

	return node;
}


/* What a dispatching thread is through with holds references of the loop. */
static void drop_done(struct ua_evqueue *q)
{
	struct list done = LIST_INIT;
	struct le *le;

	pthread_mutex_lock(&q->mutex);
	while ((le = list_head(&q->done)) != NULL) {
		list_unlink(le);
		list_append(&done, le, le->data);
	}
	pthread_mutex_unlock(&q->mutex);

	list_flush(&done);
}


static void hand_over(struct ua_evqueue *q)
{
	const uint64_t one = 1;
	struct le *le;

	pthread_mutex_lock(&q->mutex);
	while ((le = list_head(&q->pending)) != NULL) {
		list_unlink(le);
		list_append(&q->ready, le, le->data);
	}
	pthread_mutex_unlock(&q->mutex);

	/* A full counter is readable too, which is all that is wanted. */
	if (write(q->fd, &one, sizeof(one)) < 0)
		return;
}


static void deliver(void *arg)
{
	struct ua_evqueue *q = arg;
	struct node *node;
	void *owner;

	if (q->threaded) {
		drop_done(q);
		hand_over(q);
		return;
	}

	/* The handler may push more, end calls, or free the agent. */
	owner = mem_ref(q->owner);
	while (q->pending.head) {
		node = list_ledata(q->pending.head);
		list_unlink(&node->le);
		if (q->h)
			q->h(&node->ev, q->arg);
		mem_deref(node);
	}
	mem_deref(owner);
}


int ua_evqueue_init(struct ua_evqueue *q, void *owner, bool threaded,
		    ua_event_h *h, void *arg)
{
	memset(q, 0, sizeof(*q));
	tmr_init(&q->tmr);
	q->owner = owner;
	q->h = h;
	q->arg = arg;
	q->fd = -1;
	q->threaded = threaded;

	if (pthread_mutex_init(&q->mutex, NULL))
		return ENOMEM;

	if (!threaded)
		return 0;

	q->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);

	return q->fd < 0 ? errno : 0;
}


void ua_evqueue_mute(struct ua_evqueue *q)
{
	q->h = NULL;
}


void ua_evqueue_close(struct ua_evqueue *q)
{
	tmr_cancel(&q->tmr);
	list_flush(&q->pending);
	list_flush(&q->ready);
	list_flush(&q->done);

	if (q->fd >= 0)
		(void)close(q->fd);
	q->fd = -1;
	pthread_mutex_destroy(&q->mutex);
}


int ua_evqueue_push(struct ua_evqueue *q, const struct ua_event *ev,
		    void *call, void *account)
{
	struct node *node = node_alloc(ev);

	if (!node)
		return ENOMEM;

	node->call = mem_ref(call);
	node->account = mem_ref(account);
	list_append(&q->pending, &node->le, node);

	if (!tmr_isrunning(&q->tmr))
		tmr_start(&q->tmr, 0, deliver, q);

	return 0;
}


void ua_evqueue_rearm(struct ua_evqueue *q)
{
	if (tmr_isrunning(&q->tmr))
		tmr_start(&q->tmr, 0, deliver, q);
}


bool ua_evqueue_busy(const struct ua_evqueue *q)
{
	return q->pending.head != NULL;
}


void ua_evqueue_dispatch(struct ua_evqueue *q)
{
	struct node *node;
	uint64_t n;

	if (q->fd >= 0 && read(q->fd, &n, sizeof(n)) < 0 && errno != EAGAIN)
		return;

	for (;;) {
		pthread_mutex_lock(&q->mutex);
		node = list_ledata(list_head(&q->ready));
		if (node)
			list_unlink(&node->le);
		pthread_mutex_unlock(&q->mutex);

		if (!node)
			return;

		if (q->h)
			q->h(&node->ev, q->arg);

		pthread_mutex_lock(&q->mutex);
		list_append(&q->done, &node->le, node);
		pthread_mutex_unlock(&q->mutex);
	}
}
