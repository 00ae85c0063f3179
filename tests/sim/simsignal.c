/* SPDX-License-Identifier: BSD-3-Clause */
/** @file simsignal.c  Messages of a call under way, through its proxies */

#include "simcallcore.h"

static const char *const kinds[] = { "offer", "answer", "info", "refusal" };


static void message_destructor(void *arg)
{
	struct ua_simmessage *msg = arg;

	list_unlink(&msg->le);
	ua_simtimer_cancel(&msg->tmr);
}


static void on_message(void *arg)
{
	struct ua_simmessage *msg = arg;
	struct ua_simcall *call = msg->call;

	ua_simnet_note(call->net, "signal  %s has %s %u (%u candidates%s, %u)",
		       msg->to->phone->name, kinds[msg->kind], msg->offer,
		       (unsigned)msg->desc.candc, msg->desc.end ? ", end" : "",
		       msg->code);
	call->settled_us = call->net->now_us;

	if (!ua_simcall_input(msg->to, msg))
		mem_deref(msg);
}


static struct ua_simmessage *message_make(struct ua_simside *from,
					  enum ua_simkind kind)
{
	struct ua_simmessage *msg =
		mem_zalloc(sizeof(*msg), message_destructor);

	if (!msg)
		return NULL;

	msg->call = from->call;
	msg->kind = kind;
	msg->to = &from->call->sidev[from == &from->call->sidev[0]];

	return msg;
}


static void transmit(struct ua_simside *from, struct ua_simmessage *msg)
{
	struct ua_simcall *call = from->call;
	const uint64_t span_us =
		call->conf.delay_max_us - call->conf.delay_min_us;
	uint64_t at_us = call->net->now_us + call->conf.delay_min_us +
			 ua_simnet_draw(call->net, span_us + 1);

	if (at_us < from->last_us && !call->conf.reorder)
		at_us = from->last_us;
	from->last_us = at_us;

	ua_simnet_note(call->net, "signal  %s sends %s %u%s",
		       from->phone->name, kinds[msg->kind], msg->offer,
		       msg->desc.hold      ? ", hold"
		       : msg->desc.updated ? ", update"
					   : "");
	list_append(&call->messages, &msg->le, msg);
	if (ua_simtimer_start(&msg->tmr, call->net, at_us, on_message, msg))
		mem_deref(msg);
}


/* Each proxy on the way sees what the one before it made of it. */
static void proxies(struct ua_simside *from, struct ua_simmessage *msg)
{
	struct ua_simcall *call = from->call;
	const bool callee = from == &call->sidev[1];
	struct ua_simpassage passage = {
		.call = call->id,
		.callee = callee,
		.answer = msg->kind == UA_SIM_ANSWER,
	};
	size_t i, k;

	for (i = 0; i < call->conf.nproxy; i++) {
		k = callee ? call->conf.nproxy - 1 - i : i;
		passage.state = &call->statev[k];
		ua_simproxy_pass(&call->conf.proxyv[k], &passage, &msg->desc);
	}
}


void ua_simsignal_describe(struct ua_simside *from, enum ua_simkind kind,
			   unsigned offer, bool updated, bool hold)
{
	struct ua_simmessage *msg;

	if (from->call->over)
		return;

	msg = message_make(from, kind);
	if (!msg)
		return;

	msg->offer = offer;
	ua_simphone_describe(from->phone, &msg->desc);
	msg->desc.updated = updated;
	msg->desc.hold = hold;
	if (kind != UA_SIM_INFO)
		proxies(from, msg);

	transmit(from, msg);
}


void ua_simsignal_refuse(struct ua_simside *from, unsigned offer,
			 unsigned code)
{
	struct ua_simmessage *msg = message_make(from, UA_SIM_REFUSAL);

	if (!msg)
		return;

	msg->offer = offer;
	msg->code = code;
	transmit(from, msg);
}
