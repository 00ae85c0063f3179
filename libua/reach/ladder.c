/* SPDX-License-Identifier: BSD-3-Clause */
/** @file ladder.c  The ways to keep a flow open, the best one first */

#include "reach/ladder.h"

enum { RUNGS = 3 };

/* clang-format off */
#define ITSELF(what)     { UA_PING_##what, UA_PING_NONE }
#define PROVED(what, by) { UA_PING_##what, UA_PING_##by }

static const struct ua_ladder_rung
	auto_udp[RUNGS]      = { ITSELF(OPTIONS), PROVED(CRLF, REGISTER) },
	auto_outbound[RUNGS] = { ITSELF(STUN), ITSELF(OPTIONS),
				 PROVED(CRLF, REGISTER) },
	auto_stream[RUNGS]   = { ITSELF(CRLF), ITSELF(OPTIONS),
				 ITSELF(REGISTER) },
	options_any[RUNGS]   = { ITSELF(OPTIONS), PROVED(OPTIONS, REGISTER) },
	register_any[RUNGS]  = { ITSELF(REGISTER) },
	crlf_udp[RUNGS]      = { PROVED(CRLF, OPTIONS),
				 PROVED(CRLF, REGISTER) },
	crlf_stream[RUNGS]   = { ITSELF(CRLF), PROVED(CRLF, OPTIONS),
				 PROVED(CRLF, REGISTER) };
/* clang-format on */


static const struct ua_ladder_rung *
ladder(enum ua_tp tp, enum ua_keepalive mode, bool outbound)
{
	const bool stream = tp != UA_TP_UDP;

	switch (mode) {

	case UA_KEEPALIVE_OPTIONS:
		return options_any;

	case UA_KEEPALIVE_REGISTER:
		return register_any;

	case UA_KEEPALIVE_CRLF:
		return stream ? crlf_stream : crlf_udp;

	default:
		if (stream)
			return auto_stream;
		return outbound ? auto_outbound : auto_udp;
	}
}


const struct ua_ladder_rung *
ua_ladder_get(enum ua_tp tp, enum ua_keepalive mode, bool outbound, unsigned n)
{
	const struct ua_ladder_rung *rungs = ladder(tp, mode, outbound);

	return n < RUNGS && rungs[n].ping ? &rungs[n] : NULL;
}


enum ua_ping ua_ladder_awaited(const struct ua_ladder_rung *rung)
{
	return rung->verify ? rung->verify : rung->ping;
}


const char *ua_ladder_name(enum ua_ping ping)
{
	static const char *const names[] = {
		[UA_PING_NONE] = "none",         [UA_PING_OPTIONS] = "options",
		[UA_PING_REGISTER] = "register", [UA_PING_CRLF] = "crlf",
		[UA_PING_STUN] = "stun",
	};

	return ping <= UA_PING_STUN ? names[ping] : "?";
}
