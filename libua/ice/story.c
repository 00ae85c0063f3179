/* SPDX-License-Identifier: BSD-3-Clause */
/** @file story.c  What happened to pairs, for people who ask why */

#include <errno.h>

#include "base/re_compat.h"
#include "ice/story.h"

enum { GROW = 16 };


static int make_room(struct ua_story *story)
{
	const uint16_t size = (uint16_t)(story->size + GROW);
	struct ua_story_entry *v;

	if (story->n < story->size || story->size >= UA_STORY_MAX)
		return 0;

	v = story->v ? mem_realloc(story->v, size * sizeof(*v))
		     : mem_alloc(size * sizeof(*v), NULL);
	if (!v)
		return ENOMEM;

	story->v = v;
	story->size = size;
	return 0;
}


void ua_story_add(struct ua_story *story, uint64_t at_ms, uint16_t index,
		  const struct ua_pair *pair, unsigned what)
{
	struct ua_story_entry *e;

	if (make_room(story))
		return;

	if (story->n < story->size) {
		e = &story->v[story->n++];
	}
	else {
		e = &story->v[story->first];
		story->first = (uint16_t)((story->first + 1) % story->size);
	}

	e->at_ms = at_ms;
	e->pair = index;
	e->code = pair->code;
	e->base = (uint8_t)pair->base;
	e->remote = (uint8_t)pair->remote;
	e->what = (uint8_t)what;
	e->reason = pair->reason;
}


const struct ua_story_entry *ua_story_get(const struct ua_story *story,
					  size_t index)
{
	if (index >= story->n)
		return NULL;

	return &story->v[(story->first + index) % story->n];
}


const char *ua_story_name(unsigned what)
{
	static const char *const name[] = {
		"NEW", "EVICTED", "MEDIA", "NOMINATED", "SUSPECT", "RECOVERED"
	};

	if (what < UA_PAIR_NEVENT)
		return ua_pair_event_name((enum ua_pair_event)what);

	return what < UA_STORY_NWHAT ? name[what - UA_STORY_NEW] : "?";
}
