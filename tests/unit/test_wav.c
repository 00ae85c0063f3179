/* SPDX-License-Identifier: BSD-3-Clause */
/** @file test_wav.c  WAV files of all kinds, and of none */

#include <check.h>
#include <errno.h>
#include <string.h>

#include "audio/wav.h"

Suite *ua_suite_wav(void);


static void le(uint8_t *p, uint32_t v, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		p[i] = (uint8_t)(v >> 8 * i);
}


/* A file with a LIST chunk of an odd length before its samples */
static size_t build(uint8_t *buf, unsigned format, unsigned channels,
		    unsigned bits, const void *data, size_t len)
{
	memcpy(buf, "RIFF....WAVEfmt ", 16);
	le(buf + 16, 16, 4);
	le(buf + 20, format, 2);
	le(buf + 22, channels, 2);
	le(buf + 24, 8000, 4);
	le(buf + 28, 8000 * channels * bits / 8, 4);
	le(buf + 32, channels * bits / 8, 2);
	le(buf + 34, bits, 2);
	memcpy(buf + 36, "LIST\3\0\0\0abc\0data", 16);
	le(buf + 52, (uint32_t)len, 4);
	memcpy(buf + 56, data, len);
	return 56 + len;
}


START_TEST(every_format_gives_the_same_samples)
{
	static const struct {
		unsigned format;
		unsigned channels;
		unsigned bits;
		const char *data;
		size_t len;
		int16_t first;
		int16_t second;
	} t[] = {
		{ 1, 1, 16, "\x00\x10\x00\xf0", 4, 4096, -4096 },
		{ 1, 1, 8, "\x90\x70", 2, 4096, -4096 },
		{ 1, 1, 24, "\xff\x00\x10\x00\x00\xf0", 6, 4096, -4096 },
		{ 1, 1, 32, "\0\0\x00\x10\0\0\x00\xf0", 8, 4096, -4096 },
		/* Left and right are mixed. */
		{ 1, 2, 16, "\x00\x20\0\0\0\0\x00\xe0", 8, 4096, -4096 },
		{ 3, 1, 32, "\0\0\x80\x3f\0\0\x00\xc0", 8, 32767, -32767 },
		{ 3, 1, 32, "\0\0\xc0\x7f\0\0\x00\x00", 8, 0, 0 }, /* NaN */
		{ 6, 1, 8, "\xd5\x2a", 2, 8, -32256 },
		{ 7, 1, 8, "\xff\x00", 2, 0, -32124 },
	};
	uint8_t buf[128];
	struct ua_wav wav;
	const char *why;
	int16_t pcm[2];
	size_t i;
	size_t n;

	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		n = build(buf, t[i].format, t[i].channels, t[i].bits,
			  t[i].data, t[i].len);
		ck_assert_int_eq(0, ua_wav_decode(&wav, &why, buf, n));
		ck_assert_uint_eq(2, wav.nsamp);
		ua_wav_mono(&wav, buf, pcm);
		ck_assert_msg(pcm[0] == t[i].first && pcm[1] == t[i].second,
			      "number %zu: %d %d", i, pcm[0], pcm[1]);
	}
}
END_TEST


START_TEST(extensible_format_is_looked_into)
{
	uint8_t buf[128] = "RIFF....WAVEfmt ";
	struct ua_wav wav;
	const char *why;

	le(buf + 16, 40, 4);
	le(buf + 20, 0xfffe, 2);
	le(buf + 22, 1, 2);
	le(buf + 24, 48000, 4);
	le(buf + 32, 3, 2);
	le(buf + 34, 24, 2);
	le(buf + 44, 1, 2);
	memcpy(buf + 60, "data\6\0\0\0", 8);

	ck_assert_int_eq(0, ua_wav_decode(&wav, &why, buf, 74));
	ck_assert_int_eq(UA_WAV_PCM, wav.format);
	ck_assert_uint_eq(48000, wav.srate_hz);
	ck_assert_uint_eq(2, wav.nsamp);
}
END_TEST


START_TEST(length_beyond_the_end_is_cut)
{
	uint8_t buf[128];
	struct ua_wav wav;
	const char *why;
	size_t n = build(buf, 1, 1, 16, "\1\0\2\0\3\0", 6);

	le(buf + 52, 0xffffffff, 4);
	ck_assert_int_eq(0, ua_wav_decode(&wav, &why, buf, n));
	ck_assert_uint_eq(3, wav.nsamp);
	ck_assert_int_eq(0, ua_wav_decode(&wav, &why, buf, n - 1));
	ck_assert_uint_eq(2, wav.nsamp);
}
END_TEST


START_TEST(what_is_wrong_is_said)
{
	uint8_t buf[128];
	struct ua_wav wav = { .nsamp = 42 };
	const char *why = NULL;
	size_t n;

	memset(buf, 'x', sizeof(buf));
	ck_assert_int_eq(EBADMSG, ua_wav_decode(&wav, &why, buf, 0));
	ck_assert_ptr_nonnull(strstr(why, "empty"));
	ck_assert_int_eq(EBADMSG, ua_wav_decode(&wav, &why, buf, 60));
	ck_assert_ptr_nonnull(strstr(why, "not a WAV"));

	n = build(buf, 1, 1, 16, "", 0);
	ck_assert_int_eq(EBADMSG, ua_wav_decode(&wav, &why, buf, n));
	ck_assert_ptr_nonnull(strstr(why, "no sound"));

	n = build(buf, 85, 1, 16, "\1\0", 2); /* MP3 */
	ck_assert_int_eq(EBADMSG, ua_wav_decode(&wav, &why, buf, n));
	ck_assert_ptr_nonnull(strstr(why, "PCM, float"));

	n = build(buf, 1, 1, 12, "\1\0", 2);
	ck_assert_int_eq(EBADMSG, ua_wav_decode(&wav, &why, buf, n));
	ck_assert_ptr_nonnull(strstr(why, "bits"));

	n = build(buf, 1, 0, 16, "\1\0", 2);
	ck_assert_int_eq(EBADMSG, ua_wav_decode(&wav, &why, buf, n));
	ck_assert_ptr_nonnull(strstr(why, "channels"));

	n = build(buf, 1, 1, 16, "\1\0", 2);
	le(buf + 24, 3999, 4);
	ck_assert_int_eq(EBADMSG, ua_wav_decode(&wav, &why, buf, n));
	ck_assert_ptr_nonnull(strstr(why, "rate"));

	memcpy(buf + 12, "fmx ", 4);
	ck_assert_int_eq(EBADMSG, ua_wav_decode(&wav, &why, buf, n));
	ck_assert_ptr_nonnull(strstr(why, "before"));
	ck_assert_uint_eq(42, wav.nsamp);
}
END_TEST


START_TEST(own_header_is_understood)
{
	uint8_t buf[UA_WAV_HDR + 20] = { 0 };
	struct ua_wav wav;
	const char *why;

	ua_wav_encode(buf, 16000, 10);
	ck_assert_int_eq(0, ua_wav_decode(&wav, &why, buf, sizeof(buf)));
	ck_assert_uint_eq(10, wav.nsamp);
	ck_assert_uint_eq(16000, wav.srate_hz);
	ck_assert_uint_eq(16, wav.bits);
	ck_assert_uint_eq(UA_WAV_HDR, wav.data);
}
END_TEST


Suite *ua_suite_wav(void)
{
	Suite *s = suite_create("wav");
	TCase *tc = tcase_create("wav");

	tcase_add_test(tc, every_format_gives_the_same_samples);
	tcase_add_test(tc, extensible_format_is_looked_into);
	tcase_add_test(tc, length_beyond_the_end_is_cut);
	tcase_add_test(tc, what_is_wrong_is_said);
	tcase_add_test(tc, own_header_is_understood);
	suite_add_tcase(s, tc);

	return s;
}
