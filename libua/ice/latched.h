/* SPDX-License-Identifier: BSD-3-Clause */
/** @file latched.h  Relays that learn each side from its first packet
 *
 * A SIP proxy reserved them (MediaProxy, rtpengine): our check only opens our
 * side, and what the peer sent before comes with its next packet.  So such a
 * pair is checked from one base, early, each half second, and as long as ICE
 * lasts.  Once another path was nominated it hears nothing any more: that is
 * how the relay learns that it is not needed.
 */
#ifndef UA_LATCHED_H
#define UA_LATCHED_H

#include "ice/iceagent.h"


/** Has another path been nominated?  Then no packet goes there */
bool ua_latched_is_lost(const struct ua_pair *pair);


/**
 * May a base send to a remote candidate?  Its relay shall see one source, and
 * not the address of a relay of ours.
 */
bool ua_latched_may_send(const struct ua_ice *ice,
			 const struct ua_cand *remote, uint16_t base);


/**
 * Is an address that a check came from another port of such a relay, which
 * knows this base already?  A session that ended while it rang comes back
 * with ports that only one side was told of.
 */
bool ua_latched_has_port(const struct ua_ice *ice,
			 const struct ua_cand *remote, uint16_t base);


/**
 * The peer's description says that a candidate, so far learnt from a check or
 * taken for the peer's own, is such a relay: pairs from other bases end.
 */
void ua_latched_adopt(struct ua_ice *ice, uint16_t remote, uint16_t via);


/** A base went, and with it what the relays know of us */
void ua_latched_base_down(struct ua_ice *ice, uint16_t base);


/**
 * A check had no answer.
 *
 * @return True: its pair does not end; it is to be checked again
 */
bool ua_latched_goes_on(struct ua_ice *ice, uint64_t now_ms, uint16_t index);


/** The peer was heard at last: those that ran out of sends go on */
void ua_latched_heard(struct ua_ice *ice);


/** Checks that a peer who is never heard shall get by them: others leave room
 */
unsigned ua_latched_reserve(const struct ua_ice *ice);


/**
 * A pair works.  If the answer may have waited in the relay it is asked again
 * at once, for its round trip.
 */
void ua_latched_measure(struct ua_ice *ice, uint64_t now_ms, uint16_t index);

#endif
