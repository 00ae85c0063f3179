/* SPDX-License-Identifier: BSD-3-Clause */
/** @file middle.h  A proxy between two agents that a test may let misbehave
 *
 *	a -- UDP -- middle -- UDP -- b
 *
 * Both have its address as each other's Contact, so that all goes through it.
 */
#ifndef UA_TEST_MIDDLE_H
#define UA_TEST_MIDDLE_H

#include "rig.h"

enum { MIDDLE_LOG = 128, MIDDLE_TEXT = 4096 };

/** What went through, or would have */
struct middle_msg {
	char what[32]; /* "a INVITE", "b 200 INVITE" */
	char *text;
	bool lost;
};

struct middle {
	struct udp_sock *us;
	struct sa local;
	struct sa endv[2]; /* a, b */
	struct middle_msg msgv[MIDDLE_LOG];
	size_t n;

	/**
	 * Look at a message, edit it in place (Content-Length is mended), send
	 * others; NULL: all goes through.
	 *
	 * @return False: it is lost
	 */
	bool (*hook)(struct middle *m, const char *what, char *text,
		     size_t size);
	void *arg;
};


/** Between two agents that are open; *uri is what a calls to reach b */
void middle_open(struct middle *m, struct rig *a, struct rig *b);
void middle_close(struct middle *m);
const char *middle_uri(const struct middle *m);

/** How many of such came, lost ones too */
unsigned middle_count(const struct middle *m, const char *what);

/** The text of the nth of such, from 0; NULL: there are not so many */
const char *middle_text(const struct middle *m, const char *what, unsigned n);

/** Send a text to an end: 0: a, 1: b */
void middle_send(struct middle *m, unsigned end, const char *text);

/** Answer a request that is to be lost with this line: "488 No" */
void middle_reply(struct middle *m, const char *what, const char *request,
		  const char *line);

/** Replace the first (all: each) occurrence in a text; false: there is none */
bool middle_edit(char *text, size_t size, const char *old, const char *fresh,
		 bool all);

/** Wait until such a message has come, n of them */
void middle_wait(struct middle *m, const char *what, unsigned n);


/** A call through it, with a path, and sound on it both ways */
void middle_call(struct middle *m, struct rig *a, struct rig *b);

#endif
