/* SPDX-License-Identifier: BSD-3-Clause */
/** @file sdpattr.h  Attributes that the model has a field for */
#ifndef UA_SDPATTR_H
#define UA_SDPATTR_H

#include "sdp/sdp.h"

/** A description that is being read */
struct ua_sdpattr_reader {
	struct ua_sdp *sdp;
	struct ua_sdp_media *media;     /**< NULL: session level */
	struct ua_sdp_error *err;       /**< May be NULL */
	struct ua_sdp_cand *cand;       /**< Next free one of the pool */
	size_t room;                    /**< Free ones of the pool */
	unsigned line;                  /**< Number of the line */
	enum ua_sdp_dir dir;            /**< Of the session */
	bool dir_set[UA_SDP_MEDIA_MAX]; /**< The m-line has its own one */
	bool frag; /**< A fragment: m-lines may be missing, see sdpfrag.h */
	bool skip; /**< ... and this one was one too many */
};


/** Count something odd that costs nothing but itself */
void ua_sdpattr_warn(struct ua_sdpattr_reader *rd, const char *field,
		     const char *why);


/**
 * Begin an m-line of a fragment, whose content has no meaning (RFC 8840, 4.4).
 * When there is no room its attributes are passed over.
 */
void ua_sdpattr_section(struct ua_sdpattr_reader *rd);


/**
 * Read one attribute into the model; an unknown one is kept as it is.
 *
 * @param text  What stands behind "a=": cut into pieces, borrowed
 */
void ua_sdpattr_read(struct ua_sdpattr_reader *rd, char *text);

#endif
