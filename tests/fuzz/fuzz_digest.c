/* SPDX-License-Identifier: BSD-3-Clause */
/** @file fuzz_digest.c  Challenges as a server may write them */

#include <stddef.h>
#include <stdint.h>
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


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct ua_cred cred = { .user = "alice", .password = "wonder" };
	struct ua_digest_round round = { 0, 0 };
	struct sip_msg *msg = message(data, size);
	struct ua_digest *digest = NULL;
	struct mbuf *mb = NULL;

	if (!msg || ua_digest_alloc(&digest, &cred, &rnd))
		goto out;

	/* twice: the second may be stale, refused, or of other realms */
	(void)!ua_digest_challenge(digest, &round, msg);
	(void)!ua_digest_challenge(digest, &round, msg);
	ua_digest_info(digest, msg);

	mb = mbuf_alloc(256);
	if (mb)
		(void)!ua_digest_encode(digest, mb, "REGISTER",
					"sip:example.com");

out:
	mem_deref(mb);
	mem_deref(digest);
	mem_deref(msg);

	return 0;
}
