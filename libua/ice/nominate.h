/* SPDX-License-Identifier: BSD-3-Clause */
/** @file nominate.h  Which valid pair, and when it is time to say so */
#ifndef UA_NOMINATE_H
#define UA_NOMINATE_H

#include "ice/checklist.h"

/** What a component (RFC 8445, 2.3) has come to */
struct ua_comp {
	struct ua_txn txn;     /**< Nomination, then keepalives             */
	uint64_t selected_ms;  /**< First nomination, UA_NEVER: none         */
	uint64_t moved_ms;     /**< Media's last move                        */
	uint64_t keep_ms;      /**< Next keepalive, UA_NEVER: none           */
	uint64_t bred_ms;      /**< Start of the second that bred counts     */
	uint64_t suspect_ms;   /**< Since when media's path does not answer,
				    UA_NEVER: it does                        */
	uint64_t probe_ms;     /**< Next check of a suspect, UA_NEVER: none  */
	uint64_t spare_ms;     /**< Next check of spares, UA_NEVER: none     */
	uint64_t retry_ms;     /**< Next try of what would be better,
				    UA_NEVER: none                           */
	uint64_t elsewhere_ms; /**< No doubt for media elsewhere before     */
	uint64_t upgrade_ms;   /**< No restart for a better path before      */
	uint32_t nomination;   /**< Highest value of a renomination          */
	uint16_t media;        /**< Pair that media takes, or UA_PAIR_NIL    */
	uint16_t selected;     /**< Nominated pair, or UA_PAIR_NIL           */
	uint16_t asking;       /**< Its nomination is under way              */
	uint8_t bred;          /**< Peer-reflexive ones in that second       */
	bool needed;
	bool controlling; /**< Role that txn carries                    */
	bool due;         /**< The request of txn is to be sent         */
	bool media_heard; /**< Media tells us when it is silent        */
	bool closing;     /**< Others are still to be ended            */
	bool tell_media;  /**< Events to come                           */
	bool tell_nominated;
	bool tell_channel;
	bool tell_suspect;
	bool tell_recovered;
	bool tell_restart;
	bool tell_lost;
	uint8_t retries;   /**< 1: the first one is over                 */
	bool left;         /**< Old one: the new generation took over    */
	bool hurry;        /**< The suspect's media is missing            */
	bool dead;         /**< The suspect had no answer in time       */
	bool old;          /**< No answer for 15 s was told             */
	bool wait;         /**< After a suspend: no media before an answer */
	const char *why;   /**< Of the move that is to be told          */
	const char *doubt; /**< Why the path is suspect                */
	const char *need;  /**< Why a restart is needed                 */
};


/**
 * Is the network of pair a better than that of b, or its way to the same
 * relay of ours?  A network and a relay have no scale in common.
 */
bool ua_nominate_cheaper(const struct ua_pair *a, const struct ua_pair *b);


/**
 * Is valid pair a better than b?  Class, ua_nominate_cheaper(), round trip if
 * they differ by more than max(10 ms, 20 %), priority.
 */
bool ua_nominate_better(const struct ua_pair *a, const struct ua_pair *b);


/** Best valid pair of a component, UA_PAIR_NIL: none is valid */
uint16_t ua_nominate_best(const struct ua_checklist *list, uint8_t stream,
			  uint8_t comp);


/**
 * Until when the best valid pair of a component should wait for open pairs
 * that may be better (RFC 8445, 8.1.1 leaves it to us).
 *
 * With b the best, v its first success, r its round trip, a better open pair
 * p that was first checked at f is waited for
 *
 *	for ever                     before its first check
 *	f + RTO + max(300, 2r)       if of a lower class: one check may be lost
 *	f + r + 20                   if of the same class
 *	f + r                        if it is another relay of less priority,
 *	                             which is better only if it is nearer
 *
 * but no longer than v + 50 if all are of b's class, otherwise than
 * max(v + 1500, last f + 300) and v + 3000.  A relay that works, but may have
 * kept our check back, is asked for its round trip first, for as long as it
 * took before and 300 ms at most.  Media does not wait.
 *
 * @param best        From ua_nominate_best()
 * @param trickle_ms  Last candidate of a peer that has not told its end: it
 *                    counts as a direct pair; UA_NEVER: all are known
 *
 * @return Time [ms], 0: now
 */
uint64_t ua_nominate_when(const struct ua_checklist *list, uint16_t best,
			  uint64_t trickle_ms);


/**
 * Valid pair of another component that goes with one: same class, local and
 * remote IP would be the best; its own best otherwise.
 *
 * @param same_way  Do the bases and remote candidates of two pairs match?
 */
uint16_t ua_nominate_mate(const struct ua_checklist *list, uint16_t with,
			  uint8_t comp,
			  bool same_way(const struct ua_pair *a,
					const struct ua_pair *b, void *arg),
			  void *arg);


/**
 * Pair that media should take before a nomination (RFC 8445, 12.1): to a
 * lower class at once, inside a class at most twice a second.
 *
 * @param next_ms  Set to when a move that is held back is due, or UA_NEVER
 */
uint16_t ua_nominate_media(const struct ua_checklist *list,
			   const struct ua_comp *comp, uint64_t now_ms,
			   uint8_t stream, uint8_t comp_id, uint64_t *next_ms);

#endif
