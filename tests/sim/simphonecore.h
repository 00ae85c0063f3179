/* SPDX-License-Identifier: BSD-3-Clause */
/** @file simphonecore.h  The inside of a phone, for its files */
#ifndef UA_SIMPHONECORE_H
#define UA_SIMPHONECORE_H

#include "stun/bind.h"
#include "stun/turn.h"
#include "simcore.h"
#include "simwatch.h"

enum {
	UA_SIM_LEGS = 24, /**< Sockets of a phone                         */
	UA_SIM_RELAYS = UA_SIM_SERVERS * UA_SIM_COMPS,
	UA_SIM_BINDS = UA_SIM_LEGS * UA_SIM_SERVERS,
	UA_SIM_PROXIED = 8, /**< Relays of proxies that are remembered    */
	UA_SIM_NOBASE = UINT16_MAX
};

enum ua_simbeside_state {
	UA_SIM_BESIDE_OFF = 0, /**< No proxy has written c=               */
	UA_SIM_BESIDE_WAITS,   /**< For a valid pair                      */
	UA_SIM_BESIDE_OPEN,    /**< Media goes to c=, unless one is valid */
	UA_SIM_BESIDE_OVER
};

/** Media to c= while no pair is valid */
struct ua_simbeside {
	enum ua_simbeside_state state;
	struct ua_addr to;
	uint16_t base;     /**< From there                                */
	uint64_t since_us; /**< In that state                             */
	uint64_t heard_us; /**< Something came from there, 0: never       */
	uint64_t spent_us; /**< Without a word, before this one           */
};

/** Where datagrams leave and come in: a socket, or a relay over one */
struct ua_simleg {
	struct ua_simphone *phone;
	unsigned comp;         /**< 1: RTP, 2: RTCP, 0: not in use        */
	struct ua_addr addr;   /**< As the network behind it sees it      */
	struct ua_addr mapped; /**< As a server saw it                    */
	struct ua_addr mapper; /**< That server                           */
	uint16_t base;
	struct ua_simsock *sock;     /**< NULL: a relay                   */
	struct ua_simrelayed *relay; /**< NULL: a socket                  */
};

/** An allocation at a TURN server: one base per family */
struct ua_simrelayed {
	struct ua_simphone *phone;
	struct ua_simleg *host;
	struct ua_simleg legv[2]; /**< IPv4, IPv6                         */
	struct ua_addr server;
	struct ua_turn *turn;
	bool settled;
	bool parting; /**< It is being released                           */
};

/** A question to a STUN server */
struct ua_simasked {
	struct ua_simleg *host;
	struct ua_addr server;
	struct ua_bind *bind;
	bool settled;
};

/** An answer that is kept until it is out of date */
struct ua_simstale {
	struct ua_path path;
	uint16_t gen;
	size_t len; /**< 0: none                                          */
	uint8_t buf[128];
};

struct ua_simphone {
	struct le le;
	struct ua_simnet *net;
	struct ua_simhost *host;
	struct ua_simphone_conf conf;
	struct ua_simphone_handlers handlers;
	struct ua_simphone_handlers call; /**< Of the call it is in       */
	struct ua_pacer pacer;
	struct ua_ice *ice;
	struct ua_simtimer tmr;
	struct ua_simtimer media;
	struct ua_simtimer patience; /**< The description waits no longer */
	struct ua_simleg hostv[UA_SIM_LEGS];
	size_t nhost;
	struct ua_simrelayed relayv[UA_SIM_RELAYS];
	size_t nrelay;
	struct ua_simasked askedv[UA_SIM_BINDS];
	size_t nasked;
	struct ua_simwatch watch;
	struct ua_simstale stale;
	struct ua_simphone_stat stat;
	struct ua_addr dflt;
	struct ua_addr rtcp; /**< The same for component 2                */
	const struct ua_simleg *dflt_leg; /**< Whose they are, NULL: none   */
	const struct ua_simleg *rtcp_leg;
	struct ua_addr proxiedv[UA_SIM_PROXIED]; /**< Proxies' relays       */
	size_t nproxied;
	struct ua_simbeside beside;
	uint64_t born_us;   /**< Offer and answer of now began            */
	uint64_t remote_us; /**< The peer's description of them came      */
	uint64_t talk_us;   /**< Media began                              */
	uint64_t keep_us;   /**< Last packet on hold                      */
	uint64_t icmp_us;   /**< Last ICMP that told of media's path      */
	bool talks;
	bool held;
	bool shaky;    /**< Media's path is in doubt, or a NAT moved us    */
	bool expired;  /**< A restart was wanted for that                  */
	uint64_t told; /**< Candidates that the peer knows, 0: none       */
	bool told_end;
	uint16_t seq;
	const char *why;    /**< A restart is wanted, NULL: none          */
	uint64_t why_us;    /**< Since then                               */
	uint64_t quiet_us;  /**< Media that does not come for so long     */
	uint64_t listen_us; /**< From then                                */
	unsigned restarts;  /**< Without success so far                   */
	bool ticked; /**< All that was due was done now                   */
	bool has_remote;
	bool doubted;
	bool reopened;
	bool begun;    /**< It gathers, or has done                       */
	bool gathered; /**< Its owner was told                            */
	bool complete; /**< Nothing more will be gathered                 */
	bool closing;
	char name[UA_SIM_NAME];
	struct ua_log log;
};


/* simphone.c */
uint64_t ua_simphone_cands(const struct ua_simphone *phone);
void ua_simphone_pump(struct ua_simphone *phone);
void ua_simphone_input(const struct ua_addr *src, const uint8_t *buf,
		       size_t len, void *arg);
int ua_simphone_send(struct ua_simleg *leg, const struct ua_addr *dst,
		     const uint8_t *buf, size_t len);

/** Anything that came on a leg, by itself or through a relay */
void ua_simphone_recv(struct ua_simleg *leg, const struct ua_addr *src,
		      const uint8_t *buf, size_t len);


/** Nobody listens at dst, says ICMP */
void ua_simphone_refused(const struct ua_addr *dst, void *arg);


/* simorigin.c: candidates of a description */

/** whole: not a part that came by itself */
UA_CHECK int ua_simorigin_add(struct ua_simphone *phone,
			      const struct ua_simdesc *desc, bool whole);

/** Is c= what a proxy wrote there? */
bool ua_simorigin_is_default(const struct ua_simphone *phone,
			     const struct ua_simdesc *desc);

/** Is it a proxy's relay? */
bool ua_simorigin_is_proxied(const struct ua_simphone *phone,
			     const struct ua_addr *addr);

/** The one socket from which such a relay is used; NULL: there is none */
struct ua_simleg *ua_simorigin_leg(struct ua_simphone *phone, unsigned comp,
				   const struct ua_addr *relay);


/* simbeside.c: media to c= while no pair is valid */
void ua_simbeside_remote(struct ua_simphone *phone,
			 const struct ua_simdesc *desc);

/** Other credentials: what c= is, is to be told again */
void ua_simbeside_reset(struct ua_simphone *phone);

/** Let time run; when to look again [ms] */
uint64_t ua_simbeside_pump(struct ua_simphone *phone);

/** Where media goes so; false: it does not */
bool ua_simbeside_path(struct ua_simphone *phone, struct ua_path *path);

/** Does something come from there? */
bool ua_simbeside_carries(const struct ua_simphone *phone);

/** Is media from there fine? */
bool ua_simbeside_accepts(struct ua_simphone *phone, struct ua_simleg *leg,
			  const struct ua_addr *src);


/* simroam.c: sockets come and go, restarts */

/** A restart is wanted, unless one is already */
void ua_simroam_want(struct ua_simphone *phone, const char *why);
UA_CHECK int ua_simroam_open(struct ua_simphone *phone);
struct ua_simleg *ua_simroam_leg(struct ua_simphone *phone, uint16_t base);

/** What ICE says of a path may ask for a restart */
void ua_simroam_event(struct ua_simphone *phone,
		      const struct ua_ice_event *ev);
void ua_simroam_moved(struct ua_simleg *host);

/** The peer restarts: sockets may go */
void ua_simroam_answers(struct ua_simphone *phone);

/** Ask the owner for a restart if one is due; when to look again [us] */
uint64_t ua_simroam_due(struct ua_simphone *phone);

/** Close sockets that nothing needs any more */
void ua_simroam_part(struct ua_simphone *phone);

/** Is media missing? */
void ua_simroam_doubt(struct ua_simphone *phone);


/* simrelayed.c: a relay of a phone */
UA_CHECK int ua_simrelayed_open(struct ua_simphone *phone,
				const struct ua_simserver *server,
				struct ua_simleg *host);
uint64_t ua_simrelayed_pump(struct ua_simrelayed *relay);

/** It goes; release: tell the server */
void ua_simrelayed_drop(struct ua_simrelayed *relay, bool release, int err);

/** @return True: the datagram was of this relay */
bool ua_simrelayed_input(struct ua_simrelayed *relay,
			 const struct ua_addr *src, const uint8_t *buf,
			 size_t len);


/* simgather.c */

/** Ask the servers for what is not known yet, again */
UA_CHECK int ua_simgather_more(struct ua_simphone *phone);

/** The socket that a kernel would take to reach an address; NULL: none */
struct ua_simleg *ua_simgather_way(struct ua_simphone *phone, unsigned comp,
				   const struct ua_addr *dst);

/** Ask now how a socket looks, all of them */
void ua_simgather_ask(struct ua_simphone *phone);

/**
 * What hangs on a socket goes; all: not relays alone; release: tell the
 * servers.
 */
void ua_simgather_drop(struct ua_simleg *host, bool all, bool release,
		       int err);

/** Are relays still there?  One that restarted does not say so */
void ua_simgather_probe(struct ua_simphone *phone);

/** Does a relay need this socket? */
bool ua_simgather_uses(const struct ua_simleg *host);
bool ua_simgather_input(struct ua_simleg *host, const struct ua_addr *src,
			const uint8_t *buf, size_t len);
uint64_t ua_simgather_pump(struct ua_simphone *phone);
bool ua_simgather_done(const struct ua_simphone *phone);
void ua_simgather_close(struct ua_simphone *phone);
bool ua_simgather_gone(const struct ua_simphone *phone);
void ua_simgather_free(struct ua_simphone *phone);

/** A leg's mapped address or relay becomes known to ICE */
void ua_simgather_tell(struct ua_simleg *leg);

#endif
