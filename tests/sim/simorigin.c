/* SPDX-License-Identifier: BSD-3-Clause */
/** @file simorigin.c  Candidates of a description, and who put them there
 *
 * What a proxy's relay is, is decided as the real phone decides it, by
 * sdp/sdporigin.c.
 */

#include <errno.h>
#include <string.h>

#include "sdp/sdporigin.h"
#include "simphonecore.h"


static struct ua_sdp_cand sdp_of(const struct ua_ice_cand *c)
{
	struct ua_sdp_cand cand;

	memset(&cand, 0, sizeof(cand));
	cand.comp = c->comp;
	cand.type = (uint8_t)c->type;
	cand.prio = c->prio;
	cand.addr = c->addr;
	cand.raddr = c->raddr;
	str_ncpy(cand.foundation, c->foundation, sizeof(cand.foundation));
	str_ncpy(cand.transport, "udp", sizeof(cand.transport));

	return cand;
}


static int find(const struct ua_simdesc *desc, unsigned comp,
		const struct ua_addr *addr)
{
	size_t i;

	for (i = 0; addr->af && i < desc->candc; i++) {
		if (desc->candv[i].comp == comp &&
		    ua_addr_eq(&desc->candv[i].addr, addr))
			return (int)i;
	}

	return -1;
}


static enum ua_sdpfacts_dest dest_of(const struct ua_sdp_facts *facts,
				     bool family)
{
	if (!facts->rtp.af)
		return UA_SDPFACTS_BROKEN;
	if (family)
		return UA_SDPFACTS_FAMILY;

	return facts->dest_cand < 0 ? UA_SDPFACTS_OTHER : UA_SDPFACTS_MATCH;
}


/* What the real phone would read from it; candv is borrowed */
static void facts_of(struct ua_sdp_facts *facts, struct ua_sdp_cand *candv,
		     const struct ua_simdesc *desc)
{
	size_t i;

	memset(facts, 0, sizeof(*facts));
	facts->ice = true;
	facts->rtp = desc->dflt;
	facts->rtcp = desc->rtcp;
	facts->dest_cand = find(desc, 1, &desc->dflt);
	facts->rtcp_cand = find(desc, 2, &desc->rtcp);
	facts->dest = dest_of(facts, desc->family);
	facts->candv = candv;
	facts->candc = desc->candc;
	for (i = 0; i < desc->candc; i++)
		candv[i] = sdp_of(&desc->candv[i]);
}


struct ua_simleg *ua_simorigin_leg(struct ua_simphone *phone, unsigned comp,
				   const struct ua_addr *relay)
{
	struct ua_simleg *leg = ua_simgather_way(phone, comp, relay);

	return leg && leg->base != UA_SIM_NOBASE ? leg : NULL;
}


bool ua_simorigin_is_proxied(const struct ua_simphone *phone,
			     const struct ua_addr *addr)
{
	size_t i;

	for (i = 0; i < phone->nproxied; i++) {
		if (ua_addr_eq(&phone->proxiedv[i], addr))
			return true;
	}

	return false;
}


/* The oldest one goes: its proxy has reserved others since. */
static void note(struct ua_simphone *phone, const struct ua_addr *addr)
{
	if (ua_simorigin_is_proxied(phone, addr))
		return;

	if (phone->nproxied == UA_SIM_PROXIED)
		memmove(phone->proxiedv, phone->proxiedv + 1,
			--phone->nproxied * sizeof(phone->proxiedv[0]));
	phone->proxiedv[phone->nproxied++] = *addr;
}


/* Such a relay is checked from the socket that will send media to it. */
static int cand_add(struct ua_simphone *phone, const struct ua_ice_cand *c,
		    enum ua_origin origin)
{
	struct ua_ice_cand cand = *c;
	const struct ua_simleg *leg;
	int err = 0;

	cand.gen = ua_ice_gen(phone->ice);
	if (origin != UA_ORIGIN_PEER) {
		leg = ua_simorigin_leg(phone, c->comp, &c->addr);
		cand.latched = true;
		cand.via = leg ? leg->base : UA_SIM_NOBASE;
		err = leg ? 0 : EADDRNOTAVAIL;
	}

	if (!err && cand.latched)
		note(phone, &c->addr);
	if (!err)
		err = ua_ice_remote_cand(
			phone->ice, phone->net->now_us / UA_SIM_MS, &cand);
	if (err && err != ENOMEM)
		ua_simnet_note(phone->net,
			       "phone   %s: a candidate is skipped (%d)",
			       phone->name, err);

	return err == ENOMEM ? err : 0;
}


static int implicit_add(struct ua_simphone *phone,
			const struct ua_sdp_facts *facts, unsigned comp)
{
	struct ua_sdp_cand sdp;
	struct ua_ice_cand cand;

	if (ua_sdporigin_implicit(facts, comp, phone->conf.ncomp == 1, &sdp))
		return 0;

	memset(&cand, 0, sizeof(cand));
	str_ncpy(cand.foundation, sdp.foundation, sizeof(cand.foundation));
	cand.comp = sdp.comp;
	cand.type = (enum ua_ice_type)sdp.type;
	cand.prio = sdp.prio;
	cand.addr = sdp.addr;

	return cand_add(phone, &cand, UA_ORIGIN_IMPLICIT);
}


int ua_simorigin_add(struct ua_simphone *phone, const struct ua_simdesc *desc,
		     bool whole)
{
	struct ua_sdp_cand candv[UA_SIM_CANDS];
	struct ua_sdp_facts facts;
	unsigned comp;
	size_t i;
	int err = 0;

	facts_of(&facts, candv, desc);
	for (i = 0; i < desc->candc && !err; i++) {
		if (desc->candv[i].comp <= phone->conf.ncomp)
			err = cand_add(phone, &desc->candv[i],
				       whole ? ua_sdporigin_cand(&facts, i)
					     : UA_ORIGIN_PEER);
	}

	for (comp = 1; comp <= phone->conf.ncomp && whole && !err; comp++)
		err = implicit_add(phone, &facts, comp);

	return err;
}


bool ua_simorigin_is_default(const struct ua_simphone *phone,
			     const struct ua_simdesc *desc)
{
	struct ua_sdp_cand candv[UA_SIM_CANDS], cand;
	struct ua_sdp_facts facts;

	facts_of(&facts, candv, desc);
	if (!ua_sdporigin_implicit(&facts, 1, phone->conf.ncomp == 1, &cand))
		return true;

	return facts.dest == UA_SDPFACTS_MATCH && facts.dest_cand >= 0 &&
	       ua_sdporigin_cand(&facts, (size_t)facts.dest_cand) ==
		       UA_ORIGIN_PROXY;
}
