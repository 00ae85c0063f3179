/* SPDX-License-Identifier: BSD-3-Clause */
/** @file sipflow.h  A flow to a server, kept alive for all who use it */
#ifndef UA_SIPFLOW_H
#define UA_SIPFLOW_H

#include <ua/account.h>
#include "dialog/digest.h"
#include "reach/pinger.h"
#include "sip/endpoint.h"

struct sip_msg;
struct ua_sipflow;

/**
 * A flow is a local address, a remote address and a transport (RFC 5626, 2).
 * Accounts that are registered by the same one share it: it is pinged once,
 * and all of them are told when it dies.  Its pings go to the address that
 * the REGISTER went to, whatever a name means by then.
 */

/** A server that has forgotten us is noticed within that, or one ping [ms] */
enum { UA_SIPFLOW_SELF_MS = 60000 };

enum ua_sipflow_ev {
	UA_SIPFLOW_ANSWERED = 1, /**< ping, code, rtt_ms, mapped, next_ms    */
	UA_SIPFLOW_LOST,         /**< err: the flow is dead; a connection was
				      closed, the next request opens another.
				      Look for a server, and register       */
	UA_SIPFLOW_RESTORED,     /**< It answers again, after_ms later       */
	UA_SIPFLOW_REGISTER,     /**< Refresh the registration now: as a
				      ping, or because the NAT has another
				      mapping (mapped is set), or because the
				      registrar knows no binding of ours
				      (code is set)                          */
	UA_SIPFLOW_LEARNT        /**< memory is worth keeping                */
};

/** What is worth to be known of a flow when it is used another time */
struct ua_sipflow_memory {
	uint32_t learnt_s; /**< A silence that its NAT bears, 0: unknown    */
	bool deaf;         /**< The server does not answer OPTIONS          */
};

struct ua_sipflow_event {
	enum ua_sipflow_ev type;
	enum ua_ping ping;
	bool probe; /**< ANSWERED: a probe came in, after a measured silence */
	int err;
	uint16_t code;
	uint32_t rtt_ms;
	struct ua_addr mapped; /**< As the server sees us, af NONE: untold */
	uint32_t interval_ms;  /**< The longest pause until something is sent:
				    between two pings, or a silence that
				    is measured next and the 3 s for its
				    probe                                  */
	uint32_t next_ms;
	uint32_t saved;       /**< Messages, against pings at 14 s          */
	const char *learning; /**< ua_lifetime_words()                     */
	uint64_t after_ms;
	struct ua_sipflow_memory memory;
};

/** Who uses a flow: a registration */
struct ua_sipflow_user;

/** From the loop, never from inside a function of this file; may free its
    user */
typedef void(ua_sipflow_h)(struct ua_sipflow_user *user,
			   const struct ua_sipflow_event *ev, void *arg);

/** All strings are copied */
struct ua_sipflow_conf {
	const char *uri;     /**< Request-URI and To of OPTIONS: the
				  registrar's                               */
	const char *aor;     /**< From; where a probe is sent to            */
	const char *contact; /**< From ua_endpoint_contact()                */
	struct ua_cred cred; /**< For a probe                               */
	struct ua_hop hop;   /**< The flow; must be set                     */
	enum ua_keepalive mode;
	uint32_t interval_s; /**< 0: as the transport wants, or learnt      */
	uint32_t dead_ms;    /**< Patience, 0: UA_PINGER_DEAD_MS            */
	uint32_t self_ms;    /**< Between two pings that are addressed to
				  ourselves, 0: UA_SIPFLOW_SELF_MS       */
	bool learn;          /**< Learn the interval (UDP, mode AUTO or
				  OPTIONS, interval_s 0)                    */
	struct ua_sipflow_memory memory; /**< All zero: nothing is known    */
	ua_sipflow_h *h;
	void *arg;
};


/**
 * Use a flow; whoever is the first to use it begins to ping it.
 *
 * @param userp  Set on success; mem_deref() it at any time: the last one to go
 *               ends the pings
 * @param ep     Our end, must live longer
 *
 * @retval EINVAL  hop.addr is not set, or an URI is none
 * @retval ENOMEM  Try later
 */
UA_CHECK int ua_sipflow_join(struct ua_sipflow_user **userp,
			     struct ua_endpoint *ep,
			     const struct ua_sipflow_conf *conf);

/**
 * A registration was agreed by this flow.
 *
 * @param mapped        As its answer tells, af NONE: it does not
 * @param outbound      RFC 5626: STUN may be used
 * @param flow_timer_s  0: none
 * @param gruu          A URI that leads to this instance alone (copied),
 *                      NULL: none
 */
void ua_sipflow_registered(struct ua_sipflow_user *user,
			   const struct ua_addr *mapped, bool outbound,
			   uint32_t flow_timer_s, const char *gruu);

/** Ping now: the network changed, the machine woke up */
void ua_sipflow_now(struct ua_sipflow_user *user);

/** It is known to be dead, or as good as */
void ua_sipflow_broken(struct ua_sipflow_user *user, int err);

/** How many use the same flow */
unsigned ua_sipflow_users(const struct ua_sipflow_user *user);


#endif
