/* SPDX-License-Identifier: BSD-3-Clause */
/** @file fuzz_sdpfrag.c  Bodies of trickle ICE: reader and writer */

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/re_compat.h"
#include "base/wr.h"
#include "sdp/sdpfrag.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char text[4 * UA_SDP_LEN_MAX];


static void require(int ok)
{
	if (!ok)
		abort();
}


static void check(const struct ua_sdp_facts *facts)
{
	const size_t ufrag = strlen(facts->ufrag);
	const size_t pwd = strlen(facts->pwd);

	require(!ufrag || ufrag >= UA_SDP_UFRAG_MIN);
	require(!pwd || pwd >= UA_SDP_PWD_MIN);
	require(ufrag <= UA_SDP_CRED_MAX && pwd <= UA_SDP_CRED_MAX);
	require(facts->ice == (ufrag && pwd));
	require(facts->candc <= UA_SDP_CAND_MAX);
	require(!facts->candc == !facts->candv);
	require(ufrag || facts->candc || facts->end);
}


/* What we make of it, written by us, is the same to a peer like us. */
static void round_trip(const struct ua_sdp_facts *facts)
{
	const struct ua_sdp_frag frag = {
		.ufrag = facts->ufrag[0] ? facts->ufrag : "none",
		.pwd = facts->pwd[0] ? facts->pwd : "0123456789012345678901",
		.mid = "0",
		.candv = facts->candv,
		.candc = facts->candc,
		.end = facts->end,
	};
	struct ua_sdp_facts again = { .candc = 0 };
	struct ua_wr wr;

	ua_wr_init(&wr, text, sizeof(text));
	require(!ua_sdpfrag_encode(&frag, &wr));
	if (wr.pos > UA_SDP_LEN_MAX)
		return;

	require(!ua_sdpfrag_decode(&again, wr.buf, wr.pos, "0"));
	require(again.candc == facts->candc);
	require(!again.cand_bad);
	require(again.end == facts->end);
	require(!strcmp(again.ufrag, frag.ufrag));
	ua_sdpfacts_reset(&again);
}


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const mids[] = { NULL, "0", "1" };
	size_t i;

	for (i = 0; i < sizeof(mids) / sizeof(mids[0]); i++) {
		struct ua_sdp_facts facts = { .candc = 0 };

		if (ua_sdpfrag_decode(&facts, data, size, mids[i]))
			continue;

		check(&facts);
		round_trip(&facts);
		ua_sdpfacts_reset(&facts);
	}

	return 0;
}
