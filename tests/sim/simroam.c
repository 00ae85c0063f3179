/* SPDX-License-Identifier: BSD-3-Clause */
/** @file simroam.c  Sockets of a phone, and when the network under it changes
 */

#include <errno.h>
#include <string.h>

#include "simphonecore.h"

enum {
	GATHER_MS = 100,  /* A restart's offer waits so long for servers   */
	QUIET_MAX_S = 16, /* Media may stop for reasons of its own         */
	LEG_COST = 0
};


static uint64_t now_ms(const struct ua_simphone *phone)
{
	return phone->net->now_us / UA_SIM_MS;
}


struct ua_simleg *ua_simroam_leg(struct ua_simphone *phone, uint16_t base)
{
	size_t i, k;

	for (i = 0; i < phone->nhost; i++) {
		if (phone->hostv[i].comp && phone->hostv[i].base == base)
			return &phone->hostv[i];
	}

	for (i = 0; i < phone->nrelay; i++) {
		for (k = 0; k < 2; k++) {
			struct ua_simleg *leg = &phone->relayv[i].legv[k];

			if (leg->comp && leg->base == base)
				return leg;
		}
	}

	return NULL;
}


static int leg_open(struct ua_simphone *phone, const struct ua_addr *addr,
		    unsigned comp)
{
	struct ua_simleg *leg = NULL;
	size_t i;
	int err;

	for (i = 0; i < UA_SIM_LEGS && !leg; i++) {
		if (!phone->hostv[i].comp && !phone->hostv[i].sock)
			leg = &phone->hostv[i];
	}

	if (!leg)
		return ENOSPC;

	memset(leg, 0, sizeof(*leg));
	leg->phone = phone;
	leg->base = UA_SIM_NOBASE;
	err = ua_simsock_alloc(&leg->sock, phone->host, addr,
			       ua_simphone_input, leg);
	if (err)
		return err;

	ua_simsock_refused(leg->sock, ua_simphone_refused);
	leg->comp = comp;
	leg->addr = *ua_simsock_addr(leg->sock);
	if (i > phone->nhost)
		phone->nhost = i;
	if (phone->conf.relay_only)
		return 0;

	err = ua_ice_base_add(phone->ice, now_ms(phone), 0, (uint16_t)comp,
			      UA_ICE_HOST, &leg->addr, LEG_COST, &leg->base);
	if (err == ENOSPC) {
		phone->stat.starved++;
		ua_simnet_note(phone->net, "phone   %s: a base is left out",
			       phone->name);
		return 0;
	}

	return err;
}


static bool has_leg(const struct ua_simphone *phone,
		    const struct ua_addr *addr, unsigned comp)
{
	size_t i;

	for (i = 0; i < phone->nhost; i++) {
		if (phone->hostv[i].comp == comp &&
		    ua_addr_ip_eq(&phone->hostv[i].addr, addr))
			return true;
	}

	return false;
}


int ua_simroam_open(struct ua_simphone *phone)
{
	struct le *le;
	unsigned comp;
	size_t i;
	int err;

	LIST_FOREACH(&phone->host->ifl, le)
	{
		struct ua_simif *ifc = le->data;

		for (i = 0; i < ifc->naddr; i++) {
			for (comp = 1; comp <= phone->conf.ncomp; comp++) {
				if (has_leg(phone, &ifc->addrv[i], comp))
					continue;

				err = leg_open(phone, &ifc->addrv[i], comp);
				if (err)
					return err;
			}
		}
	}

	return 0;
}


/*
 * A socket goes.  Where it still works its relays are released by it first:
 * see ua_simroam_part().
 */
static void leg_drop(struct ua_simleg *leg, bool works, int err)
{
	struct ua_simphone *phone = leg->phone;

	ua_simgather_drop(leg, true, works, err);
	if (leg->base != UA_SIM_NOBASE &&
	    ua_ice_base_down(phone->ice, now_ms(phone), leg->base, err))
		ua_simnet_note(phone->net, "phone   %s: unknown base",
			       phone->name);

	if (phone->dflt_leg == leg)
		phone->dflt.af = UA_AF_NONE;
	if (phone->rtcp_leg == leg)
		phone->rtcp.af = UA_AF_NONE;

	/* The number may be another's later. */
	if (phone->beside.base == leg->base)
		phone->beside.base = UA_SIM_NOBASE;

	leg->comp = 0;
	leg->base = UA_SIM_NOBASE;
	leg->mapped.af = UA_AF_NONE;
}


void ua_simroam_part(struct ua_simphone *phone)
{
	size_t i;

	for (i = 0; i < phone->nhost; i++) {
		struct ua_simleg *leg = &phone->hostv[i];

		if (!leg->comp && leg->sock && !ua_simgather_uses(leg)) {
			ua_simsock_close(leg->sock);
			leg->sock = NULL;
		}
	}
}


void ua_simroam_want(struct ua_simphone *phone, const char *why)
{
	if (phone->why || !phone->has_remote)
		return;

	phone->why = why;
	phone->why_us = phone->net->now_us;
}


void ua_simroam_moved(struct ua_simleg *host)
{
	struct ua_simphone *phone = host->phone;

	phone->shaky = true;
	ua_simgather_drop(host, false, false, ENETRESET);
	if (ua_simgather_more(phone))
		ua_simnet_note(phone->net, "phone   %s: gathers no more",
			       phone->name);
	ua_simroam_want(phone, "address outside changed");
}


void ua_simroam_event(struct ua_simphone *phone, const struct ua_ice_event *ev)
{
	switch (ev->type) {

	case UA_ICE_EVENT_SUSPECT:
		phone->shaky = true;
		ua_simgather_ask(phone);
		ua_simgather_probe(phone);
		break;

	case UA_ICE_EVENT_CONSENT_LOST:
		phone->shaky = true;
		break;

	case UA_ICE_EVENT_MEDIA_PATH:
		phone->shaky = false;
		break;

	case UA_ICE_EVENT_RECOVERED:
		phone->shaky = false;
		if (phone->doubted && phone->quiet_us < QUIET_MAX_S * UA_SIM_S)
			phone->quiet_us *= 4;
		phone->doubted = false;
		break;

	case UA_ICE_EVENT_NEED_RESTART:
		ua_simroam_want(phone, ev->why);
		break;

	case UA_ICE_EVENT_NOMINATED:
		phone->shaky = false;
		if (ev->all)
			phone->restarts = 0;
		break;

	case UA_ICE_EVENT_NO_PATH_YET:
		/* Servers that were not there may be, and the other way. */
		ua_simgather_probe(phone);
		if (ua_simgather_more(phone))
			ua_simnet_note(phone->net,
				       "phone   %s: gathers no more",
				       phone->name);
		/* Sound that comes by c= is not to be disturbed. */
		if (!ua_simbeside_carries(phone) &&
		    (phone->restarts || (phone->nproxied && phone->talks)))
			ua_simroam_want(phone, "no path was found");
		break;

	default:
		break;
	}
}


uint64_t ua_simroam_due(struct ua_simphone *phone)
{
	const uint64_t at_us = phone->why_us + GATHER_MS * UA_SIM_MS;
	const char *why = phone->why;

	if (!why)
		return UA_NEVER;

	if (!ua_simgather_done(phone) && phone->net->now_us < at_us)
		return at_us / UA_SIM_MS + 1;

	phone->why = NULL;
	ua_simnet_note(phone->net, "phone   %s wants a restart: %s",
		       phone->name, why);
	if (phone->handlers.restart)
		phone->handlers.restart(why, phone->handlers.arg);
	if (phone->call.restart)
		phone->call.restart(why, phone->call.arg);

	return UA_NEVER;
}


void ua_simroam_doubt(struct ua_simphone *phone)
{
	if (!phone->stat.heard || phone->held ||
	    phone->net->now_us < phone->listen_us + phone->quiet_us)
		return;

	phone->listen_us = phone->net->now_us;
	phone->doubted = true;
	ua_ice_silent(phone->ice, now_ms(phone), 0);
	ua_simphone_pump(phone);
}


static void start_again(struct ua_simphone *phone)
{
	const int err = ua_simroam_open(phone);

	if (err) {
		phone->stat.starved++;
		ua_simnet_note(phone->net, "phone   %s: no sockets (%d)",
			       phone->name, err);
	}

	if (ua_simgather_more(phone))
		ua_simnet_note(phone->net, "phone   %s: gathers no more",
			       phone->name);
}


/* The sockets may be what does not work: of a NAT's bad mapping. */
static void reopen(struct ua_simphone *phone)
{
	size_t i;

	for (i = 0; i < phone->nhost; i++) {
		if (phone->hostv[i].comp)
			leg_drop(&phone->hostv[i], true, ENETRESET);
	}

	start_again(phone);
}


/* Asked again, would a proxy's relay still send to where we were?  Only
   another m= port makes it forget. */
static bool is_stale(const struct ua_simphone *phone)
{
	struct ua_path path;

	return phone->nproxied &&
	       (phone->shaky || ua_ice_media(phone->ice, 0, 1, &path));
}


/*
 * The restart before this one came to nothing: a relay that keeps its ports
 * may take somebody else for us, and only we can change that.
 */
void ua_simroam_answers(struct ua_simphone *phone)
{
	struct ua_path path;

	if (phone->nproxied && ua_ice_restarting(phone->ice) &&
	    ua_ice_media(phone->ice, 0, 1, &path))
		reopen(phone);
}


int ua_simphone_restart(struct ua_simphone *phone)
{
	if (!phone->ice)
		return ENOTCONN;

	if (phone->restarts++ || is_stale(phone))
		reopen(phone);

	phone->why = NULL;
	phone->born_us = phone->net->now_us;
	phone->stat.restarts++;

	return ua_ice_restart(phone->ice, now_ms(phone), NULL);
}


void ua_simphone_rollback(struct ua_simphone *phone)
{
	if (!phone->ice)
		return;

	ua_ice_rollback(phone->ice, now_ms(phone));
	if (phone->restarts)
		--phone->restarts;
	ua_simphone_pump(phone);
}


static bool has_addr(const struct ua_simhost *host, const struct ua_addr *addr)
{
	struct le *le;
	size_t i;

	LIST_FOREACH(&host->ifl, le)
	{
		const struct ua_simif *ifc = le->data;

		for (i = 0; i < ifc->naddr; i++) {
			if (ua_addr_ip_eq(&ifc->addrv[i], addr))
				return true;
		}
	}

	return false;
}


void ua_simphone_network(struct ua_simphone *phone)
{
	size_t i;

	if (!phone->ice || phone->closing)
		return;

	for (i = 0; i < phone->nhost; i++) {
		struct ua_simleg *leg = &phone->hostv[i];

		if (leg->comp && !has_addr(phone->host, &leg->addr))
			leg_drop(leg, false, EADDRNOTAVAIL);
	}

	start_again(phone);

	ua_simroam_want(phone, "network changed");
	ua_simphone_pump(phone);
}
