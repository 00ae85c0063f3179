/* SPDX-License-Identifier: BSD-3-Clause */
/** @file icenet_peer.c  A peer that is played by the test */

#include <check.h>
#include <stdio.h>
#include <string.h>

#include "base/wr.h"
#include "stun/stun.h"
#include "icenet.h"


int icenet_peer_cand(struct icenet *net, const char *addr,
		     enum ua_ice_type type, uint32_t prio)
{
	struct ua_ice_cand cand = { .comp = 1,
				    .type = type,
				    .addr = icenet_addr(addr),
				    .prio = prio };

	(void)snprintf(cand.foundation, sizeof(cand.foundation), "%u%u", type,
		       cand.addr.ip[3]);

	return ua_ice_remote_cand(net->agentv[0].ice, net->now, &cand);
}


int icenet_peer(struct icenet *net, const struct ua_ice_peer *peer,
		const char *const *addrv)
{
	static const struct ua_ice_peer plain = { .ice2 = true };
	struct ua_ice *ice = net->agentv[0].ice;
	uint32_t prio = 2130706431;
	int err;

	(void)ua_ice_gathered(ice, net->now);
	err = ua_ice_remote_set(ice, net->now, "peer", NET_PEER_PWD,
				peer ? peer : &plain);
	for (; addrv && *addrv && !err; ++addrv, prio -= 256)
		err = icenet_peer_cand(net, *addrv, UA_ICE_HOST, prio);
	if (err)
		return err;

	err = ua_ice_remote_end(ice, net->now);
	icenet_pump(net, 0);

	return err;
}


int icenet_peer_request(struct icenet *net, unsigned i,
			const struct net_req *req)
{
	const struct ua_ice *ice = net->agentv[0].ice;
	const struct ua_addr from = icenet_addr(req->from);
	const char *key = req->key ? req->key : ua_ice_pwd(ice);
	uint8_t tid[UA_STUN_TID_LEN];
	uint8_t buf[UA_DGRAM_MAX];
	char user[600];
	struct ua_wr wr;

	net->rand.fill(tid, sizeof(tid), net->rand.arg);
	(void)snprintf(user, sizeof(user), "%s:%s",
		       req->whom ? req->whom : ua_ice_ufrag(ice),
		       req->who ? req->who : "peer");

	ua_wr_init(&wr, buf, sizeof(buf));
	ua_stun_begin(&wr, UA_STUN_REQUEST, UA_STUN_BINDING, tid);
	ua_stun_put(&wr, UA_STUN_USERNAME, user, strlen(user));
	ua_stun_put_u32(&wr, UA_STUN_PRIORITY,
			req->prio ? req->prio : 1862270975);
	ua_stun_put_u64(&wr,
			req->controlling ? UA_STUN_ICE_CONTROLLING
					 : UA_STUN_ICE_CONTROLLED,
			req->tie_breaker);
	if (req->nominate)
		ua_stun_put(&wr, UA_STUN_USE_CANDIDATE, NULL, 0);
	if (req->nomination)
		ua_stun_put_u32(&wr, UA_STUN_NOMINATION, req->nomination);
	if (req->attr)
		ua_stun_put(&wr, req->attr, NULL, 0);
	ck_assert_int_eq(
		0, ua_stun_end(&wr, (const uint8_t *)key, strlen(key), true));

	return icenet_inject(net, i, &from, buf, wr.pos);
}


int icenet_peer_answer(struct icenet *net, const struct net_sent *sent,
		       uint16_t code, const char *from, const char *mapped)
{
	const int i = icenet_if_of(net, 0, sent->base);
	const struct ua_addr src = from ? icenet_addr(from) : sent->to;
	const struct ua_addr addr =
		mapped ? icenet_addr(mapped) : net->ifv[i].addr;
	uint8_t buf[UA_DGRAM_MAX];
	struct ua_wr wr;

	ua_wr_init(&wr, buf, sizeof(buf));
	ua_stun_begin(&wr, code ? UA_STUN_ERROR : UA_STUN_SUCCESS,
		      UA_STUN_BINDING, sent->tid);
	if (code)
		ua_stun_put_error(&wr, code, "");
	else
		ua_stun_put_addr(&wr, UA_STUN_XOR_MAPPED_ADDRESS, &addr);
	ck_assert_int_eq(0, ua_stun_end(&wr, (const uint8_t *)NET_PEER_PWD,
					strlen(NET_PEER_PWD), true));

	return icenet_inject(net, (unsigned)i, &src, buf, wr.pos);
}
