/* SPDX-License-Identifier: BSD-3-Clause */
/** @file sdpfmt.h  One media format: payload type, rtpmap and fmtp */
#ifndef UA_SDPFMT_H
#define UA_SDPFMT_H

#include <ua/types.h>

enum {
	UA_SDP_PT_NONE = -1, /**< Format that is no RTP payload type */
	UA_SDP_PT_MAX = 127  /**< Seven bits (RFC 3550, 5.1) */
};

/** A format of an m-line; its strings are borrowed */
struct ua_sdp_fmt {
	const char *id;    /**< As it stands in the m-line */
	int16_t pt;        /**< Payload type or UA_SDP_PT_NONE */
	const char *name;  /**< Encoding name, NULL: unknown */
	uint32_t clock_hz; /**< RTP clock rate */
	uint8_t channels;  /**< 1 unless told otherwise */
	const char *fmtp;  /**< Format parameters, NULL: none */
};


/** Format of an m-line by its text; NULL if there is none or no id */
struct ua_sdp_fmt *ua_sdpfmt_find(struct ua_sdp_fmt *fmtv, size_t fmtc,
				  const char *id);


/**
 * Read the value of a=rtpmap behind the payload type: "opus/48000/2".
 *
 * @param fmt    Name, clock and channels are set on success only
 * @param value  Cut into pieces, borrowed
 *
 * @retval 0        Done
 * @retval EBADMSG  Not of that form: the format stays as it was
 */
UA_CHECK int ua_sdpfmt_rtpmap(struct ua_sdp_fmt *fmt, char *value);


/** Name, clock and channels of a static audio type (RFC 3551, 6) if unknown */
void ua_sdpfmt_static(struct ua_sdp_fmt *fmt);


/**
 * Same encoding, clock rate and channels?
 *
 * Encoding names know no case; Opus always is 48000/2 (RFC 7587, 7), so a
 * peer that leaves the channels away is understood.
 */
bool ua_sdpfmt_is(const struct ua_sdp_fmt *fmt, const char *name,
		  uint32_t clock_hz, uint8_t channels);

#endif
