/* SPDX-License-Identifier: BSD-3-Clause */
/** @file test_wr.c  The write cursor: bytes, order, and its first error */

#include <check.h>
#include <errno.h>
#include <string.h>

#include "base/wr.h"

Suite *ua_suite_wr(void);


START_TEST(numbers_go_out_in_network_order)
{
	static const uint8_t want[] = { 1, 2, 3, 4, 5, 6, 7 };
	uint8_t buf[8];
	struct ua_wr wr;

	ua_wr_init(&wr, buf, sizeof(buf));
	ua_wr_u8(&wr, 0x01);
	ua_wr_u16(&wr, 0x0203);
	ua_wr_u32(&wr, 0x04050607);

	ck_assert_int_eq(0, wr.err);
	ck_assert_uint_eq(sizeof(want), wr.pos);
	ck_assert_mem_eq(want, buf, sizeof(want));
}
END_TEST


START_TEST(text_has_no_zero_at_its_end)
{
	char buf[16];
	struct ua_wr wr;

	memset(buf, 'x', sizeof(buf));
	ua_wr_init(&wr, buf, sizeof(buf));
	ua_wr_str(&wr, "abc");
	ua_wr_str(&wr, "");
	ua_wr_mem(&wr, NULL, 0);
	ck_assert_uint_eq(3, wr.pos);
	ck_assert_mem_eq("abcx", buf, 4);

	ua_wr_fmt(&wr, "-%u-", 42u);
	ck_assert_int_eq(0, wr.err);
	ck_assert_uint_eq(7, wr.pos);
	ck_assert_mem_eq("abc-42-", buf, 7);
}
END_TEST


START_TEST(last_byte_fits_and_one_more_does_not)
{
	uint8_t buf[4] = { 0, 0, 0, 0x77 };
	struct ua_wr wr;

	ua_wr_init(&wr, buf, 3);
	ua_wr_mem(&wr, "abc", 3);
	ck_assert_int_eq(0, wr.err);
	ua_wr_u8(&wr, 'd');
	ck_assert_int_eq(ENOSPC, wr.err);
	ck_assert_uint_eq(3, wr.pos);
	ck_assert_uint_eq(0x77, buf[3]);
}
END_TEST


START_TEST(first_error_sticks)
{
	uint8_t buf[4] = { 0 };
	struct ua_wr wr;

	ua_wr_init(&wr, buf, sizeof(buf));
	ua_wr_mem(&wr, "12345", 5);
	ck_assert_int_eq(ENOSPC, wr.err);

	ua_wr_u8(&wr, 1);
	ua_wr_u16(&wr, 1);
	ua_wr_u32(&wr, 1);
	ua_wr_str(&wr, "x");
	ua_wr_fmt(&wr, "x");
	ck_assert_uint_eq(0, wr.pos);
	ck_assert_uint_eq(0, buf[0]);
	ck_assert_int_eq(ENOSPC, wr.err);
}
END_TEST


START_TEST(number_that_fits_by_half_leaves_an_error)
{
	uint8_t buf[3];
	struct ua_wr wr;

	ua_wr_init(&wr, buf, sizeof(buf));
	ua_wr_u32(&wr, 0x01020304);
	ck_assert_int_eq(ENOSPC, wr.err);
}
END_TEST


/* The formatter wants room for its zero. */
START_TEST(formatted_text_needs_one_byte_more)
{
	char buf[8];
	struct ua_wr wr;

	ua_wr_init(&wr, buf, 5);
	ua_wr_fmt(&wr, "%s", "1234");
	ck_assert_int_eq(0, wr.err);
	ck_assert_uint_eq(4, wr.pos);

	ua_wr_init(&wr, buf, 5);
	ua_wr_fmt(&wr, "%s", "12345");
	ck_assert_int_eq(ENOSPC, wr.err);
	ck_assert_uint_eq(0, wr.pos);
}
END_TEST


Suite *ua_suite_wr(void)
{
	Suite *s = suite_create("wr");
	TCase *tc = tcase_create("wr");

	tcase_add_test(tc, numbers_go_out_in_network_order);
	tcase_add_test(tc, text_has_no_zero_at_its_end);
	tcase_add_test(tc, last_byte_fits_and_one_more_does_not);
	tcase_add_test(tc, first_error_sticks);
	tcase_add_test(tc, number_that_fits_by_half_leaves_an_error);
	tcase_add_test(tc, formatted_text_needs_one_byte_more);
	suite_add_tcase(s, tc);

	return s;
}
