/* SPDX-License-Identifier: BSD-3-Clause */
/** @file test_ui.c  What both renderers need, and the JSON of one */

#include <stdlib.h>
#include <string.h>

#include <check.h>

#include "json.h"
#include "options.h"

Suite *ua_suite_ui(void);


START_TEST(a_peers_text_cannot_steer_a_terminal)
{
	char buf[32];

	ck_assert_str_eq("a?[31mb",
			 ui_safe(buf, sizeof(buf), "a\033[31mb", false));
	ck_assert_str_eq("a?b?c", ui_safe(buf, sizeof(buf),
					  "a\nb\x7f"
					  "c",
					  false));
	ck_assert_str_eq("?x", ui_safe(buf, sizeof(buf), "\xc2\x9bx", false));
	ck_assert_str_eq("\xc3\xa4",
			 ui_safe(buf, sizeof(buf), "\xc3\xa4", false));
	ck_assert_str_eq("", ui_safe(buf, sizeof(buf), NULL, false));
}
END_TEST


START_TEST(lines_are_kept_where_they_are_wanted)
{
	char buf[32];

	ck_assert_str_eq("a\n\tb?",
			 ui_safe(buf, sizeof(buf), "a\r\n\tb\r", true));
}
END_TEST


START_TEST(text_is_cut_to_its_room)
{
	char buf[4];

	ck_assert_str_eq("abc", ui_safe(buf, sizeof(buf), "abcdef", false));
}
END_TEST


START_TEST(bytes_that_are_no_utf8_become_question_marks)
{
	json_t *str = json_text("a\xff"
				"b");

	ck_assert_str_eq("a?b", json_string_value(str));
	json_decref(str);

	str = json_text(NULL);
	ck_assert(json_is_null(str));
	json_decref(str);
}
END_TEST


/* The line that a renderer writes for a result */
static char *render(const struct outcome *outcome)
{
	char *buf = NULL;
	size_t len;
	struct ui ui = { .ops = &ui_json, .t0_s = ui_clock() };

	ui.out = open_memstream(&buf, &len);
	ck_assert_ptr_nonnull(ui.out);
	ui.ops->result(&ui, outcome);
	ck_assert_int_eq(0, fclose(ui.out));
	ck_assert(!ui.broken);
	return buf;
}


START_TEST(the_result_has_all_its_keys)
{
	struct leg leg = { .number = 3,
			   .answered = true,
			   .connected = true,
			   .ice = { .rtt_ms = 20.14, .ms = 38 },
			   .stats = { .tx_packets = 250, .heard_s = 4.987 },
			   .codec = "opus/48000",
			   .closed = { .by = UA_BY_REMOTE,
				       .code = 200,
				       .reason = "Normal",
				       .duration_s = 5 } };
	const struct outcome outcome = { .status = 0, .leg = &leg };
	char *text = render(&outcome);
	const char *by, *codec;
	int status, call, code, tx;
	double rtt, heard, duration;
	json_t *line = json_loads(text, 0, NULL);

	ck_assert_int_eq(
		0,
		json_unpack(line,
			    "{s:i, s:{s:i, s:s, s:i, s:f, s:n}, s:{s:f}, "
			    "s:{s:s, s:i, s:f, s:n}}",
			    "exit", &status, "call", "call", &call, "by", &by,
			    "code", &code, "duration_s", &duration, "why",
			    "ice", "rtt_ms", &rtt, "media", "codec", &codec,
			    "tx_packets", &tx, "heard_s", &heard, "mos"));
	ck_assert_int_eq(0, status);
	ck_assert_int_eq(3, call);
	ck_assert_str_eq("remote", by);
	ck_assert_str_eq("opus/48000", codec);
	ck_assert_int_eq(250, tx);

	/* Rounded, and printed as rounded */
	ck_assert_ptr_nonnull(strstr(text, "\"rtt_ms\":20.1,"));
	ck_assert_ptr_nonnull(strstr(text, "\"heard_s\":4.99,"));
	ck_assert_ptr_eq(strchr(text, '\n'), text + strlen(text) - 1);

	json_decref(line);
	free(text);
}
END_TEST


START_TEST(a_result_without_a_call_has_its_error)
{
	const struct outcome outcome = { .status = EXIT_USAGE, .error = "no" };
	char *text = render(&outcome);

	ck_assert_ptr_nonnull(strstr(text, "\"exit\":64,\"call\":null,"
					   "\"ice\":null,\"media\":null,"
					   "\"error\":\"no\"}"));
	free(text);
}
END_TEST


Suite *ua_suite_ui(void)
{
	Suite *s = suite_create("ui");
	TCase *tc = tcase_create("ui");

	tcase_add_test(tc, a_peers_text_cannot_steer_a_terminal);
	tcase_add_test(tc, lines_are_kept_where_they_are_wanted);
	tcase_add_test(tc, text_is_cut_to_its_room);
	tcase_add_test(tc, bytes_that_are_no_utf8_become_question_marks);
	tcase_add_test(tc, the_result_has_all_its_keys);
	tcase_add_test(tc, a_result_without_a_call_has_its_error);
	suite_add_tcase(s, tc);
	return s;
}
