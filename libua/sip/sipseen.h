/* SPDX-License-Identifier: BSD-3-Clause */
/** @file sipseen.h  What an endpoint sees of its flows */
#ifndef UA_SIPSEEN_H
#define UA_SIPSEEN_H

#include "sip/endpoint.h"

struct sip_msg;

/** Something travelled; pong: it is the answer to a CRLF.  true: it was on a
    flow */
bool ua_sipseen_traffic(struct ua_endpoint *ep, enum ua_tp tp,
			const struct ua_addr *peer, bool tx, bool pong);

/** A STUN message came by UDP; true: it was the answer to a ping of ours */
bool ua_sipseen_stun(struct ua_endpoint *ep, const struct ua_addr *src,
		     const uint8_t *buf, size_t len);

/** A flow is new: watch the connection that is there already */
void ua_sipseen_begin(struct ua_endpoint *ep);

/** A message came on a connection: watch that */
void ua_sipseen_conn(struct ua_endpoint *ep, const struct sip_msg *msg);

/** An answer came that no transaction of libre's took; true: a ping's */
bool ua_sipseen_response(struct ua_endpoint *ep, struct sip_msg *msg);

/** A request came; true: it is a probe of ours */
bool ua_sipseen_probe(struct ua_endpoint *ep, const struct sip_msg *msg);

#endif
