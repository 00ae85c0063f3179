/* SPDX-License-Identifier: BSD-3-Clause */
/** @file flow.c  The way of one call's media: sockets, relays, ICE */

#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "call/flowcore.h"

enum { QUIET_MS = 1000 /* Of 50 packets none came */ };


static void flow_destructor(void *arg)
{
	struct ua_flow *flow = arg;
	size_t i;

	list_unlink(&flow->le);
	tmr_cancel(&flow->tmr);
	tmr_cancel(&flow->gather_tmr);

	ua_gather_free(flow);
	for (i = 0; i < flow->nhost; i++)
		mem_deref(flow->hosts[i].sock);

	ua_ice_free(flow->ice);
}


/* Does media come another way than it goes? */
static bool is_elsewhere(struct ua_flow *flow, const struct ua_leg *leg,
			 const struct ua_addr *src)
{
	struct ua_path path;

	return !ua_ice_media(flow->ice, 0, (uint16_t)leg->comp, &path) &&
	       (path.base != leg->base || !ua_addr_eq(&path.remote, src));
}


static void on_packet(struct ua_leg *leg, enum ua_demux kind,
		      const struct ua_addr *src, const uint8_t *buf,
		      size_t len)
{
	struct ua_flow *flow = leg->flow;
	const struct ua_path path = { .base = leg->base,
				      .local = leg->addr,
				      .remote = *src };
	const uint64_t now_ms = ua_clock_ms();
	bool elsewhere = false;

	if (flow->closing || !flow->handlers.packet)
		return;

	if (flow->plain) {
		if (!ua_plain_accepts(flow, leg->comp, src))
			return;
	}
	else if (!flow->ice ||
		 !ua_ice_accepts(flow->ice, 0, (uint16_t)leg->comp, &path)) {
		if (!ua_beside_accepts(leg, src))
			return;
	}
	else {
		ua_ice_heard(flow->ice, now_ms, &path);
		if (kind == UA_DEMUX_RTP)
			flow->heard_ms = now_ms;
		elsewhere = is_elsewhere(flow, leg, src);
	}

	flow->handlers.packet(kind, buf, len, flow->handlers.arg);

	/* That makes a path suspect, which has checks to send. */
	if (elsewhere)
		ua_flowpump_run(flow);
}


static void on_stun(struct ua_leg *leg, const struct ua_addr *src,
		    const uint8_t *buf, size_t len)
{
	struct ua_flow *flow = leg->flow;
	const struct ua_path path = { .base = leg->base,
				      .local = leg->addr,
				      .remote = *src };
	char addr[UA_ADDR_LEN];
	int err;

	if (!flow->ice || flow->closing)
		return;

	err = ua_ice_input(flow->ice, ua_clock_ms(), &path, buf, len);
	if (err)
		ua_log(flow->env->log, UA_LOG_DEBUG, "flow",
		       "STUN of %s dropped: %m", ua_addr_str(src, addr), err);
}


void ua_flow_input(struct ua_leg *leg, const struct ua_addr *src,
		   const uint8_t *buf, size_t len)
{
	const enum ua_demux kind = ua_demux_class(buf, len);

	switch (kind) {

	case UA_DEMUX_STUN:
		on_stun(leg, src, buf, len);
		break;

	case UA_DEMUX_RTP:
	case UA_DEMUX_RTCP:
		on_packet(leg, kind, src, buf, len);
		break;

	default:
		break;
	}
}


int ua_flow_alloc(struct ua_flow **flowp, struct ua_env *env, bool controlling,
		  const struct ua_flow_handlers *handlers)
{
	struct ua_flow *flow;
	int err;

	flow = mem_zalloc(sizeof(*flow), flow_destructor);
	if (!flow)
		return ENOMEM;

	flow->env = env;
	flow->handlers = *handlers;

	flow->controlling = controlling;
	flow->quiet_ms = QUIET_MS;
	flow->born_ms = ua_clock_ms();

	err = env->conf->ice == UA_ICE_OFF ? 0
					   : ua_flowdesc_ice(flow, &flow->ice);
	if (!err)
		err = ua_leg_open(flow);
	if (err) {
		mem_deref(flow);
		return err;
	}

	if (flow->ice)
		ua_asked_start(flow);

	ua_flowpump_start(flow);

	*flowp = flow;
	return 0;
}


void ua_flow_close(struct ua_flow *flow)
{
	if (!flow || flow->closing)
		return;

	flow->closing = true;
	memset(&flow->handlers, 0, sizeof(flow->handlers));
	tmr_cancel(&flow->gather_tmr);
	ua_ice_free(flow->ice);
	flow->ice = NULL;
	ua_gather_close(flow, ua_clock_ms(), 0);
	list_append(&flow->env->parting, &flow->le, flow);
	ua_flowpump_run(flow);
}


void ua_flow_expect(struct ua_flow *flow, bool on)
{
	if (flow->expects == on)
		return;

	flow->expects = on;
	flow->doubted = false;
	flow->heard_ms = 0;
	flow->quiet_ms = QUIET_MS;
}


int ua_flow_send(struct ua_flow *flow, unsigned comp, const uint8_t *buf,
		 size_t len)
{
	struct ua_leg *leg;
	struct ua_path path;
	int err;

	if (flow->mux)
		comp = 1;

	if (flow->plain)
		return ua_plain_send(flow, comp, buf, len);

	if (ua_beside_sends(flow))
		return ua_plain_send(flow, comp, buf, len);

	if (!flow->ice)
		return ENOTCONN;

	err = ua_ice_media(flow->ice, 0, (uint16_t)comp, &path);
	if (err)
		return err;

	leg = ua_leg_of_base(flow, path.base);

	return leg ? ua_leg_send(leg, &path.remote, buf, len) : ENOTCONN;
}


bool ua_flow_ready(const struct ua_flow *flow)
{
	struct ua_path path;

	if (flow->plain)
		return flow->has_remote;

	if (ua_beside_sends(flow))
		return true;

	return flow->ice && !ua_ice_media(flow->ice, 0, 1, &path);
}


bool ua_flow_is_plain(const struct ua_flow *flow)
{
	return flow->plain;
}


static void cand_info(const struct ua_flow *flow, struct ua_cand_info *info,
		      const struct ua_ice_cand *c)
{
	info->type = (enum ua_cand_type)c->type;
	info->addr = c->addr;
	info->component = (uint8_t)c->comp;
	info->priority = c->prio;
	info->origin = ua_proxied_origin(flow, &c->addr);
}


int ua_flow_path(const struct ua_flow *flow, struct ua_ice_info *info)
{
	struct ua_ice_cand local;
	struct ua_ice_cand remote;
	uint32_t rtt_ms;
	int err;

	memset(info, 0, sizeof(*info));

	if (flow->plain || ua_beside_sends(flow))
		return ua_plain_path(flow, info);

	if (!flow->ice)
		return ENOTCONN;

	err = ua_ice_selected(flow->ice, 0, 1, &local, &remote, &rtt_ms);
	if (err)
		return err;

	cand_info(flow, &info->local, &local);
	cand_info(flow, &info->remote, &remote);
	info->local.origin = UA_ORIGIN_PEER;
	info->relay =
		local.type == UA_ICE_RELAY || remote.type == UA_ICE_RELAY;
	info->rtt_ms = rtt_ms;
	info->ms = ua_ice_connect_ms(flow->ice);

	return 0;
}


int ua_flow_print(struct re_printf *pf, const struct ua_flow *flow)
{
	if (flow->ice)
		return re_hprintf(pf, "%H", ua_ice_print, flow->ice);

	return re_hprintf(pf, flow->plain ? "without ICE" : "closed");
}
