/* SPDX-License-Identifier: BSD-3-Clause */
/** @file check.h  Messages of a connectivity check (RFC 8445, 7) */
#ifndef UA_ICE_CHECK_H
#define UA_ICE_CHECK_H

#include <ua/ice.h>
#include "stun/stun.h"

enum { UA_CHECK_UNKNOWN_MAX = 8 /**< Unknown attributes that a 420 lists */ };

/** What a request says; strings are borrowed */
struct ua_check_req {
	const uint8_t *tid;
	const char *user; /**< ufrag of the one who gets it           */
	const char *from; /**< ufrag of the one who sends it          */
	const char *key;  /**< pwd of the one who gets it             */
	uint64_t tie_breaker;
	uint32_t prio; /**< Of the peer-reflexive candidate it may breed */
	bool controlling;
	bool nominate;       /**< USE-CANDIDATE                        */
	uint32_t nomination; /**< Value of a renomination, 0: none     */
};

/** An answer that is owed */
struct ua_check_reply {
	uint8_t tid[UA_STUN_TID_LEN];
	struct ua_addr to;
	uint16_t base;
	uint16_t code; /**< 0: success, or 400, 420, 487               */
	uint8_t nunknown;
	uint16_t unknownv[UA_CHECK_UNKNOWN_MAX];
};


/**
 * Build a request into a datagram's buf and len.
 *
 * @retval 0       Done
 * @retval ENOMEM  No memory for MESSAGE-INTEGRITY: it is sent again later
 */
UA_CHECK int ua_check_request(struct ua_dgram *dg,
			      const struct ua_check_req *req);


/**
 * Build an answer.
 *
 * @param key  Our pwd
 *
 * @retval 0       Done
 * @retval ENOMEM  No memory for MESSAGE-INTEGRITY: the peer asks again
 */
UA_CHECK int ua_check_answer(struct ua_dgram *dg,
			     const struct ua_check_reply *reply,
			     const char *key);


/**
 * Whose is a USERNAME "ours:theirs" (RFC 8445, 7.2.2)?
 *
 * @param theirs      Set to the second half, not terminated
 * @param theirs_len  Set to its length
 *
 * @return False: none, malformed, or the first half is not `ours`
 */
bool ua_check_user(const struct ua_stun *msg, const char *ours,
		   const char **theirs, size_t *theirs_len);

#endif
