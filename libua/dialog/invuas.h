/* SPDX-License-Identifier: BSD-3-Clause */
/** @file invuas.h  A peer's requests in a session, and our answers */
#ifndef UA_INVUAS_H
#define UA_INVUAS_H

#include "dialog/invcore.h"


/** As ua_invite_accept_call(), ua_invite_request() */
UA_CHECK int ua_invuas_invite(struct ua_invite *inv, uint64_t now_ms,
			      struct sip_msg *msg);
UA_CHECK int ua_invuas_request(struct ua_invite *inv, uint64_t now_ms,
			       struct sip_msg *msg);

/**
 * Answer a request that came.
 *
 * @param reason   NULL: the usual one
 * @param headers  More lines, CRLF-ended, NULL: none
 * @param sdp      Body, NULL: none
 */
UA_CHECK int ua_invuas_reply(struct ua_invite *inv, struct sip_msg *msg,
			     uint16_t code, const char *reason,
			     const char *headers, const char *sdp, size_t len);

/** Answer the INVITE that waits; 2xx starts waiting for its ACK */
UA_CHECK int ua_invuas_answer(struct ua_invite *inv, uint64_t now_ms,
			      uint16_t code, const char *reason,
			      const char *headers, const char *sdp,
			      size_t len);

/** Send the last 1xx again, and when to do so the next time */
UA_CHECK int ua_invuas_ring_again(struct ua_invite *inv, uint64_t now_ms);

/** The 2xx again, or give up waiting for its ACK */
UA_CHECK int ua_invuas_ok_tick(struct ua_invite *inv, uint64_t now_ms);

#endif
