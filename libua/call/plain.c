/* SPDX-License-Identifier: BSD-3-Clause */
/** @file plain.c  Media to a peer without ICE */

#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "call/flowcore.h"


bool ua_plain_accepts(struct ua_flow *flow, unsigned comp,
		      const struct ua_addr *src)
{
	struct ua_plain *plain = &flow->plains[comp - 1];
	char buf[UA_ADDR_LEN];

	if (!flow->has_remote)
		return false;

	if (ua_addr_eq(src, &plain->remote)) {
		plain->told = true;
		return true;
	}

	if (plain->latched.af)
		return ua_addr_eq(src, &plain->latched);

	/*
	 * Who sits behind a NAT does not know its own address: where the
	 * first packet comes from it is, for a while, unless its description
	 * was right.
	 */
	if (plain->told || ua_clock_ms() > flow->plain_ms + UA_FLOW_LATCH_MS)
		return false;

	plain->latched = *src;
	ua_log(flow->env->log, UA_LOG_INFO, "flow",
	       "component %u: peer sends from %s, not as it said", comp,
	       ua_addr_str(src, buf));

	return true;
}


/* A relay in the open does not reach into a private net. */
static struct ua_leg *leg_for(struct ua_flow *flow, unsigned comp,
			      const struct ua_addr *remote)
{
	struct ua_leg *leg = flow->dflt[comp - 1];

	if (!leg || leg->addr.af != remote->af ||
	    (leg->relay && ua_addr_is_private(remote)))
		return ua_leg_host(flow, comp, remote->af);

	if (leg->relay &&
	    (!leg->relay->turn ||
	     ua_turn_permit(leg->relay->turn, ua_clock_ms(), remote)))
		return ua_leg_host(flow, comp, remote->af);

	return leg;
}


int ua_plain_aim(struct ua_flow *flow, const struct ua_sdp_facts *facts,
		 bool beside)
{
	const struct ua_addr *addrs[UA_FLOW_COMPS] = { &facts->rtp,
						       &facts->rtcp };
	unsigned comp;

	for (comp = 1; comp <= UA_FLOW_COMPS; comp++) {
		struct ua_plain *plain = &flow->plains[comp - 1];
		const struct ua_addr *to = addrs[comp - 1];

		/* Its leg may have gone with the address that it had. */
		if (plain->leg && ua_addr_eq(&plain->remote, to))
			continue;

		/* Another place, after a hold perhaps: it may sit behind a
		   NAT as before. */
		flow->plain_ms = ua_clock_ms();
		memset(plain, 0, sizeof(*plain));
		plain->remote = *to;
		plain->leg = beside ? ua_proxied_leg(flow, comp, to)
				    : leg_for(flow, comp, to);
	}

	return flow->plains[0].leg ? 0 : EINVAL;
}


int ua_plain_remote(struct ua_flow *flow, const struct ua_sdp_facts *facts)
{
	if (!facts->rtp.af)
		return EINVAL;

	/* Held by 0.0.0.0: where the peer was is where the path is kept. */
	if (flow->plain && facts->dest == UA_SDPFACTS_ANY)
		return 0;

	ua_leg_default(flow, facts->rtp.af);
	flow->plain = true;
	flow->beside.state = UA_BESIDE_OFF;
	ua_ice_free(flow->ice);
	flow->ice = NULL;

	return ua_plain_aim(flow, facts, false);
}


int ua_plain_send(struct ua_flow *flow, unsigned comp, const uint8_t *buf,
		  size_t len)
{
	struct ua_plain *plain = &flow->plains[comp - 1];
	const struct ua_addr *dst =
		plain->latched.af ? &plain->latched : &plain->remote;

	/* 0.0.0.0 would be this host. */
	if (!plain->leg || !dst->af || !dst->port || ua_addr_is_any(dst))
		return ENOTCONN;

	return ua_leg_send(plain->leg, dst, buf, len);
}


int ua_plain_path(const struct ua_flow *flow, struct ua_ice_info *info)
{
	const struct ua_plain *plain = &flow->plains[0];

	if (!plain->leg)
		return ENOTCONN;

	info->local.type = plain->leg->relay ? UA_CAND_RELAY : UA_CAND_HOST;
	info->local.addr = plain->leg->addr;
	info->local.component = 1;
	info->remote.type = plain->latched.af ? UA_CAND_PRFLX : UA_CAND_HOST;
	info->remote.addr = plain->latched.af ? plain->latched : plain->remote;
	info->remote.component = 1;
	info->remote.origin = ua_proxied_origin(flow, &info->remote.addr);
	if (info->remote.origin != UA_ORIGIN_PEER)
		info->remote.type = UA_CAND_RELAY;
	info->relay =
		plain->leg->relay || info->remote.origin != UA_ORIGIN_PEER;

	return 0;
}
