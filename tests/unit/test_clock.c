/* SPDX-License-Identifier: BSD-3-Clause */
/** @file test_clock.c  The clock never goes back; NTP is on NTP's era */

#include <check.h>
#include <time.h>

#include "base/clock.h"

Suite *ua_suite_clock(void);


START_TEST(clock_never_goes_back)
{
	uint64_t last = 0;
	int i;

	for (i = 0; i < 10000; i++) {
		const uint64_t now = ua_clock_us();

		ck_assert_uint_ge(now, last);
		last = now;
	}
}
END_TEST


START_TEST(milliseconds_are_a_thousand_microseconds)
{
	const uint64_t before = ua_clock_us() / 1000;
	const uint64_t ms = ua_clock_ms();
	const uint64_t after = ua_clock_us() / 1000;

	ck_assert_uint_ge(ms, before);
	ck_assert_uint_le(ms, after);
}
END_TEST


START_TEST(clock_counts_from_boot)
{
	struct timespec ts;

	ck_assert_int_eq(0, clock_gettime(CLOCK_MONOTONIC, &ts));
	ck_assert_uint_ge(ua_clock_ms() + 1, (uint64_t)ts.tv_sec * 1000);
}
END_TEST


/* RFC 3550, 4: seconds since 1900, 2208988800 before the Unix epoch */
START_TEST(ntp_counts_from_1900)
{
	const time_t before = time(NULL);
	const uint64_t ntp = ua_clock_ntp();
	const time_t after = time(NULL);

	/* time() may lag by one tick of the kernel */
	ck_assert_uint_ge((ntp >> 32) + 1, (uint64_t)before + 2208988800U);
	ck_assert_uint_le(ntp >> 32, (uint64_t)after + 2208988800U + 1);
}
END_TEST


/* 10 ms of busy waiting are 10 ms in the fraction of 2^-32 s, too. */
START_TEST(ntp_fraction_runs_as_the_clock_does)
{
	const uint64_t start = ua_clock_us();
	const uint64_t ntp = ua_clock_ntp();
	uint64_t us, ntp_us;

	while (ua_clock_us() - start < 10000)
		;

	ntp_us = (ua_clock_ntp() - ntp) * 1000000 >> 32;
	us = ua_clock_us() - start;
	ck_assert_uint_ge(ntp_us, 9000);
	ck_assert_uint_le(ntp_us, us + 1000);
}
END_TEST


Suite *ua_suite_clock(void)
{
	Suite *s = suite_create("clock");
	TCase *tc = tcase_create("clock");

	tcase_add_test(tc, clock_never_goes_back);
	tcase_add_test(tc, milliseconds_are_a_thousand_microseconds);
	tcase_add_test(tc, clock_counts_from_boot);
	tcase_add_test(tc, ntp_counts_from_1900);
	tcase_add_test(tc, ntp_fraction_runs_as_the_clock_does);
	suite_add_tcase(s, tc);

	return s;
}
