/* SPDX-License-Identifier: BSD-3-Clause */
/** @file describe.h  Our own candidates, and how paths are named by them */
#ifndef UA_DESCRIBE_H
#define UA_DESCRIBE_H

#include "ice/iceagent.h"


/**
 * Number for a new base: a fresh one, or when all are taken, that of one which
 * is gone in both generations.
 *
 * @return UA_CAND_NONE: there is none
 */
uint16_t ua_describe_place(const struct ua_ice *ice);


/**
 * See ua_ice_base_add().
 *
 * @param b  From ua_describe_place()
 */
UA_CHECK int ua_describe_base(struct ua_ice *ice,
			      const struct ua_ice_base *base, uint16_t b);


/** See ua_ice_local_srflx() */
UA_CHECK int ua_describe_srflx(struct ua_ice *ice, uint16_t base,
			       const struct ua_addr *mapped,
			       const struct ua_addr *server);


/**
 * Local candidate of a pair whose check came back with this mapped address
 * (RFC 8445, 7.2.5.3.1-2): a known one, a new peer-reflexive one, or, when
 * there are too many, the base's own.
 */
uint16_t ua_describe_mapped(struct ua_ice *ice, uint16_t pair,
			    const struct ua_addr *mapped);


/** PRIORITY of a pair's checks (RFC 8445, 7.1.1) */
uint32_t ua_describe_prio(const struct ua_ice *ice,
			  const struct ua_pair *pair);


/** Way of a pair */
void ua_describe_path(const struct ua_ice *ice, const struct ua_pair *pair,
		      struct ua_path *path);


/** A local candidate, with its related address (RFC 8839, 5.1) */
void ua_describe_local(const struct ua_ice *ice, uint16_t index,
		       struct ua_ice_cand *out);

#endif
