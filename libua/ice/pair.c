/* SPDX-License-Identifier: BSD-3-Clause */
/** @file pair.c  Candidate pairs: their states and priorities */

#include <errno.h>
#include <string.h>

#include "ice/pair.h"

/*
 * Every move a pair can make; 0 is a refused move.
 *
 * WAITING accepts SUCCESS: a triggered check sends the pair back to WAITING
 * without disowning the request in flight, and its answer still counts
 * (RFC 8445, 7.3.1.4).
 */
enum {
	W = UA_PAIR_WAITING,
	P = UA_PAIR_PROGRESS,
	S = UA_PAIR_SUCCEEDED,
	F = UA_PAIR_FAILED
};

/* clang-format off */
static const uint8_t moves[UA_PAIR_NSTATE][UA_PAIR_NEVENT] = {
	/*                    UNFREEZE SEND SUCCESS TIMEOUT TRIGGER EXPIRE DROP */
	[UA_PAIR_FROZEN]    = { W,     0,   0,      0,      W,      0,     F },
	[UA_PAIR_WAITING]   = { 0,     P,   S,      0,      W,      0,     F },
	[UA_PAIR_PROGRESS]  = { 0,     0,   S,      F,      W,      0,     F },
	[UA_PAIR_SUCCEEDED] = { 0,     0,   S,      0,      0,      F,     F },
	[UA_PAIR_FAILED]    = { 0,     0,   0,      0,      W,      0,     0 },
};
/* clang-format on */


int ua_pair_step(struct ua_pair *pair, enum ua_pair_event ev)
{
	const uint8_t to = moves[pair->state][ev];

	if (to == UA_PAIR_NONE)
		return EPROTO;

	pair->state = to;
	if (to == UA_PAIR_SUCCEEDED)
		pair->valid = true;

	if (to == UA_PAIR_FAILED) {
		pair->valid = false;
		pair->nominated = false;
		pair->wanted = false;
		pair->late = false;
		pair->measuring = false;
	}

	return 0;
}


uint64_t ua_pair_prio(uint32_t controlling, uint32_t controlled)
{
	const uint64_t g = controlling;
	const uint64_t d = controlled;

	/* Proxies give priorities of 2^31 and more: by addition, not by OR. */
	if (g == UINT32_MAX && d == UINT32_MAX)
		return UINT64_MAX;

	return ((g < d ? g : d) << 32) + 2 * (g > d ? g : d) + (g > d);
}


bool ua_pair_is_open(const struct ua_pair *pair)
{
	return pair->state == UA_PAIR_FROZEN ||
	       pair->state == UA_PAIR_WAITING ||
	       pair->state == UA_PAIR_PROGRESS;
}


bool ua_pair_is_measured(const struct ua_pair *pair)
{
	return pair->txn.sends == 1 && !pair->blind;
}


void ua_pair_keep_past(struct ua_pair *pair)
{
	if (!pair->txn.sends || pair->unsent)
		return;

	memcpy(pair->past.tid, pair->txn.tid, sizeof(pair->past.tid));
	pair->past.active = true;
	pair->past.once = ua_pair_is_measured(pair);
	pair->past.controlling = pair->controlling;
	pair->past.sent_ms = pair->txn.first_ms;
}


const char *ua_pair_state_name(enum ua_pair_state state)
{
	static const char *const name[UA_PAIR_NSTATE] = {
		[UA_PAIR_NONE] = "NONE",
		[UA_PAIR_FROZEN] = "FROZEN",
		[UA_PAIR_WAITING] = "WAITING",
		[UA_PAIR_PROGRESS] = "PROGRESS",
		[UA_PAIR_SUCCEEDED] = "SUCCEEDED",
		[UA_PAIR_FAILED] = "FAILED",
	};

	return name[state];
}


const char *ua_pair_event_name(enum ua_pair_event ev)
{
	static const char *const name[UA_PAIR_NEVENT] = {
		[UA_PAIR_UNFREEZE] = "UNFREEZE", [UA_PAIR_SEND] = "SEND",
		[UA_PAIR_SUCCESS] = "SUCCESS",   [UA_PAIR_TIMEOUT] = "TIMEOUT",
		[UA_PAIR_TRIGGER] = "TRIGGER",   [UA_PAIR_EXPIRE] = "EXPIRE",
		[UA_PAIR_DROP] = "DROP",
	};

	return name[ev];
}


const char *ua_pair_reason_name(enum ua_pair_reason reason)
{
	static const char *const name[UA_PAIR_NREASON] = {
		[UA_PAIR_OK] = "",
		[UA_PAIR_NO_ANSWER] = "no answer",
		[UA_PAIR_ASYMMETRIC] = "answer came another way",
		[UA_PAIR_REFUSED] = "peer refused",
		[UA_PAIR_ROLE] = "role conflict without end",
		[UA_PAIR_DENIED] = "relay denies the peer",
		[UA_PAIR_BASE_DOWN] = "local address went away",
		[UA_PAIR_SUPERSEDED] = "another pair was nominated",
		[UA_PAIR_UNNEEDED] = "component is not needed",
		[UA_PAIR_LOST] = "nomination had no answer",
		[UA_PAIR_DIED] = "path answers no more",
		[UA_PAIR_CONSENT] = "consent of the peer ended",
		[UA_PAIR_ONE_BASE] = "relay of the proxy has another base",
	};

	return name[reason];
}
