/* SPDX-License-Identifier: BSD-3-Clause */
/** @file askon.h  Checks that had no answer are made again
 *
 * RFC 8445, 14.3 lets a check back off to 16 s and then end.  The peer may
 * ring, its answer may be on its way, its NAT may open with our next packet
 * only: whoever asks seldom finds a path late, or takes a relay for want of a
 * better one.  Until a component has its path, pairs that had no answer take
 * their turn again, two checks a second of each kind (relays, family).
 */
#ifndef UA_ASKON_H
#define UA_ASKON_H

#include "ice/iceagent.h"

enum {
	UA_ASKON_SENDS = 2,        /**< Of such a check                    */
	UA_ASKON_WAIT_MS = 1000,   /**< After the last one                 */
	UA_ASKON_UNHEARD_MAX = 300 /**< Checks to a peer that was never heard,
				       whatever its description says      */
};


/** Put what is to be asked again into its turn */
void ua_askon_run(struct ua_ice *ice, uint64_t now_ms);


/** When ua_askon_run() has something to do */
uint64_t ua_askon_deadline(const struct ua_ice *ice);

#endif
