/* SPDX-License-Identifier: BSD-3-Clause */
/** @file account.h  An address of record and its registration */
#ifndef UA_ACCOUNT_H
#define UA_ACCOUNT_H

#include <ua/types.h>

struct ua_agent;
struct ua_account;

/** How a flow is kept alive */
enum ua_keepalive {
	UA_KEEPALIVE_AUTO = 0, /**< As the transport and the server like it,
				    with a learnt interval on UDP         */
	UA_KEEPALIVE_OPTIONS,  /**< In-flow OPTIONS, an answer required   */
	UA_KEEPALIVE_REGISTER, /**< A refresh inside the interval         */
	UA_KEEPALIVE_CRLF,     /**< RFC 5626, 4.4.1; on UDP nobody answers
				    it: an OPTIONS or REGISTER now and
				    then proves that the flow lives       */
	UA_KEEPALIVE_OFF
};

/** An account; all strings are copied */
struct ua_account_conf {
	const char *aor;       /**< "sip:alice@example.com", needed; with
				    "sips:" all goes by TLS, and its callers
				    are told to come by TLS on every hop  */
	const char *name;      /**< Display name, NULL: none             */
	const char *user;      /**< For authentication, NULL: aor's user */
	const char *password;  /**< NULL: none                           */
	const char *registrar; /**< SIP URI, NULL: the aor's domain      */
	const char *proxy;     /**< Outbound proxy as SIP URI, NULL: the
				    registrar                             */
	enum ua_tp tp;         /**< UA_TP_UDP, UA_TP_TCP, UA_TP_TLS      */
	bool tp_set;           /**< False: as the URIs and DNS tell      */
	bool reg;              /**< Register it                          */
	uint32_t expires_s;    /**< Asked for; 300 by default            */
	enum ua_keepalive keepalive;
	uint32_t keepalive_s; /**< Interval, 1 to 3600; 0: on UDP 14, or what
				   was learnt; 30 on TCP and TLS; 85 for
				   REGISTER                              */
	bool keepalive_fixed; /**< Do not learn how long the NAT keeps a
				   binding (AUTO and OPTIONS on UDP do)  */
};


void ua_account_conf_default(struct ua_account_conf *conf);


/**
 * Add an account; registering begins at once if it is asked for.
 *
 * @param accountp  Set on success; owned by the agent
 * @param errstr    As ua_agent_alloc()
 *
 * @retval 0       Done; UA_EVENT_REGISTERED or ..._FAILED follows
 * @retval EINVAL  A URI or value is wrong, see errstr
 * @retval ENOMEM  Try later
 */
UA_CHECK int ua_account_add(struct ua_account **accountp,
			    struct ua_agent *agent,
			    const struct ua_account_conf *conf, char *errstr);


/** Unregister (if registered) and forget it; its calls go on */
void ua_account_remove(struct ua_account *account);


const char *ua_account_aor(const struct ua_account *account);
bool ua_account_registered(const struct ua_account *account);

/** Next account of an agent; NULL gives the first */
struct ua_account *ua_account_next(const struct ua_agent *agent,
				   const struct ua_account *account);

#endif
