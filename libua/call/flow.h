/* SPDX-License-Identifier: BSD-3-Clause */
/** @file flow.h  The way of one call's media: sockets, relays, ICE */
#ifndef UA_FLOW_H
#define UA_FLOW_H

#include <ua/ice.h>
#include "call/env.h"
#include "net/demux.h"
#include "sdp/offer.h"

struct ua_flow;

enum {
	UA_FLOW_CANDS = UA_ICE_LOCALS, /**< Candidates in a description   */
	UA_FLOW_COMPS = 2,             /**< RTP, RTCP                     */
	UA_FLOW_ADDRS = 5,             /**< Local addresses used          */
	UA_FLOW_RELAYS = 2,            /**< TURN servers used             */

	/*
	 * Gathering delays an INVITE by no more than this: later candidates
	 * are checked from all the same, and the peer learns them as
	 * peer-reflexive ones.
	 */
	UA_FLOW_GATHER_MS = 100,

	/* How long a peer without ICE may take to show where it really is */
	UA_FLOW_LATCH_MS = 10000
};

/** All from the loop, never from inside a function of this file */
struct ua_flow_handlers {
	/** Candidates are there, or the time for them is over; once */
	void (*gathered)(void *arg);

	/** There are candidates that the last ua_flow_local() did not have;
	    may come again */
	void (*late)(void *arg);

	/** Nothing more will be gathered, which ua_flow_local() says too; may
	    come again, after a change of the network */
	void (*complete)(void *arg);

	/** ICE wants a restart: ua_flow_restart(), then an offer with what
	    ua_flow_local() says; words, static */
	void (*restart)(const char *why, void *arg);

	/** No pair is valid, but media goes to c= as without ICE, until one
	    is: a proxy wrote an address there that may pass on no STUN */
	void (*beside)(void *arg);

	/** What ICE says; `ev` is borrowed */
	void (*ice)(const struct ua_ice_event *ev, void *arg);

	/** A packet that came on a path that is fine */
	void (*packet)(enum ua_demux kind, const uint8_t *buf, size_t len,
		       void *arg);
	void *arg;
};

/** Our side of a description as ua_offer_local_offer() wants it */
struct ua_flow_local {
	struct ua_offer_local sdp; /**< Points into the others, or the flow */
	struct ua_sdp_cand candv[UA_FLOW_CANDS];
};


/**
 * Open sockets and begin to gather.
 *
 * @param flowp        Set on success; ended by ua_flow_close()
 * @param env          Of the agent
 * @param controlling  We make the offer
 * @param handlers     Copied
 *
 * @retval 0       gathered() follows
 * @retval ENODEV  No network
 * @retval ENOMEM  Try later
 * @retval errno   No socket could be opened
 */
UA_CHECK int ua_flow_alloc(struct ua_flow **flowp, struct ua_env *env,
			   bool controlling,
			   const struct ua_flow_handlers *handlers);


/**
 * No more handlers; relays are released.  The flow frees itself when that is
 * done, 5 s at the latest.
 */
void ua_flow_close(struct ua_flow *flow);


/**
 * What a description says of us now; valid until the next call.
 *
 * @param af  Family of signalling (enum ua_af): c= is of it, if it can be.
 *            Counts the first time only: c= stays what it is then
 */
void ua_flow_local(struct ua_flow *flow, int af, struct ua_flow_local *local);


/** Our candidates so far; returns their number, max at most */
size_t ua_flow_cands(const struct ua_flow *flow, struct ua_sdp_cand *candv,
		     size_t max);


/**
 * What the peer's description says.  May come again: what is new in it is
 * taken, a path that works is kept.  Other credentials are a restart of the
 * peer (RFC 8445, 9), or the answer to ours: ua_flow_local() has fresh ones
 * too, and media keeps the old path until there is a new one.
 *
 * @retval 0       Done: either ICE runs, or media goes to c= and m=
 * @retval EINVAL  There is no way to send to it: no usable address
 * @retval ENOMEM  Try later
 */
UA_CHECK int ua_flow_remote(struct ua_flow *flow,
			    const struct ua_sdp_facts *remote, bool mux);


/**
 * What the peer trickled (RFC 8840, 4.4).
 *
 * @retval 0         Done
 * @retval ENOTCONN  There is no description yet, or no ICE: keep it for 5 s
 * @retval ESTALE    Of another generation: drop it
 * @retval ENOMEM    The peer says it again with its next one
 */
UA_CHECK int ua_flow_trickle(struct ua_flow *flow,
			     const struct ua_sdp_facts *frag);


/**
 * Begin a restart (RFC 8445, 9): fresh credentials for the next offer.  The
 * second one in a row that found no path takes fresh sockets as well, and so
 * does one of a path that is in doubt where a proxy has reserved a relay: that
 * asks its way anew for another m= port alone.
 *
 * @retval 0       Make the offer; without ICE nothing is to be done
 * @retval ENOMEM  Nothing changed: try later
 */
UA_CHECK int ua_flow_restart(struct ua_flow *flow);


/** That offer was refused, or withdrawn: all is as before */
void ua_flow_rollback(struct ua_flow *flow);


/**
 * Should media come all the time now?  Then silence is a reason to look at
 * its path.  Not on hold, not of a peer that may send nothing.
 */
void ua_flow_expect(struct ua_flow *flow, bool on);


/** The addresses of this machine have changed: sockets come and go */
void ua_flow_network(struct ua_flow *flow);


/**
 * Another fork of the call answers: forget what the first one said, and take
 * the next ua_flow_remote() as the first.  Sockets and candidates stay, since
 * both forks have seen the same offer.
 *
 * rtcp-mux must not have been agreed with the first, or the second must agree
 * as well: its second component is gone.
 *
 * @retval 0       Done
 * @retval ENOMEM  End the call
 */
UA_CHECK int ua_flow_fork(struct ua_flow *flow);


/**
 * Send a packet of component 1 (RTP) or 2 (RTCP) on the path of now.
 *
 * @retval ENOTCONN  There is none yet: drop it
 * @retval errno     The network's word: drop it
 */
int ua_flow_send(struct ua_flow *flow, unsigned comp, const uint8_t *buf,
		 size_t len);


/** The wall clock was set: arm the timers anew */
void ua_flow_rearm(struct ua_flow *flow);


/** Has media a way now? */
bool ua_flow_ready(const struct ua_flow *flow);


/** The path of now; ENOTCONN: none yet */
UA_CHECK int ua_flow_path(const struct ua_flow *flow,
			  struct ua_ice_info *info);


/** ICE is not used with this peer */
bool ua_flow_is_plain(const struct ua_flow *flow);

int ua_flow_print(struct re_printf *pf, const struct ua_flow *flow);

#endif
