/* SPDX-License-Identifier: BSD-3-Clause */
/** @file nego.h  One round of offer and answer: what each line became */
#ifndef UA_NEGO_H
#define UA_NEGO_H

#include "sdp/offercaps.h"

enum {
	UA_NEGO_NO_LINE = -1, /**< No audio: index of no m-line */
	UA_NEGO_TYPE_LEN = 24,
	UA_NEGO_PROTO_LEN = 40,
	UA_NEGO_FMTS_LEN = 64,
	UA_NEGO_MID_LEN = 64,
	UA_NEGO_TIMING_LEN = 48
};

/** An m-line that was ever there: it never goes away (RFC 3264, 8) */
struct ua_nego_line {
	char type[UA_NEGO_TYPE_LEN];
	char proto[UA_NEGO_PROTO_LEN];
	char fmts[UA_NEGO_FMTS_LEN]; /**< To refuse it with */
	char mid[UA_NEGO_MID_LEN];   /**< Empty: none */
};

/** One round; once made it is not changed any more, so it can be shared */
struct ua_nego {
	struct ua_nego_line linev[UA_SDP_MEDIA_MAX];
	size_t linec;
	size_t offered; /**< m-lines of the peer's offer: those get answers */
	int active;     /**< Line with our audio, UA_NEGO_NO_LINE */
	struct ua_ptmap map;
	struct ua_offer_fit fitv[UA_PTMAP_FMT_MAX];
	size_t fitc;
	uint8_t dir; /**< enum ua_sdp_dir: of our offer as we see it, or what
		      *  the peer's offer allows us */
	char timing[UA_NEGO_TIMING_LEN]; /**< t= of the peer, or empty */
	struct ua_offer_result result;
};


/**
 * Start a round from the last one.
 *
 * @param from  NULL: the first one
 *
 * @return Owned by the caller: mem_deref(); NULL without memory
 */
struct ua_nego *ua_nego_alloc(const struct ua_nego *from);


/** Prepare lines and payload types of our offer; ENOSPC: no line is left */
UA_CHECK int ua_nego_offer(struct ua_nego *nego,
			   const struct ua_offer_caps *caps,
			   enum ua_sdp_dir dir);


/**
 * Give our line a mid, if it has none: what is trickled names its m-line by it
 * (RFC 8840, 4.1.1).
 */
void ua_nego_mid(struct ua_nego *nego);


/** Read the peer's offer; errors as ua_offer_remote_offer() */
UA_CHECK int ua_nego_remote_offer(struct ua_nego *nego,
				  const struct ua_offer_caps *caps,
				  const struct ua_sdp *sdp,
				  struct ua_sdp_error *err);


/** Read the peer's answer; errors as ua_offer_remote_answer() */
UA_CHECK int ua_nego_remote_answer(struct ua_nego *nego,
				   const struct ua_offer_caps *caps,
				   const struct ua_sdp *sdp,
				   struct ua_sdp_error *err);


/** Settle the direction of our answer */
void ua_nego_answer(struct ua_nego *nego, enum ua_sdp_dir want);

#endif
