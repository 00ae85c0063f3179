/* SPDX-License-Identifier: BSD-3-Clause */
/** @file iceend.h  Ends of ICE for the bench: what an engine offers */
#ifndef ICEEND_H
#define ICEEND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	ICEEND_CANDS = 64, /**< Candidates in a description */
	ICEEND_LINE = 512  /**< One line of it [bytes]      */
};

/** A description: credentials and "candidate:..." lines */
struct iceend_desc {
	char ufrag[ICEEND_LINE];
	char pwd[ICEEND_LINE];
	char candv[ICEEND_CANDS][ICEEND_LINE];
	size_t candc;
};

/** How all ends of a process are */
struct iceend_conf {
	const char *server; /**< STUN and TURN on UDP; NULL: none       */
	uint16_t port;
	const char *user;
	const char *password;
	bool loopback;   /**< Use 127.0.0.1 alone                     */
	bool relay_only; /**< Nothing but the relay                   */
	bool regular;    /**< Regular nomination, if there is a choice */
};

struct iceend;
struct engine_end;


/* ----------------- what iceend.c is told by an engine ----------------- */

/** All candidates are there, once */
void iceend_gathered(struct iceend *end);

/** Media has a way; again when it has another one */
void iceend_connected(struct iceend *end, const char *local,
		      const char *remote);

/** Both ends agreed */
void iceend_nominated(struct iceend *end, const char *local,
		      const char *remote);
void iceend_failed(struct iceend *end);

/** A packet of media came */
void iceend_heard(struct iceend *end);


/* --------------- what an engine does; 0 or an errno each -------------- */

extern const char *const engine_name;

int engine_open(const struct iceend_conf *conf);

/** Make an end, which begins to gather */
int engine_end_alloc(struct engine_end **eep, struct iceend *end,
		     bool controlling);
void engine_end_close(struct engine_end *ee);
void engine_describe(struct engine_end *ee, struct iceend_desc *desc);
int engine_remote(struct engine_end *ee, const struct iceend_desc *desc);
int engine_send(struct engine_end *ee, const uint8_t *buf, size_t len);

/**
 * Run the loop until engine_cancel().
 *
 * @param readable  Called when stdin is to be read; NULL: it is not looked at
 * @param tick      Called each tick_ms
 */
int engine_run(void (*readable)(void), void (*tick)(void), unsigned tick_ms);
void engine_cancel(void);

#endif
