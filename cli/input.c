/* SPDX-License-Identifier: BSD-3-Clause */
/** @file input.c  Lines from standard input, on the agent's loop */

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "edit.h"
#include "input.h"


struct input {
	struct ua_agent *agent;
	struct edit *edit; /* NULL: plain lines                            */
	input_h *h;
	void *arg;
	bool watched;  /* Else a file, which poll knows nothing of         */
	bool too_long; /* Skipping the rest of a line                      */
	bool ended;
	bool busy;   /* In a handler: do not free                          */
	bool closed; /* Closed in a handler: free behind it                */
	size_t len;
	char buf[INPUT_LINE_MAX];
};


static void tell(struct input *in, const char *line, bool too_long)
{
	if (!in->closed)
		in->h(line, too_long, in->arg);
}


static void end(struct input *in)
{
	if (in->ended)
		return;

	in->ended = true;
	if (in->watched)
		ua_agent_unwatch(in->agent, STDIN_FILENO);
	else
		ua_agent_timer_stop(in->agent, INPUT_TIMER);

	edit_close(in->edit);
	in->edit = NULL;
	tell(in, NULL, false);
}


/* A byte of plain input */
static void take(struct input *in, char c)
{
	if (c == '\n') {
		in->buf[in->too_long ? 0 : in->len] = '\0';
		tell(in, in->buf, in->too_long);
		in->len = 0;
		in->too_long = false;
	}
	else if (in->len + 1 < sizeof(in->buf)) {
		in->buf[in->len++] = c;
	}
	else {
		in->too_long = true;
	}
}


static void read_plain(struct input *in)
{
	char chunk[512];
	ssize_t n, i;

	n = read(STDIN_FILENO, chunk, sizeof(chunk));
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;

	for (i = 0; i < n && !in->closed; ++i)
		take(in, chunk[i]);

	if (n > 0)
		return;

	/* The last line may lack its end. */
	if (in->len || in->too_long)
		take(in, '\n');

	end(in);
}


static void read_edit(struct input *in)
{
	bool eof;
	const char *line = edit_read(in->edit, &eof);

	if (eof)
		end(in);
	else if (line)
		tell(in, line, false);

	if (line && in->edit && !in->closed)
		edit_show(in->edit);
}


static void on_readable(void *arg)
{
	struct input *in = arg;

	in->busy = true;
	if (in->edit)
		read_edit(in);
	else
		read_plain(in);
	in->busy = false;

	if (in->closed)
		free(in);
}


static void on_timer(int id, void *arg)
{
	struct input *in = arg;
	struct ua_agent *agent = in->agent;

	(void)id;

	/* Armed first: the handler may close the input, which stops it. */
	if (ua_agent_timer(agent, INPUT_TIMER, 1, on_timer, in)) {
		end(in);
		return;
	}

	on_readable(in);
}


struct input *input_open(struct ua_agent *agent, const char *prompt,
			 input_h *h, void *arg)
{
	struct input *in = calloc(1, sizeof(*in));
	int err;

	if (!in)
		return NULL;

	in->agent = agent;
	in->h = h;
	in->arg = arg;

	err = ua_agent_watch(agent, STDIN_FILENO, on_readable, in);
	in->watched = !err;

	/* A file, or /dev/null: always readable, never to be polled. */
	if (err == EPERM)
		err = ua_agent_timer(agent, INPUT_TIMER, 0, on_timer, in);

	if (err) {
		free(in);
		return NULL;
	}

	if (prompt && edit_works())
		in->edit = edit_open(prompt);

	return in;
}


void input_close(struct input *in)
{
	if (!in || in->closed)
		return;

	in->closed = true;
	if (in->watched && !in->ended)
		ua_agent_unwatch(in->agent, STDIN_FILENO);

	ua_agent_timer_stop(in->agent, INPUT_TIMER);
	edit_close(in->edit);
	in->edit = NULL;
	if (!in->busy)
		free(in);
}


void input_hide(void *arg)
{
	struct input *in = arg;

	if (in->edit)
		edit_hide(in->edit);
}


void input_show(void *arg)
{
	struct input *in = arg;

	if (in->edit)
		edit_show(in->edit);
}


bool input_is_user(void)
{
	return isatty(STDIN_FILENO) && tcgetpgrp(STDIN_FILENO) == getpgrp();
}
