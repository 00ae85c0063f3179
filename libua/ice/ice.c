/* SPDX-License-Identifier: BSD-3-Clause */
/** @file ice.c  The ICE agent: binds its parts behind the public functions */

#include <errno.h>
#include <string.h>
#include <openssl/crypto.h>

#include "base/re_compat.h"
#include "base/random.h"
#include "ice/bindreq.h"
#include "ice/bindres.h"
#include "ice/consent.h"
#include "ice/describe.h"
#include "ice/latched.h"
#include "ice/pacer.h"
#include "ice/restart.h"
#include "ice/schedule.h"

enum {
	ELSEWHERE_MS = 1000,       /* Longer than a late packet or two      */
	ELSEWHERE_AGAIN_MS = 10000 /* Some peers stay with their own choice */
};


static void destructor(void *arg)
{
	struct ua_ice *ice = arg;

	/* Others need not wait for nobody. */
	if (ice->slot_ms != UA_NEVER)
		ua_pacer_release(ice->conf.pacer, ice->slot_ms);

	mem_deref(ice->old);
	mem_deref(ice->list.v);
	mem_deref(ice->list.story.v);
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
	conf->renom = true;
}


static bool conf_is_valid(const struct ua_ice_conf *conf)
{
	return conf->rand && conf->pacer && conf->nstream >= 1 &&
	       conf->nstream <= UA_ICE_STREAMS && conf->ncomp >= 1 &&
	       conf->ncomp <= UA_ICE_COMPS && conf->max_pairs >= 1 &&
	       conf->max_pairs <= UA_ICE_PAIRS &&
	       conf->ta_ms >= UA_PACER_STEP_MS &&
	       conf->ta_ms <= UA_ICE_TA_MAX_MS;
}


static void comp_init(struct ua_comp *comp)
{
	comp->selected_ms = UA_NEVER;
	ua_consent_stop(comp);
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
	ice->retire_ms = UA_NEVER;
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


/* A cable was plugged in: media should leave the dearer network */
static void better_network(struct ua_ice *ice, const struct ua_ice_base *base)
{
	struct ua_comp *comp = ua_iceagent_comp(ice, base->stream, base->comp);
	const struct ua_pair *selected;

	if (base->kind != UA_ICE_HOST || comp->selected == UA_PAIR_NIL)
		return;

	selected = &ice->list.v[comp->selected];
	if (ice->basev[selected->base].kind != UA_ICE_HOST ||
	    base->cost >= selected->cost)
		return;

	comp->tell_restart = true;
	comp->need = "better network";
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
	const uint16_t place = ua_describe_place(ice);
	int err;

	if (!ua_iceagent_comp(ice, stream, comp) || !addr_is_usable(addr) ||
	    (kind != UA_ICE_HOST && kind != UA_ICE_RELAY))
		return EINVAL;

	if (place == UA_CAND_NONE)
		return ENOSPC;

	err = ua_describe_base(ice, &b, place);
	if (err)
		return err;

	/* Numbers stay in step, should a restart be given up. */
	if (ice->old && ua_describe_base(ice->old, &b, place))
		ua_log(ice->conf.log, UA_LOG_DEBUG, "ice",
		       "base %u is not kept for a rollback", place);

	*base = place;
	better_network(ice, &b);
	ua_schedule_run(ice, now_ms);
	return 0;
}


static void base_down(struct ua_ice *ice, uint16_t base, int err)
{
	uint16_t i;

	ice->basev[base].up = false;
	ua_latched_base_down(ice, base);

	for (i = 0; i < ice->list.n; i++) {
		const struct ua_pair *p = &ice->list.v[i];

		if (p->base != base || p->state == UA_PAIR_FAILED)
			continue;

		if (ua_iceagent_comp_of(ice, p)->selected == i) {
			ua_iceagent_comp_of(ice, p)->tell_restart = true;
			ua_iceagent_comp_of(ice, p)->need =
				"selected address went away";
		}

		(void)ua_checklist_step(&ice->list, i, UA_PAIR_DROP,
					UA_PAIR_BASE_DOWN, (uint16_t)err);
	}
}


int ua_ice_base_down(struct ua_ice *ice, uint64_t now_ms, uint16_t base,
		     int err)
{
	if (base >= ice->nbase)
		return EINVAL;

	ice->list.now_ms = now_ms;
	base_down(ice, base, err);
	if (ice->old && base < ice->old->nbase)
		base_down(ice->old, base, err);

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

	/* Of use should a restart be given up; it can do without. */
	if (ice->old && ua_describe_srflx(ice->old, base, mapped, server))
		ua_log(ice->conf.log, UA_LOG_DEBUG, "ice",
		       "mapped address is not kept for a rollback");

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
		if (!c->comp || c->type == UA_ICE_PRFLX ||
		    !ice->basev[c->base].up)
			continue;

		if (index--)
			continue;

		ua_describe_local(ice, i, cand);
		return 0;
	}

	return ENOENT;
}


static int input(struct ua_ice *ice, uint64_t now_ms,
		 const struct ua_path *path, const struct ua_stun *msg)
{
	if (path->base >= ice->nbase || !ice->basev[path->base].up)
		return EINVAL;

	return msg->cls == UA_STUN_REQUEST
		       ? ua_bindreq_input(ice, now_ms, path, msg)
		       : ua_bindres_input(ice, now_ms, path, msg);
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

	/* A keepalive of RFC 5245, 10: it tells nothing. */
	if (msg.cls == UA_STUN_INDICATION)
		return 0;

	err = input(ice, now_ms, path, &msg);
	if (err == ENOENT && ice->old)
		err = input(ice->old, now_ms, path, &msg);
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
		 const struct ua_pair *pair, const uint8_t *tid, bool nominate,
		 uint32_t nomination)
{
	const struct ua_check_req req = {
		.tid = tid,
		.user = ice->rufrag,
		.from = ice->ufrag,
		.key = ice->rpwd,
		.tie_breaker = ice->tie_breaker,
		.prio = ua_describe_prio(ice, pair),
		.controlling = ice->controlling,
		.nominate = nominate,
		.nomination = nomination,
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
			   is_nomination(ice, comp),
			   comp->asking != UA_PAIR_NIL && ice->renom
				   ? comp->nomination
				   : 0))
			return true;
	}

	return false;
}


bool ua_ice_output(struct ua_ice *ice, uint64_t now_ms, struct ua_dgram *dg)
{
	uint16_t i;

	if (output_reply(ice, dg))
		return true;

	for (i = 0; i < ice->list.n; i++) {
		struct ua_pair *pair = &ice->list.v[i];

		if (!pair->due)
			continue;

		/* Without memory it goes out with the next retransmission. */
		pair->due = false;
		if (!build(ice, dg, pair, pair->txn.tid, false, 0))
			return true;
	}

	if (output_comp(ice, dg))
		return true;

	return ice->old && ua_ice_output(ice->old, now_ms, dg);
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

	if (ua_restart_uses_old(ice, stream, comp_id))
		return ua_ice_media(ice->old, stream, comp_id, path);

	if (comp->media == UA_PAIR_NIL || comp->wait)
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


/* The peer proved that it sends from there */
static bool may_carry(const struct ua_pair *pair)
{
	return pair->valid || pair->peer_ok;
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
	if (pair != UA_PAIR_NIL && may_carry(&ice->list.v[pair]))
		return true;

	if (pair == UA_PAIR_NIL &&
	    ua_bindreq_was_early(ice, path->base, &path->remote))
		return true;

	return ice->old && ua_ice_accepts(ice->old, stream, comp, path);
}


/* The peer sends another way, and no more the way that we do */
static void heard_elsewhere(struct ua_ice *ice, uint64_t now_ms, uint16_t pair)
{
	struct ua_comp *comp = ua_iceagent_comp_of(ice, &ice->list.v[pair]);

	if (comp->selected == UA_PAIR_NIL || comp->media == UA_PAIR_NIL ||
	    comp->media == pair || comp->asking != UA_PAIR_NIL ||
	    now_ms < comp->elsewhere_ms ||
	    now_ms < ice->list.v[comp->media].heard_ms + ELSEWHERE_MS)
		return;

	comp->elsewhere_ms = now_ms + ELSEWHERE_AGAIN_MS;
	ua_consent_suspect(ice, now_ms, comp, true,
			   "the peer sends another way");
}


void ua_ice_heard(struct ua_ice *ice, uint64_t now_ms,
		  const struct ua_path *path)
{
	const uint16_t pair = find_path(ice, path);

	if (ice->old)
		ua_ice_heard(ice->old, now_ms, path);

	if (pair == UA_PAIR_NIL)
		return;

	ice->list.v[pair].heard_ms = now_ms;
	heard_elsewhere(ice, now_ms, pair);
	ua_iceagent_comp_of(ice, &ice->list.v[pair])->media_heard = true;
}


void ua_ice_silent(struct ua_ice *ice, uint64_t now_ms, uint16_t stream)
{
	struct ua_comp *comp = ua_iceagent_comp(ice, stream, 1);

	if (!comp)
		return;

	if (ua_restart_uses_old(ice, stream, 1))
		comp = ua_iceagent_comp(ice->old, stream, 1);

	ua_consent_suspect(ua_restart_uses_old(ice, stream, 1) ? ice->old
							       : ice,
			   now_ms, comp, true, "media is missing");
	ua_schedule_run(ice, now_ms);
}


static void granted(struct ua_ice *ice, uint16_t index)
{
	struct ua_pair *pair = &ice->list.v[index];

	if (pair->permit)
		pair->permit = UA_PAIR_PERMIT_GRANTED;

	/* What went out before the permission was lost at the relay.  It takes
	 * its turn: who was triggered by the peer goes before. */
	if (pair->state == UA_PAIR_PROGRESS ||
	    (pair->state == UA_PAIR_FAILED &&
	     (pair->reason == UA_PAIR_NO_ANSWER ||
	      pair->reason == UA_PAIR_DENIED)))
		(void)ua_checklist_repeat(&ice->list, index);
}


static void verdict(struct ua_ice *ice, uint16_t base,
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
}


void ua_ice_verdict(struct ua_ice *ice, uint64_t now_ms, uint16_t base,
		    const struct ua_addr *peer, int err)
{
	ice->list.now_ms = now_ms;
	verdict(ice, base, peer, err);
	if (ice->old)
		verdict(ice->old, base, peer, err);

	ua_schedule_run(ice, now_ms);
}


/* Of the path that media takes: it is looked at now */
static void comp_send_error(struct ua_ice *ice, uint64_t now_ms,
			    const struct ua_stun *msg)
{
	const unsigned n = (unsigned)ice->conf.nstream * ice->conf.ncomp;
	unsigned i;

	for (i = 0; i < n; i++) {
		struct ua_comp *comp = &ice->compv[i];

		if (comp->txn.active && comp->asking == UA_PAIR_NIL &&
		    !memcmp(comp->txn.tid, msg->tid, UA_STUN_TID_LEN))
			ua_consent_suspect(ice, now_ms, comp, true,
					   "it could not be sent to");
	}
}


void ua_ice_send_error(struct ua_ice *ice, uint64_t now_ms,
		       const struct ua_dgram *dg, int err)
{
	struct ua_stun msg;
	uint16_t i;

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

	comp_send_error(ice, now_ms, &msg);
	if (ice->old)
		ua_ice_send_error(ice->old, now_ms, dg, err);
}
