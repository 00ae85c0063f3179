/* SPDX-License-Identifier: BSD-3-Clause */
/** @file callcore.h  The inside of a call, for call.c and its helpers */
#ifndef UA_CALLCORE_H
#define UA_CALLCORE_H

#include <ua/call.h>
#include "call/env.h"
#include "call/flow.h"
#include "call/stream.h"
#include "sdp/offer.h"
#include "sip/session.h"

enum { UA_CALL_SDP_MAX = 8192 /**< Longest description written [bytes] */ };

/** What moves a call from state to state */
enum ua_call_ev {
	UA_CALL_EV_SENT = 0, /**< INVITE is out                   */
	UA_CALL_EV_RING,     /**< 18x, or an INVITE came          */
	UA_CALL_EV_UP,       /**< 2xx                             */
	UA_CALL_EV_END,      /**< We want to end it               */
	UA_CALL_EV_CLOSE,    /**< It is over                      */
	UA_CALL_NEVENT
};

struct ua_call {
	struct le le; /**< In env->calls, which owns it */
	struct ua_env *env;
	unsigned number;
	enum ua_call_state state; /**< Written by call_step() alone */
	bool incoming;
	struct ua_account *account; /**< Referenced, or NULL */
	struct ua_call_conf conf;   /**< Strings are those below */
	char *source;
	char *sink;
	char *record;
	char *peer;      /**< URI of the other side    */
	char *local_uri; /**< Ours                     */
	char *user;      /**< Of our Contact, or NULL  */

	struct ua_query *query;
	struct ua_hop hop;
	bool has_hop;
	struct ua_endpoint *ep; /**< Borrowed of the agent */

	struct ua_session *sess;
	struct ua_offer *offer;
	struct ua_flow *flow;
	struct ua_stream *stream;
	bool gathered;
	bool answering; /**< The application wants to answer          */
	bool offered;   /**< Our 2xx carried an offer: ACK has its answer */
	bool has_media; /**< Result of offer and answer is in force   */
	bool held;      /**< By the peer                              */
	bool path_told;
	bool muted;

	uint64_t start_us; /**< Asked for, or INVITE came */
	uint64_t up_us;    /**< Answered, 0: not yet      */
	uint64_t end_us;
	const struct ua_codec *codec;
	char codec_name[48];
	struct ua_call_stats last; /**< Of a stream that is over */
	char why[128]; /**< Why it is being ended by us, "" if not */
	char callid[128];
};

#endif
