/* SPDX-License-Identifier: BSD-3-Clause */
/** @file recvgap.c  Sound that was made up: was it lost, or never sent? */

#include "media/recvgap.h"


void ua_recvgap_missed(struct ua_recvgap *gap, double s, bool sure,
		       uint32_t lost)
{
	if (sure) {
		gap->lost_s += s;
		return;
	}

	if (gap->open_s <= 0)
		gap->open_lost = lost;
	gap->open_s += s;
}


void ua_recvgap_played(struct ua_recvgap *gap, const struct ua_jitter_pkt *pkt,
		       uint32_t lost)
{
	if (gap->open_s > 0 &&
	    (lost != gap->open_lost || pkt->ts - gap->ts < 2 * pkt->dur))
		gap->lost_s += gap->open_s;

	gap->open_s = 0;
	gap->ts = pkt->ts;
}
