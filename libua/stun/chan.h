/* SPDX-License-Identifier: BSD-3-Clause */
/** @file chan.h  TURN channels: a number for a peer (RFC 8656, 12) */
#ifndef UA_CHAN_H
#define UA_CHAN_H

#include <ua/types.h>

enum {
	UA_CHAN_MAX = 16,          /**< Channels of one allocation          */
	UA_CHAN_FIRST = 0x4000,    /**< RFC 8656, 12                        */
	UA_CHAN_LAST = 0x4fff,     /**< RFC 8656, 12                        */
	UA_CHAN_RENEW_MS = 240000, /**< Its permission lives 300 s only     */
	UA_CHAN_COOL_MS = 300000,  /**< Before a failed bind is tried again */

	/*
	 * A binding lives 600 s, and neither number nor peer may be bound
	 * otherwise for 300 s more (RFC 8656, 12).
	 */
	UA_CHAN_REUSE_MS = 900000
};

enum ua_chan_state {
	UA_CHAN_NONE = 0, /**< A refused move, never a state           */
	UA_CHAN_FREE,     /**< Slot without a peer                     */
	UA_CHAN_WANTED,   /**< To be bound                             */
	UA_CHAN_ASKED,    /**< Request under way                       */
	UA_CHAN_BOUND,    /**< ChannelData can be sent                 */
	UA_CHAN_RENEW,    /**< The same, request under way             */
	UA_CHAN_COOL,     /**< Failed or given up; keeps its number    */
	UA_CHAN_NSTATE
};

enum ua_chan_ev {
	UA_CHAN_WANT = 0, /**< The owner wants it                      */
	UA_CHAN_ASK,      /**< Put into a request                      */
	UA_CHAN_GRANT,    /**< Success                                 */
	UA_CHAN_FAIL,     /**< Refused, no answer, or given up         */
	UA_CHAN_LOSE,     /**< The allocation is gone, or all is over  */
	UA_CHAN_NEVENT
};

/** One channel; number and peer stay together until it is FREE */
struct ua_chan {
	struct ua_addr peer;
	uint16_t number;
	uint8_t state;     /**< enum ua_chan_state; written by step alone */
	bool tell;         /**< The owner does not know yet               */
	uint64_t at_ms;    /**< WANTED, BOUND: when to ask; COOL: not before */
	uint64_t reuse_ms; /**< COOL: slot can go to another peer         */
};


/** Make all slots free */
void ua_chan_init(struct ua_chan chanv[static UA_CHAN_MAX]);


/**
 * Make one move.
 *
 * @retval 0       Done
 * @retval EPROTO  Not in this state; nothing changed
 */
int ua_chan_step(struct ua_chan *chan, enum ua_chan_ev ev);


/** The one of exactly this peer; NULL: none */
struct ua_chan *ua_chan_find(struct ua_chan chanv[static UA_CHAN_MAX],
			     const struct ua_addr *peer);

/** The one of this number; NULL: none */
struct ua_chan *ua_chan_number(struct ua_chan chanv[static UA_CHAN_MAX],
			       uint16_t number);


/**
 * Find it, or take a slot for it and give it a number; state not changed.
 *
 * @param next  Number to try first; set to the one to try after it
 *
 * @return NULL: table full
 */
struct ua_chan *ua_chan_take(struct ua_chan chanv[static UA_CHAN_MAX],
			     uint64_t now_ms, const struct ua_addr *peer,
			     uint16_t *next);


/** Is a channel to this IP bound or about to be?  It renews the permission */
bool ua_chan_covers(const struct ua_chan chanv[static UA_CHAN_MAX],
		    const struct ua_addr *peer);


/** Must it be asked for now? */
bool ua_chan_due(const struct ua_chan *chan, uint64_t now_ms);

/** Can ChannelData be sent? */
bool ua_chan_usable(const struct ua_chan *chan);

const char *ua_chan_state_name(enum ua_chan_state state);

#endif
