/* SPDX-License-Identifier: BSD-3-Clause */
/** @file fuzz_sdp.c  Descriptions of a stranger: parser, writer, offer/answer
 */

#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/re_compat.h"
#include "base/wr.h"
#include "sdp/offer.h"
#include "sdp/sdporigin.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct ua_offer_codec codecs[] = {
	{ "opus", 48000, 2, UA_SDP_PT_NONE, "useinbandfec=1" },
	{ "G722", 8000, 1, 9, NULL },
	{ "PCMA", 8000, 1, 8, NULL },
	{ "PCMU", 8000, 1, 0, NULL },
	{ "L16", 16000, 1, UA_SDP_PT_NONE, NULL },
};

static uint8_t first[8 * UA_SDP_LEN_MAX];
static uint8_t second[8 * UA_SDP_LEN_MAX];


static void require(int ok)
{
	if (!ok)
		abort();
}


static void fill(uint8_t *buf, size_t len, void *arg)
{
	(void)arg;
	memset(buf, 1, len);
}

static const struct ua_rand rnd = { fill, NULL };


/* What is written can be read, and comes out the same once more. */
static void round_trip(const uint8_t *data, size_t size)
{
	struct ua_sdp *sdp = NULL;
	struct ua_sdp *again = NULL;
	struct ua_wr a;
	struct ua_wr b;

	if (ua_sdp_decode(&sdp, data, size, NULL))
		return;

	ua_wr_init(&a, first, sizeof(first));
	require(!ua_sdp_encode(sdp, &a));

	/* Static types get their maps: the text may grow beyond the limit. */
	if (a.pos <= UA_SDP_LEN_MAX) {
		require(!ua_sdp_decode(&again, first, a.pos, NULL));
		require(again->mediac == sdp->mediac);

		ua_wr_init(&b, second, sizeof(second));
		require(!ua_sdp_encode(again, &b));
		mem_deref(again);
	}

	mem_deref(sdp);
}


static struct ua_offer *make(bool own_order)
{
	struct ua_offer_conf conf;
	struct ua_offer *offer = NULL;

	ua_offer_conf_default(&conf);
	conf.codecv = codecs;
	conf.codecc = sizeof(codecs) / sizeof(codecs[0]);
	conf.rand = &rnd;
	conf.own_order = own_order;
	require(!ua_offer_alloc(&offer, &conf));
	return offer;
}


static void local_init(struct ua_offer_local *local)
{
	ua_offer_local_default(local);
	require(!ua_addr_set(&local->rtp, "192.0.2.1", 4000));
	require(!ua_addr_set(&local->rtcp, "192.0.2.1", 4001));
	local->ufrag = "Loc4";
	local->pwd = "AAAABBBBCCCCDDDDEEEEFF";
	local->options = "ice2";
}


/* An implicit candidate is never one that is listed, nor nobody's address. */
static void check_origin(const struct ua_sdp_facts *facts, bool mux)
{
	struct ua_sdp_cand cand;
	unsigned comp;
	size_t i;

	for (i = 0; i < facts->candc; i++)
		require(ua_sdporigin_cand(facts, i) == UA_ORIGIN_PEER ||
			facts->candv[i].type == UA_SDPCAND_RELAY);

	for (comp = 1; comp <= 2; comp++) {
		if (ua_sdporigin_implicit(facts, comp, mux, &cand))
			continue;

		require(facts->ice && cand.comp == comp && cand.addr.af);
		require(cand.addr.port && !ua_addr_is_multicast(&cand.addr));
		for (i = 0; i < facts->candc; i++)
			require(facts->candv[i].comp != comp ||
				!ua_sdpcand_is_udp(&facts->candv[i]) ||
				!ua_addr_eq(&facts->candv[i].addr,
					    &cand.addr));
	}
}


static void check(const struct ua_offer *offer)
{
	const struct ua_offer_result *res = ua_offer_result(offer);

	require(res != NULL);
	if (!res->active)
		return;

	require(res->codec < sizeof(codecs) / sizeof(codecs[0]));
	require(res->send_pt <= UA_SDP_PT_MAX);
	require(res->recvc > 0 && res->recvc <= UA_OFFER_RECV_MAX);
	require(res->ptime > 0);
	require(res->remote.candc <= UA_SDP_CAND_MAX);
	require(!res->mux || ua_addr_eq(&res->remote.rtp, &res->remote.rtcp));
	check_origin(&res->remote, res->mux);
}


/* What we write must be something that a peer like us understands. */
static void readable(const struct ua_wr *wr)
{
	struct ua_sdp *sdp = NULL;

	require(!ua_sdp_decode(&sdp, wr->buf, wr->pos, NULL));
	require(!sdp->warnc);
	mem_deref(sdp);
}


static void as_offer(const uint8_t *data, size_t size)
{
	struct ua_offer *offer = make(size & 1);
	struct ua_offer_local local;
	struct ua_wr wr;

	local_init(&local);
	if (ua_offer_remote_offer(offer, data, size, NULL))
		goto out;

	ua_wr_init(&wr, first, sizeof(first));
	require(!ua_offer_local_answer(offer, &local, &wr));
	readable(&wr);
	check(offer);

	/* Our next offer has the same lines, or there is no room for one. */
	ua_wr_init(&wr, first, sizeof(first));
	if (ua_offer_local_offer(offer, &local, &wr))
		goto out;

	readable(&wr);
	if (!ua_offer_remote_answer(offer, data, size, NULL))
		check(offer);

out:
	mem_deref(offer);
}


static void as_answer(const uint8_t *data, size_t size)
{
	struct ua_offer *offer = make(false);
	struct ua_offer_local local;
	struct ua_wr wr;

	local_init(&local);
	ua_wr_init(&wr, first, sizeof(first));
	require(!ua_offer_local_offer(offer, &local, &wr));
	if (!ua_offer_remote_answer(offer, data, size, NULL))
		check(offer);
	else
		require(ua_offer_state(offer) == UA_OFFER_LOCAL);

	mem_deref(offer);
}


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	round_trip(data, size);
	as_offer(data, size);
	as_answer(data, size);
	return 0;
}
