/* SPDX-License-Identifier: BSD-3-Clause */
/** @file chan.c  TURN channels */

#include <errno.h>

#include "stun/chan.h"

/* clang-format off */
enum {
	F = UA_CHAN_FREE, W = UA_CHAN_WANTED, A = UA_CHAN_ASKED,
	B = UA_CHAN_BOUND, R = UA_CHAN_RENEW, C = UA_CHAN_COOL
};

/* Every move a channel can make; 0 is a refused move. */
static const uint8_t moves[UA_CHAN_NSTATE][UA_CHAN_NEVENT] = {
	/*                   WANT ASK GRANT FAIL LOSE */
	[UA_CHAN_FREE]   = { W,   0,  0,    0,   0 },
	[UA_CHAN_WANTED] = { 0,   A,  0,    C,   F },
	[UA_CHAN_ASKED]  = { 0,   0,  B,    C,   F },
	[UA_CHAN_BOUND]  = { 0,   R,  0,    C,   F },
	[UA_CHAN_RENEW]  = { 0,   0,  B,    C,   F },
	[UA_CHAN_COOL]   = { W,   0,  0,    0,   F },
};
/* clang-format on */


void ua_chan_init(struct ua_chan chanv[static UA_CHAN_MAX])
{
	size_t i;

	for (i = 0; i < UA_CHAN_MAX; i++)
		chanv[i] = (struct ua_chan){ .state = UA_CHAN_FREE };
}


/* The only writer of chan->state. */
int ua_chan_step(struct ua_chan *chan, enum ua_chan_ev ev)
{
	const uint8_t from = chan->state;
	const uint8_t to = moves[from][ev];

	if (to == UA_CHAN_NONE)
		return EPROTO;

	chan->state = to;
	if (from == UA_CHAN_ASKED && to == UA_CHAN_BOUND)
		chan->tell = true;
	else if (to == UA_CHAN_COOL || to == UA_CHAN_FREE)
		chan->tell = false;

	return 0;
}


struct ua_chan *ua_chan_find(struct ua_chan chanv[static UA_CHAN_MAX],
			     const struct ua_addr *peer)
{
	size_t i;

	for (i = 0; i < UA_CHAN_MAX; i++) {
		if (chanv[i].state != UA_CHAN_FREE &&
		    ua_addr_eq(&chanv[i].peer, peer))
			return &chanv[i];
	}

	return NULL;
}


struct ua_chan *ua_chan_number(struct ua_chan chanv[static UA_CHAN_MAX],
			       uint16_t number)
{
	size_t i;

	for (i = 0; i < UA_CHAN_MAX; i++) {
		if (chanv[i].state != UA_CHAN_FREE &&
		    chanv[i].number == number)
			return &chanv[i];
	}

	return NULL;
}


/* Far fewer channels than numbers: one is found at once. */
static uint16_t number_take(struct ua_chan chanv[static UA_CHAN_MAX],
			    uint16_t *next)
{
	uint16_t n;

	do {
		n = *next;
		*next = n == UA_CHAN_LAST ? UA_CHAN_FIRST : (uint16_t)(n + 1);
	} while (ua_chan_number(chanv, n));

	return n;
}


struct ua_chan *ua_chan_take(struct ua_chan chanv[static UA_CHAN_MAX],
			     uint64_t now_ms, const struct ua_addr *peer,
			     uint16_t *next)
{
	struct ua_chan *chan = ua_chan_find(chanv, peer);
	size_t i;

	if (chan)
		return chan;

	for (i = 0; i < UA_CHAN_MAX; i++) {
		chan = &chanv[i];

		if (chan->state == UA_CHAN_COOL && chan->reuse_ms <= now_ms)
			(void)ua_chan_step(chan, UA_CHAN_LOSE);

		if (chan->state != UA_CHAN_FREE)
			continue;

		chan->number = number_take(chanv, next);
		chan->peer = *peer;
		return chan;
	}

	return NULL;
}


bool ua_chan_covers(const struct ua_chan chanv[static UA_CHAN_MAX],
		    const struct ua_addr *peer)
{
	size_t i;

	for (i = 0; i < UA_CHAN_MAX; i++) {
		if (chanv[i].state != UA_CHAN_FREE &&
		    chanv[i].state != UA_CHAN_COOL &&
		    ua_addr_ip_eq(&chanv[i].peer, peer))
			return true;
	}

	return false;
}


bool ua_chan_due(const struct ua_chan *chan, uint64_t now_ms)
{
	return (chan->state == UA_CHAN_WANTED ||
		chan->state == UA_CHAN_BOUND) &&
	       chan->at_ms <= now_ms;
}


bool ua_chan_usable(const struct ua_chan *chan)
{
	return chan->state == UA_CHAN_BOUND || chan->state == UA_CHAN_RENEW;
}


const char *ua_chan_state_name(enum ua_chan_state state)
{
	static const char *const names[UA_CHAN_NSTATE] = {
		"NONE", "FREE", "WANTED", "ASKED", "BOUND", "RENEW", "COOL"
	};

	return names[state];
}
