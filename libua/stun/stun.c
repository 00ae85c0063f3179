/* SPDX-License-Identifier: BSD-3-Clause */
/** @file stun.c  STUN messages as views of a buffer */

#include <errno.h>
#include <string.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>

#include "base/wr.h"
#include "stun/stun.h"

enum {
	ATTR_HDR_LEN = 4,
	MI_LEN = 20,
	FP_LEN = 4,
	FP_XOR = 0x5354554e,
	FAMILY_IP4 = 0x01,
	FAMILY_IP6 = 0x02
};


static uint16_t get_u16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}


static uint32_t get_u32(const uint8_t *p)
{
	return (uint32_t)get_u16(p) << 16 | get_u16(p + 2);
}


static void set_u16(uint8_t *p, size_t v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}


static size_t padded(size_t len)
{
	return (len + 3) & ~(size_t)3;
}


/* CRC-32 of ISO 3309 and ITU V.42 (RFC 8489, 14.7), half a byte a step */
static uint32_t crc32_of(const uint8_t *p, size_t len)
{
	static const uint32_t table[16] = { 0x00000000, 0x1db71064, 0x3b6e20c8,
					    0x26d930ac, 0x76dc4190, 0x6b6b51f4,
					    0x4db26158, 0x5005713c, 0xedb88320,
					    0xf00f9344, 0xd6d6a3e8, 0xcb61b38c,
					    0x9b64c2b0, 0x86d3d2d4, 0xa00ae278,
					    0xbdbdf21c };
	uint32_t crc = UINT32_MAX;

	while (len--) {
		crc ^= *p++;
		crc = crc >> 4 ^ table[crc & 15];
		crc = crc >> 4 ^ table[crc & 15];
	}

	return ~crc;
}


/*
 * HMAC-SHA1 of the bytes before MESSAGE-INTEGRITY, as if it were the last
 * attribute: whatever follows is not in the length (RFC 8489, 14.5).
 */
static int integrity_of(uint8_t mac[static MI_LEN], const uint8_t *buf,
			size_t len, const uint8_t *key, size_t key_len)
{
	char sha1[] = "SHA1";
	const OSSL_PARAM params[] = { OSSL_PARAM_construct_utf8_string(
					      OSSL_MAC_PARAM_DIGEST, sha1, 0),
				      OSSL_PARAM_construct_end() };
	uint8_t hdr[ATTR_HDR_LEN];
	EVP_MAC_CTX *ctx = NULL;
	EVP_MAC *hmac;
	size_t n = 0;
	int err = 0;

	memcpy(hdr, buf, sizeof(hdr));
	set_u16(hdr + 2, len + ATTR_HDR_LEN + MI_LEN - UA_STUN_HDR_LEN);

	hmac = EVP_MAC_fetch(NULL, "HMAC", NULL);
	if (hmac)
		ctx = EVP_MAC_CTX_new(hmac);

	if (!ctx || !EVP_MAC_init(ctx, key, key_len, params) ||
	    !EVP_MAC_update(ctx, hdr, sizeof(hdr)) ||
	    !EVP_MAC_update(ctx, buf + sizeof(hdr), len - sizeof(hdr)) ||
	    !EVP_MAC_final(ctx, mac, &n, MI_LEN) || n != MI_LEN)
		err = ENOMEM;

	EVP_MAC_CTX_free(ctx);
	EVP_MAC_free(hmac);
	return err;
}


bool ua_stun_is(const uint8_t *buf, size_t len)
{
	size_t body;

	if (len < UA_STUN_HDR_LEN || buf[0] & 0xc0 ||
	    get_u32(buf + 4) != UA_STUN_COOKIE)
		return false;

	body = get_u16(buf + 2);

	return !(body & 3) && body <= len - UA_STUN_HDR_LEN;
}


/* The attribute at pos, which is inside; false: its value is not */
static bool attr_at(const struct ua_stun *msg, size_t pos, uint16_t *type,
		    size_t *len)
{
	if (msg->len - pos < ATTR_HDR_LEN)
		return false;

	*type = get_u16(msg->buf + pos);
	*len = get_u16(msg->buf + pos + 2);

	return padded(*len) <= msg->len - pos - ATTR_HDR_LEN;
}


static int fingerprint_decode(struct ua_stun *msg, size_t pos, size_t len)
{
	const uint8_t *p = msg->buf + pos;

	if (len != FP_LEN || pos + ATTR_HDR_LEN + FP_LEN != msg->len)
		return EBADMSG;

	if (get_u32(p + ATTR_HDR_LEN) != (crc32_of(msg->buf, pos) ^ FP_XOR))
		return EBADMSG;

	msg->fingerprint = true;
	return 0;
}


static int attrs_decode(struct ua_stun *msg)
{
	size_t pos = UA_STUN_HDR_LEN;
	uint16_t type;
	size_t len;
	int err;

	while (pos < msg->len) {
		if (!attr_at(msg, pos, &type, &len))
			return EBADMSG;

		if (type == UA_STUN_FINGERPRINT) {
			err = fingerprint_decode(msg, pos, len);
			if (err)
				return err;
		}
		else if (type == UA_STUN_MESSAGE_INTEGRITY &&
			 !msg->integrity) {
			if (len != MI_LEN)
				return EBADMSG;

			msg->integrity = pos;
		}

		pos += ATTR_HDR_LEN + padded(len);
	}

	return 0;
}


int ua_stun_decode(struct ua_stun *msg, const uint8_t *buf, size_t len)
{
	struct ua_stun m = { .buf = buf, .len = len };
	uint16_t type;
	int err;

	if (!ua_stun_is(buf, len) || get_u16(buf + 2) != len - UA_STUN_HDR_LEN)
		return EBADMSG;

	/* M11-M7 C1 M6-M4 C0 M3-M0 (RFC 8489, 5) */
	type = get_u16(buf);
	m.method = (uint16_t)((type & 0x000f) | (type & 0x00e0) >> 1 |
			      (type & 0x3e00) >> 2);
	m.cls = (uint8_t)((type & 0x0010) >> 4 | (type & 0x0100) >> 7);
	m.tid = buf + 8;

	err = attrs_decode(&m);
	if (err)
		return err;

	*msg = m;
	return 0;
}


int ua_stun_check(const struct ua_stun *msg, const uint8_t *key,
		  size_t key_len)
{
	const uint8_t *mac = msg->buf + msg->integrity + ATTR_HDR_LEN;
	uint8_t want[MI_LEN];
	int err;

	if (!msg->integrity)
		return ENOENT;

	err = integrity_of(want, msg->buf, msg->integrity, key, key_len);
	if (err)
		return err;

	return CRYPTO_memcmp(want, mac, MI_LEN) ? EACCES : 0;
}


/* From pos on; behind MESSAGE-INTEGRITY only FINGERPRINT counts */
static const uint8_t *attr_find(const struct ua_stun *msg, size_t pos,
				uint16_t want, size_t *lenp)
{
	uint16_t type;
	size_t len;

	while (pos < msg->len && attr_at(msg, pos, &type, &len)) {
		const bool counts = !msg->integrity || pos <= msg->integrity ||
				    type == UA_STUN_FINGERPRINT;

		if (type == want && counts) {
			if (lenp)
				*lenp = len;

			return msg->buf + pos + ATTR_HDR_LEN;
		}

		pos += ATTR_HDR_LEN + padded(len);
	}

	return NULL;
}


const uint8_t *ua_stun_attr(const struct ua_stun *msg, uint16_t type,
			    size_t *len)
{
	return attr_find(msg, UA_STUN_HDR_LEN, type, len);
}


const uint8_t *ua_stun_attr_next(const struct ua_stun *msg, const uint8_t *p,
				 size_t *len)
{
	const uint8_t *hdr = p - ATTR_HDR_LEN;
	const size_t next = (size_t)(p - msg->buf) + padded(get_u16(hdr + 2));

	return attr_find(msg, next, get_u16(hdr), len);
}


static int fixed_attr(const struct ua_stun *msg, uint16_t type, size_t want,
		      const uint8_t **pp)
{
	size_t len;

	*pp = ua_stun_attr(msg, type, &len);
	if (!*pp)
		return ENOENT;

	return len == want ? 0 : EBADMSG;
}


int ua_stun_u32(const struct ua_stun *msg, uint16_t type, uint32_t *v)
{
	const uint8_t *p;
	const int err = fixed_attr(msg, type, 4, &p);

	if (!err)
		*v = get_u32(p);

	return err;
}


int ua_stun_u64(const struct ua_stun *msg, uint16_t type, uint64_t *v)
{
	const uint8_t *p;
	const int err = fixed_attr(msg, type, 8, &p);

	if (!err)
		*v = (uint64_t)get_u32(p) << 32 | get_u32(p + 4);

	return err;
}


static bool type_is_xored(uint16_t type)
{
	return type == UA_STUN_XOR_MAPPED_ADDRESS ||
	       type == UA_STUN_XOR_PEER_ADDRESS ||
	       type == UA_STUN_XOR_RELAYED_ADDRESS;
}


/* XOR with the cookie and the transaction id (RFC 8489, 14.2) */
static void addr_xor(struct ua_addr *addr, const uint8_t *hdr)
{
	const size_t n = addr->af == UA_AF_IP4 ? 4 : 16;
	size_t i;

	addr->port ^= get_u16(hdr + 4);

	for (i = 0; i < n; i++)
		addr->ip[i] ^= hdr[4 + i];
}


int ua_stun_addr_at(const struct ua_stun *msg, const uint8_t *p,
		    struct ua_addr *addr)
{
	const uint8_t *hdr = p - ATTR_HDR_LEN;
	const size_t len = get_u16(hdr + 2);
	struct ua_addr a = { .af = UA_AF_NONE };

	if (len == 4 + 4 && p[1] == FAMILY_IP4)
		a.af = UA_AF_IP4;
	else if (len == 4 + 16 && p[1] == FAMILY_IP6)
		a.af = UA_AF_IP6;
	else
		return EBADMSG;

	a.port = get_u16(p + 2);
	memcpy(a.ip, p + 4, len - 4);

	if (type_is_xored(get_u16(hdr)))
		addr_xor(&a, msg->buf);

	*addr = a;
	return 0;
}


int ua_stun_addr(const struct ua_stun *msg, uint16_t type,
		 struct ua_addr *addr)
{
	const uint8_t *p = ua_stun_attr(msg, type, NULL);

	return p ? ua_stun_addr_at(msg, p, addr) : ENOENT;
}


static void reason_copy(char *reason, const uint8_t *p, size_t len)
{
	size_t i;

	if (len >= UA_STUN_REASON_MAX) {
		len = UA_STUN_REASON_MAX - 1;

		/* never through the middle of a UTF-8 character */
		while (len && (p[len] & 0xc0) == 0x80)
			--len;
	}

	for (i = 0; i < len; i++)
		reason[i] = p[i] < ' ' || p[i] == 0x7f ? '?' : (char)p[i];

	reason[len] = '\0';
}


int ua_stun_error(const struct ua_stun *msg, uint16_t *code, char *reason)
{
	const uint8_t *p;
	unsigned cls;
	size_t len;

	p = ua_stun_attr(msg, UA_STUN_ERROR_CODE, &len);
	if (!p)
		return ENOENT;

	if (len < 4)
		return EBADMSG;

	cls = p[2] & 7;
	if (cls < 3 || cls > 6 || p[3] > 99)
		return EBADMSG;

	*code = (uint16_t)(cls * 100 + p[3]);
	if (reason)
		reason_copy(reason, p + 4, len - 4);

	return 0;
}


static bool type_is_known(uint16_t type)
{
	switch (type) {

	case UA_STUN_MAPPED_ADDRESS:
	case UA_STUN_USERNAME:
	case UA_STUN_MESSAGE_INTEGRITY:
	case UA_STUN_ERROR_CODE:
	case UA_STUN_UNKNOWN_ATTRIBUTES:
	case UA_STUN_CHANNEL_NUMBER:
	case UA_STUN_LIFETIME:
	case UA_STUN_XOR_PEER_ADDRESS:
	case UA_STUN_DATA_ATTR:
	case UA_STUN_REALM:
	case UA_STUN_NONCE:
	case UA_STUN_XOR_RELAYED_ADDRESS:
	case UA_STUN_REQUESTED_ADDRESS_FAMILY:
	case UA_STUN_EVEN_PORT:
	case UA_STUN_REQUESTED_TRANSPORT:
	case UA_STUN_DONT_FRAGMENT:
	case UA_STUN_XOR_MAPPED_ADDRESS:
	case UA_STUN_PRIORITY:
	case UA_STUN_USE_CANDIDATE:
		return true;

	default:
		return type >= 0x8000;
	}
}


static bool has_type(const uint16_t *typev, size_t n, uint16_t type)
{
	while (n--) {
		if (typev[n] == type)
			return true;
	}

	return false;
}


size_t ua_stun_unknown(const struct ua_stun *msg, uint16_t *typev)
{
	const size_t end = msg->integrity ? msg->integrity : msg->len;
	size_t pos = UA_STUN_HDR_LEN;
	uint16_t type;
	size_t len;
	size_t n = 0;

	while (pos < end && n < UA_STUN_UNKNOWN_MAX &&
	       attr_at(msg, pos, &type, &len)) {
		if (!type_is_known(type) && !has_type(typev, n, type))
			typev[n++] = type;

		pos += ATTR_HDR_LEN + padded(len);
	}

	return n;
}


void ua_stun_begin(struct ua_wr *wr, enum ua_stun_class cls, uint16_t method,
		   const uint8_t *tid)
{
	const unsigned type = (method & 0x000fU) | (method & 0x0070U) << 1 |
			      (method & 0x0f80U) << 2 |
			      ((unsigned)cls & 1) << 4 |
			      ((unsigned)cls & 2) << 7;

	ua_wr_u16(wr, (uint16_t)type);
	ua_wr_u16(wr, 0);
	ua_wr_u32(wr, UA_STUN_COOKIE);
	ua_wr_mem(wr, tid, UA_STUN_TID_LEN);
}


static void put_hdr(struct ua_wr *wr, uint16_t type, size_t len)
{
	if (len > UINT16_MAX && !wr->err)
		wr->err = ENOSPC;

	ua_wr_u16(wr, type);
	ua_wr_u16(wr, (uint16_t)len);
}


static void put_padding(struct ua_wr *wr, size_t len)
{
	static const uint8_t zero[3];

	ua_wr_mem(wr, zero, padded(len) - len);
}


void ua_stun_put(struct ua_wr *wr, uint16_t type, const void *p, size_t len)
{
	put_hdr(wr, type, len);
	ua_wr_mem(wr, p, len);
	put_padding(wr, len);
}


void ua_stun_put_u32(struct ua_wr *wr, uint16_t type, uint32_t v)
{
	put_hdr(wr, type, 4);
	ua_wr_u32(wr, v);
}


void ua_stun_put_u64(struct ua_wr *wr, uint16_t type, uint64_t v)
{
	put_hdr(wr, type, 8);
	ua_wr_u32(wr, (uint32_t)(v >> 32));
	ua_wr_u32(wr, (uint32_t)v);
}


void ua_stun_put_addr(struct ua_wr *wr, uint16_t type,
		      const struct ua_addr *addr)
{
	const bool ip4 = addr->af == UA_AF_IP4;
	const size_t ip_len = ip4 ? 4 : 16;
	struct ua_addr a = *addr;

	if (addr->af == UA_AF_NONE && !wr->err)
		wr->err = EINVAL;
	if (wr->err)
		return;

	if (type_is_xored(type))
		addr_xor(&a, wr->buf);

	put_hdr(wr, type, 4 + ip_len);
	ua_wr_u16(wr, ip4 ? FAMILY_IP4 : FAMILY_IP6);
	ua_wr_u16(wr, a.port);
	ua_wr_mem(wr, a.ip, ip_len);
}


void ua_stun_put_error(struct ua_wr *wr, uint16_t code, const char *reason)
{
	const size_t len = strlen(reason);

	put_hdr(wr, UA_STUN_ERROR_CODE, 4 + len);
	ua_wr_u16(wr, 0);
	ua_wr_u8(wr, (uint8_t)(code / 100));
	ua_wr_u8(wr, (uint8_t)(code % 100));
	ua_wr_mem(wr, reason, len);
	put_padding(wr, len);
}


/* The length counts the attribute that is about to follow, too */
static void set_len(struct ua_wr *wr, size_t following)
{
	const size_t len = wr->pos + following - UA_STUN_HDR_LEN;

	if (wr->err)
		return;

	if (len > UINT16_MAX)
		wr->err = ENOSPC;
	else
		set_u16(wr->buf + 2, len);
}


int ua_stun_end(struct ua_wr *wr, const uint8_t *key, size_t key_len,
		bool fingerprint)
{
	uint8_t mac[MI_LEN];

	if (key && !wr->err) {
		wr->err = integrity_of(mac, wr->buf, wr->pos, key, key_len);
		ua_stun_put(wr, UA_STUN_MESSAGE_INTEGRITY, mac, MI_LEN);
	}

	if (fingerprint) {
		set_len(wr, ATTR_HDR_LEN + FP_LEN);
		if (!wr->err)
			ua_stun_put_u32(wr, UA_STUN_FINGERPRINT,
					crc32_of(wr->buf, wr->pos) ^ FP_XOR);
	}

	set_len(wr, 0);
	return wr->err;
}


/*
 * OpenSSL calls a digest unsupported also when memory ran out.  SHA-1 is in
 * every build, even in a FIPS one: when it is lacking too, memory is.
 */
static int md5_error(void)
{
	EVP_MD *sha1 = EVP_MD_fetch(NULL, "SHA1", NULL);
	const int err = sha1 ? ENOSYS : ENOMEM;

	EVP_MD_free(sha1);
	return err;
}


int ua_stun_key(uint8_t key[16], const char *user, const char *realm,
		const char *password)
{
	EVP_MD_CTX *ctx;
	EVP_MD *md5;
	int err = ENOMEM;

	ERR_set_mark();

	ctx = EVP_MD_CTX_new();
	md5 = EVP_MD_fetch(NULL, "MD5", NULL);
	if (!md5)
		err = md5_error();

	if (ctx && md5 && EVP_DigestInit_ex(ctx, md5, NULL) &&
	    EVP_DigestUpdate(ctx, user, strlen(user)) &&
	    EVP_DigestUpdate(ctx, ":", 1) &&
	    EVP_DigestUpdate(ctx, realm, strlen(realm)) &&
	    EVP_DigestUpdate(ctx, ":", 1) &&
	    EVP_DigestUpdate(ctx, password, strlen(password)) &&
	    EVP_DigestFinal_ex(ctx, key, NULL))
		err = 0;

	EVP_MD_free(md5);
	EVP_MD_CTX_free(ctx);
	ERR_pop_to_mark();
	return err;
}
