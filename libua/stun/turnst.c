/* SPDX-License-Identifier: BSD-3-Clause */
/** @file turnst.c  States of a TURN client, and what entering them does */

#include <errno.h>
#include <string.h>

#include "base/re_compat.h"
#include "base/random.h"
#include "stun/turncore.h"

enum {
	/* Refresh this long before the end, spread: clients of a server that
	   restarted must not come back in step. */
	REFRESH_EARLY_S = 60,
	REFRESH_SPREAD_MS = 15000,
	REFRESH_HALF_S = 120, /* Below it, at half the lifetime */
	REFRESH_MIN_MS = 1000,

	REUSE_WAIT_MS = 1000, /* See UA_TURNCORE_REUSES */
	CLOSE_MS = 5000       /* Nobody waits longer for a goodbye */
};

static const char *const state_names[UA_TURNST_NSTATE] = {
	"NONE",  "IDLE", "ALLOC", "AUTH", "REUSE",
	"READY", "LOST", "CLOSE", "DEAD"
};

static const char *const event_names[UA_TURNEV_NEVENT] = {
	"START",   "GRANT", "CHALLENGE", "MISMATCH", "REDIRECT",
	"REFUSED", "FATAL", "TIMEOUT",   "SHUT"
};

/* clang-format off */
enum { A = UA_TURNST_ALLOC, U = UA_TURNST_AUTH, E = UA_TURNST_REUSE, R = UA_TURNST_READY, L = UA_TURNST_LOST, C = UA_TURNST_CLOSE,
       D = UA_TURNST_DEAD };

/*
 * Every move of an allocation; 0 is a refused move.
 *
 * 437 to Allocate means that the server holds something for our 5-tuple, a
 * 437 to anything else that it holds nothing: MISMATCH makes READY LOST, and
 * is as good as a success to REUSE and CLOSE (RFC 8656, 7.4 and 8.3).
 */
static const uint8_t moves[UA_TURNST_NSTATE][UA_TURNEV_NEVENT] = {
	/*          START GRANT CHALL MISM REDIR REFUS FATAL TIMEO SHUT */
	[UA_TURNST_IDLE]  = { A,    0,    0,    0,   0,    0,    0,    0,    D },
	[UA_TURNST_ALLOC] = { 0,    R,    U,    E,   A,    D,    D,    D,    C },
	[UA_TURNST_AUTH]  = { 0,    R,    U,    E,   A,    D,    D,    D,    C },
	[UA_TURNST_REUSE] = { 0,    A,    E,    A,   0,    D,    D,    D,    C },
	[UA_TURNST_READY] = { 0,    R,    R,    L,   0,    L,    D,    L,    C },
	[UA_TURNST_LOST]  = { 0,    R,    U,    E,   A,    D,    D,    L,    C },
	[UA_TURNST_CLOSE] = { 0,    D,    C,    D,   0,    D,    D,    D,    C },
	[UA_TURNST_DEAD]  = { 0,    0,    0,    0,   0,    0,    0,    0,    D },
};
/* clang-format on */

/* Pauses before an allocation that was lost is asked for again */
static const uint16_t lost_wait_ms[UA_TURNCORE_WAITS] = { 0, 1000, 4000,
							  16000 };


static void ses_start(struct ua_turn *turn, uint64_t at_ms,
		      enum ua_treq_kind kind)
{
	ua_treq_start(&turn->ses, &turn->way, at_ms, kind, turn->cred.ready);
}


/* Ask whether the allocation is still there, if that is not asked already */
void ua_turnst_probe(struct ua_turn *turn, uint64_t now_ms)
{
	if (turn->state == UA_TURNST_READY && turn->ses.kind == UA_TREQ_NONE) {
		ses_start(turn, now_ms, UA_TREQ_REFRESH);
		(void)ua_treq_tick(&turn->ses, now_ms);
	}
}


/* Start what is due, as far as there are free requests for it */
void ua_turnst_work(struct ua_turn *turn, uint64_t now_ms)
{
	if (turn->state != UA_TURNST_READY)
		return;

	if (turn->refresh_ms <= now_ms)
		ua_turnst_probe(turn, now_ms);

	ua_relay_work(&turn->relay, now_ms, turn->cred.ready);
}


static void refresh_plan(struct ua_turn *turn, uint64_t now_ms)
{
	const uint64_t life_ms = (uint64_t)turn->lifetime_s * 1000;
	uint64_t wait_ms = life_ms / 2;

	if (turn->lifetime_s >= REFRESH_HALF_S)
		wait_ms =
			life_ms - REFRESH_EARLY_S * 1000 -
			ua_random_range(turn->way.rand, 0, REFRESH_SPREAD_MS);
	if (wait_ms < REFRESH_MIN_MS)
		wait_ms = REFRESH_MIN_MS;

	turn->refresh_ms = now_ms + wait_ms;
}


static void tell(struct ua_turn *turn, enum ua_turn_event_type type)
{
	turn->told |= (uint8_t)(1 << type);
}


void ua_turnst_untell(struct ua_turn *turn, enum ua_turn_event_type type)
{
	turn->told &= (uint8_t) ~(1 << type);
}


static void addrs_reset(struct ua_turn *turn)
{
	memset(&turn->relayed, 0, sizeof(turn->relayed));
	memset(&turn->relayed6, 0, sizeof(turn->relayed6));
	memset(&turn->mapped, 0, sizeof(turn->mapped));
}


static void enter_ready(struct ua_turn *turn, uint64_t now_ms,
			enum ua_turnst from)
{
	ua_treq_stop(&turn->ses);
	turn->nerr = 0;
	refresh_plan(turn, now_ms);

	if (from == UA_TURNST_READY)
		return;

	turn->attempt = 0;
	turn->nreuse = 0;
	turn->visited[0] = turn->server;
	turn->nvisited = 1;
	tell(turn, UA_TURN_READY);
}


static void enter_lost(struct ua_turn *turn, uint64_t now_ms,
		       enum ua_turnst from)
{
	if (from == UA_TURNST_READY) {
		turn->attempt = 0;
		ua_relay_lose(&turn->relay);
		addrs_reset(turn);
		ua_turnst_untell(turn, UA_TURN_READY);
		tell(turn, UA_TURN_LOST);
	}
	else {
		++turn->attempt;
	}

	ses_start(turn, now_ms + lost_wait_ms[turn->attempt],
		  UA_TREQ_ALLOCATE);
	turn->nerr = 0;
}


/* Whatever state it is in, the server may hold an allocation for us */
static void enter_close(struct ua_turn *turn, uint64_t now_ms)
{
	ua_relay_stop(&turn->relay);
	turn->told = 0;
	turn->close_ms = now_ms + CLOSE_MS;
	ses_start(turn, now_ms, UA_TREQ_FREE);
}


static void enter_dead(struct ua_turn *turn)
{
	ua_treq_stop(&turn->ses);
	ua_relay_stop(&turn->relay);
	addrs_reset(turn);
	ua_relay_init(&turn->relay, &turn->way, turn->log);
	turn->told = 0;
	tell(turn, turn->closing ? UA_TURN_CLOSED : UA_TURN_DEAD);
}


static void enter(struct ua_turn *turn, uint64_t now_ms, enum ua_turnst from,
		  enum ua_turnev ev)
{
	if (ev == UA_TURNEV_CHALLENGE) {
		ua_treq_again(&turn->ses, &turn->way, now_ms, true);
		return;
	}

	switch (turn->state) {

	case UA_TURNST_ALLOC:
		ses_start(turn,
			  from == UA_TURNST_REUSE ? now_ms + REUSE_WAIT_MS
						  : now_ms,
			  UA_TREQ_ALLOCATE);
		turn->nerr = 0;
		break;

	case UA_TURNST_REUSE:
		++turn->nreuse;
		ses_start(turn, now_ms, UA_TREQ_FREE);
		break;

	case UA_TURNST_READY:
		enter_ready(turn, now_ms, from);
		break;

	case UA_TURNST_LOST:
		enter_lost(turn, now_ms, from);
		break;

	case UA_TURNST_CLOSE:
		if (from != UA_TURNST_CLOSE)
			enter_close(turn, now_ms);
		break;

	case UA_TURNST_DEAD:
		enter_dead(turn);
		break;

	default:
		break;
	}
}


/* The only writer of turn->state. */
void ua_turnst_move(struct ua_turn *turn, uint64_t now_ms, enum ua_turnev ev)
{
	const uint8_t from = turn->state;
	const uint8_t to = moves[from][ev];

	if (to == UA_TURNST_NONE) {
		ua_log(turn->log, UA_LOG_WARN, "turn", "%s refused in %s",
		       event_names[ev], state_names[from]);
		return;
	}

	turn->state = to;
	ua_log(turn->log, UA_LOG_DEBUG, "turn", "%s -> %s (%s)",
	       state_names[from], state_names[to], event_names[ev]);

	enter(turn, now_ms, from, ev);
	(void)ua_treq_tick(&turn->ses, now_ms);
}


/* The same, with the reason to give if it is the end */
void ua_turnst_fail(struct ua_turn *turn, uint64_t now_ms, enum ua_turnev ev,
		    uint16_t code, int err, const char *reason)
{
	turn->code = code;
	turn->err = err;
	(void)re_snprintf(turn->reason, sizeof(turn->reason), "%s", reason);
	ua_log(turn->log, UA_LOG_INFO, "turn", "%s: %s %u %s",
	       state_names[turn->state], ua_treq_name(turn->ses.kind), code,
	       reason);

	ua_turnst_move(turn, now_ms, ev);
}


const char *ua_turnst_name(const struct ua_turn *turn)
{
	return state_names[turn->state];
}
