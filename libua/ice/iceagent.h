/* SPDX-License-Identifier: BSD-3-Clause */
/** @file iceagent.h  The agent's inside, for the files of this folder */
#ifndef UA_ICEAGENT_H
#define UA_ICEAGENT_H

#include "ice/cand.h"
#include "ice/check.h"
#include "ice/checklist.h"
#include "ice/nominate.h"

enum {
	UA_ICE_EARLY_MAX = 16,  /**< Requests kept before the description  */
	UA_ICE_REPLY_MAX = 8,   /**< Answers owed between two outputs      */
	UA_ICE_REFUSED_MAX = 4, /**< Refused candidates that are told      */
	UA_ICE_UFRAG_LEN = 8,   /**< 48 bit of randomness (8839, 5.4: 24)  */
	UA_ICE_PWD_LEN = 24,    /**< 144 bit (RFC 8839, 5.4: 128)          */

	/* PAC (RFC 8863): no earlier than a check of seven sends ends */
	UA_ICE_PAC_MS = 39500,
	/* What a user waits for before he thinks that the call is dead */
	UA_ICE_NO_PATH_MS = 10000,
	/* Consent is asked for this often (RFC 7675, 5.1) */
	UA_ICE_KEEP_MIN_MS = 4000,
	UA_ICE_KEEP_MAX_MS = 6000,

	/* A peer may slow us down, not stop us */
	UA_ICE_TA_MAX_MS = 500,

	/* A trickling peer's relay follows its checks within one signal */
	UA_ICE_COMPLETE_MS = 300
};

/** A socket, or an allocation */
struct ua_ice_base {
	struct ua_addr addr;
	uint16_t cand; /**< The candidate that it is                   */
	uint8_t stream;
	uint8_t comp;
	uint8_t kind; /**< UA_ICE_HOST or UA_ICE_RELAY                 */
	uint8_t cost;
	bool up;
};

/** A request that came before the peer's description */
struct ua_ice_early {
	struct ua_addr from;
	uint32_t prio;
	uint32_t ufrag_hash; /**< Of the second half of its USERNAME   */
	uint16_t base;
	bool nominate;
	uint32_t nomination; /**< Value of a renomination, 0: none     */
};

/** A candidate that was not taken */
struct ua_ice_refused {
	struct ua_addr addr;
	const char *why; /**< Static */
};

struct ua_ice {
	struct ua_ice_conf conf;
	struct ua_checklist list;
	struct ua_cands locals;
	struct ua_cands remotes;
	struct ua_comp *compv; /**< nstream * ncomp of them, owned      */
	struct ua_ice_early *earlyv; /**< UA_ICE_EARLY_MAX, or NULL      */
	struct ua_ice *old; /**< Generation before a restart, or NULL     */
	char *rufrag;       /**< The peer's; NULL: not known yet */
	char *rpwd;
	uint64_t tie_breaker;
	uint64_t remote_ms;   /**< ua_ice_remote_set(), or UA_NEVER       */
	uint64_t gathered_ms; /**< ua_ice_gathered(), or UA_NEVER         */
	uint64_t trickle_ms;  /**< Last remote candidate, UA_NEVER: all in */
	uint64_t valid_ms;    /**< First valid pair, or UA_NEVER          */
	uint64_t slot_ms;     /**< Slot of the next check, UA_NEVER: none */
	uint64_t last_ms;     /**< Slot of the last one, UA_NEVER: none   */
	uint64_t grace_ms;    /**< Patience after a suspend ends, 0: none   */
	uint64_t ask_ms;      /**< Not to be asked on before              */
	uint64_t switched_ms; /**< Last change of role                    */
	uint64_t retire_ms;   /**< Old one: when it goes, or UA_NEVER     */
	uint32_t births;      /**< Candidates so far                      */
	uint32_t unheard;     /**< Checks sent before the peer was heard  */
	uint32_t reserve;     /**< That are left to latched relays till then */
	uint16_t gen;         /**< Generation of both descriptions        */
	uint16_t last_gen;    /**< Highest number given to one            */
	uint16_t nbase;
	uint16_t nearly;
	uint16_t nrefused;
	uint16_t nreply;
	uint32_t ta_ms;
	uint8_t switches;
	bool controlling;
	bool urgent;   /**< slot_ms is of the urgent lane                 */
	bool lite;     /**< The peer is                                   */
	bool ice2;     /**< The peer speaks RFC 8445                      */
	bool renom;    /**< Both sides know renomination                  */
	bool latched;  /**< Some remote candidate is                      */
	bool aged;     /**< An old generation: it finds no new paths      */
	bool retired;  /**< An old generation that only answers           */
	bool complete; /**< All relays of the peer should be known        */
	bool heard;    /**< An authentic packet of the peer came          */
	bool no_path;  /**< NO_PATH_YET is done                           */
	bool patient;  /**< PAC is not over                               */
	bool failed;
	bool tell_no_path; /**< Events to come                            */
	bool tell_failed;
	bool tell_role;
	bool permits; /**< Some pair has a PERMIT to tell                */
	struct ua_ice_base basev[UA_ICE_BASES];
	struct ua_check_reply replyv[UA_ICE_REPLY_MAX];
	struct ua_ice_refused refusedv[UA_ICE_REFUSED_MAX];
	char ufrag[UA_ICE_UFRAG_LEN + 1];
	char pwd[UA_ICE_PWD_LEN + 1];
};


/** Component of a stream, NULL: there is none */
static inline struct ua_comp *ua_iceagent_comp(const struct ua_ice *ice,
					       unsigned stream, unsigned comp)
{
	if (stream >= ice->conf.nstream || comp < 1 || comp > ice->conf.ncomp)
		return NULL;

	return &ice->compv[stream * ice->conf.ncomp + comp - 1];
}


/** Component of a pair */
static inline struct ua_comp *ua_iceagent_comp_of(const struct ua_ice *ice,
						  const struct ua_pair *pair)
{
	return ua_iceagent_comp(ice, pair->stream, pair->comp);
}


/** May a pair be checked: its base is there and its component needed? */
static inline bool ua_iceagent_is_live(const struct ua_ice *ice,
				       const struct ua_pair *pair)
{
	return ice->basev[pair->base].up &&
	       ua_iceagent_comp_of(ice, pair)->needed;
}


/** Candidates carry no zone: the base tells the link */
static inline struct ua_addr ua_iceagent_unscoped(const struct ua_addr *addr)
{
	struct ua_addr a = *addr;

	a.scope = 0;
	return a;
}


/** From when patience counts: both descriptions known; UA_NEVER: not yet */
static inline uint64_t ua_iceagent_known(const struct ua_ice *ice)
{
	if (ice->remote_ms == UA_NEVER || ice->gathered_ms == UA_NEVER)
		return UA_NEVER;

	return ice->remote_ms > ice->gathered_ms ? ice->remote_ms
						 : ice->gathered_ms;
}

#endif
