/* SPDX-License-Identifier: BSD-3-Clause */
/** @file peer.c  What the peer's description says, a half of <ua/ice.h> */

#include <errno.h>
#include <string.h>

#include "base/re_compat.h"
#include "ice/bindreq.h"
#include "ice/consent.h"
#include "ice/learn.h"
#include "ice/role.h"
#include "ice/schedule.h"

enum {
	UFRAG_MIN = 4, /* RFC 8839, 5.4 */
	PWD_MIN = 22,

	/* RFC 8445, 14.2, for a peer that names no pace */
	TA_STRICT_MS = 50
};


static bool cred_is_valid(const char *str, size_t min)
{
	const size_t len = strlen(str);
	size_t i;

	if (len < min || len > UA_ICE_CRED_MAX)
		return false;

	for (i = 0; i < len; i++) {
		const char c = str[i];

		if ((c < 'a' || c > 'z') && (c < 'A' || c > 'Z') &&
		    (c < '0' || c > '9') && c != '+' && c != '/')
			return false;
	}

	return true;
}


/* RFC 8445, 14.2: the slower of both */
static void agree_pace(struct ua_ice *ice, const struct ua_ice_peer *peer)
{
	uint32_t ta = peer->pacing_ms;

	/* Deviation: 20 for a silent peer, too, which RFC 5245, B.1 allows. */
	if (!ta && ice->conf.rfc_strict)
		ta = TA_STRICT_MS;

	if (ta > UA_ICE_TA_MAX_MS)
		ta = UA_ICE_TA_MAX_MS;

	if (ta > ice->ta_ms)
		ice->ta_ms = ta;
}


static void comp_end(struct ua_ice *ice, unsigned stream, unsigned comp_id)
{
	struct ua_comp *comp = ua_iceagent_comp(ice, stream, comp_id);
	uint16_t i;

	comp->needed = false;
	ua_consent_stop(comp);
	comp->due = false;
	comp->asking = UA_PAIR_NIL;
	comp->selected = UA_PAIR_NIL;
	ua_txn_stop(&comp->txn);

	for (i = 0; i < ice->list.n; i++) {
		const struct ua_pair *p = &ice->list.v[i];

		if (p->stream == stream && p->comp == comp_id &&
		    p->state != UA_PAIR_FAILED)
			(void)ua_checklist_step(&ice->list, i, UA_PAIR_DROP,
						UA_PAIR_UNNEEDED, 0);
	}

	comp->media = UA_PAIR_NIL;
	comp->tell_media = false;
	comp->tell_nominated = false;
	comp->tell_channel = false;
	comp->tell_suspect = false;
	comp->tell_restart = false;
}


int ua_ice_remote_set(struct ua_ice *ice, uint64_t now_ms, const char *ufrag,
		      const char *pwd, const struct ua_ice_peer *peer)
{
	char *rufrag = NULL;
	char *rpwd = NULL;
	unsigned s;
	int err;

	if (!cred_is_valid(ufrag, UFRAG_MIN) || !cred_is_valid(pwd, PWD_MIN))
		return EINVAL;

	if (peer->gen != ice->gen)
		return ESTALE;

	if (ice->rufrag)
		return EALREADY;

	err = str_dup(&rufrag, ufrag);
	if (!err)
		err = str_dup(&rpwd, pwd);
	if (err) {
		mem_deref(rufrag);
		return err;
	}

	ice->rufrag = rufrag;
	ice->rpwd = rpwd;
	ice->remote_ms = now_ms;
	ice->trickle_ms = now_ms;
	ice->lite = peer->lite;
	ice->ice2 = peer->ice2;
	ice->renom = peer->renom && ice->conf.renom;
	agree_pace(ice, peer);

	/* RFC 8445, 6.1.1: a full agent controls a lite one. */
	if (peer->lite && !ice->controlling)
		ua_role_switch(ice, now_ms, false);

	for (s = 0; peer->rtcp_mux && s < ice->conf.nstream; s++) {
		if (ice->conf.ncomp > 1)
			comp_end(ice, s, 2);
	}

	return 0;
}


/* One of ours, or one that is still to come */
static bool is_host_base(const struct ua_ice *ice,
			 const struct ua_ice_cand *cand)
{
	const struct ua_ice_base *base;

	if (cand->via >= ice->nbase)
		return cand->via < UA_ICE_BASES;

	base = &ice->basev[cand->via];

	return base->kind == UA_ICE_HOST && base->stream == cand->stream &&
	       base->comp == cand->comp;
}


int ua_ice_remote_cand(struct ua_ice *ice, uint64_t now_ms,
		       const struct ua_ice_cand *cand)
{
	const size_t len = strnlen(cand->foundation, sizeof(cand->foundation));
	int err;

	if (!ua_iceagent_comp(ice, cand->stream, cand->comp) ||
	    cand->type > UA_ICE_RELAY || !len || len > UA_ICE_FOUNDATION_MAX)
		return EINVAL;

	if (cand->latched && !is_host_base(ice, cand))
		return EINVAL;

	if (!ice->rufrag)
		return ENOTCONN;

	if (cand->gen != ice->gen)
		return ESTALE;

	err = ua_learn_cand(ice, cand);
	if (!err && ice->trickle_ms != UA_NEVER)
		ice->trickle_ms = now_ms;

	return err;
}


static bool has_remote(const struct ua_ice *ice, unsigned stream,
		       unsigned comp)
{
	uint16_t i;

	for (i = 0; i < ice->remotes.n; i++) {
		if (ice->remotes.v[i].stream == stream &&
		    ice->remotes.v[i].comp == comp)
			return true;
	}

	return false;
}


int ua_ice_remote_end(struct ua_ice *ice, uint64_t now_ms)
{
	unsigned s;

	if (ice->rufrag) {
		ice->trickle_ms = UA_NEVER;
		ua_bindreq_replay(ice, now_ms);

		/* The peer does without RTCP, or with rtcp-mux. */
		for (s = 0; s < ice->conf.nstream; s++) {
			if (ice->conf.ncomp > 1 && has_remote(ice, s, 1) &&
			    !has_remote(ice, s, 2))
				comp_end(ice, s, 2);
		}
	}

	ua_schedule_run(ice, now_ms);
	return 0;
}


int ua_ice_comp_drop(struct ua_ice *ice, uint64_t now_ms, uint16_t stream,
		     uint16_t comp)
{
	if (!ua_iceagent_comp(ice, stream, comp))
		return EINVAL;

	comp_end(ice, stream, comp);
	if (ice->old)
		comp_end(ice->old, stream, comp);

	ua_schedule_run(ice, now_ms);
	return 0;
}
