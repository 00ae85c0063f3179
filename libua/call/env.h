/* SPDX-License-Identifier: BSD-3-Clause */
/** @file env.h  What a call finds around it: lent by the agent */
#ifndef UA_ENV_H
#define UA_ENV_H

#include <ua/agent.h>
#include <ua/ice.h>
#include "base/re_compat.h"
#include "dialog/digest.h"
#include "net/iflist.h"
#include "net/resolver.h"
#include "net/shun.h"
#include "sip/endpoint.h"

struct ua_account;
struct ua_call;
struct ua_env;
struct ua_tlscreds;
struct ua_turnenv;

/** Who calls or is called, and over which flow; all borrowed */
struct ua_identity {
	const char *aor;    /**< "Alice" <sip:alice@example.com>, or the URI */
	const char *uri;    /**< sip:alice@example.com                     */
	const char *user;   /**< Of the Contact, may be NULL                 */
	const char *domain; /**< Completes "bob", NULL: nothing does       */
	const char *route;  /**< Of an outbound proxy, NULL: none          */
	struct ua_cred cred;
	const struct ua_digest *known; /**< Challenges met so far, or NULL */
	struct ua_endpoint *ep;
	struct ua_hop hop;
	const char *service_route; /**< Behind that one (RFC 3608), or NULL */
	const struct ua_target *targetv; /**< All of its servers, best first */
	size_t ntarget;
	const char *server; /**< URI that led to them                      */
	const char *gruu; /**< For our Contact (RFC 5627, 4.4), NULL: none  */
	bool outbound;    /**< The registrar keeps the flow: our Contact says
			       "ob" (RFC 5626, 4.3)                      */
};

/**
 * An agent begins with its env, so that the calls' floor needs nothing of
 * the agent's.  All of it lives as long as the agent.
 */
struct ua_env {
	const struct ua_agent_conf *conf;
	const struct ua_log *log;
	const struct ua_rand *rand;
	struct ua_pacer *pacer;
	struct ua_resolver *resolver;
	struct ua_shun shun; /**< Told of each server that fails or answers;
				  forgets all when the network changes    */
	struct ua_tlscreds *creds; /**< See ua_env_creds(), NULL until then */
	struct ua_turnenv *turn;
	struct list calls;    /**< struct ua_call, in order of their number */
	struct list parting;  /**< struct ua_flow that release their relays */
	unsigned last_number; /**< Of a call                                */
	bool stopping;

	/** Queue an event; its agent and time are filled in */
	void (*emit)(struct ua_env *env, struct ua_event *ev);

	/** A NAT shows us by another address: what it knew of us is gone;
	    NULL: nobody wants to know */
	void (*moved)(struct ua_env *env);

	/**
	 * The endpoint from which an address is reached (borrowed).
	 *
	 * @param host  Whose certificate is wanted there: by TLS alone; NULL:
	 *              by UDP and TCP
	 */
	int (*endpoint)(struct ua_env *env, const struct ua_addr *dst,
			const char *host, struct ua_endpoint **epp);

	/**
	 * The same after a change of the network, for who was at `ep`: that
	 * one as long as its address is there and its interface is the one
	 * that leads to dst.
	 */
	int (*again)(struct ua_env *env, const struct ua_addr *dst,
		     const char *host, struct ua_endpoint *ep,
		     struct ua_endpoint **epp);

	/** What ua_env_addresses() says instead of the host, NULL: the host
	    does */
	int (*addresses)(const struct ua_env *env, struct ua_iflist *list);

	/**
	 * Who an account is.  EINPROGRESS: its server is being looked up,
	 * ua_dial_ready() is called later; ENOENT: it was not found.
	 */
	int (*identity)(struct ua_env *env, struct ua_account *account,
			struct ua_identity *id);
};


/**
 * The Contact of an identity at an endpoint: what leads to this device and no
 * other one where the registrar gave that (RFC 5627, 4.4), else our address,
 * whose flow a registrar that keeps flows finds by "ob" (RFC 5626, 4.3).
 *
 * @param buf   Room for UA_ENDPOINT_URI_MAX
 * @param sips  Only a sips: URI will do
 *
 * @retval ENOSPC  The user is too long
 */
UA_CHECK int ua_env_contact(const struct ua_identity *id,
			    const struct ua_endpoint *ep, char *buf,
			    enum ua_tp tp, bool sips);


/**
 * Whom the agent's TLS trusts, and who it is: read when first needed.
 *
 * @param credsp  Set on success (borrowed)
 * @param errstr  UA_ERRSTR_MAX bytes: what is wrong with which file; may be
 *                NULL
 *
 * @retval 0      Done
 * @retval errno  As ua_tlscreds_alloc()
 */
UA_CHECK int ua_env_creds(struct ua_env *env, struct ua_tlscreds **credsp,
			  char *errstr);


/** The addresses that media may use, as the agent was told */
UA_CHECK int ua_env_addresses(const struct ua_env *env,
			      struct ua_iflist *list);


/**
 * Is an address still one of this host?  It may be deprecated: what uses it
 * goes on.
 *
 * @return Number of its interface, which is up; 0: it is gone
 */
uint32_t ua_env_index(const struct ua_env *env, const struct ua_addr *addr);

#endif
