/* SPDX-License-Identifier: BSD-3-Clause */
/** @file offercaps.h  What we can do, and what of it the peer can, too */
#ifndef UA_OFFERCAPS_H
#define UA_OFFERCAPS_H

#include "sdp/offer.h"
#include "sdp/ptmap.h"

/** What we can do: the codecs, then telephone-event for each clock rate */
struct ua_offer_caps {
	struct ua_offer_codec fmtv[UA_PTMAP_FMT_MAX];
	uint8_t fmtc;
	uint8_t codecc; /**< The first so many are codecs */
	bool mux;
	bool own_order;
	uint16_t ptime;
	uint16_t maxptime;
};

/** A format that both have, with the payload type of the peer's text */
struct ua_offer_fit {
	uint8_t fmt; /**< Index in ua_offer_caps.fmtv */
	uint8_t pt;
};


/** What we can do, by the configuration; EINVAL as ua_offer_alloc() */
UA_CHECK int ua_offercaps_init(struct ua_offer_caps *caps,
			       const struct ua_offer_conf *conf);


/** Our index of a format of the peer; -1: unknown to us */
int ua_offercaps_find(const struct ua_offer_caps *caps,
		      const struct ua_sdp_fmt *fmt);


/**
 * Formats that both have, each of ours once.
 *
 * @param fitc    Set to their number
 * @param sorted  In our order, not in that of the m-line
 *
 * @return How many of them are codecs
 */
size_t ua_offercaps_fits(struct ua_offer_fit fitv[static UA_PTMAP_FMT_MAX],
			 size_t *fitc, const struct ua_offer_caps *caps,
			 const struct ua_sdp_media *media, bool sorted);


/** "no common codec: peer has G729/8000, we have PCMU/8000 PCMA/8000" */
void ua_offercaps_explain(struct ua_sdp_error *err,
			  const struct ua_offer_caps *caps,
			  const struct ua_sdp_media *media);

#endif
