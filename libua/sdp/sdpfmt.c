/* SPDX-License-Identifier: BSD-3-Clause */
/** @file sdpfmt.c  One media format: payload type, rtpmap and fmtp */

#include <errno.h>
#include <string.h>

#include "base/re_compat.h"
#include "sdp/sdpfmt.h"
#include "sdp/sdptext.h"

struct static_type {
	uint8_t pt;
	const char *name;
	uint32_t clock_hz;
	uint8_t channels;
};

/*
 * RFC 3551, table 4.  The clock of G722 is 8000 although it samples at 16000
 * (RFC 3551, 4.5.2).
 */
/* clang-format off */
static const struct static_type types[] = {
	{  0, "PCMU",  8000, 1 },
	{  3, "GSM",   8000, 1 },
	{  4, "G723",  8000, 1 },
	{  5, "DVI4",  8000, 1 },
	{  6, "DVI4", 16000, 1 },
	{  7, "LPC",   8000, 1 },
	{  8, "PCMA",  8000, 1 },
	{  9, "G722",  8000, 1 },
	{ 10, "L16",  44100, 2 },
	{ 11, "L16",  44100, 1 },
	{ 12, "QCELP", 8000, 1 },
	{ 13, "CN",    8000, 1 },
	{ 14, "MPA",  90000, 1 },
	{ 15, "G728",  8000, 1 },
	{ 16, "DVI4", 11025, 1 },
	{ 17, "DVI4", 22050, 1 },
	{ 18, "G729",  8000, 1 },
};
/* clang-format on */


struct ua_sdp_fmt *ua_sdpfmt_find(struct ua_sdp_fmt *fmtv, size_t fmtc,
				  const char *id)
{
	size_t i;

	for (i = 0; id && i < fmtc; i++) {
		if (!strcmp(fmtv[i].id, id))
			return &fmtv[i];
	}

	return NULL;
}


int ua_sdpfmt_rtpmap(struct ua_sdp_fmt *fmt, char *value)
{
	char *clock = strchr(value, '/');
	char *params = clock ? strchr(clock + 1, '/') : NULL;
	uint32_t channels = 1;
	uint32_t hz;

	if (!clock || clock == value)
		return EBADMSG;

	*clock++ = '\0';
	if (params)
		*params++ = '\0';

	if (ua_sdptext_u32(&hz, clock) || !hz)
		return EBADMSG;

	/* What stands there is the number of channels, or of no concern. */
	if (params && (ua_sdptext_u32(&channels, params) || !channels ||
		       channels > UINT8_MAX))
		return EBADMSG;

	fmt->name = value;
	fmt->clock_hz = hz;
	fmt->channels = (uint8_t)channels;
	return 0;
}


void ua_sdpfmt_static(struct ua_sdp_fmt *fmt)
{
	size_t i;

	if (fmt->name)
		return;

	for (i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		if (fmt->pt != types[i].pt)
			continue;

		fmt->name = types[i].name;
		fmt->clock_hz = types[i].clock_hz;
		fmt->channels = types[i].channels;
		return;
	}
}


bool ua_sdpfmt_is(const struct ua_sdp_fmt *fmt, const char *name,
		  uint32_t clock_hz, uint8_t channels)
{
	if (!ua_sdptext_same(fmt->name, name) || fmt->clock_hz != clock_hz)
		return false;

	return fmt->channels == channels || ua_sdptext_same(name, "opus");
}
