/* SPDX-License-Identifier: BSD-3-Clause */
/** @file flow.c  The way of one call's media: sockets, relays, ICE */

#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "call/flowcore.h"

enum {
	QUIET_MS = 1000, /* Of 50 packets none came                        */
	QUIET_MAX_MS = 16000
};


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


/* A server that was restarted does not know us, and says so if asked. */
static void relays_doubt(struct ua_flow *flow, uint64_t now_ms)
{
	size_t i;

	for (i = 0; i < flow->nrelay; i++) {
		if (flow->relays[i].turn)
			ua_turn_ask(flow->relays[i].turn, now_ms);
	}
}


static void ice_event(struct ua_flow *flow, const struct ua_ice_event *ev,
		      uint64_t now_ms)
{
	switch (ev->type) {

	case UA_ICE_EVENT_SUSPECT:
		/* Was it our NAT?  Then we need not wait for the verdict. */
		ua_gather_ask(flow, now_ms);
		relays_doubt(flow, now_ms);
		break;

	case UA_ICE_EVENT_RECOVERED:
		/* It works, there is just no media: do not ask so soon. */
		if (flow->doubted && flow->quiet_ms < QUIET_MAX_MS)
			flow->quiet_ms *= 4;
		flow->doubted = false;
		break;

	case UA_ICE_EVENT_NEED_RESTART:
		ua_roam_want(flow, now_ms, ev->why);
		break;

	case UA_ICE_EVENT_NOMINATED:
		ua_gather_nominated(flow, now_ms);
		if (ev->all) {
			flow->restarts = 0;
			flow->concluded = true;
		}
		break;

	case UA_ICE_EVENT_NO_PATH_YET:
		relays_doubt(flow, now_ms);
		ua_gather_more(flow);
		/* The call was up before: try on, with other sockets. */
		if (flow->restarts)
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


/* FNV-1a of what tells candidates apart */
static uint32_t cand_hash(const struct ua_sdp_cand *cand)
{
	char buf[UA_ADDR_LEN + 8];
	uint32_t h = 0x811c9dc5;
	const char *p;

	(void)re_snprintf(buf, sizeof(buf), "%u%u", cand->comp, cand->type);
	for (p = buf; *p; p++)
		h = (h ^ (uint8_t)*p) * 0x01000193;

	(void)ua_addr_str(&cand->addr, buf);
	for (p = buf; *p; p++)
		h = (h ^ (uint8_t)*p) * 0x01000193;

	return h;
}


static bool is_told(const struct ua_flow *flow, const struct ua_sdp_cand *cand)
{
	const uint32_t h = cand_hash(cand);
	size_t i;

	for (i = 0; i < flow->ntold; i++) {
		if (flow->toldv[i] == h)
			return true;
	}

	return false;
}


/* The owner knows of these. */
static void told(struct ua_flow *flow, const struct ua_sdp_cand *candv,
		 size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		flow->toldv[i] = cand_hash(&candv[i]);

	flow->ntold = n;
}


/* Who is told once of what came too late can tell the peer. */
static void tell_late(struct ua_flow *flow)
{
	struct ua_sdp_cand candv[UA_FLOW_CANDS];
	size_t n, i;

	if (!flow->described || !flow->handlers.late)
		return;

	n = ua_flow_cands(flow, candv, UA_FLOW_CANDS);
	for (i = 0; i < n && is_told(flow, &candv[i]); i++)
		;

	if (i == n)
		return;

	told(flow, candv, n);
	flow->handlers.late(flow->handlers.arg);
}


static void on_gather_time(void *arg)
{
	struct ua_flow *flow = mem_ref(arg);

	tell_gathered(flow);
	mem_deref(flow);
}


static void on_deadline(void *arg);


static uint64_t earlier(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}


void ua_flow_pump(struct ua_flow *flow)
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

		tell_late(flow);
		if (!before && flow->complete && flow->handlers.complete)
			flow->handlers.complete(flow->handlers.arg);
		tell_restart(flow, now_ms, &due);
		at = earlier(at, due);
	}

	if (flow->ice)
		at = earlier(at, ua_ice_deadline(flow->ice));

	if (flow->ice && flow->expects && flow->heard_ms)
		at = earlier(at, flow->heard_ms + flow->quiet_ms);

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

	ua_flow_pump(flow);
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
	else {
		if (!flow->ice ||
		    !ua_ice_accepts(flow->ice, 0, (uint16_t)leg->comp, &path))
			return;

		ua_ice_heard(flow->ice, now_ms, &path);
		if (kind == UA_DEMUX_RTP)
			flow->heard_ms = now_ms;
		elsewhere = is_elsewhere(flow, leg, src);
	}

	flow->handlers.packet(kind, buf, len, flow->handlers.arg);

	/* That makes a path suspect, which has checks to send. */
	if (elsewhere)
		ua_flow_pump(flow);
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


/* A fresh agent; of a fork: with the credentials of the one before. */
static int open_ice(struct ua_flow *flow, struct ua_ice **icep)
{
	struct ua_ice_conf conf;

	ua_ice_conf_default(&conf);
	conf.rand = flow->env->rand;
	conf.pacer = flow->env->pacer;
	conf.log = flow->env->log;
	conf.ncomp = UA_FLOW_COMPS;
	conf.controlling = flow->controlling;
	conf.fork_of = flow->ice;

	return ua_ice_alloc(icep, &conf);
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

	err = env->conf->ice == UA_ICE_OFF ? 0 : open_ice(flow, &flow->ice);
	if (!err)
		err = ua_leg_open(flow);
	if (err) {
		mem_deref(flow);
		return err;
	}

	if (flow->ice)
		ua_gather_start(flow);

	/* Without servers it is over at once, but never inside this call. */
	tmr_start(&flow->gather_tmr, UA_FLOW_GATHER_MS, on_gather_time, flow);
	tmr_start(&flow->tmr, 0, on_deadline, flow);

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
	ua_flow_pump(flow);
}


static void local_cand(struct ua_sdp_cand *out, const struct ua_ice_cand *cand)
{
	memset(out, 0, sizeof(*out));
	out->comp = cand->comp;
	out->type = (uint8_t)cand->type;
	out->prio = cand->prio;
	out->addr = cand->addr;
	out->raddr = cand->raddr;
	str_ncpy(out->foundation, cand->foundation, sizeof(out->foundation));
	str_ncpy(out->transport, "udp", sizeof(out->transport));
}


size_t ua_flow_cands(const struct ua_flow *flow, struct ua_sdp_cand *candv,
		     size_t max)
{
	struct ua_ice_cand cand;
	size_t n = 0;
	size_t i;

	if (!flow->ice)
		return 0;

	for (i = 0; n < max && !ua_ice_local(flow->ice, i, &cand); i++) {
		/* With mux agreed the second component is no more. */
		if (!flow->mux || cand.comp == 1)
			local_cand(&candv[n++], &cand);
	}

	return n;
}


/*
 * RFC 8839, 4.4.1.2.2: an updated offer of who controls names the peer's
 * candidates that were chosen.  An offer that restarts has none yet.
 */
static void local_selected(struct ua_flow *flow, struct ua_offer_local *sdp)
{
	const uint16_t ncomp = flow->mux ? 1 : UA_FLOW_COMPS;
	struct ua_ice_cand local, remote;
	uint32_t rtt_ms;
	uint16_t comp;

	if (!flow->concluded || !ua_ice_controlling(flow->ice) ||
	    ua_ice_restarting(flow->ice))
		return;

	for (comp = 1; comp <= ncomp; comp++) {
		if (ua_ice_selected(flow->ice, 0, comp, &local, &remote,
				    &rtt_ms))
			continue;

		sdp->remv[sdp->remc].comp = comp;
		sdp->remv[sdp->remc++].addr = remote.addr;
	}
}


void ua_flow_local(struct ua_flow *flow, int af, struct ua_flow_local *local)
{
	ua_leg_default(flow, af);

	ua_offer_local_default(&local->sdp);
	local->sdp.rtp = flow->dflt_addr[0];
	local->sdp.rtcp = flow->dflt_addr[1];

	if (!flow->ice || flow->plain)
		return;

	local->sdp.ufrag = ua_ice_ufrag(flow->ice);
	local->sdp.pwd = ua_ice_pwd(flow->ice);
	local->sdp.options = "ice2 trickle renomination";
	local->sdp.pacing = UA_ICE_TA_MS;
	local->sdp.candv = local->candv;
	local->sdp.candc = ua_flow_cands(flow, local->candv, UA_FLOW_CANDS);
	local->sdp.end = flow->complete;
	local_selected(flow, &local->sdp);
	told(flow, local->candv, local->sdp.candc);
	flow->described = true;
}


static int remote_cands(struct ua_flow *flow, const struct ua_sdp_facts *facts,
			uint64_t now_ms)
{
	struct ua_ice_cand cand;
	char buf[UA_ADDR_LEN];
	size_t i;
	int err;

	for (i = 0; i < facts->candc; i++) {
		const struct ua_sdp_cand *c = &facts->candv[i];

		if (!ua_sdpcand_is_udp(c) || !c->addr.af ||
		    (flow->mux && c->comp > 1))
			continue;

		memset(&cand, 0, sizeof(cand));
		cand.gen = ua_ice_gen(flow->ice);
		str_ncpy(cand.foundation, c->foundation,
			 sizeof(cand.foundation));
		cand.comp = c->comp;
		cand.type = (enum ua_ice_type)c->type;
		cand.prio = c->prio;
		cand.addr = c->addr;
		cand.raddr = c->raddr;

		err = ua_ice_remote_cand(flow->ice, now_ms, &cand);
		if (err == ENOMEM)
			return err;
		if (err)
			ua_log(flow->env->log, UA_LOG_INFO, "flow",
			       "candidate %s of the peer is skipped: %m",
			       ua_addr_str(&c->addr, buf), err);
	}

	return 0;
}


/* The rest of a description, or what is trickled later */
static int remote_more(struct ua_flow *flow, const struct ua_sdp_facts *facts,
		       uint64_t now_ms)
{
	const int err = remote_cands(flow, facts, now_ms);

	/* Who trickles says when it is over (RFC 8838, 13). */
	if (err || (facts->trickle && !facts->end))
		return err;

	return ua_ice_remote_end(flow->ice, now_ms);
}


static int ice_remote(struct ua_flow *flow, const struct ua_sdp_facts *facts)
{
	const uint64_t now_ms = ua_clock_ms();
	struct ua_ice_peer peer = {
		.gen = ua_ice_gen(flow->ice),
		.pacing_ms = facts->pacing > UINT16_MAX
				     ? UINT16_MAX
				     : (uint16_t)facts->pacing,
		.lite = facts->lite,
		.ice2 = facts->ice2,
		.rtcp_mux = flow->mux,
		.renom = facts->renom,
	};
	int err;

	err = ua_ice_remote_set(flow->ice, now_ms, facts->ufrag, facts->pwd,
				&peer);
	if (err == EALREADY &&
	    !ua_ice_knows(flow->ice, facts->ufrag, facts->pwd)) {
		/* Its path died: of our relay, perhaps. */
		relays_doubt(flow, now_ms);
		err = ua_ice_restart(flow->ice, now_ms, &peer.gen);
		if (!err)
			err = ua_ice_remote_set(flow->ice, now_ms,
						facts->ufrag, facts->pwd,
						&peer);
	}
	if (err == EINVAL && !flow->has_remote)
		return ua_plain_remote(flow, facts);
	if (err && err != EALREADY)
		return err;

	return remote_more(flow, facts, now_ms);
}


/* RTCP shares the port: the second component's sockets are not needed. */
static void drop_rtcp(struct ua_flow *flow)
{
	const uint64_t now_ms = ua_clock_ms();
	size_t i;

	if (flow->ice && ua_ice_comp_drop(flow->ice, now_ms, 0, 2))
		ua_log(flow->env->log, UA_LOG_WARN, "flow",
		       "ICE keeps the component of RTCP");

	ua_gather_close(flow, now_ms, 2);

	for (i = 0; i < flow->nhost; i++) {
		struct ua_leg *leg = &flow->hosts[i];

		/* A relay over it is released first: it needs the socket. */
		if (leg->comp == 2 && !flow->nrelay)
			leg->sock = mem_deref(leg->sock);
	}
}


int ua_flow_fork(struct ua_flow *flow)
{
	const uint64_t now_ms = ua_clock_ms();
	struct ua_ice *ice;
	size_t i;
	int err;

	flow->has_remote = false;
	flow->concluded = false;
	flow->plain = false;
	memset(flow->plains, 0, sizeof(flow->plains));
	if (!flow->ice)
		return 0;

	err = open_ice(flow, &ice);
	if (err)
		return err;

	ua_ice_free(flow->ice);
	flow->ice = ice;

	for (i = 0; !err && i < flow->nhost; i++)
		err = ua_leg_base(&flow->hosts[i], now_ms);

	ua_gather_again(flow, now_ms);

	return err;
}


int ua_flow_remote(struct ua_flow *flow, const struct ua_sdp_facts *facts,
		   bool mux)
{
	int err;

	if (mux && !flow->mux) {
		flow->mux = true;
		drop_rtcp(flow);
	}

	if (flow->ice && !flow->plain && facts->ice && !facts->mismatch)
		err = ice_remote(flow, facts);
	else if (flow->has_remote && !flow->plain)
		err = 0; /* An update without ICE: the path stays. */
	else
		err = ua_plain_remote(flow, facts);

	if (err)
		return err;

	flow->has_remote = true;
	ua_gather_peer(flow, facts);
	ua_flow_pump(flow);

	return 0;
}


int ua_flow_trickle(struct ua_flow *flow, const struct ua_sdp_facts *frag)
{
	const uint64_t now_ms = ua_clock_ms();
	int err;

	if (!flow->ice || flow->plain || !flow->has_remote)
		return ENOTCONN;

	if (!ua_ice_knows(flow->ice, frag->ufrag,
			  frag->pwd[0] ? frag->pwd : NULL))
		return ESTALE;

	err = remote_cands(flow, frag, now_ms);
	if (!err && frag->end)
		err = ua_ice_remote_end(flow->ice, now_ms);

	ua_flow_pump(flow);

	return err;
}


int ua_flow_restart(struct ua_flow *flow)
{
	const uint64_t now_ms = ua_clock_ms();

	if (!flow->ice || flow->plain)
		return 0;

	/* The sockets may be what does not work: of a NAT's bad mapping,
	   or a relay that latched onto somebody else. */
	if (flow->restarts)
		ua_roam_reopen(flow, now_ms);

	if (flow->restarts < UINT8_MAX)
		++flow->restarts;

	flow->why = NULL;
	relays_doubt(flow, now_ms);

	return ua_ice_restart(flow->ice, now_ms, NULL);
}


void ua_flow_rollback(struct ua_flow *flow)
{
	if (!flow->ice)
		return;

	/* Nothing was tried: the sockets are not to blame. */
	if (flow->restarts)
		--flow->restarts;

	ua_ice_rollback(flow->ice, ua_clock_ms());
	ua_flow_pump(flow);
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

	if (!flow->ice)
		return ENOTCONN;

	err = ua_ice_media(flow->ice, 0, (uint16_t)comp, &path);
	if (err)
		return err;

	leg = ua_leg_of_base(flow, path.base);

	return leg ? ua_leg_send(leg, &path.remote, buf, len) : ENOTCONN;
}


void ua_flow_rearm(struct ua_flow *flow)
{
	if (tmr_isrunning(&flow->gather_tmr))
		tmr_start(&flow->gather_tmr, UA_FLOW_GATHER_MS, on_gather_time,
			  flow);

	if (tmr_isrunning(&flow->tmr))
		tmr_start(&flow->tmr, 0, on_deadline, flow);
}


bool ua_flow_ready(const struct ua_flow *flow)
{
	struct ua_path path;

	if (flow->plain)
		return flow->has_remote;

	return flow->ice && !ua_ice_media(flow->ice, 0, 1, &path);
}


bool ua_flow_is_plain(const struct ua_flow *flow)
{
	return flow->plain;
}


static void cand_info(struct ua_cand_info *info, const struct ua_ice_cand *c)
{
	info->type = (enum ua_cand_type)c->type;
	info->addr = c->addr;
	info->component = (uint8_t)c->comp;
	info->priority = c->prio;
	info->origin = UA_ORIGIN_PEER;
}


int ua_flow_path(const struct ua_flow *flow, struct ua_ice_info *info)
{
	struct ua_ice_cand local;
	struct ua_ice_cand remote;
	uint32_t rtt_ms;
	int err;

	memset(info, 0, sizeof(*info));

	if (flow->plain)
		return ua_plain_path(flow, info);

	if (!flow->ice)
		return ENOTCONN;

	err = ua_ice_selected(flow->ice, 0, 1, &local, &remote, &rtt_ms);
	if (err)
		return err;

	cand_info(&info->local, &local);
	cand_info(&info->remote, &remote);
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
