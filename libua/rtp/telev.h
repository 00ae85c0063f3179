/* SPDX-License-Identifier: BSD-3-Clause */
/** @file telev.h  Telephone events: digits beside the voice (RFC 4733) */
#ifndef UA_TELEV_H
#define UA_TELEV_H

#include <ua/types.h>

enum {
	UA_TELEV_LEN = 4,          /**< Payload [bytes]                     */
	UA_TELEV_QUEUE = 64,       /**< Digits that may wait                */
	UA_TELEV_DUR_MS = 100,     /**< Usual length of a digit             */
	UA_TELEV_DUR_MS_MAX = 8000 /**< Longest that one event tells        */
};

/** Sending half; all zero (but clock_hz) is its first state */
struct ua_telev_send {
	uint32_t clock_hz; /**< Of the audio stream         */
	struct {
		char digit; /**< As typed, ',' is a pause    */
		uint16_t ms;
	} queue[UA_TELEV_QUEUE];
	uint8_t head;
	uint8_t n;      /**< Waiting                     */
	uint8_t event;  /**< That is being sent          */
	bool active;    /**< An event is under way       */
	uint32_t ts;    /**< When it, or its segment, began */
	uint32_t left;  /**< Still to send [RTP clock]   */
	uint32_t dur;   /**< Since ts [RTP clock]        */
	bool first;     /**< Nothing of it was sent yet  */
	uint8_t ends;   /**< Final packets sent          */
	uint32_t pause; /**< Rest behind it [RTP clock]  */
};

/** What the sender puts on the wire instead of sound */
struct ua_telev_out {
	bool marker;
	uint32_t ts;
	uint8_t payload[UA_TELEV_LEN];
};

/** Receiving half; all zero is its first state */
struct ua_telev_recv {
	bool seen; /**< ts and event are those of the last event */
	uint32_t ts;
	uint8_t event;
};


/** Number of an event, -1: no digit of 0-9 * # A-D a-d */
int ua_telev_event(char digit);

/** Digit of an event, 0: another kind of event */
char ua_telev_digit(uint8_t event);


/**
 * Queue a digit.
 *
 * @param digit  0-9 * # A-D, or ',' for a pause
 * @param ms     Its length, 40 to UA_TELEV_DUR_MS_MAX; shorter ones are
 *               made longer, or no receiver would know them
 *
 * @retval 0       Queued
 * @retval EINVAL  Another character
 * @retval ENOSPC  UA_TELEV_QUEUE of them wait
 */
UA_CHECK int ua_telev_put(struct ua_telev_send *tv, char digit, unsigned ms);


/**
 * One packet time has passed: is it an event's?
 *
 * @param ts   Time stamp that sound would have now
 * @param dur  Length of a packet [RTP clock]
 * @param out  Set when true
 *
 * @retval true   Send this instead of sound
 * @retval false  Send sound
 */
bool ua_telev_step(struct ua_telev_send *tv, uint32_t ts, uint32_t dur,
		   struct ua_telev_out *out);


/**
 * Take an event packet.
 *
 * A digit is told once, by whichever of its packets comes first.
 *
 * @param digit  Set to it, 0: nothing new
 *
 * @retval 0        Understood
 * @retval EBADMSG  Malformed: drop it
 */
UA_CHECK int ua_telev_input(struct ua_telev_recv *tv, uint32_t ts,
			    const uint8_t *buf, size_t len, char *digit);

#endif
