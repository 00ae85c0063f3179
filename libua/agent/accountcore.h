/* SPDX-License-Identifier: BSD-3-Clause */
/** @file accountcore.h  The inside of an account */
#ifndef UA_ACCOUNTCORE_H
#define UA_ACCOUNTCORE_H

#include "agent/impl.h"
#include "sip/keepalive.h"
#include "sip/regline.h"

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
	char *route;     /**< Of an outbound proxy, or NULL  */

	struct ua_query *query;
	struct ua_target targets[UA_TARGET_MAX];
	size_t ntarget;
	size_t target; /**< In use */
	int err;       /**< Of the last lookup: EINPROGRESS, 0, ... */
	struct tmr retry;
	uint32_t retry_ms;

	struct ua_endpoint *ep; /**< Borrowed of the agent */
	struct ua_hop hop;
	char contact[UA_ENDPOINT_URI_MAX];
	struct ua_regline *line;
	struct ua_keepalive_flow *ka;
	struct ua_addr mapped; /**< As a keepalive, else REGISTER, last saw us;
				    af NONE: untold                        */
	struct tmr again;      /**< Registers out of turn                  */
	uint64_t again_ms;     /**< Not before then                        */
	bool offline;          /**< No way to the server from here         */
	bool moved;            /**< Targets are those of another network   */
	bool registered;
	bool stopping;
};

/* account.c */

/** Register from an endpoint, if that is wanted; errors as ua_regline_alloc()
 */
UA_CHECK int ua_accountcore_use(struct ua_account *acc,
				struct ua_endpoint *ep);

/** Look the server up again, later each time */
void ua_accountcore_retry(struct ua_account *acc);

/** Look it up again, now */
void ua_accountcore_look(struct ua_account *acc);

/** There is no way to it from here: say so, and try nothing */
void ua_accountcore_offline(struct ua_account *acc, int err);


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
