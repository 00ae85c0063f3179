/* SPDX-License-Identifier: BSD-3-Clause */
/** @file callcore.h  The inside of a call, for call.c and its helpers */
#ifndef UA_CALLCORE_H
#define UA_CALLCORE_H

#include <ua/call.h>
#include "call/env.h"
#include "call/flow.h"
#include "call/stream.h"
#include "call/trickle.h"
#include "sdp/offer.h"
#include "sip/session.h"

enum {
	UA_CALL_SDP_MAX = 8192, /**< Longest description written [bytes]   */
	UA_CALL_UPDATE_MS = 600 /**< A callee leaves the first word to the
				     caller                               */
};

/** What moves a call from state to state */
enum ua_call_ev {
	UA_CALL_EV_SENT = 0, /**< INVITE is out                   */
	UA_CALL_EV_RING,     /**< 18x, or an INVITE came          */
	UA_CALL_EV_UP,       /**< 2xx                             */
	UA_CALL_EV_END,      /**< We want to end it               */
	UA_CALL_EV_CLOSE,    /**< It is over                      */
	UA_CALL_NEVENT
};

/** A restart of ICE that is asked for, or under way */
struct ua_call_restart {
	bool wanted;      /**< As soon as the session takes an offer     */
	bool urgent;      /**< The peer cannot know that it is needed    */
	bool out;         /**< Its offer waits for the answer            */
	unsigned tries;   /**< Offers since the last one that led to a path */
	uint64_t last_ms; /**< The latest of them                        */
	char why[48];
	struct tmr tmr;
};

/** Our hold, see hold.c */
struct ua_call_hold {
	bool wish;   /**< The application's                             */
	bool said;   /**< By our last description                       */
	bool agreed; /**< By the last one that was agreed on            */
	struct tmr tmr;
};

/** Servers that its name led to, see failover.h */
struct ua_call_failover {
	struct ua_target targetv[UA_TARGET_MAX];
	const char *uri;    /**< That led to them (borrowed)        */
	size_t n;           /**< 0: there is but the one in use     */
	size_t next;        /**< ... to be tried                    */
	uint64_t silent_ms; /**< Long enough silent then            */
	struct tmr tmr;
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
	struct ua_call_failover failover;
	struct ua_endpoint *ep; /**< Borrowed of the agent */

	struct ua_session *sess;
	struct ua_offer *offer;
	struct ua_offer *asked; /**< As it was when the INVITE went out  */
	uint8_t fork;           /**< Whose answer counts                 */
	struct ua_flow *flow;
	struct ua_stream *stream;
	bool gathered;
	bool answering; /**< The application wants to answer          */
	bool offered;   /**< Our 2xx carried an offer: ACK has its answer */
	bool has_media; /**< Result of offer and answer is in force   */
	bool held;      /**< By the peer                              */
	bool late;      /**< Candidates that the peer does not know     */
	bool updating;  /**< Our re-INVITE is under way                 */
	struct tmr update_tmr; /**< Of a callee that waits with it */
	struct ua_call_restart restart;
	struct ua_call_hold hold;
	struct ua_trickle trickles[UA_INVITE_FORKS]; /**< By dialog */
	struct tmr info_tmr; /**< Patience with an INFO of ours */
	bool muted;

	uint64_t start_us; /**< Asked for, or INVITE came */
	uint64_t up_us;    /**< Answered, 0: not yet      */
	uint64_t end_us;
	const struct ua_codec *codec;
	char codec_name[48];
	struct ua_call_stats last; /**< Of a stream that is over */
	char why[320]; /**< Why it is being ended by us, "" if not */
	char callid[128];
};


/* callbase.c: states, events, beginning and end */

/** Make one move.  EPROTO: not in this state; nothing changed */
int ua_callbase_step(struct ua_call *call, enum ua_call_ev ev);

/** A call that nobody knows yet; mem_deref() it.  NULL without memory */
struct ua_call *ua_callbase_new(struct ua_env *env, bool incoming);

/** Give it a number and to the agent's list, which owns it from now on */
void ua_callbase_list(struct ua_call *call);

/** Since it was asked for, or came in [ms] */
uint64_t ua_callbase_ms(const struct ua_call *call);

void ua_callbase_emit(struct ua_call *call, struct ua_event *ev);
void ua_callbase_tell(struct ua_call *call, enum ua_event_type type,
		      uint16_t code, const char *reason);

/** No more sound; its statistics are kept */
void ua_callbase_stop(struct ua_call *call);

/** It is over: the last event; the agent's reference goes */
void ua_callbase_close(struct ua_call *call, enum ua_by by, uint16_t code,
		       const char *reason);

/** End it because something on our side does not work; says why */
void ua_callbase_fail(struct ua_call *call, const char *fmt, ...);

/** Copy a string over another one; NULL stays NULL.  ENOMEM: it is NULL */
UA_CHECK int ua_callbase_dup(char **dst, const char *src);

/** Print into errstr, which may be NULL */
void ua_callbase_say(char *errstr, const char *fmt, ...);

/** Take copies of an application's wishes.  ENOMEM */
UA_CHECK int ua_callbase_conf(struct ua_call *call,
			      const struct ua_call_conf *conf);

/** Look at its SPECs.  EINVAL: see errstr */
UA_CHECK int ua_callbase_sound(const struct ua_call_conf *conf, char *errstr);


/* callmedia.c: sound and path */

/** Open sockets and gather.  Errors as ua_flow_alloc() */
UA_CHECK int ua_callmedia_open(struct ua_call *call, bool controlling);

/**
 * The peer's description counts from now on: path and sound follow it.
 *
 * @retval ENOTSUP  It has no sound for us
 * @retval errno    As ua_flow_remote(), ua_stream_alloc(), ua_stream_set()
 */
UA_CHECK int ua_callmedia_use(struct ua_call *call,
			      const struct ua_offer_result *res);

/** Sound follows our hold, and the path what may come now */
void ua_callmedia_hold(struct ua_call *call);

/** Tell the application of candidates of the peer that came later */
void ua_callmedia_tell_remote(struct ua_call *call,
			      const struct ua_sdp_facts *facts);

/** The wall clock was set: arm the timers of path and sound anew */
void ua_callmedia_rearm(struct ua_call *call);

/** Let sound flow as far as state and path allow */
void ua_callmedia_talk(struct ua_call *call);


/* callsig.c: signalling */

/** For ua_session_conf.h; its argument is the call */
void ua_callsig_handler(struct ua_session *sess,
			const struct ua_invite_event *ev, void *arg);

/** Send the INVITE, if it is known where to, and what we can offer */
void ua_callsig_invite(struct ua_call *call);

/** Send the INVITE of a session that failed to the next server, which is the
    hop now: the same one, but for what depends on where we are */
void ua_callsig_again(struct ua_call *call, const struct ua_session *failed);

/** Write a description.  Errors as ua_offer_local_offer(), ..._answer() */
UA_CHECK int ua_callsig_write_offer(struct ua_call *call, char *sdp,
				    size_t *len);
UA_CHECK int ua_callsig_write_answer(struct ua_call *call, char *sdp,
				     size_t *len);

/** Send an offer in the call.  Errors also as ua_session_modify(): none went
    out, nothing is pending */
UA_CHECK int ua_callsig_offer(struct ua_call *call);

/** Send the 200, if it is wanted and candidates are there, or can follow */
void ua_callsig_answer(struct ua_call *call);


/* reoffer.c: offers inside a call */

/** Does media go straight to the peer now? */
bool ua_reoffer_is_direct(const struct ua_call *call);

/** Tell the peer of late candidates, by an offer only if there is no direct
    path without them */
void ua_reoffer_update(struct ua_call *call);

/**
 * Restart ICE as soon as may be: the offer goes out now or later, and again
 * if it leads to nothing.
 *
 * @param why  Words, borrowed for the call
 */
void ua_reoffer_restart(struct ua_call *call, const char *why);

/** A path was nominated; all: nothing is left to do */
void ua_reoffer_nominated(struct ua_call *call, bool all);

/** re-INVITE came, was cancelled; ours ended */
void ua_reoffer_came(struct ua_call *call, const struct ua_invite_event *ev);
void ua_reoffer_gone(struct ua_call *call);
void ua_reoffer_ended(struct ua_call *call, const struct ua_invite_event *ev);

/** The wall clock was set: arm the timers anew */
void ua_reoffer_rearm(struct ua_call *call);

/** No more offers of ours */
void ua_reoffer_stop(struct ua_call *call);


/* hold.c: our hold */

/**
 * Hold, or no more.
 *
 * @retval 0         UA_EVENT_HOLD or UA_EVENT_RESUMED follows
 * @retval EALREADY  That is what was asked for last
 * @retval EPROTO    The call is not up
 */
UA_CHECK int ua_hold_set(struct ua_call *call, bool on);

/** The direction that we want */
enum ua_sdp_dir ua_hold_dir(const struct ua_call *call);

/** A description with that direction was written; it is agreed on; it was
    refused, in words that are borrowed for the call */
void ua_hold_described(struct ua_call *call);
void ua_hold_agreed(struct ua_call *call);
void ua_hold_refused(struct ua_call *call, uint16_t code, const char *reason);

/** The session may take an offer again: make ours, if one is needed */
void ua_hold_pump(struct ua_call *call);

/** The wall clock was set: arm the timer anew */
void ua_hold_rearm(struct ua_call *call);

/** No more offers of ours */
void ua_hold_stop(struct ua_call *call);


/* calltrickle.c: candidates in INFO */

/**
 * Tell those peers of candidates that take INFO.
 *
 * @return True: the peer whose answer counts is one of them, it is or will be
 *         told; false: only an offer can tell it
 */
bool ua_calltrickle_push(struct ua_call *call);

/**
 * Does the peer take INFO, and is there any candidate that a description can
 * have?  Then the rest can follow.
 */
bool ua_calltrickle_is_full(const struct ua_call *call);

/** A description of ours has gone out */
void ua_calltrickle_described(struct ua_call *call,
			      const struct ua_offer_local *local);

/** 18x came: its dialog may be told */
void ua_calltrickle_early(struct ua_call *call,
			  const struct ua_invite_event *ev);

/** INFO came; ours ended */
void ua_calltrickle_came(struct ua_call *call,
			 const struct ua_invite_event *ev);
void ua_calltrickle_informed(struct ua_call *call,
			     const struct ua_invite_event *ev);

/** A description of the peer is in force: take what came before it */
void ua_calltrickle_release(struct ua_call *call);

/** Forget what was kept, wait for nothing any more */
void ua_calltrickle_reset(struct ua_call *call);


/* dial.c */

/** Name ourselves by the address that leads to the other side.  ENOMEM */
UA_CHECK int ua_dial_anonymous(struct ua_call *call);

#endif
