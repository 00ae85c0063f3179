/* SPDX-License-Identifier: BSD-3-Clause */
/** @file relay.h  What lives on a TURN allocation: peers and their data */
#ifndef UA_RELAY_H
#define UA_RELAY_H

#include "stun/chan.h"
#include "stun/perm.h"
#include "stun/treq.h"
#include "stun/turn.h"

struct ua_log;
struct ua_wr;

enum { UA_RELAY_REQ_MAX = 8 /**< At a time; more wait for a free one */ };

/**
 * Permissions, channels and the requests for them; a value inside its owner,
 * which sends, signs and checks, and owns the allocation itself.
 */
struct ua_relay {
	const struct ua_treq_way *way; /**< Borrowed          */
	const struct ua_log *log;      /**< Borrowed, or NULL */
	struct ua_treq reqv[UA_RELAY_REQ_MAX];
	struct ua_perm permv[UA_PERM_MAX];
	struct ua_chan chanv[UA_CHAN_MAX];
	uint16_t next_number; /**< Of the next new channel */
};


void ua_relay_init(struct ua_relay *relay, const struct ua_treq_way *way,
		   const struct ua_log *log);

/** End all requests */
void ua_relay_stop(struct ua_relay *relay);

/** Channels die with their allocation; peers are wanted on the next one */
void ua_relay_lose(struct ua_relay *relay);

/** Start what is due, as far as there are free requests for it */
void ua_relay_work(struct ua_relay *relay, uint64_t now_ms, bool authed);

/** The request that msg answers; NULL: none */
struct ua_treq *ua_relay_match(struct ua_relay *relay,
			       const struct ua_stun *msg);

/** A request had success */
void ua_relay_granted(struct ua_relay *relay, uint64_t now_ms,
		      struct ua_treq *req);


/**
 * A request was refused, or not answered (code 0).
 *
 * @return Is the allocation in doubt?  Silence may mean that it is gone, and
 *         coturn says 400 when it does not know it any more: Refresh tells
 */
bool ua_relay_refused(struct ua_relay *relay, uint64_t now_ms,
		      struct ua_treq *req, uint16_t code);

/** Resend, give up; returns as ua_relay_refused() */
bool ua_relay_tick(struct ua_relay *relay, uint64_t now_ms);

/** When tick or work have something to do */
uint64_t ua_relay_deadline(const struct ua_relay *relay);

/** Put the attributes of a request */
void ua_relay_encode(const struct ua_relay *relay, const struct ua_treq *req,
		     struct ua_wr *wr);

/** A Data indication; see ua_turn_input() */
UA_CHECK int ua_relay_input(struct ua_relay *relay, const struct ua_stun *msg,
			    struct ua_turn_data *data);

/** ChannelData; see ua_turn_input() */
UA_CHECK int ua_relay_channel_input(struct ua_relay *relay, const uint8_t *buf,
				    size_t len, struct ua_turn_data *data);

/** PERMITTED, DENIED, CHANNEL */
bool ua_relay_event(struct ua_relay *relay, struct ua_turn_event *ev);

/** See ua_turn_permit(); ready: there is an allocation */
UA_CHECK int ua_relay_permit(struct ua_relay *relay, uint64_t now_ms,
			     bool ready, const struct ua_addr *peer);

/** See ua_turn_flush() */
void ua_relay_flush(struct ua_relay *relay, uint64_t now_ms);

/** See ua_turn_channel() */
UA_CHECK int ua_relay_channel(struct ua_relay *relay, uint64_t now_ms,
			      const struct ua_addr *peer);

/** See ua_turn_forget() */
void ua_relay_forget(struct ua_relay *relay, uint64_t now_ms,
		     const struct ua_addr *peer);

/** Wrap a payload; see ua_turn_send() */
UA_CHECK int ua_relay_send(struct ua_relay *relay, const struct ua_addr *peer,
			   const uint8_t *buf, size_t len, struct ua_wr *wr);

#endif
