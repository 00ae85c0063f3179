/* SPDX-License-Identifier: BSD-3-Clause */
/** @file rtpalive.h  When a path that carries no sound must be kept alive
 * (RFC 6263)
 *
 * A path of media is for the boxes on it as long as media passes: a NAT
 * forgets a mapping that nobody uses, and a relay that a SIP proxy reserved
 * closes a stream to which a side has sent no media within 90 s of the offer,
 * be it on hold.  Checks and consent do not count there.
 *
 * Which packet it is: RTCP where it shares the port of RTP, since that is what
 * RFC 6263, 5, recommends, and it is sent in any direction (RFC 3264, 5.1).
 * Without rtcp-mux RTCP keeps but its own port, and RTP needs an RTP packet:
 * one that no receiver plays (RFC 6263, 4.6, see ua_send_keep()).  A STUN
 * indication (4.4) or a datagram that is no RTP (4.1, 4.5) would do for a NAT,
 * not for such a relay.
 */
#ifndef UA_RTPALIVE_H
#define UA_RTPALIVE_H

#include <ua/types.h>

enum {
	UA_RTPALIVE_COMPS = 2, /**< RTP, RTCP */

	/** The shortest that RFC 6263, 7, recommends; a NAT's mapping lives
	    for 30 s at the least in practice, a relay's rule as well */
	UA_RTPALIVE_MS = 15000,

	/** After a change: soon, but usually sound is sooner */
	UA_RTPALIVE_SOON_MS = 2000
};

/** Two components; see ua_rtpalive_init() */
struct ua_rtpalive {
	uint64_t due_ms[UA_RTPALIVE_COMPS]; /**< UA_NEVER: no path yet */
	bool mux;
};


/** No path yet: nothing is due */
void ua_rtpalive_init(struct ua_rtpalive *alive);


/** RTCP goes the way of RTP from now on, or not */
void ua_rtpalive_mux(struct ua_rtpalive *alive, bool on);


/**
 * There is a path, or another one, or a new offer and answer about it, which
 * starts the clocks of a relay anew: something must go there soon.
 *
 * @param comp  1: RTP, 2: RTCP, 0: both
 */
void ua_rtpalive_path(struct ua_rtpalive *alive, uint64_t now_ms,
		      unsigned comp);


/** A packet of media left: sound, RTCP, or the one that was due */
void ua_rtpalive_sent(struct ua_rtpalive *alive, uint64_t now_ms,
		      unsigned comp);


/**
 * Is it time for a packet?
 *
 * @param comp  1: an RTP packet that is not sound; never with rtcp-mux, where
 *              RTCP does it; 2: RTCP
 */
bool ua_rtpalive_due(const struct ua_rtpalive *alive, uint64_t now_ms,
		     unsigned comp);


/** When the next of them is due; UA_NEVER: no path yet */
uint64_t ua_rtpalive_deadline(const struct ua_rtpalive *alive);

#endif
