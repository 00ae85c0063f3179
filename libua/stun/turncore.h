/* SPDX-License-Identifier: BSD-3-Clause */
/** @file turncore.h  The inside of a TURN client, for the turn*.c files */
#ifndef UA_TURNCORE_H
#define UA_TURNCORE_H

#include <ua/log.h>
#include "stun/cred.h"
#include "stun/relay.h"
#include "stun/turn.h"

enum {
	UA_TURNCORE_HOPS = 3,  /**< Redirections                          */
	UA_TURNCORE_WAITS = 4, /**< Tries to regain what was lost         */

	/**
	 * Times that a 5-tuple is freed.  coturn forgets one only a second or
	 * two after it freed it, and says 437 until then, to Refresh as well.
	 */
	UA_TURNCORE_REUSES = 3
};

/** States of the table in turnst.c */
enum ua_turnst {
	UA_TURNST_NONE = 0, /**< A refused move, never a state            */
	UA_TURNST_IDLE,
	UA_TURNST_ALLOC, /**< First Allocate under way                    */
	UA_TURNST_AUTH,  /**< The same, answering a challenge             */
	UA_TURNST_REUSE, /**< Freeing what is held for our 5-tuple        */
	UA_TURNST_READY, /**< There is an allocation                      */
	UA_TURNST_LOST,  /**< There was one: allocating again, with pauses */
	UA_TURNST_CLOSE, /**< Refresh 0 under way                         */
	UA_TURNST_DEAD,
	UA_TURNST_NSTATE
};

enum ua_turnev {
	UA_TURNEV_START = 0, /**< Owner                                   */
	UA_TURNEV_GRANT,     /**< Success                                 */
	UA_TURNEV_CHALLENGE, /**< 401 or 438: again with (new) credentials */
	UA_TURNEV_MISMATCH,  /**< 437                                     */
	UA_TURNEV_REDIRECT,  /**< 300 to another server                   */
	UA_TURNEV_REFUSED,   /**< Some other error                        */
	UA_TURNEV_FATAL,     /**< The server will not, whatever we ask    */
	UA_TURNEV_TIMEOUT,   /**< No answer, or not reached               */
	UA_TURNEV_SHUT,      /**< Owner                                   */
	UA_TURNEV_NEVENT
};

struct ua_turn {
	struct ua_addr server;
	struct ua_addr visited[UA_TURNCORE_HOPS + 1];
	size_t nvisited;
	enum ua_turn_family family; /**< Asked for now */
	bool both;                  /**< It is not the only one to ask for */
	uint32_t ask_lifetime_s;
	struct ua_treq_way way;
	const struct ua_log *log;
	struct ua_stun_cred cred;

	uint8_t state;      /**< enum ua_turnst; written by ua_turnst_move() */
	uint8_t told;       /**< Bits of enum ua_turn_event_type to tell */
	bool heard;         /**< It has answered once */
	uint32_t rtt_ms;    /**< Least seen, UINT32_MAX */
	uint8_t nerr;       /**< World's errors since the last answer */
	uint8_t attempt;    /**< LOST: which pause */
	uint8_t nreuse;     /**< Times the 5-tuple was freed */
	bool closing;       /**< The owner waits for CLOSED */
	struct ua_treq ses; /**< Allocate or Refresh */
	uint64_t refresh_ms; /**< READY */
	uint64_t close_ms;   /**< CLOSE */
	uint32_t lifetime_s;
	struct ua_addr relayed;
	struct ua_addr relayed6;
	struct ua_addr mapped;

	uint16_t code; /**< Why DEAD */
	int err;
	char reason[UA_STUN_REASON_MAX];

	struct ua_relay relay;
};


/* turnst.c: states, and what entering them does */

/** The only writer of turn->state; a refused move is logged */
void ua_turnst_move(struct ua_turn *turn, uint64_t now_ms, enum ua_turnev ev);

/** The same, with the reason to give if it is the end */
void ua_turnst_fail(struct ua_turn *turn, uint64_t now_ms, enum ua_turnev ev,
		    uint16_t code, int err, const char *reason);

/** Ask whether the allocation is still there, if that is not asked already */
void ua_turnst_probe(struct ua_turn *turn, uint64_t now_ms);

/** An event is not to be told any more */
void ua_turnst_untell(struct ua_turn *turn, enum ua_turn_event_type type);

/** "READY" (static) */
const char *ua_turnst_name(const struct ua_turn *turn);

/** Start what is due, as far as there are free requests for it */
void ua_turnst_work(struct ua_turn *turn, uint64_t now_ms);


/* turnans.c: what the server says, or does not say */

/** The session's request ended without an answer */
void ua_turnans_timeout(struct ua_turn *turn, uint64_t now_ms, int err);

/** A permission's or channel's request was refused; code 0: no answer */
void ua_turnans_refused(struct ua_turn *turn, uint64_t now_ms,
			struct ua_treq *req, uint16_t code);

/** An answer.  Errors as ua_turn_input() */
UA_CHECK int ua_turnans_input(struct ua_turn *turn, uint64_t now_ms,
			      const struct ua_stun *msg);

#endif
