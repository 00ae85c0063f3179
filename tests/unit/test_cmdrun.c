/* SPDX-License-Identifier: BSD-3-Clause */
/** @file test_cmdrun.c  Commands that are run for what they print */

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/re_compat.h"
#include "net/cmdrun.h"
#include "oom.h"
#include "rig.h"

Suite *ua_suite_cmdrun(void);

/* What a command came to */
struct fix {
	struct ua_cmdrun *run;
	unsigned nend;
	int err;
	char why[128];
	char out[UA_CMDRUN_MAX + 1];
	size_t len;
};


static void on_end(int err, const char *why, const char *out, size_t len,
		   void *arg)
{
	struct fix *f = arg;

	++f->nend;
	f->err = err;
	f->len = len;
	str_ncpy(f->why, why, sizeof(f->why));
	memcpy(f->out, out, len);
	f->out[len] = '\0';
	f->run = mem_deref(f->run);
}


static bool has_ended(void *arg)
{
	return ((struct fix *)arg)->nend > 0;
}


static void run(struct fix *f, const char *cmd)
{
	memset(f, 0, sizeof(*f));
	ck_assert_int_eq(0, libre_init());
	ck_assert_int_eq(0, ua_cmdrun_start(&f->run, cmd, on_end, f));
	ck_assert_uint_eq(0, f->nend);
	rig_wait(has_ended, f);
	rig_linger(20);
	ck_assert_uint_eq(1, f->nend);
}


/* clang-format off */
static const struct {
	const char *cmd;
	const char *out;
} good[] = {
	{ "echo a b",                     "a b\n" },
	{ "  echo   a   b  ",             "a b\n" },
	{ "echo 'a  b' \"c  d\"",         "a  b c  d\n" },
	{ "echo a'b c'd",                 "ab cd\n" },
	{ "echo \"it's\"",                "it's\n" },
	{ "echo ''",                      "\n" },
	{ "echo $HOME `x` *",             "$HOME `x` *\n" },
	{ "/bin/sh -c 'echo a; echo b'",  "a\nb\n" },
	{ "true",                         "" },
	{ "cat",                          "" }, /* its input is empty */
	{ "printf a",                     "a" },
};

static const struct {
	const char *cmd;
	int err;
	const char *says;
} bad[] = {
	{ "false",                            EPROTO, "it ended with status 1" },
	{ "/bin/sh -c 'echo a; exit 7'",      EPROTO, "it ended with status 7" },
	{ "/bin/sh -c 'kill -9 $$'",          EPROTO, "signal 9 ended it" },
	{ "head -c 5000 /dev/zero",           EMSGSIZE, "it printed too much" },
	{ "cat /dev/zero",                    EMSGSIZE, "it printed too much" },
};
/* clang-format on */


START_TEST(command_gives_what_it_prints)
{
	struct fix f;

	run(&f, good[_i].cmd);
	ck_assert_int_eq(0, f.err);
	ck_assert_str_eq("", f.why);
	ck_assert_str_eq(good[_i].out, f.out);
}
END_TEST


START_TEST(command_that_fails_gives_nothing_but_the_reason)
{
	struct fix f;

	run(&f, bad[_i].cmd);
	ck_assert_int_eq(bad[_i].err, f.err);
	ck_assert_str_eq(bad[_i].says, f.why);
	ck_assert_uint_eq(0, f.len);
}
END_TEST


START_TEST(as_much_as_fits_is_taken)
{
	struct fix f;

	run(&f, "head -c 4096 /dev/zero");
	ck_assert_int_eq(0, f.err);
	ck_assert_uint_eq(UA_CMDRUN_MAX, f.len);
}
END_TEST


START_TEST(words_that_are_none_are_refused)
{
	static const char *const cmds[] = { "", "   ", "echo 'a", "echo \"a" };
	char many[4 * UA_CMDRUN_ARGS + 16] = "";
	struct ua_cmdrun *cmd;
	size_t i;

	for (i = 0; i < sizeof(cmds) / sizeof(cmds[0]); i++)
		ck_assert_int_eq(EINVAL,
				 ua_cmdrun_start(&cmd, cmds[i], on_end, NULL));

	for (i = 0; i < UA_CMDRUN_ARGS + 1; i++)
		strcat(many, "a ");
	ck_assert_int_eq(EINVAL, ua_cmdrun_start(&cmd, many, on_end, NULL));
	ck_assert_int_eq(ENOENT, ua_cmdrun_start(&cmd, "/nowhere/command",
						 on_end, NULL));
}
END_TEST


/* With its children, which hold its output open */
START_TEST(command_that_is_let_go_of_is_killed)
{
	char path[128];
	char cmd[256];
	struct fix f;
	struct stat st;

	(void)snprintf(path, sizeof(path), "%s/flag", rig_dir());
	(void)snprintf(cmd, sizeof(cmd),
		       "/bin/sh -c 'sleep 0.1; sleep 0.1; : >%s'", path);
	memset(&f, 0, sizeof(f));
	ck_assert_int_eq(0, libre_init());
	ck_assert_int_eq(0, ua_cmdrun_start(&f.run, cmd, on_end, &f));
	rig_linger(20);
	f.run = mem_deref(f.run);
	rig_linger(300);
	ck_assert_uint_eq(0, f.nend);
	ck_assert_int_ne(0, stat(path, &st));
}
END_TEST


static int start_and_kill(void *arg)
{
	struct ua_cmdrun *cmd;
	const int err = ua_cmdrun_start(&cmd, "true", on_end, arg);

	if (!err)
		mem_deref(cmd);

	return err;
}


START_TEST(no_memory_for_a_command)
{
	ck_assert_int_eq(0, libre_init());
	ck_assert_int_eq(0, start_and_kill(NULL));
	ua_oom_walk(start_and_kill, NULL);
}
END_TEST


Suite *ua_suite_cmdrun(void)
{
	Suite *s = suite_create("cmdrun");
	TCase *tc = tcase_create("cmdrun");

	tcase_set_timeout(tc, RIG_TEST_S);
	tcase_add_loop_test(tc, command_gives_what_it_prints, 0,
			    (int)(sizeof(good) / sizeof(good[0])));
	tcase_add_loop_test(tc,
			    command_that_fails_gives_nothing_but_the_reason, 0,
			    (int)(sizeof(bad) / sizeof(bad[0])));
	tcase_add_test(tc, as_much_as_fits_is_taken);
	tcase_add_test(tc, words_that_are_none_are_refused);
	tcase_add_test(tc, command_that_is_let_go_of_is_killed);
	tcase_add_test(tc, no_memory_for_a_command);
	suite_add_tcase(s, tc);

	return s;
}
