/* SPDX-License-Identifier: BSD-3-Clause */
/** @file test_log.c  Lines reach the handler, and only those asked for */

#include <check.h>
#include <string.h>

#include "base/re_compat.h"
#include <ua/log.h>

static struct {
	int n;
	enum ua_level level;
	char obj[16];
	char line[2048];
} got;

Suite *ua_suite_log(void);


static void on_line(enum ua_level level, const char *obj, const char *line,
		    void *arg)
{
	ck_assert_ptr_eq(&got, arg);
	++got.n;
	got.level = level;
	str_ncpy(got.obj, obj, sizeof(got.obj));
	str_ncpy(got.line, line, sizeof(got.line));
}


static void setup(void)
{
	memset(&got, 0, sizeof(got));
}


START_TEST(line_is_formatted_by_libre_rules)
{
	const struct ua_log log = { .h = on_line,
				    .arg = &got,
				    .level = UA_LOG_INFO };
	struct pl pl;

	pl_set_str(&pl, "pointer");
	ua_log(&log, UA_LOG_WARN, "ice", "%s %u %r", "text", 7u, &pl);

	ck_assert_int_eq(1, got.n);
	ck_assert_int_eq(UA_LOG_WARN, got.level);
	ck_assert_str_eq("ice", got.obj);
	ck_assert_str_eq("text 7 pointer", got.line);
}
END_TEST


START_TEST(levels_above_are_not_even_written)
{
	struct ua_log log = { .h = on_line, .arg = &got };
	int level;

	log.level = (enum ua_level)_i;
	for (level = UA_LOG_ERROR; level <= UA_LOG_TRACE; level++)
		ua_log(&log, (enum ua_level)level, "x", "y");

	ck_assert_int_eq(_i + 1, got.n);
	ck_assert_int_eq(_i, (int)got.level);
}
END_TEST


START_TEST(nobody_listening_is_no_error)
{
	const struct ua_log log = { .level = UA_LOG_TRACE };

	ua_log(NULL, UA_LOG_ERROR, "x", "y");
	ua_log(&log, UA_LOG_ERROR, "x", "y");
	ck_assert_int_eq(0, got.n);
}
END_TEST


/* libre leaves out the word that does not fit, and what follows. */
START_TEST(line_that_is_too_long_arrives_up_to_there)
{
	const struct ua_log log = { .h = on_line,
				    .arg = &got,
				    .level = UA_LOG_INFO };
	char text[2000];

	memset(text, 'a', sizeof(text));
	text[sizeof(text) - 1] = '\0';
	ua_log(&log, UA_LOG_INFO, "x", "head %s tail", text);

	ck_assert_int_eq(1, got.n);
	ck_assert_uint_lt(strlen(got.line), 1024);
	ck_assert_mem_eq("head ", got.line, 5);
}
END_TEST


Suite *ua_suite_log(void)
{
	Suite *s = suite_create("log");
	TCase *tc = tcase_create("log");

	tcase_add_checked_fixture(tc, setup, NULL);
	tcase_add_test(tc, line_is_formatted_by_libre_rules);
	tcase_add_loop_test(tc, levels_above_are_not_even_written, 0, 5);
	tcase_add_test(tc, nobody_listening_is_no_error);
	tcase_add_test(tc, line_that_is_too_long_arrives_up_to_there);
	suite_add_tcase(s, tc);

	return s;
}
