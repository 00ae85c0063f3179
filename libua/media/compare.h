/* SPDX-License-Identifier: BSD-3-Clause */
/** @file compare.h  Is what was recorded what was sent? */
#ifndef UA_COMPARE_H
#define UA_COMPARE_H

#include <ua/types.h>

enum { UA_COMPARE_S_MAX = 300 /**< Longest sound that is compared [s] */ };

/** The two sounds; borrowed for the call */
struct ua_compare_conf {
	const int16_t *sent;
	size_t nsent;
	const int16_t *heard;
	size_t nheard;
	uint32_t srate_hz; /**< Of both                              */
	bool loop;         /**< What was sent was repeated for ever  */
};

struct ua_compare {
	double lag_ms;     /**< Where what was sent begins in what was heard;
				with loop: first time, modulo its length   */
	double similarity; /**< 0: something else, 1: the same; a call with
				good codecs and no loss gives above 0.8    */
	double heard_s;    /**< Sound heard that is the sound sent         */
};


/**
 * Compare in blocks of 200 ms, each where it fits best nearby: a codec, a
 * different level, and a jitter buffer that slips do not matter much, missing
 * and foreign sound does.
 *
 * @param cmp  Set on success
 *
 * @retval 0       Done; silence on either side gives zeros
 * @retval EINVAL  A rate that cannot be converted, or sound too long
 * @retval ENOMEM  Try later
 */
UA_CHECK int ua_compare(struct ua_compare *cmp,
			const struct ua_compare_conf *conf);

#endif
