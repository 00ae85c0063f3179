/* SPDX-License-Identifier: BSD-3-Clause */
/** @file test_turncred.c  User and password of a TURN server, from outside */

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/re_compat.h"
#include "call/turncred.h"
#include "oom.h"
#include "rig.h"

Suite *ua_suite_turncred(void);

/* What was found */
struct fix {
	struct ua_turncred *tc;
	unsigned nend;
	int err;
	char why[512];
	char user[64];
	char password[64];
};


static void on_cred(int err, const char *why, const char *user,
		    const char *password, void *arg)
{
	struct fix *f = arg;

	++f->nend;
	f->err = err;
	str_ncpy(f->why, why, sizeof(f->why));
	if (!err) {
		str_ncpy(f->user, user, sizeof(f->user));
		str_ncpy(f->password, password, sizeof(f->password));
	}
	f->tc = mem_deref(f->tc);
}


static bool has_ended(void *arg)
{
	return ((struct fix *)arg)->nend > 0;
}


static void get(struct fix *f, const char *source)
{
	memset(f, 0, sizeof(*f));
	ck_assert_int_eq(0, libre_init());
	ck_assert_int_eq(0, ua_turncred_get(&f->tc, source, on_cred, f));
	ck_assert_uint_eq(0, f->nend);
	rig_wait(has_ended, f);
	ck_assert_uint_eq(1, f->nend);
}


static void file_write(char path[static 128], const char *text)
{
	FILE *file;

	(void)snprintf(path, 128, "%s/cred", rig_dir());
	file = fopen(path, "w");
	ck_assert_ptr_nonnull(file);
	ck_assert_int_ge(fputs(text, file), 0);
	ck_assert_int_eq(0, fclose(file));
}


/* clang-format off */
static const struct {
	const char *text;
	const char *user; /* NULL: refused, and says */
	const char *password;
	const char *says;
} files[] = {
	{ "user\npass\n",          "user", "pass", NULL },
	{ "user\npass",            "user", "pass", NULL },
	{ "user\r\npass\r\n",      "user", "pass", NULL },
	{ "u s\n p:s \nmore\n",    "u s",  " p:s ", NULL },
	{ "",                      NULL, NULL, "line 1: no user" },
	{ "\n",                    NULL, NULL, "line 1: no user" },
	{ "\r\npass\n",            NULL, NULL, "line 1: no user" },
	{ "user",                  NULL, NULL, "line 2: no password" },
	{ "user\n",                NULL, NULL, "line 2: no password" },
	{ "user\n\npass\n",        NULL, NULL, "line 2: no password" },
};
/* clang-format on */


START_TEST(two_lines_of_a_file_are_user_and_password)
{
	char source[160];
	char path[128];
	char says[256];
	struct fix f;

	file_write(path, files[_i].text);
	(void)snprintf(source, sizeof(source), "file:%s", path);
	get(&f, source);
	(void)unlink(path);

	if (files[_i].user) {
		ck_assert_int_eq(0, f.err);
		ck_assert_str_eq(files[_i].user, f.user);
		ck_assert_str_eq(files[_i].password, f.password);
	}
	else {
		ck_assert_int_eq(ENODATA, f.err);
		(void)snprintf(says, sizeof(says), "%s: %s", path,
			       files[_i].says);
		ck_assert_str_eq(says, f.why);
	}
}
END_TEST


START_TEST(file_that_is_not_there_is_named)
{
	struct fix f;

	get(&f, "file:/nowhere/cred");
	ck_assert_int_eq(ENOENT, f.err);
	ck_assert_str_eq("/nowhere/cred: No such file or directory", f.why);
}
END_TEST


START_TEST(command_prints_user_and_password)
{
	struct fix f;

	get(&f, "command:printf 'me\\nsecret\\n'");
	ck_assert_int_eq(0, f.err);
	ck_assert_str_eq("me", f.user);
	ck_assert_str_eq("secret", f.password);
}
END_TEST


/* clang-format off */
static const struct {
	const char *source;
	int err;
	const char *says;
} cmds[] = {
	{ "command:false",          EPROTO,  "false: it ended with status 1" },
	{ "command:echo me",        ENODATA, "echo me: line 2: no password" },
	{ "command:/nowhere/x",     ENOENT,  "/nowhere/x: No such file or directory" },
	{ "command:'a",             EINVAL,  "'a: not a command" },
};
/* clang-format on */


START_TEST(command_that_fails_is_named)
{
	struct fix f;

	get(&f, cmds[_i].source);
	ck_assert_int_eq(cmds[_i].err, f.err);
	ck_assert_str_eq(cmds[_i].says, f.why);
}
END_TEST


START_TEST(sources_are_files_and_commands)
{
	ck_assert(ua_turncred_check("file:x"));
	ck_assert(ua_turncred_check("command:x"));
	ck_assert(!ua_turncred_check("file:"));
	ck_assert(!ua_turncred_check("command:"));
	ck_assert(!ua_turncred_check("x"));
	ck_assert(!ua_turncred_check(""));
}
END_TEST


START_TEST(who_lets_go_hears_nothing)
{
	struct fix f;

	memset(&f, 0, sizeof(f));
	ck_assert_int_eq(0, libre_init());
	ck_assert_int_eq(
		0, ua_turncred_get(&f.tc, "command:sleep 0.05", on_cred, &f));
	rig_linger(10);
	f.tc = mem_deref(f.tc);
	rig_linger(100);
	ck_assert_uint_eq(0, f.nend);
}
END_TEST


static int get_and_free(void *arg)
{
	struct ua_turncred *tc;
	const int err = ua_turncred_get(&tc, "file:x", on_cred, arg);

	if (!err)
		mem_deref(tc);

	return err;
}


START_TEST(no_memory_to_get_them)
{
	ua_oom_walk(get_and_free, NULL);
}
END_TEST


Suite *ua_suite_turncred(void)
{
	Suite *s = suite_create("turncred");
	TCase *tc = tcase_create("turncred");

	tcase_set_timeout(tc, RIG_TEST_S);
	tcase_add_loop_test(tc, two_lines_of_a_file_are_user_and_password, 0,
			    (int)(sizeof(files) / sizeof(files[0])));
	tcase_add_test(tc, file_that_is_not_there_is_named);
	tcase_add_test(tc, command_prints_user_and_password);
	tcase_add_loop_test(tc, command_that_fails_is_named, 0,
			    (int)(sizeof(cmds) / sizeof(cmds[0])));
	tcase_add_test(tc, sources_are_files_and_commands);
	tcase_add_test(tc, who_lets_go_hears_nothing);
	tcase_add_test(tc, no_memory_to_get_them);
	suite_add_tcase(s, tc);

	return s;
}
