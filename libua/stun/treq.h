/* SPDX-License-Identifier: BSD-3-Clause */
/** @file treq.h  One TURN request under way, through all its repetitions */
#ifndef UA_TREQ_H
#define UA_TREQ_H

#include "stun/txn.h"

enum {
	/* Gathering does not wait longer: 4 sends, 7.5 s */
	UA_TREQ_ALLOCATE_SENDS = 4,
	UA_TREQ_ALLOCATE_WAIT_MS = 4000,

	/* Goodbye: 3 sends, 3.5 s */
	UA_TREQ_FREE_SENDS = 3,
	UA_TREQ_FREE_WAIT_MS = 2000,

	UA_TREQ_AUTH_MAX = 1,       /**< 401: the first may be a surprise  */
	UA_TREQ_STALE_MAX = 3,      /**< 438: again, this often            */
	UA_TREQ_FREE_STALE_MAX = 1, /**< 438 to a goodbye                 */
	UA_TREQ_ERROR_MAX = 2,      /**< 500: again, this often            */
	UA_TREQ_ERROR_WAIT_MS = 1000,

	/* TCP and TLS repeat by themselves; who opens a connection besides
	   must be done with it by then */
	UA_TREQ_STREAM_WAIT_MS = 8000
};

/** How requests travel; a value inside the client */
struct ua_treq_way {
	const struct ua_rand *rand; /**< Borrowed                      */
	bool stream;                /**< TCP or TLS: sent once, padded */
};

enum ua_treq_kind {
	UA_TREQ_NONE = 0, /**< Slot is free            */
	UA_TREQ_ALLOCATE,
	UA_TREQ_REFRESH,
	UA_TREQ_FREE,    /**< Refresh with LIFETIME 0 */
	UA_TREQ_PERMIT,  /**< CreatePermission        */
	UA_TREQ_CHANNEL, /**< ChannelBind             */
	UA_TREQ_NKIND
};

/** A request; a value inside its owner.  Counters live until its end */
struct ua_treq {
	struct ua_txn txn;
	uint8_t kind; /**< enum ua_treq_kind                      */
	bool due;     /**< To be sent at the next output          */
	bool authed;  /**< Signed                                 */
	uint8_t n401; /**< Times it was answered so               */
	uint8_t n438;
	uint8_t n500;
	uint32_t slots; /**< Permissions (bits) or channel (a bit) in it */
};


/** Start one at at_ms, which may be in the future */
void ua_treq_start(struct ua_treq *req, const struct ua_treq_way *way,
		   uint64_t at_ms, enum ua_treq_kind kind, bool authed);

/** The same again at at_ms, as a new transaction */
void ua_treq_again(struct ua_treq *req, const struct ua_treq_way *way,
		   uint64_t at_ms, bool authed);

/** It has ended */
void ua_treq_stop(struct ua_treq *req);


/**
 * Count an answer that may be tried again: 401, 438 or 500.
 *
 * @return May it be tried again?
 */
bool ua_treq_count(struct ua_treq *req, uint16_t code);

/** Is msg the answer to it? */
bool ua_treq_match(const struct ua_treq *req, const struct ua_stun *msg);

/** Resend when it is time; true: no answer came, and it has ended */
bool ua_treq_tick(struct ua_treq *req, uint64_t now_ms);

/** STUN method of its message */
uint16_t ua_treq_method(const struct ua_treq *req);

const char *ua_treq_name(enum ua_treq_kind kind);

#endif
