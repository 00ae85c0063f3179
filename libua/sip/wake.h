/* SPDX-License-Identifier: BSD-3-Clause */
/** @file wake.h  libre's timer as an alarm clock of libua's time */
#ifndef UA_WAKE_H
#define UA_WAKE_H

#include "base/re_compat.h"
#include <ua/types.h>


/**
 * Call a handler at a time of ua_clock_ms().
 *
 * libre 1.1.0 counts wall-clock time: it may call too early or late, so the
 * handler looks at ua_clock_ms() itself and arms again.
 *
 * @param tmr    Borrowed; one that runs is set anew
 * @param at_ms  UA_NEVER stops it
 */
void ua_wake_at(struct tmr *tmr, uint64_t at_ms, tmr_h *h, void *arg);

#endif
