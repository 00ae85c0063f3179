/* SPDX-License-Identifier: BSD-3-Clause */
/** @file learn.h  The peer's candidates, from descriptions and its checks */
#ifndef UA_LEARN_H
#define UA_LEARN_H

#include "ice/iceagent.h"


/** See ua_ice_remote_cand() */
UA_CHECK int ua_learn_cand(struct ua_ice *ice, const struct ua_ice_cand *cand);


/**
 * Pair on which an authentic request came; makes the peer-reflexive candidate
 * and the pair if need be (RFC 8445, 7.3.1.3).
 *
 * @param prio   Of its PRIORITY
 * @param index  Set to the pair
 *
 * @retval 0       Done
 * @retval EACCES  From a relay that another base talks to: it gets no answer
 * @retval ENOSPC  Too many for now: the request gets no answer
 * @retval ENOMEM  The same
 */
UA_CHECK int ua_learn_source(struct ua_ice *ice, uint64_t now_ms,
			     uint16_t base, const struct ua_addr *from,
			     uint32_t prio, uint16_t *index);

#endif
