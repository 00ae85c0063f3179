/* SPDX-License-Identifier: BSD-3-Clause */
/** @file rtpstat.c  What one RTP source sent and what of it came */

#include "rtp/rtpstat.h"

enum {
	MAX_DROPOUT = 3000, /* A gap longer than a minute of speech is a
			       restart (RFC 3550, A.1)                     */
	MAX_MISORDER = 100, /* 2 s late is late, more is another stream    */
	SEQ_MOD = 1 << 16,
	NO_SEQ = SEQ_MOD + 1, /* No sequence number                         */
	MS_PER_S = 1000
};

/* ITU-T G.107: all defaults, no delay and no loss */
#define R_BEST 93.2


static void source_start(struct ua_rtpstat *st, uint32_t ssrc, uint16_t seq)
{
	st->started = true;
	st->ssrc = ssrc;
	st->base_seq = seq;
	st->max_seq = seq;
	st->bad_seq = NO_SEQ;
	st->cycles = 0;
	st->received = 0;
	st->expected_prior = 0;
	st->received_prior = 0;
	st->timed = false;
	st->jitter = 0;
}


/* RFC 3550, A.1 without probation: the first word must not be lost. */
static bool update_seq(struct ua_rtpstat *st, uint16_t seq)
{
	const uint16_t delta = (uint16_t)(seq - st->max_seq);

	if (delta < MAX_DROPOUT) {
		if (seq < st->max_seq)
			st->cycles += SEQ_MOD;
		st->max_seq = seq;
	}
	else if (delta <= SEQ_MOD - MAX_MISORDER) {
		if (seq != st->bad_seq) {
			st->bad_seq = (seq + 1U) & (SEQ_MOD - 1);
			return false;
		}

		st->lost_before = ua_rtpstat_lost(st);
		source_start(st, st->ssrc, seq);
	}

	return true;
}


/* RFC 3550, A.8 */
static void update_jitter(struct ua_rtpstat *st, uint64_t now_ms, uint32_t ts)
{
	const uint32_t arrival = (uint32_t)(now_ms * st->clock_hz / MS_PER_S);
	const uint32_t transit = arrival - ts;
	int32_t d;

	if (st->timed) {
		d = (int32_t)(transit - st->transit);
		st->jitter += ((d < 0 ? -(double)d : d) - st->jitter) / 16;
	}

	st->transit = transit;
	st->timed = true;
}


bool ua_rtpstat_input(struct ua_rtpstat *st, uint64_t now_ms,
		      uint32_t clock_hz, uint32_t ssrc, uint16_t seq,
		      uint32_t ts, size_t len)
{
	if (!st->started || ssrc != st->ssrc) {
		st->lost_before = ua_rtpstat_lost(st);
		source_start(st, ssrc, seq);
	}

	if (!update_seq(st, seq))
		return false;

	if (clock_hz != st->clock_hz) {
		st->clock_hz = clock_hz;
		st->timed = false;
		st->jitter = 0;
	}

	update_jitter(st, now_ms, ts);
	st->received++;
	st->packets++;
	st->bytes += len;
	return true;
}


static uint32_t expected(const struct ua_rtpstat *st)
{
	return st->started ? ua_rtpstat_extmax(st) - st->base_seq + 1 : 0;
}


uint64_t ua_rtpstat_lost(const struct ua_rtpstat *st)
{
	const uint32_t want = expected(st);

	return st->lost_before +
	       (want > st->received ? want - st->received : 0);
}


double ua_rtpstat_jitter_ms(const struct ua_rtpstat *st)
{
	return st->clock_hz ? st->jitter * MS_PER_S / st->clock_hz : 0;
}


uint32_t ua_rtpstat_extmax(const struct ua_rtpstat *st)
{
	return st->cycles + st->max_seq;
}


uint8_t ua_rtpstat_fraction(struct ua_rtpstat *st)
{
	const uint32_t all = expected(st);
	const uint32_t want = all - st->expected_prior;
	const uint32_t got = st->received - st->received_prior;
	uint64_t fraction;

	st->expected_prior = all;
	st->received_prior = st->received;

	if (!want || got >= want)
		return 0;

	fraction = ((uint64_t)(want - got) << 8) / want;
	return fraction < 255 ? (uint8_t)fraction : 255;
}


double ua_rtpstat_mos(double delay_ms, double loss, unsigned ie, unsigned bpl)
{
	const double percent = loss * 100;
	double r = R_BEST - 0.024 * delay_ms;
	double mos;

	/* Past this conversation partners begin to talk at once. */
	if (delay_ms > 177.3)
		r -= 0.11 * (delay_ms - 177.3);

	r -= ie;
	if (percent > 0)
		r -= (95 - (double)ie) * percent / (percent + bpl);

	if (r <= 0)
		return 1;
	if (r >= 100)
		return 4.5;

	mos = 1 + 0.035 * r + r * (r - 60) * (100 - r) * 7e-6;
	return mos < 1 ? 1 : mos;
}
