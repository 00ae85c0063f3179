/* SPDX-License-Identifier: BSD-3-Clause */
/** @file rtpalive.c  When a path that carries no sound must be kept alive */

#include "rtp/rtpalive.h"

enum { RTP = 0, RTCP };


/* Whose clock counts for a component */
static size_t clock_of(const struct ua_rtpalive *alive, unsigned comp)
{
	return comp == 2 && !alive->mux ? RTCP : RTP;
}


void ua_rtpalive_init(struct ua_rtpalive *alive)
{
	alive->due_ms[RTP] = UA_NEVER;
	alive->due_ms[RTCP] = UA_NEVER;
	alive->mux = false;
}


void ua_rtpalive_mux(struct ua_rtpalive *alive, bool on)
{
	alive->mux = on;
}


void ua_rtpalive_path(struct ua_rtpalive *alive, uint64_t now_ms,
		      unsigned comp)
{
	const uint64_t at_ms = now_ms + UA_RTPALIVE_SOON_MS;
	size_t i;

	/* Paths that change all the time put nothing off. */
	for (i = 0; i < UA_RTPALIVE_COMPS; i++) {
		if ((!comp || clock_of(alive, comp) == i) &&
		    at_ms < alive->due_ms[i])
			alive->due_ms[i] = at_ms;
	}
}


void ua_rtpalive_sent(struct ua_rtpalive *alive, uint64_t now_ms,
		      unsigned comp)
{
	alive->due_ms[clock_of(alive, comp)] = now_ms + UA_RTPALIVE_MS;
}


bool ua_rtpalive_due(const struct ua_rtpalive *alive, uint64_t now_ms,
		     unsigned comp)
{
	if (alive->mux && comp == 1)
		return false;

	return now_ms >= alive->due_ms[clock_of(alive, comp)];
}


uint64_t ua_rtpalive_deadline(const struct ua_rtpalive *alive)
{
	const uint64_t rtp_ms = alive->due_ms[RTP];
	const uint64_t rtcp_ms = alive->mux ? UA_NEVER : alive->due_ms[RTCP];

	return rtp_ms < rtcp_ms ? rtp_ms : rtcp_ms;
}
