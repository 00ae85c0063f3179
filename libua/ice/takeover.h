/* SPDX-License-Identifier: BSD-3-Clause */
/** @file takeover.h  When a better path takes the place of the nominated one
 */
#ifndef UA_TAKEOVER_H
#define UA_TAKEOVER_H

#include "ice/iceagent.h"

enum { UA_TAKEOVER_AGAIN_MS = 60000 /**< Between two moves for less */ };


/**
 * A valid pair that should take the place of a component's nominated one.
 *
 * Fewer relays: at once by renomination; by a restart, which costs an offer,
 * only to get rid of all relays and when it has lasted for a while.  A dear
 * network or a shorter round trip: by renomination, once a minute.
 *
 * @param at_ms  Set to when it may be taken
 *
 * @return UA_PAIR_NIL: there is none
 */
uint16_t ua_takeover_find(const struct ua_ice *ice, const struct ua_comp *comp,
			  uint64_t *at_ms);

#endif
