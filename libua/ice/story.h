/* SPDX-License-Identifier: BSD-3-Clause */
/** @file story.h  What happened to pairs, for people who ask why */
#ifndef UA_STORY_H
#define UA_STORY_H

#include "ice/pair.h"

enum {
	UA_STORY_MAX = 256 /**< Entries kept: 4 KiB                      */
};

/** Besides enum ua_pair_event */
enum ua_story_what {
	UA_STORY_NEW = UA_PAIR_NEVENT,
	UA_STORY_EVICTED,
	UA_STORY_MEDIA,
	UA_STORY_NOMINATED,
	UA_STORY_SUSPECT,
	UA_STORY_RECOVERED,
	UA_STORY_NWHAT
};

struct ua_story_entry {
	uint64_t at_ms;
	uint16_t pair;
	uint16_t code;
	uint8_t base;
	uint8_t remote; /**< Remote candidate                           */
	uint8_t what;   /**< enum ua_pair_event or ua_story_what        */
	uint8_t reason; /**< enum ua_pair_reason                        */
};

/** A ring; all zero is an empty one */
struct ua_story {
	struct ua_story_entry *v; /**< Owned                              */
	uint16_t size;
	uint16_t n;
	uint16_t first; /**< Oldest, once the ring is full              */
};


/** Keep one entry; without memory it is lost, and nothing else */
void ua_story_add(struct ua_story *story, uint64_t at_ms, uint16_t index,
		  const struct ua_pair *pair, unsigned what);


/** Entry by age, oldest first; NULL: there are not so many */
const struct ua_story_entry *ua_story_get(const struct ua_story *story,
					  size_t index);


/** "SEND", "SUSPECT" (static) */
const char *ua_story_name(unsigned what);

#endif
