/* SPDX-License-Identifier: BSD-3-Clause */
/** @file perm.h  TURN permissions: which IP may reach us (RFC 8656, 9) */
#ifndef UA_PERM_H
#define UA_PERM_H

#include <ua/types.h>

enum {
	UA_PERM_MAX = 32,          /**< Permissions of one allocation    */
	UA_PERM_BATCH = 8,         /**< Peers in one CreatePermission    */
	UA_PERM_RENEW_MS = 240000, /**< They live 300 s (RFC 8656, 9)    */
	UA_PERM_GATHER_MS = 20,    /**< Peers told together go together  */
	UA_PERM_EARLY_MS = 10000   /**< Renewals this near go together   */
};

enum ua_perm_state {
	UA_PERM_NONE = 0, /**< A refused move, never a state      */
	UA_PERM_FREE,     /**< Slot without a peer                */
	UA_PERM_WANTED,   /**< To be asked for                    */
	UA_PERM_ASKED,    /**< Request under way                  */
	UA_PERM_LIVE,     /**< Installed                          */
	UA_PERM_RENEW,    /**< Installed, request under way       */
	UA_PERM_DENIED,   /**< The server will not                */
	UA_PERM_NSTATE
};

enum ua_perm_ev {
	UA_PERM_WANT = 0, /**< The owner wants it                 */
	UA_PERM_ASK,      /**< Put into a request                 */
	UA_PERM_GRANT,    /**< Success, also by a ChannelBind     */
	UA_PERM_DENY,     /**< Refused, or no answer              */
	UA_PERM_SPLIT,    /**< Its batch was refused: ask alone   */
	UA_PERM_LOSE,     /**< The allocation is gone             */
	UA_PERM_FORGET,   /**< The owner does not want it         */
	UA_PERM_NEVENT
};

/** One permission; refers to an IP address, so peer.port is 0 */
struct ua_perm {
	struct ua_addr peer;
	uint8_t state;  /**< enum ua_perm_state; written by step alone */
	bool alone;     /**< Not in a batch with others                */
	bool granted;   /**< Was LIVE since it was wanted              */
	bool tell;      /**< The owner does not know yet               */
	uint16_t code;  /**< Why DENIED; 0: no answer                  */
	uint64_t at_ms; /**< WANTED, LIVE: when to ask (again)        */
};


/** Make all slots free */
void ua_perm_init(struct ua_perm permv[static UA_PERM_MAX]);


/**
 * Make one move.
 *
 * @retval 0       Done
 * @retval EPROTO  Not in this state; nothing changed
 */
int ua_perm_step(struct ua_perm *perm, enum ua_perm_ev ev);


/** The one of this IP whatever its port; NULL: none */
struct ua_perm *ua_perm_find(struct ua_perm permv[static UA_PERM_MAX],
			     const struct ua_addr *peer);


/**
 * Find it, or take a free slot for it; the state is not changed.
 *
 * @return NULL: table full
 */
struct ua_perm *ua_perm_take(struct ua_perm permv[static UA_PERM_MAX],
			     const struct ua_addr *peer);


/** Must it be asked for now? */
bool ua_perm_due(const struct ua_perm *perm, uint64_t now_ms);


/** May it go along when another one is due? */
bool ua_perm_near(const struct ua_perm *perm, uint64_t now_ms);

const char *ua_perm_state_name(enum ua_perm_state state);

#endif
