/* SPDX-License-Identifier: BSD-3-Clause */
/** @file turnstream.c  Messages of a TURN server out of a byte stream */

#include <errno.h>
#include <string.h>

#include "stun/turnstream.h"

enum {
	HDR_LEN = 4,   /* Type or channel number, and length: both kinds */
	COOKIE_LEN = 4 /* Behind it, of STUN alone                       */
};

/* A message as its first bytes tell */
struct shape {
	size_t need; /* Bytes of header that tell it all */
	size_t len;  /* Without padding                  */
	size_t pad;
};


static bool is_channel(uint8_t first)
{
	return (first & 0xf0) == 0x40; /* RFC 8656, 12 */
}


static bool is_stun(uint8_t first)
{
	return !(first & 0xc0); /* RFC 8489, 5 */
}


static bool has_cookie(const uint8_t *p)
{
	const uint32_t cookie = (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 |
				(uint32_t)p[2] << 8 | p[3];

	return cookie == UA_STUN_COOKIE;
}


/* All sums are of size_t: with 16 bits a length of ffff would be small. */
static int shape_read(struct shape *shape, const uint8_t *p, size_t len)
{
	size_t n;

	memset(shape, 0, sizeof(*shape));
	shape->need = HDR_LEN;

	if (len && !is_channel(p[0]) && !is_stun(p[0]))
		return EBADMSG;

	if (len && is_stun(p[0]))
		shape->need += COOKIE_LEN;

	if (len < shape->need)
		return 0;

	n = (size_t)p[2] << 8 | p[3];
	if (is_channel(p[0])) {
		shape->len = HDR_LEN + n;
		shape->pad = (4 - n % 4) % 4;
		return 0;
	}

	if (n % 4 || !has_cookie(p + HDR_LEN))
		return EBADMSG;

	shape->len = UA_STUN_HDR_LEN + n;
	return 0;
}


/* Take up to n bytes; returns how many there were. */
static size_t take(const uint8_t **p, size_t *left, size_t n)
{
	if (n > *left)
		n = *left;

	*p += n;
	*left -= n;
	return n;
}


/* Fill the buffer up to len bytes; false: they have not come. */
static bool fill(struct ua_turnstream *ts, const uint8_t **p, size_t *left,
		 size_t len)
{
	const uint8_t *from = *p;
	size_t n;

	if (ts->len < len) {
		n = take(p, left, len - ts->len);
		memcpy(ts->buf + ts->len, from, n);
		ts->len += n;
	}

	return ts->len >= len;
}


/* A message that is whole in what was read need not be copied. */
static int whole(struct ua_turnstream *ts, const uint8_t **p, size_t *left,
		 const uint8_t **msgp, size_t *lenp)
{
	struct shape shape;
	const int err = shape_read(&shape, *p, *left);

	if (err || !shape.len || shape.len > sizeof(ts->buf) ||
	    *left < shape.len)
		return err;

	*msgp = *p;
	*lenp = take(p, left, shape.len);
	ts->skip = shape.pad;
	return 0;
}


/* Collect as much as tells how long it is.  EAGAIN: that has not come. */
static int collect(struct ua_turnstream *ts, const uint8_t **p, size_t *left,
		   struct shape *shape)
{
	int err;

	for (;;) {
		err = shape_read(shape, ts->buf, ts->len);
		if (err || shape->len)
			return err;

		if (!fill(ts, p, left, ts->len ? shape->need : 1))
			return EAGAIN;
	}
}


int ua_turnstream_next(struct ua_turnstream *ts, const uint8_t **p,
		       size_t *left, const uint8_t **msgp, size_t *lenp)
{
	struct shape shape;
	int err;

	*msgp = NULL;
	*lenp = 0;

	for (;;) {
		ts->skip -= take(p, left, ts->skip);
		if (ts->skip || !*left)
			return 0;

		if (!ts->len) {
			err = whole(ts, p, left, msgp, lenp);
			if (err || *lenp)
				return err;
		}

		err = collect(ts, p, left, &shape);
		if (err)
			return err == EAGAIN ? 0 : err;

		if (shape.len <= sizeof(ts->buf))
			break;

		/* Neither kept nor handed out */
		ts->skip = shape.len - ts->len + shape.pad;
		ts->len = 0;
	}

	if (!fill(ts, p, left, shape.len))
		return 0;

	*msgp = ts->buf;
	*lenp = shape.len;
	ts->len = 0;
	ts->skip = shape.pad;
	return 0;
}
