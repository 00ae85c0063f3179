/* SPDX-License-Identifier: BSD-3-Clause */
/** @file sdpfrag.c  Body of an INFO of trickle ICE */

#include <errno.h>
#include <string.h>

#include "base/re_compat.h"
#include "base/wr.h"
#include "sdp/sdpfrag.h"
#include "sdp/sdpwrite.h"


int ua_sdpfrag_decode(struct ua_sdp_facts *facts, const uint8_t *buf,
		      size_t len, const char *mid)
{
	struct ua_sdp_facts f;
	struct ua_sdp *sdp;
	int err;

	err = ua_sdp_decode_frag(&sdp, buf, len);
	if (err)
		return err;

	err = ua_sdpfacts_frag(&f, sdp, mid);
	mem_deref(sdp);
	if (err)
		return err;

	/* Credentials alone tell that the peer has our description. */
	if (!f.ufrag[0] && !f.candc && !f.end) {
		ua_sdpfacts_reset(&f);
		return EBADMSG;
	}

	*facts = f;
	return 0;
}


int ua_sdpfrag_encode(const struct ua_sdp_frag *frag, struct ua_wr *wr)
{
	size_t i;

	if (!frag->ufrag || !frag->pwd)
		return EINVAL;

	/* What it says of the stream means nothing (RFC 8840, 4.4). */
	ua_wr_str(wr, "m=audio 9 RTP/AVP 0\r\n");
	ua_sdpwrite_line(wr, "a=ice-ufrag:", frag->ufrag);
	ua_sdpwrite_line(wr, "a=ice-pwd:", frag->pwd);
	if (frag->mux)
		ua_wr_str(wr, "a=rtcp-mux\r\n");

	/* Right before the candidates, as it is said there. */
	ua_sdpwrite_line(wr, "a=mid:", frag->mid);

	for (i = 0; i < frag->candc; i++)
		ua_sdpwrite_cand(wr, &frag->candv[i]);

	if (frag->end)
		ua_wr_str(wr, "a=end-of-candidates\r\n");

	return wr->err;
}
