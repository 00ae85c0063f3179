/* SPDX-License-Identifier: BSD-3-Clause */
/** @file offer.h  Offer and answer for one audio stream (RFC 3264) */
#ifndef UA_OFFER_H
#define UA_OFFER_H

#include <ua/types.h>

#include "sdp/sdp.h"
#include "sdp/sdpfacts.h"

struct re_printf;
struct ua_log;
struct ua_offer;
struct ua_wr;

enum {
	UA_OFFER_CODEC_MAX = 16, /**< Codecs that can be offered */
	UA_OFFER_RECV_MAX = 32,  /**< Payload types that can arrive */
	UA_OFFER_FMTP_MAX = 255, /**< Longest parameters kept; longer: none */
	UA_OFFER_TELEV = -1      /**< In place of a codec: telephone-event */
};

/** A codec as SDP knows it; the strings are borrowed for the offer's life */
struct ua_offer_codec {
	const char *name;  /**< Encoding name: "opus", "PCMU" */
	uint32_t clock_hz; /**< RTP clock: 48000 for Opus, 8000 for G722 */
	uint8_t channels;  /**< In rtpmap: 2 for Opus (RFC 7587, 7) */
	int16_t pt;        /**< Static type (RFC 3551), UA_SDP_PT_NONE */
	const char *fmtp;  /**< What we like to receive, NULL: none */
};

struct ua_offer_conf {
	const struct ua_offer_codec *codecv; /**< Best first (copied) */
	size_t codecc;
	bool telev;        /**< telephone-event for each clock (RFC 4733) */
	bool mux;          /**< Offer and accept rtcp-mux (RFC 5761) */
	bool own_order;    /**< Answer by our order, not by the offerer's */
	uint16_t ptime;    /**< What we like to receive [ms], 0: not told */
	uint16_t maxptime; /**< [ms], 0: not told */
	const struct ua_rand *rand; /**< For the session's id (borrowed) */
	const struct ua_log *log;   /**< NULL: silent (borrowed) */
};

/** Our side of one description; all of it is borrowed for the call only */
struct ua_offer_local {
	struct ua_addr rtp;  /**< Default destination; UA_AF_NONE: none yet,
			      *  written as 0.0.0.0 port 9 (RFC 8840) */
	struct ua_addr rtcp; /**< UA_AF_NONE: nothing to say about it */
	enum ua_sdp_dir dir; /**< What we want; an answer gets what of it
			      *  the offer allows */
	const char *ufrag;   /**< NULL: without ICE */
	const char *pwd;
	const char *options; /**< Tags of a=ice-options, NULL: none */
	uint32_t pacing;     /**< a=ice-pacing [ms], 0: not told */
	const struct ua_sdp_cand *candv;
	size_t candc;
	bool end;      /**< a=end-of-candidates */
	bool mismatch; /**< Answer a=ice-mismatch and no other ICE
			*  attribute (RFC 8839, 4.2.5) */
	struct ua_sdp_remcand remv[UA_SDP_REMCAND_MAX]; /**< For an offer */
	size_t remc;
};

/** Meaning of a payload type that can arrive */
struct ua_offer_pt {
	uint8_t pt;
	int8_t codec;      /**< Index in codecv, or UA_OFFER_TELEV */
	uint32_t clock_hz; /**< RTP clock */
};

/** What was agreed; lives in the offer object */
struct ua_offer_result {
	bool active;    /**< False: no audio, all below is void */
	unsigned mline; /**< Index of our m-line */

	uint8_t codec;   /**< To send with: index in codecv */
	uint8_t send_pt; /**< Its payload type in the peer's numbering */
	char fmtp[UA_OFFER_FMTP_MAX + 1]; /**< What the peer likes of it */
	int16_t telev_pt;                 /**< To send telephone-event with, or
					   *  UA_SDP_PT_NONE */
	uint32_t telev_hz; /**< Its clock; that of the codec if possible */
	struct ua_offer_pt recvv[UA_OFFER_RECV_MAX];
	size_t recvc;
	uint16_t ptime;  /**< To send with [ms] */
	int16_t keep_pt; /**< Stands for nothing at either end: of a packet
			  *  that is no media (RFC 6263, 4.6), or
			  *  UA_SDP_PT_NONE */

	enum ua_sdp_dir dir; /**< As we see it; of a pending offer: the most
			      *  that it allows */
	bool hold;           /**< The peer does not want to hear us */
	bool mux;            /**< RTCP on the RTP port */
	bool ice_restart;    /**< Other credentials than in the last result */
	struct ua_sdp_facts remote; /**< Addresses and ICE */
};

/** States of RFC 3264: who owes an answer */
enum ua_offer_state {
	UA_OFFER_STABLE = 1, /**< Nobody */
	UA_OFFER_LOCAL,      /**< The peer: our offer is out */
	UA_OFFER_REMOTE,     /**< We: an offer came in */
	UA_OFFER_NSTATE
};


/** Mux and telephone-event on, 20 ms, no codecs, no randomness */
void ua_offer_conf_default(struct ua_offer_conf *conf);


/** sendrecv, and nothing else */
void ua_offer_local_default(struct ua_offer_local *local);


/**
 * Make the offer and answer machine of one dialog.
 *
 * @param offerp  Owned by the caller: mem_deref()
 *
 * @retval 0       Done
 * @retval EINVAL  No codec, too many, a name missing, or no rand: caller's
 *                 error
 * @retval ENOMEM  No memory
 */
UA_CHECK int ua_offer_alloc(struct ua_offer **offerp,
			    const struct ua_offer_conf *conf);


/**
 * Make a second one with the same past: for another early dialog of a forked
 * INVITE, which gives its own answer to the same offer.
 *
 * @retval ENOMEM  No memory
 */
UA_CHECK int ua_offer_clone(struct ua_offer **offerp,
			    const struct ua_offer *offer);


/**
 * Write an offer: of an INVITE, of the 200 to an INVITE without one, or of a
 * re-INVITE.  Asked again before the answer it replaces the one that is out,
 * which must have been refused (401, 407, 422, 491): same input, same text.
 *
 * The version in o= grows if and only if the text changes (RFC 3264, 8).
 *
 * @retval 0       Written; the answer goes to ua_offer_remote_answer()
 * @retval EPROTO  We owe an answer: give it first
 * @retval ENOSPC  Does not fit into wr; nothing changed
 * @retval EINVAL  A string of local holds a line end; nothing changed
 * @retval ENOMEM  No memory; nothing changed
 */
UA_CHECK int ua_offer_local_offer(struct ua_offer *offer,
				  const struct ua_offer_local *local,
				  struct ua_wr *wr);


/**
 * Take the peer's answer to our offer.
 *
 * @param err  What was wrong (may be NULL)
 *
 * @retval 0        See ua_offer_result(); it may say that there is no audio
 * @retval EBADMSG  No answer to this offer: nothing changed
 * @retval ENOTSUP  We cannot do what it says: nothing changed, end the call
 * @retval EPROTO   No offer is out: ignore it, a later 18x or the 200 may
 *                  repeat an answer
 * @retval ENOMEM   No memory; nothing changed
 */
UA_CHECK int ua_offer_remote_answer(struct ua_offer *offer, const uint8_t *buf,
				    size_t len, struct ua_sdp_error *err);


/**
 * Take the peer's offer.  What is agreed so far stays in force until the
 * answer is written.
 *
 * @param err  What was wrong, for the Warning of the refusal (may be NULL)
 *
 * @retval 0        See ua_offer_pending(), then ua_offer_local_answer() or
 *                  ua_offer_rollback()
 * @retval EBADMSG  No session description: 400; nothing changed
 * @retval ENOTSUP  No audio, or none that we can do: 488; nothing changed
 * @retval EPROTO   An offer is already there: 491 (ours) or 500 (theirs)
 * @retval ENOMEM   No memory: 500; nothing changed
 */
UA_CHECK int ua_offer_remote_offer(struct ua_offer *offer, const uint8_t *buf,
				   size_t len, struct ua_sdp_error *err);


/**
 * Write the answer to the peer's offer, and agree to it.
 *
 * Without ICE in the offer there is none in the answer, whatever local says.
 *
 * @retval EPROTO  There is no offer; else as ua_offer_local_offer()
 */
UA_CHECK int ua_offer_local_answer(struct ua_offer *offer,
				   const struct ua_offer_local *local,
				   struct ua_wr *wr);


/**
 * The pending offer, ours or theirs, was refused: back to what was agreed.
 *
 * @retval 0       Done
 * @retval EPROTO  Nothing is pending
 */
int ua_offer_rollback(struct ua_offer *offer);


enum ua_offer_state ua_offer_state(const struct ua_offer *offer);


/** What is agreed; NULL before the first answer; valid until the next one */
const struct ua_offer_result *ua_offer_result(const struct ua_offer *offer);


/**
 * What the peer's offer comes to, before it is answered; else NULL.  ICE
 * takes the peer's side from here.
 */
const struct ua_offer_result *ua_offer_pending(const struct ua_offer *offer);


/**
 * Name of our m-line (RFC 5888), in the pending description if there is one;
 * NULL: it has none.  Valid until the next call.
 */
const char *ua_offer_mid(const struct ua_offer *offer);


/** "STABLE", "LOCAL", "REMOTE" */
const char *ua_offer_state_name(enum ua_offer_state state);

/** Print state, version and what is agreed, for %H; no secrets */
int ua_offer_print(struct re_printf *pf, const struct ua_offer *offer);

#endif
