/* SPDX-License-Identifier: BSD-3-Clause */
/** @file bindreq.h  Binding requests of the peer (RFC 8445, 7.3) */
#ifndef UA_BINDREQ_H
#define UA_BINDREQ_H

#include "ice/iceagent.h"


/** See ua_ice_input() */
UA_CHECK int ua_bindreq_input(struct ua_ice *ice, uint64_t now_ms,
			      const struct ua_path *path,
			      const struct ua_stun *msg);


/** The peer's description is here: make good for the requests before it */
void ua_bindreq_replay(struct ua_ice *ice, uint64_t now_ms);


/** Did an authentic request come that way before the description? */
bool ua_bindreq_was_early(const struct ua_ice *ice, uint16_t base,
			  const struct ua_addr *from);

#endif
