/* SPDX-License-Identifier: BSD-3-Clause */
/** @file turnenv.h  What an agent's calls know of TURN servers together */
#ifndef UA_TURNENV_H
#define UA_TURNENV_H

#include "call/env.h"
#include "net/tlsclient.h"
#include "stun/cred.h"
#include "stun/turn.h"

struct ua_turnenv;

enum {
	UA_TURNENV_SERVERS = 8, /**< Remembered                             */

	/**
	 * A server without capacity is asked again after a minute
	 * (RFC 8656, 7.4, about 508).
	 */
	UA_TURNENV_FULL_MS = 60000
};


/**
 * Make it, when the agent is made.
 *
 * @retval 0       Done: env->turn, freed by mem_deref()
 * @retval ENOMEM  Try later
 */
UA_CHECK int ua_turnenv_alloc(struct ua_env *env);


/**
 * Whose certificates are trusted; loaded when first needed.
 *
 * @param trustp  Set on success (borrowed)
 *
 * @retval 0      Done
 * @retval errno  As ua_env_creds() and ua_tlsclient_trust()
 */
UA_CHECK int ua_turnenv_trust(struct ua_env *env, struct ua_tlstrust **trustp);


/** What a server asked the last client for (borrowed); NULL: not known */
const struct ua_challenge *ua_turnenv_known(const struct ua_env *env,
					    const struct ua_addr *server);

/** Remember it; the oldest of too many is forgotten */
void ua_turnenv_learn(struct ua_env *env, const struct ua_addr *server,
		      const struct ua_challenge *asked);


/** It refuses to give two families at once: calls ask for this one */
void ua_turnenv_single(struct ua_env *env, const struct ua_addr *server,
		       enum ua_turn_family family);

/** What to ask it for */
enum ua_turn_family ua_turnenv_family(const struct ua_env *env,
				      const struct ua_addr *server);

/** It has no capacity (508): no call asks it for a while */
void ua_turnenv_full(struct ua_env *env, uint64_t now_ms,
		     const struct ua_addr *server);

/** May it be asked? */
bool ua_turnenv_usable(const struct ua_env *env, uint64_t now_ms,
		       const struct ua_addr *server);

#endif
