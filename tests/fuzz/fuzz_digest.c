/* SPDX-License-Identifier: BSD-3-Clause */
/** @file fuzz_digest.c  Challenges as a server may write them */

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/re_compat.h"
#include "dialog/digest.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char head[] = "SIP/2.0 401 Unauthorized\r\n"
			   "Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKx\r\n"
			   "From: <sip:alice@example.com>;tag=a\r\n"
			   "To: <sip:alice@example.com>;tag=b\r\n"
			   "Call-ID: c\r\n"
			   "CSeq: 1 REGISTER\r\n";


static void fill(uint8_t *buf, size_t len, void *arg)
{
	(void)arg;
	memset(buf, 'x', len);
}


static const struct ua_rand rnd = { .fill = fill };

static const struct ua_cred cred = { .user = "alice", .password = "wonder" };


/* data are header lines, e.g. "WWW-Authenticate: Digest ..." */
static struct sip_msg *message(const uint8_t *data, size_t size)
{
	struct mbuf *mb = mbuf_alloc(sizeof(head) + size + 4);
	struct sip_msg *msg = NULL;

	if (!mb)
		return NULL;

	(void)mbuf_write_str(mb, head);
	(void)mbuf_write_mem(mb, data, size);
	(void)mbuf_write_str(mb, "\r\n\r\n");
	mb->pos = 0;
	if (sip_msg_decode(&msg, mb))
		msg = NULL;
	mem_deref(mb);

	return msg;
}


static void challenge(struct ua_digest *digest, struct ua_digest_round *round,
		      const struct sip_msg *msg)
{
	const int err = ua_digest_challenge(digest, round, msg);

	assert(!err || err == EACCES || err == ELOOP || err == ENOENT ||
	       err == ENOTSUP || err == EBADMSG);
	assert(round->count <= UA_DIGEST_TRIES);
}


/* One line each for at most so many realms, and nothing between them */
static void check_encoded(struct ua_digest *digest)
{
	struct mbuf *mb = mbuf_alloc(256);
	unsigned lines = 0;
	struct pl line, rest;

	if (!mb || ua_digest_encode(digest, mb, "REGISTER", "sip:example.com"))
		abort();

	rest.p = (const char *)mb->buf;
	rest.l = mb->end;
	while (rest.l) {
		assert(!re_regex(rest.p, rest.l, "[^\r\n]+\r\n", &line));
		assert(line.p == rest.p);
		assert(!re_regex(line.p, line.l,
				 "uthorization: Digest username=\"alice\", "));
		pl_advance(&rest, (ssize_t)line.l + 2);
		++lines;
	}
	assert(lines <= UA_DIGEST_REALMS);
	mem_deref(mb);
}


/* What a call makes of what the registration was asked */
static void learn(const struct ua_digest *known)
{
	struct ua_digest *digest = NULL;

	if (ua_digest_alloc(&digest, &cred, &rnd) ||
	    ua_digest_learn(digest, known))
		abort();

	check_encoded(digest);
	mem_deref(digest);
}


/* Header lines of one answer, and after a zero those of the next */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *zero = size ? memchr(data, 0, size) : NULL;
	const size_t n = zero ? (size_t)(zero - data) : size;
	struct ua_digest_round round = { 0, 0 };
	struct sip_msg *msg = message(data, n);
	struct sip_msg *next =
		zero ? message(zero + 1, size - n - 1) : mem_ref(msg);
	struct ua_digest *digest = NULL;

	if (!msg || !next || ua_digest_alloc(&digest, &cred, &rnd))
		goto out;

	/* twice: the second may be stale, refused, or of other realms */
	challenge(digest, &round, msg);
	check_encoded(digest);
	challenge(digest, &round, next);
	ua_digest_info(digest, next);
	check_encoded(digest);
	learn(digest);

	/* another request: all may ask anew */
	memset(&round, 0, sizeof(round));
	challenge(digest, &round, next);
	challenge(digest, &round, msg);
	check_encoded(digest);

out:
	mem_deref(digest);
	mem_deref(next);
	mem_deref(msg);

	return 0;
}
