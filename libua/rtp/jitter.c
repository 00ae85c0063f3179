/* SPDX-License-Identifier: BSD-3-Clause */
/** @file jitter.c  Jitter buffer: packets in as they come, out as they play */

#include <errno.h>
#include <string.h>

#include "base/re_compat.h"
#include "rtp/jitter.h"
#include "rtp/playdelay.h"

enum {
	LATE_ROW = 3,      /* So many late in a row: the path has changed   */
	STARVED_MS = 1000, /* No use in concealing beyond                   */
	JUMP_MS = 1000,    /* No network delays so unevenly                 */
	NHISTORY = 64,     /* Packets that a duplicate is known of          */
	MS_PER_S = 1000
};

enum state {
	IDLE = 0, /* No packet yet                 */
	WAIT,     /* Packets, the delay not filled */
	PLAY
};

/* A packet that waits.  Times stamps and sequence numbers are unwrapped. */
struct waiting {
	struct le le;
	uint64_t came_ms;
	int64_t ts;
	int64_t seq;
	struct ua_jitter_pkt pkt;
	uint8_t buf[];
};

struct ua_jitter {
	struct ua_jitter_conf conf;
	struct ua_jitter_stats stats;
	enum state state;
	struct list pkts;    /* By time stamp                              */
	size_t nbyte;        /* Payload in it                              */
	struct waiting *out; /* Lent to the player                         */

	int64_t top_ts; /* Highest so far                             */
	int64_t top_seq;
	int64_t play_ts;    /* Due next                                   */
	int64_t real_ts;    /* End of the last packet that was played     */
	int64_t played_seq; /* Highest that was played                    */
	uint64_t played;    /* Bit n: played_seq - n was played           */
	uint32_t dur;       /* Of the last packet [RTP clock]             */

	uint64_t start_ms;    /* Arrival of the packet that began it        */
	uint64_t pull_ms;     /* Last pull                                  */
	uint32_t interval_ms; /* Between two pulls                          */
	uint64_t slot_ms;     /* Pull that came up to play_ts               */
	uint64_t arrival_ms;  /* Of the last packet                         */
	bool was_late;        /* The last packet was                        */
	unsigned late_row;    /* Late ones in a row, bursts count once      */
	double starved_ms;    /* Since the last packet that was played      */

	struct ua_playdelay delay;
	unsigned insert; /* Frames that are to be inserted */
};


static double to_ms(const struct ua_jitter *jb, int64_t dur)
{
	return (double)dur * MS_PER_S / jb->conf.clock_hz;
}


static struct waiting *head(const struct ua_jitter *jb)
{
	return list_ledata(list_head(&jb->pkts));
}


/* Takes it out of the list; the caller's now. */
static void unlink_pkt(struct ua_jitter *jb, struct waiting *w)
{
	list_unlink(&w->le);
	jb->nbyte -= w->pkt.len;
}


static void discard(struct ua_jitter *jb, struct waiting *w)
{
	unlink_pkt(jb, w);
	mem_deref(w);
}


static void flush(struct ua_jitter *jb)
{
	list_flush(&jb->pkts);
	jb->nbyte = 0;
}


static void destructor(void *arg)
{
	struct ua_jitter *jb = arg;

	flush(jb);
	mem_deref(jb->out);
}


static void grown(struct ua_jitter *jb, uint64_t now_ms, double ms)
{
	ua_playdelay_grown(&jb->delay, now_ms, ms);
	jb->stats.grown++;
}


static void shrunk(struct ua_jitter *jb, uint64_t now_ms, double ms)
{
	ua_playdelay_shrunk(&jb->delay, now_ms, ms);
	jb->stats.shrunk++;
}


/* ---- In ---- */


static int store(struct ua_jitter *jb, uint64_t now_ms, int64_t ts,
		 int64_t seq, const struct ua_jitter_pkt *pkt)
{
	struct waiting *w;
	struct waiting *prev;
	struct le *le;

	w = mem_alloc(sizeof(*w) + pkt->len, NULL);
	if (!w)
		return ENOMEM;

	memset(w, 0, sizeof(*w));
	w->came_ms = now_ms;
	w->ts = ts;
	w->seq = seq;
	w->pkt = *pkt;
	w->pkt.buf = w->buf;
	if (pkt->len)
		memcpy(w->buf, pkt->buf, pkt->len);

	/* Nearly always it is the last one. */
	for (le = list_tail(&jb->pkts); le; le = le->prev) {
		prev = le->data;
		if (prev->ts < ts || (prev->ts == ts && prev->seq < seq))
			break;
	}

	if (le)
		list_insert_after(&jb->pkts, le, &w->le, w);
	else
		list_prepend(&jb->pkts, &w->le, w);

	jb->nbyte += pkt->len;
	jb->dur = pkt->dur;
	if (ts > jb->top_ts)
		jb->top_ts = ts;
	if (seq > jb->top_seq)
		jb->top_seq = seq;

	return 0;
}


/* The oldest make room. */
static void make_room(struct ua_jitter *jb, uint64_t now_ms, size_t len)
{
	struct waiting *w;

	while (list_count(&jb->pkts) >= UA_JITTER_NPKT ||
	       jb->nbyte + len > UA_JITTER_NBYTE) {
		discard(jb, head(jb));
		jb->stats.overflow++;

		w = head(jb);
		if (!w || w->ts <= jb->play_ts)
			continue;

		if (jb->state == PLAY)
			shrunk(jb, now_ms, to_ms(jb, w->ts - jb->play_ts));
		jb->play_ts = w->ts;
	}
}


static int begin(struct ua_jitter *jb, uint64_t now_ms, int64_t ts,
		 int64_t seq, const struct ua_jitter_pkt *pkt)
{
	flush(jb);
	ua_playdelay_restart(&jb->delay);
	jb->insert = 0;

	jb->state = WAIT;
	jb->start_ms = now_ms;
	jb->top_ts = ts;
	jb->top_seq = seq;
	jb->play_ts = ts;
	jb->played_seq = seq - 1;
	jb->played = 0;
	jb->starved_ms = 0;
	jb->was_late = false;
	jb->late_row = 0;

	return store(jb, now_ms, ts, seq, pkt);
}


/* The sender's clock jumped: what was played before is no measure. */
static int restart(struct ua_jitter *jb, uint64_t now_ms,
		   const struct ua_jitter_pkt *pkt)
{
	jb->stats.restarts++;
	jb->real_ts = INT64_MIN;
	return begin(jb, now_ms, pkt->ts, pkt->seq, pkt);
}


static bool known(const struct ua_jitter *jb, int64_t seq)
{
	const int64_t back = jb->played_seq - seq;
	const struct waiting *w;
	const struct le *le;

	if (back >= 0 && back < NHISTORY && (jb->played >> back & 1))
		return true;

	for (le = list_tail(&jb->pkts); le; le = le->prev) {
		w = le->data;
		if (w->seq == seq)
			return true;
	}

	return false;
}


/* Time stamps that do not fit the arrival: how far off, 0 if they do. */
static double jump_ms(const struct ua_jitter *jb, uint64_t now_ms, int64_t ts,
		      int64_t seq)
{
	const double due =
		(double)jb->slot_ms + to_ms(jb, ts - jb->play_ts + jb->dur);
	const double wait = due - (double)now_ms;
	const int64_t step = (seq - jb->top_seq) * jb->dur;

	/* A burst that goes on where the last packet ended is no jump. */
	if (wait > jb->conf.max_ms + JUMP_MS && ts != jb->top_ts + step)
		return wait;

	return wait < -(jb->conf.max_ms + JUMP_MS) ? wait : 0;
}


/* Frames to be inserted so that most packets are in time, within bounds */
static unsigned frames_lacking(const struct ua_jitter *jb, double dur_ms)
{
	const double lack = ua_playdelay_lack(&jb->delay);
	unsigned n;

	if (lack <= 0)
		return 0;

	n = (unsigned)(lack / dur_ms) + 1;
	while (n && !ua_playdelay_may_grow(&jb->delay, n * dur_ms))
		n--;

	return n;
}


/*
 * A packet whose slot has passed.  It is lost, unless more than a few are:
 * then the delay grows.  The cheapest way is to play this very packet now, if
 * nothing behind it was played yet, as its slot has been concealed already.
 */
static int late(struct ua_jitter *jb, uint64_t now_ms, int64_t ts, int64_t seq,
		const struct ua_jitter_pkt *pkt)
{
	const double dur_ms = to_ms(jb, pkt->dur);
	const double back_ms = to_ms(jb, jb->play_ts - ts);
	const double by_ms =
		(double)(now_ms - jb->slot_ms) + back_ms - to_ms(jb, jb->dur);
	const bool burst =
		jb->was_late && (double)(now_ms - jb->arrival_ms) < dur_ms / 2;

	const bool jump = by_ms > jb->conf.max_ms + JUMP_MS;

	/* A gap of the network ends in a burst: that is one late packet. */
	if (!burst) {
		if (!jump)
			ua_playdelay_late(&jb->delay, by_ms);
		jb->late_row++;
	}
	jb->was_late = true;

	if ((ua_playdelay_lack(&jb->delay) > 0 ||
	     jb->late_row >= LATE_ROW - 1) &&
	    ts >= jb->real_ts && ua_playdelay_may_grow(&jb->delay, back_ms)) {
		jb->play_ts = ts;
		jb->late_row = 0;
		grown(jb, now_ms, back_ms);
		return store(jb, now_ms, ts, seq, pkt);
	}

	if (jb->late_row >= LATE_ROW && jump)
		return restart(jb, now_ms, pkt);
	if (jb->late_row >= LATE_ROW && ts >= jb->real_ts)
		return begin(jb, now_ms, ts, seq, pkt);

	jb->insert = frames_lacking(jb, dur_ms);
	jb->stats.late++;
	return ETIME;
}


static int arrive(struct ua_jitter *jb, uint64_t now_ms,
		  const struct ua_jitter_pkt *pkt)
{
	const int64_t ts =
		jb->top_ts + (int32_t)(pkt->ts - (uint32_t)jb->top_ts);
	const int64_t seq =
		jb->top_seq + (int16_t)(pkt->seq - (uint16_t)jb->top_seq);
	double jump;

	if (known(jb, seq)) {
		jb->stats.dup++;
		return EALREADY;
	}

	if (jb->state == WAIT) {
		if (ts - jb->play_ts > (int64_t)jb->conf.clock_hz ||
		    jb->play_ts - ts > (int64_t)jb->conf.clock_hz)
			return restart(jb, now_ms, pkt);
		if (ts < jb->real_ts) {
			jb->stats.late++;
			return ETIME;
		}
		if (ts < jb->play_ts)
			jb->play_ts = ts;

		return store(jb, now_ms, ts, seq, pkt);
	}

	/* A sound whose clock stood still meanwhile, or another clock. */
	jump = jump_ms(jb, now_ms, ts, seq);
	if (jump > 0 || (jump < 0 && pkt->marker))
		return restart(jb, now_ms, pkt);

	if (ts + pkt->dur / 2 < jb->play_ts)
		return late(jb, now_ms, ts, seq, pkt);

	jb->was_late = false;
	jb->late_row = 0;
	return store(jb, now_ms, ts, seq, pkt);
}


int ua_jitter_put(struct ua_jitter *jb, uint64_t now_ms,
		  const struct ua_jitter_pkt *pkt)
{
	int err;

	if (!pkt->dur || pkt->dur > jb->conf.clock_hz ||
	    pkt->len > UA_DGRAM_MAX)
		return EINVAL;

	jb->out = mem_deref(jb->out);
	make_room(jb, now_ms, pkt->len);

	if (jb->state == IDLE) {
		jb->real_ts = INT64_MIN;
		err = begin(jb, now_ms, pkt->ts, pkt->seq, pkt);
	}
	else
		err = arrive(jb, now_ms, pkt);

	jb->arrival_ms = now_ms;
	return err;
}


/* ---- Out ---- */


static void pulled(struct ua_jitter *jb, uint64_t now_ms)
{
	if (now_ms == jb->pull_ms)
		return;

	if (jb->pull_ms &&
	    (double)(now_ms - jb->pull_ms) <= to_ms(jb, jb->dur))
		jb->interval_ms = (uint32_t)(now_ms - jb->pull_ms);

	jb->pull_ms = now_ms;
}


/* Begin as late as the wanted delay allows, this pull or the next. */
static bool start(struct ua_jitter *jb, uint64_t now_ms)
{
	const double interval =
		jb->interval_ms ? jb->interval_ms : to_ms(jb, jb->dur);
	const double waited = (double)(now_ms - jb->start_ms);

	if (waited + interval <= jb->delay.start_ms)
		return false;

	jb->state = PLAY;
	jb->slot_ms = now_ms;
	ua_playdelay_begin(&jb->delay, now_ms, waited);
	return true;
}


static void missing(struct ua_jitter *jb, uint64_t now_ms, uint32_t dur,
		    struct ua_jitter_out *out)
{
	jb->starved_ms += to_ms(jb, dur);
	jb->slot_ms = now_ms;
	jb->play_ts += dur;

	out->kind =
		jb->starved_ms > STARVED_MS ? UA_JITTER_EMPTY : UA_JITTER_LOST;
	out->dur = dur;
}


static void play(struct ua_jitter *jb, uint64_t now_ms, bool quiet,
		 struct waiting *w, struct ua_jitter_out *out)
{
	const double dur_ms = to_ms(jb, w->pkt.dur);
	const double slack = (double)now_ms - (double)w->came_ms;
	const int64_t step = w->seq - jb->played_seq;

	ua_playdelay_played(&jb->delay, slack);
	jb->starved_ms = 0;

	if (step > 0) {
		jb->played = step < NHISTORY ? jb->played << step | 1 : 1;
		jb->played_seq = w->seq;
	}
	else if (step > -NHISTORY)
		jb->played |= 1ULL << -step;

	unlink_pkt(jb, w);
	jb->out = w;
	jb->slot_ms = now_ms;
	jb->play_ts = w->ts + w->pkt.dur;
	jb->real_ts = jb->play_ts;

	out->kind = UA_JITTER_FRAME;
	out->dur = w->pkt.dur;
	out->pkt = w->pkt;

	/* The one behind it must be there to be blended with. */
	w = head(jb);
	if (w && w->ts == jb->play_ts &&
	    ua_playdelay_excess(&jb->delay, now_ms, dur_ms, quiet)) {
		out->drop = true;
		shrunk(jb, now_ms, dur_ms);
	}
}


void ua_jitter_get(struct ua_jitter *jb, uint64_t now_ms, bool quiet,
		   struct ua_jitter_out *out)
{
	struct waiting *w;
	int64_t gap;

	memset(out, 0, sizeof(*out));
	jb->out = mem_deref(jb->out);
	pulled(jb, now_ms);

	if (jb->state == IDLE || (jb->state == WAIT && !start(jb, now_ms)))
		return;

	/* Overtaken by a packet that overlaps it. */
	while ((w = head(jb)) != NULL &&
	       w->ts + w->pkt.dur / 2 < jb->play_ts) {
		discard(jb, w);
		jb->stats.late++;
	}

	if (jb->insert) {
		jb->insert--;
		grown(jb, now_ms, to_ms(jb, jb->dur));
		out->kind = UA_JITTER_LOST;
		out->dur = jb->dur;
		return;
	}

	gap = w ? w->ts - jb->play_ts : jb->dur;

	/* A hole is the best place to get shorter. */
	if (w && gap > jb->dur / 2 && gap <= 2 * (int64_t)jb->dur &&
	    ua_playdelay_excess(&jb->delay, now_ms, to_ms(jb, gap), true)) {
		shrunk(jb, now_ms, to_ms(jb, gap));
		gap = 0;
	}

	if (w && gap <= jb->dur / 2)
		play(jb, now_ms, quiet, w, out);
	else
		missing(jb, now_ms, gap < jb->dur ? (uint32_t)gap : jb->dur,
			out);
}


bool ua_jitter_peek(const struct ua_jitter *jb, struct ua_jitter_pkt *pkt)
{
	const struct waiting *w = head(jb);

	if (jb->state != PLAY || !w || w->ts != jb->play_ts)
		return false;

	*pkt = w->pkt;
	return true;
}


void ua_jitter_stats(const struct ua_jitter *jb, struct ua_jitter_stats *stats)
{
	*stats = jb->stats;
	stats->delay_ms = jb->delay.mean_ms;
}


void ua_jitter_reset(struct ua_jitter *jb, uint32_t clock_hz)
{
	flush(jb);
	jb->state = IDLE;
	jb->conf.clock_hz = clock_hz;
	ua_playdelay_init(&jb->delay, jb->conf.min_ms, jb->conf.max_ms);
}


void ua_jitter_conf_default(struct ua_jitter_conf *conf)
{
	conf->clock_hz = 8000;
	conf->min_ms = 20;
	conf->max_ms = 200;
}


int ua_jitter_alloc(struct ua_jitter **jbp, const struct ua_jitter_conf *conf)
{
	struct ua_jitter *jb;

	if (!conf->clock_hz || conf->min_ms > conf->max_ms)
		return EINVAL;

	jb = mem_zalloc(sizeof(*jb), destructor);
	if (!jb)
		return ENOMEM;

	jb->conf = *conf;
	ua_playdelay_init(&jb->delay, conf->min_ms, conf->max_ms);
	list_init(&jb->pkts);

	*jbp = jb;
	return 0;
}
