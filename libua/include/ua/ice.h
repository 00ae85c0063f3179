/* SPDX-License-Identifier: BSD-3-Clause */
/** @file ice.h  Interactive Connectivity Establishment without I/O (RFC 8445)
 *
 * A whole ICE agent that knows no socket, clock, thread or SDP text.  Feed it
 * addresses, descriptions, STUN datagrams and time; collect datagrams and
 * events.  After every call that takes now_ms:
 *
 *	while (ua_ice_output(ice, now_ms, &dg))
 *		send dg.buf from the socket of base dg.path.base;
 *	while (ua_ice_event(ice, &ev))
 *		...
 *	arm one timer for ua_ice_deadline(ice), which calls ua_ice_tick();
 */
#ifndef UA_ICE_H
#define UA_ICE_H

#include <ua/types.h>
#include <ua/log.h>

struct re_printf;
struct ua_ice;

enum {
	UA_ICE_CRED_MAX = 256,      /**< Longest ufrag, pwd [characters]   */
	UA_ICE_FOUNDATION_MAX = 32, /**< Longest foundation [characters]   */
	UA_ICE_STREAMS = 8,         /**< Most streams of an agent          */
	UA_ICE_COMPS = 2,           /**< Most components: RTP, RTCP        */
	UA_ICE_BASES = 16,          /**< Most bases                        */
	UA_ICE_LOCALS = 32,         /**< Most local candidates             */
	UA_ICE_REMOTES = 64,        /**< Most remote candidates            */
	UA_ICE_PAIRS = 100,         /**< Most pairs (RFC 8445, 6.1.2.5)    */
	UA_ICE_TA_MS = 20,          /**< Pace that we ask for [ms]         */
	UA_PACER_STEP_MS = 5,       /**< Least time between two checks     */
	UA_PACER_SLOTS = 2048       /**< How far a pacer plans [slots]     */
};

/** Kind of a candidate (RFC 8445, 5.1.1) */
enum ua_ice_type { UA_ICE_HOST = 0, UA_ICE_SRFLX, UA_ICE_PRFLX, UA_ICE_RELAY };

/** A candidate as it stands in a description (RFC 8839, 5.1) */
struct ua_ice_cand {
	char foundation[UA_ICE_FOUNDATION_MAX + 1];
	uint16_t gen;    /**< Generation of the description, from 0  */
	uint16_t stream; /**< From 0                                 */
	uint16_t comp;   /**< 1: RTP, 2: RTCP                        */
	enum ua_ice_type type;
	uint32_t prio;        /**< All 32 bits are taken, 0 as well      */
	struct ua_addr addr;  /**< Where to send to                      */
	struct ua_addr raddr; /**< Related address, af NONE: not told    */

	/**
	 * Remote: a relay that learns each side from its first packet (one
	 * that the proxy reserved).  It is checked from host base `via` alone,
	 * second of all and then each half second until ICE ends; what comes
	 * through it to another base is dropped.  Once another path was
	 * nominated nothing is sent to it any more (RFC 8445, 8.3.1: checks
	 * of the peer are answered for 3 s), and it is no fallback.  Which
	 * relay wins is a matter of the round trip, not of `prio`.
	 */
	bool latched;

	/**
	 * With latched: the host base whose socket stands in our c= and m=, or
	 * carries the relay of ours that does: the proxy's relay knows us by
	 * that.  UINT16_MAX in what the agent tells: that base is gone.
	 */
	uint16_t via;
};

/** What a peer's description says besides its candidates */
struct ua_ice_peer {
	uint16_t gen;       /**< Generation of the description, from 0     */
	uint16_t pacing_ms; /**< a=ice-pacing, 0: not there                */
	bool lite;          /**< a=ice-lite                                */
	bool ice2;          /**< ice-options:ice2: RFC 8445, not RFC 5245  */
	bool rtcp_mux;      /**< Both sides said it: component 2 is dropped */
	bool renom;         /**< ice-options:renomination                  */
};

/**
 * Slots for checks, shared by all agents of a thread, so that many calls
 * together stay 5 ms apart (RFC 8445, 14.1).  A value; its fields are its own.
 */
struct ua_pacer {
	uint64_t anchor_ms; /* Time of slot 0                          */
	uint64_t from;      /* First slot that is not over             */
	uint64_t last_ms;   /* Latest slot that is over, UA_NEVER      */
	uint32_t pending;   /* Slots handed out and not over           */
	uint64_t used[UA_PACER_SLOTS / 64];
};

/** Copied by ua_ice_alloc(); fill with ua_ice_conf_default() first */
struct ua_ice_conf {
	const struct ua_rand *rand;   /**< Borrowed: its only randomness     */
	struct ua_pacer *pacer;       /**< Borrowed: one per thread          */
	const struct ua_log *log;     /**< Borrowed: NULL is silent          */
	uint16_t nstream;             /**< 1 to UA_ICE_STREAMS               */
	uint16_t ncomp;               /**< 1 or 2 in each stream             */
	uint16_t max_pairs;           /**< 1 to UA_ICE_PAIRS                 */
	uint16_t ta_ms;               /**< Pace; UA_PACER_STEP_MS or more    */
	const struct ua_ice *fork_of; /**< Take its credentials: another answer
					   to the same offer; NULL: fresh ones.
					   Borrowed for ua_ice_alloc() only */
	uint64_t tie_breaker;         /**< 0: random                         */
	bool controlling;             /**< We made the offer                 */
	bool renom;                   /**< Take a better path by another
					   nomination, if the peer knows such
					   (ice-options:renomination)        */
	bool rfc_strict;              /**< RFC 8445 to the letter: Ta is 50 for
					   a peer that names none, private
					   pairs are never put behind, and
					   checks to a latched relay have the
					   PRIORITY of 7.1.1, not a relay's   */
};

enum ua_ice_event_type {
	UA_ICE_EVENT_NONE = 0,
	UA_ICE_EVENT_PERMIT,       /**< Relay `base` needs a permission for
					`addr`: ask, then ua_ice_verdict()   */
	UA_ICE_EVENT_ROLE,         /**< Role conflict: `controlling` is new  */
	UA_ICE_EVENT_PAIR_VALID,   /**< A check succeeded                    */
	UA_ICE_EVENT_MEDIA_PATH,   /**< Media of the component goes here now */
	UA_ICE_EVENT_NOMINATED,    /**< Both ends agreed on this path        */
	UA_ICE_EVENT_CHANNEL,      /**< Relay `base` carries the media: a
					channel to `addr` is worth it        */
	UA_ICE_EVENT_NO_PATH_YET,  /**< 10 s without a valid pair           */
	UA_ICE_EVENT_FAILED,       /**< No path, see `why`                  */
	UA_ICE_EVENT_SUSPECT,      /**< Media's path does not answer: it and
					what could replace it are checked    */
	UA_ICE_EVENT_RECOVERED,    /**< It does again                       */
	UA_ICE_EVENT_NEED_RESTART, /**< ua_ice_restart(), and an offer, would
				       mend what `why` says                 */
	UA_ICE_EVENT_CONSENT_LOST  /**< The peer may not be sent to on this
					path any more (RFC 7675, 5.2)        */
};

/** Fields that the type does not need are zero */
struct ua_ice_event {
	enum ua_ice_event_type type;
	uint16_t stream;
	uint16_t comp;
	uint16_t base;
	struct ua_addr addr;      /**< PERMIT, CHANNEL: the peer            */
	struct ua_path path;      /**< PAIR_VALID, MEDIA_PATH, NOMINATED    */
	struct ua_ice_cand local; /**< With these candidates                */
	struct ua_ice_cand remote;
	uint8_t relays;    /**< Relays in the path: 0, 1, 2          */
	uint32_t rtt_ms;   /**< 0: not measured                      */
	uint64_t since_ms; /**< From both candidate sets known [ms]  */
	bool all;          /**< NOMINATED: nothing is left to do     */
	bool controlling;  /**< ROLE                                 */
	const char *why;   /**< Words, static; from MEDIA_PATH on all but
				NOMINATED and CHANNEL have them      */
};

/** A pair as told to people, see ua_ice_pair() */
struct ua_ice_pair {
	struct ua_ice_cand local;
	struct ua_ice_cand remote;
	uint64_t prio;
	const char *state;  /**< Static: "WAITING"                        */
	const char *reason; /**< Static: why it failed, "" if it did not  */
	uint16_t code;      /**< STUN error or errno that goes with it    */
	uint8_t sends;      /**< Of the last check                        */
	uint32_t rtt_ms;    /**< 0: not measured                          */
	bool valid;
	bool nominated;
};

/** What happened to a pair, see ua_ice_story() */
struct ua_ice_story {
	uint64_t at_ms;
	uint16_t pair; /**< Index for ua_ice_pair(), or UINT16_MAX: all  */
	uint16_t base;
	struct ua_addr remote;
	const char *what;   /**< Static: "SEND"                         */
	const char *reason; /**< Static: why, "" if there is no reason  */
	uint16_t code;      /**< STUN error or errno that goes with it  */
};


/** An empty pacer */
void ua_pacer_init(struct ua_pacer *pacer);


/** One stream of one component, controlled, Ta 20, 100 pairs, no pointers */
void ua_ice_conf_default(struct ua_ice_conf *conf);


/**
 * Make an agent with fresh credentials.
 *
 * @param icep  Set on success: free it with ua_ice_free() or mem_deref()
 * @param conf  Copied; what it points to is borrowed for the agent's life
 *
 * @retval 0       Done
 * @retval EINVAL  A number out of its range, or no rand or pacer
 * @retval ENOMEM  Try later
 */
UA_CHECK int ua_ice_alloc(struct ua_ice **icep,
			  const struct ua_ice_conf *conf);


/** Drop one reference, for those without libre; NULL is fine */
void ua_ice_free(struct ua_ice *ice);


/** Our credentials for a=ice-ufrag, a=ice-pwd (valid as long as the agent) */
const char *ua_ice_ufrag(const struct ua_ice *ice);
const char *ua_ice_pwd(const struct ua_ice *ice);


/** Controlling now?  Roles may change, see UA_ICE_EVENT_ROLE */
bool ua_ice_controlling(const struct ua_ice *ice);


/**
 * Add a base: a socket, or an allocation at a relay (RFC 8445, 5.1.1.2).  It
 * makes its own candidate.  Add them in the order of their preference.
 *
 * @param kind  UA_ICE_HOST: addr is the socket's own concrete address.
 *              UA_ICE_RELAY: addr is the relayed address; what is sent from
 *              this base goes through the relay, and what comes through the
 *              relay is input on it, with the peer as remote.
 * @param cost  Group, from 0: host: wired, Wi-Fi, cellular, VPN, bridge;
 *              relay: UDP, TCP, TLS.  Lower is better
 * @param base  Set to the base's number
 *
 * @retval 0       Done, also with the remote description known: it is paired
 * @retval EINVAL  No such stream or component, no usable address
 * @retval ENOSPC  UA_ICE_BASES or UA_ICE_LOCALS are there: leave it out
 * @retval ENOMEM  Nothing changed: leave it out, or try later
 */
UA_CHECK int ua_ice_base_add(struct ua_ice *ice, uint64_t now_ms,
			     uint16_t stream, uint16_t comp,
			     enum ua_ice_type kind, const struct ua_addr *addr,
			     uint8_t cost, uint16_t *base);


/**
 * A base went away: its pairs fail at once, media moves to another valid pair
 * if there is one.  Its number is not given to another base.
 *
 * @param err  Why, an errno, for the pairs' reason
 *
 * @retval 0       Done
 * @retval EINVAL  No such base
 */
UA_CHECK int ua_ice_base_down(struct ua_ice *ice, uint64_t now_ms,
			      uint16_t base, int err);


/**
 * A STUN server, or TURN's Allocate answer, told how a host base looks from
 * outside: a server-reflexive candidate.
 *
 * @param mapped  XOR-MAPPED-ADDRESS
 * @param server  Who told (RFC 8445, 5.1.1.3: part of the foundation)
 *
 * @retval 0         Done
 * @retval EALREADY  The same as the base itself or as another: not needed
 *                   (RFC 8445, 5.1.3), go on
 * @retval EINVAL    No host base of that number, or no usable address
 * @retval ENOSPC    UA_ICE_LOCALS are there: leave it out
 * @retval ENOMEM    Nothing changed: leave it out
 */
UA_CHECK int ua_ice_local_srflx(struct ua_ice *ice, uint64_t now_ms,
				uint16_t base, const struct ua_addr *mapped,
				const struct ua_addr *server);


/**
 * No more local candidates are expected.  Later ones are still taken.
 *
 * @return 0
 */
int ua_ice_gathered(struct ua_ice *ice, uint64_t now_ms);


/**
 * Walk the local candidates that belong into a description.
 *
 * @param index  From 0
 * @param cand   Set on success
 *
 * @retval 0       Done, go on with index + 1
 * @retval ENOENT  There are not so many
 */
UA_CHECK int ua_ice_local(const struct ua_ice *ice, size_t index,
			  struct ua_ice_cand *cand);


/**
 * The peer's description came (or ours was the answer to it).  Its candidates
 * follow by ua_ice_remote_cand().  Requests that came before are made good
 * for by the next ua_ice_remote_end() or ua_ice_tick(): who sent them and is
 * not listed by then is a peer-reflexive candidate.
 *
 * @param ufrag  4 to 256 ice-chars (RFC 8839, 5.4), copied
 * @param pwd    22 to 256 ice-chars, copied
 * @param peer   Copied
 *
 * @retval 0         Done
 * @retval EINVAL    Credentials that RFC 8839 does not allow: the peer does
 *                   no ICE; agent unchanged
 * @retval EALREADY  It is known, and a second one is another generation
 * @retval ESTALE    Of another generation: drop it
 * @retval ENOMEM    Nothing changed: try later
 */
UA_CHECK int ua_ice_remote_set(struct ua_ice *ice, uint64_t now_ms,
			       const char *ufrag, const char *pwd,
			       const struct ua_ice_peer *peer);


/**
 * A candidate of the peer, listed or trickled.
 *
 * Checks begin with the next ua_ice_tick() or ua_ice_remote_end(), so that a
 * whole description is in order before the first one goes out.
 *
 * A later description of the same generation may bring another port of the
 * proxy's relay (`latched`): unless media has a path without relays it is
 * checked at once, but media keeps the nominated path for as long as that
 * answers, and then takes this one.  A candidate that the agent took for an
 * ordinary one so far, or learnt from a check, becomes latched when it comes
 * again as such.
 *
 * @retval 0              Taken, or known already
 * @retval EINVAL         No such stream or component, a foundation of 0 or
 *                        more than 32 characters, or latched and `via` is a
 *                        base, but no host base of that component: skip it
 * @retval ENOTCONN       ua_ice_remote_set() comes first
 * @retval ESTALE         Of another generation: drop it
 * @retval EADDRNOTAVAIL  An address that no honest peer has (multicast,
 *                        broadcast, any, port 0, ours, ...): skip it
 * @retval ENOSPC         UA_ICE_REMOTES are there, or 8 of that IP (latched
 *                        ones that failed make room for another): skip it
 * @retval ENOMEM         Nothing changed: skip it
 *
 * The rest of a description is as good as before after any of these; what was
 * refused and why is in ua_ice_print().
 */
UA_CHECK int ua_ice_remote_cand(struct ua_ice *ice, uint64_t now_ms,
				const struct ua_ice_cand *cand);


/**
 * The peer has no more candidates (end of a description without trickle, or
 * a=end-of-candidates).  It ends patience, nothing else.
 *
 * @return 0
 */
int ua_ice_remote_end(struct ua_ice *ice, uint64_t now_ms);


/**
 * Begin anew with other credentials (RFC 8445, 9), because an offer says so:
 * ours, or one of the peer with credentials that ua_ice_knows() does not.
 *
 * Bases, mapped addresses and roles stay.  Until a new pair is nominated
 * media keeps its path and that path its consent; for 3 s longer the peer's
 * checks of the old generation are answered.  A restart that is still under
 * way is given up for the new one.
 *
 * @param gen  Set to the generation that the peer's next description is of;
 *             may be NULL
 *
 * @retval 0       Describe the agent to the peer
 * @retval ENOMEM  Nothing changed: try later
 */
UA_CHECK int ua_ice_restart(struct ua_ice *ice, uint64_t now_ms,
			    uint16_t *gen);


/**
 * The offer of a restart was refused or withdrawn: everything is as before
 * it.  Without a restart under way it does nothing.
 */
void ua_ice_rollback(struct ua_ice *ice, uint64_t now_ms);


/** Has a restart begun that has not led to a nominated path yet? */
bool ua_ice_restarting(const struct ua_ice *ice);


/** Generation of the present descriptions, from 0 */
uint16_t ua_ice_gen(const struct ua_ice *ice);


/**
 * Are these the peer's credentials in force?  One that changed means that
 * the peer restarts (RFC 8445, 9).
 *
 * @param pwd  NULL: only the ufrag was told
 */
bool ua_ice_knows(const struct ua_ice *ice, const char *ufrag,
		  const char *pwd);


/**
 * A component is not needed any more (rtcp-mux was agreed).
 *
 * @retval 0       Done
 * @retval EINVAL  No such stream or component
 */
UA_CHECK int ua_ice_comp_drop(struct ua_ice *ice, uint64_t now_ms,
			      uint16_t stream, uint16_t comp);


/**
 * Feed one datagram that the demultiplexer classed as STUN.
 *
 * @param path  Base it came in on and who sent it (copied); `local` is not
 *              looked at
 * @param buf   Datagram (borrowed for the call)
 * @param len   Its length [bytes], up to UA_DGRAM_MAX
 *
 * @retval 0        Consumed
 * @retval EBADMSG  Not a STUN message for ICE: drop it; agent unchanged
 * @retval EACCES   Integrity check failed, or an answer would go through a
 *                  latched relay that is to hear nothing more, or nothing
 *                  from this base: drop it; agent unchanged
 * @retval ENOENT   Not for this agent: an answer to a request that it did not
 *                  send, or a request with another ufrag (another fork of the
 *                  call, RFC 8839, 5.4): offer it to the next one
 * @retval EINVAL   No such base
 * @retval ENOMEM   No room for the reply, or for what it tells: drop it; the
 *                  peer retransmits
 */
UA_CHECK int ua_ice_input(struct ua_ice *ice, uint64_t now_ms,
			  const struct ua_path *path, const uint8_t *buf,
			  size_t len);


/**
 * Next datagram to send.
 *
 * @param dg  Set on success; path.base says which base must send it (a relay
 *            base: through its allocation to path.remote)
 *
 * @return False: nothing more to send now
 */
bool ua_ice_output(struct ua_ice *ice, uint64_t now_ms, struct ua_dgram *dg);


/** Next event; false: there is none.  Order of importance, not of time */
bool ua_ice_event(struct ua_ice *ice, struct ua_ice_event *ev);


/** When ua_ice_tick() has something to do, UA_NEVER: when something comes */
uint64_t ua_ice_deadline(const struct ua_ice *ice);


/** Do what is due at now_ms; calling it too early or too late is harmless */
void ua_ice_tick(struct ua_ice *ice, uint64_t now_ms);


/**
 * Where media of a component is to be sent now: from the first success on the
 * best valid pair, then on the nominated one (RFC 8445, 12.1).
 *
 * @retval 0         path is set
 * @retval ENOTCONN  No pair is valid yet: do not send
 * @retval EINVAL    No such stream or component
 */
UA_CHECK int ua_ice_media(const struct ua_ice *ice, uint16_t stream,
			  uint16_t comp, struct ua_path *path);


/**
 * Is media that came this way fine?  Yes if our own check succeeded there, or
 * an authenticated check of the peer came that way (RFC 8445, 12.2): it may
 * send before our own answer is here.
 */
bool ua_ice_accepts(const struct ua_ice *ice, uint16_t stream, uint16_t comp,
		    const struct ua_path *path);


/**
 * Authentic media came this way (ua_ice_accepts() said yes).  It tells an
 * agent whether the selected path is silent when the peer nominates another,
 * or sends by another: that leaves something to send and a nearer deadline.
 * On the path of ua_ice_media() it never does.
 */
void ua_ice_heard(struct ua_ice *ice, uint64_t now_ms,
		  const struct ua_path *path);


/**
 * Media that should come does not, for a second or so, or an ICMP error
 * speaks of its path, which may be forged: the path is checked now instead of
 * in some seconds.  Not for a peer that may be quiet (hold, silence
 * suppression).
 */
void ua_ice_silent(struct ua_ice *ice, uint64_t now_ms, uint16_t stream);


/**
 * Answer to UA_ICE_EVENT_PERMIT.
 *
 * @param peer  Only its IP address counts, as in TURN
 * @param err   0: granted: checks sent in vain meanwhile are sent again.
 *              Otherwise, e.g. EACCES: denied: those pairs fail
 */
void ua_ice_verdict(struct ua_ice *ice, uint64_t now_ms, uint16_t base,
		    const struct ua_addr *peer, int err);


/**
 * A datagram of ua_ice_output() could not be sent.  It is sent again in its
 * turn: a refusal of the system is not the end of a path.
 *
 * @param err  errno of the send, kept as the pair's reason
 */
void ua_ice_send_error(struct ua_ice *ice, uint64_t now_ms,
		       const struct ua_dgram *dg, int err);


/**
 * The path that media takes now, for people.
 *
 * @param local   Set to the candidate that the peer sees
 * @param remote  Set to the peer's candidate
 * @param rtt_ms  Set to the least round trip seen, 0: not measured
 *
 * @retval 0         Done
 * @retval ENOTCONN  No pair is valid yet
 * @retval EINVAL    No such stream or component
 */
UA_CHECK int ua_ice_selected(const struct ua_ice *ice, uint16_t stream,
			     uint16_t comp, struct ua_ice_cand *local,
			     struct ua_ice_cand *remote, uint32_t *rtt_ms);


/**
 * Since when both candidate sets of this generation are known, in the time of
 * now_ms: ours by ua_ice_gathered(), the peer's by ua_ice_remote_set().
 * UA_NEVER: not yet.
 *
 * Long after that with ua_ice_connect_ms() == UA_NEVER no pair has worked, and
 * with ENOTCONN of ua_ice_media() no older path does: media may need another
 * way than ICE's.
 */
uint64_t ua_ice_known_ms(const struct ua_ice *ice);


/** From both candidate sets known to the first valid pair [ms]; UA_NEVER */
uint64_t ua_ice_connect_ms(const struct ua_ice *ice);


/**
 * Walk the pairs, in no order.
 *
 * @retval 0       Done, go on with index + 1
 * @retval ENOENT  There are not so many
 */
UA_CHECK int ua_ice_pair(const struct ua_ice *ice, size_t index,
			 struct ua_ice_pair *pair);


/**
 * Walk what happened to the pairs, oldest first.  Some hundred entries are
 * kept: of a long call the beginning is forgotten.
 *
 * @retval 0       Done, go on with index + 1
 * @retval ENOENT  There are not so many
 */
UA_CHECK int ua_ice_story(const struct ua_ice *ice, size_t index,
			  struct ua_ice_story *entry);


/** "host", "srflx", "prflx", "relay" (static) */
const char *ua_ice_type_name(enum ua_ice_type type);


/** Print an agent with all its candidates and pairs, for libre's %H */
int ua_ice_print(struct re_printf *pf, const struct ua_ice *ice);

#endif
