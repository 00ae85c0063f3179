/* SPDX-License-Identifier: BSD-3-Clause */
/** @file test_codecs.c  Every codec of this build, by its table */

#include <check.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <ua/codec.h>

Suite *ua_suite_codecs(void);

enum { FRAMES = 100 };


/* A voice-like sound: a few harmonics that swell. */
static void voice(int16_t *pcm, size_t n, size_t at, uint32_t srate)
{
	size_t i;
	double t;

	for (i = 0; i < n; i++) {
		t = (double)(at + i) / srate;
		pcm[i] = (int16_t)(4000 * (1 + sin(2 * M_PI * 3 * t)) *
				   (sin(2 * M_PI * 180 * t) +
				    0.5 * sin(2 * M_PI * 360 * t) +
				    0.3 * sin(2 * M_PI * 900 * t)) /
				   2);
	}
}


static const struct ua_codec *nth(int i)
{
	const struct ua_codec *const *table;
	size_t n;

	table = ua_codec_table(&n);
	return (size_t)i < n ? table[i] : NULL;
}


/* Signal to noise [dB] at the best lag of up to 20 ms */
static double snr(const int16_t *in, const int16_t *out, size_t n,
		  uint32_t srate)
{
	double best = -100;
	double noise;
	double signal;
	double v;
	size_t lag;
	size_t i;

	for (lag = 0; lag < srate / 50; lag++) {
		noise = 1;
		signal = 0;
		for (i = n / 4; i + lag < n; i++) {
			v = in[i] - out[i + lag];
			noise += v * v;
			signal += (double)in[i] * in[i];
		}
		v = 10 * log10(signal / noise);
		if (v > best)
			best = v;
	}

	return best;
}


START_TEST(table_is_sound)
{
	const struct ua_codec *c = nth(_i);

	if (!c)
		return;

	ck_assert_str_ne("", c->name);
	ck_assert_uint_gt(c->clock_hz, 0);
	ck_assert_uint_le(c->srate_hz, UA_CODEC_SRATE_MAX);
	ck_assert_uint_ge(c->srate_hz, c->clock_hz);
	ck_assert_uint_ge(c->channels, 1);
	ck_assert_uint_le(c->ptime_max, UA_CODEC_PTIME_MAX);
	ck_assert_uint_eq(0, 20 % c->ptime_min);
	ck_assert_int_eq(!c->enc_alloc, !c->enc_free);
	ck_assert_int_eq(!c->dec_alloc, !c->dec_free);
	ck_assert_ptr_nonnull(c->encode);
	ck_assert_ptr_nonnull(c->decode);
	ck_assert_ptr_nonnull(c->nsamp);
}
END_TEST


START_TEST(codecs_are_found_by_what_users_type)
{
	ck_assert_str_eq("pcma", ua_codec_find("PCMA")->name);
	ck_assert_str_eq("pcmu", ua_codec_find("pcmu/8000")->name);
	ck_assert_uint_eq(16000, ua_codec_find("l16/16000")->clock_hz);
	ck_assert_uint_eq(16000, ua_codec_find("l16")->clock_hz);
	ck_assert_uint_eq(8000, ua_codec_find("L16/8000/1")->clock_hz);
	ck_assert_ptr_null(ua_codec_find("pcm"));
	ck_assert_ptr_null(ua_codec_find("pcma/16000"));
	ck_assert_ptr_null(ua_codec_find(""));
#ifdef HAVE_OPUS
	ck_assert_uint_eq(48000, ua_codec_find("opus/48000/2")->clock_hz);
#endif
#ifdef HAVE_G722
	ck_assert_uint_eq(16000, ua_codec_find("g722/8000")->srate_hz);
#endif
}
END_TEST


START_TEST(voice_survives_the_round_trip)
{
	const struct ua_codec *c = nth(_i);
	const size_t nsamp = c ? c->srate_hz / 50 : 0;
	struct ua_enc *enc = NULL;
	struct ua_dec *dec = NULL;
	uint8_t buf[UA_CODEC_LEN_MAX];
	int16_t *in;
	int16_t *out;
	size_t len;
	size_t n;
	size_t i;

	if (!c)
		return;

	in = calloc(FRAMES * nsamp, sizeof(*in));
	out = calloc(FRAMES * nsamp, sizeof(*out));
	ck_assert(in && out);
	voice(in, FRAMES * nsamp, 0, c->srate_hz);

	if (c->enc_alloc)
		ck_assert_int_eq(0, c->enc_alloc(&enc, c, NULL));
	if (c->dec_alloc)
		ck_assert_int_eq(0, c->dec_alloc(&dec, c));

	for (i = 0; i < FRAMES; i++) {
		len = sizeof(buf);
		ck_assert_int_eq(
			0, c->encode(enc, buf, &len, in + i * nsamp, nsamp));
		ck_assert_uint_gt(len, 0);
		ck_assert_uint_eq(nsamp, c->nsamp(buf, len));

		n = nsamp;
		ck_assert_int_eq(
			0, c->decode(dec, out + i * nsamp, &n, buf, len));
		ck_assert_uint_eq(nsamp, n);
	}

	/* Opus keeps what is heard rather than the wave. */
	ck_assert_double_gt(snr(in, out, FRAMES * nsamp, c->srate_hz),
			    strcmp(c->name, "opus") ? 12 : 6);
	if (!strcmp(c->name, "l16"))
		ck_assert_mem_eq(in, out, FRAMES * nsamp * sizeof(*in));

	if (c->enc_free)
		c->enc_free(enc);
	if (c->dec_free)
		c->dec_free(dec);
	free(in);
	free(out);
}
END_TEST


START_TEST(rooms_are_respected)
{
	const struct ua_codec *c = nth(_i);
	int16_t pcm[UA_CODEC_NSAMP_MAX] = { 0 };
	struct ua_enc *enc = NULL;
	struct ua_dec *dec = NULL;
	uint8_t buf[UA_CODEC_LEN_MAX];
	size_t len = 1;
	size_t n;

	if (!c)
		return;

	if (c->enc_alloc)
		ck_assert_int_eq(0, c->enc_alloc(&enc, c, NULL));
	if (c->dec_alloc)
		ck_assert_int_eq(0, c->dec_alloc(&dec, c));

	voice(pcm, c->srate_hz / 50, 0, c->srate_hz);
	if (strcmp(c->name, "opus"))
		ck_assert_int_eq(ENOSPC, c->encode(enc, buf, &len, pcm,
						   c->srate_hz / 50));

	/* The longest packet fits what a sender gives. */
	len = sizeof(buf);
	n = (size_t)c->srate_hz * c->ptime_max / 1000;
	ck_assert_int_eq(0, c->encode(enc, buf, &len, pcm, n));
	ck_assert_uint_eq(n, c->nsamp(buf, len));

	n--;
	ck_assert_int_eq(ENOSPC, c->decode(dec, pcm, &n, buf, len));

	n = UA_CODEC_NSAMP_MAX;
	ck_assert_int_eq(EBADMSG, c->decode(dec, pcm, &n, buf, 0));
	ck_assert_uint_eq(0, c->nsamp(buf, 0));

	if (c->enc_free)
		c->enc_free(enc);
	if (c->dec_free)
		c->dec_free(dec);
}
END_TEST


/* Noise from the network: an error or samples, nothing else. */
START_TEST(noise_is_decoded_or_refused)
{
	const struct ua_codec *c = nth(_i);
	static int16_t pcm[UA_CODEC_NSAMP_MAX];
	struct ua_dec *dec = NULL;
	uint8_t buf[300];
	uint32_t seed = 5;
	size_t len;
	size_t n;
	size_t k;
	int i;
	int err;

	if (!c)
		return;

	if (c->dec_alloc)
		ck_assert_int_eq(0, c->dec_alloc(&dec, c));

	for (i = 0; i < 2000; i++) {
		seed = seed * 1664525 + 1013904223;
		len = seed >> 16 & 255;
		for (k = 0; k < len; k++) {
			seed = seed * 1664525 + 1013904223;
			buf[k] = (uint8_t)(seed >> 24);
		}

		n = UA_CODEC_NSAMP_MAX;
		err = c->decode(dec, pcm, &n, buf, len);
		ck_assert(!err || err == EBADMSG || err == ENOSPC);
		if (!err)
			ck_assert_uint_eq(n, c->nsamp(buf, len));
		if (c->plc)
			ck_assert_int_eq(0,
					 c->plc(dec, pcm, c->srate_hz / 50));
	}

	if (c->dec_free)
		c->dec_free(dec);
}
END_TEST


/* ---- G.711, by its definition ---- */


/*
 * _i: A-law or mu-law.  Sixteen even steps from one power of two to the next:
 * no sample is off by more than half a step, and louder is never softer.
 */
START_TEST(g711_is_off_by_half_a_step_at_most)
{
	const struct ua_codec *c = ua_codec_find(_i ? "pcmu" : "pcma");
	int last = -40000;
	uint8_t code;
	int16_t back;
	int16_t v;
	size_t n;
	int s;

	for (s = INT16_MIN; s <= INT16_MAX; s++) {
		v = (int16_t)s;
		n = 1;
		ck_assert_int_eq(0, c->encode(NULL, &code, &n, &v, 1));
		ck_assert_int_eq(0, c->decode(NULL, &back, &n, &code, 1));

		ck_assert_int_le(abs(s - back), (abs(s) + 132) / 32 + 8);
		ck_assert_int_ge(back, last);
		last = back;
	}
}
END_TEST


START_TEST(g711_knows_the_values_of_the_standard)
{
	static const struct {
		const char *name;
		int16_t pcm;
		uint8_t code;
		int16_t back;
	} t[] = {
		/* G.711, tables 1a and 2a: first and last of both signs */
		{ "pcma", 0, 0xd5, 8 },
		{ "pcma", -1, 0x55, -8 },
		{ "pcma", 32767, 0xaa, 32256 },
		{ "pcma", -32768, 0x2a, -32256 },
		{ "pcma", 1024, 0xe5, 1056 },
		{ "pcmu", 0, 0xff, 0 },
		{ "pcmu", -4, 0x7f, 0 },
		{ "pcmu", 32767, 0x80, 32124 },
		{ "pcmu", -32768, 0x00, -32124 },
		{ "pcmu", 8, 0xfe, 8 },
	};
	const struct ua_codec *c;
	uint8_t code;
	int16_t back;
	size_t len;
	size_t n;
	size_t i;

	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		c = ua_codec_find(t[i].name);
		len = n = 1;
		ck_assert_int_eq(0,
				 c->encode(NULL, &code, &len, &t[i].pcm, 1));
		ck_assert_int_eq(0, c->decode(NULL, &back, &n, &code, 1));
		ck_assert_msg(code == t[i].code && back == t[i].back,
			      "%s %d: %02x %d", t[i].name, t[i].pcm, code,
			      back);
	}
}
END_TEST


START_TEST(g711_codes_survive_being_decoded)
{
	const struct ua_codec *c = ua_codec_find(_i ? "pcmu" : "pcma");
	uint8_t code;
	uint8_t again;
	int16_t v;
	size_t n;
	int i;

	for (i = 0; i < 256; i++) {
		code = (uint8_t)i;
		n = 1;
		ck_assert_int_eq(0, c->decode(NULL, &v, &n, &code, 1));
		ck_assert_int_eq(0, c->encode(NULL, &again, &n, &v, 1));

		/* mu-law has two zeros. */
		if (!_i || i != 0x7f)
			ck_assert_int_eq(code, again);
	}
}
END_TEST


START_TEST(l16_is_in_network_byte_order)
{
	static const int16_t pcm[] = { 0x1234, -2, INT16_MIN };
	const struct ua_codec *c = ua_codec_find("l16");
	uint8_t buf[6];
	size_t len = sizeof(buf);

	ck_assert_int_eq(0, c->encode(NULL, buf, &len, pcm, 3));
	ck_assert_uint_eq(6, len);
	ck_assert_mem_eq("\x12\x34\xff\xfe\x80\x00", buf, 6);
	ck_assert_uint_eq(0, c->nsamp(buf, 5));
}
END_TEST


#ifdef HAVE_OPUS

/* What the peer says of its decoder rules the size of our packets. */
START_TEST(opus_obeys_the_peer)
{
	static const struct {
		const char *fmtp;
		size_t most; /* Bytes of 50 packets: a second */
	} t[] = {
		{ NULL, 6000 },
		{ "maxaveragebitrate=8000", 1400 },
		{ "useinbandfec=1; maxaveragebitrate=12000;stereo=1", 2000 },
		{ "maxaveragebitrate=99", 6000 },
		{ "x;;= ;maxaveragebitrate=", 6000 },
		{ "cbr=1;maxplaybackrate=8000", 4200 },
	};
	const struct ua_codec *c = ua_codec_find("opus");
	struct ua_enc *enc;
	uint8_t buf[UA_CODEC_LEN_MAX];
	int16_t pcm[960];
	size_t sum;
	size_t len;
	size_t i;
	size_t k;

	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		ck_assert_int_eq(0, c->enc_alloc(&enc, c, t[i].fmtp));
		sum = 0;
		for (k = 0; k < 50; k++) {
			voice(pcm, 960, k * 960, 48000);
			len = sizeof(buf);
			ck_assert_int_eq(0,
					 c->encode(enc, buf, &len, pcm, 960));
			sum += len;
		}
		ck_assert_msg(sum <= t[i].most, "%s: %zu", t[i].fmtp, sum);
		ck_assert_uint_gt(sum, 500);
		c->enc_free(enc);
	}
}
END_TEST

#endif


Suite *ua_suite_codecs(void)
{
	Suite *s = suite_create("codecs");
	TCase *tc = tcase_create("codecs");

	tcase_add_loop_test(tc, table_is_sound, 0, 6);
	tcase_add_test(tc, codecs_are_found_by_what_users_type);
	tcase_add_loop_test(tc, voice_survives_the_round_trip, 0, 6);
	tcase_add_loop_test(tc, rooms_are_respected, 0, 6);
	tcase_add_loop_test(tc, noise_is_decoded_or_refused, 0, 6);
	tcase_add_loop_test(tc, g711_is_off_by_half_a_step_at_most, 0, 2);
	tcase_add_test(tc, g711_knows_the_values_of_the_standard);
	tcase_add_loop_test(tc, g711_codes_survive_being_decoded, 0, 2);
	tcase_add_test(tc, l16_is_in_network_byte_order);
#ifdef HAVE_OPUS
	tcase_add_test(tc, opus_obeys_the_peer);
#endif
	suite_add_tcase(s, tc);

	return s;
}
