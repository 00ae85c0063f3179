/* SPDX-License-Identifier: BSD-3-Clause */
/** @file hostrr.h  Records of names that this host knows itself */
#ifndef UA_HOSTRR_H
#define UA_HOSTRR_H

#include "net/locate.h"


/**
 * Names that this host knows need no name server, for any record: the user
 * has overruled what the domain says.  localhost is always one of them
 * (RFC 6761, 6.3).
 *
 * @param text  Of the hosts file
 * @param name  Whose records; of an SRV its owner: the host is behind its
 *              two labels
 * @param rrv   Set to the records: addresses, never any other ones
 * @param n     Set to their number, which may be 0
 *
 * @return False: it does not know the name; nothing was set
 */
bool ua_hostrr_find(const char *text, const char *name, enum ua_rrtype type,
		    struct ua_rr rrv[UA_DNS_RR_MAX], size_t *n);

#endif
