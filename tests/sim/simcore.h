/* SPDX-License-Identifier: BSD-3-Clause */
/** @file simcore.h  The inside of the simulated net, for the files of it */
#ifndef UA_SIMCORE_H
#define UA_SIMCORE_H

#include <ua/sim.h>

#include "base/re_compat.h"

enum {
	UA_SIM_PAYLOAD = 1472, /**< Of IPv4 with 1500 [bytes]              */
	UA_SIM_HOPS = 16,      /**< A packet in a loop ends                */
	UA_SIM_CHUNK = 32,     /**< Packets allocated at a time            */
	UA_SIM_IFADDRS = 8     /**< Addresses of an interface              */
};

/** A generator of random numbers (xorshift64*): a value */
struct ua_simrand {
	uint64_t state;
};

/** A datagram under way */
struct ua_simpacket {
	struct ua_simpacket *next; /**< Free ones                         */
	struct ua_simif *to;       /**< Where it arrives                  */
	struct ua_addr src;
	struct ua_addr dst;
	uint32_t id; /**< As the trace names it                           */
	uint16_t len;
	uint8_t hops;
	bool twin;    /**< The second copy of one                          */
	bool queued;  /**< It reaches the link of `to` now, not `to`       */
	bool refusal; /**< ICMP: nobody listens at src                     */
	uint8_t buf[UA_SIM_PAYLOAD];
};

struct ua_simchunk {
	struct ua_simchunk *next;
	struct ua_simpacket v[UA_SIM_CHUNK];
};

/** Something that will happen: a packet arrives, or a timer fires */
struct ua_simitem {
	uint64_t at_us;
	uint64_t seq;                /**< Those of one time: in this order */
	struct ua_simpacket *packet; /**< NULL: a timer                   */
	struct ua_simtimer *tmr;
};

/** What will happen, the next first (a binary heap, from 1) */
struct ua_simheap {
	struct ua_simitem *v;
	size_t n;
	size_t size;
	uint64_t seq;
};

/** One direction of a link */
struct ua_simway {
	struct ua_simlink conf;
	uint64_t busy_us; /**< The last packet is out then                */
	uint64_t last_us; /**< The last packet arrives then               */
	uint64_t step_us; /**< Up to here `bad` is known                  */
	bool bad;         /**< In a burst of losses                       */
};

/** Who has an address in a LAN, or leads to it */
struct ua_simroute {
	uint64_t key;
	struct ua_addr addr;
	struct ua_simif *ifc;
};

struct ua_simlan {
	struct le le;
	struct ua_simnet *net;
	struct ua_simnat *gateway; /**< To the world; NULL: the core      */
	struct ua_simroute *routev;
	size_t nroute;
	size_t size;
};

struct ua_simif {
	struct le le; /**< In its host, or none                           */
	struct ua_simnet *net;
	struct ua_simlan *lan;
	struct ua_simhost *host; /**< NULL: of a NAT                      */
	struct ua_simnat *nat;
	bool inner; /**< Of a NAT: towards its own LAN                    */
	bool down;
	struct ua_simway up;
	struct ua_simway in;
	struct ua_addr addrv[UA_SIM_IFADDRS];
	size_t naddr;
	char name[UA_SIM_NAME * 2];
};

struct ua_simhost {
	struct le le;
	struct ua_simnet *net;
	struct list ifl;
	struct list sockl;
	uint16_t next_port;
	bool refuses; /**< It says by ICMP that nobody listens            */
	char name[UA_SIM_NAME];
};

struct ua_simsock {
	struct le le;
	struct ua_simhost *host;
	struct ua_simif *ifc; /**< NULL: its address went away            */
	struct ua_addr addr;
	ua_simsock_h *h;
	ua_simrefused_h *refused; /**< NULL: it does not want to know  */
	void *arg;
};

struct ua_simnet {
	uint64_t now_us;
	struct ua_simrand links; /**< For links and NATs                  */
	struct ua_simrand machines;
	struct ua_rand rand; /**< machines, as agents want it             */
	struct ua_simheap heap;
	struct ua_simchunk *chunks;
	struct ua_simpacket *free;
	uint32_t packet_id;
	bool twin; /**< What a socket receives now is a second copy     */
	struct ua_simlan core;
	ua_simwall_h *wall; /**< In the core, NULL: none                  */
	void *wall_arg;
	struct list lanl;
	struct list hostl;
	struct list natl;
	struct list boxl; /**< Servers, phones, calls: anything with a le */
	struct ua_simnet_stat stat;
	ua_simtrace_h *trace;
	void *trace_arg;
};


/* simrand.c */
void ua_simrand_seed(struct ua_simrand *rand, uint64_t seed);
uint64_t ua_simrand_next(struct ua_simrand *rand);
uint64_t ua_simrand_below(struct ua_simrand *rand, uint64_t n);

/** Of 10000 */
bool ua_simrand_chance(struct ua_simrand *rand, uint32_t of10000);

/** Mean 0, this deviation, nothing beyond about 3 of them */
int64_t ua_simrand_normal(struct ua_simrand *rand, uint32_t deviation);


/* simheap.c */
UA_CHECK int ua_simheap_push(struct ua_simheap *heap, struct ua_simitem *item);
void ua_simheap_drop(struct ua_simheap *heap, size_t place);
UA_CHECK int ua_simheap_packet(struct ua_simnet *net, uint64_t at_us,
			       struct ua_simpacket *packet);
bool ua_simheap_pop(struct ua_simheap *heap, uint64_t until_us,
		    struct ua_simitem *item);
void ua_simheap_close(struct ua_simheap *heap);


/* simlink.c */

/**
 * Send a packet over one direction.
 *
 * @param at_us  When it is sent; set to when it arrives
 * @param twin   Set if it comes twice
 *
 * @return NULL, or why it is lost
 */
const char *ua_simlink_pass(struct ua_simnet *net, struct ua_simway *way,
			    const struct ua_simpacket *packet, uint64_t *at_us,
			    bool *twin);


/* simlan.c */
struct ua_simif *ua_simlan_find(const struct ua_simlan *lan,
				const struct ua_addr *addr);
UA_CHECK int ua_simlan_route(struct ua_simlan *lan, const struct ua_addr *addr,
			     struct ua_simif *ifc);
void ua_simlan_unroute(struct ua_simlan *lan, const struct ua_addr *addr);

/** Send a packet from an interface into its LAN; the packet is given */
void ua_simlan_send(struct ua_simif *from, struct ua_simpacket *packet);

/** A packet that was sent before comes to the link of its receiver */
void ua_simlan_enter(struct ua_simpacket *packet);


/* simnet.c */
struct ua_simpacket *ua_simnet_packet(struct ua_simnet *net);
void ua_simnet_release(struct ua_simnet *net, struct ua_simpacket *packet);


/* simhost.c */
void ua_simhost_arrive(struct ua_simhost *host, struct ua_simif *ifc,
		       struct ua_simpacket *packet);


/* simif.c */
void ua_simif_init(struct ua_simif *ifc, struct ua_simlan *lan,
		   const struct ua_simlink *link);
struct ua_simif *ua_simif_find(const struct ua_simhost *host,
			       const struct ua_addr *addr);


/* simsock.c */
struct ua_simsock *ua_simsock_find(const struct ua_simhost *host,
				   const struct ua_addr *addr);


/* simnat.c */
void ua_simnat_arrive(struct ua_simnat *nat, bool inner,
		      struct ua_simpacket *packet);

/** LAN outside of a gateway, and the interface that stands in it */
struct ua_simlan *ua_simnat_outer(const struct ua_simnat *nat);
struct ua_simif *ua_simnat_inner(struct ua_simnat *nat);
bool ua_simnat_hides(const struct ua_simnat *nat, const struct ua_addr *addr);


/* simtrace.c */

/** A packet that is sent, arrives or is dropped; all of it is hashed */
void ua_simtrace_packet(struct ua_simnet *net, const char *what,
			const char *where, const struct ua_simpacket *packet,
			const char *why);
void ua_simtrace_mix(struct ua_simnet *net, const void *p, size_t len);

#endif
