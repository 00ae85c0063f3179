/* SPDX-License-Identifier: BSD-3-Clause */
/** @file bench_media.c  What sound costs: calls per core, delay, memory
 *
 * A call is one sender and one receiver, as one phone of it has.  The bound is
 * what its codec alone takes in the same run.  Time on the line is virtual;
 * only the processor's is real.
 */

#include <malloc.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/random.h"
#include "base/re_compat.h"
#include "media/recv.h"
#include "media/send.h"

enum {
	PTIME = 20,
	NCALL = 50,
	FRAMES = 500,
	NSAMP_MAX = UA_CODEC_SRATE_MAX / 1000 * PTIME,
	SPEECH = 100 /* Frames of it, said again and again */
};

struct call {
	struct ua_send *send;
	struct ua_recv *recv;
};

static struct call callv[NCALL];
static int16_t speech[SPEECH * NSAMP_MAX];


static double cpu_s(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}


static void must(bool ok, const char *what)
{
	if (ok)
		return;

	(void)fprintf(stderr, "bench_media: %s\n", what);
	exit(1);
}


static void speech_make(uint32_t srate_hz)
{
	const size_t n = (size_t)SPEECH * srate_hz / 1000 * PTIME;
	double t;
	size_t i;

	for (i = 0; i < n; i++) {
		t = (double)i / srate_hz;
		speech[i] = (int16_t)(5000 * (1 + sin(2 * M_PI * 3 * t)) *
				      (sin(2 * M_PI * 140 * t) +
				       sin(2 * M_PI * 980 * t) / 2));
	}
}


static void call_open(struct call *call, const struct ua_codec *codec)
{
	const struct ua_send_conf sc = { .codec = codec,
					 .pt = 96,
					 .telev_pt = -1,
					 .ptime_ms = PTIME,
					 .srate_hz = codec->srate_hz,
					 .rand = &ua_random_system };
	struct ua_recv_conf rc;

	ua_recv_conf_default(&rc);
	rc.srate_hz = codec->srate_hz;
	rc.fmts[0].pt = 96;
	rc.fmts[0].codec = codec;
	rc.fmts[0].clock_hz = codec->clock_hz;
	rc.nfmt = 1;

	must(!ua_send_alloc(&call->send, &sc), "no sender");
	must(!ua_recv_alloc(&call->recv, &rc), "no receiver");
}


static void call_step(struct call *call, uint64_t now_ms, const int16_t *pcm,
		      size_t nsamp)
{
	int16_t out[NSAMP_MAX];
	uint8_t buf[UA_DGRAM_MAX];
	size_t len;

	must(!ua_send_input(call->send, pcm, nsamp), "no input");
	while (ua_send_output(call->send, now_ms, buf, sizeof(buf), &len))
		must(!ua_recv_packet(call->recv, now_ms, buf, len),
		     "no packet");

	(void)ua_recv_frame(call->recv, now_ms + 7, out, nsamp);
}


/* Processor time of the codec alone for as much sound [s] */
static double bare(const struct ua_codec *codec, size_t nsamp)
{
	struct ua_enc *enc = NULL;
	struct ua_dec *dec = NULL;
	int16_t out[NSAMP_MAX];
	uint8_t buf[UA_CODEC_LEN_MAX];
	double at;
	size_t len;
	size_t n;
	unsigned i;

	must(!codec->enc_alloc || !codec->enc_alloc(&enc, codec, NULL),
	     "no encoder");
	must(!codec->dec_alloc || !codec->dec_alloc(&dec, codec),
	     "no decoder");

	at = cpu_s();
	for (i = 0; i < FRAMES * NCALL; i++) {
		len = sizeof(buf);
		n = NSAMP_MAX;
		must(!codec->encode(enc, buf, &len,
				    speech + i % SPEECH * nsamp, nsamp),
		     "no frame");
		must(!codec->decode(dec, out, &n, buf, len), "no sound");
	}
	at = cpu_s() - at;

	if (codec->enc_free)
		codec->enc_free(enc);
	if (codec->dec_free)
		codec->dec_free(dec);

	return at;
}


static void bench(const struct ua_codec *codec)
{
	const size_t nsamp = (size_t)codec->srate_hz / 1000 * PTIME;
	const double sound_s = (double)NCALL * FRAMES * PTIME / 1000;
	struct ua_recv_stats st;
	const size_t before = mallinfo2().uordblks;
	size_t held;
	double bound;
	double at;
	unsigned i;
	unsigned k;

	speech_make(codec->srate_hz);
	for (i = 0; i < NCALL; i++)
		call_open(&callv[i], codec);

	at = cpu_s();
	for (k = 0; k < FRAMES; k++) {
		for (i = 0; i < NCALL; i++)
			call_step(&callv[i], 1000 + (uint64_t)k * PTIME,
				  speech + k % SPEECH * nsamp, nsamp);
	}
	at = cpu_s() - at;

	held = mallinfo2().uordblks - before;
	ua_recv_stats(callv[0].recv, &st);
	bound = bare(codec, nsamp);

	(void)printf("%-5s/%-5u %7.0f calls per core; codec alone %7.0f, "
		     "ratio %.2f\n",
		     codec->name, (unsigned)codec->clock_hz, sound_s / at,
		     sound_s / bound, at / bound);
	(void)printf("%-5s/%-5u %7.1f KiB per call; %.0f ms of delay in a "
		     "quiet network\n",
		     codec->name, (unsigned)codec->clock_hz,
		     (double)held / NCALL / 1024, st.delay_ms);

	for (i = 0; i < NCALL; i++) {
		mem_deref(callv[i].send);
		mem_deref(callv[i].recv);
	}
}


/* How fast the machine is at all: moving the bytes of a call's packets */
static void bench_memcpy(void)
{
	static uint8_t from[160];
	static uint8_t to[160];
	volatile uint8_t sink;
	double at;
	unsigned i;

	at = cpu_s();
	for (i = 0; i < 10000000; i++) {
		memcpy(to, from, sizeof(to));
		from[i % sizeof(from)] = to[(i + 1) % sizeof(to)];
	}
	at = cpu_s() - at;
	sink = to[0];
	(void)sink;

	(void)printf("memcpy      %7.0f million packets of 160 bytes a "
		     "second\n",
		     10 / at);
}


int main(void)
{
	static const char *const names[] = { "pcma", "pcmu", "l16/16000",
					     "g722", "opus" };
	const struct ua_codec *codec;
	size_t i;

	bench_memcpy();
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		codec = ua_codec_find(names[i]);
		if (codec)
			bench(codec);
	}

	return 0;
}
