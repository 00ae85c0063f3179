/* SPDX-License-Identifier: BSD-3-Clause */
/** @file perm.c  TURN permissions */

#include <errno.h>
#include <string.h>

#include "stun/perm.h"

/* clang-format off */
enum {
	F = UA_PERM_FREE, W = UA_PERM_WANTED, A = UA_PERM_ASKED,
	L = UA_PERM_LIVE, R = UA_PERM_RENEW, D = UA_PERM_DENIED
};

/*
 * Every move a permission can make; 0 is a refused move.
 *
 * Every state but FREE takes GRANT: a ChannelBind to the same IP installs the
 * permission, too, whatever became of the CreatePermission (RFC 8656, 12).
 */
static const uint8_t moves[UA_PERM_NSTATE][UA_PERM_NEVENT] = {
	/*                   WANT ASK GRANT DENY SPLIT LOSE FORGET */
	[UA_PERM_FREE]   = { W,   0,  0,    0,   0,    0,   0 },
	[UA_PERM_WANTED] = { 0,   A,  L,    D,   0,    W,   F },
	[UA_PERM_ASKED]  = { 0,   0,  L,    D,   W,    W,   F },
	[UA_PERM_LIVE]   = { 0,   R,  L,    D,   L,    W,   F },
	[UA_PERM_RENEW]  = { 0,   0,  L,    D,   L,    W,   F },
	[UA_PERM_DENIED] = { W,   0,  L,    0,   0,    F,   F },
};
/* clang-format on */


void ua_perm_init(struct ua_perm permv[static UA_PERM_MAX])
{
	size_t i;

	for (i = 0; i < UA_PERM_MAX; i++)
		permv[i] = (struct ua_perm){ .state = UA_PERM_FREE };
}


/* The only writer of perm->state. */
int ua_perm_step(struct ua_perm *perm, enum ua_perm_ev ev)
{
	const uint8_t to = moves[perm->state][ev];

	if (to == UA_PERM_NONE)
		return EPROTO;

	perm->state = to;

	switch (ev) {

	case UA_PERM_GRANT:
		perm->tell |= !perm->granted;
		perm->granted = true;
		perm->alone = false;
		break;

	case UA_PERM_DENY:
		perm->tell = true;
		perm->granted = false;
		break;

	case UA_PERM_SPLIT:
		perm->alone = true;
		break;

	case UA_PERM_WANT:
	case UA_PERM_LOSE:
	case UA_PERM_FORGET:
		perm->tell = false;
		perm->granted = false;
		perm->alone = false;
		break;

	default:
		break;
	}

	return 0;
}


struct ua_perm *ua_perm_find(struct ua_perm permv[static UA_PERM_MAX],
			     const struct ua_addr *peer)
{
	size_t i;

	for (i = 0; i < UA_PERM_MAX; i++) {
		if (permv[i].state != UA_PERM_FREE &&
		    ua_addr_ip_eq(&permv[i].peer, peer))
			return &permv[i];
	}

	return NULL;
}


struct ua_perm *ua_perm_take(struct ua_perm permv[static UA_PERM_MAX],
			     const struct ua_addr *peer)
{
	struct ua_perm *perm = ua_perm_find(permv, peer);
	size_t i;

	for (i = 0; !perm && i < UA_PERM_MAX; i++) {
		if (permv[i].state != UA_PERM_FREE)
			continue;

		perm = &permv[i];
		perm->peer = *peer;
		perm->peer.port = 0;
	}

	return perm;
}


bool ua_perm_due(const struct ua_perm *perm, uint64_t now_ms)
{
	return (perm->state == UA_PERM_WANTED ||
		perm->state == UA_PERM_LIVE) &&
	       perm->at_ms <= now_ms;
}


bool ua_perm_near(const struct ua_perm *perm, uint64_t now_ms)
{
	if (perm->alone)
		return false;

	return perm->state == UA_PERM_WANTED ||
	       (perm->state == UA_PERM_LIVE &&
		perm->at_ms <= now_ms + UA_PERM_EARLY_MS);
}


const char *ua_perm_state_name(enum ua_perm_state state)
{
	static const char *const names[UA_PERM_NSTATE] = {
		"NONE", "FREE", "WANTED", "ASKED", "LIVE", "RENEW", "DENIED"
	};

	return names[state];
}
