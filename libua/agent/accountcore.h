/* SPDX-License-Identifier: BSD-3-Clause */
/** @file accountcore.h  The inside of an account */
#ifndef UA_ACCOUNTCORE_H
#define UA_ACCOUNTCORE_H

#include "agent/impl.h"
#include "sip/regline.h"
#include "sip/sipflow.h"

enum {
	/** Flows of an account to different servers (RFC 5626, 3.3: two) */
	UA_ACCOUNT_LEGS = 2,

	/** A REGISTER is sent at 0, 0.5, 1.5 and 3.5 s: of a server that has
	    said nothing by then four copies or their answers were lost.
	    Timer F would wait for 32 s [ms] */
	UA_ACCOUNT_SILENT_MS = 4000
};

/** A flow of an account, and its registration by that */
struct ua_leg {
	struct ua_account *acc;
	uint32_t reg_id;        /**< RFC 5626, 4.2: from 1           */
	size_t target;          /**< Index of the server in use      */
	struct ua_endpoint *ep; /**< Borrowed of the agent           */
	struct ua_hop hop;
	char contact[UA_ENDPOINT_URI_MAX];
	struct ua_regline *line; /**< NULL: not in use               */
	struct ua_sipflow_user *flow;
	struct ua_keepalive_info ping; /**< One by REGISTER, under way */
	bool pinging;
	struct tmr silent; /**< There is another server to try       */
	bool registered;
	bool led;      /**< To where a registrar sent us: not there yet */
	bool outbound; /**< The registrar keeps the flow            */
	char *gruu;    /**< NULL: none                              */
	char *route;   /**< Service-Route, NULL: none               */
};

struct ua_account {
	struct le le;
	struct ua_agent *agent;      /**< NULL: removed */
	struct ua_account_conf conf; /**< Strings are those below, or NULL */
	char *aor;
	char *name_addr; /**< "Alice" <aor> */
	char *user;      /**< Of the aor    */
	char *domain;
	char *auth_user;
	char *password;
	char *registrar; /**< Request-URI of REGISTER        */
	char *server;    /**< URI that is looked up          */
	char *redirect;  /**< ... instead, told by a registrar, or NULL */
	char *route;     /**< Of an outbound proxy, or NULL  */

	struct ua_query *query;
	struct ua_target targets[UA_TARGET_MAX];
	size_t ntarget;
	int err; /**< Of the last lookup: EINPROGRESS, 0, ... */
	struct tmr retry;
	uint32_t retry_ms;

	struct ua_leg legv[UA_ACCOUNT_LEGS];
	struct tmr again;  /**< Registers out of turn                  */
	uint64_t again_ms; /**< Not before then                        */
	bool offline;      /**< No way to the server from here         */
	bool moved;        /**< Targets are those of another network   */
	bool led;          /**< The first leg waits for what is looked up */
	bool stopping;
};

/* account.c */

/** Tell the application; nobody is told of one that was removed */
void ua_accountcore_emit(struct ua_account *acc, struct ua_event *ev);

/** ... that it is not registered */
void ua_accountcore_failed(struct ua_account *acc, uint16_t code,
			   const char *reason);

/** Look the server up again, later each time */
void ua_accountcore_retry(struct ua_account *acc);

/** Look it up again, now; what is known serves until then */
void ua_accountcore_look(struct ua_account *acc);

/** There is no way to it from here: say so, and try nothing */
void ua_accountcore_offline(struct ua_account *acc, int err);

/** Its last registration has ended: free it, if it was removed */
void ua_accountcore_gone(struct ua_account *acc);


/* accountleg.c */

/** Register by a leg from an endpoint, if that is wanted: bind the Contact of
    that, or move it there.  Errors as ua_regline_alloc() */
UA_CHECK int ua_accountleg_use(struct ua_leg *leg, size_t target,
			       struct ua_endpoint *ep);

/** The same from the endpoint that leads to the target */
UA_CHECK int ua_accountleg_start(struct ua_leg *leg, size_t target);

/** Leave it without a word */
void ua_accountleg_drop(struct ua_leg *leg);

/** Any of them */
bool ua_accountleg_registered(const struct ua_account *acc);

/** The one that calls leave on */
struct ua_leg *ua_accountleg_best(struct ua_account *acc);


/* accounttarget.c: a target is a number in acc->targets, which changes when
   they are looked up */

/** Another leg has that server */
bool ua_accounttarget_used(const struct ua_account *acc,
			   const struct ua_leg *but,
			   const struct ua_target *target);

/** The leg is at that one */
bool ua_accounttarget_is(const struct ua_leg *leg, size_t target);

/** The best server for a leg: not one that failed lately, if there is another,
    nor one that the other leg has */
size_t ua_accounttarget_best(const struct ua_leg *leg);

/** The endpoint that leads to one of them, as env->again() */
UA_CHECK int ua_accounttarget_endpoint(const struct ua_leg *leg, size_t target,
				       struct ua_endpoint **epp);

/** Others are known now: a leg that is registered stays where it is */
void ua_accounttarget_found(struct ua_account *acc);


/* accountconf.c: each is EINVAL with words in errstr, or ENOMEM */

/** Who it is: address of record, name, user, password */
UA_CHECK int ua_accountconf_identity(struct ua_account *acc,
				     const struct ua_account_conf *conf,
				     char *errstr);

/** Where it registers */
UA_CHECK int ua_accountconf_server(struct ua_account *acc,
				   const struct ua_account_conf *conf,
				   char *errstr);

/** Numbers out of their range */
UA_CHECK int ua_accountconf_check(const struct ua_account_conf *conf,
				  char *errstr);

#endif
