/* SPDX-License-Identifier: BSD-3-Clause */
/** @file tell.c  The reading half of <ua/ice.h>: events, path, pairs, print */

#include <errno.h>
#include <string.h>

#include "base/re_compat.h"
#include "ice/describe.h"
#include "ice/restart.h"


static uint32_t rtt_known(const struct ua_pair *pair)
{
	return pair->rtt_ms == UA_PAIR_RTT_NONE ? 0 : pair->rtt_ms;
}


static void remote_get(const struct ua_ice *ice, uint16_t index,
		       struct ua_ice_cand *out)
{
	ua_cand_get(&ice->remotes.v[index], out);
	out->gen = ice->gen;
}


static void event_fill(const struct ua_ice *ice, struct ua_ice_event *ev,
		       enum ua_ice_event_type type, uint16_t index)
{
	const struct ua_pair *pair = &ice->list.v[index];
	const uint64_t known_ms = ua_iceagent_known(ice);

	ev->type = type;
	ev->stream = pair->stream;
	ev->comp = pair->comp;
	ev->base = pair->base;
	ua_describe_path(ice, pair, &ev->path);
	ua_describe_local(ice, pair->local, &ev->local);
	remote_get(ice, pair->remote, &ev->remote);
	ev->addr = ev->path.remote;
	ev->relays = pair->relays;
	ev->rtt_ms = rtt_known(pair);
	if (pair->valid_ms != UA_NEVER && pair->valid_ms > known_ms)
		ev->since_ms = pair->valid_ms - known_ms;
}


static bool event_pair(struct ua_ice *ice, struct ua_ice_event *ev)
{
	uint16_t i;

	for (i = 0; i < ice->list.n && ice->permits; i++) {
		if (ice->list.v[i].permit != UA_PAIR_PERMIT_ASK)
			continue;

		ice->list.v[i].permit = UA_PAIR_PERMIT_ASKED;
		event_fill(ice, ev, UA_ICE_EVENT_PERMIT, i);
		return true;
	}

	ice->permits = false;

	if (ice->tell_role) {
		ice->tell_role = false;
		ev->type = UA_ICE_EVENT_ROLE;
		ev->controlling = ice->controlling;
		return true;
	}

	for (i = 0; i < ice->list.n; i++) {
		if (!ice->list.v[i].valid || ice->list.v[i].told)
			continue;

		ice->list.v[i].told = true;
		event_fill(ice, ev, UA_ICE_EVENT_PAIR_VALID, i);
		return true;
	}

	return false;
}


/* Has every component that is needed its nominated pair? */
static bool is_completed(const struct ua_ice *ice)
{
	const unsigned n = (unsigned)ice->conf.nstream * ice->conf.ncomp;
	unsigned i;

	for (i = 0; i < n; i++) {
		if (ice->compv[i].needed &&
		    ice->compv[i].selected == UA_PAIR_NIL)
			return false;
	}

	return true;
}


/* What media's path came to; false: nothing new */
static bool event_health(struct ua_ice *ice, struct ua_comp *comp,
			 struct ua_ice_event *ev)
{
	if (comp->tell_lost || comp->tell_restart) {
		ev->type = comp->tell_lost ? UA_ICE_EVENT_CONSENT_LOST
					   : UA_ICE_EVENT_NEED_RESTART;
		ev->why = comp->tell_lost ? comp->doubt : comp->need;
		ev->stream = (uint16_t)((comp - ice->compv) / ice->conf.ncomp);
		ev->comp =
			(uint16_t)((comp - ice->compv) % ice->conf.ncomp + 1);
		if (comp->tell_lost)
			comp->tell_lost = false;
		else
			comp->tell_restart = false;
		return true;
	}

	if (comp->media == UA_PAIR_NIL)
		return false;

	if (comp->tell_suspect) {
		comp->tell_suspect = false;
		event_fill(ice, ev, UA_ICE_EVENT_SUSPECT, comp->media);
		ev->why = comp->doubt;
		return true;
	}

	if (comp->tell_recovered) {
		comp->tell_recovered = false;
		event_fill(ice, ev, UA_ICE_EVENT_RECOVERED, comp->media);
		ev->why = "answered";
		return true;
	}

	return false;
}


static bool event_comp(struct ua_ice *ice, struct ua_comp *comp,
		       struct ua_ice_event *ev)
{
	if (comp->tell_media && comp->media != UA_PAIR_NIL &&
	    !ua_restart_uses_old(ice, ice->list.v[comp->media].stream,
				 ice->list.v[comp->media].comp)) {
		comp->tell_media = false;
		event_fill(ice, ev, UA_ICE_EVENT_MEDIA_PATH, comp->media);
		ev->why = comp->why;
		return true;
	}

	if (comp->selected == UA_PAIR_NIL)
		return event_health(ice, comp, ev);

	if (comp->tell_nominated) {
		comp->tell_nominated = false;
		event_fill(ice, ev, UA_ICE_EVENT_NOMINATED, comp->selected);
		ev->all = is_completed(ice);
		return true;
	}

	if (comp->tell_channel) {
		comp->tell_channel = false;
		event_fill(ice, ev, UA_ICE_EVENT_CHANNEL, comp->selected);
		return true;
	}

	return event_health(ice, comp, ev);
}


/* What stopped the pairs, the most telling first */
static const char *why_failed(const struct ua_ice *ice)
{
	static const uint8_t telling[] = { UA_PAIR_ROLE,       UA_PAIR_REFUSED,
					   UA_PAIR_ASYMMETRIC, UA_PAIR_LOST,
					   UA_PAIR_NO_ANSWER,  UA_PAIR_DENIED,
					   UA_PAIR_BASE_DOWN };
	uint16_t i;
	size_t k;

	if (!ice->nbase)
		return "no local address";

	if (!ice->remotes.n)
		return "the peer told no usable candidate";

	for (k = 0; k < sizeof(telling); k++) {
		for (i = 0; i < ice->list.n; i++) {
			if (ice->list.v[i].reason == telling[k])
				return ua_pair_reason_name(
					(enum ua_pair_reason)telling[k]);
		}
	}

	return "no local address fits a candidate of the peer";
}


/* The generation before says what becomes of its path, and no more */
static bool event_old(struct ua_ice *old, struct ua_ice_event *ev)
{
	while (ua_ice_event(old, ev)) {
		switch (ev->type) {

		case UA_ICE_EVENT_PERMIT:
		case UA_ICE_EVENT_CHANNEL:
		case UA_ICE_EVENT_SUSPECT:
		case UA_ICE_EVENT_RECOVERED:
		case UA_ICE_EVENT_CONSENT_LOST:
		case UA_ICE_EVENT_MEDIA_PATH:
			if (!old->retired)
				return true;
			break;

		default:
			break;
		}
	}

	return false;
}


bool ua_ice_event(struct ua_ice *ice, struct ua_ice_event *ev)
{
	const unsigned n = (unsigned)ice->conf.nstream * ice->conf.ncomp;
	unsigned i;

	memset(ev, 0, sizeof(*ev));

	if (event_pair(ice, ev))
		return true;

	for (i = 0; i < n; i++) {
		if (event_comp(ice, &ice->compv[i], ev))
			return true;
	}

	if (ice->tell_no_path) {
		ice->tell_no_path = false;
		ev->type = UA_ICE_EVENT_NO_PATH_YET;
		return true;
	}

	if (ice->tell_failed) {
		ice->tell_failed = false;
		ev->type = UA_ICE_EVENT_FAILED;
		ev->why = why_failed(ice);
		return true;
	}

	return ice->old && event_old(ice->old, ev);
}


int ua_ice_selected(const struct ua_ice *ice, uint16_t stream,
		    uint16_t comp_id, struct ua_ice_cand *local,
		    struct ua_ice_cand *remote, uint32_t *rtt_ms)
{
	const struct ua_comp *comp = ua_iceagent_comp(ice, stream, comp_id);
	const struct ua_pair *pair;

	if (!comp)
		return EINVAL;

	if (ua_restart_uses_old(ice, stream, comp_id))
		return ua_ice_selected(ice->old, stream, comp_id, local,
				       remote, rtt_ms);

	if (comp->media == UA_PAIR_NIL)
		return ENOTCONN;

	pair = &ice->list.v[comp->media];
	ua_describe_local(ice, pair->local, local);
	remote_get(ice, pair->remote, remote);
	*rtt_ms = rtt_known(pair);

	return 0;
}


uint64_t ua_ice_known_ms(const struct ua_ice *ice)
{
	return ua_iceagent_known(ice);
}


uint64_t ua_ice_connect_ms(const struct ua_ice *ice)
{
	const uint64_t known_ms = ua_iceagent_known(ice);

	if (ice->valid_ms == UA_NEVER || known_ms == UA_NEVER)
		return UA_NEVER;

	return ice->valid_ms > known_ms ? ice->valid_ms - known_ms : 0;
}


int ua_ice_pair(const struct ua_ice *ice, size_t index,
		struct ua_ice_pair *out)
{
	const struct ua_pair *pair;

	if (index >= ice->list.n)
		return ENOENT;

	pair = &ice->list.v[index];
	memset(out, 0, sizeof(*out));
	ua_describe_local(ice, pair->local, &out->local);
	remote_get(ice, pair->remote, &out->remote);
	out->prio = pair->prio;
	out->state = ua_pair_state_name((enum ua_pair_state)pair->state);
	out->reason = ua_pair_reason_name((enum ua_pair_reason)pair->reason);
	out->code = pair->code;
	out->sends = pair->txn.sends;
	out->rtt_ms = rtt_known(pair);
	out->valid = pair->valid;
	out->nominated = pair->nominated;

	return 0;
}


int ua_ice_story(const struct ua_ice *ice, size_t index,
		 struct ua_ice_story *out)
{
	const struct ua_story_entry *e = ua_story_get(&ice->list.story, index);

	if (!e)
		return ENOENT;

	out->at_ms = e->at_ms;
	out->pair = e->pair;
	out->base = e->base;
	out->remote = ice->remotes.v[e->remote].addr;
	out->what = ua_story_name(e->what);
	out->reason = ua_pair_reason_name((enum ua_pair_reason)e->reason);
	out->code = e->code;

	return 0;
}


static int print_cand(struct re_printf *pf, const struct ua_cand *cand)
{
	char addr[UA_ADDR_LEN];

	return re_hprintf(
		pf, "  %u.%u %-5s %s prio %u foundation %s\n", cand->stream,
		cand->comp, ua_ice_type_name((enum ua_ice_type)cand->type),
		ua_addr_str(&cand->addr, addr), cand->prio, cand->foundation);
}


static int print_pair(struct re_printf *pf, const struct ua_ice *ice,
		      uint16_t index)
{
	const struct ua_pair *p = &ice->list.v[index];
	const struct ua_comp *comp = ua_iceagent_comp_of(ice, p);
	const struct ua_cand *local = &ice->locals.v[p->local];
	const struct ua_cand *remote = &ice->remotes.v[p->remote];
	char laddr[UA_ADDR_LEN];
	char raddr[UA_ADDR_LEN];

	return re_hprintf(
		pf, "  %u: %u.%u %s %s -> %s %s %s sends %u rtt %u%s%s%s%s\n",
		index, p->stream, p->comp,
		ua_ice_type_name((enum ua_ice_type)local->type),
		ua_addr_str(&local->addr, laddr),
		ua_ice_type_name((enum ua_ice_type)remote->type),
		ua_addr_str(&remote->addr, raddr),
		ua_pair_state_name((enum ua_pair_state)p->state), p->txn.sends,
		rtt_known(p), p->nominated ? " nominated" : "",
		comp->media == index ? " media" : "", p->reason ? ": " : "",
		ua_pair_reason_name((enum ua_pair_reason)p->reason));
}


int ua_ice_print(struct re_printf *pf, const struct ua_ice *ice)
{
	char addr[UA_ADDR_LEN];
	uint16_t i;
	int err;

	if (!ice)
		return 0;

	err = re_hprintf(
		pf,
		"ice: %s, ufrag %s, pwd (hidden), Ta %u, "
		"peer %s%s%s, generation %u\nlocal\n",
		ice->controlling ? "controlling" : "controlled", ice->ufrag,
		ice->ta_ms, ice->rufrag ? ice->rufrag : "unknown",
		ice->lite ? " lite" : "",
		!ice->rufrag || ice->ice2 ? "" : " RFC 5245", ice->gen);

	for (i = 0; i < ice->locals.n && !err; i++) {
		if (ice->locals.v[i].comp)
			err = print_cand(pf, &ice->locals.v[i]);
	}

	if (!err)
		err = re_hprintf(pf, "remote\n");
	for (i = 0; i < ice->remotes.n && !err; i++)
		err = print_cand(pf, &ice->remotes.v[i]);

	for (i = 0; i < ice->nrefused && i < UA_ICE_REFUSED_MAX && !err; i++)
		err = re_hprintf(pf, "  refused %s: %s\n",
				 ua_addr_str(&ice->refusedv[i].addr, addr),
				 ice->refusedv[i].why);

	if (!err)
		err = re_hprintf(pf, "pairs\n");
	for (i = 0; i < ice->list.n && !err; i++)
		err = print_pair(pf, ice, i);

	if (ice->old && !err)
		err = re_hprintf(pf, "generation before\n%H", ua_ice_print,
				 ice->old);

	return err;
}
