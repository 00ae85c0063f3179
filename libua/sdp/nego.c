/* SPDX-License-Identifier: BSD-3-Clause */
/** @file nego.c  One round of offer and answer: what each line became */

#include <errno.h>
#include <string.h>

#include "base/re_compat.h"
#include "sdp/nego.h"

enum {
	PTIME_DEFAULT = 20, /* RFC 3551, 4.2: of every codec that we have */
	PTIME_LIMIT = 200,  /* Longer frames do not fit into buffers      */
	TELEV_PT = 101      /* What everybody uses for it at 8000 Hz      */
};

/*
 * Protocols of plain RTP.  AVPF is AVP with permission to send feedback early
 * (RFC 4585, 3), which nobody has to do.
 */
static const char *const protos[] = { "RTP/AVP", "RTP/AVPF" };

static const char audio[] = "audio";


static void destructor(void *arg)
{
	struct ua_nego *nego = arg;

	ua_sdpfacts_reset(&nego->result.remote);
}


struct ua_nego *ua_nego_alloc(const struct ua_nego *from)
{
	struct ua_nego *nego = mem_zalloc(sizeof(*nego), destructor);

	if (!nego)
		return NULL;

	if (from) {
		*nego = *from;
		ua_sdpfacts_copy(&nego->result.remote, &from->result.remote);
	}
	else {
		nego->active = UA_NEGO_NO_LINE;
		ua_ptmap_init(&nego->map);
	}

	return nego;
}


/* The line of our audio, a closed one of audio again, or a new one. */
static int audio_line(const struct ua_nego *nego)
{
	size_t i;

	if (nego->active != UA_NEGO_NO_LINE)
		return nego->active;

	for (i = 0; i < nego->linec; i++) {
		if (!strcmp(nego->linev[i].type, audio))
			return (int)i;
	}

	return (int)nego->linec;
}


static bool is_known_proto(const char *proto)
{
	size_t i;

	for (i = 0; i < sizeof(protos) / sizeof(protos[0]); i++) {
		if (!strcmp(protos[i], proto))
			return true;
	}

	return false;
}


static void give_types(struct ua_nego *nego, const struct ua_offer_caps *caps)
{
	uint8_t i;

	for (i = 0; i < caps->fmtc; i++) {
		const struct ua_offer_codec *fmt = &caps->fmtv[i];
		int16_t want = fmt->pt;

		if (i >= caps->codecc && fmt->clock_hz == 8000)
			want = TELEV_PT;

		(void)ua_ptmap_give(&nego->map, i, want);
	}
}


int ua_nego_offer(struct ua_nego *nego, const struct ua_offer_caps *caps,
		  enum ua_sdp_dir dir)
{
	const int index = audio_line(nego);
	struct ua_nego_line *line;

	if (index >= UA_SDP_MEDIA_MAX)
		return ENOSPC;

	line = &nego->linev[index];
	if ((size_t)index == nego->linec) {
		++nego->linec;
		(void)ua_sdptext_copy(line->type, sizeof(line->type), audio);
	}

	if (!is_known_proto(line->proto))
		(void)ua_sdptext_copy(line->proto, sizeof(line->proto),
				      protos[0]);

	give_types(nego, caps);
	nego->active = index;
	nego->dir = (uint8_t)dir;
	return 0;
}


static bool has_mid(const struct ua_nego *nego, const char *mid)
{
	size_t i;

	for (i = 0; i < nego->linec; i++) {
		if (!strcmp(nego->linev[i].mid, mid))
			return true;
	}

	return false;
}


void ua_nego_mid(struct ua_nego *nego)
{
	struct ua_nego_line *line;
	char mid[UA_NEGO_MID_LEN];
	unsigned i = 0;

	if (nego->active == UA_NEGO_NO_LINE)
		return;

	line = &nego->linev[nego->active];
	if (*line->mid)
		return;

	/* One of as many as there are lines is free. */
	do {
		(void)re_snprintf(mid, sizeof(mid), "%u", i++);
	} while (has_mid(nego, mid));

	(void)ua_sdptext_copy(line->mid, sizeof(line->mid), mid);
}


/* Formats of a line that we refuse: as many whole ones as there is room. */
static void keep_fmts(struct ua_nego_line *line,
		      const struct ua_sdp_media *media)
{
	size_t pos = 0;
	size_t i;

	line->fmts[0] = '\0';
	for (i = 0; i < media->fmtc; i++) {
		const char *id = media->fmtv[i].id;
		const size_t need = strlen(id) + (pos ? 1 : 0);

		if (need >= sizeof(line->fmts) - pos)
			return;

		if (pos)
			line->fmts[pos++] = ' ';
		memcpy(line->fmts + pos, id, strlen(id) + 1);
		pos += strlen(id);
	}
}


static int keep_lines(struct ua_nego *nego, const struct ua_sdp *sdp,
		      struct ua_sdp_error *err)
{
	size_t i;

	for (i = 0; i < sdp->mediac; i++) {
		const struct ua_sdp_media *media = &sdp->mediav[i];
		struct ua_nego_line *line = &nego->linev[i];

		if (ua_sdptext_copy(line->type, sizeof(line->type),
				    media->type) ||
		    ua_sdptext_copy(line->proto, sizeof(line->proto),
				    media->proto) ||
		    ua_sdptext_copy(line->mid, sizeof(line->mid),
				    media->mid ? media->mid : "")) {
			ua_sdptext_error(err, 0, UA_SDP_WARN_MISC,
					 "m-line %zu: shorter type, protocol "
					 "and mid expected",
					 i + 1);
			return ENOTSUP;
		}

		keep_fmts(line, media);
	}

	if (sdp->mediac > nego->linec)
		nego->linec = sdp->mediac;

	return 0;
}


/** Can we speak on this line?  If not, err says why */
static bool is_usable(const struct ua_offer_caps *caps,
		      const struct ua_sdp_media *media,
		      struct ua_sdp_error *err)
{
	struct ua_offer_fit fitv[UA_PTMAP_FMT_MAX];
	size_t fitc;

	if (strcmp(media->type, audio))
		return false;

	if (!media->port) {
		ua_sdptext_error(err, 0, UA_SDP_WARN_MEDIA,
				 "m=audio: a port other than 0 expected");
		return false;
	}

	if (!is_known_proto(media->proto)) {
		ua_sdptext_error(err, 0, UA_SDP_WARN_TRANSPORT,
				 "m=audio: RTP/AVP expected, not %s",
				 media->proto);
		return false;
	}

	if (!ua_offercaps_fits(fitv, &fitc, caps, media, false)) {
		ua_offercaps_explain(err, caps, media);
		return false;
	}

	return true;
}


/** The line to speak on: the one in use if possible, else the first */
static int choose(const struct ua_nego *nego, const struct ua_offer_caps *caps,
		  const struct ua_sdp *sdp, struct ua_sdp_error *err)
{
	size_t i;

	ua_sdptext_error(err, 0, UA_SDP_WARN_MEDIA,
			 "m=audio expected, there is none");

	if (nego->active != UA_NEGO_NO_LINE &&
	    (size_t)nego->active < sdp->mediac &&
	    is_usable(caps, &sdp->mediav[nego->active], err))
		return nego->active;

	for (i = 0; i < sdp->mediac; i++) {
		if (is_usable(caps, &sdp->mediav[i], err))
			return (int)i;
	}

	return UA_NEGO_NO_LINE;
}


/*
 * A peer may close its audio within a session (RFC 3264, 8.2); an offer that
 * begins a session without any is of no use.
 */
static bool is_closing(const struct ua_nego *nego, const struct ua_sdp *sdp)
{
	bool closed = false;
	size_t i;

	for (i = 0; i < sdp->mediac; i++) {
		if (strcmp(sdp->mediav[i].type, audio))
			continue;
		if (sdp->mediav[i].port)
			return false;

		closed = true;
	}

	return closed && nego->linec;
}


/*
 * What the peer means to do, as it says it.  Without ICE 0.0.0.0 is the old
 * way to hold: nothing may be sent there (RFC 3264, 8.4).  With ICE it means
 * that there is no default destination yet (RFC 8839, 4.2.5).
 */
static enum ua_sdp_dir peer_dir(const struct ua_sdp_media *media)
{
	unsigned dir = media->dir;

	if (media->conn.kind == UA_SDPCONN_ANY && !ua_sdp_has_ice(media))
		dir &= ~(unsigned)UA_SDP_RECVONLY;

	return (enum ua_sdp_dir)dir;
}


static uint16_t send_ptime(const struct ua_offer_caps *caps,
			   const struct ua_sdp_media *media)
{
	uint32_t ms = caps->ptime ? caps->ptime : PTIME_DEFAULT;

	if (media->ptime && media->ptime <= PTIME_LIMIT)
		ms = media->ptime;
	if (media->maxptime && media->maxptime < ms)
		ms = media->maxptime;

	return (uint16_t)ms;
}


static void add_recv(struct ua_offer_result *res,
		     const struct ua_offer_caps *caps, uint8_t fmt, uint8_t pt)
{
	struct ua_offer_pt *recv = &res->recvv[res->recvc];
	size_t i;

	if (res->recvc >= UA_OFFER_RECV_MAX)
		return;

	for (i = 0; i < res->recvc; i++) {
		if (res->recvv[i].pt == pt)
			return;
	}

	recv->pt = pt;
	recv->codec = fmt < caps->codecc ? (int8_t)fmt : UA_OFFER_TELEV;
	recv->clock_hz = caps->fmtv[fmt].clock_hz;
	++res->recvc;
}


/* telephone-event at the codec's clock; else any, some peers have but one */
static void choose_telev(struct ua_offer_result *res,
			 const struct ua_nego *nego,
			 const struct ua_offer_caps *caps)
{
	const uint32_t clock_hz = caps->fmtv[res->codec].clock_hz;
	size_t i;

	res->telev_pt = UA_SDP_PT_NONE;
	for (i = 0; i < nego->fitc; i++) {
		const struct ua_offer_fit *fit = &nego->fitv[i];
		const uint32_t hz = caps->fmtv[fit->fmt].clock_hz;

		if (fit->fmt < caps->codecc)
			continue;
		if (res->telev_pt != UA_SDP_PT_NONE && hz != clock_hz)
			continue;

		res->telev_pt = fit->pt;
		res->telev_hz = hz;
		if (hz == clock_hz)
			return;
	}
}


static void choose_codec(struct ua_offer_result *res,
			 const struct ua_nego *nego,
			 const struct ua_offer_caps *caps,
			 const struct ua_sdp_media *media)
{
	size_t i = 0;
	size_t k;

	/* There is one, or we would not be here. */
	while (nego->fitv[i].fmt >= caps->codecc)
		++i;

	res->codec = nego->fitv[i].fmt;
	res->send_pt = nego->fitv[i].pt;

	for (k = 0; k < media->fmtc; k++) {
		const struct ua_sdp_fmt *fmt = &media->fmtv[k];

		if (fmt->pt == (int16_t)res->send_pt && fmt->fmtp)
			(void)ua_sdptext_copy(res->fmtp, sizeof(res->fmtp),
					      fmt->fmtp);
	}
}


/* What neither of us knows: the peer may name what we do not, too. */
static int16_t spare_type(const struct ua_nego *nego,
			  const struct ua_sdp_media *media)
{
	bool used[UA_PTMAP_NPT] = { false };
	int16_t pt;
	size_t i;

	for (i = 0; i < media->fmtc; i++) {
		pt = media->fmtv[i].pt;
		if (pt >= 0 && pt < UA_PTMAP_NPT)
			used[pt] = true;
	}

	pt = ua_ptmap_spare(&nego->map, used);

	return pt == UA_PTMAP_NONE ? UA_SDP_PT_NONE : pt;
}


/* All of the result that a line of the peer tells, offer or answer. */
static int fill_result(struct ua_nego *nego, const struct ua_offer_caps *caps,
		       const struct ua_sdp *sdp)
{
	const struct ua_sdp_media *media = &sdp->mediav[nego->active];
	const enum ua_sdp_dir dir = peer_dir(media);
	struct ua_offer_result res;
	const struct ua_sdp_facts *old = &nego->result.remote;
	int err;

	memset(&res, 0, sizeof(res));
	res.active = true;
	res.mline = (unsigned)nego->active;
	res.mux = caps->mux && media->rtcp_mux;
	res.ptime = send_ptime(caps, media);
	res.keep_pt = spare_type(nego, media);
	res.hold = !(dir & UA_SDP_RECVONLY);
	res.dir = ua_sdp_dir_turn(dir);
	choose_codec(&res, nego, caps, media);
	choose_telev(&res, nego, caps);

	err = ua_sdpfacts_read(&res.remote, sdp, media, res.mux);
	if (err)
		return err;

	res.ice_restart = old->ice && res.remote.ice &&
			  (strcmp(old->ufrag, res.remote.ufrag) ||
			   strcmp(old->pwd, res.remote.pwd));

	ua_sdpfacts_reset(&nego->result.remote);
	nego->result = res;
	return 0;
}


static void close_audio(struct ua_nego *nego)
{
	ua_sdpfacts_reset(&nego->result.remote);
	memset(&nego->result, 0, sizeof(nego->result));
	nego->active = UA_NEGO_NO_LINE;
	nego->fitc = 0;
}


/* From now on our numbers are those of the offer (RFC 3264, 6.1). */
static void learn_types(struct ua_nego *nego, const struct ua_offer_caps *caps,
			const struct ua_sdp_media *media)
{
	size_t i;

	for (i = 0; i < media->fmtc; i++) {
		if (ua_offercaps_find(caps, &media->fmtv[i]) < 0)
			ua_ptmap_block(&nego->map, media->fmtv[i].pt);
	}

	for (i = 0; i < nego->fitc; i++)
		ua_ptmap_learn(&nego->map, nego->fitv[i].fmt,
			       nego->fitv[i].pt);
}


int ua_nego_remote_offer(struct ua_nego *nego,
			 const struct ua_offer_caps *caps,
			 const struct ua_sdp *sdp, struct ua_sdp_error *why)
{
	const struct ua_sdp_media *media;
	const int index = choose(nego, caps, sdp, why);
	size_t i;
	int err;

	if (index == UA_NEGO_NO_LINE && !is_closing(nego, sdp))
		return ENOTSUP;

	err = keep_lines(nego, sdp, why);
	if (err)
		return err;

	nego->offered = sdp->mediac;
	if (ua_sdptext_copy(nego->timing, sizeof(nego->timing),
			    sdp->timing ? sdp->timing : ""))
		nego->timing[0] = '\0';

	if (index == UA_NEGO_NO_LINE) {
		close_audio(nego);
		return 0;
	}

	media = &sdp->mediav[index];
	nego->active = index;
	(void)ua_offercaps_fits(nego->fitv, &nego->fitc, caps, media,
				caps->own_order);
	learn_types(nego, caps, media);

	err = fill_result(nego, caps, sdp);
	if (err)
		return err;

	nego->dir = (uint8_t)nego->result.dir;
	for (i = 0; i < nego->fitc; i++)
		add_recv(&nego->result, caps, nego->fitv[i].fmt,
			 nego->fitv[i].pt);

	return 0;
}


/*
 * Every type that we offered may arrive.  Some peers send with the numbers of
 * their own answer, though: as long as such a number means nothing else to
 * us, it is understood, too.
 */
static void offer_recv(struct ua_nego *nego, const struct ua_offer_caps *caps)
{
	size_t i;

	for (i = 0; i < caps->fmtc; i++) {
		if (nego->map.pt[i] != UA_PTMAP_NONE)
			add_recv(&nego->result, caps, (uint8_t)i,
				 (uint8_t)nego->map.pt[i]);
	}

	for (i = 0; i < nego->fitc; i++) {
		const struct ua_offer_fit *fit = &nego->fitv[i];

		if (nego->map.owner[fit->pt] < 0)
			add_recv(&nego->result, caps, fit->fmt, fit->pt);
	}
}


int ua_nego_remote_answer(struct ua_nego *nego,
			  const struct ua_offer_caps *caps,
			  const struct ua_sdp *sdp, struct ua_sdp_error *why)
{
	const struct ua_sdp_media *media;
	int err;

	if ((size_t)nego->active >= sdp->mediac) {
		ua_sdptext_error(why, 0, UA_SDP_WARN_MEDIA,
				 "answer: %zu m-lines expected, not %zu",
				 nego->linec, sdp->mediac);
		return EBADMSG;
	}

	media = &sdp->mediav[nego->active];
	if (strcmp(media->type, audio)) {
		ua_sdptext_error(why, 0, UA_SDP_WARN_MEDIA,
				 "answer: m=audio expected as m-line %d, "
				 "not m=%s",
				 nego->active + 1, media->type);
		return EBADMSG;
	}

	if (!media->port) {
		close_audio(nego);
		return 0;
	}

	if (!is_usable(caps, media, why))
		return ENOTSUP;

	(void)ua_offercaps_fits(nego->fitv, &nego->fitc, caps, media, false);
	err = fill_result(nego, caps, sdp);
	if (err)
		return err;

	nego->result.dir = (enum ua_sdp_dir)(nego->result.dir & nego->dir);
	offer_recv(nego, caps);
	return 0;
}


void ua_nego_answer(struct ua_nego *nego, enum ua_sdp_dir want)
{
	nego->result.dir = (enum ua_sdp_dir)(nego->dir & want);
}
