/* SPDX-License-Identifier: BSD-3-Clause */
/** @file match.h  Which bases and candidates make pairs, and in what order */
#ifndef UA_MATCH_H
#define UA_MATCH_H

#include "ice/iceagent.h"


/**
 * Pair a base with a remote candidate.
 *
 * @param proven  The peer reaches us there
 * @param index   Set to the pair
 *
 * @retval 0       Done
 * @retval ENOSPC  The list is full of better ones
 * @retval ENOMEM  Nothing changed
 */
UA_CHECK int ua_match_add(struct ua_ice *ice, uint16_t base, uint16_t remote,
			  bool proven, uint16_t *index);


/**
 * Is a pair of use?  A component that has its path, or is not needed, gets no
 * new ones but such that would spare it a relay.  A relay that the proxy
 * reserved in mid-call is looked at unless the path is direct: where a relay
 * of its is in use, that one closes when the answer passes.
 */
bool ua_match_wants(const struct ua_ice *ice, uint16_t base, uint16_t remote);


/**
 * Pair them unless that makes no sense: another component or family, another
 * scope, there already, not needed any more, or no room (RFC 8445, 6.1.2.2).
 *
 * @retval 0       Done, or left alone
 * @retval ENOMEM  Nothing changed
 */
UA_CHECK int ua_match_up(struct ua_ice *ice, uint16_t base, uint16_t remote);


/** Another remote candidate has taken the place of one: new pairs for old */
void ua_match_renew(struct ua_ice *ice, uint16_t remote);


/** Role or candidates changed: priorities, order and class of all pairs */
void ua_match_refresh(struct ua_ice *ice);

#endif
