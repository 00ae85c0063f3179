/* SPDX-License-Identifier: BSD-3-Clause */
/** @file sdpconn.h  Connection address: what stands behind "c=" */
#ifndef UA_SDPCONN_H
#define UA_SDPCONN_H

#include <ua/types.h>

struct ua_wr;

/** What a c= line is good for */
enum ua_sdpconn_kind {
	UA_SDPCONN_NONE = 0, /**< There is none */
	UA_SDPCONN_ADDR,     /**< An address */
	UA_SDPCONN_ANY,      /**< 0.0.0.0 or ::, hold or trickle */
	UA_SDPCONN_NAME,     /**< A host name, see text */
	UA_SDPCONN_FAMILY,   /**< An address, not of the family it claims */
	UA_SDPCONN_BROKEN    /**< Anything else, "IN IP6 None" for example */
};

/** A connection address */
struct ua_sdp_conn {
	uint8_t kind;        /**< enum ua_sdpconn_kind */
	uint8_t af;          /**< Family that the line claims, enum ua_af */
	struct ua_addr addr; /**< Of ADDR, ANY, FAMILY; port 0 */
	const char *text;    /**< Address as written, for NAME to BROKEN */
};


/**
 * Read "IN IP4 192.0.2.1".  Nothing is an error: proxies write broken ones
 * into calls that work without.
 *
 * @param conn   Always set; text borrows value
 * @param value  Cut into words
 */
void ua_sdpconn_decode(struct ua_sdp_conn *conn, char *value);


/** A connection address made of an IP address; unset gives 0.0.0.0 */
void ua_sdpconn_set(struct ua_sdp_conn *conn, const struct ua_addr *addr);


/** Write "IN IP4 192.0.2.1"; errors stick in wr */
void ua_sdpconn_encode(struct ua_wr *wr, const struct ua_sdp_conn *conn);


/** Same kind, address and text */
bool ua_sdpconn_eq(const struct ua_sdp_conn *a, const struct ua_sdp_conn *b);

#endif
