/* SPDX-License-Identifier: BSD-3-Clause */
/** @file simrand.c  Random numbers of the simulated net, the same everywhere
 */

#include "simcore.h"


/* Neighbouring seeds must have nothing in common (splitmix64). */
void ua_simrand_seed(struct ua_simrand *rand, uint64_t seed)
{
	uint64_t z = seed + UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	z ^= z >> 31;

	rand->state = z ? z : 1;
}


uint64_t ua_simrand_next(struct ua_simrand *rand)
{
	uint64_t x = rand->state;

	x ^= x >> 12;
	x ^= x << 25;
	x ^= x >> 27;
	rand->state = x;

	return x * UINT64_C(0x2545f4914f6cdd1d);
}


uint64_t ua_simrand_below(struct ua_simrand *rand, uint64_t n)
{
	return n ? (ua_simrand_next(rand) >> 11) % n : 0;
}


bool ua_simrand_chance(struct ua_simrand *rand, uint32_t of10000)
{
	return of10000 && ua_simrand_below(rand, 10000) < of10000;
}


/* Four uniform numbers: near enough, and without floating point. */
int64_t ua_simrand_normal(struct ua_simrand *rand, uint32_t deviation)
{
	const uint64_t x = ua_simrand_next(rand);
	const int64_t sum = (int64_t)((x & 0xffff) + ((x >> 16) & 0xffff) +
				      ((x >> 32) & 0xffff) + (x >> 48));

	/* Mean 4 * 32767.5, deviation 65536 / sqrt(3) */
	return (sum - 131070) * (int64_t)deviation / 37837;
}
