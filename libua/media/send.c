/* SPDX-License-Identifier: BSD-3-Clause */
/** @file send.c  From samples to RTP packets */

#include <errno.h>
#include <string.h>

#include "base/random.h"
#include "base/re_compat.h"
#include "media/resample.h"
#include "media/send.h"
#include "rtp/rtppkt.h"
#include "rtp/telev.h"

enum {
	MS_PER_S = 1000,
	QUEUE_MS = 240, /* Two of the longest packets                        */
	GAP_MS = 200,   /* So long without packets is a new beginning: the
			   time stamp goes on with the clock               */
	CHUNK = 480     /* Samples converted at a time                      */
};

/* The part that a new answer replaces */
struct line {
	struct ua_send_conf conf;
	struct ua_enc *enc;
	struct ua_resample *rs; /* NULL: same rate              */
	int16_t *pcm;           /* Waiting, at the codec's rate */
	size_t room;
	size_t nframe; /* Samples of a packet          */
	uint32_t dur;  /* Of it [RTP clock]            */
};

struct ua_send {
	struct line line;
	size_t npcm; /* Waiting in line.pcm */
	struct ua_telev_send telev;
	struct ua_rtcpses_tx tx;
	uint16_t seq;
	uint32_t ts;      /* Of the next packet      */
	uint64_t next_ms; /* When it should go       */
	bool marker;      /* A talk begins with it   */
	bool muted;
	bool begun; /* ts and next_ms are of now */
};


static void line_close(struct line *line)
{
	if (line->enc && line->conf.codec->enc_free)
		line->conf.codec->enc_free(line->enc);

	line->enc = NULL;
	line->rs = mem_deref(line->rs);
	line->pcm = mem_deref(line->pcm);
}


static void destructor(void *arg)
{
	struct ua_send *send = arg;

	line_close(&send->line);
}


/* A length that the codec can make, as near as possible to what is wanted */
static uint32_t fit_ptime(const struct ua_codec *codec, uint32_t ptime_ms)
{
	uint32_t ms = ptime_ms;

	if (ms > codec->ptime_max)
		ms = codec->ptime_max;

	ms -= ms % codec->ptime_min;

	return ms ? ms : codec->ptime_min;
}


static int line_open(struct line *line, const struct ua_send_conf *conf)
{
	const struct ua_codec *codec = conf->codec;
	const uint32_t ptime_ms = fit_ptime(codec, conf->ptime_ms);
	int err = 0;

	memset(line, 0, sizeof(*line));
	line->conf = *conf;
	line->conf.fmtp = NULL;
	line->conf.ptime_ms = (uint16_t)ptime_ms;
	line->nframe = codec->srate_hz * ptime_ms / MS_PER_S;
	line->dur = codec->clock_hz * ptime_ms / MS_PER_S;
	line->room = codec->srate_hz * QUEUE_MS / MS_PER_S;

	line->pcm = mem_alloc(line->room * sizeof(*line->pcm), NULL);
	if (!line->pcm)
		return ENOMEM;

	if (codec->enc_alloc)
		err = codec->enc_alloc(&line->enc, codec, conf->fmtp);
	if (!err && conf->srate_hz != codec->srate_hz)
		err = ua_resample_alloc(&line->rs, conf->srate_hz,
					codec->srate_hz);
	if (err)
		line_close(line);

	return err;
}


int ua_send_alloc(struct ua_send **sendp, const struct ua_send_conf *conf)
{
	struct ua_send *send;
	int err;

	send = mem_zalloc(sizeof(*send), destructor);
	if (!send)
		return ENOMEM;

	err = ua_send_set(send, conf);
	if (err) {
		mem_deref(send);
		return err;
	}

	/* All three are random, against known plaintext and collisions
	   (RFC 3550, 5.1 and 8.1). */
	send->tx.ssrc = ua_random_u32(conf->rand);
	send->seq = (uint16_t)ua_random_u32(conf->rand);
	send->ts = ua_random_u32(conf->rand);
	*sendp = send;
	return 0;
}


int ua_send_set(struct ua_send *send, const struct ua_send_conf *conf)
{
	struct line line;
	int err;

	err = line_open(&line, conf);
	if (err)
		return err;

	line_close(&send->line);
	send->line = line;
	send->npcm = 0;
	send->marker = true;
	send->telev.clock_hz = conf->codec->clock_hz;
	send->tx.clock_hz = conf->codec->clock_hz;
	return 0;
}


static int queue(struct ua_send *send, const int16_t *pcm, size_t nsamp)
{
	struct line *line = &send->line;

	if (nsamp > line->room - send->npcm)
		return ENOSPC;

	memcpy(line->pcm + send->npcm, pcm, nsamp * sizeof(*pcm));
	send->npcm += nsamp;
	return 0;
}


int ua_send_input(struct ua_send *send, const int16_t *pcm, size_t nsamp)
{
	struct line *line = &send->line;
	size_t n;

	if (!line->rs)
		return queue(send, pcm, nsamp);

	for (; nsamp; pcm += n, nsamp -= n) {
		n = nsamp < CHUNK ? nsamp : CHUNK;

		if (ua_resample_room(line->rs, n) > line->room - send->npcm)
			return ENOSPC;

		send->npcm += ua_resample_input(
			line->rs, line->pcm + send->npcm, pcm, n);
	}

	return 0;
}


/* Sound was away, on hold or before the answer: time went on without it. */
static void catch_up(struct ua_send *send, uint64_t now_ms)
{
	const uint64_t late =
		now_ms > send->next_ms ? now_ms - send->next_ms : 0;

	if (send->begun && late > GAP_MS) {
		send->ts += (uint32_t)(late * send->tx.clock_hz / MS_PER_S);
		send->marker = true;
	}

	if (!send->begun || late > GAP_MS)
		send->next_ms = now_ms;

	send->begun = true;
}


/* The payload: a digit, or the sound. */
static int payload(struct ua_send *send, struct ua_rtppkt *pkt, uint8_t *buf,
		   size_t *len)
{
	struct line *line = &send->line;
	struct ua_telev_out ev;

	if (line->conf.telev_pt >= 0 &&
	    ua_telev_step(&send->telev, send->ts, line->dur, &ev)) {
		if (*len < UA_TELEV_LEN)
			return ENOSPC;

		pkt->marker = ev.marker;
		pkt->pt = (uint8_t)line->conf.telev_pt;
		pkt->ts = ev.ts;
		memcpy(buf, ev.payload, UA_TELEV_LEN);
		*len = UA_TELEV_LEN;
		return 0;
	}

	if (send->muted)
		memset(line->pcm, 0, line->nframe * sizeof(*line->pcm));

	pkt->marker = send->marker;
	send->marker = false;
	pkt->pt = line->conf.pt;
	pkt->ts = send->ts;
	return line->conf.codec->encode(line->enc, buf, len, line->pcm,
					line->nframe);
}


static void count(struct ua_send *send, uint64_t now_ms, size_t len)
{
	send->seq++;
	send->tx.packets++;
	send->tx.bytes += (uint32_t)len;
	send->tx.ts = send->ts;
	send->tx.ts_ms = now_ms;
}


bool ua_send_output(struct ua_send *send, uint64_t now_ms, uint8_t *buf,
		    size_t size, size_t *len)
{
	struct line *line = &send->line;
	struct ua_rtppkt pkt;
	size_t n;
	int err;

	if (send->npcm < line->nframe || size <= UA_RTPPKT_HDR)
		return false;

	catch_up(send, now_ms);

	memset(&pkt, 0, sizeof(pkt));
	pkt.seq = send->seq;
	pkt.ssrc = send->tx.ssrc;
	n = size - UA_RTPPKT_HDR;
	err = payload(send, &pkt, buf + UA_RTPPKT_HDR, &n);

	send->npcm -= line->nframe;
	memmove(line->pcm, line->pcm + line->nframe,
		send->npcm * sizeof(*line->pcm));

	if (!err) {
		ua_rtppkt_encode(&pkt, buf);
		*len = UA_RTPPKT_HDR + n;
		count(send, now_ms, n);
	}

	/* What could not be encoded is a gap, not a shift. */
	send->ts += line->dur;
	send->next_ms += line->conf.ptime_ms;
	return !err;
}


void ua_send_keep(struct ua_send *send, uint64_t now_ms, uint8_t pt,
		  uint8_t buf[UA_RTPPKT_HDR])
{
	struct ua_rtppkt pkt;

	catch_up(send, now_ms);

	memset(&pkt, 0, sizeof(pkt));
	pkt.pt = pt;
	pkt.seq = send->seq++;
	pkt.ts = send->ts;
	pkt.ssrc = send->tx.ssrc;
	ua_rtppkt_encode(&pkt, buf);
}


int ua_send_dtmf(struct ua_send *send, char digit, unsigned ms)
{
	if (send->line.conf.telev_pt < 0)
		return ENOTSUP;

	return ua_telev_put(&send->telev, digit, ms);
}


void ua_send_mute(struct ua_send *send, bool on)
{
	send->muted = on;
}


void ua_send_loss(struct ua_send *send, double loss)
{
	const struct ua_codec *codec = send->line.conf.codec;

	if (codec->loss)
		codec->loss(send->line.enc, (unsigned)(loss * 100 + 0.5));
}


const struct ua_rtcpses_tx *ua_send_tx(const struct ua_send *send)
{
	return &send->tx;
}


const struct ua_codec *ua_send_codec(const struct ua_send *send)
{
	return send->line.conf.codec;
}


uint32_t ua_send_ptime(const struct ua_send *send)
{
	return send->line.conf.ptime_ms;
}
