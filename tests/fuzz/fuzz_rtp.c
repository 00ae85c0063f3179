/* SPDX-License-Identifier: BSD-3-Clause */
/** @file fuzz_rtp.c  Any packets at any time, played
 *
 * Input: records of a delay [ms], a length and so many bytes of a packet.
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/re_compat.h"
#include "media/recv.h"
#include "rtp/rtppkt.h"

enum { NSAMP = 160, PT_NARROW = 0, PT_WIDE = 1, PT_TELEV = 2 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);


/* A byte is a sample: as much of a codec as there can be without one */
static int decode(struct ua_dec *dec, int16_t *pcm, size_t *nsamp,
		  const uint8_t *buf, size_t len)
{
	size_t i;

	(void)dec;

	if (!len)
		return EBADMSG;
	if (len > *nsamp)
		return ENOSPC;

	for (i = 0; i < len; i++)
		pcm[i] = (int16_t)(buf[i] * 256 - 32768);

	*nsamp = len;
	return 0;
}


static size_t count(const uint8_t *buf, size_t len)
{
	(void)buf;

	return len;
}


static const struct ua_codec narrow = {
	.name = "narrow",
	.clock_hz = 8000,
	.srate_hz = 8000,
	.bpl = 1,
	.decode = decode,
	.nsamp = count,
};


static const struct ua_codec wide = {
	.name = "wide",
	.clock_hz = 8000,
	.srate_hz = 16000,
	.bpl = 1,
	.decode = decode,
	.nsamp = count,
};


static void must(bool ok)
{
	if (!ok)
		abort();
}


static void drain(struct ua_recv *recv, uint64_t now_ms)
{
	struct ua_recv_event ev;
	struct ua_recv_stats st;
	int16_t pcm[NSAMP];

	(void)ua_recv_frame(recv, now_ms, pcm, NSAMP);
	while (ua_recv_event(recv, &ev))
		must(ev.type >= UA_RECV_EVENT_HEARD &&
		     ev.type <= UA_RECV_EVENT_SSRC);

	ua_recv_stats(recv, &st);
	must(st.heard_s >= 0 && st.concealed_s > -0.001);
	must(ua_recv_mos(recv, 0) <= 4.5);
}


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ua_recv_conf conf;
	struct ua_recv *recv;
	struct ua_rtppkt pkt;
	uint64_t now_ms = 1000;
	uint64_t pull_ms = 1000;
	size_t len;

	ua_recv_conf_default(&conf);
	conf.fmts[0].pt = PT_NARROW;
	conf.fmts[0].codec = &narrow;
	conf.fmts[0].clock_hz = 8000;
	conf.fmts[1].pt = PT_WIDE;
	conf.fmts[1].codec = &wide;
	conf.fmts[1].clock_hz = 8000;
	conf.fmts[2].pt = PT_TELEV;
	conf.fmts[2].clock_hz = 8000;
	conf.nfmt = 3;
	if (ua_recv_alloc(&recv, &conf))
		return 0;

	while (size >= 2) {
		now_ms += data[0];
		len = data[1] < size - 2 ? data[1] : size - 2;

		if (!ua_rtppkt_decode(&pkt, data + 2, len))
			must(pkt.payload >= data + 2 &&
			     pkt.payload + pkt.len <= data + 2 + len);

		(void)ua_recv_packet(recv, now_ms, data + 2, len);
		for (; pull_ms <= now_ms; pull_ms += 20)
			drain(recv, pull_ms);

		data += 2 + len;
		size -= 2 + len;
	}

	mem_deref(recv);
	return 0;
}
