/* SPDX-License-Identifier: BSD-3-Clause */
/** @file resample.h  Another sample rate for a stream of samples */
#ifndef UA_RESAMPLE_H
#define UA_RESAMPLE_H

#include <ua/types.h>

enum { UA_RESAMPLE_HZ_MIN = 4000, UA_RESAMPLE_HZ_MAX = 192000 };

struct ua_resample;


/**
 * @param rsp      Set on success; ended by mem_deref()
 * @param from_hz  Of the samples given
 * @param to_hz    Of the samples made; both UA_RESAMPLE_HZ_MIN to _MAX
 *
 * @retval 0       Done
 * @retval EINVAL  A rate is out of range
 * @retval ENOMEM  Try later
 */
UA_CHECK int ua_resample_alloc(struct ua_resample **rsp, uint32_t from_hz,
			       uint32_t to_hz);

/** Most samples that nin more samples can make */
size_t ua_resample_room(const struct ua_resample *rs, size_t nin);


/**
 * Convert; the stream goes on with the next call.  It is delayed by 16
 * samples of the lower rate.  A block whose length makes a whole number of
 * samples at the other rate makes exactly that many.
 *
 * @param out  Room for ua_resample_room() samples
 *
 * @return Samples written
 */
size_t ua_resample_input(struct ua_resample *rs, int16_t *out,
			 const int16_t *in, size_t nin);

#endif
