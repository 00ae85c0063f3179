/* SPDX-License-Identifier: BSD-3-Clause */
/** @file epcore.h  The inside of an endpoint, for this folder */
#ifndef UA_EPCORE_H
#define UA_EPCORE_H

#include "base/re_compat.h"
#include "sip/conns.h"
#include "sip/endpoint.h"
#include "sip/udpguard.h"

enum {
	UA_EPCORE_REFUSALS = 8, /**< Servers known to take no TCP       */
	UA_EPCORE_REFUSAL_MS = 300000, /**< ... which is believed so long    */
	UA_EPCORE_ANSWERS = 64         /**< Refusals and OPTIONS a second:
					    each keeps 3 KB for 32 s          */
};

/** A server that did not take TCP */
struct ua_epcore_refusal {
	struct ua_addr addr;
	uint64_t until_ms;
};

struct ua_endpoint {
	struct sip *sip;
	struct ua_udpguard *guard; /**< NULL: there is no UDP            */
	struct ua_siptls *tls;     /**< NULL: UDP and TCP                */
	struct tmr ended;          /**< A TLS connection has             */
	struct ua_addr local;
	char *software;
	const struct ua_rand *rand;
	const struct ua_log *log;
	uint32_t max_calls;
	bool trickle;
	ua_endpoint_invite_h *invite_h;
	ua_endpoint_user_h *user_h;
	ua_endpoint_options_h *options_h;
	ua_endpoint_trace_h *trace_h;
	void *arg;

	struct ua_conns conns; /**< That messages came on              */
	struct list sessionl;  /**< Of sessions, see session.c        */
	struct list flowl;     /**< Of flows, see sipflow.c           */
	struct list regqueuel; /**< Of servers, see regturn.c         */
	struct list closing;   /**< Second sockets, see sipprobe.c    */
	struct list outreql;   /**< Of requests, see outreq.c         */
	unsigned nreq;         /**< Requests in flight                */
	struct ua_epcore_refusal refusalv[UA_EPCORE_REFUSALS];
	size_t refusal_next;
	uint64_t second; /**< Of the count that follows         */
	uint32_t answerc;
	uint32_t dropc; /**< Broken messages, logged in powers of two */
};

#endif
