/* SPDX-License-Identifier: BSD-3-Clause */
/** @file event.h  What an agent tells its application */
#ifndef UA_EVENT_H
#define UA_EVENT_H

#include <ua/types.h>

struct ua_agent;
struct ua_account;
struct ua_call;

enum ua_event_type {
	UA_EVENT_NONE = 0,
	UA_EVENT_NETWORK,         /**< addrs, reason: this host's addresses
				   are others; what follows is done
				   without being asked                  */
	UA_EVENT_REGISTERED,      /**< account, reg                        */
	UA_EVENT_REGISTER_FAILED, /**< account, code, reason               */
	UA_EVENT_UNREGISTERED,    /**< account                             */
	UA_EVENT_KEEPALIVE,       /**< account, keepalive                  */
	UA_EVENT_FLOW_LOST,       /**< account, reason                     */
	UA_EVENT_FLOW_RESTORED,   /**< account, ms                         */
	UA_EVENT_CALLING,         /**< call: the INVITE is on the wire     */
	UA_EVENT_INCOMING,        /**< call: answer or reject it           */
	UA_EVENT_PROGRESS,        /**< call, code, reason, early_media     */
	UA_EVENT_ANSWERED,        /**< call, code                          */
	UA_EVENT_ICE_GATHERED,    /**< call, ms, cands                     */
	UA_EVENT_ICE_REMOTE,      /**< call, cands                         */
	UA_EVENT_ICE_CONNECTED,   /**< call, ms, ice: first and each later
				   path that media takes                   */
	UA_EVENT_ICE_FAILED,      /**< call, reason                        */
	UA_EVENT_ICE_RESTART,     /**< call, reason: "consent lost", "address
				   changed", ..., "asked": by the peer    */
	UA_EVENT_MEDIA_SENT,      /**< call, codec, ms: first packet out   */
	UA_EVENT_MEDIA_HEARD,     /**< call, codec, ms: first sound in     */
	UA_EVENT_DTMF,            /**< call, digit                         */
	UA_EVENT_HOLD,            /**< call, remote: held by the peer, else
				   by us; code, reason: the peer refuses
				   to resume, else 0                    */
	UA_EVENT_RESUMED,         /**< call, remote: no more held by the peer,
				   or by us; code, reason: the peer
				   refuses the hold, else 0             */
	UA_EVENT_CLOSED           /**< call, by, code, reason; then the call
				   object is dead: no more events of it    */
};

/** Who ended a call */
enum ua_by { UA_BY_LOCAL = 0, UA_BY_REMOTE, UA_BY_ERROR };

/** Kind of an ICE candidate (RFC 8445, 5.1.1) */
enum ua_cand_type {
	UA_CAND_HOST = 0,
	UA_CAND_SRFLX,
	UA_CAND_PRFLX,
	UA_CAND_RELAY
};

/** Who put a remote candidate into the SDP */
enum ua_origin { UA_ORIGIN_PEER = 0, UA_ORIGIN_PROXY, UA_ORIGIN_IMPLICIT };

/** A candidate as told to the application */
struct ua_cand_info {
	enum ua_cand_type type;
	struct ua_addr addr;
	uint8_t component; /**< 1: RTP, 2: RTCP */
	uint32_t priority;
	enum ua_origin origin;
};

/** The path that media takes */
struct ua_ice_info {
	struct ua_cand_info local;
	struct ua_cand_info remote;
	bool relay;     /**< Some relay is in it                         */
	bool nominated; /**< Both ends agreed; before that it may improve */
	double rtt_ms;  /**< 0 if not measured                           */
	uint64_t ms;    /**< From both candidate sets known [ms]          */
};

/** A working registration */
struct ua_reg_info {
	enum ua_tp tp; /**< Transport to the server               */
	struct ua_addr server;
	struct ua_addr local;  /**< Our end of the flow                   */
	struct ua_addr mapped; /**< As the server sees us, af NONE: untold */
	uint32_t expires_s;
	double rtt_ms;
	bool outbound;    /**< The server keeps the flow (RFC 5626)     */
	uint32_t reg_id;  /**< Which of the account's flows, from 1     */
	const char *gruu; /**< Leads to this device alone (RFC 5627), NULL:
			       none                                      */
};

/** An answered keepalive */
struct ua_keepalive_info {
	const char *method; /**< "options", "register", "crlf", "stun";
				    "probe": not a ping, a request that
				    came in after a measured silence     */
	double rtt_ms;
	struct ua_addr mapped; /**< af NONE: untold                       */
	uint32_t interval_s;   /**< The longest pause until the next one:
				    between two pings, or a silence that
				    is measured next and 3 s [s]          */
	uint32_t next_s;
	uint32_t saved;       /**< Messages spared so far against pings at
				   the safe interval                      */
	const char *learning; /**< How the interval comes about: "off",
				   "waiting", "learning", "learnt", "cannot
				   tell"                                  */
};

/**
 * One event.  Every pointer is borrowed for the handler's run; fields that
 * the type does not name are zero.
 */
struct ua_event {
	enum ua_event_type type;
	double t_s; /**< Since the agent was made [s]    */
	struct ua_agent *agent;
	struct ua_account *account;
	struct ua_call *call;

	uint16_t code;      /**< SIP status, 0 if none           */
	const char *reason; /**< SIP reason or words that say why */
	const char *why;    /**< More about it, may be NULL      */
	uint64_t ms;
	enum ua_by by;
	bool early_media;
	bool remote;
	char digit;
	const char *codec; /**< As in SDP, e.g. "opus/48000"    */
	double duration_s; /**< Of talk, for CLOSED             */

	struct ua_reg_info reg;
	struct ua_keepalive_info keepalive;
	struct ua_ice_info ice;
	const struct ua_cand_info *cands;
	size_t ncand;
	const struct ua_addr *addrs; /**< Local ones of now, best first; the
					  loopback alone: no network      */
	size_t naddr;
};

/**
 * The application's handler.  Called on the agent's loop, from the loop,
 * never from inside an API call: it may call anything, also end the call it
 * is told about.
 */
typedef void(ua_event_h)(const struct ua_event *ev, void *arg);


/** The name of an event as in the phone's JSON, e.g. "ice_connected" */
const char *ua_event_name(enum ua_event_type type);

/** "host", "srflx", "prflx", "relay" */
const char *ua_event_cand_name(enum ua_cand_type type);

/** "peer", "proxy", "implicit" */
const char *ua_event_origin_name(enum ua_origin origin);

/** "udp", "tcp", "tls" */
const char *ua_tp_name(enum ua_tp tp);

#endif
