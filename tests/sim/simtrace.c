/* SPDX-License-Identifier: BSD-3-Clause */
/** @file simtrace.c  What happens in the net: as text, and as a number */

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "stun/stun.h"
#include "simcore.h"

enum { LINE = 320 };


/* Eight bytes at a time: each packet goes through here at each hop. */
void ua_simtrace_mix(struct ua_simnet *net, const void *p, size_t len)
{
	const uint8_t *b = p;
	uint64_t h = net->stat.hash ^ len;
	uint64_t w;

	for (; len >= sizeof(w); len -= sizeof(w), b += sizeof(w)) {
		memcpy(&w, b, sizeof(w));
		h = (h ^ w) * UINT64_C(0x9fb21c651e98df25);
		h ^= h >> 35;
	}

	w = 0;
	memcpy(&w, b, len);
	h = (h ^ w) * UINT64_C(0x9fb21c651e98df25);
	net->stat.hash = h ^ (h >> 28);
}


static const char *method_name(uint16_t method)
{
	switch (method) {

	case UA_STUN_BINDING:
		return "Binding";
	case UA_STUN_ALLOCATE:
		return "Allocate";
	case UA_STUN_REFRESH:
		return "Refresh";
	case UA_STUN_SEND:
		return "Send";
	case UA_STUN_DATA:
		return "Data";
	case UA_STUN_CREATE_PERMISSION:
		return "CreatePermission";
	case UA_STUN_CHANNEL_BIND:
		return "ChannelBind";
	default:
		return "method?";
	}
}


static void describe_stun(char *str, size_t size, const struct ua_stun *msg)
{
	static const char *const classes[] = { "request", "indication",
					       "success", "error" };
	uint16_t code = 0;
	char err[16] = "";

	if (msg->cls == UA_STUN_ERROR && !ua_stun_error(msg, &code, NULL))
		(void)snprintf(err, sizeof(err), " %u", code);

	(void)snprintf(
		str, size, "%s %s%s %02x%02x%02x%s%s%s",
		method_name(msg->method), classes[msg->cls & 3], err,
		msg->tid[0], msg->tid[1], msg->tid[2],
		ua_stun_attr(msg, UA_STUN_USE_CANDIDATE, NULL) ? " use" : "",
		ua_stun_attr(msg, UA_STUN_ICE_CONTROLLING, NULL)
			? " controlling"
			: "",
		ua_stun_attr(msg, UA_STUN_NOMINATION, NULL) ? " again" : "");
}


static void describe(char *str, size_t size, const uint8_t *buf, size_t len)
{
	struct ua_stun msg;
	const uint8_t first = len ? buf[0] : 0;

	if (ua_stun_is(buf, len) && !ua_stun_decode(&msg, buf, len))
		describe_stun(str, size, &msg);
	else if (first >= 0x40 && first < 0x80)
		(void)snprintf(str, size, "channel %02x%02x", first, buf[1]);
	else if (first >= 0x80 && first < 0xc0)
		(void)snprintf(str, size, "media");
	else
		(void)snprintf(str, size, "data");
}


static void print(struct ua_simnet *net, const char *what, const char *where,
		  const struct ua_simpacket *packet, const char *why)
{
	char line[LINE], kind[80];
	char src[UA_ADDR_LEN], dst[UA_ADDR_LEN];

	if (packet->refusal)
		(void)snprintf(kind, sizeof(kind), "ICMP unreachable");
	else
		describe(kind, sizeof(kind), packet->buf, packet->len);
	(void)snprintf(line, sizeof(line), "%-7s %-16s #%u %s -> %s %s%s%s%s",
		       what, where, packet->id, ua_addr_str(&packet->src, src),
		       ua_addr_str(&packet->dst, dst), kind,
		       packet->twin ? " (twin)" : "", why ? ": " : "",
		       why ? why : "");
	net->trace(net->now_us, line, net->trace_arg);
}


void ua_simtrace_packet(struct ua_simnet *net, const char *what,
			const char *where, const struct ua_simpacket *packet,
			const char *why)
{
	const uint64_t v[] = { net->now_us,
			       (uint64_t)what[0] << 56 |
				       (uint64_t)packet->src.port << 32 |
				       (uint64_t)packet->dst.port << 16 |
				       (why ? (uint8_t)why[0] : 0) };

	ua_simtrace_mix(net, v, sizeof(v));
	ua_simtrace_mix(net, packet->src.ip, sizeof(packet->src.ip));
	ua_simtrace_mix(net, packet->dst.ip, sizeof(packet->dst.ip));
	ua_simtrace_mix(net, packet->buf, packet->len);

	if (what[0] == 'd')
		++net->stat.dropped;

	if (net->trace)
		print(net, what, where, packet, why);
}


void ua_simnet_trace(struct ua_simnet *net, ua_simtrace_h *h, void *arg)
{
	net->trace = h;
	net->trace_arg = arg;
}


void ua_simnet_note(struct ua_simnet *net, const char *fmt, ...)
{
	char line[LINE];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);

	ua_simtrace_mix(net, &net->now_us, sizeof(net->now_us));
	ua_simtrace_mix(net, line, strlen(line));

	if (net->trace)
		net->trace(net->now_us, line, net->trace_arg);
}
