/* SPDX-License-Identifier: BSD-3-Clause */
/** @file proxybed.h  Two flows and a proxy that reserves a relay for them */
#ifndef UA_TEST_PROXYBED_H
#define UA_TEST_PROXYBED_H

#include "flowbed.h"
#include "latchbed.h"

/** How the proxy shows its relay */
enum show {
	LOW,     /* c=, and a candidate of low priority  */
	HIGH,    /* ... above the range of the RFC       */
	UNLISTED /* c= alone                             */
};

static struct latchbed relay;
static struct ua_sdp_cand candv[UA_FLOW_CANDS + 1];


static inline void proxybed_open(void)
{
	ck_assert_int_eq(0, libre_init());
	rig_open(&a, NULL);
	latchbed_open(&relay);
	end_open(&x, true);
	end_open(&y, false);
	rig_wait(is_gathered, &x);
	rig_wait(is_gathered, &y);
}


static inline void proxybed_close(void)
{
	ua_flow_close(x.flow);
	ua_flow_close(y.flow);
	latchbed_close(&relay);
	rig_close(&a);
}


/* What a proxy makes of a description on its way.  Without a direct path its
 * candidates lead nowhere: discard's port of an address that nobody has. */
static inline void rewrite(struct ua_sdp_facts *facts, enum show show,
			   const struct ua_addr *to, bool direct)
{
	static const uint8_t nobody[4] = { 127, 0, 0, 99 };
	size_t i;

	facts->rtp = facts->rtcp = *to;
	facts->dest = UA_SDPFACTS_OTHER;
	facts->dest_cand = facts->rtcp_cand = -1;
	memcpy(candv + 1, facts->candv, facts->candc * sizeof(candv[0]));
	facts->candv = candv + 1;

	for (i = 0; !direct && i < facts->candc; i++)
		memcpy(facts->candv[i].addr.ip, nobody, sizeof(nobody));

	if (show == UNLISTED)
		return;

	candv[0] = (struct ua_sdp_cand){
		.comp = 1,
		.type = UA_SDPCAND_RELAY,
		.prio = show == HIGH ? 2197815295 : 16777215,
		.addr = *to,
		.foundation = "R200007f",
		.transport = "UDP",
	};
	facts->candv = candv;
	facts->candc++;
	facts->dest = UA_SDPFACTS_MATCH;
	facts->dest_cand = facts->rtcp_cand = 0;
}


/* Offer and answer through the proxy: y has the offer before x the answer. */
static inline void connect_through(enum show show, bool direct)
{
	struct ua_sdp_facts facts;

	facts_of(&facts, &x);
	rewrite(&facts, show, &relay.sidev[1].addr, direct);
	ck_assert_int_eq(0, ua_flow_remote(y.flow, &facts, true));
	facts_of(&facts, &y);
	rewrite(&facts, show, &relay.sidev[0].addr, direct);
	ck_assert_int_eq(0, ua_flow_remote(x.flow, &facts, true));
}


static inline void talk(void)
{
	x.packets = y.packets = 0;
	ck_assert_int_eq(0, send_rtp(&x));
	ck_assert_int_eq(0, send_rtp(&y));
	rig_wait(both_heard, NULL);
}

#endif
