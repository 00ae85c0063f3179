/* SPDX-License-Identifier: BSD-3-Clause */
/** @file help.c  The table of options as text, man page and completion */

#include <string.h>

#include "options.h"


enum { HELP_COL = 30, HELP_WIDTH = 79 };

static const char usage[] =
	"uaphone: a phone for the terminal, for programs and for tests\n"
	"\n"
	"usage: uaphone [OPTION]...            phone with a prompt\n"
	"       uaphone call URI [OPTION]...   call, talk, hang up\n"
	"       uaphone listen [OPTION]...     wait for calls\n"
	"       uaphone devices|codecs|config  list what there is\n";


/* "--turn URI", "--answer[=SEC]", "-4" */
static void print_name(const struct opt *opt, char *buf, size_t size)
{
	const char *dashes = opt->letter ? "-" : "--";

	if (!opt->arg)
		snprintf(buf, size, "%s%s", dashes, opt->name);
	else if (opt->flags & OPT_BARE)
		snprintf(buf, size, "%s%s[=%s]", dashes, opt->name, opt->arg);
	else
		snprintf(buf, size, "%s%s %s", dashes, opt->name, opt->arg);
}


/* Words of a text in the right column; col is where the cursor stands */
static void wrap(FILE *out, const char *text, int col)
{
	while (*text) {
		const int n = (int)strcspn(text, " ");

		if (col > HELP_COL && col + 1 + n > HELP_WIDTH) {
			fprintf(out, "\n%*s", HELP_COL, "");
			col = HELP_COL;
		}

		if (col > HELP_COL) {
			fputc(' ', out);
			++col;
		}

		fprintf(out, "%.*s", n, text);
		col += n;
		text += n;
		text += strspn(text, " ");
	}

	fputc('\n', out);
}


static void print_row(FILE *out, const struct opt *opt)
{
	char name[64], text[512];
	int col;

	print_name(opt, name, sizeof(name));
	snprintf(text, sizeof(text), "%s%s%s%s%s%s", opt->help,
		 opt->words && opt->arg && !(opt->flags & OPT_BARE) ? ": "
								    : "",
		 opt->words && !(opt->flags & OPT_BARE) ? opt->words : "",
		 opt->def ? " (" : "", opt->def ? opt->def : "",
		 opt->def ? ")" : "");

	col = fprintf(out, "  %-*s", HELP_COL - 2, name);
	if (col > HELP_COL) {
		fprintf(out, "\n%*s", HELP_COL, "");
		col = HELP_COL;
	}

	wrap(out, text, col);
}


void help_print(FILE *out)
{
	unsigned sec, i;

	fputs(usage, out);
	for (sec = 0; sec < OPT_SEC_N; ++sec) {
		fprintf(out, "\n%s:\n",
			opt_section_name((enum opt_section)sec));

		for (i = 0; i < OPT_N; ++i) {
			const struct opt *opt = opt_row((enum opt_id)i);

			if (opt->section == sec && !(opt->flags & OPT_LATER))
				print_row(out, opt);
		}
	}

	fputs("\nEach long option can stand in the configuration file under "
	      "the same name.\nuaphone(1) has events, exit status and "
	      "examples.\n",
	      out);
}


/* Text for troff: backslashes and hyphens are literal */
static void roff(FILE *out, const char *text)
{
	for (; *text; ++text) {
		if (*text == '\\')
			fputs("\\e", out);
		else if (*text == '-')
			fputs("\\-", out);
		else if (*text == '`')
			fputs("\\(oq", out);
		else if (*text == '\'')
			fputs("\\(cq", out);
		else
			fputc(*text, out);
	}
}


static void man_row(FILE *out, const struct opt *opt)
{
	fputs(".TP\n\\fB", out);
	roff(out, opt->letter ? "-" : "--");
	roff(out, opt->name);
	fputs("\\fR", out);

	if (opt->arg) {
		const bool bare = opt->flags & OPT_BARE;

		fprintf(out, bare ? "[=\\fI" : " \\fI");
		roff(out, opt->arg);
		fputs(bare ? "\\fR]" : "\\fR", out);
	}

	fputc('\n', out);
	roff(out, opt->help);
	if (opt->words && !(opt->flags & OPT_BARE)) {
		fputs(": ", out);
		roff(out, opt->words);
	}
	fputs(".\n", out);

	if (opt->kind == OPT_INT)
		fprintf(out, "From %.0f to %.0f.\n", opt->min, opt->max);
	if (opt->flags & OPT_REPEAT)
		fputs("May be given several times.\n", out);
	if (opt->def) {
		fputs("Default: ", out);
		roff(out, opt->def);
		fputs(".\n", out);
	}
}


void help_man(FILE *out)
{
	unsigned sec, i;

	for (sec = 0; sec < OPT_SEC_N; ++sec) {
		fprintf(out, ".SS %s\n",
			opt_section_name((enum opt_section)sec));

		for (i = 0; i < OPT_N; ++i) {
			const struct opt *opt = opt_row((enum opt_id)i);

			if (opt->section == sec && !(opt->flags & OPT_LATER))
				man_row(out, opt);
		}
	}
}


static void bash_words(FILE *out, const char *words)
{
	for (; *words; ++words)
		fputc(*words == '|' ? ' ' : *words, out);
}


/* What can follow an option that takes a value */
static void bash_row(FILE *out, const struct opt *opt)
{
	if (!opt->arg || opt->flags & (OPT_BARE | OPT_LATER))
		return;

	fprintf(out, "\t--%s)\n\t\tCOMPREPLY=(", opt->name);
	if (opt->words) {
		fputs("$(compgen -W '", out);
		bash_words(out, opt->words);
		fputs("' -- \"$cur\")", out);
	}
	else if (opt->kind == OPT_FILE) {
		fputs("$(compgen -f -- \"$cur\")", out);
	}
	else if (opt->kind == OPT_SOURCE_SPEC) {
		fputs("$(compgen -W 'alsa file: tone: silence null echo' -- "
		      "\"$cur\")",
		      out);
	}
	else if (opt->kind == OPT_SINK_SPEC) {
		fputs("$(compgen -W 'alsa file: null echo' -- \"$cur\")", out);
	}

	fputs(")\n\t\treturn\n\t\t;;\n", out);
}


void help_bash(FILE *out)
{
	unsigned i;

	fputs("# bash completion for uaphone\n"
	      "_uaphone()\n{\n"
	      "\tlocal cur=${COMP_WORDS[COMP_CWORD]}\n"
	      "\tlocal prev=${COMP_WORDS[COMP_CWORD - 1]}\n\n"
	      "\tcase $prev in\n",
	      out);

	for (i = 0; i < OPT_N; ++i)
		bash_row(out, opt_row((enum opt_id)i));

	fputs("\tesac\n\n\tCOMPREPLY=($(compgen -W '"
	      "call listen devices codecs config",
	      out);

	for (i = 0; i < OPT_N; ++i) {
		const struct opt *opt = opt_row((enum opt_id)i);

		if (!(opt->flags & OPT_LATER))
			fprintf(out, " %s%s", opt->letter ? "-" : "--",
				opt->name);
	}

	fputs("' -- \"$cur\"))\n}\ncomplete -F _uaphone uaphone\n", out);
}
