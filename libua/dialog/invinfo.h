/* SPDX-License-Identifier: BSD-3-Clause */
/** @file invinfo.h  INFO of a session: the Info Package of trickle ICE */
#ifndef UA_INVINFO_H
#define UA_INVINFO_H

#include "dialog/invcore.h"


/** Take what an INVITE, or an answer to one, says of INFO (RFC 6086, 5.2) */
void ua_invinfo_learn(struct ua_invcore_fork *fork, const struct sip_msg *msg);

/** An INFO came in a dialog: answer it, tell the owner */
UA_CHECK int ua_invinfo_request(struct ua_invite *inv, uint8_t fork,
				struct sip_msg *msg);

/** As ua_invite_response() and ua_invite_failed(), for INFO */
UA_CHECK int ua_invinfo_response(struct ua_invite *inv, struct sip_msg *msg);
void ua_invinfo_failed(struct ua_invite *inv, uint32_t id, int err);

#endif
