/* SPDX-License-Identifier: BSD-3-Clause */
/** @file simcall.c  Signalling between two phones, with a proxy on its way */

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "simphonecore.h"

enum kind { OFFER = 0, ANSWER, UPDATE };

static const char *const kinds[] = { "offer", "answer", "update" };

struct side {
	struct ua_simcall *call;
	struct ua_simphone *phone;
	bool gathered;
	uint64_t last_us; /* What it sent last arrives then               */
};

/** A description under way */
struct message {
	struct le le;
	struct ua_simcall *call;
	struct side *to;
	enum kind kind;
	struct ua_simtimer tmr;
	struct ua_simdesc desc;
};

struct ua_simcall {
	struct le le;
	struct ua_simnet *net;
	struct ua_simcall_conf conf;
	struct side sidev[2]; /* Caller, callee                           */
	struct list messages;
	struct ua_simtimer ring;
	uint32_t id;
	uint64_t answered_us; /* The answer came, UA_NEVER                */
	bool offered; /* The callee has the offer                         */
	bool rung;
	bool answer_sent;
	bool over;
};


static void call_destructor(void *arg)
{
	struct ua_simcall *call = arg;
	size_t i;

	list_unlink(&call->le);
	list_flush(&call->messages);
	ua_simtimer_cancel(&call->ring);
	for (i = 0; i < 2; i++) {
		if (call->sidev[i].phone)
			memset(&call->sidev[i].phone->call, 0,
			       sizeof(call->sidev[i].phone->call));
		mem_deref(call->sidev[i].phone);
	}
}


static void message_destructor(void *arg)
{
	struct message *msg = arg;

	list_unlink(&msg->le);
	ua_simtimer_cancel(&msg->tmr);
}


void ua_simcall_conf_default(struct ua_simcall_conf *conf)
{
	memset(conf, 0, sizeof(*conf));
	conf->delay_min_us = 50 * UA_SIM_MS;
	conf->delay_max_us = 50 * UA_SIM_MS;
}


static void send_desc(struct side *from, enum kind kind);


static void answer(struct ua_simcall *call)
{
	if (!call->offered || !call->rung || call->answer_sent ||
	    !call->sidev[1].gathered)
		return;

	call->answer_sent = true;
	send_desc(&call->sidev[1], ANSWER);
	ua_simphone_media(call->sidev[1].phone, true);
}


static void on_rung(void *arg)
{
	struct ua_simcall *call = arg;

	call->rung = true;
	answer(call);
}


static int callee_begins(struct ua_simcall *call)
{
	int err = ua_simphone_gather(call->sidev[1].phone);

	if (!err)
		err = ua_simtimer_start(&call->ring, call->net,
					call->net->now_us + call->conf.ring_us,
					on_rung, call);
	call->offered = true;

	return err;
}


static void on_message(void *arg)
{
	struct message *msg = arg;
	struct ua_simcall *call = msg->call;
	int err = 0;

	ua_simnet_note(call->net, "signal  %s has the %s of %u candidates",
		       msg->to->phone->name, kinds[msg->kind],
		       (unsigned)msg->desc.candc);

	if (!call->over) {
		err = ua_simphone_remote(msg->to->phone, &msg->desc);
		if (!err && msg->kind == OFFER)
			err = callee_begins(call);
	}

	if (msg->kind == ANSWER && !call->over) {
		call->answered_us = call->net->now_us;
		ua_simphone_media(msg->to->phone, true);
	}

	if (err)
		ua_simnet_note(call->net, "signal  %s refuses it (%d)",
			       msg->to->phone->name, err);

	mem_deref(msg);
}


/* The proxy asks its relay, and puts it in front (RFC 8839, 5.1). */
static void proxy(struct ua_simcall *call, struct message *msg, bool answers)
{
	struct ua_simdesc *desc = &msg->desc;
	struct ua_addr relay;
	struct ua_ice_cand *c;
	const uint8_t *ip;

	if (!call->conf.latch || desc->dflt.af != UA_AF_IP4 ||
	    ua_simlatch_update(call->conf.latch, call->id, answers,
			       &desc->dflt, &relay))
		return;

	desc->dflt = relay;
	if (call->conf.proxy == UA_SIM_PROXY_PLAIN || !desc->candc ||
	    desc->candc == UA_SIM_CANDS)
		return;

	memmove(&desc->candv[1], &desc->candv[0],
		desc->candc * sizeof(desc->candv[0]));
	desc->candc++;
	c = &desc->candv[0];
	memset(c, 0, sizeof(*c));
	ip = relay.ip;
	(void)snprintf(c->foundation, sizeof(c->foundation), "R%x%02x%02x%02x",
		       ip[3], ip[2], ip[1], ip[0]);
	c->comp = 1;
	c->type = UA_ICE_RELAY;
	c->prio =
		call->conf.proxy == UA_SIM_PROXY_LOW ? 16777215U : 2197815295U;
	c->addr = relay;
}


static void send_desc(struct side *from, enum kind kind)
{
	struct ua_simcall *call = from->call;
	struct message *msg = mem_zalloc(sizeof(*msg), message_destructor);
	uint64_t at_us;

	if (!msg || call->over) {
		mem_deref(msg);
		return;
	}

	msg->call = call;
	msg->kind = kind;
	msg->to = &call->sidev[from == &call->sidev[0]];
	ua_simphone_describe(from->phone, &msg->desc);
	if (kind != UPDATE)
		proxy(call, msg, kind == ANSWER);

	at_us = call->net->now_us + call->conf.delay_min_us +
		ua_simnet_draw(call->net, call->conf.delay_max_us -
						  call->conf.delay_min_us + 1);
	if (at_us < from->last_us && !call->conf.reorder)
		at_us = from->last_us;
	from->last_us = at_us;

	ua_simnet_note(call->net, "signal  %s sends an %s", from->phone->name,
		       kinds[kind]);
	list_append(&call->messages, &msg->le, msg);
	if (ua_simtimer_start(&msg->tmr, call->net, at_us, on_message, msg))
		mem_deref(msg);
}


static void on_gathered(void *arg)
{
	struct side *side = arg;
	struct ua_simcall *call = side->call;

	side->gathered = true;
	if (side == &call->sidev[0])
		send_desc(side, OFFER);
	else
		answer(call);
}


/* What is late goes along once the other one is known to listen. */
static void on_late(void *arg)
{
	struct side *side = arg;
	struct ua_simcall *call = side->call;

	if (side == &call->sidev[0] || call->answer_sent)
		send_desc(side, UPDATE);
}


int ua_simcall_alloc(struct ua_simcall **callp, struct ua_simphone *caller,
		     struct ua_simphone *callee,
		     const struct ua_simcall_conf *conf)
{
	struct ua_simcall *call = mem_zalloc(sizeof(*call), call_destructor);
	struct ua_simphone *const phonev[] = { caller, callee };
	size_t i;

	if (!call)
		return ENOMEM;

	call->net = caller->net;
	call->conf = *conf;
	call->answered_us = UA_NEVER;
	call->id = (uint32_t)ua_simnet_draw(call->net, UINT32_MAX);

	for (i = 0; i < 2; i++) {
		struct side *side = &call->sidev[i];

		side->call = call;
		side->phone = mem_ref(phonev[i]);
		side->phone->call.gathered = on_gathered;
		side->phone->call.late = on_late;
		side->phone->call.arg = side;
	}

	list_append(&call->net->boxl, &call->le, call);

	*callp = call;
	return 0;
}


int ua_simcall_start(struct ua_simcall *call)
{
	return ua_simphone_gather(call->sidev[0].phone);
}


void ua_simcall_end(struct ua_simcall *call)
{
	size_t i;

	call->over = true;
	list_flush(&call->messages);
	ua_simtimer_cancel(&call->ring);
	if (call->conf.latch)
		ua_simlatch_remove(call->conf.latch, call->id);
	for (i = 0; i < 2; i++)
		ua_simphone_hangup(call->sidev[i].phone);

	ua_simnet_note(call->net, "signal  the call ends");
}


uint64_t ua_simcall_answered(const struct ua_simcall *call)
{
	return call->answered_us;
}
