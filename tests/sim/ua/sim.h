/* SPDX-License-Identifier: BSD-3-Clause */
/** @file sim.h  A simulated internet with whole ICE agents in it, for tests
 *
 * A seed makes everything: the same calls with the same seed give the same
 * packets at the same virtual times.  Nothing here reads a clock, opens a
 * socket or starts a thread.
 *
 *	ua_simnet_alloc(&net, seed);
 *	ua_simnat_alloc(&home, net, "home", ua_simnet_core(net), &conf);
 *	ua_simhost_alloc(&host, net, "alice");
 *	ua_simif_alloc(&wlan, host, "wlan0", ua_simnat_lan(home), &link);
 *	...
 *	ua_simnet_run(net, 10 * UA_SIM_S);
 *	ua_simnet_free(net);
 *
 * Everything made in a net belongs to it and goes with it.  Whatever says
 * ENOMEM made nothing.  Link with -luasim -lua.
 */
#ifndef UA_SIM_H
#define UA_SIM_H

#include <ua/types.h>
#include <ua/ice.h>
#include <ua/simlatch.h>

/** Virtual time is in microseconds */
#define UA_SIM_MS UINT64_C(1000)
#define UA_SIM_S UINT64_C(1000000)

enum {
	UA_SIM_NAME = 24,   /**< Longest name, with its end [bytes]     */
	UA_SIM_POOL = 4,    /**< Most outside addresses of a NAT        */
	UA_SIM_SERVERS = 4, /**< Most STUN and TURN servers of a phone  */
	UA_SIM_CANDS = 48,  /**< Most candidates of a description       */
	UA_SIM_COMPS = 2,   /**< RTP, RTCP                              */
	UA_SIM_PROXIES = 2, /**< Most proxies of a call                 */
	UA_SIM_STUN_PORT = 3478
};

struct ua_simnet;   /* All of it                                      */
struct ua_simlan;   /* Addresses that see each other                  */
struct ua_simhost;  /* A machine                                      */
struct ua_simif;    /* An interface, with its link to the LAN         */
struct ua_simsock;  /* A UDP socket                                   */
struct ua_simnat;   /* A NAT or a firewall, with the LAN behind it    */
struct ua_simstun;  /* A STUN server                                  */
struct ua_simturn;  /* A TURN server                                  */
struct ua_simphone; /* An ICE agent with sockets, STUN and TURN       */
struct ua_simcall;  /* Signalling between two phones                  */


/* ---- The net and its clock ---- */

/** One line of trace, without a line end */
typedef void(ua_simtrace_h)(uint64_t now_us, const char *line, void *arg);

/** What a net did, for those who measure it */
struct ua_simnet_stat {
	uint64_t events;    /**< Packets that arrived, timers that fired   */
	uint64_t packets;   /**< Datagrams that hosts sent                 */
	uint64_t delivered; /**< Datagrams that sockets received           */
	uint64_t dropped;   /**< By loss, queues, NATs, for want of a way  */
	uint64_t hash;      /**< Of all that happened so far               */
};

UA_CHECK int ua_simnet_alloc(struct ua_simnet **netp, uint64_t seed);
void ua_simnet_free(struct ua_simnet *net);

/** Since the start of the net; agents count in milliseconds */
uint64_t ua_simnet_now(const struct ua_simnet *net);
uint64_t ua_simnet_now_ms(const struct ua_simnet *net);

/** Do all that happens until then, and be there */
void ua_simnet_run(struct ua_simnet *net, uint64_t until_us);

/** Randomness for machines, apart from that of the net itself */
const struct ua_rand *ua_simnet_rand(struct ua_simnet *net);

/** Uniform in [0, n), from the net's seed; n = 0 is 0 */
uint64_t ua_simnet_draw(struct ua_simnet *net, uint64_t n);

/** The public internet */
struct ua_simlan *ua_simnet_core(struct ua_simnet *net);

/** Is a packet kept from crossing the public internet? */
typedef bool(ua_simwall_h)(const struct ua_addr *src,
			   const struct ua_addr *dst, void *arg);

/** Build a wall in the public internet; NULL: tear it down */
void ua_simnet_wall(struct ua_simnet *net, ua_simwall_h *h, void *arg);

/** Say what happens, packet by packet; NULL ends it */
void ua_simnet_trace(struct ua_simnet *net, ua_simtrace_h *h, void *arg);

/** Add a line of one's own to trace and hash (printf's format) */
void ua_simnet_note(struct ua_simnet *net, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

void ua_simnet_stat(const struct ua_simnet *net, struct ua_simnet_stat *stat);


/** A timer of the net: a value, zero before its first use */
struct ua_simtimer {
	struct ua_simnet *net;
	size_t place; /* In the queue, from 1; 0: not running       */
	void (*h)(void *arg);
	void *arg;
};

/**
 * Call h(arg) at that time, or now if it is over.  A running one is moved.
 *
 * @retval ENOMEM  It does not run
 */
UA_CHECK int ua_simtimer_start(struct ua_simtimer *tmr, struct ua_simnet *net,
			       uint64_t at_us, void (*h)(void *arg),
			       void *arg);
void ua_simtimer_cancel(struct ua_simtimer *tmr);


/* ---- Links ---- */

/** One direction of a link; ua_simlink_default() first */
struct ua_simlink {
	uint32_t delay_us;   /**< Of each packet                           */
	uint32_t jitter_us;  /**< Standard deviation, cut at 3 of them     */
	uint32_t rate_kbps;  /**< 0: any                                   */
	uint32_t queue_ms;   /**< What waits longer is dropped; 300        */
	uint32_t mtu;        /**< Of the IP packet; 1500                   */
	uint32_t loss;       /**< Of 10000 packets, this many are lost     */
	uint32_t burst;      /**< Mean length of a loss [20 ms] (Gilbert-
				  Elliott); 0, 1: each packet for itself  */
	uint32_t dup;        /**< Of 10000, this many come twice           */
	uint32_t reorder;    /**< Of 10000, this many are held back        */
	uint32_t reorder_us; /**< As long as this, and overtaken           */
};

/** No loss, no limit, 1500 bytes, this delay */
void ua_simlink_default(struct ua_simlink *link, uint32_t delay_us);


/* ---- Hosts ---- */

UA_CHECK int ua_simhost_alloc(struct ua_simhost **hostp, struct ua_simnet *net,
			      const char *name);

/** It answers by ICMP where nobody listens; otherwise it says nothing */
void ua_simhost_refuse(struct ua_simhost *host);

/**
 * Plug a host into a LAN.
 *
 * @param link  Copied, for both directions; see ua_simif_link()
 */
UA_CHECK int ua_simif_alloc(struct ua_simif **ifp, struct ua_simhost *host,
			    const char *name, struct ua_simlan *lan,
			    const struct ua_simlink *link);

/** Change its link: up is towards the LAN; NULL: leave it */
void ua_simif_link(struct ua_simif *ifc, const struct ua_simlink *up,
		   const struct ua_simlink *down);

/** Give it an address; its port is not looked at */
UA_CHECK int ua_simif_addr(struct ua_simif *ifc, const struct ua_addr *addr);

/** Take it away: sockets on it send and receive no more */
void ua_simif_addr_del(struct ua_simif *ifc, const struct ua_addr *addr);

/** Pull the plug, or put it in again */
void ua_simif_up(struct ua_simif *ifc, bool up);

/** A datagram came in; buf is good for the call */
typedef void(ua_simsock_h)(const struct ua_addr *src, const uint8_t *buf,
			   size_t len, void *arg);

/**
 * Open a UDP socket.
 *
 * @param addr  An address of the host; port 0: any free one
 *
 * @retval EADDRNOTAVAIL  No interface of the host has it
 * @retval EADDRINUSE     Another socket has it
 */
UA_CHECK int ua_simsock_alloc(struct ua_simsock **sockp,
			      struct ua_simhost *host,
			      const struct ua_addr *addr, ua_simsock_h *h,
			      void *arg);

/** Close it, earlier than with the net */
void ua_simsock_close(struct ua_simsock *sock);

/** ICMP says that nobody listens at dst, where this socket has sent to */
typedef void(ua_simrefused_h)(const struct ua_addr *dst, void *arg);

/** Tell of ICMP, too; arg is that of ua_simsock_alloc() */
void ua_simsock_refused(struct ua_simsock *sock, ua_simrefused_h *h);

/** Its address with its port */
const struct ua_addr *ua_simsock_addr(const struct ua_simsock *sock);

/**
 * Send.
 *
 * @retval EADDRNOTAVAIL  Its address went away
 * @retval EMSGSIZE       More than the link takes
 * @retval EAFNOSUPPORT   To the other family
 */
int ua_simsock_send(struct ua_simsock *sock, const struct ua_addr *dst,
		    const uint8_t *buf, size_t len);


/* ---- NATs and firewalls ---- */

/** What a mapping or a filter depends on (RFC 4787, 4.1 and 5) */
enum ua_simdep {
	UA_SIM_EI = 0, /**< Endpoint-independent                          */
	UA_SIM_AD,     /**< The other end's address                       */
	UA_SIM_APD     /**< Its address and port                          */
};

/** Outside ports (RFC 4787, 4.2); one that is taken gives the next free */
enum ua_simports { UA_SIM_PRESERVING = 0, UA_SIM_SEQUENTIAL, UA_SIM_RANDOM };

/** From inside to the outside address of somebody inside (RFC 4787, 6) */
enum ua_simhairpin {
	UA_SIM_HAIRPIN_NONE = 0,
	UA_SIM_HAIRPIN_EXTERNAL, /**< It comes from the outside address   */
	UA_SIM_HAIRPIN_INTERNAL  /**< It comes from the inside address    */
};

/** Which UDP passes at all */
enum ua_simudp {
	UA_SIM_UDP_ALL = 0,
	UA_SIM_UDP_NONE,
	UA_SIM_UDP_STUN /**< To port 3478 of others only                  */
};

/** ua_simnat_conf_default() first */
struct ua_simnat_conf {
	bool firewall; /**< Addresses stay as they are, IPv4's too        */
	enum ua_simdep mapping;
	enum ua_simdep filter; /**< IPv6: at least address and port     */
	bool filter_by_map;    /**< Per mapping, not per inside endpoint */
	enum ua_simports ports;
	enum ua_simhairpin hairpin;
	enum ua_simudp udp;
	bool paired;          /**< One inside IP has one outside IP    */
	bool inbound_refresh; /**< What comes in keeps alive, too      */
	uint32_t new_ms;      /**< Life without an answer: 30000       */
	uint32_t answered_ms; /**< Life with one: 120000               */
	uint32_t max_maps;    /**< Mappings at a time: 4096            */
};

void ua_simnat_conf_default(struct ua_simnat_conf *conf);

/**
 * Put a NAT into a LAN; behind it is a new LAN.
 *
 * @param link  Of the NAT into the outer LAN, both directions
 */
UA_CHECK int ua_simnat_alloc(struct ua_simnat **natp, struct ua_simnet *net,
			     const char *name, struct ua_simlan *outer,
			     const struct ua_simnat_conf *conf,
			     const struct ua_simlink *link);

/** Give it an outside address, up to UA_SIM_POOL (ENOSPC) */
UA_CHECK int ua_simnat_addr(struct ua_simnat *nat, const struct ua_addr *addr);

/** The LAN behind it */
struct ua_simlan *ua_simnat_lan(struct ua_simnat *nat);

/** Its interface in the outer LAN, for ua_simif_link() and ua_simif_up() */
struct ua_simif *ua_simnat_if(struct ua_simnat *nat);

/** All mappings are forgotten */
void ua_simnat_reboot(struct ua_simnat *nat);

/** Another outside address instead of the first; mappings are forgotten */
UA_CHECK int ua_simnat_renumber(struct ua_simnat *nat,
				const struct ua_addr *addr);

/** Mappings alive now */
size_t ua_simnat_maps(struct ua_simnat *nat);


/* ---- Servers ---- */

/** Answer Binding requests on an address of a host; port 0: 3478 */
UA_CHECK int ua_simstun_alloc(struct ua_simstun **stunp,
			      struct ua_simhost *host,
			      const struct ua_addr *addr);

/** Dead: it hears nothing */
void ua_simstun_dead(struct ua_simstun *stun, bool dead);

/** ua_simturn_conf_default() first */
struct ua_simturn_conf {
	const char *user;     /**< Borrowed for the server's life: "u"     */
	const char *password; /**< Borrowed: "p"                           */
	const char *realm;    /**< Borrowed: "sim"                         */
	uint32_t nonce_ms;    /**< A nonce is stale after this; 600000     */
	uint32_t max_lifetime_s; /**< Granted at most: 3600                 */
	uint16_t quota;         /**< Allocations of a user (486); 0: any     */
	uint16_t capacity;      /**< Allocations of all (508); 0: any        */
	bool deny_private;      /**< 403 for private peers                   */
	bool ignore_additional; /**< ADDITIONAL-ADDRESS-FAMILY is unknown   */
};

void ua_simturn_conf_default(struct ua_simturn_conf *conf);

/**
 * A TURN server (RFC 8656) over UDP, STUN included.
 *
 * @param addr   Where it listens; port 0: 3478
 * @param relay  Relayed IPv4 addresses; NULL: none (440)
 * @param relay6 Relayed IPv6 addresses; NULL: none
 */
UA_CHECK int ua_simturn_alloc(struct ua_simturn **turnp,
			      struct ua_simhost *host,
			      const struct ua_addr *addr,
			      const struct ua_addr *relay,
			      const struct ua_addr *relay6,
			      const struct ua_simturn_conf *conf);

/** It listens on another address, too; port 0: 3478 */
UA_CHECK int ua_simturn_listen(struct ua_simturn *turn,
			       const struct ua_addr *addr);

/** Dead: it hears nothing and relays nothing */
void ua_simturn_dead(struct ua_simturn *turn, bool dead);

/** All allocations and nonces are forgotten */
void ua_simturn_restart(struct ua_simturn *turn);

/** Allocations alive now */
size_t ua_simturn_allocations(struct ua_simturn *turn);


/* ---- Phones ---- */

/** A server that a phone asks */
struct ua_simserver {
	struct ua_addr addr;
	bool turn;
	const char *user;     /**< Borrowed: of a TURN server              */
	const char *password; /**< Borrowed                                */
};

/** ua_simphone_conf_default() first */
struct ua_simphone_conf {
	const char *name; /**< Copied                                      */
	struct ua_simserver serverv[UA_SIM_SERVERS];
	size_t nserver;
	uint16_t ncomp;    /**< 1, or 2: RTCP for itself                    */
	uint32_t media_ms; /**< Between packets: 20                        */
	bool controlling;  /**< It makes the offer                          */
	bool relay_only;   /**< Its own addresses are not used              */
	bool shy;          /**< Its own address stands in c=, not a mapped  */
	bool trickle;      /**< Candidates follow its description           */
	bool renom;        /**< See struct ua_ice_conf                      */
	bool rfc_strict;   /**< See struct ua_ice_conf                      */
};

/** A description, as SDP would carry it */
struct ua_simdesc {
	char ufrag[UA_ICE_CRED_MAX + 1];
	char pwd[UA_ICE_CRED_MAX + 1];
	struct ua_ice_peer peer;
	struct ua_ice_cand candv[UA_SIM_CANDS];
	size_t candc;
	struct ua_addr dflt; /**< c= and m=                                */
	struct ua_addr rtcp; /**< a=rtcp, af NONE: with RTP                */
	bool family;         /**< c= names another family than it has      */
	bool trickle;        /**< More candidates may come                 */
	bool end;            /**< No more candidates will come             */
	bool hold;           /**< a=inactive                               */
	bool updated;        /**< a=remote-candidates: ICE's own offer     */
};

/** What a phone tells; each may be NULL */
struct ua_simphone_handlers {
	void (*gathered)(void *arg); /**< Describe it now                  */
	void (*late)(void *arg);     /**< There are more candidates        */
	void (*ice)(const struct ua_ice_event *ev, void *arg);

	/** A restart would help: ua_simphone_restart(), and describe it */
	void (*restart)(const char *why, void *arg);

	/** A rule is broken: its number in docs/guide/simulator.md, and
	    words for people, good for the call */
	void (*fault)(unsigned rule, const char *text, void *arg);
	void *arg;
};

/** What became of a phone's media and checks */
struct ua_simphone_stat {
	uint64_t sent;     /**< Media packets                           */
	uint64_t heard;    /**< Those of the peer that were accepted    */
	uint64_t refused;  /**< Those that came some other way          */
	uint64_t first_us; /**< The first accepted one, UA_NEVER: none  */
	uint64_t last_us;  /**< The last one, UA_NEVER: none            */
	uint64_t gap_us;   /**< Longest time between two                */
	uint64_t restarts; /**< Of its own accord                       */
	uint64_t starved;  /**< It had no place for more sockets */
	uint64_t checks;   /**< Requests of ICE, with those sent again  */
};

void ua_simphone_conf_default(struct ua_simphone_conf *conf);

/** A phone on a host.  Nothing is sent before ua_simphone_gather() */
UA_CHECK int ua_simphone_alloc(struct ua_simphone **phonep,
			       struct ua_simhost *host,
			       const struct ua_simphone_conf *conf,
			       const struct ua_simphone_handlers *handlers);

/** Open a socket on each address of the host, ask the servers */
UA_CHECK int ua_simphone_gather(struct ua_simphone *phone);

/** Its own description, with all that is known now */
void ua_simphone_describe(struct ua_simphone *phone, struct ua_simdesc *desc);

/**
 * The description of the other one came.  If it restarts, so does this one.
 * Errors of ua_ice_remote_set().
 */
UA_CHECK int ua_simphone_remote(struct ua_simphone *phone,
				const struct ua_simdesc *desc);

/**
 * Candidates of the other one came by themselves.
 *
 * @retval ENOTCONN  Its description did not come yet
 * @retval ESTALE    They belong to another one
 */
UA_CHECK int ua_simphone_trickle(struct ua_simphone *phone,
				 const struct ua_simdesc *desc);

/** Other credentials: the next description is a restart (RFC 8445, 9) */
UA_CHECK int ua_simphone_restart(struct ua_simphone *phone);

/** That one was refused */
void ua_simphone_rollback(struct ua_simphone *phone);

/** Addresses of its host came or went */
void ua_simphone_network(struct ua_simphone *phone);

/** Send media each media_ms, as soon as there is a way */
void ua_simphone_media(struct ua_simphone *phone, bool on);

/** On hold no media is sent, but what a proxy's relay needs to live */
void ua_simphone_hold(struct ua_simphone *phone, bool hold);

/** The call ended: ICE goes, relays are released */
void ua_simphone_hangup(struct ua_simphone *phone);

/** Does it rest?  After ua_simphone_hangup() it must, within seconds */
bool ua_simphone_rests(const struct ua_simphone *phone);

/** The agent, for its own functions; NULL after ua_simphone_hangup() */
struct ua_ice *ua_simphone_ice(struct ua_simphone *phone);

const struct ua_simphone_stat *
ua_simphone_stat(const struct ua_simphone *phone);


/* ---- Calls ---- */

/** What a proxy with MediaProxy puts into descriptions */
enum ua_simlisting {
	UA_SIM_UNLISTED = 0, /**< c= and m= become the relay's            */
	UA_SIM_LOW,          /**< A candidate of low priority, too         */
	UA_SIM_HIGH,         /**< A candidate of priority above 2^31       */
	UA_SIM_NLISTING
};

/** A proxy on the way of a call's signalling; rtpengine is always listed */
struct ua_simproxy {
	struct ua_simlatch *latch; /**< Its relay                          */
	enum ua_simlisting listing;
	bool engaged; /**< It leaves the answer to a=remote-candidates be  */
};

/** ua_simcall_conf_default() first */
struct ua_simcall_conf {
	uint64_t delay_min_us; /**< Of each message: 50 ms                 */
	uint64_t delay_max_us; /**< 50 ms                                  */
	bool reorder;          /**< One may overtake another               */
	uint64_t ring_us;      /**< The callee answers no earlier: 0       */
	bool late;             /**< Its ICE begins with its answer         */
	uint32_t refuse;       /**< Of 10000 later offers, so many get 488 */
	struct ua_simproxy proxyv[UA_SIM_PROXIES]; /**< The caller's first  */
	size_t nproxy;
};

void ua_simcall_conf_default(struct ua_simcall_conf *conf);

/**
 * A call between two phones: the first one makes the offer.  Both gather by
 * themselves, talk from the answer on, and tell each other what comes late.
 */
UA_CHECK int ua_simcall_alloc(struct ua_simcall **callp,
			      struct ua_simphone *caller,
			      struct ua_simphone *callee,
			      const struct ua_simcall_conf *conf);

/** The caller's phone begins */
UA_CHECK int ua_simcall_start(struct ua_simcall *call);

/** One of them restarts ICE by a new offer, as soon as it may send one */
void ua_simcall_restart(struct ua_simcall *call, bool callee);

/** One of them puts the call on hold, or takes it off again */
void ua_simcall_hold(struct ua_simcall *call, bool callee, bool hold);

/** One of them sends ICE's updated offer (RFC 8839, 4.4.3) */
void ua_simcall_update(struct ua_simcall *call, bool callee);

/** Both hang up */
void ua_simcall_end(struct ua_simcall *call);

/** When the answer came to the caller; UA_NEVER: not yet */
uint64_t ua_simcall_answered(const struct ua_simcall *call);

/** When the last description or candidate came; UA_NEVER: one is under way */
uint64_t ua_simcall_settled(const struct ua_simcall *call);

#endif
