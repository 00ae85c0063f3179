/* SPDX-License-Identifier: BSD-3-Clause */
/** @file invuac.h  A session's own requests and the answers to them */
#ifndef UA_INVUAC_H
#define UA_INVUAC_H

#include "dialog/invcore.h"


/**
 * Queue a request of a dialog.
 *
 * @param text  Its lines and body after CSeq
 * @param sent  Set to all of it, referenced; may be NULL
 */
UA_CHECK int ua_invuac_request(struct ua_invite *inv,
			       const struct ua_dialog *dlg,
			       enum ua_invite_do type, const char *met,
			       uint32_t cseq, const struct mbuf *text,
			       struct mbuf **sent);

/**
 * Should a request go once more, with credentials?
 *
 * @param err  Set if an answer to a challenge could not be made
 */
bool ua_invuac_authorize(struct ua_invite *inv, struct ua_digest_round *round,
			 const struct sip_msg *msg, int *err);

/** Queue the INVITE that inv->req describes, with a fresh CSeq */
UA_CHECK int ua_invuac_invite(struct ua_invite *inv);

/** Queue the ACK of a fork's 2xx, and keep it */
UA_CHECK int ua_invuac_ack(struct ua_invite *inv, struct ua_invcore_fork *fork,
			   uint32_t cseq, const char *sdp, size_t len);

/** Queue a BYE in a dialog; ENOSPC: too many under way */
UA_CHECK int ua_invuac_bye(struct ua_invite *inv, struct ua_dialog *dlg);

/** As ua_invite_response() and ua_invite_failed() */
UA_CHECK int ua_invuac_response(struct ua_invite *inv, uint64_t now_ms,
				struct sip_msg *msg);
void ua_invuac_failed(struct ua_invite *inv, uint64_t now_ms, uint32_t id,
		      int err);

#endif
