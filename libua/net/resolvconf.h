/* SPDX-License-Identifier: BSD-3-Clause */
/** @file resolvconf.h  Name servers in the text of /etc/resolv.conf */
#ifndef UA_RESOLVCONF_H
#define UA_RESOLVCONF_H

#include <ua/types.h>


/**
 * Find the name servers, in their order.  Wrong lines are skipped; search
 * lists are not for SIP domains, which are whole.
 *
 * @param text   Text of the file
 * @param addrv  Set to the servers, port 53
 * @param max    Room in addrv; more are left out
 *
 * @return Number of servers, 0 if none is named
 */
size_t ua_resolvconf_servers(const char *text, struct ua_addr *addrv,
			     size_t max);

#endif
