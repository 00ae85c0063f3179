/* SPDX-License-Identifier: BSD-3-Clause */
/** @file demux.c  What a datagram is, by its first bytes */

#include "net/demux.h"

/* First bytes (RFC 7983, 7); what is between them belongs to nobody here. */
/* clang-format off */
static const struct {
	uint8_t lo;
	uint8_t hi;
	enum ua_demux what;
} ranges[] = {
	{   0,   3, UA_DEMUX_STUN },
	{  20,  63, UA_DEMUX_DTLS },
	{  64,  79, UA_DEMUX_CHANNEL },
	{ 128, 191, UA_DEMUX_RTP },
};
/* clang-format on */

/* RTCP packet types; RTP payload types 64-95 with marker are not used then
 * (RFC 5761, 4). */
enum { RTCP_LO = 192, RTCP_HI = 223 };


enum ua_demux ua_demux_class(const uint8_t *buf, size_t len)
{
	size_t i;

	if (!len)
		return UA_DEMUX_UNKNOWN;

	for (i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++) {

		if (buf[0] < ranges[i].lo || buf[0] > ranges[i].hi)
			continue;

		if (ranges[i].what != UA_DEMUX_RTP)
			return ranges[i].what;

		if (len < 2)
			return UA_DEMUX_UNKNOWN;

		return buf[1] >= RTCP_LO && buf[1] <= RTCP_HI ? UA_DEMUX_RTCP
							      : UA_DEMUX_RTP;
	}

	return UA_DEMUX_UNKNOWN;
}
