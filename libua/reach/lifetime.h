/* SPDX-License-Identifier: BSD-3-Clause */
/** @file lifetime.h  How long a NAT keeps a UDP binding: learnt by proof */
#ifndef UA_LIFETIME_H
#define UA_LIFETIME_H

#include <ua/types.h>

struct ua_log;

/**
 * Learns how long the flow to a registrar may be silent.
 *
 * The only test that shows what an incoming call would meet: after a silence
 * of T a request is sent from a second socket to our own address of record,
 * and must come in on the flow.
 *
 *           registrar
 *          /        \        request to our own address of record
 *     NAT |          |
 *      flow          second socket
 *          \        /
 *            phone
 *
 * No call may be missed meanwhile.  When the probe does not come in, the
 * binding died at some moment after the longest silence that is proved, and is
 * refreshed at the end of this one.
 *
 *  - Where the NAT gives the same port again, the retransmissions of an INVITE
 *    come in then: it is sent at 0, 0.5, 1.5, 3.5, 7.5 and 15.5 s (RFC 3261,
 *    17.1.1.2; a seventh time at 31.5 s).  So that T exceeds what is proved by
 *    10 s at most: with 3 s for the probe, no call of that time is lost.  Such
 *    steps cost nothing, as each probe stands for a ping, and pings with that
 *    silence would not be fewer.
 *  - Where it would give another port, whatever was sent to the old one is
 *    lost.  A mapping of a spare socket rests first, for T and as long as a
 *    lost probe takes: if that changed, the flow is not exposed to T.  That
 *    costs a request for each T, so that it grows by thrice.  What the spare
 *    one endured, the flow follows in steps of 24 s: a NAT may keep a mapping
 *    longer than it lets anybody in, which only the flow itself shows.
 *
 * A probe that failed counts when the flow is answered afterwards: the network
 * may have been down.  One that came in holds the binding by our answer, which
 * may get lost: if the second socket does not hear it, the flow is pinged.  A
 * silence that was disturbed by what came in and was not answered counts
 * neither way: with some NATs that keeps a binding open.
 *
 * A binding that was made anew is pinged at the safe interval until it has
 * been answered once more, 2 s later: Linux keeps one that is younger for 30 s
 * only, and for 120 s from then on.
 *
 * What is known to be too long is forgotten in time: it may have been a
 * restart of the NAT, or of the way there.  Nothing tells of one but the next
 * ping: what is learnt is also how long it takes to be noticed, unless
 * somebody else tells (ua_pinger_kick()).
 *
 * A value without pointers to free.
 */

enum {
	UA_LIFETIME_SAFE_S = 14, /**< Until more is proved                  */
	UA_LIFETIME_MIN_S = 10,  /**< Not even a bad NAT gets less          */
	UA_LIFETIME_MAX_S = 120, /**< Not even a good one gets more         */
	UA_LIFETIME_TRY_S = 126, /**< What is to be proved for that         */
	UA_LIFETIME_STEP_S = 10, /**< See above                             */
	UA_LIFETIME_VOUCHED_S = 24,     /**< ... after a spare mapping      */
	UA_LIFETIME_PROBE_MS = 3000,    /**< A probe comes in within that: it
					     is sent at 0, 0.5 and 1.5 s     */
	UA_LIFETIME_REFRESH_MS = 10000, /**< The flow is answered within that,
					    or lost (UA_PINGER_DEAD_MS)     */
	UA_LIFETIME_SPARE_MS = 33000,   /**< A request from the spare socket is
					     answered within that (Timer F)  */
	UA_LIFETIME_BEGIN_MS = 2000,    /**< From the first proof to a try   */
	UA_LIFETIME_PAUSE_MS = 60000,   /**< After the flow was lost         */
	UA_LIFETIME_ASK_MS = 30000, /**< Between tries whether it can tell  */
	UA_LIFETIME_ASKS = 3,
	UA_LIFETIME_TROUBLES = 5, /**< Disturbed so often in a row: enough  */
	UA_LIFETIME_CHECK_MS = 3600000, /**< What was learnt is tried again */
	UA_LIFETIME_FORGET = 24 /**< Checks, until what failed is tried once
				     more; after a binding that died one for
				     each that did                          */
};

enum ua_lifetime_state {
	UA_LIFETIME_NONE = 0,
	UA_LIFETIME_OFF,   /**< Not wanted                                  */
	UA_LIFETIME_WAIT,  /**< Begins later                                */
	UA_LIFETIME_ASK,   /**< Does a probe come in at all?                */
	UA_LIFETIME_SPARE, /**< A spare mapping rests first                 */
	UA_LIFETIME_GAP,   /**< The flow rests                              */
	UA_LIFETIME_PROBE, /**< ... and is probed                           */
	UA_LIFETIME_REFRESH, /**< In vain, and is to be answered at once    */
	UA_LIFETIME_DONE,  /**< Learnt                                      */
	UA_LIFETIME_BLIND, /**< Cannot tell: the server answers such
				requests itself, or does not pass them     */
	UA_LIFETIME_NSTATE
};

/** What the owner is to do */
enum ua_lifetime_act {
	UA_LIFETIME_ACT_NONE = 0,
	UA_LIFETIME_ACT_PROBE, /**< From a second socket, to our own address
				    of record: ua_lifetime_arrived() when it
				    came in, ua_lifetime_probed() when it is
				    answered; sent again until then as any
				    request is (RFC 3261, 17.1.2)           */
	UA_LIFETIME_ACT_OPEN,  /**< Open a spare socket, and ask the server
				    from there: ua_lifetime_spare().  One
				    that is answered is heard no more: what
				    comes in late is not answered           */
	UA_LIFETIME_ACT_AGAIN, /**< Ask again from that one                 */
	UA_LIFETIME_ACT_CLOSE, /**< Close it                                */
	UA_LIFETIME_ACT_PING,  /**< The flow, at once: ua_pinger_kick()     */
	UA_LIFETIME_ACT_LEARNT /**< ua_lifetime_good_s() is worth keeping   */
};

enum { UA_LIFETIME_ACTS = 8 };

struct ua_lifetime_conf {
	bool off;          /**< Not to learn                                */
	uint32_t learnt_s; /**< In this network, before; 0: nothing         */
	const struct ua_log *log; /**< Borrowed, may be NULL                */
};

struct ua_lifetime {
	const struct ua_log *log;
	enum ua_lifetime_state state;
	bool settling; /* A gap to prove what is good, not more     */
	bool open;     /* The spare socket is                       */
	bool asking;   /* ... and its answer is waited for          */
	bool kept;     /* The NAT kept our port                     */
	bool arrived;  /* The probe did                             */
	bool noise;    /* Something came in that was not answered   */
	uint8_t asks;
	uint8_t troubles;   /* In a row                             */
	uint8_t deaths;     /* Bindings                             */
	uint8_t forget;     /* Checks, until bad_s is               */
	uint32_t good_s;    /* Proved                               */
	uint32_t bad_s;     /* Known to be too long, 0: nothing     */
	uint32_t vouched_s; /* A spare mapping endured that         */
	uint32_t hint_s;    /* Learnt before, to be proved          */
	uint32_t try_s;
	uint64_t tx_ms;       /* Something left on the flow last      */
	uint64_t base_ms;     /* The flow was used last               */
	uint64_t at_ms;       /* Of the next step                     */
	uint32_t begin_ms;    /* Pause before the first one           */
	uint64_t young_ms;    /* The binding was made anew then, 0: it
				 is an old one                        */
	uint64_t start_ms;    /* Counts from here, 0: not yet         */
	uint32_t spent;       /* Messages                             */
	struct ua_addr spare; /* Its mapping                          */
	uint64_t spare_ms;    /* ... rests from here                  */
	uint8_t outv[UA_LIFETIME_ACTS];
	uint8_t nout;
};


void ua_lifetime_init(struct ua_lifetime *lt,
		      const struct ua_lifetime_conf *conf);

/**
 * The server has answered a request on the flow.
 *
 * @param kept  It sees us by the port that we sent from: the NAT will do so
 *              again
 */
void ua_lifetime_answered(struct ua_lifetime *lt, uint64_t now_ms, bool kept);

/** Something left on the flow, whatever it is: the silence begins anew */
void ua_lifetime_tx(struct ua_lifetime *lt, uint64_t now_ms);

/** Something came in on the flow, whatever it is */
void ua_lifetime_rx(struct ua_lifetime *lt, uint64_t now_ms);

/**
 * The binding died: the server saw another mapping.
 *
 * A silence that is longer than what is proved is known to be too long then.
 * After any other nothing is proved any more: it begins anew, in a while, with
 * less than before.
 *
 * @param idle_ms  Silence before it was noticed
 */
void ua_lifetime_died(struct ua_lifetime *lt, uint64_t now_ms,
		      uint64_t idle_ms);

/** The flow was lost for whatever reason: begin anew, when it is answered */
void ua_lifetime_lost(struct ua_lifetime *lt);

/** A ping went out */
void ua_lifetime_count(struct ua_lifetime *lt);

/** The probe came in on the flow: to be called before it is answered */
void ua_lifetime_arrived(struct ua_lifetime *lt, uint64_t now_ms);

/**
 * The probe is answered, or was not.  One that came in and is answered shows
 * that our answer got through, and holds the binding.  Where it was not passed
 * on to us (but maybe to another phone, which was faster), it soon counts as
 * lost.
 *
 * @param err  0: a final answer came, whatever it is; ETIMEDOUT: none did;
 *             any other: it could not be sent, which says nothing
 */
void ua_lifetime_probed(struct ua_lifetime *lt, uint64_t now_ms, int err);

/**
 * The spare socket is answered.
 *
 * @param mapped  As the server sees it, NULL: it was not answered, or could
 *                not be opened
 */
void ua_lifetime_spare(struct ua_lifetime *lt, uint64_t now_ms,
		       const struct ua_addr *mapped);

/** What to do now; NONE: nothing.  Ask again until NONE */
enum ua_lifetime_act ua_lifetime_output(struct ua_lifetime *lt);

uint64_t ua_lifetime_deadline(const struct ua_lifetime *lt);
void ua_lifetime_tick(struct ua_lifetime *lt, uint64_t now_ms);


/** The interval that is proved [ms] */
uint32_t ua_lifetime_interval_ms(const struct ua_lifetime *lt);
uint32_t ua_lifetime_good_s(const struct ua_lifetime *lt);

/** No ping may leave before then: a gap is measured; 0: none is, and what
    is due is sent at once */
uint64_t ua_lifetime_hold(const struct ua_lifetime *lt);

/** Messages saved so far against pings at the safe interval */
uint32_t ua_lifetime_saved(const struct ua_lifetime *lt, uint64_t now_ms);

enum ua_lifetime_state ua_lifetime_state(const struct ua_lifetime *lt);

/** "off", "waiting", "learning", "learnt", "cannot tell" */
const char *ua_lifetime_words(const struct ua_lifetime *lt);

#endif
