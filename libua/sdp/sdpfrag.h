/* SPDX-License-Identifier: BSD-3-Clause */
/** @file sdpfrag.h  Body of an INFO of trickle ICE (RFC 8840, 9) */
#ifndef UA_SDPFRAG_H
#define UA_SDPFRAG_H

#include "sdp/sdpfacts.h"

struct ua_wr;

/** Our side of it, all of one m-line; all borrowed */
struct ua_sdp_frag {
	const char *ufrag; /**< Of the description it belongs to */
	const char *pwd;
	const char *mid; /**< Of the m-line, NULL: it has none */
	const struct ua_sdp_cand *candv; /**< All so far, in the order in
					  *  which they were told before */
	size_t candc;
	bool end; /**< No more will come */
	bool mux; /**< rtcp-mux was agreed */
};


/**
 * Read what a peer tells, as ua_sdpfacts_frag() gives it.
 *
 * @param facts  Set on success only, was zero or reset
 * @param buf    Text (copied)
 * @param mid    As ua_sdpfacts_frag()
 *
 * @retval 0        Done; lines of no use are counted and passed over
 * @retval EBADMSG  No text, too much of it, or nothing that tells anything
 * @retval ENOMEM   No memory
 */
UA_CHECK int ua_sdpfrag_decode(struct ua_sdp_facts *facts, const uint8_t *buf,
			       size_t len, const char *mid);


/**
 * Write ours, with credentials below the m-line: there our descriptions have
 * them too (RFC 8840, 4.4).
 *
 * @retval 0       Done
 * @retval ENOSPC  Does not fit
 * @retval EINVAL  A string of it holds a line end, or no credentials
 */
UA_CHECK int ua_sdpfrag_encode(const struct ua_sdp_frag *frag,
			       struct ua_wr *wr);

#endif
