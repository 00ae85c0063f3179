/* SPDX-License-Identifier: BSD-3-Clause */
/** @file sdpwrite.h  Lines of a session description, in their order */
#ifndef UA_SDPWRITE_H
#define UA_SDPWRITE_H

#include "sdp/sdp.h"


/** Write a line, if there is a text; errors stick in wr */
void ua_sdpwrite_line(struct ua_wr *wr, const char *before, const char *text);


/** Write the line of a candidate; errors stick in wr */
void ua_sdpwrite_cand(struct ua_wr *wr, const struct ua_sdp_cand *cand);


/** Write the session's part (RFC 8866, 5); errors stick in wr */
void ua_sdpwrite_session(struct ua_wr *wr, const struct ua_sdp *sdp);


/** Write one m-line and what belongs to it; errors stick in wr */
void ua_sdpwrite_media(struct ua_wr *wr, const struct ua_sdp *sdp,
		       const struct ua_sdp_media *media);

#endif
