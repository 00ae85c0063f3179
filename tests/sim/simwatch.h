/* SPDX-License-Identifier: BSD-3-Clause */
/** @file simwatch.h  Looks over a phone's shoulder: what it may not do */
#ifndef UA_SIMWATCH_H
#define UA_SIMWATCH_H

#include <ua/sim.h>

enum {
	UA_SIM_TIDS = 2048, /**< Transactions that are remembered          */
	UA_SIM_VALID = 128, /**< Ways that proved to work                  */
	UA_SIM_WORDS = 160
};

/** A rule of a phone, by its number */
enum ua_simrule {
	UA_SIM_RULE_CONNECT = 1, /**< A way for 5 s is found               */
	UA_SIM_RULE_AGREE = 2,   /**< Both ends take one pair              */
	UA_SIM_RULE_DIRECT = 3,  /**< No relay where a direct way works    */
	UA_SIM_RULE_MEDIA = 4,   /**< Media goes where consent was given   */
	UA_SIM_RULE_STORM = 5,   /**< Paced, few sends, one answer         */
	UA_SIM_RULE_LATCH = 6,   /**< A latched relay sees one source      */
	UA_SIM_RULE_RELEASE = 7, /**< Allocations are freed                */
	UA_SIM_RULE_TRACE = 8,   /**< Duplicates leave no trace            */
	UA_SIM_RULE_REST = 9,    /**< Deadlines advance, and end           */
	UA_SIM_RULE_SEED = 10,   /**< Same seed, same bytes                */
	UA_SIM_RULE_MEMORY = 11, /**< Bounded, and freed                   */
	UA_SIM_RULE_REASON = 12, /**< Each pair ends with a reason         */
	UA_SIM_RULE_WINDOW = 13, /**< Without consent: to c=, for a while  */
	UA_SIM_RULE_LEAVE = 14,  /**< A relay that lost is left alone      */
	UA_SIM_RULE_KEEP = 15    /**< One that is used does not end        */
};

/** A transaction that was seen */
struct ua_simtid {
	uint64_t at_ms;      /**< Last seen                              */
	uint64_t key;        /**< Of the id, 0: free place                 */
	struct ua_addr addr; /**< Of the other end                         */
	uint16_t base;
	uint8_t sends;   /**< Ours: requests; theirs: requests of them */
	uint8_t answers; /**< Ours: their answers; theirs: ours        */
	bool own;
};

/** A way on which an own check was answered */
struct ua_simvalid {
	struct ua_addr addr;
	uint16_t base;
	uint64_t at_us; /**< The last time                                 */
	bool media;     /**< Media went there                              */
};

struct ua_simwatch {
	struct ua_simnet *net;
	void (*fault)(unsigned rule, const char *text, void *arg);
	void *arg;
	struct ua_simtid tidv[UA_SIM_TIDS];
	size_t ntid;
	struct ua_simvalid validv[UA_SIM_VALID];
	size_t nvalid;
	size_t last;       /**< Valid way of the last media packet         */
	uint64_t check_ms; /**< The last first send of a check, UA_NEVER   */
	uint64_t checks;   /**< Of one pair of descriptions                  */
	uint64_t user;     /**< Which ones                                   */
	bool heard;        /**< The peer                                   */
	uint64_t spin_ms;  /**< Time of the last deadline that did not
				advance                                    */
	unsigned spins;
	struct ua_addr told; /**< c= of the peer                           */
	uint64_t told_us;    /**< Since when                               */
	uint64_t talk_us;    /**< Media may flow since, UA_NEVER           */
	uint64_t beside_us;  /**< Media to it without consent, UA_NEVER    */
	uint64_t heard_us;   /**< Media from it, UA_NEVER                  */
	uint64_t last_us;    /**< The last media to it                     */
	uint64_t unheard_us; /**< So long it went there without a word     */
};


void ua_simwatch_init(struct ua_simwatch *watch, struct ua_simnet *net,
		      void (*fault)(unsigned, const char *, void *),
		      void *arg);

/** ICE sends this; media: the way of media now, NULL: none */
void ua_simwatch_output(struct ua_simwatch *watch, const struct ua_dgram *dg,
			const struct ua_path *media);

/** This STUN came in; @return True: an answer that came before */
bool ua_simwatch_input(struct ua_simwatch *watch, const struct ua_path *path,
		       const uint8_t *buf, size_t len);

/** ICE took what came in: what it says of the way counts */
void ua_simwatch_taken(struct ua_simwatch *watch, const struct ua_path *path,
		       const uint8_t *buf, size_t len);

/** Media is sent this way */
void ua_simwatch_media(struct ua_simwatch *watch, const struct ua_path *path);

/** The peer's description says c=; fresh: with other credentials */
void ua_simwatch_told(struct ua_simwatch *watch, const struct ua_addr *dflt,
		      bool fresh);

/** Media may flow from now on */
void ua_simwatch_talks(struct ua_simwatch *watch);

/** Media came from there */
void ua_simwatch_heard(struct ua_simwatch *watch, const struct ua_addr *src);

/** Media is sent there, though no pair is valid */
void ua_simwatch_beside(struct ua_simwatch *watch, const struct ua_addr *dst);

/** A deadline after all that is due was done */
void ua_simwatch_deadline(struct ua_simwatch *watch, uint64_t now_ms,
			  uint64_t at_ms);

/** A number for the state of an agent's pairs and of its media */
uint64_t ua_simwatch_state(const struct ua_ice *ice);

void ua_simwatch_fault(struct ua_simwatch *watch, enum ua_simrule rule,
		       const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

#endif
