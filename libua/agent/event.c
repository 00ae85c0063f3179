/* SPDX-License-Identifier: BSD-3-Clause */
/** @file event.c  Names of what an event tells */

#include <ua/event.h>


const char *ua_event_name(enum ua_event_type type)
{
	static const char *const names[] = {
		[UA_EVENT_NONE] = "none",
		[UA_EVENT_NETWORK] = "network",
		[UA_EVENT_REGISTERED] = "registered",
		[UA_EVENT_REGISTER_FAILED] = "register_failed",
		[UA_EVENT_UNREGISTERED] = "unregistered",
		[UA_EVENT_KEEPALIVE] = "keepalive",
		[UA_EVENT_FLOW_LOST] = "flow_lost",
		[UA_EVENT_FLOW_RESTORED] = "flow_restored",
		[UA_EVENT_CALLING] = "calling",
		[UA_EVENT_INCOMING] = "incoming",
		[UA_EVENT_PROGRESS] = "progress",
		[UA_EVENT_ANSWERED] = "answered",
		[UA_EVENT_ICE_GATHERED] = "ice_gathered",
		[UA_EVENT_ICE_REMOTE] = "ice_remote",
		[UA_EVENT_ICE_CONNECTED] = "ice_connected",
		[UA_EVENT_ICE_FAILED] = "ice_failed",
		[UA_EVENT_ICE_RESTART] = "ice_restart",
		[UA_EVENT_MEDIA_SENT] = "media_sent",
		[UA_EVENT_MEDIA_HEARD] = "media_heard",
		[UA_EVENT_DTMF] = "dtmf",
		[UA_EVENT_HOLD] = "hold",
		[UA_EVENT_RESUMED] = "resumed",
		[UA_EVENT_CLOSED] = "closed",
	};

	return (unsigned)type <= UA_EVENT_CLOSED ? names[type] : "?";
}


const char *ua_event_cand_name(enum ua_cand_type type)
{
	static const char *const names[] = {
		[UA_CAND_HOST] = "host",
		[UA_CAND_SRFLX] = "srflx",
		[UA_CAND_PRFLX] = "prflx",
		[UA_CAND_RELAY] = "relay",
	};

	return (unsigned)type <= UA_CAND_RELAY ? names[type] : "?";
}


const char *ua_event_origin_name(enum ua_origin origin)
{
	static const char *const names[] = {
		[UA_ORIGIN_PEER] = "peer",
		[UA_ORIGIN_PROXY] = "proxy",
		[UA_ORIGIN_IMPLICIT] = "implicit",
	};

	return (unsigned)origin <= UA_ORIGIN_IMPLICIT ? names[origin] : "?";
}
