/* SPDX-License-Identifier: BSD-3-Clause */
/** @file pinger.c  When a flow is pinged, how, and whether it lives */

#include <errno.h>
#include <string.h>

#include "base/random.h"
#include "reach/ladder.h"
#include "reach/pinger.h"
#include <ua/log.h>

enum {
	JITTER_PCT = 20, /* 80 to 100 % of the interval (RFC 5626, 4.4)   */
	REPLY_MS = 1000, /* What leaves so soon after something came is
			    its answer: both ways work                  */
	TWIN_MS = 500,   /* As a request over UDP that may be lost is sent
			    again (RFC 3261, 17.1.2.1)                  */
	LATE_MS = 500,   /* An answer may come right behind what showed that
			    the flow lives                              */
	SLACK_MS = 1000, /* Timers are late                           */
	FLOW_TIMER_MIN_S = 5 /* A server that wants more than that is wrong */
};

enum move {
	MOVE_ASK = 0, /* a ping leaves that is to be answered */
	MOVE_HEAR,    /* the flow lives                       */
	MOVE_DOUBT,   /* nobody answered                      */
	MOVE_LOSE,    /* nobody answers, or it is closed      */
	NMOVE
};

/* clang-format off */
enum {
	Q = UA_PINGER_QUIET, A = UA_PINGER_ASKED, D = UA_PINGER_DOUBT,
	X = UA_PINGER_DEAD,  F = UA_PINGER_OFF
};

/* Every move; 0 is a refused one. */
static const uint8_t moves[UA_PINGER_NSTATE][NMOVE] = {
	/*                   ASK HEAR DOUBT LOSE */
	[UA_PINGER_QUIET] = { A, Q,   0,    X },
	[UA_PINGER_ASKED] = { 0, Q,   D,    X },
	[UA_PINGER_DOUBT] = { 0, Q,   0,    X },
	[UA_PINGER_DEAD]  = { X, Q,   0,    X },
	[UA_PINGER_OFF]   = { 0, F,   0,    F },
};

static const char *const state_names[UA_PINGER_NSTATE] = {
	[UA_PINGER_NONE]  = "NONE",
	[UA_PINGER_QUIET] = "QUIET",
	[UA_PINGER_ASKED] = "ASKED",
	[UA_PINGER_DOUBT] = "DOUBT",
	[UA_PINGER_DEAD]  = "DEAD",
	[UA_PINGER_OFF]   = "OFF",
};

static const char *const move_names[NMOVE] = {
	[MOVE_ASK]   = "ASK",
	[MOVE_HEAR]  = "HEAR",
	[MOVE_DOUBT] = "DOUBT",
	[MOVE_LOSE]  = "LOSE",
};
/* clang-format on */


/* The only writer of p->state. */
static int step(struct ua_pinger *p, enum move mv)
{
	const enum ua_pinger_state to =
		(enum ua_pinger_state)moves[p->state][mv];

	if (to == UA_PINGER_NONE)
		return EPROTO;

	if (to != p->state)
		ua_log(p->log, UA_LOG_DEBUG, "flow", "%s -> %s (%s)",
		       state_names[p->state], state_names[to], move_names[mv]);

	p->state = to;
	return 0;
}


static const struct ua_ladder_rung *rung(const struct ua_pinger *p)
{
	return ua_ladder_get(p->tp, p->mode, p->outbound, p->rung);
}


static bool has_next(const struct ua_pinger *p)
{
	return ua_ladder_get(p->tp, p->mode, p->outbound, p->rung + 1U) !=
	       NULL;
}


/* From that one on the first that is not known to be in vain */
static void rung_set(struct ua_pinger *p, unsigned n)
{
	p->rung = (uint8_t)n;
	while (p->deaf && ua_ladder_awaited(rung(p)) == UA_PING_OPTIONS &&
	       has_next(p))
		++p->rung;

	p->answered = false;
	p->unanswered = 0;
}


uint32_t ua_pinger_interval_ms(const struct ua_pinger *p)
{
	uint32_t ms = p->interval_ms;

	if (!p->fixed && rung(p)->ping == UA_PING_REGISTER)
		ms = 1000 * UA_PINGER_REGISTER_S;

	if (p->flow_timer_ms && p->flow_timer_ms < ms)
		ms = p->flow_timer_ms;

	return ms;
}


static uint32_t gap(const struct ua_pinger *p)
{
	const uint32_t ms = ua_pinger_interval_ms(p);

	/* Never later than asked for: a NAT does not wait. */
	return ua_random_range(p->rand, ms - ms * JITTER_PCT / 100, ms);
}


static uint64_t earlier(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}


static uint64_t later(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}


/*
 * What holds, one way or not, counts from when it left last; what proves, from
 * the last proof.
 */
static void schedule(struct ua_pinger *p)
{
	const uint64_t at_ms = later(p->proof_ms, p->held_ms) + gap(p);

	p->twin = false;
	p->next_at = at_ms;
	p->verify_at = p->proof_ms + UA_PINGER_VERIFY_MS;

	/* A server that gave a Flow-Timer does not wait for a measurement. */
	if (p->hold_at > p->proof_ms && !p->hold_over)
		p->next_at = p->flow_timer_ms ? earlier(p->hold_at, at_ms)
					      : p->hold_at;
}


void ua_pinger_init(struct ua_pinger *p, const struct ua_pinger_conf *conf,
		    uint64_t now_ms)
{
	memset(p, 0, sizeof(*p));
	p->tp = conf->tp;
	p->mode = conf->mode;
	p->rand = conf->rand;
	p->log = conf->log;
	p->deaf = conf->deaf;
	p->dead_ms = conf->dead_ms ? conf->dead_ms : UA_PINGER_DEAD_MS;
	p->fixed = conf->interval_s != 0;
	p->interval_ms = 1000 * (conf->interval_s        ? conf->interval_s
				 : conf->tp == UA_TP_UDP ? UA_PINGER_UDP_S
							 : UA_PINGER_STREAM_S);
	p->state = conf->mode == UA_KEEPALIVE_OFF ? UA_PINGER_OFF
						  : UA_PINGER_QUIET;
	p->next_at = p->verify_at = UA_NEVER;
	p->doubt_at = p->dead_at = UA_NEVER;
	p->proof_ms = now_ms;
	rung_set(p, 0);
	if (p->state == UA_PINGER_QUIET)
		schedule(p);
}


static void tell(struct ua_pinger *p, const struct ua_pinger_event *ev)
{
	if (p->nev < UA_PINGER_EVENTS)
		p->evv[p->nev++] = *ev;
}


static void send(struct ua_pinger *p, enum ua_ping ping)
{
	if (p->nout < sizeof(p->outv) / sizeof(p->outv[0]))
		p->outv[p->nout++] = ping;
}


/* Nobody waits for an answer any more, but one that comes is read. */
static void rest(struct ua_pinger *p)
{
	p->doubt_at = UA_NEVER;
	p->dead_at = UA_NEVER;
}


static void proved(struct ua_pinger *p, uint64_t at_ms)
{
	if (at_ms <= p->proof_ms)
		return;

	p->proof_ms = at_ms;
	if (p->state == UA_PINGER_QUIET)
		schedule(p);
}


void ua_pinger_interval(struct ua_pinger *p, uint64_t now_ms,
			uint32_t interval_ms)
{
	(void)now_ms;

	if (p->fixed || p->interval_ms == interval_ms)
		return;

	p->interval_ms = interval_ms;
	if (p->state == UA_PINGER_QUIET)
		schedule(p);
}


void ua_pinger_hold(struct ua_pinger *p, uint64_t at_ms)
{
	if (p->hold_at == at_ms)
		return;

	p->hold_at = at_ms;
	p->hold_over = false;
	if (p->state == UA_PINGER_QUIET)
		schedule(p);
}


void ua_pinger_outbound(struct ua_pinger *p, uint64_t now_ms, bool outbound,
			uint32_t flow_timer_s)
{
	if (flow_timer_s && flow_timer_s < FLOW_TIMER_MIN_S)
		flow_timer_s = FLOW_TIMER_MIN_S;

	if (p->outbound == outbound && p->flow_timer_ms == 1000 * flow_timer_s)
		return;

	p->flow_timer_ms = 1000 * flow_timer_s;
	if (p->outbound != outbound) {
		p->outbound = outbound;
		rung_set(p, 0);
	}
	if (now_ms > p->proof_ms)
		p->proof_ms = now_ms;
	if (p->state == UA_PINGER_QUIET)
		schedule(p);
}


/*
 * The flow lives, and the ping was not answered all the same: such a server
 * does not like it.  One that had answered before may have lost a few.
 */
static void deaf(struct ua_pinger *p)
{
	const struct ua_pinger_event ev = {
		.type = UA_PINGER_METHOD,
		.ping = ua_ladder_awaited(rung(p)),
	};

	const bool ours = p->flight == ev.ping;

	/* The ladder is another one since it was sent, or it was answered. */
	p->flight = UA_PING_NONE;
	if (!ours)
		return;

	if (p->unanswered < UINT8_MAX)
		++p->unanswered;
	if (!has_next(p) || (p->answered && p->unanswered < UA_PINGER_DEAF))
		return;

	if (ev.ping == UA_PING_OPTIONS)
		p->deaf = true;
	rung_set(p, p->rung + 1U);
	ua_log(p->log, UA_LOG_INFO, "flow",
	       "the server does not answer %s, now %s",
	       ua_ladder_name(ev.ping), ua_ladder_name(rung(p)->ping));
	tell(p, &ev);
}


static void restored(struct ua_pinger *p, uint64_t now_ms,
		     const struct ua_pinger_event *answer)
{
	struct ua_pinger_event ev = *answer;

	if (step(p, MOVE_HEAR))
		return;

	ev.type = UA_PINGER_RESTORED;
	ev.after_ms = now_ms - p->lost_ms;
	p->lost_ms = 0;
	rest(p);
	p->proof_ms = now_ms;
	if (p->state == UA_PINGER_QUIET)
		schedule(p);
	tell(p, &ev);
}


void ua_pinger_tx(struct ua_pinger *p, uint64_t now_ms)
{
	p->tx_ms = now_ms;
	if (p->rx_ms && now_ms - p->rx_ms <= REPLY_MS)
		proved(p, now_ms);
}


void ua_pinger_rx(struct ua_pinger *p, uint64_t now_ms)
{
	const struct ua_pinger_event none = { .ping = UA_PING_NONE };

	p->rx_ms = now_ms;
	proved(p, p->tx_ms);

	if (p->lost_ms) {
		restored(p, now_ms, &none);
		return;
	}

	switch (p->state) {

	case UA_PINGER_ASKED:
		/* A refresh of a registration has an owner who reads it. */
		if (p->flight == UA_PING_REGISTER)
			ua_pinger_answer(p, now_ms, UA_PING_REGISTER, 0, NULL);
		break;

	case UA_PINGER_DOUBT:
		/* It lives.  This may be the answer itself, which is read
		   after it came in. */
		p->dead_at = UA_NEVER;
		p->doubt_at = earlier(p->doubt_at, now_ms + LATE_MS);
		break;

	default:
		break;
	}
}


void ua_pinger_answer(struct ua_pinger *p, uint64_t now_ms, enum ua_ping ping,
		      uint16_t code, const struct ua_addr *mapped)
{
	struct ua_pinger_event ev = {
		.type = UA_PINGER_ANSWERED,
		.ping = ping,
		.code = code,
		.rtt_ms = (uint32_t)(now_ms - p->sent_ms),
	};

	if (mapped)
		ev.mapped = *mapped;

	p->rx_ms = now_ms;
	if (p->lost_ms) {
		p->flight = UA_PING_NONE;
		restored(p, now_ms, &ev);
		return;
	}

	/* It was slow, once. */
	if (ping == UA_PING_OPTIONS && p->deaf && p->flight != ping) {
		p->deaf = false;
		rung_set(p, 0);
		tell(p, &ev);
	}

	if (ping == ua_ladder_awaited(rung(p))) {
		p->answered = true;
		p->unanswered = 0;
	}

	if (p->flight != ping || step(p, MOVE_HEAR))
		return;

	rest(p);
	p->flight = UA_PING_NONE;
	p->proof_ms = later(p->proof_ms, later(p->sent_ms, p->tx_ms));
	if (p->state == UA_PINGER_QUIET)
		schedule(p);
	ev.next_ms = p->next_at > now_ms ? (uint32_t)(p->next_at - now_ms) : 0;
	tell(p, &ev);
}


/* Later each time, and not all phones of a server at once */
static uint64_t again_at(struct ua_pinger *p, uint64_t now_ms)
{
	const uint32_t ms = p->again_ms;

	p->again_ms = ms * 2 > UA_PINGER_AGAIN_MAX_MS ? UA_PINGER_AGAIN_MAX_MS
						      : ms * 2;

	return now_ms +
	       ua_random_range(p->rand, ms - ms * JITTER_PCT / 100, ms);
}


static void lose(struct ua_pinger *p, uint64_t now_ms, int err)
{
	const struct ua_pinger_event ev = {
		.type = UA_PINGER_LOST,
		.ping = p->flight,
		.err = err,
	};

	/* Once: what is sent there in vain does not put off the next ping. */
	if (p->lost_ms || step(p, MOVE_LOSE))
		return;

	rest(p);
	p->lost_ms = now_ms;
	p->again_ms = UA_PINGER_AGAIN_MS;
	p->verify_at = UA_NEVER;
	p->next_at =
		p->state == UA_PINGER_DEAD ? again_at(p, now_ms) : UA_NEVER;
	tell(p, &ev);
}


void ua_pinger_broken(struct ua_pinger *p, uint64_t now_ms, int err)
{
	lose(p, now_ms, err);
}


void ua_pinger_kick(struct ua_pinger *p, uint64_t now_ms)
{
	/* One in flight is answered, or found dead, soon enough. */
	if (p->state != UA_PINGER_QUIET && p->state != UA_PINGER_DEAD)
		return;

	p->next_at = now_ms;
	p->verify_at = now_ms;
	p->again_ms = UA_PINGER_AGAIN_MS;
}


enum ua_ping ua_pinger_output(struct ua_pinger *p, uint64_t now_ms)
{
	enum ua_ping ping;

	(void)now_ms;

	if (!p->nout)
		return UA_PING_NONE;

	ping = p->outv[0];
	--p->nout;
	memmove(&p->outv[0], &p->outv[1], p->nout * sizeof(p->outv[0]));

	return ping;
}


bool ua_pinger_event(struct ua_pinger *p, struct ua_pinger_event *ev)
{
	if (!p->nev)
		return false;

	*ev = p->evv[0];
	--p->nev;
	memmove(&p->evv[0], &p->evv[1], p->nev * sizeof(p->evv[0]));

	return true;
}


uint64_t ua_pinger_deadline(const struct ua_pinger *p)
{
	return earlier(p->next_at, earlier(p->doubt_at, p->dead_at));
}


static void ask(struct ua_pinger *p, uint64_t now_ms, enum ua_ping ping)
{
	if (step(p, MOVE_ASK))
		return;

	p->flight = ping;
	p->sent_ms = now_ms;
	p->doubt_at = now_ms + p->dead_ms / 2;
	p->next_at = UA_NEVER;
	send(p, ping);
}


static void ping_now(struct ua_pinger *p, uint64_t now_ms)
{
	const struct ua_ladder_rung *r = rung(p);

	/* After a longer silence nobody knows what became of the binding. */
	const uint64_t known_ms =
		later(later(p->tx_ms, p->held_ms), p->proof_ms) +
		ua_pinger_interval_ms(p) + SLACK_MS;

	if (!r->verify || p->verify_at <= now_ms || known_ms < now_ms) {
		ask(p, now_ms, ua_ladder_awaited(r));
		return;
	}

	/* Twice, as nobody misses one that was lost. */
	p->twin = !p->twin && r->ping == UA_PING_CRLF;
	if (p->twin || r->ping != UA_PING_CRLF)
		p->held_ms = now_ms;
	p->next_at = p->twin ? now_ms + TWIN_MS : p->held_ms + gap(p);
	send(p, r->ping);
}


/*
 * A dead flow: whoever registers there tries by himself, so that here only
 * what costs little goes out.
 */
static void ping_dead(struct ua_pinger *p, uint64_t now_ms)
{
	enum ua_ping ping = ua_ladder_awaited(rung(p));

	if (ping == UA_PING_CRLF)
		ping = UA_PING_OPTIONS;

	p->next_at = again_at(p, now_ms);
	if (ping == UA_PING_REGISTER || (ping == UA_PING_OPTIONS && p->deaf))
		return;

	p->flight = ping;
	p->sent_ms = now_ms;
	send(p, ping);
}


static void on_silence(struct ua_pinger *p, uint64_t now_ms)
{
	const bool lives = p->rx_ms > p->sent_ms;

	p->doubt_at = UA_NEVER;
	if (lives && !step(p, MOVE_HEAR)) {
		rest(p);
		deaf(p);
		schedule(p);
		return;
	}

	if (step(p, MOVE_DOUBT))
		return;

	/* From now on: a machine that slept has not listened. */
	p->dead_at = now_ms + p->dead_ms - p->dead_ms / 2;
	send(p, p->flight == UA_PING_REGISTER ? UA_PING_OPTIONS
					      : UA_PING_REGISTER);
}


void ua_pinger_tick(struct ua_pinger *p, uint64_t now_ms)
{
	if (p->doubt_at <= now_ms)
		on_silence(p, now_ms);

	if (p->dead_at <= now_ms)
		lose(p, now_ms, ETIMEDOUT);

	if (p->next_at > now_ms)
		return;

	p->next_at = UA_NEVER;
	p->hold_over = p->hold_at <= now_ms;
	if (p->state == UA_PINGER_DEAD)
		ping_dead(p, now_ms);
	else if (p->state == UA_PINGER_QUIET)
		ping_now(p, now_ms);
}


enum ua_ping ua_pinger_method(const struct ua_pinger *p)
{
	return p->state == UA_PINGER_OFF ? UA_PING_NONE : rung(p)->ping;
}


uint64_t ua_pinger_proof(const struct ua_pinger *p)
{
	return p->proof_ms;
}
