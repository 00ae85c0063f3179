/* SPDX-License-Identifier: BSD-3-Clause */
/** @file pinged.h  What a server sends to keep a NAT awake is answered */
#ifndef UA_PINGED_H
#define UA_PINGED_H

#include "sip/endpoint.h"

struct sa;
struct sip_msg;


/** A double CRLF by UDP: the answer is as cheap as it is (RFC 5626, 4.4.1) */
void ua_pinged_crlf(struct ua_endpoint *ep, const struct sa *peer);

/**
 * An OPTIONS: told what we can do, if it says that it takes that.
 *
 * @retval ENOMEM, other  Not answered: refuse it by 500
 */
UA_CHECK int ua_pinged_options(struct ua_endpoint *ep,
			       const struct sip_msg *msg);

/** A NOTIFY with Event keep-alive; false: it is none */
bool ua_pinged_notify(struct ua_endpoint *ep, const struct sip_msg *msg);

#endif
