/* SPDX-License-Identifier: BSD-3-Clause */
/** @file checklist.h  All pairs of an agent, and whose turn it is */
#ifndef UA_CHECKLIST_H
#define UA_CHECKLIST_H

#include <ua/ice.h>
#include "ice/pair.h"
#include "ice/story.h"

/**
 * The checklist set (RFC 8445, 6.1.2): the pairs of all streams in one table
 * with one limit.  A pair keeps its index as long as it lives.
 */
struct ua_checklist {
	const struct ua_log *log; /**< Borrowed                            */
	struct ua_pair *v;        /**< Owned                               */
	struct ua_story story;    /**< What happens to the pairs           */
	uint64_t now_ms;          /**< Time of what happens                */
	uint16_t n;
	uint16_t size;       /**< Room in v                               */
	uint16_t max;        /**< Limit                                   */
	uint8_t last_stream; /**< Whose turn it was (RFC 8445, 6.1.4.2)   */
	uint8_t streak;      /**< Triggered checks since another one */
	bool started;        /**< The first check has gone out            */
	uint32_t last_trigger;
};


/** Pair of a base and a remote candidate; UA_PAIR_NIL: there is none */
uint16_t ua_checklist_find(const struct ua_checklist *list, uint16_t base,
			   uint16_t remote);


/**
 * Add a pair, Frozen or, when checks are under way, as its foundation says.
 * In a full list a Failed pair goes first, then one of the stream that has
 * most: of two relays, of a dear network, of low priority, never the last one
 * of its class and family, never one that runs or works.
 *
 * @param pair    Copied
 * @param proven  The peer reaches us there: it displaces any that waits
 * @param index   Set to its index
 *
 * @retval 0       Done
 * @retval ENOSPC  The list is full of better ones: list unchanged
 * @retval ENOMEM  List unchanged
 */
UA_CHECK int ua_checklist_add(struct ua_checklist *list,
			      const struct ua_pair *pair, bool proven,
			      uint16_t *index);


/**
 * Put a new pair into the place of one that is of no use any more.
 *
 * @param pair  Copied
 */
void ua_checklist_renew(struct ua_checklist *list, uint16_t index,
			const struct ua_pair *pair);


/**
 * Move a pair, with all that hangs on the move, and log it.
 *
 * @param reason  Kept when it fails
 * @param code    Goes with the reason; 0: keep what a failed send told
 *
 * @return False: refused, and logged
 */
bool ua_checklist_step(struct ua_checklist *list, uint16_t index,
		       enum ua_pair_event ev, enum ua_pair_reason reason,
		       uint16_t code);


/**
 * Check a pair again in its turn.  The answer to a check that is under way
 * still counts.
 *
 * @return False: it works already
 */
bool ua_checklist_repeat(struct ua_checklist *list, uint16_t index);


/** Put a pair into the triggered-check queue (RFC 8445, 7.3.1.4) */
void ua_checklist_trigger(struct ua_checklist *list, uint16_t index);


/** A pair that was given up for want of patience takes its turn again */
void ua_checklist_revive(struct ua_checklist *list, uint16_t index);


/** Its check worked: thaw all of its foundation (RFC 8445, 7.2.5.3.3) */
void ua_checklist_thaw(struct ua_checklist *list, uint16_t index);


/**
 * Whose check is next: triggered ones first, but three in a row at most if
 * others wait; then streams in turn, each by order; thaws when nothing waits
 * (RFC 8445, 6.1.4.2).
 *
 * @return Index, UA_PAIR_NIL: nothing is to be checked
 */
uint16_t ua_checklist_next(struct ua_checklist *list);


/** Is a triggered check waiting? */
bool ua_checklist_is_urgent(const struct ua_checklist *list);


/** Pairs Waiting or In-Progress */
unsigned ua_checklist_active(const struct ua_checklist *list);

#endif
