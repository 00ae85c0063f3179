/* SPDX-License-Identifier: BSD-3-Clause */
/** @file clock.c  The one clock of the upper floors */

#include <time.h>

#include "base/clock.h"

/* Seconds from 1900 (NTP) to 1970 (Unix) */
#define NTP_UNIX 2208988800U


uint64_t ua_clock_us(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_BOOTTIME, &ts);

	return (uint64_t)ts.tv_sec * 1000000 + (uint64_t)ts.tv_nsec / 1000;
}


uint64_t ua_clock_ms(void)
{
	return ua_clock_us() / 1000;
}


uint64_t ua_clock_ntp(void)
{
	struct timespec ts;
	uint64_t frac;

	(void)clock_gettime(CLOCK_REALTIME, &ts);
	frac = ((uint64_t)ts.tv_nsec << 32) / 1000000000;

	return ((uint64_t)ts.tv_sec + NTP_UNIX) << 32 | frac;
}
