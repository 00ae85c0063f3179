/* SPDX-License-Identifier: BSD-3-Clause */
/** @file simrelayed.c  Relays of a phone: a TURN client on one of its sockets
 */

#include <errno.h>
#include <string.h>

#include "simphonecore.h"


static uint64_t now_ms(const struct ua_simphone *phone)
{
	return phone->net->now_us / UA_SIM_MS;
}


static void relay_ready(struct ua_simrelayed *relay,
			const struct ua_turn_event *ev)
{
	const struct ua_addr *addrv[] = { &ev->relayed, &ev->relayed6 };
	size_t i;

	if (!relay->host->mapped.af) {
		relay->host->mapped = ev->mapped;
		relay->host->mapper = relay->server;
		ua_simgather_tell(relay->host);
	}

	for (i = 0; i < 2; i++) {
		struct ua_simleg *leg = &relay->legv[i];

		if (!addrv[i]->af)
			continue;

		leg->phone = relay->phone;
		leg->relay = relay;
		leg->comp = relay->host->comp;
		leg->addr = *addrv[i];
		ua_simgather_tell(leg);
	}
}


static void relay_lost(struct ua_simrelayed *relay, int err)
{
	struct ua_simphone *phone = relay->phone;
	size_t i;

	for (i = 0; i < 2; i++) {
		struct ua_simleg *leg = &relay->legv[i];

		if (phone->ice && leg->comp && leg->base != UA_SIM_NOBASE &&
		    ua_ice_base_down(phone->ice, now_ms(phone), leg->base,
				     err))
			ua_simnet_note(phone->net, "phone   %s: unknown relay",
				       phone->name);
		leg->comp = 0;
	}
}


static void relay_verdict(struct ua_simrelayed *relay,
			  const struct ua_turn_event *ev, int err)
{
	struct ua_simphone *phone = relay->phone;
	size_t i;

	for (i = 0; i < 2; i++) {
		struct ua_simleg *leg = &relay->legv[i];

		if (phone->ice && leg->comp && leg->base != UA_SIM_NOBASE &&
		    leg->addr.af == ev->peer.af)
			ua_ice_verdict(phone->ice, now_ms(phone), leg->base,
				       &ev->peer, err);
	}
}


static void relay_event(struct ua_simrelayed *relay,
			const struct ua_turn_event *ev)
{
	struct ua_simphone *phone = relay->phone;

	switch (ev->type) {

	case UA_TURN_READY:
		relay->settled = true;
		if (!phone->closing && !relay->parting)
			relay_ready(relay, ev);
		break;

	case UA_TURN_PERMITTED:
		relay_verdict(relay, ev, 0);
		break;

	case UA_TURN_DENIED:
		relay_verdict(relay, ev, ev->err ? ev->err : EACCES);
		break;

	case UA_TURN_LOST:
		ua_simnet_note(phone->net, "phone   %s: relay is lost",
			       phone->name);
		relay_lost(relay, ECONNRESET);
		break;

	case UA_TURN_DEAD:
		ua_simnet_note(phone->net, "phone   %s: no relay: %u %s",
			       phone->name, ev->code, ev->reason);
		relay->settled = true;
		relay_lost(relay, ev->err);
		relay->turn = mem_deref(relay->turn);
		break;

	case UA_TURN_CLOSED:
		relay_lost(relay, ECONNRESET);
		relay->turn = mem_deref(relay->turn);
		break;

	case UA_TURN_CHANNEL:
		break;
	}
}


uint64_t ua_simrelayed_pump(struct ua_simrelayed *relay)
{
	const uint64_t now = now_ms(relay->phone);
	struct ua_turn_event ev;
	struct ua_dgram dg;
	int err;

	if (!relay->turn)
		return UA_NEVER;

	if (ua_turn_deadline(relay->turn) <= now)
		ua_turn_tick(relay->turn, now);

	while (ua_turn_output(relay->turn, now, &dg)) {
		err = ua_simsock_send(relay->host->sock, &dg.path.remote,
				      dg.buf, dg.len);
		if (err)
			ua_turn_error(relay->turn, now, err);
	}

	while (relay->turn && ua_turn_event(relay->turn, &ev))
		relay_event(relay, &ev);

	return relay->turn ? ua_turn_deadline(relay->turn) : UA_NEVER;
}


static struct ua_simrelayed *relay_place(struct ua_simphone *phone)
{
	size_t i;

	for (i = 0; i < UA_SIM_RELAYS; i++) {
		if (!phone->relayv[i].turn) {
			memset(&phone->relayv[i], 0, sizeof(phone->relayv[i]));
			if (i >= phone->nrelay)
				phone->nrelay = i + 1;
			return &phone->relayv[i];
		}
	}

	return NULL;
}


int ua_simrelayed_open(struct ua_simphone *phone,
		       const struct ua_simserver *server,
		       struct ua_simleg *host)
{
	struct ua_simrelayed *relay = relay_place(phone);
	const struct ua_turn_conf conf = {
		.server = server->addr,
		.family = UA_TURN_BOTH,
		.user = server->user,
		.password = server->password,
		.rand = &phone->net->rand,
		.log = phone->log.h ? &phone->log : NULL,
	};
	int err;

	if (!relay)
		return ENOSPC;

	relay->phone = phone;
	relay->host = host;
	relay->server = server->addr;
	err = ua_turn_alloc(&relay->turn, &conf);
	if (!err)
		err = ua_turn_start(relay->turn, now_ms(phone));
	if (err)
		relay->turn = mem_deref(relay->turn);

	return err;
}


bool ua_simrelayed_input(struct ua_simrelayed *relay,
			 const struct ua_addr *src, const uint8_t *buf,
			 size_t len)
{
	struct ua_turn_data data;
	const int err = ua_turn_input(relay->turn, now_ms(relay->phone), src,
				      buf, len, &data);
	size_t i;

	if (err == ENOENT)
		return false;

	for (i = 0; i < 2 && !err && data.len; i++) {
		if (relay->legv[i].comp &&
		    relay->legv[i].addr.af == data.peer.af)
			ua_simphone_recv(&relay->legv[i], &data.peer, data.buf,
					 data.len);
	}

	return true;
}


void ua_simrelayed_drop(struct ua_simrelayed *relay, bool release, int err)
{
	relay_lost(relay, err);
	relay->parting = true;
	if (release)
		ua_turn_close(relay->turn, now_ms(relay->phone));
	else
		relay->turn = mem_deref(relay->turn);
}
