/* SPDX-License-Identifier: BSD-3-Clause */
/** @file txn.h  Retransmission of one STUN request (RFC 8489, 6.2.1) */
#ifndef UA_TXN_H
#define UA_TXN_H

#include "stun/stun.h"

enum {
	UA_TXN_RTO_MS = 500,       /**< First RTO                       */
	UA_TXN_SENDS = 7,          /**< Rc                              */
	UA_TXN_RM = 16,            /**< Last wait is Rm * first RTO     */
	UA_TXN_RELIABLE_MS = 39500 /**< Ti: one send over TCP, TLS      */
};

/** What a tick asks for */
enum ua_txn_todo {
	UA_TXN_WAIT = 0, /**< Nothing yet, see the deadline  */
	UA_TXN_SEND,     /**< Send the request (again) now   */
	UA_TXN_TIMEOUT   /**< No answer: it has ended        */
};

/** One request in flight; a value inside its owner */
struct ua_txn {
	uint8_t tid[UA_STUN_TID_LEN];
	bool active;           /**< Between start and its end             */
	uint64_t first_ms;     /**< When first sent                       */
	uint64_t next_ms;      /**< When the next move is due             */
	uint32_t rto_ms;       /**< Present RTO                           */
	uint32_t last_wait_ms; /**< After the last send                   */
	uint8_t sends;         /**< So far                                */
	uint8_t max_sends;
};


/**
 * Start: a fresh transaction id; the first tick says UA_TXN_SEND at once.
 *
 * @param rto_ms        First RTO
 * @param max_sends     1 or more; 1 for reliable transports
 * @param last_wait_ms  Patience after the last send
 */
void ua_txn_start(struct ua_txn *txn, const struct ua_rand *rand,
		  uint64_t now_ms, uint32_t rto_ms, uint8_t max_sends,
		  uint32_t last_wait_ms);

/** Ends it: an answer came, or it is not wanted any more */
void ua_txn_stop(struct ua_txn *txn);

/** Is this answer ours?  False when not active */
bool ua_txn_match(const struct ua_txn *txn, const struct ua_stun *msg);

/** When tick has something to do; UA_NEVER when not active */
uint64_t ua_txn_deadline(const struct ua_txn *txn);

/** Does what is due at now_ms; after UA_TXN_TIMEOUT it is not active */
enum ua_txn_todo ua_txn_tick(struct ua_txn *txn, uint64_t now_ms);

#endif
