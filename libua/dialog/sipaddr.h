/* SPDX-License-Identifier: BSD-3-Clause */
/** @file sipaddr.h  The syntax of addresses, where libre reads past faults */
#ifndef UA_SIPADDR_H
#define UA_SIPADDR_H

#include <stdbool.h>

struct pl;

/**
 * Is each quote and each bracket of a name-addr or addr-spec closed, and a
 * URI there at most once (RFC 3261, 20.10)?  Display names are not looked at
 * any closer: what is wrong in them hurts nobody.
 *
 * @param val  Value of From, To, Contact, ..., with its parameters
 */
bool ua_sipaddr_closed(const struct pl *val);


/**
 * Does a "sip:" URI name a host, and a port of 0 to 65535 if any, with
 * nothing between them and the parameters (RFC 3261, 25.1, hostport)?  An
 * IPv6 address stands in brackets; what is in these is not looked at, for
 * the grammar itself was wrong there (RFC 5118, 4.10).
 */
bool ua_sipaddr_hostport_ok(const struct pl *uri);

#endif
