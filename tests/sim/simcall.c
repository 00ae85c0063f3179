/* SPDX-License-Identifier: BSD-3-Clause */
/** @file simcall.c  Signalling between two phones: who offers, who answers */

#include <errno.h>
#include <string.h>

#include "simcallcore.h"

enum {
	/* Who may offer again after a 491 (RFC 3261, 14.1) */
	OWNER_MIN_MS = 2100,
	OWNER_MAX_MS = 4000,
	OTHER_MAX_MS = 2000
};

static void held_flush(struct ua_simside *side)
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
		mem_deref(call->sidev[i].first);
		ua_simtimer_cancel(&call->sidev[i].again);
		if (call->sidev[i].phone)
			memset(&call->sidev[i].phone->call, 0,
			       sizeof(call->sidev[i].phone->call));
		mem_deref(call->sidev[i].phone);
	}
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


static void apply_hold(struct ua_simside *side)
{
	ua_simphone_hold(side->phone, side->holds || side->is_held);
}


/* A restart says all that another offer would. */
static void offer_next(struct ua_simside *side)
{
	bool updates = false;

	if (!(side->wants || side->reoffers) || !side->established ||
	    side->pending || side->owes || side->again.place ||
	    side->call->over)
		return;

	side->restarts = side->wants;
	side->updating = false;
	if (side->wants) {
		side->wants = false;
		if (ua_simphone_restart(side->phone))
			return;
	}
	else {
		updates = side->updates;
		side->updating = updates;
	}

	side->reoffers = false;
	side->updates = false;
	side->pending = true;
	apply_hold(side);
	ua_simsignal_describe(side, UA_SIM_OFFER, ++side->offer, updates,
			      side->holds);
	ua_simphone_pump(side->phone);
}


static void on_again(void *arg)
{
	offer_next(arg);
}


/* Both have offered: they try again at different times. */
static void again_later(struct ua_simside *side)
{
	struct ua_simcall *call = side->call;
	const bool owner = side == &call->sidev[0];
	const uint64_t ms = draw(call, owner ? OWNER_MIN_MS : 0,
				 owner ? OWNER_MAX_MS : OTHER_MAX_MS);

	if (ua_simtimer_start(&side->again, call->net,
			      call->net->now_us + ms * UA_SIM_MS, on_again,
			      side))
		side->wants = false;
}


/* What came before its description is looked at again. */
static void held_again(struct ua_simside *side)
{
	size_t n = 0;
	size_t i;

	for (i = 0; i < side->nheld; i++) {
		struct ua_simmessage *msg = side->heldv[i];

		if (ua_simphone_trickle(side->phone, &msg->desc) == ESTALE)
			side->heldv[n++] = msg;
		else
			mem_deref(msg);
	}

	side->nheld = n;
}


static void answer(struct ua_simcall *call)
{
	struct ua_simside *callee = &call->sidev[1];

	if (!call->offered || !call->rung || callee->established ||
	    !callee->gathered)
		return;

	if (callee->first &&
	    ua_simphone_remote(callee->phone, &callee->first->desc))
		return;

	callee->first = mem_deref(callee->first);
	callee->established = true;
	ua_simsignal_describe(callee, UA_SIM_ANSWER, 1, false, false);
	ua_simphone_media(callee->phone, true);
	held_again(callee);
	offer_next(callee);
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


/* @return True: it is kept, and not to be freed */
static bool on_first(struct ua_simside *side, struct ua_simmessage *msg,
		     int *err)
{
	struct ua_simcall *call = side->call;

	*err = callee_begins(call);
	if (*err)
		return false;

	if (call->conf.late) {
		list_unlink(&msg->le);
		side->first = msg;
		return true;
	}

	*err = ua_simphone_remote(side->phone, &msg->desc);
	held_again(side);

	return false;
}


static int on_offer(struct ua_simside *side, struct ua_simmessage *msg)
{
	struct ua_simcall *call = side->call;
	uint16_t gen;
	bool known;
	int err;

	if (!side->phone->ice)
		return ENOTCONN;

	if (side->pending || !side->established) {
		ua_simsignal_refuse(side, msg->offer, 491);
		return 0;
	}

	if (ua_simnet_draw(call->net, 10000) < call->conf.refuse) {
		ua_simsignal_refuse(side, msg->offer, 488);
		return 0;
	}

	gen = ua_ice_gen(side->phone->ice);
	known = ua_simorigin_is_proxied(side->phone, &msg->desc.dflt);
	side->owes = true;
	err = ua_simphone_remote(side->phone, &msg->desc);
	side->owes = false;
	if (err)
		return err;

	/* Their restart is as good as ours, unless a relay of the proxy has
	   to forget us: it did not, where its address is the old one. */
	if (gen != ua_ice_gen(side->phone->ice) &&
	    !(known && side->phone->shaky))
		side->wants = false;
	ua_simtimer_cancel(&side->again);
	side->is_held = msg->desc.hold;
	apply_hold(side);
	ua_simsignal_describe(side, UA_SIM_ANSWER, msg->offer, false,
			      side->holds || side->is_held);
	held_again(side);
	offer_next(side);

	return 0;
}


static int on_answer(struct ua_simside *side, struct ua_simmessage *msg)
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

	if (!side->holds) {
		side->is_held = msg->desc.hold;
		apply_hold(side);
	}

	held_again(side);
	offer_next(side);

	return err;
}


static int on_refusal(struct ua_simside *side, struct ua_simmessage *msg)
{
	if (!side->pending || msg->offer != side->offer)
		return ESTALE;

	side->pending = false;
	if (side->restarts) {
		ua_simphone_rollback(side->phone);
		side->wants = true;
	}
	else {
		side->reoffers = true;
		side->updates |= side->updating;
	}

	again_later(side);

	return 0;
}


/* @return True: it is held, and not to be freed */
static bool on_info(struct ua_simside *side, struct ua_simmessage *msg,
		    int *err)
{
	*err = ua_simphone_trickle(side->phone, &msg->desc);
	if ((*err != ENOTCONN && *err != ESTALE) || side->nheld == UA_SIM_HELD)
		return false;

	side->heldv[side->nheld++] = msg;
	list_unlink(&msg->le);

	return true;
}


bool ua_simcall_input(struct ua_simside *to, struct ua_simmessage *msg)
{
	bool held = false;
	int err = 0;

	switch (msg->kind) {

	case UA_SIM_OFFER:
		if (msg->call->offered)
			err = on_offer(to, msg);
		else
			held = on_first(to, msg, &err);
		break;

	case UA_SIM_ANSWER:
		err = on_answer(to, msg);
		break;

	case UA_SIM_INFO:
		held = on_info(to, msg, &err);
		break;

	case UA_SIM_REFUSAL:
		err = on_refusal(to, msg);
		break;
	}

	if (err)
		ua_simnet_note(msg->call->net,
			       "signal  %s does not take it (%d)",
			       to->phone->name, err);

	return held;
}


static void on_gathered(void *arg)
{
	struct ua_simside *side = arg;
	struct ua_simcall *call = side->call;

	side->gathered = true;
	if (side != &call->sidev[0]) {
		answer(call);
		return;
	}

	side->pending = true;
	ua_simsignal_describe(side, UA_SIM_OFFER, ++side->offer, false, false);
}


/* What is late goes along once the other one is known to listen. */
static void on_late(void *arg)
{
	struct ua_simside *side = arg;

	if (side == &side->call->sidev[0] || side->established)
		ua_simsignal_describe(side, UA_SIM_INFO, side->offer, false,
				      false);
}


static void on_restart(const char *why, void *arg)
{
	struct ua_simside *side = arg;

	(void)why;
	side->wants = true;
	offer_next(side);
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
		struct ua_simside *side = &call->sidev[i];

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
	for (i = 0; i < call->conf.nproxy; i++)
		ua_simlatch_remove(call->conf.proxyv[i].latch, call->id);
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
		const struct ua_simside *side = &call->sidev[i];

		if (side->wants || side->reoffers || side->again.place)
			return UA_NEVER;
	}

	return call->settled_us;
}


void ua_simcall_restart(struct ua_simcall *call, bool callee)
{
	on_restart("asked for", &call->sidev[callee]);
}


void ua_simcall_hold(struct ua_simcall *call, bool callee, bool hold)
{
	struct ua_simside *side = &call->sidev[callee];

	side->holds = hold;
	side->reoffers = true;
	offer_next(side);
}


void ua_simcall_update(struct ua_simcall *call, bool callee)
{
	struct ua_simside *side = &call->sidev[callee];

	side->reoffers = true;
	side->updates = true;
	offer_next(side);
}
