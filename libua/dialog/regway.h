/* SPDX-License-Identifier: BSD-3-Clause */
/** @file regway.h  The way of a REGISTER: its URI, its route, redirects */
#ifndef UA_REGWAY_H
#define UA_REGWAY_H

#include <ua/types.h>
#include "dialog/reg.h"
#include "dialog/regredir.h"

struct sip_msg;
struct ua_dialog;

/** Value inside its owner */
struct ua_regway {
	const struct ua_rand *rand;
	char *registrar;        /**< As we were told                     */
	char *aor;              /**< To, and From                        */
	struct ua_dialog *half; /**< All REGISTERs share a Call-ID (10.2) */
	bool routed;            /**< ... and go by an outbound proxy     */

	struct ua_regredir redir;
	char *target;             /**< Redirected there, NULL: not       */
	struct ua_dialog *detour; /**< ... or to a proxy (305)           */
	bool lookup;              /**< The owner looks for the next hop  */
	bool astray;              /**< ... and has to, before it is used */
};


/** EINVAL, ENOMEM: as ua_reg_alloc(); then reset it all the same */
UA_CHECK int ua_regway_init(struct ua_regway *way,
			    const struct ua_reg_conf *conf);

/** Free all that it has */
void ua_regway_reset(struct ua_regway *way);

/** Request-URI, the dialog (Call-ID, route), and URI of the next hop */
const char *ua_regway_uri(const struct ua_regway *way);
struct ua_dialog *ua_regway_half(const struct ua_regway *way);
const char *ua_regway_hop(const struct ua_regway *way);

/** It is not that we were told */
bool ua_regway_is_redirected(const struct ua_regway *way);


/**
 * Follow a redirect (RFC 3261, 8.1.3.4, 21.3): the next hop is another one.
 *
 * @param reason  Set with ELOOP and EPROTO: why not, as a user may read it
 * @param size    Of reason [bytes]
 *
 * @return Errors as of ua_regredir_next(); nothing changed
 */
UA_CHECK int ua_regway_turn(struct ua_regway *way, const struct sip_msg *msg,
			    char *reason, size_t size);

/** No more redirects: the next one would be the first */
void ua_regway_arrive(struct ua_regway *way);

/** Back to the registrar that we were told; astray, if that is elsewhere */
void ua_regway_home(struct ua_regway *way);

#endif
