/* SPDX-License-Identifier: BSD-3-Clause */
/** @file test_options.c  Values of options, and the command line */

#include <stdlib.h>
#include <string.h>

#include <check.h>

#include "options.h"

Suite *ua_suite_options(void);


enum { ARGS_MAX = 12 };

static struct optset set;
static struct operands ops;
static char err[OPT_ERR_MAX];


static void setup(void)
{
	memset(&set, 0, sizeof(set));
	err[0] = '\0';
}


static void teardown(void)
{
	optset_reset(&set);
}


/* A command line, split at spaces */
static int parse(const char *line)
{
	static char copy[256];
	char *argv[ARGS_MAX] = { "uaphone" };
	char *save = NULL;
	int argc = 1;

	snprintf(copy, sizeof(copy), "%s", line);
	for (char *p = strtok_r(copy, " ", &save); p && argc < ARGS_MAX;
	     p = strtok_r(NULL, " ", &save))
		argv[argc++] = p;

	return optset_argv(&set, argc, argv, &ops, err);
}


START_TEST(every_row_is_complete_and_its_default_is_valid)
{
	const struct opt *opt = opt_row((enum opt_id)_i);
	char what[OPT_ERR_MAX];

	ck_assert_ptr_nonnull(opt->name);
	ck_assert_int_eq(_i, (int)opt_find(opt->name));

	if (!(opt->flags & OPT_LATER))
		ck_assert_ptr_nonnull(opt->help);
	if (opt->def)
		ck_assert_msg(opt_check(opt, opt->def, what), "%s: %s",
			      opt->name, what);
	if (opt->bare)
		ck_assert(opt_check(opt, opt->bare, what));
	if (opt->kind == OPT_CHOICE)
		ck_assert_ptr_nonnull(opt->words);
}
END_TEST


START_TEST(options_stand_before_and_behind_the_words)
{
	ck_assert_int_eq(0, parse("-4 call --ice off sip:b@x --duration=2.5"));
	ck_assert_uint_eq(2, ops.n);
	ck_assert_str_eq("call", ops.word[0]);
	ck_assert_str_eq("sip:b@x", ops.word[1]);
	ck_assert(optset_flag(&set, OPT_IP4));
	ck_assert(!optset_flag(&set, OPT_IP6));
	ck_assert_str_eq("off", optset_str(&set, OPT_ICE));
	ck_assert_int_eq(2, optset_choice(&set, OPT_ICE));
	ck_assert(optset_num(&set, OPT_DURATION) == 2.5);
}
END_TEST


START_TEST(a_double_dash_ends_options)
{
	ck_assert_int_eq(0, parse("call -- --json"));
	ck_assert_str_eq("--json", ops.word[1]);
	ck_assert(!optset_flag(&set, OPT_JSON));
}
END_TEST


START_TEST(a_value_that_may_be_left_out_takes_no_word)
{
	ck_assert_int_eq(0, parse("--answer listen"));
	ck_assert_str_eq("listen", ops.word[0]);
	ck_assert_str_eq("0", optset_str(&set, OPT_ANSWER));

	ck_assert_int_eq(0, parse("--answer=3 listen"));
	ck_assert_str_eq("3", optset_str(&set, OPT_ANSWER));
}
END_TEST


START_TEST(flags_count_and_lists_grow)
{
	ck_assert_int_eq(0, parse("-vv -v --turn turn:a --turn turn:b"));
	ck_assert(optset_num(&set, OPT_VERBOSE) == 3);
	ck_assert_uint_eq(2, set.val[OPT_TURN].n);
	ck_assert_str_eq("turn:b", set.val[OPT_TURN].value[1]);
}
END_TEST


START_TEST(the_last_value_of_a_single_option_wins)
{
	ck_assert_int_eq(0, parse("--ptime 20 --ptime 40"));
	ck_assert_uint_eq(1, set.val[OPT_PTIME].n);
	ck_assert_str_eq("40", optset_str(&set, OPT_PTIME));
}
END_TEST


/* clang-format off */
static const struct {
	const char *line;
	const char *says; /* Words that the error must have */
} bad[] = {
	{ "--frob",                   "unknown option '--frob'" },
	{ "--jsn",                    "did you mean --json?" },
	{ "-x",                       "unknown option '-x'" },
	{ "--4",                      "unknown option" },
	{ "--turn",                   "expected URI" },
	{ "--json=yes",               "takes no value" },
	{ "--ice maybe",              "full, relay-only or off" },
	{ "--transport sctp",         "expected udp, tcp or tls" },
	{ "--transport=",             "expected udp, tcp or tls" },
	{ "--keepalive stun",         "auto, options, register, crlf or off" },
	{ "--srtp dtls",              "not in this version" },
	{ "--srtp",                   "not in this version" },
	{ "--pcap x",                 "not in this version" },
	{ "--ptime 25",               "10, 20, 30, 40, 50 or 60" },
	{ "--count 20ms" ,             "'20ms'" },
	{ "--count -20" ,              "'-20'" },
	{ "--duration 1e9",           "'1e9'" },
	{ "--duration 0",             "seconds from 0.1" },
	{ "--answer=soon",            "'soon'" },
	{ "--reject 200",             "from 400 to 699" },
	{ "--aor alice",              "expected a SIP URI" },
	{ "--aor sip:",               "expected a SIP URI" },
	{ "--registrar sips:",        "expected a SIP URI" },
	{ "--local localhost",        "numeric address" },
	{ "--turn stun:a",            "expected turn:HOST" },
	{ "--turn turns:a?transport=udp", "expected turn:HOST" },
	{ "--turn turn:a?transport=tls", "?transport=tcp" },
	{ "--turn turn:a?transport=x",   "expected turn:HOST" },
	{ "--turn-credentials x",     "expected file:PATH or command:CMD" },
	{ "--turn-credentials file:", "expected file:PATH or command:CMD" },
	{ "--stun stun:",             "expected stun:HOST" },
	{ "--stun stun://a",          "expected stun:HOST" },
	{ "--codec opus,,pcma",       "names in lower case" },
	{ "--codec OPUS",             "names in lower case" },
	{ "--source tone:5",          "tone:HZ" },
	{ "--source tone:",           "tone:HZ" },
	{ "--source file:",           "file:F.wav" },
	{ "--sink tone:440",          "expected alsa[:DEV], file:F.wav" },
	{ "--dtmf 12x",               "'12x'" },
	{ "a b c",                    "one word too many" },
	{ "-vvvv",                    "from 0 to 3" },
};
/* clang-format on */


START_TEST(an_error_names_the_value_and_what_was_expected)
{
	ck_assert_int_eq(EXIT_USAGE, parse(bad[_i].line));
	ck_assert_msg(strstr(err, bad[_i].says), "%s: %s", bad[_i].line, err);
	ck_assert_ptr_null(strchr(err, '\n'));
}
END_TEST


/* clang-format off */
static const char *const good[] = {
	"--local 192.0.2.1", "--local 192.0.2.1:5060", "--local [2001:db8::1]:5",
	"--local 2001:db8::1", "--dns 192.0.2.53", "--turn turn:[2001:db8::1]:9",
	"--turn turn:a?transport=udp", "--turn turn:a?transport=tcp",
	"--turn-credentials file:a", "--turn-credentials command:a",
	"--turn turns:a:443", "--tls-ca ca.pem", "--tls-cert c.pem",
	"--tls-key k.pem", "--transport tls", "--registrar sips:a",
	"--stun stun:a:3478",
	"--codec opus,pcma,l16/16000", "--codec g722", "--source tone:440",
	"--source tone:440.5", "--source alsa", "--source alsa:hw:0,0",
	"--source file:a%d.wav", "--source silence", "--source echo",
	"--sink null", "--sink file:x", "--dtmf 0123456789*#ABCD,",
	"--aor sip:alice@example.com", "--trace sip --trace rtp",
	"--duration 0.5", "--interface lo --interface eth0",
};
/* clang-format on */


START_TEST(a_good_value_is_taken)
{
	ck_assert_msg(!parse(good[_i]), "%s: %s", good[_i], err);
}
END_TEST


START_TEST(a_higher_origin_wins_in_whatever_order)
{
	set.file = "/etc/u";
	ck_assert_int_eq(
		0, optset_add(&set, OPT_ICE, "off", OPT_FROM_ARGV, 0, err));
	ck_assert_int_eq(0, optset_add(&set, OPT_ICE, "relay-only",
				       OPT_FROM_FILE, 3, err));
	ck_assert_str_eq("off", optset_str(&set, OPT_ICE));

	ck_assert_int_eq(0, optset_add(&set, OPT_TURN, "turn:file",
				       OPT_FROM_FILE, 4, err));
	ck_assert_int_eq(0, optset_add(&set, OPT_TURN, "turn:argv",
				       OPT_FROM_ARGV, 0, err));
	ck_assert_uint_eq(1, set.val[OPT_TURN].n);
	ck_assert_str_eq("turn:argv", optset_str(&set, OPT_TURN));
}
END_TEST


START_TEST(an_error_of_the_file_has_its_line_and_status)
{
	set.file = "/etc/u";
	ck_assert_int_eq(EXIT_CONFIG, optset_add(&set, OPT_ICE, "on",
						 OPT_FROM_FILE, 7, err));
	ck_assert_ptr_eq(err, strstr(err, "/etc/u:7: ice: 'on': expected"));
	ck_assert(!optset_given(&set, OPT_ICE));
}
END_TEST


START_TEST(more_values_than_there_is_room_for_are_refused)
{
	unsigned i;

	for (i = 0; i < OPT_VALUES_MAX; ++i)
		ck_assert_int_eq(0, optset_add(&set, OPT_INTERFACE, "lo",
					       OPT_FROM_ARGV, 0, err));

	ck_assert_int_eq(EXIT_USAGE, optset_add(&set, OPT_INTERFACE, "lo",
						OPT_FROM_ARGV, 0, err));
	ck_assert_uint_eq(OPT_VALUES_MAX, set.val[OPT_INTERFACE].n);
}
END_TEST


START_TEST(origins_are_told)
{
	char buf[64];

	ck_assert_str_eq("default",
			 optset_origin(&set, OPT_ICE, buf, sizeof(buf)));
	ck_assert_str_eq("full", optset_str(&set, OPT_ICE));

	ck_assert_int_eq(0, parse("--ice off"));
	ck_assert_str_eq("command line",
			 optset_origin(&set, OPT_ICE, buf, sizeof(buf)));

	set.file = "/etc/u";
	ck_assert_int_eq(
		0, optset_add(&set, OPT_USER, "al", OPT_FROM_FILE, 9, err));
	ck_assert_str_eq("/etc/u:9",
			 optset_origin(&set, OPT_USER, buf, sizeof(buf)));
}
END_TEST


START_TEST(the_option_that_a_text_means_is_found)
{
	ck_assert_int_eq(0, parse("--interface wlan7 --source file:a/b.wav "
				  "--ice off"));
	ck_assert_int_eq(OPT_INTERFACE,
			 optset_blame(&set, "'wlan7': no such interface"));
	ck_assert_int_eq(OPT_SOURCE, optset_blame(&set, "'a/b.wav': no file"));
	ck_assert_int_eq(OPT_N, optset_blame(&set, "'sip:x': off the mark"));
}
END_TEST


START_TEST(the_overlay_keeps_what_is_higher)
{
	struct optset over = { .file = "/etc/u" };

	ck_assert_int_eq(0, parse("--user argv"));
	ck_assert_int_eq(
		0, optset_add(&over, OPT_USER, "file", OPT_FROM_FILE, 2, err));
	ck_assert_int_eq(0, optset_add(&over, OPT_AOR, "sip:a@b",
				       OPT_FROM_FILE, 3, err));
	ck_assert_int_eq(0, optset_overlay(&set, &over));
	ck_assert_str_eq("argv", optset_str(&set, OPT_USER));
	ck_assert_str_eq("sip:a@b", optset_str(&set, OPT_AOR));
	ck_assert_uint_eq(3, set.val[OPT_AOR].line);
	optset_reset(&over);
}
END_TEST


/* Print through a pipe of memory */
static char *printed(void (*print)(FILE *out))
{
	char *buf = NULL;
	size_t len;
	FILE *out = open_memstream(&buf, &len);

	ck_assert_ptr_nonnull(out);
	print(out);
	ck_assert_int_eq(0, fclose(out));
	return buf;
}


START_TEST(help_man_and_completion_have_every_option_of_this_version)
{
	char *texts[] = { printed(help_print), printed(help_man),
			  printed(help_bash) };
	unsigned i;

	for (i = 0; i < OPT_N; ++i) {
		const struct opt *opt = opt_row((enum opt_id)i);
		char name[40], man[80];
		size_t k, n = 0;

		snprintf(name, sizeof(name), "%s%s", opt->letter ? "-" : "--",
			 opt->name);
		for (k = 0; name[k]; ++k)
			n += (size_t)snprintf(man + n, sizeof(man) - n, "%s%c",
					      name[k] == '-' ? "\\" : "",
					      name[k]);

		if (opt->flags & OPT_LATER) {
			ck_assert_ptr_null(strstr(texts[0], name));
			ck_assert_ptr_null(strstr(texts[1], man));
			continue;
		}

		ck_assert_ptr_nonnull(strstr(texts[0], name));
		ck_assert_ptr_nonnull(strstr(texts[1], man));
		ck_assert_ptr_nonnull(strstr(texts[2], name));
	}

	for (i = 0; i < 3; ++i)
		free(texts[i]);
}
END_TEST


START_TEST(help_fits_a_terminal)
{
	char *text = printed(help_print);
	char *save = NULL;
	const char *line;

	for (line = strtok_r(text, "\n", &save); line;
	     line = strtok_r(NULL, "\n", &save))
		ck_assert_uint_le(strlen(line), 80);

	free(text);
}
END_TEST


Suite *ua_suite_options(void)
{
	Suite *s = suite_create("options");
	TCase *tc = tcase_create("options");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, every_row_is_complete_and_its_default_is_valid,
			    0, OPT_N);
	tcase_add_test(tc, options_stand_before_and_behind_the_words);
	tcase_add_test(tc, a_double_dash_ends_options);
	tcase_add_test(tc, a_value_that_may_be_left_out_takes_no_word);
	tcase_add_test(tc, flags_count_and_lists_grow);
	tcase_add_test(tc, the_last_value_of_a_single_option_wins);
	tcase_add_loop_test(tc, an_error_names_the_value_and_what_was_expected,
			    0, sizeof(bad) / sizeof(bad[0]));
	tcase_add_loop_test(tc, a_good_value_is_taken, 0,
			    sizeof(good) / sizeof(good[0]));
	tcase_add_test(tc, a_higher_origin_wins_in_whatever_order);
	tcase_add_test(tc, an_error_of_the_file_has_its_line_and_status);
	tcase_add_test(tc, more_values_than_there_is_room_for_are_refused);
	tcase_add_test(tc, origins_are_told);
	tcase_add_test(tc, the_option_that_a_text_means_is_found);
	tcase_add_test(tc, the_overlay_keeps_what_is_higher);
	tcase_add_test(
		tc, help_man_and_completion_have_every_option_of_this_version);
	tcase_add_test(tc, help_fits_a_terminal);
	suite_add_tcase(s, tc);
	return s;
}
