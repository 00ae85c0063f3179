/* SPDX-License-Identifier: BSD-3-Clause */
/** @file impl.h  The inside of agent and account */
#ifndef UA_AGENT_IMPL_H
#define UA_AGENT_IMPL_H

#include <pthread.h>
#include <semaphore.h>

#include <ua/account.h>
#include <ua/agent.h>
#include "agent/evqueue.h"
#include "agent/jump.h"
#include "agent/ways.h"
#include "base/re_compat.h"
#include "call/env.h"
#include "net/netmon.h"

enum {
	UA_WATCH_MAX = 8,  /**< Descriptors of the application        */
	UA_STOP_MS = 4000, /**< A goodbye takes no longer             */
	UA_SETTLE_MS = 10, /**< How often a stopping agent looks      */
	UA_SWEEP_MS = 5000 /**< How often unused endpoints are sought */
};

/** A descriptor that the application watches */
struct ua_watch {
	struct ua_fd ufd;
	int fd; /**< -1: free */
	void (*h)(void *arg);
	void *arg;
};

/** A place of ours in the network: an endpoint on one local address, for UDP
    and TCP or for TLS to one host */
struct ua_site {
	struct le le;
	struct ua_agent *agent;
	struct ua_endpoint *ep;
};

struct ua_agent {
	struct ua_env env; /**< First: see there */
	struct ua_agent_conf conf;
	struct list strings; /**< Copies that conf points to */
	struct ua_log log;
	struct ua_pacer pacer;
	struct ua_resolver *resolver;
	struct ua_evqueue evq;
	struct mqueue *mq;
	struct list accounts;
	struct list leaving;   /**< Removed, not yet unregistered */
	struct list endpoints; /**< struct ua_site */
	struct list timers;
	struct ua_watch watch[UA_WATCH_MAX];
	struct tmr settle;
	struct ua_jump jump;
	struct ua_netmon *netmon;
	struct ua_ways ways; /**< From where others are reached */
	struct ua_netstore *store;
	struct tmr sweep;
	uint64_t start_us;
	uint64_t stop_ms; /**< When a stopping agent ends, whatever waits */
	bool running;     /**< Inside ua_run()                            */

	pthread_mutex_t mutex; /**< Guards posts and ending   */
	struct list posts;     /**< Posted, not yet run       */
	bool ending;           /**< Nothing is posted any more */

	bool threaded;
	pthread_t thread;
	int fd;         /**< Of the event queue, for other threads */
	sem_t released; /**< Its owner frees it */
};


/** Room for what goes wrong: prints into errstr, which may be NULL */
void ua_settings_errf(char *errstr, const char *fmt, ...);

/** Refuse bad values.  EINVAL: see errstr */
UA_CHECK int ua_settings_check(const struct ua_agent_conf *conf, char *errstr);

/** Replace the strings of agent->conf by copies.  ENOMEM */
UA_CHECK int ua_settings_keep(struct ua_agent *agent);

/** Open the first endpoint.  Errors as ua_agent_alloc() */
UA_CHECK int ua_site_open(struct ua_agent *agent, char *errstr);

/** For struct ua_env */
int ua_site_endpoint(struct ua_env *env, const struct ua_addr *dst,
		     const char *host, struct ua_endpoint **epp);

int ua_site_again(struct ua_env *env, const struct ua_addr *dst,
		  const char *host, struct ua_endpoint *ep,
		  struct ua_endpoint **epp);

/** Close those whose address is gone, and those of TLS, unless somebody needs
    them; true: one is left over, sweep again later */
bool ua_site_sweep(struct ua_agent *agent);


/** The first endpoint that is not for TLS: there is always one */
const struct ua_endpoint *ua_site_first(const struct ua_agent *agent);


/** Sweep a while later, and until nothing is left over */
void ua_network_sweep(struct ua_agent *agent);

/** Watch the network.  ENOMEM */
UA_CHECK int ua_network_start(struct ua_agent *agent);
void ua_network_stop(struct ua_agent *agent);

/** The wall clock was set, or nothing ran for a while: look anew */
void ua_network_rearm(struct ua_agent *agent);

/** For struct ua_env */
void ua_network_moved(struct ua_env *env);


/** Is it a user of this agent? */
bool ua_account_is_user(const struct ua_account *account,
			const struct pl *user);

/** Tells whether something is still to be sent for it */
bool ua_account_busy(const struct ua_account *account);

/** The wall clock was set: arm the timers anew */
void ua_account_rearm(struct ua_account *account);

/** The network is another: find the way to the server anew, and register
    there from where we are now */
void ua_accountmove_network(struct ua_account *account);

/** Nothing ran for a while: as if the flow were a new one */
void ua_accountmove_woke(struct ua_account *account);

/** NATs have forgotten us: register out of turn, each 2 s at most */
void ua_account_again(struct ua_account *account);

/** Another address than the present one leads to its server now, or one does
    again */
bool ua_accountmove_is_astray(const struct ua_account *account);

/** Does it need that endpoint? */
bool ua_account_is_at(const struct ua_account *account,
		      const struct ua_endpoint *ep);

/** Begin to unregister */
void ua_account_stop(struct ua_account *account);

/** For struct ua_env */
int ua_account_identity(struct ua_env *env, struct ua_account *account,
			struct ua_identity *id);

/** The account of an agent that a Request-URI's user names, or NULL */
struct ua_account *ua_account_of_user(const struct ua_agent *agent,
				      const struct pl *user);

#endif
