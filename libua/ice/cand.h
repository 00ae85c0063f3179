/* SPDX-License-Identifier: BSD-3-Clause */
/** @file cand.h  Candidates: priorities, foundations, which are refused */
#ifndef UA_CAND_H
#define UA_CAND_H

#include <ua/ice.h>

enum {
	UA_CAND_PRFLX_MAX = 8, /**< Peer-reflexive ones of a component   */
	UA_CAND_PER_IP = 8     /**< Of the peer's, on one IP address     */
};

/** Index that points to nothing */
#define UA_CAND_NONE UINT16_MAX

/** A candidate of ours or of the peer; others refer to it by index */
struct ua_cand {
	struct ua_addr addr;
	struct ua_addr rel; /**< Ours: server that told; peer's: raddr   */
	uint32_t prio;
	uint32_t birth; /**< Lower is older                           */
	uint16_t base;  /**< Ours: base it is sent from; latched: to it  */
	uint16_t group; /**< Equal for equal foundations, for freezing   */
	uint8_t type;   /**< enum ua_ice_type                            */
	uint8_t stream;
	uint8_t comp;
	bool latched; /**< Peer's: only base `base` may check it         */
	char foundation[UA_ICE_FOUNDATION_MAX + 1];
};

/** A table that grows up to its limit; entries never move in it */
struct ua_cands {
	struct ua_cand *v; /**< Owned                                  */
	uint16_t n;
	uint16_t size; /**< Room in v                                  */
	uint16_t max;  /**< UA_ICE_LOCALS, UA_ICE_REMOTES              */
};


/**
 * Priority of a candidate (RFC 8445, 5.1.2.1).
 *
 * @param pref  Local preference, see ua_cand_pref()
 */
uint32_t ua_cand_prio(enum ua_ice_type type, uint16_t pref, uint8_t comp);


/**
 * Local preference: unique among candidates of one type and component.
 *
 * @param cost   Group of the base, 0 is the best
 * @param index  How many of that type and component came before
 */
uint16_t ua_cand_pref(uint8_t cost, unsigned index);


/**
 * Why nobody honest has such a candidate (RFC 8445, 19.5.1).
 *
 * @return NULL: it may be used; otherwise words (static)
 */
const char *ua_cand_refused(const struct ua_addr *addr);


/**
 * Append a copy.
 *
 * @param index  Set to its index
 *
 * @retval 0       Done
 * @retval ENOSPC  The limit is reached
 * @retval ENOMEM  Table unchanged
 */
UA_CHECK int ua_cand_add(struct ua_cands *cands, const struct ua_cand *cand,
			 uint16_t *index);


/** Candidate of a component with that address, UA_CAND_NONE: none */
uint16_t ua_cand_find(const struct ua_cands *cands, uint8_t stream,
		      uint8_t comp, const struct ua_addr *addr);


/** How many of a type a component has */
unsigned ua_cand_count(const struct ua_cands *cands, uint8_t stream,
		       uint8_t comp, enum ua_ice_type type);


/**
 * Give one of our candidates its foundation: equal if type, IP address of the
 * base and of the server are (RFC 8445, 5.1.1.3).
 *
 * @param base_of  Addresses of the bases, by number
 */
void ua_cand_found(const struct ua_cands *cands, struct ua_cand *cand,
		   const struct ua_addr *base_of(uint16_t base, void *arg),
		   void *arg);


/**
 * Group one of the peer's candidates by its foundation.  Peers that give one
 * foundation to all would be checked one after the other: candidates of
 * another type, or on another host address, never share a group.
 */
void ua_cand_group(const struct ua_cands *cands, struct ua_cand *cand);


/** What a description, or an event, says of it */
void ua_cand_get(const struct ua_cand *cand, struct ua_ice_cand *out);

#endif
