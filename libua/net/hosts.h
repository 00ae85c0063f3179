/* SPDX-License-Identifier: BSD-3-Clause */
/** @file hosts.h  Names in the text of /etc/hosts */
#ifndef UA_HOSTS_H
#define UA_HOSTS_H

#include <ua/types.h>


/**
 * Find the addresses of a name, whatever its case.  Lines that are wrong are
 * skipped.
 *
 * @param text   Text of the file
 * @param name   Host name, without a dot at its end
 * @param af     Family wanted
 * @param addrv  Set to the addresses in the order of the file, port 0
 * @param max    Room in addrv; more are left out
 *
 * @return Number of addresses
 */
size_t ua_hosts_find(const char *text, const char *name, enum ua_af af,
		     struct ua_addr *addrv, size_t max);

#endif
