/* SPDX-License-Identifier: BSD-3-Clause */
/** @file test_ring.c  Samples between two threads */

#include <check.h>
#include <errno.h>
#include <pthread.h>
#include <sched.h>

#include "base/ring.h"

Suite *ua_suite_ring(void);

enum { TOTAL = 300000 };


START_TEST(what_goes_in_comes_out)
{
	struct ua_ring ring;
	int16_t in[7];
	int16_t out[7];
	int16_t next = 0;
	int16_t want = 0;
	size_t n;
	size_t i;
	int k;

	ck_assert_int_eq(0, ua_ring_init(&ring, 10));
	ck_assert_uint_eq(16, ring.size);

	for (k = 0; k < 1000; k++) {
		for (i = 0; i < 7; i++)
			in[i] = (int16_t)(next + (int16_t)i);
		next = (int16_t)(next + (int16_t)ua_ring_write(&ring, in, 7));

		n = ua_ring_read(&ring, out, (size_t)k % 7 + 1);
		for (i = 0; i < n; i++)
			ck_assert_int_eq(want++, out[i]);
	}

	ua_ring_close(&ring);
}
END_TEST


START_TEST(full_and_empty_are_told)
{
	struct ua_ring ring;
	int16_t pcm[20] = { 0 };

	ck_assert_int_eq(EINVAL, ua_ring_init(&ring, 0));
	ck_assert_int_eq(0, ua_ring_init(&ring, 16));
	ck_assert_uint_eq(0, ua_ring_read(&ring, pcm, 20));
	ck_assert_uint_eq(16, ua_ring_write(&ring, pcm, 20));
	ck_assert_uint_eq(0, ua_ring_write(&ring, pcm, 20));
	ck_assert_uint_eq(16, ua_ring_fill(&ring));
	ck_assert_uint_eq(5, ua_ring_skip(&ring, 5));
	ck_assert_uint_eq(11, ua_ring_fill(&ring));
	ck_assert_uint_eq(11, ua_ring_read(&ring, pcm, 20));
	ua_ring_close(&ring);
}
END_TEST


static void *writer(void *arg)
{
	struct ua_ring *ring = arg;
	int16_t v;
	long i = 0;

	while (i < TOTAL) {
		v = (int16_t)i;
		if (ua_ring_write(ring, &v, 1))
			i++;
		else
			sched_yield();
	}

	return NULL;
}


START_TEST(two_threads_lose_nothing)
{
	struct ua_ring ring;
	pthread_t thread;
	int16_t pcm[13];
	size_t n;
	size_t k;
	long i = 0;

	ck_assert_int_eq(0, ua_ring_init(&ring, 64));
	ck_assert_int_eq(0, pthread_create(&thread, NULL, writer, &ring));

	while (i < TOTAL) {
		n = ua_ring_read(&ring, pcm, 13);
		if (!n)
			sched_yield();
		for (k = 0; k < n; k++)
			ck_assert_int_eq((int16_t)i++, pcm[k]);
	}

	ck_assert_int_eq(0, pthread_join(thread, NULL));
	ua_ring_close(&ring);
}
END_TEST


Suite *ua_suite_ring(void)
{
	Suite *s = suite_create("ring");
	TCase *tc = tcase_create("ring");

	tcase_add_test(tc, what_goes_in_comes_out);
	tcase_add_test(tc, full_and_empty_are_told);
	tcase_add_test(tc, two_threads_lose_nothing);
	suite_add_tcase(s, tc);

	return s;
}
