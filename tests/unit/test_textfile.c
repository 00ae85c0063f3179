/* SPDX-License-Identifier: BSD-3-Clause */
/** @file test_textfile.c  Files that change, vanish and are too long */

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/re_compat.h"
#include "net/textfile.h"
#include "oom.h"

Suite *ua_suite_textfile(void);

static char path[] = "/tmp/ua-textfile-XXXXXX";


static void put(const char *text)
{
	FILE *f = fopen(path, "w");

	ck_assert_ptr_nonnull(f);
	ck_assert_int_ge(fputs(text, f), 0);
	ck_assert_int_eq(0, fclose(f));
}


static void setup(void)
{
	const int fd = mkstemp(path);

	ck_assert_int_ge(fd, 0);
	(void)close(fd);
}


static void teardown(void)
{
	(void)unlink(path);
	memset(path + strlen(path) - 6, 'X', 6);
}


START_TEST(changes_are_read_and_nothing_else)
{
	struct ua_textfile *tf;

	put("one");
	ck_assert_int_eq(0, ua_textfile_alloc(&tf, path));
	ck_assert_str_eq("", ua_textfile_text(tf));

	ck_assert(ua_textfile_refresh(tf));
	ck_assert_str_eq("one", ua_textfile_text(tf));
	ck_assert(!ua_textfile_refresh(tf));

	put("another");
	ck_assert(ua_textfile_refresh(tf));
	ck_assert_str_eq("another", ua_textfile_text(tf));

	mem_deref(tf);
}
END_TEST


START_TEST(file_may_come_and_go)
{
	struct ua_textfile *tf;

	ck_assert_int_eq(0, unlink(path));
	ck_assert_int_eq(0, ua_textfile_alloc(&tf, path));
	ck_assert(!ua_textfile_refresh(tf));
	ck_assert_str_eq("", ua_textfile_text(tf));

	put("here");
	ck_assert(ua_textfile_refresh(tf));
	ck_assert_str_eq("here", ua_textfile_text(tf));

	ck_assert_int_eq(0, unlink(path));
	ck_assert(ua_textfile_refresh(tf));
	ck_assert_str_eq("", ua_textfile_text(tf));
	ck_assert(!ua_textfile_refresh(tf));

	mem_deref(tf);
}
END_TEST


START_TEST(long_file_is_cut)
{
	struct ua_textfile *tf;
	char *text = malloc(UA_TEXTFILE_MAX + 100);

	ck_assert_ptr_nonnull(text);
	memset(text, 'x', UA_TEXTFILE_MAX + 99);
	text[UA_TEXTFILE_MAX + 99] = '\0';
	put(text);
	free(text);

	ck_assert_int_eq(0, ua_textfile_alloc(&tf, path));
	ck_assert(ua_textfile_refresh(tf));
	ck_assert_uint_eq(UA_TEXTFILE_MAX, strlen(ua_textfile_text(tf)));

	mem_deref(tf);
}
END_TEST


static int make(void *arg)
{
	struct ua_textfile *tf;
	int err;

	(void)arg;
	err = ua_textfile_alloc(&tf, path);
	if (err)
		return err;

	if (!ua_textfile_refresh(tf))
		err = ENOMEM;
	mem_deref(tf);

	return err;
}


START_TEST(no_memory_leaks_nothing)
{
	put("text");
	ua_oom_walk(make, NULL);
}
END_TEST


Suite *ua_suite_textfile(void)
{
	Suite *s = suite_create("textfile");
	TCase *tc = tcase_create("textfile");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, changes_are_read_and_nothing_else);
	tcase_add_test(tc, file_may_come_and_go);
	tcase_add_test(tc, long_file_is_cut);
	tcase_add_test(tc, no_memory_leaks_nothing);
	suite_add_tcase(s, tc);

	return s;
}
