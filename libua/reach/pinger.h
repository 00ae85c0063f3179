/* SPDX-License-Identifier: BSD-3-Clause */
/** @file pinger.h  When a flow is pinged, how, and whether it lives */
#ifndef UA_PINGER_H
#define UA_PINGER_H

#include "reach/ladder.h"

struct ua_log;

/**
 * Keeps one flow (local address, remote address, transport) open and knows
 * whether it is: RFC 5626, 4.4, and what servers without it offer.
 *
 * A value without pointers to free.  It is told of all that travels on the
 * flow, so that a ping is spared where other traffic did its job.
 */

enum {
	/** A ping that nobody answers is doubted then [ms]: libre has sent a
	    request over UDP at 0, 0.5, 1.5 and 3.5 s, so that four losses in
	    a row are no accident */
	UA_PINGER_DOUBT_MS = 4000,

	/** ... and the flow is dead then, if another kind of request was not
	    answered either */
	UA_PINGER_DEAD_MS = 2 * UA_PINGER_DOUBT_MS,

	/** A dead flow is pinged on, first after [ms] ... */
	UA_PINGER_AGAIN_MS = 2000,

	/** ... at last each [ms], less some jitter */
	UA_PINGER_AGAIN_MAX_MS = 30000,

	/** Where nobody answers the pings that hold a binding, something that
	    is answered goes so often [ms]: a REGISTER costs the server most */
	UA_PINGER_VERIFY_MS = 85000,

	/** Pings in a row that are not answered although the flow lives:
	    after these another kind is taken, where one had been answered */
	UA_PINGER_DEAF = 3,

	UA_PINGER_REGISTER_S = 85, /**< Interval of REGISTER by default     */
	UA_PINGER_UDP_S = 14, /**< Of UDP: NATs that forget after 15 s exist */
	/** Of TCP and TLS.  RFC 5626, 4.4.1 has 120, or what an operator
	    wants: a NAT that was restarted has forgotten the connection, no
	    call comes in until that is seen, and four bytes cost a server
	    nothing */
	UA_PINGER_STREAM_S = 30
};

enum ua_pinger_state {
	UA_PINGER_NONE = 0,
	UA_PINGER_QUIET, /**< Lives, as far as we know                      */
	UA_PINGER_ASKED, /**< A ping waits for its answer                   */
	UA_PINGER_DOUBT, /**< In vain: another kind of request waits        */
	UA_PINGER_DEAD,  /**< Lost, pinged on                               */
	UA_PINGER_OFF,   /**< No pings are wanted                           */
	UA_PINGER_NSTATE
};

enum ua_pinger_ev {
	UA_PINGER_ANSWERED = 1, /**< ping, rtt_ms, mapped, next_ms; OPTIONS:
				     it is answered here, whatever METHOD
				     said before                          */
	UA_PINGER_LOST,         /**< err: the flow is dead.  Register there
				     again and again: where nothing but a
				     REGISTER is answered, no ping is sent   */
	UA_PINGER_RESTORED,     /**< It answers again, after_ms later.
				     Register at once: what the server knew
				     may be gone, and the mapping another    */
	UA_PINGER_METHOD        /**< ping is not answered here: another kind
				     is taken from now on                */
};

struct ua_pinger_event {
	enum ua_pinger_ev type;
	enum ua_ping ping;
	int err;       /**< ETIMEDOUT, ECONNRESET, ...                */
	uint16_t code; /**< SIP status, 0: no SIP                     */
	uint32_t rtt_ms;
	struct ua_addr mapped; /**< As the server sees us, af NONE: untold */
	uint32_t next_ms;      /**< Until the next one                     */
	uint64_t after_ms;     /**< From LOST to RESTORED                  */
};

struct ua_pinger_conf {
	enum ua_tp tp;
	enum ua_keepalive mode;
	uint32_t interval_s;        /**< 0: as the transport wants          */
	uint32_t dead_ms;           /**< 0: UA_PINGER_DEAD_MS; doubted after
					 half of it                         */
	bool deaf;                  /**< OPTIONS are known not to be
					 answered there                     */
	const struct ua_rand *rand; /**< Borrowed                           */
	const struct ua_log *log;   /**< Borrowed, may be NULL              */
};

enum { UA_PINGER_EVENTS = 4 };

struct ua_pinger {
	enum ua_tp tp;
	enum ua_keepalive mode;
	const struct ua_rand *rand;
	const struct ua_log *log;
	enum ua_pinger_state state;
	uint8_t rung;       /* Of the ladder                       */
	bool outbound;      /* RFC 5626: the server answers STUN   */
	bool deaf;          /* It does not answer OPTIONS          */
	bool fixed;         /* The interval was asked for          */
	bool answered;      /* This rung was, once                 */
	uint8_t unanswered; /* In a row, while the flow lived      */
	uint32_t dead_ms;
	uint32_t interval_ms;
	uint32_t flow_timer_ms; /* 0: none                         */
	uint64_t tx_ms;         /* Something went out, 0: never    */
	uint64_t rx_ms;         /* Something came in, 0: never     */
	uint64_t proof_ms;      /* Answered last                   */
	uint64_t sent_ms;       /* The ping in flight              */
	uint64_t next_at;       /* Of the ping that holds          */
	uint64_t verify_at;     /* Of one that proves              */
	uint64_t doubt_at;
	uint64_t dead_at;
	uint64_t hold_at; /* Silent until then, 0: not             */
	bool hold_over;   /* ... and that is over                  */
	bool twin;        /* A ping that nobody answers goes twice */
	uint64_t held_ms; /* A ping that nobody answers left last  */
	uint64_t lost_ms; /* When it was declared dead, 0: it lives */
	uint32_t again_ms;
	enum ua_ping flight; /* Whose answer is waited for         */
	enum ua_ping outv[2];
	uint8_t nout;
	struct ua_pinger_event evv[UA_PINGER_EVENTS];
	uint8_t nev;
};


/** Starts as a flow that has just been used: the first ping goes after one
    interval */
void ua_pinger_init(struct ua_pinger *p, const struct ua_pinger_conf *conf,
		    uint64_t now_ms);

/** Another interval of the pings that hold a UDP binding, unless a fixed one
    was asked for; a gap that has begun counts */
void ua_pinger_interval(struct ua_pinger *p, uint64_t now_ms,
			uint32_t interval_ms);

/**
 * Be silent until then, whatever the interval, and ping then: the lifetime of
 * the binding is being measured.
 *
 * @param at_ms  0: an end to that
 */
void ua_pinger_hold(struct ua_pinger *p, uint64_t at_ms);

/**
 * What a registration has agreed (RFC 5626, 4.4).
 *
 * @param outbound      The registrar does: STUN on UDP, CRLF on a stream
 * @param flow_timer_s  Its Flow-Timer, 0: none; the pings come that often
 */
void ua_pinger_outbound(struct ua_pinger *p, uint64_t now_ms, bool outbound,
			uint32_t flow_timer_s);

/** Something left on the flow, pings too */
void ua_pinger_tx(struct ua_pinger *p, uint64_t now_ms);

/** Something came on the flow, whatever it is: it lives */
void ua_pinger_rx(struct ua_pinger *p, uint64_t now_ms);

/**
 * The answer to a ping came (ua_pinger_rx() besides, before or after).  One
 * that comes too late is read, too: what it says of the mapping counts.
 *
 * @param ping    Which; CRLF: a pong
 * @param code    SIP status, 0: no SIP
 * @param mapped  NULL: untold
 */
void ua_pinger_answer(struct ua_pinger *p, uint64_t now_ms, enum ua_ping ping,
		      uint16_t code, const struct ua_addr *mapped);

/** It could not be sent, or the connection is closed: the flow is dead.
    Nothing more happens if it is already */
void ua_pinger_broken(struct ua_pinger *p, uint64_t now_ms, int err);

/** Ping now: the network changed, the machine woke up.  Another interval or
    hold that is told afterwards begins anew, and takes that back */
void ua_pinger_kick(struct ua_pinger *p, uint64_t now_ms);

/** A ping to send now; NONE: none.  Ask again until NONE */
enum ua_ping ua_pinger_output(struct ua_pinger *p, uint64_t now_ms);

bool ua_pinger_event(struct ua_pinger *p, struct ua_pinger_event *ev);

uint64_t ua_pinger_deadline(const struct ua_pinger *p);
void ua_pinger_tick(struct ua_pinger *p, uint64_t now_ms);


/** What holds the binding now */
enum ua_ping ua_pinger_method(const struct ua_pinger *p);

/** The longest pause between two of these [ms] */
uint32_t ua_pinger_interval_ms(const struct ua_pinger *p);

/** When something went out last that was known to have come through */
uint64_t ua_pinger_proof(const struct ua_pinger *p);

#endif
