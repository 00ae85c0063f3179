/* SPDX-License-Identifier: BSD-3-Clause */
/** @file options.c  Values of options, and the command line */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "options.h"


static void val_reset(struct optval *val)
{
	unsigned i;

	for (i = 0; i < val->n; ++i)
		free(val->value[i]);

	memset(val, 0, sizeof(*val));
}


static int val_push(struct optval *val, const char *value)
{
	char *copy = strdup(value);

	if (!copy)
		return ENOMEM;

	val->value[val->n++] = copy;
	return 0;
}


/* "--ice: 'maybe': expected ..." or "/etc/uaphone:3: ice: ..." */
static int complain(const struct optset *set, enum opt_id id,
		    const char *value, enum opt_origin origin, unsigned line,
		    const char *what, char *err)
{
	const struct opt *opt = opt_row(id);
	char where[600];

	if (origin == OPT_FROM_FILE)
		snprintf(where, sizeof(where), "%s:%u: %s", set->file, line,
			 opt->name);
	else
		snprintf(where, sizeof(where), "%s%s",
			 opt->letter ? "-" : "--", opt->name);

	if (value)
		snprintf(err, OPT_ERR_MAX, "%s: '%.64s': %.150s", where, value,
			 what);
	else
		snprintf(err, OPT_ERR_MAX, "%s: %.150s", where, what);

	return origin == OPT_FROM_FILE ? EXIT_CONFIG : EXIT_USAGE;
}


int optset_add(struct optset *set, enum opt_id id, const char *value,
	       enum opt_origin origin, unsigned line, char *err)
{
	const struct opt *opt = opt_row(id);
	struct optval *val = &set->val[id];
	char what[OPT_ERR_MAX];

	if (opt->flags & OPT_LATER)
		return complain(set, id, NULL, origin, line,
				"not in this version", err);

	if (!opt_check(opt, value, what))
		return complain(set, id, value, origin, line, what, err);

	if (origin < val->origin)
		return 0;

	if (origin > val->origin || !(opt->flags & OPT_REPEAT))
		val_reset(val);

	if (val->n == OPT_VALUES_MAX)
		return complain(set, id, value, origin, line,
				"given too often, expected at most 8", err);

	if (val_push(val, value)) {
		snprintf(err, OPT_ERR_MAX, "out of memory");
		return EXIT_UNAVAILABLE;
	}

	val->origin = origin;
	val->line = line;
	return 0;
}


/* How many letters must change to make one word of another */
static unsigned distance(const char *a, const char *b)
{
	const size_t na = strlen(a);
	const size_t nb = strlen(b);
	unsigned row[32];
	size_t i, j;

	if (na >= 32 || nb >= 32)
		return 32;

	for (j = 0; j <= nb; ++j)
		row[j] = (unsigned)j;

	for (i = 1; i <= na; ++i) {
		unsigned diag = row[0];

		row[0] = (unsigned)i;
		for (j = 1; j <= nb; ++j) {
			const unsigned up = row[j];
			unsigned best = diag + (a[i - 1] != b[j - 1]);

			if (up + 1 < best)
				best = up + 1;
			if (row[j - 1] + 1 < best)
				best = row[j - 1] + 1;

			row[j] = best;
			diag = up;
		}
	}

	return row[nb];
}


static int unknown(const char *arg, const char *name, char *err)
{
	unsigned i, best = 3;
	const struct opt *near = NULL;

	for (i = 0; i < OPT_N; ++i) {
		const struct opt *opt = opt_row((enum opt_id)i);
		const unsigned d = distance(name, opt->name);

		if (d < best && !opt->letter && !(opt->flags & OPT_LATER)) {
			best = d;
			near = opt;
		}
	}

	if (near)
		snprintf(err, OPT_ERR_MAX,
			 "unknown option '%.64s', did you mean --%s?", arg,
			 near->name);
	else
		snprintf(err, OPT_ERR_MAX,
			 "unknown option '%.64s', see uaphone --help", arg);

	return EXIT_USAGE;
}


/* -4, -vv: flags only */
static int parse_letters(struct optset *set, const char *arg, char *err)
{
	const char *p;

	for (p = arg + 1; *p; ++p) {
		const char name[2] = { *p, '\0' };
		const enum opt_id id = opt_find(name);
		char value[16] = "yes";
		int status;

		if (id == OPT_N)
			return unknown(arg, "", err);

		if (opt_row(id)->kind == OPT_COUNTED)
			snprintf(value, sizeof(value), "%.0f",
				 optset_num(set, id) + 1);

		status = optset_add(set, id, value, OPT_FROM_ARGV, 0, err);
		if (status)
			return status;
	}

	return 0;
}


/* --name, --name=value, --name value; *ip is at the option */
static int parse_long(struct optset *set, int argc, char *const *argv, int *ip,
		      char *err)
{
	const char *arg = argv[*ip] + 2;
	const size_t len = strcspn(arg, "=");
	const char *value = arg[len] ? arg + len + 1 : NULL;
	const struct opt *opt;
	enum opt_id id;
	char name[32];

	snprintf(name, sizeof(name), "%.*s", (int)(len < 31 ? len : 31), arg);
	id = opt_find(name);
	if (id == OPT_N || len > 31 || opt_row(id)->letter)
		return unknown(argv[*ip], name, err);

	opt = opt_row(id);
	if (!opt->arg && value)
		return complain(set, id, value, OPT_FROM_ARGV, 0,
				"takes no value", err);

	if (!opt->arg) {
		value = "yes";
	}
	else if (!value && opt->flags & OPT_BARE) {
		value = opt->bare;
	}
	else if (!value) {
		if (*ip + 1 >= argc && !(opt->flags & OPT_LATER)) {
			snprintf(err, OPT_ERR_MAX,
				 "--%s: no value, expected %s", opt->name,
				 opt->arg);
			return EXIT_USAGE;
		}

		value = *ip + 1 < argc ? argv[++*ip] : "";
	}

	return optset_add(set, id, value, OPT_FROM_ARGV, 0, err);
}


static int operand(struct operands *ops, const char *word, char *err)
{
	if (ops->n == sizeof(ops->word) / sizeof(ops->word[0])) {
		snprintf(err, OPT_ERR_MAX,
			 "'%.64s': one word too many, see uaphone --help",
			 word);
		return EXIT_USAGE;
	}

	ops->word[ops->n++] = word;
	return 0;
}


int optset_argv(struct optset *set, int argc, char *const *argv,
		struct operands *ops, char *err)
{
	bool words = false;
	int i, status = 0;

	memset(ops, 0, sizeof(*ops));
	for (i = 1; i < argc && !status; ++i) {
		const char *arg = argv[i];

		if (words || arg[0] != '-' || !arg[1])
			status = operand(ops, arg, err);
		else if (arg[1] != '-')
			status = parse_letters(set, arg, err);
		else if (arg[2])
			status = parse_long(set, argc, argv, &i, err);
		else
			words = true;
	}

	return status;
}


int optset_overlay(struct optset *set, const struct optset *over)
{
	unsigned i, k;

	for (i = 0; i < OPT_N; ++i) {
		const struct optval *from = &over->val[i];
		struct optval *to = &set->val[i];

		if (!from->n || from->origin < to->origin)
			continue;

		val_reset(to);
		for (k = 0; k < from->n; ++k) {
			if (val_push(to, from->value[k]))
				return ENOMEM;
		}

		to->origin = from->origin;
		to->line = from->line;
	}

	return 0;
}


void optset_clear(struct optset *set, enum opt_id id)
{
	val_reset(&set->val[id]);
}


void optset_reset(struct optset *set)
{
	unsigned i;

	for (i = 0; i < OPT_N; ++i)
		val_reset(&set->val[i]);
}


const char *optset_str(const struct optset *set, enum opt_id id)
{
	const struct optval *val = &set->val[id];

	return val->n ? val->value[val->n - 1] : opt_row(id)->def;
}


double optset_num(const struct optset *set, enum opt_id id)
{
	const char *value = optset_str(set, id);

	return value ? strtod(value, NULL) : 0;
}


bool optset_flag(const struct optset *set, enum opt_id id)
{
	const char *value = optset_str(set, id);

	return value && (!strcmp(value, "yes") || !strcmp(value, "true") ||
			 !strcmp(value, "on") || !strcmp(value, "1"));
}


bool optset_given(const struct optset *set, enum opt_id id)
{
	return set->val[id].n > 0;
}


const char *optset_origin(const struct optset *set, enum opt_id id, char *buf,
			  size_t size)
{
	const struct optval *val = &set->val[id];

	if (val->origin == OPT_FROM_FILE)
		snprintf(buf, size, "%s:%u", set->file, val->line);
	else if (val->origin == OPT_FROM_ENV)
		snprintf(buf, size, "environment");
	else if (val->origin == OPT_FROM_ARGV)
		snprintf(buf, size, "command line");
	else
		snprintf(buf, size, "default");

	return buf;
}


/* Values that nobody but the user makes up: a text that has one means it */
static bool free_text(enum opt_kind kind)
{
	switch (kind) {

	case OPT_FLAG:
	case OPT_COUNTED:
	case OPT_INT:
	case OPT_SECONDS:
	case OPT_CHOICE:
		return false;

	default:
		return true;
	}
}


/* A text names the file itself, without the "file:" of a SPEC */
static const char *bare_name(const char *value)
{
	return strncmp(value, "file:", 5) ? value : value + 5;
}


enum opt_id optset_blame(const struct optset *set, const char *text)
{
	enum opt_id blamed = OPT_N;
	size_t longest = 2;
	unsigned i, k;

	for (i = 0; i < OPT_N; ++i) {
		const struct optval *val = &set->val[i];

		if (!free_text(opt_row((enum opt_id)i)->kind))
			continue;

		for (k = 0; k < val->n; ++k) {
			const char *value = bare_name(val->value[k]);
			const size_t len = strlen(value);

			if (len > longest && strstr(text, value)) {
				longest = len;
				blamed = (enum opt_id)i;
			}
		}
	}

	return blamed;
}
