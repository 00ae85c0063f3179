/* SPDX-License-Identifier: BSD-3-Clause */
/** @file demux.h  What a datagram is, by its first bytes (RFC 7983) */
#ifndef UA_DEMUX_H
#define UA_DEMUX_H

#include <ua/types.h>

/** Protocols that share a media socket */
enum ua_demux {
	UA_DEMUX_UNKNOWN = 0, /**< Drop it                        */
	UA_DEMUX_STUN,        /**< RFC 8489                       */
	UA_DEMUX_DTLS,        /**< RFC 6347                       */
	UA_DEMUX_CHANNEL,     /**< TURN channel data (RFC 8656)   */
	UA_DEMUX_RTP,         /**< RTP or SRTP                    */
	UA_DEMUX_RTCP         /**< RTCP or SRTCP                  */
};


/**
 * Class a datagram.  It is a guess by one byte or two: the parser of that
 * protocol has the last word.
 *
 * @param buf  Datagram (borrowed)
 * @param len  Its length [bytes], may be 0
 */
enum ua_demux ua_demux_class(const uint8_t *buf, size_t len);

#endif
