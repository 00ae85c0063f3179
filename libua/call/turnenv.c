/* SPDX-License-Identifier: BSD-3-Clause */
/** @file turnenv.c  What an agent's calls know of TURN servers together */

#include <errno.h>
#include <string.h>

#include "call/turnenv.h"

/* One server */
struct known {
	struct ua_addr server; /* af NONE: free place */
	uint64_t used;         /* Order of last use   */
	uint64_t full_ms;      /* Not to be asked before */
	bool single;           /* One family only         */
	enum ua_turn_family family;
	bool asked;
	struct ua_challenge challenge;
};

struct ua_turnenv {
	struct ua_tlstrust *trust;
	struct known knownv[UA_TURNENV_SERVERS];
	uint64_t nuse;
};


static void env_destructor(void *arg)
{
	struct ua_turnenv *te = arg;

	mem_deref(te->trust);
}


int ua_turnenv_alloc(struct ua_env *env)
{
	env->turn = mem_zalloc(sizeof(*env->turn), env_destructor);

	return env->turn ? 0 : ENOMEM;
}


int ua_turnenv_trust(struct ua_env *env, struct ua_tlstrust **trustp)
{
	struct ua_turnenv *te = env->turn;
	struct ua_tlscreds *creds;
	int err = 0;

	if (!te->trust) {
		err = ua_env_creds(env, &creds, NULL);
		if (!err)
			err = ua_tlsclient_trust(&te->trust, creds);
	}
	if (!err)
		*trustp = te->trust;

	return err;
}


static struct known *find(const struct ua_env *env,
			  const struct ua_addr *server)
{
	struct ua_turnenv *te = env->turn;
	size_t i;

	for (i = 0; i < UA_TURNENV_SERVERS; i++) {
		if (ua_addr_eq(&te->knownv[i].server, server))
			return &te->knownv[i];
	}

	return NULL;
}


/* Its place, or that of the one that was not used for longest */
static struct known *take(struct ua_env *env, const struct ua_addr *server)
{
	struct ua_turnenv *te = env->turn;
	struct known *known = find(env, server);
	size_t i;

	if (!known) {
		known = &te->knownv[0];
		for (i = 1; i < UA_TURNENV_SERVERS; i++) {
			if (te->knownv[i].used < known->used)
				known = &te->knownv[i];
		}

		memset(known, 0, sizeof(*known));
		known->server = *server;
	}

	known->used = ++te->nuse;
	return known;
}


const struct ua_challenge *ua_turnenv_known(const struct ua_env *env,
					    const struct ua_addr *server)
{
	const struct known *known = find(env, server);

	return known && known->asked ? &known->challenge : NULL;
}


void ua_turnenv_learn(struct ua_env *env, const struct ua_addr *server,
		      const struct ua_challenge *asked)
{
	struct known *known = take(env, server);

	known->asked = true;
	known->challenge = *asked;
}


void ua_turnenv_single(struct ua_env *env, const struct ua_addr *server,
		       enum ua_turn_family family)
{
	struct known *known = take(env, server);

	known->single = true;
	known->family = family;
}


enum ua_turn_family ua_turnenv_family(const struct ua_env *env,
				      const struct ua_addr *server)
{
	const struct known *known = find(env, server);

	return known && known->single ? known->family : UA_TURN_BOTH;
}


void ua_turnenv_full(struct ua_env *env, uint64_t now_ms,
		     const struct ua_addr *server)
{
	take(env, server)->full_ms = now_ms + UA_TURNENV_FULL_MS;
}


bool ua_turnenv_usable(const struct ua_env *env, uint64_t now_ms,
		       const struct ua_addr *server)
{
	const struct known *known = find(env, server);

	return !known || known->full_ms <= now_ms;
}
