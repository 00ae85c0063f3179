/* SPDX-License-Identifier: BSD-3-Clause */
/** @file call.h  A call */
#ifndef UA_CALL_H
#define UA_CALL_H

#include <ua/types.h>
#include <ua/event.h>

struct ua_agent;
struct ua_account;
struct ua_call;

/** What a call is doing */
enum ua_call_state {
	UA_CALL_NONE = 0,
	UA_CALL_RESOLVING, /**< Where to send the INVITE; gathering        */
	UA_CALL_CALLING,   /**< INVITE sent                                */
	UA_CALL_RINGING,   /**< The other side rings, or we do             */
	UA_CALL_UP,        /**< Answered                                   */
	UA_CALL_ENDING,    /**< BYE or CANCEL sent                         */
	UA_CALL_CLOSED
};

/** Sound of a call: SPECs as in uaphone(1); strings are copied */
struct ua_call_conf {
	const char *source; /**< "alsa[:DEV]", "file:F.wav", "tone:HZ",
				 "silence", "null", "echo"; NULL: silence.
				 A %d becomes the call's number           */
	const char *sink;   /**< "alsa[:DEV]", "file:F.wav", "null",
				 "echo"; NULL: null                       */
	const char *record; /**< WAV file of both sides, NULL: none      */
	bool source_once;   /**< A file is played once, then silence     */
};

/** Sound and packets of a call so far */
struct ua_call_stats {
	uint64_t tx_packets;
	uint64_t tx_bytes; /**< RTP payload */
	uint64_t rx_packets;
	uint64_t rx_bytes; /**< RTP payload */
	uint64_t rx_lost;
	uint64_t rx_late; /**< Came after their turn                     */
	double jitter_ms;
	double rtt_ms;     /**< 0: not known                              */
	double mos;        /**< 1.0 to 4.5, 0: nothing heard              */
	double heard_s;    /**< Seconds of sound that came and was played */
	uint32_t delay_ms; /**< Of the jitter buffer now                  */
	const char *codec; /**< "opus/48000"; NULL before it is agreed    */
};


void ua_call_conf_default(struct ua_call_conf *conf);


/**
 * Call somebody.
 *
 * @param callp    Set on success; owned by the agent until UA_EVENT_CLOSED
 * @param agent    Agent
 * @param account  Who calls; NULL: the agent itself, without a registration
 * @param uri      "sip:bob@example.com", "sip:bob@192.0.2.1:5060;transport=
 *                 tcp", "bob@example.com", or with an account "bob"
 * @param conf     Sound; copied
 * @param errstr   As ua_agent_alloc()
 *
 * @retval 0        Begun; events follow
 * @retval EINVAL   Bad URI, unreadable file or bad SPEC, see errstr
 * @retval EMFILE   max_calls are up: end one
 * @retval ENOMEM   Try later
 */
UA_CHECK int ua_call_connect(struct ua_call **callp, struct ua_agent *agent,
			     struct ua_account *account, const char *uri,
			     const struct ua_call_conf *conf, char *errstr);


/**
 * Answer an incoming call.
 *
 * @retval 0       The 200 goes out as soon as candidates are gathered
 * @retval EINVAL  Bad SPEC or file, see errstr; the call still rings
 * @retval EPROTO  Not a call that rings here
 */
UA_CHECK int ua_call_answer(struct ua_call *call,
			    const struct ua_call_conf *conf, char *errstr);


/**
 * End a call in whatever state: CANCEL, BYE, or a refusal.
 *
 * @param code    For an incoming call that rings: 400 to 699, 0: 603
 * @param reason  NULL: the usual one
 */
void ua_call_hangup(struct ua_call *call, uint16_t code, const char *reason);


/**
 * Send digits as telephone-events (RFC 4733), queued, 100 ms each.
 *
 * @param digits  Of 0-9 * # A-D, and ',' for a second of pause
 *
 * @retval 0        Queued
 * @retval EINVAL   Another character: nothing is sent
 * @retval ENOTSUP  The peer takes no telephone-events
 * @retval EPROTO   The call is not up
 * @retval ENOSPC   More than 64 digits wait
 */
UA_CHECK int ua_call_dtmf(struct ua_call *call, const char *digits);


/**
 * Put the call on hold (RFC 3264, 8.4): from now on nothing of the source is
 * sent and nothing that comes is played; the path is kept, and RTCP goes on.
 * Digits wait.
 *
 * The peer is told by a new offer, as soon as the session takes one: after one
 * that is under way, by the answer to one of its own, again after both met
 * (RFC 3261, 14.1).  If a wish is overtaken by ua_call_resume() before it was
 * told, only the last one is.
 *
 * @retval 0         UA_EVENT_HOLD follows when the peer has agreed.  If it
 *                   refuses, UA_EVENT_RESUMED with its code follows, and all
 *                   is as before: try again, or mute the call
 * @retval EALREADY  It is on hold by us, or will be: nothing is to be done
 * @retval EPROTO    The call is not up: answer it first, or wait for that
 */
UA_CHECK int ua_call_hold(struct ua_call *call);


/**
 * Take a call off our hold.  If the peer holds us too nobody is heard before
 * it resumes as well (RFC 6337, 5.3).
 *
 * @retval 0         UA_EVENT_RESUMED follows when the peer has agreed.  If it
 *                   refuses, UA_EVENT_HOLD with its code follows, and the call
 *                   is still on hold: try again, or end it
 * @retval EALREADY  It is not on hold by us, or will not be
 * @retval EPROTO    The call is not up
 */
UA_CHECK int ua_call_resume(struct ua_call *call);


/** Is it on hold: by the peer, or by us, as events told? */
bool ua_call_held(const struct ua_call *call, bool remote);


/** Send silence instead of the source */
void ua_call_mute(struct ua_call *call, bool on);

void ua_call_stats(const struct ua_call *call, struct ua_call_stats *stats);

/** @retval ENOTCONN  No path yet */
UA_CHECK int ua_call_path(const struct ua_call *call, struct ua_ice_info *ice);

enum ua_call_state ua_call_state(const struct ua_call *call);
const char *ua_call_state_name(enum ua_call_state state);

/** A small number, unique in its agent */
unsigned ua_call_number(const struct ua_call *call);

/** URI of the other side */
const char *ua_call_peer(const struct ua_call *call);
const char *ua_call_local_uri(const struct ua_call *call);
bool ua_call_incoming(const struct ua_call *call);
struct ua_account *ua_call_account(const struct ua_call *call);
const char *ua_call_id(const struct ua_call *call); /**< SIP Call-ID */

/** Next call of an agent; NULL gives the first */
struct ua_call *ua_call_next(const struct ua_agent *agent,
			     const struct ua_call *call);

/** The call with a number, NULL if there is none */
struct ua_call *ua_call_find(const struct ua_agent *agent, unsigned number);

#endif
