/* SPDX-License-Identifier: BSD-3-Clause */
/** @file evqueue.h  Events wait here until the loop, or a thread, is free */
#ifndef UA_EVQUEUE_H
#define UA_EVQUEUE_H

#include <pthread.h>

#include <ua/event.h>
#include "base/re_compat.h"

/** Events in their order; all of it belongs to the agent's thread, but for
    what mutex guards */
struct ua_evqueue {
	struct list pending;   /**< Not yet delivered or handed over     */
	struct tmr tmr;        /**< Delivers from the loop               */
	bool threaded;         /**< Somebody else's thread dispatches    */
	int fd;                /**< eventfd of that thread, or -1        */
	pthread_mutex_t mutex; /**< Guards ready and done                */
	struct list ready;     /**< Handed over to ua_evqueue_dispatch() */
	struct list done;      /**< Dispatched: the loop drops them      */
	ua_event_h *h;
	void *arg;
	void *owner; /**< Referenced while a handler runs */
};


/**
 * @param owner  libre object that the queue is a part of: it outlives the
 *               handler that frees it; NULL: nothing is kept
 *
 * @retval errno  Of eventfd(2), only if threaded
 */
UA_CHECK int ua_evqueue_init(struct ua_evqueue *q, void *owner, bool threaded,
			     ua_event_h *h, void *arg);

/** Deliver no more: the owner is being freed */
void ua_evqueue_mute(struct ua_evqueue *q);

/** Drop all that waits */
void ua_evqueue_close(struct ua_evqueue *q);


/**
 * Queue a copy of an event; strings, candidates and references included.
 *
 * @param call     libre object, referenced until it is delivered, or NULL
 * @param account  Likewise
 *
 * @retval ENOMEM  Lost: say so in the log
 */
UA_CHECK int ua_evqueue_push(struct ua_evqueue *q, const struct ua_event *ev,
			     void *call, void *account);

/** The wall clock was set: deliver now */
void ua_evqueue_rearm(struct ua_evqueue *q);

/** Something waits on the loop's side */
bool ua_evqueue_busy(const struct ua_evqueue *q);

/** Deliver what was handed over, in the caller's thread */
void ua_evqueue_dispatch(struct ua_evqueue *q);

#endif
