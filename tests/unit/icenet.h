/* SPDX-License-Identifier: BSD-3-Clause */
/** @file icenet.h  A small virtual network with two ICE agents in it */
#ifndef UA_TEST_ICENET_H
#define UA_TEST_ICENET_H

#include <ua/ice.h>

#define NET_PEER_PWD "peer0pwd/peer+pwd/peer+pwd"

enum {
	NET_IFS = 48,
	NET_NATS = 4,
	NET_MAPS = 128,
	NET_SEEN = 32,
	NET_FLIGHT = 512,
	NET_EVENTS = 256,
	NET_LOG = 8192,
	NET_LATCHES = 12,
	NET_QUEUE = 128,
	NET_SIGNALS = 8,
	NET_NO_NAT = -1,
	NET_NOWHERE = -1,
	NET_LATCH = -2 /* Leg 0 of the first relay; others follow down */
};

/** RFC 4787, 4.1: what an outside port depends on */
enum net_mapping { NET_EIM = 0, NET_APDM };

/** RFC 4787, 5: who may answer */
enum net_filter { NET_EIF = 0, NET_ADF, NET_APDF };

struct net_map {
	struct ua_addr inside;
	struct ua_addr to; /* APDM only                       */
	uint64_t used_ms;  /* Last packet from inside         */
	uint16_t port;
};

struct net_nat {
	struct ua_addr ip;
	enum net_mapping mapping;
	enum net_filter filter;
	bool by_map;  /* Filter by mapping, not by inside endpoint   */
	bool blocked; /* UDP does not pass                           */
	bool hairpin;
	uint32_t life_ms; /* Of an unused mapping, 0: for ever */
	uint16_t next_port;
	unsigned nmap;
	struct net_map mapv[NET_MAPS];
	unsigned nseen;
	struct net_seen {
		struct ua_addr inside;
		struct ua_addr to;
		uint16_t port;
	} seenv[NET_MAPS];
};

/** A base of an agent: a socket, or an allocation at a relay */
struct net_if {
	struct ua_addr addr;
	unsigned agent;
	int nat;
	uint16_t base;
	uint16_t stream;
	uint16_t comp;
	bool relay;
	bool down;
	bool deny;         /* Permissions are refused               */
	uint32_t delay_ms; /* One way, from here to the middle      */
	unsigned nperm;
	struct ua_addr permv[NET_SEEN];
};

enum net_kind { NET_STUN = 0, NET_MEDIA, NET_VERDICT, NET_ICMP };

struct net_packet {
	uint64_t at;
	uint64_t seq;
	int to;                /* Interface, or leg of a relay          */
	enum net_kind kind;    /* A verdict is a relay's answer         */
	int err;               /* Of the verdict                        */
	struct ua_addr remote; /* Who sent it, or peer of the verdict   */
	size_t len;
	uint8_t buf[700];
};

/** A leg of a relay that learns from packets: who sends to it */
struct net_leg {
	struct ua_addr addr;
	struct ua_addr src;  /* Latched, af NONE: nobody yet               */
	struct ua_addr told; /* Of the description, sent to before that;
				af NONE: it was no public one              */
	bool media;          /* It sent some                               */
	unsigned nqueue;
	struct net_packet queuev[NET_QUEUE]; /* STUN for it that waits  */
};

/** A relay that learns each side from its first packet, as MediaProxy does */
struct net_latch {
	struct net_leg legv[2]; /* Agent 0 sends to the first         */
	uint32_t delay_ms;      /* What the way through it takes more */
	bool closed;            /* It answers by ICMP                 */
	bool deaf;              /* STUN does not pass                 */
	uint64_t closes_ms;     /* If not both sent media by then, 0: never */
	unsigned npacket;       /* That came to it                    */
	unsigned nstranger;     /* Of those, of others                */
	unsigned nicmp;
};

/** What was sent, for tests to look at */
struct net_sent {
	uint64_t at;
	unsigned agent;
	uint16_t base;
	struct ua_addr to;
	uint8_t cls;
	bool nominate;
	bool controlling;
	uint32_t nomination; /* Of a renomination, 0: none           */
	uint8_t tid[12];
};

/** A description, as it stands in an offer or an answer */
struct net_desc {
	char ufrag[UA_ICE_CRED_MAX + 1]; /* "": a peer without ICE    */
	char pwd[UA_ICE_CRED_MAX + 1];
	struct ua_ice_peer peer;
	unsigned ncand;
	struct ua_ice_cand candv[UA_ICE_LOCALS];
};

enum net_signal_kind { NET_OFFER = 0, NET_ANSWER, NET_REFUSAL };

/** On its way through signalling */
struct net_signal {
	uint64_t at;
	enum net_signal_kind kind;
	unsigned to;
	uint16_t gen; /* Of the offer, as its sender counts           */
	struct net_desc desc;
};

/** Media that an agent sends, and what comes to it */
struct net_media {
	bool on;             /* It sends a packet each 20 ms          */
	bool expects;        /* A second without any is told to ICE   */
	uint64_t next_ms;    /* When it sends                         */
	uint64_t silent_ms;  /* When silence is told                  */
	uint64_t heard_ms;   /* Last that was accepted                */
	uint64_t gap_ms;     /* Longest time between two              */
	unsigned nsent;      /* Had a path                            */
	unsigned nunsent;    /* Had none                              */
	unsigned nlost;      /* Of those sent, on the way             */
	unsigned ncome;      /* Accepted                              */
	unsigned nrefused;   /* Not                                   */
	struct ua_path path; /* Of the last that was accepted         */
};

struct icenet;

/** Says whether a datagram gets onto the line; may change it */
typedef bool(net_pass_h)(struct icenet *net, unsigned agent,
			 struct ua_dgram *dg, void *arg);

struct net_agent {
	struct ua_ice *ice;
	struct ua_ice_conf conf;
	unsigned nev;
	struct ua_ice_event evv[NET_EVENTS];
	int send_err;     /* Every send fails with this           */
	bool refuses;     /* Offers                               */
	bool no_ice;      /* Its next answer is without ICE       */
	bool offering;    /* No answer yet                        */
	int told;         /* What the last description came to    */
	uint64_t icmp_ms; /* The last ICMP that ICE was told of */
	uint16_t via;     /* Base that its latched relays are checked from */
};

struct icenet {
	uint64_t now;
	uint64_t seq;
	uint64_t seed;
	struct ua_rand rand;
	struct ua_pacer pacerv[2]; /* Two phones: two processes */
	struct ua_log log;
	unsigned loss_pct;
	unsigned nif;
	unsigned nnat;
	unsigned nlatch;
	unsigned nflight;
	unsigned nsent;
	unsigned nsignal;
	uint32_t signal_ms; /* How long signalling takes  */
	net_pass_h *pass;
	void *pass_arg;
	struct net_agent agentv[2];
	struct net_if ifv[NET_IFS];
	bool cut[NET_IFS][NET_IFS]; /* From, to           */
	uint32_t far_ms;            /* What the way without relay takes more */
	struct net_nat natv[NET_NATS];
	struct net_latch latchv[NET_LATCHES];
	struct net_media mediav[2];
	struct net_signal signalv[NET_SIGNALS];
	struct net_packet flightv[NET_FLIGHT];
	struct net_sent sentv[NET_LOG];
};


/** Fresh net at time 1000, agent 0 is controlling; ICENET_LOG=1 logs */
struct icenet *icenet_alloc(uint64_t seed);
void icenet_free(struct icenet *net);

/** Make the agents from their conf (done by the first interface, too) */
int icenet_start(struct icenet *net);

int icenet_nat(struct icenet *net, enum net_mapping mapping,
	       enum net_filter filter, const char *ip);
unsigned icenet_host(struct icenet *net, unsigned agent, uint16_t stream,
		     uint16_t comp, const char *addr, int nat,
		     uint32_t delay_ms);
unsigned icenet_host_cost(struct icenet *net, unsigned agent, uint16_t stream,
			  uint16_t comp, const char *addr, int nat,
			  uint32_t delay_ms, uint8_t cost);
unsigned icenet_relay(struct icenet *net, unsigned agent, uint16_t stream,
		      uint16_t comp, const char *addr, uint32_t delay_ms);
unsigned icenet_relay_cost(struct icenet *net, unsigned agent, uint16_t stream,
			   uint16_t comp, const char *addr, uint32_t delay_ms,
			   uint8_t cost);

/** The NAT has forgotten all, and gives other ports; ip: its address now */
void icenet_nat_reboot(struct icenet *net, int index, const char *ip);

/** A relay between two addresses of its own; returns its index */
unsigned icenet_latch(struct icenet *net, const char *addr0,
		      const char *addr1);

/** An agent hears of its leg of a relay now; what ICE said */
int icenet_latched(struct icenet *net, unsigned to, unsigned latch,
		   uint32_t prio);

/** An agent gets the peer's description, all open relays before the rest */
void icenet_proxied(struct icenet *net, unsigned to, uint16_t gen,
		    uint32_t prio);

/** Both gathered, both told through the proxy */
void icenet_meet_proxied(struct icenet *net, uint32_t prio);

/** Packets that an agent sent to its leg of a relay since a time */
unsigned icenet_latch_sends(const struct icenet *net, unsigned agent,
			    unsigned latch, uint64_t since);

/** Nothing passes between two interfaces, or again all; both ways */
void icenet_cut(struct icenet *net, unsigned i, unsigned k, bool cut);

/** An interface goes away, and its agent knows */
void icenet_down(struct icenet *net, unsigned i);

/** Ask the STUN server how interface i looks, tell its agent */
void icenet_srflx(struct icenet *net, unsigned i);

/** Give an agent's credentials and candidates to the other one */
int icenet_tell(struct icenet *net, unsigned from);
int icenet_tell_peer(struct icenet *net, unsigned from,
		     const struct ua_ice_peer *peer, bool end);

/** Both gathered, both told */
void icenet_meet(struct icenet *net);

/*
 * A call: descriptions take signal_ms, media flows.
 */

/** What an agent would say of itself now */
void icenet_describe(const struct icenet *net, unsigned agent,
		     struct net_desc *desc);

/** An agent gets the peer's; what ICE said */
int icenet_take(struct icenet *net, unsigned agent,
		const struct net_desc *desc, uint16_t gen);

/** It restarts, without saying so; returns the generation */
uint16_t icenet_restart(struct icenet *net, unsigned agent);

/** It sends an offer, which the other one answers */
void icenet_offer(struct icenet *net, unsigned from);

/** Both at once */
void icenet_restart_call(struct icenet *net, unsigned agent);

/** Media both ways from now on, and for ms */
void icenet_talk(struct icenet *net, uint64_t ms);

/** Count media from here */
void icenet_count_media(struct icenet *net);

/** Longest silence of an agent since then, the present one as well */
uint64_t icenet_gap(const struct icenet *net, unsigned agent);

/** Packets to both that did not come, or were not taken, since then */
unsigned icenet_lost(const struct icenet *net);

/** Go on for ms */
void icenet_run(struct icenet *net, uint64_t ms);

/** Drain an agent's outputs and events */
void icenet_pump(struct icenet *net, unsigned agent);

/** First event of a type since index from; NULL: none */
const struct ua_ice_event *icenet_event(const struct icenet *net,
					unsigned agent,
					enum ua_ice_event_type type);
unsigned icenet_count(const struct icenet *net, unsigned agent,
		      enum ua_ice_event_type type);

/** Relays in the nominated path of component 1, -1: none */
int icenet_nominated(const struct icenet *net, unsigned agent);

/** Do both ends use one pair for a component? */
bool icenet_same_pair(const struct icenet *net, uint16_t stream,
		      uint16_t comp);

/** Give an agent a packet as if it came on interface i; what it said */
int icenet_inject(struct icenet *net, unsigned i, const struct ua_addr *from,
		  const uint8_t *buf, size_t len);

struct ua_addr icenet_addr(const char *str);

/** How often a word stands in an agent's story about a remote address */
unsigned icenet_story(const struct icenet *net, unsigned agent,
		      const char *remote, const char *what);

/*
 * A peer played by the test instead of agent 1, whose name is "peer".
 */

/** Agent 0 hears of it: host candidates on these addresses, NULL ends */
int icenet_peer(struct icenet *net, const struct ua_ice_peer *peer,
		const char *const *addrv);

/** One candidate more, of a type and priority */
int icenet_peer_cand(struct icenet *net, const char *addr,
		     enum ua_ice_type type, uint32_t prio);

struct net_req {
	const char *from;
	const char *key;  /* NULL: agent 0's                          */
	const char *who;  /* NULL: "peer"                             */
	const char *whom; /* NULL: agent 0's ufrag of now            */
	uint32_t prio;    /* 0: of a peer-reflexive candidate          */
	uint64_t tie_breaker;
	bool controlling;
	bool nominate;
	uint16_t attr;       /* One more attribute, empty, 0: none  */
	uint32_t nomination; /* Of a renomination, 0: none          */
};

/** A request of it comes in on interface i; what ua_ice_input() said */
int icenet_peer_request(struct icenet *net, unsigned i,
			const struct net_req *req);

/** It answers what agent 0 sent: 0 success, with from and mapped or NULL */
int icenet_peer_answer(struct icenet *net, const struct net_sent *sent,
		       uint16_t code, const char *from, const char *mapped);

/** Last request that agent 0 sent to an address, NULL: none */
const struct net_sent *icenet_last(const struct icenet *net, const char *to);

/** Last packet of agent 0 to an address, of a class */
const struct net_sent *icenet_last_of(const struct icenet *net, const char *to,
				      uint8_t cls);

/** Requests that an agent sent to an address, NULL: to any */
unsigned icenet_requests(const struct icenet *net, unsigned agent,
			 const char *to);

/** Find a pair by the remote address; -1: none */
int icenet_pair(const struct icenet *net, unsigned agent, uint16_t base_port,
		const char *remote, struct ua_ice_pair *pair);

/*
 * For the files of icenet alone.
 */

/** Outside port of an inside address, made if need be; 0: the NAT is full */
uint16_t icenet_nat_out(struct net_nat *nat, uint64_t now,
			const struct ua_addr *inside,
			const struct ua_addr *to);

/** Inside address behind an outside port, if the filter lets it pass */
const struct ua_addr *icenet_nat_in(struct net_nat *nat, uint64_t now,
				    uint16_t port, const struct ua_addr *from);

/** Leg of a relay with that address, as net_packet.to has it; NET_NOWHERE */
int icenet_latch_find(const struct icenet *net, const struct ua_addr *addr);

/** A packet comes to a leg */
void icenet_latch_arrive(struct icenet *net, const struct net_packet *p);

/** Where a datagram on the public net comes out */
int icenet_route_in(struct icenet *net, struct ua_addr *src,
		    struct ua_addr *dst);

/** A packet under way, to be filled */
struct net_packet *icenet_put(struct icenet *net, uint64_t at, int to,
			      const struct ua_addr *remote);

int icenet_if_of(const struct icenet *net, unsigned agent, uint16_t base);

/** A packet of interface i, to be filled; NULL: it gets lost */
struct net_packet *icenet_carry(struct icenet *net, unsigned i,
				const struct ua_addr *to);

void icenet_media_arrive(struct icenet *net, const struct net_packet *p);
uint64_t icenet_call_deadline(const struct icenet *net);
void icenet_call_tick(struct icenet *net);

#endif
