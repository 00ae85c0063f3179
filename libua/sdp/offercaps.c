/* SPDX-License-Identifier: BSD-3-Clause */
/** @file offercaps.c  What we can do, and what of it the peer can, too */

#include <errno.h>
#include <string.h>

#include "base/wr.h"
#include "sdp/offercaps.h"


static bool has_clock(const struct ua_offer_caps *caps, uint32_t clock_hz)
{
	uint8_t i;

	for (i = caps->codecc; i < caps->fmtc; i++) {
		if (caps->fmtv[i].clock_hz == clock_hz)
			return true;
	}

	return false;
}


/* One telephone-event for each clock rate: it shares the codec's RTP stream */
static void add_telev(struct ua_offer_caps *caps)
{
	struct ua_offer_codec telev = { .name = "telephone-event",
					.channels = 1,
					.pt = UA_SDP_PT_NONE,
					.fmtp = "0-15" };
	uint8_t i;

	for (i = 0; i < caps->codecc && caps->fmtc < UA_PTMAP_FMT_MAX; i++) {
		telev.clock_hz = caps->fmtv[i].clock_hz;
		if (!has_clock(caps, telev.clock_hz))
			caps->fmtv[caps->fmtc++] = telev;
	}
}


int ua_offercaps_init(struct ua_offer_caps *caps,
		      const struct ua_offer_conf *conf)
{
	size_t i;

	if (!conf->codecc || conf->codecc > UA_OFFER_CODEC_MAX)
		return EINVAL;

	memset(caps, 0, sizeof(*caps));
	for (i = 0; i < conf->codecc; i++) {
		const struct ua_offer_codec *codec = &conf->codecv[i];

		if (!codec->name || !codec->clock_hz || !codec->channels)
			return EINVAL;

		caps->fmtv[i] = *codec;
	}

	caps->codecc = (uint8_t)conf->codecc;
	caps->fmtc = caps->codecc;
	caps->mux = conf->mux;
	caps->own_order = conf->own_order;
	caps->ptime = conf->ptime;
	caps->maxptime = conf->maxptime;
	if (conf->telev)
		add_telev(caps);

	return 0;
}


int ua_offercaps_find(const struct ua_offer_caps *caps,
		      const struct ua_sdp_fmt *fmt)
{
	uint8_t i;

	if (fmt->pt == UA_SDP_PT_NONE)
		return -1;

	for (i = 0; i < caps->fmtc; i++) {
		const struct ua_offer_codec *own = &caps->fmtv[i];

		if (ua_sdpfmt_is(fmt, own->name, own->clock_hz, own->channels))
			return i;
	}

	return -1;
}


/* With RTCP on the same port 64 to 95 look like RTCP (RFC 5761, 4). */
static bool is_rtcp_like(int16_t pt, bool mux)
{
	return mux && pt >= 64 && pt <= 95;
}


/* Put a fit into the list: at its end, or where our own order wants it. */
static void add_fit(struct ua_offer_fit *fitv, size_t *fitc,
		    struct ua_offer_fit fit, bool sorted)
{
	size_t at = *fitc;
	size_t i;

	for (i = 0; i < *fitc; i++) {
		if (fitv[i].fmt == fit.fmt)
			return;
	}

	for (; sorted && at && fitv[at - 1].fmt > fit.fmt; at--)
		fitv[at] = fitv[at - 1];

	fitv[at] = fit;
	++*fitc;
}


size_t ua_offercaps_fits(struct ua_offer_fit fitv[static UA_PTMAP_FMT_MAX],
			 size_t *fitc, const struct ua_offer_caps *caps,
			 const struct ua_sdp_media *media, bool sorted)
{
	const bool mux = caps->mux && media->rtcp_mux;
	size_t codecs = 0;
	size_t i;

	*fitc = 0;
	for (i = 0; i < media->fmtc; i++) {
		const struct ua_sdp_fmt *fmt = &media->fmtv[i];
		const int k = ua_offercaps_find(caps, fmt);

		if (k < 0 || is_rtcp_like(fmt->pt, mux))
			continue;

		add_fit(fitv, fitc,
			(struct ua_offer_fit){ .fmt = (uint8_t)k,
					       .pt = (uint8_t)fmt->pt },
			sorted);
	}

	for (i = 0; i < *fitc; i++) {
		if (fitv[i].fmt < caps->codecc)
			++codecs;
	}

	return codecs;
}


static void list_name(struct ua_wr *wr, const char *name, uint32_t clock_hz,
		      uint8_t channels)
{
	char one[64];
	struct ua_wr part;

	ua_wr_init(&part, one, sizeof(one));
	ua_wr_fmt(&part, " %s/%u", name, clock_hz);
	if (channels > 1)
		ua_wr_fmt(&part, "/%u", channels);

	if (!part.err && part.pos < wr->size - wr->pos)
		ua_wr_mem(wr, one, part.pos);
}


void ua_offercaps_explain(struct ua_sdp_error *err,
			  const struct ua_offer_caps *caps,
			  const struct ua_sdp_media *media)
{
	char theirs[72] = "";
	char ours[72] = "";
	struct ua_wr wr;
	size_t i;

	ua_wr_init(&wr, theirs, sizeof(theirs) - 1);
	for (i = 0; i < media->fmtc; i++) {
		const struct ua_sdp_fmt *fmt = &media->fmtv[i];

		if (fmt->name)
			list_name(&wr, fmt->name, fmt->clock_hz,
				  fmt->channels);
	}

	ua_wr_init(&wr, ours, sizeof(ours) - 1);
	for (i = 0; i < caps->codecc; i++)
		list_name(&wr, caps->fmtv[i].name, caps->fmtv[i].clock_hz,
			  caps->fmtv[i].channels);

	ua_sdptext_error(err, 0, UA_SDP_WARN_FORMAT,
			 "no common codec: peer has%s, we have%s",
			 *theirs ? theirs : " none with a name", ours);
}
