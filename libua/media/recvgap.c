/* SPDX-License-Identifier: BSD-3-Clause */
/** @file recvgap.c  Sound that was made up: was it lost, or never sent? */

#include "media/recvgap.h"


void ua_recvgap_missed(struct ua_recvgap *gap, double s)
{
	gap->open_s += s;
}


void ua_recvgap_other(struct ua_recvgap *gap)
{
	++gap->others;
}


static bool is_pause(const struct ua_recvgap *gap,
		     const struct ua_jitter_pkt *pkt)
{
	const uint16_t between = (uint16_t)(pkt->seq - gap->seq - 1);

	return between <= gap->others && pkt->ts - gap->ts >= 2 * pkt->dur;
}


void ua_recvgap_played(struct ua_recvgap *gap, const struct ua_jitter_pkt *pkt)
{
	if (gap->begun && !is_pause(gap, pkt))
		gap->lost_s += gap->open_s;

	gap->begun = true;
	gap->open_s = 0;
	gap->others = 0;
	gap->seq = pkt->seq;
	gap->ts = pkt->ts;
}
