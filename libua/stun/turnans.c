/* SPDX-License-Identifier: BSD-3-Clause */
/** @file turnans.c  What a TURN server answers, or does not */

#include <errno.h>
#include <string.h>

#include "base/re_compat.h"
#include "base/random.h"
#include "stun/turncore.h"


void ua_turnans_timeout(struct ua_turn *turn, uint64_t now_ms, int err)
{
	const bool last = turn->state == UA_TURNST_LOST &&
			  turn->attempt + 1 >= UA_TURNCORE_WAITS;

	ua_turnst_fail(turn, now_ms,
		       last ? UA_TURNEV_FATAL : UA_TURNEV_TIMEOUT, 0, err,
		       err == ETIMEDOUT ? "no answer" : strerror(err));
}


void ua_turnans_refused(struct ua_turn *turn, uint64_t now_ms,
			struct ua_treq *req, uint16_t code)
{
	if (ua_relay_refused(&turn->relay, now_ms, req, code))
		ua_turnst_probe(turn, now_ms);
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

		/* coturn names a family that it has not 0.0.0.0 or ::. */
		if (addr_is_host(&addr))
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
	ua_turnst_move(turn, now_ms, UA_TURNEV_GRANT);
	return 0;
}


static int refresh_success(struct ua_turn *turn, uint64_t now_ms,
			   const struct ua_stun *msg)
{
	uint32_t lifetime_s = turn->lifetime_s;

	if (ua_stun_u32(msg, UA_STUN_LIFETIME, &lifetime_s) == EBADMSG)
		return EBADMSG;

	if (!lifetime_s) {
		ua_turnst_fail(turn, now_ms, UA_TURNEV_MISMATCH, 0, EPROTO,
			       "lifetime 0");
		return 0;
	}

	turn->lifetime_s = lifetime_s;
	ua_turnst_move(turn, now_ms, UA_TURNEV_GRANT);
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
		ua_turnst_move(turn, now_ms, UA_TURNEV_GRANT);
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
		ua_turnst_move(turn, now_ms, UA_TURNEV_CHALLENGE);
		return;
	}

	ua_treq_again(req, &turn->way, now_ms, true);
	(void)ua_treq_tick(req, now_ms);
}


/* Why an error ends it; the code decides what the owner can do about it */
static void ses_refused(struct ua_turn *turn, uint64_t now_ms,
			enum ua_turnev ev, uint16_t code, const char *reason)
{
	const bool denied = code == 401 || code == 403 || code == 441;

	/* Whatever the reason, this 5-tuple is of no use (RFC 8656, 7.4). */
	if (turn->state == UA_TURNST_REUSE && code != 401)
		code = 437;

	ua_turnst_fail(turn, now_ms, ev, code, denied ? EACCES : EPROTO,
		       reason);
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
		ua_turnans_refused(turn, now_ms, req, code);
	else if (err && err != EACCES)
		ua_turnst_fail(turn, now_ms, UA_TURNEV_FATAL, code, err,
			       strerror(err));
	else
		ses_refused(turn, now_ms, UA_TURNEV_REFUSED, code, reason);

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
		ses_refused(turn, now_ms, UA_TURNEV_REFUSED, 300, reason);
		return;
	}

	addr.scope = turn->server.scope;
	if (turn->nvisited > UA_TURNCORE_HOPS || is_visited(turn, &addr)) {
		ses_refused(turn, now_ms, UA_TURNEV_REFUSED, 300,
			    "redirection loop");
		return;
	}

	ua_log(turn->log, UA_LOG_INFO, "turn", "redirected to %s",
	       ua_addr_str(&addr, str));
	turn->visited[turn->nvisited++] = addr;
	turn->server = addr;
	ua_cred_forget(&turn->cred);
	ua_turnst_move(turn, now_ms, UA_TURNEV_REDIRECT);
}


/* Without the attribute that is optional, if there was one */
static bool without_option(struct ua_turn *turn, uint64_t now_ms,
			   uint16_t code)
{
	if (!turn->both || turn->ses.kind != UA_TREQ_ALLOCATE)
		return false;

	/* One after the other; one that is not known is the old IPv4. */
	if (turn->family == UA_TURN_BOTH)
		turn->family = UA_TURN_IP4;
	else if (turn->family == UA_TURN_IP4 && code == 440)
		turn->family = UA_TURN_IP6;
	else
		return false;

	ua_treq_again(&turn->ses, &turn->way, now_ms, turn->ses.authed);
	(void)ua_treq_tick(&turn->ses, now_ms);
	return true;
}


static void ses_error(struct ua_turn *turn, uint64_t now_ms,
		      const struct ua_stun *msg, uint16_t code,
		      const char *reason)
{
	enum ua_turnev ev = UA_TURNEV_REFUSED;

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
		if (without_option(turn, now_ms, code))
			return;
		break;

	case 437:
		ev = UA_TURNEV_MISMATCH;
		if (turn->ses.kind == UA_TREQ_ALLOCATE &&
		    turn->nreuse >= UA_TURNCORE_REUSES)
			ev = UA_TURNEV_REFUSED;
		break;

	case 441:
	case 442:
	case 486:
	case 508:
		ev = UA_TURNEV_FATAL;
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
		ua_treq_again(req, &turn->way, now_ms + UA_TREQ_ERROR_WAIT_MS,
			      req->authed);
		return 0;
	}

	if (req == &turn->ses)
		ses_error(turn, now_ms, msg, code, reason);
	else if (code == 437)
		ua_turnst_fail(turn, now_ms, UA_TURNEV_MISMATCH, code, EPROTO,
			       reason);
	else
		ua_turnans_refused(turn, now_ms, req, code);

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


/* A request that was sent twice may be answered twice (RFC 8489, 6.2.1). */
static void measure(struct ua_turn *turn, uint64_t now_ms,
		    const struct ua_txn *txn)
{
	const uint64_t rtt_ms = now_ms - txn->first_ms;

	if (txn->sends == 1 && rtt_ms < turn->rtt_ms)
		turn->rtt_ms = (uint32_t)rtt_ms;
}


int ua_turnans_input(struct ua_turn *turn, uint64_t now_ms,
		     const struct ua_stun *msg)
{
	struct ua_treq *req = req_match(turn, msg);
	int err;

	if (!req)
		return ENOENT;

	err = integrity_check(turn, req, msg);
	if (err)
		return err;

	measure(turn, now_ms, &req->txn);
	err = msg->cls == UA_STUN_SUCCESS
		      ? success_input(turn, now_ms, req, msg)
		      : error_input(turn, now_ms, req, msg);
	if (err)
		return err;

	turn->nerr = 0;
	turn->heard = true;
	ua_turnst_work(turn, now_ms);
	return 0;
}
