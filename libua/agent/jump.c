/* SPDX-License-Identifier: BSD-3-Clause */
/** @file jump.c  Sees when libre's clock and ours part, and when we slept */

#include <errno.h>
#include <stdlib.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "agent/jump.h"
#include "base/clock.h"


int64_t ua_jump_step(struct ua_jump *jump, uint64_t libre_ms, uint64_t now_ms)
{
	const int64_t apart_ms = (int64_t)libre_ms - (int64_t)now_ms;
	const int64_t step_ms = apart_ms - jump->apart_ms;

	/* A clock that is slewed parts slowly, and no timer minds. */
	jump->apart_ms = apart_ms;

	return llabs(step_ms) < UA_JUMP_MIN_MS ? 0 : step_ms;
}


uint64_t ua_jump_slept(struct ua_jump *jump, uint64_t now_ms)
{
	const uint64_t due_ms = jump->look_ms + UA_JUMP_LOOK_MS;
	const bool first = !jump->look_ms;

	jump->look_ms = now_ms;

	return first || now_ms < due_ms + UA_JUMP_MIN_MS ? 0 : now_ms - due_ms;
}


static void on_look(int flags, void *arg)
{
	struct ua_jump *jump = arg;
	uint64_t now_ms, slept_ms, times;
	int64_t step_ms;

	(void)flags;
	if (read(jump->fd, &times, sizeof(times)) < 0)
		return;

	now_ms = ua_clock_ms();
	step_ms = ua_jump_step(jump, tmr_jiffies(), now_ms);
	slept_ms = ua_jump_slept(jump, now_ms);
	if (step_ms || slept_ms)
		jump->h(step_ms, slept_ms, jump->arg);
}


int ua_jump_start(struct ua_jump *jump, ua_jump_h *h, void *arg)
{
	const struct itimerspec each = {
		.it_interval = { .tv_sec = UA_JUMP_LOOK_MS / 1000 },
		.it_value = { .tv_sec = UA_JUMP_LOOK_MS / 1000 },
	};
	int err;

	jump->h = h;
	jump->arg = arg;
	(void)ua_jump_step(jump, tmr_jiffies(), ua_clock_ms());

	jump->fd = timerfd_create(CLOCK_BOOTTIME, TFD_CLOEXEC | TFD_NONBLOCK);
	if (jump->fd < 0)
		return errno;

	err = timerfd_settime(jump->fd, 0, &each, NULL) ? errno : 0;
	if (!err)
		err = ua_fd_listen(&jump->ufd, jump->fd, FD_READ, on_look,
				   jump);
	if (err) {
		(void)close(jump->fd);
		jump->fd = -1;
	}

	return err;
}


void ua_jump_stop(struct ua_jump *jump)
{
	if (jump->fd < 0)
		return;

	ua_fd_close(&jump->ufd);
	(void)close(jump->fd);
	jump->fd = -1;
}
