/* SPDX-License-Identifier: BSD-3-Clause */
/** @file lifetime.c  How long a NAT keeps a UDP binding: learnt by proof */

#include <errno.h>
#include <string.h>

#include "reach/lifetime.h"
#include <ua/log.h>

enum {
	GROW_PCT = 150, /* Each silence that passed is tried half as long
			   again: six steps to the longest               */
	CLOSE_PCT = 25, /* Good and bad that are so near are near enough */
	USE_PCT = 95,   /* Of what is proved: timers are late at times   */
	SAFE_PCT = 90   /* Of the interval, a ping with jitter comes after */
};

enum move {
	MOVE_WAIT = 0,
	MOVE_ASK,
	MOVE_SPARE,
	MOVE_GAP,
	MOVE_PROBE,
	MOVE_DONE,
	MOVE_BLIND,
	NMOVE
};

/* clang-format off */
enum {
	W = UA_LIFETIME_WAIT, A = UA_LIFETIME_ASK,   S = UA_LIFETIME_SPARE,
	G = UA_LIFETIME_GAP,  P = UA_LIFETIME_PROBE, D = UA_LIFETIME_DONE,
	B = UA_LIFETIME_BLIND
};

/* Every move; 0 is a refused one. */
static const uint8_t moves[UA_LIFETIME_NSTATE][NMOVE] = {
	/*                     WAIT ASK SPARE GAP PROBE DONE BLIND */
	[UA_LIFETIME_WAIT]  = { W,  A,  0,    0,  0,    0,   0 },
	[UA_LIFETIME_ASK]   = { W,  0,  S,    G,  0,    D,   B },
	[UA_LIFETIME_SPARE] = { W,  0,  S,    G,  0,    D,   0 },
	[UA_LIFETIME_GAP]   = { W,  0,  0,    0,  P,    D,   0 },
	[UA_LIFETIME_PROBE] = { W,  0,  S,    G,  0,    D,   0 },
	[UA_LIFETIME_DONE]  = { W,  0,  S,    G,  0,    0,   0 },
	[UA_LIFETIME_BLIND] = { W,  A,  0,    0,  0,    0,   0 },
};

static const char *const state_names[UA_LIFETIME_NSTATE] = {
	[UA_LIFETIME_NONE]  = "NONE",
	[UA_LIFETIME_OFF]   = "OFF",
	[UA_LIFETIME_WAIT]  = "WAIT",
	[UA_LIFETIME_ASK]   = "ASK",
	[UA_LIFETIME_SPARE] = "SPARE",
	[UA_LIFETIME_GAP]   = "GAP",
	[UA_LIFETIME_PROBE] = "PROBE",
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


static void spare_close(struct ua_lifetime *lt)
{
	if (lt->open)
		act(lt, UA_LIFETIME_ACT_CLOSE);
	lt->open = false;
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

	if (conf->learnt_s > UA_LIFETIME_SAFE_S)
		lt->hint_s = conf->learnt_s > UA_LIFETIME_MAX_S
				     ? UA_LIFETIME_MAX_S
				     : conf->learnt_s;
}


static void wait(struct ua_lifetime *lt, uint64_t at_ms)
{
	if (step(lt, MOVE_WAIT))
		return;

	spare_close(lt);
	lt->settling = false;
	lt->at_ms = at_ms;
}


void ua_lifetime_answered(struct ua_lifetime *lt, uint64_t now_ms, bool kept)
{
	lt->kept = kept;
	lt->told = true;
	if (!lt->start_ms)
		lt->start_ms = now_ms;

	if (lt->state == UA_LIFETIME_WAIT && lt->at_ms == UA_NEVER)
		lt->at_ms = now_ms + lt->begin_ms;
}


/* The next silence to try; 0: there is none that tells more. */
static uint32_t next_try(const struct ua_lifetime *lt)
{
	uint32_t s;

	if (lt->hint_s > lt->good_s && (!lt->bad_s || lt->hint_s < lt->bad_s))
		return lt->hint_s;

	if (lt->bad_s) {
		if ((lt->bad_s - lt->good_s) * 100 <= lt->good_s * CLOSE_PCT)
			return 0;
		return (lt->bad_s + lt->good_s) / 2;
	}

	s = lt->good_s * GROW_PCT / 100;
	if (s > UA_LIFETIME_MAX_S)
		s = UA_LIFETIME_MAX_S;

	return s > lt->good_s ? s : 0;
}


static void gap_begin(struct ua_lifetime *lt)
{
	if (step(lt, MOVE_GAP))
		return;

	lt->at_ms = lt->base_ms + 1000ULL * lt->try_s;
}


static void done(struct ua_lifetime *lt, uint64_t now_ms)
{
	if (step(lt, MOVE_DONE))
		return;

	spare_close(lt);
	lt->at_ms = now_ms + UA_LIFETIME_CHECK_MS;
	act(lt, UA_LIFETIME_ACT_LEARNT);
}


static void try_begin(struct ua_lifetime *lt, uint64_t now_ms, uint32_t s)
{
	lt->try_s = s;
	if (lt->kept) {
		gap_begin(lt);
		return;
	}

	if (step(lt, MOVE_SPARE))
		return;

	/* A fresh one each time: nothing else has kept it open. */
	spare_close(lt);
	lt->open = true;
	memset(&lt->spare, 0, sizeof(lt->spare));
	lt->at_ms = UA_NEVER;
	++lt->spent;
	(void)now_ms;
	act(lt, UA_LIFETIME_ACT_OPEN);
}


static void go_on(struct ua_lifetime *lt, uint64_t now_ms)
{
	const uint32_t s = next_try(lt);

	lt->settling = false;
	if (s)
		try_begin(lt, now_ms, s);
	else
		done(lt, now_ms);
}


static void passed(struct ua_lifetime *lt, uint64_t now_ms)
{
	if (lt->try_s > lt->good_s)
		lt->good_s = lt->try_s;
	if (lt->hint_s <= lt->good_s)
		lt->hint_s = 0;

	ua_log(lt->log, UA_LOG_INFO, "lifetime",
	       "a request came in after %u s of silence", lt->try_s);
	go_on(lt, now_ms);
}


static void failed(struct ua_lifetime *lt, uint64_t now_ms)
{
	ua_log(lt->log, UA_LOG_INFO, "lifetime",
	       "no request came in after %u s of silence", lt->try_s);

	/* What was good is not any more. */
	if (lt->settling) {
		lt->good_s = UA_LIFETIME_SAFE_S;
		lt->bad_s = lt->try_s;
		wait(lt, now_ms + UA_LIFETIME_PAUSE_MS);
		return;
	}

	lt->hint_s = 0;
	lt->bad_s = lt->try_s;
	go_on(lt, now_ms);
}


void ua_lifetime_used(struct ua_lifetime *lt, uint64_t now_ms,
		      uint64_t used_ms)
{
	(void)now_ms;

	if (used_ms <= lt->base_ms)
		return;

	lt->base_ms = used_ms;

	/* The silence begins anew. */
	if (lt->state == UA_LIFETIME_GAP)
		lt->at_ms = used_ms + 1000ULL * lt->try_s;
}


void ua_lifetime_died(struct ua_lifetime *lt, uint64_t now_ms,
		      uint64_t idle_ms)
{
	const uint32_t idle_s = (uint32_t)(idle_ms / 1000);

	if (lt->state == UA_LIFETIME_OFF)
		return;

	/* Shorter than anything that is called safe: as short as we go. */
	lt->good_s = idle_s <= UA_LIFETIME_SAFE_S ? UA_LIFETIME_MIN_S
						  : UA_LIFETIME_SAFE_S;
	lt->hint_s = 0;
	if (idle_s > lt->good_s && (!lt->bad_s || idle_s < lt->bad_s))
		lt->bad_s = idle_s;

	wait(lt, now_ms + UA_LIFETIME_PAUSE_MS);
}


void ua_lifetime_lost(struct ua_lifetime *lt)
{
	if (lt->state == UA_LIFETIME_OFF)
		return;

	/* What was learnt is to be proved again before it counts. */
	if (lt->good_s > UA_LIFETIME_SAFE_S)
		lt->hint_s = lt->good_s;
	lt->good_s = UA_LIFETIME_SAFE_S;

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
	lt->arrived = true;

	/* It is answered at once, on the flow. */
	if (lt->base_ms < now_ms)
		lt->base_ms = now_ms;

	if (lt->state == UA_LIFETIME_ASK)
		go_on(lt, now_ms);
	else if (lt->state == UA_LIFETIME_PROBE)
		passed(lt, now_ms);
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
	(void)err;

	/* Whoever answered it, we did not: it would have arrived before. */
	if (lt->arrived)
		return;

	if (lt->state == UA_LIFETIME_ASK)
		ask_failed(lt, now_ms);
	else if (lt->state == UA_LIFETIME_PROBE)
		failed(lt, now_ms);
}


void ua_lifetime_spare(struct ua_lifetime *lt, uint64_t now_ms,
		       const struct ua_addr *mapped)
{
	if (lt->state != UA_LIFETIME_SPARE)
		return;

	/* Without it no gap is tried: what is proved is what is used. */
	if (!mapped || !mapped->af) {
		done(lt, now_ms);
		return;
	}

	if (!lt->spare.af) {
		lt->spare = *mapped;
		lt->at_ms = now_ms + 1000ULL * lt->try_s;
		return;
	}

	spare_close(lt);
	if (ua_addr_eq(&lt->spare, mapped))
		gap_begin(lt);
	else
		failed(lt, now_ms);
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


void ua_lifetime_tick(struct ua_lifetime *lt, uint64_t now_ms)
{
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
		++lt->spent;
		act(lt, UA_LIFETIME_ACT_AGAIN);
		break;

	case UA_LIFETIME_GAP:
		probe(lt, now_ms, MOVE_PROBE);
		break;

	case UA_LIFETIME_PROBE:
		failed(lt, now_ms);
		break;

	case UA_LIFETIME_DONE:
		lt->settling = lt->good_s > UA_LIFETIME_SAFE_S;
		if (lt->settling)
			try_begin(lt, now_ms, lt->good_s);
		else
			lt->at_ms = now_ms + UA_LIFETIME_CHECK_MS;
		break;

	default:
		break;
	}
}


uint32_t ua_lifetime_interval_ms(const struct ua_lifetime *lt)
{
	/* The safe one has its margin already. */
	if (lt->good_s <= UA_LIFETIME_SAFE_S)
		return 1000 * lt->good_s;

	return 10 * lt->good_s * USE_PCT;
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
