/* SPDX-License-Identifier: BSD-3-Clause */
/** @file conclude.h  From valid pairs to a path (RFC 8445, 8 and 12) */
#ifndef UA_CONCLUDE_H
#define UA_CONCLUDE_H

#include "ice/iceagent.h"


/** A check on a pair has succeeded */
void ua_conclude_valid(struct ua_ice *ice, uint64_t now_ms, uint16_t pair);


/** The peer nominated a pair (RFC 8445, 7.3.1.5), or agreed to ours */
void ua_conclude_nominated(struct ua_ice *ice, uint64_t now_ms, uint16_t pair);


/**
 * The peer's check carried the value of a renomination: the highest counts,
 * with USE-CANDIDATE or without.
 */
void ua_conclude_renominated(struct ua_ice *ice, uint64_t now_ms,
			     uint16_t pair, uint32_t value);


/** A nomination of ours came to nothing */
void ua_conclude_refused(struct ua_ice *ice, struct ua_comp *comp,
			 enum ua_pair_reason reason, uint16_t code);


/** Choose media's paths, nominate what is due */
void ua_conclude_run(struct ua_ice *ice, uint64_t now_ms);


/** When ua_conclude_run() has something to do */
uint64_t ua_conclude_deadline(const struct ua_ice *ice);

#endif
