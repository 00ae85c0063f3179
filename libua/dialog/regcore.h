/* SPDX-License-Identifier: BSD-3-Clause */
/** @file regcore.h  State of a registration, for the reg*.c files alone */
#ifndef UA_REGCORE_H
#define UA_REGCORE_H

#include "dialog/reg.h"
#include "dialog/regans.h"
#include "dialog/regcontact.h"
#include "dialog/regpace.h"
#include "dialog/regway.h"

enum ua_regcore_move {
	UA_REGCORE_SEND = 0, /**< A REGISTER goes out         */
	UA_REGCORE_BIND,     /**< It was accepted             */
	UA_REGCORE_FAIL,     /**< It was not, we try again    */
	UA_REGCORE_QUIT,     /**< It was not, we give up      */
	UA_REGCORE_LEAVE,    /**< REGISTER with expiry 0 goes */
	UA_REGCORE_GONE,     /**< And was answered            */
	UA_REGCORE_HOLD,     /**< There is no network         */
	UA_REGCORE_NMOVE
};

struct ua_reg {
	struct ua_regway way;
	struct ua_regcontact contact;
	struct ua_digest *digest;
	char *software;
	const struct ua_rand *rand;
	const struct ua_log *log;
	uint32_t refresh_s;

	enum ua_reg_state state;
	struct ua_digest_round round;
	struct ua_regpace pace;
	struct ua_regans ans;
	uint32_t ask_s;   /**< Expiry to ask for                        */
	uint32_t longerc; /**< 423s of this request                     */
	bool send;        /**< Output has a REGISTER                    */
	bool flight;      /**< One waits for its answer                 */
	bool leave;       /**< Unregister when it has come              */
	bool again;       /**< Refresh when it has come                 */
	bool quit;        /**< Given up: the password is wrong ...      */
	bool outbound;    /**< The last 2xx says so                     */
	bool reflow;      /**< A 430 was answered by a REGISTER at once */
	uint64_t sent_ms;
	uint64_t until_ms; /**< Of the binding, if nobody removes it     */
	uint64_t next_at;  /**< Refresh, retry, end of a look-up         */
	uint64_t leave_at; /**< No more patience with the goodbye        */

	struct ua_reg_event ev;
	bool ev_ready;
};


/** The only writer of the state; EPROTO: refused, nothing changed */
UA_CHECK int ua_regcore_step(struct ua_reg *reg, enum ua_regcore_move mv);

/** A new request, if the move can be made */
void ua_regcore_send(struct ua_reg *reg, enum ua_regcore_move mv);

/** Unregister, with UA_REG_BYE_MS of patience */
void ua_regcore_leave(struct ua_reg *reg, uint64_t now_ms);

/** Unregistered, or nothing to unregister */
void ua_regcore_gone(struct ua_reg *reg);

/** Ask the owner to find the way to the next hop; code 0: back home */
void ua_regcore_ask_way(struct ua_reg *reg, uint64_t now_ms, uint16_t code);

void ua_regcore_tell(struct ua_reg *reg, const struct ua_reg_event *ev);

/** Its reason: that of the answer, NULL: that of its errno */
void ua_regcore_reason(struct ua_reg_event *ev, const struct sip_msg *msg);

/** The answer says no on purpose: it is not asked again soon */
bool ua_regcore_is_final(const struct sip_msg *msg);


/**
 * The request failed.
 *
 * @param msg  The answer, NULL: none counts
 * @param ev   err, and a reason if it is better than that of the answer
 */
void ua_regcore_fail(struct ua_reg *reg, uint64_t now_ms,
		     const struct sip_msg *msg, struct ua_reg_event *ev);

#endif
