/* SPDX-License-Identifier: BSD-3-Clause */
/** @file test_telev.c  Digits over lossy lines */

#include <check.h>
#include <errno.h>
#include <string.h>

#include "rtp/telev.h"

Suite *ua_suite_telev(void);

enum { NOUT = 2000 };

/* All event packets of a sender */
struct sent {
	struct ua_telev_out out[NOUT];
	size_t n;
	size_t sound; /* Packet times with sound instead */
};


/* Sends the digits, 20 ms packets. */
static void dial(struct sent *sent, const char *digits, unsigned ms,
		 uint32_t clock_hz)
{
	struct ua_telev_send tv = { .clock_hz = clock_hz };
	const uint32_t dur = clock_hz / 50;
	uint32_t ts = 0xffffff00; /* Wraps soon */
	unsigned idle = 0;

	memset(sent, 0, sizeof(*sent));
	for (; *digits; digits++)
		ck_assert_int_eq(0, ua_telev_put(&tv, *digits, ms));

	while (idle < 100 && sent->n < NOUT) {
		if (ua_telev_step(&tv, ts, dur, &sent->out[sent->n])) {
			sent->n++;
			idle = 0;
		}
		else {
			sent->sound++;
			idle++;
		}
		ts += dur;
	}
}


/* What a receiver makes of the packets whose bit in mask, repeated, is set */
static void hear(const struct sent *sent, uint32_t mask, unsigned copies,
		 char *digits)
{
	struct ua_telev_recv tv = { .seen = false };
	unsigned c;
	size_t i;
	char d;

	for (i = 0; i < sent->n; i++) {
		if (!(mask >> i % 32 & 1))
			continue;
		for (c = 0; c < copies; c++) {
			ck_assert_int_eq(0,
					 ua_telev_input(&tv, sent->out[i].ts,
							sent->out[i].payload,
							UA_TELEV_LEN, &d));
			if (d)
				*digits++ = d;
		}
	}

	*digits = '\0';
}


START_TEST(digit_has_the_form_of_the_rfc)
{
	struct sent s;
	size_t i;

	dial(&s, "5", 100, 8000);

	/* 5 packets of 20 ms, the last one three times. */
	ck_assert_uint_eq(7, s.n);
	for (i = 0; i < s.n; i++) {
		ck_assert_int_eq(i == 0, s.out[i].marker);
		ck_assert_uint_eq(s.out[0].ts, s.out[i].ts);
		ck_assert_uint_eq(5, s.out[i].payload[0]);
		ck_assert_int_eq(i >= 4, s.out[i].payload[1] >> 7);
		ck_assert_uint_eq(i < 4 ? 160 * (i + 1) : 800,
				  (unsigned)s.out[i].payload[2] << 8 |
					  s.out[i].payload[3]);
	}
}
END_TEST


START_TEST(every_digit_arrives_once)
{
	struct sent s;
	char got[64];

	dial(&s, "0123456789*#ABCDabcd1122,33", 60, 8000);
	hear(&s, UINT32_MAX, 1, got);
	ck_assert_str_eq("0123456789*#ABCDABCD112233", got);
	hear(&s, UINT32_MAX, 3, got);
	ck_assert_str_eq("0123456789*#ABCDABCD112233", got);
}
END_TEST


/* 5 packets and 2 repeats a digit; _i of the seven is all that comes. */
START_TEST(one_packet_of_a_digit_is_enough)
{
	struct ua_telev_recv tv = { .seen = false };
	struct sent s;
	size_t k;
	char d;

	dial(&s, "445", 100, 8000);
	ck_assert_uint_eq(21, s.n);

	for (k = 0; k < 3; k++) {
		const struct ua_telev_out *o = &s.out[k * 7 + (size_t)_i];

		ck_assert_int_eq(0, ua_telev_input(&tv, o->ts, o->payload,
						   UA_TELEV_LEN, &d));
		ck_assert_int_eq("445"[k], d);
	}
}
END_TEST


static char digit_of(struct ua_telev_recv *tv, uint32_t ts,
		     const struct ua_telev_out *out)
{
	char d;

	ck_assert_int_eq(
		0, ua_telev_input(tv, ts, out->payload, UA_TELEV_LEN, &d));
	return d;
}


START_TEST(late_packet_of_an_old_digit_is_no_digit)
{
	struct ua_telev_recv tv = { .seen = false };
	struct sent s;

	dial(&s, "12", 100, 8000);
	ck_assert_int_eq('1', digit_of(&tv, s.out[0].ts, &s.out[0]));
	ck_assert_int_eq('2', digit_of(&tv, s.out[7].ts, &s.out[7]));
	ck_assert_int_eq(0, digit_of(&tv, s.out[6].ts, &s.out[6]));

	/* But a clock that began anew counts. */
	ck_assert_int_eq('1', digit_of(&tv, s.out[7].ts - 1000000, &s.out[0]));
}
END_TEST


/* At 48 kHz the duration is full after 1.4 s: segments, one digit. */
START_TEST(long_press_is_one_digit)
{
	struct sent s;
	char got[64];
	size_t i;
	uint32_t end;

	dial(&s, "9", 5000, 48000);
	hear(&s, UINT32_MAX, 1, got);
	ck_assert_str_eq("9", got);
	hear(&s, 0x55555555, 1, got);
	ck_assert_str_eq("9", got);

	for (i = 1; i < s.n; i++)
		ck_assert(!s.out[i].marker);

	i = s.n - 1;
	end = s.out[i].ts +
	      ((uint32_t)s.out[i].payload[2] << 8 | s.out[i].payload[3]);
	ck_assert_uint_eq(5 * 48000, end - s.out[0].ts);
	ck_assert_int_eq(1, s.out[i].payload[1] >> 7);
}
END_TEST


START_TEST(pause_is_sound_for_its_length)
{
	struct sent with;
	struct sent without;

	dial(&with, "1,2", 1000, 8000);
	dial(&without, "12", 1000, 8000);
	ck_assert_uint_eq(without.n, with.n);
	ck_assert_uint_ge(with.sound, without.sound + 49);
}
END_TEST


START_TEST(what_is_no_digit_is_refused)
{
	struct ua_telev_send tv = { .clock_hz = 8000 };
	struct ua_telev_recv rv = { .seen = false };
	unsigned i;
	char d = 'x';

	ck_assert_int_eq(EINVAL, ua_telev_put(&tv, 'E', 100));
	ck_assert_int_eq(EINVAL, ua_telev_put(&tv, '\0', 100));
	for (i = 0; i < UA_TELEV_QUEUE; i++)
		ck_assert_int_eq(0, ua_telev_put(&tv, '1', 100));
	ck_assert_int_eq(ENOSPC, ua_telev_put(&tv, '1', 100));

	ck_assert_int_eq(
		EBADMSG,
		ua_telev_input(&rv, 0, (const uint8_t *)"\1\0\0", 3, &d));
	ck_assert_int_eq(0, d);
	/* Flash (16), and a digit that lasts for ever, are not told. */
	ck_assert_int_eq(0, ua_telev_input(&rv, 0,
					   (const uint8_t *)"\x10\x0a\0\1", 4,
					   &d));
	ck_assert_int_eq(0, d);
	ck_assert_int_eq(
		0,
		ua_telev_input(&rv, 0, (const uint8_t *)"\1\x0a\0\0", 4, &d));
	ck_assert_int_eq(0, d);
}
END_TEST


Suite *ua_suite_telev(void)
{
	Suite *s = suite_create("telev");
	TCase *tc = tcase_create("telev");

	tcase_add_test(tc, digit_has_the_form_of_the_rfc);
	tcase_add_test(tc, every_digit_arrives_once);
	tcase_add_loop_test(tc, one_packet_of_a_digit_is_enough, 0, 7);
	tcase_add_test(tc, late_packet_of_an_old_digit_is_no_digit);
	tcase_add_test(tc, long_press_is_one_digit);
	tcase_add_test(tc, pause_is_sound_for_its_length);
	tcase_add_test(tc, what_is_no_digit_is_refused);
	suite_add_tcase(s, tc);

	return s;
}
