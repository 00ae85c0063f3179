/* SPDX-License-Identifier: BSD-3-Clause */
/** @file flowbed.h  Two flows of one agent, and what they said */
#ifndef UA_TEST_FLOWBED_H
#define UA_TEST_FLOWBED_H

#include <check.h>
#include <errno.h>
#include <string.h>

#include "agent/impl.h"
#include "call/flowcore.h"
#include "rig.h"

enum { RTP_LEN = 172, RTP_BYTE = 0x80 };

/** An end, and what its flow said */
struct end {
	struct ua_flow *flow;
	unsigned gathered;
	unsigned packets;
	bool close; /* ... as soon as it has gathered */
	bool nominated;
	bool told; /* Its description went out */
	unsigned lates;
	unsigned besides;
	const char *restart; /* ... is wanted, and why */
};

static struct rig a;
static struct end x, y;


static inline void on_gathered(void *arg)
{
	struct end *end = arg;

	++end->gathered;
	if (end->close) {
		ua_flow_close(end->flow);
		end->flow = NULL;
	}
}


static inline void on_late(void *arg)
{
	struct end *end = arg;

	++end->lates;
}


static inline void on_beside(void *arg)
{
	struct end *end = arg;

	++end->besides;
}


static inline void on_restart(const char *why, void *arg)
{
	struct end *end = arg;

	end->restart = why;
}


static inline void on_ice(const struct ua_ice_event *ev, void *arg)
{
	struct end *end = arg;

	if (ev->type == UA_ICE_EVENT_NOMINATED && ev->comp == 1)
		end->nominated = true;
}


static inline void on_packet(enum ua_demux kind, const uint8_t *buf,
			     size_t len, void *arg)
{
	struct end *end = arg;

	ck_assert_int_eq(UA_DEMUX_RTP, kind);
	ck_assert_uint_eq(RTP_LEN, len);
	ck_assert_uint_eq(RTP_BYTE, buf[0]);
	++end->packets;
}


static inline void end_open(struct end *end, bool controlling)
{
	const struct ua_flow_handlers handlers = {
		.gathered = on_gathered,
		.late = on_late,
		.beside = on_beside,
		.restart = on_restart,
		.ice = on_ice,
		.packet = on_packet,
		.arg = end,
	};

	memset(end, 0, sizeof(*end));
	ck_assert_int_eq(0, ua_flow_alloc(&end->flow, &a.agent->env,
					  controlling, &handlers));
	ck_assert_uint_eq(0, end->gathered);
}


static inline bool is_gathered(void *arg)
{
	return ((struct end *)arg)->gathered > 0;
}


/* What a description of it tells the other side */
static inline void facts_of(struct ua_sdp_facts *facts, struct end *end)
{
	static struct ua_flow_local local;
	static struct ua_sdp_cand candv[UA_FLOW_CANDS];

	ua_flow_local(end->flow, UA_AF_IP4, &local);
	memset(facts, 0, sizeof(*facts));
	facts->rtp = local.sdp.rtp;
	facts->rtcp = local.sdp.rtcp;
	if (!local.sdp.ufrag)
		return;

	facts->ice = true;
	facts->ice2 = true;
	str_ncpy(facts->ufrag, local.sdp.ufrag, sizeof(facts->ufrag));
	str_ncpy(facts->pwd, local.sdp.pwd, sizeof(facts->pwd));
	memcpy(candv, local.candv, sizeof(candv));
	facts->candv = candv;
	facts->candc = local.sdp.candc;
}


static inline int send_rtp(struct end *end)
{
	uint8_t buf[RTP_LEN] = { RTP_BYTE };

	return ua_flow_send(end->flow, 1, buf, sizeof(buf));
}


static inline bool both_nominated(void *arg)
{
	(void)arg;

	return x.nominated && y.nominated;
}


static inline bool both_heard(void *arg)
{
	(void)arg;

	return x.packets && y.packets;
}


static inline void connect_both(bool mux)
{
	struct ua_sdp_facts facts;

	rig_wait(is_gathered, &x);
	rig_wait(is_gathered, &y);
	facts_of(&facts, &x);
	ck_assert_int_eq(0, ua_flow_remote(y.flow, &facts, mux));
	facts_of(&facts, &y);
	ck_assert_int_eq(0, ua_flow_remote(x.flow, &facts, mux));
}

#endif
