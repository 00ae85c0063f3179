/* SPDX-License-Identifier: BSD-3-Clause */
/** @file failover.h  A call whose first server does not take it */
#ifndef UA_FAILOVER_H
#define UA_FAILOVER_H

#include "call/callcore.h"

enum {
	/**
	 * An INVITE is sent at 0, 0.5, 1.5 and 3.5 s (RFC 3261, 17.1.1.2), and
	 * a server that has it says 100 within 200 ms (17.2.1).  Of one that
	 * has said nothing by then four copies, or their answers, were lost
	 * and the last had a whole T1: it is gone.  A SYN is sent at 0, 1 and
	 * 3 s.  Timer B would let its user wait for 32 s [ms].
	 */
	UA_FAILOVER_SILENT_MS = 4000
};


/**
 * Call the servers that a name led to, one after the other, until one answers
 * (RFC 3263, 4.3): the next one has its turn after silence, a transport error
 * or a 503.  With one server all is as without this file.
 *
 * The call is in RESOLVING; it fails if none of them can be reached at all.
 *
 * @param targetv  Best first (copied)
 * @param n        At least 1
 */
void ua_failover_begin(struct ua_call *call, const struct ua_target *targetv,
		       size_t n);


/**
 * The same for a call by the flow of an account: the flow's server has been
 * given, others of the account follow where it does not take the call.
 *
 * @param uri      That led to them (borrowed for the call's life)
 * @param targetv  With the one of call->hop, or without (copied)
 */
void ua_failover_others(struct ua_call *call, const char *uri,
			const struct ua_target *targetv, size_t n);


/** The INVITE is out, so many bytes of description in it: begin to wait */
void ua_failover_sent(struct ua_call *call, size_t len);


/** The other side is there: the call stays with this server */
void ua_failover_heard(struct ua_call *call);


/**
 * The session has ended.  Tells the agent's table of servers what that says of
 * this one, whoever found it.
 *
 * @return True: the next server has its turn, the call goes on.  It may also
 *         be over by then, with its user told
 */
bool ua_failover_ended(struct ua_call *call, const struct ua_invite_event *ev);


/** The wall clock was set: arm the timer anew */
void ua_failover_rearm(struct ua_call *call);

/** No more tries */
void ua_failover_stop(struct ua_call *call);

#endif
