/* SPDX-License-Identifier: BSD-3-Clause */
/** @file bindreq.c  Binding requests of the peer */

#include <errno.h>
#include <string.h>

#include "base/re_compat.h"
#include "ice/bindreq.h"
#include "ice/conclude.h"
#include "ice/latched.h"
#include "ice/learn.h"
#include "ice/role.h"
#include "ice/schedule.h"


/* A check this often sent in vain is over 1.5 s old */
enum {
	SENDS_OLD = 3,

	/* RFC 8445, 8.3.1: an agent may cease to answer after that. */
	LOST_MS = 3000
};


/* FNV-1a: tells forks apart, needs not withstand anybody */
static uint32_t hash(const char *str, size_t len)
{
	uint32_t h = 0x811c9dc5;

	while (len--)
		h = (h ^ (uint8_t)*str++) * 0x01000193;

	return h;
}


static void owe(struct ua_ice *ice, const struct ua_path *path,
		const struct ua_stun *msg, uint16_t code)
{
	struct ua_check_reply *reply = &ice->replyv[ice->nreply++];
	uint16_t typev[UA_STUN_UNKNOWN_MAX];
	size_t n;

	memset(reply, 0, sizeof(*reply));
	memcpy(reply->tid, msg->tid, sizeof(reply->tid));
	reply->to = path->remote;
	reply->base = path->base;
	reply->code = code;

	if (code == 420) {
		n = ua_stun_unknown(msg, typev);
		reply->nunknown = (uint8_t)(n < UA_CHECK_UNKNOWN_MAX
						    ? n
						    : UA_CHECK_UNKNOWN_MAX);
		memcpy(reply->unknownv, typev,
		       reply->nunknown * sizeof(*typev));
	}
}


static struct ua_ice_early *find_early(const struct ua_ice *ice, uint16_t base,
				       const struct ua_addr *from)
{
	uint16_t i;

	for (i = 0; i < ice->nearly; i++) {
		if (ice->earlyv[i].base == base &&
		    ua_addr_eq(&ice->earlyv[i].from, from))
			return &ice->earlyv[i];
	}

	return NULL;
}


bool ua_bindreq_was_early(const struct ua_ice *ice, uint16_t base,
			  const struct ua_addr *from)
{
	return find_early(ice, base, from) != NULL;
}


/*
 * The offerer hears checks before it has the answer (RFC 8445, 7.3): it
 * answers at once and keeps in mind who it was.
 */
static int keep_early(struct ua_ice *ice, const struct ua_path *path,
		      const struct ua_ice_early *req)
{
	struct ua_ice_early *early =
		find_early(ice, path->base, &path->remote);

	if (!ice->earlyv) {
		ice->earlyv = mem_zalloc(
			UA_ICE_EARLY_MAX * sizeof(*ice->earlyv), NULL);
		if (!ice->earlyv)
			return ENOMEM;
	}

	if (!early) {
		if (ice->nearly >= UA_ICE_EARLY_MAX)
			return 0;

		early = &ice->earlyv[ice->nearly++];
		*early = *req;
	}

	early->nominate |= req->nominate;
	if (req->nomination > early->nomination)
		early->nomination = req->nomination;
	early->ufrag_hash = req->ufrag_hash;

	return 0;
}


/*
 * RFC 8445, 7.3.1.4 asks for a new check on every request while one is under
 * way, and so does the peer: each new one makes the next, and where a round
 * trip is longer than Ta, answers come to requests that are forgotten.  The
 * first request says that the way is open; checks after it get through, and
 * are sent again if they are lost.
 */
static bool wants_check(const struct ua_ice *ice, const struct ua_pair *pair,
			bool nominate)
{
	const struct ua_comp *comp = ua_iceagent_comp_of(ice, pair);

	/* Another pair was nominated, and works. */
	if (pair->reason == UA_PAIR_SUPERSEDED && !nominate &&
	    comp->selected != UA_PAIR_NIL && comp->suspect_ms == UA_NEVER)
		return false;

	if (pair->state == UA_PAIR_PROGRESS && pair->peer_ok)
		return pair->txn.sends >= SENDS_OLD;

	/* Not again with these credentials (RFC 7675, 5.1) */
	if (pair->state == UA_PAIR_FAILED && pair->reason == UA_PAIR_CONSENT)
		return false;

	return pair->state != UA_PAIR_SUCCEEDED;
}


/*
 * The relay has lost, and forgets us the sooner the less it hears.  A check
 * that was under way is answered for the 3 s of RFC 8445, 8.3.1, as it would
 * be sent again else, through that very relay; then the RFC lets us cease.  A
 * nomination never is: the peer would take the answer for a consent to move.
 */
static int answer_lost(const struct ua_ice *ice, uint64_t now_ms,
		       const struct ua_pair *pair,
		       const struct ua_ice_early *req)
{
	const struct ua_comp *comp = ua_iceagent_comp_of(ice, pair);

	if (req->nominate || req->nomination ||
	    comp->selected == UA_PAIR_NIL ||
	    (now_ms >= comp->selected_ms + LOST_MS &&
	     now_ms >= comp->moved_ms + LOST_MS))
		return EACCES;

	return 0;
}


/*
 * What an authentic request tells of its pair (RFC 8445, 7.3.1.3-5).  Without
 * room for the pair it gets no answer: the peer would believe in a path that
 * is none to us.  It asks again, and then there may be room.
 */
static int learn(struct ua_ice *ice, uint64_t now_ms,
		 const struct ua_ice_early *req)
{
	const struct ua_ice_base *base = &ice->basev[req->base];
	struct ua_pair *pair;
	uint16_t index;
	int err;

	if (!base->up ||
	    !ua_iceagent_comp(ice, base->stream, base->comp)->needed)
		return 0;

	err = ua_learn_source(ice, now_ms, req->base, &req->from, req->prio,
			      &index);
	if (err)
		return err == EACCES ? EACCES : ENOMEM;

	pair = &ice->list.v[index];
	if (ua_latched_is_lost(pair))
		return answer_lost(ice, now_ms, pair, req);

	if (wants_check(ice, pair, req->nominate || req->nomination)) {
		/* The peer's hope for it is young again. */
		if (pair->first_ms != UA_NEVER)
			pair->first_ms = now_ms;

		ua_checklist_trigger(&ice->list, index);
	}

	pair->heard_ms = now_ms;
	pair->peer_ok = true;

	if (ice->controlling)
		return 0;

	if (req->nomination && ice->renom) {
		ua_conclude_renominated(ice, now_ms, index, req->nomination);
		return 0;
	}

	if (!req->nominate)
		return 0;

	if (pair->valid)
		ua_conclude_nominated(ice, now_ms, index);
	else
		pair->wanted = true;

	return 0;
}


void ua_bindreq_replay(struct ua_ice *ice, uint64_t now_ms)
{
	uint32_t ufrag_hash;
	uint16_t i;

	if (!ice->nearly)
		return;

	ufrag_hash = hash(ice->rufrag, strlen(ice->rufrag));

	for (i = 0; i < ice->nearly; i++) {
		if (ice->earlyv[i].ufrag_hash != ufrag_hash)
			continue;

		ua_schedule_heard(ice, now_ms);
		(void)learn(ice, now_ms, &ice->earlyv[i]);
	}

	ice->earlyv = mem_deref(ice->earlyv);
	ice->nearly = 0;
}


int ua_bindreq_input(struct ua_ice *ice, uint64_t now_ms,
		     const struct ua_path *path, const struct ua_stun *msg)
{
	struct ua_ice_early req = { .from = path->remote, .base = path->base };
	uint16_t typev[UA_STUN_UNKNOWN_MAX];
	const char *theirs;
	size_t len;
	int err;

	if (!msg->integrity || !msg->fingerprint)
		return EBADMSG;

	if (!ua_check_user(msg, ice->ufrag, &theirs, &len))
		return ENOENT;

	/*
	 * Whoever does not know our password gets no answer, not even the 401
	 * of RFC 8489, 9.1.3: nothing to reflect, and a peer whose check
	 * overtook its description asks again instead of giving up.
	 */
	err = ua_stun_check(msg, (const uint8_t *)ice->pwd, strlen(ice->pwd));
	if (err)
		return err;

	if (ice->rufrag &&
	    (strlen(ice->rufrag) != len || memcmp(ice->rufrag, theirs, len)))
		return ENOENT;

	if (ice->nreply >= UA_ICE_REPLY_MAX)
		return ENOMEM;

	ice->list.now_ms = now_ms;

	if (ua_stun_unknown(msg, typev)) {
		owe(ice, path, msg, 420);
		return 0;
	}

	if (ua_stun_u32(msg, UA_STUN_PRIORITY, &req.prio)) {
		owe(ice, path, msg, 400);
		return 0;
	}

	if (!ua_role_settle(ice, now_ms, msg)) {
		owe(ice, path, msg, 487);
		return 0;
	}

	req.nominate = ua_stun_attr(msg, UA_STUN_USE_CANDIDATE, NULL) != NULL;
	if (ua_stun_u32(msg, UA_STUN_NOMINATION, &req.nomination))
		req.nomination = 0;
	req.ufrag_hash = hash(theirs, len);

	if (ice->rufrag) {
		ua_schedule_heard(ice, now_ms);
		err = learn(ice, now_ms, &req);
	}
	else {
		err = keep_early(ice, path, &req);
	}

	if (err)
		return err;

	owe(ice, path, msg, 0);
	return 0;
}
