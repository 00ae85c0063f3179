/* SPDX-License-Identifier: BSD-3-Clause */
/** @file input.h  Lines from standard input, on the agent's loop */
#ifndef CLI_INPUT_H
#define CLI_INPUT_H

#include <stdbool.h>

#include <ua/agent.h>

struct input;

enum {
	INPUT_LINE_MAX = 65536, /**< Longer ones are told as too long      */
	INPUT_TIMER = 1         /**< Id of the timer that it uses          */
};

/**
 * Takes a line.
 *
 * @param line  Without its end, borrowed; "" if it was too long; NULL: the
 *              input has ended, and is not read any more
 */
typedef void(input_h)(const char *line, bool too_long, void *arg);


/**
 * Read lines from standard input: a terminal with a prompt, a pipe, a file.
 *
 * @param prompt  Edit on the terminal if that is possible; NULL: plain lines
 *
 * @return NULL: no memory, or no watch left
 */
struct input *input_open(struct ua_agent *agent, const char *prompt,
			 input_h *h, void *arg);

/** Give the terminal back; NULL is no error */
void input_close(struct input *input);

/** For struct ui: take the prompt away, and put it back; arg is the input */
void input_hide(void *arg);
void input_show(void *arg);

/** True when the user can type: a terminal, and we are in the foreground */
bool input_is_user(void);

#endif
