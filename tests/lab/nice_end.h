/* SPDX-License-Identifier: BSD-3-Clause */
/** @file nice_end.h  One end of a call's media on libnice */
#ifndef NICE_END_H
#define NICE_END_H

#include <stdbool.h>
#include <nice/agent.h>

struct nice_end;

enum { NICE_END_CANDS = 64, NICE_END_LINE = 256 };

/**
 * What an end tells; called by the thread that runs the context, some of it
 * by the one that calls a function of this file.
 */
struct nice_end_handlers {
	/** All candidates are there */
	void (*gathered)(void *arg);

	/** Media has a way: a pair was selected; may come again */
	void (*connected)(const char *local, const char *remote, void *arg);

	/** Nothing is left to do */
	void (*ready)(void *arg);
	void (*failed)(void *arg);
	void (*packet)(const uint8_t *buf, size_t len, void *arg);
	void *arg;
};

/** All borrowed for nice_end_new() only, but the context */
struct nice_end_conf {
	GMainContext *ctx;  /**< NULL: the default one             */
	bool controlling;   /**< We make the offer                 */
	bool regular;       /**< Regular nomination                */
	bool relay_only;    /**< Nothing but the relay             */
	bool consent;       /**< RFC 7675                          */
	const char *local;  /**< Use this address, NULL: all       */
	const char *server; /**< STUN and TURN on UDP, NULL: none  */
	unsigned port;
	const char *user;
	const char *password;
	struct nice_end_handlers handlers;
};


/** Make an end; NULL: it could not */
struct nice_end *nice_end_new(const struct nice_end_conf *conf);


/** Begin to gather: without a server gathered() comes at once; false: no */
bool nice_end_gather(struct nice_end *end);


/** Release the relay and all else */
void nice_end_free(struct nice_end *end);


/**
 * What a description tells of us.
 *
 * @param line  Called with "ice-ufrag:...", "ice-pwd:...", "candidate:..."
 */
void nice_end_describe(struct nice_end *end,
		       void (*line)(const char *line, void *arg), void *arg);


/** Where media of a peer without ICE would go to; false: nowhere */
bool nice_end_default(struct nice_end *end, char ip[static NICE_END_LINE],
		      unsigned *port);


/**
 * What the peer's description tells.
 *
 * @param candv  "candidate:..."; what libnice cannot read is left out
 *
 * @return False: not one candidate was of use
 */
bool nice_end_remote(struct nice_end *end, const char *ufrag, const char *pwd,
		     char *const *candv, size_t candc);


/** The peer restarts ICE: fresh credentials of ours, for nice_end_describe()
 */
bool nice_end_restart(struct nice_end *end);


/** Send on the selected pair; false: there is none, or it is full */
bool nice_end_send(struct nice_end *end, const uint8_t *buf, size_t len);

#endif
