/* SPDX-License-Identifier: BSD-3-Clause */
/** @file test_jsonparse.c  Commands as JSON */

#include <string.h>

#include <check.h>

#include "jsoncmd.h"

Suite *ua_suite_jsonparse(void);


static struct jsoncmd cmd;


static void teardown(void)
{
	jsoncmd_reset(&cmd);
}


START_TEST(a_call_has_its_uri_account_and_id)
{
	ck_assert_ptr_null(jsoncmd_parse(
		&cmd, "{\"cmd\":\"call\",\"uri\":\"sip:b@x\",\"id\":[7],"
		      "\"aor\":\"sip:a@x\",\"other\":1}"));
	ck_assert_int_eq(JSONCMD_CALL, cmd.type);
	ck_assert_str_eq("sip:b@x", cmd.uri);
	ck_assert_str_eq("sip:a@x", cmd.aor);
	ck_assert(json_is_array(cmd.id));
}
END_TEST


START_TEST(the_newest_call_is_meant_by_default)
{
	ck_assert_ptr_null(jsoncmd_parse(&cmd, "{\"cmd\":\"hangup\"}"));
	ck_assert_int_eq(JSONCMD_HANGUP, cmd.type);
	ck_assert_uint_eq(0, cmd.call);
}
END_TEST


START_TEST(numbers_and_flags_are_taken)
{
	ck_assert_ptr_null(jsoncmd_parse(
		&cmd, "{\"cmd\":\"reject\",\"call\":3,\"code\":486}"));
	ck_assert_uint_eq(3, cmd.call);
	ck_assert_uint_eq(486, cmd.code);
	jsoncmd_reset(&cmd);

	ck_assert_ptr_null(
		jsoncmd_parse(&cmd, "{\"cmd\":\"mute\",\"on\":true}"));
	ck_assert(cmd.on);
}
END_TEST


/* clang-format off */
static const struct {
	const char *line;
	const char *says;
} bad[] = {
	{ "",                                       "JSON object" },
	{ "hello",                                  "JSON object" },
	{ "[1]",                                    "JSON object" },
	{ "{\"cmd\":\"quit\"} x",                   "JSON object" },
	{ "{\"cmd\":\"quit\",\"cmd\":\"quit\"}",    "JSON object" },
	{ "{}",                                     "\"cmd\"" },
	{ "{\"cmd\":1}",                            "\"cmd\"" },
	{ "{\"cmd\":\"frob\"}",                     "unknown command" },
	{ "{\"cmd\":\"QUIT\"}",                     "unknown command" },
	{ "{\"cmd\":\"call\"}",                     "\"uri\"" },
	{ "{\"cmd\":\"call\",\"uri\":1}",           "\"uri\"" },
	{ "{\"cmd\":\"call\",\"uri\":\"\"}",        "\"uri\"" },
	{ "{\"cmd\":\"answer\",\"call\":0}",        "\"call\"" },
	{ "{\"cmd\":\"answer\",\"call\":1.5}",      "\"call\"" },
	{ "{\"cmd\":\"answer\",\"call\":-1}",       "\"call\"" },
	{ "{\"cmd\":\"answer\",\"call\":4294967297}", "\"call\"" },
	{ "{\"cmd\":\"answer\",\"call\":\"1\"}",    "\"call\"" },
	{ "{\"cmd\":\"reject\",\"code\":200}",      "\"code\"" },
	{ "{\"cmd\":\"dtmf\"}",                     "\"digits\"" },
	{ "{\"cmd\":\"dtmf\",\"digits\":12}",       "\"digits\"" },
	{ "{\"cmd\":\"mute\"}",                     "\"on\"" },
	{ "{\"cmd\":\"mute\",\"on\":1}",            "\"on\"" },
};
/* clang-format on */


START_TEST(what_is_no_command_is_told_so)
{
	const char *err = jsoncmd_parse(&cmd, bad[_i].line);

	ck_assert_ptr_nonnull(err);
	ck_assert_msg(strstr(err, bad[_i].says), "%s: %s", bad[_i].line, err);
}
END_TEST


START_TEST(a_wrong_command_still_has_its_id)
{
	ck_assert_ptr_nonnull(
		jsoncmd_parse(&cmd, "{\"cmd\":\"frob\",\"id\":\"x\"}"));
	ck_assert_str_eq("x", json_string_value(cmd.id));
}
END_TEST


Suite *ua_suite_jsonparse(void)
{
	Suite *s = suite_create("jsonparse");
	TCase *tc = tcase_create("jsonparse");

	tcase_add_checked_fixture(tc, NULL, teardown);
	tcase_add_test(tc, a_call_has_its_uri_account_and_id);
	tcase_add_test(tc, the_newest_call_is_meant_by_default);
	tcase_add_test(tc, numbers_and_flags_are_taken);
	tcase_add_loop_test(tc, what_is_no_command_is_told_so, 0,
			    sizeof(bad) / sizeof(bad[0]));
	tcase_add_test(tc, a_wrong_command_still_has_its_id);
	suite_add_tcase(s, tc);
	return s;
}
