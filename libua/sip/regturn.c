/* SPDX-License-Identifier: BSD-3-Clause */
/** @file regturn.c  Whose turn it is to send a REGISTER */

#include <string.h>

#include "base/addr.h"
#include "base/clock.h"
#include "sip/epcore.h"
#include "sip/regturn.h"
#include "sip/wake.h"

/** Those of an endpoint that register with one server; lives as long as it
    is wanted: each of them has a reference */
struct ua_regqueue {
	struct le le;
	struct ua_hop hop;
	struct list turnl; /* struct ua_regturn, the longest one first */
	struct list waitl; /* ... that wait                           */
	struct tmr tmr;    /* The longest turn ends, if somebody waits */
};


static void destructor(void *arg)
{
	struct ua_regqueue *queue = arg;

	list_unlink(&queue->le);
	tmr_cancel(&queue->tmr);
}


static struct ua_regqueue *queue_of(struct ua_endpoint *ep,
				    const struct ua_hop *hop)
{
	struct ua_regqueue *queue;
	struct le *le;

	for (le = ep->regqueuel.head; le; le = le->next) {
		queue = le->data;
		if (queue->hop.tp == hop->tp &&
		    ua_addr_eq(&queue->hop.addr, &hop->addr))
			return mem_ref(queue);
	}

	queue = mem_zalloc(sizeof(*queue), destructor);
	if (!queue)
		return NULL;

	tmr_init(&queue->tmr);
	queue->hop = *hop;
	list_append(&ep->regqueuel, &queue->le, queue);

	return queue;
}


static void give(struct ua_regqueue *queue, struct ua_regturn *turn)
{
	turn->mine = true;
	turn->until_ms = ua_clock_ms() + UA_REGTURN_SILENT_MS;
	list_append(&queue->turnl, &turn->le, turn);
}


static void on_silent(void *arg);


/* Those that wait, and for whom there is room now */
static void advance(struct ua_regqueue *queue)
{
	const struct ua_regturn *first;

	while (queue->waitl.head &&
	       list_count(&queue->turnl) < UA_REGTURN_MAX) {
		struct ua_regturn *turn = queue->waitl.head->data;

		list_unlink(&turn->le);
		give(queue, turn);
		turn->h(turn->arg);
	}

	first = list_ledata(queue->turnl.head);
	ua_wake_at(&queue->tmr,
		   first && queue->waitl.head ? first->until_ms : UA_NEVER,
		   on_silent, queue);
}


/* Its REGISTER goes on, but keeps nobody waiting. */
static void on_silent(void *arg)
{
	struct ua_regqueue *queue = arg;
	const uint64_t now_ms = ua_clock_ms();
	struct ua_regturn *turn;

	mem_ref(queue);

	while (queue->turnl.head) {
		turn = queue->turnl.head->data;
		if (turn->until_ms > now_ms)
			break;

		ua_regturn_leave(turn);
	}

	advance(queue);
	mem_deref(queue);
}


void ua_regturn_init(struct ua_regturn *turn, ua_regturn_h *h, void *arg)
{
	memset(turn, 0, sizeof(*turn));
	turn->h = h;
	turn->arg = arg;
}


bool ua_regturn_take(struct ua_regturn *turn, struct ua_endpoint *ep,
		     const struct ua_hop *hop)
{
	if (turn->queue) {
		/* The wall clock may have been set: the timer is not late. */
		if (!turn->mine)
			advance(turn->queue);
		return turn->mine;
	}

	/* Without memory for it a burst is better than no REGISTER. */
	turn->queue = queue_of(ep, hop);
	if (!turn->queue)
		return true;

	if (list_count(&turn->queue->turnl) < UA_REGTURN_MAX) {
		give(turn->queue, turn);
		return true;
	}

	list_append(&turn->queue->waitl, &turn->le, turn);
	advance(turn->queue);

	return false;
}


void ua_regturn_leave(struct ua_regturn *turn)
{
	struct ua_regqueue *queue = turn->queue;

	if (!queue)
		return;

	list_unlink(&turn->le);
	turn->queue = NULL;
	turn->mine = false;
	advance(queue);
	mem_deref(queue);
}


bool ua_regturn_waits(const struct ua_regturn *turn)
{
	return turn->queue && !turn->mine;
}
