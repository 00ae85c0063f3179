/* SPDX-License-Identifier: BSD-3-Clause */
/** @file ui.h  How the phone shows what happens: text or JSON */
#ifndef CLI_UI_H
#define CLI_UI_H

#include <stdio.h>

#include <ua/agent.h>

#include "verdict.h"

struct ui;
struct codec_row;

/** The end of the program */
struct outcome {
	int status;            /**< Exit status                              */
	const char *error;     /**< One line, NULL: none                     */
	const struct leg *leg; /**< The call that decided, NULL: none    */
};

/** A renderer.  No pointer is kept. */
struct ui_ops {
	void (*event)(struct ui *ui, const struct ua_event *ev);
	void (*listening)(struct ui *ui, const struct ua_addr *addr);
	void (*stats)(struct ui *ui, const struct leg *leg);

	/** A row of what `devices', `codecs' or `config' list */
	void (*item)(struct ui *ui, const char *kind, const char *name,
		     const char *value, const char *origin);

	/** The last line */
	void (*result)(struct ui *ui, const struct outcome *outcome);
};

/** What a renderer knows; zero but for out is a good start */
struct ui {
	const struct ui_ops *ops;
	FILE *out;
	double t0_s; /**< Start of the program, as ui_clock()            */
	bool colour;
	bool quiet;
	bool numbers; /**< Text: say which call a line is about        */
	bool broken;  /**< Nobody reads us any more                    */
	void (*hide)(void *arg); /**< Prompt off, before a line          */
	void (*show)(void *arg); /**< Prompt on again                    */
	void *arg;
};


/** Seconds of the monotonic clock */
double ui_clock(void);

/** Text for people */
extern const struct ui_ops ui_tty;

/** A JSON object a line */
extern const struct ui_ops ui_json;


/** May this stream have colours?  A terminal, and NO_COLOR is not set */
bool ui_may_colour(FILE *out);


/** Print a line of text through the prompt; text renderer only */
void ui_note(struct ui *ui, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));


/**
 * Copy text of a peer without what could steer a terminal.
 *
 * @param lines  Keep line ends and tabs
 *
 * @return buf, cut to size
 */
const char *ui_safe(char *buf, size_t size, const char *text, bool lines);

#endif
