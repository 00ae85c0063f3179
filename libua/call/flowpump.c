/* SPDX-License-Identifier: BSD-3-Clause */
/** @file flowpump.c  What the machines of a flow want, and when */

#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "call/flowcore.h"

enum { QUIET_MAX_MS = 16000 /* Who is quiet for long, is */ };


/* ICE asks for a relay's permission or channel. */
static void relay_wish(struct ua_flow *flow, const struct ua_ice_event *ev,
		       uint64_t now_ms)
{
	struct ua_leg *leg = ua_leg_of_base(flow, ev->base);
	int err;

	if (!leg || !leg->relay || !leg->relay->turn)
		return;

	if (ev->type == UA_ICE_EVENT_CHANNEL) {
		err = ua_turn_channel(leg->relay->turn, now_ms, &ev->addr);
		if (err)
			ua_log(flow->env->log, UA_LOG_DEBUG, "flow",
			       "no channel: %m", err);
		return;
	}

	err = ua_turn_permit(leg->relay->turn, now_ms, &ev->addr);
	if (err)
		ua_ice_verdict(flow->ice, now_ms, ev->base, &ev->addr, err);
}


static void permits_flush(struct ua_flow *flow, uint64_t now_ms)
{
	size_t i;

	for (i = 0; i < flow->nrelay; i++) {
		if (flow->relays[i].turn)
			ua_turn_flush(flow->relays[i].turn, now_ms);
	}
}


static void ice_event(struct ua_flow *flow, const struct ua_ice_event *ev,
		      uint64_t now_ms)
{
	switch (ev->type) {

	case UA_ICE_EVENT_SUSPECT:
		flow->shaky = true;
		/* Was it our NAT?  Then we need not wait for the verdict. */
		ua_gather_ask(flow, now_ms);
		ua_gather_doubt(flow, now_ms);
		break;

	case UA_ICE_EVENT_CONSENT_LOST:
		flow->shaky = true;
		break;

	case UA_ICE_EVENT_MEDIA_PATH:
		flow->shaky = false;
		break;

	case UA_ICE_EVENT_RECOVERED:
		flow->shaky = false;
		/* It works, there is just no media: do not ask so soon. */
		if (flow->doubted && flow->quiet_ms < QUIET_MAX_MS)
			flow->quiet_ms *= 4;
		flow->doubted = false;
		break;

	case UA_ICE_EVENT_NEED_RESTART:
		ua_roam_want(flow, now_ms, ev->why);
		break;

	case UA_ICE_EVENT_NOMINATED:
		flow->shaky = false;
		ua_gather_nominated(flow, now_ms);
		if (ev->all) {
			flow->restarts = 0;
			flow->concluded = true;
		}
		break;

	case UA_ICE_EVENT_NO_PATH_YET:
		ua_gather_doubt(flow, now_ms);
		ua_gather_more(flow);
		/* The call was up before: try on, with other sockets.  A
		   relay that took somebody else for us or for the peer is
		   mended by nothing but another m= port. */
		if ((flow->restarts || flow->nproxied) &&
		    !ua_beside_hears(flow))
			ua_roam_want(flow, now_ms, "restart found no path");
		break;

	default:
		break;
	}

	if (flow->handlers.ice)
		flow->handlers.ice(ev, flow->handlers.arg);
}


/* Media that should come does not. */
static void doubt(struct ua_flow *flow, uint64_t now_ms)
{
	if (!flow->expects || !flow->heard_ms || !flow->ice ||
	    now_ms < flow->heard_ms + flow->quiet_ms)
		return;

	flow->heard_ms = now_ms;
	flow->doubted = true;
	ua_ice_silent(flow->ice, now_ms, 0);
}


static void tell_restart(struct ua_flow *flow, uint64_t now_ms, uint64_t *at)
{
	const char *why = flow->why;

	if (!ua_roam_due(flow, now_ms, at))
		return;

	flow->why = NULL;
	if (flow->handlers.restart)
		flow->handlers.restart(why, flow->handlers.arg);
}


static void ice_output(struct ua_flow *flow, uint64_t now_ms)
{
	struct ua_leg *leg;
	struct ua_dgram dg;
	int err;

	while (flow->ice && ua_ice_output(flow->ice, now_ms, &dg)) {
		leg = ua_leg_of_base(flow, dg.path.base);
		err = leg ? ua_leg_send(leg, &dg.path.remote, dg.buf, dg.len)
			  : ENOTCONN;
		if (err)
			ua_ice_send_error(flow->ice, now_ms, &dg, err);
	}
}


static void ice_pump(struct ua_flow *flow, uint64_t now_ms)
{
	struct ua_ice_event ev;
	bool permits = false;

	ice_output(flow, now_ms);

	while (flow->ice && ua_ice_event(flow->ice, &ev)) {
		if (ev.type == UA_ICE_EVENT_PERMIT ||
		    ev.type == UA_ICE_EVENT_CHANNEL)
			relay_wish(flow, &ev, now_ms);
		else
			ice_event(flow, &ev, now_ms);

		permits |= ev.type == UA_ICE_EVENT_PERMIT;
		ice_output(flow, now_ms);
	}

	if (permits)
		permits_flush(flow, now_ms);
}


static void tell_gathered(struct ua_flow *flow)
{
	if (flow->gathered || flow->closing)
		return;

	flow->gathered = true;
	tmr_cancel(&flow->gather_tmr);
	if (flow->handlers.gathered)
		flow->handlers.gathered(flow->handlers.arg);
}


static void on_gather_time(void *arg)
{
	struct ua_flow *flow = mem_ref(arg);

	tell_gathered(flow);
	mem_deref(flow);
}


static void on_deadline(void *arg);


void ua_flowpump_run(struct ua_flow *flow)
{
	const uint64_t now_ms = ua_clock_ms();
	const bool before = flow->complete;
	uint64_t due = UA_NEVER;
	uint64_t at;

	/* A handler may close the flow: it lives until this is over. */
	mem_ref(flow);

	at = ua_gather_pump(flow, now_ms);
	if (!flow->closing) {
		ice_pump(flow, now_ms);

		/* ICE's wishes are new output of the relays. */
		at = ua_gather_pump(flow, now_ms);

		if (!flow->complete && ua_gather_done(flow)) {
			flow->complete = true;
			if (flow->ice)
				(void)ua_ice_gathered(flow->ice, now_ms);
			tell_gathered(flow);
			ice_pump(flow, now_ms);
		}

		ua_flowdesc_late(flow);
		if (!before && flow->complete && flow->handlers.complete)
			flow->handlers.complete(flow->handlers.arg);
		at = ua_flowcore_earlier(at, ua_beside_pump(flow, now_ms));
		at = ua_flowcore_earlier(at, ua_proxied_pump(flow, now_ms));
		tell_restart(flow, now_ms, &due);
		at = ua_flowcore_earlier(at, due);
	}

	if (flow->ice)
		at = ua_flowcore_earlier(at, ua_ice_deadline(flow->ice));

	if (flow->ice && flow->expects && flow->heard_ms)
		at = ua_flowcore_earlier(at, flow->heard_ms + flow->quiet_ms);

	if (at == UA_NEVER)
		tmr_cancel(&flow->tmr);
	else
		tmr_start(&flow->tmr, at > now_ms ? at - now_ms : 0,
			  on_deadline, flow);

	/* Once: a handler above may have closed it, and it is parted with. */
	if (flow->closing && flow->le.list && ua_gather_gone(flow)) {
		list_unlink(&flow->le);
		mem_deref(flow);
	}

	mem_deref(flow);
}


static void on_deadline(void *arg)
{
	struct ua_flow *flow = arg;

	if (flow->ice) {
		ua_ice_tick(flow->ice, ua_clock_ms());
		doubt(flow, ua_clock_ms());
	}

	ua_flowpump_run(flow);
}


void ua_flowpump_start(struct ua_flow *flow)
{
	/* Without servers it is over at once, but never inside this call. */
	tmr_start(&flow->gather_tmr, UA_FLOW_GATHER_MS, on_gather_time, flow);
	tmr_start(&flow->tmr, 0, on_deadline, flow);
}


void ua_flow_rearm(struct ua_flow *flow)
{
	if (tmr_isrunning(&flow->gather_tmr))
		tmr_start(&flow->gather_tmr, UA_FLOW_GATHER_MS, on_gather_time,
			  flow);

	if (tmr_isrunning(&flow->tmr))
		tmr_start(&flow->tmr, 0, on_deadline, flow);
}
