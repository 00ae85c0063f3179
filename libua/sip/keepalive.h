/* SPDX-License-Identifier: BSD-3-Clause */
/** @file keepalive.h  Keeps a flow open, and notices when it is dead */
#ifndef UA_KEEPALIVE_H
#define UA_KEEPALIVE_H

#include "sip/endpoint.h"

struct ua_keepalive_flow;

enum {
	/*
	 * Some NATs forget a UDP mapping after 30 s of silence, some after
	 * less (RFC 4787, 4.3 wants two minutes): half of that, and a little
	 * so that one lost round still fits.
	 */
	UA_KEEPALIVE_INTERVAL_S = 14,

	/*
	 * libre sends a request at 0, 0.5, 1.5 and 3.5 s: four losses in a
	 * row within this are no accident.
	 */
	UA_KEEPALIVE_DEAD_MS = 7000
};

enum ua_keepalive_ev {
	UA_KEEPALIVE_ANSWERED = 1, /**< rtt_ms, mapped                     */
	UA_KEEPALIVE_LOST,         /**< err: the flow is dead.  Register
					again (ua_regline_refresh()); a dead
					TCP connection was closed, the next
					request opens a new one             */
	UA_KEEPALIVE_RESTORED      /**< Answered again, after_ms later      */
};

struct ua_keepalive_event {
	enum ua_keepalive_ev type;
	int err;       /**< ETIMEDOUT, ECONNRESET, ...              */
	uint16_t code; /**< Final answer: any counts                */
	uint32_t rtt_ms;
	struct ua_addr mapped; /**< As the server sees us, af NONE: untold  */
	uint32_t next_ms;      /**< Until the next one                      */
	uint64_t after_ms;     /**< From LOST to RESTORED                   */
};

/** From the loop, never from inside a function of this file; may free it */
typedef void(ua_keepalive_h)(struct ua_keepalive_flow *ka,
			     const struct ua_keepalive_event *ev, void *arg);

/** All strings are copied */
struct ua_keepalive_conf {
	const char *uri;     /**< Request-URI and To: the registrar's       */
	const char *aor;     /**< From                                      */
	const char *contact; /**< From ua_endpoint_contact()                */
	struct ua_hop hop;   /**< The flow; must be set                     */
	uint32_t interval_s; /**< 0: UA_KEEPALIVE_INTERVAL_S                */
	uint32_t dead_ms;    /**< 0: UA_KEEPALIVE_DEAD_MS                   */
	ua_keepalive_h *h;
	void *arg;
};


/**
 * Ping a flow by OPTIONS until it is freed; the first one goes after one
 * interval.  A dead flow is pinged on: UA_KEEPALIVE_RESTORED tells when it
 * answers.
 *
 * @param kap  Set on success; mem_deref() it at any time
 *
 * @retval EINVAL  hop.addr is not set, or an URI is none
 * @retval ENOMEM  Try later
 */
UA_CHECK int ua_keepalive_alloc(struct ua_keepalive_flow **kap,
				struct ua_endpoint *ep,
				const struct ua_keepalive_conf *conf);

/** Ping now: the network changed, the machine woke up */
void ua_keepalive_now(struct ua_keepalive_flow *ka);

#endif
