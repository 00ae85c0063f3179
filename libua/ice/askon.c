/* SPDX-License-Identifier: BSD-3-Clause */
/** @file askon.c  Checks that had no answer are made again */

#include <string.h>

#include "ice/askon.h"

enum {
	TICK_MS = 500,
	GAP_MS = 1000, /* Between two checks of one pair                   */
	FIRST_GAP_MS = 1600, /* Its first one has three sends till then     */
	SOON_MS = 250, /* What is sent so soon anyway needs no other       */
	CLASSES = 3,   /* Relays: 0, 1, 2                                  */
	FAMILIES = 2,
	KINDS = UA_ICE_STREAMS * UA_ICE_COMPS * CLASSES * FAMILIES
};


/* Would it be of use to its component if it worked? */
static bool is_wanted(const struct ua_ice *ice, const struct ua_pair *pair)
{
	const struct ua_comp *comp = ua_iceagent_comp_of(ice, pair);

	/* A latched one is asked on and on anyway. */
	if (!ua_iceagent_is_live(ice, pair) || comp->selected != UA_PAIR_NIL ||
	    comp->asking != UA_PAIR_NIL || pair->latched)
		return false;

	return comp->media == UA_PAIR_NIL ||
	       pair->relays < ice->list.v[comp->media].relays;
}


/* From when it may be asked again; UA_NEVER: it is not to be */
static uint64_t ask_at(const struct ua_ice *ice, const struct ua_pair *pair)
{
	if (!is_wanted(ice, pair))
		return UA_NEVER;

	switch (pair->state) {

	case UA_PAIR_FROZEN:
		/* Its namesake may never have an answer. */
		return ice->list.started ? 0 : UA_NEVER;

	case UA_PAIR_PROGRESS:
		/* Where the peer's check came through ours does, too; its
		 * answer may take longer than a second. */
		if (pair->peer_ok)
			return UA_NEVER;

		return pair->txn.first_ms +
		       (pair->txn.max_sends == UA_ASKON_SENDS ? GAP_MS
							      : FIRST_GAP_MS);

	case UA_PAIR_FAILED:
		return pair->reason == UA_PAIR_NO_ANSWER
			       ? pair->txn.first_ms + GAP_MS
			       : UA_NEVER;

	default:
		return UA_NEVER;
	}
}


static bool is_due(const struct ua_ice *ice, const struct ua_pair *pair,
		   uint64_t now_ms)
{
	if (ask_at(ice, pair) > now_ms)
		return false;

	return pair->state != UA_PAIR_PROGRESS ||
	       pair->txn.next_ms > now_ms + SOON_MS;
}


static unsigned kind_of(const struct ua_ice *ice, const struct ua_pair *pair)
{
	const unsigned comp =
		(unsigned)pair->stream * ice->conf.ncomp + pair->comp - 1U;

	return (comp * CLASSES + pair->relays) * FAMILIES +
	       (pair->af == UA_AF_IP6);
}


/* What the others may still send before the peer is heard counts already */
static bool may_ask(const struct ua_ice *ice)
{
	if (!ice->rufrag || !ice->patient || ice->aged)
		return false;

	return ice->heard ||
	       ice->unheard + ice->reserve +
			       UA_PAIR_SENDS_UNHEARD * (ice->list.n + 1U) <
		       UA_ASKON_UNHEARD_MAX;
}


void ua_askon_run(struct ua_ice *ice, uint64_t now_ms)
{
	uint16_t nextv[KINDS];
	unsigned i;

	if (now_ms < ice->ask_ms || !may_ask(ice))
		return;

	ice->ask_ms = now_ms + TICK_MS;
	memset(nextv, 0xff, sizeof(nextv));

	/* Of each kind the one that waits longest */
	for (i = 0; i < ice->list.n; i++) {
		const struct ua_pair *p = &ice->list.v[i];
		uint16_t *next = &nextv[kind_of(ice, p)];

		if (is_due(ice, p, now_ms) &&
		    (*next == UA_PAIR_NIL ||
		     p->txn.first_ms < ice->list.v[*next].txn.first_ms))
			*next = (uint16_t)i;
	}

	for (i = 0; i < KINDS; i++) {
		if (nextv[i] == UA_PAIR_NIL)
			continue;

		if (ice->list.v[nextv[i]].state == UA_PAIR_FROZEN)
			(void)ua_checklist_step(&ice->list, nextv[i],
						UA_PAIR_UNFREEZE, UA_PAIR_OK,
						0);
		else
			(void)ua_checklist_repeat(&ice->list, nextv[i]);

		ice->list.v[nextv[i]].again = true;
	}
}


uint64_t ua_askon_deadline(const struct ua_ice *ice)
{
	uint64_t at = UA_NEVER;
	uint16_t i;

	if (!may_ask(ice))
		return UA_NEVER;

	for (i = 0; i < ice->list.n; i++) {
		const uint64_t t = ask_at(ice, &ice->list.v[i]);

		if (t < at)
			at = t;
	}

	if (at == UA_NEVER)
		return UA_NEVER;

	return at > ice->ask_ms ? at : ice->ask_ms;
}
