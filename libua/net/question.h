/* SPDX-License-Identifier: BSD-3-Clause */
/** @file question.h  One question to the name servers, until one answers */
#ifndef UA_QUESTION_H
#define UA_QUESTION_H

#include "net/dnscache.h"
#include "net/nslist.h"

enum {
	/**
	 * The next server is asked too when the ones before were silent for
	 * so long: a resolver on the way to the Internet answers from its
	 * cache in less, and who waits for a call notices more [ms].
	 */
	UA_QUESTION_NEXT_MS = 250
};

/** One server that is or will be asked */
struct ua_question_try {
	struct ua_addr server;
	uint32_t id; /**< Of what is on its way, 0: nothing is           */
	bool tcp;    /**< Its answer was cut off (RFC 7766, 5)           */
	bool due;    /**< To be sent now                                 */
	bool failed; /**< It could not be asked, or did not help         */
};

/**
 * A machine without a socket: it says what to send to whom, and is told what
 * came.  The transport under it sends again what is not answered.
 */
struct ua_question {
	char name[UA_DNS_NAME_LEN];
	enum ua_rrtype type;
	struct ua_question_try tryv[UA_NSLIST_MAX];
	size_t n;         /**< Servers                                   */
	size_t asked;     /**< ... of which were asked so far            */
	uint64_t next_ms; /**< The next one is asked then                */
	uint64_t end_ms;  /**< Nobody waits any longer                   */
	int err;          /**< Of the servers that failed, 0: none did   */
};


/**
 * Begin.
 *
 * @param q      Set; a value
 * @param name   Whose records (copied)
 * @param addrv  Servers in the order in which to ask them
 * @param n      Number of them, 1 to UA_NSLIST_MAX
 * @param ms     How long anybody waits
 */
void ua_question_init(struct ua_question *q, uint64_t now_ms, const char *name,
		      enum ua_rrtype type, const struct ua_addr *addrv,
		      size_t n, uint32_t ms);


/**
 * Next thing to send; it counts as sent.
 *
 * @param next_id  Of the owner: the number of what is sent is the next one
 *
 * @return Where to and how (borrowed), NULL: nothing now
 */
const struct ua_question_try *ua_question_output(struct ua_question *q,
						 uint32_t *next_id);


/** Is what has that number on its way, and its answer of use? */
const struct ua_question_try *ua_question_find(const struct ua_question *q,
					       uint32_t id);


/**
 * A server answered: is that the answer?
 *
 * @param id   Of what was sent
 * @param err  0 or ENOENT: it knows; anything else: it could not be asked
 *             (the network's), or it refused or failed (EPROTO)
 *
 * @retval 0            That is the answer, the question is over
 * @retval EINPROGRESS  Another server may know, or the number is of nothing
 *                      that is on its way
 * @retval errno        No server is left; EPROTO if one of them was there
 */
UA_CHECK int ua_question_answer(struct ua_question *q, uint64_t now_ms,
				uint32_t id, int err);


/** The answer was cut off: the same server is asked by TCP */
void ua_question_cut(struct ua_question *q, uint32_t id);


/** When tick has something to do; UA_NEVER: never */
uint64_t ua_question_deadline(const struct ua_question *q);

/** The time is now_ms; false: nobody waits for it any longer */
bool ua_question_tick(struct ua_question *q, uint64_t now_ms);

#endif
