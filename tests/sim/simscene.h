/* SPDX-License-Identifier: BSD-3-Clause */
/** @file simscene.h  A random call in a random internet, by a seed */
#ifndef UA_SIMSCENE_H
#define UA_SIMSCENE_H

#include <stdio.h>

#include <ua/sim.h>

#include "simcore.h"
#include "simwatch.h"

enum {
	UA_SIM_WHO = 2,        /**< Caller, callee                          */
	UA_SIM_FAULTS = 4,     /**< Most faults of a call                   */
	UA_SIM_BREACHES = 16,  /**< Most broken rules that are told         */
	UA_SIM_FOUND = 16,     /**< First valid pairs that are remembered  */
	UA_SIM_RTT_US = 300000 /**< A direct way so quick must be taken    */
};

/** Where a phone is */
enum ua_simplace {
	UA_SIM_O = 0, /**< Open: a public address                          */
	UA_SIM_FC,    /**< Full cone: EIM, EIF                             */
	UA_SIM_AR,    /**< Address restricted: EIM, ADF                    */
	UA_SIM_PR,    /**< Port restricted: EIM, APDF, or a firewall       */
	UA_SIM_SY,    /**< Symmetric: ADM or APDM with any filter          */
	UA_SIM_BL,    /**< Blocked: UDP to port 3478 at most               */
	UA_SIM_NPLACE
};

/** Who shares what */
enum ua_simtogether {
	UA_SIM_APART = 0,
	UA_SIM_ONE_LAN, /**< One LAN                                       */
	UA_SIM_ONE_CGN, /**< Two homes behind one carrier's NAT            */
	UA_SIM_NTOGETHER
};

/** What theory says of something */
enum ua_simhope { UA_SIM_NEVER = 0, UA_SIM_MAYBE, UA_SIM_SURE };

/** What is behind what: a phone's home, and perhaps its carrier's NAT */
struct ua_simseat {
	enum ua_simplace place; /**< Of the home alone                     */
	struct ua_simnat_conf nat;
	unsigned npool;
	bool has_cgn;
	struct ua_simnat_conf cgn;
	bool ip4;
	bool ip6;
	bool stun;
	bool turn;
	bool walled; /**< UA_SIM_FAULT_WALL                                */
	uint32_t access_us;
	struct ua_simlink up;
	struct ua_simlink down;
};

/** Something that happens in a call */
enum ua_simfault_kind {
	UA_SIM_FAULT_REBOOT = 0, /**< The NAT forgets its mappings         */
	UA_SIM_FAULT_RENUMBER,   /**< It gets another outside address      */
	UA_SIM_FAULT_CUT,        /**< Its link is down for some seconds    */
	UA_SIM_FAULT_ADDRESS,    /**< The phone gets another address       */
	UA_SIM_FAULT_MOVE,       /**< The phone moves to another network   */
	UA_SIM_FAULT_TURN_DIES,
	UA_SIM_FAULT_TURN_RESTARTS,
	UA_SIM_FAULT_STUN_DIES,
	UA_SIM_FAULT_RESTART,  /**< ICE restarts, asked for by a user      */
	UA_SIM_FAULT_COLLIDE,  /**< Both at once                           */
	UA_SIM_FAULT_HOLD,     /**< On hold for some time                  */
	UA_SIM_FAULT_UPDATE,   /**< ICE's updated offer (RFC 8839, 4.4.3)  */
	UA_SIM_FAULT_WALL,     /**< No way from home to home any more      */
	UA_SIM_FAULT_BOX_DIES, /**< The first proxy's relay               */
	UA_SIM_NFAULT
};

struct ua_simfault {
	enum ua_simfault_kind kind;
	unsigned who;
	uint64_t after_us; /**< The answer                                 */
	uint64_t last_us;  /**< UA_SIM_FAULT_CUT, HOLD: for so long        */
};

/** A proxy on the way of the signalling, and its relay */
struct ua_simbox {
	enum ua_simlatch_kind kind;
	enum ua_simlisting listing;
	enum ua_simmalice malice;
	bool rtp_only;
	bool engaged;
	uint32_t access_us;
};

/** What a seed stands for */
struct ua_simplan {
	uint64_t seed;
	enum ua_simtogether together;
	struct ua_simseat seatv[UA_SIM_WHO];
	struct ua_simseat move;   /**< UA_SIM_FAULT_MOVE: there              */
	bool secondv[UA_SIM_WHO]; /**< It has two networks at a time       */
	struct ua_simseat extrav[UA_SIM_WHO];
	bool dead_turn; /**< Their first TURN server is not there          */
	bool renomv[UA_SIM_WHO];
	bool trickle;
	bool strict;
	uint16_t ncomp;
	struct ua_simbox boxv[UA_SIM_PROXIES]; /**< The caller's first      */
	size_t nbox;
	bool unroutable; /**< To each other the relays are private         */
	bool shyv[UA_SIM_WHO]; /**< Its own address stands in c=           */
	bool ip6_relay;
	struct ua_simturn_conf turn;
	struct ua_simcall_conf call;
	uint32_t media_ms;
	bool lossy;
	struct ua_simfault faultv[UA_SIM_FAULTS];
	size_t nfault;
	uint64_t talk_us; /**< From the answer to the end                  */
};

/** A rule that was broken */
struct ua_simbreach {
	unsigned rule;
	uint64_t at_us;
	const char *who;
	const char *mask; /**< Why it is known and let pass, NULL: it is not */
	char text[UA_SIM_WORDS];
};

struct ua_simscene;

/** A pair that became valid */
struct ua_simfound {
	struct ua_addr remote;
	uint16_t base;
	uint64_t at_us;
};

struct ua_simactor {
	struct ua_simscene *scene;
	const char *name;
	struct ua_simhost *host;
	struct ua_simif *ifc;
	struct ua_simlan *lan;
	struct ua_simnat *nat; /**< The home's, NULL: none                 */
	struct ua_simphone *phone;
	struct ua_addr addr; /**< IPv4 one of ifc                          */
	unsigned moves;
	uint64_t changed_us;   /**< The way of media, or a nomination      */
	uint64_t nominated_us; /**< First time, UA_NEVER                   */
	uint64_t path_us;      /**< First way of media, UA_NEVER           */
	uint64_t relayed_us;   /**< A relay was nominated first, UA_NEVER  */
	struct ua_simfound foundv[UA_SIM_FOUND];
	size_t nfound;
};

/** A plan that is played */
struct ua_simscene {
	const struct ua_simplan *plan;
	struct ua_simseat seatv[UA_SIM_WHO]; /**< As they are now          */
	struct ua_simnet *net;
	struct ua_simactor actorv[UA_SIM_WHO];
	struct ua_simturn *turn;
	struct ua_simstun *stun;
	struct ua_simlatch *latchv[UA_SIM_PROXIES];
	struct ua_simcall *call;
	bool no_turn; /**< It died                                         */
	bool no_box;
	bool walled;
	bool no_stun;
	bool disturbed; /**< Allocations may be out of reach               */
	uint64_t fault_us; /**< The last fault was over                    */
	struct ua_simbreach breachv[UA_SIM_BREACHES];
	size_t nbreach;
	size_t nmasked;
	struct ua_simnet_stat stat;
	uint64_t end_us;
	size_t blocks; /**< Of memory, before it began                     */
	size_t peak;   /**< Most bytes at a time, the net's own included   */
};


/** Make the plan of a seed */
void ua_simplan_make(struct ua_simplan *plan, uint64_t seed);

/** Words for it */
void ua_simplan_print(const struct ua_simplan *plan, FILE *f);


/** May two phones have a way without relays?  By RFC 4787 alone */
enum ua_simhope ua_simoracle_direct(const struct ua_simplan *plan,
				    const struct ua_simseat *a,
				    const struct ua_simseat *b);

/** Any way? */
enum ua_simhope ua_simoracle_any(const struct ua_simplan *plan,
				 const struct ua_simseat *a,
				 const struct ua_simseat *b);

/** A way through what proxies have reserved? */
enum ua_simhope ua_simoracle_boxes(const struct ua_simplan *plan,
				   const struct ua_simseat *a,
				   const struct ua_simseat *b);

/** What a seat is as a whole, carrier included */
enum ua_simplace ua_simoracle_place(const struct ua_simseat *seat);


/** Play a plan to its end and beyond; trace NULL: silent */
UA_CHECK int ua_simscene_play(struct ua_simscene *scene,
			      const struct ua_simplan *plan,
			      ua_simtrace_h *trace, void *arg);

void ua_simscene_breach(struct ua_simscene *scene, unsigned rule,
			const char *who, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));


/* simboxes.c: proxies and their relays */

/** How many, and what phones have beside them: first */
void ua_simboxes_count(struct ua_simrand *r, struct ua_simplan *plan);

/** What they are, and when it matters: last */
void ua_simboxes_plan(struct ua_simrand *r, struct ua_simplan *plan);
void ua_simboxes_print(const struct ua_simplan *plan, FILE *f);
UA_CHECK int ua_simboxes_make(struct ua_simscene *scene);
void ua_simboxes_conf(const struct ua_simscene *scene,
		      struct ua_simcall_conf *conf);

/** Does one of them mean no good? */
bool ua_simboxes_are_hostile(const struct ua_simplan *plan);

/** Is it an address of one of them? */
bool ua_simboxes_has(const struct ua_addr *addr);


/* simboxjudge.c: what must hold of them */
void ua_simboxjudge_call(struct ua_simscene *scene);

/** A pair was found, or nominated */
void ua_simboxjudge_event(struct ua_simactor *actor,
			  const struct ua_ice_event *ev);


/* simworld.c: the boxes of a plan */
UA_CHECK int ua_simworld_server(struct ua_simscene *scene, const char *name,
				unsigned n, uint32_t delay_us,
				struct ua_simhost **hostp);
UA_CHECK int ua_simworld_make(struct ua_simscene *scene);

/** Is it one of a server or relay, of any kind? */
bool ua_simworld_is_server(const struct ua_addr *addr);

/** Is it an address of a relay? */
bool ua_simworld_is_relay(const struct ua_addr *addr);

/** A second interface, from the beginning */
UA_CHECK int ua_simworld_second(struct ua_simactor *actor);

/** A new interface of an actor, in another network */
UA_CHECK int ua_simworld_move(struct ua_simactor *actor);

/** Another address on the same interface */
UA_CHECK int ua_simworld_readdress(struct ua_simactor *actor);


/* simfault.c */
void ua_simfault_happen(struct ua_simscene *scene,
			const struct ua_simfault *fault);
const char *ua_simfault_name(enum ua_simfault_kind kind);


/* simjudge.c: what must hold at the end of a call, and after it */
void ua_simjudge_call(struct ua_simscene *scene);

/** Nothing is under way, and nothing has changed for a while [s] */
bool ua_simjudge_is_quiet(const struct ua_simscene *scene, uint64_t s);
void ua_simjudge_release(struct ua_simscene *scene);
void ua_simjudge_rest(struct ua_simscene *scene);

/** After all of it was freed */
void ua_simjudge_memory(struct ua_simscene *scene);


/** Why a breach is known and let pass for now; NULL: it is not */
const char *ua_simmask_why(const struct ua_simscene *scene, unsigned rule,
			   const char *text);

#endif
