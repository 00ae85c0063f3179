/* SPDX-License-Identifier: BSD-3-Clause */
/** @file fuzz_rtcp.c  Any bytes as RTCP; what is understood can be said again
 */

#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "base/re_compat.h"
#include "rtp/rtcpses.h"

enum { US = 0x01020304 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);


static void must(bool ok)
{
	if (!ok)
		abort();
}


static void fill(uint8_t *buf, size_t len, void *arg)
{
	(void)arg;

	memset(buf, 0x5a, len);
}


static const struct ua_rand fixed = { .fill = fill };


static void again(const struct ua_rtcp *rtcp)
{
	uint8_t buf[UA_RTCP_LEN_MAX];
	size_t len = sizeof(buf);
	struct ua_rtcp got;

	must(!ua_rtcp_encode(rtcp, "x", buf, &len));
	must(!ua_rtcp_decode(&got, US, buf, len));
	must(got.ssrc == rtcp->ssrc && got.sr == rtcp->sr &&
	     got.ntp == rtcp->ntp && got.bye == rtcp->bye &&
	     got.has_report == rtcp->has_report &&
	     got.report.lost == rtcp->report.lost);
}


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct ua_rtcpses_conf conf = { .cname = "x", .rand = &fixed };
	const struct ua_rtcpses_tx tx = { .ssrc = US,
					  .clock_hz = 8000,
					  .packets = 1 };
	struct ua_rtpstat rx = { .started = false };
	uint8_t buf[UA_RTCP_LEN_MAX];
	struct ua_rtcpses_stats st;
	struct ua_rtcpses *ses;
	struct ua_rtcp rtcp;
	size_t len;

	memset(&rtcp, 0, sizeof(rtcp));
	if (!ua_rtcp_decode(&rtcp, US, data, size))
		again(&rtcp);

	if (ua_rtcpses_alloc(&ses, 0, &conf))
		return 0;

	(void)!ua_rtcpses_input(ses, 1000, &tx, data, size);
	(void)ua_rtpstat_input(&rx, 1000, 8000, rtcp.ssrc, 1, 1, 1);
	must(ua_rtcpses_output(ses, 60000, &tx, &rx, buf, &len));
	must(!ua_rtcp_decode(&rtcp, US, buf, len));
	ua_rtcpses_stats(ses, &st);
	must(st.rtt_ms >= 0 && st.rtt_ms <= 60000);

	mem_deref(ses);
	return 0;
}
