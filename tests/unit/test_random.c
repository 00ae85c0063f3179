/* SPDX-License-Identifier: BSD-3-Clause */
/** @file test_random.c  What is made of random bytes */

#include <check.h>
#include <string.h>

#include "base/random.h"

enum { ROUNDS = 2000 };

static uint8_t counter;

Suite *ua_suite_random(void);


/* Every byte value in its turn */
static void count(uint8_t *buf, size_t len, void *arg)
{
	ck_assert_ptr_eq(&counter, arg);
	while (len--)
		*buf++ = counter++;
}


static const struct ua_rand counting = { .fill = count, .arg = &counter };


static void ones(uint8_t *buf, size_t len, void *arg)
{
	(void)arg;
	memset(buf, 0xff, len);
}


static const struct ua_rand largest = { .fill = ones };


START_TEST(numbers_take_their_bytes_from_the_source)
{
	static const uint8_t want4[4] = { 0, 1, 2, 3 };
	static const uint8_t want8[8] = { 4, 5, 6, 7, 8, 9, 10, 11 };
	uint32_t u32;
	uint64_t u64;

	counter = 0;
	u32 = ua_random_u32(&counting);
	u64 = ua_random_u64(&counting);
	ck_assert_mem_eq(want4, &u32, 4);
	ck_assert_mem_eq(want8, &u64, 8);
}
END_TEST


START_TEST(range_is_kept_and_reached)
{
	bool seen[6] = { false };
	uint32_t v;
	int i;

	for (i = 0; i < ROUNDS; i++) {
		v = ua_random_range(&ua_random_system, 10, 15);
		ck_assert_uint_ge(v, 10);
		ck_assert_uint_le(v, 15);
		seen[v - 10] = true;
	}

	for (i = 0; i < 6; i++)
		ck_assert(seen[i]);
}
END_TEST


START_TEST(extreme_ranges_do_not_overflow)
{
	ck_assert_uint_eq(7, ua_random_range(&largest, 7, 7));
	ck_assert_uint_eq(UINT32_MAX,
			  ua_random_range(&largest, UINT32_MAX, UINT32_MAX));
	(void)ua_random_range(&ua_random_system, 0, UINT32_MAX);
}
END_TEST


/* RFC 8839, 5.4: ice-char is ALPHA / DIGIT / "+" / "/" */
START_TEST(text_has_every_ice_char_and_no_other)
{
	static const char set[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				  "abcdefghijklmnopqrstuvwxyz0123456789+/";
	char str[256 + 2];
	const char *p;

	counter = 0;
	memset(str, '!', sizeof(str));
	ua_random_str(&counting, str, 256);

	ck_assert_uint_eq(256, strlen(str));
	ck_assert_uint_eq(256, strspn(str, set));
	ck_assert_int_eq('!', str[257]);

	for (p = set; *p; p++)
		ck_assert_ptr_nonnull(strchr(str, *p));
}
END_TEST


START_TEST(text_of_no_length_is_empty)
{
	char str[1] = { '!' };

	ua_random_str(&ua_random_system, str, 0);
	ck_assert_int_eq('\0', str[0]);
}
END_TEST


START_TEST(system_does_not_repeat_itself)
{
	char a[25], b[25];

	ua_random_str(&ua_random_system, a, 24);
	ua_random_str(&ua_random_system, b, 24);
	ck_assert_str_ne(a, b);
	ck_assert(ua_random_u64(&ua_random_system) !=
		  ua_random_u64(&ua_random_system));
}
END_TEST


Suite *ua_suite_random(void)
{
	Suite *s = suite_create("random");
	TCase *tc = tcase_create("random");

	tcase_add_test(tc, numbers_take_their_bytes_from_the_source);
	tcase_add_test(tc, range_is_kept_and_reached);
	tcase_add_test(tc, extreme_ranges_do_not_overflow);
	tcase_add_test(tc, text_has_every_ice_char_and_no_other);
	tcase_add_test(tc, text_of_no_length_is_empty);
	tcase_add_test(tc, system_does_not_repeat_itself);
	suite_add_tcase(s, tc);

	return s;
}
