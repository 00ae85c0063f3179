/* SPDX-License-Identifier: BSD-3-Clause */
/** @file netlink.h  What the kernel says when its network changes */
#ifndef UA_NETLINK_H
#define UA_NETLINK_H

#include <ua/types.h>

/** What a packet of messages is about */
enum {
	UA_NETLINK_LINK = 1 << 0,  /**< Interface came, went, up, down      */
	UA_NETLINK_ADDR = 1 << 1,  /**< Address came, went, changed state   */
	UA_NETLINK_ROUTE = 1 << 2, /**< Way to others came or went          */
	UA_NETLINK_LOST = 1 << 3   /**< Messages were dropped: look at all  */
};


/**
 * Read a packet of rtnetlink(7) messages.  Only their kind counts: what the
 * network is like now is looked up when they have ceased to come.
 *
 * Left out is what changes nothing for calls: scan results of Wi-Fi,
 * neighbours, routes of the kernel's own table and its cache.
 *
 * @param whatp  Set on success: UA_NETLINK_..., 0: nothing of interest
 * @param buf    The packet, need not be aligned
 * @param len    Its length [bytes]
 *
 * @retval 0        Done
 * @retval EBADMSG  It is cut off or malformed: look at everything
 */
UA_CHECK int ua_netlink_parse(unsigned *whatp, const uint8_t *buf, size_t len);

#endif
