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
	UA_GATHER_WAYS = 3, /**< Of a server: UDP, TCP, TLS  */
	UA_GATHER_SERVERS = UA_SERVER_MAX * (1 + UA_GATHER_WAYS),
	UA_GATHER_TARGETS = 4, /**< Addresses tried of a server */
	UA_GATHER_BINDS = UA_LEG_HOSTS * 2,
	UA_RELAYS_MAX = 16, /**< Allocations of a flow       */
	UA_RELAYS_LEGS = 2, /**< IPv4, IPv6                  */
	/* MediaProxy waits 90 s from the offer for media of each side */
	UA_PROXIED_LIFE_MS = 85000,
	/* No pair is valid so long after that: it is not just slow */
	UA_PROXIED_WAIT_MS = 2000,
	UA_FLOW_PROXIED = 8, /**< Relays of proxies, of a chain at most 3 with
				  two components each                     */

	/* Both candidate sets are known so long and no pair is valid: media
	   goes to c= as well */
	UA_BESIDE_WAIT_MS = 1500,
	UA_BESIDE_OPEN_MS = 10000, /**< ... so long, if nothing comes back */
	UA_BESIDE_UNHEARD_MS = 40000, /**< ... and so long in all, of a call
					   that restarts again and again  */
	UA_BESIDE_QUIET_MS = 30000 /**< ... else until that is so long ago: a
					keepalive of media comes each 15 s
					(RFC 6263, 4.6)                    */
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
	struct ua_asked *asked; /**< The server as it was configured        */
	struct ua_leg *host;    /**< Whose socket it shares, or whose
				     address its own one has            */
	unsigned comp;          /**< 1: RTP, 2: RTCP                    */
	struct ua_leg legs[UA_RELAYS_LEGS]; /**< comp 0: not ready      */
	struct ua_addr server;
	enum ua_turn_family family;
	struct ua_turn *turn;      /**< NULL: free place, or over       */
	struct ua_sock *sock;      /**< UDP, its own; NULL: the host's  */
	struct ua_relayconn *conn; /**< TCP, TLS; NULL: not connected   */
	bool settled;              /**< READY or DEAD was seen          */
	bool was_ready;
	uint8_t nsock; /**< Sockets used up by 437                  */
	uint64_t
		hedge_ms; /**< Not heard by then: its next address; UA_NEVER */
};

/** A question to a STUN server: how does this socket look? */
struct ua_bound {
	struct ua_flow *flow;
	struct ua_leg *host;
	struct ua_addr server;
	struct ua_bind *bind; /**< NULL: free place */
	bool settled;
};

enum ua_asked_state {
	UA_ASKED_WAITS = 0, /**< Until due_ms, or until nothing else is open */
	UA_ASKED_OPEN,      /**< It is looked up, and used                   */
	UA_ASKED_SPARED     /**< Others did: asked when they are lost        */
};

/** A server that was configured, by one of its transports */
struct ua_asked {
	struct ua_flow *flow;
	struct ua_server server;
	enum ua_tp tp;
	uint8_t state; /**< enum ua_asked_state */
	uint64_t due_ms;
	struct ua_query *query; /**< NULL: not under way */
	struct ua_addr targetv[UA_GATHER_TARGETS];
	size_t ntarget;
	size_t next[UA_FLOW_COMPS]; /**< Target to try, of a component  */
	bool quota;        /**< RTP got no room, RTCP may give its own   */
	uint8_t nyield;    /**< Times that it did                        */
	uint64_t yield_ms; /**< RTP asks again then, UA_NEVER            */
	bool heard; /**< It has answered, if only to refuse              */
	struct ua_turncred *cred; /**< User and password are being read  */
	char *user;               /**< As they were read, else NULL      */
	char *password;
	bool renewed[UA_FLOW_COMPS]; /**< Read again, as they were refused */
};

/** Media to a peer without ICE, of one component */
struct ua_plain {
	struct ua_addr remote;  /**< As its description says              */
	struct ua_addr latched; /**< Where it really sends from, af NONE  */
	struct ua_leg *leg;     /**< From where we send                   */
	bool told;              /**< Something came from remote           */
};

/** A relay that a proxy reserved, as the peer's description shows it */
struct ua_proxied {
	struct ua_addr addr;
	enum ua_origin origin;
};

enum ua_beside_state {
	UA_BESIDE_OFF = 0, /**< c= is nothing that a proxy wrote           */
	UA_BESIDE_WAITS,   /**< For a valid pair                           */
	UA_BESIDE_OPEN,    /**< Media goes to c=, unless a pair is valid   */
	UA_BESIDE_OVER
};

/** Media to c= while no pair is valid; where to is in the plains */
struct ua_beside {
	enum ua_beside_state state;
	uint64_t since_ms;   /**< In that state                        */
	uint64_t heard_ms;   /**< Something came from there, 0: never  */
	uint64_t unheard_ms; /**< So long it was open for nobody, in all */
};

struct ua_flow {
	struct le le; /**< In env->parting */
	struct ua_env *env;
	struct ua_flow_handlers handlers;
	struct ua_ice *ice; /**< NULL: policy off, or closing */
	struct tmr tmr;     /**< For all machines             */
	struct tmr gather_tmr;
	bool gathered;  /**< The owner was told                       */
	bool complete;  /**< Nothing more will be gathered            */
	bool described; /**< A description went out                   */
	size_t ntold;   /**< Candidates that the owner knows of       */
	uint32_t toldv[UA_FLOW_CANDS]; /**< What tells them apart    */
	bool closing;
	bool controlling;
	bool has_remote;
	bool concluded; /**< ICE had nominated all that is needed      */
	bool mux;

	const char *why;   /**< A restart is needed, when gathered; NULL */
	uint64_t why_ms;   /**< Since when                              */
	unsigned restarts; /**< That led to no path yet                 */
	bool expects;      /**< Media should come                       */
	bool doubted;      /**< It did not, and the path was asked      */
	uint64_t heard_ms; /**< When it came last, 0: never             */
	uint64_t quiet_ms; /**< How long it may be silent               */
	uint64_t icmp_ms;  /**< Last error that told of media's path, 0     */

	struct ua_leg hosts[UA_LEG_HOSTS];
	size_t nhost;
	struct ua_flow_relay relays[UA_RELAYS_MAX];
	size_t nrelay;
	bool nominated;   /**< Only the nearest relays are kept       */
	bool peer_is_ip6; /**< The peer has no IPv4 address           */
	struct ua_bound binds[UA_GATHER_BINDS];
	size_t nbind;
	struct ua_asked asked[UA_GATHER_SERVERS];
	size_t nasked;

	/** What stands in c= and m=: chosen once, then kept */
	struct ua_leg *dflt[UA_FLOW_COMPS];
	struct ua_addr dflt_addr[UA_FLOW_COMPS];

	struct ua_proxied proxiedv[UA_FLOW_PROXIED]; /**< Oldest first */
	size_t nproxied;
	bool shaky;         /**< Media's path is in doubt, or a NAT moved us */
	bool mismatch;      /**< c= was changed: no ICE (RFC 8839, 4.2.5)    */
	bool expired;       /**< A restart was wanted for that               */
	uint64_t born_ms;   /**< Offer and answer of now began               */
	uint64_t remote_ms; /**< The peer's description of them came         */
	struct ua_beside beside;

	bool plain;
	uint64_t plain_ms; /**< Since when */
	struct ua_plain plains[UA_FLOW_COMPS];
};


/** The earlier of two times [ms] */
static inline uint64_t ua_flowcore_earlier(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}


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

/** A socket of a component and family (0: any) that media may use without ICE;
    NULL: none */
struct ua_leg *ua_leg_host(struct ua_flow *flow, unsigned comp, int af);

/** Choose what stands in c= and m=, unless that was done before */
void ua_leg_default(struct ua_flow *flow, int af);

/** Send from a leg, through its relay if it is one */
UA_CHECK int ua_leg_send(struct ua_leg *leg, const struct ua_addr *dst,
			 const uint8_t *buf, size_t len);


/* proxied.c: relays that the SIP proxy reserved */

/** The one socket from which such a relay is used; NULL: there is none */
struct ua_leg *ua_proxied_leg(struct ua_flow *flow, unsigned comp,
			      const struct ua_addr *relay);

/**
 * Make a candidate one that learns from packets, and remember it.
 *
 * @retval EADDRNOTAVAIL  No socket of ours may send there: skip it
 * @retval EINVAL         Of no component of ours: skip it
 */
UA_CHECK int ua_proxied_take(struct ua_flow *flow, struct ua_ice_cand *cand,
			     enum ua_origin origin);

/** Who wrote what stands in a remote address */
enum ua_origin ua_proxied_origin(const struct ua_flow *flow,
				 const struct ua_addr *addr);

/** As ua_sdporigin_implicit(), if the application wants such candidates */
UA_CHECK int ua_proxied_implicit(const struct ua_flow *flow,
				 const struct ua_sdp_facts *facts,
				 unsigned comp, bool mux,
				 struct ua_sdp_cand *cand);

/** Is c= of a description what a proxy wrote there? */
bool ua_proxied_is_default(const struct ua_flow *flow,
			   const struct ua_sdp_facts *facts);

/**
 * Has it ended before it was used, because the phone rang for too long?  Then
 * a restart is wanted.  Returns when to look again, or UA_NEVER.
 */
uint64_t ua_proxied_pump(struct ua_flow *flow, uint64_t now_ms);

/** Would such a relay, asked for again, still send to where we were?  Only
    another m= port makes it forget */
bool ua_proxied_is_stale(const struct ua_flow *flow);


/* beside.c: media to c= while no pair is valid */

/** A description of a peer that does ICE; anew: with other credentials */
void ua_beside_remote(struct ua_flow *flow, const struct ua_sdp_facts *facts,
		      bool anew);

/** Let time run; returns when to look again, or UA_NEVER */
uint64_t ua_beside_pump(struct ua_flow *flow, uint64_t now_ms);

/** Does media go there now? */
bool ua_beside_sends(const struct ua_flow *flow);

/** ... and does something come from there?  Then it works, without a pair */
bool ua_beside_hears(const struct ua_flow *flow);

/** Is media from there fine?  May latch */
bool ua_beside_accepts(struct ua_leg *leg, const struct ua_addr *src);


/* plain.c: a peer without ICE */

/**
 * Where media goes without ICE: c=, m= and a=rtcp.
 *
 * @param beside  ICE goes on: from the socket of a proxy's relay
 *
 * @retval EINVAL  There is nothing that can be sent to
 */
UA_CHECK int ua_plain_aim(struct ua_flow *flow,
			  const struct ua_sdp_facts *facts, bool beside);

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


/* flowdesc.c: descriptions */

/** A fresh agent; of a fork: with the credentials of the one before */
UA_CHECK int ua_flowdesc_ice(struct ua_flow *flow, struct ua_ice **icep);

/** Tell the owner of candidates that no description had */
void ua_flowdesc_late(struct ua_flow *flow);


/* flowpump.c */

/** Send what machines want sent, tell what they say, arm the timer */
void ua_flowpump_run(struct ua_flow *flow);

/** Let time run */
void ua_flowpump_start(struct ua_flow *flow);


/* asked.c: which server, and when */

/** Begin to ask the servers; what they say comes by and by */
void ua_asked_start(struct ua_flow *flow);

/** Use a server that is looked up, with what it wants to be told */
void ua_asked_begin(struct ua_asked *asked);

/** User and password were used, or are of no use: cleansed */
void ua_asked_forget(struct ua_asked *asked);

/** Look it up when it is its turn; returns when that is */
uint64_t ua_asked_pump(struct ua_asked *asked, uint64_t now_ms);

/** Ask again for what RTCP gave back; returns when */
uint64_t ua_asked_yield_pump(struct ua_asked *asked, uint64_t now_ms);

/** Ask a server's next address for a relay of a component; false: there is
    none */
bool ua_asked_try(struct ua_asked *asked, uint64_t now_ms, unsigned comp);

/**
 * A server refuses the user or the password: read them again, and ask again.
 *
 * @return False: that was done before, or they are not read from anywhere
 */
bool ua_asked_renew(struct ua_asked *asked, unsigned comp);

/**
 * A component's relay was refused by quota, is there, or has been given back:
 * RTCP yields its own to RTP.
 */
void ua_asked_yield(struct ua_asked *asked, uint64_t now_ms);

/** A relay is gone: ask servers that were spared because of it */
void ua_asked_wanted(struct ua_flow *flow, uint64_t now_ms);


/* gather.c: relays and mapped addresses */

/** Give a fresh ICE agent all bases and mapped addresses of the flow */
void ua_gather_again(struct ua_flow *flow, uint64_t now_ms);

/** Ask the servers that are known about sockets that are new */
void ua_gather_more(struct ua_flow *flow);

/** Ask now how our sockets look: a NAT may have forgotten us */
void ua_gather_ask(struct ua_flow *flow, uint64_t now_ms);

/** ICMP says that a datagram of a socket did not reach a server */
void ua_gather_refused(struct ua_leg *host, uint64_t now_ms,
		       const struct ua_addr *dst, int err);

/** Ask each relay's server whether it still knows us */
void ua_gather_doubt(struct ua_flow *flow, uint64_t now_ms);

/** Relays over a socket do not know it any more */
void ua_gather_lost(struct ua_leg *host, uint64_t now_ms, int err);

/** Let go of all that was reached through a socket, without a farewell */
void ua_gather_drop(struct ua_leg *host, uint64_t now_ms, int err);

/** Everything that could be gathered is there, or will never be */
bool ua_gather_done(const struct ua_flow *flow);

/**
 * Offer a datagram of a socket to relays and STUN clients.
 *
 * @return ENOENT: not theirs; EALREADY: media of a relay, there is nothing to
 *         be pumped; otherwise it was theirs
 */
UA_CHECK int ua_gather_input(struct ua_leg *host, uint64_t now_ms,
			     const struct ua_addr *src, const uint8_t *buf,
			     size_t len);

/** Drain and tick them all; returns the next deadline */
uint64_t ua_gather_pump(struct ua_flow *flow, uint64_t now_ms);

/** Let go of a component's relays and questions; all: 0 */
void ua_gather_close(struct ua_flow *flow, uint64_t now_ms, unsigned comp);

/** No relay waits for its release to be confirmed */
bool ua_gather_gone(const struct ua_flow *flow);

/** Free all of it at once */
void ua_gather_free(struct ua_flow *flow);

/** A path was nominated: keep the nearest relays, and the one in use */
void ua_gather_nominated(struct ua_flow *flow, uint64_t now_ms);

/** The peer's description came: relays of its family may be missing */
void ua_gather_peer(struct ua_flow *flow, const struct ua_sdp_facts *facts);

/** What a host's socket is from outside, to ICE */
void ua_gather_mapped(struct ua_leg *host, uint64_t now_ms);


/* bound.c: questions to STUN servers */

/** Ask a server how a host's socket looks, unless it is asked already */
void ua_bound_open(struct ua_leg *host, const struct ua_addr *server);

/** Drain and tick one; returns its next deadline */
uint64_t ua_bound_pump(struct ua_bound *bound, uint64_t now_ms);

/** Ask again, now */
void ua_bound_again(struct ua_leg *host, uint64_t now_ms);

/** A datagram of a host's socket.  ENOENT: not theirs */
UA_CHECK int ua_bound_input(struct ua_leg *host, uint64_t now_ms,
			    const struct ua_addr *src, const uint8_t *buf,
			    size_t len);

/** Ask no more: of a host */
void ua_bound_close(struct ua_leg *host);


/* relays.c: allocations at TURN servers */

/**
 * Ask a server for a relay.
 *
 * @param own  Not over the host's socket, but over one of its own
 *
 * @retval 0       Done
 * @retval ENOSPC  UA_RELAYS_MAX were asked for
 * @retval errno   Logged; try another one
 */
UA_CHECK int ua_relays_open(struct ua_asked *asked, struct ua_leg *host,
			    const struct ua_addr *server,
			    enum ua_turn_family family, bool own);

/** Drain and tick one; returns its next deadline */
uint64_t ua_relays_pump(struct ua_flow_relay *relay, uint64_t now_ms);

/**
 * A message of its server.
 *
 * @return ENOENT: it is not for this relay; EALREADY: media, there is nothing
 *         to be pumped; otherwise it was for it
 */
UA_CHECK int ua_relays_input(struct ua_flow_relay *relay, uint64_t now_ms,
			     const struct ua_addr *src, const uint8_t *buf,
			     size_t len);

/** Send through it.  Errors as ua_turn_send() and ua_relayconn_send() */
UA_CHECK int ua_relays_send(struct ua_flow_relay *relay,
			    const struct ua_addr *dst, const uint8_t *buf,
			    size_t len);

/** Release the allocation */
void ua_relays_close(struct ua_flow_relay *relay, uint64_t now_ms);

/** The same in a call that goes on: ICE uses it no more */
void ua_relays_leave(struct ua_flow_relay *relay, uint64_t now_ms);

/** Free it at once, without a farewell; err: why, to ICE */
void ua_relays_drop(struct ua_flow_relay *relay, uint64_t now_ms, int err);

/** Free it at once */
void ua_relays_free(struct ua_flow_relay *relay);

/** Has it relayed addresses now? */
bool ua_relays_ready(const struct ua_flow_relay *relay);

/** Make its addresses bases of a fresh ICE agent */
void ua_relays_tell(struct ua_flow_relay *relay, uint64_t now_ms);

/** "turn:example.com (192.0.2.1:3478, UDP)" */
enum { UA_RELAYS_NAME_MAX = 400 };
const char *ua_relays_name(const struct ua_flow_relay *relay,
			   char buf[UA_RELAYS_NAME_MAX]);


/* relayconn.c: how its server is reached */

/** Open what it needs of its own; errno: of the network */
UA_CHECK int ua_relayconn_open(struct ua_flow_relay *relay, bool own);

/** Is there a way to the server now? */
bool ua_relayconn_up(const struct ua_flow_relay *relay);

/** Can a request be sent?  Connects where it must */
bool ua_relayconn_ready(struct ua_flow_relay *relay, uint64_t now_ms);

/** Send to the server.  As ua_sock_send(), ua_tcpconn_send() */
UA_CHECK int ua_relayconn_send(struct ua_flow_relay *relay,
			       const struct ua_addr *dst, const uint8_t *buf,
			       size_t len, bool media);

/** Let go of what is its own */
void ua_relayconn_close(struct ua_flow_relay *relay);


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
