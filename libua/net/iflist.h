/* SPDX-License-Identifier: BSD-3-Clause */
/** @file iflist.h  Local addresses that are fit for calls, best first */
#ifndef UA_IFLIST_H
#define UA_IFLIST_H

#include <ua/types.h>

enum {
	UA_IFADDR_MAX = 32, /**< Addresses in a list           */
	UA_IFRAW_MAX = 256, /**< Addresses looked at           */
	UA_IFNAME_LEN = 16  /**< Room for a name with its zero */
};

/** What a path over an interface costs; lower is better */
enum ua_ifcost {
	UA_IFCOST_WIRED = 0,
	UA_IFCOST_WIFI,
	UA_IFCOST_CELLULAR,
	UA_IFCOST_VPN,   /**< Tunnels: tun, tap, wireguard, ppp              */
	UA_IFCOST_BRIDGE /**< Bridges that lead nowhere: docker0, virbr0 ... */
};

/** One address that is fit */
struct ua_ifaddr {
	struct ua_addr addr;        /**< Port 0                            */
	char ifname[UA_IFNAME_LEN]; /**< "eth0"                            */
	uint32_t ifindex;           /**< The kernel's number, never 0      */
	enum ua_ifcost cost;        /**< Group of RFC 8445 preferences     */
	uint8_t index;              /**< Place inside its group, from 0:
					 unique together with cost         */
	bool deflt;                 /**< A default route of its family
					 leaves here                       */
};

/** Best first: by cost, inside by default route, families alternating */
struct ua_iflist {
	struct ua_ifaddr v[UA_IFADDR_MAX];
	size_t n;
};

/** Which addresses are wanted; strings are borrowed for the call */
struct ua_iflist_conf {
	const char *const *ifacev; /**< Names, or NULL                       */
	size_t ifacec;             /**< 0: all that are fit                  */
	bool ip4;
	bool ip6;
	bool linklocal; /**< Take 169.254/16 and fe80::/10 too              */
};

/** State of one address as the kernel tells it */
enum {
	UA_IFRAW_UP = 1 << 0,
	UA_IFRAW_LOOPBACK = 1 << 1,
	UA_IFRAW_PTP = 1 << 2,        /**< Point to point               */
	UA_IFRAW_TENTATIVE = 1 << 3,  /**< Or duplicate: not usable     */
	UA_IFRAW_DEPRECATED = 1 << 4, /**< No new sessions (RFC 4862)   */
	UA_IFRAW_TEMPORARY = 1 << 5,  /**< RFC 8981                     */
	UA_IFRAW_DEFAULT = 1 << 6     /**< Default route of its family  */
};

/** One address before the choice */
struct ua_ifraw {
	struct ua_addr addr;
	char ifname[UA_IFNAME_LEN];
	uint32_t ifindex;
	uint8_t plen; /**< Prefix length [bits] */
	uint32_t flags;
	enum ua_ifcost cost;
};


/**
 * List this host's addresses.
 *
 * Interfaces that are down are skipped; tentative and deprecated addresses
 * too.  Of several IPv6 addresses with one prefix on one interface one is
 * taken: the newest temporary one (RFC 8981), else the newest.  Loopback only
 * if it is named, or there is nothing else.
 *
 * @param list  Filled; unchanged on error
 *
 * @retval 0       Done, list->n is at least 1
 * @retval ENOENT  A named interface does not exist: name another
 * @retval ENODEV  None is fit: wait for the network
 * @retval errno   The kernel does not tell: give up
 */
UA_CHECK int ua_iflist_get(struct ua_iflist *list,
			   const struct ua_iflist_conf *conf);


/**
 * The same addresses, each with the same interface, cost and default route?
 * Their order does not count.
 */
bool ua_iflist_eq(const struct ua_iflist *a, const struct ua_iflist *b);


/** Is that address in the list, whatever the port?  NULL: it is not */
const struct ua_ifaddr *ua_iflist_find(const struct ua_iflist *list,
				       const struct ua_addr *addr);


/**
 * The interface that has an address now, though it may be deprecated: one in
 * use is kept until it is removed (RFC 4862, 5.5.4).
 *
 * @return Number of the interface, which is up; 0: there is none
 */
uint32_t ua_iflist_index(const struct ua_addr *addr);


/** Local preference of an address (RFC 8445, 5.1.2; RFC 8421), unique */
uint16_t ua_iflist_pref(const struct ua_ifaddr *ifa);


/**
 * The local address from which the kernel would reach another one.  Nothing
 * is sent.
 *
 * @param dst    Any port
 * @param local  Set on success, port 0
 *
 * @retval 0             Done
 * @retval EINVAL        No address
 * @retval ENETUNREACH   And EHOSTUNREACH, EADDRNOTAVAIL: no route
 * @retval errno         Of socket(2)
 */
UA_CHECK int ua_iflist_source(const struct ua_addr *dst,
			      struct ua_addr *local);


/**
 * The choice itself, without looking at the host.
 *
 * @param rawv  Addresses, in the kernel's order
 *
 * @retval 0       Done, list->n is at least 1
 * @retval ENODEV  None is fit; list is unchanged
 */
UA_CHECK int ua_iflist_choose(struct ua_iflist *list,
			      const struct ua_ifraw *rawv, size_t n,
			      const struct ua_iflist_conf *conf);


/** Set the state of IPv6 addresses from the text of /proc/net/if_inet6 */
void ua_iflist_parse_inet6(struct ua_ifraw *rawv, size_t n, const char *text);


/** Set UA_IFRAW_DEFAULT from the texts of /proc/net/route, .../ipv6_route */
void ua_iflist_parse_route4(struct ua_ifraw *rawv, size_t n, const char *text);
void ua_iflist_parse_route6(struct ua_ifraw *rawv, size_t n, const char *text);


/**
 * What an interface costs.
 *
 * @param ifname    Its name
 * @param devtype   DEVTYPE from its uevent file: "wlan", "wwan", "bridge",
 *                  "wireguard", "ppp" ...; "" if there is none
 * @param wireless  It has a wireless directory
 * @param flags     UA_IFRAW_PTP counts
 */
enum ua_ifcost ua_iflist_cost(const char *ifname, const char *devtype,
			      bool wireless, uint32_t flags);

#endif
