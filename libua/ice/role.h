/* SPDX-License-Identifier: BSD-3-Clause */
/** @file role.h  Who is controlling (RFC 8445, 6.1.1, 7.2.5.1, 7.3.1.1) */
#ifndef UA_ROLE_H
#define UA_ROLE_H

#include "ice/iceagent.h"


/** Switches are few: two agents that err for ever shall not flood the line */
bool ua_role_may_switch(const struct ua_ice *ice, uint64_t now_ms);


/**
 * Take the other role: priorities are computed anew, and no request that
 * carries the old role is sent again, while its answer still counts.
 *
 * @param fresh  With a new tie-breaker
 */
void ua_role_switch(struct ua_ice *ice, uint64_t now_ms, bool fresh);


/**
 * Look at the role in a request (RFC 8445, 7.3.1.1); we may switch.
 *
 * @return False: the peer has to switch, answer 487
 */
bool ua_role_settle(struct ua_ice *ice, uint64_t now_ms,
		    const struct ua_stun *msg);

#endif
