/* SPDX-License-Identifier: BSD-3-Clause */
/** @file test_wav.c  Headers of WAV files, good and bad, and their samples */

#include <check.h>
#include <errno.h>
#include <string.h>

#include "audio/wav.h"

Suite *ua_suite_wav(void);

enum {
	FORMAT = 20, /* Where the fields of a plain header are */
	CHANNELS = 22,
	SRATE = 24,
	BLOCK = 32,
	BITS = 34,
	DATA = 40,
	ROOM = 256
};

/** A file in memory */
struct file {
	uint8_t buf[ROOM];
	size_t len;
};


static void put(struct file *f, size_t at, size_t n, uint32_t v)
{
	size_t i;

	for (i = 0; i < n; i++)
		f->buf[at + i] = (uint8_t)(v >> 8 * i);
}


static void add(struct file *f, const void *p, size_t len)
{
	ck_assert_uint_le(f->len + len, sizeof(f->buf));
	memcpy(f->buf + f->len, p, len);
	f->len += len;
}


/* A plain file of some kind that holds these bytes. */
static void make(struct file *f, unsigned format, unsigned channels,
		 unsigned bits, const void *data, size_t len)
{
	f->len = UA_WAV_HDR;
	ua_wav_encode(f->buf, 16000, 0);
	put(f, FORMAT, 2, format);
	put(f, CHANNELS, 2, channels);
	put(f, BLOCK, 2, channels * bits / 8);
	put(f, BITS, 2, bits);
	put(f, DATA, 4, (uint32_t)len);
	add(f, data, len);
}


/* Decodes a file of one sample. */
static int16_t only_sample(const struct file *f)
{
	struct ua_wav wav;
	const char *why;
	int16_t pcm = 0;

	ck_assert_int_eq(0, ua_wav_decode(&wav, &why, f->buf, f->len));
	ck_assert_uint_eq(1, wav.nsamp);
	ua_wav_mono(&wav, f->buf, &pcm);
	return pcm;
}


/* Says why a file is refused; nothing else may have changed. */
static const char *refusal(const struct file *f)
{
	const struct ua_wav before = { .channels = 77 };
	struct ua_wav wav = before;
	const char *why = NULL;

	ck_assert_int_eq(EBADMSG, ua_wav_decode(&wav, &why, f->buf, f->len));
	ck_assert_mem_eq(&before, &wav, sizeof(wav));
	ck_assert_ptr_nonnull(why);
	return why;
}


START_TEST(what_is_written_is_read_again)
{
	const uint8_t data[] = { 1, 0, 0xff, 0xff, 0, 0x80 };
	struct file f = { .len = UA_WAV_HDR };
	struct ua_wav wav;
	const char *why;
	int16_t pcm[3];

	ua_wav_encode(f.buf, 48000, 3);
	add(&f, data, sizeof(data));

	ck_assert_int_eq(0, ua_wav_decode(&wav, &why, f.buf, f.len));
	ck_assert_int_eq(UA_WAV_PCM, wav.format);
	ck_assert_uint_eq(1, wav.channels);
	ck_assert_uint_eq(48000, wav.srate_hz);
	ck_assert_uint_eq(3, wav.nsamp);

	ua_wav_mono(&wav, f.buf, pcm);
	ck_assert_int_eq(1, pcm[0]);
	ck_assert_int_eq(-1, pcm[1]);
	ck_assert_int_eq(INT16_MIN, pcm[2]);
}
END_TEST


/* clang-format off */
static const struct {
	unsigned format;
	unsigned bits;
	uint8_t data[4];
	int16_t want;
} kinds[] = {
	{ UA_WAV_PCM,    8, { 0x80 },                      0 },
	{ UA_WAV_PCM,    8, { 0x00 },                 -32768 },
	{ UA_WAV_PCM,    8, { 0xff },                  32512 },
	{ UA_WAV_PCM,   16, { 0x34, 0x12 },           0x1234 },
	{ UA_WAV_PCM,   24, { 0x99, 0x34, 0x12 },     0x1234 },
	{ UA_WAV_PCM,   24, { 0xff, 0xff, 0xff },         -1 },
	{ UA_WAV_PCM,   32, { 0x99, 0x99, 0x34, 0x12 }, 0x1234 },
	{ UA_WAV_PCM,   32, { 0, 0, 0, 0x80 },        -32768 },
	{ UA_WAV_FLOAT, 32, { 0, 0, 0x80, 0x3f },      32767 },
	{ UA_WAV_FLOAT, 32, { 0, 0, 0x80, 0xbf },     -32767 },
	{ UA_WAV_FLOAT, 32, { 0, 0, 0, 0x3f },         16384 },
	/* Two, minus infinity, and no number at all */
	{ UA_WAV_FLOAT, 32, { 0, 0, 0, 0x40 },         32767 },
	{ UA_WAV_FLOAT, 32, { 0, 0, 0x80, 0xff },     -32767 },
	{ UA_WAV_FLOAT, 32, { 0, 0, 0xc0, 0x7f },          0 },
	/* ITU-T G.711: the ends and the middle of each law */
	{ UA_WAV_ALAW,   8, { 0xaa },                  32256 },
	{ UA_WAV_ALAW,   8, { 0x2a },                 -32256 },
	{ UA_WAV_ALAW,   8, { 0xd5 },                      8 },
	{ UA_WAV_ALAW,   8, { 0x55 },                     -8 },
	{ UA_WAV_ULAW,   8, { 0x80 },                  32124 },
	{ UA_WAV_ULAW,   8, { 0x00 },                 -32124 },
	{ UA_WAV_ULAW,   8, { 0xff },                      0 },
	{ UA_WAV_ULAW,   8, { 0x7f },                      0 },
};
/* clang-format on */


START_TEST(every_kind_of_sample_becomes_16_bit)
{
	struct file f;

	make(&f, kinds[_i].format, 1, kinds[_i].bits, kinds[_i].data,
	     kinds[_i].bits / 8);
	ck_assert_int_eq(kinds[_i].want, only_sample(&f));
}
END_TEST


START_TEST(channels_are_mixed_into_one)
{
	const uint8_t data[] = { 100, 0, 50, 0, 0xe2, 0xff }; /* 100 50 -30 */
	const uint8_t loud[] = { 0, 0x80, 0, 0x80 };
	struct file f;

	make(&f, UA_WAV_PCM, 3, 16, data, sizeof(data));
	ck_assert_int_eq(40, only_sample(&f));

	make(&f, UA_WAV_PCM, 2, 16, loud, sizeof(loud));
	ck_assert_int_eq(INT16_MIN, only_sample(&f));
}
END_TEST


START_TEST(extensible_format_is_looked_through)
{
	/* clang-format off */
	static const uint8_t rest[] = {
		'f', 'm', 't', ' ', 40, 0, 0, 0,
		/* Extensible, 1 channel, 8000 Hz, 1 byte, 8 bits */
		0xfe, 0xff, 1, 0, 0x40, 0x1f, 0, 0, 0x40, 0x1f, 0, 0,
		1, 0, 8, 0,
		/* 22 more: 8 valid bits, a speaker, A-law */
		22, 0, 8, 0, 4, 0, 0, 0, 6, 0, 0, 0, 0, 0, 0x10, 0,
		0x80, 0, 0, 0xaa, 0, 0x38, 0x9b, 0x71,
		'd', 'a', 't', 'a', 1, 0, 0, 0, 0xaa
	};
	/* clang-format on */
	struct file f = { .len = 12 };

	ua_wav_encode(f.buf, 8000, 0);
	add(&f, rest, sizeof(rest));
	ck_assert_int_eq(32256, only_sample(&f));
}
END_TEST


START_TEST(other_chunks_are_stepped_over)
{
	struct file f = { .len = 36 };

	/* The length is odd: the next chunk begins a byte later. */
	ua_wav_encode(f.buf, 8000, 0);
	add(&f, "LIST\3\0\0\0abc\0", 12);
	add(&f, "data\2\0\0\0\7\0", 10);
	ck_assert_int_eq(7, only_sample(&f));
}
END_TEST


START_TEST(length_beyond_the_end_is_cut)
{
	const uint8_t data[] = { 7, 0, 9 };
	struct file f;

	/* Half a sample at the end is none. */
	make(&f, UA_WAV_PCM, 1, 16, data, sizeof(data));
	put(&f, DATA, 4, UINT32_MAX);
	ck_assert_int_eq(7, only_sample(&f));
}
END_TEST


/* clang-format off */
static const struct {
	size_t at;
	size_t n;
	uint32_t v;
	const char *why;
} bad[] = {
	{ 0,        4, 0x4746464f,   "it is not a WAV file"        },
	{ 8,        4, 0x20495641,   "it is not a WAV file"        },
	{ 0,        4, 0x58464952,   "(RIFX)"                      },
	{ 0,        4, 0x34364652,   "(RF64)"                      },
	{ 12,       4, 0x20746d67,   "come before their format"    },
	{ 16,       4, 14,           "format chunk is too short"   },
	{ FORMAT,   2, 0,            "PCM, float, A-law or mu-law" },
	{ FORMAT,   2, 0x11,         "PCM, float, A-law or mu-law" },
	{ FORMAT,   2, 0xfffe,       "PCM, float, A-law or mu-law" },
	{ FORMAT,   2, UA_WAV_FLOAT, "32 bits"                     },
	{ FORMAT,   2, UA_WAV_ULAW,  "8 bits"                      },
	{ CHANNELS, 2, 0,            "channels"                    },
	{ CHANNELS, 2, 9,            "channels"                    },
	{ CHANNELS, 2, 2,            "block size"                  },
	{ SRATE,    4, 3999,         "sample rate"                 },
	{ SRATE,    4, 192001,       "sample rate"                 },
	{ BLOCK,    2, 0,            "block size"                  },
	{ BITS,     2, 0,            "16, 24 or 32 bits"           },
	{ BITS,     2, 12,           "16, 24 or 32 bits"           },
	{ BITS,     2, 0xffff,       "16, 24 or 32 bits"           },
	{ 36,       4, 0x20202020,   "no sound"                    },
	{ DATA,     4, 0,            "no sound"                    },
	{ DATA,     4, 1,            "no sound"                    },
};
/* clang-format on */


START_TEST(bad_header_is_refused_with_a_reason)
{
	const uint8_t data[] = { 7, 0 };
	const char *why;
	struct file f;

	make(&f, UA_WAV_PCM, 1, 16, data, sizeof(data));
	ck_assert_int_eq(7, only_sample(&f));

	put(&f, bad[_i].at, bad[_i].n, bad[_i].v);
	why = refusal(&f);
	ck_assert_msg(strstr(why, bad[_i].why) != NULL, "%s: %s", bad[_i].why,
		      why);
}
END_TEST


START_TEST(file_that_is_cut_anywhere_is_refused)
{
	const uint8_t data[] = { 7, 0 };
	struct file f;

	make(&f, UA_WAV_PCM, 1, 16, data, sizeof(data));

	while (f.len > 0) {
		f.len--;
		(void)refusal(&f);
	}

	ck_assert_str_eq("it is empty", refusal(&f));
}
END_TEST


Suite *ua_suite_wav(void)
{
	Suite *s = suite_create("wav");
	TCase *tc = tcase_create("wav");

	tcase_add_test(tc, what_is_written_is_read_again);
	tcase_add_loop_test(tc, every_kind_of_sample_becomes_16_bit, 0,
			    sizeof(kinds) / sizeof(kinds[0]));
	tcase_add_test(tc, channels_are_mixed_into_one);
	tcase_add_test(tc, extensible_format_is_looked_through);
	tcase_add_test(tc, other_chunks_are_stepped_over);
	tcase_add_test(tc, length_beyond_the_end_is_cut);
	tcase_add_loop_test(tc, bad_header_is_refused_with_a_reason, 0,
			    sizeof(bad) / sizeof(bad[0]));
	tcase_add_test(tc, file_that_is_cut_anywhere_is_refused);
	suite_add_tcase(s, tc);

	return s;
}
