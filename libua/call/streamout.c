/* SPDX-License-Identifier: BSD-3-Clause */
/** @file streamout.c  What a stream sends: sound, RTCP, and what keeps its
 * path alive */

#include <string.h>

#include <ua/codec.h>
#include "call/streamout.h"
#include "rtp/rtcp.h"
#include "rtp/rtppkt.h"

enum { RTP = 1, RTCP };


void ua_streamout_init(struct ua_streamout *out,
		       const struct ua_stream_handlers *handlers)
{
	memset(out, 0, sizeof(*out));
	out->handlers = *handlers;
	out->keep_pt = UA_SDP_PT_NONE;
	ua_rtpalive_init(&out->alive);
}


void ua_streamout_set(struct ua_streamout *out, uint64_t now_ms,
		      const struct ua_offer_result *result)
{
	out->keep_pt = result->keep_pt;
	out->nowhere =
		result->remote.dest == UA_SDPFACTS_ANY && !result->remote.ice;

	/* Who reserves relays counts from each offer. */
	ua_rtpalive_mux(&out->alive, result->mux);
	ua_rtpalive_path(&out->alive, now_ms, 0);
}


static void put(struct ua_streamout *out, uint64_t now_ms, unsigned comp,
		const uint8_t *buf, size_t len)
{
	out->handlers.send(comp, buf, len, out->handlers.arg);
	ua_rtpalive_sent(&out->alive, now_ms, comp);
}


void ua_streamout_sound(struct ua_streamout *out, uint64_t now_ms)
{
	uint8_t buf[UA_CODEC_LEN_MAX + UA_RTPPKT_HDR];
	size_t len;

	while (ua_send_output(out->send, now_ms, buf, sizeof(buf), &len)) {
		put(out, now_ms, RTP, buf, len);
		if (!out->sent) {
			out->sent = true;
			out->handlers.sent(out->handlers.arg);
		}
	}
}


void ua_streamout_rtcp(struct ua_streamout *out, uint64_t now_ms)
{
	uint8_t buf[UA_RTCP_LEN_MAX];
	size_t len;

	if (!out->rtcp || !out->send || !out->recv)
		return;

	while (ua_rtcpses_output(out->rtcp, now_ms, ua_send_tx(out->send),
				 ua_recv_rtpstat(out->recv), buf, &len)) {
		/* Who hold by 0.0.0.0 want none (RFC 6337, 5.4): only what
		   keeps the path goes where they were before. */
		if (!out->nowhere ||
		    ua_rtpalive_due(&out->alive, now_ms, RTCP))
			put(out, now_ms, RTCP, buf, len);
	}
}


void ua_streamout_keep(struct ua_streamout *out, uint64_t now_ms)
{
	uint8_t buf[UA_RTPPKT_HDR];

	if (out->keep_pt < 0 || !ua_rtpalive_due(&out->alive, now_ms, RTP))
		return;

	ua_send_keep(out->send, now_ms, (uint8_t)out->keep_pt, buf);
	put(out, now_ms, RTP, buf, sizeof(buf));
}
