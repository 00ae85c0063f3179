/* SPDX-License-Identifier: BSD-3-Clause */
/** @file dnscache.h  Answers of name servers, also negative, for a while */
#ifndef UA_DNSCACHE_H
#define UA_DNSCACHE_H

#include "net/locate.h"

enum {
	UA_DNSCACHE_MAX = 64,    /**< Answers; the one that ends first goes  */
	UA_DNSCACHE_TTL_MIN = 5, /**< [s] The parts of one query must outlive
				      its deadline, even with a TTL of 0     */
	UA_DNSCACHE_TTL_MAX = 3600, /**< [s] A phone outlives mistakes       */
	UA_DNSCACHE_NEG_MAX = 300   /**< [s] Of a negative one (RFC 2308, 5) */
};

struct ua_dnscache;

/** One answer */
struct ua_dnsans {
	int err;                     /**< 0, ENOENT, EPROTO                */
	char alias[UA_DNS_NAME_LEN]; /**< Ask for this instead (CNAME); ""
					  if there is none                 */
	uint32_t ttl_s;              /**< As told; bounded when kept       */
	size_t n;
	struct ua_rr rrv[UA_DNS_RR_MAX];
};


/**
 * Make an empty one.
 *
 * @retval 0       Done; free it by mem_deref()
 * @retval ENOMEM  Try later
 */
UA_CHECK int ua_dnscache_alloc(struct ua_dnscache **cachep);


/**
 * Keep an answer; replaces the one of the same name and type.
 *
 * @retval 0       Done
 * @retval ENOMEM  Not kept: ask again
 */
UA_CHECK int ua_dnscache_put(struct ua_dnscache *cache, uint64_t now_ms,
			     const char *name, enum ua_rrtype type,
			     const struct ua_dnsans *ans);


/**
 * Find an answer that is still good, whatever the case of the name.
 *
 * @return Answer (borrowed until the next put; of rrv only n records are
 *         there, so do not copy the whole), NULL: ask
 */
const struct ua_dnsans *ua_dnscache_get(struct ua_dnscache *cache,
					uint64_t now_ms, const char *name,
					enum ua_rrtype type);


/** Forget all */
void ua_dnscache_flush(struct ua_dnscache *cache);

#endif
