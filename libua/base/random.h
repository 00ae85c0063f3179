/* SPDX-License-Identifier: BSD-3-Clause */
/** @file random.h  Randomness: the system's, and a seeded one for tests */
#ifndef UA_RANDOM_H
#define UA_RANDOM_H

#include <ua/types.h>

/** The system's randomness (OpenSSL); never fails, aborts if it must */
extern const struct ua_rand ua_random_system;


/** Random bits of a machine */
uint32_t ua_random_u32(const struct ua_rand *rand);
uint64_t ua_random_u64(const struct ua_rand *rand);

/** Uniform enough in [lo, hi] */
uint32_t ua_random_range(const struct ua_rand *rand, uint32_t lo, uint32_t hi);


/**
 * Random characters of [A-Za-z0-9]+/ (ice-char, RFC 8839, 5.4) and a zero.
 *
 * @param str  Room for len + 1
 * @param len  Characters, 6 bits of randomness each
 */
void ua_random_str(const struct ua_rand *rand, char *str, size_t len);

#endif
