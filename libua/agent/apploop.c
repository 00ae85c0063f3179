/* SPDX-License-Identifier: BSD-3-Clause */
/** @file apploop.c  The application's own descriptors and timers on our loop
 */

#include <errno.h>

#include "agent/impl.h"
/** A timer of the application */
struct timer {
	struct le le;
	struct tmr tmr;
	int id;
	void (*h)(int id, void *arg);
	void *arg;
};


static void timer_destructor(void *arg)
{
	struct timer *timer = arg;

	tmr_cancel(&timer->tmr);
	list_unlink(&timer->le);
}


static void on_watch(int flags, void *arg)
{
	struct ua_watch *watch = arg;

	(void)flags;
	watch->h(watch->arg);
}


int ua_agent_watch(struct ua_agent *agent, int fd, void (*h)(void *arg),
		   void *arg)
{
	struct ua_watch *watch = NULL;
	size_t i;
	int err;

	for (i = 0; i < UA_WATCH_MAX && !watch; i++) {
		if (agent->watch[i].fd < 0)
			watch = &agent->watch[i];
	}

	if (!watch)
		return EMFILE;

	watch->h = h;
	watch->arg = arg;
	err = ua_fd_listen(&watch->ufd, fd, FD_READ, on_watch, watch);
	if (!err)
		watch->fd = fd;

	return err;
}


void ua_agent_unwatch(struct ua_agent *agent, int fd)
{
	size_t i;

	for (i = 0; i < UA_WATCH_MAX; i++) {
		if (agent->watch[i].fd != fd)
			continue;

		ua_fd_close(&agent->watch[i].ufd);
		agent->watch[i].fd = -1;
	}
}


static void on_timer(void *arg)
{
	struct timer *timer = arg;
	void (*h)(int id, void *arg) = timer->h;
	void *harg = timer->arg;
	const int id = timer->id;

	/* Gone before the handler runs: it may start it again. */
	mem_deref(timer);
	h(id, harg);
}


void ua_agent_timer_stop(struct ua_agent *agent, int id)
{
	struct le *le;

	for (le = agent->timers.head; le; le = le->next) {
		struct timer *timer = le->data;

		if (timer->id == id) {
			mem_deref(timer);
			return;
		}
	}
}


int ua_agent_timer(struct ua_agent *agent, int id, uint64_t delay_ms,
		   void (*h)(int id, void *arg), void *arg)
{
	struct timer *timer = mem_zalloc(sizeof(*timer), timer_destructor);

	if (!timer)
		return ENOMEM;

	ua_agent_timer_stop(agent, id);

	timer->id = id;
	timer->h = h;
	timer->arg = arg;
	list_append(&agent->timers, &timer->le, timer);
	tmr_start(&timer->tmr, delay_ms, on_timer, timer);

	return 0;
}
