/* SPDX-License-Identifier: BSD-3-Clause */
/** @file recv.c  From RTP packets to samples */

#include <errno.h>
#include <string.h>

#include "base/re_compat.h"
#include "media/plc.h"
#include "media/recv.h"
#include "media/recvgap.h"
#include "media/resample.h"
#include "rtp/rtppkt.h"
#include "rtp/telev.h"

enum {
	MS_PER_S = 1000,
	PT_CN = 13,          /* Comfort noise (RFC 3389): silence to us      */
	SSRC_QUIET_MS = 200, /* A source that is silent so long has gone   */
	QUIET = 100,         /* Effective value, 50 dB below the largest     */
	BLEND_MS = 8,        /* From a frame left out to the next            */
	BLEND_MAX = UA_CODEC_SRATE_MAX / MS_PER_S * BLEND_MS,
	FIFO_MS = 2 * UA_CODEC_PTIME_MAX, /* A packet, and what a pull may
					     leave of the one before */
	EAR_MS = 20 /* Packet that fills, and the device            */
};

struct ua_recv {
	struct ua_recv_conf conf;
	struct ua_recv_stats stats;
	struct ua_jitter *jitter;
	struct ua_rtpstat rtpstat;
	struct ua_telev_recv telev;
	struct ua_plc plc;

	bool started;
	uint32_t clock_hz; /* Of the jitter buffer                       */
	uint32_t ssrc;     /* Source that is heard                       */
	uint64_t last_ms;  /* Its last packet                            */
	bool other;        /* Another one has said other_seq - 1         */
	uint32_t other_ssrc;
	uint16_t other_seq;

	const struct ua_codec *codec; /* Of dec                            */
	struct ua_dec *dec;
	struct ua_resample *rs; /* NULL: same rate                         */
	bool heard;             /* Told                                    */
	bool quiet;             /* The last frame was                      */
	enum ua_recv_kind kind; /* Of the last one                         */
	struct ua_recvgap gap;
	size_t nblend;
	int16_t blend[BLEND_MAX]; /* Of a frame that is left out           */

	int16_t *fifo; /* Ready, at the sink's rate */
	size_t room;   /* Of it                     */
	size_t nfifo;

	struct ua_recv_event events[UA_RECV_NEVENT];
	unsigned event_at;
	unsigned nevent;
};


static void decoder_close(struct ua_recv *recv)
{
	if (recv->dec && recv->codec->dec_free)
		recv->codec->dec_free(recv->dec);

	recv->dec = NULL;
	recv->codec = NULL;
}


static void destructor(void *arg)
{
	struct ua_recv *recv = arg;

	decoder_close(recv);
	mem_deref(recv->jitter);
	mem_deref(recv->rs);
	mem_deref(recv->fifo);
}


static void event_add(struct ua_recv *recv, enum ua_recv_event_type type,
		      const struct ua_codec *codec, char digit, uint32_t ssrc)
{
	struct ua_recv_event *ev;

	if (recv->nevent == UA_RECV_NEVENT) {
		recv->event_at = (recv->event_at + 1) % UA_RECV_NEVENT;
		recv->nevent--;
	}

	ev = &recv->events[(recv->event_at + recv->nevent) % UA_RECV_NEVENT];
	recv->nevent++;

	memset(ev, 0, sizeof(*ev));
	ev->type = type;
	ev->codec = codec;
	ev->digit = digit;
	ev->ssrc = ssrc;
}


static const struct ua_recv_fmt *fmt_find(const struct ua_recv *recv,
					  uint8_t pt)
{
	size_t i;

	for (i = 0; i < recv->conf.nfmt; i++) {
		if (recv->conf.fmts[i].pt == pt)
			return &recv->conf.fmts[i];
	}

	return NULL;
}


/* ---- In ---- */


static void source_set(struct ua_recv *recv, uint32_t ssrc)
{
	if (recv->started) {
		ua_jitter_reset(recv->jitter, recv->clock_hz);
		event_add(recv, UA_RECV_EVENT_SSRC, NULL, 0, ssrc);
	}

	memset(&recv->telev, 0, sizeof(recv->telev));
	recv->started = true;
	recv->other = false;
	recv->ssrc = ssrc;
}


/*
 * Is this the source to be heard?  Two of them at once happen when a call is
 * forked; changing to and fro would destroy both.
 */
static bool source_known(struct ua_recv *recv, uint64_t now_ms,
			 const struct ua_rtppkt *pkt)
{
	const bool follows = recv->other && pkt->ssrc == recv->other_ssrc &&
			     pkt->seq == recv->other_seq;

	if (recv->started && pkt->ssrc == recv->ssrc) {
		recv->other = false;
		return true;
	}

	if (!recv->started || follows ||
	    now_ms - recv->last_ms >= SSRC_QUIET_MS) {
		source_set(recv, pkt->ssrc);
		return true;
	}

	recv->other = true;
	recv->other_ssrc = pkt->ssrc;
	recv->other_seq = (uint16_t)(pkt->seq + 1);
	return false;
}


static int digit_input(struct ua_recv *recv, const struct ua_rtppkt *pkt)
{
	char digit;
	int err;

	err = ua_telev_input(&recv->telev, pkt->ts, pkt->payload, pkt->len,
			     &digit);
	if (!err && digit)
		event_add(recv, UA_RECV_EVENT_DTMF, NULL, digit, 0);

	return err;
}


static int sound_input(struct ua_recv *recv, uint64_t now_ms,
		       const struct ua_codec *codec,
		       const struct ua_rtppkt *pkt)
{
	const size_t nsamp = codec->nsamp(pkt->payload, pkt->len);
	struct ua_jitter_pkt jp;
	int err;

	if (!nsamp || nsamp > UA_CODEC_NSAMP_MAX)
		return EBADMSG;

	if (codec->clock_hz != recv->clock_hz) {
		recv->clock_hz = codec->clock_hz;
		ua_jitter_reset(recv->jitter, recv->clock_hz);
	}

	jp.pt = pkt->pt;
	jp.marker = pkt->marker;
	jp.seq = pkt->seq;
	jp.ts = pkt->ts;
	jp.dur = (uint32_t)(nsamp * codec->clock_hz / codec->srate_hz);
	jp.buf = pkt->payload;
	jp.len = pkt->len;

	err = ua_jitter_put(recv->jitter, now_ms, &jp);
	switch (err) {

	case EALREADY:
	case ETIME:
		return 0;

	case EINVAL:
		return EBADMSG;

	default:
		return err;
	}
}


/*
 * Empty and of no type: the source keeps its path alive (RFC 6263, 4.6).  Its
 * number is one of the stream's, and would be missed.
 */
static bool is_keepalive(const struct ua_recv *recv,
			 const struct ua_rtppkt *pkt)
{
	return !pkt->len && recv->started && pkt->ssrc == recv->ssrc;
}


int ua_recv_packet(struct ua_recv *recv, uint64_t now_ms, const uint8_t *buf,
		   size_t len)
{
	const struct ua_recv_fmt *fmt;
	struct ua_rtppkt pkt;
	int err;

	err = ua_rtppkt_decode(&pkt, buf, len);
	if (err)
		return err;

	fmt = fmt_find(recv, pkt.pt);
	if (!fmt && is_keepalive(recv, &pkt)) {
		(void)ua_rtpstat_input(&recv->rtpstat, now_ms,
				       recv->rtpstat.clock_hz, pkt.ssrc,
				       pkt.seq, pkt.ts, 0);
		ua_recvgap_other(&recv->gap);
		return 0;
	}

	if (!fmt && pkt.pt != PT_CN) {
		recv->stats.unknown++;
		return ENOENT;
	}

	if (!source_known(recv, now_ms, &pkt))
		return 0;

	recv->last_ms = now_ms;
	if (!ua_rtpstat_input(&recv->rtpstat, now_ms,
			      fmt ? fmt->clock_hz : recv->clock_hz, pkt.ssrc,
			      pkt.seq, pkt.ts, pkt.len))
		return 0;

	if (!fmt || !fmt->codec)
		ua_recvgap_other(&recv->gap);
	if (!fmt)
		return 0;

	return fmt->codec ? sound_input(recv, now_ms, fmt->codec, &pkt)
			  : digit_input(recv, &pkt);
}


/* ---- Out ---- */


/* Into the fifo, at the sink's rate. */
static void push(struct ua_recv *recv, const int16_t *pcm, size_t nsamp)
{
	const size_t room = recv->room - recv->nfifo;
	int16_t *to = recv->fifo + recv->nfifo;

	if (recv->rs) {
		if (ua_resample_room(recv->rs, nsamp) <= room)
			recv->nfifo +=
				ua_resample_input(recv->rs, to, pcm, nsamp);
	}
	else if (nsamp <= room) {
		memcpy(to, pcm, nsamp * sizeof(*pcm));
		recv->nfifo += nsamp;
	}
}


static int decoder_open(struct ua_recv *recv, const struct ua_codec *codec)
{
	struct ua_resample *rs = NULL;
	struct ua_dec *dec = NULL;
	int err = 0;

	if (codec->srate_hz != recv->conf.srate_hz)
		err = ua_resample_alloc(&rs, codec->srate_hz,
					recv->conf.srate_hz);
	if (!err && codec->dec_alloc)
		err = codec->dec_alloc(&dec, codec);
	if (err) {
		mem_deref(rs);
		return err;
	}

	if (recv->codec)
		event_add(recv, UA_RECV_EVENT_CODEC, codec, 0, 0);

	decoder_close(recv);
	mem_deref(recv->rs);
	recv->rs = rs;
	recv->dec = dec;
	recv->codec = codec;
	recv->nblend = 0;
	ua_plc_init(&recv->plc, codec->srate_hz);
	return 0;
}


static bool is_quiet(const int16_t *pcm, size_t nsamp)
{
	int64_t sum = 0;
	size_t i;

	for (i = 0; i < nsamp; i++)
		sum += (int32_t)pcm[i] * pcm[i];

	return sum < (int64_t)nsamp * QUIET * QUIET;
}


/* Go over from the frame that is left out, which went on what was played. */
static void blend(struct ua_recv *recv, int16_t *pcm, size_t nsamp)
{
	const size_t n = recv->nblend < nsamp ? recv->nblend : nsamp;
	size_t i;

	for (i = 0; i < n; i++)
		pcm[i] =
			(int16_t)(((int64_t)recv->blend[i] * (int64_t)(n - i) +
				   (int64_t)pcm[i] * (int64_t)i) /
				  (int64_t)n);

	recv->nblend = 0;
}


static void blend_set(struct ua_recv *recv, const int16_t *pcm, size_t nsamp)
{
	const size_t n = (size_t)recv->codec->srate_hz * BLEND_MS / MS_PER_S;

	recv->nblend = nsamp < n ? nsamp : n;
	memcpy(recv->blend, pcm, recv->nblend * sizeof(*pcm));
}


/* Sound that takes the place of a frame that is not there */
static void make_up(struct ua_recv *recv, int16_t *pcm, uint32_t dur)
{
	const struct ua_codec *codec = recv->codec;
	struct ua_jitter_pkt behind;
	size_t nsamp;
	int err = ENOENT;

	nsamp = (size_t)((uint64_t)dur * codec->srate_hz / codec->clock_hz);
	if (nsamp > UA_CODEC_NSAMP_MAX)
		nsamp = UA_CODEC_NSAMP_MAX;

	if (codec->fec && ua_jitter_peek(recv->jitter, &behind))
		err = codec->fec(recv->dec, pcm, nsamp, behind.buf,
				 behind.len);
	if (err && codec->plc)
		err = codec->plc(recv->dec, pcm, nsamp);

	if (err)
		ua_plc_lost(&recv->plc, pcm, nsamp);
	else
		ua_plc_good(&recv->plc, pcm, nsamp);

	push(recv, pcm, nsamp);
}


static void conceal(struct ua_recv *recv, int16_t *pcm, uint32_t dur)
{
	if (!recv->codec)
		return;

	ua_recvgap_missed(&recv->gap, (double)dur / recv->codec->clock_hz);
	make_up(recv, pcm, dur);
	recv->kind = UA_RECV_CONCEALED;
}


static void heard(struct ua_recv *recv, int16_t *pcm, size_t nsamp)
{
	const double s = (double)nsamp / recv->codec->srate_hz;

	ua_plc_good(&recv->plc, pcm, nsamp);
	blend(recv, pcm, nsamp);

	recv->kind = UA_RECV_HEARD;
	recv->quiet = is_quiet(pcm, nsamp);
	recv->stats.heard_s += s;
	recv->stats.loud_s += recv->quiet ? 0 : s;

	if (!recv->heard) {
		recv->heard = true;
		event_add(recv, UA_RECV_EVENT_HEARD, recv->codec, 0, 0);
	}

	push(recv, pcm, nsamp);
}


static void decode(struct ua_recv *recv, int16_t *pcm,
		   const struct ua_jitter_out *out)
{
	const struct ua_recv_fmt *fmt = fmt_find(recv, out->pkt.pt);
	size_t nsamp = UA_CODEC_NSAMP_MAX;

	if (!fmt || !fmt->codec ||
	    (fmt->codec != recv->codec && decoder_open(recv, fmt->codec)) ||
	    recv->codec->decode(recv->dec, pcm, &nsamp, out->pkt.buf,
				out->pkt.len)) {
		conceal(recv, pcm, out->dur);
		return;
	}

	ua_recvgap_played(&recv->gap, &out->pkt);
	if (out->drop)
		blend_set(recv, pcm, nsamp);
	else
		heard(recv, pcm, nsamp);
}


/* A pause: silence, but not abruptly where sound was before. */
static void dtx(struct ua_recv *recv, int16_t *pcm, uint32_t dur)
{
	if (!recv->codec)
		return;

	make_up(recv, pcm, dur);
	recv->kind = UA_RECV_SILENCE;
	recv->quiet = true;
}


/* One step of the jitter buffer; false: nothing to be had now. */
static bool step(struct ua_recv *recv, uint64_t now_ms)
{
	int16_t pcm[UA_CODEC_NSAMP_MAX];
	struct ua_jitter_out out;

	ua_jitter_get(recv->jitter, now_ms, recv->quiet, &out);

	switch (out.kind) {

	case UA_JITTER_FRAME:
		decode(recv, pcm, &out);
		return true;

	case UA_JITTER_LOST:
		conceal(recv, pcm, out.dur);
		return recv->codec != NULL;

	default:
		if (out.dur)
			dtx(recv, pcm, out.dur);
		return out.dur && recv->codec;
	}
}


enum ua_recv_kind ua_recv_frame(struct ua_recv *recv, uint64_t now_ms,
				int16_t *pcm, size_t nsamp)
{
	size_t n;

	while (recv->nfifo < nsamp && recv->nfifo < recv->room / 2) {
		if (!step(recv, now_ms)) {
			recv->kind = UA_RECV_SILENCE;
			break;
		}
	}

	n = recv->nfifo < nsamp ? recv->nfifo : nsamp;
	memcpy(pcm, recv->fifo, n * sizeof(*pcm));
	memset(pcm + n, 0, (nsamp - n) * sizeof(*pcm));

	recv->nfifo -= n;
	memmove(recv->fifo, recv->fifo + n, recv->nfifo * sizeof(*pcm));
	return recv->kind;
}


bool ua_recv_event(struct ua_recv *recv, struct ua_recv_event *ev)
{
	if (!recv->nevent)
		return false;

	*ev = recv->events[recv->event_at];
	recv->event_at = (recv->event_at + 1) % UA_RECV_NEVENT;
	recv->nevent--;
	return true;
}


struct ua_rtpstat *ua_recv_rtpstat(struct ua_recv *recv)
{
	return &recv->rtpstat;
}


void ua_recv_stats(const struct ua_recv *recv, struct ua_recv_stats *stats)
{
	struct ua_jitter_stats js;

	ua_jitter_stats(recv->jitter, &js);

	*stats = recv->stats;
	stats->concealed_s = recv->gap.lost_s;
	stats->packets = recv->rtpstat.packets;
	stats->bytes = recv->rtpstat.bytes;
	stats->lost = ua_rtpstat_lost(&recv->rtpstat);
	stats->late = js.late;
	stats->jitter_ms = ua_rtpstat_jitter_ms(&recv->rtpstat);
	stats->delay_ms = js.delay_ms;
	stats->codec = recv->codec;
}


double ua_recv_mos(const struct ua_recv *recv, double rtt_ms)
{
	struct ua_recv_stats st;
	double loss;

	ua_recv_stats(recv, &st);
	if (!recv->heard)
		return 0;

	loss = st.concealed_s / (st.concealed_s + st.heard_s);

	return ua_rtpstat_mos(rtt_ms / 2 + st.delay_ms + EAR_MS, loss,
			      recv->codec->ie, recv->codec->bpl);
}


void ua_recv_set(struct ua_recv *recv, const struct ua_recv_fmt *fmts,
		 size_t nfmt)
{
	if (nfmt > UA_RECV_NFMT)
		nfmt = UA_RECV_NFMT;

	memmove(recv->conf.fmts, fmts, nfmt * sizeof(*fmts));
	recv->conf.nfmt = nfmt;
}


void ua_recv_conf_default(struct ua_recv_conf *conf)
{
	struct ua_jitter_conf jc;

	ua_jitter_conf_default(&jc);
	memset(conf, 0, sizeof(*conf));
	conf->srate_hz = 8000;
	conf->min_ms = jc.min_ms;
	conf->max_ms = jc.max_ms;
}


int ua_recv_alloc(struct ua_recv **recvp, const struct ua_recv_conf *conf)
{
	struct ua_jitter_conf jc = { .clock_hz = 8000,
				     .min_ms = conf->min_ms,
				     .max_ms = conf->max_ms };
	struct ua_recv *recv;
	int err;

	if (conf->nfmt > UA_RECV_NFMT || !conf->srate_hz ||
	    conf->srate_hz > UA_CODEC_SRATE_MAX)
		return EINVAL;

	recv = mem_zalloc(sizeof(*recv), destructor);
	if (!recv)
		return ENOMEM;

	recv->conf = *conf;
	recv->clock_hz = jc.clock_hz;
	recv->room = (size_t)conf->srate_hz * FIFO_MS / MS_PER_S;
	recv->fifo = mem_alloc(recv->room * sizeof(*recv->fifo), NULL);
	err = recv->fifo ? ua_jitter_alloc(&recv->jitter, &jc) : ENOMEM;
	if (err) {
		mem_deref(recv);
		return err;
	}

	*recvp = recv;
	return 0;
}
