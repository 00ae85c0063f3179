/* SPDX-License-Identifier: BSD-3-Clause */
/** @file wr.c  Write cursor */

#include <errno.h>
#include <string.h>

#include "base/re_compat.h"
#include "base/wr.h"


void ua_wr_init(struct ua_wr *wr, void *buf, size_t size)
{
	wr->buf = buf;
	wr->size = size;
	wr->pos = 0;
	wr->err = 0;
}


void ua_wr_mem(struct ua_wr *wr, const void *p, size_t len)
{
	if (wr->err)
		return;

	if (len > wr->size - wr->pos) {
		wr->err = ENOSPC;
		return;
	}

	if (len)
		memcpy(wr->buf + wr->pos, p, len);
	wr->pos += len;
}


void ua_wr_u8(struct ua_wr *wr, uint8_t v)
{
	ua_wr_mem(wr, &v, 1);
}


void ua_wr_u16(struct ua_wr *wr, uint16_t v)
{
	const uint8_t b[2] = { (uint8_t)(v >> 8), (uint8_t)v };

	ua_wr_mem(wr, b, sizeof(b));
}


void ua_wr_u32(struct ua_wr *wr, uint32_t v)
{
	ua_wr_u16(wr, (uint16_t)(v >> 16));
	ua_wr_u16(wr, (uint16_t)v);
}


void ua_wr_str(struct ua_wr *wr, const char *str)
{
	ua_wr_mem(wr, str, strlen(str));
}


void ua_wr_fmt(struct ua_wr *wr, const char *fmt, ...)
{
	va_list ap;
	int n;

	if (wr->err)
		return;

	va_start(ap, fmt);
	n = re_vsnprintf((char *)wr->buf + wr->pos, wr->size - wr->pos, fmt,
			 ap);
	va_end(ap);

	if (n < 0 || (size_t)n >= wr->size - wr->pos)
		wr->err = ENOSPC;
	else
		wr->pos += (size_t)n;
}
