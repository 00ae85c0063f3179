/* SPDX-License-Identifier: BSD-3-Clause */
/** @file test_jump.c  A wall clock that is set while calls are up */

#include <check.h>
#include <sys/time.h>
#include <time.h>

#include "agent/jump.h"
#include "rig.h"

Suite *ua_suite_jump(void);
int gettimeofday(struct timeval *restrict tv, void *restrict tz);

/* Seconds by which the wall clock is wrong; libre 1.1.0 reads it here. */
static long wrong_s;

static struct rig a;
static struct rig b;


int gettimeofday(struct timeval *restrict tv, void *restrict tz)
{
	struct timespec ts;
	(void)tz;

	(void)clock_gettime(CLOCK_REALTIME, &ts);
	tv->tv_sec = ts.tv_sec + wrong_s;
	tv->tv_usec = ts.tv_nsec / 1000;

	return 0;
}


START_TEST(small_steps_and_slewing_do_not_count)
{
	struct ua_jump jump = { .fd = -1 };
	uint64_t wall = 1000000;
	uint64_t now = 5000;
	unsigned i;

	(void)ua_jump_step(&jump, wall, now);

	for (i = 0; i < 100; i++) {
		wall += 1500;
		now += 1000;
		ck_assert_int_eq(0, ua_jump_step(&jump, wall, now));
	}

	ck_assert_int_eq(0, ua_jump_step(&jump, wall + 1999, now));
}
END_TEST


START_TEST(steps_are_told_with_their_sign_and_once)
{
	struct ua_jump jump = { .fd = -1 };

	(void)ua_jump_step(&jump, 10000000, 1000);
	ck_assert_int_eq(-3600000, ua_jump_step(&jump, 6401000, 2000));
	ck_assert_int_eq(0, ua_jump_step(&jump, 6402000, 3000));
	ck_assert_int_eq(86400000, ua_jump_step(&jump, 92803000, 4000));
	ck_assert_int_eq(0, ua_jump_step(&jump, 92804000, 5000));
}
END_TEST


static bool heard_more(void *arg)
{
	const uint64_t *want = arg;
	struct ua_call_stats stats;

	ua_call_stats(b.call, &stats);

	return stats.rx_packets > *want;
}


/* Sound stops for a second or so, until the watch looks, not for an hour. */
START_TEST(call_goes_on_when_the_clock_is_set)
{
	static const long steps[] = { -3600, 3600 };
	struct ua_call_stats stats;
	uint64_t want;

	rig_open(&a, NULL);
	rig_open(&b, NULL);
	rig_call(&a, &b, "tone:500", NULL);
	rig_answer(&a, &b, "silence", NULL);
	rig_talk(&a, &b, 100);

	wrong_s += steps[_i];
	ua_call_stats(b.call, &stats);
	want = stats.rx_packets + 20;
	rig_wait(heard_more, &want);

	rig_bye(&a, &b);
	rig_close(&a);
	rig_close(&b);
}
END_TEST


Suite *ua_suite_jump(void)
{
	Suite *s = suite_create("jump");
	TCase *tc = tcase_create("jump");

	tcase_set_timeout(tc, RIG_TEST_S);
	tcase_add_test(tc, small_steps_and_slewing_do_not_count);
	tcase_add_test(tc, steps_are_told_with_their_sign_and_once);
	tcase_add_loop_test(tc, call_goes_on_when_the_clock_is_set, 0, 2);
	suite_add_tcase(s, tc);

	return s;
}
