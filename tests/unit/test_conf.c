/* SPDX-License-Identifier: BSD-3-Clause */
/** @file test_conf.c  The configuration file */

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <check.h>

#include "conf.h"

Suite *ua_suite_conf(void);


static struct conf conf;
static char err[OPT_ERR_MAX];


static void setup(void)
{
	memset(&conf, 0, sizeof(conf));
	err[0] = '\0';
}


static void teardown(void)
{
	conf_reset(&conf);
}


static int read_text(const char *text)
{
	char copy[2048];
	FILE *in;
	int status;

	snprintf(copy, sizeof(copy), "%s", text);
	in = fmemopen(copy, strlen(copy), "r");
	ck_assert_ptr_nonnull(in);
	snprintf(conf.file, sizeof(conf.file), "/etc/u");
	status = conf_read(&conf, in, err);
	ck_assert_int_eq(0, fclose(in));
	return status;
}


/* The whole way, with a file in the temporary folder */
static int load_text(const char *text)
{
	char name[] = "/tmp/test_conf.XXXXXX";
	const int fd = mkstemp(name);
	int status;

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq((int)strlen(text),
			 (int)write(fd, text, strlen(text)));
	close(fd);

	ck_assert_int_eq(0, optset_add(&conf.base, OPT_CONFIG, name,
				       OPT_FROM_ARGV, 0, err));
	status = conf_load(&conf, err);
	unlink(name);
	return status;
}


START_TEST(values_keep_the_line_they_stand_in)
{
	char buf[64];

	ck_assert_int_eq(0, read_text("# comment\n"
				      "ice = relay-only\n"
				      "\n"
				      "   turn = turn:a   ; why\n"
				      "turn=turn:b\n"
				      "json = no\n"));
	ck_assert_str_eq("relay-only", optset_str(&conf.base, OPT_ICE));
	ck_assert_str_eq("/etc/u:2",
			 optset_origin(&conf.base, OPT_ICE, buf, sizeof(buf)));
	ck_assert_uint_eq(2, conf.base.val[OPT_TURN].n);
	ck_assert_str_eq("turn:a", conf.base.val[OPT_TURN].value[0]);
	ck_assert_uint_eq(5, conf.base.val[OPT_TURN].line);
	ck_assert(!optset_flag(&conf.base, OPT_JSON));
	ck_assert(optset_given(&conf.base, OPT_JSON));
}
END_TEST


/* clang-format off */
static const struct {
	const char *text;
	const char *says;
} bad[] = {
	{ "ice = full\nfrob = 1\n",      "/etc/u:2: unknown option 'frob'" },
	{ "\n\nice = maybe\n",           "/etc/u:3: ice: 'maybe': expected" },
	{ "srtp = dtls\n",               "/etc/u:1: srtp: not in this version" },
	{ "ice\n",                       "/etc/u:1: expected NAME = VALUE" },
	{ "nonsense\nice = maybe\n",     "/etc/u:1: expected NAME" },
	{ "ice = maybe\nnonsense\n",     "/etc/u:1: ice" },
	{ "help = man\n",                "unknown option 'help'" },
	{ "config = x\n",                "unknown option 'config'" },
	{ "[account]\naor = sip:a@b\n",  "expected [account NAME]" },
	{ "[phone]\naor = sip:a@b\n",    "section 'phone'" },
	{ "[account a]\nice = off\n",    "/etc/u:2: 'ice' is for all" },
	{ "json = perhaps\n",            "expected yes or no" },
	{ "user =\n",                    "/etc/u:1: user: ''" },
};
/* clang-format on */


START_TEST(an_error_names_file_and_line)
{
	ck_assert_int_eq(EXIT_CONFIG, read_text(bad[_i].text));
	ck_assert_msg(strstr(err, bad[_i].says), "%s", err);
}
END_TEST


START_TEST(a_line_that_would_be_split_is_refused)
{
	char text[600];

	memset(text, 'x', sizeof(text));
	memcpy(text, "json = no\nuser = ", 17);
	text[sizeof(text) - 1] = '\0';
	ck_assert_int_eq(EXIT_CONFIG, read_text(text));
	ck_assert_msg(strstr(err, "/etc/u:2: line too long"), "%s", err);
}
END_TEST


START_TEST(sections_are_accounts_over_what_holds_for_all)
{
	const struct optset *set;

	ck_assert_int_eq(0, load_text("register-expires = 60\n"
				      "password-file = /all\n"
				      "[account a]\n"
				      "aor = sip:a@x\n"
				      "[account b]\n"
				      "aor = sip:b@x\n"
				      "register-expires = 90\n"
				      "password-command = echo b\n"));
	ck_assert_uint_eq(2, conf_naccts(&conf));

	set = conf_account_set(&conf, 0);
	ck_assert_str_eq("sip:a@x", optset_str(set, OPT_AOR));
	ck_assert_str_eq("60", optset_str(set, OPT_REGISTER_EXPIRES));
	ck_assert_str_eq("/all", optset_str(set, OPT_PASSWORD_FILE));

	set = conf_account_set(&conf, 1);
	ck_assert_str_eq("sip:b@x", optset_str(set, OPT_AOR));
	ck_assert_str_eq("90", optset_str(set, OPT_REGISTER_EXPIRES));
	ck_assert(!optset_given(set, OPT_PASSWORD_FILE));
}
END_TEST


START_TEST(the_command_line_beats_sections_and_replaces_accounts)
{
	ck_assert_int_eq(0, optset_add(&conf.base, OPT_TRANSPORT, "tcp",
				       OPT_FROM_ARGV, 0, err));
	ck_assert_int_eq(0, load_text("[account a]\n"
				      "aor = sip:a@x\n"
				      "transport = udp\n"));
	ck_assert_uint_eq(1, conf_naccts(&conf));
	ck_assert_str_eq(
		"tcp", optset_str(conf_account_set(&conf, 0), OPT_TRANSPORT));

	ck_assert_int_eq(0, optset_add(&conf.base, OPT_AOR, "sip:c@x",
				       OPT_FROM_ARGV, 0, err));
	ck_assert_uint_eq(1, conf_naccts(&conf));
	ck_assert_str_eq("sip:c@x",
			 optset_str(conf_account_set(&conf, 0), OPT_AOR));
}
END_TEST


START_TEST(an_account_outside_sections_is_the_first)
{
	ck_assert_int_eq(0, load_text("aor = sip:a@x\n"
				      "[account b]\n"
				      "aor = sip:b@x\n"));
	ck_assert_uint_eq(2, conf_naccts(&conf));
	ck_assert_str_eq("sip:a@x",
			 optset_str(conf_account_set(&conf, 0), OPT_AOR));
	ck_assert_str_eq("sip:b@x",
			 optset_str(conf_account_set(&conf, 1), OPT_AOR));
}
END_TEST


START_TEST(more_accounts_than_there_is_room_for_are_refused)
{
	char text[1024];
	size_t len = 0;
	unsigned i;

	for (i = 0; i <= CONF_ACCOUNTS_MAX; ++i)
		len += (size_t)snprintf(text + len, sizeof(text) - len,
					"[account %u]\naor = sip:%u@x\n", i,
					i);

	ck_assert_int_eq(EXIT_CONFIG, read_text(text));
	ck_assert_msg(strstr(err, "expected at most 8"), "%s", err);
}
END_TEST


START_TEST(a_missing_file_is_an_error_only_if_asked_for)
{
	ck_assert_int_eq(0, setenv("XDG_CONFIG_HOME", "/nonexistent", 1));
	ck_assert_int_eq(0, conf_load(&conf, err));
	ck_assert_str_eq("", conf.file);

	ck_assert_int_eq(0, optset_add(&conf.base, OPT_CONFIG, "/nonexistent",
				       OPT_FROM_ARGV, 0, err));
	ck_assert_int_eq(EXIT_CONFIG, conf_load(&conf, err));
	ck_assert_msg(strstr(err, "'/nonexistent'"), "%s", err);
}
END_TEST


START_TEST(the_password_comes_from_command_line_then_environment_then_file)
{
	struct ua_account_conf account;
	char secret[CONF_SECRET_MAX];

	ck_assert_int_eq(0, load_text("aor = sip:a@x\n"
				      "password-command = echo file\n"));

	conf.env_password = NULL;
	ck_assert_int_eq(0, conf_account_fill(&conf, &conf.base, &account,
					      secret, err));
	ck_assert_str_eq("file", account.password);

	conf.env_password = "env";
	ck_assert_int_eq(0, conf_account_fill(&conf, &conf.base, &account,
					      secret, err));
	ck_assert_str_eq("env", account.password);

	ck_assert_int_eq(0, optset_add(&conf.base, OPT_PASSWORD_COMMAND,
				       "echo argv", OPT_FROM_ARGV, 0, err));
	ck_assert_int_eq(0, conf_account_fill(&conf, &conf.base, &account,
					      secret, err));
	ck_assert_str_eq("argv", account.password);
}
END_TEST


/* clang-format off */
static const char *const no_password[] = {
	"password-file = /nonexistent\n",
	"password-file = /dev/null\n",
	"password-command = exit 1\n",
	"password-command = true\n",
};
/* clang-format on */


START_TEST(a_password_that_cannot_be_had_is_a_bad_configuration)
{
	struct ua_account_conf account;
	char secret[CONF_SECRET_MAX];
	char text[128];

	snprintf(text, sizeof(text), "aor = sip:a@x\n%s", no_password[_i]);
	ck_assert_int_eq(0, load_text(text));
	conf.env_password = NULL;
	ck_assert_int_eq(
		EXIT_CONFIG,
		conf_account_fill(&conf, &conf.base, &account, secret, err));
	ck_assert_msg(strstr(err, ":2: password-"), "%s", err);
}
END_TEST


START_TEST(both_families_alone_are_refused)
{
	struct conf_agent agent;

	ck_assert_int_eq(0, optset_add(&conf.base, OPT_IP4, "yes",
				       OPT_FROM_ARGV, 0, err));
	ck_assert_int_eq(0, conf_agent_fill(&conf, &agent, err));
	ck_assert(agent.agent.ip4);
	ck_assert(!agent.agent.ip6);

	ck_assert_int_eq(0, optset_add(&conf.base, OPT_IP6, "yes",
				       OPT_FROM_ARGV, 0, err));
	ck_assert_int_eq(EXIT_USAGE, conf_agent_fill(&conf, &agent, err));
}
END_TEST


START_TEST(an_unknown_codec_is_named_with_those_there_are)
{
	struct conf_agent agent;

	ck_assert_int_eq(0, optset_add(&conf.base, OPT_CODEC, "pcma,frob",
				       OPT_FROM_ARGV, 0, err));
	ck_assert_int_eq(EXIT_USAGE, conf_agent_fill(&conf, &agent, err));
	ck_assert_msg(strstr(err, "'frob'") && strstr(err, "pcma"), "%s", err);

	ck_assert_int_eq(0, optset_add(&conf.base, OPT_CODEC, "l16/16000,pcma",
				       OPT_FROM_ARGV, 0, err));
	ck_assert_int_eq(0, conf_agent_fill(&conf, &agent, err));
	ck_assert_uint_eq(2, agent.agent.ncodec);
}
END_TEST


START_TEST(a_name_server_gets_its_port)
{
	struct conf_agent agent;

	ck_assert_int_eq(0, optset_add(&conf.base, OPT_DNS, "192.0.2.53",
				       OPT_FROM_ARGV, 0, err));
	ck_assert_int_eq(0, conf_agent_fill(&conf, &agent, err));
	ck_assert_uint_eq(53, agent.agent.dns.port);
	ck_assert_int_eq(UA_AF_NONE, agent.agent.local.af);
}
END_TEST


Suite *ua_suite_conf(void)
{
	Suite *s = suite_create("conf");
	TCase *tc = tcase_create("conf");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, values_keep_the_line_they_stand_in);
	tcase_add_loop_test(tc, an_error_names_file_and_line, 0,
			    sizeof(bad) / sizeof(bad[0]));
	tcase_add_test(tc, a_line_that_would_be_split_is_refused);
	tcase_add_test(tc, sections_are_accounts_over_what_holds_for_all);
	tcase_add_test(tc,
		       the_command_line_beats_sections_and_replaces_accounts);
	tcase_add_test(tc, an_account_outside_sections_is_the_first);
	tcase_add_test(tc, more_accounts_than_there_is_room_for_are_refused);
	tcase_add_test(tc, a_missing_file_is_an_error_only_if_asked_for);
	tcase_add_test(
		tc,
		the_password_comes_from_command_line_then_environment_then_file);
	tcase_add_loop_test(
		tc, a_password_that_cannot_be_had_is_a_bad_configuration, 0,
		sizeof(no_password) / sizeof(no_password[0]));
	tcase_add_test(tc, both_families_alone_are_refused);
	tcase_add_test(tc, an_unknown_codec_is_named_with_those_there_are);
	tcase_add_test(tc, a_name_server_gets_its_port);
	suite_add_tcase(s, tc);
	return s;
}
