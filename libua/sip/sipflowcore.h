/* SPDX-License-Identifier: BSD-3-Clause */
/** @file sipflowcore.h  The inside of a flow, for its files */
#ifndef UA_SIPFLOWCORE_H
#define UA_SIPFLOWCORE_H

#include "base/re_compat.h"
#include "reach/lifetime.h"
#include "sip/connwatch.h"
#include "sip/outreq.h"
#include "sip/sipflow.h"
#include "sip/sipprobe.h"
#include "stun/bind.h"

struct ua_dialog;

enum { UA_SIPPING_BRANCH = 22 /* Characters behind the cookie */ };

/** A ping that is addressed to ourselves, see sipself.c */
struct ua_sipself {
	struct ua_dialog *half;
	struct ua_digest *digest;
	struct ua_digest_round round;
	uint32_t each_ms;
	uint64_t last_ms;
	uint64_t until_ms; /* One that was challenged is answered by then,
			      else NEVER: a ping's own patience does     */
	uint16_t code;     /* The answer, 0: none                     */
	bool flight;
	bool arrived;
	bool missing;     /* It did not come in, though it should */
	unsigned useless; /* ... so often in a row                */
};

struct ua_sipflow {
	struct le le; /* Of the endpoint */
	struct ua_endpoint *ep;
	struct list userl;
	struct ua_hop hop;
	enum ua_keepalive mode;
	uint32_t interval_s;
	struct ua_pinger pinger;
	struct ua_lifetime life;
	struct ua_sipflow_memory memory;
	struct tmr tmr;

	struct ua_dialog *half; /* Of OPTIONS */
	struct ua_outreq *req;  /* ... by TCP and TLS */
	struct mbuf *ping;      /* ... by UDP, to be sent again */
	char branch[UA_SIPPING_BRANCH + 1];
	uint64_t resend_at;
	unsigned sends;
	struct ua_bind *bind; /* A STUN ping */
	struct ua_connwatch *watch;
	struct ua_sipprobe *probe; /* To our own address of record */
	uint64_t probe_ms;         /* ... asked then               */
	struct ua_sipprobe *spare; /* A mapping that rests          */
	struct ua_sipself self;
	struct ua_addr mapped;
	bool by_ping;     /* ... as pings tell: some ways differ  */
	uint64_t idle_ms; /* Silence before the ping in flight     */
	int broken;       /* A connection was closed: to be told   */
};

struct ua_sipflow_user {
	struct le le;
	struct ua_sipflow *flow;
	char *uri;
	char *aor;
	char *contact;
	char *gruu;
	char *cred_user;
	char *password;
	bool registered;
	ua_sipflow_h *h;
	void *arg;
};


/** Something is to be done, but not here: libre is at work */
void ua_sipflowcore_wake(struct ua_sipflow *flow);

/** Whose name a ping goes by; NULL: everybody has left */
struct ua_sipflow_user *ua_sipflowcore_first(const struct ua_sipflow *flow);

/** Tell all users, or the first one */
void ua_sipflowcore_tell(struct ua_sipflow *flow,
			 const struct ua_sipflow_event *ev, bool all);

/** How often it is pinged from now on: interval_ms, next_ms, saved,
    learning */
void ua_sipflowcore_pace(const struct ua_sipflow *flow, uint64_t now_ms,
			 struct ua_sipflow_event *ev);

/** Send a ping */
void ua_sipping_send(struct ua_sipflow *flow, uint64_t now_ms,
		     enum ua_ping ping);

/** The answer to an OPTIONS by UDP; true: it is */
bool ua_sipping_response(struct ua_sipflow *flow, struct sip_msg *msg);

/** What is in flight is not worth waiting for */
void ua_sipping_drop(struct ua_sipflow *flow);

/** When the next copy is due, or the STUN client wants to run */
uint64_t ua_sipping_deadline(const struct ua_sipflow *flow);

/** Send copies of a ping, and drive its STUN client, if there is one */
void ua_sipping_pump(struct ua_sipflow *flow, uint64_t now_ms);

/** May the next ping be one to ourselves?  Then it is in flight */
bool ua_sipself_begin(struct ua_sipflow *flow, uint64_t now_ms);

/** A request came; true: it is that */
bool ua_sipself_arrived(struct ua_sipflow *flow, const struct sip_msg *msg);

/** It is answered; true: with a challenge, to which it has an answer when it
    is sent again */
bool ua_sipself_answer(struct ua_sipflow *flow, const struct sip_msg *msg);

/** The registrar knows no binding of ours: everybody registers anew */
void ua_sipself_forgotten(struct ua_sipflow *flow, uint16_t code);

/** When it is over, at_ms at the latest */
uint64_t ua_sipself_deadline(const struct ua_sipflow *flow, uint64_t at_ms);

/** Tell what came out */
void ua_sipself_pump(struct ua_sipflow *flow, uint64_t now_ms);

/** Its first user has left */
void ua_sipself_reset(struct ua_sipself *self);

/** Do what the learning machine wants */
void ua_siplearn_act(struct ua_sipflow *flow, uint64_t now_ms,
		     enum ua_lifetime_act what);

/** What was learnt is worth keeping */
void ua_siplearn_tell(struct ua_sipflow *flow);

#endif
