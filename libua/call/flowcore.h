/* SPDX-License-Identifier: BSD-3-Clause */
/** @file flowcore.h  The inside of a flow, for flow.c and gather.c */
#ifndef UA_FLOWCORE_H
#define UA_FLOWCORE_H

#include "call/flow.h"
#include "call/server.h"
#include "net/sock.h"
#include "stun/bind.h"
#include "stun/turn.h"

enum {
	UA_LEG_NOBASE = UINT16_MAX,
	UA_LEG_HOSTS = UA_FLOW_ADDRS * UA_FLOW_COMPS,
	UA_GATHER_SERVERS = 2 * UA_SERVER_MAX,
	UA_GATHER_BINDS = UA_LEG_HOSTS * 2,
	UA_GATHER_RELAYS = UA_FLOW_RELAYS * UA_FLOW_COMPS
};

/** Where datagrams leave and come in: a socket, or a relay over one */
struct ua_leg {
	struct ua_flow *flow;
	unsigned comp;         /**< 1: RTP, 2: RTCP, 0: free place       */
	struct ua_addr addr;   /**< As the network behind it sees it     */
	struct ua_addr mapped; /**< As a server saw it, af NONE: unknown */
	struct ua_addr mapper; /**< That server */
	uint8_t cost;          /**< enum ua_ifcost                       */
	uint16_t base;         /**< In ICE, or UA_LEG_NOBASE             */
	struct ua_sock *sock;  /**< NULL: a relay                        */
	struct ua_flow_relay *relay; /**< NULL: a socket */
};

/** An allocation at a TURN server */
struct ua_flow_relay {
	struct ua_flow *flow;
	struct ua_leg *host; /**< Whose socket it shares */
	struct ua_leg leg;   /**< comp 0: not ready      */
	struct ua_addr server;
	const struct ua_server *asked; /**< As it was configured */
	struct ua_turn *turn;          /**< NULL: free place, or over */
	bool settled;                  /**< READY or DEAD was seen    */
};

/** A question to a STUN server: how does this socket look? */
struct ua_bound {
	struct ua_flow *flow;
	struct ua_leg *host;
	struct ua_addr server;
	struct ua_bind *bind; /**< NULL: free place */
	bool settled;
};

/** A server that is looked up */
struct ua_asked {
	struct ua_flow *flow;
	struct ua_server server;
	struct ua_addr addr;    /**< af NONE: not known      */
	struct ua_query *query; /**< NULL: not under way */
};

/** Media to a peer without ICE, of one component */
struct ua_plain {
	struct ua_addr remote;  /**< As its description says              */
	struct ua_addr latched; /**< Where it really sends from, af NONE  */
	struct ua_leg *leg;     /**< From where we send                   */
	bool told;              /**< Something came from remote           */
};

struct ua_flow {
	struct le le; /**< In env->parting */
	struct ua_env *env;
	struct ua_flow_handlers handlers;
	struct ua_ice *ice; /**< NULL: policy off, or closing */
	struct tmr tmr;     /**< For all machines             */
	struct tmr gather_tmr;
	bool gathered; /**< The owner was told                       */
	bool complete; /**< Nothing more will be gathered            */
	size_t ntold;  /**< Candidates that the owner knows of       */
	bool closing;
	bool controlling;
	bool has_remote;
	bool mux;

	const char *why;   /**< A restart is needed, when gathered; NULL */
	uint64_t why_ms;   /**< Since when                              */
	unsigned restarts; /**< That led to no path yet                 */
	bool expects;      /**< Media should come                       */
	bool doubted;      /**< It did not, and the path was asked      */
	uint64_t heard_ms; /**< When it came last, 0: never             */
	uint64_t quiet_ms; /**< How long it may be silent               */

	struct ua_leg hosts[UA_LEG_HOSTS];
	size_t nhost;
	struct ua_flow_relay relays[UA_GATHER_RELAYS];
	size_t nrelay;
	struct ua_bound binds[UA_GATHER_BINDS];
	size_t nbind;
	struct ua_asked asked[UA_GATHER_SERVERS];
	size_t nasked;

	/** What stands in c= and m=: chosen once, then kept */
	struct ua_leg *dflt[UA_FLOW_COMPS];
	struct ua_addr dflt_addr[UA_FLOW_COMPS];

	bool plain;
	uint64_t plain_ms; /**< Since when */
	struct ua_plain plains[UA_FLOW_COMPS];
};


/* leg.c: sockets, and what goes through relays */

/** Open sockets on all addresses.  Errors as ua_flow_alloc() */
UA_CHECK int ua_leg_open(struct ua_flow *flow);

/** Make a socket a base of ICE, if it is to be one.  As ua_ice_base_add() */
UA_CHECK int ua_leg_base(struct ua_leg *leg, uint64_t now_ms);

/** Open sockets on one more address.  ENOSPC; others as ua_flow_alloc() */
UA_CHECK int ua_leg_add(struct ua_flow *flow, const struct ua_ifaddr *ifa);

/** Its address went away, with all that was reached through it */
void ua_leg_drop(struct ua_leg *leg, uint64_t now_ms, int err);

/** The leg that is a base of ICE; NULL: none */
struct ua_leg *ua_leg_of_base(struct ua_flow *flow, uint16_t base);

/** A socket of a component and family (0: any); NULL: none */
struct ua_leg *ua_leg_host(struct ua_flow *flow, unsigned comp, int af);

/** Choose what stands in c= and m=, unless that was done before */
void ua_leg_default(struct ua_flow *flow, int af);

/** Send from a leg, through its relay if it is one */
UA_CHECK int ua_leg_send(struct ua_leg *leg, const struct ua_addr *dst,
			 const uint8_t *buf, size_t len);


/* plain.c: a peer without ICE */

/** Its description.  EINVAL: nothing there that can be sent to */
UA_CHECK int ua_plain_remote(struct ua_flow *flow,
			     const struct ua_sdp_facts *facts);

/** Is media from there fine?  May latch */
bool ua_plain_accepts(struct ua_flow *flow, unsigned comp,
		      const struct ua_addr *src);

UA_CHECK int ua_plain_send(struct ua_flow *flow, unsigned comp,
			   const uint8_t *buf, size_t len);
UA_CHECK int ua_plain_path(const struct ua_flow *flow,
			   struct ua_ice_info *info);


/* flow.c */

/** A datagram that came on a leg, from src */
void ua_flow_input(struct ua_leg *leg, const struct ua_addr *src,
		   const uint8_t *buf, size_t len);

/** Send what machines want sent, tell what they say, arm the timer */
void ua_flow_pump(struct ua_flow *flow);

/** A datagram that came through a relay */
void ua_flow_relayed(struct ua_flow_relay *relay, const struct ua_addr *peer,
		     const uint8_t *buf, size_t len);

/** Look up the servers; what they say comes by and by */
void ua_gather_start(struct ua_flow *flow);

/** Give a fresh ICE agent all bases and mapped addresses of the flow */
void ua_gather_again(struct ua_flow *flow, uint64_t now_ms);

/** Ask the servers that are known about sockets that are new */
void ua_gather_more(struct ua_flow *flow);

/** Ask now how our sockets look: a NAT may have forgotten us */
void ua_gather_ask(struct ua_flow *flow, uint64_t now_ms);

/** Relays over a socket do not know it any more */
void ua_gather_lost(struct ua_leg *host, uint64_t now_ms, int err);

/** Let go of all that was reached through a socket, without a farewell */
void ua_gather_drop(struct ua_leg *host, uint64_t now_ms, int err);

/** Everything that could be gathered is there, or will never be */
bool ua_gather_done(const struct ua_flow *flow);

/**
 * Offer a datagram of a socket to relays and STUN clients.
 *
 * @return True: it was theirs
 */
bool ua_gather_input(struct ua_leg *host, uint64_t now_ms,
		     const struct ua_addr *src, const uint8_t *buf,
		     size_t len);

/** Drain and tick them all; returns the next deadline */
uint64_t ua_gather_pump(struct ua_flow *flow, uint64_t now_ms);

/** Let go of a component's relays and questions; all: 0 */
void ua_gather_close(struct ua_flow *flow, uint64_t now_ms, unsigned comp);

/** No relay waits for its release to be confirmed */
bool ua_gather_gone(const struct ua_flow *flow);


/* roam.c: the network changes under a flow */

/** A NAT shows a socket by another address than before */
void ua_roam_moved(struct ua_leg *host, uint64_t now_ms);

/** Fresh sockets: whatever held the old ones back, does not know these */
void ua_roam_reopen(struct ua_flow *flow, uint64_t now_ms);

/** Ask for a restart, once what is new is gathered, or in 100 ms */
void ua_roam_want(struct ua_flow *flow, uint64_t now_ms, const char *why);

/** Is it time to tell the owner?  Sets when to look again, or UA_NEVER */
bool ua_roam_due(struct ua_flow *flow, uint64_t now_ms, uint64_t *at_ms);

#endif
