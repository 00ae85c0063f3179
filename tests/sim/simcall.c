/* SPDX-License-Identifier: BSD-3-Clause */
/** @file simcall.c  Signalling between two phones, with a proxy on its way */

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "simphonecore.h"

enum {
	/* Who may offer again after a 491 (RFC 3261, 14.1) */
	OWNER_MIN_MS = 2100,
	OWNER_MAX_MS = 4000,
	OTHER_MAX_MS = 2000,
	HELD = 16 /* Candidates that came before their description      */
};

enum kind { OFFER = 0, ANSWER, INFO, REFUSAL };

static const char *const kinds[] = { "offer", "answer", "info", "refusal" };

struct side {
	struct ua_simcall *call;
	struct ua_simphone *phone;
	struct ua_simtimer again;
	struct message *heldv[HELD]; /* Owned                             */
	size_t nheld;
	uint64_t last_us; /* What it sent last arrives then               */
	unsigned offer;   /* Number of its last offer                     */
	bool gathered;
	bool established; /* It may offer                                 */
	bool pending;     /* Its offer has no answer yet                  */
	bool wants;       /* A restart                                    */
};

/** A description under way */
struct message {
	struct le le;
	struct ua_simcall *call;
	struct side *to;
	enum kind kind;
	unsigned offer;
	unsigned code; /* Of a refusal                                    */
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
	uint64_t settled_us;  /* The last message came                    */
	bool offered;         /* The callee has the offer                 */
	bool rung;
	bool over;
};


static void held_flush(struct side *side)
{
	while (side->nheld)
		mem_deref(side->heldv[--side->nheld]);
}


static void call_destructor(void *arg)
{
	struct ua_simcall *call = arg;
	size_t i;

	list_unlink(&call->le);
	list_flush(&call->messages);
	ua_simtimer_cancel(&call->ring);
	for (i = 0; i < 2; i++) {
		held_flush(&call->sidev[i]);
		ua_simtimer_cancel(&call->sidev[i].again);
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


static uint64_t draw(struct ua_simcall *call, uint64_t min, uint64_t max)
{
	return min + ua_simnet_draw(call->net, max - min + 1);
}


/* The proxy asks its relay, and puts it in front (RFC 8839, 5.1). */
static void proxy(struct ua_simcall *call, struct message *msg)
{
	struct ua_simdesc *desc = &msg->desc;
	struct ua_addr relay;
	struct ua_ice_cand *c;
	const uint8_t *ip;

	if (!call->conf.latch || desc->dflt.af != UA_AF_IP4 ||
	    ua_simlatch_update(call->conf.latch, call->id,
			       msg->to == &call->sidev[0], msg->kind == ANSWER,
			       &desc->dflt, &relay))
		return;

	desc->dflt = relay;
	desc->proxied = true;
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


static void on_message(void *arg);


static struct message *message_make(struct side *from, enum kind kind)
{
	struct message *msg = mem_zalloc(sizeof(*msg), message_destructor);

	if (!msg)
		return NULL;

	msg->call = from->call;
	msg->kind = kind;
	msg->to = &from->call->sidev[from == &from->call->sidev[0]];

	return msg;
}


static void transmit(struct side *from, struct message *msg)
{
	struct ua_simcall *call = from->call;
	uint64_t at_us =
		call->net->now_us +
		draw(call, call->conf.delay_min_us, call->conf.delay_max_us);

	if (at_us < from->last_us && !call->conf.reorder)
		at_us = from->last_us;
	from->last_us = at_us;

	ua_simnet_note(call->net, "signal  %s sends %s %u", from->phone->name,
		       kinds[msg->kind], msg->offer);
	list_append(&call->messages, &msg->le, msg);
	if (ua_simtimer_start(&msg->tmr, call->net, at_us, on_message, msg))
		mem_deref(msg);
}


static void send_desc(struct side *from, enum kind kind, unsigned offer)
{
	struct message *msg;

	if (from->call->over)
		return;

	msg = message_make(from, kind);
	if (!msg)
		return;

	msg->offer = offer;
	ua_simphone_describe(from->phone, &msg->desc);
	if (kind != INFO)
		proxy(from->call, msg);

	transmit(from, msg);
}


static void refuse(struct side *from, unsigned offer, unsigned code)
{
	struct message *msg = message_make(from, REFUSAL);

	if (!msg)
		return;

	msg->offer = offer;
	msg->code = code;
	transmit(from, msg);
}


static void offer_restart(struct side *side)
{
	if (!side->wants || !side->established || side->pending ||
	    side->again.place || side->call->over)
		return;

	side->wants = false;
	if (ua_simphone_restart(side->phone))
		return;

	side->pending = true;
	send_desc(side, OFFER, ++side->offer);
	ua_simphone_pump(side->phone);
}


static void on_again(void *arg)
{
	offer_restart(arg);
}


/* Both have offered: they try again at different times. */
static void again_later(struct side *side)
{
	struct ua_simcall *call = side->call;
	const bool owner = side == &call->sidev[0];
	const uint64_t ms = draw(call, owner ? OWNER_MIN_MS : 0,
				 owner ? OWNER_MAX_MS : OTHER_MAX_MS);

	side->wants = true;
	if (ua_simtimer_start(&side->again, call->net,
			      call->net->now_us + ms * UA_SIM_MS, on_again,
			      side))
		side->wants = false;
}


static void answer(struct ua_simcall *call)
{
	struct side *callee = &call->sidev[1];

	if (!call->offered || !call->rung || callee->established ||
	    !callee->gathered)
		return;

	callee->established = true;
	send_desc(callee, ANSWER, 1);
	ua_simphone_media(callee->phone, true);
	offer_restart(callee);
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


/* What came before its description is looked at again. */
static void held_again(struct side *side)
{
	size_t n = 0;
	size_t i;

	for (i = 0; i < side->nheld; i++) {
		struct message *msg = side->heldv[i];

		if (ua_simphone_trickle(side->phone, &msg->desc) == ESTALE)
			side->heldv[n++] = msg;
		else
			mem_deref(msg);
	}

	side->nheld = n;
}


static int on_offer(struct side *side, struct message *msg)
{
	struct ua_simcall *call = side->call;
	int err;

	if (side->pending || (call->offered && !side->established)) {
		refuse(side, msg->offer, 491);
		return 0;
	}

	if (call->offered &&
	    ua_simnet_draw(call->net, 10000) < call->conf.refuse) {
		refuse(side, msg->offer, 488);
		return 0;
	}

	err = ua_simphone_remote(side->phone, &msg->desc);
	if (err)
		return err;

	if (!call->offered) {
		err = callee_begins(call);
		held_again(side);
		return err;
	}

	/* Their restart is as good as ours. */
	side->wants = false;
	ua_simtimer_cancel(&side->again);
	send_desc(side, ANSWER, msg->offer);
	held_again(side);

	return 0;
}


static int on_answer(struct side *side, struct message *msg)
{
	struct ua_simcall *call = side->call;
	int err;

	if (!side->pending || msg->offer != side->offer)
		return ESTALE;

	side->pending = false;
	err = ua_simphone_remote(side->phone, &msg->desc);
	if (call->answered_us == UA_NEVER) {
		call->answered_us = call->net->now_us;
		side->established = true;
		ua_simphone_media(side->phone, true);
	}

	held_again(side);
	offer_restart(side);

	return err;
}


static int on_refusal(struct side *side, struct message *msg)
{
	if (!side->pending || msg->offer != side->offer)
		return ESTALE;

	side->pending = false;
	ua_simphone_rollback(side->phone);
	again_later(side);

	return 0;
}


/* @return True: it is held, and not to be freed */
static bool on_info(struct side *side, struct message *msg, int *err)
{
	*err = ua_simphone_trickle(side->phone, &msg->desc);
	if ((*err != ENOTCONN && *err != ESTALE) || side->nheld == HELD)
		return false;

	side->heldv[side->nheld++] = msg;
	list_unlink(&msg->le);

	return true;
}


static void on_message(void *arg)
{
	struct message *msg = arg;
	struct ua_simcall *call = msg->call;
	struct side *to = msg->to;
	bool held = false;
	int err = 0;

	ua_simnet_note(call->net, "signal  %s has %s %u (%u candidates%s, %u)",
		       to->phone->name, kinds[msg->kind], msg->offer,
		       (unsigned)msg->desc.candc, msg->desc.end ? ", end" : "",
		       msg->code);
	call->settled_us = call->net->now_us;

	switch (msg->kind) {

	case OFFER:
		err = on_offer(to, msg);
		break;

	case ANSWER:
		err = on_answer(to, msg);
		break;

	case INFO:
		held = on_info(to, msg, &err);
		break;

	case REFUSAL:
		err = on_refusal(to, msg);
		break;
	}

	if (err)
		ua_simnet_note(call->net, "signal  %s does not take it (%d)",
			       to->phone->name, err);

	if (!held)
		mem_deref(msg);
}


static void on_gathered(void *arg)
{
	struct side *side = arg;
	struct ua_simcall *call = side->call;

	side->gathered = true;
	if (side != &call->sidev[0]) {
		answer(call);
		return;
	}

	side->pending = true;
	send_desc(side, OFFER, ++side->offer);
}


/* What is late goes along once the other one is known to listen. */
static void on_late(void *arg)
{
	struct side *side = arg;

	if (side == &side->call->sidev[0] || side->established)
		send_desc(side, INFO, side->offer);
}


static void on_restart(const char *why, void *arg)
{
	struct side *side = arg;

	(void)why;
	side->wants = true;
	offer_restart(side);
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
		side->phone->call.restart = on_restart;
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
	for (i = 0; i < 2; i++)
		ua_simtimer_cancel(&call->sidev[i].again);
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


uint64_t ua_simcall_settled(const struct ua_simcall *call)
{
	size_t i;

	if (call->messages.head)
		return UA_NEVER;

	for (i = 0; i < 2; i++) {
		if (call->sidev[i].wants || call->sidev[i].again.place)
			return UA_NEVER;
	}

	return call->settled_us;
}


void ua_simcall_restart(struct ua_simcall *call, bool callee)
{
	on_restart("asked for", &call->sidev[callee]);
}
