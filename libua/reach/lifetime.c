/* SPDX-License-Identifier: BSD-3-Clause */
/** @file lifetime.c  How long a NAT keeps a UDP binding: learnt by proof */

#include <errno.h>
#include <string.h>

#include "reach/lifetime.h"
#include <ua/log.h>

enum {
	GROW_PCT = 150,       /* Of a silence that passed, the next one   */
	SPARE_GROW_PCT = 300, /* ... of a spare mapping                   */
	CLOSE_PCT = 25,       /* Good and bad that are so near are near
				 enough                                   */
	USE_PCT = 95,         /* Of what is proved: timers are late       */
	USE_LESS_MS = 1500,   /* ... and a first transmission may be lost,
				 and the second (RFC 3261, 17.1.2.2)      */
	SAFE_PCT = 90,    /* Of the interval, a ping with jitter comes after */
	ANSWER_MS = 4000, /* What comes in within that after something that
			     left is the answer                          */
	OTHERS_MS = 500,  /* Another phone may answer a probe first      */
	MORE_MS = UA_LIFETIME_PROBE_MS + 1000, /* A spare mapping rests
			     longer than the flow will: it is refreshed in
			     time although the probe was lost            */
	PROVE_MS = 1000,  /* Our answer to a probe has come through then */
	RESTED_MS = 5000, /* Less is no gap that was disturbed           */
	YOUNG_MS = 2000,  /* So long a NAT may take a flow for a question
			     and its answer                              */
	LATE_MS = 3000    /* The machine slept                           */
};

enum move {
	MOVE_WAIT = 0,
	MOVE_ASK,
	MOVE_SPARE,
	MOVE_GAP,
	MOVE_PROBE,
	MOVE_REFRESH,
	MOVE_DONE,
	MOVE_BLIND,
	NMOVE
};

/* clang-format off */
enum {
	W = UA_LIFETIME_WAIT,    A = UA_LIFETIME_ASK,   S = UA_LIFETIME_SPARE,
	G = UA_LIFETIME_GAP,     P = UA_LIFETIME_PROBE,
	R = UA_LIFETIME_REFRESH, D = UA_LIFETIME_DONE,  B = UA_LIFETIME_BLIND
};

/* Every move; 0 is a refused one. */
static const uint8_t moves[UA_LIFETIME_NSTATE][NMOVE] = {
	/*                       WAIT ASK SPARE GAP PROBE REFRESH DONE BLIND */
	[UA_LIFETIME_WAIT]    = { W,  A,  0,    0,  0,    0,      0,   0 },
	[UA_LIFETIME_ASK]     = { W,  0,  S,    G,  0,    0,      D,   B },
	[UA_LIFETIME_SPARE]   = { W,  0,  S,    G,  0,    0,      D,   0 },
	[UA_LIFETIME_GAP]     = { W,  0,  0,    0,  P,    0,      D,   0 },
	[UA_LIFETIME_PROBE]   = { W,  0,  S,    G,  0,    R,      D,   0 },
	[UA_LIFETIME_REFRESH] = { W,  0,  S,    G,  0,    0,      D,   0 },
	[UA_LIFETIME_DONE]    = { W,  0,  S,    G,  0,    0,      0,   0 },
	[UA_LIFETIME_BLIND]   = { W,  A,  0,    0,  0,    0,      0,   0 },
};

static const char *const state_names[UA_LIFETIME_NSTATE] = {
	[UA_LIFETIME_NONE]  = "NONE",
	[UA_LIFETIME_OFF]   = "OFF",
	[UA_LIFETIME_WAIT]  = "WAIT",
	[UA_LIFETIME_ASK]   = "ASK",
	[UA_LIFETIME_SPARE] = "SPARE",
	[UA_LIFETIME_GAP]   = "GAP",
	[UA_LIFETIME_PROBE] = "PROBE",
	[UA_LIFETIME_REFRESH] = "REFRESH",
	[UA_LIFETIME_DONE]  = "DONE",
	[UA_LIFETIME_BLIND] = "BLIND",
};

static const char *const words[UA_LIFETIME_NSTATE] = {
	[UA_LIFETIME_NONE]  = "off",
	[UA_LIFETIME_OFF]   = "off",
	[UA_LIFETIME_WAIT]  = "waiting",
	[UA_LIFETIME_ASK]   = "learning",
	[UA_LIFETIME_SPARE] = "learning",
	[UA_LIFETIME_GAP]   = "learning",
	[UA_LIFETIME_PROBE] = "learning",
	[UA_LIFETIME_REFRESH] = "learning",
	[UA_LIFETIME_DONE]  = "learnt",
	[UA_LIFETIME_BLIND] = "cannot tell",
};
/* clang-format on */


/* The only writer of lt->state. */
static int step(struct ua_lifetime *lt, enum move mv)
{
	const enum ua_lifetime_state to =
		(enum ua_lifetime_state)moves[lt->state][mv];

	if (to == UA_LIFETIME_NONE)
		return EPROTO;

	if (to != lt->state)
		ua_log(lt->log, UA_LOG_DEBUG, "lifetime",
		       "%s -> %s, good %u s, bad %u s, trying %u s",
		       state_names[lt->state], state_names[to], lt->good_s,
		       lt->bad_s, lt->try_s);

	lt->state = to;
	return 0;
}


static void act(struct ua_lifetime *lt, enum ua_lifetime_act what)
{
	if (lt->nout < sizeof(lt->outv))
		lt->outv[lt->nout++] = (uint8_t)what;
}


static uint32_t min_u32(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}


static void spare_close(struct ua_lifetime *lt)
{
	if (lt->open)
		act(lt, UA_LIFETIME_ACT_CLOSE);
	lt->open = false;
	lt->asking = false;
	lt->vouched_s = 0;
}


void ua_lifetime_init(struct ua_lifetime *lt,
		      const struct ua_lifetime_conf *conf)
{
	memset(lt, 0, sizeof(*lt));
	lt->log = conf->log;
	lt->state = conf->off ? UA_LIFETIME_OFF : UA_LIFETIME_WAIT;
	lt->good_s = UA_LIFETIME_SAFE_S;
	lt->at_ms = UA_NEVER;
	lt->begin_ms = UA_LIFETIME_BEGIN_MS;

	if (conf->learnt_s <= UA_LIFETIME_SAFE_S)
		return;

	/* More had been tried then, and had not passed. */
	lt->hint_s = min_u32(conf->learnt_s, UA_LIFETIME_TRY_S);
	if (lt->hint_s < UA_LIFETIME_TRY_S) {
		lt->bad_s = lt->hint_s * (100 + CLOSE_PCT) / 100;
		lt->forget = UA_LIFETIME_FORGET;
	}
}


static void wait(struct ua_lifetime *lt, uint64_t at_ms)
{
	if (step(lt, MOVE_WAIT))
		return;

	spare_close(lt);
	lt->settling = false;
	lt->at_ms = at_ms;
}


static void done(struct ua_lifetime *lt, uint64_t now_ms)
{
	if (step(lt, MOVE_DONE))
		return;

	spare_close(lt);
	lt->settling = false;
	lt->troubles = 0;
	lt->at_ms = now_ms + UA_LIFETIME_CHECK_MS;
	act(lt, UA_LIFETIME_ACT_LEARNT);
}


/* It could not be measured: later, or no more for now. */
static void trouble(struct ua_lifetime *lt, uint64_t now_ms)
{
	if (++lt->troubles < UA_LIFETIME_TROUBLES)
		wait(lt, now_ms + UA_LIFETIME_PAUSE_MS);
	else
		done(lt, now_ms);
}


/* The next silence to prove; 0: there is none that tells more. */
static uint32_t next_try(const struct ua_lifetime *lt)
{
	const uint32_t pct = lt->kept ? GROW_PCT : SPARE_GROW_PCT;
	uint32_t s = min_u32(lt->good_s * pct / 100, UA_LIFETIME_TRY_S);

	if (lt->kept)
		s = min_u32(s, lt->good_s + UA_LIFETIME_STEP_S);
	else if (lt->hint_s > lt->good_s)
		s = lt->hint_s;

	if (lt->bad_s) {
		if (lt->bad_s * 100 <= lt->good_s * (100 + CLOSE_PCT))
			return 0;
		if (s >= lt->bad_s || !lt->hint_s)
			s = min_u32(s, (lt->bad_s + lt->good_s) / 2);
	}

	return s > lt->good_s ? s : 0;
}


static void gap_begin(struct ua_lifetime *lt, uint64_t now_ms, uint32_t s)
{
	if (step(lt, MOVE_GAP))
		return;

	/* It was silent for longer already, which is another try. */
	if (lt->base_ms + 1000ULL * s <= now_ms) {
		lt->base_ms = now_ms;
		act(lt, UA_LIFETIME_ACT_PING);
	}

	lt->try_s = s;
	lt->noise = false;
	lt->at_ms = lt->base_ms + 1000ULL * s;
}


static void spare_ask(struct ua_lifetime *lt, uint64_t now_ms,
		      enum ua_lifetime_act what)
{
	lt->asking = true;
	lt->at_ms = now_ms + UA_LIFETIME_SPARE_MS;
	++lt->spent;
	act(lt, what);
}


/* One that is open has rested since it was asked. */
static void spare_begin(struct ua_lifetime *lt, uint64_t now_ms, uint32_t s)
{
	if (step(lt, MOVE_SPARE))
		return;

	lt->try_s = s;
	if (lt->open) {
		lt->at_ms = lt->spare_ms + 1000ULL * s + MORE_MS;
		return;
	}

	lt->open = true;
	memset(&lt->spare, 0, sizeof(lt->spare));
	spare_ask(lt, now_ms, UA_LIFETIME_ACT_OPEN);
}


/* What a spare mapping endured, the flow follows. */
static uint32_t next_vouched(const struct ua_lifetime *lt)
{
	const uint32_t s = min_u32(lt->good_s * GROW_PCT / 100,
				   lt->good_s + UA_LIFETIME_VOUCHED_S);

	if (lt->kept || lt->vouched_s <= lt->good_s)
		return 0;

	return min_u32(s, lt->vouched_s);
}


static void try_begin(struct ua_lifetime *lt, uint64_t now_ms, uint32_t s)
{
	if (lt->kept || s <= lt->vouched_s)
		gap_begin(lt, now_ms, s);
	else
		spare_begin(lt, now_ms, s);
}


static void go_on(struct ua_lifetime *lt, uint64_t now_ms)
{
	uint32_t s = next_vouched(lt);

	if (!s)
		s = next_try(lt);

	lt->settling = false;
	if (s)
		try_begin(lt, now_ms, s);
	else
		done(lt, now_ms);
}


void ua_lifetime_tx(struct ua_lifetime *lt, uint64_t now_ms)
{
	const uint64_t rested_ms = now_ms - lt->base_ms;

	lt->tx_ms = now_ms;
	lt->base_ms = now_ms;
	lt->noise = false;

	/* The probe may come in because of that. */
	if (lt->state == UA_LIFETIME_PROBE && !lt->arrived)
		trouble(lt, now_ms);

	if (lt->state != UA_LIFETIME_GAP)
		return;

	/* The silence begins anew, but not for ever. */
	lt->at_ms = now_ms + 1000ULL * lt->try_s;
	if (rested_ms >= RESTED_MS && ++lt->troubles >= UA_LIFETIME_TROUBLES)
		done(lt, now_ms);
}


void ua_lifetime_rx(struct ua_lifetime *lt, uint64_t now_ms)
{
	if (now_ms - lt->tx_ms > ANSWER_MS) {
		lt->noise = true;
		return;
	}

	lt->base_ms = now_ms;
	if (lt->state == UA_LIFETIME_GAP)
		lt->at_ms = now_ms + 1000ULL * lt->try_s;
}


static void bad(struct ua_lifetime *lt, uint32_t s, uint8_t forget)
{
	lt->hint_s = 0;
	lt->bad_s = s;
	lt->forget = forget;
	if (lt->vouched_s >= s)
		lt->vouched_s = 0;
}


static void passed(struct ua_lifetime *lt, uint64_t now_ms)
{
	if (lt->try_s > lt->good_s)
		lt->good_s = lt->try_s;
	if (lt->hint_s <= lt->good_s)
		lt->hint_s = 0;
	lt->troubles = 0;

	ua_log(lt->log, UA_LOG_INFO, "lifetime",
	       "a request came in after %u s of silence", lt->try_s);
	go_on(lt, now_ms);
}


/* No request came in, and the flow is answered all the same. */
static void failed(struct ua_lifetime *lt, uint64_t now_ms)
{
	ua_log(lt->log, UA_LOG_INFO, "lifetime",
	       "no request came in after %u s of silence", lt->try_s);

	bad(lt, lt->try_s, UA_LIFETIME_FORGET);
	lt->young_ms = now_ms;
	lt->troubles = 0;
	if (!lt->settling) {
		go_on(lt, now_ms);
		return;
	}

	/* What was good is not any more. */
	lt->good_s = UA_LIFETIME_SAFE_S;
	wait(lt, now_ms + UA_LIFETIME_PAUSE_MS);
}


void ua_lifetime_answered(struct ua_lifetime *lt, uint64_t now_ms, bool kept)
{
	lt->kept = kept;
	if (now_ms - lt->young_ms >= YOUNG_MS)
		lt->young_ms = 0;
	if (!lt->start_ms)
		lt->start_ms = now_ms;

	if (lt->state == UA_LIFETIME_WAIT && lt->at_ms == UA_NEVER)
		lt->at_ms = now_ms + lt->begin_ms;
	else if (lt->state == UA_LIFETIME_REFRESH && lt->arrived)
		passed(lt, now_ms);
	else if (lt->state == UA_LIFETIME_REFRESH)
		failed(lt, now_ms);
}


void ua_lifetime_died(struct ua_lifetime *lt, uint64_t now_ms,
		      uint64_t idle_ms)
{
	const uint32_t idle_s =
		(uint32_t)(idle_ms < 3600000 ? idle_ms / 1000 : 3600);

	if (lt->state == UA_LIFETIME_OFF)
		return;

	/* A try that failed: ua_lifetime_answered() tells the rest. */
	if (lt->state == UA_LIFETIME_REFRESH && !lt->arrived)
		return;

	/* No NAT is so impatient: it was restarted, or the way is another. */
	if (idle_ms < RESTED_MS) {
		ua_lifetime_lost(lt);
		return;
	}

	if (lt->deaths < UA_LIFETIME_FORGET)
		++lt->deaths;

	if (idle_s > lt->good_s) {
		if (!lt->bad_s || idle_s < lt->bad_s)
			bad(lt, idle_s, lt->deaths);
		return;
	}

	/* Shorter than anything that is called safe: as short as we go. */
	lt->good_s = idle_s <= UA_LIFETIME_SAFE_S ? UA_LIFETIME_MIN_S
						  : UA_LIFETIME_SAFE_S;

	/* Once a NAT may start anew. */
	if (idle_s > UA_LIFETIME_SAFE_S || lt->deaths > 1)
		bad(lt, idle_s + 1, lt->deaths);
	else
		bad(lt, 0, 0);
	wait(lt, now_ms + UA_LIFETIME_PAUSE_MS);
}


void ua_lifetime_lost(struct ua_lifetime *lt)
{
	if (lt->state == UA_LIFETIME_OFF)
		return;

	/* What was learnt is to be proved again before it counts. */
	if (lt->good_s > UA_LIFETIME_SAFE_S) {
		lt->hint_s = lt->good_s;
		lt->good_s = UA_LIFETIME_SAFE_S;
	}

	/* Not before it is answered again. */
	lt->begin_ms = UA_LIFETIME_PAUSE_MS;
	wait(lt, UA_NEVER);
}


void ua_lifetime_count(struct ua_lifetime *lt)
{
	++lt->spent;
}


static void probe(struct ua_lifetime *lt, uint64_t now_ms, enum move mv)
{
	if (step(lt, mv))
		return;

	lt->arrived = false;
	lt->at_ms = now_ms + UA_LIFETIME_PROBE_MS;
	++lt->spent;
	act(lt, UA_LIFETIME_ACT_PROBE);
}


void ua_lifetime_arrived(struct ua_lifetime *lt, uint64_t now_ms)
{
	/* It is answered at once, on the flow. */
	lt->base_ms = now_ms;
	lt->noise = false;

	if (lt->state == UA_LIFETIME_ASK) {
		lt->asks = 0;
		go_on(lt, now_ms);
	}
	else if (lt->state == UA_LIFETIME_PROBE && !lt->arrived) {
		lt->arrived = true;
		lt->at_ms = now_ms + PROVE_MS;
	}
}


/* Whether requests to ourselves come in at all */
static void ask_failed(struct ua_lifetime *lt, uint64_t now_ms)
{
	if (++lt->asks < UA_LIFETIME_ASKS) {
		wait(lt, now_ms + UA_LIFETIME_ASK_MS);
		return;
	}

	lt->asks = 0;
	if (step(lt, MOVE_BLIND))
		return;

	lt->at_ms = now_ms + UA_LIFETIME_CHECK_MS;
	ua_log(lt->log, UA_LOG_INFO, "lifetime",
	       "requests to ourselves do not come in: cannot tell how long"
	       " the binding lives, %u s it is",
	       lt->good_s);
}


void ua_lifetime_probed(struct ua_lifetime *lt, uint64_t now_ms, int err)
{
	if (lt->state != UA_LIFETIME_ASK && lt->state != UA_LIFETIME_PROBE)
		return;

	if (lt->arrived)
		passed(lt, now_ms);
	else if (err && err != ETIMEDOUT)
		trouble(lt, now_ms);
	else if (lt->at_ms > now_ms + OTHERS_MS)
		lt->at_ms = now_ms + OTHERS_MS;
}


/* It has another mapping now, which is as good as any for the next try. */
static void spare_changed(struct ua_lifetime *lt, uint64_t now_ms)
{
	bad(lt, lt->try_s, UA_LIFETIME_FORGET);
	if (!lt->settling) {
		go_on(lt, now_ms);
		return;
	}

	lt->good_s = UA_LIFETIME_SAFE_S;
	wait(lt, now_ms + UA_LIFETIME_PAUSE_MS);
}


/* It is as it was, or it is not. */
static void spare_rested(struct ua_lifetime *lt, uint64_t now_ms,
			 const struct ua_addr *mapped)
{
	const uint64_t due_ms =
		lt->spare_ms + 1000ULL * lt->try_s + MORE_MS + LATE_MS;

	if (ua_addr_eq(&lt->spare, mapped)) {
		lt->vouched_s = lt->try_s;
		lt->spare_ms = now_ms;
		if (lt->settling)
			gap_begin(lt, now_ms, lt->try_s);
		else
			go_on(lt, now_ms);
		return;
	}

	/* It rested longer than was asked for, which tells nothing. */
	lt->spare = *mapped;
	lt->spare_ms = now_ms;
	if (now_ms > due_ms)
		lt->at_ms = now_ms + 1000ULL * lt->try_s + MORE_MS;
	else
		spare_changed(lt, now_ms);
}


void ua_lifetime_spare(struct ua_lifetime *lt, uint64_t now_ms,
		       const struct ua_addr *mapped)
{
	if (lt->state != UA_LIFETIME_SPARE || !lt->asking)
		return;

	lt->asking = false;
	if (mapped && mapped->af && lt->spare.af) {
		spare_rested(lt, now_ms, mapped);
	}
	else if (mapped && mapped->af) {
		lt->spare = *mapped;
		lt->spare_ms = now_ms;
		lt->at_ms = now_ms + 1000ULL * lt->try_s + MORE_MS;
	}
	else if (lt->spare.af) {
		trouble(lt, now_ms);
	}
	else {
		/* Without it no gap is tried: what is proved is used. */
		done(lt, now_ms);
	}
}


enum ua_lifetime_act ua_lifetime_output(struct ua_lifetime *lt)
{
	enum ua_lifetime_act what;

	if (!lt->nout)
		return UA_LIFETIME_ACT_NONE;

	what = (enum ua_lifetime_act)lt->outv[0];
	--lt->nout;
	memmove(&lt->outv[0], &lt->outv[1], lt->nout);

	return what;
}


uint64_t ua_lifetime_deadline(const struct ua_lifetime *lt)
{
	return lt->at_ms;
}


static void check(struct ua_lifetime *lt, uint64_t now_ms)
{
	lt->at_ms = now_ms + UA_LIFETIME_CHECK_MS;
	if (lt->forget && !--lt->forget)
		lt->bad_s = 0;

	if (lt->good_s > UA_LIFETIME_SAFE_S) {
		lt->settling = true;
		try_begin(lt, now_ms, lt->good_s);
	}
	else if (next_try(lt)) {
		go_on(lt, now_ms);
	}
}


static void gap_end(struct ua_lifetime *lt, uint64_t now_ms, bool is_late)
{
	if (lt->noise || is_late)
		trouble(lt, now_ms);
	else
		probe(lt, now_ms, MOVE_PROBE);
}


static void refresh(struct ua_lifetime *lt, uint64_t now_ms)
{
	if (step(lt, MOVE_REFRESH))
		return;

	lt->at_ms = now_ms + UA_LIFETIME_REFRESH_MS;
	act(lt, UA_LIFETIME_ACT_PING);
}


void ua_lifetime_tick(struct ua_lifetime *lt, uint64_t now_ms)
{
	const bool is_late =
		lt->at_ms < now_ms && now_ms - lt->at_ms > LATE_MS;

	if (lt->at_ms > now_ms)
		return;

	lt->at_ms = UA_NEVER;

	switch (lt->state) {

	case UA_LIFETIME_WAIT:
	case UA_LIFETIME_BLIND:
		probe(lt, now_ms, MOVE_ASK);
		break;

	case UA_LIFETIME_ASK:
		ask_failed(lt, now_ms);
		break;

	case UA_LIFETIME_SPARE:
		if (lt->asking)
			ua_lifetime_spare(lt, now_ms, NULL);
		else
			spare_ask(lt, now_ms, UA_LIFETIME_ACT_AGAIN);
		break;

	case UA_LIFETIME_GAP:
		gap_end(lt, now_ms, is_late);
		break;

	case UA_LIFETIME_PROBE:
		if (is_late)
			trouble(lt, now_ms);
		else
			refresh(lt, now_ms);
		break;

	case UA_LIFETIME_REFRESH:
		trouble(lt, now_ms);
		break;

	case UA_LIFETIME_DONE:
		check(lt, now_ms);
		break;

	default:
		break;
	}
}


/* The safe one has its margin already. */
uint32_t ua_lifetime_interval_ms(const struct ua_lifetime *lt)
{
	const uint32_t good_ms = 1000 * lt->good_s;
	uint32_t ms;

	if (lt->good_s <= UA_LIFETIME_SAFE_S)
		return good_ms;

	if (lt->young_ms)
		return 1000 * UA_LIFETIME_SAFE_S;

	ms = min_u32(good_ms / 100 * USE_PCT, good_ms - USE_LESS_MS);
	if (ms < 1000 * UA_LIFETIME_SAFE_S)
		ms = 1000 * UA_LIFETIME_SAFE_S;

	return min_u32(ms, 1000 * UA_LIFETIME_MAX_S);
}


uint32_t ua_lifetime_good_s(const struct ua_lifetime *lt)
{
	return lt->good_s;
}


uint64_t ua_lifetime_hold(const struct ua_lifetime *lt)
{
	if (lt->state == UA_LIFETIME_GAP)
		return lt->at_ms + UA_LIFETIME_PROBE_MS;

	return lt->state == UA_LIFETIME_PROBE ? lt->at_ms : 0;
}


uint32_t ua_lifetime_saved(const struct ua_lifetime *lt, uint64_t now_ms)
{
	const uint32_t safe_ms = 10 * UA_LIFETIME_SAFE_S * SAFE_PCT;
	uint64_t n;

	if (!lt->start_ms || now_ms < lt->start_ms)
		return 0;

	n = (now_ms - lt->start_ms) / safe_ms;

	return n > lt->spent ? (uint32_t)(n - lt->spent) : 0;
}


enum ua_lifetime_state ua_lifetime_state(const struct ua_lifetime *lt)
{
	return lt->state;
}


const char *ua_lifetime_words(const struct ua_lifetime *lt)
{
	return words[lt->state];
}
