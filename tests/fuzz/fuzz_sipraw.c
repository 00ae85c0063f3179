/* SPDX-License-Identifier: BSD-3-Clause */
/** @file fuzz_sipraw.c  A datagram that nobody can read, and its answer */

#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/re_compat.h"
#include "dialog/sipraw.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The first line, names of five headers, a tag, and Content-Length */
enum { MORE_MAX = 256, VIAS_MAX = 70 };


static void require(int ok)
{
	if (!ok)
		abort();
}


static void answer_check(const struct mbuf *out, size_t size,
			 const struct sa *src, const struct sa *dst)
{
	const char *p = (const char *)out->buf;

	require(out->end > 12);
	require(!memcmp(p, "SIP/2.0 400 ", 12) ||
		!memcmp(p, "SIP/2.0 505 ", 12));
	require(!memcmp(p + out->end - 4, "\r\n\r\n", 4));

	/* It is not what makes a flood of a trickle, or hits another. */
	require(out->end <= size + MORE_MAX + VIAS_MAX * sizeof("Via: "));
	require(sa_cmp(src, dst, SA_ADDR));
	require(sa_port(dst) != 0);
}


/* Whoever reads it has to see an answer. */
static void answer_read(struct mbuf *out)
{
	struct sip_msg *msg = NULL;

	out->pos = 0;
	if (!sip_msg_decode(&msg, out))
		require(!msg->req && (msg->scode == 400 || msg->scode == 505));

	mem_deref(msg);
}


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	/* No octet behind the datagram may be read. */
	struct mbuf *mb = mbuf_alloc(size ? size : 1);
	struct mbuf *out = mbuf_alloc(64);
	struct sa src, dst;
	int err;

	if (!mb || !out || sa_set_str(&src, "192.0.2.9", 4242))
		goto out;

	(void)mbuf_write_mem(mb, data, size);
	mb->pos = 0;

	err = ua_sipraw_refuse(out, mb, &src, &dst);
	require(!err || err == EBADMSG);
	require(!mb->pos && mb->end == size);
	if (!err) {
		answer_check(out, size, &src, &dst);
		answer_read(out);
	}

out:
	mem_deref(out);
	mem_deref(mb);

	return 0;
}
