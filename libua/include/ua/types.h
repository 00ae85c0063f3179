/* SPDX-License-Identifier: BSD-3-Clause */
/** @file types.h  Words that every part of libua shares */
#ifndef UA_TYPES_H
#define UA_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** A deadline that never comes */
#define UA_NEVER UINT64_MAX

/** The caller must look at the result */
#define UA_CHECK __attribute__((warn_unused_result))

enum {
	UA_DGRAM_MAX = 2048, /**< Largest datagram that is handled [bytes] */
	UA_ADDR_LEN = 64     /**< Room for a printed address [bytes]       */
};

/** Address family; the values are libua's own */
enum ua_af {
	UA_AF_NONE = 0, /**< Not set */
	UA_AF_IP4 = 4,
	UA_AF_IP6 = 6
};

/** Transport of signalling and of TURN */
enum ua_tp { UA_TP_UDP = 0, UA_TP_TCP, UA_TP_TLS };

/** An IP address with a port: a value, copied at will, compared by field */
struct ua_addr {
	uint8_t af;     /**< enum ua_af                                  */
	uint16_t port;  /**< Port, host byte order                       */
	uint32_t scope; /**< IPv6 zone index, 0 if none                  */
	uint8_t ip[16]; /**< Network byte order; IPv4 uses the first four */
};

/** The way of one datagram */
struct ua_path {
	uint16_t base;         /**< Socket or ICE base, owner's number */
	struct ua_addr local;  /**< Address of that base               */
	struct ua_addr remote; /**< Other end                          */
};

/** A datagram that a machine wants sent, or that arrived */
struct ua_dgram {
	struct ua_path path;
	size_t len; /**< Used part of buf [bytes] */
	uint8_t buf[UA_DGRAM_MAX];
};

/** Source of randomness of a machine; borrowed by it for its life */
struct ua_rand {
	/** Fills len bytes; must not fail */
	void (*fill)(uint8_t *buf, size_t len, void *arg);
	void *arg;
};


/**
 * Set an address from a numeric string.
 *
 * @param addr  Set on success only
 * @param ip    "192.0.2.1", "2001:db8::1", "fe80::1%3" (zone by index)
 * @param port  Port, host byte order
 *
 * @retval 0        Done
 * @retval EINVAL   Not a numeric IP address: resolve it, or refuse it
 */
UA_CHECK int ua_addr_set(struct ua_addr *addr, const char *ip, uint16_t port);


/**
 * Read "192.0.2.1:5060", "[2001:db8::1]:5060"; the port may be missing (0).
 *
 * @retval 0        Done
 * @retval EINVAL   Not of that form; addr is unchanged
 */
UA_CHECK int ua_addr_decode(struct ua_addr *addr, const char *str);


/** Print as "192.0.2.1:5060" or "[2001:db8::1]:5060"; returns buf */
const char *ua_addr_str(const struct ua_addr *addr, char buf[UA_ADDR_LEN]);


/** Print without the port: "192.0.2.1", "2001:db8::1"; returns buf */
const char *ua_addr_ip_str(const struct ua_addr *addr, char buf[UA_ADDR_LEN]);


/** Same family, IP address, zone and port */
bool ua_addr_eq(const struct ua_addr *a, const struct ua_addr *b);


/** Same family, IP address and zone, whatever the port */
bool ua_addr_ip_eq(const struct ua_addr *a, const struct ua_addr *b);


/** 0.0.0.0, :: or no address at all */
bool ua_addr_is_any(const struct ua_addr *addr);
bool ua_addr_is_loopback(const struct ua_addr *addr);
bool ua_addr_is_linklocal(const struct ua_addr *addr);
bool ua_addr_is_multicast(const struct ua_addr *addr);

/** RFC 1918, RFC 6598, RFC 4193 and link-local: behind a NAT, most likely */
bool ua_addr_is_private(const struct ua_addr *addr);

#endif
