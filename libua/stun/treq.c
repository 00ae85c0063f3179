/* SPDX-License-Identifier: BSD-3-Clause */
/** @file treq.c  One TURN request under way */

#include "stun/treq.h"

static const struct kind {
	const char *name;
	uint16_t method;
	uint8_t sends;
	uint32_t last_wait_ms;
} kinds[UA_TREQ_NKIND] = {
	[UA_TREQ_NONE] = { .name = "none" },
	[UA_TREQ_ALLOCATE] = { "Allocate", UA_STUN_ALLOCATE,
			       UA_TREQ_ALLOCATE_SENDS,
			       UA_TREQ_ALLOCATE_WAIT_MS },
	[UA_TREQ_REFRESH] = { "Refresh", UA_STUN_REFRESH, UA_TXN_SENDS,
			      UA_TXN_RM *UA_TXN_RTO_MS },
	[UA_TREQ_FREE] = { "Refresh 0", UA_STUN_REFRESH, UA_TREQ_FREE_SENDS,
			   UA_TREQ_FREE_WAIT_MS },
	[UA_TREQ_PERMIT] = { "CreatePermission", UA_STUN_CREATE_PERMISSION,
			     UA_TXN_SENDS, UA_TXN_RM *UA_TXN_RTO_MS },
	[UA_TREQ_CHANNEL] = { "ChannelBind", UA_STUN_CHANNEL_BIND,
			      UA_TXN_SENDS, UA_TXN_RM *UA_TXN_RTO_MS },
};


void ua_treq_start(struct ua_treq *req, const struct ua_treq_way *way,
		   uint64_t at_ms, enum ua_treq_kind kind, bool authed)
{
	*req = (struct ua_treq){ .kind = (uint8_t)kind };
	ua_treq_again(req, way, at_ms, authed);
}


void ua_treq_again(struct ua_treq *req, const struct ua_treq_way *way,
		   uint64_t at_ms, bool authed)
{
	const struct kind *kind = &kinds[req->kind];

	req->due = false;
	req->authed = authed;

	if (way->stream)
		ua_txn_start(&req->txn, way->rand, at_ms, UA_TXN_RTO_MS, 1,
			     UA_TREQ_STREAM_WAIT_MS);
	else
		ua_txn_start(&req->txn, way->rand, at_ms, UA_TXN_RTO_MS,
			     kind->sends, kind->last_wait_ms);
}


void ua_treq_stop(struct ua_treq *req)
{
	ua_txn_stop(&req->txn);
	req->kind = UA_TREQ_NONE;
	req->due = false;
}


bool ua_treq_count(struct ua_treq *req, uint16_t code)
{
	switch (code) {

	case 401:
		return ++req->n401 <= UA_TREQ_AUTH_MAX;

	case 438:
		return ++req->n438 <= (req->kind == UA_TREQ_FREE
					       ? UA_TREQ_FREE_STALE_MAX
					       : UA_TREQ_STALE_MAX);

	case 500:
		return ++req->n500 <= UA_TREQ_ERROR_MAX;

	default:
		return false;
	}
}


bool ua_treq_match(const struct ua_treq *req, const struct ua_stun *msg)
{
	return kinds[req->kind].method == msg->method &&
	       ua_txn_match(&req->txn, msg);
}


bool ua_treq_tick(struct ua_treq *req, uint64_t now_ms)
{
	const enum ua_txn_todo todo = ua_txn_tick(&req->txn, now_ms);

	if (todo == UA_TXN_SEND)
		req->due = true;

	return todo == UA_TXN_TIMEOUT;
}


uint16_t ua_treq_method(const struct ua_treq *req)
{
	return kinds[req->kind].method;
}


const char *ua_treq_name(enum ua_treq_kind kind)
{
	return kinds[kind].name;
}
