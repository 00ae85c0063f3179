/* SPDX-License-Identifier: BSD-3-Clause */
/** @file ice.c  The ICE agent: binds its parts behind the public functions */

#include <errno.h>
#include <string.h>
#include <openssl/crypto.h>

#include "base/re_compat.h"
#include "base/random.h"
#include "ice/bindreq.h"
#include "ice/bindres.h"
#include "ice/describe.h"
#include "ice/pacer.h"
#include "ice/role.h"
#include "ice/schedule.h"

enum {
	UFRAG_MIN = 4, /* RFC 8839, 5.4 */
	PWD_MIN = 22,

	/* RFC 8445, 14.2, for a peer that names no pace */
	TA_STRICT_MS = 50,

	/* A peer may slow us down, not stop us */
	TA_MAX_MS = 500
};


static void destructor(void *arg)
{
	struct ua_ice *ice = arg;

	/* Others need not wait for nobody. */
	if (ice->slot_ms != UA_NEVER)
		ua_pacer_release(ice->conf.pacer, ice->slot_ms);

	mem_deref(ice->list.v);
	mem_deref(ice->locals.v);
	mem_deref(ice->remotes.v);
	mem_deref(ice->compv);
	mem_deref(ice->earlyv);
	mem_deref(ice->rufrag);
	if (ice->rpwd)
		OPENSSL_cleanse(ice->rpwd, strlen(ice->rpwd));
	mem_deref(ice->rpwd);
	OPENSSL_cleanse(ice->pwd, sizeof(ice->pwd));
}


void ua_ice_conf_default(struct ua_ice_conf *conf)
{
	memset(conf, 0, sizeof(*conf));
	conf->nstream = 1;
	conf->ncomp = 1;
	conf->max_pairs = UA_ICE_PAIRS;
	conf->ta_ms = UA_ICE_TA_MS;
}


static bool conf_is_valid(const struct ua_ice_conf *conf)
{
	return conf->rand && conf->pacer && conf->nstream >= 1 &&
	       conf->nstream <= UA_ICE_STREAMS && conf->ncomp >= 1 &&
	       conf->ncomp <= UA_ICE_COMPS && conf->max_pairs >= 1 &&
	       conf->max_pairs <= UA_ICE_PAIRS &&
	       conf->ta_ms >= UA_PACER_STEP_MS && conf->ta_ms <= TA_MAX_MS;
}


static void comp_init(struct ua_comp *comp)
{
	comp->selected_ms = UA_NEVER;
	comp->keep_ms = UA_NEVER;
	comp->media = UA_PAIR_NIL;
	comp->selected = UA_PAIR_NIL;
	comp->asking = UA_PAIR_NIL;
	comp->needed = true;
}


int ua_ice_alloc(struct ua_ice **icep, const struct ua_ice_conf *conf)
{
	struct ua_ice *ice;
	unsigned n;
	unsigned i;

	if (!icep || !conf || !conf_is_valid(conf))
		return EINVAL;

	ice = mem_zalloc(sizeof(*ice), destructor);
	if (!ice)
		return ENOMEM;

	ice->slot_ms = UA_NEVER;
	n = (unsigned)conf->nstream * conf->ncomp;
	ice->compv = mem_zalloc(n * sizeof(*ice->compv), NULL);
	if (!ice->compv) {
		mem_deref(ice);
		return ENOMEM;
	}

	for (i = 0; i < n; i++)
		comp_init(&ice->compv[i]);

	ice->conf = *conf;
	ice->list.log = conf->log;
	ice->list.max = conf->max_pairs;
	ice->locals.max = UA_ICE_LOCALS;
	ice->remotes.max = UA_ICE_REMOTES;
	ice->controlling = conf->controlling;
	ice->ta_ms = conf->ta_ms;
	ice->remote_ms = UA_NEVER;
	ice->gathered_ms = UA_NEVER;
	ice->trickle_ms = UA_NEVER;
	ice->valid_ms = UA_NEVER;
	ice->last_ms = UA_NEVER;
	ice->patient = true;
	ice->tie_breaker = conf->tie_breaker ? conf->tie_breaker
					     : ua_random_u64(conf->rand);

	if (conf->fork_of) {
		memcpy(ice->ufrag, conf->fork_of->ufrag, sizeof(ice->ufrag));
		memcpy(ice->pwd, conf->fork_of->pwd, sizeof(ice->pwd));
		ice->conf.fork_of = NULL;
	}
	else {
		ua_random_str(conf->rand, ice->ufrag, UA_ICE_UFRAG_LEN);
		ua_random_str(conf->rand, ice->pwd, UA_ICE_PWD_LEN);
	}

	*icep = ice;
	return 0;
}


void ua_ice_free(struct ua_ice *ice)
{
	mem_deref(ice);
}


const char *ua_ice_ufrag(const struct ua_ice *ice)
{
	return ice->ufrag;
}


const char *ua_ice_pwd(const struct ua_ice *ice)
{
	return ice->pwd;
}


bool ua_ice_controlling(const struct ua_ice *ice)
{
	return ice->controlling;
}


static bool addr_is_usable(const struct ua_addr *addr)
{
	return (addr->af == UA_AF_IP4 || addr->af == UA_AF_IP6) &&
	       addr->port && !ua_addr_is_any(addr) &&
	       !ua_addr_is_multicast(addr);
}


int ua_ice_base_add(struct ua_ice *ice, uint64_t now_ms, uint16_t stream,
		    uint16_t comp, enum ua_ice_type kind,
		    const struct ua_addr *addr, uint8_t cost, uint16_t *base)
{
	struct ua_ice_base b = { .addr = *addr,
				 .stream = (uint8_t)stream,
				 .comp = (uint8_t)comp,
				 .kind = (uint8_t)kind,
				 .cost = cost };
	int err;

	if (!ua_iceagent_comp(ice, stream, comp) || !addr_is_usable(addr) ||
	    (kind != UA_ICE_HOST && kind != UA_ICE_RELAY))
		return EINVAL;

	err = ua_describe_base(ice, &b, base);
	if (err)
		return err;

	ua_schedule_run(ice, now_ms);
	return 0;
}


int ua_ice_base_down(struct ua_ice *ice, uint64_t now_ms, uint16_t base,
		     int err)
{
	uint16_t i;

	if (base >= ice->nbase)
		return EINVAL;

	ice->basev[base].up = false;

	for (i = 0; i < ice->list.n; i++) {
		const struct ua_pair *p = &ice->list.v[i];

		if (p->base == base && p->state != UA_PAIR_FAILED)
			(void)ua_checklist_step(&ice->list, i, UA_PAIR_DROP,
						UA_PAIR_BASE_DOWN,
						(uint16_t)err);
	}

	ua_schedule_run(ice, now_ms);
	return 0;
}


int ua_ice_local_srflx(struct ua_ice *ice, uint64_t now_ms, uint16_t base,
		       const struct ua_addr *mapped,
		       const struct ua_addr *server)
{
	int err;

	if (base >= ice->nbase || ice->basev[base].kind != UA_ICE_HOST ||
	    !addr_is_usable(mapped))
		return EINVAL;

	err = ua_describe_srflx(ice, base, mapped, server);
	if (err)
		return err;

	ua_schedule_run(ice, now_ms);
	return 0;
}


int ua_ice_gathered(struct ua_ice *ice, uint64_t now_ms)
{
	if (ice->gathered_ms == UA_NEVER)
		ice->gathered_ms = now_ms;

	ua_schedule_run(ice, now_ms);
	return 0;
}


int ua_ice_local(const struct ua_ice *ice, size_t index,
		 struct ua_ice_cand *cand)
{
	uint16_t i;

	for (i = 0; i < ice->locals.n; i++) {
		const struct ua_cand *c = &ice->locals.v[i];

		/* Peer-reflexive ones are never told (RFC 8445, 7.2.5.3.1). */
		if (c->type == UA_ICE_PRFLX || !ice->basev[c->base].up)
			continue;

		if (index--)
			continue;

		ua_describe_local(ice, i, cand);
		return 0;
	}

	return ENOENT;
}


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

	if (ta > TA_MAX_MS)
		ta = TA_MAX_MS;

	if (ta > ice->ta_ms)
		ice->ta_ms = ta;
}


static void comp_end(struct ua_ice *ice, unsigned stream, unsigned comp_id)
{
	struct ua_comp *comp = ua_iceagent_comp(ice, stream, comp_id);
	uint16_t i;

	comp->needed = false;
	comp->keep_ms = UA_NEVER;
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


int ua_ice_remote_cand(struct ua_ice *ice, uint64_t now_ms,
		       const struct ua_ice_cand *cand)
{
	const size_t len = strnlen(cand->foundation, sizeof(cand->foundation));
	int err;

	if (!ua_iceagent_comp(ice, cand->stream, cand->comp) ||
	    cand->type > UA_ICE_RELAY || !len || len > UA_ICE_FOUNDATION_MAX)
		return EINVAL;

	if (!ice->rufrag)
		return ENOTCONN;

	if (cand->gen != ice->gen)
		return ESTALE;

	err = ua_describe_remote(ice, cand);
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
	ua_schedule_run(ice, now_ms);
	return 0;
}


int ua_ice_input(struct ua_ice *ice, uint64_t now_ms,
		 const struct ua_path *path, const uint8_t *buf, size_t len)
{
	struct ua_stun msg;
	int err;

	if (path->base >= ice->nbase || !ice->basev[path->base].up)
		return EINVAL;

	err = ua_stun_decode(&msg, buf, len);
	if (err)
		return err;

	if (msg.method != UA_STUN_BINDING)
		return EBADMSG;

	switch (msg.cls) {

	case UA_STUN_REQUEST:
		err = ua_bindreq_input(ice, now_ms, path, &msg);
		break;

	case UA_STUN_INDICATION:
		/* A keepalive of RFC 5245, 10: it tells nothing. */
		return 0;

	default:
		err = ua_bindres_input(ice, now_ms, path, &msg);
		break;
	}

	if (!err)
		ua_schedule_run(ice, now_ms);

	return err;
}


/* Lite peers keep no checklist: they are told again what is nominated */
static bool is_nomination(const struct ua_ice *ice, const struct ua_comp *comp)
{
	if (comp->asking != UA_PAIR_NIL)
		return true;

	return ice->lite && ice->controlling && comp->selected != UA_PAIR_NIL;
}


static int build(struct ua_ice *ice, struct ua_dgram *dg,
		 const struct ua_pair *pair, const uint8_t *tid, bool nominate)
{
	const struct ua_check_req req = {
		.tid = tid,
		.user = ice->rufrag,
		.from = ice->ufrag,
		.key = ice->rpwd,
		.tie_breaker = ice->tie_breaker,
		.prio = ua_describe_prio(ice, pair->base),
		.controlling = ice->controlling,
		.nominate = nominate,
	};

	ua_describe_path(ice, pair, &dg->path);
	return ua_check_request(dg, &req);
}


/* Oldest first */
static bool output_reply(struct ua_ice *ice, struct ua_dgram *dg)
{
	struct ua_check_reply reply;

	while (ice->nreply) {
		reply = ice->replyv[0];
		--ice->nreply;
		memmove(ice->replyv, ice->replyv + 1,
			ice->nreply * sizeof(*ice->replyv));

		dg->path.base = reply.base;
		dg->path.local = ice->basev[reply.base].addr;
		dg->path.remote = reply.to;
		if (!ua_check_answer(dg, &reply, ice->pwd))
			return true;
	}

	return false;
}


static bool output_comp(struct ua_ice *ice, struct ua_dgram *dg)
{
	const unsigned n = (unsigned)ice->conf.nstream * ice->conf.ncomp;
	unsigned i;

	for (i = 0; i < n; i++) {
		struct ua_comp *comp = &ice->compv[i];
		const uint16_t pair = comp->asking != UA_PAIR_NIL
					      ? comp->asking
					      : comp->media;

		if (!comp->due)
			continue;

		comp->due = false;
		if (pair != UA_PAIR_NIL &&
		    !build(ice, dg, &ice->list.v[pair], comp->txn.tid,
			   is_nomination(ice, comp)))
			return true;
	}

	return false;
}


bool ua_ice_output(struct ua_ice *ice, uint64_t now_ms, struct ua_dgram *dg)
{
	uint16_t i;

	(void)now_ms;

	if (output_reply(ice, dg))
		return true;

	for (i = 0; i < ice->list.n; i++) {
		struct ua_pair *pair = &ice->list.v[i];

		if (!pair->due)
			continue;

		/* Without memory it goes out with the next retransmission. */
		pair->due = false;
		if (!build(ice, dg, pair, pair->txn.tid, false))
			return true;
	}

	return output_comp(ice, dg);
}


uint64_t ua_ice_deadline(const struct ua_ice *ice)
{
	return ua_schedule_deadline(ice);
}


void ua_ice_tick(struct ua_ice *ice, uint64_t now_ms)
{
	ua_schedule_run(ice, now_ms);
}


int ua_ice_media(const struct ua_ice *ice, uint16_t stream, uint16_t comp_id,
		 struct ua_path *path)
{
	const struct ua_comp *comp = ua_iceagent_comp(ice, stream, comp_id);

	if (!comp)
		return EINVAL;

	if (comp->media == UA_PAIR_NIL)
		return ENOTCONN;

	ua_describe_path(ice, &ice->list.v[comp->media], path);
	return 0;
}


/* Pair that a datagram travelled, UA_PAIR_NIL: none */
static uint16_t find_path(const struct ua_ice *ice, const struct ua_path *path)
{
	const struct ua_ice_base *base;
	struct ua_addr from = path->remote;
	uint16_t remote;

	if (path->base >= ice->nbase)
		return UA_PAIR_NIL;

	from.scope = 0;
	base = &ice->basev[path->base];
	remote = ua_cand_find(&ice->remotes, base->stream, base->comp, &from);

	return remote == UA_CAND_NONE
		       ? UA_PAIR_NIL
		       : ua_checklist_find(&ice->list, path->base, remote);
}


bool ua_ice_accepts(const struct ua_ice *ice, uint16_t stream, uint16_t comp,
		    const struct ua_path *path)
{
	const struct ua_ice_base *base;
	uint16_t pair;

	if (path->base >= ice->nbase)
		return false;

	base = &ice->basev[path->base];
	if (!base->up || base->stream != stream || base->comp != comp)
		return false;

	pair = find_path(ice, path);
	if (pair != UA_PAIR_NIL)
		return ice->list.v[pair].valid || ice->list.v[pair].peer_ok;

	return ua_bindreq_was_early(ice, path->base, &path->remote);
}


void ua_ice_heard(struct ua_ice *ice, uint64_t now_ms,
		  const struct ua_path *path)
{
	const uint16_t pair = find_path(ice, path);

	if (pair == UA_PAIR_NIL)
		return;

	ice->list.v[pair].heard_ms = now_ms;
	ua_iceagent_comp_of(ice, &ice->list.v[pair])->media_heard = true;
}


static void granted(struct ua_ice *ice, uint16_t index)
{
	struct ua_pair *pair = &ice->list.v[index];

	if (pair->permit)
		pair->permit = UA_PAIR_PERMIT_GRANTED;

	/* What went out before the permission was lost at the relay. */
	if (pair->state == UA_PAIR_PROGRESS ||
	    (pair->state == UA_PAIR_FAILED &&
	     (pair->reason == UA_PAIR_NO_ANSWER ||
	      pair->reason == UA_PAIR_DENIED)))
		ua_checklist_trigger(&ice->list, index);
}


void ua_ice_verdict(struct ua_ice *ice, uint64_t now_ms, uint16_t base,
		    const struct ua_addr *peer, int err)
{
	uint16_t i;

	for (i = 0; i < ice->list.n; i++) {
		const struct ua_pair *p = &ice->list.v[i];

		if (p->base != base || !ua_iceagent_is_live(ice, p) ||
		    !ua_addr_ip_eq(&ice->remotes.v[p->remote].addr, peer))
			continue;

		if (!err)
			granted(ice, i);
		else if (p->state != UA_PAIR_FAILED)
			(void)ua_checklist_step(&ice->list, i, UA_PAIR_DROP,
						UA_PAIR_DENIED, (uint16_t)err);
	}

	ua_schedule_run(ice, now_ms);
}


void ua_ice_send_error(struct ua_ice *ice, uint64_t now_ms,
		       const struct ua_dgram *dg, int err)
{
	struct ua_stun msg;
	uint16_t i;

	(void)now_ms;

	if (ua_stun_decode(&msg, dg->buf, dg->len))
		return;

	for (i = 0; i < ice->list.n; i++) {
		struct ua_pair *p = &ice->list.v[i];

		if (p->txn.active &&
		    !memcmp(p->txn.tid, msg.tid, UA_STUN_TID_LEN)) {
			p->code = (uint16_t)err;
			ua_log(ice->conf.log, UA_LOG_DEBUG, "ice",
			       "pair %u: not sent: %m", i, err);
		}
	}
}
