/* SPDX-License-Identifier: BSD-3-Clause */
/** @file optreq.h  An OPTIONS of ours: asks whether anybody is there */
#ifndef UA_OPTREQ_H
#define UA_OPTREQ_H

#include "sip/endpoint.h"

struct mbuf;
struct ua_dialog;
struct ua_digest;

/**
 * Write the headers of an OPTIONS outside of dialogs (RFC 3261, 11.1).
 *
 * @param mbp      Set on success, given
 * @param half     From, To, Call-ID; its CSeq counts up
 * @param contact  URI
 * @param digest   Answers to challenges, NULL: none
 * @param uri      Request-URI, for the digest
 *
 * @retval ENOMEM  Try later
 */
UA_CHECK int ua_optreq_encode(struct mbuf **mbp, const struct ua_endpoint *ep,
			      struct ua_dialog *half, const char *contact,
			      struct ua_digest *digest, const char *uri);

#endif
