/* SPDX-License-Identifier: BSD-3-Clause */
/** @file draft.c  Our own description, written from what was negotiated */

#include <errno.h>
#include <string.h>

#include "base/re_compat.h"
#include "base/wr.h"
#include "sdp/draft.h"

enum {
	PORT_DISCARD = 9, /* Of who has no port yet (RFC 8839, 4.3.1) */
	PT_LEN = 4        /* Three digits of a payload type             */
};


static bool is_unset(const struct ua_addr *addr)
{
	return addr->af == UA_AF_NONE || ua_addr_is_any(addr);
}


static void add_fmt(struct ua_sdp *sdp, struct ua_sdp_media *media,
		    const struct ua_offer_codec *codec, int16_t pt)
{
	struct ua_sdp_fmt *fmt = &media->fmtv[media->fmtc];
	char *id = sdp->text + media->fmtc * PT_LEN;

	(void)re_snprintf(id, PT_LEN, "%d", pt);
	fmt->id = id;
	fmt->pt = pt;
	fmt->name = codec->name;
	fmt->clock_hz = codec->clock_hz;
	fmt->channels = codec->channels;
	fmt->fmtp = codec->fmtp;
	++media->fmtc;
}


/* Codecs before telephone-event: peers take the first one to speak with. */
static void add_fmts(const struct ua_draft *draft, struct ua_sdp *sdp,
		     struct ua_sdp_media *media, bool codecs)
{
	const struct ua_offer_caps *caps = draft->caps;
	const struct ua_nego *nego = draft->nego;
	const size_t n = draft->answer ? nego->fitc : caps->fmtc;
	size_t i;

	for (i = 0; i < n; i++) {
		const size_t fmt = draft->answer ? nego->fitv[i].fmt : i;
		const int16_t pt =
			draft->answer ? nego->fitv[i].pt : nego->map.pt[i];

		if ((fmt < caps->codecc) == codecs && pt != UA_PTMAP_NONE)
			add_fmt(sdp, media, &caps->fmtv[fmt], pt);
	}
}


/*
 * a=rtcp where the port is not the one that follows from RTP's (RFC 3605).
 * An offer of rtcp-mux with ICE always has it: the way back for a peer without
 * mux (RFC 5761, 5.1.3).  An answer with rtcp-mux has no use for it.
 */
static void add_rtcp(const struct ua_draft *draft, struct ua_sdp_media *media,
		     bool ice)
{
	const struct ua_addr *rtp = &draft->local->rtp;
	const struct ua_addr *rtcp = &draft->local->rtcp;

	media->rtcp_mux =
		draft->answer ? draft->nego->result.mux : draft->caps->mux;

	if (is_unset(rtcp) || (draft->answer && media->rtcp_mux))
		return;

	if (!(ice && media->rtcp_mux) && ua_addr_ip_eq(rtp, rtcp) &&
	    rtcp->port == rtp->port + 1)
		return;

	media->has_rtcp = true;
	media->rtcp_port = rtcp->port;
	if (!ua_addr_ip_eq(rtp, rtcp))
		ua_sdpconn_set(&media->rtcp_conn, rtcp);
}


static bool wants_ice(const struct ua_draft *draft)
{
	const struct ua_offer_local *local = draft->local;

	return local->ufrag && local->pwd && !local->mismatch &&
	       (!draft->answer || draft->nego->result.remote.ice);
}


/*
 * An answer with rtcp-mux has the candidates of the first component alone
 * (RFC 5761, 5.1.3).
 */
static int add_cands(const struct ua_draft *draft, struct ua_sdp *sdp,
		     struct ua_sdp_media *media)
{
	const struct ua_offer_local *local = draft->local;
	const bool one = draft->answer && media->rtcp_mux;
	size_t i;

	if (!local->candc)
		return 0;

	sdp->pool = mem_alloc(local->candc * sizeof(*sdp->pool), NULL);
	if (!sdp->pool)
		return ENOMEM;

	for (i = 0; i < local->candc; i++) {
		if (!one || local->candv[i].comp == 1)
			sdp->pool[media->candc++] = local->candv[i];
	}

	media->candv = sdp->pool;
	return 0;
}


static int add_ice(const struct ua_draft *draft, struct ua_sdp *sdp,
		   struct ua_sdp_media *media)
{
	const struct ua_offer_local *local = draft->local;

	sdp->ice.options = local->options;
	sdp->ice_pacing = local->pacing;
	media->ice.ufrag = local->ufrag;
	media->ice.pwd = local->pwd;
	media->ice.end = local->end;

	if (!draft->answer) {
		memcpy(media->remv, local->remv, sizeof(media->remv));
		media->remc = local->remc < UA_SDP_REMCAND_MAX
				      ? local->remc
				      : UA_SDP_REMCAND_MAX;
	}

	return add_cands(draft, sdp, media);
}


static int active_media(const struct ua_draft *draft, struct ua_sdp *sdp,
			struct ua_sdp_media *media)
{
	const struct ua_offer_local *local = draft->local;
	const bool ice = wants_ice(draft);

	media->port = is_unset(&local->rtp) ? PORT_DISCARD : local->rtp.port;
	media->ptime = draft->caps->ptime;
	media->maxptime = draft->caps->maxptime;
	media->dir = draft->answer ? (uint8_t)draft->nego->result.dir
				   : draft->nego->dir;
	add_fmts(draft, sdp, media, true);
	add_fmts(draft, sdp, media, false);
	add_rtcp(draft, media, ice);

	/* It says: I can, but not with what arrived here. */
	media->ice_mismatch = draft->answer && local->mismatch &&
			      draft->nego->result.remote.ice;

	return ice ? add_ice(draft, sdp, media) : 0;
}


static int add_media(const struct ua_draft *draft, struct ua_sdp *sdp,
		     size_t i)
{
	const struct ua_nego_line *line = &draft->nego->linev[i];
	struct ua_sdp_media *media = &sdp->mediav[i];

	media->type = line->type;
	media->proto = line->proto;
	media->mid = *line->mid ? line->mid : NULL;
	media->conn = sdp->conn;
	++sdp->mediac;

	if ((int)i == draft->nego->active)
		return active_media(draft, sdp, media);

	/* A refused line repeats its formats as one text. */
	if (*line->fmts) {
		media->fmtv[0].id = line->fmts;
		media->fmtc = 1;
	}

	return 0;
}


int ua_draft_encode(const struct ua_draft *draft, struct ua_wr *wr)
{
	const struct ua_nego *nego = draft->nego;
	const size_t linec = draft->answer ? nego->offered : nego->linec;
	struct ua_sdp *sdp;
	char version[24];
	char id[24];
	size_t i;
	int err;

	sdp = ua_sdp_alloc();
	if (!sdp)
		return ENOMEM;

	sdp->text = mem_zalloc(UA_PTMAP_FMT_MAX * PT_LEN, NULL);
	if (!sdp->text) {
		err = ENOMEM;
		goto out;
	}

	(void)re_snprintf(id, sizeof(id), "%llu", draft->id);
	(void)re_snprintf(version, sizeof(version), "%llu", draft->version);
	sdp->origin.id = id;
	sdp->origin.version = version;
	ua_sdpconn_set(&sdp->origin.conn, draft->origin);
	ua_sdpconn_set(&sdp->conn, &draft->local->rtp);

	/* An answer has the times of the offer (RFC 3264, 6). */
	if (draft->answer && *nego->timing)
		sdp->timing = nego->timing;

	for (i = 0; i < linec; i++) {
		err = add_media(draft, sdp, i);
		if (err)
			goto out;
	}

	err = ua_sdp_encode(sdp, wr);

out:
	mem_deref(sdp);
	return err;
}
