/* SPDX-License-Identifier: BSD-3-Clause */
/** @file sdp.h  Session description: model, parser, writer (RFC 8866) */
#ifndef UA_SDP_H
#define UA_SDP_H

#include <ua/types.h>

#include "sdp/sdpcand.h"
#include "sdp/sdpconn.h"
#include "sdp/sdpfmt.h"
#include "sdp/sdptext.h"

struct ua_wr;

enum {
	UA_SDP_LEN_MAX = 16384, /**< Longest text that is read [bytes] */
	UA_SDP_MEDIA_MAX = 16,  /**< m-lines; more are refused */
	UA_SDP_FMT_MAX = 24,    /**< Formats of an m-line; more are lost */
	UA_SDP_ATTR_MAX = 32,   /**< Other attributes a level; as above */
	UA_SDP_CAND_MAX = 64,   /**< Candidates of an m-line; as above */
	UA_SDP_POOL_MAX = 256,  /**< Candidates of all m-lines; as above */
	UA_SDP_BADCAND_MAX = 4, /**< Useless ones that are told; as above */
	UA_SDP_REMCAND_MAX = 4, /**< Remote candidates of an m-line */
	UA_SDP_UFRAG_MIN = 4,   /**< RFC 8839, 5.4 */
	UA_SDP_PWD_MIN = 22,    /**< RFC 8839, 5.4 */
	UA_SDP_CRED_MAX = 256   /**< RFC 8839, 5.4: of ufrag and password */
};

/** Direction as its writer means it; the values are bits: 1 send, 2 receive */
enum ua_sdp_dir {
	UA_SDP_INACTIVE = 0,
	UA_SDP_SENDONLY = 1,
	UA_SDP_RECVONLY = 2,
	UA_SDP_SENDRECV = 3
};

/** An attribute that the model has no field for, or that is kept raw */
struct ua_sdp_attr {
	const char *name;
	const char *value; /**< NULL: a flag */
};

/** ICE credentials and options of a level; a NULL is not given */
struct ua_sdp_ice {
	const char *ufrag;
	const char *pwd;
	const char *options; /**< Tags parted by blanks */
	bool end;            /**< a=end-of-candidates (RFC 8840, 8.2) */
};

/** A candidate that is of no use */
struct ua_sdp_badcand {
	unsigned line;   /**< Of the text, from 1 */
	const char *why; /**< What was expected, static */
};

/** One m-line with all below it */
struct ua_sdp_media {
	const char *type;  /**< "audio" */
	uint16_t port;     /**< 0: refused or removed */
	const char *proto; /**< "RTP/AVP" */
	const char *mid;   /**< NULL: none */
	uint32_t ptime;    /**< 0: none [ms] */
	uint32_t maxptime; /**< 0: none [ms] */
	uint8_t dir;       /**< enum ua_sdp_dir, of the session if need be */
	bool has_rtcp;     /**< a=rtcp was there (RFC 3605) */
	bool rtcp_mux;     /**< RFC 5761 */
	bool ice_mismatch; /**< RFC 8839, 5.3 */
	uint16_t rtcp_port;
	struct ua_sdp_conn rtcp_conn; /**< NONE: that of c= */
	struct ua_sdp_conn conn;      /**< Of the session if need be */
	struct ua_sdp_ice ice;        /**< Of the session if need be */

	struct ua_sdp_fmt fmtv[UA_SDP_FMT_MAX]; /**< Most preferred first */
	size_t fmtc;
	const struct ua_sdp_cand *candv; /**< In the order of the text */
	size_t candc;
	unsigned cand_bad; /**< Candidate lines that were of no use */
	struct ua_sdp_badcand badv[UA_SDP_BADCAND_MAX]; /**< The first ones */
	struct ua_sdp_remcand remv[UA_SDP_REMCAND_MAX];
	size_t remc;
	struct ua_sdp_attr attrv[UA_SDP_ATTR_MAX]; /**< All other ones */
	size_t attrc;
};

/** A session description; its strings live as long as the object */
struct ua_sdp {
	struct {
		const char *user;
		const char *id;
		const char *version;
		struct ua_sdp_conn conn;
	} origin;           /**< Missing parts are NULL or NONE */
	const char *name;   /**< s=, NULL: none */
	const char *timing; /**< Value of t=, NULL: none */
	struct ua_sdp_conn conn;
	struct ua_sdp_ice ice;
	bool ice_lite;
	uint32_t ice_pacing; /**< Ta [ms], 0: none (RFC 8839, 5.5) */
	struct ua_sdp_attr attrv[UA_SDP_ATTR_MAX];
	size_t attrc;
	struct ua_sdp_media mediav[UA_SDP_MEDIA_MAX];
	size_t mediac;

	unsigned warnc;           /**< Things that were passed over */
	struct ua_sdp_error warn; /**< The first of them */

	char *text;               /**< Owned: what the strings point into */
	struct ua_sdp_cand *pool; /**< Owned: candidates of all m-lines */
};


/** An empty description to fill in; NULL without memory */
struct ua_sdp *ua_sdp_alloc(void);


/**
 * Read a description.
 *
 * Strict where a call would break: no v=0 first, an m-line that is not
 * understood, more than UA_SDP_MEDIA_MAX of them, lines that are no lines.
 * All else that is odd is passed over: bare line feeds, missing o=, s=, t=,
 * unknown lines; and what is lost by it (a broken c=, bad candidates, maps
 * and credentials, what goes beyond a limit) is counted in warnc.
 *
 * @param sdpp  Set on success only; the caller owns it: mem_deref()
 * @param buf   Text (copied)
 * @param err   What was wrong (may be NULL); untouched on success and ENOMEM
 *
 * @retval 0        Done
 * @retval EBADMSG  No session description: refuse it with err->text
 * @retval ENOMEM   No memory: refuse it for now
 */
UA_CHECK int ua_sdp_decode(struct ua_sdp **sdpp, const uint8_t *buf,
			   size_t len, struct ua_sdp_error *err);


/**
 * Read the fragment of a description that an INFO of trickle ICE carries
 * (RFC 8840, 9.2): attributes alone, below m-lines whose content means
 * nothing, or below none.  Lines that are no lines are passed over.
 *
 * @param sdpp  As ua_sdp_decode()
 *
 * @retval 0        Done
 * @retval EBADMSG  No text, or too much of it
 * @retval ENOMEM   No memory
 */
UA_CHECK int ua_sdp_decode_frag(struct ua_sdp **sdpp, const uint8_t *buf,
				size_t len);


/**
 * Write a description: CRLF, lines in the order of RFC 8866, 5.
 *
 * @retval 0       Done
 * @retval ENOSPC  Does not fit
 * @retval EINVAL  A string of it holds a line end
 */
UA_CHECK int ua_sdp_encode(const struct ua_sdp *sdp, struct ua_wr *wr);


/**
 * Attribute of an m-line, or of the session if the m-line has none.
 *
 * @param media  NULL: of the session only
 *
 * @return First of that name, NULL if there is none
 */
const struct ua_sdp_attr *ua_sdp_attr(const struct ua_sdp *sdp,
				      const struct ua_sdp_media *media,
				      const char *name);


/** The m-line has credentials of ICE, its own or of the session */
bool ua_sdp_has_ice(const struct ua_sdp_media *media);


/** The direction as seen from the other end */
enum ua_sdp_dir ua_sdp_dir_turn(enum ua_sdp_dir dir);


/** "sendrecv", ... */
const char *ua_sdp_dir_name(enum ua_sdp_dir dir);

#endif
