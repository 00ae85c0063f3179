/* SPDX-License-Identifier: BSD-3-Clause */
/** @file simscene.h  A random call in a random internet, by a seed */
#ifndef UA_SIMSCENE_H
#define UA_SIMSCENE_H

#include <stdio.h>

#include <ua/sim.h>

#include "simcore.h"
#include "simwatch.h"

enum {
	UA_SIM_WHO = 2, /**< Caller, callee                                */
	UA_SIM_FAULTS = 16
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

/** What theory lets two phones have */
enum ua_simway_kind { UA_SIM_NOWAY = 0, UA_SIM_RELAYED, UA_SIM_DIRECT };

struct ua_simseat {
	enum ua_simplace place;
	struct ua_simnat_conf nat;
	unsigned npool;
	bool stun;
	bool turn;
	bool stun_open; /**< UA_SIM_BL: port 3478 passes                   */
	uint32_t access_us;
	struct ua_simlink up;
	struct ua_simlink down;
};

/** What a seed stands for */
struct ua_simplan {
	uint64_t seed;
	struct ua_simseat seatv[UA_SIM_WHO];
	struct ua_simcall_conf call;
	uint32_t media_ms;
	uint64_t talk_us; /**< From the answer to the end                  */
	bool lossy;
};

/** A rule that was broken */
struct ua_simbreach {
	unsigned rule;
	uint64_t at_us;
	const char *who;
	char text[UA_SIM_WORDS];
};

struct ua_simscene;

struct ua_simactor {
	struct ua_simscene *scene;
	const char *name;
	struct ua_simhost *host;
	struct ua_simif *ifc;
	struct ua_simnat *nat; /**< NULL: none                             */
	struct ua_simphone *phone;
	uint64_t nominated_us; /**< Last time, UA_NEVER: never             */
	uint64_t path_us;      /**< First way of media, UA_NEVER           */
	uint8_t relays;        /**< In what was nominated last             */
	uint64_t relayed_us;   /**< A relay was nominated first, UA_NEVER  */
};

/** A plan that is played */
struct ua_simscene {
	const struct ua_simplan *plan;
	struct ua_simnet *net;
	struct ua_simactor actorv[UA_SIM_WHO];
	struct ua_simturn *turn;
	struct ua_simstun *stun;
	struct ua_simcall *call;
	struct ua_simbreach breachv[UA_SIM_FAULTS];
	size_t nbreach;
	struct ua_simnet_stat stat;
};


/** Make the plan of a seed */
void ua_simplan_make(struct ua_simplan *plan, uint64_t seed);

/** Words for it */
void ua_simplan_print(const struct ua_simplan *plan, FILE *f);


/** What may be expected of a plan, by RFC 4787 alone */
enum ua_simway_kind ua_simoracle_way(const struct ua_simplan *plan);

/** The same by two places */
enum ua_simway_kind ua_simoracle_pair(const struct ua_simseat *a,
				      const struct ua_simseat *b);


/**
 * Play a plan to its end and beyond.
 *
 * @param trace  NULL: silent
 *
 * @retval 0  Played: see breachv
 */
UA_CHECK int ua_simscene_play(struct ua_simscene *scene,
			      const struct ua_simplan *plan,
			      ua_simtrace_h *trace, void *arg);

void ua_simscene_breach(struct ua_simscene *scene, unsigned rule,
			const char *who, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));


/* simjudge.c: what must hold at the end of a call, and after it */
void ua_simjudge_call(struct ua_simscene *scene);
void ua_simjudge_release(struct ua_simscene *scene);
void ua_simjudge_rest(struct ua_simscene *scene);

#endif
