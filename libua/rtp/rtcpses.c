/* SPDX-License-Identifier: BSD-3-Clause */
/** @file rtcpses.c  RTCP of one call: when to report, and what comes back */

#include <errno.h>
#include <string.h>

#include "base/random.h"
#include "base/re_compat.h"
#include "rtp/rtcpses.h"

enum {
	/* Two members never use up their share of the bandwidth in less than
	   this, so it is the minimum that counts (RFC 3550, 6.2). */
	INTERVAL_MS = 5000,
	CNAME_LEN = 16,     /* 96 bits of randomness (RFC 7022, 4.2)      */
	RTT_MAX_MS = 60000, /* More is a broken clock                     */
	MS_PER_S = 1000
};

/* Makes up for reconsideration, which lets reports come late (RFC 3550,
   6.3.1): e - 3/2, by 100000 */
enum { COMPENSATION = 121828, COMPENSATION_ONE = 100000 };

/* A measured round trip below the grain of the clock [ms] */
#define RTT_GRAIN 0.5

struct ua_rtcpses {
	struct ua_rtcpses_conf conf;
	struct ua_rtcpses_stats stats;
	uint64_t next_ms;
	bool leaving;
	bool reported;       /* Something was sent                 */
	uint32_t sent[2];    /* Packets at the last two reports    */
	uint64_t heard;      /* Packets received at the last one   */
	uint32_t peer_ssrc;  /* Whose SR was the last one          */
	uint32_t peer_sr;    /* Middle of its NTP time, 0: none    */
	uint64_t peer_sr_ms; /* When it came                       */
};


static uint64_t ntp_at(const struct ua_rtcpses *ses, uint64_t now_ms)
{
	const uint64_t s = now_ms / MS_PER_S;
	const uint64_t frac = ((now_ms % MS_PER_S) << 32) / MS_PER_S;

	return ses->conf.ntp0 + (s << 32 | frac);
}


/* 0.5 to 1.5 of it, so that phones do not report in step (6.3.1) */
static uint64_t interval(const struct ua_rtcpses *ses, uint32_t ms)
{
	const uint64_t t =
		ua_random_range(ses->conf.rand, ms / 2, ms + ms / 2);

	return t * COMPENSATION_ONE / COMPENSATION;
}


static void report(struct ua_rtcpses *ses, uint64_t now_ms,
		   struct ua_rtpstat *rx, struct ua_rtcp_report *r)
{
	r->ssrc = rx->ssrc;
	r->fraction = ua_rtpstat_fraction(rx);
	r->lost = (int32_t)(ua_rtpstat_extmax(rx) - rx->base_seq + 1 -
			    rx->received);
	r->max_seq = ua_rtpstat_extmax(rx);
	r->jitter = (uint32_t)rx->jitter;

	if (ses->peer_sr && ses->peer_ssrc == rx->ssrc) {
		r->lsr = ses->peer_sr;
		r->dlsr = (uint32_t)(((now_ms - ses->peer_sr_ms) << 16) /
				     MS_PER_S);
	}
}


uint64_t ua_rtcpses_deadline(const struct ua_rtcpses *ses)
{
	return ses->next_ms;
}


bool ua_rtcpses_output(struct ua_rtcpses *ses, uint64_t now_ms,
		       const struct ua_rtcpses_tx *tx, struct ua_rtpstat *rx,
		       uint8_t buf[UA_RTCP_LEN_MAX], size_t *len)
{
	struct ua_rtcp rtcp;

	if (now_ms < ses->next_ms)
		return false;

	memset(&rtcp, 0, sizeof(rtcp));
	rtcp.ssrc = tx->ssrc;
	rtcp.bye = ses->leaving;

	/* We are a sender if we sent since the report before (6.4). */
	if (tx->packets != ses->sent[1]) {
		rtcp.sr = true;
		rtcp.ntp = ntp_at(ses, now_ms);
		rtcp.ts = tx->ts + (uint32_t)((now_ms - tx->ts_ms) *
					      tx->clock_hz / MS_PER_S);
		rtcp.packets = tx->packets;
		rtcp.bytes = tx->bytes;
	}

	if (rx->packets != ses->heard) {
		rtcp.has_report = true;
		report(ses, now_ms, rx, &rtcp.report);
	}

	*len = UA_RTCP_LEN_MAX;
	if (ua_rtcp_encode(&rtcp, ses->conf.cname, buf, len))
		return false;

	ses->sent[1] = ses->sent[0];
	ses->sent[0] = tx->packets;
	ses->heard = rx->packets;
	ses->reported = true;
	ses->next_ms =
		ses->leaving ? UA_NEVER : now_ms + interval(ses, INTERVAL_MS);
	return true;
}


static void measure_rtt(struct ua_rtcpses *ses, uint64_t now_ms,
			const struct ua_rtcp_report *r)
{
	const uint32_t now = (uint32_t)(ntp_at(ses, now_ms) >> 16);
	const int32_t rtt = (int32_t)(now - r->lsr - r->dlsr);
	double ms;

	if (!r->lsr)
		return;

	ms = (double)rtt * MS_PER_S / 65536;
	if (ms > RTT_MAX_MS || ms < -RTT_MAX_MS)
		return;

	ses->stats.rtt_ms = ms > RTT_GRAIN ? ms : RTT_GRAIN;
}


int ua_rtcpses_input(struct ua_rtcpses *ses, uint64_t now_ms,
		     const struct ua_rtcpses_tx *tx, const uint8_t *buf,
		     size_t len)
{
	struct ua_rtcp rtcp;
	int err;

	err = ua_rtcp_decode(&rtcp, tx->ssrc, buf, len);
	if (err)
		return err;

	if (rtcp.sr) {
		ses->peer_ssrc = rtcp.ssrc;
		ses->peer_sr = (uint32_t)(rtcp.ntp >> 16);
		ses->peer_sr_ms = now_ms;
	}

	if (rtcp.has_report) {
		ses->stats.reports++;
		ses->stats.loss = rtcp.report.fraction / 256.0;
		ses->stats.lost = rtcp.report.lost;
		ses->stats.jitter = rtcp.report.jitter;
		measure_rtt(ses, now_ms, &rtcp.report);
	}

	if (rtcp.bye)
		ses->stats.bye = true;

	return 0;
}


void ua_rtcpses_bye(struct ua_rtcpses *ses, uint64_t now_ms,
		    const struct ua_rtcpses_tx *tx)
{
	if (ses->leaving)
		return;

	ses->leaving = true;
	ses->next_ms = ses->reported || tx->packets ? now_ms : UA_NEVER;
}


void ua_rtcpses_stats(const struct ua_rtcpses *ses,
		      struct ua_rtcpses_stats *stats)
{
	*stats = ses->stats;
}


int ua_rtcpses_alloc(struct ua_rtcpses **sesp, uint64_t now_ms,
		     const struct ua_rtcpses_conf *conf)
{
	struct ua_rtcpses *ses;

	ses = mem_zalloc(sizeof(*ses), NULL);
	if (!ses)
		return ENOMEM;

	ses->conf = *conf;
	ses->conf.cname[UA_RTCP_CNAME_MAX] = '\0';
	if (!ses->conf.cname[0])
		ua_random_str(conf->rand, ses->conf.cname, CNAME_LEN);

	/* Half of it before the first one (6.2). */
	ses->next_ms = now_ms + interval(ses, INTERVAL_MS / 2);

	*sesp = ses;
	return 0;
}
