/* SPDX-License-Identifier: BSD-3-Clause */
/** @file txn.c  Retransmission of one STUN request */

#include <string.h>

#include "stun/txn.h"


void ua_txn_start(struct ua_txn *txn, const struct ua_rand *rand,
		  uint64_t now_ms, uint32_t rto_ms, uint8_t max_sends,
		  uint32_t last_wait_ms)
{
	rand->fill(txn->tid, sizeof(txn->tid), rand->arg);
	txn->active = true;
	txn->first_ms = now_ms;
	txn->next_ms = now_ms;
	txn->rto_ms = rto_ms;
	txn->last_wait_ms = last_wait_ms;
	txn->sends = 0;
	txn->max_sends = max_sends;
}


void ua_txn_stop(struct ua_txn *txn)
{
	txn->active = false;
}


bool ua_txn_match(const struct ua_txn *txn, const struct ua_stun *msg)
{
	return txn->active &&
	       (msg->cls == UA_STUN_SUCCESS || msg->cls == UA_STUN_ERROR) &&
	       !memcmp(txn->tid, msg->tid, sizeof(txn->tid));
}


uint64_t ua_txn_deadline(const struct ua_txn *txn)
{
	return txn->active ? txn->next_ms : UA_NEVER;
}


/* Waits count from now, not from when it was due: no burst after a stall */
enum ua_txn_todo ua_txn_tick(struct ua_txn *txn, uint64_t now_ms)
{
	if (!txn->active || now_ms < txn->next_ms)
		return UA_TXN_WAIT;

	if (txn->sends >= txn->max_sends) {
		txn->active = false;
		return UA_TXN_TIMEOUT;
	}

	if (!txn->sends)
		txn->first_ms = now_ms;

	if (++txn->sends == txn->max_sends) {
		txn->next_ms = now_ms + txn->last_wait_ms;
	}
	else {
		txn->next_ms = now_ms + txn->rto_ms;
		if (txn->rto_ms <= UINT32_MAX / 2)
			txn->rto_ms *= 2;
	}

	return UA_TXN_SEND;
}
