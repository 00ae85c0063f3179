/* SPDX-License-Identifier: BSD-3-Clause */
/** @file simgather.c  STUN and TURN clients of a phone's sockets */

#include <errno.h>
#include <string.h>

#include "simphonecore.h"


static uint64_t now_ms(const struct ua_simphone *phone)
{
	return phone->net->now_us / UA_SIM_MS;
}


static uint64_t earlier(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}


void ua_simgather_tell(struct ua_simleg *leg)
{
	struct ua_simphone *phone = leg->phone;
	int err = 0;

	if (!phone->ice)
		return;

	if (leg->relay) {
		leg->base = UA_SIM_NOBASE;
		err = ua_ice_base_add(phone->ice, now_ms(phone), 0,
				      (uint16_t)leg->comp, UA_ICE_RELAY,
				      &leg->addr, 0, &leg->base);
	}
	else if (leg->mapped.af && leg->base != UA_SIM_NOBASE) {
		err = ua_ice_local_srflx(phone->ice, now_ms(phone), leg->base,
					 &leg->mapped, &leg->mapper);
	}

	if (err && err != EALREADY)
		ua_simnet_note(phone->net,
			       "phone   %s: a candidate is left "
			       "out (%d)",
			       phone->name, err);
}


static void asked_event(struct ua_simasked *asked,
			const struct ua_bind_event *ev)
{
	struct ua_simleg *host = asked->host;
	bool moved;

	asked->settled = true;
	if (ev->type == UA_BIND_FAILED)
		return;

	moved = host->mapped.af && ua_addr_eq(&host->mapper, &asked->server) &&
		!ua_addr_eq(&host->mapped, &ev->mapped);
	host->mapped = ev->mapped;
	host->mapper = asked->server;
	ua_simgather_tell(host);

	if (moved)
		ua_simroam_moved(host);
}


static uint64_t asked_pump(struct ua_simasked *asked)
{
	const uint64_t now = now_ms(asked->host->phone);
	struct ua_bind_event ev;
	struct ua_dgram dg;
	int err;

	if (!asked->bind)
		return UA_NEVER;

	if (ua_bind_deadline(asked->bind) <= now)
		ua_bind_tick(asked->bind, now);

	while (ua_bind_output(asked->bind, now, &dg)) {
		err = ua_simsock_send(asked->host->sock, &dg.path.remote,
				      dg.buf, dg.len);
		if (err)
			ua_bind_error(asked->bind, now, err);
	}

	while (asked->bind && ua_bind_event(asked->bind, &ev))
		asked_event(asked, &ev);

	return asked->bind ? ua_bind_deadline(asked->bind) : UA_NEVER;
}


uint64_t ua_simgather_pump(struct ua_simphone *phone)
{
	uint64_t at = UA_NEVER;
	size_t i;

	for (i = 0; i < phone->nasked; i++)
		at = earlier(at, asked_pump(&phone->askedv[i]));

	for (i = 0; i < phone->nrelay; i++)
		at = earlier(at, ua_simrelayed_pump(&phone->relayv[i]));

	return at;
}


static struct ua_simasked *asked_of(struct ua_simphone *phone,
				    const struct ua_simleg *host,
				    const struct ua_addr *server)
{
	size_t i;

	for (i = 0; i < phone->nasked; i++) {
		struct ua_simasked *a = &phone->askedv[i];

		if (a->bind && a->host == host &&
		    ua_addr_eq(&a->server, server))
			return a;
	}

	return NULL;
}


static struct ua_simasked *asked_place(struct ua_simphone *phone)
{
	size_t i;

	for (i = 0; i < UA_SIM_BINDS; i++) {
		if (!phone->askedv[i].bind) {
			if (i >= phone->nasked)
				phone->nasked = i + 1;
			return &phone->askedv[i];
		}
	}

	return NULL;
}


static int bind_open(struct ua_simphone *phone, const struct ua_addr *server,
		     struct ua_simleg *host)
{
	struct ua_simasked *asked = asked_of(phone, host, server);
	const struct ua_bind_conf conf = {
		.server = *server,
		.rand = &phone->net->rand,
		.log = phone->log.h ? &phone->log : NULL,
	};
	int err;

	if (asked)
		return 0;

	asked = asked_place(phone);
	if (!asked)
		return ENOSPC;

	memset(asked, 0, sizeof(*asked));
	asked->host = host;
	asked->server = *server;
	err = ua_bind_alloc(&asked->bind, &conf);
	if (err)
		return err;

	ua_bind_start(asked->bind, now_ms(phone));
	ua_bind_keep(asked->bind, now_ms(phone), true);

	return 0;
}


static bool has_relay(const struct ua_simphone *phone,
		      const struct ua_simserver *server, unsigned comp)
{
	size_t i;

	for (i = 0; i < phone->nrelay; i++) {
		const struct ua_simrelayed *r = &phone->relayv[i];

		if (r->turn && !r->parting && r->host->comp == comp &&
		    ua_addr_eq(&r->server, &server->addr))
			return true;
	}

	return false;
}


static bool fits(const struct ua_simleg *host, unsigned comp,
		 const struct ua_addr *server)
{
	return host->comp == comp && host->addr.af == server->af &&
	       !ua_addr_is_linklocal(&host->addr);
}


/* As a kernel would: by the first interface that has such an address */
struct ua_simleg *ua_simgather_way(struct ua_simphone *phone, unsigned comp,
				   const struct ua_addr *dst)
{
	struct le *le;
	size_t i;

	LIST_FOREACH(&phone->host->ifl, le)
	{
		for (i = 0; i < phone->nhost; i++) {
			struct ua_simleg *host = &phone->hostv[i];

			if (fits(host, comp, dst) &&
			    host->sock->ifc == le->data)
				return host;
		}
	}

	return NULL;
}


static int use_stun(struct ua_simphone *phone,
		    const struct ua_simserver *server)
{
	unsigned comp;
	size_t i;
	int err = 0;

	for (comp = 1; comp <= phone->conf.ncomp; comp++) {
		for (i = 0; i < phone->nhost && !err; i++) {
			if (fits(&phone->hostv[i], comp, &server->addr))
				err = bind_open(phone, &server->addr,
						&phone->hostv[i]);
		}
	}

	return err;
}


static int use_turn(struct ua_simphone *phone,
		    const struct ua_simserver *server)
{
	struct ua_simleg *host;
	unsigned comp;
	int err;

	/* How we look it tells in one round trip; a relay takes it two. */
	err = use_stun(phone, server);

	for (comp = 1; comp <= phone->conf.ncomp && !err; comp++) {
		host = ua_simgather_way(phone, comp, &server->addr);
		if (!host)
			continue;

		if (!has_relay(phone, server, comp))
			err = ua_simrelayed_open(phone, server, host);
	}

	return err;
}


int ua_simgather_more(struct ua_simphone *phone)
{
	size_t i;
	int err = 0;

	phone->complete = false;
	for (i = 0; i < phone->conf.nserver && !err; i++) {
		const struct ua_simserver *server = &phone->conf.serverv[i];

		err = server->turn ? use_turn(phone, server)
				   : use_stun(phone, server);
	}

	return err;
}


void ua_simgather_ask(struct ua_simphone *phone)
{
	size_t i;

	for (i = 0; i < phone->nhost; i++) {
		struct ua_simleg *host = &phone->hostv[i];

		if (host->comp && host->mapped.af &&
		    bind_open(phone, &host->mapper, host))
			ua_simnet_note(phone->net, "phone   %s: cannot ask",
				       phone->name);
	}

	for (i = 0; i < phone->nasked; i++) {
		if (phone->askedv[i].bind)
			ua_bind_ask(phone->askedv[i].bind, now_ms(phone));
	}
}


void ua_simgather_probe(struct ua_simphone *phone)
{
	size_t i;

	for (i = 0; i < phone->nrelay; i++) {
		if (phone->relayv[i].turn)
			ua_turn_error(phone->relayv[i].turn, now_ms(phone),
				      ECONNREFUSED);
	}
}


bool ua_simgather_uses(const struct ua_simleg *host)
{
	const struct ua_simphone *phone = host->phone;
	size_t i;

	for (i = 0; i < phone->nrelay; i++) {
		if (phone->relayv[i].turn && phone->relayv[i].host == host)
			return true;
	}

	return false;
}


void ua_simgather_drop(struct ua_simleg *host, bool all, bool release, int err)
{
	struct ua_simphone *phone = host->phone;
	size_t i;

	for (i = 0; i < phone->nrelay; i++) {
		struct ua_simrelayed *relay = &phone->relayv[i];

		if (!relay->turn || relay->host != host)
			continue;

		ua_simrelayed_drop(relay, release, err);
	}

	for (i = 0; i < phone->nasked && all; i++) {
		if (phone->askedv[i].host == host)
			phone->askedv[i].bind =
				mem_deref(phone->askedv[i].bind);
	}
}


bool ua_simgather_done(const struct ua_simphone *phone)
{
	size_t i;

	for (i = 0; i < phone->nasked; i++) {
		if (phone->askedv[i].bind && !phone->askedv[i].settled)
			return false;
	}

	for (i = 0; i < phone->nrelay; i++) {
		if (phone->relayv[i].turn && !phone->relayv[i].settled &&
		    !phone->relayv[i].parting)
			return false;
	}

	return true;
}


bool ua_simgather_input(struct ua_simleg *host, const struct ua_addr *src,
			const uint8_t *buf, size_t len)
{
	struct ua_simphone *phone = host->phone;
	size_t i;

	for (i = 0; i < phone->nrelay; i++) {
		struct ua_simrelayed *relay = &phone->relayv[i];

		if (relay->host == host && relay->turn &&
		    ua_simrelayed_input(relay, src, buf, len))
			return true;
	}

	for (i = 0; i < phone->nasked; i++) {
		struct ua_simasked *asked = &phone->askedv[i];

		if (asked->host == host && asked->bind &&
		    ua_bind_input(asked->bind, now_ms(phone), src, buf, len) !=
			    ENOENT)
			return true;
	}

	return false;
}


void ua_simgather_close(struct ua_simphone *phone)
{
	size_t i;

	for (i = 0; i < phone->nasked; i++)
		phone->askedv[i].bind = mem_deref(phone->askedv[i].bind);

	for (i = 0; i < phone->nrelay; i++) {
		if (phone->relayv[i].turn)
			ua_turn_close(phone->relayv[i].turn, now_ms(phone));
	}
}


bool ua_simgather_gone(const struct ua_simphone *phone)
{
	size_t i;

	for (i = 0; i < phone->nrelay; i++) {
		if (phone->relayv[i].turn)
			return false;
	}

	return true;
}


void ua_simgather_free(struct ua_simphone *phone)
{
	size_t i;

	for (i = 0; i < phone->nasked; i++)
		mem_deref(phone->askedv[i].bind);
	for (i = 0; i < phone->nrelay; i++)
		mem_deref(phone->relayv[i].turn);
}
