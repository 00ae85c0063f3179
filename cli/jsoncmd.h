/* SPDX-License-Identifier: BSD-3-Clause */
/** @file jsoncmd.h  Commands as JSON, one object a line */
#ifndef CLI_JSONCMD_H
#define CLI_JSONCMD_H

#include <stdbool.h>

#include <jansson.h>

struct phone;

enum jsoncmd_type {
	JSONCMD_NONE = 0,
	JSONCMD_CALL,
	JSONCMD_ANSWER,
	JSONCMD_REJECT,
	JSONCMD_HANGUP,
	JSONCMD_DTMF,
	JSONCMD_MUTE,
	JSONCMD_ACCOUNTS,
	JSONCMD_CALLS,
	JSONCMD_STATS,
	JSONCMD_PATH,
	JSONCMD_QUIT,
	JSONCMD_HOLD,
	JSONCMD_RESUME,
	JSONCMD_WHY
};

/** A command; text is borrowed from root */
struct jsoncmd {
	json_t *root; /**< Owned, NULL: the line was no object           */
	json_t *id;   /**< Borrowed from root, NULL: none                */
	enum jsoncmd_type type;
	unsigned call; /**< 0: the newest                                */
	const char *uri;
	const char *aor; /**< NULL: the first account                    */
	const char *digits;
	unsigned code;
	bool on;
};


/**
 * Read a line.
 *
 * @param cmd  Set, also on error: the answer needs its id; end it by
 *             jsoncmd_reset()
 *
 * @return NULL: it is a command; else words that say why not
 */
const char *jsoncmd_parse(struct jsoncmd *cmd, const char *line);
void jsoncmd_reset(struct jsoncmd *cmd);


/** Do what a line says and answer it; a line that is no command is answered
    so, and nothing else happens */
void jsoncmd_line(struct phone *phone, const char *line, bool too_long);

#endif
