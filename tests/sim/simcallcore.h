/* SPDX-License-Identifier: BSD-3-Clause */
/** @file simcallcore.h  The inside of a call, for its files */
#ifndef UA_SIMCALLCORE_H
#define UA_SIMCALLCORE_H

#include "simphonecore.h"

enum {
	UA_SIM_HELD = 16 /**< Candidates that came before their description */
};

enum ua_simkind {
	UA_SIM_OFFER = 0,
	UA_SIM_ANSWER,
	UA_SIM_INFO,
	UA_SIM_REFUSAL
};

/** What a proxy remembers of a call */
struct ua_simstate {
	bool updated; /**< The last offer had a=remote-candidates         */
	bool ip6;     /**< Its c= was IPv6                                */
};

/** A description passes a proxy */
struct ua_simpassage {
	uint32_t call;
	bool callee; /**< Of the one who was called                       */
	bool answer;
	struct ua_simstate *state;
};

struct ua_simside {
	struct ua_simcall *call;
	struct ua_simphone *phone;
	struct ua_simtimer again;
	struct ua_simmessage *heldv[UA_SIM_HELD]; /**< Owned              */
	size_t nheld;
	struct ua_simmessage *first; /**< The offer that it will answer, owned;
					  NULL: it was looked at          */
	uint64_t last_us; /**< What it sent last arrives then             */
	unsigned offer;   /**< Number of its last offer                   */
	bool gathered;
	bool established; /**< It may offer                               */
	bool pending;     /**< Its offer has no answer yet                */
	bool owes;        /**< It owes an answer                          */
	bool restarts;    /**< ... which restarts ICE                     */
	bool wants;       /**< A restart                                  */
	bool reoffers;    /**< It wants an offer with the same credentials */
	bool updates;     /**< ... with a=remote-candidates                */
	bool updating;    /**< The one that is pending has them            */
	bool holds;       /**< It has put the call on hold                */
	bool is_held;     /**< The other one has                          */
};

/** A description under way */
struct ua_simmessage {
	struct le le;
	struct ua_simcall *call;
	struct ua_simside *to;
	enum ua_simkind kind;
	unsigned offer;
	unsigned code; /**< Of a refusal                                  */
	struct ua_simtimer tmr;
	struct ua_simdesc desc;
};

struct ua_simcall {
	struct le le;
	struct ua_simnet *net;
	struct ua_simcall_conf conf;
	struct ua_simside sidev[2]; /**< Caller, callee                   */
	struct ua_simstate statev[UA_SIM_PROXIES];
	struct list messages;
	struct ua_simtimer ring;
	uint32_t id;
	uint64_t answered_us; /**< The answer came, UA_NEVER              */
	uint64_t settled_us;  /**< The last message came                  */
	bool offered;         /**< The callee has the offer               */
	bool rung;
	bool over;
};


/* simsignal.c: messages under way */

/** Describe a side, through the proxies, to the other one */
void ua_simsignal_describe(struct ua_simside *from, enum ua_simkind kind,
			   unsigned offer, bool updated, bool hold);
void ua_simsignal_refuse(struct ua_simside *from, unsigned offer,
			 unsigned code);


/* simproxy.c */

/** What a proxy does to a description */
void ua_simproxy_pass(const struct ua_simproxy *proxy,
		      const struct ua_simpassage *passage,
		      struct ua_simdesc *desc);


/* simcall.c */

/** A message came; @return True: it is kept, and not to be freed */
bool ua_simcall_input(struct ua_simside *to, struct ua_simmessage *msg);

#endif
