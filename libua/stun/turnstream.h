/* SPDX-License-Identifier: BSD-3-Clause */
/** @file turnstream.h  Messages of a TURN server out of a byte stream */
#ifndef UA_TURNSTREAM_H
#define UA_TURNSTREAM_H

#include "stun/turn.h"

enum {
	/**
	 * Longest message that is handed out [bytes]; longer ones are passed
	 * over, as datagrams are that exceed UA_DGRAM_MAX.
	 */
	UA_TURNSTREAM_MAX = UA_DGRAM_MAX + UA_TURN_OVERHEAD
};

/**
 * What is left of a message whose end has not come; a value inside its owner,
 * begun with zeros.
 */
struct ua_turnstream {
	uint8_t buf[UA_TURNSTREAM_MAX];
	size_t len;  /**< In buf                                    */
	size_t skip; /**< Still to be passed over: too long, padding */
};


/**
 * Take the next message out of what was read from a TCP or TLS connection.
 * Call it until *lenp is 0: one read may hold many.
 *
 * STUN messages and ChannelData may follow each other in any order; the latter
 * are padded to a multiple of four, which their length does not count
 * (RFC 8656, 12.5).
 *
 * @param p     Bytes read (borrowed); moved past those that were taken
 * @param left  Their number; lowered likewise
 * @param msgp  Set to the message, without padding; inside of what was read,
 *              or of the stream: valid until the next call
 * @param lenp  Set to its length [bytes]; 0: all was taken, read more
 *
 * @retval 0        Done
 * @retval EBADMSG  Neither STUN nor ChannelData: the stream cannot be trusted
 *                  any more, close the connection
 */
UA_CHECK int ua_turnstream_next(struct ua_turnstream *ts, const uint8_t **p,
				size_t *left, const uint8_t **msgp,
				size_t *lenp);

#endif
