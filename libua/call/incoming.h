/* SPDX-License-Identifier: BSD-3-Clause */
/** @file incoming.h  What the agent tells the calls */
#ifndef UA_INCOMING_H
#define UA_INCOMING_H

#include "call/env.h"
#include "call/server.h"
#include "call/target.h"

struct sip_msg;


/**
 * An INVITE came.
 *
 * @param account  Whose it is, NULL: nobody's in particular
 * @param ep       Where it came in
 *
 * @return 0: it rings, or was refused; else the SIP status to refuse it with
 */
uint16_t ua_incoming(struct ua_env *env, struct ua_account *account,
		     struct ua_endpoint *ep, struct sip_msg *msg);


/** An account's server was found or not: calls that wait for it go on */
void ua_dial_ready(struct ua_env *env, struct ua_account *account);

#endif
