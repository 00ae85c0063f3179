/* SPDX-License-Identifier: BSD-3-Clause */
/** @file locate.h  Locating servers: the rules of RFC 3263, without a net */
#ifndef UA_LOCATE_H
#define UA_LOCATE_H

#include <ua/types.h>

enum {
	UA_TARGET_MAX = 16,    /**< Targets of one answer                  */
	UA_DNS_NAME_LEN = 256, /**< Room for a name (RFC 1035, 2.3.4)      */
	UA_DNS_RR_MAX = 16,    /**< Records of one name and type           */
	UA_LOCATE_MAX = 32     /**< Lookups of one query                   */
};

/** A service that can be located */
enum ua_service {
	UA_SERVICE_SIP = 0, /**< 5060, TLS 5061 (RFC 3263) */
	UA_SERVICE_STUN,    /**< 3478, TLS 5349 (RFC 8489) */
	UA_SERVICE_TURN     /**< 3478, TLS 5349 (RFC 8656) */
};

/** Bit of a transport in ua_locate_conf.tps */
#define UA_TP_BIT(tp) ((uint8_t)(1U << (tp)))

/** Record types (RFC 1035, 3.2.2; RFC 3596; RFC 2782; RFC 2915) */
enum ua_rrtype {
	UA_RR_A = 1,
	UA_RR_AAAA = 28,
	UA_RR_SRV = 33,
	UA_RR_NAPTR = 35
};

/** Where to send */
struct ua_target {
	struct ua_addr addr;
	enum ua_tp tp;
};

/** Why a name leads nowhere, as far as its records say */
enum ua_locate_what {
	UA_LOCATE_HOST = 0,   /**< No such host, or no address of its      */
	UA_LOCATE_LOOKUP,     /**< owner, type: could not be found out     */
	UA_LOCATE_NO_SERVICE, /**< SRV of owner: its target is the root    */
	UA_LOCATE_NO_PORT,    /**< SRV of owner: port 0                    */
	UA_LOCATE_NO_ADDRESS, /**< SRV of owner: target has no address     */
	UA_LOCATE_NO_SRV      /**< NAPTR of owner: target has no SRV       */
};

/** The record that is to blame, the best one of several */
struct ua_locate_fault {
	enum ua_locate_what what;
	enum ua_rrtype type;
	char owner[UA_DNS_NAME_LEN];
	char target[UA_DNS_NAME_LEN];
};

/** What came out */
struct ua_located {
	struct ua_target targetv[UA_TARGET_MAX]; /**< Best first        */
	size_t n;
	struct ua_locate_fault fault; /**< Of an error other than
					   EINPROGRESS                  */
};

/** What is asked */
struct ua_locate_conf {
	const char *host; /**< Name or numeric address, also "[::1]"        */
	uint16_t port;    /**< 0: not told, SRV may tell                    */
	enum ua_service service;
	uint8_t tps; /**< Transports wanted, UA_TP_BIT() of each            */
	bool ip4;
	bool ip6;
};

/** One record; which members count depends on its type */
struct ua_rr {
	uint16_t order;             /**< NAPTR order, SRV priority        */
	uint16_t pref;              /**< NAPTR preference, SRV weight     */
	uint16_t port;              /**< SRV                              */
	enum ua_tp tp;              /**< NAPTR: transport of its service  */
	struct ua_addr addr;        /**< A, AAAA; port 0                  */
	char name[UA_DNS_NAME_LEN]; /**< SRV target, NAPTR replacement; ""
					 is the root: no such service     */
};

/**
 * Find the records of a name.
 *
 * @param rrv  Set to the records (borrowed until the next lookup)
 * @param n    Set to their number, at least 1
 *
 * @retval 0            Found
 * @retval EINPROGRESS  Asked: ua_locate() is called again later
 * @retval ENOENT       There are none
 * @retval errno        Could not be found out
 */
typedef int(ua_locate_h)(const char *name, enum ua_rrtype type,
			 const struct ua_rr **rrv, size_t *n, void *arg);


/**
 * Is it a host name?  Letters, digits, '-', '_' and '.', labels of 1 to 63 and
 * 253 in all (RFC 1035, 2.3), the last one not a number.
 */
bool ua_locate_is_name(const char *name);


/**
 * Can this be resolved: a host name, or a numeric address?
 *
 * @retval 0       Yes
 * @retval EINVAL  Bad host, no transport, no family
 */
UA_CHECK int ua_locate_check(const struct ua_locate_conf *conf);


/**
 * Apply the rules to what is known.
 *
 * Asks the handler for everything that may be needed, so that the questions
 * travel together, and is called again whenever an answer has come.
 *
 * @param res   Set to what came out
 * @param conf  As ua_locate_check() accepts it
 * @param rand  For the weights of SRV (RFC 2782)
 * @param h     Finds records
 * @param arg   Of the handler
 *
 * @retval 0            At least one target
 * @retval EINPROGRESS  Call again when an answer has come
 * @retval ENOENT       Nothing there: the fault tells which record is to blame
 * @retval errno        Of the handler, and the fault tells for which record
 */
UA_CHECK int ua_locate(struct ua_located *res,
		       const struct ua_locate_conf *conf,
		       const struct ua_rand *rand, ua_locate_h *h, void *arg);

#endif
