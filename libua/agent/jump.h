/* SPDX-License-Identifier: BSD-3-Clause */
/** @file jump.h  Sees when libre's clock and ours part, and when we slept */
#ifndef UA_JUMP_H
#define UA_JUMP_H

#include <ua/types.h>
#include "base/re_compat.h"

/**
 * Told of a jump; on the loop.
 *
 * @param step_ms   By how much libre's clock was set, negative: back
 * @param slept_ms  For how long nothing ran: the machine was suspended, or
 *                  the process stopped.  What NATs knew of us is forgotten
 */
typedef void(ua_jump_h)(int64_t step_ms, uint64_t slept_ms, void *arg);

/**
 * libre 1.1.0's timers follow the wall clock: set back by an hour it stops
 * them for an hour.  Those of newer ones do not count suspend.  This one wakes
 * up by a clock that nobody sets and that counts suspend, so that it is due
 * the moment the machine wakes up; it tells when the two have parted, and when
 * it was waked too late.
 */
struct ua_jump {
	struct ua_fd ufd;
	int fd;           /**< timerfd, -1: none */
	int64_t apart_ms; /**< libre's less ours, when last looked */
	uint64_t look_ms; /**< When that was                       */
	ua_jump_h *h;
	void *arg;
};

enum {
	UA_JUMP_LOOK_MS = 1000, /**< How often it looks              */
	UA_JUMP_MIN_MS = 2000   /**< A smaller step hurts no timer, and no
				     NAT forgets sooner               */
};


/**
 * Begin to watch.
 *
 * @param jump  A value in its owner
 * @param h     Told of each jump
 *
 * @retval errno  Of timerfd_create(2): go on without
 */
UA_CHECK int ua_jump_start(struct ua_jump *jump, ua_jump_h *h, void *arg);

/** Stop; one that was never started must be all zero but fd, -1 */
void ua_jump_stop(struct ua_jump *jump);


/**
 * How far did the clocks part since the last look?
 *
 * @param libre_ms  tmr_jiffies()
 * @param now_ms    ua_clock_ms()
 *
 * @return 0: less than UA_JUMP_MIN_MS
 */
int64_t ua_jump_step(struct ua_jump *jump, uint64_t libre_ms, uint64_t now_ms);


/**
 * How much later than it was due is this look?  The first one is never late.
 *
 * @param now_ms  ua_clock_ms()
 *
 * @return 0: less than UA_JUMP_MIN_MS
 */
uint64_t ua_jump_slept(struct ua_jump *jump, uint64_t now_ms);

#endif
