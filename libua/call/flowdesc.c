/* SPDX-License-Identifier: BSD-3-Clause */
/** @file flowdesc.c  What descriptions say of a flow, and it of them */

#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "call/flowcore.h"
#include "sdp/sdporigin.h"

enum { PORT_DISCARD = 9 };


static bool is_told(const struct ua_flow *flow, const struct ua_sdp_cand *cand)
{
	const uint32_t h = ua_sdpcand_hash(cand);
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
		flow->toldv[i] = ua_sdpcand_hash(&candv[i]);

	flow->ntold = n;
}


/* Who is told once of what came too late can tell the peer. */
void ua_flowdesc_late(struct ua_flow *flow)
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


/* A fresh agent; of a fork: with the credentials of the one before. */
int ua_flowdesc_ice(struct ua_flow *flow, struct ua_ice **icep)
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


static void local_cand(struct ua_sdp_cand *out, const struct ua_ice_cand *cand)
{
	memset(out, 0, sizeof(*out));
	out->comp = cand->comp;
	out->type = (uint8_t)cand->type;
	out->prio = cand->prio;
	out->addr = cand->addr;
	out->raddr = cand->raddr;

	/* Which address it is related to may be nobody's business; but that
	   there is one tells it from a proxy's (RFC 8839, 5.1). */
	if (cand->type != UA_ICE_HOST && !out->raddr.af) {
		out->raddr.af = cand->addr.af;
		out->raddr.port = PORT_DISCARD;
	}
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
	local->sdp.mismatch = flow->mismatch;

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


static int remote_cand(struct ua_flow *flow, uint64_t now_ms,
		       const struct ua_sdp_cand *c, enum ua_origin origin)
{
	struct ua_ice_cand cand;
	char buf[UA_ADDR_LEN];
	int err = 0;

	memset(&cand, 0, sizeof(cand));
	cand.gen = ua_ice_gen(flow->ice);
	str_ncpy(cand.foundation, c->foundation, sizeof(cand.foundation));
	cand.comp = c->comp;
	cand.type = (enum ua_ice_type)c->type;
	cand.prio = c->prio;
	cand.addr = c->addr;
	cand.raddr = c->raddr;

	if (origin != UA_ORIGIN_PEER)
		err = ua_proxied_take(flow, &cand, origin);
	if (!err)
		err = ua_ice_remote_cand(flow->ice, now_ms, &cand);
	if (err && err != ENOMEM)
		ua_log(flow->env->log, UA_LOG_INFO, "flow",
		       "candidate %s of the %s is skipped: %m",
		       ua_addr_str(&c->addr, buf),
		       ua_event_origin_name(origin), err);

	return err == ENOMEM ? err : 0;
}


/* An address in c= that is no candidate is a relay, most likely. */
static int remote_implicit(struct ua_flow *flow,
			   const struct ua_sdp_facts *facts, uint64_t now_ms)
{
	struct ua_sdp_cand cand;
	unsigned comp;
	int err = 0;

	for (comp = 1; !err && comp <= UA_FLOW_COMPS; comp++) {
		if (!ua_proxied_implicit(flow, facts, comp, flow->mux, &cand))
			err = remote_cand(flow, now_ms, &cand,
					  UA_ORIGIN_IMPLICIT);
	}

	return err;
}


static void tell_bad(const struct ua_flow *flow,
		     const struct ua_sdp_facts *facts)
{
	size_t i;

	for (i = 0; i < facts->cand_bad && i < UA_SDP_BADCAND_MAX; i++) {
		const struct ua_sdp_badcand *bad = &facts->badv[i];

		ua_log(flow->env->log, UA_LOG_INFO, "flow",
		       "candidate in line %u of the peer's description is "
		       "skipped: %s",
		       bad->line, bad->why ? bad->why : "too many");
	}

	if (facts->cand_bad > UA_SDP_BADCAND_MAX)
		ua_log(flow->env->log, UA_LOG_INFO, "flow", "... and %u more",
		       facts->cand_bad - UA_SDP_BADCAND_MAX);
}


static int remote_cands(struct ua_flow *flow, const struct ua_sdp_facts *facts,
			uint64_t now_ms)
{
	size_t i;
	int err = 0;

	tell_bad(flow, facts);

	for (i = 0; !err && i < facts->candc; i++) {
		const struct ua_sdp_cand *c = &facts->candv[i];

		if (!ua_sdpcand_is_udp(c) || !c->addr.af ||
		    (flow->mux && c->comp > 1))
			continue;

		err = remote_cand(flow, now_ms, c,
				  ua_sdporigin_cand(facts, i));
	}

	return err ? err : remote_implicit(flow, facts, now_ms);
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
		ua_gather_doubt(flow, now_ms);
		err = ua_ice_restart(flow->ice, now_ms, &peer.gen);
		flow->born_ms = now_ms;
		if (!err)
			err = ua_ice_remote_set(flow->ice, now_ms,
						facts->ufrag, facts->pwd,
						&peer);
	}
	if (err == EINVAL && !flow->has_remote)
		return ua_plain_remote(flow, facts);
	if (err && err != EALREADY)
		return err;

	if (!err) {
		flow->remote_ms = now_ms;
		flow->expired = false;
	}
	ua_beside_remote(flow, facts, !err);

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
	flow->nproxied = 0;
	flow->beside.state = UA_BESIDE_OFF;
	memset(flow->plains, 0, sizeof(flow->plains));
	if (!flow->ice)
		return 0;

	err = ua_flowdesc_ice(flow, &ice);
	if (err)
		return err;

	ua_ice_free(flow->ice);
	flow->ice = ice;

	for (i = 0; !err && i < flow->nhost; i++)
		err = ua_leg_base(&flow->hosts[i], now_ms);

	ua_gather_again(flow, now_ms);

	return err;
}


/* RFC 8839, 4.2.5 to the letter: somebody changed c=, so that ICE ends. */
static bool is_refused(struct ua_flow *flow, const struct ua_sdp_facts *facts)
{
	flow->mismatch =
		flow->env->conf->ice_mismatch == UA_ICE_MISMATCH_RFC &&
		ua_sdporigin_mismatch(facts);

	return flow->mismatch;
}


int ua_flow_remote(struct ua_flow *flow, const struct ua_sdp_facts *facts,
		   bool mux)
{
	int err;

	if (mux && !flow->mux) {
		flow->mux = true;
		drop_rtcp(flow);
	}

	if (flow->ice && !flow->has_remote && is_refused(flow, facts))
		err = ua_plain_remote(flow, facts);
	else if (flow->ice && !flow->plain && facts->ice && !facts->mismatch)
		err = ice_remote(flow, facts);
	else if (flow->has_remote && !flow->plain)
		err = 0; /* An update without ICE: the path stays. */
	else
		err = ua_plain_remote(flow, facts);

	if (err)
		return err;

	flow->has_remote = true;
	ua_gather_peer(flow, facts);
	ua_flowpump_run(flow);

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

	ua_flowpump_run(flow);

	return err;
}


int ua_flow_restart(struct ua_flow *flow)
{
	const uint64_t now_ms = ua_clock_ms();

	if (!flow->ice || flow->plain)
		return 0;

	/* The sockets may be what does not work: of a NAT's bad mapping,
	   or a relay that latched onto somebody else. */
	if (flow->restarts || ua_proxied_is_stale(flow))
		ua_roam_reopen(flow, now_ms);

	if (flow->restarts < UINT8_MAX)
		++flow->restarts;

	flow->why = NULL;
	flow->born_ms = now_ms;
	ua_gather_doubt(flow, now_ms);

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
	ua_flowpump_run(flow);
}
