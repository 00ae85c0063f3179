/* SPDX-License-Identifier: BSD-3-Clause */
/** @file sdpcand.h  ICE candidates in SDP (RFC 8839, 5.1 and 5.2) */
#ifndef UA_SDPCAND_H
#define UA_SDPCAND_H

#include <ua/types.h>

struct ua_wr;

enum {
	UA_SDPCAND_FOUNDATION_MAX = 32, /**< RFC 8839, 5.1 */
	UA_SDPCAND_TRANSPORT_MAX = 15,
	UA_SDPCAND_NAME_MAX = 95, /**< Longest host name kept [bytes];
				   *  an mDNS name has 42 */
	UA_SDPCAND_COMP_MAX = 256
};

enum ua_sdpcand_type {
	UA_SDPCAND_HOST = 0,
	UA_SDPCAND_SRFLX,
	UA_SDPCAND_PRFLX,
	UA_SDPCAND_RELAY,
	UA_SDPCAND_NTYPE
};

/** Kind of a TCP candidate (RFC 6544, 4.5) */
enum ua_sdpcand_tcp {
	UA_SDPCAND_TCP_NONE = 0,
	UA_SDPCAND_TCP_ACTIVE,
	UA_SDPCAND_TCP_PASSIVE,
	UA_SDPCAND_TCP_SO,
	UA_SDPCAND_NTCP
};

/** A candidate: a value, it borrows nothing */
struct ua_sdp_cand {
	uint16_t comp;        /**< 1 to UA_SDPCAND_COMP_MAX */
	uint8_t type;         /**< enum ua_sdpcand_type */
	uint8_t tcptype;      /**< enum ua_sdpcand_tcp */
	uint32_t prio;        /**< All 32 bits: proxies use 2^31 and up */
	struct ua_addr addr;  /**< UA_AF_NONE: see name; the port counts */
	struct ua_addr raddr; /**< UA_AF_NONE: none was given */
	char foundation[UA_SDPCAND_FOUNDATION_MAX + 1];
	char transport[UA_SDPCAND_TRANSPORT_MAX + 1]; /**< As written */
	char name[UA_SDPCAND_NAME_MAX + 1]; /**< Host name, else empty */
};

/** One triple of a=remote-candidates */
struct ua_sdp_remcand {
	uint16_t comp;
	struct ua_addr addr;
};


/**
 * Read what stands behind "a=candidate:".
 *
 * Unknown extensions are skipped, a missing raddr or rport is no error, an
 * address of a zone loses the zone.
 *
 * @param cand   Set on success only
 * @param value  Cut into words, not borrowed
 * @param why    Set to a constant text when refused
 *
 * @retval 0        Done
 * @retval EBADMSG  No candidate that we understand: count it, go on
 */
UA_CHECK int ua_sdpcand_decode(struct ua_sdp_cand *cand, char *value,
			       const char **why);


/** Write what stands behind "a=candidate:"; errors stick in wr */
void ua_sdpcand_encode(struct ua_wr *wr, const struct ua_sdp_cand *cand);


/** A candidate for UDP? */
bool ua_sdpcand_is_udp(const struct ua_sdp_cand *cand);


/**
 * Read the next triple of a=remote-candidates.
 *
 * @param rem  Set on success only
 * @param pos  Moved behind it
 *
 * @retval 0        Done
 * @retval ENODATA  Nothing left
 * @retval EBADMSG  No triple of component, IP address and port: stop
 */
UA_CHECK int ua_sdpcand_remote(struct ua_sdp_remcand *rem, char **pos);


/** Tells candidates apart: component, type and address; not for keeping */
uint32_t ua_sdpcand_hash(const struct ua_sdp_cand *cand);


/** "host", "srflx", "prflx" or "relay" */
const char *ua_sdpcand_type_name(enum ua_sdpcand_type type);

#endif
