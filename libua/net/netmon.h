/* SPDX-License-Identifier: BSD-3-Clause */
/** @file netmon.h  Tells when this host's network is another one */
#ifndef UA_NETMON_H
#define UA_NETMON_H

#include "net/iflist.h"

struct ua_log;
struct ua_netmon;

enum {
	/*
	 * A change comes as a dozen messages.  The first look is when none
	 * has come for 100 ms: an address and its route are less apart; but
	 * no later than 500 ms after the first one, should they never cease.
	 */
	UA_NETMON_CALM_MS = 100,
	UA_NETMON_MAX_MS = 500,

	/* Without the kernel's messages: a call survives 5 s of silence. */
	UA_NETMON_POLL_MS = 5000
};

/** Handlers are called by the loop, never from inside a call of this file */
struct ua_netmon_conf {
	const struct ua_log *log; /**< Borrowed for its life, may be NULL */

	/**
	 * Look at the host.
	 *
	 * @retval 0       list is filled
	 * @retval ENODEV  No address is fit, or ENOENT: no interface of that
	 *                 name: counts as an empty list
	 * @retval errno   It could not be found out: tried again later
	 */
	int (*look)(struct ua_iflist *list, void *arg);

	/** Addresses, their cost or their default route are not the same as
	    before; both are borrowed for the call */
	void (*changed)(const struct ua_iflist *old,
			const struct ua_iflist *now, void *arg);

	/** They are, but some route may not be: another address may lead to
	    somebody now (a tunnel takes over a part of the world).  May be
	    NULL */
	void (*routes)(void *arg);
	void *arg;
	bool poll; /**< Do not ask for the kernel's messages */
};


/**
 * Watch the network.  Where the kernel sends no messages (no rtnetlink, or no
 * right to it) a look is taken each UA_NETMON_POLL_MS, with a line in the log.
 *
 * @param nmp   Set on success; mem_deref() it, not inside its handlers
 * @param conf  Copied; look is called here too
 *
 * @retval 0       Watching; nothing was told yet
 * @retval ENOMEM  Try later
 */
UA_CHECK int ua_netmon_alloc(struct ua_netmon **nmp,
			     const struct ua_netmon_conf *conf);


/** The machine woke up, or the wall clock was set: look now, by the loop */
void ua_netmon_kick(struct ua_netmon *nm);


/**
 * Has nothing changed since the epoch was this one?  Who looks at the host
 * while it is calm, and notes the epoch before, may go by what was seen as
 * long as it is calm and the epoch the same.  What the kernel has said counts
 * at once, before the loop runs.
 *
 * Not told are rules of routing, and routes that end by their age: forget
 * what was seen after a second or so.
 *
 * @param epoch  Set if it is calm
 *
 * @return false: a change is under way, or the kernel sends no messages
 */
bool ua_netmon_calm(const struct ua_netmon *nm, uint64_t *epoch);


/** What was seen last (borrowed until the next run of the loop) */
const struct ua_iflist *ua_netmon_list(const struct ua_netmon *nm);


/**
 * When to look [ms].
 *
 * @param first_ms  When the first message came since the last look
 * @param last_ms   When the last one came
 */
uint64_t ua_netmon_due(uint64_t first_ms, uint64_t last_ms);

#endif
