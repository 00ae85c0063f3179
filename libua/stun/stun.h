/* SPDX-License-Identifier: BSD-3-Clause */
/** @file stun.h  STUN messages as views of a buffer (RFC 8489) */
#ifndef UA_STUN_H
#define UA_STUN_H

#include <ua/types.h>

struct ua_wr;

enum {
	UA_STUN_HDR_LEN = 20,
	UA_STUN_TID_LEN = 12,
	UA_STUN_COOKIE = 0x2112a442,
	UA_STUN_UNKNOWN_MAX = 16, /**< Unknown attributes told in a 420 */
	UA_STUN_REASON_MAX = 128  /**< Longest reason phrase kept        */
};

enum ua_stun_class {
	UA_STUN_REQUEST = 0,
	UA_STUN_INDICATION = 1,
	UA_STUN_SUCCESS = 2,
	UA_STUN_ERROR = 3
};

enum ua_stun_method {
	UA_STUN_BINDING = 0x001,
	UA_STUN_ALLOCATE = 0x003,
	UA_STUN_REFRESH = 0x004,
	UA_STUN_SEND = 0x006,
	UA_STUN_DATA = 0x007,
	UA_STUN_CREATE_PERMISSION = 0x008,
	UA_STUN_CHANNEL_BIND = 0x009
};

/** Attribute types (RFC 8489, 18.3; RFC 8656, 18; RFC 8445, 16.1) */
enum ua_stun_attr {
	UA_STUN_MAPPED_ADDRESS = 0x0001,
	UA_STUN_USERNAME = 0x0006,
	UA_STUN_MESSAGE_INTEGRITY = 0x0008,
	UA_STUN_ERROR_CODE = 0x0009,
	UA_STUN_UNKNOWN_ATTRIBUTES = 0x000a,
	UA_STUN_CHANNEL_NUMBER = 0x000c,
	UA_STUN_LIFETIME = 0x000d,
	UA_STUN_XOR_PEER_ADDRESS = 0x0012,
	UA_STUN_DATA_ATTR = 0x0013,
	UA_STUN_REALM = 0x0014,
	UA_STUN_NONCE = 0x0015,
	UA_STUN_XOR_RELAYED_ADDRESS = 0x0016,
	UA_STUN_REQUESTED_ADDRESS_FAMILY = 0x0017,
	UA_STUN_EVEN_PORT = 0x0018,
	UA_STUN_REQUESTED_TRANSPORT = 0x0019,
	UA_STUN_DONT_FRAGMENT = 0x001a,
	UA_STUN_XOR_MAPPED_ADDRESS = 0x0020,
	UA_STUN_PRIORITY = 0x0024,
	UA_STUN_USE_CANDIDATE = 0x0025,
	UA_STUN_ADDITIONAL_ADDRESS_FAMILY = 0x8000,
	UA_STUN_SOFTWARE = 0x8022,
	UA_STUN_ALTERNATE_SERVER = 0x8023,
	UA_STUN_FINGERPRINT = 0x8028,
	UA_STUN_ICE_CONTROLLED = 0x8029,
	UA_STUN_ICE_CONTROLLING = 0x802a,
	UA_STUN_NOMINATION = 0xc001
};

/** A decoded message: borrows the buffer it was decoded from */
struct ua_stun {
	const uint8_t *buf;
	size_t len;         /**< Of the whole message [bytes]            */
	uint16_t method;    /**< enum ua_stun_method, or unknown         */
	uint8_t cls;        /**< enum ua_stun_class                      */
	const uint8_t *tid; /**< UA_STUN_TID_LEN bytes inside buf        */
	size_t integrity;   /**< Offset of MESSAGE-INTEGRITY, 0: none    */
	bool fingerprint;   /**< A FINGERPRINT was there, and right      */
};


/**
 * Could this be STUN?  First two bits zero, magic cookie, a length that is
 * a multiple of four and inside len (RFC 8489, 5; RFC 7983).
 */
bool ua_stun_is(const uint8_t *buf, size_t len);


/**
 * Decode a message.  Never allocates.
 *
 * @param msg  Set on success only; borrows buf
 * @param buf  One datagram; bytes behind the message are refused
 *
 * @retval 0        Done; integrity is NOT checked yet
 * @retval EBADMSG  No STUN message, a broken attribute, or a FINGERPRINT that
 *                  is wrong or not last: drop it
 */
UA_CHECK int ua_stun_decode(struct ua_stun *msg, const uint8_t *buf,
			    size_t len);


/**
 * Check MESSAGE-INTEGRITY in constant time (RFC 8489, 14.5).
 *
 * @retval 0       Authentic
 * @retval ENOENT  No MESSAGE-INTEGRITY in it
 * @retval EACCES  Wrong key, or changed on its way
 * @retval ENOMEM  Could not be checked: drop it, it will be sent again
 */
UA_CHECK int ua_stun_check(const struct ua_stun *msg, const uint8_t *key,
			   size_t key_len);


/**
 * First attribute of a type, NULL if there is none.  Attributes behind
 * MESSAGE-INTEGRITY do not count (RFC 8489, 14.5), FINGERPRINT apart.
 *
 * @param len  Set to the length of its value [bytes] (may be NULL)
 */
const uint8_t *ua_stun_attr(const struct ua_stun *msg, uint16_t type,
			    size_t *len);


/** Next attribute of the same type after value p (from ua_stun_attr()) */
const uint8_t *ua_stun_attr_next(const struct ua_stun *msg, const uint8_t *p,
				 size_t *len);


/** Values by kind; ENOENT: not there, EBADMSG: of a wrong length or form */
UA_CHECK int ua_stun_u32(const struct ua_stun *msg, uint16_t type,
			 uint32_t *v);
UA_CHECK int ua_stun_u64(const struct ua_stun *msg, uint16_t type,
			 uint64_t *v);

/** XOR-ed where the type says so (RFC 8489, 14.2), plain otherwise */
UA_CHECK int ua_stun_addr(const struct ua_stun *msg, uint16_t type,
			  struct ua_addr *addr);


/** The address in value p (from ua_stun_attr() or ua_stun_attr_next()) */
UA_CHECK int ua_stun_addr_at(const struct ua_stun *msg, const uint8_t *p,
			     struct ua_addr *addr);


/**
 * ERROR-CODE (RFC 8489, 14.8).
 *
 * @param reason  Room for UA_STUN_REASON_MAX bytes, cut if need be, may be
 *                NULL; control characters become '?'
 */
UA_CHECK int ua_stun_error(const struct ua_stun *msg, uint16_t *code,
			   char *reason);


/**
 * Comprehension-required attributes (type below 0x8000) that are not in the
 * list of enum ua_stun_attr: a request with any of them gets a 420.
 *
 * @param typev  Room for UA_STUN_UNKNOWN_MAX
 *
 * @return Number of them put into typev
 */
size_t ua_stun_unknown(const struct ua_stun *msg, uint16_t *typev);


/** Start a message in a fresh cursor; errors stick in wr */
void ua_stun_begin(struct ua_wr *wr, enum ua_stun_class cls, uint16_t method,
		   const uint8_t *tid);

/** Append one attribute; padding is zero */
void ua_stun_put(struct ua_wr *wr, uint16_t type, const void *p, size_t len);
void ua_stun_put_u32(struct ua_wr *wr, uint16_t type, uint32_t v);
void ua_stun_put_u64(struct ua_wr *wr, uint16_t type, uint64_t v);
void ua_stun_put_addr(struct ua_wr *wr, uint16_t type,
		      const struct ua_addr *addr);
void ua_stun_put_error(struct ua_wr *wr, uint16_t code, const char *reason);


/**
 * Finish a message: MESSAGE-INTEGRITY if there is a key, FINGERPRINT if
 * asked, and the length.
 *
 * @retval 0       wr->pos bytes of wr->buf are the message
 * @retval ENOSPC  Did not fit
 * @retval EINVAL  An address that is none was put
 * @retval ENOMEM  No memory for MESSAGE-INTEGRITY
 */
UA_CHECK int ua_stun_end(struct ua_wr *wr, const uint8_t *key, size_t key_len,
			 bool fingerprint);


/**
 * Long-term key MD5(user:realm:password) (RFC 8489, 9.2.2).  The strings
 * are taken as they are: OpaqueString (RFC 8265) changes no printable ASCII.
 *
 * @retval 0       Done
 * @retval ENOSYS  The system's OpenSSL does not do MD5
 * @retval ENOMEM  Try again later
 */
UA_CHECK int ua_stun_key(uint8_t key[16], const char *user, const char *realm,
			 const char *password);

#endif
