/* SPDX-License-Identifier: BSD-3-Clause */
/** @file draft.h  Our own description, written from what was negotiated */
#ifndef UA_DRAFT_H
#define UA_DRAFT_H

#include "sdp/nego.h"

/** All that goes into it; borrowed */
struct ua_draft {
	const struct ua_offer_caps *caps;
	const struct ua_nego *nego;
	const struct ua_offer_local *local;
	const struct ua_addr *origin; /**< Address in o=, the same for ever */
	uint64_t id;
	uint64_t version;
	bool answer; /**< It answers the offer that nego has read */
};


/** Write it; errors as ua_offer_local_offer() */
UA_CHECK int ua_draft_encode(const struct ua_draft *draft, struct ua_wr *wr);

#endif
