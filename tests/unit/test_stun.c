/* SPDX-License-Identifier: BSD-3-Clause */
/** @file test_stun.c  STUN messages: RFC 5769's vectors, and bad ones */

#include <check.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/wr.h"
#include "stun/stun.h"
#include "oom.h"
#include "../vectors/rfc5769.h"

static const uint8_t tid[UA_STUN_TID_LEN] = "abcdefghijk";

#define KEY (const uint8_t *)RFC5769_PASSWORD, strlen(RFC5769_PASSWORD)

Suite *ua_suite_stun(void);


static const struct vector {
	const uint8_t *buf;
	size_t len;
} vectors[] = {
	{ rfc5769_request, sizeof(rfc5769_request) },
	{ rfc5769_response_ip4, sizeof(rfc5769_response_ip4) },
	{ rfc5769_response_ip6, sizeof(rfc5769_response_ip6) },
	{ rfc5769_long_term, sizeof(rfc5769_long_term) },
};


static void attr_is_str(const struct ua_stun *msg, uint16_t type,
			const char *want)
{
	const uint8_t *p;
	size_t len = 0;

	p = ua_stun_attr(msg, type, &len);
	ck_assert_ptr_nonnull(p);
	ck_assert_uint_eq(strlen(want), len);
	ck_assert_mem_eq(want, p, len);
}


static void decode(struct ua_stun *msg, const uint8_t *buf, size_t len)
{
	ck_assert_int_eq(0, ua_stun_decode(msg, buf, len));
}


START_TEST(rfc5769_request_is_understood)
{
	struct ua_stun msg;
	uint32_t prio = 0;
	uint64_t tie = 0;

	decode(&msg, rfc5769_request, sizeof(rfc5769_request));
	ck_assert_uint_eq(UA_STUN_BINDING, msg.method);
	ck_assert_uint_eq(UA_STUN_REQUEST, msg.cls);
	ck_assert(msg.fingerprint);
	ck_assert_int_eq(0, ua_stun_check(&msg, KEY));

	attr_is_str(&msg, UA_STUN_SOFTWARE, "STUN test client");
	attr_is_str(&msg, UA_STUN_USERNAME, "evtj:h6vY");
	ck_assert_int_eq(0, ua_stun_u32(&msg, UA_STUN_PRIORITY, &prio));
	ck_assert_uint_eq(0x6e0001ff, prio);
	ck_assert_int_eq(0, ua_stun_u64(&msg, UA_STUN_ICE_CONTROLLED, &tie));
	ck_assert_uint_eq(0x932ff9b151263b36, tie);
	ck_assert_ptr_null(ua_stun_attr(&msg, UA_STUN_USE_CANDIDATE, NULL));
}
END_TEST


static void response_is(const uint8_t *buf, size_t len, const char *ip)
{
	struct ua_stun msg;
	struct ua_addr want;
	struct ua_addr addr;

	decode(&msg, buf, len);
	ck_assert_uint_eq(UA_STUN_BINDING, msg.method);
	ck_assert_uint_eq(UA_STUN_SUCCESS, msg.cls);
	ck_assert(msg.fingerprint);
	ck_assert_int_eq(0, ua_stun_check(&msg, KEY));

	attr_is_str(&msg, UA_STUN_SOFTWARE, "test vector");
	ck_assert_int_eq(0, ua_addr_set(&want, ip, 32853));
	ck_assert_int_eq(
		0, ua_stun_addr(&msg, UA_STUN_XOR_MAPPED_ADDRESS, &addr));
	ck_assert(ua_addr_eq(&want, &addr));
}


START_TEST(rfc5769_responses_are_understood)
{
	response_is(rfc5769_response_ip4, sizeof(rfc5769_response_ip4),
		    "192.0.2.1");
	response_is(rfc5769_response_ip6, sizeof(rfc5769_response_ip6),
		    "2001:db8:1234:5678:11:2233:4455:6677");
}
END_TEST


START_TEST(rfc5769_long_term_is_authentic)
{
	struct ua_stun msg;
	uint8_t key[16];

	decode(&msg, rfc5769_long_term, sizeof(rfc5769_long_term));
	ck_assert(!msg.fingerprint);
	attr_is_str(&msg, UA_STUN_USERNAME, RFC5769_LONG_USER);
	attr_is_str(&msg, UA_STUN_NONCE, RFC5769_LONG_NONCE);
	attr_is_str(&msg, UA_STUN_REALM, RFC5769_LONG_REALM);

	ck_assert_int_eq(0, ua_stun_key(key, RFC5769_LONG_USER,
					RFC5769_LONG_REALM,
					RFC5769_LONG_PASSWORD));
	ck_assert_int_eq(0, ua_stun_check(&msg, key, sizeof(key)));

	ck_assert_int_eq(0, ua_stun_key(key, RFC5769_LONG_USER,
					RFC5769_LONG_REALM, "TheMatrix"));
	ck_assert_int_eq(EACCES, ua_stun_check(&msg, key, sizeof(key)));
}
END_TEST


/* Padding may be anything (RFC 8489, 14); ours is zero, as in 2.4's. */
START_TEST(rfc5769_long_term_is_written_byte_for_byte)
{
	uint8_t buf[sizeof(rfc5769_long_term)];
	uint8_t key[16];
	struct ua_wr wr;

	ck_assert_int_eq(0, ua_stun_key(key, RFC5769_LONG_USER,
					RFC5769_LONG_REALM,
					RFC5769_LONG_PASSWORD));
	ua_wr_init(&wr, buf, sizeof(buf));
	ua_stun_begin(&wr, UA_STUN_REQUEST, UA_STUN_BINDING,
		      rfc5769_long_term + 8);
	ua_stun_put(&wr, UA_STUN_USERNAME, RFC5769_LONG_USER,
		    strlen(RFC5769_LONG_USER));
	ua_stun_put(&wr, UA_STUN_NONCE, RFC5769_LONG_NONCE,
		    strlen(RFC5769_LONG_NONCE));
	ua_stun_put(&wr, UA_STUN_REALM, RFC5769_LONG_REALM,
		    strlen(RFC5769_LONG_REALM));
	ck_assert_int_eq(0, ua_stun_end(&wr, key, sizeof(key), false));
	ck_assert_uint_eq(sizeof(buf), wr.pos);
	ck_assert_mem_eq(rfc5769_long_term, buf, sizeof(buf));
}
END_TEST


START_TEST(every_truncation_is_refused)
{
	const struct vector *v = &vectors[_i];
	struct ua_stun msg;
	uint8_t *copy;
	size_t len;

	/* Exact allocations: a read beyond the end is seen by ASan. */
	for (len = 0; len < v->len; len++) {
		copy = malloc(len + !len);
		ck_assert_ptr_nonnull(copy);
		memcpy(copy, v->buf, len);
		ck_assert_int_eq(EBADMSG, ua_stun_decode(&msg, copy, len));
		free(copy);
	}
}
END_TEST


/* The same with the length in the header put right. */
START_TEST(every_cut_attribute_is_refused)
{
	const struct vector *v = &vectors[_i];
	struct ua_stun msg;
	uint8_t *copy;
	size_t len;
	int err;

	for (len = UA_STUN_HDR_LEN; len < v->len; len += 4) {
		copy = malloc(len);
		ck_assert_ptr_nonnull(copy);
		memcpy(copy, v->buf, len);
		copy[2] = 0;
		copy[3] = (uint8_t)(len - UA_STUN_HDR_LEN);
		err = ua_stun_decode(&msg, copy, len);

		/* A cut between two attributes is a message, but forged
		   unless FINGERPRINT alone went, which nothing protects. */
		if (err)
			ck_assert_int_eq(EBADMSG, err);
		else if (len != v->len - 8)
			ck_assert_int_ne(0, ua_stun_check(&msg, KEY));
		free(copy);
	}
}
END_TEST


START_TEST(every_flipped_bit_is_noticed)
{
	struct ua_stun msg;
	uint8_t buf[sizeof(rfc5769_request)];
	size_t bit;
	int err;

	for (bit = 0; bit < 8 * sizeof(buf); bit++) {
		memcpy(buf, rfc5769_request, sizeof(buf));
		buf[bit / 8] ^= (uint8_t)(1 << bit % 8);
		err = ua_stun_decode(&msg, buf, sizeof(buf));

		/* What hides the sums may pass, but then there is none. */
		if (err)
			ck_assert_int_eq(EBADMSG, err);
		else
			ck_assert(!msg.fingerprint);

		if (!err && bit / 8 < 100)
			ck_assert_int_ne(0, ua_stun_check(&msg, KEY));
	}
}
END_TEST


START_TEST(bytes_behind_the_message_are_refused)
{
	uint8_t buf[sizeof(rfc5769_request) + 4] = { 0 };
	struct ua_stun msg;

	memcpy(buf, rfc5769_request, sizeof(rfc5769_request));
	ck_assert(ua_stun_is(buf, sizeof(buf)));
	ck_assert_int_eq(EBADMSG, ua_stun_decode(&msg, buf, sizeof(buf)));
}
END_TEST


START_TEST(other_protocols_are_not_stun)
{
	uint8_t buf[sizeof(rfc5769_request)];

	memcpy(buf, rfc5769_request, sizeof(buf));
	ck_assert(ua_stun_is(buf, sizeof(buf)));

	buf[0] = 0x80; /* RTP */
	ck_assert(!ua_stun_is(buf, sizeof(buf)));
	buf[0] = 0x40; /* TURN channel */
	ck_assert(!ua_stun_is(buf, sizeof(buf)));
	buf[0] = 0;

	buf[4] ^= 1; /* RFC 3489 had no cookie */
	ck_assert(!ua_stun_is(buf, sizeof(buf)));
	buf[4] ^= 1;

	buf[3] = 0x57;
	ck_assert(!ua_stun_is(buf, sizeof(buf)));
	ck_assert(!ua_stun_is(buf, UA_STUN_HDR_LEN - 1));
}
END_TEST


START_TEST(fingerprint_that_is_not_last_is_refused)
{
	uint8_t buf[256];
	struct ua_stun msg;
	struct ua_wr wr;

	ua_wr_init(&wr, buf, sizeof(buf));
	ua_stun_begin(&wr, UA_STUN_REQUEST, UA_STUN_BINDING, tid);
	ck_assert_int_eq(0, ua_stun_end(&wr, NULL, 0, true));
	decode(&msg, buf, wr.pos);
	ck_assert(msg.fingerprint);

	ua_stun_put_u32(&wr, UA_STUN_PRIORITY, 1);
	ck_assert_int_eq(0, ua_stun_end(&wr, NULL, 0, false));
	ck_assert_int_eq(EBADMSG, ua_stun_decode(&msg, buf, wr.pos));
}
END_TEST


START_TEST(attributes_behind_integrity_do_not_count)
{
	uint8_t buf[256];
	struct ua_stun msg;
	struct ua_wr wr;
	uint16_t typev[UA_STUN_UNKNOWN_MAX];
	uint32_t v = 0;

	ua_wr_init(&wr, buf, sizeof(buf));
	ua_stun_begin(&wr, UA_STUN_REQUEST, UA_STUN_BINDING, tid);
	ua_stun_put_u32(&wr, UA_STUN_LIFETIME, 7);
	ck_assert_int_eq(0, ua_stun_end(&wr, KEY, false));

	/* Somebody on the way adds to it. */
	ua_stun_put_u32(&wr, UA_STUN_PRIORITY, 1);
	ua_stun_put_u32(&wr, UA_STUN_LIFETIME, 8);
	ua_stun_put(&wr, UA_STUN_USE_CANDIDATE, NULL, 0);
	ua_stun_put_u32(&wr, 0x7ff0, 0);
	ck_assert_int_eq(0, ua_stun_end(&wr, NULL, 0, true));

	decode(&msg, buf, wr.pos);
	ck_assert(msg.fingerprint);
	ck_assert_int_eq(0, ua_stun_check(&msg, KEY));
	ck_assert_int_eq(ENOENT, ua_stun_u32(&msg, UA_STUN_PRIORITY, &v));
	ck_assert_int_eq(0, ua_stun_u32(&msg, UA_STUN_LIFETIME, &v));
	ck_assert_uint_eq(7, v);
	ck_assert_ptr_null(ua_stun_attr(&msg, UA_STUN_USE_CANDIDATE, NULL));
	ck_assert_ptr_nonnull(ua_stun_attr(&msg, UA_STUN_FINGERPRINT, NULL));
	ck_assert_ptr_nonnull(
		ua_stun_attr(&msg, UA_STUN_MESSAGE_INTEGRITY, NULL));
	ck_assert_uint_eq(0, ua_stun_unknown(&msg, typev));
}
END_TEST


START_TEST(unsigned_message_has_no_integrity)
{
	uint8_t buf[64];
	struct ua_stun msg;
	struct ua_wr wr;

	ua_wr_init(&wr, buf, sizeof(buf));
	ua_stun_begin(&wr, UA_STUN_REQUEST, UA_STUN_BINDING, tid);
	ck_assert_int_eq(0, ua_stun_end(&wr, NULL, 0, false));
	ck_assert_uint_eq(UA_STUN_HDR_LEN, wr.pos);
	decode(&msg, buf, wr.pos);
	ck_assert(!msg.fingerprint);
	ck_assert_int_eq(ENOENT, ua_stun_check(&msg, KEY));
}
END_TEST


START_TEST(integrity_of_a_wrong_length_is_refused)
{
	uint8_t buf[64];
	struct ua_stun msg;
	struct ua_wr wr;

	ua_wr_init(&wr, buf, sizeof(buf));
	ua_stun_begin(&wr, UA_STUN_REQUEST, UA_STUN_BINDING, tid);
	ua_stun_put(&wr, UA_STUN_MESSAGE_INTEGRITY, "four", 4);
	ck_assert_int_eq(0, ua_stun_end(&wr, NULL, 0, false));
	ck_assert_int_eq(EBADMSG, ua_stun_decode(&msg, buf, wr.pos));
}
END_TEST


START_TEST(unknown_required_attributes_are_told_once)
{
	uint8_t buf[512];
	struct ua_stun msg;
	struct ua_wr wr;
	uint16_t typev[UA_STUN_UNKNOWN_MAX];
	uint16_t i;

	ua_wr_init(&wr, buf, sizeof(buf));
	ua_stun_begin(&wr, UA_STUN_REQUEST, UA_STUN_BINDING, tid);
	ua_stun_put(&wr, UA_STUN_USERNAME, "a:b", 3);
	ua_stun_put(&wr, 0x7ff0, "x", 1);
	ua_stun_put(&wr, 0x7ff0, "y", 1);
	ua_stun_put_u32(&wr, 0xfff0, 0); /* may be ignored */
	ua_stun_put_u32(&wr, 0x0003, 0); /* RFC 3489, gone since */
	ck_assert_int_eq(0, ua_stun_end(&wr, KEY, true));
	decode(&msg, buf, wr.pos);
	ck_assert_uint_eq(2, ua_stun_unknown(&msg, typev));
	ck_assert_uint_eq(0x7ff0, typev[0]);
	ck_assert_uint_eq(0x0003, typev[1]);

	ua_wr_init(&wr, buf, sizeof(buf));
	ua_stun_begin(&wr, UA_STUN_REQUEST, UA_STUN_BINDING, tid);
	for (i = 0; i < 2 * UA_STUN_UNKNOWN_MAX; i++)
		ua_stun_put_u32(&wr, (uint16_t)(0x7000 + i), 0);
	ck_assert_int_eq(0, ua_stun_end(&wr, NULL, 0, false));
	decode(&msg, buf, wr.pos);
	ck_assert_uint_eq(UA_STUN_UNKNOWN_MAX, ua_stun_unknown(&msg, typev));
}
END_TEST


/* _i: length of the value */
START_TEST(padding_is_zero_and_not_part_of_the_value)
{
	const size_t n = (size_t)_i;
	uint8_t buf[64];
	struct ua_stun msg;
	const uint8_t *p;
	size_t len;
	struct ua_wr wr;

	memset(buf, 0xff, sizeof(buf));
	ua_wr_init(&wr, buf, sizeof(buf));
	ua_stun_begin(&wr, UA_STUN_INDICATION, UA_STUN_DATA, tid);
	ua_stun_put(&wr, UA_STUN_DATA_ATTR, "datadata", n);
	ua_stun_put_u32(&wr, UA_STUN_LIFETIME, 0x01020304);
	ck_assert_int_eq(0, ua_stun_end(&wr, NULL, 0, false));
	ck_assert_uint_eq(0, wr.pos % 4);

	decode(&msg, buf, wr.pos);
	p = ua_stun_attr(&msg, UA_STUN_DATA_ATTR, &len);
	ck_assert_ptr_nonnull(p);
	ck_assert_uint_eq(n, len);
	for (; len % 4; len++)
		ck_assert_uint_eq(0, p[len]);
	ck_assert_ptr_nonnull(ua_stun_attr(&msg, UA_STUN_LIFETIME, NULL));
}
END_TEST


START_TEST(repeated_attributes_are_walked)
{
	uint8_t buf[256];
	struct ua_stun msg;
	const uint8_t *p;
	struct ua_wr wr;
	size_t len;

	ua_wr_init(&wr, buf, sizeof(buf));
	ua_stun_begin(&wr, UA_STUN_REQUEST, UA_STUN_CREATE_PERMISSION, tid);
	ua_stun_put(&wr, UA_STUN_XOR_PEER_ADDRESS, "a", 1);
	ua_stun_put_u32(&wr, UA_STUN_LIFETIME, 0);
	ua_stun_put(&wr, UA_STUN_XOR_PEER_ADDRESS, "bc", 2);
	ck_assert_int_eq(0, ua_stun_end(&wr, KEY, false));
	ua_stun_put(&wr, UA_STUN_XOR_PEER_ADDRESS, "def", 3);
	ck_assert_int_eq(0, ua_stun_end(&wr, NULL, 0, true));
	decode(&msg, buf, wr.pos);

	p = ua_stun_attr(&msg, UA_STUN_XOR_PEER_ADDRESS, &len);
	ck_assert_uint_eq(1, len);
	ck_assert_uint_eq('a', *p);
	p = ua_stun_attr_next(&msg, p, &len);
	ck_assert_ptr_nonnull(p);
	ck_assert_uint_eq(2, len);
	ck_assert_uint_eq('b', *p);
	ck_assert_ptr_null(ua_stun_attr_next(&msg, p, &len));
}
END_TEST


START_TEST(values_of_a_wrong_length_are_refused)
{
	uint8_t buf[256];
	struct ua_stun msg;
	struct ua_addr addr;
	struct ua_wr wr;
	uint64_t v64 = 1;
	uint32_t v32 = 2;
	uint16_t code = 3;

	ua_wr_init(&wr, buf, sizeof(buf));
	ua_stun_begin(&wr, UA_STUN_ERROR, UA_STUN_BINDING, tid);
	ua_stun_put(&wr, UA_STUN_PRIORITY, "abcde", 5);
	ua_stun_put_u32(&wr, UA_STUN_ICE_CONTROLLING, 1);
	ua_stun_put(&wr, UA_STUN_XOR_MAPPED_ADDRESS, "\0\2\0\1abcd", 8);
	ua_stun_put(&wr, UA_STUN_MAPPED_ADDRESS, "\0\3\0\1abcd", 8);
	ua_stun_put(&wr, UA_STUN_ERROR_CODE, "\0\0\4", 3);
	ck_assert_int_eq(0, ua_stun_end(&wr, NULL, 0, false));
	decode(&msg, buf, wr.pos);

	ck_assert_int_eq(EBADMSG, ua_stun_u32(&msg, UA_STUN_PRIORITY, &v32));
	ck_assert_int_eq(EBADMSG,
			 ua_stun_u64(&msg, UA_STUN_ICE_CONTROLLING, &v64));
	ck_assert_int_eq(
		EBADMSG,
		ua_stun_addr(&msg, UA_STUN_XOR_MAPPED_ADDRESS, &addr));
	ck_assert_int_eq(EBADMSG,
			 ua_stun_addr(&msg, UA_STUN_MAPPED_ADDRESS, &addr));
	ck_assert_int_eq(EBADMSG, ua_stun_error(&msg, &code, NULL));
	ck_assert_int_eq(ENOENT,
			 ua_stun_addr(&msg, UA_STUN_XOR_PEER_ADDRESS, &addr));
	ck_assert_uint_eq(1, v64);
	ck_assert_uint_eq(2, v32);
	ck_assert_uint_eq(3, code);
}
END_TEST


START_TEST(addresses_survive_the_way)
{
	static const uint16_t types[] = { UA_STUN_MAPPED_ADDRESS,
					  UA_STUN_XOR_MAPPED_ADDRESS,
					  UA_STUN_XOR_PEER_ADDRESS,
					  UA_STUN_XOR_RELAYED_ADDRESS,
					  UA_STUN_ALTERNATE_SERVER };
	const char *ips[] = { "192.0.2.33", "2001:db8::33" };
	struct ua_addr want;
	struct ua_addr got;
	struct ua_stun msg;
	struct ua_wr wr;
	uint8_t buf[256];
	size_t i;

	ck_assert_int_eq(0, ua_addr_set(&want, ips[_i], 54321));
	ua_wr_init(&wr, buf, sizeof(buf));
	ua_stun_begin(&wr, UA_STUN_SUCCESS, UA_STUN_ALLOCATE, tid);
	for (i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		ua_stun_put_addr(&wr, types[i], &want);
	ck_assert_int_eq(0, ua_stun_end(&wr, NULL, 0, false));
	decode(&msg, buf, wr.pos);

	for (i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		ck_assert_int_eq(0, ua_stun_addr(&msg, types[i], &got));
		ck_assert(ua_addr_eq(&want, &got));
	}
}
END_TEST


START_TEST(address_that_is_none_is_not_written)
{
	const struct ua_addr none = { .af = UA_AF_NONE };
	uint8_t buf[64];
	struct ua_wr wr;

	ua_wr_init(&wr, buf, sizeof(buf));
	ua_stun_begin(&wr, UA_STUN_SUCCESS, UA_STUN_BINDING, tid);
	ua_stun_put_addr(&wr, UA_STUN_XOR_MAPPED_ADDRESS, &none);
	ck_assert_int_eq(EINVAL, ua_stun_end(&wr, KEY, true));
}
END_TEST


START_TEST(reason_is_cut_and_harmless)
{
	char reason[UA_STUN_REASON_MAX];
	char longer[2 * UA_STUN_REASON_MAX];
	uint8_t buf[512];
	struct ua_stun msg;
	struct ua_wr wr;
	uint16_t code;

	ua_wr_init(&wr, buf, sizeof(buf));
	ua_stun_begin(&wr, UA_STUN_ERROR, UA_STUN_BINDING, tid);
	ua_stun_put_error(&wr, 487, "Role\n\x1b[2J Conflict");
	ck_assert_int_eq(0, ua_stun_end(&wr, KEY, true));
	decode(&msg, buf, wr.pos);
	ck_assert_int_eq(0, ua_stun_error(&msg, &code, reason));
	ck_assert_uint_eq(487, code);
	ck_assert_str_eq("Role??[2J Conflict", reason);

	/* 126 letters, then one of two bytes across the limit */
	memset(longer, 'x', sizeof(longer));
	memcpy(longer + 126, "\xc3\xa4", 2);
	longer[200] = '\0';
	ua_wr_init(&wr, buf, sizeof(buf));
	ua_stun_begin(&wr, UA_STUN_ERROR, UA_STUN_BINDING, tid);
	ua_stun_put_error(&wr, 300, longer);
	ck_assert_int_eq(0, ua_stun_end(&wr, KEY, true));
	decode(&msg, buf, wr.pos);
	ck_assert_int_eq(0, ua_stun_error(&msg, &code, reason));
	ck_assert_uint_eq(300, code);
	ck_assert_uint_eq(126, strlen(reason));
}
END_TEST


START_TEST(impossible_error_codes_are_refused)
{
	static const uint8_t bad[][4] = { { 0, 0, 2, 0 },
					  { 0, 0, 7, 0 },
					  { 0, 0, 4, 100 } };
	uint8_t buf[64];
	struct ua_stun msg;
	struct ua_wr wr;
	uint16_t code;

	ua_wr_init(&wr, buf, sizeof(buf));
	ua_stun_begin(&wr, UA_STUN_ERROR, UA_STUN_BINDING, tid);
	ua_stun_put(&wr, UA_STUN_ERROR_CODE, bad[_i], 4);
	ck_assert_int_eq(0, ua_stun_end(&wr, NULL, 0, false));
	decode(&msg, buf, wr.pos);
	ck_assert_int_eq(EBADMSG, ua_stun_error(&msg, &code, NULL));
}
END_TEST


START_TEST(class_and_method_are_interleaved)
{
	uint8_t buf[UA_STUN_HDR_LEN];
	struct ua_stun msg;
	struct ua_wr wr;
	uint16_t method;
	uint8_t cls;

	for (method = 0; method < 1 << 12; method++) {
		for (cls = 0; cls < 4; cls++) {
			ua_wr_init(&wr, buf, sizeof(buf));
			ua_stun_begin(&wr, cls, method, tid);
			ck_assert_int_eq(0, ua_stun_end(&wr, NULL, 0, false));
			decode(&msg, buf, wr.pos);
			ck_assert_uint_eq(method, msg.method);
			ck_assert_uint_eq(cls, msg.cls);
		}
	}
}
END_TEST


START_TEST(type_words_are_those_of_the_rfc)
{
	static const struct {
		uint16_t method;
		uint8_t cls;
		uint16_t type;
	} rows[] = {
		{ UA_STUN_BINDING, UA_STUN_ERROR, 0x0111 },
		{ UA_STUN_ALLOCATE, UA_STUN_SUCCESS, 0x0103 },
		{ UA_STUN_SEND, UA_STUN_INDICATION, 0x0016 },
		{ UA_STUN_DATA, UA_STUN_INDICATION, 0x0017 },
		{ UA_STUN_CHANNEL_BIND, UA_STUN_REQUEST, 0x0009 },
	};
	uint8_t buf[UA_STUN_HDR_LEN];
	struct ua_wr wr;

	ua_wr_init(&wr, buf, sizeof(buf));
	ua_stun_begin(&wr, rows[_i].cls, rows[_i].method, tid);
	ck_assert_uint_eq(rows[_i].type, (unsigned)(buf[0] << 8 | buf[1]));
}
END_TEST


START_TEST(message_that_does_not_fit_says_so)
{
	uint8_t buf[sizeof(rfc5769_long_term)];
	struct ua_wr wr;
	size_t size;

	for (size = 0; size < UA_STUN_HDR_LEN + 8 + 24 + 8; size++) {
		ua_wr_init(&wr, buf, size);
		ua_stun_begin(&wr, UA_STUN_REQUEST, UA_STUN_BINDING, tid);
		ua_stun_put_u32(&wr, UA_STUN_PRIORITY, 1);
		ck_assert_int_eq(ENOSPC, ua_stun_end(&wr, KEY, true));
	}

	ua_wr_init(&wr, buf, size);
	ua_stun_begin(&wr, UA_STUN_REQUEST, UA_STUN_BINDING, tid);
	ua_stun_put_u32(&wr, UA_STUN_PRIORITY, 1);
	ck_assert_int_eq(0, ua_stun_end(&wr, KEY, true));
	ck_assert_uint_eq(size, wr.pos);
}
END_TEST


static int sign_and_check(void *arg)
{
	uint8_t buf[128];
	uint8_t key[16];
	struct ua_stun msg;
	struct ua_wr wr;
	int err;

	(void)arg;

	err = ua_stun_key(key, "user", "realm", "pass");
	if (err)
		return err;

	ua_wr_init(&wr, buf, sizeof(buf));
	ua_stun_begin(&wr, UA_STUN_REQUEST, UA_STUN_BINDING, tid);
	err = ua_stun_end(&wr, key, sizeof(key), true);
	if (err)
		return err;

	err = ua_stun_decode(&msg, buf, wr.pos);
	if (err)
		return err;

	return ua_stun_check(&msg, key, sizeof(key));
}


START_TEST(no_memory_is_an_error_not_a_forgery)
{
	ua_oom_walk(sign_and_check, NULL);
}
END_TEST


Suite *ua_suite_stun(void)
{
	Suite *s = suite_create("stun");
	TCase *tc = tcase_create("stun");

	tcase_add_test(tc, rfc5769_request_is_understood);
	tcase_add_test(tc, rfc5769_responses_are_understood);
	tcase_add_test(tc, rfc5769_long_term_is_authentic);
	tcase_add_test(tc, rfc5769_long_term_is_written_byte_for_byte);
	tcase_add_loop_test(tc, every_truncation_is_refused, 0, 4);
	tcase_add_loop_test(tc, every_cut_attribute_is_refused, 0, 4);
	tcase_add_test(tc, every_flipped_bit_is_noticed);
	tcase_add_test(tc, bytes_behind_the_message_are_refused);
	tcase_add_test(tc, other_protocols_are_not_stun);
	tcase_add_test(tc, fingerprint_that_is_not_last_is_refused);
	tcase_add_test(tc, attributes_behind_integrity_do_not_count);
	tcase_add_test(tc, unsigned_message_has_no_integrity);
	tcase_add_test(tc, integrity_of_a_wrong_length_is_refused);
	tcase_add_test(tc, unknown_required_attributes_are_told_once);
	tcase_add_loop_test(tc, padding_is_zero_and_not_part_of_the_value, 0,
			    9);
	tcase_add_test(tc, repeated_attributes_are_walked);
	tcase_add_test(tc, values_of_a_wrong_length_are_refused);
	tcase_add_loop_test(tc, addresses_survive_the_way, 0, 2);
	tcase_add_test(tc, address_that_is_none_is_not_written);
	tcase_add_test(tc, reason_is_cut_and_harmless);
	tcase_add_loop_test(tc, impossible_error_codes_are_refused, 0, 3);
	tcase_add_test(tc, class_and_method_are_interleaved);
	tcase_add_loop_test(tc, type_words_are_those_of_the_rfc, 0, 5);
	tcase_add_test(tc, message_that_does_not_fit_says_so);
	tcase_add_test(tc, no_memory_is_an_error_not_a_forgery);
	suite_add_tcase(s, tc);

	return s;
}
