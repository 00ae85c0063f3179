/* SPDX-License-Identifier: BSD-3-Clause */
/** @file sdporigin.c  Who put a relay into a description */

#include <errno.h>
#include <string.h>

#include "sdp/sdporigin.h"

enum {
	COMP_RTP = 1,
	COMP_RTCP = 2,
	HEX_MAX = 8 /* Digits of an IPv4 address */
};

static const char foundation[] = "Rdefault";


/* "R200007f": MediaProxy's relay 127.0.0.2, in the byte order of its host */
static bool is_mediaproxy(const char *str)
{
	const size_t n = strspn(str + 1, "0123456789abcdefABCDEF");

	return str[0] == 'R' && n && n <= HEX_MAX && !str[n + 1];
}


/* Is it what stands in c=, m= and a=rtcp? */
static bool is_default(const struct ua_sdp_facts *facts,
		       const struct ua_sdp_cand *cand)
{
	if (cand->comp == COMP_RTP)
		return ua_addr_eq(&cand->addr, &facts->rtp);

	return cand->comp == COMP_RTCP &&
	       ua_addr_eq(&cand->addr, &facts->rtcp);
}


/* Before all others, and no agent that follows RFC 8445 would rate it so */
static bool is_odd_first(const struct ua_sdp_facts *facts, size_t index)
{
	const struct ua_sdp_cand *cand = &facts->candv[index];
	bool lowest = false;
	size_t i;

	for (i = 0; i < facts->candc; i++) {
		const struct ua_sdp_cand *c = &facts->candv[i];

		if (c->comp != cand->comp || i == index)
			continue;

		if (i < index)
			return false;

		if (c->prio <= cand->prio)
			return cand->prio > INT32_MAX;

		lowest = true;
	}

	return lowest || cand->prio > INT32_MAX;
}


enum ua_origin ua_sdporigin_cand(const struct ua_sdp_facts *facts,
				 size_t index)
{
	const struct ua_sdp_cand *cand = &facts->candv[index];
	bool proxy;

	if (cand->type != UA_SDPCAND_RELAY || !ua_sdpcand_is_udp(cand) ||
	    !cand->addr.af)
		return UA_ORIGIN_PEER;

	if (cand->raddr.af)
		proxy = ua_addr_eq(&cand->raddr, &cand->addr);
	else
		proxy = is_mediaproxy(cand->foundation) ||
			is_default(facts, cand) || is_odd_first(facts, index);

	return proxy ? UA_ORIGIN_PROXY : UA_ORIGIN_PEER;
}


bool ua_sdporigin_mismatch(const struct ua_sdp_facts *facts)
{
	return facts->ice && facts->dest == UA_SDPFACTS_OTHER;
}


/* An IPv4 address behind "IN IP6" is a proxy's as well: the answer of an
 * IPv6 peer was rewritten by one that knows IPv4 only. */
static bool is_rewritten(const struct ua_sdp_facts *facts)
{
	return ua_sdporigin_mismatch(facts) ||
	       (facts->ice && facts->dest == UA_SDPFACTS_FAMILY &&
		facts->dest_cand < 0);
}


int ua_sdporigin_implicit(const struct ua_sdp_facts *facts, unsigned comp,
			  bool mux, struct ua_sdp_cand *cand)
{
	const struct ua_addr *addr =
		comp == COMP_RTP ? &facts->rtp : &facts->rtcp;

	if (!is_rewritten(facts) || !addr->af || !addr->port ||
	    (comp == COMP_RTCP && (mux || facts->rtcp_cand >= 0)))
		return ENOENT;

	memset(cand, 0, sizeof(*cand));
	cand->comp = (uint16_t)comp;
	cand->type = UA_SDPCAND_RELAY;
	cand->prio = UA_SDPORIGIN_PRIO - comp;
	cand->addr = *addr;
	memcpy(cand->foundation, foundation, sizeof(foundation));
	memcpy(cand->transport, "udp", sizeof("udp"));

	return 0;
}
