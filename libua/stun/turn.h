/* SPDX-License-Identifier: BSD-3-Clause */
/** @file turn.h  TURN client: one allocation on one server (RFC 8656) */
#ifndef UA_TURN_H
#define UA_TURN_H

#include "stun/stun.h"

struct re_printf;
struct ua_challenge;
struct ua_log;

enum {
	UA_TURN_LIFETIME_S = 600, /**< Asked for by default (RFC 8656, 3.2) */

	/** Bytes that ua_turn_send() puts before a payload, at most */
	UA_TURN_OVERHEAD = UA_STUN_HDR_LEN + 4 + 20 + 4 + 3
};

struct ua_turn;

/** Which relayed addresses are asked for */
enum ua_turn_family {
	UA_TURN_IP4 = 0, /**< IPv4                                      */
	UA_TURN_IP6,     /**< IPv6 (RFC 8656, 18.9)                     */
	UA_TURN_BOTH     /**< Both, or what it can (RFC 8656, 18.11)    */
};

struct ua_turn_conf {
	struct ua_addr server; /**< Copied                         */
	enum ua_turn_family family;
	bool stream; /**< Over TCP or TLS: what is given to input are whole
			  messages, see ua_turnstream_next()       */
	const struct ua_challenge *known; /**< What this server asked for
					       before, NULL: nothing; copied:
					       saves a round trip   */
	const char *user;           /**< Copied; NULL: no credentials    */
	const char *password;       /**< Copied                          */
	uint32_t lifetime_s;        /**< 0: UA_TURN_LIFETIME_S           */
	const struct ua_rand *rand; /**< Borrowed for the client's life  */
	const struct ua_log *log;   /**< Borrowed likewise; may be NULL  */
};

enum ua_turn_event_type {
	UA_TURN_LOST,      /**< Relayed addresses are gone; it allocates again,
				the next READY names other ones            */
	UA_TURN_READY,     /**< relayed, relayed6, mapped, lifetime_s      */
	UA_TURN_PERMITTED, /**< peer's IP may send to us, and we to it     */
	UA_TURN_DENIED,    /**< It may not: code, or ETIMEDOUT             */
	UA_TURN_CHANNEL,   /**< peer has a channel: less overhead          */
	UA_TURN_DEAD,      /**< It ended: code, err, reason                */
	UA_TURN_CLOSED     /**< ua_turn_close() is done                    */
};

struct ua_turn_event {
	enum ua_turn_event_type type;
	struct ua_addr relayed;  /**< af UA_AF_NONE: no IPv4 one          */
	struct ua_addr relayed6; /**< af UA_AF_NONE: no IPv6 one          */
	struct ua_addr mapped;   /**< Server-reflexive; may be UA_AF_NONE */
	uint32_t lifetime_s;     /**< As the server granted               */
	struct ua_addr peer;     /**< Port 0 with PERMITTED and DENIED    */

	/**
	 * STUN error code, 0 if none.  With DEAD: 437 asks for another
	 * socket (RFC 8656, 7.4: three in all), 401 for other credentials,
	 * anything else for another server: this one not before 60 s after a
	 * 508, nor in the same call after a 486.
	 */
	uint16_t code;
	int err; /**< EACCES, EPROTO (see code), ETIMEDOUT, world's     */
	char reason[UA_STUN_REASON_MAX];
};

/** What came from a peer */
struct ua_turn_data {
	const uint8_t *buf;  /**< Inside the buffer given to input        */
	size_t len;          /**< 0: nothing for the owner                */
	struct ua_addr peer; /**< Who sent it to the relayed address      */
};


/**
 * Make a client.  Nothing is sent before ua_turn_start().
 *
 * mem_deref() frees it and sends nothing: ua_turn_close() first, and wait for
 * CLOSED, or the server keeps the allocation for its lifetime.
 *
 * @retval 0       Done
 * @retval EINVAL  No server or randomness, user too long or without password
 * @retval ENOMEM  No memory
 */
UA_CHECK int ua_turn_alloc(struct ua_turn **turnp,
			   const struct ua_turn_conf *conf);


/**
 * Allocate; READY or DEAD tell how it went, within 7.5 s a round trip.
 *
 * @retval 0         Collect output
 * @retval EALREADY  It was started before
 */
int ua_turn_start(struct ua_turn *turn, uint64_t now_ms);


/**
 * Feed one datagram of the socket that output goes to.
 *
 * @param src   Where it came from
 * @param data  Set on each return; a view into buf
 *
 * @retval 0        Consumed; a payload is in data if data->len is not 0
 * @retval ENOENT   Not for this client: offer it to others on the socket
 * @retval EBADMSG  Malformed: drop it; client unchanged
 * @retval EACCES   Not authentic, or from a peer without permission: drop it;
 *                  client unchanged
 * @retval ENOMEM   Drop it; the server's answer will come again
 */
UA_CHECK int ua_turn_input(struct ua_turn *turn, uint64_t now_ms,
			   const struct ua_addr *src, const uint8_t *buf,
			   size_t len, struct ua_turn_data *data);


/** Next datagram to send to dg->path.remote; false: no more for now */
bool ua_turn_output(struct ua_turn *turn, uint64_t now_ms,
		    struct ua_dgram *dg);

/** Is there output?  Who must connect first does it then */
bool ua_turn_wants(const struct ua_turn *turn);

/** Next event; false: no more for now */
bool ua_turn_event(struct ua_turn *turn, struct ua_turn_event *ev);

/** When ua_turn_tick() has something to do [ms]; UA_NEVER: at rest */
uint64_t ua_turn_deadline(const struct ua_turn *turn);
void ua_turn_tick(struct ua_turn *turn, uint64_t now_ms);


/**
 * The world says that the server is not reached: a send failed, or ICMP.
 *
 * Errors that pass (EAGAIN, EPERM, ENOBUFS ...) count as a lost packet.  A
 * READY client asks by a Refresh before it believes the others.
 */
void ua_turn_error(struct ua_turn *turn, uint64_t now_ms, int err);


/**
 * Ask for a permission, renewed until ua_turn_forget().  May be called before
 * READY.  PERMITTED or DENIED follow; data may be sent at once, the server
 * drops it until the permission is there.
 *
 * @retval 0             Asked for, or there already (no event then)
 * @retval EACCES        This server has denied it
 * @retval EAFNOSUPPORT  No relayed address of this family
 * @retval ENOSPC        Too many: forget others first
 * @retval ENOTCONN      Dead or closing
 */
int ua_turn_permit(struct ua_turn *turn, uint64_t now_ms,
		   const struct ua_addr *peer);


/**
 * Ask by a Refresh, now, whether a READY allocation is still there: one that
 * is not is LOST, and asked for again.
 */
void ua_turn_ask(struct ua_turn *turn, uint64_t now_ms);


/**
 * All peers that are known now were told: what was asked for need not wait
 * 20 ms for more to go along.
 */
void ua_turn_flush(struct ua_turn *turn, uint64_t now_ms);


/**
 * Ask for a channel, renewed until ua_turn_forget(), permission included.
 *
 * @retval 0         Asked for, or there already (no event then)
 * @retval EAGAIN    Failed less than 5 min ago: sending goes on without
 * @retval ENOTCONN  Not READY
 * @retval EACCES, EAFNOSUPPORT, ENOSPC  As ua_turn_permit()
 */
int ua_turn_channel(struct ua_turn *turn, uint64_t now_ms,
		    const struct ua_addr *peer);


/** Stop renewing channel and permission of a peer; they lapse by time */
void ua_turn_forget(struct ua_turn *turn, uint64_t now_ms,
		    const struct ua_addr *peer);


/**
 * Wrap one payload for a peer.
 *
 * @param dg  Set to what is to be sent to dg->path.remote
 *
 * @retval 0         Send dg
 * @retval ENOENT    No permission was asked for
 * @retval EACCES    The server has denied it
 * @retval EMSGSIZE  Payload and UA_TURN_OVERHEAD exceed UA_DGRAM_MAX
 * @retval ENOTCONN  Not READY
 */
UA_CHECK int ua_turn_send(struct ua_turn *turn, uint64_t now_ms,
			  const struct ua_addr *peer, const uint8_t *buf,
			  size_t len, struct ua_dgram *dg);


/**
 * The connection to the server ended, or did not come about: a READY client
 * has LOST its relayed addresses, others are DEAD.  What is output later goes
 * over a new connection.
 *
 * @param err  Why: ECONNRESET, ETIMEDOUT, EACCES (its certificate) ...
 */
void ua_turn_broken(struct ua_turn *turn, uint64_t now_ms, int err);


/** Free the allocation: CLOSED follows within 5 s */
void ua_turn_close(struct ua_turn *turn, uint64_t now_ms);


/** Addresses; af is UA_AF_NONE until READY, and after LOST */
const struct ua_addr *ua_turn_relayed(const struct ua_turn *turn);
const struct ua_addr *ua_turn_relayed6(const struct ua_turn *turn);
const struct ua_addr *ua_turn_mapped(const struct ua_turn *turn);

/** The server talked to, after redirections */
const struct ua_addr *ua_turn_server(const struct ua_turn *turn);

/** Has the server ever answered, whatever it said? */
bool ua_turn_heard(const struct ua_turn *turn);

/** Least round trip to the server [ms]; UINT32_MAX: not measured */
uint32_t ua_turn_rtt_ms(const struct ua_turn *turn);

/** What was asked for at last: not UA_TURN_BOTH where the server refused that,
    and the next client of it need not ask */
enum ua_turn_family ua_turn_family(const struct ua_turn *turn);

/** What the server asked for, for the next client of it; NULL: nothing */
const struct ua_challenge *ua_turn_challenge(const struct ua_turn *turn);

/** Print for %H; credentials are hidden */
int ua_turn_print(struct re_printf *pf, const struct ua_turn *turn);

#endif
