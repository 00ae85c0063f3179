/* SPDX-License-Identifier: BSD-3-Clause */
/** @file test_turnstream.c  Messages of a TURN server, cut anywhere */

#include <check.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/wr.h"
#include "stun/turnstream.h"

Suite *ua_suite_turnstream(void);

enum { STREAM_MAX = 200000, MSGS_MAX = 64 };

/* A stream, what it must give, and what it gave */
struct fix {
	struct ua_turnstream ts;
	uint8_t *buf;
	size_t len;
	struct {
		size_t at; /* In buf */
		size_t len;
	} wantv[MSGS_MAX];
	size_t nwant;
	size_t ngot;
};


static void setup(struct fix *f)
{
	memset(f, 0, sizeof(*f));
	f->buf = malloc(STREAM_MAX);
	ck_assert_ptr_nonnull(f->buf);
}


static void teardown(struct fix *f)
{
	free(f->buf);
}


static void want(struct fix *f, size_t len)
{
	f->wantv[f->nwant].at = f->len;
	f->wantv[f->nwant++].len = len;
}


/* ChannelData with n bytes of payload; padding that is not zero is none of
 * our business, and must not be given out either */
static void channel_add(struct fix *f, size_t n)
{
	const size_t pad = (4 - n % 4) % 4;

	if (4 + n <= UA_TURNSTREAM_MAX)
		want(f, 4 + n);

	f->buf[f->len++] = 0x40;
	f->buf[f->len++] = 0x01;
	f->buf[f->len++] = (uint8_t)(n >> 8);
	f->buf[f->len++] = (uint8_t)n;
	memset(f->buf + f->len, 0xa5, n);
	f->len += n;
	memset(f->buf + f->len, 0x11, pad);
	f->len += pad;
}


static void stun_add(struct fix *f, size_t n)
{
	static const uint8_t tid[UA_STUN_TID_LEN] = "0123456789a";
	static const uint8_t value[UA_DGRAM_MAX];
	struct ua_wr wr;

	ua_wr_init(&wr, f->buf + f->len, 4096);
	ua_stun_begin(&wr, UA_STUN_SUCCESS, UA_STUN_REFRESH, tid);
	if (n)
		ua_stun_put(&wr, UA_STUN_SOFTWARE, value, n);
	ck_assert_int_eq(0, ua_stun_end(&wr, NULL, 0, false));
	want(f, wr.pos);
	f->len += wr.pos;
}


/* Feed one piece, as a copy of its own so that no read goes past its end. */
static int feed(struct fix *f, size_t at, size_t len)
{
	uint8_t *copy = malloc(len + !len);
	const uint8_t *p = copy;
	size_t left = len;
	const uint8_t *msg;
	size_t n;
	int err;

	ck_assert_ptr_nonnull(copy);
	memcpy(copy, f->buf + at, len);

	for (;;) {
		err = ua_turnstream_next(&f->ts, &p, &left, &msg, &n);
		if (err || !n)
			break;

		ck_assert_uint_lt(f->ngot, f->nwant);
		ck_assert_uint_eq(f->wantv[f->ngot].len, n);
		ck_assert_mem_eq(f->buf + f->wantv[f->ngot].at, msg, n);
		++f->ngot;
	}

	if (!err)
		ck_assert_uint_eq(0, left);
	ck_assert_uint_le(f->ts.len, UA_TURNSTREAM_MAX);
	free(copy);
	return err;
}


static void all_came(struct fix *f)
{
	ck_assert_uint_eq(f->nwant, f->ngot);
	ck_assert_uint_eq(0, f->ts.len);
	ck_assert_uint_eq(0, f->ts.skip);
	memset(&f->ts, 0, sizeof(f->ts));
	f->ngot = 0;
}


static void mixed(struct fix *f)
{
	size_t n;

	setup(f);
	for (n = 0; n < 9; n++) {
		channel_add(f, n);
		stun_add(f, n * 4);
	}
	channel_add(f, 160);
	channel_add(f, 161);
}


START_TEST(stream_frames_split_at_every_byte)
{
	struct fix f;
	size_t i;

	mixed(&f);

	/* In one read; in two, cut at each place; byte by byte */
	ck_assert_int_eq(0, feed(&f, 0, f.len));
	all_came(&f);

	for (i = 0; i <= f.len; i++) {
		ck_assert_int_eq(0, feed(&f, 0, i));
		ck_assert_int_eq(0, feed(&f, i, f.len - i));
		all_came(&f);
	}

	for (i = 0; i < f.len; i++)
		ck_assert_int_eq(0, feed(&f, i, 1));
	all_came(&f);
	teardown(&f);
}
END_TEST


/* _i: size of the pieces */
START_TEST(longest_length_is_passed_over_in_a_bounded_buffer)
{
	const size_t piece = _i ? (size_t)_i * 997 : 13;
	struct fix f;
	size_t at;

	setup(&f);
	channel_add(&f, 5);
	channel_add(&f, 0xffff);
	stun_add(&f, 8);
	channel_add(&f, 0xfffe);
	channel_add(&f, UA_TURNSTREAM_MAX - 4);
	channel_add(&f, UA_TURNSTREAM_MAX - 3);
	stun_add(&f, 0);
	ck_assert_uint_eq(4, f.nwant);

	for (at = 0; at < f.len; at += piece)
		ck_assert_int_eq(
			0,
			feed(&f, at, f.len - at < piece ? f.len - at : piece));
	all_came(&f);
	teardown(&f);
}
END_TEST


/* _i: what is neither STUN nor ChannelData, after what is */
START_TEST(stream_that_is_something_else_ends)
{
	static const struct {
		size_t len;
		uint8_t buf[8];
	} bad[] = {
		{ 1, { 0x80 } },                   /* RTP         */
		{ 1, { 0xff } },                   /* nonsense    */
		{ 1, { 'P' } },                    /* POST        */
		{ 1, { 0x16 + 0x40 } },            /* no channel  */
		{ 4, { 0x01, 0x04, 0x00, 0x03 } }, /* not of four */
		{ 8,
		  { 0x01, 0x04, 0, 0, 0x21, 0x12, 0xa4,
		    0x43 } }, /* no cookie */
		{ 8, { 0x16, 0x03, 0x01, 0x00, 0xf4, 1, 0, 0 } }, /* TLS */
	};
	struct fix f;
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		setup(&f);
		channel_add(&f, 3);
		memcpy(f.buf + f.len, bad[i].buf, bad[i].len);
		f.len += bad[i].len;
		memset(f.buf + f.len, 0, 8);

		/* A header that is not whole is not judged. */
		if (bad[i].len > 1)
			ck_assert_int_eq(0, feed(&f, 0, f.len - bad[i].len));
		else
			ck_assert_int_eq(0, feed(&f, 0, f.len - 1));

		ck_assert_int_eq(EBADMSG,
				 feed(&f, f.len - bad[i].len, bad[i].len + 8));
		ck_assert_uint_eq(1, f.ngot);
		teardown(&f);
	}
}
END_TEST


START_TEST(bytes_that_come_singly_are_judged_as_soon_as_can_be)
{
	struct fix f;
	size_t i;

	setup(&f);
	memcpy(f.buf, "\x01\x04\x00\x00\x21\x12\xa4\x43", 8);
	for (i = 0; i < 7; i++)
		ck_assert_int_eq(0, feed(&f, i, 1));
	ck_assert_int_eq(EBADMSG, feed(&f, 7, 1));
	teardown(&f);
}
END_TEST


Suite *ua_suite_turnstream(void)
{
	Suite *s = suite_create("turnstream");
	TCase *tc = tcase_create("turnstream");

	tcase_add_test(tc, stream_frames_split_at_every_byte);
	tcase_add_loop_test(
		tc, longest_length_is_passed_over_in_a_bounded_buffer, 0, 6);
	tcase_add_test(tc, stream_that_is_something_else_ends);
	tcase_add_test(tc,
		       bytes_that_come_singly_are_judged_as_soon_as_can_be);
	suite_add_tcase(s, tc);

	return s;
}
