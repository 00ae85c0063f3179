/* SPDX-License-Identifier: BSD-3-Clause */
/** @file wake.c  libre's timer as an alarm clock of libua's time */

#include "base/clock.h"
#include "sip/wake.h"


void ua_wake_at(struct tmr *tmr, uint64_t at_ms, tmr_h *h, void *arg)
{
	const uint64_t now_ms = ua_clock_ms();

	if (at_ms == UA_NEVER)
		tmr_cancel(tmr);
	else
		tmr_start(tmr, at_ms > now_ms ? at_ms - now_ms : 0, h, arg);
}
