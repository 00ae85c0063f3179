/* SPDX-License-Identifier: BSD-3-Clause */
/** @file turn.c  TURN client: the allocation, and what happens on it */

#include <errno.h>
#include <string.h>

#include "base/re_compat.h"
#include "base/random.h"
#include "base/wr.h"
#include <ua/log.h>
#include "stun/cred.h"
#include "stun/relay.h"
#include "stun/turn.h"

enum {
	HOP_MAX = 3,   /* Redirections */
	ERROR_MAX = 2, /* One ICMP may be a server that restarts */

	/* Refresh this long before the end, spread: clients of a server that
	   restarted must not come back in step. */
	REFRESH_EARLY_S = 60,
	REFRESH_SPREAD_MS = 15000,
	REFRESH_HALF_S = 120, /* Below it, at half the lifetime */
	REFRESH_MIN_MS = 1000,

	/*
	 * coturn forgets a 5-tuple one to two seconds after it freed it and
	 * says 437 until then, to Refresh as well.
	 */
	REUSE_MAX = 3,
	REUSE_WAIT_MS = 1000,

	CLOSE_MS = 5000, /* Nobody waits longer for a goodbye */

	PROTO_UDP = 17, /* REQUESTED-TRANSPORT (RFC 8656, 18.8) */
	FAMILY_IP6 = 2, /* RFC 8656, 18.9 */
};

enum state {
	NONE = 0, /* A refused move, never a state */
	IDLE,
	ALLOC, /* First Allocate under way                          */
	AUTH,  /* The same, answering a challenge                   */
	REUSE, /* Freeing what the server holds for our 5-tuple     */
	READY, /* There is an allocation                            */
	LOST,  /* There was one: allocating again, with pauses      */
	CLOSE, /* Refresh 0 under way                               */
	DEAD,
	NSTATE
};

enum event {
	START = 0, /* Owner                                          */
	GRANT,     /* Success                                        */
	CHALLENGE, /* 401 or 438: again with (new) credentials        */
	MISMATCH,  /* 437                                             */
	REDIRECT,  /* 300 to another server                           */
	REFUSED,   /* Some other error                                */
	FATAL,     /* The server will not serve us, whatever we ask   */
	TIMEOUT,   /* No answer, or not reached                       */
	SHUT,      /* Owner                                           */
	NEVENT
};

static const char *const state_names[NSTATE] = { "NONE", "IDLE",  "ALLOC",
						 "AUTH", "REUSE", "READY",
						 "LOST", "CLOSE", "DEAD" };

static const char *const event_names[NEVENT] = {
	"START",   "GRANT", "CHALLENGE", "MISMATCH", "REDIRECT",
	"REFUSED", "FATAL", "TIMEOUT",   "SHUT"
};

/* clang-format off */
enum { A = ALLOC, U = AUTH, E = REUSE, R = READY, L = LOST, C = CLOSE,
       D = DEAD };

/*
 * Every move of an allocation; 0 is a refused move.
 *
 * 437 to Allocate means that the server holds something for our 5-tuple, a
 * 437 to anything else that it holds nothing: MISMATCH makes READY LOST, and
 * is as good as a success to REUSE and CLOSE (RFC 8656, 7.4 and 8.3).
 */
static const uint8_t moves[NSTATE][NEVENT] = {
	/*          START GRANT CHALL MISM REDIR REFUS FATAL TIMEO SHUT */
	[IDLE]  = { A,    0,    0,    0,   0,    0,    0,    0,    D },
	[ALLOC] = { 0,    R,    U,    E,   A,    D,    D,    D,    C },
	[AUTH]  = { 0,    R,    U,    E,   A,    D,    D,    D,    C },
	[REUSE] = { 0,    A,    E,    A,   0,    D,    D,    D,    C },
	[READY] = { 0,    R,    R,    L,   0,    L,    D,    L,    C },
	[LOST]  = { 0,    R,    U,    E,   A,    D,    D,    L,    C },
	[CLOSE] = { 0,    D,    C,    D,   0,    D,    D,    D,    C },
	[DEAD]  = { 0,    0,    0,    0,   0,    0,    0,    0,    D },
};
/* clang-format on */

/* Pauses before an allocation that was lost is asked for again */
static const uint16_t lost_wait_ms[] = { 0, 1000, 4000, 16000 };

struct ua_turn {
	struct ua_addr server;
	struct ua_addr visited[HOP_MAX + 1];
	size_t nvisited;
	enum ua_turn_family family;
	uint32_t ask_lifetime_s;
	const struct ua_rand *rand;
	const struct ua_log *log;
	struct ua_stun_cred cred;

	uint8_t state;       /* enum state; written by move() alone       */
	uint8_t told;        /* Bits of enum ua_turn_event_type to tell   */
	uint8_t nerr;        /* World's errors since the last answer      */
	uint8_t attempt;     /* LOST: which pause                         */
	uint8_t nreuse;      /* Times the 5-tuple was freed               */
	bool closing;        /* The owner waits for CLOSED                */
	struct ua_treq ses;  /* Allocate or Refresh                       */
	uint64_t refresh_ms; /* READY                                     */
	uint64_t close_ms;   /* CLOSE                                     */
	uint32_t lifetime_s;
	struct ua_addr relayed;
	struct ua_addr relayed6;
	struct ua_addr mapped;

	uint16_t code; /* Why DEAD */
	int err;
	char reason[UA_STUN_REASON_MAX];

	struct ua_relay relay;
};


static void ses_start(struct ua_turn *turn, uint64_t at_ms,
		      enum ua_treq_kind kind)
{
	ua_treq_start(&turn->ses, turn->rand, at_ms, kind, turn->cred.ready);
}


/* Ask whether the allocation is still there, if that is not asked already */
static void ses_probe(struct ua_turn *turn, uint64_t now_ms)
{
	if (turn->state == READY && turn->ses.kind == UA_TREQ_NONE) {
		ses_start(turn, now_ms, UA_TREQ_REFRESH);
		(void)ua_treq_tick(&turn->ses, now_ms);
	}
}


/* Start what is due, as far as there are free requests for it */
static void work(struct ua_turn *turn, uint64_t now_ms)
{
	if (turn->state != READY)
		return;

	if (turn->refresh_ms <= now_ms)
		ses_probe(turn, now_ms);

	ua_relay_work(&turn->relay, now_ms, turn->cred.ready);
}


static void refresh_plan(struct ua_turn *turn, uint64_t now_ms)
{
	const uint64_t life_ms = (uint64_t)turn->lifetime_s * 1000;
	uint64_t wait_ms = life_ms / 2;

	if (turn->lifetime_s >= REFRESH_HALF_S)
		wait_ms = life_ms - REFRESH_EARLY_S * 1000 -
			  ua_random_range(turn->rand, 0, REFRESH_SPREAD_MS);
	if (wait_ms < REFRESH_MIN_MS)
		wait_ms = REFRESH_MIN_MS;

	turn->refresh_ms = now_ms + wait_ms;
}


static void tell(struct ua_turn *turn, enum ua_turn_event_type type)
{
	turn->told |= (uint8_t)(1 << type);
}


static void untell(struct ua_turn *turn, enum ua_turn_event_type type)
{
	turn->told &= (uint8_t) ~(1 << type);
}


static void addrs_reset(struct ua_turn *turn)
{
	memset(&turn->relayed, 0, sizeof(turn->relayed));
	memset(&turn->relayed6, 0, sizeof(turn->relayed6));
	memset(&turn->mapped, 0, sizeof(turn->mapped));
}


static void enter_ready(struct ua_turn *turn, uint64_t now_ms, enum state from)
{
	ua_treq_stop(&turn->ses);
	turn->nerr = 0;
	refresh_plan(turn, now_ms);

	if (from == READY)
		return;

	turn->attempt = 0;
	turn->nreuse = 0;
	turn->visited[0] = turn->server;
	turn->nvisited = 1;
	tell(turn, UA_TURN_READY);
}


static void enter_lost(struct ua_turn *turn, uint64_t now_ms, enum state from)
{
	if (from == READY) {
		turn->attempt = 0;
		ua_relay_lose(&turn->relay);
		addrs_reset(turn);
		untell(turn, UA_TURN_READY);
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
	ua_relay_init(&turn->relay, turn->rand, turn->log);
	turn->told = 0;
	tell(turn, turn->closing ? UA_TURN_CLOSED : UA_TURN_DEAD);
}


static void enter(struct ua_turn *turn, uint64_t now_ms, enum state from,
		  enum event ev)
{
	if (ev == CHALLENGE) {
		ua_treq_again(&turn->ses, turn->rand, now_ms, true);
		return;
	}

	switch (turn->state) {

	case ALLOC:
		ses_start(turn,
			  from == REUSE ? now_ms + REUSE_WAIT_MS : now_ms,
			  UA_TREQ_ALLOCATE);
		turn->nerr = 0;
		break;

	case REUSE:
		++turn->nreuse;
		ses_start(turn, now_ms, UA_TREQ_FREE);
		break;

	case READY:
		enter_ready(turn, now_ms, from);
		break;

	case LOST:
		enter_lost(turn, now_ms, from);
		break;

	case CLOSE:
		if (from != CLOSE)
			enter_close(turn, now_ms);
		break;

	case DEAD:
		enter_dead(turn);
		break;

	default:
		break;
	}
}


/* The only writer of turn->state. */
static void move(struct ua_turn *turn, uint64_t now_ms, enum event ev)
{
	const uint8_t from = turn->state;
	const uint8_t to = moves[from][ev];

	if (to == NONE) {
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
static void fail(struct ua_turn *turn, uint64_t now_ms, enum event ev,
		 uint16_t code, int err, const char *reason)
{
	turn->code = code;
	turn->err = err;
	(void)re_snprintf(turn->reason, sizeof(turn->reason), "%s", reason);
	ua_log(turn->log, UA_LOG_INFO, "turn", "%s: %s %u %s",
	       state_names[turn->state], ua_treq_name(turn->ses.kind), code,
	       reason);

	move(turn, now_ms, ev);
}


static void ses_timeout(struct ua_turn *turn, uint64_t now_ms, int err)
{
	const size_t n = sizeof(lost_wait_ms) / sizeof(lost_wait_ms[0]);
	const bool last = turn->state == LOST && turn->attempt + 1U >= n;

	fail(turn, now_ms, last ? FATAL : TIMEOUT, 0, err,
	     err == ETIMEDOUT ? "no answer" : strerror(err));
}


static void req_refused(struct ua_turn *turn, uint64_t now_ms,
			struct ua_treq *req, uint16_t code)
{
	if (ua_relay_refused(&turn->relay, now_ms, req, code))
		ses_probe(turn, now_ms);
}


static bool addr_is_host(const struct ua_addr *addr)
{
	return addr->port && !ua_addr_is_any(addr) &&
	       !ua_addr_is_multicast(addr);
}


/* Two families give two addresses, each in an attribute of its own */
static int relayed_decode(const struct ua_stun *msg, struct ua_addr *ip4,
			  struct ua_addr *ip6)
{
	struct ua_addr addr;
	const uint8_t *p;
	int err;

	for (p = ua_stun_attr(msg, UA_STUN_XOR_RELAYED_ADDRESS, NULL); p;
	     p = ua_stun_attr_next(msg, p, NULL)) {
		err = ua_stun_addr_at(msg, p, &addr);
		if (err)
			return err;
		if (!addr_is_host(&addr))
			return EBADMSG;

		*(addr.af == UA_AF_IP4 ? ip4 : ip6) = addr;
	}

	return ip4->af || ip6->af ? 0 : EBADMSG;
}


static int allocate_success(struct ua_turn *turn, uint64_t now_ms,
			    const struct ua_stun *msg)
{
	struct ua_addr mapped = { .af = UA_AF_NONE };
	struct ua_addr ip4 = { .af = UA_AF_NONE };
	struct ua_addr ip6 = { .af = UA_AF_NONE };
	uint32_t lifetime_s = turn->ask_lifetime_s;
	int err;

	err = relayed_decode(msg, &ip4, &ip6);
	if (err)
		return err;

	if (ua_stun_u32(msg, UA_STUN_LIFETIME, &lifetime_s) == EBADMSG ||
	    !lifetime_s)
		return EBADMSG;

	if (ua_stun_addr(msg, UA_STUN_XOR_MAPPED_ADDRESS, &mapped) ==
		    EBADMSG ||
	    (mapped.af && !addr_is_host(&mapped)))
		return EBADMSG;

	turn->relayed = ip4;
	turn->relayed6 = ip6;
	turn->mapped = mapped;
	turn->lifetime_s = lifetime_s;
	move(turn, now_ms, GRANT);
	return 0;
}


static int refresh_success(struct ua_turn *turn, uint64_t now_ms,
			   const struct ua_stun *msg)
{
	uint32_t lifetime_s = turn->lifetime_s;

	if (ua_stun_u32(msg, UA_STUN_LIFETIME, &lifetime_s) == EBADMSG)
		return EBADMSG;

	if (!lifetime_s) {
		fail(turn, now_ms, MISMATCH, 0, EPROTO, "lifetime 0");
		return 0;
	}

	turn->lifetime_s = lifetime_s;
	move(turn, now_ms, GRANT);
	return 0;
}


static int success_input(struct ua_turn *turn, uint64_t now_ms,
			 struct ua_treq *req, const struct ua_stun *msg)
{
	switch (req->kind) {

	case UA_TREQ_ALLOCATE:
		return allocate_success(turn, now_ms, msg);

	case UA_TREQ_REFRESH:
		return refresh_success(turn, now_ms, msg);

	case UA_TREQ_FREE:
		move(turn, now_ms, GRANT);
		return 0;

	default:
		ua_relay_granted(&turn->relay, now_ms, req);
		return 0;
	}
}


/* The same again, by the state table if it is the allocation's request */
static void req_challenged(struct ua_turn *turn, uint64_t now_ms,
			   struct ua_treq *req)
{
	if (req == &turn->ses) {
		move(turn, now_ms, CHALLENGE);
		return;
	}

	ua_treq_again(req, turn->rand, now_ms, true);
	(void)ua_treq_tick(req, now_ms);
}


/* Why an error ends it; the code decides what the owner can do about it */
static void ses_refused(struct ua_turn *turn, uint64_t now_ms, enum event ev,
			uint16_t code, const char *reason)
{
	const bool denied = code == 401 || code == 403 || code == 441;

	/* Whatever the reason, this 5-tuple is of no use (RFC 8656, 7.4). */
	if (turn->state == REUSE && code != 401)
		code = 437;

	fail(turn, now_ms, ev, code, denied ? EACCES : EPROTO, reason);
}


static int challenge_input(struct ua_turn *turn, uint64_t now_ms,
			   struct ua_treq *req, const struct ua_stun *msg,
			   uint16_t code, const char *reason)
{
	const int err = ua_cred_challenge(&turn->cred, msg);

	if (err == EBADMSG || err == ENOMEM)
		return err;

	if (!err && ua_treq_count(req, code))
		req_challenged(turn, now_ms, req);
	else if (req != &turn->ses)
		req_refused(turn, now_ms, req, code);
	else if (err && err != EACCES)
		fail(turn, now_ms, FATAL, code, err, strerror(err));
	else
		ses_refused(turn, now_ms, REFUSED, code, reason);

	return 0;
}


static bool is_visited(const struct ua_turn *turn, const struct ua_addr *addr)
{
	size_t i;

	for (i = 0; i < turn->nvisited; i++) {
		if (ua_addr_eq(&turn->visited[i], addr))
			return true;
	}

	return false;
}


/* Same family only: the socket cannot do the other (RFC 8489, 10) */
static void redirect_input(struct ua_turn *turn, uint64_t now_ms,
			   const struct ua_stun *msg, const char *reason)
{
	struct ua_addr addr = { .af = UA_AF_NONE };
	char str[UA_ADDR_LEN];

	if (ua_stun_addr(msg, UA_STUN_ALTERNATE_SERVER, &addr) ||
	    addr.af != turn->server.af || !addr_is_host(&addr)) {
		ses_refused(turn, now_ms, REFUSED, 300, reason);
		return;
	}

	addr.scope = turn->server.scope;
	if (turn->nvisited > HOP_MAX || is_visited(turn, &addr)) {
		ses_refused(turn, now_ms, REFUSED, 300, "redirection loop");
		return;
	}

	ua_log(turn->log, UA_LOG_INFO, "turn", "redirected to %s",
	       ua_addr_str(&addr, str));
	turn->visited[turn->nvisited++] = addr;
	turn->server = addr;
	ua_cred_forget(&turn->cred);
	move(turn, now_ms, REDIRECT);
}


/* Without the attribute that is optional, if there was one */
static bool without_option(struct ua_turn *turn, uint64_t now_ms)
{
	if (turn->family != UA_TURN_BOTH || turn->ses.kind != UA_TREQ_ALLOCATE)
		return false;

	turn->family = UA_TURN_IP4;
	ua_treq_again(&turn->ses, turn->rand, now_ms, turn->ses.authed);
	(void)ua_treq_tick(&turn->ses, now_ms);
	return true;
}


static void ses_error(struct ua_turn *turn, uint64_t now_ms,
		      const struct ua_stun *msg, uint16_t code,
		      const char *reason)
{
	enum event ev = REFUSED;

	switch (code) {

	case 300:
		if (turn->ses.kind == UA_TREQ_ALLOCATE) {
			redirect_input(turn, now_ms, msg, reason);
			return;
		}
		break;

	case 405:
	case 420:
	case 440:
		if (without_option(turn, now_ms))
			return;
		break;

	case 437:
		ev = MISMATCH;
		if (turn->ses.kind == UA_TREQ_ALLOCATE &&
		    turn->nreuse >= REUSE_MAX)
			ev = REFUSED;
		break;

	case 441:
	case 442:
	case 486:
	case 508:
		ev = FATAL;
		break;

	default:
		break;
	}

	ses_refused(turn, now_ms, ev, code, reason);
}


static int error_input(struct ua_turn *turn, uint64_t now_ms,
		       struct ua_treq *req, const struct ua_stun *msg)
{
	char reason[UA_STUN_REASON_MAX];
	uint16_t code;

	if (ua_stun_error(msg, &code, reason))
		return EBADMSG;

	if (code == 401 || code == 438)
		return challenge_input(turn, now_ms, req, msg, code, reason);

	if (ua_treq_count(req, code)) {
		ua_treq_again(req, turn->rand, now_ms + UA_TREQ_ERROR_WAIT_MS,
			      req->authed);
		return 0;
	}

	if (req == &turn->ses)
		ses_error(turn, now_ms, msg, code, reason);
	else if (code == 437)
		fail(turn, now_ms, MISMATCH, code, EPROTO, reason);
	else
		req_refused(turn, now_ms, req, code);

	return 0;
}


/*
 * An error need not be signed here, although RFC 8489, 9.2.5 would drop it:
 * servers leave that out, and who can guess a transaction id is on the path,
 * where a 401, never signed, serves him as well.
 */
static int integrity_check(const struct ua_turn *turn,
			   const struct ua_treq *req,
			   const struct ua_stun *msg)
{
	int err;

	if (!req->authed || (msg->cls == UA_STUN_ERROR && !msg->integrity))
		return 0;

	err = ua_stun_check(msg, turn->cred.key, sizeof(turn->cred.key));

	return err == ENOENT ? EACCES : err;
}


static struct ua_treq *req_match(struct ua_turn *turn,
				 const struct ua_stun *msg)
{
	return ua_treq_match(&turn->ses, msg)
		       ? &turn->ses
		       : ua_relay_match(&turn->relay, msg);
}


static int answer_input(struct ua_turn *turn, uint64_t now_ms,
			const struct ua_stun *msg)
{
	struct ua_treq *req = req_match(turn, msg);
	int err;

	if (!req)
		return ENOENT;

	err = integrity_check(turn, req, msg);
	if (err)
		return err;

	err = msg->cls == UA_STUN_SUCCESS
		      ? success_input(turn, now_ms, req, msg)
		      : error_input(turn, now_ms, req, msg);
	if (err)
		return err;

	turn->nerr = 0;
	work(turn, now_ms);
	return 0;
}


static void allocate_encode(const struct ua_turn *turn, struct ua_wr *wr)
{
	ua_stun_put_u32(wr, UA_STUN_REQUESTED_TRANSPORT,
			(uint32_t)PROTO_UDP << 24);
	ua_stun_put_u32(wr, UA_STUN_LIFETIME, turn->ask_lifetime_s);

	if (turn->family == UA_TURN_IP6)
		ua_stun_put_u32(wr, UA_STUN_REQUESTED_ADDRESS_FAMILY,
				(uint32_t)FAMILY_IP6 << 24);
	else if (turn->family == UA_TURN_BOTH)
		ua_stun_put_u32(wr, UA_STUN_ADDITIONAL_ADDRESS_FAMILY,
				(uint32_t)FAMILY_IP6 << 24);
}


static void body_encode(const struct ua_turn *turn, const struct ua_treq *req,
			struct ua_wr *wr)
{
	switch (req->kind) {

	case UA_TREQ_ALLOCATE:
		allocate_encode(turn, wr);
		break;

	case UA_TREQ_REFRESH:
		ua_stun_put_u32(wr, UA_STUN_LIFETIME, turn->ask_lifetime_s);
		break;

	case UA_TREQ_FREE:
		ua_stun_put_u32(wr, UA_STUN_LIFETIME, 0);
		break;

	default:
		ua_relay_encode(&turn->relay, req, wr);
		break;
	}
}


static int req_encode(struct ua_turn *turn, const struct ua_treq *req,
		      struct ua_dgram *dg)
{
	struct ua_wr wr;
	int err;

	ua_wr_init(&wr, dg->buf, sizeof(dg->buf));
	ua_stun_begin(&wr, UA_STUN_REQUEST, ua_treq_method(req), req->txn.tid);
	body_encode(turn, req, &wr);
	if (req->authed)
		ua_cred_put(&turn->cred, &wr);

	err = ua_stun_end(&wr, req->authed ? turn->cred.key : NULL,
			  sizeof(turn->cred.key), false);
	dg->len = wr.pos;
	return err;
}


static void path_set(const struct ua_turn *turn, struct ua_dgram *dg)
{
	dg->path = (struct ua_path){ .remote = turn->server };
}


static bool req_output(struct ua_turn *turn, struct ua_treq *req,
		       struct ua_dgram *dg)
{
	int err;

	if (!req->due)
		return false;

	req->due = false;
	err = req_encode(turn, req, dg);
	if (err) {
		/* As if it got lost: there is a next time. */
		ua_log(turn->log, UA_LOG_WARN, "turn", "%s: not sent: %m",
		       ua_treq_name(req->kind), err);
		return false;
	}

	path_set(turn, dg);
	return true;
}


static void destructor(void *arg)
{
	struct ua_turn *turn = arg;

	ua_cred_reset(&turn->cred);
}


int ua_turn_alloc(struct ua_turn **turnp, const struct ua_turn_conf *conf)
{
	struct ua_turn *turn;
	int err;

	if (!turnp || !conf || !conf->rand || !conf->server.af ||
	    !conf->server.port)
		return EINVAL;

	turn = mem_zalloc(sizeof(*turn), destructor);
	if (!turn)
		return ENOMEM;

	turn->state = IDLE;
	turn->server = conf->server;
	turn->visited[turn->nvisited++] = conf->server;
	turn->family = conf->family;
	turn->ask_lifetime_s =
		conf->lifetime_s ? conf->lifetime_s : UA_TURN_LIFETIME_S;
	turn->rand = conf->rand;
	turn->log = conf->log;
	ua_relay_init(&turn->relay, conf->rand, conf->log);

	err = ua_cred_set(&turn->cred, conf->user, conf->password);
	if (err)
		mem_deref(turn);
	else
		*turnp = turn;

	return err;
}


int ua_turn_start(struct ua_turn *turn, uint64_t now_ms)
{
	if (turn->state != IDLE)
		return EALREADY;

	move(turn, now_ms, START);
	return 0;
}


int ua_turn_input(struct ua_turn *turn, uint64_t now_ms,
		  const struct ua_addr *src, const uint8_t *buf, size_t len,
		  struct ua_turn_data *data)
{
	struct ua_stun msg;
	int err;

	memset(data, 0, sizeof(*data));

	if (!len || !ua_addr_eq(src, &turn->server))
		return ENOENT;

	/* 0x40 to 0x4f are channels (RFC 8656, 12) */
	if ((buf[0] & 0xf0) == 0x40)
		return turn->state == READY
			       ? ua_relay_channel_input(&turn->relay, buf, len,
							data)
			       : EACCES;


	if (!ua_stun_is(buf, len))
		return ENOENT;

	err = ua_stun_decode(&msg, buf, len);
	if (err)
		return err;

	if (msg.cls == UA_STUN_INDICATION && msg.method == UA_STUN_DATA)
		return turn->state == READY
			       ? ua_relay_input(&turn->relay, &msg, data)
			       : EACCES;

	return answer_input(turn, now_ms, &msg);
}


bool ua_turn_output(struct ua_turn *turn, uint64_t now_ms, struct ua_dgram *dg)
{
	size_t i;

	(void)now_ms;

	if (req_output(turn, &turn->ses, dg))
		return true;

	for (i = 0; i < UA_RELAY_REQ_MAX; i++) {
		if (req_output(turn, &turn->relay.reqv[i], dg))
			return true;
	}

	return false;
}


static bool told(struct ua_turn *turn, enum ua_turn_event_type type,
		 struct ua_turn_event *ev)
{
	if (!(turn->told >> type & 1))
		return false;

	untell(turn, type);
	ev->type = type;
	return true;
}


bool ua_turn_event(struct ua_turn *turn, struct ua_turn_event *ev)
{
	memset(ev, 0, sizeof(*ev));

	if (told(turn, UA_TURN_LOST, ev))
		return true;

	if (told(turn, UA_TURN_READY, ev)) {
		ev->relayed = turn->relayed;
		ev->relayed6 = turn->relayed6;
		ev->mapped = turn->mapped;
		ev->lifetime_s = turn->lifetime_s;
		return true;
	}

	if (ua_relay_event(&turn->relay, ev))
		return true;

	if (told(turn, UA_TURN_DEAD, ev)) {
		ev->code = turn->code;
		ev->err = turn->err;
		memcpy(ev->reason, turn->reason, sizeof(ev->reason));
		return true;
	}

	return told(turn, UA_TURN_CLOSED, ev);
}


static uint64_t earlier(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}


uint64_t ua_turn_deadline(const struct ua_turn *turn)
{
	uint64_t at = ua_txn_deadline(&turn->ses.txn);

	switch (turn->state) {

	case READY:
		if (turn->ses.kind == UA_TREQ_NONE)
			at = turn->refresh_ms;
		return earlier(at, ua_relay_deadline(&turn->relay));

	case CLOSE:
		return earlier(at, turn->close_ms);

	default:
		return at;
	}
}


void ua_turn_tick(struct ua_turn *turn, uint64_t now_ms)
{
	if (ua_treq_tick(&turn->ses, now_ms) ||
	    (turn->state == CLOSE && turn->close_ms <= now_ms))
		ses_timeout(turn, now_ms, ETIMEDOUT);

	if (ua_relay_tick(&turn->relay, now_ms))
		ses_probe(turn, now_ms);

	work(turn, now_ms);
}


static bool err_is_hard(int err)
{
	switch (err) {

	case ECONNREFUSED:
	case EHOSTUNREACH:
	case EHOSTDOWN:
	case ENETUNREACH:
	case ENETDOWN:
	case EADDRNOTAVAIL:
	case EAFNOSUPPORT:
	case EBADF:
		return true;

	default:
		return false;
	}
}


void ua_turn_error(struct ua_turn *turn, uint64_t now_ms, int err)
{
	if (!err_is_hard(err) || turn->ses.kind == UA_TREQ_FREE)
		return;

	switch (turn->state) {

	case READY:
		/* A route may come back: believe it from the second send. */
		ses_probe(turn, now_ms);
		if (turn->ses.txn.sends < 2)
			return;
		break;

	case ALLOC:
	case AUTH:
	case LOST:
		break;

	default:
		return;
	}

	if (++turn->nerr >= ERROR_MAX)
		ses_timeout(turn, now_ms, err);
}


static bool family_is_relayed(const struct ua_turn *turn, uint8_t af)
{
	return turn->relayed.af == af || turn->relayed6.af == af;
}


static int permit_check(const struct ua_turn *turn, const struct ua_addr *peer)
{
	if (turn->state == CLOSE || turn->state == DEAD)
		return ENOTCONN;

	if (!peer->af ||
	    (turn->state == READY && !family_is_relayed(turn, peer->af)))
		return EAFNOSUPPORT;

	return 0;
}


int ua_turn_permit(struct ua_turn *turn, uint64_t now_ms,
		   const struct ua_addr *peer)
{
	int err = permit_check(turn, peer);

	if (!err)
		err = ua_relay_permit(&turn->relay, now_ms,
				      turn->state == READY, peer);

	work(turn, now_ms);
	return err;
}


int ua_turn_channel(struct ua_turn *turn, uint64_t now_ms,
		    const struct ua_addr *peer)
{
	int err = turn->state == READY ? permit_check(turn, peer) : ENOTCONN;

	if (!err)
		err = ua_relay_channel(&turn->relay, now_ms, peer);

	work(turn, now_ms);
	return err;
}


void ua_turn_forget(struct ua_turn *turn, uint64_t now_ms,
		    const struct ua_addr *peer)
{
	ua_relay_forget(&turn->relay, now_ms, peer);
	work(turn, now_ms);
}


int ua_turn_send(struct ua_turn *turn, uint64_t now_ms,
		 const struct ua_addr *peer, const uint8_t *buf, size_t len,
		 struct ua_dgram *dg)
{
	struct ua_wr wr;
	int err;

	(void)now_ms;

	if (turn->state != READY)
		return ENOTCONN;

	ua_wr_init(&wr, dg->buf, sizeof(dg->buf));
	err = ua_relay_send(&turn->relay, peer, buf, len, &wr);
	if (err)
		return err;

	dg->len = wr.pos;
	path_set(turn, dg);
	return 0;
}


void ua_turn_close(struct ua_turn *turn, uint64_t now_ms)
{
	if (turn->closing)
		return;

	turn->closing = true;
	move(turn, now_ms, SHUT);
}


const struct ua_addr *ua_turn_relayed(const struct ua_turn *turn)
{
	return &turn->relayed;
}


const struct ua_addr *ua_turn_relayed6(const struct ua_turn *turn)
{
	return &turn->relayed6;
}


const struct ua_addr *ua_turn_mapped(const struct ua_turn *turn)
{
	return &turn->mapped;
}


const struct ua_addr *ua_turn_server(const struct ua_turn *turn)
{
	return &turn->server;
}


int ua_turn_print(struct re_printf *pf, const struct ua_turn *turn)
{
	char server[UA_ADDR_LEN];
	char relayed[UA_ADDR_LEN];
	char relayed6[UA_ADDR_LEN];
	char mapped[UA_ADDR_LEN];

	if (!turn)
		return 0;

	return re_hprintf(pf,
			  "turn %s server=%s relayed=%s relayed6=%s "
			  "mapped=%s lifetime=%us user=%s password=%s",
			  state_names[turn->state],
			  ua_addr_str(&turn->server, server),
			  ua_addr_str(&turn->relayed, relayed),
			  ua_addr_str(&turn->relayed6, relayed6),
			  ua_addr_str(&turn->mapped, mapped), turn->lifetime_s,
			  turn->cred.user ? "(hidden)" : "none",
			  turn->cred.password ? "(hidden)" : "none");
}
