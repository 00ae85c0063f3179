/* SPDX-License-Identifier: BSD-3-Clause */
/** @file sipmsg.h  Messages, beyond what libre's parser knows of them */
#ifndef UA_SIPMSG_H
#define UA_SIPMSG_H

#include <ua/types.h>

struct pl;
struct sip_msg;

/** Methods that are answered with more than a refusal (value of Allow) */
#define UA_SIPMSG_ALLOW "INVITE, ACK, CANCEL, BYE, OPTIONS, INFO"

/** Info Package, and option tag, of trickle ICE (RFC 8840, 10) */
#define UA_SIPMSG_TRICKLE "trickle-ice"

/** Type of the bodies of that package, below "application" */
#define UA_SIPMSG_TRICKLE_BODY "trickle-ice-sdpfrag"

enum {
	UA_SIPMSG_STR_MAX = 1024, /**< Longest URI, tag or Call-ID        */
	UA_SIPMSG_HDRS_MAX = 128, /**< Header lines of a message          */
	UA_SIPMSG_FAULT_MAX = 256 /**< Header lines that go with a fault  */
};

/** How a request has to be refused */
struct ua_sipmsg_fault {
	uint16_t code;
	const char *reason;                /**< Static                      */
	char headers[UA_SIPMSG_FAULT_MAX]; /**< CRLF-ended lines, or empty  */
	bool stateless; /**< Keep no transaction with the answer            */
	bool framing;   /**< Nobody knows where the body ends: a connection
			     that it came on has to be closed                */
};


/**
 * Check a message that libre decoded: first thing to do with it.
 *
 * A Max-Forwards of 0 is no fault: we are where the request wanted to go
 * (RFC 4475, 3.3.11).  A missing one neither (RFC 2543 had none).
 *
 * @param msg    Message
 * @param fault  Set with EPROTO; framing always
 *
 * @retval 0        Well-formed, and nothing required that we do not know
 * @retval EPROTO   A request to be refused with fault (never an ACK)
 * @retval EBADMSG  Drop it: a broken response or ACK, or no way to answer
 */
UA_CHECK int ua_sipmsg_check(const struct sip_msg *msg,
			     struct ua_sipmsg_fault *fault);


/** Method is one of UA_SIPMSG_ALLOW */
bool ua_sipmsg_allowed(const struct sip_msg *msg);

/**
 * How to refuse a method that is not allowed: 405 when it is known, 501 when
 * not (RFC 3261, 8.2.1), with Allow.
 */
void ua_sipmsg_refuse_method(const struct sip_msg *msg,
			     struct ua_sipmsg_fault *fault);


/** Body by Content-Length, without what stands behind (RFC 3261, 18.3) */
struct pl ua_sipmsg_body(const struct sip_msg *msg);

/** Body if it is application/sdp, else an unset one */
struct pl ua_sipmsg_sdp(const struct sip_msg *msg);


/**
 * Where an answer says that our request came from: received and rport of
 * the top Via (RFC 3581).
 *
 * @param addr  af NONE: the answer does not tell
 */
void ua_sipmsg_mapped(const struct sip_msg *msg, struct ua_addr *addr);


/**
 * Is a token in the comma-separated lists of a header, without a look at the
 * parameters behind it?  Upper and lower case differ (RFC 6086, 7.2).
 *
 * @param there  Set to whether there is such a header at all (may be NULL)
 */
bool ua_sipmsg_lists(const struct sip_msg *msg, const char *header,
		     const char *token, bool *there);

/** A header that is one number; false: none, or none that is one */
bool ua_sipmsg_number(const struct sip_msg *msg, int id, uint32_t *v);

/** Decimal digits only, no overflow */
bool ua_sipmsg_u32(const struct pl *pl, uint32_t *v);

/** Copy a view into a string, cut to fit; control characters become '?' */
void ua_sipmsg_text(char *str, size_t size, const struct pl *pl);

/** The usual reason phrase of a status code */
const char *ua_sipmsg_reason(uint16_t code);

/** Is this a "sip:" or "sips:" URI, and not longer than allowed? */
bool ua_sipmsg_uri_ok(const struct pl *pl);

#endif
