/* SPDX-License-Identifier: BSD-3-Clause */
/** @file ptmap.h  Which payload type stands for which of our formats */
#ifndef UA_PTMAP_H
#define UA_PTMAP_H

#include <ua/types.h>

enum {
	UA_PTMAP_FMT_MAX = 24, /**< Formats, ours */
	UA_PTMAP_NPT = 128,    /**< Payload types */
	UA_PTMAP_NONE = -1
};

/**
 * Payload types of one stream, for as long as the session lives: a number
 * that once stood for a codec is given to no other one (RFC 3264, 8.3.2).
 */
struct ua_ptmap {
	int8_t owner[UA_PTMAP_NPT];   /**< Format, or one of the above */
	int16_t pt[UA_PTMAP_FMT_MAX]; /**< Current type of each format */
};


/** Nothing is given away */
void ua_ptmap_init(struct ua_ptmap *map);


/**
 * Payload type of a format; gives it one if it has none.
 *
 * @param fmt   Below UA_PTMAP_FMT_MAX
 * @param want  Static type, or the one to try first; UA_PTMAP_NONE: any
 *
 * @return Payload type, UA_PTMAP_NONE if all are taken
 */
int16_t ua_ptmap_give(struct ua_ptmap *map, uint8_t fmt, int16_t want);


/**
 * The peer's offer uses this type for a format: from now on we do, too.
 * A format of ours that had it is left without.
 */
void ua_ptmap_learn(struct ua_ptmap *map, uint8_t fmt, int16_t pt);


/**
 * A type that stands for nothing and never did in this session; it may do
 * later.
 *
 * @param used  Types that are not to be taken either, a bool each
 *
 * @return Payload type, UA_PTMAP_NONE if all are taken
 */
int16_t ua_ptmap_spare(const struct ua_ptmap *map,
		       const bool used[UA_PTMAP_NPT]);


/** The peer uses this type for something that we do not know */
void ua_ptmap_block(struct ua_ptmap *map, int16_t pt);

#endif
