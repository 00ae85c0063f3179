/* SPDX-License-Identifier: BSD-3-Clause */
/** @file ptmap.c  Which payload type stands for which of our formats */

#include <string.h>

#include "sdp/ptmap.h"

enum {
	DYN_MIN = 96, /* RFC 3551, 3 */
	DYN_MAX = 127,
	/* Unassigned, and no RTCP packet looks like them (RFC 5761, 4). */
	SPARE_MIN = 35,
	SPARE_MAX = 63,
	BLOCKED = -2 /* An owner that is none of our formats */
};


static bool is_free(const struct ua_ptmap *map, int16_t pt)
{
	return pt >= 0 && pt < UA_PTMAP_NPT && map->owner[pt] == UA_PTMAP_NONE;
}


static int16_t find_free(const struct ua_ptmap *map, int16_t min, int16_t max)
{
	int16_t pt;

	for (pt = min; pt <= max; pt++) {
		if (is_free(map, pt))
			return pt;
	}

	return UA_PTMAP_NONE;
}


void ua_ptmap_init(struct ua_ptmap *map)
{
	size_t i;

	memset(map->owner, UA_PTMAP_NONE, sizeof(map->owner));
	for (i = 0; i < UA_PTMAP_FMT_MAX; i++)
		map->pt[i] = UA_PTMAP_NONE;
}


int16_t ua_ptmap_give(struct ua_ptmap *map, uint8_t fmt, int16_t want)
{
	int16_t pt = map->pt[fmt];

	if (pt != UA_PTMAP_NONE)
		return pt;

	pt = is_free(map, want) ? want : find_free(map, DYN_MIN, DYN_MAX);
	if (pt == UA_PTMAP_NONE)
		pt = find_free(map, SPARE_MIN, SPARE_MAX);
	if (pt == UA_PTMAP_NONE)
		return pt;

	map->owner[pt] = (int8_t)fmt;
	map->pt[fmt] = pt;
	return pt;
}


/* From above: formats that come later are given theirs from below. */
int16_t ua_ptmap_spare(const struct ua_ptmap *map,
		       const bool used[UA_PTMAP_NPT])
{
	int16_t pt;

	for (pt = DYN_MAX; pt >= SPARE_MIN; pt--) {
		if ((pt >= DYN_MIN || pt <= SPARE_MAX) && is_free(map, pt) &&
		    !used[pt])
			return pt;
	}

	return UA_PTMAP_NONE;
}


void ua_ptmap_learn(struct ua_ptmap *map, uint8_t fmt, int16_t pt)
{
	int8_t before;

	if (pt < 0 || pt >= UA_PTMAP_NPT)
		return;

	before = map->owner[pt];
	if (before >= 0 && before != (int8_t)fmt && map->pt[before] == pt)
		map->pt[before] = UA_PTMAP_NONE;

	map->owner[pt] = (int8_t)fmt;
	map->pt[fmt] = pt;
}


void ua_ptmap_block(struct ua_ptmap *map, int16_t pt)
{
	if (is_free(map, pt))
		map->owner[pt] = BLOCKED;
}
