/* SPDX-License-Identifier: BSD-3-Clause */
/** @file pair.h  Candidate pairs: their states and priorities */
#ifndef UA_PAIR_H
#define UA_PAIR_H

#include "stun/txn.h"

/** Index that points to no pair */
#define UA_PAIR_NIL UINT16_MAX

enum {
	UA_PAIR_SENDS = 7,            /**< Of a check (RFC 8489, 6.2.1)   */
	UA_PAIR_SENDS_UNHEARD = 3,    /**< Before the peer was ever heard */
	UA_PAIR_LAST_WAIT_MS = 8000,  /**< Rm times the least RTO         */
	UA_PAIR_RTT_NONE = UINT32_MAX /**< Not measured                   */
};

/** RFC 8445, 6.1.2.6 */
enum ua_pair_state {
	UA_PAIR_NONE = 0,
	UA_PAIR_FROZEN,
	UA_PAIR_WAITING,
	UA_PAIR_PROGRESS,
	UA_PAIR_SUCCEEDED,
	UA_PAIR_FAILED,
	UA_PAIR_NSTATE
};

enum ua_pair_event {
	UA_PAIR_UNFREEZE = 0,
	UA_PAIR_SEND,    /**< Its check goes out                         */
	UA_PAIR_SUCCESS, /**< An answer that counts                      */
	UA_PAIR_TIMEOUT, /**< Its check has failed                       */
	UA_PAIR_TRIGGER, /**< It is to be checked (again)                */
	UA_PAIR_EXPIRE,  /**< It was valid and is not any more           */
	UA_PAIR_DROP,    /**< It cannot or need not work                 */
	UA_PAIR_NEVENT
};

/** Why a pair failed */
enum ua_pair_reason {
	UA_PAIR_OK = 0,
	UA_PAIR_NO_ANSWER,
	UA_PAIR_ASYMMETRIC,
	UA_PAIR_REFUSED,    /**< code is the STUN error               */
	UA_PAIR_ROLE,       /**< 487 without end                      */
	UA_PAIR_DENIED,     /**< code is the errno of the permission  */
	UA_PAIR_BASE_DOWN,  /**< code is an errno                     */
	UA_PAIR_SUPERSEDED, /**< Another one was nominated            */
	UA_PAIR_UNNEEDED,   /**< Its component is                     */
	UA_PAIR_LOST,       /**< Its nomination had no answer         */
	UA_PAIR_DIED,       /**< It worked, and answers no more       */
	UA_PAIR_CONSENT,    /**< The peer's consent ended             */
	UA_PAIR_ONE_BASE,   /**< Its relay shall hear another base    */
	UA_PAIR_NREASON
};

/** Permission of a relay for the remote address */
enum ua_pair_permit {
	UA_PAIR_PERMIT_NONE = 0, /**< No relay of ours, or told by another  */
	UA_PAIR_PERMIT_ASK,      /**< To be asked for                       */
	UA_PAIR_PERMIT_ASKED,
	UA_PAIR_PERMIT_GRANTED
};

/** The request before the present one: its answer still counts */
struct ua_pair_past {
	uint8_t tid[UA_STUN_TID_LEN];
	bool active;
	bool once;        /**< Its answer measures the RTT             */
	bool controlling; /**< The role it carried                     */
	uint64_t sent_ms;
};

/** A pair; candidates and base by index */
struct ua_pair {
	uint64_t prio;     /**< RFC 8445, 6.1.2.3                        */
	uint64_t order;    /**< Place in the list: prio, or less         */
	uint64_t first_ms; /**< First send, renewed by the peer's check  */
	uint64_t valid_ms; /**< First success, UA_NEVER: none            */
	uint64_t heard_ms; /**< Last request or media, 0: never          */
	uint64_t fresh_ms; /**< Last answer: the peer's consent          */
	struct ua_txn txn; /**< Present check                            */
	struct ua_pair_past past;
	uint32_t rto_ms;     /**< Of the first send                        */
	uint32_t rtt_ms;     /**< Least, of requests sent once             */
	uint32_t answer_ms;  /**< What the last answer took, at most       */
	uint32_t trigger;    /**< Place among the triggered, 0: not there  */
	uint32_t nomination; /**< Value that the peer's nomination carried */
	uint16_t base;
	uint16_t remote; /**< Remote candidate                         */
	uint16_t local;  /**< Once valid: what the peer sees us as     */
	uint16_t code;   /**< Goes with the reason                     */
	uint16_t lgroup; /**< Foundation of the pair, local half       */
	uint16_t rgroup; /**< Remote half                              */
	uint8_t state;   /**< enum ua_pair_state                       */
	uint8_t reason;  /**< enum ua_pair_reason                      */
	uint8_t permit;  /**< enum ua_pair_permit                      */
	uint8_t stream;
	uint8_t comp;
	uint8_t relays; /**< Class: how many relays are in it         */
	uint8_t cost;   /**< Of the base                              */
	uint8_t af;
	uint8_t rtts; /**< How many answers measured rtt_ms           */
	bool controlling : 1; /**< Role that the present check carries      */
	bool due : 1;         /**< Its check is to be sent                  */
	bool unsent : 1;      /**< txn has a new id, which no send carried  */
	bool valid : 1;
	bool nominated : 1;
	bool wanted : 1;    /**< The peer nominated, our own check is out */
	bool late : 1;      /**< Nominated when another was settled       */
	bool peer_ok : 1;   /**< An authentic check of the peer came here */
	bool told : 1;      /**< PAIR_VALID was reported                  */
	bool latched : 1;   /**< The remote candidate is                  */
	bool doubted : 1;   /**< Did not answer when another took over    */
	bool again : 1;     /**< Its next check repeats one in vain       */
	bool agreed : 1;    /**< The last that both ends agreed on        */
	bool relayed : 1;   /**< Its base is an allocation at a relay     */
	bool blind : 1;     /**< Latched: the check may wait in the relay */
	bool measuring : 1; /**< Its check asks for the round trip alone  */
};


/**
 * Move a pair; the only writer of its state.
 *
 * @retval 0       Done
 * @retval EPROTO  It has no such move: unchanged
 */
UA_CHECK int ua_pair_step(struct ua_pair *pair, enum ua_pair_event ev);


/**
 * 2^32 min(G, D) + 2 max(G, D) + (G > D) (RFC 8445, 6.1.2.3), exact for all
 * 32 bits; but of 2^32 - 1 on both sides, which has 65, the highest there is.
 */
uint64_t ua_pair_prio(uint32_t controlling, uint32_t controlled);


/** Neither Succeeded nor Failed */
bool ua_pair_is_open(const struct ua_pair *pair);


/** Another request follows: the answer to the present one still counts */
void ua_pair_keep_past(struct ua_pair *pair);


/**
 * Does the answer to the present check measure the round trip?  Not if it was
 * sent again (Karn), nor if it may have waited in a relay that had not heard
 * of the peer yet.
 */
bool ua_pair_is_measured(const struct ua_pair *pair);

const char *ua_pair_state_name(enum ua_pair_state state);
const char *ua_pair_event_name(enum ua_pair_event ev);
const char *ua_pair_reason_name(enum ua_pair_reason reason);

#endif
