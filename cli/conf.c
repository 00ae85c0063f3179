/* SPDX-License-Identifier: BSD-3-Clause */
/** @file conf.c  The configuration file */

#include <errno.h>
#include <ini.h>
#include <stdlib.h>
#include <string.h>

#include "conf.h"


/* One run of the parser */
struct reading {
	struct conf *conf;
	FILE *in;
	unsigned line;     /* Of what the handler is told                  */
	unsigned section;  /* Line of the section that it is in            */
	unsigned err_line; /* Of the first error, 0: none                  */
	int status;
	char *err;
};


static void fail(struct reading *rd, int status)
{
	rd->status = status;
	rd->err_line = rd->line;
}


/*
 * inih's reader.  It counts lines, which inih does not tell its handler; it
 * refuses what inih would split; and it drops indentation, which inih takes
 * for a second value of the line above.
 */
static char *read_line(char *str, int num, void *stream)
{
	struct reading *rd = stream;
	size_t len, skip;

	if (rd->status || !fgets(str, num, rd->in))
		return NULL;

	++rd->line;
	len = strlen(str);
	if (len + 1 >= (size_t)num && str[len - 1] != '\n') {
		snprintf(rd->err, OPT_ERR_MAX,
			 "%s:%u: line too long, expected less than %d bytes",
			 rd->conf->file, rd->line, num - 1);
		fail(rd, EXIT_CONFIG);
		return NULL;
	}

	skip = strspn(str, " \t");
	memmove(str, str + skip, len - skip + 1);
	if (*str == '[')
		rd->section = rd->line;

	return str;
}


/* The set of "[account NAME]", made when it is new; NULL with an error */
static struct optset *section_set(struct reading *rd, const char *section)
{
	struct conf *conf = rd->conf;
	const char *name;
	unsigned i;

	if (!*section)
		return &conf->base;

	if (strncmp(section, "account ", 8) ||
	    strlen(section) - 8 >= CONF_NAME_MAX || !section[8]) {
		snprintf(rd->err, OPT_ERR_MAX,
			 "%s:%u: section '%.64s', expected [account NAME]",
			 conf->file, rd->section, section);
		return NULL;
	}

	name = section + 8;
	for (i = 0; i < conf->naccts; ++i) {
		if (!strcmp(conf->acct[i].name, name))
			return &conf->acct[i].set;
	}

	if (i == CONF_ACCOUNTS_MAX) {
		snprintf(rd->err, OPT_ERR_MAX,
			 "%s:%u: account '%.48s', expected at most %d",
			 conf->file, rd->section, name, CONF_ACCOUNTS_MAX);
		return NULL;
	}

	snprintf(conf->acct[i].name, CONF_NAME_MAX, "%s", name);
	conf->acct[i].set.file = conf->file;
	++conf->naccts;
	return &conf->acct[i].set;
}


static int handle_value(struct reading *rd, const char *section,
			const char *name, const char *value)
{
	struct optset *set = section_set(rd, section);
	const enum opt_id id = opt_find(name);

	if (!set)
		return EXIT_CONFIG;

	if (id == OPT_N || opt_row(id)->flags & OPT_ARGV_ONLY) {
		snprintf(rd->err, OPT_ERR_MAX,
			 "%s:%u: unknown option '%.64s', see uaphone --help",
			 rd->conf->file, rd->line, name);
		return EXIT_CONFIG;
	}

	if (*section && opt_row(id)->section != OPT_SEC_ACCOUNT &&
	    id != OPT_KEEPALIVE && id != OPT_KEEPALIVE_INTERVAL) {
		snprintf(rd->err, OPT_ERR_MAX,
			 "%s:%u: '%s' is for all accounts, expected above the "
			 "first section",
			 rd->conf->file, rd->line, name);
		return EXIT_CONFIG;
	}

	return optset_add(set, id, value, OPT_FROM_FILE, rd->line, rd->err);
}


static int on_value(void *user, const char *section, const char *name,
		    const char *value)
{
	struct reading *rd = user;
	int status;

	if (rd->status)
		return 0;

	status = handle_value(rd, section, name, value);
	if (status)
		fail(rd, status);

	return !status;
}


int conf_read(struct conf *conf, FILE *in, char *err)
{
	struct reading rd = { .conf = conf, .in = in, .err = err };
	int line;

	conf->base.file = conf->file;
	line = ini_parse_stream(read_line, &rd, on_value, &rd);

	/* inih's own error, if it stands above the one that stopped us */
	if (line > 0 && (!rd.status || (unsigned)line < rd.err_line)) {
		snprintf(err, OPT_ERR_MAX,
			 "%s:%d: expected NAME = VALUE or [account NAME]",
			 conf->file, line);
		return EXIT_CONFIG;
	}

	if (line < 0) {
		snprintf(err, OPT_ERR_MAX, "out of memory");
		return EXIT_UNAVAILABLE;
	}

	return rd.status;
}


/* $XDG_CONFIG_HOME/uaphone/config, or below $HOME/.config */
static void find_file(struct conf *conf)
{
	const char *xdg = getenv("XDG_CONFIG_HOME");
	const char *home = getenv("HOME");

	/* A relative path there is invalid and to be ignored. */
	if (xdg && *xdg == '/')
		snprintf(conf->file, sizeof(conf->file), "%s/uaphone/config",
			 xdg);
	else if (home && *home)
		snprintf(conf->file, sizeof(conf->file),
			 "%s/.config/uaphone/config", home);
}


/* A section is laid over what holds for all of them */
static int lay_section(struct conf *conf, struct optset *section)
{
	struct optset all = { .file = conf->file };
	int e;

	e = optset_overlay(&all, &conf->base);

	/* Two ways to one password: the section's own one is meant. */
	if (!e && optset_given(section, OPT_PASSWORD_COMMAND) &&
	    all.val[OPT_PASSWORD_FILE].origin == OPT_FROM_FILE)
		optset_clear(&all, OPT_PASSWORD_FILE);

	if (!e)
		e = optset_overlay(&all, section);

	optset_reset(section);
	*section = all;
	return e;
}


static int lay_sections(struct conf *conf, char *err)
{
	unsigned i;

	for (i = 0; i < conf->naccts; ++i) {
		if (!lay_section(conf, &conf->acct[i].set))
			continue;

		snprintf(err, OPT_ERR_MAX, "out of memory");
		return EXIT_UNAVAILABLE;
	}

	return 0;
}


int conf_load(struct conf *conf, char *err)
{
	const char *asked = optset_str(&conf->base, OPT_CONFIG);
	FILE *in;
	int status = 0;

	conf->env_password = getenv("UAPHONE_PASSWORD");
	if (asked)
		snprintf(conf->file, sizeof(conf->file), "%s", asked);
	else
		find_file(conf);

	in = *conf->file ? fopen(conf->file, "re") : NULL;
	if (!in && asked) {
		snprintf(err, OPT_ERR_MAX,
			 "--config: '%.200s': %s, expected a readable file",
			 asked, strerror(errno));
		return EXIT_CONFIG;
	}

	if (!in) {
		conf->file[0] = '\0';
		return 0;
	}

	status = conf_read(conf, in, err);
	(void)fclose(in);
	return status ? status : lay_sections(conf, err);
}


void conf_reset(struct conf *conf)
{
	unsigned i;

	optset_reset(&conf->base);
	for (i = 0; i < CONF_ACCOUNTS_MAX; ++i)
		optset_reset(&conf->acct[i].set);

	memset(conf, 0, sizeof(*conf));
}


/* Does an account stand outside sections? */
static bool base_account(const struct conf *conf)
{
	return optset_given(&conf->base, OPT_AOR);
}


unsigned conf_naccts(const struct conf *conf)
{
	if (conf->base.val[OPT_AOR].origin == OPT_FROM_ARGV)
		return 1;

	return conf->naccts + base_account(conf);
}


const struct optset *conf_account_set(const struct conf *conf, unsigned i)
{
	if (base_account(conf))
		return i ? &conf->acct[i - 1].set : &conf->base;

	return &conf->acct[i].set;
}
