/* SPDX-License-Identifier: BSD-3-Clause */
/** @file sdpfacts.h  What a remote m-line tells about where to send */
#ifndef UA_SDPFACTS_H
#define UA_SDPFACTS_H

#include "sdp/sdp.h"

enum {
	UA_SDPFACTS_HOST_MAX = 253 /**< Longest host name (RFC 1035, 2.3.4) */
};

/**
 * What the default destination, c= with the m= port, is worth.
 *
 * Only facts: who wrote them and what to do is decided by whoever runs ICE.
 */
enum ua_sdpfacts_dest {
	UA_SDPFACTS_NONE = 0, /**< There is no c= line */
	UA_SDPFACTS_MATCH,    /**< An address, one of the candidates */
	UA_SDPFACTS_OTHER,    /**< An address, none of the candidates: with
			       *  ICE somebody rewrote it (mismatch) */
	UA_SDPFACTS_ANY,      /**< 0.0.0.0 or ::, or port 9 beside ICE: no
			       *  default yet, never a mismatch
			       *  (RFC 8839, 4.2.5); the port may still
			       *  be that of a relay */
	UA_SDPFACTS_NAME,     /**< A host name, never a mismatch */
	UA_SDPFACTS_FAMILY,   /**< "IN IP6 192.0.2.1": an address, see rtp,
			       *  written by who knows one family only */
	UA_SDPFACTS_BROKEN    /**< "IN IP6 None", multicast: no use */
};

/** Facts of one m-line; candv is owned, see ua_sdpfacts_reset() */
struct ua_sdp_facts {
	enum ua_sdpfacts_dest dest;
	struct ua_addr rtp;  /**< c= and m=; set for MATCH, OTHER, ANY and
			      *  FAMILY, else UA_AF_NONE with the port */
	struct ua_addr rtcp; /**< By rtcp-mux, a=rtcp or port + 1; else
			      *  UA_AF_NONE */
	char host[UA_SDPFACTS_HOST_MAX + 1]; /**< For NAME, else empty */
	int dest_cand; /**< Candidate equal to rtp, whatever dest says; -1 */
	int rtcp_cand; /**< Candidate equal to rtcp; -1 */
	bool rtcp_odd; /**< a=rtcp disagrees with rtcp-mux: a proxy wrote
			*  it, it was ignored */

	bool ice;        /**< Credentials are there */
	bool lite;       /**< a=ice-lite */
	bool mismatch;   /**< a=ice-mismatch: the peer dropped ICE */
	bool ice2;       /**< Option ice2 (RFC 8445) */
	bool trickle;    /**< Option trickle (RFC 8838) */
	bool renom;      /**< Option renomination */
	bool end;        /**< a=end-of-candidates */
	uint32_t pacing; /**< Ta the peer asks for [ms], 0: not told */
	char ufrag[UA_SDP_CRED_MAX + 1];
	char pwd[UA_SDP_CRED_MAX + 1]; /**< Secret, never to be logged */
	struct ua_sdp_cand *candv;     /**< In their order; NULL if none */
	size_t candc;
	unsigned cand_bad; /**< Candidate lines that were of no use */
	struct ua_sdp_badcand badv[UA_SDP_BADCAND_MAX]; /**< The first ones */
	struct ua_sdp_remcand remv[UA_SDP_REMCAND_MAX];
	size_t remc;
};


/**
 * Read the facts.
 *
 * @param facts  Set on success only; was zero or reset
 * @param mux    RTCP shares the port of RTP
 *
 * @retval 0       Done
 * @retval ENOMEM  No memory
 */
UA_CHECK int ua_sdpfacts_read(struct ua_sdp_facts *facts,
			      const struct ua_sdp *sdp,
			      const struct ua_sdp_media *media, bool mux);


/**
 * Read the facts of a fragment (RFC 8840, 4.4): credentials, candidates and
 * their end; all other fields are zero.  Candidates of other m-lines than ours
 * are left out; an m-line without a=mid is ours, for there is only one.
 *
 * A sender has to name its credentials; what leaves them out is of the
 * description in force, and both are empty here.  Some leave out the password
 * alone.
 *
 * @param facts  As ua_sdpfacts_read()
 * @param mid    Of our m-line, NULL: it has none
 *
 * @retval 0       Done, maybe with nothing in it
 * @retval ENOMEM  No memory
 */
UA_CHECK int ua_sdpfacts_frag(struct ua_sdp_facts *facts,
			      const struct ua_sdp *frag, const char *mid);


/** Make dst a copy of src; the candidates, never changed, are shared */
void ua_sdpfacts_copy(struct ua_sdp_facts *dst,
		      const struct ua_sdp_facts *src);


/** Give up the candidates and wipe all */
void ua_sdpfacts_reset(struct ua_sdp_facts *facts);


/** "match", "other", ... */
const char *ua_sdpfacts_dest_name(enum ua_sdpfacts_dest dest);

#endif
