/* SPDX-License-Identifier: BSD-3-Clause */
/** @file restart.c  Two generations of an agent
 *
 * A generation is a whole agent.  What the application holds is the newest
 * one: at a restart the contents change places with those of a fresh agent,
 * which then is the old generation of the first.  So the old one goes on with
 * all it can until the new one has found its paths, and a rollback is the
 * same change of places.
 */

#include <errno.h>
#include <string.h>

#include "base/re_compat.h"
#include "base/random.h"
#include "ice/consent.h"
#include "ice/describe.h"
#include "ice/restart.h"
#include "ice/schedule.h"


/* Everything that the application has put into an agent, but no history */
static int copy_locals(struct ua_ice *to, const struct ua_ice *from)
{
	uint16_t i, index;
	int err = 0;

	to->nbase = from->nbase;
	memcpy(to->basev, from->basev, sizeof(to->basev));

	for (i = 0; i < from->locals.n && !err; i++) {
		const struct ua_cand *c = &from->locals.v[i];

		/* The peer shall find that out anew. */
		if (!c->comp || c->type == UA_ICE_PRFLX ||
		    !from->basev[c->base].up)
			continue;

		err = ua_cand_add(&to->locals, c, &index);
		if (c->type != UA_ICE_SRFLX)
			to->basev[c->base].cand = index;
	}

	return err;
}


static void change_places(struct ua_ice *a, struct ua_ice *b)
{
	struct ua_ice tmp = *a;

	*a = *b;
	*b = tmp;
}


static int generation(struct ua_ice **newp, struct ua_ice *ice)
{
	struct ua_ice_conf conf = ice->conf;
	struct ua_ice *fresh;
	unsigned n = (unsigned)ice->conf.nstream * ice->conf.ncomp;
	unsigned i;
	int err;

	/* Roles are not determined again (RFC 8445, 9). */
	conf.controlling = ice->controlling;
	conf.tie_breaker = ice->tie_breaker;

	err = ua_ice_alloc(&fresh, &conf);
	if (err)
		return err;

	err = copy_locals(fresh, ice);
	if (err) {
		mem_deref(fresh);
		return err;
	}

	for (i = 0; i < n; i++)
		fresh->compv[i].needed = ice->compv[i].needed;

	fresh->births = ice->births;
	fresh->gen = (uint16_t)(ice->last_gen + 1);
	fresh->last_gen = fresh->gen;

	*newp = fresh;
	return 0;
}


int ua_ice_restart(struct ua_ice *ice, uint64_t now_ms, uint16_t *gen)
{
	struct ua_ice *fresh;
	int err;

	err = generation(&fresh, ice);
	if (err)
		return err;

	/* One that came to nothing is forgotten; the path is older still. */
	if (ua_ice_restarting(ice))
		ua_ice_rollback(ice, now_ms);

	ice->old = mem_deref(ice->old);
	change_places(ice, fresh);
	ice->old = fresh;
	ice->old->aged = true;
	if (gen)
		*gen = ice->gen;

	ua_log(ice->conf.log, UA_LOG_INFO, "ice", "restart: generation %u",
	       ice->gen);
	ua_schedule_run(ice, now_ms);
	return 0;
}


void ua_ice_rollback(struct ua_ice *ice, uint64_t now_ms)
{
	struct ua_ice *pending = ice->old;

	if (!ua_ice_restarting(ice))
		return;

	ice->old = NULL;
	pending->aged = false;
	pending->last_gen = ice->last_gen;
	change_places(ice, pending);
	mem_deref(pending);

	ua_log(ice->conf.log, UA_LOG_INFO, "ice",
	       "restart is given up: generation %u stays", ice->gen);
	ua_schedule_run(ice, now_ms);
}


bool ua_ice_restarting(const struct ua_ice *ice)
{
	return ice->old && !ice->old->retired;
}


uint16_t ua_ice_gen(const struct ua_ice *ice)
{
	return ice->gen;
}


bool ua_ice_knows(const struct ua_ice *ice, const char *ufrag, const char *pwd)
{
	return ice->rufrag && !strcmp(ice->rufrag, ufrag) &&
	       (!pwd || !strcmp(ice->rpwd, pwd));
}


bool ua_restart_uses_old(const struct ua_ice *ice, uint16_t stream,
			 uint16_t comp_id)
{
	const struct ua_comp *comp = ua_iceagent_comp(ice, stream, comp_id);
	const struct ua_comp *old;

	if (!ua_ice_restarting(ice) || !comp || comp->selected != UA_PAIR_NIL)
		return false;

	old = ua_iceagent_comp(ice->old, stream, comp_id);
	if (old->media == UA_PAIR_NIL)
		return false;

	return comp->media == UA_PAIR_NIL || !old->left;
}


/* It sends nothing any more, but answers (RFC 8445, 9: until ICE is done) */
static void retire(struct ua_ice *old, uint64_t now_ms)
{
	const unsigned n = (unsigned)old->conf.nstream * old->conf.ncomp;
	unsigned i;
	uint16_t k;

	for (k = 0; k < old->list.n; k++) {
		if (ua_pair_is_open(&old->list.v[k]))
			(void)ua_checklist_step(&old->list, k, UA_PAIR_DROP,
						UA_PAIR_SUPERSEDED, 0);
		ua_txn_stop(&old->list.v[k].txn);
	}

	for (i = 0; i < n; i++) {
		ua_consent_stop(&old->compv[i]);
		ua_txn_stop(&old->compv[i].txn);
		old->compv[i].due = false;
		old->compv[i].asking = UA_PAIR_NIL;
	}

	old->patient = false;
	old->retired = true;
	old->retire_ms = now_ms + UA_RESTART_LINGER_MS;
}


/*
 * Every component has its nominated path; or one that works, with none of
 * before to go back to: the nomination may have got lost.
 */
static bool is_completed(const struct ua_ice *ice)
{
	const unsigned n = (unsigned)ice->conf.nstream * ice->conf.ncomp;
	unsigned i;

	for (i = 0; i < n; i++) {
		const struct ua_comp *comp = &ice->compv[i];

		if (comp->needed && comp->selected == UA_PAIR_NIL &&
		    (comp->media == UA_PAIR_NIL ||
		     ice->old->compv[i].media != UA_PAIR_NIL))
			return false;
	}

	return true;
}


/*
 * A path that may be dead is no better than one that is valid; and there is
 * no way back to what may die of the same.
 */
static void leave(struct ua_ice *ice)
{
	const unsigned n = (unsigned)ice->conf.nstream * ice->conf.ncomp;
	unsigned i;

	for (i = 0; i < n; i++) {
		if (ice->compv[i].media != UA_PAIR_NIL &&
		    ice->old->compv[i].suspect_ms != UA_NEVER)
			ice->old->compv[i].left = true;
	}
}


void ua_restart_run(struct ua_ice *ice, uint64_t now_ms)
{
	struct ua_ice *old = ice->old;

	if (!old)
		return;

	if (!old->retired) {
		ua_schedule_run(old, now_ms);
		leave(ice);
		if (is_completed(ice))
			retire(old, now_ms);
	}
	else if (now_ms >= old->retire_ms) {
		ice->old = mem_deref(old);
	}
}


uint64_t ua_restart_deadline(const struct ua_ice *ice)
{
	if (!ice->old)
		return UA_NEVER;

	return ice->old->retired ? ice->old->retire_ms
				 : ua_schedule_deadline(ice->old);
}
