/* SPDX-License-Identifier: BSD-3-Clause */
/** @file ring.h  Samples between two threads without a lock */
#ifndef UA_RING_H
#define UA_RING_H

#include <stdatomic.h>

#include <ua/types.h>

/**
 * A ring of samples: one thread writes, one reads.
 *
 * The counters run on for ever and wrap as unsigned do; their difference is
 * the fill.
 */
struct ua_ring {
	int16_t *buf;
	size_t size;           /**< Room [samples], a power of two      */
	_Atomic size_t nwrite; /**< Written so far, by the writer alone */
	_Atomic size_t nread;  /**< Read so far, by the reader alone    */
};


/**
 * @param size  Room wanted [samples], rounded up to a power of two
 *
 * @retval 0       Done; ended by ua_ring_close()
 * @retval EINVAL  0, or more than 2^24
 * @retval ENOMEM  Try later
 */
UA_CHECK int ua_ring_init(struct ua_ring *ring, size_t size);

/** Frees the buffer; both threads must have stopped.  All zero is no error */
void ua_ring_close(struct ua_ring *ring);

/** Samples that can be read now; either thread */
size_t ua_ring_fill(const struct ua_ring *ring);

/** Writer: put samples in; returns how many fitted */
size_t ua_ring_write(struct ua_ring *ring, const int16_t *pcm, size_t nsamp);

/** Reader: take samples out; returns how many there were */
size_t ua_ring_read(struct ua_ring *ring, int16_t *pcm, size_t nsamp);

/** Reader: drop samples; returns how many there were */
size_t ua_ring_skip(struct ua_ring *ring, size_t nsamp);

#endif
