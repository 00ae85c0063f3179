/* SPDX-License-Identifier: BSD-3-Clause */
/** @file simbox.h  What servers of the simulated net share */
#ifndef UA_SIMBOX_H
#define UA_SIMBOX_H

#include "stun/stun.h"
#include "simcore.h"

enum {
	UA_SIM_LISTEN = 2,
	UA_SIM_PERMS = 64,
	UA_SIM_CHANNELS = 32,
	UA_SIM_NONCE = 24
};

/** Somebody whom an allocation is open for */
struct ua_simperm {
	struct ua_addr addr; /**< Port 0                                  */
	uint64_t end_us;
};

struct ua_simchannel {
	struct ua_addr addr;
	uint64_t end_us;
	uint16_t number;
};

/** An allocation of a TURN server */
struct ua_simallocation {
	struct le le;
	struct ua_simturn *turn;
	struct ua_addr client;
	struct ua_simsock *via;   /**< Of the server, to the client       */
	struct ua_simsock *sock;  /**< NULL: no IPv4 one                  */
	struct ua_simsock *sock6; /**< NULL: no IPv6 one                  */
	uint64_t end_us;
	uint8_t tid[UA_STUN_TID_LEN]; /**< Of the request that made it    */
	struct ua_simperm permv[UA_SIM_PERMS];
	size_t nperm;
	struct ua_simchannel channelv[UA_SIM_CHANNELS];
	size_t nchannel;
};

/** One address that a TURN server listens on */
struct ua_simlisten {
	struct ua_simturn *turn;
	struct ua_simsock *sock;
};

struct ua_simturn {
	struct le le;
	struct ua_simhost *host;
	struct ua_simturn_conf conf;
	struct ua_simlisten listenv[UA_SIM_LISTEN];
	size_t nlisten;
	struct ua_addr relay;
	struct ua_addr relay6;
	struct list allocl;
	uint32_t restarts;
	bool dead;
	uint8_t key[16];
};


/** Answer a Binding request */
void ua_simstun_answer(struct ua_simsock *sock, const struct ua_stun *msg,
		       const struct ua_addr *src);


/* simrelay.c: what an allocation is, and what goes through it */

/** The allocation of a client that is not over; NULL: none */
struct ua_simallocation *ua_simrelay_find(struct ua_simturn *turn,
					  const struct ua_addr *client);

/** Open relayed addresses; 440 as STUN has it: of no such family */
UA_CHECK int ua_simrelay_alloc(struct ua_simallocation **allocp,
			       struct ua_simturn *turn,
			       const struct ua_addr *client, bool ip4,
			       bool ip6);
UA_CHECK int ua_simrelay_permit(struct ua_simallocation *alloc,
				const struct ua_addr *peer);

/** EINVAL: number or peer is bound otherwise */
UA_CHECK int ua_simrelay_bind(struct ua_simallocation *alloc, uint16_t number,
			      const struct ua_addr *peer);

/** From the client to a peer, by Send indication or channel */
void ua_simrelay_send(struct ua_simallocation *alloc,
		      const struct ua_stun *msg);
void ua_simrelay_channel(struct ua_simallocation *alloc, const uint8_t *buf,
			 size_t len);

/** Has it a relayed address of the family of a peer? */
bool ua_simrelay_has(const struct ua_simallocation *alloc,
		     const struct ua_addr *peer);

#endif
