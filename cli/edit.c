/* SPDX-License-Identifier: BSD-3-Clause */
/** @file edit.c  A prompt with editing and history */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "edit.h"

#ifdef HAVE_LIBEDIT

#include <histedit.h>
#include <stdint.h>


enum { LINES_KEPT = 200 };

struct edit {
	EditLine *el;
	History *hist;
	const char *prompt;
	char line[1024];
};


static char *on_prompt(EditLine *el)
{
	struct edit *edit = NULL;

	el_get(el, EL_CLIENTDATA, &edit);

	/* libedit's type is older than const. */
	return (char *)(uintptr_t)edit->prompt;
}


bool edit_works(void)
{
	const char *term = getenv("TERM");

	return term && *term && strcmp(term, "dumb") && isatty(STDIN_FILENO) &&
	       isatty(STDOUT_FILENO);
}


struct edit *edit_open(const char *prompt)
{
	struct edit *edit = calloc(1, sizeof(*edit));
	HistEvent ev;

	if (!edit)
		return NULL;

	edit->prompt = prompt;
	edit->hist = history_init();
	edit->el = el_init("uaphone", stdin, stdout, stderr);
	if (!edit->el || !edit->hist) {
		edit_close(edit);
		return NULL;
	}

	history(edit->hist, &ev, H_SETSIZE, LINES_KEPT);
	history(edit->hist, &ev, H_SETUNIQUE, 1);
	el_set(edit->el, EL_CLIENTDATA, edit);
	el_set(edit->el, EL_PROMPT, on_prompt);
	el_set(edit->el, EL_EDITOR, "emacs");
	el_set(edit->el, EL_HIST, history, edit->hist);
	el_set(edit->el, EL_UNBUFFERED, 1);

	/* Nothing is typed yet: this draws the prompt. */
	edit_show(edit);
	return edit;
}


void edit_close(struct edit *edit)
{
	if (!edit)
		return;

	if (edit->el) {
		edit_hide(edit);
		el_set(edit->el, EL_UNBUFFERED, 0);
		el_end(edit->el);
	}

	if (edit->hist)
		history_end(edit->hist);

	free(edit);
}


const char *edit_read(struct edit *edit, bool *eof)
{
	HistEvent ev;
	int n = 0;
	const char *buf = el_gets(edit->el, &n);

	*eof = false;
	if (!buf || n <= 0) {
		*eof = !buf && n <= 0;
		return NULL;
	}

	/* Ctrl-D on an empty line */
	if (n == 1 && buf[0] == '\004') {
		*eof = true;
		return NULL;
	}

	if (buf[n - 1] != '\n' && buf[n - 1] != '\r')
		return NULL;

	snprintf(edit->line, sizeof(edit->line), "%.*s", n - 1, buf);
	if (*edit->line)
		history(edit->hist, &ev, H_ENTER, edit->line);

	/* The next line starts empty. */
	el_set(edit->el, EL_UNBUFFERED, 0);
	el_set(edit->el, EL_UNBUFFERED, 1);
	return edit->line;
}


void edit_hide(struct edit *edit)
{
	(void)edit;
	fputs("\r\033[K", stdout);
	fflush(stdout);
}


void edit_show(struct edit *edit)
{
	el_set(edit->el, EL_REFRESH);
	fflush(stdout);
}

#else

bool edit_works(void)
{
	return false;
}


struct edit *edit_open(const char *prompt)
{
	(void)prompt;
	return NULL;
}


void edit_close(struct edit *edit)
{
	(void)edit;
}


const char *edit_read(struct edit *edit, bool *eof)
{
	(void)edit;
	*eof = true;
	return NULL;
}


void edit_hide(struct edit *edit)
{
	(void)edit;
}


void edit_show(struct edit *edit)
{
	(void)edit;
}

#endif
