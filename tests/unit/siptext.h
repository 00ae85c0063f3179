/* SPDX-License-Identifier: BSD-3-Clause */
/** @file siptext.h  SIP messages out of plain text, for tests */
#ifndef UA_TEST_SIPTEXT_H
#define UA_TEST_SIPTEXT_H

#include <check.h>
#include <stdarg.h>
#include <string.h>

#include "base/re_compat.h"

/** Repeatable randomness: counts up */
static inline void siptext_fill(uint8_t *buf, size_t len, void *arg)
{
	uint8_t *n = arg;
	size_t i;

	for (i = 0; i < len; i++)
		buf[i] = (uint8_t)(*n = (uint8_t)(*n * 13 + 7));
}


/** Decode a text with LF or CRLF line ends; NULL: libre refuses it */
static inline struct sip_msg *siptext_try(const char *text)
{
	struct mbuf *mb = mbuf_alloc(2048);
	struct sip_msg *msg = NULL;
	char prev = '\0';
	int err = 0;

	ck_assert_ptr_nonnull(mb);

	for (; *text; prev = *text++) {
		if (*text == '\n' && prev != '\r')
			err |= mbuf_write_u8(mb, '\r');
		err |= mbuf_write_u8(mb, (uint8_t)*text);
	}
	ck_assert_int_eq(0, err);

	mb->pos = 0;
	if (sip_msg_decode(&msg, mb))
		msg = NULL;
	mem_deref(mb);

	return msg;
}


/** The same with a format of libre's; must be decodable */
static inline struct sip_msg *siptext(const char *fmt, ...)
{
	struct sip_msg *msg;
	char text[4096];
	va_list ap;

	va_start(ap, fmt);
	ck_assert_int_ge(re_vsnprintf(text, sizeof(text), fmt, ap), 0);
	va_end(ap);

	msg = siptext_try(text);
	ck_assert_msg(msg != NULL, "libre refuses:\n%s", text);

	return msg;
}


/** Value of a header, "" if there is none; valid until the next call */
static inline const char *siptext_hdr(const struct sip_msg *msg,
				      const char *name)
{
	static char val[2048];
	const struct sip_hdr *hdr = sip_msg_xhdr(msg, name);

	val[0] = '\0';
	if (hdr)
		(void)pl_strcpy(&hdr->val, val, sizeof(val));

	return val;
}

#endif
