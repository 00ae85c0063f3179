/* SPDX-License-Identifier: BSD-3-Clause */
/** @file regpace.h  When a REGISTER may go, and when the next one should */
#ifndef UA_REGPACE_H
#define UA_REGPACE_H

#include <ua/types.h>

/** Starts as all zero, a value inside its owner */
struct ua_regpace {
	uint64_t full_ms; /**< By then the limiter has forgotten all */
	uint32_t failc;   /**< Failures in a row                     */
};


/** Take leave to send one; false: not before ua_regpace_at() */
bool ua_regpace_take(struct ua_regpace *pace, uint64_t now_ms);

/** One more is allowed, for a reason that is not the registrar's */
void ua_regpace_give(struct ua_regpace *pace);

/** From then on one may be sent */
uint64_t ua_regpace_at(const struct ua_regpace *pace);


/**
 * Wait after a failure, and count it: 1 s, and double, up to a minute, with
 * jitter.
 *
 * @param late      It was refused on purpose: the longest wait
 *
 * @return [ms]
 */
uint64_t ua_regpace_retry(struct ua_regpace *pace, const struct ua_rand *rand,
			  bool late);


/**
 * Wait until a refresh, with jitter.
 *
 * @param expires_s  Granted
 * @param early      So early that the transaction ends before the expiry (RFC
 *                   5627, 4.2: temporary GRUUs are not to be lost)
 *
 * @return [ms], at least UA_REG_RATE_MS
 */
uint64_t ua_regpace_refresh(const struct ua_rand *rand, uint32_t expires_s,
			    bool early);

#endif
