/* SPDX-License-Identifier: BSD-3-Clause */
/** @file simnatcore.h  The inside of a NAT, for its files */
#ifndef UA_SIMNATCORE_H
#define UA_SIMNATCORE_H

#include "simcore.h"

/** An outside endpoint that stands for an inside one */
struct ua_simmap {
	struct ua_addr inside;
	struct ua_addr outside;
	struct ua_addr remote; /* What it is for, as far as mapping asks */
	uint64_t end_us;
	bool answered;
};

/** Somebody who was sent to, and may send */
struct ua_simcontact {
	struct ua_addr inside;
	struct ua_addr outside;
	struct ua_addr remote;
	uint64_t end_us;
	bool answered;
};

struct ua_simnat {
	struct le le;
	struct ua_simnet *net;
	struct ua_simnat_conf conf;
	struct ua_simif *outer;
	struct ua_simif *inner;
	struct ua_simlan *lan;
	struct ua_addr poolv[UA_SIM_POOL];
	size_t npool;
	uint16_t next_port;
	struct ua_simmap *mapv;
	size_t nmap, map_size;
	size_t last; /* The map that was wanted last is wanted next       */
	struct ua_simcontact *contactv;
	size_t ncontact, contact_size;
	char name[UA_SIM_NAME];
};


/** Forget what is over */
void ua_simmap_purge(struct ua_simnat *nat);

/** The mapping of an inside endpoint for another end; NULL: none */
struct ua_simmap *ua_simmap_out(struct ua_simnat *nat,
				const struct ua_addr *inside,
				const struct ua_addr *remote);

/** The mapping of an outside endpoint; NULL: none */
struct ua_simmap *ua_simmap_in(struct ua_simnat *nat,
			       const struct ua_addr *outside);

/** A new one; NULL: none is left */
struct ua_simmap *ua_simmap_make(struct ua_simnat *nat,
				 const struct ua_addr *inside,
				 const struct ua_addr *remote);

/** Something goes out by it: who is sent to may answer */
void ua_simmap_sent(struct ua_simnat *nat, struct ua_simmap *map,
		    const struct ua_addr *remote);

/** May somebody send in by it?  Then it lives longer */
bool ua_simmap_enter(struct ua_simnat *nat, struct ua_simmap *map,
		     const struct ua_addr *remote);

#endif
