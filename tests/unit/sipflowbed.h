/* SPDX-License-Identifier: BSD-3-Clause */
/** @file sipflowbed.h  A flow, and a registrar by the letter */
#ifndef UA_TEST_SIPFLOWBED_H
#define UA_TEST_SIPFLOWBED_H

#include <check.h>
#include <errno.h>
#include <string.h>

#include "base/re_compat.h"
#include "sip/sipflowcore.h"
#include "mutebed.h"

enum { EVENTS = 16, DEAD_MS = 700 };

static struct ua_endpoint *ep, *server;
static struct ua_sipflow_user *ka;
static struct sipbed_peer peer;
static struct ua_sipflow_event last;
static size_t n, registers, probes, learnts;
static enum ua_sipflow_ev typev[EVENTS];
static uint64_t after_ms;
static uint32_t self_ms;
static enum ua_keepalive mode;
static struct pl branch;
static bool drop, learn;


static inline void event_handler(struct ua_sipflow_user *k,
				 const struct ua_sipflow_event *ev, void *arg)
{
	ck_assert_ptr_eq(k, ka);
	(void)arg;
	/* In doubt it asks for this. */
	if (ev->type == UA_SIPFLOW_REGISTER) {
		++registers;
		return;
	}
	if (ev->type == UA_SIPFLOW_LEARNT) {
		++learnts;
		ck_assert_uint_eq(UA_LIFETIME_SAFE_S, ev->memory.learnt_s);
		return;
	}
	probes += ev->probe;
	last = *ev;
	ck_assert_uint_lt(n, EVENTS);
	typev[n++] = ev->type;
	if (ev->type == UA_SIPFLOW_RESTORED)
		after_ms = ev->after_ms;
	if (drop)
		ka = mem_deref(ka);
}


static inline void setup(void)
{
	const struct ua_endpoint_conf conf = sipbed_conf();

	n = registers = probes = learnts = 0;
	after_ms = 0;
	self_ms = 0;
	mode = UA_KEEPALIVE_OPTIONS;
	branch = (struct pl){ NULL, 0 };
	drop = learn = false;
	ck_assert_int_eq(0, ua_endpoint_alloc(&ep, &conf));
	ck_assert_int_eq(0, ua_endpoint_alloc(&server, &conf));
	sipbed_open(&peer);
}


static inline void teardown(void)
{
	ka = mem_deref(ka);
	ep = mem_deref(ep);
	server = mem_deref(server);
	sipbed_close(&peer);
}


static inline void start(const struct ua_addr *to, enum ua_tp tp)
{
	const struct ua_sipflow_conf conf = {
		.uri = "sip:example.com",
		.aor = "sip:alice@example.com",
		.contact = "sip:alice@127.0.0.1",
		.cred = { .user = "alice", .password = "wonderland" },
		.hop = { .addr = *to, .tp = tp },
		.mode = mode,
		.interval_s = learn ? 0 : 60,
		.dead_ms = DEAD_MS,
		.self_ms = self_ms,
		.learn = learn,
		.h = event_handler,
	};

	ck_assert_int_eq(0, ua_sipflow_join(&ka, ep, &conf));
}


static inline void start_peer(void)
{
	struct ua_addr to;

	ua_addr_from_sa(&to, &peer.local);
	start(&to, UA_TP_UDP);
}


static inline bool told(void *arg)
{
	return n >= *(size_t *)arg;
}


static inline void expect(size_t count, enum ua_sipflow_ev type)
{
	ck_assert_msg(sipbed_run(told, &count, 4000), "no event %zu", count);
	ck_assert_int_eq(type, typev[count - 1]);
}


/* As a proxy passes it on, by the flow; it is answered there. */
static inline void pass_on(const struct sip_msg *req)
{
	sipbed_send(&peer, ua_endpoint_local(ep),
		    "OPTIONS sip:alice@127.0.0.1 SIP/2.0\r\n"
		    "Via: SIP/2.0/UDP %J;branch=z9hG4bKproxy;rport\r\n"
		    "Via: %r\r\n"
		    "From: %r\r\nTo: %r\r\nCall-ID: %r\r\nCSeq: %u OPTIONS\r\n"
		    "Max-Forwards: 69\r\nContent-Length: 0\r\n\r\n",
		    &peer.local, &req->via.val, &req->from.val, &req->to.val,
		    &req->callid, req->cseq.num);
	(void)sipbed_answer(&peer, 200);
}


/* The registrar sees it as sipbed_reply() does. */
static inline void start_registered(void)
{
	struct ua_addr mapped;

	ck_assert_int_eq(0, ua_addr_set(&mapped, "127.0.0.9",
					ua_endpoint_local(ep)->port));
	start_peer();
	ua_sipflow_registered(ka, &mapped, false, 0, NULL);
}

#endif
