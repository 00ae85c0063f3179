/* SPDX-License-Identifier: BSD-3-Clause */
/** @file clock.h  The one clock of the upper floors */
#ifndef UA_CLOCK_H
#define UA_CLOCK_H

#include <stdint.h>


/**
 * Time since boot [ms], never steps, counts suspend (CLOCK_BOOTTIME).
 *
 * libre 1.1.0's timers are wall-clock, so they only wake us: what is due is
 * judged by this.
 */
uint64_t ua_clock_ms(void);


/** The same [us], for audio */
uint64_t ua_clock_us(void);


/** Wall clock as an NTP time stamp, for RTCP sender reports (RFC 3550, 4) */
uint64_t ua_clock_ntp(void);

#endif
