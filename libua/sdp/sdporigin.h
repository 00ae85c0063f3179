/* SPDX-License-Identifier: BSD-3-Clause */
/** @file sdporigin.h  Who put a relay into a description: its writer, or a
 * SIP proxy on the way
 *
 * A proxy may reserve a relay for the media of a call and write its address
 * into the descriptions that pass: into c=, m= and a=rtcp, and, if it is
 * told to, as one more candidate.  Such a relay learns where each side is
 * from the first packet that comes from it, and then passes on all packets,
 * STUN too: to ICE it is a remote relayed candidate that needs no allocation.
 * It asks for some care (struct ua_ice_cand, `latched`), so it has to be told
 * from relays of the peer.
 */
#ifndef UA_SDPORIGIN_H
#define UA_SDPORIGIN_H

#include <ua/event.h>
#include "sdp/sdpfacts.h"

enum {
	/** Priority of an implicit candidate, less the component: the lowest
	    that RFC 8445, 5.1.2.1 can make */
	UA_SDPORIGIN_PRIO = 256
};


/**
 * Who wrote a candidate?
 *
 * A relayed candidate of a peer says which address it is related to (RFC
 * 8839, 5.1: raddr and rport are there for all but host ones), its own mapped
 * one.  Proxies leave that out, or name the relay itself.  Without it a relay
 * is a proxy's where it stands in c= or a=rtcp, or has a foundation as
 * MediaProxy makes it ("R" and the address in hex), or stands first with a
 * priority that RFC 8445 does not know (5.1.2: up to 2^31 - 1) or the lowest
 * of all.
 *
 * @param index  Less than facts->candc
 *
 * @return UA_ORIGIN_PEER or UA_ORIGIN_PROXY
 */
enum ua_origin ua_sdporigin_cand(const struct ua_sdp_facts *facts,
				 size_t index);


/**
 * A relay that a proxy wrote into c= and m= (component 2: into a=rtcp)
 * without adding a candidate, as a candidate of the lowest priority.
 *
 * RFC 8839, 4.2.5 calls that an ICE mismatch, and leaves it to the agent to
 * take the address as one more candidate.  It costs some checks if it is not
 * what it seems.
 *
 * @param comp  1: RTP, 2: RTCP
 * @param mux   RTCP shares the port of RTP: there is no component 2
 * @param cand  Set on success
 *
 * @retval 0       Done
 * @retval ENOENT  The default destination is a candidate, or is none (0.0.0.0
 *                 or port 9, a host name, no address), or nobody does ICE
 */
UA_CHECK int ua_sdporigin_implicit(const struct ua_sdp_facts *facts,
				   unsigned comp, bool mux,
				   struct ua_sdp_cand *cand);


/**
 * Is there an ICE mismatch (RFC 8839, 4.2.5): ICE, and a default destination
 * that is none of the candidates?
 */
bool ua_sdporigin_mismatch(const struct ua_sdp_facts *facts);

#endif
