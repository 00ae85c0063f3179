/* SPDX-License-Identifier: BSD-3-Clause */
/** @file regpace.c  When a REGISTER may go, and when the next one should */

#include "base/random.h"
#include "dialog/reg.h"
#include "dialog/regpace.h"

enum {
	REFRESH_MIN_PCT = 75, /* of the expiry: two REGISTERs that nobody */
	REFRESH_MAX_PCT = 90, /* answers fit into the rest of 300 s       */
	JITTER_PCT = 25,      /* phones must not come back all at once    */

	/* Timer F: a transaction ends by then (RFC 5627, 4.2) */
	TRANSACTION_S = 32,
	HALF_PCT = 50,
	HALF_MIN_PCT = 40,

	DEPTH_MS = UA_REG_RATE_MS * (UA_REG_BURST - 1)
};


bool ua_regpace_take(struct ua_regpace *pace, uint64_t now_ms)
{
	if (now_ms < ua_regpace_at(pace))
		return false;

	if (pace->full_ms < now_ms)
		pace->full_ms = now_ms;
	pace->full_ms += UA_REG_RATE_MS;

	return true;
}


void ua_regpace_give(struct ua_regpace *pace)
{
	pace->full_ms -= pace->full_ms < UA_REG_RATE_MS ? pace->full_ms
							: UA_REG_RATE_MS;
}


uint64_t ua_regpace_at(const struct ua_regpace *pace)
{
	return pace->full_ms > DEPTH_MS ? pace->full_ms - DEPTH_MS : 0;
}


/* base * 2^n, at most max */
static uint32_t doubled(uint32_t base, uint32_t n, uint32_t max)
{
	while (n-- && base < max)
		base *= 2;

	return base < max ? base : max;
}


uint64_t ua_regpace_retry(struct ua_regpace *pace, const struct ua_rand *rand,
			  bool late)
{
	const uint32_t ms = late ? UA_REG_BACKOFF_MAX_MS
				 : doubled(UA_REG_BACKOFF_MS, pace->failc,
					   UA_REG_BACKOFF_MAX_MS);

	/* So many doublings that more make no difference. */
	if (pace->failc < 16)
		++pace->failc;

	return ua_random_range(rand, ms - ms * JITTER_PCT / 100,
			       ms + ms * JITTER_PCT / 100);
}


uint64_t ua_regpace_refresh(const struct ua_rand *rand, uint32_t expires_s,
			    bool early)
{
	uint64_t lo = 10ULL * REFRESH_MIN_PCT * expires_s;
	uint64_t hi = 10ULL * REFRESH_MAX_PCT * expires_s;
	uint64_t ms;

	if (early && expires_s <= 2 * TRANSACTION_S) {
		lo = 10ULL * HALF_MIN_PCT * expires_s;
		hi = 10ULL * HALF_PCT * expires_s;
	}
	else if (early && hi > 1000ULL * (expires_s - TRANSACTION_S)) {
		hi = 1000ULL * (expires_s - TRANSACTION_S);
		if (lo > hi - hi / 8)
			lo = hi - hi / 8;
	}

	ms = ua_random_range(rand, (uint32_t)lo, (uint32_t)hi);

	return ms < UA_REG_RATE_MS ? UA_REG_RATE_MS : ms;
}
