/* SPDX-License-Identifier: BSD-3-Clause */
/** @file simlatchcore.h  The inside of a proxy's relay, for its files
 *
 *	caller ---> portv[0] of a stream == relay == portv[1] <--- callee
 */
#ifndef UA_SIMLATCHCORE_H
#define UA_SIMLATCHCORE_H

#include "simcore.h"

enum {
	UA_SIM_SIDES = 2, /**< Caller, callee                             */
	UA_SIM_SESSIONS = 8,
	UA_SIM_WAITING = 300, /**< STUN for a side that is not known       */
	UA_SIM_SOURCES = 16
};

struct ua_simqueued {
	struct ua_simqueued *next;
	size_t len;
	uint8_t buf[];
};

/** Where one side sends one component to */
struct ua_simport {
	struct ua_simstream *stream;
	unsigned side;
	unsigned comp; /**< 0: RTP, 1: RTCP                              */
	struct ua_simsock *sock;
	struct ua_addr dst;      /**< Where its side is, af NONE: unknown */
	struct ua_addr unwanted; /**< Where it was before a changed answer */
	bool latched;            /**< dst stays, others are dropped       */
	bool media;              /**< Its side sent some                  */
	uint64_t since_us;       /**< It has stream_s from then           */
	uint64_t heard_us;       /**< Its last packet, UA_NEVER: none     */
	uint64_t stun_us;        /**< Its last STUN, UA_NEVER: none       */
	struct ua_simqueued *queue;
	struct ua_simqueued **tail;
	size_t nqueue;
	uint64_t settled_us; /**< What was under way before has come      */
	struct ua_addr sourcev[UA_SIM_SOURCES];
	unsigned nsource;
};

/** What the kernel does by itself once both sides have sent media */
struct ua_simkernel {
	bool on;
	bool seenv[UA_SIM_SIDES];
	uint64_t end_us;
};

/** Two ports of each side, from an offer on */
struct ua_simstream {
	struct ua_simlatch *latch;
	struct ua_simsession *session;
	struct ua_simport portv[UA_SIM_SIDES][UA_SIM_COMPS];
	struct ua_addr toldv[UA_SIM_SIDES]; /**< c= and m=, af NONE: not yet */
	struct ua_addr rtcpv[UA_SIM_SIDES]; /**< a=rtcp                     */
	struct ua_simkernel kernelv[UA_SIM_COMPS];
	uint64_t begun_us;
	uint64_t held_us; /**< UA_NEVER: it is not on hold                */
	uint64_t answered_us; /**< UA_NEVER: not yet                       */
	bool forgotten; /**< Silent RTCP, once                            */
	struct ua_simtimer tmr;
};

struct ua_simsession {
	struct ua_simlatch *latch;
	bool used;
	uint32_t call;
	struct ua_simstream *live; /**< Of the last answer, NULL: none    */
	struct ua_simstream *next; /**< Of an offer without an answer     */
};

struct ua_simlatch {
	struct le le;
	struct ua_simhost *host;
	struct ua_simlatch_conf conf;
	struct ua_addr addr; /**< Its port is the next one to give        */
	bool dead;
	struct ua_simlatch_stat stat;
	struct ua_simhostile *hostile; /**< NULL: it is honest            */
	struct ua_simsession sessionv[UA_SIM_SESSIONS];
};


/* simport.c: packets */
UA_CHECK int ua_simport_open(struct ua_simport *port,
			     struct ua_simstream *stream, unsigned side,
			     unsigned comp, const struct ua_addr *addr);
void ua_simport_close(struct ua_simport *port);

/** To where its side is; STUN waits while that is unknown, the rest is lost */
void ua_simport_send(struct ua_simport *port, const uint8_t *buf, size_t len);

/** The description of its side changed in an answer */
void ua_simport_moved(struct ua_simport *port);

/** The next one who sends is its side */
void ua_simport_forget(struct ua_simport *port);


/* simstream.c: streams, and when they end */
UA_CHECK int ua_simstream_alloc(struct ua_simstream **streamp,
				struct ua_simsession *session);

/** Something came by: media, STUN */
void ua_simstream_heard(struct ua_simstream *stream, struct ua_simport *port,
			bool stun);

/** On hold, or not any more */
void ua_simstream_hold(struct ua_simstream *stream, bool hold);

/** Its deadlines have changed */
void ua_simstream_rearm(struct ua_simstream *stream);


/* simlatch.c */

/** A stream is over */
void ua_simlatch_over(struct ua_simstream *stream);

/** Is it another relay of the proxies? */
bool ua_simlatch_is_kin(const struct ua_simlatch *latch,
			const struct ua_addr *addr);


/* simhostile.c: a relay that means no good */
UA_CHECK int ua_simhostile_alloc(struct ua_simhostile **hostilep);

/** A packet came; @return True: it goes no further */
bool ua_simhostile_takes(struct ua_simport *port, const struct ua_addr *src,
			 const uint8_t *buf, size_t len);

#endif
