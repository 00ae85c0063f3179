/* SPDX-License-Identifier: BSD-3-Clause */
/** @file simproxy.c  What a proxy with a relay does to descriptions that pass
 *
 * As MediaProxy's module of Kamailio and OpenSIPS does it: c=, m= and a=rtcp
 * become the relay's, a candidate stands in front if it is told to add one.
 * It knows IPv4 alone.  rtpengine with ICE=force-relay puts its candidates
 * behind the others instead and leaves all else as it is.
 */

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "simcallcore.h"
#include "simlatchcore.h"

/* Of component 1, one less of the next one */
static const uint32_t low = 16777215;
static const uint32_t high = 2197815295;


static bool is_rtpengine(const struct ua_simproxy *proxy)
{
	return proxy->latch->conf.kind == UA_SIM_RTPENGINE;
}


static bool has_comp(const struct ua_simdesc *desc, unsigned comp)
{
	size_t i;

	for (i = 0; i < desc->candc; i++) {
		if (desc->candv[i].comp == comp)
			return true;
	}

	return false;
}


static struct ua_ice_cand cand_of(const struct ua_simproxy *proxy,
				  const struct ua_addr *relay, unsigned comp)
{
	const uint8_t *ip = relay->ip;
	struct ua_ice_cand c;

	memset(&c, 0, sizeof(c));
	c.comp = (uint16_t)comp;
	c.type = UA_ICE_RELAY;
	c.prio = (proxy->listing == UA_SIM_HIGH ? high : low) - (comp - 1);
	c.addr = *relay;
	if (is_rtpengine(proxy)) {
		c.prio = low - (comp - 1);
		c.raddr = *relay;
		(void)snprintf(c.foundation, sizeof(c.foundation),
			       "US8w%02x%02xFmcxS", ip[2], ip[3]);
	}
	else {
		(void)snprintf(c.foundation, sizeof(c.foundation),
			       "R%x%02x%02x%02x", ip[3], ip[2], ip[1], ip[0]);
	}

	return c;
}


/* MediaProxy: in front, of the components that there are */
static void list_before(const struct ua_simproxy *proxy,
			struct ua_simdesc *desc, const struct ua_addr *relayv)
{
	const size_t n = has_comp(desc, 2) ? 2 : 1;
	size_t i;

	if (proxy->listing == UA_SIM_UNLISTED || !desc->candc ||
	    desc->candc + n > UA_SIM_CANDS)
		return;

	memmove(&desc->candv[n], &desc->candv[0],
		desc->candc * sizeof(desc->candv[0]));
	desc->candc += n;
	for (i = 0; i < n; i++)
		desc->candv[i] = cand_of(proxy, &relayv[i], (unsigned)i + 1);
}


/* rtpengine: behind the others, both components at any rate */
static void list_behind(const struct ua_simproxy *proxy,
			struct ua_simdesc *desc, const struct ua_addr *relayv)
{
	unsigned comp;

	for (comp = 1; comp <= UA_SIM_COMPS && desc->candc < UA_SIM_CANDS;
	     comp++)
		desc->candv[desc->candc++] =
			cand_of(proxy, &relayv[comp - 1], comp);
}


/* Shall it pass as it is? */
static bool is_left_alone(const struct ua_simproxy *proxy,
			  const struct ua_simpassage *passage,
			  const struct ua_simdesc *desc)
{
	/* An answer belongs to the offer before it. */
	if (passage->answer)
		return proxy->engaged && passage->state->updated;

	return desc->updated || desc->dflt.af != UA_AF_IP4;
}


static void rewrite(const struct ua_simproxy *proxy, struct ua_simdesc *desc,
		    const struct ua_addr *relayv)
{
	if (is_rtpengine(proxy)) {
		list_behind(proxy, desc, relayv);
		return;
	}

	/* "c=IN IP6 192.0.2.30" */
	desc->family = desc->dflt.af != UA_AF_IP4;
	desc->dflt = relayv[0];
	desc->rtcp = has_comp(desc, 2) ? relayv[1] : relayv[0];
	list_before(proxy, desc, relayv);
}


void ua_simproxy_pass(const struct ua_simproxy *proxy,
		      const struct ua_simpassage *passage,
		      struct ua_simdesc *desc)
{
	struct ua_addr relayv[UA_SIM_COMPS];
	struct ua_simask ask = {
		.call = passage->call,
		.callee = passage->callee,
		.answer = passage->answer,
		.hold = desc->hold,
		.told = desc->dflt,
		.rtcp = desc->rtcp,
	};

	if (!passage->answer) {
		passage->state->updated = desc->updated;
		passage->state->ip6 = desc->dflt.af == UA_AF_IP6;
	}

	/* "c=IN IP6 None" is what the answer to IPv6 says. */
	if (passage->answer && passage->state->ip6 && !is_rtpengine(proxy)) {
		desc->dflt.af = UA_AF_NONE;
		desc->rtcp.af = UA_AF_NONE;
		return;
	}

	if (is_left_alone(proxy, passage, desc) ||
	    (desc->dflt.af != UA_AF_IP4 && is_rtpengine(proxy)))
		return;

	if (desc->dflt.af != UA_AF_IP4)
		ask.told.af = UA_AF_NONE;

	if (!ua_simlatch_update(proxy->latch, &ask, relayv))
		rewrite(proxy, desc, relayv);
}
