/* SPDX-License-Identifier: BSD-3-Clause */
/** @file main.c  uaphone: reads the command line and runs a command */

#include <signal.h>
#include <string.h>

#include <ua/ua.h>

#include "phone.h"


/* clang-format off */
static const struct command {
	const char *name;
	int (*run)(struct phone *phone);
	const char *operand; /* What must stand behind it, NULL: nothing   */
} commands[] = {
	{ "call",    cmd_call,    "URI" },
	{ "listen",  cmd_listen,  NULL },
	{ "devices", cmd_devices, NULL },
	{ "codecs",  cmd_codecs,  NULL },
	{ "config",  cmd_config,  NULL },
	{ NULL,      cmd_phone,   NULL },
};
/* clang-format on */


static const struct command *find_command(const struct operands *ops,
					  char *err)
{
	const struct command *cmd = commands;

	while (cmd->name && (!ops->n || strcmp(cmd->name, ops->word[0])))
		++cmd;

	if (ops->n && !cmd->name)
		snprintf(err, OPT_ERR_MAX,
			 "unknown command '%.64s', expected call, listen, "
			 "devices, codecs or config",
			 ops->word[0]);
	else if (cmd->operand && ops->n < 2)
		snprintf(err, OPT_ERR_MAX, "%s: expected %s", cmd->name,
			 cmd->operand);
	else if (!cmd->operand && ops->n > 1)
		snprintf(err, OPT_ERR_MAX,
			 "%s: '%.64s': expected no more words", cmd->name,
			 ops->word[1]);
	else
		return cmd;

	return NULL;
}


/* --json may stand behind the word that is wrong */
static bool wants_json(int argc, char *const *argv)
{
	int i;

	for (i = 1; i < argc && strcmp(argv[i], "--"); ++i) {
		if (!strcmp(argv[i], "--json"))
			return true;
	}

	return false;
}


static void ui_init(struct ui *ui, const struct optset *set, bool json)
{
	ui->ops = json ? &ui_json : &ui_tty;
	ui->out = stdout;
	ui->colour = !json && ui_may_colour(stdout);
	ui->quiet = optset_flag(set, OPT_QUIET);
}


static int fail(struct ui *ui, int status, const char *err)
{
	const struct outcome outcome = { .status = status, .error = err };
	char safe[OPT_ERR_MAX];

	fprintf(stderr, "uaphone: %s\n",
		ui_safe(safe, sizeof(safe), err, false));
	ui->ops->result(ui, &outcome);
	return status;
}


static int run_command(struct phone *phone, struct conf *conf,
		       const struct operands *ops)
{
	char err[OPT_ERR_MAX];
	const struct command *cmd = find_command(ops, err);
	int status;

	if (!cmd)
		return fail(&phone->ui, EXIT_USAGE, err);

	status = conf_load(conf, err);
	if (status)
		return fail(&phone->ui, status, err);

	/* The file may ask for JSON, too. */
	ui_init(&phone->ui, &conf->base, optset_flag(&conf->base, OPT_JSON));
	phone->operand = ops->n > 1 ? ops->word[1] : NULL;
	return cmd->run(phone);
}


static int show_help(const struct optset *set)
{
	void (*const forms[])(FILE *) = { help_print, help_man, help_bash };

	forms[optset_choice(set, OPT_HELP)](stdout);
	return EXIT_OK;
}


int main(int argc, char *argv[])
{
	struct conf conf = { 0 };
	struct phone phone = { .conf = &conf, .set = &conf.base };
	struct operands ops;
	char err[OPT_ERR_MAX];
	int status;

	/* A reader that has gone is an error of write(), not our death. */
	signal(SIGPIPE, SIG_IGN);

	phone.ui.t0_s = ui_clock();
	status = optset_argv(&conf.base, argc, argv, &ops, err);
	ui_init(&phone.ui, &conf.base, wants_json(argc, argv));

	if (status) {
		status = fail(&phone.ui, status, err);
	}
	else if (optset_given(&conf.base, OPT_HELP)) {
		status = show_help(&conf.base);
	}
	else if (optset_flag(&conf.base, OPT_VERSION)) {
		printf("uaphone %s\n", ua_version());
	}
	else {
		status = run_command(&phone, &conf, &ops);
	}

	conf_reset(&conf);
	return status;
}
