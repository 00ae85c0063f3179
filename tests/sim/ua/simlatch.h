/* SPDX-License-Identifier: BSD-3-Clause */
/** @file simlatch.h  Relays of the simulated net that a SIP proxy reserves
 *
 * A part of <ua/sim.h>: include that.
 */
#ifndef UA_SIMLATCH_H
#define UA_SIMLATCH_H

#include <ua/types.h>

struct ua_simhost;
struct ua_simlatch; /* Such a relay */


enum ua_simlatch_kind {
	UA_SIM_MEDIAPROXY = 0, /**< It learns each side by its first packet */
	UA_SIM_RTPENGINE       /**< With ICE=force-relay: it passes STUN    */
};

/** What a relay does that it should not */
enum ua_simmalice {
	UA_SIM_HONEST = 0,
	UA_SIM_SILENT,   /**< It answers to nobody                         */
	UA_SIM_REDIRECT, /**< Packets go to a victim, or back, or on       */
	UA_SIM_REPLAY,   /**< Packets come again, much later               */
	UA_SIM_FLOOD,    /**< Whoever sends to it gets forgeries           */
	UA_SIM_NMALICE
};

/** ua_simlatch_conf_default() first */
struct ua_simlatch_conf {
	enum ua_simlatch_kind kind;
	enum ua_simmalice malice;
	struct ua_addr victim; /**< UA_SIM_REDIRECT: there                 */
	struct ua_addr kin;    /**< Another relay of the proxies           */
	bool unroutable;       /**< It takes kin's address for private    */
	bool rtp_only;         /**< STUN does not pass                     */
	uint32_t stream_s;     /**< For the first media: 90; rtpengine: between
				    packets: 60                                */
	uint32_t hold_s; /**< A hold may last so long: 7200              */
};

void ua_simlatch_conf_default(struct ua_simlatch_conf *conf,
			      enum ua_simlatch_kind kind);

/**
 * A relay that learns where each side is, and passes on what comes.
 *
 * @param addr  Where its ports are; the port is the first one to give
 */
UA_CHECK int ua_simlatch_alloc(struct ua_simlatch **latchp,
			       struct ua_simhost *host,
			       const struct ua_addr *addr,
			       const struct ua_simlatch_conf *conf);

/** A description passes a proxy, which asks for its relay */
struct ua_simask {
	uint32_t call;
	bool callee;         /**< Of the one who was called                */
	bool answer;         /**< It is an answer                          */
	bool hold;           /**< It puts the call on hold                 */
	struct ua_addr told; /**< Its c= and m=, af NONE: not understood   */
	struct ua_addr rtcp; /**< Its a=rtcp; MediaProxy does not look     */
};

/**
 * Ask for a relay.
 *
 * @param relayv  Set to what the proxy puts there instead: RTP, RTCP
 *
 * @retval ENOSPC        No more sessions: the description passes as it is
 * @retval ECONNREFUSED  It is dead: the same
 */
UA_CHECK int ua_simlatch_update(struct ua_simlatch *latch,
				const struct ua_simask *ask,
				struct ua_addr relayv[2]);

/** The call ended */
void ua_simlatch_remove(struct ua_simlatch *latch, uint32_t call);

/** Dead: it hears nothing, and says so to no one */
void ua_simlatch_dead(struct ua_simlatch *latch);

struct ua_simlatch_stat {
	unsigned sources; /**< Most of one port, without kin           */
	unsigned lapsed;  /**< Streams that ended by time              */
	unsigned cut;     /**< ... while both sides sent checks        */
	uint64_t heard_us[2][2]; /**< Caller, callee; RTP, RTCP: the last
					packet, UA_NEVER: none             */
};

const struct ua_simlatch_stat *
ua_simlatch_stat(const struct ua_simlatch *latch);

/** Calls that it has ports for */
unsigned ua_simlatch_sessions(const struct ua_simlatch *latch);

#endif
