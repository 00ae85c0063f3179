/* SPDX-License-Identifier: BSD-3-Clause */
/** @file agent.h  The agent: owner of sockets, accounts and calls */
#ifndef UA_AGENT_H
#define UA_AGENT_H

#include <ua/types.h>
#include <ua/event.h>
#include <ua/log.h>

struct ua_codec;

enum {
	UA_SERVER_MAX = 4,  /**< STUN or TURN servers of an agent          */
	UA_IFACE_MAX = 8,   /**< Interfaces named                          */
	UA_CODEC_MAX = 16,  /**< Codecs offered                            */
	UA_ERRSTR_MAX = 256 /**< Room that an error text needs             */
};

/** How ICE is used */
enum ua_ice_policy {
	UA_ICE_FULL = 0,   /**< All candidates                            */
	UA_ICE_RELAY_ONLY, /**< Only relayed ones are told and used       */
	UA_ICE_OFF         /**< c= and m= alone, as phones of old         */
};

/** A STUN or TURN server (RFC 7064, RFC 7065) */
struct ua_server_conf {
	const char *uri;      /**< "stun:host[:port]", "turn:host[:port]
				   [?transport=udp|tcp]", "turns:host[:port]";
				   a turn: without transport is asked by UDP,
				   by TCP and TLS where that is silent     */
	const char *user;     /**< TURN; NULL: none                       */
	const char *password; /**< TURN; NULL: none                       */

	/**
	 * TURN, instead of user and password: "file:PATH" or "command:CMD".
	 * The first line of the file, or of what the command prints, is the
	 * user, the second the password.  It is read for every call,
	 * and again when the server refuses what it said.  Without a shell:
	 * words end at blanks, '...' and "..." keep theirs; killed after 5 s.
	 */
	const char *credentials;
};

/** What to make of a peer that does ICE, but whose c= and m= are none of its
    candidates (RFC 8839, 4.2.5): somebody on the way has written there */
enum ua_ice_mismatch {
	UA_ICE_MISMATCH_IMPLICIT = 0, /**< A relay that the proxy reserved: a
					   candidate of the lowest priority;
					   without a valid pair after 1.5 s
					   media goes there as without ICE  */
	UA_ICE_MISMATCH_RFC,          /**< No ICE in that call; an answer says
					   a=ice-mismatch                         */
	UA_ICE_MISMATCH_OFF /**< Nothing: ICE goes on with the candidates
				 that are listed                        */
};

/** Everything that an agent is made of; all strings are copied */
struct ua_agent_conf {
	const char *user_agent; /**< NULL: "libua/VERSION"            */
	struct ua_addr local;   /**< Of signalling; af NONE: the one
				     that leads to each server; port 0:
				     any                               */
	const char *ifaces[UA_IFACE_MAX]; /**< NULL: all that are fit     */
	bool ip4;           /**< Use IPv4                          */
	bool ip6;           /**< Use IPv6                          */
	struct ua_addr dns; /**< af NONE: the system's            */
	const struct ua_codec *const *codecs; /**< Best first; borrowed for
						   the agent's life        */
	size_t ncodec;
	uint16_t ptime_ms; /**< 10 to 60, 20 by default          */
	enum ua_ice_policy ice;
	enum ua_ice_mismatch ice_mismatch;
	struct ua_server_conf stun[UA_SERVER_MAX]; /**< For candidates, never
							for REGISTER       */
	struct ua_server_conf turn[UA_SERVER_MAX];
	const char *tls_ca;   /**< PEM file: trusted of TLS servers, of SIP and
				   TURN, and nothing else is; NULL: as the
				   system                                */
	const char *tls_cert; /**< PEM file: our certificate, its issuers
				   behind it, for servers that ask for one;
				   NULL: none                            */
	const char *tls_key;  /**< PEM file: its key, without a passphrase;
				   NULL: it is in tls_cert               */
	const char *state_dir; /**< Folder of what is worth to be remembered
				    between two runs (what NATs bear, the
				    name of this instance); made if it is
				    not there; NULL: nothing is          */
	const char *instance;  /**< "urn:uuid:..." of this device, the same
				    for ever (RFC 5626, 4.1): asks for
				    outbound and a GRUU; NULL: one that is
				    kept in state_dir, or none without that */
	uint16_t max_calls;    /**< More get 486; 64 by default      */
	struct ua_log log;     /**< Copied                           */
	ua_event_h *event_h;   /**< NULL: nobody listens             */
	void *arg;             /**< Application's own                */
};


/** The defaults, over which the application writes its own */
void ua_agent_conf_default(struct ua_agent_conf *conf);


/**
 * Make an agent: binds the signalling sockets.
 *
 * An agent belongs to the thread that makes it, and every call for it is
 * made there, ua_post() apart.  One agent or several in a process.
 *
 * @param agentp  Set on success; end it by ua_agent_free()
 * @param conf    Copied
 * @param errstr  Room for UA_ERRSTR_MAX bytes: names the value that was
 *                wrong and what was expected; may be NULL
 *
 * @retval 0               Done
 * @retval EINVAL          A value is wrong, see errstr
 * @retval EADDRINUSE      The port is taken: choose another, or 0
 * @retval EADDRNOTAVAIL   No such local address
 * @retval ENODEV          No such interface, or none that is fit
 * @retval ENOMEM          Try later
 */
UA_CHECK int ua_agent_alloc(struct ua_agent **agentp,
			    const struct ua_agent_conf *conf, char *errstr);


/**
 * Begin to end: calls are hung up, accounts unregistered, relays released.
 * ua_run() returns when all that is done, after 4 s at the latest; a second
 * call of it ends at once.
 */
void ua_agent_stop(struct ua_agent *agent);


/**
 * Free an agent and all that it owns; nothing is sent any more.  Its own
 * event handler may do it: that is the last event then.
 *
 * One with a thread (ua_agent_thread()) must be freed by its owner in another
 * thread, also after ua_agent_stop(): it says goodbye first, 4 s at the most.
 */
void ua_agent_free(struct ua_agent *agent);


/**
 * Run the loop in this thread until ua_agent_stop() has done its work.
 *
 * @retval 0      Ended as asked
 * @retval errno  The loop itself failed: free the agent
 */
UA_CHECK int ua_run(struct ua_agent *agent);


/**
 * Run a function on the agent's loop: the only call that any thread may make.
 *
 * @param h    Called once, soon, on the loop
 * @param arg  Passed on; given to h
 *
 * @retval 0       Queued
 * @retval ENOMEM  Not queued
 * @retval EPIPE   The agent is ending: h will not run
 */
UA_CHECK int ua_post(struct ua_agent *agent, void (*h)(void *arg), void *arg);


/**
 * Run a private thread with a loop and an agent in it.  Events are queued
 * instead of delivered: poll ua_agent_fd(), then call ua_dispatch().
 *
 * @retval 0      Running; use ua_post() for all other calls
 * @retval errno  As ua_agent_alloc(), errstr too
 */
UA_CHECK int ua_agent_thread(struct ua_agent **agentp,
			     const struct ua_agent_conf *conf, char *errstr);


/** Readable when events are queued; -1 without a private thread */
int ua_agent_fd(const struct ua_agent *agent);


/** Deliver what is queued, in the caller's thread; never blocks */
void ua_dispatch(struct ua_agent *agent);


/**
 * Wake a handler when a descriptor is readable, on the agent's loop: for a
 * prompt, a control socket.
 *
 * @param fd  Watched until ua_agent_unwatch(); at most 8 of them
 *
 * @retval 0       Watched
 * @retval EMFILE  There are 8 already
 */
UA_CHECK int ua_agent_watch(struct ua_agent *agent, int fd,
			    void (*h)(void *arg), void *arg);
void ua_agent_unwatch(struct ua_agent *agent, int fd);


/**
 * Call a handler once, later, on the agent's loop.
 *
 * @param id     Application's own number: a second start replaces the first
 * @param delay  [ms]
 *
 * @retval 0       Started
 * @retval ENOMEM  Not started
 */
UA_CHECK int ua_agent_timer(struct ua_agent *agent, int id, uint64_t delay_ms,
			    void (*h)(int id, void *arg), void *arg);
void ua_agent_timer_stop(struct ua_agent *agent, int id);


/** Seconds since the agent was made */
double ua_agent_time(const struct ua_agent *agent);

/** The address that signalling is bound to, port set */
const struct ua_addr *ua_agent_local(const struct ua_agent *agent);

#endif
