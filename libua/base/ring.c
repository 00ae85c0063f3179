/* SPDX-License-Identifier: BSD-3-Clause */
/** @file ring.c  Samples between two threads without a lock */

#include <errno.h>
#include <string.h>

#include "base/re_compat.h"
#include "base/ring.h"

enum { SIZE_LIMIT = 1 << 24 };


int ua_ring_init(struct ua_ring *ring, size_t size)
{
	size_t n = 1;

	if (!size || size > SIZE_LIMIT)
		return EINVAL;

	while (n < size)
		n *= 2;

	ring->buf = mem_zalloc(n * sizeof(*ring->buf), NULL);
	if (!ring->buf)
		return ENOMEM;

	ring->size = n;
	atomic_init(&ring->nwrite, 0);
	atomic_init(&ring->nread, 0);
	return 0;
}


void ua_ring_close(struct ua_ring *ring)
{
	ring->buf = mem_deref(ring->buf);
	ring->size = 0;
	atomic_store(&ring->nwrite, 0);
	atomic_store(&ring->nread, 0);
}


size_t ua_ring_fill(const struct ua_ring *ring)
{
	/* Exact for the reader; the writer may see too much, never too little.
	 */
	const size_t nread = atomic_load(&ring->nread);

	return atomic_load(&ring->nwrite) - nread;
}


size_t ua_ring_write(struct ua_ring *ring, const int16_t *pcm, size_t nsamp)
{
	const size_t w =
		atomic_load_explicit(&ring->nwrite, memory_order_relaxed);
	const size_t r =
		atomic_load_explicit(&ring->nread, memory_order_acquire);
	const size_t room = ring->size - (w - r);
	const size_t n = nsamp < room ? nsamp : room;
	size_t at;
	size_t first;

	if (!n)
		return 0;

	at = w & (ring->size - 1);
	first = n < ring->size - at ? n : ring->size - at;

	memcpy(ring->buf + at, pcm, first * sizeof(*pcm));
	memcpy(ring->buf, pcm + first, (n - first) * sizeof(*pcm));

	atomic_store_explicit(&ring->nwrite, w + n, memory_order_release);
	return n;
}


/* Where reading begins and how much can be read of nsamp. */
static size_t readable(const struct ua_ring *ring, size_t nsamp, size_t *rp)
{
	const size_t r =
		atomic_load_explicit(&ring->nread, memory_order_relaxed);
	const size_t w =
		atomic_load_explicit(&ring->nwrite, memory_order_acquire);

	*rp = r;
	return nsamp < w - r ? nsamp : w - r;
}


size_t ua_ring_read(struct ua_ring *ring, int16_t *pcm, size_t nsamp)
{
	size_t r;
	const size_t n = readable(ring, nsamp, &r);
	size_t at;
	size_t first;

	if (!n)
		return 0;

	at = r & (ring->size - 1);
	first = n < ring->size - at ? n : ring->size - at;

	memcpy(pcm, ring->buf + at, first * sizeof(*pcm));
	memcpy(pcm + first, ring->buf, (n - first) * sizeof(*pcm));

	atomic_store_explicit(&ring->nread, r + n, memory_order_release);
	return n;
}


size_t ua_ring_skip(struct ua_ring *ring, size_t nsamp)
{
	size_t r;
	const size_t n = readable(ring, nsamp, &r);

	atomic_store_explicit(&ring->nread, r + n, memory_order_release);
	return n;
}
