/* SPDX-License-Identifier: BSD-3-Clause */
/** @file rfc7616.h  Digest responses that were computed elsewhere */
#ifndef UA_VECTORS_RFC7616_H
#define UA_VECTORS_RFC7616_H

#include "dialog/digest.h"

/** One response and all that goes into it */
struct rfc7616_vector {
	const char *origin;
	struct ua_digest_input in;
	const char *response;
};

#define RFC7616_NONCE "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v"
#define RFC7616_CNONCE "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ"

static const struct rfc7616_vector rfc7616_vectors[] = {
	{ "RFC 7616, 3.9.1, MD5",
	  { .alg = UA_DIGEST_MD5,
	    .user = "Mufasa",
	    .realm = "http-auth@example.org",
	    .password = "Circle of Life",
	    .nonce = RFC7616_NONCE,
	    .cnonce = RFC7616_CNONCE,
	    .qop = true,
	    .nc = 1,
	    .met = "GET",
	    .uri = "/dir/index.html" },
	  "8ca523f5e9506fed4657c9700eebdbec" },
	{ "RFC 7616, 3.9.1, SHA-256",
	  { .alg = UA_DIGEST_SHA256,
	    .user = "Mufasa",
	    .realm = "http-auth@example.org",
	    .password = "Circle of Life",
	    .nonce = RFC7616_NONCE,
	    .cnonce = RFC7616_CNONCE,
	    .qop = true,
	    .nc = 1,
	    .met = "GET",
	    .uri = "/dir/index.html" },
	  "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1" },
	/* The RFC's own value is of another function: erratum 4897. */
	{ "RFC 7616, 3.9.2, SHA-512-256, as erratum 4897 has it",
	  { .alg = UA_DIGEST_SHA512_256,
	    .user = "J\xc3\xa4s\xc3\xb8n Doe",
	    .realm = "api@example.org",
	    .password = "Secret, or not?",
	    .nonce = "5TsQWLVdgBdmrQ0XsxbDODV+57QdFR34I9HAbC/RVvkK",
	    .cnonce = "NTg6RKcb9boFIAS3KrFK9BGeh+iDa/sm6jUMp2wds69v",
	    .qop = true,
	    .nc = 1,
	    .met = "GET",
	    .uri = "/doe.json" },
	  "3798d4131c277846293534c3edc11bd8a5e4cdcbff78b05db9d95eeb1cec68a5" },
	{ "RFC 2617, 3.5",
	  { .alg = UA_DIGEST_MD5,
	    .user = "Mufasa",
	    .realm = "testrealm@host.com",
	    .password = "Circle Of Life",
	    .nonce = "dcd98b7102dd2f0e8b11d0f600bfb0c093",
	    .cnonce = "0a4f113b",
	    .qop = true,
	    .nc = 1,
	    .met = "GET",
	    .uri = "/dir/index.html" },
	  "6629fae49393a05397450978507c4ef1" },
	{ "The same without qop, by Python's hashlib",
	  { .alg = UA_DIGEST_MD5,
	    .user = "Mufasa",
	    .realm = "testrealm@host.com",
	    .password = "Circle Of Life",
	    .nonce = "dcd98b7102dd2f0e8b11d0f600bfb0c093",
	    .met = "GET",
	    .uri = "/dir/index.html" },
	  "670fd8c2df070c60b045671b8b24ff02" },
	{ "SHA-256-sess, second use of the nonce, by Python's hashlib",
	  { .alg = UA_DIGEST_SHA256,
	    .sess = true,
	    .user = "Mufasa",
	    .realm = "http-auth@example.org",
	    .password = "Circle of Life",
	    .nonce = RFC7616_NONCE,
	    .cnonce = RFC7616_CNONCE,
	    .qop = true,
	    .nc = 2,
	    .met = "GET",
	    .uri = "/dir/index.html" },
	  "6bb0010aa4bdf46422a798c509ea32e256f27bd37de5cc3bdf8ed51e1d77d650" },
};

#endif
