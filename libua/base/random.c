/* SPDX-License-Identifier: BSD-3-Clause */
/** @file random.c  Randomness */

#include <stdlib.h>
#include <openssl/rand.h>

#include "base/random.h"


static void system_fill(uint8_t *buf, size_t len, void *arg)
{
	(void)arg;

	/* Without randomness no key, tag or transaction id is safe. */
	if (RAND_bytes(buf, (int)len) != 1)
		abort();
}


const struct ua_rand ua_random_system = { .fill = system_fill };


uint32_t ua_random_u32(const struct ua_rand *rand)
{
	uint32_t v;

	rand->fill((uint8_t *)&v, sizeof(v), rand->arg);
	return v;
}


uint64_t ua_random_u64(const struct ua_rand *rand)
{
	uint64_t v;

	rand->fill((uint8_t *)&v, sizeof(v), rand->arg);
	return v;
}


uint32_t ua_random_range(const struct ua_rand *rand, uint32_t lo, uint32_t hi)
{
	return lo + (uint32_t)(ua_random_u64(rand) % ((uint64_t)hi - lo + 1));
}


void ua_random_str(const struct ua_rand *rand, char *str, size_t len)
{
	static const char set[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				  "abcdefghijklmnopqrstuvwxyz0123456789+/";
	size_t i;

	rand->fill((uint8_t *)str, len, rand->arg);

	for (i = 0; i < len; i++)
		str[i] = set[(uint8_t)str[i] & 63];

	str[len] = '\0';
}
