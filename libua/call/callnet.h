/* SPDX-License-Identifier: BSD-3-Clause */
/** @file callnet.h  A call whose host changes its place in the network */
#ifndef UA_CALLNET_H
#define UA_CALLNET_H

#include <stdbool.h>

struct ua_call;


/**
 * This host's addresses, or the ways from them, are others: signalling moves
 * to the endpoint that leads to the other side now, media finds its way anew,
 * and the peer is told of both.  May end the call.
 */
void ua_callnet_changed(struct ua_call *call);


/** Another address than the present one leads to the other side now */
bool ua_callnet_is_astray(struct ua_call *call);

#endif
