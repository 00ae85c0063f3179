/* SPDX-License-Identifier: BSD-3-Clause */
/** @file invcore.h  The inside of a session: state, queues, timers */
#ifndef UA_INVCORE_H
#define UA_INVCORE_H

#include "base/re_compat.h"
#include "dialog/dialog.h"
#include "dialog/invite.h"

enum {
	UA_INVCORE_T1_MS = 500,          /**< RFC 3261, 17.1.1.1           */
	UA_INVCORE_T2_MS = 4000,         /**< RFC 3261, 17.1.2.2           */
	UA_INVCORE_BYES = 9,             /**< One per fork, and one again  */
	UA_INVCORE_GLARES = 8,           /**< 491 in a row before giving up */
	UA_INVCORE_RING_AGAIN_MS = 60000 /**< A 1xx a minute holds the proxies'
					      Timer C off (13.3.1.1)   */
};

/** What can happen to the state */
enum ua_invcore_move {
	UA_INVCORE_CALL = 0, /**< We send an INVITE                      */
	UA_INVCORE_RING,     /**< A 1xx came                             */
	UA_INVCORE_OWE,      /**< 2xx with an offer came                 */
	UA_INVCORE_RISE,     /**< ACK sent or received                   */
	UA_INVCORE_INVITED,  /**< An INVITE came                         */
	UA_INVCORE_OK,       /**< We sent a 2xx                          */
	UA_INVCORE_END,      /**< We end it, an answer is awaited        */
	UA_INVCORE_CLOSE,    /**< It is over                             */
	UA_INVCORE_NMOVE
};

/** The INFO of ours that is under way in a dialog */
struct ua_invcore_info {
	bool active;
	uint32_t cseq;
	uint32_t id; /**< Tells it from other requests           */
	struct ua_digest_round round;
	struct mbuf *body; /**< To send it again with credentials */
};

/** What an INVITE became with one peer */
struct ua_invcore_fork {
	struct ua_dialog *dlg;
	bool trickle; /**< The peer takes INFO of trickle ICE */
	struct ua_invcore_info info;
	struct mbuf *ack; /**< Of the last 2xx, to be sent again */
	uint32_t ack_cseq;
};

/** The INVITE of ours that is under way */
struct ua_invcore_req {
	bool active;
	bool heard;  /**< Somebody beyond the next hop has it     */
	bool inside; /**< A re-INVITE */
	uint32_t cseq;
	uint32_t id; /**< Tells it from other requests           */
	struct ua_digest_round round;
	struct mbuf *sdp;  /**< NULL: no offer                    */
	struct mbuf *auth; /**< Credentials, again in the ACK     */
	unsigned glares;
	uint64_t since_ms; /**< Of a re-INVITE: last sent           */
};

/** A BYE of ours that is under way */
struct ua_invcore_bye {
	struct ua_dialog *dlg; /**< NULL: free                    */
	uint32_t cseq;
	uint32_t id; /**< Tells it from other requests           */
	struct ua_digest_round round;
};

/** The 2xx of ours that waits for its ACK */
struct ua_invcore_ok {
	bool waiting;
	uint32_t cseq;
	uint32_t wait_ms;
	uint64_t next_ms;
	uint64_t end_ms;
};

struct ua_invite {
	char *aor;
	char *contact;
	char *route;
	char *service_route;
	char *headers;
	char *software;
	char *reason; /**< Reason header of our BYE, NULL: none   */
	struct ua_digest *digest;
	const struct ua_rand *rand;
	const struct ua_log *log;
	uint32_t ring_ms;

	enum ua_invite_state state;
	bool uac;
	bool told;     /**< UA_INVITE_ENDED was queued             */
	bool bye_wait; /**< BYE goes when the ACK has come (15)    */
	bool trickle;  /**< We take INFO of trickle ICE            */
	bool proven;   /**< The caller sent a request in the dialog:
			    it has got our 18x                   */
	bool ack_owed;
	bool taken_back;    /**< Our re-INVITE, for the peer's     */
	uint32_t back_cseq; /**< Its CSeq, 0: there was none       */

	struct ua_dialog *half;  /**< Of our first INVITE           */
	struct ua_dialog *first; /**< ... which it repeats, or NULL */
	struct ua_invcore_fork forkv[UA_INVITE_FORKS];
	size_t forkc;
	size_t main;          /**< Fork that is the session      */
	uint32_t last_id;     /**< Of requests                   */
	uint64_t answered_ms; /**< First 2xx to our first INVITE */
	uint32_t first_cseq;  /**< Of our first INVITE, the last */

	struct ua_invcore_req req;
	struct ua_invcore_bye byev[UA_INVCORE_BYES];

	struct sip_msg *in_msg; /**< INVITE that waits for us      */
	struct ua_invcore_ok ok;
	uint16_t ring_code;
	char *ring_reason;
	struct mbuf *ring_sdp;

	uint64_t ring_at;   /**< Nobody answered                   */
	uint64_t expire_at; /**< Expires of the INVITE that came   */
	uint64_t again_at;  /**< 1xx again                         */
	uint64_t glare_at;  /**< re-INVITE again                   */
	uint64_t grace_at;  /**< Owner is told whatever comes      */
	uint64_t linger_at; /**< Forgotten                         */

	struct list outl;
	struct list eventl;
	struct ua_invite_event ended;
	bool ended_ready;
};


/** The only writer of inv->state; EPROTO: refused, nothing changed */
UA_CHECK int ua_invcore_move(struct ua_invite *inv, enum ua_invcore_move mv);
bool ua_invcore_can(const struct ua_invite *inv, enum ua_invcore_move mv);

/** The dialog that is the session, NULL: none yet */
struct ua_dialog *ua_invcore_dialog(const struct ua_invite *inv);

void ua_invcore_req_reset(struct ua_invcore_req *req);


/** Queue something to do; what out holds is given, also on error */
UA_CHECK int ua_invcore_out(struct ua_invite *inv,
			    const struct ua_invite_out *out);

/** Queue an event; msg (may be NULL) is referenced, its SDP goes with it */
UA_CHECK int ua_invcore_event(struct ua_invite *inv,
			      const struct ua_invite_event *ev,
			      struct sip_msg *msg);

/** Queue an answer; text is the lines after libre's own, NULL: none */
UA_CHECK int ua_invcore_respond(struct ua_invite *inv, struct sip_msg *msg,
				uint16_t code, const char *reason,
				struct mbuf *text);

/** Append what announces trickle ICE, if we do it (RFC 8840, 10; RFC 6086, 5)
 */
UA_CHECK int ua_invcore_announce(const struct ua_invite *inv, struct mbuf *mb,
				 bool recv_info);

/** Append Content-Type, Content-Length, the empty line and the body */
UA_CHECK int ua_invcore_body(struct mbuf *mb, const char *sdp, size_t len);


/**
 * Tell the owner that it is over, once, and stop all but late answers.
 *
 * @param reason  NULL: the usual one of code
 */
void ua_invcore_finish(struct ua_invite *inv, uint64_t now_ms, enum ua_by by,
		       uint16_t code, const char *reason, int err);

/** Something could not be done for lack of memory: end it */
void ua_invcore_broken(struct ua_invite *inv, uint64_t now_ms, int err);

#endif
