/* SPDX-License-Identifier: BSD-3-Clause */
/** @file sesscore.h  A session as its endpoint sees it */
#ifndef UA_SESSCORE_H
#define UA_SESSCORE_H

#include "base/re_compat.h"
#include "sip/session.h"

/*
 * The owner has a handle and may drop it whenever it likes; what it drops
 * hangs up by itself and stays in the endpoint's list until its last message
 * is answered.
 *
 *   owner -> struct ua_session -> struct ua_sesscore <- ua_endpoint.sessionl
 */
struct ua_sesscore {
	struct le le;            /**< In the endpoint's list               */
	struct ua_endpoint *ep;  /**< NULL: the endpoint is gone           */
	struct ua_session *sess; /**< NULL: the owner is gone             */
	bool left;               /**< ... and that was acted upon          */
	struct ua_invite *inv;
	struct ua_hop hop;
	ua_session_h *h;
	void *arg;
	struct tmr tmr;
	struct tmr trying;     /**< A 100 is due if nothing else is    */
	struct list reql;      /**< Requests of ours, in flight        */
	struct sip_strans *st; /**< INVITE that waits for our answer   */
	struct sip_msg *st_msg;
	struct mbuf *ok_mb; /**< Last 2xx to an INVITE              */
	struct sip_msg *ok_msg;
	struct sip_msg *offer; /**< First INVITE, if it came in        */
};


/** EINVAL, ENOMEM as ua_invite_alloc(); the caller owns a reference */
UA_CHECK int ua_sesscore_alloc(struct ua_sesscore **corep,
			       struct ua_endpoint *ep,
			       const struct ua_session_conf *conf);

/** Do what the machine wants done; events wait for the loop */
void ua_sesscore_flush(struct ua_sesscore *core);

/** The owner has dropped its handle */
void ua_sesscore_orphan(struct ua_sesscore *core);

/** A request or a stray answer came; true: it was of a session */
bool ua_sesscore_request(struct ua_endpoint *ep, struct sip_msg *msg);
void ua_sesscore_response(struct ua_endpoint *ep, struct sip_msg *msg);

/** Sessions that go on for somebody, and all there are */
void ua_sesscore_count(const struct ua_endpoint *ep, uint32_t *calls,
		       uint32_t *all);

/** Set all timers anew */
void ua_sesscore_rearm(struct ua_endpoint *ep);

/** The endpoint goes: no more messages, no more events */
void ua_sesscore_close(struct ua_endpoint *ep);

#endif
